//! Moving elements: any strides to a dense order, swapping bytes on the way, in one pass.
//!
//! The source is seen as axes of (length, stride) from the slowest to the fastest in the
//! destination, which is written from its start to its end. Axes that follow each other in memory
//! are merged first, so that most copies end up as one of few shapes.

use super::{ArrayView, Axes, simd, steps};
use crate::dtype::{ByteOrder, DType};
use crate::shape::Order;

/// An axis of the source: its length, and the distance in bytes between its items.
type Axis = (usize, isize);

/// Copies all elements into `out`, densely in an order, their numbers in a byte order if one is given.
///
/// `out` is exactly as long as the elements. A buffer that lies so already is copied as it is, padding
/// inside of structs included; where elements are moved or swapped, padding becomes zero.
pub(super) fn copy(
    view: &ArrayView<'_>,
    order: Order,
    byte_order: Option<ByteOrder>,
    out: &mut [u8],
) {
    match view.contiguous(order).filter(|_| !needs_swap(view.dtype(), byte_order)) {
        Some(bytes) => out.copy_from_slice(bytes),
        None => copy_part(view, order, byte_order, out),
    }
}

/// Copies a part of an array of which not all lies so already: padding becomes zero, as in the rest.
pub(super) fn copy_part(
    view: &ArrayView<'_>,
    order: Order,
    byte_order: Option<ByteOrder>,
    out: &mut [u8],
) {
    let itemsize = view.dtype().itemsize();
    if out.is_empty() || view.is_empty() || itemsize == 0 {
        return;
    }
    debug_assert_eq!(out.len(), view.nbytes());
    let axes = view.shape().iter().copied().zip(view.strides().iter().copied());
    let mut axes: Axes<Axis> = axes.collect();
    if view.resolved(order) == Order::F {
        axes.reverse();
    }
    let source = Source { data: view.data(), start: view.offset().cast_signed() };
    let swap = needs_swap(view.dtype(), byte_order);
    let is_struct = view.dtype().fields().is_some() || view.dtype().as_subarray().is_some();
    if is_struct && (swap || steps::has_padding(view.dtype())) {
        let steps = steps::of(view.dtype(), byte_order);
        let axes = merged(&axes, itemsize);
        let Some((&(len, stride), outer)) = axes.split_last() else { return };
        return runs(source, outer, len * itemsize, out, |source, run| {
            steps::apply(&steps, source, stride, itemsize, run);
        });
    }
    let size = match view.dtype().swap_unit() {
        // The parts of a complex number or a string are swapped one by one: one more axis.
        Some(unit) if swap && unit < itemsize => {
            axes.push((itemsize / unit, unit.cast_signed()));
            unit
        }
        _ => itemsize,
    };
    let axes = merged(&axes, size);
    match (size, swap) {
        (1, _) => walk::<1, false>(source, &axes, out),
        (2, false) => walk::<2, false>(source, &axes, out),
        (4, false) => walk::<4, false>(source, &axes, out),
        (8, false) => walk::<8, false>(source, &axes, out),
        (16, false) => walk::<16, false>(source, &axes, out),
        (2, true) => walk::<2, true>(source, &axes, out),
        (4, true) => walk::<4, true>(source, &axes, out),
        (8, true) => walk::<8, true>(source, &axes, out),
        (16, true) => walk::<16, true>(source, &axes, out),
        (size, _) => walk_any(source, &axes, size, out),
    }
}

/// Whether numbers have to be swapped to be in a byte order.
fn needs_swap(dtype: &DType, byte_order: Option<ByteOrder>) -> bool {
    byte_order.is_some_and(|order| {
        order != ByteOrder::NotApplicable && dtype.with_byte_order(order) != *dtype
    })
}

