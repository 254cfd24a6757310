//! Arrays that are not quite as NumPy alone makes them: metadata of all kinds, subclasses, masks over objects.
//!
//! `make_unusual.py` recorded them.

use npbytes::literal;
use npbytes::pickle::{NumPyValue, WriteOptions};
use npbytes::{Array, NumPy};

const TABLES: [(&[u8], NumPy); 2] = [
    (include_bytes!("unusual-2.4.6.bin"), NumPy::new(2, 4, 6)),
    (include_bytes!("unusual-1.26.4.bin"), NumPy::new(1, 26, 4)),
];

/// The paths of the arrays in an object of each name, and the metadata of the dtype of the first.
const EXPECTED: [(&str, &[&str], Option<&str>); 12] = [
    ("h5py", &[""], None),
    ("float64", &[""], Some("{'kept': 1}")),
    ("frozenset", &[""], None),
    ("dtype", &[""], None),
    ("complex", &[""], None),
    ("struct", &[""], None),
    ("masked-objects", &[".__state__[4][1]"], None),
    ("mrecords", &[""], None),
    ("extended", &[".__state__[1]['unit']"], None),
    ("longer", &[".__state__[5]"], None),
    ("subclass", &[""], None),
    ("title", &[""], None),
];

#[test]
fn unusual_arrays_are_found_and_written_back() {
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for (mut rest, numpy) in TABLES {
        while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
            let line = std::str::from_utf8(&rest[..end]).unwrap();
            let [name, protocol, len] = line.split(' ').collect::<Vec<_>>()[..] else { panic!() };
            let len: usize = len.parse().unwrap();
            let bytes = &rest[end + 1..][..len];
            rest = &rest[end + 1 + len..];
            seen += 1;
            let pickle = super::decode(bytes).unwrap();
            let options = WriteOptions::numpy(numpy).protocol(protocol.parse().unwrap());
            if pickle.encode(&options).unwrap() != bytes {
                wrong.push(format!("{name} {protocol}: written otherwise"));
            }
            let (_, paths, metadata) = EXPECTED.into_iter().find(|case| case.0 == name).unwrap();
            let found: Result<Vec<_>, _> = pickle.arrays().collect();
            let found = match found {
                Ok(found) => found,
                Err(error) => {
                    wrong.push(format!("{name} {protocol}: {error}"));
                    continue;
                }
            };
            let names: Vec<_> = found.iter().map(|(path, _)| path.to_string()).collect();
            if names != paths {
                wrong.push(format!("{name} {protocol}: {names:?}"));
            }
            let dtype = match found.first() {
                Some((_, NumPyValue::Array(found))) => found.array.dtype().clone(),
                Some((_, NumPyValue::Objects(objects))) => objects.dtype.dtype().clone(),
                Some((_, NumPyValue::Masked(masked))) => masked.data.dtype().clone(),
                _ => continue,
            };
            let metadata = metadata.map(|text| literal::parse(text).unwrap());
            if dtype.metadata() != metadata.as_ref() {
                wrong.push(format!("{name} {protocol}: {:?}", dtype.metadata()));
            }
            for path in &names {
                if let Err(error) = pickle.find(path) {
                    wrong.push(format!("{name} {protocol}: {error}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(seen, 96);
}

/// `np.zeros(2, {'names': ['a'], 'formats': ['i4'], 'titles': [(1, 2)]})`: the field is there, its title is not.
#[test]
fn a_title_that_is_no_text_is_left_out() {
    let at = TABLES[0].0.windows(6).position(|window| window == b"title ").unwrap();
    let end = at + TABLES[0].0[at..].iter().position(|&byte| byte == b'\n').unwrap();
    let pickle = super::decode(&TABLES[0].0[end + 1..]).unwrap();
    let array: Array = pickle.root().array().unwrap();
    let fields = array.dtype().fields().unwrap();
    assert_eq!(fields.len(), 1);
    assert_eq!((fields[0].name().as_str(), fields[0].title()), (Some("a"), None));
}
