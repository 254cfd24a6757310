//! What NumPy has and Arrow is to have, or the other way round.

use npbytes::pickle::{Node, NumPyValue, Pickle};
use npbytes::{Array, AxisOrder, DType, Kind, Shape};

use crate::{Error, Result};

/// An array of NumPy's.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Values {
    /// Elements.
    Array(Array),
    /// Elements, of which some are masked.
    Masked(MaskedArray),
    /// Objects, or the texts of a `StringDType`: a pickle whose root is the array.
    Objects(Pickle),
}

/// A `numpy.ma.MaskedArray`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct MaskedArray {
    /// The elements, those under the mask included.
    pub data: Array,
    /// Of the shape of the data: `bool`, or a struct of `bool` with the fields of the data. What is not 0 is masked.
    pub mask: Array,
    /// What masked elements are filled with, if that was ever asked for: an array without axes.
    pub fill_value: Option<Array>,
}

impl MaskedArray {
    /// Data and its mask.
    ///
    /// # Errors
    /// A mask of another shape, or not of `bool` (and structs and subarrays of it).
    pub fn new(data: Array, mask: Array) -> Result<Self> {
        let masked = Self { data, mask, fill_value: None };
        masked.check()?;
        Ok(masked)
    }

    /// Says what masked elements are filled with: an array without axes.
    #[must_use]
    pub fn with_fill_value(mut self, fill_value: Option<Array>) -> Self {
        self.fill_value = fill_value;
        self
    }

    /// Refuses what is no mask of the data.
    pub(crate) fn check(&self) -> Result<()> {
        let (data, mask) = (&self.data, &self.mask);
        if mask.shape() != data.shape() {
            let (mask, data) = (mask.shape(), data.shape());
            return Err(Error::type_(format!("a mask of shape {mask} for data of shape {data}")));
        }
        if !is_mask(mask.dtype()) {
            return Err(Error::type_(format!("a mask of {}, not of bool", mask.dtype())));
        }
        Ok(())
    }
}

fn is_mask(dtype: &DType) -> bool {
    match dtype.kind() {
        Kind::Bool => true,
        Kind::Struct(fields) => fields.fields().iter().all(|field| is_mask(field.dtype())),
        Kind::Subarray(sub) => is_mask(sub.base()),
        _ => false,
    }
}

impl Values {
    /// What a value of a pickle is, if it is an array, a masked array, a scalar (an array without axes) or an array of
    /// objects; `None` if it is nothing of NumPy's. Does not copy elements, except as [`Node::numpy`] says; an array of
    /// objects takes a copy of what the pickle is made of.
    ///
    /// # Errors
    /// What names itself NumPy's but is not as NumPy writes it.
    pub fn from_node(node: Node<'_>) -> Result<Option<Self>> {
        Ok(match node.numpy()? {
            Some(NumPyValue::Array(found)) => Some(Self::Array(found.array)),
            Some(NumPyValue::Scalar(array)) => Some(Self::Array(array)),
            Some(NumPyValue::Masked(masked)) => {
                // One that is no element of the data's dtype says nothing: NumPy has made it of something else.
                let fill = match masked.fill_value.map(|fill| fill.numpy()).transpose()? {
                    Some(Some(NumPyValue::Array(fill))) => Some(fill.array),
                    Some(Some(NumPyValue::Scalar(fill))) => Some(fill),
                    _ => None,
                };
                let fill = fill.and_then(|fill| as_element(fill, masked.data.dtype()));
                Some(Self::Masked(MaskedArray {
                    data: masked.data,
                    mask: masked.mask,
                    fill_value: fill,
                }))
            }
            Some(NumPyValue::Objects(_)) => {
                let mut pickle = node.pickle().clone();
                pickle.set_root(node.value());
                Some(Self::Objects(pickle))
            }
            _ => None,
        })
    }

    /// The dtype of the elements.
    ///
    /// # Errors
    /// Of objects: a pickle whose root is no array.
    pub fn dtype(&self) -> Result<DType> {
        match self {
            Self::Array(array) => Ok(array.dtype().clone()),
            Self::Masked(masked) => Ok(masked.data.dtype().clone()),
            Self::Objects(pickle) => Ok(objects(pickle)?.dtype.dtype().clone()),
        }
    }

    /// The lengths of the axes.
    ///
    /// # Errors
    /// As [`Values::dtype`].
    pub fn shape(&self) -> Result<Shape> {
        match self {
            Self::Array(array) => Ok(array.shape().clone()),
            Self::Masked(masked) => Ok(masked.data.shape().clone()),
            Self::Objects(pickle) => Ok(objects(pickle)?.shape),
        }
    }

    /// How many rows there are: the length of an axis; 1 where there are no axes.
    ///
    /// # Errors
    /// No such axis; as [`Values::dtype`].
    pub fn rows(&self, row_axis: usize) -> Result<usize> {
        let shape = self.shape()?;
        match shape.get(row_axis) {
            Some(&rows) => Ok(rows),
            None if shape.is_empty() && row_axis == 0 => Ok(1),
            None => Err(Error::type_(format!(
                "no axis {row_axis} for the rows in an array of {} axes",
                shape.len()
            ))),
        }
    }
}

impl From<Array> for Values {
    fn from(array: Array) -> Self {
        Self::Array(array)
    }
}

impl From<MaskedArray> for Values {
    fn from(masked: MaskedArray) -> Self {
        Self::Masked(masked)
    }
}

/// The array of objects that is the root of a pickle.
pub(crate) fn objects(pickle: &Pickle) -> Result<npbytes::pickle::Objects<'_>> {
    match pickle.root().numpy()? {
        Some(NumPyValue::Objects(objects)) => Ok(*objects),
        _ => Err(Error::type_(format!(
            "expected the pickle of an array of objects, found {}",
            pickle.root().type_name()
        ))),
    }
}

/// An array of one element as one without axes, in the byte order of a dtype; none if it is of another dtype.
fn as_element(array: Array, dtype: &DType) -> Option<Array> {
    let array = if array.dtype() == dtype {
        array
    } else {
        let order = dtype.byte_order();
        array.converted(npbytes::Order::C, order).ok().filter(|array| array.dtype() == dtype)?
    };
    Array::new(dtype.clone(), Shape::default(), AxisOrder::C, array.into_data()).ok()
}
