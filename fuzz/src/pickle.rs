//! Pickles: the machine, all that is made of its graph, and writing it back.

use bytes::Bytes;
use npbytes::npy::{self, Contents};
use npbytes::pickle::{
    self, How, NumPyValue, Pickle, ReadOptions, Step, Verdict, View, WriteOptions,
};
use npbytes::scan::{ScanOptions, scan};
use npbytes::{Limits, NumPy};

use crate::{LARGE, check_error};

/// How many nodes of a graph are looked at one by one.
const MOST_NODES: usize = 2000;

fn decoded(data: &[u8]) -> Option<Pickle> {
    let bytes = Bytes::copy_from_slice(data);
    match pickle::decode(&bytes, &ReadOptions::default()) {
        Ok(pickle) => {
            assert!(pickle.len() <= data.len());
            Some(pickle)
        }
        Err(error) => {
            check_error(&error, data.len());
            None
        }
    }
}

/// The opcodes, with the limits and without.
pub fn pickle_machine(data: &[u8]) {
    let bytes = Bytes::copy_from_slice(data);
    let whole = decoded(data).map(|pickle| pickle.len());
    let tight = Limits::default().pickle_items(8).pickle_memo(4).pickle_depth(3);
    match pickle::decode(&bytes, &ReadOptions::with_limits(tight)) {
        Ok(pickle) => assert_eq!(Some(pickle.len()), whole),
        Err(error) => check_error(&error, data.len()),
    }
    if let Ok((pickle, rest)) = pickle::split(&bytes, &ReadOptions::default()) {
        assert_eq!(pickle.len() + rest.len(), data.len());
    }
    // The listing goes as far as the machine, at least.
    let mut lines = pickle::disassemble(&bytes, &ReadOptions::default());
    let mut end = 0;
    let mut failed = false;
    for line in lines.by_ref() {
        match line {
            Ok(line) => {
                assert_eq!(line.offset(), end, "{line}");
                end += line.len();
                assert!(!line.to_string().is_empty() && !format!("{line:#}").is_empty());
            }
            Err(error) => {
                check_error(&error, data.len());
                failed = true;
            }
        }
    }
    if let Some(len) = whole {
        assert!(!failed, "the listing fails where the machine does not");
        assert_eq!(end, len as u64);
    }
}

/// Every node of the graph, as what it is to Python and to NumPy; the arrays; a scan.
pub fn pickle_whole(data: &[u8]) {
    let bytes = Bytes::copy_from_slice(data);
    let report = pickle::scan(&bytes, &ReadOptions::default());
    assert!(!report.pickles().is_empty());
    for finding in report.findings() {
        assert!(finding.verdict() <= report.verdict(), "{finding}");
        assert!(finding.used_at().len() as u64 <= finding.count());
        assert!(finding.named_at().is_none_or(|at| at < data.len() as u64), "{finding}");
    }
    for found in report.pickles() {
        assert!(found.offset() + found.len() <= data.len() as u64);
        assert!(!(found.broken().is_some() && found.verdict().is_harmless()));
        if let Some(error) = found.broken() {
            check_error(error, data.len());
        }
    }
    let of_file = scan(&bytes, &ScanOptions::default());
    assert!(of_file.verdict() >= Verdict::NumPy);
    let Some(pickle) = decoded(data) else {
        assert!(!report.pickles()[0].verdict().is_harmless());
        return;
    };
    for node in pickle.nodes().take(MOST_NODES) {
        walk(&pickle, node, data.len());
    }
    walk(&pickle, pickle.root(), data.len());
    for found in pickle.arrays().take(MOST_NODES) {
        match found {
            Ok((path, _)) => assert!(path.is_root() || !path.to_string().is_empty()),
            Err(error) => check_error(&error, data.len()),
        }
    }
    // What the scan calls exactly NumPy's is that to the reader.
    if report.pickles()[0].verdict() == Verdict::NumPy {
        let root = pickle.root();
        let is_class = matches!(root.view(), View::Global(_));
        match root.numpy() {
            Ok(found) => assert!(found.is_some() || is_class),
            // Dtypes that this crate does not have, buffers that are not there, objects under a mask.
            Err(error) => check_error(&error, data.len()),
        }
    }
}

