//! What holds for every dtype, array, slice and stream of bytes, tried on random ones.

#![allow(clippy::unwrap_used)]

mod round_trips;
mod strategies;
mod totality;
