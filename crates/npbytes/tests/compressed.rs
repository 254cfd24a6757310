//! Compressed wrappers as Python writes them: `tests/data/compressed/make.py` made the files.
#![cfg(feature = "compressed")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say so")]

use std::io::Read;
use std::path::Path;

use bytes::Bytes;
use npbytes::compressed::{self, Codec, MAX_NESTED, ReadOptions, Reader};
use npbytes::{Error, ErrorKind, Limits, npy};

fn file(name: &str) -> Bytes {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/compressed");
    std::fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}")).into()
}

fn decode(data: &Bytes) -> npbytes::Result<Bytes> {
    compressed::decode(data, &ReadOptions::default())
}

fn joined(parts: &[&[u8]]) -> Bytes {
    parts.concat().into()
}

/// A source that hands out as many bytes at a time as asked for here.
struct Slow<'a>(&'a [u8], usize);

impl Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let most = self.1.min(buffer.len());
        self.0.read(&mut buffer[..most])
    }
}

/// One file of each codec.
const PLAIN: [(&str, Codec); 6] = [
    ("a.npy.gz", Codec::Gzip),
    ("a.npy.zlib", Codec::Zlib),
    ("a.npy.bz2", Codec::Bzip2),
    ("a.npy.xz", Codec::Xz),
    ("a.npy.lzma", Codec::Lzma),
    ("a.npy.zst", Codec::Zstd),
];

/// The same contents by other settings.
const OTHERS: [&str; 11] = [
    "named.gz",
    "level0.zlib",
    "level1.zlib",
    "level9.zlib",
    "none.xz",
    "crc32.xz",
    "sha256.xz",
    "delta.xz",
    "plain.zst",
    "skip.zst",
    "four.gz",
];

#[test]
fn what_python_wrote_is_read() {
    let npy = file("a.npy");
    for name in PLAIN.iter().map(|(name, _)| *name).chain(OTHERS) {
        assert_eq!(decode(&file(name)).unwrap(), npy, "{name}");
    }
    // np.arange(40, dtype='<i4')
    let array = npy::decode(&decode(&file("a.npy.xz")).unwrap(), &Default::default()).unwrap();
    assert_eq!(array.view().to_vec::<i32>().unwrap(), (0..40).collect::<Vec<_>>());
}

#[test]
fn streams_are_read_in_pieces_of_any_size() {
    let npy = file("a.npy");
    for (name, codec) in PLAIN {
        let data = file(name);
        for step in [1, 2, 3, 7, 64, 1000] {
            let mut reader = Reader::new(Slow(&data, step), &ReadOptions::default()).unwrap();
            assert_eq!(reader.codecs(), [codec], "{name}");
            let mut contents = Vec::new();
            let mut piece = vec![0; step];
            loop {
                match reader.read(&mut piece).unwrap() {
                    0 => break,
                    read => contents.extend(&piece[..read]),
                }
            }
            assert_eq!(contents, npy, "{name} by {step}");
            assert_eq!(reader.consumed(), data.len() as u64, "{name} by {step}");
            assert_eq!(reader.read(&mut piece).unwrap(), 0, "{name} by {step}");
        }
    }
}

#[test]
fn arrays_are_read_from_the_middle_of_wrappers() {
    let data = file("four.gz");
    let reader = Reader::new(&data[..], &ReadOptions::default()).unwrap();
    assert_eq!(reader.codecs(), [Codec::Gzip, Codec::Bzip2, Codec::Xz, Codec::Zstd]);
    let mut arrays = npy::Reader::new(reader, Default::default()).unwrap();
    assert_eq!(arrays.read_rows(3).unwrap().unwrap().view().to_vec::<i32>().unwrap(), [0, 1, 2]);
}

#[test]
fn wrappers_nest_four_deep() {
    let error = decode(&file("five.gz")).unwrap_err();
    assert!(error.to_string().contains(&format!("more than {MAX_NESTED} times")), "{error}");
    assert!(error.help().is_some());
}

#[test]
fn zlib_and_lzma_are_no_wrappers_inside_of_others() {
    // The two bytes of zlib are those of the number 376, too.
    for (name, inside) in [("zeros.zlib.gz", Codec::Zlib), ("zeros.lzma.gz", Codec::Lzma)] {
        let once = decode(&file(name)).unwrap();
        let reader = Reader::new(&once[..], &ReadOptions::default()).unwrap();
        assert_eq!(reader.codecs(), [inside]);
    }
}

