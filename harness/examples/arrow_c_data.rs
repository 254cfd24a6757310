//! Gives NumPy's arrays to Python, and takes them back, by Arrow's C data interface: what `tests/arrow.rs` has
//! `python-fixtures/templates/arrow_c_data.py` load by ctypes. Each function says by its result whether it
//! went well, and on stderr why not.
#![allow(unsafe_code)] // C's pointers are the interface; each use says what it relies on.

use std::ffi::{CStr, OsStr, c_char};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi, to_ffi};
use arrow_array::{Array as _, make_array};
use arrow_schema::Field;
use npbytes::npy;
use npbytes_arrow::{FromArrow, Result, ToArrow, Values, from_arrow, to_arrow};

/// Maps a `.npy` file and exports it. `address` is where its data lies.
///
/// # Safety
/// `path` is a C string; the others point to room for what they are to hold.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn npbytes_export(
    path: *const c_char,
    array: *mut FFI_ArrowArray,
    schema: *mut FFI_ArrowSchema,
    address: *mut usize,
) -> i32 {
    // SAFETY: the caller gives a C string, which outlives the call.
    let path = unsafe { path_of(path) };
    let exported = (|| -> Result<_> {
        let found = npy::map(path, &npy::ReadOptions::default())?;
        let place = found.data().as_ptr().addr();
        let column = to_arrow("values", &Values::from(found), &ToArrow::default())?;
        let (array, _) = to_ffi(&column.array.to_data())?;
        Ok((array, FFI_ArrowSchema::try_from(column.field.as_ref())?, place))
    })();
    match exported {
        Ok((made, described, place)) => {
            // SAFETY: the caller gives room, which holds nothing yet that would have to be released.
            unsafe {
                array.write(made);
                schema.write(described);
                address.write(place);
            }
            0
        }
        Err(error) => failed(&error),
    }
}

/// Imports what Python exports, writes it as a `.npy` file and says where the elements lay before that.
///
/// # Safety
/// `array` and `schema` hold an array and its type, which are moved out of them; `path` is a C string and
/// `address` points to room for a number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn npbytes_import(
    array: *mut FFI_ArrowArray,
    schema: *mut FFI_ArrowSchema,
    path: *const c_char,
    address: *mut usize,
) -> i32 {
    // SAFETY: the caller gives a C string, which outlives the call.
    let path = unsafe { path_of(path) };
    // SAFETY: both are there, and are marked as released in what the caller has.
    let (array, schema) =
        unsafe { (FFI_ArrowArray::from_raw(array), FFI_ArrowSchema::from_raw(schema)) };
    let imported = (|| -> Result<usize> {
        let field = Field::try_from(&schema)?;
        // SAFETY: the array is of the type that came with it, and its buffers are as the interface asks: the
        // caller is pyarrow.
        let data = unsafe { from_ffi(array, &schema)? };
        let restored = from_arrow(&make_array(data), &field, &FromArrow::default())?;
        let Values::Array(found) = &restored.values else {
            return Err(std::io::Error::other("expected an array without mask or objects").into());
        };
        npy::write(path, &found.view(), &npy::WriteOptions::default())?;
        Ok(found.data().as_ptr().addr())
    })();
    match imported {
        Ok(place) => {
            // SAFETY: the caller gives room for a number.
            unsafe { address.write(place) };
            0
        }
        Err(error) => failed(&error),
    }
}

/// # Safety
/// A C string, which outlives the path.
unsafe fn path_of<'a>(text: *const c_char) -> &'a Path {
    // SAFETY: the caller's promise.
    let text = unsafe { CStr::from_ptr(text) };
    Path::new(OsStr::from_bytes(text.to_bytes()))
}

fn failed(error: &npbytes_arrow::Error) -> i32 {
    eprintln!("{error}");
    1
}
