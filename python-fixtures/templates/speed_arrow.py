# Makes arrays Arrow's and back with pyarrow when it is asked on stdin, one job a line, and answers with the
# seconds of processor time that one of them took, or with the bytes of memory that it took at most.
import time

import pyarrow as pa
import pyarrow.parquet as pq


def made(kind, count):
    random = np.random.RandomState(1)
    if kind == 'floats':
        # A walk with all of its bits: no two values are the same, and nothing shrinks much.
        return np.cumsum(random.standard_normal(count))
    if kind == 'flags':
        return random.randint(0, 2, count).astype('?')
    if kind == 'gaps':
        values = random.standard_normal(count)
        values[random.randint(0, count, count // 50)] = np.nan
        return values
    if kind == 'records':
        values = np.empty(count, [('a', '<i4'), ('b', '<f8'), ('c', '<f4')])
        values['a'] = np.arange(count)
        values['b'] = random.standard_normal(count)
        values['c'] = values['b']
        return values
    if kind in ('ascii', 'words'):
        last = u'' if kind == 'ascii' else u'\u00e9\u20ac'
        texts = ['%d' % (i * 2654435761 ** (1 + i % 4) % 10 ** (1 + i % 25)) + last for i in range(count)]
        return np.array(texts, 'U27')
    if kind == 'objects':
        return np.array(['string %d' % i for i in range(count)], object)
    raise ValueError(kind)


def to_arrow(kind, value):
    if kind == 'records':
        return [pa.array(value[name]) for name in value.dtype.names]
    return [pa.array(value, from_pandas=kind == 'gaps')]


def to_numpy(kind, columns, dtype):
    if kind == 'records':
        value = np.empty(len(columns[0]), dtype)
        for name, column in zip(dtype.names, columns):
            value[name] = column.to_numpy()
        return value
    value = columns[0].to_numpy(zero_copy_only=kind == 'floats')
    return value if value.dtype == dtype else value.astype(dtype)


def from_npy(job, source, target):
    # What is mapped is read by the writer, a page at a time.
    mode = 'r' if job.endswith('-mapped') else None
    job = job.replace('-mapped', '')
    table = pa.table({'x': pa.array(np.load(source, mmap_mode=mode))})
    if job == 'ipc':
        with pa.OSFile(target, 'wb') as file, pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table)
    elif job == 'parquet-plain':
        pq.write_table(table, target, compression='none', use_dictionary=False)
    elif job == 'parquet-zstd':
        pq.write_table(table, target, compression='zstd')
    else:
        pq.write_table(table, target)


def read_table(source):
    if source.endswith('.arrow'):
        with pa.memory_map(source) as file:
            return pa.ipc.open_file(file).read_all()
    return pq.read_table(source)


def to_npy(source, target):
    column = read_table(source)['x']
    with open(target, 'wb') as file:
        np.save(file, column.to_numpy())


def timed(work, count):
    start = time.process_time()
    for _ in range(count):
        result = work()
        result = None
    return (time.process_time() - start) / count


def resident(what):
    with open('/proc/self/status') as status:
        return [int(line.split()[1]) << 10 for line in status if line.startswith(what)][0]


def peak(work):
    # Tells the kernel to count the most from here on.
    pa.default_memory_pool().release_unused()
    with open('/proc/self/clear_refs', 'w') as file:
        file.write('5')
    before = resident('VmRSS')
    work()
    return float(resident('VmHWM') - before)


def identical(a, b):
    # Of floats every bit, those of NaN too.
    if a.dtype == 'f8':
        a, b = a.view('i8'), b.view('i8')
    return a.dtype == b.dtype and np.array_equal(a, b)


def expect(same, what):
    if not same:
        raise ValueError('not the same: %s' % what)


def answers():
    value = columns = kind = path = None
    for line in sys.stdin:
        words, _, first, second = line.rstrip('\n').split('\t')
        words = words.split(' ')
        job = words[0]
        if job == 'make':
            kind, path = words[1], second
            value = columns = None
            value = made(kind, int(words[2]))
            np.save(path, value)
            columns = to_arrow(kind, value)
            yield 0.0
        elif job == 'write':
            back = to_numpy(kind, columns, value.dtype)
            expect(identical(back, value), kind)
            table = pa.table(columns, [str(i) for i in range(len(columns))]).combine_chunks()
            batch = table.to_batches()[0]
            with pa.OSFile(second, 'wb') as file, pa.ipc.new_file(file, batch.schema) as writer:
                writer.write_batch(batch)
            yield 0.0
        elif job == 'forget':
            value = columns = None
            yield 0.0
        elif job == 'to':
            yield timed(lambda: to_arrow(kind, value), int(words[1]))
        elif job == 'load':
            yield timed(lambda: pa.array(np.load(path, allow_pickle=True)), int(words[1]))
        elif job == 'back':
            yield timed(lambda: to_numpy(kind, columns, value.dtype), int(words[1]))
        elif job in ('from-npy', 'to-npy'):
            if job == 'to-npy':
                work = lambda: to_npy(first, second)
            else:
                work = lambda: from_npy(words[1], first, second)
            yield peak(work) if words[-1] == 'peak' else timed(work, 1)
        elif job == 'equal':
            found = read_table(first)['x'].to_numpy()
            expect(identical(found, np.load(second)), first)
            found = None
            yield 0.0
        else:
            raise ValueError(line)


for answer in answers():
    sys.stdout.write('%.12f\n' % answer)
    sys.stdout.flush()
