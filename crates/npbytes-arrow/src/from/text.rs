//! Texts and bytes of any length, and how they become those of a fixed width.

use arrow_array::cast::AsArray;
use arrow_array::{
    Array, BinaryArray, BinaryViewArray, LargeBinaryArray, LargeStringArray, StringArray,
    StringViewArray,
};
use arrow_schema::DataType;

/// An array of texts or bytes of any length.
pub(super) enum Texts<'a> {
    Utf8(&'a StringArray),
    LargeUtf8(&'a LargeStringArray),
    Utf8View(&'a StringViewArray),
    Binary(&'a BinaryArray),
    LargeBinary(&'a LargeBinaryArray),
    BinaryView(&'a BinaryViewArray),
}

impl<'a> Texts<'a> {
    /// The texts, if it is an array of such.
    pub(super) fn of(array: &'a dyn Array) -> Option<Self> {
        Some(match array.data_type() {
            DataType::Utf8 => Self::Utf8(array.as_string_opt()?),
            DataType::LargeUtf8 => Self::LargeUtf8(array.as_string_opt()?),
            DataType::Utf8View => Self::Utf8View(array.as_string_view_opt()?),
            DataType::Binary => Self::Binary(array.as_binary_opt()?),
            DataType::LargeBinary => Self::LargeBinary(array.as_binary_opt()?),
            DataType::BinaryView => Self::BinaryView(array.as_binary_view_opt()?),
            _ => return None,
        })
    }

    /// The bytes of one that exists.
    pub(super) fn get(&self, row: usize) -> &'a [u8] {
        match self {
            Self::Utf8(array) => array.value(row).as_bytes(),
            Self::LargeUtf8(array) => array.value(row).as_bytes(),
            Self::Utf8View(array) => array.value(row).as_bytes(),
            Self::Binary(array) => array.value(row),
            Self::LargeBinary(array) => array.value(row),
            Self::BinaryView(array) => array.value(row),
        }
    }
}

/// Writes a text as UCS-4 into zeros; `false` if it is too long, or no text.
pub(super) fn write_ucs4(out: &mut [u8], text: &[u8], big: bool) -> bool {
    let (points, _) = out.as_chunks_mut::<4>();
    if text.is_ascii() {
        if text.len() > points.len() {
            return false;
        }
        // The low byte of each alone.
        for (point, &byte) in points.iter_mut().zip(text) {
            let value = u32::from(byte);
            *point = if big { value.to_be_bytes() } else { value.to_le_bytes() };
        }
        return true;
    }
    let Ok(text) = std::str::from_utf8(text) else { return false };
    let mut points = points.iter_mut();
    for character in text.chars() {
        let Some(point) = points.next() else { return false };
        let value = u32::from(character);
        *point = if big { value.to_be_bytes() } else { value.to_le_bytes() };
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ucs4_in_either_order() {
        // np.array(["aλ😀"], "<U4").tobytes(), and ">U4"
        let mut little = [0; 16];
        assert!(write_ucs4(&mut little, "aλ😀".as_bytes(), false));
        assert_eq!(little, *b"a\0\0\0\xbb\x03\0\0\x00\xf6\x01\0\0\0\0\0");
        let mut big = [0; 16];
        assert!(write_ucs4(&mut big, "aλ😀".as_bytes(), true));
        assert_eq!(big, *b"\0\0\0a\0\0\x03\xbb\0\x01\xf6\0\0\0\0\0");
        assert!(write_ucs4(&mut [0; 8], b"ab", false));
        assert!(!write_ucs4(&mut [0; 8], b"abc", false));
        assert!(!write_ucs4(&mut [0; 8], "λλλ".as_bytes(), false));
    }
}
