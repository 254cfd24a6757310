//! Arrow's Tensor messages: one array of any number of axes, as `pyarrow.ipc.write_tensor` writes it.
//!
//! A message has a shape, strides, names of axes and a type of numbers. Integers, half, single and double floats are
//! those of Arrow; `bool` is written as uint8, times as int64, and complex numbers with a last axis of two, their dtype
//! being kept in the metadata of the message, which other readers pass by. Arrow's bytes are little-endian; of others
//! the byte order is kept in the same way.
//!
//! ```
//! use npbytes::Array;
//! use npbytes_arrow::tensor;
//! let array = Array::from_vec(&[2, 3], vec![1_i32, 2, 3, 4, 5, 6])?;
//! let message = tensor::encode(&array, &tensor::WriteOptions::default())?;
//! let back = tensor::decode(&message.into(), &tensor::ReadOptions::default())?;
//! assert_eq!(back.array.view().to_vec::<i32>()?, [1, 2, 3, 4, 5, 6]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use arrow_ipc::{
    Buffer, FloatingPoint, FloatingPointArgs, Int, IntArgs, KeyValue, KeyValueArgs, Message,
    MessageArgs, MessageHeader, MetadataVersion, Precision, Tensor as Table, TensorArgs, TensorDim,
    TensorDimArgs, Type,
};
use bytes::Bytes;
use flatbuffers::FlatBufferBuilder;
use npbytes::{Array, ArrayView, AxisOrder, ByteOrder, DType, Kind, Limits, Order, Shape};

use crate::message::{self, CONTINUATION, broken};
use crate::{Copied, Error, Result, metadata};

/// What the metadata is padded to, in bytes, with the eight before it.
const ALIGNMENT: usize = 64;

/// A tensor.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Tensor {
    /// The elements.
    pub array: Array,
    /// The names of the axes, empty ones being none; none at all if no axis has one.
    pub names: Vec<String>,
    /// Whether and why they were copied.
    pub copied: Copied,
}

/// How tensors are read.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ReadOptions {
    /// Takes no notice of the dtype that [`encode`] left in the metadata.
    pub plain: bool,
    /// Bounds on what may be asked for: [`Limits::array_bytes`].
    pub limits: Limits,
}

/// How tensors are written.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct WriteOptions {
    /// The names of the axes, as many as there are; or none.
    pub names: Vec<String>,
    /// Leaves out the dtype by which the way back is exact.
    pub plain: bool,
}

/// Reads the tensor at the start of bytes; what follows it is left. Does not copy, unless its strides are those of a
/// part of something larger.
///
/// # Errors
/// What is no message of a tensor, or is cut off; strides that lead out of the body; types that are no numbers; metadata
/// that contradicts them.
pub fn decode(data: &Bytes, options: &ReadOptions) -> Result<Tensor> {
    let Some((framed, _)) = message::at(data, 0)? else {
        return Err(broken("no tensor: the stream ends before its first message"));
    };
    let message = framed.message()?;
    let Some(tensor) = message.header_as_tensor() else {
        let found = message.header_type().variant_name().unwrap_or("nothing");
        let error = broken(format!("expected a message of a tensor, found one of {found}"));
        return Err(match message.header_type() {
            MessageHeader::Schema => error.with_help("this is a stream of record batches"),
            _ => error,
        });
    };
    let raw = Raw::of(&tensor)?;
    let noted = message.custom_metadata().and_then(|pairs| {
        let pair = pairs.iter().find(|pair| pair.key() == Some(metadata::DTYPE))?;
        pair.value()
    });
    let noted = match noted.filter(|_| !options.plain) {
        Some(text) => Some(DType::parse(text).map_err(|error| {
            Error::metadata(format!("{}: {text:?} is no dtype: {error}", metadata::DTYPE))
        })?),
        None => None,
    };
    raw.array(&framed.body, noted, &options.limits)
}

/// What a message says.
struct Raw {
    dtype: DType,
    dims: Vec<usize>,
    strides: Vec<isize>,
    names: Vec<String>,
    offset: usize,
    len: usize,
}

