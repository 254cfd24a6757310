#!/usr/bin/env python3
"""Records what Python and NumPy print of what is in pickles: arrays of objects, masked arrays, plain values.

    print_nodes.py OUT

Needs nothing but NumPy. A line is a JSON object: name; pickle, in hex digits; options, those of `np.printoptions` that
are not the default; str and repr of what `pickle.loads` makes of it. The first line names the versions instead.
"""

import json
import pickle
import platform
import sys

import numpy as np


def objects(*items, shape=None):
    array = np.empty(len(items), dtype=object)
    for index, item in enumerate(items):
        array[index] = item
    return array.reshape(len(items) if shape is None else shape)


def plain():
    cycle = [1]
    cycle.append(cycle)
    loop = {}
    loop["self"] = loop
    yield "none", None
    yield "bools", [True, False]
    yield "ints", [0, -1, 255, 2**31, -2**63, 2**70, -2**70]
    yield "floats", [0.1, -0.0, 1e16, 1e-5, 1.5e300, float("inf"), float("nan"), 123456789.0]
    yield "complex", [1 + 2j, -1j, complex("nan+infj"), 0j]
    yield "text", "it's a text\n"
    yield "texts", ["it's", 'a "b"', "\x00\t\n\\", "caf\u00e9 \u2028 \U0001f600", "\ud800", ""]
    yield "bytes", [b"", b"a'b", b'"', b"\x00\xff\n", bytearray(b"x"), bytearray()]
    yield "tuples", [(), (1,), (1, 2), ((),)]
    yield "lists", [[], [[]], [1, [2, [3]]]]
    yield "dicts", [{}, {"a": 1, 2: None}, {(1,): {}}]
    yield "sets", [set(), {4}, frozenset(), frozenset({5})]
    yield "cycle", cycle
    yield "loop", loop


def scalars():
    for dtype in "?bBhHiIlLefdFD":
        yield f"scalar-{dtype}", [np.ones((), dtype)[()]]
    yield "scalar-float32", np.float32(0.1)
    yield "scalars", [np.str_("a'"), np.bytes_(b"b"), np.datetime64("2020-01-02T03"), np.float64("nan")]
    yield "times", [np.datetime64(text) for text in ["2020", "2020-01-02", "2020-01-02T03:04:05"]]
    yield "units", [np.datetime64(1, "3D"), np.timedelta64(3, "D"), np.timedelta64(-3), np.timedelta64("NaT", "5s")]
    yield "dtypes", [np.dtype("<f4"), np.dtype(">i2"), np.dtype("O"), np.dtype([("a", "<i4")])]
    yield "arrays", {"a": np.arange(3), "b": [np.zeros((2, 2), "f4")], "c": np.array([], "u1")}


def of_objects():
    yield "objects", objects("one", None, 1.5, [1, 2], {"k": b"v"}, (3,))
    yield "objects-0d", np.array(None, dtype=object)
    yield "objects-0d-text", np.array("it's", dtype=object)
    yield "objects-0d-list", objects([1, 2], shape=())
    yield "objects-empty", np.array([], dtype=object)
    yield "objects-empty-2d", np.empty((0, 3), dtype=object)
    yield "objects-2d", objects(1, "two", None, 4.5, shape=(2, 2))
    yield "objects-3d", objects(*range(8), shape=(2, 2, 2))
    yield "objects-4d", objects(*range(4), shape=(2, 1, 1, 2))
    yield "objects-fortran", np.asfortranarray(objects(*range(6), shape=(2, 3)))
    yield "objects-lists", objects([], [1], shape=(2, 1))
    yield "objects-arrays", objects(np.arange(3), None, np.zeros((2, 2)))
    yield "objects-nested", objects(objects(1, "a"), objects(objects(None)))
    yield "objects-line", objects(*(["abcdefg"] * 12))
    yield "objects-lines", objects(*("x" * (n % 9) for n in range(80)))
    yield "objects-lines-2d", objects(*("x" * (n % 9) for n in range(80)), shape=(2, 40))
    yield "objects-wide", objects("x" * 100, "y" * 80, 1)
    yield "objects-fits", objects(*(["a" * 10] * 5))
    for width in range(50, 62):
        yield f"objects-dtype-at-{width}", objects("z" * width)
    yield "objects-many", objects(*range(1001))
    yield "objects-many-2d", objects(*range(1002), shape=(334, 3))
    yield "objects-scalars", objects(np.int64(3), np.float32(0.1), np.bool_(True), np.str_("s"))
    if np.__version__ >= "2":
        strings = np.dtypes.StringDType
        yield "strings", np.array([["a", "it's"], ["", "caf\u00e9"]], strings())
        yield "strings-0d", np.array("a", strings())


