# Stands between common.py and the scripts that make and load pickles: every value that is pickled, by
# name. The arrays of the matrix come first; the rest is made by the functions below, in families.
import math
import pickle
import tempfile

PY2 = sys.version_info[0] == 2
NUMPY = tuple(int(part) for part in np.__version__.split('.')[:2])
if os.environ.get('PYTHONHASHSEED') != '0':
    # Sets of texts are pickled in the order of their hashes.
    os.environ['PYTHONHASHSEED'] = '0'
    os.execv(sys.executable, [sys.executable] + sys.argv)

if PY2:
    import cPickle
    chr = unichr
    PICKLERS = [('', cPickle), ('-py', pickle)]
else:
    PICKLERS = [('', pickle)]

# The words of the ways to pickle. '5-out' hands buffers out; '-py' is the pickler written in Python.
WORDS = []
for _protocol in range(pickle.HIGHEST_PROTOCOL + 1):
    for _suffix, _ in PICKLERS:
        WORDS.append('%d%s' % (_protocol, _suffix))
if pickle.HIGHEST_PROTOCOL >= 5:
    WORDS.append('5-out')


def dumps(value, word, buffers=None):
    if word == '5-out':
        return pickle.dumps(value, 5, buffer_callback=buffers.append)
    module = pickle
    for suffix, candidate in PICKLERS:
        if word[1:] == suffix:
            module = candidate
    return module.dumps(value, int(word[0]))


def loads(data, buffers=None):
    if PY2:
        return cPickle.loads(data)
    if buffers is not None:
        return pickle.loads(data, buffers=buffers)
    return pickle.loads(data)


class Value(object):
    """One thing to pickle, made anew each time it is asked for."""

    def __init__(self, family, name, make):
        self.family = family
        self.name = name
        self.make = make


VALUES = []


def add(family, name, make):
    VALUES.append(Value(family, '%s.%s' % (family, name), make))


def value(family, name):
    def decorator(make):
        add(family, name, make)
        return make
    return decorator


def text(*points):
    """A text made at run time."""
    return u''.join([chr(point) for point in points])


def fresh(text):
    """An equal text that is another object, where the length allows that."""
    half = len(text) // 2
    return text[:half] + text[half:] if len(text) > 1 else text


def has(path):
    found = np
    for part in path.split('.'):
        found = getattr(found, part, None)
    return found is not None


def is_string(dtype):
    return has('dtypes.StringDType') and isinstance(dtype, np.dtypes.StringDType)


# ---------------------------------------------------------------------------------------------------
# Plain values
# ---------------------------------------------------------------------------------------------------

def plain():
    edges = [0, 1, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 2**31 - 1, 2**31, 2**32, 2**39, 2**63 - 1,
             2**63, 2**64 - 1, 2**64, 2**127, 2**2039, 2**2040, 2**2047, 10**300]
    for number in edges:
        for sign in (1, -1):
            for step in (0, 1):
                one = sign * number - step
                name = 'int%+d' % one if abs(one) < 2**65 else 'int-%d-%d-%d' % (sign, number.bit_length(), step)
                if not any(known.name == 'plain.' + name for known in VALUES):
                    add('plain', name, lambda one=one: one)
    floats = [0.0, -0.0, 1.0, 1.5, -2.25, 0.1, 1e16, 1e17, 1e22, 1e23, 123456789.125, 5e-324, 2.2250738585072014e-308,
              1.7976931348623157e308, float('inf'), float('-inf'), float('nan'), 1e-5, 0.0001, 1 / 3.0]
    for index, one in enumerate(floats):
        add('plain', 'float-%d' % index, lambda one=one: one)
    add('plain', 'complex', lambda: 1.5 - 2j)
    add('plain', 'complex-special', lambda: complex(float('-inf'), float('nan')))
    for one in (None, True, False):
        add('plain', '%s' % (one,), lambda one=one: one)
    texts = {
        'empty': u'', 'one': chr(98), 'latin1-one': chr(0xe9), 'two': text(97, 98), 'greek-one': text(0x3bb),
        'latin1': text(0x80, 0xff, 0xe9), 'last-latin1': text(0xff, 0x100), 'astral': text(97, 0x1f600, 0x10ffff),
        'controls': text(*range(32)), 'escapes': text(92, 117, 0, 10, 13, 0x1a, 92, 92, 39, 34),
        'private': text(0xe000, 0xfffe, 0xffff), 'nul': text(0), 'newline': text(10),
    }
    if not PY2:
        texts.update({
            'lone-surrogate': text(0xd800), 'surrogates': text(97, 0xdfff, 0xd800, 0x20),
            'surrogate-pair': text(0xd83d, 0xde00),
        })
    for name in sorted(texts):
        add('plain', 'str-%s' % name, lambda one=texts[name]: one)
    for count in (254, 255, 256, 257, 65535, 65536, 65537):
        add('plain', 'str-x%d' % count, lambda count=count: u'x' * count)
    for count in (127, 128, 32767, 32768):
        add('plain', 'str-two-bytes-x%d' % count, lambda count=count: text(0xe9) * count)
    add('plain', 'str-three-bytes-x21846', lambda: text(0x20ac) * 21846)
    if PY2:
        return
    for count in (0, 1, 2, 254, 255, 256, 257, 65535, 65536, 65537):
        add('plain', 'bytes-x%d' % count, lambda count=count: b'b' * count)
        add('plain', 'bytearray-x%d' % count, lambda count=count: bytearray(b'b' * count))
    add('plain', 'bytes-all', lambda: bytes(bytearray(range(256))))
    add('plain', 'bytes-high-x40000', lambda: b'\xe9' * 40000)
    add('plain', 'bytes-one-high', lambda: b'\xe9')
    add('plain', 'bytearray-all', lambda: bytearray(range(256)))
    add('plain', 'bytes-twice', lambda: [b'abc'] * 2)
    add('plain', 'bytes-empty-twice', lambda: [b'', b'x'[1:]])
    add('plain', 'bytes-one-twice', lambda: [b'a', b'xa'[1:], b'b', chr(97), chr(98)])
    add('plain', 'bytearray-twice', lambda: [bytearray(b'abc')] * 2)
    add('plain', 'bytearray-empty-twice', lambda: [bytearray(), bytearray()])
    if pickle.HIGHEST_PROTOCOL >= 5:
        add('plain', 'buffer-readonly', lambda: pickle.PickleBuffer(b'abc'))
        add('plain', 'buffer-writable', lambda: pickle.PickleBuffer(bytearray(b'abc')))
        add('plain', 'buffer-empty', lambda: pickle.PickleBuffer(b''))
        add('plain', 'buffer-one', lambda: pickle.PickleBuffer(b'b'))
        add('plain', 'buffers', lambda: [pickle.PickleBuffer(b'abc'), pickle.PickleBuffer(bytearray(70000)), b'abc'])


