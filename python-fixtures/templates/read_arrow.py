# Reads npbytes' files with pyarrow, polars and DuckDB, all in this one process, and compares what they
# find with the fixture that NumPy loads. A row `read` a reader and file: nothing, or why it was not compared, or
# the problem; a row `case` when all of a case was asked.
import math
import re

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

THEIRS = sys.argv[2]
OURS = sys.argv[3]
MOST = 10000
# Whether durations are looked at as numbers: Parquet has no type for them, and DuckDB does not read Arrow's schema.
COUNTED = False
SECONDS = {'D': 86400, 'W': 604800, 'h': 3600, 'm': 60}
NANOSECONDS = {'s': 10**9, 'ms': 10**6, 'us': 1000, 'ns': 1}
LETTERS = {
    'i1': 'int8', 'i2': 'int16', 'i4': 'int32', 'i8': 'int64', 'u1': 'uint8', 'u2': 'uint16', 'u4': 'uint32',
    'u8': 'uint64', 'f2': 'halffloat', 'f4': 'float', 'f8': 'double',
}


class Refused(Exception):
    """Arrow has no such value, or no such type."""


class Lost(Exception):
    """A reader has no room for such values."""


def has_spans(dtype):
    if dtype.subdtype is not None:
        return has_spans(dtype.subdtype[0])
    if dtype.names is not None:
        return any(has_spans(dtype[name]) for name in dtype.names)
    return dtype.kind == 'm'


def unit_of(dtype):
    unit, multiple = np.datetime_data(dtype)
    return unit if multiple == 1 else None


def is_fortran(array):
    return array.flags.f_contiguous and not array.flags.c_contiguous


# What a column is to be: types.


def expected_type(dtype, dims, choice, fortran=False):
    if dims:
        if choice == 'lists':
            made = expected_type(dtype, (), choice)
            for size in reversed(dims):
                made = ('list', size, made)
        elif dtype.kind == 'c' and dtype.itemsize < 32 and choice != 'complex-structs':
            part = 'float' if dtype.itemsize == 8 else 'double'
            made = ('list', math.prod(dims) * 2, part)
        else:
            made = ('list', math.prod(dims), expected_type(dtype, (), choice))
        if any(size >= 2**31 for size in dims) or 'list' in made and made[1] >= 2**31:
            raise Refused('rows too long')
        return made
    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        while base.subdtype is not None:
            base, shape = base.subdtype[0], shape + base.subdtype[1]
        return expected_type(base, shape, choice)
    if dtype.names is not None:
        return ('struct', tuple((name, expected_type(dtype[name], (), choice)) for name in dtype.names))
    kind, unit = dtype.kind, None
    if kind in 'mM':
        unit = unit_of(dtype)
        if kind == 'M':
            if unit in ('Y', 'M', 'W', 'D'):
                return 'date32[day]'
            if unit in ('h', 'm'):
                return 'timestamp[s]'
            return 'timestamp[%s]' % unit if unit in NANOSECONDS else 'int64'
        if unit in SECONDS:
            return 'duration[s]'
        return 'duration[%s]' % unit if unit in NANOSECONDS else 'int64'
    if kind == 'b':
        return 'int8' if choice == 'bool8' else 'bool'
    if kind == 'f' and dtype.itemsize == 16:
        return 'double' if choice == 'rounded' else 'fixed_size_binary[16]'
    if kind == 'f' and dtype.itemsize == 2 and choice == 'singles':
        return 'float'
    if kind == 'c':
        if dtype.itemsize == 32:
            return 'fixed_size_binary[32]'
        part = 'float' if dtype.itemsize == 8 else 'double'
        if choice == 'complex-structs':
            return ('struct', (('re', part), ('im', part)))
        return ('list', 2, part)
    if kind == 'U':
        return {'views': 'string_view', 'large': 'large_string'}.get(choice, 'string')
    if kind == 'S' and choice == 'binary':
        return 'binary'
    if kind in 'SV':
        return 'fixed_size_binary[%d]' % dtype.itemsize
    return LETTERS[dtype.str[1:]]


