//! Listings of pickles, against those of Python's `pickletools.dis`.
#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::process::{Command, Stdio};

use bytes::Bytes;
use npbytes::pickle::{self, ReadOptions};

fn hex(text: &str) -> Bytes {
    let digits = text.as_bytes().chunks_exact(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// The listing as pickletools prints it, and what is wrong behind it.
fn listed(data: &Bytes) -> (Vec<String>, Option<String>) {
    let mut lines = pickle::disassemble(data, &ReadOptions::default());
    let mut text = Vec::new();
    for line in lines.by_ref() {
        match line {
            Ok(line) => {
                text.push(line.to_string());
                // pickletools fails where this crate remarks.
                if let Some(remark) = line.remark() {
                    return (text, Some(remark.to_owned()));
                }
            }
            Err(error) => {
                assert!(error.offset().is_some_and(|at| at <= data.len() as u64));
                return (text, Some(error.to_string()));
            }
        }
    }
    let highest = lines.highest_protocol().unwrap();
    text.push(format!("highest protocol among opcodes = {highest}"));
    (text, None)
}

/// What is wrong with a listing, if anything: `expected` is that of pickletools, its error behind it.
fn difference(data: &Bytes, expected: &[&str]) -> Option<String> {
    let (error, expected) = expected.split_last().unwrap();
    let error = error.strip_prefix("== ").unwrap();
    let (found, wrong) = listed(data);
    let mut expected = expected.to_vec();
    // It takes names for ASCII and undoes escapes in them; the unpickler does neither.
    if error.contains("codec can't decode") || error.contains("Trailing \\ in string") {
        return None;
    }
    // It says these behind the line that they are about.
    let is_late =
        ["memo key", "stack is empty", "no MARK", "tries to pop", "can't store", "list index"]
            .iter()
            .any(|late| error.contains(late));
    match &wrong {
        None if error.is_empty() => {}
        Some(remark) if remark.contains("the memo has") && error.contains("already defined") => {}
        Some(remark) if remark.contains("more on the stack") && error.contains("not empty") => {
            expected.pop();
        }
        // The unpickler reaches no further than the last MARK, which pickletools does not know.
        Some(wrong) if wrong.contains("values from a stack") => {
            let same = expected.get(..found.len())
                == Some(&found.iter().map(String::as_str).collect::<Vec<_>>()[..]);
            return (!same).then(|| format!("{wrong}: {found:#?}"));
        }
        Some(_) if !error.is_empty() => {
            if is_late {
                expected.pop();
            }
        }
        _ => return Some(format!("expected the error {error:?}, found {wrong:?}")),
    }
    let place = found.iter().zip(&expected).position(|(found, expected)| found != expected);
    match place {
        Some(at) => Some(format!("expected\n{}\nfound\n{}", expected[at], found[at])),
        None if found.len() != expected.len() => Some(format!(
            "expected {} lines, found {} ({error}, {wrong:?})",
            expected.len(),
            found.len()
        )),
        None => None,
    }
}

#[test]
fn recorded_listings_are_the_same() {
    let text = include_str!("data/scan/listings.txt");
    let mut count = 0;
    let mut wrong = Vec::new();
    for part in text.split("## ").filter(|part| !part.is_empty()) {
        let lines: Vec<&str> = part.trim_end_matches('\n').split('\n').collect();
        let data = hex(lines[0]);
        count += 1;
        wrong.extend(
            difference(&data, &lines[1..]).map(|text| format!("{}: {text}", data.escape_ascii())),
        );
    }
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 50);
}

/// A fixed sequence of numbers that look like nothing.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % end.max(1)
    }
}

/// The pickles of the tables of scans and listings, and damaged copies of them.
fn many() -> Vec<Bytes> {
    let cases =
        include_str!("data/scan/cases.txt").lines().map(|line| line.rsplit('\t').next().unwrap());
    let others =
        include_str!("data/scan/listings.txt").lines().filter_map(|line| line.strip_prefix("## "));
    let mut all: Vec<Bytes> = cases.chain(others).map(hex).collect();
    let mut numbers = Numbers(88_172_645_463_325_252);
    let whole = all.len();
    let opcodes = b"(.0123tRb]}aeus\x94\x85\x86h\0q";
    for _ in 0..4000 {
        let mut data = all[numbers.below(whole)].to_vec();
        for _ in 0..=numbers.below(3) {
            let at = numbers.below(data.len());
            match numbers.below(4) {
                _ if data.is_empty() => {}
                0 => data.truncate(at),
                1 => drop(data.remove(at)),
                2 => data[at] = u8::try_from(numbers.below(256)).unwrap(),
                _ => data[at] = opcodes[numbers.below(opcodes.len())],
            }
        }
        all.push(data.into());
    }
    all
}

