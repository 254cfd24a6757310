"""Records the archives that NumPy writes, and what it finds in archives by others.

    python npz.py             writes npz/*-PYTHON-NUMPY.tsv beside this file, for the Python and NumPy that run it

Run it with each environment that `tests/npz` names; CPython decides on the records of an archive, NumPy on
what is in its members. A table is lines of fields between tabs; texts are in Python's `unicode_escape`,
bytes in hexadecimal. Lines that start with `#` are comments. Archives that are too many to keep are told by
their length and CRC-32.
"""

from __future__ import print_function

import binascii
import io
import os
import struct
import sys
import warnings
import zipfile
import zlib

import numpy as np

warnings.simplefilter("ignore")
HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "npz")
PYTHON = ".".join(map(str, sys.version_info[:3]))
# Those whose archives are kept whole: one of the new style, one of the old, and one of the oldest.
KEPT = ["3.11.7-2.4.6", "3.10.13-2.2.6", "2.7.18-1.16.6"]
HERE_IS = PYTHON + "-" + np.__version__
# Archives that are longer are told by their digest everywhere.
LONG = 6000


def text(value):
    value = value.decode("latin-1") if isinstance(value, bytes) else value
    return value.encode("unicode_escape").decode("ascii")


def hexed(data):
    return binascii.hexlify(data).decode("ascii")


def digest(data):
    return [len(data), "%08x" % (zlib.crc32(data) & 0xFFFFFFFF)]


def write(name, columns, rows, differing=False):
    """Writes a table; of another NumPy than the newest, perhaps only the lines that differ."""
    rows = list(rows)
    path = os.path.join(HERE, "%s-%s.tsv" % (name, HERE_IS))
    with io.open(path, "w", newline="\n") as file:
        file.write(u"# NumPy %s, Python %s, zlib %s: %s\n" % (np.__version__, PYTHON, getattr(zlib, "ZLIB_RUNTIME_VERSION", zlib.ZLIB_VERSION), columns))
        lines = [u"\t".join(u"%s" % (field,) for field in row) + u"\n" for row in rows]
        if differing and HERE_IS != KEPT[0]:
            with io.open(os.path.join(HERE, "%s-%s.tsv" % (name, KEPT[0]))) as newest:
                known = set(newest)
            lines = [line for line in lines if line not in known]
        file.writelines(lines)
    print(path, len(lines))


# ---------------------------------------------------------------------------------------------------
# What np.savez writes.


def filled(rule, size):
    """Bytes that can be made again anywhere."""
    rule, _, seed = rule.partition(" ")
    if rule == "zeros":
        return bytes(bytearray(size))
    if rule == "count":
        return bytes(bytearray((i + int(seed)) % 251 for i in range(size)))
    state, level, out = int(seed), 0, bytearray()
    while len(out) < size:
        state = (state * 1103515245 + 12345) % 2**31
        if rule == "noise":
            out.append(state >> 16 & 255)
        else:
            # A random walk of 16-bit integers.
            level = (level + (state >> 16) % 7 - 3) & 0xFFFF
            out += struct.pack("<H", level)
    return bytes(out[:size])


DTYPES = [
    "'|b1'", "'|i1'", "'|u1'", "'<i2'", "'>i4'", "'<u8'", "'<f2'", "'<f4'", "'>f8'", "'<f16'", "'<c8'", "'>c16'", "'|S3'", "'|S1'", "'<U2'",
    "'>U1'", "'|V5'", "'<M8[ns]'", "'>m8[25s]'", "[('x', '<i4'), ('y', '>f8', (2,))]", "[('a', '|u1'), ('', '|V3'), ('b', '<f4')]",
    "[('p', [('q', '<U1')]), (('t', 'r'), '|b1')]",
]
NAMES = [u"a/b", u"../x", u"/etc/passwd", u"", u"x.npy", u".npy", u"C:\\x", u" ", u"a\\b", u"\xe9", u"\u03bb", u"\u65e5\u672c", u"\U0001f600",
         u"a\nb", u"file2", u"arr_1", u"x" * 300, u"\xe9" * 150, u"a\0b", u"a\0c"]
I4 = "'<i4'"


