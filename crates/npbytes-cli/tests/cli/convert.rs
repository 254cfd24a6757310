//! `convert`: files that NumPy would have written.

use crate::{Folder, expected, line, npbytes_with, sample, words};

/// Converts to a file of the name, and returns its bytes.
fn converted(arguments: &str, name: &str) -> Vec<u8> {
    let folder = Folder::new();
    let path = folder.path(name);
    let (source, flags) = arguments.split_once(' ').unwrap_or((arguments, ""));
    let run = line(&format!("convert {source} {} {flags}", path.to_str().unwrap())).good();
    assert_eq!(run.text(), "");
    let names: Vec<_> = std::fs::read_dir(path.parent().unwrap()).unwrap().collect();
    assert_eq!(names.len(), 1, "no temporary file is left");
    std::fs::read(path).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes behind a header of 128 bytes are `a.tobytes('A')`.
#[test]
fn npy_to_raw_and_back_gives_the_same_files() {
    for (name, dtype, shape) in [
        ("grid", "f8", "3,4"),
        ("big_endian", ">i2", "2,3"),
        ("impedance", "c16", "4"),
        ("dates", "M8[s]", "3"),
        ("words", "U5", "2,2"),
        ("flags", "?", "3"),
        ("scalar", "f8", ""),
        ("empty", "i4", "0,3"),
    ] {
        let npy = sample(&format!("{name}.npy"));
        let raw = converted(&format!("{name}.npy"), "a.bin");
        assert_eq!(raw, npy[128..], "{name}");
        let folder = Folder::new();
        let path = folder.file("a.raw", &raw);
        let flags = format!("{} --dtype {dtype} --shape '{shape}'", path.to_str().unwrap());
        assert_eq!(converted(&flags, "b.npy"), npy, "{name}");
    }
    // a.tobytes() of np.load('particles.npy')
    assert_eq!(converted("particles.npy", "a.dat"), sample("particles.npy")[192..]);
}

#[test]
fn npy_to_npy_is_what_numpy_saves() {
    for name in ["grid", "fortran", "particles", "walk", "scalar", "empty", "words"] {
        let file = format!("{name}.npy");
        assert_eq!(converted(&file, "b.npy"), sample(&file), "{name}");
    }
}

#[test]
fn byte_order_and_axis_order_change() {
    // a = np.load('fortran.npy')
    let c = "000000000000003e0000803e0000c03e0000003f0000203f0000403f0000603f\
             0000803f0000903f0000a03f0000b03f"; // a.tobytes().hex()
    let big = "000000003e0000003e8000003ec000003f0000003f2000003f4000003f600000\
               3f8000003f9000003fa000003fb00000"; // a.astype('>f4').tobytes().hex()
    assert_eq!(hex(&converted("fortran.npy", "a.bin")), c);
    assert_eq!(hex(&converted("fortran.npy --byte-order big", "a.bin")), big);
    // a.tobytes('F'), which is how it lies in the file: a.tobytes('A')
    let as_it_lies = &sample("fortran.npy")[128..];
    assert_eq!(converted("fortran.npy --to-order F", "a.bin"), as_it_lies);
    assert_eq!(converted("fortran.npy --to-order A", "a.bin"), as_it_lies);

    // np.save of np.ascontiguousarray(a) and of a.astype('>f4', order='C')
    let npy = converted("fortran.npy --to-order C", "b.npy");
    assert_eq!(hex(&npy[128..]), c);
    assert!(npy.starts_with(
        b"\x93NUMPY\x01\x00v\x00{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }"
    ));
    let npy = converted("fortran.npy --to-order C --byte-order big", "b.npy");
    assert_eq!(hex(&npy[128..]), big);
    assert!(npy[10..].starts_with(b"{'descr': '>f4', 'fortran_order': False, "));
    // ... and back again.
    let folder = Folder::new();
    let path = folder.file("big.npy", &npy);
    let back = format!("{} --to-order F --byte-order little", path.to_str().unwrap());
    assert_eq!(converted(&back, "c.npy"), sample("fortran.npy"));
    // Raw bytes in Fortran order become a .npy file that says so.
    let path = folder.file("f.bin", as_it_lies);
    let flags = format!("{} -d f4 -s 3,4 --order F", path.to_str().unwrap());
    assert_eq!(converted(&flags, "c.npy"), sample("fortran.npy"));
}

/// `np.save` of `np.array([(20.5, 1013.25)], [('temperature', '<f4'), ('pressure', '<f4')])`, whose bytes
/// are 0000a44100507d44, with NumPy 1.23.5 and 2.4.6, and `np.lib.format.write_array(version=(2, 0))`.
#[test]
fn the_numpy_to_imitate_and_the_version_can_be_chosen() {
    let folder = Folder::new();
    let path = folder.file("k.bin", b"\x00\x00\xa4\x41\x00\x50\x7d\x44");
    let text = "{'descr': [('temperature', '<f4'), ('pressure', '<f4')], 'fortran_order': False, 'shape': (1,), }";
    let convert = |flags: &str| {
        let file = crate::npbytes(
            [
                vec!["convert".to_owned(), path.to_str().unwrap().to_owned(), "-".to_owned()],
                words("--to npy --dtype"),
                vec!["[('temperature', '<f4'), ('pressure', '<f4')]".to_owned()],
                words(flags),
            ]
            .concat(),
        );
        file.good().out
    };
    let data = b"\x00\x00\xa4\x41\x00\x50\x7d\x44";
    let expect = |prefix: &[u8], len: usize| {
        let mut file = prefix.to_vec();
        file.extend(text.as_bytes());
        file.resize(len - 1, b' ');
        file.push(b'\n');
        file.extend(data);
        file
    };
    assert_eq!(convert("--numpy 1.23.5"), expect(b"\x93NUMPY\x01\x00v\x00", 128));
    assert_eq!(convert("--numpy 2.4"), expect(b"\x93NUMPY\x01\x00\xb6\x00", 192));
    assert_eq!(convert(""), expect(b"\x93NUMPY\x01\x00\xb6\x00", 192));
    assert_eq!(convert("--npy-version 2.0"), expect(b"\x93NUMPY\x02\x00\xb4\x00\x00\x00", 192));
    assert_eq!(
        convert("--npy-version 3.0 --numpy 1.23.5"),
        expect(b"\x93NUMPY\x03\x00t\x00\x00\x00", 128)
    );
    line("convert grid.npy /tmp/never.npy --numpy two").failed(&["--numpy", "two"]);
    line("convert grid.npy /tmp/never.npy --npy-version 4.0").failed(&["4.0", "1.0, 2.0, 3.0"]);
}

#[test]
fn parts_are_converted() {
    // np.save of np.load('grid.npy')[1, ::2]: its bytes, and its header.
    let npy = converted("grid.npy --slice 1,::2", "a.npy");
    assert_eq!(hex(&npy[128..]), "0000000000000440000000000000f87f");
    assert!(npy[10..].starts_with(b"{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }"));
    // np.load('particles.npy')['mass'].tobytes()
    let raw = converted("particles.npy --field mass", "a.bin");
    assert_eq!(hex(&raw), "40617240a2877ee5405a6a22d2fe3f360000000000000000");
}

#[test]
fn standard_input_and_output() {
    let npy =
        npbytes_with(&sample("digit.bin"), words("convert - - --to npy -d i8 -s 28,28")).good().out;
    let run = npbytes_with(&npy, words("show -")).good();
    assert_eq!(run.text(), expected("digit"));
    let raw = npbytes_with(&npy, words("convert - - --to raw")).good().out;
    assert_eq!(raw, sample("digit.bin"));
}

#[test]
fn files_are_replaced_whole_or_left_alone() {
    let folder = Folder::new();
    let path = folder.file("a.npy", b"what was there");
    let name = path.to_str().unwrap();
    // A failure leaves the file, and nothing beside it.
    line(&format!("convert digit.bin {name} -d i4 -s 28,28")).failed(&["do not fill"]);
    line(&format!("convert grid.npy {name} --no-clobber")).failed(&["the file exists"]);
    line(&format!("convert words.npy {name} --npy-version 1.0 --slice 0,x")).failed(&["--slice"]);
    assert_eq!(std::fs::read(&path).unwrap(), b"what was there");
    line(&format!("convert grid.npy {name}")).good();
    assert_eq!(std::fs::read(&path).unwrap(), sample("grid.npy"));
    // Onto itself.
    line(&format!("convert {name} {name} --slice :2")).good();
    line(&format!("convert {name} {name} --slice :1")).good();
    assert_eq!(line(&format!("show {name} --slice 0,0")).good().text(), "0.5\n");
    assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    let bin = folder.file("a.bin", b"what was there");
    line(&format!("convert grid.npy {} -n", bin.to_str().unwrap())).failed(&["the file exists"]);
    line(&format!("convert grid.npy {}", bin.to_str().unwrap())).good();
    assert_eq!(std::fs::read(&bin).unwrap(), sample("grid.npy")[128..]);
}

#[cfg(unix)]
#[test]
fn permissions_of_replaced_files_are_kept() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    for name in ["a.npy", "a.bin"] {
        let path = folder.file(name, b"old");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        line(&format!("convert grid.npy {}", path.to_str().unwrap())).good();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640, "{name}");
    }
}

