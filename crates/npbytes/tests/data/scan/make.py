#!/usr/bin/env python3
"""Writes cases.txt: pickles that hide what they do, and what a scan has to say of each.

Verdicts and names are written here by hand. Offsets are counted by pickletools; what Python runs when it loads a case is
told by `make.py run`: it reads pickles in hexadecimal, one a line, loads each with something in place of every global that
only remembers that it was called, and prints what was. Nothing is imported, and no command is ever run.

A line has tabs between: name, verdict, findings, and the pickle in hexadecimal. A finding is
kind/usage/name/named at/used at.
"""

import io
import pickle
import pickletools
import struct
import sys
from pathlib import Path

# ----------------------------------------------------------------------------------------- to build pickles by hand


def g(module, name):
    return f"c{module}\n{name}\n".encode()


def s(text):
    data = text.encode()
    return b"\x8c" + bytes([len(data)]) + data


def sg(module, name):
    return s(module) + s(name) + b"\x93"


def call(function, *args):
    return function + b"(" + b"".join(args) + b"tR"


P2, P3, P4 = b"\x80\x02", b"\x80\x03", b"\x80\x04"
SYSTEM = g("os", "system")
ID = s("id")
RUN = call(SYSTEM, ID)


def array(items):
    """The pickle of an array of objects, with opcodes in place of its items."""
    return (
        P4
        + sg("numpy._core.multiarray", "_reconstruct")
        + b"(" + sg("numpy", "ndarray") + b"K\0\x85C\1bt" + b"R"
        + b"(K\1K\1\x85"
        + sg("numpy", "dtype") + b"(" + s("O8") + b"\x89\x88tR"
        + b"(K\3" + s("|") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK?tb"
        + b"\x89](" + items + b"e" + b"tb"
    )


DTYPE = g("numpy", "dtype") + b"(" + s("i2") + b"\x89\x88tR(K\3" + s("<") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb"
PLAIN_ARRAY = (
    call(g("numpy._core.multiarray", "_reconstruct"), g("numpy", "ndarray"), b"K\0\x85", b"C\1b")
    + b"(K\1K\2\x85" + DTYPE + b"\x89C\4\1\0\2\0tb"
)

# ------------------------------------------------------------------------------------------------------------ cases
# name, verdict, pickle, findings: (kind, usage, name, what names it, what uses it), where the last two are an opcode
# and its number among those of that name, or an offset.

CASES = []


def case(name, verdict, data, *findings):
    CASES.append((name, verdict, data, findings))


CALLED = ("GLOBAL", 0), ("REDUCE", 0)
OS = ("call", "REDUCE", "os.system", *CALLED)

case("global", "runs", SYSTEM + b"(S'id'\ntR.", OS)
case("stack-global", "runs", P4 + call(sg("os", "system"), ID) + b".",
     ("call", "REDUCE", "os.system", ("STACK_GLOBAL", 0), ("REDUCE", 0)))
case("inst", "runs", b"(S'id'\nios\nsystem\n.", ("call", "INST", "os.system", ("INST", 0), ("INST", 0)))
case("obj", "runs", b"(cos\nsystem\nS'id'\no.", ("call", "OBJ", "os.system", ("GLOBAL", 0), ("OBJ", 0)))
case("obj-pty", "runs", b"(cpty\nspawn\nS\"id\"\no.", ("call", "OBJ", "pty.spawn", ("GLOBAL", 0), ("OBJ", 0)))
case("newobj", "runs", P2 + g("subprocess", "Popen") + b"(" + ID + b"t\x81.",
     ("call", "NEWOBJ", "subprocess.Popen", ("GLOBAL", 0), ("NEWOBJ", 0)))
case("newobj-ex", "runs", P4 + sg("subprocess", "Popen") + b")}" + s("args") + ID + b"s\x92.",
     ("call", "NEWOBJ_EX", "subprocess.Popen", ("STACK_GLOBAL", 0), ("NEWOBJ_EX", 0)))
case("posix", "runs", call(g("posix", "system"), ID) + b".", ("call", "REDUCE", "posix.system", *CALLED))
case("nt", "runs", call(g("nt", "system"), ID) + b".", ("call", "REDUCE", "nt.system", *CALLED))
case("eval", "runs", call(g("builtins", "eval"), s("1")) + b".", ("call", "REDUCE", "builtins.eval", *CALLED))
case("getattr", "runs", P4 + call(sg("builtins", "getattr"), sg("os", "path"), s("os")) + b".",
     ("call", "REDUCE", "builtins.getattr", ("STACK_GLOBAL", 0), ("REDUCE", 0)),
     ("reference", "named", "os.path", ("STACK_GLOBAL", 1), ("STACK_GLOBAL", 1)))

# Python 2's names: mapped below protocol 3, and read as they are above.
case("python2-mapped", "runs", call(g("__builtin__", "eval"), b"S'1'\n") + b".",
     ("call", "REDUCE", "builtins.eval", *CALLED))
case("python2-commands", "runs", P2 + call(g("commands", "getoutput"), b"S'id'\n") + b".",
     ("call", "REDUCE", "subprocess.getoutput", *CALLED))
case("python2-in-protocol-3", "runs", P3 + call(g("__builtin__", "eval"), s("1")) + b".",
     ("call", "REDUCE", "__builtin__.eval", *CALLED))
case("python2-copy-reg-in-protocol-4", "runs", P4 + call(sg("copy_reg", "add_extension"), s("os")) + b".",
     ("call", "REDUCE", "copy_reg.add_extension", ("STACK_GLOBAL", 0), ("REDUCE", 0)))
case("python3-in-protocol-0", "runs", call(g("builtins", "exec"), s("1")) + b".",
     ("call", "REDUCE", "builtins.exec", *CALLED))

# The memo: names that are put there, replaced, doubled and fetched.
case("memo-names", "runs",
     P4 + s("os") + b"\x940" + s("system") + b"\x940" + s("json") + s("loads") + b"00h\0h\1\x93" + ID + b"\x85R.",
     ("call", "REDUCE", "os.system", ("STACK_GLOBAL", 0), ("REDUCE", 0)))
