//! Reads the forms in which NumPy's objects are pickled: an exact grammar, of all versions.

use std::cell::RefCell;

use bytes::Bytes;

use super::{Masked, NdArray, NumPyValue, Objects};
use crate::array::Array;
use crate::dtype::{ByteOrder, DType, Kind};
use crate::error::{Error, Result};
use crate::pickle::Pickle;
use crate::pickle::built::{self, ArrayClass, DTypeObject, DTypeSource, ScalarData, StringDType};
use crate::pickle::dtype::{DTypes, Found};
use crate::pickle::graph::{Graph, How, JoblibContents, Node as Raw, Object, Unpacked, Value};
use crate::pickle::names::Known;
use crate::pickle::node::{Items, Node};
use crate::shape::{AxisOrder, MAX_DIMS, Order, Shape};

/// Reads NumPy's objects of one pickle, and each dtype only once: for many arrays, quicker than to ask each node.
///
/// ```
/// use bytes::Bytes;
/// use npbytes::pickle::{self, ArrayObject, Pickle, ReadOptions, WriteOptions};
/// use npbytes::Array;
/// let mut many = Pickle::new();
/// let items = (0..3).map(|i| Ok(many.array(ArrayObject::new(Array::from_vec(&[1], vec![i])?))));
/// let items = items.collect::<npbytes::Result<Vec<_>>>()?;
/// let root = many.list(items);
/// many.set_root(root);
/// let bytes = Bytes::from(many.encode(&WriteOptions::default())?);
/// let pickle = pickle::decode(&bytes, &ReadOptions::default())?;
/// let reader = pickle.reader();
/// let arrays = pickle.root().items().unwrap().iter().map(|node| reader.array(node));
/// assert_eq!(arrays.collect::<npbytes::Result<Vec<_>>>()?.len(), 3);
/// # Ok::<(), npbytes::Error>(())
/// ```
pub struct Reader<'a> {
    pickle: &'a Pickle,
    graph: &'a Graph,
    dtypes: DTypes<'a>,
    /// The dtype of a mask, by that of the data, of the array that was read last.
    mask_dtype: RefCell<Option<(Value, DType)>>,
    /// The bytes that were made of a text last: many arrays may share it.
    made: RefCell<Option<(Value, Bytes)>>,
    /// The reader of a pickle inside of this one: a walk leaves one before it enters the next.
    inside: RefCell<Option<Box<Self>>>,
}

/// What a regular array's pickle consists of.
struct Parts {
    shape: Shape,
    dtype: Found,
    fortran: bool,
    data: Value,
}

impl<'a> Reader<'a> {
    pub(in crate::pickle) fn new(pickle: &'a Pickle) -> Self {
        Self {
            pickle,
            graph: &pickle.graph,
            dtypes: DTypes::new(&pickle.graph),
            mask_dtype: RefCell::default(),
            made: RefCell::default(),
            inside: RefCell::default(),
        }
    }

