#!/usr/bin/env python3
"""Makes the archives in this folder: those that nobody should write, but somebody will read.

    python crates/npbytes-cli/tests/data/make.py

They were made by NumPy 2.4.6 on CPython 3.11.7. A second run changes nothing.
"""

import io
import pathlib
import warnings
import zipfile

import numpy as np

HERE = pathlib.Path(__file__).parent
A = np.array([[1, 2], [3, 4]], "<i2")
B = np.array([0.5, 1.5])


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def archive(name, members):
    """Members as they are, also those that NumPy would not write."""
    with zipfile.ZipFile(HERE / name, "w") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for member, contents in members:
            file.writestr(zipfile.ZipInfo(member), contents)


class Pipe(io.RawIOBase):
    """What np.savez cannot seek in."""

    def __init__(self):
        self.bytes = b""

    def writable(self):
        return True

    def write(self, data):
        self.bytes += bytes(data)
        return len(data)


# Names that lead elsewhere, or nowhere.
for number, member in enumerate(["../up", "/root", "", "a//b", "a/../../b", "x/.", "long" * 80]):
    np.savez(HERE / f"path{number}.npz", **{"good": A, member: B})
# Names that look like something else; the last is a folder and a file.
np.savez(HERE / "odd.npz", **{"a::b": A, "eq=1": B, "x.npy": A, "é 日本": B, "dir/x": A})
np.savez(HERE / "clash.npz", **{"x": A, "x.npy/y": B})
# One name twice, and one key by two names.
archive("twice.npz", [("x.npy", npy(A)), ("x.npy", npy(B))])
archive("keys.npz", [("x", npy(A)), ("x.npy", npy(B))])
# What is no array, or not whole.
archive("folders.npz", [("sub/", b""), ("sub/deep/", b""), ("sub/x.npy", npy(A))])
archive("mixed.npz", [("README.txt", b"hello"), ("x.npy", npy(A)), ("bad.npy", b"not npy at all")])
archive("cut.npz", [("x.npy", npy(A)), ("cut.npy", npy(B)[:140])])
np.savez(HERE / "objects.npz", o=np.array([1, None], object), x=A)
np.savez(HERE / "none.npz")
np.savez(HERE / "one.npz", A)
np.savez_compressed(HERE / "one_packed.npz", A)
# As to a pipe.
pipe = Pipe()
np.savez(pipe, A)
(HERE / "piped.npz").write_bytes(pipe.bytes)
# np.savez(file, w=A, grid=np.load("../../../../samples/grid.npy")), and the same compressed.
GRID = np.load(HERE / "../../../../samples/grid.npy")
np.savez(HERE / "named.npz", w=A, grid=GRID)
np.savez_compressed(HERE / "named_packed.npz", w=A, grid=GRID)
# Methods of compression that np.savez never uses, and np.load reads: zipfile does it.
with zipfile.ZipFile(HERE / "methods.npz", "w") as file:
    for member, method in [("bz.npy", zipfile.ZIP_BZIP2), ("lz.npy", zipfile.ZIP_LZMA)]:
        info = zipfile.ZipInfo(member)
        info.compress_type = method
        file.writestr(info, npy(np.arange(3000, dtype="<i4").reshape(60, 50)))
