# Loads the library that npbytes' C data interface is tried with, takes an array from it and gives it back: nowhere
# are elements copied. Arguments: OUT, the library, the .npy file, a file to write.
import ctypes

import pyarrow as pa

LIBRARY = ctypes.CDLL(sys.argv[2])
SOURCE = sys.argv[3]
TARGET = sys.argv[4]

# Five pointers and five numbers; nine members: room for each.
array = ctypes.create_string_buffer(10 * 8)
schema = ctypes.create_string_buffer(9 * 8)
address = ctypes.c_size_t()
P = ctypes.c_void_p
LIBRARY.npbytes_export.argtypes = [ctypes.c_char_p, P, P, P]
LIBRARY.npbytes_import.argtypes = [P, P, ctypes.c_char_p, P]


def place(of):
    return ctypes.addressof(of)


if LIBRARY.npbytes_export(SOURCE.encode(), place(array), place(schema), place(address)) != 0:
    sys.exit('npbytes exports nothing')
field = pa.Field._import_from_c(place(schema))
column = pa.Array._import_from_c(place(array), field.type)
exported = address.value
# Without nulls, the last buffer is that of the elements, in lists too.
buffers = [buffer for buffer in column.buffers() if buffer is not None]
elements = column
while isinstance(elements.type, pa.BaseExtensionType) or pa.types.is_fixed_size_list(elements.type):
    if isinstance(elements.type, pa.BaseExtensionType):
        elements = elements.storage
    else:
        elements = elements.flatten()
shown = elements.to_numpy(zero_copy_only=True)
column._export_to_c(place(array))
field._export_to_c(place(schema))
if LIBRARY.npbytes_import(place(array), place(schema), TARGET.encode(), place(address)) != 0:
    sys.exit('npbytes imports nothing')
original = np.load(SOURCE)
with open(OUT, 'w') as answer:
    report(answer, {
        'kind': 'c-data',
        'type': text_of(column.type),
        'exported': exported,
        'pyarrow': buffers[-1].address,
        'numpy': shown.__array_interface__['data'][0],
        'imported': address.value,
        'equal': shown.tobytes() == original.tobytes('A'),
        'same_file': open(SOURCE, 'rb').read() == open(TARGET, 'rb').read(),
    })
