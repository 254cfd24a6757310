//! What the fuzz targets do with an input. Each is run by `cargo fuzz`, and on the committed corpus by a
//! plain test.
//!
//! A target fails by a panic: the decoder's own, or that of an assertion about what must hold for all
//! inputs. Nothing is compared with NumPy here; the tests of the crates do that.

mod arrow;
mod npz;
mod pickle;
mod raw;

use bytes::Bytes;
use npbytes::literal::{self, Options, Value};
use npbytes::npy::{self, Header, ReadOptions, Reader, WriteOptions};
use npbytes::{Array, ArrayView, DType, Error, Kind, Limits, NumPy, Order, Profile, Python, print};

pub use arrow::arrow_files;
pub use npz::{npz, npz_edit};
pub use pickle::{files, pickle_machine, pickle_rewrite, pickle_whole};
pub use raw::raw;

/// Larger arrays are not printed, swapped and copied: a file of few bytes may claim many.
const LARGE: usize = 1 << 16;

/// A target's name, which is that of its folder in the corpus, and its body.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 12] = [
    ("literal", literal),
    ("dtype", dtype),
    ("header", header),
    ("npy", npy),
    ("raw", raw),
    ("npz", npz),
    ("npz_edit", npz_edit),
    ("pickle_machine", pickle_machine),
    ("pickle_whole", pickle_whole),
    ("pickle_rewrite", pickle_rewrite),
    ("files", files),
    ("arrow_files", arrow_files),
];

/// An error can be shown, and points into the input or right behind it.
fn check_error(error: &Error, len: usize) {
    assert!(!error.to_string().is_empty());
    assert!(!format!("{error:?}").is_empty());
    assert_ne!(error.help().as_deref(), Some(""));
    assert!(error.offset().is_none_or(|at| at <= len as u64), "{error:?} of {len} bytes");
}

/// Python literals.
pub fn literal(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let longs = Options { python2_longs: true, ..Options::default() };
    match literal::parse(text) {
        Ok(value) => {
            assert_eq!(parsed(text, &longs).map(|v| repr(&v)), Some(repr(&value)));
            check_repr(&value);
        }
        Err(error) => {
            check_error(&error, data.len());
            if let Err(error) = literal::parse_with(text, &longs) {
                check_error(&error, data.len());
            }
        }
    }
    let shallow = Options { limits: Limits::default().depth(3), ..Options::default() };
    if let Err(error) = literal::parse_with(text, &shallow) {
        check_error(&error, data.len());
    }
}

fn parsed(text: &str, options: &Options) -> Option<Value> {
    literal::parse_with(text, options).ok()
}

fn repr(value: &Value) -> String {
    value.repr(Python::DEFAULT)
}

/// What `repr` writes reads back as the same.
fn check_repr(value: &Value) {
    let text = repr(value);
    // No literals in Python either; and the `repr` of `-2j` is `(-0-2j)`, which is another number.
    let words = ["Ellipsis", "inf", "nan", "j"];
    if words.iter().any(|word| text.contains(word)) {
        return;
    }
    match literal::parse(&text) {
        Ok(again) => assert_eq!(repr(&again), text),
        // A sum is a level of its own in `repr` only: `(1+2j)`.
        Err(error) => assert!(error.to_string().contains("depth"), "{text}: {error}"),
    }
}

/// Texts of dtypes.
pub fn dtype(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for numpy in [NumPy::LATEST, NumPy::new(1, 26, 4)] {
        match DType::parse_for(text, numpy) {
            Ok(dtype) => check_dtype(&dtype),
            Err(error) => check_error(&error, data.len()),
        }
    }
}

fn check_dtype(dtype: &DType) {
    assert!(dtype.itemsize() <= 0x7fff_ffff);
    assert!(dtype.alignment().is_power_of_two());
    assert!(!dtype.repr().is_empty() && !dtype.typestr().is_empty());
    let big = dtype.with_byte_order(npbytes::ByteOrder::Big);
    assert_eq!(big.itemsize(), dtype.itemsize());
    assert_eq!(big.with_byte_order(npbytes::ByteOrder::Big), big);
    if says_all(dtype) {
        let shown = dtype.to_string();
        let again = DType::parse(&shown).unwrap_or_else(|error| panic!("{shown}: {error}"));
        assert_eq!(again, *dtype, "{shown}");
    }
    for numpy in NumPy::MEASURED {
        let Ok(descr) = dtype.descr(Profile::from(numpy)) else { continue };
        let value = literal::parse(&descr).unwrap_or_else(|error| panic!("{descr}: {error}"));
        if says_all(dtype) && !dtype.has_object() && dtype.as_subarray().is_none() {
            let again = DType::from_descr(&value);
            assert_eq!(again.unwrap_or_else(|error| panic!("{descr}: {error}")), *dtype, "{descr}");
        }
    }
}

/// Whether NumPy's texts of a dtype say all of it. They do not for fields without a name, which look like
/// padding, for aligned structs inside of others, and for a StringDType.
fn says_all(dtype: &DType) -> bool {
    fn inside(dtype: &DType) -> bool {
        match dtype.kind() {
            Kind::Struct(fields) => {
                !fields.is_aligned()
                    && fields.fields().iter().all(|f| !f.name().is_empty() && inside(f.dtype()))
            }
            Kind::Subarray(sub) => inside(sub.base()),
            _ => true,
        }
    }
    !matches!(dtype.kind(), Kind::String) && inside(dtype)
}

