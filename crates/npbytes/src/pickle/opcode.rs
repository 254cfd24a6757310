//! The alphabet of pickle: every opcode of protocols 0 to 5, with its name and the form of its argument.
//!
//! Names and forms are those of Python's `pickletools`. This is the only place that knows them; what an opcode
//! *does* is `machine.rs`, when one is written is `pickler.rs`.

/// How the argument of an opcode is written behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Argument {
    /// There is none.
    None,
    /// One unsigned byte.
    U8,
    /// Two bytes, little-endian, unsigned.
    U16,
    /// Four bytes, little-endian, signed.
    I32,
    /// Four bytes, little-endian, unsigned.
    U32,
    /// Eight bytes, little-endian, unsigned.
    U64,
    /// Eight bytes, big-endian IEEE 754.
    F64,
    /// A decimal number and a newline.
    DecimalLine,
    /// A text and a newline.
    Line,
    /// Two texts, each with a newline.
    TwoLines,
    /// A length in one byte, then as many bytes.
    Counted8,
    /// A length in four bytes, little-endian, then as many bytes.
    Counted32,
    /// A length in eight bytes, little-endian, then as many bytes.
    Counted64,
}

macro_rules! opcodes {
    ($($name:ident $byte:literal $argument:ident $protocol:literal,)*) => {
        $(pub(super) const $name: u8 = $byte;)*

        /// The name, argument and protocol of an opcode; `None` for a byte that is none.
        pub(super) const fn describe(byte: u8) -> Option<(&'static str, Argument, u8)> {
            match byte {
                $($byte => Some((stringify!($name), Argument::$argument, $protocol)),)*
                _ => None,
            }
        }
    };
}

opcodes! {
    INT b'I' DecimalLine 0,
    BININT b'J' I32 1,
    BININT1 b'K' U8 1,
    BININT2 b'M' U16 1,
    LONG b'L' DecimalLine 0,
    LONG1 0x8a Counted8 2,
    LONG4 0x8b Counted32 2,
    STRING b'S' Line 0,
    BINSTRING b'T' Counted32 1,
    SHORT_BINSTRING b'U' Counted8 1,
    BINBYTES b'B' Counted32 3,
    SHORT_BINBYTES b'C' Counted8 3,
    BINBYTES8 0x8e Counted64 4,
    BYTEARRAY8 0x96 Counted64 5,
    NEXT_BUFFER 0x97 None 5,
    READONLY_BUFFER 0x98 None 5,
    NONE b'N' None 0,
    NEWTRUE 0x88 None 2,
    NEWFALSE 0x89 None 2,
    UNICODE b'V' Line 0,
    SHORT_BINUNICODE 0x8c Counted8 4,
    BINUNICODE b'X' Counted32 1,
    BINUNICODE8 0x8d Counted64 4,
    FLOAT b'F' Line 0,
    BINFLOAT b'G' F64 1,
    EMPTY_LIST b']' None 1,
    APPEND b'a' None 0,
    APPENDS b'e' None 1,
    LIST b'l' None 0,
    EMPTY_TUPLE b')' None 1,
    TUPLE b't' None 0,
    TUPLE1 0x85 None 2,
    TUPLE2 0x86 None 2,
    TUPLE3 0x87 None 2,
    EMPTY_DICT b'}' None 1,
    DICT b'd' None 0,
    SETITEM b's' None 0,
    SETITEMS b'u' None 1,
    EMPTY_SET 0x8f None 4,
    ADDITEMS 0x90 None 4,
    FROZENSET 0x91 None 4,
    POP b'0' None 0,
    DUP b'2' None 0,
    MARK b'(' None 0,
    POP_MARK b'1' None 1,
    GET b'g' DecimalLine 0,
    BINGET b'h' U8 1,
    LONG_BINGET b'j' U32 1,
    PUT b'p' DecimalLine 0,
    BINPUT b'q' U8 1,
    LONG_BINPUT b'r' U32 1,
    MEMOIZE 0x94 None 4,
    EXT1 0x82 U8 2,
    EXT2 0x83 U16 2,
    EXT4 0x84 I32 2,
    GLOBAL b'c' TwoLines 0,
    STACK_GLOBAL 0x93 None 4,
    REDUCE b'R' None 0,
    BUILD b'b' None 0,
    INST b'i' TwoLines 0,
    OBJ b'o' None 1,
    NEWOBJ 0x81 None 2,
    NEWOBJ_EX 0x92 None 4,
    PROTO 0x80 U8 2,
    STOP b'.' None 0,
    FRAME 0x95 U64 4,
    PERSID b'P' Line 0,
    BINPERSID b'Q' None 1,
}

/// The newest protocol there is.
pub(super) const HIGHEST_PROTOCOL: u8 = 5;
