//! A table into a .npy file, a batch at a time, where the dtype and the shape of a row are the same in all of them.
//!
//! Text without a width of its own takes two passes: the first finds the widest. Nulls that would need a mask, objects,
//! and rows that lie in another order than one behind the other are read whole instead.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use arrow_schema::DataType;
use npbytes::{Array, ByteOrder, DType, Kind, Order, Shape, npy};
use npbytes_arrow::{Values, metadata};

use super::failure;
use super::table::Table;
use crate::failure::Result;
use crate::flags::LayoutArgs;
use crate::progress::Progress;
use crate::source::Source;

/// How a table becomes one file.
pub(crate) struct Streaming<'a> {
    pub(crate) table: &'a Table,
    pub(crate) source: &'a Source,
    pub(crate) layout: &'a LayoutArgs,
    pub(crate) options: npy::WriteOptions,
    /// The file's name in messages.
    pub(crate) target: String,
    pub(crate) quiet: bool,
}

/// What all rows are.
struct Plan {
    dtype: DType,
    /// The lengths of the axes of a row.
    row: Vec<usize>,
}

impl Streaming<'_> {
    /// Writes the file, if it can be written so; says whether it was.
    ///
    /// # Errors
    /// Batches that are damaged, and those of the target.
    pub(crate) fn write(&self, path: Option<&Path>) -> Result<bool> {
        if !self.layout.keeps_layout() {
            return Ok(false);
        }
        let Some(column) = self.column()? else { return Ok(false) };
        let rows = usize::try_from(self.table.rows()?).unwrap_or(usize::MAX);
        let Some(plan) = self.plan(column)? else { return Ok(false) };
        let mut dims = vec![rows];
        dims.extend(&plan.row);
        let wrong = |error: npbytes::Error| self.layout.failure(&self.target, &error);
        let shape = Shape::new(&dims).map_err(wrong)?;
        let write = |target: &mut dyn Write| -> Result<()> {
            let writer = npy::Writer::new(target, plan.dtype.clone(), &shape, false, &self.options);
            let mut writer = writer.map_err(wrong)?;
            let progress =
                Progress::new(shape.bytes(plan.dtype.itemsize()).unwrap_or(0) as u64, self.quiet);
            self.each(column, |array| {
                let array = widened(array, &plan.dtype).map_err(wrong)?;
                writer.write_rows(&array.view()).map_err(wrong)?;
                progress.add(array.data().len() as u64);
                Ok(true)
            })?;
            writer.finish().map(drop).map_err(wrong)
        };
        match path {
            Some(path) => npbytes::replace_file(path, |file: &File| {
                write(&mut BufWriter::with_capacity(1 << 16, file))
            })?,
            None => write(&mut BufWriter::with_capacity(1 << 16, io::stdout()))?,
        }
        Ok(true)
    }

    /// The column that is meant; none of all columns, if they are a structured array.
    #[allow(clippy::option_option, reason = "the outer one says whether there is one array at all")]
    fn column(&self) -> Result<Option<Option<usize>>> {
        let fields = self.table.schema().fields();
        // Rows that are not those of the first axis, or lie in another order, are put together as a whole.
        let is_plain = |pairs: &HashMap<String, String>| {
            !self.table.reads_metadata()
                || [metadata::ROW_AXIS, metadata::ORDER, metadata::SHAPE]
                    .iter()
                    .all(|key| !pairs.contains_key(*key))
        };
        let column = match self.source.member() {
            Some(name) => self.table.column(name)?,
            None if self.table.is_structured() => {
                let is_plain = is_plain(self.table.schema().metadata());
                return Ok(is_plain.then_some(None));
            }
            None if fields.len() == 1 => 0,
            None => return Ok(None),
        };
        let field = fields.get(column);
        Ok(field.filter(|field| is_plain(field.metadata())).map(|_| Some(column)))
    }

    /// What all rows are, if they are the same in all batches.
    fn plan(&self, column: Option<usize>) -> Result<Option<Plan>> {
        let is_text = |column: usize| {
            let field = self.table.schema().field(column);
            matches!(
                field.data_type(),
                DataType::Utf8
                    | DataType::LargeUtf8
                    | DataType::Utf8View
                    | DataType::Binary
                    | DataType::LargeBinary
                    | DataType::BinaryView
                    | DataType::Dictionary(..)
            )
        };
        let mut plan: Option<Plan> = None;
        let mut fits = true;
        let two_passes = column.is_some_and(is_text);
        // Nulls may stand in any batch: all of them are looked at before a file is begun.
        let has_nulls = match column {
            Some(column) => self.table.schema().field(column).is_nullable(),
            None => true,
        };
        self.each(column, |array| {
            let Some(plan) = &mut plan else {
                let row = array.shape().get(1..).unwrap_or_default().to_vec();
                fits = !array.shape().is_empty();
                plan = Some(Plan { dtype: array.dtype().clone(), row });
                return Ok(fits && (two_passes || has_nulls));
            };
            match wider(&plan.dtype, array.dtype()) {
                Some(dtype) if array.shape().get(1..) == Some(&plan.row) => plan.dtype = dtype,
                _ => fits = false,
            }
            Ok(fits)
        })
        .map(|whole| plan.filter(|_| fits && whole))
    }

    /// Does something with the rows of each batch as long as it says so; says whether all were arrays in C order.
    fn each(
        &self,
        column: Option<usize>,
        mut each: impl FnMut(&Array) -> Result<bool>,
    ) -> Result<bool> {
        let mut one = |values: Values| match values {
            Values::Array(array) if is_by_rows(&array) => each(&array).map(Some),
            _ => Ok(None),
        };
        match column {
            None => {
                for values in self.table.records()? {
                    match one(values?)? {
                        None => return Ok(false),
                        Some(false) => break,
                        Some(true) => {}
                    }
                }
            }
            Some(column) => {
                let Some(field) = self.table.schema().fields().get(column) else {
                    return Ok(false);
                };
                for batch in self.table.batches(Some(&[column]))? {
                    let batch = batch.map_err(|error| failure(self.source.name(), &error))?;
                    let Some(chunk) = batch.columns().first() else { return Ok(false) };
                    let values = self.table.of_chunks_quietly(std::slice::from_ref(chunk), field);
                    // What is wrong is said where all of it is read.
                    let Ok(values) = values else { return Ok(false) };
                    match one(values)? {
                        None => return Ok(false),
                        Some(false) => break,
                        Some(true) => {}
                    }
                }
            }
        }
        Ok(true)
    }
}

