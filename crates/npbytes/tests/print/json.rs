//! As much JSON as Python's `json.dumps` writes, for the recorded tables.

use std::ops::Index;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn number(&self) -> usize {
        match self {
            Self::Number(text) => text.parse().unwrap(),
            other => panic!("{other:?} is no number"),
        }
    }

    pub(crate) fn items(&self) -> &[Json] {
        match self {
            Self::List(items) => items,
            other => panic!("{other:?} is no list"),
        }
    }

    pub(crate) fn pairs(&self) -> &[(String, Json)] {
        match self {
            Self::Object(pairs) => pairs,
            other => panic!("{other:?} is no object"),
        }
    }
}

impl Index<&str> for Json {
    type Output = Json;

    fn index(&self, key: &str) -> &Json {
        let found = self.pairs().iter().find(|(name, _)| name == key);
        &found.unwrap_or_else(|| panic!("no {key} in {self:?}")).1
    }
}

pub(crate) fn parse(text: &str) -> Json {
    let mut rest = text;
    let value = value(&mut rest);
    assert!(rest.trim().is_empty(), "text after the value: {rest}");
    value
}

/// Takes a token, and the blanks before it, if it is next.
fn take(rest: &mut &str, token: &str) -> bool {
    let found = rest.trim_start().strip_prefix(token);
    *rest = found.unwrap_or(rest);
    found.is_some()
}

fn value(rest: &mut &str) -> Json {
    if take(rest, "{") {
        let pair = |rest: &mut &str| {
            assert!(take(rest, "\""));
            let key = text(rest);
            assert!(take(rest, ":"));
            (key, value(rest))
        };
        Json::Object(sequence(rest, "}", pair))
    } else if take(rest, "[") {
        Json::List(sequence(rest, "]", value))
    } else if take(rest, "\"") {
        Json::Text(text(rest))
    } else if take(rest, "null") {
        Json::Null
    } else if take(rest, "true") {
        Json::Bool(true)
    } else if take(rest, "false") {
        Json::Bool(false)
    } else {
        let start = rest.trim_start();
        let end = start.find([',', ']', '}']).unwrap_or(start.len());
        *rest = &start[end..];
        Json::Number(start[..end].to_owned())
    }
}

fn sequence<T>(rest: &mut &str, close: &str, item: impl Fn(&mut &str) -> T) -> Vec<T> {
    let mut items = Vec::new();
    while !take(rest, close) {
        assert!(items.is_empty() || take(rest, ","), "no comma at {rest}");
        items.push(item(rest));
    }
    items
}

/// The text up to the closing quote.
fn text(rest: &mut &str) -> String {
    let mut out = String::new();
    let mut chars = rest.chars();
    loop {
        match chars.next().unwrap() {
            '"' => break,
            '\\' => out.push(match chars.next().unwrap() {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'b' => '\x08',
                'f' => '\x0c',
                // Without `ensure_ascii` only control characters are written as numbers.
                'u' => {
                    let digits: String = chars.by_ref().take(4).collect();
                    char::from_u32(u32::from_str_radix(&digits, 16).unwrap()).unwrap()
                }
                other => other,
            }),
            other => out.push(other),
        }
    }
    *rest = chars.as_str();
    out
}
