//! Walks a plan and an array together and writes the elements, and the mask where there are nulls.
//!
//! Every array is written to its places; what cannot be (what dictionaries and lists with gaps hold) is first written
//! densely and then gathered. Errors count rows from the start of the array at hand; who calls counts on.

mod leaf;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_buffer::{Buffer, NullBuffer};
use bytes::Bytes;
use npbytes::{DType, Kind};

use super::lists::Rows;
use super::memory::Budget;
use super::meta::{Meta, NullWas};
use super::places::{Axis, Places};
use super::plan::{Node, Plan};
use super::{encoded, time};
use crate::memory::{Room, shared};
use crate::options::Nulls;
use crate::{Copied, Error, FromArrow, Result};

/// What holds for the whole of a conversion.
pub(super) struct Context<'c> {
    pub(super) options: &'c FromArrow,
    pub(super) meta: &'c Meta,
    pub(super) budget: Budget,
    /// Whether the elements become objects, where a null is None.
    pub(super) objects: bool,
}

/// What a null becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NullAs {
    Masked,
    NaT,
    NaN,
    Error,
}

/// Elements one behind the other.
pub(super) struct Dense {
    pub(super) data: Bytes,
    /// A byte for each element, or for each field of it, in the same order.
    pub(super) mask: Option<Vec<u8>>,
}

/// Where elements are written.
struct Filler<'f> {
    context: &'f Context<'f>,
    /// The elements, all zero; `None` if they are there already.
    data: Option<&'f mut [u8]>,
    mask: Option<Vec<u8>>,
    mask_len: usize,
    copied: &'f mut Copied,
}