case("memo-overwritten", "runs",
     P4 + s("collections") + b"q\0" + b"0" + s("OrderedDict") + b"q\1" + b"0"
     + s("os") + b"q\0" + b"0" + s("system") + b"q\1" + b"0" + b"h\0h\1\x93" + ID + b"\x85R.",
     ("call", "REDUCE", "os.system", ("STACK_GLOBAL", 0), ("REDUCE", 0)))
case("memo-overwritten-before", "runs",
     P4 + s("os") + b"q\0" + b"0" + s("system") + b"q\1" + b"0" + b"h\0h\1\x93q\2"
     + b"0" + s("json") + b"q\0" + b"0" + b"h\2" + ID + b"\x85R.",
     ("call", "REDUCE", "os.system", ("STACK_GLOBAL", 0), ("REDUCE", 0)))
case("memo-callable", "runs", SYSTEM + b"p5\n0g5\n(S'id'\ntR.", OS)
case("memo-sparse", "runs", SYSTEM + b"r\xff\xff\xff\x7f0j\xff\xff\xff\x7f(S'id'\ntR.", OS)
case("memo-text-numbers", "runs", SYSTEM + b"p+7\n0g 7\n(S'id'\ntR.", OS)
case("dup", "runs", P4 + sg("os", "system") + b"2" + ID + b"\x85R.",
     ("call", "REDUCE", "os.system", ("STACK_GLOBAL", 0), ("REDUCE", 0)))
case("dup-name", "runs", P4 + s("code") + b"2\x93)R.",
     ("call", "REDUCE", "code.code", ("STACK_GLOBAL", 0), ("REDUCE", 0)))
case("names-apart", "runs", P4 + s("os") + b"(I1\nI2\n1" + s("system") + b"\x95\0\0\0\0\0\0\0\0" + b"\x93" + ID + b"\x85R.",
     ("call", "REDUCE", "os.system", ("STACK_GLOBAL", 0), ("REDUCE", 0)))
case("names-of-python2-strings", "runs", b"U\2osU\6system\x93" + ID + b"\x85R.",
     ("call", "REDUCE", "os.system", ("STACK_GLOBAL", 0), ("REDUCE", 0)))
case("names-of-escaped-strings", "runs", b"S'o\\x73'\nS'sys\\164em'\n\x93" + ID + b"\x85R.",
     ("call", "REDUCE", "os.system", ("STACK_GLOBAL", 0), ("REDUCE", 0)))
case("names-of-escaped-unicode", "runs", b"V\\u006fs\nV\\U00000073ystem\n\x93" + ID + b"\x85R.",
     ("call", "REDUCE", "os.system", ("STACK_GLOBAL", 0), ("REDUCE", 0)))
case("names-of-long-strings", "runs",
     P4 + b"X\2\0\0\0os\x8d\6\0\0\0\0\0\0\0system\x93" + ID + b"\x85R.",
     ("call", "REDUCE", "os.system", ("STACK_GLOBAL", 0), ("REDUCE", 0)))
case("name-computed", "runs",
     P4 + call(sg("operator", "add"), s("o"), s("s")) + s("system") + b"\x93" + ID + b"\x85R.",
     ("call", "REDUCE", "operator.add", ("STACK_GLOBAL", 0), ("REDUCE", 0)),
     ("computed", "REDUCE", "?.system", ("STACK_GLOBAL", 1), ("REDUCE", 1)))
case("name-computed-by-others", "runs",
     P4 + s("os") + call(sg("thing", "join"), s("system")) + b"\x93.",
     ("computed", "named", "os.?", ("STACK_GLOBAL", 1), ("STACK_GLOBAL", 1)),
     ("object", "REDUCE", "thing.join", ("STACK_GLOBAL", 0), ("REDUCE", 0)))

# Names that lead on, or hide.
case("dotted", "runs", P4 + call(sg("sklearn.utils", "os.system"), ID) + b".",
     ("call", "REDUCE", "sklearn.utils.os.system", ("STACK_GLOBAL", 0), ("REDUCE", 0)))
case("dotted-of-numpy", "runs", P4 + call(sg("numpy", "lib.npyio.os.system"), ID) + b".",
     ("call", "REDUCE", "numpy.lib.npyio.os.system", ("STACK_GLOBAL", 0), ("REDUCE", 0)))
case("dotted-class", "runs", P4 + call(sg("trace", "Trace.run"), ID) + b".",
     ("call", "REDUCE", "trace.Trace.run", ("STACK_GLOBAL", 0), ("REDUCE", 0)))
case("dotted-known", "runs", P4 + call(sg("numpy", "core.multiarray._reconstruct"), ID) + b".",
     ("call", "REDUCE", "numpy.core.multiarray._reconstruct", ("STACK_GLOBAL", 0), ("REDUCE", 0)))
case("carriage-return", "runs", b"cos\r\nsystem\r\n(S'id'\ntR.", ("call", "REDUCE", "os\r.system\r", *CALLED))
case("spaces", "runs", b"cos \nsystem \n(S'id'\ntR.", ("call", "REDUCE", "os .system ", *CALLED))
case("space-before", "runs", b"c os\n system\n(S'id'\ntR.", ("call", "REDUCE", " os. system", *CALLED))
case("nul", "runs", b"cos\0\nsystem\n(S'id'\ntR.", ("call", "REDUCE", "os\0.system", *CALLED))
case("lookalike-cyrillic", "runs", P4 + call(sg("\u043es", "system"), ID) + b".",
     ("call", "REDUCE", "\u043es.system", ("STACK_GLOBAL", 0), ("REDUCE", 0)))
case("lookalike-of-numpy", "runs", P4 + call(sg("numpy", "dty\u0440e"), s("i2")) + b".",
     ("call", "REDUCE", "numpy.dty\u0440e", ("STACK_GLOBAL", 0), ("REDUCE", 0)))
case("full-width", "runs", P4 + call(sg("\uff4f\uff53", "system"), ID) + b".",
     ("call", "REDUCE", "\uff4f\uff53.system", ("STACK_GLOBAL", 0), ("REDUCE", 0)))
case("empty-names", "runs", P4 + call(sg("", ""), ID) + b".",
     ("call", "REDUCE", ".", ("STACK_GLOBAL", 0), ("REDUCE", 0)))
case("capitals", "other", P4 + call(sg("OS", "system"), ID) + b".",
     ("object", "REDUCE", "OS.system", ("STACK_GLOBAL", 0), ("REDUCE", 0)))

