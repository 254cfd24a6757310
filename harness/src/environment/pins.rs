//! Which NumPy releases are pinned, and which CPythons have wheels of them.

/// A NumPy release with the hashes of its wheels.
#[derive(Debug, PartialEq, Eq)]
pub struct Pin {
    /// The release.
    pub numpy: &'static str,
    /// CPythons it has wheels for.
    pub versions: &'static [(u8, u8)],
    /// The requirements file.
    pub requirements: &'static str,
    /// What is installed beside it, if anything is: part of the environment's name.
    pub with: Option<&'static str>,
}

/// A place in the default set: the first pin is what is wanted, the others stand in for it.
#[derive(Debug)]
pub struct Slot {
    /// In order of preference.
    pub pins: &'static [&'static Pin],
}

impl Pin {
    /// `3.9 to 3.12`, for messages.
    pub fn pythons(&self) -> String {
        match self.versions {
            [] => String::new(),
            [only] => format!("{}.{}", only.0, only.1),
            [first, .., last] => format!("{}.{} to {}.{}", first.0, first.1, last.0, last.1),
        }
    }
}

macro_rules! pin {
    ($numpy:literal, $versions:expr) => {
        Pin {
            numpy: $numpy,
            versions: $versions,
            requirements: include_str!(concat!(
                "../../../python-fixtures/requirements/numpy-",
                $numpy,
                ".txt"
            )),
            with: None,
        }
    };
}

static NUMPY_1_16: Pin = pin!("1.16.6", &[(2, 7)]);
static NUMPY_1_19: Pin = pin!("1.19.5", &[(3, 6)]);
static NUMPY_1_21: Pin = pin!("1.21.6", &[(3, 7)]);
static NUMPY_1_23: Pin = pin!("1.23.5", &[(3, 8), (3, 9), (3, 10), (3, 11)]);
static NUMPY_1_24: Pin = pin!("1.24.4", &[(3, 8), (3, 9), (3, 10), (3, 11)]);
static NUMPY_1_26: Pin = pin!("1.26.4", &[(3, 9), (3, 10), (3, 11), (3, 12)]);
static NUMPY_2_0: Pin = pin!("2.0.2", &[(3, 9), (3, 10), (3, 11), (3, 12)]);
static NUMPY_2_2: Pin = pin!("2.2.6", &[(3, 10), (3, 11), (3, 12), (3, 13)]);
static NUMPY_2_3: Pin = pin!("2.3.5", &[(3, 11), (3, 12), (3, 13), (3, 14)]);
static NUMPY_2_4: Pin = pin!("2.4.6", &[(3, 11), (3, 12), (3, 13), (3, 14)]);

/// The last of NumPy 1 and the newest of NumPy 2. A Python too new for NumPy 1 gets an earlier
/// NumPy 2 beside the newest; one too old for the newest gets the newest it can run.
pub static DEFAULT: &[Slot] = &[
    Slot { pins: &[&NUMPY_1_26, &NUMPY_2_2, &NUMPY_2_3] },
    Slot { pins: &[&NUMPY_2_4, &NUMPY_2_2, &NUMPY_2_0] },
];

/// What runs beside the default environments when all are asked for: every CPython once, every
/// NumPy once, and the releases on each side of a change of bytes (growth padding in 1.24, the
/// module names of 2.0, Unicode 15 in CPython 3.12).
pub static ALL: &[(&Pin, (u8, u8))] = &[
    (&NUMPY_1_16, (2, 7)),
    (&NUMPY_1_19, (3, 6)),
    (&NUMPY_1_21, (3, 7)),
    (&NUMPY_1_24, (3, 8)),
    (&NUMPY_2_0, (3, 9)),
    (&NUMPY_1_26, (3, 10)),
    (&NUMPY_2_2, (3, 10)),
    (&NUMPY_1_23, (3, 11)),
    (&NUMPY_2_0, (3, 11)),
    (&NUMPY_2_3, (3, 11)),
    (&NUMPY_1_26, (3, 12)),
    (&NUMPY_2_4, (3, 12)),
    (&NUMPY_2_2, (3, 13)),
    (&NUMPY_2_4, (3, 13)),
    (&NUMPY_2_4, (3, 14)),
];

/// What archives are compared with beside the default environments, one of each row: CPython to 3.10
/// writes other zip headers, and 3.12 and 3.13 rewrote parts of `zipfile`.
pub static ARCHIVES: &[&[(&Pin, (u8, u8))]] = &[
    &[(&NUMPY_1_26, (3, 10)), (&NUMPY_1_26, (3, 9)), (&NUMPY_1_24, (3, 8))],
    &[(&NUMPY_2_4, (3, 12)), (&NUMPY_1_26, (3, 12))],
    &[(&NUMPY_2_4, (3, 13)), (&NUMPY_2_2, (3, 13))],
];

/// What reads and writes Arrow beside npbytes: pyarrow, polars and DuckDB, with the newest NumPy.
pub static ARROW: Slot = Slot { pins: &[&NUMPY_FOR_ARROW] };

static NUMPY_FOR_ARROW: Pin = Pin {
    requirements: include_str!("../../../python-fixtures/requirements/arrow.txt"),
    with: Some("pyarrow-26.0.1"),
    ..pin!("2.4.6", &[(3, 11), (3, 12), (3, 13), (3, 14)])
};
