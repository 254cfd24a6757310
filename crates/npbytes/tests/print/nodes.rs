//! The texts of what pickles hold, compared with those that Python and NumPy printed.
//!
//! `python-fixtures/print_nodes.py` recorded them.

use bytes::Bytes;
use npbytes::pickle::{self, Pickle, ReadOptions};
use npbytes::print::{self, Options};
use npbytes::{ErrorKind, NumPy};

use crate::json::{self, Json};

const TABLES: [&str; 2] = [
    include_str!("../data/print/nodes-numpy-2.4.6.jsonl"),
    include_str!("../data/print/nodes-numpy-1.26.4.jsonl"),
];

fn texts(pickle: &Pickle, options: &Options) -> npbytes::Result<(String, String)> {
    let (mut str, mut repr) = (String::new(), String::new());
    print::write_node_str(&pickle.root(), options, &mut str)?;
    print::write_node_repr(&pickle.root(), options, &mut repr)?;
    Ok((str, repr))
}

fn decoded(line: &Json) -> Pickle {
    let hex = line["pickle"].as_str().unwrap();
    let bytes: Vec<u8> = (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect();
    pickle::decode(&Bytes::from(bytes), &ReadOptions::default()).unwrap()
}

#[test]
fn every_text_is_that_of_numpy() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for table in TABLES {
        let mut lines = table.lines().map(json::parse);
        let numpy: NumPy = lines.next().unwrap()["numpy"].as_str().unwrap().parse().unwrap();
        for line in lines {
            let mut options = Options { profile: numpy.into(), ..Options::default() };
            for (key, value) in line["options"].pairs() {
                match key.as_str() {
                    "linewidth" => options.linewidth = value.number(),
                    "threshold" => options.threshold = value.number(),
                    "edgeitems" => options.edgeitems = value.number(),
                    key => panic!("the option {key}"),
                }
            }
            let (str, repr) = texts(&decoded(&line), &options).unwrap();
            let name = line["name"].as_str().unwrap();
            for (ours, what) in [(str, "str"), (repr, "repr")] {
                count += 1;
                let theirs = line[what].as_str().unwrap();
                if ours != theirs {
                    wrong.push(format!("{numpy} {name} {what}:\n{ours}\ninstead of\n{theirs}"));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {count}:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(20)].join("\n")
    );
    assert!(count > 1000, "{count}");
}

/// Texts that no Python has are bounded, and nothing recurses over the input.
#[test]
fn what_is_shown_is_bounded() {
    // A list in a list, and so on, 40 times doubled.
    let mut laughs = b"\x80\x04]\x94K\x01a".to_vec();
    for level in 0..40_u8 {
        laughs.extend([b']', 0x94, b'(', b'h', level, b'h', level, b'e']);
    }
    laughs.push(b'.');
    let laughs = pickle::decode(&laughs.into(), &ReadOptions::default()).unwrap();
    let options = Options { elements: 1000, ..Options::default() };
    let error = texts(&laughs, &options).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Limit { name: "elements", limit: 1000, .. }));

    let deep = [&b"]".repeat(200_000)[..], &b"a".repeat(199_999), b"."].concat();
    let deep = pickle::decode(&deep.into(), &ReadOptions::default()).unwrap();
    assert_eq!(texts(&deep, &Options::default()).unwrap().0.len(), 400_000);

    // Arrays of objects in one another, which are recursed over.
    use npbytes::pickle::ArrayObject;
    use npbytes::{DType, Order, Shape};
    let mut pickle = Pickle::new();
    let mut inner = pickle.int(1);
    for _ in 0..100_000 {
        let shape = Shape::new(&[1]).unwrap();
        let array = ArrayObject::objects(DType::parse("O").unwrap(), shape, Order::C, vec![inner]);
        inner = pickle.array(array.unwrap());
    }
    pickle.set_root(inner);
    let error = texts(&pickle, &Options::default()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unsupported(_)), "{error}");
}
