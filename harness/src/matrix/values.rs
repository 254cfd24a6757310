//! The values of the matrix: for each scalar type a repeating row of [`PERIOD`] elements, the
//! edge cases first, the rest spread by a fixed generator. Nothing here is random between runs.

use crate::matrix::types::Scalar;

/// Elements before the row repeats: a prime above every small dimension of the matrix, so that no
/// two rows of an array are alike and a swapped axis cannot go unseen.
pub const PERIOD: usize = 31;

/// The bytes of element `k` (mod [`PERIOD`]) in the byte order of the type.
pub fn element(scalar: &Scalar, k: usize) -> Vec<u8> {
    let k = k % PERIOD;
    let mut bytes = match (scalar.kind, scalar.itemsize) {
        ('b', _) => vec![u8::from(noise(k) & 1 == 1)],
        ('i' | 'u', size) => integer(k, size),
        ('f', 2) => float(k, &HALF_EDGES, 0x3c00, 0x3ff).to_le_bytes()[..2].to_vec(),
        ('f', 4) => float(k, &SINGLE_EDGES, 0x3f80_0000, 0x7f_ffff).to_le_bytes()[..4].to_vec(),
        ('f', 8) => double(k).to_le_bytes().to_vec(),
        ('f', 16) => long_double(k),
        ('c', size) => return complex(scalar, k, size / 2),
        ('M' | 'm', _) => datetime(k, scalar.unit).to_le_bytes().to_vec(),
        ('S', size) => text_bytes(k, size),
        ('U', size) => text(k, size / 4),
        ('V', size) => (0..size).map(|i| noise(k * 97 + i).to_le_bytes()[3]).collect(),
        (kind, size) => panic!("the matrix has no values for {kind}{size}"),
    };
    if scalar.order == '>' {
        let unit = if scalar.kind == 'U' { 4 } else { bytes.len().max(1) };
        bytes.chunks_mut(unit).for_each(<[u8]>::reverse);
    }
    bytes
}

