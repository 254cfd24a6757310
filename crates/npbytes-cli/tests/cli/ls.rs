//! `ls`: what archives hold, and whether it is intact.

use serde_json::Value;

use crate::{Folder, archive, line, npbytes, npbytes_with, sample};

fn members(args: &[&str]) -> Vec<Value> {
    let run = npbytes(args);
    let object: Value = serde_json::from_slice(&run.out).unwrap();
    object["members"].as_array().unwrap().clone()
}

/// The words of each row below the headings.
fn rows(text: &str) -> Vec<Vec<String>> {
    let cells = text.lines().skip(1).map(|line| line.split("  ").map(str::trim));
    cells.map(|row| row.filter(|cell| !cell.is_empty()).map(Into::into).collect()).collect()
}

/// `[(i.filename, i.compress_size, i.file_size) for i in zipfile.ZipFile(file).infolist()]`, and the arrays.
#[test]
fn members_are_listed_with_their_sizes() {
    let run = line("ls model.npz").good();
    assert_eq!(
        rows(run.text()),
        [
            vec!["weights", "float32", "(3, 4)", "176", "176", "1.00", "stored"],
            vec!["bias", "float64", "(3,)", "152", "152", "1.00", "stored"],
            vec!["digit", "int64", "(28, 28)", "6400", "6400", "1.00", "stored"],
            vec!["3 members", "6728", "6728", "1.00"],
        ]
    );
    let packed = members(&["ls", "--json", "packed.npz"]);
    let sizes: Vec<_> = packed
        .iter()
        .map(|m| (m["name"].as_str().unwrap(), &m["compressed_size"], &m["uncompressed_size"]))
        .map(|(name, stored, size)| (name, stored.as_u64().unwrap(), size.as_u64().unwrap()))
        .collect();
    assert_eq!(
        sizes,
        [
            ("weights.npy", PACKED[0], 176),
            ("bias.npy", PACKED[1], 152),
            ("digit.npy", PACKED[2], 6400)
        ]
    );
    assert_eq!(packed[2]["array"]["shape"], serde_json::json!([28, 28]));
    assert_eq!(packed[2]["crc32"].as_u64(), Some(DIGIT_CRC));
    // The same objects as those of info.
    let info = line("info --json packed.npz").good();
    assert_eq!(info.text(), line("ls --json packed.npz").good().text());
    // ... and the same from a pipe, but for the length.
    let piped = npbytes_with(&sample("packed.npz"), ["ls", "-"]).good();
    assert_eq!(piped.text(), line("ls packed.npz").good().text());
    let one = line("ls model.npz::bias").good();
    assert_eq!(rows(one.text()).len(), 1);
}

/// `[i.compress_size for i in zipfile.ZipFile('packed.npz').infolist()]`, and the last one's `CRC`.
const PACKED: [u64; 3] = [102, 80, 429];
const DIGIT_CRC: u64 = 428_478_381;

#[test]
fn info_of_an_archive_lists_it() {
    let run = line("info model.npz").good();
    for words in ["encoding  npz", "members   3", "trailing  0 bytes", "digit      int64"] {
        assert!(run.text().contains(words), "no {words:?} in:\n{}", run.text());
    }
}

#[test]
fn keys_are_what_show_takes() {
    for name in ["odd.npz", "keys.npz", "path2.npz", "mixed.npz", "twice.npz"] {
        let file = archive(name);
        for member in members(&["ls", "--json", &file]) {
            let key = format!("{file}::{}", member["key"].as_str().unwrap());
            let info: Value =
                serde_json::from_slice(&npbytes(["info", "--json", &key]).out).unwrap();
            assert_eq!(info["member"]["name"], member["name"], "{key}");
        }
    }
    let twice = npbytes(["ls", &archive("twice.npz")]).good();
    assert!(twice.text().contains("stored  hidden by a later member of this name"));
}

#[test]
fn what_is_no_array_or_not_whole_does_not_stop_the_list() {
    let mixed = npbytes(["ls", &archive("mixed.npz")]).good();
    let found = rows(mixed.text());
    assert_eq!(found[0], ["README.txt", "-", "-", "5", "5", "1.00", "stored", "no .npy file"]);
    assert_eq!(found[1][..3], ["x", "int16", "(2, 2)"]);
    assert_eq!(found[2][0], "bad");
    let cut = npbytes(["ls", &archive("cut.npz")]);
    assert_eq!(cut.code, Some(1));
    assert!(cut.text().contains("damaged: the member ends inside the array data: expected 16"));
    assert_eq!(npbytes(["info", &archive("cut.npz")]).code, Some(1));
    // What objects are is in a header too.
    let objects = npbytes(["ls", "--check", &archive("objects.npz")]).good();
    assert_eq!(rows(objects.text())[0][..3], ["o", "object", "(2,)"]);
    // A header that is none.
    let folder = Folder::new();
    let mut bytes = sample("model.npz");
    let at = bytes.windows(7).position(|window| window == b"'descr'").unwrap();
    bytes[at] = b'?';
    let path = folder.file("header.npz", &bytes);
    let run = npbytes(["ls", path.to_str().unwrap()]);
    assert_eq!(run.code, Some(1));
    assert!(run.text().contains("damaged: "), "{}", run.text());
    assert_eq!(rows(run.text()).len(), 4);
    let none = npbytes(["ls", &archive("none.npz")]).good();
    assert_eq!(rows(none.text()), [["0 members", "0", "0", "-"]]);
}

