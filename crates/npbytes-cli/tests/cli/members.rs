//! `FILE::MEMBER`: what it finds, in each command that reads, and what is said where it finds nothing.

use serde_json::{Value, json};

use crate::{
    Folder, archive, command, expected, line, npbytes, npbytes_with, run, sample, samples,
};

fn object(args: &[&str]) -> Value {
    serde_json::from_slice(&npbytes(args).good().out).unwrap()
}

/// `print(np.load(file)[key])` of arrays `A = [[1, 2], [3, 4]]` and `B = [0.5, 1.5]`.
const A: &str = "[[1 2]\n [3 4]]\n";
const B: &str = "[0.5 1.5]\n";

#[test]
fn members_are_found_as_numpy_finds_them() {
    for (file, key, text) in [
        ("odd.npz", "a::b", A),
        ("odd.npz", "a::b.npy", A),
        ("odd.npz", "eq=1", B),
        ("odd.npz", "x.npy", A),
        ("odd.npz", "x.npy.npy", A),
        ("odd.npz", "é 日本", B),
        ("odd.npz", "dir/x", A),
        ("path0.npz", "../up", B),
        ("path1.npz", "/root", B),
        // The empty name, alone and with .npy.
        ("path2.npz", "", B),
        ("path2.npz", ".npy", B),
        // The last one of a name, and the exact name before that with .npy.
        ("twice.npz", "x", B),
        ("keys.npz", "x", A),
        ("keys.npz", "x.npy", B),
        ("piped.npz", "arr_0", A),
        ("one_packed.npz", "arr_0", A),
    ] {
        let argument = format!("{}::{key}", archive(file));
        assert_eq!(npbytes(["show", &argument]).good().text(), text, "{argument}");
        let bytes = std::fs::read(archive(file)).unwrap();
        let piped = npbytes_with(&bytes, ["show", &format!("-::{key}")]).good();
        assert_eq!(piped.text(), text, "-::{key}");
    }
    // np.load('odd.npz')['x'] is a KeyError: the array x.npy is the member x.npy.npy.
    npbytes(["show", &format!("{}::x", archive("odd.npz"))]).failed(&["no member named \"x\""]);
}

#[test]
fn all_commands_that_read_take_members() {
    for file in ["model.npz", "packed.npz"] {
        for (member, name) in
            [("weights", "model.weights"), ("bias", "model.bias"), ("digit", "digit")]
        {
            let text = line(&format!("show {file}::{member}")).good();
            assert_eq!(text.text(), expected(name), "{file} {member}");
        }
        let raw = line(&format!("convert {file}::digit - --to raw")).good();
        assert_eq!(raw.out, sample("digit.bin"));
        let part = line(&format!("show {file}::digit --slice 3:9,::4")).good();
        assert_eq!(part.text(), expected("digit.slice"));
    }
    let info = object(&["info", "--json", "packed.npz::bias"]);
    // zipfile.ZipFile('packed.npz').getinfo('bias.npy')
    let member = &info["member"];
    assert_eq!(member["name"], "bias.npy");
    assert_eq!(member["method"], "deflated");
    assert_eq!(member["uncompressed_size"], 152);
    assert_eq!(info["arrays"][0]["shape"], json!([3]));
    assert_eq!(info["arrays"][0]["data_offset"], 128);
    assert_eq!(info["size"], 152);
    let stored = object(&["info", "--json", "model.npz::bias"]);
    let at = usize::try_from(stored["member"]["data_offset"].as_u64().unwrap()).unwrap();
    assert!(sample("model.npz")[at..].starts_with(b"\x93NUMPY"));
    let text = line("info model.npz::weights --slice 0").good();
    assert!(text.text().contains("part      (4,) of float32, 4 elements"), "{}", text.text());
}

