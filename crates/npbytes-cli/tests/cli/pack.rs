//! `convert` into archives: the bytes of `np.savez` and `np.savez_compressed`.

use crate::{Folder, archive, expected, line, npbytes, npbytes_with, sample, samples, words};

fn read(path: &str) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

/// Converts to `out.npz` in a folder of its own, and returns its bytes.
#[track_caller]
fn packed(arguments: &[&str], flags: &str) -> Vec<u8> {
    let folder = Folder::new();
    let path = folder.path("out.npz");
    let target = path.to_str().unwrap().to_owned();
    let args = [&["convert"], arguments, &[&target]].concat();
    let args: Vec<String> = args.iter().map(ToString::to_string).chain(words(flags)).collect();
    npbytes(args).good();
    let names: Vec<_> = std::fs::read_dir(path.parent().unwrap()).unwrap().collect();
    assert_eq!(names.len(), 1, "no temporary file is left");
    read(&target)
}

/// The keys of an archive, in their order.
fn keys(bytes: &[u8]) -> Vec<String> {
    let run = npbytes_with(bytes, ["ls", "--json", "-"]).good();
    let object: serde_json::Value = serde_json::from_slice(&run.out).unwrap();
    let members = object["members"].as_array().unwrap().iter();
    members.map(|member| member["key"].as_str().unwrap().to_owned()).collect()
}

/// The array `A = [[1, 2], [3, 4]]` as a file.
fn a_npy(folder: &Folder) -> String {
    let path = folder.path("a.npy");
    let path = path.to_str().unwrap().to_owned();
    npbytes(["convert", &archive("one.npz"), &path]).good();
    path
}

#[test]
fn an_archive_is_the_one_that_numpy_writes() {
    let folder = Folder::new();
    let a = a_npy(&folder);
    assert_eq!(packed(&[&a], ""), read(&archive("one.npz")));
    assert_eq!(packed(&[&a], "--compress numpy"), read(&archive("one_packed.npz")));
    let named = format!("w={a}");
    assert_eq!(packed(&[&named, "grid.npy"], ""), read(&archive("named.npz")));
    assert_eq!(
        packed(&[&named, "grid.npy"], "--compress numpy"),
        read(&archive("named_packed.npz"))
    );
    // As np.savez(file, ...) with a pipe for the file.
    let piped = npbytes(["convert", &a, "-", "--to", "npz"]).good();
    assert_eq!(piped.out, read(&archive("piped.npz")));
    // Archives into others: recompressed, and whole ones beside files.
    assert_eq!(packed(&["packed.npz"], ""), sample("model.npz"));
    assert_eq!(packed(&["model.npz"], "--compress numpy"), sample("packed.npz"));
    let parts = ["model.npz::weights", "packed.npz::bias", "digit=digit.bin"];
    assert_eq!(packed(&parts, "-d i8 -s 28,28"), sample("model.npz"));
}

#[test]
fn members_have_the_names_of_their_files() {
    let folder = Folder::new();
    let a = a_npy(&folder);
    assert_eq!(keys(&packed(&[&a, "grid.npy", "model.npz::bias"], "")), ["a", "grid", "bias"]);
    assert_eq!(keys(&packed(&[&format!("x/y={a}")], "")), ["x/y"]);
    assert_eq!(keys(&packed(&["model.npz::bias.npy"], "")), ["bias"]);
    assert_eq!(keys(&packed(&["f*.npy"], "")), ["flags", "fortran"]);
    assert_eq!(keys(&packed(&["model.npz", "grid.npy"], "")), ["weights", "bias", "digit", "grid"]);
    // From a pipe.
    let pipe = |args: &str, bytes: &[u8]| {
        let run = npbytes_with(bytes, words(&format!("convert {args} - --to npz")));
        keys(&run.good().out)
    };
    assert_eq!(pipe("-", &sample("grid.npy")), ["arr_0"]);
    assert_eq!(pipe("n=- grid.npy", &sample("grid.npy")), ["n", "grid"]);
    assert_eq!(pipe("-", &sample("packed.npz")), ["weights", "bias", "digit"]);
    assert_eq!(pipe("-::bias", &sample("packed.npz")), ["bias"]);
    npbytes_with(&sample("grid.npy"), words("convert - flags.npy - --to npz"))
        .failed(&["standard input: nothing says what to call the array", "NAME=-"]);
    // A file whose own name has a =.
    let path = folder.file("n=1.npy", &sample("flags.npy"));
    assert_eq!(keys(&packed(&[path.to_str().unwrap(), "grid.npy"], "")), ["n=1", "grid"]);
    let pattern = folder.path("n=*.npy");
    assert_eq!(keys(&packed(&[pattern.to_str().unwrap(), "grid.npy"], "")), ["n=1", "grid"]);
}

