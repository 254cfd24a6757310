#!/usr/bin/env python3
"""Records what NumPy prints: one JSON object a line, each an array with its `str` and `repr`.

    print_cases.py OUT                       the fixed table of cases
    print_cases.py OUT --unlike TABLE        the texts that differ from another NumPy's TABLE
    print_cases.py OUT --random N --seed S   N random arrays with random print options

Needs nothing but NumPy (1.23 or newer). The same arguments make the same arrays with every NumPy.

A line has: name; dtype, a typestr or a Python literal that `np.dtype` takes; shape; data, the bytes of
the elements in C order as hex digits, or those of one element, `*` and how often; options, those of
`np.printoptions` that are not the default; str and repr. A text that NumPy fails to make, or that no
encoding could print, is null. The first line names the versions instead. With --unlike, only name, str
and repr are written; the rest is as in TABLE.
"""

import argparse
import ast
import json
import math
import platform
import random
import struct
import sys

import numpy as np

UNITS = ["Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as"]
FLOATS = "efdg"
COMPLEX = "FDG"
# Not "q" and "Q": a byte stream cannot tell them from "l" and "L", though their repr differs.
INTEGERS = "bBhHiIlL"


# -- building arrays ------------------------------------------------------------------------------

def from_bytes(data, dtype, shape):
    """The array of these bytes; unlike np.frombuffer, also where the items have none."""
    return np.ndarray(shape, dtype, data)


def array(values, dtype, shape=None):
    made = np.array(values, dtype)
    return made if shape is None else made.reshape(shape)


def long_double(mantissa, exponent, negative=False):
    """The sixteen bytes of an x87 float with these fields."""
    return struct.pack("<QH6x", mantissa, exponent | negative << 15)


def long_doubles(fields, dtype="g", shape=None):
    data = b"".join(long_double(*field) for field in fields)
    return from_bytes(data, dtype, (len(fields),) if shape is None else shape)


def neighbours(values, dtype):
    """Each value with the next floats below and above it."""
    dtype = np.dtype(dtype)
    made = []
    with np.errstate(all="ignore"):
        for value in values:
            value = dtype.type(value)
            made += [np.nextafter(value, dtype.type(-math.inf)), value,
                     np.nextafter(value, dtype.type(math.inf))]
    return np.array(made, dtype)


# -- the fixed table ------------------------------------------------------------------------------

def fixed_cases():
    """Yields (name, array, options)."""
    yield from plain_cases()
    yield from float_cases()
    yield from float_bit_cases()
    yield from complex_cases()
    yield from time_cases()
    yield from text_cases()
    yield from struct_cases()
    yield from layout_cases()
    yield from option_cases()


def plain_cases():
    for char in INTEGERS:
        info = np.iinfo(char)
        edges = [info.min, info.min + 1, 0, 1, 9, 10, 99, info.max - 1, info.max]
        yield f"int-{char}-edges", array(edges, char), {}
        yield f"int-{char}-0d", array(info.min, char), {}
        yield f"int-{char}-max-0d", array(info.max, char), {}
        yield f"int-{char}-2d", array(range(12), char, (3, 4)), {}
        yield f"int-{char}-empty", array([], char), {}
        if np.dtype(char).itemsize > 1:
            swapped = np.dtype(char).newbyteorder(">")
            yield f"int-{char}-swapped", array(edges, swapped), {}
            yield f"int-{char}-swapped-0d", array(info.max, swapped), {}
    yield "bool", array([True, False, True], "?"), {}
    yield "bool-0d", array(True, "?"), {}
    yield "bool-false-0d", array(False, "?"), {}
    yield "bool-2d", array([[True, False], [False, False]], "?"), {}
    yield "bool-bytes", from_bytes(bytes([0, 1, 2, 128, 255]), "?", (5,)), {}
    yield "bool-empty", array([], "?"), {}


FLOAT_VALUES = {
    "whole": [1, 2, 3, 10, 100],
    "halves": [0.5, 1.5, 2.25, 3.125],
    "tenths": [0.1, 0.2, 0.3, 1.1],
    "thirds": [1 / 3, 2 / 3, 10 / 3],
    "pi": [math.pi, math.e, -math.pi],
    "negative-zero": [0.0, -0.0, 1.0],
    "zeros": [0.0, 0.0],
    "negative-zeros": [-0.0, -0.0],
    "one-nan": [math.nan],
    "nan": [1.5, math.nan, 2.0],
    "infinities": [math.inf, -math.inf, math.nan],
    "infinity": [math.inf, 1.0],
    "negative-infinity": [-math.inf, 1.0],
    "negative-infinity-wide": [-math.inf, 1234.5],
    "infinity-small": [math.inf, 1e-7],
    "wide-and-nan": [math.nan, 123.456, 0.001234],
    "ratio-1000": [1.0, 1000.0],
    "ratio-over-1000": [1.0, 1000.5],
    "ratio-1001": [1.0, 1001.0],
    "ratio-tenths": [0.1, 100.0],
    "ratio-tenths-over": [0.1, 100.5],
    "ratio-and-zero": [0.0, 1e-3, 1.0],
    "small": [0.0001, 0.0002],
    "smaller": [0.00009, 0.0001],
    "thousand": [999.0, 1000.0],
    "below-thousand": [999.0, 999.5],
    "ten-thousand": [10000.0],
    "twenty-thousand": [20000.0, 65504.0],
}