def found_type(made):
    if isinstance(made, pa.BaseExtensionType):
        return found_type(made.storage_type)
    if pa.types.is_struct(made):
        fields = [made.field(i) for i in range(made.num_fields)]
        return ('struct', tuple((field.name, found_type(field.type)) for field in fields))
    if pa.types.is_fixed_size_list(made):
        return ('list', made.list_size, found_type(made.value_type))
    return str(made)


def in_parquet(made):
    """Parquet has no seconds."""
    if isinstance(made, tuple):
        return tuple(in_parquet(part) for part in made)
    return {'timestamp[s]': 'timestamp[ms]'}.get(made, made)


# What a column is to hold: Python's values, and nanoseconds for times.


def expected_rows(array, choice, fortran=False):
    if array.ndim <= 1:
        return expected_cells(array, choice)
    dims = array.shape[1:]
    expected_type(array.dtype, dims, choice)
    if fortran:
        array = array.transpose([0] + list(range(array.ndim - 1, 0, -1)))
    cells = expected_cells(np.ascontiguousarray(array).reshape(-1), choice)
    if choice == 'lists':
        for size in reversed(dims):
            cells = chunks(cells, size, None)
        return cells if 0 not in dims else empty_lists(array.shape)
    if array.dtype.kind == 'c' and array.dtype.itemsize < 32 and choice != 'complex-structs':
        cells = [part for cell in cells for part in cell]
        return chunks(cells, math.prod(dims) * 2, len(array))
    return chunks(cells, math.prod(dims), len(array))


def chunks(cells, size, count):
    if size == 0:
        return [[] for _ in range(count or 0)]
    return [cells[i:i + size] for i in range(0, len(cells), size)]


def empty_lists(shape):
    if len(shape) == 1:
        return [[]] * shape[0] if shape[0] == 0 else None
    return [empty_inner(shape[1:]) for _ in range(shape[0])]


def empty_inner(shape):
    if shape[0] == 0:
        return []
    return [empty_inner(shape[1:]) for _ in range(shape[0])]


def expected_cells(array, choice):
    dtype = array.dtype
    if dtype.names is not None:
        columns = [expected_rows(array[name], choice) for name in dtype.names]
        return list(zip(*columns)) if columns else [()] * len(array)
    kind = dtype.kind
    if kind == 'b':
        return [bool(x) for x in array.view('u1').tolist()]
    if kind in 'iu':
        return array.tolist()
    if kind == 'f' and dtype.itemsize == 16 and choice == 'rounded':
        return array.astype('f8').tolist()
    if kind == 'f' and dtype.itemsize < 16:
        values = array.tolist()
        return [None if x != x else x for x in values] if choice == 'nan-null' else values
    if kind == 'c' and dtype.itemsize < 32:
        make = tuple if choice == 'complex-structs' else list
        return [make((re, im)) for re, im in zip(array.real.tolist(), array.imag.tolist())]
    if kind == 'U':
        codes = np.frombuffer(array.tobytes(), dtype.str[0] + 'u4')
        if ((codes > 0x10ffff) | ((codes >= 0xd800) & (codes < 0xe000))).any():
            raise Refused('no Unicode')
        return array.tolist()
    if kind == 'S' and choice == 'binary':
        return array.tolist()
    if kind in 'SVfc':
        data, size = array.tobytes(), dtype.itemsize
        return [data[i * size:(i + 1) * size] for i in range(len(array))]
    return [time_of(count, dtype) for count in array.view(dtype.str[0] + 'i8').tolist()]


def time_of(count, dtype):
    if count == -2**63:
        return None
    unit = unit_of(dtype)
    if COUNTED and dtype.kind == 'm':
        return count * SECONDS.get(unit, 1)
    if dtype.kind == 'M' and unit in ('Y', 'M', 'W', 'D'):
        if unit in ('Y', 'M'):
            months = count * (12 if unit == 'Y' else 1)
            days = days_of(months)
        else:
            days = count * SECONDS[unit] // 86400
        if not -2**31 <= days < 2**31:
            raise Refused('no Date32')
        return days * 86400 * 10**9
    if unit in SECONDS:
        if not -2**63 <= count * SECONDS[unit] < 2**63:
            raise Refused('no seconds')
        return count * SECONDS[unit] * 10**9
    return count * NANOSECONDS.get(unit, 1)


