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
    /// gzip.
    Gzip,
    /// Zstandard.
    Zstd,
    /// bzip2.
    Bzip2,
    /// xz.
    Xz,
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
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => Self::Bzip2,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            [0x89, b'H', b'D', b'F', b'\r', b'\n', 0x1a, b'\n', ..] => Self::Hdf5,
            _ if head.starts_with(b"ARROW1\0\0") => Self::Arrow,
            _ if pickled(head) => Self::Pickle,
            _ => return None,
        })
    }

    /// Whether the signature is too long to be there by chance: two bytes of a pickle or three of
    /// gzip may well be numbers.
    pub const fn is_certain(self) -> bool {
        !matches!(self, Self::Pickle | Self::Gzip)
    }

    /// The name that a command line takes for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Npy => "npy",
            Self::Npz => "npz",
            Self::Pickle => "pickle",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
            Self::Hdf5 => "hdf5",
            Self::Parquet => "parquet",
            Self::Arrow => "arrow",
        }
    }
}

/// With its article: "a .npy file".
impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Npy => "a .npy file",
            Self::Npz => "a zip archive, as .npz files are",
            Self::Pickle => "a pickle",
            Self::Gzip => "compressed by gzip",
            Self::Zstd => "compressed by zstd",
            Self::Bzip2 => "compressed by bzip2",
            Self::Xz => "compressed by xz",
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
        let cases: [(&[u8], Option<Encoding>); 8] = [
            (b"\x93NUMPY\x01\x00", Some(Encoding::Npy)),
            (b"\x93NUMP", None),
            (b"PK\x03\x04", Some(Encoding::Npz)),
            (b"PK\x05\x06\x00", Some(Encoding::Npz)),
            (b"\x80\x04\x95", Some(Encoding::Pickle)),
            (b"cnumpy.core.multiarray\n_reconstruct\n", Some(Encoding::Pickle)),
            (b"", None),
            (b"\x00\x00\x80\x3f", None),
        ];
        for (head, expected) in cases {
            assert_eq!(Encoding::of(head), expected, "{}", head.escape_ascii());
        }
    }
}
