//! What would loading this pickle do? A verdict from what is known to be harmless, not from a list of bad names.
//!
//! Every value that the machine made is looked at, whether the result holds it or it was thrown away: what is called is
//! called when it is met. Each has to be one that the grammar of NumPy's pickles or of Python's plain data
//! describes, arguments included; whatever is not raises the verdict.

pub(super) mod checked;
mod frames;
mod grammar;
mod plain;
mod report;
pub(super) mod short;
mod standard;

use bytes::Bytes;

pub use report::{Finding, FindingKind, Report, Scanned, Usage, Verdict};

use self::grammar::Findings;
use super::graph::{JoblibContents, Node, Value};
use super::names::Known;
use super::opcode::PROTO;
use super::{Pickle, ReadOptions, machine};
use crate::error::Error;

/// Says what loading a stream of pickles with Python's `pickle.load` would do, without doing any of it.
///
/// All pickles that follow one another are looked at; `pickle.load` reads one at a time. What follows the last one and
/// is none is [`Report::trailing`]. Broken pickles are looked at as far as they go, and are never
/// called harmless.
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
    while at < data.len() || report.pickles.is_empty() {
        let outcome = machine::run(data, at, options.buffers.clone(), &options.limits);
        let end = outcome.end;
        let failed = outcome.root.is_err();
        // What calls and names nothing until it fails is no pickle. At the start it is a broken one, as that is what
        // the bytes were said to be.
        let is_pickle = !failed
            || report.pickles.is_empty()
            || data.get(at) == Some(&PROTO)
            || outcome
                .graph
                .nodes
                .iter()
                .any(|node| matches!(node, Node::Object(_) | Node::Global(_)));
        if !is_pickle {
            report.trailing = Some((at as u64, (data.len() - at) as u64));
            return report;
        }
        let index = report.pickles.len();
        one(&mut report, outcome, at, index, options);
        if failed {
            return report;
        }
        at = end;
    }
    report
}

/// Looks at one pickle.
fn one(
    report: &mut Report,
    outcome: machine::Outcome,
    start: usize,
    index: usize,
    options: &ReadOptions,
) {
    let mut findings = Findings::new(index, outcome.protocol, report.findings.len());
    let (pickle, broken) = Pickle::partial(outcome);
    let broken = frames::crossing(&pickle, start).or(broken);
    let mut verdict = match &broken {
        Some(_) => Verdict::Unreadable,
        None => Verdict::NumPy,
    };
    let mut numpy = 0;
    let mut look = |pickle: &Pickle, whole: bool| {
        let (found, objects) = grammar::judge(pickle, whole, &mut findings);
        numpy += objects;
        verdict = verdict.max(found);
    };
    look(&pickle, broken.is_none());
    for contents in pickle.graph.contents.values() {
        if let JoblibContents::Pickle(nested) = contents {
            look(nested, true);
        }
    }
    let input = &pickle.graph.input;
    let stand_ins = stand_ins(&pickle);
    if stand_ins > pickle.graph.contents.len() {
        // An array of objects in a joblib file whose pickle is broken: what it has run until then.
        let outcome = machine::run_nested(input, pickle.end, &options.limits);
        look(&Pickle::partial(outcome).0, false);
    }
    if stand_ins > 0 {
        // `pickle.load` knows nothing of joblib, and takes the data of an array for opcodes.
        let plain = machine::run_plain(input, start, &options.limits);
        let mut hidden = Findings::new(index, plain.protocol, 0);
        grammar::judge(&Pickle::partial(plain).0, false, &mut hidden);
        if findings.add_hidden(hidden) {
            verdict = Verdict::Runs;
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
