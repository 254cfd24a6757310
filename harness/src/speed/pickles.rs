//! How fast pickles are read and written, beside CPython with NumPy, and serde-pickle.
//!
//! Everybody starts from the bytes that CPython wrote, and what npbytes writes has to be the same bytes. A read ends
//! with the value dropped again, on all sides. serde-pickle knows no arrays: what it makes of their bytes is a
//! tuple without its dtype, and it cannot write them.

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;

use bytes::Bytes;
use npbytes::npy::{self, Contents};
use npbytes::pickle::{self, ArrayObject, NumPyValue, Pickle, ReadOptions, View, WriteOptions};
use npbytes::{Array, Error as NpError, Profile, Result as NpResult};

use super::worker::Worker;
use super::{Times, best, clock, eprintln, failed, median};
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::{fixtures, script};

/// How much is timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// What the tables show.
    Full,
    /// The same jobs, small: whether they run at all.
    Smoke,
}

/// One way of npbytes to do a job: how it is called, and how often in a row it is done.
type Way<'a> = (&'static str, u32, Box<dyn Fn() -> NpResult<()> + 'a>);

/// How often in a row what takes a microsecond is done.
const OFTEN: u32 = 1000;

/// A job that all do.
struct Job<'a> {
    title: String,
    /// The worker's word for it: `load` or `dump`.
    verb: &'static str,
    protocol: &'static str,
    /// How often in a row the others do it; several rounds of that.
    count: u32,
    rounds: usize,
    ways: Vec<Way<'a>>,
    /// The pickle that serde-pickle reads.
    peer: Option<&'a Path>,
}

/// Who takes turns.
pub(super) struct Contest<'a> {
    folder: &'a Path,
    profile: Profile,
    numpy: Worker,
    peers: Option<&'a mut Worker>,
    table: String,
}

impl<'a> Contest<'a> {
    pub(super) fn new(
        environment: &Environment,
        folder: &'a Path,
        peers: Option<&'a mut Worker>,
    ) -> Result<Self> {
        let path = folder.join("speed_pickles.py");
        std::fs::write(&path, script::speed_pickles()).map_err(Error::io(&path))?;
        let numpy = Worker::python(environment, &path)?;
        let profile = environment.profile().map_err(failed)?;
        let table = format!(
            "{}; processor time, best / median; x: CPython's best by this one's\n{:<34} {:<24} {:>25} {:>8}\n",
            environment.name, "job", "who", "best / median", "x",
        );
        Ok(Self { folder, profile, numpy, peers, table })
    }

    /// Times everything, and returns the table.
    pub(super) fn run(mut self, size: Size) -> Result<String> {
        let full = size == Size::Full;
        let floats: &[(usize, u32, usize)] = if full {
            &[(768, 1000, 9), (131_072, 20, 9), (8 << 20, 1, 9)]
        } else {
            &[(768, 2, 1), (131_072, 1, 1)]
        };
        for &(elements, count, rounds) in floats {
            for protocol in ["0", "2", "4", "5", "oob"] {
                self.floats(elements, protocol, count, rounds)?;
            }
        }
        if full && has_memory(6 << 30) {
            self.floats(64 << 20, "5", 1, 3)?;
        } else if full {
            eprintln("note: pickles of 512 MiB are not timed: there is too little memory");
        }
        let (images, objects) = if full { (100_000, 1_000_000) } else { (1000, 1000) };
        let rounds = if full { 7 } else { 1 };
        for protocol in ["0", "2", "4", "5"] {
            self.images(images, protocol, rounds)?;
        }
        for kind in ["str", "int"] {
            self.objects(kind, objects, rounds)?;
        }
        Ok(self.table)
    }

    /// Has CPython make a value and its pickle, which is returned.
    fn pickled(&mut self, kind: &str, protocol: &str) -> Result<Bytes> {
        let path = self.folder.join("theirs");
        self.numpy.ask("make", "cpython", kind, &path)?;
        self.numpy.ask(&format!("write {protocol}"), "cpython", kind, &path)?;
        fixtures::read(&path).map(Bytes::from)
    }

    fn options(&self, protocol: &str) -> WriteOptions {
        let protocol = protocol.parse().unwrap_or(5);
        WriteOptions::default().profile(self.profile).protocol(protocol)
    }

