"""What NumPy is asked: the cases of the tables that `make.py` records."""

import itertools
import random

# ---------------------------------------------------------------------------------------------------
# Texts for np.dtype.

CODES = """b1 i1 i2 i4 i8 u1 u2 u4 u8 f2 f4 f8 f16 c8 c16 c32 S0 S5 U0 U3 V0 V7 a5 M8 m8 O O4 O8 T T16
    b2 i0 i3 i16 u3 u16 f1 f3 f10 f12 c4 c24 M4 m16 O16 S2147483647 S2147483648 U536870911 U536870912
    S-1 S+5 i+4 x4 i4x i04 S1.0""".split()
NAMES = """int8 int16 int32 int64 uint8 uint16 uint32 uint64 intp uintp intc uintc int uint short ushort
    long ulong longlong ulonglong byte ubyte float16 float32 float64 float128 float96 half single double
    longdouble longfloat float complex64 complex128 complex256 complex192 complex csingle cdouble
    clongdouble cfloat bool bool_ bool8 str str_ bytes bytes_ unicode unicode_ string string_ object
    object_ object0 void void0 datetime64 timedelta64 int0 uint0 int_ float_ complex_ singlecomplex
    longcomplex Int32 INT32 np.int32 int128 number generic record None StringDType StringDType()""".split()
UNITS = """Y M W D h m s ms us ns ps fs as generic \u03bcs \u00b5s 25s 7D 1ns 2147483647s 2147483648s
    0s -1s D/24 Y/12 Y/4 W/7 h/60 h/2 m/60 s/1000 s/3 ms/1000 us/1000 ns/1000 ps/1000 fs/1000 as/2 2D/24
    Y/52 Y/365 Y/6 Y/26 Y/7 Y/73 Y/13 M/4 M/2 M/30 M/720 M/15 M/90 W/168 W/10080 W/24 W/14 D/1440 D/86400 D/7 D/9
    D/48 D/96 h/3600 h/16 h/7 m/60000 m/16 m/7 s/1000000 s/16 s/64 s/7 ms/1000000 ms/16 ms/7 us/1000000 ns/1000000 ps/1000000
    fs/2 2Y/12 7D/24 2147483647D/24 90s/1000 generic/2 D/24/2 D/+24 D/2147483648 D/ B xs S NS s] [s""".split()
LISTS = r"""i4,f8|i4,|i4, f8|i4 ,f8|i4,,f8|,i4|2i4|1i4|0i4|3i4,2f8|(2,3)i4|(2,)i4|(2)i4|()i4|(0,)i4|(2,3,)i4
    |( 2 , 3 )i4|(2,3)<i4|<(2,3)i4|>(2,3)<i4|>2i4|2>i4|(2,3)S5|5S|5U|5V|2S5|2M8[s]|M8[s],i4|M8[s],m8[25D],>f2
    |i4,(2,)f8,>u2|?,b,?|i1,S3,U2,V4|i4:f8|i4;f8|(2,3|2,3)i4|(2.0,)i4|(-1,)i4|-1i4|int32,float64|2int32
    |<int32,i4|[i4]|(2,2)(3,)i4|i4,(2,2)|f4,f4,f4,f4,f4,f4,f4,f4,f4,f4,f4|O,O8|c,S,a|T,i4|2T|99999999999i4
    |(99999,99999)i4|2147483647i1|2147483648i1|(2,3) i4|2 i4""".replace("\n    ", "").split("|")
EXTRA = ["i4\t", "\ti4", "i4\n", "i4,f8 ", " i4,f8", "i4,f8\n", "2i4 ", " 2i4", "02i4", "M8[ns],m8[D/24]", "M8[+5s]",
         "2[,]", "22[,,],,", "(2,)[,]", "i4,[,]", "<[,]", "2>[,]", "i4,[s]", "(2,)S", "(2,)S0", "(2,)S1", "2S", "2V", "(1,)U", "", " ", "<", ">", "=", "<>i4", "<<i4", "<i4 ", " <i4", "i 4", "i4\0", "\u00e9", "M8[]", "M8[s", "M8s]",
         "M8[s]x", "M8 [s]", "M8[ s]", "M[s]", "m[s]", "M8[s][s]", "d8", "l4", "p8", "?1", "c1", "c5"]


# ---------------------------------------------------------------------------------------------------
# Literals for `descr_to_dtype` and np.dtype, and dtypes that are built.

