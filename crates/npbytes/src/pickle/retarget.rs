//! Pickles of one NumPy for another: the names of modules, the flags of aligned structs, the metadata of
//! datetimes, and the axis orders that only newer ones know.
//!
//! Everything else of the graph stays what it is, arrays in the midst of other objects included. Nothing is
//! imported, so the objects may be of any library.

use std::collections::HashMap;

use bytes::Bytes;

use super::cursor::Cursor;
use super::graph::{How, JoblibContents, Node as Raw, Value};
use super::names::{Known, Name};
use super::opcode::{self, PROTO};
use super::{Pickle, ReadOptions, WriteOptions, machine};
use crate::error::{Error, Result};
use crate::numpy::NumPy;

/// What was changed for another NumPy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Changes {
    /// Globals that have another module.
    pub names: usize,
    /// Aligned structs whose flags are written otherwise.
    pub flags: usize,
    /// Datetimes whose metadata are written otherwise.
    pub metadata: usize,
    /// Arrays in an axis order that the other NumPy cannot read, which lie in C order now.
    pub orders: usize,
    /// Pickles that are written in another protocol, in .npy files of objects.
    pub protocols: usize,
}

impl Changes {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Adds those of another part.
    pub const fn add(&mut self, other: Self) {
        self.names += other.names;
        self.flags += other.flags;
        self.metadata += other.metadata;
        self.orders += other.orders;
        self.protocols += other.protocols;
    }
}

/// Rewrites the pickles of a stream for another NumPy, each in its own protocol. What follows the last of them stays.
///
/// A pickle that CPython's pickler wrote comes out as the other NumPy would have pickled the same objects; one that
/// something else wrote has the same meaning. Of objects that are no data (random generators, ufuncs) the modules are
/// renamed and no more: whether the other NumPy takes them in this form is not known, and NumPy 1 takes no generator
/// of NumPy 2.
///
/// # Errors
/// As [`decode`](super::decode); a `StringDType`, or more than 32 axes, for a NumPy before 2.0.
pub fn retarget(data: &Bytes, numpy: NumPy, options: &ReadOptions) -> Result<(Vec<u8>, Changes)> {
    let mut out = Vec::new();
    let mut changes = Changes::default();
    let mut at = 0;
    loop {
        let outcome = machine::run(data, at, options.buffers.clone(), &options.limits);
        let end = outcome.end;
        let mut pickle = match Pickle::from_outcome(outcome) {
            Ok(pickle) => pickle,
            // What follows a pickle need be none.
            Err(_) if at > 0 => break,
            Err(error) => return Err(error),
        };
        changes.add(pickle.retarget(numpy)?);
        let protocol = protocol_of(data.get(at..end).unwrap_or_default(), pickle.protocol());
        let write = WriteOptions::numpy(numpy).protocol(protocol);
        // The padding of joblib's arrays counts from the start of the file, as only the first pickle in it does.
        if pickle.graph.contents.is_empty() {
            pickle.encode_to(&mut out, &write)?;
        } else if at == 0 {
            out.extend(pickle.encode_joblib(&write)?);
        } else {
            return Err(Error::unsupported("a joblib pickle behind another one").at(at));
        }
        at = end;
        if at == data.len() {
            return Ok((out, changes));
        }
    }
    out.extend_from_slice(data.get(at..).unwrap_or_default());
    Ok((out, changes))
}

/// The protocol of a pickle: what it names, or 1 where it has opcodes of that.
fn protocol_of(data: &[u8], named: u8) -> u8 {
    if named >= 2 || data.first() == Some(&PROTO) {
        return named;
    }
    let mut cursor = Cursor::new(data, 0);
    while let Ok(op) = cursor.opcode() {
        match opcode::describe(op) {
            Some((_, _, 1..)) => return 1,
            Some((_, argument, _)) if cursor.skip(argument).is_ok() => {}
            _ => break,
        }
    }
    0
}

impl Pickle {
    /// Makes the graph one that another NumPy would have made: see [`retarget`]. What was built is written for
    /// whatever NumPy it is encoded for, and is left alone.
    ///
    /// # Errors
    /// A `StringDType`, or more than 32 axes, for a NumPy before 2.0; an array in an axis order that the other NumPy cannot read, and that cannot
    /// be read here either.
    pub fn retarget(&mut self, numpy: NumPy) -> Result<Changes> {
        let mut changes = Changes::default();
        self.retarget_orders(numpy, &mut changes)?;
        self.retarget_names(numpy, &mut changes)?;
        for index in 0..self.graph.nodes.len() {
            self.check_axes(index, numpy)?;
            self.retarget_dtype(index, numpy, &mut changes);
        }
        let nested: Vec<u32> = self.graph.contents.keys().copied().collect();
        for index in nested {
            if let Some(JoblibContents::Pickle(pickle)) = self.graph.contents.get_mut(&index) {
                changes.add(pickle.retarget(numpy)?);
            }
        }
        Ok(changes)
    }

