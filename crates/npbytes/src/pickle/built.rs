//! What is built to be written: NumPy's objects as they are in Python, before they are pickled.

use bytes::Bytes;

use super::graph::Value;
use crate::array::Array;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::shape::{Order, Shape};

/// The class of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum ArrayClass {
    /// `numpy.ndarray`
    #[default]
    NdArray,
    /// `numpy.matrix`
    Matrix,
    /// `numpy.memmap`; the file is not part of the pickle.
    MemMap,
    /// `numpy.rec.recarray`
    RecArray,
    /// `numpy.char.chararray`
    CharArray,
    /// A class that NumPy does not have, which the pickle names.
    Other,
}

/// A dtype as an object: what a pickle says of it beyond its layout.
#[derive(Clone, Debug)]
pub struct DTypeObject {
    pub(super) dtype: DType,
    pub(super) record: bool,
    pub(super) string: StringDType,
}

/// The parameters of NumPy 2's `StringDType`.
#[derive(Clone, Copy, Debug)]
pub struct StringDType {
    /// Whether what is no `str` is made one.
    pub coerce: bool,
    /// What stands for a missing value, if anything does.
    pub na_object: Option<Value>,
}

impl Default for StringDType {
    fn default() -> Self {
        Self { coerce: true, na_object: None }
    }
}

impl DTypeObject {
    /// A dtype.
    pub fn new(dtype: DType) -> Self {
        Self { dtype, record: false, string: StringDType::default() }
    }

    /// A structured dtype whose scalars are `numpy.record`, as those of a `recarray` are.
    #[must_use]
    pub const fn record(mut self, record: bool) -> Self {
        self.record = record;
        self
    }

    /// Sets the parameters of a `StringDType`; no other dtype has any.
    #[must_use]
    pub const fn string(mut self, string: StringDType) -> Self {
        self.string = string;
        self
    }

    /// The dtype itself.
    pub const fn dtype(&self) -> &DType {
        &self.dtype
    }

    /// Whether its scalars are `numpy.record`.
    pub const fn is_record(&self) -> bool {
        self.record
    }

    /// The parameters of a `StringDType`.
    pub const fn string_dtype(&self) -> StringDType {
        self.string
    }
}

impl From<DType> for DTypeObject {
    fn from(dtype: DType) -> Self {
        Self::new(dtype)
    }
}

/// The elements of an array that is to be pickled.
#[derive(Clone, Debug)]
pub(super) enum Elements {
    Dense(Array),
    /// Objects, in C order.
    Objects {
        shape: Shape,
        fortran: bool,
        items: Vec<Value>,
    },
}

/// An array as an object: what a pickle says of it beyond its elements.
///
/// ```
/// use npbytes::pickle::{ArrayObject, Pickle, WriteOptions};
/// use npbytes::Array;
/// let mut pickle = Pickle::new();
/// let array = pickle.array(ArrayObject::new(Array::from_vec(&[2], vec![1_i16, 2])?));
/// let root = pickle.list(vec![array, array]);
/// pickle.set_root(root);
/// assert!(!pickle.encode(&WriteOptions::default())?.is_empty());
/// # Ok::<(), npbytes::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ArrayObject {
    pub(super) elements: Elements,
    pub(super) dtype: DTypeSource,
    pub(super) class: ArrayClass,
    pub(super) read_only: bool,
    pub(super) strided: bool,
}

/// Whose dtype an array has: one of its own, or a dtype object of the graph.
#[derive(Clone, Debug)]
pub(super) enum DTypeSource {
    Own(DTypeObject),
    Shared(Value),
}

impl ArrayObject {
    /// A plain `ndarray`.
    pub fn new(array: Array) -> Self {
        let dtype = DTypeSource::Own(DTypeObject::new(array.dtype().clone()));
        Self {
            elements: Elements::Dense(array),
            dtype,
            class: ArrayClass::NdArray,
            read_only: false,
            strided: false,
        }
    }

