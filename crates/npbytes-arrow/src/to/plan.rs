//! What elements of a dtype become: decided before any of them is looked at, so that a stream's schema is that of its
//! parts.

use std::sync::Arc;

use arrow_schema::{DataType, Field, FieldRef, Fields, TimeUnit};
use npbytes::{DType, Kind};

use super::annotate::{Metadata, dtype_text};
use super::cells::length;
use super::rows;
use super::time::Times;
use crate::{Bools, ByteStrings, Complex, Error, LongDouble, Result, Text, ToArrow, metadata};

/// What the elements of a dtype become, and how.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) how: How,
    /// The type; text may turn out to be too much for it.
    pub(super) data_type: DataType,
    /// The extension type's name and what it takes beside it.
    pub(super) extension: Option<(&'static str, String)>,
    /// Whether there may be nulls.
    pub(super) nullable: bool,
    /// What nulls were.
    pub(super) null: Option<&'static str>,
}

/// How elements become values.
#[derive(Debug)]
pub(super) enum How {
    /// The bytes are the values.
    Numbers,
    /// Floats, of which NaN are null.
    Floats,
    /// Half floats as single ones; whether NaN are null.
    Halves(bool),
    /// Bytes as bits.
    Bits,
    /// Long doubles as float64; whether NaN are null.
    Rounded(bool),
    /// Complex numbers.
    Complex(Form),
    /// Datetimes and timedeltas.
    Times(Times),
    /// Elements of as many bytes each.
    Fixed(i32),
    /// UCS-4 as UTF-8.
    Text(Text),
    /// Bytes without the zeros that end them.
    Stripped(ByteStrings, Text),
    /// Structs, by their fields.
    Struct(Vec<Child>),
    /// Lists of these sizes in each other, outermost first.
    Lists {
        item: Box<Plan>,
        sizes: Vec<i32>,
        /// Whether the elements are subarrays, of which the items are the elements.
        unpack: bool,
    },
}

/// How complex numbers become values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Lists of two.
    List,
    /// Structs of two.
    Struct,
    /// Two values each: the lists are those of a tensor.
    Flat,
}

/// A field of a struct.
#[derive(Debug)]
pub(super) struct Child {
    pub(super) field: FieldRef,
    pub(super) plan: Plan,
}

/// What holds for all of a conversion.
#[derive(Clone, Copy)]
pub(super) struct Context<'o> {
    pub(super) options: &'o ToArrow,
    /// Whether anything may be masked.
    pub(super) masked: bool,
}

impl Plan {
    fn new(how: How, data_type: DataType) -> Self {
        Self { how, data_type, extension: None, nullable: false, null: None }
    }

    fn nulls(mut self, null: &'static str) -> Self {
        self.nullable = true;
        self.null = Some(null);
        self
    }

    /// What elements become.
    pub(super) fn of(dtype: &DType, context: Context<'_>) -> Result<Self> {
        let options = context.options;
        let mut plan = match dtype.kind() {
            Kind::Bool => match options.bools {
                Bools::Bits => Self::new(How::Bits, DataType::Boolean),
                Bools::Bool8 => Self {
                    extension: Some(("arrow.bool8", String::new())),
                    ..Self::new(How::Numbers, DataType::Int8)
                },
            },
            Kind::Int8 => Self::new(How::Numbers, DataType::Int8),
            Kind::Int16 => Self::new(How::Numbers, DataType::Int16),
            Kind::Int32 => Self::new(How::Numbers, DataType::Int32),
            Kind::Int64 => Self::new(How::Numbers, DataType::Int64),
            Kind::UInt8 => Self::new(How::Numbers, DataType::UInt8),
            Kind::UInt16 => Self::new(How::Numbers, DataType::UInt16),
            Kind::UInt32 => Self::new(How::Numbers, DataType::UInt32),
            Kind::UInt64 => Self::new(How::Numbers, DataType::UInt64),
            Kind::Float16 if options.widen_halves => {
                Self::new(How::Halves(options.nan_is_null), DataType::Float32).floats(context)
            }
            Kind::Float16 => Self::new(How::Numbers, DataType::Float16).floats(context),
            Kind::Float32 => Self::new(How::Numbers, DataType::Float32).floats(context),
            Kind::Float64 => Self::new(How::Numbers, DataType::Float64).floats(context),
            Kind::LongDouble | Kind::ComplexLongDouble
                if options.long_double == LongDouble::Bytes =>
            {
                let complex = *dtype.kind() == Kind::ComplexLongDouble;
                let name =
                    if complex { metadata::COMPLEX_LONG_DOUBLE } else { metadata::LONG_DOUBLE };
                Self::fixed(dtype)?.extension(name, options)
            }
            Kind::LongDouble => {
                Self::new(How::Rounded(options.nan_is_null), DataType::Float64).floats(context)
            }
            Kind::Complex64 => Self::complex(DataType::Float32, metadata::COMPLEX64, options),
            Kind::Complex128 | Kind::ComplexLongDouble => {
                Self::complex(DataType::Float64, metadata::COMPLEX128, options)
            }
            Kind::Bytes(_) => match options.byte_strings {
                ByteStrings::FixedSizeBinary => Self::fixed(dtype)?,
                ByteStrings::Binary => {
                    Self::new(How::Stripped(ByteStrings::Binary, options.text), DataType::Binary)
                }
                ByteStrings::Utf8 => Self::new(
                    How::Stripped(ByteStrings::Utf8, options.text),
                    text_type(options.text),
                ),
            },
            Kind::Void(_) => Self::fixed(dtype)?,
            Kind::Str(_) => Self::new(How::Text(options.text), text_type(options.text)),
            Kind::DateTime64(unit) => Self::times(Times::of_datetime(*unit)),
            Kind::TimeDelta64(unit) => Self::times(Times::of_timedelta(*unit)),
            Kind::Struct(fields) => {
                let fields = fields.fields().iter().map(|field| {
                    let name = field.name().to_string_lossy();
                    let plan = Self::of(field.dtype(), context).map_err(|e| e.in_column(&name))?;
                    let field = plan.field(&name, field.dtype(), options, Metadata::new());
                    Ok(Child { field: Arc::new(field), plan })
                });
                let children = fields.collect::<Result<Vec<_>>>()?;
                let fields: Fields = children.iter().map(|child| child.field.clone()).collect();
                Self::new(How::Struct(children), DataType::Struct(fields))
            }
            Kind::Subarray(_) => {
                let (mut base, mut dims) = (dtype, Vec::new());
                while let Some((inner, shape)) = base.as_subarray() {
                    dims.extend_from_slice(shape);
                    base = inner;
                }
                let item = Self::of(base, context)?;
                let order: Vec<usize> = (0..dims.len()).collect();
                let mut lists = rows::lists(item, &dims, &order, options)?;
                if let How::Lists { unpack, .. } = &mut lists.how {
                    *unpack = true;
                }
                lists
            }
            Kind::Object | Kind::String => {
                return Err(Error::type_(format!("objects inside of {dtype} have no Arrow type"))
                    .with_help("what objects become depends on what they are"));
            }
            _ => return Err(Error::type_(format!("the dtype {dtype} has no Arrow type"))),
        };
        plan.nullable |= context.masked;
        Ok(plan)
    }

