//! What npbytes reads in a pickle beside what `pickle.loads` made of it.

mod dtypes;

use std::collections::{HashMap, HashSet};

use npbytes::pickle::{ArrayClass, Items, Node, NumPyValue, StringDType, Value, View};
use npbytes::{Array, ByteOrder, Order};
use serde_json::Value as Json;

use super::manifest::Manifest;
use crate::roundtrip::byte_difference;
use crate::verdicts::used_bytes;

/// A difference, in words.
pub(super) type Outcome = Result<(), String>;

/// The elements of an array of the matrix, whose descriptions hold none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Elements<'a> {
    /// In C order, in the byte order that was pickled.
    pub(super) made: &'a [u8],
    /// In C order, in native order.
    pub(super) native: &'a [u8],
}

/// One comparison: which values were met, and which descriptions have a number.
pub(super) struct Comparison<'a> {
    manifest: &'a Manifest,
    elements: Option<Elements<'a>>,
    numbered: HashMap<u64, (Value, &'a Json)>,
    met: HashSet<Value>,
    ordered: bool,
    swaps_empty: bool,
}

impl<'a> Comparison<'a> {
    pub(super) fn new(manifest: &'a Manifest, elements: Option<Elements<'a>>) -> Comparison<'a> {
        let (numbered, met) = (HashMap::new(), HashSet::new());
        Comparison { manifest, elements, numbered, met, ordered: true, swaps_empty: true }
    }

    /// Looks for keys of dicts wherever they are, as Python 2 keeps no order.
    pub(super) fn unordered(mut self) -> Comparison<'a> {
        self.ordered = false;
        self
    }

    /// Arrays without elements keep the byte order that was pickled, as NumPy before 1.22 has it.
    pub(super) fn keeping_empty_orders(mut self) -> Comparison<'a> {
        self.swaps_empty = false;
        self
    }

    /// Compares a value with its description.
    pub(super) fn value(&mut self, node: Node<'_>, row: &'a Json) -> Outcome {
        let view = node.view();
        match row {
            Json::Null => return expect(matches!(view, View::None), &node, row),
            Json::Bool(wanted) => {
                return expect(matches!(view, View::Bool(found) if found == *wanted), &node, row);
            }
            Json::Number(wanted) => {
                return expect(
                    matches!(view, View::Int(found) if wanted.as_i64() == Some(found)),
                    &node,
                    row,
                );
            }
            _ => {}
        }
        if let Some(number) = row["ref"].as_u64() {
            return match self.numbered.get(&number) {
                Some((value, _)) if *value == node.value() => Ok(()),
                // What a dtype holds is no value of its own.
                Some((Value::NONE, row)) => {
                    let row: &'a Json = row;
                    Comparison::new(self.manifest, None).value(node, row)
                }
                Some(_) => Err(format!("is another object than number {number}")),
                None => Err(format!("number {number} was never met")),
            };
        }
        if let Some(number) = row["id"].as_u64() {
            self.numbered.insert(number, (node.value(), row));
        }
        let object = row.as_object().ok_or_else(|| format!("no description: {row}"))?;
        let has = |key: &str| object.contains_key(key);
        let atom = ["int", "float", "str", "ascii", "str2", "bytes", "buffer", "opaque"];
        let empty_tuple = row["tuple"].as_array().is_some_and(Vec::is_empty);
        // Dtypes of native numbers are there once, whoever made them.
        let dtype = ["dtype", "base", "fields", "string"].into_iter().any(has);
        if !atom.into_iter().any(has) && !empty_tuple && !dtype && !self.met.insert(node.value()) {
            return Err("is one object with another one".to_owned());
        }
        if has("int") {
            let text = match &view {
                View::Int(int) => int.to_string(),
                View::Long(long) => long.to_string(),
                _ => return expect(false, &node, row),
            };
            expect(Some(text.as_str()) == row["int"].as_str(), &node, row)
        } else if has("float") {
            let bits = match view {
                View::Float(float) => format!("{:016x}", float.to_bits()),
                _ => return expect(false, &node, row),
            };
            // P0 writes every NaN as `nan`.
            let nan =
                |text: &str| f64::from_bits(u64::from_str_radix(text, 16).unwrap_or(0)).is_nan();
            let wanted = row["float"].as_str().unwrap_or_default();
            expect(bits == wanted || (nan(&bits) && nan(wanted)), &node, row)
        } else if has("complex") {
            let parts: Vec<f64> = match &view {
                View::Object(object) if named(&object.callable(), "builtins", "complex") => {
                    let items = object.args().items().ok_or("complex has no arguments")?;
                    items.iter().filter_map(|part| float(&part)).collect()
                }
                View::Complex(re, im) => vec![*re, *im],
                _ => Vec::new(),
            };
            let bits: Vec<String> =
                parts.iter().map(|part| format!("{:016x}", part.to_bits())).collect();
            let nan = |bits: &str| {
                u64::from_str_radix(bits, 16).is_ok_and(|bits| f64::from_bits(bits).is_nan())
            };
            let wanted = row["complex"].as_array().map_or(&[][..], Vec::as_slice);
            let same = wanted.iter().zip(&bits).all(|(wanted, bits)| {
                let wanted = wanted.as_str().unwrap_or_default();
                // Every NaN is `nan` in protocol 0.
                wanted == bits || (nan(wanted) && nan(bits))
            });
            expect(same && wanted.len() == bits.len(), &node, row)
        } else if has("str") || has("ascii") {
            let Some(found) = node.text() else { return expect(false, &node, row) };
            expect(found.as_utf8() == self.utf8(row)?, &node, row)
        } else if has("str2") {
            let wanted = self.data(&row["str2"])?;
            let bytes = match view {
                View::ByteString(bytes) => bytes.into_owned(),
                _ => return expect(false, &node, row),
            };
            expect(bytes == wanted, &node, row)
        } else if has("bytes") || has("bytearray") {
            self.bytes(&node, row)
        } else if has("tuple") {
            let View::Tuple(items) = view else { return expect(false, &node, row) };
            self.items(items, &row["tuple"])
        } else if has("list") {
            let View::List(items) = view else { return expect(false, &node, row) };
            self.items(items, &row["list"])
        } else if has("set") || has("frozenset") {
            let (items, word) = match (view, has("set")) {
                (View::Set(items), true) | (View::FrozenSet(items), false) => (Some(items), ""),
                (View::Object(object), set) => {
                    let word = if set { "set" } else { "frozenset" };
                    let named = named(&object.callable(), "builtins", word);
                    let list = object.args().items().and_then(|args| args.get(0));
                    (list.filter(|_| named).and_then(|list| list.items()), word)
                }
                _ => (None, ""),
            };
            let Some(items) = items else { return expect(false, &node, row) };
            // What a set is iterated by once it is loaded is up to the hashes of its items.
            let wanted = row[if has("set") { "set" } else { "frozenset" }].as_array();
            let same = wanted.is_some_and(|wanted| wanted.len() == items.len());
            expect(same, &node, row).map_err(|what| format!("{what} {word}"))?;
            let wanted = wanted.map_or(&[][..], Vec::as_slice);
            let numbers = |json: &Json| json.as_i64();
            let mut theirs: Vec<Option<i64>> = wanted.iter().map(numbers).collect();
            let mut ours: Vec<Option<i64>> = items.iter().map(|item| item.int()).collect();
            theirs.sort_unstable();
            ours.sort_unstable();
            expect(theirs == ours, &node, row)
        } else if has("dict") {
            let View::Dict(pairs) = view else { return expect(false, &node, row) };
            let wanted = row["dict"].as_array().map_or(&[][..], Vec::as_slice);
            expect(pairs.len() == wanted.len(), &node, row)?;
            let mut rest: Vec<&'a Json> = wanted.iter().collect();
            for (key, value) in pairs.iter() {
                // Dicts of Python 2 have another order once they are loaded.
                let same = |pair: &&'a Json| self.is_key(key, &pair[0]);
                let index = if self.ordered { Some(0) } else { rest.iter().position(same) };
                let pair = rest.remove(index.ok_or("a key that is not there")?);
                self.value(key, &pair[0]).map_err(|what| format!("key: {what}"))?;
                self.value(value, &pair[1]).map_err(|what| format!("[{:.50}]: {what}", pair[0]))?;
            }
            Ok(())
        } else if has("buffer") {
            let (data, read_only) = match view {
                View::Buffer { data, read_only, .. } => {
                    (data.cloned().unwrap_or_default(), read_only)
                }
                _ => return expect(false, &node, row),
            };
            let same =
                data == self.data(&row["buffer"])? && Some(read_only) == row["readonly"].as_bool();
            expect(same, &node, row)
        } else if row["opaque"] == "MaskedConstant" {
            let found = node.numpy().map_err(|error| error.to_string())?;
            expect(matches!(found, Some(NumPyValue::MaskedConstant)), &node, row)
        } else if has("opaque") {
            let inert =
                matches!(view, View::Object(_) | View::Global(_) | View::List(_) | View::Dict(_));
            expect(inert, &node, row)
        } else {
            let found = node.numpy().map_err(|error| error.to_string())?;
            match found {
                Some(found) => self.numpy(node, found, row),
                None => expect(false, &node, row),
            }
        }
    }

    fn is_key(&self, node: Node<'_>, row: &'a Json) -> bool {
        match row["ref"].as_u64() {
            Some(number) => {
                self.numbered.get(&number).is_some_and(|(value, _)| *value == node.value())
            }
            None => Comparison::new(self.manifest, None).value(node, row).is_ok(),
        }
    }

    fn items(&mut self, items: Items<'_>, rows: &'a Json) -> Outcome {
        let rows = rows.as_array().map_or(&[][..], Vec::as_slice);
        if items.len() != rows.len() {
            return Err(format!("has {} items, expected {}", items.len(), rows.len()));
        }
        items.iter().zip(rows).enumerate().try_for_each(|(index, (item, row))| {
            self.value(item, row).map_err(|what| format!("[{index}]: {what}"))
        })
    }

    fn bytes(&self, node: &Node<'_>, row: &Json) -> Outcome {
        let wanted = row.get("bytes").or_else(|| row.get("bytearray")).unwrap_or(&Json::Null);
        let wanted = self.data(wanted)?;
        let found = match node.view() {
            View::Buffer { data, .. } => data.map(|data| data.to_vec()),
            // `bytearray(b'...')`, or by a text and its encoding.
            View::Object(object) if named(&object.callable(), "builtins", "bytearray") => {
                let args = object.args().items().ok_or("bytearray has no arguments")?;
                match args.get(0) {
                    None => Some(Vec::new()),
                    Some(first) => match (first.bytes(), first.text()) {
                        (Some(bytes), _) => Some(bytes.into_owned()),
                        (None, Some(text)) => text.as_str().map(|text| {
                            text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(0)).collect()
                        }),
                        _ => None,
                    },
                }
            }
            _ => node.bytes().map(std::borrow::Cow::into_owned),
        };
        expect(found.as_deref() == Some(&wanted), node, row)
    }

    fn numpy(&mut self, node: Node<'_>, found: NumPyValue<'_>, row: &'a Json) -> Outcome {
        match found {
            NumPyValue::Array(found) if row.get("array").is_some() => {
                let mut dtype = found.array.dtype().clone();
                let row_dtype = self.resolved(&row["array"])?;
                let swapped = row_dtype["dtype"].as_str().is_some_and(|text| text.starts_with('>'));
                if !self.swaps_empty && swapped && found.array.is_empty() {
                    dtype = dtype.with_byte_order(ByteOrder::Big);
                }
                self.dtype(&dtype, found.record, None, &row["array"])?;
                same("class", class_word(found.class), &class_row(row))?;
                let view = found.array.view();
                same("shape", Json::from(view.shape().to_vec()), &row["shape"])?;
                if dtype.itemsize() > 0 {
                    same("C_CONTIGUOUS", view.is_c_contiguous(), &row["c"])?;
                    same("F_CONTIGUOUS", view.is_f_contiguous(), &row["f"])?;
                }
                same("WRITEABLE", found.writeable, &row["w"])?;
                let theirs = match (self.elements, row.get("data")) {
                    (_, Some(data)) => self.data(data)?,
                    (Some(elements), None) => {
                        // The byte order is that of the dtype, which was compared.
                        let native = dtype.fields().is_none() && dtype.is_native();
                        if native { elements.native } else { elements.made }.to_vec()
                    }
                    (None, None) => return Err("an array without elements to compare".to_owned()),
                };
                elements(&found.array, &theirs)
            }
            NumPyValue::Objects(found)
                if row.get("items").is_some() && row.get("array").is_some() =>
            {
                let dtype = &found.dtype;
                let string = Some(dtype.string_dtype());
                self.dtype(dtype.dtype(), dtype.is_record(), string, &row["array"])?;
                self.missing(node, &row["array"], dtype.string_dtype())?;
                same("class", class_word(found.class), &class_row(row))?;
                same("shape", Json::from(found.shape.to_vec()), &row["shape"])?;
                let fortran = row["f"] == true && row["c"] == false;
                same("is_fortran", found.fortran, &Json::from(fortran))?;
                self.items(found.items, &row["items"])
            }
            NumPyValue::Scalar(array)
                if row.get("data").is_some() && row.get("scalar").is_some() =>
            {
                // Whether it is a `numpy.record` is not told.
                let record = self.resolved(&row["scalar"]).is_ok_and(row_is_record);
                self.dtype(array.dtype(), record, None, &row["scalar"])?;
                elements(&array, &self.data(&row["data"])?)
            }
            NumPyValue::ObjectScalar(inner) if row.get("scalar").is_some() => {
                self.numbers(&row["scalar"]);
                self.value(inner, &row["items"])
            }
            NumPyValue::DType(found) => {
                self.dtype(found.dtype(), found.is_record(), Some(found.string_dtype()), row)?;
                self.missing(node, row, found.string_dtype())
            }
            NumPyValue::Masked(found) if row.get("masked").is_some() => {
                self.dtype(found.data.dtype(), false, None, &row["masked"])?;
                same("shape", Json::from(found.data.shape().to_vec()), &row["shape"])?;
                same("class is ndarray", found.plain, &Json::from(row["class"] == "ndarray"))?;
                let order = if row["fortran"] == true { Order::F } else { Order::C };
                for (what, array) in [("data", &found.data), ("mask", &found.mask)] {
                    let ours = array.to_bytes(order).map_err(|error| error.to_string())?;
                    if let Some(difference) = byte_difference(&ours, &self.data(&row[what])?) {
                        return Err(format!("{what}: {difference}"));
                    }
                }
                match (found.fill_value, &row["fill"]) {
                    // Loading one makes the default value of it.
                    (None, fill) => {
                        self.numbers(fill);
                        Ok(())
                    }
                    (Some(node), fill) => {
                        self.fill_value(node, fill).map_err(|what| format!("fill_value: {what}"))
                    }
                }
            }
            other => Err(format!("is {other:.200?}, expected {row:.200}")),
        }
    }

    /// A fill value, which loading gives the byte order of the data.
    fn fill_value(&mut self, node: Node<'_>, row: &'a Json) -> Outcome {
        let found = node.array().map_err(|error| error.to_string())?;
        if found.dtype().fields().is_some() || found.dtype().is_native() {
            return self.value(node, row);
        }
        let native = found.converted(Order::C, ByteOrder::NATIVE);
        let native = native.map_err(|error| error.to_string())?;
        self.dtype(native.dtype(), false, None, &row["array"])?;
        elements(&native, &self.data(&row["data"])?)
    }

    /// The missing value of a StringDType.
    fn missing(&mut self, node: Node<'_>, row: &'a Json, string: StringDType) -> Outcome {
        match (string.na_object, row.get("na")) {
            (Some(value), Some(row)) => {
                let na = node.pickle().node(value);
                self.value(na, row).map_err(|what| format!("na_object: {what}"))
            }
            _ => Ok(()),
        }
    }

    fn data(&self, data: &Json) -> Result<Vec<u8>, String> {
        let found = self.manifest.data(data).ok_or_else(|| format!("no data at {data:.100}"))?;
        Ok(found.to_vec())
    }

    fn utf8(&self, row: &Json) -> Result<Vec<u8>, String> {
        utf8(self.manifest, row)
    }
}

