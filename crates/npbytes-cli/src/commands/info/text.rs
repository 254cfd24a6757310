//! What `npbytes info` prints: one JSON object a line, or rows of a label and a value.

use std::io::Write;

use npbytes::Shape;

use super::Told;
use crate::arrow::describe::TableInfo;
use crate::commands::Page;
use crate::failure::{Failure, Result};
use crate::input::Input;
use crate::json::{ArrayInfo, FileInfo, PickleInfo};
use crate::listing;
use crate::output::{clean, styled};
use crate::source::Source;

/// Prints one object on a line of its own.
pub(in crate::commands) fn print_json(page: &mut Page, info: &FileInfo) -> Result<()> {
    let mut line = serde_json::to_string(info)
        .map_err(|error| Failure::io("standard output", &error.into()))?;
    line.push('\n');
    page.out()?.write_all(line.as_bytes()).map_err(|error| Failure::stdout(&error))
}

pub(super) fn print_text(
    page: &mut Page,
    told: &Told,
    source: &Source,
    input: &Input,
) -> Result<()> {
    let styles = page.styles;
    let info = &told.info;
    let mut text = String::new();
    let mut row = |label: &str, value: &str| {
        if label.is_empty() {
            return text.push('\n');
        }
        text.push_str(&styled(styles.label, &format!("{label:10}")));
        text.push_str(&clean(value));
        text.push('\n');
    };
    if !info.compression.is_empty() {
        row("wrapper", &format!("compressed by {}", info.compression.join(", then ")));
    }
    match (info.encoding, info.arrays.first()) {
        (Some("raw"), None) => row("encoding", "raw, or unknown: no signature at the start"),
        (Some(encoding), Some(ArrayInfo { version: Some(version), .. })) => {
            row("encoding", &format!("{encoding} {version}"));
        }
        (Some(encoding), _) => match &info.pickle {
            Some(pickle) => {
                row("encoding", &format!("{encoding}, protocol {}", pickle.protocol));
            }
            None => row("encoding", encoding),
        },
        (None, _) => {}
    }
    if let Some(member) = &info.member {
        row("member", &listing::storage(member));
    }
    if let Some(size) = info.size {
        row("size", &bytes(size));
    }
    if let Some(size) = info.content_size {
        row("contents", &bytes(size));
    }
    if let Some(pickle) = &info.pickle {
        rows_of_pickle(pickle, info.arrays.is_empty(), &mut row);
    }
    if let Some(members) = &info.members {
        let label = if info.encoding == Some("npz") { "members" } else { "arrays" };
        row(label, &members.len().to_string());
        if let Some(trailing) = info.trailing_bytes {
            row("trailing", &bytes(trailing));
        }
    }
    if let Some(table) = &info.table {
        rows_of_table(table, &mut row);
    }
    if info.arrays.len() > 1 {
        row("arrays", &info.arrays.len().to_string());
    }
    for (i, array) in info.arrays.iter().enumerate() {
        if info.arrays.len() > 1 {
            row("", "");
            let at = array.start.map_or_else(String::new, |start| format!(", at byte {start}"));
            row("array", &format!("{i}{at}"));
            if i > 0
                && let Some(version) = &array.version
            {
                row("encoding", &format!("npy {version}"));
            }
        }
        rows_of_array(array, &mut row);
    }
    if let Some(trailing) = info.trailing_bytes.filter(|_| !info.arrays.is_empty()) {
        if info.arrays.len() > 1 {
            row("", "");
        }
        row("trailing", &bytes(trailing));
    }
    if let Some(table) = listing::table_of(info, &styles)
        && info.members.as_ref().is_some_and(|members| !members.is_empty())
    {
        text.push('\n');
        text.push_str(&table);
    }
    if let Some(table) = &info.table {
        text.push('\n');
        text.push_str(&listing::table_of_columns(table, &styles));
    }
    if let Some(guess) = told.guess.as_ref().filter(|guess| !guess.is_empty()) {
        text.push_str("\nWhat the bytes could be, what reads shortest first:\n\n");
        text.push_str(&guess.table());
        if let Some(command) = guess.command(source, input) {
            text.push_str(&format!("\nTo see the array:\n\n  {}\n", clean(&command)));
        }
    }
    page.out()?.write_all(text.as_bytes()).map_err(|error| Failure::stdout(&error))
}

