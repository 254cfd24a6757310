//! Help, completions and manual pages.

use crate::{Folder, line};

const SUBCOMMANDS: [&str; 12] = [
    "info",
    "show",
    "ls",
    "convert",
    "scan",
    "retarget",
    "dis",
    "append",
    "rm",
    "compact",
    "completions",
    "man",
];

#[test]
fn every_help_has_an_example() {
    for name in SUBCOMMANDS {
        for flag in ["-h", "--help"] {
            let run = line(&format!("{name} {flag}")).good();
            let (_, examples) = run.text().split_once("Examples:\n").unwrap();
            assert!(examples.starts_with(&format!("  npbytes {name} ")), "{name}: {examples}");
        }
    }
    assert!(line("--help").good().text().contains("Examples:\n  npbytes info"));
}

#[test]
fn the_input_flags_are_the_same_everywhere() {
    for name in ["info", "show", "convert", "append"] {
        let run = line(&format!("{name} --help")).good();
        for flag in [
            "--from",
            "--dtype",
            "--shape",
            "--order",
            "--offset",
            "--count",
            "--field",
            "--slice",
            "--numpy",
            "--max-header",
            "--max-depth",
            "--max-array",
            "--max-members",
            "--max-inflate-ratio",
            "--max-inflate-bytes",
            "--max-pickle-items",
            "--max-pickle-memo",
            "--max-pickle-depth",
            "--buffers",
            "--color",
        ] {
            assert!(run.text().contains(&format!("{flag} <")), "{name} {flag}");
        }
    }
}

#[test]
fn completions_are_made_for_each_shell() {
    for (shell, words) in [
        ("bash", "complete -F _npbytes"),
        ("zsh", "#compdef npbytes"),
        ("fish", "complete -c npbytes"),
        ("powershell", "Register-ArgumentCompleter"),
        ("elvish", "edit:completion"),
    ] {
        let run = line(&format!("completions {shell}")).good();
        assert!(run.text().contains(words), "{shell}");
        for name in [
            "convert",
            "append",
            "compact",
            "scan",
            "retarget",
            "dis",
            "--no-clobber",
            "--edgeitems",
            "--compress",
            "--check",
            "--protocol",
            "--in-place",
            "--plain",
        ] {
            assert!(run.text().contains(name.trim_start_matches('-')), "{shell}: {name}");
        }
    }
    line("completions tcsh").failed(&["bash, elvish, fish, powershell, zsh"]);
}

#[test]
fn manual_pages_are_made() {
    let page = line("man").good();
    assert!(!page.text().contains("EXTRA"));
    assert!(page.text().contains(".TH npbytes 1") && page.text().contains("npbytes\\-info"));
    let folder = Folder::new();
    line(&format!("man {}", folder.path("").to_str().unwrap())).good();
    let read = |name: &str| std::fs::read_to_string(folder.path(name)).unwrap();
    assert_eq!(read("npbytes.1"), page.text());
    for name in SUBCOMMANDS {
        let page = read(&format!("npbytes-{name}.1"));
        assert!(page.contains(&format!(".TH npbytes-{name} 1")), "{name}: {page}");
        assert!(page.contains(&format!(".SH EXAMPLES\n.nf\n  npbytes {name} ")), "{name}: {page}");
    }
    line(&format!("man {}", folder.path("none").to_str().unwrap())).failed(&["npbytes"]);
}

/// No line of a paragraph is shorter than it need be, and none is longer than the page.
#[test]
fn what_is_said_about_examples_is_filled() {
    const WIDTH: usize = 100;
    for name in SUBCOMMANDS.iter().chain([&""]) {
        let run = line(&format!("{name} --help")).good();
        let lines: Vec<&str> = run.text().lines().collect();
        for line in &lines {
            assert!(line.chars().count() <= WIDTH, "{name}: {line}");
        }
        let (_, examples) = run.text().split_once("Examples:\n").unwrap();
        let lines: Vec<&str> = examples.lines().collect();
        let is_prose = |line: &str| !line.is_empty() && !line.starts_with(' ');
        for pair in lines.windows(2) {
            let &[line, next] = pair else { continue };
            let word = next.split(' ').next().unwrap();
            if is_prose(line) && is_prose(next) && word != "Exit" {
                let fits = line.chars().count() + 1 + word.chars().count() <= WIDTH;
                assert!(!fits, "{name}: {word:?} belongs on the line before:\n{line}\n{next}");
            }
        }
    }
}

#[test]
fn help_says_what_can_be_typed() {
    let run = line("ls --help").good();
    assert!(run.text().contains(r"'model.pkl::['\''w'\''][0]'"), "{}", run.text());
    for flag in ["--buffers <FOLDER>", "--offset <BYTES>"] {
        assert!(run.text().contains(flag), "{flag}");
    }
    // What is read and never written is no format to write.
    let run = line("convert --help").good();
    let to =
        run.text().split_once("--to <FORMAT>").unwrap().1.split_once("--no-clobber").unwrap().0;
    assert!(to.contains("npz") && !to.contains("msgpack"), "{to}");
    assert!(run.text().contains("read-only file is replaced"), "{}", run.text());
    line("convert grid.npy x --to msgpack").failed(&["msgpack", "--to npz"]);
}
