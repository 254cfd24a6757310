//! Memory maps of .npy files: elements are read from disk when they are looked at.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;

use bytes::Bytes;

use super::{Header, ReadOptions, WriteOptions, header};
use crate::array::{Array, ArrayView, Element};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::map::{map_bytes, map_mut};
use crate::regular;
use crate::replace::Replacement;
use crate::shape::Shape;

/// Maps a .npy file read-only, as `np.load(mmap_mode='r')`: takes the same short time for any size, and
/// memory only for what is looked at. The array shares the map and may outlive the call; the file may be
/// renamed, replaced and deleted meanwhile. What follows the array is ignored;
/// [`read_header`](super::read_header) tells of it.
///
/// While the array lives, nobody may truncate the file or write into it, in this process or in another, with a
/// [`MapMut`] or otherwise: that is the caller's promise, which no type can keep
/// ([`map_bytes`](crate::map_bytes) says what comes of it). That a text is valid or a `bool` is 0 or 1 is
/// checked when it is asked for, and holds at that moment. Where nobody can promise, [`read`](super::read)
/// the file.
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
    /// Maps a file. What follows the array is ignored, and stays as it is;
    /// [`read_header`](super::read_header) tells of it.
    ///
    /// The promise of [`map`](fn@map) is asked of the caller here too, and more: nobody else may have the file mapped
    /// (not even read-only, in this process), truncate it or write into it meanwhile. Where the file has holes,
    /// as one that was made sparse, writing into one on a full disk ends the process with a signal
    /// (`SIGBUS`).
    ///
    /// # Errors
    /// As [`decode`](super::decode), and those of the file.
    pub fn open(path: impl AsRef<Path>, mode: MapMode, options: &ReadOptions) -> Result<Self> {
        let path = path.as_ref();
        let open = || {
            let write = mode == MapMode::ReadWrite;
            let (file, metadata) = regular::open(path, OpenOptions::new().read(true).write(write))?;
            // No bytes cannot be mapped.
            if metadata.len() == 0 {
                Header::parse(&[], options)?;
            }
            Self::of(map_mut(&file, mode == MapMode::CopyOnWrite)?, options)
        };
        open().map_err(|error: Error| error.in_file(path))
    }

    /// Makes a file of zeros and maps it, as `numpy.lib.format.open_memmap(mode='w+')`. A file that was there
    /// is replaced whole, once the new one is mapped. The promise of [`open`](Self::open) is asked of the
    /// caller.
    ///
    /// The zeros take no place on disk until they are changed, where the file system can. **Should the disk be
    /// full by then, the system ends the process with a signal (`SIGBUS`)**, as no error can be returned from
    /// a write to memory: [`create_reserved`](Self::create_reserved) takes the place at once.
    ///
    /// # Errors
    /// As [`encode`](super::encode), and those of the file; something other than a file in its place. The
    /// file that was there is then untouched.
    pub fn create(
        path: impl AsRef<Path>,
        dtype: DType,
        shape: &Shape,
        fortran_order: bool,
        options: &WriteOptions,
    ) -> Result<Self> {
        Self::create_with(path.as_ref(), dtype, shape, fortran_order, options, File::set_len)
    }

    /// As [`create`](Self::create), with all of the file's place on disk taken at once (`fallocate` on Linux,
    /// zeros are written elsewhere): a full disk is an error here, not a signal later. A file system that
    /// writes changes elsewhere than what they change (Btrfs, ZFS) may run full nevertheless.
    ///
    /// # Errors
    /// As [`create`](Self::create); a disk without room for the file.
    pub fn create_reserved(
        path: impl AsRef<Path>,
        dtype: DType,
        shape: &Shape,
        fortran_order: bool,
        options: &WriteOptions,
    ) -> Result<Self> {
        Self::create_with(path.as_ref(), dtype, shape, fortran_order, options, reserve)
    }

    fn create_with(
        path: &Path,
        dtype: DType,
        shape: &Shape,
        fortran_order: bool,
        options: &WriteOptions,
        extend: impl FnOnce(&File, u64) -> std::io::Result<()>,
    ) -> Result<Self> {
        let create = || {
            let mut head = Vec::new();
            // As it is asked for, also where an array is contiguous both ways and np.save says False.
            header::write(&mut head, &dtype, shape, fortran_order, options)?;
            let len = shape.bytes(dtype.itemsize())?;
            let replacement = Replacement::new(path)?;
            let mut file = replacement.file();
            file.write_all(&head)?;
            extend(file, head.len() as u64 + len as u64)?;
            let limits = crate::Limits::default().header_bytes(u64::MAX);
            let map = Self::of(map_mut(file, false)?, &ReadOptions::with_limits(limits))?;
            // Last, as the old file is gone then.
            replacement.finish()?;
            Ok(map)
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

    /// The elements, in memory order: numbers of any kind. Types that not all bytes are a value of (`bool`,
    /// texts) are not handed out; change those as [`bytes_mut`](Self::bytes_mut).
    ///
    /// # Errors
    /// Another element type, or the other byte order; elements that are not aligned.
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

/// Makes a file longer, with room on disk for all of it.
fn reserve(file: &File, len: u64) -> std::io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{FallocateFlags, fallocate};
        use rustix::io::Errno;
        match fallocate(file, FallocateFlags::empty(), 0, len) {
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => {}
            done => return Ok(done?),
        }
    }
    let mut file = file;
    let more = len.saturating_sub(file.metadata()?.len());
    file.seek(SeekFrom::End(0))?;
    std::io::copy(&mut std::io::repeat(0).take(more), &mut file).map(drop)
}