def twice(one):
    return [one, one]


def containers():
    sizes = (0, 1, 2, 3, 4, 999, 1000, 1001, 2000, 2001)
    for size in sizes:
        add('containers', 'list-%d' % size, lambda size=size: list(range(size)))
        add('containers', 'tuple-%d' % size, lambda size=size: tuple(range(size)))
        add('containers', 'dict-%d' % size, lambda size=size: dict((k, -k) for k in range(size)))
        add('containers', 'set-%d' % size, lambda size=size: set(range(size)))
        add('containers', 'frozenset-%d' % size, lambda size=size: frozenset(range(size)))
        add('containers', 'list-of-arrays-%d' % size,
            lambda size=size: [np.array([k], '<i2') for k in range(size)])
    add('containers', 'list-3001', lambda: [None] * 3001)
    add('containers', 'list-of-texts-1001', lambda: [u'item %d' % k for k in range(1001)])
    add('containers', 'dict-of-texts', lambda: dict((u'key %03d' % k, u'value') for k in range(30)))
    for depth in (1, 2, 5, 30):
        add('containers', 'nested-lists-%d' % depth, lambda depth=depth: nested(depth, lambda x: [x]))
        add('containers', 'nested-tuples-%d' % depth, lambda depth=depth: nested(depth, lambda x: (x, depth)))
        add('containers', 'nested-dicts-%d' % depth, lambda depth=depth: nested(depth, lambda x: {u'in': x}))
    add('containers', 'mixed', lambda: {
        u'none': None, u'flag': True, 3: 4.5, (1, u'two'): [set([5]), frozenset([6])], u'deep': {u'er': [(), [], {}]},
    })
    shared = [
        ('str', lambda: text(97, 98, 99)), ('list', lambda: [1, 2]), ('tuple', lambda: (1, 2)),
        ('long-tuple', lambda: (1, 2, 3, 4)), ('empty-tuple', lambda: ()), ('dict', lambda: {u'a key': 1}),
        ('set', lambda: set([1])), ('frozenset', lambda: frozenset([1])), ('complex', lambda: complex(1, 2)),
        ('float', lambda: 2.5), ('big-int', lambda: 1 << 80), ('empty-list', lambda: []), ('empty-dict', lambda: {}),
        ('array', lambda: np.arange(3)), ('scalar', lambda: np.float32(1.5)), ('dtype', lambda: np.dtype('>i4')),
        ('object-array', lambda: np.array([1, None], object)), ('matrix', lambda: np.matrix([[1, 2]])),
        ('masked', lambda: np.ma.array([1, 2], mask=[0, 1])), ('f-array', lambda: np.ones((2, 3), order='F')),
        ('readonly', lambda: readonly(np.arange(3))),
    ]
    for name, make in shared:
        add('containers', 'same-%s-twice' % name, lambda make=make: twice(make()))
        add('containers', 'equal-%s-twice' % name, lambda make=make: [make(), make()])
        add('containers', 'same-%s-in-dict' % name, lambda make=make: dict(zip((u'first', u'second'), twice(make()))))
    add('containers', 'equal-texts', lambda: [fresh(u'some text'), fresh(u'some text')])
    add('containers', 'keys-shared', keys_shared)
    add('containers', 'keys-equal', lambda: [{fresh(u'weight'): 1}, {fresh(u'weight'): 2}])
    add('containers', 'deep-sharing', deep_sharing)
    add('containers', 'many-memos', lambda: [[u'text %d' % k] for k in range(300)] + twice(u'last one'))
    add('containers', 'late-memo', late_memo)
    for name in ('list', 'dict', 'tuple', 'object-array', 'set'):
        add('containers', 'cyclic-%s' % name, lambda name=name: cyclic(name))


def nested(depth, wrap):
    found = u'bottom'
    for _ in range(depth):
        found = wrap(found)
    return found


def keys_shared():
    key = fresh(u'weight')
    return [{key: 1}, {key: 2}, key]


def deep_sharing():
    inner = {u'list': [1, 2, 3]}
    pair = (inner, inner[u'list'])
    return [pair, {u'pair': pair, u'inner': inner}, (pair,)]


def late_memo():
    """Memo numbers past one byte, in gets."""
    last = [u'text %d' % k for k in range(400)]
    return last + last


def cyclic(name):
    if name == 'list':
        one = [1]
        one.append(one)
    elif name == 'dict':
        one = {}
        one[u'self'] = one
    elif name == 'tuple':
        inner = []
        one = (inner, 1)
        inner.append(one)
    elif name == 'set':
        inner = []
        one = [frozenset([1]), inner]
        inner.append(one)
    else:
        one = np.empty(2, object)
        one[0] = one
        one[1] = 5
    return one


def readonly(array):
    array.flags.writeable = False
    return array


