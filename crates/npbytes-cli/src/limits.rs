//! The flags about how much an input may ask for, which every subcommand has.

use npbytes::Limits;

/// Flags about how much an input may ask for.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Limits")]
pub(crate) struct LimitArgs {
    /// The longest .npy header, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = Limits::DEFAULT.header_bytes)]
    max_header: u64,

    /// How deep brackets may nest in a header, 200 at most
    #[arg(long, value_name = "LEVELS", default_value_t = Limits::DEFAULT.depth)]
    max_depth: usize,

    /// The largest array to copy into memory, in bytes [default: no limit]
    #[arg(long, value_name = "BYTES")]
    max_array: Option<u64>,

    /// The most members of an archive
    #[arg(long, value_name = "MEMBERS", default_value_t = Limits::DEFAULT.members)]
    max_members: u64,

    /// How many times their size the deflated members of an archive may become, where they come to more
    /// than 1 GiB; 1032 allows all that deflate can do
    #[arg(long, value_name = "TIMES", default_value_t = Limits::DEFAULT.inflate_ratio)]
    max_inflate_ratio: u64,

    /// The most bytes that the deflated members of an archive may become in all [default: no limit]
    #[arg(long, value_name = "BYTES")]
    max_inflate_bytes: Option<u64>,

    /// The most values that a pickle may make
    #[arg(long, value_name = "VALUES", default_value_t = Limits::DEFAULT.pickle_items)]
    max_pickle_items: u64,

    /// The most entries of a pickle's memo [default: no limit]
    #[arg(long, value_name = "ENTRIES")]
    max_pickle_memo: Option<u64>,

    /// How deep the containers of a pickle may nest
    #[arg(long, value_name = "LEVELS", default_value_t = Limits::DEFAULT.pickle_depth)]
    max_pickle_depth: u64,
}

impl LimitArgs {
    /// The limits as the library has them.
    pub(crate) fn understood(&self) -> Limits {
        let mut limits = Limits::default()
            .header_bytes(self.max_header)
            .depth(self.max_depth)
            .members(self.max_members)
            .inflate_ratio(self.max_inflate_ratio)
            .pickle_items(self.max_pickle_items)
            .pickle_depth(self.max_pickle_depth);
        if let Some(bytes) = self.max_array {
            limits = limits.array_bytes(bytes);
        }
        if let Some(bytes) = self.max_inflate_bytes {
            limits = limits.inflate_bytes(bytes);
        }
        if let Some(entries) = self.max_pickle_memo {
            limits = limits.pickle_memo(entries);
        }
        limits
    }
}
