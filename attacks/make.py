"""Writes the files of this folder, and the table of README.md that says what each is.

    python attacks/make.py

Standard library only; the files are small, and the same each time. Each must be refused, as the kind of
error and at the offset that its line says, or taken at the price of its length: `crates/npbytes/tests/attacks.rs`
checks that, with the time and the memory it takes.
"""

import pathlib
import pickle
import struct
import zlib

HERE = pathlib.Path(__file__).parent
FILES = []


def add(name, data, what, kind, offset=""):
    """`kind` is a variant of npbytes' `ErrorKind`, or the limit it names; `offset` counts bytes."""
    data = data if isinstance(data, bytes) else data.encode("latin-1")
    assert len(data) < 21_000, name
    assert name not in [file[0] for file in FILES], name
    FILES.append((name, data, what, kind, offset))


def npy(text, version=(1, 0), data=b"", length=None):
    text = text if isinstance(text, bytes) else text.encode("latin-1")
    length = len(text) if length is None else length
    return b"\x93NUMPY" + bytes(version) + length.to_bytes(2 if version == (1, 0) else 4, "little") + text + data


def header(descr="'<i4'", order="False", shape="(3,)"):
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}\n"


GOOD = npy(header(), data=bytes(12))
SHAPE = 10 + header().index("'shape'")
SHAPE_VALUE = 10 + header().index("(3,)")
DESCR = 10 + header().index("'descr'")
DESCR_VALUE = 10 + header().index("'<i4'")


def lengths():
    add("header-length-4gib.npy", npy("{}", (2, 0), length=0xFFFFFFFF), "a header of 4 GiB in 14 bytes", "header_bytes", 8)
    add("header-length-2gib.npy", npy("{}", (3, 0), length=0x7FFFFFFF), "a header of 2 GiB in 14 bytes", "header_bytes", 8)
    add("header-length-10001.npy", npy(header().ljust(10001), data=bytes(12)), "one byte more than NumPy's `max_header_size`", "header_bytes", 8)
    add("header-length-past-end.npy", npy("{}", length=9999), "a header that is longer than the file", "Truncated", 12)
    add("header-length-zero.npy", npy(""), "a header of no bytes", "Literal", 10)
    add("header-length-one-short.npy", npy(header(), data=bytes(12), length=len(header()) - 3), "a header whose last bytes are data", "Literal", 10 + len(header()) - 3)
    add("claim-4gib.npy", npy(header("'|u1'", shape="(4294967296,)")), "4 GiB of elements in 100 bytes", "Truncated", 10 + len(header("'|u1'", shape="(4294967296,)")))
    add("claim-1eib.npy", npy(header("'|u1'", shape="(1152921504606846976,)")), "1 EiB of elements in 100 bytes", "Truncated", 10 + len(header("'|u1'", shape="(1152921504606846976,)")))
    add("claim-one-byte-more.npy", GOOD[:-1], "one byte of data is missing", "Truncated", len(GOOD) - 1)


def shapes():
    for name, shape, what, kind, offset in [
        ("product-overflow", "(4294967296, 4294967296)", "a product of 2**64", "Shape", SHAPE),
        ("product-overflow-by-63-axes", "(" + "2, " * 63 + ")", "a product of 2**63 out of small axes", "Shape", SHAPE),
        ("product-overflow-beside-0", "(0, 4294967296, 4294967296)", "a product of 2**64 beside an axis of 0", "Shape", SHAPE),
        ("bytes-overflow", "(2305843009213693952,)", "2**61 elements, 2**63 bytes", "Shape", 10),
        ("axis-2-63", "(9223372036854775808,)", "an axis of 2**63", "Shape", SHAPE),
        ("axis-2-64", "(18446744073709551616,)", "an axis of 2**64", "Shape", SHAPE),
        ("axis-2-127", f"({2**127},)", "an integer beyond 128 bits", "Literal", SHAPE_VALUE + 1),
        ("axis-of-5000-digits", "(" + "9" * 5000 + ",)", "an integer of 5000 digits, more than CPython reads", "Literal", SHAPE_VALUE + 1),
        ("axis-of-1500-hex-digits", "(0x" + "f" * 1500 + ",)", "an integer of 6000 bits", "Literal", SHAPE_VALUE + 1),
        ("axis-of-700-underscores", "(1" + "_1" * 700 + ",)", "an integer of 701 digits with underscores", "Literal", SHAPE_VALUE + 1),
        ("negative", "(-1,)", "-1, which NumPy before 2.4 reads as the rest of the file", "Header", SHAPE),
        ("negative-product", "(-2, -2)", "two negative axes whose product is positive", "Header", SHAPE),
        ("negative-min", "(-9223372036854775808,)", "the least 64-bit integer", "Header", SHAPE),
        ("65-axes", "(" + "1, " * 65 + ")", "one axis more than NumPy has", "Shape", SHAPE),
        ("700-axes", "(" + "1, " * 700 + ")", "700 axes", "Shape", SHAPE),
        ("700-axes-of-0", "(" + "0, " * 700 + ")", "700 axes of 0", "Shape", SHAPE),
        ("float", "(3.0,)", "a float for an axis", "Header", SHAPE),
        ("infinite", "(1e999,)", "infinity for an axis", "Header", SHAPE),
        ("complex", "(3j,)", "an imaginary axis", "Header", SHAPE),
        ("bool", "(True,)", "a bool, which Python counts as an int", "Header", SHAPE),
        ("set", "{3}", "a set for a shape", "Header", SHAPE),
        ("longs", "(3" + "L" * 1500 + ",)", "1500 Ls of Python 2 in one word", "Literal", SHAPE_VALUE + 2),
        ("code", "(__import__('os').system('true'),)", "code that is no literal", "Literal", SHAPE_VALUE + 1),
        ("comprehension", "tuple(i for i in range(10**9))", "a loop", "Literal", SHAPE_VALUE),
        ("power", "(9**9**9,)", "a sum that takes years", "Literal", SHAPE_VALUE + 2),
        ("product", "(3*'x',)", "a product", "Literal", SHAPE_VALUE + 2),
    ]:
        add(f"shape-{name}.npy", npy(header(shape=shape), data=bytes(12)), what, kind, offset)


