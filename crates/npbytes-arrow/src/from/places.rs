//! Where in a buffer the elements of a part go: axes of any stride, for the elements and for their mask alike.
//!
//! Knows neither dtypes nor Arrow.

/// One axis: how many, and how far apart in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Axis {
    pub(super) len: usize,
    /// From one to the next among the elements.
    pub(super) data: usize,
    /// From one to the next in the mask.
    pub(super) mask: usize,
}

/// The places of elements, the last axis varying fastest.
#[derive(Clone, Debug)]
pub(super) struct Places {
    axes: Vec<Axis>,
    data: usize,
    mask: usize,
}

/// Elements at even distances.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    /// The number of the first.
    pub(super) first: usize,
    pub(super) len: usize,
    /// Where the first is, and how far it is to the next.
    pub(super) data: usize,
    pub(super) data_stride: usize,
    pub(super) mask: usize,
    pub(super) mask_stride: usize,
}

impl Places {
    /// Rows of some size, one behind the other, from a row on.
    pub(super) fn rows(start: usize, len: usize, data: usize, mask: usize) -> Self {
        // What is inside of a buffer does not overflow; what is not, is not written.
        Self {
            axes: vec![Axis { len, data, mask }],
            data: start.saturating_mul(data),
            mask: start.saturating_mul(mask),
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.axes.iter().fold(1, |n, axis| n.saturating_mul(axis.len))
    }

    /// The same with faster axes.
    pub(super) fn with(&self, axes: impl IntoIterator<Item = Axis>) -> Self {
        let mut more = self.clone();
        more.axes.extend(axes);
        more
    }

    /// The same, each that many bytes further.
    pub(super) fn moved(&self, data: usize, mask: usize) -> Self {
        Self {
            axes: self.axes.clone(),
            data: self.data.saturating_add(data),
            mask: self.mask.saturating_add(mask),
        }
    }

    /// The axes that cannot be seen as one with the next.
    fn merged(&self) -> Vec<Axis> {
        let mut merged: Vec<Axis> = Vec::with_capacity(self.axes.len());
        for &axis in self.axes.iter().filter(|axis| axis.len != 1) {
            match merged.last_mut() {
                Some(outer)
                    if Some(outer.data) == axis.data.checked_mul(axis.len)
                        && Some(outer.mask) == axis.mask.checked_mul(axis.len) =>
                {
                    *outer = Axis { len: outer.len.saturating_mul(axis.len), ..axis };
                }
                _ => merged.push(axis),
            }
        }
        merged
    }

    /// Calls for every run, in order, until one fails.
    pub(super) fn try_runs<E>(&self, mut each: impl FnMut(Run) -> Result<(), E>) -> Result<(), E> {
        let mut outer = self.merged();
        if self.axes.iter().any(|axis| axis.len == 0) {
            return Ok(());
        }
        let inner = outer.pop().unwrap_or(Axis { len: 1, data: 0, mask: 0 });
        let mut index = vec![0_usize; outer.len()];
        let mut run = Run {
            first: 0,
            len: inner.len,
            data: self.data,
            data_stride: inner.data,
            mask: self.mask,
            mask_stride: inner.mask,
        };
        loop {
            each(run)?;
            run.first += inner.len;
            let mut more = false;
            for (at, axis) in index.iter_mut().zip(&outer).rev() {
                *at += 1;
                if *at < axis.len {
                    run.data = run.data.saturating_add(axis.data);
                    run.mask = run.mask.saturating_add(axis.mask);
                    more = true;
                    break;
                }
                // Back to the start of this axis.
                run.data = run.data.saturating_sub(axis.data.saturating_mul(axis.len - 1));
                run.mask = run.mask.saturating_sub(axis.mask.saturating_mul(axis.len - 1));
                *at = 0;
            }
            if !more {
                return Ok(());
            }
        }
    }

    /// Calls for every element with its number and its places.
    pub(super) fn each(&self, mut each: impl FnMut(usize, usize, usize)) {
        let _ = self.try_runs::<()>(|run| {
            for i in 0..run.len {
                each(run.first + i, run.data + i * run.data_stride, run.mask + i * run.mask_stride);
            }
            Ok(())
        });
    }

    /// Calls for the bytes of every element of a size with its number.
    pub(super) fn each_of(
        &self,
        out: &mut [u8],
        size: usize,
        mut each: impl FnMut(usize, &mut [u8]),
    ) {
        let _ = self.try_runs::<()>(|run| {
            let Some(out) = out.get_mut(run.data..) else { return Ok(()) };
            if run.data_stride == size && size > 0 {
                let elements = out.chunks_exact_mut(size).take(run.len);
                elements.enumerate().for_each(|(i, element)| each(run.first + i, element));
            } else if run.data_stride > size {
                for (i, part) in out.chunks_mut(run.data_stride).take(run.len).enumerate() {
                    if let Some(element) = part.get_mut(..size) {
                        each(run.first + i, element);
                    }
                }
            } else {
                for i in 0..run.len {
                    let at = i * run.data_stride;
                    if let Some(element) = out.get_mut(at..at + size) {
                        each(run.first + i, element);
                    }
                }
            }
            Ok(())
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offsets(places: &Places) -> Vec<(usize, usize, usize)> {
        let mut all = Vec::new();
        places.each(|i, data, mask| all.push((i, data, mask)));
        all
    }

    #[test]
    fn dense_axes_are_one_run() {
        let places = Places::rows(2, 3, 8, 2).with([Axis { len: 2, data: 4, mask: 1 }]);
        let mut runs = 0;
        let _ = places.try_runs::<()>(|run| {
            runs += 1;
            assert_eq!((run.first, run.len, run.data, run.data_stride), (0, 6, 16, 4));
            Ok(())
        });
        assert_eq!((runs, places.len()), (1, 6));
    }

    #[test]
    fn the_last_axis_varies_fastest() {
        // Two rows of a transposed 2 x 3, three bytes into rows of twenty.
        let places = Places::rows(0, 2, 20, 6)
            .with([Axis { len: 2, data: 1, mask: 1 }, Axis { len: 3, data: 2, mask: 2 }])
            .moved(3, 0);
        let data: Vec<usize> = offsets(&places).iter().map(|place| place.1).collect();
        assert_eq!(data, [3, 5, 7, 4, 6, 8, 23, 25, 27, 24, 26, 28]);
        let mask: Vec<usize> = offsets(&places).iter().map(|place| place.2).collect();
        assert_eq!(mask, [0, 2, 4, 1, 3, 5, 6, 8, 10, 7, 9, 11]);
    }

    #[test]
    fn no_elements_are_no_runs() {
        let places = Places::rows(0, 4, 0, 0).with([Axis { len: 0, data: 4, mask: 1 }]);
        assert_eq!(offsets(&places), []);
    }
}
