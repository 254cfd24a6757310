//! `append`, `rm` and `compact`: archives that are changed in place.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::{Folder, archive, expected, line, npbytes, npbytes_with, sample};

fn keys(path: &Path) -> Vec<String> {
    let run = npbytes(["ls", "--json", "--check", path.to_str().unwrap()]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let object: Value = serde_json::from_slice(&run.out).unwrap();
    let members = object["members"].as_array().unwrap().iter();
    members.map(|member| member["key"].as_str().unwrap().to_owned()).collect()
}

/// A copy of a sample that may be changed, and its name.
fn copy(folder: &Folder, name: &str) -> (PathBuf, String) {
    let path = folder.file(name, &sample(name));
    let text = path.to_str().unwrap().to_owned();
    (path, text)
}

fn shown(file: &str, key: &str) -> String {
    npbytes(["show", &format!("{file}::{key}")]).good().text().to_owned()
}

#[test]
fn members_are_added_behind_the_others() {
    let folder = Folder::new();
    let (path, name) = copy(&folder, "model.npz");
    let before = sample("model.npz");
    line(&format!("append {name} grid.npy w=words.npy k=digit.bin -d i8 -s 28,28")).good();
    assert_eq!(keys(&path), ["weights", "bias", "digit", "grid", "w", "k"]);
    // Nothing that was there was touched.
    assert!(std::fs::read(&path).unwrap().starts_with(&before));
    for (key, text) in [("grid", "grid"), ("w", "words"), ("k", "digit"), ("bias", "model.bias")] {
        assert_eq!(shown(&name, key), expected(text), "{key}");
    }
    // From archives and pipes.
    line(&format!("append {name} b=packed.npz::bias")).good();
    npbytes_with(&sample("flags.npy"), ["append", &name, "f=-"]).good();
    npbytes(["append", &name, &archive("odd.npz")]).good();
    let all = ["weights", "bias", "digit", "grid", "w", "k", "b", "f"];
    assert_eq!(keys(&path)[..8], all);
    assert_eq!(keys(&path).len(), 13);
    // Compressed ones beside those that are not.
    line(&format!("append {name} --compress numpy d=model.npz::digit")).good();
    let info = npbytes(["info", &format!("{name}::d")]).good();
    assert!(info.text().contains("d.npy, deflated to 429 bytes"), "{}", info.text());
    // ... from itself.
    npbytes(["append", &name, &format!("again={name}::digit")]).good();
    assert_eq!(shown(&name, "again"), expected("digit"));
}

#[test]
fn a_name_that_is_there_is_replaced_only_if_that_is_asked_for() {
    let folder = Folder::new();
    let (path, name) = copy(&folder, "model.npz");
    line(&format!("append {name} new=grid.npy bias=flags.npy"))
        .failed(&["there is a member \"bias\" already", "--replace"]);
    assert_eq!(std::fs::read(&path).unwrap(), sample("model.npz"));
    line(&format!("append {name} x=grid.npy x=flags.npy --replace")).failed(&["called \"x\""]);
    assert_eq!(std::fs::read(&path).unwrap(), sample("model.npz"));
    line(&format!("append {name} new=grid.npy bias=flags.npy --replace")).good();
    assert_eq!(keys(&path), ["weights", "digit", "bias", "new"]);
    assert_eq!(shown(&name, "bias"), expected("flags"));
    let long = std::fs::metadata(&path).unwrap().len();
    line(&format!("append {name} bias=scalar.npy --replace --compact")).good();
    assert!(std::fs::metadata(&path).unwrap().len() < long);
    assert_eq!(shown(&name, "bias"), expected("scalar"));
}

#[test]
fn nothing_is_changed_by_what_fails() {
    let folder = Folder::new();
    let (path, name) = copy(&folder, "model.npz");
    line(&format!("append {name} grid.npy missing.npy")).failed(&["missing.npy: No such file"]);
    line(&format!("append {name} grid.npy k=digit.bin")).failed(&["need --dtype"]);
    line(&format!("append {name} grid.npy model.npz::x")).failed(&["no member named \"x\""]);
    npbytes_with(b"", ["append", &name, "-"]).failed(&["standard input"]);
    npbytes(["append", &name, &archive("cut.npz")]).failed(&["cut.npz::cut"]);
    line(&format!("append {name} grid.npy --align --compress fast")).failed(&["--align"]);
    line(&format!("rm {name} bias nothing"))
        .failed(&["no member named \"nothing\"", "weights, bias, digit"]);
    assert_eq!(std::fs::read(&path).unwrap(), sample("model.npz"));
    assert_eq!(std::fs::read_dir(folder.path("")).unwrap().count(), 1);

    line("append missing.npz grid.npy").failed(&["missing.npz: No such file"]);
    for command in ["append - grid.npy", "rm - x", "compact -"] {
        line(command).failed(&["an archive is changed in its file"]);
    }
    for command in ["append grid.npy flags.npy", "rm grid.npy x", "compact grid.npy"] {
        line(command).failed(&["grid.npy: expected a .npz archive"]);
    }
    line("append model.npz::bias grid.npy").failed(&["a member, where an archive belongs"]);
    line("compact .").failed(&["is a directory"]);
    let empty = folder.file("empty.npz", b"");
    line(&format!("append {} grid.npy", empty.to_str().unwrap())).failed(&["no bytes at all"]);
    assert_eq!(std::fs::read(empty).unwrap(), b"");
}

#[test]
fn members_are_removed_and_their_place_is_won_back() {
    let folder = Folder::new();
    for file in ["model.npz", "packed.npz"] {
        let (path, name) = copy(&folder, file);
        line(&format!("rm {name} weights digit.npy")).good();
        assert_eq!(keys(&path), ["bias"]);
        assert!(std::fs::metadata(&path).unwrap().len() > sample(file).len() as u64);
        line(&format!("compact {name}")).good();
        // What NumPy writes of what is left: the same as by convert of that one member.
        let flag = if file == "model.npz" { "none" } else { "numpy" };
        let alone = folder.path("alone.npz");
        let alone = alone.to_str().unwrap();
        line(&format!("convert {file}::bias {alone} --compress {flag}")).good();
        assert_eq!(std::fs::read(&path).unwrap(), std::fs::read(alone).unwrap(), "{file}");
        line(&format!("rm {name} bias --compact")).good();
        // np.savez(file)
        assert_eq!(std::fs::read(&path).unwrap(), std::fs::read(archive("none.npz")).unwrap());
        line(&format!("append {name} grid.npy")).good();
        assert_eq!(keys(&path), ["grid"]);
    }
    // As NumPy finds them: the exact name first.
    let path = folder.file("keys.npz", &std::fs::read(archive("keys.npz")).unwrap());
    npbytes(["rm", path.to_str().unwrap(), "x"]).good();
    assert_eq!(shown(path.to_str().unwrap(), "x"), "[0.5 1.5]\n");
}

/// An append that is interrupted has written some of what it writes, and the old archive is found.
#[test]
fn what_a_crash_leaves_is_the_old_archive() {
    let folder = Folder::new();
    let (path, name) = copy(&folder, "model.npz");
    let before = sample("model.npz");
    line(&format!("append {name} grid.npy")).good();
    let after = std::fs::read(&path).unwrap();
    for len in (before.len() + 1..after.len()).step_by(7).chain([after.len() - 1]) {
        std::fs::write(&path, &after[..len]).unwrap();
        let left = len - before.len();
        let run = npbytes(["show", &format!("{name}::bias")]);
        assert_eq!((run.code, run.text()), (Some(0), expected("model.bias").as_str()), "{len}");
        let ls = npbytes(["ls", &name]);
        assert!(ls.err.contains(&format!("{left} bytes follow the archive")), "{}", ls.err);
        if len % 5 > 0 {
            continue;
        }
        for command in [
            format!("append {name} x=grid.npy"),
            format!("rm {name} bias"),
            format!("compact {name}"),
        ] {
            line(&command).failed(&[&format!("{left} bytes follow"), "--discard-trailing"]);
        }
        assert_eq!(std::fs::read(&path).unwrap(), after[..len]);
        line(&format!("compact {name} --discard-trailing")).good();
        assert_eq!(std::fs::read(&path).unwrap(), before);
        std::fs::write(&path, &after[..len]).unwrap();
        line(&format!("append {name} grid.npy --discard-trailing")).good();
        assert_eq!(std::fs::read(&path).unwrap(), after);
        std::fs::write(&path, &after[..len]).unwrap();
        line(&format!("rm {name} bias --discard-trailing")).good();
        assert_eq!(keys(&path), ["weights", "digit"]);
    }
}

#[test]
fn compact_takes_several_and_aligns() {
    let folder = Folder::new();
    let (one, first) = copy(&folder, "model.npz");
    let (two, second) = copy(&folder, "packed.npz");
    line(&format!("compact {first} {second}")).good();
    assert_eq!(std::fs::read(&one).unwrap(), sample("model.npz"));
    assert_eq!(std::fs::read(&two).unwrap(), sample("packed.npz"));
    line(&format!("compact --align {first}")).good();
    let run = npbytes(["ls", "--json", &first]).good();
    let object: Value = serde_json::from_slice(&run.out).unwrap();
    for member in object["members"].as_array().unwrap() {
        assert_eq!(member["data_offset"].as_u64().unwrap() % 64, 0, "{member}");
    }
    line(&format!("compact --python 3.10 {first}")).good();
    assert_eq!(std::fs::read(&one).unwrap()[4], 20);
}

#[test]
fn a_name_may_be_removed_twice_in_one_go() {
    let folder = Folder::new();
    let name = folder.file("a.npz", &sample("model.npz"));
    npbytes(["rm", name.to_str().unwrap(), "bias", "bias"]).good();
}