# What lists of bad names have left out.
for module, name in [
    ("pkgutil", "resolve_name"), ("importlib", "import_module"), ("runpy", "_run_code"), ("timeit", "timeit"),
    ("cProfile", "run"), ("profile", "run"), ("pydoc", "pipepager"), ("pydoc", "locate"), ("code", "interact"),
    ("ctypes", "CDLL"), ("marshal", "loads"), ("pickle", "loads"), ("_pickle", "loads"), ("shelve", "open"),
    ("operator", "methodcaller"), ("_operator", "attrgetter"), ("functools", "partial"), ("functools", "reduce"),
    ("asyncio.unix_events", "_UnixSubprocessTransport"), ("multiprocessing.util", "spawnv_passfds"),
    ("ensurepip", "_run_pip"), ("uuid", "_get_command_stdout"), ("doctest", "debug_script"),
    ("idlelib.pyshell", "main"), ("lib2to3.pgen2.grammar", "Grammar"), ("distutils.file_util", "write_file"),
    ("_interpreters", "run_string"), ("_xxsubinterpreters", "run_string"), ("logging.config", "listen"),
    ("sqlite3", "connect"), ("webbrowser", "open"), ("types", "FunctionType"), ("types", "CodeType"),
    ("bdb", "Bdb"), ("pdb", "run"), ("smtplib", "SMTP"), ("http.client", "HTTPSConnection"),
    ("test.support.script_helper", "assert_python_ok"), ("site", "execsitecustomize"), ("linecache", "getline"),
    ("re", "_compile"), ("builtins", "map"), ("builtins", "type"), ("builtins", "open"), ("io", "FileIO"),
    ("concurrent.futures.process", "_process_worker"), ("string", "Formatter"), ("weakref", "finalize"),
    ("pip", "main"), ("pip._internal.cli.main", "main"), ("setuptools", "setup"), ("pkg_resources", "run_script"),
    ("numpy.testing._private.utils", "runstring"), ("numpy.testing", "measure"), ("numpy.f2py.crackfortran", "getlincoef"),
    ("numpy.f2py.crackfortran", "_eval_length"), ("numpy.f2py.diagnose", "run_command"), ("numpy", "load"),
    ("numpy", "memmap"), ("numpy", "fromfile"), ("numpy", "ndarray"), ("numpy", "size"), ("numpy", "vectorize"),
    ("numpy._core._internal", "_ctypes"), ("numpy.core", "_ufunc_reconstruct"), ("numpy.distutils.exec_command", "exec_command"),
    ("numpy.lib.npyio", "load"), ("numpy.dtypes", "Float64DType"), ("numpy", "float64"), ("numpy.ma.core", "MaskedArray"),
    ("numpy.testing._private.utils", "_reconstruct"), ("numpy.evil.core.multiarray", "scalar"),
]:
    case(f"{module}.{name}", "runs", call(g(module, name), s("x")) + b".", ("call", "REDUCE", f"{module}.{name}", *CALLED))
for module, name in [
    ("torch.utils.collect_env", "run"), ("pandas.io.parsers.readers", "read_csv"), ("numpyro", "load"),
    ("numpy_evil", "_reconstruct"), ("mlflow.projects.backend.local", "_run_entry_point"), ("__main__", "main"),
    ("xnumpy.core.multiarray", "scalar"), ("ossaudio", "x"), ("cloudpickle.cloudpickle", "_make_function"),
]:
    case(f"{module}.{name}", "other", call(g(module, name), s("x")) + b".", ("object", "REDUCE", f"{module}.{name}", *CALLED))

# NumPy's and Python's own calls with other arguments.
MALFORMED = ("malformed", "REDUCE")
case("reconstruct-of-other-class", "runs",
     call(g("numpy.core.multiarray", "_reconstruct"), g("evil", "Array"), b"K\0\x85", b"C\1b") + b".",
     (*MALFORMED, "numpy.core.multiarray._reconstruct", *CALLED),
     ("reference", "named", "evil.Array", ("GLOBAL", 1), ("GLOBAL", 1)))
case("reconstruct-huge", "runs",
     call(g("numpy.core.multiarray", "_reconstruct"), g("numpy", "ndarray"), b"J\0\0\0\x40\x85", b"C\1b") + b".",
     (*MALFORMED, "numpy.core.multiarray._reconstruct", *CALLED))
case("reconstruct-other-code", "runs",
     call(g("numpy.core.multiarray", "_reconstruct"), g("numpy", "ndarray"), b"K\0\x85", b"C\1O") + b".",
     (*MALFORMED, "numpy.core.multiarray._reconstruct", *CALLED))
case("reconstruct-by-newobj", "runs",
     g("numpy.core.multiarray", "_reconstruct") + b"(" + g("numpy", "ndarray") + b"K\0\x85C\1bt\x81.",
     ("malformed", "NEWOBJ", "numpy.core.multiarray._reconstruct", ("GLOBAL", 0), ("NEWOBJ", 0)))
case("array-too-long", "runs", PLAIN_ARRAY.replace(b"C\4\1\0\2\0", b"C\5\1\0\2\0\0") + b".",
     (*MALFORMED, "numpy._core.multiarray._reconstruct", *CALLED))
case("array-of-few-objects", "runs", array(b"NN").replace(b"K\1\x85\x8c", b"K\x09\x85\x8c") + b".",
     (*MALFORMED, "numpy._core.multiarray._reconstruct", ("STACK_GLOBAL", 0), ("REDUCE", 0)))
case("array-built-twice", "runs", PLAIN_ARRAY + b"(K\1K\2\x85" + b"Nt" + b"b.",
     (*MALFORMED, "numpy._core.multiarray._reconstruct", *CALLED))
case("dtype-of-other-class", "runs", call(g("numpy", "dtype"), g("evil", "float64"), b"\x89\x88") + b".",
     (*MALFORMED, "numpy.dtype", *CALLED), ("reference", "named", "evil.float64", ("GLOBAL", 1), ("GLOBAL", 1)))
case("dtype-of-text", "runs", call(g("numpy", "dtype"), s("i4,O"), b"\x89\x88") + b".", (*MALFORMED, "numpy.dtype", *CALLED))
case("scalar-too-short", "runs", call(g("numpy.core.multiarray", "scalar"), DTYPE, b"C\1\0") + b".",
     (*MALFORMED, "numpy.core.multiarray.scalar", ("GLOBAL", 0), ("REDUCE", 1)))
