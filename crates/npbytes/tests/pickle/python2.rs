//! Pickles of Python 2.7.18 with NumPy 1.16.6, written by cPickle where nothing else is said.

use npbytes::pickle::{ArrayClass, How, NumPyValue, View};

use super::decode;

/// `np.array([1, 200], '<u2')` in protocols 0, 1 and 2.
#[test]
fn arrays_whose_bytes_are_str() {
    let pickles: [&[u8]; 3] = [
        b"cnumpy.core.multiarray\n_reconstruct\np1\n(cnumpy\nndarray\np2\n(I0\ntS'b'\ntRp3\n(I1\n(I2\ntcnumpy\ndtype\np4\n(S'u2'\nI0\nI1\ntRp5\n(I3\nS'<'\nNNNI-1\nI-1\nI0\ntbI00\nS'\\x01\\x00\\xc8\\x00'\ntb.",
        b"cnumpy.core.multiarray\n_reconstruct\nq\x01(cnumpy\nndarray\nq\x02(K\x00tU\x01btRq\x03(K\x01(K\x02tcnumpy\ndtype\nq\x04(U\x02u2K\x00K\x01tRq\x05(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tbI00\nU\x04\x01\x00\xc8\x00tb.",
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\nq\x02K\x00\x85U\x01b\x87Rq\x03(K\x01K\x02\x85cnumpy\ndtype\nq\x04U\x02u2K\x00K\x01\x87Rq\x05(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89U\x04\x01\x00\xc8\x00tb.",
    ];
    for bytes in pickles {
        let pickle = decode(bytes).unwrap();
        assert_eq!(pickle.root().array().unwrap().view().to_vec::<u16>().unwrap(), [1, 200]);
    }
}

/// `np.zeros(1, [('x', '<i4'), ('y', '>f8')])` in protocol 2.
#[test]
fn structs_whose_names_are_str() {
    let pickle = decode(b"\x80\x02cnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\nq\x02K\x00\x85U\x01b\x87Rq\x03(K\x01K\x01\x85cnumpy\ndtype\nq\x04U\x03V12K\x00K\x01\x87Rq\x05(K\x03U\x01|NU\x01xU\x01y\x86q\x06}q\x07(U\x01yh\x04U\x02f8K\x00K\x01\x87Rq\x08(K\x03U\x01>NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tbK\x04\x86U\x01xh\x04U\x02i4K\x00K\x01\x87Rq\t(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tbK\x00\x86uK\x0cK\x01K\x10tb\x89U\x0c\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00tb.").unwrap();
    let array = pickle.root().array().unwrap();
    assert_eq!(array.dtype().to_string(), "[('x', '<i4'), ('y', '>f8')]");
}

/// `np.array(['2020'], 'M8[D]')` in protocol 2: the unit is in a dict, as text, with five parts.
#[test]
fn datetimes_of_numpy_1_16() {
    let pickle = decode(b"\x80\x02cnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\nq\x02K\x00\x85U\x01b\x87Rq\x03(K\x01K\x01\x85cnumpy\ndtype\nq\x04U\x02M8K\x00K\x01\x87Rq\x05(K\x04U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00}(U\x01DK\x01K\x01K\x01t\x86tb\x89U\x08VG\x00\x00\x00\x00\x00\x00tb.").unwrap();
    let array = pickle.root().array().unwrap();
    assert_eq!(array.dtype().to_string(), "datetime64[D]");
    assert_eq!(array.data().as_ref(), 18262_i64.to_le_bytes());
}

/// `np.float32(1.5)` in protocol 1.
#[test]
fn scalars() {
    let pickle = decode(b"cnumpy.core.multiarray\nscalar\nq\x01(cnumpy\ndtype\nq\x02(U\x02f4K\x00K\x01tRq\x03(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tbU\x04\x00\x00\xc0?tRq\x04.").unwrap();
    let Some(NumPyValue::Scalar(scalar)) = pickle.root().numpy().unwrap() else { panic!() };
    assert_eq!(scalar.view().to_vec::<f32>().unwrap(), [1.5]);
}

/// `np.array(['s', u'u', 1 << 40, None], object)` in protocol 2.
#[test]
fn objects_keep_what_kind_of_text_they_are() {
    let pickle = decode(b"\x80\x02cnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\nq\x02K\x00\x85U\x01b\x87Rq\x03(K\x01K\x04\x85cnumpy\ndtype\nq\x04U\x02O8K\x00K\x01\x87Rq\x05(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK?tb\x89]q\x06(U\x01sX\x01\x00\x00\x00u\x8a\x06\x00\x00\x00\x00\x00\x01Netb.").unwrap();
    let Some(NumPyValue::Objects(objects)) = pickle.root().numpy().unwrap() else { panic!() };
    assert_eq!(objects.class, ArrayClass::NdArray);
    let views: Vec<View<'_>> = objects.items.iter().map(|item| item.view()).collect();
    assert!(matches!(&views[0], View::ByteString(bytes) if **bytes == *b"s"));
    assert!(matches!(&views[1], View::Str(text) if *text == *"u"));
    assert!(matches!(views[2], View::Int(0x0100_0000_0000)));
    assert!(matches!(views[3], View::None));
}

/// An instance of `class Old: pass` with an array as its attribute `a`: by pickle in protocol 0, and in protocol 1.
#[test]
fn instances_of_old_classes() {
    let pickles: [(&[u8], How); 2] = [
        (b"(i__main__\nOld\np0\n(dp1\nS'a'\np2\ncnumpy.core.multiarray\n_reconstruct\np3\n(cnumpy\nndarray\np4\n(I0\ntp5\nS'b'\np6\ntp7\nRp8\n(I1\n(I2\ntp9\ncnumpy\ndtype\np10\n(S'i1'\np11\nI0\nI1\ntp12\nRp13\n(I3\nS'|'\np14\nNNNI-1\nI-1\nI0\ntp15\nbI00\nS'\\x00\\x00'\np16\ntp17\nbsb.", How::Inst),
        (b"(c__main__\nOld\nq\x00oq\x01}q\x02U\x01aq\x03cnumpy.core.multiarray\n_reconstruct\nq\x04(cnumpy\nndarray\nq\x05(K\x00tq\x06U\x01bq\x07tq\x08Rq\t(K\x01(K\x02tq\ncnumpy\ndtype\nq\x0b(U\x02i1q\x0cK\x00K\x01tq\rRq\x0e(K\x03U\x01|q\x0fNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tq\x10bI00\nU\x02\x00\x00q\x11tq\x12bsb.", How::Obj),
    ];
    for (bytes, how) in pickles {
        let pickle = decode(bytes).unwrap();
        let View::Object(object) = pickle.root().view() else { panic!() };
        assert_eq!(object.how(), how);
        assert_eq!(pickle.find(".a").unwrap().array().unwrap().len(), 2);
        let (path, _) = pickle.arrays().next().unwrap().unwrap();
        assert_eq!(path.to_string(), ".a");
    }
}
