//! Files into files: `.npy` into Arrow IPC and Parquet, and back.
//!
//! Done in-process, by the functions that a user calls, a block of rows at a time, as `npbytes convert` does it with
//! the same functions (in larger blocks): what a process costs before it starts is timed elsewhere, and would be Python's more than
//! pyarrow's.

use std::fs::{self, File};
use std::io::{BufWriter, Read as _, Write as _};
use std::path::Path;

use arrow_array::RecordBatch;
use arrow_schema::Schema;
use npbytes::{Shape, npy};
use npbytes_arrow::{
    FromArrow, Result as ArrowResult, ToArrow, Values, dtype_of, field_of, from_arrow, ipc,
    parquet, to_record_batch,
};

use super::{Contest, Job, Way, same_files, size_word};
use crate::error::{Error, Result};

/// How many bytes of rows are held at a time: few enough for the allocator to give the same memory again, as pages that
/// nobody had before cost more than what is read into them.
const BLOCK: usize = 8 << 20;

impl Contest<'_> {
    pub(super) fn files(&mut self, bytes: usize, rounds: usize) -> Result<()> {
        let folder = self.folder;
        let (source, of) = (folder.join("source.npy"), size_word(bytes));
        self.pyarrow.ask(&format!("make floats {}", bytes / 8), "pyarrow", "", &source)?;
        self.pyarrow.ask("forget", "pyarrow", "", &source)?;
        let mapped = "NumPy's map + pyarrow";
        let limit = || copy(&source, &folder.join("out.arrow"));
        self.format(Format {
            title: format!("npy of {of}: IPC file"),
            source: &source,
            name: "out.arrow",
            theirs: vec![("pyarrow", "ipc"), (mapped, "ipc-mapped")],
            ways: vec![
                ("npbytes", Box::new(|| to_ipc(&source, &folder.join("out.arrow")))),
                ("limit: read() and write()", Box::new(limit)),
            ],
            rounds,
            goals: (2.0, 1.0),
        })?;
        let out = folder.join("out.parquet");
        let to_out = |compression| to_parquet(&source, &out, compression);
        self.format(Format {
            title: format!("npy of {of}: Parquet, plain"),
            source: &source,
            name: "out.parquet",
            theirs: vec![("pyarrow", "parquet-plain"), (mapped, "parquet-plain-mapped")],
            ways: vec![("npbytes", Box::new(|| to_out(parquet::Compression::None)))],
            rounds,
            goals: (2.0, 1.0),
        })?;
        self.format(Format {
            title: format!("npy of {of}: Parquet, default"),
            source: &source,
            name: "out.parquet",
            theirs: vec![("pyarrow (snappy)", "parquet"), ("pyarrow, zstd", "parquet-zstd")],
            ways: vec![
                ("npbytes (snappy)", Box::new(|| to_out(parquet::Compression::default()))),
                ("npbytes, zstd", Box::new(|| to_out(parquet::Compression::Zstd(1)))),
            ],
            rounds,
            goals: (4.0, 1.0),
        })?;
        fs::remove_file(&source).map_err(Error::io(&source))
    }

    /// A file into one of a format, and the file that pyarrow writes of it back.
    fn format(&mut self, format: Format<'_>) -> Result<()> {
        let Format { title, source, name, theirs, ways, rounds, goals } = format;
        let target = self.folder.join(name);
        let from_npy = |words: &str| format!("from-npy {words}");
        // Once before, to see that all of them write the same.
        for (who, way) in ways.iter().filter(|(who, _)| who.starts_with("npbytes")) {
            way().map_err(super::failed)?;
            self.pyarrow.ask("equal", who, &target.display().to_string(), source)?;
        }
        self.job(Job {
            title: title.clone(),
            theirs: theirs.iter().map(|&(who, words)| (who, from_npy(words))).collect(),
            files: Some((source, &target)),
            count: 1,
            rounds,
            ways,
            goal: goals.0,
        })?;
        let Some(&(_, words)) = theirs.first() else { return Ok(()) };
        self.pyarrow.ask(&from_npy(words), "pyarrow", &source.display().to_string(), &target)?;
        let back = self.folder.join("back.npy");
        to_npy(&target, &back).map_err(super::failed)?;
        same_files(&back, source)?;
        let from = target.display().to_string();
        self.pyarrow.ask("to-npy", "pyarrow", &from, &back)?;
        same_files(&back, source)?;
        let timed = self.job(Job {
            title: format!("{title}, back"),
            theirs: vec![("pyarrow", "to-npy".to_owned())],
            files: Some((&target, &back)),
            count: 1,
            rounds,
            ways: vec![("npbytes", Box::new(|| to_npy(&target, &back)))],
            goal: goals.1,
        });
        fs::remove_file(&target).map_err(Error::io(&target))?;
        timed
    }
}

