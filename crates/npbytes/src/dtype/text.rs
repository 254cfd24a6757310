//! The texts that `np.dtype(text)` takes: codes, characters, names, comma lists and repeats.

use super::{ByteOrder, DType, Kind, MAX_ITEMSIZE, TimeUnit, names};
use crate::error::{Error, Result};
use crate::numpy::NumPy;

/// Reads a text as the given NumPy does.
pub(super) fn parse(text: &str, numpy: NumPy) -> Result<DType> {
    if is_comma_list(text.as_bytes()) { comma_list(text, numpy) } else { single(text, numpy) }
}

/// Reads a typestr as .npy headers have them, such as `<i4`, without a look at the rarer forms.
pub(crate) fn parse_typestr(text: &[u8]) -> Option<DType> {
    let (&order, rest) = text.split_first()?;
    let (&letter, digits) = rest.split_first()?;
    let plain = matches!(order, b'<' | b'>' | b'|') && !matches!(letter, b'M' | b'm');
    if !plain || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let kind = sized(letter, std::str::from_utf8(digits).ok()?)?;
    Some(DType::native(kind).with_byte_order(byte_order(order)?))
}

/// NumPy takes a text for a list if it starts with a number or an empty tuple, or if there is a
/// comma outside of square brackets.
fn is_comma_list(text: &[u8]) -> bool {
    let head = match text.first() {
        Some(&first) if byte_order(first).is_some() && text.len() > 1 => &text[1..],
        _ => text,
    };
    if head.first().is_some_and(u8::is_ascii_digit) || head.starts_with(b"()") {
        return true;
    }
    let mut brackets = 0_i32;
    text.iter().skip(1).any(|byte| {
        brackets += i32::from(*byte == b'[') - i32::from(*byte == b']');
        *byte == b',' && brackets == 0
    })
}

/// The order that a prefix character stands for; `=` and `|` mean the native one.
fn byte_order(byte: u8) -> Option<ByteOrder> {
    match byte {
        b'<' => Some(ByteOrder::Little),
        b'>' => Some(ByteOrder::Big),
        b'=' | b'|' => Some(ByteOrder::NATIVE),
        _ => None,
    }
}

/// One dtype without repeats or commas. Offsets of errors count from the start of `text`.
fn single(text: &str, numpy: NumPy) -> Result<DType> {
    let bytes = text.as_bytes();
    let (body, order) = match bytes.first().and_then(|&first| byte_order(first)) {
        Some(order) => (&text[1..], Some(order)),
        None => (text, None),
    };
    let at = text.len() - body.len();
    if body.is_empty() {
        return Err(Error::dtype(if text.is_empty() {
            "an empty text"
        } else {
            "a byte order alone"
        })
        .at(at));
    }
    let kind = match body.as_bytes() {
        // NumPy 2 has it as an alias only, which takes no byte order.
        b"a" if order.is_some() && !numpy.alias_takes_byte_order() => None,
        [c] => names::by_char(*c, numpy),
        [letter, ..] if letter.is_ascii() => match time(body) {
            Some(kind) => Some(kind.map_err(|error| error.shifted(at as u64))?),
            None => sized(*letter, &body[1..]),
        },
        _ => None,
    };
    let kind = match kind {
        Some(kind) => kind,
        None => names::by_name(text, numpy).ok_or_else(|| unknown(text, body, at, numpy))?,
    };
    let dtype = DType::native(kind);
    Ok(match order {
        Some(order) => dtype.with_byte_order(order),
        None => dtype,
    })
}

/// What C's `strtol` skips before a number.
pub(super) const C_BLANKS: [char; 6] = [' ', '\t', '\n', '\r', '\x0b', '\x0c'];

/// A letter and a size: `i4`, `S5`, `U3` (characters), `V7`.
fn sized(letter: u8, size: &str) -> Option<Kind> {
    // NumPy reads the number with `strtol`: blanks and a plus may stand before it.
    let size = size.trim_start_matches(C_BLANKS);
    let size = size.strip_prefix('+').unwrap_or(size);
    if !size.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let size: usize = size.parse().ok().filter(|&size| size <= MAX_ITEMSIZE)?;
    match letter {
        b'S' | b'a' => Some(Kind::Bytes(size)),
        b'U' => (size <= MAX_ITEMSIZE / 4).then_some(Kind::Str(size)),
        b'V' => Some(Kind::Void(size)),
        _ => names::by_size(letter, size),
    }
}

