# Makes every array of the matrix, writes it in every encoding, and says in manifest.jsonl what
# NumPy thinks of it. One JSON object a line; python-fixtures/README.md describes them.

TEXT_LIMIT = 1 << 20
VALUE_LIMIT = 64


def leaves(dtype, path=()):
    """Field positions of every scalar, outermost first; blocks are not unrolled."""
    if dtype.subdtype is not None:
        for leaf in leaves(dtype.subdtype[0], path):
            yield leaf
    elif dtype.names is not None:
        for position, name in enumerate(dtype.names):
            for leaf in leaves(dtype.fields[name][0], path + (position,)):
                yield leaf
    else:
        yield path


def leaf_values(array, path):
    for position in path:
        array = array[array.dtype.names[position]]
    dtype = array.dtype
    kind, size = dtype.kind, dtype.itemsize
    flat = array.flatten()
    if kind == 'b':
        values = [bool(x) for x in flat]
    elif kind in 'iu':
        values = [int(x) for x in flat]
    elif kind in 'mM':
        values = [int(x) for x in flat.view(dtype.str[0] + 'i8')]
    elif kind == 'f' and size <= 8:
        values = [repr(float(x)) for x in flat]
    elif kind == 'c' and size <= 16:
        values = [[repr(float(x.real)), repr(float(x.imag))] for x in flat]
    elif kind == 'S':
        values = [binascii.hexlify(bytes(x)).decode('ascii') for x in flat]
    elif kind == 'V':
        values = [binascii.hexlify(x.tobytes()).decode('ascii') for x in flat]
    elif kind == 'U':
        values = [[ord(c) for c in x] for x in flat]
    else:
        # A long double has no other exact text than its bytes, which are compared anyway.
        return None
    return {'path': list(path), 'kind': kind, 'itemsize': size, 'values': values}


def described(dtype):
    row = {
        'str': dtype.str,
        'repr': repr(dtype),
        'text': str(dtype),
        'itemsize': dtype.itemsize,
        'alignment': dtype.alignment,
        'aligned': bool(dtype.isalignedstruct),
        'hasobject': bool(dtype.hasobject),
    }
    try:
        row['descr'] = repr(np.lib.format.dtype_to_descr(dtype))
    except ValueError as error:
        row['descr_error'] = error_text(error)
    return row


def display(function, array):
    """What `function` prints, or None where it cannot: no encoding for it, or an overflow."""
    try:
        text = function(array)
        text.encode('utf-8')
    except Exception as error:
        return {'error': error_text(error)}
    if sys.version_info[0] == 2:
        text = text.decode('latin-1')
    return {'text': text}


def summary(array, this):
    # Padding is masked: NumPy leaves it to chance wherever tobytes copies element by element.
    data = this.masked(c_bytes(array))
    return {
        'shape': list(array.shape),
        'strides': list(array.strides),
        'c': bool(array.flags.c_contiguous),
        'f': bool(array.flags.f_contiguous),
        'sha256': hashlib.sha256(data).hexdigest(),
    }


def write_file(array, case, encoding):
    name = '%s.%s' % (case.name, encoding)
    path = os.path.join(OUT, name)
    row = {'encoding': encoding, 'file': name}
    try:
        write_encoding(array, encoding, path)
    except Exception as error:
        os.unlink(path)
        row['error'] = error_text(error)
        return row
    if encoding.startswith('npy'):
        try:
            with open(path, 'rb') as handle:
                loaded = np.load(handle, **LOAD_OPTIONS)
            row['loaded'] = summary(loaded, TYPES[case.type_index])
            row['loaded_array'] = loaded
        except Exception as error:
            row['load_error'] = error_text(error)
    return row


def main():
    manifest = open(os.path.join(OUT, 'manifest.jsonl'), 'w')
    report(manifest, environment())
    loaded_dtypes = {}
    for index, this in enumerate(TYPES):
        row = {'kind': 'type', 'name': this.name}
        row.update(described(this.dtype))
        report(manifest, row)
    for case in ARRAYS:
        dtype = TYPES[case.type_index].dtype
        try:
            array = case.build()
        except Exception as error:
            report(manifest, {'kind': 'array', 'name': case.name, 'error': error_text(error)})
            continue
        row = {'kind': 'array', 'name': case.name, 'type': TYPES[case.type_index].name}
        row.update(summary(array, TYPES[case.type_index]))
        if array.size <= VALUE_LIMIT and array.ndim <= 32 and len(dtype.names or ()) < 100:
            try:
                values = [leaf_values(array, path) for path in leaves(dtype)]
                row['values'] = [value for value in values if value is not None]
            except (ValueError, SystemError) as error:
                # Code points that are no text.
                row['values_error'] = error_text(error)
        row['files'] = []
        shown = array
        for encoding in case.encodings:
            written = write_file(array, case, encoding)
            loaded = written.pop('loaded_array', None)
            if loaded is not None:
                loaded_dtype = loaded.dtype
                # Every file of a type loads with one dtype; it is described once.
                known = loaded_dtypes.get(case.type_index)
                if known is None:
                    loaded_dtypes[case.type_index] = loaded_dtype
                    described_row = {'kind': 'loaded', 'name': TYPES[case.type_index].name}
                    described_row.update(described(loaded_dtype))
                    report(manifest, described_row)
                elif known != loaded_dtype or repr(known) != repr(loaded_dtype):
                    written['load_error'] = 'another dtype than before: %r' % (loaded_dtype,)
            row['files'].append(written)
            if encoding == 'npy' and loaded is not None:
                shown = loaded
        if array.size <= TEXT_LIMIT and len(dtype.names or ()) < 100:
            # Texts of what a file holds: `print(np.load(file))`.
            row['print'] = display(str, shown)
            row['repr'] = display(repr, shown)
        report(manifest, row)
    manifest.close()


main()
