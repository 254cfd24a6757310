//! Pickles, read with serde-pickle as its documentation does for objects that it does not know.

use std::hint::black_box;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use serde_pickle::{DeOptions, value_from_slice};

use super::Result;

/// The pickle that was read last.
#[derive(Default)]
pub struct Pickles {
    data: Vec<u8>,
}

impl Pickles {
    /// Seconds of processor time that one of so many reads took; none where it cannot read this.
    pub fn run(&mut self, job: &str, path: &str) -> Result<f64> {
        let count: u32 = job.strip_prefix("load ").ok_or("no such job")?.parse()?;
        self.data = std::fs::read(path)?;
        let start = now();
        for _ in 0..count {
            let options = DeOptions::new().replace_unresolved_globals();
            match value_from_slice(&self.data, options) {
                Ok(value) => drop(black_box(value)),
                Err(_) => return Ok(f64::INFINITY),
            }
        }
        Ok((now() - start).as_secs_f64() / f64::from(count))
    }
}

fn now() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
