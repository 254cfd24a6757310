//! What NumPy says of the fixtures: JSON lines, described in `python-fixtures/README.md`.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::leaves;

/// A manifest, by the names of types and arrays.
#[derive(Debug, Default)]
pub struct Manifest {
    /// Each dtype as it was made.
    pub types: HashMap<String, Described>,
    /// Each dtype as it came back from a `.npy` file.
    pub loaded: HashMap<String, Described>,
    /// Each array with its files.
    pub arrays: HashMap<String, ArrayRow>,
}

/// What NumPy says of a dtype.
#[derive(Clone, Debug)]
pub struct Described {
    /// `dtype.str`
    pub typestr: String,
    /// `repr(dtype)`
    pub repr: String,
    /// `str(dtype)`
    pub text: String,
    /// The descr as `.npy` writes it, as Python text; or why there is none.
    pub descr: Result<String, String>,
    /// `dtype.itemsize`
    pub itemsize: u64,
    /// `dtype.alignment`
    pub alignment: u64,
    /// `dtype.isalignedstruct`
    pub aligned: bool,
    /// `dtype.hasobject`
    pub has_object: bool,
}

/// What NumPy says of an array.
#[derive(Clone, Debug)]
pub struct ArrayRow {
    /// Its shape, strides and flags, and the hash of its elements.
    pub summary: Summary,
    /// The values of each scalar of its dtype, where they have exact texts.
    pub values: Vec<LeafValues>,
    /// `str(array)`: what `print` prints.
    pub print: Text,
    /// `repr(array)`
    pub repr: Text,
    /// What was written of it.
    pub files: Vec<FileRow>,
}

/// What NumPy shows of an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    /// This.
    Shown(String),
    /// An exception.
    Failed,
    /// The array is too large for the manifest.
    NotAsked,
}

/// Shape, strides, flags, and the elements' hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Its shape.
    pub shape: Vec<usize>,
    /// In bytes.
    pub strides: Vec<isize>,
    /// `flags.c_contiguous`
    pub c: bool,
    /// `flags.f_contiguous`
    pub f: bool,
    /// SHA-256 of the elements in C order, padding bytes zeroed.
    pub sha256: String,
}

/// The values of one scalar of the dtype in every element, C order.
#[derive(Clone, Debug)]
pub struct LeafValues {
    /// Field positions from the outermost struct inwards.
    pub path: Vec<usize>,
    /// NumPy's kind letter.
    pub kind: char,
    /// Bytes of one item.
    pub itemsize: usize,
    /// JSON numbers, texts or lists by kind.
    pub values: Vec<Value>,
}

/// One file, or NumPy's refusal to write it.
#[derive(Clone, Debug)]
pub struct FileRow {
    /// [`crate::matrix::Encoding::word`]
    pub encoding: String,
    /// Its name in the folder of the fixtures.
    pub file: String,
    /// Why NumPy did not write it.
    pub error: Option<String>,
    /// What it is when NumPy loads it again.
    pub loaded: Option<Summary>,
    /// Why NumPy could not load it again.
    pub load_error: Option<String>,
}

/// Every line of a file of JSON lines.
///
/// # Errors
/// A file that cannot be read, a line that is not JSON.
pub fn rows(path: &Path) -> Result<Vec<Value>> {
    let text = std::fs::read_to_string(path).map_err(Error::io(path))?;
    text.lines()
        .map(|line| {
            serde_json::from_str(line).map_err(|error| Error::Manifest {
                path: path.to_path_buf(),
                cause: format!("{error} in {line}"),
            })
        })
        .collect()
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// A file that cannot be read, or a line that does not say what it should.
    pub fn read(path: &Path) -> Result<Manifest> {
        let mut manifest = Manifest::default();
        for row in rows(path)? {
            manifest.add(&row).ok_or_else(|| Error::Manifest {
                path: path.to_path_buf(),
                cause: format!("a row of another form than documented: {row}"),
            })?;
        }
        Ok(manifest)
    }

    fn add(&mut self, row: &Value) -> Option<()> {
        let name = row["name"].as_str().unwrap_or_default().to_owned();
        match row["kind"].as_str()? {
            "environment" => {}
            "type" => {
                self.types.insert(name, described(row)?);
            }
            "loaded" => {
                self.loaded.insert(name, described(row)?);
            }
            "array" => {
                self.arrays.insert(name, array(row)?);
            }
            _ => return None,
        }
        Some(())
    }
}

/// The fields that describe a dtype.
pub(crate) fn described(row: &Value) -> Option<Described> {
    let text = |key: &str| row[key].as_str().map(str::to_owned);
    let descr = match text("descr") {
        Some(descr) => Ok(descr),
        None => Err(text("descr_error")?),
    };
    Some(Described {
        typestr: text("str")?,
        repr: text("repr")?,
        text: text("text")?,
        descr,
        itemsize: row["itemsize"].as_u64()?,
        alignment: row["alignment"].as_u64()?,
        aligned: row["aligned"].as_bool()?,
        has_object: row["hasobject"].as_bool()?,
    })
}

fn array(row: &Value) -> Option<ArrayRow> {
    let values = row["values"].as_array().map_or(&[][..], Vec::as_slice);
    Some(ArrayRow {
        summary: summary(row)?,
        values: values.iter().map(leaf_values).collect::<Option<_>>()?,
        print: text(&row["print"]),
        repr: text(&row["repr"]),
        files: row["files"].as_array()?.iter().map(file).collect::<Option<_>>()?,
    })
}

fn text(row: &Value) -> Text {
    match row["text"].as_str() {
        Some(text) => Text::Shown(text.to_owned()),
        None if row["error"].is_string() => Text::Failed,
        None => Text::NotAsked,
    }
}

fn leaf_values(row: &Value) -> Option<LeafValues> {
    let mut leaf = LeafValues {
        path: sizes(&row["path"])?,
        kind: row["kind"].as_str()?.chars().next()?,
        itemsize: usize::try_from(row["itemsize"].as_u64()?).ok()?,
        values: row["values"].as_array()?.clone(),
    };
    leaves::normalised(&mut leaf);
    Some(leaf)
}

fn file(row: &Value) -> Option<FileRow> {
    let text = |key: &str| row[key].as_str().map(str::to_owned);
    let loaded = match &row["loaded"] {
        Value::Null => None,
        loaded => Some(summary(loaded)?),
    };
    Some(FileRow {
        encoding: text("encoding")?,
        file: text("file")?,
        error: text("error"),
        loaded,
        load_error: text("load_error"),
    })
}

fn summary(row: &Value) -> Option<Summary> {
    let strides = row["strides"].as_array()?.iter();
    let strides: Option<_> = strides.map(|value| isize::try_from(value.as_i64()?).ok()).collect();
    Some(Summary {
        shape: sizes(&row["shape"])?,
        strides: strides?,
        c: row["c"].as_bool()?,
        f: row["f"].as_bool()?,
        sha256: row["sha256"].as_str()?.to_owned(),
    })
}

fn sizes(value: &Value) -> Option<Vec<usize>> {
    value.as_array()?.iter().map(|size| usize::try_from(size.as_u64()?).ok()).collect()
}
