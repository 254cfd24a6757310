//! The flags of the commands that write: how arrays are laid out, and how archives are made.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use npbytes::npz::{self, Compression};
use npbytes::{ByteOrder, ErrorKind, Layout, NumPy, Order, Profile, Python, npy, pickle};

use crate::failure::{Failure, Result};

/// Flags about arrays.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct LayoutArgs {
    /// Write numbers in this byte order
    #[arg(long, value_name = "ORDER")]
    byte_order: Option<TargetByteOrder>,

    /// Lay the elements out in this order: C, F, or A, which is F for arrays in Fortran order and else
    /// C [default: C for raw bytes, else A]
    #[arg(long, value_name = "C|F|A")]
    to_order: Option<Order>,

    /// Force the version of .npy headers; by default the lowest that can hold each
    #[arg(long, value_name = "VERSION")]
    npy_version: Option<NpyVersion>,

    /// The Python that runs the imitated NumPy: it decides how field names are escaped, and on the records
    /// of an archive (3.10 writes others than 3.12)
    #[arg(long, value_name = "VERSION")]
    python: Option<Python>,
}

impl LayoutArgs {
    /// How elements are to lie, in this order of axes unless another is asked for.
    pub(crate) fn layout(&self, default: Order) -> Layout {
        let (order, byte_order) = self.elements(default);
        Layout::from(order).byte_order(byte_order)
    }

    /// The same as an order of axes and a byte order.
    pub(crate) fn elements(&self, default: Order) -> (Order, ByteOrder) {
        let byte_order = self.byte_order.map_or(ByteOrder::NotApplicable, Into::into);
        (self.to_order.unwrap_or(default), byte_order)
    }

    /// Who is imitated.
    pub(crate) fn profile(&self, numpy: NumPy) -> Profile {
        Profile { numpy, python: self.python.unwrap_or(Python::DEFAULT) }
    }

    /// How .npy files are written.
    pub(crate) fn npy_options(&self, numpy: NumPy) -> npy::WriteOptions {
        let profile = self.profile(numpy);
        let version = self.npy_version.map(Into::into);
        npy::WriteOptions::default().profile(profile).version(version).layout(self.layout(Order::A))
    }

    /// Whether elements are written as they lie.
    pub(crate) fn keeps_layout(&self) -> bool {
        self.byte_order.is_none() && matches!(self.to_order, None | Some(Order::A))
    }

    /// The failure to write a target.
    pub(crate) fn failure(&self, target: &str, error: &npbytes::Error) -> Failure {
        let failure = Failure::of(target, error, 0);
        match error.kind() {
            ErrorKind::Unsupported(_) if self.npy_version.is_some() => {
                failure.with_help("leave --npy-version out to have the version chosen")
            }
            _ => failure,
        }
    }
}

/// Flags about archives.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Archive")]
pub(crate) struct ArchiveArgs {
    /// How the members of an archive are compressed [default: none]
    #[arg(long, value_name = "HOW")]
    compress: Option<Compress>,

    /// Start the elements of each stored member at a multiple of 64 bytes, so that they are aligned when
    /// the archive is mapped
    #[arg(long)]
    align: bool,
}

impl ArchiveArgs {
    /// How archives are written.
    ///
    /// # Errors
    /// Flags that contradict each other.
    pub(crate) fn npz_options(&self, npy: npy::WriteOptions) -> Result<npz::WriteOptions> {
        let compression = self.compress.map_or(Compression::None, Into::into);
        if self.align && compression != Compression::None {
            return Err(Failure::new("--align", "compressed members are not aligned")
                .with_help("leave --align or --compress out"));
        }
        Ok(npz::WriteOptions::default().npy(npy).compression(compression).align(self.align))
    }