DOUBLE_VALUES = {
    "1e8": [1e8],
    "below-1e8": [99999999.0, 99999999.5],
    "1e8-mixed": [1e8, 1.0],
    "1e16": [1e16],
    "1e22": [1e22, 1e23],
    "5e-324": [5e-324],
    "5e-324-and-1": [5e-324, 1.0],
    "extremes": [5e-324, 2.2250738585072014e-308, 1.7976931348623157e308],
    "123456789.123": [123456789.123],
    "123456789.123-0": [123456789.123, 0.0],
    "mixed": [1e-5, 1.0, 12345.678],
    "mixed-wide": [1e-300, 1e300],
    "long-tails": [0.30000000000000004, 1.0000000000000002],
    "nine-digits": [0.123456789, 0.987654321],
    "eight-digits": [0.12345678, 0.9],
    "rounds-up": [0.999999999, 9.999999995],
    "rounds-to-ten": [9.9999999999],
    "rounds-to-zero": [1.0, 1.00000000001],
    "halfway-8": [0.123456785, 0.5 ** 9, 0.5 ** 10],
    "exact-ties": [0.5 ** 9, 3 * 0.5 ** 9, 5 * 0.5 ** 9, 0.5 ** 27],
    "short-tie": [1099511627776.03125],
    "shorter-tie": [1099511627776.03125, 1.0],
    "two-to-the-53": [2.0 ** 53, 2.0 ** 53 - 1, 2.0 ** 53 + 2],
    "suppressible": [1e-10, 1.0],
    "tiny": [1e-10, 2e-10],
    "exponents-2-3": [1e99, 1e100],
    "exponents-minus": [1e-99, 1e-100],
    "nan-scientific": [math.nan, 1e-10, 1.25e10],
    "infinity-scientific": [-math.inf, 1e-10],
    "linspace": [i / 7 for i in range(20)],
    "sines": [math.sin(i) for i in range(30)],
    "exps": [math.exp(i) for i in range(-6, 7)],
    "columns": [0.5, 1.25, 10.125, 100.0625],
}


def float_cases():
    for char in FLOATS:
        for name, values in FLOAT_VALUES.items():
            yield f"float-{char}-{name}", array(values, char), {}
        for value in [0.0, -0.0, 1.0, 0.1, 1 / 3, 1e-4, 0.00009, 999.5, 1000.0, 65504.0,
                      math.nan, math.inf, -math.inf]:
            yield f"float-{char}-0d-{value!r}", array(value, char), {}
        swapped = np.dtype(char).newbyteorder(">")
        yield f"float-{char}-swapped", array([1.5, -2.25, math.nan], swapped), {}
        yield f"float-{char}-swapped-0d", array(0.1, swapped), {}
        yield f"float-{char}-empty", array([], char), {}
        if char != "e":
            yield f"float-{char}-boundaries", neighbours([1e-4, 1000, 1e6, 1e8], char), {}
            for value in (1e-4, 1e6, 1e8, 1e16):
                for i, near in enumerate(neighbours([value], char)):
                    yield f"float-{char}-near-{value:g}-{i}", near.reshape(1), {}
                    yield f"float-{char}-near-{value:g}-{i}-0d", np.array(near), {}
    for name, values in DOUBLE_VALUES.items():
        yield f"double-{name}", array(values, "d"), {}
    for name in ["1e8", "below-1e8", "nine-digits", "mixed", "tiny", "sines", "exps", "columns"]:
        yield f"single-{name}", array(DOUBLE_VALUES[name], "f"), {}
        yield f"long-{name}", array(DOUBLE_VALUES[name], "g"), {}
    for value in [1e15, 1e16, 1e22, 1e23, 5e-324, 123456789.123, 9007199254740993.0, 1e300, 1e-300,
                  1099511627776.03125, 0.1 + 0.2]:
        yield f"double-0d-{value!r}", array(value, "d"), {}
    # The quotient that decides is rounded: 1000 times the one, and the next floats.
    for char in FLOATS[1:]:
        for i, large in enumerate(neighbours([1000 * np.dtype(char).type(0.3)], char)):
            small = np.dtype(char).type(0.3)
            yield f"float-{char}-quotient-{i}", np.array([small, large], char), {}


def float_bit_cases():
    rng = random.Random(20)
    # Every exponent of a float16, and all its subnormals of one bit.
    yield "half-exponents", from_bytes(struct.pack("<31H", *(e << 10 for e in range(31))), "e", (31,)), {}
    yield "half-subnormals", from_bytes(struct.pack("<10H", *(1 << e for e in range(10))), "e", (10,)), {}
    for i in range(0, 65536, 4096):
        yield f"half-0d-{i:04x}", from_bytes(struct.pack("<H", i | 0x2a7), "e", ()), {}
    for char in FLOATS:
        size = np.dtype(char).itemsize
        for i in range(20):
            yield f"bits-{char}-{i}", from_bytes(rng.randbytes(size * 5), char, (5,)), {}
        for i in range(10):
            yield f"bits-{char}-0d-{i}", from_bytes(rng.randbytes(size), char, ()), {}
    for power in range(-1074, 1024, 150):
        yield f"double-power-{power}", array([math.ldexp(1.0, power)], "d"), {}
        yield f"double-power-{power}-0d", neighbours([math.ldexp(1.0, power)], "d")[0:1].reshape(()), {}
    one, top = 1 << 63, 0x7fff
    specials = {
        "one": (one, 16383), "minus": (one, 16383, True), "next": (one | 1, 16383),
        "unnormal": (one >> 1, 16383), "unnormal-zero": (0, 16390),
        "pseudo-infinity": (0, top), "pseudo-nan": (5, top), "infinity": (one, top),
        "minus-infinity": (one, top, True), "nan": (3 << 62, top), "signalling": (one | 5, top),
        "pseudo-subnormal": (one, 0), "pseudo-subnormal-1": (one | 1, 0), "least": (1, 0),
        "least-normal": (one, 1), "greatest": ((1 << 64) - 1, top - 1),
        "ten-thousandth": (0xd1b71758e219652c, 16383 - 14),
        "below-ten-thousandth": (0xd1b71758e219652b, 16383 - 14),
    }
    for name, fields in specials.items():
        yield f"long-{name}", long_doubles([fields]), {}
        yield f"long-{name}-0d", long_doubles([fields], shape=()), {}
        yield f"long-{name}-and-1", long_doubles([fields, (one, 16383)]), {}
        yield f"long-{name}-complex-0d", long_doubles([fields, (one, 16383)], "G", ()), {}


