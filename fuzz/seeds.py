"""Writes the first inputs of the corpus, from files and texts that a real NumPy made.

    python fuzz/seeds.py

Needs NumPy, and joblib for its files. What the fuzzer found later lies beside them, under names that are hashes.
"""

import io
import pathlib
import zipfile

import numpy as np

CORPUS = pathlib.Path(__file__).parent / "corpus"


def write(target, name, data):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())


def saved(array, version=None):
    out = io.BytesIO()
    np.lib.format.write_array(out, array, version)
    return out.getvalue()


DTYPES = {
    "bool": "?", "i1": "i1", "i4": "<i4", "u8-big": ">u8", "f2": "<f2", "f8": "<f8", "f16": "<f16", "c8-big": ">c8", "s5": "S5", "s0": "S0",
    "u3": "<U3", "v7": "V7", "m8": "<m8[ns]", "m8-25s-big": ">M8[25s]", "m8-generic": "<M8",
    "struct": [("x", "<i4"), ("y", ">f8", (2,))],
    "padded": {"names": ["a", "b"], "formats": ["u1", "<i4"], "offsets": [0, 4], "itemsize": 10},
    "titles": [(("a title", "x"), "<i2"), ("it's", "S2")],
    "nested": [("p", [("q", "<U1"), ("r", [("s", "?")], (2,))]), ("t", "V3")],
    "latin-1": [("\xe9", "u1")], "greek": [("\u03bb", "u1")], "no-fields": [],
}


class Pipe(io.RawIOBase):
    """Can be written to, and not sought in."""

    def __init__(self):
        self.pieces = []

    def writable(self):
        return True

    def write(self, data):
        self.pieces.append(bytes(data))
        return len(data)


def zipped(members, method=zipfile.ZIP_STORED, comment=b""):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members:
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            archive.writestr(info, data)
        archive.comment = comment
    return out.getvalue()


def archives():
    i4, u1 = np.arange(4, dtype="<i4"), np.zeros((9, 5), "u1", order="F")
    member = saved(np.arange(3, dtype="<i2"))
    sets = {
        "empty": {}, "one": {"a": i4}, "two": {"a": i4, "b": u1}, "names": {"a/b": i4, "": u1, "\xe9": i4, "x.npy": u1, "a\0b": i4},
        "empty-array": {"a": np.zeros((0, 3))}, "struct": {"s": np.zeros(2, [("x", "<i4"), ("y", "S3")])}, "many": {str(i): i4[:0] for i in range(15)},
    }
    files = {}
    for name, arrays in sets.items():
        for label, save in ("stored", np.savez), ("deflated", np.savez_compressed):
            out, pipe = io.BytesIO(), Pipe()
            save(out, **arrays)
            save(pipe, **arrays)
            files[f"{label}-{name}"] = out.getvalue()
            if name in ("two", "empty-array"):
                files[f"{label}-{name}-piped"] = b"".join(pipe.pieces)
    files["comment"] = zipped([("a.npy", member)], comment=b"a comment")
    files["text"] = zipped([("readme.txt", b"hello " * 30), ("d/", b""), ("a.npy", member)], zipfile.ZIP_DEFLATED)
    files["twice"] = zipped([("dup", b"plain"), ("dup.npy", member), ("dup.npy", member[:-2])])
    files["bzip2"] = zipped([("a.npy", member)], zipfile.ZIP_BZIP2)
    files["nested"] = zipped([("inner", files["stored-one"]), ("end", files["stored-empty"])])
    files["trailing"] = files["stored-one"] + b"trailing" + files["stored-empty"][:10]
    files["cut-off"] = files["stored-two"][:-5]
    for i, (name, data) in enumerate(files.items()):
        write("npz", name + ".npz", data)
        for how in (0, 1), (2, 4), (8, 4), (16, 0), (32, 5), (5, 6):
            if (i + how[0]) % 3 == 0:
                write("npz_edit", f"{name}-{how[0]}", bytes([how[0], how[1], i % 8]) + data)