#[test]
fn patterns_and_standard_input_have_members_too() {
    let text = line("show 'm*.npz::bias' 'p*ed.npz::bias'").good();
    let bias = expected("model.bias");
    assert_eq!(
        text.text(),
        format!("==> model.npz::bias <==\n{bias}\n==> packed.npz::bias <==\n{bias}")
    );
    line("show 'no*.npz::x'").failed(&["no*.npz: no file matches this pattern"]);
    line("show 'model.npz::[ab]'").failed(&["model.npz: no member named \"[ab]\""]);
    line("show 'nothing.npz::[ab]'").failed(&["nothing.npz: No such file"]);
    let redirected =
        run(command().args(["show", "-::bias"]).pipe_stdin(samples().join("model.npz")).unwrap());
    assert_eq!(redirected.good().text(), bias);
    let both = npbytes_with(&sample("packed.npz"), ["show", "model.npz::bias", "-::bias"]).good();
    assert!(both.text().contains("==> standard input::bias <=="));
    // Flags are still flags.
    assert_eq!(line("show -: model.npz").code, Some(2));
}

#[test]
fn a_file_of_that_name_comes_first() {
    let folder = Folder::new();
    let path = folder.file("model.npz::bias", &sample("flags.npy"));
    folder.file("model.npz", &sample("model.npz"));
    let path = path.to_str().unwrap();
    assert_eq!(npbytes(["show", path]).good().text(), expected("flags"));
    // ... and others are reached with the whole name.
    assert_eq!(npbytes(["show", &format!("{path}.npy")]).good().text(), expected("model.bias"));
    // A file with :: in its name has members.
    let path = folder.file("a::b.npz", &sample("model.npz"));
    let argument = format!("{}::bias", path.to_str().unwrap());
    assert_eq!(npbytes(["show", &argument]).good().text(), expected("model.bias"));
    npbytes(["show", &format!("{}::x::y", folder.path("no").display())])
        .failed(&["/no: No such file"]);
    line("show ::x").failed(&["::x: No such file"]);
}

#[test]
fn only_one_array_need_not_be_named() {
    for name in ["one.npz", "one_packed.npz", "piped.npz"] {
        assert_eq!(npbytes(["show", &archive(name)]).good().text(), A, "{name}");
    }
    // README.txt and bad.npy are bytes for NumPy, but bad.npy could be meant.
    let mixed = npbytes(["show", &archive("mixed.npz")]).good();
    assert_eq!(mixed.text(), A);
    line("show model.npz").failed(&[
        "model.npz: an archive of 3 members: say which",
        "the members are: weights, bias, digit",
        "write model.npz::weights, for example",
    ]);
    line("convert packed.npz never.npy")
        .failed(&["say which", "npbytes convert packed.npz FOLDER"]);
    npbytes(["show", &archive("none.npz")]).failed(&["an archive without members"]);
    npbytes_with(&sample("model.npz"), ["show", "-"]).failed(&["standard input: an archive of 3"]);
}

#[test]
fn what_is_not_there_is_said() {
    line("show model.npz::x")
        .failed(&["model.npz: no member named \"x\"", "the members are: weights, bias, digit"]);
    line("info model.npz::x").failed(&["no member named \"x\""]);
    line("convert model.npz::x never.npy").failed(&["no member named \"x\""]);
    line("show grid.npy::x").failed(&["grid.npy: a .npy file is one array", "leave ::x out"]);
    line("show digit.bin::x").failed(&["digit.bin: this is no archive, no pickle"]);
    line("show missing.npz::x").failed(&["error: missing.npz: No such file"]);
    line("show .::x").failed(&["error: .: is a directory"]);
    let gzip = npbytes_with(b"\x1f\x8b\x08rest", ["show", "-::x"]);
    gzip.failed(&["the gzip stream is damaged", "at byte 4 of the compressed bytes"]);
    npbytes_with(b"", ["show", "-::x"]).failed(&["no bytes at all"]);
    line("show model.npz --dtype f4").failed(&["--dtype is for raw bytes; a .npz archive says"]);
    line("show model.npz::bias --dtype f4").failed(&["--dtype is for raw bytes; a .npy file says"]);
}