def complex_cases():
    values = {
        "plain": [1 + 2j, 3 - 4j],
        "zero": [0j],
        "imaginary": [1j, -1j, 2.5j],
        "negative-zero": [complex(-0.0, -0.0), complex(0.0, -0.0)],
        "nan": [complex(math.nan, 1), complex(1, math.nan), complex(math.nan, math.nan)],
        "infinities": [complex(math.inf, -math.inf), 1 + 1j],
        "mixed-widths": [1.5 + 100.25j, 10.125 + 2j],
        "scientific-real": [1e-10 + 1j, 1 + 1j],
        "scientific-imag": [1 + 1e10j],
        "long": [complex(1 / 3, 2 / 3)] * 8,
    }
    for char in COMPLEX:
        for name, numbers in values.items():
            yield f"complex-{char}-{name}", array(numbers, char), {}
        for number in [1 + 2j, 1j, 0j, complex(-0.0, 1), complex(math.nan, 0), complex(0, math.nan),
                       complex(math.inf, -math.inf), 1e16 + 1e-5j, 1 / 3 - 1j, 1e6 + 1e5j]:
            yield f"complex-{char}-0d-{number!r}", array(number, char), {}
        swapped = np.dtype(char).newbyteorder(">")
        yield f"complex-{char}-swapped", array([1 + 2j, 0.5 - 1j], swapped), {}
        yield f"complex-{char}-2d", array([1 + 2j, 0.5 - 1j, 2, 3j], char, (2, 2)), {}


def time_cases():
    counts = [0, 1, -1, 59, -86401, 1_600_000_000]
    nat = -(1 << 63)
    for unit in UNITS:
        for multiple in ("", "25"):
            for kind in "Mm":
                dtype = f"{kind}8[{multiple}{unit}]"
                yield f"time-{dtype}", array(counts, "i8").view(dtype), {}
                yield f"time-{dtype}-nat", array([5, nat], "i8").view(dtype), {}
                yield f"time-{dtype}-0d", array(1234567, "i8").view(dtype), {}
        yield f"time-{unit}-wide", array([-10 ** 15, 10 ** 15], "i8").view(f"M8[{unit}]"), {}
    for unit in ("Y", "M", "W", "D", "h", "s", "us", "as"):
        edges = array([nat + 1, (1 << 63) - 1], "i8").view(f"M8[{unit}]")
        yield f"time-{unit}-edges", edges, {}
        yield f"time-{unit}-edge-0d", edges[:1].reshape(()), {}
    yield "time-year-nat", array([(1 << 63) - 1 - 1969], "i8").view("M8[Y]"), {}
    for kind in "Mm":
        yield f"time-{kind}-generic-nat", array([nat, nat], "i8").view(f"{kind}8"), {}
        yield f"time-{kind}-generic-nat-0d", array(nat, "i8").view(f"{kind}8"), {}
        yield f"time-{kind}-generic", array([5, nat], "i8").view(f"{kind}8"), {}
        yield f"time-{kind}-generic-0d", array(5, "i8").view(f"{kind}8"), {}
        yield f"time-{kind}-all-nat", array([nat], "i8").view(f"{kind}8[s]"), {}
        yield f"time-{kind}-swapped", array([1, 2], ">i8").view(f">{kind}8[ms]"), {}
        yield f"time-{kind}-empty", array([], "i8").view(f"{kind}8[ms]"), {}
    days = array(range(-800_000, 800_000, 39_119), "i8")
    yield "time-days", days.view("M8[D]"), {}
    leaps = ["1900-02-28", "1900-03-01", "2000-02-29", "2000-03-01", "0000-02-29", "-001-12-31",
             "2024-02-29", "2100-03-01", "0001-01-01", "9999-12-31", "1969-12-31"]
    yield "time-leap-days", array(leaps, "M8[D]"), {}
    yield "time-m8-multiple-0d", array(7, "i8").view("m8[25s]"), {}
    yield "time-years-widths", array([-1970, -1971, -2970, 8030, 8029], "i8").view("M8[Y]"), {}