/// Drops axes of length 1 and merges those that follow each other in memory. Never empty.
fn merged(axes: &[Axis], size: usize) -> Axes<Axis> {
    let mut out: Axes<Axis> = Axes::new();
    for &(len, stride) in axes.iter().filter(|(len, _)| *len != 1) {
        match out.last_mut() {
            Some((slow_len, slow_stride))
                if *slow_stride == stride.wrapping_mul(len.cast_signed()) =>
            {
                *slow_len *= len;
                *slow_stride = stride;
            }
            _ => out.push((len, stride)),
        }
    }
    if out.is_empty() {
        out.push((1, size.cast_signed()));
    }
    out
}

/// The bytes of the source and where the first element starts in them. A view has checked that all
/// elements lie inside.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    data: &'a [u8],
    start: isize,
}

impl<'a> Source<'a> {
    pub(super) fn moved(self, by: isize) -> Self {
        Self { start: self.start.wrapping_add(by), ..self }
    }

    pub(super) fn bytes(self, len: usize) -> &'a [u8] {
        let start = self.start.cast_unsigned();
        &self.data[start..start + len]
    }

    pub(super) fn item<const N: usize>(self) -> [u8; N] {
        let mut item = [0; N];
        item.copy_from_slice(self.bytes(N));
        item
    }
}

/// Calls `each` with the source and the destination's offset of every run of the last `inner` axes.
fn runs(
    source: Source<'_>,
    outer: &[Axis],
    run: usize,
    out: &mut [u8],
    mut each: impl FnMut(Source<'_>, &mut [u8]),
) {
    let mut index: Axes<usize> = Axes::from_elem(0, outer.len());
    let mut source = source;
    for chunk in out.chunks_exact_mut(run) {
        each(source, chunk);
        source = advance(source, outer, &mut index);
    }
}

/// The source at the next index of some axes, the last of which varies fastest.
fn advance<'a>(mut source: Source<'a>, axes: &[Axis], index: &mut [usize]) -> Source<'a> {
    for (index, &(len, stride)) in index.iter_mut().zip(axes).rev() {
        *index += 1;
        source = source.moved(stride);
        if *index < len {
            break;
        }
        source = source.moved(stride.wrapping_mul(len.cast_signed()).wrapping_neg());
        *index = 0;
    }
    source
}

/// Moves items of a size known to the compiler.
fn walk<const N: usize, const SWAP: bool>(source: Source<'_>, axes: &[Axis], out: &mut [u8]) {
    let Some((&(len, stride), outer)) = axes.split_last() else { return };
    if stride == N.cast_signed() {
        return runs(source, outer, len * N, out, |source, run| {
            dense::<N, SWAP>(source.bytes(run.len()), run);
        });
    }
    // An axis that is dense in the source, while the last one is not: a transposition.
    if let Some(axis) = outer.iter().position(|axis| axis.1 == N.cast_signed())
        && outer[axis].0.min(len) >= 4
    {
        let (before, after) = outer.split_at(axis);
        let Some((&(rows, _), between)) = after.split_first() else { return };
        let row_len = between.iter().map(|(len, _)| len).product::<usize>() * len;
        return runs(source, before, rows * row_len * N, out, |source, block| {
            let out = block.as_chunks_mut::<N>().0;
            let mut plane = Plane { rows, columns: (len, stride), row_len, at: 0 };
            let mut index: Axes<usize> = Axes::from_elem(0, between.len());
            let mut source = source;
            while plane.at < row_len {
                plane.copy::<N, SWAP>(source, out);
                plane.at += len;
                source = advance(source, between, &mut index);
            }
        });
    }
    runs(source, outer, len * N, out, |source, run| {
        let run = run.as_chunks_mut::<N>().0;
        match usize::try_from(stride) {
            Ok(step) if step >= N => {
                // All but the last item are followed by a whole step.
                let Some((last, run)) = run.split_last_mut() else { return };
                let steps = source.bytes(run.len() * step).chunks_exact(step);
                for (to, from) in run.iter_mut().zip(steps) {
                    if let Some(item) = from.first_chunk() {
                        *to = swapped::<N, SWAP>(*item);
                    }
                }
                *last = swapped::<N, SWAP>(source.moved((run.len() * step).cast_signed()).item());
            }
            _ => {
                let mut source = source;
                for item in run {
                    *item = swapped::<N, SWAP>(source.item());
                    source = source.moved(stride);
                }
            }
        }
    });
}

