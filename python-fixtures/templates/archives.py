# Shared by the scripts that write archives and load them: which arrays each has, and what NumPy
# calls its members.


class Archive(object):
    """One call of np.savez, as the harness says it. `many` is a number of members with short names
    and the arrays that they take in turn."""

    def __init__(self, name, positional, named, many, forms):
        self.name = name
        self.positional = positional
        self.named = named
        self.many = many
        self.forms = forms

    def keywords(self):
        count, cases = self.many
        return self.named + [('m%d' % i, cases[i % len(cases)]) for i in range(count)]

    def arguments(self):
        """The arguments of the call behind its file."""
        made = {}

        def array(name):
            if name not in made:
                made[name] = ARRAYS_BY_NAME[name].build()
            return made[name]

        named = {}
        for key, name in self.keywords():
            named[str(key)] = array(name)
        return [array(name) for name in self.positional], named

    def members(self):
        """Names in the archive, and the cases of their arrays."""
        pairs = self.keywords()
        pairs = pairs + [('arr_%d' % i, name) for i, name in enumerate(self.positional)]
        return [((key + '.npy').split('\0')[0], name) for key, name in pairs]


class Pipe(object):
    """Something that can be written to, and nothing else."""

    def __init__(self, handle):
        self.handle = handle

    def read(self, *sizes):
        # np.savez tells files from paths by this; nothing may call it.
        raise io.UnsupportedOperation('read')

    def write(self, data):
        return self.handle.write(data)

    def flush(self):
        self.handle.flush()


ARRAYS_BY_NAME = dict((array.name, array) for array in ARRAYS)
ARCHIVES = []
# @@ARCHIVES@@
