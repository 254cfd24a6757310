//! Bounds on what an input may ask for. They are on by default and part of every decoder's options.

/// How much an input may make a decoder do before it is refused.
///
/// No decoder allocates more than the bytes it was given can justify, whatever the limits say; they
/// bound the rest. An input over a limit is answered by
/// [`ErrorKind::Limit`](crate::ErrorKind::Limit), which names the field to raise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The longest .npy header, in bytes; in characters where it is UTF-8 (version 3.0). NumPy's own
    /// default (`max_header_size`) is 10,000.
    pub header_bytes: u64,
    /// How deep brackets may nest in a literal. CPython's own limit is 200; more is taken as 200.
    pub depth: usize,
    /// The longest Python literal, in bytes of UTF-8, where it is no .npy header: the text of a dtype, say.
    /// 1 MiB by default.
    pub literal_bytes: u64,
    /// The largest array that is copied into memory, in bytes. A mapped or borrowed array is not
    /// counted. No bound by default.
    pub array_bytes: u64,
    /// The most members of an archive. Ten million by default.
    pub members: u64,
    /// The most bytes that one byte of a deflated member may become, where the deflated members of an archive
    /// come to more than 1 GiB in all. 200 by default; deflate itself cannot exceed 1032, which is what arrays
    /// of zeros come to. Below 1 GiB any ratio goes. Bounds compressed wrappers of any kind just so, by what the
    /// innermost gives for a byte of the outermost.
    pub inflate_ratio: u64,
    /// The most bytes that the deflated members of an archive, or compressed wrappers, may become in all. No bound by default, other
    /// than that of `inflate_ratio`.
    pub inflate_bytes: u64,
    /// The most values that a pickle may make: containers, objects and names, and what containers hold. Texts and
    /// numbers take nothing of their own. 2^32 - 1 by default, which is also the most there can be; memory is
    /// bounded by the length of the input in any case, at some fifty bytes each.
    pub pickle_items: u64,
    /// The most entries of a pickle's memo. No bound by default, other than the length of the input.
    pub pickle_memo: u64,
    /// How deep the containers of a pickle may nest for those who walk it: a walk keeps its place in each. 10,000
    /// by default, which is more than CPython can pickle. Nothing recurses over it.
    pub pickle_depth: u64,
}

/// The deepest nesting that any limit can allow: the parsers recurse over it. CPython's own bound.
pub(crate) const MAX_DEPTH: usize = 200;

impl Limits {
    /// NumPy's own bounds.
    pub const DEFAULT: Self = Self {
        header_bytes: 10_000,
        depth: MAX_DEPTH,
        literal_bytes: 1 << 20,
        array_bytes: u64::MAX,
        members: 10_000_000,
        inflate_ratio: 200,
        inflate_bytes: u64::MAX,
        pickle_items: u32::MAX as u64,
        pickle_memo: u64::MAX,
        pickle_depth: 10_000,
    };

    /// Refuses to copy an array that is larger than the bound.
    #[cfg(any(feature = "fs", feature = "npz"))]
    pub(crate) fn check_array(&self, bytes: u64) -> crate::Result<()> {
        if bytes > self.array_bytes {
            return Err(crate::Error::limit("array_bytes", self.array_bytes, bytes));
        }
        Ok(())
    }

    /// Sets the longest .npy header.
    #[must_use]
    pub const fn header_bytes(mut self, bytes: u64) -> Self {
        self.header_bytes = bytes;
        self
    }

    /// Sets how deep brackets and structs may nest; more than 200 is taken as 200.
    #[must_use]
    pub const fn depth(mut self, depth: usize) -> Self {
        self.depth = if depth > MAX_DEPTH { MAX_DEPTH } else { depth };
        self
    }

    /// Sets the longest literal that is no .npy header.
    #[must_use]
    pub const fn literal_bytes(mut self, bytes: u64) -> Self {
        self.literal_bytes = bytes;
        self
    }

    /// Sets the largest array that is copied into memory.
    #[must_use]
    pub const fn array_bytes(mut self, bytes: u64) -> Self {
        self.array_bytes = bytes;
        self
    }

    /// Sets the most members of an archive.
    #[must_use]
    pub const fn members(mut self, members: u64) -> Self {
        self.members = members;
        self
    }

    /// Sets how many times their size the deflated members of a large archive may become.
    #[must_use]
    pub const fn inflate_ratio(mut self, ratio: u64) -> Self {
        self.inflate_ratio = ratio;
        self
    }

    /// Sets what the deflated members of an archive may become in all.
    #[must_use]
    pub const fn inflate_bytes(mut self, bytes: u64) -> Self {
        self.inflate_bytes = bytes;
        self
    }

    /// Sets the most values that a pickle may make.
    #[must_use]
    pub const fn pickle_items(mut self, items: u64) -> Self {
        self.pickle_items = items;
        self
    }

    /// Sets the most entries of a pickle's memo.
    #[must_use]
    pub const fn pickle_memo(mut self, entries: u64) -> Self {
        self.pickle_memo = entries;
        self
    }

    /// Sets how deep the containers of a pickle may nest.
    #[must_use]
    pub const fn pickle_depth(mut self, depth: u64) -> Self {
        self.pickle_depth = depth;
        self
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
