//! The table of pickles: a row a family of values, then a row a way to pickle.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::retarget::Retargeted;
use super::{Pickles, Tally};

/// The families, in the order of the table.
const FAMILIES: [&str; 13] = [
    "arrays",
    "frames",
    "scalars",
    "dtypes",
    "classes",
    "masked",
    "objects",
    "strings",
    "containers",
    "plain",
    "others",
    "traps",
    "files",
];

/// The table of all environments; the reasons for what was left out are added to `reasons`.
pub fn table(all: &[Pickles], reasons: &mut BTreeMap<String, usize>) -> String {
    let width = all.iter().map(|one| one.environment.len()).max().unwrap_or(0).max(12);
    let mut text = format!(
        "{:<17} {:<width$} {:>6} {:>6} {:>12} {:>10} {:>11} {:>7} {:>7} {:>11}\n",
        "pickles",
        "environment",
        "cases",
        "read",
        "written back",
        "byte-exact",
        "value-equal",
        "refused",
        "skipped",
        "loaded back",
    );
    for one in all {
        for (name, tally) in rows(one) {
            let _ = writeln!(
                text,
                "{name:<17} {:<width$} {:>6} {:>6} {:>12} {:>10} {:>11} {:>7} {:>7} {:>11}",
                one.environment,
                tally.cases,
                tally.read,
                tally.rewritten,
                tally.byte_exact,
                tally.value_equal,
                tally.refused,
                tally.skips(),
                tally.loaded_back,
            );
        }
        let total = one.total();
        for (what, counts) in [("made", &total.skipped), ("written back", &total.not_rewritten)] {
            for (reason, count) in counts {
                *reasons.entry(format!("pickles, not {what}: {reason}")).or_default() += count;
            }
        }
        for (reason, count) in &total.not_compared {
            *reasons.entry(format!("pickles, not compared: {reason}")).or_default() += count;
        }
    }
    text
}

/// A line for each NumPy whose pickles were rewritten for another.
pub fn retargeted(all: &[Retargeted], reasons: &mut BTreeMap<String, usize>) -> String {
    let mut text = String::new();
    for one in all {
        let Retargeted {
            from,
            to,
            cases,
            byte_exact,
            value_equal,
            refused,
            skipped,
            loaded_back,
            ..
        } = one;
        let skips: usize = skipped.values().sum();
        let _ = writeln!(
            text,
            "{from}  pickles rewritten for {to}: {cases}; as it writes them: {byte_exact}, padding aside: \
             {value_equal}; refused: {refused}; skipped: {skips}; loaded there: {loaded_back}",
        );
        for (reason, count) in skipped {
            *reasons.entry(format!("pickles rewritten: {reason}")).or_default() += count;
        }
    }
    text
}

fn rows(one: &Pickles) -> Vec<(String, Tally)> {
    let mut families: BTreeMap<usize, (String, Tally)> = BTreeMap::new();
    let mut ways = BTreeMap::new();
    for ((family, way), tally) in &one.tallies {
        let place = FAMILIES.iter().position(|name| name == family).unwrap_or(FAMILIES.len());
        let entry = families.entry(place).or_insert_with(|| (family.clone(), Tally::default()));
        entry.1.add(tally);
        ways.entry(way).or_insert_with(Tally::default).add(tally);
    }
    let ways = ways.into_iter().map(|(way, tally)| match way.as_bytes() {
        [b'0'..=b'9', ..] => (format!("protocol {way}"), tally),
        _ => (format!("{way} of objects"), tally),
    });
    families.into_values().chain(ways).chain([("all pickles".to_owned(), one.total())]).collect()
}