def days_of(months):
    """Days since 1970 of the first day of a month, of any year: 400 years are 146097 days."""
    cycles, rest = divmod(months, 4800)
    first = np.datetime64('1970-01', 'M') + rest
    return cycles * 146097 + int(first.astype('M8[D]').astype('i8'))


# What a column holds.


def found_rows(column):
    if isinstance(column, pa.ChunkedArray):
        return [row for chunk in column.chunks for row in found_rows(chunk)]
    made = column.type
    if isinstance(made, pa.BaseExtensionType):
        return found_rows(column.storage)
    if pa.types.is_timestamp(made) or pa.types.is_duration(made):
        scale = NANOSECONDS[made.unit]
        return [None if x is None else x * scale for x in column.view(pa.int64()).to_pylist()]
    if pa.types.is_date32(made):
        return [None if x is None else x * 86400 * 10**9 for x in column.view(pa.int32()).to_pylist()]
    if pa.types.is_interval(made):
        return [None if x is None else x.days * 86400 * 10**9 + x.nanoseconds if x.months == 0 else x
                for x in column.to_pylist()]
    if pa.types.is_dictionary(made):
        return found_rows(column.dictionary_decode())
    if pa.types.is_struct(made):
        if made.num_fields == 0:
            return [()] * len(column)
        rows = list(zip(*[found_rows(part) for part in column.flatten()]))
        return [row if there else None for row, there in zip(rows, column.is_valid().to_pylist())]
    if pa.types.is_fixed_size_list(made) and column.null_count == 0:
        values = found_rows(column.flatten())
        return chunks(values, made.list_size, len(column))
    if pa.types.is_list(made) or pa.types.is_large_list(made) or pa.types.is_fixed_size_list(made):
        values, at, rows = found_rows(column.flatten()), 0, []
        for length in pc.list_value_length(column).to_pylist():
            rows.append(None if length is None else values[at:at + length])
            at += length or 0
        return rows
    return column.to_pylist()


def differ(expected, found):
    """Where two values differ, or None. -0.0 is not 0.0, NaN is NaN."""
    if isinstance(expected, (list, tuple)) and isinstance(found, (list, tuple)):
        if len(expected) != len(found):
            return '%d items, expected %d' % (len(found), len(expected))
        for i, (a, b) in enumerate(zip(expected, found)):
            what = differ(a, b)
            if what is not None:
                return '%d: %s' % (i, what)
        return None
    if isinstance(expected, float) and isinstance(found, float):
        if math.isnan(expected) and math.isnan(found):
            return None
        same = expected == found and math.copysign(1, expected) == math.copysign(1, found)
    elif isinstance(expected, bool):
        # Bytes of `bool8` are any number.
        same = isinstance(found, int) and bool(found) == expected
    else:
        same = type(expected) is type(found) and expected == found
    return None if same else '%s, expected %s' % (text_of(repr(found))[:80], text_of(repr(expected))[:80])


# The readers. Each gives a table of pyarrow's.


def from_pyarrow(path, form):
    if form == 'arrow':
        with pa.memory_map(path) as source:
            return pa.ipc.open_file(source).read_all()
    if form == 'arrows':
        with pa.memory_map(path) as source:
            return pa.ipc.open_stream(source).read_all()
    return pq.read_table(path)


def from_polars(path, form):
    if form == 'arrow':
        frame = pl.read_ipc(path)
    elif form == 'arrows':
        frame = pl.read_ipc_stream(path)
    else:
        frame = pl.read_parquet(path)
    return frame.to_arrow()


DUCKDB = duckdb.connect()
DUCKDB.execute("set timezone = 'UTC'")


