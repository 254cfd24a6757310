#!/usr/bin/env python3
"""Prints pickles of data, as this Python and its NumPy make them: verdict, name, hexadecimal, one a line.

Ends with status 77 where there is no NumPy.
"""

import collections
import datetime
import decimal
import fractions
import itertools
import pathlib
import pickle
import uuid

try:
    import numpy as np
except ImportError:
    print("this Python has no NumPy")
    raise SystemExit(77)

DTYPES = [
    "?", "i1", "<i2", ">i2", "<i4", ">i8", "u1", ">u4", "f2", ">f2", "f4", ">f8", "f16", "c8", ">c16", "c32", "S5", "S0", "S1", "U3",
    ">U2", "U0", "V7", "V1", "M8[ns]", ">M8[25s]", "M8", "m8[D]", "m8[3us]", [("x", "<i4"), ("y", ">f8")],
    [("a", "i1"), ("b", "M8[s]"), ("c", "S3")], {"names": ["p", "q"], "formats": ["i2", "f8"], "offsets": [2, 8], "itemsize": 24},
    [("s", "f4", (2, 3))], [(("Title", "n"), "i4")], np.dtype([("x", "i1"), ("y", "f8")], align=True),
    [("n", [("a", "i2"), ("b", ">u2")], (2,))], "O", [("o", "O"), ("i", "i4")], np.dtype((np.record, [("r", "i4"), ("s", "U2")])),
    np.dtype("i4", metadata={"a": 1}), [],
]
ITEMS = [None, "text", b"by", 1, 2.5, [1, "a"], {"k": 3}, (1,), np.arange(3), np.float32(2), True, 2**70]


def arrays():
    for spec, shape, order in itertools.product(DTYPES, [(), (0,), (1,), (3,), (2, 3), (0, 2), (2, 1, 3)], "CF"):
        dtype = np.dtype(spec)
        name = f"{dtype} {shape} {order}"
        if dtype.hasobject:
            array = np.empty(shape, dtype, order)
            for i in range(array.size):
                array.flat[i] = ITEMS[i % len(ITEMS)] if not dtype.names else (["x", {"k": (1, 2.5)}, None][i % 3], i)
        else:
            size = int(np.prod(shape)) * dtype.itemsize
            array = np.ndarray(shape, dtype, bytes(i * 37 % 128 for i in range(size)) or bytes(8), order=order)
        yield name, array
    array = np.arange(24.0).reshape(2, 3, 4)
    frozen = array.copy()
    frozen.setflags(write=False)
    ma = np.ma.array
    yield from {
        "transposed": array.transpose(1, 0, 2), "sliced": array[::-1, :, ::2], "frozen": frozen, "masked": ma([1, 2, 3], mask=[0, 1, 0]),
        "filled": ma([1.0, 2], mask=False, fill_value=7), "masked struct": ma([(1, 2.0)], [("a", "i4"), ("b", "f8")], mask=[(0, 1)]),
        "masked constant": np.ma.masked, "masked F": ma(np.asfortranarray(np.ones((2, 3))), mask=np.eye(2, 3) > 0),
        "masked objects": ma([None, "x"], mask=[0, 1], dtype=object), "matrix": np.matrix([[1, 2]]),
        "records": np.rec.array([(1, "a")], dtype=[("r", "i4"), ("s", "U2")]), "chararray": np.char.array(["ab", "c"]),
        "class": np.float64, "f8": type(np.dtype("f8")) if hasattr(np, "dtypes") else np.int8,
    }.items()
    scalars = [
        np.float64(1.5), np.int8(3), np.bool_(True), np.str_("h\xe4\xdf"), np.str_(""), np.bytes_(b"ab"), np.bytes_(b""), np.complex64(1j),
        np.datetime64("2020-01-01"), np.timedelta64(3, "s"), np.void(b"abc"), np.zeros((), [("a", "i4"), ("b", "O")])[()],
        np.longdouble(1.25), np.rec.array([(1, "a")], dtype=[("r", "i4"), ("s", "U2")])[0],
    ]
    yield from ((repr(scalar), scalar) for scalar in scalars)
    yield from ((repr(np.dtype(spec)), np.dtype(spec)) for spec in DTYPES)
    strings = getattr(getattr(np, "dtypes", None), "StringDType", None)
    if strings:
        yield "strings", np.array(["a", "bb" * 40, ""], dtype=strings())
        yield "strings and nan", np.array(["a", np.nan], dtype=strings(na_object=np.nan))
        yield "strings and None", np.array(["a", None], dtype=strings(na_object=None, coerce=False))
        yield "StringDType", strings()


