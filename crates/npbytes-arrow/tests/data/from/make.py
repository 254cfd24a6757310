"""Records arrays of every dtype, as NumPy saves them, for the tests of the way to Arrow and back.

    python make.py            writes arrays.npy beside this file: many arrays, one behind the other

The elements are random bytes wherever any bytes are elements; where not (booleans, characters, times that Arrow
counts in 32 bits), values that are. Padding is zero.
Run it with NumPy 2.4.6.
"""

import pathlib

import numpy as np

HERE = pathlib.Path(__file__).parent
RANDOM = np.random.default_rng(20261123)

NUMBERS = [order + code for code in ["i2", "i4", "i8", "u2", "u4", "u8", "f2", "f4", "f8", "f16", "c8", "c16", "c32"] for order in "<>"]
BYTES = ["|i1", "|u1", "|S1", "|S5", "|S0", "|S20", "|V1", "|V7", "|V0"]
TEXTS = ["<U1", "<U3", ">U3", "<U0", "<U12", ">U12"]
UNITS = ["", "[Y]", "[M]", "[W]", "[D]", "[h]", "[m]", "[s]", "[ms]", "[us]", "[ns]", "[ps]", "[fs]", "[as]", "[25s]", "[7D]", "[3M]", "[10us]", "[2Y]"]
TIMES = [order + kind + unit for kind in ["M8", "m8"] for unit in UNITS for order in "<>"]

PAIR = [("b", "<i2"), ("c", "<f4")]
PADDED = {"names": ["p", "q"], "formats": ["|u1", "<i4"], "offsets": [1, 4], "itemsize": 12}
STRUCTS = [
    [("x", "<i4"), ("y", "<f8")],
    [("x", ">i2"), ("y", ">f4")],
    [("x", "<u2"), ("y", ">u2"), ("z", "|i1")],
    [("only", "|u1")],
    {"names": ["x"], "formats": ["<i4"], "offsets": [4], "itemsize": 8},
    {"names": ["x", "y"], "formats": ["|i1", "<f8"], "offsets": [0, 8], "itemsize": 16},
    {"names": ["a", "b", "c"], "formats": ["|u1", "<i2", "<f4"], "offsets": [3, 7, 20], "itemsize": 31},
    [("s", "|S4"), ("u", "<U3"), ("v", "|V3"), ("w", ">U2")],
    [("t", "<M8[ms]"), ("d", ">m8[D]"), ("e", "<M8[D]"), ("f", "<m8[7D]"), ("g", "<M8")],
    [("h", "<f2"), ("b", "|b1"), ("c", ">c8"), ("d", "<c16")],
    [("g", "<f16"), ("i", "|u1"), ("k", ">c32")],
    [("s", "|S0"), ("i", "<i2"), ("v", "|V0")],
    [("s", "|S0"), ("u", "<U0")],
    [],
    {"names": [], "formats": [], "offsets": [], "itemsize": 8},
    [(("The x", "x"), "<i4"), ("y", "|S2")],
    [("a", PAIR), ("z", "|u1")],
    [("a", [("b", [("d", "<i8")]), ("e", "|S3")])],
    {"names": ["a", "z"], "formats": [PADDED, ">i2"], "offsets": [4, 20], "itemsize": 25},
    [(("top", "a"), [("b", "<i2"), (("sea", "c"), "<f4")])],
    [("v", "<i2", (3,))],
    [("m", "<f4", (2, 3)), ("n", "|u1")],
    [("m", ">f8", (2, 2))],
    [("v", "<i4", (1,))],
    [("v", "<i4", (0,)), ("w", "<i2")],
    [("s", ("<i4", (2,)), (3,))],
    [("s", PAIR, (2,)), ("t", "<u2")],
    [("s", PADDED, (2, 1))],
    [("u", "<U2", (2,)), ("s", "|S3", (2,)), ("b", "|b1", (3,))],
    [("t", "<M8[D]", (2,)), ("c", "<c8", (2,)), ("d", ">c16", (2, 2))],
    [("s", [("v", "|u1", (2, 2))], (2,))],
    [("v", "|V3"), ("", "<i4")],
    [("a.b", "<i2"), ("say \"hi\"", "<i2"), ("λ", "<i2"), ("\ud800x", "<i2"), ("a\0", "<i2"), ("f\0", "|b1")],
    [(f"field{i}", "<i2") for i in range(40)],
]
SHAPES = [(), (0,), (1,), (67,), (2, 3), (3, 0), (0, 3), (1, 1, 4), (2, 3, 4)]
STRUCT_SHAPES = [(), (0,), (9,), (2, 3)]


