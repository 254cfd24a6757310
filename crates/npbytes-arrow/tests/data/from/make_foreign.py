"""Records columns of every type that pyarrow makes, and the arrays of NumPy that they should become.

    python make_foreign.py    writes foreign.arrows and foreign.npy beside this file

foreign.arrows is a stream of one record batch; foreign.npy has two arrays for each column: the elements (what is
masked is zero), and the mask, which has no axes where there is none. Run it with
pyarrow 26.0.1 and NumPy 2.4.6.
"""

import datetime
import decimal
import pathlib
import uuid

import numpy as np
import pyarrow as pa

HERE = pathlib.Path(__file__).parent
ROWS = 5
NONE = np.array(False)
THIRD = np.array([False, False, True, False, False])


def objects(*items):
    array = np.empty(len(items), object)
    array[:] = items
    return array


def columns():
    """Name, column, elements, mask."""
    for kind in ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64", "float16"]:
        values = np.array([0, 1, 100, 7, 2], kind)
        yield kind, pa.array(values), values, NONE
        yield f"{kind} null", pa.array(values, mask=THIRD), np.where(THIRD, np.zeros(5, kind), values), THIRD
    yield "bool", pa.array([True, False, True, True, False]), np.array([1, 0, 1, 1, 0], bool), NONE
    yield "bool null", pa.array([True, False, None, True, False]), np.array([1, 0, 0, 1, 0], bool), THIRD
    for kind in [pa.string(), pa.large_string(), pa.string_view()]:
        yield f"{kind}", pa.array(["a", "", "λ😀", "long enough to be elsewhere", "x"], kind), np.array(["a", "", "λ😀", "long enough to be elsewhere", "x"]), NONE
        yield f"{kind} null", pa.array(["a", "", None, "λλ", "x"], kind), np.array(["a", "", "", "λλ", "x"]), THIRD
    for kind in [pa.binary(), pa.large_binary(), pa.binary_view()]:
        yield f"{kind}", pa.array([b"a", b"", None, b"\0long enough to be elsewhere", b"x\0"], kind), objects(b"a", b"", None, b"\0long enough to be elsewhere", b"x\0"), NONE
    yield "fixed", pa.array([b"abc", b"\0\0\0", None, b"d\0\0", b"xyz"], pa.binary(3)), np.array([b"abc", b"\0\0\0", b"\0\0\0", b"d\0\0", b"xyz"], "V3"), THIRD
    yield "null", pa.nulls(5), objects(None, None, None, None, None), NONE

    days = [0, -1, None, 20_000, -200_000]
    yield "date32", pa.array(days, pa.int32()).cast(pa.date32()), np.array([0, -1, "NaT", 20_000, -200_000], "M8[D]"), NONE
    yield "date64", pa.array([0, 86_400_000, None, -86_400_000, 0], pa.int64()).cast(pa.date64()), np.array([0, 86_400_000, "NaT", -86_400_000, 0], "M8[ms]"), NONE
    for unit in ["s", "ms", "us", "ns"]:
        yield f"timestamp {unit}", pa.array([0, 1, None, -5, 10**12], pa.timestamp(unit)), np.array([0, 1, "NaT", -5, 10**12], f"M8[{unit}]"), NONE
        yield f"duration {unit}", pa.array([0, 1, None, -5, 10**12], pa.duration(unit)), np.array([0, 1, "NaT", -5, 10**12], f"m8[{unit}]"), NONE
        time = pa.time32(unit) if unit in ["s", "ms"] else pa.time64(unit)
        yield f"time {unit}", pa.array([0, 1, None, 5, 80_000], time), np.array([0, 1, "NaT", 5, 80_000], f"m8[{unit}]"), NONE
    yield "timestamp with zone", pa.array([0, 1, 2, -5, 10**12], pa.timestamp("us", "Europe/Paris")), np.array([0, 1, 2, -5, 10**12], "M8[us]"), NONE

    words = pa.array(["b", "a", None, "b", "ccc"])
    yield "dictionary", words.dictionary_encode(), np.array(["b", "a", "", "b", "ccc"]), THIRD
    inner_null = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, 1, 0], pa.uint8()), pa.array([1.5, 2.5, None]))
    yield "dictionary with a null value", inner_null, np.array([1.5, 2.5, 0, 2.5, 1.5]), THIRD
    yield "dictionary of structs", pa.DictionaryArray.from_arrays(pa.array([0, 1, 1, 1, 0]), pa.array([{"x": 1}, {"x": 2}])), np.array([(1,), (2,), (2,), (2,), (1,)], [("x", "i8")]), NONE
    yield "runs", pa.RunEndEncodedArray.from_arrays(pa.array([2, 3, 5], pa.int32()), pa.array([1, None, 3], pa.int16())), np.array([1, 1, 0, 3, 3], "i2"), THIRD
    yield "runs of text", pa.RunEndEncodedArray.from_arrays(pa.array([1, 5], pa.int16()), pa.array(["a", "bb"])), np.array(["a", "bb", "bb", "bb", "bb"]), NONE

    pairs = [[1, 2], [3, 4], [5, 6], [7, 8], [9, 10]]
    holed = [[1, 2], [3, None], [5, 6], [7, 8], [9, 10]]
    for kind in [pa.list_(pa.int16()), pa.large_list(pa.int16()), pa.list_view(pa.int16()), pa.large_list_view(pa.int16()), pa.list_(pa.int16(), 2)]:
        yield f"{kind} of two", pa.array(pairs, kind), np.array(pairs, "i2"), NONE
        yield f"{kind} of two and a null row", pa.array(pairs[:2] + [None] + pairs[3:], kind), np.array(pairs[:2] + [[0, 0]] + pairs[3:], "i2"), np.stack([THIRD, THIRD], 1)
        yield f"{kind} with a null", pa.array(holed, kind), np.array([[1, 2], [3, 0], [5, 6], [7, 8], [9, 10]], "i2"), np.array([[0, 0], [0, 1], [0, 0], [0, 0], [0, 0]], bool)
    ragged = [[1, 2], [], None, [3], [4, 5, 6]]
    for kind in [pa.list_(pa.int16()), pa.large_list(pa.int16()), pa.list_view(pa.int16()), pa.large_list_view(pa.int16())]:
        yield f"{kind} ragged", pa.array(ragged, kind), objects(*[row if row is None else np.array(row, "i2") for row in ragged]), NONE
    yield "lists of lists", pa.array([pairs[:2]] * 5), np.array([pairs[:2]] * 5), NONE
    yield "lists of text", pa.array([["a", "bb"]] * 5), np.array([["a", "bb"]] * 5), NONE
    yield "lists of dictionaries", pa.ListArray.from_arrays(pa.array([0, 1, 2, 3, 4, 5], pa.int32()), pa.array(["a", "b", "a", "b", "a"]).dictionary_encode()), np.array([["a"], ["b"], ["a"], ["b"], ["a"]]), NONE
    yield "lists of nothing", pa.array([[], [], [], [], []], pa.list_(pa.float32())), np.zeros((5, 0), "f4"), NONE

    struct = pa.array([{"x": 1, "y": "a"}, {"x": 2, "y": "bb"}, None, {"x": None, "y": "c"}, {"x": 5, "y": None}], pa.struct({"x": pa.int32(), "y": pa.string()}))
    dtype = [("x", "i4"), ("y", "U2")]
    yield "struct", struct, np.array([(1, "a"), (2, "bb"), (0, ""), (0, "c"), (5, "")], dtype), np.array([(0, 0), (0, 0), (1, 1), (1, 0), (0, 1)], [("x", "?"), ("y", "?")])
    yield "struct of structs", pa.array([{"a": {"b": i, "c": [i, i + 1]}} for i in range(5)], pa.struct({"a": pa.struct({"b": pa.int8(), "c": pa.list_(pa.int16(), 2)})})), np.array([((i, (i, i + 1)),) for i in range(5)], [("a", [("b", "i1"), ("c", "i2", (2,))])]), NONE
    yield "struct of times", pa.array([{"t": 1}, {"t": None}, {"t": 3}, {"t": 4}, None], pa.struct({"t": pa.timestamp("ms")})), np.array([(1,), ("NaT",), (3,), (4,), ("NaT",)], [("t", "M8[ms]")]), NONE
    yield "lists of structs", pa.array([[{"x": 1}, {"x": 2}]] * 5), np.array([[(1,), (2,)]] * 5, [("x", "i8")]), NONE

    grid = np.arange(30, dtype="i4").reshape(5, 2, 3)
    yield "tensor", pa.FixedShapeTensorArray.from_numpy_ndarray(grid), grid, NONE
    turned = np.arange(30, dtype="f8").reshape(5, 3, 2).transpose(0, 2, 1)
    yield "tensor turned", pa.FixedShapeTensorArray.from_numpy_ndarray(turned), turned, NONE
    yield "bool8", pa.ExtensionArray.from_storage(pa.bool8(), pa.array([1, 0, None, 1, 0], pa.int8())), np.array([1, 0, 0, 1, 0], bool), THIRD
    ids = [bytes(range(i, i + 16)) for i in range(5)]
    yield "uuid", pa.array([uuid.UUID(bytes=one) for one in ids], pa.uuid()), np.array(ids, "V16"), NONE
    yield "json", pa.ExtensionArray.from_storage(pa.json_(), pa.array(["{}", "1", "[]", "null", "\"x\""])), np.array(["{}", "1", "[]", "null", "\"x\""]), NONE


def main():
    made = list(columns())
    batch = pa.record_batch({name: column for name, column, _, _ in made})
    with pa.ipc.new_stream(HERE / "foreign.arrows", batch.schema) as writer:
        writer.write_batch(batch)
    with open(HERE / "foreign.npy", "wb") as file:
        for name, column, elements, mask in made:
            assert len(column) == len(elements) == ROWS, name
            np.save(file, elements)
            np.save(file, mask)
    print(len(made), "columns")


main()