def named_fields():
    """Names as they stand in a source, beside the texts that the pickler has for itself."""
    add('containers', 'arrays-of-named-fields', lambda: [
        np.zeros(2, [('b', '<i2')]), np.zeros((2, 2), [('F', '<i2')], order='F'), np.zeros(2, [('C', '<i2')]),
        np.zeros(2, [('s', 'M8[s]')]), np.zeros(2, [('numpy', '<i2')]), np.zeros(2, [('dtype', '<i2')]),
        np.zeros(2, [('latin1', '<i2'), ('ndarray', 'u1')])])
    for name in ('b', 'C', 'F', 's', 'numpy', 'dtype'):
        add('containers', 'array-of-field-%s' % code_word(name), lambda name=name: np.zeros(2, [(name, '<i2')]))


def containers_of_arrays():
    named_fields()
    def both(name, make):
        add('containers', 'arrays-%s' % name, make)

    both('dict', lambda: {u'weights': np.arange(6.0).reshape(2, 3), u'bias': np.zeros(3, '>f4'), u'count': np.int64(7)})
    both('tuple', lambda: (np.arange(3), np.arange(3)))
    both('nested', lambda: {u'layers': [{u'weights': np.eye(2), u'bias': np.ones(2)} for _ in range(3)], u'meta': (u'v1', None)})
    both('same-dtype-object', same_dtype_object)
    both('equal-dtypes', lambda: [np.zeros(2, '>i4'), np.zeros(2, '>i4'), np.zeros(1, 'S3'), np.zeros(1, 'S3')])
    both('native-dtypes', lambda: [np.zeros(2, '<i4'), np.ones(2, 'i4'), np.dtype('i4'), np.int32(5), np.zeros((), 'i4')])
    both('views', views)
    both('of-bytes', lambda: [np.array([98], 'u1'), np.array([98], 'i1'), np.array([97], 'u1'), b'a', np.zeros(0, 'u1'), b''])
    both('of-texts', lambda: [np.array([u'abc']), np.array([u'abc']), u'U3', u'<'])
    both('structs-with-one-dtype', structs_with_one_dtype)
    both('structs-with-equal-dtypes', lambda: [np.zeros(1, struct()), np.zeros(2, struct()), struct()])
    both('fields-with-one-dtype', fields_with_one_dtype)
    both('dates', lambda: [np.array([1, 2], 'M8[s]'), np.array([1], 'm8[s]'), np.array([1], 'M8[ms]'), np.array(['NaT'], 'M8')])
    both('of-every-kind', lambda: [np.zeros(2, code) for code in '?bBhHiIlLefdFD'] + [
        np.zeros(2, code) for code in ('S3', 'U2', 'V5', 'M8[D]', 'm8[h]', 'O')])
    both('scalars', lambda: [np.float64(1.5), np.float64(2.5), np.str_(u'ab'), np.str_(u'ab'), np.datetime64(3, 's')])
    both('orders', lambda: [np.ones((2, 3), order='F'), np.ones((2, 3)), np.arange(24.).reshape(2, 3, 4).transpose(2, 0, 1),
                            np.arange(10)[::2], np.arange(10)[::-1], np.broadcast_to(np.arange(3), (2, 3)), np.array(5)])
    both('readonly', lambda: [readonly(np.arange(3)), np.arange(3), np.frombuffer(b'abcd', 'u1')])
    both('beside-texts', lambda: [np.array([1, 2], 'u1'), u'numpy-ish', u'ndarray', u'_reconstruct', u'latin-1'])
    both('large', lambda: {u'one': np.zeros(9000), u'two': np.arange(40000, dtype='u2'), u'three': [np.zeros(65536, 'u1')] * 2})
    both('keys-like-codes', lambda: dict((chr(c), np.array([c], 'u1')) for c in range(60, 70)))
    both('subclasses', lambda: [np.matrix([[1]]), np.arange(2).view(np.recarray), np.ma.array([1], mask=[1]), np.arange(2)])
    both('objects', lambda: [np.array([u'key', 1], object), np.array([[1], [2]], object), u'key'])
    both('object-array-with-itself-shared', objects_sharing)
    both('dtypes', lambda: [np.dtype('<f8'), np.dtype('<f8'), np.dtype('>f8'), np.dtype('S1'), np.dtype('O'), np.dtype('M8[us]')])
    both('classes', lambda: [np.ndarray, np.dtype, np.float64, np.arange(2)])


def same_dtype_object():
    dtype = np.dtype('>i4')
    return [np.zeros(2, dtype), np.zeros(3, dtype), dtype]


def views():
    base = np.arange(12, dtype='<i4').reshape(3, 4)
    return [base, base[:2], base.T, base[1], base.view('u1'), base.ravel(), base]


def struct():
    return np.dtype([('first', '<i4'), ('second', '>f8')])


def structs_with_one_dtype():
    dtype = struct()
    return [np.zeros(1, dtype), np.zeros((2, 2), dtype), np.zeros(1, dtype)[0], dtype, dtype['second']]


def fields_with_one_dtype():
    inner = np.dtype('>f8')
    dtype = np.dtype([('left', inner), ('right', inner), ('block', inner, (2,))])
    return [np.zeros(1, dtype), np.zeros(1, inner)]


def objects_sharing():
    inner = [1, 2]
    array = np.empty(3, object)
    array[0] = inner
    array[1] = inner
    array[2] = {u'inner': inner}
    return [array, inner, array]


