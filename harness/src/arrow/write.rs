//! The fixtures as Arrow's files, read again by npbytes.

use std::fs;
use std::path::Path;

use arrow_array::RecordBatch;
use npbytes::{Array, npy};
use npbytes_arrow::{
    FromArrow, Result, Values, from_record_batch, ipc, parquet, tensor, to_record_batch,
};

use super::{Arrow, Choice, FORMATS};
use crate::environment::Environment;
use crate::matrix::catalogue::{Depth, Twist, TypeCase};
use crate::matrix::{ArrayCase, Encoding, Matrix};
use crate::roundtrip::byte_difference;
use crate::{codec, fixtures};

/// The name of the arrays: that of a column, where it is one.
pub(super) const NAME: &str = "values";

/// The most rows of a Parquet file here: arrow-rs makes a row group of each million, each inside of the one before.
const MOST_ROWS: usize = 1 << 24;

/// Writes all fixtures in all ways. Gives a line a fixture and choice, of what others are to read.
pub(super) fn run(
    matrix: &Matrix,
    environment: &Environment,
    theirs: &Path,
    ours: &Path,
    found: &mut Arrow,
) -> crate::Result<Vec<String>> {
    let mut lines = Vec::new();
    for case in &matrix.arrays {
        let ty = matrix.type_of(case);
        if !case.encodings.contains(&Encoding::Npy) {
            continue;
        }
        let path = theirs.join(format!("{}.npy", case.name));
        let reason = ty.refused.or(crate::script::skip_array(matrix, case, environment));
        if let Some(reason) = reason {
            let tally = found.tally("columns", Choice::Default);
            tally.cases += 1;
            let reason = format!("NumPy does not write it: {reason}");
            *tally.skipped.entry(reason).or_default() += 1;
            continue;
        }
        let file = bytes::Bytes::from(fixtures::read(&path)?);
        let array = match codec::decode_npy(&file) {
            Ok(array) => array,
            Err(error) => {
                found.mismatch(&case.name, format!("cannot be decoded: {error}"));
                continue;
            }
        };
        let few = matches!(ty.depth, Depth::Names | Depth::Header)
            || case.len() > 2000
            || case.shape.len() > 12;
        for choice in Choice::ALL {
            if choice.fits(&array) && (choice == Choice::Default || !few) {
                let subject = Subject { case, ty, file: &file, array: &array, choice, environment };
                lines.push(subject.write(ours, found));
            }
        }
    }
    Ok(lines)
}

struct Subject<'a> {
    case: &'a ArrayCase,
    ty: &'a TypeCase,
    file: &'a [u8],
    array: &'a Array,
    choice: Choice,
    environment: &'a Environment,
}

/// How what was read again compares with the fixture.
enum Verdict {
    ByteExact,
    ValueEqual,
    NotAsked,
}

