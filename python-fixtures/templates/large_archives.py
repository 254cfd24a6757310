# Archives of more than 2 and 4 GiB, made and read without their data, which is zeros: only the pages
# that hold something else are kept. With two more arguments, NumPy looks at npbytes' archives.

CASES = []
# @@CASES@@


class Pages(object):
    """A file of zeros, but for some pages."""

    SIZE = 4096
    ZEROS = {}

    def __init__(self):
        self.pages = {}
        self.position = 0
        self.length = 0

    def read(self, *sizes):
        raise io.UnsupportedOperation('read')

    def write(self, data):
        size = len(data)
        if size > self.SIZE and self.position >= self.length:
            zeros = self.ZEROS.get(size)
            if zeros is None:
                zeros = self.ZEROS[size] = bytes(size)
            if data == zeros:
                self.move(size)
                return size
        done = 0
        while done < size:
            index, start = divmod(self.position, self.SIZE)
            piece = data[done:done + self.SIZE - start]
            page = self.pages.get(index)
            if page is None:
                page = self.pages[index] = bytearray(self.SIZE)
            page[start:start + len(piece)] = piece
            done += len(piece)
            self.move(len(piece))
        return size

    def move(self, size):
        self.position += size
        self.length = max(self.length, self.position)

    def flush(self):
        pass


class SeekablePages(Pages):
    def tell(self):
        return self.position

    def seek(self, offset, whence=0):
        assert whence == 0
        self.position = offset
        return offset


def main():
    answers = open(OUT, 'w')
    report(answers, environment())
    for name, form, members in CASES:
        target = Pages() if form.endswith('pipe') else SeekablePages()
        function = np.savez_compressed if 'deflated' in form else np.savez
        arrays = {}
        for key, size in members:
            arrays[key] = np.broadcast_to(np.zeros(1, 'u1'), (size,))
        function(target, **arrays)
        pages = [[index, binascii.hexlify(bytes(page)).decode('ascii')]
                 for index, page in sorted(target.pages.items()) if any(page)]
        report(answers, {'kind': 'large', 'name': name, 'form': form,
                         'length': target.length, 'pages': pages})
    answers.close()


def look(folder):
    answers = open(OUT, 'w')
    report(answers, environment())
    for name, form, members in CASES:
        path = os.path.join(folder, '%s.%s' % (name, form))
        row = {'kind': 'large-loaded', 'name': name, 'form': form}
        try:
            row['members'] = looked_at(path)
        except Exception as error:
            row['problem'] = error_text(error)
        report(answers, row)
    answers.close()


def looked_at(path):
    """What np.load finds: names, shapes by the header, sizes by the directory; small ones whole."""
    found = []
    archive = np.load(path)
    for key, info in zip(archive.files, archive.zip.infolist()):
        with archive.zip.open(info) as member:
            version = np.lib.format.read_magic(member)
            assert version == (1, 0)
            shape, fortran, dtype = np.lib.format.read_array_header_1_0(member)
        whole = archive[key].tolist() if info.file_size < 4096 else None
        found.append([key, list(shape), fortran, dtype.str, info.file_size, info.header_offset,
                      whole])
    return found


if len(sys.argv) > 2:
    look(sys.argv[2])
else:
    main()