case("codecs-other-code", "runs", call(g("_codecs", "encode"), s("x"), s("rot13")) + b".",
     (*MALFORMED, "_codecs.encode", *CALLED))
case("codecs-decode", "runs", call(g("_codecs", "decode"), s("x"), s("latin1")) + b".",
     ("call", "REDUCE", "_codecs.decode", *CALLED))
case("bytes-of-number", "runs", call(g("builtins", "bytes"), b"J\0\0\0\x40") + b".", (*MALFORMED, "builtins.bytes", *CALLED))
case("bytearray-of-number", "runs", call(g("builtins", "bytearray"), b"J\0\0\0\x40") + b".",
     (*MALFORMED, "builtins.bytearray", *CALLED))
case("complex-of-text", "runs", call(g("builtins", "complex"), s("1")) + b".", (*MALFORMED, "builtins.complex", *CALLED))
case("fraction-of-exponent", "runs", call(g("fractions", "Fraction"), s("1e99999999")) + b".",
     ("call", "REDUCE", "fractions.Fraction", *CALLED))
case("defaultdict-of-function", "runs", call(g("collections", "defaultdict"), SYSTEM) + b".",
     ("call", "REDUCE", "collections.defaultdict", *CALLED),
     ("reference", "named", "os.system", ("GLOBAL", 1), ("GLOBAL", 1)))
case("ordered-dict-of-call", "runs", call(g("collections", "OrderedDict"), call(SYSTEM, ID)) + b".",
     ("call", "REDUCE", "collections.OrderedDict", ("GLOBAL", 0), ("REDUCE", 1)),
     ("call", "REDUCE", "os.system", ("GLOBAL", 1), ("REDUCE", 0)))
case("set-of-call", "runs", call(g("builtins", "set"), call(SYSTEM, ID)) + b".",
     (*MALFORMED, "builtins.set", ("GLOBAL", 0), ("REDUCE", 1)),
     ("call", "REDUCE", "os.system", ("GLOBAL", 1), ("REDUCE", 0)))
case("stringdtype-of-call", "runs",
     call(g("numpy._core._internal", "_convert_to_stringdtype_kwargs"), b"I01\n", RUN) + b".",
     ("call", "REDUCE", "os.system", ("GLOBAL", 1), ("REDUCE", 0)))

# Dtypes whose state says of their elements what they are not: pointers made of numbers. NumPy writes none of these; where
# one is `numpy`, NumPy does.


def i(number):
    return b"J" + struct.pack("<i", number)


def tup(*items):
    return b"(" + b"".join(items) + b"t"


def names(*texts):
    return tup(*map(s, texts))


def fields(*pairs):
    return b"}(" + b"".join(key + field for key, field in pairs) + b"u"


def dtype(code, order="|", sub=b"N", names=b"N", fields=b"N", size=-1, align=-1, flags=0, version=3, copy=b"\x89\x88", more=b""):
    state = tup(i(version), s(order), sub, names, fields, i(size), i(align), i(flags), more)
    return g("numpy", "dtype") + b"(" + s(code) + copy + b"tR" + state + b"b"


I8, U2, OBJECT = dtype("i8", "<"), dtype("U2", "<", size=8, align=4, flags=8), dtype("O8", flags=63)
FORGED = (*MALFORMED, "numpy.dtype", *CALLED)
A, B = s("a"), s("b")


def struct_of(*fields_, size=8, align=1, flags=16, listed=("a",), code=None, **more):
    return dtype(code or f"V{size}", names=names(*listed), fields=fields(*fields_), size=size, align=align, flags=flags, **more)


for name, data in {
    "object-without-flags": dtype("O8"),
    "object-without-list": dtype("O8", flags=61),
    "object-as-struct": dtype("O8", names=names("a"), fields=fields((A, tup(I8, i(0)))), size=8, align=1),
    "object-as-subarray": dtype("O8", sub=tup(I8, tup(i(1))), size=8, align=8),
    "number-as-struct": struct_of((A, tup(I8, i(0))), code="f8"),
    "number-with-flags": dtype("i8", "<", flags=63),
    "number-with-references": dtype("u1", flags=1),
    "void-with-references": dtype("V8", size=8, align=1, flags=1),
    "struct-without-references": struct_of((A, tup(OBJECT, i(0)))),
    "struct-with-pointers": struct_of((A, tup(I8, i(0))), flags=63),
    "struct-of-other-size": struct_of((A, tup(I8, i(0))), code="V16"),
    "field-behind-the-end": struct_of((A, tup(I8, i(4)))),
    "field-before-the-start": struct_of((A, tup(I8, i(-8)))),
    "field-on-an-object": struct_of((A, tup(OBJECT, i(0))), (B, tup(I8, i(0))), listed=("a", "b"), flags=27),
    "field-on-half-an-object": struct_of((A, tup(OBJECT, i(0))), (B, tup(I8, i(4))), size=16, listed=("a", "b"), flags=27),
    "key-beside-the-names": struct_of((A, tup(I8, i(0))), (B, tup(OBJECT, i(0)))),
    "key-behind-the-end": struct_of((A, tup(I8, i(0))), (B, tup(I8, i(1 << 30)))),
    "key-twice": struct_of((A, tup(OBJECT, i(0))), (A, tup(I8, i(0)))),
    "key-of-bytes": struct_of((A, tup(I8, i(0))), (b"C\1a", tup(OBJECT, i(0)))),
    "name-twice": struct_of((A, tup(I8, i(0))), listed=("a", "a")),
    "names-in-a-list": dtype("V8", names=b"](" + A + b"e", fields=fields((A, tup(I8, i(0)))), size=8, align=1, flags=16),
    "title-of-none": struct_of((A, tup(I8, i(0), b"N"))),
    "title-of-another-field": struct_of((A, tup(I8, i(0), B)), (B, tup(OBJECT, i(0), B))),
    "alignment-0": struct_of((A, tup(I8, i(0))), align=0),
    "alignment-negative": struct_of((A, tup(I8, i(0))), align=-5, flags=0x90),
    "alignment-3": struct_of((A, tup(I8, i(0))), align=3),
    "text-of-other-size": dtype("U2", "<", size=7, align=4, flags=8),
    "text-of-negative-size": dtype("U1", "<", size=-4, align=4, flags=8),
    "bytes-of-other-size": dtype("S1", size=0, align=1),
    "subarray-of-other-size": dtype("V8", sub=tup(I8, tup(i(4))), size=8, align=8),
    "subarray-without-flags": dtype("V8", sub=tup(OBJECT, tup(i(1))), size=8, align=8),
    "no-copy": dtype("i8", "<", copy=b"\x89\x89"),
    "flags-in-version-2": dtype("i8", "<", version=2),
}.items():
    case(f"dtype-{name}", "runs", data + b".", FORGED)
