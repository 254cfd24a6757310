# How fast NumPy decodes and encodes the large arrays: bytes in memory to an owned array in C
# order, and an array to bytes in memory. The best of several runs, in seconds.
import time

REPEATS = 7
CASES = []
# @@CASES@@


def best(function):
    function()
    times = []
    for _ in range(REPEATS):
        start = time.time() if sys.version_info[0] == 2 else time.perf_counter()
        function()
        stop = time.time() if sys.version_info[0] == 2 else time.perf_counter()
        times.append(stop - start)
    return max(min(times), 1e-9)


def encode_npy(array):
    handle = io.BytesIO()
    np.save(handle, array)
    return handle.getvalue()


def main():
    answers = open(OUT, 'w')
    report(answers, environment())
    for name, dtype, shape, order in CASES:
        dtype = np.dtype(dtype)
        count = 1
        for n in shape:
            count *= n
        # Bytes below 0x40 are ordinary numbers in every dtype used here.
        data = (np.arange(count * dtype.itemsize, dtype=np.uint64) * 37 % 61).astype(np.uint8)
        array = np.frombuffer(data.tobytes(), dtype).reshape(shape, order=order)
        npy = encode_npy(array)
        raw = array.tobytes(order)
        seconds = {
            'npy': {
                'decode': best(lambda: np.ascontiguousarray(np.load(io.BytesIO(npy)))),
                'encode': best(lambda: encode_npy(array)),
            },
            'raw': {
                'decode': best(
                    lambda: np.frombuffer(raw, dtype).reshape(shape, order=order).copy('C')),
                'encode': best(lambda: array.tobytes(order)),
            },
        }
        report(answers, {
            'kind': 'throughput', 'name': name, 'nbytes': array.nbytes, 'seconds': seconds})
    answers.close()


main()
