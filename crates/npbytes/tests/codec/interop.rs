//! `ndarray` arrays of every layout, both ways.

use ndarray::{Array2, Array3, ArrayD, ArrayViewD, Axis, IxDyn, ShapeBuilder, arr0, s};
use npbytes::{Array, ArrayView, AxisOrder, ByteOrder, ErrorKind, Order, Shape, Slice};

use crate::{array, dtype};

fn base() -> Array3<i32> {
    Array3::from_shape_fn((2, 3, 4), |(i, j, k)| i32::try_from(i * 100 + j * 10 + k).unwrap())
}

/// The values in C order, which no layout changes.
fn values(array: &ndarray::ArrayViewD<'_, i32>) -> Vec<i32> {
    array.iter().copied().collect()
}

/// Arrays that `ndarray` makes come in with their values, and in Fortran order only if they lie so.
#[test]
fn arrays_of_any_layout_come_in() {
    let c = base();
    let f = Array3::from_shape_vec((2, 3, 4).f(), c.t().iter().copied().collect()).unwrap();
    assert_eq!(c, f);
    comes_in("C", &c.view().into_dyn(), false);
    comes_in("F", &f.view().into_dyn(), true);
    comes_in("transposed", &c.t().into_dyn(), true);
    comes_in("F transposed", &f.t().into_dyn(), false);
    comes_in("permuted", &c.view().permuted_axes([1, 0, 2]).into_dyn(), false);
    comes_in("sliced", &c.slice(s![.., ..;2, 1..]).into_dyn(), false);
    comes_in("reversed", &c.slice(s![..;-1, .., ..;-1]).into_dyn(), false);
    comes_in("F reversed", &f.slice(s![..;-1, .., ..]).into_dyn(), false);
    comes_in("one plane", &c.index_axis(Axis(1), 2).into_dyn(), false);
    comes_in("one plane of F", &f.index_axis(Axis(2), 1).into_dyn(), true);
    comes_in("one row of F", &f.slice(s![1..2, .., 1..2]).into_dyn(), false);
    comes_in("broadcast", &c.slice(s![0, 0, ..]).broadcast((2, 4)).unwrap().into_dyn(), false);
    comes_in("empty", &c.slice(s![.., 1..1, ..]).into_dyn(), false);
    comes_in("empty F", &f.slice(s![.., 1..1, ..]).into_dyn(), false);
    comes_in("0-d", &c.slice(s![1, 2, 3]).into_dyn(), false);
}

fn comes_in(name: &str, view: &ArrayViewD<'_, i32>, fortran: bool) {
    let array = Array::from_ndarray(view).unwrap();
    assert_eq!(array.shape().dims(), view.shape(), "{name}");
    assert_eq!(array.view().to_vec::<i32>().unwrap(), values(view), "{name}");
    assert_eq!(array.view().is_fortran(), fortran, "{name}");
    assert_eq!(Array::try_from(view).unwrap().data(), array.data(), "{name}");
    // np.save keeps Fortran order.
    let file = npbytes::npy::encode(&array.view(), &Default::default()).unwrap();
    let text = String::from_utf8_lossy(&file[10..80]).into_owned();
    assert_eq!(text.contains("'fortran_order': True"), fortran, "{name}");
}

/// `from_ndarray_owned` takes over memory that is dense, in any axis order, without a copy.
#[test]
fn dense_memory_is_taken_over() {
    let c = base();
    let permuted = c.clone().permuted_axes([1, 2, 0]);
    let fortran = c.clone().reversed_axes();
    let inner = c.clone().slice_move(s![1.., .., ..]);
    let reversed = c.clone().slice_move(s![..;-1, .., ..]);
    let strided = c.clone().slice_move(s![.., .., ..;2]);
    let one = c.clone().slice_move(s![.., 1..2, ..]);
    let empty = c.clone().slice_move(s![.., 3.., ..]);
    let cases = [
        ("C", c, true, Some(AxisOrder::C)),
        ("permuted", permuted, true, Some(AxisOrder::permuted(&[2, 0, 1]).unwrap())),
        ("fortran", fortran, true, Some(AxisOrder::F)),
        ("inner", inner, true, Some(AxisOrder::C)),
        ("reversed", reversed, false, None),
        ("strided", strided, false, None),
        ("one", one, false, None),
        ("empty", empty, false, None),
    ];
    for (name, owned, shared, order) in cases {
        let expected = values(&owned.view().into_dyn());
        let shape = owned.shape().to_vec();
        let start = owned.as_ptr().cast::<u8>();
        let array = Array::from_ndarray_owned(owned).unwrap();
        assert_eq!(array.shape().dims(), shape, "{name}");
        assert_eq!(array.view().to_vec::<i32>().unwrap(), expected, "{name}");
        if shared {
            assert_eq!(array.data().as_ptr(), start, "{name}");
        }
        if let Some(order) = order {
            assert_eq!(array.order(), &order, "{name}");
        }
    }
    assert_eq!(Array::from_ndarray_owned(arr0(7_i64)).unwrap().shape().dims(), []);
}