#[test]
fn a_check_reads_all_members() {
    for file in ["model.npz", "packed.npz"] {
        let run = line(&format!("ls --check {file}")).good();
        assert_eq!(run.text().matches("  ok\n").count(), 3, "{}", run.text());
        for member in members(&["ls", "--json", "--check", file]) {
            assert_eq!(member["intact"], true);
        }
        let folder = Folder::new();
        let listed = members(&["ls", "--json", file]);
        for (index, member) in listed.iter().enumerate() {
            let mut bytes = sample(file);
            let start = member["data_offset"].as_u64().unwrap();
            let len = member["compressed_size"].as_u64().unwrap();
            // Behind the header, if it is stored.
            bytes[usize::try_from(start + len - 2).unwrap()] ^= 0x10;
            let path = folder.file("damaged.npz", &bytes);
            let path = path.to_str().unwrap();
            assert_eq!(npbytes(["ls", path]).code, npbytes(["info", path]).code);
            assert_eq!(npbytes(["ls", "--check", path]).code, Some(1), "{file} {index}");
            let checked = members(&["ls", "--check", "--json", path]);
            for (other, member) in checked.iter().enumerate() {
                assert_eq!(member["intact"], other != index, "{file} {index} {other}");
                assert_eq!(member.get("error").is_some(), other == index);
            }
        }
    }
}

#[test]
fn no_archives_are_errors() {
    line("ls grid.npy").failed(&["a .npy file is one array", "npbytes info grid.npy"]);
    line("ls digit.bin").failed(&["this is no archive, no pickle and no message"]);
    line("ls missing.npz").failed(&["No such file"]);
    line("ls .").failed(&["is a directory"]);
    let folder = Folder::new();
    let empty = folder.file("empty.npz", b"");
    npbytes(["ls", empty.to_str().unwrap()]).failed(&["no bytes at all"]);
    npbytes(["info", empty.to_str().unwrap()]).failed(&["found no bytes at all"]);
    // One after the other, with the exit code of the worst.
    let run = line("ls grid.npy model.npz").failed(&["grid.npy"]);
    assert!(run.text().contains("==> model.npz <==\n"));
    let json = line("ls --json grid.npy model.npz").failed(&["grid.npy"]);
    let lines: Vec<Value> =
        json.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines[0]["error"]["message"].is_string() && lines[1]["members"].is_array());
}

#[test]
fn archives_that_were_cut_off_are_refused_wherever() {
    let whole = sample("model.npz");
    let folder = Folder::new();
    for len in (0..whole.len()).step_by(97).chain([whole.len() - 1]) {
        let path = folder.file("cut.npz", &whole[..len]);
        for command in ["ls", "show", "info"] {
            let run = npbytes([command, path.to_str().unwrap()]);
            run.failed(&["cut.npz"]);
        }
    }
}

#[test]
fn what_follows_an_archive_is_noted() {
    let folder = Folder::new();
    let mut bytes = sample("model.npz");
    bytes.extend(b"what an interrupted edit left");
    let path = folder.file("a.npz", &bytes);
    let run = npbytes(["ls", path.to_str().unwrap()]);
    assert_eq!(run.code, Some(0));
    assert!(run.err.starts_with("note: ") && run.err.contains("29 bytes follow the archive"));
    let info = npbytes(["info", path.to_str().unwrap()]);
    assert!(info.err.contains("compact --discard-trailing"));
    assert!(info.text().contains("trailing  29 bytes"));
}

#[test]
fn names_do_not_reach_the_terminal() {
    let folder = Folder::new();
    // The name has as many bytes as before, in the directory too.
    let bytes: Vec<u8> = sample("model.npz");
    let text = b"weights.npy";
    let mut bytes = bytes;
    while let Some(at) = bytes.windows(text.len()).position(|window| window == text) {
        bytes[at..at + 7].copy_from_slice(b"\x1b[31mab");
    }
    let path = folder.file("a.npz", &bytes);
    for args in [vec!["ls"], vec!["info"], vec!["show"]] {
        let run = npbytes([args, vec![path.to_str().unwrap()]].concat());
        assert!(!run.out.contains(&0x1b) && !run.err.contains('\x1b'), "{run:?}");
        assert!(format!("{}{}", run.text(), run.err).contains("\\u{1b}[31mab"), "{run:?}");
    }
}
