//! Fields of structs out of them, block by block, so that structs are read from memory once and not once a field.

use bytes::Bytes;
use npbytes::{ByteOrder, DType, Kind};

use super::cells::Cells;
use crate::memory::Room;
use crate::{Copied, Result};

/// The numbers of a field, one behind the other and in this machine's byte order.
pub(super) struct Gathered {
    pub(super) dtype: DType,
    pub(super) bytes: Bytes,
    /// Why they were copied.
    pub(super) copied: Copied,
}

/// A field that is being gathered.
struct Field {
    offset: usize,
    size: usize,
    swapped: bool,
    out: Room,
}

/// How many bytes of structs are in a block: less than the cache that is next to a core.
const BLOCK: usize = 1 << 15;
/// Fewer bytes than this are in a cache anyway.
const LEAST: usize = 1 << 18;

/// The fields of structs that are numbers; of the others, and of structs that are few or of other strides, none.
pub(super) fn numbers(cells: &Cells<'_>) -> Result<Vec<Option<Gathered>>> {
    let from = cells.dtype.fields().unwrap_or_default();
    let strided = cells
        .strided()
        .filter(|(_, stride)| *stride > 0 && cells.len().saturating_mul(*stride) >= LEAST);
    let Some((bytes, stride)) = strided else {
        return Ok(from.iter().map(|_| None).collect());
    };
    let simple = |field: &&npbytes::dtype::Field| is_number(field.dtype());
    if from.iter().filter(simple).count() < 2 {
        return Ok(from.iter().map(|_| None).collect());
    }
    let fields = from.iter().map(|field| {
        if !is_number(field.dtype()) {
            return Ok(None);
        }
        let size = field.dtype().itemsize();
        let out = Room::zeroed(cells.len().saturating_mul(size))?;
        let (offset, swapped) = (field.offset(), !field.dtype().is_native());
        Ok(Some(Field { offset, size, swapped, out }))
    });
    let mut fields = fields.collect::<Result<Vec<_>>>()?;
    let rows = (BLOCK / stride).max(64);
    let blocks = bytes.chunks(rows.saturating_mul(stride)).take(cells.len().div_ceil(rows));
    for (i, block) in blocks.enumerate() {
        let start = i * rows;
        let end = cells.len().min(start + rows);
        for field in fields.iter_mut().flatten() {
            field.copy(block, stride, start, end);
        }
    }
    let gathered = fields.into_iter().zip(from).map(|(field, from)| {
        field.map(|field| {
            let mut copied = Copied::ORDER;
            if field.swapped {
                copied |= Copied::BYTE_ORDER;
            }
            let dtype = from.dtype().with_byte_order(ByteOrder::NATIVE);
            Gathered { dtype, bytes: field.out.into(), copied }
        })
    });
    Ok(gathered.collect())
}

/// Whether elements are numbers that are swapped as one.
fn is_number(dtype: &DType) -> bool {
    matches!(
        dtype.kind(),
        Kind::Bool
            | Kind::Int8
            | Kind::Int16
            | Kind::Int32
            | Kind::Int64
            | Kind::UInt8
            | Kind::UInt16
            | Kind::UInt32
            | Kind::UInt64
            | Kind::Float16
            | Kind::Float32
            | Kind::Float64
            | Kind::DateTime64(_)
            | Kind::TimeDelta64(_)
    )
}