def dtypes():
    def at(descr, part):
        return DESCR_VALUE + descr.index(part)

    # A field stands where its first string does.
    FIELD = DESCR_VALUE + 3

    cases = [
        ("itemsize-2-31", "'|V2147483648'", "an item of 2 GiB", "DType", at("'|V2147483648'", "V")),
        ("itemsize-2-64", "'|S99999999999999999999'", "an item of 2**66 bytes", "DType", DESCR_VALUE + 2),
        ("itemsize-of-u", "'<U536870912'", "2**29 characters, 2 GiB", "DType", DESCR_VALUE + 2),
        ("itemsize-negative", "'|S-1'", "a negative itemsize", "DType", DESCR_VALUE + 2),
        ("itemsize-of-fields", "[('x', '|V2147483647'), ('y', '|V2147483647')]", "two fields of 2 GiB", "DType", at("[('x', '|V2147483647'), ('y', '|V2147483647')]", "y")),
        ("subarray-huge", "[('x', '<f8', (2147483647, 2147483647))]", "a subarray of 2**65 bytes", "Shape", FIELD),
        ("subarray-overflow", "[('x', '<f8', (4294967296, 4294967296))]", "a subarray of 2**67 bytes", "DType", FIELD),
        ("subarray-nested", "[('x', ((('|V65536', (65536,)), (65536,)), (65536,)))]", "subarrays of subarrays, 2**64 bytes", "DType", FIELD),
        ("subarray-negative", "[('x', '<f8', (-1,))]", "a subarray of -1", "DType", FIELD),
        ("subarray-65-axes", "[('x', '<f8', (" + "1, " * 65 + "))]", "a subarray of 65 axes", "Shape", FIELD),
        ("subarray-on-top", "('<i4', (3,))", "a subarray for an element", "Header", DESCR),
        ("repeats", "'999999999i4'", "4 GB in a word", "DType", DESCR_VALUE + 1),
        ("repeats-product", "'(99999,99999)i4'", "40 GB in a word", "DType", DESCR_VALUE + 1),
        ("repeats-of-1500-digits", "'" + "9" * 1500 + "i4'", "a repeat of 1500 digits", "DType", DESCR_VALUE + 1),
        ("list-in-brackets", "'2[,]'", "a list whose item is that list again", "DType", DESCR_VALUE + 2),
        ("duplicate-names", "[('x', '<i4'), ('x', '<i4')]", "a name twice", "DType", DESCR),
        ("duplicate-names-200", "[" + "('x', 'i1'), " * 200 + "]", "a name 200 times", "DType", DESCR),
        ("duplicate-title", "[(('x', 'y'), '<i4'), ('x', '<i4')]", "a title that is a name", "DType", DESCR),
        ("unknown-code", "'<x4'", "a code that is none", "DType", at("'<x4'", "x4")),
        ("unknown-size", "'<i3'", "an integer of three bytes", "DType", at("'<i3'", "3")),
        ("unknown-in-field", "[('x', '<i4'), ('y', '<f5')]", "a float of five bytes", "DType", at("[('x', '<i4'), ('y', '<f5')]", "5")),
        ("one-item-field", "[('x',)]", "a field of one item", "DType", FIELD),
        ("four-item-field", "[('x', '<i4', (2,), 0)]", "a field of four items", "DType", FIELD),
        ("bytes-name", "[(b'x', '<i4')]", "a name of bytes", "DType", at("[(b'x', '<i4')]", "<i4")),
        ("int-name", "[(1, '<i4')]", "a number for a name", "DType", at("[(1, '<i4')]", "<i4")),
        ("metadata", "[('x', ('<i4', {'k': 1}))]", "metadata, which NumPy 1 writes and no NumPy reads", "DType", FIELD),
        ("dict", "{'names': ['x'], 'formats': ['i4']}", "a dict for a descr", "DType", DESCR),
        ("none", "None", "None for a descr", "DType", DESCR),
        ("time-multiple", "'<M8[99999999999s]'", "a multiple beyond a C int", "DType", at("'<M8[99999999999s]'", "9")),
        ("time-by-zero", "'<M8[D/0]'", "a division by zero, of which NumPy itself dies", "DType", at("'<M8[D/0]'", "0")),
        ("time-by-huge", "'<M8[Y/999999999999]'", "a division by a huge number", "DType", at("'<M8[Y/999999999999]'", "9")),
        ("time-unclosed", "'<M8[s'", "a unit without its bracket", "DType", at("'<M8[s'", "s") + 1),
        ("object", "'|O'", "objects, behind them a pickle that runs a command", "Unsupported", ""),
        ("object-in-field", "[('x', '<i4'), ('y', '|O', (2,))]", "objects in a field, behind them the same pickle", "Unsupported", ""),
    ]
    for name, descr, what, kind, offset in cases:
        data = bomb() if name.startswith("object") else bytes(36)
        add(f"dtype-{name}.npy", npy(header(descr), data=data), what, kind, offset)


class Bomb:
    def __reduce__(self):
        import os

        return os.system, ("echo this must never run >&2; exit 1",)


def bomb():
    return pickle.dumps([Bomb()], 3)


