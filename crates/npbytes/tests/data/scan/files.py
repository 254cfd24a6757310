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
    write("method.zip", zipped(("data.pkl", EVIL), method=zipfile.ZIP_BZIP2), "runs", ("data.pkl", "runs", EVIL, NAME))
    write("pickle-before-zip", b"N." + zipped(("data.pkl", EVIL)), "runs", ("", "plain", b"", None), ("data.pkl", "runs", EVIL, NAME))
    write("pickle-evil-before-zip", EVIL + zipped(("a.npy", npy_array)), "runs", ("", "runs", EVIL, NAME))
    for name, packed in {
        "gz": gzip.compress(EVIL, mtime=0), "bz2": bz2.compress(EVIL), "xz": lzma.compress(EVIL), "zlib": zlib.compress(EVIL),
        "lzma": lzma.compress(EVIL, format=lzma.FORMAT_ALONE), "gz.bz2": bz2.compress(gzip.compress(EVIL, mtime=0)),
    }.items():
        write(f"evil.pkl.{name}", packed, "runs", ("", "runs", EVIL, NAME))
    write("cut.pkl.gz", gzip.compress(EVIL, mtime=0)[:-4], "runs", ("", "runs", EVIL, NAME))
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

    # Data that `pickle.load` runs, which calls what is neither of Python nor of NumPy, and data that only it can read.
    foreign = without_padding(b"cm\nf\n)R.")
    write("opcodes-of-others-in-data.joblib", foreign, "other", ("", "other", foreign, None))
    refused = without_padding(b"(" * 10001 + b"1" * 10001 + EVIL)
    write("opcodes-in-data-not-read.joblib", refused, "unreadable", ("", "unreadable", refused, None))
    # The dtype of an array of bytes that says it has objects: joblib reads a pickle there.
    forged = without_padding(EVIL).replace(b"J\xff\xff\xff\xffK\x00tb", b"J\xff\xff\xff\xffK?tb")
    write("flags.joblib", forged, "runs", ("", "runs", forged, NAME))
    # The stand-in for an array, got from the memo.
    kept = without_padding(b"\0" * 8).replace(b")\x81", b")\x81q\x63", 1)[:-1] + b"0h\x63."
    write("kept.joblib", kept, "other", ("", "other", kept, None))
    # An array of objects, which joblib reads by a memo of its own, and `pickle.load` by that of the file.
    mixed = np.empty(4, object)
    mixed[:] = [array, np.float64(1), {"k": np.datetime64("2020")}, "a"]
    write("objects.joblib", dumped(mixed), "numpy", ("", "numpy", b"", None))
    write("objects-in-a-dict.joblib", dumped({"a": mixed, "b": array}), "plain", ("", "plain", b"", None))
    # To joblib the item is `numpy.ndarray`, by the memo of the second pickle; to `pickle.load`, by that of the first.
    texts = np.empty(2, object)
    texts[:] = ["abc", None]
    memo = dumped(["p", "q", "os", "system", texts])
    names = memo.replace(b"\x8c\3abc\x94", b"h\3h\4\x93\x94", 1)
    assert names != memo
    at = names.index(b"h\3h\4\x93") + 4
    write("names-in-the-other-memo.joblib", names, "other", ("", "other", names, names[at:at + 8]))

    # Two things at once, and one behind the other.
    def frame(data):
        """A frame of zstd whose only block is stored."""
        return b"\x28\xb5\x2f\xfd\x20" + bytes([len(data)]) + struct.pack("<I", len(data) << 3 | 1)[:3] + data

    def skipped(data):
        """A frame that zstd skips; to a pickle, a text of 42 bytes and what is in the frame."""
        data = b"A" * 36 + b"0" + data
        data += b"#" * (0x101 - len(data))
        return b"\x55\x2a\x4d\x18" + struct.pack("<I", 0x101) + data

    zstd = skipped(EVIL) + frame(npy_array)
    write("pickle.zst", zstd, "runs", ("", "runs", zstd, NAME))
    write("pickle.zst.gz", gzip.compress(zstd, mtime=0), "runs", ("", "runs", zstd, NAME))
    write("pickle-zst-in.zip", zipped(("data.pkl", zstd)), "runs", ("data.pkl", "runs", zstd, NAME))
    data = b"A" * 17 + b"0" + EVIL
    data += b"#" * (-len(data) % 8)
    both = (b"\x8a\x1f\x85\xc4\2nd\xc3\xc4\4data\xc4" + bytes([len(data)]) + data + b"\xc4\4type\xa3|u1\xc4\4kind\xc4\0"
            + b"\xc4\5shape\x91" + bytes([len(data)]) + b"".join(bytes([n]) + b"\xc0" for n in range(9)))
    write("pickle.msgpack", both, "runs", ("", "runs", both, NAME))
    write("pickle-behind.npy", npy_array + EVIL, "runs", ("", "runs", npy_array + EVIL, NAME))
    write("zip-behind.npy", npy_array + zipped(("b.npy", npy_evil)) + b"junk" * 20000, "runs", ("b.npy", "runs", *stack_global(npy_evil)))
    write("gzip-behind.npy", npy_array + gzip.compress(EVIL, mtime=0), "runs", ("", "runs", EVIL, NAME))
    write("zeros-behind.npy", npy_array + bytes(9), "numpy")
    write("text-behind.npy", npy_array + b"some text\n", "numpy")
    write("refused-behind.npy", npy_array + b"(" * 10001 + b"1" * 10001 + EVIL, "unreadable", ("", "unreadable", b"", None))
    behind = b"N." + npy_evil
    write("npy-behind.pkl", behind, "runs", ("", "plain", b"", None), ("", "runs", *stack_global(behind)))
    behind = b"N." + gzip.compress(EVIL, mtime=0)
    write("gzip-behind.pkl", behind, "runs", ("", "plain", b"", None), ("", "runs", EVIL, NAME))
    behind = b"N." + b"".join(npy_array + b"K\1." for _ in range(3)) + npy_evil
    write("in-turns.pkl", behind, "runs", *[("", "plain", b"", None)] * 4, ("", "runs", *stack_global(behind)))
    packed = zipped(("b.npy", npy_evil))
    found = ("b.npy", "runs", *stack_global(npy_evil))
    for name, outer in {
        "bz2": bz2.compress(npy_array), "xz": lzma.compress(npy_array), "zlib": zlib.compress(npy_array),
        "lzma": lzma.compress(npy_array, format=lzma.FORMAT_ALONE),
    }.items():
        write(f"zip-behind.{name}", outer + packed, "runs", found)
    write("zip-behind.zst", frame(npy_array) + b"\x50\x2a\x4d\x18" + struct.pack("<I", len(packed)) + packed, "runs", found)
    write("second-in.zip", zipped(("data.pkl", b"N." + EVIL)), "runs", ("data.pkl", "runs", b"N." + EVIL, NAME))
    refused = b"(" * 10001 + b"1" * 10001 + EVIL
    write("refused-in.zip", zipped(("data.pkl", refused)), "unreadable", ("data.pkl", "unreadable", b"", None))
    write("text-in.zip", zipped(("a.py", b"import os\nimport sys\n"), ("b.py", b"class A:\n    pass\n"), ("c", bytes(9))), "plain")

    # Archives whose last directory is not the one that a strict reader takes. Python takes the last.
    good, bad = zipped(("a.npy", npy_array)), zipped(("a.npy", npy_evil))
    write("two.npz", good + b"J" + moved(bad, 1), "unreadable")
    write("two-before-the-start.npz", good + moved(bad, 5000), "unreadable")
    write("two.npz.gz", gzip.compress(good + b"J" + moved(bad, 1), mtime=0), "unreadable")
    write("in-a-comment.npz", *in_a_comment(npy_array, npy_evil))
    write("in-a-comment-elsewhere.npz", *in_a_comment(npy_array, npy_evil, 3))
    write("long-comment.npy", npy_array + b"J" + moved(commented(bad, b"x" * 65535), 1), "unreadable")
    write("bytes-behind.npz", good + b"junk", "numpy")

    # torch.save of old: several pickles, then raw data.
    legacy = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19." + b"\x80\x02M\xe9\x03." + pickle.dumps({"a": 1}, 2) + EVIL + bytes(range(200, 256))
    write("legacy.pt", legacy, "runs", ("", "runs", legacy, NAME))
    msgpack = (b"\x85\xc4\x02nd\xc3\xc4\x04type\xa2|O\xc4\x04kind\xc4\x01O\xc4\x05shape\x91\x01\xc4\x04data\xc4"
               + bytes([len(EVIL)]) + EVIL)
    write("objects.msgpack", msgpack, "runs", ("", "runs", msgpack, NAME))

    # What msgpack_numpy.unpackb loads, measured with 0.4.8: any map with these three keys, wherever it is.
    def objects(data):
        return b"\x83\xc4\x02nd\xc3\xc4\x04kind\xc4\x01O\xc4\x04data" + data

    def call(name, data, member):
        write(name, data, "runs", (member, "runs", data, NAME))

    payload = b"\xc4" + bytes([len(EVIL)]) + EVIL
    array = (b"\x85\xc4\x02nd\xc3\xc4\x04kind\xc4\0\xc4\x04type\xa3|u1\xc4\x05shape\x91" + bytes([len(EVIL)])
             + b"\xc4\x04data" + payload)
    text = b"\xa1d\xd9\x28" + b"x" * 40
    call("late.msgpack", b"\x82" + text + b"\xa1o" + objects(payload), "['o']")
    call("no-shape.msgpack", b"\x84" + objects(payload)[1:] + b"\xc4\x05shape\xa3bad", "")
    in_array = b"\x86" + array[1:].replace(EVIL, bytes(len(EVIL))) + b"\xc4\x04more" + objects(payload)
    # The command is in the array as well, where it is data.
    inner = bytes(in_array.index(objects(payload))) + in_array[in_array.index(objects(payload)):]
    write("in-an-array.msgpack", in_array, "runs", (f"the map at byte {in_array.index(objects(payload))}", "runs", inner, NAME))
    call("in-a-key.msgpack", b"\x81" + objects(payload) + b"\x01", "the map at byte 1")
    call("by-an-array.msgpack", objects(array), "")
    call("second.msgpack", b"\x81\xa1a\x91\x01" + objects(payload), "")
    call("both.msgpack", b"\x88U\x06\x85\xc4\x02nd\xc30" + EVIL, "")
    write("no-bytes.msgpack", objects(b"\x07"), "unreadable")
    write("plain.msgpack", b"\x82" + text + b"\xa1n\x91\x01", "plain")
    write("empty.zip", b"PK\5\6" + bytes(18), "numpy")
    (FOLDER.parent / "files.txt").write_text("\n".join(LINES) + "\n")
    print(len(LINES), "files")


