//! Raw bytes: a dtype, a shape and a slice from outside.

use bytes::Bytes;
use npbytes::raw::{self, Spec};
use npbytes::{AxisOrder, DType, Order, Slice};

use super::{check_error, check_view};

/// Lines of text, then the bytes: dtype; shape; order, offset and count; slice.
///
/// ```text
/// <i4
/// 2,-1
/// F 4 6
/// ::-1, 0
/// <the bytes>
/// ```
pub fn raw(data: &[u8]) {
    let mut parts = data.splitn(5, |&byte| byte == b'\n');
    let mut line = || std::str::from_utf8(parts.next().unwrap_or_default()).unwrap_or_default();
    let (dtype, shape, rest, slice) = (line(), line(), line(), line());
    let bytes = Bytes::copy_from_slice(parts.next().unwrap_or_default());
    let Ok(dtype) = DType::parse(dtype) else { return };
    let mut spec = Spec::new(dtype);
    if shape != "*" {
        let dims = shape.split(',').filter(|dim| !dim.is_empty());
        let Ok(dims) = dims.map(str::parse).collect::<Result<Vec<i64>, _>>() else { return };
        spec = spec.shape(&dims);
    }
    let mut words = rest.split(' ');
    if words.next() == Some("F") {
        spec = spec.order(AxisOrder::F);
    }
    let offset = words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
    spec = spec.offset(offset);
    if let Some(count) = words.next().and_then(|word| word.parse().ok()) {
        spec = spec.count(count);
    }
    let array = match raw::decode(&bytes, &spec) {
        Ok(array) => array,
        Err(error) => {
            assert!(raw::view(&bytes, &spec).is_err());
            return check_error(&error, bytes.len().max(offset));
        }
    };
    let view = array.view();
    assert_eq!(raw::view(&bytes, &spec).unwrap().shape(), array.shape());
    if array.view().len() <= super::LARGE {
        let encoded = raw::encode(&view, Order::A).unwrap();
        assert!(!view.is_c_contiguous() || encoded == *array.data());
    }
    check_view(&view);
    match slice.parse::<Slice>() {
        Ok(slice) => match view.slice(&slice) {
            Ok(part) => check_view(&part),
            Err(error) => check_error(&error, 0),
        },
        Err(error) => check_error(&error, data.len()),
    }
}
