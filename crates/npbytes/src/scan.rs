//! What would opening this file do? Looks for pickles in any encoding, and judges each.
//!
//! [`scan`] takes the bytes of a file: a pickle, a joblib file, a `.npy` or `.npz` file, any other zip archive (those of
//! PyTorch among them), msgpack, and compressed wrappers around them. What holds no pickle runs nothing when it is
//! loaded; what does is judged by [`pickle::scan`]. Nothing is run.
//!
//! A file may be two things at once, or have one behind the other: every way that Python's readers may take it is
//! looked at, and the worst counts. What this crate refuses to read, and a Python may read on, is never harmless.
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

use std::collections::HashMap;

use bytes::Bytes;

use crate::error::{Error, ErrorKind};
use crate::limits::Limits;
use crate::msgpack;
use crate::npy::{self, Header};
use crate::pickle::{self, Verdict};
use crate::sniff::Encoding;

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
    /// The encoding that the file's name promises. It counts where the contents do not tell; a file that its name calls
    /// msgpack and that is a pickle as well is still judged as one.
    pub named: Option<Encoding>,
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

    /// Sets the encoding that the file's name promises.
    #[must_use]
    pub const fn named(mut self, encoding: Encoding) -> Self {
        self.named = Some(encoding);
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
        named: options.named,
        left: ratio.max(1 << 30).min(options.limits.inflate_bytes),
        #[cfg(feature = "npz")]
        ends: Vec::new(),
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

    /// The file itself, or the members of the archive that it is, in order. There is one part at least: an archive
    /// without members is one itself.
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

    /// The pickles in it, if there are any. Offsets count in the member, or in the contents of the wrapper; those of
    /// an array in msgpack in the message's file.
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
    /// The encoding that the file's name promises.
    named: Option<Encoding>,
    /// How many bytes may still be inflated.
    #[cfg_attr(
        not(any(feature = "npz", feature = "compressed")),
        expect(dead_code, reason = "only archives and wrappers become more than they are")
    )]
    left: u64,
    /// The archives that were looked into, by where their end records are in memory.
    #[cfg(feature = "npz")]
    ends: Vec<usize>,
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

    /// Scans a file, or a member of an archive, and what follows in it: several things may be written one behind the
    /// other, and who has read the first may read on.
    fn bytes(&mut self, data: &Bytes, encoding: Option<Encoding>, place: &Place) {
        let head = data.get(..Encoding::HEAD).unwrap_or(data);
        let told = encoding.or_else(|| Encoding::of(head));
        let mut end = match told {
            Some(Encoding::Npy) => self.npy(data, 0, place),
            Some(Encoding::Pickle) => self.pickle(data, 0, place),
            Some(Encoding::Msgpack) if encoding.is_some() => {
                self.msgpack(data, place);
                // Its first bytes may be those of a pickle, too.
                if !pickle::Report::is_out_of_question(data, false) {
                    self.pickle(data, 0, place);
                }
                data.len()
            }
            Some(Encoding::Msgpack) => self.unknown(data, place, true),
            Some(Encoding::Npz) => return self.archive(data, place),
            Some(wrapper) if wrapper.is_wrapper() => self.wrapper(data, 0, wrapper, place),
            Some(other) => {
                let error = Error::unsupported(format!("{other} is not looked into"))
                    .with_help("what else it may hold is not known to npbytes");
                self.unreadable(place, Some(other), error);
                data.len()
            }
            None => self.unknown(data, place, false),
        };
        while end < data.len() {
            match self.next(data, end, place) {
                Some(next) if next > end => end = next,
                _ => break,
            }
        }
        self.appended_archive(data, place);
    }

    /// Scans what follows something, and says where that ends; `None` if it is nothing.
    fn next(&mut self, data: &Bytes, start: usize, place: &Place) -> Option<usize> {
        let rest = data.slice(start..);
        let head = rest.get(..Encoding::HEAD).unwrap_or(&rest);
        match Encoding::of(head) {
            Some(Encoding::Npy) => return Some(self.npy(data, start, place)),
            Some(Encoding::Npz) => self.archive(&rest, place),
            Some(Encoding::Msgpack) => self.msgpack(&rest, place),
            Some(wrapper) if wrapper.is_wrapper() => {
                return Some(self.wrapper(data, start, wrapper, place));
            }
            _ if pickle::Report::is_out_of_question(&rest, true) => return None,
            _ => return Some(self.pickle(data, start, place)),
        }
        Some(data.len())
    }

    /// A stream of pickles that starts at an offset, and where it ends.
    fn pickle(&mut self, data: &Bytes, start: usize, place: &Place) -> usize {
        let options = pickle::ReadOptions::with_limits(self.limits);
        let report = pickle::scan(&data.slice(start..), &options).shifted(start as u64);
        let end = end_of(&report, data);
        self.add(place, Some(Encoding::Pickle)).pickles = Some(report);
        end
    }

    /// What has no signature, or none to be relied on: a pickle of protocol 0 or 1, if it reads as one; messages of
    /// msgpack, if it is that from its start to its end, starts like it, or is called so. Says where it ends.
    fn unknown(&mut self, data: &Bytes, place: &Place, starts_as_msgpack: bool) -> usize {
        let options = pickle::ReadOptions::with_limits(self.limits);
        let is_question = !pickle::Report::is_out_of_question(data, false);
        let report = is_question.then(|| pickle::scan(data, &options));
        let is_file = place.member.is_none();
        let whole = report.as_ref().filter(|report| {
            report.pickles().first().is_some_and(|pickle| pickle.broken().is_none())
        });
        // Of the members of an archive many start with bytes that happen to be a short pickle.
        let by_chance = whole.is_some_and(|report| {
            !is_file && report.trailing().is_some() && report.verdict().is_harmless()
        });
        let is_pickle = whole.is_some() && !by_chance;
        let is_named = is_file && self.named == Some(Encoding::Msgpack);
        let is_msgpack = starts_as_msgpack
            || is_named && !is_pickle
            || msgpack::is_whole(data, self.limits.depth);
        // What is both is judged as both.
        if is_msgpack {
            self.msgpack(data, place);
        }
        if let Some(report) = report
            && !by_chance
            && (is_pickle || is_msgpack || !is_file || !report.findings().is_empty())
        {
            let end = end_of(&report, data);
            self.add(place, Some(Encoding::Pickle)).pickles = Some(report);
            return end;
        }
        if is_msgpack {
            return data.len();
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
        data.len()
    }

    /// An array that starts at an offset, and where it ends.
    fn npy(&mut self, data: &Bytes, start: usize, place: &Place) -> usize {
        let rest = data.slice(start..);
        let header = match Header::parse(&rest, &npy::ReadOptions::with_limits(self.limits)) {
            Ok(header) => header,
            Err(error) => {
                let error = error.shifted(start as u64);
                self.unreadable(place, Some(Encoding::Npy), error);
                return data.len();
            }
        };
        if !header.dtype().has_object() {
            self.add(place, Some(Encoding::Npy)).note = Some("no pickle in it");
            let len = usize::try_from(header.end()).unwrap_or(usize::MAX);
            return start.saturating_add(len).min(data.len());
        }
        let at = header.data_offset();
        let options = pickle::ReadOptions::with_limits(self.limits);
        let report = pickle::scan(&rest.slice(at..), &options).shifted((start + at) as u64);
        let end = end_of(&report, data);
        self.add(place, Some(Encoding::Npy)).pickles = Some(report);
        end
    }

    /// Arrays of objects in msgpack, each of which is a pickle. Messages may follow one another.
    fn msgpack(&mut self, data: &Bytes, place: &Place) {
        let options = msgpack::ReadOptions::with_limits(self.limits);
        let mut start = 0;
        loop {
            let (document, rest) = match msgpack::split(&data.slice(start..), &options) {
                Ok(split) => split,
                Err(error) => {
                    let error = error.shifted(start as u64);
                    return self.unreadable(place, Some(Encoding::Msgpack), error);
                }
            };
            if start == 0 {
                self.add(place, Some(Encoding::Msgpack)).note =
                    Some("pickles in it are parts of their own");
            }
            self.pickles_of(&document, data, start as u64, place);
            start = data.len() - rest.len();
            if rest.is_empty() {
                return;
            }
        }
    }

    /// The pickles of a message, which starts at an offset of the file.
    fn pickles_of(
        &mut self,
        document: &msgpack::Document,
        data: &Bytes,
        start: u64,
        place: &Place,
    ) {
        let mut paths: Option<HashMap<u64, String>> = None;
        for node in document.maps() {
            let pickle = match node.pickle() {
                Ok(None) => continue,
                pickle => pickle,
            };
            let paths = paths.get_or_insert_with(|| {
                let arrays = document.arrays();
                let objects = arrays.filter(|(_, node)| !matches!(node.pickle(), Ok(None)));
                objects.map(|(path, node)| (node.offset(), path.to_string())).collect()
            });
            let at = start + node.offset();
            let inner = match paths.get(&node.offset()) {
                Some(path) if path.is_empty() => place.clone(),
                Some(path) => place.inside(path),
                // In a key, or in a map that stands for an array itself.
                None => place.inside(&format!("the map at byte {at}")),
            };
            match pickle {
                Ok(pickle) => {
                    let pickle = pickle.unwrap_or_default();
                    // It shares the bytes of the file.
                    let at = (pickle.as_ptr() as usize).saturating_sub(data.as_ptr() as usize);
                    let options = pickle::ReadOptions::with_limits(self.limits);
                    let report = pickle::scan(&pickle, &options).shifted(at as u64);
                    self.add(&inner, Some(Encoding::Pickle)).pickles = Some(report);
                }
                Err(error) => {
                    self.unreadable(&inner, Some(Encoding::Msgpack), error.shifted(start));
                }
            }
        }
    }

    #[cfg(not(feature = "npz"))]
    fn archive(&mut self, _: &Bytes, place: &Place) {
        let error = Error::unsupported("archives are not read: the feature `npz` is off");
        self.unreadable(place, Some(Encoding::Npz), error);
    }

    #[cfg(not(feature = "npz"))]
    fn appended_archive(&mut self, _: &Bytes, _: &Place) {}

    #[cfg(not(feature = "compressed"))]
    fn wrapper(&mut self, data: &Bytes, _: usize, wrapper: Encoding, place: &Place) -> usize {
        let error =
            Error::unsupported("compressed files are not read: the feature `compressed` is off");
        self.unreadable(place, Some(wrapper), error);
        data.len()
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

/// Where a stream of pickles ends.
fn end_of(report: &pickle::Report, data: &Bytes) -> usize {
    let end = report.trailing().and_then(|(at, _)| usize::try_from(at).ok());
    end.unwrap_or(data.len())
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