    /// Floats, of which NaN may be null.
    fn floats(mut self, context: Context<'_>) -> Self {
        if context.options.nan_is_null {
            if matches!(self.how, How::Numbers) {
                self.how = How::Floats;
            }
            return self.nulls(metadata::NAN);
        }
        self
    }

    fn fixed(dtype: &DType) -> Result<Self> {
        let size = length(dtype.itemsize(), "elements")?;
        Ok(Self::new(How::Fixed(size), DataType::FixedSizeBinary(size)))
    }

    fn extension(mut self, name: &'static str, options: &ToArrow) -> Self {
        if !options.plain {
            self.extension = Some((name, String::new()));
        }
        self
    }

    fn complex(part: DataType, name: &'static str, options: &ToArrow) -> Self {
        match options.complex {
            Complex::List => {
                let item = Arc::new(Field::new_list_field(part, true));
                Self::new(How::Complex(Form::List), DataType::FixedSizeList(item, 2))
                    .extension(name, options)
            }
            Complex::Struct => {
                let part = |name| Field::new(name, part.clone(), false);
                let fields = Fields::from(vec![part("re"), part("im")]);
                Self::new(How::Complex(Form::Struct), DataType::Struct(fields))
            }
        }
    }

    fn times(times: Times) -> Self {
        let data_type = times.data_type();
        Self::new(How::Times(times), data_type).nulls(metadata::NAT)
    }

    /// The field of a column of such values; `of_axes` is what there is to say beyond the dtype.
    pub(super) fn field(
        &self,
        name: &str,
        dtype: &DType,
        options: &ToArrow,
        of_axes: Metadata,
    ) -> Field {
        let mut metadata = if options.plain { Metadata::new() } else { of_axes };
        if !options.plain {
            metadata.entry(metadata::DTYPE.into()).or_insert_with(|| dtype_text(dtype));
            if let Some(null) = self.null {
                metadata.entry(metadata::NULL.into()).or_insert_with(|| null.into());
            }
        }
        if let Some((name, text)) = &self.extension {
            metadata.insert(metadata::EXTENSION_NAME.into(), (*name).into());
            metadata.insert(metadata::EXTENSION_METADATA.into(), text.clone());
        }
        Field::new(name, self.data_type.clone(), self.nullable).with_metadata(metadata)
    }
}

/// The type of texts.
pub(super) fn text_type(text: Text) -> DataType {
    match text {
        Text::Utf8 => DataType::Utf8,
        Text::LargeUtf8 => DataType::LargeUtf8,
        Text::Utf8View => DataType::Utf8View,
    }
}

/// Arrow's units, of those that both sides have.
pub(super) fn time_unit(unit: npbytes::dtype::Unit) -> Option<TimeUnit> {
    use npbytes::dtype::Unit;
    match unit {
        Unit::Second => Some(TimeUnit::Second),
        Unit::Millisecond => Some(TimeUnit::Millisecond),
        Unit::Microsecond => Some(TimeUnit::Microsecond),
        Unit::Nanosecond => Some(TimeUnit::Nanosecond),
        _ => None,
    }
}