def text_cases():
    strings = {
        "plain": ["a", "bc", ""],
        "quotes": ["it's", 'say "x"', "both'\""],
        "escapes": ["a\nb", "\t\r\\", "\x00x\x7f"],
        "accents": ["é", "λόγος", "日本"],
        "wide": ["日本" * 10, "b"],
        "unprintable": ["\xa0\xad\u200b", "\u2028\x85", "\ue000"],
        "astral": ["\U0001f600", "\U000e0001"],
        "surrogate": ["\ud800x"],
        "unicode-14": ["\U0001faf0\U0001fae8"],
    }
    for name, values in strings.items():
        made = array(values, "U")
        yield f"str-{name}", made, {}
        yield f"str-{name}-0d", made[:1].reshape(()), {}
        yield f"str-{name}-swapped", made.astype(made.dtype.newbyteorder(">")), {}
    yield "str-trailing-nuls", from_bytes("a\0b\0\0".encode("utf-32-le"), "U5", (1,)), {}
    yield "str-many", array([f"word{i}" for i in range(40)], "U"), {}
    yield "str-long", array(["x" * 80, "y" * 80], "U"), {}
    yield "str-beyond-unicode", from_bytes(struct.pack("<I", 0x110000), "U1", (1,)), {}
    raw = {
        "plain": [b"a", b"bc", b""],
        "quotes": [b"it's", b'say "x"', b"both'\""],
        "escapes": [b"a\nb", b"\t\r\\", b"\x00x\x7f\xff"],
        "long": [b"x" * 80, b"y"],
    }
    for name, values in raw.items():
        made = array(values, "S")
        yield f"bytes-{name}", made, {}
        yield f"bytes-{name}-0d", made[:1].reshape(()), {}
        yield f"void-{name}", made.view(f"V{made.itemsize}"), {}
        yield f"void-{name}-0d", made[:1].view(f"V{made.itemsize}").reshape(()), {}
    yield "bytes-trailing-nuls", from_bytes(b"a\0b\0\0", "S5", (1,)), {}
    for char in "SUV":
        yield f"zero-{char}", from_bytes(b"", f"{char}0", (3,)), {}
        yield f"zero-{char}-0d", from_bytes(b"", f"{char}0", ()), {}
        yield f"zero-{char}-many", from_bytes(b"", f"{char}0", (1001,)), {}
        yield f"zero-{char}-2d", from_bytes(b"", f"{char}0", (2, 3)), {}


def struct_cases():
    point = np.dtype([("x", "<i4"), ("y", "<f8")])
    values = [(1, 0.5), (-20, 1 / 3), (300, math.nan)]
    yield "struct-point", array(values, point), {}
    yield "struct-point-0d", array(values[1], point), {}
    yield "struct-point-2d", array(values[:2] * 2, point, (2, 2)), {}
    yield "struct-point-empty", array([], point), {}
    yield "struct-point-many", np.zeros(1001, point), {}
    yield "struct-point-swapped", array(values, point.newbyteorder(">")), {}
    yield "struct-one-field", array([(1,), (22,)], [("x", "<i4")]), {}
    yield "struct-one-field-0d", array((1,), [("x", "<i4")]), {}
    yield "struct-no-fields", np.zeros(2, np.dtype([])), {}
    yield "struct-no-fields-0d", np.zeros((), np.dtype([])), {}
    everything = np.dtype([(f"f_{c}", c) for c in "?bBhHiIlLefdgFDG"]
                          + [("s", "S4"), ("u", "<U3"), ("v", "V2"), ("t", "<M8[D]"), ("d", "<m8[s]")])
    row = ((True,) + (7,) * 8 + (0.1,) * 4 + (0.1 + 1j,) * 3
           + (b"ab", "é'", b"\1\2", np.datetime64("2020-02-29"), np.timedelta64(90, "s")))
    yield "struct-everything", array([row, row], everything), {}
    yield "struct-everything-0d", array(row, everything), {}
    yield "struct-everything-zeros", np.zeros(2, everything), {}
    for char in FLOATS + COMPLEX:
        dtype = np.dtype([("a", char), ("b", char, (2,))])
        made = np.zeros(2, dtype)
        made["a"] = [1 / 3, 1e4 if char == "e" else 1e10]
        made["b"] = [[1, 2.5], [1e-7, 0]]
        yield f"struct-{char}", made, {}
        yield f"struct-{char}-0d", made[:1].reshape(()), {}
    nested = np.dtype([("a", "<i2"), ("in", [("b", "<f4"), ("c", "?")]), ("z", "S2")])
    nested_values = [(1, (0.5, True), b"x"), (-1, (22.25, False), b"")]
    yield "struct-nested", array(nested_values, nested), {}
    yield "struct-nested-0d", array(nested_values[0], nested), {}
    subarrays = np.dtype([("v", "<i4", (3,)), ("m", "<f8", (2, 2)), ("b", "?", (2,))])
    yield "struct-subarrays", np.zeros(2, subarrays), {}
    yield "struct-subarrays-0d", np.ones((), subarrays), {}
    yield "struct-long-subarray", np.zeros(2, [("v", "<i4", (1001,))]), {}
    yield "struct-long-subarray-2d", np.zeros(1, [("v", "<i2", (600, 2)), ("w", "<i2", (2, 600))]), {}
    yield "struct-empty-subarray", np.zeros(2, [("v", "<f8", (0,)), ("w", "<f8", (2, 0))]), {}
    yield "struct-subarray-of-subarrays", np.zeros(2, [("s", ("<i4", (2,)), (3,))]), {}
    structs = np.zeros(2, [("s", [("p", "<f8"), ("q", "?")], (2,))])
    structs["s"]["p"] = [[1, 2], [3.5, 4]]
    yield "struct-subarray-of-structs", structs, {}
    yield "struct-subarray-of-structs-0d", structs[:1].reshape(()), {}
    yield "struct-zero-itemsize", np.zeros(2, [("a", "S0"), ("b", "V0"), ("c", "<U0")]), {}
    aligned = np.dtype([("a", "i1"), ("b", "<f8"), ("c", "i1")], align=True)
    yield "struct-aligned", np.ones(2, aligned), {}
    yield "struct-aligned-0d", np.ones((), aligned), {}
    yield "struct-aligned-nested", np.ones(2, np.dtype([("in", aligned), ("d", "i1")])), {}
    padded = np.dtype({"names": ["a", "b"], "formats": ["<i4", "<f4"], "offsets": [4, 12], "itemsize": 20})
    yield "struct-padded", np.ones(2, padded), {}
    yield "struct-padded-many", np.ones(1001, padded), {}
    overlapping = np.dtype({"names": ["a", "b"], "formats": ["<i4", "<i2"], "offsets": [0, 2]})
    yield "struct-overlapping", from_bytes(bytes(range(8)), overlapping, (2,)), {}
    yield "struct-overlapping-many", from_bytes(bytes(range(250)) * 20, overlapping, (1250,)), {}
    backwards = np.dtype({"names": ["a", "b"], "formats": ["<i4", "<i4"], "offsets": [4, 0]})
    yield "struct-backwards", from_bytes(bytes(range(16)), backwards, (2,)), {}
    titled = np.dtype([(("The title", "x"), "<i4"), (("other 'one'", "y"), "<f8", (2,))])
    yield "struct-titled", np.ones(2, titled), {}
    yield "struct-titled-padded", np.ones(2, np.dtype(
        {"names": ["x", "y"], "formats": ["<i4", "<f8"], "offsets": [0, 8], "titles": ["T", None]})), {}
    names = np.dtype([("é", "<i4"), ("it's", "<i4"), ("a b\n", "<i4"), ("日本", "<i4")])
    yield "struct-names", np.ones(1, names), {}
    yield "struct-times", np.zeros(2, [("a", "<M8[25s]"), ("b", ">m8[us]"), ("c", "<M8")]), {}
    long_names = np.dtype([(f"a_rather_long_name_{i}", "<f8") for i in range(4)])
    yield "struct-long-dtype", np.ones(3, long_names), {}
    yield "struct-long-dtype-empty", np.ones((0, 3), long_names), {}
    yield "struct-long-dtype-many", np.ones(1001, long_names), {}
    yield "struct-wide-rows", np.zeros(3, [(f"f{i}", "<f8") for i in range(30)]), {}
    yield "struct-3d", np.zeros((2, 2, 2), point), {}


