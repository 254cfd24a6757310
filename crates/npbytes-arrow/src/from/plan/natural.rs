//! What a type becomes where nothing says what it was.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, FieldRef, Fields, IntervalUnit, TimeUnit as ArrowUnit};
use npbytes::dtype::{Field, Struct, TimeUnit, Unit};
use npbytes::{ByteOrder, DType, Kind};

use super::lists::{Lengths, item_of, lengths};
use super::{Chunks, FieldPlan, Node, Object, Plan, Planned, Planner, Source, mask_size};
use crate::Error;
use crate::from::extension::Extension;
use crate::from::text::Texts;
use crate::from::time::{Step, unit_of};
use crate::options::{Binary, Decimals, Nulls, Ragged, Strings};

impl Planner<'_> {
    /// The plan of a type by itself.
    pub(super) fn natural(&mut self, source: Source<'_>, chunks: Option<&Chunks>) -> Planned {
        Self::check_depth(source)?;
        match (source.extension, source.data_type) {
            (Extension::Broken(why), _) => {
                self.notes.push(format!("a tensor that is taken for what it is stored as: {why}"));
            }
            (Extension::Bool8, DataType::Int8) => {
                return plain(Kind::Bool, Node::Copy { swap: false });
            }
            (Extension::LongDouble, DataType::FixedSizeBinary(16)) => {
                return little(Kind::LongDouble);
            }
            (Extension::LongDouble, DataType::FixedSizeBinary(32)) => {
                return little(Kind::ComplexLongDouble);
            }
            (Extension::Complex, data_type) => {
                if let Some(kind) = complex_of(data_type) {
                    return self.wanted(source, &DType::new(kind)?, chunks);
                }
            }
            (Extension::VariableTensor(permutation), DataType::Struct(fields)) => {
                let tensors = self.tensors(source, fields, permutation.as_deref(), chunks)?;
                if let Some(planned) = tensors {
                    return Ok(planned);
                }
                self.notes.push("a tensor that is taken for what it is stored as".into());
            }
            _ => {}
        }
        if let Some((item, size)) = item_of(source.data_type) {
            return match size {
                Some(size) => self.fixed_list(source, item, size, None, chunks),
                None => self.list(source, item, chunks),
            };
        }
        match source.data_type {
            DataType::Dictionary(_, values) => self.encoded(source, values, None, chunks),
            DataType::RunEndEncoded(_, values) => {
                self.encoded(source, values.data_type(), None, chunks)
            }
            DataType::Struct(fields) => self.fields(source, fields, chunks),
            _ => {
                let plan = self.scalar(source, chunks)?;
                Ok(plan.map(|plan| Plan { nan: source.nan, ..plan }))
            }
        }
    }

    /// Types without parts.
    fn scalar(&mut self, source: Source<'_>, chunks: Option<&Chunks>) -> Planned {
        use DataType as T;
        let time =
            |make: fn(TimeUnit) -> Kind, unit, node| plain(make(TimeUnit::new(unit, 1)?), node);
        let copy = Node::Copy { swap: false };
        let widened = Node::Time { step: Step::Same, swap: false };
        match source.data_type {
            T::Null => Self::object(Object::None),
            T::Boolean => plain(Kind::Bool, Node::Bits),
            T::Int8 => self.integer(Kind::Int8, source, chunks),
            T::Int16 => self.integer(Kind::Int16, source, chunks),
            T::Int32 => self.integer(Kind::Int32, source, chunks),
            T::Int64 => self.integer(Kind::Int64, source, chunks),
            T::UInt8 => self.integer(Kind::UInt8, source, chunks),
            T::UInt16 => self.integer(Kind::UInt16, source, chunks),
            T::UInt32 => self.integer(Kind::UInt32, source, chunks),
            T::UInt64 => self.integer(Kind::UInt64, source, chunks),
            T::Float16 => plain(Kind::Float16, copy),
            T::Float32 => plain(Kind::Float32, copy),
            T::Float64 => plain(Kind::Float64, copy),
            T::Decimal32(..) | T::Decimal64(..) | T::Decimal128(..) | T::Decimal256(..) => {
                match self.options.decimals {
                    Decimals::Float64 => plain(Kind::Float64, Node::Rounded),
                    Decimals::Error => Err(Error::type_(format!(
                        "{}: NumPy has no decimal numbers",
                        source.data_type
                    ))
                    .with_help("ask for floats, which are rounded: `Decimals::Float64`")),
                }
            }
            T::Utf8 | T::LargeUtf8 | T::Utf8View => self.text(source, chunks),
            T::Binary | T::LargeBinary | T::BinaryView => self.binary(chunks),
            T::FixedSizeBinary(size) => {
                let size = usize::try_from(*size)
                    .map_err(|_| Error::type_(format!("elements of {size} bytes")))?;
                plain(Kind::Void(size), copy)
            }
            T::Date32 => time(Kind::DateTime64, Unit::Day, widened),
            T::Date64 => time(Kind::DateTime64, Unit::Millisecond, copy),
            T::Timestamp(unit, zone) => {
                if let Some(zone) = zone {
                    self.notes.push(format!(
                        "the time zone {zone:?} is left out: the times are UTC, and NumPy's have no zone"
                    ));
                }
                time(Kind::DateTime64, unit_of(*unit), copy)
            }
            T::Duration(unit) => time(Kind::TimeDelta64, unit_of(*unit), copy),
            T::Time32(unit) | T::Time64(unit) => {
                self.notes.push("times of day are timedeltas since midnight".into());
                let wide = matches!(unit, ArrowUnit::Microsecond | ArrowUnit::Nanosecond);
                time(Kind::TimeDelta64, unit_of(*unit), if wide { copy } else { widened })
            }
            T::Interval(IntervalUnit::YearMonth) => time(Kind::TimeDelta64, Unit::Month, widened),
            T::Interval(_) => Err(Error::type_(format!(
                "{}: no timedelta counts days or months and a time at once",
                source.data_type
            ))
            .with_help("make it a Duration first")),
            T::Map(..) => Err(Error::type_("a Map, for which NumPy has nothing")
                .with_help("make its keys and its values a column of lists each")),
            T::Union(..) => Err(Error::type_("a Union, for which NumPy has nothing")
                .with_help("make each of its types a column of its own")),
            other => Err(Error::type_(format!("{other}, for which NumPy has nothing"))),
        }
    }

    /// Integers stay what they are, unless nulls are to be NaN.
    fn integer(&mut self, kind: Kind, source: Source<'_>, chunks: Option<&Chunks>) -> Planned {
        if self.options.nulls == Nulls::NaN && !self.meta.masked() {
            match chunks {
                Some(chunks) if chunks.has_nulls() => return plain(Kind::Float64, Node::Rounded),
                None if source.nullable => return Ok(None),
                _ => {}
            }
        }
        plain(kind, Node::Copy { swap: false })
    }

    fn text(&mut self, source: Source<'_>, chunks: Option<&Chunks>) -> Planned {
        match self.options.strings {
            Strings::Fixed => {
                let Some(chunks) = chunks else { return Ok(None) };
                let characters = |text: &[u8]| {
                    std::str::from_utf8(text).map_or(text.len(), |text| text.chars().count())
                };
                plain(Kind::Str(longest(chunks, characters)), Node::Text { exact: true })
            }
            // NumPy has it as the dtype of an array only.
            Strings::StringDType if source.depth == 0 => {
                Ok(Some(Plan::of(DType::new(Kind::String)?, Node::Object(Object::Text))))
            }
            _ => Self::object(Object::Text),
        }
    }

    fn binary(&mut self, chunks: Option<&Chunks>) -> Planned {
        match self.options.binary {
            Binary::Objects => Self::object(Object::Bytes),
            Binary::Fixed => {
                let Some(chunks) = chunks else { return Ok(None) };
                plain(Kind::Bytes(longest(chunks, <[u8]>::len)), Node::Bytes { exact: true })
            }
        }
    }

    /// An axis where all lists are of one length, else objects.
    fn list(&mut self, source: Source<'_>, item: &FieldRef, chunks: Option<&Chunks>) -> Planned {
        let Some(chunks) = chunks else { return Ok(None) };
        match lengths(chunks) {
            // An axis of no elements could not say which rows are null.
            Lengths::One(0) if chunks.has_nulls() => self.arrays(source, item, Some(chunks)),
            Lengths::One(size) => self.regular_list(source, item, size, None, chunks),
            Lengths::Ragged(row) => match self.options.ragged {
                Ragged::Objects => self.arrays(source, item, Some(chunks)),
                Ragged::Error => Err(Error::value("a list of another length than those before it")
                    .at_row(row)
                    .with_help("ask for an array of objects: `Ragged::Objects`")),
            },
        }
    }

    /// A structured dtype of the fields, one after the other.
    fn fields(&mut self, source: Source<'_>, fields: &Fields, chunks: Option<&Chunks>) -> Planned {
        let (mut placed, mut dtypes) = (Vec::with_capacity(fields.len()), Vec::new());
        let (mut data, mut mask) = (0_usize, 0_usize);
        for (i, field) in fields.iter().enumerate() {
            let inner = chunks.map(|chunks| chunks.columns(|array| column(array, i)));
            let plan = self
                .child(field, source, None, inner.as_ref())
                .map_err(|error| error.in_column(field.name()))?;
            let Some(plan) = plan else { return Ok(None) };
            let dtype = DType::subarray(plan.dtype.clone(), &plan.dims)
                .map_err(|error| Error::from(error).in_column(field.name()))?;
            let (size, masks) = (dtype.itemsize(), mask_size(&dtype));
            dtypes.push(Field::new(field.name().as_str(), dtype, data));
            placed.push(FieldPlan { name: field.name().clone(), column: i, data, mask, plan });
            data = data.saturating_add(size);
            mask = mask.saturating_add(masks);
        }
        let dtype = DType::from(Struct::new(dtypes, None, false)?);
        Ok(Some(Plan::of(dtype, Node::Fields(placed))))
    }
}

