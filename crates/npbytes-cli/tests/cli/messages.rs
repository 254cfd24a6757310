//! Messages of msgpack: scanned for pickles, shown and converted as the pickles of what is in them.

use crate::{Folder, message_file, npbytes, npbytes_with};

/// What is run is found wherever `msgpack_numpy.unpackb` would load it, and offsets are those of the file.
#[test]
fn pickles_in_messages_are_found() {
    let folder = Folder::new();
    for name in ["late", "no_shape", "in_an_array", "in_a_key", "by_an_array", "second"] {
        let bytes = std::fs::read(message_file(name)).unwrap();
        // Of two, the first is the elements of an array.
        let at = bytes.windows(13).rposition(|window| window == b"cposix\nsystem").unwrap();
        let named = format!("would run: posix.system, named at offset {at}, ");
        // By its name, by its contents alone, and by a flag.
        let plain = folder.file("plain", &bytes);
        let plain = plain.to_str().unwrap();
        let file = message_file(name);
        for args in
            [vec!["scan", &file], vec!["scan", plain], vec!["scan", "--from", "msgpack", plain]]
        {
            let run = npbytes(&args);
            assert_eq!(run.code, Some(3), "{args:?}: {run:?}");
            assert!(run.text().contains(&named), "{args:?}: {}", run.text());
        }
    }
}

#[test]
fn messages_without_pickles_are_data() {
    let run = npbytes(["scan", &message_file("plain")]).good();
    assert!(run.text().ends_with("plain.msgpack: no pickle in it\n"), "{}", run.text());
    let run = npbytes(["scan", &message_file("mixed")]).good();
    assert!(run.text().ends_with("mixed.msgpack: plain Python data\n"), "{}", run.text());
    let bytes = std::fs::read(message_file("plain")).unwrap();
    let run = npbytes_with(&bytes, ["scan", "-"]).good();
    assert_eq!(run.text(), "standard input: no pickle in it\n");
    // Cut off, the name says what it was to be.
    let folder = Folder::new();
    let cut = folder.file("cut.msgpack", &bytes[..50]);
    let run = npbytes(["scan".as_ref(), cut.as_os_str()]);
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(run.text().contains("unreadable\n  not read: the input ends inside"), "{run:?}");
}

/// A name makes no message of a pickle, and first bytes do not either.
#[test]
fn pickles_that_look_like_messages_are_pickles() {
    let folder = Folder::new();
    let call = b"cos\nsystem\n(S'id'\ntR.";
    // NEWTRUE, and a map of 8; SHORT_BINSTRING with the key of an array in it; POP.
    let polyglot = [b"\x88U\x06\x85\xc4\x02nd\xc30".as_slice(), call].concat();
    for bytes in [call.as_slice(), &polyglot] {
        for name in ["a.msgpack", "a"] {
            let path = folder.file(name, bytes);
            let run = npbytes(["scan".as_ref(), path.as_os_str()]);
            assert_eq!(run.code, Some(3), "{name}: {run:?}");
            assert!(run.text().contains("would run: os.system"), "{name}: {}", run.text());
        }
    }
}

/// print(msgpack_numpy.unpackb(message))
const MIXED: &str = "{'o': array([1, 'x', None], dtype=object), 'w': array([0, 1, 2], dtype=int32), \
    'l': [1, None, 2.5, -3, 1099511627776, True, b'b'], 'c': (1+2j), 's': np.int16(5)}\n";

#[test]
fn whole_messages_are_shown() {
    let file = message_file("mixed");
    assert_eq!(npbytes(["show", &file]).good().text(), MIXED);
    let shown = |path: &str| npbytes(["show", &format!("{file}::{path}")]).good().text().to_owned();
    assert_eq!(shown("o"), "[1 'x' None]\n");
    assert_eq!(shown("l"), "[1, None, 2.5, -3, 1099511627776, True, b'b']\n");
    assert_eq!(shown("s"), "5\n");
    // All is printed, or nothing.
    let run = npbytes(["show", &file, "--max-elements", "8"]).failed(&["--max-elements"]);
    assert_eq!(run.text(), "");
}

#[test]
fn messages_become_archives_folders_and_pickles() {
    let folder = Folder::new();
    let file = message_file("mixed");
    let path = |name: &str| folder.path(name).to_str().unwrap().to_owned();
    npbytes(["convert", &file, &path("a.npz")]).good();
    let shown = |file: &str| npbytes(["show", file]).good().text().to_owned();
    assert_eq!(shown(&format!("{}::w", path("a.npz"))), "[0 1 2]\n");
    assert_eq!(shown(&format!("{}::o", path("a.npz"))), "[1 'x' None]\n");
    npbytes(["convert", &file, &path("folder/")]).good();
    assert_eq!(shown(&path("folder/w.npy")), "[0 1 2]\n");
    assert_eq!(shown(&path("folder/o.npy")), "[1 'x' None]\n");
    npbytes(["convert", &file, &path("a.pkl")]).good();
    assert_eq!(shown(&path("a.pkl")), MIXED);
    npbytes(["convert", &format!("{file}::o"), &path("o.npy")]).good();
    assert_eq!(shown(&path("o.npy")), "[1 'x' None]\n");
    let bytes = std::fs::read(&file).unwrap();
    npbytes_with(&bytes, ["convert", "-", &path("piped.npz")]).good();
    assert_eq!(shown(&format!("{}::w", path("piped.npz"))), "[0 1 2]\n");
    npbytes(["convert", &file, &path("a.npy")]).failed(&["a message of 2 arrays: say which"]);
}
