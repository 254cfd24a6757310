//! The command, where it cannot do its work.
#![allow(clippy::unwrap_used)]

use std::process::{Command, Output};

fn harness(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_npbytes-harness"));
    command.args(arguments).envs(variables.iter().copied()).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn no_python_is_an_error_that_says_what_to_install() {
    for command in ["roundtrip", "fixtures", "env"] {
        let output = harness(&[command], &[("NPBYTES_PYTHON", "/nowhere/python3")]);
        assert_eq!(output.status.code(), Some(2), "{command}");
        let text = stderr(&output);
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(text.contains("no Python 3 found") && text.contains("apt-get install"), "{text}");
    }
}

#[test]
fn no_python_on_the_path_is_the_same_error() {
    let output = harness(
        &["env"],
        &[("PATH", "/nowhere"), ("HOME", "/nowhere"), ("PYENV_ROOT", "/nowhere")],
    );
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("no Python 3 found"), "{}", stderr(&output));
}

#[test]
fn unknown_words_are_errors() {
    for arguments in [&["dance"][..], &["roundtrip", "--fast"], &[]] {
        let output = harness(arguments, &[]);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains("usage:"), "{arguments:?}");
    }
}

#[test]
fn help_is_no_error() {
    let output = harness(&["--help"], &[]);
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8(output.stdout).unwrap().contains("roundtrip"));
}