for name, data in {
    "aligned": struct_of((A, tup(I8, i(0))), align=8, flags=144),
    "aligned-of-numpy-1": struct_of((A, tup(I8, i(0))), align=8, flags=-112),
    # np.zeros(1, [('a', 'i8'), ('b', 'O')])[['a']].dtype
    "some-fields-of-a-struct": struct_of((A, tup(I8, i(0))), size=16, flags=27),
    "title": struct_of((A, tup(I8, i(0), B) + b"q\7"), (B, b"h\7")),
    "subarray": dtype("V16", sub=tup(I8, tup(i(2))), size=16, align=8),
    "text-in-a-struct": struct_of((A, tup(U2, i(0))), flags=24),
    "objects": struct_of((A, tup(OBJECT, i(0))), flags=27),
    "metadata": dtype("i8", "<", version=4, more=b"}" + A + b"Ns"),
    "without-fields": dtype("V0", names=b")", fields=b"}", size=0, align=1, flags=16),
    "without-fields-aligned-of-numpy-1": dtype("V0", names=b")", fields=b"}", size=0, align=0, flags=-112),
    "python-2": g("numpy", "dtype") + b"(U\2V8K\0K\1tR(K\3U\1|N(U\1atU\0".replace(b"U\0", b"}U\1a(") + I8 + b"K\0tsK\x08K\1K\x10tb",
}.items():
    case(f"dtype-{name}", "numpy", data + b".")


def scalar(dtype, data):
    return call(g("numpy.core.multiarray", "scalar"), dtype, data)


def array_of(dtype, data, shape=b"K\1\x85"):
    made = call(g("numpy.core.multiarray", "_reconstruct"), g("numpy", "ndarray"), b"K\0\x85", b"C\1b")
    return made + b"(K\1" + shape + dtype + b"\x89" + data + b"tb"


NUMBER = b"C\x08AAAAAAAA"
STRUCT = struct_of((A, tup(OBJECT, i(0))), flags=27)
RECONSTRUCT, SCALAR = "numpy.core.multiarray._reconstruct", "numpy.core.multiarray.scalar"
case("scalar-of-object", "runs", scalar(OBJECT, NUMBER) + b".", (*MALFORMED, SCALAR, ("GLOBAL", 0), ("REDUCE", 1)))
case("scalar-of-subarray", "runs", scalar(dtype("V8", sub=tup(I8, tup(i(1))), size=8, align=8), NUMBER) + b".",
     (*MALFORMED, SCALAR, ("GLOBAL", 0), ("REDUCE", 2)))
case("scalar-of-struct-by-another-array", "runs", scalar(STRUCT, array_of(I8, NUMBER, b")")) + b".",
     (*MALFORMED, SCALAR, ("GLOBAL", 0), ("REDUCE", 4)))
case("scalar-of-struct-by-bytes", "runs", scalar(STRUCT, NUMBER) + b".", (*MALFORMED, SCALAR, ("GLOBAL", 0), ("REDUCE", 2)))
case("scalar-of-struct", "numpy", scalar(STRUCT + b"q\5", array_of(b"h\5", b"](N\x85e", b")")) + b".")
case("array-of-subarrays", "runs", array_of(dtype("V8", sub=tup(I8, tup(i(1))), size=8, align=8), NUMBER) + b".",
     (*MALFORMED, RECONSTRUCT, *CALLED))
case("array-of-some-fields-as-bytes", "runs", array_of(struct_of((A, tup(I8, i(0))), flags=27), NUMBER) + b".",
     (*MALFORMED, RECONSTRUCT, *CALLED))
case("array-of-some-fields", "numpy", array_of(struct_of((A, tup(I8, i(0))), flags=27), b"](K\1\x85e") + b".")
case("strings-as-bytes", "runs",
     array_of(call(g("numpy._core._internal", "_convert_to_stringdtype_kwargs"), b"K\1"), b"C\x10" + b"A" * 16) + b".",
     (*MALFORMED, RECONSTRUCT, *CALLED))
# np.ma.array([(1,)], [('a', 'i8')])[0]
case("masked-element", "numpy",
     call(g("numpy.ma.core", "_mareconstruct"), g("numpy.ma.core", "mvoid"), g("numpy", "ndarray"), b"K\0\x85", b"C\1b")
     + b"(K\1)" + struct_of((A, tup(I8, i(0)))) + b"\x89" + NUMBER + b"C\1\0Ntb.")
for module, name in [("numpy", "poly1d"), ("numpy.polynomial.polynomial", "Polynomial"), ("numpy.polynomial.hermite_e", "HermiteE")]:
    for protocol, how, data in [
        (0, "REDUCE", call(g("copy_reg", "_reconstructor"), g(module, name), g("__builtin__", "object"), b"N") + b"}" + A + b"Nsb."),
        (2, "NEWOBJ", P2 + g(module, name) + b")\x81}" + A + b"Nsb."),
    ]:
        case(f"{module}.{name}-{protocol}", "other", data,
             ("object", how, f"{module}.{name}", ("GLOBAL", int(protocol == 0)), (how, 0)))
case("seed-sequence", "other",
     call(g("numpy.random.bit_generator", "__pyx_unpickle_SeedSequence"), g("numpy.random.bit_generator", "SeedSequence"), i(65708578), b"N")
     + b"(K\3tb.",
     ("object", "REDUCE", "numpy.random.bit_generator.__pyx_unpickle_SeedSequence", *CALLED),
     ("reference", "named", "numpy.random.bit_generator.SeedSequence", ("GLOBAL", 1), ("GLOBAL", 1)))