/// Whether the first axis are the rows, and they lie one behind the other.
fn is_by_rows(array: &Array) -> bool {
    array.view().is_c_contiguous() && !array.shape().is_empty()
}

/// The dtype that holds both: the wider, if they are texts or byte strings; else the one that both are.
fn wider(a: &DType, b: &DType) -> Option<DType> {
    match (a.kind(), b.kind()) {
        (Kind::Str(_), Kind::Str(_)) | (Kind::Bytes(_), Kind::Bytes(_)) => {
            let wider = if a.itemsize() >= b.itemsize() { a } else { b };
            Some(wider.clone())
        }
        _ => (a == b).then(|| a.clone()),
    }
}

/// Texts or byte strings at another width.
fn widened(array: &Array, dtype: &DType) -> npbytes::Result<Array> {
    if array.dtype() == dtype {
        return Ok(array.clone());
    }
    let array = array.converted(Order::C, ByteOrder::NotApplicable)?;
    let (from, to) = (array.dtype().itemsize(), dtype.itemsize());
    let mut bytes = vec![0; array.shape().bytes(to)?];
    if from > 0 && to > 0 {
        for (old, new) in array.data().chunks_exact(from).zip(bytes.chunks_exact_mut(to)) {
            if let Some(start) = new.get_mut(..from) {
                start.copy_from_slice(old);
            }
        }
    }
    Array::new(dtype.clone(), array.shape().clone(), npbytes::AxisOrder::C, bytes.into())
}
