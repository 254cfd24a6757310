# Loads every pickle that npbytes wrote, and NumPy's own of the same case, and compares the two: values,
# dtypes with all that `==` leaves out, classes, flags, and which objects are one and the same. A row of
# OURS/cases.jsonl is one pickle of npbytes in OURS/pickles.bin beside one of NumPy in THEIRS/pickles.bin.
import collections
import datetime
import decimal
import fractions
import types

THEIRS = sys.argv[2]
OURS = sys.argv[3]


class Different(Exception):
    pass


class Comparer(object):
    """Walks two values at once."""

    def __init__(self):
        # The object of theirs that stands for each of ours, and the other way round.
        self.ours = {}
        self.theirs = {}
        self.kept = []

    def fail(self, path, what, *parts):
        raise Different('%s: %s' % (path or 'value', what % parts))

    def same(self, a, b, path=''):
        if type(a) is not type(b):
            self.fail(path, 'is a %s, expected a %s', type(a).__name__, type(b).__name__)
        if a is None or isinstance(a, (bool, int, type, types.FunctionType, types.BuiltinFunctionType)):
            if a != b and a is not b:
                self.fail(path, 'is %s, expected %s', text_of(a), text_of(b))
            return
        if isinstance(a, float) and not isinstance(a, np.generic):
            if __import__('struct').pack('>d', a) != __import__('struct').pack('>d', b):
                self.fail(path, 'is %r, expected %r', a, b)
            return
        # Texts and bytes are compared by value: which of them are one object is for the interpreter.
        if isinstance(a, (type(u''), bytes)) and not isinstance(a, np.generic):
            if a != b:
                self.fail(path, 'differs in text')
            return
        if a is b:
            # np.ma.masked, dtypes that there are once, functions.
            return
        if isinstance(a, tuple) and not a and not b:
            return
        known = self.ours.get(id(a)), self.theirs.get(id(b))
        if known != (None, None):
            if known != (id(b), id(a)):
                self.fail(path, 'is shared with something else')
            return
        self.kept.append((a, b))
        self.ours[id(a)] = id(b)
        self.theirs[id(b)] = id(a)
        self.inside(a, b, path)

    def inside(self, a, b, path):
        if isinstance(a, np.ma.MaskedArray):
            self.masked(a, b, path)
        elif isinstance(a, np.ndarray):
            self.array(a, b, path)
        elif isinstance(a, np.generic):
            self.dtype(a.dtype, b.dtype, path + '.dtype')
            if a.dtype.hasobject:
                self.same(a.item(), b.item(), path + '.item()')
            elif bytes_of(a) != bytes_of(b):
                self.fail(path, 'has other bytes')
        elif isinstance(a, np.dtype):
            self.dtype(a, b, path, entered=True)
        elif isinstance(a, (tuple, list, collections.deque)):
            self.items(list(a), list(b), path)
        elif isinstance(a, (set, frozenset)):
            # Hashable, so comparable; their order is what they were filled in.
            self.items(sorted(a, key=repr), sorted(b, key=repr), path)
        elif isinstance(a, dict):
            self.items(list(a.keys()), list(b.keys()), path + '.keys()')
            for (key, left), (_, right) in zip(a.items(), b.items()):
                self.same(left, right, '%s[%s]' % (path, text_of(repr(key))))
        elif isinstance(a, (bytearray, complex, slice, datetime.date, datetime.timedelta, decimal.Decimal,
                            fractions.Fraction, range if not PY2 else slice)):
            if a != b and repr(a) != repr(b):
                self.fail(path, 'is %s, expected %s', text_of(repr(a)), text_of(repr(b)))
        elif isinstance(a, np.random.RandomState):
            self.same(a.get_state(), b.get_state(), path + '.get_state()')
        elif hasattr(a, 'bit_generator'):
            self.same(a.bit_generator.state, b.bit_generator.state, path + '.state')
        elif isinstance(a, BaseException):
            self.same(a.args, b.args, path + '.args')
        elif isinstance(a, Slotted):
            self.same(a.first, b.first, path + '.first')
        elif not hasattr(a, '__dict__'):
            if repr(a) != repr(b):
                self.fail(path, 'is %s, expected %s', text_of(repr(a)), text_of(repr(b)))
        if getattr(a, '__dict__', None) and not isinstance(a, (np.memmap, np.ma.MaskedArray)):
            self.same(a.__dict__, b.__dict__, path)

    def items(self, a, b, path):
        if len(a) != len(b):
            self.fail(path, 'has %d items, expected %d', len(a), len(b))
        for index, (left, right) in enumerate(zip(a, b)):
            self.same(left, right, '%s[%d]' % (path, index))

    def dtype(self, a, b, path, entered=False):
        if not entered:
            return self.same(a, b, path)
        if a.subdtype is None and a.names is None:
            # Not by `==`: with objects inside of metadata it may not be defined.
            if repr(a) != repr(b) or a.str != b.str or a.alignment != b.alignment:
                self.fail(path, 'is %r, expected %r', a, b)
        if (a.itemsize, a.alignment, a.isalignedstruct, a.flags, a.type) != (
                b.itemsize, b.alignment, b.isalignedstruct, b.flags, b.type):
            self.fail(path, 'differs in itemsize, alignment, the aligned flag or flags')
        if (a.metadata is None) != (b.metadata is None):
            self.fail(path, 'metadata is %r, expected %r', a.metadata, b.metadata)
        if a.metadata is not None:
            self.same(dict(a.metadata), dict(b.metadata), path + '.metadata')
        if is_string(a):
            if a.coerce != b.coerce or hasattr(a, 'na_object') != hasattr(b, 'na_object'):
                self.fail(path, 'differs in coerce or na_object')
            if hasattr(a, 'na_object'):
                self.same(a.na_object, b.na_object, path + '.na_object')
        if a.subdtype is not None:
            if b.subdtype is None or a.subdtype[1] != b.subdtype[1]:
                self.fail(path, 'has another shape')
            self.dtype(a.subdtype[0], b.subdtype[0], path + '.base')
        if a.names != b.names:
            self.fail(path, 'has names %r, expected %r', a.names, b.names)
        for name in a.names or ():
            left, right = a.fields[name], b.fields[name]
            if left[1:] != right[1:]:
                self.fail(path, 'field %r has %r, expected %r', name, left[1:], right[1:])
            self.dtype(left[0], right[0], '%s[%r]' % (path, name))

    def array(self, a, b, path):
        self.dtype(a.dtype, b.dtype, path + '.dtype')
        if a.shape != b.shape:
            self.fail(path, 'has shape %r, expected %r', a.shape, b.shape)
        if a.strides != b.strides and a.size and a.dtype.itemsize:
            self.fail(path, 'has strides %r, expected %r', a.strides, b.strides)
        for flag in ('C_CONTIGUOUS', 'F_CONTIGUOUS', 'WRITEABLE', 'ALIGNED'):
            if a.flags[flag] != b.flags[flag]:
                self.fail(path, '%s is %s', flag, a.flags[flag])
        plain_a, plain_b = a.view(np.ndarray), b.view(np.ndarray)
        if a.dtype.hasobject or is_string(a.dtype):
            for index in range(a.size):
                self.same(plain_a.item(index), plain_b.item(index), '%s.flat[%d]' % (path, index))
        elif masked_bytes(plain_a) != masked_bytes(plain_b):
            self.fail(path, 'has other elements')

    def masked(self, a, b, path):
        if type(a.baseclass) is not type(b.baseclass) or a.baseclass is not b.baseclass:
            self.fail(path, 'has another base class')
        left, right = a.__getstate__(), b.__getstate__()
        if left[1] != right[1] or left[3] != right[3]:
            self.fail(path, 'has another shape or order')
        self.dtype(left[2], right[2], path + '.dtype')
        if left[4:6] != right[4:6]:
            self.fail(path, 'has other data or another mask')
        self.same(left[6], right[6], path + '.fill_value')