    fn retarget_names(&mut self, numpy: NumPy, changes: &mut Changes) -> Result<()> {
        // One text for each module, as Python has it.
        let mut modules: HashMap<String, Value> = HashMap::new();
        let mut renamed = Vec::new();
        for (index, node) in self.graph.nodes.iter().enumerate() {
            let Raw::Global(name) = node else { continue };
            let Some((module, _)) = name.path_in(&self.graph) else { continue };
            if name.known == Known::StringDType && !numpy.has_string_dtype() {
                let at = self.graph.offsets.get(index).copied().unwrap_or_default();
                return Err(Error::unsupported("NumPy 1 has no StringDType").at(at).with_help(
                    "load it in NumPy 2 and convert the array, with `a.astype(object)` or `a.astype(str)`",
                ));
            }
            match renamed_module(name.known, &module, numpy) {
                Some(new) => renamed.push((index, new)),
                None => drop(modules.entry(module).or_insert(name.module)),
            }
        }
        for (index, new) in renamed {
            let module = match modules.get(&new) {
                Some(&module) => module,
                None => {
                    let module = self.text(new.as_str());
                    modules.insert(new, module);
                    module
                }
            };
            if let Some(Raw::Global(name)) = self.graph.nodes.get_mut(index) {
                // NumPy's modules are called the same in Python 2.
                *name = Name { module, ..*name };
                changes.names += 1;
            }
        }
        Ok(())
    }

    /// Refuses an array of more axes than the NumPy can have.
    fn check_axes(&self, index: usize, numpy: NumPy) -> Result<()> {
        let Some(Raw::Object(object)) = self.graph.nodes.get(index) else { return Ok(()) };
        let shape = match (self.graph.known(object.callable), self.graph.tuple(object.state)) {
            (Known::Reconstruct | Known::MaReconstruct, Some([_, shape, ..])) => *shape,
            (Known::FromBuffer, _) => match self.graph.tuple(object.args) {
                Some([_, _, shape, ..]) => *shape,
                _ => return Ok(()),
            },
            _ => return Ok(()),
        };
        match self.graph.tuple(shape) {
            Some(dims) if dims.len() > numpy.max_dims() => {
                let at = self.graph.offsets.get(index).copied().unwrap_or_default();
                Err(super::save::too_many_axes(dims.len(), numpy).at(at))
            }
            _ => Ok(()),
        }
    }

    /// The flags and the metadata in the state of a dtype.
    fn retarget_dtype(&mut self, index: usize, numpy: NumPy, changes: &mut Changes) {
        let Some(&Raw::Object(object)) = self.graph.nodes.get(index) else { return };
        if object.how != How::Reduce || self.graph.known(object.callable) != Known::DType {
            return;
        }
        let Some(state) = self.graph.tuple(object.state) else { return };
        if !matches!(state.len(), 8 | 9) {
            return;
        }
        let mut state = state.to_vec();
        let mut changed = false;
        if let Some(flags) = self.graph.int(state[7]) {
            let signed = numpy.pickles_signed_flags();
            let flags = match flags {
                128..256 if signed => Some(flags - 256),
                -128..0 if !signed => Some(flags + 256),
                _ => None,
            };
            if let Some(flags) = flags.and_then(Value::int) {
                state[7] = flags;
                changes.flags += 1;
                changed = true;
            }
        }
        if let Some(&[metadata, unit]) = state.get(8).and_then(|&pair| self.graph.tuple(pair)) {
            let none = numpy.pickles_no_time_metadata_as_none();
            let empty =
                matches!(self.graph.node(metadata), Some(Raw::Dict(pairs)) if pairs.is_empty());
            let new = match metadata {
                metadata if metadata == Value::NONE && !none => Some(self.dict([])),
                _ if empty && none => Some(Value::NONE),
                _ => None,
            };
            if let Some(metadata) = new {
                state[8] = self.tuple(&[metadata, unit]);
                changes.metadata += 1;
                changed = true;
            }
        }
        if changed {
            let state = self.tuple(&state);
            if let Some(Raw::Object(object)) = self.graph.nodes.get_mut(index) {
                object.state = state;
            }
        }
    }

    /// Arrays in order 'K' become copies in C order, as older NumPys pickle them.
    fn retarget_orders(&mut self, numpy: NumPy, changes: &mut Changes) -> Result<()> {
        if !numpy.pickles_any_axis_order() {
            changes.orders += self.reconstruct_arrays(numpy, |args| args.len() == 5)?;
        }
        Ok(())
    }
}

/// The module that a NumPy has a global in, where it is another one.
fn renamed_module(known: Known, module: &str, numpy: NumPy) -> Option<String> {
    let path = match known {
        Known::CodecsEncode
        | Known::Bytes
        | Known::ByteArray
        | Known::Complex
        | Known::Set
        | Known::FrozenSet => None,
        known => known.path(numpy),
    };
    if let Some((new, _)) = path {
        return (new != module).then(|| new.to_owned());
    }
    // Ufuncs and others of the inner module. Some have moved since, but are found here as well.
    let (old, new) = if numpy.has_core_underscore() {
        ("numpy.core", "numpy._core")
    } else {
        ("numpy._core", "numpy.core")
    };
    let rest = module.strip_prefix(old)?;
    (rest.is_empty() || rest.starts_with('.')).then(|| format!("{new}{rest}"))
}
