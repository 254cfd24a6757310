//! Pickles: those that Python wrote, read and written back; those that nobody should write.

#![allow(clippy::unwrap_used)]

mod joblib;
mod machine;
mod python2;
mod recorded;
mod unusual;
mod walk;

use bytes::Bytes;
use npbytes::Result;
use npbytes::pickle::{self, Pickle, ReadOptions};

fn decode(bytes: &[u8]) -> Result<Pickle> {
    pickle::decode(&Bytes::copy_from_slice(bytes), &ReadOptions::default())
}
