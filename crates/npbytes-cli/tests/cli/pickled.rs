//! `convert` from pickles and to them.

use crate::{Folder, line, npbytes, npbytes_with, pickle_bytes, pickle_file, words};

#[test]
fn arrays_become_the_pickles_of_numpy() {
    let folder = Folder::new();
    let grid = folder.path("grid.npy");
    let grid = grid.to_str().unwrap();
    npbytes(["convert", &pickle_file("grid_p4_2.pkl"), grid]).good();
    let out = folder.path("out.pkl");
    let out = out.to_str().unwrap();
    for (major, numpy) in [(1, "1.26.4"), (2, "2.4.6")] {
        for protocol in 0..6 {
            let expected = pickle_bytes(&format!("grid_p{protocol}_{major}.pkl"));
            let flags = format!("--protocol {protocol} --numpy {numpy}");
            line(&format!("convert {grid} {out} {flags}")).good();
            assert!(std::fs::read(out).unwrap() == expected, "{flags}");
            // And from a pickle of the other NumPy, in another protocol.
            let other = pickle_file(&format!("grid_p{}_{}.pkl", 5 - protocol, 3 - major));
            line(&format!("convert {other} {out} {flags}")).good();
            assert!(std::fs::read(out).unwrap() == expected, "{other} {flags}");
        }
    }
    let run = line(&format!("convert {grid} - --to pickle")).good();
    assert!(run.out == pickle_bytes("grid_p4_2.pkl"));
}

#[test]
fn whole_pickles_stay_what_they_are() {
    let folder = Folder::new();
    for name in ["tree2.pkl", "frame2.pkl", "arrays2.pkl", "objects2.pkl", "values2.pkl"] {
        let out = folder.path("out.pkl");
        npbytes(["convert", &pickle_file(name), out.to_str().unwrap()]).good();
        let protocol = if name == "frame2.pkl" { 5 } else { 4 };
        if protocol == 4 {
            assert!(std::fs::read(&out).unwrap() == pickle_bytes(name), "{name}");
        }
        line(&format!("convert {} {} --numpy 1.26.4", pickle_file(name), out.to_str().unwrap()))
            .good();
        let old = pickle_file(&name.replace('2', "1"));
        if std::path::Path::new(&old).exists() {
            assert!(std::fs::read(&out).unwrap() == std::fs::read(old).unwrap(), "{name}");
        }
    }
    let out = folder.path("p2.pkl");
    line(&format!("convert {} {} --protocol 2", pickle_file("arrays2.pkl"), out.to_str().unwrap()))
        .good();
    assert!(std::fs::read(&out).unwrap() == pickle_bytes("arrays_p2_2.pkl"));
}

#[test]
fn objects_move_between_npy_npz_and_pickle() {
    let folder = Folder::new();
    let path = |name: &str| folder.path(name).to_str().unwrap().to_owned();
    let convert = |source: &str, name: &str, flags: &str| {
        let source = pickle_file(source);
        line(&format!("convert '{source}' {} {flags}", path(name))).good();
        std::fs::read(path(name)).unwrap()
    };
    assert!(convert("objects2.pkl", "a.npy", "") == pickle_bytes("objects2.npy"));
    assert!(convert("objects2.pkl", "a.npy", "--numpy 1.26.4") == pickle_bytes("objects1.npy"));
    assert!(convert("objects2.npy", "a.pkl", "") == pickle_bytes("objects2.pkl"));
    assert!(convert("objects2.npz::objects", "b.npy", "") == pickle_bytes("objects2.npy"));
    assert!(convert("objects2.npz", "b.npz", "") == pickle_bytes("objects2.npz"));
    let packed = convert("objects2.npz", "c.npz", "--compress numpy");
    assert!(packed == pickle_bytes("packed2.npz"));
    line(&format!("convert {} {}", pickle_file("objects2.npz"), path("inside/"))).good();
    assert!(std::fs::read(path("inside/objects.npy")).unwrap() == pickle_bytes("objects2.npy"));
    line(&format!("append {} more={}", path("b.npz"), pickle_file("objects2.npy"))).good();
    let run = npbytes(["show", &format!("{}::more::[4]", path("b.npz"))]).good();
    assert_eq!(run.text(), "{'k': b'v'}\n");
    // Not yet: objects beside other arrays in a dict.
    line(&format!("convert {} {}", pickle_file("objects2.npz"), path("e.pkl")))
        .failed(&["objects2.npz::objects", "is pickled alone"]);
    npbytes(["convert", &pickle_file("objects2.pkl"), "-", "--to", "raw"])
        .failed(&["Python objects"]);
    line(&format!("convert {} {} --slice 0", pickle_file("objects2.pkl"), path("d.npy")))
        .failed(&["objects"]);
}