/// `M8[...]` and its longer names; `None` if the text is none of those.
fn time(body: &str) -> Option<Result<Kind>> {
    type Make = fn(TimeUnit) -> Kind;
    const FORMS: [(&str, Make); 4] = [
        ("M8", Kind::DateTime64),
        ("m8", Kind::TimeDelta64),
        ("datetime64", Kind::DateTime64),
        ("timedelta64", Kind::TimeDelta64),
    ];
    let (name, make) = FORMS.into_iter().find(|(name, _)| {
        body.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
    })?;
    if body.len() == name.len() {
        return Some(Ok(make(TimeUnit::GENERIC)));
    }
    let inner = name.len() + 1;
    Some(match body.get(inner..).and_then(|rest| rest.split_once(']')) {
        Some((unit, "")) => {
            TimeUnit::parse(unit).map(make).map_err(|error| error.shifted(inner as u64))
        }
        Some((unit, _)) => Err(Error::dtype("text after the unit").at(inner + unit.len() + 1)),
        None => Err(Error::dtype("a unit without a closing bracket").at(body.len())),
    })
}

fn unknown(text: &str, body: &str, at: usize, numpy: NumPy) -> Error {
    let letter = body.chars().next().unwrap_or(' ');
    let sizes = match letter {
        'i' | 'u' => Some("1, 2, 4 or 8 bytes"),
        'f' => Some("2, 4, 8 or 16 bytes"),
        'c' => Some("8, 16 or 32 bytes"),
        'b' => Some("1 byte"),
        'M' | 'm' => Some("8 bytes"),
        _ => None,
    };
    let digits = !body[letter.len_utf8()..].is_empty()
        && body[letter.len_utf8()..].bytes().all(|b| b.is_ascii_digit());
    match sizes {
        Some(sizes) if digits => Error::dtype(format!("{text:?}: the kind {letter:?} has {sizes}"))
            .at(at + letter.len_utf8()),
        _ => {
            let error = Error::dtype(format!("NumPy {numpy} knows no {text:?}")).at(at);
            if names::removed_in_2(text).is_some() {
                error.with_help("NumPy 2.0 removed this name; NumPy 1 has it")
            } else if at > 0 && names::by_name(body, numpy).is_some() {
                error.with_help(format!(
                    "a name takes no byte order; write {} instead",
                    names::by_name(body, numpy).map_or_else(String::new, |kind| {
                        let order = byte_order(text.as_bytes()[0]).unwrap_or(ByteOrder::NATIVE);
                        DType::native(kind).with_byte_order(order).typestr()
                    })
                ))
            } else {
                error.with_help(
                    "write a code such as <f8, a name such as float64, or a list of fields",
                )
            }
        }
    }
}

/// `i4,(2,3)f8`: fields `f0`, `f1`, ...; a single item is no struct, unless a comma follows it in
/// NumPy 2.
fn comma_list(text: &str, numpy: NumPy) -> Result<DType> {
    let mut items = Vec::new();
    let mut pos = 0;
    let mut trailing = false;
    while pos < text.len() {
        let (dtype, end) = item(text, pos, numpy)?;
        items.push(dtype);
        let rest = &text[end..];
        let blanks = rest.len() - rest.trim_start().len();
        pos = end + blanks;
        trailing = false;
        if pos < text.len() {
            if !text[pos..].starts_with(',') {
                return Err(Error::dtype("expected a comma between fields").at(pos));
            }
            pos += 1;
            pos += text[pos..].len() - text[pos..].trim_start().len();
            trailing = true;
        }
    }
    let lone = items.len() == 1 && !(trailing && numpy.keeps_single_repeats());
    match items.pop() {
        Some(item) if lone => Ok(item),
        last => {
            let fields = items.into_iter().chain(last).enumerate();
            DType::structured(fields.map(|(i, dtype)| (format!("f{i}"), dtype)))
        }
    }
}

