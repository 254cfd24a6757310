//! The parser. Recursive over brackets, whose depth is bounded; offsets count bytes of the text.

use super::string::{self, Prefix};
use super::{Value, number};
use crate::error::{Error, Result};
use crate::limits::Limits;

/// How a literal is read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// The bounds; `literal_bytes` and `depth` are those that matter here.
    pub limits: Limits,
    /// Takes the `3L` of Python 2, as NumPy does in headers of version 1.0 and 2.0.
    pub python2_longs: bool,
}

/// Reads one literal, as `ast.literal_eval` does.
///
/// ```
/// use npbytes::literal::{parse, Value};
/// let header = parse("{'shape': (3, 0x10), 'fortran_order': False}")?;
/// assert_eq!(header.get("shape"), Some(&Value::Tuple(vec![Value::Int(3), Value::Int(16)])));
/// let error = parse("{'shape': (3,").unwrap_err();
/// assert_eq!(error.offset(), Some(13));
/// # Ok::<(), npbytes::Error>(())
/// ```
pub fn parse(text: &str) -> Result<Value> {
    parse_with(text, &Options::default())
}

/// Reads one literal under the given options.
pub fn parse_with(text: &str, options: &Options) -> Result<Value> {
    let (limit, len) = (options.limits.literal_bytes, text.len() as u64);
    if len > limit {
        return Err(Error::limit("literal_bytes", limit, len).at(0_u64));
    }
    if let Some(nul) = text.bytes().position(|b| b == 0) {
        return Err(Error::literal("a NUL character").at(nul));
    }
    let mut parser = Parser {
        text: text.as_bytes(),
        pos: 0,
        depth: 0,
        // The field is public; what recursion can bear is not for the caller to say.
        limit: options.limits.depth.min(crate::limits::MAX_DEPTH),
        longs: options.python2_longs,
    };
    parser.start()?;
    let value = parser.expressions()?;
    parser.end()?;
    Ok(value)
}

/// What `literal_eval` allows around a number depends on how it was written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `3`, `2j`: may take a sign, may be either side of a sum.
    Number,
    /// `-3`: may be the left side of a sum.
    Signed,
    /// All else.
    Other,
}

