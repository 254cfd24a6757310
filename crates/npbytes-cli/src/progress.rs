//! A bar on standard error for work that takes long: on a terminal only, and only once it has.

use std::cell::{Cell, OnceCell};
use std::io::{self, IsTerminal, Seek, SeekFrom, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Work that is done sooner is not talked about.
const PATIENCE: Duration = Duration::from_secs(1);

/// How many bytes were worked through, of how many.
pub(crate) struct Progress {
    total: u64,
    done: Cell<u64>,
    start: Instant,
    /// Absent where nobody would see it.
    bar: Option<OnceCell<ProgressBar>>,
}

impl Progress {
    /// Starts work on so many bytes.
    pub(crate) fn new(total: u64, is_quiet: bool) -> Self {
        let is_seen = !is_quiet && io::stderr().is_terminal();
        Self { total, done: Cell::new(0), start: Instant::now(), bar: is_seen.then(OnceCell::new) }
    }

    /// Says that some more bytes were worked through.
    pub(crate) fn add(&self, bytes: u64) {
        self.done.set(self.done.get().saturating_add(bytes).min(self.total));
        let Some(bar) = &self.bar else { return };
        if self.start.elapsed() >= PATIENCE && self.done.get() < self.total {
            bar.get_or_init(|| bar_of(self.total)).set_position(self.done.get());
        }
    }

    /// A writer that says what went through it.
    pub(crate) fn watch<W>(&self, target: W) -> Watched<'_, W> {
        Watched { target, progress: self }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.as_ref().and_then(OnceCell::get) {
            bar.finish_and_clear();
        }
    }
}

fn bar_of(total: u64) -> ProgressBar {
    const TEMPLATE: &str = "{wide_bar} {binary_bytes} of {binary_total_bytes}, {eta} left";
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(5));
    match ProgressStyle::with_template(TEMPLATE) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// A writer whose bytes are counted.
pub(crate) struct Watched<'a, W> {
    target: W,
    progress: &'a Progress,
}

impl<W: Write> Write for Watched<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // As often as somebody could look.
        let written = self.target.write(bytes.get(..1 << 24).unwrap_or(bytes))?;
        self.progress.add(written as u64);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.target.flush()
    }
}

impl<W: Seek> Seek for Watched<'_, W> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.target.seek(to)
    }

    fn stream_position(&mut self) -> io::Result<u64> {
        self.target.stream_position()
    }
}
