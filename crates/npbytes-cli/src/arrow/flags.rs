//! The flags about what both sides do not have alike.

use clap::ValueEnum;
use npbytes_arrow::{
    Binary, Bools, ByteStrings, Complex, Decimals, FromArrow, Integers, LongDouble, Nulls, Ragged,
    Rows, Strings, Text, ToArrow, ipc, parquet,
};

use crate::failure::{Failure, Result};
use crate::format::Format;

/// Flags about inputs of Arrow and Parquet.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Input of Arrow and Parquet")]
pub(crate) struct FromArrowArgs {
    /// What nulls become: masked elements (NaT in times), NaN (NaT, or None), or an error [default: masked]
    #[arg(long, value_name = "WHAT")]
    nulls: Option<NullsFlag>,

    /// What text becomes: U as wide as the longest, Python's str, or NumPy 2's StringDType [default: fixed]
    #[arg(long, value_name = "WHAT")]
    strings: Option<StringsFlag>,

    /// What binary values of any length become: Python's bytes, or S as wide as the longest [default: objects]
    #[arg(long, value_name = "WHAT")]
    binary: Option<BinaryFlag>,

    /// What decimals become: an error, or float64, which rounds them [default: error]
    #[arg(long, value_name = "WHAT")]
    decimals: Option<DecimalsFlag>,

    /// What lists of different lengths become: arrays as Python's objects, or an error [default: objects]
    #[arg(long, value_name = "WHAT")]
    ragged: Option<RaggedFlag>,

    /// Take no notice of what NumPy the columns came from: their types alone count
    #[arg(long)]
    ignore_numpy: bool,
}

