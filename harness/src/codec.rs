//! The doors of npbytes that the harness uses, in one place.

use bytes::Bytes;
use npbytes::{Array, ArrayView, AxisOrder, DType, Limits, Order, Profile, Result, npy, raw};

use crate::matrix::Encoding;

/// Writes an array in an encoding, as the NumPy of the profile would.
///
/// # Errors
/// What npbytes says.
pub fn encode(view: &ArrayView<'_>, encoding: Encoding, profile: Profile) -> Result<Vec<u8>> {
    let order = match encoding {
        Encoding::RawC => Order::C,
        Encoding::RawF => Order::F,
        Encoding::RawA => Order::A,
        Encoding::Npy | Encoding::NpyVersion(_) => {
            let options = npy::WriteOptions::default().profile(profile);
            return npy::encode(view, &options.version(encoding.version()));
        }
    };
    raw::encode(view, order)
}

/// Reads a `.npy` file of any header length.
///
/// # Errors
/// What npbytes says.
pub fn decode_npy(file: &Bytes) -> Result<Array> {
    let limits = Limits::default().header_bytes(1 << 24);
    npy::decode(file, &npy::ReadOptions::with_limits(limits))
}

/// Reads raw bytes.
///
/// # Errors
/// What npbytes says.
pub fn decode_raw(bytes: &Bytes, dtype: &DType, shape: &[usize], order: Order) -> Result<Array> {
    // A size beyond i64 reads as -1, which the sizes of the matrix are far from.
    let shape: Vec<i64> = shape.iter().map(|&size| i64::try_from(size).unwrap_or(-1)).collect();
    let axes = if order == Order::F { AxisOrder::F } else { AxisOrder::C };
    raw::decode(bytes, &raw::Spec::new(dtype.clone()).shape(&shape).order(axes))
}

/// Reads a `.npy` file as `np.load` does, with its default limits.
///
/// # Errors
/// What npbytes says.
pub fn load(file: &Bytes) -> Result<Array> {
    npy::decode(file, &npy::ReadOptions::default())
}

/// The descr of a dtype as Python text.
///
/// # Errors
/// What npbytes says.
pub fn descr(dtype: &DType, profile: Profile) -> Result<String> {
    dtype.descr(profile)
}