DESCRS = """[]
[('x', '<i4')]
[('x', '<i4'), ('y', '>f8')]
[('x', '<i4'), ('y', '>f8'),]
[['x', '<i4']]
(('x', '<i4'),)
[('x', 'i4', (2, 3))]
[('x', 'i4', [2, 3])]
[('x', 'i4', 2)]
[('x', 'i4', 1)]
[('x', 'S', 5)]
[('x', 'i4', (1,))]
[('x', 'i4', (0,))]
[('x', 'i4', ())]
[('x', 'i4', (True,))]
[('x', 'i4', (-1,))]
[('x', 'i4', -1)]
[('x', 'i4', 2.0)]
[('x', 'i4', None)]
[('x', 'i4', (2, 3), 1)]
[('x',)]
['x', 'i4']
[('x', 'i4'), 'y']
[(('The title', 'x'), '<i4')]
[((None, 'x'), '<i4')]
[(('t', 'x', 'y'), '<i4')]
[(('t',), '<i4')]
[('x', [('a', '<i2'), ('b', '|S3')])]
[('x', [('a', '<i2')], (2,))]
[('x', ('<i4', (2,)), (3,))]
[('x', ('<i4', (2,)))]
[('x', ('<i4',))]
[('x', ('<i4', (2,), 'more'))]
[('', '|V4'), ('x', '<i4')]
[('x', '<i4'), ('', '|V7')]
[('x', '|u1'), ('', '|V3'), ('y', '<i4'), ('', '|V4')]
[('', '|V3', (2,)), ('x', '<i4')]
[('', '<i4')]
[('', '|S3')]
[('', '|V0')]
[('', '|V4')]
[('', [('x', '<i4')])]
[('', '<i4', (2,)), ('x', '<i4')]
[(('t', ''), '|V4'), ('x', '<i4')]
[('x', '<i4'), ('x', '<i4')]
[(('x', 'y'), '<i4'), ('x', '<i4')]
[(('x', 'x'), '<i4')]
[('', '<i4'), ('', '<i4')]
[(b'x', '<i4')]
[(1, '<i4')]
[(None, '<i4')]
[('x', 'i3')]
[('x', '2i4')]
[('x', 'i4,f8')]
[('x', '')]
[('x', b'<i4')]
[('x', 4)]
[('x', {'names': ['a'], 'formats': ['i4']})]
[('o', '|O')]
[('s', '|S0'), ('u', '<U0'), ('v', '|V0')]
[('t', '<M8[25s]'), ('d', '>m8')]
[('\\u03bb', '<i4'), ('\\xe9', '<i4'), ('\\ud800', '<i4'), ('a\\'b"c', '<i4'), ('\\x00\\n', '<i4')]
[('x', '|V2147483647')]
[('x', '|V2147483647'), ('y', '|u1')]
('<i4', (2,))
('<i4', 2)
('<i4', (2, 3))
('<i4', ())
('<i4', {'k': 1})
('|S', 5)
('|S0', (5,))
('|S0', ())
('|V', 3)
[('x', '|S0', (2,))]
[('x', [], (2,))]
[('x', '|S5', 3)]
['xd']
['x']
[('x', '|i4', ()), ('y', '|i4')]
('<i4',)
'<i4'
'2i4'
'i4,f8'
4
None
True
b'<i4'
{}
{'names': ['x']}""".splitlines()

DICTS = """{'names': ['x', 'y'], 'formats': ['<i4', '<f8']}
{'names': ['x', 'y'], 'formats': ['<i4', '<f8'], 'offsets': [8, 0]}
{'names': ['x', 'y'], 'formats': ['<i4', '<f8'], 'offsets': [0, 2]}
{'names': ['x', 'y'], 'formats': ['<i4', '<f8'], 'offsets': [4, 8], 'itemsize': 32}
{'names': ['x', 'y'], 'formats': ['u1', '<f8'], 'aligned': True}
{'names': ['x', 'y'], 'formats': ['u1', '<f8'], 'aligned': False}
{'names': ['x', 'y'], 'formats': ['u1', '<f8'], 'offsets': [0, 8], 'itemsize': 16, 'aligned': True}
{'names': ['x', 'y'], 'formats': ['u1', '<f8'], 'offsets': [0, 4], 'aligned': True}
{'names': ['x', 'y'], 'formats': ['u1', '<f8'], 'offsets': [0, 8], 'itemsize': 17, 'aligned': True}
{'names': ['x'], 'formats': ['<i4'], 'itemsize': 3}
{'names': ['x'], 'formats': ['<i4'], 'itemsize': 0}
{'names': ['x'], 'formats': ['<i4'], 'titles': ['t']}
{'names': ['x', 'y'], 'formats': ['<i4', '<i4'], 'titles': ['t', None]}
{'names': ['x', 'y'], 'formats': ['<i4']}
{'names': ['x'], 'formats': ['<i4'], 'offsets': [0, 4]}
{'names': ['x'], 'formats': ['<i4'], 'offsets': [-4]}
{'names': ['x', 'x'], 'formats': ['<i4', '<i4']}
{'names': [], 'formats': [], 'itemsize': 8}
{'names': [], 'formats': []}
{'names': [], 'formats': [], 'offsets': []}
{'names': ['x'], 'formats': [('<i4', (2,))], 'offsets': [4]}
{'names': ['x'], 'formats': [[('a', '<i2'), ('b', '<i2')]], 'offsets': [4], 'itemsize': 12}
{'names': ('x',), 'formats': ('<i4',)}
{'names': ['a', 'b'], 'formats': ['u1', 'u1,f8'], 'aligned': True}
{'names': ['a', 'b'], 'formats': ['u1', [('x', 'u1'), ('y', '<f8')]], 'offsets': [0, 8], 'itemsize': 24, 'aligned': True}
{'names': ['a', 'b'], 'formats': ['u1', ([('x', 'u1'), ('y', '<f8')], (2,))], 'aligned': True}
{'names': ['a', 'b'], 'formats': ['u1', {'names': ['x', 'y'], 'formats': ['u1', '<f8'], 'aligned': False}], 'aligned': True}
{'names': ['a', 'b'], 'formats': ['u1', {'names': ['x', 'y'], 'formats': ['u1', '<f8'], 'aligned': True}], 'aligned': False}""".splitlines()