def moved(archive, by):
    """The archive whose directory and members are said to be further on."""
    data = bytearray(archive)
    end = data.rfind(b"PK\5\6")
    at, = struct.unpack_from("<I", data, end + 16)
    struct.pack_into("<I", data, end + 16, at + by)
    while data[at:at + 4] == b"PK\1\2":
        lengths = struct.unpack_from("<3H", data, at + 28)
        offset, = struct.unpack_from("<I", data, at + 42)
        struct.pack_into("<I", data, at + 42, offset + by)
        at += 46 + sum(lengths)
    return bytes(data)


def commented(archive, comment):
    return archive[:-2] + struct.pack("<H", len(comment)) + comment


def in_a_comment(clean, evil, at=None):
    """An archive of a member with a comment, which is another directory, and records of 64 bits that lead to it."""

    def record(name, data, offset, comment=b""):
        sizes = zlib.crc32(data), len(data), len(data), len(name), 0, len(comment), 0, 0, 0, offset
        return struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 0, 0, 0x21, *sizes) + name + comment

    def local(name, data):
        return struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 0, 0, 0x21, zlib.crc32(data), len(data), len(data), len(name), 0) + name + data

    body = local(b"a.npy", clean)
    offset, body = len(body), body + local(b"b.npy", evil)
    second = record(b"b.npy", evil, offset)
    start = len(body) + 46 + 5
    large = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, len(second), start)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, start + len(second) if at is None else at, 1)
    first = record(b"a.npy", clean, 0, second + large + locator)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(first), len(body), 0)
    return body + first + end, "unreadable"


def without_padding(data, attribute=b""):
    """The file of a joblib before 1.2, which has no padding, of an array of bytes."""
    dtype = b"cnumpy\ndtype\n(U\x02u1I00\nI01\ntR(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    return (
        b"\x80\x02cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}(U\x08subclasscnumpy\nndarray\nU\x05shape"
        + (b"K" + bytes([len(data)]) if len(data) < 256 else b"J" + struct.pack("<i", len(data))) + b"\x85U\x05orderU\x01CU\x05dtype" + dtype + attribute + b"ub" + data + b"."
    )


if __name__ == "__main__":
    main()