impl Subject<'_> {
    fn name(&self) -> String {
        format!("{}.{}", self.case.name, self.choice.word())
    }

    fn write(&self, ours: &Path, found: &mut Arrow) -> String {
        let values = Values::from(self.array.clone());
        let options = self.choice.options(self.array);
        let mut formats = Vec::new();
        let mut refused = Vec::new();
        found.tally("columns", self.choice).cases += 1;
        match to_record_batch(NAME, &values, &options) {
            Err(error) => {
                let reasons = &mut found.tally("columns", self.choice).refused;
                *reasons.entry(reason(&error)).or_default() += 1;
                refused.push("columns");
            }
            Ok(made) => {
                let back = self.compare(from_record_batch(&made.batch, &FromArrow::default()));
                self.count("columns", back, found);
                for format in FORMATS {
                    found.tally(format, self.choice).cases += 1;
                    if format == "parquet" && made.batch.num_rows() > MOST_ROWS {
                        let reason = "more rows, without elements, than row groups can be made of";
                        let skipped = &mut found.tally(format, self.choice).skipped;
                        *skipped.entry(reason.to_owned()).or_default() += 1;
                        continue;
                    }
                    let path = ours.join(format!("{}.{format}", self.name()));
                    if let Err(error) = write(&path, format, &made.batch) {
                        let reasons = &mut found.tally(format, self.choice).refused;
                        *reasons.entry(reason(&error)).or_default() += 1;
                        refused.push(format);
                        continue;
                    }
                    formats.push(format);
                    let back = read(&path, format)
                        .and_then(|batch| from_record_batch(&batch, &FromArrow::default()));
                    self.count(format, self.compare(back), found);
                }
            }
        }
        if self.choice == Choice::Default {
            self.tensor(ours, &mut formats, found);
        }
        let (formats, refused) = (formats.join(","), refused.join(","));
        format!("{}\t{}\t{formats}\t{refused}\n", self.case.name, self.choice.word())
    }

    /// A Tensor message, of what has a number in each element.
    fn tensor(&self, ours: &Path, formats: &mut Vec<&'static str>, found: &mut Arrow) {
        let path = ours.join(format!("{}.tensor", self.name()));
        found.tally("tensor", self.choice).cases += 1;
        match tensor::write(&path, self.array, &tensor::WriteOptions::default()) {
            Err(error) => {
                let reasons = &mut found.tally("tensor", self.choice).refused;
                *reasons.entry(reason(&error)).or_default() += 1;
            }
            Ok(()) => {
                formats.push("tensor");
                let back = tensor::read(&path, &tensor::ReadOptions::default());
                let back = back.map(|back| self.compare_array(&back.array));
                self.count("tensor", back.unwrap_or_else(|error| Err(error.to_string())), found);
            }
        }
    }

    fn count(&self, format: &str, back: Result<Verdict, String>, found: &mut Arrow) {
        match back {
            Ok(Verdict::ByteExact) => found.tally(format, self.choice).byte_exact += 1,
            Ok(Verdict::ValueEqual) => found.tally(format, self.choice).value_equal += 1,
            Ok(Verdict::NotAsked) => {
                let skipped = &mut found.tally(format, self.choice).skipped;
                let reason = "the way back is asked to lose something".to_owned();
                *skipped.entry(reason).or_default() += 1;
            }
            // To be mended in npbytes-arrow: with the dtype in the metadata it is read.
            Err(what) if self.choice == Choice::Plain && what.contains("a shape of |V0") => {
                let reason = "known: npbytes reads no fields of zero bytes without metadata";
                let skipped = &mut found.tally(format, self.choice).skipped;
                *skipped.entry(reason.to_owned()).or_default() += 1;
            }
            Err(what) => match self.lost(format, &what) {
                Some(reason) => {
                    let skipped = &mut found.tally(format, self.choice).skipped;
                    *skipped.entry(reason.to_owned()).or_default() += 1;
                }
                None => found.mismatch(format!("{}.{format}", self.name()), what),
            },
        }
    }

    /// What a format has no place for, of this fixture, if that is what differs.
    fn lost(&self, format: &str, what: &str) -> Option<&'static str> {
        if what.starts_with("not read") {
            return None;
        }
        let any_bool = self.ty.twist == Twist::AnyBool;
        match (format, self.choice) {
            ("parquet", Choice::NanIsNull) => Some("Parquet has no values under nulls: which NaN"),
            ("tensor", _) if what.contains("65 axes") => {
                Some("complex numbers of 64 axes make a tensor of 65")
            }
            (_, Choice::Bool8) => None,
            _ if any_bool => Some("bits cannot say which byte was true"),
            _ => None,
        }
    }

    /// What was read again against the fixture.
    fn compare(
        &self,
        back: Result<Vec<(String, npbytes_arrow::Restored)>>,
    ) -> Result<Verdict, String> {
        let back = back.map_err(|error| format!("not read: {error}"))?;
        if !self.choice.is_exact() {
            return Ok(Verdict::NotAsked);
        }
        match &back[..] {
            [(name, restored)] if name == NAME => match &restored.values {
                Values::Array(array) => self.compare_array(array),
                other => Err(format!("became no array: {other:?}")),
            },
            other => {
                let names: Vec<&String> = other.iter().map(|(name, _)| name).collect();
                Err(format!("became {names:?}"))
            }
        }
    }

    fn compare_array(&self, array: &Array) -> Result<Verdict, String> {
        let profile = self.environment.profile().map_err(|error| error.to_string())?;
        let encoded = codec::encode(&array.view(), Encoding::Npy, profile);
        let encoded = encoded.map_err(|error| format!("cannot be encoded: {error}"))?;
        let used = self.ty.ty.used_bytes();
        if encoded == self.file {
            return Ok(Verdict::ByteExact);
        }
        if !used.contains(&false) {
            return Err(byte_difference(&encoded, self.file).unwrap_or_default());
        }
        let data = self.case.len() * self.ty.ty.itemsize();
        let masked = |file: &[u8]| {
            let start = file.len().saturating_sub(data);
            let keep = used.iter().cycle();
            let data = file[start..].iter().zip(keep).map(|(byte, keep)| byte * u8::from(*keep));
            [&file[..start], &data.collect::<Vec<u8>>()].concat()
        };
        match byte_difference(&masked(&encoded), &masked(self.file)) {
            None => Ok(Verdict::ValueEqual),
            Some(what) => Err(format!("padding aside: {what}")),
        }
    }
}

