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
    };

    /// Refuses to copy an array that is larger than the bound.
    #[cfg(feature = "fs")]
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
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
