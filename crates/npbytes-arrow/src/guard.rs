//! What stands between the readers of others and whoever hands them a broken file.
//!
//! The readers of Arrow and Parquet check much and not all: some lengths of a damaged file lead them to an index that
//! is none, and to a panic. What can be checked before is checked before; this is for the rest. Nothing of theirs is
//! used on after a panic.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow_schema::ArrowError;

use crate::Result;

thread_local! {
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// Whether this thread is in a reader whose panics become errors: a hook for panics that prints may ask, and be silent.
pub fn is_guarded() -> bool {
    DEPTH.get() > 0
}

/// Runs a reader; a panic of it is an error that says that the input is damaged.
pub(crate) fn guarded<T>(what: &str, read: impl FnOnce() -> Result<T>) -> Result<T> {
    struct Level;
    impl Drop for Level {
        fn drop(&mut self) {
            DEPTH.set(DEPTH.get().saturating_sub(1));
        }
    }
    DEPTH.set(DEPTH.get() + 1);
    let level = Level;
    let result = catch_unwind(AssertUnwindSafe(read));
    drop(level);
    result.unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said =
            said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no word on why");
        Err(ArrowError::ParseError(format!("{what} is damaged: {said}")).into())
    })
}