def main():
    for name, dtype in DTYPES.items():
        dtype = np.dtype(dtype)
        for shape, order in ((2, 3), "F"), ((3,), "C"), ((), "C"), ((0, 2), "C"):
            if shape != (2, 3) and name not in ("i4", "struct"):
                continue
            size = int(np.prod(shape)) * dtype.itemsize
            array = np.ndarray(shape, dtype, bytes(i * 37 % 128 for i in range(size)), order=order)
            file = saved(array)
            label = f"{name}-{'x'.join(map(str, shape)) or '0d'}"
            write("npy", label + ".npy", file)
            start = 10 if file[6] == 1 else 12
            length = int.from_bytes(file[8:start], "little")
            write("header", label, bytes([file[6]]) + file[start:start + length])
        write("dtype", name, str(dtype))
        write("literal", name, repr(np.lib.format.dtype_to_descr(dtype)))
    i4 = np.arange(4, dtype="<i4")
    for version in (2, 0), (3, 0):
        write("npy", f"version-{version[0]}.npy", saved(i4, version))
    write("npy", "two-arrays.npy", saved(i4) + saved(np.array(["a", "bc"])))
    write("npy", "trailing.npy", saved(i4) + b"trailing")
    write("npy", "cut-off.npy", saved(i4)[:-3])
    write("header", "python-2", b"\x01{'descr': '<f8', 'fortran_order': False, 'shape': (3L, 2L), }   \n")
    write("header", "odd", b"\x02 {\"shape\": ((0x3),), 'de' 'scr': u'\\x3ci4', 'fortran_order': False} # c\n")
    write("header", "escapes", b"\x03{'descr': [('\\u03bb\\n', '|V3')], 'fortran_order': True, 'shape': ()}")
    texts = """i4|<f8|>U5|M8[25s]|m8[D/24]|i4,f8|2i4|(2,3)f8,>u2|(1,)S3|float64|datetime64[ns]|T|O|a5|=i4|()i4|1i4,|
        ('<i4', (2, 3))|([('x', '<i4')], (2,))|[('x', 'i4', 2), ('y', 'S', 5)]|[('', 'V4'), ('x', 'i4')]|i3|float96|
        {'names': ['x', 'y'], 'formats': ['u1', '<f8'], 'offsets': [0, 8], 'itemsize': 16, 'aligned': True}|
        {'names': ['a', 'b'], 'formats': ['<i4', '<i2'], 'offsets': [0, 2], 'titles': ['t', None]}"""
    for i, text in enumerate(texts.replace("\n        ", "").split("|")):
        write("dtype", f"text-{i:02}", text)
    texts = """1|-1.5e-3|0x1F|1_000|3L|1+2j|-2j|'a' "b"|b'\\x00'|'''a'''|r'\\d'|u'\\u03bb'|'\\N{DIGIT ONE}'|(1,)|[1, [2]]|{1, 2}|
        {'a': {'b': (None, True, ...)}}|set()|(((1)))|{(1, 2): 3, 'a': 4, 'a': 5}| # c@( # d@1)@|'\\ud800'|1, 2,|b'a' b'\\''"""
    for i, text in enumerate(texts.replace("\n        ", "").split("|")):
        write("literal", f"text-{i:02}", text.replace("@", "\n"))
    raws = [
        ("<i4", "2,3", "C", ":, ::-1", 24), (">c8", "-1,2", "F", "0", 48), ("S3", "*", "C 1 2", "...", 9), ("V0", "2,2", "C", "None", 0),
        ("[('x', 'u1'), ('y', '>f8')]", "4", "C", "::2", 36), ("<U2", "2,1,2", "F 8", "1, ..., 0:9:3", 40), ("?", "", "C", "", 1),
        ("<i8", "28,28", "C", "", 100), ("f2", "0,3", "C", ":0", 0), ("<M8[s]", "-1", "C", "-1", 24), ("<f16", "2", "C 0 2", "1:0:-1", 32),
        ("(2,)i4", "3", "F", "0:1", 24), ("O", "2", "C", "", 16), ("i4", "-1,-1", "C", "", 8), ("i4", "2", "C 9 99", "", 8),
        ("i1,>i2", "1,1,1,1", "F", "..., None, 0", 3), ("S", "0", "C", "", 0), ("u1", "2,2,2", "F", "::-1, ::-1, ::-1", 8),
        ("<m8", "3", "C", "0:2", 24), ("<c32", "1", "C", "", 32), (">f4", "*", "F", "5:1:-2", 28), ("i4", "3", "C", "", 13),
    ]
    for i, (dtype, shape, rest, part, size) in enumerate(raws):
        write("raw", f"spec-{i:02}", f"{dtype}\n{shape}\n{rest}\n{part}\n".encode() + bytes(k * 37 % 128 for k in range(size)))
    archives()
    import seeds_pickle

    seeds_pickle.main()
    for folder in sorted(CORPUS.iterdir()):
        print(folder.name, len(list(folder.iterdir())))


if __name__ == "__main__":
    main()
