# Makes what Arrow has columns for beside plain arrays: masked arrays, texts of any length, objects of one kind, and
# archives. A file `NAME.pkl` or `NAME.npz` each, and a row `members`.
import pickle

CASES = []


def case(name, value):
    CASES.append((name, value))


def objects(values):
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def cases():
    mask = [True, False, False, True, False]
    numbers = [1, -2, 3, 100, 5]
    for code in ('i1', 'u2', 'i4', '>i4', 'u8', 'f2', 'f4', 'f8', '>f8', 'c8', 'c16', '?'):
        case('masked-' + code.replace('>', 'be-'), np.ma.array(np.array(numbers).astype(code), mask=mask))
    case('masked-nan', np.ma.array([np.nan, np.nan, 1.5, -0.0, np.inf], mask=mask))
    case('masked-fill', np.ma.array(numbers, mask=mask, fill_value=77))
    case('masked-all', np.ma.array(numbers, mask=True))
    case('masked-none', np.ma.array(numbers, mask=[False] * 5))
    case('masked-nomask', np.ma.array(numbers))
    case('masked-empty', np.ma.array(np.array([], 'f8')))
    case('masked-many', np.ma.array(np.arange(1000), mask=np.arange(1000) % 7 == 0))
    case('masked-text', np.ma.array(['x', 'gr\u00fc\u00df', '', 'y', 'longer than twelve bytes'], mask=mask))
    case('masked-bytes', np.ma.array(np.array([b'a', b'bc', b'', b'd\0e', b'f'], 'S3'), mask=mask))
    days = np.array(['1970-01-01', '2026-11-23', 'NaT', '1901-12-13', '0001-01-01'], 'M8[D]')
    case('masked-days', np.ma.array(days, mask=mask))
    case('masked-moments', np.ma.array(days.astype('M8[us]'), mask=mask))
    case('masked-spans', np.ma.array(np.array(numbers, 'm8[ms]'), mask=mask))
    case('masked-rows', np.ma.array(np.arange(6, dtype='i4').reshape(3, 2), mask=[[0, 1], [0, 0], [1, 1]]))
    struct = np.array([(1, 2.5, 'a'), (3, -0.0, 'b'), (5, np.nan, '')], [('x', 'i4'), ('y', '>f8'), ('z', 'U2')])
    case('masked-struct', np.ma.array(struct, mask=[(0, 1, 0), (1, 1, 1), (0, 0, 0)]))

    texts = ['', 'a', 'gr\u00fc\u00df', '\U0001f600', 'longer than twelve bytes', 'with\0nul', 'x' * 300]
    case('strings', np.array(texts, np.dtypes.StringDType()))
    case('strings-none', np.array(texts + [None], np.dtypes.StringDType(na_object=None)))
    case('strings-nan', np.array(texts + [np.nan], np.dtypes.StringDType(na_object=np.nan)))
    case('strings-strict', np.array(texts, np.dtypes.StringDType(coerce=False)))
    case('strings-empty', np.array([], np.dtypes.StringDType()))
    case('strings-rows', np.array(texts[:6], np.dtypes.StringDType()).reshape(2, 3))

    case('objects-str', objects(texts))
    case('objects-str-none', objects(texts + [None]))
    case('objects-int', objects([1, -2, 2**62]))
    case('objects-int-none', objects([1, None, -2**63]))
    case('objects-float', objects([1.5, float('nan'), float('-inf'), -0.0]))
    case('objects-float-none', objects([1.5, None, float('nan')]))
    case('objects-bool', objects([True, False, None]))
    case('objects-bytes', objects([b'', b'\0\xff', b'abc', None]))
    case('objects-none', objects([None, None]))
    case('objects-many', objects(['row %d' % (i % 97) for i in range(3000)]))


def archives():
    yield 'archive-alike', {
        'ids': np.arange(4), 'weights': np.linspace(0, 1, 8).reshape(4, 2), 'names': np.array(['a', 'bb', '', 'd']),
        'when': np.array([0, 1, 2, 3], 'M8[s]'), 'flags': np.array([True, False, True, True]),
        'points': np.array([(1, 2), (3, 4), (5, 6), (7, 8)], [('x', 'i2'), ('y', 'f4')]),
    }
    yield 'archive-apart', {'short': np.arange(2, dtype='u1'), 'long': np.arange(5, dtype='>f4')}
    yield 'archive-one', {'only': np.arange(3)}


def main():
    cases()
    with open(os.path.join(OUT, 'manifest.jsonl'), 'w') as manifest:
        for name, value in CASES:
            with open(os.path.join(OUT, name + '.pkl'), 'wb') as handle:
                pickle.dump(value, handle, 4)
            report(manifest, {'kind': 'members', 'name': name, 'file': name + '.pkl'})
        for name, members in archives():
            np.savez(os.path.join(OUT, name + '.npz'), **members)
            report(manifest, {'kind': 'members', 'name': name, 'file': name + '.npz'})


main()
