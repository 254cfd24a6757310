#!/usr/bin/env python3
"""Lists pickles as pickletools.dis does: for each line of hexadecimal on stdin its listing, and a line `== error`, with nothing
behind the sign where there is none. With the argument `write`, writes listings.txt: the same of some pickles of its own,
each after a line `## hexadecimal`.
"""

import io
import pickle
import pickletools
import sys
from pathlib import Path


def listing(data):
    out = io.StringIO()
    error = ""
    try:
        pickletools.dis(data, out)
    except Exception as raised:
        error = f"{type(raised).__name__}: {raised}".replace("\n", " ")
    # It may fail in the middle of a line.
    text = out.getvalue()
    return text[: text.rfind("\n") + 1] + f"== {error}\n"


def chosen():
    import numpy as np

    values = [
        np.array([1, 2], "<i2"), np.asfortranarray(np.ones((2, 3), ">f4")), np.array(["a", None], object), np.float64(1.5),
        np.zeros(1, [("x", "i4"), ("y", "M8[s]")]), np.ma.array([1, 2], mask=[0, 1]),
        {"k": [1, -1, 300, 2**40, 2**100, 1.5, float("inf"), 1e-7, True, None, b"\0'\"", "h\xe4\u20ac\U0001f600\ud800\n'", bytearray(b"a'b")]},
    ]
    for value in values:
        for protocol in range(6):
            yield pickle.dumps(value, protocol)
    yield pickle.dumps(np.arange(3), 5, buffer_callback=[].append)
    yield b"S'it\\'s \\x41'\nT\x03\0\0\0a\xffbU\x02\xe9zI5\nL5L\nL-7\nI01\nI00\nF1.5\nFnan\nF1e22\nNNNN000000000000."
    yield b"(I1\n(I2\nios\nsystem\n(cos\nsystem\nI1\no\x82\x05\x83\x01\x02\x84\x01\0\0\0Pabc\nQ1N."
    yield b"(((K\x01t00N."
    # Broken: pickletools lists what stands before, too.
    yield from (b"", b"N", b"\xff", b"Nq\x00h\x01.", b"t.", b"Iabc\n.", b"X\xff\xff\xff\xff", b"K\x01\x85\x86.", b"N\x8c\x05ab", b"(N")


def main():
    if sys.argv[1:] == ["write"]:
        text = "".join(f"## {data.hex()}\n{listing(data)}" for data in chosen())
        (Path(__file__).parent / "listings.txt").write_text(text, errors="surrogatepass")
        return
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    for line in sys.stdin:
        sys.stdout.write(listing(bytes.fromhex(line.strip())))


if __name__ == "__main__":
    main()
