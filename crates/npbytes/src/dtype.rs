//! What the bytes of an array mean: everything that NumPy can say about an element, as a value.
//!
//! A [`DType`] is data, not a type parameter: a Rust type enters only where elements are looked at
//! (see [`Element`](crate::Element)). This floor knows nothing of arrays, files or shapes of arrays.
//!
//! ```
//! use npbytes::DType;
//! let point = DType::parse("[('x', '<f8'), ('y', '<f8'), ('', '|V8')]")?;
//! assert_eq!(point.itemsize(), 24);
//! assert_eq!(point.fields().unwrap()[1].offset(), 8);
//! # Ok::<(), npbytes::Error>(())
//! ```

mod descr;
mod display;
mod names;
mod structure;
mod text;
mod time;

use std::hash::{Hash, Hasher};
use std::sync::Arc;

pub use structure::{Field, Struct, Subarray};
pub(crate) use text::parse_typestr;
pub use time::{TimeUnit, Unit};

use crate::error::{Error, Result};
use crate::literal::Value;
use crate::numpy::NumPy;

/// The largest itemsize that NumPy can describe: it counts in a C `int`.
pub(crate) const MAX_ITEMSIZE: usize = 0x7fff_ffff;

/// The type of an array's elements.
///
/// Cheap to clone. Equality is that of layout and meaning: as in NumPy, metadata and the `aligned`
/// flag do not count, while byte order, titles, offsets and padding do. Unlike in NumPy, `M8[1000ms]`
/// and `M8[s]` differ: their bytes on disk are the same, their headers are not.
#[derive(Clone)]
pub struct DType {
    kind: Kind,
    order: ByteOrder,
    metadata: Option<Arc<Value>>,
}

/// What an element is, apart from its byte order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// `bool`: one byte, 0 or 1 by convention only.
    Bool,
    /// `int8`
    Int8,
    /// `int16`
    Int16,
    /// `int32`
    Int32,
    /// `int64`
    Int64,
    /// `uint8`
    UInt8,
    /// `uint16`
    UInt16,
    /// `uint32`
    UInt32,
    /// `uint64`
    UInt64,
    /// `float16`: IEEE binary16.
    Float16,
    /// `float32`: IEEE binary32.
    Float32,
    /// `float64`: IEEE binary64.
    Float64,
    /// `longdouble` as x86-64 has it (`float128`): the 80-bit x87 format in 16 bytes, of which the
    /// last six (the first six when big-endian) are padding of any value.
    LongDouble,
    /// `complex64`: two `float32`, real then imaginary; each is swapped on its own.
    Complex64,
    /// `complex128`: two `float64`.
    Complex128,
    /// `clongdouble` (`complex256`): two [`Kind::LongDouble`].
    ComplexLongDouble,
    /// `bytes_` of this many bytes (`S`); NumPy strips trailing NULs when it shows one.
    Bytes(usize),
    /// `str_` of this many **characters** (`U`), four bytes (UCS-4) each.
    Str(usize),
    /// Unstructured `void` of this many bytes (`V`).
    Void(usize),
    /// `datetime64`: `int64` counts since 1970 in a unit; the smallest value is NaT.
    DateTime64(TimeUnit),
    /// `timedelta64`: `int64` counts of a unit; the smallest value is NaT.
    TimeDelta64(TimeUnit),
    /// `object_`: in memory pointers, in files a pickle.
    Object,
    /// NumPy 2's `StringDType`: in files a pickle.
    String,
    /// Named fields at offsets: a structured dtype.
    Struct(Arc<Struct>),
    /// A fixed shape of elements of another dtype. NumPy has it inside structs only.
    Subarray(Arc<Subarray>),
}

/// Which byte of a number comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ByteOrder {
    /// Least significant first (`<`).
    Little,
    /// Most significant first (`>`).
    Big,
    /// Single bytes, and what is made of parts that have their own order (`|`).
    NotApplicable,
}

impl ByteOrder {
    /// This machine's order.
    pub const NATIVE: Self = if cfg!(target_endian = "little") { Self::Little } else { Self::Big };

    /// NumPy's character for it: `<`, `>` or `|`.
    pub const fn as_char(self) -> char {
        match self {
            Self::Little => '<',
            Self::Big => '>',
            Self::NotApplicable => '|',
        }
    }
}

