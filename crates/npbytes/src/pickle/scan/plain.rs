//! Data types of Python's standard library: calls that make data and run nothing else, arguments checked.

use super::grammar::{Judge, is_unchanged, short};
use crate::pickle::graph::{Effect, Graph, How, Node, Object, Unpacked, Value};
use crate::pickle::names::Known;

/// Whether a call of a builtin type is as Python pickles its objects.
pub(super) fn is_builtin(
    judge: &mut Judge<'_, '_>,
    known: Known,
    value: Value,
    object: Object,
) -> bool {
    let graph = judge.graph;
    let bare = object.how == How::Reduce
        && (object.state == Value::ABSENT || object.state == Value::NONE)
        && is_unchanged(graph, value);
    let Some(args) = graph.tuple(object.args) else { return false };
    bare && match (known, args) {
        (Known::ByteArray, []) => true,
        // A number would be a length, of any size.
        (Known::ByteArray, &[bytes]) => {
            !matches!(bytes.unpack(), Unpacked::Text(_)) && judge.length(bytes).is_some()
        }
        (Known::ByteArray, &[text, encoding]) => {
            is_text(graph, text)
                && short(graph, encoding, 8)
                    .is_some_and(|code| matches!(&*code, b"latin-1" | b"latin1"))
        }
        (Known::Complex, &[re, im]) => is_number(graph, re) && is_number(graph, im),
        (Known::Set | Known::FrozenSet, []) => true,
        (Known::Set | Known::FrozenSet, &[items]) => is_sequence(graph, items),
        _ => false,
    }
}

/// Builtin classes that do nothing, whoever calls them with what.
pub(super) fn is_inert_class(graph: &Graph, value: Value) -> bool {
    const CLASSES: &[&str] = &[
        "int",
        "float",
        "complex",
        "str",
        "bytes",
        "bytearray",
        "bool",
        "list",
        "tuple",
        "dict",
        "set",
        "frozenset",
        "object",
        "slice",
        "range",
    ];
    let Some(Node::Global(name)) = graph.node(value) else { return false };
    name.path_in(graph).is_some_and(|(module, name)| {
        module == "builtins" && CLASSES.contains(&name.as_str())
            || module == "collections" && name == "OrderedDict"
    })
}