    /// The object of NumPy that a node is: see [`Node::numpy`].
    ///
    /// # Errors
    /// As [`Node::numpy`].
    pub fn numpy(&self, node: Node<'a>) -> Result<Option<NumPyValue<'a>>> {
        if std::ptr::eq(node.pickle(), self.pickle) {
            self.find(node.value())
        } else {
            self.inside(node)
        }
    }

    /// Reads in a pickle that joblib put behind a stand-in.
    fn inside(&self, node: Node<'a>) -> Result<Option<NumPyValue<'a>>> {
        let mut inside = self.inside.borrow_mut();
        let reader = match inside.take() {
            Some(reader) if std::ptr::eq(reader.pickle, node.pickle()) => reader,
            _ => Box::new(Self::new(node.pickle())),
        };
        inside.insert(reader).find(node.value())
    }

    /// The array or scalar that a node is: see [`Node::array`].
    ///
    /// # Errors
    /// As [`Node::array`].
    pub fn array(&self, node: Node<'a>) -> Result<Array> {
        node.array_of(self.numpy(node)?)
    }

    fn error(&self, value: Value, message: impl Into<String>) -> Error {
        let error = Error::pickle(message.into());
        match self.graph.offset(value) {
            Some(at) => error.at(at),
            None => error,
        }
    }

    fn at(&self, value: Value, error: Error) -> Error {
        match self.graph.offset(value) {
            Some(at) => error.at(at),
            None => error,
        }
    }

    /// What of NumPy a value claims to be, by the name that is called; [`Known::Other`] if nothing.
    pub(in crate::pickle) fn claim(&self, value: Value) -> Known {
        match self.graph.object(value) {
            Some(object) if matches!(object.how, How::Reduce) => {
                match self.graph.known(object.callable) {
                    known @ (Known::Reconstruct
                    | Known::FromBuffer
                    | Known::Scalar
                    | Known::DType
                    | Known::StringDType
                    | Known::MaReconstruct
                    | Known::MaskedConstant) => known,
                    _ => Known::Other,
                }
            }
            Some(object)
                if object.how == How::NewObj
                    && self.graph.contents.contains_key(&value.index().unwrap_or(u32::MAX)) =>
            {
                self.graph.known(object.callable)
            }
            _ => Known::Other,
        }
    }

    pub(in crate::pickle) fn find(&self, value: Value) -> Result<Option<NumPyValue<'a>>> {
        match self.graph.node(value) {
            Some(Raw::Object(_)) => {}
            Some(built) => return self.built(built),
            None => return Ok(None),
        }
        let Some(&object) = self.graph.object(value) else { return Ok(None) };
        let found = match self.claim(value) {
            Known::Reconstruct => return self.reconstructed(value, object),
            Known::FromBuffer => self.buffered(value, object)?,
            Known::Scalar => self.scalar(value, object)?,
            Known::DType | Known::StringDType => NumPyValue::DType(self.dtype(value)?),
            Known::MaReconstruct => return self.masked(value, object),
            Known::MaskedConstant => {
                if self.graph.tuple(object.args).is_none_or(|args| !args.is_empty()) {
                    return Err(self.error(value, "expected MaskedConstant()"));
                }
                NumPyValue::MaskedConstant
            }
            Known::JoblibArray => return self.joblib(value, object),
            _ if self.is_masked_records(object) => return self.masked(value, object),
            _ => return Ok(None),
        };
        Ok(Some(found))
    }

    /// Whether an object is a `numpy.ma.mrecords.MaskedRecords`, which is pickled as a masked array of structs is.
    fn is_masked_records(&self, object: Object) -> bool {
        const MODULE: &str = "numpy.ma.mrecords";
        const NAME: &str = "_mrreconstruct";
        let Some(Raw::Global(name)) = self.graph.node(object.callable) else { return false };
        let is_it = |value, text: &str| {
            self.graph.text_within(value, text.len()).is_some_and(|found| found == *text)
        };
        object.how == How::Reduce && is_it(name.name, NAME) && is_it(name.module, MODULE)
    }

    /// Whether a scalar is a `numpy.record`.
    pub(crate) fn is_record(&self, scalar: Node<'a>) -> Result<bool> {
        if !std::ptr::eq(scalar.pickle(), self.pickle) {
            return Self::new(scalar.pickle()).is_record(scalar);
        }
        let dtype = match self.graph.node(scalar.value()) {
            Some(Raw::Object(object)) => {
                self.graph.tuple(object.args).and_then(|args| args.first())
            }
            Some(Raw::Scalar(object)) => match &object.dtype {
                DTypeSource::Own(dtype) => return Ok(dtype.is_record()),
                DTypeSource::Shared(value) => Some(value),
            },
            _ => None,
        };
        let found = dtype.map(|dtype| self.dtypes.find(*dtype)).transpose()?.flatten();
        Ok(found.is_some_and(|found| found.record))
    }

    /// A dtype object, with what its pickle says beside the layout.
    fn dtype(&self, value: Value) -> Result<DTypeObject> {
        let found = self.dtypes.expect(value)?;
        let mut dtype = DTypeObject::new(found.dtype).record(found.record);
        if let Some(Raw::DType(object)) = self.graph.node(value) {
            return Ok((**object).clone());
        }
        if let Some(object) = self.graph.object(value)
            && self.graph.known(object.callable) == Known::StringDType
        {
            let wrong = || self.error(value, "expected the parameters of a StringDType");
            let args = self.graph.tuple(object.args).ok_or_else(wrong)?;
            let (coerce, na_object) = match *args {
                [coerce] => (coerce, None),
                [coerce, na] => (coerce, Some(na)),
                _ => return Err(wrong()),
            };
            let coerce = self.graph.int(coerce).ok_or_else(wrong)? != 0;
            if object.state != Value::ABSENT {
                return Err(wrong());
            }
            dtype = dtype.string(StringDType { coerce, na_object });
        }
        Ok(dtype)
    }

    fn built(&self, node: &'a Raw) -> Result<Option<NumPyValue<'a>>> {
        Ok(Some(match node {
            Raw::DType(object) => NumPyValue::DType((**object).clone()),
            Raw::Array(object) => {
                let dtype = match &object.dtype {
                    DTypeSource::Own(dtype) => dtype.clone(),
                    DTypeSource::Shared(value) => self.dtype(*value)?,
                };
                match &object.elements {
                    built::Elements::Dense(array) => NumPyValue::Array(NdArray {
                        array: array.clone(),
                        class: object.class,
                        record: dtype.is_record(),
                        writeable: !object.read_only,
                    }),
                    built::Elements::Objects { shape, fortran, items } => {
                        NumPyValue::Objects(Box::new(Objects {
                            dtype,
                            shape: shape.clone(),
                            fortran: *fortran,
                            class: object.class,
                            items: Items::new(self.pickle, items),
                        }))
                    }
                }
            }
            Raw::Scalar(object) => match &object.data {
                ScalarData::Bytes(data) => {
                    let dtype = match &object.dtype {
                        DTypeSource::Own(dtype) => dtype.dtype().clone(),
                        DTypeSource::Shared(value) => self.dtypes.expect(*value)?.dtype,
                    };
                    NumPyValue::Scalar(Array::new(
                        dtype,
                        Shape::default(),
                        AxisOrder::C,
                        data.clone(),
                    )?)
                }
                ScalarData::Array(value) => {
                    NumPyValue::ObjectScalar(Node::new(self.pickle, *value))
                }
            },
            Raw::Masked(object) => NumPyValue::Masked(Box::new(Masked {
                data: object.array.clone(),
                mask: self.mask(&object.array, object.mask.clone())?,
                fill_value: object.fill_value.map(|value| Node::new(self.pickle, value)),
                plain: true,
            })),
            _ => return Ok(None),
        }))
    }

    /// The bytes that a value is, in any protocol.
    fn bytes(&self, value: Value) -> Result<Option<Bytes>> {
        if let Some(range) = self.graph.byte_range(value) {
            return Ok(Some(self.graph.input.slice(range)));
        }
        if let Some(Raw::Bytes(bytes) | Raw::ByteArray(bytes)) = self.graph.node(value) {
            return Ok(Some((**bytes).clone()));
        }
        let text = match (self.graph.encoded_bytes(value), value.unpack()) {
            (Some(text), _) => text,
            // What Python 2 wrote as `str`, and some readers wrote again as text.
            (None, Unpacked::Text(_) | Unpacked::ByteString(_)) => value,
            (None, _) => return Ok(None),
        };
        let mut made = self.made.borrow_mut();
        match made.take() {
            Some((last, bytes)) if last == text => {
                *made = Some((last, bytes.clone()));
                return Ok(Some(bytes));
            }
            // It goes before the next is made.
            other => drop(other),
        }
        let bytes = match text.unpack() {
            Unpacked::ByteString(_) => match self.graph.byte_string(text) {
                Some(bytes) => Bytes::from(bytes.into_owned()),
                None => return Ok(None),
            },
            _ => Bytes::from(self.graph.latin1(text)?),
        };
        *made = Some((text, bytes.clone()));
        Ok(Some(bytes))
    }

    fn class(&self, value: Value) -> Option<ArrayClass> {
        Some(match self.graph.known(value) {
            Known::NdArray => ArrayClass::NdArray,
            Known::Matrix => ArrayClass::Matrix,
            Known::MemMap => ArrayClass::MemMap,
            Known::RecArray => ArrayClass::RecArray,
            Known::CharArray => ArrayClass::CharArray,
            _ => match self.graph.node(value)? {
                Raw::Global(_) => ArrayClass::Other,
                _ => return None,
            },
        })
    }

    /// `(version, shape, dtype, is_fortran, data)`, of which the oldest NumPys left out the version.
    fn parts(&self, state: &[Value], value: Value) -> Result<Parts> {
        let [shape, dtype, fortran, data] = *state else {
            return Err(self.error(
                value,
                "expected the state of an array: (1, shape, dtype, is_fortran, data)",
            ));
        };
        let dims = self.dtypes.dims(shape)?;
        let shape = Shape::new(&dims).map_err(|error| self.at(value, error))?;
        let dtype = self.dtypes.expect(dtype)?;
        let fortran = self.graph.int(fortran);
        let fortran =
            fortran.ok_or_else(|| self.error(value, "expected is_fortran as a bool"))? != 0;
        Ok(Parts { shape, dtype, fortran, data })
    }

    /// `_reconstruct(class, (0,), b'b')` and the array's state.
    fn reconstructed(&self, value: Value, object: Object) -> Result<Option<NumPyValue<'a>>> {
        let wrong = || self.error(value, "expected _reconstruct(class, (0,), b'b')");
        let Some(&[class, shape, code]) = self.graph.tuple(object.args) else {
            return Err(wrong());
        };
        let class = self.class(class).ok_or_else(wrong)?;
        if class == ArrayClass::Other && !self.is_plain_state(value, object) {
            return Ok(None);
        }
        if !self.is_placeholder(shape, code) {
            return Err(wrong());
        }
        if !self.graph.effects(value).is_empty() {
            return Err(self.error(value, "an array that is changed more than once"));
        }
        if object.state == Value::ABSENT {
            // Nobody has filled it: there is nothing.
            let (dtype, shape) = (DType::native(Kind::Int8), Shape::new(&[0])?);
            let array = Array::new(dtype, shape, AxisOrder::C, Bytes::new())?;
            let array = NdArray { array, class, record: false, writeable: true };
            return Ok(Some(NumPyValue::Array(array)));
        }
        let state = self.graph.tuple(object.state).ok_or_else(wrong)?;
        let state = match state {
            [version, rest @ ..] if rest.len() == 4 => match self.graph.int(*version) {
                Some(0 | 1) => rest,
                _ => return Err(self.error(value, "expected version 0 or 1 of an array's state")),
            },
            _ => state,
        };
        let parts = self.parts(state, value)?;
        if parts.dtype.dtype.has_object() {
            return self.objects(value, parts, class).map(Some);
        }
        let data = self
            .bytes(parts.data)?
            .ok_or_else(|| self.error(value, "expected the elements of an array as bytes"))?;
        let record = parts.dtype.record;
        let array = self.dense(value, parts, data)?;
        let array = NdArray { array: native(array)?, class, record, writeable: true };
        Ok(Some(NumPyValue::Array(array)))
    }

    /// Whether a class of its own has the state of an array, and nothing beside it. What a class makes of another state
    /// only its code knows: it is an object then, in which arrays may be.
    fn is_plain_state(&self, value: Value, object: Object) -> bool {
        let rest = match self.graph.tuple(object.state) {
            Some([version, rest @ ..]) if rest.len() == 4 => {
                matches!(self.graph.int(*version), Some(0 | 1)).then_some(rest)
            }
            Some(rest) if rest.len() == 4 => Some(rest),
            _ => None,
        };
        let is_array = rest.is_some_and(|rest| match *rest {
            [shape, dtype, fortran, _] => {
                self.graph.tuple(shape).is_some()
                    && matches!(self.claim(dtype), Known::DType | Known::StringDType)
                    && self.graph.int(fortran).is_some()
            }
            _ => false,
        });
        is_array && self.graph.effects(value).is_empty()
    }

    /// `(0,), b'b'`: what an array is before its state is set.
    fn is_placeholder(&self, shape: Value, code: Value) -> bool {
        let empty =
            matches!(self.graph.tuple(shape), Some(&[dim]) if self.graph.int(dim) == Some(0));
        let text = self.graph.text_within(code, 1).is_some_and(|text| text == *"b");
        let bytes = || self.graph.bytes_within(code, 1).is_some_and(|bytes| *bytes == *b"b");
        empty && (text || bytes())
    }

    fn dense(&self, value: Value, parts: Parts, data: Bytes) -> Result<Array> {
        let order = if parts.fortran { AxisOrder::F } else { AxisOrder::C };
        Array::new(parts.dtype.dtype, parts.shape, order, data)
            .map_err(|error| self.at(value, error))
    }

    fn objects(&self, value: Value, parts: Parts, class: ArrayClass) -> Result<NumPyValue<'a>> {
        let Some(Raw::List(items)) = self.graph.node(parts.data) else {
            return Err(self.error(value, "expected the elements of an array of objects as a list"));
        };
        if items.len() != parts.shape.elements() {
            let message = format!("{} objects for an array of shape {}", items.len(), parts.shape);
            return Err(self.error(parts.data, message));
        }
        let state = self.graph.object(value).and_then(|object| self.graph.tuple(object.state));
        let dtype = match state {
            Some([.., dtype, _, _]) => self.dtype(*dtype)?,
            _ => DTypeObject::new(parts.dtype.dtype),
        };
        Ok(NumPyValue::Objects(Box::new(Objects {
            dtype,
            shape: parts.shape,
            fortran: parts.fortran,
            class,
            items: Items::new(self.pickle, items),
        })))
    }

