//! Arrays of Python's objects, where all of them are of one kind, and those of a `StringDType`.

mod infer;
mod lists;
mod values;

use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_schema::DataType;
use npbytes::pickle::{Node, Objects, Pickle, StringDType, View};
use npbytes::{AxisOrder, Kind};

use super::plan::{How, Plan};
use super::rows::{self, Walk};
use super::text;
use super::{Column, Metadata, describe_axes};
use crate::{Copied, Error, Result, ToArrow, metadata};

/// What objects became.
struct Built {
    array: ArrayRef,
    /// What is to be said of the items, where they are elements of arrays.
    metadata: Metadata,
    /// Whether NaN among objects of another kind became null, and no `None` did.
    nan: bool,
}

impl Built {
    fn new(array: ArrayRef) -> Self {
        Self { array, metadata: Metadata::new(), nan: false }
    }
}

/// An array of objects as a column.
pub(super) fn objects(name: &str, pickle: &Pickle, options: &ToArrow) -> Result<Column> {
    let objects = crate::values::objects(pickle)?;
    let walk = Walk::of(&objects.shape, &AxisOrder::C, options)?;
    let nodes = in_order(&objects, options.row_axis)?;
    let room = values::Room::of(pickle, &nodes);
    let mut described = Metadata::new();
    let order = if objects.fortran { AxisOrder::F } else { AxisOrder::C };
    describe_axes(&mut described, &order.axes(objects.shape.len()), options.row_axis);
    let built = match objects.dtype.dtype().kind() {
        Kind::String => {
            let dtype = objects.dtype.string_dtype();
            describe_strings(&mut described, pickle, dtype);
            strings(pickle, &nodes, dtype, room, options).map(Built::new)
        }
        Kind::Object => {
            let built = infer::Scope::new(pickle, room, options).build(&nodes, 0)?;
            described.insert(metadata::DTYPE.into(), "O".into());
            let null = if built.nan { metadata::NAN } else { metadata::NONE };
            described.insert(metadata::NULL.into(), null.into());
            Ok(built)
        }
        _ => Err(Error::type_(format!(
            "structs that hold objects have no Arrow type: {}",
            objects.dtype.dtype()
        ))
        .with_help("convert their fields one by one")),
    };
    let per_row = (nodes.len() / walk.rows.max(1)).max(1) as u64;
    let built = built.map_err(|error| match error.row() {
        Some(item) => error.at_row(item / per_row),
        None => error,
    })?;
    let item = Plan {
        how: How::Numbers,
        data_type: built.array.data_type().clone(),
        extension: None,
        nullable: true,
        null: None,
    };
    let plan = rows::lists(item, &walk.dims, &walk.order, options)?;
    let array = match &plan.how {
        How::Lists { sizes, .. } => {
            rows::wrap(built.array, &plan.data_type, sizes, None, walk.rows)?
        }
        _ => built.array,
    };
    let field = plan.field(name, objects.dtype.dtype(), options, described);
    Ok(Column { array, field: Arc::new(field), copied: Copied::OBJECTS })
}

/// The elements in the order of the values: C order, that of the rows first.
fn in_order<'a>(objects: &Objects<'a>, row_axis: usize) -> Result<Vec<Node<'a>>> {
    let mut nodes = Vec::new();
    nodes.try_reserve_exact(objects.items.len()).map_err(std::io::Error::from)?;
    if row_axis == 0 {
        nodes.extend(objects.items.iter());
        return Ok(nodes);
    }
    // As (before, rows, after), of which the rows come first.
    let dims = objects.shape.dims();
    let product = |dims: &[usize]| dims.iter().product::<usize>();
    let (before, rest) = dims.split_at_checked(row_axis).unwrap_or((dims, &[]));
    let (rows, after) = rest.split_first().map_or((1, 1), |(rows, after)| (*rows, product(after)));
    for row in 0..rows {
        for block in 0..product(before) {
            let start = (block * rows + row) * after;
            nodes.extend((start..start + after).filter_map(|at| objects.items.get(at)));
        }
    }
    Ok(nodes)
}

/// What a `StringDType` is.
fn describe_strings(out: &mut Metadata, pickle: &Pickle, dtype: StringDType) {
    let text = if dtype.coerce { "T" } else { "StringDType(coerce=False)" };
    out.insert(metadata::DTYPE.into(), text.into());
    let null = match dtype.na_object.map(|na| pickle.node(na).view()) {
        Some(View::None) => Some(metadata::NONE.to_owned()),
        Some(View::Float(float)) if float.is_nan() => Some(metadata::STRING_NAN.to_owned()),
        Some(View::Str(na)) => serde_json::to_string(&na.to_string_lossy()).ok(),
        // What is neither has no name here; nulls become what the reader asks for.
        _ => None,
    };
    if let Some(null) = null {
        out.insert(metadata::NULL.into(), null);
    }
}

/// The texts of a `StringDType`; what stands for a missing one is null.
fn strings(
    pickle: &Pickle,
    nodes: &[Node<'_>],
    dtype: StringDType,
    room: values::Room,
    options: &ToArrow,
) -> Result<ArrayRef> {
    let na = dtype.na_object.map(|na| pickle.node(na));
    let na_text = na.and_then(|na| na.text());
    let mut texts = room.texts(nodes.len())?;
    let mut valid = values::Valid::default();
    for (i, node) in nodes.iter().enumerate() {
        match node.view() {
            View::Str(text) if na_text.as_ref().is_none_or(|na| na.as_utf8() != text.as_utf8()) => {
                texts.push(text.as_utf8())?;
                valid.push(true);
            }
            _ if na.is_some() => valid.push(false),
            _ => {
                let found = node.type_name();
                return Err(Error::value(format!("{found} in a StringDType")).at_row(i as u64));
            }
        }
        texts.end()?;
    }
    text::finish(texts.into_inner(), options.text, valid.finish())
}

/// The type of an array whose objects are all `None`, or none.
fn nothing(len: usize) -> Built {
    let array = arrow_array::NullArray::new(len);
    debug_assert_eq!(*arrow_array::Array::data_type(&array), DataType::Null);
    Built::new(Arc::new(array))
}