def masked():
    for dtype in ["?", "b", "B", "h", "H", "i", "I", "l", "L", "e", "f", "d", "F", "D", "S3", "U3"]:
        for shape in [(), (3,), (2, 3), (1, 4), (2, 1, 2), (0,), (0, 3), (30,)]:
            count = int(np.prod(shape))
            if dtype[0] in "SU":
                data = np.zeros(shape, dtype)
            else:
                data = (np.arange(count) % 2 if dtype == "?" else np.arange(count)).reshape(shape).astype(dtype)
            mask = np.zeros(shape, bool)
            mask.flat[:1] = True
            yield f"masked-{dtype}-{shape}", np.ma.array(data, mask=mask)
    yield "masked-all", np.ma.array([1, 2], mask=True)
    yield "masked-none", np.ma.array([1.5, 0.1, 1e20], mask=False)
    yield "masked-fill-value", np.ma.array([1.5, 2.5], mask=[0, 1], fill_value=-1.0)
    yield "masked-many", np.ma.array(np.arange(1001), mask=np.arange(1001) % 2)
    yield "masked-many-2d", np.ma.array(np.arange(1002.0).reshape(334, 3), mask=False)
    yield "masked-constant", [np.ma.masked]


def structs():
    pair = np.dtype([("a", "i4"), ("b", "f8")])
    yield "void", np.ones(1, pair)[0]
    yield "voids", [np.ones(1, pair)[0], np.void(b"\x01\x02"), np.zeros((), ">i4,U3,M8[s]")[()]]
    yield "void-one", np.zeros((), [("a", "f4")])[()]
    yield "record", np.rec.array([(1, 2.0)], dtype=pair)[0]
    yield "void-objects", np.zeros(1, [("a", "i4"), ("b", "O")])[0]
    yield "record-objects", [np.rec.array([(1, "x")], dtype=[("a", "i4"), ("b", "O")])[0]]
    yield "long", [np.clongdouble(1 + 2j), np.clongdouble(2j), np.longdouble("0.1")]
    yield "recarray", np.rec.array([(1, 2.0)] * 3, dtype=pair)
    yield "recarray-empty", np.rec.array([(1, 2.0)], dtype=pair)[:0]
    yield "recarray-empty-2d", np.rec.array([(1, 2.0)], dtype=pair)[:0].reshape(0, 3)
    yield "recarray-numbers", np.arange(3).view(np.recarray)
    yield "recarray-objects", np.rec.array([(1, "x")], dtype=[("a", "i4"), ("b", "O")])
    yield "recarray-objects-long", np.rec.array([(1, "x" * 40)] * 4, dtype=[("a", "i4"), ("b", "O")])
    yield "matrix", np.matrix([[1, 2], [3, 4]])
    yield "matrix-objects", np.matrix(np.array([[1, "a"]], dtype=object))
    yield "chararray", np.char.array(["ab", "c"])
    if np.__version__ >= "2":
        strings = np.dtypes.StringDType
        for parameters in [{"na_object": None}, {"na_object": np.nan, "coerce": False}, {"coerce": False}, {"na_object": "-"}]:
            dtype = strings(**parameters)
            yield "string-dtype", [dtype]
            items = ["a", *([parameters["na_object"]] if "na_object" in parameters else [])]
            array = np.array(items, dtype)
            for name, part in [("", array), ("-empty", array[:0]), ("-0d", array[-1:].reshape(()))]:
                yield "string-array" + name, part


