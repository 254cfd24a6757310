//! The flags that every subcommand has: what the input is, which part of it is meant, and how much it
//! may ask for.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use npbytes::sniff::Encoding;
use npbytes::{ArrayView, AxisOrder, DType, Limits, NumPy, Slice, npy, npz, pickle, raw};

use npbytes_arrow::{FromArrow, ipc};

use crate::arrow::flags::FromArrowArgs;
use crate::failure::{Failure, Result, quoted};
use crate::format::{Format, Reading, TableFormat, unwrapped_name};
use crate::limits::LimitArgs;
use crate::source::Source;

/// Flags about the input.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Input")]
pub(crate) struct InputArgs {
    /// The format of the input; by default its first bytes tell
    #[arg(long, value_name = "FORMAT")]
    from: Option<Format>,

    /// The dtype of raw bytes: any text that np.dtype takes ('<i4', 'M8[ns]', 'i4,f8') or a descr list
    /// ("[('x', '<i4'), ('y', '>f8', (2,))]")
    #[arg(short, long)]
    dtype: Option<String>,

    /// The shape of raw bytes: 28,28; one axis may be -1 and is then counted; '' is 0-d
    #[arg(short, long, allow_hyphen_values = true)]
    shape: Option<String>,

    /// The order in which the elements of raw bytes lie
    #[arg(long, value_name = "C|F")]
    order: Option<InputOrder>,

    /// Where the array starts in the input (of FILE::MEMBER, in the member), in bytes: 128 or 0x80
    #[arg(long, value_name = "BYTES", default_value = "0", hide_default_value = true)]
    #[arg(value_parser = offset)]
    offset: u64,

    /// How many elements of raw bytes to read; what follows is ignored
    #[arg(long, value_name = "ELEMENTS")]
    count: Option<usize>,

    /// The field of a structured array; fields of fields as a.b
    #[arg(long, value_name = "NAME")]
    field: Option<String>,

    /// The part of the array, as between NumPy's brackets: '0, :, 3:7'
    #[arg(long, allow_hyphen_values = true)]
    slice: Option<String>,

    /// The NumPy whose rules hold, for dtype texts, what is printed and what is written: 1.23.5, 1.26, 2.4
    #[arg(long, value_name = "VERSION")]
    numpy: Option<NumPy>,

    /// The folder of the out-of-band buffers that were pickled beside a pickle of protocol 5: files that sort by
    /// name as the buffers follow one another, numbers by their value
    #[arg(long, value_name = "FOLDER")]
    buffers: Option<PathBuf>,

    #[command(flatten)]
    arrow: FromArrowArgs,

    #[command(flatten)]
    limits: LimitArgs,
}

/// The order of raw bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum InputOrder {
    /// The last axis varies fastest
    #[value(name = "C", alias = "c")]
    C,
    /// The first axis varies fastest
    #[value(name = "F", alias = "f")]
    F,
}

/// The input flags, understood.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    from: Option<Format>,
    /// The first flag given that only raw bytes have use for.
    raw_flag: Option<&'static str>,
    dtype: Option<DType>,
    shape: Option<Vec<i64>>,
    order: Option<InputOrder>,
    count: Option<usize>,
    field: Option<String>,
    slice: Option<Slice>,
    /// Where the array starts in the input, in bytes.
    pub(crate) offset: u64,
    /// The NumPy to imitate.
    pub(crate) numpy: NumPy,
    /// The one that was asked for.
    asked_numpy: Option<NumPy>,
    /// What the input may ask for.
    pub(crate) limits: Limits,
    /// The out-of-band buffers of a pickle, where a folder of them is named.
    buffers: Option<Buffers>,
    /// What becomes of what Arrow has and NumPy has not.
    arrow: FromArrowArgs,
}

/// The out-of-band buffers of a pickle.
#[derive(Clone, Debug)]
struct Buffers {
    folder: String,
    all: Vec<Bytes>,
}

impl InputArgs {
    /// Reads the texts among the flags.
    ///
    /// # Errors
    /// One that shows where in the text.
    pub(crate) fn understood(self) -> Result<Input> {
        let numpy = self.numpy.unwrap_or_default();
        let raw_flag = [
            (self.dtype.is_some(), "--dtype"),
            (self.shape.is_some(), "--shape"),
            (self.order.is_some(), "--order"),
            (self.count.is_some(), "--count"),
        ];
        let dtype = self.dtype.as_deref().map(|text| {
            DType::parse_for(text, numpy).map_err(|error| Failure::of_flag("--dtype", text, &error))
        });
        let slice = self
            .slice
            .as_deref()
            .map(|text| text.parse().map_err(|error| Failure::of_flag("--slice", text, &error)));
        Ok(Input {
            from: self.from,
            raw_flag: raw_flag.into_iter().find_map(|(given, flag)| given.then_some(flag)),
            dtype: dtype.transpose()?,
            shape: self.shape.as_deref().map(shape).transpose()?,
            order: self.order,
            count: self.count,
            field: self.field,
            slice: slice.transpose()?,
            offset: self.offset,
            numpy,
            asked_numpy: self.numpy,
            limits: self.limits.understood(),
            buffers: self.buffers.as_deref().map(Buffers::read).transpose()?,
            arrow: self.arrow,
        })
    }
}

