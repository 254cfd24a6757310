//! What raw bytes could be: the dtypes and shapes they fill, with a few values of each, so that a person
//! sees which is right.
//!
//! Which dtypes and shapes there are, and what values look like, is the library's to say. This room
//! only puts them in an order: a wrong dtype turns plain numbers into long ones, so the dtype under
//! which there is least to read comes first.

use std::fmt::Write;

use npbytes::print::{self, FloatMode};
use npbytes::raw::{dtypes_of_size, shapes_of};
use npbytes::{ArrayView, AxisOrder, ByteOrder, DType, Kind, Shape};

use crate::input::Input;
use crate::source::Source;

/// The itemsizes of NumPy's common dtypes, the likeliest first.
const ITEMSIZES: [usize; 5] = [8, 4, 2, 1, 16];

/// How many bytes are looked at for values that are not 0.
pub(crate) const HEAD: usize = 1 << 16;

/// How many bytes are turned into text for each dtype.
const SAMPLE: usize = 512;

/// How many characters of values are shown.
const PREVIEW: usize = 44;

/// How much shorter values must read for the other byte order to be worth a row.
const SWAP_GAIN: f64 = 0.9;

/// All that some raw bytes could be.
#[derive(Debug)]
pub(crate) struct Guess {
    /// The likeliest first.
    pub(crate) candidates: Vec<Candidate>,
    /// Where the values that are shown start, in bytes.
    pub(crate) start: usize,
    /// The shape that was asked for, if it says the number of elements.
    wanted: Option<Vec<usize>>,
    /// Whether that shape has an axis to be counted.
    is_open: bool,
}

/// Dtypes that show the same values.
#[derive(Debug)]
pub(crate) struct Candidate {
    /// The dtypes' names.
    pub(crate) names: Vec<String>,
    /// How many elements there are.
    pub(crate) count: usize,
    /// Shapes of that many elements, the likeliest first.
    pub(crate) shapes: Vec<Vec<usize>>,
    /// The first values.
    pub(crate) values: String,
    /// How much there is to read for each byte.
    length: f64,
}

impl Guess {
    /// What `available` bytes that start with `head` could be: of the shape if one is wanted, of the
    /// dtype if one is wanted.
    pub(crate) fn new(
        available: u64,
        head: &[u8],
        shape: Option<&[i64]>,
        dtype: Option<&DType>,
    ) -> Self {
        let available = usize::try_from(available).unwrap_or(usize::MAX);
        let head = head.get(..HEAD).unwrap_or(head);
        let zeros = head.iter().take_while(|&&byte| byte == 0).count();
        let start = if zeros == head.len() { 0 } else { zeros - zeros % 16 };
        let is_open = shape.is_some_and(|shape| shape.contains(&-1));
        let mut guess = Self { candidates: Vec::new(), start, wanted: None, is_open };

        let known = shape.and_then(known_elements);
        if !is_open {
            guess.wanted = shape
                .and_then(|shape| shape.iter().map(|&dim| usize::try_from(dim).ok()).collect());
        }
        let fills = |size: &usize| {
            available > 0
                && available.is_multiple_of(*size)
                && match known {
                    Some(known) if is_open => known > 0 && (available / size).is_multiple_of(known),
                    _ => true,
                }
        };
        let sizes: Vec<usize> = match known.filter(|_| !is_open) {
            // The shape says how large an element is.
            Some(known) if known > 0 && available > 0 && available.is_multiple_of(known) => {
                vec![available / known]
            }
            // No dtype fills the shape: it is the shape that is wrong.
            _ if dtype.is_some_and(|dtype| fills(&dtype.itemsize().max(1))) => Vec::new(),
            _ => ITEMSIZES.into_iter().filter(fills).collect(),
        };
        if let Some(dtype) = dtype {
            guess.add_known(dtype, available, head, shape);
        }
        let names: Vec<String> = sizes.into_iter().flat_map(dtypes_of_size).collect();
        for name in &names {
            guess.add_named(name, available, head, shape);
        }
        guess.add_swapped(&names, available, head, shape);
        guess.candidates.sort_by(|a, b| a.length.total_cmp(&b.length));
        guess
    }

    /// Whether nothing fits.
    pub(crate) fn is_empty(&self) -> bool {
        self.candidates.is_empty()
    }