/// What Python 3.11 makes of bytes behind a stream: `mod.open(io.BytesIO(stream + tail)).read()`, and for zlib
/// and zstd `zlib.decompress(stream + tail)` and `zstandard.ZstdDecompressor().stream_reader(
/// io.BytesIO(stream + tail), read_across_frames=True).read()`. How often the contents are there, or 0 for an error.
fn tails() -> Vec<(&'static str, Vec<u8>, usize)> {
    let [gz, zlib, bz2, xz, lzma, zst] = PLAIN.map(|(name, _)| file(name).to_vec());
    let zeros_and = |stream: &[u8], zeros: usize| [&vec![0; zeros], stream].concat();
    vec![
        ("a.npy.gz", gz.clone(), 2),
        ("a.npy.gz", vec![0], 1),
        ("a.npy.gz", vec![0; 512], 1),
        ("a.npy.gz", vec![0; 100_000], 1),
        ("a.npy.gz", zeros_and(&gz, 2), 2),
        ("a.npy.gz", b"x".to_vec(), 0),
        ("a.npy.gz", b"garbage bytes".to_vec(), 0),
        ("a.npy.gz", b"\x1f".to_vec(), 0),
        ("a.npy.gz", b"\x1f\x8b".to_vec(), 0),
        ("a.npy.gz", b"\x1f\x8b\x08".to_vec(), 0),
        ("a.npy.gz", bz2.clone(), 0),
        ("a.npy.zlib", zlib.clone(), 1),
        ("a.npy.zlib", b"x".to_vec(), 1),
        ("a.npy.bz2", bz2.clone(), 2),
        ("a.npy.bz2", vec![0; 4], 1),
        ("a.npy.bz2", b"x".to_vec(), 1),
        ("a.npy.bz2", b"B".to_vec(), 0),
        ("a.npy.bz2", b"BZh".to_vec(), 0),
        ("a.npy.bz2", b"BZh9".to_vec(), 0),
        ("a.npy.bz2", b"BZhx".to_vec(), 1),
        ("a.npy.bz2", zeros_and(&bz2, 2), 1),
        ("a.npy.xz", xz.clone(), 2),
        ("a.npy.xz", lzma.clone(), 2),
        ("a.npy.xz", b"x".to_vec(), 1),
        ("a.npy.xz", b"garbage bytes".to_vec(), 1),
        ("a.npy.xz", b"\xfd7zX".to_vec(), 0),
        ("a.npy.xz", xz[..12].to_vec(), 0),
        ("a.npy.xz", xz[..20].to_vec(), 0),
        ("a.npy.xz", lzma[..20].to_vec(), 0),
        ("a.npy.lzma", lzma.clone(), 2),
        ("a.npy.lzma", xz.clone(), 2),
        ("a.npy.lzma", b"x".to_vec(), 1),
        ("a.npy.lzma", b"garbage bytes".to_vec(), 1),
        ("a.npy.lzma", lzma[..20].to_vec(), 0),
        ("a.npy.zst", zst.clone(), 2),
        ("a.npy.zst", b"x".to_vec(), 0),
        ("a.npy.zst", b"garbage bytes".to_vec(), 0),
    ]
}

#[test]
fn what_follows_a_stream_is_taken_as_python_takes_it() {
    let npy = file("a.npy");
    for (name, tail, times) in tails() {
        let case = format!("{name} + {} ({})", tail.escape_ascii(), tail.len());
        let data = joined(&[&file(name), &tail]);
        match (decode(&data), times) {
            (Ok(contents), 1..) => assert_eq!(contents, npy.repeat(times), "{case}"),
            (Err(error), 0) => {
                assert!(error.help().is_some(), "{case}: {error}");
                assert!(error.offset().unwrap() >= file(name).len() as u64, "{case}: {error:?}");
            }
            (result, _) => panic!("{case}: {result:?}, and Python has {times}"),
        }
    }
    // The format has padding of four zeros, which Python takes for a stream that is cut off.
    let padded = joined(&[&file("a.npy.xz"), &[0; 8], &file("a.npy.xz")]);
    assert_eq!(decode(&padded).unwrap(), npy.repeat(2));
}

/// The same table with the Python at hand.
#[test]
#[ignore = "needs python3 and its zstandard package"]
fn what_follows_a_stream_is_taken_as_the_python_at_hand_takes_it() {
    const SCRIPT: &str = "\
import bz2, gzip, io, lzma, sys, zlib
def contents(name, data):
    if name.endswith('.zlib'):
        return zlib.decompress(data)
    if name.endswith('.zst'):
        import zstandard
        reader = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data), read_across_frames=True)
        return reader.read()
    opens = {'.gz': gzip.open, 'bz2': bz2.open, '.xz': lzma.open, 'zma': lzma.open}
    return opens[name[-3:]](io.BytesIO(data)).read()