case("seed-sequence-of-other-class", "runs",
     call(g("numpy.random.bit_generator", "__pyx_unpickle_SeedSequence"), g("thing", "SeedSequence"), i(65708578), b"N") + b".",
     ("call", "REDUCE", "numpy.random.bit_generator.__pyx_unpickle_SeedSequence", *CALLED),
     ("reference", "named", "thing.SeedSequence", ("GLOBAL", 1), ("GLOBAL", 1)))

# What follows a pickle and is not read here, but may be by a Python: never "bytes that are no pickle".
REFUSED = "refused-"
for name, before in {
    "marks": b"(" * 10001 + b"1" * 10001,
    "number": b"I99999999999999999999999999999999x\n0",
    "name": b"c" + b"a" * 5000 + b"\nb\n0",
    "frame": b"\x95\4\0\0\0\0\0\0\0N0N0K",
    "float": b"F1.0x\n0",
}.items():
    case(REFUSED + name, "unreadable", b"N." + before + RUN + b".")
case("followed-by-newlines", "plain", b"N.\n\n")
case("followed-by-zeros", "plain", b"N." + b"\0" * 9)
case("followed-by-text", "plain", b"N.class Some(thing):\n")
case("followed-by-numbers", "plain", b"N.K\1]\xff\xff")
case("followed-by-the-name-of-a-module-to-python-3.11", "other", b"N.cos\0 and more\nsystem\n.",
     ("reference", "named", "os\0 and more.system", ("GLOBAL", 0), ("GLOBAL", 0)))

# What is thrown away has been called.
case("popped", "runs", RUN + b"0N.", OS)
case("popped-mark", "runs", b"(" + RUN + b"1N.", OS)
case("popped-obj", "runs", b"(cos\nsystem\nS'id'\no0N.", ("call", "OBJ", "os.system", ("GLOBAL", 0), ("OBJ", 0)))
case("below-an-array", "runs", RUN + PLAIN_ARRAY + b".", OS)
case("below-an-array-popped", "runs", RUN + b"0" + PLAIN_ARRAY + b".", OS)
case("overwritten-in-a-dict", "runs", b"}K\0" + RUN + b"sK\0Ns.", OS)
case("in-memo-only", "runs", RUN + b"q\x050" + PLAIN_ARRAY + b".", OS)
case("in-a-key", "runs", b"}" + RUN + b"Ns.", OS)

# Inside of NumPy's own data.
case("in-an-array-of-objects", "runs", array(call(sg("os", "system"), ID)) + b".",
     ("call", "REDUCE", "os.system", ("STACK_GLOBAL", 3), ("REDUCE", 2)))
case("in-metadata", "runs",
     call(g("numpy", "dtype"), s("i2"), b"\x89\x88") + b"(K\4" + s("<") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0}" + s("k") + RUN + b"stb.",
     ("call", "REDUCE", "os.system", ("GLOBAL", 1), ("REDUCE", 1)))
case("in-a-shape", "runs",
     call(g("numpy.core.multiarray", "_reconstruct"), g("numpy", "ndarray"), RUN, b"C\1b") + b".",
     (*MALFORMED, "numpy.core.multiarray._reconstruct", ("GLOBAL", 0), ("REDUCE", 1)),
     ("call", "REDUCE", "os.system", ("GLOBAL", 2), ("REDUCE", 0)))
case("in-a-state", "runs", PLAIN_ARRAY[:-len(b"\x89C\4\1\0\2\0tb")] + RUN + b"C\4\1\0\2\0tb.",
     (*MALFORMED, "numpy._core.multiarray._reconstruct", *CALLED),
     ("call", "REDUCE", "os.system", ("GLOBAL", 3), ("REDUCE", 2)))
case("pickle-in-bytes", "runs", array(call(sg("pickle", "loads"), b"C" + bytes([len(RUN) + 1]) + RUN + b".")) + b".",
     ("call", "REDUCE", "pickle.loads", ("STACK_GLOBAL", 3), ("REDUCE", 2)))

# What is done to globals and to what calls return.
case("build-on-a-class", "runs", P4 + sg("collections", "OrderedDict") + b"}" + s("__init__") + sg("os", "system") + b"sb)R.",
     ("mutation", "BUILD", "collections.OrderedDict", ("STACK_GLOBAL", 0), ("EMPTY_DICT", 0)),
     ("reference", "named", "os.system", ("STACK_GLOBAL", 1), ("STACK_GLOBAL", 1)))
case("build-on-a-module", "runs", P4 + sg("sklearn.utils", "os") + b"N}" + s("path") + b"Ns\x86b.",
     ("mutation", "BUILD", "sklearn.utils.os", ("STACK_GLOBAL", 0), ("TUPLE2", 0)),
     ("reference", "named", "sklearn.utils.os", ("STACK_GLOBAL", 0), ("STACK_GLOBAL", 0)))
case("build-on-a-function-of-numpy", "runs",
     P4 + sg("numpy", "size") + b"\x94" + sg("numpy", "__builtins__") + b"\x94h\0}}" + s("shape") + b"h\1s\x86b0"
     + b"h\0h\0" + s("eval") + b"\x86R" + s("1") + b"\x85R.",
     ("indirect", "REDUCE", "what numpy.size returns", ("REDUCE", 0), ("REDUCE", 1)),
     ("call", "REDUCE", "numpy.size", ("STACK_GLOBAL", 0), ("REDUCE", 0)),
     ("mutation", "BUILD", "numpy.size", ("STACK_GLOBAL", 0), ("TUPLE2", 0)),
     ("reference", "named", "numpy.__builtins__", ("STACK_GLOBAL", 1), ("STACK_GLOBAL", 1)))
case("set-item-on-a-global", "runs", P4 + sg("sys", "modules") + s("json") + sg("os", "path") + b"s.",
     ("mutation", "SETITEM", "sys.modules", ("STACK_GLOBAL", 0), ("SHORT_BINUNICODE", 2)),
     ("reference", "named", "sys.modules", ("STACK_GLOBAL", 0), ("STACK_GLOBAL", 0)),
     ("reference", "named", "os.path", ("STACK_GLOBAL", 1), ("STACK_GLOBAL", 1)))
