//! What CPython and NumPy gave, as `make.py` recorded it.

use std::collections::BTreeMap;

use bytes::Bytes;
use npbytes::NumPy;
use npbytes::pickle::{self, ArrayClass, NumPyValue, ReadOptions, WriteOptions};

struct Record {
    data: Bytes,
    build: bool,
}

type Records = BTreeMap<(String, u8), Record>;

fn records(recording: &'static [u8]) -> Records {
    let all = Bytes::from_static(recording);
    let mut records = Records::new();
    let mut at = 0;
    while at < all.len() {
        let end = at + all[at..].iter().position(|&byte| byte == b'\n').unwrap();
        let line = std::str::from_utf8(&all[at..end]).unwrap();
        let [name, protocol, len, how] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let data = all.slice(end + 1..end + 1 + len.parse::<usize>().unwrap());
        at = end + 1 + data.len();
        let key = (name.to_owned(), protocol.parse().unwrap());
        records.insert(key, Record { data, build: how == "build" });
    }
    records
}

const NUMPY1: NumPy = NumPy::new(1, 26, 4);
const NUMPY2: NumPy = NumPy::new(2, 4, 6);

fn recordings() -> [(NumPy, Records); 2] {
    [
        (NUMPY1, records(include_bytes!("numpy-1.26.4.bin"))),
        (NUMPY2, records(include_bytes!("numpy-2.4.6.bin"))),
    ]
}

#[test]
fn what_python_wrote_is_written_back_to_the_byte() {
    for (numpy, records) in recordings() {
        assert!(records.len() > 500, "{}", records.len());
        for ((name, protocol), record) in &records {
            let pickle = pickle::decode(&record.data, &ReadOptions::default())
                .unwrap_or_else(|error| panic!("{name} in protocol {protocol}: {error}"));
            assert_eq!(pickle.len(), record.data.len());
            let options = WriteOptions::numpy(numpy).protocol(*protocol);
            let back = pickle.encode(&options).unwrap();
            assert!(back == record.data, "{name} in protocol {protocol} of NumPy {numpy}");
        }
    }
}

#[test]
fn arrays_are_pickled_as_numpy_pickles_them() {
    for (numpy, records) in recordings() {
        let mut built = 0;
        for ((name, protocol), record) in records.iter().filter(|(_, record)| record.build) {
            let case = format!("{name} in protocol {protocol} of NumPy {numpy}");
            let pickle = pickle::decode(&record.data, &ReadOptions::default()).unwrap();
            let Some(NumPyValue::Array(found)) = pickle.root().numpy().unwrap() else {
                panic!("{case}")
            };
            assert_eq!(found.class, ArrayClass::NdArray, "{case}");
            let options = WriteOptions::numpy(numpy).protocol(*protocol);
            assert!(
                pickle::encode(&found.array.view(), &options).unwrap() == record.data,
                "{case}"
            );
            built += 1;
        }
        assert!(built > 250, "{built}");
    }
}

#[test]
fn a_pickle_for_another_numpy_is_the_one_that_it_would_have_written() {
    let [(_, ones), (_, twos)] = recordings();
    let mut same = 0;
    for (key, two) in &twos {
        let Some(one) = ones.get(key) else { continue };
        let case = format!("{} in protocol {}", key.0, key.1);
        let (back, changes) = pickle::retarget(&two.data, NUMPY1, &ReadOptions::default()).unwrap();
        assert!(back == one.data, "{case} for NumPy 1");
        assert_eq!(changes.is_empty(), two.data == one.data, "{case}");
        // Order 'K' of protocol 5 is gone for good where NumPy 1 has written a copy.
        if !(key.0.ends_with(".K") && key.1 == 5) {
            let (back, _) = pickle::retarget(&one.data, NUMPY2, &ReadOptions::default()).unwrap();
            assert!(back == two.data, "{case} for NumPy 2");
        }
        same += 1;
    }
    assert!(same > 500, "{same}");
}

#[test]
fn a_pickle_of_protocol_5_is_what_python_writes_in_an_older_one() {
    for (numpy, records) in recordings() {
        let mut same = 0;
        let mut unlike = Vec::new();
        for ((name, _), five) in records.iter().filter(|((_, protocol), _)| *protocol == 5) {
            let pickle = pickle::decode(&five.data, &ReadOptions::default()).unwrap();
            for protocol in 0..5 {
                let Some(older) = records.get(&(name.clone(), protocol)) else { continue };
                let options = WriteOptions::numpy(numpy).protocol(protocol);
                let case = format!("{name} in protocol {protocol} of NumPy {numpy}");
                let back =
                    pickle.encode(&options).unwrap_or_else(|error| panic!("{case}: {error}"));
                if back == older.data {
                    same += 1;
                } else if name != "plain" {
                    // In which the module of a bytearray's class, and that of another class, are one text in Python.
                    unlike.push(case);
                }
            }
        }
        assert!(unlike.is_empty() && same > 250, "{same}: {unlike:#?}");
    }
}

#[test]
fn a_string_dtype_cannot_be_one_of_numpy_1() {
    let [_, (_, twos)] = recordings();
    let record = &twos[&("strings".to_owned(), 4)];
    let error = pickle::retarget(&record.data, NUMPY1, &ReadOptions::default()).unwrap_err();
    assert_eq!(error.to_string(), "NumPy 1 has no StringDType (at byte 149)");
    assert!(error.help().is_some());
}

/// Elements are slices of the input, from protocol 3 on.
#[test]
fn elements_are_not_copied() {
    let [_, (_, twos)] = recordings();
    for protocol in [3, 4, 5] {
        let record = &twos[&("<i4.1d".to_owned(), protocol)];
        let pickle = pickle::decode(&record.data, &ReadOptions::default()).unwrap();
        let array = pickle.root().array().unwrap();
        assert!(record.data.as_ptr_range().contains(&array.data().as_ptr()), "{protocol}");
    }
}