#[test]
fn two_of_one_name_are_an_error() {
    let folder = Folder::new();
    let target = folder.file("out.npz", b"what was there");
    let target = target.to_str().unwrap();
    line(&format!("convert grid.npy grid.npy {target}"))
        .failed(&["two arrays would be called \"grid\"", "NAME=grid.npy"]);
    line(&format!("convert a=grid.npy a=flags.npy {target}")).failed(&["called \"a\""]);
    line(&format!("convert a='f*.npy' {target}")).failed(&["called \"a\""]);
    line(&format!("convert model.npz packed.npz {target}")).failed(&["called \"weights\""]);
    npbytes(["convert", &archive("twice.npz"), target])
        .failed(&["called \"x\"", "NumPy finds the last"]);
    npbytes(["convert", &archive("keys.npz"), target]).failed(&["called \"x\""]);
    line(&format!("convert a=model.npz {target}")).failed(&["holds many arrays", "leave a= out"]);
    line(&format!("convert a=expected {target}")).failed(&["holds many arrays"]);
    line(&format!("convert grid.npy missing.npy {target}")).failed(&["missing.npy: No such file"]);
    line(&format!("convert grid.npy model.npz::x {target}")).failed(&["no member named \"x\""]);
    line(&format!("convert grid.npy {target} -n")).failed(&["the file exists"]);
    npbytes(["convert", &archive("objects.npz"), target, "--slice=0"])
        .failed(&["objects.npz::o: --field and --slice are for arrays of elements"]);
    npbytes(["convert", &archive("cut.npz"), target]).failed(&["cut.npz::cut"]);
    assert_eq!(read(target), b"what was there");
    assert_eq!(std::fs::read_dir(folder.path("")).unwrap().count(), 1);
}

/// The obvious way to deflate an archive: nothing that is in it is lost, arrays or not.
#[test]
fn what_is_no_array_stays_in_a_converted_archive() {
    let folder = Folder::new();
    let mixed = std::fs::read(archive("mixed.npz")).unwrap();
    let target = folder.file("mixed.npz", &mixed);
    let target = target.to_str().unwrap();
    for compress in ["numpy", "fast", "none"] {
        npbytes(["convert", target, target, "--compress", compress]).good();
        assert_eq!(keys(&read(target)), ["README.txt", "x", "bad"]);
        let text = npbytes([
            "convert",
            &format!("{target}::README.txt"),
            "-",
            "--dtype",
            "u1",
            "--to",
            "raw",
        ]);
        assert_eq!(text.good().out, b"hello");
    }
}

#[test]
fn folders_are_walked_in_order() {
    let folder = Folder::new();
    std::fs::create_dir_all(folder.path("in/sub/deep")).unwrap();
    for name in ["b.npy", "a.npy", "sub/c.npy", "sub/deep/d.npy", ".hidden.npy"] {
        folder.file(&format!("in/{name}"), &sample("grid.npy"));
    }
    folder.file("in/ar.npz", &sample("model.npz"));
    folder.file("in/k.bin", &[0; 8]);
    folder.file("in/notes.txt", b"x");
    let (inside, target) = (folder.path("in"), folder.path("in/out.npz"));
    let args = ["convert", inside.to_str().unwrap(), target.to_str().unwrap()];
    let run = npbytes(args);
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert!(run.err.starts_with("note: ") && run.err.contains("2 in all"), "{}", run.err);
    let expected = ["a", "ar/weights", "ar/bias", "ar/digit", "b", "sub/c", "sub/deep/d"];
    assert_eq!(keys(&read(args[2])), expected);
    // The second time, the archive is there, and is not read for itself.
    let run = npbytes([&args[..], &["-d", "f8"]].concat());
    assert!(run.err.contains("notes.txt: 1 file was left out"), "{}", run.err);
    let with_raw = ["a", "ar/weights", "ar/bias", "ar/digit", "b", "k", "sub/c", "sub/deep/d"];
    assert_eq!(keys(&read(args[2])), with_raw);
    // ... and out into a folder again.
    let out = folder.path("back");
    npbytes(["convert", args[2], out.to_str().unwrap()]).good();
    assert_eq!(std::fs::read(out.join("sub/deep/d.npy")).unwrap(), sample("grid.npy"));
    let empty = folder.path("empty");
    std::fs::create_dir(&empty).unwrap();
    npbytes(["convert", empty.to_str().unwrap(), args[2]]).failed(&["no arrays in this folder"]);
}

