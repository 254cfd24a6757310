//! What NumPy said, compared with what this crate says: tables of cases that `../data/make.py` recorded
//! from real NumPys. No Python is needed to run them.

#![allow(clippy::unwrap_used)]

mod dtypes;
mod headers;
mod layouts;
mod literals;
mod slices;
mod table;
mod written;
