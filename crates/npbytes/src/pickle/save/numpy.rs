//! How NumPy's objects are pickled: `ndarray.__reduce_ex__` and its kin, by NumPy version and protocol.

use std::borrow::Cow;
use std::sync::LazyLock;

use bytes::Bytes;

use super::bytes::byte_identity;
use super::dtype::{is_exportable, own_identity, shared_identity};
use super::{Saver, Task};
use crate::array::ArrayView;
use crate::error::{Error, Result};
use crate::numpy::NumPy;
use crate::pickle::WriteOptions;
use crate::pickle::built::{
    ArrayClass, ArrayObject, DTypeObject, DTypeSource, Elements, MaskedObject, ScalarData,
    ScalarObject,
};
use crate::pickle::graph::{Graph, Node, Value};
use crate::pickle::names::Known;
use crate::pickle::opcode::*;
use crate::pickle::pickler::{Identity, Pickler};
use crate::shape::{AxisOrder, Order};

/// Pickles a plain array alone.
pub(in crate::pickle) fn view<'a>(pickler: &mut Pickler<'a>, array: &ArrayView<'a>) -> Result<()> {
    static NOTHING: LazyLock<Graph> = LazyLock::new(Graph::default);
    if array.dtype().has_object() {
        return Err(Error::unsupported(format!(
            "a view of dtype {} has no objects to pickle",
            array.dtype()
        ))
        .with_help("build the pickle of an array of objects with `ArrayObject::objects`"));
    }
    let dtype = DTypeObject::new(array.dtype().clone());
    let mut saver = Saver::new(pickler, &NOTHING);
    saver.p.object();
    let source = Source {
        view: array.clone(),
        data: None,
        class: ArrayClass::NdArray,
        read_only: false,
        strided: false,
        fortran: false,
    };
    saver.dense(Identity::Fresh, source, &dtype, own_identity(&dtype))
}

/// Bytes below protocol 3: a text of as many characters, and the call that makes bytes of it. Without the memo
/// entry.
pub(super) fn bytes_by_call(p: &mut Pickler<'_>, bytes: &[u8]) -> Result<()> {
    if bytes.is_empty() {
        p.known(Known::Bytes);
        p.empty_tuple();
    } else {
        if u32::try_from(bytes.len()).is_err() || bytes.len() > u32::MAX as usize / 2 {
            return Err(Error::unsupported(format!(
                "{} bytes in one piece take protocol 3",
                bytes.len()
            ))
            .with_help("write protocol 3 or higher"));
        }
        p.known(Known::CodecsEncode);
        p.open_tuple(2);
        let one = match *bytes {
            [byte] => Identity::Char(Some(byte)),
            _ => Identity::Fresh,
        };
        p.latin1_text(bytes, one);
        p.text(b"latin1", Identity::Interned(b"latin1"));
        p.close_tuple(2);
        p.memoize(Identity::Fresh);
    }
    p.op(REDUCE);
    Ok(())
}

/// The elements of an array, and how it lies.
struct Source<'a> {
    view: ArrayView<'a>,
    /// The same elements, if they can be handed over.
    data: Option<&'a Bytes>,
    class: ArrayClass,
    read_only: bool,
    strided: bool,
    /// Whether elements of no bytes are said to lie in Fortran order, which their strides cannot tell.
    fortran: bool,
}

