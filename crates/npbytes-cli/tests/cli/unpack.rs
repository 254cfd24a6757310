//! `convert` of archives into folders: files of their own names, and nothing anywhere else.

use std::path::Path;

use crate::{Folder, archive, line, npbytes, npbytes_with, sample};

/// All files below a folder, by their names in it.
fn files(folder: &Path) -> Vec<String> {
    let mut all = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                all.push(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    all.sort();
    all
}

#[test]
fn members_become_files() {
    let folder = Folder::new();
    for (file, target) in [("model.npz", "new"), ("packed.npz", "other/"), ("packed.npz", "a/b/c/")]
    {
        let out = folder.0.path().join(target);
        line(&format!("convert {file} {}", out.to_str().unwrap())).good();
        assert_eq!(files(&out), ["bias.npy", "digit.npy", "weights.npy"], "{target}");
        // A stored member is the file that np.save writes.
        let bias = line("info --json model.npz::bias").good();
        let bias: serde_json::Value = serde_json::from_slice(&bias.out).unwrap();
        let at = usize::try_from(bias["member"]["data_offset"].as_u64().unwrap()).unwrap();
        let npy = &sample("model.npz")[at..at + 152];
        assert_eq!(std::fs::read(out.join("bias.npy")).unwrap(), npy);
    }
    let raw = folder.path("raw");
    std::fs::create_dir(&raw).unwrap();
    line(&format!("convert packed.npz {} --to raw", raw.to_str().unwrap())).good();
    assert_eq!(files(&raw), ["bias.bin", "digit.bin", "weights.bin"]);
    assert_eq!(std::fs::read(raw.join("digit.bin")).unwrap(), sample("digit.bin"));
    let big = folder.path("big");
    line(&format!("convert model.npz {} --byte-order big --to raw", big.to_str().unwrap())).good();
    // np.array([0.5, -1.25, 3.0], '>f8').tobytes().hex()
    let hex: String =
        std::fs::read(big.join("bias.bin")).unwrap().iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(hex, "3fe0000000000000bff40000000000004008000000000000");
    // From a pipe, and from files.
    let piped = folder.path("piped");
    std::fs::create_dir(&piped).unwrap();
    npbytes_with(&sample("packed.npz"), ["convert", "-", piped.to_str().unwrap()]).good();
    assert_eq!(files(&piped), ["bias.npy", "digit.npy", "weights.npy"]);
    let many = folder.path("many");
    line(&format!("convert n/x=grid.npy flags.npy {}", many.to_str().unwrap())).good();
    assert_eq!(files(&many), ["flags.npy", "n/x.npy"]);
}

#[test]
fn odd_names_that_are_names_become_files() {
    let folder = Folder::new();
    let out = folder.path("out");
    npbytes(["convert", &archive("odd.npz"), out.to_str().unwrap()]).good();
    assert_eq!(files(&out), ["a::b.npy", "dir/x.npy", "eq=1.npy", "x.npy.npy", "é 日本.npy"]);
    // What is no array is written as it is.
    let out = folder.path("mixed");
    npbytes(["convert", &archive("mixed.npz"), out.to_str().unwrap()]).good();
    assert_eq!(files(&out), ["README.txt", "bad.npy", "x.npy"]);
    assert_eq!(std::fs::read(out.join("README.txt")).unwrap(), b"hello");
}

#[test]
fn names_that_lead_elsewhere_are_refused_before_anything_is_written() {
    let cases = [
        ("path0.npz", "../up", "it leads out of the folder"),
        ("path1.npz", "/root", "it is an absolute path"),
        ("path2.npz", ".npy", "it is empty"),
        ("path3.npz", "a//b", "a part of it is empty"),
        ("path4.npz", "a/../../b", "it leads out of the folder"),
        ("path5.npz", "x/.", "a part of it is empty"),
        ("path6.npz", "longlong", "it is too long"),
        ("clash.npz", "x", "others need a folder of this name"),
        ("twice.npz", "x", "two arrays would be called"),
        ("keys.npz", "x", "two arrays would be called"),
        ("cut.npz", "cut", "ends inside the array data"),
    ];
    for (name, member, why) in cases {
        let folder = Folder::new();
        let out = folder.path("inside/out");
        std::fs::create_dir_all(&out).unwrap();
        let file = archive(name);
        npbytes(["convert", &file, out.to_str().unwrap()]).failed(&[&format!("::{member}"), why]);
        assert_eq!(files(folder.0.path()), [""; 0], "{name}");
        if name.starts_with("path") {
            // As the message says, it can be had alone.
            let member = if name == "path6.npz" { "long".repeat(80) } else { member.to_owned() };
            let alone = folder.path("alone.npy");
            let argument = format!("{file}::{member}");
            npbytes(["convert", &argument, alone.to_str().unwrap()]).good();
            let text = npbytes(["show", alone.to_str().unwrap()]).good();
            assert_eq!(text.text(), "[0.5 1.5]\n", "{name}");
        }
    }
}

#[test]
fn files_that_are_there_are_replaced_or_kept_as_by_convert() {
    let folder = Folder::new();
    let out = folder.path("out");
    std::fs::create_dir(&out).unwrap();
    let digit = folder.file("out/digit.npy", b"what was there");
    let name = out.to_str().unwrap();
    line(&format!("convert model.npz {name} --no-clobber")).failed(&["digit.npy: the file exists"]);
    assert_eq!(files(&out), ["digit.npy"], "none was written");
    assert_eq!(std::fs::read(&digit).unwrap(), b"what was there");
    line(&format!("convert model.npz {name}")).good();
    assert_eq!(files(&out), ["bias.npy", "digit.npy", "weights.npy"]);
    assert_ne!(std::fs::read(&digit).unwrap(), b"what was there");
    // A folder where a file belongs, and a file where a folder does.
    std::fs::remove_file(&digit).unwrap();
    std::fs::create_dir(&digit).unwrap();
    line(&format!("convert model.npz {name}")).failed(&["digit.npy: is a directory"]);
    let file = folder.file("file", b"what was there");
    line(&format!("convert model.npz {}/", file.to_str().unwrap())).failed(&["file"]);
    assert_eq!(std::fs::read(&file).unwrap(), b"what was there");
    line(&format!("convert model.npz {}", file.to_str().unwrap()))
        .failed(&["does not say which format"]);
    // One array is no reason for a folder.
    line(&format!("convert grid.npy {name}")).failed(&["is a directory"]);
    line(&format!("convert model.npz::bias {name}/")).failed(&["is a directory"]);
    line(&format!("convert model.npz {name} --to npz")).failed(&["is a directory"]);
    line(&format!("convert model.npz {name} --compress fast")).failed(&["only archives"]);
}

#[test]
fn a_damaged_member_leaves_no_half_file() {
    let folder = Folder::new();
    let mut bytes = sample("model.npz");
    let len = bytes.len();
    // In the elements of the last member, in front of the directory.
    bytes[len - 1000] ^= 1;
    let path = folder.file("damaged.npz", &bytes);
    let out = folder.path("out");
    std::fs::create_dir(&out).unwrap();
    npbytes(["convert", path.to_str().unwrap(), out.to_str().unwrap()])
        .failed(&["damaged.npz::digit", "CRC-32"]);
    assert!(files(&out).iter().all(|name| !name.contains(".tmp") && name != "digit.npy"));
}

/// `zip -r` writes an entry for each folder.
#[test]
fn entries_for_folders_are_no_files() {
    let folder = Folder::new();
    let out = folder.path("out");
    npbytes(["convert", &archive("folders.npz"), out.to_str().unwrap()]).good();
    assert_eq!(files(&out), ["sub/x.npy"]);
}

#[test]
fn a_slip_of_the_pen_makes_no_folder() {
    let folder = Folder::new();
    let out = folder.path("all.nzp");
    let out = out.to_str().unwrap();
    npbytes(["convert", "model.npz", out]).failed(&["which format to write", "all.nzp/"]);
    assert!(!Path::new(out).exists());
    npbytes(["convert", "model.npz", &format!("{out}/")]).good();
}
