//! Archives of npyz and of ndarray-npy: they read npbytes' and npbytes reads theirs, stored and
//! deflated, value for value, over all of the matrix that they support.

use std::collections::BTreeMap;
use std::io::Cursor;

use bytes::Bytes;
use ndarray::{ArrayD, IxDyn, ShapeBuilder as _};
use ndarray_npy::{NpzReader, NpzWriter, ReadableElement, WritableElement};
use npbytes::npz::{self, Compression};
use npbytes::{ArrayView, Element as Pod, Order};
use num_complex::Complex;

use super::check::Laid;
use super::read_options;
use crate::matrix::catalogue::{Twist, TypeCase};
use crate::matrix::{Encoding, Matrix};
use crate::peer::{
    Element, Obstacle, as_written, differs, fill, header_is_utf8, readable, same, writable,
};
use crate::roundtrip::Mismatch;

/// What comparing with one of them found.
#[derive(Debug, Default)]
pub struct Tally {
    /// Members of npbytes' archives that it read, equal in every value.
    pub read: usize,
    /// Members of its archives that npbytes read, equal in every value.
    pub written: usize,
    /// Left out because it has no such thing: how many members, by reason.
    pub skipped: BTreeMap<&'static str, usize>,
}

/// What comparing with both found.
#[derive(Debug, Default)]
pub struct Peers {
    /// npyz.
    pub npyz: Tally,
    /// ndarray-npy.
    pub ndarray_npy: Tally,
    /// Everything that differs.
    pub mismatches: Vec<Mismatch>,
}

/// Puts the arrays of each dtype into archives, and those through both.
pub fn run(matrix: &Matrix) -> Peers {
    let mut peers = Peers::default();
    for (index, ty) in matrix.types.iter().enumerate() {
        let arrays = matrix.arrays.iter().enumerate().filter(|(_, case)| {
            case.ty == index && case.encodings.contains(&Encoding::Npy) && ty.refused.is_none()
        });
        let laid: npbytes::Result<Vec<Laid<'_>>> =
            arrays.map(|(at, _)| Laid::new(matrix, at)).collect();
        let laid = match laid {
            Ok(laid) => laid,
            Err(error) => {
                peers.mismatch("both", &ty.name, error);
                continue;
            }
        };
        for compression in [Compression::None, Compression::NumPy, Compression::Fast] {
            peers.read(ty, &laid, compression);
        }
        for deflated in [false, true] {
            peers.written(ty, &laid, deflated);
        }
    }
    peers
}

impl Peers {
    fn mismatch(&mut self, peer: &str, case: &str, what: impl std::fmt::Display) {
        self.mismatches.push(Mismatch {
            environment: peer.to_owned(),
            case: case.to_owned(),
            what: what.to_string(),
        });
    }