/// One item of a comma list: byte order, repeats, byte order, dtype.
fn item(text: &str, start: usize, numpy: NumPy) -> Result<(DType, usize)> {
    let bytes = text.as_bytes();
    let peek = |pos: usize| bytes.get(pos).copied();
    let blanks = |pos: usize| pos + bytes[pos..].iter().take_while(|&&b| b == b' ').count();
    let order_at = |pos: usize| peek(pos).and_then(byte_order);

    let before = order_at(start);
    let first = start + usize::from(before.is_some());
    let mut pos = blanks(first);
    let (shape, end) = repeats(text, pos)?;
    if shape.is_none() && pos > first {
        // NumPy takes the blanks for the repeats.
        return Err(Error::dtype("a blank before a dtype").at(first));
    }
    pos = blanks(end);
    let after = order_at(pos);
    let order_pos = pos;
    pos += usize::from(after.is_some());

    let code_start = pos;
    while peek(pos).is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'?')) {
        pos += 1;
    }
    if pos == code_start {
        // Also where a unit follows: a code of a unit alone would be read as this list again, and again.
        return Err(Error::dtype("expected a dtype").at(code_start));
    }
    if peek(pos) == Some(b'[') {
        let unit = bytes[pos + 1..]
            .iter()
            .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b',' | b'.'))
            .count();
        pos += 1 + unit;
        if peek(pos) != Some(b']') {
            return Err(Error::dtype("a list takes units such as [ns] and [25s] only").at(pos));
        }
        pos += 1;
    }
    let code = &text[code_start..pos];
    let order = match (before, after) {
        (Some(a), Some(b)) if a != b => {
            return Err(Error::dtype("two byte orders that disagree").at(order_pos));
        }
        (Some(order), _) | (None, Some(order)) => order,
        (None, None) => ByteOrder::NATIVE,
    };
    // NumPy drops an order that is the native one, and puts the other in front of the code, which it reads
    // like any other text: it may start with a repeat of its own.
    let dtype = if order == ByteOrder::NATIVE {
        parse(code, numpy).map_err(|error| error.shifted(code_start as u64))
    } else {
        parse(&format!("{}{code}", order.as_char()), numpy)
            .map_err(|error| error.map_offset(|at| at.saturating_sub(1) + code_start as u64))
    }?;
    let dtype = match shape {
        Some((dims, false)) => dtype.repeated(dims[0], numpy).map_err(|error| error.at(start))?,
        Some((dims, _)) if dims.len() > numpy.max_dims() => {
            return Err(Error::dtype(format!(
                "{} axes; NumPy {numpy} has {} at most",
                dims.len(),
                numpy.max_dims()
            ))
            .at(start));
        }
        Some((dims, _)) => DType::subarray(dtype, &dims).map_err(|error| error.at(start))?,
        None => dtype,
    };
    Ok((dtype, pos))
}

/// Lengths of axes, and whether they are a tuple.
type Repeats = Option<(Vec<usize>, bool)>;

/// `2`, `(2)`, `2,`, `(2,)`, `(2, 3)` or nothing: digits, commas and spaces, which Python then reads as a
/// number or a tuple.
fn repeats(text: &str, start: usize) -> Result<(Repeats, usize)> {
    let bytes = text.as_bytes();
    let open = bytes.get(start) == Some(&b'(');
    let inner = start + usize::from(open);
    let is_part = |b: &&u8| b.is_ascii_digit() || matches!(b, b',' | b' ');
    let end = inner + bytes[inner..].iter().take_while(is_part).count();
    let close = bytes.get(end) == Some(&b')');
    if open && !close {
        return Err(Error::dtype("a shape without a closing ')'").at(end));
    }
    let written = &text[inner..end];
    if !open && written.trim_matches(' ').is_empty() {
        return Ok((None, start));
    }
    let parts: Vec<&str> = written.split(',').collect();
    let mut dims = Vec::new();
    let mut at = inner;
    for (i, part) in parts.iter().enumerate() {
        let number = part.trim_matches(' ');
        // A comma may end a tuple, and `()` is one.
        let nothing = i + 1 == parts.len() && number.is_empty() && (i > 0 || open);
        match number.parse::<usize>() {
            _ if nothing => {}
            // Python reads the number: `02` is none.
            Ok(dim) if dim == 0 || !number.starts_with('0') => dims.push(dim),
            _ => return Err(Error::dtype("expected a length of an axis").at(at)),
        }
        at += part.len() + 1;
    }
    let tuple = parts.len() > 1 || dims.is_empty();
    Ok((Some((dims, tuple)), end + usize::from(open)))
}
