//! How fast archives are read and written, beside NumPy, npyz and ndarray-npy: 8 members of 8 MiB, and
//! 10,000 small ones; pickles beside CPython and serde-pickle; and Arrow beside pyarrow.
//!
//! NumPy works in its own process, as do the others, in a program of their own
//! (`harness/peers/`): built together with npbytes, they would be given its zlib for their own. All
//! take turns, and what counts is the ratio within one run. Outputs are compared once.

mod arrow;
mod clock;
pub mod data;
pub mod pickles;
mod worker;

use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Instant;

use npbytes::npz::{self, Archive, Compression, Item, ReadOptions, WriteOptions};
use npbytes::{Array, ArrayView, Result as NpResult};

use crate::environment::{self, Choice, Environment};
use crate::error::{Error, Result};
use crate::{fixtures, script};
use data::{KINDS, Kind};
use worker::Worker;

/// Seconds of one contender, each round.
type Times = Vec<f64>;

/// Who takes turns at a job.
struct Contest<'a> {
    numpy: &'a mut Worker,
    peers: Option<&'a mut Worker>,
    /// NumPy's best time at the last job that it had.
    base: Option<f64>,
}

/// One way of npbytes to do a job.
type Way<'a> = (&'a str, Box<dyn Fn() -> NpResult<()> + 'a>);

/// Times pickles, and returns the table.
///
/// # Errors
/// When CPython cannot do its part, or an output differs.
pub fn pickles(choice: Choice, size: pickles::Size) -> Result<String> {
    let environment = newest(choice)?;
    let folder = fixtures::scratch(&environment, "speed-pickles")?;
    let mut peers = if size == pickles::Size::Full { peers() } else { None };
    let table = pickles::Contest::new(&environment, &folder, peers.as_mut())?.run(size)?;
    fs::remove_dir_all(&folder).map_err(Error::io(&folder))?;
    Ok(table)
}

/// Times arrays that become Arrow's and come back, and returns the table.
///
/// # Errors
/// When pyarrow cannot do its part, or an output differs.
pub fn arrow(size: pickles::Size) -> Result<String> {
    let environment = environment::for_arrow()?;
    let folder = fixtures::scratch(&environment, "speed-arrow")?;
    let table = arrow::Contest::new(&environment, &folder)?.run(size)?;
    fs::remove_dir_all(&folder).map_err(Error::io(&folder))?;
    Ok(table)
}

fn newest(choice: Choice) -> Result<Environment> {
    let ready = environment::environments(choice)?.ready;
    let newest = ready.into_iter().max_by_key(Environment::numpy_version);
    newest.ok_or_else(|| failed("no environment"))
}

fn peers() -> Option<Worker> {
    match Worker::peers() {
        Ok(peers) => Some(peers),
        Err(error) => {
            eprintln(&format!("note: other crates are not timed: {error}"));
            None
        }
    }
}

/// Times archives, and returns the table.
///
/// # Errors
/// When NumPy cannot do its part, or an output differs.
pub fn archives(choice: Choice) -> Result<String> {
    let environment = &newest(choice)?;
    let folder = fixtures::scratch(environment, "speed")?;
    let text = script::speed();
    let path = folder.join("speed.py");
    fs::write(&path, text).map_err(Error::io(&path))?;
    let mut numpy = Worker::python(environment, &path)?;
    let mut peers = peers();
    let mut table = heading(environment);
    {
        let mut contest = Contest { numpy: &mut numpy, peers: peers.as_mut(), base: None };
        for kind in KINDS {
            contest.kind(kind, &folder, &mut table)?;
        }
        contest.small(&folder, &mut table)?;
    }
    fs::remove_dir_all(&folder).map_err(Error::io(&folder))?;
    Ok(table)
}

