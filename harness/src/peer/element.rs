//! One element as npyz hands it over: every scalar in turn, as the plain little-endian bytes of its
//! value. Reading and writing go through npyz's own readers and writers of each scalar type.

use std::io;

use half::f16;
use npyz::{DType, DTypeError, Deserialize, Serialize, TypeChar, TypeRead, TypeStr, TypeWrite};
use num_complex::Complex;

use crate::leaves::{code_points, stripped};
use crate::matrix::types::{Scalar, Type};

/// The scalars of an element, depth first, blocks unrolled, padding left out. Numbers are their
/// little-endian bytes, texts are without the NULs at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Element(Vec<Vec<u8>>);

/// An element of the matrix in that form.
pub(crate) fn plain(ty: &Type, bytes: &[u8]) -> Element {
    fn walk(ty: &Type, bytes: &[u8], out: &mut Vec<Vec<u8>>) {
        match ty {
            Type::Scalar(scalar) => out.push(plain_scalar(scalar, bytes)),
            Type::Struct(this) => {
                for field in &this.fields {
                    let end = field.offset + field.ty.itemsize();
                    walk(&field.ty, &bytes[field.offset..end], out);
                }
            }
            Type::Subarray(base, shape) => {
                let size = base.itemsize();
                for item in 0..shape.iter().product() {
                    walk(base, &bytes[item * size..(item + 1) * size], out);
                }
            }
        }
    }
    let mut out = Vec::new();
    walk(ty, bytes, &mut out);
    Element(out)
}

fn plain_scalar(scalar: &Scalar, bytes: &[u8]) -> Vec<u8> {
    let big = scalar.order == '>';
    match scalar.kind {
        'S' => stripped(bytes, 1).to_vec(),
        'U' => code_points(bytes, big).flat_map(u32::to_le_bytes).collect(),
        'V' => bytes.to_vec(),
        kind => {
            let unit = if kind == 'c' { bytes.len() / 2 } else { bytes.len() };
            let mut bytes = bytes.to_vec();
            if big {
                bytes.chunks_mut(unit).for_each(<[u8]>::reverse);
            }
            bytes
        }
    }
}

/// A tree of npyz's readers (or writers) in the shape of the dtype.
pub(crate) enum Tree<L> {
    Leaf(L),
    Gap(usize),
    Block(u64, Box<Tree<L>>),
    Fields(Vec<Tree<L>>),
}

type LeafRead = Box<dyn Fn(&mut dyn io::Read) -> io::Result<Vec<u8>>>;
type LeafWrite = Box<dyn Fn(&mut dyn io::Write, &[u8]) -> io::Result<()>>;

impl<L> Tree<L> {
    fn of(
        dtype: &DType,
        leaf: &dyn Fn(&DType, &TypeStr) -> Result<L, DTypeError>,
    ) -> Result<Self, DTypeError> {
        Ok(match dtype {
            DType::Plain(code) => Tree::Leaf(leaf(dtype, code)?),
            DType::Array(count, base) => Tree::Block(*count, Box::new(Tree::of(base, leaf)?)),
            DType::Record(fields) => Tree::Fields(
                fields
                    .iter()
                    .map(|field| match (&field.name[..], field.dtype.num_bytes()) {
                        ("", Some(size)) => Ok(Tree::Gap(size)),
                        _ => Tree::of(&field.dtype, leaf),
                    })
                    .collect::<Result<_, _>>()?,
            ),
        })
    }
}

impl Deserialize for Element {
    type TypeReader = Reader;

    fn reader(dtype: &DType) -> Result<Reader, DTypeError> {
        Ok(Reader(Tree::of(dtype, &leaf_read)?))
    }
}

/// Reads an element.
pub(crate) struct Reader(Tree<LeafRead>);

impl TypeRead for Reader {
    type Value = Element;

    fn read_one<R: io::Read>(&self, mut bytes: R) -> io::Result<Element> {
        fn walk(
            tree: &Tree<LeafRead>,
            bytes: &mut dyn io::Read,
            out: &mut Vec<Vec<u8>>,
        ) -> io::Result<()> {
            match tree {
                Tree::Leaf(read) => out.push(read(bytes)?),
                Tree::Gap(size) => bytes.read_exact(&mut vec![0; *size])?,
                Tree::Block(count, base) => {
                    for _ in 0..*count {
                        walk(base, bytes, out)?;
                    }
                }
                Tree::Fields(fields) => {
                    for field in fields {
                        walk(field, bytes, out)?;
                    }
                }
            }
            Ok(())
        }
        let mut out = Vec::new();
        walk(&self.0, &mut bytes, &mut out)?;
        Ok(Element(out))
    }
}

impl Serialize for Element {
    type TypeWriter = Writer;

    fn writer(dtype: &DType) -> Result<Writer, DTypeError> {
        Ok(Writer(Tree::of(dtype, &leaf_write)?))
    }
}

/// Writes an element.
pub(crate) struct Writer(Tree<LeafWrite>);

impl TypeWrite for Writer {
    type Value = Element;

