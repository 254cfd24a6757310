//! What np.savez and np.savez_compressed wrote, under many Pythons: written byte for byte, and read.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use bytes::Bytes;
use npbytes::npz::{self, Archive, Compression, Item, Method, ReadOptions, WriteOptions};
use npbytes::{Array, AxisOrder, DType, NumPy, Profile, Python, Shape, literal};

use crate::table::{self, Table, hex, report, same, text};
use crate::{array_of, assert_same};

/// The archives of one Python and NumPy.
struct Written {
    python: &'static str,
    numpy: &'static str,
    table: Table,
}

macro_rules! written {
    ($($python:literal $numpy:literal,)*) => {
        [$(Written {
            python: $python,
            numpy: $numpy,
            table: Table::new($python, include_str!(concat!("../data/npz/written-", $python, "-", $numpy, ".tsv"))),
        }),*]
    };
}

fn all_written() -> [Written; 9] {
    written![
        "3.6.15" "1.19.5",
        "3.7.16" "1.21.6",
        "3.8.18" "1.24.4",
        "3.9.18" "2.0.2",
        "3.10.13" "2.2.6",
        "3.11.7" "1.26.4",
        "3.11.7" "2.4.6",
        "3.12.1" "2.5.5",
        "3.13.0" "2.5.5",
    ]
}

impl Written {
    fn profile(&self) -> Profile {
        let numpy: NumPy = self.numpy.parse().unwrap();
        let python: Python = self.python.parse().unwrap();
        Profile { numpy, python }
    }
}

type Members = Vec<(String, Array)>;

/// Bytes that `data/npz.py` makes too.
fn filled(rule: &str, size: usize) -> Vec<u8> {
    let (rule, seed) = rule.split_once(' ').unwrap_or((rule, "0"));
    let mut state: u64 = seed.parse().unwrap();
    let start = usize::try_from(state).unwrap();
    let mut next = || {
        state = (state * 1_103_515_245 + 12_345) % (1 << 31);
        state >> 16
    };
    match rule {
        "zeros" => vec![0; size],
        "count" => (0..size).map(|i| u8::try_from((i + start) % 251).unwrap()).collect(),
        "noise" => (0..size).map(|_| next().to_le_bytes()[0]).collect(),
        "walk" => {
            let mut level = 0_u16;
            let mut out = Vec::with_capacity(size + 1);
            while out.len() < size {
                level = level.wrapping_add(u16::try_from(next() % 7).unwrap()).wrapping_sub(3);
                out.extend(level.to_le_bytes());
            }
            out.truncate(size);
            out
        }
        other => panic!("an unknown rule {other}"),
    }
}

/// The arrays of each case, as the script made them.
fn cases() -> BTreeMap<&'static str, Members> {
    let mut cases: BTreeMap<&str, Members> = BTreeMap::new();
    let table = Table::new("cases", include_str!("../data/npz/cases-3.11.7-2.4.6.tsv"));
    for row in table.rows {
        let members = cases.entry(row[0]).or_default();
        let [_, name, descr, shape, fortran, fill] = row.as_slice() else { continue };
        let dtype = DType::from_descr(&literal::parse(&text(descr)).unwrap()).unwrap();
        let shape = Shape::new(&table::numbers(shape)).unwrap();
        let data = filled(fill, shape.bytes(dtype.itemsize()).unwrap());
        let order = if *fortran == "1" { AxisOrder::F } else { AxisOrder::C };
        members.push((text(name), Array::new(dtype, shape, order, data.into()).unwrap()));
    }
    cases
}

fn options(written: &Written, row: &[&str]) -> WriteOptions {
    let compression = if row[1] == "1" { Compression::NumPy } else { Compression::None };
    WriteOptions::default()
        .profile(written.profile())
        .compression(compression)
        .streamed(row[2] == "1")
}

fn views(members: &Members) -> Vec<(&str, npbytes::ArrayView<'_>)> {
    members.iter().map(|(name, array)| (name.as_str(), array.view())).collect()
}

/// Whether bytes are those that were recorded: all of them, or by their length and CRC-32.
fn recorded(found: &[u8], row: &[&str]) -> Result<(), String> {
    same("length", &found.len().to_string().as_str(), &row[3])?;
    same("crc-32", &format!("{:08x}", crc32fast::hash(found)).as_str(), &row[4])?;
    if row[5] == "-" || found == hex(row[5]) { Ok(()) } else { Err("other bytes".to_owned()) }
}