    /// An array of objects, or of structs with objects in them (whose items are tuples), or of a `StringDType`. The
    /// items are in C order whatever `order` says, as in NumPy's own pickles.
    ///
    /// # Errors
    /// A dtype without objects, or another number of items than the shape has elements.
    pub fn objects(
        dtype: impl Into<DTypeObject>,
        shape: Shape,
        order: Order,
        items: Vec<Value>,
    ) -> Result<Self> {
        let dtype = dtype.into();
        if !dtype.dtype.has_object() {
            return Err(Error::unsupported(format!("the dtype {} holds no objects", dtype.dtype)));
        }
        if items.len() != shape.elements() {
            let count = items.len();
            return Err(Error::shape(format!(
                "{shape} has another number of elements than {count}"
            )));
        }
        let long = shape.iter().filter(|&&dim| dim != 1).count();
        let fortran = order == Order::F && long > 1 && shape.elements() > 0;
        Ok(Self {
            elements: Elements::Objects { shape, fortran, items },
            dtype: DTypeSource::Own(dtype),
            class: ArrayClass::NdArray,
            read_only: false,
            strided: false,
        })
    }

    /// Sets the class; [`ArrayClass::Other`] has no name to write, and is taken for an `ndarray`.
    #[must_use]
    pub const fn class(mut self, class: ArrayClass) -> Self {
        self.class = class;
        self
    }

    /// Sets whether the array is writeable, as it is by default. Protocol 5 tells.
    #[must_use]
    pub const fn writeable(mut self, writeable: bool) -> Self {
        self.read_only = !writeable;
        self
    }

    /// Says that the array was a slice, which lies in no order: protocol 5 then pickles a copy.
    #[must_use]
    pub const fn strided(mut self, strided: bool) -> Self {
        self.strided = strided;
        self
    }

    /// Says more of the dtype.
    #[must_use]
    pub fn dtype(mut self, dtype: DTypeObject) -> Self {
        self.dtype = DTypeSource::Own(dtype);
        self
    }

    /// Makes the dtype one object with that of others: `dtype` is one that [`Pickle::dtype`](super::Pickle::dtype)
    /// made. By default, dtypes are one object only where they are one in NumPy: native numbers, `bool` and `object`.
    #[must_use]
    pub fn shared_dtype(mut self, dtype: Value) -> Self {
        self.dtype = DTypeSource::Shared(dtype);
        self
    }
}

/// A scalar of NumPy (`np.float64(1.5)`) as an object.
#[derive(Clone, Debug)]
pub struct ScalarObject {
    pub(super) dtype: DTypeSource,
    pub(super) data: ScalarData,
}

#[derive(Clone, Debug)]
pub(super) enum ScalarData {
    Bytes(Bytes),
    /// A void scalar with objects in it: an array without axes.
    Array(Value),
}

impl ScalarObject {
    /// A scalar from the bytes of one element.
    ///
    /// # Errors
    /// Bytes of another length than the itemsize.
    pub fn new(dtype: impl Into<DTypeObject>, data: Bytes) -> Result<Self> {
        let dtype = dtype.into();
        if dtype.dtype.itemsize() != data.len() {
            let (len, size) = (data.len(), dtype.dtype.itemsize());
            return Err(Error::value(format!("{len} bytes for a scalar of {size} bytes")));
        }
        Ok(Self { dtype: DTypeSource::Own(dtype), data: ScalarData::Bytes(data) })
    }

    /// A void scalar with objects in it, by the array without axes that holds them.
    pub fn of_array(dtype: impl Into<DTypeObject>, array: Value) -> Self {
        Self { dtype: DTypeSource::Own(dtype.into()), data: ScalarData::Array(array) }
    }

    /// Makes the dtype one object with that of others.
    #[must_use]
    pub fn shared_dtype(mut self, dtype: Value) -> Self {
        self.dtype = DTypeSource::Shared(dtype);
        self
    }
}

/// A `numpy.ma.MaskedArray` as an object.
#[derive(Clone, Debug)]
pub struct MaskedObject {
    pub(super) array: Array,
    pub(super) mask: Bytes,
    pub(super) fill_value: Option<Value>,
    pub(super) dtype: DTypeSource,
}

impl MaskedObject {
    /// An array and its mask: one byte an element (or a byte for each field of it), in the order in which the array
    /// lies in memory.
    pub fn new(array: Array, mask: Bytes) -> Self {
        let dtype = DTypeSource::Own(DTypeObject::new(array.dtype().clone()));
        Self { array, mask, fill_value: None, dtype }
    }

    /// Sets the fill value: an array without axes.
    #[must_use]
    pub const fn fill_value(mut self, value: Value) -> Self {
        self.fill_value = Some(value);
        self
    }

    /// Makes the dtype one object with that of others.
    #[must_use]
    pub fn shared_dtype(mut self, dtype: Value) -> Self {
        self.dtype = DTypeSource::Shared(dtype);
        self
    }
}
