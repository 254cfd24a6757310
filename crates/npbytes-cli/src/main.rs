//! The command `npbytes`.
fn main() {}
