//! Arrays with names: what the commands that write many arrays read them from. A file is one, an archive is
//! as many as it has members, a folder all of those in it.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::Path;

use npbytes::npy;
use npbytes::npz::{Archive, Member, Method};

use crate::archive::{self, Access, Container};
use crate::arrow::table::{Table, content_of};
use crate::contents::Contents;
use crate::decode::{self, Content, READ_UP_TO};
use crate::failure::{Failure, Result, note, quoted};
use crate::flags::LayoutArgs;
use crate::format::{Format, Reading, unwrapped_name};
use crate::input::Input;
use crate::listing::{IN_FLIGHT, cut_off};
use crate::message;
use crate::source::{Opened, Source, expand_one};
use crate::walk::Walk;
use crate::wrapped;

/// An argument: `FILE`, or `NAME=FILE`.
#[derive(Debug)]
pub(crate) struct Named {
    name: Option<String>,
    pub(crate) source: Source,
}

impl Named {
    /// A source without a name of its own.
    pub(crate) fn of(source: Source) -> Self {
        Self { name: None, source }
    }

    /// Whether no name is asked for.
    pub(crate) fn has_no_name(&self) -> bool {
        self.name.is_none()
    }

    /// The source, where no name is asked for.
    pub(crate) fn without_name(self) -> Result<Source> {
        match self.name {
            Some(name) => {
                let message = format!("only a member of an archive has a name such as {name:?}");
                Err(Failure::new(self.source.name(), message)
                    .with_help(format!("leave {name}= out, or write an archive")))
            }
            None => Ok(self.source),
        }
    }
}

/// The arguments of a command, patterns expanded. A file whose own name has a `=` comes first.
///
/// # Errors
/// A pattern that matches nothing.
pub(crate) fn named(arguments: Vec<OsString>) -> Result<Vec<Named>> {
    let mut all = Vec::new();
    for argument in arguments {
        let mut sources = Vec::new();
        expand_one(argument.clone(), &mut sources);
        let is_there = |source: &Result<Source>| source.as_ref().is_ok_and(Source::is_there);
        let split = argument.to_str().and_then(|text| text.split_once('='));
        let mut name = None;
        if let Some((given, file)) = split
            && !sources.iter().all(is_there)
        {
            sources.clear();
            expand_one(file.into(), &mut sources);
            name = Some(given);
        }
        for source in sources {
            all.push(Named { name: name.map(Into::into), source: source? });
        }
    }
    Ok(all)
}

/// What arrays are called that are not given a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Naming {
    /// As `np.savez(file, a)` does if there is one file with one array: `arr_0`. Else by their files.
    NumPy,
    /// By their files.
    Stem,
}

/// Inputs that were opened.
#[derive(Debug)]
pub(crate) struct Inputs {
    inputs: Vec<OneInput>,
}

#[derive(Debug)]
struct OneInput {
    source: Source,
    /// The name of the array, or what stands before the names of the members.
    name: String,
    /// How long the file is, where that is known.
    len: u64,
    input: Input,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// A file that is read when its turn comes.
    File,
    /// What is at hand: from a pipe, or the arrays of a pickle with their names in it.
    Loaded(Vec<(Option<String>, Contents)>),
    Archive(Archive),
    /// One member of an archive, the one that the source names.
    Member(Archive),
}

impl Inputs {
    /// Opens the inputs. The one that will be written is left out of folders.
    ///
    /// # Errors
    /// Those of the files; an array that has no name.
    pub(crate) fn open(
        all: Vec<Named>,
        input: &Input,
        naming: Naming,
        target: Option<&Path>,
    ) -> Result<Self> {
        let is_alone = naming == Naming::NumPy && all.len() == 1;
        let is_one = all.len() == 1;
        let mut inputs = Self { inputs: Vec::new() };
        for Named { name, source } in all {
            match source.path().filter(|path| source.member().is_none() && path.is_dir()) {
                Some(folder) => {
                    if let Some(name) = name {
                        return Err(name_for_many(&name, &source));
                    }
                    inputs.add_folder(folder, input, target)?;
                }
                None => {
                    // One of several files need not be what the flags for raw bytes are about.
                    let input = if is_one { input.clone() } else { for_one(&source, input) };
                    inputs.add_file(source, name, is_alone, input)?;
                }
            }
        }
        Ok(inputs)
    }