/// Whether a call makes data of the standard library, exactly as Python pickles it.
pub(super) fn is_inert(
    judge: &mut Judge<'_, '_>,
    module: &str,
    name: &str,
    value: Value,
    object: Object,
) -> bool {
    let graph = judge.graph;
    let Some(args) = graph.tuple(object.args) else { return false };
    let state = object.state;
    let stateless = state == Value::ABSENT || state == Value::NONE;
    let reduced = object.how == How::Reduce;
    let untouched = is_unchanged(graph, value);
    let only = |allowed: fn(&Effect) -> bool| {
        graph
            .effects(value)
            .iter()
            .all(|effect| matches!(effect, Effect::Popped(_)) || allowed(effect))
    };
    let sets_items = || only(|effect| matches!(effect, Effect::SetItems(_)));
    let appends = || only(|effect| matches!(effect, Effect::Append(_)));
    let int = |value: &Value| is_int(graph, *value);
    match (module, name) {
        ("collections", "OrderedDict") => {
            reduced
                && stateless
                && match args {
                    [] => sets_items(),
                    // Of Python 2: a list of pairs.
                    &[items] => untouched && is_pairs(graph, items),
                    _ => false,
                }
        }
        ("collections", "defaultdict") => {
            reduced
                && stateless
                && sets_items()
                && match args {
                    [] => true,
                    &[factory] => factory == Value::NONE || is_inert_class(graph, factory),
                    _ => false,
                }
        }
        ("collections", "Counter") => {
            reduced
                && stateless
                && untouched
                && match args {
                    [] => true,
                    &[counts] => matches!(graph.node(counts), Some(Node::Dict(_))),
                    _ => false,
                }
        }
        ("collections", "deque") => {
            reduced
                && stateless
                && appends()
                && match args {
                    [] => true,
                    &[items] => is_sequence(graph, items),
                    &[items, len] => is_sequence(graph, items) && (len == Value::NONE || int(&len)),
                    _ => false,
                }
        }
        ("datetime", "date") => {
            reduced && stateless && untouched && {
                match args {
                    &[packed] => judge.length(packed) == Some(4),
                    _ => args.len() == 3 && args.iter().all(int),
                }
            }
        }
        ("datetime", "datetime" | "time") => {
            let len = if name == "datetime" { 10 } else { 6 };
            reduced
                && stateless
                && untouched
                && match args {
                    &[packed] => judge.length(packed) == Some(len),
                    &[packed, zone] => judge.length(packed) == Some(len) && is_zone(graph, zone),
                    _ => false,
                }
        }
        ("datetime", "timedelta") => {
            reduced && stateless && untouched && args.len() == 3 && args.iter().all(int)
        }
        ("datetime", "timezone") => {
            reduced
                && stateless
                && untouched
                && match args {
                    [offset] => is_call_of(graph, *offset, "datetime", "timedelta"),
                    [offset, name] => {
                        is_call_of(graph, *offset, "datetime", "timedelta") && is_text(graph, *name)
                    }
                    _ => false,
                }
        }
        ("decimal", "Decimal") => {
            reduced && stateless && untouched && matches!(args, &[digits] if is_text(graph, digits))
        }
        ("fractions", "Fraction") => {
            reduced
                && stateless
                && untouched
                && match args {
                    // An exponent would be worked out, whatever its size.
                    &[ratio] => short(graph, ratio, 1000).is_some_and(|ratio| {
                        ratio.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'/' | b'-'))
                    }),
                    [up, down] => int(up) && int(down),
                    _ => false,
                }
        }
        ("uuid", "UUID") => {
            object.how == How::NewObj && args.is_empty() && untouched && is_uuid(graph, state)
        }
        ("pathlib" | "pathlib._local", _) => {
            const PATHS: &[&str] =
                &["PosixPath", "PurePosixPath", "WindowsPath", "PureWindowsPath"];
            PATHS.contains(&name)
                && reduced
                && stateless
                && untouched
                && args.iter().all(|&part| is_text(graph, part))
        }
        ("builtins", "slice" | "range" | "xrange") => {
            reduced
                && stateless
                && untouched
                && (1..=3).contains(&args.len())
                && args.iter().all(|&part| part == Value::NONE || is_int(graph, part))
        }
        _ => false,
    }
}

/// Whether a call is the one that protocols 0 and 1 have for an object of a class that is no part of Python:
/// `copyreg._reconstructor(class, object, None)`.
pub(super) fn is_reconstructor(
    judge: &Judge<'_, '_>,
    module: &str,
    name: &str,
    object: Object,
) -> bool {
    let graph = judge.graph;
    let args = graph.tuple(object.args).unwrap_or_default();
    let (class, is_plain) = match (name, args) {
        ("_reconstructor", &[class, base, state]) => {
            (class, state == Value::NONE && is_named(graph, base, "builtins", "object"))
        }
        ("__newobj__", &[class, ..]) => (class, true),
        _ => return false,
    };
    let is_other = match graph.node(class) {
        Some(Node::Global(global)) => global.path_in(graph).is_some_and(|(module, name)| {
            !super::standard::is_standard(&module)
                && !module.starts_with("numpy.")
                && module != "numpy"
                && !name.contains('.')
        }),
        Some(Node::Extension(_)) => true,
        _ => false,
    };
    module == "copyreg" && object.how == How::Reduce && is_plain && is_other
}

