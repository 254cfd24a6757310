# Loads every file that npbytes made, in this one process, and compares it with the array that
# NumPy itself makes of the same case, and with what NumPy loads from its own file of it.
# Each line of the answer names a case and, where there is one, the problem.

THEIRS = sys.argv[2]
OURS = sys.argv[3]


def same_values(a, b):
    """np.array_equal, with NaN equal to NaN wherever the dtype has NaN or NaT."""
    if a.dtype.names is not None:
        return all(same_values(a[name], b[name]) for name in a.dtype.names)
    if a.shape != b.shape:
        return False
    if a.size == 0:
        # Old NumPys multiply the sizes of empty arrays until they overflow.
        return True
    if a.dtype.kind in 'fc':
        return bool(np.all((a == b) | (np.isnan(a) & np.isnan(b))))
    if a.dtype.kind in 'mM':
        return bool(np.array_equal(a.view(a.dtype.str[0] + 'i8'), b.view(b.dtype.str[0] + 'i8')))
    if a.dtype.kind == 'V' and a.dtype.itemsize == 0:
        return True
    return bool(np.array_equal(a, b))


def first_difference(a, b):
    for offset in range(max(len(a), len(b))):
        left, right = a[offset:offset + 1], b[offset:offset + 1]
        if left != right:
            return 'byte %d is %s, expected %s' % (
                offset, binascii.hexlify(left).decode(), binascii.hexlify(right).decode())
    return None


def check_npy(case, array, this, encoding):
    name = '%s.%s' % (case.name, encoding)
    with open(os.path.join(OURS, name), 'rb') as handle:
        ours = np.load(handle, **LOAD_OPTIONS)
        if handle.read(1):
            return 'bytes follow the data'
    with open(os.path.join(THEIRS, name), 'rb') as handle:
        theirs = np.load(handle, **LOAD_OPTIONS)
    if ours.dtype != theirs.dtype or repr(ours.dtype) != repr(theirs.dtype):
        return 'dtype %r, expected %r' % (ours.dtype, theirs.dtype)
    if ours.shape != array.shape:
        return 'shape %r, expected %r' % (ours.shape, array.shape)
    for flag in ('C_CONTIGUOUS', 'F_CONTIGUOUS'):
        if ours.flags[flag] != theirs.flags[flag]:
            return '%s is %s' % (flag, ours.flags[flag])
    if ours.strides != theirs.strides:
        return 'strides %r, expected %r' % (ours.strides, theirs.strides)
    return check_values(ours, array, this)


def check_raw(case, array, this, encoding):
    with open(os.path.join(OURS, '%s.%s' % (case.name, encoding)), 'rb') as handle:
        data = handle.read()
    order = encoding[4:]
    if order == 'A':
        order = 'F' if array.flags.f_contiguous and not array.flags.c_contiguous else 'C'
    if array.size == 0 or this.dtype.itemsize == 0:
        return None if data == b'' else '%d bytes for an empty array' % len(data)
    ours = np.frombuffer(data, this.dtype).reshape(array.shape, order=order)
    return check_values(ours, array, this)


def check_values(ours, array, this):
    problem = first_difference(this.masked(c_bytes(ours)), this.masked(c_bytes(array)))
    if problem is not None:
        return 'elements: %s' % problem
    try:
        return None if same_values(ours, array) else 'np.array_equal says no'
    except (ValueError, SystemError):
        # Code points past U+10FFFF: NumPy cannot compare them, and the bytes were equal.
        return None


def main():
    wanted = {}
    with open(os.path.join(OURS, 'cases.txt')) as handle:
        for line in handle:
            name, encoding = line.rstrip('\n').split('\t')
            wanted.setdefault(name, []).append(encoding)
    answers = open(OUT, 'w')
    report(answers, environment())
    for case in ARRAYS:
        encodings = wanted.pop(case.name, [])
        array = case.build() if encodings else None
        this = TYPES[case.type_index]
        for encoding in encodings:
            check = check_npy if encoding.startswith('npy') else check_raw
            try:
                problem = check(case, array, this, encoding)
            except Exception as error:
                problem = error_text(error)
            row = {'kind': 'loaded-back', 'name': case.name, 'encoding': encoding}
            if problem is not None:
                row['problem'] = problem
            report(answers, row)
    for name in wanted:
        report(answers, {'kind': 'loaded-back', 'name': name, 'problem': 'no such case'})
    answers.close()


main()
