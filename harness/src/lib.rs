//! Proves npbytes against real NumPy.
//!
//! The [`matrix`] is data: dtype x shape x layout x encoding. [`script`] turns it into Python with
//! the templates of `python-fixtures/`; [`environment`] makes the Pythons with pinned NumPys that
//! run it; [`fixtures`] keeps what they wrote and the [`manifest`] of what NumPy says it is.
//! [`roundtrip`] compares all of that with npbytes in both directions, [`archives`] what is written of
//! many arrays at once, [`verdicts`] compares what each side accepts.
//!
//! It holds no format knowledge of its own beyond the element layouts of [`matrix::types`]:
//! expected bytes and verdicts come from NumPy.

pub mod archives;
pub mod arrow;
pub mod bridge;
pub mod codec;
pub mod doors;
pub mod environment;
mod error;
pub mod fixtures;
pub mod leaves;
pub mod manifest;
pub mod matrix;
pub mod peer;
pub mod pickles;
pub mod roundtrip;
pub mod script;
pub mod speed;
pub mod throughput;
pub mod verdicts;

pub use error::{Error, Result};
