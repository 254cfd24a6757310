//! Rows on their way into an array: what they must be, how many there are, and whether some were lost.

use std::io::Write;

use crate::array::ArrayView;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::shape::{Order, Shape, Tuple};

/// The rows of one array, some of them written already. A row is an item of the first axis, of the last in
/// Fortran order.
#[derive(Debug)]
pub(super) struct Rows {
    dtype: DType,
    /// The shape of one row.
    row: Shape,
    fortran: bool,
    count: usize,
    /// How many there may be.
    most: usize,
    /// Set while rows are written: after a write that failed, nobody knows what the target has of them.
    broken: bool,
}

impl Rows {
    /// None yet, of any number.
    pub(super) fn growing(dtype: DType, row: Shape, fortran: bool) -> Self {
        Self { dtype, row, fortran, count: 0, most: usize::MAX, broken: false }
    }

    /// None yet, of those that an array has.
    ///
    /// # Errors
    /// A 0-d array, which has no rows.
    pub(super) fn of(dtype: DType, shape: &Shape, fortran: bool) -> Result<Self> {
        let (row, most) = match (shape.dims(), fortran) {
            ([row @ .., most], true) | ([most, row @ ..], false) => (Shape::new(row)?, *most),
            ([], _) => return Err(Error::shape("a 0-d array has no axis of rows")),
        };
        Ok(Self { most, ..Self::growing(dtype, row, fortran) })
    }

    /// Those that a file has, with others to come.
    ///
    /// # Errors
    /// As [`of`](Self::of).
    #[cfg(feature = "fs")]
    pub(super) fn behind(header: &super::Header) -> Result<Self> {
        let rows = Self::of(header.dtype().clone(), header.shape(), header.fortran_order())?;
        Ok(Self { count: rows.most, most: usize::MAX, ..rows })
    }

    /// Writes further rows. After an error of the target, no others can be written.
    ///
    /// # Errors
    /// Another dtype or shape; more rows than there may be; those of the target.
    pub(super) fn write(&mut self, rows: &ArrayView<'_>, target: &mut impl Write) -> Result<()> {
        self.intact()?;
        let count = self.check(rows)?;
        self.broken = true;
        rows.write_to(self.order(), target)?;
        self.broken = false;
        self.count = count;
        Ok(())
    }

    /// Checks a chunk and says how many rows there are with it.
    fn check(&self, rows: &ArrayView<'_>) -> Result<usize> {
        if *rows.dtype() != self.dtype {
            return Err(Error::dtype(format!(
                "rows of {} for an array of {}",
                rows.dtype(),
                self.dtype
            ))
            .with_help("convert them first"));
        }
        let (more, row) = match (rows.shape().dims(), self.fortran) {
            ([row @ .., more], true) | ([more, row @ ..], false) => (*more, row),
            ([], _) => return Err(Error::shape("rows without an axis")),
        };
        if row != self.row.dims() {
            return Err(Error::shape(format!(
                "rows of shape {} for an array with rows of {}",
                Tuple(row),
                self.row
            )));
        }
        if more > self.left() {
            return Err(Error::shape(format!(
                "{more} rows, where only {} are left to be written",
                self.left()
            )));
        }
        let count = self.count + more;
        self.shape_with(count)?.bytes(self.dtype.itemsize())?;
        Ok(count)
    }

    /// Refuses to go on after a write that failed.
    pub(super) fn intact(&self) -> Result<()> {
        if self.broken {
            return Err(Error::io(std::io::Error::other(
                "rows were lost in a write that failed, the array cannot be completed",
            )));
        }
        Ok(())
    }

    /// How many rows may still be written.
    pub(super) fn left(&self) -> usize {
        self.most - self.count
    }

    /// The shape of the rows that were written.
    pub(super) fn shape(&self) -> Result<Shape> {
        self.shape_with(self.count)
    }

    fn shape_with(&self, count: usize) -> Result<Shape> {
        let mut dims = self.row.to_vec();
        dims.insert(if self.fortran { dims.len() } else { 0 }, count);
        Shape::new(&dims)
    }

    pub(super) fn dtype(&self) -> &DType {
        &self.dtype
    }

    pub(super) fn fortran(&self) -> bool {
        self.fortran
    }

    fn order(&self) -> Order {
        if self.fortran { Order::F } else { Order::C }
    }
}
