//! There and back again, and two ways to the same place.

use std::io::Cursor;

use bytes::Bytes;
use npbytes::npy::{self, GrowingWriter, ReadOptions, Reader, WriteOptions, Writer};
use npbytes::raw::{self, Spec};
use npbytes::{
    Array, ArrayView, AxisOrder, ByteOrder, DType, Kind, NumPy, Order, Profile, Shape, Slice,
};
use proptest::prelude::*;
use proptest::sample::select;

use crate::strategies::{array, array_of, saved, scalar, shown};

/// The bytes of elements with their padding zeroed: where elements are moved, it is not kept.
fn masked(dtype: &DType, bytes: &[u8]) -> Vec<u8> {
    let size = dtype.itemsize();
    if size == 0 {
        return bytes.to_vec();
    }
    bytes.chunks(size).flat_map(|element| masked_element(dtype, element)).collect()
}

fn masked_element(dtype: &DType, element: &[u8]) -> Vec<u8> {
    match dtype.kind() {
        Kind::Struct(fields) => {
            let mut out = vec![0; element.len()];
            for field in fields.fields() {
                let range = field.offset()..field.offset() + field.dtype().itemsize();
                out[range.clone()].copy_from_slice(&masked_element(field.dtype(), &element[range]));
            }
            out
        }
        Kind::Subarray(sub) => masked(sub.base(), element),
        _ => element.to_vec(),
    }
}

/// Indices in C order.
fn indices(shape: &[usize]) -> Vec<Vec<usize>> {
    shape.iter().fold(vec![Vec::new()], |all, &dim| {
        let longer = |index: &Vec<usize>| {
            let index = index.clone();
            (0..dim).map(move |i| [&index[..], &[i]].concat())
        };
        all.iter().flat_map(longer).collect()
    })
}

/// The elements in C order, one by one.
fn elements(view: &ArrayView<'_>) -> Vec<u8> {
    let all = indices(view.shape());
    all.iter().flat_map(|index| view.element(index).unwrap()).copied().collect()
}

/// The elements in Fortran order, one by one.
fn elements_f(view: &ArrayView<'_>) -> Vec<u8> {
    let mut reversed = view.shape().to_vec();
    reversed.reverse();
    let all = indices(&reversed).into_iter().map(|mut index| {
        index.reverse();
        index
    });
    all.flat_map(|index| view.element(&index).unwrap().to_vec()).collect()
}

#[track_caller]
fn assert_same(found: &Array, expected: &Array) {
    assert_eq!(found.dtype(), expected.dtype());
    assert_eq!(found.shape(), expected.shape());
    let masked = |array: &Array| masked(array.dtype(), &array.to_bytes(Order::C).unwrap());
    assert_eq!(masked(found), masked(expected));
}

/// A slice as a text, and the same as indices of each axis: `None` for a new axis.
#[derive(Clone, Debug)]
enum Part {
    At(i64),
    Range(Option<i64>, Option<i64>, i64),
    NewAxis,
    Ellipsis,
}

impl Part {
    fn text(&self) -> String {
        let bound = |bound: &Option<i64>| bound.map_or_else(String::new, |b| b.to_string());
        match self {
            Self::At(at) => at.to_string(),
            Self::Range(start, stop, 1) => format!("{}:{}", bound(start), bound(stop)),
            Self::Range(start, stop, step) => format!("{}:{}:{step}", bound(start), bound(stop)),
            Self::NewAxis => "None".into(),
            Self::Ellipsis => "...".into(),
        }
    }

    /// The indices of an axis that the part takes: one by one, as a loop would.
    fn indices(&self, dim: usize) -> Vec<usize> {
        let dim = i64::try_from(dim).unwrap();
        match *self {
            Self::At(at) => vec![usize::try_from(if at < 0 { at + dim } else { at }).unwrap()],
            Self::Range(start, stop, step) => {
                let resolve = |bound: i64| if bound < 0 { bound + dim } else { bound };
                let (mut at, end) = if step > 0 {
                    (start.map_or(0, resolve).max(0), stop.map_or(dim, resolve).min(dim))
                } else {
                    let start = start.map_or(dim - 1, resolve).min(dim - 1);
                    (start, stop.map_or(-1, |stop| resolve(stop).max(-1)))
                };
                let mut out = Vec::new();
                while if step > 0 { at < end } else { at > end } {
                    out.push(usize::try_from(at).unwrap());
                    at += step;
                }
                out
            }
            Self::NewAxis | Self::Ellipsis => Vec::new(),
        }
    }
}

