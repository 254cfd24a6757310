//! Structs that are moved part by part: which bytes are copied, and which are swapped.
//!
//! Only the scalars at the leaves of a dtype are written, in the order of the fields, into zeros. So
//! padding becomes zero unless another field covers it, and of fields that overlap the last one wins, as
//! in NumPy.

use std::ops::Range;

use super::copy::{Source, swapped};
use crate::dtype::{ByteOrder, DType, Kind};

/// What is done with a part of an element.
#[derive(Debug)]
pub(super) enum Step {
    Copy(Range<usize>),
    /// Numbers of a size that follow each other.
    Swap(Range<usize>, usize),
    /// The same steps for each of the items of a size in a range.
    Repeat(Range<usize>, usize, Vec<Self>),
}

/// The steps that move an element of a dtype, its numbers to a byte order if one is given.
pub(super) fn of(dtype: &DType, byte_order: Option<ByteOrder>) -> Vec<Step> {
    let mut steps = Vec::new();
    push(&mut steps, dtype, 0, byte_order);
    steps
}

fn push(steps: &mut Vec<Step>, dtype: &DType, start: usize, byte_order: Option<ByteOrder>) {
    let range = start..start + dtype.itemsize();
    if range.is_empty() {
        return;
    }
    match dtype.kind() {
        Kind::Struct(fields) => {
            for field in fields.fields() {
                push(steps, field.dtype(), start + field.offset(), byte_order);
            }
        }
        Kind::Subarray(sub) => match sub.base().kind() {
            Kind::Struct(_) | Kind::Subarray(_) => {
                let inner = of(sub.base(), byte_order);
                steps.push(Step::Repeat(range, sub.base().itemsize(), inner));
            }
            _ => push_scalars(steps, sub.base(), range, byte_order),
        },
        _ => push_scalars(steps, dtype, range, byte_order),
    }
}

/// Scalars of one dtype that follow each other.
fn push_scalars(
    steps: &mut Vec<Step>,
    dtype: &DType,
    range: Range<usize>,
    byte_order: Option<ByteOrder>,
) {
    let swapped = byte_order.is_some_and(|order| {
        !matches!(order, ByteOrder::NotApplicable) && order != dtype.byte_order()
    });
    match (dtype.swap_unit(), steps.last_mut()) {
        (Some(unit), _) if swapped => steps.push(Step::Swap(range, unit)),
        (_, Some(Step::Copy(before))) if before.end == range.start => before.end = range.end,
        _ => steps.push(Step::Copy(range)),
    }
}

/// How many elements a step is taken for before the next one: few enough to stay in the cache.
const ELEMENTS: usize = 256;

/// Writes elements that follow each other from a source in which they are `stride` bytes apart.
///
/// A step is taken for many elements at a time, so that its size is a constant of the loop.
pub(super) fn apply(
    steps: &[Step],
    source: Source<'_>,
    stride: isize,
    itemsize: usize,
    out: &mut [u8],
) {
    let mut source = source;
    for block in out.chunks_mut(itemsize * ELEMENTS) {
        block.fill(0);
        for step in steps {
            step.apply(source, stride, itemsize, block);
        }
        let elements = (block.len() / itemsize).cast_signed();
        source = source.moved(stride.wrapping_mul(elements));
    }
}

impl Step {
    fn apply(&self, source: Source<'_>, stride: isize, itemsize: usize, block: &mut [u8]) {
        let (range, unit) = match self {
            Self::Copy(range) => (range, range.len()),
            Self::Swap(range, unit) => (range, *unit),
            Self::Repeat(range, size, steps) => {
                let mut source = source.moved(range.start.cast_signed());
                for element in block.chunks_exact_mut(itemsize) {
                    apply(steps, source, size.cast_signed(), *size, &mut element[range.clone()]);
                    source = source.moved(stride);
                }
                return;
            }
        };
        let swap = matches!(self, Self::Swap(..));
        match (range.len(), unit, swap) {
            (1, ..) => parts::<1, false>(range, source, stride, itemsize, block),
            (2, _, false) => parts::<2, false>(range, source, stride, itemsize, block),
            (4, _, false) => parts::<4, false>(range, source, stride, itemsize, block),
            (8, _, false) => parts::<8, false>(range, source, stride, itemsize, block),
            (16, _, false) => parts::<16, false>(range, source, stride, itemsize, block),
            (2, 2, true) => parts::<2, true>(range, source, stride, itemsize, block),
            (4, 4, true) => parts::<4, true>(range, source, stride, itemsize, block),
            (8, 8, true) => parts::<8, true>(range, source, stride, itemsize, block),
            (len, ..) => {
                let mut source = source.moved(range.start.cast_signed());
                for element in block.chunks_exact_mut(itemsize) {
                    let part = &mut element[range.clone()];
                    part.copy_from_slice(source.bytes(len));
                    if swap {
                        part.chunks_exact_mut(unit).for_each(<[u8]>::reverse);
                    }
                    source = source.moved(stride);
                }
            }
        }
    }
}

/// Moves a part of a size known to the compiler from each element.
fn parts<const N: usize, const SWAP: bool>(
    range: &Range<usize>,
    source: Source<'_>,
    stride: isize,
    itemsize: usize,
    block: &mut [u8],
) {
    let mut source = source.moved(range.start.cast_signed());
    for element in block.chunks_exact_mut(itemsize) {
        if let Some(part) = element[range.start..].first_chunk_mut() {
            *part = swapped::<N, SWAP>(source.item());
        }
        source = source.moved(stride);
    }
}

/// Whether there are bytes in an element that belong to no field.
pub(super) fn has_padding(dtype: &DType) -> bool {
    match dtype.kind() {
        Kind::Struct(fields) => {
            !fields.padding().is_empty()
                || fields.fields().iter().any(|field| has_padding(field.dtype()))
        }
        Kind::Subarray(sub) => has_padding(sub.base()),
        _ => false,
    }
}