def texts():
    at = 10
    deep = "(" * 900 + "'<i4'" + ")" * 900
    add("deep-parentheses.npy", npy(header(deep)), "900 parentheses", "depth", DESCR_VALUE + 199)
    add("deep-brackets.npy", npy(header("[" * 900 + "]" * 900)), "900 brackets", "depth", DESCR_VALUE + 199)
    add("deep-open.npy", npy("[" * 1999 + "\n"), "1999 brackets that nothing closes", "depth", at + 200)
    add("deep-dicts.npy", npy("{1:" * 700 + "\n"), "700 dicts in each other", "depth", at + 600)
    add("deep-signs.npy", npy(header(shape="(" + "-" * 1500 + "1,)")), "1500 signs", "Literal", SHAPE_VALUE + 2)
    add("deep-keys.npy", npy("{" + "(" * 900 + ")" * 900 + ": 1}\n"), "a key of 900 parentheses", "depth", at + 200)
    add("deep-fields.npy", npy(header("[('a', " * 250 + "'<i4'" + ")]" * 250)), "structs 250 deep", "depth", DESCR_VALUE + 7 * 99 + 1)
    add("text-of-strings.npy", npy("'' " * 900 + "\n"), "900 strings that follow each other", "Header", at)
    add("text-of-comments.npy", npy("#" + "x" * 900 + "\n"), "nothing but a comment", "Literal", at + 902)
    add("text-of-newlines.npy", npy("\n" * 1999), "nothing but newlines", "Literal", at + 1999)
    add("text-of-backslashes.npy", npy("\\\n" * 999), "nothing but continued lines", "Literal", at + 2 * 998)
    add("text-of-keys.npy", npy("{" + "'descr': '<i4', " * 200 + "}\n"), "one key 200 times", "Header", at + 1 + 200 * len("'descr': '<i4', "))
    add("string-unterminated.npy", npy("{'descr': '<i4"), "a string without its end", "Literal", at + 10)
    add("string-unterminated-triple.npy", npy("{'descr': '''<i4'}\n"), "three quotes, closed by one", "Literal", at + 10)
    add("string-newline.npy", npy("{'descr': '<i4\n'}"), "a newline in a string", "Literal", at + 10)
    add("string-backslash.npy", npy("{'descr': '\\"), "a backslash at the end", "Literal", at + 11)
    for name, escape, what in [
        ("x", "\\xg0", "no hexadecimal digits"),
        ("x-short", "\\x4", "half a byte"),
        ("u", "\\u12g4", "no hexadecimal digits"),
        ("u-big", "\\U00110000", "a character beyond Unicode"),
        ("u-huge", "\\Uffffffff", "a character far beyond Unicode"),
        ("name", "\\N{no such name}", "a character that has no such name"),
        ("name-open", "\\N{LATIN", "a name that is not closed"),
        ("name-long", "\\N{" + "A" * 1500 + "}", "a name of 1500 letters"),
    ]:
        add(f"escape-{name}.npy", npy(header(f"'{escape}'")), f"an escape of {what}", "Literal", DESCR_VALUE + 1)
    add("dict-unterminated.npy", npy("{'descr': '<i4', "), "a dict without its end", "Literal", at + 17)
    add("dict-unhashable.npy", npy("{[1]: 2}\n"), "a list for a key", "Literal", at + 1)
    add("dict-missing-key.npy", npy("{'descr': '<i4', 'shape': (3,)}\n", data=bytes(12)), "no `fortran_order`", "Header", at + len("{'descr': '<i4', 'shape': (3,)"))
    add("dict-extra-key.npy", npy("{'descr': '<i4', 'fortran_order': False, 'shape': (3,), 'run': 'x'}\n", data=bytes(12)), "one key more", "Header", at + len("{'descr': '<i4', 'fortran_order': False, 'shape': (3,), "))
    add("dict-bytes-keys.npy", npy("{b'descr': '<i4', b'fortran_order': False, b'shape': (3,)}\n", data=bytes(12)), "keys of bytes", "Header", at + 1)
    add("order-one.npy", npy(header(order="1"), data=bytes(12)), "1 for True", "Header", 10 + header().index("'fortran_order'"))
    add("nul-padding.npy", npy(header()[:-1] + "\0" * 8, data=bytes(12)), "NULs for spaces behind the header", "Literal", 10 + len(header()) - 1)
    add("nul-inside.npy", npy(header().replace(", ", ",\0", 1), data=bytes(12)), "a NUL between two keys", "Literal", 10 + header().index(",") + 1)
    add("f-string.npy", npy(header("f'<i4'"), data=bytes(12)), "a string that computes", "Literal", DESCR_VALUE)
    add("two-dicts.npy", npy(header()[:-1] + header(), data=bytes(12)), "two headers in one", "Literal", 10 + len(header()) - 1)
    field = header("[('\u00ff', '<i4')]")
    for name, raw, what in [
        ("byte", b"\xff", "a byte that starts no character"),
        ("overlong", b"\xc0\x80", "NUL in two bytes"),
        ("surrogate", b"\xed\xa0\x80", "a surrogate"),
        ("beyond", b"\xf4\x90\x80\x80", "a character beyond Unicode"),
        ("half", b"\xce", "half a character"),
    ]:
        data = field.encode("latin-1").replace(b"\xff", raw)
        add(f"utf-8-{name}.npy", npy(data, (3, 0), bytes(12)), f"not UTF-8 in version 3.0: {what}", "Header", 12 + field.index("\u00ff"))


def frames():
    for version in (0, 0), (1, 1), (2, 1), (4, 0), (255, 255):
        add(f"version-{version[0]}-{version[1]}.npy", GOOD[:6] + bytes(version) + GOOD[8:], f"version {version[0]}.{version[1]}", "NpyVersion", 6)
    for name, length, what in [
        ("magic", 3, "the magic"), ("version", 7, "the version"), ("length", 9, "the length of the header"),
        ("header", 40, "the header"), ("data", len(GOOD) - 5, "the data"),
    ]:
        add(f"truncated-in-{name}.npy", GOOD[:length], f"cut off in {what}", "Truncated", length)
    long = npy(header(), (2, 0))
    add("truncated-in-length-2-0.npy", long[:11], "cut off in the longer length of version 2.0", "Truncated", 11)
    add("empty.npy", b"", "no bytes at all", "Magic", 0)
    add("magic-wrong.npy", b"\x93NUMPX" + GOOD[6:], "one letter of the magic is wrong", "Magic", 0)
    add("pickle.npy", bomb(), "a pickle that runs a command", "Magic", 0)
    add("zip.npy", b"PK\x03\x04" + bytes(26), "the start of a zip archive", "Magic", 0)


def words():
    """Texts for `DType::parse` and for slices."""
    for name, text, what, offset in [
        ("brackets", "[" * 2000, "2000 brackets", 200),
        ("parentheses", "(" * 2000, "2000 parentheses", 200),
        ("repeats", "9" * 2000 + "i4", "a repeat of 2000 digits", 0),
        ("product", "(" + "99999," * 300 + ")i1", "300 axes of 99999", 0),
        ("axes", "(" + "1," * 65 + ")i1", "65 axes", 0),
        ("commas", "i1," * 900 + "i3", "901 fields, the last one wrong", 2701),
        ("blanks", "i1" + " " * 2000 + "x", "2000 blanks and a letter", 0),
        ("size", "S" + "9" * 2000, "an itemsize of 2000 digits", 0),
        ("unit", "M8[" + "9" * 2000 + "s]", "a multiple of 2000 digits", 3),
        ("unit-open", "M8[" * 900, "900 units that nothing closes", 2700),
        ("list-in-brackets", "2[,]", "a list whose item is that list again", 1),
        ("letters", "x" * 2000, "a name of 2000 letters", 0),
        ("strings", "[" + "'a' " * 900 + "]", "900 strings that follow each other", 0),
        ("fields", "[" + "('x','i1')," * 300 + "]", "one name 300 times", 0),
        ("offsets", "{'names': ['a', 'b'], 'formats': ['V2147483647', 'V2147483647'], 'offsets': [0, 2147483647]}", "two fields of 2 GiB, one behind the other", 0),
        ("itemsize", "{'names': [], 'formats': [], 'itemsize': 9223372036854775807}", "an itemsize of 2**63 - 1", 0),
    ]:
        kind = "depth" if name in ("brackets", "parentheses") else "DType"
        add(f"{name}.dtype.txt", text, what, kind, offset)
    for name, text, what, offset in [
        ("colons", ":" * 2000, "2000 colons", 0),
        ("commas", "," * 2000, "2000 commas", 0),
        ("digits", "9" * 2000, "an index of 2000 digits", 0),
        ("step", "::0", "a step of 0", 0),
        ("axes", "0," * 900, "900 indices", ""),
        ("ellipses", "...," * 900, "900 ellipses", ""),
        ("new-axes", "None," * 900, "900 new axes", ""),
        ("bracket", "[" * 2000, "2000 brackets", 2000),
    ]:
        add(f"{name}.slice.txt", text, what, "Index", offset)


