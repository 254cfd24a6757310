//! The case that this project comes from: 784 int64 of a (28, 28) array written with `tobytes`, read by
//! somebody who was not told.

use crate::{Folder, Run, expected, line, npbytes_with, sample, words};

/// The command line after `try: `.
fn suggestion(run: &Run) -> String {
    let line = run.err.lines().find_map(|line| line.strip_prefix("try: npbytes "));
    line.unwrap_or_else(|| panic!("no suggestion in:\n{}", run.err)).to_owned()
}

#[test]
fn the_right_dtype_and_shape_show_the_array() {
    let run = line("show digit.bin --dtype int64 --shape 28,28").good();
    assert_eq!(run.text(), expected("digit"));
    for flags in [
        "-d i8 -s '(28, 28)'",
        "-d '<i8' -s=-1,28",
        "-d l -s '[28,-1]'",
        "-d int -s 28,28 --order C",
    ] {
        assert_eq!(line(&format!("show digit.bin {flags}")).good().text(), expected("digit"));
    }
}

#[test]
fn without_a_dtype_it_says_what_the_bytes_could_be() {
    let run = line("show digit.bin").failed(&["digit.bin", "6272 bytes need --dtype"]);
    assert_eq!(run.text(), "");
    let rows: Vec<Vec<&str>> =
        run.err.lines().map(|line| line.split_whitespace().collect()).collect();
    let row = |name: &str| {
        rows.iter()
            .find(|row| row.iter().any(|word| word.trim_end_matches(',') == name))
            .unwrap_or_else(|| panic!("no row for {name} in:\n{}", run.err))
    };
    // 6272 bytes hold so many of each, which NumPy's itemsizes say too.
    for (name, count) in
        [("int64", "784"), ("float32", "1568"), ("int16", "3136"), ("uint8", "6272")]
    {
        assert!(row(name).contains(&count), "{name}:\n{}", run.err);
    }
    assert!(row("int64").contains(&"28,28"));
    // np.frombuffer(k)[122:126] of the dtype: where the first value that is not 0 lies.
    assert!(run.err.contains("81 110 124 138"), "{}", run.err);
    assert!(run.err.contains("4.002e-322"), "{}", run.err);
    // The likeliest comes first, and running the line that is suggested shows the array.
    assert!(rows[2].starts_with(&["int64,", "uint64"]), "{}", run.err);
    let suggestion = suggestion(&run);
    assert_eq!(suggestion, "show digit.bin --dtype int64 --shape 28,28");
    assert_eq!(line(&suggestion).good().text(), expected("digit"));
}

#[test]
fn info_says_the_same_and_that_it_does_not_know() {
    let run = line("info digit.bin");
    assert_eq!((run.code, run.err.as_str()), (Some(1), ""));
    for words in [
        "6272 bytes",
        "int64, uint64    784  28,28",
        "npbytes show digit.bin --dtype int64 --shape 28,28",
    ] {
        assert!(run.text().contains(words), "no {words:?} in:\n{}", run.text());
    }
}

#[test]
fn a_wrong_dtype_is_answered_with_those_that_fill_the_shape() {
    let run = line("show digit.bin --dtype float32 --shape 28,28").failed(&[
        "digit.bin: 6272 bytes do not fill (28, 28) of float32 (3136)",
        "any 8-byte item: int64, uint64, float64",
    ]);
    assert_eq!(suggestion(&run), "show digit.bin --dtype int64 --shape 28,28");
    // Of the same size but wrong: nothing tells but the values.
    assert!(line("show digit.bin --dtype float64 --shape 28,28").good().text().contains("e-322"));
}

#[test]
fn a_wrong_shape_is_answered_with_those_the_dtype_fills() {
    let run = line("show digit.bin --dtype int64 --shape 28,29")
        .failed(&["6272 bytes do not fill (28, 29) of int64 (6496)", "(28, 28)"]);
    assert_eq!(suggestion(&run), "show digit.bin --dtype int64 --shape 28,28");
    let run = line("show digit.bin --dtype int64 --shape 27,-1")
        .failed(&["784 elements are no multiple of 27"]);
    assert!(suggestion(&run).starts_with("show digit.bin --dtype int64"));
    line("show digit.bin --dtype int64 --shape -1,-1").failed(&["only one axis may be -1"]);
    line("show digit.bin --dtype int64 --shape 28x28").failed(&["--shape", "28x28", "28,28"]);
    line("show digit.bin --dtype S5").failed(&["1254 elements of 5 bytes leave 2 over"]);
}

#[test]
fn a_suggestion_keeps_the_other_flags() {
    let mut bytes = vec![7; 100];
    bytes.extend(sample("digit.bin"));
    let folder = Folder::new();
    let path = folder.file("it's k.bin", &bytes);
    let path = path.to_str().unwrap();
    let run = crate::npbytes([
        "show", path, "--offset", "100", "--dtype", "i4", "--shape", "28,28", "--order", "F",
    ]);
    let suggestion = suggestion(&run.failed(&["do not fill"]));
    assert!(suggestion.contains(r"it'\''s k.bin'"), "{suggestion}");
    assert!(
        suggestion.ends_with("--dtype int64 --shape 28,28 --order F --offset 100"),
        "{suggestion}"
    );
    // print(np.frombuffer(k, 'i8').reshape(28, 28, order='F')[9, 4:7])
    let flags = words("--offset 100 -d int64 -s 28,28 --order F --slice 9,4:7");
    let run = crate::npbytes([words("show"), vec![path.to_owned()], flags].concat());
    assert_eq!(run.good().text(), "[  0  81 134]\n");
}

