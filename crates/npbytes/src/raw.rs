//! raw
#[derive(Debug)]
pub struct Mismatch;
impl Mismatch {
    pub(crate) fn help(&self) -> Option<String> {
        None
    }
}
impl std::fmt::Display for Mismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("x")
    }
}