impl Field {
    /// Copies the field of some structs to where these rows are.
    fn copy(&mut self, block: &[u8], stride: usize, start: usize, end: usize) {
        let out =
            self.out.as_mut_slice().get_mut(start * self.size..end * self.size).unwrap_or_default();
        let from = block.get(self.offset..).unwrap_or_default();
        let offset = self.offset;
        let is_done = !self.swapped
            && match self.size {
                1 => copy_known::<1>(block, stride, offset, out),
                2 => copy_known::<2>(block, stride, offset, out),
                4 => copy_known::<4>(block, stride, offset, out),
                _ => copy_known::<8>(block, stride, offset, out),
            };
        if is_done {
            return;
        }
        match (self.size, self.swapped) {
            (1, _) => copy::<1, false>(from, stride, out),
            (2, false) => copy::<2, false>(from, stride, out),
            (4, false) => copy::<4, false>(from, stride, out),
            (8, false) => copy::<8, false>(from, stride, out),
            (2, true) => copy::<2, true>(from, stride, out),
            (4, true) => copy::<4, true>(from, stride, out),
            (_, _) => copy::<8, true>(from, stride, out),
        }
    }
}

/// Copies items out of rows of a length that many have, if it is one: twice as fast as where the length is a variable.
fn copy_known<const N: usize>(rows: &[u8], stride: usize, offset: usize, out: &mut [u8]) -> bool {
    match stride {
        8 => copy_from::<N, 8>(rows, offset, out),
        12 => copy_from::<N, 12>(rows, offset, out),
        16 => copy_from::<N, 16>(rows, offset, out),
        20 => copy_from::<N, 20>(rows, offset, out),
        24 => copy_from::<N, 24>(rows, offset, out),
        32 => copy_from::<N, 32>(rows, offset, out),
        40 => copy_from::<N, 40>(rows, offset, out),
        48 => copy_from::<N, 48>(rows, offset, out),
        64 => copy_from::<N, 64>(rows, offset, out),
        _ => false,
    }
}

fn copy_from<const N: usize, const STRIDE: usize>(
    rows: &[u8],
    offset: usize,
    out: &mut [u8],
) -> bool {
    let (rows, _) = rows.as_chunks::<STRIDE>();
    let (out, _) = out.as_chunks_mut::<N>();
    // The last row may end with its last field.
    if rows.len() < out.len() || offset.saturating_add(N) > STRIDE {
        return false;
    }
    for (to, row) in out.iter_mut().zip(rows) {
        if let Some(item) = row.get(offset..).and_then(|rest| rest.first_chunk::<N>()) {
            *to = *item;
        }
    }
    true
}

/// Copies items that are a distance apart.
fn copy<const N: usize, const SWAP: bool>(from: &[u8], stride: usize, out: &mut [u8]) {
    for (to, row) in out.as_chunks_mut::<N>().0.iter_mut().zip(from.chunks(stride)) {
        if let Some(item) = row.first_chunk::<N>() {
            *to = *item;
            if SWAP {
                to.reverse();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use npbytes::{Array, AxisOrder, Shape};

    use super::*;

    #[test]
    fn blocks_are_what_fields_are() {
        let dtype =
            "[('a', '<f8'), ('s', 'S3'), ('b', '>i4'), ('c', '?'), ('d', '>M8[s]'), ('e', 'u2')]";
        let dtype = DType::parse(dtype).unwrap();
        let (size, len) = (dtype.itemsize(), 20_011);
        let data: Vec<u8> = (0..size * len)
            .map(|i| u8::try_from(((i * 2_654_435_761) >> 7) & 0xff).unwrap())
            .collect();
        let shape = Shape::new(&[len]).unwrap();
        let array = Array::new(dtype, shape, AxisOrder::C, data.into()).unwrap();
        let cells = Cells::of(&array, &[0]);
        let gathered = numbers(&cells).unwrap();
        let names = ["a", "s", "b", "c", "d", "e"];
        for (name, gathered) in names.iter().zip(gathered) {
            let Some(gathered) = gathered else {
                assert_eq!(*name, "s");
                continue;
            };
            let view = array.view().field(name).unwrap();
            let copy = view.to_array(npbytes::Order::C, ByteOrder::NATIVE).unwrap();
            assert!(gathered.bytes == copy.data(), "{name}");
            assert_eq!(gathered.dtype, *copy.dtype(), "{name}");
        }
    }
}
