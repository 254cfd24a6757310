//! The objects that `info --json` and `ls --json` print: one for each file, one a line.

use npbytes::{DType, NumPy, Profile, Shape, npy};
use serde::Serialize;

use crate::arrow::describe::TableInfo;
use crate::failure::Failure;

/// A file.
#[derive(Debug, Serialize)]
pub(crate) struct FileInfo {
    /// The name as it was given, `-` for standard input.
    pub(crate) file: String,
    /// The length in bytes; not known of a pipe.
    pub(crate) size: Option<u64>,
    /// How the file is compressed, the outermost wrapper first. All else is about what is inside then.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) compression: Vec<&'static str>,
    /// How many bytes are inside, where that was found out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) content_size: Option<u64>,
    /// `npy`, `raw`, or the name of another encoding that was recognised; absent where reading failed.
    pub(crate) encoding: Option<&'static str>,
    /// The member, where one was named: `arrays` are then those in it, and offsets count in its contents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) member: Option<MemberInfo>,
    /// The arrays, in the order in which they lie in the file; those of an archive are with its members.
    pub(crate) arrays: Vec<ArrayInfo>,
    /// What a pickle is, as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pickle: Option<PickleInfo>,
    /// The members of an archive, in the order of its directory; the arrays in a pickle or a message of msgpack that is
    /// no array itself, by their paths.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) members: Option<Vec<MemberInfo>>,
    /// What a table is: its columns, rows and how it is stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) table: Option<TableInfo>,
    /// How many bytes follow the last array or the archive; not known of a pipe.
    pub(crate) trailing_bytes: Option<u64>,
    /// What raw bytes without a dtype could be.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) candidates: Vec<CandidateInfo>,
    /// Why the rest of the file could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<ErrorInfo>,
}

impl FileInfo {
    /// A file of which nothing is known yet.
    pub(crate) fn new(file: String) -> Self {
        Self {
            file,
            size: None,
            compression: Vec::new(),
            content_size: None,
            encoding: None,
            member: None,
            arrays: Vec::new(),
            pickle: None,
            members: None,
            table: None,
            trailing_bytes: None,
            candidates: Vec::new(),
            error: None,
        }
    }
}

/// A pickle.
#[derive(Debug, Serialize)]
pub(crate) struct PickleInfo {
    /// The protocol that it names; 0 where it names none, as protocols 0 and 1 do.
    pub(crate) protocol: u8,
    /// How long it is, in bytes.
    pub(crate) length: u64,
    /// What was pickled: Python's name of its type.
    pub(crate) root: String,
    /// How many items the root holds, if it is a container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) items: Option<usize>,
    /// How many arrays there are in it.
    pub(crate) arrays: usize,
    /// What else is in it, whose code only Python has: the classes and functions that loading it would call.
    pub(crate) objects: Vec<ObjectsInfo>,
    /// How the NumPy called its modules that wrote it: `numpy._core` since NumPy 2, `numpy.core` before.
    pub(crate) numpy_modules: Vec<&'static str>,
    /// The pickles that follow it.
    pub(crate) more_pickles: usize,
}

/// Objects of a class, or made by a function.
#[derive(Debug, Serialize)]
pub(crate) struct ObjectsInfo {
    pub(crate) name: String,
    pub(crate) count: usize,
}

/// A member of an archive.
#[derive(Debug, Serialize)]
pub(crate) struct MemberInfo {
    /// The whole name: `x.npy`.
    pub(crate) name: String,
    /// What NumPy and `FILE::MEMBER` find it by.
    pub(crate) key: String,
    /// `stored`, `deflated`, `bzip2`, `lzma`, or `method` and the number of another one.
    pub(crate) method: String,
    /// How many bytes the contents have, and how many they take in the archive.
    pub(crate) uncompressed_size: u64,
    pub(crate) compressed_size: u64,
    /// Absent of what has none.
    pub(crate) crc32: Option<u32>,
    /// Where the data starts in the archive.
    pub(crate) data_offset: Option<u64>,
    /// What the header says; absent of what is no .npy file. Offsets count in the contents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) array: Option<ArrayInfo>,
    /// Whether a later member has the same name, which hides this one.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) hidden: bool,
    /// Whether the contents are those that were written, where that was checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) intact: Option<bool>,
    /// Why it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<ErrorInfo>,
    /// Whether that is a fault of what was written, rather than a limit or a lack of this version.
    #[serde(skip)]
    pub(crate) damaged: bool,
}

impl MemberInfo {
    /// What a path leads to in something that is no archive.
    pub(crate) fn of_path(path: &str, method: &str) -> Self {
        Self {
            name: path.into(),
            key: path.into(),
            method: method.into(),
            uncompressed_size: 0,
            compressed_size: 0,
            crc32: None,
            data_offset: None,
            array: None,
            hidden: false,
            intact: None,
            error: None,
            damaged: false,
        }
    }
}

/// An array.
#[derive(Debug, Serialize)]
pub(crate) struct ArrayInfo {
    /// Where the array starts in the file, header included, in bytes; absent of elements that a pickle does not
    /// hold as they are.
    pub(crate) start: Option<u64>,
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
    /// Where the elements start in the file, in bytes; absent as `start` is.
    pub(crate) data_offset: Option<u64>,
    /// How many bytes the elements take; those of a pickle are not known of a pipe.
    pub(crate) data_length: Option<u64>,
    /// Whether the elements lie in the file as a pickle.
    pub(crate) pickled: bool,
    /// The class in a pickle, where it is no plain array.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) class: Option<&'static str>,
    /// Whether Python could write into it: a pickle says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) writeable: Option<bool>,
    /// What `--field` and `--slice` leave of the array.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) part: Option<PartInfo>,
}

impl ArrayInfo {
    /// What a .npy header says that starts at an offset.
    pub(crate) fn of_header(header: &npy::Header, start: u64, numpy: NumPy) -> Self {
        let (major, minor) = header.version();
        let offset = start.saturating_add(header.data_offset() as u64);
        Self {
            start: Some(start),
            version: Some(format!("{major}.{minor}")),
            ..Self::new(header.dtype(), header.shape(), header.fortran_order(), Some(offset), numpy)
        }
    }

    /// An array whose elements start at an offset.
    pub(crate) fn new(
        dtype: &DType,
        shape: &Shape,
        fortran_order: bool,
        data_offset: Option<u64>,
        numpy: NumPy,
    ) -> Self {
        let elements = shape.elements();
        let pickled = dtype.has_object();
        let descr = match dtype.fields() {
            Some(_) => dtype.descr(Profile::from(numpy)).ok(),
            None => Some(dtype.typestr()),
        };
        Self {
            start: data_offset,
            version: None,
            dtype: dtype.to_string(),
            descr,
            itemsize: dtype.itemsize(),
            shape: shape.to_vec(),
            elements,
            order: if fortran_order { "F" } else { "C" },
            data_offset,
            data_length: (!pickled).then_some(elements as u64 * dtype.itemsize() as u64),
            pickled,
            class: None,
            writeable: None,
            part: None,
        }
    }
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
