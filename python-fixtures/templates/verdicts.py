# What NumPy says to whole files with odd headers and to texts for np.dtype. One line a case.

HEADERS = []
# @@HEADERS@@
TEXTS = []
# @@TEXTS@@


def loaded(source):
    try:
        array = np.load(source)
    except Exception as error:
        return {'error': error_text(error)}
    try:
        descr = repr(np.lib.format.dtype_to_descr(array.dtype))
    except Exception as error:
        descr = error_text(error)
    return {
        'str': array.dtype.str,
        'descr': descr,
        'repr': repr(array.dtype),
        'itemsize': array.dtype.itemsize,
        'shape': list(array.shape),
        'c': bool(array.flags.c_contiguous),
        'f': bool(array.flags.f_contiguous),
        'data': binascii.hexlify(array.tobytes()).decode('ascii'),
    }


def pickled():
    """Arrays whose data is a pickle: name and array."""
    structs = np.zeros(2, [('x', '<i4'), ('o', 'O')])
    structs['o'] = ['a', None]
    yield 'objects', np.array([1, 'a', None], object)
    yield 'objects-0d', np.array({'k': 1}, object)
    yield 'objects-empty', np.zeros((0, 3), object)
    yield 'objects-F', np.array([[1, 2], [3, 4]], object).T
    yield 'objects-in-struct', structs
    if hasattr(np, 'dtypes') and hasattr(np.dtypes, 'StringDType'):
        yield 'strings', np.array(['a', 'bc'], np.dtypes.StringDType())


def main():
    answers = open(OUT, 'w')
    report(answers, environment())
    path = OUT + '.npy'
    for name, data in HEADERS:
        data = binascii.unhexlify(data)
        with open(path, 'wb') as handle:
            handle.write(data)
        memory, real = loaded(io.BytesIO(data)), loaded(path)
        report(answers, {'kind': 'header', 'name': name, 'memory': memory, 'file': real})
    os.unlink(path)
    for text in TEXTS:
        row = {'kind': 'dtype', 'text': text}
        try:
            dtype = np.dtype(text)
        except Exception as error:
            row['error'] = error_text(error)
        else:
            row.update({
                'str': dtype.str,
                'repr': repr(dtype),
                'name': str(dtype),
                'itemsize': dtype.itemsize,
                'alignment': dtype.alignment,
            })
            try:
                row['descr'] = repr(dtype.descr)
            except ValueError as error:
                row['descr_error'] = error_text(error)
        report(answers, row)
    for name, array in pickled():
        handle = io.BytesIO()
        np.save(handle, array)
        report(answers, {
            'kind': 'pickled',
            'name': name,
            'file': binascii.hexlify(handle.getvalue()).decode('ascii'),
            'shape': list(array.shape),
            'fortran': bool(array.flags.fnc),
        })
    answers.close()


main()
