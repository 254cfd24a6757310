//! What NumPy finds in archives, of its own and of others.

use npbytes::npz::{self, Item, ReadOptions};
use npbytes::{DType, ErrorKind, Order, literal};

use crate::table::{Table, hex, numbers, report, same, text};
use crate::zip::{self, Entry};
use crate::{counting, encode};

fn recorded() -> Table {
    let newest = include_str!("../data/npz/lookup-3.11.7-2.4.6.tsv");
    // An older one finds the same: there is no line in its table.
    let older = Table::new("lookup", include_str!("../data/npz/lookup-3.11.7-1.26.4.tsv"));
    assert!(older.rows.is_empty());
    Table::new("lookup", newest)
}

/// Archives that are refused here and read by NumPy, or read otherwise, each for a reason.
const OTHERWISE: [&str; 1] = [
    // NumPy takes the comment for the archive, and finds no members in it. What is found here is told in
    // `comments_do_not_hide_the_archive`.
    "end record in the comment",
];

/// The archive of a case whose bytes are too long to be kept.
fn long_archive(row: &[&str]) -> Vec<u8> {
    assert_eq!(row[0], "longest comment");
    let plain = encode(&[("a", &counting("<i2", &[3]))]);
    let archive = npz::decode(&plain.into(), &ReadOptions::default()).unwrap();
    let mut contents = archive.member("a").unwrap().bytes().unwrap().to_vec();
    contents.splice(128.., [10, 0, 11, 0, 12, 0]);
    let bytes = zip::archive(&[Entry::stored(b"a.npy", &contents)], &[b'c'; 65535]);
    assert_eq!([bytes.len().to_string(), format!("{:08x}", crc32fast::hash(&bytes))], row[2..]);
    bytes
}

fn item(found: &Item) -> Vec<String> {
    match found {
        Item::Array(array) => vec![
            array.dtype().to_string(),
            format!("{:?}", array.shape().dims()),
            array.to_bytes(Order::C).unwrap().iter().map(|b| format!("{b:02x}")).collect(),
        ],
        Item::Bytes(bytes) => vec![bytes.iter().map(|b| format!("{b:02x}")).collect()],
        other => panic!("{other:?}"),
    }
}

fn get(archive: &npz::Archive, row: &[&str]) -> Result<(), String> {
    let found = archive.member(&text(row[2])).and_then(|member| member.read());
    match (row[3], found) {
        ("none", Err(error)) if matches!(error.kind(), ErrorKind::Member { .. }) => Ok(()),
        ("error", Err(error)) if !matches!(error.kind(), ErrorKind::Member { .. }) => Ok(()),
        ("bytes", Ok(bytes @ Item::Bytes(_))) => same("bytes", &item(&bytes)[0].as_str(), &row[4]),
        ("array", Ok(array @ Item::Array(_))) => {
            let dtype = DType::from_descr(&literal::parse(&text(row[4])).unwrap()).unwrap();
            let shape = format!("{:?}", numbers::<usize>(row[5]));
            same("array", &item(&array), &vec![dtype.to_string(), shape, row[6].to_owned()])
        }
        (_, found) => Err(format!("found {found:?}, NumPy has {:?}", &row[3..])),
    }
}