# What np.dtype makes and a header cannot always say; `str` is what the tests read them from.
BUILT = {
    "aligned": "np.dtype([('a', 'u1'), ('b', '<f8'), ('c', '<i2')], align=True)",
    "aligned, nothing to pad": "np.dtype([('a', '<i4'), ('b', '<i4')], align=True)",
    "aligned U": "np.dtype([('a', 'u1'), ('b', '<U2')], align=True)",
    "aligned long double": "np.dtype([('a', 'u1'), ('b', '<f16'), ('c', '<c32')], align=True)",
    "aligned complex": "np.dtype([('a', 'u1'), ('b', '<c8'), ('c', 'u1'), ('d', '<c16')], align=True)",
    "aligned time, object": "np.dtype([('a', 'u1'), ('b', '<M8[s]'), ('c', 'u1'), ('d', 'O')], align=True)",
    "aligned half, bool": "np.dtype([('a', 'u1'), ('b', '<f2'), ('c', '?')], align=True)",
    "aligned subarray": "np.dtype([('a', 'u1'), ('b', '<i4', (3,)), ('c', 'u1')], align=True)",
    "aligned strings": "np.dtype([('a', 'S3'), ('b', 'V5'), ('c', '<i2')], align=True)",
    "aligned nested": "np.dtype([('a', 'u1'), ('b', np.dtype([('x', 'u1'), ('y', '<f8')], align=True))], align=True)",
    "packed in aligned": "np.dtype([('a', 'u1'), ('b', [('x', 'u1'), ('y', '<f8')])], align=True)",
    "gap": "np.dtype({'names': ['a', 'b'], 'formats': ['u1', '<f8'], 'offsets': [0, 4]})",
    "gap first": "np.dtype({'names': ['a'], 'formats': ['<i4'], 'offsets': [4]})",
    "gap last": "np.dtype({'names': ['a'], 'formats': ['<i4'], 'offsets': [0], 'itemsize': 11})",
    "overlap": "np.dtype({'names': ['a', 'b'], 'formats': ['<i4', '<i2'], 'offsets': [0, 2]})",
    "union": "np.dtype({'names': ['a', 'b'], 'formats': ['<i4', '<f4'], 'offsets': [0, 0]})",
    "out of order": "np.dtype({'names': ['a', 'b'], 'formats': ['<i4', '<i4'], 'offsets': [4, 0]})",
    "titles": "np.dtype([(('The title', 'a'), '<i4'), ('b', '<i4')])",
    "titles and gap": "np.dtype({'names': ['a', 'b'], 'formats': ['u1', '<i4'], 'offsets': [0, 4], 'titles': ['t', None]})",
    "nested": "np.dtype([('p', [('x', '<f4'), ('y', '<f4')]), ('q', '>i2')])",
    "nested with gap": "np.dtype([('p', {'names': ['x'], 'formats': ['<i2'], 'offsets': [2], 'itemsize': 6}), ('q', 'u1')])",
    "array of structs": "np.dtype([('s', [('q', '<i4')], (2, 3))])",
    "subarray of subarray": "np.dtype([('s', ('<i4', (2,)), (3,))])",
    "no fields": "np.dtype([])",
    "no fields, 8 bytes": "np.dtype({'names': [], 'formats': [], 'itemsize': 8})",
    "zero-size fields": "np.dtype([('a', 'S0'), ('b', '<i4'), ('c', 'V0'), ('d', '<U0')])",
    "every scalar": "np.dtype([(f'f{i}', t) for i, t in enumerate('? i1 <i2 <i4 <i8 u1 >u2 >u4 >u8 <f2 >f4 <f8 <f16 >c8 <c16 >c32 S5 <U3 >U3 V7 <M8[ns] >m8[25s] <M8 O'.split())])",
    "names with quotes": "np.dtype([(\"it's\", '<i4'), ('say \"', '<i4'), ('\\'\"', '<i4')])",
    "names to escape": "np.dtype([('a\\\\b', '<i4'), ('\\n\\r\\t', '<i4'), ('\\x00\\x7f\\x80', '<i4')])",
    "latin-1 names": "np.dtype([('\\xe9', '<i4'), ('\\xa0', '<i4'), ('\\xad', '<i4'), ('\\xff', '<i4')])",
    "names beyond": "np.dtype([('\\u03bb', '<i4'), ('\\u200b', '<i4'), ('\\U0001f600', '<i4'), ('\\U000e0001', '<i4')])",
    "surrogates": "np.dtype([('\\ud800', '<i4'), ('\\udfff', '<i4')])",
    "subarray": "np.dtype(('<i4', (2, 3)))",
    "subarray of struct": "np.dtype(([('a', '<i4')], (2,)))",
    "swapped": "np.dtype([('a', '<i4'), ('b', '<U2'), ('c', [('d', '<c8')]), ('e', '<f2', (2,)), ('f', 'S2')]).newbyteorder('>')",
}