#[cfg(unix)]
#[test]
fn links_to_folders_are_not_followed() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("in")).unwrap();
    folder.file("in/a.npy", &sample("grid.npy"));
    std::os::unix::fs::symlink(folder.path("in"), folder.path("in/loop")).unwrap();
    std::os::unix::fs::symlink(folder.path("in/a.npy"), folder.path("in/link.npy")).unwrap();
    let inside = folder.path("in");
    assert_eq!(keys(&packed(&[inside.to_str().unwrap()], "")), ["a", "link"]);
}

/// What the flags of a single file do, they do to each member: compare with `convert` of each alone.
#[test]
fn layouts_apply_to_every_member() {
    let folder = Folder::new();
    for flags in
        ["--byte-order big", "--to-order F", "--slice ::2", "--npy-version 2.0", "--numpy 1.23.5"]
    {
        let path =
            folder.file("out.npz", &packed(&["grid.npy", "fortran.npy", "model.npz"], flags));
        for (member, source) in
            [("grid", "grid.npy"), ("fortran", "fortran.npy"), ("digit", "model.npz::digit")]
        {
            let alone = line(&format!("convert {source} - --to npy {flags}")).good();
            let unpacked = folder.path("unpacked");
            npbytes(["convert", path.to_str().unwrap(), unpacked.to_str().unwrap()]).good();
            if !flags.contains("version") && !flags.contains("numpy") {
                let file = std::fs::read(unpacked.join(format!("{member}.npy"))).unwrap();
                assert_eq!(file, alone.out, "{flags} {member}");
            }
            let info =
                npbytes(["info", "--json", &format!("{}::{member}", path.to_str().unwrap())]);
            let piped = npbytes_with(&alone.out, ["info", "--json", "-"]).good();
            let array = |run: &crate::Run| {
                serde_json::from_slice::<serde_json::Value>(&run.out).unwrap()["arrays"][0].clone()
            };
            assert_eq!(array(&info), array(&piped), "{flags} {member}");
        }
    }
}

#[test]
fn archives_of_other_pythons_are_written() {
    // CPython 3.10 asks for version 2.0 of zip, 3.11.4 and later for 4.5.
    let old = packed(&["grid.npy"], "--python 3.10");
    let new = packed(&["grid.npy"], "--python 3.12");
    assert_eq!((old[4], new[4]), (20, 45));
    assert_eq!(old.len(), new.len());
}

#[test]
fn aligned_members_start_where_the_flag_says() {
    let bytes = packed(&["flags.npy", "model.npz"], "--align");
    let run = npbytes_with(&bytes, ["ls", "--json", "-"]).good();
    let object: serde_json::Value = serde_json::from_slice(&run.out).unwrap();
    for member in object["members"].as_array().unwrap() {
        assert_eq!(member["data_offset"].as_u64().unwrap() % 64, 0, "{member}");
    }
    line("convert grid.npy never.npz --align --compress fast")
        .failed(&["--align: compressed members are not aligned"]);
    line("convert grid.npy never.npy --align").failed(&["--align: only archives have use for it"]);
    line("convert grid.npy never.npy --compress fast").failed(&["--compress: only archives"]);
    assert!(!samples().join("never.npz").exists());
}

#[test]
fn fast_members_inflate_to_the_same() {
    let folder = Folder::new();
    let path = folder.file("fast.npz", &packed(&["model.npz"], "--compress fast"));
    let path = path.to_str().unwrap();
    let ls = npbytes(["ls", "--check", path]).good();
    assert_eq!(ls.text().matches("deflated  ok").count(), 3);
    assert_eq!(npbytes(["show", &format!("{path}::digit")]).good().text(), expected("digit"));
    assert_eq!(packed(&[path], ""), sample("model.npz"));
    // Onto itself.
    npbytes(["convert", path, path, "--compress", "numpy"]).good();
    assert_eq!(read(path), sample("packed.npz"));
}

#[test]
fn one_file_of_one_array_holds_no_more() {
    let folder = Folder::new();
    let target = folder.path("out.npy");
    let target = target.to_str().unwrap();
    line(&format!("convert grid.npy flags.npy {target}"))
        .failed(&["there are several arrays", "OUT.npz"]);
    line(&format!("convert n=grid.npy {target}"))
        .failed(&["only a member of an archive has a name"]);
    line("convert grid.npy flags.npy - --to npy").failed(&["there are several arrays"]);
    line("convert grid.npy").failed_usage();
    assert_eq!(std::fs::read_dir(folder.path("")).unwrap().count(), 0);
}

