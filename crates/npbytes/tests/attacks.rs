//! The files of `attacks/`: each is refused, as its line in README.md says, at once and in little memory.
//!
//! `unsafe` lives here to count what is allocated; see the block.
#![allow(unsafe_code, clippy::unwrap_used)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use npbytes::npy::{self, Header, ReadOptions, Reader};
use npbytes::pickle::{self, Pickle};
use npbytes::{Array, DType, Error, ErrorKind, Slice, literal, scan};

/// Counts the bytes that this thread has allocated, and the most there were at once.
struct Counting;

thread_local! {
    static LIVE: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

fn count(by: isize) {
    // A thread that is ending has no counter any more.
    let _ = LIVE.try_with(|live| {
        live.set(live.get() + by);
        let _ = PEAK.try_with(|peak| peak.set(peak.get().max(live.get())));
    });
}

// SAFETY: all is done by the system's allocator; the counters are plain numbers that allocate nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size().cast_signed());
        // SAFETY: the caller's promise, passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size().cast_signed());
        // SAFETY: the caller's promise, passed on.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-layout.size().cast_signed());
        // SAFETY: the caller's promise, passed on.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size.cast_signed() - layout.size().cast_signed());
        // SAFETY: the caller's promise, passed on.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The time that this thread has had of a processor, which does not depend on what else a machine does.
#[cfg(unix)]
fn clock() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.cast_unsigned(), time.tv_nsec.try_into().unwrap())
}

#[cfg(not(unix))]
fn clock() -> Duration {
    static START: std::sync::LazyLock<std::time::Instant> =
        std::sync::LazyLock::new(std::time::Instant::now);
    START.elapsed()
}

/// The result of a call, the most memory it had at once, and its time.
fn measured<T>(call: impl FnOnce() -> T) -> (T, usize, Duration) {
    let before = LIVE.get();
    PEAK.set(before);
    let start = clock();
    let result = call();
    let time = clock() - start;
    (result, (PEAK.get() - before).unsigned_abs(), time)
}

/// Long enough for the slowest machine, short enough to tell a loop over what a file claims.
const QUICK: Duration = Duration::from_millis(500);

/// What parsing may take: some for the messages, and a few words for each byte.
const fn memory(len: usize) -> usize {
    64 * 1024 + 64 * len
}

/// What a stream may take besides: its first buffer.
const STREAM: usize = (1 << 20) + 64 * 1024;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../attacks")
}

/// A line of the table: file, kind of error, offset.
struct Attack {
    name: String,
    kind: String,
    offset: Option<u64>,
    bytes: Vec<u8>,
}

fn attacks() -> Vec<Attack> {
    let readme = std::fs::read_to_string(folder().join("README.md")).unwrap();
    let rows =
        readme.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| file |"));
    let attacks: Vec<Attack> = rows
        .map(|row| {
            let cells: Vec<_> = row.trim_matches('|').split(" | ").map(str::trim).collect();
            let [name, what, kind, offset] = cells.as_slice() else {
                panic!("four cells: {row}");
            };
            assert!(!what.is_empty());
            Attack {
                name: (*name).to_owned(),
                kind: (*kind).to_owned(),
                offset: (!offset.is_empty()).then(|| offset.parse().unwrap()),
                bytes: std::fs::read(folder().join(name)).unwrap(),
            }
        })
        .collect();
    assert!(attacks.len() > 100);
    attacks
}

#[test]
fn each_file_has_a_line() {
    let listed: BTreeSet<String> = attacks().into_iter().map(|attack| attack.name).collect();
    let there: BTreeSet<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| [".npy", ".npz", ".pkl", ".txt"].iter().any(|ending| name.ends_with(ending)))
        .collect();
    assert_eq!(listed, there);
}

fn kind_of(error: &Error) -> String {
    match error.kind() {
        ErrorKind::Limit { name, .. } => (*name).to_owned(),
        kind => {
            let text = format!("{kind:?}");
            text.split([' ', '(', '{']).next().unwrap().to_owned()
        }
    }
}

/// Checks one way to read an attack; says what is wrong.
fn check<T>(
    attack: &Attack,
    way: &str,
    limit: usize,
    same_error: bool,
    read: impl FnOnce() -> npbytes::Result<T>,
) -> Vec<String> {
    let (result, peak, time) = measured(read);
    let mut wrong = Vec::new();
    let name = &attack.name;
    match result {
        Ok(_) => wrong.push(format!("{name} by {way}: taken")),
        Err(error) => {
            if same_error && (kind_of(&error) != attack.kind || error.offset() != attack.offset) {
                wrong.push(format!(
                    "{name} by {way}: {error:?}, expected {} at {:?}",
                    attack.kind, attack.offset
                ));
            }
            if error.offset().is_some_and(|at| at > attack.bytes.len() as u64) {
                wrong.push(format!("{name} by {way}: outside of the file: {error:?}"));
            }
            // A message is for a person: it does not repeat a whole file.
            let shown = error.to_string().len() + error.help().map_or(0, |help| help.len());
            if shown > 2_000 {
                wrong.push(format!("{name} by {way}: a message of {shown} bytes"));
            }
        }
    }
    if peak > limit {
        wrong.push(format!("{name} by {way}: {peak} bytes at once, {limit} allowed"));
    }
    if time > QUICK {
        wrong.push(format!("{name} by {way}: took {time:?}"));
    }
    wrong
}

