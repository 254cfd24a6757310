//! What would opening this file do? Looks for pickles in any encoding, and judges each.
//!
//! [`scan`] takes the bytes of a file: a pickle, a joblib file, a `.npy` or `.npz` file, any other zip archive (those of
//! PyTorch among them), msgpack, and compressed wrappers around them. What holds no pickle runs nothing when it is
//! loaded; what does is judged by [`pickle::scan`]. Nothing is run.
//!
//! ```
//! use bytes::Bytes;
//! use npbytes::pickle::Verdict;
//! use npbytes::scan::{ScanOptions, scan};
//! // os.system('id')
//! let report = scan(&Bytes::from_static(b"cos\nsystem\n(S'id'\ntR."), &ScanOptions::default());
//! assert_eq!(report.verdict(), Verdict::Runs);
//! assert!(!report.verdict().is_harmless());
//! ```

#[cfg(feature = "npz")]
mod archive;
#[cfg(feature = "compressed")]
mod wrapper;

use bytes::Bytes;

use crate::error::{Error, ErrorKind};
use crate::limits::Limits;
use crate::npy::{self, Header};
use crate::pickle::{self, Verdict};
use crate::sniff::Encoding;
use crate::{msgpack, npy::MAGIC};

/// How deep archives and wrappers are followed into one another.
#[cfg(any(feature = "npz", feature = "compressed"))]
const MAX_NESTED: usize = 4;

/// How files are scanned.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct ScanOptions {
    /// What the input may ask for. What is over a limit is not looked at, and so never harmless. All archives and wrappers
    /// together may become 1 GiB, or [`Limits::inflate_ratio`] times the input, and no more than
    /// [`Limits::inflate_bytes`].
    pub limits: Limits,
    /// The encoding, where it is known: a pickle of protocol 0 or 1 cannot always be told by its first bytes.
    pub encoding: Option<Encoding>,
}

impl ScanOptions {
    /// Scans under other limits.
    #[must_use]
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the encoding.
    #[must_use]
    pub const fn encoding(mut self, encoding: Encoding) -> Self {
        self.encoding = Some(encoding);
        self
    }
}

/// Says what loading a file would do, by its bytes. Never fails: what cannot be read is a part of the report.
///
/// Takes time in proportion to the input and what it inflates to. Elements of arrays are not looked at; memory is that of
/// one member of an archive, or of the contents of a wrapper, and of the graph of one pickle.
pub fn scan(data: &Bytes, options: &ScanOptions) -> Report {
    let ratio = options.limits.inflate_ratio.saturating_mul(data.len() as u64);
    let mut scanner = Scanner {
        limits: options.limits,
        left: ratio.max(1 << 30).min(options.limits.inflate_bytes),
        parts: Vec::new(),
    };
    scanner.bytes(data, options.encoding, &Place::default());
    Report { parts: scanner.parts }
}

/// What was found in a file.
#[derive(Debug)]
pub struct Report {
    parts: Vec<Part>,
}

impl Report {
    /// What loading all parts would do: the worst of [`Part::verdict`].
    pub fn verdict(&self) -> Verdict {
        self.parts.iter().map(Part::verdict).max().unwrap_or(Verdict::Unreadable)
    }

    /// The file itself, or the members of the archive that it is, in order. There is one part at least, but
    /// for an archive without members.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Whether there is a pickle anywhere in it.
    pub fn has_pickle(&self) -> bool {
        self.parts.iter().any(|part| part.pickles.is_some())
    }
}

/// A file, a member of an archive, or an array in the midst of others.
#[derive(Debug)]
pub struct Part {
    place: Place,
    encoding: Option<Encoding>,
    pickles: Option<pickle::Report>,
    error: Option<Error>,
    note: Option<&'static str>,
}

/// Where a part is.
#[derive(Clone, Debug, Default)]
struct Place {
    member: Option<String>,
    wrappers: Vec<Encoding>,
    depth: usize,
}

impl Part {
    /// The member of the archive, by its full name; those of archives inside of it follow behind `::`.
    pub fn member(&self) -> Option<&str> {
        self.place.member.as_deref()
    }

