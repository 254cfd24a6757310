//! Parquet files.

use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, FixedSizeListArray, Float64Array, Int64Array, RecordBatch, StringArray,
    StructArray, TimestampSecondArray,
};
use arrow_schema::{DataType, Field, Fields, Schema, TimeUnit};
use npbytes_arrow::parquet::{Compression, File, WriteOptions, Writer};

use crate::{assert_columns, columns, file, path, schema_of};

fn read(bytes: Vec<u8>) -> Vec<RecordBatch> {
    File::new(bytes.into())
        .unwrap()
        .batches(None, 1 << 20)
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
}

fn written(batches: &[RecordBatch], options: &WriteOptions) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new(), &schema_of(batches), options).unwrap();
    for batch in batches {
        writer.write(batch).unwrap();
    }
    writer.finish().unwrap()
}

/// pyarrow stores seconds as milliseconds too, and its note on the unit is Arrow's schema.
#[test]
fn files_of_pyarrow_are_read() {
    for (name, codec) in [
        ("none", "UNCOMPRESSED"),
        ("snappy", "SNAPPY"),
        ("gzip", "GZIP"),
        ("lz4", "LZ4_RAW"),
        ("zstd", "ZSTD"),
    ] {
        let file = File::open(path(&format!("{name}.parquet"))).unwrap();
        assert_eq!((file.num_rows(), file.num_row_groups()), (5, 3), "{name}");
        assert_eq!(file.compressions(), [codec]);
        assert_eq!(file.metadata(), [("made", "by pyarrow")]);
        assert!(file.created_by().unwrap().starts_with("parquet-cpp-arrow"));
        for rows in [1, 2, 100] {
            let batches: Vec<_> = file.batches(None, rows).unwrap().map(Result::unwrap).collect();
            for name in ["i", "f", "s", "d", "l"] {
                assert_eq!(crate::texts(&batches, name), crate::texts(&columns(), name), "{name}");
            }
        }
        let some: Vec<_> = file.batches(Some(&[2]), 100).unwrap().map(Result::unwrap).collect();
        assert_eq!(crate::texts(&some, "s"), ["a", "bc", "null", "", "é"]);
        assert_eq!(some[0].num_columns(), 1);
        assert!(file.batches(Some(&[6]), 1).is_err());
    }
}

#[test]
fn what_is_written_is_read_again() {
    for compression in
        [Compression::None, Compression::Snappy, Compression::Zstd(1), Compression::Zstd(3)]
    {
        let mut options = WriteOptions::default();
        options.compression = compression;
        let bytes = written(&columns(), &options);
        assert_columns(&read(bytes), &format!("{compression:?}"));
    }
    assert_eq!(
        *File::new(written(&columns(), &WriteOptions::default()).into()).unwrap().schema(),
        schema_of(&columns())
    );
}

#[test]
fn row_groups_have_a_bound() {
    let mut options = WriteOptions::default();
    options.row_group_rows = 2;
    let file = File::new(written(&columns(), &options).into()).unwrap();
    assert_eq!(file.num_row_groups(), 3);

    let values: ArrayRef = Arc::new(Int64Array::from_iter_values(
        (0..100_000).map(|n: i64| n.wrapping_mul(0x9E37_79B9_7F4A_7C15_u64 as i64)),
    ));
    let batch = RecordBatch::try_from_iter([("x", values)]).unwrap();
    let mut options = WriteOptions::default();
    options.row_group_bytes = 1 << 18;
    let batches: Vec<_> = (0..10).map(|part| batch.slice(part * 10_000, 10_000)).collect();
    let file = File::new(written(&batches, &options).into()).unwrap();
    assert!((3..=8).contains(&file.num_row_groups()), "{}", file.num_row_groups());
}

