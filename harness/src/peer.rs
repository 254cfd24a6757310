//! npyz, an independent reader and writer of `.npy`: it reads npbytes' files and npbytes reads its
//! files, value for value, over all of the matrix that it supports.

mod element;

use std::collections::BTreeMap;

use npbytes::{Order, Profile};
use npyz::WriterBuilder as _;
use npyz::write_options::HasWriter;

use crate::matrix::catalogue::{Twist, TypeCase};
use crate::matrix::layout::Layout;
use crate::matrix::types::{Type, tuple};
use crate::matrix::{ArrayCase, Encoding, Matrix};
use crate::roundtrip::{Mismatch, byte_difference};
use crate::{bridge, codec};
pub(crate) use element::Element;
use element::plain;

/// What comparing with npyz found.
#[derive(Debug, Default)]
pub struct Peer {
    /// Files of npbytes that npyz read, equal in every value.
    pub read_by_npyz: usize,
    /// Files of npyz that npbytes read, equal in every value.
    pub written_by_npyz: usize,
    /// Left out because npyz has no such thing: how many reads and writes, by reason.
    pub skipped: BTreeMap<&'static str, usize>,
    /// Everything that differs.
    pub mismatches: Vec<Mismatch>,
}

/// Runs every array of the matrix that is written as `.npy` through npyz, both ways.
pub fn run(matrix: &Matrix) -> Peer {
    let mut peer = Peer::default();
    for case in &matrix.arrays {
        let ty = matrix.type_of(case);
        if !case.encodings.contains(&Encoding::Npy) || ty.refused.is_some() {
            continue;
        }
        for (direction, outcome) in [("read", read(case, ty)), ("written", write(case, ty))] {
            match outcome {
                Ok(()) if direction == "read" => peer.read_by_npyz += 1,
                Ok(()) => peer.written_by_npyz += 1,
                Err(Obstacle::Unsupported(reason)) => {
                    *peer.skipped.entry(reason).or_default() += 1;
                }
                Err(Obstacle::Differs(what)) => peer.mismatches.push(Mismatch {
                    environment: "npyz".to_owned(),
                    case: case.name.clone(),
                    what: format!("{direction} by npyz: {what}"),
                }),
            }
        }
    }
    peer
}

