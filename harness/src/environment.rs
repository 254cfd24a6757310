//! Pythons with a pinned NumPy each, made on first use under `target/python-envs/`.
//!
//! Which NumPy goes with which Python is in [`pins`]; [`python`] finds interpreters. An environment
//! is built beside its final place and renamed, under a lock, so that test processes that start at
//! the same time neither build it twice nor see half of it.

pub mod pins;
pub mod python;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::error::{Error, Result};
use pins::{Pin, Slot};
use python::Python;

/// A Python with a NumPy, ready to run scripts.
#[derive(Clone, Debug)]
pub struct Environment {
    /// `numpy-1.26.4-cpython-3.11.7`.
    pub name: String,
    /// The NumPy release.
    pub numpy: String,
    /// The CPython release.
    pub python: String,
    /// Has it the 80-bit long double of x86 in 16 bytes?
    pub x87: bool,
    program: PathBuf,
    site: Option<PathBuf>,
}

/// Which environments to use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// Two: the last NumPy 1.x and the newest one, or their fallbacks.
    #[default]
    Default,
    /// Every pinned NumPy that some Python here can run.
    All,
}

/// Environments, and what was asked for and is not among them.
#[derive(Debug)]
pub struct Environments {
    /// Ready to use.
    pub ready: Vec<Environment>,
    /// One line each: what was left out or replaced, and why.
    pub notes: Vec<String>,
}

/// What `print` in a fresh interpreter says about NumPy; the harness writes it beside the
/// environment so that later runs need not ask again.
const PROBE: &str = "
import json, sys, numpy
sys.stdout.write(json.dumps({
    'numpy': numpy.__version__,
    'python': '%d.%d.%d' % sys.version_info[:3],
    'x87': int(numpy.finfo(numpy.longdouble).nmant) == 63
        and numpy.dtype(numpy.longdouble).itemsize == 16 and sys.byteorder == 'little',
}))
";

impl Choice {
    /// [`Choice::All`] when the variable `NPBYTES_ENVS` is `all`.
    pub fn from_env() -> Choice {
        match std::env::var("NPBYTES_ENVS") {
            Ok(value) if value == "all" => Choice::All,
            _ => Choice::Default,
        }
    }
}

/// Makes, or finds made, the environments of a choice.
///
/// # Errors
/// [`Error::NoPython`] when a default environment has no interpreter, [`Error::Environment`] when
/// one cannot be built. Environments beyond the default ones are left out with a note instead.
pub fn environments(choice: Choice) -> Result<Environments> {
    let pythons = python::Pythons::new();
    let mut found = Environments { ready: Vec::new(), notes: Vec::new() };
    for slot in pins::DEFAULT {
        let (pin, python) = choose(slot, &pythons)?;
        if pin.numpy != slot.pins[0].numpy {
            found.notes.push(format!(
                "{} stands in for {}: no CPython {} found ({})",
                pin.numpy,
                slot.pins[0].numpy,
                slot.pins[0].pythons(),
                python::HOW_TO_HAVE_MORE,
            ));
        }
        found.add(make(pin, &python)?);
    }
    if choice == Choice::All {
        for &(pin, version) in pins::ALL {
            let wanted = format!("NumPy {} on CPython {}.{}", pin.numpy, version.0, version.1);
            match pythons.of_version(version) {
                None => found.notes.push(format!("{wanted}: skipped, no such Python found")),
                Some(python) => match make(pin, &python) {
                    Ok(environment) => found.add(environment),
                    Err(error) => found.notes.push(format!("{wanted}: skipped, {error}")),
                },
            }
        }
    }
    Ok(found)
}

/// The environments of a choice, and more Pythons, as archives are written by Python's `zipfile`:
/// those that are found here, with a note on each that is not.
///
/// # Errors
/// As [`environments`].
pub fn for_archives(choice: Choice) -> Result<Environments> {
    let mut found = environments(choice)?;
    let pythons = python::Pythons::new();
    for row in pins::ARCHIVES {
        let mut causes = Vec::new();
        for &(pin, version) in *row {
            let wanted = format!("CPython {}.{}", version.0, version.1);
            match pythons.of_version(version).map(|python| make(pin, &python)) {
                None => causes.push(format!("no {wanted} found")),
                Some(Err(error)) => causes.push(error.to_string()),
                Some(Ok(environment)) => {
                    causes.clear();
                    found.add(environment);
                    break;
                }
            }
        }
        if !causes.is_empty() {
            let note = format!("archives: skipped a kind of zipfile: {}", causes.join(", "));
            found.notes.push(note);
        }
    }
    Ok(found)
}

