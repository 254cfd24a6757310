//! What archives hold: the members as JSON has them and as a table, and whether they are intact.

use npbytes::npz::{Archive, Member, Method};
use npbytes::{ErrorKind, NumPy, npy};

use crate::archive::{header_failure, key_of};
use crate::arrow::describe::{TableInfo, columns_table};
use crate::commands::Outcome;
use crate::commands::info::tuple;
use crate::failure::Failure;
use crate::json::{ArrayInfo, ErrorInfo, FileInfo, MemberInfo};
use crate::output::{Styles, clean, styled};
use crate::progress::Progress;
use crate::source::Source;

/// How many characters of a name, of a dtype or of a shape a table shows.
const WIDEST: usize = 48;

/// How many bytes of arrays are held at a time.
pub(crate) const IN_FLIGHT: u64 = 256 << 20;

/// How many members are read at a time.
const MOST_AT_ONCE: usize = 4096;

/// Tells about members. What is wrong with one of them is told with it.
pub(crate) fn described(
    source: &Source,
    archive: &Archive,
    members: &[Member<'_>],
    numpy: NumPy,
) -> Vec<MemberInfo> {
    members.iter().map(|member| with_array(source, archive, member, numpy)).collect()
}

/// Tells about a member, with the array that its header describes.
fn with_array(source: &Source, archive: &Archive, member: &Member<'_>, numpy: NumPy) -> MemberInfo {
    let mut info = of_member(archive, member);
    match member.header() {
        Ok(Some(header)) => {
            let size = member.uncompressed_size();
            let mut array = ArrayInfo::of_header(&header, 0, numpy);
            if array.pickled {
                array.data_length = Some(size.saturating_sub(array.data_offset.unwrap_or(size)));
            } else if header.end() > size {
                let name = source.with_member(member.key()).name();
                info.error = Some(ErrorInfo::from(&Failure::new(name, cut_off(&header, size))));
                info.damaged = true;
            }
            info.array = Some(array);
        }
        Ok(None) => {}
        Err(error) => {
            info.error = Some(ErrorInfo::from(&header_failure(source, member, &error)));
            info.damaged = is_damage(&error);
        }
    }
    info
}

/// Tells about a member what the directory of the archive says.
pub(crate) fn of_member(archive: &Archive, member: &Member<'_>) -> MemberInfo {
    let found = archive.get(member.name());
    let is_last = found.is_none_or(|found| {
        found.data_offset().ok() == member.data_offset().ok() && found.crc32() == member.crc32()
    });
    MemberInfo {
        name: member.name().into(),
        key: key_of(archive, member).into(),
        method: method(member.method()),
        uncompressed_size: member.uncompressed_size(),
        compressed_size: member.compressed_size(),
        crc32: Some(member.crc32()),
        data_offset: member.data_offset().ok(),
        array: None,
        hidden: !is_last,
        intact: None,
        error: None,
        damaged: false,
    }
}

/// Whether an error is about what was written, rather than about what is allowed or known.
fn is_damage(error: &npbytes::Error) -> bool {
    let kind = error.kind();
    !matches!(kind, ErrorKind::Limit { .. } | ErrorKind::Unsupported(_) | ErrorKind::Io { .. })
}

fn method(method: Method) -> String {
    match method {
        Method::Stored => "stored".into(),
        Method::Deflated => "deflated".into(),
        Method::Bzip2 => "bzip2".into(),
        Method::Lzma => "lzma".into(),
        Method::Other(number) => format!("method {number}"),
        other => format!("{other:?}"),
    }
}

/// Why an array in a member is not all there.
pub(crate) fn cut_off(header: &npy::Header, size: u64) -> String {
    let found = size.saturating_sub(header.data_offset() as u64);
    let expected = header.data_len();
    format!("the member ends inside the array data: expected {expected} bytes, found {found}")
}

/// What it comes to if some members cannot be read.
pub(crate) fn outcome(members: &[MemberInfo]) -> Outcome {
    match members.iter().any(|member| member.error.is_some()) {
        true => Outcome::Negative,
        false => Outcome::Good,
    }
}

/// Reads members and compares them with the CRC and the sizes that the archive names.
pub(crate) fn check(
    archive: &Archive,
    members: &[Member<'_>],
    infos: &mut [MemberInfo],
    progress: &Progress,
) {
    let mut rest = infos;
    for batch in batches(members, |member| member.uncompressed_size()) {
        let (now, later) = rest.split_at_mut(batch.len().min(rest.len()));
        rest = later;
        // Together they are read on all cores; one by one, if that fails, to know which it was.
        let is_array = |info: &MemberInfo| !info.array.as_ref().is_some_and(|array| array.pickled);
        let is_small = |member: &&Member<'_>| member.uncompressed_size() <= IN_FLIGHT;
        let together = batch.iter().zip(now.iter()).filter(|(_, info)| is_array(info));
        let together: Vec<Member<'_>> =
            together.map(|(member, _)| member).filter(is_small).copied().collect();
        let all_good = archive.read_many(&together).is_ok();
        for (info, member) in now.iter_mut().zip(batch) {
            let is_read = all_good && is_array(info) && is_small(&member);
            let checked = if is_read { Ok(()) } else { check_one(member) };
            if let Err(error) = &checked {
                let failure = Failure::of(info.name.as_str(), error, 0);
                info.damaged |= is_damage(error);
                info.error.get_or_insert_with(|| ErrorInfo::from(&failure));
            }
            info.intact = match &info.error {
                Some(_) => info.damaged.then_some(false),
                None => Some(true),
            };
            progress.add(member.uncompressed_size());
        }
    }
}

/// Reads the contents of a member. What is in them was looked at when it was described.
fn check_one(member: &Member<'_>) -> npbytes::Result<()> {
    if member.uncompressed_size() <= IN_FLIGHT {
        return member.bytes().map(drop);
    }
    std::io::copy(&mut member.reader()?, &mut std::io::sink())?;
    Ok(())
}

/// Cuts a list into runs that cost no more than may be held at a time; a single one may cost more.
pub(crate) fn batches<T>(items: &[T], cost: impl Fn(&T) -> u64) -> Vec<&[T]> {
    let mut batches = Vec::new();
    let (mut start, mut sum) = (0, 0_u64);
    for (index, item) in items.iter().enumerate() {
        let cost = cost(item);
        if index > start && (sum.saturating_add(cost) > IN_FLIGHT || index - start >= MOST_AT_ONCE)
        {
            batches.extend(items.get(start..index));
            (start, sum) = (index, 0);
        }
        sum = sum.saturating_add(cost);
    }
    batches.extend(items.get(start..).filter(|last| !last.is_empty()));
    batches
}

/// How a member lies in its archive, in words.
pub(crate) fn storage(member: &MemberInfo) -> String {
    let at = member.data_offset.map_or_else(String::new, |at| format!(" at byte {at}"));
    match member.method.as_str() {
        "stored" => format!("{}, stored{at}", member.name),
        method => format!("{}, {method} to {} bytes{at}", member.name, member.compressed_size),
    }
}

/// What a file holds as a table.
pub(crate) fn table_of(info: &FileInfo, styles: &Styles) -> Option<String> {
    let members = info.members.as_deref()?;
    Some(match info.encoding {
        Some("npz") | None => table(members, styles),
        Some(_) => table_of_parts(members, styles),
    })
}

/// The members as a table, with what they come to below.
fn table(members: &[MemberInfo], styles: &Styles) -> String {
    const HEADS: [&str; 7] = ["name", "dtype", "shape", "stored", "inflated", "ratio", "method"];
    let mut rows: Vec<[String; 7]> = vec![HEADS.map(Into::into)];
    rows.extend(members.iter().map(row));
    let total =
        |size: fn(&MemberInfo) -> u64| members.iter().map(size).fold(0, u64::saturating_add);
    let stored = total(|member| member.compressed_size);
    let inflated = total(|member| member.uncompressed_size);
    let count = format!("{} member{}", members.len(), if members.len() == 1 { "" } else { "s" });
    if members.len() != 1 {
        let [stored_text, inflated_text] = [stored, inflated].map(|size| size.to_string());
        let ratio = ratio(stored, inflated);
        let empty = String::new;
        rows.push([count, empty(), empty(), stored_text, inflated_text, ratio, empty()]);
    }
    let mut widths = [0; 7];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let remarks = std::iter::once(None).chain(members.iter().map(remark)).chain([None]);
    let mut out = String::new();
    for (index, (row, remark)) in rows.iter().zip(remarks).enumerate() {
        let [name, dtype, shape, stored, inflated, ratio, method] = row;
        let [w0, w1, w2, w3, w4, w5, w6] = widths;
        let line = format!(
            "{name:w0$}  {dtype:w1$}  {shape:w2$}  {stored:>w3$}  {inflated:>w4$}  {ratio:>w5$}  \
             {method:w6$}  {}",
            remark.unwrap_or_default()
        );
        let line = line.trim_end();
        out.push_str(&if index == 0 { styled(styles.label, line) } else { line.to_owned() });
        out.push('\n');
    }
    out
}

/// The arrays in something that is no archive, by their paths, which stand last: a command line needs all of them.
fn table_of_parts(parts: &[MemberInfo], styles: &Styles) -> String {
    let mut rows = vec![["dtype", "shape", "bytes", "path"].map(str::to_owned)];
    rows.extend(parts.iter().map(|part| {
        let [_, dtype, shape, ..] = row(part);
        let array = part.array.as_ref();
        let size = array.and_then(|array| array.data_length);
        let size = size.map_or_else(|| "-".to_owned(), |size| size.to_string());
        let class = array.and_then(|array| array.class).map(|class| format!("{class} of "));
        let dtype = narrow(&(class.unwrap_or_default() + &dtype));
        let remark = part.error.as_ref().and_then(|_| remark(part));
        let path = if part.key.is_empty() { "(all of it)".to_owned() } else { clean(&part.key) };
        [dtype, shape, size, remark.map_or(path.clone(), |remark| format!("{path}  {remark}"))]
    }));
    let widths = [0, 1, 2].map(|column| {
        rows.iter().filter_map(|row| Some(row.get(column)?.chars().count())).max().unwrap_or(0)
    });
    let [w0, w1, w2] = widths;
    let mut out = String::new();
    for (index, [dtype, shape, size, path]) in rows.iter().enumerate() {
        let line = format!("{dtype:w0$}  {shape:w1$}  {size:>w2$}  {path}");
        let line = line.trim_end();
        out.push_str(&if index == 0 { styled(styles.label, line) } else { line.to_owned() });
        out.push('\n');
    }
    out
}

/// The columns of a table, whose names stand last: a command line needs all of them.
pub(crate) fn table_of_columns(table: &TableInfo, styles: &Styles) -> String {
    let rows: Vec<[String; 4]> = columns_table(table)
        .into_iter()
        .map(|[kind, null, numpy, name]| [narrow(&kind), null, narrow(&numpy), clean(&name)])
        .collect();
    let widths = [0, 1, 2].map(|column| {
        rows.iter().filter_map(|row| Some(row.get(column)?.chars().count())).max().unwrap_or(0)
    });
    let [w0, w1, w2] = widths;
    let mut out = String::new();
    for (index, [kind, null, numpy, name]) in rows.iter().enumerate() {
        let line = format!("{kind:w0$}  {null:w1$}  {numpy:w2$}  {name}");
        let line = line.trim_end();
        out.push_str(&if index == 0 { styled(styles.label, line) } else { line.to_owned() });
        out.push('\n');
    }
    out
}

fn row(member: &MemberInfo) -> [String; 7] {
    let (dtype, shape) = match &member.array {
        Some(array) => (array.dtype.clone(), tuple(&array.shape)),
        None => ("-".into(), "-".into()),
    };
    [
        narrow(&member.key),
        narrow(&dtype),
        narrow(&shape),
        member.compressed_size.to_string(),
        member.uncompressed_size.to_string(),
        ratio(member.compressed_size, member.uncompressed_size),
        member.method.clone(),
    ]
}

/// What there is to say about a member behind its row.
fn remark(member: &MemberInfo) -> Option<String> {
    let mut words = Vec::new();
    if member.intact == Some(true) {
        words.push("ok".to_owned());
    }
    if member.hidden {
        words.push("hidden by a later member of this name".into());
    }
    match &member.error {
        Some(error) if member.damaged => {
            words.push(format!("damaged: {}", clean(&error.message)));
        }
        Some(error) => {
            let help = error.help.iter().map(|help| format!("; {}", clean(help)));
            let help: String = help.collect();
            words.push(format!("not read: {}{help}", clean(&error.message)));
        }
        None if member.array.is_none() => words.push("no .npy file".into()),
        None => {}
    }
    (!words.is_empty()).then(|| words.join(", "))
}

/// What is stored for each byte, as a part of 1.
#[allow(clippy::cast_precision_loss, reason = "two digits are shown")]
fn ratio(stored: u64, inflated: u64) -> String {
    match inflated {
        0 => "-".into(),
        _ => format!("{:.2}", stored as f64 / inflated as f64),
    }
}

/// A text without its end where it is too long for a table.
fn narrow(text: &str) -> String {
    let text = clean(text);
    if text.chars().count() <= WIDEST {
        return text;
    }
    let start: String = text.chars().take(WIDEST - 3).collect();
    start + "..."
}
