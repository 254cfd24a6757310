//! Dtypes beside their descriptions, with all that equality of dtypes leaves out.

use npbytes::pickle::{StringDType, Value};
use npbytes::{DType, literal};
use serde_json::Value as Json;

use super::{Comparison, Outcome, row_is_record, same};

impl<'a> Comparison<'a> {
    /// A description, or the one that it refers to.
    pub(super) fn resolved<'r>(&self, row: &'r Json) -> Result<&'r Json, String>
    where
        'a: 'r,
    {
        match row["ref"].as_u64() {
            Some(number) => {
                let found = self.numbered.get(&number).map(|(_, row)| *row);
                found.ok_or_else(|| format!("number {number} was never met"))
            }
            None => Ok(row),
        }
    }

    /// Compares a dtype, with all that equality of dtypes leaves out.
    pub(super) fn dtype(
        &mut self,
        dtype: &DType,
        record: bool,
        string: Option<StringDType>,
        row: &'a Json,
    ) -> Outcome {
        let row = match row["ref"].as_u64() {
            Some(_) => self.resolved(row)?,
            None => row,
        };
        if let Some(number) = row["id"].as_u64() {
            self.numbered.entry(number).or_insert((Value::NONE, row));
        }
        let wrong = |what: &str| Err(format!("{what}: is {dtype}, expected {row:.300}"));
        if let Some(coerce) = row["string"].as_bool() {
            let found = string.unwrap_or_default();
            let kind = *dtype.kind() == npbytes::dtype::Kind::String;
            if !kind
                || found.coerce != coerce
                || found.na_object.is_some() != row.get("na").is_some()
            {
                return wrong("dtype");
            }
        } else if row.get("base").is_some() {
            let Some((base, shape)) = dtype.as_subarray() else { return wrong("dtype") };
            same("dtype.shape", Json::from(shape.to_vec()), &row["shape"])?;
            self.dtype(base, false, None, &row["base"])?;
        } else if let Some(wanted) = row["fields"].as_array() {
            let Some(fields) = dtype.fields() else { return wrong("dtype") };
            if fields.len() != wanted.len() {
                return wrong("number of fields");
            }
            for (field, wanted) in fields.iter().zip(wanted) {
                if field.name().as_utf8() != self.name(&wanted[0])? {
                    return wrong("field name");
                }
                same("offset", field.offset(), &wanted[2])?;
                match (field.title(), wanted.get(3)) {
                    (None, None) => {}
                    (Some(title), Some(wanted)) if title.as_utf8() == self.name(wanted)? => {}
                    _ => return wrong("title"),
                }
                // A record dtype inside of a struct is not told from another one.
                self.dtype(field.dtype(), row_is_record(&wanted[1]), None, &wanted[1])?;
            }
            same("itemsize", dtype.itemsize(), &row["itemsize"])?;
            same("isalignedstruct", dtype.is_aligned_struct(), &row["aligned"])?;
            same("is record", record, &Json::from(row["record"] == true))?;
        } else if Some(dtype.typestr().as_str()) != row["dtype"].as_str() {
            return wrong("dtype");
        }
        match (dtype.metadata(), row.get("metadata")) {
            (None, None) => Ok(()),
            // What NumPy before 2.3.3 makes of a datetime without any.
            (None, Some(wanted)) if wanted["dict"].as_array().is_some_and(Vec::is_empty) => Ok(()),
            (Some(found), Some(wanted)) if self.literal(found, wanted) => Ok(()),
            (found, _) => wrong(&format!("metadata is {found:?}")),
        }
    }

    /// Takes note of the numbers in what is not compared.
    pub(super) fn numbers(&mut self, row: &'a Json) {
        if let Some(number) = row["id"].as_u64() {
            self.numbered.entry(number).or_insert((Value::NONE, row));
        }
        match row {
            Json::Array(rows) => rows.iter().for_each(|row| self.numbers(row)),
            Json::Object(rows) => rows.values().for_each(|row| self.numbers(row)),
            _ => {}
        }
    }

    /// A field's name: also one that stood elsewhere.
    fn name(&mut self, row: &'a Json) -> Result<Vec<u8>, String> {
        if let Some(number) = row["id"].as_u64() {
            self.numbered.entry(number).or_insert((Value::NONE, row));
        }
        let row = self.resolved(row)?;
        self.utf8(row)
    }

    /// Is a literal what a description says?
    fn literal(&self, found: &literal::Value, row: &Json) -> bool {
        let all = |found: &[literal::Value], row: &Json| {
            let rows = row.as_array().map_or(&[][..], Vec::as_slice);
            found.len() == rows.len()
                && found.iter().zip(rows).all(|(found, row)| self.literal(found, row))
        };
        match found {
            literal::Value::None => row.is_null(),
            literal::Value::Bool(value) => row.as_bool() == Some(*value),
            literal::Value::Int(int) => row.as_i64().map(i128::from) == Some(*int),
            literal::Value::Float(float) => {
                row["float"].as_str() == Some(&format!("{:016x}", float.to_bits()))
            }
            literal::Value::Str(text) => self.utf8(row).is_ok_and(|utf8| utf8 == text.as_utf8()),
            literal::Value::Tuple(items) => all(items, &row["tuple"]),
            literal::Value::List(items) => all(items, &row["list"]),
            literal::Value::Dict(pairs) => {
                let rows = row["dict"].as_array().map_or(&[][..], Vec::as_slice);
                let same = |((key, value), row): (&(literal::Value, literal::Value), &Json)| {
                    self.literal(key, &row[0]) && self.literal(value, &row[1])
                };
                pairs.len() == rows.len() && pairs.iter().zip(rows).all(same)
            }
            _ => false,
        }
    }
}
