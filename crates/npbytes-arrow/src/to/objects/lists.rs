//! Objects that are lists, tuples or arrays: lists of what is in them.

use std::sync::Arc;

use arrow_array::{Array as _, ArrayRef, GenericListArray};
use arrow_buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::Field;
use npbytes::pickle::Node;
use npbytes::{Array, AxisOrder, Order, Shape};

use super::super::dense;
use super::Built;
use super::infer::{Object, Scope};
use super::values::Valid;
use crate::{Error, Result, ToArrow, metadata};

/// Where the items of rows end.
struct Ends {
    offsets: Vec<i64>,
    valid: Valid,
}

impl Ends {
    fn new(rows: usize) -> Result<Self> {
        let mut offsets = Vec::new();
        offsets.try_reserve_exact(rows.saturating_add(1)).map_err(std::io::Error::from)?;
        offsets.push(0);
        Ok(Self { offsets, valid: Valid::default() })
    }

    /// Ends a row of so many items.
    fn push(&mut self, items: Option<usize>) -> Result<()> {
        let before = self.offsets.last().copied().unwrap_or(0);
        let end = i64::try_from(items.unwrap_or(0)).ok().and_then(|len| before.checked_add(len));
        self.offsets.push(end.ok_or_else(|| Error::value("more items than lists can have"))?);
        self.valid.push(items.is_some());
        Ok(())
    }

    /// The row of an item.
    fn row(&self, item: u64) -> u64 {
        let item = i64::try_from(item).unwrap_or(i64::MAX);
        self.offsets.partition_point(|&end| end <= item).saturating_sub(1) as u64
    }

    fn at_row(&self, error: Error) -> Error {
        match error.row() {
            Some(item) => error.at_row(self.row(item)),
            None => error,
        }
    }

    /// Lists of items; `LargeList` where there are more than 2^31.
    fn lists(self, item: Field, items: ArrayRef) -> Result<ArrayRef> {
        let (item, nulls) = (Arc::new(item), self.valid.finish());
        let most = self.offsets.last().copied().unwrap_or(0);
        if i32::try_from(most).is_ok() {
            #[allow(clippy::cast_possible_truncation, reason = "none is greater than the last")]
            let offsets: Vec<i32> = self.offsets.iter().map(|&end| end as i32).collect();
            return list(item, offsets, items, nulls);
        }
        list(item, self.offsets, items, nulls)
    }
}

fn list<O: arrow_array::OffsetSizeTrait>(
    item: Arc<Field>,
    offsets: Vec<O>,
    items: ArrayRef,
    nulls: Option<NullBuffer>,
) -> Result<ArrayRef> {
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    Ok(Arc::new(GenericListArray::<O>::try_new(item, offsets, items, nulls)?))
}

