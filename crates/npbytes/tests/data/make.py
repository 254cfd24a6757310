"""Records what NumPy says, for the tables that the tests of this crate compare with.

    python make.py            writes numpy/*-VERSION.tsv beside this file, VERSION that of the NumPy

Run it with each NumPy that the tests name (1.23.5, 1.26.4, 2.4.6). A table is lines of fields between
tabs; texts are in Python's `unicode_escape`, bytes in hexadecimal. Lines that start with `#` are
comments. A table whose answers are those of the newest NumPy holds only the lines that differ.
"""

import ast
import ctypes
import io
import pathlib
import sys
import warnings

import numpy as np
from numpy.lib import format as npy

import cases

impl = getattr(np.lib, "_format_impl", npy)

warnings.simplefilter("ignore")
HERE = pathlib.Path(__file__).parent / "numpy"
NEWEST = "2.4.6"


def text(value):
    return value.encode("unicode_escape").decode("ascii")


def write(name, columns, rows, differing=False):
    """Writes a table; of other NumPys than the newest, perhaps only the lines that differ."""
    lines = ["\t".join(str(field) for field in row) for row in rows]
    if differing and np.__version__ != NEWEST:
        known = set((HERE / f"{name}-{NEWEST}.tsv").read_text().splitlines())
        lines = [line for line in lines if line not in known]
    head = f"# NumPy {np.__version__}, Python {sys.version.split()[0]}: {columns}"
    path = HERE / f"{name}-{np.__version__}.tsv"
    path.write_text("\n".join([head, *lines]) + "\n")
    print(path, len(lines))


# ---------------------------------------------------------------------------------------------------
# dtypes


def described(dtype):
    return [
        text(dtype.str),
        dtype.itemsize,
        dtype.alignment,
        dtype.kind,
        dtype.byteorder if dtype.byteorder in "<>|" else "<",
        text(str(dtype)),
        text(repr(dtype)),
    ]


def dtype_texts():
    orders = ["", "<", ">", "=", "|"]
    chars = "?bhilqpnBHILQPNefdgFDGScaUVMmOTtxyzkjrsuvw"
    yield from (order + code for order in orders for code in cases.CODES)
    yield from (order + char for order in orders for char in chars)
    yield from cases.NAMES
    yield from ("<" + name for name in cases.NAMES[:8])
    yield from (f"{kind}[{unit}]" for kind in ("M8", ">m8", "datetime64") for unit in cases.UNITS)
    yield from cases.LISTS
    yield from cases.EXTRA


def dtype_text_rows():
    for source in dict.fromkeys(dtype_texts()):
        try:
            yield [text(source), "ok", *described(np.dtype(source))]
        except Exception:
            yield [text(source), "error"]


def struct_rows():
    for source in cases.DESCRS:
        try:
            yield ["descr", text(source), "ok", *described(npy.descr_to_dtype(ast.literal_eval(source)))]
        except Exception:
            yield ["descr", text(source), "error"]
    for source in cases.DICTS:
        try:
            yield ["dict", text(source), "ok", *described(np.dtype(ast.literal_eval(source)))]
        except Exception:
            yield ["dict", text(source), "error"]


def built_rows():
    """Name, the dtype's own facts, its fields' offsets, and its descr if it has one."""
    for name, source in cases.BUILT.items():
        dtype = eval(source)
        try:
            descr = npy.dtype_to_descr(dtype)
            if isinstance(descr, list) or dtype.subdtype is None:
                shown = "ok\t" + text(repr(descr))
            else:
                shown = "error\t"
        except ValueError:
            shown = "error\t"
        offsets = ",".join(str(dtype.fields[n][1]) for n in dtype.names) if dtype.names else ""
        yield [name, *described(dtype), offsets, int(dtype.isalignedstruct), int(dtype.hasobject), shown]


# ---------------------------------------------------------------------------------------------------
# literals

