# Shared by every script of the harness. Runs on CPython 2.7 and 3.x and on every NumPy that the
# harness pins, so nothing here is newer than Python 2.7. Lines that hold "@@" are filled in by
# the harness.
import binascii
import hashlib
import io
import json
import os
import platform
import sys
import warnings

import numpy as np

warnings.simplefilter('ignore')
if hasattr(np, 'VisibleDeprecationWarning'):
    warnings.simplefilter('ignore', np.VisibleDeprecationWarning)

OUT = sys.argv[1]


def report(handle, row):
    # ASCII only: lone surrogates never reach a row as text.
    handle.write(json.dumps(row, sort_keys=True) + '\n')


def error_text(error):
    return '%s: %s' % (type(error).__name__, text_of(error))


def text_of(value):
    text = '%s' % (value,)
    return ''.join(c if ' ' <= c <= '~' else '?' for c in text)[:300]


def environment():
    long_double = np.finfo(np.longdouble)
    unicode_version = __import__('unicodedata').unidata_version
    return {
        'kind': 'environment',
        'numpy': np.__version__,
        'python': '%d.%d.%d' % sys.version_info[:3],
        'unicode': unicode_version,
        'byteorder': sys.byteorder,
        'machine': platform.machine(),
        'system': platform.system(),
        'long_double_bits': int(long_double.nmant),
        'long_double_itemsize': np.dtype(np.longdouble).itemsize,
    }


class Array(object):
    """One array of the matrix: its bytes are laid out here exactly as the harness says."""

    def __init__(self, name, type_index, shape, layout, offset, nbytes, period, encodings):
        self.name = name
        self.type_index = type_index
        self.shape = shape
        self.layout = layout
        self.offset = offset
        self.nbytes = nbytes
        self.period = period
        self.encodings = encodings

    def build(self):
        dtype = TYPES[self.type_index].dtype
        pattern = TYPES[self.type_index].pattern
        size = dtype.itemsize
        memory = bytearray(b'\xee' * max(self.nbytes, 1))

        def view(of):
            if isinstance(self.layout, str):
                return np.ndarray(self.shape, of, memory, self.offset, order=self.layout)
            return np.ndarray(self.shape, of, memory, self.offset, self.layout)

        count = 1
        for n in self.shape:
            count *= n
        if size and count:
            rows = len(pattern) // size
            first = (pattern * (self.period // rows + 1))[:self.period * size]
            elements = (first * (count // self.period + 1))[:count * size]
            items = 'V%d' % size
            # Element bytes, padding included: assigning whole structs would not copy padding.
            view(items)[...] = np.frombuffer(elements, items).reshape(self.shape)
        return view(dtype)


class Type(object):
    def __init__(self, name, make, pattern, used):
        self.name = name
        self.dtype = make()
        self.pattern = binascii.unhexlify(pattern)
        # None, or one character an element byte: '1' belongs to a field, '0' is padding.
        self.used = used

    def masked(self, data):
        """`data` with padding bytes zeroed."""
        if self.used is None or not data:
            return data
        mask = np.array([255 if c == '1' else 0 for c in self.used], np.uint8)
        rows = np.frombuffer(data, np.uint8).reshape(-1, len(mask))
        return (rows & mask).tobytes()


def c_bytes(array):
    """The elements in C order; tobytes changes the order of 32 dimensions at most before 2.4."""
    if array.ndim > 32:
        array = np.ascontiguousarray(array)
    return array.tobytes()


def write_encoding(array, encoding, path):
    if encoding.startswith('raw-'):
        with open(path, 'wb') as handle:
            handle.write(array.tobytes(encoding[4:]))
    elif encoding == 'npy':
        with open(path, 'wb') as handle:
            np.save(handle, array)
    else:
        major = int(encoding[4:5])
        with open(path, 'wb') as handle:
            np.lib.format.write_array(handle, array, version=(major, 0))


LOAD_OPTIONS = {}
try:
    _probe = io.BytesIO()
    np.save(_probe, np.zeros(1))
    _probe.seek(0)
    np.load(_probe, max_header_size=10000)
    LOAD_OPTIONS['max_header_size'] = 1 << 24
except TypeError:
    pass


TYPES = []
# @@TYPES@@
ARRAYS = []
# @@ARRAYS@@
