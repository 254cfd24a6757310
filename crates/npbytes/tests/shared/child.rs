//! Tests that need a process of their own, used by several test programs; their modules are called `faults`.

/// Whether this is the process in which a test is to run: one of its own, under a limit that `ulimit`
/// sets. If it is not, such a process is run, and must succeed.
pub(crate) fn in_child(test: &str, limit: &str) -> bool {
    const CHILD: &str = "NPBYTES_TEST_CHILD";
    if std::env::var_os(CHILD).is_some() {
        return true;
    }
    // A write over the limit is an error, no signal, if the signal is ignored.
    let output = std::process::Command::new("sh")
        .args(["-c", &format!("trap '' XFSZ; ulimit {limit} && exec \"$@\"")])
        .arg("sh")
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", &format!("faults::{test}"), "--test-threads=1"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("1 passed"), "{text}");
    false
}