# ---------------------------------------------------------------------------------------------------
# Literals for ast.literal_eval: one of many between bars, then those with newlines and bars.

LITERALS = r"""
1|0|00|0_0|1_000|1__0|1_|_1|01|0777|0o17|0O17|0x1F|0X_f|0x|0b101|0b2|0o8|0b|1L|1l|0xg|1_0x0
340282366920938463463374607431768211455|170141183460469231731687303715884105727|-170141183460469231731687303715884105727
1.0|1.|.5|.|1e5|1E+5|1e-5|1e|1e+|.5e3|1_0.0_1|1._5|1e1_0|1_e5|00.5|09.5|09|09e1|1.5.5|1e999|0x1.8
1j|1J|.5j|09j|1+2j|1-2j|-1+2j|1.5+2j|2j+1|1+2|1-2|1j+2j|-1j|+1j|1+-2j|1 + 2j|(1)+2j|1+(2j)|-(1)+2j|(1+2j)|-(1+2j)
-1|+1|- 1|--1|~1|-+1|-(1)|+(1)|-True|-None|-'a'|-()|not 1|1*2|1/2|2**3|1 if 1 else 2|1<2|1==1|1 or 2
None|True|False|none|true|Ellipsis|...|. . .|..|NotImplemented|nan|inf|__debug__|x|x.y|f()|lambda: 1|`1`|$|?|!
'a'|"a"|'''a'''|'a|a'|"a'|'a\'b'|'a\\'|''|''''''|'''a'b''c'''|'''a''''|''' ' '''|'a' 'b'|'a''b'|'a' "b" '''c'''|'a' b'b'|b'a' 'b'|b'a' b'b'|'a'1|1'a'
u'a'|U'a'|r'a\n'|R'\''|r'\'|r'a\\'|ur'a'|ru'a'|b'a'|B'a'|br'\n'|rb'\n'|bR'a'|Rb'a'|bu'a'|f'a'|F'{1}'|rf'a'|bb'a'|b'\xff'|b'\u0041'|b'\N{x}'|b'é'|x'a'|u 'a'|t'a'
'\a\b\f\n\r\t\v\\\'\"'|'\x41'|'\x4'|'\xg1'|'\u0041'|'\u004'|'\U00000041'|'\U00110000'|'\ud800'|'\udfff'|'\ud83d\ude00'|'\0'|'\08'|'\101'|'\400'|'\777'|'\8'|'\q'|'\é'|'\N{'|'\N{}'|'\N'|'\N{nosuchname}'|b'\400'|b'\777'|b'\x4'
'é'|'λ'|'😀'|'\é'|é|λ|b'\é'
()|(1)|(1,)|(1,2)|(1,2,)|(,)|(1,,2)|(1 2)|(|)|((1))|((),)|(()|1,|1,2|1,2,|,1|,|1,,|(1,)+(2,)|(1, (2, (3,)))
[]|[1]|[1,]|[1,2]|[,]|[1,,2]|[1 2]|[|]|[1)|(1]|[[[]]]|[*[1]]|[1 for x in y]|[1][0]
{}|{1}|{1,}|{1:2}|{1:2,}|{1:2,3:4}|{,}|{1:}|{:1}|{1 2}|{1:2 3:4}|{1:2,3}|{1,2:3}|{|}|{**{}}|{1:2:3}|{[]:1}|{():1}|{(1,[]):1}|{{}:1}|{{1}}|{'a':{'b':1}}|{1.5:1}|{None:1}|{-1:1}|{1+2j:1}|{'a' 'b':1}|{...:1}|set()|set( )|set ()|set(1)|set([1])|Set()|{*()}|dict()|dict(a=1)|frozenset()
"""
LITERALS_RAW = [
    "", " ", "\n", "#", "# c", " 1", "\t1", "\n1", "\n 1", " \n1", "\x0c1", "1\x0c", "\x0b1", "1 ", "1\n", "1\n\n", "1\n 2", "1\n2",
    "1 # c", "1 # c\n# d\n", "# c\n1", " # c\n1", "(1,\n2)", "(1,\n  # c\n2)", "[\n1\n,\n]", "{\n'a'\n:\n1\n}", "1\\\n", "1 \\\n", "\\\n1", "(1\\\n,)", "1,\\\n2",
    "'a\\\nb'", "'a\nb'", "'''a\nb'''", "'a\r\nb'", "'''a\r\nb'''", "'''a\rb'''", "'a\\\r\nb'", "1\r\n", "1\r", "\r\n1", "(1,\r2)", "1;", "1; 2", "1\n ", "1\n\t", "1\n\x0c", "1\n \x0c", "1\n\x0c ", "1\n # c", "1\n #c\n ", "1\n \n", "1\n \n ", "1\r ", "1\r\n ",
    "1\n\\\n", "1\n\\\n\n", "\n ", "1 \\\n ", "1#\n ", "1\x00", "\x001", "'\x00'", "1 #\x00",
    "\ufeff1", "\xa01", "1\xa0", "\u30001", "'\ufeff'", "'\u2028'", "'\x1f'", "'\x7f\x80'", "'a'\n'b'", "('a'\n'b')", "'a' \\\n'b'", "-\n1", "(-\n1)", "1+\\\n2j",
    "{'a': 1, 'a': 2}", "{'a': 1, 'b': 2, 'a': 3}", "{1: 'a', True: 'b'}", "u'\\u0041'", "u'\\x41' '\\u0042'", "r'\\u0041'", "rb'\\x41'", "'\\\\'", "'\\\\\\''",
    "'" + "a" * 300 + "'", "(" * 5 + ")" * 5, "[" * 90 + "]" * 90, "[" * 150 + "]" * 150, "[" * 201 + "]" * 201, "(" * 90 + "1" + ")" * 90,
    "(" * 199 + "1" + ")" * 199, "((" + "1," * 1000 + "),)", "'a'" * 500, "1" + "0" * 37, "-" * 50 + "1", "{'descr': '<i4', 'fortran_order': False, 'shape': (3,), }   \n",
    "{'descr': '<i4', 'fortran_order': False, 'shape': (3,), }", "{'a': 1,\t'b'\x0c: 2}", "1if", "1or", "0xfor", "1_000j", "0_7", "0e0", "1e5j", "1.e5", "1.j", "0j",
    "'\\N{LATIN SMALL LETTER E WITH ACUTE'", "'\\u00e9'", "'\\x'", "'\\", "'", "\"", "'''", "''''", "'''''", "b'", "u", "b", "rb", "'a'b", "'a'r''", "'a' u'b' r'c'",
]


