//! Texts for `np.dtype(text)`: each is given to NumPy and to `DType::parse_for`, and what comes out
//! is compared: refused, or the same `str`, `descr`, itemsize, alignment and `repr`.

/// A text that npbytes takes or refuses otherwise than some NumPy, on purpose.
#[derive(Clone, Copy, Debug)]
pub struct Difference {
    /// The text, without a byte order character in front.
    pub text: &'static str,
    /// Only NumPy releases before this one answer so.
    pub before: (u32, u32),
    /// Why npbytes does not follow.
    pub reason: &'static str,
}

const WRAPPED: &str = "old NumPys wrap a size beyond C's int to a negative itemsize; refused";
const LITERAL: &str = "npbytes also takes the literals that str and repr of a dtype show";

/// Where npbytes does not follow NumPy. Everything not in this list must agree.
pub const DIFFERENCES: &[Difference] = &[
    Difference { text: "S2147483648", before: (2, 0), reason: WRAPPED },
    Difference { text: "U536870912", before: (2, 2), reason: WRAPPED },
    Difference { text: "S99999999999999999999", before: (2, 0), reason: WRAPPED },
    Difference { text: "S-5", before: (2, 0), reason: WRAPPED },
    Difference {
        text: "T",
        before: (2, 3),
        reason: "dtype.str of a StringDType was |T16 before 2.3, which np.dtype refuses",
    },
    Difference {
        text: "{'names': ['x'], 'formats': ['i4']}",
        before: (u32::MAX, 0),
        reason: LITERAL,
    },
];

/// The reason that stands in [`DIFFERENCES`] for a text.
pub fn difference(text: &str, numpy: (u32, u32)) -> Option<&'static str> {
    let body = text.strip_prefix(['<', '>', '=', '|']).unwrap_or(text);
    let known = DIFFERENCES.iter().find(|known| known.text == body && numpy < known.before);
    known.map(|known| known.reason)
}

/// Every text.
pub fn texts() -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let mut add = |text: String| {
        if !all.contains(&text) {
            all.push(text);
        }
    };
    for order in ["", "<", ">", "=", "|"] {
        for code in CODES.split_whitespace() {
            add(format!("{order}{code}"));
        }
        for character in CHARACTERS.chars() {
            add(format!("{order}{character}"));
        }
    }
    for name in NAMES.split_whitespace() {
        add(name.to_owned());
        add(format!("<{name}"));
    }
    for unit in UNITS.split_whitespace() {
        add(format!("M8[{unit}]"));
        add(format!(">m8[{unit}]"));
        add(format!("datetime64[{unit}]"));
        add(format!("timedelta64[{unit}]"));
    }
    OTHERS.iter().for_each(|text| add((*text).to_owned()));
    all
}

const CODES: &str = "b1 i1 i2 i4 i8 u1 u2 u4 u8 f2 f4 f8 f16 c8 c16 c32 S5 S0 U3 U0 V7 V0 a3 M8 m8 O O8 \
    i3 i16 u16 b2 b8 f3 f1 f10 f12 c4 c2 c20 c24 c64 M4 m16 O4 O1 T T16 t S U V a c1 c5 p8 l4 q8 d8 ?1 i0 i i-4 \
    S1 U1 V1 S2147483647 S2147483648 U536870911 U536870912 S99999999999999999999 S+5 S-5 S05 S1.0 i04 f08 Sx";

const CHARACTERS: &str = "?bhilqpnBHILQPNefdgFDGScaUVMmOTtxyzkjrsuvwXYZAKRWJC";

const NAMES: &str = "int8 int16 int32 int64 uint8 uint16 uint32 uint64 intp uintp intc uintc int uint short \
    ushort long ulong longlong ulonglong byte ubyte float16 float32 float64 float128 float96 float80 half \
    single double longdouble longfloat float complex64 complex128 complex256 complex192 complex csingle cdouble \
    clongdouble cfloat clongfloat singlecomplex longcomplex bool bool_ bool8 str str_ bytes bytes_ unicode unicode_ \
    string string_ object object_ object0 void void0 datetime64 timedelta64 datetime timedelta int0 uint0 str0 \
    bytes0 Int32 Float64 INT32 np.int32 numpy.int32 int128 int256 uint128 number integer floating inexact \
    complexfloating generic signedinteger unsignedinteger character flexible long_ ulong_ int_ uint_ float_ \
    complex_ Bytes0 Str0 Datetime64 a S_ None True StringDType StringDType() record recarray";