#[test]
fn targets_that_cannot_be_written() {
    let folder = Folder::new();
    let path = |name: &str| folder.path(name).to_str().unwrap().to_owned();
    line(&format!("convert grid.npy {}", path("a.msgpack")))
        .failed(&["a.msgpack", "not in this version yet"]);
    line(&format!("convert grid.npy {}", path("a.xyz")))
        .failed(&["--to npy, --to npz, --to pickle, --to arrow, --to parquet or --to raw"]);
    line("convert grid.npy -").failed(&["standard output", "--to npz, --to pickle, --to arrow"]);
    line(&format!("convert grid.npy {} --to npy", path(""))).failed(&["is a directory"]);
    line(&format!("convert grid.npy {}", path("no/such/folder.npy"))).failed(&["No such file"]);
    line(&format!("convert missing.npy {}", path("a.npy"))).failed(&["missing.npy: No such file"]);
    assert_eq!(std::fs::read_dir(folder.path("")).unwrap().count(), 0);
    assert_eq!(line(&format!("convert grid.npy {} --to npy", path("a.xyz"))).good().text(), "");
}

#[test]
fn what_is_left_out_is_said() {
    let folder = Folder::new();
    let path = folder.path("a.npy");
    let run = line(&format!("convert two.npy {}", path.to_str().unwrap()));
    assert_eq!(run.code, Some(0));
    let next = "a further one is at --offset 140";
    assert_eq!(
        run.err,
        format!("note: two.npy: 144 bytes behind the array were left out; {next}\n")
    );
    // print(np.load('two.npy'))
    assert_eq!(line(&format!("show {}", path.to_str().unwrap())).good().text(), expected("two"));
}

#[test]
fn copies_in_memory_have_a_limit() {
    let folder = Folder::new();
    let path = folder.path("a.npy");
    let path = path.to_str().unwrap();
    // What a conversion moves goes through a buffer of bounded size, and is not a copy.
    line(&format!("convert grid.npy {path} --max-array 1")).good();
    line(&format!("convert grid.npy {path} --byte-order big --max-array 1")).good();
    npbytes_with(&sample("grid.npy"), words("show - --max-array 95")).failed(&["--max-array 96"]);
    npbytes_with(&sample("digit.bin"), words("show - -d i8 --max-array 6271"))
        .failed(&["--max-array 6272"]);
}
