//! The decoders of other crates, each turned into one that takes bytes from below and makes some.

use std::io::Read;

use bzip2::Status as BzStatus;
use flate2::{Decompress, FlushDecompress, Status};
use lzma_rust2::{Action, LzmaStream, Status as LzmaStatus, StreamResult, XzStream};
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::input::Stack;
use super::layer::{cut_off, damaged, follows, too_large};
use super::{Codec, MAX_WINDOW};
use crate::error::{Error, Result};

/// What a step came to.
pub(super) enum Made {
    /// So many bytes, at least one.
    Bytes(usize),
    /// The stream is at its end, and its sums are right.
    End,
}

/// The decoder of one stream, member or frame.
pub(crate) struct Decoder {
    codec: Codec,
    state: State,
    /// What the last step said of the end, if it made bytes, too.
    ended: Option<Result<bool>>,
}

enum State {
    Deflate(Decompress),
    Bzip2(bzip2::Decompress),
    Xz(Box<XzStream>),
    Lzma(Box<LzmaStream>),
    Zstd(Box<Frame>),
}

/// What a step of a decoder that is handed bytes came to.
pub(crate) struct Step {
    pub(crate) taken: usize,
    pub(crate) made: usize,
    /// Whether that was the end, or why it does not go on behind what was made.
    pub(crate) ended: Result<bool>,
}

impl Decoder {
    pub(crate) fn new(codec: Codec) -> Self {
        /// `MAX_WINDOW` in KiB, with some for the decoder itself.
        const MEMORY: u32 = (128 + 4) << 10;
        const { assert!(MAX_WINDOW == 128 << 20) };
        let state = match codec {
            Codec::Gzip => State::Deflate(Decompress::new_gzip(15)),
            Codec::Zlib => State::Deflate(Decompress::new(true)),
            Codec::Bzip2 => State::Bzip2(bzip2::Decompress::new(false)),
            Codec::Xz => State::Xz(Box::new(XzStream::new_mem_limit(false, MEMORY))),
            Codec::Lzma => State::Lzma(Box::new(LzmaStream::new_mem_limit(MEMORY, None))),
            Codec::Zstd => State::Zstd(Box::default()),
        };
        Self { codec, state, ended: None }
    }

    /// Takes bytes from below until some are made or the stream ends. There is room for at least one.
    pub(super) fn make<R: Read>(
        &mut self,
        below: &mut Stack<R>,
        buffer: &mut [u8],
    ) -> Result<Made> {
        if let State::Zstd(frame) = &mut self.state {
            return frame.make(below, buffer);
        }
        if let Some(ended) = self.ended.take()
            && ended?
        {
            return Ok(Made::End);
        }
        let codec = self.codec;
        loop {
            let input = below.fill(1)?;
            let is_last = input.is_empty();
            let step = self.step(input, buffer);
            below.take(step.taken);
            if step.made > 0 {
                self.ended = Some(step.ended);
                return Ok(Made::Bytes(step.made));
            }
            if step.ended? {
                return Ok(Made::End);
            }
            if step.taken == 0 {
                return Err(match is_last {
                    true => cut_off(codec, below.base_offset()),
                    false => damaged(codec, "it does not go on"),
                });
            }
        }
    }

    /// Takes some of the bytes at hand; none are at hand at the end of the input.
    pub(crate) fn step(&mut self, input: &[u8], buffer: &mut [u8]) -> Step {
        let codec = self.codec;
        let before = self.totals();
        let ended = match &mut self.state {
            State::Deflate(state) => {
                let status = state.decompress(input, buffer, FlushDecompress::None);
                status.map(|status| status == Status::StreamEnd).map_err(|error| {
                    match (error.needs_dictionary(), error.message()) {
                        (Some(_), _) => {
                            damaged(codec, "it was made with a dictionary, which is not here")
                        }
                        (None, message) => damaged(codec, message.unwrap_or("no deflated data")),
                    }
                })
            }
            State::Bzip2(state) => match state.decompress(input, buffer) {
                Ok(BzStatus::MemNeeded) => Err(Error::io(std::io::ErrorKind::OutOfMemory.into())),
                Ok(status) => Ok(status == BzStatus::StreamEnd),
                Err(bzip2::Error::DataMagic) => Err(damaged(codec, "it does not start as one")),
                Err(_) => Err(damaged(codec, "a block is none, or not what its CRC says")),
            },
            State::Xz(state) => lzma_step(codec, state.process(input, buffer, action(input))),
            State::Lzma(state) => lzma_step(codec, state.process(input, buffer, action(input))),
            // It takes what it needs by itself.
            State::Zstd(_) => Ok(true),
        };
        let after = self.totals();
        // At most the lengths of the slices.
        let less = |after: u64, before: u64| usize::try_from(after.saturating_sub(before));
        Step {
            taken: less(after.0, before.0).unwrap_or(0),
            made: less(after.1, before.1).unwrap_or(0),
            ended,
        }
    }