impl crate::Run {
    #[track_caller]
    fn failed_usage(self) {
        assert_eq!(self.code, Some(2));
        assert!(self.err.contains("<OUT>"), "{}", self.err);
    }
}

#[test]
fn standard_input_may_be_a_file() {
    let folder = Folder::new();
    let path = |name: &str| folder.path(name).to_str().unwrap().to_owned();
    // Not `pipe_stdin`, which makes a pipe of it.
    let redirected = |file: &str, args: &str| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_npbytes"))
            .args(words(args))
            .current_dir(samples())
            .stdin(std::fs::File::open(samples().join(file)).unwrap())
            .output()
            .unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        crate::Run { code: output.status.code(), out: output.stdout, err }.good()
    };
    redirected("packed.npz", &format!("convert - {}", path("a.npz")));
    assert_eq!(read(&path("a.npz")), sample("model.npz"));
    redirected("model.npz", &format!("convert - {}", path("out")));
    redirected("model.npz", &format!("convert -::bias {}", path("b.npy")));
    assert_eq!(read(&path("out/bias.npy")), read(&path("b.npy")));
    let packed = redirected("grid.npy", "convert n=- flags.npy - --to npz").out;
    assert_eq!(keys(&packed), ["n", "flags"]);
    redirected("packed.npz", &format!("append {} x=-::digit", path("a.npz")));
    assert_eq!(keys(&read(&path("a.npz"))), ["weights", "bias", "digit", "x"]);
    let text = redirected("packed.npz", "ls --check -").text().to_owned();
    assert_eq!(text, line("ls --check packed.npz").good().text());
    let text = redirected("packed.npz", "show -::digit --slice 3:9,::4");
    assert_eq!(text.text(), expected("digit.slice"));
}

/// An array that is larger than what is held at a time goes through by rows, in every direction.
#[test]
fn large_members_go_through_by_rows() {
    let folder = Folder::new();
    let path = |name: &str| folder.path(name).to_str().unwrap().to_owned();
    let header = "{'descr': '|u1', 'fortran_order': False, 'shape': (272, 1048576), }";
    let file = std::fs::File::create(path("a.npy")).unwrap();
    std::io::Write::write_all(&mut &file, &crate::npy(header, b"\x07")).unwrap();
    // Zeros that take no room on disk.
    file.set_len(128 + (272 << 20)).unwrap();
    npbytes(["convert", &path("a.npy"), &path("packed.npz"), "--compress", "fast"]).good();
    assert!(std::fs::metadata(path("packed.npz")).unwrap().len() < 8 << 20);
    npbytes(["convert", &path("packed.npz"), &path("stored.npz")]).good();
    npbytes(["ls", "--check", &path("packed.npz"), &path("stored.npz")]).good();
    npbytes(["convert", &path("a.npy"), &path("direct.npz")]).good();
    let same = |one: &str, other: &str| assert!(read(&path(one)) == read(&path(other)), "{other}");
    same("direct.npz", "stored.npz");
    npbytes(["convert", &path("packed.npz"), &path("out")]).good();
    same("a.npy", "out/arr_0.npy");
    let member = format!("{}::arr_0", path("packed.npz"));
    npbytes(["convert", &member, &path("b.npy")]).good();
    same("a.npy", "b.npy");
    npbytes(["convert", &member, &path("c.bin")]).good();
    assert!(read(&path("c.bin")) == read(&path("a.npy"))[128..]);
}

#[cfg(unix)]
#[test]
fn links_and_permissions_are_kept() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let path = folder.file("real.npz", b"old");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    let link = folder.path("link.npz");
    std::os::unix::fs::symlink("real.npz", &link).unwrap();
    line(&format!("convert packed.npz {}", link.to_str().unwrap())).good();
    assert!(link.is_symlink());
    assert_eq!(std::fs::read(&path).unwrap(), sample("model.npz"));
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    let dangling = folder.path("dangling.npz");
    std::os::unix::fs::symlink("made.npz", &dangling).unwrap();
    line(&format!("convert packed.npz {}", dangling.to_str().unwrap())).good();
    assert_eq!(std::fs::read(folder.path("made.npz")).unwrap(), sample("model.npz"));
    line(&format!("convert grid.npy {}", folder.path("no/a.npz").to_str().unwrap()))
        .failed(&["No such file"]);
    assert_eq!(std::fs::read_dir(folder.path("")).unwrap().count(), 4);
}