def literal_rows():
    sources = [s for line in cases.LITERALS.strip().splitlines() for s in line.split("|")]
    sources += ["'a|b'", "1|2", *cases.LITERALS_RAW]
    for source in dict.fromkeys(sources):
        try:
            value = ast.literal_eval(source)
            yield [text(source), "ok", text(repr(value))]
        except Exception as error:
            yield [text(source), "error"]


# ---------------------------------------------------------------------------------------------------
# headers


def prefixed(version, source):
    source = source if isinstance(source, bytes) else source.encode("latin-1")
    length = len(source).to_bytes(2 if version == 1 else 4, "little")
    return b"\x93NUMPY" + bytes([version, 0]) + length + source


def header_rows():
    for name, version, source in cases.header_cases():
        source = source if isinstance(source, bytes) else source.encode("latin-1")
        # 20,000 bytes, so that only the header decides; `pad` keeps long texts out of the table.
        stripped = source.rstrip(b" \n") if len(source) > 9000 else source
        shown = text(stripped.decode("latin-1"))
        pad = len(source) - len(stripped)
        try:
            file = io.BytesIO(prefixed(version, source) + bytes(1024))
            array = np.load(file)
            if array.dtype.hasobject:
                raise ValueError("objects")
            yield [
                name, version, shown, pad, "ok", text(repr(npy.dtype_to_descr(array.dtype))),
                text(repr(array.shape)), int(npy.header_data_from_array_1_0(array)["fortran_order"]),
                file.tell(),
            ]
        except Exception:
            yield [name, version, shown, pad, "error"]


# ---------------------------------------------------------------------------------------------------
# what np.save writes

def saved_prefix(array_interface, version=None):
    out = io.BytesIO()
    impl._write_array_header(out, array_interface, version)
    return out.getvalue()


def shown_prefix(prefix):
    """Version, length of the text, the text without padding, and how many bytes the padding has."""
    start = 10 if prefix[6] == 1 else 12
    body = prefix[start:]
    stripped = body.rstrip(b" \n")
    assert body[len(stripped):] == b" " * (len(body) - len(stripped) - 1) + b"\n"
    return [prefix[6], len(body), text(stripped.decode("utf-8" if prefix[6] == 3 else "latin-1")), len(body) - len(stripped)]


def written_rows():
    for source in cases.WRITTEN_DTYPES:
        dtype = npy.descr_to_dtype(ast.literal_eval(source))
        for shape in cases.WRITTEN_SHAPES:
            if dtype.itemsize > 8 and len(shape) > 3:
                continue
            for order in "CF":
                if dtype.itemsize == 0:
                    # Its flags depend on how it was made: of strides of 0, it is contiguous both ways.
                    array = np.ndarray(shape, dtype, b"", strides=(0,) * len(shape))
                else:
                    array = np.empty(shape, dtype, order=order)
                data = npy.header_data_from_array_1_0(array)
                yield [text(source), ",".join(map(str, shape)), order, *shown_prefix(saved_prefix(data))]


def padding_rows():
    """Headers around each multiple of 64, for the padding; and around the limit of version 1.0."""
    # The longest that version 1.0 holds, of NumPys with room to grow and without; and a few around.
    limits = [n + step for n in (65440, 65460) for step in (-2, -1, 0)]
    sizes = [*range(1, 200), *sorted({*limits, *range(65400, 65560, 16)})]
    for n in sizes:
        for shape, order in ((), False), ((3,), False), ((10, 12345), False), ((10, 12345), True):
            if n > 1000 and shape != (3,):
                continue
            data = {"descr": [("n" * n, "<i4")], "fortran_order": order, "shape": shape}
            prefix = saved_prefix(data)
            yield [n, ",".join(map(str, shape)), int(order), prefix[6], len(prefix)]


# ---------------------------------------------------------------------------------------------------
# slices and layouts