def masked_structs():
    pair = np.dtype([("a", "i4"), ("b", "f8")])
    for shape in [(), (1,), (3,), (2, 2), (0,), (0, 2), (60,)]:
        mask = np.zeros(shape, [("a", "?"), ("b", "?")])
        mask["a"].flat[:1] = True
        yield f"masked-struct-{shape}", np.ma.array(np.zeros(shape, pair), mask=mask)
    fields = [("s", "i2", (2, 3)), ("t", [("u", "f4"), ("v", "S3")]), ("w", "U2"), ("x", "?"), ("y", "c8"), ("z", "e")]
    yield "masked-nested", np.ma.array(np.zeros(2, fields), mask=[(1, (0, 1), 0, 0, 0, 0), (0, (0, 0), 1, 1, 1, 1)])
    yield "masked-one-field", np.ma.array([(1,)], mask=[(1,)], dtype=[("a", "i4")])
    kinds = "i8 u2 i1 f4 f2 g f8 S2 U5 ? V2 >i4 >f8".split()
    yield "masked-kinds", np.ma.array(np.zeros(1, [(f"f{n}", kind) for n, kind in enumerate(kinds)]))
    yield "masked-subarray", np.ma.array(np.ones(1, [("a", ">i4", (2, 2))]))
    yield "masked-structs-many", np.ma.array(np.zeros(1001, [("a", "i4")]))
    yield "masked-no-fields", np.ma.array(np.zeros(2, []))
    yield "masked-struct-filled", np.ma.array(np.zeros(1, pair), fill_value=(7, 0.5))
    for dtype in "eFg":
        yield f"masked-narrow-{dtype}", np.ma.array(np.array([0.1, 0.2], dtype), mask=[0, 1])


class Pickled(bytes):
    """Bytes that are a pickle already, which Python would not write."""


def twice():
    yield "twice", Pickled(b"}(X\x01\x00\x00\x00aK\x01X\x01\x00\x00\x00bK\x03X\x01\x00\x00\x00aK\x02u.")
    yield "twice-numbers", Pickled(b"}(K\x01N\x88K\x02G?\xf0\x00\x00\x00\x00\x00\x00K\x03NK\x04NK\x05u.")
    yield "twice-texts", Pickled(b"\x80\x04}(Va\nK\x01\x8c\x01aK\x02C\x01aK\x03C\x01aK\x04u.")
    yield "twice-many", Pickled(b"\x80\x04}(" + b"".join(b"K%cK%c" % (n % 5, n) for n in range(40)) + b"u.")
    yield "twice-nan", Pickled(b"}(G\x7f\xf8\0\0\0\0\0\0NG\x7f\xf8\0\0\0\0\0\0Nu.")
    yield "twice-set", Pickled(b"\x80\x04\x8f(K\x01K\x01\x88\x90.")


def record(out):
    versions = {"numpy": np.__version__, "python": platform.python_version()}
    print(json.dumps(versions), file=out)
    narrow = {"linewidth": 30, "threshold": 10, "edgeitems": 2}
    for source in [plain, scalars, of_objects, masked, structs, masked_structs, twice]:
        for name, value in source():
            pickled = value if isinstance(value, Pickled) else pickle.dumps(value, 4)
            for options in [{}, narrow]:
                # Printing sets the fill value of a masked array.
                value = pickle.loads(pickled)
                if options and source in (plain, scalars):
                    continue
                with np.printoptions(**options):
                    texts = {"str": str(value), "repr": repr(value)}
                for text in texts.values():
                    text.encode("utf-8")
                line = {"name": name, "pickle": pickled.hex(), "options": options, **texts}
                print(json.dumps(line, ensure_ascii=False), file=out)


with open(sys.argv[1], "w", encoding="utf-8", newline="\n") as out:
    record(out)