    fn add_file(
        &mut self,
        source: Source,
        name: Option<String>,
        is_alone: bool,
        input: Input,
    ) -> Result<()> {
        let kind = opened(&source, &input)?;
        let len = match &kind {
            Kind::Loaded(all) => all.iter().map(|(_, contents)| contents.nbytes()).sum(),
            _ => source.path().and_then(|path| path.metadata().ok()).map_or(0, |data| data.len()),
        };
        let name = match (&kind, name) {
            (kind, Some(name)) if kind.is_many() => return Err(name_for_many(&name, &source)),
            (kind, None) if kind.is_many() => String::new(),
            (_, Some(name)) => name,
            (_, None) => match source.member() {
                Some(member) => member.strip_suffix(".npy").unwrap_or(member).into(),
                None if is_alone => "arr_0".into(),
                None => stem(&source)?,
            },
        };
        self.inputs.push(OneInput { source, name, len, input, kind });
        Ok(())
    }

    fn add_folder(&mut self, folder: &Path, input: &Input, target: Option<&Path>) -> Result<()> {
        let target = target.and_then(|target| target.canonicalize().ok());
        let mut walk = Walk { input, target, found: Vec::new(), ignored: Vec::new() };
        walk.folder(folder, "")?;
        let subject = folder.display().to_string();
        if let Some(first) = walk.ignored.first() {
            let count = walk.ignored.len();
            let files = if count == 1 {
                "1 file was"
            } else {
                &format!("this and other files, {count} in all, were")
            };
            let raw = if input.has_dtype() { "" } else { ", and raw ones (.bin) with --dtype" };
            note(&format!(
                "{}: {files} left out, since .npy and .npz files are read{raw}",
                first.display()
            ));
        }
        if walk.found.is_empty() {
            return Err(Failure::new(subject, "no arrays in this folder")
                .with_help("files of raw bytes (.bin, .raw, .dat, .buf) need --dtype"));
        }
        for (name, path) in walk.found {
            let source = Source::file(path);
            let input = for_one(&source, input);
            let kind = opened(&source, &input)?;
            let len =
                source.path().and_then(|path| path.metadata().ok()).map_or(0, |data| data.len());
            let name = if kind.is_many() { name + "/" } else { name };
            self.inputs.push(OneInput { source, name, len, input, kind });
        }
        Ok(())
    }

    /// The arrays, in the order of the arguments, of names in a folder, and of members in an archive.
    ///
    /// # Errors
    /// Two of one name; a member whose header cannot be read.
    pub(crate) fn entries(&self) -> Result<Vec<Entry<'_>>> {
        let mut entries = Vec::new();
        for one in &self.inputs {
            match &one.kind {
                Kind::Archive(archive) => {
                    for member in archive.members() {
                        entries.push(one.of_member(archive, member, None)?);
                    }
                }
                Kind::Member(archive) => {
                    let member = archive::member(&one.source, archive)?;
                    entries.push(one.of_member(archive, member, Some(&one.name))?);
                }
                Kind::File => entries.push(one.entry(What::File)),
                Kind::Loaded(all) => entries.extend(all.iter().map(|(name, contents)| {
                    let entry = one.entry(What::Loaded(contents));
                    let name = name.as_ref().map_or_else(String::new, Clone::clone);
                    Entry { name: entry.name + &name, bytes: contents.nbytes(), ..entry }
                })),
            }
        }
        let mut names: HashMap<&str, &Source> = HashMap::new();
        for entry in &entries {
            if let Some(first) = names.insert(&entry.name, &entry.source) {
                return Err(clash(&entry.name, first, &entry.source));
            }
        }
        Ok(entries)
    }
}