    /// How many bytes went in and came out so far, those of a step that failed too.
    fn totals(&self) -> (u64, u64) {
        match &self.state {
            State::Deflate(state) => (state.total_in(), state.total_out()),
            State::Bzip2(state) => (state.total_in(), state.total_out()),
            State::Xz(state) => (state.total_in(), state.total_out()),
            State::Lzma(state) => (state.total_in(), state.total_out()),
            State::Zstd(_) => (0, 0),
        }
    }
}

fn action(input: &[u8]) -> Action {
    if input.is_empty() { Action::Finish } else { Action::Run }
}

fn lzma_step(codec: Codec, result: std::io::Result<StreamResult>) -> Result<bool> {
    use std::io::ErrorKind;
    match result {
        Ok(result) => Ok(result.status == LzmaStatus::StreamEnd),
        // The bytes ran out, which is told where that is seen.
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        Err(error) if error.kind() == ErrorKind::OutOfMemory => Err(too_large(codec, None)),
        Err(error) => Err(damaged(codec, error)),
    }
}

/// One frame of zstd. A decoder that is used again takes memory for the whole window at once, a new one
/// as it goes.
#[derive(Default)]
pub(super) struct Frame {
    state: Option<FrameDecoder>,
    made: u64,
}

impl Frame {
    fn make<R: Read>(&mut self, below: &mut Stack<R>, buffer: &mut [u8]) -> Result<Made> {
        let mut feed = Feed { below, error: None, is_at_end: false };
        let state = match &mut self.state {
            Some(state) => state,
            None => match feed.start()? {
                Some(state) => self.state.insert(state),
                None => return Ok(Made::End),
            },
        };
        while state.can_collect() == 0 && !state.is_finished() {
            let decoded = state.decode_blocks(&mut feed, BlockDecodingStrategy::UptoBlocks(1));
            decoded.map_err(|error| feed.failure(&error))?;
        }
        if state.can_collect() == 0 {
            return self.end();
        }
        let made = state.read(buffer).map_err(Error::io)?;
        self.made = self.made.saturating_add(made as u64);
        Ok(Made::Bytes(made))
    }

    /// Checks what the frame says of its contents.
    fn end(&self) -> Result<Made> {
        let Some(state) = &self.state else { return Ok(Made::End) };
        // Zero stands for a size that is not said, too.
        if state.content_size() != 0 && state.content_size() != self.made {
            let (said, made) = (state.content_size(), self.made);
            let what = format!("a frame of {said} bytes became {made}");
            return Err(damaged(Codec::Zstd, what));
        }
        let sums = state.get_checksum_from_data().zip(state.get_calculated_checksum());
        match sums {
            Some((said, found)) if said != found => {
                let what = format!("the checksum is {found:08x}, expected {said:08x}");
                Err(damaged(Codec::Zstd, what))
            }
            _ => Ok(Made::End),
        }
    }
}

/// Bytes from below for a decoder that reads, with the reason if there are none.
struct Feed<'a, R> {
    below: &'a mut Stack<R>,
    error: Option<Error>,
    is_at_end: bool,
}

impl<R: Read> Read for Feed<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self.below.read_into(buffer) {
            Ok(0) if !buffer.is_empty() => {
                self.is_at_end = true;
                Ok(0)
            }
            Ok(read) => Ok(read),
            Err(error) => {
                self.error = Some(error);
                Err(std::io::Error::other("below"))
            }
        }
    }
}

impl<R: Read> Feed<'_, R> {
    /// Reads the head of a frame; none where it is one to be skipped, and was.
    fn start(&mut self) -> Result<Option<FrameDecoder>> {
        let mut state = FrameDecoder::new();
        state.set_max_window_size(MAX_WINDOW);
        let started = state.init(&mut *self);
        match started {
            Ok(()) => Ok(Some(state)),
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                length,
                ..
            })) => {
                let length = u64::from(length);
                let skipped = std::io::copy(&mut self.by_ref().take(length), &mut std::io::sink());
                match (skipped, self.error.take()) {
                    (_, Some(error)) => Err(error),
                    (Ok(skipped), None) if skipped == length => Ok(None),
                    _ => Err(cut_off(Codec::Zstd, self.below.base_offset())),
                }
            }
            Err(error) => Err(self.failure(&error)),
        }
    }

    /// Why a decoder failed.
    fn failure(&mut self, error: &FrameDecoderError) -> Error {
        match (self.error.take(), error) {
            (Some(error), _) => error,
            (None, _) if self.is_at_end => cut_off(Codec::Zstd, self.below.base_offset()),
            (None, FrameDecoderError::WindowSizeTooBig { requested, .. }) => {
                too_large(Codec::Zstd, Some(*requested))
            }
            (None, FrameDecoderError::DictNotProvided { dict_id }) => damaged(
                Codec::Zstd,
                format!("it was made with the dictionary {dict_id}, which is not here"),
            ),
            (
                None,
                FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::BadMagicNumber(_)),
            ) => follows(Codec::Zstd),
            (None, error) => damaged(Codec::Zstd, error),
        }
    }
}