impl DType {
    /// A dtype in this machine's byte order.
    ///
    /// # Errors
    /// A string or void longer than NumPy can describe (2 GiB).
    pub fn new(kind: Kind) -> Result<Self> {
        let dtype = Self::native(kind);
        if dtype.checked_itemsize().is_none_or(|size| size > MAX_ITEMSIZE) {
            return Err(Error::dtype("an itemsize beyond 2147483647 bytes"));
        }
        Ok(dtype)
    }

    /// A dtype whose size is known to be possible, in this machine's byte order.
    pub(crate) const fn native(kind: Kind) -> Self {
        let order =
            if kind.has_byte_order() { ByteOrder::NATIVE } else { ByteOrder::NotApplicable };
        Self { kind, order, metadata: None }
    }

    /// A packed struct of named fields, as `np.dtype([(name, dtype), ...])`.
    ///
    /// # Errors
    /// A name that occurs twice, or an itemsize beyond 2 GiB.
    pub fn structured<N: Into<crate::PyStr>>(
        fields: impl IntoIterator<Item = (N, Self)>,
    ) -> Result<Self> {
        Struct::packed(fields.into_iter().map(|(name, dtype)| (name.into(), None, dtype)))
            .map(Self::from)
    }

    /// A struct with the padding a C compiler would add, as `np.dtype([...], align=True)`.
    ///
    /// # Errors
    /// As [`DType::structured`].
    pub fn aligned<N: Into<crate::PyStr>>(
        fields: impl IntoIterator<Item = (N, Self)>,
    ) -> Result<Self> {
        Struct::aligned(fields.into_iter().map(|(name, dtype)| (name.into(), None, dtype)))
            .map(Self::from)
    }

    /// A fixed shape of elements, as `np.dtype((base, shape))`; the base itself where the shape is
    /// `()`.
    ///
    /// # Errors
    /// A shape or an itemsize that NumPy cannot describe, or a string or void of length 0.
    pub fn subarray(base: Self, shape: &[usize]) -> Result<Self> {
        let unsized_kind = matches!(base.char_kind(), 'S' | 'U' | 'V') && base.fields().is_none();
        if unsized_kind && base.itemsize() == 0 {
            // NumPy takes what follows an unsized dtype for its length, and a shape is none.
            return Err(Error::dtype(format!("a shape of {base}, which has no length")));
        }
        if shape.is_empty() {
            return Ok(base);
        }
        Ok(Self::native(Kind::Subarray(Arc::new(Subarray::new(base, shape)?))))
    }

    /// `np.dtype((base, n))`: a subarray of one axis, or the length of a string or void without one.
    fn repeated(self, n: usize, numpy: NumPy) -> Result<Self> {
        let kind = match self.kind {
            Kind::Bytes(0) => Kind::Bytes(n),
            Kind::Str(0) => Kind::Str(n),
            Kind::Void(0) => Kind::Void(n),
            // NumPy 1 took a repeat of one for none.
            _ if n == 1 && !numpy.keeps_single_repeats() => return Ok(self),
            _ => return Self::subarray(self, &[n]),
        };
        Self::new(kind).map(|dtype| dtype.with_byte_order(self.order))
    }

    /// Reads any text that `np.dtype(text)` takes, of the newest NumPy, and the literals that `str`
    /// and `repr` of a dtype and a .npy header show: lists of fields, `(base, shape)` tuples, dicts
    /// with `names`, `formats` and `offsets`.
    ///
    /// A field `('', '|V4')` is padding, as in a header.
    ///
    /// # Errors
    /// [`ErrorKind::DType`](crate::ErrorKind::DType) with the offset of the character that is wrong.
    pub fn parse(text: &str) -> Result<Self> {
        Self::parse_for(text, NumPy::LATEST)
    }

    /// Reads a text as a given NumPy does: the names, and `1i4` and `i4,`, changed with 2.0.
    ///
    /// # Errors
    /// As [`DType::parse`].
    pub fn parse_for(text: &str, numpy: NumPy) -> Result<Self> {
        // `(2, 3)i4` is none, `('i4', (2, 3))` and `([], (2,))` are.
        let start = text.trim_start();
        let literal = start.starts_with(['[', '{'])
            || start.strip_prefix('(').is_some_and(|inner| {
                inner.trim_start().starts_with(['(', '[', '{']) || inner.contains(['\'', '"'])
            });
        if literal { descr::parse_literal(text, numpy) } else { text::parse(text, numpy) }
    }

