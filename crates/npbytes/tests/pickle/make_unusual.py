"""Records pickles of arrays that are not quite as NumPy alone makes them: `python make_unusual.py OUT`, once a NumPy.

The recordings here were made with CPython 3.11.7. Each record is a line `name protocol length`, then as many bytes.
"""
import pickle
import sys

import numpy as np
import numpy.ma.mrecords as mr

class Q(np.ndarray):
    def __reduce__(self):
        function, args, state = super().__reduce__()
        return function, args, (state, {'unit': np.arange(2)})
class I(np.ndarray):
    def __reduce__(self):
        function, args, state = super().__reduce__()
        return function, args, (*state, np.arange(2))
class P(np.ndarray):
    pass
cases={
 'h5py':np.array(['a','b'],dtype=np.dtype('O',metadata={'vlen':str})),
 'float64':np.zeros(3,np.dtype('f8',metadata={'u':np.float64(3),'kept':1})),
 'frozenset':np.zeros(3,np.dtype('f8',metadata={'u':frozenset([1])})),
 'dtype':np.zeros(3,np.dtype('f8',metadata={'enum':(np.dtype('i4'),{'a':1})})),
 'complex':np.zeros(3,np.dtype('f8',metadata={'u':1j,'e':...})),
 'struct':np.zeros(3,np.dtype([('a','f8')],metadata={'u':str})),
 'masked-objects':np.ma.array([1,np.arange(2),None],mask=[0,0,1],dtype=object),
 'mrecords':mr.fromarrays([[1,2],[3.,4.]],names='a,b'),
 'extended':np.arange(3.).view(Q), 'longer':np.arange(3.).view(I), 'subclass':np.arange(3.).view(P),
 'title':np.zeros(2,np.dtype({'names':['a'],'formats':['i4'],'titles':[(1,2)]})),
}
out=open(sys.argv[1],'wb')
for n,x in cases.items():
    for p in (0,2,4,5):
        d = pickle.dumps(x, p)
        out.write(b'%s %d %d\n'%(n.encode(),p,len(d))+d)
