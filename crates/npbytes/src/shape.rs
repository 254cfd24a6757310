//! Shapes and axis orders that are known to be possible: what is checked here is not checked again.

use std::fmt;
use std::ops::Deref;

use smallvec::SmallVec;

use crate::error::{Error, Result};

/// The most axes an array can have (NumPy 2's bound; NumPy 1 stops at 32).
pub const MAX_DIMS: usize = 64;

/// The lengths of an array's axes, slowest first, as NumPy's `shape`.
///
/// At most 64 axes, and a number of elements that fits `isize`, also when axes of length 0 are left
/// out of the product. Dereferences to `[usize]`.
#[derive(PartialEq, Eq, Hash, Default)]
pub struct Shape(SmallVec<[usize; 4]>);

impl Clone for Shape {
    fn clone(&self) -> Self {
        // Copies the few numbers at once, where the derived way goes one by one.
        Self(SmallVec::from_slice(&self.0))
    }
}

impl Shape {
    /// The shape of these axes.
    ///
    /// # Errors
    /// More than 64 axes, or a product that no memory can hold.
    pub fn new(dims: &[usize]) -> Result<Self> {
        if dims.len() > MAX_DIMS {
            return Err(Error::shape(format!("{} axes, NumPy has {MAX_DIMS} at most", dims.len())));
        }
        product(dims).ok_or_else(|| {
            Error::shape(format!("{} has more elements than memory can address", Tuple(dims)))
        })?;
        Ok(Self(SmallVec::from_slice(dims)))
    }

    /// The shape of a part of an array that exists: no axis is longer than it was.
    pub(crate) fn of_part(dims: SmallVec<[usize; 4]>) -> Self {
        debug_assert!(dims.len() <= MAX_DIMS && product(&dims).is_some());
        Self(dims)
    }

    /// How many elements there are: 1 for a 0-d array.
    pub fn elements(&self) -> usize {
        self.0.iter().product()
    }

    /// The bytes that the elements of an itemsize take.
    ///
    /// # Errors
    /// A size that no memory can hold.
    pub fn bytes(&self, itemsize: usize) -> Result<usize> {
        let (mut bytes, mut empty) = (Some(itemsize), false);
        for &dim in &self.0 {
            empty |= dim == 0;
            bytes = bytes.and_then(|bytes| bytes.checked_mul(dim.max(1)));
        }
        match bytes {
            Some(bytes) if isize::try_from(bytes).is_ok() => Ok(if empty { 0 } else { bytes }),
            _ => Err(Error::shape(format!(
                "{self} of {itemsize}-byte elements is more than memory can address"
            ))),
        }
    }

    /// The axes' lengths.
    pub fn dims(&self) -> &[usize] {
        &self.0
    }
}

/// The product of the axes that are not 0, if it fits `isize`.
fn product(dims: &[usize]) -> Option<usize> {
    let product =
        dims.iter().filter(|&&dim| dim != 0).try_fold(1_usize, |n, &dim| n.checked_mul(dim))?;
    isize::try_from(product).is_ok().then_some(product)
}

impl Deref for Shape {
    type Target = [usize];

    fn deref(&self) -> &[usize] {
        &self.0
    }
}

impl TryFrom<&[usize]> for Shape {
    type Error = Error;

    fn try_from(dims: &[usize]) -> Result<Self> {
        Self::new(dims)
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Tuple(&self.0).fmt(f)
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Prints numbers as Python prints a tuple: `()`, `(3,)`, `(2, 3)`.
pub(crate) struct Tuple<'a, T>(pub(crate) &'a [T]);

impl<T: fmt::Display> fmt::Display for Tuple<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(")?;
        for (i, item) in self.0.iter().enumerate() {
            write!(f, "{}{item}", if i == 0 { "" } else { ", " })?;
        }
        f.write_str(if self.0.len() == 1 { ",)" } else { ")" })
    }
}

/// Which axis varies slowest in memory: a permutation of the axes, slowest first.
///
/// C order is the identity, Fortran order its reverse; NumPy's 'K' is any other.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct AxisOrder(Repr);

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Repr {
    C,
    F,
    Permuted(Box<[u8]>),
}

impl AxisOrder {
    /// The last axis varies fastest.
    pub const C: Self = Self(Repr::C);
    /// The first axis varies fastest.
    pub const F: Self = Self(Repr::F);

