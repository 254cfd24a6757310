//! One fixture at a time: metadata, elements, values, and bytes in both directions.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use bytes::Bytes;
use npbytes::{Array, ArrayView, ByteOrder, DType, Order, Profile, print};
use sha2::{Digest as _, Sha256};

use super::{Mismatch, Outcome, Tally, byte_difference};
use crate::environment::{Environment, hex};
use crate::error::{Error, Result};
use crate::fixtures::{self, Fixtures};
use crate::manifest::{ArrayRow, Described, FileRow, Text};
use crate::matrix::catalogue::{Twist, TypeCase};
use crate::matrix::{ArrayCase, Encoding, Matrix};
use crate::{bridge, codec, leaves, script};

/// Everything the checks of one environment share.
pub(super) struct Checker<'a> {
    matrix: &'a Matrix,
    environment: &'a Environment,
    fixtures: &'a Fixtures,
    ours: &'a Path,
    outcome: &'a mut Outcome,
}

/// An array of the matrix, ready to be compared.
struct Subject<'a> {
    case: &'a ArrayCase,
    ty: &'a TypeCase,
    row: &'a ArrayRow,
    dtype: &'a DType,
    view: ArrayView<'a>,
    elements: &'a [u8],
    used: &'a [bool],
    profile: Profile,
}

/// How npbytes' file compares with NumPy's.
enum Verdict {
    ByteExact,
    ValueEqual,
    Refused,
}