impl<'a> Scope<'a, '_> {
    /// Lists and tuples.
    pub(super) fn lists(&self, nodes: &[Node<'a>], depth: usize) -> Result<Built> {
        let take = |object| match object {
            Object::List(items) => Ok(items),
            other => Err(other),
        };
        self.flattened(nodes, depth, "list", take)
    }

    /// Arrays of objects, of one axis.
    pub(super) fn object_arrays(&self, nodes: &[Node<'a>], depth: usize) -> Result<Built> {
        let take = |object| match object {
            Object::Objects(objects) if objects.shape.len() == 1 => Ok(objects.items),
            other => Err(other),
        };
        let kind = "ndarray of objects, of one axis";
        let built = self.flattened(nodes, depth, kind, take)?;
        // The items are said to be an array's.
        let item_metadata = [
            (metadata::DTYPE.to_owned(), "O".to_owned()),
            (metadata::NULL.to_owned(), metadata::NONE.to_owned()),
        ];
        with_item_metadata(built, self.options, item_metadata.into())
    }

    fn flattened(
        &self,
        nodes: &[Node<'a>],
        depth: usize,
        kind: &str,
        take: impl Fn(Object<'a>) -> std::result::Result<npbytes::pickle::Items<'a>, Object<'a>>,
    ) -> Result<Built> {
        let mut ends = Ends::new(nodes.len())?;
        let (mut items, mut nan): (Vec<Node<'a>>, _) = (Vec::new(), false);
        self.each(
            nodes,
            kind,
            &mut nan,
            |_| None,
            take,
            |row| {
                ends.push(row.map(|row| row.len()))?;
                if let Some(row) = row {
                    let left = self.items.get().checked_sub(row.len()).ok_or_else(|| {
                        Error::value("lists whose items are many times what the pickle is")
                    })?;
                    self.items.set(left);
                    items.try_reserve(row.len()).map_err(std::io::Error::from)?;
                    items.extend(row.iter());
                }
                Ok(())
            },
        )?;
        let built = self.build(&items, depth + 1).map_err(|error| ends.at_row(error))?;
        let item = Field::new_list_field(built.array.data_type().clone(), true);
        let array = ends.lists(item.with_metadata(built.metadata), built.array)?;
        Ok(Built { nan, ..Built::new(array) })
    }

    /// Arrays of elements: of one dtype, and of one shape but for the length of the first axis.
    pub(super) fn arrays(&self, nodes: &[Node<'a>], _depth: usize) -> Result<Built> {
        let mut ends = Ends::new(nodes.len())?;
        let mut nan = false;
        let mut joined: Option<Joined> = None;
        let take = |object| match object {
            Object::Array(array) => Ok(array),
            other => Err(other),
        };
        self.each(
            nodes,
            "ndarray",
            &mut nan,
            |_| None,
            take,
            |array| {
                ends.push(match &array {
                    Some(array) => Some(array.shape().first().copied().ok_or_else(|| {
                        Error::type_("an array without axes among arrays that are lists")
                    })?),
                    None => None,
                })?;
                match (array, &mut joined) {
                    (None, _) => Ok(()),
                    (Some(array), Some(joined)) => joined.push(&array),
                    (Some(array), none) => {
                        none.insert(Joined::new(&array, self.room.bytes)).push(&array)
                    }
                }
            },
        )?;
        let Some(joined) = joined else { return Err(Error::type_("no arrays")) };
        let options = ToArrow { row_axis: 0, ..self.options.clone() };
        let column = dense(Field::LIST_FIELD_DEFAULT_NAME, &joined.finish()?, None, &options)
            .map_err(|error| ends.at_row(error))?;
        let item = column.field.as_ref().clone().with_nullable(true);
        Ok(Built { nan, ..Built::new(ends.lists(item, column.array)?) })
    }
}

/// The metadata of the items of lists.
fn with_item_metadata(built: Built, options: &ToArrow, metadata: super::Metadata) -> Result<Built> {
    if options.plain {
        return Ok(built);
    }
    let array = match built.array.data_type() {
        arrow_schema::DataType::List(_) => relabelled::<i32>(&built.array, metadata)?,
        _ => relabelled::<i64>(&built.array, metadata)?,
    };
    Ok(Built { array, ..built })
}

fn relabelled<O: arrow_array::OffsetSizeTrait>(
    array: &ArrayRef,
    metadata: super::Metadata,
) -> Result<ArrayRef> {
    let Some(lists) = array.as_any().downcast_ref::<GenericListArray<O>>() else {
        return Ok(array.clone());
    };
    let (item, offsets, items, nulls) = lists.clone().into_parts();
    let item = Arc::new(item.as_ref().clone().with_metadata(metadata));
    Ok(Arc::new(GenericListArray::<O>::try_new(item, offsets, items, nulls)?))
}

/// Arrays behind each other along their first axis.
struct Joined {
    dtype: npbytes::DType,
    dims: Vec<usize>,
    rows: usize,
    bytes: Vec<u8>,
    most: usize,
}

impl Joined {
    fn new(first: &Array, most: usize) -> Self {
        let dims = first.shape().iter().skip(1).copied().collect();
        Self { dtype: first.dtype().clone(), dims, rows: 0, bytes: Vec::new(), most }
    }

    fn push(&mut self, array: &Array) -> Result<()> {
        if *array.dtype() != self.dtype {
            let (found, dtype) = (array.dtype(), &self.dtype);
            return Err(Error::type_(format!("an array of {found} among arrays of {dtype}")));
        }
        let Some((rows, dims)) = array.shape().split_first() else {
            return Err(Error::type_("an array without axes"));
        };
        if *dims != self.dims[..] {
            return Err(Error::type_(format!(
                "an array of shape {} among arrays that differ from it in more than the first axis",
                array.shape()
            )));
        }
        let bytes = array.to_bytes(Order::C)?;
        if bytes.len() > self.most.saturating_sub(self.bytes.len()) {
            return Err(Error::value("arrays that are many times what the pickle is"));
        }
        self.bytes.try_reserve(bytes.len()).map_err(std::io::Error::from)?;
        self.bytes.extend_from_slice(&bytes);
        self.rows = self.rows.saturating_add(*rows);
        Ok(())
    }

    fn finish(self) -> Result<Array> {
        let dims: Vec<usize> = std::iter::once(self.rows).chain(self.dims).collect();
        Ok(Array::new(self.dtype, Shape::new(&dims)?, AxisOrder::C, self.bytes.into())?)
    }
}
