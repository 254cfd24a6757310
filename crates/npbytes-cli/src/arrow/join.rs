//! Arrays made one: rows behind rows, and columns beside columns.

use npbytes::{Array, AxisOrder, DType, Order, Shape};
use npbytes_arrow::{MaskedArray, Values};

use super::failure;
use crate::failure::{Failure, Result};

/// Parts of an array of one axis as one array; there is at least one.
///
/// # Errors
/// Those of the parts; parts of different dtypes.
pub(super) fn concatenated(
    name: &str,
    parts: impl Iterator<Item = Result<Values>>,
) -> Result<Values> {
    let (mut data, mut mask) = (Rows::default(), Rows::default());
    let mut fill = None;
    for part in parts {
        match part? {
            Values::Array(array) => {
                data.add(name, &array)?;
            }
            Values::Masked(masked) => {
                // Rows before that had nothing masked.
                if mask.dtype.is_none() {
                    mask.pad(&masked.mask, data.count);
                }
                data.add(name, &masked.data)?;
                mask.add(name, &masked.mask)?;
                fill = fill.or(masked.fill_value);
                continue;
            }
            Values::Objects(pickle) if data.dtype.is_none() => return Ok(Values::Objects(pickle)),
            _ => return Err(Failure::new(name, "objects in some batches and none in others")),
        }
        let rows = data.count - mask.count;
        if mask.dtype.is_some() {
            mask.extend_zeros(rows);
        }
    }
    let wrong = |error: npbytes::Error| Failure::of(name, &error, 0);
    let data = data.finish().map_err(wrong)?;
    if mask.dtype.is_none() {
        return Ok(Values::Array(data));
    }
    let mask = mask.finish().map_err(wrong)?;
    let masked = MaskedArray::new(data, mask).map_err(|error| failure(name, &error))?;
    Ok(Values::Masked(masked.with_fill_value(fill)))
}

/// Rows of one dtype, as they come.
#[derive(Default)]
struct Rows {
    dtype: Option<DType>,
    bytes: Vec<u8>,
    count: usize,
}

impl Rows {
    fn add(&mut self, name: &str, array: &Array) -> Result<()> {
        match &self.dtype {
            Some(dtype) if dtype != array.dtype() => {
                let message =
                    format!("rows of {dtype} in one batch, of {} in another", array.dtype());
                return Err(Failure::new(name, message));
            }
            _ => self.dtype = Some(array.dtype().clone()),
        }
        let bytes = array.to_bytes(Order::C).map_err(|error| Failure::of(name, &error, 0))?;
        self.bytes.extend_from_slice(&bytes);
        self.count += array.len();
        Ok(())
    }

    fn pad(&mut self, like: &Array, count: usize) {
        self.dtype = Some(like.dtype().clone());
        self.extend_zeros(count);
    }

    fn extend_zeros(&mut self, count: usize) {
        let size = self.dtype.as_ref().map_or(0, DType::itemsize);
        self.bytes.resize(self.bytes.len() + count * size, 0);
        self.count += count;
    }

    fn finish(self) -> npbytes::Result<Array> {
        let dtype = match self.dtype {
            Some(dtype) => dtype,
            None => DType::parse("V0")?,
        };
        Array::new(dtype, Shape::new(&[self.count])?, AxisOrder::C, self.bytes.into())
    }
}

/// Columns as the fields of one structured array: those of several axes as fields of a shape.
///
/// # Errors
/// Why they are none, in words.
pub(super) fn structured(columns: Vec<(String, Values)>) -> std::result::Result<Array, String> {
    let mut fields = Vec::with_capacity(columns.len());
    let mut parts = Vec::with_capacity(columns.len());
    let mut rows = None;
    for (name, values) in columns {
        let array = match values {
            Values::Array(array) => array,
            Values::Masked(_) => {
                return Err(format!("{name:?} has nulls (--nulls says what they become)"));
            }
            _ => return Err(format!("{name:?} is one of Python's objects")),
        };
        let (count, row) = match array.shape().split_first() {
            Some((count, row)) => (*count, row),
            None => (1, &[][..]),
        };
        if *rows.get_or_insert(count) != count {
            return Err(format!("{name:?} has another number of rows"));
        }
        let dtype = match row {
            [] => Ok(array.dtype().clone()),
            row => DType::subarray(array.dtype().clone(), row),
        };
        let dtype = dtype.map_err(|error| format!("{name:?}: {error}"))?;
        let bytes = array.to_bytes(Order::C).map_err(|error| format!("{name:?}: {error}"))?;
        parts.push((dtype.itemsize(), bytes));
        fields.push((name, dtype));
    }
    let dtype = DType::structured(fields).map_err(|error| error.to_string())?;
    let rows = rows.unwrap_or(0);
    let mut bytes = Vec::new();
    let len = rows.checked_mul(dtype.itemsize()).ok_or("they are larger than memory")?;
    bytes.try_reserve_exact(len).map_err(|error| error.to_string())?;
    for row in 0..rows {
        for (size, part) in &parts {
            bytes.extend_from_slice(part.get(row * size..(row + 1) * size).unwrap_or_default());
        }
    }
    let shape = Shape::new(&[rows]).map_err(|error| error.to_string())?;
    Array::new(dtype, shape, AxisOrder::C, bytes.into()).map_err(|error| error.to_string())
}