# ---------------------------------------------------------------------------------------------------
# Headers for np.load.

def header_cases():
    """Name, version, text. The data behind is 1024 zero bytes."""

    def dict_of(descr="'<i4'", order="False", shape="(3,)"):
        return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}"

    plain = dict_of()
    yield "plain", 1, plain + "\n"
    for name, source in {
        "key order": "{'shape': (3,), 'descr': '<i4', 'fortran_order': False}",
        "duplicate key": "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), 'descr': '<i4'}",
        "double quotes": '{"descr": "<i4", "fortran_order": False, "shape": (3,)}',
        "triple quotes": "{'''descr''': '''<i4''', 'fortran_order': False, 'shape': (3,)}",
        "u strings": "{u'descr': u'<i4', u'fortran_order': False, u'shape': (3,)}",
        "r strings": "{r'descr': r'<i4', 'fortran_order': False, 'shape': (3,)}",
        "adjacent strings": "{'de' 'scr': '<' 'i4', 'fortran_order': False, 'sh' 'ape': (3,)}",
        "escaped key": "{'\\x64escr': '<i4', 'fortran_order': False, '\\u0073hape': (3,)}",
        "escaped descr": "{'descr': '\\x3ci4', 'fortran_order': False, 'shape': (3,)}",
        "blanks before": "   " + plain,
        "newline before": "\n" + plain,
        "newline and blank before": "\n " + plain,
        "form feed before": "\x0c" + plain,
        "parentheses": "(" + plain + ")",
        "comment": plain + " # comment",
        "comment line": plain + "\n# comment\n",
        "newlines inside": plain.replace(", ", ",\n"),
        "carriage returns inside": plain.replace(", ", ",\r\n"),
        "no newline": plain,
        "newline padding": plain + "\n" * 20,
        "tab padding": plain + "\t\t\n",
        "crlf at the end": plain + "  \r\n",
        "newline, then blanks": plain + "\n    ",
        "newlines between blanks": plain + " \n \n",
        "hex shape": dict_of(shape="(0x3,)"),
        "octal shape": dict_of(shape="(0o3,)"),
        "binary shape": dict_of(shape="(0b11,)"),
        "underscored shape": dict_of(shape="(1_0,)"),
        "signed shape": dict_of(shape="(+3,)"),
        "parenthesised shape": dict_of(shape="((3,))"),
        "parenthesised axis": dict_of(shape="((3),)"),
        "0-d": dict_of(shape="()"),
        "empty": dict_of(shape="(0,)"),
        "empty 2-d": dict_of(shape="(0, 3)"),
        "no trailing comma": dict_of()[:-3] + "}",
        "fortran": dict_of(order="True", shape="(2, 3)"),
        "fortran 1-d": dict_of(order="True"),
        "fortran 0-d": dict_of(order="True", shape="()"),
        "32 axes": dict_of(shape="(" + "1, " * 32 + ")"),
        "33 axes": dict_of(shape="(" + "1, " * 33 + ")"),
        "64 axes": dict_of(shape="(" + "1, " * 64 + ")"),
        "65 axes": dict_of(shape="(" + "1, " * 65 + ")"),
        "missing key": "{'descr': '<i4', 'fortran_order': False}",
        "extra key": "{'descr': '<i4', 'fortran_order': False, 'shape': (3,), 'more': 1}",
        "bytes keys": "{b'descr': '<i4', b'fortran_order': False, b'shape': (3,)}",
        "int key": "{'descr': '<i4', 'fortran_order': False, 'shape': (3,), 1: 2}",
        "no keys": "{}",
        "a set": "{'descr', 'fortran_order', 'shape'}",
        "a list": "[1, 2]",
        "a tuple": "('<i4', False, (3,))",
        "None": "None",
        "no text": "",
        "blanks": "     \n",
        "f-string": "{f'descr': '<i4', 'fortran_order': False, 'shape': (3,)}",
        "dict call": "dict(descr='<i4', fortran_order=False, shape=(3,))",
        "semicolon": plain + ";",
        "two dicts": plain + plain,
        "text behind": plain + " x",
        "NUL padding": plain + "\0\0\0",
        "NUL inside": plain.replace(" ", "\0", 1),
        "no closing brace": plain[:-1],
        "no closing quote": "{'descr': '<i4, 'fortran_order': False, 'shape': (3,)}",
        "sum in shape": dict_of(shape="(1+2,)"),
        "leading zero": dict_of(shape="(03,)"),
        "list shape": dict_of(shape="[3]"),
        "bare shape": dict_of(shape="3"),
        "string shape": dict_of(shape="'3'"),
        "None shape": dict_of(shape="None"),
        "None axis": dict_of(shape="(None,)"),
        "float axis": dict_of(shape="(3.0,)"),
        "bool axis": dict_of(shape="(True,)"),
        "string axis": dict_of(shape="('3',)"),
        "nested axis": dict_of(shape="((3,),)"),
        "np.int64 axis": dict_of(shape="(np.int64(3),)"),
        "axis -1": dict_of(shape="(-1,)"),
        "axes -1 and 2": dict_of(shape="(-1, 2)"),
        "axis -2": dict_of(shape="(-2,)"),
        "axes -1 and -1": dict_of(shape="(-1, -1)"),
        "axes 0 and -1": dict_of(shape="(0, -1)"),
        "axis 2**63": dict_of(shape="(9223372036854775808,)"),
        "axis 2**200": dict_of(shape=f"({2**200},)"),
        "product overflow": dict_of(shape="(4294967296, 4294967296)"),
        "product overflow beside 0": dict_of(shape="(4294967296, 4294967296, 0)"),
        "too much data": dict_of(shape="(1000,)"),
        "order 0": dict_of(order="0"),
        "order 1": dict_of(order="1"),
        "order None": dict_of(order="None"),
        "order 'C'": dict_of(order="'C'"),
        "order ()": dict_of(order="()"),
        "descr i3": dict_of(descr="'i3'"),
        "descr empty": dict_of(descr="''"),
        "descr bytes": dict_of(descr="b'<i4'"),
        "descr None": dict_of(descr="None"),
        "descr int": dict_of(descr="4"),
        "descr dict": dict_of(descr="{'names': ['x'], 'formats': ['i4']}"),
        "descr name": dict_of(descr="'float64'"),
        "descr native": dict_of(descr="'=i4'"),
        "descr bar": dict_of(descr="'|i4'"),
        "descr >i1": dict_of(descr="'>i1'"),
        "descr >S3": dict_of(descr="'>S3'"),
        "descr trailing blank": dict_of(descr="'<i4 '"),
        "descr comma list": dict_of(descr="'i4,f8'"),
        "descr time": dict_of(descr="'<M8[25s]'"),
        "descr time without unit": dict_of(descr="'>m8'"),
        "descr U": dict_of(descr="'>U2'"),
        "descr S0": dict_of(descr="'|S0'"),
        "descr V0": dict_of(descr="'|V0'", shape="(1000000000000,)"),
        "descr f16": dict_of(descr="'<f16'"),
        "descr StringDType": dict_of(descr="'|T16'"),
        "descr StringDType()": dict_of(descr="'StringDType()'"),
        "descr O": dict_of(descr="'|O'"),
        "descr struct": dict_of(descr="[('x', '<i4'), ('y', '>f8')]"),
        "descr struct with title": dict_of(descr="[(('t', 'x'), '<i4')]"),
        "descr struct with padding": dict_of(descr="[('x', 'u1'), ('', '|V3'), ('y', '<i4'), ('', '|V4')]"),
        "descr struct of lists": dict_of(descr="[['x', '<i4']]"),
        "descr struct with object": dict_of(descr="[('x', '|O')]"),
        "descr no fields": dict_of(descr="[]"),
        "descr tuple of fields": dict_of(descr="(('x', '<i4'),)"),
        "descr subarray": dict_of(descr="('<i4', (2,))"),
        "descr subarray of one": dict_of(descr="('<i4', (1,))"),
        "descr repeat": dict_of(descr="'2i4'"),
        "descr metadata": dict_of(descr="[('x', ('<i4', {'k': 1}))]"),
        "descr metadata on top": dict_of(descr="('<i4', {'k': 1})"),
        "descr four items": dict_of(descr="[('x', '<i4', (2,), 1)]"),
        "descr one item": dict_of(descr="[('x',)]"),
        "descr duplicate names": dict_of(descr="[('x', '<i4'), ('x', '<i4')]"),
    }.items():
        yield name, 1, source
    longs = dict_of(shape="(3L, 2L)")
    for version in 1, 2, 3:
        yield f"newline, then blanks in {version}.0", version, plain + "\n    "
        yield f"newline and blank before in {version}.0", version, "\n " + plain
        yield f"comment, then blanks in {version}.0", version, plain + "#\n  "
        yield f"backslash at the end in {version}.0", version, plain + "\\\n"
        yield f"backslash and blanks at the end in {version}.0", version, plain + "\\\n  "
        yield f"blanks before backslash in {version}.0", version, plain + "\n  \\\n\n"
        yield f"longs in {version}.0", version, longs
        yield f"plain in {version}.0", version, plain
    for name, shape in {
        "long alone": "(3L,)",
        "blank before L": "(3 L,)",
        "two Ls": "(3LL,)",
        "L L": "(3 L L,)",
        "small l": "(3l,)",
        "hex long": "(0x3L,)",
        "float long": "(3.0L,)",
        "L alone": "(L,)",
        "newline before L": "(3\nL,)",
        "string long": "('3'L,)",
    }.items():
        yield name, 1, dict_of(shape=shape)
        yield name + " in 2.0", 2, dict_of(shape=shape)
    latin = "{'descr': [('\xe9', '<i4')], 'fortran_order': False, 'shape': (3,)}"
    greek = "{'descr': [('\u03bb', '<i4')], 'fortran_order': False, 'shape': (3,)}"
    for version in 1, 2, 3:
        yield f"latin-1 name in {version}.0", version, latin.encode("latin-1")
        yield f"utf-8 name in {version}.0", version, greek.encode("utf-8")
        yield f"surrogate in {version}.0", version, greek.encode("utf-8").replace(b"\xce\xbb", b"\xed\xa0\x80")
        yield f"BOM in {version}.0", version, b"\xef\xbb\xbf" + plain.encode()
        yield f"escaped name in {version}.0", version, greek.replace("\u03bb", "\\u03bb")
        yield f"no-break space padding in {version}.0", version, plain.encode() + (b"\xa0\n" if version < 3 else b"\xc2\xa0\n")
    for n in 9999, 10000, 10001:
        for version in 1, 2, 3:
            yield f"{n} bytes in {version}.0", version, plain.ljust(n - 1) + "\n"
    for n in 20, 90, 150:
        yield f"{n} parentheses", 1, plain.replace("'<i4'", "(" * n + "'<i4'" + ")" * n)
        yield f"{n} brackets", 1, plain.replace("'<i4'", "[" * n + "'<i4'" + "]" * n)


