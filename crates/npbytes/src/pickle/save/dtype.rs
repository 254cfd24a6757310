//! How dtypes are pickled: `dtype(code, False, True)` and its state, metadata included. Read in `pickle/dtype.rs`.

use std::borrow::Cow;

use super::Saver;
use super::bytes::byte_identity;
use crate::dtype::{ByteOrder, DType, Field, Kind, Struct, TimeUnit};
use crate::error::{Error, Result};
use crate::literal;
use crate::pickle::built::DTypeObject;
use crate::pickle::dtype::ALIGNED;
use crate::pickle::graph::Value;
use crate::pickle::integer::Integer;
use crate::pickle::names::Known;
use crate::pickle::opcode::*;
use crate::pickle::pickler::{Identity, Pickler};

impl Saver<'_, '_> {
    /// A dtype: `dtype(code, False, True)` and its state.
    pub(super) fn dtype(&mut self, object: &DTypeObject, identity: Identity<'_>) -> Result<()> {
        self.p.object();
        if self.p.get(identity) {
            return Ok(());
        }
        let dtype = &object.dtype;
        if *dtype.kind() == Kind::String {
            return self.string_dtype(object, identity);
        }
        self.p.known(Known::DType);
        self.p.open_tuple(3);
        if object.record {
            self.p.known(Known::Record);
        } else {
            self.p.text(code(dtype).as_bytes(), Identity::Fresh);
        }
        self.p.bool(false);
        self.p.bool(true);
        self.p.close_tuple(3);
        self.p.memoize(Identity::Fresh);
        self.p.op(REDUCE);
        self.p.memoize(identity);

        let time = match dtype.kind() {
            Kind::DateTime64(unit) | Kind::TimeDelta64(unit) => Some(*unit),
            _ => None,
        };
        let metadata = dtype.metadata();
        let versioned = time.is_some() || metadata.is_some();
        let len = if versioned { 9 } else { 8 };
        self.p.open_tuple(len);
        self.p.int(if versioned { 4 } else { 3 });
        let order = match dtype.byte_order() {
            ByteOrder::Little => b'<',
            ByteOrder::Big => b'>',
            ByteOrder::NotApplicable => b'|',
        };
        self.p.text(&[order], Identity::Char(Some(order)));
        match dtype.as_subarray() {
            Some((base, shape)) => {
                self.p.open_tuple(2);
                self.field_dtype(base)?;
                self.dims(shape);
                self.p.close_tuple(2);
                self.p.memoize(Identity::Fresh);
            }
            None => self.p.none(),
        }
        match dtype.kind() {
            Kind::Struct(fields) => self.fields(fields)?,
            _ => {
                self.p.none();
                self.p.none();
            }
        }
        if matches!(dtype.char_kind(), 'S' | 'U' | 'V') {
            self.p.int(i64::try_from(dtype.itemsize()).unwrap_or(i64::MAX));
            self.p.int(i64::try_from(dtype.alignment()).unwrap_or(i64::MAX));
        } else {
            self.p.int(-1);
            self.p.int(-1);
        }
        let flags = flags(dtype);
        let signed = self.p.profile.numpy.pickles_signed_flags() && flags > 127;
        self.p.int(if signed { flags - 256 } else { flags });
        if let Some(unit) = time {
            self.time_metadata(metadata, unit)?;
        } else if let Some(metadata) = metadata {
            self.plain(metadata)?;
        }
        self.end_state(len);
        Ok(())
    }

    /// The dtype of a field or of a subarray.
    fn field_dtype(&mut self, dtype: &DType) -> Result<()> {
        let object = DTypeObject::new(dtype.clone());
        let identity = own_identity(&object);
        self.dtype(&object, identity)
    }

    /// `(metadata, (unit, multiple, 1, 1))`
    fn time_metadata(&mut self, metadata: Option<&literal::Value>, unit: TimeUnit) -> Result<()> {
        self.p.open_tuple(2);
        match metadata {
            Some(metadata) => self.plain(metadata)?,
            None if self.p.profile.numpy.pickles_no_time_metadata_as_none() => self.p.none(),
            None => {
                self.p.object();
                self.open(EMPTY_DICT, DICT);
                self.p.memoize(Identity::Fresh);
            }
        }
        self.p.open_tuple(4);
        let name = unit.unit().as_str().as_bytes();
        self.bytes(Cow::Borrowed(name), byte_identity(name, Identity::Fresh))?;
        self.p.int(unit.multiple().into());
        self.p.int(1);
        self.p.int(1);
        self.p.close_tuple(4);
        self.p.memoize(Identity::Fresh);
        self.p.close_tuple(2);
        self.p.memoize(Identity::Fresh);
        Ok(())
    }