struct Parser<'a> {
    text: &'a [u8],
    pos: usize,
    depth: usize,
    limit: usize,
    longs: bool,
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.pos).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.pos += usize::from(found);
        found
    }

    fn newline(&mut self) -> bool {
        let len = match self.text.get(self.pos..) {
            Some([b'\r', b'\n', ..]) => 2,
            Some([b'\r' | b'\n', ..]) => 1,
            _ => 0,
        };
        self.pos += len;
        len > 0
    }

    fn unexpected(&self, wanted: &str) -> Error {
        let found = match self.text.get(self.pos..).and_then(|rest| {
            // The text is UTF-8 and `pos` may only stand in the middle of a character after an error.
            String::from_utf8_lossy(&rest[..rest.len().min(4)]).chars().next()
        }) {
            Some(c) => format!("{c:?}"),
            None => "the end".into(),
        };
        Error::literal(format!("expected {wanted}, found {found}")).at(self.pos)
    }

    /// Skips blanks and comments, and newlines where a bracket is open.
    fn blanks(&mut self) {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | 0x0c) => self.pos += 1,
                Some(b'\n' | b'\r') if self.depth > 0 => self.pos += 1,
                Some(b'#') => self.comment(),
                Some(b'\\') => {
                    let backslash = self.pos;
                    self.pos += 1;
                    // A line must follow, if only an empty one.
                    if !self.newline() || self.pos == self.text.len() {
                        self.pos = backslash;
                        return;
                    }
                }
                _ => return,
            }
        }
    }

    fn comment(&mut self) {
        while !matches!(self.peek(), None | Some(b'\n' | b'\r')) {
            self.pos += 1;
        }
    }

    /// Skips what may stand before the expression: blanks at the very start (they are stripped) and
    /// whole blank lines, but no indentation after those.
    fn start(&mut self) -> Result<()> {
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.pos += 1;
        }
        let mut line = self.pos;
        loop {
            while matches!(self.peek(), Some(b' ' | b'\t' | 0x0c)) {
                if self.peek() == Some(0x0c) {
                    // A form feed starts the count of the indentation again.
                    line = self.pos + 1;
                }
                self.pos += 1;
            }
            if self.peek() == Some(b'#') {
                self.comment();
            }
            if self.newline() {
                line = self.pos;
            } else if self.pos > line && self.peek().is_some() {
                return Err(Error::literal("unexpected indentation").at(self.pos));
            } else {
                return Ok(());
            }
        }
    }

    /// Checks that only blank lines and comments follow.
    fn end(&mut self) -> Result<()> {
        self.blanks();
        while self.newline() {
            let mut indented = false;
            while let Some(blank @ (b' ' | b'\t' | 0x0c)) = self.peek() {
                // A form feed starts the count again.
                indented = blank != 0x0c;
                self.pos += 1;
            }
            // A last line of blanks is one of code to CPython, unless a newline or a comment ends it. NumPy
            // drops it where it looks for longs.
            if indented && self.peek().is_none() && !self.longs {
                return Err(Error::literal("unexpected indentation").at(self.pos));
            }
            self.blanks();
        }
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.unexpected("the end")),
        }
    }

    /// An expression, or a tuple without brackets.
    fn expressions(&mut self) -> Result<Value> {
        let (first, _) = self.expression()?;
        self.blanks();
        if self.peek() != Some(b',') {
            return Ok(first);
        }
        let mut items = vec![first];
        while self.eat(b',') {
            self.blanks();
            if matches!(self.peek(), None | Some(b'\n' | b'\r')) {
                break;
            }
            items.push(self.expression()?.0);
            self.blanks();
        }
        Ok(Value::Tuple(items))
    }

    /// A value, or the sum of a real and an imaginary number.
    fn expression(&mut self) -> Result<(Value, Form)> {
        let (left, form) = self.signed()?;
        self.blanks();
        let Some(sign @ (b'+' | b'-')) = self.peek() else { return Ok((left, form)) };
        let operator = self.pos;
        let real = match left {
            #[expect(clippy::cast_precision_loss, reason = "Python rounds here too")]
            Value::Int(real) if form != Form::Other => real as f64,
            Value::Float(real) if form != Form::Other => real,
            _ => return Err(self.unexpected("no operator here")),
        };
        self.pos += 1;
        self.blanks();
        match self.atom()? {
            (Value::Complex(re, im), Form::Number) => {
                let (re, im) =
                    if sign == b'+' { (real + re, 0.0 + im) } else { (real - re, 0.0 - im) };
                Ok((Value::Complex(re, im), Form::Other))
            }
            _ => {
                Err(Error::literal("only an imaginary number may be added to a real one")
                    .at(operator))
            }
        }
    }

    fn signed(&mut self) -> Result<(Value, Form)> {
        self.blanks();
        let sign = self.pos;
        let minus = match self.peek() {
            Some(b'-') => true,
            Some(b'+') => false,
            _ => return self.atom(),
        };
        self.pos += 1;
        self.blanks();
        let (value, form) = self.atom()?;
        if form != Form::Number {
            return Err(Error::literal("a sign without a number").at(sign));
        }
        let value = match value {
            Value::Int(v) if minus => Value::Int(-v),
            Value::Float(v) if minus => Value::Float(-v),
            Value::Complex(re, im) if minus => Value::Complex(-re, -im),
            other => other,
        };
        Ok((value, Form::Signed))
    }

    fn atom(&mut self) -> Result<(Value, Form)> {
        self.blanks();
        match self.peek() {
            Some(b'(') => self.parenthesis(),
            Some(b'[') => {
                self.open()?;
                Ok((Value::List(self.items(b']', Vec::new())?), Form::Other))
            }
            Some(b'{') => Ok((self.brace()?, Form::Other)),
            Some(b'\'' | b'"') => self.strings(Prefix { raw: false, bytes: false }),
            Some(b'0'..=b'9') => self.number(),
            Some(b'.') if self.text.get(self.pos..self.pos + 3) == Some(b"...") => {
                self.pos += 3;
                Ok((Value::Ellipsis, Form::Other))
            }
            Some(b'.') => self.number(),
            Some(b) if b.is_ascii_alphabetic() || b == b'_' || b >= 0x80 => self.name(),
            _ => Err(self.unexpected("a value")),
        }
    }

    fn open(&mut self) -> Result<()> {
        self.depth += 1;
        if self.depth > self.limit {
            let (limit, depth) = (self.limit as u64, self.depth as u64);
            return Err(Error::limit("depth", limit, depth).at(self.pos));
        }
        self.pos += 1;
        Ok(())
    }

    fn parenthesis(&mut self) -> Result<(Value, Form)> {
        self.open()?;
        self.blanks();
        if self.eat(b')') {
            self.depth -= 1;
            return Ok((Value::Tuple(Vec::new()), Form::Other));
        }
        let (first, form) = self.expression()?;
        self.blanks();
        if self.eat(b')') {
            self.depth -= 1;
            return Ok((first, form));
        }
        if !self.eat(b',') {
            return Err(self.unexpected("',' or ')'"));
        }
        Ok((Value::Tuple(self.items(b')', vec![first])?), Form::Other))
    }

    /// The items up to the closing bracket, after those that were read already.
    fn items(&mut self, close: u8, mut items: Vec<Value>) -> Result<Vec<Value>> {
        loop {
            self.blanks();
            if self.eat(close) {
                self.depth -= 1;
                return Ok(items);
            }
            items.push(self.expression()?.0);
            self.blanks();
            if !self.eat(b',') && self.peek() != Some(close) {
                return Err(self.unexpected(&format!("',' or {:?}", char::from(close))));
            }
        }
    }

    fn brace(&mut self) -> Result<Value> {
        self.open()?;
        self.blanks();
        if self.eat(b'}') {
            self.depth -= 1;
            return Ok(Value::Dict(Vec::new()));
        }
        let first = self.hashable()?;
        self.blanks();
        if self.peek() != Some(b':') {
            let mut items = vec![first];
            loop {
                self.blanks();
                if self.eat(b'}') {
                    self.depth -= 1;
                    return Ok(Value::Set(items));
                }
                if !self.eat(b',') {
                    return Err(self.unexpected("',' or '}'"));
                }
                self.blanks();
                if self.peek() != Some(b'}') {
                    items.push(self.hashable()?);
                }
            }
        }
        let mut pairs = Vec::new();
        let mut key = first;
        loop {
            self.blanks();
            if !self.eat(b':') {
                return Err(self.unexpected("':'"));
            }
            pairs.push((key, self.expression()?.0));
            self.blanks();
            if !self.eat(b',') && self.peek() != Some(b'}') {
                return Err(self.unexpected("',' or '}'"));
            }
            self.blanks();
            if self.eat(b'}') {
                self.depth -= 1;
                return Ok(Value::Dict(pairs));
            }
            key = self.hashable()?;
        }
    }

    /// A key of a dict or a member of a set.
    fn hashable(&mut self) -> Result<Value> {
        self.blanks();
        let start = self.pos;
        let (value, _) = self.expression()?;
        if is_hashable(&value) {
            Ok(value)
        } else {
            let name = value.type_name();
            Err(Error::literal(format!("a {name} cannot be a key or a member of a set")).at(start))
        }
    }

    /// A string, and those that follow it at once.
    fn strings(&mut self, prefix: Prefix) -> Result<(Value, Form)> {
        let mut whole = self.string(prefix)?;
        let mut texts = Vec::new();
        loop {
            self.blanks();
            let start = self.pos;
            let Some(prefix) = self.string_prefix() else { break };
            match (&mut whole, self.string(prefix)?) {
                (Value::Bytes(whole), Value::Bytes(part)) => whole.extend(part),
                (Value::Str(_), Value::Str(part)) => texts.push(part),
                _ => return Err(Error::literal("str and bytes stand side by side").at(start)),
            }
        }
        if let Value::Str(first) = &mut whole {
            first.append(&texts);
        }
        Ok((whole, Form::Other))
    }

    /// Stands before a string? Then skips its prefix.
    fn string_prefix(&mut self) -> Option<Prefix> {
        let rest = self.text.get(self.pos..)?;
        let letters = rest.iter().take(3).take_while(|b| b.is_ascii_alphabetic()).count();
        let prefix = Prefix::parse(rest.get(..letters)?)?;
        if !matches!(rest.get(letters), Some(b'\'' | b'"')) {
            return None;
        }
        self.pos += letters;
        Some(prefix)
    }

    fn string(&mut self, prefix: Prefix) -> Result<Value> {
        let (value, end) = string::parse(self.text, self.pos, prefix)?;
        self.pos = end;
        Ok(value)
    }

    fn name(&mut self) -> Result<(Value, Form)> {
        let start = self.pos;
        if let Some(prefix) = self.string_prefix() {
            return self.strings(prefix);
        }
        let rest = self.text.get(start..).unwrap_or_default();
        let len = rest.iter().take_while(|&&b| is_name(b)).count();
        let value = match &rest[..len] {
            b"None" => Value::None,
            b"True" => Value::Bool(true),
            b"False" => Value::Bool(false),
            b"set" => {
                self.pos += len;
                self.blanks();
                if self.eat(b'(') {
                    self.blanks_in_bracket();
                    if self.eat(b')') {
                        return Ok((Value::Set(Vec::new()), Form::Other));
                    }
                }
                return Err(Error::literal("a name or a call is no literal").at(start));
            }
            _ => {
                let name = String::from_utf8_lossy(&rest[..len.min(40)]).into_owned();
                return Err(Error::literal(format!("the name {name} is no literal")).at(start));
            }
        };
        self.pos += len;
        Ok((value, Form::Other))
    }

    fn blanks_in_bracket(&mut self) {
        self.depth += 1;
        self.blanks();
        self.depth -= 1;
    }

    fn number(&mut self) -> Result<(Value, Form)> {
        let start = self.pos;
        let rest = self.text.get(start..).unwrap_or_default();
        let (value, len) = number::parse(rest).map_err(|error| error.shifted(start as u64))?;
        self.pos += len;
        if self.longs {
            while let Some(after) = self.after_long() {
                self.pos = after;
            }
        }
        if self.peek().is_some_and(is_name) {
            return Err(self.unexpected("the end of the number"));
        }
        Ok((value, Form::Number))
    }

    /// Where an `L` of Python 2 after a number ends.
    fn after_long(&self) -> Option<usize> {
        let blanks = self.text.get(self.pos..)?.iter().take_while(|b| matches!(b, b' ' | b'\t'));
        let letter = self.pos + blanks.count();
        let lone = self.text.get(letter) == Some(&b'L')
            && !self
                .text
                .get(letter + 1)
                .copied()
                .is_some_and(|b| is_name(b) || b == b'\'' || b == b'"');
        lone.then_some(letter + 1)
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

fn is_hashable(value: &Value) -> bool {
    match value {
        Value::List(_) | Value::Set(_) | Value::Dict(_) => false,
        Value::Tuple(items) => items.iter().all(is_hashable),
        _ => true,
    }
}
