//! Texts: UCS-4 to UTF-8, and bytes without the zeros that end them.

use std::sync::Arc;

use arrow_array::builder::make_view;
use arrow_array::types::{ByteArrayType, GenericBinaryType, GenericStringType};
use arrow_array::{ArrayRef, GenericByteArray, OffsetSizeTrait, StringViewArray};
use arrow_buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use npbytes::ByteOrder;

use super::cells::Cells;
use crate::{ByteStrings, Copied, Error, Result, Text};

/// Bytes of texts behind each other, and where each of them ends.
pub(super) struct Texts<O> {
    /// One more than there are texts: the first is 0.
    pub(super) offsets: Vec<O>,
    pub(super) bytes: Vec<u8>,
}

/// UCS-4 as text.
pub(super) fn text(
    cells: &Cells<'_>,
    text: Text,
    nulls: Option<NullBuffer>,
    copied: &mut Copied,
) -> Result<ArrayRef> {
    *copied |= Copied::TEXT;
    // UTF-8 is no longer than UCS-4.
    let most = cells.len().saturating_mul(cells.dtype.itemsize());
    if text == Text::Utf8 && i32::try_from(most).is_ok() {
        let texts = transcoded::<i32>(cells, nulls.as_ref(), copied)?;
        return strings(texts, nulls);
    }
    finish(transcoded::<i64>(cells, nulls.as_ref(), copied)?, text, nulls)
}

/// Texts in an array of the kind that was asked for.
pub(super) fn finish(texts: Texts<i64>, text: Text, nulls: Option<NullBuffer>) -> Result<ArrayRef> {
    match text {
        Text::Utf8View => views(&texts, nulls),
        Text::Utf8 => match narrowed(&texts.offsets) {
            Some(offsets) => strings(Texts { offsets, bytes: texts.bytes }, nulls),
            None => strings(texts, nulls),
        },
        Text::LargeUtf8 => strings(texts, nulls),
    }
}

/// Offsets of 32 bits, if the last fits them.
fn narrowed(offsets: &[i64]) -> Option<Vec<i32>> {
    i32::try_from(*offsets.last()?).ok()?;
    #[allow(clippy::cast_possible_truncation, reason = "none is greater than the last")]
    Some(offsets.iter().map(|&offset| offset as i32).collect())
}

fn strings<O: OffsetSizeTrait>(texts: Texts<O>, nulls: Option<NullBuffer>) -> Result<ArrayRef> {
    array::<GenericStringType<O>>(texts, nulls)
}

fn array<T: ByteArrayType>(texts: Texts<T::Offset>, nulls: Option<NullBuffer>) -> Result<ArrayRef>
where
    T::Offset: OffsetSizeTrait,
{
    let offsets = OffsetBuffer::new(ScalarBuffer::from(texts.offsets));
    let bytes = Buffer::from_vec(texts.bytes);
    match GenericByteArray::<T>::try_new(offsets.clone(), bytes.clone(), nulls) {
        Ok(array) => Ok(Arc::new(array)),
        Err(error) => Err(no_utf8(&offsets, &bytes).unwrap_or_else(|| error.into())),
    }
}

/// The first text that is none: Python's may hold surrogates.
fn no_utf8<O: OffsetSizeTrait>(offsets: &[O], bytes: &[u8]) -> Option<Error> {
    let at = std::str::from_utf8(bytes).err()?.valid_up_to();
    let row = offsets.partition_point(|offset| offset.as_usize() <= at).saturating_sub(1);
    let error = Error::value("a text with a surrogate, which UTF-8 has not");
    Some(error.at_row(row as u64))
}