/// Seconds in structs, lists and rows of fixed length, with nulls and before 1970.
#[test]
fn seconds_come_back_as_seconds() {
    let seconds = || TimestampSecondArray::from(vec![Some(0), None, Some(-1), Some(1 << 40)]);
    let second = DataType::Timestamp(TimeUnit::Second, None);
    let inner = Fields::from(vec![Field::new("t", second.clone(), true)]);
    let pairs = FixedSizeListArray::new(
        Arc::new(Field::new("item", second.clone(), true)),
        2,
        Arc::new(seconds()),
        None,
    );
    let metadata = [("numpy.dtype".to_owned(), "<M8[h]".to_owned())].into();
    let schema = Schema::new(vec![
        Field::new("t", second.clone(), true).with_metadata(metadata),
        Field::new("zoned", DataType::Timestamp(TimeUnit::Second, Some("UTC".into())), true),
        Field::new("s", DataType::Struct(inner.clone()), true),
    ]);
    let batch = RecordBatch::try_new(
        Arc::new(schema),
        vec![
            Arc::new(seconds()),
            Arc::new(seconds().with_timezone("UTC")),
            Arc::new(StructArray::new(inner, vec![Arc::new(seconds())], None)),
        ],
    )
    .unwrap();
    let bytes = written(std::slice::from_ref(&batch), &WriteOptions::default());
    assert_eq!(read(bytes), [batch]);
    let batch = RecordBatch::try_from_iter([("pairs", Arc::new(pairs) as ArrayRef)]).unwrap();
    let back = read(written(std::slice::from_ref(&batch), &WriteOptions::default()));
    assert_eq!(back[0].column(0).to_data(), batch.column(0).to_data());

    let far: ArrayRef = Arc::new(TimestampSecondArray::from(vec![0, i64::MAX / 1000 + 1]));
    let batch = RecordBatch::try_from_iter([("far", far)]).unwrap();
    let mut writer = Writer::new(Vec::new(), &batch.schema(), &WriteOptions::default()).unwrap();
    let error = writer.write(&batch).unwrap_err();
    assert_eq!((error.column(), error.row()), (Some("far"), Some(1)));
    assert!(error.help().unwrap().contains("IPC"), "{error}");
    assert!(writer.finish().is_err());
}

#[test]
fn dictionaries_are_where_values_repeat() {
    let few: ArrayRef =
        Arc::new(StringArray::from_iter_values((0..5000).map(|n| ["red", "green"][n % 2])));
    let many: ArrayRef = Arc::new(StringArray::from_iter_values((0..5000).map(|n| n.to_string())));
    let floats: ArrayRef =
        Arc::new(Float64Array::from_iter_values((0..5000).map(|n| f64::from(n).sqrt())));
    let ones: ArrayRef = Arc::new(Float64Array::from(vec![1.0; 5000]));
    let batch = RecordBatch::try_from_iter([
        ("few", few),
        ("many", many),
        ("floats", floats),
        ("ones", ones),
    ])
    .unwrap();
    let mut options = WriteOptions::default();
    options.compression = Compression::None;
    let file = File::new(written(&[batch], &options).into()).unwrap();
    let sizes: Vec<u64> = (0..4).map(|column| file.column_size(column).0).collect();
    assert!(sizes[0] < 1500 && sizes[3] < 500, "{sizes:?}");
    assert!(sizes[2] >= 40_000 && sizes[2] < 40_500, "{sizes:?}");
    assert!(sizes[1] > 20_000, "{sizes:?}");
}

#[test]
fn files_without_rows() {
    let batches = columns();
    let none = vec![RecordBatch::new_empty(schema_of(&batches))];
    for batches in [&none[..], &[]] {
        let mut writer =
            Writer::new(Vec::new(), &schema_of(&none), &WriteOptions::default()).unwrap();
        for batch in batches {
            writer.write(batch).unwrap();
        }
        writer.add_metadata("a", "b");
        let file = File::new(writer.finish().unwrap().into()).unwrap();
        assert_eq!((file.num_rows(), file.metadata()), (0, vec![("a", "b")]));
        assert_eq!(
            file.batches(None, 10).unwrap().map(|batch| batch.unwrap().num_rows()).sum::<usize>(),
            0
        );
        assert_eq!(file.schema().fields(), schema_of(&none).fields());
        // Pairs that were added stand beside those of the schema.
        let pairs = file.schema().metadata();
        assert_eq!((pairs["a"].as_str(), pairs["made"].as_str()), ("b", "by pyarrow"));
    }
}

#[test]
fn what_is_no_parquet_is_said() {
    for bytes in [&b""[..], b"PAR1", b"PAR1PAR1", b"PAR1\0\0\0\0PAR1", b"PAR1\xff\xff\xff\x7fPAR1"]
    {
        assert!(File::new(bytes::Bytes::copy_from_slice(bytes)).is_err(), "{bytes:?}");
    }
    assert!(File::open(path("no.parquet")).unwrap_err().to_string().contains("no.parquet"));
    let _ = file("none.parquet");
}

