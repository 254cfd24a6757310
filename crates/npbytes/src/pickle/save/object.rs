//! Objects of any class: how they are called for, and what is done to them after.

use std::borrow::Cow;
use std::collections::HashSet;

use super::{BATCH, Saver, Task, lost};
use crate::error::{Error, Result};
use crate::pickle::WriteOptions;
use crate::pickle::graph::{Effect, How, JoblibContents, Node, Object, Value};
use crate::pickle::names::Known;
use crate::pickle::opcode::*;
use crate::pickle::pickler::Identity;

impl<'a> Saver<'_, 'a> {
    pub(super) fn object(&mut self, value: Value, object: Object) -> Result<()> {
        let object = self.call(value, object);
        if !self.p.joblib && self.contents(value).is_some() {
            return Err(Error::unsupported("an array of a joblib file in a plain pickle")
                .with_help(
                    "write it with `Pickle::encode_joblib`, or build a pickle of the arrays",
                ));
        }
        if self.p.protocol >= 3 && self.graph.encoded_bytes(value).is_some() {
            let bytes = self.graph.bytes(value)?.ok_or_else(lost)?;
            return self.bytes(bytes, Identity::Value(value));
        }
        let args = self.graph.tuple(object.args);
        // What older protocols have a call for, and this one an opcode.
        if let (How::Reduce, Some(&[arg]), true) = (object.how, args, object.state == Value::ABSENT)
        {
            match (self.graph.known(object.callable), self.graph.node(arg)) {
                (Known::Set, Some(Node::List(items))) if self.p.protocol >= 4 => {
                    self.p.op(EMPTY_SET);
                    self.p.memoize(Identity::Value(value));
                    self.set_items(items);
                    return Ok(());
                }
                (Known::FrozenSet, Some(Node::List(items))) if self.p.protocol >= 4 => {
                    self.p.op(MARK);
                    self.tasks.push(Task::EndFrozenSet(value));
                    self.tasks.push(Task::All(items));
                    return Ok(());
                }
                (Known::ByteArray, _) if self.p.protocol >= 5 => {
                    if let Some(bytes) = self.graph.bytes(arg)? {
                        self.p.byte_array_opcode(bytes);
                        self.p.memoize(Identity::Value(value));
                        return Ok(());
                    }
                }
                _ => {}
            }
        }
        match object.how {
            How::Reduce => {
                self.tasks.push(Task::EndObject(value, How::Reduce));
                self.tasks.push(Task::Save(object.args));
                self.tasks.push(Task::Save(object.callable));
            }
            How::NewObj if self.p.protocol >= 2 => {
                self.tasks.push(Task::EndObject(value, How::NewObj));
                self.tasks.push(Task::Save(object.args));
                self.tasks.push(Task::Save(object.callable));
            }
            How::NewObj => {
                // What `copyreg.__newobj__` is for.
                let args = args.ok_or_else(lost)?;
                self.p.global("copyreg", "__newobj__", Identity::Interned(b"copyreg.__newobj__"));
                self.p.op(MARK);
                self.tasks.push(Task::EndObject(value, How::Reduce));
                self.tasks.push(Task::EndTuple(Value::ABSENT, args.len() + 1));
                self.tasks.push(Task::All(args));
                self.tasks.push(Task::Save(object.callable));
            }
            How::NewObjEx => {
                if self.p.protocol < 4 {
                    return Err(Error::unsupported(
                        "an object with keyword arguments takes protocol 4",
                    ));
                }
                self.tasks.push(Task::EndObject(value, How::NewObjEx));
                self.tasks.push(Task::All(args.ok_or_else(lost)?));
                self.tasks.push(Task::Save(object.callable));
            }
            How::Obj if self.p.protocol >= 1 => {
                self.p.op(MARK);
                self.tasks.push(Task::EndObject(value, How::Obj));
                self.tasks.push(Task::All(args.ok_or_else(lost)?));
                self.tasks.push(Task::Save(object.callable));
            }
            How::Inst | How::Obj => {
                self.p.op(MARK);
                self.tasks.push(Task::EndInst(value, object.callable));
                self.tasks.push(Task::All(args.ok_or_else(lost)?));
            }
        }
        Ok(())
    }

    /// The call that is written for an object. One that holds itself in what it is made of was written several times,
    /// one inside of the other, and what is made of the inner call is the object: each time with arguments of its
    /// own, of which the outer ones are written first.
    fn call(&mut self, value: Value, object: Object) -> Object {
        let Some(index) = value.index() else { return object };
        let Some(outer) = self.graph.outer.get(&index) else { return object };
        let done = self.entered.get(&index).copied().unwrap_or_default();
        let call = outer.len().checked_sub(done + 1).and_then(|at| outer.get(at));
        let Some(call) = call.and_then(|&call| self.graph.object(call)) else { return object };
        // Others are calls whose results were thrown away by chance.
        if done == 0 && !self.holds(call.args, value) {
            self.entered.insert(index, outer.len());
            return object;
        }
        self.entered.insert(index, done + 1);
        *call
    }

    /// Whether a value can be reached from another, as far as there is time to find out.
    fn holds(&mut self, from: Value, wanted: Value) -> bool {
        let mut seen = HashSet::new();
        let mut waiting = vec![from];
        while let Some(value) = waiting.pop() {
            if value == wanted {
                return true;
            }
            let Some(index) = value.index().filter(|&index| seen.insert(index)) else { continue };
            let before = waiting.len();
            match self.graph.node(value) {
                Some(Node::List(items) | Node::Dict(items) | Node::Set(items)) => {
                    waiting.extend(items);
                }
                Some(Node::Tuple(span) | Node::FrozenSet(span)) => {
                    waiting.extend(self.graph.span(*span));
                }
                Some(Node::Object(object)) => {
                    waiting.extend([object.callable, object.args, object.state]);
                }
                Some(Node::Persistent(id)) => waiting.push(*id),
                _ => {}
            }
            for effect in self.graph.effects.get(&index).into_iter().flatten() {
                match effect {
                    Effect::Append(items) | Effect::SetItems(items) | Effect::AddItems(items) => {
                        waiting.extend(items);
                    }
                    Effect::Build(value) | Effect::Popped(value) => waiting.push(*value),
                }
            }
            match self.looks.checked_sub(waiting.len().saturating_sub(before) + 1) {
                Some(left) => self.looks = left,
                None => return false,
            }
        }
        false
    }

    /// What follows joblib's stand-in for an array.
    pub(super) fn contents(&self, value: Value) -> Option<&'a JoblibContents> {
        self.graph.contents.get(&value.index()?)
    }

    pub(super) fn joblib_contents(&mut self, value: Value) -> Result<()> {
        match self.contents(value).ok_or_else(lost)? {
            JoblibContents::Data { data, align } => {
                let data = self.graph.input.get(data.clone()).ok_or_else(lost)?;
                self.p.raw(*align, Cow::Borrowed(data));
            }
            JoblibContents::Pickle(pickle) => {
                let options = WriteOptions::default().profile(self.p.profile);
                let bytes = pickle.encode(&options.protocol(pickle.protocol()))?;
                self.p.raw(None, Cow::Owned(bytes));
            }
        }
        Ok(())
    }

    pub(super) fn inst(&mut self, class: Value) -> Result<()> {
        let Some(Node::Global(name)) = self.graph.node(class) else { return Err(lost()) };
        let (module, name) = name.path_in(self.graph).ok_or_else(lost)?;
        self.p.any_global_line(INST, &module, &name)?;
        Ok(())
    }

    /// What comes after the opcode that makes an object: its memo entry, and what is done to it.
    pub(super) fn made(&mut self, value: Value) -> Result<()> {
        // An object that holds itself in its arguments was written inside of itself.
        if let Some(index) = self.p.memo(Identity::Value(value)) {
            self.p.op(POP);
            self.p.get_entry(index);
            return Ok(());
        }
        self.p.memoize(Identity::Value(value));
        for effect in self.graph.effects(value).iter().rev() {
            match effect {
                Effect::Append(items) => {
                    let task = self.list(items, false);
                    self.tasks.push(task);
                }
                Effect::SetItems(pairs) => {
                    let task = self.dict(pairs, false);
                    self.tasks.push(task);
                }
                Effect::AddItems(items) => {
                    for group in items.chunks(BATCH).rev() {
                        self.tasks.push(Task::Op(ADDITEMS));
                        self.tasks.push(Task::All(group));
                        self.tasks.push(Task::Op(MARK));
                    }
                }
                Effect::Build(state) => {
                    self.tasks.push(Task::Op(BUILD));
                    self.tasks.push(Task::Save(*state));
                }
                Effect::Popped(popped) => self.popped(*popped),
            }
        }
        if self.contents(value).is_some() {
            self.tasks.push(Task::JoblibContents(value));
        }
        if let Some(state) = self.graph.object(value).map(|object| object.state)
            && state != Value::ABSENT
        {
            self.tasks.push(Task::Op(BUILD));
            self.tasks.push(Task::Save(state));
        }
        Ok(())
    }

    /// A function that sets the state, and whose answer is thrown away: nothing of it goes into the memo.
    pub(super) fn popped(&mut self, popped: Value) {
        self.tasks.push(Task::Op(POP));
        match self.graph.object(popped) {
            Some(object) if object.how == How::Reduce => {
                if let Some(args @ [_, _]) = self.graph.tuple(object.args) {
                    self.tasks.push(Task::Op(REDUCE));
                    self.tasks.push(Task::Op(TUPLE2));
                    self.tasks.push(Task::All(args));
                    self.tasks.push(Task::Save(object.callable));
                    return;
                }
                self.tasks.push(Task::Save(popped));
            }
            _ => self.tasks.push(Task::Save(popped)),
        }
    }

    pub(super) fn extension(&mut self, code: u32) {
        self.p.object();
        let bytes = code.to_le_bytes();
        let (op, len) = match code {
            0..=0xff => (EXT1, 1),
            0x100..=0xffff => (EXT2, 2),
            _ => (EXT4, 4),
        };
        self.p.op(op);
        bytes.iter().take(len).for_each(|&byte| self.p.op(byte));
    }
}