    /// The names of a struct, then its fields: a dict from names and titles to `(dtype, offset[, title])`.
    fn fields(&mut self, fields: &Struct) -> Result<()> {
        let fields = fields.fields();
        let names: Vec<u32> = if fields.is_empty() {
            self.p.empty_tuple();
            Vec::new()
        } else {
            self.p.open_tuple(fields.len());
            let names = fields
                .iter()
                .map(|field| self.literal_text(field.name().as_utf8()))
                .collect::<Result<_>>()?;
            self.p.close_tuple(fields.len());
            self.p.memoize(Identity::Fresh);
            names
        };
        self.p.object();
        self.open(EMPTY_DICT, DICT);
        self.p.memoize(Identity::Fresh);
        let titles = fields.iter().filter(|field| field.title().is_some()).count();
        let mut batch = PlainBatch::new(self.p, fields.len() + titles);
        for (field, name) in fields.iter().zip(names) {
            batch.before(self.p);
            self.p.object();
            self.p.get_entry(name);
            let (value, title) = self.field(field)?;
            batch.after(self.p);
            if let Some(title) = title {
                batch.before(self.p);
                self.p.object();
                self.p.get_entry(title);
                self.p.object();
                self.p.get_entry(value);
                batch.after(self.p);
            }
        }
        batch.end(self.p);
        Ok(())
    }

    /// `(dtype, offset)` or `(dtype, offset, title)`: the memo entries of the tuple and of the title.
    fn field(&mut self, field: &Field) -> Result<(u32, Option<u32>)> {
        let len = if field.title().is_some() { 3 } else { 2 };
        self.p.open_tuple(len);
        self.field_dtype(field.dtype())?;
        self.p.int(i64::try_from(field.offset()).unwrap_or(i64::MAX));
        let title = field.title().map(|title| self.literal_text(title.as_utf8())).transpose()?;
        self.p.close_tuple(len);
        self.p.memoize(Identity::Fresh);
        Ok((self.p.last_entry(), title))
    }

    fn string_dtype(&mut self, object: &DTypeObject, identity: Identity<'_>) -> Result<()> {
        let string = object.string_dtype();
        self.p.known(Known::StringDType);
        let len = if string.na_object.is_some() { 2 } else { 1 };
        self.p.open_tuple(len);
        self.p.int(string.coerce.into());
        if let Some(na) = string.na_object {
            let waiting = self.tasks.len();
            self.save(na)?;
            while self.tasks.len() > waiting {
                if let Some(task) = self.tasks.pop() {
                    self.run(task)?;
                }
            }
        }
        self.p.close_tuple(len);
        self.p.memoize(Identity::Fresh);
        self.p.op(REDUCE);
        self.p.memoize(identity);
        Ok(())
    }

    /// What the memo knows a text by that stood in a Python source; `None` where each is its own.
    pub(super) fn literal_identity<'t>(&self, utf8: &'t [u8]) -> Option<Identity<'t>> {
        let once = match *utf8 {
            [] => return Some(Identity::Char(None)),
            [ascii @ 0..0x80] => Some(ascii),
            [lead @ 0xc2..=0xc3, next @ 0x80..=0xbf] => Some(lead << 6 | next & 0x3f),
            _ => None,
        };
        if let Some(c) = once {
            let shared = self.p.profile.python.shares_one_character_literals(c);
            return Some(if shared { Identity::Char(Some(c)) } else { Identity::Interned(utf8) });
        }
        let named = utf8.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        named.then_some(Identity::Interned(utf8))
    }

    /// A text as from a source; the number of its memo entry.
    fn literal_text(&mut self, utf8: &[u8]) -> Result<u32> {
        let identity = self.literal_identity(utf8).unwrap_or(Identity::Fresh);
        let known = self.p.memo(identity);
        self.p.any_text(utf8, identity)?;
        Ok(known.unwrap_or_else(|| self.p.last_entry()))
    }

    /// Metadata: plain data. Recurses as deep as it nests, which `literal` and the reader bound.
    fn plain(&mut self, value: &literal::Value) -> Result<()> {
        use literal::Value as Plain;
        match value {
            Plain::None => self.p.none(),
            Plain::Bool(value) => self.p.bool(*value),
            Plain::Int(int) => self.p.long(&Integer::borrowed(&int.to_le_bytes())),
            Plain::Float(float) => self.p.float(*float),
            Plain::Str(text) => {
                self.literal_text(text.as_utf8())?;
            }
            Plain::Bytes(bytes) => {
                // A copy: metadata is small.
                self.bytes(Cow::Owned(bytes.clone()), byte_identity(bytes, Identity::Fresh))?;
            }
            Plain::Tuple(items) if items.is_empty() => self.p.empty_tuple(),
            Plain::Tuple(items) => {
                self.p.open_tuple(items.len());
                items.iter().try_for_each(|item| self.plain(item))?;
                self.p.close_tuple(items.len());
                self.p.memoize(Identity::Fresh);
            }
            Plain::List(items) => {
                self.p.object();
                self.open(EMPTY_LIST, LIST);
                self.p.memoize(Identity::Fresh);
                let mut batch = PlainBatch::new(self.p, items.len()).of_list();
                for item in items {
                    batch.before(self.p);
                    self.plain(item)?;
                    batch.after(self.p);
                }
                batch.end(self.p);
            }
            Plain::Dict(pairs) => {
                self.p.object();
                self.open(EMPTY_DICT, DICT);
                self.p.memoize(Identity::Fresh);
                let mut batch = PlainBatch::new(self.p, pairs.len());
                for (key, value) in pairs {
                    batch.before(self.p);
                    self.plain(key)?;
                    self.plain(value)?;
                    batch.after(self.p);
                }
                batch.end(self.p);
            }
            _ => {
                return Err(Error::unsupported(format!(
                    "metadata of type {} in a pickle",
                    value.type_name()
                )));
            }
        }
        Ok(())
    }
}