#[test]
fn members_that_are_no_arrays_are_raw_bytes() {
    let mixed = archive("mixed.npz");
    let readme = format!("{mixed}::README.txt");
    // np.frombuffer(np.load(file)['README.txt'], 'S5')
    let text = npbytes(["show", &readme, "--dtype", "S5"]).good();
    assert_eq!(text.text(), "[b'hello']\n");
    let text = npbytes(["show", &readme, "--dtype", "u1", "--offset", "3"]).good();
    assert_eq!(text.text(), "[108 111]\n");
    let run = npbytes(["info", &readme]);
    assert_eq!(run.code, Some(1));
    assert!(run.text().contains("README.txt, stored"), "{}", run.text());
    npbytes(["show", &readme]).failed(&["need --dtype", "::README.txt --dtype uint8"]);
    npbytes(["show", &format!("{mixed}::bad")])
        .failed(&["::bad.npy: expected a .npy file", "|not npy at all|"]);
    // The bytes of a member that is one.
    let raw =
        npbytes(["show", &format!("{mixed}::x"), "--from", "raw", "-d", "i2", "--offset", "128"]);
    assert_eq!(raw.good().text(), "[1 2 3 4]\n");
    npbytes(["show", &format!("{mixed}::x"), "--offset", "999"]).failed(&["there are 136 bytes"]);
}

#[test]
fn damaged_members_are_named_with_their_bytes() {
    let cut = format!("{}::cut", archive("cut.npz"));
    npbytes(["show", &cut]).failed(&["cut.npz::cut", "expected 16 bytes, found 12 (at byte 140)"]);
    npbytes(["info", &cut]).failed(&["the member ends inside the array data"]);
    // A bit of each member is turned around.
    for file in ["model.npz", "packed.npz"] {
        let folder = Folder::new();
        let mut bytes = sample(file);
        let info = object(&["info", "--json", &format!("{file}::bias")]);
        let start = info["member"]["data_offset"].as_u64().unwrap();
        let len = info["member"]["compressed_size"].as_u64().unwrap();
        bytes[usize::try_from(start + len - 5).unwrap()] ^= 1;
        let path = folder.file(file, &bytes);
        let bias = format!("{}::bias", path.to_str().unwrap());
        let run = npbytes(["show", &bias]);
        let said = ["CRC-32", "the deflated data", "inflates to more"];
        assert!(said.iter().any(|words| run.err.contains(words)), "{}", run.err);
        run.failed(&["::bias: "]);
        // The others are as they were.
        let digit = format!("{}::digit", path.to_str().unwrap());
        assert_eq!(npbytes(["show", &digit]).good().text(), expected("digit"));
    }
}

#[test]
fn limits_of_archives_are_flags() {
    line("show model.npz::bias --max-members 2")
        .failed(&["the limit `members` is 2", "raise the limit: --max-members 3"]);
    line("show packed.npz::bias --max-inflate-bytes 100")
        .failed(&["the limit `inflate_bytes` is 100", "--max-inflate-bytes 6728"]);
    line("show packed.npz::bias --max-inflate-bytes 6728").good();
    line("show packed.npz::bias --max-array 100").failed(&["--max-array 152"]);
    // Only a header is inflated of each.
    line("ls packed.npz --max-inflate-bytes 100").good();
}

/// Methods that np.savez never uses, and np.load reads.
#[test]
fn members_of_other_methods_are_read() {
    let file = archive("methods.npz");
    let listed = npbytes(["ls", "--check", &file]).good();
    for (name, method) in [("bz", "bzip2"), ("lz", "lzma")] {
        let row = listed.text().lines().find(|line| line.starts_with(name)).unwrap().to_owned();
        assert!(row.contains("(60, 50)") && row.contains(method) && row.ends_with("ok"), "{row}");
        // np.load(file)[name][59, -3:]
        let run = npbytes(["show", &format!("{file}::{name}"), "--slice", "59, -3:"]).good();
        assert_eq!(run.text(), "[2997 2998 2999]\n");
    }
    assert_eq!(npbytes(["scan", &file]).good().text(), format!("{file}: no pickle in it\n"));
    // They are copied as they lie.
    let folder = Folder::new();
    let copy = folder.path("copy.npz");
    std::fs::copy(&file, &copy).unwrap();
    let copy = copy.to_str().unwrap();
    npbytes(["rm", copy, "bz", "--compact"]).good();
    npbytes(["ls", "--check", copy]).good();
    // Damage is told as that of the member.
    let mut bytes = std::fs::read(&file).unwrap();
    for at in [100, 101, 102, 103, 104, 105] {
        bytes[at] ^= 0xff;
    }
    let bad = folder.file("bad.npz", &bytes);
    let run = npbytes(["show", &format!("{}::bz", bad.to_str().unwrap())]);
    run.failed(&["bad.npz::bz: the bzip2 data is damaged", "help: "]);
}