impl<'a> Saver<'_, 'a> {
    pub(super) fn array(&mut self, value: Value, array: &'a ArrayObject) -> Result<()> {
        let (dtype, dtype_identity) = self.source(&array.dtype)?;
        if self.p.joblib && is_joblib_class(array.class) {
            return self.joblib(value, array, dtype, dtype_identity);
        }
        let identity = Identity::Value(value);
        match &array.elements {
            Elements::Dense(elements) => {
                let source = Source {
                    view: elements.view(),
                    data: Some(elements.data()),
                    class: array.class,
                    read_only: array.read_only,
                    strided: array.strided,
                    fortran: elements.dtype().itemsize() == 0
                        && *elements.order() == AxisOrder::F
                        && elements.shape().iter().filter(|&&dim| dim != 1).count() > 1
                        && !elements.is_empty(),
                };
                self.dense(identity, source, dtype, dtype_identity)
            }
            Elements::Objects { shape, fortran, items } => {
                self.reconstruct(array.class, identity);
                self.state(shape, dtype, dtype_identity, *fortran, 5)?;
                self.p.object();
                self.open(EMPTY_LIST, LIST);
                self.p.memoize(Identity::Fresh);
                self.tasks.push(Task::EndState(5));
                let task = self.list(items, true);
                self.tasks.push(task);
                Ok(())
            }
        }
    }

    /// joblib's stand-in for an array, and the array behind it.
    fn joblib(
        &mut self,
        value: Value,
        array: &'a ArrayObject,
        dtype: &DTypeObject,
        dtype_identity: Identity<'_>,
    ) -> Result<()> {
        const ALIGN: usize = 16;
        if self.p.protocol < 2 {
            return Err(Error::unsupported("joblib files below protocol 2"));
        }
        let (shape, fortran) = match &array.elements {
            Elements::Dense(dense) => (dense.shape(), !array.strided && dense.view().is_fortran()),
            Elements::Objects { shape, fortran, .. } => (shape, *fortran),
        };
        let objects = matches!(array.elements, Elements::Objects { .. });
        self.p.known(Known::JoblibArray);
        self.p.empty_tuple();
        self.p.op(NEWOBJ);
        self.p.memoize(Identity::Fresh);
        self.p.object();
        self.p.op(EMPTY_DICT);
        self.p.memoize(Identity::Fresh);
        self.p.op(MARK);
        let key = |saver: &mut Self, key: &'static [u8]| saver.p.text(key, Identity::Interned(key));
        key(self, b"subclass");
        self.p.known(class_name(array.class));
        key(self, b"shape");
        self.dims(shape);
        key(self, b"order");
        let order: &[u8] = if fortran { b"F" } else { b"C" };
        let order_identity = self.literal_identity(order).unwrap_or(Identity::Fresh);
        self.p.text(order, order_identity);
        key(self, b"dtype");
        self.dtype(dtype, dtype_identity)?;
        key(self, b"allow_mmap");
        self.p.bool(!objects);
        key(self, b"numpy_array_alignment_bytes");
        self.p.int(16);
        self.p.op(SETITEMS);
        self.p.op(BUILD);
        match &array.elements {
            Elements::Dense(dense) => {
                let order = if fortran { Order::F } else { Order::C };
                if dense.dtype().itemsize() == 0 {
                    return Err(Error::unsupported("joblib cannot write elements of no bytes"));
                }
                let bytes = dense.view().to_bytes(order)?;
                self.p.raw(Some(ALIGN), bytes);
            }
            Elements::Objects { .. } => {
                let options = WriteOptions::default().profile(self.p.profile).protocol(5);
                let mut nested = Pickler::new(&options, false)?;
                super::graph(&mut nested, self.graph, value)?;
                self.p.raw(None, Cow::Owned(nested.finish()?.0));
            }
        }
        Ok(())
    }

    /// A dtype of an array's own, or one that it shares: what it is, and what the memo knows it by.
    fn source(&self, source: &'a DTypeSource) -> Result<(&'a DTypeObject, Identity<'static>)> {
        match source {
            DTypeSource::Own(dtype) => Ok((dtype, own_identity(dtype))),
            DTypeSource::Shared(value) => match self.graph.node(*value) {
                Some(Node::DType(dtype)) => Ok((dtype, shared_identity(*value, dtype))),
                _ => Err(Error::pickle("a shared dtype that `Pickle::dtype` did not make")),
            },
        }
    }

    pub(super) fn dtype_node(&mut self, value: Value, dtype: &'a DTypeObject) -> Result<()> {
        self.dtype(dtype, shared_identity(value, dtype))
    }

    /// An array whose elements are bytes.
    fn dense(
        &mut self,
        identity: Identity<'_>,
        source: Source<'a>,
        dtype: &DTypeObject,
        dtype_identity: Identity<'_>,
    ) -> Result<()> {
        let Source { view, data, class, read_only, strided, fortran } = source;
        let order = if strided { None } else { view.axis_order() };
        if self.p.protocol >= 5
            && class == ArrayClass::NdArray
            && view.dtype().itemsize() > 0
            && is_exportable(view.dtype())
            && let Some(order) = &order
            && (*order == AxisOrder::C
                || view.is_f_contiguous()
                || self.p.profile.numpy.pickles_any_axis_order())
            && let Some(memory) = view.memory()
        {
            return self.buffered(
                identity,
                &view,
                order,
                memory,
                data,
                read_only,
                dtype,
                dtype_identity,
            );
        }
        let fortran = !strided && (view.is_fortran() || fortran);
        self.reconstruct(class, identity);
        self.state(view.shape(), dtype, dtype_identity, fortran, 5)?;
        let bytes = view.to_bytes(if fortran { Order::F } else { Order::C })?;
        let identity = byte_identity(&bytes, Identity::Fresh);
        self.bytes(bytes, identity)?;
        self.end_state(5);
        Ok(())
    }

    /// `_frombuffer(buffer, dtype, shape, order)`: what protocol 5 has for plain arrays.
    #[expect(clippy::too_many_arguments, reason = "they are the parts of one array")]
    fn buffered(
        &mut self,
        identity: Identity<'_>,
        view: &ArrayView<'a>,
        order: &AxisOrder,
        memory: &'a [u8],
        data: Option<&'a Bytes>,
        read_only: bool,
        dtype: &DTypeObject,
        dtype_identity: Identity<'_>,
    ) -> Result<()> {
        let letter = match order {
            order if *order == AxisOrder::C => b'C',
            _ if view.is_f_contiguous() => b'F',
            _ => b'K',
        };
        let len = if letter == b'K' { 5 } else { 4 };
        self.check_axes(view.shape())?;
        self.p.known(Known::FromBuffer);
        self.p.open_tuple(len);
        self.p.object();
        match data {
            Some(data) if self.p.out_of_band => self.p.buffer(data.clone(), read_only),
            _ => {
                if read_only {
                    self.p.bytes_opcode(Cow::Borrowed(memory))?;
                } else {
                    self.p.byte_array_opcode(Cow::Borrowed(memory));
                }
                self.p.memoize(Identity::Fresh);
            }
        }
        self.dtype(dtype, dtype_identity)?;
        if letter == b'K' {
            let axes = order.axes(view.ndim());
            let shape: Vec<usize> = axes.iter().map(|&axis| view.shape()[axis]).collect();
            let mut reverse = vec![0; axes.len()];
            axes.iter().enumerate().for_each(|(place, &axis)| reverse[axis] = place);
            self.dims(&shape);
            self.p.text(b"K", Identity::Char(Some(b'K')));
            self.dims(&reverse);
        } else {
            self.dims(view.shape());
            self.p.text(&[letter], Identity::Char(Some(letter)));
        }
        self.p.close_tuple(len);
        self.p.memoize(Identity::Fresh);
        self.p.op(REDUCE);
        self.p.memoize(identity);
        Ok(())
    }

    /// `_reconstruct(class, (0,), b'b')`
    fn reconstruct(&mut self, class: ArrayClass, identity: Identity<'_>) {
        self.p.known(Known::Reconstruct);
        self.p.open_tuple(3);
        self.p.known(class_name(class));
        self.dims(&[0]);
        let code = Identity::Byte(Some(b'b'));
        self.p.object();
        if !self.p.get(code) {
            // One byte goes into any protocol.
            let written = if self.p.protocol >= 3 {
                self.p.bytes_opcode(Cow::Borrowed(b"b"))
            } else {
                bytes_by_call(self.p, b"b")
            };
            debug_assert!(written.is_ok());
            self.p.memoize(code);
        }
        self.p.close_tuple(3);
        self.p.memoize(Identity::Fresh);
        self.p.op(REDUCE);
        self.p.memoize(identity);
    }

    /// The state of an array, up to its elements: `(1, shape, dtype, is_fortran, ...`
    fn state(
        &mut self,
        shape: &[usize],
        dtype: &DTypeObject,
        dtype_identity: Identity<'_>,
        fortran: bool,
        len: usize,
    ) -> Result<()> {
        self.check_axes(shape)?;
        self.p.open_tuple(len);
        self.p.int(1);
        self.dims(shape);
        self.dtype(dtype, dtype_identity)?;
        self.p.bool(fortran);
        Ok(())
    }

    fn check_axes(&self, shape: &[usize]) -> Result<()> {
        let numpy = self.p.profile.numpy;
        if shape.len() > numpy.max_dims() {
            return Err(too_many_axes(shape.len(), numpy));
        }
        Ok(())
    }

    pub(super) fn end_state(&mut self, len: usize) {
        self.p.close_tuple(len);
        self.p.memoize(Identity::Fresh);
        self.p.op(BUILD);
    }

    pub(super) fn dims(&mut self, dims: &[usize]) {
        if dims.is_empty() {
            return self.p.empty_tuple();
        }
        self.p.open_tuple(dims.len());
        dims.iter().for_each(|&dim| self.p.int(i64::try_from(dim).unwrap_or(i64::MAX)));
        self.p.close_tuple(dims.len());
        self.p.memoize(Identity::Fresh);
    }

    pub(super) fn scalar(&mut self, value: Value, scalar: &'a ScalarObject) -> Result<()> {
        let (dtype, dtype_identity) = self.source(&scalar.dtype)?;
        self.p.known(Known::Scalar);
        self.p.open_tuple(2);
        self.dtype(dtype, dtype_identity)?;
        self.tasks.push(Task::EndScalar(value));
        match &scalar.data {
            ScalarData::Bytes(bytes) => {
                self.bytes(Cow::Borrowed(bytes), byte_identity(bytes, Identity::Fresh))?;
            }
            ScalarData::Array(array) => self.tasks.push(Task::Save(*array)),
        }
        Ok(())
    }

    pub(super) fn masked(&mut self, value: Value, masked: &'a MaskedObject) -> Result<()> {
        let (dtype, dtype_identity) = self.source(&masked.dtype)?;
        let view = masked.array.view();
        if view.dtype().has_object() {
            return Err(Error::unsupported("a masked array of objects"));
        }
        self.p.known(Known::MaReconstruct);
        self.p.open_tuple(4);
        self.p.known(Known::MaskedArray);
        self.p.known(Known::NdArray);
        self.p.object();
        if !self.p.get(Identity::MaskedShape) {
            if self.p.is_marked_tuple(1) {
                self.p.op(MARK);
            }
            self.p.int(0);
            self.p.close_tuple(1);
            self.p.memoize(Identity::MaskedShape);
        }
        let code = self.literal_identity(b"b").unwrap_or(Identity::Fresh);
        self.p.text(b"b", code);
        self.p.close_tuple(4);
        self.p.memoize(Identity::Fresh);
        self.p.op(REDUCE);
        self.p.memoize(Identity::Value(value));
        let fortran = view.is_fortran();
        self.state(view.shape(), dtype, dtype_identity, fortran, 7)?;
        let bytes = view.to_bytes(if fortran { Order::F } else { Order::C })?;
        let identity = byte_identity(&bytes, Identity::Fresh);
        self.bytes(bytes, identity)?;
        self.bytes(Cow::Borrowed(&masked.mask), byte_identity(&masked.mask, Identity::Fresh))?;
        self.tasks.push(Task::EndState(7));
        self.tasks.push(Task::Save(masked.fill_value.unwrap_or(Value::NONE)));
        Ok(())
    }
}

/// An array that a NumPy cannot have.
pub(in crate::pickle) fn too_many_axes(axes: usize, numpy: NumPy) -> Error {
    let most = numpy.max_dims();
    Error::unsupported(format!("{axes} axes; NumPy {numpy} has {most} at most"))
}

const fn class_name(class: ArrayClass) -> Known {
    match class {
        ArrayClass::NdArray | ArrayClass::Other => Known::NdArray,
        ArrayClass::Matrix => Known::Matrix,
        ArrayClass::MemMap => Known::MemMap,
        ArrayClass::RecArray => Known::RecArray,
        ArrayClass::CharArray => Known::CharArray,
    }
}

/// Whether joblib has stand-ins for arrays of a class.
const fn is_joblib_class(class: ArrayClass) -> bool {
    matches!(class, ArrayClass::NdArray | ArrayClass::Matrix | ArrayClass::MemMap)
}