#[track_caller]
fn report(wrong: &[String]) {
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn npy_files_are_refused() {
    let options = ReadOptions::default();
    let mut wrong = Vec::new();
    for attack in attacks().iter().filter(|attack| attack.name.ends_with(".npy")) {
        let bytes = Bytes::from(attack.bytes.clone());
        let limit = memory(bytes.len());
        wrong.extend(check(attack, "decode", limit, true, || npy::decode(&bytes, &options)));
        wrong.extend(check(attack, "view", limit, true, || npy::view(&bytes, &options).map(drop)));
        wrong.extend(check(attack, "split", limit, true, || npy::split(&bytes, &options)));
        wrong.extend(check(attack, "reader", STREAM + limit, false, || {
            let mut reader = Reader::new(&bytes[..], options)?;
            reader.read_array()
        }));
        wrong.extend(check(attack, "rows", STREAM + limit, false, || {
            let mut reader = Reader::new(&bytes[..], options)?;
            while reader.read_rows(1 << 20)?.is_some() {}
            Ok(())
        }));
        wrong.extend(check(attack, "next", limit + STREAM, false, || {
            Reader::new(&bytes[..], options)?.next_array().map(|header| header.is_some())
        }));
    }
    report(&wrong);
}

#[cfg(feature = "fs")]
#[test]
fn npy_files_are_refused_on_disk() {
    let options = ReadOptions::default();
    let mut wrong = Vec::new();
    for attack in attacks().iter().filter(|attack| attack.name.ends_with(".npy")) {
        let path = folder().join(&attack.name);
        let limit = memory(attack.bytes.len());
        wrong.extend(check(attack, "read", limit, true, || npy::read(&path, &options)));
        wrong.extend(check(attack, "map", limit, true, || npy::map(&path, &options)));
        // On a copy: no attack may get a file changed.
        let copy = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(copy.path(), &attack.bytes).unwrap();
        let discard = npy::AppendOptions::default().discard_trailing(true);
        wrong.extend(check(attack, "append", limit + STREAM, false, || {
            npy::Appender::open(copy.path(), &discard)
        }));
        wrong.extend(check(attack, "map for writing", limit, true, || {
            npy::MapMut::open(copy.path(), npy::MapMode::ReadWrite, &options)
        }));
        if std::fs::read(copy.path()).unwrap() != attack.bytes {
            wrong.push(format!("{} was changed", attack.name));
        }
    }
    report(&wrong);
}

/// What a stream of a member holds besides: its first buffer, and that of the rows.
#[cfg(feature = "npz")]
const MEMBER: usize = STREAM + (1 << 18);

/// Reads all members as streams, and the arrays that are in them.
#[cfg(feature = "npz")]
fn stream_all(archive: &npbytes::npz::Archive) -> npbytes::Result<()> {
    use std::io::Read;
    for member in archive.members() {
        let mut bytes = Vec::new();
        member.reader()?.read_to_end(&mut bytes)?;
        if bytes.starts_with(&npy::MAGIC) {
            npy::decode(&bytes.into(), &ReadOptions::default())?;
        }
    }
    Ok(())
}

#[cfg(feature = "npz")]
#[test]
fn npz_files_are_refused() {
    use npbytes::npz;
    let options = npz::ReadOptions::default();
    let unchecked = options.check_crc(false);
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for attack in attacks().iter().filter(|attack| attack.name.ends_with(".npz")) {
        seen += 1;
        let bytes = Bytes::from(attack.bytes.clone());
        let limit = memory(bytes.len());
        let open = || npz::decode(&bytes, &options);
        wrong.extend(check(attack, "read_all", limit, true, || open()?.read_all()));
        wrong.extend(check(attack, "read", limit, true, || {
            open()?.members().map(|member| member.read()).collect::<npbytes::Result<Vec<_>>>()
        }));
        wrong.extend(check(attack, "reader", MEMBER + limit, false, || stream_all(&open()?)));
        if attack.kind != "Checksum" {
            wrong.extend(check(attack, "no crc", limit, true, || {
                npz::decode(&bytes, &unchecked)?.read_all()
            }));
        }
        // Not all that is wrong is seen from the head; but nothing more than the head is held.
        let heads = || -> npbytes::Result<()> {
            open()?.members().for_each(|member| drop(member.header()));
            Err(open()?.array("no such member").unwrap_err())
        };
        wrong.extend(check(attack, "header", MEMBER + limit, false, heads));
    }
    assert!(seen > 50);
    report(&wrong);
}

#[cfg(all(feature = "fs", feature = "npz"))]
#[test]
fn npz_files_are_refused_on_disk() {
    use npbytes::npz;
    let options = npz::ReadOptions::default();
    let mut wrong = Vec::new();
    for attack in attacks().iter().filter(|attack| attack.name.ends_with(".npz")) {
        let path = folder().join(&attack.name);
        let limit = memory(attack.bytes.len());
        let all = |archive: npz::Archive| archive.read_all();
        wrong.extend(check(attack, "read", limit, true, || {
            npz::read(&path, &options).and_then(all)
        }));
        wrong.extend(check(attack, "map", limit, true, || npz::map(&path, &options).and_then(all)));
        // On a copy: an edit keeps what it does not understand, or refuses; then it changes nothing.
        let copy = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(copy.path(), &attack.bytes).unwrap();
        let edit = || {
            let mut editor = npz::Editor::open(copy.path(), &npz::EditOptions::default())?;
            let names: Vec<String> = editor.names().map(Into::into).collect();
            editor.append("of nobody else", &Array::from_vec(&[], vec![0_u8])?.view())?;
            editor.commit()?;
            let after = npz::read(copy.path(), &options)?;
            assert_eq!(after.members().count(), names.len() + 1);
            after.read_all().map(drop)
        };
        wrong.extend(check(attack, "edit", MEMBER + limit, false, edit));
        let compact = || {
            npz::compact(copy.path(), &npz::EditOptions::default())?;
            npz::read(copy.path(), &options)?.read_all().map(drop)
        };
        std::fs::write(copy.path(), &attack.bytes).unwrap();
        wrong.extend(check(attack, "compact", 4 * MEMBER + limit, false, compact));
    }
    report(&wrong);
}

/// What a graph, and a walk through it, may take: some words for each opcode of one byte.
const fn graph_memory(len: usize) -> usize {
    256 * 1024 + 512 * len
}

/// A way to use the bytes of a pickle; the error of those that have one.
type PickleWay = (&'static str, fn(&Bytes) -> npbytes::Result<()>);

fn decoded(data: &Bytes) -> npbytes::Result<Pickle> {
    pickle::decode(data, &pickle::ReadOptions::default())
}

const PICKLE_WAYS: [PickleWay; 8] = [
    ("decode", |data| decoded(data).map(drop)),
    ("nodes", |data| {
        let pickle = decoded(data)?;
        let reader = pickle.reader();
        for node in pickle.nodes() {
            let _ = (node.type_name(), node.view(), node.int(), reader.numpy(node).is_ok());
        }
        Ok(())
    }),
    ("arrays", |data| {
        let pickle = decoded(data)?;
        // Shared values are found by each of their paths: the first of them will do.
        pickle.arrays().take(1000).for_each(drop);
        Ok(())
    }),
    ("root", |data| {
        let pickle = decoded(data)?;
        let _ = (pickle.root().numpy(), pickle.root().array(), pickle.root().bytes());
        Ok(())
    }),
    ("encode", |data| {
        let pickle = decoded(data)?;
        for protocol in [0, 2, 4, 5] {
            let _ = pickle.encode(&pickle::WriteOptions::default().protocol(protocol));
        }
        Ok(())
    }),
    ("scan", |data| {
        let report = pickle::scan(data, &pickle::ReadOptions::default());
        assert!(report.findings().iter().all(|finding| finding.to_string().len() < 500));
        decoded(data).map(drop)
    }),
    ("scan of a file", |data| {
        scan::scan(data, &scan::ScanOptions::default());
        decoded(data).map(drop)
    }),
    ("disassemble", |data| {
        let options = pickle::ReadOptions::default();
        for line in pickle::disassemble(data, &options) {
            let Ok(line) = line else { break };
            assert!(format!("{line:#}").len() < 2000);
        }
        decoded(data).map(drop)
    }),
];

#[test]
fn pickles_are_refused_or_taken_at_their_length() {
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for attack in attacks().iter().filter(|attack| attack.name.ends_with(".pkl")) {
        seen += 1;
        let data = Bytes::from(attack.bytes.clone());
        for (way, read) in PICKLE_WAYS {
            // Of metadata 65,536 values are copied at most, however often they are shared.
            let copied = if attack.name.contains("metadata") { 64 << 16 } else { 0 };
            let limit = graph_memory(data.len()) + copied;
            if attack.kind != "taken" {
                wrong.extend(check(attack, way, limit, true, || read(&data)));
                continue;
            }
            let (result, peak, time) = measured(|| read(&data));
            let name = &attack.name;
            if let Err(error) = result {
                wrong.push(format!("{name} by {way}: refused: {error:?}"));
            }
            if peak > limit {
                wrong.push(format!("{name} by {way}: {peak} bytes at once, {limit} allowed"));
            }
            if time > QUICK {
                wrong.push(format!("{name} by {way}: took {time:?}"));
            }
        }
    }
    assert!(seen > 70);
    report(&wrong);
}

/// A long pickle, by about how many opcodes it has.
type LongPickle = (&'static str, fn(usize) -> Vec<u8>);

fn parts(start: &[u8], part: &[u8], times: usize, end: &[u8]) -> Vec<u8> {
    [start, &part.repeat(times), end].concat()
}

const LONG_PICKLES: [LongPickle; 16] = [
    ("tuples", |n| parts(b"N", b"\x85", n, b".")),
    ("lists", |n| parts(&b"]".repeat(n), b"a", n - 1, b".")),
    ("marks", |n| parts(b"", b"(t0", n, b"N.")),
    ("items", |n| parts(b"](", b"K\x01", n, b"e.")),
    ("keys", |n| parts(b"}(", b"K\x01N", n, b"u.")),
    ("calls", |n| parts(b"cm\nf\n", b")R", n, b".")),
    ("calls thrown away", |n| parts(b"cm\nf\n", b"2)R0", n, b".")),
    ("states", |n| parts(b"cm\nf\n)R", b"}b", n, b".")),
    ("one name", |n| parts(b"N", b"0cos\npath\n", n, b".")),
    ("names", |n| {
        let names = (0..n).flat_map(|i| format!("cm\nf{i}\n0").into_bytes());
        names.chain(*b"N.").collect()
    }),
    ("long names", |n| {
        parts(&[b"\x8c\xff", &[b'a'; 255][..], b"q\0"].concat(), b"h\0h\0\x930", n, b".")
    }),
    ("memo", |n| parts(b"\x80\x04N", b"\x94", n, b".")),
    ("pickles", |n| b"N.".repeat(n)),
    ("dtypes", |n| parts(b"cnumpy\ndtype\nq\0U\x02i2\x85q\x010N", b"0h\0h\x01R", n, b".")),
    ("text as bytes", |n| {
        let text =
            [b"X\x10'\0\0", &b"\xc3\xbf".repeat(5000)[..], b"U\x06latin1\x86q\x010"].concat();
        parts(&[b"c_codecs\nencode\nq\0", &text[..], b"N"].concat(), b"0h\0h\x01R", n, b".")
    }),
    ("arrays that share", |n| {
        let start = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntC\x01btq\0cnumpy.core.multiarray\n_reconstruct\nq\x01\
                      (I1\n(I2\ntcnumpy\ndtype\n(U\x02i2I00\nI01\ntR(I3\nU\x01>NNNI-1\nI-1\nI0\ntbI00\nC\x04abcdtq\x02N";
        parts(start, b"0h\x01h\0Rh\x02b", n, b".")
    }),
];

/// How many times as long the long inputs are as the short ones.
const TIMES: u32 = 16;

/// How long a short input and one of [`TIMES`] its length take, if that is out of proportion: the square would be 256
/// times.
fn square(
    read: fn(&Bytes) -> npbytes::Result<()>,
    short: &Bytes,
    long: &Bytes,
) -> Option<(Duration, Duration)> {
    // A few tries: another process may have been in the way.
    let quickest = |data: &Bytes, times| {
        (0..times).map(|_| measured(|| read(data)).2).min().unwrap_or_default()
    };
    let (before, after) = (quickest(short, 5), quickest(long, 2));
    (after > before * TIMES * 5).then_some((before, after))
}

#[test]
fn long_pickles_take_time_in_proportion() {
    const SHORT: usize = 2_000;
    let mut wrong = Vec::new();
    for (name, make) in LONG_PICKLES {
        let (short, long) = (Bytes::from(make(SHORT)), Bytes::from(make(SHORT * TIMES as usize)));
        for (way, read) in PICKLE_WAYS {
            let (result, peak, time) = measured(|| read(&long));
            if let Err(error) = result {
                wrong.push(format!("{name} by {way}: {error:?}"));
            }
            if peak > graph_memory(long.len()) {
                wrong.push(format!("{name} by {way}: {peak} bytes of {}", long.len()));
            }
            if time > QUICK
                && let Some((before, after)) = square(read, &short, &long)
            {
                wrong.push(format!("{name} by {way}: {before:?} and {after:?}"));
            }
        }
    }
    report(&wrong);
}

/// What lies behind a header of objects is not looked at.
#[test]
fn pickles_are_not_run() {
    for attack in attacks().iter().filter(|attack| attack.name.starts_with("dtype-object")) {
        let header = Header::parse(&attack.bytes, &ReadOptions::default()).unwrap();
        assert!(header.dtype().has_object());
        let payload = &attack.bytes[header.data_offset()..];
        assert!(payload.windows(6).any(|window| window == b"system"), "{}", attack.name);
    }
}

#[test]
fn texts_are_refused() {
    let array = Array::from_vec(&[2, 3, 4], vec![0_u8; 24]).unwrap();
    let mut wrong = Vec::new();
    let mut seen = (0, 0);
    for attack in &attacks() {
        let Ok(text) = std::str::from_utf8(&attack.bytes) else { continue };
        let limit = memory(text.len());
        if attack.name.ends_with(".dtype.txt") {
            seen.0 += 1;
            wrong.extend(check(attack, "parse", limit, true, || DType::parse(text)));
        } else if attack.name.ends_with(".slice.txt") {
            seen.1 += 1;
            let slice = || text.parse::<Slice>().and_then(|s| array.view().slice(&s).map(drop));
            wrong.extend(check(attack, "slice", limit, true, slice));
        }
    }
    assert!(seen.0 > 10 && seen.1 > 5);
    report(&wrong);
}

/// A long text, by how often its part is repeated.
type Long = (&'static str, fn(usize) -> String);

fn many(part: &str, times: usize) -> String {
    part.repeat(times)
}

fn numbered(part: impl Fn(usize) -> String, times: usize) -> String {
    (0..times).map(part).collect()
}

const LONG: [Long; 38] = [
    ("brackets", |n| many("[", n)),
    ("closed brackets", |n| many("[", n) + &many("]", n)),
    ("parentheses", |n| many("(", n)),
    ("dicts", |n| many("{1:", n)),
    ("signs", |n| many("-", n)),
    ("strings side by side", |n| many("'a' ", n)),
    ("strings side by side in a list", |n| format!("[{}]", many("'a' ", n))),
    ("bytes side by side", |n| many("b'a'", n)),
    ("one string", |n| format!("'{}'", many("a", n))),
    ("one string of escapes", |n| format!("'{}'", many("\\n", n))),
    ("backslashes", |n| many("\\", n)),
    ("comment", |n| many("#", n)),
    ("comments", |n| format!("({}1)", many("#\n", n))),
    ("items", |n| format!("[{}]", many("1,", n))),
    ("keys", |n| format!("{{{}}}", many("1:1,", n))),
    ("fields", |n| format!("[{}]", numbered(|i| format!("('f{i}','i4'),"), n / 8))),
    ("fields and a wrong one", |n| {
        format!("[{}('x','i3')]", numbered(|i| format!("('f{i}','i4'),"), n / 8))
    }),
    ("padding", |n| format!("[{}]", many("('','V1'),", n / 8))),
    ("fields of a dict", |n| {
        let names = numbered(|i| format!("'{i}',"), n / 8);
        format!("{{'names': [{names}], 'formats': [{}]}}", many("'u1',", n / 8))
    }),
    ("one name", |n| format!("[{}]", many("('x','i4'),", n / 8))),
    ("digits", |n| many("9", n)),
    ("hex digits", |n| format!("0x{}", many("f", n))),
    ("zeros", |n| many("0", n)),
    ("underscored digits", |n| format!("1{}", many("_1", n))),
    ("exponent", |n| format!("1e{}", many("9", n))),
    ("float", |n| format!("{}.5", many("9", n))),
    ("comma list", |n| many("i4,", n)),
    ("comma list and a wrong one", |n| many("i4,", n) + "i3"),
    ("times", |n| many("M8[s],", n)),
    ("open times", |n| many("M8[", n)),
    ("open shapes", |n| many("(2,", n)),
    ("blanks", |n| many(" ", n)),
    ("newlines", |n| many("\n", n)),
    ("ellipses", |n| many("...,", n)),
    ("new axes", |n| many("None,", n)),
    ("ranges", |n| many(":,", n)),
    ("letters", |n| many("x", n)),
    ("words", |n| many("\u{3bb}", n)),
];

/// A way to read a text.
type Way = (&'static str, fn(&str));

const WAYS: [Way; 4] = [
    ("literal", |text| drop(literal::parse(text))),
    ("dtype", |text| drop(DType::parse(text))),
    ("slice", |text| {
        let array = Array::from_vec(&[2, 3], vec![0_u8; 6]).unwrap();
        drop(text.parse::<Slice>().and_then(|slice| array.view().slice(&slice).map(drop)));
    }),
    ("header", |text| {
        let mut file = b"\x93NUMPY\x03\x00".to_vec();
        file.extend(u32::try_from(text.len()).unwrap().to_le_bytes());
        file.extend(text.as_bytes());
        let limits = npbytes::Limits::default().header_bytes(u64::MAX);
        drop(npy::decode(&file.into(), &ReadOptions::with_limits(limits)));
    }),
];

/// Long texts, some valid, some not, take time and memory in proportion to their length: where a text of
/// sixteen times the length takes much more than sixteen times as long, something is quadratic.
#[test]
fn long_texts_take_time_and_memory_in_proportion() {
    const SHORT: usize = 8_000;
    const TIMES: usize = 16;
    // Below this, a busy machine may be the reason.
    const FLOOR: Duration = Duration::from_millis(150);
    let mut wrong = Vec::new();
    for (name, make) in LONG {
        let (short, long) = (make(SHORT), make(SHORT * TIMES));
        for (way, read) in WAYS {
            let ((), _, short_time) = measured(|| read(&short));
            let ((), peak, mut time) = measured(|| read(&long));
            let allowed = short_time * u32::try_from(TIMES).unwrap() * 4;
            // A few times more, on a machine that may be less busy then.
            for _ in 0..5 {
                if time > FLOOR.max(allowed) {
                    time = time.min(measured(|| read(&long)).2);
                }
            }
            if time > FLOOR.max(allowed) {
                wrong.push(format!("{name} as a {way}: {short_time:?} became {time:?}"));
            }
            if peak > 300 * long.len() + (1 << 20) {
                wrong.push(format!("{name} as a {way}: {peak} bytes for {}", long.len()));
            }
        }
    }
    report(&wrong);
}

/// The parts of pickles that many objects share, written as no pickler would.
mod shared {
    pub(super) fn text(text: &str) -> Vec<u8> {
        let len = u32::try_from(text.len()).unwrap().to_le_bytes();
        [&b"X"[..], &len, text.as_bytes()].concat()
    }

    pub(super) fn put(index: usize) -> Vec<u8> {
        [&b"r"[..], &u32::try_from(index).unwrap().to_le_bytes()].concat()
    }

    pub(super) fn get(index: usize) -> Vec<u8> {
        [&b"j"[..], &u32::try_from(index).unwrap().to_le_bytes()].concat()
    }

    /// Makes something, to be had from the memo.
    pub(super) fn kept(value: &[u8], index: usize) -> Vec<u8> {
        [value, &put(index), b"0"].concat()
    }

    pub(super) fn global(module: &str, name: &str) -> Vec<u8> {
        [text(module), text(name), b"\x93".to_vec()].concat()
    }

    pub(super) fn dtype(code: &str) -> Vec<u8> {
        [global("numpy", "dtype"), text(code), b"\x89\x88\x87R".to_vec()].concat()
    }

    /// A struct of fields, each by its key, its dtype and its title, at offset 0.
    pub(super) fn structure(names: &[u8], fields: &[u8]) -> Vec<u8> {
        let start = [dtype("V8"), b"(K\x03".to_vec(), text("|"), b"N(".to_vec()].concat();
        [&start, names, b"t}(", fields, b"uK\x08K\x01K\x10tb"].concat()
    }

    /// Many arrays with one state, of what is in the memo: `state` is what stands between its version and its end.
    pub(super) fn arrays(before: &[u8], code: &[u8], state: &[u8], count: usize) -> Vec<u8> {
        let class = [&global("numpy", "ndarray"), &b"K\0\x85"[..], code, b"\x87"].concat();
        let parts = [
            b"\x80\x04".to_vec(),
            before.to_vec(),
            kept(&global("numpy._core.multiarray", "_reconstruct"), 0),
            kept(&class, 1),
            kept(&[b"(K\x01", state, b"t"].concat(), 2),
            b"(".to_vec(),
            [get(0), get(1), b"R".to_vec(), get(2), b"b".to_vec()].concat().repeat(count),
            b"l.".to_vec(),
        ];
        parts.concat()
    }

    /// Many stand-ins of joblib with one state.
    pub(super) fn stand_ins(state: &[u8], contents: &[u8], count: usize) -> Vec<u8> {
        let parts = [
            b"\x80\x04".to_vec(),
            kept(&global("joblib.numpy_pickle", "NumpyArrayWrapper"), 0),
            kept(state, 1),
            b"(".to_vec(),
            [get(0), b")\x81".to_vec(), get(1), b"b".to_vec(), contents.to_vec()]
                .concat()
                .repeat(count),
            b"l.".to_vec(),
        ];
        parts.concat()
    }

    /// The attributes of a stand-in for an array of no elements.
    pub(super) fn attributes(code: &str, more: &[u8]) -> Vec<u8> {
        let parts = [
            b"}(".to_vec(),
            [text("subclass"), global("numpy", "ndarray")].concat(),
            [text("shape"), b"K\0\x85".to_vec(), text("order"), text("C")].concat(),
            [text("dtype"), dtype(code), b"u".to_vec(), more.to_vec()].concat(),
        ];
        parts.concat()
    }
}

/// Pickles in which many objects share a large part, or one has many.
const SHARED_PICKLES: [LongPickle; 16] = {
    use shared::*;
    [
        ("a name that fields share", |n| {
            let start = [b"\x80\x04", &kept(&text(&"x".repeat(10 * n)), 5)[..]].concat();
            let fields = [get(5), dtype("i4"), b"K\0\x86".to_vec()].concat();
            [start, structure(&get(5).repeat(n), &fields), b".".to_vec()].concat()
        }),
        ("a title that fields share", |n| {
            let start = [b"\x80\x04", &kept(&text(&"x".repeat(10 * n)), 5)[..]].concat();
            let names: Vec<u8> = (0..n).flat_map(|i| text(&i.to_string())).collect();
            let field = |i: usize| {
                [text(&i.to_string()), dtype("i4"), b"K\0".to_vec(), get(5), b"\x87".to_vec()]
                    .concat()
            };
            let fields: Vec<u8> = (0..n).flat_map(field).collect();
            [start, structure(&names, &fields), b".".to_vec()].concat()
        }),
        ("a text that metadata shares", |n| {
            let start = [b"\x80\x04", &kept(&text(&"x".repeat(10 * n)), 5)[..]].concat();
            let state = [
                b"(K\x04".to_vec(),
                text("<"),
                b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0}".to_vec(),
            ];
            let metadata = [text("k"), b"(".to_vec(), get(5).repeat(n), b"tstb.".to_vec()].concat();
            [start, dtype("f8"), state.concat(), metadata].concat()
        }),
        ("a shape that arrays share", |n| {
            let shape = kept(&[b"(", &b"K\0".repeat(4 * n)[..], b"t"].concat(), 3);
            let state = [get(3), dtype("i1"), b"\x89C\0".to_vec()].concat();
            arrays(&shape, b"C\x01b", &state, n)
        }),
        ("a placeholder that arrays share", |n| {
            let code = [b"V", &b"\\u0061".repeat(4 * n)[..], b"\n"].concat();
            let state = [b"K\0\x85".to_vec(), dtype("i1"), b"\x89C\0".to_vec()].concat();
            arrays(b"", &code, &state, n)
        }),
        ("a struct that arrays of objects share", |n| {
            let field = |i: usize| [text(&format!("f{i}")), get(10), b"K\0\x86".to_vec()].concat();
            let fields: Vec<u8> = (0..n).flat_map(field).collect();
            let names: Vec<u8> = (0..n).flat_map(|i| text(&format!("f{i}"))).collect();
            let before = [kept(&dtype("O8"), 10), kept(&structure(&names, &fields), 11)].concat();
            arrays(&before, b"C\x01b", &[&b"K\0\x85"[..], &get(11), b"\x89]"].concat(), n)
        }),
        ("a broken struct that arrays share", |n| {
            let field = |i: usize| [text(&format!("f{i}")), get(10), b"K\0\x86".to_vec()].concat();
            let fields: Vec<u8> = (0..n).flat_map(field).collect();
            let names: Vec<u8> = (0..n).flat_map(|i| text(&format!("f{i}"))).collect();
            let names = [names, text("nothing")].concat();
            let before = [kept(&dtype("i1"), 10), kept(&structure(&names, &fields), 11)].concat();
            arrays(&before, b"C\x01b", &[&b"K\0\x85"[..], &get(11), b"\x89C\0"].concat(), n)
        }),
        ("a text of bytes that arrays share", |n| {
            let bytes =
                [global("_codecs", "encode"), text(&"a".repeat(10 * n)), text("latin1")].concat();
            let before = kept(&[&bytes[..], b"\x86R"].concat(), 5);
            let count = i32::try_from(10 * n).unwrap().to_le_bytes();
            let state = [&b"J"[..], &count, b"\x85", &dtype("i1"), b"\x89", &get(5)].concat();
            arrays(&before, b"C\x01b", &state, n)
        }),
        ("a struct that masked arrays share", |n| {
            let field = |i: usize| [text(&format!("f{i}")), get(10), b"K\0\x86".to_vec()].concat();
            let fields: Vec<u8> = (0..n).flat_map(field).collect();
            let names: Vec<u8> = (0..n).flat_map(|i| text(&format!("f{i}"))).collect();
            let parts = [
                b"\x80\x04".to_vec(),
                kept(&dtype("i1"), 10),
                kept(&structure(&names, &fields), 11),
                kept(&global("numpy.ma.core", "_mareconstruct"), 0),
                kept(
                    &[
                        &b"("[..],
                        &global("numpy.ma", "MaskedArray"),
                        &global("numpy", "ndarray"),
                        b"K\0\x85C\x01bt",
                    ]
                    .concat(),
                    1,
                ),
                kept(&[&b"(K\x01K\0\x85"[..], &get(11), b"\x89C\0C\0Nt"].concat(), 2),
                b"(".to_vec(),
                [get(0), get(1), b"R".to_vec(), get(2), b"b".to_vec()].concat().repeat(n),
                b"l.".to_vec(),
            ];
            parts.concat()
        }),
        ("stand-ins of joblib", |n| stand_ins(&attributes("i1", b""), b"", n)),
        ("a state of many keys that stand-ins share", |n| {
            let more = [b"(", &b"K\x01N".repeat(n)[..], b"u"].concat();
            stand_ins(&attributes("i1", &more), b"", n)
        }),
        ("a key that a state of stand-ins has many times", |n| {
            let key = kept(&[b"V", &b"\\u0061".repeat(n)[..], b"\n"].concat(), 7);
            let keys = [get(7), b"N".to_vec()].concat().repeat(8);
            let more = [&key[..], b"(", &keys, b"u"].concat();
            stand_ins(&attributes("i1", &more), b"", n)
        }),
        ("pickles of joblib", |n| stand_ins(&attributes("O8", b""), b"N.", n)),
        ("states of one object", |n| {
            [&b"\x80\x04"[..], &global("m", "c"), b")\x81", &b"Nb".repeat(n), b"."].concat()
        }),
        ("a long key that a dict has many times", |n| {
            let key = kept(&[b"(", &b"K\x01".repeat(4 * n)[..], b"t"].concat(), 3);
            [&b"\x80\x04"[..], &key, b"}(", &[&get(3)[..], b"N"].concat().repeat(n), b"u."].concat()
        }),
        ("keys that are the same", |n| {
            let key = kept(&text(&"k".repeat(200)), 3);
            [&b"\x80\x04"[..], &key, b"}(", &[&get(3)[..], b"]"].concat().repeat(n), b"u."].concat()
        }),
    ]
};

const SHARED_WAYS: [PickleWay; 5] = [
    ("decode", |data| decoded(data).map(drop)),
    ("arrays", |data| {
        let pickle = decoded(data)?;
        // All of them are held, as those do who write them again.
        let arrays: Vec<_> = pickle.arrays().filter_map(Result::ok).collect();
        drop(arrays);
        Ok(())
    }),
    ("nodes", |data| {
        let pickle = decoded(data)?;
        let reader = pickle.reader();
        pickle.nodes().for_each(|node| drop(reader.numpy(node)));
        Ok(())
    }),
    ("find", |data| {
        let pickle = decoded(data)?;
        for path in ["[1]", "['f']", ".a", "{1}", ".__args__"] {
            drop(pickle.find(path));
        }
        Ok(())
    }),
    ("print", |data| {
        /// What is written is not held.
        struct Nowhere;
        impl std::fmt::Write for Nowhere {
            fn write_str(&mut self, _: &str) -> std::fmt::Result {
                Ok(())
            }
        }
        let pickle = decoded(data)?;
        let options = npbytes::print::Options { elements: 20_000, ..Default::default() };
        let _ = npbytes::print::write_node_repr(&pickle.root(), &options, &mut Nowhere);
        Ok(())
    }),
];

/// What objects share is read once, or bounded: not once for each of them.
#[test]
fn what_is_shared_takes_time_and_memory_in_proportion() {
    const SHORT: usize = 200;
    let mut wrong = Vec::new();
    for (name, make) in SHARED_PICKLES {
        let (short, long) = (Bytes::from(make(SHORT)), Bytes::from(make(SHORT * TIMES as usize)));
        for (way, read) in SHARED_WAYS {
            let (_, peak, time) = measured(|| read(&long));
            if peak > graph_memory(long.len()) {
                wrong.push(format!("{name} by {way}: {peak} bytes of {}", long.len()));
            }
            if time > QUICK
                && let Some((before, after)) = square(read, &short, &long)
            {
                wrong.push(format!("{name} by {way}: {before:?} and {after:?}"));
            }
        }
    }
    report(&wrong);
}

/// An array of objects whose one element is a list of as many long texts is not held as a whole.
#[test]
fn what_an_array_of_objects_shows_is_bounded() {
    use shared::{dtype, get, kept, text};
    const TEXT: usize = 1 << 20;
    let list = [&b"("[..], &get(3).repeat(2000), b"l"].concat();
    let state = [&b"K\x01\x85"[..], &dtype("O8"), b"\x89(", &list, b"l"].concat();
    let data = shared::arrays(&kept(&text(&"x".repeat(TEXT)), 3), b"C\x01b", &state, 1);
    let pickle = decoded(&data.into()).unwrap();
    let array = pickle.root().items().unwrap().get(0).unwrap();
    let options = npbytes::print::Options::default();
    let mut shown = String::new();
    let print = || npbytes::print::write_node_str(&array, &options, &mut shown);
    let (result, peak, _) = measured(print);
    let error = result.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unsupported(_)), "{error}");
    assert!(peak < 256 << 20, "{peak}");
}

/// The pickles that joblib puts behind its stand-ins count as parts of one.
#[test]
fn pickles_of_joblib_count_together() {
    let data = Bytes::from(shared::stand_ins(&shared::attributes("O8", b""), b"]].", 1000));
    let options =
        |items| pickle::ReadOptions::with_limits(npbytes::Limits::default().pickle_items(items));
    assert!(pickle::decode(&data, &options(10_000)).is_ok());
    let error = pickle::decode(&data, &options(2_000)).unwrap_err();
    assert_eq!(kind_of(&error), "pickle_items");
}