    /// Adds the dtype that was asked for, if the bytes are a whole number of it.
    fn add_known(&mut self, dtype: &DType, available: usize, head: &[u8], shape: Option<&[i64]>) {
        let size = dtype.itemsize();
        if size == 0 || !available.is_multiple_of(size) || available == 0 {
            return;
        }
        let (values, length) = self.values(dtype, head).unwrap_or_default();
        self.add(dtype.to_string(), available / size, values, length, shape);
    }

    /// Adds a dtype by its name.
    fn add_named(&mut self, name: &str, available: usize, head: &[u8], shape: Option<&[i64]>) {
        let Ok(dtype) = DType::parse(name) else { return };
        // A dtype whose values cannot be shown, such as a datetime without a unit, is no help.
        if let Some((values, length)) = self.values(&dtype, head) {
            let count = available / dtype.itemsize().max(1);
            self.add(name.to_owned(), count, values, length, shape);
        }
    }

    /// Adds dtypes in the other byte order that read clearly shorter than all candidates.
    fn add_swapped(
        &mut self,
        names: &[String],
        available: usize,
        head: &[u8],
        shape: Option<&[i64]>,
    ) {
        let shortest = self.candidates.iter().map(|c| c.length).fold(f64::INFINITY, f64::min);
        for dtype in names.iter().filter_map(|name| DType::parse(name).ok()) {
            let swapped = dtype.with_byte_order(match dtype.byte_order() {
                ByteOrder::Big => ByteOrder::Little,
                _ => ByteOrder::Big,
            });
            if swapped != dtype
                && let Some((values, length)) = self.values(&swapped, head)
                && length < SWAP_GAIN * shortest
            {
                let count = available / swapped.itemsize().max(1);
                self.add(swapped.to_string(), count, values, length, shape);
            }
        }
    }

    fn add(
        &mut self,
        name: String,
        count: usize,
        values: String,
        length: f64,
        shape: Option<&[i64]>,
    ) {
        let same = |other: &&mut Candidate| other.count == count && other.values == values;
        if let Some(other) = self.candidates.iter_mut().find(same) {
            if !other.names.contains(&name) {
                other.names.push(name);
            }
            return;
        }
        let shapes = match &self.wanted {
            Some(wanted) if wanted.iter().product::<usize>() == count => vec![wanted.clone()],
            _ => shapes_of(count, shape),
        };
        // Of a shape with an axis to be counted, the first counts it.
        let shapes = if self.is_open { shapes.into_iter().take(1).collect() } else { shapes };
        self.candidates.push(Candidate { names: vec![name], count, shapes, values, length });
    }

    /// The first values as a dtype, and how much there is to read for each byte.
    fn values(&self, dtype: &DType, head: &[u8]) -> Option<(String, f64)> {
        let size = dtype.itemsize();
        let start = self.start - self.start % size.max(1);
        let count = (SAMPLE.min(head.len() - start) / size.max(1)).max(1);
        let sample = head.get(start..start + count.checked_mul(size)?)?;
        if matches!(dtype.kind(), Kind::Bool) && sample.iter().any(|&byte| byte > 1) {
            return None;
        }
        let shape = Shape::new(&[count]).ok()?;
        let view = ArrayView::new(dtype.clone(), shape, &AxisOrder::C, sample).ok()?;
        let text = |floatmode, view: &ArrayView<'_>| {
            let options = print::Options {
                threshold: usize::MAX,
                linewidth: usize::MAX,
                floatmode,
                ..print::Options::default()
            };
            print::str(view, &options).ok()
        };
        // Six bytes of sixteen are padding, which no text shows: its length says nothing.
        let length = if matches!(dtype.kind(), Kind::LongDouble | Kind::ComplexLongDouble) {
            f64::INFINITY
        } else {
            // With all their digits, so that floats that are none cannot hide behind the precision.
            length(text(FloatMode::Unique, &view)?.trim_matches(['[', ']']), size)
        };