case("append-to-a-global", "runs", P4 + sg("sys", "path") + s("/tmp") + b"a.",
     ("mutation", "APPEND", "sys.path", ("STACK_GLOBAL", 0), ("SHORT_BINUNICODE", 2)),
     ("reference", "named", "sys.path", ("STACK_GLOBAL", 0), ("STACK_GLOBAL", 0)))
case("call-of-a-result", "runs", P4 + call(call(sg("thing", "get"), s("system")), ID) + b".",
     ("indirect", "REDUCE", "what thing.get returns", ("REDUCE", 0), ("REDUCE", 1)),
     ("object", "REDUCE", "thing.get", ("STACK_GLOBAL", 0), ("REDUCE", 0)))
case("call-of-text", "runs", s("os.system") + b"(" + ID + b"tR.",
     ("malformed", "REDUCE", "a value", ("SHORT_BINUNICODE", 0), ("REDUCE", 0)))
case("handed-over", "runs", P4 + call(sg("thing", "apply"), sg("os", "system"), b"(" + ID + b"t") + b".",
     ("handed-over", "REDUCE", "os.system", ("STACK_GLOBAL", 1), ("REDUCE", 0)),
     ("object", "REDUCE", "thing.apply", ("STACK_GLOBAL", 0), ("REDUCE", 0)),
     ("reference", "named", "os.system", ("STACK_GLOBAL", 1), ("STACK_GLOBAL", 1)))
case("handed-over-nested", "runs", P4 + call(sg("dask", "get"), b"}" + s("k") + b"(" + sg("os", "system") + ID + b"ts") + b".",
     ("handed-over", "REDUCE", "os.system", ("STACK_GLOBAL", 1), ("REDUCE", 0)),
     ("object", "REDUCE", "dask.get", ("STACK_GLOBAL", 0), ("REDUCE", 0)),
     ("reference", "named", "os.system", ("STACK_GLOBAL", 1), ("STACK_GLOBAL", 1)))
case("random-by-name-of-maker", "runs",
     call(g("numpy.random._pickle", "__generator_ctor"), ID, SYSTEM) + b".",
     ("call", "REDUCE", "numpy.random._pickle.__generator_ctor", *CALLED),
     ("reference", "named", "os.system", ("GLOBAL", 1), ("GLOBAL", 1)))
case("reconstructor", "runs", call(g("copyreg", "_reconstructor"), g("subprocess", "Popen"), g("builtins", "object"), b"N") + b".",
     ("call", "REDUCE", "subprocess.Popen", ("GLOBAL", 1), ("REDUCE", 0)))
case("reconstructor-with-state", "runs", call(g("copyreg", "_reconstructor"), g("thing", "C"), g("builtins", "dict"), b"}") + b".",
     ("call", "REDUCE", "copyreg._reconstructor", *CALLED),
     ("reference", "named", "thing.C", ("GLOBAL", 1), ("GLOBAL", 1)))

# Other objects.
case("object", "other", P2 + g("thing", "C") + b")\x81}" + s("x") + b"K\1sb.",
     ("object", "NEWOBJ", "thing.C", ("GLOBAL", 0), ("NEWOBJ", 0)))
case("object-of-protocol-0", "other", call(g("copy_reg", "_reconstructor"), g("thing", "C"), g("__builtin__", "object"), b"N") + b".",
     ("object", "REDUCE", "thing.C", ("GLOBAL", 1), ("REDUCE", 0)))
case("reference", "other", SYSTEM + b".", ("reference", "named", "os.system", ("GLOBAL", 0), ("GLOBAL", 0)))
case("reference-popped", "other", g("antigravity", "fly") + b"0N.",
     ("reference", "named", "antigravity.fly", ("GLOBAL", 0), ("GLOBAL", 0)))
case("persistent", "other", b"Pos.system\n.", ("persistent", "named", "id os.system", ("PERSID", 0), ("PERSID", 0)))
case("persistent-on-stack", "other", ID + b"Q.", ("persistent", "named", "id id", ("BINPERSID", 0), ("BINPERSID", 0)))
case("persistent-called", "runs", b"Pos.system\n(" + ID + b"tR.",
     ("indirect", "REDUCE", "id os.system", ("PERSID", 0), ("REDUCE", 0)),
     ("persistent", "named", "id os.system", ("PERSID", 0), ("PERSID", 0)))
case("extension", "other", b"\x82\x05.", ("extension", "named", "extension 5", ("EXT1", 0), ("EXT1", 0)))
case("extension-called", "other", b"\x83\x05\x01(" + ID + b"tR.",
     ("object", "REDUCE", "extension 261", ("EXT2", 0), ("REDUCE", 0)),
     ("extension", "named", "extension 261", ("EXT2", 0), ("EXT2", 0)))
case("extension-registered", "runs",
     P2 + call(g("copyreg", "add_extension"), s("os"), s("system"), b"K\5") + b"0\x84\x05\0\0\0(" + ID + b"tR.",
     ("call", "REDUCE", "copyreg.add_extension", *CALLED),
     ("object", "REDUCE", "extension 5", ("EXT4", 0), ("REDUCE", 1)),
     ("extension", "named", "extension 5", ("EXT4", 0), ("EXT4", 0)))
case("extension-registry-changed", "runs",
     P4 + sg("copyreg", "_inverted_registry") + b"K\5" + s("os") + s("system") + b"\x86s0\x82\5(" + ID + b"tR.",
     ("mutation", "SETITEM", "copyreg._inverted_registry", ("STACK_GLOBAL", 0), ("TUPLE2", 0)),
     ("reference", "named", "copyreg._inverted_registry", ("STACK_GLOBAL", 0), ("STACK_GLOBAL", 0)),
     ("object", "REDUCE", "extension 5", ("EXT1", 0), ("REDUCE", 0)),
     ("extension", "named", "extension 5", ("EXT1", 0), ("EXT1", 0)))

# Broken: what stands before is run all the same.
case("broken-tail", "runs", RUN + b"0N", OS)
case("broken-opcode", "runs", RUN + b"\xff.", OS)
case("broken-frame", "runs", P4 + RUN + b"\x95\xff\xff\xff\xff\xff\xff\xff\x7f.", OS)
case("broken-array", "unreadable", PLAIN_ARRAY[:-3])
case("broken-memo", "runs", RUN + b"h\x63.", OS)
case("broken-after-array", "unreadable", PLAIN_ARRAY + b"0")
case("broken-text", "runs", RUN + b"X\1\0\0\0\xff.", OS)
case("empty", "unreadable", b"")
case("underflow", "runs", RUN + b"00", OS)
case("negative-length", "runs", RUN + b"T\xff\xff\xff\xff.", OS)