    /// Refuses the flags where no archive is written.
    pub(crate) fn expect_none(&self) -> Result<()> {
        let flags = [(self.compress.is_some(), "--compress"), (self.align, "--align")];
        match flags.into_iter().find(|(given, _)| *given) {
            Some((_, flag)) => Err(Failure::new(flag, "only archives have use for it")
                .with_help("write one: a name that ends in .npz, or --to npz")),
            None => Ok(()),
        }
    }
}

/// Flags about pickles.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Pickle")]
pub(crate) struct PickleArgs {
    /// The protocol to write, 0 to 5 [default: that of the pickle that is converted, else 4; 5 with
    /// --to-buffers]
    #[arg(long, value_name = "PROTOCOL", value_parser = clap::value_parser!(u8).range(0..=5))]
    protocol: Option<u8>,

    /// Write the elements of arrays beside the pickle, as files 0, 1, ... in this folder: the out-of-band buffers of
    /// protocol 5, which --buffers reads
    #[arg(long, value_name = "FOLDER")]
    to_buffers: Option<PathBuf>,
}

impl PickleArgs {
    /// How pickles are written: in the protocol of what is converted, unless the flags say otherwise.
    ///
    /// # Errors
    /// Flags that contradict each other.
    pub(crate) fn options(
        &self,
        profile: Profile,
        kept: Option<u8>,
    ) -> Result<pickle::WriteOptions> {
        let default = if self.to_buffers.is_some() { 5 } else { kept.unwrap_or(4) };
        let protocol = self.protocol.unwrap_or(default);
        if self.to_buffers.is_some() && protocol < 5 {
            let message = format!("protocol {protocol} has no buffers beside the pickle");
            return Err(Failure::new("--to-buffers", message)
                .with_help("leave --protocol out, or write protocol 5"));
        }
        Ok(pickle::WriteOptions::default().profile(profile).protocol(protocol))
    }

    /// Where the buffers go, if they stand beside the pickle.
    pub(crate) fn buffers(&self) -> Option<&Path> {
        self.to_buffers.as_deref()
    }

    /// Refuses the flags where no pickle is written.
    pub(crate) fn expect_none(&self) -> Result<()> {
        let flags =
            [(self.protocol.is_some(), "--protocol"), (self.to_buffers.is_some(), "--to-buffers")];
        match flags.into_iter().find(|(given, _)| *given) {
            Some((_, flag)) => Err(Failure::new(flag, "only pickles have use for it")
                .with_help("write one: a name that ends in .pkl, or --to pickle")),
            None => Ok(()),
        }
    }
}

/// How members are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Compress {
    /// Not at all, as by np.savez
    None,
    /// Byte for byte as by np.savez_compressed
    #[value(name = "numpy")]
    NumPy,
    /// As quickly as it can be done well; NumPy reads it
    Fast,
}

impl From<Compress> for Compression {
    fn from(compress: Compress) -> Self {
        match compress {
            Compress::None => Self::None,
            Compress::NumPy => Self::NumPy,
            Compress::Fast => Self::Fast,
        }
    }
}

/// The byte order to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum TargetByteOrder {
    /// Least significant byte first
    #[value(alias = "<")]
    Little,
    /// Most significant byte first
    #[value(alias = ">")]
    Big,
    /// That of this machine
    #[value(alias = "=")]
    Native,
}

impl From<TargetByteOrder> for ByteOrder {
    fn from(order: TargetByteOrder) -> Self {
        match order {
            TargetByteOrder::Little => Self::Little,
            TargetByteOrder::Big => Self::Big,
            TargetByteOrder::Native => Self::NATIVE,
        }
    }
}

/// A version of the .npy format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum NpyVersion {
    #[value(name = "1.0", alias = "1")]
    One,
    #[value(name = "2.0", alias = "2")]
    Two,
    #[value(name = "3.0", alias = "3")]
    Three,
}

impl From<NpyVersion> for (u8, u8) {
    fn from(version: NpyVersion) -> Self {
        match version {
            NpyVersion::One => (1, 0),
            NpyVersion::Two => (2, 0),
            NpyVersion::Three => (3, 0),
        }
    }
}
