//! Memory maps of .npy files: elements are read from disk when they are looked at.

use std::fs::OpenOptions;
use std::io::Write;
use std::ops::Range;
use std::path::Path;

use bytes::Bytes;

use super::{Header, ReadOptions, WriteOptions, header};
use crate::array::{Array, ArrayView, Element};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::map::{map_bytes, map_mut};
use crate::replace::Replacement;
use crate::shape::Shape;

/// Maps a .npy file read-only, as `np.load(mmap_mode='r')`: takes the same short time for any size, and
/// memory only for what is looked at. The array shares the map and may outlive the call; the file may be
/// renamed, replaced and deleted meanwhile.
///
/// The file must not be truncated or written by anyone while the array lives: reading a page that is
/// gone ends the process with a signal, and values may change under the reader. Where that cannot be
/// promised, [`read`](super::read) it.
///
/// # Errors
/// As [`decode`](super::decode), and those of the file.
pub fn map(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Array> {
    let path = path.as_ref();
    super::decode(&map_bytes(path)?, options).map_err(|error| error.in_file(path))
}

/// How a file is mapped for writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapMode {
    /// Changes stay in memory (`mmap_mode='c'`).
    CopyOnWrite,
    /// Changes go to the file (`mmap_mode='r+'`).
    ReadWrite,
}

/// A .npy file whose elements can be changed in place.
///
/// ```
/// use npbytes::{DType, Shape, npy};
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("zeros.npy");
/// let shape = Shape::new(&[2, 3])?;
/// let mut map = npy::MapMut::create(&path, DType::parse("f8")?, &shape, false, &Default::default())?;
/// map.as_mut_slice::<f64>()?[4] = 1.5;
/// map.flush()?;
/// assert_eq!(npy::read(&path, &Default::default())?.view().get::<f64>(&[1, 1])?, 1.5);
/// # Ok::<(), npbytes::Error>(())
/// ```
#[derive(Debug)]
pub struct MapMut {
    header: Header,
    map: memmap2::MmapMut,
    data: Range<usize>,
}

impl MapMut {
    /// Maps a file. What [`map`](fn@map) asks of the caller holds here too: nobody else may truncate or write the
    /// file meanwhile.
    ///
    /// # Errors
    /// As [`decode`](super::decode), and those of the file.
    pub fn open(path: impl AsRef<Path>, mode: MapMode, options: &ReadOptions) -> Result<Self> {
        let path = path.as_ref();
        let open = || {
            let file =
                OpenOptions::new().read(true).write(mode == MapMode::ReadWrite).open(path)?;
            if file.metadata()?.len() == 0 {
                Header::parse(&[], options)?;
            }
            Self::of(map_mut(&file, mode == MapMode::CopyOnWrite)?, options)
        };
        open().map_err(|error: Error| error.in_file(path))
    }

    /// Makes a file of zeros and maps it, as `numpy.lib.format.open_memmap(mode='w+')`. The zeros take no
    /// place on disk until they are changed, where the file system can. A file that was there is
    /// replaced whole.
    ///
    /// # Errors
    /// As [`encode`](super::encode), and those of the file.
    pub fn create(
        path: impl AsRef<Path>,
        dtype: DType,
        shape: &Shape,
        fortran_order: bool,
        options: &WriteOptions,
    ) -> Result<Self> {
        let path = path.as_ref();
        let create = || {
            let mut head = Vec::new();
            // As it is asked for, also where an array is contiguous both ways and np.save says False.
            header::write(&mut head, &dtype, shape, fortran_order, options)?;
            let len = shape.bytes(dtype.itemsize())?;
            let replacement = Replacement::new(path)?;
            let mut file = replacement.file();
            file.write_all(&head)?;
            file.set_len(head.len() as u64 + len as u64)?;
            let file = replacement.finish()?;
            let map = map_mut(&file, false)?;
            let limits = crate::Limits::default().header_bytes(u64::MAX);
            Self::of(map, &ReadOptions::with_limits(limits))
        };
        create().map_err(|error: Error| error.in_file(path))
    }

    fn of(map: memmap2::MmapMut, options: &ReadOptions) -> Result<Self> {
        let header = Header::parse(&map, options)?;
        let data = header.data_range_in(map.len())?;
        Ok(Self { header, map, data })
    }

    /// What the file says of its array.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// A view of the whole array.
    ///
    /// # Errors
    /// None that a mapped file can cause: its length was checked.
    pub fn view(&self) -> Result<ArrayView<'_>> {
        self.header.clone().into_view(&self.map[self.data.clone()])
    }

    /// The elements' bytes, in memory order.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.map[self.data.clone()]
    }

    /// The elements, in memory order.
    ///
    /// # Errors
    /// Another element type, or the other byte order; a byte that is no `bool`.
    pub fn as_mut_slice<T: Element + bytemuck::AnyBitPattern>(&mut self) -> Result<&mut [T]> {
        self.view()?.expect_native::<T>()?;
        bytemuck::try_cast_slice_mut(self.bytes_mut())
            .map_err(|error| Error::layout(format!("they are not aligned: {error}")))
    }

    /// Waits until the changes are on disk. Without it they get there when the system finds the time.
    ///
    /// # Errors
    /// Those of the system.
    pub fn flush(&self) -> Result<()> {
        Ok(self.map.flush()?)
    }

    /// Ends the writing: a read-only array that shares the map.
    ///
    /// # Errors
    /// Those of the system.
    pub fn freeze(self) -> Result<Array> {
        let map = self.map.make_read_only()?;
        self.header.into_array(Bytes::from_owner(map).slice(self.data))
    }
}
