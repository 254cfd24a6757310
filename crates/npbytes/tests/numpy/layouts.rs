//! `tobytes` in C, F and A order, contiguity flags, byte swaps: of every layout that indexing, transposing
//! and broadcasting make, over dtypes of every way to swap.

use npbytes::npy::{ReadOptions, WriteOptions, decode, encode, encode_to};
use npbytes::{ArrayView, ByteOrder, DType, Order, Shape};

use crate::table::{hex, numbers, same, table, text};

struct Row {
    dtype: DType,
    shape: Shape,
    strides: Vec<isize>,
    offset: usize,
    memory: Vec<u8>,
    c_contiguous: bool,
    f_contiguous: bool,
    fortran: bool,
    /// `tobytes` in C, F and A order, and in C order with each number little-endian.
    c: Vec<u8>,
    f: Vec<u8>,
    a: Vec<u8>,
    native: Vec<u8>,
}

impl Row {
    fn new(row: &[&str]) -> Self {
        let [_, descr, shape, strides, offset, flag_c, flag_f, fortran, c, memory, f, a, native] =
            row
        else {
            panic!("other columns: {row:?}");
        };
        let field = |field: &str| hex(if field == "=" { c } else { field });
        Self {
            dtype: DType::parse(text(descr).trim_matches('\'')).unwrap(),
            shape: Shape::new(&numbers(shape)).unwrap(),
            strides: numbers(strides),
            offset: offset.parse().unwrap(),
            memory: field(memory),
            c_contiguous: *flag_c == "1",
            f_contiguous: *flag_f == "1",
            fortran: *fortran == "1",
            c: hex(c),
            f: field(f),
            a: field(a),
            native: field(native),
        }
    }

    fn view(&self) -> ArrayView<'_> {
        let (dtype, shape) = (self.dtype.clone(), self.shape.clone());
        ArrayView::from_strides(dtype, shape, &self.strides, self.offset, &self.memory).unwrap()
    }
}

#[test]
fn flags_are_numpys() {
    table!("layout", "2.4.6").check(|row| {
        let row = Row::new(row);
        let view = row.view();
        same("c_contiguous", &view.is_c_contiguous(), &row.c_contiguous)?;
        same("f_contiguous", &view.is_f_contiguous(), &row.f_contiguous)?;
        same("fortran_order", &view.is_fortran(), &row.fortran)
    });
}

#[test]
fn bytes_are_numpys_in_every_order() {
    table!("layout", "2.4.6").check(|row| {
        let row = Row::new(row);
        let view = row.view();
        for (order, expected) in [(Order::C, &row.c), (Order::F, &row.f), (Order::A, &row.a)] {
            same("to_bytes", &&*view.to_bytes(order).unwrap(), &expected.as_slice())?;
            same("raw", &npbytes::raw::encode(&view, order).unwrap(), expected)?;
            let copy = view.to_array(order, ByteOrder::NotApplicable).unwrap();
            same("to_array", &copy.data().as_ref(), &expected.as_slice())?;
            same("back in C order", &copy.to_bytes(Order::C).unwrap().as_ref(), &row.c.as_slice())?;
        }
        let elements: Vec<u8> = view.elements().flatten().copied().collect();
        same("elements", &elements, &row.c)
    });
}

#[test]
fn numbers_are_swapped_as_numpy_swaps_them() {
    table!("layout", "2.4.6").check(|row| {
        let row = Row::new(row);
        let view = row.view();
        let little = view.to_array(Order::C, ByteOrder::Little).unwrap();
        same("little", &little.data().as_ref(), &row.native.as_slice())?;
        same("dtype", little.dtype(), &row.dtype.with_byte_order(ByteOrder::Little))?;
        // In Fortran order, and back.
        let fortran = view.to_array(Order::F, ByteOrder::Little).unwrap();
        let back = fortran.to_bytes(Order::C).unwrap();
        same("little F", &back.as_ref(), &row.native.as_slice())?;
        let big = little.converted(Order::F, ByteOrder::Big).unwrap();
        let again = big.converted(Order::C, ByteOrder::Little).unwrap();
        same("there and back", &again.data().as_ref(), &row.native.as_slice())
    });
}

#[test]
fn saved_arrays_load_as_what_they_were() {
    table!("layout", "2.4.6").check(|row| {
        let row = Row::new(row);
        let view = row.view();
        let options = WriteOptions::default();
        let file = encode(&view, &options).unwrap();
        let mut streamed = Vec::new();
        encode_to(&mut streamed, &view, &options).unwrap();
        same("streamed", &streamed, &file)?;
        let data = if row.fortran { &row.f } else { &row.c };
        same("data", &&file[file.len() - data.len()..], &data.as_slice())?;
        let back = decode(&file.into(), &ReadOptions::default()).unwrap();
        same("dtype", back.dtype(), &row.dtype)?;
        same("shape", back.shape(), &row.shape)?;
        same("fortran", &back.view().is_fortran(), &row.fortran)?;
        same("C bytes", &back.to_bytes(Order::C).unwrap().as_ref(), &row.c.as_slice())
    });
}

/// The same memory moved to every offset of an alignment.
#[test]
fn unaligned_memory_reads_the_same() {
    table!("layout", "2.4.6").check(|row| {
        let row = Row::new(row);
        for shift in [1, 2, 4, 7, 8] {
            let mut memory = vec![0xaa; shift];
            memory.extend_from_slice(&row.memory);
            let (dtype, shape) = (row.dtype.clone(), row.shape.clone());
            let view =
                ArrayView::from_strides(dtype, shape, &row.strides, row.offset + shift, &memory);
            let view = view.unwrap();
            same("C", &&*view.to_bytes(Order::C).unwrap(), &row.c.as_slice())?;
            same("F", &&*view.to_bytes(Order::F).unwrap(), &row.f.as_slice())?;
            let little = view.to_array(Order::C, ByteOrder::Little).unwrap();
            same("little", &little.data().as_ref(), &row.native.as_slice())?;
        }
        Ok(())
    });
}
