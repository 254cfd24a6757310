//! Rust vectors as shared bytes, without a copy.

use bytes::Bytes;

use super::Element;

struct Owner<T>(Vec<T>);

impl<T: Element> AsRef<[u8]> for Owner<T> {
    fn as_ref(&self) -> &[u8] {
        bytemuck::cast_slice(&self.0)
    }
}

pub(super) fn vec<T: Element>(values: Vec<T>) -> Bytes {
    Bytes::from_owner(Owner(values))
}
