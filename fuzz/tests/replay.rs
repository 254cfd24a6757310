//! The committed corpus, and thousands of changed copies of it: the same ones each time. Needs no
//! nightly compiler and no fuzzer.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use npbytes_fuzz::TARGETS;

/// How many changed inputs are tried, for each target.
const CHANGED: usize = 20_000;

fn corpus(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

/// The words of the dictionary that the fuzzer uses too.
fn words() -> Vec<Vec<u8>> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("npbytes.dict"));
    let text = text.unwrap();
    let quoted = text.lines().filter_map(|line| line.strip_prefix('"')?.strip_suffix('"'));
    let words: Vec<_> = quoted.map(unescaped).collect();
    assert!(words.len() > 20);
    words
}

/// Undoes libFuzzer's escapes: `\\`, `\"`, `\xAB`.
fn unescaped(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        match rest.next().unwrap() {
            b'x' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                let digits = std::str::from_utf8(&digits).unwrap();
                out.push(u8::from_str_radix(digits, 16).unwrap());
            }
            other => out.push(other),
        }
    }
    out
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

/// One to four changes: a byte, a bit, a word put in, a piece removed, doubled, or taken from another.
fn changed(input: &[u8], other: &[u8], words: &[Vec<u8>], numbers: &mut Numbers) -> Vec<u8> {
    let mut out = input.to_vec();
    for _ in 0..=numbers.below(4) {
        let at = numbers.below(out.len() + 1);
        let end = (at + 1 + numbers.below(8)).min(out.len());
        match numbers.below(7) {
            0 if at < out.len() => out[at] = u8::try_from(numbers.below(256)).unwrap(),
            1 if at < out.len() => out[at] ^= 1 << numbers.below(8),
            2 => drop(out.drain(at..end.max(at))),
            3 => {
                let piece = out[at..end.max(at)].to_vec();
                out.splice(at..at, piece);
            }
            4 => out.truncate(at),
            5 => {
                let start = numbers.below(other.len() + 1);
                let end = (start + numbers.below(16)).min(other.len());
                out.splice(at..at, other[start..end].iter().copied());
            }
            _ => drop(out.splice(at..at, words[numbers.below(words.len())].iter().copied())),
        }
    }
    out
}

#[track_caller]
fn run(target: fn(&[u8]), input: &[u8], from: &Path) {
    if catch_unwind(AssertUnwindSafe(|| target(input))).is_err() {
        panic!("{}: the input b\"{}\"", from.display(), input.escape_ascii());
    }
}

#[test]
fn the_corpus_and_its_changed_copies_pass() {
    let words = words();
    for (name, target) in TARGETS {
        let inputs = corpus(name);
        assert!(inputs.len() >= 20, "{name} has {} inputs", inputs.len());
        for (path, input) in &inputs {
            assert!(input.len() <= 4096, "{} is large", path.display());
            run(target, input, path);
        }
        let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
        for round in 0..CHANGED {
            let (path, input) = &inputs[round % inputs.len()];
            let other = &inputs[numbers.below(inputs.len())].1;
            run(target, &changed(input, other, &words, &mut numbers), path);
        }
        println!("{name}: {} inputs of the corpus, {CHANGED} changed ones", inputs.len());
    }
}

/// The files of `attacks/` are inputs too.
#[test]
fn the_attacks_pass() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../attacks");
    let mut count = 0;
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let input = std::fs::read(&path).unwrap();
        for (_, target) in TARGETS {
            run(target, &input, &path);
        }
        count += 1;
    }
    assert!(count > 100);
}