/// The environment with pyarrow, polars and DuckDB.
///
/// # Errors
/// As [`environments`].
pub fn for_arrow() -> Result<Environment> {
    let pythons = python::Pythons::new();
    let (pin, python) = choose(&pins::ARROW, &pythons)?;
    make(pin, &python)
}

impl Environments {
    /// Is no Python here newer than that of an environment?
    pub fn is_newest_python(&self, environment: &Environment) -> bool {
        let newest = self.ready.iter().map(Environment::python_version).max();
        newest == Some(environment.python_version())
    }

    fn add(&mut self, environment: Environment) {
        if self.ready.iter().all(|other| other.name != environment.name) {
            self.ready.push(environment);
        }
    }
}

/// The first pin of the slot that some Python can run; the Python at hand comes first.
fn choose(slot: &Slot, pythons: &python::Pythons) -> Result<(&'static Pin, Python)> {
    if pythons.at_hand().is_none() && pythons.others().is_empty() {
        return Err(Error::NoPython {
            need: format!(
                "no Python 3 found, and the tests run real NumPy: {}",
                python::HOW_TO_HAVE_MORE
            ),
        });
    }
    for &pin in slot.pins {
        let mut candidates = pythons.at_hand().into_iter().chain(pythons.others());
        if let Some(python) = candidates.find(|python| pin.versions.contains(&python.version)) {
            return Ok((pin, python.clone()));
        }
    }
    Err(Error::NoPython {
        need: format!(
            "NumPy {} needs CPython {}, and none was found: {}",
            slot.pins[0].numpy,
            slot.pins[0].pythons(),
            python::HOW_TO_HAVE_MORE,
        ),
    })
}

/// Builds the environment unless it is there.
fn make(pin: &'static Pin, python: &Python) -> Result<Environment> {
    let base = target_dir().join("python-envs");
    fs::create_dir_all(&base).map_err(Error::io(&base))?;
    let with = pin.with.map(|with| format!("{with}-")).unwrap_or_default();
    let name = format!("{with}numpy-{}-cpython-{}", pin.numpy, python.release);
    // The directory changes with the pinned hashes and with the interpreter behind it.
    let mut digest = Sha256::new();
    digest.update(pin.requirements);
    digest.update(python.program.to_string_lossy().as_bytes());
    let directory = base.join(format!("{name}-{}", &hex(&digest.finalize())[..8]));
    if let Some(environment) = open(&name, &directory, python) {
        return Ok(environment);
    }
    let lock = base.join(format!("{name}.lock"));
    locked(&lock, || {
        if let Some(environment) = open(&name, &directory, python) {
            return Ok(environment);
        }
        // Not captured by the test runner: a first run that downloads should say so.
        let _ = writeln!(std::io::stderr(), "making {}", directory.display());
        let partial = directory.with_extension("partial");
        if partial.exists() {
            fs::remove_dir_all(&partial).map_err(Error::io(&partial))?;
        }
        install(&name, pin, python, &partial)?;
        fs::rename(&partial, &directory).map_err(Error::io(&directory))?;
        open(&name, &directory, python).ok_or_else(|| Error::Environment {
            name: name.clone(),
            cause: format!("{} does not open after it was made", directory.display()),
        })
    })?
}

/// Runs `work` while holding an exclusive lock on a file, which is made if need be.
pub(crate) fn locked<T>(path: &Path, work: impl FnOnce() -> T) -> Result<T> {
    let file = fs::File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(Error::io(path))?;
    let mut lock = fd_lock::RwLock::new(file);
    let _guard = lock.write().map_err(Error::io(path))?;
    Ok(work())
}

/// A finished environment, if it is one.
fn open(name: &str, directory: &Path, python: &Python) -> Option<Environment> {
    let probe: Value =
        serde_json::from_slice(&fs::read(directory.join("ready.json")).ok()?).ok()?;
    let (program, site) = programs(directory, python);
    Some(Environment {
        name: name.to_owned(),
        numpy: probe["numpy"].as_str()?.to_owned(),
        python: probe["python"].as_str()?.to_owned(),
        x87: probe["x87"].as_bool()?,
        program,
        site,
    })
}

/// The interpreter of an environment, and the folder to import from where that is not its own.
fn programs(directory: &Path, python: &Python) -> (PathBuf, Option<PathBuf>) {
    if python.version.0 == 2 {
        // Python 2 has no venv: its packages go into a folder beside the interpreter's own.
        (python.program.clone(), Some(directory.join("site")))
    } else {
        (directory.join("bin").join("python"), None)
    }
}

