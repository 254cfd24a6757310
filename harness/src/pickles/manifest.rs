//! What Python pickled, and what it says of it: `manifest.jsonl` and `pickles.bin`, described in
//! `python-fixtures/README.md`.

use std::collections::BTreeSet;
use std::path::Path;

use bytes::Bytes;
use serde_json::Value as Json;

use crate::error::{Error, Result};
use crate::{fixtures, manifest};

/// A way to pickle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Way {
    /// The protocol.
    pub protocol: u8,
    /// Buffers are handed out beside the pickle.
    pub out_of_band: bool,
    /// By the pickler that is written in Python, in Python 2.
    pub pure: bool,
}

impl Way {
    fn of(word: &str) -> Option<Way> {
        let protocol = word.bytes().next()?.checked_sub(b'0').filter(|&it| it <= 5)?;
        let (out_of_band, pure) = match word.get(1..)? {
            "" => (false, false),
            "-out" => (true, false),
            "-py" => (false, true),
            _ => return None,
        };
        Some(Way { protocol, out_of_band, pure })
    }

    /// The word of scripts and tables.
    pub fn word(self) -> String {
        let rest = match self {
            Way { out_of_band: true, .. } => "-out",
            Way { pure: true, .. } => "-py",
            _ => "",
        };
        format!("{}{rest}", self.protocol)
    }
}

/// One value in one way.
#[derive(Clone, Debug)]
pub struct Dump {
    /// Which way.
    pub way: Way,
    /// The pickle; or why NumPy did not write it.
    pub pickle: Result<Bytes, String>,
    /// The buffers beside it, each with whether it is read only.
    pub buffers: Vec<(Bytes, bool)>,
    /// What `pickle.loads` makes of it: an index into [`Manifest::loaded`]; or why it makes nothing.
    pub loaded: Result<usize, String>,
}

/// One value.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its kind, which the table counts by.
    pub family: String,
    /// Unique.
    pub name: String,
    /// What it is; nothing for an array of the matrix.
    pub value: Option<Json>,
    /// The ways in which it was pickled.
    pub dumps: Vec<Dump>,
}

/// A `.npy` or `.npz` file with a pickle inside of it.
#[derive(Clone, Debug)]
pub struct FileCase {
    /// Unique for its form.
    pub name: String,
    /// `npy` or `npz`.
    pub form: String,
    /// What it holds: an array, or pairs of names and arrays.
    pub value: Json,
    /// The file; or why NumPy did not write it.
    pub file: Result<Bytes, String>,
    /// What `np.load` makes of it, as for [`Dump::loaded`].
    pub loaded: Option<usize>,
}

/// Everything that was pickled in one environment.
#[derive(Debug, Default)]
pub struct Manifest {
    /// The values.
    pub cases: Vec<Case>,
    /// The files.
    pub files: Vec<FileCase>,
    /// What loaded values are.
    pub loaded: Vec<Json>,
    /// Names of what NumPy could not make.
    pub impossible: Vec<String>,
    /// Every family of values.
    pub families: BTreeSet<String>,
    /// Where long data of descriptions lies.
    pub blob: Bytes,
}

impl Manifest {
    /// Reads what lies in a folder.
    ///
    /// # Errors
    /// Files that cannot be read, or do not say what they should.
    pub fn read(directory: &Path) -> Result<Manifest> {
        let blob = Bytes::from(fixtures::read(&directory.join("pickles.bin"))?);
        let path = directory.join("manifest.jsonl");
        let mut manifest = Manifest { blob, ..Manifest::default() };
        let mut ended = false;
        for row in manifest::rows(&path)? {
            let wrong = || Error::Manifest {
                path: path.clone(),
                cause: format!("a row of another form than documented: {row:.300}"),
            };
            ended = row["kind"] == "end";
            manifest.add(&row).ok_or_else(wrong)?;
        }
        if !ended {
            return Err(Error::Manifest { path, cause: "it has no end".to_owned() });
        }
        Ok(manifest)
    }

    fn add(&mut self, row: &Json) -> Option<()> {
        match row["kind"].as_str()? {
            "environment" | "end" => {}
            "loaded" => {
                let number = usize::try_from(row["number"].as_u64()?).ok()?;
                (number == self.loaded.len()).then_some(())?;
                self.loaded.push(row["value"].clone());
            }
            "pickle" | "file" if row["value"].is_null() && row["error"].is_string() => {
                self.impossible.push(row["name"].as_str()?.to_owned());
            }
            "pickle" => {
                let dumps = row["dumps"].as_array()?.iter().map(|dump| self.dump(dump));
                let dumps = dumps.collect::<Option<_>>()?;
                self.families.insert(row["family"].as_str()?.to_owned());
                self.cases.push(Case {
                    family: row["family"].as_str()?.to_owned(),
                    name: row["name"].as_str()?.to_owned(),
                    value: row.get("value").cloned(),
                    dumps,
                });
            }
            "file" => self.files.push(FileCase {
                name: row["name"].as_str()?.to_owned(),
                form: row["form"].as_str()?.to_owned(),
                value: row["value"].clone(),
                file: self.piece(row)?,
                loaded: row["loaded"].as_u64().and_then(|it| usize::try_from(it).ok()),
            }),
            _ => return None,
        }
        Some(())
    }

    fn dump(&self, row: &Json) -> Option<Dump> {
        let buffers = row["buffers"].as_array().map_or(&[][..], Vec::as_slice);
        let buffer = |place: &Json| Some((self.slice(place)?, place[2].as_bool()?));
        let loaded = match (row["loaded"].as_u64(), row["load_error"].as_str()) {
            (Some(number), _) => Ok(usize::try_from(number).ok()?),
            (None, error) => Err(error.unwrap_or("it was not written").to_owned()),
        };
        Some(Dump {
            way: Way::of(row["word"].as_str()?)?,
            pickle: self.piece(row)?,
            buffers: buffers.iter().map(buffer).collect::<Option<_>>()?,
            loaded,
        })
    }

    fn piece(&self, row: &Json) -> Option<Result<Bytes, String>> {
        match row["error"].as_str() {
            Some(error) => Some(Err(error.to_owned())),
            None => Some(Ok(self.slice(&row["at"])?)),
        }
    }

    /// `[offset, length, ...]` in the file of bytes.
    pub fn slice(&self, place: &Json) -> Option<Bytes> {
        let number = |index: usize| usize::try_from(place[index].as_u64()?).ok();
        let (at, len) = (number(0)?, number(1)?);
        (at.checked_add(len)? <= self.blob.len()).then(|| self.blob.slice(at..at + len))
    }

    /// Data of a description: hexadecimal where it is short.
    pub fn data(&self, data: &Json) -> Option<Bytes> {
        match data.as_str() {
            Some(text) => Some(Bytes::from(crate::verdicts::unhex(text))),
            None => self.slice(data),
        }
    }
}
