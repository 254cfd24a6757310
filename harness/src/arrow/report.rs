//! The table of Arrow: a row a format and choice, then a row a reader and format.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Arrow;

/// The table, and below it the reasons for what was left out.
pub fn table(one: &Arrow) -> String {
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    let mut text = format!(
        "{:<9} {:<16} {:>6} {:>10} {:>11} {:>7} {:>7}\n",
        "arrow", "choice", "cases", "byte-exact", "value-equal", "refused", "skipped",
    );
    for ((format, choice), tally) in &one.tallies {
        let sum = |counts: &BTreeMap<String, usize>| counts.values().sum::<usize>();
        let _ = writeln!(
            text,
            "{format:<9} {:<16} {:>6} {:>10} {:>11} {:>7} {:>7}",
            choice.word(),
            tally.cases,
            tally.byte_exact,
            tally.value_equal,
            sum(&tally.refused),
            sum(&tally.skipped),
        );
        for (what, counts) in [("refused", &tally.refused), ("skipped", &tally.skipped)] {
            for (reason, count) in counts {
                *reasons.entry(format!("{format}, {what}: {reason}")).or_default() += count;
            }
        }
    }
    let _ = writeln!(
        text,
        "\n{} files of masked arrays, strings, objects and archives, {} the same when read again\n",
        one.members.cases, one.members.exact,
    );
    for ((reader, format), reads) in &one.reads {
        let skipped: usize = reads.skipped.values().sum();
        let equal = reads.equal;
        let _ = match (reader.as_str(), format.as_str()) {
            // Too large for all of them.
            ("all", _) => Ok(()),
            (_, "refused") => {
                writeln!(text, "{equal} times NumPy's values are beyond Arrow's types")
            }
            (_, "parquet-refused") => {
                writeln!(text, "{equal} times pyarrow writes no Parquet where npbytes refuses to")
            }
            _ => writeln!(
                text,
                "{reader:<9} reads {format:<8} {equal:>6} equal to NumPy's values, {skipped} not compared",
            ),
        };
        for (reason, count) in &reads.skipped {
            let reason = format!("{format} in {reader}: {reason}");
            *reasons.entry(reason).or_default() += count;
        }
    }
    for ((writer, format), count) in &one.foreign.equal {
        let _ = writeln!(
            text,
            "{writer:<9} wrote {format:<8} {count:>6} columns that npbytes reads as NumPy does"
        );
    }
    for (reason, count) in &one.foreign.skipped {
        *reasons.entry(format!("written by others: {reason}")).or_default() += count;
    }
    if !reasons.is_empty() {
        text.push_str("\nleft out:\n");
    }
    for (reason, count) in reasons {
        let _ = writeln!(text, "{count:>6}  {reason}");
    }
    text
}