impl Raw {
    fn of(tensor: &Table<'_>) -> Result<Self> {
        let dtype = dtype_of(tensor)?;
        let (mut dims, mut names) = (Vec::new(), Vec::new());
        for dim in tensor.shape() {
            let size = dim.size();
            dims.push(
                usize::try_from(size).map_err(|_| broken(format!("an axis of length {size}")))?,
            );
            names.push(dim.name().unwrap_or_default().to_owned());
        }
        if names.iter().all(String::is_empty) {
            names.clear();
        }
        let shape = Shape::new(&dims)?;
        shape.bytes(dtype.itemsize())?;
        let strides = match tensor.strides().filter(|strides| !strides.is_empty()) {
            Some(strides) => {
                let strides = strides.iter().map(isize::try_from).collect::<Result<Vec<_>, _>>();
                strides.map_err(|_| broken("a stride that is longer than memory"))?
            }
            None => strides_of(&dims, &AxisOrder::C.axes(dims.len()), dtype.itemsize())?,
        };
        if strides.len() != dims.len() {
            let (strides, axes) = (strides.len(), dims.len());
            return Err(broken(format!("a tensor with {strides} strides and {axes} axes")));
        }
        let place = |value: i64| {
            usize::try_from(value)
                .map_err(|_| broken(format!("a buffer of {value} bytes or at {value}")))
        };
        let (offset, len) = (place(tensor.data().offset())?, place(tensor.data().length())?);
        Ok(Self { dtype, dims, strides, names, offset, len })
    }

    /// The array in the body of the message.
    fn array(mut self, body: &Bytes, noted: Option<DType>, limits: &Limits) -> Result<Tensor> {
        let end = self.offset.checked_add(self.len).filter(|&end| end <= body.len());
        let Some(end) = end else {
            let (offset, len, there) = (self.offset, self.len, body.len());
            return Err(broken(format!("{len} bytes at byte {offset} of a body of {there} bytes")));
        };
        let data = body.slice(self.offset..end);
        let noted = noted.map(|noted| self.noted(noted)).transpose()?;
        let dtype = noted.unwrap_or_else(|| self.dtype.clone());
        let little = dtype.with_byte_order(ByteOrder::Little);
        let shape = Shape::new(&self.dims)?;
        let bytes = shape.bytes(little.itemsize())?;
        if bytes > data.len() {
            let there = data.len();
            return Err(broken(format!(
                "{shape} of {little} takes {bytes} bytes, there are {there}"
            )));
        }
        let mut copied = Copied::NO;
        let order = self.dense_order(little.itemsize())?;
        let array = match order {
            Some(order) => Array::new(little, shape, order, data.slice(..bytes))?,
            None => {
                limit(limits, bytes)?;
                copied |= Copied::ORDER;
                let view = ArrayView::from_strides(little, shape, &self.strides, 0, &data)?;
                view.to_array(Order::C, ByteOrder::NotApplicable)?
            }
        };
        let array = match dtype == *array.dtype() {
            true => array,
            false => {
                limit(limits, bytes)?;
                copied |= Copied::BYTE_ORDER;
                swapped(&array, &dtype)?
            }
        };
        Ok(Tensor { array, names: self.names, copied })
    }

    /// Takes the dtype that the metadata has, which must be one of the same bytes.
    fn noted(&mut self, noted: DType) -> Result<DType> {
        let stored = Stored::of(&noted).filter(|stored| stored.matches(&self.dtype));
        let contradicts = |what: &str| {
            let found = &self.dtype;
            Error::metadata(format!(
                "{} says {noted}, and the tensor is {what}{found}",
                metadata::DTYPE
            ))
        };
        let Some(stored) = stored else { return Err(contradicts("one of ")) };
        if stored.parts == 2 {
            let part = isize::try_from(self.dtype.itemsize()).unwrap_or(isize::MAX);
            if self.dims.last() != Some(&2) || self.strides.last() != Some(&part) {
                return Err(contradicts("not of pairs of "));
            }
            self.dims.pop();
            self.strides.pop();
            if !self.names.is_empty() {
                self.names.pop();
            }
        }
        Ok(noted)
    }

    /// The order of the axes if the elements lie one behind the other, else none.
    fn dense_order(&self, itemsize: usize) -> Result<Option<AxisOrder>> {
        let (dims, strides) = (&self.dims, &self.strides);
        if dims.contains(&0) {
            return Ok(Some(AxisOrder::C));
        }
        let mut axes: Vec<usize> = (0..dims.len()).collect();
        // An axis of length 1 lies anywhere; its place among the others is that of its stride if it is a usual one.
        axes.sort_by_key(|&axis| std::cmp::Reverse(strides.get(axis).copied().unwrap_or(0)));
        let dense = strides_of(dims, &axes, itemsize)?;
        let fits = dims.iter().zip(strides).zip(&dense);
        let fits = fits.into_iter().all(|((&dim, stride), dense)| dim == 1 || stride == dense);
        match fits {
            true if axes.is_sorted() => Ok(Some(AxisOrder::C)),
            true => Ok(Some(AxisOrder::permuted(&axes)?)),
            false => Ok(None),
        }
    }
}

