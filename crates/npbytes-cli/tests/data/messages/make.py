#!/usr/bin/env python3
"""Makes the messages in this folder.

    python crates/npbytes-cli/tests/data/messages/make.py

They were made by msgpack 1.2.4, msgpack-numpy 0.4.8 and NumPy 2.4.6 on CPython 3.11.7. A second run changes nothing.
The pickles in them are never loaded: `posix.system('id')`, but for `mixed.msgpack`.
"""

import os
import pathlib
import pickle

import msgpack
import msgpack_numpy
import numpy as np

HERE = pathlib.Path(__file__).parent


class Evil:
    def __reduce__(self):
        return (os.system, ("id",))


def write(name, message):
    (HERE / f"{name}.msgpack").write_bytes(message)


write("mixed", msgpack_numpy.packb({
    "o": np.array([1, "x", None], object),
    "w": np.arange(3, dtype="<i4"),
    "l": [1, None, 2.5, -3, 2**40, True, b"b"],
    "c": 1 + 2j,
    "s": np.int16(5),
}))
write("plain", msgpack.packb({"description": "x" * 40, "n": [1, 2]}))
# The array is not near the start.
write("late", msgpack_numpy.packb({"description": "x" * 40, "o": np.array([Evil()], object)}))
# What msgpack_numpy.unpackb runs, though no array is there that could be read.
CALL = pickle.dumps(Evil(), 2)
OBJECTS = {b"nd": True, b"kind": b"O", b"data": CALL}
BYTES = {b"nd": True, b"kind": b"", b"type": "|u1", b"shape": [len(CALL)], b"data": CALL}
write("no_shape", msgpack.packb({**OBJECTS, b"shape": "bad"}))
write("in_an_array", msgpack.packb({**BYTES, b"more": OBJECTS}))
write("in_a_key", msgpack.packb({"k" * 40: {(1, 2): 3}}).replace(
    msgpack.packb([1, 2]), msgpack.packb(OBJECTS)))
write("by_an_array", msgpack.packb({**OBJECTS, b"data": BYTES}))
# One message behind another.
write("second", msgpack.packb({"a": [1]}) + msgpack.packb({"b": OBJECTS}))
