# Pickles every value in every way and says in manifest.jsonl what each is, and what it is when it is
# loaded again. All bytes stand one behind another in pickles.bin.


class Blob(object):
    def __init__(self, path):
        self.handle = open(path, 'wb')
        self.at = 0
        self.places = {}

    def put_once(self, data):
        key = hashlib.sha256(data).digest()
        if key not in self.places:
            self.places[key] = self.put(data)
        return self.places[key]

    def put(self, data):
        place = [self.at, len(data)]
        self.handle.write(data)
        self.at += len(data)
        return place


class Maker(object):
    def __init__(self):
        self.blob = Blob(os.path.join(OUT, 'pickles.bin'))
        self.manifest = open(os.path.join(OUT, 'manifest.jsonl'), 'w')
        STORE.append(self.blob.put_once)
        # What loaded values are, each once.
        self.loaded = {}

    def loaded_form(self, one, elements):
        try:
            row = describe(one, elements)
        except Exception as error:
            row = {'undescribed': error_text(error)}
        key = json.dumps(row, sort_keys=True)
        if key not in self.loaded:
            self.loaded[key] = len(self.loaded)
            report(self.manifest, {'kind': 'loaded', 'number': self.loaded[key], 'value': row})
        return self.loaded[key]

    def dump(self, one, word, elements):
        row = {'word': word}
        buffers = []
        try:
            data = dumps(one, word, buffers)
        except Exception as error:
            row['error'] = error_text(error)
            return row
        row['at'] = self.blob.put(data)
        given = None
        if word == '5-out':
            raws = [buffer.raw() for buffer in buffers]
            row['buffers'] = [self.blob.put(bytes(raw)) + [raw.readonly] for raw in raws]
            given = [bytes(raw) if raw.readonly else bytearray(raw) for raw in raws]
        try:
            row['loaded'] = self.loaded_form(loads(data, given), elements)
        except Exception as error:
            row['load_error'] = error_text(error)
        return row

    def array(self, case):
        row = {'kind': 'pickle', 'family': 'arrays', 'name': case.name}
        array = case.build()
        row['dumps'] = [self.dump(array, word, False) for word in words_for(array)]
        report(self.manifest, row)

    def value(self, case):
        row = {'kind': 'pickle', 'family': case.family, 'name': case.name}
        try:
            one = case.make()
            row['value'] = describe(one)
        except Exception as error:
            row['error'] = error_text(error)
            report(self.manifest, row)
            return
        row['dumps'] = [self.dump(one, word, True) for word in words_for(one)]
        report(self.manifest, row)

    def file(self, case):
        one = case.make()
        if not isinstance(one, np.ndarray):
            return
        row = {'kind': 'file', 'family': case.family, 'name': case.name, 'form': 'npy', 'value': describe(one)}
        handle = io.BytesIO()
        try:
            np.save(handle, one)
        except Exception as error:
            row['error'] = error_text(error)
        else:
            row['at'] = self.blob.put(handle.getvalue())
            handle.seek(0)
            row['loaded'] = self.loaded_form(np.load(handle, allow_pickle=True), True)
        report(self.manifest, row)

    def archive(self, name, members):
        row = {'kind': 'file', 'family': 'files', 'name': name, 'form': 'npz'}
        row['value'] = [[key, describe(array)] for key, array in members]
        handle = io.BytesIO()
        np.savez(handle, **dict((str(key), array) for key, array in members))
        row['at'] = self.blob.put(handle.getvalue())
        report(self.manifest, row)


# Larger arrays have no other bytes in another way, only more of them.
MEDIUM, LARGE = 1 << 15, 1 << 19


def words_for(one):
    size = one.nbytes if isinstance(one, np.ndarray) else 0
    if size > LARGE:
        return WORDS[-1:]
    if size > MEDIUM and size != 65535 and size != 65536:
        return [word for word in WORDS if word in ('2', '2-py', '4', '5-out')]
    return WORDS


def main():
    maker = Maker()
    report(maker.manifest, environment())
    for case in ARRAYS:
        maker.array(case)
    for case in VALUES:
        maker.value(case)
    for case in FILES:
        maker.file(case)
    for name, members in archives_of_objects():
        maker.archive(name, members)
    report(maker.manifest, {'kind': 'end'})
    maker.manifest.close()
    maker.blob.handle.close()


main()