def layout_cases():
    for count in (0, 1, 2, 5, 6, 7, 17, 18, 19, 24, 25, 26, 35, 36, 37, 100, 999, 1000, 1001, 5000):
        if count <= 1001:
            yield f"layout-range-{count}", np.arange(count), {}
        yield f"layout-i2-{count}", np.arange(count, dtype="i2"), {}
    for count in range(1, 26):
        yield f"layout-floats-{count}", array([0.5] * count, "d"), {}
        yield f"layout-f4-{count}", array([0.5] * count, "f"), {}
    shapes = [(1, 1), (2, 3), (3, 1), (1, 30), (2, 2, 2), (1, 1, 1, 1), (2, 1, 3, 1), (3, 40),
              (1000, 1), (1, 1000), (1001, 1), (1, 1001), (31, 33), (7, 11, 13), (10, 10, 11),
              (2, 501), (501, 2), (6, 6, 6, 6), (7, 7, 7, 7), (4, 4, 4, 4, 4),
              (1,) * 32, (1,) * 20 + (3, 2), (2,) * 11]
    for shape in shapes:
        count = math.prod(shape)
        name = "x".join(map(str, shape)) if len(shape) < 12 else f"{len(shape)}-axes-of-{count}"
        if count <= 200:
            yield f"layout-{name}", np.arange(count).reshape(shape), {}
        yield f"layout-i2-{name}", np.arange(count, dtype="i2").reshape(shape), {}
    for shape in [(0,), (0, 3), (3, 0), (2, 0, 2), (0, 0), (1, 0, 1000)]:
        for dtype in ("f8", "i4", "U3", ">f4", "M8[ns]", [("x", "<i4")]):
            yield f"layout-empty-{shape}-{np.dtype(dtype)}", np.zeros(shape, dtype), {}
    for fill in (0, 1 / 3):
        yield f"layout-zeros-{fill:.2f}", np.full(1001, fill), {}
        yield f"layout-square-{fill:.2f}", np.full((40, 40), fill), {}
    middle = np.zeros(2001)
    middle[1000] = 1e300
    yield "layout-wide-in-the-middle", middle, {}
    edge = np.zeros((50, 50))
    edge[1, 48] = -1234.5
    edge[25, 25] = math.nan
    yield "layout-wide-at-the-edge", edge, {}
    for length in range(55, 80):
        yield f"layout-one-word-{length}", array(["x" * length, "y"], "S"), {}
        yield f"layout-dtype-fits-{length}", array(["x" * (length - 25)], "S"), {}