    /// `_frombuffer(buffer, dtype, shape, order[, axes])`.
    fn buffered(&self, value: Value, object: Object) -> Result<NumPyValue<'a>> {
        let wrong = || self.error(value, "expected _frombuffer(buffer, dtype, shape, order)");
        if object.state != Value::ABSENT || !self.graph.effects(value).is_empty() {
            return Err(self.error(value, "an array from a buffer that is changed"));
        }
        let (buffer, dtype, shape, order, axes) =
            match *self.graph.tuple(object.args).ok_or_else(wrong)? {
                [buffer, dtype, shape, order] => (buffer, dtype, shape, order, None),
                [buffer, dtype, shape, order, axes] => (buffer, dtype, shape, order, Some(axes)),
                _ => return Err(wrong()),
            };
        let (data, writeable) = match buffer.unpack() {
            Unpacked::Buffer(index, read_only) => {
                let data = self.graph.buffers.get(index).ok_or_else(|| {
                    self.error(
                        value,
                        format!("the array's elements are in the out-of-band buffer {index}"),
                    )
                    .with_help("hand in the buffers that were pickled beside it")
                })?;
                (data.clone(), !read_only)
            }
            Unpacked::ByteArray(_) => (self.bytes(buffer)?.unwrap_or_default(), true),
            _ => (self.bytes(buffer)?.ok_or_else(wrong)?, false),
        };
        let dtype = self.dtypes.expect(dtype)?;
        if dtype.dtype.has_object() {
            return Err(self.error(value, "objects in a buffer"));
        }
        let memory = self.dtypes.dims(shape)?;
        let order = self.graph.text_within(order, 1).ok_or_else(wrong)?;
        let (shape, order) = match (order.as_utf8(), axes) {
            (b"C", None) => (memory, AxisOrder::C),
            (b"F", None) => (memory, AxisOrder::F),
            (b"K", Some(axes)) => {
                let reverse = self.dtypes.dims(axes)?;
                if reverse.len() != memory.len() || memory.len() > MAX_DIMS {
                    return Err(wrong());
                }
                // `reverse[axis]` is where the axis lies in memory.
                let mut order = vec![usize::MAX; memory.len()];
                for (axis, &place) in reverse.iter().enumerate() {
                    *order.get_mut(place).ok_or_else(wrong)? = axis;
                }
                let shape =
                    reverse.iter().map(|&place| memory.get(place).copied()).collect::<Option<_>>();
                (shape.ok_or_else(wrong)?, AxisOrder::permuted(&order)?)
            }
            _ => return Err(wrong()),
        };
        let shape = Shape::new(&shape).map_err(|error| self.at(value, error))?;
        let record = dtype.record;
        let array =
            Array::new(dtype.dtype, shape, order, data).map_err(|error| self.at(value, error))?;
        Ok(NumPyValue::Array(NdArray { array, class: ArrayClass::NdArray, record, writeable }))
    }

    /// `scalar(dtype, bytes)`.
    fn scalar(&self, value: Value, object: Object) -> Result<NumPyValue<'a>> {
        let wrong = || self.error(value, "expected scalar(dtype, bytes)");
        if object.state != Value::ABSENT || !self.graph.effects(value).is_empty() {
            return Err(self.error(value, "a scalar that is changed"));
        }
        let Some(&[dtype, data]) = self.graph.tuple(object.args) else { return Err(wrong()) };
        let dtype = self.dtypes.expect(dtype)?.dtype;
        if dtype.has_object() {
            return Ok(NumPyValue::ObjectScalar(Node::new(self.pickle, data)));
        }
        let data = self.bytes(data)?.ok_or_else(wrong)?;
        // A scalar of a dtype without a length holds one all the same.
        let array = Array::new(dtype, Shape::default(), AxisOrder::C, data);
        Ok(NumPyValue::Scalar(native(array.map_err(|error| self.at(value, error))?)?))
    }

    /// `_mareconstruct(class, ndarray, (0,), 'b')` and `(1, shape, dtype, is_fortran, data, mask, fill_value)`.
    /// One of objects has a list of them instead of bytes: it is an object, in which arrays may be.
    fn masked(&self, value: Value, object: Object) -> Result<Option<NumPyValue<'a>>> {
        let wrong = || self.error(value, "expected the pickle of a masked array");
        let Some(&[class, base, shape, code]) = self.graph.tuple(object.args) else {
            return Err(wrong());
        };
        if !matches!(self.graph.node(class), Some(Raw::Global(_)))
            || !self.is_placeholder(shape, code)
        {
            return Err(wrong());
        }
        let plain = self.graph.known(class) == Known::MaskedArray
            && self.graph.known(base) == Known::NdArray;
        let Some(&[_, shape, dtype, fortran, data, mask, fill_value]) =
            self.graph.tuple(object.state)
        else {
            return Err(wrong());
        };
        if !self.graph.effects(value).is_empty() {
            return Err(self.error(value, "a masked array that is changed more than once"));
        }
        let parts = self.parts(&[shape, dtype, fortran, data], value)?;
        if parts.dtype.dtype.has_object() {
            return Ok(None);
        }
        let data = self.bytes(parts.data)?.ok_or_else(wrong)?;
        let data = self.dense(value, parts, data)?;
        let known = self.mask_dtype.borrow_mut().take().filter(|(last, _)| *last == dtype);
        let mask_dtype = match known {
            Some((_, mask_dtype)) => mask_dtype,
            None => mask_dtype(data.dtype())?,
        };
        *self.mask_dtype.borrow_mut() = Some((dtype, mask_dtype.clone()));
        let mask = self.bytes(mask)?.ok_or_else(wrong)?;
        let mask = Array::new(mask_dtype, data.shape().clone(), data.order().clone(), mask);
        Ok(Some(NumPyValue::Masked(Box::new(Masked {
            mask: mask.map_err(|error| self.at(value, error))?,
            data: native(data)?,
            fill_value: (fill_value != Value::NONE).then(|| Node::new(self.pickle, fill_value)),
            plain,
        }))))
    }

    fn mask(&self, data: &Array, mask: Bytes) -> Result<Array> {
        let dtype = mask_dtype(data.dtype())?;
        Array::new(dtype, data.shape().clone(), data.order().clone(), mask)
    }

    /// joblib's stand-in: `{'subclass': ..., 'shape': ..., 'order': ..., 'dtype': ..., ...}`.
    fn joblib(&self, value: Value, object: Object) -> Result<Option<NumPyValue<'a>>> {
        let wrong = || self.error(value, "expected joblib's stand-in for an array");
        let contents = value.index().and_then(|index| self.graph.contents.get(&index));
        match contents.ok_or_else(wrong)? {
            JoblibContents::Data { data, .. } => {
                let wrapper =
                    crate::pickle::joblib::wrapper(self.graph, object.state).ok_or_else(wrong)?;
                let dtype = self.dtypes.expect(wrapper.dtype)?;
                let class = self.class(wrapper.class).ok_or_else(wrong)?;
                let shape = Shape::new(&self.dtypes.dims(wrapper.shape)?)?;
                let order = if wrapper.fortran { AxisOrder::F } else { AxisOrder::C };
                let data = self.graph.input.slice(data.clone());
                let record = dtype.record;
                let array = Array::new(dtype.dtype, shape, order, data)
                    .map_err(|error| self.at(value, error))?;
                let array = NdArray { array: native(array)?, class, record, writeable: true };
                Ok(Some(NumPyValue::Array(array)))
            }
            JoblibContents::Pickle(pickle) => {
                let pickle: &'a Pickle = pickle;
                self.inside(pickle.root())?.ok_or_else(wrong).map(Some)
            }
        }
    }
}

/// The dtype of the mask of data of a dtype: `bool`, in the same fields and subarrays.
pub(in crate::pickle) fn mask_dtype(dtype: &DType) -> Result<DType> {
    match dtype.kind() {
        Kind::Struct(fields) => {
            let fields = fields
                .fields()
                .iter()
                .map(|field| Ok((field.name().clone(), mask_dtype(field.dtype())?)));
            DType::structured(fields.collect::<Result<Vec<_>>>()?)
        }
        Kind::Subarray(sub) => DType::subarray(mask_dtype(sub.base())?, sub.shape()),
        _ => Ok(DType::native(Kind::Bool)),
    }
}

/// Numbers become native, as NumPy makes them when it loads a regular pickle; structs stay as they are.
fn native(array: Array) -> Result<Array> {
    if matches!(array.dtype().kind(), Kind::Struct(_)) || array.dtype().is_native() {
        return Ok(array);
    }
    array.converted(Order::A, ByteOrder::NATIVE)
}
