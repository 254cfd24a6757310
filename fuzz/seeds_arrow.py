"""Makes the small files of corpus/arrow_files that are named here: `python seeds_arrow.py`, with pyarrow 26.0.1.

The others there are the smallest of crates/npbytes-arrow/tests/data/files.
"""

import decimal
import pathlib

import pyarrow as pa
import pyarrow.parquet as pq

HERE = pathlib.Path(__file__).parent / "corpus" / "arrow_files"
COLUMNS = {
    "numbers": pa.array([1, None, -3], pa.int16()),
    "texts": pa.array(["a", None, "\u00e9"], pa.string_view()),
    "bytes": pa.array([b"a", b"", b"xyz"], pa.large_binary()),
    "words": pa.array(["a", "b", "a"]).dictionary_encode(),
    "lists": pa.array([[1], [], [2, 3]], pa.list_(pa.int8())),
    "pairs": pa.array([[1, 2], None, [5, 6]], pa.list_(pa.float32(), 2)),
    "structs": pa.array([{"x": 1, "y": True}, {"x": 2, "y": None}, None]),
    "times": pa.array([0, 10**9, None], pa.timestamp("s", "Europe/Berlin")),
    "decimals": pa.array([decimal.Decimal("1.5"), None, None], pa.decimal128(5, 2)),
    "maps": pa.array([[("a", 1)], [], None], pa.map_(pa.string(), pa.int8())),
}

for name, column in COLUMNS.items():
    table = pa.table({name: column})
    with pa.OSFile(str(HERE / f"{name}.arrow"), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    pq.write_table(table, HERE / f"{name}.parquet", compression="none", store_schema=name == "words")