fn eprintln(text: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn heading(environment: &Environment) -> String {
    format!(
        "{}; wall time in ms, best / median; x: NumPy's best by this one's\n{:<28} {:<32} {:>19} {:>7}\n",
        environment.name, "job", "who", "best / median", "x",
    )
}

fn failed(cause: impl std::fmt::Display) -> Error {
    Error::Environment { name: "speed".to_owned(), cause: cause.to_string() }
}

fn pool(threads: usize) -> Result<rayon::ThreadPool> {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(failed)
}

fn options(compression: Compression) -> WriteOptions {
    WriteOptions::default().compression(compression)
}

/// A row of reads that must give all arrays.
fn all(archive: NpResult<Archive>) -> NpResult<()> {
    black_box(archive?.read_all()?);
    Ok(())
}

impl Contest<'_> {
    fn kind(&mut self, kind: Kind, folder: &Path, table: &mut String) -> Result<()> {
        let word = kind.word();
        let arrays = data::arrays(kind, 8, 8 << 20).map_err(failed)?;
        let members: Vec<(String, ArrayView<'_>)> =
            arrays.iter().enumerate().map(|(i, array)| (format!("m{i}"), array.view())).collect();
        let file = |name: &str| folder.join(format!("{word}-{name}.npz"));
        let (stored, deflated) = (file("stored"), file("deflated"));
        let write = |path: &Path, compression| npz::write(path, &members, &options(compression));
        write(&stored, Compression::None).map_err(failed)?;
        write(&deflated, Compression::NumPy).map_err(failed)?;
        let (one, two) = (pool(1)?, pool(2)?);
        let checked = ReadOptions::default();
        let unchecked = checked.check_crc(false);
        self.ask("load", kind, &stored)?;

        self.job(
            &format!("read stored {word}"),
            7,
            "read",
            kind,
            &stored,
            table,
            vec![
                ("file, copied", Box::new(|| one.install(|| all(npz::read(&stored, &checked))))),
                (
                    "file, copied, 2 threads",
                    Box::new(|| two.install(|| all(npz::read(&stored, &checked)))),
                ),
                ("map, CRC", Box::new(|| one.install(|| all(npz::map(&stored, &checked))))),
                ("map, no CRC", Box::new(|| one.install(|| all(npz::map(&stored, &unchecked))))),
            ],
        )?;
        self.job(
            &format!("read deflated {word}"),
            5,
            "read",
            kind,
            &deflated,
            table,
            vec![
                ("1 thread", Box::new(|| one.install(|| all(npz::read(&deflated, &checked))))),
                ("2 threads", Box::new(|| two.install(|| all(npz::read(&deflated, &checked))))),
            ],
        )?;
        let out = file("out");
        self.job(
            &format!("write stored {word}"),
            7,
            "write-stored",
            kind,
            &file("theirs"),
            table,
            vec![(
                "renamed into place",
                Box::new(|| {
                    remove(&out);
                    write(&out, Compression::None)
                }),
            )],
        )?;
        equal(&out, &file("theirs-numpy"))?;
        self.job(
            &format!("write deflated {word}"),
            3,
            "write-deflated",
            kind,
            &file("theirs"),
            table,
            vec![
                ("exact, 1 thread", Box::new(|| one.install(|| write(&out, Compression::NumPy)))),
                ("exact, 2 threads", Box::new(|| two.install(|| write(&out, Compression::NumPy)))),
            ],
        )?;
        equal(&out, &file("theirs-numpy"))?;
        let size = |path: &Path| fs::metadata(path).map(|it| it.len()).map_err(Error::io(path));
        let exact = size(&out)?;
        let peer_size = size(&file("theirs-ndarray-npy")).ok();
        self.job(
            &format!("write deflated {word}, fast"),
            3,
            "",
            kind,
            &out,
            table,
            vec![
                ("fast, 1 thread", Box::new(|| one.install(|| write(&out, Compression::Fast)))),
                ("fast, 2 threads", Box::new(|| two.install(|| write(&out, Compression::Fast)))),
            ],
        )?;
        // Bytes are far below the precision of f64.
        let percent = |size: u64| 100.0 * size as f64 / exact as f64 - 100.0;
        let _ = writeln!(
            table,
            "{:<28} sizes: exact {exact} bytes, fast {:+.1} %, ndarray-npy {}",
            "",
            percent(size(&out)?),
            peer_size.map_or("-".to_owned(), |size| format!("{:+.1} %", percent(size))),
        );
        let items = npz::read(&out, &checked).and_then(|archive| archive.read_all());
        same(&items.map_err(failed)?, &arrays)?;
        for path in
            ["out", "theirs-numpy", "theirs-npyz", "theirs-ndarray-npy", "stored", "deflated"]
        {
            remove(&file(path));
        }
        Ok(())
    }

    fn small(&mut self, folder: &Path, table: &mut String) -> Result<()> {
        let arrays = data::arrays(Kind::Image, 10_000, 784).map_err(failed)?;
        let members: Vec<(String, ArrayView<'_>)> =
            arrays.iter().enumerate().map(|(i, array)| (format!("m{i}"), array.view())).collect();
        let path = folder.join("small.npz");
        npz::write(&path, &members, &options(Compression::None)).map_err(failed)?;
        let bytes = bytes::Bytes::from(fixtures::read(&path)?);
        let checked = ReadOptions::default();
        let one = pool(1)?;
        self.job(
            "read 10,000 of 28 x 28",
            5,
            "read",
            Kind::Image,
            &path,
            table,
            vec![
                ("file, copied", Box::new(|| one.install(|| all(npz::read(&path, &checked))))),
                ("map, CRC", Box::new(|| one.install(|| all(npz::map(&path, &checked))))),
                ("memory, CRC", Box::new(|| one.install(|| all(npz::decode(&bytes, &checked))))),
            ],
        )?;
        let items = npz::read(&path, &checked).and_then(|archive| archive.read_all());
        same(&items.map_err(failed)?, &arrays)
    }

    /// Asks the others for something that is not timed.
    fn ask(&mut self, job: &str, kind: Kind, path: &Path) -> Result<()> {
        self.numpy.ask(job, "numpy", kind.word(), path)?;
        if let Some(peers) = &mut self.peers {
            peers.ask(job, "both", kind.word(), path)?;
        }
        Ok(())
    }

    /// Lets all take turns at a job, and writes a row for each. What the others write gets their name
    /// behind that of `path`.
    #[allow(clippy::too_many_arguments, reason = "a row of the table, in the order of its columns")]
    fn job(
        &mut self,
        title: &str,
        rounds: usize,
        job: &str,
        kind: Kind,
        path: &Path,
        table: &mut String,
        ways: Vec<Way<'_>>,
    ) -> Result<()> {
        let (mut numpy, mut npyz, mut ndarray_npy) = (Times::new(), Times::new(), Times::new());
        let mut ours: Vec<Times> = vec![Times::new(); ways.len()];
        let writes = job.starts_with("write");
        let target = |who: &str| if writes { beside(path, who) } else { path.to_path_buf() };
        for round in 0..rounds {
            if !job.is_empty() {
                numpy.push(self.numpy.ask(job, "numpy", kind.word(), &target("numpy"))?);
            }
            for ((_, way), times) in ways.iter().zip(&mut ours) {
                let start = Instant::now();
                way().map_err(failed)?;
                times.push(start.elapsed().as_secs_f64());
            }
            let Some(peers) = self.peers.as_mut().filter(|_| !job.is_empty()) else { continue };
            ndarray_npy.push(peers.ask(job, "ndarray-npy", kind.word(), &target("ndarray-npy"))?);
            // It takes ten times as long as NumPy.
            if round == 0 || job != "write-deflated" {
                npyz.push(peers.ask(job, "npyz", kind.word(), &target("npyz"))?);
            }
        }
        if !numpy.is_empty() {
            self.base = Some(best(&numpy));
        }
        let base = self.base;
        let mut row = |who: &str, times: &Times| {
            if !times.is_empty() {
                let (least, middle) = (1e3 * best(times), 1e3 * median(times));
                let ratio =
                    base.map_or("-".to_owned(), |base| format!("{:.2}", 1e3 * base / least));
                let times = format!("{least:.2} / {middle:.2}");
                let _ = writeln!(table, "{title:<28} {who:<32} {times:>19} {ratio:>7}");
            }
        };
        row("NumPy", &numpy);
        for ((way, _), times) in ways.iter().zip(&ours) {
            row(&format!("npbytes, {way}"), times);
        }
        row("ndarray-npy", &ndarray_npy);
        row("npyz", &npyz);
        Ok(())
    }
}

fn beside(path: &Path, who: &str) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{stem}-{who}.npz"))
}

fn remove(path: &Path) {
    // It may not be there yet.
    let _ = fs::remove_file(path);
}

fn best(times: &Times) -> f64 {
    times.iter().copied().fold(f64::INFINITY, f64::min)
}

fn median(times: &Times) -> f64 {
    let mut sorted = times.clone();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

fn equal(ours: &Path, theirs: &Path) -> Result<()> {
    let difference =
        crate::roundtrip::byte_difference(&fixtures::read(ours)?, &fixtures::read(theirs)?);
    difference.map_or(Ok(()), |what| Err(failed(format!("{}: {what}", ours.display()))))
}

fn same(items: &[Item], arrays: &[Array]) -> Result<()> {
    let equal = items.len() == arrays.len()
        && items.iter().zip(arrays).all(|(item, array)| {
            matches!(item, Item::Array(found) if found.dtype() == array.dtype()
                && found.shape() == array.shape() && found.data() == array.data())
        });
    if equal { Ok(()) } else { Err(failed("what was read is not what was written")) }
}
