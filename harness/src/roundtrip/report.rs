//! The table.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Outcome, Tally};
use crate::archives::peers::Peers;
use crate::archives::{self, Archives};
use crate::doors::Doors;
use crate::matrix::Encoding;
use crate::peer::Peer;
use crate::pickles::{self, Pickles, retarget::Retargeted};
use crate::throughput::Paces;
use crate::verdicts::Verdicts;

/// Everything that was found in one environment.
#[derive(Debug)]
pub struct Findings {
    /// The round trip.
    pub outcome: Outcome,
    /// Speed, where it was measured.
    pub paces: BTreeMap<Encoding, Paces>,
    /// Header verdicts.
    pub headers: Verdicts,
    /// Dtype text verdicts.
    pub dtypes: Verdicts,
    /// Headers of files that hold a pickle, and the refusal to take it for elements.
    pub pickled: Verdicts,
}

/// The table: a row an encoding and environment, archives last, then pickles, then texts, verdicts, doors and
/// npyz, then the reasons for what was left out.
pub fn table(
    findings: &[Findings],
    archives: &[archives::Findings],
    pickled: &[Pickles],
    retargeted: &[Retargeted],
    doors: &Doors,
    peer: &Peer,
    peers: &Peers,
) -> String {
    let mut text = String::new();
    let names = findings.iter().map(|one| &one.outcome.environment);
    let names = names.chain(archives.iter().map(|one| &one.archives.environment));
    let width = names.map(String::len).max().unwrap_or(0).max(12);
    let _ = writeln!(
        text,
        "{:<17} {:<width$} {:>6} {:>10} {:>11} {:>7} {:>7} {:>11}   {:>15}   {:>15}",
        "encoding",
        "environment",
        "cases",
        "byte-exact",
        "value-equal",
        "refused",
        "skipped",
        "loaded back",
        "decode MB/s",
        "encode MB/s",
    );
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for one in findings {
        let Outcome { environment, tallies, texts, .. } = &one.outcome;
        for (encoding, tally) in tallies {
            let (decode, encode) = match one.paces.get(encoding) {
                None => ("-".to_owned(), "-".to_owned()),
                Some(paces) => (
                    pair(
                        paces.decode.megabytes_a_second(),
                        paces.numpy_decode.megabytes_a_second(),
                    ),
                    pair(
                        paces.encode.megabytes_a_second(),
                        paces.numpy_encode.megabytes_a_second(),
                    ),
                ),
            };
            let row = row(encoding.word(), environment, width, tally, &decode, &encode);
            let _ = writeln!(text, "{row}");
            skipped(tally, "fixtures", &mut reasons);
        }
        for (reason, count) in &texts.skipped {
            *reasons.entry(format!("texts: {reason}")).or_default() += count;
        }
        for (what, verdicts) in [("headers", &one.headers), ("dtype texts", &one.dtypes)] {
            for (reason, count) in &verdicts.known {
                *reasons.entry(format!("{what}, on purpose: {reason}")).or_default() += count;
            }
        }
    }
    for one in archives {
        for (form, tally) in &one.archives.tallies {
            let (name, environment) = (form.word(), &one.archives.environment);
            let _ = writeln!(text, "{}", row(name, environment, width, tally, "-", "-"));
            skipped(tally, "archives", &mut reasons);
        }
        for (reason, count) in &one.lookups.known {
            *reasons.entry(format!("archive lookups, on purpose: {reason}")).or_default() += count;
        }
    }
    text.push_str("(MB/s: npbytes / NumPy, arrays of a MiB in memory)\n\n");
    let _ = writeln!(text, "{}", pickles::table(pickled, &mut reasons));
    for one in findings {
        let (environment, texts) = (&one.outcome.environment, one.outcome.texts.equal);
        let (headers, dtypes) = (one.headers.agreed + one.pickled.agreed, one.dtypes.agreed);
        let line = if texts + headers + dtypes == 0 {
            "texts and verdicts were not compared: this release is too old".to_owned()
        } else {
            format!(
                "print and repr: {texts} equal; header verdicts: {headers} agree; \
                 np.dtype texts: {dtypes} agree"
            )
        };
        let _ = writeln!(text, "{environment:<width$}  {line}");
    }
    for one in archives {
        let Archives { environment, members, doors, edits, .. } = &one.archives;
        let (lookups, large) = (one.lookups.agreed, &one.large);
        let _ = writeln!(
            text,
            "{environment:<width$}  npz: {members} members loaded back; other ways to write and \
             read: {doors} equal; edited, compacted: {edits} as they must be; lookups: {lookups} \
             agree; past 2 GiB: {} byte-exact, {} read",
            large.byte_exact, large.read,
        );
    }
    text.push_str(&pickles::retargeted(retargeted, &mut reasons));
    let _ = writeln!(
        text,
        "{:<width$}  reads {} of our files, we read {} of its files, value for value",
        "npyz 0.9.1", peer.read_by_npyz, peer.written_by_npyz,
    );
    for (name, tally) in
        [("npyz 0.9.1, npz", &peers.npyz), ("ndarray-npy, npz", &peers.ndarray_npy)]
    {
        let _ = writeln!(
            text,
            "{name:<width$}  reads {} members of ours, stored and deflated, we read {} of its own",
            tally.read, tally.written,
        );
        for (reason, count) in &tally.skipped {
            *reasons.entry(format!("archives: {reason}")).or_default() += count;
        }
    }
    let _ = writeln!(
        text,
        "{:<width$}  mapped, streamed, grown, appended...: {} comparisons equal to the byte",
        "every door", doors.equal,
    );
    if doors.not_asked > 0 {
        let reason = "doors: an array without axes or elements has no rows to stream or grow";
        reasons.insert(reason.to_owned(), doors.not_asked);
    }
    for (reason, count) in &peer.skipped {
        *reasons.entry(format!("npyz: {reason}")).or_default() += count;
    }
    if !reasons.is_empty() {
        text.push_str("\nleft out:\n");
    }
    for (reason, count) in reasons {
        let _ = writeln!(text, "{count:>6}  {reason}");
    }
    text
}

/// One line of counts.
fn row(
    name: &str,
    environment: &str,
    width: usize,
    tally: &Tally,
    decode: &str,
    encode: &str,
) -> String {
    format!(
        "{name:<17} {environment:<width$} {:>6} {:>10} {:>11} {:>7} {:>7} {:>11}   {decode:>15}   {encode:>15}",
        tally.cases,
        tally.byte_exact,
        tally.value_equal,
        tally.refused,
        tally.skipped.values().sum::<usize>(),
        tally.loaded_back,
    )
}

fn skipped(tally: &Tally, what: &str, reasons: &mut BTreeMap<String, usize>) {
    for (reason, count) in &tally.skipped {
        *reasons.entry(format!("{what}: {reason}")).or_default() += count;
    }
}

fn pair(ours: f64, theirs: f64) -> String {
    format!("{ours:.0} / {theirs:.0}")
}
