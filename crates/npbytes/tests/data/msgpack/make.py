"""Makes cases.txt: what msgpack-numpy 0.4.8 (msgpack 1.2.4, NumPy 1.26.4) packs, and what it reads of that again.

A line has the expression, how it was packed, the message, and for each array that `unpackb` returns its path, dtype,
shape and elements. What unpackb cannot read has the name of the error."""

import msgpack_numpy as m
import numpy as np

EXPRESSIONS = """\
np.arange(3, dtype='<i4')
np.arange(3, dtype='>i4')
np.asfortranarray(np.arange(6, dtype='<i2').reshape(2, 3))
np.arange(6, dtype='<i2').reshape(2, 3).T
np.zeros((0, 3))
np.array(5.0)
np.array([True, False])
np.array(['ab', 'c'])
np.array([b'ab'])
np.arange(300, dtype='u1')
np.array([(1, [0.5, 2]), (2, [3, 4])], dtype=[('x', '<i2'), ('y', '<f4', (2,))])
np.array([((1, 2), 3.5)], dtype=[('p', [('q', '<i2'), ('r', 'u1')]), ('z', '<f8')])
np.array([(1, 2)], dtype=np.dtype({'names': ['a', 'b'], 'formats': ['u1', '<i4']}, align=True))
np.array([([[1, 2], [3, 4]],)], dtype=[('m', '<i4', (2, 2))])
np.array([b'abc', b'de'], dtype='V3')
np.rec.array([(1, 2)])
np.matrix([[1, 2]])
np.ma.array([1, 2], mask=[0, 1])
np.bool_(True)
np.int64(5)
np.float32(1.5)
np.complex128(1 + 2j)
{'w': np.arange(3, dtype='<i4'), 'b': [np.float32(2), {'z': np.arange(2, dtype='u1')}, None, 1.5], b'k': np.int8(-1)}
[np.arange(2, dtype='u1'), 'text', -7, 2**40, {'it\\'s': np.arange(1, dtype='u1')}]
{'é': np.arange(2, dtype='u1')}
np.array([(1,)], dtype=[(('T', 'a'), 'u1')])
""".splitlines()


def arrays(value, path=""):
    if isinstance(value, (np.ndarray, np.generic)) and not isinstance(value, str):
        yield path, np.asarray(value)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from arrays(item, f"{path}[{key!r}]")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from arrays(item, f"{path}[{index}]")


with open("cases.txt", "w") as out:
    for expression in EXPRESSIONS:
        for use_bin_type in (True, False):
            message = m.packb(eval(expression), use_bin_type=use_bin_type)
            if len(message) > 1000 and not use_bin_type:
                continue
            try:
                found = list(arrays(m.unpackb(message, raw=not use_bin_type)))
                fields = [x for path, a in found for x in (path, str(a.dtype), str(a.shape), a.tobytes().hex())]
            except TypeError:
                fields = ["TypeError"]
            print(expression, f"use_bin_type={use_bin_type}", message.hex(), *fields, sep="\t", file=out)
