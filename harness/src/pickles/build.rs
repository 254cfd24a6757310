//! A value from its description, with npbytes' builders and nothing from NumPy.

use std::collections::HashMap;

use bytes::Bytes;
use npbytes::dtype::{Field, Kind, Struct};
use npbytes::pickle::{
    ArrayClass, ArrayObject, DTypeObject, MaskedObject, Pickle, ScalarObject, StringDType, Value,
};
use npbytes::{Array, ArrayView, AxisOrder, DType, Order, PyStr, Shape, literal};
use serde_json::Value as Json;

use super::compare::utf8;
use super::manifest::Manifest;

/// Why nothing is built.
#[derive(Debug)]
pub(super) enum Stop {
    /// It is not something that one builds.
    Skip(&'static str),
    /// npbytes refuses, or the description is wrong.
    Fail(String),
}

type Built<T> = Result<T, Stop>;

impl From<npbytes::Error> for Stop {
    fn from(error: npbytes::Error) -> Stop {
        Stop::Fail(error.to_string())
    }
}

impl From<String> for Stop {
    fn from(what: String) -> Stop {
        Stop::Fail(what)
    }
}

fn wrong(row: &Json) -> Stop {
    Stop::Fail(format!("no description: {row:.200}"))
}

/// Builds the graph of a value.
pub(super) fn build(manifest: &Manifest, row: &Json) -> Built<Pickle> {
    let mut builder = Builder {
        manifest,
        pickle: Pickle::new(),
        numbered: HashMap::new(),
        dtypes: HashMap::new(),
        names: HashMap::new(),
    };
    let root = builder.value(row)?;
    builder.pickle.set_root(root);
    Ok(builder.pickle)
}

struct Builder<'a> {
    manifest: &'a Manifest,
    pickle: Pickle,
    numbered: HashMap<u64, Value>,
    dtypes: HashMap<u64, DTypeObject>,
    /// Numbers of names that stand in a dtype.
    names: HashMap<u64, PyStr>,
}