def option_cases():
    doubles = array([1 / 3, 2.5, -1e-5, 0.0, 100.125], "d")
    plain = array([0.1, 1.25, 10, 1234.56789], "d")
    special = array([math.nan, math.inf, -math.inf, 1.5], "d")
    large = array([1e10, 1.5e-7, 123.456], "d")
    singles = array([0.1, 1 / 3, 16777216], "f")
    numbers = array([-5, 0, 12345], "i4")
    waves = array([1 / 3 - 2j, complex(math.nan, 1e3)], "D")
    record = array([(1, 1 / 3), (-2, 1e-9)], [("a", "<i4"), ("b", "<f8")])
    arrays = {"doubles": doubles, "plain": plain, "special": special, "large": large,
              "singles": singles, "numbers": numbers, "waves": waves, "record": record,
              "record-0d": record[:1].reshape(()), "double-0d": doubles[:1].reshape(()),
              "longs": doubles.astype("g"), "halves": plain.astype("e")}
    options = [{"precision": p} for p in (0, 1, 2, 3, 4, 7, 9, 16, 17, 20, 30)]
    options += [{"floatmode": mode} for mode in ("fixed", "unique", "maxprec_equal")]
    options += [{"floatmode": "fixed", "precision": p} for p in (0, 1, 2, 20, 60)]
    options += [{"floatmode": "maxprec_equal", "precision": p} for p in (0, 2, 20)]
    options += [{"suppress": True}, {"suppress": True, "precision": 3},
                {"suppress": True, "floatmode": "unique"}, {"suppress": True, "floatmode": "fixed"}]
    options += [{"sign": "+"}, {"sign": " "}, {"sign": " ", "floatmode": "fixed"}]
    options += [{"linewidth": w} for w in (0, 1, 10, 20, 40, 200)]
    options += [{"threshold": 0}, {"threshold": 2, "edgeitems": 1}, {"threshold": 0, "edgeitems": 0}]
    for option in options:
        said = ",".join(f"{key}={value}" for key, value in option.items())
        for name, made in arrays.items():
            yield f"option-{said}-{name}", made, option
    grid = np.arange(48).reshape(4, 3, 4)
    for option in [{"threshold": 47}, {"threshold": 47, "edgeitems": 1}, {"threshold": 47, "edgeitems": 0},
                   {"threshold": 48, "edgeitems": 1}, {"threshold": sys.maxsize}, {"linewidth": 12},
                   {"threshold": 5, "edgeitems": 2, "linewidth": 9}]:
        said = ",".join(f"{key}={value}" for key, value in option.items())
        yield f"option-{said}-grid", grid, option
    many = np.arange(2000, dtype="i2")
    yield "option-full", many, {"threshold": sys.maxsize}
    yield "option-edgeitems-10", many, {"edgeitems": 10}
    yield "option-edgeitems-500", many, {"edgeitems": 500, "threshold": 999}
    yield "option-edgeitems-1000", many, {"edgeitems": 1000, "threshold": 999}


# -- random arrays --------------------------------------------------------------------------------

def random_cases(count, seed):
    for number in range(count):
        rng = random.Random(f"{seed}/{number}")
        dtype = random_dtype(rng)
        shape = random_shape(rng)
        size = math.prod(shape)
        data = b"".join(random_data(rng, dtype, size))
        yield f"random-{seed}-{number}", from_bytes(data, dtype, shape), random_options(rng)


def random_dtype(rng, depth=0):
    order = rng.choice("<<<>")
    kind = rng.choices("ifcbSUVMmr", [4, 10, 4, 1, 1, 2, 1, 3, 2, 4 if depth < 2 else 0])[0]
    if kind == "r":
        fields = []
        for i in range(rng.choice([0, 1, 1, 2, 2, 3, 4])):
            base = random_dtype(rng, depth + 1)
            name = rng.choice(["x", "name", "é", "a b", "it's"]) + str(i)
            if rng.random() < 0.1:
                name = (f"title {i}", name)
            sub = rng.choice([None, None, None, (2,), (3, 2), (1,), (0,), (2, 2, 2)])
            # NumPy has no subarrays of items without bytes.
            fields.append((name, base) if sub is None or not base.itemsize else (name, base, sub))
        if fields and rng.random() < 0.1:
            # One field of a struct: the room of the others becomes padding.
            dtype = np.dtype([("pad", "V3"), *fields])
            return dtype[[dtype.names[-1]]]
        # NumPy 1.26 divides by the alignment of a field without bytes, which is 0.
        if depth == 0 and all(field[1].itemsize for field in fields) and rng.random() < 0.2:
            dtype = np.dtype(fields, align=True)
            if is_describable(dtype):
                return dtype
        return np.dtype(fields)
    code = {
        "i": lambda: rng.choice(INTEGERS), "f": lambda: rng.choice("efffdddddg"),
        "c": lambda: rng.choice(COMPLEX), "b": lambda: "?",
        "S": lambda: f"S{rng.choice([0, 1, 3, 9])}", "U": lambda: f"U{rng.choice([0, 1, 3, 9])}",
        "V": lambda: f"V{rng.choice([0, 1, 3, 9])}",
        "M": lambda: f"M8[{rng.choice(['', '', '2', '25'])}{rng.choice(UNITS)}]",
        "m": lambda: f"m8[{rng.choice(['', '', '2', '25'])}{rng.choice(UNITS)}]",
    }[kind]()
    return np.dtype(order + code)