/// Why something is refused, without the place and the value.
fn reason(error: &npbytes_arrow::Error) -> String {
    let text = error.to_string();
    let known = [
        ("beyond Arrow's range", "times beyond Arrow's range"),
        ("beyond U+10FFFF", "text that is no Unicode"),
        ("surrogate", "text that is no Unicode"),
        ("a tensor holds numbers", "a tensor holds numbers"),
        ("2147483647", "rows of more elements than Arrow's lists have"),
    ];
    let known = known.into_iter().find(|(words, _)| text.contains(words));
    known.map_or(text, |(_, reason)| reason.to_owned())
}

pub(super) fn write(path: &Path, format: &str, batch: &RecordBatch) -> Result<()> {
    let (schema, batches) = (batch.schema(), [Ok(batch.clone())]);
    match format {
        "parquet" => parquet::write(path, &schema, batches, &parquet::WriteOptions::default()),
        "arrows" => {
            let mut options = ipc::WriteOptions::default();
            options.format = ipc::Format::Stream;
            ipc::write(path, &schema, batches, &options)
        }
        _ => ipc::write(path, &schema, batches, &ipc::WriteOptions::default()),
    }
}

/// The one batch of a file.
pub(super) fn read(path: &Path, format: &str) -> Result<RecordBatch> {
    let options = ipc::ReadOptions::default();
    let (schema, mut batches) = match format {
        "parquet" => {
            let file = parquet::File::open(path)?;
            let batches = file.batches(None, 1 << 20)?.collect::<Result<Vec<_>>>()?;
            (file.schema().clone(), batches)
        }
        "arrows" => {
            let mut reader = ipc::Reader::new(fs::File::open(path)?, &options)?;
            let mut batches = Vec::new();
            while let Some(batch) = reader.next_batch()? {
                batches.push(batch);
            }
            (reader.schema().clone(), batches)
        }
        _ => {
            let file = ipc::File::map(path, &options)?;
            let batches = file.batches().collect::<Result<Vec<_>>>()?;
            (file.schema().clone(), batches)
        }
    };
    match batches.len() {
        0 => Ok(RecordBatch::new_empty(schema)),
        1 => Ok(batches.remove(0)),
        count => Err(std::io::Error::other(format!("{count} batches")).into()),
    }
}

/// The array of a `.npy` file of others.
pub(super) fn numpy(path: &Path) -> npbytes::Result<Array> {
    npy::read(path, &npy::ReadOptions::default())
}