impl Context<'_> {
    /// The elements of arrays, one behind the other.
    pub(super) fn dense(
        &self,
        plan: &Plan,
        arrays: &[ArrayRef],
        copied: &mut Copied,
    ) -> Result<Dense> {
        let rows = arrays.iter().try_fold(0_usize, |rows, array| rows.checked_add(array.len()));
        let parts = plan.array_rows();
        let rows = rows.ok_or_else(|| Error::type_("more rows than memory can address"))? / parts;
        let (row_data, row_mask) = plan.row_bytes();
        let len = rows.saturating_mul(row_data);
        let mask_len = rows.saturating_mul(row_mask);
        self.budget.check(len as u64)?;

        let taken = match arrays {
            [array] => self.taken(plan, array.as_ref()),
            _ => None,
        };
        let mut made = match taken {
            Some(_) => Room::zeroed(0)?,
            None => self.budget.room(len)?,
        };
        let data = taken.is_none().then_some(made.as_mut_slice());
        let mut filler = Filler { context: self, data, mask: None, mask_len, copied };
        let mut row = 0;
        for array in arrays {
            let places = Places::rows(row, array.len() / parts, row_data, row_mask);
            filler
                .fill(plan, array.as_ref(), None, &places)
                .map_err(|error| error.after_rows(row as u64))?;
            row += array.len() / parts;
        }
        let mask = filler.mask;
        if arrays.len() > 1 {
            *copied |= Copied::CHUNKS;
        }
        let data = taken.map_or_else(|| Bytes::from(made), shared);
        Ok(Dense { data, mask })
    }

    /// The elements as they lie in Arrow, if they are what they are to become.
    fn taken(&self, plan: &Plan, array: &dyn Array) -> Option<Buffer> {
        match &plan.node {
            Node::Copy { swap: false } => {
                let data = array.to_data();
                let size = plan.dtype.itemsize();
                let len = array.len().checked_mul(size)?;
                let start = data.offset().checked_mul(size)?;
                let buffer = data.buffers().first()?;
                if start.checked_add(len)? > buffer.len()
                    || !self.nulls_stay(plan, array, buffer, start)
                {
                    return None;
                }
                Some(buffer.slice_with_length(start, len))
            }
            Node::Parts(part) => self.taken(part, array),
            Node::List { size, axes, item } => {
                let rows = Rows::of(array)?;
                let start = rows.contiguous(*size)?;
                let mut stride = item.elements;
                for &(len, distance) in axes.iter().rev() {
                    if distance != stride {
                        return None;
                    }
                    stride = stride.checked_mul(len)?;
                }
                // Nulls of whole rows are written into each element, unless a mask says it.
                if array.null_count() > 0 && self.null_as(plan) != NullAs::Masked {
                    return None;
                }
                let values = rows.values().slice(start, array.len().checked_mul(*size)?);
                self.taken(item, values.as_ref())
            }
            _ => None,
        }
    }

    /// Whether what lies under nulls is what a null becomes.
    fn nulls_stay(&self, plan: &Plan, array: &dyn Array, buffer: &Buffer, start: usize) -> bool {
        let Some(nulls) = array.nulls().filter(|nulls| nulls.null_count() > 0) else { return true };
        let size = plan.dtype.itemsize();
        let is_so: fn(&DType, &[u8]) -> bool = match self.null_as(plan) {
            NullAs::Masked | NullAs::Error => return true,
            NullAs::NaT => |_, element| element == time::NAT.to_ne_bytes(),
            NullAs::NaN => leaf::is_nan,
        };
        (!nulls.inner()).set_indices().all(|row| {
            let at = start + row * size;
            buffer.get(at..at + size).is_some_and(|element| is_so(&plan.dtype, element))
        })
    }

    /// The nulls of rows as those of so many elements each.
    pub(super) fn expanded(
        &self,
        nulls: Option<&NullBuffer>,
        count: usize,
    ) -> Result<Option<NullBuffer>> {
        let Some(nulls) = nulls.filter(|nulls| nulls.null_count() > 0) else { return Ok(None) };
        if count == 1 {
            return Ok(Some(nulls.clone()));
        }
        // Elements of no bytes may be more than any memory has bits for; each takes a byte of a mask at the most.
        self.budget.check_count(nulls.len(), count)?;
        Ok(Some(nulls.expand(count)))
    }

    /// What a null of a dtype becomes.
    fn null_as(&self, plan: &Plan) -> NullAs {
        if self.objects || self.meta.masked() {
            return NullAs::Masked;
        }
        let time = matches!(plan.dtype.kind(), Kind::DateTime64(_) | Kind::TimeDelta64(_));
        let known = self.meta.dtype.is_some() || self.meta.null == Some(NullWas::NaT);
        match (plan.dtype.char_kind(), self.options.nulls) {
            _ if time && (known || self.options.nulls != Nulls::Error) => NullAs::NaT,
            ('f' | 'c', _) if plan.nan => NullAs::NaN,
            ('f' | 'c', Nulls::NaN) => NullAs::NaN,
            (_, Nulls::Masked) => NullAs::Masked,
            (_, Nulls::NaN | Nulls::Error) => NullAs::Error,
        }
    }
}

impl Plan {
    /// How many rows of an array one row of elements takes: two where two floats are one number.
    pub(super) fn array_rows(&self) -> usize {
        if matches!(self.node, Node::Parts(_)) { 2 } else { 1 }
    }
}