impl Input {
    /// No flags but limits.
    pub(crate) fn with_limits(limits: Limits) -> Self {
        Self {
            from: None,
            raw_flag: None,
            dtype: None,
            shape: None,
            order: None,
            count: None,
            field: None,
            slice: None,
            offset: 0,
            numpy: NumPy::default(),
            asked_numpy: None,
            limits,
            buffers: None,
            arrow: FromArrowArgs::default(),
        }
    }

    /// Reads at an offset.
    pub(crate) fn at(self, offset: u64) -> Self {
        Self { offset, ..self }
    }

    /// Takes the out-of-band buffers of a pickle from a folder, if one is named.
    ///
    /// # Errors
    /// Those of the folder.
    pub(crate) fn with_buffers(self, folder: Option<&Path>) -> Result<Self> {
        Ok(Self { buffers: folder.map(Buffers::read).transpose()?, ..self })
    }

    /// Takes the input for a format, if one is given.
    pub(crate) fn from(self, from: Option<Format>) -> Self {
        Self { from, ..self }
    }

    /// Whether the format is given.
    pub(crate) fn is_told(&self) -> bool {
        self.from.is_some()
    }

    /// How .npy bytes are read.
    pub(crate) fn npy_options(&self) -> npy::ReadOptions {
        npy::ReadOptions::with_limits(self.limits)
    }

    /// How archives are read.
    pub(crate) fn npz_options(&self) -> npz::ReadOptions {
        npz::ReadOptions::default().limits(self.limits)
    }

    /// How columns of Arrow become arrays.
    pub(crate) fn arrow_options(&self) -> FromArrow {
        self.arrow.understood(self.limits)
    }

    /// The NumPy that was asked for, if one was.
    pub(crate) fn asked_numpy(&self) -> Option<NumPy> {
        self.asked_numpy
    }

    /// How pickles are read.
    pub(crate) fn pickle_options(&self) -> pickle::ReadOptions {
        let buffers = self.buffers.as_ref().map(|buffers| buffers.all.clone());
        pickle::ReadOptions::with_limits(self.limits).buffers(buffers.unwrap_or_default())
    }

    /// What is to be said where a buffer is missing, though a folder of them was named.
    pub(crate) fn buffers_help(&self) -> Option<String> {
        let Buffers { folder, all } = self.buffers.as_ref()?;
        let count = all.len();
        let files = if count == 1 { "1 buffer" } else { &format!("{count} buffers") };
        Some(format!("the folder {folder}, which --buffers names, holds {files}"))
    }

    /// The flags for what lies inside of an archive, where `--from` and `--offset` are about the archive.
    pub(crate) fn inside(&self) -> Self {
        let mut inside = self.for_member();
        inside.offset = 0;
        inside
    }

    /// The flags for the contents of a member, where all of them are about those.
    pub(crate) fn for_member(&self) -> Self {
        let from = self.from.filter(|format| !matches!(format, Format::Npz | Format::Msgpack));
        Self { from, ..self.clone() }
    }

    /// The flags without those for raw bytes: for one of several files that says itself what is in it.
    pub(crate) fn without_raw_flags(&self) -> Self {
        Self { raw_flag: None, dtype: None, shape: None, order: None, count: None, ..self.clone() }
    }

    /// Whether the flags say what raw bytes are.
    pub(crate) fn has_dtype(&self) -> bool {
        self.dtype.is_some()
    }

    /// Whether the flags take the input for raw bytes.
    pub(crate) fn is_for_raw(&self) -> bool {
        self.raw_flag.is_some() || self.from == Some(Format::Raw)
    }

    /// Whether the input is said to be a message of msgpack.
    pub(crate) fn is_from_msgpack(&self) -> bool {
        self.from == Some(Format::Msgpack)
    }

    /// Whether compressed inputs are what is inside of them: all of them, unless their own bytes are asked for.
    pub(crate) fn takes_wrappers(&self) -> bool {
        self.from != Some(Format::Raw)
    }