#[test]
fn archives_are_written_byte_for_byte() {
    let cases = cases();
    for written in all_written() {
        assert!(written.table.rows.len() > 140);
        written.table.check(|row| {
            let members = &cases[row[0]];
            let options = options(&written, row);
            let bytes = npz::encode(&views(members), &options).map_err(|e| e.to_string())?;
            recorded(&bytes, row)
        });
    }
}

/// The ways to write, beside `encode`.
#[test]
fn each_way_to_write_writes_the_same() {
    let cases = cases();
    for written in all_written().into_iter().filter(|w| matches!(w.python, "3.10.13" | "3.13.0")) {
        written.table.check(|row| {
            let members = &cases[row[0]];
            let options = options(&written, row);
            let mut out = Vec::new();
            npz::encode_to(&mut out, &views(members), &options).unwrap();
            recorded(&out, row).map_err(|e| format!("encode_to: {e}"))?;
            // One by one; on what seeks, behind bytes that are no part of it.
            let mut cursor = Cursor::new(b"before".to_vec());
            cursor.set_position(6);
            let mut writer = npz::Writer::new(cursor, &options).unwrap();
            for (name, array) in members {
                writer.add(name, &array.view()).unwrap();
            }
            let out = writer.finish().unwrap();
            same("position", &out.position(), &(out.get_ref().len() as u64))?;
            recorded(&out.get_ref()[6..], row).map_err(|e| format!("Writer: {e}"))?;
            // Row by row.
            let mut writer = npz::Writer::new(Cursor::new(Vec::new()), &options).unwrap();
            for (name, array) in members {
                by_rows(&mut writer, name, array).unwrap();
            }
            let out = writer.finish().unwrap().into_inner();
            recorded(&out, row).map_err(|e| format!("rows: {e}"))?;
            if row[2] == "1" {
                let options = options.streamed(false);
                let mut writer = npz::Writer::streamed(Vec::new(), &options);
                writer.add_all(&views(members)).unwrap();
                let out = writer.finish().unwrap();
                recorded(&out, row).map_err(|e| format!("streamed: {e}"))?;
                let mut writer = npz::Writer::streamed(Vec::new(), &options);
                for (name, array) in members {
                    by_rows(&mut writer, name, array).unwrap();
                }
                let out = writer.finish().unwrap();
                recorded(&out, row).map_err(|e| format!("streamed rows: {e}"))?;
            }
            Ok(())
        });
    }
}

/// Writes an array in three pieces; one without an axis at once.
fn by_rows<W: std::io::Write>(
    writer: &mut npz::Writer<W>,
    name: &str,
    array: &Array,
) -> npbytes::Result<()> {
    if array.ndim() == 0 {
        return writer.add(name, &array.view());
    }
    let fortran = array.view().is_fortran();
    let mut rows = writer.rows(name, array.dtype().clone(), array.shape(), fortran)?;
    let count = if fortran { array.shape()[array.ndim() - 1] } else { array.shape()[0] };
    let cuts = [0, count / 3, count / 2, count];
    for cut in cuts.windows(2) {
        let range = format!("{}:{}", cut[0], cut[1]);
        let slice = if fortran { format!("..., {range}") } else { range };
        rows.write_rows(&array.view().slice(&slice.parse().unwrap())?)?;
    }
    rows.finish()
}

#[cfg(feature = "fs")]
#[test]
fn files_are_written_byte_for_byte() {
    let cases = cases();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    for written in all_written().into_iter().filter(|w| matches!(w.python, "3.10.13" | "3.12.1")) {
        written.table.check(|row| {
            npz::write(&path, &views(&cases[row[0]]), &options(&written, row)).unwrap();
            recorded(&std::fs::read(&path).unwrap(), row)
        });
    }
}

/// A pipe gets what NumPy writes to one, though nobody asked for it.
#[cfg(target_os = "linux")]
#[cfg(feature = "fs")]
#[test]
fn pipes_are_written_byte_for_byte() {
    let cases = cases();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let [.., written] = all_written();
    let rows = written.table.rows.iter().filter(|row| row[2] == "1");
    let mut count = 0;
    for row in rows {
        let reader = std::thread::spawn({
            let path = path.clone();
            move || std::fs::read(path).unwrap()
        });
        let options = options(&written, row).streamed(false);
        npz::write(&path, &views(&cases[row[0]]), &options).unwrap();
        recorded(&reader.join().unwrap(), row).unwrap();
        count += 1;
    }
    assert!(count > 60);
}