        let items = view.slice(&":16".parse().ok()?).ok()?;
        let shown = text(FloatMode::MaxPrec, &items)?;
        let shown = shown.strip_prefix('[').and_then(|text| text.strip_suffix(']'))?;
        let mut values = String::new();
        for word in shown.split_whitespace() {
            if values.len() + word.len() >= PREVIEW && !values.is_empty() {
                break;
            }
            values.push_str(if values.is_empty() { "" } else { " " });
            values.extend(word.chars().take(PREVIEW));
        }
        Some((values, length / sample.len() as f64))
    }

    /// The candidates as a table, each line indented and ended.
    pub(crate) fn table(&self) -> String {
        let mut rows = vec![["dtype", "items", "--shape", "values"].map(str::to_owned)];
        for candidate in &self.candidates {
            let flat = candidate.shapes.len() == 1;
            let shapes: Vec<String> = candidate
                .shapes
                .iter()
                .filter(|shape| flat || shape.len() != 1)
                .take(3)
                .map(|shape| comma_list(shape))
                .collect();
            rows.push([
                candidate.names.join(", "),
                candidate.count.to_string(),
                shapes.join("  "),
                candidate.values.clone(),
            ]);
        }
        let widths = [0, 1, 2]
            .map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0));
        let mut out = String::new();
        for [dtype, items, shapes, values] in &rows {
            // Writing to a `String` does not fail.
            let [first, second, third] = widths;
            let line = format!("  {dtype:first$}  {items:>second$}  {shapes:third$}  {values}");
            let _ = writeln!(out, "{}", line.trim_end());
        }
        if self.start > 0 {
            let _ =
                writeln!(out, "  (the values are those from byte {} on, zeros before)", self.start);
        }
        out
    }

    /// The command line that shows the bytes as the likeliest candidate.
    pub(crate) fn command(&self, source: &Source, input: &Input) -> Option<String> {
        let candidate = self.candidates.first()?;
        let is_likely = |shape: &&Vec<usize>| match shape.as_slice() {
            [rows, columns, ..] => rows == columns,
            _ => false,
        };
        let shape = if input.shape().is_some() {
            candidate.shapes.first()?
        } else {
            candidate.shapes.iter().find(is_likely).or(candidate.shapes.first())?
        };
        let shape: Vec<i64> = shape.iter().filter_map(|&dim| dim.try_into().ok()).collect();
        Some(input.show_command(source, candidate.names.first()?, &shape))
    }
}

/// How much there is to say about values of an itemsize, in digits: a whole number costs its digits, a
/// float its decimals, a tenth of which is what the shortest text has too many, and its exponent. Near the
/// value before it, a value costs less. What is no number costs half as much as any bytes would.
fn length(values: &str, size: usize) -> f64 {
    // What it takes to be one more value, and to be told by the one before.
    const VALUE: f64 = 0.8;
    const STEP: f64 = 0.5;
    let digits = |number: i128| ((number.unsigned_abs() + 1) as f64).log10();
    let mut last_whole: Option<i128> = None;
    let mut last_float: Option<f64> = None;
    let cost = |word: &str| {
        if let Ok(number) = word.parse::<i128>() {
            let step = last_whole.replace(number).map(|last| STEP + digits(number - last));
            return VALUE + step.unwrap_or(f64::MAX).min(digits(number));
        }
        match word.parse::<f64>() {
            Ok(number) if number.is_finite() => {
                // The shortest text that tells a float from all others: `-1.2345e-5`.
                let text = format!("{number:e}");
                let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
                let decimals = mantissa.split_once('.').map_or(0, |(_, decimals)| decimals.len());
                let digits = 0.9 * decimals as f64 + exponent.parse().map_or(0.0, f64::abs);
                let near = last_float.replace(number).map_or(0.0, |last| {
                    let digits_in_common = (number / (number - last)).abs().log10();
                    (digits_in_common - STEP).clamp(0.0, digits)
                });
                VALUE + digits - if near.is_nan() { 0.0 } else { near }
            }
            Ok(_) => 1.2 * size as f64,
            Err(_) if matches!(word, "True" | "False") => 1.0,
            Err(_) => word.chars().count() as f64,
        }
    };
    values.split_whitespace().map(cost).sum()
}

/// The product of the axes that are not -1.
fn known_elements(shape: &[i64]) -> Option<usize> {
    shape
        .iter()
        .filter(|&&dim| dim != -1)
        .try_fold(1_usize, |n, &dim| n.checked_mul(usize::try_from(dim).ok()?))
}

/// A shape as `--shape` takes it.
fn comma_list(shape: &[usize]) -> String {
    let dims: Vec<String> = shape.iter().map(ToString::to_string).collect();
    dims.join(",")
}
