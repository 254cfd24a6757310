//! Which encoding do these bytes have?

use std::fmt;

/// An encoding that bytes can be told by their first few.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Encoding {
    /// `np.save`: `\x93NUMPY`.
    Npy,
    /// A zip archive, such as `np.savez` makes: `PK\x03\x04`, or `PK\x05\x06` when empty.
    Npz,
    /// A pickle of protocol 2 or later, which says so; or one of protocol 0 or 1 whose first opcodes
    /// are those of a NumPy array.
    Pickle,
    /// A map that msgpack-numpy writes of an array or a scalar, or a collection that starts with one.
    Msgpack,
    /// gzip.
    Gzip,
    /// zlib: deflate with a header of two bytes, as `zlib.compress` and joblib write it.
    Zlib,
    /// Zstandard.
    Zstd,
    /// bzip2.
    Bzip2,
    /// xz.
    Xz,
    /// lzma, the format before xz.
    Lzma,
    /// HDF5, as PyTables and h5py write it.
    Hdf5,
    /// Parquet.
    Parquet,
    /// An Arrow IPC file.
    Arrow,
}

impl Encoding {
    /// How many bytes are looked at, at most.
    pub const HEAD: usize = 32;

    /// The encoding that the first bytes show; `None` for what may be raw.
    pub fn of(head: &[u8]) -> Option<Self> {
        let pickled = |head: &[u8]| {
            matches!(head, [0x80, 2..=5, ..])
                || head.starts_with(b"cnumpy.core.multiarray\n")
                || head.starts_with(b"cnumpy._core.multiarray\n")
        };
        Some(match head {
            [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => Self::Npy,
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Self::Npz,
            [b'P', b'A', b'R', b'1', ..] => Self::Parquet,
            [0x1f, 0x8b, 8, ..] => Self::Gzip,
            [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] => Self::Zlib,
            // The second is a frame to be skipped, which some tools start with.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => Self::Bzip2,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            [0x89, b'H', b'D', b'F', b'\r', b'\n', 0x1a, b'\n', ..] => Self::Hdf5,
            _ if head.starts_with(b"ARROW1\0\0") => Self::Arrow,
            _ if pickled(head) => Self::Pickle,
            _ if is_lzma(head) => Self::Lzma,
            _ if is_msgpack(head) => Self::Msgpack,
            _ => return None,
        })
    }

    /// Whether the signature is too long to be there by chance: two bytes of a pickle or of zlib, or three of
    /// gzip may well be numbers, and so may the head of lzma, which is mostly zeros or ones.
    pub const fn is_certain(self) -> bool {
        !matches!(self, Self::Pickle | Self::Gzip | Self::Zlib | Self::Lzma)
    }

    /// Whether this is a compressed wrapper around bytes of some other encoding.
    pub const fn is_wrapper(self) -> bool {
        matches!(self, Self::Gzip | Self::Zlib | Self::Zstd | Self::Bzip2 | Self::Xz | Self::Lzma)
    }

    /// The name that a command line takes for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Npy => "npy",
            Self::Npz => "npz",
            Self::Pickle => "pickle",
            Self::Msgpack => "msgpack",
            Self::Gzip => "gzip",
            Self::Zlib => "zlib",
            Self::Zstd => "zstd",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
            Self::Lzma => "lzma",
            Self::Hdf5 => "hdf5",
            Self::Parquet => "parquet",
            Self::Arrow => "arrow",
        }
    }
}

