//! CSV and lines of JSON.

use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, FixedSizeListArray, Float64Array, Int32Array, RecordBatch, StructArray,
};
use arrow_schema::{DataType, Field, Fields, Schema};
use npbytes_arrow::text::{Format, Writer};

use crate::columns;

fn written(batches: &[RecordBatch], format: Format) -> npbytes_arrow::Result<String> {
    let mut writer = Writer::new(Vec::new(), &batches[0].schema(), format)?;
    for batch in batches {
        writer.write(batch)?;
    }
    Ok(String::from_utf8(writer.finish()?).unwrap())
}

fn rows(len: i32, values: Vec<f64>) -> FixedSizeListArray {
    let item = Arc::new(Field::new("item", DataType::Float64, true));
    FixedSizeListArray::new(item, len, Arc::new(Float64Array::from(values)), None)
}

fn extended(name: &str, array: &dyn Array, extension: &str, metadata: &str) -> Field {
    let pairs = [("ARROW:extension:name", extension), ("ARROW:extension:metadata", metadata)];
    let pairs = pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    Field::new(name, array.data_type().clone(), true).with_metadata(pairs)
}

#[test]
fn csv_has_a_column_for_each_element() {
    let inner = Fields::from(vec![Field::new("x", DataType::Int32, true)]);
    let records = StructArray::new(
        inner.clone(),
        vec![Arc::new(Int32Array::from(vec![1, 2]))],
        Some(vec![true, false].into()),
    );
    let (plain, tensor, complex) = (
        rows(2, vec![0.5, 1.5, 2.5, f64::NAN]),
        rows(4, vec![1.0; 8]),
        rows(2, vec![1.0, -1.0, 2.0, -2.0]),
    );
    let schema = Schema::new(vec![
        Field::new("r", DataType::Struct(inner), true),
        Field::new("p", plain.data_type().clone(), true),
        extended("t", &tensor, "arrow.fixed_shape_tensor", r#"{"shape":[2,2]}"#),
        extended("z", &complex, "npbytes.complex128", ""),
    ]);
    let columns: Vec<ArrayRef> =
        vec![Arc::new(records), Arc::new(plain), Arc::new(tensor), Arc::new(complex)];
    let batch = RecordBatch::try_new(Arc::new(schema), columns).unwrap();
    assert_eq!(
        written(&[batch], Format::Csv).unwrap(),
        "r.x,p_0,p_1,t_0_0,t_0_1,t_1_0,t_1_1,z.re,z.im\n\
         1,0.5,1.5,1.0,1.0,1.0,1.0,1.0,-1.0\n\
         ,2.5,NaN,1.0,1.0,1.0,1.0,2.0,-2.0\n"
    );
}

#[test]
fn csv_has_no_lists_and_json_has() {
    let error = written(&columns(), Format::Csv).unwrap_err();
    assert_eq!(error.column(), Some("l"));
    assert!(error.help().unwrap().contains("NDJSON"));
    let wide =
        RecordBatch::try_from_iter([("w", Arc::new(rows(20_000, vec![0.0; 20_000])) as ArrayRef)])
            .unwrap();
    assert!(written(&[wide], Format::Csv).unwrap_err().to_string().contains("too many columns"));
    let text = written(&columns(), Format::Ndjson).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 5);
    assert_eq!(lines[0], r#"{"i":1,"f":0.5,"s":"a","d":"x","t":"1970-01-01T00:00:00","l":[1.5]}"#);
    assert_eq!(lines[2], r#"{"i":null,"f":2.5,"s":null,"d":"x","t":null,"l":null}"#);
    assert!(lines[3].contains(r#""f":null"#), "{}", lines[3]);
}

#[test]
fn no_rows_are_a_line_of_names() {
    let empty = columns()[0].project(&[0, 2]).unwrap().slice(0, 0);
    assert_eq!(written(std::slice::from_ref(&empty), Format::Csv).unwrap(), "i,s\n");
    assert_eq!(written(&[empty], Format::Ndjson).unwrap(), "");
}
