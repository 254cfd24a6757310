//! Structs of Rust for structured dtypes, by the names of their fields.

use super::{Array, ArrayView, Element};
use crate::dtype::DType;
use crate::error::{Error, ErrorKind, Result};
use crate::shape::{AxisOrder, Shape};

/// A Rust struct whose fields are those of a structured dtype. Made by [`record!`](crate::record).
pub trait Record: Sized {
    /// The packed dtype of arrays that are made from such values.
    fn dtype() -> Result<DType>;

    /// Finds the fields in a dtype by their names, wherever they lie; further fields are ignored.
    ///
    /// # Errors
    /// A field that is missing, or of another type.
    fn layout(dtype: &DType) -> Result<RecordLayout>;

    /// Reads one element.
    ///
    /// # Errors
    /// A byte that is no `bool`.
    fn read(layout: &RecordLayout, element: &[u8]) -> Result<Self>;

    /// Writes the fields one after the other, in native byte order, without padding.
    fn write(&self, out: &mut Vec<u8>);
}

/// A field's name, whether a dtype is its type, and the type's name.
type WantedField<'a> = (&'a str, fn(&DType) -> bool, &'static str);

/// Where the fields of a [`Record`] lie in a dtype.
#[derive(Clone, Debug)]
pub struct RecordLayout {
    fields: Vec<(usize, DType)>,
}

impl RecordLayout {
    /// Looks the names up.
    #[doc(hidden)]
    pub fn find(dtype: &DType, wanted: &[WantedField<'_>]) -> Result<Self> {
        let fields = wanted.iter().map(|&(name, accepts, wanted)| {
            let field = dtype.field(name)?;
            if !accepts(field.dtype()) {
                return Err(Error::new(ErrorKind::ElementType {
                    wanted,
                    dtype: format!("{} (the field {name:?})", field.dtype()),
                }));
            }
            Ok((field.offset(), field.dtype().clone()))
        });
        Ok(Self { fields: fields.collect::<Result<_>>()? })
    }

    /// Reads the field at a position of the Rust struct.
    #[doc(hidden)]
    pub fn read<T: RecordField>(&self, position: usize, element: &[u8]) -> Result<T> {
        let (offset, dtype) = self
            .fields
            .get(position)
            .ok_or_else(|| Error::index(format!("no field {position} in the layout")))?;
        let bytes = element.get(*offset..*offset + dtype.itemsize()).ok_or_else(|| {
            Error::truncated("a field", (*offset + dtype.itemsize()) as u64, element.len() as u64)
        })?;
        T::read_field(dtype, bytes)
    }
}

/// A type that a field of a [`Record`] can have: an [`Element`], an array of them (a subarray), or
/// another record.
pub trait RecordField: Sized {
    /// The dtype of such a field, in native byte order.
    ///
    /// # Errors
    /// A type larger than NumPy can describe.
    fn field_dtype() -> Result<DType>;

    /// Whether a field of a dtype is of this type, whatever its byte order.
    fn accepts_field(dtype: &DType) -> bool;

    /// Reads the field's bytes.
    ///
    /// # Errors
    /// A byte that is no `bool`.
    fn read_field(dtype: &DType, bytes: &[u8]) -> Result<Self>;

    /// Writes the field in native byte order, without padding.
    fn write_field(&self, out: &mut Vec<u8>);
}

impl<T: Element> RecordField for T {
    fn field_dtype() -> Result<DType> {
        Ok(T::dtype())
    }

    fn accepts_field(dtype: &DType) -> bool {
        T::accepts(dtype)
    }

    fn read_field(dtype: &DType, bytes: &[u8]) -> Result<Self> {
        T::read(bytes, dtype.is_native())
    }

    fn write_field(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(bytemuck::bytes_of(self));
    }
}

impl<T: RecordField, const N: usize> RecordField for [T; N] {
    fn field_dtype() -> Result<DType> {
        let item = T::field_dtype()?;
        match item.as_subarray() {
            // `[[T; 3]; 2]` is the subarray (2, 3), not one of subarrays.
            Some((base, shape)) => DType::subarray(base.clone(), &[&[N], shape].concat()),
            None => DType::subarray(item, &[N]),
        }
    }

    fn accepts_field(dtype: &DType) -> bool {
        // `[[T; 3]; 2]` reads the subarray (2, 3): the first axis is this array's.
        match dtype.as_subarray() {
            Some((base, [len])) => *len == N && T::accepts_field(base),
            Some((base, [len, rest @ ..])) => {
                *len == N
                    && DType::subarray(base.clone(), rest).is_ok_and(|rest| T::accepts_field(&rest))
            }
            _ => false,
        }
    }

    fn read_field(dtype: &DType, bytes: &[u8]) -> Result<Self> {
        let item = match dtype.as_subarray() {
            Some((base, [_, rest @ ..])) => DType::subarray(base.clone(), rest)?,
            _ => return Err(Error::dtype("not a subarray")),
        };
        let size = item.itemsize();
        let mut items = Vec::with_capacity(N);
        for i in 0..N {
            let bytes = bytes.get(i * size..(i + 1) * size).unwrap_or_default();
            items.push(T::read_field(&item, bytes)?);
        }
        items.try_into().map_err(|_| Error::dtype("a subarray of another length"))
    }

