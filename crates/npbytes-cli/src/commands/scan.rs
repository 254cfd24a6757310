//! `npbytes scan`: what loading a file would do, without doing it.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::Write;

use npbytes::pickle::{Finding, Verdict};
use npbytes::scan::{self, Part, Report, ScanOptions};
use npbytes::sniff::Encoding;
use serde::Serialize;

use super::{Outcome, Page, for_each_file};
use crate::decode;
use crate::failure::{Failure, Result};
use crate::format::{Format, Reading};
use crate::input::{Input, named_format};
use crate::json::ErrorInfo;
use crate::limits::LimitArgs;
use crate::output::{clean, styled};
use crate::source::Source;

const EXAMPLES: &str = "\
Examples:
  npbytes scan model.pkl
  npbytes scan 'models/*'                       a verdict a file, whatever they are
  npbytes scan --quiet model.pkl && python load.py
  npbytes scan --json models/* | jq -r 'select(.harmless | not) | .file'
  curl -s https://example.com/m.pkl | npbytes scan -

Pickles are looked for in pickles, joblib files, .npy and .npz files, other zip archives, msgpack, and \
compressed files. A verdict is a matter of what is known to be harmless, not of a list of bad names:
  exactly NumPy data, plain Python data         nothing runs but what NumPy and Python have for data
  holds other objects                           code of other classes would run, which is named
  would run code                                calls that no data needs
  unreadable                                    broken: nobody can say what the rest would do
Exit codes: 0 harmless, 1 other objects, 2 unreadable or an error, 3 would run code; of several files \
the highest.";

/// Say what loading pickles would run, without running it
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Files, members of archives as FILE::MEMBER, patterns of files, or - for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<OsString>,

    /// Print one JSON object a line for each file
    #[arg(long)]
    json: bool,

    /// Print nothing: the exit code tells
    #[arg(short, long, conflicts_with = "json")]
    quiet: bool,

    /// The format of the files; by default their first bytes and their names tell
    #[arg(long, value_name = "FORMAT")]
    from: Option<Format>,

    #[command(flatten)]
    limits: LimitArgs,
}

/// How many findings of a file are printed; --json has all of them.
const SHOWN: usize = 40;

/// Scans the files.
pub(crate) fn run(args: Args) -> Result<Outcome> {
    let input = Input::with_limits(args.limits.understood()).from(args.from);
    for_each_file(args.files, false, |source, page| {
        let report = match report(source, &input) {
            Ok(report) => report,
            Err(failure) => {
                if args.json {
                    print_json(page, &FileReport::failed(source, &failure))?;
                }
                return Err(failure);
            }
        };
        if args.json {
            print_json(page, &FileReport::new(source, &report))?;
        } else if !args.quiet {
            print_text(page, source, &report)?;
        }
        Ok(outcome(&report))
    })
}

fn report(source: &Source, input: &Input) -> Result<Report> {
    let bytes = decode::whole(source, input)?;
    let mut options = ScanOptions::default().limits(input.limits);
    if named_format(source) == Some(Format::Msgpack) {
        options = options.named(Encoding::Msgpack);
    }
    let head = bytes.get(..Encoding::HEAD).unwrap_or(&bytes);
    match input.reading(source, head) {
        // The oldest pickles have no signature, and are told by their names.
        Ok(Reading::Pickle) if input.is_told() || Encoding::of(head).is_none() => {
            options = options.encoding(Encoding::Pickle);
        }
        Ok(Reading::Npy) if input.is_told() => options = options.encoding(Encoding::Npy),
        Ok(Reading::Npz) if input.is_told() => options = options.encoding(Encoding::Npz),
        Ok(Reading::Msgpack) if input.is_told() => options = options.encoding(Encoding::Msgpack),
        _ => {}
    }
    Ok(scan::scan(&bytes, &options))
}

fn outcome(report: &Report) -> Outcome {
    match report.verdict() {
        Verdict::NumPy | Verdict::Plain => Outcome::Good,
        Verdict::Runs => Outcome::Runs,
        Verdict::Other => Outcome::Negative,
        // What is broken is that, whatever else was found in it.
        _ => Outcome::Failed,
    }
}

fn print_text(page: &mut Page, source: &Source, report: &Report) -> Result<()> {
    let styles = page.styles;
    let verdict = report.verdict();
    let style = if verdict.is_harmless() { styles.label } else { styles.error };
    let words = match (verdict, report.has_pickle()) {
        (Verdict::NumPy | Verdict::Plain, false) => "no pickle in it".to_owned(),
        _ => verdict.to_string(),
    };
    let mut text = format!("{}: {}\n", clean(&source.name()), styled(style, &words));
    // Writing to a `String` does not fail.
    let mut left = SHOWN;
    let mut more = 0;
    let mut line = |part: &Part, words: &str| {
        if left == 0 {
            more += 1;
            return;
        }
        left -= 1;
        let place = part.member().map_or_else(String::new, |member| format!("{member}: "));
        let _ = writeln!(text, "  {}{}", clean(&place), clean(words));
    };
    for part in report.parts() {
        let pickles = part.pickles();
        for finding in pickles.into_iter().flat_map(|report| report.findings()) {
            line(part, &format!("{finding}: {}", finding.reason()));
        }
        for pickle in pickles.into_iter().flat_map(|report| report.pickles()) {
            if let Some(error) = pickle.broken() {
                line(part, &format!("broken: {error}"));
            }
        }
        if let Some(error) = part.error() {
            line(part, &format!("not read: {error}"));
        }
        if let Some((at, len)) = pickles.and_then(|report| report.trailing()) {
            line(part, &format!("{len} bytes at offset {at} are no pickle"));
        }
    }
    if more > 0 {
        let _ = writeln!(text, "  and {more} more; --json lists all");
    }
    page.out()?.write_all(text.as_bytes()).map_err(|error| Failure::stdout(&error))
}

/// A file, as `--json` has it.
#[derive(Debug, Serialize)]
struct FileReport<'a> {
    /// The name as it was given, `-` for standard input.
    file: String,
    /// `numpy`, `plain`, `other`, `runs` or `unreadable`; the worst of the parts.
    verdict: &'static str,
    /// Whether it is one of the first two.
    harmless: bool,
    parts: Vec<PartReport>,
    findings: Vec<FindingReport<'a>>,
    /// Why there is no verdict but `unreadable`.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorInfo>,
}

/// The file, or a member of the archive that it is.
#[derive(Debug, Serialize)]
struct PartReport {
    member: Option<String>,
    encoding: Option<&'static str>,
    /// How it is compressed, the outermost wrapper first.
    wrappers: Vec<&'static str>,
    verdict: &'static str,
    pickles: Vec<PickleReport>,
    /// What follows the last pickle and is none: offset and length.
    trailing: Option<(u64, u64)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorInfo>,
}

#[derive(Debug, Serialize)]
struct PickleReport {
    offset: u64,
    length: u64,
    protocol: u8,
    verdict: &'static str,
    /// How many objects of NumPy it holds.
    numpy: u64,
    /// Why it cannot be read to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    broken: Option<ErrorInfo>,
}

/// Something that is no data.
#[derive(Debug, Serialize)]
struct FindingReport<'a> {
    member: Option<String>,
    /// Which pickle of the part.
    pickle: usize,
    kind: &'static str,
    verdict: &'static str,
    name: &'a str,
    /// The opcode that uses it.
    usage: &'static str,
    named_at: Option<u64>,
    used_at: &'a [u64],
    count: u64,
    protocol: u8,
    reason: &'static str,
}

impl<'a> FileReport<'a> {
    fn new(source: &Source, report: &'a Report) -> Self {
        let mut findings = Vec::new();
        for part in report.parts() {
            let all = part.pickles().into_iter().flat_map(|report| report.findings());
            findings.extend(all.map(|finding| FindingReport::new(part, finding)));
        }
        Self {
            file: source.argument(),
            verdict: report.verdict().name(),
            harmless: report.verdict().is_harmless(),
            parts: report.parts().iter().map(PartReport::new).collect(),
            findings,
            error: None,
        }
    }

    fn failed(source: &Source, failure: &Failure) -> Self {
        Self {
            file: source.argument(),
            verdict: Verdict::Unreadable.name(),
            harmless: false,
            parts: Vec::new(),
            findings: Vec::new(),
            error: Some(ErrorInfo::from(failure)),
        }
    }
}

impl PartReport {
    fn new(part: &Part) -> Self {
        let info = |error: &npbytes::Error| ErrorInfo::from(&Failure::of("", error, 0));
        let pickles = part.pickles().into_iter().flat_map(|report| report.pickles());
        Self {
            member: part.member().map(Into::into),
            encoding: part.encoding().map(Encoding::name),
            wrappers: part.wrappers().iter().map(|wrapper| wrapper.name()).collect(),
            verdict: part.verdict().name(),
            pickles: pickles
                .map(|pickle| PickleReport {
                    offset: pickle.offset(),
                    length: pickle.len(),
                    protocol: pickle.protocol(),
                    verdict: pickle.verdict().name(),
                    numpy: pickle.numpy(),
                    broken: pickle.broken().map(info),
                })
                .collect(),
            trailing: part.pickles().and_then(|report| report.trailing()),
            note: part.note(),
            error: part.error().map(info),
        }
    }
}

impl<'a> FindingReport<'a> {
    fn new(part: &Part, finding: &'a Finding) -> Self {
        Self {
            member: part.member().map(Into::into),
            pickle: finding.pickle(),
            kind: finding.kind().name(),
            verdict: finding.verdict().name(),
            name: finding.name(),
            usage: finding.usage().name(),
            named_at: finding.named_at(),
            used_at: finding.used_at(),
            count: finding.count(),
            protocol: finding.protocol(),
            reason: finding.reason(),
        }
    }
}

/// Prints one object on a line of its own.
fn print_json(page: &mut Page, report: &FileReport<'_>) -> Result<()> {
    let mut line = serde_json::to_string(report)
        .map_err(|error| Failure::io("standard output", &error.into()))?;
    line.push('\n');
    page.out()?.write_all(line.as_bytes()).map_err(|error| Failure::stdout(&error))
}