/// Every layout that slicing and transposing make goes out with its values, borrowed.
#[test]
fn views_go_out_without_a_copy() {
    let c = Array::from_ndarray(&base()).unwrap();
    let f = c.converted(Order::F, ByteOrder::NATIVE).unwrap();
    let order = AxisOrder::permuted(&[1, 2, 0]).unwrap();
    let permuted =
        Array::new(c.dtype().clone(), c.shape().clone(), order, c.data().clone()).unwrap();
    let slices = [
        "",
        "0",
        ":, 1",
        "..., 2",
        "::-1",
        ":, ::-1",
        "..., ::-1",
        "::-1, ::-1, ::-1",
        "..., ::2",
        "..., ::-3",
        ":, 2:0:-1, 1:3",
        "1, 2, 3",
        "None, 0",
        ":, :0",
        "0:1, 0:1, 0:1",
        "0, ::5",
    ];
    for array in [&c, &f, &permuted] {
        for slice in slices {
            let part = array.view().slice(&slice.parse::<Slice>().unwrap()).unwrap();
            let borrowed = part.as_ndarray::<i32>().unwrap();
            assert_eq!(borrowed.shape(), part.shape().dims(), "{slice}");
            assert_eq!(values(&borrowed), part.to_vec::<i32>().unwrap(), "{slice}");
            let owned = part.to_ndarray::<i32>().unwrap();
            assert_eq!(owned, borrowed, "{slice}");
            let fortran = part.is_fortran();
            assert_eq!(owned.t().is_standard_layout() && !owned.is_standard_layout(), fortran);
            // And in again.
            let again = Array::from_ndarray(&borrowed).unwrap();
            assert_eq!(again.view().to_vec::<i32>().unwrap(), values(&borrowed), "{slice}");
            assert_eq!(again.view().is_fortran(), fortran, "{slice}");
        }
    }
}

#[test]
fn values_are_swapped_on_the_way_out() {
    // np.array([[1, 2], [3, 4]], '>i2')
    let big = array(">i2", &[2, 2], &[0, 1, 0, 2, 0, 3, 0, 4]);
    let owned = big.view().to_ndarray::<i16>().unwrap();
    assert_eq!(owned.iter().copied().collect::<Vec<_>>(), [1, 2, 3, 4]);
    let error = big.view().as_ndarray::<i16>().unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Layout(_)), "{error:?}");
    assert!(big.view().to_ndarray::<u16>().is_err());
}

/// What `ndarray` cannot borrow: strides that are no multiples of the element, memory that is not aligned.
#[test]
fn what_cannot_be_borrowed_is_copied() {
    let packed = array("[('a', 'u1'), ('b', '<i4')]", &[3], &(0..15).collect::<Vec<u8>>());
    let field = packed.view().field("b").unwrap();
    let error = field.as_ndarray::<i32>().unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Layout(_)), "{error:?}");
    assert!(error.help().unwrap().contains("to_ndarray"));
    assert_eq!(
        field.to_ndarray::<i32>().unwrap().into_raw_vec_and_offset().0,
        [0x0403_0201, 0x0908_0706, 0x0e0d_0c0b]
    );
    // A field at a stride that is a multiple can be borrowed.
    let pairs = Array::from_vec(&[3, 2], vec![1_i32, 2, 3, 4, 5, 6]).unwrap();
    let pairs = Array::new(
        dtype("[('a', '<i4'), ('b', '<i4')]"),
        Shape::new(&[3]).unwrap(),
        AxisOrder::C,
        pairs.into_data(),
    )
    .unwrap();
    let field = pairs.view().field("b").unwrap();
    assert_eq!(values(&field.as_ndarray::<i32>().unwrap()), [2, 4, 6]);
    // A byte of 2 is no bool.
    assert!(array("?", &[2], &[1, 2]).view().as_ndarray::<bool>().is_err());
    assert!(array("?", &[2], &[1, 2]).view().to_ndarray::<bool>().is_err());
}

/// Broadcast views: NumPy's stride of 0 is `ndarray`'s too.
#[test]
fn broadcast_views_go_out() {
    let memory = 7_i32.to_ne_bytes();
    let memory = Array::from_vec(&[1], vec![i32::from_ne_bytes(memory)]).unwrap();
    let shape = Shape::new(&[2, 3]).unwrap();
    let view = ArrayView::from_strides(dtype("i4"), shape, &[0, 0], 0, memory.data()).unwrap();
    assert_eq!(values(&view.to_ndarray::<i32>().unwrap().view()), [7; 6]);
    match view.as_ndarray::<i32>() {
        Ok(borrowed) => assert_eq!(values(&borrowed), [7; 6]),
        Err(error) => assert!(matches!(error.kind(), ErrorKind::Layout(_)), "{error:?}"),
    }
}

#[test]
fn element_types_come_and_go() {
    use half::f16;
    use num_complex::Complex;
    let half = ndarray::array![f16::from_f32(1.5), f16::NEG_INFINITY];
    let array = Array::from_ndarray(&half).unwrap();
    assert_eq!(array.dtype(), &dtype("f2"));
    assert_eq!(array.view().as_ndarray::<f16>().unwrap(), half.view().into_dyn());
    let complex = Array2::from_elem((2, 2), Complex::new(1.0_f64, -2.0));
    let array = Array::from_ndarray(&complex).unwrap();
    assert_eq!(array.dtype(), &dtype("c16"));
    assert_eq!(array.view().to_ndarray::<Complex<f64>>().unwrap(), complex.into_dyn());
    let flags = ndarray::array![[true], [false]];
    let array = Array::from_ndarray(&flags).unwrap();
    assert_eq!(array.view().as_ndarray::<bool>().unwrap(), flags.view().into_dyn());
    let scalar = Array::from_ndarray(&arr0(1.5_f32)).unwrap();
    assert_eq!(scalar.view().as_ndarray::<f32>().unwrap()[IxDyn(&[])], 1.5);
    // More axes than NumPy has.
    let deep = ArrayD::<u8>::zeros(vec![1; 65]);
    assert!(Array::from_ndarray(&deep).is_err());
    assert!(Array::from_ndarray_owned(deep).is_err());
    let most = ArrayD::<u8>::zeros(vec![1; 64]);
    assert_eq!(Array::from_ndarray(&most).unwrap().ndim(), 64);
}