    fn write_field(&self, out: &mut Vec<u8>) {
        self.iter().for_each(|item| item.write_field(out));
    }
}

impl ArrayView<'_> {
    /// The elements in C order as Rust structs, their fields found by name: one copy.
    ///
    /// # Errors
    /// A field that is missing or of another type; a byte that is no `bool`.
    pub fn to_records<R: Record>(&self) -> Result<Vec<R>> {
        let layout = R::layout(self.dtype())?;
        self.check_countable()?;
        self.elements().map(|element| R::read(&layout, element)).collect()
    }
}

impl Array {
    /// A C-ordered structured array of Rust structs, packed, in native byte order: one copy.
    ///
    /// # Errors
    /// A shape of another number of elements.
    pub fn from_records<R: Record>(shape: &[usize], records: &[R]) -> Result<Self> {
        let dtype = R::dtype()?;
        let mut bytes = Vec::with_capacity(dtype.itemsize().saturating_mul(records.len()));
        records.iter().for_each(|record| record.write(&mut bytes));
        Self::new(dtype, Shape::new(shape)?, AxisOrder::C, bytes.into())
    }
}

/// Makes Rust structs readable from structured arrays, and writable as them.
///
/// Names the fields, with the dtype's name after `as` where it is another one. Their types may be any
/// [`Element`], arrays of them (subarrays), and other records. Fields are found by name, so
/// that order, offsets, padding and byte order of the dtype do not matter; types do.
///
/// ```
/// use npbytes::{Array, DType, record};
///
/// #[derive(Debug, PartialEq)]
/// struct Reading {
///     id: i32,
///     weight: [f64; 2],
/// }
/// record!(Reading { id, weight as "weight [kg]" });
///
/// let readings = [Reading { id: 1, weight: [0.5, 1.5] }];
/// let array = Array::from_records(&[1], &readings)?;
/// assert_eq!(array.dtype(), &DType::parse("[('id', '<i4'), ('weight [kg]', '<f8', (2,))]")?);
/// assert_eq!(array.view().to_records::<Reading>()?, readings);
/// # Ok::<(), npbytes::Error>(())
/// ```
#[macro_export]
macro_rules! record {
    ($record:ident { $($field:ident $(as $name:literal)?),+ $(,)? }) => {
        impl $crate::Record for $record {
            fn dtype() -> $crate::Result<$crate::DType> {
                $crate::DType::structured([
                    $(($crate::record!(@name $field $($name)?), $crate::record!(@call dtype $record $field)?)),+
                ])
            }

            fn layout(dtype: &$crate::DType) -> $crate::Result<$crate::RecordLayout> {
                $crate::RecordLayout::find(dtype, &[
                    $((
                        $crate::record!(@name $field $($name)?),
                        $crate::record!(@call accepts $record $field),
                        $crate::record!(@call type_name $record $field),
                    )),+
                ])
            }

            fn read(layout: &$crate::RecordLayout, element: &[u8]) -> $crate::Result<Self> {
                let mut position = 0..;
                Ok(Self {
                    $($field: layout.read(position.next().unwrap_or(usize::MAX), element)?),+
                })
            }

            fn write(&self, out: &mut ::std::vec::Vec<u8>) {
                $($crate::RecordField::write_field(&self.$field, out);)+
            }
        }

        impl $crate::RecordField for $record {
            fn field_dtype() -> $crate::Result<$crate::DType> {
                <Self as $crate::Record>::dtype()
            }

            fn accepts_field(dtype: &$crate::DType) -> bool {
                <Self as $crate::Record>::layout(dtype).is_ok()
            }

            fn read_field(dtype: &$crate::DType, bytes: &[u8]) -> $crate::Result<Self> {
                <Self as $crate::Record>::read(&<Self as $crate::Record>::layout(dtype)?, bytes)
            }

            fn write_field(&self, out: &mut ::std::vec::Vec<u8>) {
                $crate::Record::write(self, out);
            }
        }
    };
    (@name $field:ident) => { ::std::stringify!($field) };
    (@name $field:ident $name:literal) => { $name };
    (@call $what:ident $record:ident $field:ident) => {
        $crate::__record::$what(|record: &$record| &record.$field)
    };
}

/// Finds a field's type without naming it.
#[doc(hidden)]
pub mod __record {
    use super::{DType, RecordField, Result};

    pub fn dtype<R, F: RecordField>(_: fn(&R) -> &F) -> Result<DType> {
        F::field_dtype()
    }

    pub fn accepts<R, F: RecordField>(_: fn(&R) -> &F) -> fn(&DType) -> bool {
        F::accepts_field
    }

    pub fn type_name<R, F: RecordField>(_: fn(&R) -> &F) -> &'static str {
        std::any::type_name::<F>()
    }
}