def cases():
    """Name, then positional and named arrays, each as descr, shape, whether in Fortran order, and fill."""
    small = (I4, (3,), False, "count 0")
    yield u"empty", [], []
    yield u"one", [small], []
    yield u"order", [small, ("'<f8'", (), False, "count 7")], [(u"y", small), (u"x", ("'|u1'", (2, 2), True, "count 1"))]
    yield u"dtypes", [], [(u"d%d" % i, (d, (2, 3), i % 2 == 1, "count %d" % i)) for i, d in enumerate(DTYPES)]
    yield u"shapes", [(I4, s, f, "count 3") for s in [(), (0,), (1,), (0, 3), (3, 0), (1, 1), (2, 3, 4), (1, 5), (5, 1)] for f in (False, True)], []
    yield u"names", [], [(name, (I4, (i % 4,), False, "count %d" % i)) for i, name in enumerate(NAMES)]
    yield u"many", [("'|u1'", (i % 3,), False, "count %d" % i) for i in range(300)], []
    for size in 0, 1, 2, 100, 16383, 70000, 400001:
        for rule in "zeros", "count", "walk", "noise":
            yield u"%s-%d" % (rule, size), [("'|u1'", (size,), False, rule + " 5")], []
    # Arrays larger than what is looked at twice, and than any buffer.
    yield u"large", [("'<f4'", (300000,), False, "walk 1"), ("'>i2'", (3, 400000), True, "walk 2"), ("'<i8'", (2,), False, "zeros")], []


def made(descr, shape, fortran, fill):
    import ast

    dtype = np.dtype([tuple(f) for f in ast.literal_eval(descr)]) if descr.startswith("[") else np.dtype(ast.literal_eval(descr))
    if descr.startswith("["):
        impl = getattr(np.lib, "_format_impl", np.lib.format)
        dtype = impl.descr_to_dtype(ast.literal_eval(descr)) if hasattr(impl, "descr_to_dtype") else dtype
    size = int(np.prod(shape)) * dtype.itemsize
    array = np.ndarray(shape, dtype, filled(fill, size), order="F" if fortran else "C")
    return array


class Pipe(object):
    """Can be written to and no more."""

    def __init__(self):
        self.pieces = []

    def write(self, data):
        self.pieces.append(bytes(data))
        return len(data)

    def flush(self):
        pass

    # NumPy takes what has no such method for a path.
    def read(self):
        raise OSError("a pipe")


def saved(positional, named, compressed, piped):
    positional = [made(*spec) for spec in positional]
    named = [(name, made(*spec)) for name, spec in named]
    save = np.savez_compressed if compressed else np.savez
    target = Pipe() if piped else io.BytesIO()
    save(target, *positional, **dict(named))
    return b"".join(target.pieces) if piped else target.getvalue()


def case_rows():
    for case, positional, named in cases():
        arrays = [(name, spec) for name, spec in named] + [(u"arr_%d" % i, spec) for i, spec in enumerate(positional)]
        if not arrays:
            yield [case]
        for name, (descr, shape, fortran, fill) in arrays:
            yield [case, text(name), text(descr), ",".join(map(str, shape)), int(fortran), fill]


def written_rows():
    for case, positional, named in cases():
        for compressed in (0, 1):
            if case == "large" and not compressed and HERE_IS not in KEPT:
                continue
            for piped in (0, 1):
                data = saved(positional, named, compressed, piped)
                kept = HERE_IS in KEPT and len(data) <= LONG and not case[-1].isdigit()
                yield [case, compressed, piped] + digest(data) + [hexed(data) if kept else "-"]


def many_rows():
    """Archives whose members are more than the end record can count."""
    array = np.zeros(0, "|u1")
    for count in 65535, 65536:
        out = io.BytesIO()
        np.savez(out, **{"%d" % i: array for i in range(count)})
        yield [count] + digest(out.getvalue())


