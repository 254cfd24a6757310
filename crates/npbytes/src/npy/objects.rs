//! Arrays of Python objects: behind the header lies a pickle of the whole array.
//!
//! NumPy believes the pickle and not the header, and so does this. The header says the same in every file that
//! NumPy wrote.

use bytes::Bytes;

use super::{Header, ReadOptions, WriteOptions, decode, header};
use crate::array::Array;
use crate::error::{Error, Result};
use crate::pickle::{self, NumPyValue, Objects, Pickle};

/// What a .npy file holds.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Contents {
    /// Elements.
    Array(Array),
    /// Objects: the pickle of an array of them.
    Objects(Pickle),
}

/// Reads .npy bytes of any dtype: elements as [`decode`] does, objects as the pickle that they are, without running
/// any of it. Does not copy.
///
/// ```
/// use bytes::Bytes;
/// use npbytes::npy::{self, Contents, ReadOptions, WriteOptions};
/// use npbytes::pickle::{ArrayObject, Pickle};
/// use npbytes::{DType, Order, Shape};
/// let mut pickle = Pickle::new();
/// let items = vec![pickle.text("one"), pickle.int(2)];
/// let array = ArrayObject::objects(DType::parse("O")?, Shape::new(&[2])?, Order::C, items)?;
/// let root = pickle.array(array);
/// pickle.set_root(root);
/// let file = Bytes::from(npy::encode_objects(&pickle, &WriteOptions::default())?);
/// let Contents::Objects(back) = npy::decode_contents(&file, &ReadOptions::default())? else { panic!() };
/// assert_eq!(back.find("[1]")?.int(), Some(2));
/// # Ok::<(), npbytes::Error>(())
/// ```
///
/// # Errors
/// As [`decode`] and [`pickle::decode`]. Offsets count from the start of `data`.
pub fn decode_contents(data: &Bytes, options: &ReadOptions) -> Result<Contents> {
    let header = Header::parse(data, options)?;
    if !header.dtype().has_object() {
        return decode(data, options).map(Contents::Array);
    }
    let read = pickle::ReadOptions::with_limits(options.limits);
    pickle::decode_at(data, header.data_offset(), &read).map(Contents::Objects)
}

/// The bytes that `np.save` writes of an array of objects, or of a `StringDType`: the header, and the pickle in the
/// protocol and under the names of the NumPy that is imitated.
///
/// # Errors
/// A pickle whose root is no array of objects; a `StringDType` for a NumPy before 2.0; those of
/// [`encode`](super::encode) and [`Pickle::encode`].
pub fn encode_objects(pickle: &Pickle, options: &WriteOptions) -> Result<Vec<u8>> {
    let Some(NumPyValue::Objects(objects)) = pickle.root().numpy()? else {
        return Err(Error::unsupported(format!(
            "expected the pickle of an array of objects, found {}",
            pickle.root().type_name()
        )));
    };
    let Objects { dtype, shape, fortran, .. } = &*objects;
    let numpy = options.profile.numpy;
    let mut out = Vec::new();
    header::write_any(&mut out, dtype.dtype(), shape, *fortran, options)?;
    let write = pickle::WriteOptions::default()
        .profile(options.profile)
        .protocol(numpy.object_npy_protocol());
    let mut target = pickle.clone();
    target.retarget(numpy)?;
    out.extend_from_slice(&target.encode(&write)?);
    Ok(out)
}