/// The head of an lzma file, which has no signature: properties, the size of a dictionary, that of the contents.
/// Of properties only those that every tool writes, and of sizes those that xz takes for such a file.
fn is_lzma(head: &[u8]) -> bool {
    const UNKNOWN: u64 = u64::MAX;
    let Some(&[0x5d, 0, 0, c, d, a0, a1, a2, a3, a4, a5, a6, a7]) = head.first_chunk::<13>() else {
        return false;
    };
    let dictionary = u32::from_le_bytes([0, 0, c, d]);
    let contents = u64::from_le_bytes([a0, a1, a2, a3, a4, a5, a6, a7]);
    let is_round = dictionary.is_power_of_two()
        || (dictionary.is_multiple_of(3) && (dictionary / 3).is_power_of_two())
        || dictionary == u32::MAX;
    // The first byte of its range coder is always 0.
    is_round && (contents == UNKNOWN || contents < 1 << 38) && matches!(head.get(13), Some(0))
}

/// A collection of msgpack in whose first bytes one of msgpack-numpy's maps starts: the key `nd` and a bool. The
/// key is bytes, or a `str` where it is packed with `use_bin_type=False`.
fn is_msgpack(head: &[u8]) -> bool {
    let is_collection = matches!(head.first(), Some(0x81..=0x9f | 0xdc..=0xdf));
    let keys: [&[u8]; 2] = [b"\xc4\x02nd", b"\xa2nd"];
    let starts = |at: &[u8], key: &[u8]| matches!(at.strip_prefix(key), Some([0xc2 | 0xc3, ..]));
    let is_map = |window: &[u8]| match window.split_first() {
        Some((0x82..=0x85, rest)) => keys.iter().any(|key| starts(rest, key)),
        _ => false,
    };
    is_collection && (0..head.len()).any(|at| head.get(at..).is_some_and(is_map))
}

/// With its article: "a .npy file".
impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Npy => "a .npy file",
            Self::Npz => "a zip archive, as .npz files are",
            Self::Pickle => "a pickle",
            Self::Msgpack => "msgpack, as msgpack-numpy writes it",
            Self::Gzip => "compressed by gzip",
            Self::Zlib => "compressed by zlib",
            Self::Zstd => "compressed by zstd",
            Self::Bzip2 => "compressed by bzip2",
            Self::Xz => "compressed by xz",
            Self::Lzma => "compressed by lzma",
            Self::Hdf5 => "an HDF5 file",
            Self::Parquet => "a Parquet file",
            Self::Arrow => "an Arrow IPC file",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_told_apart() {
        let cases: [(&[u8], Option<Encoding>); 18] = [
            (b"\x93NUMPY\x01\x00", Some(Encoding::Npy)),
            (b"\x93NUMP", None),
            (b"PK\x03\x04", Some(Encoding::Npz)),
            (b"PK\x05\x06\x00", Some(Encoding::Npz)),
            (b"\x80\x04\x95", Some(Encoding::Pickle)),
            (b"cnumpy.core.multiarray\n_reconstruct\n", Some(Encoding::Pickle)),
            // zlib.compress at levels 0, 1 to 5, 6 and 9; another second byte is no check of the first.
            (b"x\x01", Some(Encoding::Zlib)),
            (b"x\x9c", Some(Encoding::Zlib)),
            (b"x\x9d", None),
            // lzma.compress(b'', format=lzma.FORMAT_ALONE), and numbers: np.array([93, 5, 0, 0], '<i4').
            (b"]\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff\0\x83", Some(Encoding::Lzma)),
            (b"]\0\0\0\x05\0\0\0\0\0\0\0\0\0\0\0", None),
            (b"]\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff", None),
            (b"\x50\x2a\x4d\x18", Some(Encoding::Zstd)),
            // msgpack_numpy.packb of an array, and of {'w': array} by an old packer; any other map.
            (b"\x85\xc4\x02nd\xc3\xc4\x04type", Some(Encoding::Msgpack)),
            (b"\x81\xa1w\x85\xa2nd\xc3\xa4type", Some(Encoding::Msgpack)),
            (b"\x81\xa1w\x01", None),
            (b"", None),
            (b"\x00\x00\x80\x3f", None),
        ];
        for (head, expected) in cases {
            assert_eq!(Encoding::of(head), expected, "{}", head.escape_ascii());
        }
    }
}
