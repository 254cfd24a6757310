//! The objects that `info --json` prints: one for each file, one a line.

use serde::Serialize;

use crate::failure::Failure;

/// A file.
#[derive(Debug, Serialize)]
pub(crate) struct FileInfo {
    /// The name as it was given, `-` for standard input.
    pub(crate) file: String,
    /// The length in bytes; not known of a pipe.
    pub(crate) size: Option<u64>,
    /// `npy`, `raw`, or the name of another encoding that was recognised; absent where reading failed.
    pub(crate) encoding: Option<&'static str>,
    /// The arrays, in the order in which they lie in the file.
    pub(crate) arrays: Vec<ArrayInfo>,
    /// How many bytes follow the last array; not known of a pipe.
    pub(crate) trailing_bytes: Option<u64>,
    /// What raw bytes without a dtype could be.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) candidates: Vec<CandidateInfo>,
    /// Why the rest of the file could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<ErrorInfo>,
}

/// An array.
#[derive(Debug, Serialize)]
pub(crate) struct ArrayInfo {
    /// Where the array starts in the file, header included, in bytes.
    pub(crate) start: u64,
    /// The version of a .npy header, such as `1.0`.
    pub(crate) version: Option<String>,
    /// NumPy's `str(dtype)`.
    pub(crate) dtype: String,
    /// What `--dtype` and `np.dtype` take: a typestr, or a list of fields as text.
    pub(crate) descr: Option<String>,
    pub(crate) itemsize: usize,
    pub(crate) shape: Vec<usize>,
    /// The number of elements.
    pub(crate) elements: usize,
    /// `C` or `F`.
    pub(crate) order: &'static str,
    /// Where the elements start in the file, in bytes.
    pub(crate) data_offset: u64,
    /// How many bytes the elements take; those of a pickle are not known of a pipe.
    pub(crate) data_length: Option<u64>,
    /// Whether the elements lie in the file as a pickle.
    pub(crate) pickled: bool,
    /// What `--field` and `--slice` leave of the array.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) part: Option<PartInfo>,
}

/// A part of an array.
#[derive(Debug, Serialize)]
pub(crate) struct PartInfo {
    pub(crate) dtype: String,
    pub(crate) shape: Vec<usize>,
    pub(crate) elements: usize,
}

/// What raw bytes could be.
#[derive(Debug, Serialize)]
pub(crate) struct CandidateInfo {
    /// The dtypes that show the same values.
    pub(crate) dtypes: Vec<String>,
    pub(crate) elements: usize,
    pub(crate) shapes: Vec<Vec<usize>>,
    /// The first values as text.
    pub(crate) values: String,
}

/// An error.
#[derive(Debug, Serialize)]
pub(crate) struct ErrorInfo {
    pub(crate) message: String,
    /// Where in the file, in bytes.
    pub(crate) offset: Option<u64>,
    pub(crate) help: Vec<String>,
}

impl From<&Failure> for ErrorInfo {
    fn from(failure: &Failure) -> Self {
        Self {
            message: failure.message().to_owned(),
            offset: failure.offset(),
            help: failure.help().to_vec(),
        }
    }
}
