# The same for masked arrays, texts of any length, objects and archives: a row `read` a reader and file, a row
# `members` when all of a source was asked.
import pickle

SOURCES = sys.argv[4]


def member_rows(array):
    """What the rows of a column are to be: None where it is masked, or is what stands for nothing."""
    if isinstance(array, np.ma.MaskedArray) and array.dtype.names is None:
        return masked_rows(expected_rows(array.data, 'default'), np.ma.getmaskarray(array).tolist())
    if isinstance(array, np.ma.MaskedArray):
        return list(zip(*[member_rows(array[name]) for name in array.dtype.names]))
    if array.dtype.kind == 'T':
        nothing = getattr(array.dtype, 'na_object', None)
        return [text_or_none(row, nothing) for row in array.tolist()]
    return array.tolist() if array.dtype.kind == 'O' else expected_rows(array, 'default')


def text_or_none(row, nothing):
    if isinstance(row, list):
        return [text_or_none(cell, nothing) for cell in row]
    return None if row is nothing or not isinstance(row, str) else row


def masked_rows(rows, mask):
    if isinstance(mask, list):
        return [masked_rows(row, one) for row, one in zip(rows, mask)]
    return None if mask else rows


def batches_of(path):
    """The columns of each batch that a source becomes."""
    if path.endswith('.pkl'):
        with open(path, 'rb') as handle:
            array = pickle.load(handle)
        if array.dtype.names is None:
            return [{'values': array}]
        return [{name: array[name] for name in array.dtype.names}]
    members = dict(np.load(path))
    if len({len(array) for array in members.values()}) == 1:
        return [members]
    return [{name: array} for name, array in members.items()]


def check_members(table, columns):
    if table.column_names != list(columns):
        return 'columns %r, expected %r' % (table.column_names, list(columns))
    for name, array in columns.items():
        what = differ(member_rows(array), found_rows(table.column(name)))
        if what is not None:
            return 'column %s, row %s' % (name, what)
    return None


def members():
    with open(os.path.join(OURS, 'members.txt')) as handle:
        sources = [line.rstrip('\n').split('\t') for line in handle]
    with open(OUT, 'a') as answer:
        for name, file in sources:
            for at, columns in enumerate(batches_of(os.path.join(SOURCES, file))):
                for reader, read in READERS:
                    for form in ('arrow', 'arrows', 'parquet'):
                        def work():
                            global COUNTED
                            COUNTED = reader == 'duckdb' and form == 'parquet'
                            return check_members(read(os.path.join(OURS, '%s.%d.%s' % (name, at, form)), form), columns)
                        row = {'kind': 'read', 'name': name, 'choice': 'members', 'reader': reader, 'format': form}
                        ask(answer, row, work)
            report(answer, {'kind': 'members', 'name': name})


main()
members()
