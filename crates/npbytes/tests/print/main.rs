//! The texts of arrays, compared with those that NumPy printed.
//!
//! `python-fixtures/print_cases.py` recorded them: a table of cases from one NumPy, and from others the
//! texts that differ.

#![allow(clippy::unwrap_used)]

mod json;
mod nodes;

use std::collections::HashMap;
use std::fmt::Write as _;

use bytes::Bytes;
use json::Json;
use npbytes::print::{self, FloatMode, Options, Sign};
use npbytes::{Array, ArrayView, AxisOrder, DType, ErrorKind, NumPy, Shape};

const TABLE: &str = include_str!("../data/print/numpy-2.4.6.jsonl");
const OTHERS: [&str; 3] = [
    include_str!("../data/print/numpy-1.26.4.jsonl"),
    include_str!("../data/print/numpy-2.0.2.jsonl"),
    include_str!("../data/print/numpy-2.2.6.jsonl"),
];

struct Case {
    name: String,
    array: Array,
    options: Options,
    texts: Texts,
}

/// `str` and `repr`; `None` where NumPy failed.
#[derive(Clone, Debug, PartialEq)]
struct Texts {
    str: Option<String>,
    repr: Option<String>,
}

impl Texts {
    fn recorded(line: &Json) -> Self {
        let text = |key| line[key].as_str().map(str::to_owned);
        Self { str: text("str"), repr: text("repr") }
    }

    fn ours(case: &Case, numpy: NumPy) -> Self {
        let options = Options { profile: numpy.into(), ..case.options };
        let view = case.array.view();
        Self { str: print::str(&view, &options).ok(), repr: print::repr(&view, &options).ok() }
    }
}

/// The version that the first line names, and the other lines.
fn lines(table: &str) -> (NumPy, impl Iterator<Item = Json>) {
    let mut lines = table.lines().map(json::parse);
    let numpy = lines.next().unwrap()["numpy"].as_str().unwrap().parse().unwrap();
    (numpy, lines)
}

fn cases() -> (NumPy, Vec<Case>) {
    let (numpy, lines) = lines(TABLE);
    (numpy, lines.map(|line| case(&line)).collect())
}

fn case(line: &Json) -> Case {
    let name = line["name"].as_str().unwrap().to_owned();
    let dtype = DType::parse(line["dtype"].as_str().unwrap()).unwrap();
    let shape: Vec<usize> = line["shape"].items().iter().map(Json::number).collect();
    let data = line["data"].as_str().unwrap();
    let (hex, times) = data.split_once('*').unwrap_or((data, "1"));
    let bytes: Vec<u8> = (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect();
    let bytes = Bytes::from(bytes.repeat(times.parse().unwrap()));
    let mut options = Options::default();
    for (key, value) in line["options"].pairs() {
        match key.as_str() {
            "precision" => options.precision = value.number(),
            "threshold" => options.threshold = value.number(),
            "edgeitems" => options.edgeitems = value.number(),
            "linewidth" => options.linewidth = value.number(),
            "suppress" => options.suppress = *value == Json::Bool(true),
            "floatmode" => options.floatmode = value.as_str().unwrap().parse().unwrap(),
            "sign" => options.sign = value.as_str().unwrap().parse().unwrap(),
            _ => panic!("{name}: an unknown option {key}"),
        }
    }
    let shape = Shape::new(&shape).unwrap();
    let array = Array::new(dtype, shape, AxisOrder::C, bytes).unwrap();
    Case { name, array, options, texts: Texts::recorded(line) }
}

/// Compares all cases with one NumPy's texts, and says which differ.
fn compare(numpy: NumPy, cases: &[Case], expected: impl Fn(&Case) -> Texts) {
    let mut report = String::new();
    let mut wrong = 0;
    for case in cases {
        let (expected, ours) = (expected(case), Texts::ours(case, numpy));
        if ours != expected {
            wrong += 1;
            if wrong <= 10 {
                let dtype = case.array.dtype();
                writeln!(
                    report,
                    "{} ({dtype}):\n  NumPy {expected:?}\n  ours  {ours:?}",
                    case.name
                )
                .unwrap();
            }
        }
    }
    assert!(wrong == 0, "{wrong} of {} cases differ from NumPy {numpy}:\n{report}", cases.len());
}

#[test]
fn newest_numpy() {
    let (numpy, cases) = cases();
    assert_eq!(numpy, NumPy::LATEST);
    assert!(cases.len() >= 1600, "{} cases", cases.len());
    compare(numpy, &cases, |case| case.texts.clone());
}

#[test]
fn older_numpys() {
    let (_, cases) = cases();
    for table in OTHERS {
        let (numpy, lines) = lines(table);
        let unlike: HashMap<String, Texts> = lines
            .map(|line| (line["name"].as_str().unwrap().to_owned(), Texts::recorded(&line)))
            .collect();
        assert!(unlike.len() >= 20, "{} cases of NumPy {numpy}", unlike.len());
        for name in unlike.keys() {
            assert!(cases.iter().any(|case| case.name == *name), "{name} is not in the table");
        }
        compare(numpy, &cases, |case| unlike.get(&case.name).unwrap_or(&case.texts).clone());
    }
}

/// Strides change what is read, not how it is written.
#[test]
fn views_print_as_their_copies() {
    let (_, cases) = cases();
    for case in cases.iter().filter(|case| case.array.ndim() == 2 && !case.array.is_empty()) {
        let view = case.array.view();
        let slice = view.slice(&"::-1, ::2".parse().unwrap()).unwrap();
        let bytes = slice.to_bytes(npbytes::Order::C).unwrap();
        let order = AxisOrder::C;
        let copy =
            ArrayView::new(slice.dtype().clone(), slice.shape().clone(), &order, &bytes).unwrap();
        let texts = |view: &ArrayView<'_>| {
            let repr = print::repr(view, &case.options);
            (print::str(view, &case.options).ok(), repr.ok())
        };
        assert_eq!(texts(&slice), texts(&copy), "{}", case.name);
    }
}