def from_duckdb(path, form):
    if form == 'parquet':
        found = DUCKDB.sql("select * from read_parquet('%s')" % path.replace("'", "''"))
    else:
        # DuckDB itself reads no IPC: it gets pyarrow's table.
        table = from_pyarrow(path, form)
        found = DUCKDB.from_arrow(table)
    return found.to_arrow_table()


READERS = [('pyarrow', from_pyarrow), ('polars', from_polars), ('duckdb', from_duckdb)]
# What a reader does not do, by its own word.
UNSUPPORTED = [
    ('pyarrow', 'number of dimensions must be within', 'no more axes than NumPy has'),
    ('duckdb', 'Unsupported Internal Arrow Type e', 'no half floats'),
    ('duckdb', 'at least one (non-root )?column|Need at least one', 'no tables without columns'),
    ('duckdb', 'Could not convert Interval to Microsecond', 'no durations beyond its intervals'),
    ('polars', 'Cannot read zero sized arrays', 'no arrays of zero items'),
    ('polars', 'FixedSizeBinaryArray expects a positive size', 'no binary of zero bytes'),
]


def columns_of(array):
    """The columns that an array becomes: name, values."""
    if array.dtype.names is not None and array.ndim == 1:
        return [(name, array[name]) for name in array.dtype.names]
    return [('values', array)]


def check_table(reader, table, array, choice, form):
    columns = columns_of(array)
    if table.num_columns != len(columns):
        return '%d columns, expected %d' % (table.num_columns, len(columns))
    if not columns and reader == 'pyarrow' and table.num_rows != len(array):
        return '%d rows, expected %d' % (table.num_rows, len(array))
    for i, (name, values) in enumerate(columns):
        fortran = is_fortran(values)
        if values.ndim == 0:
            values = values.reshape(1)
        if choice == 'last-axis' and values.ndim > 1:
            values = np.moveaxis(values, -1, 0)
        fortran = fortran and choice == 'last-axis'
        column = table.column(i)
        if reader == 'pyarrow':
            # Arrow's names are Unicode: what is none is replaced.
            if table.schema.names[i] != name.encode('utf-8', 'surrogatepass').decode('utf-8', 'replace'):
                return 'column %d is %r' % (i, table.schema.names[i])
            expected = expected_type(values.dtype, values.shape[1:], choice)
            expected = in_parquet(expected) if form == 'parquet' else expected
            if found_type(column.type) != expected:
                return 'column %d is of %r, expected %r' % (i, found_type(column.type), expected)
            problem = check_numpy(column, values, choice)
            if problem is not None:
                return 'column %d to NumPy: %s' % (i, problem)
        what = differ(expected_rows(values, choice, fortran), found_rows(column))
        if what is not None and reader == 'duckdb' and form != 'parquet' and has_spans(values.dtype):
            raise Lost('as intervals of microseconds, durations of nanoseconds and long ones become others')
        if what is not None:
            return 'column %d, row %s' % (i, what)
    return None


def check_numpy(column, values, choice):
    """What pyarrow itself makes arrays of."""
    if choice == 'bool8' and values.ndim == 1:
        if not isinstance(column.type, pa.Bool8Type):
            return 'of %s, not of bool8' % column.type
        for chunk in column.chunks:
            if not np.array_equal(chunk.to_numpy(zero_copy_only=True).view('u1') != 0, values.view('u1') != 0):
                return 'other booleans'
    if values.ndim > 1 and choice != 'lists':
        if not isinstance(column.type, pa.FixedShapeTensorType):
            return 'of %s, not of a tensor' % column.type
        if values.dtype.kind in 'iuf' and values.dtype.itemsize < 16 and values.size and choice != 'nan-null':
            made = column.combine_chunks()
            made = made.chunk(0) if isinstance(made, pa.ChunkedArray) else made
            made = made.to_numpy_ndarray()
            if made.shape != values.shape:
                return 'shape %r, expected %r' % (made.shape, values.shape)
            if not np.array_equal(made, values, equal_nan=values.dtype.kind == 'f'):
                return 'other elements'
    return None


