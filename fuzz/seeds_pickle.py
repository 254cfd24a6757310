"""The pickles of the corpus: what a real NumPy made, what joblib made, and the cases of scans. See seeds.py."""

import collections
import datetime
import gzip
import io
import pathlib
import pickle

import numpy as np

from seeds import saved, write, zipped

TARGETS = "pickle_machine", "pickle_whole"
CASES = pathlib.Path(__file__).parent.parent / "crates/npbytes/tests/data/scan/cases.txt"


def objects():
    items = np.empty(3, object)
    items[:] = [None, "text", {"k": [1, 2.5]}]
    struct = np.zeros(2, [("a", "<i4"), ("b", ">f8", (2,)), ("c", "S3")])
    padded = np.zeros(1, {"names": ["p", "q"], "formats": ["i2", "f8"], "offsets": [2, 8], "itemsize": 24})
    array = np.arange(6.0).reshape(2, 3)
    return {
        "f8": array, "f8-f": np.asfortranarray(array), "big": np.array([1, 2], ">i4"), "0d": np.array(1, "i2"),
        "k": np.arange(8).reshape(2, 2, 2).transpose(1, 0, 2), "empty": np.zeros((0, 3), "u1"), "objects": items,
        "struct": struct, "padded": padded, "title": np.zeros(1, [(("T", "n"), "i4")]), "text": np.array(["a", "bcd"]),
        "bytes": np.array([b"a", b"\xff\0b"]), "time": np.array([1, 2], "M8[25s]"), "delta": np.array([1], ">m8[ns]"),
        "struct-objects": np.array([(1, "x")], [("i", "i4"), ("o", "O")]),
        "metadata": np.zeros(1, np.dtype("i4", metadata={"a": (1,)})),
        "masked": np.ma.array([1, 2, 3], mask=[0, 1, 0], fill_value=7), "masked-constant": np.ma.masked,
        "masked-struct": np.ma.array([(1, 2.0)], [("a", "i4"), ("b", "f8")], mask=[(0, 1)]),
        "matrix": np.matrix([[1, 2]]), "record": np.rec.array([(1, "a")], dtype=[("r", "i4"), ("s", "U2")]),
        "char": np.char.array(["ab", "c"]), "scalar": np.float64(1.5), "scalar-text": np.str_("h\xe4"), "void": np.void(b"abc"),
        "string": np.array(["a", "b" * 20], np.dtypes.StringDType()),
        "dtype": struct.dtype, "class": np.float64,
        "plain": {"a": [1, -1, 2**40, 2**70, 1.5, "x", "\ud800", b"y", None, True, ()], "t": (1,), "s": {1}, "f": frozenset([2])},
        "twice": [array, array], "cycle": cycle(), "ordered": collections.OrderedDict(a=array), "bytearray": bytearray(b"abc"),
        "date": datetime.datetime(2020, 1, 2, tzinfo=datetime.timezone.utc), "complex": 1 + 2j,
    }


def cycle():
    items = [1]
    items.append({"self": items})
    return items


def main():
    for name, value in objects().items():
        for protocol in range(6):
            if protocol in (1, 3) and name not in ("f8", "plain", "struct"):
                continue
            data = pickle.dumps(value, protocol)
            for target in TARGETS:
                write(target, f"{name}-{protocol}", data)
            write("pickle_rewrite", f"{name}-{protocol}", bytes([protocol | 8 * (protocol % 2 == 0)]) + data)
        if isinstance(value, np.ndarray):
            write("pickle_machine", f"{name}-buffers", pickle.dumps(value, 5, buffer_callback=[].append))
    cases = CASES.read_text().splitlines()
    for number, line in enumerate(cases):
        if number % 3 == 0 or "broken" in line or "memo" in line:
            name, *_, data = line.split("\t")
            for target in TARGETS:
                write(target, "case-" + name.replace(".", "-").replace("_", "-")[:40], bytes.fromhex(data))
    npy = saved(objects()["objects"])
    evil = bytes.fromhex(cases[0].split("\t")[-1])
    write("files", "objects.npy", npy)
    write("files", "struct.npy", saved(objects()["struct-objects"]))
    write("files", "two.npy", saved(np.arange(2)) + npy)
    write("files", "objects.npz", zipped([("a.npy", npy), ("b.npy", saved(np.arange(3)))]))
    write("files", "torch.pt", zipped([("archive/data.pkl", evil), ("archive/version", b"3\n"), ("archive/data/0", bytes(8))]))
    write("files", "nested.zip", zipped([("inner.npz", zipped([("a.npy", npy)]))]))
    write("files", "pickle.gz", gzip.compress(evil, mtime=0))
    write("files", "pickle", evil)
    write("files", "appended", evil + zipped([("a.npy", npy)]))
    import joblib

    values = {"array": np.arange(3.0), "objects": objects()["objects"], "dict": {"a": np.eye(2), "b": [np.arange(2)]}}
    for name, value in values.items():
        out = io.BytesIO()
        joblib.dump(value, out)
        for target in TARGETS:
            write(target, f"joblib-{name}", out.getvalue())
        write("files", f"joblib-{name}", out.getvalue())
        write("pickle_rewrite", f"joblib-{name}", b"\x0c" + out.getvalue())