/// The text of a description, as UTF-8 in which surrogates may stand.
pub(super) fn utf8(manifest: &Manifest, row: &Json) -> Result<Vec<u8>, String> {
    if let Some(text) = row["str"].as_str() {
        return Ok(text.as_bytes().to_vec());
    }
    if let Some(points) = row["str"].as_array() {
        let points = points.iter().map(|it| it.as_u64().and_then(|it| u32::try_from(it).ok()));
        let points: Option<Vec<u32>> = points.collect();
        let text = points.and_then(npbytes::PyStr::from_code_points);
        return Ok(text.ok_or_else(|| format!("no text: {row}"))?.as_utf8().to_vec());
    }
    if let Some(data) = row.get("ascii") {
        return manifest.data(data).map(|data| data.to_vec()).ok_or_else(|| "no data".to_owned());
    }
    if let Some(text) = row["str2"].as_str() {
        return Ok(crate::verdicts::unhex(text));
    }
    Err(format!("no text: {row:.100}"))
}

fn row_is_record(row: &Json) -> bool {
    row["record"] == true
}

fn float(node: &Node<'_>) -> Option<f64> {
    match node.view() {
        View::Float(float) => Some(float),
        _ => None,
    }
}

fn named(node: &Node<'_>, module: &str, name: &str) -> bool {
    match node.view() {
        View::Global(global) => {
            let (found_module, found_name) = global.path();
            (found_module.as_str(), found_name.as_str()) == (module, name)
        }
        _ => false,
    }
}