    /// What an element is, apart from its byte order.
    pub const fn kind(&self) -> &Kind {
        &self.kind
    }

    /// The byte order; that of a struct is [`ByteOrder::NotApplicable`], its fields have their own.
    pub const fn byte_order(&self) -> ByteOrder {
        self.order
    }

    /// The bytes that one element takes, padding included.
    pub fn itemsize(&self) -> usize {
        self.checked_itemsize().unwrap_or(0)
    }

    fn checked_itemsize(&self) -> Option<usize> {
        Some(match &self.kind {
            Kind::Bool | Kind::Int8 | Kind::UInt8 => 1,
            Kind::Int16 | Kind::UInt16 | Kind::Float16 => 2,
            Kind::Int32 | Kind::UInt32 | Kind::Float32 => 4,
            Kind::Int64
            | Kind::UInt64
            | Kind::Float64
            | Kind::Complex64
            | Kind::DateTime64(_)
            | Kind::TimeDelta64(_)
            | Kind::Object => 8,
            Kind::LongDouble | Kind::Complex128 | Kind::String => 16,
            Kind::ComplexLongDouble => 32,
            Kind::Bytes(len) | Kind::Void(len) => *len,
            Kind::Str(chars) => chars.checked_mul(4)?,
            Kind::Struct(fields) => fields.itemsize(),
            Kind::Subarray(sub) => sub.itemsize(),
        })
    }

    /// The alignment NumPy gives an element in memory, in bytes (that of x86-64).
    pub fn alignment(&self) -> usize {
        match &self.kind {
            Kind::Bool | Kind::Int8 | Kind::UInt8 | Kind::Bytes(_) | Kind::Void(_) => 1,
            Kind::Int16 | Kind::UInt16 | Kind::Float16 => 2,
            Kind::Int32 | Kind::UInt32 | Kind::Float32 | Kind::Complex64 | Kind::Str(_) => 4,
            Kind::Int64
            | Kind::UInt64
            | Kind::Float64
            | Kind::Complex128
            | Kind::DateTime64(_)
            | Kind::TimeDelta64(_)
            | Kind::Object
            | Kind::String => 8,
            Kind::LongDouble | Kind::ComplexLongDouble => 16,
            Kind::Struct(fields) => fields.alignment(),
            Kind::Subarray(sub) => sub.base().alignment(),
        }
    }

    /// NumPy's one-letter `dtype.kind`: one of `biufcSUVMmOT`; structs and subarrays are `V`.
    #[doc(alias = "kind")]
    pub const fn char_kind(&self) -> char {
        match &self.kind {
            Kind::Bool => 'b',
            Kind::Int8 | Kind::Int16 | Kind::Int32 | Kind::Int64 => 'i',
            Kind::UInt8 | Kind::UInt16 | Kind::UInt32 | Kind::UInt64 => 'u',
            Kind::Float16 | Kind::Float32 | Kind::Float64 | Kind::LongDouble => 'f',
            Kind::Complex64 | Kind::Complex128 | Kind::ComplexLongDouble => 'c',
            Kind::Bytes(_) => 'S',
            Kind::Str(_) => 'U',
            Kind::Void(_) | Kind::Struct(_) | Kind::Subarray(_) => 'V',
            Kind::DateTime64(_) => 'M',
            Kind::TimeDelta64(_) => 'm',
            Kind::Object => 'O',
            Kind::String => 'T',
        }
    }

    /// The fields of a struct, in the order of their names; `None` for all other kinds.
    pub fn fields(&self) -> Option<&[Field]> {
        match &self.kind {
            Kind::Struct(fields) => Some(fields.fields()),
            _ => None,
        }
    }

    /// The field of a struct by its name or its title.
    ///
    /// # Errors
    /// [`ErrorKind::Field`](crate::ErrorKind::Field), which lists the names there are.
    pub fn field(&self, name: &str) -> Result<&Field> {
        let fields = self.fields().unwrap_or_default();
        fields.iter().find(|field| field.is_called(name)).ok_or_else(|| Error::field(name, fields))
    }

    /// The base and the shape of a subarray dtype.
    pub fn as_subarray(&self) -> Option<(&Self, &[usize])> {
        match &self.kind {
            Kind::Subarray(sub) => Some((sub.base(), sub.shape())),
            _ => None,
        }
    }

