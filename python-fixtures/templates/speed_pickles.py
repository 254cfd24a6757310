# Loads and dumps pickles when it is asked on stdin, one job a line, and answers with the seconds of
# processor time that one of them took. What is dumped is made here, by a name and a count.
import pickle
import time


def made(kind):
    name, count = kind.split(' ')
    count = int(count)
    if name == 'floats':
        return np.sin(np.arange(float(count)))
    if name == 'images':
        pixels = np.random.RandomState(1).randint(0, 256, (count, 28, 28)).astype('u1')
        return [image.copy() for image in pixels]
    if name == 'str':
        return np.array(['string %d' % i for i in range(count)], object)
    if name == 'int':
        return np.array([i * 1000 for i in range(count)], object)
    raise ValueError(kind)


def dumped(value, protocol):
    if protocol != 'oob':
        return pickle.dumps(value, int(protocol)), None
    buffers = []
    data = pickle.dumps(value, 5, buffer_callback=buffers.append)
    return data, buffers


def saved(value):
    file = io.BytesIO()
    np.save(file, value)
    return file.getvalue()


def timed(work, count):
    start = time.process_time()
    for _ in range(count):
        work()
    return (time.process_time() - start) / count


def answers():
    value = data = buffers = None
    for line in sys.stdin:
        job, _, kind, path = line.rstrip('\n').split('\t')
        words = job.split(' ')
        job, words = words[0], words[1:]
        if job == 'make':
            value = data = buffers = None
            value = made(kind)
            yield 0.0
        elif job == 'write':
            if words[0] == 'npy':
                data, buffers = saved(value), None
            else:
                data, buffers = dumped(value, words[0])
            with open(path, 'wb') as file:
                file.write(data)
            for i, buffer in enumerate(buffers or []):
                with open('%s.%d' % (path, i), 'wb') as file:
                    file.write(buffer.raw())
            yield 0.0
        elif job == 'load' and words[0] == 'npy':
            yield timed(lambda: np.load(io.BytesIO(data), allow_pickle=True), int(words[1]))
        elif job == 'load':
            yield timed(lambda: pickle.loads(data, buffers=buffers), int(words[1]))
        elif job == 'dump' and words[0] == 'npy':
            yield timed(lambda: saved(value), int(words[1]))
        elif job == 'dump':
            yield timed(lambda: dumped(value, words[0]), int(words[1]))
        else:
            raise ValueError(line)


for answer in answers():
    sys.stdout.write('%.12f\n' % answer)
    sys.stdout.flush()