/// The archives that are kept whole, with the members they have.
fn kept() -> Vec<(String, Vec<u8>, Members, bool)> {
    let cases = cases();
    let mut out = Vec::new();
    for written in all_written() {
        for row in written.table.rows.iter().filter(|row| row[5] != "-") {
            let name = format!("{} of {}", row[..3].join(" "), written.python);
            out.push((name, hex(row[5]), cases[row[0]].clone(), row[1] == "1"));
        }
    }
    let old = include_str!("../data/npz/python-2-2.7.18-1.16.6.tsv");
    for row in Table::new("Python 2", old).rows {
        let name = format!("{} of Python 2", row[..2].join(" "));
        out.push((name, hex(row[2]), cases[row[0]].clone(), row[1] == "1"));
    }
    assert!(out.len() > 40, "{}", out.len());
    out
}

/// What a member is called in the archive.
fn member_name(name: &str) -> String {
    let name = format!("{name}.npy");
    name.split('\0').next().unwrap().to_owned()
}

fn check_read(what: &str, archive: &Archive, members: &Members, deflated: bool) {
    let names: Vec<String> = members.iter().map(|(name, _)| member_name(name)).collect();
    let found: Vec<&str> = archive.members().map(|member| member.name()).collect();
    let mut sorted = (names.clone(), found.clone());
    // The oldest Python has no order of keywords.
    if what.ends_with("Python 2") {
        sorted.0.sort();
        sorted.1.sort_unstable();
    }
    assert_eq!(sorted.1, sorted.0, "{what}");
    assert_eq!(archive.trailing(), 0, "{what}");
    assert_eq!(archive.len(), members.len());
    let all = archive.read_all().unwrap();
    for (member, item) in archive.members().zip(&all) {
        let same_name = |name: &&String| *name == member.name();
        let index = names.iter().position(|name| name == member.name()).unwrap();
        // Two arrays of one name: the script has them in this order.
        let array = &members[index].1;
        if names.iter().filter(same_name).count() > 1 {
            continue;
        }
        assert_same(array_of(item), array);
        assert_eq!(array_of(item).view().is_fortran(), array.view().is_fortran(), "{what}");
        assert_same(&member.array().unwrap(), array);
        let Item::Array(read) = member.read().unwrap() else { panic!("{what}") };
        assert_same(&read, array);
        let header = member.header().unwrap().unwrap();
        assert_eq!((header.dtype(), header.shape()), (array.dtype(), array.shape()));
        let method = if deflated { Method::Deflated } else { Method::Stored };
        assert_eq!(member.method(), method, "{what}");
        let bytes = member.bytes().unwrap();
        assert_eq!(member.uncompressed_size(), bytes.len() as u64);
        assert_eq!(member.crc32(), crc32fast::hash(&bytes));
        let mut streamed = Vec::new();
        member.reader().unwrap().read_to_end(&mut streamed).unwrap();
        assert!(streamed == bytes, "{what}");
        if !deflated {
            assert_eq!(member.compressed_size(), bytes.len() as u64);
        }
        assert_same(&archive.array(member.name()).unwrap(), array);
        // Another member's whole name may be this one's key.
        if !names.iter().any(|name| name == member.key()) {
            assert_same(&archive.array(member.key()).unwrap(), array);
        }
    }
}

#[test]
fn archives_are_read_from_memory() {
    for (what, bytes, members, deflated) in kept() {
        let archive = npz::decode(&bytes.into(), &ReadOptions::default()).unwrap();
        check_read(&what, &archive, &members, deflated);
    }
}

#[cfg(feature = "fs")]
#[test]
fn archives_are_read_from_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    let unchecked = ReadOptions::default().check_crc(false);
    for (what, bytes, members, deflated) in kept() {
        // Not written over: maps of it live.
        let _ = std::fs::remove_file(&path);
        std::fs::write(&path, &bytes).unwrap();
        let memory = crate::contents(&npz::decode(&bytes.into(), &unchecked).unwrap()).unwrap();
        for options in [ReadOptions::default(), unchecked] {
            for archive in [npz::read(&path, &options).unwrap(), npz::map(&path, &options).unwrap()]
            {
                check_read(&what, &archive, &members, deflated);
                assert_eq!(crate::contents(&archive).unwrap(), memory, "{what}");
            }
        }
    }
}

/// The archive is read whole from what has no end to look at first.
#[cfg(target_os = "linux")]
#[cfg(feature = "fs")]
#[test]
fn archives_are_read_from_pipes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    for (what, bytes, members, deflated) in kept().into_iter().step_by(5) {
        let writer = std::thread::spawn({
            let path = path.clone();
            move || std::fs::write(path, bytes).unwrap()
        });
        let archive = npz::read(&path, &ReadOptions::default()).unwrap();
        writer.join().unwrap();
        check_read(&what, &archive, &members, deflated);
    }
}