# ---------------------------------------------------------------------------------------------------
# Arrays for np.save.

WRITTEN_DTYPES = """'|b1'
'|i1'
'<i2'
'>i4'
'<u8'
'<f2'
'>f8'
'<f16'
'<c8'
'>c32'
'|S0'
'|S5'
'<U0'
'>U3'
'|V7'
'<M8'
'>M8[25s]'
'<m8[ns]'
[]
[('x', '<i4')]
[('x', '<i4'), ('y', '<f8', (2, 3)), ('z', [('a', '>i2')], (2,))]
[(('The title', 'x'), '<i4')]
[('s', ('<i4', (2,)), (3,))]
[("it's", '<i4'), ('\\\\', '<i4'), ('\\n', '<i4'), ('\\x7f', '<i4')]
[('\\xe9', '<i4')]
[('\\xa0\\xad', '<i4')]
[('\\u200b', '<i4')]
[('\\u03bb', '<i4')]
[('\\U0001f600', '<i4')]
[('\\ud800', '<i4')]""".splitlines()
WRITTEN_SHAPES = [(), (0,), (1,), (3,), (2, 3), (1, 3), (3, 1), (0, 3), (2, 0, 3), (1,) * 20, (7, 1, 11), (100000000000, 0)]


# ---------------------------------------------------------------------------------------------------
# Slices.

