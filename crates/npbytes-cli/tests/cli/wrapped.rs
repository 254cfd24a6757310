//! Compressed inputs: `crates/npbytes/tests/data/compressed/make.py` made them by Python's modules. Messages of
//! msgpack, by themselves and wrapped.

use super::{Folder, command, line, npbytes, npbytes_with, run, workspace};

/// A file of the core's tests.
fn wrapped(name: &str) -> String {
    let path = workspace("crates/npbytes/tests/data/compressed").join(name);
    path.to_str().unwrap().to_owned()
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(wrapped(name)).unwrap()
}

/// print(np.arange(40, dtype='<i4'))
const PRINTED: &str = "\
[ 0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15 16 17 18 19 20 21 22 23
 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39]
";

const CODECS: [(&str, &str); 7] = [
    ("a.npy.gz", "gzip"),
    ("a.npy.zlib", "zlib"),
    ("a.npy.bz2", "bzip2"),
    ("a.npy.xz", "xz"),
    ("a.npy.lzma", "lzma"),
    ("a.npy.zst", "zstd"),
    ("skip.zst", "zstd"),
];

#[test]
fn what_is_inside_is_shown() {
    for (name, codec) in CODECS {
        assert_eq!(npbytes(["show", &wrapped(name)]).good().text(), PRINTED, "{name}");
        assert_eq!(npbytes_with(&bytes(name), ["show", "-"]).good().text(), PRINTED, "{name}");
        let told = npbytes(["info", &wrapped(name)]).good();
        for row in [
            format!("wrapper   compressed by {codec}\n"),
            "encoding  npy 1.0\n".into(),
            format!("size      {} bytes\n", bytes(name).len()),
            "data      160 bytes at byte 128\n".into(),
        ] {
            assert!(told.text().contains(&row), "{name}: {}", told.text());
        }
        let told = npbytes(["info", "--json", &wrapped(name)]).good();
        let info: serde_json::Value = serde_json::from_slice(&told.out).unwrap();
        assert_eq!(info["compression"], serde_json::json!([codec]), "{name}");
        assert_eq!((&info["encoding"], &info["size"]), (&"npy".into(), &bytes(name).len().into()));
        assert_eq!(info["arrays"][0]["shape"], serde_json::json!([40]));
    }
    let told = npbytes(["info", "--json", &wrapped("four.gz")]).good();
    assert!(
        told.text().contains(r#""compression":["gzip","bzip2","xz","zstd"]"#),
        "{}",
        told.text()
    );
    // What is not compressed says nothing of it.
    assert!(!line("info --json grid.npy").good().text().contains("compression"));
}

#[test]
fn wrapped_archives_are_archives() {
    let folder = Folder::new();
    // gzip.compress(open('model.npz', 'rb').read()) with a block that is stored: the sample, and how it is wrapped.
    let archive = folder.file("model.npz.gz", &gzip(&super::sample("model.npz")));
    let archive = archive.to_str().unwrap();
    let plain = line("ls model.npz").good();
    assert_eq!(npbytes(["ls", archive]).good().text(), plain.text());
    let piped = npbytes_with(&std::fs::read(archive).unwrap(), ["ls", "-"]).good();
    assert_eq!(piped.text(), plain.text());
    assert_eq!(
        npbytes(["show", &format!("{archive}::bias")]).good().text(),
        line("show model.npz::bias").good().text()
    );
    let told = npbytes(["info", archive]).good();
    assert!(
        told.text().starts_with("wrapper   compressed by gzip\nencoding  npz\n"),
        "{}",
        told.text()
    );
    let out = folder.path("out");
    npbytes(["convert", archive, out.to_str().unwrap()]).good();
    let plain = folder.path("plain");
    npbytes(["convert", "model.npz", plain.to_str().unwrap()]).good();
    for name in ["weights.npy", "bias.npy", "digit.npy"] {
        let read = |folder: &std::path::Path| std::fs::read(folder.join(name)).unwrap();
        assert_eq!(read(&out), read(&plain), "{name}");
    }
    // A member that is compressed by itself.
    npbytes(["append", archive, "x=grid.npy"])
        .failed(&["compressed by gzip", "decompress it first"]);
}

/// A gzip member of one stored block, whose parts RFC 1951 and 1952 say; at most 64 KiB.
fn gzip(contents: &[u8]) -> Vec<u8> {
    let len = u16::try_from(contents.len()).unwrap();
    let mut crc = !0_u32;
    for &byte in contents {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    let mut out = b"\x1f\x8b\x08\0\0\0\0\0\0\xff\x01".to_vec();
    out.extend([len.to_le_bytes(), (!len).to_le_bytes()].concat());
    out.extend(contents);
    out.extend([(!crc).to_le_bytes(), u32::from(len).to_le_bytes()].concat());
    out
}

#[test]
fn raw_bytes_are_wrapped_too() {
    let folder = Folder::new();
    let raw = folder.file("a.bin.gz", &gzip(&bytes("a.npy")[128..]));
    let raw = raw.to_str().unwrap();
    assert_eq!(npbytes(["show", raw, "--dtype", "<i4"]).good().text(), PRINTED);
    let told = npbytes(["info", raw]);
    assert_eq!(told.code, Some(1));
    assert!(told.text().contains("wrapper   compressed by gzip\n"), "{}", told.text());
    assert!(told.text().contains("contents  160 bytes\n"), "{}", told.text());
    let offset = npbytes(["show", raw, "--dtype", "<i4", "--offset", "152"]).good();
    assert_eq!(offset.text(), "[38 39]\n");
    // Its own bytes, where they are asked for.
    let own = npbytes(["show", raw, "--from", "raw", "--dtype", "u1", "--slice", ":3"]).good();
    assert_eq!(own.text(), "[ 31 139   8]\n");
}

#[test]
fn numbers_that_look_like_zlib_are_numbers() {
    let folder = Folder::new();
    // np.full(40, 376, '<i2').tobytes()
    let numbers = folder.file("n.bin", &b"\x78\x01".repeat(40));
    let numbers = numbers.to_str().unwrap();
    let shown = npbytes(["show", numbers, "--dtype", "<i2", "--slice", ":2"]).good();
    assert_eq!(shown.text(), "[376 376]\n");
    let told = npbytes(["info", numbers]);
    assert!(told.text().starts_with("encoding  raw"), "{}", told.text());
    let piped =
        npbytes_with(&b"\x78\x01".repeat(40), ["show", "-", "--dtype", "<i2", "--slice", ":1"]);
    assert_eq!(piped.good().text(), "[376]\n");
}

#[test]
fn sums_are_checked_before_anything_is_shown() {
    let folder = Folder::new();
    for (name, codec) in [("a.npy.gz", "gzip"), ("a.npy.zlib", "zlib"), ("a.npy.zst", "zstd")] {
        let mut data = bytes(name);
        let at = data.len() - 1;
        data[at] ^= 1;
        let path = folder.file(name, &data);
        let damaged = npbytes(["show", path.to_str().unwrap()]);
        assert_eq!(damaged.text(), "", "{name}");
        damaged.failed(&[
            &format!("the {codec} stream is damaged"),
            "of the compressed bytes",
            "help: ",
        ]);
        let out = folder.path("out.npy");
        npbytes(["convert", path.to_str().unwrap(), out.to_str().unwrap()]).failed(&["damaged"]);
        assert!(!out.exists(), "{name}");
    }
}

#[test]
fn streams_that_are_cut_are_refused_wherever_it_is() {
    let folder = Folder::new();
    for (name, codec) in CODECS.into_iter().take(6) {
        let data = bytes(name);
        for len in [data.len() / 3, data.len() / 2, data.len() - 1] {
            let path = folder.file(name, &data[..len]);
            let what = format!("the input ends inside the {codec} stream");
            npbytes(["show", path.to_str().unwrap()]).failed(&[&what, "the file was cut off"]);
        }
    }
}

#[test]
fn bombs_meet_the_flags_for_limits() {
    let limits: [(&[&str], &[&str]); 2] = [
        (
            &["--max-inflate-bytes", "100000"],
            &["the limit `inflate_bytes` is 100000", "--max-inflate-bytes"],
        ),
        (
            &["--max-array", "100000"],
            &["would be copied into memory, the limit is 100000", "--max-array"],
        ),
    ];
    for name in ["zeros.gz.gz", "zeros.bz2", "zeros.xz.gz", "zeros.zst"] {
        for (flags, words) in limits {
            let args = ["show", &wrapped(name), "--dtype", "u1"];
            run(command().args(args).args(flags)).failed(words);
        }
    }
    let all = npbytes(["show", &wrapped("zeros.bz2"), "--dtype", "u1"]).good();
    assert_eq!(all.text(), "[0 0 0 ... 0 0 0]\n");
    npbytes(["show", &wrapped("five.gz")]).failed(&["more than 4 times over"]);
    npbytes(["show", &wrapped("dictionary.xz")])
        .failed(&["a window of more than 128 MiB", "xz -d"]);
}

#[test]
fn names_are_those_of_what_is_inside() {
    let folder = Folder::new();
    folder.file("w.npy.gz", &bytes("a.npy.gz"));
    folder.file("b.npy.xz", &bytes("a.npy.xz"));
    let out = folder.path("all.npz");
    let source = folder.path("").to_str().unwrap().to_owned();
    npbytes(["convert", &source, out.to_str().unwrap()]).good();
    let listed = npbytes(["ls", out.to_str().unwrap()]).good();
    let names: Vec<&str> =
        listed.text().lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(names, ["name", "b", "w", "2"]);
    let files = ["w.npy.gz", "b.npy.xz"].map(|name| folder.path(name));
    let [w, b] = files.each_ref().map(|path| path.to_str().unwrap());
    npbytes(["convert", w, b, out.to_str().unwrap()]).good();
    let listed = npbytes(["ls", out.to_str().unwrap()]).good();
    assert!(listed.text().contains("\nw "), "{}", listed.text());
}

/// m.packb({'w': np.arange(3, dtype='<i4'), 'b': [np.float32(2), {'z': np.arange(2, dtype='u1')}]})
const MESSAGE: &[u8] =
    b"\x82\xa1w\x85\xc4\x02nd\xc3\xc4\x04type\xa3<i4\xc4\x04kind\xc4\0\xc4\x05shape\x91\x03\
    \xc4\x04data\xc4\x0c\0\0\0\0\x01\0\0\0\x02\0\0\0\xa1b\x92\x83\xc4\x02nd\xc2\xc4\x04type\xa3<f4\
    \xc4\x04data\xc4\x04\0\0\0\x40\x81\xa1z\x85\xc4\x02nd\xc3\xc4\x04type\xa3|u1\xc4\x04kind\xc4\0\
    \xc4\x05shape\x91\x02\xc4\x04data\xc4\x02\0\x01";

#[test]
fn messages_have_arrays_with_paths() {
    let folder = Folder::new();
    for (name, contents) in [("m.msgpack", MESSAGE.to_vec()), ("m.msgpack.gz", gzip(MESSAGE))] {
        let path = folder.file(name, &contents);
        let path = path.to_str().unwrap();
        let listed = npbytes(["ls", path]).good();
        let rows: Vec<Vec<&str>> =
            listed.text().lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(rows[1], ["int32", "(3,)", "12", "['w']"], "{name}");
        assert_eq!(rows[2], ["float32", "()", "4", "['b'][0]"], "{name}");
        assert_eq!(rows[3], ["uint8", "(2,)", "2", "['b'][1]['z']"], "{name}");
        // print(m.unpackb(message)['w'])
        for (member, text) in [("w", "[0 1 2]\n"), ("['w']", "[0 1 2]\n"), ("['b'][0]", "2.0\n")] {
            let shown = npbytes(["show", &format!("{path}::{member}")]).good();
            assert_eq!(shown.text(), text, "{name}::{member}");
            let piped = npbytes_with(&contents, ["show", &format!("-::{member}")]).good();
            assert_eq!(piped.text(), text, "{name}::{member}");
        }
        // print(m.unpackb(message))
        assert_eq!(
            npbytes(["show", path]).good().text(),
            "{'w': array([0, 1, 2], dtype=int32), 'b': [np.float32(2.0), {'z': array([0, 1], dtype=uint8)}]}\n"
        );
        npbytes(["show", &format!("{path}::x")]).failed(&["no member named \"x\"", "['w']"]);
        let told = npbytes(["info", path]).good();
        assert!(told.text().contains("encoding  msgpack\n"), "{}", told.text());
        let told = npbytes(["info", "--json", &format!("{path}::w")]).good();
        let info: serde_json::Value = serde_json::from_slice(&told.out).unwrap();
        assert_eq!(info["arrays"][0]["dtype"], "int32");
        let out = folder.path("w.npy");
        let member = format!("{path}::['w']");
        npbytes(["convert", &member, out.to_str().unwrap()]).good();
        assert_eq!(npbytes(["show", out.to_str().unwrap()]).good().text(), "[0 1 2]\n");
    }
    // One array needs no path; by its bytes, whatever its name is.
    let one = folder.file("one", &MESSAGE[MESSAGE.len() - 43..]);
    assert_eq!(npbytes(["show", one.to_str().unwrap()]).good().text(), "[0 1]\n");
    let cut = folder.file("cut.msgpack", &MESSAGE[..60]);
    npbytes(["ls", cut.to_str().unwrap()]).failed(&["the input ends inside"]);
}