class Member:
    """A member as it is; `local` and `central` are what its two records say otherwise."""

    def __init__(self, name, data, deflated=None, local=None, central=None):
        self.name = name if isinstance(name, bytes) else name.encode()
        self.data = data if deflated is None else deflated
        self.offset = None
        self.truth = {
            "version": 20, "flags": 0, "method": 0 if deflated is None else 8, "crc": zlib.crc32(data),
            "compressed": len(self.data), "uncompressed": len(data), "name": self.name, "extra": b"", "name_len": None,
        }
        self.local, self.central = {**self.truth, **(local or {})}, {**self.truth, "offset": None, **(central or {})}

    def record(self, says, central):
        shared = struct.pack(
            "<5H3L2H", says["version"], says["flags"], says["method"], 0, 0x21, says["crc"], says["compressed"], says["uncompressed"],
            len(says["name"]) if says["name_len"] is None else says["name_len"], len(says["extra"]),
        )
        rest = says["name"] + says["extra"]
        if not central:
            return b"PK\3\4" + shared + rest
        offset = self.offset if says["offset"] is None else says["offset"]
        return b"PK\1\2" + struct.pack("<H", 20) + shared + struct.pack("<3H2L", 0, 0, 0, 0, offset) + rest


def end(count, size, offset, comment=b"", comment_len=None):
    return struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, size, offset, len(comment) if comment_len is None else comment_len) + comment


def end64(count, size, offset, at):
    """The end record of 64 bits and what leads to it, for behind a directory that ends at a byte."""
    return struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, offset) + struct.pack("<4sLQL", b"PK\6\7", 0, at, 1)


def archive(members, tail=None, **says):
    """`tail` makes what follows the directory, of its count, size and offset."""
    body, directory = b"", b""
    for member in members:
        if member.offset is None:
            member.offset = len(body)
            body += member.record(member.local, False) + member.data
        directory += member.record(member.central, True)
    facts = {"count": len(members), "size": len(directory), "offset": len(body)}
    tail = tail or (lambda count, size, offset: end(count, size, offset))
    return body + directory + tail(**{**facts, **says})


def squeezed(data):
    """Raw deflate, as zlib makes it."""
    state = zlib.compressobj(9, zlib.DEFLATED, -15)
    return state.compress(data) + state.flush()


def literally(data, last=True):
    """Raw deflate without any: one block that is stored."""
    return struct.pack("<BHH", last, len(data), len(data) ^ 0xFFFF) + data


def overlapping(count, kernel):
    """Members of which each holds the heads of all that follow, and the same last part: a bomb whose size grows
    with the square of what it has. After David Fifield's "A better zip bomb"."""
    members, contents = [], kernel
    deflated = squeezed(kernel)
    for i in reversed(range(count)):
        member = Member(f"{i}.npy", contents, deflated)
        members.insert(0, member)
        head = member.record(member.local, False)
        # The member before it says this head as it is, and goes on into what is behind it.
        deflated = literally(head, False) + member.data
        contents = head + contents
    # Only the first is there; the others lie in it.
    first = members[0]
    at = 0
    for member in members:
        member.offset = at
        at += len(member.record(member.local, False)) + 5
    body = first.record(first.local, False) + first.data
    directory = b"".join(member.record(member.central, True) for member in members)
    return body + directory + end(count, len(directory), len(body))