const UNITS: &str = "Y M W D h m s ms us ns ps fs as generic μs µs 25s 7D 1ns 3M 10as -1s +5s 05s 1.5s s2 \
    D/24 Y/12 W/7 h/60 s/1000 s/3 D/7 2D/24 D/ /2 as/1000 ns/2 Y/5 M/4 M/30 Y/52 Y/365 W/168 h/2 h/7 ms/1000000 \
    generic/2 2generic B 5B BD d y w H S MS Ms NS min sec year day 2147483647s 2147483648s 99999999999s";

const OTHERS: &[&str] = &[
    "",
    " ",
    "<",
    ">",
    "=",
    "|",
    "<>i4",
    "<<i4",
    "< i4",
    "<i4 ",
    " <i4",
    "i4 ",
    " i4",
    "\ti4",
    "i4\n",
    "i 4",
    "i4x",
    "i4;",
    "i4\0",
    "é",
    "λ4",
    "i٤",
    "M8[]",
    "M8[ns",
    "M8ns]",
    "M8[ns]x",
    "M8 [ns]",
    "M8[ ns ]",
    "M8[ns] ",
    "M8[n s]",
    "M8[[ns]]",
    "M8[ns][ns]",
    "M[ns]",
    "M4[ns]",
    "m8[D/24]",
    "datetime64[",
    "datetime64 [ns]",
    "<datetime64[ns]",
    "datetime64[25s]",
    "i4[ns]",
    "i4,f8",
    "i4, f8",
    "i4 ,f8",
    " i4,f8",
    "i4,f8 ",
    "i4,f8,",
    "i4,",
    "i4, ",
    ",i4",
    ",",
    ",,",
    "i4,,f8",
    "i4,f8,,",
    "<i4,>f8",
    "<i4,=f8,|S3",
    "|i4,|f8",
    "i4,f8,S5,U3,V2,?,M8[ns],m8[25s]",
    "int32,float64",
    "int32, float64, bool",
    "d,f,e",
    "dfe",
    "i4f8",
    "i4 f8",
    "i4;f8",
    "M8[ns],m8[D/24]",
    "2i4",
    "1i4",
    "0i4",
    "3S5",
    "2 i4",
    "-1i4",
    "+2i4",
    "02i4",
    "2<i4",
    "<2i4",
    "2>f8",
    ">2f8",
    "2int32",
    "2d",
    "1d",
    "2",
    "4",
    "2,3",
    "2i4,3f8",
    "1i4,1f8",
    "2i4,",
    "1i4,",
    "(2,3)i4",
    "(2, 3)i4",
    "( 2 , 3 )i4",
    "(2,)i4",
    "(2)i4",
    "(1,)i4",
    "(1)i4",
    "()i4",
    "(0,)i4",
    "(0)i4",
    "(2,3) i4",
    "(2,3)<i4",
    "<(2,3)i4",
    ">(2,3)i4",
    "(2,3)>f8",
    "(2,3)",
    "(2,3)i4,",
    "(2,3)i4,f8",
    "i4,(2,3)f8",
    "i4,(2,)f8",
    "i4,()f8",
    "f4,(2,3)f4,3S5",
    "(2,3)(4,)i4",
    "((2,3))i4",
    "(2,3i4",
    "2,3)i4",
    "(2,-3)i4",
    "(-1,)i4",
    "(2.0,)i4",
    "(a,)i4",
    "(True,)i4",
    "(2,3,)i4",
    "(,)i4",
    "(2;3)i4",
    "(0x2,)i4",
    "(2L,)i4",
    "(1_0,)i4",
    "(2,3)M8[ns]",
    "(2,)int32",
    "(2,)S5,(3,)U2",
    "(4294967296,4294967296)i4",
    "(2147483648,)i4",
    "(2147483647,)u1",
    "4294967296i4",
    "(1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1)i1",
    "(1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1)i1",
    "O,i4",
    "2O",
    "V",
    "S,U,V",
    "S0,U0,V0",
    "a5,c",
    "c",
    "b,B",
    "x:i4",
    "x=i4",
    "{'names': ['x'], 'formats': ['i4']}",
    "dtype('int32')",
    "dtype('<i4')",
    "numpy.dtype('i4')",
    "float64[3]",
    "f8[3]",
    "f8(3)",
    "i4.",
    ".i4",
    "i4#",
    "#i4",
    "None",
    "nan",
];
