//! Arrow to NumPy.
//!
//! A column becomes what its metadata says it was; where it says nothing, or what cannot be, what its type is nearest to
//! ([`FromArrow`] has the choices). First a plan is made of the type, the metadata and, where a width is in the data
//! only, the data; then it is walked with the arrays. Nothing is copied where the elements lie in Arrow as NumPy has
//! them.

mod assemble;
mod batch;
mod encoded;
mod extension;
mod fill;
mod lists;
mod memory;
mod meta;
mod objects;
mod places;
mod plan;
mod text;
mod time;

use arrow_array::{Array, ArrayRef};
use arrow_schema::Field;
use npbytes::{AxisOrder, DType, Shape};

pub(crate) use batch::from_batch;

use crate::{Copied, FromArrow, Result, Values};

/// What an Arrow array became.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Restored {
    /// The values.
    pub values: Values,
    /// Whether and why bytes were copied.
    pub copied: Copied,
    /// What NumPy cannot say, in a sentence each: a time zone, say. Also metadata that was left aside because it
    /// contradicts the data.
    pub notes: Vec<String>,
}

/// What the rows of a column are, whatever their number.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RowType {
    /// The dtype of the elements.
    pub dtype: DType,
    /// The shape of one row: that of the array without [`RowType::row_axis`].
    pub shape: Shape,
    /// The order in memory of the arrays that [`from_arrow`] makes.
    pub order: AxisOrder,
    /// The axis of these arrays that the rows are.
    pub row_axis: usize,
}

/// Makes an Arrow array NumPy's. The elements are shared where they lie as NumPy has them, else copied once.
///
/// Slices are taken as they are. Dictionaries and runs become what they stand for, lists of one length an axis, structs
/// a structured array, and what has no dtype of its own Python's objects (None, texts and bytes of any length where
/// asked for, lists of several lengths).
///
/// ```
/// use arrow_array::{Array, Int16Array};
/// use arrow_schema::{DataType, Field};
/// use npbytes_arrow::{FromArrow, Values, from_arrow};
/// let column = Int16Array::from(vec![1, 2, 3]);
/// let field = Field::new("x", DataType::Int16, false);
/// let back = from_arrow(&column.slice(1, 2), &field, &FromArrow::default())?;
/// let Values::Array(array) = back.values else { panic!("no array") };
/// assert_eq!(array.view().to_vec::<i16>()?, [2, 3]);
/// assert!(!back.copied.any());
/// # Ok::<(), npbytes_arrow::Error>(())
/// ```
///
/// # Errors
/// A type that NumPy has nothing for, or that was not asked for (decimals); a value that the dtype does not have, with
/// its column and row; more memory than [`FromArrow::limits`] allow: what a dictionary or the width of texts comes to is
/// bounded by `array_bytes`, and beyond 1 GiB by `inflate_ratio` times what the array itself takes.
pub fn from_arrow(array: &dyn Array, field: &Field, options: &FromArrow) -> Result<Restored> {
    from_chunks(&[array.slice(0, array.len())], field, options)
}

/// The same of an array in chunks, which become one: copied, if there are several.
///
/// # Errors
/// As [`from_arrow`]; rows are counted from the first chunk on.
pub fn from_chunks(chunks: &[ArrayRef], field: &Field, options: &FromArrow) -> Result<Restored> {
    assemble::column(chunks, field, options).map_err(|error| error.in_column(field.name()))
}

/// What the rows of a column will be, so that a file can be written row by row; `None` where the data decides: the width
/// of texts without metadata, lists of any length, integers that may be null and become floats, objects.
///
/// Where nulls become masks, [`from_arrow`] gives a masked array of this dtype for rows that have some.
///
/// # Errors
/// A type that [`from_arrow`] refuses whatever the data.
pub fn dtype_of(field: &Field, options: &FromArrow) -> Result<Option<RowType>> {
    assemble::row_type(field, options).map_err(|error| error.in_column(field.name()))
}
