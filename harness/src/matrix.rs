//! The matrix: dtype x shape x layout x encoding, as data. Nothing here talks to Python or to
//! npbytes; see [`crate::script`] for how it becomes Python and [`crate::roundtrip`] for how it
//! is compared.

pub mod catalogue;
pub mod dtype_texts;
pub mod headers;
pub mod layout;
pub mod types;
pub mod values;

use catalogue::{Depth, TypeCase};
use layout::Layout;

/// All cases.
#[derive(Debug)]
pub struct Matrix {
    /// The dtypes.
    pub types: Vec<TypeCase>,
    /// The arrays, each with the encodings it is written in.
    pub arrays: Vec<ArrayCase>,
}

/// One array and the files made of it.
#[derive(Clone, Debug)]
pub struct ArrayCase {
    /// Unique; `<dtype>.<shape>.<layout>`.
    pub name: String,
    /// Index into [`Matrix::types`].
    pub ty: usize,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Where its elements lie in memory.
    pub layout: Layout,
    /// How it is written.
    pub encodings: Vec<Encoding>,
}

/// How an array becomes bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Encoding {
    /// `a.tobytes('C')`
    RawC,
    /// `a.tobytes('F')`
    RawF,
    /// `a.tobytes('A')`
    RawA,
    /// `np.save(f, a)`
    Npy,
    /// `np.lib.format.write_array(f, a, version=(n, 0))`
    NpyVersion(u8),
}

impl Encoding {
    /// Every encoding, in the order of the table.
    pub const ALL: [Encoding; 7] = [
        Encoding::RawC,
        Encoding::RawF,
        Encoding::RawA,
        Encoding::Npy,
        Encoding::NpyVersion(1),
        Encoding::NpyVersion(2),
        Encoding::NpyVersion(3),
    ];

    /// A word for file names, scripts and the manifest.
    pub fn word(self) -> &'static str {
        match self {
            Encoding::RawC => "raw-C",
            Encoding::RawF => "raw-F",
            Encoding::RawA => "raw-A",
            Encoding::Npy => "npy",
            Encoding::NpyVersion(1) => "npy-1.0",
            Encoding::NpyVersion(2) => "npy-2.0",
            Encoding::NpyVersion(_) => "npy-3.0",
        }
    }

    /// Is it one of the `.npy` forms?
    pub fn is_npy(self) -> bool {
        matches!(self, Encoding::Npy | Encoding::NpyVersion(_))
    }

    /// The forced version, for `.npy` with one.
    pub fn version(self) -> Option<(u8, u8)> {
        match self {
            Encoding::NpyVersion(major) => Some((major, 0)),
            _ => None,
        }
    }
}

impl Matrix {
    /// Builds the whole matrix.
    pub fn new() -> Matrix {
        let types = catalogue::types();
        let mut arrays = Vec::new();
        for (index, case) in types.iter().enumerate() {
            let add = |shape: &[usize], layout: Layout, encodings: &[Encoding]| {
                if layout.fits(shape) {
                    let name = format!("{}.{}.{}", case.name, shape_word(shape), layout.word());
                    let (shape, encodings) = (shape.to_vec(), encodings.to_vec());
                    arrays.push(ArrayCase { name, ty: index, shape, layout, encodings });
                }
            };
            arrays_of(case, add);
        }
        Matrix { types, arrays }
    }

    /// The dtype of an array.
    pub fn type_of(&self, array: &ArrayCase) -> &TypeCase {
        &self.types[array.ty]
    }
}

impl Default for Matrix {
    fn default() -> Self {
        Matrix::new()
    }
}

impl ArrayCase {
    /// Number of elements.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Has it no elements?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The elements in C order, as bytes.
    pub fn elements(&self, case: &TypeCase) -> Vec<u8> {
        let rows: Vec<u8> = (0..values::PERIOD).flat_map(|k| case.element(k)).collect();
        let first = repeated(&rows, self.period() * case.ty.itemsize());
        repeated(&first, self.len() * case.ty.itemsize())
    }

    /// After how many elements (in C order) the array repeats itself: a broadcast one repeats its
    /// first row.
    pub fn period(&self) -> usize {
        match self.layout {
            Layout::Broadcast => self.shape[1..].iter().product(),
            _ => self.len().max(1),
        }
    }