def used_bytes(dtype):
    """One byte each of an element: 255 where it belongs to a field, 0 where it is padding."""
    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        return np.tile(used_bytes(base), int(np.prod(shape)))
    used = np.zeros(dtype.itemsize, np.uint8)
    if dtype.names is None:
        used[:] = 255
    for name in dtype.names or ():
        field, offset = dtype.fields[name][:2]
        used[offset:offset + field.itemsize] |= used_bytes(field)
    return used


MASKS = {}


def masked_bytes(array):
    """The elements in C order; NumPy leaves padding to chance wherever it copies element by element."""
    data = c_bytes(array)
    if array.dtype.names is None or not data:
        return data
    key = repr(array.dtype)
    if key not in MASKS:
        used = used_bytes(array.dtype)
        MASKS[key] = None if used.all() else used
    if MASKS[key] is None:
        return data
    return (np.frombuffer(data, np.uint8).reshape(-1, array.dtype.itemsize) & MASKS[key]).tobytes()


def bytes_of(scalar):
    data = scalar.__reduce__()[1][1]
    if isinstance(scalar, (np.longdouble, np.clongdouble)):
        # Six bytes of each are padding.
        return repr(scalar)
    if isinstance(scalar, np.void):
        return masked_bytes(np.array(scalar))
    return data


def read_blob(folder):
    with open(os.path.join(folder, 'pickles.bin'), 'rb') as handle:
        return handle.read()


def piece(blob, place):
    return blob[place[0]:place[0] + place[1]]


def load(blob, row, word):
    data = piece(blob, row['at'])
    if word == 'npz':
        with np.load(io.BytesIO(data), allow_pickle=True) as archive:
            return [(name, archive[name]) for name in archive.files]
    if word == 'npy':
        handle = io.BytesIO(data)
        loaded = np.load(handle, allow_pickle=True)
        if handle.read(1):
            raise Different('bytes follow the data')
        return loaded
    if row.get('buffers') is None:
        return loads(data)
    buffers = [piece(blob, place) if place[2] else bytearray(piece(blob, place)) for place in row['buffers']]
    return loads(data, buffers)


def main():
    theirs_blob, ours_blob = read_blob(THEIRS), read_blob(OURS)
    theirs = {}
    with open(os.path.join(THEIRS, 'manifest.jsonl')) as handle:
        for line in handle:
            if line.startswith('{"kind": "loaded"'):
                continue
            row = json.loads(line)
            if row['kind'] == 'file':
                theirs[row['name'], row['form']] = row
            for dump in row.get('dumps', []):
                theirs[row['name'], dump['word']] = dump
    answers = open(OUT, 'w')
    report(answers, environment())
    with open(os.path.join(OURS, 'cases.jsonl')) as handle:
        for line in handle:
            ours = json.loads(line)
            word = ours['word']
            answer = {'kind': 'loaded-back', 'name': ours['name'], 'word': word}
            try:
                expected = theirs[ours['name'], word]
                Comparer().same(load(ours_blob, ours, word), load(theirs_blob, expected, word))
            except Different as error:
                answer['problem'] = text_of(error)
            except Exception as error:
                answer['problem'] = error_text(error)
            report(answers, answer)
    answers.close()


main()