#[test]
fn objects_have_no_text() {
    for dtype in ["O", "T", "[('a', '<i4'), ('b', '|O')]"] {
        for shape in [&[][..], &[0], &[2]] {
            let array = zeros(dtype, shape);
            for print in [print::str, print::repr] {
                let error = print(&array.view(), &Options::default()).unwrap_err();
                assert!(matches!(error.kind(), ErrorKind::Unsupported(_)), "{error}");
            }
        }
    }
}

/// Arrays of elements without bytes can be as large as they like.
#[test]
fn what_is_written_is_bounded() {
    let dtype = DType::parse("V0").unwrap();
    let view = |shape: &[usize]| {
        let shape = Shape::new(shape).unwrap();
        ArrayView::new(dtype.clone(), shape, &AxisOrder::C, &[]).unwrap()
    };
    let options = Options::default();
    // repr(np.broadcast_to(np.zeros(1, 'V0'), 10**18))
    assert_eq!(
        print::repr(&view(&[1_000_000_000_000_000_000]), &options).unwrap(),
        "array([b'', b'', b'', ..., b'', b'', b''],\n      shape=(1000000000000000000,), dtype='|V0')"
    );
    let wide = view(&[6; 24]);
    for options in [options, Options { threshold: usize::MAX, ..options }] {
        let error = print::str(&wide, &options).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Limit { name: "elements", .. }), "{error}");
    }
    let few = Options { elements: 5, ..options };
    assert_eq!(print::str(&view(&[5]), &few).unwrap(), "[b'' b'' b'' b'' b'']");
    assert!(print::str(&view(&[6]), &few).is_err());

    // The values of a subarray count too, and so do those that hold none.
    let array = zeros("[('a', '<i4', (3, 2))]", &[]);
    assert!(print::str(&array.view(), &few).is_err());
    let enough = Options { elements: 7, ..options };
    assert_eq!(print::str(&array.view(), &enough).unwrap(), "([[0, 0], [0, 0], [0, 0]],)");
    for dtype in [
        "[('a', '<f8', (1000000000, 0))]",
        "[('a', ([('b', ([('c', ([], (1000000000,)))], (1000000000,)))], (1000000000,)))]",
    ] {
        let array = zeros(dtype, &[1]);
        let few = Options { threshold: usize::MAX, ..few };
        assert!(print::str(&array.view(), &few).is_err(), "{dtype}");
        assert!(print::repr(&array.view(), &few).is_err(), "{dtype}");
    }
}