/// Parts that fit an array of a shape.
fn slice_of(shape: Vec<usize>) -> impl Strategy<Value = Vec<Part>> {
    let bound = || proptest::option::of(-6..7_i64);
    let step = select(vec![-3_i64, -2, -1, 1, 1, 1, 2, 3]);
    let axis = move |dim: usize| {
        let range = (bound(), bound(), step.clone())
            .prop_map(|(start, stop, step)| Part::Range(start, stop, step));
        if dim == 0 {
            range.boxed()
        } else {
            let dim = i64::try_from(dim).unwrap();
            prop_oneof![3 => range, 1 => (-dim..dim).prop_map(Part::At)].boxed()
        }
    };
    let parts: Vec<_> = shape.iter().map(|&dim| axis(dim)).collect();
    let count = parts.len();
    (parts, 0..=count, any::<bool>(), proptest::option::weighted(0.3, 0..=count)).prop_map(
        |(parts, taken, ellipsis, new_axis)| {
            // The first some, and perhaps the rest by an ellipsis.
            let mut parts: Vec<_> = parts.into_iter().take(taken).collect();
            if ellipsis {
                parts.push(Part::Ellipsis);
            }
            if let Some(at) = new_axis {
                parts.insert(at.min(parts.len()), Part::NewAxis);
            }
            parts
        },
    )
}

fn sliced() -> impl Strategy<Value = (Array, Vec<Part>)> {
    array().prop_flat_map(|array| {
        let parts = slice_of(array.shape().to_vec());
        (Just(array), parts)
    })
}

/// The shape and the elements of a slice, from the indices of each axis.
fn model(array: &Array, parts: &[Part]) -> (Vec<usize>, Vec<u8>) {
    let mut axes = Vec::new();
    let mut shape = Vec::new();
    let mut axis = 0;
    for part in parts {
        match part {
            Part::NewAxis => shape.push(1),
            Part::Ellipsis => {}
            part => {
                let taken = part.indices(array.shape()[axis]);
                if !matches!(part, Part::At(_)) {
                    shape.push(taken.len());
                }
                axes.push(taken);
                axis += 1;
            }
        }
    }
    // What is left of the axes comes where the ellipsis stands, which is behind all parts but a new axis.
    let rest = &array.shape()[axis..];
    let place = match parts.iter().position(|part| matches!(part, Part::Ellipsis)) {
        Some(at) => shape.len() - parts[at..].iter().filter(|p| matches!(p, Part::NewAxis)).count(),
        None => shape.len(),
    };
    shape.splice(place..place, rest.iter().copied());
    axes.extend(rest.iter().map(|&dim| (0..dim).collect::<Vec<_>>()));
    let all = axes.iter().fold(vec![Vec::new()], |all: Vec<Vec<usize>>, taken| {
        let longer = |index: &Vec<usize>| {
            let index = index.clone();
            taken.iter().map(move |&i| [&index[..], &[i]].concat())
        };
        all.iter().flat_map(longer).collect()
    });
    let view = array.view();
    let bytes = all.iter().flat_map(|index| view.element(index).unwrap()).copied().collect();
    (shape, bytes)
}

fn write_options() -> impl Strategy<Value = WriteOptions> {
    select(NumPy::MEASURED.to_vec()).prop_map(WriteOptions::numpy)
}