fn class_word(class: ArrayClass) -> &'static str {
    match class {
        ArrayClass::NdArray => "ndarray",
        ArrayClass::Matrix => "matrix",
        ArrayClass::MemMap => "memmap",
        ArrayClass::RecArray => "recarray",
        ArrayClass::CharArray => "chararray",
        _ => "other",
    }
}

fn class_row(row: &Json) -> Json {
    match row["class"].as_str() {
        Some(word) => Json::from(word),
        None => Json::from("other"),
    }
}

fn same(what: &str, ours: impl Into<Json>, theirs: &Json) -> Outcome {
    let ours = ours.into();
    if ours == *theirs { Ok(()) } else { Err(format!("{what} is {ours}, expected {theirs}")) }
}

fn expect(same: bool, node: &Node<'_>, row: &Json) -> Outcome {
    if same { Ok(()) } else { Err(format!("is {:.200?}, expected {row:.200}", node.view())) }
}

/// The elements, padding of structs aside.
fn elements(array: &Array, theirs: &[u8]) -> Outcome {
    let ours = array.to_bytes(Order::C).map_err(|error| error.to_string())?;
    let used = used_bytes(array.dtype());
    let difference = if used.contains(&false) {
        byte_difference(&masked(&ours, &used), &masked(theirs, &used))
    } else {
        byte_difference(&ours, theirs)
    };
    difference.map_or(Ok(()), |what| Err(format!("elements: {what}")))
}

/// Element bytes with padding zeroed.
pub(super) fn masked(bytes: &[u8], used: &[bool]) -> Vec<u8> {
    if !used.contains(&false) {
        return bytes.to_vec();
    }
    let keep = used.iter().cycle();
    bytes.iter().zip(keep).map(|(&byte, &keep)| if keep { byte } else { 0 }).collect()
}