class Sparse(Pipe):
    """A file of which only what is not zeros is kept, so that it may be larger than the disk."""

    def __init__(self, seeks):
        Pipe.__init__(self)
        self.at, self.end, self.small = 0, 0, []
        if seeks:
            self.tell, self.seek = (lambda: self.at), self.moved

    def moved(self, at, whence=0):
        assert whence == 0
        self.at = at

    def write(self, data):
        size = len(data)
        if size < 1 << 16:
            self.small.append((self.at, bytes(data)))
        else:
            assert bytes(data) == bytes(size)
        self.at += size
        self.end = max(self.end, self.at)
        return size

    def parts(self):
        """What is not zeros: each run of small writes, the later ones over the earlier ones."""
        runs = []
        for at, data in self.small:
            for run in runs:
                if run[0] <= at <= run[0] + len(run[1]):
                    run[1][at - run[0]:at - run[0] + len(data)] = data
                    break
            else:
                runs.append([at, bytearray(data)])
        return sorted((at, bytes(data)) for at, data in runs)


LARGE = [(u"a", 2**31 + 10), (u"b", 2**32 + 10), (u"c", 3)]


def large_rows():
    """Members and offsets beyond 2 and 4 GiB, of zeros."""
    for piped in (0, 1):
        file = Sparse(not piped)
        np.savez(file, **{name: np.zeros(size, "|u1") for name, size in LARGE})
        for at, data in file.parts():
            yield [piped, at, hexed(data)]
        yield [piped, file.end, ""]
    # Long before, and short behind.
    out = io.BytesIO()
    np.savez_compressed(out, a=np.zeros(2**31 + 10, "|u1"))
    yield ["deflated"] + digest(out.getvalue())


def python_2_rows():
    """What NumPy wrote through temporary files: real times, and no zip64 field."""
    for case, positional, named in cases():
        if case not in ("order", "shapes", "walk-100", "noise-100"):
            continue
        for compressed in (0, 1):
            data = saved(positional, [(str(name), spec) for name, spec in named], compressed, 0)
            yield [case, compressed, hexed(data)]


# ---------------------------------------------------------------------------------------------------
# What np.load finds.


def npy(array):
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


A, B, C = (npy(np.array([i, i + 1, i + 2], "<i2")) for i in (10, 20, 30))


def by_zipfile(members, method=zipfile.ZIP_STORED, comment=b"", piped=False):
    out = Pipe() if piped else io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members:
            # Not the time of today.
            info = zipfile.ZipInfo(name, (2024, 2, 3, 4, 5, 6))
            info.compress_type = method
            archive.writestr(info, data)
        archive.comment = comment
    return b"".join(out.pieces) if piped else out.getvalue()


def raw(members, comment=b"", trailing=b"", prefix=b"", shift=0):
    """Members of name bytes, flags and data, each in its own words: what `zipfile` would not write."""
    out, directory = bytearray(prefix), bytearray()
    for member in members:
        name, flags, data = member[:3]
        local = member[3] if len(member) > 3 else name
        local_flags = member[4] if len(member) > 4 else flags
        crc = zlib.crc32(data) & 0xFFFFFFFF
        offset = len(out) - len(prefix) + shift
        out += struct.pack("<4s5H3L2H", b"PK\3\4", 20, local_flags, 0, 0, 0x21, crc, len(data), len(data), len(local), 0) + local + data
        directory += struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, flags, 0, 0, 0x21, crc, len(data), len(data), len(name), 0, 0, 0, 0, 0, offset) + name
    at = len(out) - len(prefix) + shift
    out += directory + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, len(members), len(members), len(directory), at, len(comment)) + comment
    return bytes(out + trailing)


