//! Vectors of values for bytes that lie anywhere, in large pages where they are large.
//!
//! `unsafe` lives here to write into memory before it is part of the vector, and to advise the kernel; see
//! each block.
#![allow(unsafe_code)]

use bytemuck::Pod;

use super::Element;
use crate::error::{Error, Result};

/// A vector of zeros.
pub(super) fn zeroed<T: Pod>(len: usize) -> Result<Vec<T>> {
    let mut values: Vec<T> = bytemuck::allocation::try_zeroed_vec(len)
        .map_err(|()| std::io::Error::from(std::io::ErrorKind::OutOfMemory))?;
    // There are none yet where they take no memory.
    values.resize(len, T::zeroed());
    advise_large(&mut values);
    Ok(values)
}

/// A copy of bytes as values; a rest that is no whole value is left out.
pub(super) fn copied<T: Pod>(bytes: &[u8]) -> Result<Vec<T>> {
    let len = bytes.len().checked_div(size_of::<T>()).unwrap_or(0);
    let mut values: Vec<T> = Vec::new();
    values.try_reserve_exact(len).map_err(std::io::Error::from)?;
    advise_large(&mut values);
    // SAFETY: the vector has room for `len` values, which are `len * size_of::<T>()` bytes, and `bytes` is
    // no shorter; the two do not overlap, as the vector is new; any bytes are a value of a `Pod` type.
    unsafe {
        let from = bytes.as_ptr();
        std::ptr::copy_nonoverlapping(from, values.as_mut_ptr().cast(), len * size_of::<T>());
        values.set_len(len);
    }
    Ok(values)
}

/// An empty vector with room for some bytes.
pub(crate) fn vec_with_room(len: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(len).map_err(std::io::Error::from)?;
    advise_large(&mut bytes);
    Ok(bytes)
}

/// Makes room behind the end of some bytes. More than is asked for where they grow again.
pub(crate) fn reserve(bytes: &mut Vec<u8>, more: usize) {
    let before = bytes.capacity();
    bytes.reserve(more);
    if bytes.capacity() != before {
        advise_large(bytes);
    }
}

/// Bits as the values they are, if they are.
pub(super) fn checked<T: Element>(bits: Vec<T::Bits>) -> Result<Vec<T>> {
    if let Some(wrong) = bits.iter().position(|bits| !T::is_valid_bit_pattern(bits)) {
        return Err(Error::value(format!("element {wrong} is no {}", std::any::type_name::<T>())));
    }
    let mut bits = std::mem::ManuallyDrop::new(bits);
    // SAFETY: `CheckedBitPattern` promises that `T` has the layout of its bits, so the allocation is one of
    // a `Vec<T>`, and that bits it calls valid are a `T`: all of them were asked for. The vector that owned
    // the memory is never dropped.
    Ok(unsafe { Vec::from_raw_parts(bits.as_mut_ptr().cast::<T>(), bits.len(), bits.capacity()) })
}

/// Asks for large pages under a vector's memory. Advice only: nothing depends on its being taken.
#[cfg(all(target_os = "linux", feature = "fs"))]
fn advise_large<T>(values: &mut Vec<T>) {
    const PAGE: usize = 4096;
    let len = values.capacity().saturating_mul(size_of::<T>());
    if len < super::buffer::HUGE {
        return;
    }
    let start = values.as_mut_ptr().cast::<u8>();
    let skip = start.align_offset(PAGE);
    if let Some(pages) = len.checked_sub(skip).map(|len| len / PAGE * PAGE) {
        // SAFETY: the range lies inside of the vector's memory, and the advice changes no contents.
        let _ = unsafe {
            rustix::mm::madvise(start.add(skip).cast(), pages, rustix::mm::Advice::LinuxHugepage)
        };
    }
}

#[cfg(not(all(target_os = "linux", feature = "fs")))]
fn advise_large<T>(_: &mut Vec<T>) {}