def archives():
    good = lambda name="a.npy", **says: Member(name, GOOD, **says)
    text = b"the text of a member, the text of a member, the text of a member"
    packed = lambda central=None, local=None: Member("t", text, squeezed(text), local, central)
    # Where the directory of an archive of one good member is, and its end record.
    at, stop = 30 + 5 + len(GOOD), 30 + 5 + len(GOOD) + 46 + 5
    both = lambda **says: {"local": says, "central": says}

    for name, data, what, kind, offset in [
        ("bomb-claim", archive([packed({"uncompressed": 0xFFFFFFFE})]), "4 GiB deflated to 30 bytes", "Archive", 0),
        ("bomb-overlap", overlapping(40, GOOD + bytes(100_000)), "40 members that lie in each other", "Archive", 0),
        ("bomb-one-for-all", same_header(200), "200 names for one member", "Archive", 0),
        ("size-stored-less", archive([good(central={"uncompressed": len(GOOD) - 1})]), "a stored member that says it has less", "Archive", 0),
        ("size-stored-more", archive([good(central={"uncompressed": len(GOOD) + 1})]), "a stored member that says it has more", "Archive", 0),
        ("size-stored-past-end", archive([good(central={"compressed": 10**9, "uncompressed": 10**9})]), "a stored member of 1 GB in 200 bytes", "Archive", 0),
        ("size-deflated-less", archive([packed({"uncompressed": len(text) - 1})]), "deflated data that becomes more than is said", "Archive", ""),
        ("size-deflated-more", archive([packed({"uncompressed": len(text) + 1})]), "deflated data that becomes less than is said", "Truncated", ""),
        ("size-deflated-zero", archive([packed({"uncompressed": 0})]), "deflated data that is said to become nothing", "Archive", ""),
        ("size-cut", archive([packed({"compressed": len(squeezed(text)) - 4})]), "deflated data that is cut off by its size", "Compressed", ""),
        ("size-into-directory", archive([packed({"compressed": len(squeezed(text)) + 1})]), "a member that reaches into the directory", "Archive", 0),
        ("size-into-next", archive([good(central={"compressed": len(GOOD) + 9, "uncompressed": len(GOOD) + 9}), good("b.npy")]), "a member that reaches into the next one", "Archive", 0),
        ("zip64-size-2-63", archive([good(central={"compressed": 0xFFFFFFFF, "uncompressed": 0xFFFFFFFF, "extra": struct.pack("<2H2Q", 1, 16, 2**63, 2**63)})]), "a member of 2**63 bytes", "Archive", 0),
        ("zip64-size-2-64", archive([good(central={"compressed": 0xFFFFFFFF, "uncompressed": 0xFFFFFFFF, "extra": struct.pack("<2H2Q", 1, 16, 2**64 - 1, 2**64 - 1)})]), "a member of 2**64 - 1 bytes", "Archive", 0),
        ("zip64-size-missing", archive([good(central={"compressed": 0xFFFFFFFF, "uncompressed": 0xFFFFFFFF})]), "sizes that are in a field that is not there", "Archive", 0),
        ("zip64-size-short", archive([good(central={"compressed": 0xFFFFFFFF, "uncompressed": 0xFFFFFFFF, "extra": struct.pack("<2HQ", 1, 8, len(GOOD))})]), "two sizes in a field of one", "Archive", 0),
        ("zip64-offset-2-64", archive([good(central={"offset": 0xFFFFFFFF, "extra": struct.pack("<2HQ", 1, 8, 2**64 - 1)})]), "a member at byte 2**64 - 1", "Archive", stop + 8 + 4 + 22),
        ("offset-past-end", archive([good(central={"offset": 10**6})]), "a member behind the end of the file", "Archive", stop + 22),
        ("offset-at-end", archive([good(central={"offset": stop + 22})]), "a member at the end of the file", "Archive", stop + 22),
        ("offset-into-data", archive([good(central={"offset": 35})]), "a member where another one's data is", "Archive", 35),
        ("offset-of-directory", archive([good(central={"offset": at})]), "a member where the directory is", "Archive", at),
        ("crc", archive([good(**both(crc=1))]), "a wrong CRC", "Checksum", ""),
        ("crc-deflated", archive([Member("t", text, squeezed(text), {"crc": 1}, {"crc": 1})]), "a wrong CRC of deflated data", "Checksum", ""),
        ("crc-of-nothing", archive([Member("e", b"", **both(crc=1))]), "a wrong CRC of no bytes", "Checksum", ""),
        ("crc-changed", archive([Member("a.npy", GOOD[:-1] + b"x", None, {"crc": zlib.crc32(GOOD)}, {"crc": zlib.crc32(GOOD)})]), "a byte that is another one than when it was written", "Checksum", ""),
        ("deflate-garbage", archive([Member("t", bytes(9), b"\xff" * 9)]), "deflated data that is none", "Compressed", ""),
        ("deflate-open", archive([Member("t", text, literally(text, False))]), "deflated data without its last block", "Compressed", ""),
        ("name-differs", archive([good(local={"name": b"b.npy"})]), "a member that calls itself otherwise", "Archive", 0),
        ("name-not-utf-8", archive([good("\0\0\0\0\0", **both(name=b"\xff.npy", flags=0x800))]), "a name that is said to be UTF-8 and is not", "Archive", at),
        ("name-past-end", archive([good(central={"name_len": 65535})]), "a name that is longer than the directory", "Archive", stop),
        ("method-differs", archive([good(local={"method": 8})]), "a member that is stored and says it is deflated", "Archive", 0),
        ("method-12", archive([good(**both(method=12))]), "stored data that is said to be bzip2", "Compressed", ""),
        ("method-14", archive([good(**both(method=14))]), "stored data that is said to be LZMA", "Compressed", ""),
        ("method-93", archive([good(**both(method=93))]), "Zstandard in a zip", "Unsupported", 0),
        ("encrypted", archive([good(**both(flags=1))]), "a member that is encrypted", "Unsupported", 0),
        ("encrypted-in-secret", archive([good(local={"flags": 1})]), "a member that only itself says is encrypted", "Unsupported", 0),
        ("count-less", archive([good(), good("b.npy")], count=1), "one member of two that is not counted", "Archive", 2 * at + 2 * 51),
        ("count-more", archive([good()], count=2), "a member that is counted and is not there", "Archive", stop),
        ("count-zero", archive([good()], count=0), "a member and a count of none", "Archive", stop),
        ("directory-size-less", archive([good()], size=50), "a directory that says it is one byte shorter", "Archive", stop),
        ("directory-size-more", archive([good()], size=52), "a directory that says it is one byte longer", "Archive", stop),
        ("directory-offset-less", archive([good()], offset=at - 1), "a directory one byte before", "Archive", stop),
        ("directory-offset-more", archive([good()], offset=at + 1), "a directory one byte behind", "Archive", stop),
        ("directory-offset-past-end", archive([good()], offset=0xFFFFFFFE), "a directory at 4 GiB", "Archive", stop),
        ("directory-signature", archive([good()]).replace(b"PK\1\2", b"PK\1\3"), "a directory of something else", "Archive", stop),
        ("comment-past-end", archive([good()], tail=lambda **f: end(**f, comment_len=9)), "a comment that is longer than the file", "Archive", stop),
        ("zip64-end-missing", archive([good()], tail=lambda count, size, offset: end(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)), "numbers in a record that is not there", "Archive", stop),
        ("zip64-end-elsewhere", archive([good()], tail=lambda count, size, offset: end64(count, size, offset, 2**63) + end(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)), "an end record of 64 bits at byte 2**63", "Archive", stop + 76),
        ("zip64-count-2-62", archive([good()], tail=lambda count, size, offset: end64(2**62, size, offset, stop) + end(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)), "2**62 members", "members", stop + 76),
        ("zip64-offset-2-63", archive([good()], tail=lambda count, size, offset: end64(count, size, 2**63, stop) + end(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)), "a directory at byte 2**63", "Archive", stop + 76),
        ("zip64-size-of-directory-2-63", archive([good()], tail=lambda count, size, offset: end64(count, 2**63, offset, stop) + end(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)), "a directory of 2**63 bytes", "Archive", stop + 76),
        ("prefix", b"PK\3\4" + archive([good()]), "an archive behind four bytes that look like one", "Archive", 4 + stop),
        ("prefix-of-others", b"#!/bin/sh\n" + archive([good()]), "an archive behind a script, which NumPy takes for none", "Magic", 0),
        ("two-archives", archive([good()]) + archive([good("b.npy")]), "an archive behind an archive", "Archive", 2 * stop + 22),
        ("npy-shape", archive([Member("a.npy", npy(header(shape="(4294967296, 4294967296)")))]), "an array of 2**64 elements in an archive", "Shape", SHAPE),
        ("npy-short", archive([Member("a.npy", GOOD[:-1])]), "an array whose last byte is missing", "Truncated", len(GOOD) - 1),
        ("npy-claim-deflated", archive([Member("a.npy", npy(header("'|u1'", shape="(1099511627776,)")), squeezed(npy(header("'|u1'", shape="(1099511627776,)"))))]), "1 TiB of elements in a deflated member", "Truncated", len(npy(header("'|u1'", shape="(1099511627776,)")))),
    ]:
        add(f"{name}.npz", data, what, kind, offset)
    whole = archive([good(), Member("t", text, squeezed(text))])
    second = at + 30 + 1 + len(squeezed(text))
    for name, length, what in [
        ("in-local-header", 20, "a member's head"), ("behind-local-header", 35, "front of a member's data"), ("behind-data", at, "front of the next member"),
        ("behind-members", second, "front of the directory"), ("in-directory", second + 51, "the middle of the directory"),
        ("behind-directory", len(whole) - 22, "front of the end record"), ("in-end-record", len(whole) - 1, "the end record"),
    ]:
        at_end = length if name != "in-end-record" else len(whole) - 22
        add(f"truncated-{name}.npz", whole[:length], f"cut off in {what}", "Archive", at_end)


