//! What is done to containers and objects after they were made: items, keys, states.

use super::{Joblib, Machine, underflow};
use crate::error::{Error, Result};
use crate::pickle::cursor::Cursor;
use crate::pickle::graph::{Effect, Node, Value};
use crate::pickle::joblib;
use crate::pickle::names::Known;

impl Machine<'_> {
    pub(super) fn append(&mut self, mark: usize) -> Result<()> {
        let target = self.target(mark)?;
        let items = self.stack.get(mark..).ok_or_else(underflow)?;
        let index = target.index().ok_or_else(|| Error::pickle("APPEND to what is no list"))?;
        match self.graph.nodes.get_mut(index as usize) {
            Some(Node::List(list)) => list.extend_from_slice(items),
            Some(Node::Object(_) | Node::Global(_) | Node::Persistent(_) | Node::Extension(_)) => {
                let effects = self.graph.effects.entry(index).or_default();
                match effects.last_mut() {
                    Some(Effect::Append(list)) => list.extend_from_slice(items),
                    _ => effects.push(Effect::Append(items.to_vec())),
                }
            }
            _ => return Err(Error::pickle("APPEND to what is no list")),
        }
        self.stack.truncate(mark);
        Ok(())
    }

    pub(super) fn set_items(&mut self, mark: usize) -> Result<()> {
        let target = self.target(mark)?;
        let items = self.stack.get(mark..).ok_or_else(underflow)?;
        check_pairs(items)?;
        let index = target.index().ok_or_else(|| Error::pickle("SETITEM on what is no dict"))?;
        match self.graph.nodes.get_mut(index as usize) {
            Some(Node::Dict(pairs)) => pairs.extend_from_slice(items),
            Some(Node::Object(_) | Node::Global(_) | Node::Persistent(_) | Node::Extension(_)) => {
                let effects = self.graph.effects.entry(index).or_default();
                match effects.last_mut() {
                    Some(Effect::SetItems(pairs)) => pairs.extend_from_slice(items),
                    _ => effects.push(Effect::SetItems(items.to_vec())),
                }
            }
            _ => return Err(Error::pickle("SETITEM on what is no dict")),
        }
        self.stack.truncate(mark);
        Ok(())
    }

    pub(super) fn add_items(&mut self, mark: usize) -> Result<()> {
        let target = self.target(mark)?;
        let items = self.stack.get(mark..).ok_or_else(underflow)?;
        let index = target.index().ok_or_else(|| Error::pickle("ADDITEMS to what is no set"))?;
        match self.graph.nodes.get_mut(index as usize) {
            Some(Node::Set(set)) => set.extend_from_slice(items),
            Some(Node::Object(_) | Node::Global(_) | Node::Persistent(_) | Node::Extension(_)) => {
                let effects = self.graph.effects.entry(index).or_default();
                effects.push(Effect::AddItems(items.to_vec()));
            }
            _ => return Err(Error::pickle("ADDITEMS to what is no set")),
        }
        self.stack.truncate(mark);
        Ok(())
    }

    pub(super) fn build(&mut self) -> Result<()> {
        self.reach(2)?;
        let state = self.pop()?;
        let target = self.top()?;
        let nothing = state == Value::NONE
            || matches!(self.graph.tuple(state), Some(&[Value::NONE, Value::NONE]));
        let holds = |node: Option<&Node>| {
            matches!(
                node,
                Some(Node::Object(_) | Node::Global(_) | Node::Persistent(_) | Node::Extension(_))
            )
        };
        if nothing && !holds(self.graph.node(target)) {
            // Nothing is set, on whatever it is.
            return Ok(());
        }
        let index = target.index().ok_or_else(|| Error::pickle("BUILD on what has no state"))?;
        let plain = !self.graph.effects.contains_key(&index);
        match self.graph.nodes.get_mut(index as usize) {
            Some(Node::Object(object)) if plain && object.state == Value::ABSENT => {
                object.state = state;
                let callable = object.callable;
                if self.joblib != Joblib::Unknown
                    && self.graph.known(callable) == Known::JoblibArray
                {
                    self.follow_joblib(index)?;
                }
            }
            Some(Node::Object(_) | Node::Global(_) | Node::Persistent(_) | Node::Extension(_)) => {
                self.graph.effects.entry(index).or_default().push(Effect::Build(state));
            }
            _ => return Err(Error::pickle("BUILD on what has no state")),
        }
        Ok(())
    }

    /// The bytes of the array that joblib put behind its stand-in.
    fn follow_joblib(&mut self, index: u32) -> Result<()> {
        if self.joblib == Joblib::Refused {
            return Err(Error::pickle("a joblib array inside of the pickle of an array"));
        }
        // joblib ends the frame before it writes on. Where it had not, joblib's reader would look for the data behind it.
        if self.frame_end != usize::MAX {
            if self.cursor.at() < self.frame_end {
                return Err(Error::pickle("a joblib array inside of a FRAME"));
            }
            self.end_frame(self.cursor.at())?;
        }
        let (seen, at) = (&mut self.joblib_seen, self.cursor.at());
        let (contents, end) = joblib::follow(&self.graph, seen, index, at, self.limits)?;
        self.graph.contents.insert(index, contents);
        self.cursor = Cursor::new(self.data, end);
        Ok(())
    }
}

pub(super) fn check_pairs(items: &[Value]) -> Result<()> {
    if items.len().is_multiple_of(2) {
        Ok(())
    } else {
        Err(Error::pickle("an odd number of keys and values"))
    }
}
