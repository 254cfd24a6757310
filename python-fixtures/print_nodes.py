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


def record(out):
    versions = {"numpy": np.__version__, "python": platform.python_version()}
    print(json.dumps(versions), file=out)
    narrow = {"linewidth": 30, "threshold": 10, "edgeitems": 2}
    for source in [plain, scalars, of_objects, masked]:
        for name, value in source():
            pickled = pickle.dumps(value, 4)
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