/// Why a case did not pass.
pub(crate) enum Obstacle {
    /// npyz has no such thing.
    Unsupported(&'static str),
    /// It has, and the two disagree.
    Differs(String),
}

pub(crate) fn differs(error: impl std::fmt::Display) -> Obstacle {
    Obstacle::Differs(error.to_string())
}

/// Has npyz what it takes to read a dtype?
pub(crate) fn readable(ty: &TypeCase) -> Result<(), Obstacle> {
    foreign(ty)?;
    if has_block_of_blocks(&ty.ty) {
        return Err(Obstacle::Unsupported("npyz reads no (dtype, shape) tuple as a dtype"));
    }
    Ok(())
}

/// npbytes writes, npyz reads.
fn read(case: &ArrayCase, ty: &TypeCase) -> Result<(), Obstacle> {
    readable(ty)?;
    let dtype = bridge::dtype(ty).map_err(differs)?;
    let memory = case.layout.memory(&case.shape, ty.ty.itemsize(), &case.elements(ty));
    let view = bridge::view(case, &dtype, &memory).map_err(differs)?;
    let file = codec::encode(&view, Encoding::Npy, Profile::default()).map_err(differs)?;
    header_is_utf8(&file)?;
    let npy = npyz::NpyFile::new(&file[..]).map_err(differs)?;
    same(npy, case, ty, view.is_fortran())
}

/// Can npyz read the header of a file?
pub(crate) fn header_is_utf8(file: &[u8]) -> Result<(), Obstacle> {
    if file[6] < 3 && !header_text(file).is_ascii() {
        return Err(Obstacle::Unsupported("npyz reads headers before 3.0 as UTF-8, not latin-1"));
    }
    Ok(())
}

/// Compares what npyz read with what was written.
pub(crate) fn same<R: std::io::Read>(
    npy: npyz::NpyFile<R>,
    case: &ArrayCase,
    ty: &TypeCase,
    is_fortran: bool,
) -> Result<(), Obstacle> {
    let foreign = foreign(ty)?;
    let shape: Vec<u64> = case.shape.iter().map(|&size| size as u64).collect();
    if npy.shape() != shape {
        return Err(Obstacle::Differs(format!("shape {:?}", npy.shape())));
    }
    if npy.dtype() != foreign {
        return Err(Obstacle::Differs(format!("dtype {:?}, expected {foreign:?}", npy.dtype())));
    }
    let fortran = npy.order() == npyz::Order::Fortran;
    if fortran != is_fortran {
        return Err(Obstacle::Differs(format!("fortran order is {fortran}")));
    }
    let values: Vec<Element> = npy.into_vec().map_err(differs)?;
    let expected = stored(case, ty, fortran);
    if values.len() != expected.len() {
        return Err(Obstacle::Differs(format!("{} elements", values.len())));
    }
    match values.iter().zip(&expected).position(|(a, b)| a != b) {
        None => Ok(()),
        Some(i) => {
            let (a, b) = (&values[i], &expected[i]);
            Err(Obstacle::Differs(format!("stored element {i} is {a:?}, expected {b:?}")))
        }
    }
}

/// Has npyz what it takes to write a dtype?
pub(crate) fn writable(ty: &TypeCase) -> Result<(), Obstacle> {
    foreign(ty)?;
    if has_block_of_blocks(&ty.ty) {
        return Err(Obstacle::Unsupported("npyz writes a block of blocks as one block"));
    }
    if ty.descr().is_some_and(|descr| descr.len() > 60_000) {
        return Err(Obstacle::Unsupported("npyz panics where a header needs version 2.0"));
    }
    Ok(())
}

/// npyz writes, npbytes reads.
fn write(case: &ArrayCase, ty: &TypeCase) -> Result<(), Obstacle> {
    writable(ty)?;
    let mut file = Vec::new();
    fill(npyz::WriteOptions::<Element>::new().writer(&mut file), case, ty)?;
    let array = codec::decode_npy(&file.into()).map_err(differs)?;
    as_written(&array, case, ty)
}

/// Writes an array with npyz.
pub(crate) fn fill<B>(builder: B, case: &ArrayCase, ty: &TypeCase) -> Result<(), Obstacle>
where
    B: npyz::WriterBuilder<Element> + HasWriter,
    B::Writer: std::io::Write,
{
    let fortran =
        case.layout.is_f_contiguous(&case.shape) && !case.layout.is_c_contiguous(&case.shape);
    let shape: Vec<u64> = case.shape.iter().map(|&size| size as u64).collect();
    let order = if fortran { npyz::Order::Fortran } else { npyz::Order::C };
    let builder = builder.dtype(foreign(ty)?).shape(&shape).order(order);
    let mut writer = builder.begin_nd().map_err(differs)?;
    for element in stored(case, ty, fortran) {
        writer.push(&element).map_err(differs)?;
    }
    writer.finish().map_err(differs)
}

/// Compares an array that npyz wrote with what it was given.
pub(crate) fn as_written(
    array: &npbytes::Array,
    case: &ArrayCase,
    ty: &TypeCase,
) -> Result<(), Obstacle> {
    let dtype = bridge::dtype(ty).map_err(differs)?;
    if *array.dtype() != dtype {
        return Err(Obstacle::Differs(format!("dtype {}, expected {dtype}", array.dtype())));
    }
    if array.shape()[..] != case.shape[..] {
        return Err(Obstacle::Differs(format!(
            "shape {}, expected {}",
            array.shape(),
            tuple(&case.shape)
        )));
    }
    let bytes = array.view().to_bytes(Order::C).map_err(differs)?;
    // npyz has no padding: it writes the gaps as void fields, which are given zeros here.
    let used = ty.ty.used_bytes();
    let expected: Vec<u8> = if used.is_empty() {
        Vec::new()
    } else {
        let keep = used.iter().cycle();
        case.elements(ty)
            .iter()
            .zip(keep)
            .map(|(&byte, &keep)| if keep { byte } else { 0 })
            .collect()
    };
    byte_difference(&bytes, &expected).map_or(Ok(()), |what| Err(Obstacle::Differs(what)))
}

/// The elements in the order of the file.
fn stored(case: &ArrayCase, ty: &TypeCase, fortran: bool) -> Vec<Element> {
    let size = ty.ty.itemsize();
    let elements = case.elements(ty);
    if size == 0 {
        return (0..case.len()).map(|_| plain(&ty.ty, &[])).collect();
    }
    let layout = if fortran { Layout::F } else { Layout::C };
    let stored = layout.memory(&case.shape, size, &elements).bytes;
    stored.chunks_exact(size).map(|bytes| plain(&ty.ty, bytes)).collect()
}

/// The dtype as npyz has it.
fn foreign(case: &TypeCase) -> Result<npyz::DType, Obstacle> {
    if case.twist == Twist::AnyBool {
        return Err(Obstacle::Unsupported("npyz has no booleans other than 0 and 1"));
    }
    if case.twist == Twist::BeyondUnicode {
        return Err(Obstacle::Unsupported("npyz has no code points past U+10FFFF"));
    }
    foreign_type(&case.ty)
}

fn foreign_type(ty: &Type) -> Result<npyz::DType, Obstacle> {
    let unsupported = |reason| Err(Obstacle::Unsupported(reason));
    match ty {
        Type::Scalar(this) => match (this.kind, this.itemsize, this.unit) {
            ('f', 16, _) | ('c', 32, _) => unsupported("npyz has no long double"),
            ('M' | 'm', _, None) => unsupported("npyz has no datetimes without a unit"),
            ('M' | 'm', _, Some(unit)) if unit.starts_with(|c: char| c.is_ascii_digit()) => {
                unsupported("npyz has no multiples of datetime units")
            }
            _ => Ok(npyz::DType::new_scalar(this.typestr().parse().map_err(differs)?)),
        },
        Type::Subarray(base, shape) => {
            let mut made = foreign_type(base)?;
            for &size in shape.iter().rev() {
                made = npyz::DType::Array(size as u64, Box::new(made));
            }
            Ok(made)
        }
        Type::Struct(this) => {
            let mut fields = Vec::new();
            let mut end = 0;
            let gap = |size: usize| -> Result<npyz::Field, Obstacle> {
                let text = format!("|V{size}");
                let dtype = npyz::DType::new_scalar(text.parse().map_err(differs)?);
                Ok(npyz::Field { name: String::new(), dtype })
            };
            for field in &this.fields {
                if field.title.is_some() {
                    return unsupported("npyz has no titles");
                }
                if field.offset > end {
                    fields.push(gap(field.offset - end)?);
                }
                let Some(name) = unescaped(&field.name) else {
                    return unsupported("npyz names are Rust texts, without lone surrogates");
                };
                fields.push(npyz::Field { name, dtype: foreign_type(&field.ty)? });
                end = field.offset + field.ty.itemsize();
            }
            if this.itemsize > end {
                fields.push(gap(this.itemsize - end)?);
            }
            Ok(npyz::DType::Record(fields))
        }
    }
}

fn has_block_of_blocks(ty: &Type) -> bool {
    match ty {
        Type::Scalar(_) => false,
        Type::Subarray(base, _) => {
            matches!(**base, Type::Subarray(..)) || has_block_of_blocks(base)
        }
        Type::Struct(this) => this.fields.iter().any(|field| has_block_of_blocks(&field.ty)),
    }
}

/// The text of the body of a Python literal, as far as the matrix uses escapes; `None` for a lone
/// surrogate.
fn unescaped(body: &str) -> Option<String> {
    let mut text = String::new();
    let mut rest = body.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        let digits = match rest.next()? {
            'n' => {
                text.push('\n');
                continue;
            }
            't' => {
                text.push('\t');
                continue;
            }
            'r' => {
                text.push('\r');
                continue;
            }
            'x' => 2,
            'u' => 4,
            'U' => 8,
            other => {
                text.push(other);
                continue;
            }
        };
        let code: String = rest.by_ref().take(digits).collect();
        text.push(char::from_u32(u32::from_str_radix(&code, 16).ok()?)?);
    }
    Some(text)
}

/// The header text of a `.npy` file.
fn header_text(file: &[u8]) -> &[u8] {
    let (start, length) = if file[6] == 1 {
        (10, usize::from(u16::from_le_bytes([file[8], file[9]])))
    } else {
        let length = u32::from_le_bytes([file[8], file[9], file[10], file[11]]);
        (12, usize::try_from(length).unwrap_or(usize::MAX))
    };
    &file[start..start + length]
}
