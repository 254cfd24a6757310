//! Arrow's encapsulated messages: a marker, the length of the metadata, the metadata, the body.
//!
//! Knows nothing of what is in them. All lengths come from the input and are held against it here, so that those
//! behind find as many bytes as they were promised.

use std::io::Read;

use arrow_ipc::{Message, MetadataVersion, root_as_message};
use arrow_schema::ArrowError;
use bytes::Bytes;

use crate::{Error, Result};

/// What stands before the length of the metadata since Arrow 0.15.
pub(crate) const CONTINUATION: [u8; 4] = [0xff; 4];

/// The longest metadata of a message: more than a schema of a million columns takes.
const LONGEST: usize = 1 << 28;

/// A message, whose metadata can be read.
#[derive(Clone, Debug)]
pub(crate) struct Framed {
    metadata: Bytes,
    /// What stands behind the metadata.
    pub(crate) body: Bytes,
}

impl Framed {
    /// The metadata.
    ///
    /// # Errors
    /// What is none.
    pub(crate) fn message(&self) -> Result<Message<'_>> {
        message_of(&self.metadata)
    }
}

fn message_of(metadata: &[u8]) -> Result<Message<'_>> {
    let message = root_as_message(metadata)
        .map_err(|error| broken(format!("no message of Arrow: {error}")))?;
    if message.version() < MetadataVersion::V4 {
        return Err(broken("a message of Arrow before 0.8, which is not read"));
    }
    Ok(message)
}

/// The length that a message says its body has.
fn body_len(metadata: &[u8]) -> Result<usize> {
    let len = message_of(metadata)?.bodyLength();
    usize::try_from(len).map_err(|_| broken(format!("a message with a body of {len} bytes")))
}

/// The message at a place, and the place behind it; none where the stream says that it ends, or does.
///
/// # Errors
/// A message that is cut off, and what is none.
pub(crate) fn at(data: &Bytes, at: usize) -> Result<Option<(Framed, usize)>> {
    let mut rest = data.get(at..).unwrap_or_default();
    let Some((len, head)) = metadata_len(&mut rest, at)? else { return Ok(None) };
    let start = at + head;
    let cut = |needed: usize| {
        let found = data.len() - start;
        broken(format!(
            "cut off: the message at byte {at} needs {needed} bytes more, {found} are there"
        ))
    };
    let end = start.checked_add(len).filter(|&end| end <= data.len()).ok_or_else(|| cut(len))?;
    let metadata = data.slice(start..end);
    let body = body_len(&metadata)?;
    let stop = end.checked_add(body).filter(|&stop| stop <= data.len());
    let stop = stop.ok_or_else(|| cut(len.saturating_add(body)))?;
    Ok(Some((Framed { metadata, body: data.slice(end..stop) }, stop)))
}

/// The next message of a stream; none at its end. Memory grows with what arrives, not with what was promised.
///
/// # Errors
/// As [`at`], a body over the limit, and those of the source.
#[cfg(feature = "ipc")]
pub(crate) fn next(source: &mut impl Read, offset: &mut u64, limit: u64) -> Result<Option<Framed>> {
    let at = usize::try_from(*offset).unwrap_or(usize::MAX);
    let Some((len, head)) = metadata_len(source, at)? else { return Ok(None) };
    let cut = || broken(format!("cut off: the message at byte {at} is not all there"));
    let metadata: Bytes = exactly(source, len)?.ok_or_else(cut)?.into();
    let body = body_len(&metadata)?;
    if body as u64 > limit {
        let message = format!("a message of {body} bytes, the limit on what is held is {limit}");
        return Err(broken(message).with_help(format!("raise the limit array_bytes to {body}")));
    }
    let body = exactly(source, body)?.ok_or_else(cut)?;
    *offset = offset.saturating_add((head + len + body.len()) as u64);
    Ok(Some(Framed { metadata, body: body.into() }))
}

/// How long the metadata is, and how many bytes say so.
fn metadata_len(source: &mut impl Read, at: usize) -> Result<Option<(usize, usize)>> {
    let Some(word) = four(source)? else { return Ok(None) };
    let (word, head) = match word {
        CONTINUATION => match four(source)? {
            Some(word) => (word, 8),
            None => {
                return Err(broken(format!(
                    "cut off: at byte {at} starts a message, and nothing follows"
                )));
            }
        },
        // As before Arrow 0.15.
        word => (word, 4),
    };
    let len = i32::from_le_bytes(word);
    match usize::try_from(len) {
        Ok(0) => Ok(None),
        Ok(len) if len <= LONGEST => Ok(Some((len, head))),
        _ => Err(broken(format!(
            "no message of Arrow at byte {at}: its metadata would be {len} bytes"
        ))),
    }
}

fn four(source: &mut impl Read) -> Result<Option<[u8; 4]>> {
    let bytes = exactly(source, 4)?;
    Ok(bytes.and_then(|bytes| bytes.first_chunk().copied()))
}

/// So many bytes, if there are as many.
fn exactly(source: &mut impl Read, len: usize) -> Result<Option<Vec<u8>>> {
    const FIRST: usize = 1 << 20;
    let mut bytes = Vec::new();
    while bytes.len() < len {
        let more = (len - bytes.len()).min(bytes.len().max(FIRST));
        bytes.try_reserve_exact(more).map_err(std::io::Error::from)?;
        if source.by_ref().take(more as u64).read_to_end(&mut bytes)? < more {
            return Ok(None);
        }
    }
    Ok(Some(bytes))
}

/// The error of bytes that are not what Arrow writes.
pub(crate) fn broken(message: impl Into<String>) -> Error {
    ArrowError::IpcError(message.into()).into()
}

/// A whole file, with its path in the error.
pub(crate) fn read_file(path: &std::path::Path) -> Result<Vec<u8>> {
    let named = |error: std::io::Error| {
        std::io::Error::new(error.kind(), format!("{}: {error}", path.display()))
    };
    Ok(std::fs::read(path).map_err(named)?)
}
