//! What is timed: data that looks like what people keep in archives.

use bytes::Bytes;
use npbytes::{Array, AxisOrder, DType, Result, Shape};

/// A kind of data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A random walk of `<f4`.
    Walk,
    /// Pictures of `|u1`: gradients with some noise.
    Image,
    /// Labels from 0 to 9 as `<i8`.
    Labels,
}

/// All of them.
pub const KINDS: [Kind; 3] = [Kind::Walk, Kind::Image, Kind::Labels];

impl Kind {
    /// A word for tables and file names.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Walk => "f4",
            Kind::Image => "u1",
            Kind::Labels => "i8",
        }
    }
}

/// Some arrays of a kind, of so many bytes each; the same each time.
///
/// # Errors
/// What npbytes says.
pub fn arrays(kind: Kind, count: usize, bytes: usize) -> Result<Vec<Array>> {
    let mut noise = Noise(0x9e37_79b9_7f4a_7c15);
    (0..count).map(|_| array(kind, bytes, &mut noise)).collect()
}

fn array(kind: Kind, bytes: usize, noise: &mut Noise) -> Result<Array> {
    let data: Vec<u8> = match kind {
        Kind::Walk => {
            let mut at = 0_f32;
            let mut step = || {
                // Two bytes of noise, around 0.
                at += f32::from(noise.byte()) + f32::from(noise.byte()) / 256.0 - 127.998;
                (at / 128.0).to_le_bytes()
            };
            (0..bytes / 4).flat_map(|_| step()).collect()
        }
        Kind::Image => {
            let side = bytes.isqrt();
            let mut pixel = |x: usize, y: usize| {
                let gradient = (x + 2 * y) * 192 / (3 * side);
                gradient.to_le_bytes()[0].wrapping_add(noise.byte() & 15)
            };
            (0..bytes).map(|i| pixel(i % side, i / side)).collect()
        }
        Kind::Labels => {
            (0..bytes / 8).flat_map(|_| i64::from(noise.byte() % 10).to_le_bytes()).collect()
        }
    };
    let (code, shape) = match kind {
        Kind::Walk => ("<f4", vec![bytes / 4]),
        Kind::Image if bytes.isqrt().pow(2) == bytes => ("|u1", vec![bytes.isqrt(); 2]),
        Kind::Image => ("|u1", vec![bytes / 1024, 1024]),
        Kind::Labels => ("<i8", vec![bytes / 8]),
    };
    Array::new(DType::parse(code)?, Shape::new(&shape)?, AxisOrder::C, Bytes::from(data))
}

/// Marsaglia's xorshift: noise that zlib cannot see through, the same each time.
struct Noise(u64);

impl Noise {
    fn byte(&mut self) -> u8 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.to_le_bytes()[5]
    }
}
