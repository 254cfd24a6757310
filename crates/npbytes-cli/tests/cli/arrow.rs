//! Arrow and Parquet: what NumPy saved comes back byte for byte, and files of pyarrow are read.
//!
//! Those are in `crates/npbytes-arrow/tests/data/files`, made by its `make.py`.

use std::path::Path;

use crate::{Folder, line, npbytes_with, npy, sample, words, workspace};

/// The path of a file that pyarrow made.
fn made(name: &str) -> String {
    let folder = workspace("crates/npbytes-arrow/tests/data/files");
    folder.join(name).to_str().unwrap().to_owned()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Runs a conversion that has nothing to say.
#[track_caller]
fn convert(arguments: &str) {
    assert_eq!(line(&format!("convert {arguments}")).good().text(), "");
}

/// A .npy file of int64.
fn ints(values: &[i64]) -> Vec<u8> {
    let header =
        format!("{{'descr': '<i8', 'fortran_order': False, 'shape': ({},), }}", values.len());
    npy(&header, &values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>())
}

#[test]
fn what_numpy_saved_comes_back_byte_for_byte() {
    for name in [
        "grid",
        "fortran",
        "particles",
        "walk",
        "scalar",
        "empty",
        "words",
        "dates",
        "impedance",
        "flags",
        "big_endian",
    ] {
        let source = format!("{name}.npy");
        for file in ["a.arrow", "a.feather", "a.arrows", "a.parquet"] {
            let folder = Folder::new();
            let (table, back) = (folder.path(file), folder.path("b.npy"));
            convert(&format!("{source} {}", text(&table)));
            convert(&format!("{} {}", text(&table), text(&back)));
            assert_eq!(std::fs::read(&back).unwrap(), sample(&source), "{name} {file}");
            // By way of pipes too.
            let piped =
                npbytes_with(&std::fs::read(&table).unwrap(), words("convert - - --to npy"));
            assert_eq!(piped.good().out, sample(&source), "{name} {file}, piped");
            assert_eq!(
                std::fs::read_dir(folder.path("")).unwrap().count(),
                2,
                "nothing else is left"
            );
        }
    }
}

#[test]
fn tensors_come_back_byte_for_byte() {
    for name in
        ["grid", "fortran", "walk", "scalar", "empty", "dates", "impedance", "flags", "big_endian"]
    {
        let source = format!("{name}.npy");
        let folder = Folder::new();
        let (tensor, back) = (folder.path("a.tensor"), folder.path("b.npy"));
        convert(&format!("{source} {}", text(&tensor)));
        convert(&format!("{} {}", text(&tensor), text(&back)));
        assert_eq!(std::fs::read(&back).unwrap(), sample(&source), "{name}");
        let shown = line(&format!("show {}", text(&tensor))).good();
        assert_eq!(shown.text(), line(&format!("show {source}")).good().text(), "{name}");
    }
    line("convert words.npy - --to tensor").failed(&["a tensor holds numbers", "Parquet"]);
    let info = line(&format!("info {}", made("k_u8.tensor"))).good();
    assert!(info.text().contains("(3, 2, 4), 24 elements"), "{}", info.text());
    assert!(info.text().contains("192 bytes at byte 256"), "{}", info.text());
    // print(np.arange(6, dtype='<i2').reshape(2, 3)), whose axes have names.
    let shown = line(&format!("show {}", made("f_i2.tensor")));
    assert_eq!((shown.code, shown.text()), (Some(0), "[[0 1 2]\n [3 4 5]]\n"));
    assert!(shown.err.contains("x, y"), "{}", shown.err);
    // It says itself that it is one array where its name does not.
    let folder = Folder::new();
    let other = folder.file("t.ipc", &std::fs::read(made("c_f8.tensor")).unwrap());
    line(&format!("show {}", text(&other))).failed(&["--from tensor"]);
    line(&format!("show {} --from tensor", text(&other))).good();
}

/// `columns()` of make.py: nulls, texts, lists and times of others.
#[test]
fn files_of_pyarrow_are_shown() {
    for name in [
        "plain.arrow",
        "lz4.arrow",
        "zstd.arrow",
        "default.feather",
        "plain.arrows",
        "zstd.parquet",
        "gzip.parquet",
    ] {
        let file = made(name);
        let show = |arguments: &str| line(&format!("show {file}::{arguments}"));
        // print(np.array([0.5, -0.0, 2.5, np.nan, 1e300]))
        assert_eq!(
            show("f").good().text(),
            "[ 5.0e-001 -0.0e+000  2.5e+000       nan  1.0e+300]\n",
            "{name}"
        );
        // print(np.array([1, 2, np.nan, 4, 5]))
        assert_eq!(show("i --nulls nan").good().text(), "[ 1.  2. nan  4.  5.]\n", "{name}");
        // print(np.array(['1970-01-01T00:00:00', '1970-01-01T00:00:01', 'NaT', '1969-12-31T23:59:59',
        //                 '2038-01-19T03:14:08'], 'M8[s]'))
        assert!(show("t").good().text().contains("'1970-01-01T00:00:01"), "{name}");
        assert!(show("t").good().text().contains("NaT"), "{name}");
        show("i --nulls error").failed(&["i", "null"]);
        show("x").failed(&["no column \"x\"", "the columns are: i, f, s, d, t, l"]);
    }
    line(&format!("show {}", made("plain.arrow")))
        .failed(&["columns that are no one array", "::i"]);
    line(&format!("show {}", made("old.feather"))).failed(&["Feather file of version 1"]);
}

#[test]
fn tables_are_told_of() {
    let info = line(&format!("info {}", made("plain.arrow"))).good();
    for words in [
        "encoding  arrow\n",
        "rows      5\n",
        "batches   3\n",
        "metadata  made = by pyarrow",
        "columns   6\n",
    ] {
        assert!(info.text().contains(words), "no {words:?} in:\n{}", info.text());
    }
    assert!(
        info.text().contains("Timestamp(s)") && info.text().contains("List<Float32>"),
        "{}",
        info.text()
    );
    let ls = line(&format!("ls {}", made("zstd.parquet"))).good();
    let names: Vec<&str> =
        ls.text().lines().map(|line| line.split_whitespace().last().unwrap()).collect();
    assert_eq!(names, ["column", "i", "f", "s", "d", "t", "l"]);
    let json = line(&format!("info --json {}", made("zstd.parquet"))).good();
    let json: serde_json::Value = serde_json::from_str(json.text()).unwrap();
    assert_eq!(
        (&json["encoding"], &json["table"]["rows"], &json["table"]["parts"]),
        (&"parquet".into(), &5.into(), &3.into())
    );
    assert_eq!(json["table"]["compression"], serde_json::json!(["ZSTD"]));
    assert_eq!(json["table"]["columns"][1]["name"], "f");
    assert_eq!(json["table"]["columns"][1]["type"], "Float64");
    let one = line(&format!("ls --json {}::s", made("plain.arrows"))).good();
    let one: serde_json::Value = serde_json::from_str(one.text()).unwrap();
    assert_eq!(one["table"]["columns"].as_array().unwrap().len(), 1);
    // What came from NumPy says so.
    let folder = Folder::new();
    let table = folder.path("a.parquet");
    convert(&format!("big_endian.npy {}", text(&table)));
    let info = line(&format!("info {}", text(&table))).good();
    assert!(info.text().contains(">i2"), "{}", info.text());
}

#[test]
fn members_become_columns_and_columns_members() {
    let folder = Folder::new();
    let (a, b, c) = (
        folder.file("a.npy", &ints(&[1, 2, 3])),
        folder.file("b.npy", &ints(&[4, 5, 6])),
        folder.file("c.npy", &ints(&[7])),
    );
    let (a, b, c) = (text(&a), text(&b), text(&c));
    for file in ["t.parquet", "t.arrow"] {
        let (table, archive, direct) =
            (folder.path(file), folder.path("t.npz"), folder.path("d.npz"));
        let (table, archive, direct) = (text(&table), text(&archive), text(&direct));
        convert(&format!("{a} y={b} {table}"));
        convert(&format!("{table} {archive}"));
        convert(&format!("{a} y={b} {direct}"));
        assert_eq!(std::fs::read(archive).unwrap(), std::fs::read(direct).unwrap());
        assert_eq!(line(&format!("show {table}::y")).good().text(), "[4 5 6]\n");
        // print(np.array([(1, 4), (2, 5), (3, 6)], [('a', '<i8'), ('y', '<i8')]))
        assert_eq!(line(&format!("show {table}")).good().text(), "[(1, 4) (2, 5) (3, 6)]\n");
        // An archive is a table if its members have as many rows as each other.
        let again = folder.path("again.parquet");
        convert(&format!("{archive} {}", text(&again)));
        assert_eq!(line(&format!("show {}::a", text(&again))).good().text(), "[1 2 3]\n");
        let parts = folder.path(&format!("{file}.parts"));
        convert(&format!("{table} {}/", text(&parts)));
        assert_eq!(std::fs::read(parts.join("a.npy")).unwrap(), ints(&[1, 2, 3]));
    }
    let table = folder.path("no.parquet");
    line(&format!("convert {a} {c} {}", text(&table)))
        .failed(&["as many rows as each other: a has 3, c has 1", "--to parquet"]);
    assert!(!table.exists());
    let parts = folder.path("parts");
    convert(&format!("{a} {c} {}/ --to parquet", text(&parts)));
    assert_eq!(line(&format!("show {}", text(&parts.join("c.parquet")))).good().text(), "[7]\n");
    line(&format!("convert {a} {a} {}", text(&table)))
        .failed(&["two columns would be called \"a\""]);
}

#[test]
fn one_table_becomes_another() {
    let folder = Folder::new();
    for (from, to) in [
        ("plain.arrow", "a.parquet"),
        ("zstd.parquet", "a.arrow"),
        ("plain.arrows", "b.arrow"),
        ("lz4.arrow", "b.arrows"),
    ] {
        let target = folder.path(to);
        convert(&format!("{} {}", made(from), text(&target)));
        let (old, new) = (
            line(&format!("ls {}", made(from))).good(),
            line(&format!("ls {}", text(&target))).good(),
        );
        assert_eq!(new.text(), old.text(), "{from} {to}");
        let both = [made(from), text(&target).to_owned()]
            .map(|file| line(&format!("convert {file} - --to ndjson")).good().out);
        assert_eq!(both[0], both[1], "{from} {to}");
    }
    let one = folder.path("one.parquet");
    convert(&format!("{}::f {} --compression snappy", made("plain.arrow"), text(&one)));
    let info = line(&format!("info {}", text(&one))).good();
    assert!(
        info.text().contains("snappy") && info.text().contains("columns   1\n"),
        "{}",
        info.text()
    );
}

#[test]
fn text_is_written() {
    // np.load('grid.npy').tolist()
    let csv = line("convert grid.npy - --to csv").good();
    let rows = "grid_0,grid_1,grid_2,grid_3\n\
                0.5,-1.25,3.0,0.001\n\
                2.5,100.0,NaN,0.1\n\
                7.0,0.3333333333333333,-inf,8.0\n";
    assert_eq!(csv.text(), rows);
    let json = line("convert particles.npy - --to ndjson").good();
    for row in json.text().lines() {
        let row: serde_json::Value = serde_json::from_str(row).unwrap();
        assert!(row["mass"].is_number(), "{row}");
    }
    line(&format!("convert {} - --to csv", made("plain.arrow"))).failed(&["\"l\"", "NDJSON"]);
    line("show grid.npy --from csv").failed(&["csv is written, and not read"]);
}

/// `objects.npy` is `np.array(['one', None, 1.5, [1, 2], {'k': b'v'}, np.int64(3)], object)`.
#[test]
fn objects_become_columns_where_they_are_of_one_kind() {
    line("convert objects.npy /tmp/never.parquet").failed(&["objects.npy", "row 2"]);
    assert!(!Path::new("/tmp/never.parquet").exists());
    // pickle.dumps({'w': np.array([1, 2], '<i8'), 'b': np.array(['x', None], object)}, 2), by way of our own archive.
    let folder = Folder::new();
    let a = folder.file("a.npy", &ints(&[1, 2]));
    let (pickle, table) = (folder.path("a.pkl"), folder.path("a.parquet"));
    convert(&format!("w={} v={} {}", text(&a), text(&a), text(&pickle)));
    convert(&format!("{} {}", text(&pickle), text(&table)));
    assert_eq!(line(&format!("show {}", text(&table))).good().text(), "[(1, 1) (2, 2)]\n");
}

#[test]
fn flags_that_do_not_fit() {
    line("convert grid.npy /tmp/never.npy --compression zstd")
        .failed(&["--compression", ".parquet"]);
    line("convert grid.npy - --to csv --compression zstd").failed(&["--compression"]);
    line("convert grid.npy /tmp/never.parquet --compression lz4").failed(&["zstd, snappy or none"]);
    line("convert grid.npy /tmp/never.arrow --compression snappy").failed(&["zstd, lz4 or none"]);
    line("convert grid.npy /tmp/never.arrow --level 3").failed(&["--level"]);
    line("convert grid.npy /tmp/never.parquet --row-axis 2").failed(&["axis"]);
    line("convert grid.npy /tmp/never.parquet --compress fast").failed(&["--compress"]);
    assert!(!Path::new("/tmp/never.parquet").exists() && !Path::new("/tmp/never.arrow").exists());
}

#[test]
fn choices_are_taken() {
    let folder = Folder::new();
    let table = folder.path("t.arrow");
    for (source, flags, kind) in [
        ("flags.npy", "--bools bool8", "Int8"),
        ("flags.npy", "", "Boolean"),
        ("words.npy", "--slice 0 --text large-utf8", "LargeUtf8"),
        ("words.npy", "--slice 0 --text view", "Utf8View"),
        ("impedance.npy", "--complex struct", "Struct<re: Float64, im: Float64>"),
        ("grid.npy", "--lists", "FixedSizeList<Float64, 4>"),
        ("grid.npy", "--row-axis 1", "FixedSizeList<Float64, 3>"),
    ] {
        convert(&format!("{source} {} {flags}", text(&table)));
        let info = line(&format!("ls {}", text(&table))).good();
        assert!(info.text().contains(kind), "{source} {flags}: {}", info.text());
    }
    convert(&format!("grid.npy {} --no-metadata", text(&table)));
    let info = line(&format!("info --json {}", text(&table))).good();
    assert!(!info.text().contains("numpy."), "{}", info.text());
}

/// 160 MiB of zeros go through blocks: no more is held than the limit on copies allows.
#[test]
fn large_arrays_go_through_in_blocks() {
    let folder = Folder::new();
    let big = folder.path("big.npy");
    let header = npy("{'descr': '<f8', 'fortran_order': False, 'shape': (20971520,), }", b"");
    std::fs::write(&big, &header).unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(&big).unwrap();
    file.set_len(header.len() as u64 + (160 << 20)).unwrap();
    for (name, rows) in [("a.parquet", "rows      20971520"), ("a.arrow", "batches   20")] {
        let table = folder.path(name);
        convert(&format!("{} {} --max-array {}", text(&big), text(&table), 33 << 20));
        let info = line(&format!("info {}", text(&table))).good();
        assert!(info.text().contains(rows), "{}", info.text());
        let back = folder.path("back.npy");
        convert(&format!("{} {} --max-array {}", text(&table), text(&back), 40 << 20));
        let run = line(&format!("show {} --slice=-1", text(&back))).good();
        assert_eq!(run.text(), "0.0\n");
        assert_eq!(back.metadata().unwrap().len(), big.metadata().unwrap().len());
    }
}

#[test]
fn broken_files_are_errors() {
    let folder = Folder::new();
    for name in ["plain.arrow", "lz4.arrow", "plain.arrows", "zstd.parquet", "c_f8.tensor"] {
        let whole = std::fs::read(made(name)).unwrap();
        let target = folder.path("never.npz");
        for len in [0, 7, 12, 40, whole.len() / 2, whole.len() - 1] {
            let path = folder.file(name, &whole[..len]);
            for command in ["info", "ls", "show"] {
                let run = line(&format!("{command} {}", text(&path)));
                assert!(!run.err.contains("panicked"), "{name} {len}: {}", run.err);
            }
            let run = line(&format!("convert {} {}", text(&path), text(&target)));
            // A stream may end behind any of its messages.
            assert!(
                !run.err.contains("panicked") && (run.code == Some(2) || name.ends_with("arrows")),
                "{name} {len}: {}",
                run.err
            );
        }
        let mut changed = whole.clone();
        for at in (0..whole.len()).step_by(whole.len() / 40) {
            changed[at] ^= 0xff;
            let path = folder.file(name, &changed);
            let run = line(&format!("show {}", text(&path)));
            assert!(
                !run.err.contains("panicked") && run.code.is_some(),
                "{name} {at}: {}",
                run.err
            );
            changed[at] ^= 0xff;
        }
    }
}
