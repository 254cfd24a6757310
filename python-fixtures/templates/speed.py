# Reads and writes archives when it is asked on stdin, one job a line, and answers with the seconds
# that it took. What is written is loaded before.
import time


def answers():
    arrays = {}
    for line in sys.stdin:
        job, _, kind, path = line.rstrip('\n').split('\t')
        if job == 'load':
            with np.load(path) as archive:
                arrays = dict((key, archive[key]) for key in archive.files)
            yield 0.0
            continue
        if job.startswith('write') and os.path.exists(path):
            os.unlink(path)
        start = time.perf_counter()
        if job == 'read':
            archive = np.load(path)
            members = [archive[key] for key in archive.files]
        elif job == 'write-stored':
            np.savez(path, **arrays)
        elif job == 'write-deflated':
            np.savez_compressed(path, **arrays)
        else:
            raise ValueError(job)
        yield time.perf_counter() - start
        if job == 'read':
            archive.close()
            members = None


for answer in answers():
    sys.stdout.write('%.9f\n' % answer)
    sys.stdout.flush()