proptest! {
    #[test]
    fn a_dtype_reads_back_as_it_prints(dtype in shown()) {
        // np.dtype('StringDType()') is a TypeError; inside of others it shows as 'T'.
        prop_assume!(!matches!(dtype.kind(), Kind::String));
        prop_assert_eq!(&DType::parse(&dtype.to_string()).unwrap(), &dtype);
        let read = DType::parse(&dtype.to_string()).unwrap();
        prop_assert_eq!(read.is_aligned_struct(), dtype.is_aligned_struct());
        prop_assert_eq!(read.itemsize(), dtype.itemsize());
        prop_assert_eq!(read.repr(), dtype.repr());
        prop_assert_eq!(read.to_string(), dtype.to_string());
    }

    #[test]
    fn a_descr_reads_back(dtype in saved()) {
        for numpy in NumPy::MEASURED {
            let descr = dtype.descr(Profile::from(numpy)).unwrap();
            let text = descr.trim_matches('\'');
            prop_assert_eq!(&DType::parse_for(text, numpy).unwrap(), &dtype, "{}", descr);
            let value = npbytes::literal::parse(&descr).unwrap();
            prop_assert_eq!(&DType::from_descr(&value).unwrap(), &dtype);
        }
    }

    #[test]
    fn byte_orders_change_all_or_nothing(dtype in saved()) {
        for order in [ByteOrder::Little, ByteOrder::Big] {
            let changed = dtype.with_byte_order(order);
            prop_assert_eq!(changed.itemsize(), dtype.itemsize());
            prop_assert_eq!(&changed.with_byte_order(order), &changed);
            prop_assert_eq!(changed.is_native(), order == ByteOrder::NATIVE || changed == dtype.with_byte_order(ByteOrder::NATIVE));
        }
    }

    #[test]
    fn a_saved_array_loads_as_it_was(array in array(), options in write_options()) {
        let file = Bytes::from(npy::encode(&array.view(), &options).unwrap());
        let back = npy::decode(&file, &ReadOptions::default()).unwrap();
        assert_same(&back, &array);
        prop_assert_eq!(back.view().is_fortran(), array.view().is_fortran());
        let mut streamed = Vec::new();
        npy::encode_to(&mut streamed, &array.view(), &options).unwrap();
        prop_assert_eq!(&file, &streamed);
        // Saved again it is the same file, padding and all.
        prop_assert_eq!(&npy::encode(&back.view(), &options).unwrap(), &file);
        // The prefix ends on a multiple of 64.
        prop_assert_eq!((file.len() - back.data().len()) % 64, 0);
        let (split, rest) = npy::split(&[&file[..], b"rest"].concat().into(), &ReadOptions::default()).unwrap();
        assert_same(&split, &back);
        prop_assert_eq!(rest.as_ref(), b"rest");
    }

    #[test]
    fn forced_versions_load_the_same(array in array(), major in 1..4_u8) {
        let options = WriteOptions::default().version(Some((major, 0)));
        if let Ok(file) = npy::encode(&array.view(), &options) {
            prop_assert_eq!(file[6], major);
            assert_same(&npy::decode(&file.into(), &ReadOptions::default()).unwrap(), &array);
        } else {
            prop_assert_ne!(major, 3);
        }
    }

    #[test]
    fn streams_are_what_memory_is(array in array(), steps in proptest::collection::vec(1..4_usize, 1..6)) {
        let options = WriteOptions::default();
        let file = npy::encode(&array.view(), &options).unwrap();
        let mut reader = Reader::new(&file[..], ReadOptions::default()).unwrap();
        assert_same(&reader.read_array().unwrap().unwrap(), &array);
        prop_assert!(reader.next_array().unwrap().is_none());

        // Read in chunks, and written again in those chunks.
        let mut reader = Reader::new(&file[..], ReadOptions::default()).unwrap();
        let header = reader.header().clone();
        let Some(axis) = header.row_axis() else { return Ok(()) };
        let fortran = header.fortran_order();
        let shape = header.shape().clone();
        let mut row = shape.to_vec();
        row.remove(axis);
        let dtype = array.dtype().clone();
        let mut writer = Writer::new(Vec::new(), dtype.clone(), &shape, fortran, &options).unwrap();
        let row = Shape::new(&row).unwrap();
        let mut growing =
            GrowingWriter::new(Cursor::new(Vec::new()), dtype, &row, fortran, &options).unwrap();
        let mut steps = steps.into_iter().cycle();
        let mut rows = 0;
        while let Some(chunk) = reader.read_rows(steps.next().unwrap()).unwrap() {
            rows += chunk.shape()[axis];
            writer.write_rows(&chunk.view()).unwrap();
            growing.write_rows(&chunk.view()).unwrap();
        }
        if rows == shape[axis] {
            prop_assert_eq!(&writer.finish().unwrap(), &file);
            prop_assert_eq!(&growing.finish().unwrap().into_inner(), &file);
        } else {
            // Rows of no bytes are not read.
            prop_assert_eq!(header.data_len(), 0);
        }
    }

    #[test]
    fn bytes_lie_in_the_order_asked_for(array in array()) {
        let view = array.view();
        let dtype = array.dtype();
        let (c, f) = (elements(&view), elements_f(&view));
        prop_assert_eq!(masked(dtype, &view.to_bytes(Order::C).unwrap()), masked(dtype, &c));
        prop_assert_eq!(masked(dtype, &view.to_bytes(Order::F).unwrap()), masked(dtype, &f));
        let a = view.to_bytes(Order::A).unwrap();
        prop_assert_eq!(masked(dtype, &a), masked(dtype, if view.is_fortran() { &f } else { &c }));
        prop_assert_eq!(view.elements().flatten().copied().collect::<Vec<_>>(), c);
        prop_assert_eq!(view.elements().len(), array.len());
        // Read back from each.
        for (order, axes) in [(Order::C, AxisOrder::C), (Order::F, AxisOrder::F)] {
            let bytes = Bytes::from(raw::encode(&view, order).unwrap());
            let dims: Vec<i64> = array.shape().iter().map(|&d| d.try_into().unwrap()).collect();
            let spec = Spec::new(dtype.clone()).shape(&dims).order(axes);
            assert_same(&raw::decode(&bytes, &spec).unwrap(), &array);
        }
    }

    #[test]
    fn slices_are_those_of_the_model((array, parts) in sliced()) {
        let text = parts.iter().map(Part::text).collect::<Vec<_>>().join(", ");
        let slice: Slice = text.parse().unwrap();
        let view = array.view();
        let found = view.slice(&slice).unwrap();
        let (shape, bytes) = model(&array, &parts);
        prop_assert_eq!(found.shape().to_vec(), shape, "{}", &text);
        prop_assert_eq!(elements(&found), &bytes[..], "{}", &text);
        let dtype = array.dtype();
        let copied = masked(dtype, &found.to_bytes(Order::C).unwrap());
        prop_assert_eq!(copied, masked(dtype, &bytes), "{}", &text);
        let fortran = masked(dtype, &found.to_bytes(Order::F).unwrap());
        prop_assert_eq!(fortran, masked(dtype, &elements_f(&found)), "{}", &text);
        // Saved and loaded, it is what was sliced.
        let file = npy::encode(&found, &WriteOptions::default()).unwrap();
        let back = npy::decode(&file.into(), &ReadOptions::default()).unwrap();
        prop_assert_eq!(masked(dtype, &back.to_bytes(Order::C).unwrap()), masked(dtype, &bytes));
    }

    #[test]
    fn swapping_twice_changes_nothing(array in array(), f in any::<bool>()) {
        let order = if f { Order::F } else { Order::C };
        let swapped = array.converted(order, ByteOrder::Big).unwrap();
        let little = swapped.converted(order, ByteOrder::Little).unwrap();
        let again = little.converted(Order::C, ByteOrder::Big).unwrap();
        assert_same(&again, &swapped);
        let direct = array.converted(Order::C, ByteOrder::Little).unwrap();
        assert_same(&little, &direct);
    }

    /// Each scalar is its parts, each reversed on its own.
    #[test]
    fn swaps_reverse_each_part(array in array_of(scalar())) {
        let (dtype, size) = (array.dtype(), array.dtype().itemsize());
        let unit = match dtype.kind() {
            Kind::Complex64 | Kind::Complex128 | Kind::ComplexLongDouble => size / 2,
            Kind::Str(_) => 4,
            Kind::Bytes(_) | Kind::Void(_) => 1,
            _ => size,
        };
        let other = match dtype.byte_order() {
            ByteOrder::Little => ByteOrder::Big,
            _ => ByteOrder::Little,
        };
        let swapped = array.converted(Order::C, other).unwrap();
        let mut expected = array.to_bytes(Order::C).unwrap().to_vec();
        if swapped.dtype() != dtype && unit > 0 {
            expected.chunks_mut(unit).for_each(<[u8]>::reverse);
        }
        prop_assert_eq!(swapped.to_bytes(Order::C).unwrap(), expected);
    }

    #[test]
    fn fields_hold_what_their_bytes_say(array in array()) {
        let view = array.view();
        for field in array.dtype().fields().unwrap_or_default() {
            let Some(name) = field.name().as_str() else { continue };
            let found = view.field(name).unwrap();
            let start = field.offset();
            let size = field.dtype().itemsize();
            let expected: Vec<u8> =
                view.elements().flat_map(|element| &element[start..start + size]).copied().collect();
            prop_assert_eq!(elements(&found), expected);
        }
    }
}