/// The writer of arrow-rs calls itself for each row group of a batch.
#[test]
fn a_batch_of_many_row_groups_does_not_overflow_the_stack() {
    let column: ArrayRef = Arc::new(Int64Array::from_iter_values(0..5_000));
    let batch = RecordBatch::try_from_iter([("x", column)]).unwrap();
    let mut options = WriteOptions::default();
    options.row_group_rows = 1;
    let small = std::thread::Builder::new().stack_size(1 << 20);
    let back = small.spawn(move || read(written(&[batch], &options))).unwrap().join().unwrap();
    assert_eq!(back.iter().map(RecordBatch::num_rows).sum::<usize>(), 5_000);
}

/// As many rows as a shape promises take no memory while they have no elements.
#[test]
fn rows_of_nothing_without_end_are_refused() {
    let item = Arc::new(Field::new_list_field(DataType::Int64, true));
    let none: ArrayRef = Arc::new(Int64Array::from(Vec::<i64>::new()));
    let rows = 1_000_000_000_000_000;
    let column = FixedSizeListArray::try_new_with_length(item, 0, none, None, rows).unwrap();
    let batch = RecordBatch::try_from_iter([("x", Arc::new(column) as ArrayRef)]).unwrap();
    let mut writer = Writer::new(Vec::new(), &batch.schema(), &WriteOptions::default()).unwrap();
    let error = writer.write(&batch).unwrap_err();
    assert!(error.to_string().contains("1000000000000000 rows"), "{error}");
}

/// pyarrow 26 writes no rows of a table without columns, and opens no file with binaries of 0 bytes.
#[test]
fn what_parquet_would_lose_is_refused() {
    let refused = |schema: &Schema| {
        Writer::new(Vec::new(), schema, &WriteOptions::default()).unwrap_err().to_string()
    };
    assert!(refused(&Schema::empty()).contains("without columns"));
    let none = Field::new("none", DataType::FixedSizeBinary(0), false);
    assert!(refused(&Schema::new(vec![none.clone()])).contains("column \"none\": a binary of 0"));
    let inside = Field::new("outer", DataType::Struct(vec![none].into()), false);
    assert!(refused(&Schema::new(vec![inside])).contains("outer.none"));
}

/// Columns of numbers that are never null, which are written by another way than all others.
fn numbers(rows: std::ops::Range<i64>) -> RecordBatch {
    use arrow_array::types::{
        Date32Type, DurationNanosecondType, Float32Type, Float64Type, Int8Type, Int16Type,
        Int32Type, Int64Type, TimestampMicrosecondType, UInt8Type, UInt16Type, UInt32Type,
        UInt64Type,
    };
    use arrow_array::{ArrowPrimitiveType, PrimitiveArray};
    fn column<T: ArrowPrimitiveType>(
        rows: &std::ops::Range<i64>,
        value: impl Fn(i64) -> T::Native,
    ) -> ArrayRef {
        Arc::new(PrimitiveArray::<T>::from_iter_values(rows.clone().map(value)))
    }
    const ODD: i64 = 0x1234_5678_9abc_def1;
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss)]
    let columns = vec![
        column::<Int8Type>(&rows, |i| (i * 7) as i8),
        column::<UInt8Type>(&rows, |i| (i * 7) as u8),
        column::<Int16Type>(&rows, |i| (i * 777) as i16),
        column::<UInt16Type>(&rows, |i| (i * 777) as u16),
        column::<Int32Type>(&rows, |i| (i * 77_777_777) as i32),
        column::<UInt32Type>(&rows, |i| (i * 77_777_777) as u32),
        column::<Int64Type>(&rows, |i| i.wrapping_mul(ODD)),
        column::<UInt64Type>(&rows, |i| i.wrapping_mul(ODD).cast_unsigned()),
        column::<Float32Type>(&rows, |i| i as f32 / 3.0),
        column::<Float64Type>(&rows, |i| i as f64 / 3.0),
        column::<Date32Type>(&rows, |i| i as i32 - 1000),
        column::<TimestampMicrosecondType>(&rows, |i| i * 1_000_003),
        column::<DurationNanosecondType>(&rows, |i| -i),
    ];
    let fields = columns.iter().enumerate();
    let fields = fields.map(|(i, c)| Field::new(format!("{i}"), c.data_type().clone(), false));
    let schema = Schema::new(fields.collect::<Fields>());
    RecordBatch::try_new(Arc::new(schema), columns).unwrap()
}