fn walk(pickle: &Pickle, node: pickle::Node<'_>, len: usize) {
    assert!(node.offset().is_none_or(|at| at < len as u64));
    match node.view() {
        View::Str(text) => drop(text.to_string()),
        View::Long(long) => drop(long.to_string()),
        View::Tuple(items) | View::List(items) | View::Set(items) | View::FrozenSet(items) => {
            assert_eq!(items.iter().take(LARGE).count(), items.len().min(LARGE));
        }
        View::Dict(pairs) => assert_eq!(pairs.iter().take(LARGE).count(), pairs.len().min(LARGE)),
        View::Global(global) => drop(global.to_string()),
        View::Object(object) => {
            let _ = (object.how(), object.callable().view(), object.args().items());
            for step in object.steps() {
                if let Step::Build(state) = step {
                    let _ = state.view();
                }
            }
        }
        _ => {}
    }
    assert!(!node.type_name().is_empty());
    let _ = (node.text(), node.bytes(), node.int(), node.get("a"));
    match node.numpy() {
        Ok(Some(NumPyValue::Array(found))) => check_size(&found.array),
        Ok(Some(NumPyValue::Scalar(array))) => check_size(&array),
        Ok(Some(NumPyValue::Objects(objects))) => {
            assert_eq!(objects.items.len(), objects.shape.elements());
        }
        Ok(Some(NumPyValue::Masked(masked))) => {
            assert_eq!(masked.data.shape(), masked.mask.shape());
        }
        Ok(_) => {}
        Err(error) => check_error(&error, pickle.len()),
    }
}

fn check_size(array: &npbytes::Array) {
    let view = array.view();
    assert_eq!(view.nbytes(), view.shape().elements() * view.dtype().itemsize());
}

/// What is written back reads as the same, and is written the same again, in any protocol and for any NumPy.
pub fn pickle_rewrite(data: &[u8]) {
    let Some((&choice, data)) = data.split_first() else { return };
    let Some(pickle) = decoded(data) else { return };
    let numpy = if choice & 8 == 0 { NumPy::new(1, 26, 4) } else { NumPy::default() };
    let options = WriteOptions::numpy(numpy).protocol(choice % 6);
    let first = match pickle.encode(&options) {
        Ok(bytes) => bytes,
        Err(error) => return check_error(&error, data.len()),
    };
    let again = pickle::decode(&Bytes::from(first.clone()), &ReadOptions::default());
    let again = again.unwrap_or_else(|error| panic!("{error}: {}", first.escape_ascii()));
    assert_eq!(again.len(), first.len());
    // Older protocols have Python 2's names: `_pickle` is `pickle` there, and a module of its name another one.
    let renamed = options.protocol < 3;
    // Protocols 0 and 1 have a call for NEWOBJ, and those before 5 have arrays in an older form.
    let called = match pickle.root().view() {
        View::Object(object) if object.how() != How::Reduce => options.protocol < 2,
        View::Object(_) => options.protocol < 5 && kind(&pickle).ends_with("._frombuffer"),
        _ => false,
    };
    if !(called || renamed && kind(&pickle).contains('.')) {
        assert_eq!(kind(&again), kind(&pickle));
    }
    for target in [NumPy::new(1, 26, 4), NumPy::default()] {
        match pickle::retarget(&Bytes::copy_from_slice(data), target, &ReadOptions::default()) {
            Ok((bytes, _)) => {
                pickle::decode(&bytes.into(), &ReadOptions::default()).unwrap();
            }
            Err(error) => check_error(&error, data.len()),
        }
    }
    let second = again.encode(&options).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(first.escape_ascii().to_string(), second.escape_ascii().to_string());
}

/// What the root is, in a few words: old protocols have calls for what new ones have opcodes for.
fn kind(pickle: &Pickle) -> String {
    let root = pickle.root();
    let name = root.type_name();
    match root.bytes() {
        Some(bytes) if name != "bytearray" => format!("{} bytes", bytes.len()),
        _ => name.strip_prefix("builtins.").unwrap_or(&name).to_owned(),
    }
}

/// Files that hold a pickle: `.npy` with objects, joblib's, and whatever else a scan opens.
pub fn files(data: &[u8]) {
    let bytes = Bytes::copy_from_slice(data);
    let limits = Limits::default().inflate_bytes(1 << 20);
    let report = scan(&bytes, &ScanOptions::default().limits(limits));
    for part in report.parts() {
        assert!(part.verdict() <= report.verdict());
        assert!(part.error().is_none() || !part.verdict().is_harmless());
    }
    match npy::decode_contents(&bytes, &npy::ReadOptions::default()) {
        Ok(Contents::Objects(pickle)) => {
            // Nothing says that the pickle behind a header of objects is one of an array; only one can be written.
            if let Ok(out) = npy::encode_objects(&pickle, &npy::WriteOptions::default()) {
                let back = npy::decode_contents(&out.into(), &npy::ReadOptions::default());
                assert!(matches!(back, Ok(Contents::Objects(_))), "{:?}", back.err());
            }
        }
        Ok(_) => {}
        Err(error) => check_error(&error, data.len()),
    }
}