/// A column of structs.
pub(super) fn column(array: &ArrayRef, index: usize) -> Option<ArrayRef> {
    array.as_struct_opt()?.columns().get(index).cloned()
}

fn plain(kind: Kind, node: Node) -> Planned {
    Ok(Some(Plan::of(DType::new(kind)?, node)))
}

/// What Arrow has no byte order for: little-endian, as nothing says otherwise.
fn little(kind: Kind) -> Planned {
    let dtype = DType::new(kind)?.with_byte_order(ByteOrder::Little);
    Ok(Some(Plan::of(dtype, Node::Copy { swap: false })))
}

/// The complex numbers that lists or structs of two floats are.
fn complex_of(data_type: &DataType) -> Option<Kind> {
    let float = match data_type {
        DataType::FixedSizeList(item, size) if size % 2 == 0 => item.data_type(),
        DataType::Struct(fields) if fields.len() == 2 => fields.first()?.data_type(),
        _ => return None,
    };
    match float {
        DataType::Float32 => Some(Kind::Complex64),
        DataType::Float64 => Some(Kind::Complex128),
        _ => None,
    }
}

/// The length of the longest text, and one at least: NumPy makes no narrower strings of data either.
fn longest(chunks: &Chunks, length: impl Fn(&[u8]) -> usize) -> usize {
    let mut most = 1;
    for chunk in &chunks.list {
        let Some(texts) = Texts::of(chunk.array.as_ref()) else { continue };
        for i in (0..chunk.array.len()).filter(|&i| !chunk.is_null(i)) {
            let text = texts.get(i);
            // No text has more characters than bytes.
            if text.len() > most {
                most = most.max(length(text));
            }
        }
    }
    most
}
