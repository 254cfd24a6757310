//! What is found in archives that `np.savez` does not make, and under which names: `NpzFile.files` and
//! `NpzFile[key]` beside npbytes.

use bytes::Bytes;
use npbytes::npz::{self, Item};
use npbytes::{Order, Result as NpResult};
use serde_json::Value;

use crate::environment::{Environment, hex};
use crate::error::Result;
use crate::roundtrip::Mismatch;
use crate::verdicts::{Verdicts, unhex};
use crate::{fixtures, script};

/// What is known to differ, by archive.
const KNOWN: [(&str, &str); 4] = [
    (
        "comment-like-an-end",
        "a comment that is an end record makes two archives of a file: refused",
    ),
    ("objects", "pickles inside are read without running them; NumPy asks for allow_pickle=True"),
    ("bzip2", "members that only Python's zipfile makes, compressed by bzip2 or LZMA, are refused"),
    ("lzma", "members that only Python's zipfile makes, compressed by bzip2 or LZMA, are refused"),
];

/// The verdicts of one environment.
///
/// # Errors
/// When Python cannot be asked.
pub fn run(environment: &Environment) -> Result<Verdicts> {
    let mut verdicts = Verdicts::default();
    if environment.is_python2() {
        return Ok(verdicts);
    }
    let text = script::archive_lookups();
    let directory = fixtures::cached(environment, "archive-lookups", &text)?;
    let rows = crate::manifest::rows(&directory.join("answers.jsonl"))?;
    for row in rows.iter().filter(|row| row["kind"] == "lookup") {
        let name = row["name"].as_str().unwrap_or_default();
        let known = KNOWN.iter().find(|(archive, _)| *archive == name).map(|(_, reason)| *reason);
        for (what, difference) in differences(row) {
            let what = format!("archive {name}{what}");
            verdicts.count(environment, &what, known, difference);
        }
    }
    if verdicts.agreed == 0 {
        verdicts.mismatches.push(Mismatch {
            environment: environment.name.clone(),
            case: "archive lookups".to_owned(),
            what: "none was answered".to_owned(),
        });
    }
    Ok(verdicts)
}

/// Each question to an archive, and how the answers differ.
fn differences(row: &Value) -> Vec<(String, Option<String>)> {
    let file = Bytes::from(unhex(row["file"].as_str().unwrap_or_default()));
    let archive = match (npz::decode(&file, &Default::default()), row["error"].as_str()) {
        (Err(_), Some(_)) => return vec![(String::new(), None)],
        (Ok(archive), Some(error)) => {
            let keys: Vec<&str> = archive.keys().collect();
            let what = format!("opens with {keys:?}, NumPy refuses: {error}");
            return vec![(String::new(), Some(what))];
        }
        (Err(error), None) => {
            return vec![(String::new(), Some(format!("refused ({error}), NumPy opens it")))];
        }
        (Ok(archive), None) => archive,
    };
    let keys: Vec<&str> = archive.keys().collect();
    let different = Value::from(keys.clone()) != row["files"];
    let names = different.then(|| format!("{keys:?}, NumPy has {}", row["files"]));
    let mut all = vec![(" names".to_owned(), names)];
    for asked in row["values"].as_array().map_or(&[][..], Vec::as_slice) {
        let key = asked[0].as_str().unwrap_or_default();
        let ours = archive.member(key).and_then(|member| member.read());
        all.push((format!("[{key:?}]"), value_difference(&ours, &asked[1])));
    }
    all
}

fn value_difference(ours: &NpResult<Item>, theirs: &Value) -> Option<String> {
    let item = match (ours, theirs["error"].as_str()) {
        (Err(_), Some(_)) => return None,
        (Ok(Item::Objects(_)), Some(error)) => {
            return Some(format!("is a pickle, NumPy refuses: {error}"));
        }
        (Ok(item), Some(error)) => return Some(format!("is {item:?}, NumPy refuses: {error}")),
        (Err(error), None) => return Some(format!("refused ({error}), NumPy has {theirs}")),
        (Ok(item), None) => item,
    };
    let found = match item {
        Item::Bytes(bytes) => serde_json::json!({ "bytes": hex(bytes) }),
        Item::Array(array) => match array.view().to_bytes(Order::C) {
            Ok(data) => serde_json::json!({
                "dtype": array.dtype().typestr(),
                "shape": array.shape().to_vec(),
                "data": hex(&data),
            }),
            Err(error) => return Some(format!("no bytes: {error}")),
        },
        Item::Objects(pickle) => {
            let what = pickle.root().type_name();
            return Some(format!("is the pickle of {what}, NumPy has {theirs}"));
        }
        other => return Some(format!("is {other:?}")),
    };
    (found != *theirs).then(|| format!("is {found}, NumPy has {theirs}"))
}