def values(dtype, shape):
    """An array of a dtype that has any value, in C order."""
    count = int(np.prod(shape, dtype=int))
    if dtype.names is not None:
        array = np.zeros(shape, dtype)
        for name in dtype.names:
            base, inner = dtype[name], ()
            while base.subdtype:
                inner += base.shape
                base = base.base
            array[name] = values(base, shape + inner).reshape(array[name].shape)
        return array
    if dtype.kind == "b":
        return RANDOM.integers(0, 2, shape).astype("?")
    if dtype.kind == "U":
        points = RANDOM.integers(0, 0x11_0000, (count, dtype.itemsize // 4))
        ascii_only = RANDOM.integers(0, 2, (count, 1)).astype(bool)
        points = np.where(ascii_only, points % 0x80, points)
        points = np.where((points >= 0xd800) & (points < 0xe000), 0, points)
        return points.astype(dtype.byteorder.replace("=", "<") + "u4").view(dtype).reshape(shape) if dtype.itemsize else np.zeros(shape, dtype)
    if dtype.kind in "mM":
        unit, multiple = np.datetime_data(dtype)
        small = unit in ["Y", "M", "W", "D", "h", "m"] and multiple == 1
        counts = RANDOM.integers(-200_000, 200_000, count) if small else RANDOM.integers(-(2**63), 2**63 - 1, count)
        counts[::4] = -(2**63)
        counts[1::7] = 0
        return counts.astype(dtype.byteorder.replace("=", "<") + "i8").view(dtype).reshape(shape)
    data = RANDOM.bytes(count * dtype.itemsize)
    return np.ndarray(shape, dtype, data).copy()


def objects():
    """Arrays of objects of one kind each, no two of which are one object."""

    def of(*items):
        array = np.empty(len(items), object)
        array[:] = items
        return array

    strings = np.dtypes.StringDType
    yield of("one", None, "", "λ", "a\0b")
    yield of(b"one", None, b"a\0", b"\xff\xfe")
    yield of(1, -2, None, 2**62)
    yield of(1, 2**63, 2**64 - 1)
    yield of(1.5, None, -0.0, float("inf"))
    yield of(True, False, None)
    yield of(None, None)
    yield of()
    yield of([1, 2], [3], [], None)
    yield of(["a", None], ["b"])
    yield of([[1.5], []], [[2.5, 3.5]])
    yield of(np.array([1, 2], "<i2"), np.array([3], "<i2"), None)
    yield of(np.array([[1, 2]], "<f4"), np.array([[3, 4], [5, 6]], "<f4"))
    yield np.array([["a", "b", "c"], ["d", None, "f"]], object)
    yield np.array([["a", "b", "c"], ["d", None, "f"]], object, order="F")
    yield np.array("one", object)
    yield np.zeros((0, 3), object)
    yield np.array(["one", "", "λ" * 20, "a\0b"], strings())
    yield np.array(["one", None, ""], strings(na_object=None))
    yield np.array(["one", np.nan, ""], strings(na_object=np.nan))
    yield np.array(["one", "n/a", ""], strings(na_object="n/a"))
    yield np.array(["one", "two"], strings(coerce=False))
    yield np.array([["one", "two", "3"], ["4", "5", "6"]], strings())


def main():
    dtypes = [np.dtype("|b1")]
    dtypes += [np.dtype(text) for text in NUMBERS + BYTES + TEXTS + TIMES]
    dtypes += [np.dtype(struct) for struct in STRUCTS]
    arrays = []
    for dtype in dtypes:
        for shape in SHAPES if dtype.names is None else STRUCT_SHAPES:
            array = values(dtype, shape)
            arrays.append(array)
            if len(shape) > 1:
                arrays.append(np.zeros(shape, dtype, order="F"))
                arrays[-1][...] = array
    with open(HERE / "arrays.npy", "wb") as file:
        for array in arrays:
            np.save(file, array)
    print(len(arrays), "arrays", (HERE / "arrays.npy").stat().st_size, "bytes")
    with open(HERE / "objects.npy", "wb") as file:
        for array in objects():
            np.save(file, array)


main()