fn zeros(dtype: &str, shape: &[usize]) -> Array {
    let dtype = DType::parse(dtype).unwrap();
    let shape = Shape::new(shape).unwrap();
    let data = vec![0; shape.bytes(dtype.itemsize()).unwrap()];
    Array::new(dtype, shape, AxisOrder::C, data.into()).unwrap()
}

/// NumPy fails with "number of dimensions must be within [0, 64]", NumPy 1 with 32.
#[test]
fn a_field_has_no_more_axes_than_an_array() {
    let field = |axes: usize| {
        let shape = vec!["1"; axes].join(", ");
        format!("[('a', '<i4', ({shape},))]")
    };
    for numpy in [NumPy::LATEST, NumPy::new(1, 26, 4)] {
        let options = Options { profile: numpy.into(), ..Options::default() };
        let most = numpy.max_dims();
        let prints = |dtype: &str, shape: &[usize]| {
            print::repr(&zeros(dtype, shape).view(), &options).is_ok()
        };
        assert!(prints(&field(most), &[]));
        assert!(prints(&field(most - 1), &[2]));
        assert!(!prints(&field(most), &[2]));
        assert!(prints(&field(most - 2), &[2, 1]));
        assert!(!prints(&field(most - 1), &[2, 1]));
        let nested = format!("[('b', {})]", field(most));
        assert!(prints(&nested, &[]));
        assert!(!prints(&nested, &[2]));
    }
}

#[test]
fn options_at_their_bounds() {
    let array = Array::from_vec(&[3], vec![1.5, 2.0, 1e10]).unwrap();
    let view = array.view();
    let most = Options {
        precision: usize::MAX,
        threshold: usize::MAX,
        edgeitems: usize::MAX,
        linewidth: usize::MAX,
        ..Options::default()
    };
    // with np.printoptions(precision=20000): print(np.array([1.5, 2, 1e10]))
    assert_eq!(print::str(&view, &most).unwrap(), "[1.5e+00 2.0e+00 1.0e+10]");
    let summarised = Options { threshold: 0, ..most };
    assert_eq!(print::str(&view, &summarised).unwrap(), "[1.5e+00 2.0e+00 1.0e+10]");
    // NumPy 2.4 raises RuntimeError: Float formatting result too large
    let fixed = Options { floatmode: FloatMode::Fixed, ..most };
    let error = print::str(&view, &fixed).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Value(_)), "{error}");
    let fixed = Options { precision: 16_000, ..fixed };
    assert_eq!(print::str(&view, &fixed).unwrap().len(), 3 * 16_006 + 4);
    let none =
        Options { precision: 0, threshold: 0, edgeitems: 0, linewidth: 0, ..Options::default() };
    // with np.printoptions(precision=0, threshold=0, edgeitems=0, linewidth=0): ...
    assert_eq!(print::str(&view, &none).unwrap(), "[...\n 1.e+10]");
    assert_eq!(
        print::repr(&view, &none).unwrap(),
        "array([...,\n       1.e+10],\n      shape=(3,))"
    );
}

#[test]
fn a_writer_that_fails_is_an_error() {
    struct Full(usize);
    impl std::fmt::Write for Full {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            self.0 = self.0.checked_sub(text.len()).ok_or(std::fmt::Error)?;
            Ok(())
        }
    }
    let array = Array::from_vec(&[2, 2], vec![1_i64, 2, 3, 4]).unwrap();
    let options = Options::default();
    let len = print::repr(&array.view(), &options).unwrap().len();
    assert!(print::write_repr(&array.view(), &options, &mut Full(len)).is_ok());
    for room in 0..len {
        let error = print::write_repr(&array.view(), &options, &mut Full(room)).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Io { .. }), "{error}");
    }
}

#[test]
fn names_of_options() {
    let modes = [
        ("fixed", FloatMode::Fixed),
        ("unique", FloatMode::Unique),
        ("maxprec", FloatMode::MaxPrec),
        ("maxprec_equal", FloatMode::MaxPrecEqual),
    ];
    for (name, mode) in modes {
        assert_eq!(name.parse::<FloatMode>().unwrap(), mode);
    }
    for (name, sign) in [("-", Sign::Minus), ("+", Sign::Plus), (" ", Sign::Space)] {
        assert_eq!(name.parse::<Sign>().unwrap(), sign);
    }
    assert!("Fixed".parse::<FloatMode>().unwrap_err().help().is_some());
    assert!("".parse::<Sign>().unwrap_err().help().is_some());
}