#[cfg(feature = "ndarray")]
proptest! {
    #[test]
    fn ndarray_holds_the_same_values(
        (array, parts) in array_of(Just(DType::parse("i4").unwrap())).prop_flat_map(|array| {
            let parts = slice_of(array.shape().to_vec());
            (Just(array), parts)
        })
    ) {
        let text = parts.iter().map(Part::text).collect::<Vec<_>>().join(", ");
        let view = array.view();
        let part = view.slice(&text.parse().unwrap()).unwrap();
        let values = part.to_vec::<i32>().unwrap();
        let owned = part.to_ndarray::<i32>().unwrap();
        prop_assert_eq!(owned.shape(), part.shape().dims());
        prop_assert_eq!(owned.iter().copied().collect::<Vec<_>>(), &values[..]);
        // Random bytes may lie unaligned; then only the copy is there.
        if let Ok(borrowed) = part.as_ndarray::<i32>() {
            prop_assert_eq!(borrowed, owned.view());
        }
        let back = Array::from_ndarray(&owned).unwrap();
        prop_assert_eq!(back.view().to_vec::<i32>().unwrap(), &values[..]);
        prop_assert_eq!(back.view().is_fortran(), part.is_fortran());
        let taken = Array::from_ndarray_owned(owned).unwrap();
        prop_assert_eq!(taken.view().to_vec::<i32>().unwrap(), values);
    }
}
