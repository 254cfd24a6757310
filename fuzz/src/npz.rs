//! Archives: read in every way, the ways compared; and edited, the rest left as it was.

use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use npbytes::npz::{
    self, Archive, Compression, EditOptions, Editor, Item, Member, ReadOptions, WriteOptions,
};
use npbytes::{Array, Error, Limits};

use crate::{check_array, check_error};

/// An archive of few bytes may claim many, and a thousand times as many be in it.
const MOST: u64 = 1 << 21;

fn options(check_crc: bool) -> ReadOptions {
    let limits = Limits::default()
        .header_bytes(1 << 20)
        .members(1000)
        .array_bytes(MOST)
        .inflate_bytes(MOST)
        .inflate_ratio(100);
    ReadOptions::default().limits(limits).check_crc(check_crc)
}

/// What is wrong with a member counts from its start, and what is wrong with the archive from that of the input.
fn check(error: &Error, len: usize) {
    let counts_in_member = error.member().is_some();
    check_error(error, if counts_in_member { usize::MAX } else { len });
}

/// Whole archives.
pub fn npz(data: &[u8]) {
    for check_crc in [true, false] {
        match npz::decode(&Bytes::copy_from_slice(data), &options(check_crc)) {
            Ok(archive) => read(&archive, data.len()),
            Err(error) => check(&error, data.len()),
        }
    }
}

fn read(archive: &Archive, len: usize) {
    assert!(archive.trailing() <= len as u64);
    assert_eq!(archive.keys().len(), archive.len());
    let mut all = true;
    for member in archive.members() {
        assert!(archive.get(member.name()).is_some());
        assert!(archive.get(member.key()).is_some());
        all &= contents(&member, len).is_some();
    }
    match archive.read_all() {
        Ok(items) => assert!(all && items.len() == archive.len()),
        Err(error) => check(&error, len),
    }
}

/// The contents of a member, which are the same in each way that it is read.
fn contents(member: &Member<'_>, len: usize) -> Option<Bytes> {
    let mut streamed = Vec::new();
    let stream = member.reader().and_then(|mut reader| {
        // Pieces of odd lengths.
        let mut piece = [0; 37];
        loop {
            match reader.read(&mut piece)? {
                0 => return Ok(()),
                read => streamed.extend_from_slice(&piece[..read]),
            }
        }
    });
    let header = member.header();
    match (member.bytes(), stream) {
        (Ok(bytes), Ok(())) => {
            assert!(bytes == streamed);
            assert_eq!(bytes.len() as u64, member.uncompressed_size());
            check_item(member, header.as_ref().ok().map(Option::is_some), len);
            Some(bytes)
        }
        (Err(error), Err(streamed)) => {
            check(&error, len);
            check(&streamed, len);
            None
        }
        // A stream holds nothing, and may be longer than what may be held.
        (Err(error), Ok(())) => {
            assert!(error.to_string().contains("`array_bytes`"), "{error:?}");
            None
        }
        (Ok(_), Err(error)) => panic!("{member:?} only as a stream: {error:?}"),
    }
}

fn check_item(member: &Member<'_>, header: Option<bool>, len: usize) {
    match (member.read(), member.array()) {
        (Ok(Item::Array(array)), Ok(again)) => {
            assert_eq!(header, Some(true));
            assert_eq!(array.data(), again.data());
            check_array(&array);
        }
        (Ok(Item::Bytes(_)), Err(_)) => assert_eq!(header, Some(false)),
        (Err(error), Err(_)) => check(&error, len),
        (item, array) => panic!("{item:?} and {array:?}"),
    }
}

/// Where files are quick: in memory, if the system has such a place.
fn folder() -> PathBuf {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() }
}