/// Objects of NumPy beyond arrays, whose pickles are known: random generators and polynomials. They are no data, and
/// they run nothing but NumPy.
pub(super) fn is_of_numpy(
    judge: &Judge<'_, '_>,
    module: &str,
    name: &str,
    value: Value,
    object: Object,
) -> bool {
    const BITS: &[&str] = &["MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"];
    let graph = judge.graph;
    let Some(args) = graph.tuple(object.args) else { return false };
    let names_bits = |value: Value| match graph.node(value) {
        Some(Node::Global(global)) => global.path_in(graph).is_some_and(|(module, name)| {
            module.starts_with("numpy.random") && BITS.contains(&name.as_str())
        }),
        Some(Node::Object(made)) => {
            is_named(graph, made.callable, "numpy.random._pickle", "__bit_generator_ctor")
        }
        _ => short(graph, value, 16)
            .is_some_and(|text| BITS.iter().any(|name| name.as_bytes() == text)),
    };
    let is_maker =
        |value: Value| is_named(graph, value, "numpy.random._pickle", "__bit_generator_ctor");
    match (module, name) {
        (
            "numpy.random._pickle",
            "__bit_generator_ctor" | "__generator_ctor" | "__randomstate_ctor",
        ) => {
            object.how == How::Reduce
                && is_unchanged(graph, value)
                && match args {
                    [] => true,
                    &[bits] => names_bits(bits),
                    &[bits, maker] => names_bits(bits) && is_maker(maker),
                    _ => false,
                }
        }
        ("numpy" | "numpy.lib.polynomial" | "numpy.lib._polynomial_impl", "poly1d") => {
            object.how == How::NewObj && args.is_empty() && is_unchanged(graph, value)
        }
        (
            "numpy.polynomial.polynomial"
            | "numpy.polynomial.chebyshev"
            | "numpy.polynomial.legendre"
            | "numpy.polynomial.laguerre"
            | "numpy.polynomial.hermite"
            | "numpy.polynomial.hermite_e",
            "Polynomial" | "Chebyshev" | "Legendre" | "Laguerre" | "Hermite" | "HermiteE",
        ) => object.how == How::NewObj && args.is_empty() && is_unchanged(graph, value),
        _ => false,
    }
}

fn is_named(graph: &Graph, value: Value, module: &str, name: &str) -> bool {
    match graph.node(value) {
        Some(Node::Global(global)) => {
            global.path_in(graph).is_some_and(|found| found.0 == module && found.1 == name)
        }
        _ => false,
    }
}

fn is_call_of(graph: &Graph, value: Value, module: &str, name: &str) -> bool {
    graph.object(value).is_some_and(|object| is_named(graph, object.callable, module, name))
}

fn is_text(graph: &Graph, value: Value) -> bool {
    match value.unpack() {
        Unpacked::Text(_) | Unpacked::ByteString(_) => true,
        _ => matches!(graph.node(value), Some(Node::Text(_))),
    }
}

fn is_int(graph: &Graph, value: Value) -> bool {
    match value.unpack() {
        Unpacked::Int(_) | Unpacked::Long(_) | Unpacked::Bool(_) => true,
        _ => matches!(graph.node(value), Some(Node::Long(_))),
    }
}

fn is_number(graph: &Graph, value: Value) -> bool {
    is_int(graph, value) || graph.float(value).is_some()
}

/// Something that is walked without running anything.
fn is_sequence(graph: &Graph, value: Value) -> bool {
    value == Value::EMPTY_TUPLE
        || matches!(
            graph.node(value),
            Some(Node::List(_) | Node::Tuple(_) | Node::Set(_) | Node::FrozenSet(_))
        )
}

fn is_pairs(graph: &Graph, value: Value) -> bool {
    let Some(Node::List(items)) = graph.node(value) else { return false };
    items.iter().all(|&item| match graph.node(item) {
        Some(Node::List(pair)) => pair.len() == 2,
        _ => graph.tuple(item).is_some_and(|pair| pair.len() == 2),
    })
}

fn is_zone(graph: &Graph, zone: Value) -> bool {
    zone == Value::NONE || is_call_of(graph, zone, "datetime", "timezone")
}

/// `{'int': ...}`, and `'is_safe'` where it is known.
fn is_uuid(graph: &Graph, state: Value) -> bool {
    let Some(Node::Dict(pairs)) = graph.node(state) else { return false };
    pairs.len() <= 4
        && !pairs.is_empty()
        && pairs.chunks_exact(2).all(|pair| {
            let is_key =
                short(graph, pair[0], 8).is_some_and(|key| matches!(&*key, b"int" | b"is_safe"));
            is_key && (is_int(graph, pair[1]) || pair[1] == Value::NONE)
        })
}