impl Builder<'_> {
    fn value(&mut self, row: &Json) -> Built<Value> {
        match row {
            Json::Null => return Ok(Value::NONE),
            Json::Bool(value) => return Ok(self.pickle.bool(*value)),
            Json::Number(number) => {
                return Ok(self.pickle.int(number.as_i64().ok_or_else(|| wrong(row))?));
            }
            _ => {}
        }
        if let Some(number) = row["ref"].as_u64() {
            return match self.numbered.get(&number) {
                Some(value) => Ok(*value),
                None if self.names.contains_key(&number) => {
                    Err(Stop::Skip("a text that is a field's name, too"))
                }
                None if self.dtypes.contains_key(&number) => {
                    Err(Stop::Skip("a dtype that is that of a field, too"))
                }
                None => Err(Stop::Skip("what holds itself is not built")),
            };
        }
        let value = self.made(row)?;
        if let Some(number) = row["id"].as_u64() {
            self.numbered.insert(number, value);
        }
        Ok(value)
    }

    fn made(&mut self, row: &Json) -> Built<Value> {
        let object = row.as_object().ok_or_else(|| wrong(row))?;
        let has = |key: &str| object.contains_key(key);
        if row["literal"] == true {
            return Err(Stop::Skip("a text of one character from a Python source"));
        }
        Ok(if has("int") {
            let bytes = decimal(row["int"].as_str().unwrap_or_default());
            self.pickle.long(&bytes)
        } else if has("float") {
            self.pickle.float(float(&row["float"])?)
        } else if has("complex") {
            let parts = (float(&row["complex"][0])?, float(&row["complex"][1])?);
            self.pickle.complex(parts.0, parts.1)
        } else if has("str") || has("ascii") {
            let text = self.text(row)?;
            self.pickle.text(text)
        } else if has("bytes") {
            let data = self.data(&row["bytes"])?;
            self.pickle.bytes(data)
        } else if has("bytearray") {
            let data = self.data(&row["bytearray"])?;
            self.pickle.byte_array(data)
        } else if has("tuple") {
            let items = self.items(&row["tuple"])?;
            self.pickle.tuple(&items)
        } else if has("list") {
            let items = self.items(&row["list"])?;
            self.pickle.list(items)
        } else if has("set") {
            let items = self.items(&row["set"])?;
            self.pickle.set(items)
        } else if has("frozenset") {
            let items = self.items(&row["frozenset"])?;
            self.pickle.frozen_set(&items)
        } else if has("dict") {
            let mut pairs = Vec::new();
            for pair in row["dict"].as_array().ok_or_else(|| wrong(row))? {
                pairs.push((self.value(&pair[0])?, self.value(&pair[1])?));
            }
            self.pickle.dict(pairs)
        } else if has("scalar") {
            self.scalar(row)?
        } else if has("masked") {
            self.masked(row)?
        } else if has("array") {
            self.array(row)?
        } else if has("dtype") || has("base") || has("fields") || has("string") {
            let dtype = self.dtype(row)?;
            self.pickle.dtype(dtype)
        } else if has("buffer") {
            return Err(Stop::Skip("buffers beside arrays are not built"));
        } else {
            return Err(Stop::Skip("objects of other classes are not built"));
        })
    }

    fn items(&mut self, rows: &Json) -> Built<Vec<Value>> {
        rows.as_array().ok_or_else(|| wrong(rows))?.iter().map(|row| self.value(row)).collect()
    }

    fn data(&self, data: &Json) -> Built<Bytes> {
        self.manifest.data(data).ok_or_else(|| wrong(data))
    }

    fn text(&self, row: &Json) -> Built<PyStr> {
        let utf8 = utf8(self.manifest, row)?;
        let points: Vec<u32> = match row["str"].as_array() {
            Some(points) => {
                let points = points.iter().filter_map(Json::as_u64);
                points.filter_map(|it| u32::try_from(it).ok()).collect()
            }
            None => utf8.iter().map(|&byte| byte.into()).collect(),
        };
        PyStr::from_code_points(points).ok_or_else(|| wrong(row))
    }

    /// The dtype of an array or a scalar: an object of its own, or one that stands elsewhere, too.
    fn dtype_of(&mut self, row: &Json) -> Built<(DTypeObject, Option<Value>)> {
        let number = row["ref"].as_u64().or_else(|| row["id"].as_u64());
        let Some(number) = number else { return Ok((self.dtype(row)?, None)) };
        if row.get("ref").is_none() {
            let dtype = self.dtype(row)?;
            let value = self.pickle.dtype(dtype.clone());
            self.dtypes.insert(number, dtype);
            self.numbered.insert(number, value);
        }
        match (self.dtypes.get(&number), self.numbered.get(&number)) {
            (Some(dtype), Some(value)) => Ok((dtype.clone(), Some(*value))),
            (Some(_), None) => Err(Stop::Skip("a dtype that is that of a field, too")),
            _ => Err(Stop::Fail(format!("dtype {number} was never met"))),
        }
    }

    fn dtype(&mut self, row: &Json) -> Built<DTypeObject> {
        let mut object = if let Some(coerce) = row["string"].as_bool() {
            let na_object = match row.get("na") {
                Some(na) => Some(self.value(na)?),
                None => None,
            };
            let string = StringDType { coerce, na_object };
            DTypeObject::new(DType::new(Kind::String)?).string(string)
        } else if row.get("base").is_some() {
            DType::subarray(self.field_dtype(&row["base"])?, &sizes(&row["shape"])?)?.into()
        } else if let Some(rows) = row["fields"].as_array() {
            let mut fields = Vec::new();
            for row in rows {
                let dtype = self.field_dtype(&row[1])?;
                let offset = size(&row[2])?;
                let field = Field::new(self.name(&row[0])?, dtype, offset);
                fields.push(match row.get(3) {
                    Some(title) => field.with_title(self.name(title)?),
                    None => field,
                });
            }
            let aligned = row["aligned"] == true;
            let dtype: DType = Struct::new(fields, Some(size(&row["itemsize"])?), aligned)?.into();
            DTypeObject::new(dtype).record(row["record"] == true)
        } else {
            DType::parse(row["dtype"].as_str().ok_or_else(|| wrong(row))?)?.into()
        };
        if let Some(metadata) = row.get("metadata") {
            let (record, string) = (object.is_record(), object.string_dtype());
            let dtype = object.dtype().clone().with_metadata(Some(self.literal(metadata)?));
            object = DTypeObject::new(dtype).record(record).string(string);
        }
        Ok(object)
    }

    /// The dtype of a field. npbytes gives native numbers one object, and every other dtype its own.
    fn field_dtype(&mut self, row: &Json) -> Built<DType> {
        if let Some(number) = row["ref"].as_u64() {
            let known = self.dtypes.get(&number).map(|it| it.dtype().clone());
            return match known {
                Some(dtype) if is_native(&dtype) => Ok(dtype),
                _ => Err(Stop::Skip("fields whose dtypes are one object are not built")),
            };
        }
        let object = self.dtype(row)?;
        if object.is_record() {
            return Err(Stop::Skip("record dtypes inside of structs are not built"));
        }
        if let Some(number) = row["id"].as_u64() {
            if is_native(object.dtype()) {
                let value = self.pickle.dtype(object.clone());
                self.numbered.insert(number, value);
            }
            self.dtypes.insert(number, object.clone());
        }
        Ok(object.dtype().clone())
    }

    /// The name of a field. npbytes takes it for one that stands in a source.
    fn name(&mut self, row: &Json) -> Built<PyStr> {
        if let Some(number) = row["ref"].as_u64() {
            let known = self.names.get(&number).cloned();
            return known.ok_or(Stop::Skip("a text that is a field's name, too"));
        }
        let text = self.text(row)?;
        if let Some(number) = row["id"].as_u64() {
            self.names.insert(number, text.clone());
        }
        Ok(text)
    }

    fn literal(&self, row: &Json) -> Built<literal::Value> {
        let all = |rows: &Json| -> Built<Vec<literal::Value>> {
            rows.as_array()
                .ok_or_else(|| wrong(rows))?
                .iter()
                .map(|row| self.literal(row))
                .collect()
        };
        Ok(match row {
            Json::Null => literal::Value::None,
            Json::Bool(value) => literal::Value::Bool(*value),
            Json::Number(number) => {
                literal::Value::Int(number.as_i64().ok_or_else(|| wrong(row))?.into())
            }
            _ if row["literal"] == true => {
                return Err(Stop::Skip("a text of one character from a Python source"));
            }
            _ if row.get("float").is_some() => literal::Value::Float(float(&row["float"])?),
            _ if row.get("str").is_some() => literal::Value::Str(self.text(row)?),
            _ if row.get("tuple").is_some() => literal::Value::Tuple(all(&row["tuple"])?),
            _ if row.get("list").is_some() => literal::Value::List(all(&row["list"])?),
            _ if row.get("dict").is_some() => {
                let mut pairs = Vec::new();
                for pair in row["dict"].as_array().ok_or_else(|| wrong(row))? {
                    pairs.push((self.literal(&pair[0])?, self.literal(&pair[1])?));
                }
                literal::Value::Dict(pairs)
            }
            _ => return Err(wrong(row)),
        })
    }

    fn scalar(&mut self, row: &Json) -> Built<Value> {
        let (dtype, shared) = self.dtype_of(&row["scalar"])?;
        let mut scalar = match row.get("items") {
            Some(items) if items.get("array").is_some() => {
                let array = self.value(items)?;
                ScalarObject::of_array(dtype, array)
            }
            Some(_) => return Err(Stop::Skip("objects of other classes are not built")),
            None => ScalarObject::new(dtype, self.data(&row["data"])?)?,
        };
        if let Some(shared) = shared {
            scalar = scalar.shared_dtype(shared);
        }
        Ok(self.pickle.scalar(scalar))
    }

    fn masked(&mut self, row: &Json) -> Built<Value> {
        if row["class"] != "ndarray" {
            return Err(Stop::Skip("masked arrays of other classes are not built"));
        }
        let (dtype, shared) = self.dtype_of(&row["masked"])?;
        let shape = Shape::new(&sizes(&row["shape"])?)?;
        let order = if row["fortran"] == true { AxisOrder::F } else { AxisOrder::C };
        let array = Array::new(dtype.dtype().clone(), shape, order, self.data(&row["data"])?)?;
        let mut masked = MaskedObject::new(array, self.data(&row["mask"])?);
        if !row["fill"].is_null() {
            masked = masked.fill_value(self.value(&row["fill"])?);
        }
        if let Some(shared) = shared {
            masked = masked.shared_dtype(shared);
        }
        Ok(self.pickle.masked(masked))
    }

    fn array(&mut self, row: &Json) -> Built<Value> {
        let class = match row["class"].as_str() {
            Some("ndarray") => ArrayClass::NdArray,
            Some("matrix") => ArrayClass::Matrix,
            Some("memmap") => ArrayClass::MemMap,
            Some("recarray") => ArrayClass::RecArray,
            Some("chararray") => ArrayClass::CharArray,
            _ => return Err(Stop::Skip("arrays of other classes are not built")),
        };
        let (dtype, shared) = self.dtype_of(&row["array"])?;
        let shape = Shape::new(&sizes(&row["shape"])?)?;
        let fortran = row["f"] == true && row["c"] == false;
        let order = if fortran { Order::F } else { Order::C };
        let mut array = if row.get("items").is_some() {
            let items = self.items(&row["items"])?;
            ArrayObject::objects(dtype, shape, order, items)?
        } else {
            let strides: Option<Vec<isize>> = row["strides"].as_array().and_then(|rows| {
                rows.iter().map(|it| isize::try_from(it.as_i64()?).ok()).collect()
            });
            let strides = strides.ok_or_else(|| wrong(row))?;
            let elements = self.data(&row["data"])?;
            let (dense, strided) =
                dense(dtype.dtype(), shape, &strides, elements, row["c"] == true)?;
            ArrayObject::new(dense).dtype(dtype).strided(strided)
        };
        array = array.class(class).writeable(row["w"] == true);
        if let Some(shared) = shared {
            array = array.shared_dtype(shared);
        }
        Ok(self.pickle.array(array))
    }
}

