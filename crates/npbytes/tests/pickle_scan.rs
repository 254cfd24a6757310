//! Scans of pickles: what hides is found, with the offsets; what is data is data.
//!
//! The cases are in `data/scan`, where `make.py` wrote them, with what has to be found in each.
#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::process::{Command, Stdio};

use bytes::Bytes;
use npbytes::pickle::{self, FindingKind, ReadOptions, Report, Verdict};
use npbytes::scan::{self, ScanOptions};

struct Case {
    name: &'static str,
    verdict: &'static str,
    findings: Vec<String>,
    data: Bytes,
}

fn hex(text: &str) -> Bytes {
    let digits = text.as_bytes().chunks_exact(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn cases() -> Vec<Case> {
    let cases: Vec<_> = include_str!("data/scan/cases.txt")
        .lines()
        .map(|line| {
            let cells: Vec<_> = line.split('\t').collect();
            let [name, verdict, findings, data] = cells[..] else { panic!("four cells: {line}") };
            let mut findings: Vec<String> =
                findings.split(';').filter(|text| !text.is_empty()).map(Into::into).collect();
            findings.sort();
            Case { name, verdict, findings, data: hex(data) }
        })
        .collect();
    assert!(cases.len() > 250);
    cases
}

fn scan(data: &Bytes) -> Report {
    pickle::scan(data, &ReadOptions::default())
}

/// Python's `unicode_escape`.
fn escaped(name: &str) -> String {
    let escape = |c: char| match c {
        '\r' => "\\r".into(),
        ' '..='~' => c.to_string(),
        _ if u32::from(c) < 0x100 => format!("\\x{:02x}", u32::from(c)),
        _ => format!("\\u{:04x}", u32::from(c)),
    };
    name.chars().map(escape).collect()
}

/// The findings as the table has them.
fn found(report: &Report) -> Vec<String> {
    let place = |at: Option<u64>| at.map_or("None".to_owned(), |at| at.to_string());
    let mut found: Vec<_> = report
        .findings()
        .iter()
        .map(|finding| {
            format!(
                "{}/{}/{}/{}/{}",
                finding.kind().name(),
                finding.usage().name(),
                escaped(finding.name()),
                place(finding.named_at()),
                place(finding.used_at().first().copied()),
            )
        })
        .collect();
    found.sort();
    found
}

#[test]
fn cases_are_found_out() {
    let mut wrong = Vec::new();
    for case in cases() {
        let report = scan(&case.data);
        let (verdict, findings) = (report.verdict().name(), found(&report));
        if (verdict, &findings) != (case.verdict, &case.findings) {
            wrong.push(format!(
                "{}: expected {} {:#?}, found {verdict} {findings:#?}",
                case.name, case.verdict, case.findings
            ));
        }
    }
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
}

/// Python, if there is one: a test that wants it says so where there is none.
fn python(script: &str, arguments: &[&str], input: &str) -> Option<String> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/scan/").to_owned() + script;
    let program = std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into());
    let child = Command::new(program)
        .arg(script)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        eprintln!("SKIPPED: there is no Python (the variable PYTHON names another than python3)");
        return None;
    };
    // A script that ends early has closed its side.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    if output.status.code() == Some(77) {
        eprintln!("SKIPPED: {}", String::from_utf8_lossy(&output.stdout));
        return None;
    }
    assert!(output.status.success());
    Some(String::from_utf8(output.stdout).unwrap())
}

/// Calls that are data: NumPy's own, and those of Python's plain types.
const DATA: &[&str] = &[
    "numpy.core.multiarray._reconstruct",
    "numpy._core.multiarray._reconstruct",
    "numpy.dtype",
    "numpy.core.multiarray.scalar",
    "numpy._core._internal._convert_to_stringdtype_kwargs",
    "numpy.ma.core._mareconstruct",
    "collections.OrderedDict",
];