impl<'a> Checker<'a> {
    pub(super) fn new(
        matrix: &'a Matrix,
        environment: &'a Environment,
        fixtures: &'a Fixtures,
        ours: &'a Path,
        outcome: &'a mut Outcome,
    ) -> Checker<'a> {
        Checker { matrix, environment, fixtures, ours, outcome }
    }

    /// Checks the whole matrix. `written` gets a line for each file to load back.
    pub(super) fn run(&mut self, written: &mut String) -> Result<()> {
        let mut dtypes = Vec::new();
        for ty in &self.matrix.types {
            dtypes.push(match script::skip_type(ty, self.environment) {
                Some(_) => None,
                None => self.dtype(ty),
            });
        }
        for case in &self.matrix.arrays {
            if let Some(reason) = script::skip_array(self.matrix, case, self.environment) {
                case.encodings.iter().for_each(|&encoding| self.skip(encoding, reason));
            } else if let Some(dtype) = &dtypes[case.ty] {
                self.array(case, dtype, written)?;
            }
        }
        Ok(())
    }

    fn mismatch(&mut self, case: impl Into<String>, what: impl Into<String>) {
        self.outcome.mismatches.push(Mismatch {
            environment: self.environment.name.clone(),
            case: case.into(),
            what: what.into(),
        });
    }

    fn tally(&mut self, encoding: Encoding) -> &mut Tally {
        self.outcome.tallies.entry(encoding).or_default()
    }

    fn skip(&mut self, encoding: Encoding, reason: &'static str) {
        *self.tally(encoding).skipped.entry(reason).or_default() += 1;
    }

    /// Makes the dtype of a case and compares what it says of itself with NumPy.
    fn dtype(&mut self, ty: &TypeCase) -> Option<DType> {
        let name = format!("dtype {}", ty.name);
        let manifest = &self.fixtures.manifest;
        let Some(made) = manifest.types.get(&ty.name) else {
            self.mismatch(name, "is not in the manifest");
            return None;
        };
        // A descr says what a file says, so it is compared with what NumPy loads from one.
        let (expected, dtype) = match (manifest.loaded.get(&ty.name), ty.refused) {
            (Some(loaded), None) => (loaded, bridge::dtype(ty)),
            (None, Some(_)) => (made, bridge::dtype(ty)),
            (loaded, _) => {
                let what = format!("loaded is {loaded:?}, refused should be {:?}", ty.refused);
                self.mismatch(name, what);
                return None;
            }
        };
        let mut problems = Vec::new();
        let dtype = match dtype {
            Ok(dtype) => dtype,
            Err(error) => {
                self.mismatch(name, format!("cannot be made: {error}"));
                return None;
            }
        };
        problems.extend(self.described(&dtype, expected));
        if ty.ty.itemsize() as u64 != made.itemsize {
            problems.push(format!("the matrix has itemsize {}", ty.ty.itemsize()));
        }
        // The dtype as it was before a file forgot its aligned flag.
        if ty.python.is_none() && !ty.descr().unwrap_or_default().contains('\\') {
            match bridge::build(&ty.ty) {
                Ok(built) => problems.extend(self.described(&built, made)),
                Err(error) => problems.push(format!("cannot be built from fields: {error}")),
            }
        }
        problems.into_iter().for_each(|problem| self.mismatch(&name, problem));
        Some(dtype)
    }

    /// What a dtype says of itself and NumPy does not.
    fn described(&self, dtype: &DType, expected: &Described) -> Vec<String> {
        let mut pairs = vec![
            ("str", dtype.typestr(), expected.typestr.clone()),
            ("itemsize", dtype.itemsize().to_string(), expected.itemsize.to_string()),
            ("alignment", dtype.alignment().to_string(), expected.alignment.to_string()),
            (
                "isalignedstruct",
                dtype.is_aligned_struct().to_string(),
                expected.aligned.to_string(),
            ),
            ("hasobject", dtype.has_object().to_string(), expected.has_object.to_string()),
        ];
        let profile = self.environment.profile();
        // `repr` of a dtype follows the Unicode of the default profile.
        let unicode = profile.as_ref().map(|profile| profile.python.unicode());
        let default = Profile::default().python.unicode();
        let plain = expected.repr.is_ascii() && dtype.repr().is_ascii();
        if self.environment.has_known_texts() && (plain || unicode.is_ok_and(|it| it == default)) {
            pairs.push(("repr", dtype.repr(), expected.repr.clone()));
            pairs.push(("str()", dtype.to_string(), expected.text.clone()));
        }
        let mut problems: Vec<String> = pairs
            .into_iter()
            .filter(|(_, ours, theirs)| ours != theirs)
            .map(|(what, ours, theirs)| format!("{what} is {ours}, NumPy has {theirs}"))
            .collect();
        match (profile.and_then(|profile| codec::descr(dtype, profile)), &expected.descr) {
            (Ok(ours), Ok(theirs)) if ours == *theirs => {}
            (Err(_), Err(_)) => {}
            (ours, theirs) => problems.push(format!("descr is {ours:?}, NumPy has {theirs:?}")),
        }
        problems
    }

    fn array(&mut self, case: &ArrayCase, dtype: &DType, written: &mut String) -> Result<()> {
        let ty = self.matrix.type_of(case);
        let fixtures = self.fixtures;
        let Some(row) = fixtures.manifest.arrays.get(&case.name) else {
            self.mismatch(&case.name, "NumPy could not make it");
            return Ok(());
        };
        let elements = case.elements(ty);
        let memory = case.layout.memory(&case.shape, ty.ty.itemsize(), &elements);
        let (view, profile) = match (bridge::view(case, dtype, &memory), self.environment.profile())
        {
            (Ok(view), Ok(profile)) => (view, profile),
            (Err(error), _) | (_, Err(error)) => {
                self.mismatch(&case.name, format!("no view: {error}"));
                return Ok(());
            }
        };
        let used = ty.ty.used_bytes();
        let (elements, used) = (&elements, &used);
        let subject = Subject { case, ty, row, dtype, view, elements, used, profile };
        subject.metadata().into_iter().for_each(|problem| self.mismatch(&case.name, problem));
        self.texts(&subject);
        for &encoding in &case.encodings {
            match script::skip_encoding(encoding, self.environment) {
                Some(reason) => self.skip(encoding, reason),
                None => self.file(&subject, encoding, written)?,
            }
        }
        Ok(())
    }

    /// What `print` and `repr` show of the array, to the character.
    fn texts(&mut self, subject: &Subject<'_>) {
        if !self.environment.has_known_texts() {
            let reason = "texts before NumPy 1.23 are not imitated";
            *self.outcome.texts.skipped.entry(reason).or_default() += 2;
            return;
        }
        let options = print::Options { profile: subject.profile, ..print::Options::default() };
        let row = subject.row;
        let texts = [
            ("print", &row.print, print::str(&subject.view, &options)),
            ("repr", &row.repr, print::repr(&subject.view, &options)),
        ];
        for (what, theirs, ours) in texts {
            let outcome = match (theirs, ours) {
                (Text::Shown(theirs), Ok(ours)) if *theirs == ours => {
                    self.outcome.texts.equal += 1;
                    continue;
                }
                (Text::Shown(_), Ok(_)) if subject.ty.misprinted.is_some() => {
                    let reason = subject.ty.misprinted.unwrap_or_default();
                    *self.outcome.texts.skipped.entry(reason).or_default() += 1;
                    continue;
                }
                (Text::Shown(theirs), Ok(ours)) => {
                    format!("{what} shows:\n{ours}\nNumPy shows:\n{theirs}")
                }
                (Text::Shown(_), Err(error)) => format!("{what}: {error}"),
                (Text::Failed, _) => {
                    let reason = "NumPy cannot show it";
                    *self.outcome.texts.skipped.entry(reason).or_default() += 1;
                    continue;
                }
                (Text::NotAsked, _) => {
                    let reason = "hundreds of fields are too long to show";
                    *self.outcome.texts.skipped.entry(reason).or_default() += 1;
                    continue;
                }
            };
            self.mismatch(&subject.case.name, outcome);
        }
    }

    fn file(
        &mut self,
        subject: &Subject<'_>,
        encoding: Encoding,
        written: &mut String,
    ) -> Result<()> {
        self.tally(encoding).cases += 1;
        let name = format!("{}.{}", subject.case.name, encoding.word());
        let file = subject.row.files.iter().find(|file| file.encoding == encoding.word());
        let Some(file) = file else {
            self.mismatch(name, "is not in the manifest");
            return Ok(());
        };
        let theirs = match &file.error {
            Some(_) => None,
            None => Some(Bytes::from(fixtures::read(&self.fixtures.directory.join(&file.file))?)),
        };
        let ours = codec::encode(&subject.view, encoding, subject.profile);
        let (verdict, mut problems) = subject.compare(encoding, file, theirs.as_deref(), &ours);
        if let (Some(theirs), Ok(_)) = (&theirs, &ours) {
            problems.extend(subject.decode(encoding, file, theirs));
        }
        if let (Ok(bytes), Some(_)) = (&ours, &theirs) {
            let path = self.ours.join(&name);
            fs::write(&path, bytes).map_err(Error::io(&path))?;
            let _ = writeln!(written, "{}\t{}", subject.case.name, encoding.word());
        }
        if problems.is_empty() {
            let tally = self.tally(encoding);
            match verdict {
                Some(Verdict::ByteExact) => tally.byte_exact += 1,
                Some(Verdict::ValueEqual) => tally.value_equal += 1,
                Some(Verdict::Refused) => tally.refused += 1,
                None => self.mismatch(name, "no verdict"),
            }
        } else {
            problems.into_iter().for_each(|problem| self.mismatch(&name, problem));
        }
        Ok(())
    }
}

