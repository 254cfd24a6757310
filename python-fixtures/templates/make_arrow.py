# Has pyarrow, polars and DuckDB write what NumPy made: a column a file, beside `NAME.npy`, the array that it is, and
# `NAME.mask.npy` where some of it is null. A row `arrow` a file, or why there is none.
import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

CASES = []


def case(name, array, mask=None, table=None):
    """`table` is what pyarrow is given, if that is not the array itself."""
    CASES.append((name, np.ascontiguousarray(array), mask, table))


def cases():
    rng = np.random.default_rng(5)
    numbers = [-5, 0, 1, 2, 3, 100, 7]
    mask = np.array([True, False, False, True, False, False, True])
    for code in ('i1', 'i2', 'i4', 'i8', 'u1', 'u2', 'u4', 'u8'):
        array = np.array(numbers).astype(code)
        case(code, array)
        case(code + '-null', array, mask)
        case(code + '-edges', np.array([np.iinfo(code).min, np.iinfo(code).max, 0], code))
    for code in ('f2', 'f4', 'f8'):
        array = np.array([-0.0, 1.5, np.nan, np.inf, -np.inf, np.finfo(code).max, np.finfo(code).tiny], code)
        case(code, array)
        case(code + '-null', array, mask)
    case('bool', np.array([True, False, True, True, False, False, True]))
    case('bool-null', np.array([True, False, True, True, False, False, True]), mask)
    case('bool-many', rng.integers(0, 2, 1001).astype(bool))
    case('f8-many', rng.standard_normal(5000))
    case('i4-few-values', rng.integers(0, 7, 5000).astype('i4'))
    case('text', np.array([u'', u'a', u'gr\u00fc\u00df', u'\U0001f600', u'longer than twelve bytes', u'b', u'c']))
    case('text-null', np.array([u'x', u'a', u'gr\u00fc\u00df', u'y', u'longer than twelve bytes', u'b', u'z']), mask)
    for unit in ('ms', 'us', 'ns', 's', 'D'):
        moments = np.array(['1970-01-01', '2026-11-23', 'NaT', '1901-12-13'], 'M8[D]').astype('M8[%s]' % unit)
        case('date-' + unit, moments)
        if unit != 'D':
            case('span-' + unit, np.array([0, -1, 86400, np.iinfo('i8').min]).view('m8[%s]' % unit))
    case('rows', np.arange(6, dtype='f4').reshape(3, 2), table=lambda array: pa.FixedShapeTensorArray.from_numpy_ndarray(array))
    case('rows-3d', np.arange(24, dtype='i8').reshape(2, 3, 4), table=lambda array: pa.FixedShapeTensorArray.from_numpy_ndarray(array))
    case('bool8', np.array([True, False, True]), table=lambda array: pa.Bool8Array.from_numpy(array))
    case('bytes', np.array([b'abc', b'def', b'g\0h'], 'V3'), table=lambda array: pa.array([x.tobytes() for x in array], pa.binary(3)))
    struct = np.array([(1, 2.5), (3, -0.0)], [('x', 'i4'), ('y', 'f8')])
    case('struct', struct, table=lambda array: pa.StructArray.from_arrays([pa.array(array[n]) for n in 'xy'], ['x', 'y']))
    case('dictionary', np.array([u'a', u'bb', u'a', u'a']), table=lambda array: pa.array(array.tolist()).dictionary_encode())
    case('text-view', np.array([u'a', u'longer than twelve bytes']), table=lambda array: pa.array(array.tolist(), pa.string_view()))
    case('text-large', np.array([u'a', u'bb']), table=lambda array: pa.array(array.tolist(), pa.large_string()))
    case('runs', np.array([5, 5, 5, 9, 9], 'i4'), table=lambda array: pa.RunEndEncodedArray.from_arrays(pa.array([3, 5], pa.int32()), pa.array([5, 9], pa.int32())))
    case('empty', np.array([], 'f8'))


def column_of(array, mask, table):
    if table is not None:
        return table(array)
    if array.dtype.kind == 'U':
        return pa.array(array.tolist(), pa.string(), mask=mask)
    if array.dtype.kind == 'M' and np.datetime_data(array.dtype)[0] == 'D':
        return pa.array(array, pa.date32())
    return pa.array(array, mask=mask)