    /// Does NumPy leave this array's struct padding to chance when it writes it?
    pub fn padding_is_lost(&self, case: &TypeCase, encoding: Encoding) -> bool {
        let contiguous = match encoding {
            Encoding::RawC => self.layout.is_c_contiguous(&self.shape),
            Encoding::RawF => self.layout.is_f_contiguous(&self.shape),
            _ => {
                self.layout.is_c_contiguous(&self.shape) || self.layout.is_f_contiguous(&self.shape)
            }
        };
        !contiguous && case.ty.used_bytes().contains(&false)
    }
}

/// `bytes` over and over, up to a length.
fn repeated(bytes: &[u8], length: usize) -> Vec<u8> {
    let times = length.checked_div(bytes.len()).unwrap_or(0) + 1;
    let mut all = bytes.repeat(times);
    all.truncate(length);
    all
}

/// `2x3`, or `0d`; runs of ones in long shapes are counted.
fn shape_word(shape: &[usize]) -> String {
    if shape.is_empty() {
        return "0d".to_owned();
    }
    if shape.len() > 8 {
        let tail: Vec<String> =
            shape.iter().filter(|&&size| size != 1).map(usize::to_string).collect();
        return format!("{}d-{}", shape.len(), tail.join("x"));
    }
    shape.iter().map(usize::to_string).collect::<Vec<_>>().join("x")
}

/// The shapes beyond those that every dtype gets.
fn more_shapes() -> Vec<Vec<usize>> {
    let ones_then = |ones: usize, tail: &[usize]| [vec![1; ones], tail.to_vec()].concat();
    vec![
        vec![0],
        vec![1],
        vec![10],
        vec![1001],
        vec![3, 0],
        vec![0, 3],
        vec![1, 3],
        vec![3, 1],
        vec![1, 1],
        vec![10, 100],
        vec![2, 1, 3],
        vec![1, 5, 1],
        vec![2, 0, 3],
        vec![2, 2, 2, 2],
        vec![2, 1, 1, 2, 1, 3],
        ones_then(6, &[2, 1, 2, 1, 2, 1]),
        ones_then(29, &[2, 1, 3]),
        ones_then(30, &[2, 3, 1]),
        ones_then(61, &[2, 3, 1]),
        // Header digits without data: shape[0] and shape[-1] count towards the growth space.
        vec![1_000_000_000_000_000, 0],
        vec![0, 123_456_789_012],
    ]
}

/// Which arrays a dtype gets.
fn arrays_of(case: &TypeCase, mut add: impl FnMut(&[usize], Layout, &[Encoding])) {
    use Encoding::{Npy, NpyVersion, RawA, RawC, RawF};
    const FORCED: [Encoding; 3] = [NpyVersion(1), NpyVersion(2), NpyVersion(3)];
    match case.depth {
        Depth::Header => {
            add(&[3], Layout::C, &[Npy]);
            if case.name.len() < 10 && case.name.ends_with(['3', '8']) {
                add(&[2, 10], Layout::F, &[Npy, NpyVersion(2)]);
            }
            return;
        }
        Depth::Names => {
            add(&[2], Layout::C, &[&[Npy][..], &FORCED[..]].concat());
            return;
        }
        _ => {}
    }
    add(&[], Layout::C, &[Npy, RawC]);
    add(&[5], Layout::C, &[Npy, RawC]);
    add(&[2, 3], Layout::C, &[Npy, RawC, RawF]);
    add(&[2, 3], Layout::F, &[Npy, RawC, RawF]);
    add(&[6], Layout::Sliced, &[Npy, RawC]);
    if matches!(case.depth, Depth::Shapes | Depth::Full) {
        for shape in more_shapes() {
            add(&shape, Layout::C, &[Npy, RawC]);
            add(&shape, Layout::F, &[Npy, RawA]);
        }
    }
    if case.depth == Depth::Full {
        for layout in Layout::ALL {
            for shape in [&[2, 3, 4][..], &[4, 5], &[7]] {
                let forced = if shape.len() == 3 { &FORCED[..] } else { &[] };
                add(shape, layout, &[&[Npy, RawC, RawF, RawA][..], forced].concat());
            }
            // Past the tiles and buffers that copies are made in, with sizes that fill none of them;
            // items of 1, 2, 8, 16, 7 and 12 bytes.
            if ["u1", "i2-be", "f8", "c16", "void7", "struct"].contains(&&*case.name) {
                add(&[70, 131], layout, &[Npy, RawC, RawF]);
                add(&[67, 33, 5], layout, &[Npy, RawC, RawF]);
            }
            if case.name == "f8" {
                add(&[256, 513], layout, &[Npy, RawC, RawF]);
            }
        }
    }
}
