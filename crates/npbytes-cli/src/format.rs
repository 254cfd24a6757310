//! The formats that are read and written, and which one a file is.

use std::borrow::Cow;
use std::path::Path;

use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use npbytes::sniff::Encoding;

use crate::failure::Failure;
use crate::wrapped::EXTENSIONS;

/// A format that `--from` and `--to` take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Bytes without a header, as a.tobytes() makes them
    Raw,
    /// What np.save writes
    Npy,
    /// What np.savez writes
    Npz,
    /// What pickle.dump writes
    #[value(alias = "pkl")]
    Pickle,
    /// What joblib.dump writes; it is written without compression
    Joblib,
    /// What msgpack_numpy.pack writes
    Msgpack,
    /// An Arrow IPC file, as Feather is
    #[value(alias = "feather")]
    Arrow,
    /// A stream of Arrow IPC
    #[value(alias = "arrows")]
    ArrowStream,
    /// A Parquet file
    Parquet,
    /// A Tensor message of Arrow: one array of numbers
    Tensor,
    /// Text with commas, to be written
    Csv,
    /// A JSON object a line, to be written
    #[value(alias = "jsonl")]
    Ndjson,
}

impl Format {
    /// The format that a file's name asks for.
    pub(crate) fn of_extension(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        Some(match extension.as_str() {
            "bin" | "raw" | "dat" | "buf" => Self::Raw,
            "npy" => Self::Npy,
            "npz" => Self::Npz,
            "msgpack" | "mpk" => Self::Msgpack,
            "pkl" | "pickle" | "p" => Self::Pickle,
            "joblib" => Self::Joblib,
            "arrow" | "feather" | "ipc" => Self::Arrow,
            "arrows" => Self::ArrowStream,
            "parquet" | "pq" => Self::Parquet,
            "tensor" => Self::Tensor,
            "csv" => Self::Csv,
            "ndjson" | "jsonl" => Self::Ndjson,
            _ => return None,
        })
    }

    /// What `--to` takes: those that are read only are understood, to be refused with a word on what to do, but not
    /// listed.
    pub(crate) fn to_write() -> impl TypedValueParser<Value = Self> {
        let names = Self::value_variants().iter().filter_map(|format| {
            let name = format.to_possible_value()?;
            Some(if *format == Self::Msgpack { name.hide(true) } else { name })
        });
        PossibleValuesParser::new(names).try_map(|name| Self::from_str(&name, false))
    }

    /// The name that `--from` and `--to` take.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |v| v.get_name().to_owned())
    }

    /// Whether it is a table of columns.
    pub(crate) fn is_table(self) -> bool {
        matches!(self, Self::Arrow | Self::ArrowStream | Self::Parquet | Self::Csv | Self::Ndjson)
    }

    /// The extension of files of a format of Arrow's.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Arrow => "arrow",
            Self::ArrowStream => "arrows",
            Self::Parquet => "parquet",
            Self::Tensor => "tensor",
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
            _ => "bin",
        }
    }

    /// The failure to write a format that is only known by name so far.
    pub(crate) fn cannot_write(self, subject: &str) -> Failure {
        Failure::new(subject, format!("writing {} is not in this version yet", self.name()))
            .with_help(
                "this version writes .npy files (--to npy), .npz archives (--to npz), pickles (--to pickle), \
                 Arrow (--to arrow), Parquet (--to parquet) and raw bytes (--to raw)",
            )
    }
}

/// A name without the extension that says how the file is compressed: `a.npy` of `a.npy.gz`.
pub(crate) fn unwrapped_name(path: &Path) -> Cow<'_, Path> {
    let extension = path.extension().and_then(|extension| extension.to_str());
    match extension.map(str::to_ascii_lowercase) {
        Some(extension) if EXTENSIONS.contains(&&*extension) => path.with_extension("").into(),
        _ => path.into(),
    }
}

/// A format of tables that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TableFormat {
    /// A file or a stream of Arrow IPC.
    Ipc,
    /// A Parquet file.
    Parquet,
}

/// How an input is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Bytes that mean what the flags say.
    Raw,
    /// A .npy file.
    Npy,
    /// A .npz archive.
    Npz,
    /// A message of msgpack.
    Msgpack,
    /// A pickle, or a file of joblib.
    Pickle,
    /// A table of columns.
    Table(TableFormat),
    /// A Tensor message of Arrow.
    Tensor,
    /// An encoding that is known, but not read yet.
    Unread(Encoding),
}

impl From<Format> for Reading {
    fn from(format: Format) -> Self {
        match format {
            // Text is told from what can be read before.
            Format::Raw | Format::Csv | Format::Ndjson => Self::Raw,
            Format::Npy => Self::Npy,
            Format::Npz => Self::Npz,
            Format::Msgpack => Self::Msgpack,
            Format::Pickle | Format::Joblib => Self::Pickle,
            Format::Arrow | Format::ArrowStream => Self::Table(TableFormat::Ipc),
            Format::Parquet => Self::Table(TableFormat::Parquet),
            Format::Tensor => Self::Tensor,
        }
    }
}

impl From<Encoding> for Reading {
    fn from(encoding: Encoding) -> Self {
        match encoding {
            Encoding::Npy => Self::Npy,
            Encoding::Npz => Self::Npz,
            Encoding::Msgpack => Self::Msgpack,
            Encoding::Pickle => Self::Pickle,
            Encoding::Arrow => Self::Table(TableFormat::Ipc),
            Encoding::Parquet => Self::Table(TableFormat::Parquet),
            other => Self::Unread(other),
        }
    }
}

/// The failure to read an encoding that is only recognised so far.
pub(crate) fn cannot_read(encoding: Encoding, subject: &str) -> Failure {
    let failure = Failure::new(
        subject,
        format!(
            "this is {encoding}; this version reads .npy and .npz files, pickles, Arrow, Parquet and raw bytes"
        ),
    );
    failure.with_help("to look at its bytes as numbers: --from raw --dtype uint8")
}