/// Python 2's modules among the cases, and what they are in Python 3.
const MAPPED: [(&str, &str); 3] =
    [("__builtin__.", "builtins."), ("copy_reg.", "copyreg."), ("commands.", "subprocess.")];

#[test]
fn what_python_calls_is_found() {
    let cases = cases();
    let input: String = cases
        .iter()
        .map(|case| case.data.iter().map(|byte| format!("{byte:02x}")).collect::<String>() + "\n")
        .collect();
    let Some(output) = python("make.py", &["run"], &input) else { return };
    let mut calls = 0;
    assert_eq!(output.lines().count(), cases.len());
    for (case, line) in cases.iter().zip(output.lines()) {
        let report = scan(&case.data);
        for ran in line.split('\t').filter(|ran| !ran.is_empty()) {
            calls += 1;
            let mapped = MAPPED
                .iter()
                .find_map(|(old, new)| ran.strip_prefix(old).map(|name| format!("{new}{name}")));
            let is_named = report.findings().iter().any(|finding| {
                let name = escaped(finding.name());
                finding.kind() != FindingKind::Reference
                    && (name == ran || Some(&name) == mapped.as_ref())
            });
            // Python reads these from a file otherwise than from bytes: it is that they do so which is found.
            let crosses = report.pickles()[0]
                .broken()
                .is_some_and(|error| error.to_string().to_lowercase().contains("frame"));
            // It was not read so far, and that is what is said.
            let is_refused = case.name.starts_with("refused-")
                && report.pickles().iter().any(|pickle| pickle.broken().is_some());
            let by_reconstructor =
                ran == "copy_reg._reconstructor" || ran == "copyreg._reconstructor";
            assert!(
                is_named
                    || DATA.contains(&ran)
                    || ((crosses || is_refused) && !report.verdict().is_harmless())
                    || (by_reconstructor && !report.verdict().is_harmless()),
                "{}: Python calls {ran}: {:?}",
                case.name,
                report.findings()
            );
        }
    }
    assert!(calls > 150, "{calls} calls");
    println!("{calls} calls of {} pickles were all found", cases.len());
}

#[test]
fn real_pickles_are_data() {
    let Some(output) = python("real.py", &[], "") else { return };
    let (mut count, mut wrong) = (0, Vec::new());
    for line in output.lines() {
        let [expected, name, data] = line.split('\t').collect::<Vec<_>>()[..] else { panic!() };
        let report = scan(&hex(data));
        count += 1;
        let has_findings = !report.findings().is_empty();
        if report.verdict().name() != expected || has_findings != (expected == "other") {
            wrong.push(format!("{name}: {} {:?}", report.verdict().name(), report.findings()));
        }
    }
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 3000, "{count} pickles");
    println!("{count} pickles are data");
}

#[test]
fn cut_pickles_are_never_harmless() {
    for case in cases() {
        for len in 0..case.data.len() {
            let report = scan(&case.data.slice(..len));
            // Where the cut is behind a STOP, what is left is whole.
            if pickle::decode(&case.data.slice(..len), &ReadOptions::default()).is_err() {
                assert!(!report.verdict().is_harmless(), "{} cut at {len}", case.name);
                assert!(report.pickles()[0].broken().is_some());
            }
        }
    }
}

#[test]
fn streams_are_scanned_to_their_end() {
    let evil = b"cos\nsystem\n(S'id'\ntR.";
    let mut data = b"N.".repeat(1000);
    let start = data.len() as u64;
    data.extend_from_slice(evil);
    data.extend_from_slice(b"]q\0.");
    let end = data.len() as u64;
    data.extend_from_slice(b"\n\n");
    let report = scan(&data.into());
    assert_eq!(report.pickles().len(), 1002);
    assert_eq!(report.trailing(), Some((end, 2)));
    let [finding] = report.findings() else { panic!("{:?}", report.findings()) };
    assert_eq!((finding.pickle(), finding.named_at()), (1000, Some(start)));
    let verdicts = [Verdict::Plain, Verdict::Runs, Verdict::Plain];
    for (index, verdict) in [999, 1000, 1001].into_iter().zip(verdicts) {
        assert_eq!(report.pickles()[index].verdict(), verdict);
    }
}

