//! Data types of Python's standard library: calls that make data and run nothing else, arguments checked.

use super::grammar::{Judge, is_unchanged};
use super::short::short;
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
pub(super) fn is_inert_class(judge: &mut Judge<'_, '_>, value: Value) -> bool {
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
    judge.path(value).is_some_and(|path| match path.0.as_str() {
        "builtins" => CLASSES.contains(&path.1.as_str()),
        "collections" => path.1 == "OrderedDict",
        _ => false,
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
                    &[items] => untouched && is_pairs(judge, items),
                    _ => false,
                }
        }
        ("collections", "defaultdict") => {
            reduced
                && stateless
                && sets_items()
                && match args {
                    [] => true,
                    &[factory] => factory == Value::NONE || is_inert_class(judge, factory),
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
                match *args {
                    [packed] => judge.length(packed) == Some(4),
                    _ => args.len() == 3 && args.iter().all(int),
                }
            }
        }
        ("datetime", "datetime" | "time") => {
            let len = if name == "datetime" { 10 } else { 6 };
            reduced
                && stateless
                && untouched
                && match *args {
                    [packed] => judge.length(packed) == Some(len),
                    [packed, zone] => judge.length(packed) == Some(len) && is_zone(judge, zone),
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
                    [offset] => is_call_of(judge, *offset, "datetime", "timedelta"),
                    [offset, name] => {
                        is_call_of(judge, *offset, "datetime", "timedelta") && is_text(graph, *name)
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

/// Objects of NumPy beyond arrays, whose pickles are known: random generators and polynomials. They are no data, and
/// they run nothing but NumPy.
pub(super) fn is_beyond_arrays(
    judge: &mut Judge<'_, '_>,
    module: &str,
    name: &str,
    value: Value,
    object: Object,
) -> bool {
    let graph = judge.graph;
    let Some(args) = graph.tuple(object.args) else { return false };
    match (module, name) {
        (
            "numpy.random._pickle",
            "__bit_generator_ctor" | "__generator_ctor" | "__randomstate_ctor",
        ) => {
            object.how == How::Reduce
                && is_unchanged(graph, value)
                && match args {
                    [] => true,
                    &[bits] => is_bit_generator(judge, bits),
                    &[bits, maker] => {
                        is_bit_generator(judge, bits)
                            && judge.is_named(maker, "numpy.random._pickle", "__bit_generator_ctor")
                    }
                    _ => false,
                }
        }
        // What a generator was seeded with: its class, a number for the layout, and the state, if it is not set later.
        ("numpy.random.bit_generator", "__pyx_unpickle_SeedSequence") => {
            object.how == How::Reduce
                && is_unchanged(graph, value)
                && match *args {
                    [class, layout, state] => {
                        judge.is_named(class, module, "SeedSequence")
                            && is_int(graph, layout)
                            && (state == Value::NONE || graph.tuple(state).is_some())
                    }
                    _ => false,
                }
        }
        _ => {
            is_polynomial(module, name)
                && object.how == How::NewObj
                && args.is_empty()
                && is_unchanged(graph, value)
        }
    }
}

/// Whether a class is one of NumPy's polynomials.
pub(super) fn is_polynomial(module: &str, name: &str) -> bool {
    match module {
        "numpy" | "numpy.lib.polynomial" | "numpy.lib._polynomial_impl" => name == "poly1d",
        "numpy.polynomial.polynomial" => name == "Polynomial",
        "numpy.polynomial.chebyshev" => name == "Chebyshev",
        "numpy.polynomial.legendre" => name == "Legendre",
        "numpy.polynomial.laguerre" => name == "Laguerre",
        "numpy.polynomial.hermite" => name == "Hermite",
        "numpy.polynomial.hermite_e" => name == "HermiteE",
        _ => false,
    }
}

/// The name or the class of one of NumPy's bit generators, or one that was made: what else is given is called.
fn is_bit_generator(judge: &mut Judge<'_, '_>, value: Value) -> bool {
    const BITS: &[&str] = &["MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"];
    let graph = judge.graph;
    match graph.node(value) {
        Some(Node::Global(_)) => judge.path(value).is_some_and(|path| {
            path.0.starts_with("numpy.random.") && BITS.contains(&path.1.as_str())
        }),
        Some(Node::Object(made)) => {
            judge.is_named(made.callable, "numpy.random._pickle", "__bit_generator_ctor")
        }
        _ => short(graph, value, 16)
            .is_some_and(|text| BITS.iter().any(|name| name.as_bytes() == text)),
    }
}

fn is_call_of(judge: &mut Judge<'_, '_>, value: Value, module: &str, name: &str) -> bool {
    let callable = judge.graph.object(value).map(|object| object.callable);
    callable.is_some_and(|callable| judge.is_named(callable, module, name))
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

fn is_pairs(judge: &mut Judge<'_, '_>, value: Value) -> bool {
    let graph = judge.graph;
    let Some(Node::List(items)) = graph.node(value) else { return false };
    judge.may_spend(items.len())
        && items.iter().all(|&item| match graph.node(item) {
            Some(Node::List(pair)) => pair.len() == 2,
            _ => graph.tuple(item).is_some_and(|pair| pair.len() == 2),
        })
}

fn is_zone(judge: &mut Judge<'_, '_>, zone: Value) -> bool {
    zone == Value::NONE || is_call_of(judge, zone, "datetime", "timezone")
}

/// `{'int': ...}`, and `'is_safe'` where it is known.
pub(super) fn is_uuid(graph: &Graph, state: Value) -> bool {
    let Some(Node::Dict(pairs)) = graph.node(state) else { return false };
    pairs.len() <= 4
        && !pairs.is_empty()
        && pairs.chunks_exact(2).all(|pair| {
            let is_key =
                short(graph, pair[0], 8).is_some_and(|key| matches!(&*key, b"int" | b"is_safe"));
            is_key && (is_int(graph, pair[1]) || pair[1] == Value::NONE)
        })
}
