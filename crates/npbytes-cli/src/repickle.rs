//! Arrays, and whatever else is in pickles, into a pickle.

use std::io::{BufWriter, Write};
use std::path::Path;

use npbytes::pickle::{
    ArrayClass, ArrayObject, NumPyValue, OutOfBand, Pickle, Value, WriteOptions,
};
use npbytes::{ErrorKind, Order, replace_file};

use crate::contents::Contents;
use crate::decode::Content;
use crate::entries::{Entry, read_all};
use crate::failure::{Failure, Result, note};
use crate::flags::{LayoutArgs, PickleArgs};
use crate::input::Input;
use crate::output;
use crate::pickled::{Pickled, is_missing_buffer};
use crate::source::Source;
use crate::unpack::write_bytes;

/// How a pickle is made.
pub(crate) struct Pickling<'a> {
    pub(crate) input: &'a Input,
    pub(crate) layout: &'a LayoutArgs,
    pub(crate) flags: &'a PickleArgs,
    /// Whether it is a file of joblib.
    pub(crate) joblib: bool,
    /// The file's name in messages.
    pub(crate) target: String,
}

/// A pickle that is to be written.
pub(crate) struct Made {
    pickle: Pickle,
    /// The protocol of the one that it was made of.
    protocol: Option<u8>,
}

impl Pickling<'_> {
    /// The pickle of what a source is: an array, or what a pickle holds, all of it, in that one's protocol.
    ///
    /// # Errors
    /// Flags about arrays where there is none.
    pub(crate) fn of_content(&self, source: &Source, content: Content) -> Result<Made> {
        let pickled = match content {
            Content::Array(loaded) => {
                loaded.note_trailing(source);
                let pickle = self.of_contents(source, &Contents::Array(loaded.array))?;
                return Ok(Made { pickle, protocol: None });
            }
            Content::Pickled(pickled) => pickled,
        };
        pickled.note_trailing(source);
        Ok(Made { pickle: self.of_pickled(source, &pickled)?, protocol: pickled.protocol() })
    }

    fn of_pickled(&self, source: &Source, pickled: &Pickled) -> Result<Pickle> {
        if self.input.has_part() || !self.layout.keeps_layout() {
            return self.of_contents(source, &Contents::Array(pickled.load(source)?.array));
        }
        // An array comes out as the NumPy that is imitated pickles it.
        if let Some(NumPyValue::Array(found)) = pickled.numpy(source)?
            && found.class == ArrayClass::NdArray
            && !found.record
        {
            let mut pickle = Pickle::new();
            let array = ArrayObject::new(found.array).writeable(found.writeable);
            let root = pickle.array(array);
            pickle.set_root(root);
            return Ok(pickle);
        }
        let pickle = pickled.to_pickle().map_err(|error| pickled.failure(source, &error))?;
        self.retargeted(source, pickle)
    }

    /// The pickle of the dict that `dict(np.load('a.npz'))` is: arrays by their names.
    pub(crate) fn of_entries(&self, entries: &[&Entry<'_>]) -> Result<Made> {
        let all = read_all(entries)?;
        let mut pickle = Pickle::new();
        let mut pairs = Vec::with_capacity(all.len());
        for (entry, contents) in entries.iter().zip(&all) {
            let name = pickle.text(entry.name.as_str());
            let value = match contents {
                Contents::Array(array) => self.array(&entry.source, &mut pickle, array)?,
                Contents::Objects(_) if entries.len() == 1 => {
                    return Err(Failure::new(
                        entry.source.name(),
                        "an array of objects is pickled alone, and not in a dict",
                    )
                    .with_help("name it as FILE::MEMBER, and leave NAME= out"));
                }
                Contents::Objects(_) => {
                    return Err(Failure::new(
                        entry.source.name(),
                        "an array of objects is pickled alone, and not with others",
                    )
                    .with_help("write each of them into a pickle of its own"));
                }
                Contents::Bytes(bytes) => pickle.bytes(bytes.clone()),
            };
            pairs.push((name, value));
        }
        let root = pickle.dict(pairs);
        pickle.set_root(root);
        Ok(Made { pickle, protocol: None })
    }

    fn of_contents(&self, source: &Source, contents: &Contents) -> Result<Pickle> {
        let mut pickle = Pickle::new();
        let root = match contents {
            Contents::Array(array) => self.array(source, &mut pickle, array)?,
            Contents::Objects(part) => {
                let part = part.to_pickle();
                let part = part.map_err(|error| Failure::of(source.name(), &error, 0))?;
                return self.retargeted(source, part);
            }
            Contents::Bytes(bytes) => pickle.bytes(bytes.clone()),
        };
        pickle.set_root(root);
        Ok(pickle)
    }

    /// What the flags leave of an array, as a value of the pickle.
    fn array(&self, source: &Source, pickle: &mut Pickle, array: &npbytes::Array) -> Result<Value> {
        let view = array.view();
        let failure = |error: npbytes::Error| self.layout.failure(&self.target, &error);
        if !self.input.has_part() && self.layout.keeps_layout() {
            return Ok(pickle.array(ArrayObject::new(array.clone())));
        }
        let view = self.input.part(source, &view)?;
        let (order, byte_order) = self.layout.elements(Order::A);
        let array = view.to_array(order, byte_order).map_err(failure)?;
        Ok(pickle.array(ArrayObject::new(array)))
    }

    /// A decoded pickle under the names of another NumPy, if one was asked for.
    fn retargeted(&self, source: &Source, mut pickle: Pickle) -> Result<Pickle> {
        if let Some(numpy) = self.input.asked_numpy() {
            let done = pickle.retarget(numpy);
            done.map_err(|error| Failure::of(source.name(), &error, 0))?;
        }
        Ok(pickle)
    }

    /// Writes a pickle to a file, which is replaced whole or not at all, or to standard output.
    pub(crate) fn write(&self, path: Option<&Path>, made: &Made) -> Result<()> {
        let Made { pickle, protocol } = made;
        let failure = |error: npbytes::Error| self.failure(&error);
        let options = self.flags.options(self.layout.profile(self.input.numpy), *protocol)?;
        let (bytes, buffers) = match (self.joblib, self.flags.buffers()) {
            (true, Some(_)) => {
                return Err(Failure::new(
                    "--to-buffers",
                    "a file of joblib has no buffers beside it",
                )
                .with_help("write a pickle: --to pickle"));
            }
            (true, None) => (pickle.encode_joblib(&options).map_err(failure)?, Vec::new()),
            (false, None) => return self.write_plain(path, pickle, &options),
            (false, Some(_)) => pickle.encode_out_of_band(&options).map_err(failure)?,
        };
        if let Some(folder) = self.flags.buffers() {
            if buffers.is_empty() {
                note("there are no buffers: the elements stay in the pickle");
            }
            write_buffers(folder, &buffers)?;
        }
        match path {
            Some(path) => write_bytes(path, &bytes).map_err(failure),
            None => {
                let mut out = output::stdout();
                out.write_all(&bytes)
                    .and_then(|()| out.flush())
                    .map_err(|error| Failure::stdout(&error))
            }
        }
    }
}

