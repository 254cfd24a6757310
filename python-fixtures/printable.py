"""Writes the table behind Python's `str.isprintable`, with the Unicode version that made each range printable.

Run it with one interpreter per Unicode version, oldest first; each run merges its answers into the JSON state file:

    for v in 3.8 3.9 3.11 3.12 3.13; do python$v python-fixtures/printable.py merge state.json; done
    python3 python-fixtures/printable.py rust state.json > crates/npbytes/src/literal/printable.rs
"""
import json
import os
import sys
import unicodedata


def merge(path):
    state = {"versions": [], "since": {}}
    if os.path.exists(path):
        with open(path) as f:
            state = json.load(f)
    version = unicodedata.unidata_version
    index = len(state["versions"])
    state["versions"].append(version)
    since = state["since"]
    for cp in range(0x110000):
        printable = chr(cp).isprintable()
        key = str(cp)
        if printable and key not in since:
            since[key] = index
        if not printable and key in since:
            raise SystemExit("U+%04X lost its printability in %s: the table cannot say that" % (cp, version))
    with open(path, "w") as f:
        json.dump(state, f)


def rust(path):
    with open(path) as f:
        state = json.load(f)
    ranges = []
    for cp, index in sorted((int(k), v) for k, v in state["since"].items()):
        if ranges and ranges[-1][1] == cp - 1 and ranges[-1][2] == index:
            ranges[-1][1] = cp
        else:
            ranges.append([cp, cp, index])
    print("//! Which code points Python's `str.isprintable` accepts, by Unicode version.")
    print("//! Written by `python-fixtures/printable.py` from CPython's own answers; not edited by hand.")
    print()
    print("/// The Unicode versions that the last column of [`PRINTABLE`] counts, oldest first.")
    print("pub(super) const VERSIONS: [(u8, u8); %d] = [%s];" % (
        len(state["versions"]),
        ", ".join("(%s, %s)" % tuple(v.split(".")[:2]) for v in state["versions"])))
    print()
    print("/// First and last code point of a run, and the index of the version since which it is printable.")
    print("#[rustfmt::skip]")
    print("pub(super) const PRINTABLE: &[(u32, u32, u8)] = &[")
    line = "   "
    for first, last, index in ranges:
        item = " (0x%x, 0x%x, %d)," % (first, last, index)
        if len(line) + len(item) > 100:
            print(line)
            line = "   "
        line += item
    print(line)
    print("];")


{"merge": merge, "rust": rust}[sys.argv[1]](sys.argv[2])