    /// npbytes writes, they read.
    fn read(&mut self, ty: &TypeCase, laid: &[Laid<'_>], compression: Compression) {
        let file = match write(laid, compression) {
            Ok(file) => file,
            Err(error) => return self.mismatch("both", &ty.name, error),
        };
        match npyz_reads(&file, ty, laid) {
            Ok(read) => self.npyz.read += read,
            Err(Obstacle::Unsupported(reason)) => {
                *self.npyz.skipped.entry(reason).or_default() += laid.len();
            }
            Err(Obstacle::Differs(what)) => {
                self.mismatch("npyz", &ty.name, format!("read by npyz, {compression:?}: {what}"));
            }
        }
        match static_type(ty).map(|it| (it.reads)(&file, laid)) {
            None => self.unsupported(laid),
            Some(Ok(read)) => self.ndarray_npy.read += read,
            Some(Err(what)) => {
                let what = format!("read by ndarray-npy, {compression:?}: {what}");
                self.mismatch("ndarray-npy", &ty.name, what);
            }
        }
    }

    /// They write, npbytes reads.
    fn written(&mut self, ty: &TypeCase, laid: &[Laid<'_>], deflated: bool) {
        match npyz_writes(ty, laid, deflated) {
            Ok(written) => self.npyz.written += written,
            Err(Obstacle::Unsupported(reason)) => {
                *self.npyz.skipped.entry(reason).or_default() += laid.len();
            }
            Err(Obstacle::Differs(what)) => {
                self.mismatch("npyz", &ty.name, format!("written by npyz: {what}"));
            }
        }
        match static_type(ty).filter(|it| it.native).map(|it| (it.writes)(laid, deflated)) {
            None => self.unsupported(laid),
            Some(Ok(written)) => self.ndarray_npy.written += written,
            Some(Err(what)) => {
                let what = format!("written by ndarray-npy: {what}");
                self.mismatch("ndarray-npy", &ty.name, what);
            }
        }
    }

    fn unsupported(&mut self, laid: &[Laid<'_>]) {
        let reason = "ndarray-npy has Rust's own numbers only, and writes no other byte order";
        *self.ndarray_npy.skipped.entry(reason).or_default() += laid.len();
    }
}

fn write(laid: &[Laid<'_>], compression: Compression) -> npbytes::Result<Vec<u8>> {
    let members: npbytes::Result<Vec<(&str, ArrayView<'_>)>> =
        laid.iter().map(|laid| Ok((laid.case.name.as_str(), laid.view()?))).collect();
    npz::encode(&members?, &npz::WriteOptions::default().compression(compression))
}

fn npyz_reads(file: &[u8], ty: &TypeCase, laid: &[Laid<'_>]) -> Result<usize, Obstacle> {
    readable(ty)?;
    let ours = npz::decode(&Bytes::copy_from_slice(file), &read_options()).map_err(differs)?;
    for member in ours.members() {
        header_is_utf8(&member.bytes().map_err(differs)?)?;
    }
    let mut archive = npyz::npz::NpzArchive::new(Cursor::new(file)).map_err(differs)?;
    for laid in laid {
        let name = &laid.case.name;
        let Some(npy) = archive.by_name(name).map_err(differs)? else {
            return Err(Obstacle::Differs(format!("no member {name}")));
        };
        let fortran = laid.view().map_err(differs)?.is_fortran();
        same(npy, laid.case, ty, fortran).map_err(|obstacle| named(obstacle, name))?;
    }
    Ok(laid.len())
}

fn npyz_writes(ty: &TypeCase, laid: &[Laid<'_>], deflated: bool) -> Result<usize, Obstacle> {
    writable(ty)?;
    let mut file = Cursor::new(Vec::new());
    let mut writer = npyz::npz::NpzWriter::new(&mut file);
    let method = if deflated {
        npyz::zip::CompressionMethod::Deflated
    } else {
        npyz::zip::CompressionMethod::Stored
    };
    for laid in laid {
        let options = npyz::zip::write::FileOptions::default().compression_method(method);
        let builder = writer.array::<Element>(&laid.case.name, options).map_err(differs)?;
        fill(builder, laid.case, ty)?;
    }
    writer.zip_writer().finish().map_err(differs)?;
    drop(writer);
    let archive = npz::decode(&file.into_inner().into(), &read_options()).map_err(differs)?;
    for laid in laid {
        let array = archive.array(&laid.case.name).map_err(differs)?;
        as_written(&array, laid.case, ty).map_err(|obstacle| named(obstacle, &laid.case.name))?;
    }
    Ok(laid.len())
}

fn named(obstacle: Obstacle, name: &str) -> Obstacle {
    match obstacle {
        Obstacle::Differs(what) => Obstacle::Differs(format!("{name}: {what}")),
        unsupported @ Obstacle::Unsupported(_) => unsupported,
    }
}

/// How ndarray-npy, which wants to know the type when it is compiled, reads and writes a dtype.
struct StaticType {
    reads: fn(&[u8], &[Laid<'_>]) -> Result<usize, String>,
    writes: fn(&[Laid<'_>], bool) -> Result<usize, String>,
    /// Whether it is in the byte order of this machine.
    native: bool,
}

fn static_type(ty: &TypeCase) -> Option<StaticType> {
    let code = ty.descr().filter(|_| ty.twist == Twist::None)?;
    let order = code.chars().next()?;
    let native = order == '|' || (order == '<') == cfg!(target_endian = "little");
    macro_rules! of {
        ($rust:ty) => {
            Some(StaticType { reads: reads::<$rust>, writes: writes::<$rust>, native })
        };
    }
    match code.get(1..)? {
        "b1" => of!(bool),
        "i1" => of!(i8),
        "i2" => of!(i16),
        "i4" => of!(i32),
        "i8" => of!(i64),
        "u1" => of!(u8),
        "u2" => of!(u16),
        "u4" => of!(u32),
        "u8" => of!(u64),
        "f4" => of!(f32),
        "f8" => of!(f64),
        "c8" => of!(Complex<f32>),
        "c16" => of!(Complex<f64>),
        _ => None,
    }
}

/// Equal as bytes: NaN is equal to itself.
fn bytes_of<T: Pod>(values: Vec<T>) -> Result<Bytes, String> {
    let len = values.len();
    let array = npbytes::Array::from_vec(&[len], values).map_err(|error| error.to_string())?;
    array.to_bytes(Order::C).map_err(|error| error.to_string())
}

fn reads<T: ReadableElement + Pod + Clone>(
    file: &[u8],
    laid: &[Laid<'_>],
) -> Result<usize, String> {
    let mut reader = NpzReader::new(Cursor::new(file)).map_err(|error| error.to_string())?;
    for laid in laid {
        let name = &laid.case.name;
        let array: ArrayD<T> = reader.by_name(name).map_err(|error| format!("{name}: {error}"))?;
        if array.shape() != laid.case.shape {
            return Err(format!("{name}: shape {:?}", array.shape()));
        }
        let values: Vec<T> = array.iter().cloned().collect();
        let expected = laid.view().and_then(|view| view.to_vec::<T>());
        let expected = expected.map_err(|error| format!("{name}: {error}"))?;
        if bytes_of(values)? != bytes_of(expected)? {
            return Err(format!("{name}: other values"));
        }
    }
    Ok(laid.len())
}

fn writes<T: WritableElement + Pod + Clone>(
    laid: &[Laid<'_>],
    deflated: bool,
) -> Result<usize, String> {
    let target = Cursor::new(Vec::new());
    let mut writer =
        if deflated { NpzWriter::new_compressed(target) } else { NpzWriter::new(target) };
    let text = |error: npbytes::Error| error.to_string();
    for laid in laid {
        let view = laid.view().map_err(text)?;
        let values = view.to_vec::<T>().map_err(text)?;
        let array = ArrayD::from_shape_vec(IxDyn(&laid.case.shape), values);
        let mut array = array.map_err(|error| error.to_string())?;
        if view.is_fortran() {
            // Never empty: those are in C order, too.
            let first = array.first().cloned().ok_or("an empty array in Fortran order only")?;
            let mut fortran = ArrayD::from_elem(IxDyn(&laid.case.shape).f(), first);
            fortran.assign(&array);
            array = fortran;
        }
        writer.add_array(&laid.case.name, &array).map_err(|error| error.to_string())?;
    }
    let file = writer.finish().map_err(|error| error.to_string())?.into_inner();
    let archive = npz::decode(&file.into(), &read_options()).map_err(text)?;
    for laid in laid {
        let array = archive.array(&laid.case.name).map_err(text)?;
        if let Some(what) = laid.difference(&array, false) {
            return Err(format!("{}: {what}", laid.case.name));
        }
    }
    Ok(laid.len())
}
