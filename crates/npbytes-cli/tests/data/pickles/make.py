#!/usr/bin/env python3
"""Makes the pickles in this folder, and the texts that Python and NumPy have for them.

    python make.py numpy2     # CPython 3.11.7, NumPy 2.4.6
    python make.py numpy1     # CPython 3.11.7, NumPy 1.26.4

Both with scikit-learn 1.7.2, pandas 2.3.3 and joblib 1.5.2; what Python 2 has is made by `make_python2.py`. The files
of each release of NumPy end with its major version, so that the two can be compared. A second run changes nothing.
"""

import io
import pathlib
import pickle
import pickletools
import sys
import zipfile

import joblib
import numpy as np
import pandas as pd
from sklearn.tree import DecisionTreeClassifier

HERE = pathlib.Path(__file__).parent
MAJOR = np.__version__[0]
assert sys.argv[1:] == [f"numpy{MAJOR}"], np.__version__


def path(name):
    stem, dot, extension = name.partition(".")
    return HERE / f"{stem}{MAJOR}{dot}{extension}"


def dump(name, value, protocol=4):
    path(name).write_bytes(pickle.dumps(value, protocol))


X = np.arange(8.0).reshape(4, 2)
TREE = DecisionTreeClassifier(max_depth=2, random_state=0).fit(X, [0, 1, 0, 1])
GRID = np.arange(6.0).reshape(2, 3)
ARRAYS = {"w": GRID, "b": [np.arange(3, dtype="<i2"), None], "name": "caf\u00e9", "pair": (1, 2.5)}
OBJECTS = np.array(["one", None, 1.5, [1, 2], {"k": b"v"}, np.int64(3)], dtype=object)
ALIGNED = np.zeros(2, np.dtype([("a", "i1"), ("b", "<f8")], align=True))

for protocol in range(6):
    dump(f"grid_p{protocol}_.pkl", GRID, protocol)
dump("tree.pkl", TREE)
joblib.dump(TREE, path("tree.joblib"))
dump("frame.pkl", pd.DataFrame({"i": [1, 2], "f": [0.5, 1.5]}))
dump("arrays.pkl", ARRAYS)
# What is loaded: the literal "b" above is another object than Python's only one.
dump("arrays_p2_.pkl", pickle.loads(pickle.dumps(ARRAYS, 4)), 2)
dump("aligned.pkl", {"aligned": ALIGNED, "when": np.array(["2020-01-02"], "M8[D]")}, 5)
dump("orders.pkl", np.arange(24).reshape(2, 3, 4).transpose(1, 0, 2), 5)
np.save(path("objects.npy"), OBJECTS)
np.savez(path("objects.npz"), objects=OBJECTS, grid=GRID)
np.savez_compressed(path("packed.npz"), objects=OBJECTS, grid=GRID)
dump("objects.pkl", OBJECTS)

if MAJOR == "2":
    dump("masked.pkl", np.ma.array([[1, 2], [3, 4]], mask=[[0, 1], [0, 0]]))
    dump("floats.pkl", np.ma.array([0.5, 1.5, 2.5], mask=[1, 0, 0]))
    dump("scalar.pkl", np.float32(0.1))
    dump("plain.pkl", {"a": [1, 2.5, True], "b": None})
    dump("recarray.pkl", np.rec.array([(1, 2.5)], dtype=[("x", "<i4"), ("y", "<f8")]))
    # Values that a repr has to tell apart.
    cycle = [1]
    cycle.append(cycle)
    values = [
        None, True, -3, 2**70, 0.1, float("nan"), 1 + 2j, "it's \u2028 \U0001f600", b"\x00a'",
        bytearray(b"x"), (), (1,), [], {}, set(), {4}, frozenset(), frozenset({5}), cycle,
        {"n": {"d": [GRID]}}, np.float32(0.1), np.bool_(True), np.str_("s"), np.bytes_(b"b"),
        np.complex64(1 + 2j), np.datetime64("2020-01-02"), np.dtype("<f4"), np.array([], "u1"),
    ]
    dump("values.pkl", values)
    dump("strings.pkl", np.array([["a", "it's"], ["", "\u00e9"]], np.dtypes.StringDType()))
    joblib.dump({"x": GRID, "o": OBJECTS}, path("mixed.joblib"))
    joblib.dump({"x": GRID}, path("packed.joblib"), compress=3)
    # Two pickles one behind the other.
    path("stream.pkl").write_bytes(pickle.dumps(GRID) + pickle.dumps([1]))
    # Out of band.
    buffers = []
    folder = HERE / "buffers"
    folder.mkdir(exist_ok=True)
    data = pickle.dumps({"x": GRID, "y": np.arange(3)}, 5, buffer_callback=buffers.append)
    path("outside.pkl").write_bytes(data)
    for index, buffer in enumerate(buffers):
        (folder / f"{index}").write_bytes(buffer.raw())
    with zipfile.ZipFile(path("nested.zip"), "w") as file:
        file.writestr(zipfile.ZipInfo("data.pkl"), pickle.dumps(ARRAYS, 4))
        file.writestr(zipfile.ZipInfo("note.txt"), b"hello")

    def text(name, words):
        path(name).write_text(words + "\n", encoding="utf-8")

    # Only what is equal however long it took: objects of other classes have no text of their own.
    text("values.repr.txt", repr(values))
    text("arrays.repr.txt", repr(ARRAYS))
    text("objects.str.txt", str(OBJECTS))
    text("objects.repr.txt", repr(OBJECTS))
    large = np.array(["x" * (n % 7) for n in range(60)] + [None], dtype=object).reshape(1, 61)
    dump("lines.pkl", large)
    text("lines.str.txt", str(large))
    text("lines.repr.txt", repr(large))
    dump("summary.pkl", np.array(list(range(3000)), dtype=object).reshape(1000, 3))
    text("summary.str.txt", str(np.array(list(range(3000)), dtype=object).reshape(1000, 3)))
    for name in ["masked", "floats", "strings", "scalar", "recarray"]:
        value = pickle.loads(path(f"{name}.pkl").read_bytes())
        text(f"{name}.str.txt", str(value))
        text(f"{name}.repr.txt", repr(value))
    for name in ["tree.pkl", "arrays_p2_.pkl", "grid_p0_.pkl", "grid_p5_.pkl"]:
        listing = io.StringIO()
        pickletools.dis(path(name).read_bytes(), listing)
        path(f"{name}.dis.txt").write_text(listing.getvalue(), encoding="utf-8")
    with open(path("objects.npy"), "rb") as file:
        file.seek(128)
        listing = io.StringIO()
        pickletools.dis(file, listing)
        path("objects.npy.dis.txt").write_text(listing.getvalue(), encoding="utf-8")