fn install(name: &str, pin: &Pin, python: &Python, partial: &Path) -> Result<()> {
    fs::create_dir_all(partial).map_err(Error::io(partial))?;
    let requirements = partial.join("requirements.txt");
    fs::write(&requirements, pin.requirements).map_err(Error::io(&requirements))?;
    let failed = |cause: String| Error::Environment { name: name.to_owned(), cause };
    let (program, site) = programs(partial, python);
    if site.is_none() {
        let mut venv = command(&python.program);
        venv.arg("-m").arg("venv").arg(partial);
        run(venv).map_err(|cause| {
            failed(format!(
                "`{} -m venv` failed (Debian and Ubuntu need the package python3-venv):\n{cause}",
                python.program.display(),
            ))
        })?;
    }
    let mut pip = command(&program);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    pip.args(["--no-deps", "--require-hashes", "-r"]).arg(&requirements);
    if let Some(site) = &site {
        pip.arg("--target").arg(site);
    }
    run(pip)
        .map_err(|cause| failed(format!("pip could not install NumPy {}:\n{cause}", pin.numpy)))?;
    let mut probe = command(&program);
    probe.args(["-c", PROBE]);
    if let Some(site) = &site {
        probe.env("PYTHONPATH", site);
    }
    let answer = run(probe).map_err(|cause| failed(format!("NumPy does not import:\n{cause}")))?;
    let ready = partial.join("ready.json");
    fs::write(&ready, answer).map_err(Error::io(&ready))
}

/// Runs a command; its stdout, or the end of its stderr.
fn run(mut command: Command) -> Result<Vec<u8>, String> {
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(tail(&String::from_utf8_lossy(&output.stderr)))
    }
}

/// A command that runs a Python: what the caller's shell says about others is not for it.
fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    for variable in ["PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONWARNINGS", "VIRTUAL_ENV"] {
        command.env_remove(variable);
    }
    command.env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONIOENCODING", "utf-8");
    command
}

/// The last lines of a long message.
fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(25)..].join("\n")
}

impl Environment {
    /// Runs a script file with arguments in this environment.
    ///
    /// # Errors
    /// [`Error::Script`] with the end of its stderr when it does not exit with 0.
    pub fn run(&self, script: &Path, arguments: &[&Path]) -> Result<()> {
        let mut command = self.command();
        command.arg(script).args(arguments);
        let output = command.output().map_err(Error::io(&self.program))?;
        if output.status.success() {
            return Ok(());
        }
        let stderr = tail(&String::from_utf8_lossy(&output.stderr));
        let stderr = format!("{stderr}\n({})", output.status);
        Err(Error::Script { script: script.to_path_buf(), stderr })
    }

    /// Its interpreter, ready to be given a script.
    pub(crate) fn command(&self) -> Command {
        let mut command = command(&self.program);
        if let Some(site) = &self.site {
            command.env("PYTHONPATH", site);
        }
        command
    }

    /// The interpreter.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// The profile that npbytes imitates it with.
    ///
    /// # Errors
    /// When the version texts are not versions, which npbytes reports.
    pub fn profile(&self) -> Result<npbytes::Profile, npbytes::Error> {
        Ok(npbytes::Profile { numpy: self.numpy.parse()?, python: self.python.parse()? })
    }

    /// `(major, minor)` of the NumPy release.
    pub fn numpy_version(&self) -> (u32, u32) {
        two_parts(&self.numpy)
    }

    /// `(major, minor)` of the CPython release.
    pub fn python_version(&self) -> (u32, u32) {
        two_parts(&self.python)
    }

    /// Does npbytes follow its texts and verdicts, too? The bytes of older ones are the same, but
    /// what they print and accept was not measured.
    pub fn has_known_texts(&self) -> bool {
        self.numpy_version() >= (1, 23) && self.python_version() >= (3, 8)
    }

    /// Does its `zipfile` write the local headers of CPython 3.10 and before? Only to choose what to
    /// compare: npbytes decides by itself.
    pub fn has_old_zipfile(&self) -> bool {
        self.python_version() < (3, 11)
    }

    /// Is it a Python 2?
    pub fn is_python2(&self) -> bool {
        self.python.starts_with("2.")
    }
}

fn two_parts(version: &str) -> (u32, u32) {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}

/// The cargo target directory that the running program was built into; `target` of the workspace
/// when it stands elsewhere.
pub fn target_dir() -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    let mut ancestors = program.ancestors();
    ancestors.find(|folder| folder.join("CACHEDIR.TAG").is_file()).map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("target"),
        Path::to_path_buf,
    )
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