def is_describable(dtype):
    """NumPy makes aligned layouts that it refuses when they are given as a dict."""
    try:
        dtype_text(dtype)
    except ValueError:
        return False
    return True


def random_shape(rng):
    ndim = rng.choices([0, 1, 2, 3, 4, 6], [3, 10, 6, 3, 1, 0.3])[0]
    if ndim == 1:
        return (rng.choice([0, 1, 2, 3, 5, 7, 12, 30, 1000, 1001, rng.randrange(60)]),)
    longest = {0: 1, 2: 8, 3: 4, 4: 3, 6: 2}[ndim]
    shape = [rng.randrange(longest) + 1 for _ in range(ndim)]
    if ndim and rng.random() < 0.03:
        shape[rng.randrange(ndim)] = 0
    if ndim in (2, 3) and rng.random() < 0.05:
        shape = rng.choice([(40, 30), (400, 3), (3, 400), (11, 10, 10), (2, 9, 70)])
    return tuple(shape)


def random_data(rng, dtype, count):
    """The bytes of so many items, value by value."""
    if dtype.names is not None:
        for _ in range(count):
            item = bytearray(rng.randbytes(dtype.itemsize))
            for name in dtype.names:
                field, offset = dtype.fields[name][:2]
                base, shape = (field, ()) if field.subdtype is None else field.subdtype
                data = b"".join(random_data(rng, base, math.prod(shape)))
                item[offset:offset + len(data)] = data
            yield bytes(item)
        return
    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        yield from random_data(rng, base, math.prod(shape) * count)
        return
    if dtype.kind == "c":
        part = np.dtype({8: "f4", 16: "f8", 32: "g"}[dtype.itemsize]).newbyteorder(dtype.byteorder)
        yield from interleave(random_data(rng, part, count), random_data(rng, part, count))
        return
    if dtype.kind == "f":
        yield from random_floats(rng, dtype, count)
        return
    if dtype.kind == "U":
        order = "be" if dtype.byteorder == ">" else "le"
        for _ in range(count):
            length = rng.randrange(dtype.itemsize // 4 + 1)
            text = "".join(chr(random_point(rng)) for _ in range(length))
            yield text.encode("utf-32-" + order, "surrogatepass").ljust(dtype.itemsize, b"\0")
        return
    if dtype.kind == "S":
        for _ in range(count):
            text = rng.randbytes(rng.randrange(dtype.itemsize + 1))
            if rng.random() < 0.7:
                text = bytes(32 + byte % 95 for byte in text)
            yield text.ljust(dtype.itemsize, b"\0")
        return
    if dtype.kind in "iuMm":
        byteorder = "big" if dtype.byteorder == ">" else "little"
        bits = 8 * dtype.itemsize
        most = rng.choice([1, 10, 1000, 100_000, 10 ** 10, 10 ** 17, 1 << 63])
        for _ in range(count):
            value = rng.choice([rng.randrange(-most, most + 1), rng.randrange(100)])
            if dtype.kind in "Mm" and rng.random() < 0.05:
                value = 1 << 63
            yield (value & ((1 << bits) - 1)).to_bytes(dtype.itemsize, byteorder)
        return
    for _ in range(count):
        yield bytes([rng.choice([0, 1, 1, 255])]) if dtype.kind == "b" else rng.randbytes(dtype.itemsize)


def interleave(left, right):
    for a, b in zip(left, right):
        yield a + b


def random_point(rng):
    kind = rng.random()
    if kind < 0.6:
        return rng.randrange(32, 127)
    if kind < 0.7:
        return rng.randrange(0x80)
    if kind < 0.8:
        return rng.randrange(0x80, 0x3000)
    if kind < 0.9:
        return rng.randrange(0x10000)
    return rng.randrange(0x110000)


def random_floats(rng, dtype, count):
    """Floats that have something in common, as those of one array do."""
    native = dtype.newbyteorder("=")
    style = rng.choice(["bits", "decimals", "whole", "magnitudes", "near", "powers", "uniform",
                        "fractions", "few bits"])
    places = rng.randrange(12)
    scale = 10.0 ** rng.choice([-12, -6, -4, -3, -1, 0, 0, 0, 1, 2, 3, 4, 6, 8, 12])
    spread = rng.choice([1, 2, 3, 5, 9, 16, 40, 300])
    base = rng.choice([1e-4, 1e-3, 0.1, 1.0, 10.0, 1e3, 1e6, 1e8, 1e16]) * rng.choice([1, 1, 3, 0.5])
    specials = rng.choice([0, 0, 0.1, 0.5])
    sign = rng.choice([0, 0.5])
    with np.errstate(all="ignore"):
        for _ in range(count):
            if style == "bits":
                value = np.frombuffer(random_bits(rng, native), native)[0]
            elif style == "decimals":
                value = native.type(round(rng.random() * scale, places))
            elif style == "whole":
                value = native.type(rng.randrange(int(scale) + 10))
            elif style == "magnitudes":
                value = native.type(rng.random() * 10.0 ** rng.uniform(-spread, min(spread, 300)))
            elif style == "near":
                value = native.type(base)
                for _ in range(rng.randrange(3)):
                    value = np.nextafter(value, native.type(rng.choice([-1, 1]) * math.inf))
            elif style == "powers":
                value = np.ldexp(native.type(1), rng.randrange(-spread, spread + 1))
            elif style == "uniform":
                value = native.type(rng.random()) * native.type(scale)
            elif style == "fractions":
                value = native.type(rng.randrange(1, 50)) / native.type(rng.randrange(1, 50))
            else:
                value = np.ldexp(native.type(rng.randrange(1 << rng.randrange(1, 11))), -rng.randrange(70))
            if rng.random() < sign:
                value = -value
            if rng.random() < specials:
                value = native.type(rng.choice([0.0, -0.0, math.nan, math.inf, -math.inf]))
            data = np.array(value, native).tobytes()
            yield data[::-1] if dtype.byteorder == ">" else data


def random_bits(rng, dtype):
    data = bytearray(rng.randbytes(dtype.itemsize))
    if dtype.itemsize == 16 and rng.random() < 0.9:
        # The integer bit of most long doubles is set, and most are of common size.
        data[7] |= 0x80
        if rng.random() < 0.8:
            exponent = 16383 + rng.randrange(-70, 70)
            data[8:10] = struct.pack("<H", exponent | rng.randrange(2) << 15)
    return bytes(data)


def random_options(rng):
    options = {}
    if rng.random() < 0.5:
        return options
    if rng.random() < 0.4:
        options["precision"] = rng.choice([0, 1, 2, 3, 4, 6, 10, 15, 17, 20, 25])
    if rng.random() < 0.3:
        options["floatmode"] = rng.choice(["fixed", "unique", "maxprec", "maxprec_equal"])
    if rng.random() < 0.3:
        options["suppress"] = True
    if rng.random() < 0.3:
        options["sign"] = rng.choice("+ -")
    if rng.random() < 0.3:
        options["linewidth"] = rng.choice([0, 5, 20, 50, 75, 120, 1000])
    if rng.random() < 0.3:
        options["threshold"] = rng.choice([0, 1, 5, 20, 100, 100_000])
    if rng.random() < 0.3:
        options["edgeitems"] = rng.choice([0, 1, 2, 4, 10])
    return options


# -- writing --------------------------------------------------------------------------------------

def text(make, made):
    try:
        shown = make(made)
        shown.encode()
        return shown
    except (ValueError, SystemError):
        # A surrogate, a datetime without a unit, a code point beyond Unicode.
        return None


def describe(dtype):
    """A text from which the dtype can be made again; `str(dtype)` does not always say enough."""
    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        return f"({describe(base)}, {shape})"
    if dtype.names is None:
        return repr(dtype.str)
    fields = [dtype.fields[name] for name in dtype.names]
    titles = [field[2] if len(field) > 2 else None for field in fields]
    text = f"{{'names': {list(dtype.names)}, 'formats': [{', '.join(describe(f[0]) for f in fields)}]"
    text += f", 'offsets': {[field[1] for field in fields]}, 'itemsize': {dtype.itemsize}"
    text += f", 'titles': {titles}" if any(titles) else ""
    return text + (", 'aligned': True}" if dtype.isalignedstruct else "}")


def dtype_text(dtype):
    text = describe(dtype)
    again = np.dtype(ast.literal_eval(text))
    assert again == dtype and repr(again) == repr(dtype), f"{dtype!r} is not {again!r}"
    return text if dtype.names is not None else dtype.str


def mask(dtype):
    """0xff for the bytes of an item that mean something, 0 for padding, which is left to chance."""
    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        return mask(base) * math.prod(shape)
    if dtype.names is not None:
        made = bytearray(dtype.itemsize)
        for field, offset, *_ in (dtype.fields[name] for name in dtype.names):
            for i, byte in enumerate(mask(field)):
                made[offset + i] |= byte
        return bytes(made)
    if dtype.kind in "fc" and dtype.char in "gG":
        part = b"\xff" * 10 + bytes(6)
        return (part[::-1] if dtype.byteorder == ">" else part) * (dtype.itemsize // 16)
    return b"\xff" * dtype.itemsize


def data_text(made):
    kept = mask(made.dtype) * made.size
    data = bytes(byte & keep for byte, keep in zip(made.tobytes(), kept))
    item = data[:made.itemsize]
    return f"{item.hex()}*{made.size}" if data == item * made.size and item else data.hex()


def record(name, made, options):
    with np.printoptions(**options), np.errstate(all="ignore"):
        return {"name": name, "dtype": dtype_text(made.dtype), "shape": list(made.shape),
                "data": data_text(made), "options": options,
                "str": text(str, made), "repr": text(repr, made)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out")
    parser.add_argument("--unlike", metavar="TABLE")
    parser.add_argument("--random", type=int, metavar="N")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()

    cases = fixed_cases() if args.random is None else random_cases(args.random, args.seed)
    other = {}
    if args.unlike:
        with open(args.unlike, encoding="utf-8") as lines:
            next(lines)
            for line in lines:
                case = json.loads(line)
                other[case["name"]] = case
    names = set()
    with open(args.out, "w", encoding="utf-8") as out:
        versions = {"numpy": np.__version__, "python": platform.python_version()}
        out.write(json.dumps(versions) + "\n")
        for name, made, options in cases:
            if name in names:
                sys.exit(f"two cases are called {name}")
            names.add(name)
            case = record(name, made, options)
            if args.unlike:
                before = other[name]
                texts = {key: case.pop(key) for key in ("str", "repr")}
                if any(case[key] != before[key] for key in case):
                    sys.exit(f"{name} is another array in {args.unlike}")
                if all(texts[key] == before[key] for key in texts):
                    continue
                case = {"name": name, **texts}
            out.write(json.dumps(case, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