impl Pickling<'_> {
    /// Writes a pickle without buffers, of which the elements of large arrays are not copied.
    fn write_plain(
        &self,
        path: Option<&Path>,
        pickle: &Pickle,
        options: &WriteOptions,
    ) -> Result<()> {
        let encode = |target: &mut dyn Write| -> npbytes::Result<()> {
            let mut target = BufWriter::with_capacity(1 << 16, target);
            pickle.encode_to(&mut target, options)?;
            Ok(target.flush()?)
        };
        let written = match path {
            Some(path) => replace_file(path, |mut file| encode(&mut file)),
            None => encode(&mut output::stdout()),
        };
        let Err(error) = written else { return Ok(()) };
        let is_io = matches!(error.kind(), ErrorKind::Io { .. });
        if !is_io && pickle.encode_joblib(options).is_ok() {
            let message = "the arrays of a joblib file are no part of a plain pickle";
            return Err(Failure::new(self.target.as_str(), message)
                .with_help("write a file of joblib: OUT.joblib, or --to joblib")
                .with_help("or its arrays alone: OUT.npz"));
        }
        Err(self.failure(&error))
    }

    /// The failure to write the pickle.
    fn failure(&self, error: &npbytes::Error) -> Failure {
        let failure = self.layout.failure(&self.target, error);
        match (self.input.buffers_help(), error.kind()) {
            (Some(help), _) if is_missing_buffer(error) => failure.with_only_help(help),
            (_, ErrorKind::Unsupported(message)) if message.contains("takes protocol 5") => {
                failure.with_help("write that: --protocol 5")
            }
            _ => failure,
        }
    }
}

/// Writes buffers as files `0`, `1` and so on into a folder that has nothing else in it.
fn write_buffers(folder: &Path, buffers: &[OutOfBand]) -> Result<()> {
    let name = folder.display().to_string();
    let io_failure = |error: std::io::Error| Failure::io(&*name, &error);
    std::fs::create_dir_all(folder).map_err(io_failure)?;
    if folder.read_dir().map_err(io_failure)?.next().is_some() {
        return Err(Failure::new(&*name, "the folder for the buffers is not empty").with_help(
            "name a new one: all files in it are taken for buffers when they are read",
        ));
    }
    for (index, buffer) in buffers.iter().enumerate() {
        let path = folder.join(index.to_string());
        replace_file(&path, |mut file| {
            file.write_all(&buffer.data)
                .map_err(|error| Failure::io(path.display().to_string(), &error))
        })?;
    }
    Ok(())
}