    /// The axes from the slowest to the fastest.
    ///
    /// # Errors
    /// Not each of `0..axes.len()` once, or more than 64 axes.
    pub fn permuted(axes: &[usize]) -> Result<Self> {
        let mut seen = [false; MAX_DIMS];
        let fits = axes.len() <= MAX_DIMS
            && axes.iter().all(|&axis| {
                axis < axes.len()
                    && seen.get_mut(axis).is_some_and(|seen| !std::mem::replace(seen, true))
            });
        if !fits {
            return Err(Error::shape(format!("{} is no permutation of the axes", Tuple(axes))));
        }
        if axes.is_sorted() {
            return Ok(Self::C);
        }
        if axes.iter().rev().is_sorted() {
            return Ok(Self::F);
        }
        Ok(Self(Repr::Permuted(axes.iter().filter_map(|&axis| axis.try_into().ok()).collect())))
    }

    /// The axes of an `ndim`-dimensional array from the slowest to the fastest.
    pub fn axes(&self, ndim: usize) -> Vec<usize> {
        match &self.0 {
            Repr::C => (0..ndim).collect(),
            Repr::F => (0..ndim).rev().collect(),
            Repr::Permuted(axes) => axes.iter().map(|&axis| axis.into()).collect(),
        }
    }

    /// Whether the order is one of an `ndim`-dimensional array.
    pub(crate) fn fits(&self, ndim: usize) -> bool {
        match &self.0 {
            Repr::C | Repr::F => true,
            Repr::Permuted(axes) => axes.len() == ndim,
        }
    }

    /// The strides of a dense array in this order, in bytes.
    pub(crate) fn strides(&self, shape: &Shape, itemsize: usize) -> SmallVec<[isize; 4]> {
        let mut strides: SmallVec<[isize; 4]> = SmallVec::from_elem(0, shape.len());
        let mut stride = itemsize.cast_signed();
        let mut place = |slot: &mut isize, dim: usize| {
            *slot = stride;
            // Wrapping is never seen: it needs a shape of no elements, whose strides lead nowhere.
            stride = stride.wrapping_mul(dim.max(1).cast_signed());
        };
        match &self.0 {
            Repr::C => {
                strides
                    .iter_mut()
                    .zip(shape.iter())
                    .rev()
                    .for_each(|(slot, &dim)| place(slot, dim));
            }
            Repr::F => {
                strides.iter_mut().zip(shape.iter()).for_each(|(slot, &dim)| place(slot, dim))
            }
            Repr::Permuted(axes) => {
                for axis in axes.iter().rev().map(|&axis| usize::from(axis)) {
                    if let (Some(slot), Some(&dim)) = (strides.get_mut(axis), shape.get(axis)) {
                        place(slot, dim);
                    }
                }
            }
        }
        strides
    }
}

impl Default for AxisOrder {
    fn default() -> Self {
        Self::C
    }
}

/// The order in which elements are laid out as bytes: `tobytes`' argument of the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Order {
    /// The last axis varies fastest.
    #[default]
    C,
    /// The first axis varies fastest.
    F,
    /// Fortran order if the array is contiguous in it and not in C order, else C order.
    A,
}

impl std::str::FromStr for Order {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "C" | "c" => Ok(Self::C),
            "F" | "f" => Ok(Self::F),
            "A" | "a" => Ok(Self::A),
            _ => Err(Error::value(format!("the order {text:?} is none of C, F and A"))),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn products_that_overflow_are_refused_also_beside_zero() {
        let big = usize::MAX / 2;
        assert!(Shape::new(&[big, 3]).is_err());
        assert!(Shape::new(&[0, big, 3]).is_err());
        assert!(Shape::new(&[1; 65]).is_err());
        assert_eq!(Shape::new(&[0, big]).unwrap().elements(), 0);
        assert!(Shape::new(&[big]).unwrap().bytes(8).is_err());
        assert_eq!(Shape::new(&[]).unwrap().elements(), 1);
    }

    #[test]
    fn permutations_are_normalised() {
        assert_eq!(AxisOrder::permuted(&[0, 1]).unwrap(), AxisOrder::C);
        assert_eq!(AxisOrder::permuted(&[2, 1, 0]).unwrap(), AxisOrder::F);
        assert_eq!(AxisOrder::permuted(&[]).unwrap(), AxisOrder::C);
        for wrong in [&[1, 1][..], &[2, 0], &[1]] {
            assert!(AxisOrder::permuted(wrong).is_err());
        }
        let order = AxisOrder::permuted(&[1, 0, 2]).unwrap();
        assert_eq!(order.strides(&Shape::new(&[2, 3, 4]).unwrap(), 8).as_slice(), [32, 64, 8]);
    }
}
