"""Records what pickle.dumps gives of NumPy's objects: `python make.py OUT`, once a NumPy.

The recordings here were made with CPython 3.11.7: numpy-1.26.4.bin and numpy-2.4.6.bin. Each record is a line
`name protocol length how`, then as many bytes; how is `build` where the array can be built from what is decoded.
"""
import collections
import datetime
import decimal
import pickle
import sys
import warnings

import numpy as np

warnings.simplefilter("ignore")
out = open(sys.argv[1], "wb")
NUMPY2 = np.__version__[0] == "2"


def emit(name, value, how="-", protocols=range(6)):
    for protocol in protocols:
        data = pickle.dumps(value, protocol)
        out.write(("%s %d %d %s\n" % (name, protocol, len(data), how)).encode() + data)


def filled(dtype, shape, order="C"):
    array = np.zeros(shape, dtype, order)
    text = (b"abcdefgh" * array.nbytes)[: array.nbytes]
    if dtype.kind == "U":
        array[...] = "ab\u03bb"
    elif array.nbytes:
        memory = array.T if order == "F" else array
        memory.reshape(-1).view("u1")[...] = np.frombuffer(text, "u1")
    return array


for text in "? i1 <i2 <i4 <i8 u1 <u8 f2 f4 f8 c8 c16 S5 U3 V7 M8 M8[ns] m8[25s] >i4 >f8 >U3 >M8[D] S0 U0".split():
    dtype = np.dtype(text)
    swapped = text.startswith(">")
    emit(text + ".1d", filled(dtype, 3), "-" if swapped else "build")
    emit(text + ".0d", filled(dtype, ()), "-" if swapped else "build", (2, 5))
    emit(text + ".empty", filled(dtype, 0), "-" if swapped else "build", (0, 4))
    emit(text + ".F", filled(dtype, (2, 3), "F"), "-" if swapped else "build", (1, 4, 5))
    emit(text + ".K", filled(dtype, (2, 3, 2)).transpose(1, 0, 2), "-", (3, 5))
    emit(text + ".scalar", filled(dtype, 1)[0], "-", (0, 2, 4))
    emit(text + ".dtype", dtype, "-", (1, 4))
structs = [
    [("x", "<i4"), ("y", "<f8")],
    [("x", "<i4"), ("y", "<i4")],
    [("x", ">i4"), ("y", ">i4")],
    [("xx", "U3"), ("m", "f4", (2, 3))],
    [(("title", "n"), "i4"), ("o", [("p", "i2"), ("q", "i2")])],
]
for number, struct in enumerate(structs):
    emit("struct%d" % number, np.zeros(2, struct), "build")
    emit("struct%d.aligned" % number, np.zeros(2, np.dtype(struct, align=True)), "build", (2, 4, 5))
padded = {"names": ["a", "k"], "formats": ["i4", "i8"], "offsets": [0, 16], "itemsize": 40}
emit("padded", np.zeros(2, padded), "build")
emit("metadata", np.zeros(2, np.dtype("i4", metadata={"k": 1, "v": [1, 2, "s"]})), "build", (2, 4, 5))
emit("metadata.time", np.zeros(2, np.dtype("M8[s]", metadata={"k": 1})), "build", (2, 4))
emit("names", np.zeros(1, [("a b", "i1"), ("\u03bb", "i1"), ("numpy", "i1")]), "build", (0, 2, 4, 5))
emit("read-only", np.frombuffer(b"abcd", "<i2"), "-", (4, 5))
for n in (65535, 65536):
    emit("frame%d" % n, np.zeros(n, "u1"), "build", (4, 5))

objects = [1, None, "x", b"yy", 2.5, (1, 2), [3, [4]], {"a": 1}, {1, 2}, 10**30, -(10**30), True, 2**31, -(2**63), "\u03bb\ud800"]
array = np.empty(len(objects), object)
array[:] = objects
emit("objects", array)
emit("objects.F", np.asfortranarray(np.array([[1, 2], [3, 4]], object)), "-", (2, 4, 5))
emit("objects.struct", np.zeros(2, [("x", "i4"), ("o", "O")]), "-", (2, 4, 5))
emit("masked", np.ma.array([1, 2, 3], mask=[0, 1, 0]))
emit("masked.twice", [np.ma.array([1.0], mask=[0], fill_value=9), np.ma.array([2.0])], "-", (0, 2, 4))
emit("masked.constant", np.ma.masked, "-", (2, 4))
emit("matrix", np.matrix([[1, 2], [3, 4]]), "-", (0, 2, 4, 5))
emit("recarray", np.rec.array([(1, 2.0)], dtype=[("x", "i4"), ("y", "f8")]), "-", (0, 2, 4))
emit("chararray", np.char.array(["ab", "c"]), "-", (2, 4))
base = np.arange(3)
emit("containers", {"w": base, "again": [base, base[1:], base.copy()], "t": (base, 1)})
emit("plain", [0.0, -0.0, 1e300, float("inf"), float("nan"), 1e-7, 1e16, 1 + 2j, bytearray(b"xyz"), bytearray(), "", "a\\b\n\r\0\x1a\xe9", "x" * 256, bytes(range(256)), frozenset([1]), set()])
emit("ints", [x + d for e in range(0, 68, 1) for d in (-1, 0, 1) for x in (2**e, -(2**e))], "-", (0, 2, 4))
for n in (1, 2, 1000, 1001):
    emit("batches%d" % n, [[None] * n, dict.fromkeys(range(n))], "-", (0, 1, 4))
    emit("sets%d" % n, [set(range(n)), collections.OrderedDict.fromkeys(range(n)), collections.deque([0] * n)], "-", (2, 4))
emit("others", [datetime.date(2020, 1, 1), decimal.Decimal("1.5"), len, np.float64, collections.Counter("aab")])
loop = [1]
loop.append(loop)
pair = ([],)
pair[0].append(pair)
wide = ([], 1, 2, 3)
wide[0].append(wide)
emit("loops", [loop, pair, wide])
if NUMPY2:
    string = np.dtypes.StringDType
    emit("strings", np.array(["a", "bcd", ""], string()), "-", (2, 4, 5))
    emit("strings.na", np.array(["a", None], string(na_object=None, coerce=False)), "-", (2, 4))