impl Filler<'_> {
    /// Writes the elements of an array to their places. `above` are the rows whose parents are null.
    fn fill(
        &mut self,
        plan: &Plan,
        array: &dyn Array,
        above: Option<&NullBuffer>,
        places: &Places,
    ) -> Result<()> {
        if places.len().checked_mul(plan.array_rows()) != Some(array.len()) {
            return Err(Error::type_("lists of another length than their type says"));
        }
        let nulls = || NullBuffer::union(above, array.nulls());
        match &plan.node {
            Node::Encoded(item) => self.encoded(item, array, above, places),
            Node::List { size, axes, item } => {
                let nulls = nulls();
                self.list(*size, axes, item, array, nulls.as_ref(), places)
            }
            Node::Parts(part) => {
                let size = part.dtype.itemsize();
                let places = places.with([Axis { len: 2, data: size, mask: 0 }]);
                let above = self.context.expanded(above, 2)?;
                self.fill(part, array, above.as_ref(), &places).map_err(|error| by(error, 2))
            }
            Node::Fields(fields) => {
                *self.copied |= Copied::ORDER;
                let nulls = nulls();
                let Some(columns) = array.as_struct_opt() else { return Err(other(array)) };
                for field in fields {
                    let column = columns.columns().get(field.column).ok_or_else(|| other(array))?;
                    let places = places.moved(field.data, field.mask);
                    self.fill(&field.plan, column.as_ref(), nulls.as_ref(), &places)
                        .map_err(|error| error.in_column(&field.name))?;
                }
                Ok(())
            }
            _ => {
                let nulls = nulls();
                self.leaf(plan, array, nulls.as_ref(), places)?;
                self.nulls(plan, nulls.as_ref(), places)
            }
        }
    }

    fn list(
        &mut self,
        size: usize,
        axes: &[(usize, usize)],
        item: &Plan,
        array: &dyn Array,
        nulls: Option<&NullBuffer>,
        places: &Places,
    ) -> Result<()> {
        let rows = Rows::of(array).ok_or_else(|| other(array))?;
        let item_places = places.with(item.axes(axes));
        if let Some(start) = rows.contiguous(size) {
            let len = array.len().saturating_mul(size);
            if start.saturating_add(len) > rows.values().len() {
                return Err(other(array));
            }
            let values = rows.values().slice(start, len);
            let above = self.context.expanded(nulls, size / item.array_rows())?;
            return self
                .fill(item, values.as_ref(), above.as_ref(), &item_places)
                .map_err(|error| by(error, size));
        }
        let starts: Vec<usize> = (0..rows.len()).map(|row| rows.range(row).0).collect();
        let fits =
            |row: usize| rows.range(row).1 == size || nulls.is_some_and(|nulls| nulls.is_null(row));
        if let Some(row) = (0..rows.len()).find(|&row| !fits(row)) {
            return Err(
                Error::value("a list of another length than those before it").at_row(row as u64)
            );
        }
        self.gather(item, rows.values(), &starts, size, nulls, places, &item_places)
    }

    fn encoded(
        &mut self,
        item: &Plan,
        array: &dyn Array,
        above: Option<&NullBuffer>,
        places: &Places,
    ) -> Result<()> {
        let found = encoded::keys(array, &self.context.budget)?;
        let nulls = NullBuffer::union(above, found.nulls.as_ref());
        *self.copied |= Copied::ORDER;
        self.gather(item, &found.values, &found.keys, 1, nulls.as_ref(), places, places)
    }

    /// Writes values densely, and from there so many from each start on to the places.
    #[expect(clippy::too_many_arguments, reason = "what is gathered, and to where")]
    fn gather(
        &mut self,
        item: &Plan,
        values: &ArrayRef,
        starts: &[usize],
        count: usize,
        nulls: Option<&NullBuffer>,
        places: &Places,
        item_places: &Places,
    ) -> Result<()> {
        *self.copied |= Copied::ORDER;
        let (item_data, item_mask) = item.row_bytes();
        let is_null = |row: usize| nulls.is_some_and(|nulls| nulls.is_null(row));
        if !values.is_empty() {
            let mut copied = Copied::NO;
            let found = self.context.dense(item, std::slice::from_ref(values), &mut copied);
            *self.copied |= copied;
            let found = found.map_err(|error| {
                // The row that has the value, of those that are looked at.
                let value = error.row().and_then(|row| usize::try_from(row).ok()).unwrap_or(0);
                let holds = |&(row, &start): &(usize, &usize)| {
                    !is_null(row) && (start..start.saturating_add(count)).contains(&value)
                };
                match starts.iter().enumerate().find(holds) {
                    Some((row, _)) => error.at_row(row as u64),
                    None => error,
                }
            })?;
            let (size, mask_size) =
                (count.saturating_mul(item_data), count.saturating_mul(item_mask));
            let span = |start: usize, each: usize, size: usize| {
                let start = start.saturating_mul(each);
                start..start.saturating_add(size)
            };
            if let Some(out) = self.data.as_deref_mut() {
                places.each(|row, at, _| {
                    let Some(&start) = starts.get(row).filter(|_| !is_null(row)) else { return };
                    let from = found.data.get(span(start, item_data, size));
                    if let (Some(from), Some(to)) = (from, out.get_mut(at..at + size)) {
                        to.copy_from_slice(from);
                    }
                });
            }
            if let Some(mask) = &found.mask {
                let out = self.mask()?;
                places.each(|row, _, at| {
                    let Some(&start) = starts.get(row).filter(|_| !is_null(row)) else { return };
                    let from = mask.get(span(start, item_mask, mask_size));
                    if let (Some(from), Some(to)) = (from, out.get_mut(at..at + mask_size)) {
                        to.iter_mut().zip(from).for_each(|(to, from)| *to |= from);
                    }
                });
            }
        }
        match nulls.filter(|nulls| nulls.null_count() > 0) {
            Some(nulls) => {
                let each = item_places.len().checked_div(places.len()).unwrap_or(0);
                let expanded = self.context.expanded(Some(nulls), each)?;
                self.absent(item, expanded.as_ref(), item_places).map_err(|error| by(error, each))
            }
            None => Ok(()),
        }
    }

    /// What a plan writes for rows that are null, without any array.
    fn absent(&mut self, plan: &Plan, nulls: Option<&NullBuffer>, places: &Places) -> Result<()> {
        match &plan.node {
            Node::Encoded(item) => self.absent(item, nulls, places),
            Node::List { axes, item, .. } => {
                let own = axes.iter().fold(1_usize, |n, &(len, _)| n.saturating_mul(len));
                let nulls = self.context.expanded(nulls, own)?;
                self.absent(item, nulls.as_ref(), &places.with(item.axes(axes)))
                    .map_err(|error| by(error, own))
            }
            Node::Parts(part) => {
                let axis = Axis { len: 2, data: part.dtype.itemsize(), mask: 0 };
                let nulls = self.context.expanded(nulls, 2)?;
                self.absent(part, nulls.as_ref(), &places.with([axis]))
                    .map_err(|error| by(error, 2))
            }
            Node::Fields(fields) => fields.iter().try_for_each(|field| {
                self.absent(&field.plan, nulls, &places.moved(field.data, field.mask))
                    .map_err(|error| error.in_column(&field.name))
            }),
            _ => self.nulls(plan, nulls, places),
        }
    }

    /// The mask, made when the first null is met.
    fn mask(&mut self) -> Result<&mut Vec<u8>> {
        if self.mask.is_none() {
            self.mask = Some(self.context.budget.zeros(self.mask_len)?);
        }
        self.mask.as_mut().ok_or_else(|| Error::type_("no mask"))
    }
}

impl Plan {
    /// The axes of lists of these in bytes.
    fn axes<'a>(&'a self, axes: &'a [(usize, usize)]) -> impl Iterator<Item = Axis> + 'a {
        let (data, mask) = (self.dtype.itemsize(), self.mask_size);
        axes.iter().map(move |&(len, stride)| Axis {
            len,
            data: stride.saturating_mul(data),
            mask: stride.saturating_mul(mask),
        })
    }
}

/// An error of rows of which so many are one.
fn by(error: Error, count: usize) -> Error {
    match error.row() {
        Some(row) => error.at_row(row.checked_div(count as u64).unwrap_or(0)),
        None => error,
    }
}

/// An array of another type than its field, which Arrow does not make.
fn other(array: &dyn Array) -> Error {
    Error::type_(format!("{} where another type was said", array.data_type()))
}
