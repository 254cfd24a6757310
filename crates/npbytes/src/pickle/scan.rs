//! What would loading this pickle do? A verdict from what is known to be harmless, not from a list of bad names.
//!
//! Every value that the machine made is looked at, whether the result holds it or it was thrown away: what is called is
//! called when it is met. Each has to be one that the grammar of NumPy's pickles or of Python's plain data
//! describes, arguments included; whatever is not raises the verdict.

pub(super) mod checked;
mod dead;
mod frames;
mod grammar;
mod plain;
mod report;
pub(super) mod short;
mod standard;
mod stream;

use bytes::Bytes;

pub use report::{Finding, FindingKind, Report, Scanned, Usage, Verdict};

use self::dead::{Reader, dead_end, is_dead_end};
use self::grammar::{Findings, Reading};
use super::graph::{Graph, How, JoblibContents, Node, Value};
use super::names::Known;
use super::{Pickle, ReadOptions, machine};
use crate::error::Error;

/// Says what loading a stream of pickles with Python's `pickle.load` would do, without doing any of it.
///
/// All pickles that follow one another are looked at; `pickle.load` reads one at a time. What follows the last one and
/// comes to nothing in any unpickler is [`Report::trailing`]. Broken pickles are looked at as far as they go, and are
/// never called harmless.
///
/// Takes time and memory in proportion to the input.
///
/// ```
/// use bytes::Bytes;
/// use npbytes::pickle::{self, ReadOptions, Verdict};
/// // os.system('id')
/// let pickle = Bytes::from_static(b"cos\nsystem\n(S'id'\ntR.");
/// let report = pickle::scan(&pickle, &ReadOptions::default());
/// assert_eq!(report.verdict(), Verdict::Runs);
/// assert_eq!(
///     report.findings()[0].to_string(),
///     "would run: os.system, named at offset 0, called by REDUCE at offset 19"
/// );
/// ```
pub fn scan(data: &Bytes, options: &ReadOptions) -> Report {
    let mut report = Report::default();
    let mut at = 0;
    // What readers without joblib would go on to read may reach to the end of the input, for each pickle.
    let mut left = data.len().saturating_mul(8).saturating_add(1 << 20);
    while at < data.len() || report.pickles.is_empty() {
        let outcome = machine::run(data, at, options.buffers.clone(), &options.limits);
        let end = outcome.end;
        let failed = outcome.root.is_err();
        // The first is a pickle, broken as it may be: that is what the bytes were said to be.
        if failed && !report.pickles.is_empty() && is_dead_end(data, at, Reader::Next) {
            report.trailing = Some((at as u64, (data.len() - at) as u64));
            return report;
        }
        let index = report.pickles.len();
        one(&mut report, outcome, (at, index), &mut left, options);
        if failed {
            return report;
        }
        at = end;
    }
    report
}

impl Report {
    /// Whether bytes cannot come to anything in any unpickler: those of something else, or those that `follow` a
    /// pickle or an array.
    pub(crate) fn is_out_of_question(data: &[u8], follow: bool) -> bool {
        is_dead_end(data, 0, if follow { Reader::Next } else { Reader::Mistaken })
    }
}

/// Looks at one pickle.
fn one(
    report: &mut Report,
    outcome: machine::Outcome,
    (start, index): (usize, usize),
    left: &mut usize,
    options: &ReadOptions,
) {
    let mut findings = Findings::new(index, outcome.protocol, report.findings.len());
    let (pickle, broken) = Pickle::partial(outcome);
    let mut broken = frames::crossing(&pickle, start).or(broken);
    let mut verdict = match &broken {
        Some(_) => Verdict::Unreadable,
        None => Verdict::NumPy,
    };
    let mut numpy = 0;
    let mut look = |pickle: &Pickle, reading: Reading| {
        let (found, objects) = grammar::judge(pickle, reading, &mut findings);
        numpy += objects;
        verdict = verdict.max(found);
    };
    look(&pickle, if broken.is_none() { Reading::Whole } else { Reading::Broken });
    for contents in pickle.graph.contents.values() {
        if let JoblibContents::Pickle(nested) = contents {
            look(nested, Reading::Whole);
        }
    }
    let stand_ins = stand_ins(&pickle);
    if stand_ins > pickle.graph.contents.len() {
        // An array of objects in a joblib file whose pickle is broken: what it has run until then.
        let outcome = machine::run_nested(&pickle.graph.input, pickle.end, &options.limits);
        look(&Pickle::partial(outcome).0, Reading::Broken);
    }
    if stand_ins > 0 {
        let stream = stream::look(&pickle, start, options);
        if let Some((made, used)) = stream.kept {
            findings.add_stand_in(made, used);
            verdict = verdict.max(Verdict::Other);
        }
        let from = stream.data.unwrap_or(pickle.end);
        let (found, failed) = unaware(&pickle, (start, from), left, options, &mut findings);
        verdict = verdict.max(found);
        broken = broken.or(failed).or(stream.error);
        if broken.is_some() {
            verdict = verdict.max(Verdict::Unreadable);
        }
    }
    report.omitted += findings.omitted();
    report.findings.extend(findings.finish());
    report.pickles.push(Scanned {
        offset: start as u64,
        len: pickle.end.saturating_sub(start) as u64,
        protocol: pickle.protocol,
        verdict,
        broken,
        numpy,
    });
}

