//! Globals: names that stay names.

use super::Machine;
use super::argument::{short_text_at, text_at};
use crate::error::{Error, Result};
use crate::pickle::graph::{Node, Unpacked, Value};
use crate::pickle::names::{Known, Name, canonical};

/// The longest module or name of a global. Nothing that can be imported comes near.
const MAX_NAME: usize = 4096;

impl Machine<'_> {
    pub(super) fn extension(&mut self, code: u32) -> Result<()> {
        if code == 0 {
            return Err(Error::pickle("an extension code that is not positive"));
        }
        self.push_node(Node::Extension(code))
    }

    pub(super) fn stack_global(&mut self) -> Result<()> {
        let name = self.pop()?;
        let module = self.pop()?;
        let input = self.data;
        if let Some(first) = short_text_at(input, module)
            && let Some(second) = short_text_at(input, name)
            && let Some(value) = self.known_global(module, first, name, second)?
        {
            self.stack.push(value);
            return Ok(());
        }
        let value = match (text_at(input, module), text_at(input, name)) {
            (Some(first), Some(second)) => match (first.as_str(), second.as_str()) {
                (Some(first), Some(second)) => self.global(module, first, name, second)?,
                _ => return Err(Error::pickle("a global whose name has lone surrogates")),
            },
            _ => {
                let computed = |value: Value| match value.unpack() {
                    Unpacked::Node(_) => true,
                    _ => text_at(input, value).is_some(),
                };
                if !computed(module) || !computed(name) {
                    return Err(Error::pickle("STACK_GLOBAL on what is no str"));
                }
                // Something that Python would call might answer with a str.
                let python2 = self.protocol < 3;
                self.node(Node::Global(Name { module, name, python2, known: Known::Computed }))?
            }
        };
        self.stack.push(value);
        Ok(())
    }

    /// The node of a global that means something, by its names of Python 3: without a look at whether they are text.
    fn known_global(
        &mut self,
        module: Value,
        first: &[u8],
        name: Value,
        second: &[u8],
    ) -> Result<Option<Value>> {
        if self.protocol < 3 {
            return Ok(None);
        }
        let known = Known::of(first, second);
        // Another name of the same is told apart elsewhere.
        if self.slot(known) != Some(u32::MAX) {
            return Ok(None);
        }
        self.first_of(Name { module, name, python2: false, known }).map(Some)
    }

    /// The node of a global that means something, or `u32::MAX` while there is none.
    fn slot(&self, known: Known) -> Option<u32> {
        let is_one = !matches!(known, Known::Other | Known::NumPyType);
        is_one.then(|| self.known.get(known as usize).copied()).flatten()
    }

    /// Makes the node of a global that means something, and has none yet.
    fn first_of(&mut self, name: Name) -> Result<Value> {
        let value = self.node(Node::Global(name))?;
        if let (Some(slot), Some(index)) = (self.known.get_mut(name.known as usize), value.index())
        {
            *slot = index;
        }
        Ok(value)
    }

    /// The node of a global: one for each name.
    pub(super) fn global(
        &mut self,
        module: Value,
        first: &str,
        name: Value,
        second: &str,
    ) -> Result<Value> {
        // Whoever has named it once can ask for it again and again.
        if first.len().max(second.len()) > MAX_NAME {
            let len = first.len().max(second.len());
            return Err(Error::pickle(format!("the name of a global of {len} bytes")));
        }
        let python2 = self.protocol < 3;
        let (canonical_module, canonical_name) = canonical(first, second, python2);
        let known = Known::of(canonical_module.as_bytes(), canonical_name.as_bytes());
        let slot = self.slot(known);
        // A known global may go by several names, which are kept apart.
        if let Some(index) = slot
            && let Some(Node::Global(found)) = self.graph.nodes.get(index as usize)
            && found.python2 == python2
            && same_text(&self.graph.input, found.module, first)
            && same_text(&self.graph.input, found.name, second)
        {
            return Ok(Value::node(index));
        }
        if slot == Some(u32::MAX) {
            return self.first_of(Name { module, name, python2, known });
        }
        let key = (Box::from(canonical_module), Box::from(canonical_name));
        if let Some(&index) = self.names.get(&key) {
            return Ok(Value::node(index));
        }
        let value = self.node(Node::Global(Name { module, name, python2, known }))?;
        if let Some(index) = value.index() {
            self.names.insert(key, index);
        }
        Ok(value)
    }
}

fn same_text(input: &[u8], value: Value, text: &str) -> bool {
    text_at(input, value).is_some_and(|found| found == *text)
}