def others():
    """Archives that are not NumPy's own."""
    yield "duplicates", by_zipfile([("a.npy", A), ("b.npy", C), ("a.npy", B)])
    yield "plain before npy", by_zipfile([("dup", b"plain"), ("dup.npy", A)])
    yield "plain after npy", by_zipfile([("dup.npy", A), ("dup", b"plain")])
    yield "npy twice in the name", by_zipfile([("x.npy.npy", A), ("x.npy", B), ("y.npy.npy", C)])
    yield "no npy", by_zipfile([("readme.txt", b"hello"), ("x.npy", A), ("notes", b"\x93NUMP")])
    yield "npy under another name", by_zipfile([("a", A), ("b.dat", B), ("c.npz", C)])
    yield "broken npy", by_zipfile([("bad.npy", b"not an array"), ("short.npy", A[:20]), ("magic.npy", b"\x93NUMPY"), ("good.npy", A)])
    yield "empty member", by_zipfile([("e.npy", b""), ("f", b""), ("a.npy", A)])
    yield "folder", by_zipfile([("d/", b""), ("d/a.npy", A)])
    yield "only a suffix", raw([(b".npy", 0, A), (b"", 0, B)])
    yield "paths", by_zipfile([("../a.npy", A), ("/b.npy", B), ("C:\\c.npy", C), ("a/./b//c.npy", A)])
    yield "utf-8", raw([(u"\xe9\u65e5.npy".encode("utf-8"), 0x800, A)])
    yield "code page 437", raw([(bytes(bytearray(range(0x80, 0x100))) + b".npy", 0, A), (b"caf\x82.npy", 0, B)])
    yield "nul in a name", raw([(b"a\0b.npy", 0, A), (b"\0.npy", 0, B), (b"c.npy\0", 0, C)])
    yield "upper case", by_zipfile([("A.NPY", A), ("a.npy", B)])
    yield "comment", by_zipfile([("a.npy", A)], comment=b"a comment" * 7)
    yield "longest comment", raw([(b"a.npy", 0, A)], comment=b"c" * 65535)
    yield "end record in the comment", raw([(b"a.npy", 0, A)], comment=b"x" * 9 + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0, 0, 0, 0, 0) + b"y" * 5)
    yield "signature in the comment", raw([(b"a.npy", 0, A)], comment=b"x" * 9 + b"PK\5\6" + b"y" * 5)
    yield "deflated", by_zipfile([("a.npy", A), ("t", b"hello" * 9), ("e", b"")], zipfile.ZIP_DEFLATED)
    yield "piped", by_zipfile([("a.npy", A), ("t", b"hello" * 9), ("e", b"")], zipfile.ZIP_DEFLATED, piped=True)
    yield "bytes behind", raw([(b"a.npy", 0, A)], trailing=b"more")
    yield "zeros behind", raw([(b"a.npy", 0, A)], trailing=bytes(bytearray(500)))
    yield "other name in the member", raw([(b"a.npy", 0, A, b"b.npy")])
    yield "flags of the name differ", raw([(u"\xe9.npy".encode("utf-8"), 0x800, A, u"\xe9.npy".encode("utf-8"), 0)])


def found(archive, key):
    try:
        value = archive[key]
    except KeyError:
        return ["none"]
    except Exception as error:
        return ["error", type(error).__name__]
    if isinstance(value, bytes):
        return ["bytes", hexed(value)]
    return ["array", text(repr(np.lib.format.dtype_to_descr(value.dtype))), ",".join(map(str, value.shape)), hexed(value.tobytes())]


def lookup_rows():
    for name, data in others():
        # The test makes the long ones again.
        yield [name, "long"] + digest(data) if len(data) > LONG else [name, "archive", hexed(data)]
        try:
            archive = np.load(io.BytesIO(data))
        except Exception as error:
            yield [name, "refused", type(error).__name__]
            continue
        yield [name, "files"] + [text(file) for file in archive.files]
        keys = list(archive.files) + archive.zip.namelist() + [u"no such", u"", u"a", u"a.npy", u"A"]
        for key in dict.fromkeys(keys):
            yield [name, "get", text(key)] + found(archive, key)


def main():
    if not os.path.isdir(HERE):
        os.makedirs(HERE)
    if PYTHON.startswith("2."):
        return write("python-2", "case compressed archive", python_2_rows())
    write("written", "case compressed piped length crc-32 archive", written_rows())
    if HERE_IS == KEPT[0]:
        write("cases", "case name descr shape fortran fill", case_rows())
    if HERE_IS in KEPT:
        write("many", "members length crc-32", many_rows())
        write("large", "piped offset bytes, or deflated length crc-32", large_rows())
    if HERE_IS in ("3.11.7-2.4.6", "3.11.7-1.26.4"):
        write("lookup", "case, then: archive, files or get with a key and what it is", lookup_rows(), differing=True)


main()