def frames():
    for count in (65500, 65524, 65535, 65536, 65537, 131072):
        add('frames', 'u1-%d' % count, lambda count=count: np.zeros(count, 'u1'))
        add('frames', 'u1-readonly-%d' % count, lambda count=count: readonly(np.zeros(count, 'u1')))
    for count in (65535, 65536):
        add('frames', 'u1-high-%d' % count, lambda count=count: np.full(count, 0xe9, 'u1'))
        add('frames', 'list-of-bytes-%d' % count, lambda count=count: [u'before', b'x' * count, u'after', b'y'])
        add('frames', 'list-of-texts-%d' % count, lambda count=count: [u'before', u'x' * count, u'after'])
        add('frames', 'objects-%d' % count, lambda count=count: np.array([1, u'x' * count, None], object))
        add('frames', 'two-arrays-%d' % count, lambda count=count: [np.ones(count, 'u1'), np.ones(count, 'i1'), 1])
        add('frames', 'f-order-%d' % count, lambda count=count: np.ones((count, 2), 'u1', order='F'))
        add('frames', 'bytearray-%d' % count, lambda count=count: [bytearray(count), 1])
        add('frames', 'matrix-%d' % count, lambda count=count: np.matrix(np.ones((1, count), 'u1')))
        add('frames', 'scalar-%d' % count, lambda count=count: np.bytes_(b'x' * count))
        add('frames', 'masked-%d' % count, lambda count=count: np.ma.array(np.ones(count, 'u1'), mask=False))
        add('frames', 'dates-%d' % count, lambda count=count: np.zeros(count // 8, 'M8[s]'))
    add('frames', 'ints', lambda: list(range(100000, 130000)))
    add('frames', 'texts', lambda: [u'some text number %d' % k for k in range(5000)])
    add('frames', 'nones', lambda: [None] * 70000)
    add('frames', 'tuples', lambda: [(k, k) for k in range(20000)])
    add('frames', 'dict', lambda: dict((u'key %d' % k, k * 0.5) for k in range(6000)))
    add('frames', 'arrays', lambda: [np.arange(k % 50) for k in range(900)])
    add('frames', 'object-array', lambda: np.array([u'item %d' % (k % 700) for k in range(9000)], object))
    add('frames', 'memo-hits', lambda: [u'a text to remember'] * 40000)
    # The end of a frame at each of the bytes around the target.
    for count in range(65515, 65540, 3):
        add('frames', 'tail-%d' % count, lambda count=count: [b'x' * count, 1, (2, 3), u'end'])


# ---------------------------------------------------------------------------------------------------
# Scalars and dtypes
# ---------------------------------------------------------------------------------------------------

def scalars():
    numbers = {
        '?': [True, False], 'b': [0, 98, -1, -128], 'B': [0, 98, 255], 'h': [0, -2, 32767], 'H': [65535],
        'i': [0, 98, -2**31], 'I': [2**32 - 1], 'l': [0, 2**62, -1], 'L': [2**64 - 1], 'q': [-5], 'Q': [5],
        'e': [1.5, float('nan')], 'f': [1.5, float('inf')], 'd': [1.5, -0.0, float('nan'), 1e300],
        'F': [1 + 2j], 'D': [1 - 2j, complex(float('nan'), 0)],
    }
    for code in sorted(numbers):
        for index, number in enumerate(numbers[code]):
            add('scalars', '%s-%d' % (code_word(code), index), lambda c=code, n=number: np.dtype(c).type(n))
    for length in (0, 1, 3, 255, 256):
        add('scalars', 'str-%d' % length, lambda n=length: np.str_(u'x' * n))
        add('scalars', 'bytes-%d' % length, lambda n=length: np.bytes_(b'x' * n))
        add('scalars', 'void-%d' % length, lambda n=length: np.zeros(1, 'V%d' % max(n, 1))[0])
    add('scalars', 'str-wide', lambda: np.str_(text(0x3bb, 0x1f600)))
    add('scalars', 'bytes-nul', lambda: np.bytes_(b'a\0b'))
    add('scalars', 'bytes-high', lambda: np.bytes_(b'\xe9\xff'))
    for unit in ('generic', 'Y', 'M', 'W', 'D', 'h', 'm', 's', 'ms', 'us', 'ns', 'ps', 'fs', 'as'):
        if unit != 'generic':
            add('scalars', 'date-%s' % unit_word(unit), lambda u=unit: np.datetime64(12345, u))
            add('scalars', 'span-25%s' % unit_word(unit), lambda u=unit: np.timedelta64(-5, (u, 25)))
        add('scalars', 'span-%s' % unit_word(unit), lambda u=unit: np.timedelta64(98, u))
    add('scalars', 'date-nat', lambda: np.datetime64('NaT'))
    add('scalars', 'date-nat-ns', lambda: np.datetime64('NaT', 'ns'))
    add('scalars', 'struct', lambda: np.array([(1, 2.5)], struct())[0])
    if NUMPY >= (1, 20):
        # Before that, loading one ends the process.
        add('scalars', 'struct-objects', lambda: np.array([(1, [u'in', None])], [('number', '<i4'), ('thing', 'O')])[0])
    add('scalars', 'struct-aligned', lambda: np.zeros(1, np.dtype([('tiny', 'i1'), ('wide', 'f8')], align=True))[0])
    add('scalars', 'record', lambda: np.rec.array([(1, 2.5)], dtype=struct())[0])
    add('scalars', 'from-be-array', lambda: np.zeros(1, '>f8')[0])
    for index, this in enumerate(TYPES):
        if index_worth(this):
            add('scalars', 'of-%s' % this.name, lambda this=this: np.frombuffer(
                this.pattern, this.dtype)[3] if this.dtype.itemsize else np.zeros(1, this.dtype)[0])


def index_worth(this):
    return not this.name.startswith(('header-', 'fields-3700'))


def code_word(code):
    """File systems and tables may not tell `B` from `b`."""
    return code if code.islower() or not code.isalpha() else '%s-upper' % code.lower()


def unit_word(unit):
    return 'month' if unit == 'M' else unit


def dtypes():
    for this in TYPES:
        if index_worth(this):
            add('dtypes', 'of-%s' % this.name, lambda this=this: this.dtype)
    for code in '?bBhHiIlLqQefdgFDGSUVOmM':
        add('dtypes', 'code-%s' % code_word(code), lambda c=code: np.dtype(c))
    add('dtypes', 'metadata', lambda: np.dtype('<f4', metadata={u'unit name': u'metres'}))
    add('dtypes', 'metadata-empty', lambda: np.dtype('<f4', metadata={}))
    add('dtypes', 'metadata-nested', lambda: np.dtype([('length', np.dtype('<f4', metadata={u'unit name': [1, None]}))]))
    add('dtypes', 'metadata-on-struct', lambda: np.dtype([('length', '<f4')], metadata={u'of': (1, 2.5)}))
    add('dtypes', 'metadata-on-date', lambda: np.dtype('M8[ns]', metadata={u'zone': u'UTC'}))
    add('dtypes', 'metadata-on-text', lambda: np.dtype('U3', metadata={u'lang': u'en'}))
    add('dtypes', 'metadata-on-object', lambda: np.dtype('O', metadata={u'vlen': u'text'}))
    add('dtypes', 'record', lambda: np.dtype((np.record, struct())))
    add('dtypes', 'record-in-struct', lambda: np.dtype([('inner', np.dtype((np.record, struct())))]))
    add('dtypes', 'objects', lambda: np.dtype([('number', '<i4'), ('thing', 'O')]))
    add('dtypes', 'objects-aligned', lambda: np.dtype([('tiny', 'i1'), ('thing', 'O')], align=True))
    add('dtypes', 'objects-and-texts', lambda: np.dtype([('text', 'U3'), ('thing', 'O'), ('block', 'O', (2,))]))
    add('dtypes', 'two-native-fields', lambda: np.dtype([('left', '<f8'), ('right', '<f8')]))
    add('dtypes', 'two-swapped-fields', lambda: np.dtype([('left', '>f8'), ('right', '>f8')]))
    add('dtypes', 'same-name-twice', same_name_twice)
    for name in ('b', 'C', 'F', 's', 'i', 'z', 'numpy', 'dtype', 'latin1', 'with space', '_reconstruct'):
        add('dtypes', 'field-%s' % code_word(name), lambda name=name: np.dtype([(name, '<i2')]))
    add('dtypes', 'equal-names', lambda: [np.dtype([('inner', [('inner', '<i4')])]), np.dtype([('inner', '<i2')])])
    add('dtypes', 'titles', lambda: np.dtype([(('A title', 'first'), '<i4'), (('Other', 'second'), '>i4')]))
    if has('dtypes.StringDType'):
        make = np.dtypes.StringDType
        add('dtypes', 'string', lambda: make())
        add('dtypes', 'string-strict', lambda: make(coerce=False))
        add('dtypes', 'string-none', lambda: make(na_object=None))
        add('dtypes', 'string-nan', lambda: make(na_object=float('nan')))
        add('dtypes', 'string-np-nan', lambda: make(na_object=np.nan, coerce=False))
        add('dtypes', 'string-text', lambda: make(na_object=fresh(u'missing')))


def same_name_twice():
    name = fresh('inner')
    return np.dtype([(name, [(name, '<i4')])])


# ---------------------------------------------------------------------------------------------------
# Classes of arrays
# ---------------------------------------------------------------------------------------------------

def memmap(mode, shape, dtype='<i4', order='C'):
    handle, path = tempfile.mkstemp()
    os.write(handle, np.arange(int(np.prod(shape)), dtype=dtype).tobytes() + b'\0' * 16)
    os.close(handle)
    array = np.memmap(path, dtype, mode, 0, shape, order)
    os.unlink(path)
    return array


class Labelled(np.ndarray):
    """A subclass with a state of its own, as libraries define them."""

    def __array_finalize__(self, other):
        self.label = getattr(other, 'label', None)


def labelled():
    array = np.arange(3).view(Labelled)
    array.label = u'kept'
    return array


def classes():
    bases = [
        ('i4', lambda: np.arange(6, dtype='<i4').reshape(2, 3)),
        ('f8-F', lambda: np.asfortranarray(np.arange(6.0).reshape(2, 3))),
        ('be', lambda: np.arange(6, dtype='>i2').reshape(2, 3)),
        ('sliced', lambda: np.arange(24.0).reshape(4, 6)[::2, ::2]),
        ('empty', lambda: np.zeros((0, 3))),
        ('dates', lambda: np.arange(6).astype('M8[s]').reshape(2, 3)),
        ('objects', lambda: np.array([[1, u'two', None]], object)),
        ('struct', lambda: np.zeros((2, 1), struct())),
        ('readonly', lambda: readonly(np.arange(4.0).reshape(2, 2))),
        ('one-byte', lambda: np.array([[98]], 'u1')),
    ]
    for name, make in bases:
        add('classes', 'matrix-%s' % name, lambda make=make: make().view(np.matrix))
        add('classes', 'recarray-%s' % name, lambda make=make: make().view(np.recarray))
        add('classes', 'labelled-%s' % name, lambda make=make: make().view(Labelled))
    add('classes', 'recarray-built', lambda: np.rec.array([(1, u'ab', 2.5), (2, u'c', 0.5)], names='num,txt,val'))
    add('classes', 'recarray-0d', lambda: np.rec.array([(1, 2.5)], dtype=struct())[:1].reshape(()))
    add('classes', 'record-dtype-plain-array', lambda: np.zeros(2, np.dtype((np.record, struct()))))
    for mode in ('r', 'r+', 'c'):
        add('classes', 'memmap-%s' % mode, lambda mode=mode: memmap(mode, (2, 3)))
    add('classes', 'memmap-F', lambda: memmap('r', (2, 3), order='F'))
    add('classes', 'memmap-be', lambda: memmap('r', (4,), '>u2'))
    add('classes', 'memmap-slice', lambda: memmap('r', (6,))[1:4])
    add('classes', 'chararray', lambda: np.char.array([b'ab', b'c']))
    add('classes', 'chararray-unicode', lambda: np.char.array([u'ab', text(0x3bb)]))
    add('classes', 'chararray-F', lambda: np.asfortranarray(np.array([[b'a', b'b'], [b'c', b'd']])).view(np.chararray))
    add('classes', 'labelled-state', labelled)


def masked():
    make = np.ma.array
    f8 = [1.5, 2.5, 3.5]
    add('masked', 'plain', lambda: make(f8, mask=[0, 1, 0]))
    add('masked', 'no-mask', lambda: make(f8))
    add('masked', 'all', lambda: make(f8, mask=True))
    add('masked', 'fill-value', lambda: make(f8, mask=[0, 1, 0], fill_value=-9.0))
    add('masked', 'fill-value-used', used_fill_value)
    add('masked', 'int-fill', lambda: make(np.arange(3, dtype='<i2'), mask=[1, 0, 0], fill_value=-1))
    add('masked', 'u1-fill-b', lambda: make(np.array([98], 'u1'), mask=[0], fill_value=98))
    add('masked', '2d', lambda: make(np.arange(6.0).reshape(2, 3), mask=np.eye(2, 3)))
    add('masked', '2d-F', lambda: make(np.arange(6.0).reshape(3, 2).T, mask=np.eye(2, 3)))
    add('masked', '2d-F-fill', lambda: make(np.arange(6.0).reshape(3, 2).T, mask=np.eye(2, 3), fill_value=0))
    add('masked', 'sliced', lambda: make(np.arange(6.0), mask=[0, 1] * 3)[::2])
    add('masked', '0d', lambda: make(5.0, mask=True))
    add('masked', '0d-clear', lambda: make(5, mask=False))
    add('masked', 'empty', lambda: make(np.zeros((0, 2)), mask=np.zeros((0, 2))))
    add('masked', 'text', lambda: make([u'abc', u'd'], mask=[0, 1]))
    add('masked', 'text-fill', lambda: make([u'abc', u'd'], mask=[0, 1], fill_value=u'N/A'))
    add('masked', 'bytes', lambda: make([b'abc', b'd'], mask=[0, 1]))
    add('masked', 'dates', lambda: make(np.array([1, 2], 'M8[D]'), mask=[0, 1]))
    add('masked', 'dates-fill', lambda: make(np.array([1, 2], 'M8[D]'), mask=[0, 1], fill_value=np.datetime64(5, 'D')))
    add('masked', 'be', lambda: make(np.array([1, 2], '>i4'), mask=[0, 1]))
    add('masked', 'be-fill', lambda: make(np.array([1, 2], '>i4'), mask=[0, 1], fill_value=7))
    add('masked', 'bool', lambda: make([True, False], mask=[0, 1]))
    add('masked', 'complex', lambda: make([1 + 2j, 3], mask=[0, 1]))
    add('masked', 'hard', lambda: make(f8, mask=[0, 1, 0], hard_mask=True))
    add('masked', 'struct', lambda: make(np.zeros(2, struct()), mask=[(0, 1), (1, 0)]))
    add('masked', 'struct-fill', lambda: make(np.zeros(2, struct()), mask=[(0, 1), (1, 0)], fill_value=(5, 6.5)))
    add('masked', 'nested-struct', lambda: make(np.zeros(1, [('outer', [('inner', '<i2')]), ('block', '<f4', (2,))])))
    add('masked', 'of-matrix', lambda: make(np.matrix([[1, 2]]), mask=[[0, 1]]))
    add('masked', 'list', lambda: [make(f8, mask=[0, 1, 0]), make(f8), np.array(f8)])
    add('masked', 'same-in-dict', lambda: {u'one': make([1], mask=[1]), u'two': make([1], mask=[1], fill_value=3)})
    add('masked', 'constant', lambda: np.ma.masked)
    add('masked', 'constant-in-list', lambda: [np.ma.masked, np.ma.masked, None])


def used_fill_value():
    array = np.ma.array([1.5, 2.5], mask=[0, 1])
    array.fill_value
    return array


# ---------------------------------------------------------------------------------------------------
# Objects and texts of any length
# ---------------------------------------------------------------------------------------------------

def filled(items, shape=None, order='C'):
    """An object array of items that NumPy must not look into."""
    array = np.empty(len(items), object)
    for index, item in enumerate(items):
        array[index] = item
    if shape is not None:
        array = array.reshape(shape)
    return np.asfortranarray(array) if order == 'F' else array


def objects():
    kinds = {
        'ints': [0, 1, -1, 255, 256, 65535, 65536, -2**31, 2**31 - 1, 2**31, 2**63, -2**63, 2**64, 2**100, -2**100],
        'floats': [0.0, -0.0, 1.5, float('inf'), float('nan'), 1e-300], 'bools': [True, False], 'none': [None, None],
        'texts': [u'', chr(97), u'ascii', text(0xe9), text(0x3bb, 0x65e5), text(0x1f600), u'x' * 300],
        'complex': [1 + 2j, -0j], 'tuples': [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), ((),)],
        'lists': [[], [1], [1, [2, [3]]]], 'dicts': [{}, {u'key': 1}, {1: {2: 3}}],
        'mixed': [1, u'two', 3.0, None, True, (4, u'five'), [6], {u'seven': 8}],
        'scalars': [np.int32(5), np.float64(1.5), np.float64(1.5), np.str_(u'ab'), np.datetime64(1, 's'), np.bool_(True)],
        'arrays': [np.arange(2), np.arange(2.0), np.zeros((2, 2), order='F'), np.zeros(0), np.array(5, '>i2')],
        'object-arrays': [np.array([1, u'in'], object), np.array([], object), np.array(None, object)],
        'dtypes': [np.dtype('f8'), np.dtype('>f8'), np.float64],
    }
    if not PY2:
        kinds['bytes'] = [b'', b'b', b'ab', b'\xff\x00', b'y' * 300]
        kinds['bytearrays'] = [bytearray(), bytearray(b'abc')]
        kinds['sets'] = [set(), set([1, 2]), frozenset(), frozenset([3])]
        kinds['surrogates'] = [text(0xd800), text(97, 0xdfff)]
    for name in sorted(kinds):
        add('objects', name, lambda items=kinds[name]: filled(items))
    for count in (0, 1, 2, 999, 1000, 1001, 2000, 2001):
        add('objects', 'count-%d' % count, lambda n=count: filled(list(range(n))))
    for order in 'CF':
        add('objects', '2x3-%s' % order, lambda order=order: filled(list(range(6)), (2, 3), order))
        add('objects', '2x3x2-%s' % order, lambda order=order: filled([u'%d' % k for k in range(12)], (2, 3, 2), order))
        add('objects', '0x3-%s' % order, lambda order=order: filled([], (0, 3), order))
    add('objects', 'permuted', lambda: filled(list(range(24)), (2, 3, 4)).transpose(1, 2, 0))
    add('objects', 'sliced', lambda: filled(list(range(10)))[1::3])
    add('objects', 'reversed', lambda: filled(list(range(4)))[::-1])
    add('objects', 'broadcast', lambda: np.broadcast_to(filled([u'one', 2]), (3, 2)))
    add('objects', '0d', lambda: np.array(None, object))
    add('objects', '0d-dict', lambda: np.array({u'key': 1}, object))
    add('objects', '0d-array', lambda: zero_d(np.arange(3)))
    add('objects', 'readonly', lambda: readonly(filled([1, u'two'])))
    add('objects', 'same-twice', lambda: filled([[1]] * 2 + [u'some text'] * 2))
    add('objects', 'equal-twice', lambda: filled([[1], [1], fresh(u'some text'), fresh(u'some text')]))
    add('objects', 'strings-1000', lambda: filled([u'text %d' % (k % 10) for k in range(1000)]))
    add('objects', 'nested-deep', lambda: nested(20, lambda x: filled([x, 1])))
    add('objects', 'metadata', lambda: np.array([u'ab', u'bc'], np.dtype('O', metadata={u'vlen': u'text'})))
    fields = [('number', '<i4'), ('thing', 'O')]
    add('objects', 'struct', lambda: np.array([(1, u'one'), (2, None), (3, [4])], fields))
    add('objects', 'struct-one', lambda: np.array([(1, u'one')], fields))
    add('objects', 'struct-0d', lambda: np.array((1, u'one'), fields))
    add('objects', 'struct-empty', lambda: np.zeros((0, 2), fields))
    add('objects', 'struct-F', lambda: np.asfortranarray(np.array([[(1, u'aa'), (2, u'bb')], [(3, u'cc'), (4, u'dd')]], fields)))
    add('objects', 'struct-aligned', lambda: np.array([(1, u'one')], np.dtype([('tiny', 'i1'), ('thing', 'O')], align=True)))
    add('objects', 'struct-wide', lambda: np.array(
        [(True, -5, 2.5, 1 + 2j, b'ab', text(0x3bb), u'thing')] * 2,
        [('flag', '?'), ('int', '>i2'), ('half', 'f2'), ('pair', 'c8'), ('raw', 'S3'), ('text', 'U2'), ('thing', 'O')]))
    add('objects', 'struct-nested', lambda: np.array(
        [((1, u'in'), 2), ((3, None), 4)], [('outer', [('number', '<i4'), ('thing', 'O')]), ('after', 'u1')]))
    add('objects', 'struct-two-things', lambda: np.array([(u'one', u'two')], [('left', 'O'), ('right', 'O')]))
    add('objects', 'struct-1001', lambda: np.array([(k, u'%d' % k) for k in range(1001)], fields))
    add('objects', 'struct-same', same_in_struct)


def zero_d(item):
    array = np.empty((), object)
    array[()] = item
    return array


def same_in_struct():
    thing = [1, 2]
    return np.array([(1, thing), (2, thing)], [('number', '<i4'), ('thing', 'O')])


def strings():
    if not has('dtypes.StringDType'):
        return
    make = np.dtypes.StringDType
    short = [u'', u'a text', chr(98), text(0xe9), text(0x3bb, 0x1f600), u'x' * 300]
    forms = [
        ('plain', lambda: make()), ('strict', lambda: make(coerce=False)), ('none', lambda: make(na_object=None)),
        ('nan', lambda: make(na_object=float('nan'))), ('strict-none', lambda: make(coerce=False, na_object=None)),
        ('text-na', lambda: make(na_object=fresh(u'missing'))),
    ]
    for name, dtype in forms:
        add('strings', '%s-short' % name, lambda dtype=dtype: np.array(short, dtype()))
        add('strings', '%s-2x3' % name, lambda dtype=dtype: np.array([short[:3], short[3:]], dtype()))
        add('strings', '%s-F' % name, lambda dtype=dtype: np.asfortranarray(np.array([short[:3], short[3:]], dtype())))
        add('strings', '%s-0d' % name, lambda dtype=dtype: np.array(u'only', dtype()))
        add('strings', '%s-empty' % name, lambda dtype=dtype: np.zeros((0, 2), dtype()))
        if name in ('none', 'nan', 'strict-none', 'text-na'):
            add('strings', '%s-missing' % name, lambda dtype=dtype: with_missing(dtype()))
    for count in (1, 2, 1000, 1001):
        add('strings', 'count-%d' % count, lambda n=count: np.array([u'text %d' % k for k in range(n)], make()))
    add('strings', 'long', lambda: np.array([u'x' * 70000, u'y'], make()))
    add('strings', 'sliced', lambda: np.array(short, make())[::2])
    add('strings', 'in-dict', lambda: {u'names': np.array(short, make()), u'more': np.array(short[:1], make())})
    add('strings', 'same-dtype', strings_of_one_dtype)


def with_missing(dtype):
    array = np.array([u'one', u'two', u'three'], dtype)
    array[1] = dtype.na_object
    return array


def strings_of_one_dtype():
    dtype = np.dtypes.StringDType()
    return [np.array([u'one'], dtype), np.array([u'two'], dtype)]


# ---------------------------------------------------------------------------------------------------
# What is not NumPy's: read as inert nodes, written back as it was
# ---------------------------------------------------------------------------------------------------

class Model(object):
    """As a library's class with arrays for attributes."""

    def __init__(self, **attributes):
        self.__dict__.update(attributes)

    def __eq__(self, other):
        return type(self) is type(other)


class Slotted(object):
    __slots__ = ('first', 'second')


class Point(__import__('collections').namedtuple('Point', 'x y')):
    pass


class Special(dict):
    pass


class Rows(list):
    pass


def slotted():
    made = Slotted()
    made.first = np.arange(3)
    made.second = u'text'
    return made


def special():
    made = Special(one=1, two=np.arange(2))
    made.label = u'of it'
    return made


def others():
    import collections
    import datetime
    import decimal
    import fractions
    add('others', 'model', lambda: Model(coef_=np.arange(6.0).reshape(2, 3), intercept_=np.float64(0.5), classes_=np.array(
        [u'no', u'yes']), n_iter_=12, when=np.array([1], 'M8[s]'), tree=Model(nodes=np.zeros(2, struct()))))
    add('others', 'model-aligned', lambda: Model(nodes=np.zeros(2, np.dtype([('tiny', 'i1'), ('wide', 'f8')], align=True))))
    add('others', 'model-permuted', lambda: Model(weights=np.arange(24.0).reshape(2, 3, 4).transpose(2, 0, 1)))
    add('others', 'model-large', lambda: Model(weights=np.arange(20000.0), after=u'it'))
    add('others', 'models-sharing', models_sharing)
    add('others', 'cyclic-model', cyclic_model)
    add('others', 'slotted', slotted)
    add('others', 'named-tuple', lambda: Point(1, np.arange(2)))
    add('others', 'dict-subclass', special)
    add('others', 'list-subclass', lambda: Rows([np.arange(2), 1]))
    add('others', 'list-subclass-1001', lambda: Rows(range(1001)))
    add('others', 'ordered-dict', lambda: collections.OrderedDict([(u'one', np.arange(2)), (u'two', 2)]))
    add('others', 'ordered-dict-1000', lambda: collections.OrderedDict((k, k) for k in range(1000)))
    add('others', 'default-dict', lambda: collections.defaultdict(list, {u'one': [1]}))
    add('others', 'counter', lambda: collections.Counter([u'word']))
    add('others', 'deque', lambda: collections.deque([1, np.float32(2)], 5))
    add('others', 'datetime', lambda: [datetime.datetime(2024, 2, 29, 1, 2, 3), datetime.date(1999, 1, 1), datetime.timedelta(3)])
    add('others', 'decimal', lambda: decimal.Decimal('1.50'))
    add('others', 'fraction', lambda: fractions.Fraction(1, 3))
    add('others', 'range-slice', lambda: [range(5), slice(1, None, 2)])
    add('others', 'ellipsis', lambda: [Ellipsis, NotImplemented, type(None), int, len])
    add('others', 'ufunc', lambda: [np.add, np.sin])
    add('others', 'numpy-functions', lambda: [np.mean, np.linalg.norm])
    add('others', 'numpy-classes', lambda: [np.float64, np.int32, np.str_, np.ndarray, np.dtype, np.matrix, np.generic])
    add('others', 'random-state', lambda: np.random.RandomState(5))
    if has('random.default_rng'):
        add('others', 'generator', lambda: np.random.default_rng(5))
    add('others', 'poly', lambda: np.poly1d([1, 2, 3]))
    add('others', 'objects-with-models', lambda: filled([Model(a_value=np.arange(2)), Model()]))
    add('others', 'exception', lambda: ValueError(u'of array', np.arange(2)))
    if has('dtypes.Float64DType'):
        add('others', 'dtype-classes', lambda: [type(np.dtype('f8')), type(np.dtype('U3'))])


def models_sharing():
    weights = np.arange(3.0)
    return [Model(weights=weights), Model(weights=weights, dtype=weights.dtype)]


def cyclic_model():
    model = Model(weights=np.arange(2))
    model.itself = model
    return model


# ---------------------------------------------------------------------------------------------------
# Texts that are one object or two by what made them: names from a source are shared, those that a program
# makes are not; those of one character the other way round
# ---------------------------------------------------------------------------------------------------

def traps():
    for name in ('b', 'C', 'F', 's', 'i'):
        made = chr(ord(name))
        add('traps', 'field-made-%s' % code_word(name), lambda made=str(made): np.zeros(2, [(made, '<i2')]))
    add('traps', 'field-made-twice', lambda: np.zeros(2, [(fresh('inner'), [(fresh('inner'), '<i4')])]))
    add('traps', 'dtypes-of-made-names', lambda: [np.dtype([(fresh('inner'), '<i4')]), np.dtype([(fresh('inner'), '<i2')])])
    add('traps', 'field-made-numpy', lambda: np.zeros(2, [(fresh('numpy'), '<i2')]))
    add('traps', 'field-and-key', lambda: {'number': np.zeros(2, [('number', '<i2')])})
    add('traps', 'key-b', lambda: {'b': np.zeros(2)})
    add('traps', 'text-dtype', lambda: [np.zeros(2), u'dtype'])
    add('traps', 'key-numpy', lambda: {'numpy': np.zeros(2)})
    add('traps', 'key-latin1', lambda: {'latin1': np.arange(2, dtype='u1')})
    add('traps', 'key-builtins', lambda: {'builtins': set([1]), '__builtin__': bytearray(b'x')})
    add('traps', 'key-module', lambda: ['numpy.core.multiarray', 'numpy._core.multiarray', np.zeros(2)])


for _family in (plain, containers, containers_of_arrays, frames, scalars, dtypes, classes, masked, objects, strings,
                others, traps):
    _family()


# ---------------------------------------------------------------------------------------------------
# Files whose data is a pickle
# ---------------------------------------------------------------------------------------------------

FILES = [one for one in VALUES if one.family in ('objects', 'strings') and one.name != 'strings.in-dict'
         and one.name != 'strings.same-dtype']


def archives_of_objects():
    yield 'archive-objects', [(u'things', filled([1, u'two', None])), (u'numbers', np.arange(3))]
    yield 'archive-object-dict', [(u'config', zero_d({u'rate': 0.5, u'layers': [1, 2]}))]
    yield 'archive-struct', [(u'rows', np.array([(1, u'one')], [('number', '<i4'), ('thing', 'O')]))]
    if has('dtypes.StringDType'):
        yield 'archive-strings', [(u'names', np.array([u'a text', u''], np.dtypes.StringDType()))]