impl OneInput {
    fn entry<'a>(&'a self, what: What<'a>) -> Entry<'a> {
        // What is mapped takes no memory of its own.
        let held = matches!(what, What::File) && self.len <= READ_UP_TO;
        Entry {
            name: self.name.clone(),
            source: self.source.clone(),
            bytes: self.len,
            cost: if held { self.len } else { 0 },
            input: &self.input,
            what,
        }
    }

    /// A member, under its own name behind that of the input unless another is given.
    fn of_member<'a>(
        &'a self,
        archive: &'a Archive,
        member: Member<'a>,
        name: Option<&str>,
    ) -> Result<Entry<'a>> {
        let source = self.source.with_member(archive::key_of(archive, &member));
        let header = member.header();
        let header =
            header.map_err(|error| archive::header_failure(&self.source, &member, &error))?;
        let bytes = member.uncompressed_size();
        let elements = header.as_ref().filter(|header| !header.dtype().has_object());
        if let Some(header) = elements.filter(|header| header.end() > bytes) {
            return Err(Failure::new(source.name(), cut_off(header, bytes)));
        }
        let is_array = header.is_some();
        Ok(Entry {
            name: match name {
                Some(name) => name.into(),
                None if is_array => format!("{}{}", self.name, member.key()),
                None => format!("{}{}", self.name, member.name()),
            },
            source,
            bytes,
            // Stored members are slices of what is mapped.
            cost: match self.source.path() {
                Some(_) if member.method() == Method::Stored => 0,
                _ => bytes,
            },
            input: &self.input,
            what: What::Member { archive, member, header },
        })
    }
}

/// An array that has a name, and was not read yet.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    /// The name it will have, without `.npy`; of what is no array, the whole name.
    pub(crate) name: String,
    pub(crate) source: Source,
    /// How many bytes it has, as far as that is known.
    pub(crate) bytes: u64,
    /// How many of them are held when it is read.
    pub(crate) cost: u64,
    input: &'a Input,
    what: What<'a>,
}

#[derive(Debug)]
enum What<'a> {
    File,
    Loaded(&'a Contents),
    Member { archive: &'a Archive, member: Member<'a>, header: Option<npy::Header> },
}

impl Kind {
    /// Whether there are names in it already.
    fn is_many(&self) -> bool {
        match self {
            Self::Archive(_) => true,
            Self::Loaded(all) => all.iter().any(|(name, _)| name.is_some()),
            Self::File | Self::Member(_) => false,
        }
    }
}

impl<'a> Entry<'a> {
    /// Whether it is an array, rather than something else in an archive.
    pub(crate) fn is_array(&self) -> bool {
        self.other().is_none()
    }

    /// What it is in an archive, if it is no array.
    pub(crate) fn other(&self) -> Option<&Member<'a>> {
        match &self.what {
            What::Member { header: None, member, .. } => Some(member),
            _ => None,
        }
    }

    /// Whether it stands for a folder in an archive: that of files whose names say it too.
    pub(crate) fn is_folder(&self) -> bool {
        self.name.ends_with('/') && self.bytes == 0 && !self.is_array()
    }

    /// The member and its header, if it is read by rows: a deflated array that is too large to be held, and is
    /// written as it lies.
    pub(crate) fn by_rows(
        &self,
        input: &Input,
        layout: &LayoutArgs,
    ) -> Option<(Member<'a>, &npy::Header)> {
        let What::Member { member, header: Some(header), .. } = &self.what else { return None };
        let keeps = !input.has_part() && layout.keeps_layout() && !header.dtype().has_object();
        let has_rows = !header.shape().is_empty() && !header.fortran_order();
        let is_large = member.method().is_compressed() && self.cost > IN_FLIGHT;
        (is_large && keeps && has_rows).then_some((*member, header))
    }

    fn read(&self) -> Result<Contents> {
        match self.what {
            What::Loaded(contents) => Ok(contents.clone()),
            What::File => Contents::of(&self.source, decode::open(&self.source, self.input)?),
            What::Member { member, .. } => {
                let item = member.read();
                Ok(item.map_err(|error| Failure::of(self.source.name(), &error, 0))?.into())
            }
        }
    }
}

