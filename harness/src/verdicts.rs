//! What each side accepts: whole files with odd headers, and texts for `np.dtype`.

use std::collections::BTreeMap;

use npbytes::{ArrayView, DType, ErrorKind, Profile, npy};
use serde_json::Value;

use crate::environment::{Environment, hex};
use crate::error::Result;
use crate::fixtures;
use crate::matrix::{Encoding, dtype_texts, headers};
use crate::{codec, roundtrip::Mismatch};

/// How many verdicts agreed, and which did not.
#[derive(Debug, Default)]
pub struct Verdicts {
    /// Both sides accepted the same thing, or both refused.
    pub agreed: usize,
    /// Differences that are known and wanted, by reason.
    pub known: BTreeMap<&'static str, usize>,
    /// All others.
    pub mismatches: Vec<Mismatch>,
}

impl Verdicts {
    pub(crate) fn count(
        &mut self,
        environment: &Environment,
        what: &str,
        known: Option<&'static str>,
        difference: Option<String>,
    ) {
        match (difference, known) {
            (None, _) => self.agreed += 1,
            (Some(_), Some(reason)) => *self.known.entry(reason).or_default() += 1,
            (Some(difference), None) => self.mismatches.push(Mismatch {
                environment: environment.name.clone(),
                case: what.to_owned(),
                what: difference,
            }),
        }
    }
}

/// Header verdicts of one environment: from memory and from a real file. None of one whose verdicts
/// were not measured.
///
/// # Errors
/// When NumPy cannot be asked.
pub fn headers(environment: &Environment) -> Result<Verdicts> {
    let mut verdicts = Verdicts::default();
    if !environment.has_known_texts() {
        return Ok(verdicts);
    }
    let answers = fixtures::verdicts(environment)?;
    let cases = headers::headers();
    let theirs: Vec<&Value> = answers.iter().filter(|row| row["kind"] == "header").collect();
    assert_eq!(cases.len(), theirs.len(), "a case without an answer");
    for (case, row) in cases.iter().zip(theirs) {
        assert_eq!(row["name"], case.name, "answers come in the order of the cases");
        let ours = codec::load(&case.file.clone().into());
        for source in ["memory", "file"] {
            let difference = header_difference(&ours, &row[source], source == "memory");
            let what = format!("header {} from {source}", case.name);
            let (numpy, python) = (environment.numpy_version(), environment.python_version());
            let known = headers::difference(&case.name, numpy, python, source);
            verdicts.count(environment, &what, known, difference);
        }
    }
    Ok(verdicts)
}

/// What differs between npbytes' answer and NumPy's. Loading from memory leaves padding bytes to
/// chance in NumPy, so they are `masked` then.
fn header_difference(
    ours: &npbytes::Result<npbytes::Array>,
    theirs: &Value,
    masked: bool,
) -> Option<String> {
    let array = match (ours, theirs["error"].as_str()) {
        (Err(_), Some(_)) => return None,
        (Ok(array), None) => array,
        (Ok(array), Some(error)) => {
            let (dtype, shape) = (array.dtype(), array.shape());
            return Some(format!("loads as {dtype} {shape}, NumPy refuses: {error}"));
        }
        (Err(error), None) => {
            return Some(format!(
                "refused ({error}), NumPy loads {} {}",
                theirs["descr"], theirs["shape"]
            ));
        }
    };
    let view = array.view();
    let dims: Vec<usize> = view.shape().to_vec();
    let pairs = [
        ("str", Value::from(array.dtype().typestr())),
        ("repr", Value::from(array.dtype().repr())),
        ("itemsize", Value::from(array.dtype().itemsize())),
        ("shape", Value::from(dims)),
        ("c", Value::from(view.is_c_contiguous())),
        ("f", Value::from(view.is_f_contiguous())),
    ];
    for (key, ours) in pairs {
        if ours != theirs[key] {
            return Some(format!("{key} is {ours}, NumPy has {}", theirs[key]));
        }
    }
    let data = match view.to_bytes(npbytes::Order::C) {
        Ok(bytes) => hex(&bytes),
        Err(error) => return Some(format!("no bytes: {error}")),
    };
    let (mut data, mut expected) = (data, theirs["data"].as_str().unwrap_or_default().to_owned());
    if masked {
        // Two hexadecimal digits a byte.
        let used = used_bytes(array.dtype());
        let mask = |text: &str| -> String {
            let digits = text.chars().enumerate();
            digits.map(|(i, digit)| if used[i / 2 % used.len()] { digit } else { '0' }).collect()
        };
        (data, expected) = (mask(&data), mask(&expected));
    }
    if data != expected {
        return Some(format!("data is {data}, NumPy has {expected}"));
    }
    let descr = codec::descr(array.dtype(), Profile::default());
    let expected = theirs["descr"].as_str().unwrap_or_default();
    let same = match &descr {
        Ok(descr) => descr == expected,
        Err(_) => expected.contains("Error: "),
    };
    (!same).then(|| format!("descr is {descr:?}, NumPy has {expected}"))
}

