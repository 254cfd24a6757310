#!/usr/bin/env python3
"""Writes files/ and files.txt: files of several encodings with a pickle in them that would run a command, or with none.

Needs NumPy 2 and joblib. A line of files.txt has tabs between: file, verdict, and for each pickle that is found
member@verdict@offset, where the offset is that of the name `os.system` in the member's contents, or nothing.
"""

import bz2
import gzip
import io
import lzma
import os
import pickle
import struct
import zipfile
import zlib
from pathlib import Path

import joblib
import numpy as np

FOLDER = Path(__file__).parent / "files"
EVIL = b"cos\nsystem\n(S'id'\ntR."
NAME = b"cos\nsystem\n"
LINES = []


class Evil:
    def __reduce__(self):
        return os.system, ("id",)


def write(name, data, verdict, *pickles):
    (FOLDER / name).write_bytes(data)
    cells = []
    for member, found, contents, needle in pickles:
        at = "" if needle is None else contents.index(needle)
        cells.append(f"{member}@{found}@{at}")
    LINES.append("\t".join([name, verdict, *cells]))


def npy(value):
    out = io.BytesIO()
    np.save(out, value)
    return out.getvalue()


def zipped(*members, method=zipfile.ZIP_STORED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members:
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            archive.writestr(info, data)
    return out.getvalue()


def main():
    FOLDER.mkdir(exist_ok=True)
    array = np.arange(3.0)
    plain = np.empty(2, object)
    plain[:] = ["a", {"k": [1]}]
    evil = np.empty(2, object)
    evil[:] = ["a", Evil()]
    npy_evil, npy_plain, npy_array = npy(evil), npy(plain), npy(array)

    def stack_global(data):
        """The offset of the STACK_GLOBAL or GLOBAL that names posix.system."""
        at = data.index(b"system") + len("system")
        if b"cposix\nsystem" in data:
            return data, b"cposix\nsystem"
        end = data.index(b"\x93", at)
        return data, data[end:end + 8]

    write("array.npy", npy_array, "numpy")
    write("plain.npy", npy_plain, "numpy", ("", "numpy", npy_plain, None))
    write("evil.npy", npy_evil, "runs", ("", "runs", *stack_global(npy_evil)))
    two = npy_array + npy_plain + npy_evil
    write("three-saves.npy", two, "runs", ("", "numpy", b"", None), ("", "runs", *stack_global(two)))
    for name, method in ("stored", zipfile.ZIP_STORED), ("deflated", zipfile.ZIP_DEFLATED):
        data = zipped(("a.npy", npy_array), ("b.npy", npy_evil), ("c.npy", npy_plain), method=method)
        write(f"{name}.npz", data, "runs", ("b.npy", "runs", *stack_global(npy_evil)), ("c.npy", "numpy", b"", None))
    write("arrays.npz", zipped(("a.npy", npy_array), ("b.npy", npy_array)), "numpy")
    twice = zipped(("a.npy", npy_array), ("a.npy", npy_evil))
    write("same-name.npz", twice, "runs", ("a.npy", "runs", *stack_global(npy_evil)))
    torch = [("archive/version", b"3\n"), ("archive/data/0", bytes(range(64)))]
    write("torch.pt", zipped(("archive/data.pkl", EVIL), *torch), "runs", ("archive/data.pkl", "runs", EVIL, NAME))
    write("renamed.zip", zipped(("readme.txt", EVIL), *torch), "runs", ("readme.txt", "runs", EVIL, NAME))
    inner = zipped(("b.npy", npy_evil))
    write("nested.zip", zipped(("inner.npz", inner)), "runs", ("inner.npz::b.npy", "runs", *stack_global(npy_evil)))
    write("pickle-in-gzip-in-zip.zip", zipped(("x.gz", gzip.compress(EVIL, mtime=0))), "runs", ("x.gz", "runs", EVIL, NAME))
    # Some loaders check no CRC, and look at no flag.
    good = zipped(("data.pkl", EVIL))
    crc = struct.pack("<I", zlib.crc32(EVIL))
    write("wrong-crc.zip", good.replace(crc, b"\1\2\3\4"), "runs", ("data.pkl", "runs", EVIL, NAME))
    flagged = good.replace(b"PK\1\2\x14\3\x14\0\0\0", b"PK\1\2\x14\3\x14\0\1\0").replace(b"PK\3\4\x14\0\0\0", b"PK\3\4\x14\0\1\0")
    assert flagged != good
    write("flag-encrypted.zip", flagged, "unreadable")
    write("other-name.zip", good.replace(b"data.pkl", b"data.txt", 1), "unreadable")
    write("method.zip", zipped(("data.pkl", EVIL), method=zipfile.ZIP_BZIP2), "unreadable")
    write("pickle-before-zip", b"N." + zipped(("data.pkl", EVIL)), "runs", ("", "plain", b"", None), ("data.pkl", "runs", EVIL, NAME))
    write("pickle-evil-before-zip", EVIL + zipped(("a.npy", npy_array)), "runs", ("", "runs", EVIL, NAME))
    for name, packed in {
        "gz": gzip.compress(EVIL, mtime=0), "bz2": bz2.compress(EVIL), "xz": lzma.compress(EVIL), "zlib": zlib.compress(EVIL),
        "lzma": lzma.compress(EVIL, format=lzma.FORMAT_ALONE), "gz.bz2": bz2.compress(gzip.compress(EVIL, mtime=0)),
    }.items():
        write(f"evil.pkl.{name}", packed, "runs", ("", "runs", EVIL, NAME))
    write("cut.pkl.gz", gzip.compress(EVIL, mtime=0)[:-4], "unreadable")
    write("array.npy.gz", gzip.compress(npy_array, mtime=0), "numpy")
    write("7zip.pkl", b"7z\xbc\xaf\x27\x1c\0\4" + bytes(24), "unreadable")
    write("text.txt", b"some text, and nothing else\n", "unreadable")
    write("hdf5.h5", b"\x89HDF\r\n\x1a\n" + bytes(40), "unreadable")

    def dumped(value, compress=0):
        out = io.BytesIO()
        joblib.dump(value, out, compress=compress)
        return out.getvalue()

    write("array.joblib", dumped(array), "numpy", ("", "numpy", b"", None))
    write("dict.joblib", dumped({"a": array, "b": plain}), "plain", ("", "plain", b"", None))
    write("compressed.joblib", dumped({"a": array}, 3), "plain", ("", "plain", b"", None))
    after = dumped({"a": array, "z": Evil()})
    write("after-the-array.joblib", after, "runs", ("", "runs", *stack_global(after)))
    nested = dumped({"a": array, "b": evil})
    write("in-the-nested-pickle.joblib", nested, "runs", ("", "runs", *stack_global(nested)))
    cut = nested[:nested.index(b"system") + 20]
    # Cut, with the frame that says so.
    write("in-the-nested-pickle-cut.joblib", cut, "unreadable", ("", "unreadable", b"", None))
    frame = nested.index(b"\x80\x05\x95") + 2
    cut = cut[:frame] + cut[frame + 9:]
    write("in-the-nested-pickle-cut-without-frame.joblib", cut, "runs", ("", "runs", *stack_global(cut)))
    # Opcodes in the data of an array: joblib.load reads numbers, pickle.load runs them.
    hidden = without_padding(EVIL)
    write("opcodes-in-data.joblib", hidden, "runs", ("", "runs", hidden, NAME))
    # Python would look for the method `read` of the stand-in, and find this.
    evil_wrapper = without_padding(b"\0" * 8, b"\x8c\4read" + b"cos\nsystem\n")
    write("attributes.joblib", evil_wrapper, "runs", ("", "runs", evil_wrapper, NAME))

    # torch.save of old: several pickles, then raw data.
    legacy = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19." + b"\x80\x02M\xe9\x03." + pickle.dumps({"a": 1}, 2) + EVIL + bytes(range(200, 256))
    write("legacy.pt", legacy, "runs", ("", "runs", legacy, NAME))
    msgpack = (b"\x85\xc4\x02nd\xc3\xc4\x04type\xa2|O\xc4\x04kind\xc4\x01O\xc4\x05shape\x91\x01\xc4\x04data\xc4"
               + bytes([len(EVIL)]) + EVIL)
    write("objects.msgpack", msgpack, "runs", ("", "runs", EVIL, NAME))
    (FOLDER.parent / "files.txt").write_text("\n".join(LINES) + "\n")
    print(len(LINES), "files")


def without_padding(data, attribute=b""):
    """The file of a joblib before 1.2, which has no padding, of an array of bytes."""
    dtype = b"cnumpy\ndtype\n(U\x02u1I00\nI01\ntR(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    return (
        b"\x80\x02cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}(U\x08subclasscnumpy\nndarray\nU\x05shape"
        + b"K" + bytes([len(data)]) + b"\x85U\x05orderU\x01CU\x05dtype" + dtype + attribute + b"ub" + data + b"."
    )


if __name__ == "__main__":
    main()