impl FromArrowArgs {
    /// The flags as the library has them.
    pub(crate) fn understood(&self, limits: npbytes::Limits) -> FromArrow {
        let mut options = FromArrow::default();
        options.nulls = match self.nulls {
            None | Some(NullsFlag::Masked) => Nulls::Masked,
            Some(NullsFlag::Nan) => Nulls::NaN,
            Some(NullsFlag::Error) => Nulls::Error,
        };
        options.strings = match self.strings {
            None | Some(StringsFlag::Fixed) => Strings::Fixed,
            Some(StringsFlag::Objects) => Strings::Objects,
            Some(StringsFlag::Stringdtype) => Strings::StringDType,
        };
        options.binary = match self.binary {
            None | Some(BinaryFlag::Objects) => Binary::Objects,
            Some(BinaryFlag::Fixed) => Binary::Fixed,
        };
        options.decimals = match self.decimals {
            None | Some(DecimalsFlag::Error) => Decimals::Error,
            Some(DecimalsFlag::Float) => Decimals::Float64,
        };
        options.ragged = match self.ragged {
            None | Some(RaggedFlag::Objects) => Ragged::Objects,
            Some(RaggedFlag::Error) => Ragged::Error,
        };
        options.plain = self.ignore_numpy;
        options.limits = limits;
        options
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum NullsFlag {
    Masked,
    Nan,
    Error,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum StringsFlag {
    Fixed,
    Objects,
    Stringdtype,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum BinaryFlag {
    Objects,
    Fixed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum DecimalsFlag {
    Error,
    Float,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum RaggedFlag {
    Objects,
    Error,
}

/// Flags about outputs of Arrow and Parquet.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Output to Arrow and Parquet")]
pub(crate) struct ToArrowArgs {
    /// How Parquet pages or the buffers of Arrow files are compressed [default: snappy for Parquet, none for Arrow, which
    /// can be mapped then]
    #[arg(long, value_name = "HOW")]
    compression: Option<Codec>,

    /// The level of zstd in Parquet, 1 to 22 [default: 1]
    #[arg(long, value_name = "LEVEL", value_parser = clap::value_parser!(u8).range(1..=22))]
    level: Option<u8>,

    /// The most rows of a row group of Parquet, or of a batch of Arrow [default: about 64 MiB in Parquet, 8 MiB in Arrow, up to 1048576]
    #[arg(long, value_name = "ROWS", value_parser = rows)]
    group_rows: Option<usize>,

    /// The axis whose items are the rows [default: 0]
    #[arg(long, value_name = "AXIS")]
    row_axis: Option<usize>,

    /// What bool becomes: bits, or the bytes of arrow.bool8, which are not copied [default: bits]
    #[arg(long, value_name = "WHAT")]
    bools: Option<BoolsFlag>,

    /// What text becomes [default: utf8]
    #[arg(long, value_name = "TYPE")]
    text: Option<TextFlag>,

    /// What S becomes: values of their width, of any length without the zeros at the end, or text [default: fixed]
    #[arg(long, value_name = "TYPE")]
    bytes: Option<BytesFlag>,

    /// What complex numbers become: lists of two, or structs of re and im [default: list]
    #[arg(long, value_name = "TYPE")]
    complex: Option<ComplexFlag>,

    /// What Python's int beyond 64 bits become [default: error]
    #[arg(long, value_name = "WHAT")]
    big_ints: Option<BigIntsFlag>,

    /// Write rows of arrays as lists in lists, for readers that know no tensors
    #[arg(long)]
    lists: bool,

    /// Write long doubles as float64, which rounds them
    #[arg(long)]
    round_long_doubles: bool,

    /// Write half floats as float32, for readers that know no halves
    #[arg(long)]
    widen_halves: bool,

    /// Write NaN as null
    #[arg(long)]
    nan_as_null: bool,

    /// Leave out the metadata by which the way back to NumPy is exact
    #[arg(long)]
    no_metadata: bool,
}

impl ToArrowArgs {
    /// How arrays become columns.
    pub(crate) fn options(&self) -> ToArrow {
        let mut options = ToArrow::default();
        options.bools = match self.bools {
            None | Some(BoolsFlag::Bits) => Bools::Bits,
            Some(BoolsFlag::Bool8) => Bools::Bool8,
        };
        options.text = match self.text {
            None | Some(TextFlag::Utf8) => Text::Utf8,
            Some(TextFlag::LargeUtf8) => Text::LargeUtf8,
            Some(TextFlag::View) => Text::Utf8View,
        };
        options.byte_strings = match self.bytes {
            None | Some(BytesFlag::Fixed) => ByteStrings::FixedSizeBinary,
            Some(BytesFlag::Binary) => ByteStrings::Binary,
            Some(BytesFlag::Utf8) => ByteStrings::Utf8,
        };
        options.complex = match self.complex {
            None | Some(ComplexFlag::List) => Complex::List,
            Some(ComplexFlag::Struct) => Complex::Struct,
        };
        options.integers = match self.big_ints {
            None | Some(BigIntsFlag::Error) => Integers::Error,
            Some(BigIntsFlag::Float) => Integers::Float64,
            Some(BigIntsFlag::Text) => Integers::Text,
        };
        options.long_double = match self.round_long_doubles {
            true => LongDouble::Float64,
            false => LongDouble::Bytes,
        };
        options.rows = if self.lists { Rows::Lists } else { Rows::Tensor };
        options.row_axis = self.row_axis.unwrap_or(0);
        options.widen_halves = self.widen_halves;
        options.nan_is_null = self.nan_as_null;
        options.plain = self.no_metadata;
        options
    }

    /// The most rows of a batch or of a row group.
    pub(crate) fn group_rows(&self) -> Option<usize> {
        self.group_rows
    }

    /// How Parquet files are written.
    ///
    /// # Errors
    /// A compression that they do not have.
    pub(crate) fn parquet(&self) -> Result<parquet::WriteOptions> {
        let mut options = parquet::WriteOptions::default();
        options.compression = match self.compression {
            None if self.level.is_none() => options.compression,
            None | Some(Codec::Zstd) => parquet::Compression::Zstd(self.level.unwrap_or(1)),
            Some(Codec::Snappy) => parquet::Compression::Snappy,
            Some(Codec::None) => parquet::Compression::None,
            Some(Codec::Lz4) => return Err(other_codec("Parquet", "zstd, snappy or none")),
        };
        if self.level.is_some() && !matches!(self.compression, None | Some(Codec::Zstd)) {
            return Err(Failure::new("--level", "only zstd has levels").with_help("leave it out"));
        }
        options.row_group_rows = self.group_rows.unwrap_or(options.row_group_rows);
        Ok(options)
    }

    /// How Arrow IPC files and streams are written.
    ///
    /// # Errors
    /// A compression that they do not have.
    pub(crate) fn ipc(&self, format: ipc::Format) -> Result<ipc::WriteOptions> {
        let mut options = ipc::WriteOptions::default();
        options.format = format;
        options.compression = match self.compression {
            None | Some(Codec::None) => ipc::Compression::None,
            Some(Codec::Zstd) => ipc::Compression::Zstd,
            Some(Codec::Lz4) => ipc::Compression::Lz4,
            Some(Codec::Snappy) => return Err(other_codec("Arrow IPC", "zstd, lz4 or none")),
        };
        if self.level.is_some() {
            return Err(
                Failure::new("--level", "only Parquet has use for it").with_help("leave it out")
            );
        }
        Ok(options)
    }

    /// Refuses the flags where what is written has no use for them.
    pub(crate) fn expect_none(&self, format: Option<Format>) -> Result<()> {
        let is_table = format.is_some_and(Format::is_table);
        let is_text = matches!(format, Some(Format::Csv | Format::Ndjson));
        let files = [
            (self.compression.is_some(), "--compression"),
            (self.level.is_some(), "--level"),
            (self.group_rows.is_some(), "--group-rows"),
        ];
        let columns = [
            (self.row_axis.is_some(), "--row-axis"),
            (self.bools.is_some(), "--bools"),
            (self.text.is_some(), "--text"),
            (self.bytes.is_some(), "--bytes"),
            (self.complex.is_some(), "--complex"),
            (self.big_ints.is_some(), "--big-ints"),
            (self.lists, "--lists"),
            (self.round_long_doubles, "--round-long-doubles"),
            (self.widen_halves, "--widen-halves"),
            (self.nan_as_null, "--nan-as-null"),
        ];
        let no_file = !is_table || is_text;
        let given = |flags: &[(bool, &'static str)]| {
            flags.iter().find(|(given, _)| *given).map(|(_, flag)| *flag)
        };
        let flag = no_file.then(|| given(&files)).flatten();
        let flag = flag.or_else(|| (!is_table).then(|| given(&columns)).flatten());
        let metadata = self.no_metadata && !is_table && format != Some(Format::Tensor);
        match flag.or(metadata.then_some("--no-metadata")) {
            Some(flag) if is_text => {
                Err(Failure::new(flag, "text has no use for it").with_help("leave it out"))
            }
            Some(flag) => {
                Err(Failure::new(flag, "only files of Arrow and Parquet have use for it")
                    .with_help(
                        "write one: a name that ends in .arrow or .parquet, or --to parquet",
                    ))
            }
            None => Ok(()),
        }
    }

    /// Whether the dtype of a tensor is left out that Arrow does not have.
    pub(crate) fn is_plain(&self) -> bool {
        self.no_metadata
    }
}

fn other_codec(what: &str, known: &str) -> Failure {
    Failure::new("--compression", format!("{what} is not compressed this way"))
        .with_help(format!("it is by {known}"))
}

fn rows(text: &str) -> std::result::Result<usize, String> {
    match text.parse() {
        Ok(rows) if rows > 0 => Ok(rows),
        _ => Err("not a number of rows".into()),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Codec {
    Zstd,
    Snappy,
    Lz4,
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum BoolsFlag {
    Bits,
    Bool8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum TextFlag {
    Utf8,
    LargeUtf8,
    View,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum BytesFlag {
    Fixed,
    Binary,
    Utf8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ComplexFlag {
    List,
    Struct,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum BigIntsFlag {
    Error,
    Float,
    Text,
}
