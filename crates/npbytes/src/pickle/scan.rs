//! What would loading this pickle do? A verdict from what is known to be harmless, not from a list of bad names.
//!
//! Every value that the machine made is looked at, whether the result holds it or it was thrown away: what is called is
//! called when it is met. Each has to be one that the grammar of NumPy's pickles or of Python's plain data
//! describes, arguments included; whatever is not raises the verdict.

mod checked;
mod grammar;
mod plain;
mod report;
mod standard;

use bytes::Bytes;

pub use report::{Finding, FindingKind, Report, Scanned, Usage, Verdict};

use self::grammar::Findings;
use super::graph::{JoblibContents, Value};
use super::names::Known;
use super::opcode::PROTO;
use super::{Pickle, ReadOptions, machine};

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
///     "would run: os.system, named at offset 0, called by REDUCE at offset 18"
/// );
/// ```
pub fn scan(data: &Bytes, options: &ReadOptions) -> Report {
    let mut report = Report::default();
    let mut at = 0;
    while at < data.len() || report.pickles.is_empty() {
        let outcome = machine::run(data, at, options.buffers.clone(), &options.limits);
        let end = outcome.end;
        let failed = outcome.root.is_err();
        // Bytes that are read as values before they fail call nothing. At the start they are a broken pickle, as
        // that is what they were said to be.
        let nothing = failed
            && outcome.graph.nodes.is_empty()
            && !report.pickles.is_empty()
            && data.get(at) != Some(&PROTO);
        if nothing {
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
    let machine::Outcome { graph, root, protocol, end, depth } = outcome;
    let (root, broken) = match root {
        Ok(root) => (root, None),
        Err(error) => (Value::NONE, Some(error)),
    };
    let input = graph.input.clone();
    let pickle = Pickle { graph, root, protocol, end, depth };
    let mut findings = Findings::new(index, protocol);
    let mut verdict = match &broken {
        Some(_) => Verdict::Unreadable,
        None => Verdict::NumPy,
    };
    let mut numpy = 0;
    let mut scan_graph = |pickle: &Pickle, findings: &mut Findings, whole: bool| {
        let (found, objects) = grammar::judge(pickle, whole, findings);
        numpy += objects;
        found
    };
    verdict = verdict.max(scan_graph(&pickle, &mut findings, broken.is_none()));
    for contents in pickle.graph.contents.values() {
        if let JoblibContents::Pickle(nested) = contents {
            verdict = verdict.max(scan_graph(nested, &mut findings, true));
        }
    }
    // An array of objects in a joblib file whose pickle is broken: what it has run until then.
    if broken.is_some() && waits_for_joblib(&pickle) {
        let outcome = machine::run_nested(&input, end, &options.limits);
        let nested = Pickle {
            graph: outcome.graph,
            root: outcome.root.unwrap_or(Value::NONE),
            protocol: outcome.protocol,
            end: outcome.end,
            depth: outcome.depth,
        };
        verdict = verdict.max(scan_graph(&nested, &mut findings, false));
    }
    report.findings.extend(findings.finish());
    report.pickles.push(Scanned {
        offset: start as u64,
        len: end.saturating_sub(start) as u64,
        protocol,
        verdict,
        broken,
        numpy,
    });
}

/// Whether a stand-in of joblib was completed, and what follows it could not be read.
fn waits_for_joblib(pickle: &Pickle) -> bool {
    (0_u32..).zip(&pickle.graph.nodes).any(|(index, _)| {
        pickle.graph.object(Value::node(index)).is_some_and(|object| {
            object.state != Value::ABSENT
                && pickle.graph.known(object.callable) == Known::JoblibArray
                && !pickle.graph.contents.contains_key(&index)
        })
    })
}