#[test]
fn the_same_call_is_one_finding() {
    let data = b"cos\nsystem\np0\n".iter().copied();
    let data = data.chain(b"(S'id'\ntR0g0\n".repeat(50)).chain(*b".").collect::<Vec<_>>();
    let report = scan(&data.into());
    let [call] = report.findings() else { panic!("{:?}", report.findings()) };
    assert_eq!((call.count(), call.used_at().len()), (50, 16));
    assert_eq!((call.named_at(), call.used_at()[0], call.used_at()[1]), (Some(0), 22, 35));
    assert_eq!(
        call.to_string(),
        "would run: os.system, named at offset 0, called by REDUCE at offset 22 and 49 more"
    );
}

#[test]
fn reports_are_bounded() {
    let mut data = Vec::new();
    for index in 0..60_000 {
        data.extend_from_slice(format!("cm\nf{index}\n(tR0").as_bytes());
    }
    data.extend_from_slice(b"cos\nsystem\n(tR.");
    let report = scan(&data.into());
    assert_eq!(report.verdict(), Verdict::Runs);
    assert_eq!(report.findings().len(), 10_001);
    assert_eq!(report.omitted(), 50_000);
    assert_eq!(report.findings()[0].name(), "os.system");
}

#[test]
fn attacks_that_run_are_never_harmless() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../attacks");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if !path.file_name().unwrap().to_str().unwrap().starts_with("runs-") {
            continue;
        }
        seen += 1;
        let data = Bytes::from(std::fs::read(&path).unwrap());
        let report = scan::scan(&data, &ScanOptions::default());
        assert!(!report.verdict().is_harmless(), "{}: {report:?}", path.display());
    }
    assert!(seen > 7);
}

/// What follows an array, or stands in the data of one, by the hundred: numbers are hardly ever taken for opcodes, and
/// what is said of them is never worse than that it was not read.
#[test]
fn numbers_are_hardly_ever_opcodes() {
    let mut state = 1_u64;
    let mut next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()
    };
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/scan/files/");
    let array = std::fs::read(folder.to_owned() + "plain.npy").unwrap();
    let mut harmless = 0;
    for _ in 0..1000 {
        let numbers = (0..40).flat_map(|_| next());
        let data: Vec<u8> = array.iter().copied().chain(numbers).collect();
        let verdict = scan::scan(&data.into(), &ScanOptions::default()).verdict();
        assert!(matches!(verdict, Verdict::NumPy | Verdict::Unreadable), "{verdict}");
        harmless += usize::from(verdict.is_harmless());
    }
    println!("{harmless} of 1000");
    assert!(harmless > 900, "{harmless} of 1000");
}

#[test]
fn files_are_scanned_through_what_they_are_packed_in() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/scan/files/");
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in include_str!("data/scan/files.txt").lines() {
        let cells: Vec<_> = line.split('\t').collect();
        let data = Bytes::from(std::fs::read(folder.to_owned() + cells[0]).unwrap());
        let report = scan::scan(&data, &ScanOptions::default());
        let mut found = vec![cells[0].to_owned(), report.verdict().name().to_owned()];
        for part in report.parts() {
            let Some(pickles) = part.pickles() else { continue };
            let evil =
                pickles.findings().iter().find(|finding| finding.name().ends_with(".system"));
            found.push(format!(
                "{}@{}@{}",
                part.member().unwrap_or_default(),
                pickles.verdict().name(),
                evil.and_then(|evil| evil.named_at()).map_or(String::new(), |at| at.to_string())
            ));
        }
        count += 1;
        if found != cells {
            wrong.push(format!("expected {cells:?}\n   found {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 80);
}