def writers(column, name):
    table = pa.table({'values': column})
    frame = lambda: pl.from_arrow(table)

    def ipc(path, new, **options):
        with new(path, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
            writer.write_table(table)

    yield 'pyarrow', 'arrow', '', lambda path: ipc(path, pa.ipc.new_file)
    yield 'pyarrow', 'arrow', 'lz4', lambda path: ipc(path, pa.ipc.new_file, compression='lz4')
    yield 'pyarrow', 'arrow', 'zstd', lambda path: ipc(path, pa.ipc.new_file, compression='zstd')
    yield 'pyarrow', 'arrows', '', lambda path: ipc(path, pa.ipc.new_stream)
    for codec in ('none', 'snappy', 'zstd', 'gzip', 'lz4', 'brotli'):
        yield 'pyarrow', 'parquet', codec, lambda path, codec=codec: pq.write_table(table, path, compression=codec)
    yield 'pyarrow', 'parquet', 'plain', lambda path: pq.write_table(table, path, use_dictionary=False)
    yield 'pyarrow', 'parquet', 'v1', lambda path: pq.write_table(table, path, data_page_version='2.0', version='2.6')
    yield 'polars', 'arrow', '', lambda path: frame().write_ipc(path)
    yield 'polars', 'arrow', 'lz4', lambda path: frame().write_ipc(path, compression='lz4')
    yield 'polars', 'arrows', '', lambda path: frame().write_ipc_stream(path)
    yield 'polars', 'parquet', '', lambda path: frame().write_parquet(path)

    def by_duckdb(path, codec):
        found = duckdb.connect()
        source = found.from_arrow(table)
        source.to_parquet(path, compression=codec)

    for codec in ('snappy', 'zstd'):
        yield 'duckdb', 'parquet', codec, lambda path, codec=codec: by_duckdb(path, codec)


def as_written(name, array, writer, form):
    """The name and the array that a writer makes of it: polars and Parquet have no seconds, DuckDB microseconds only."""
    if name in ('date-s', 'span-s') and writer != 'pyarrow' or name == 'date-s' and form == 'parquet':
        unit = 'us' if writer == 'duckdb' else 'ms'
        return '%s-in-%s' % (name, unit), array.astype('%s8[%s]' % (array.dtype.kind, unit))
    if name == 'rows-3d' and writer == 'duckdb':
        return name + '-flat', array.reshape(len(array), -1)
    return name, array


def not_compared(name, writer, word):
    if word == 'brotli':
        return 'npbytes is built without brotli'
    if name == 'bytes' and writer != 'pyarrow':
        return 'binary is of any length there, and becomes objects'
    if name == 'span-ns' and writer == 'duckdb':
        return 'intervals of days and a time at once, which NumPy has not'
    return None


def write_tensor(path, array):
    with pa.OSFile(path, 'wb') as sink:
        pa.ipc.write_tensor(pa.Tensor.from_numpy(array), sink)


def main():
    cases()
    with open(os.path.join(OUT, 'manifest.jsonl'), 'w') as manifest:
        for name, array, mask, table in CASES:
            np.save(os.path.join(OUT, name + '.npy'), array)
            if mask is not None:
                np.save(os.path.join(OUT, name + '.mask.npy'), mask)
            column = column_of(array, mask, table)
            made = list(writers(column, name))
            if table is None and mask is None and array.dtype.kind in 'iuf':
                made.append(('pyarrow', 'tensor', '', lambda path: write_tensor(path, array)))
            for writer, form, word, write in made:
                file = '%s.%s%s.%s' % (name, writer, '-' + word if word else '', form)
                expected, values = as_written(name, array, writer, form)
                np.save(os.path.join(OUT, expected + '.npy'), values)
                row = {'kind': 'arrow', 'name': name, 'writer': writer, 'format': form, 'file': file, 'expected': expected}
                reason = not_compared(name, writer, word)
                if reason is not None:
                    row['skipped'] = reason
                try:
                    write(os.path.join(OUT, file))
                except Exception as error:
                    row['skipped'] = 'does not write it: ' + error_text(error)[:100]
                report(manifest, row)


main()