#[test]
fn headers_before_and_counts_after() {
    let digit = sample("digit.bin");
    // np.frombuffer(k, 'i8', count=3, offset=4 * 28 * 8 + 80)
    let run = line("show digit.bin -d int64 --offset 976 --count 3").good();
    assert_eq!(run.text(), "[ 81 110 124]\n");
    line("show digit.bin -d int64 --count 785")
        .failed(&["6272 bytes do not fill 785 elements of int64 (6280)"]);
    line("show digit.bin -d int64 --offset 6273")
        .failed(&["--offset 6273 is behind the end: there are 6272 bytes"]);
    let run = npbytes_with(&digit, words("show - -d int64 -s 28,28"));
    assert_eq!(run.good().text(), expected("digit"));
    let run = npbytes_with(&digit, words("show -"))
        .failed(&["standard input", "6272 bytes need --dtype"]);
    assert_eq!(suggestion(&run), "show - --dtype int64 --shape 28,28");
}

#[test]
fn dtypes_are_what_numpy_takes() {
    // print(np.frombuffer(k[976:992], [('a', '<i2'), ('b', '>u2', (3,))]))
    let run = crate::npbytes([
        "show",
        "digit.bin",
        "--offset",
        "976",
        "--count",
        "2",
        "--dtype",
        "[('a', '<i2'), ('b', '>u2', (3,))]",
    ]);
    assert_eq!(run.good().text(), "[( 81, [0, 0, 0]) (110, [0, 0, 0])]\n");
    // print(np.frombuffer(k[976:992], 'M8[D]'))
    let run = line("show digit.bin --offset 976 --count 2 --dtype 'M8[D]'");
    assert_eq!(run.good().text(), "['1970-03-23' '1970-04-21']\n");
    // print(np.frombuffer(k[976:984], 'S8').reshape(()))
    let run = line("show digit.bin --offset 976 --count 1 --shape '' --dtype S8");
    assert_eq!(run.good().text(), "np.bytes_(b'Q')\n");
    // np.dtype('float_') of NumPy 1 and 2
    line("show digit.bin --dtype float_").failed(&["--dtype", "NumPy 2.4.6 knows no \"float_\""]);
    line("show digit.bin --dtype float_ --numpy 1.26").good();
    line("show digit.bin --dtype i4,f9").failed(&["--dtype: not a dtype", "  i4,f9\n"]);
    line("show digit.bin --dtype O").failed(&["pointers of a process that is gone"]);
}

#[test]
fn bytes_that_say_what_they_are_are_not_read_as_raw_by_chance() {
    line("show grid.npy --dtype f8").failed(&[
        "--dtype is for raw bytes",
        "a .npy file",
        "--from raw",
    ]);
    // print(np.frombuffer(open('grid.npy', 'rb').read(), 'u1')[:6])
    let run = line("show grid.npy --from raw --dtype u1 --slice :6");
    assert_eq!(run.good().text(), "[147  78  85  77  80  89]\n");
    // A pickle's two bytes may be a number.
    let folder = Folder::new();
    let file = folder.file("a.bin", &[0x80, 2, 0, 0]);
    // print(np.frombuffer(bytes([0x80, 2, 0, 0]), '<i4'))
    let run = line(&format!("show {} --dtype '<i4'", file.to_str().unwrap()));
    assert_eq!(run.good().text(), "[640]\n");
    line(&format!("show {}", file.to_str().unwrap()))
        .failed(&["in the pickle", "no opcode (at byte 2)"]);
}

#[test]
fn empty_and_tiny_inputs() {
    let folder = Folder::new();
    let empty = folder.file("empty.bin", b"");
    let empty = empty.to_str().unwrap();
    line(&format!("show {empty}")).failed(&["the input is empty"]);
    // print(np.frombuffer(b'', 'f8')) is an error of NumPy's; print(np.zeros(0)) is not.
    assert_eq!(line(&format!("show {empty} -d f8")).good().text(), "[]\n");
    assert_eq!(line(&format!("show {empty} -d f8 -s 0,3")).good().text(), "[]\n");
    line(&format!("show {empty} -d f8 -s 3")).failed(&["0 bytes do not fill (3,) of float64 (24)"]);
    let odd = folder.file("odd.bin", &[1, 2, 3]);
    let run = line(&format!("show {}", odd.to_str().unwrap())).failed(&["3 bytes need --dtype"]);
    assert!(!run.err.contains("int16"), "{}", run.err);
    // A shape of three elements of three bytes says how large an element is.
    let nine = folder.file("nine.bin", b"abcdefghi");
    let nine = nine.to_str().unwrap();
    line(&format!("show {nine} -s 3")).failed(&["S3", "b'abc' b'def' b'ghi'"]);
    line(&format!("show {nine} -d i2 -s 3")).failed(&["S3"]);
}