try:
    size = len(contents(sys.argv[1], sys.stdin.buffer.read()))
except ImportError:
    raise
except Exception:
    size = 0
print(size)
";
    let npy = file("a.npy");
    for (name, tail, times) in tails() {
        let mut child = std::process::Command::new(
            std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into()),
        )
        .args(["-c", SCRIPT, name])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
        let mut input = child.stdin.take().unwrap();
        std::io::Write::write_all(&mut input, &joined(&[&file(name), &tail])).unwrap();
        drop(input);
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{name}");
        let size: usize = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
        assert_eq!(size, times * npy.len(), "{name} + {}", tail.escape_ascii());
    }
}

#[test]
fn streams_that_are_cut_anywhere_are_refused() {
    for name in PLAIN.iter().map(|(name, _)| *name).chain(OTHERS) {
        let data = file(name);
        // Behind frames that are to be skipped: 11 bytes at the start, 8 at the end.
        let ends = [11, data.len() - 8];
        for len in 0..data.len() {
            if name == "skip.zst" && ends.contains(&len) {
                continue;
            }
            let error = match decode(&data.slice(..len)) {
                Err(error) => error,
                Ok(contents) => panic!("{name} cut at {len} has {} bytes", contents.len()),
            };
            match error.kind() {
                ErrorKind::Magic { .. } => {
                    let signature = if name.ends_with("lzma") { 14 } else { 6 };
                    assert!(len < signature, "{name} cut at {len}: {error}");
                }
                ErrorKind::Truncated { .. } => {
                    assert_eq!(error.offset(), Some(len as u64), "{name} cut at {len}: {error}");
                    assert!(error.help().is_some());
                }
                _ => panic!("{name} cut at {len}: {error}"),
            }
        }
    }
}

#[test]
fn streams_with_a_flipped_bit_are_refused_or_the_same() {
    let npy = file("a.npy");
    let limits = Limits::default().inflate_bytes(1 << 20);
    let options = ReadOptions::default().limits(limits);
    for name in PLAIN.iter().map(|(name, _)| *name).chain(["sha256.xz", "four.gz"]) {
        let data = file(name);
        for at in 0..data.len() {
            for bit in 0..8 {
                let mut flipped = data.to_vec();
                flipped[at] ^= 1 << bit;
                match compressed::decode(&flipped.into(), &options) {
                    // It has no sum of its contents.
                    Ok(_) if name.ends_with("lzma") => {}
                    Ok(contents) => assert_eq!(contents, npy, "{name}, bit {bit} of {at}"),
                    Err(error) => {
                        let offset = error.offset().unwrap();
                        assert!(offset <= data.len() as u64, "{name}, bit {bit} of {at}: {error}");
                    }
                }
            }
        }
    }
}

#[test]
fn sums_are_checked_and_named() {
    // The CRC of gzip, the length of gzip, the Adler-32 of zlib, the checksum of zstd.
    let cases = [
        ("a.npy.gz", 8, "gzip", "incorrect data check"),
        ("a.npy.gz", 1, "gzip", "incorrect length check"),
        ("a.npy.zlib", 1, "zlib", "incorrect data check"),
        ("a.npy.zst", 1, "zstd", "checksum"),
    ];
    for (name, from_end, codec, what) in cases {
        let mut data = file(name).to_vec();
        let at = data.len() - from_end;
        data[at] ^= 1;
        let error = decode(&data.into()).unwrap_err();
        let text = error.to_string();
        assert!(text.contains(codec) && text.contains(what), "{name}: {text}");
        assert!(error.help().is_some(), "{name}");
    }
}