def check_tensor(path, array):
    with pa.memory_map(path) as source:
        made = pa.ipc.read_tensor(source).to_numpy()
        expected = array
        if array.dtype.kind == 'c':
            expected = np.stack([array.real, array.imag], axis=-1)
        elif array.dtype.kind in 'bmM':
            expected = array.view(array.dtype.str[0].replace('|', '<') + ('u1' if array.dtype.kind == 'b' else 'i8'))
        if made.shape != expected.shape:
            return 'shape %r, expected %r' % (made.shape, expected.shape)
        if made.view().dtype.kind == 'i' and expected.dtype.kind == 'u':
            made = made.view(made.dtype.str.replace('i', 'u'))
        if not np.array_equal(made, expected, equal_nan=expected.dtype.kind == 'f'):
            return 'other elements'
        return None


def refusal(array, choice):
    """Why Arrow has no such values, or None."""
    try:
        for _, values in columns_of(array):
            values = values.reshape(1) if values.ndim == 0 else values
            if choice == 'last-axis' and values.ndim > 1:
                values = np.moveaxis(values, -1, 0)
            expected_rows(values, choice)
        return None
    except Refused as refused:
        return text_of(refused)


def ask(answer, row, work):
    try:
        problem = work()
    except Lost as lost:
        row, problem = dict(row, skipped=text_of(lost)), None
    except Exception as error:
        problem = error_text(error)
        for reader, pattern, reason in UNSUPPORTED:
            if reader == row['reader'] and re.search(pattern, problem, re.S):
                row, problem = dict(row, skipped=reason), None
                break
    report(answer, dict(row, problem=problem))


def main():
    with open(os.path.join(OURS, 'cases.txt')) as handle:
        cases = [line.rstrip('\n').split('\t') for line in handle]
    with open(OUT, 'w') as answer:
        for name, choice, formats, refused in cases:
            with open(os.path.join(THEIRS, name + '.npy'), 'rb') as handle:
                array = np.load(handle, **LOAD_OPTIONS)
            row = {'kind': 'read', 'name': name, 'choice': choice}
            rows = array.shape[-1 if choice == 'last-axis' else 0] if array.ndim else 1
            if max(array.size, rows) > MOST and 'columns' not in refused:
                reason = 'more than %d elements or rows: the dtype is compared in smaller arrays' % MOST
                report(answer, dict(row, reader='all', format='all', skipped=reason))
            else:
                check(answer, row, array, choice, formats.split(','), refused.split(','))
            report(answer, {'kind': 'case', 'name': name})


def check(answer, row, array, choice, formats, refused):
    if 'columns' in refused:
        problem = None if refusal(array, choice) else 'refused, and Arrow has such values'
        report(answer, dict(row, reader='numpy', format='refused', problem=problem))
    path = os.path.join(OURS, '%s.%s' % (row['name'], choice))
    if 'tensor' in formats:
        ask(answer, dict(row, reader='pyarrow', format='tensor'), lambda: check_tensor(path + '.tensor', array))
    if 'parquet' in refused:
        row_of = dict(row, reader='pyarrow', format='parquet-refused')
        try:
            target = pa.BufferOutputStream()
            pq.write_table(from_pyarrow(path + '.arrow', 'arrow'), target)
            # Without columns it writes no rows.
            lost = not columns_of(array) and pq.read_table(target.getvalue()).num_rows != len(array)
            report(answer, dict(row_of, problem=None if lost else 'refused, and pyarrow writes it'))
        except Exception:
            report(answer, dict(row_of, problem=None))
    for reader, read in READERS:
        for form in ('arrow', 'arrows', 'parquet'):
            if form in formats and reader == 'duckdb' and choice == 'lists' and array.ndim > 8:
                reason = 'arrays nested so deep take it time without end'
                report(answer, dict(row, reader=reader, format=form, skipped=reason))
            elif form in formats:
                def work():
                    global COUNTED
                    COUNTED = reader == 'duckdb' and form == 'parquet'
                    table = read('%s.%s' % (path, form), form)
                    return check_table(reader, table, array, choice, form)
                ask(answer, dict(row, reader=reader, format=form), work)