/// The elements (in C order) as an array that lies in memory as strides say, if they say an order at all;
/// else in C order, and that they do not.
fn dense(
    dtype: &DType,
    shape: Shape,
    strides: &[isize],
    elements: Bytes,
    c_contiguous: bool,
) -> Built<(Array, bool)> {
    let itemsize = dtype.itemsize();
    let in_c = Array::new(dtype.clone(), shape.clone(), AxisOrder::C, elements)?;
    if c_contiguous || itemsize == 0 || shape.elements() == 0 {
        return Ok((in_c, false));
    }
    // A buffer of the right size and zeros in it: only where elements lie is asked for.
    let low: isize = span(&shape, strides, |stride| stride < 0);
    let high: isize = span(&shape, strides, |stride| stride > 0);
    let size = usize::try_from(high - low).unwrap_or(0) + itemsize;
    let memory = vec![0; size];
    let offset = usize::try_from(-low).unwrap_or(0);
    let view = ArrayView::from_strides(dtype.clone(), shape.clone(), strides, offset, &memory)?;
    match view.axis_order() {
        Some(order) => Ok((reordered(&in_c, &order)?, false)),
        None => Ok((in_c, true)),
    }
}

/// The distance from the first element to the furthest one, along the axes whose stride is asked for.
fn span(shape: &[usize], strides: &[isize], wanted: impl Fn(isize) -> bool) -> isize {
    let steps = shape.iter().zip(strides).filter(|&(_, &stride)| wanted(stride));
    steps.map(|(&dim, &stride)| isize::try_from(dim - 1).unwrap_or(0) * stride).sum()
}