/// Members are rows of a stream, whatever lies around them.
#[test]
fn members_are_read_row_by_row() {
    for (what, bytes, members, _) in kept() {
        let archive = npz::decode(&bytes.into(), &ReadOptions::default()).unwrap();
        let python_2 = what.ends_with("Python 2");
        for (member, (name, array)) in archive.members().zip(&members) {
            // Not in the order of the script.
            if python_2 || array.ndim() == 0 {
                continue;
            }
            let mut rows =
                npbytes::npy::Reader::new(member.reader().unwrap(), Default::default()).unwrap();
            let mut read = Vec::new();
            while let Some(chunk) = rows.read_rows(2).unwrap() {
                read.extend_from_slice(chunk.data());
            }
            assert!(array.data()[..] == read, "{what}: {name}");
        }
    }
}

/// What is stored is not copied: the arrays lie in the bytes of the archive.
#[test]
fn stored_members_are_slices_of_the_archive() {
    let inside = |outer: &Bytes, inner: &[u8]| {
        let (outer, inner) = (outer.as_ptr_range(), inner.as_ptr_range());
        outer.start <= inner.start && inner.end <= outer.end
    };
    for (what, bytes, _, deflated) in kept() {
        let bytes = Bytes::from(bytes);
        let archive = npz::decode(&bytes, &ReadOptions::default()).unwrap();
        for (member, item) in archive.members().zip(archive.read_all().unwrap()) {
            let array = array_of(&item);
            if array.data().is_empty() {
                continue;
            }
            assert_eq!(inside(&bytes, array.data()), !deflated, "{what}");
            let contents = member.bytes().unwrap();
            assert_eq!(inside(&bytes, &contents), !deflated, "{what}");
            if !deflated {
                let start = contents.as_ptr().addr() - bytes.as_ptr().addr();
                assert_eq!(start as u64, member.data_offset().unwrap());
                assert!(array.view().to_bytes(npbytes::Order::A).is_ok());
            }
        }
    }
}

/// The arrays of a map lie in the map: two readings of one member are the same memory, and they outlive the
/// archive.
#[cfg(feature = "fs")]
#[test]
fn stored_members_of_a_map_are_slices_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    let array = crate::counting("<i4", &[1000, 10]);
    npz::write(&path, &[("a", array.view()), ("b", array.view())], &WriteOptions::default())
        .unwrap();
    let archive = npz::map(&path, &ReadOptions::default()).unwrap();
    let (a, again, b) =
        (archive.array("a").unwrap(), archive.array("a").unwrap(), archive.array("b").unwrap());
    let offset = |key| archive.member(key).unwrap().data_offset().unwrap();
    let between = usize::try_from(offset("b") - offset("a")).unwrap();
    assert_eq!(a.data().as_ptr(), again.data().as_ptr());
    assert_eq!(b.data().as_ptr().addr() - a.data().as_ptr().addr(), between);
    // Not so of a file that is read.
    let read = npz::read(&path, &ReadOptions::default()).unwrap();
    assert_ne!(read.array("a").unwrap().data().as_ptr(), read.array("a").unwrap().data().as_ptr());
    drop(archive);
    assert_same(&a, &array);
}

/// More members than the end record counts.
#[test]
fn archives_of_65536_members_are_written_byte_for_byte() {
    let tables = [
        (Python::new(3, 11, 7), include_str!("../data/npz/many-3.11.7-2.4.6.tsv")),
        (Python::new(3, 10, 13), include_str!("../data/npz/many-3.10.13-2.2.6.tsv")),
    ];
    let array = crate::counting("u1", &[0]);
    for (python, rows) in tables {
        let options = WriteOptions::default().profile(Profile { numpy: NumPy::LATEST, python });
        let mut wrong = Vec::new();
        let table = Table::new("many", rows);
        for row in &table.rows {
            let count: usize = row[0].parse().unwrap();
            let names: Vec<String> = (0..count).map(|i| i.to_string()).collect();
            let members: Vec<_> = names.iter().map(|name| (name, array.view())).collect();
            let bytes = npz::encode(&members, &options).unwrap();
            let found = [bytes.len().to_string(), format!("{:08x}", crc32fast::hash(&bytes))];
            if found != row[1..] {
                wrong.push(format!("{row:?}: {found:?}"));
            }
            let archive = npz::decode(&bytes.into(), &ReadOptions::default()).unwrap();
            assert_eq!(archive.len(), count);
            assert!(archive.keys().eq(names.iter().map(String::as_str)));
            let last = names.last().unwrap();
            assert_eq!(archive.array(last).unwrap().shape().dims(), [0]);
            assert_eq!(archive.read_all().unwrap().len(), count);
        }
        report("many members", table.rows.len(), wrong);
    }
}
