//! Where the elements of an array lie in memory: an independent model of strides, so that Python
//! and npbytes can be given the very same buffer.

/// A way to lay out elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layout {
    /// Last axis fastest.
    C,
    /// First axis fastest.
    F,
    /// Contiguous with the axes rotated: the first axis is fastest, the last but next slowest.
    Permuted,
    /// Every second element of the last axis of a larger array, from the second on.
    Sliced,
    /// Every axis walked backwards.
    Negative,
    /// The first axis repeats one row.
    Broadcast,
    /// As C, one byte off every alignment.
    Unaligned,
}

/// A buffer and how to walk it.
#[derive(Clone, Debug)]
pub struct Memory {
    /// All bytes that the array and its gaps cover.
    pub bytes: Vec<u8>,
    /// Where element (0, 0, ...) starts.
    pub offset: usize,
    /// Bytes from one index to the next, an axis each.
    pub strides: Vec<isize>,
}

impl Layout {
    /// All of them.
    pub const ALL: [Layout; 7] = [
        Layout::C,
        Layout::F,
        Layout::Permuted,
        Layout::Sliced,
        Layout::Negative,
        Layout::Broadcast,
        Layout::Unaligned,
    ];

    /// A word for file names.
    pub fn word(self) -> &'static str {
        match self {
            Layout::C => "C",
            Layout::F => "F",
            Layout::Permuted => "permuted",
            Layout::Sliced => "sliced",
            Layout::Negative => "negative",
            Layout::Broadcast => "broadcast",
            Layout::Unaligned => "unaligned",
        }
    }

    /// Does the layout say anything new about such a shape?
    pub fn fits(self, shape: &[usize]) -> bool {
        match self {
            Layout::C => true,
            Layout::F => shape.len() >= 2,
            Layout::Permuted => shape.len() >= 3,
            Layout::Sliced | Layout::Negative | Layout::Broadcast | Layout::Unaligned => {
                !shape.is_empty() && !shape.contains(&0)
            }
        }
    }

    /// NumPy's C contiguity flag for an array of this layout.
    pub fn is_c_contiguous(self, shape: &[usize]) -> bool {
        let flat = shape.contains(&0) || shape.iter().filter(|&&size| size > 1).count() == 0;
        match self {
            Layout::C | Layout::Unaligned => true,
            Layout::F | Layout::Permuted => {
                flat || shape.iter().filter(|&&size| size > 1).count() == 1
            }
            Layout::Sliced => flat || shape.iter().product::<usize>() == 1,
            Layout::Negative | Layout::Broadcast => flat,
        }
    }

    /// NumPy's Fortran contiguity flag for an array of this layout.
    pub fn is_f_contiguous(self, shape: &[usize]) -> bool {
        let wide = shape.iter().filter(|&&size| size > 1).count();
        match self {
            Layout::F => true,
            Layout::C | Layout::Unaligned | Layout::Permuted => shape.contains(&0) || wide <= 1,
            _ => self.is_c_contiguous(shape),
        }
    }

    /// Lays out `elements` (C order, `itemsize` bytes each). The gaps between elements are 0xEE.
    pub fn memory(self, shape: &[usize], itemsize: usize, elements: &[u8]) -> Memory {
        let ndim = shape.len();
        // Axes from the slowest to the fastest, and the extent of each in the buffer.
        let mut slow_first: Vec<usize> = (0..ndim).collect();
        let mut extents = shape.to_vec();
        match self {
            Layout::F => slow_first.reverse(),
            Layout::Permuted => slow_first.rotate_left(1),
            Layout::Sliced => extents[ndim - 1] *= 2,
            Layout::Broadcast => extents[0] = 1,
            _ => {}
        }
        let mut strides = vec![0isize; ndim];
        let mut size = itemsize;
        for &axis in slow_first.iter().rev() {
            strides[axis] = signed(size);
            size *= extents[axis];
        }
        let mut offset = 0;
        match self {
            Layout::Sliced => {
                offset = itemsize;
                strides[ndim - 1] *= 2;
            }
            Layout::Negative => {
                offset = size - itemsize;
                strides.iter_mut().for_each(|stride| *stride = -*stride);
            }
            Layout::Broadcast => strides[0] = 0,
            Layout::Unaligned => {
                offset = 1;
                size += 1;
            }
            _ => {}
        }
        let mut memory = Memory { bytes: vec![0xee; size], offset, strides };
        if matches!(self, Layout::C | Layout::Unaligned) {
            let end = memory.offset + elements.len();
            memory.bytes[memory.offset..end].copy_from_slice(elements);
        } else {
            memory.scatter(shape, itemsize, elements);
        }
        memory
    }
}

impl Memory {
    fn scatter(&mut self, shape: &[usize], itemsize: usize, elements: &[u8]) {
        if itemsize == 0 {
            return;
        }
        let mut index = vec![0usize; shape.len()];
        for element in elements.chunks_exact(itemsize) {
            let distance: isize =
                index.iter().zip(&self.strides).map(|(&i, &stride)| signed(i) * stride).sum();
            let start = self.offset.checked_add_signed(distance).unwrap_or(usize::MAX);
            self.bytes[start..start + itemsize].copy_from_slice(element);
            for axis in (0..shape.len()).rev() {
                index[axis] += 1;
                if index[axis] < shape[axis] {
                    break;
                }
                index[axis] = 0;
            }
        }
    }
}

/// Sizes of the matrix are far below `isize::MAX`.
fn signed(size: usize) -> isize {
    isize::try_from(size).unwrap_or(isize::MAX)
}