#[test]
fn numbers_are_read_again() {
    let all = numbers(0..10_000);
    // Of every type without a dictionary, and of those alone that differ from row to row.
    let all = all.project(&[4, 5, 6, 7, 8, 9, 10, 11, 12]).unwrap();
    let narrow = numbers(0..30).project(&[0, 1, 2, 3]).unwrap();
    for compression in [Compression::None, Compression::Snappy, Compression::Zstd(1)] {
        for (rows, bytes, groups) in
            [(1 << 20, 64 << 20, 1), (3000, 64 << 20, 4), (9999, 5600, 100)]
        {
            let mut options = WriteOptions::default();
            options.compression = compression;
            options.row_group_rows = rows;
            options.row_group_bytes = bytes;
            // Neither batches nor groups end where the others do.
            let mut writer = Writer::new(Vec::new(), &all.schema(), &options).unwrap();
            for (start, len) in [(0, 1), (1, 0), (1, 4321), (4322, 5678)] {
                writer.write(&all.slice(start, len)).unwrap();
            }
            writer.add_metadata("made", "here");
            let file = File::new(writer.finish().unwrap().into()).unwrap();
            assert_eq!((file.num_rows(), file.num_row_groups()), (10_000, groups));
            assert_eq!(file.schema().fields(), all.schema().fields());
            assert_eq!(file.metadata(), [("made", "here")]);
            assert!(file.created_by().unwrap().starts_with("npbytes"));
            let mut read = file.batches(None, 1 << 20).unwrap();
            let first = read.next().unwrap().unwrap();
            assert_eq!(first.columns(), all.columns(), "{compression:?}, groups of {rows}");
            assert!(read.next().is_none());
        }
        let mut options = WriteOptions::default();
        options.compression = compression;
        let narrow = std::slice::from_ref(&narrow);
        assert_eq!(read(written(narrow, &options)), narrow);
    }
}

#[test]
fn bounds_of_numbers() {
    use arrow_array::{Float32Array, Int8Array, UInt32Array, UInt64Array};
    use parquet::file::metadata::ParquetMetaDataReader;
    use parquet::file::statistics::Statistics;
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Float64Array::from(vec![f64::NAN, 0.0, 2.5, -0.0])),
        Arc::new(Float64Array::from(vec![f64::NAN; 4])),
        Arc::new(Float32Array::from(vec![-3.0, -0.0, 0.0, -1.5])),
        Arc::new(UInt32Array::from(vec![7, u32::MAX, 1 << 31, 9])),
        Arc::new(UInt64Array::from(vec![u64::MAX, 3, 1 << 63, 4])),
        Arc::new(Int8Array::from(vec![-128, 127, 0, 1])),
        Arc::new(Int64Array::from(vec![i64::MIN, i64::MAX, 0, 1])),
    ];
    // One after the other: four NaN are one value, for which a dictionary pays.
    let found: Vec<String> = columns
        .into_iter()
        .map(|column| {
            let field = Field::new("x", column.data_type().clone(), false);
            let batch = RecordBatch::try_new(Arc::new(Schema::new(vec![field])), vec![column]);
            let bytes = bytes::Bytes::from(written(&[batch.unwrap()], &WriteOptions::default()));
            let metadata = ParquetMetaDataReader::new().parse_and_finish(&bytes).unwrap();
            let column = metadata.row_group(0).column(0);
            assert_eq!(column.num_values(), 4);
            let statistics = column.statistics().unwrap();
            assert_eq!(statistics.null_count_opt(), Some(0));
            match statistics {
                Statistics::Int32(one) => format!("{:?} {:?}", one.min_opt(), one.max_opt()),
                Statistics::Int64(one) => format!("{:?} {:?}", one.min_opt(), one.max_opt()),
                Statistics::Float(one) => format!("{:?} {:?}", one.min_opt(), one.max_opt()),
                Statistics::Double(one) => format!("{:?} {:?}", one.min_opt(), one.max_opt()),
                other => panic!("{other:?}"),
            }
        })
        .collect();
    // As pyarrow has them: `pq.write_table(pa.table({'x': ...}), f)`,
    // `pq.ParquetFile(f).metadata.row_group(0).column(0).statistics`.
    assert_eq!(
        found,
        [
            "Some(-0.0) Some(2.5)",
            "None None",
            "Some(-3.0) Some(0.0)",
            // 7 and 4294967295, as the bits of signed numbers.
            "Some(7) Some(-1)",
            "Some(3) Some(-1)",
            "Some(-128) Some(127)",
            "Some(-9223372036854775808) Some(9223372036854775807)",
        ]
    );
}