def slice_cases():
    rng = random.Random(20240229)
    shapes = [(), (1,), (5,), (0,), (4, 5), (3, 1, 4), (2, 0, 3), (2, 3, 4, 5)]
    fixed = ["", "...", ":", "0", "-1", "5", "-6", "::-1", "::2", "1:", ":-1", "-3:", "10:", ":10", "3:1", "1:3:-1", "3:1:-1",
             "::-2", "-1::-1", "...,0", "0,...", "...,...", "None", "None,...", "...,None", ":,None", "0,None,0", "::0", "1:2:3:4",
             "99999999999:", ":-99999999999", "::99999999999", "::-99999999999", "4::-99999999999", ":,", "0,", ",", "0,,0", "x", "1.0", "'a'"]
    for shape, source in itertools.product(shapes, fixed):
        yield shape, source
    bound = lambda: rng.choice(["", "", str(rng.randint(-7, 7))])
    for _ in range(260):
        shape = rng.choice(shapes[2:])
        parts = []
        for _ in range(rng.randint(1, len(shape) + 1)):
            kind = rng.random()
            if kind < 0.3:
                parts.append(str(rng.randint(-4, 4)))
            elif kind < 0.9:
                step = rng.choice(["", "", f":{rng.choice([-3, -2, -1, 1, 2, 3])}"])
                parts.append(f"{bound()}:{bound()}{step}")
            else:
                parts.append(rng.choice(["...", "None"]))
        yield shape, ", ".join(parts)