/// Views of texts. Those of up to 12 bytes are in the views themselves, and lie unused in the buffers.
fn views(texts: &Texts<i64>, nulls: Option<NullBuffer>) -> Result<ArrayRef> {
    const BLOCK: usize = i32::MAX as usize;
    let bytes = Buffer::from_slice_ref(&texts.bytes);
    let (mut blocks, mut start) = (Vec::new(), 0);
    let mut views = Vec::with_capacity(texts.offsets.len().saturating_sub(1));
    let ends = texts.offsets.windows(2).enumerate();
    for (row, pair) in ends {
        let [from, to] = pair else { continue };
        let (from, to) = (usize::try_from(*from).unwrap_or(0), usize::try_from(*to).unwrap_or(0));
        if to - start > BLOCK {
            blocks.push(bytes.slice_with_length(start, from - start));
            start = from;
        }
        if to - start > BLOCK {
            return Err(Error::value("a text of more than 2 GiB").at_row(row as u64));
        }
        let block = u32::try_from(blocks.len()).unwrap_or(u32::MAX);
        let offset = u32::try_from(from - start).unwrap_or(u32::MAX);
        views.push(make_view(texts.bytes.get(from..to).unwrap_or_default(), block, offset));
    }
    blocks.push(bytes.slice_with_length(start, bytes.len() - start));
    match StringViewArray::try_new(ScalarBuffer::from(views), blocks, nulls) {
        Ok(array) => Ok(Arc::new(array)),
        Err(error) => Err(no_utf8(&texts.offsets, &bytes).unwrap_or_else(|| error.into())),
    }
}

/// UCS-4 in either byte order as UTF-8, without the zeros that end each, as NumPy shows them.
fn transcoded<O: OffsetSizeTrait>(
    cells: &Cells<'_>,
    nulls: Option<&NullBuffer>,
    copied: &mut Copied,
) -> Result<Texts<O>> {
    let (bytes, stride) = cells.walk(copied)?;
    let size = cells.dtype.itemsize();
    let little = cells.dtype.byte_order() != ByteOrder::Big;
    let mut texts = Texts::with_capacity(cells.len(), size / 4)?;
    for row in 0..cells.len() {
        let start = row * stride;
        let element = bytes.get(start..start + size).unwrap_or_default();
        let point = if nulls.is_some_and(|nulls| nulls.is_null(row)) {
            None
        } else if little {
            texts.push_ucs4(element, u32::from_le_bytes)
        } else {
            texts.push_ucs4(element, u32::from_be_bytes)
        };
        if let Some(point) = point {
            return Err(no_text(point).at_row(row as u64));
        }
        texts.end()?;
    }
    Ok(texts)
}

fn no_text(point: u32) -> Error {
    let what = if point > 0x10_ffff { "beyond U+10FFFF" } else { "a surrogate" };
    Error::value(format!("U+{point:04X} is {what}, which UTF-8 has not"))
        .with_help("Arrow's texts are UTF-8; view the elements as bytes (`V`) to keep them")
}

impl<O: OffsetSizeTrait> Texts<O> {
    /// Room for texts of a length.
    pub(super) fn with_capacity(texts: usize, len: usize) -> Result<Self> {
        let (mut offsets, mut bytes) = (Vec::new(), Vec::new());
        offsets.try_reserve_exact(texts.saturating_add(1)).map_err(std::io::Error::from)?;
        bytes.try_reserve_exact(texts.saturating_mul(len)).map_err(std::io::Error::from)?;
        offsets.push(O::default());
        Ok(Self { offsets, bytes })
    }

    /// Appends a text or a part of one.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<()> {
        self.bytes.try_reserve(bytes.len()).map_err(std::io::Error::from)?;
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    /// Ends a text.
    pub(super) fn end(&mut self) -> Result<()> {
        let end = O::from_usize(self.bytes.len()).ok_or_else(|| Error::value("too much text"))?;
        self.offsets.push(end);
        Ok(())
    }