#[test]
fn archives_and_named_files_become_dicts() {
    let folder = Folder::new();
    let out = folder.path("out.pkl");
    let out = out.to_str().unwrap();
    line(&format!("convert grid.npy {out}")).good();
    let grid = std::fs::read(out).unwrap();
    // An archive is a dict, and one with a name.
    line(&format!("convert model.npz {out}")).good();
    let run = npbytes(["ls", "--json", out]).good();
    let listed = &crate::info::objects(&run)[0];
    let archive = npbytes(["ls", "--json", "model.npz"]).good();
    let archive = &crate::info::objects(&archive)[0];
    let keys = |listed: &serde_json::Value, quote: &str| -> Vec<String> {
        let members = listed["members"].as_array().unwrap();
        members.iter().map(|member| format!("{quote}{}", member["key"].as_str().unwrap())).collect()
    };
    let expected: Vec<String> =
        keys(archive, "").into_iter().map(|key| format!("['{key}']")).collect();
    assert_eq!(keys(listed, ""), expected);
    line(&format!("convert w=grid.npy {out}")).good();
    assert_ne!(std::fs::read(out).unwrap(), grid);
    assert_eq!(
        npbytes(["show", &format!("{out}::w")]).good().text(),
        npbytes(["show", "grid.npy"]).good().text()
    );
    line(&format!("convert grid.npy flags.npy {out} --protocol 2")).good();
    // And back: what was a dict is an archive again.
    let back = folder.path("back.npz");
    let back = back.to_str().unwrap();
    line(&format!("convert model.npz {out}")).good();
    line(&format!("convert {out} {back}")).good();
    assert!(std::fs::read(back).unwrap() == crate::sample("model.npz"));
    let names = folder.path("names");
    line(&format!("convert {} {}", pickle_file("tree2.pkl"), names.to_str().unwrap())).good();
    let nodes = names.join("tree_/nodes.npy");
    assert_eq!(
        npbytes(["show".as_ref(), nodes.as_os_str()]).good().text(),
        npbytes(["show", &format!("{}::.tree_.nodes", pickle_file("tree2.pkl"))]).good().text()
    );
    let run = npbytes_with(&pickle_bytes("arrays2.pkl"), ["convert", "-", back]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    let run = npbytes(["ls", back]).good();
    assert!(run.text().contains("\nb/0 "), "{}", run.text());
}

#[test]
fn buffers_go_beside_the_pickle() {
    let folder = Folder::new();
    let out = folder.path("out.pkl");
    let out = out.to_str().unwrap();
    let buffers = folder.path("buffers");
    let beside = buffers.to_str().unwrap();
    // Named: {'x': ..., 'y': ...}, as the recorded pickle is.
    let x = folder.path("x.npy");
    npbytes(["convert", &pickle_file("grid_p4_2.pkl"), x.to_str().unwrap()]).good();
    let y = folder
        .file("y.bin", &[[0_u8; 8], [1, 0, 0, 0, 0, 0, 0, 0], [2, 0, 0, 0, 0, 0, 0, 0]].concat());
    let y2 = folder.path("y.npy");
    line(&format!("convert {} {} -d i8", y.to_str().unwrap(), y2.to_str().unwrap())).good();
    line(&format!(
        "convert {} {} {out} --to-buffers {beside}",
        x.to_str().unwrap(),
        y2.to_str().unwrap()
    ))
    .good();
    assert!(std::fs::read(out).unwrap() == pickle_bytes("outside2.pkl"));
    for index in ["0", "1"] {
        let expected = std::fs::read(pickle_file(&format!("buffers/{index}"))).unwrap();
        assert_eq!(std::fs::read(buffers.join(index)).unwrap(), expected);
    }
    let run = npbytes(words(&format!("convert {out} - --to npz --buffers {beside}"))).good();
    assert!(run.out.starts_with(b"PK"));
    line(&format!("convert grid.npy {out} --to-buffers {beside}")).failed(&["is not empty"]);
    line(&format!("convert grid.npy {out} --to-buffers {beside} --protocol 4"))
        .failed(&["protocol 4 has no buffers"]);
    line(&format!("convert grid.npy {out}.npy --protocol 4"))
        .failed(&["--protocol: only pickles have use for it"]);
    line(&format!("convert grid.npy {out} --compress fast")).failed(&["only archives"]);
    let wrong = line(&format!("convert grid.npy {out} --protocol 6"));
    assert_eq!(wrong.code, Some(2), "{}", wrong.err);
}

#[test]
fn joblib_files_are_written() {
    let folder = Folder::new();
    let out = folder.path("out.joblib");
    let out = out.to_str().unwrap();
    for name in ["tree2.joblib", "mixed2.joblib"] {
        npbytes(["convert", &pickle_file(name), out]).good();
        assert!(std::fs::read(out).unwrap() == pickle_bytes(name), "{name}");
    }
    line(&format!("convert grid.npy {out}")).good();
    assert_eq!(npbytes(["show", out]).good().text(), npbytes(["show", "grid.npy"]).good().text());
    line(&format!("convert grid.npy {out} --to-buffers {out}.d"))
        .failed(&["joblib has no buffers"]);
}

#[test]
fn masks_are_left_out_with_a_word() {
    let folder = Folder::new();
    let out = folder.path("out.npy");
    let out = out.to_str().unwrap();
    let run = npbytes(["convert", &pickle_file("masked2.pkl"), out]);
    assert_eq!(run.code, Some(0));
    assert!(
        run.err.starts_with("note: ") && run.err.contains("a mask was left out"),
        "{}",
        run.err
    );
    assert_eq!(npbytes(["show", out]).good().text(), "[[1 2]\n [3 4]]\n");
}