# ---------------------------------------------------------------------------------------------------
# Dtypes whose parts are swapped each in its own way, and the layouts that indexing makes.

LAYOUT_DTYPES = ["|u1", "<i2", ">i4", "|V3", ">c8", ">U2", "<f16", ">M8[s]",
                 [("a", "<i4"), ("b", ">u2")], [("a", ">c8"), ("b", [("c", "<U1"), ("d", ">i2")], (2,)), ("e", "|b1")]]
LAYOUTS = {
    "C": "a", "T": "a.T", "F": "np.asfortranarray(a)", "axes 102": "a.transpose(1, 0, 2)", "axes 120": "a.transpose(1, 2, 0)",
    "axes 021": "a.transpose(0, 2, 1)", "every second": "a[:, ::2]", "reversed": "a[::-1]", "reversed all": "a[::-1, ::-1, ::-1]",
    "last reversed": "a[..., ::-1]", "inner": "a[1:, 1:, 1:3]", "one row": "a[:, 1:2]", "one column": "a[:, :, 1]", "row of F": "np.asfortranarray(a)[1]",
    "column of F": "np.asfortranarray(a)[:, :, 2]", "newaxis": "a[:, None, 1]", "diagonal": "a[0].diagonal()", "broadcast": "np.broadcast_to(a[0], (2, 3, 4))",
    "broadcast inner": "np.broadcast_to(a[:, :, :1], (2, 3, 4))", "broadcast 0-d": "np.broadcast_to(a[0, 0, 0], (2, 3))", "0-d": "a[1, 2, 3]", "empty": "a[:, 1:1]",
    "empty F": "np.asfortranarray(a)[2:]", "F reversed": "np.asfortranarray(a)[:, ::-1]", "1 by n": "a[:1, 0]", "n by 1 of F": "np.asfortranarray(a)[:, :1, 0]", "step 3": "a.ravel()[::3]",
    "step -5": "a.ravel()[::-5]", "one of step 7": "a.ravel()[3:4:7]",
}