    /// Whether the struct was made with `align=True`; a .npy header cannot say so.
    pub fn is_aligned_struct(&self) -> bool {
        matches!(&self.kind, Kind::Struct(fields) if fields.is_aligned())
    }

    /// How many structs and subarrays lie in each other: 0 for a scalar.
    fn depth(&self) -> usize {
        match &self.kind {
            Kind::Struct(fields) => fields.depth(),
            Kind::Subarray(sub) => sub.depth(),
            _ => 0,
        }
    }

    /// Whether elements are or hold Python objects or `StringDType` strings: their bytes mean
    /// nothing outside the process, and files hold a pickle instead.
    #[doc(alias = "hasobject")]
    pub fn has_object(&self) -> bool {
        match &self.kind {
            Kind::Object | Kind::String => true,
            Kind::Struct(fields) => fields.fields().iter().any(|field| field.dtype().has_object()),
            Kind::Subarray(sub) => sub.base().has_object(),
            _ => false,
        }
    }

    /// Whether numbers lie in this machine's byte order, fields and subarrays included.
    #[doc(alias = "isnative")]
    pub fn is_native(&self) -> bool {
        match &self.kind {
            Kind::Struct(fields) => fields.fields().iter().all(|field| field.dtype().is_native()),
            Kind::Subarray(sub) => sub.base().is_native(),
            _ => matches!(self.order, ByteOrder::NotApplicable | ByteOrder::NATIVE),
        }
    }

    /// The same dtype with every number in the given byte order, fields and subarrays included, as
    /// `newbyteorder('<')` and `('>')`; [`ByteOrder::NotApplicable`] leaves it as it is (`'|'`).
    #[must_use]
    #[doc(alias = "newbyteorder")]
    pub fn with_byte_order(&self, order: ByteOrder) -> Self {
        if order == ByteOrder::NotApplicable {
            return self.clone();
        }
        let (kind, order) = match &self.kind {
            Kind::Struct(fields) => (
                Kind::Struct(Arc::new(fields.map_dtypes(|dtype| dtype.with_byte_order(order)))),
                ByteOrder::NotApplicable,
            ),
            Kind::Subarray(sub) => (
                Kind::Subarray(Arc::new(sub.map_base(|base| base.with_byte_order(order)))),
                ByteOrder::NotApplicable,
            ),
            kind if kind.has_byte_order() => (kind.clone(), order),
            kind => (kind.clone(), ByteOrder::NotApplicable),
        };
        Self { kind, order, metadata: self.metadata.clone() }
    }

    /// The dtype's metadata (`np.dtype(..., metadata=...)`), a dict.
    pub fn metadata(&self) -> Option<&Value> {
        self.metadata.as_deref()
    }

    /// The same dtype with metadata, or without.
    #[must_use]
    pub fn with_metadata(mut self, metadata: Option<Value>) -> Self {
        self.metadata = metadata.map(Arc::new);
        self
    }

    /// The bytes of one scalar that are swapped as one: the itemsize of a number, half of it for a
    /// complex number, four for a string; `None` where nothing is swapped or the parts differ.
    pub(crate) const fn swap_unit(&self) -> Option<usize> {
        match &self.kind {
            Kind::Int16 | Kind::UInt16 | Kind::Float16 => Some(2),
            Kind::Int32 | Kind::UInt32 | Kind::Float32 | Kind::Complex64 | Kind::Str(_) => Some(4),
            Kind::Int64
            | Kind::UInt64
            | Kind::Float64
            | Kind::Complex128
            | Kind::DateTime64(_)
            | Kind::TimeDelta64(_) => Some(8),
            Kind::LongDouble | Kind::ComplexLongDouble => Some(16),
            _ => None,
        }
    }
}

impl Kind {
    const fn has_byte_order(&self) -> bool {
        !matches!(
            self,
            Self::Bool
                | Self::Int8
                | Self::UInt8
                | Self::Bytes(_)
                | Self::Void(_)
                | Self::Object
                | Self::String
                | Self::Struct(_)
                | Self::Subarray(_)
        )
    }
}

impl From<Struct> for DType {
    fn from(fields: Struct) -> Self {
        Self::native(Kind::Struct(Arc::new(fields)))
    }
}

impl PartialEq for DType {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order && self.kind == other.kind
    }
}

impl Eq for DType {}

impl Hash for DType {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.order.hash(state);
        self.kind.hash(state);
    }
}

impl std::str::FromStr for DType {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}