    fn floats(
        &mut self,
        elements: usize,
        protocol: &'static str,
        count: u32,
        rounds: usize,
    ) -> Result<()> {
        let folder = self.folder;
        let path = folder.join("theirs");
        let data = self.pickled(&format!("floats {elements}"), protocol)?;
        let beside = folder.join("theirs.0");
        let buffers = match protocol {
            "oob" => vec![Bytes::from(fixtures::read(&beside)?)],
            _ => Vec::new(),
        };
        let read = ReadOptions::default().buffers(buffers.clone());
        let array = || pickle::decode(&data, &read)?.root().array();
        let write = self.options(protocol);
        let held = array().map_err(failed)?;
        // What is written is what CPython wrote, and so what was read is what it had.
        if protocol == "oob" {
            let (ours, beside) = pickle::encode_out_of_band(&held, &write).map_err(failed)?;
            let same = ours == data && beside.iter().map(|one| &one.data).eq(&buffers);
            check(same, "out-of-band")?;
        } else {
            check(pickle::encode(&held.view(), &write).map_err(failed)? == data, protocol)?;
        }
        let of = size_word(elements * 8);
        let copies = matches!(protocol, "0" | "2");
        let few = if protocol == "oob" { OFTEN } else { count };
        let mut ways: Vec<Way<'_>> = vec![(
            if copies { "npbytes" } else { "npbytes, borrowed" },
            if copies { count } else { OFTEN },
            Box::new(|| array().map(|array| drop(black_box(array)))),
        )];
        if !copies {
            let owned = || array()?.view().to_vec::<f64>();
            ways.push((
                "npbytes, owned",
                count,
                Box::new(move || owned().map(|all| drop(black_box(all)))),
            ));
        }
        self.job(Job {
            title: format!("loads {of}, {}", word(protocol)),
            verb: "load",
            protocol,
            count: few,
            rounds,
            ways,
            peer: (protocol != "oob").then_some(&*path),
        })?;
        let encode = || match protocol {
            "oob" => pickle::encode_out_of_band(&held, &write).map(|all| drop(black_box(all))),
            _ => pickle::encode(&held.view(), &write).map(|all| drop(black_box(all))),
        };
        self.job(Job {
            title: format!("dumps {of}, {}", word(protocol)),
            verb: "dump",
            protocol,
            count: few,
            rounds,
            ways: vec![("npbytes", few, Box::new(encode))],
            peer: None,
        })
    }

    /// A list of small pictures.
    fn images(&mut self, count: usize, protocol: &'static str, rounds: usize) -> Result<()> {
        let path = self.folder.join("theirs");
        let data = self.pickled(&format!("images {count}"), protocol)?;
        let read = ReadOptions::default();
        let write = self.options(protocol);
        let arrays = || -> NpResult<Vec<Array>> {
            let pickle = pickle::decode(&data, &read)?;
            let reader = pickle.reader();
            let items = pickle.root().items().into_iter().flat_map(|all| all.iter());
            items.map(|one| reader.array(one)).collect()
        };
        let mut graph = Pickle::new();
        let items = arrays().map_err(failed)?;
        let items = items.into_iter().map(|array| graph.array(ArrayObject::new(array))).collect();
        let root = graph.list(items);
        graph.set_root(root);
        check(graph.encode(&write).map_err(failed)? == data, protocol)?;
        let title = format!("{count} of 28 x 28, {}", word(protocol));
        let copies = matches!(protocol, "0" | "2");
        let mut ways: Vec<Way<'_>> = vec![(
            if copies { "npbytes" } else { "npbytes, borrowed" },
            1,
            Box::new(|| arrays().map(|all| drop(black_box(all)))),
        )];
        if !copies {
            ways.push((
                "npbytes, owned",
                1,
                Box::new(|| {
                    let pickle = pickle::decode(&data, &read)?;
                    let reader = pickle.reader();
                    let items = pickle.root().items().into_iter().flat_map(|all| all.iter());
                    let owned: NpResult<Vec<Vec<u8>>> =
                        items.map(|one| reader.array(one)?.view().to_vec::<u8>()).collect();
                    owned.map(|all| drop(black_box(all)))
                }),
            ));
        }
        self.job(Job {
            title: format!("loads {title}"),
            verb: "load",
            protocol,
            count: 1,
            rounds,
            ways,
            peer: Some(&path),
        })?;
        self.job(Job {
            title: format!("dumps {title}"),
            verb: "dump",
            protocol,
            count: 1,
            rounds,
            ways: vec![(
                "npbytes",
                1,
                Box::new(|| graph.encode(&write).map(|all| drop(black_box(all)))),
            )],
            peer: None,
        })
    }

    /// A .npy file of Python objects.
    fn objects(&mut self, kind: &str, count: usize, rounds: usize) -> Result<()> {
        let data = self.pickled(&format!("{kind} {count}"), "npy")?;
        let read = npy::ReadOptions::default();
        let write = npy::WriteOptions::default().profile(self.profile);
        let decode = || match npy::decode_contents(&data, &read)? {
            Contents::Objects(pickle) => Ok(pickle),
            _ => Err(NpError::from(std::io::Error::other("no objects"))),
        };
        let walk = || -> NpResult<usize> {
            let pickle = decode()?;
            let Some(NumPyValue::Objects(all)) = pickle.root().numpy()? else { return Ok(0) };
            let weight = |view: View<'_>| match view {
                View::Str(text) => text.as_utf8().len(),
                View::Int(int) => usize::from(int != 0),
                _ => 0,
            };
            Ok(all.items.iter().map(|one| weight(one.view())).sum())
        };
        let expected: usize = match kind {
            "str" => (0..count).map(|i| format!("string {i}").len()).sum(),
            _ => count - 1,
        };
        check(walk().map_err(failed)? == expected, kind)?;
        let graph = decode().map_err(failed)?;
        check(npy::encode_objects(&graph, &write).map_err(failed)? == data, kind)?;
        // serde-pickle is given what is behind the header.
        let path = self.folder.join("theirs-pickle");
        let offset = npy::Header::parse(&data, &read).map_err(failed)?.data_offset();
        std::fs::write(&path, data.slice(offset..)).map_err(Error::io(&path))?;
        self.job(Job {
            title: format!("npy of {count} {kind}, read"),
            verb: "load",
            protocol: "npy",
            count: 1,
            rounds,
            ways: vec![
                ("npbytes", 1, Box::new(|| decode().map(|all| drop(black_box(all))))),
                (
                    "npbytes, each looked at",
                    1,
                    Box::new(|| {
                        walk().map(|sum| {
                            black_box(sum);
                        })
                    }),
                ),
            ],
            peer: Some(&path),
        })?;
        self.job(Job {
            title: format!("npy of {count} {kind}, written"),
            verb: "dump",
            protocol: "npy",
            count: 1,
            rounds,
            ways: vec![(
                "npbytes",
                1,
                Box::new(|| npy::encode_objects(&graph, &write).map(|all| drop(black_box(all)))),
            )],
            peer: None,
        })
    }

    /// Lets all take turns at a job, and writes a row for each.
    fn job(&mut self, job: Job<'_>) -> Result<()> {
        let (mut theirs, mut peer) = (Times::new(), Times::new());
        let mut ours: Vec<Times> = vec![Times::new(); job.ways.len()];
        let word = format!("{} {} {}", job.verb, job.protocol, job.count);
        for _ in 0..job.rounds {
            theirs.push(self.numpy.ask(&word, "cpython", "", self.folder)?);
            for ((_, count, way), times) in job.ways.iter().zip(&mut ours) {
                times.push(clock::seconds(*count, way).map_err(failed)?);
            }
            if let (Some(peers), Some(path)) = (&mut self.peers, job.peer) {
                let count = format!("load {}", job.count);
                peer.push(peers.ask(&count, "serde-pickle", "pickle", path)?);
            }
        }
        let base = best(&theirs);
        self.row(&job.title, "CPython + NumPy", &theirs, base);
        for ((way, ..), times) in job.ways.iter().zip(&ours) {
            self.row(&job.title, way, times, base);
        }
        self.row(&job.title, "serde-pickle", &peer, base);
        Ok(())
    }

    fn row(&mut self, title: &str, who: &str, times: &Times, base: f64) {
        let least = best(times);
        if !least.is_finite() {
            return;
        }
        let (scale, unit) = if least < 1e-3 { (1e6, "us") } else { (1e3, "ms") };
        let (best, middle) = (least * scale, median(times) * scale);
        let times = format!("{best:.3} / {middle:.3} {unit}");
        let _ = writeln!(self.table, "{title:<34} {who:<24} {times:>25} {:>8.2}", base / least);
    }
}

fn check(same: bool, what: &str) -> Result<()> {
    if same { Ok(()) } else { Err(failed(format!("{what}: not what CPython has"))) }
}

fn word(protocol: &str) -> String {
    match protocol {
        "oob" => "protocol 5 oob".to_owned(),
        _ => format!("protocol {protocol}"),
    }
}

fn size_word(bytes: usize) -> String {
    if bytes < 1 << 20 { format!("{} KiB", bytes >> 10) } else { format!("{} MiB", bytes >> 20) }
}

/// Whether so much memory is free. Where nobody says, there is none.
fn has_memory(bytes: u64) -> bool {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let free = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let kib = free.and_then(|free| free.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    kib.is_some_and(|kib| kib << 10 >= bytes)
}