def same_header(count):
    first = Member("a.npy", GOOD)
    others = [Member("a.npy", GOOD) for _ in range(count - 1)]
    for other in others:
        other.offset = 0
    return archive([first, *others])


# ---------------------------------------------------------------------------------------------------------- pickles

RECONSTRUCT = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntC\x01btR"
INT16 = b"cnumpy\ndtype\n(V i2\nI00\nI01\ntR".replace(b"V i2", b"Vi2") + b"(I3\nV<\nNNNI-1\nI-1\nI0\ntb"
WRAPPER = b"\x80\x02cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}(U\x08subclasscnumpy\nndarray\nU\x05shape"


RUN = b"cos\nsystem\n(S'echo this must never run >&2; exit 1'\ntR."
UINT8 = INT16.replace(b"i2", b"u1").replace(b"V<", b"V|")


def skipped_by_zstd(run):
    """A frame that zstd skips, which is a text of 42 bytes to a pickle, and one with an array in it."""
    data = b"A" * 36 + b"0" + run
    data += b"#" * (0x101 - len(data))
    stored = b"\x28\xb5\x2f\xfd\x20" + bytes([len(GOOD)]) + struct.pack("<I", len(GOOD) << 3 | 1)[:3] + GOOD
    return b"\x55\x2a\x4d\x18" + struct.pack("<I", len(data)) + data + stored


def in_msgpack(run):
    """An array of bytes in a map of ten entries, whose first byte is the opcode of an int of 31 bytes."""
    data = b"A" * 17 + b"0" + run
    count = b"\xcc" + bytes([len(data)])
    array = b"\x85\xc4\2nd\xc3\xc4\4data\xc4" + count[1:] + data + b"\xc4\4type\xa3|u1\xc4\4kind\xc4\0\xc4\5shape\x91" + count
    return b"\x8a\x1f" + array + b"".join(bytes([n]) + b"\xc0" for n in range(9))


def array_of(shape, data, dtype=INT16):
    return RECONSTRUCT + b"(I1\n" + shape + dtype + b"I00\n" + data + b"tb."


def struct_of(fields, size, more=b""):
    """A dtype whose fields are opcodes: keys and values of a dict, and the names."""
    names, pairs = fields
    return b"cnumpy\ndtype\n(VV%d\nI00\nI01\ntR(I3\nV|\nN(" % size + names + b"t}(" + pairs + b"uI%d\nI1\nI16\ntb" % size + more


def stand_in(shape, dtype=INT16, more=b""):
    return WRAPPER + shape + b"U\x05orderU\x01CU\x05dtype" + dtype + more + b"ub"


def laughs(start, twice, levels=60):
    """A value that holds the one before it twice, again and again."""
    text = start + b"q\0"
    for level in range(1, levels):
        text += b"0" + twice(b"h" + bytes([level - 1])) + b"q" + bytes([level])
    return text