/// A `.npy` file into files of one format, and back.
struct Format<'a> {
    title: String,
    source: &'a Path,
    /// What the file is called: its extension says how it is read.
    name: &'static str,
    theirs: Vec<(&'static str, &'static str)>,
    ways: Vec<Way<'a>>,
    rounds: usize,
    /// There and back.
    goals: (f64, f64),
}

/// Rows of a file, a block at a time, as record batches; and their schema.
fn batches(source: &Path) -> ArrowResult<(Schema, impl Iterator<Item = ArrowResult<RecordBatch>>)> {
    let mut reader = npy::Reader::new(File::open(source)?, npy::ReadOptions::default())?;
    let header = reader.header();
    let options = ToArrow::default();
    let field = field_of("x", header.dtype(), header.shape(), &options)?;
    let rows = header.shape().first().copied().unwrap_or(1);
    let block = (BLOCK / (header.data_len() / rows.max(1)).max(1)).max(1);
    let batches = std::iter::from_fn(move || reader.read_rows(block).transpose());
    let batches =
        batches.map(move |rows| Ok(to_record_batch("x", &Values::from(rows?), &options)?.batch));
    Ok((Schema::new(vec![field]), batches))
}

fn to_ipc(source: &Path, target: &Path) -> ArrowResult<()> {
    let (schema, batches) = batches(source)?;
    ipc::write(target, &schema, batches, &ipc::WriteOptions::default())
}

fn to_parquet(source: &Path, target: &Path, compression: parquet::Compression) -> ArrowResult<()> {
    let (schema, batches) = batches(source)?;
    let mut options = parquet::WriteOptions::default();
    options.compression = compression;
    parquet::write(target, &schema, batches, &options)
}

/// The only column of a file into a `.npy` file.
fn to_npy(source: &Path, target: &Path) -> ArrowResult<()> {
    if source.extension().is_some_and(|extension| extension == "arrow") {
        let file = ipc::File::map(source, &ipc::ReadOptions::default())?;
        return write_npy(target, file.schema(), file.num_rows()?, file.batches());
    }
    let file = parquet::File::open(source)?;
    let batches = file.batches(None, file.rows_of_bytes(None, BLOCK))?;
    write_npy(target, file.schema(), file.num_rows(), batches)
}

fn write_npy(
    target: &Path,
    schema: &Schema,
    rows: u64,
    batches: impl Iterator<Item = ArrowResult<RecordBatch>>,
) -> ArrowResult<()> {
    let options = FromArrow::default();
    let unfit = || std::io::Error::other("no array of one dtype");
    let field = schema.fields().first().ok_or_else(unfit)?;
    let row = dtype_of(field, &options)?.ok_or_else(unfit)?;
    let mut dims = vec![usize::try_from(rows).map_err(|_| unfit())?];
    dims.extend(row.shape.dims());
    npbytes::replace_file(target, |file: &File| {
        let target = BufWriter::with_capacity(1 << 16, file);
        let shape = Shape::new(&dims)?;
        let write = npy::WriteOptions::default();
        let mut writer = npy::Writer::new(target, row.dtype, &shape, false, &write)?;
        for batch in batches {
            match from_arrow(batch?.column(0), field, &options)?.values {
                Values::Array(array) => writer.write_rows(&array.view())?,
                _ => return Err(unfit().into()),
            }
        }
        Ok(writer.finish()?.flush()?)
    })
}

/// What any conversion costs at least: the bytes read into memory that stays, and written into a new file.
fn copy(source: &Path, target: &Path) -> ArrowResult<()> {
    let (mut source, mut target) = (File::open(source)?, File::create(target)?);
    let mut block = vec![0; 1 << 20];
    loop {
        match source.read(&mut block)? {
            0 => return Ok(()),
            read => target.write_all(block.get(..read).unwrap_or_default())?,
        }
    }
}
