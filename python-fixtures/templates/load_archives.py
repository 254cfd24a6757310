# Loads every archive that npbytes made, in this one process: its names, and each member beside the
# one that NumPy loads from its own archive of the same arrays. Each line of the answer names an
# archive, its form, how many members were compared and, where there is one, the problem.

THEIRS = sys.argv[2]
OURS = sys.argv[3]

# Of more members than this, some are compared: old NumPys look for each in a list.
MANY = 2000


class Member(object):
    """What a key must give: NumPy's array from its own archive, and the bytes that went in."""

    def __init__(self, theirs, case):
        self.theirs = theirs
        self.this = TYPES[case.type_index]
        self.repr = repr(theirs.dtype)
        self.built = self.this.masked(c_bytes(case.build()))
        self.own_problem = self.elements(theirs)

    def elements(self, array):
        return None if self.this.masked(c_bytes(array)) == self.built else 'other elements'

    def problem(self, ours):
        theirs = self.theirs
        if ours.dtype != theirs.dtype or repr(ours.dtype) != self.repr:
            return 'dtype %r, expected %s' % (ours.dtype, self.repr)
        if ours.shape != theirs.shape:
            return 'shape %r, expected %r' % (ours.shape, theirs.shape)
        if ours.strides != theirs.strides:
            return 'strides %r, expected %r' % (ours.strides, theirs.strides)
        return self.own_problem or self.elements(ours)


class Expected(object):
    """What an archive must hold: the arrays that went into it, and what NumPy loads of its own."""

    def __init__(self, archive):
        self.names = archive.members()
        self.last = dict(self.names)
        self.theirs = np.load(os.path.join(THEIRS, archive.name + '.npz'), **LOAD_OPTIONS)
        self.members = {}

    def files(self):
        return [name[:-4] if name.endswith('.npy') else name for name, _ in self.names]

    def member(self, key):
        if key not in self.members:
            name = key if key in self.last else key + '.npy'
            self.members[key] = Member(self.theirs[key], ARRAYS_BY_NAME[self.last[name]])
        return self.members[key]

    def check(self, path):
        ours = np.load(path, **LOAD_OPTIONS)
        files = list(ours.files)
        theirs = list(self.theirs.files)
        if sys.version_info[0] == 2:
            # Python 2 forgets the order of keyword arguments.
            theirs = files if sorted(files) == sorted(theirs) else theirs
        if files != self.files() or files != theirs:
            return 0, 'the names are %s' % text_of(files)
        step = 1 if len(files) <= MANY else len(files) // 16 - 1
        picked = files[::step] + files[-1:]
        for key in picked:
            problem = self.member(key).problem(ours[key])
            if problem is not None:
                return 0, 'member %s: %s' % (text_of(key), problem)
        ours.close()
        return len(picked), None


def main():
    wanted = {}
    with open(os.path.join(OURS, 'cases.txt')) as handle:
        for line in handle:
            name, form = line.rstrip('\n').split('\t')
            wanted.setdefault(name, []).append(form)
    answers = open(OUT, 'w')
    report(answers, environment())
    for archive in ARCHIVES:
        forms = wanted.pop(archive.name, [])
        expected = Expected(archive) if forms else None
        for form in forms:
            row = {'kind': 'loaded-archive', 'name': archive.name, 'form': form}
            try:
                row['members'], problem = expected.check(
                    os.path.join(OURS, '%s.%s' % (archive.name, form)))
            except Exception as error:
                problem = error_text(error)
            if problem is not None:
                row['problem'] = problem
            report(answers, row)
    for name in wanted:
        report(answers, {'kind': 'loaded-archive', 'name': name, 'problem': 'no such archive'})
    answers.close()


main()
