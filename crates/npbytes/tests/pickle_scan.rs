//! Scans of pickles: what hides is found, with the offsets; what is data is data.
//!
//! The cases are in `data/scan`, where `make.py` wrote them, with what has to be found in each.
#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::process::{Command, Stdio};

use bytes::Bytes;
use npbytes::pickle::{self, ReadOptions, Report, Verdict};

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
    assert!(cases.len() > 150);
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