    /// How it is compressed, the outermost first, beside what the archive itself does. Offsets count in the contents.
    pub fn wrappers(&self) -> &[Encoding] {
        &self.place.wrappers
    }

    /// What it is; `None` for what could not be told, which holds no pickle as far as can be seen.
    pub const fn encoding(&self) -> Option<Encoding> {
        self.encoding
    }

    /// The pickles in it, if there are any. Offsets count in the member, or in the contents of the wrapper.
    pub const fn pickles(&self) -> Option<&pickle::Report> {
        self.pickles.as_ref()
    }

    /// Why it could not be read, or not to its end.
    pub const fn error(&self) -> Option<&Error> {
        self.error.as_ref()
    }

    /// What else is to be said of it.
    pub const fn note(&self) -> Option<&'static str> {
        self.note
    }

    /// What loading it would do.
    pub fn verdict(&self) -> Verdict {
        let without = match self.encoding {
            _ if self.error.is_some() => Verdict::Unreadable,
            Some(Encoding::Npy | Encoding::Npz) => Verdict::NumPy,
            _ => Verdict::Plain,
        };
        match &self.pickles {
            Some(pickles) if self.error.is_some() => pickles.verdict().max(Verdict::Unreadable),
            Some(pickles) => pickles.verdict(),
            None => without,
        }
    }
}

struct Scanner {
    limits: Limits,
    /// How many bytes may still be inflated.
    #[cfg_attr(
        not(any(feature = "npz", feature = "compressed")),
        expect(dead_code, reason = "only archives and wrappers become more than they are")
    )]
    left: u64,
    parts: Vec<Part>,
}

impl Scanner {
    fn add(&mut self, place: &Place, encoding: Option<Encoding>) -> &mut Part {
        self.parts.push(Part {
            place: place.clone(),
            encoding,
            pickles: None,
            error: None,
            note: None,
        });
        let last = self.parts.len() - 1;
        &mut self.parts[last]
    }

    fn unreadable(&mut self, place: &Place, encoding: Option<Encoding>, error: Error) {
        self.add(place, encoding).error = Some(error);
    }

    /// Scans a file, or a member of an archive.
    fn bytes(&mut self, data: &Bytes, encoding: Option<Encoding>, place: &Place) {
        let head = data.get(..Encoding::HEAD).unwrap_or(data);
        let told = encoding.or_else(|| Encoding::of(head));
        match told {
            Some(Encoding::Npy) => self.npy(data, place),
            Some(Encoding::Pickle) => self.pickle(data, place),
            Some(Encoding::Msgpack) => self.msgpack(data, place),
            Some(Encoding::Npz) => return self.archive(data, place),
            Some(wrapper) if wrapper.is_wrapper() => return self.wrapper(data, wrapper, place),
            Some(other) => {
                let error = Error::unsupported(format!("{other} is not looked into"))
                    .with_help("what else it may hold is not known to npbytes");
                self.unreadable(place, Some(other), error);
            }
            None => self.unknown(data, place),
        }
        self.appended_archive(data, place);
    }

    fn pickle(&mut self, data: &Bytes, place: &Place) {
        let report = pickle::scan(data, &pickle::ReadOptions::with_limits(self.limits));
        self.add(place, Some(Encoding::Pickle)).pickles = Some(report);
    }

    /// What has no signature: a pickle of protocol 0 or 1, if it reads as one.
    fn unknown(&mut self, data: &Bytes, place: &Place) {
        let report = pickle::scan(data, &pickle::ReadOptions::with_limits(self.limits));
        let is_file = place.member.is_none();
        let whole = report.pickles().first().is_some_and(|pickle| pickle.broken().is_none());
        let calls = report.verdict() > Verdict::Unreadable;
        // Of the members of an archive many start with bytes that happen to be a short pickle.
        if whole && (is_file || report.trailing().is_none()) || calls {
            self.add(place, Some(Encoding::Pickle)).pickles = Some(report);
            return;
        }
        let part = self.add(place, None);
        if is_file {
            part.error = Some(
                Error::new(ErrorKind::Magic {
                    expected: "a file that may hold pickles",
                    found: data.get(..8).unwrap_or(data).to_vec(),
                })
                .at(0_u64)
                .with_help("say which encoding it has, if it is known"),
            );
        }
    }