    /// Whether the input is said to be an archive.
    pub(crate) fn is_from_npz(&self) -> bool {
        self.from == Some(Format::Npz)
    }

    /// What raw bytes mean; `None` without a dtype.
    pub(crate) fn spec(&self) -> Option<raw::Spec> {
        let mut spec = raw::Spec::new(self.dtype.clone()?);
        if let Some(shape) = &self.shape {
            spec = spec.shape(shape);
        }
        if self.order == Some(InputOrder::F) {
            spec = spec.order(AxisOrder::F);
        }
        if let Some(count) = self.count {
            spec = spec.count(count);
        }
        Some(spec)
    }

    /// How many bytes there are to be read, if so many elements are asked for.
    pub(crate) fn counted_bytes(&self) -> Option<u64> {
        let bytes = self.count?.saturating_mul(self.dtype.as_ref()?.itemsize());
        Some(bytes as u64)
    }

    /// The shape that raw bytes are said to have.
    pub(crate) fn shape(&self) -> Option<&[i64]> {
        self.shape.as_deref()
    }

    /// How to read an input that starts with these bytes.
    ///
    /// # Errors
    /// Bytes that say what they are and flags that say something else.
    pub(crate) fn reading(&self, source: &Source, head: &[u8]) -> Result<Reading> {
        // Wrappers were taken off: these are numbers that look like one.
        let is_number = |encoding: &Encoding| matches!(encoding, Encoding::Zlib | Encoding::Lzma);
        let signature = Encoding::of(head).filter(|encoding| !is_number(encoding));
        if let Some(format @ (Format::Csv | Format::Ndjson)) = self.from {
            let message = format!("{} is written, and not read", format.name());
            return Err(Failure::new(source.name(), message)
                .with_help("pyarrow reads it: pyarrow.csv.read_csv, pyarrow.json.read_json"));
        }
        let reading = match (self.from, signature) {
            (Some(format), _) => format.into(),
            // A signature of two bytes may well be a number.
            (None, Some(encoding)) if encoding.is_certain() || self.raw_flag.is_none() => {
                encoding.into()
            }
            (None, None) if self.raw_flag.is_none() => match named_format(source) {
                Some(Format::Tensor) => Reading::Tensor,
                Some(Format::Arrow | Format::ArrowStream) => Reading::Table(TableFormat::Ipc),
                Some(Format::Parquet) => Reading::Table(TableFormat::Parquet),
                // Bytes that are said to be no array may still be.
                Some(Format::Raw) => Reading::Raw,
                _ if ipc::sniff(head).is_some() => Reading::Table(TableFormat::Ipc),
                Some(Format::Npy) => Reading::Npy,
                Some(Format::Npz) => Reading::Npz,
                Some(Format::Msgpack) => Reading::Msgpack,
                // The oldest protocols have no signature.
                Some(Format::Pickle | Format::Joblib) => Reading::Pickle,
                _ => Reading::Raw,
            },
            (None, _) => Reading::Raw,
        };
        match self.raw_flag {
            Some(flag) if reading != Reading::Raw => {
                let what = signature.map_or("the input", |encoding| match encoding {
                    Encoding::Npy => "a .npy file",
                    Encoding::Npz => "a .npz archive",
                    _ => "this file",
                });
                let message = format!("{flag} is for raw bytes; {what} says itself what is in it");
                Err(Failure::new(source.name(), message).with_help(format!(
                    "leave {flag} out, or add --from raw to read all its bytes as elements"
                )))
            }
            _ => Ok(reading),
        }
    }

    /// Refuses to copy more bytes into memory than the flags allow.
    pub(crate) fn check_copy(&self, source: &Source, bytes: u64) -> Result<()> {
        let limit = self.limits.array_bytes;
        if bytes <= limit {
            return Ok(());
        }
        let message = format!("{bytes} bytes would be copied into memory, the limit is {limit}");
        Err(Failure::new(source.name(), message)
            .with_help(format!("raise the limit: --max-array {bytes}")))
    }

    /// Refuses to take a part of an array of objects.
    pub(crate) fn expect_whole(&self, source: &Source) -> Result<()> {
        match self.has_part() {
            false => Ok(()),
            true => Err(Failure::new(
                source.name(),
                "--field and --slice are for arrays of elements, and these are Python objects",
            )
            .with_help("an element is FILE::[0], or FILE::[0, 1]")),
        }
    }

    /// Whether a part of the array is asked for.
    pub(crate) fn has_part(&self) -> bool {
        self.field.is_some() || self.slice.is_some()
    }