    /// Appends the text of UCS-4; the first code point that is none.
    fn push_ucs4(&mut self, element: &[u8], read: impl Fn([u8; 4]) -> u32 + Copy) -> Option<u32> {
        let points = element.as_chunks::<4>().0;
        let zeros = points.iter().rev().take_while(|&&point| point == [0; 4]).count();
        let points = points.get(..points.len() - zeros).unwrap_or_default();
        // By way of memory whose size is known, as each point has its own length.
        let mut room = [0; 256];
        for points in points.chunks(room.len() / 4) {
            if points.iter().fold(0, |any, point| any | read(*point)) < 0x80 {
                for (byte, point) in room.iter_mut().zip(points) {
                    #[allow(clippy::cast_possible_truncation, reason = "all are ASCII")]
                    let ascii = read(*point) as u8;
                    *byte = ascii;
                }
                self.bytes.extend_from_slice(room.get(..points.len()).unwrap_or_default());
                continue;
            }
            let mut end = 0;
            for point in points {
                let point = read(*point);
                let Some((len, bytes)) = utf8(point) else { return Some(point) };
                let Some(free) = room.get_mut(end..end + 4) else { break };
                free.copy_from_slice(&bytes);
                end += len;
            }
            self.bytes.extend_from_slice(room.get(..end).unwrap_or_default());
        }
        None
    }
}

/// The bytes of a code point in UTF-8 and how many they are, the others being 0; nothing for what is none.
fn utf8(point: u32) -> Option<(usize, [u8; 4])> {
    let last = |shift: u32| 0x80 | point >> shift & 0x3f;
    let (len, bytes) = match point {
        0..0x80 => (1, point),
        0x80..0x800 => (2, 0xc0 | point >> 6 | last(0) << 8),
        0xd800..0xe000 => return None,
        0x800..0x1_0000 => (3, 0xe0 | point >> 12 | last(6) << 8 | last(0) << 16),
        0x1_0000..0x11_0000 => {
            (4, 0xf0 | point >> 18 | last(12) << 8 | last(6) << 16 | last(0) << 24)
        }
        _ => return None,
    };
    Some((len, bytes.to_le_bytes()))
}

/// Bytes without the zeros that end them.
pub(super) fn stripped(
    cells: &Cells<'_>,
    kind: ByteStrings,
    text: Text,
    nulls: Option<NullBuffer>,
    copied: &mut Copied,
) -> Result<ArrayRef> {
    *copied |= Copied::TEXT;
    let (bytes, stride) = cells.walk(copied)?;
    let size = cells.dtype.itemsize();
    let mut texts = Texts::<i64>::with_capacity(cells.len(), size)?;
    for row in 0..cells.len() {
        let start = row * stride;
        let element = bytes.get(start..start + size).unwrap_or_default();
        let zeros = element.iter().rev().take_while(|&&byte| byte == 0).count();
        if nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row)) {
            let element = element.get(..size - zeros).unwrap_or_default();
            if kind == ByteStrings::Utf8 && !element.is_ascii() {
                check_utf8(element).map_err(|error| error.at_row(row as u64))?;
            }
            texts.bytes.extend_from_slice(element);
        }
        texts.end()?;
    }
    if kind == ByteStrings::Utf8 {
        return finish(texts, text, nulls);
    }
    binary(texts, nulls)
}

/// Bytes in an array, a large one where there are more than 2 GiB.
pub(super) fn binary(texts: Texts<i64>, nulls: Option<NullBuffer>) -> Result<ArrayRef> {
    match narrowed(&texts.offsets) {
        Some(offsets) => {
            array::<GenericBinaryType<i32>>(Texts { offsets, bytes: texts.bytes }, nulls)
        }
        None => array::<GenericBinaryType<i64>>(texts, nulls),
    }
}

fn check_utf8(bytes: &[u8]) -> Result<()> {
    match std::str::from_utf8(bytes) {
        Ok(_) => Ok(()),
        Err(error) => Err(Error::value(format!(
            "the bytes are no UTF-8 from byte {} on",
            error.valid_up_to()
        ))
        .with_help("keep them as bytes: FixedSizeBinary or Binary")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_point_is_what_the_standard_library_makes_of_it() {
        for point in 0..0x11_0100 {
            let mut room = [0; 4];
            let expected = char::from_u32(point)
                .map(|c| c.encode_utf8(&mut room).len())
                .map(|len| (len, room));
            assert_eq!(utf8(point), expected, "{point:x}");
        }
        assert_eq!(utf8(u32::MAX), None);
    }
}