fn rows_of_table(table: &TableInfo, row: &mut impl FnMut(&str, &str)) {
    /// How many pairs of metadata are shown, and how much of each.
    const PAIRS: usize = 8;
    const LONGEST: usize = 60;
    row("rows", &table.rows.to_string());
    if let Some(parts) = table.parts {
        let name = if table.compression.is_empty() { "batches" } else { "groups" };
        row(name, &parts.to_string());
    }
    if !table.compression.is_empty() {
        row("codec", &table.compression.join(", ").to_ascii_lowercase());
    }
    if let Some(by) = &table.created_by {
        row("writer", by);
    }
    if let Some(dtype) = &table.dtype {
        row("dtype", dtype);
    }
    for (key, value) in table.metadata.iter().take(PAIRS) {
        let mut shown: String = value.chars().take(LONGEST).collect();
        if shown.len() < value.len() {
            shown.push_str("...");
        }
        row("metadata", &format!("{key} = {shown}"));
    }
    if table.metadata.len() > PAIRS {
        row("metadata", &format!("... and {} others", table.metadata.len() - PAIRS));
    }
    row("columns", &table.columns.len().to_string());
}

fn rows_of_pickle(pickle: &PickleInfo, is_other: bool, row: &mut impl FnMut(&str, &str)) {
    /// How many classes are named.
    const NAMED: usize = 8;
    row("pickle", &bytes(pickle.length));
    if is_other {
        let items = pickle.items.map(|items| format!(" of {items} item{}", plural(items as u64)));
        row("root", &format!("{}{}", pickle.root, items.unwrap_or_default()));
    }
    for objects in pickle.objects.iter().take(NAMED) {
        let count =
            if objects.count > 1 { format!(", {} times", objects.count) } else { String::new() };
        row("object", &format!("{}{count}", objects.name));
    }
    if pickle.objects.len() > NAMED {
        row("object", &format!("... and {} other classes", pickle.objects.len() - NAMED));
    }
    let numpy: Vec<&str> = pickle
        .numpy_modules
        .iter()
        .map(|module| match *module {
            "numpy.core" => "before 2.0 (numpy.core)",
            _ => "2.0 or later (numpy._core)",
        })
        .collect();
    if !numpy.is_empty() {
        row("numpy", &numpy.join(", and "));
    }
    if pickle.more_pickles > 0 {
        let count = pickle.more_pickles;
        row("stream", &format!("{count} more pickle{} behind it", plural(count as u64)));
    }
}

fn rows_of_array(array: &ArrayInfo, row: &mut impl FnMut(&str, &str)) {
    row("dtype", &array.dtype);
    row("descr", array.descr.as_deref().unwrap_or("none: the fields overlap or are out of order"));
    row("itemsize", &bytes(array.itemsize as u64));
    let shape = tuple(&array.shape);
    row("shape", &format!("{shape}, {} element{}", array.elements, plural(array.elements as u64)));
    row("order", array.order);
    let length = array.data_length.map(bytes);
    let place = array.data_offset.map(|offset| format!("at byte {offset}"));
    let words: Vec<String> = length.into_iter().chain(place).collect();
    let data = words.join(" ");
    match (array.pickled, data.is_empty()) {
        (true, true) => row("data", "objects, in the pickle"),
        (true, false) => row("data", &format!("{data}, a pickle")),
        (false, _) => row("data", &data),
    }
    if let Some(class) = array.class {
        row("class", class);
    }
    if let Some(writeable) = array.writeable {
        row("writeable", if writeable { "yes" } else { "no" });
    }
    if let Some(part) = &array.part {
        let shape = tuple(&part.shape);
        row("part", &format!("{shape} of {}, {} elements", part.dtype, part.elements));
    }
}

fn bytes(count: u64) -> String {
    format!("{count} byte{}", plural(count))
}

fn plural(count: u64) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// A shape as Python writes it.
pub(crate) fn tuple(shape: &[usize]) -> String {
    Shape::new(shape).map_or_else(|_| format!("{shape:?}"), |shape| shape.to_string())
}