#[test]
fn bombs_are_refused_before_they_go_off() {
    const LIMIT: u64 = 1 << 20;
    let options = ReadOptions::default().limits(Limits::default().inflate_bytes(LIMIT));
    let unwrapped = |name| decode(&file(name)).unwrap();
    let bombs = [
        ("gzip", file("zeros.gz.gz")),
        ("zlib", unwrapped("zeros.zlib.gz")),
        ("bzip2", file("zeros.bz2")),
        ("xz", file("zeros.xz.gz")),
        ("lzma", unwrapped("zeros.lzma.gz")),
        ("zstd", file("zeros.zst")),
    ];
    for (codec, bomb) in bombs {
        let mut reader = Reader::new(&bomb[..], &options).unwrap();
        let mut made = 0;
        let mut piece = vec![0; 1 << 16];
        let error = loop {
            match reader.read(&mut piece) {
                Ok(0) => panic!("{codec}: {made} bytes"),
                Ok(read) => made += read as u64,
                Err(error) => break Error::from(error),
            }
        };
        assert!(made <= LIMIT, "{codec}: {made}");
        let ErrorKind::Limit { name: "inflate_bytes", limit: LIMIT, needed } = error.kind() else {
            panic!("{codec}: {error}");
        };
        assert!((LIMIT + 1..=LIMIT + (1 << 16)).contains(needed), "{codec}: {needed}");
        assert!(reader.read(&mut piece).is_err(), "{codec}: after an error");
        assert!(compressed::decode(&bomb, &options).is_err(), "{codec}");
        // All of it goes where it may.
        let exact = ReadOptions::default().limits(Limits::default().inflate_bytes(64 << 20));
        assert_eq!(compressed::decode(&bomb, &exact).unwrap().len(), 64 << 20, "{codec}");
        let short = ReadOptions::default().limits(Limits::default().inflate_bytes((64 << 20) - 1));
        assert!(compressed::decode(&bomb, &short).is_err(), "{codec}");
    }
}

/// A frame of zstd that says nothing of its size: `blocks` times 128 KiB of zeros, four bytes each.
fn zeros(blocks: usize) -> Bytes {
    let block = |last: u32| ((128 << 10) << 3 | 1 << 1 | last).to_le_bytes();
    // A window of 128 KiB: 10 + 7 bits.
    let mut frame = b"\x28\xb5\x2f\xfd\x00\x38".to_vec();
    for at in 1..=blocks {
        frame.extend(&block(u32::from(at == blocks))[..3]);
        frame.push(0);
    }
    frame.into()
}

#[test]
fn a_ratio_counts_from_a_gibibyte_on() {
    let sized = |blocks: usize, limits: Limits| {
        let data = zeros(blocks);
        let options = ReadOptions::default().limits(limits).input_len(data.len() as u64);
        let mut reader = Reader::new(&data[..], &options)?;
        std::io::copy(&mut reader, &mut std::io::sink()).map_err(Error::from)
    };
    assert_eq!(sized(8192, Limits::default()).unwrap(), 1 << 30);
    let error = sized(8193, Limits::default()).unwrap_err();
    let ErrorKind::Limit { name: "inflate_ratio", limit: 200, needed } = error.kind() else {
        panic!("{error}");
    };
    assert!(*needed > 30_000, "{needed}");
    let raised = Limits::default().inflate_ratio(40_000);
    assert_eq!(sized(8193, raised).unwrap(), (1 << 30) + (128 << 10));
}

#[test]
fn windows_are_bounded() {
    for name in ["dictionary.xz", "dictionary.lzma", "window.zst"] {
        let error = decode(&file(name)).unwrap_err();
        assert!(error.to_string().contains("a window of more than 128 MiB"), "{name}: {error}");
        assert!(error.help().unwrap().contains("decompress it first"), "{name}");
    }
}

#[test]
fn what_is_not_compressed_is_named() {
    for (data, help) in [
        (file("a.npy"), Some("the input looks like a .npy file")),
        (Bytes::from_static(b""), None),
        (Bytes::from_static(b"just a text"), None),
    ] {
        let error = decode(&data).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Magic { .. }), "{error}");
        assert_eq!(error.help().as_deref(), help);
        assert_eq!(error.offset(), Some(0));
    }
}

#[test]
fn errors_of_the_source_come_through() {
    struct Broken<'a>(&'a [u8]);
    impl Read for Broken<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            match self.0.read(buffer)? {
                0 => Err(std::io::Error::new(std::io::ErrorKind::ConnectionReset, "gone")),
                read => Ok(read),
            }
        }
    }
    for (name, _) in PLAIN {
        let data = file(name);
        let half = Broken(&data[..data.len() / 2]);
        let result = Reader::new(half, &ReadOptions::default())
            .and_then(|mut reader| Ok(std::io::copy(&mut reader, &mut std::io::sink())?));
        let error = result.unwrap_err();
        let ErrorKind::Io { source, .. } = error.kind() else { panic!("{name}: {error}") };
        assert_eq!(source.kind(), std::io::ErrorKind::ConnectionReset, "{name}");
    }
}

#[cfg(feature = "fs")]
#[test]
fn files_are_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/compressed");
    let options = ReadOptions::default();
    assert_eq!(compressed::read(folder.join("a.npy.bz2"), &options).unwrap(), file("a.npy"));
    let error = compressed::read(folder.join("none.gz"), &options).unwrap_err();
    assert!(error.to_string().contains("none.gz"), "{error}");
}
