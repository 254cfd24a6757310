//! Arrays of protocol 5 in the form that they have below it: `_reconstruct` with the elements as `bytes`, in the place
//! of `_frombuffer` with a buffer.

use std::borrow::Cow;

use bytes::Bytes;

use super::Pickle;
use super::graph::{How, Node as Raw, Object, Value};
use super::names::{Known, Name};
use super::numpy::NumPyValue;
use crate::error::{Error, Result};
use crate::numpy::NumPy;
use crate::shape::{AxisOrder, Order};

/// What the arrays of a pickle have in common.
struct Parts {
    callable: Value,
    class: Value,
    code: Value,
}

impl Pickle {
    /// The graph as a protocol has it: no NumPy makes `_frombuffer` below protocol 5, and what a writable buffer becomes
    /// there is no form of an array.
    ///
    /// # Errors
    /// A missing out-of-band buffer.
    pub(super) fn for_protocol(&self, protocol: u8) -> Result<Cow<'_, Self>> {
        if protocol >= 5 {
            return Ok(Cow::Borrowed(self));
        }
        let from_buffer = self.graph.nodes.iter().find_map(|node| match node {
            Raw::Global(name) if name.known == Known::FromBuffer => name.path_in(&self.graph),
            _ => None,
        });
        let Some((module, _)) = from_buffer else { return Ok(Cow::Borrowed(self)) };
        // The form is that of the NumPy whose names the pickle has.
        let new = module.starts_with("numpy._core");
        let numpy = if new { NumPy::LATEST } else { NumPy::new(1, 26, 4) };
        let mut lowered = self.clone();
        lowered.reconstruct_arrays(numpy, |_| true)?;
        Ok(Cow::Owned(lowered))
    }

    /// Rewrites the arrays from buffers whose arguments are meant, and counts them.
    pub(super) fn reconstruct_arrays(
        &mut self,
        numpy: NumPy,
        is_meant: impl Fn(&[Value]) -> bool,
    ) -> Result<usize> {
        let mut parts = None;
        let mut count = 0;
        // Each array has elements of its own, unless many were made to share one buffer.
        let given: usize = self.graph.buffers.iter().map(Bytes::len).sum();
        let mut room = self.graph.input.len().saturating_add(given);
        for index in 0..self.graph.nodes.len() {
            let Some(&Raw::Object(object)) = self.graph.nodes.get(index) else { continue };
            if object.how != How::Reduce || self.graph.known(object.callable) != Known::FromBuffer {
                continue;
            }
            let dtype = match self.graph.tuple(object.args) {
                Some(args) if is_meant(args) => args.get(1).copied(),
                _ => None,
            };
            let Some(dtype) = dtype else { continue };
            let value = Value::node(u32::try_from(index).unwrap_or(u32::MAX));
            let Some(NumPyValue::Array(found)) = self.node(value).numpy()? else { continue };
            let fortran = *found.array.order() == AxisOrder::F && found.array.ndim() > 1;
            let data = if fortran {
                found.array.data().clone()
            } else {
                if *found.array.order() != AxisOrder::C {
                    room = room.checked_sub(found.array.data().len()).ok_or_else(|| {
                        Error::unsupported("arrays that share one buffer would be copied often")
                            .at(self.graph.offsets.get(index).copied().unwrap_or_default())
                    })?;
                }
                found.array.to_bytes(Order::C)?
            };
            let dims: Vec<Value> = found
                .array
                .shape()
                .iter()
                .map(|&dim| self.int(i64::try_from(dim).unwrap_or(i64::MAX)))
                .collect();
            let shape = self.tuple(&dims);
            let &mut Parts { callable, class, code } =
                parts.get_or_insert_with(|| self.parts(numpy));
            let zero = self.tuple(&[Value::small(0)]);
            let args = self.tuple(&[class, zero, code]);
            let data = self.bytes(data);
            let fortran = if fortran { Value::TRUE } else { Value::FALSE };
            let state = self.tuple(&[Value::small(1), shape, dtype, fortran, data]);
            if let Some(node) = self.graph.nodes.get_mut(index) {
                *node = Raw::Object(Object { how: How::Reduce, callable, args, state });
                count += 1;
            }
        }
        Ok(count)
    }

    /// `_reconstruct` and its arguments, from another array of the graph as far as they can be shared.
    fn parts(&mut self, numpy: NumPy) -> Parts {
        let find = |known: Known| {
            let at = self
                .graph
                .nodes
                .iter()
                .position(|node| matches!(node, Raw::Global(name) if name.known == known));
            at.and_then(|at| u32::try_from(at).ok()).map(Value::node)
        };
        let (callable, class) = (find(Known::Reconstruct), find(Known::NdArray));
        let code = callable.and_then(|callable| {
            self.graph.nodes.iter().find_map(|node| match node {
                Raw::Object(object) if object.callable == callable => {
                    self.graph.tuple(object.args).and_then(|args| args.get(2).copied())
                }
                _ => None,
            })
        });
        Parts {
            callable: callable.unwrap_or_else(|| self.known_global(Known::Reconstruct, numpy)),
            class: class.unwrap_or_else(|| self.known_global(Known::NdArray, numpy)),
            code: code.unwrap_or_else(|| self.bytes(Bytes::from_static(b"b"))),
        }
    }

    fn known_global(&mut self, known: Known, numpy: NumPy) -> Value {
        let (module, name) = known.path(numpy).unwrap_or_default();
        let shared = self.graph.nodes.iter().find_map(|node| match node {
            Raw::Global(name)
                if self.graph.text(name.module).is_some_and(|text| text == *module) =>
            {
                Some(name.module)
            }
            _ => None,
        });
        let module = shared.unwrap_or_else(|| self.text(module));
        let name = self.text(name);
        self.add(Raw::Global(Name { module, name, python2: false, known }))
    }
}
