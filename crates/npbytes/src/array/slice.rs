//! Slice expressions: what NumPy takes between the brackets of `a[...]`, without arrays of indices.

use std::str::FromStr;

use super::{ArrayView, Axes};
use crate::error::{Error, Result};
use crate::shape::MAX_DIMS;

/// A basic index: integers, `start:stop:step`, `...` and `None` (a new axis), separated by commas.
///
/// ```
/// use npbytes::{Array, Slice};
/// let array = Array::from_vec(&[3, 4], (0..12_u8).collect())?;
/// let slice: Slice = "::-2, 1:3".parse()?;
/// assert_eq!(array.view().slice(&slice)?.to_vec::<u8>()?, [9, 10, 1, 2]);
/// # Ok::<(), npbytes::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slice(Vec<Index>);

/// One part of a [`Slice`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Index {
    /// One item of an axis, which goes away; counted from the end if negative.
    At(i64),
    /// `start:stop:step`: some items of an axis. Bounds are counted from the end if negative, and cut to
    /// the axis.
    Range {
        /// The first item; the first in the direction of the step if left out.
        start: Option<i64>,
        /// The item to stop before; the end in the direction of the step if left out.
        stop: Option<i64>,
        /// From one item to the next, not 0.
        step: i64,
    },
    /// `...`: as many whole axes as the other parts leave.
    Ellipsis,
    /// `None`: a new axis of length 1.
    NewAxis,
}

impl Slice {
    /// A slice of these parts; axes that they leave are whole.
    ///
    /// # Errors
    /// More than one ellipsis, or a step of 0.
    pub fn new(indices: Vec<Index>) -> Result<Self> {
        if indices.iter().filter(|index| **index == Index::Ellipsis).count() > 1 {
            return Err(Error::index("an index can only have a single ellipsis ('...')"));
        }
        if indices.iter().any(|index| matches!(index, Index::Range { step: 0, .. })) {
            return Err(Error::index("slice step cannot be zero"));
        }
        Ok(Self(indices))
    }
}

impl FromStr for Slice {
    type Err = Error;

    /// Reads the text; brackets around it are optional, and an empty one is the whole array.
    fn from_str(text: &str) -> Result<Self> {
        let trimmed = text.trim();
        let inner = match trimmed.strip_prefix('[') {
            Some(rest) => rest
                .strip_suffix(']')
                .ok_or_else(|| Error::index("a slice without its closing ']'").at(text.len()))?,
            None => trimmed,
        };
        if inner.trim().is_empty() {
            return Ok(Self::default());
        }
        let base = inner.as_ptr() as usize - text.as_ptr() as usize;
        let mut indices = Vec::new();
        let mut at = 0;
        let parts: Vec<&str> = inner.split(',').collect();
        for (i, part) in parts.iter().enumerate() {
            let last = i + 1 == parts.len();
            if !(last && i > 0 && part.trim().is_empty()) {
                indices.push(
                    index(part).map_err(|error| error.at(0_u64).shifted((base + at) as u64))?,
                );
            }
            at += part.len() + 1;
        }
        Self::new(indices)
    }
}

fn index(text: &str) -> Result<Index> {
    let wrong =
        |part: &str| Error::index(format!("{part:?} is neither an integer nor a start:stop:step"));
    let integer = |part: &str| match part.trim() {
        "" | "None" => Ok(None),
        // Bounds beyond any axis are cut to it, as Python does.
        digits => match digits.parse::<i128>() {
            Ok(bound) => Ok(i64::try_from(bound.clamp(i64::MIN.into(), i64::MAX.into())).ok()),
            Err(_) => Err(wrong(digits)),
        },
    };
    match text.trim() {
        "..." => return Ok(Index::Ellipsis),
        "None" | "newaxis" | "np.newaxis" => return Ok(Index::NewAxis),
        _ => {}
    }
    let parts: Vec<&str> = text.split(':').collect();
    match parts.as_slice() {
        [at] => at.trim().parse().map(Index::At).map_err(|_| wrong(text.trim())),
        [start, stop] => Ok(Index::Range { start: integer(start)?, stop: integer(stop)?, step: 1 }),
        [start, stop, step] => match integer(step)?.unwrap_or(1) {
            0 => Err(Error::index("slice step cannot be zero")),
            step => Ok(Index::Range { start: integer(start)?, stop: integer(stop)?, step }),
        },
        _ => Err(wrong(text)),
    }
}

