//! Elements one by one.

use super::{ArrayView, Axes};

/// The bytes of each element of an [`ArrayView`], as they are stored, in C order.
#[derive(Clone, Debug)]
pub struct Elements<'a> {
    data: &'a [u8],
    itemsize: usize,
    shape: Axes<usize>,
    strides: Axes<isize>,
    index: Axes<usize>,
    offset: isize,
    left: usize,
}

impl<'a> Elements<'a> {
    pub(super) fn new(view: &ArrayView<'a>) -> Self {
        Self {
            data: view.data(),
            itemsize: view.dtype().itemsize(),
            shape: view.shape().iter().copied().collect(),
            strides: view.strides().iter().copied().collect(),
            index: Axes::from_elem(0, view.ndim()),
            offset: view.offset().cast_signed(),
            left: view.len(),
        }
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.left == 0 {
            return None;
        }
        let start = usize::try_from(self.offset).ok()?;
        let element = self.data.get(start..start + self.itemsize)?;
        self.left -= 1;
        for axis in (0..self.shape.len()).rev() {
            let stride = self.strides[axis];
            self.index[axis] += 1;
            self.offset = self.offset.wrapping_add(stride);
            if self.index[axis] < self.shape[axis] {
                break;
            }
            self.offset =
                self.offset.wrapping_sub(stride.wrapping_mul(self.shape[axis].cast_signed()));
            self.index[axis] = 0;
        }
        Some(element)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Elements<'_> {}