/// Edits: the first bytes say what is done, the others are an archive.
pub fn npz_edit(data: &[u8]) {
    let Some((&[how, first, second], file)) = data.split_first_chunk() else { return };
    let Ok(temporary) = tempfile::NamedTempFile::new_in(folder()) else { return };
    let path = temporary.path();
    std::fs::write(path, file).unwrap();
    let compression =
        [Compression::None, Compression::NumPy, Compression::Fast][usize::from(how & 3) % 3];
    let write = WriteOptions::default().compression(compression).align(how & 4 != 0);
    let mut edit = EditOptions::default().write(write).discard_trailing(how & 8 != 0);
    edit.read = options(true);
    if how & 16 != 0 {
        return compact(path, file, &edit);
    }
    let before = match npz::read(path, &options(true)) {
        Ok(archive) => archive,
        Err(error) => {
            check(&error, file.len());
            assert!(Editor::open(path, &edit).is_err());
            assert!(std::fs::read(path).unwrap() == file);
            return;
        }
    };
    let kept = file.len() - usize::try_from(before.trailing()).unwrap();
    let mut editor = match Editor::open(path, &edit) {
        Ok(editor) => editor,
        Err(error) => {
            check(&error, file.len());
            assert!(std::fs::read(path).unwrap() == file);
            return;
        }
    };
    let mut expected: HashMap<String, Option<Bytes>> = HashMap::new();
    for member in before.members() {
        expected.insert(member.name().to_owned(), contents(&member, file.len()));
    }
    let array = Array::from_vec(&[3], vec![first, second, how]).unwrap();
    for step in [first, second] {
        let name = before.keys().nth(usize::from(step >> 2)).unwrap_or("new").to_owned();
        match step & 3 {
            0 => drop(editor.append(&name, &array.view())),
            1 => editor
                .replace(&name, &array.view())
                .unwrap_or_else(|error| check(&error, file.len())),
            _ => drop(editor.remove(&name)),
        }
    }
    let names: Vec<String> = editor.names().map(Into::into).collect();
    drop(before);
    if how & 32 != 0 {
        drop(editor);
        assert!(std::fs::read(path).unwrap() == file[..kept]);
        return;
    }
    editor.commit().unwrap();
    let bytes = std::fs::read(path).unwrap();
    assert!(bytes.starts_with(&file[..kept]));
    let after = npz::read(path, &options(true)).unwrap();
    assert_eq!(after.trailing(), 0);
    assert!(after.members().map(|member| member.name()).eq(names.iter().map(String::as_str)));
    for member in after.members().filter(|member| after.get(member.name()).is_some()) {
        let found = contents(&member, bytes.len());
        let ours = found.as_ref().is_some_and(|found| found.ends_with(array.data()));
        let twice = names.iter().filter(|name| *name == member.name()).count() > 1;
        // What could not be read may be read now: limits count what is in the archive besides.
        let same = match expected.get(member.name()) {
            Some(Some(before)) => found.as_ref() == Some(before),
            Some(None) => true,
            None => false,
        };
        // One that claims too much keeps the others from being read, the new one too.
        let limited = found.is_none() && expected.values().any(Option::is_none);
        assert!(ours || twice || same || limited, "{member:?}");
    }
    // What a crash on the way leaves is the archive that was there.
    let changed = bytes.len() > kept;
    if changed && kept > 0 {
        let cut = kept + usize::from(second) % (bytes.len() - kept);
        let crashed = npz::decode(&Bytes::copy_from_slice(&bytes[..cut]), &options(true)).unwrap();
        assert_eq!(crashed.trailing(), (cut - kept) as u64);
    }
}

fn compact(path: &Path, file: &[u8], edit: &EditOptions) {
    match npz::compact(path, edit) {
        Ok((from, to)) => {
            let bytes = std::fs::read(path).unwrap();
            assert_eq!((from, to), (file.len() as u64, bytes.len() as u64));
            let old = npz::decode(&Bytes::copy_from_slice(file), &edit.read).unwrap();
            let new = npz::decode(&Bytes::from(bytes), &edit.read).unwrap();
            assert!(new.members().map(|m| m.name()).eq(old.members().map(|m| m.name())));
            for (new, old) in new.members().zip(old.members()) {
                assert_eq!(contents(&new, to as usize), contents(&old, file.len()));
            }
            assert_eq!(npz::compact(path, edit).unwrap(), (to, to));
        }
        Err(error) => {
            check(&error, file.len());
            assert!(std::fs::read(path).unwrap() == file);
        }
    }
}