/// The groups of a dict or list whose items are written at once.
struct PlainBatch {
    len: usize,
    done: usize,
    one: u8,
    many: u8,
    marked: bool,
}

impl PlainBatch {
    fn new(p: &Pickler<'_>, len: usize) -> Self {
        Self { len, done: 0, one: SETITEM, many: SETITEMS, marked: p.protocol > 0 && len > 1 }
    }

    const fn of_list(self) -> Self {
        Self { one: APPEND, many: APPENDS, ..self }
    }

    fn before(&self, p: &mut Pickler<'_>) {
        if self.marked && self.done.is_multiple_of(super::BATCH) {
            p.op(MARK);
        }
    }

    fn after(&mut self, p: &mut Pickler<'_>) {
        self.done += 1;
        if !self.marked {
            p.op(self.one);
        } else if self.done.is_multiple_of(super::BATCH) || self.done == self.len {
            p.op(self.many);
        }
    }

    fn end(self, p: &mut Pickler<'_>) {
        // A dict whose last group is full has an empty one after it.
        if self.marked && self.one == SETITEM && self.done.is_multiple_of(super::BATCH) {
            p.op(MARK);
            p.op(SETITEMS);
        }
    }
}

/// What NumPy has once: the native dtypes without parameters.
fn native_identity(object: &DTypeObject) -> Option<Identity<'static>> {
    let dtype = &object.dtype;
    if object.record || dtype.metadata().is_some() || !dtype.is_native() {
        return None;
    }
    Some(Identity::NativeDType(match dtype.kind() {
        Kind::Bool => 0,
        Kind::Int8 => 1,
        Kind::Int16 => 2,
        Kind::Int32 => 3,
        Kind::Int64 => 4,
        Kind::UInt8 => 5,
        Kind::UInt16 => 6,
        Kind::UInt32 => 7,
        Kind::UInt64 => 8,
        Kind::Float16 => 9,
        Kind::Float32 => 10,
        Kind::Float64 => 11,
        Kind::LongDouble => 12,
        Kind::Complex64 => 13,
        Kind::Complex128 => 14,
        Kind::ComplexLongDouble => 15,
        Kind::Object => 16,
        _ => return None,
    }))
}

pub(super) fn own_identity(object: &DTypeObject) -> Identity<'static> {
    native_identity(object).unwrap_or(Identity::Fresh)
}

pub(super) fn shared_identity(value: Value, object: &DTypeObject) -> Identity<'static> {
    native_identity(object).unwrap_or(Identity::Value(value))
}

/// The first argument of `dtype(...)`: `f8`, `U3`, `O8`.
fn code(dtype: &DType) -> String {
    let size = match dtype.kind() {
        Kind::Str(chars) => *chars,
        _ => dtype.itemsize(),
    };
    format!("{}{size}", dtype.char_kind())
}

/// NumPy's flags of a dtype: 1 holds objects, 2 is pickled as a list, 8 needs initialising, 16 needs Python, ...
fn flags(dtype: &DType) -> i64 {
    match dtype.kind() {
        Kind::Object => 63,
        Kind::Str(_) => 8,
        Kind::Subarray(sub) => flags(sub.base()),
        Kind::Struct(fields) => {
            let inherited =
                fields.fields().iter().fold(16, |all, field| all | flags(field.dtype()) & 27);
            if fields.is_aligned() { inherited | ALIGNED } else { inherited }
        }
        _ => 0,
    }
}

/// Whether NumPy hands out the buffer of an array of a dtype, as protocol 5 wants it.
pub(super) fn is_exportable(dtype: &DType) -> bool {
    match dtype.kind() {
        Kind::DateTime64(_) | Kind::TimeDelta64(_) => false,
        Kind::Subarray(sub) => is_exportable(sub.base()),
        Kind::Struct(fields) => {
            let mut end = 0;
            fields.fields().iter().all(|field| {
                let follows = field.offset() >= end;
                end = field.end();
                let name = field.name();
                // The format of a buffer names the fields, in UTF-8, and ends names with a colon.
                let named = name.as_str().is_some_and(|name| !name.contains(':'));
                follows && named && is_exportable(field.dtype())
            })
        }
        Kind::LongDouble | Kind::ComplexLongDouble => dtype.byte_order() != ByteOrder::Big,
        _ => true,
    }
}