/// Reads entries, those that follow one another in an archive on all cores.
///
/// # Errors
/// Those of the first that cannot be read.
pub(crate) fn read_all(entries: &[&Entry<'_>]) -> Result<Vec<Contents>> {
    let mut all = Vec::with_capacity(entries.len());
    let mut rest = entries;
    while let Some(first) = rest.first() {
        let What::Member { archive, .. } = first.what else {
            all.push(first.read()?);
            rest = rest.get(1..).unwrap_or_default();
            continue;
        };
        let members: Vec<Member<'_>> = rest
            .iter()
            .map_while(|entry| match entry.what {
                What::Member { archive: same, member, .. } if std::ptr::eq(archive, same) => {
                    Some(member)
                }
                _ => None,
            })
            .collect();
        let items = archive.read_many(&members);
        let whole = first.source.whole().name();
        let items = items.map_err(|error| Failure::of(whole, &error, 0))?;
        all.extend(items.into_iter().map(Contents::from));
        rest = rest.get(members.len()..).unwrap_or_default();
    }
    Ok(all)
}

/// The failure of two arrays of one name.
fn clash(name: &str, first: &Source, second: &Source) -> Failure {
    let failure = Failure::new(first.name(), format!("two arrays would be called {name:?}"));
    let argument = quoted(&second.argument());
    if first == second && first.member().is_some() {
        return failure.with_help(format!("of two members, NumPy finds the last: {argument}"));
    }
    failure.with_help(format!("give the other one a name of its own: NAME={argument}"))
}

/// Opens what is an archive, and reads what would be gone otherwise.
fn opened(source: &Source, input: &Input) -> Result<Kind> {
    if source.member().is_some() {
        if input.offset > 0 || input.is_for_raw() {
            return Ok(Kind::File);
        }
        let archive = match archive::open_any(source, input, Access::Contents)? {
            Container::Archive(archive) => archive,
            Container::Message(document) => {
                let content = message::load(source, input, &document)?;
                return Ok(Kind::Loaded(Contents::all_of(source, content)?));
            }
            Container::Table(table) => {
                return Ok(Kind::Loaded(Contents::all_of(source, table.content(source)?)?));
            }
            Container::Pickle(pickled) => {
                let all = Contents::all_of(source, Content::Pickled(pickled))?;
                return Ok(Kind::Loaded(all));
            }
        };
        let (member, path) = archive::found(source, &archive)?;
        let is_array = path.is_none() && matches!(member.header(), Ok(Some(_)));
        return Ok(if is_array { Kind::Member(archive) } else { Kind::File });
    }
    if archive::is_archive(source, input) {
        return archive::open(source, input, Access::Contents).map(Kind::Archive);
    }
    if is_pickle(source, input) {
        let all = Contents::all_of(source, decode::open(source, input)?)?;
        return Ok(Kind::Loaded(all));
    }
    if is_table(source, input)
        && let Some(table) = decode::open_table(source, input)?
    {
        return columns(source, &table);
    }
    let mut stream = match wrapped::open(source, input)? {
        Opened::Regular { .. } => return Ok(Kind::File),
        Opened::Stream(stream) => stream,
    };
    let head = decode::start_stream(source, input, &mut stream)?;
    if input.reading(source, &head)? == Reading::Npz {
        let bytes = decode::rest_of_stream(source, input, &head, &mut stream)?;
        return archive::of_bytes(source, input, &bytes.into(), input.offset).map(Kind::Archive);
    }
    if let Reading::Table(format) = input.reading(source, &head)? {
        let bytes = decode::rest_of_stream(source, input, &head, &mut stream)?;
        return columns(source, &Table::of_bytes(source, input, format, bytes.into())?);
    }
    let content = decode::from_started(source, input, &head, stream)?;
    Ok(Kind::Loaded(Contents::all_of(source, content)?))
}

/// Whether a source is a pickle, or a message of msgpack, which is taken for the pickle of what is in it; as far as that
/// can be told without reading a pipe.
pub(crate) fn is_pickle(source: &Source, input: &Input) -> bool {
    let Some(head) = wrapped::peek(source, input).filter(|_| source.member().is_none()) else {
        return false;
    };
    let reading = input.reading(source, &head);
    reading.is_ok_and(|reading| matches!(reading, Reading::Pickle | Reading::Msgpack))
}

/// The columns of a table, with their names if they are several.
fn columns(source: &Source, table: &Table) -> Result<Kind> {
    let mut all = Vec::new();
    for (name, values) in table.all()? {
        let column =
            name.as_deref().map_or_else(|| source.clone(), |name| source.with_member(name));
        let contents = Contents::of(&column, content_of(&column.name(), values)?)?;
        all.push((name, contents));
    }
    if all.is_empty() {
        return Err(Failure::new(source.name(), "a table without columns"));
    }
    Ok(Kind::Loaded(all))
}

/// Whether a source is a table, or a column of one, as far as that can be told without reading a pipe.
pub(crate) fn is_table(source: &Source, input: &Input) -> bool {
    let whole = source.whole();
    let Some(head) = wrapped::peek(&whole, input) else { return false };
    matches!(input.reading(&whole, &head), Ok(Reading::Table(_)))
}

/// Whether a source is a table of several arrays.
pub(crate) fn is_table_of_many(source: &Source, input: &Input) -> bool {
    source.member().is_none()
        && is_table(source, input)
        && decode::open_table(source, input).is_ok_and(|table| {
            table.is_some_and(|table| table.schema().fields().len() > 1 && !table.is_structured())
        })
}

/// The name of an array that is the only one of a file: the one that is given, or that of the file.
pub(crate) fn name_of(named: &Named) -> Result<String> {
    match (&named.name, named.source.member()) {
        (Some(name), _) => Ok(name.clone()),
        (None, Some(member)) => Ok(member.strip_suffix(".npy").unwrap_or(member).into()),
        (None, None) if named.source.path().is_none() => Ok("data".into()),
        (None, None) => stem(&named.source),
    }
}

/// Whether a source is a pickle of something that is no array.
pub(crate) fn is_pickle_of_many(source: &Source, input: &Input) -> bool {
    is_pickle(source, input)
        && match decode::open(source, input) {
            Ok(Content::Pickled(pickled)) => matches!(pickled.numpy(source), Ok(None)),
            _ => false,
        }
}

/// The flags for one of several files: those for raw bytes are not about the others.
fn for_one(source: &Source, input: &Input) -> Input {
    let format = source.path().and_then(|path| Format::of_extension(&unwrapped_name(path)));
    match format {
        Some(Format::Npy | Format::Npz) => input.without_raw_flags(),
        _ => input.clone(),
    }
}

pub(crate) fn name_for_many(name: &str, source: &Source) -> Failure {
    Failure::new(source.name(), format!("holds many arrays, of which one would be {name:?}"))
        .with_help(format!("leave {name}= out, or name one array: {name}=FILE::MEMBER"))
}

/// The name of a file without its folder and its extension.
fn stem(source: &Source) -> Result<String> {
    let stem = source.path().map(|path| {
        let path = unwrapped_name(path);
        path.file_stem().unwrap_or_default().to_str().map(ToOwned::to_owned)
    });
    match stem {
        Some(Some(stem)) => Ok(stem),
        Some(None) => Err(Failure::new(source.name(), "the name is not Unicode")
            .with_help("give the array a name: NAME=FILE")),
        None => Err(Failure::new(source.name(), "nothing says what to call the array")
            .with_help("give it a name: NAME=-")),
    }
}