# Protocols and frames that are not what they say.
case("protocol-0-says-4", "runs", P4 + SYSTEM + b"(S'id'\ntR.", OS)
case("protocol-4-says-0", "runs", b"\x80\0" + call(sg("os", "system"), ID) + b".",
     ("call", "REDUCE", "os.system", ("STACK_GLOBAL", 0), ("REDUCE", 0)))
case("protocol-6", "unreadable", b"\x80\6" + RUN + b".")
case("protocol-changes", "runs", P2 + b"N0" + P4 + call(g("__builtin__", "eval"), s("1")) + b".",
     ("call", "REDUCE", "__builtin__.eval", *CALLED))
case("protocol-changes-back", "runs", P4 + b"N0" + P2 + call(g("__builtin__", "eval"), s("1")) + b".",
     ("call", "REDUCE", "builtins.eval", *CALLED))
# What is left of a frame is dropped where it is read from a file: these are os.system there, and other things in bytes.
case("frame-splits-a-name", "unreadable",
     P4 + b"\x95\x0c\0\0\0\0\0\0\0" + b"ccollections" + b"os\nsystem\n" + b"(" + ID + b"tR.",
     ("reference", "named", "collectionsos.system", ("GLOBAL", 0), ("GLOBAL", 0)))
case("frame-splits-a-number", "unreadable",
     P4 + s("collections") + b"q\x0c" + s("OrderedDict") + b"q\x0d" + s("os") + b"q\2" + s("system") + b"q\3"
     + b"0000" + b"\x95\2\0\0\0\0\0\0\0" + b"g1" + b"2\n" + b"\x95\2\0\0\0\0\0\0\0" + b"g1" + b"3\n" + b"\x93)R.")
case("frame-too-short", "unreadable", P4 + b"\x95\2\0\0\0\0\0\0\0" + RUN + b".",
     ("reference", "named", "os.system", ("GLOBAL", 0), ("GLOBAL", 0)))
case("frame-in-frame", "unreadable", P4 + b"\x95\x20\0\0\0\0\0\0\0\x95\x17\0\0\0\0\0\0\0" + RUN + b"." + b"\0" * 40)
case("frame-beyond-its-frame", "unreadable", P4 + b"\x95\x20\0\0\0\0\0\0\0\x95\1\0\0\0\0\0\0\0" + RUN + b"." + b"\0" * 40)
case("float-of-protocol-0", "runs", b"}F1.0\n" + RUN + b".", OS)
case("build-of-nothing", "runs", b"]Nb" + RUN + b".", OS)
# pickletools cannot read this one.
case("numbers-in-hexadecimal", "runs", b"I0x10\nL0x10L\n" + RUN + b".",
     ("call", "REDUCE", "os.system", 13, 13 + len(RUN) - 1))

# Several pickles.
case("second-pickle", "runs", PLAIN_ARRAY + b"." + RUN + b".", ("call", "REDUCE", "os.system", ("GLOBAL", 3), ("REDUCE", 2)))
case("second-pickle-broken", "runs", PLAIN_ARRAY + b"." + RUN, ("call", "REDUCE", "os.system", ("GLOBAL", 3), ("REDUCE", 2)))
case("trailing", "numpy", PLAIN_ARRAY + b".\n\xff\xff these bytes are no pickle")
case("twice", "runs", RUN + RUN + b".", OS)

# Data.
case("array", "numpy", PLAIN_ARRAY + b".")
case("array-of-objects", "numpy", array(b"N") + b".")
case("list-of-array", "plain", b"](" + PLAIN_ARRAY + b"e.")
case("plain", "plain", pickle.dumps({"a": [1, 2.5, "x", b"y", (None, True)]}, 4))
case("class-of-numpy", "numpy", g("numpy", "float64") + b".")
case("class-of-python", "plain", g("builtins", "int") + b".")

# ------------------------------------------------------------------------------------------- what Python really runs


def run(data):
    """What pickle.loads calls, by name, where every global is something that remembers and does nothing else."""
    ran = []

    def remember(name):
        class Meta(type):
            def __call__(cls, *args, **kwargs):
                ran.append(name)
                return object.__new__(cls)

        class Recorder(metaclass=Meta):
            def __new__(cls, *args, **kwargs):
                ran.append(name)
                return object.__new__(cls)

            def __call__(self, *args):
                ran.append(f"what {name} returns")

            def __setstate__(self, state):
                pass

            def __setitem__(self, key, value):
                pass

            def append(self, item):
                pass

            def __hash__(self):
                return 1

        return Recorder

    class Unpickler(pickle.Unpickler):
        def find_class(self, module, name):
            return remember(f"{module}.{name}")

        def persistent_load(self, id):
            return remember(f"id {id}")

    stream = io.BytesIO(data)
    while stream.tell() < len(data):
        try:
            Unpickler(stream).load()
        except Exception:
            break
    return ran


def offsets(data):
    """The offset of every opcode by its name, in all pickles, up to what is broken."""
    found, start = {}, 0
    while start < len(data):
        stream = io.BytesIO(data)
        stream.seek(start)
        try:
            for opcode, _, at in pickletools.genops(stream):
                found.setdefault(opcode.name, []).append(at)
        except Exception:
            break
        start = stream.tell()
    return found


def main():
    if sys.argv[1:] == ["run"]:
        for line in sys.stdin:
            print("\t".join(ascii(name)[1:-1] for name in run(bytes.fromhex(line.strip()))))
        return
    lines = []
    for name, verdict, data, findings in CASES:
        at = offsets(data)
        cells = []
        for kind, usage, what, named, used in findings:
            place = [p if isinstance(p, int) else at[p[0]][p[1]] for p in (named, used)]
            escaped = what.encode("unicode_escape").decode()
            cells.append(f"{kind}/{usage}/{escaped}/{place[0]}/{place[1]}")
        lines.append("\t".join([name, verdict, ";".join(cells), data.hex()]))
    (Path(__file__).parent / "cases.txt").write_text("\n".join(lines) + "\n")
    print(len(lines), "cases")


if __name__ == "__main__":
    main()
