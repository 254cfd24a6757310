//! Processor time: what a job costs, whoever else is on the machine.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Seconds of processor time, the kernel's included, that one of several runs took.
pub(super) fn seconds<T, E>(count: u32, work: impl Fn() -> Result<T, E>) -> Result<f64, E> {
    let start = now();
    for _ in 0..count {
        std::hint::black_box(work()?);
    }
    Ok((now() - start).as_secs_f64() / f64::from(count))
}

fn now() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let nanoseconds = u32::try_from(time.tv_nsec).unwrap_or(0);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), nanoseconds)
}