    /// Arrays one behind the other, as several calls of `np.save` write them.
    fn npy(&mut self, data: &Bytes, place: &Place) {
        let mut start = 0;
        loop {
            let rest = data.slice(start..);
            let header = match Header::parse(&rest, &npy::ReadOptions::with_limits(self.limits)) {
                Ok(header) => header,
                Err(error) => {
                    let error = error.shifted(start as u64);
                    return self.unreadable(place, Some(Encoding::Npy), error);
                }
            };
            let part = self.add(place, Some(Encoding::Npy));
            let next = if header.dtype().has_object() {
                let at = header.data_offset();
                let options = pickle::ReadOptions::with_limits(self.limits);
                let report = pickle::scan(&rest.slice(at..), &options);
                let report = report.shifted((start + at) as u64);
                let end = report.pickles().first().map_or(0, |first| first.offset() + first.len());
                let part = self.last();
                part.pickles = Some(report);
                usize::try_from(end).unwrap_or(usize::MAX)
            } else {
                part.note = Some("no pickle in it");
                usize::try_from(header.end()).unwrap_or(usize::MAX).saturating_add(start)
            };
            if !data.get(next..).is_some_and(|rest| rest.starts_with(&MAGIC)) || next <= start {
                return;
            }
            start = next;
        }
    }

    /// Arrays of objects in msgpack, each of which is a pickle.
    fn msgpack(&mut self, data: &Bytes, place: &Place) {
        let options = msgpack::ReadOptions::with_limits(self.limits);
        let document = match msgpack::split(data, &options) {
            Ok((document, _)) => document,
            Err(error) => return self.unreadable(place, Some(Encoding::Msgpack), error),
        };
        self.add(place, Some(Encoding::Msgpack)).note =
            Some("pickles in it are parts of their own");
        for (path, found) in document.arrays() {
            let Ok(Some(msgpack::NumPyValue::Objects { pickle, .. })) = found.numpy() else {
                continue;
            };
            let path = path.to_string();
            let inner = if path.is_empty() { place.clone() } else { place.inside(&path) };
            self.pickle(&pickle, &inner);
        }
    }

    fn last(&mut self) -> &mut Part {
        let last = self.parts.len().saturating_sub(1);
        &mut self.parts[last]
    }

    #[cfg(not(feature = "npz"))]
    fn archive(&mut self, _: &Bytes, place: &Place) {
        let error = Error::unsupported("archives are not read: the feature `npz` is off");
        self.unreadable(place, Some(Encoding::Npz), error);
    }

    #[cfg(not(feature = "npz"))]
    fn appended_archive(&mut self, _: &Bytes, _: &Place) {}

    #[cfg(not(feature = "compressed"))]
    fn wrapper(&mut self, _: &Bytes, wrapper: Encoding, place: &Place) {
        let error =
            Error::unsupported("compressed files are not read: the feature `compressed` is off");
        self.unreadable(place, Some(wrapper), error);
    }

    /// The error of what is too deep in archives and wrappers.
    #[cfg(any(feature = "npz", feature = "compressed"))]
    fn is_too_deep(&mut self, place: &Place, encoding: Encoding) -> bool {
        if place.depth < MAX_NESTED {
            return false;
        }
        let message = format!("archives and wrappers more than {MAX_NESTED} deep are not followed");
        self.unreadable(place, Some(encoding), Error::unsupported(message));
        true
    }

    /// Takes from what may still be inflated.
    #[cfg(any(feature = "npz", feature = "compressed"))]
    fn spend(&mut self, bytes: u64) -> crate::Result<()> {
        match self.left.checked_sub(bytes) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(Error::limit("inflate_bytes", self.left, bytes)),
        }
    }
}

impl Place {
    /// A member of what is here.
    fn inside(&self, member: &str) -> Self {
        let member = match &self.member {
            Some(outer) => format!("{outer}::{member}"),
            None => member.to_owned(),
        };
        Self { member: Some(member), wrappers: Vec::new(), depth: self.depth + 1 }
    }
}