impl Slice {
    pub(super) fn apply<'a>(&self, view: &ArrayView<'a>) -> Result<ArrayView<'a>> {
        let taken =
            self.0.iter().filter(|i| matches!(i, Index::At(_) | Index::Range { .. })).count();
        let Some(rest) = view.ndim().checked_sub(taken) else {
            return Err(Error::index(format!(
                "too many indices for array: array is {}-dimensional, but {taken} were indexed",
                view.ndim()
            )));
        };
        let (mut shape, mut strides) = (Axes::<usize>::new(), Axes::<isize>::new());
        let mut offset = 0_isize;
        let mut axis = 0;
        let keep = |shape: &mut Axes<usize>, strides: &mut Axes<isize>, axis: usize, n: usize| {
            shape.extend(view.shape()[axis..axis + n].iter().copied());
            strides.extend(view.strides()[axis..axis + n].iter().copied());
        };
        let mut ellipsis = false;
        for index in &self.0 {
            match *index {
                Index::Ellipsis => {
                    keep(&mut shape, &mut strides, axis, rest);
                    axis += rest;
                    ellipsis = true;
                }
                Index::NewAxis => {
                    shape.push(1);
                    strides.push(0);
                }
                Index::At(at) => {
                    let (dim, stride) = (view.shape()[axis], view.strides()[axis]);
                    let index = at_index(at, dim).ok_or_else(|| {
                        Error::index(format!(
                            "index {at} is out of bounds for axis {axis} with size {dim}"
                        ))
                    })?;
                    offset = offset.wrapping_add(index.cast_signed().wrapping_mul(stride));
                    axis += 1;
                }
                Index::Range { start, stop, step } => {
                    let (dim, stride) = (view.shape()[axis], view.strides()[axis]);
                    let (first, len) = range(start, stop, step, dim);
                    offset = offset.wrapping_add(first.cast_signed().wrapping_mul(stride));
                    shape.push(len);
                    // A step beyond the axis leaves one element, whose stride is never used.
                    strides.push(stride.wrapping_mul(isize::try_from(step).unwrap_or(isize::MAX)));
                    axis += 1;
                }
            }
        }
        if !ellipsis {
            keep(&mut shape, &mut strides, axis, rest);
        }
        if shape.len() > MAX_DIMS {
            return Err(Error::index(format!("more than {MAX_DIMS} axes")));
        }
        // A view without elements leads nowhere: its offset is never used.
        let offset = if shape.contains(&0) { view.offset() } else { view.moved(offset) };
        Ok(view.part(shape, strides, offset))
    }
}

fn at_index(at: i64, dim: usize) -> Option<usize> {
    let index = if at < 0 { i128::from(at) + dim as i128 } else { at.into() };
    usize::try_from(index).ok().filter(|&index| index < dim)
}

/// The first index and the number of them, as Python's `slice.indices` has it.
fn range(start: Option<i64>, stop: Option<i64>, step: i64, dim: usize) -> (usize, usize) {
    let (dim, step) = (dim as i128, i128::from(step));
    let (low, high) = if step > 0 { (0, dim) } else { (-1, dim - 1) };
    let clamp = |bound: Option<i64>, default: i128| match bound {
        Some(bound) if bound < 0 => (i128::from(bound) + dim).clamp(low, high),
        Some(bound) => i128::from(bound).clamp(low, high),
        None => default,
    };
    let (first, end) = if step > 0 {
        (clamp(start, 0), clamp(stop, dim))
    } else {
        (clamp(start, dim - 1), clamp(stop, -1))
    };
    let distance = if step > 0 { end - first } else { first - end };
    if distance <= 0 {
        return (0, 0);
    }
    let len = (distance - 1) / step.abs() + 1;
    (usize::try_from(first).unwrap_or(0), usize::try_from(len).unwrap_or(0))
}