fn limit(limits: &Limits, bytes: usize) -> Result<()> {
    if bytes as u64 > limits.array_bytes {
        let limit = limits.array_bytes;
        let error = Error::value(format!("{bytes} bytes would be copied, the limit is {limit}"));
        return Err(error.with_help(format!("raise the limit array_bytes to {bytes}")));
    }
    Ok(())
}

/// The strides of axes that lie one behind the other, the slowest first.
fn strides_of(dims: &[usize], axes: &[usize], itemsize: usize) -> Result<Vec<isize>> {
    let mut strides = vec![0_isize; dims.len()];
    let mut step = itemsize;
    for &axis in axes.iter().rev() {
        let (Some(stride), Some(&dim)) = (strides.get_mut(axis), dims.get(axis)) else { continue };
        *stride =
            isize::try_from(step).map_err(|_| broken("a tensor that is larger than memory"))?;
        step = step.saturating_mul(dim.max(1));
    }
    Ok(strides)
}

/// An array whose elements have another byte order, in the same place.
fn swapped(array: &Array, dtype: &DType) -> Result<Array> {
    let flat = Shape::new(&[array.len()])?;
    let flat = Array::new(array.dtype().clone(), flat, AxisOrder::C, array.data().clone())?;
    let data = flat.converted(Order::C, dtype.byte_order())?.into_data();
    Ok(Array::new(dtype.clone(), array.shape().clone(), array.order().clone(), data)?)
}

/// How elements of a dtype are written.
struct Stored {
    /// The dtype of the numbers, little-endian.
    number: DType,
    /// How many of them are one element.
    parts: usize,
}

impl Stored {
    /// None of a dtype that a tensor cannot hold.
    fn of(dtype: &DType) -> Option<Self> {
        let (name, parts) = match dtype.kind() {
            Kind::Bool => ("u1", 1),
            Kind::DateTime64 { .. } | Kind::TimeDelta64 { .. } => ("<i8", 1),
            Kind::Complex64 => ("<f4", 2),
            Kind::Complex128 => ("<f8", 2),
            Kind::Int8
            | Kind::Int16
            | Kind::Int32
            | Kind::Int64
            | Kind::UInt8
            | Kind::UInt16
            | Kind::UInt32
            | Kind::UInt64
            | Kind::Float16
            | Kind::Float32
            | Kind::Float64 => {
                let number = dtype.with_byte_order(ByteOrder::Little).with_metadata(None);
                return Some(Self { number, parts: 1 });
            }
            _ => return None,
        };
        Some(Self { number: DType::parse(name).ok()?, parts })
    }

    fn matches(&self, found: &DType) -> bool {
        self.number == *found
    }
}

/// The dtype of Arrow's type.
fn dtype_of(tensor: &Table<'_>) -> Result<DType> {
    let name = match (tensor.type_as_int(), tensor.type_as_floating_point()) {
        (Some(int), _) => {
            let sign = if int.is_signed() { "i" } else { "u" };
            match int.bitWidth() {
                bits @ (8 | 16 | 32 | 64) => format!("<{sign}{}", bits / 8),
                bits => return Err(broken(format!("integers of {bits} bits"))),
            }
        }
        (_, Some(float)) => match float.precision() {
            Precision::HALF => "<f2".to_owned(),
            Precision::SINGLE => "<f4".to_owned(),
            Precision::DOUBLE => "<f8".to_owned(),
            other => return Err(broken(format!("floats of precision {}", other.0))),
        },
        _ => {
            let name = tensor.type_type().variant_name().unwrap_or("an unknown type");
            return Err(Error::type_(format!("a tensor of {name}; those of numbers are read")));
        }
    };
    Ok(DType::parse(&name)?)
}

/// The message of an array.
///
/// # Errors
/// As [`encode_to`].
pub fn encode(array: &Array, options: &WriteOptions) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    encode_to(&mut bytes, array, options)?;
    Ok(bytes)
}

/// Writes the message of an array, its axes in the order in which they lie. Copies only elements that are not
/// little-endian.
///
/// # Errors
/// A dtype that is no number, names that are not as many as the axes, and those of the writer.
pub fn encode_to(writer: &mut impl Write, array: &Array, options: &WriteOptions) -> Result<()> {
    let dtype = array.dtype();
    let Some(stored) = Stored::of(dtype) else {
        let error = Error::type_(format!("a tensor holds numbers, and these are {dtype}"));
        return Err(
            error.with_help("write an Arrow IPC file or a Parquet file, whose columns hold it")
        );
    };
    if !options.names.is_empty() && options.names.len() != array.ndim() {
        let (names, axes) = (options.names.len(), array.ndim());
        return Err(Error::value(format!("{names} names for {axes} axes")));
    }
    let head = head(array, &stored, options)?;
    writer.write_all(&head)?;
    let little = dtype.with_byte_order(ByteOrder::Little);
    match little == *dtype {
        true => writer.write_all(array.data())?,
        false => writer.write_all(swapped(array, &little)?.data())?,
    }
    Ok(())
}