/// The same array with its axes in another order in memory.
fn reordered(array: &Array, order: &AxisOrder) -> Built<Array> {
    let (shape, size) = (array.shape().clone(), array.dtype().itemsize());
    let zeros = Bytes::from(vec![0; array.data().len()]);
    let place = Array::new(array.dtype().clone(), shape.clone(), order.clone(), zeros)?;
    let strides = place.view().strides().to_vec();
    let mut data = vec![0; array.data().len()];
    let mut index = vec![0_usize; shape.len()];
    for element in array.data().chunks_exact(size) {
        let distance = index.iter().zip(&strides);
        let distance: isize =
            distance.map(|(&i, &stride)| isize::try_from(i).unwrap_or(0) * stride).sum();
        let start = usize::try_from(distance).unwrap_or(0);
        data[start..start + size].copy_from_slice(element);
        for axis in (0..shape.len()).rev() {
            index[axis] += 1;
            if index[axis] < shape[axis] {
                break;
            }
            index[axis] = 0;
        }
    }
    Ok(Array::new(array.dtype().clone(), shape, order.clone(), Bytes::from(data))?)
}

/// Is a dtype one of those that NumPy has once?
fn is_native(dtype: &DType) -> bool {
    let kinds = ['b', 'i', 'u', 'f', 'c', 'O'];
    let typestr = dtype.typestr();
    typestr.chars().nth(1).is_some_and(|kind| kinds.contains(&kind))
        && dtype.is_native()
        && dtype.metadata().is_none()
        && dtype.as_subarray().is_none()
}

fn size(row: &Json) -> Built<usize> {
    row.as_u64().and_then(|it| usize::try_from(it).ok()).ok_or_else(|| wrong(row))
}

fn sizes(row: &Json) -> Built<Vec<usize>> {
    row.as_array().ok_or_else(|| wrong(row))?.iter().map(size).collect()
}

fn float(bits: &Json) -> Built<f64> {
    let bits = bits.as_str().and_then(|text| u64::from_str_radix(text, 16).ok());
    bits.map(f64::from_bits).ok_or_else(|| Stop::Fail("no float".to_owned()))
}

/// Two's complement, least significant byte first, of a number in decimal.
fn decimal(text: &str) -> Vec<u8> {
    let digits = text.trim_start_matches('-');
    let mut bytes: Vec<u8> = Vec::new();
    for digit in digits.bytes() {
        let mut carry = u32::from(digit - b'0');
        for byte in &mut bytes {
            carry += u32::from(*byte) * 10;
            *byte = carry.to_le_bytes()[0];
            carry >>= 8;
        }
        if carry > 0 {
            bytes.push(carry.to_le_bytes()[0]);
        }
    }
    bytes.push(0);
    if text.starts_with('-') {
        let mut carry = true;
        for byte in &mut bytes {
            (*byte, carry) = (!*byte).overflowing_add(carry.into());
        }
    }
    bytes
}
