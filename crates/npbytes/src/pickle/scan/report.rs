//! What a scan found, and how that is said.

use std::fmt;

use crate::error::Error;

/// What loading would do, from harmless to not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Verdict {
    /// Exactly NumPy data: an array, a scalar, a dtype or a masked array, as NumPy writes them.
    NumPy,
    /// Plain Python data, with NumPy data in it or without.
    Plain,
    /// Objects of other classes, whose code would run: whether that is harmless, only who knows them can say.
    Other,
    /// It cannot be read to its end, or not at all, so that nobody can say what the rest would do. What could be
    /// read has no calls that no data needs; it may have other objects, which are among the findings.
    Unreadable,
    /// Calls that no data needs.
    Runs,
}

impl Verdict {
    /// Whether loading runs nothing but what NumPy and Python have for data.
    pub const fn is_harmless(self) -> bool {
        matches!(self, Self::NumPy | Self::Plain)
    }

    /// A word for it, for programs: `numpy`, `plain`, `unreadable`, `other`, `runs`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NumPy => "numpy",
            Self::Plain => "plain",
            Self::Unreadable => "unreadable",
            Self::Other => "other",
            Self::Runs => "runs",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NumPy => "exactly NumPy data",
            Self::Plain => "plain Python data",
            Self::Unreadable => "unreadable",
            Self::Other => "holds other objects",
            Self::Runs => "would run code",
        })
    }
}

/// What is wrong about something in a pickle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum FindingKind {
    /// A function or class that is called, or whose objects are made, and that is known for no data: of the standard
    /// library, of NumPy, or of a name that leads elsewhere.
    Call,
    /// A call that NumPy and Python write in some other way: with other arguments, or another state.
    Malformed,
    /// A call of what is no global: of what another call returns, or of a persistent object.
    Indirect,
    /// A global whose name a call has to compute.
    Computed,
    /// Something that is set on, or added to a global, or to the result of a call that has no such thing.
    Mutation,
    /// A global of the standard library that is handed to a call of other code.
    HandedOver,
    /// An object of a class, or a call of a function, that is neither of Python nor of NumPy.
    Object,
    /// A global that is named but not called.
    Reference,
    /// An object of the reader's own, by its persistent id.
    Persistent,
    /// A global by its number in the extension registry.
    Extension,
}

impl FindingKind {
    /// What it makes of the whole.
    pub const fn verdict(self) -> Verdict {
        match self {
            Self::Call
            | Self::Malformed
            | Self::Indirect
            | Self::Computed
            | Self::Mutation
            | Self::HandedOver => Verdict::Runs,
            Self::Object | Self::Reference | Self::Persistent | Self::Extension => Verdict::Other,
        }
    }

    /// A word for it, for programs: `call`, `malformed`, `handed-over` and so on.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Malformed => "malformed",
            Self::Indirect => "indirect",
            Self::Computed => "computed",
            Self::Mutation => "mutation",
            Self::HandedOver => "handed-over",
            Self::Object => "object",
            Self::Reference => "reference",
            Self::Persistent => "persistent",
            Self::Extension => "extension",
        }
    }
}

/// What is done to it, by which opcode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Usage {
    /// Named, and no more.
    Named,
    /// Called by REDUCE.
    Reduce,
    /// Made by NEWOBJ.
    NewObj,
    /// Made by NEWOBJ_EX.
    NewObjEx,
    /// Called by INST.
    Inst,
    /// Called by OBJ.
    Obj,
    /// Changed by BUILD.
    Build,
    /// Changed by APPEND or APPENDS.
    Append,
    /// Changed by SETITEM or SETITEMS.
    SetItems,
    /// Changed by ADDITEMS.
    AddItems,
}

impl Usage {
    /// The opcode, or `named`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Named => "named",
            Self::Reduce => "REDUCE",
            Self::NewObj => "NEWOBJ",
            Self::NewObjEx => "NEWOBJ_EX",
            Self::Inst => "INST",
            Self::Obj => "OBJ",
            Self::Build => "BUILD",
            Self::Append => "APPEND",
            Self::SetItems => "SETITEM",
            Self::AddItems => "ADDITEMS",
        }
    }

    const fn is_call(self) -> bool {
        matches!(self, Self::Reduce | Self::NewObj | Self::NewObjEx | Self::Inst | Self::Obj)
    }
}

/// Something in a pickle that is no data. The same thing done several times is one finding.
#[derive(Clone, Debug)]
pub struct Finding {
    pub(super) kind: FindingKind,
    pub(super) usage: Usage,
    pub(super) name: String,
    pub(super) named_at: Option<u64>,
    pub(super) used_at: Vec<u64>,
    pub(super) count: u64,
    pub(super) pickle: usize,
    pub(super) protocol: u8,
    pub(super) reason: &'static str,
}

impl Finding {
    /// What is wrong.
    pub const fn kind(&self) -> FindingKind {
        self.kind
    }

    /// What it makes of the whole.
    pub const fn verdict(&self) -> Verdict {
        self.kind.verdict()
    }

