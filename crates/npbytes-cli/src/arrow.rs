//! Arrow's side: tables of columns (Arrow IPC, Parquet) and tensors as inputs and as outputs.

pub(crate) mod describe;
pub(crate) mod flags;
mod join;
mod rows;
mod sink;
pub(crate) mod stream;
pub(crate) mod table;
pub(crate) mod write;

use bytes::Bytes;
use npbytes_arrow::{ErrorKind, tensor};

use crate::decode::{Content, Loaded};
use crate::failure::{Failure, Result, note};
use crate::input::Input;
use crate::source::Source;

/// An error about a file, as a person reads it.
pub(crate) fn failure(subject: impl Into<String>, error: &npbytes_arrow::Error) -> Failure {
    let subject = subject.into();
    let is_plain = error.column().is_none() && error.row().is_none();
    let failure = match error.kind() {
        ErrorKind::Io(error) => Failure::io(subject, error),
        ErrorKind::NumPy(error) if is_plain => return Failure::of(subject, error, 0),
        _ => Failure::new(subject, said(error)),
    };
    match error.help().as_deref().map(flag_for) {
        Some(help) => failure.with_help(help),
        None => failure,
    }
}

/// The message, without the name that Arrow gives to each kind of error.
fn said(error: &npbytes_arrow::Error) -> String {
    let text = error.to_string();
    let kinds = ["Ipc error: ", "Parser error: ", "Parquet error: ", "External: ", "EOF: "];
    kinds.into_iter().fold(text, |text, kind| match text.strip_prefix(kind) {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}

/// A suggestion in the words of the command.
fn flag_for(help: &str) -> String {
    match help.strip_prefix("raise the limit array_bytes to ") {
        Some(bytes) => format!("if you trust this input, raise the limit: --max-array {bytes}"),
        None => help.to_owned(),
    }
}

/// The array of a tensor's message.
///
/// # Errors
/// What is none.
pub(crate) fn of_tensor(source: &Source, input: &Input, bytes: &Bytes) -> Result<Content> {
    let tensor = tensor_of(source, input, bytes)?;
    if !tensor.names.is_empty() {
        let (name, axes) = (source.name(), tensor.names.join(", "));
        note(&format!("{name}: the names of the axes are left out: {axes}"));
    }
    Ok(Loaded { array: tensor.array, trailing: 0, next: None }.into())
}

/// A tensor, with the names of its axes.
pub(crate) fn tensor_of(source: &Source, input: &Input, bytes: &Bytes) -> Result<tensor::Tensor> {
    let mut options = tensor::ReadOptions::default();
    options.limits = input.limits;
    tensor::decode(bytes, &options).map_err(|error| failure(source.name(), &error))
}

/// Keeps the panics that become errors from standard error, where the errors are told.
pub(crate) fn keep_panics_quiet() {
    let loud = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !npbytes_arrow::is_guarded() {
            loud(info);
        }
    }));
}
