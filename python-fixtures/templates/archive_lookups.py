# Archives made by Python's zipfile that np.savez would not make: what np.load finds in them, by the
# names it lists and by others. One row an archive, with its bytes.
import struct
import zipfile


def npy(array):
    handle = io.BytesIO()
    np.save(handle, array)
    return handle.getvalue()


ONE, TWO, THREE = npy(np.arange(3, dtype='<i4')), npy(np.ones((2, 2))), npy(np.array(7, '>u2'))
BAD = b'\x93NUMPX' + ONE[6:]
TORN = ONE[:-1]
LONGER = ONE + b'more'
HEADLESS = ONE[:6] + b'\x01\x00\x04\x00{}\n\n'
EMPTY_HEADER = ONE[:6]
OBJECTS = npy(np.array([1, None], object))


class Pipe(object):
    def __init__(self, handle):
        self.handle = handle

    def write(self, data):
        return self.handle.write(data)

    def flush(self):
        pass


def archive(*members, **options):
    """A zip of (name or ZipInfo, contents), stored unless the options say otherwise."""
    handle = io.BytesIO()
    target = Pipe(handle) if options.get('pipe') else handle
    method = options.get('method', zipfile.ZIP_STORED)
    with zipfile.ZipFile(target, 'w', method) as made:
        made.comment = options.get('comment', b'')
        for name, contents in members:
            if name:
                made.writestr(name, contents)
            else:
                # writestr looks at the last character.
                with made.open(name, 'w') as member:
                    member.write(contents)
    return handle.getvalue()


def info(name, **attributes):
    made = zipfile.ZipInfo(name)
    for key, value in attributes.items():
        setattr(made, key, value)
    return made


def renamed(data, old, new):
    """Other raw names of the same length, in both records."""
    assert len(old) == len(new) and data.count(old) == 2
    return data.replace(old, new)


def with_flags(data, flags):
    """Other general purpose flags in every record."""
    out = bytearray(data)
    for signature, at in ((b'PK\x03\x04', 6), (b'PK\x01\x02', 8)):
        start = data.find(signature)
        while start >= 0:
            out[start + at:start + at + 2] = struct.pack('<H', flags)
            start = data.find(signature, start + 1)
    return bytes(out)


def with_method(data, method):
    out = bytearray(data)
    for signature, at in ((b'PK\x03\x04', 8), (b'PK\x01\x02', 10)):
        start = data.find(signature)
        out[start + at:start + at + 2] = struct.pack('<H', method)
    return bytes(out)


def changed(data, old, new):
    assert data.count(old) == 1 and len(old) == len(new)
    return data.replace(old, new)


