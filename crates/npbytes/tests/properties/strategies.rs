//! Random dtypes, shapes, axis orders and arrays.

use npbytes::dtype::{Field, Struct, TimeUnit, Unit};
use npbytes::{Array, AxisOrder, ByteOrder, DType, Kind, PyStr, Shape};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Names of fields: plain, with quotes, escapes, Latin-1, beyond, and with what no UTF-8 can say.
fn name() -> impl Strategy<Value = PyStr> {
    let point = prop_oneof![
        8 => 0x61..0x7b_u32,
        1 => 0x20..0x7f_u32,
        1 => 0..0x100_u32,
        1 => 0x100..0x3000_u32,
        1 => 0xd800..0xe000_u32,
        1 => 0x1_0000..0x11_0000_u32,
    ];
    vec(point, 1..6).prop_map(|points| PyStr::from_code_points(points).unwrap())
}

fn time_unit() -> impl Strategy<Value = TimeUnit> {
    let multiple = prop_oneof![Just(1), 2..100_u32, Just(0x7fff_ffff)];
    (select(Unit::ALL.to_vec()), multiple)
        .prop_map(|(unit, multiple)| TimeUnit::new(unit, multiple).unwrap())
}

/// Every kind that is no struct and whose bytes mean something.
pub(crate) fn scalar() -> impl Strategy<Value = DType> {
    let plain = select(vec![
        Kind::Bool,
        Kind::Int8,
        Kind::Int16,
        Kind::Int32,
        Kind::Int64,
        Kind::UInt8,
        Kind::UInt16,
        Kind::UInt32,
        Kind::UInt64,
        Kind::Float16,
        Kind::Float32,
        Kind::Float64,
        Kind::LongDouble,
        Kind::Complex64,
        Kind::Complex128,
        Kind::ComplexLongDouble,
    ]);
    let kind = prop_oneof![
        8 => plain,
        1 => (0..9_usize).prop_map(Kind::Bytes),
        1 => (0..5_usize).prop_map(Kind::Str),
        1 => (0..9_usize).prop_map(Kind::Void),
        1 => time_unit().prop_map(Kind::DateTime64),
        1 => time_unit().prop_map(Kind::TimeDelta64),
    ];
    (kind, any::<bool>()).prop_map(|(kind, big)| {
        let order = if big { ByteOrder::Big } else { ByteOrder::Little };
        DType::new(kind).unwrap().with_byte_order(order)
    })
}

/// A field's dtype: subarrays too.
fn member(inner: impl Strategy<Value = DType>) -> impl Strategy<Value = DType> {
    let shape = prop_oneof![3 => Just(Vec::new()), 1 => vec(0..4_usize, 1..3)];
    (inner, shape).prop_map(|(base, shape)| {
        // An unsized string has no shape in NumPy.
        DType::subarray(base.clone(), &shape).unwrap_or(base)
    })
}

/// Fields, with a gap before each.
type Parts = Vec<(PyStr, Option<PyStr>, DType, usize)>;

fn parts(inner: impl Strategy<Value = DType>) -> impl Strategy<Value = Parts> {
    let gap = prop_oneof![4 => Just(0), 1 => 1..6_usize];
    let title = proptest::option::weighted(0.15, name());
    vec((name(), title, member(inner), gap), 0..5).prop_map(|mut parts: Parts| {
        // Names and titles may not occur twice.
        let mut seen = std::collections::HashSet::new();
        parts.retain_mut(|(name, title, ..)| {
            if title.as_ref().is_some_and(|title| title == name || seen.contains(title)) {
                *title = None;
            }
            seen.insert(name.clone()) && title.as_ref().is_none_or(|t| seen.insert(t.clone()))
        });
        parts
    })
}

fn placed(parts: Parts, offset_of: impl Fn(usize, usize, &DType) -> usize) -> Vec<Field> {
    let mut end = 0;
    let fields = parts.into_iter().map(|(name, title, dtype, gap)| {
        let offset = offset_of(end, gap, &dtype);
        end = offset + dtype.itemsize();
        let field = Field::new(name, dtype, offset);
        match title {
            Some(title) => field.with_title(title),
            None => field,
        }
    });
    fields.collect()
}

/// A struct whose fields stand in order, with gaps between and behind them: what a header can say.
fn in_order(inner: impl Strategy<Value = DType>) -> impl Strategy<Value = DType> {
    (parts(inner), prop_oneof![3 => Just(0), 1 => 1..9_usize]).prop_map(|(parts, behind)| {
        let fields = placed(parts, |end, gap, _| end + gap);
        let end = fields.iter().map(|f| f.offset() + f.dtype().itemsize()).max().unwrap_or(0);
        Struct::new(fields, Some(end + behind), false).unwrap().into()
    })
}

/// A struct whose fields may overlap and stand in any order.
fn anywhere(inner: impl Strategy<Value = DType>) -> impl Strategy<Value = DType> {
    parts(inner).prop_map(|parts| {
        let fields = placed(parts, |end, gap, _| gap * 3 % (end + 1));
        Struct::new(fields, None, false).unwrap().into()
    })
}

/// A struct with a C compiler's padding; of scalars, as `str` does not say which nested ones are aligned.
fn aligned() -> impl Strategy<Value = DType> {
    parts(scalar()).prop_map(|parts| {
        let fields = placed(parts, |end, _, dtype| end.next_multiple_of(dtype.alignment()));
        Struct::new(fields, None, true).unwrap().into()
    })
}

/// Any dtype that a .npy header can hold.
pub(crate) fn saved() -> impl Strategy<Value = DType> {
    let tree = scalar().prop_recursive(3, 12, 4, |inner| in_order(inner).boxed());
    prop_oneof![2 => scalar(), 3 => tree, 1 => aligned()]
}

/// Any dtype that can be said as a text.
pub(crate) fn shown() -> impl Strategy<Value = DType> {
    let objects = select(vec!["O", "T"]).prop_map(|text| DType::parse(text).unwrap());
    let leaf = prop_oneof![8 => scalar(), 1 => objects];
    let tree = leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![in_order(inner.clone()), anywhere(inner)].boxed()
    });
    prop_oneof![4 => tree.clone(), 1 => aligned(), 1 => member(tree)]
}

pub(crate) fn shape() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![8 => vec(0..5_usize, 0..5), 1 => vec(1..3_usize, 0..8)]
}

/// Axes in any order, slowest first.
fn axis_order(axes: usize) -> impl Strategy<Value = AxisOrder> {
    let any = Just((0..axes).collect::<Vec<_>>())
        .prop_shuffle()
        .prop_map(|axes| AxisOrder::permuted(&axes).unwrap());
    prop_oneof![Just(AxisOrder::C), Just(AxisOrder::F), any]
}

/// An array of a dtype: any shape, any axis order, any bytes.
pub(crate) fn array_of(dtype: impl Strategy<Value = DType>) -> impl Strategy<Value = Array> {
    (dtype, shape())
        .prop_flat_map(|(dtype, shape)| {
            let len = shape.iter().product::<usize>() * dtype.itemsize();
            (Just(dtype), axis_order(shape.len()), Just(shape), any::<u64>(), Just(len))
        })
        .prop_map(|(dtype, order, shape, seed, len)| {
            Array::new(dtype, Shape::new(&shape).unwrap(), order, bytes(seed, len).into()).unwrap()
        })
}

/// Any array that a .npy file can hold.
pub(crate) fn array() -> impl Strategy<Value = Array> {
    array_of(saved())
}

/// Bytes that look like nothing.
pub(crate) fn bytes(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    std::iter::repeat_with(next).take(len).collect()
}