/// Headers: the input is the version's major number and the text.
pub fn header(data: &[u8]) {
    let Some((&major, text)) = data.split_first() else { return };
    let options = ReadOptions::with_limits(Limits::default().header_bytes(1 << 20));
    let file = |text: &[u8]| {
        let mut file = npy::MAGIC.to_vec();
        file.extend([major, 0]);
        match major {
            1 => file.extend(u16::try_from(text.len()).unwrap_or(u16::MAX).to_le_bytes()),
            _ => file.extend(u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes()),
        }
        file.extend(text);
        file
    };
    let bytes = file(text);
    let parsed = match Header::parse(&bytes, &options) {
        Ok(header) => header,
        Err(error) => return check_error(&error, bytes.len()),
    };
    check_dtype(parsed.dtype());
    assert_eq!(parsed.version(), (major, 0));
    assert!(parsed.data_offset() <= bytes.len());
    assert_eq!(parsed.end(), parsed.data_offset() as u64 + parsed.data_len() as u64);
    // There are a quick and a full reader: a comment behind the header is for the full one.
    if text.ends_with(b"\n") && text.len() < 60_000 {
        let commented = [text, b"#\n"].concat();
        let full = Header::parse(&file(&commented), &options).unwrap();
        assert_eq!((full.dtype(), full.shape()), (parsed.dtype(), parsed.shape()));
        assert_eq!(full.fortran_order(), parsed.fortran_order());
    }
}

/// Whole .npy files, and several in one stream.
pub fn npy(data: &[u8]) {
    let options = ReadOptions::with_limits(Limits::default().header_bytes(1 << 20));
    let bytes = Bytes::copy_from_slice(data);
    let decoded = npy::decode(&bytes, &options);
    assert_eq!(npy::view(data, &options).is_ok(), decoded.is_ok());
    stream(data, options, decoded.as_ref().ok());
    match decoded {
        Ok(array) => {
            let (again, rest) = npy::split(&bytes, &options).unwrap();
            assert_eq!(again.data(), array.data());
            assert!(data.ends_with(&rest));
            check_array(&array);
        }
        Err(error) => check_error(&error, data.len()),
    }
}

/// A stream reads what memory does.
fn stream(data: &[u8], options: ReadOptions, decoded: Option<&Array>) {
    let mut reader = match Reader::new(data, options) {
        Ok(reader) => reader,
        Err(error) => {
            assert!(decoded.is_none());
            return check_error(&error, data.len());
        }
    };
    match reader.read_array() {
        Ok(array) => {
            let array = array.unwrap();
            let decoded = decoded.unwrap();
            assert_eq!((array.dtype(), array.shape()), (decoded.dtype(), decoded.shape()));
            assert_eq!(array.data(), decoded.data());
        }
        Err(error) => {
            assert!(decoded.is_none());
            check_error(&error, data.len());
        }
    }
    let mut reader = Reader::new(data, options).unwrap();
    let mut rows = Vec::new();
    while let Ok(Some(chunk)) = reader.read_rows(2) {
        rows.extend_from_slice(chunk.data());
    }
    assert!(decoded.is_none_or(|array| *array.data() == rows));
    while let Ok(Some(_)) = reader.next_array() {}
}

/// An array that was read can be written, in all ways the same, and reads back.
fn check_array(array: &Array) {
    let view = array.view();
    check_dtype(array.dtype());
    for numpy in [NumPy::LATEST, NumPy::new(1, 23, 5)] {
        let options = WriteOptions::numpy(numpy);
        let file = npy::encode(&view, &options).unwrap();
        let mut streamed = Vec::new();
        npy::encode_to(&mut streamed, &view, &options).unwrap();
        assert_eq!(file, streamed);
        let raised = ReadOptions::with_limits(Limits::default().header_bytes(u64::MAX));
        let back = npy::decode(&file.into(), &raised).unwrap();
        assert_eq!((back.dtype(), back.shape()), (array.dtype(), array.shape()));
        assert!(back.to_bytes(Order::C).unwrap() == array.to_bytes(Order::C).unwrap());
    }
    check_view(&view);
}

fn check_view(view: &ArrayView<'_>) {
    // Elements of no bytes may be more than can be walked over.
    if view.nbytes() > LARGE || view.len() > LARGE {
        return;
    }
    let c = view.to_bytes(Order::C).unwrap();
    assert_eq!(c.len(), view.nbytes());
    assert_eq!(view.to_bytes(Order::F).unwrap().len(), view.nbytes());
    assert_eq!(view.elements().count(), view.len());
    let size = view.dtype().itemsize();
    assert!(view.elements().all(|element| element.len() == size));
    for order in [npbytes::ByteOrder::Little, npbytes::ByteOrder::Big] {
        let swapped = view.to_array(Order::F, order).unwrap();
        let again = swapped.converted(Order::C, order).unwrap();
        assert_eq!(again.shape(), view.shape());
        assert_eq!(again.dtype(), &view.dtype().with_byte_order(order));
    }
    for field in view.dtype().fields().unwrap_or_default() {
        if let Some(name) = field.name().as_str()
            && let Ok(field) = view.field(name)
        {
            assert_eq!(field.to_bytes(Order::C).unwrap().len(), field.nbytes());
        }
    }
    let options = print::Options::default();
    let _ = (print::str(view, &options), print::repr(view, &options));
}