def archives():
    """Name, bytes, and keys to ask for beside those that are listed."""
    yield 'plain', archive(('x.npy', ONE), ('y.npy', TWO)), ['x.npy', 'z', '', 'X', '.npy']
    yield 'duplicates', archive(('x.npy', ONE), ('x.npy', TWO)), ['x.npy']
    yield 'three-of-a-name', archive(('x.npy', ONE), ('y.npy', TWO), ('x.npy', TWO),
                                     ('x.npy', THREE)), ['x.npy', 'y.npy']
    yield 'dup-then-dup.npy', archive(('dup', ONE), ('dup.npy', TWO)), ['dup.npy']
    yield 'dup.npy-then-dup', archive(('dup.npy', TWO), ('dup', ONE)), ['dup.npy']
    yield 'dup-twice-dup.npy-twice', archive(('dup', ONE), ('dup.npy', TWO), ('dup', THREE),
                                             ('dup.npy', THREE)), ['dup.npy']
    yield 'npy.npy', archive(('x.npy.npy', ONE), ('x.npy', TWO)), ['x', 'x.npy.npy']
    yield 'npy.npy-alone', archive(('x.npy.npy', ONE)), ['x', 'x.npy.npy']
    yield 'npy.npy-after', archive(('x.npy', TWO), ('x.npy.npy', ONE)), ['x', 'x.npy.npy']
    yield 'only-the-suffix', archive(('.npy', ONE)), ['', '.npy']
    yield 'suffix-twice', archive(('.npy.npy', ONE)), ['', '.npy', '.npy.npy']
    yield 'no-name', archive(('', ONE)), ['', '.npy']
    yield 'upper-case', archive(('x.NPY', ONE)), ['x', 'x.NPY', 'x.npy']
    yield 'suffix-in-the-middle', archive(('x.npy.txt', ONE)), ['x', 'x.npy']
    yield 'no-npy', archive(('readme.txt', b'hello'), ('data.bin', b'\0\1\2')), ['readme']
    yield 'text-under-npy', archive(('x.npy', b'no array')), ['x.npy']
    yield 'array-without-suffix', archive(('weights', ONE)), ['weights.npy']
    yield 'bad-magic', archive(('bad.npy', BAD)), ['bad.npy']
    yield 'torn', archive(('torn.npy', TORN)), []
    yield 'longer', archive(('longer.npy', LONGER)), []
    yield 'headless', archive(('headless.npy', HEADLESS)), []
    yield 'only-magic', archive(('magic.npy', EMPTY_HEADER)), []
    yield 'five-bytes-of-magic', archive(('magic.npy', EMPTY_HEADER[:5])), []
    yield 'empty-member', archive(('empty.npy', b''), ('none', b'')), []
    yield 'objects', archive(('o.npy', OBJECTS), ('x.npy', ONE)), []
    yield 'folder', archive(('folder/', b''), ('folder/x.npy', ONE)), ['folder', 'x', 'folder/x.npy']
    yield 'deep-folders', archive(('a/b/c.npy', ONE), ('a/b/../c.npy', TWO), ('/c.npy', THREE),
                                  ('../c.npy', ONE)), ['c', 'a/b/c.npy', 'a/c']
    yield 'nothing', archive(), ['x', '']
    yield 'comment', archive(('x.npy', ONE), comment=b'a word'), []
    yield 'long-comment', archive(('x.npy', ONE), comment=b'w' * 65535), []
    yield 'comment-like-an-end', archive(('x.npy', ONE), comment=b'PK\5\6' + b'\0' * 18), []
    deflated = zipfile.ZIP_DEFLATED
    yield 'deflated', archive(('x.npy', ONE), ('t', b'text ' * 99), method=deflated), []
    yield 'deflated-empty', archive(('x.npy', b''), method=deflated), []
    yield 'descriptors', archive(('x.npy', ONE), ('y.npy', TWO), pipe=True), []
    yield 'descriptors-deflated', archive(('x.npy', ONE), ('t', b'text ' * 99), pipe=True,
                                          method=deflated), []
    yield 'bzip2', archive(('x.npy', ONE), method=zipfile.ZIP_BZIP2), []
    yield 'lzma', archive(('x.npy', ONE), method=zipfile.ZIP_LZMA), []
    yield 'unknown-method', with_method(archive(('x.npy', ONE)), 99), []
    yield 'encrypted', with_flags(archive(('x.npy', ONE)), 1), []
    yield 'utf-8', archive((u'\u03bb.npy', ONE), (u'\U0001f600.npy', TWO)), [u'\u03bb.npy']
    yield 'cp437', renamed(archive(('QQ.npy', ONE)), b'QQ.npy', b'\x82\x9c.npy'), [u'\xe9\xa3']
    yield 'cp437-all', archive_of_cp437(), []
    yield 'utf-8-flag-on-ascii', with_flags(archive(('x.npy', ONE)), 0x800), []
    yield 'utf-8-flag-wrong', with_flags(
        renamed(archive(('QQ.npy', ONE)), b'QQ.npy', b'\xff\xfe.npy'), 0x800), []
    yield 'nul-in-name', renamed(archive(('aQb.npy', ONE)), b'aQb.npy', b'a\0b.npy'), ['a', 'a\0b']
    yield 'backslash', renamed(archive(('aQb.npy', ONE)), b'aQb.npy', b'a\\b.npy'), ['a/b', 'a\\b']
    yield 'extra-field', archive((info('x.npy', extra=b'\xfe\xca\x04\0abcd'), ONE)), []
    yield 'extra-garbage', archive((info('x.npy', extra=b'\xfe\xca\x03'), ONE)), []
    yield 'member-comment', archive((info('x.npy', comment=b'of the member'), ONE)), []
    yield 'old-date', archive((info('x.npy', date_time=(2107, 12, 31, 23, 59, 58)), ONE)), []
    whole = archive(('x.npy', ONE), ('y.npy', TWO))
    yield 'junk-before', b'junk' + whole, []
    yield 'zeros-after', whole + b'\0\0\0\0', []
    yield 'text-after', whole + b'trailing', []
    yield 'cut-by-one', whole[:-1], []
    yield 'cut-in-the-directory', whole[:-40], []
    yield 'wrong-crc', changed(whole, ONE[-12:], ONE[-12:-1] + b'\x55'), []
    yield 'wrong-name-inside', whole.replace(b'x.npy', b'q.npy', 1), ['q']
    yield 'only-an-end', b'PK\5\6' + b'\0' * 18, ['x']
    yield 'eight-bytes', b'PK\3\4\0\0\0\0', []


def archive_of_cp437():
    """Every byte of the upper half, one member each."""
    members = [('%02x.npy' % byte, ONE) for byte in range(128, 256)]
    data = bytearray(archive(*members))
    for byte in range(128, 256):
        old, start = b'%02x.npy' % byte, 0
        for _ in range(2):
            start = data.find(old, start)
            data[start:start + 2] = bytearray([byte, byte])
            start += 1
    return bytes(data)


def value(archive_, key):
    try:
        found = archive_[key]
    except Exception as error:
        return {'error': error_text(error)}
    if isinstance(found, bytes):
        return {'bytes': binascii.hexlify(found).decode('ascii')}
    return {'dtype': found.dtype.str, 'shape': list(found.shape),
            'data': binascii.hexlify(found.tobytes()).decode('ascii')}


def main():
    answers = open(OUT, 'w')
    report(answers, environment())
    for name, data, keys in archives():
        row = {'kind': 'lookup', 'name': name, 'file': binascii.hexlify(data).decode('ascii')}
        try:
            loaded = np.load(io.BytesIO(data))
        except Exception as error:
            row['error'] = error_text(error)
        else:
            row['files'] = list(loaded.files)
            row['values'] = [[key, value(loaded, key)] for key in list(loaded.files) + keys]
        report(answers, row)
    answers.close()


main()