    /// The part of the array that the flags ask for.
    pub(crate) fn part<'a>(&self, source: &Source, array: &ArrayView<'a>) -> Result<ArrayView<'a>> {
        let mut view = array.clone();
        if let Some(field) = &self.field {
            view = view.field(field).map_err(|error| Failure::of(source.name(), &error, 0))?;
        }
        if let Some(slice) = &self.slice {
            view = view.slice(slice).map_err(|error| {
                let help = format!("the slice is one of an array of shape {}", view.shape());
                Failure::of(source.name(), &error, 0).with_help(help)
            })?;
        }
        Ok(view)
    }

    /// A command line that shows a source with another dtype and shape, all else being the same.
    pub(crate) fn show_command(&self, source: &Source, dtype: &str, shape: &[i64]) -> String {
        let mut words = vec!["npbytes show".to_owned(), quoted(&source.argument())];
        let mut flag = |name: &str, value: &str| words.push(format!("{name} {}", quoted(value)));
        if self.from == Some(Format::Raw) {
            flag("--from", "raw");
        }
        flag("--dtype", dtype);
        if shape.len() != 1 {
            let dims: Vec<String> = shape.iter().map(ToString::to_string).collect();
            flag("--shape", &dims.join(","));
        }
        if self.order == Some(InputOrder::F) {
            flag("--order", "F");
        }
        if self.offset > 0 {
            flag("--offset", &self.offset.to_string());
        }
        words.join(" ")
    }
}

/// The format that the name of a file or of a member asks for.
pub(crate) fn named_format(source: &Source) -> Option<Format> {
    let path = source.member().map_or(source.path(), |member| Some(Path::new(member)));
    path.and_then(|path| Format::of_extension(&unwrapped_name(path)))
}

impl Buffers {
    /// Those in a folder.
    fn read(folder: &Path) -> Result<Self> {
        Ok(Self { folder: folder.display().to_string(), all: buffers(folder)? })
    }
}

/// The buffers in a folder, in the order of their names, of which numbers go by their value.
fn buffers(folder: &Path) -> Result<Vec<Bytes>> {
    let failure = |error: std::io::Error| Failure::io(folder.display().to_string(), &error);
    let mut paths = Vec::new();
    for item in folder.read_dir().map_err(failure)? {
        let path = item.map_err(failure)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_file() && !name.starts_with('.') {
            let digits = name.split(|c: char| !c.is_ascii_digit()).find(|part| !part.is_empty());
            let number = digits.and_then(|digits| digits.parse::<u64>().ok());
            paths.push((number, name, path));
        }
    }
    paths.sort();
    paths.into_iter().map(|(.., path)| Ok(npbytes::map_bytes(&path)?)).collect()
}

/// Reads a shape: `28,28`, `(28, 28)`, `-1`, and the empty text.
fn shape(text: &str) -> Result<Vec<i64>> {
    let trimmed = text.trim();
    let inner = [('(', ')'), ('[', ']')]
        .into_iter()
        .find_map(|(open, close)| trimmed.strip_prefix(open)?.strip_suffix(close))
        .unwrap_or(trimmed);
    if inner.trim().is_empty() {
        return Ok(Vec::new());
    }
    let inner = inner.trim_end().strip_suffix(',').unwrap_or(inner);
    inner
        .split(',')
        .map(|dim| {
            dim.trim().parse().map_err(|_| {
                let message = format!("not a shape: {dim:?} is no length of an axis in {text:?}");
                Failure::new("--shape", message)
                    .with_help("write lengths with commas, such as 28,28; one may be -1")
            })
        })
        .collect()
}

/// Reads a number of bytes, also in hexadecimal as dumps show it.
pub(crate) fn offset(text: &str) -> std::result::Result<u64, std::num::ParseIntError> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn shapes_are_read_as_they_are_written() {
        let cases: [(&str, &[i64]); 9] = [
            ("28,28", &[28, 28]),
            ("(28, 28)", &[28, 28]),
            ("[2, -1]", &[2, -1]),
            ("3", &[3]),
            ("(3,)", &[3]),
            ("-1", &[-1]),
            ("", &[]),
            ("()", &[]),
            ("0", &[0]),
        ];
        for (text, expected) in cases {
            assert_eq!(shape(text).unwrap(), expected, "{text}");
        }
        for text in ["a", "2x3", "2,,3", ",", "(2", "1e3", "99999999999999999999"] {
            assert!(shape(text).is_err(), "{text}");
        }
    }

    #[test]
    fn offsets_are_decimal_or_hexadecimal() {
        assert_eq!(offset("128").unwrap(), 128);
        assert_eq!(offset("0x80").unwrap(), 128);
        assert!(offset("80h").is_err() && offset("").is_err() && offset("-1").is_err());
    }
}
