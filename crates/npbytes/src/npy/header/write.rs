//! The prefix of a .npy file as NumPy writes it, and as it is changed in place.

use super::{ALIGN, SPACES};
use crate::dtype::{DType, Kind};
use crate::error::{Error, ErrorKind, Result};
use crate::npy::{MAGIC, WriteOptions, refuse_objects};
use crate::shape::Shape;

/// The digits that a header leaves room for, so that an array can grow in place.
const GROWTH: usize = 21;

/// Writes the prefix of a .npy file, from the magic to the newline before the elements.
pub(in crate::npy) fn write(
    out: &mut Vec<u8>,
    dtype: &DType,
    shape: &Shape,
    fortran_order: bool,
    options: &WriteOptions,
) -> Result<()> {
    refuse_objects(dtype)?;
    write_any(out, dtype, shape, fortran_order, options)
}

/// Writes the prefix of a .npy file, also where a pickle follows it.
pub(in crate::npy) fn write_any(
    out: &mut Vec<u8>,
    dtype: &DType,
    shape: &Shape,
    fortran_order: bool,
    options: &WriteOptions,
) -> Result<()> {
    let numpy = options.profile.numpy;
    if shape.len() > numpy.max_dims() {
        return Err(Error::unsupported(format!(
            "{} axes; NumPy {numpy} has {} at most",
            shape.len(),
            numpy.max_dims()
        )));
    }
    let mut text = String::with_capacity(128);
    text.push_str("{'descr': ");
    match dtype.kind() {
        Kind::Struct(_) => text.push_str(&dtype.descr(options.profile)?),
        // A header knows no other word for it.
        Kind::String => text.push_str("'|O'"),
        _ => {
            text.push('\'');
            dtype.push_typestr(&mut text);
            text.push('\'');
        }
    }
    text.push_str(", 'fortran_order': ");
    text.push_str(if fortran_order { "True" } else { "False" });
    text.push_str(", 'shape': (");
    for (axis, dim) in shape.iter().enumerate() {
        text.push_str(if axis == 0 { "" } else { ", " });
        push_number(&mut text, *dim);
    }
    text.push_str(if shape.len() == 1 { ",), }" } else { "), }" });
    if options.profile.numpy.growth_padding()
        && let Some(dim) = if fortran_order { shape.last() } else { shape.first() }
    {
        let digits = dim.checked_ilog10().map_or(1, |log| log as usize + 1);
        text.push_str(&SPACES[..GROWTH.saturating_sub(digits)]);
    }
    wrap(out, &text, options.version)
}

/// Writes the prefix so that it takes exactly `len` bytes: as it is, or with the padding changed where
/// that is the only way. `None` if the text is too long for it.
pub(in crate::npy) fn write_in_place(
    len: usize,
    dtype: &DType,
    shape: &Shape,
    fortran_order: bool,
    options: &WriteOptions,
) -> Result<Option<Vec<u8>>> {
    let mut head = Vec::new();
    write(&mut head, dtype, shape, fortran_order, options)?;
    if head.len() == len {
        return Ok(Some(head));
    }
    let text_start = if head.get(6) == Some(&1) { 10 } else { 12 };
    let text_end = head.iter().rposition(|b| !b.is_ascii_whitespace()).map_or(0, |last| last + 1);
    let Some(text_len) = len.checked_sub(text_start).filter(|_| text_end < len) else {
        return Ok(None);
    };
    head.truncate(text_end);
    head.resize(len - 1, b' ');
    head.push(b'\n');
    match u16::try_from(text_len) {
        Ok(text_len) if text_start == 10 => head[8..10].copy_from_slice(&text_len.to_le_bytes()),
        _ if text_start == 12 => {
            let text_len = u32::try_from(text_len).map_err(|_| Error::header("too long"))?;
            head[8..12].copy_from_slice(&text_len.to_le_bytes());
        }
        _ => return Ok(None),
    }
    Ok(Some(head))
}

/// Appends a decimal number, which `write!` takes three times as long for.
fn push_number(text: &mut String, number: usize) {
    let digits = number.checked_ilog10().unwrap_or(0);
    for place in (0..=digits).rev() {
        let digit = u8::try_from(number / 10_usize.pow(place) % 10).unwrap_or_default();
        text.push(char::from(b'0' + digit));
    }
}

/// Puts magic, version and length before the text of a header and padding behind it.
fn wrap(out: &mut Vec<u8>, text: &str, version: Option<(u8, u8)>) -> Result<()> {
    let versions: &[(u8, u8)] = match &version {
        Some(version @ ((1..=3), 0)) => std::slice::from_ref(version),
        Some(version) => {
            return Err(Error::new(ErrorKind::NpyVersion { found: *version }));
        }
        None => &[(1, 0), (2, 0), (3, 0)],
    };
    let ascii = text.is_ascii();
    let latin1 = ascii || text.chars().all(|c| u32::from(c) < 0x100);
    for &version in versions {
        if !latin1 && version != (3, 0) {
            continue;
        }
        let text_start = if version == (1, 0) { 10 } else { 12 };
        let text_len = if version == (3, 0) || ascii { text.len() } else { text.chars().count() };
        // 1 to 64 spaces, never none: NumPy pads what is aligned already by a whole step.
        let used = text_start + text_len + 1;
        let spaces = ALIGN - used % ALIGN;
        let len = text_len + spaces + 1;
        out.reserve(text_start + len);
        let start = out.len();
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&[version.0, version.1]);
        match (version, u16::try_from(len), u32::try_from(len)) {
            ((1, 0), Ok(len), _) => out.extend(len.to_le_bytes()),
            ((2.., _), _, Ok(len)) => out.extend(len.to_le_bytes()),
            _ => {
                out.truncate(start);
                continue;
            }
        }
        if version == (3, 0) || ascii {
            out.extend_from_slice(text.as_bytes());
        } else {
            out.extend(text.chars().filter_map(|c| u8::try_from(u32::from(c)).ok()));
        }
        out.extend_from_slice(&SPACES.as_bytes()[..spaces]);
        out.push(b'\n');
        return Ok(());
    }
    Err(Error::unsupported(match version {
        Some((1, 0)) if latin1 => {
            format!("version 1.0 holds headers of 65535 bytes, this one has {}", text.len())
        }
        Some((major, _)) if major < 3 => {
            format!("version {major}.0 holds Latin-1 field names only; version 3.0 holds these")
        }
        _ => format!("a header of {} bytes is longer than the format can say", text.len()),
    }))
}