#[test]
fn python_lists_the_same() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/scan/listing.py");
    let program = std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into());
    let child =
        Command::new(program).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        eprintln!("SKIPPED: there is no Python (the variable PYTHON names another than python3)");
        return;
    };
    let pickles = many();
    let input: String = pickles
        .iter()
        .map(|data| data.iter().map(|byte| format!("{byte:02x}")).collect::<String>() + "\n")
        .collect();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines = text.split('\n');
    let (mut wrong, mut broken) = (Vec::new(), 0);
    for data in &pickles {
        let mut listing = Vec::new();
        for line in lines.by_ref() {
            listing.push(line);
            if line.starts_with("== ") {
                break;
            }
        }
        broken += usize::from(listing.last() != Some(&"== "));
        // Python's numbers in lines have other bounds than pickletools' own.
        let odd = listing.last().is_some_and(|error| {
            error.contains("invalid literal for int")
                || error.contains("no string quotes")
                || error.contains("strinq quote")
        });
        if !odd {
            wrong.extend(
                difference(data, &listing).map(|text| format!("{}: {text}", data.escape_ascii())),
            );
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        pickles.len(),
        wrong[..wrong.len().min(10)].join("\n")
    );
    println!("{} listings are the same, {broken} of them of broken pickles", pickles.len());
}

/// The notes of a listing, by offset.
fn notes(data: &Bytes) -> Vec<String> {
    let lines = pickle::disassemble(data, &ReadOptions::default()).map_while(Result::ok);
    lines.filter_map(|line| Some(format!("{}: {}", line.offset(), line.note()?))).collect()
}

#[test]
fn parts_of_numpy_are_named() {
    // pickle.dumps(np.array([[1, 2]], '<i2'), 4)
    let data = Bytes::from_static(
        b"\x80\x04\x95\x8f\0\0\0\0\0\0\0\x8c\x16numpy._core.multiarray\x94\x8c\x0c_reconstruct\x94\x93\x94\x8c\x05numpy\x94\x8c\x07ndarray\x94\x93\x94K\0\x85\x94C\x01b\x94\x87\x94R\x94(K\x01K\x01K\x02\x86\x94h\x03\x8c\x05dtype\x94\x93\x94\x8c\x02i2\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01<\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0t\x94b\x89C\x04\x01\0\x02\0\x94t\x94b.",
    );
    assert_eq!(
        notes(&data),
        [
            "2: frame to byte 154",
            "51: numpy._core.multiarray._reconstruct",
            "71: numpy.ndarray",
            "92: shape (1, 2)",
            "104: numpy.dtype",
            "106: code of a dtype",
            "141: dtype int16",
            "143: elements: 4 bytes",
            "152: array (1, 2) int16, C order",
        ]
    );
    // As far as it goes, if it is cut.
    let cut = data.slice(..142);
    assert_eq!(notes(&cut)[..3], notes(&data)[..3]);
    let last = pickle::disassemble(&cut, &ReadOptions::default()).last().unwrap();
    assert_eq!(last.unwrap_err().offset(), Some(142));
}

#[test]
fn data_of_joblib_is_skipped() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/scan/files/");
    let file = |name: &str| Bytes::from(std::fs::read(folder.to_owned() + name).unwrap());
    let data = file("after-the-array.joblib");
    let all = notes(&data);
    let raw = all.iter().position(|note| note.contains("raw array data, 24 bytes after")).unwrap();
    assert!(all[raw - 1].ends_with("the stand-in of an array, which follows"), "{all:#?}");
    assert!(all.last().unwrap().ends_with("would call posix.system"), "{all:#?}");
    // The pickle of an array of objects is a level deeper, with a STOP of its own.
    let data = file("in-the-nested-pickle.joblib");
    let lines: Vec<_> =
        pickle::disassemble(&data, &ReadOptions::default()).map(Result::unwrap).collect();
    let stops: Vec<_> = lines
        .iter()
        .filter(|line| line.opcode() == Some("STOP"))
        .map(|line| line.depth())
        .collect();
    assert_eq!(stops.len(), 2);
    assert!(stops[0] > stops[1]);
    let mut end = 0;
    for line in &lines {
        assert_eq!(line.offset(), end, "{line}");
        end += line.len();
    }
    assert_eq!(end, data.len() as u64);
}

#[test]
fn long_arguments_are_shortened_on_demand() {
    let mut data = b"X\xe8\x03\0\0".to_vec();
    data.extend("\u{e4}".repeat(500).as_bytes());
    data.extend(b"B\xe8\x03\0\0");
    data.extend(vec![0; 1000]);
    data.extend(b"\x86.");
    let data = Bytes::from(data);
    let lines: Vec<_> =
        pickle::disassemble(&data, &ReadOptions::default()).map(Result::unwrap).collect();
    assert_eq!(lines[0].to_string().chars().count(), "    0: X    BINUNICODE ''".len() + 500);
    assert_eq!(
        format!("{:#}", lines[0]),
        format!("    0: X    BINUNICODE '{}'... (1000 bytes)", "\u{e4}".repeat(30))
    );
    assert_eq!(
        format!("{:#}", lines[1]),
        format!(" 1005: B    BINBYTES   b'{}'... (1000 bytes)", "\\x00".repeat(15))
    );
}

/// The length of a frame may be any number: found by fuzzing.
#[test]
fn a_frame_that_ends_nowhere_is_listed() {
    let pickle = bytes::Bytes::from_static(b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\xffN.");
    let lines: Vec<_> = npbytes::pickle::disassemble(&pickle, &Default::default()).collect();
    let listed = lines.iter().filter_map(|line| line.as_ref().ok()).map(|line| format!("{line:#}"));
    assert!(listed.collect::<String>().contains("frame to byte 18446744073709551615"));
}