    /// What is done to it.
    pub const fn usage(&self) -> Usage {
        self.usage
    }

    /// The global's dotted name as Python 3 has it, such as `os.system`; of what has no name a word. At most
    /// some 200 characters.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it is named first: the offset of the opcode.
    pub const fn named_at(&self) -> Option<u64> {
        self.named_at
    }

    /// The offsets of the opcodes that use it, the first 16 of them. Of what is called and completed later it is
    /// that of the call.
    pub fn used_at(&self) -> &[u64] {
        &self.used_at
    }

    /// How many times it is used.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Which pickle of the stream it is in: an index into [`Report::pickles`].
    pub const fn pickle(&self) -> usize {
        self.pickle
    }

    /// The protocol that the pickle names.
    pub const fn protocol(&self) -> u8 {
        self.protocol
    }

    /// Why it is no data, in a few words.
    pub const fn reason(&self) -> &'static str {
        self.reason
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = match self.kind {
            FindingKind::Call | FindingKind::Indirect | FindingKind::Computed => "would run",
            FindingKind::Malformed => "is not as it is written",
            FindingKind::Mutation => "would change",
            FindingKind::HandedOver => "hands over",
            FindingKind::Object if self.usage.is_call() => "makes or calls",
            FindingKind::Object => "other object",
            FindingKind::Reference => "names",
            FindingKind::Persistent => "persistent",
            FindingKind::Extension => "extension",
        };
        write!(f, "{verb}: {}", self.name)?;
        if let Some(at) = self.named_at {
            write!(f, ", named at offset {at}")?;
        }
        // What is no more than named is used where it is named.
        let used_at = self.used_at.first().filter(|at| {
            self.usage != Usage::Named || self.named_at.is_none_or(|named| named != **at)
        });
        if let Some(at) = used_at {
            let usage = self.usage.name();
            match self.usage {
                Usage::Named => write!(f, ", at offset {at}")?,
                usage if usage.is_call() => {
                    write!(f, ", called by {} at offset {at}", usage.name())?
                }
                _ => write!(f, ", by {usage} at offset {at}")?,
            }
        }
        if self.count > 1 {
            write!(f, " and {} more", self.count - 1)?;
        }
        Ok(())
    }
}

/// One pickle of a stream.
#[derive(Debug)]
pub struct Scanned {
    pub(super) offset: u64,
    pub(super) len: u64,
    pub(super) protocol: u8,
    pub(super) verdict: Verdict,
    pub(super) broken: Option<Error>,
    pub(super) numpy: u64,
}

impl Scanned {
    /// Where it starts.
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// How long it is, STOP included; as far as it could be read.
    pub const fn len(&self) -> u64 {
        self.len
    }

    /// Whether it has no bytes: the input was empty.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The protocol that it names; 0 where it names none.
    pub const fn protocol(&self) -> u8 {
        self.protocol
    }

    /// What loading it would do.
    pub const fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// Why it cannot be read to its end, if it cannot. Python would have run what stands before
    /// [`Error::offset`] when it comes to that.
    pub const fn broken(&self) -> Option<&Error> {
        self.broken.as_ref()
    }

    /// How many arrays, scalars, dtypes and masked arrays of NumPy it holds, parts of others included.
    pub const fn numpy(&self) -> u64 {
        self.numpy
    }
}

/// What is in a stream of pickles, and what loading it would do.
#[derive(Debug, Default)]
pub struct Report {
    pub(super) pickles: Vec<Scanned>,
    pub(super) findings: Vec<Finding>,
    pub(super) trailing: Option<(u64, u64)>,
    pub(super) omitted: u64,
}

impl Report {
    /// What loading all of its pickles would do: the worst of [`Scanned::verdict`].
    pub fn verdict(&self) -> Verdict {
        self.pickles.iter().map(Scanned::verdict).max().unwrap_or(Verdict::Unreadable)
    }

    /// The pickles, one after the other. There is one at least.
    pub fn pickles(&self) -> &[Scanned] {
        &self.pickles
    }

    /// What is no data: pickle by pickle, the worst first.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// How many findings there are beyond those listed: a report keeps some 10,000, and 20,000 of the worst.
    pub const fn omitted(&self) -> u64 {
        self.omitted
    }

    /// The offset and the number of the bytes that follow the last pickle and are none. Python does not
    /// look at them.
    pub const fn trailing(&self) -> Option<(u64, u64)> {
        self.trailing
    }

    /// Moves all offsets: the pickle stands in the midst of a file.
    pub(crate) fn shifted(mut self, by: u64) -> Self {
        for pickle in &mut self.pickles {
            pickle.offset += by;
            pickle.broken = pickle.broken.take().map(|error| error.shifted(by));
        }
        for finding in &mut self.findings {
            finding.named_at = finding.named_at.map(|at| at + by);
            finding.used_at.iter_mut().for_each(|at| *at += by);
        }
        self.trailing = self.trailing.map(|(at, len)| (at + by, len));
        self
    }
}