pub(super) fn swapped<const N: usize, const SWAP: bool>(mut item: [u8; N]) -> [u8; N] {
    if SWAP {
        item.reverse();
    }
    item
}

fn dense<const N: usize, const SWAP: bool>(source: &[u8], out: &mut [u8]) {
    if SWAP {
        simd::swap::<N>(source.as_chunks::<N>().0, out.as_chunks_mut::<N>().0);
    } else {
        out.copy_from_slice(source);
    }
}

/// A transposition: rows that are dense in the source become rows of the destination.
struct Plane {
    /// Rows of the destination; their items follow each other in the source.
    rows: usize,
    /// Items of a row, and their distance in the source.
    columns: Axis,
    /// The distance of rows in the destination, in items.
    row_len: usize,
    /// Where the first row starts in the destination, in items.
    at: usize,
}

impl Plane {
    /// How many columns are taken at a time: as many pages of the source as address translation keeps
    /// at hand.
    const COLUMNS: usize = 256;

    fn copy<const N: usize, const SWAP: bool>(&self, source: Source<'_>, out: &mut [[u8; N]]) {
        // As many rows at a time as a cache line of the source has items, in blocks of one wide store.
        match N {
            1 => self.copy_lines::<N, 32, 32, SWAP>(source, out),
            2 => self.copy_lines::<N, 32, 16, SWAP>(source, out),
            4 => self.copy_lines::<N, 16, 8, SWAP>(source, out),
            8 => self.copy_lines::<N, 8, 4, SWAP>(source, out),
            _ => self.copy_lines::<N, 4, 2, SWAP>(source, out),
        }
    }

    fn copy_lines<const N: usize, const ROWS: usize, const BLOCK: usize, const SWAP: bool>(
        &self,
        source: Source<'_>,
        out: &mut [[u8; N]],
    ) {
        let (columns, stride) = self.columns;
        for left in (0..columns).step_by(Self::COLUMNS) {
            let width = Self::COLUMNS.min(columns - left);
            let top = source.moved(stride.wrapping_mul(left.cast_signed()));
            let mut row = 0;
            while row + ROWS <= self.rows {
                let mut rows = out[row * self.row_len..].chunks_mut(self.row_len);
                let mut lines: [&mut [[u8; N]]; ROWS] = std::array::from_fn(|_| {
                    let line = rows.next().unwrap_or_default();
                    &mut line[self.at + left..self.at + left + width]
                });
                let corner = top.moved((row * N).cast_signed());
                simd::transpose::<N, ROWS, BLOCK, SWAP>(
                    &mut lines,
                    width,
                    corner.data,
                    corner.start,
                    stride,
                );
                row += ROWS;
            }
            for row in row..self.rows {
                let start = row * self.row_len + self.at + left;
                let mut item = top.moved((row * N).cast_signed());
                for to in &mut out[start..start + width] {
                    *to = swapped::<N, SWAP>(item.item());
                    item = item.moved(stride);
                }
            }
        }
    }
}

/// Moves items of any size.
fn walk_any(source: Source<'_>, axes: &[Axis], size: usize, out: &mut [u8]) {
    let Some((&(len, stride), outer)) = axes.split_last() else { return };
    runs(source, outer, len * size, out, |source, run| {
        if stride == size.cast_signed() {
            run.copy_from_slice(source.bytes(run.len()));
            return;
        }
        let mut source = source;
        for item in run.chunks_exact_mut(size) {
            item.copy_from_slice(source.bytes(size));
            source = source.moved(stride);
        }
    });
}
