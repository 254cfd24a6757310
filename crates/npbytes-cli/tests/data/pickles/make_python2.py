"""Makes the pickles of Python 2 in this folder.

    python2.7 make_python2.py     # CPython 2.7.18, NumPy 1.16.6

A second run changes nothing.
"""

import os
import pickle

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
VALUE = [np.arange(6.0).reshape(2, 3), "caf\xe9", u"caf\xe9", 3, 2 ** 40, np.array(["ab", "c"])]

for protocol in range(3):
    with open(os.path.join(HERE, "python2_p%d.pkl" % protocol), "wb") as file:
        file.write(pickle.dumps(VALUE, protocol))
with open(os.path.join(HERE, "python2_objects.npy"), "wb") as file:
    np.save(file, np.array(["one", u"two", None], dtype=object))