/// Looks at what `pickle.load` would do with a joblib file: it takes the data of arrays, which starts at an offset, for
/// opcodes.
fn unaware(
    pickle: &Pickle,
    (start, from): (usize, usize),
    left: &mut usize,
    options: &ReadOptions,
    findings: &mut Findings,
) -> (Verdict, Option<Error>) {
    let input = &pickle.graph.input;
    if *left == 0 {
        let error = Error::pickle("too many arrays of joblib that others would take for opcodes");
        return (Verdict::Unreadable, Some(error.at(from)));
    }
    let (is_dead, len) = dead_end(input, from, Reader::MistakenWithin);
    *left = left.saturating_sub(len);
    if is_dead {
        return (Verdict::NumPy, None);
    }
    let mut plain = machine::run_plain(input, start, &options.limits);
    *left = left.saturating_sub(plain.end.saturating_sub(start));
    let nameless = nameless(&plain.graph, from);
    if let Some(at) = nameless {
        // As far as Python comes.
        plain = machine::run_plain(&input.slice(..at.min(input.len())), start, &options.limits);
    }
    let mut hidden = findings.hidden(plain.protocol);
    let (plain, failed) = Pickle::partial(plain);
    grammar::judge(&plain, Reading::Unaware, &mut hidden);
    let verdict = findings.add_hidden(hidden);
    let failed = failed.filter(|_| nameless.is_none());
    match failed {
        None => (verdict, None),
        Some(error) => {
            let error = error.with_help(
                "the data of an array starts with opcodes, which readers run that do not know joblib",
            );
            (verdict.max(Verdict::Unreadable), Some(error))
        }
    }
}

/// Where the first global is asked for, behind an offset, whose name can be no `str`: Python fails there.
fn nameless(graph: &Graph, from: usize) -> Option<usize> {
    let is_no_text = |value: Value| match graph.node(value) {
        // What is made of nothing is no name, or an empty one.
        Some(Node::Object(object)) => {
            object.how == How::NewObj && object.args == Value::EMPTY_TUPLE
                || graph.known(object.callable) == Known::JoblibArray
        }
        Some(Node::Persistent(_) | Node::Extension(_)) | None => false,
        Some(_) => true,
    };
    let found = graph.nodes.iter().zip(&graph.offsets).find(|(node, at)| match node {
        Node::Global(name) => {
            **at >= from
                && name.known == Known::Computed
                && (is_no_text(name.module) || is_no_text(name.name))
        }
        _ => false,
    });
    found.map(|(_, at)| *at)
}

impl Pickle {
    /// What there is of a pickle, and why there is no more.
    fn partial(outcome: machine::Outcome) -> (Self, Option<Error>) {
        let machine::Outcome { graph, root, protocol, end, depth } = outcome;
        let (root, error) = match root {
            Ok(root) => (root, None),
            Err(error) => (Value::ABSENT, Some(error)),
        };
        (Self { graph, root, protocol, end, depth }, error)
    }
}

/// How many of joblib's stand-ins were completed.
fn stand_ins(pickle: &Pickle) -> usize {
    let objects = pickle.graph.nodes.iter().filter(|node| match node {
        Node::Object(object) => {
            object.state != Value::ABSENT
                && pickle.graph.known(object.callable) == Known::JoblibArray
        }
        _ => false,
    });
    objects.count()
}