impl Subject<'_> {
    /// The array before it is written: flags, strides, elements, the order of bytes.
    fn metadata(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let (view, summary) = (&self.view, &self.row.summary);
        let mut expect = |what: &str, ours: String, theirs: String| {
            if ours != theirs {
                problems.push(format!("{what} is {ours}, NumPy has {theirs}"));
            }
        };
        let shape: Vec<usize> = view.shape().to_vec();
        expect("shape", format!("{shape:?}"), format!("{:?}", summary.shape));
        expect("c_contiguous", view.is_c_contiguous().to_string(), summary.c.to_string());
        expect("f_contiguous", view.is_f_contiguous().to_string(), summary.f.to_string());
        if !self.case.is_empty() && self.ty.ty.itemsize() > 0 {
            expect("strides", format!("{:?}", view.strides()), format!("{:?}", summary.strides));
        }
        let sha = hex(&Sha256::digest(self.masked(self.elements)));
        expect("sha256 of the elements", sha, summary.sha256.clone());
        if let Some(problem) = self.elements_differ(view, !view.is_c_contiguous()) {
            problems.push(problem);
        }
        problems.extend(leaves::difference(view, &self.row.values));
        // Fields that share bytes cannot each keep their value in another order.
        if matches!(self.ty.twist, Twist::None | Twist::AnyBool) && self.ty.refused.is_none() {
            problems.extend(self.swapped('<', ByteOrder::Little));
            problems.extend(self.swapped('>', ByteOrder::Big));
        }
        problems
    }

    /// The array copied into a byte order, beside the same values laid out in that order.
    fn swapped(&self, order: char, byte_order: ByteOrder) -> Option<String> {
        let ty = TypeCase { ty: self.ty.ty.in_order(order), ..self.ty.clone() };
        let array = match self.view.to_array(Order::C, byte_order) {
            Ok(array) => array,
            Err(error) => return Some(format!("in order {order}: {error}")),
        };
        if let Some(descr) = ty.descr() {
            let dtype = DType::parse(&descr);
            if dtype.as_ref().ok() != Some(array.dtype()) {
                return Some(format!("in order {order}: {}, expected {dtype:?}", array.dtype()));
            }
        }
        let expected = self.masked(&self.case.elements(&ty));
        byte_difference(&self.masked(array.data()), &expected)
            .map(|what| format!("in order {order}: {what}"))
    }

    /// npbytes' file, made from nothing, beside NumPy's.
    fn compare(
        &self,
        encoding: Encoding,
        file: &FileRow,
        theirs: Option<&[u8]>,
        ours: &npbytes::Result<Vec<u8>>,
    ) -> (Option<Verdict>, Vec<String>) {
        let (theirs, ours) = match (theirs, ours) {
            (None, Err(_)) => return (Some(Verdict::Refused), Vec::new()),
            (None, Ok(bytes)) => {
                let error = file.error.as_deref().unwrap_or_default();
                let what = format!("writes {} bytes, NumPy refuses: {error}", bytes.len());
                return (None, vec![what]);
            }
            (Some(_), Err(error)) => return (None, vec![format!("cannot be written: {error}")]),
            (Some(theirs), Ok(ours)) => (theirs, ours),
        };
        if !self.case.padding_is_lost(self.ty, encoding) {
            let difference = byte_difference(ours, theirs).map(|what| format!("written: {what}"));
            return (Some(Verdict::ByteExact), difference.into_iter().collect());
        }
        // The header to the byte, the data but for its padding.
        let data = self.elements.len();
        let split = |bytes: &[u8]| {
            let start = bytes.len().saturating_sub(data);
            [&bytes[..start], &self.masked(&bytes[start..])].concat()
        };
        let difference = byte_difference(&split(ours), &split(theirs));
        let difference = difference.map(|what| format!("written, padding aside: {what}"));
        (Some(Verdict::ValueEqual), difference.into_iter().collect())
    }

    /// NumPy's file through npbytes, and back to bytes.
    fn decode(&self, encoding: Encoding, file: &FileRow, theirs: &Bytes) -> Vec<String> {
        let order = match encoding {
            Encoding::RawF => Order::F,
            Encoding::RawA if self.view.is_fortran() => Order::F,
            _ => Order::C,
        };
        let decoded = if encoding.is_npy() {
            codec::decode_npy(theirs)
        } else {
            codec::decode_raw(theirs, self.dtype, &self.case.shape, order)
        };
        let array: Array = match decoded {
            Ok(array) => array,
            Err(error) => return vec![format!("cannot be decoded: {error}")],
        };
        let view = array.view();
        let mut problems = Vec::new();
        if array.dtype() != self.dtype || array.dtype().repr() != self.dtype.repr() {
            problems.push(format!("decodes as {}, expected {}", array.dtype(), self.dtype));
        }
        if view.shape()[..] != self.case.shape[..] {
            problems.push(format!("decodes with shape {}", view.shape()));
        }
        if let Some(loaded) = &file.loaded {
            let flags = (view.is_c_contiguous(), view.is_f_contiguous());
            // Flags of zero-size items differ between NumPy releases, and mean nothing.
            if flags != (loaded.c, loaded.f) && self.ty.ty.itemsize() > 0 {
                let theirs = (loaded.c, loaded.f);
                problems.push(format!("decoded flags are {flags:?}, NumPy has {theirs:?}"));
            }
        } else if encoding.is_npy() {
            let error = file.load_error.as_deref().unwrap_or("no reason");
            problems.push(format!("NumPy does not load its own file: {error}"));
        }
        let masked = self.case.padding_is_lost(self.ty, encoding);
        problems.extend(self.elements_differ(&view, masked || !view.is_c_contiguous()));
        problems.extend(leaves::difference(&view, &self.row.values));
        match codec::encode(&view, encoding, self.profile) {
            Ok(again) => problems.extend(
                byte_difference(&again, theirs).map(|what| format!("encoded again: {what}")),
            ),
            Err(error) => problems.push(format!("cannot be encoded again: {error}")),
        }
        problems
    }

    /// The elements of a view against those of the matrix.
    fn elements_differ(&self, view: &ArrayView<'_>, masked: bool) -> Option<String> {
        let bytes = match view.to_bytes(Order::C) {
            Ok(bytes) => bytes,
            Err(error) => return Some(format!("elements: {error}")),
        };
        let difference = if masked {
            byte_difference(&self.masked(&bytes), &self.masked(self.elements))
        } else {
            byte_difference(&bytes, self.elements)
        };
        difference.map(|what| format!("elements: {what}"))
    }

    /// Element bytes with padding zeroed.
    fn masked(&self, bytes: &[u8]) -> Vec<u8> {
        if !self.used.contains(&false) {
            return bytes.to_vec();
        }
        let keep = self.used.iter().cycle();
        bytes.iter().zip(keep).map(|(&byte, &keep)| if keep { byte } else { 0 }).collect()
    }
}