    fn write_one<W: io::Write>(&self, mut writer: W, value: &Element) -> io::Result<()> {
        fn walk(
            tree: &Tree<LeafWrite>,
            writer: &mut dyn io::Write,
            values: &mut std::slice::Iter<'_, Vec<u8>>,
        ) -> io::Result<()> {
            match tree {
                Tree::Leaf(write) => write(writer, values.next().map_or(&[], Vec::as_slice))?,
                Tree::Gap(size) => writer.write_all(&vec![0; *size])?,
                Tree::Block(count, base) => {
                    for _ in 0..*count {
                        walk(base, writer, values)?;
                    }
                }
                Tree::Fields(fields) => {
                    for field in fields {
                        walk(field, writer, values)?;
                    }
                }
            }
            Ok(())
        }
        walk(&self.0, &mut writer, &mut value.0.iter())
    }
}

fn read_as<T: Deserialize>(
    dtype: &DType,
    form: impl Fn(T) -> Vec<u8> + 'static,
) -> Result<LeafRead, DTypeError>
where
    T::TypeReader: 'static,
{
    let reader = T::reader(dtype)?;
    Ok(Box::new(move |bytes| reader.read_one(bytes).map(&form)))
}

fn write_as<T: Serialize>(
    dtype: &DType,
    form: impl Fn(&[u8]) -> T + 'static,
) -> Result<LeafWrite, DTypeError>
where
    T::TypeWriter: TypeWrite<Value = T> + 'static,
{
    let writer = T::writer(dtype)?;
    Ok(Box::new(move |out, bytes| writer.write_one(out, &form(bytes))))
}

/// A fixed number of bytes; the matrix gives each scalar as many as it has.
fn fixed<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut fixed = [0; N];
    fixed.copy_from_slice(&bytes[..N]);
    fixed
}

macro_rules! numbers {
    ($code:expr, $number:ident) => {
        match ($code.type_char(), $code.size_field()) {
            (TypeChar::Int, 1) => $number!(i8),
            (TypeChar::Int, 2) => $number!(i16),
            (TypeChar::Int, 4) => $number!(i32),
            (TypeChar::Int | TypeChar::DateTime | TypeChar::TimeDelta, 8) => $number!(i64),
            (TypeChar::Uint, 1) => $number!(u8),
            (TypeChar::Uint, 2) => $number!(u16),
            (TypeChar::Uint, 4) => $number!(u32),
            (TypeChar::Uint, 8) => $number!(u64),
            (TypeChar::Float, 2) => $number!(f16),
            (TypeChar::Float, 4) => $number!(f32),
            (TypeChar::Float, 8) => $number!(f64),
            _ => Err(DTypeError::custom(format!("the matrix has no {}", $code))),
        }
    };
}

fn leaf_read(dtype: &DType, code: &TypeStr) -> Result<LeafRead, DTypeError> {
    macro_rules! number {
        ($t:ty) => {
            read_as(dtype, |x: $t| x.to_le_bytes().to_vec())
        };
    }
    match (code.type_char(), code.size_field()) {
        (TypeChar::Bool, _) => read_as(dtype, |x: bool| vec![u8::from(x)]),
        (TypeChar::Complex, 8) => {
            read_as(dtype, |x: Complex<f32>| [x.re.to_le_bytes(), x.im.to_le_bytes()].concat())
        }
        (TypeChar::Complex, 16) => {
            read_as(dtype, |x: Complex<f64>| [x.re.to_le_bytes(), x.im.to_le_bytes()].concat())
        }
        (TypeChar::ByteStr | TypeChar::RawData, _) => read_as(dtype, |x: Vec<u8>| x),
        (TypeChar::UnicodeStr, _) => {
            read_as(dtype, |x: Vec<u32>| x.into_iter().flat_map(u32::to_le_bytes).collect())
        }
        _ => numbers!(code, number),
    }
}

fn leaf_write(dtype: &DType, code: &TypeStr) -> Result<LeafWrite, DTypeError> {
    macro_rules! number {
        ($t:ty) => {
            write_as(dtype, |bytes| <$t>::from_le_bytes(fixed(bytes)))
        };
    }
    match (code.type_char(), code.size_field()) {
        (TypeChar::Bool, _) => write_as(dtype, |bytes| bytes[0] != 0),
        (TypeChar::Complex, 8) => write_as(dtype, |bytes| {
            Complex::new(f32::from_le_bytes(fixed(bytes)), f32::from_le_bytes(fixed(&bytes[4..])))
        }),
        (TypeChar::Complex, 16) => write_as(dtype, |bytes| {
            Complex::new(f64::from_le_bytes(fixed(bytes)), f64::from_le_bytes(fixed(&bytes[8..])))
        }),
        (TypeChar::ByteStr | TypeChar::RawData, _) => write_as(dtype, <[u8]>::to_vec),
        (TypeChar::UnicodeStr, _) => {
            write_as(dtype, |bytes| code_points(bytes, false).collect::<Vec<u32>>())
        }
        _ => numbers!(code, number),
    }
}
