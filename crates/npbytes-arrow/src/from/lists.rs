//! The rows of lists of any kind, by where each starts and how long it is.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_buffer::ArrowNativeType;
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;

/// The rows of lists.
pub(super) struct Rows<'a> {
    starts: Starts<'a>,
    values: &'a ArrayRef,
    nulls: Option<&'a NullBuffer>,
    len: usize,
}

enum Starts<'a> {
    Offsets32(&'a [i32]),
    Offsets64(&'a [i64]),
    Views32(&'a [i32], &'a [i32]),
    Views64(&'a [i64], &'a [i64]),
    Fixed(usize),
}

impl<'a> Rows<'a> {
    /// The rows, if these are lists.
    pub(super) fn of(array: &'a dyn Array) -> Option<Self> {
        let (starts, values) = match array.data_type() {
            DataType::List(_) => {
                let list = array.as_list_opt::<i32>()?;
                (Starts::Offsets32(list.value_offsets()), list.values())
            }
            DataType::LargeList(_) => {
                let list = array.as_list_opt::<i64>()?;
                (Starts::Offsets64(list.value_offsets()), list.values())
            }
            DataType::ListView(_) => {
                let list = array.as_list_view_opt::<i32>()?;
                (Starts::Views32(list.value_offsets(), list.value_sizes()), list.values())
            }
            DataType::LargeListView(_) => {
                let list = array.as_list_view_opt::<i64>()?;
                (Starts::Views64(list.value_offsets(), list.value_sizes()), list.values())
            }
            DataType::FixedSizeList(_, size) => {
                let list = array.as_fixed_size_list_opt()?;
                (Starts::Fixed(usize::try_from(*size).ok()?), list.values())
            }
            _ => return None,
        };
        Some(Self { starts, values, nulls: array.nulls(), len: array.len() })
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// What the lists hold.
    pub(super) fn values(&self) -> &'a ArrayRef {
        self.values
    }

    pub(super) fn is_null(&self, row: usize) -> bool {
        self.nulls.is_some_and(|nulls| nulls.is_null(row))
    }

    /// Where a row starts among the values, and how long it is: inside of the values, whatever the row.
    pub(super) fn range(&self, row: usize) -> (usize, usize) {
        fn offsets<O: ArrowNativeType>(offsets: &[O], row: usize) -> Option<(usize, usize)> {
            let (start, end) = (offsets.get(row)?.as_usize(), offsets.get(row + 1)?.as_usize());
            Some((start, end.checked_sub(start)?))
        }
        fn views<O: ArrowNativeType>(
            starts: &[O],
            sizes: &[O],
            row: usize,
        ) -> Option<(usize, usize)> {
            Some((starts.get(row)?.as_usize(), sizes.get(row)?.as_usize()))
        }
        let found = match &self.starts {
            Starts::Offsets32(all) => offsets(all, row),
            Starts::Offsets64(all) => offsets(all, row),
            Starts::Views32(starts, sizes) => views(starts, sizes, row),
            Starts::Views64(starts, sizes) => views(starts, sizes, row),
            Starts::Fixed(size) => row.checked_mul(*size).map(|start| (start, *size)),
        };
        // Views of null rows may lead anywhere.
        found
            .filter(|(start, len)| {
                start.checked_add(*len).is_some_and(|end| end <= self.values.len())
            })
            .unwrap_or((0, 0))
    }

    /// Where the first of lists of one length starts that lie one behind the other, those of null rows included.
    pub(super) fn contiguous(&self, size: usize) -> Option<usize> {
        if let Starts::Fixed(found) = &self.starts {
            return (*found == size).then_some(0);
        }
        let first = if self.len == 0 { 0 } else { self.range(0).0 };
        let expected = |row: usize| first.checked_add(row.checked_mul(size)?);
        let in_place =
            |row: usize| expected(row).is_some_and(|start| self.range(row) == (start, size));
        // Of lists of nothing, any start will do.
        let all = size == 0 || (0..self.len).all(in_place);
        all.then_some(first)
    }
}