/// Which bytes of an element belong to a field.
pub(crate) fn used_bytes(dtype: &DType) -> Vec<bool> {
    let Some(fields) = dtype.fields() else {
        return match dtype.as_subarray() {
            Some((base, shape)) => used_bytes(base).repeat(shape.iter().product()),
            None => vec![true; dtype.itemsize()],
        };
    };
    let mut used = vec![false; dtype.itemsize()];
    for field in fields {
        let part = used_bytes(field.dtype());
        used[field.offset()..field.offset() + part.len()].copy_from_slice(&part);
    }
    used
}

/// Verdicts on dtype texts of one environment. None of one whose verdicts were not measured.
///
/// # Errors
/// When NumPy cannot be asked.
pub fn dtype_texts(environment: &Environment) -> Result<Verdicts> {
    let mut verdicts = Verdicts::default();
    if !environment.has_known_texts() {
        return Ok(verdicts);
    }
    let answers = fixtures::verdicts(environment)?;
    let texts = dtype_texts::texts();
    let theirs: Vec<&Value> = answers.iter().filter(|row| row["kind"] == "dtype").collect();
    assert_eq!(texts.len(), theirs.len(), "a text without an answer");
    for (text, row) in texts.iter().zip(theirs) {
        assert_eq!(row["text"], text.as_str(), "answers come in the order of the texts");
        let difference = match environment.profile() {
            Ok(profile) => dtype_difference(DType::parse_for(text, profile.numpy), row),
            Err(error) => Some(error.to_string()),
        };
        let what = format!("np.dtype({text:?})");
        let known = dtype_texts::difference(text, environment.numpy_version());
        verdicts.count(environment, &what, known, difference);
    }
    Ok(verdicts)
}

fn dtype_difference(ours: npbytes::Result<DType>, theirs: &Value) -> Option<String> {
    let dtype = match (ours, theirs["error"].as_str()) {
        (Err(_), Some(_)) => return None,
        (Ok(dtype), None) => dtype,
        (Ok(dtype), Some(error)) => return Some(format!("is {dtype}, NumPy refuses: {error}")),
        (Err(error), None) => {
            return Some(format!("refused ({error}), NumPy has {}", theirs["repr"]));
        }
    };
    let pairs = [
        ("str", Value::from(dtype.typestr())),
        ("repr", Value::from(dtype.repr())),
        ("name", Value::from(dtype.to_string())),
        ("itemsize", Value::from(dtype.itemsize())),
        ("alignment", Value::from(dtype.alignment())),
    ];
    let wrong = pairs.into_iter().find(|(key, ours)| *ours != theirs[*key]);
    if let Some((key, ours)) = wrong {
        return Some(format!("{key} is {ours}, NumPy has {}", theirs[key]));
    }
    if dtype.fields().is_some() {
        let (descr, expected) =
            (codec::descr(&dtype, Profile::default()), theirs["descr"].as_str());
        if descr.as_deref().ok() != expected {
            return Some(format!("descr is {descr:?}, NumPy has {expected:?}"));
        }
    }
    None
}

/// Files whose data is a pickle: the header is read, and what takes or gives elements alone refuses them as
/// unsupported.
///
/// # Errors
/// When NumPy cannot be asked.
pub fn pickled(environment: &Environment) -> Result<Verdicts> {
    let mut verdicts = Verdicts::default();
    for row in fixtures::verdicts(environment)? {
        if row["kind"] == "pickled" {
            let what = format!("pickled {}", row["name"].as_str().unwrap_or_default());
            verdicts.count(environment, &what, None, pickled_difference(&row));
        }
    }
    Ok(verdicts)
}

fn pickled_difference(row: &Value) -> Option<String> {
    let file = bytes::Bytes::from(unhex(row["file"].as_str()?));
    let header = match npy::Header::parse(&file, &npy::ReadOptions::default()) {
        Ok(header) => header,
        Err(error) => return Some(format!("the header is refused: {error}")),
    };
    if !header.dtype().has_object() {
        return Some(format!("the dtype is {}", header.dtype()));
    }
    if Value::from(header.shape().to_vec()) != row["shape"] {
        return Some(format!("the shape is {}, NumPy has {}", header.shape(), row["shape"]));
    }
    if row["fortran"].as_bool() != Some(header.fortran_order()) {
        return Some(format!("fortran_order is {}", header.fortran_order()));
    }
    if !unsupported(codec::load(&file).err()) {
        return Some("the data is not refused as unsupported".to_owned());
    }
    let zeros = vec![0; header.shape().elements() * header.dtype().itemsize()];
    let order = header.order();
    let view = match ArrayView::new(header.dtype().clone(), header.shape().clone(), &order, &zeros)
    {
        Ok(view) => view,
        Err(error) => return Some(format!("no view: {error}")),
    };
    let written = codec::encode(&view, Encoding::Npy, Profile::default());
    (!unsupported(written.err())).then(|| "writing is not refused as unsupported".to_owned())
}

fn unsupported(error: Option<npbytes::Error>) -> bool {
    error.is_some_and(|error| matches!(error.kind(), ErrorKind::Unsupported { .. }))
}

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or(0).to_le_bytes()[0];
    text.as_bytes().chunks_exact(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}