def pickles():
    """Bytes that pickle.loads would refuse, and such as it would take, at a price."""
    taken = "taken"
    four, eight = b"\xff\xff\xff\x7f", b"\xff" * 7 + b"\x7f"
    for name, data, what, kind, offset in [
        ("empty", b"", "no bytes at all", "Truncated", 0),
        ("no-stop", b"N", "a value and no STOP", "Truncated", 1),
        ("no-value", b".", "a STOP and no value", "Pickle", 0),
        ("no-opcode", b"N\xff.", "a byte that is no opcode", "Pickle", 1),
        ("protocol-255", b"\x80\xffN.", "a protocol that there is not", "Pickle", 0),
        *[(f"length-{word}", code + length, f"{claim} in {len(code + length)} bytes", kind, offset) for word, code, length, claim, kind, offset in [
            ("binunicode", b"X", b"\xff" * 4, "a str of 4 GiB", "Truncated", 5), ("binunicode8", b"\x8d", eight, "a str of 8 EiB", "Truncated", 9),
            ("short-binunicode", b"\x8c", b"\xff", "a str of 255 bytes", "Truncated", 2), ("binbytes", b"B", b"\xff" * 4, "bytes of 4 GiB", "Truncated", 5),
            ("binbytes8", b"\x8e", eight, "bytes of 8 EiB", "Truncated", 9), ("binbytes8-all", b"\x8e", b"\xff" * 8, "bytes of 16 EiB", "Truncated", 9),
            ("bytearray8", b"\x96", eight, "a bytearray of 8 EiB", "Truncated", 9), ("short-binbytes", b"C", b"\xff", "bytes of 255", "Truncated", 2),
            ("binstring", b"T", four, "a str of 2 GiB", "Truncated", 5), ("binstring-negative", b"T", b"\xff" * 4, "a str of -1 byte", "Pickle", 0),
            ("short-binstring", b"U", b"\xff", "a str of 255 bytes", "Truncated", 2), ("long1", b"\x8a", b"\xff", "an int of 255 bytes", "Truncated", 2),
            ("long4", b"\x8b", four, "an int of 2 GiB", "Truncated", 5), ("long4-negative", b"\x8b", b"\xff" * 4, "an int of -1 byte", "Pickle", 0),
            ("frame", b"\x95", eight, "a frame of 8 EiB", "Truncated", 9),
        ]],
        ("frame-past-end", b"\x80\x04\x95\x09\0\0\0\0\0\0\0N.", "a frame that is longer than the file", "Truncated", 11),
        ("frame-crossed", b"\x80\x04\x95\x05\0\0\0\0\0\0\0cjunkos\nsystem\n.", "a name that crosses its frame: junkos in bytes, os in a file", "Pickle", 11),
        ("line-open", b"V" + b"a" * 5000, "a line of 5000 bytes without its end", "Truncated", 1),
        ("line-global-open", b"cos\nsystem", "a name without its end", "Truncated", 4),
        ("line-string-open", b"S'abc\n.", "a string without its quote", "Pickle", 0),
        ("line-escape-open", b"V\\u12\n.", "an escape that is cut off", "Pickle", 0),
        ("line-escape-beyond", b"V\\U00110000\n.", "a character beyond the last", "Pickle", 0),
        ("line-float", b"F1.5.\n.", "a float with two points", "Pickle", 0),
        ("utf-8", b"X\x01\0\0\0\xff.", "a str that is not UTF-8", "Pickle", 0),
        ("long-of-4301-digits", b"L" + b"9" * 4301 + b"L\n.", "one digit more than CPython reads", "Pickle", 0),
        ("int-of-20000-digits", b"I" + b"9" * 20000 + b"\n.", "a number whose digits take a while", "Pickle", 0),
        ("long-of-4300-digits", b"]" + (b"L" + b"9" * 4300 + b"L\na") * 4 + b".", "four numbers of as many digits as CPython reads", taken, ""),
        ("memo-2-32", b"Nr\xff\xff\xff\xff.", "a memo of 2**32 entries, of which one is there", taken, ""),
        ("memo-2-63", b"Np9223372036854775807\n.", "a memo of 2**63 entries, of which one is there", taken, ""),
        ("memo-2-64", b"Np18446744073709551616\n.", "a memo entry beyond 64 bits", "Pickle", 1),
        ("memo-negative", b"Np-1\n.", "a negative memo entry", "Pickle", 1),
        ("memo-missing", b"h\0.", "a memo entry that nobody set", "Pickle", 0),
        ("memo-apart", b"N" + b"".join(b"r" + (number * 9_000_017).to_bytes(4, "little") for number in range(400)) + b".", "400 memo entries, nine million apart", taken, ""),
        ("marks", b"(" * 20000, "20,000 open marks", "pickle_depth", 10000),
        ("marks-closed", b"(" * 10000 + b"t" * 10000 + b".", "10,000 tuples in one another", taken, ""),
        ("tuples", b"N" + b"\x85" * 20000 + b".", "20,000 tuples in one another", taken, ""),
        ("lists", b"]" * 10000 + b"a" * 9999 + b".", "10,000 lists in one another", taken, ""),
        ("dicts", b"}" + b"N}" * 6000 + b"s" * 6000 + b".", "6000 dicts in one another", taken, ""),
        ("calls", b"cm\nf\n" + b")R" * 9000 + b".", "9000 calls of what the call before returns", taken, ""),
        ("persistent", b"N" + b"Q" * 20000 + b".", "20,000 persistent ids in one another", taken, ""),
        ("cycle-list", b"]q\0h\0a.", "a list that holds itself", taken, ""),
        ("cycle-dict", b"}q\0K\0h\0s.", "a dict that holds itself", taken, ""),
        ("cycle-tuple", b"(]q\0tq\1h\0h\1a0.", "a tuple that holds a list that holds the tuple", taken, ""),
        ("cycle-object", b"cm\nC\n)\x81q\0h\0b.", "an object whose state it is", taken, ""),
        ("cycle-key", b"}q\0h\0Ns.", "a dict that is its own key", taken, ""),
        ("cycle-array", RECONSTRUCT + b"q\0(I1\n(I1\nt" + INT16.replace(b"i2", b"O8") + b"I00\n](h\0etb.", "an array of objects that holds itself", taken, ""),
        ("cycle-dtype", b"cnumpy\ndtype\n(VV8\nI00\nI01\ntRq\0(I3\nV|\nN(Va\nt}Va\n(h\0I0\ntsI8\nI1\nI16\ntb.", "a dtype that is its own field", taken, ""),
        ("laughs-tuples", laughs(b"N", lambda last: last + last + b"\x86") + b".", "2**59 values in 300 bytes", taken, ""),
        ("laughs-lists", laughs(b"]", lambda last: b"](" + last + last + b"e") + b".", "2**59 lists", taken, ""),
        ("laughs-dicts", laughs(b"N", lambda last: b"}(K\0" + last + b"K\1" + last + b"u") + b".", "2**59 values of dicts", taken, ""),
        ("laughs-sets", laughs(b")", lambda last: b"(" + last + last + b"t\x85") + b".", "2**59 keys", taken, ""),
        ("laughs-metadata", b"cnumpy\ndtype\n(Vi2\nI00\nI01\ntR(I4\nV<\nNNNI-1\nI-1\nI0\n}K\0" + laughs(b"N", lambda last: last + last + b"\x86") + b"stb.", "2**59 values in the metadata of a dtype", taken, ""),
        ("laughs-dtypes", laughs(INT16, lambda last: struct_of((b"Va\nVb\n", b"Va\n(" + last + b"I0\ntVb\n(" + last + b"I0\nt"), 2), 30) + b".", "2**29 fields that all lie at offset 0", taken, ""),
        ("fields-shared", b"cnumpy\ndtype\nq\0(VV2\nI00\nI01\ntRq\1(I3\nV|\nN(" + b"".join(b"Vf%d\n" % n for n in range(500)) + b"tq\2}(" + b"".join(b"Vf%d\n(" % n + (INT16 + b"q\3" if n == 0 else b"h\3") + b"I0\nt" for n in range(500)) + b"uq\4I2\nI1\nI16\ntb" + b"0h\0VV2\n\x85R(I3\nV|\nNh\2h\4I2\nI1\nI16\ntb" * 90 + b".", "91 dtypes that share 500 fields of no size of their own", taken, ""),
        ("dtypes-nested", struct_of((b"Va\n", b"Va\n(" + b"".join(b"cnumpy\ndtype\n(VV2\nI00\nI01\ntR(I3\nV|\nN(Va\nt}Va\n(" for _ in range(250)) + INT16 + b"I0\ntsI2\nI1\nI16\ntb" * 250 + b"I0\nt"), 2) + b".", "dtypes 252 deep", taken, ""),
        ("subarrays", laughs(INT16, lambda last: b"cnumpy\ndtype\n(VV8\nI00\nI01\ntR(I3\nV|\n(" + last + b"(I9\nI9\nttNNI8\nI1\nI0\ntb", 40) + b".", "81**39 elements in a dtype", taken, ""),
        ("shape-overflow", array_of(b"(L4294967296L\nL4294967296L\nt", b"C\0"), "an array of 2**64 elements", taken, ""),
        ("shape-claims", array_of(b"(L1099511627776L\nt", b"C\4abcd"), "2 TiB of elements in four bytes", taken, ""),
        ("shape-axes", array_of(b"(" + b"I1\n" * 3000 + b"t", b"C\2ab"), "3000 axes", taken, ""),
        ("shape-shared", b"(" + b"I0\n" * 2000 + b"tq\0" + b"".join(array_of(b"h\0", b"C\0")[:-1] for _ in range(40)) + b".", "40 arrays that share a shape of 2000 axes", taken, ""),
        ("placeholder-huge", b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(L1099511627776L\ntC\1dtR.", "an array of 8 TiB that nobody has filled", taken, ""),
        ("objects-claims", array_of(b"(L1099511627776L\nt", b"]", INT16.replace(b"i2", b"O8")), "2**40 objects in an empty list", taken, ""),
        ("buffers", b"\x80\x05](" + b"\x97" * 9000 + b"e.", "9000 buffers that were not handed in", taken, ""),
        ("buffer-array", b"\x80\x05cnumpy.core.numeric\n_frombuffer\n(\x97" + INT16 + b"(L4611686018427387904L\ntVC\ntR.", "an array of 2**63 bytes in a buffer that was not handed in", taken, ""),
        ("buffer-of-none", b"N\x98.", "a buffer that is None", "Pickle", 1),
        ("code-long", b"cnumpy\ndtype\n(V" + b"i4," * 5000 + b"\ntR.", "a dtype of 5000 fields in one word", taken, ""),
        ("name-long", b"c" + b"a" * 9000 + b"\nb\n.", "a module of 9000 letters", "Pickle", 0),
        ("joblib-claims", stand_in(b"(L1099511627776L\nt") + b"abcd.", "2 TiB of elements behind a stand-in of joblib", "Truncated", 165),
        ("joblib-overflow", stand_in(b"(L4294967296L\nL4294967296L\nt") + b".", "2**64 elements behind a stand-in of joblib", "Shape", 174),
        ("joblib-padding", stand_in(b"K\1\x85", INT16, b"U\x1bnumpy_array_alignment_bytesK\x10") + b"\xffab.", "255 bytes of padding in two", "Truncated", 185),
        ("joblib-nested", (stand_in(b"K\1\x85", INT16.replace(b"i2", b"O8"))) * 60 + b".", "stand-ins in the pickle of an array, 60 deep", "Pickle", 299),
        ("joblib-nothing", WRAPPER[:WRAPPER.index(b"}")] + b"}b.", "a stand-in that describes nothing", "Pickle", 44),
        ("encodings", b"c_codecs\nencode\n(X\x10'\0\0" + b"\xc3\xbf" * 5000 + b"Vlatin1\ntRq\0" + b"h\0" * 2500 + b"\x88" + b"0" * 2501 + b".", "10,000 bytes of text, asked for again and again", taken, ""),
        ("popped", b"cm\nf\n)R0" * 2000 + b"N.", "2000 calls of what is thrown away", taken, ""),
        ("globals", b"".join(b"cm\nf%d\n0" % n for n in range(1800)) + b"N.", "1800 names", taken, ""),
        ("streams", b"N." * 10000, "10,000 pickles", taken, ""),
        ("runs-in-zstd", skipped_by_zstd(RUN), "a pickle that runs a command, in a frame that zstd skips", taken, ""),
        ("runs-in-msgpack", in_msgpack(RUN), "a pickle that runs a command, in an array of msgpack", taken, ""),
        ("runs-behind-marks", b"N." + b"(" * 10001 + b"1" * 10001 + RUN, "a pickle behind another one, with more open marks than are read", taken, ""),
        ("runs-behind-an-array", array_of(b"(I1\nt", b"C\2ab") + npy(header("'|O'", shape="(1,)")) + RUN, "a pickle, and an array of objects behind it", taken, ""),
        ("runs-in-joblib", stand_in(bytes([75, len(RUN)]) + b"\x85", UINT8) + RUN + b".", "an array of bytes that a reader without joblib runs", taken, ""),
        ("runs-by-flags", stand_in(bytes([75, len(RUN)]) + b"\x85", UINT8.replace(b"I0\ntb", b"I63\ntb")) + RUN + b".", "an array of bytes in which joblib finds a pickle", taken, ""),
        ("runs-by-pointer", b"cnumpy.core.multiarray\nscalar\n(" + INT16.replace(b"i2", b"O8") + b"C\x08AAAAAAAAtR.", "a number that is taken for a pointer", taken, ""),
        ("runs-by-overlap", struct_of((b"Va\nVb\n", b"Va\n(" + INT16.replace(b"i2", b"O8").replace(b"I0\ntb", b"I63\ntb") + b"I0\ntVb\n(" + INT16 + b"I0\nt"), 8).replace(b"I16\ntb", b"I27\ntb") + b".", "a number that lies on a pointer", taken, ""),
        ("empty-tuples", b"(" + b")" * 20000 + b"t.", "20,000 times the same empty tuple", taken, ""),
    ]:
        add(f"{name}.pkl", data, what, kind, offset)


def main():
    for make in lengths, shapes, dtypes, texts, frames, words, archives, pickles:
        make()
    for old in HERE.iterdir():
        if old.suffix in (".npy", ".npz", ".pkl", ".txt"):
            old.unlink()
    rows = ["| file | what it is | refused as | at byte |", "|---|---|---|---|"]
    for name, data, what, kind, offset in FILES:
        (HERE / name).write_bytes(data)
        rows.append(f"| {name} | {what} | {kind} | {offset} |")
    readme = HERE / "README.md"
    head = readme.read_text().split("\n| file |")[0]
    readme.write_text(head.rstrip("\n") + "\n\n" + "\n".join(rows) + "\n")
    print(len(FILES), "files,", sum(len(file[1]) for file in FILES), "bytes")


main()
