"""Makes the files in this folder: what pyarrow writes, for the readers of files and messages.

    python make.py        # pyarrow 26.0.1, numpy 2.4.6

The values are those of `columns()`; of tensors those of `tensors()`.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq

HERE = Path(__file__).parent


def columns():
    """Five rows in three batches."""
    return pa.table(
        {
            "i": pa.array([1, 2, None, 4, 5], pa.int32()),
            "f": pa.array([0.5, -0.0, 2.5, float("nan"), 1e300], pa.float64()),
            "s": pa.array(["a", "bc", None, "", "é"], pa.string()),
            "d": pa.array(["x", "y", "x", "x", None]).dictionary_encode(),
            "t": pa.array([0, 1, None, -1, 2**31], pa.timestamp("s")),
            "l": pa.array([[1.5], [], None, [2.5, 3.5], [4.5]], pa.list_(pa.float32())),
        },
        metadata={"made": "by pyarrow"},
    )


def tensors():
    rows = np.arange(6, dtype="<i2").reshape(2, 3)
    return {
        "c_f8": (np.arange(6, dtype="<f8").reshape(2, 3), None),
        "f_i2": (np.asfortranarray(rows), ["x", "y"]),
        "line_f2": (np.array([0.5, -2.0, 65504.0], "<f2"), None),
        # Of an order that is neither, pyarrow writes a copy in C order, without the names.
        "k_u8": (np.arange(24, dtype="<u8").reshape(2, 3, 4).transpose(1, 0, 2), ["a", "", "c"]),
        "empty_u1": (np.zeros((0, 3), "u1"), None),
        "one_f4": (np.array([[1.5]], "<f4"), None),
    }


def main():
    table = columns()
    batches = table.to_batches(max_chunksize=2)
    for name, compression in [("plain", None), ("lz4", "lz4"), ("zstd", "zstd")]:
        options = pa.ipc.IpcWriteOptions(compression=compression)
        with pa.ipc.new_file(HERE / f"{name}.arrow", table.schema, options=options) as writer:
            for batch in batches:
                writer.write(batch)
    with pa.ipc.new_stream(HERE / "plain.arrows", table.schema) as writer:
        for batch in batches:
            writer.write(batch)
    feather.write_feather(table, HERE / "default.feather")
    feather.write_feather(pa.table({"i": [1]}), HERE / "old.feather", version=1)
    for name in ["none", "snappy", "gzip", "lz4", "zstd"]:
        pq.write_table(table, HERE / f"{name}.parquet", compression=name, row_group_size=2)
    for name, (array, names) in tensors().items():
        with pa.OSFile(str(HERE / f"{name}.tensor"), "wb") as file:
            pa.ipc.write_tensor(pa.Tensor.from_numpy(array, dim_names=names), file)


if __name__ == "__main__":
    main()