/// What stands before the elements. What is written when is what makes the bytes those of Arrow in C++.
fn head(array: &Array, stored: &Stored, options: &WriteOptions) -> Result<Vec<u8>> {
    let mut dims = array.shape().to_vec();
    let mut axes = array.order().axes(array.ndim());
    let mut names: Vec<&str> = options.names.iter().map(String::as_str).collect();
    if stored.parts > 1 {
        axes.push(dims.len());
        dims.push(stored.parts);
        if !names.is_empty() {
            names.push("");
        }
    }
    let number = &stored.number;
    let strides = strides_of(&dims, &axes, number.itemsize())?;
    let long = |value: usize| {
        i64::try_from(value).map_err(|_| broken("a tensor that is larger than a file"))
    };
    let body = long(array.data().len())?;

    let mut fbb = FlatBufferBuilder::new();
    let bits = i32::try_from(number.itemsize() * 8).unwrap_or(i32::MAX);
    let (type_type, type_) = match number.kind() {
        Kind::Float16 | Kind::Float32 | Kind::Float64 => {
            let precision = match number.itemsize() {
                2 => Precision::HALF,
                4 => Precision::SINGLE,
                _ => Precision::DOUBLE,
            };
            let float = FloatingPoint::create(&mut fbb, &FloatingPointArgs { precision });
            (Type::FloatingPoint, float.as_union_value())
        }
        kind => {
            use Kind::{Int8, Int16, Int32, Int64};
            let is_signed = matches!(kind, Int8 | Int16 | Int32 | Int64);
            let int = Int::create(&mut fbb, &IntArgs { bitWidth: bits, is_signed });
            (Type::Int, int.as_union_value())
        }
    };
    let mut shape = Vec::with_capacity(dims.len());
    for (axis, &dim) in dims.iter().enumerate() {
        let name = fbb.create_string(names.get(axis).copied().unwrap_or_default());
        shape.push(TensorDim::create(
            &mut fbb,
            &TensorDimArgs { size: long(dim)?, name: Some(name) },
        ));
    }
    let shape = fbb.create_vector(&shape);
    let strides: Vec<i64> = strides.into_iter().map(|stride| stride as i64).collect();
    let strides = fbb.create_vector(&strides);
    let data = Buffer::new(0, body);
    let args = TensorArgs {
        type_type,
        type_: Some(type_),
        shape: Some(shape),
        strides: Some(strides),
        data: Some(&data),
    };
    let tensor = Table::create(&mut fbb, &args);
    let is_noted = !options.plain && array.dtype() != number;
    let custom_metadata = is_noted.then(|| {
        let key = fbb.create_string(metadata::DTYPE);
        let value = fbb.create_string(&array.dtype().typestr());
        let pair = KeyValue::create(&mut fbb, &KeyValueArgs { key: Some(key), value: Some(value) });
        fbb.create_vector(&[pair])
    });
    let message = MessageArgs {
        version: MetadataVersion::V5,
        header_type: MessageHeader::Tensor,
        header: Some(tensor.as_union_value()),
        bodyLength: body,
        custom_metadata,
    };
    let message = Message::create(&mut fbb, &message);
    fbb.finish(message, None);
    let metadata = fbb.finished_data();

    let len = (8 + metadata.len()).next_multiple_of(ALIGNMENT);
    let word = i32::try_from(len - 8).map_err(|_| broken("metadata of more than 2 GiB"))?;
    let mut head = Vec::with_capacity(len);
    head.extend(CONTINUATION);
    head.extend(word.to_le_bytes());
    head.extend(metadata);
    head.resize(len, 0);
    Ok(head)
}

/// Reads a file into memory.
///
/// # Errors
/// As [`decode`], and those of the file.
pub fn read(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Tensor> {
    decode(&message::read_file(path.as_ref())?.into(), options)
}

/// Maps a file: nothing is read before it is looked at. [`npbytes::map_bytes`] says what that asks of the caller.
///
/// # Errors
/// As [`decode`], and those of the file.
pub fn map(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Tensor> {
    decode(&npbytes::map_bytes(path)?, options)
}

/// Writes a file under a temporary name and renames it, so that there is the old file or the new one.
///
/// # Errors
/// As [`encode_to`], and those of the file.
pub fn write(path: impl AsRef<Path>, array: &Array, options: &WriteOptions) -> Result<()> {
    npbytes::replace_file(path, |file: &File| {
        let mut file = BufWriter::new(file);
        encode_to(&mut file, array, options)?;
        Ok(file.flush()?)
    })
}