/// A 64-bit word for an index (splitmix64).
pub fn noise(k: usize) -> u64 {
    let mut z = (k as u64).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn integer(k: usize, size: usize) -> Vec<u8> {
    let sign = 1u64 << (8 * size - 1);
    let edges = [0, 1, u64::MAX, sign, sign - 1, 7, 100, sign + 1, 12, u64::MAX - 9];
    let value = edges.get(k).copied().unwrap_or_else(|| noise(k) >> (noise(k + 500) % 60));
    value.to_le_bytes()[..size].to_vec()
}

const HALF_EDGES: [u64; 14] = [
    0x0000, 0x8000, 0x3c00, 0xbe00, 0x7c00, 0xfc00, 0x7e00, 0x7e01, 0xfe55, 0x0001, 0x7bff, 0x0400,
    0x2e66, 0x3555,
];
const SINGLE_EDGES: [u64; 16] = [
    0,
    0x8000_0000,
    0x3f80_0000,
    0xbfc0_0000,
    0x7f80_0000,
    0xff80_0000,
    0x7fc0_0000,
    0x7fc0_1234,
    0xffc0_0001,
    0x0000_0001,
    0x7f7f_ffff,
    0x0080_0000,
    0x3dcc_cccd,
    0x4b80_0000,
    0x47f1_2000,
    0x5a0e_1bca,
];
const DOUBLE_EDGES: [u64; 16] = [
    0,
    0x8000_0000_0000_0000,
    0x3ff0_0000_0000_0000,
    0xbff8_0000_0000_0000,
    0x7ff0_0000_0000_0000,
    0xfff0_0000_0000_0000,
    0x7ff8_0000_0000_0000,
    0x7ff8_0000_dead_beef,
    0xfff8_0000_0000_0001,
    0x0000_0000_0000_0001,
    0x7fef_ffff_ffff_ffff,
    0x0010_0000_0000_0000,
    0x3fb9_9999_9999_999a,
    0x4340_0000_0000_0000,
    0x40fe_2402_0000_0000,
    0x4341_c379_37e0_8000,
];

/// An edge, or `one` with noise in the fraction bits and a little in the exponent.
fn float(k: usize, edges: &[u64], one: u64, fraction: u64) -> u64 {
    edges.get(k).copied().unwrap_or_else(|| {
        let step = (fraction + 1) * (noise(k + 900) % 5);
        (one + step) | (noise(k) & fraction)
    })
}

fn double(k: usize) -> u64 {
    float(k, &DOUBLE_EDGES, 0x3ff0_0000_0000_0000, 0xf_ffff_ffff_ffff)
}

/// x87: 64 bits of mantissa with its explicit leading one, then sign and exponent; the six bytes
/// after that are padding, zero here.
fn long_double(k: usize) -> Vec<u8> {
    const ONE: u64 = 1 << 63;
    let edges = [
        (0u16, 0u64),
        (0x8000, 0),
        (0x3fff, ONE),
        (0xbfff, ONE | ONE >> 1),
        (0x7fff, ONE),
        (0xffff, ONE),
        (0x7fff, ONE | ONE >> 1),
        (0x7ffe, u64::MAX),
        (0x0000, 1),
        (0x0001, ONE),
        (0x3ffd, 0xaaaa_aaaa_aaaa_aaab),
        (0x3ffb, 0xcccc_cccc_cccc_cccd),
    ];
    let (head, mantissa) = edges.get(k).copied().unwrap_or_else(|| {
        let exponent = u16::try_from(noise(k + 700) % 12).unwrap_or(0);
        (0x3fff + exponent, ONE | noise(k))
    });
    let mut bytes = mantissa.to_le_bytes().to_vec();
    bytes.extend(head.to_le_bytes());
    bytes.extend([0; 6]);
    bytes
}

fn complex(scalar: &Scalar, k: usize, size: usize) -> Vec<u8> {
    let part = Scalar { order: scalar.order, kind: 'f', itemsize: size, unit: None };
    let mut bytes = element(&part, k);
    bytes.extend(element(&part, 3 * k + 2));
    bytes
}

/// NaT first; then values whose calendar year stays within what NumPy prints for the unit.
fn datetime(k: usize, unit: Option<&str>) -> i64 {
    let wide = matches!(unit, None | Some("ns" | "ps" | "fs" | "as"));
    match k {
        0 => i64::MIN,
        1 => 0,
        2 => 1,
        3 => -1,
        4 if wide => i64::MAX,
        5 if wide => i64::MIN + 1,
        6 => 18_262,
        7 => -7_654,
        _ => {
            let value = i64::try_from(noise(k) >> 43).unwrap_or(0);
            if k.is_multiple_of(3) { -value } else { value }
        }
    }
}

/// Texts cut to `size`, NUL padded: empty, full, an embedded NUL, quotes, bytes over 0x7f.
fn text_bytes(k: usize, size: usize) -> Vec<u8> {
    let edges: [&[u8]; 10] = [
        b"",
        b"a",
        b"a\0b",
        b"it's",
        b"\"q\"",
        b"\xff\xfe\x80",
        b"\n\t\\\x7f",
        b"\0\0z",
        b"hello, world and more",
        b" ",
    ];
    let mut bytes = match edges.get(k) {
        Some(edge) => edge.to_vec(),
        None => {
            let length = usize::try_from(noise(k) % 9).unwrap_or(0);
            (0..length).map(|i| b'A' + noise(k * 31 + i).to_le_bytes()[2] % 58).collect()
        }
    };
    bytes.resize(size, 0);
    bytes
}

/// Code points cut to `length`, NUL padded: latin-1, Greek, CJK, astral, controls, an embedded NUL.
fn text(k: usize, length: usize) -> Vec<u8> {
    let edges: [&str; 12] = [
        "",
        "a",
        "é",
        "λx",
        "日本語",
        "😀",
        "a\0b",
        "it's",
        "\"'",
        "\n\\",
        "\u{200b}\u{ad}",
        "\u{10ffff}z",
    ];
    let mut points: Vec<u32> = match edges.get(k) {
        Some(edge) => edge.chars().map(u32::from).collect(),
        None => {
            let length = usize::try_from(noise(k) % 6).unwrap_or(0);
            (0..length).map(|i| 0x61 + u32::from(noise(k * 31 + i).to_le_bytes()[2] % 26)).collect()
        }
    };
    points.resize(length, 0);
    points.iter().flat_map(|point| point.to_le_bytes()).collect()
}