def plain():
    array = np.arange(6.0).reshape(2, 3)
    filled = collections.defaultdict(list)
    filled.update(a=[1], b=[2])
    zone = datetime.timezone(datetime.timedelta(hours=2), "X")
    yield from {
        "list": [1, 2.5, "x", b"y", None, True, 2**100, -(2**40), 1.5e300, "h\xe4\xdf\ud800", "\U0001f600"],
        "dict": {"a": array, "b": [array, array.T], "c": (1,)}, "set": {1, 2}, "frozenset": frozenset([1, 2]), "complex": 1 + 2j,
        "bytearray": bytearray(b"abc"), "bytearray 0": bytearray(), "OrderedDict": collections.OrderedDict([("a", array), ("b", 2)]),
        "OrderedDict 0": collections.OrderedDict(), "defaultdict": filled, "Counter": collections.Counter("abca"),
        "deque": collections.deque([1, 2], 5), "deque 1": collections.deque([1]), "deque 0": collections.deque(),
        "datetime": datetime.datetime(2020, 1, 2, 3, 4, 5, 6), "utc": datetime.datetime(2020, 1, 2, tzinfo=datetime.timezone.utc),
        "zone": datetime.datetime(2020, 1, 2, tzinfo=zone), "date": datetime.date(2020, 1, 2), "time": datetime.time(1, 2, 3),
        "timedelta": datetime.timedelta(1, 2, 3), "Decimal": decimal.Decimal("1.5"), "Fraction": fractions.Fraction(1, 3),
        "UUID": uuid.UUID(int=5), "path": pathlib.PurePosixPath("/a/b"), "slice": slice(1, None, 2), "range": range(3),
        "nested": [{"w": [array] * 3, "t": ({1},)}], "types": {"a": int, "b": dict}, "long list": list(range(3000)),
        "1000": {i: i for i in range(1000)}, "scalars": [np.float64(i) for i in range(5)],
        "many": {str(i): np.zeros(i, ">i4") for i in range(30)},
    }.items()


def more():
    """What is of NumPy, and more or less than an array."""
    whole = np.zeros(2, np.dtype([("a", "i1"), ("b", "f8"), ("c", "O"), ("d", "U2")], align=True))
    yield from {
        "some fields": whole[["a", "b"]], "a field": whole[["c"]], "texts": whole[["a", "d"]], "dtype of some fields": whole[["a", "b"]].dtype,
        "masked element": np.ma.array([(1, 2.0)], mask=[(0, 1)], dtype=[("a", "i4"), ("b", "f8")])[0], "aligned": whole, "element": whole[0],
        "subarrays": np.zeros(2, [("o", "O", (2,)), ("t", [(("T", "x"), "U3")], (2, 2))]), "dtypes": np.dtype((np.record, 8)),
    }.items()


def others():
    polynomial = np.polynomial
    yield from {
        "poly1d": np.poly1d([1, 2]), "Polynomial": polynomial.Polynomial([1, 2]), "HermiteE": polynomial.HermiteE([1]),
        "Generator": np.random.default_rng(3), "RandomState": np.random.RandomState(3), "PCG64": np.random.PCG64(1),
        "SeedSequence": np.random.SeedSequence(3),
    }.items()


for verdict, values in ("numpy", arrays()), ("numpy", more()), ("plain", plain()), ("other", others()):
    for name, value in values:
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            for dumps in pickle.dumps, pickle._dumps:
                print(verdict, f"{name} {protocol}".replace("\t", " ").encode("ascii", "replace").decode(), dumps(value, protocol).hex(), sep="\t")
            if protocol == 5:
                print(verdict, "out of band", dumps(value, 5, buffer_callback=[].append).hex(), sep="\t")
