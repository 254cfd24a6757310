//! How much memory something takes.

/// By how many bytes what is resident grows at most while `work` runs, by what the kernel counts: pages of files that
/// are mapped, too, but not what the allocator kept of an earlier round. Nothing where the kernel counts for nobody.
pub(super) fn peak<E>(work: impl Fn() -> Result<(), E>) -> Result<Option<f64>, E> {
    // Tells the kernel to count the most from here on.
    let counts = std::fs::write("/proc/self/clear_refs", "5").is_ok();
    let before = resident("VmRSS:");
    work()?;
    let most = resident("VmHWM:").filter(|_| counts);
    Ok(most.zip(before).map(|(most, before)| most - before))
}

fn resident(what: &str) -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(what))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024.0)
}