def slice_rows():
    for shape, source in dict.fromkeys(cases.slice_cases()):
        base = np.arange(int(np.prod(shape)), dtype="<i2").reshape(shape)
        try:
            if source.strip() == "":
                part = base[()]
            else:
                part = eval(f"base[{source}]", {"base": base})
            if not isinstance(part, np.generic):
                assert part.size == 0 or np.shares_memory(part, base)
            part = np.asarray(part)
            if part.ndim and part.dtype != base.dtype:
                raise IndexError
            values = ",".join(map(str, part.ravel().tolist()))
            yield [",".join(map(str, shape)), source, "ok", ",".join(map(str, part.shape)), values]
        except Exception:
            yield [",".join(map(str, shape)), source, "error"]


def layout_rows():
    for dtype in cases.LAYOUT_DTYPES:
        dtype = np.dtype(dtype)
        full = dtype.itemsize * 24
        if dtype.kind == "U":
            bytes_ = np.arange(24 * dtype.itemsize // 4, dtype="<u4").astype(">u4").tobytes()
        elif dtype.names and "e" in dtype.names:
            bytes_ = b"".join(
                bytes([i * 7 % 251 + k for k in range(8)])
                + b"".join(bytes([i, j, 0, 0, i + 1, j + 2]) for j in range(2)) + bytes([i % 2]) for i in range(24))
        else:
            bytes_ = bytes(i * 37 % 251 for i in range(full))
        assert len(bytes_) == full
        a = np.frombuffer(bytearray(bytes_), dtype).reshape(2, 3, 4)
        for name, source in cases.LAYOUTS.items():
            view = np.ndarray.view(np.asanyarray(eval(source, {"a": a, "np": np})), np.ndarray)
            if view.dtype != dtype:
                view = np.array(view, dtype)
            # The memory the view lies in, from its lowest byte to its highest, and where it starts.
            low, high = np.lib.array_utils.byte_bounds(view) if hasattr(np.lib, "array_utils") else np.byte_bounds(view)
            start = view.__array_interface__["data"][0]
            if view.size == 0:
                memory, offset = b"", 0
            else:
                memory, offset = ctypes.string_at(low, high - low), start - low
            native = view.astype(dtype.newbyteorder("<")) if dtype.names is None else swapped(view)
            c = view.tobytes("C").hex()
            fields = [memory.hex(), c, view.tobytes("F").hex(), view.tobytes("A").hex(), native.tobytes("C").hex()]
            yield [
                name, text(repr(npy.dtype_to_descr(dtype))), ",".join(map(str, view.shape)), ",".join(map(str, view.strides)), offset,
                int(view.flags.c_contiguous), int(view.flags.f_contiguous),
                int(npy.header_data_from_array_1_0(view)["fortran_order"]), c,
                # What is the same as in C order is not written again.
                *("=" if field == c and c else field for field in fields[:1] + fields[2:]),
            ]


def swapped(view):
    """A copy with each number little-endian."""
    return np.array(view.tolist(), view.dtype.newbyteorder("<")) if view.size else view.astype(view.dtype.newbyteorder("<"))


def main():
    HERE.mkdir(exist_ok=True)
    facts = "str itemsize alignment kind byteorder str() repr()"
    if np.__version__ != "1.23.5":
        write("dtype-text", f"text verdict {facts}", dtype_text_rows(), differing=True)
        write("struct", f"how text verdict {facts}", struct_rows(), differing=True)
        write("built", f"name {facts} offsets aligned hasobject verdict descr", built_rows(), differing=True)
    write("written", "descr shape order major hlen text padding", written_rows(), differing=True)
    write("padding", "n shape fortran major prefix", padding_rows(), differing=True)
    if np.__version__ == NEWEST:
        write("header", "name major text padding verdict descr shape fortran end", header_rows())
        write("literal", "text verdict repr", literal_rows())
        write("slice", "shape slice verdict shape values", slice_rows())
        write("layout", "name descr shape strides offset c f fortran C memory F A native", layout_rows())


main()