#[test]
fn numpy_finds_the_same_under_each_key() {
    let table = recorded();
    let (mut wrong, mut archives) = (Vec::new(), 0);
    let mut archive = None;
    for row in &table.rows {
        let result = match row[1] {
            "archive" | "long" => {
                archives += 1;
                let bytes = if row[1] == "long" { long_archive(row) } else { hex(row[2]) };
                archive = Some(npz::decode(&bytes.into(), &ReadOptions::default()));
                Ok(())
            }
            _ if OTHERWISE.contains(&row[0]) => Ok(()),
            "refused" => match archive.as_ref().unwrap() {
                // Where a signature in the comment leads NumPy astray, the archive is found here.
                Ok(_) if row[0] == "signature in the comment" => Ok(()),
                Ok(archive) => Err(format!("{archive:?}, and NumPy refuses it")),
                Err(_) => Ok(()),
            },
            kind => match archive.as_ref().unwrap() {
                Err(error) => Err(error.to_string()),
                Ok(archive) if kind == "files" => {
                    let keys: Vec<String> = archive.keys().map(Into::into).collect();
                    let files: Vec<String> = row[2..].iter().map(|file| text(file)).collect();
                    same("files", &keys, &files)
                }
                Ok(archive) => get(archive, row),
            },
        };
        if let Err(message) = result {
            wrong.push(format!("{} | {}\n    {message}", row[0], row[2..].join(" | ")));
        }
    }
    assert!(archives > 20);
    report("lookup", table.rows.len(), wrong);
}

/// A signature in the comment is no end of an archive if nothing fits it.
#[test]
fn comments_do_not_hide_the_archive() {
    let table = recorded();
    let archive = |case: &str| {
        let row = table.rows.iter().find(|row| row[0] == case && row[1] == "archive").unwrap();
        npz::decode(&hex(row[2]).into(), &ReadOptions::default())
    };
    assert_eq!(archive("signature in the comment").unwrap().keys().collect::<Vec<_>>(), ["a"]);
    // An end record in the comment that says there is nothing, and has no comment of the right length: not
    // the last word.
    let found = archive("end record in the comment").unwrap();
    assert_eq!(found.keys().collect::<Vec<_>>(), ["a"]);
    assert_eq!(found.trailing(), 0);
}

/// The error names the members there are, some of them if they are many.
#[test]
fn what_is_not_there_is_an_error_that_says_what_is() {
    let array = counting("u1", &[1]);
    let few = crate::open(&encode(&[("a", &array), ("b/c", &array)])).unwrap();
    let error = few.array("d").unwrap_err();
    let ErrorKind::Member { name, available } = error.kind() else { panic!("{error:?}") };
    assert_eq!((name.as_str(), available.as_slice()), ("d", &["a".to_owned(), "b/c".into()][..]));
    crate::assert_says(&error, "no member named \"d\"");
    assert_eq!(error.help().unwrap(), "the members are: a, b/c");
    let names: Vec<String> = (0..5000).map(|i| format!("{i}")).collect();
    let members: Vec<_> = names.iter().map(|name| (name.as_str(), &array)).collect();
    let many = crate::open(&encode(&members)).unwrap();
    let error = many.member("x").unwrap_err();
    assert!(error.help().unwrap().len() < 300, "{error:?}");
    assert!(error.help().unwrap().ends_with("19, 4980 others"), "{error:?}");
    assert!(crate::open(&encode(&[])).unwrap().array("a").unwrap_err().help().is_none());
}

/// `array` is for arrays, `read` for what there is.
#[test]
fn what_is_no_array_is_bytes() {
    let bytes = zip::archive(&[Entry::stored(b"t.txt", b"hello"), Entry::deflated(b"e", b"")], b"");
    let archive = crate::open(&bytes).unwrap();
    let error = archive.array("t.txt").unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Magic { .. }), "{error:?}");
    assert_eq!((error.member(), error.offset()), (Some("t.txt"), Some(0)));
    assert!(archive.member("t.txt").unwrap().header().unwrap().is_none());
    assert!(archive.member("e").unwrap().header().unwrap().is_none());
    let all = archive.read_all().unwrap();
    assert!(matches!(&all[0], Item::Bytes(bytes) if bytes[..] == b"hello"[..]));
    assert!(matches!(&all[1], Item::Bytes(bytes) if bytes.is_empty()));
    // In the order that is asked for.
    let members: Vec<_> = archive.members().collect();
    let some = archive.read_many(&[members[1], members[0], members[1]]).unwrap();
    assert!(matches!(&some[1], Item::Bytes(bytes) if bytes[..] == b"hello"[..]));
    assert_eq!(some.len(), 3);
}
