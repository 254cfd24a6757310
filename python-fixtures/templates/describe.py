# What a value is, as JSON: enough to make it again from nothing, and to compare one that was read.
# python-fixtures/README.md has the forms.


# Where long data goes, as a function that answers with its place; short data stands in the row.
STORE = []


def hexadecimal(data):
    data = bytes(data)
    if len(data) > 1024 and STORE:
        return STORE[0](data)
    return binascii.hexlify(data).decode('ascii')


def bits(number):
    return hexadecimal(__import__('struct').pack('>d', number))


class Describer(object):
    """Describes values; an object that occurs again is referred to by its number."""

    def __init__(self, elements=True):
        # Without elements an array is only its dtype, shape and flags.
        self.elements = elements
        self.nodes = {}
        self.kept = []
        self.count = 0

    def again(self, one):
        node = self.nodes.get(id(one))
        if node is None:
            return None
        if 'id' not in node:
            self.count += 1
            node['id'] = self.count
        return {'ref': node['id']}

    def new(self, one, node):
        # What is kept keeps its address for itself.
        self.kept.append(one)
        self.nodes[id(one)] = node
        return node

    def value(self, one):
        if one is None or one is True or one is False:
            return one
        kind = type(one)
        if kind is int or (PY2 and kind is long):
            return one if abs(one) < 2**31 else {'int': '%d' % one}
        if kind is float:
            return {'float': bits(one)}
        if kind is type(u''):
            return self.text(one)
        if kind is bytes:
            if PY2:
                return {'str2': hexadecimal(one)}
            if len(one) < 2:
                return {'bytes': hexadecimal(one)}
        if kind is tuple and not one:
            return {'tuple': []}
        found = self.again(one)
        if found is not None:
            return found
        if kind is bytes:
            return self.new(one, {'bytes': hexadecimal(one)})
        if kind is bytearray:
            return self.new(one, {'bytearray': hexadecimal(one)})
        if kind is complex:
            return self.new(one, {'complex': [bits(one.real), bits(one.imag)]})
        if kind in (tuple, list, set, frozenset):
            node = self.new(one, {})
            node[kind.__name__] = [self.value(item) for item in one]
            return node
        if kind is dict:
            node = self.new(one, {})
            node['dict'] = [[self.value(key), self.value(item)] for key, item in one.items()]
            return node
        if kind.__name__ == 'PickleBuffer':
            raw = one.raw()
            return self.new(one, {'buffer': hexadecimal(raw), 'readonly': raw.readonly})
        if isinstance(one, np.ma.core.MaskedConstant):
            return self.new(one, {'opaque': kind.__name__})
        if kind is np.ma.MaskedArray:
            return self.masked(one)
        if isinstance(one, np.ndarray):
            return self.array(one)
        if isinstance(one, np.generic):
            return self.scalar(one)
        if isinstance(one, np.dtype):
            return self.dtype(one)
        return self.new(one, {'opaque': kind.__name__})

    def text(self, one):
        if len(one) == 0:
            return {'str': ''}
        if len(one) == 1 and ord(one) < 256 and not PY2:
            if one is chr(ord(one)):
                return {'str': [ord(one)]}
            # A literal of a source, which some interpreters keep apart.
            node = self.again(one)
            return node or self.new(one, {'str': [ord(one)], 'literal': True})
        found = self.again(one)
        if found is not None:
            return found
        if len(one) > 1024 and STORE and all(ord(c) < 128 for c in one):
            return self.new(one, {'ascii': hexadecimal(one.encode('ascii'))})
        if all(u' ' <= c <= u'~' for c in one):
            return self.new(one, {'str': one})
        return self.new(one, {'str': [ord(c) for c in one]})

    def dtype(self, one):
        found = self.again(one)
        if found is not None:
            return found
        node = self.new(one, {})
        if is_string(one):
            node['string'] = bool(one.coerce)
            if hasattr(one, 'na_object'):
                node['na'] = self.value(one.na_object)
            return node
        if one.subdtype is not None:
            base, shape = one.subdtype
            node['base'] = self.dtype(base)
            node['shape'] = list(shape)
        elif one.names is not None:
            node['fields'] = []
            for name in one.names:
                entry = one.fields[name]
                field = [self.field_name(name), self.dtype(entry[0]), entry[1]]
                if len(entry) > 2:
                    field.append(self.field_name(entry[2]))
                node['fields'].append(field)
            node['itemsize'] = one.itemsize
            node['aligned'] = bool(one.isalignedstruct)
            if one.type is np.record:
                node['record'] = True
        else:
            node['dtype'] = one.str
        if one.metadata is not None:
            node['metadata'] = self.value(dict(one.metadata))
        return node

    def field_name(self, name):
        if PY2:
            return self.text(name.decode('latin-1') if isinstance(name, bytes) else name)
        return self.value(name)

    def scalar(self, one):
        node = self.new(one, {})
        function, arguments = one.__reduce__()
        self.kept.append(arguments)
        node['scalar'] = self.dtype(arguments[0])
        data = arguments[1]
        if isinstance(data, bytes):
            node['data'] = hexadecimal(data)
        else:
            # A 0-d array for a struct with objects; before NumPy 1.20 something else.
            node['items'] = self.value(data)
        return node

    def array(self, one):
        node = self.new(one, {})
        node['array'] = self.dtype(one.dtype)
        kind = type(one)
        known = [np.ndarray, np.matrix, np.memmap, np.recarray, np.chararray]
        node['class'] = kind.__name__ if kind in known else {'other': kind.__name__}
        if getattr(one, '__dict__', None) and kind not in known:
            node['state'] = True
        node['shape'] = list(one.shape)
        node['c'] = bool(one.flags.c_contiguous)
        node['f'] = bool(one.flags.f_contiguous)
        node['w'] = bool(one.flags.writeable)
        plain = one.view(np.ndarray)
        if one.dtype.hasobject or is_string(one.dtype):
            items = [plain.item(index) for index in range(plain.size)]
            self.kept.append(items)
            node['items'] = [self.value(item) for item in items]
        elif self.elements:
            node['strides'] = list(one.strides)
            node['data'] = hexadecimal(c_bytes(plain))
        return node

    def masked(self, one):
        node = self.new(one, {})
        version, shape, dtype, fortran, data, mask, fill = one.__getstate__()
        self.kept.append((dtype, fill))
        node['masked'] = self.dtype(dtype)
        node['class'] = one.baseclass.__name__
        node['shape'] = list(shape)
        node['fortran'] = bool(fortran)
        node['data'] = hexadecimal(data)
        node['mask'] = hexadecimal(mask)
        node['fill'] = self.value(fill)
        return node


def describe(one, elements=True):
    return Describer(elements).value(one)
