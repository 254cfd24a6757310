//! A process that does a job when it is asked, and says how long it took.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::failed;
use crate::environment::{Environment, target_dir};
use crate::error::{Error, Result};

pub(super) struct Worker {
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Worker {
    /// NumPy.
    pub(super) fn python(environment: &Environment, script: &Path) -> Result<Worker> {
        let mut command = environment.command();
        command.arg(script).arg("-");
        Worker::start(command)
    }

    /// npyz and ndarray-npy, in a program that is built without npbytes.
    pub(super) fn peers() -> Result<Worker> {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers").join("Cargo.toml");
        let target = target_dir().join("peers");
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = Command::new(cargo);
        build.args(["build", "--release", "--locked", "--quiet", "--manifest-path"]).arg(manifest);
        let built = build.env("CARGO_TARGET_DIR", &target).status().map_err(failed)?;
        if !built.success() {
            return Err(failed("harness/peers does not build"));
        }
        Worker::start(Command::new(target.join("release").join("npbytes-peers")))
    }

    fn start(mut command: Command) -> Result<Worker> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(failed)?;
        let questions = child.stdin.take();
        let answers = child.stdout.take().ok_or_else(|| failed("no answers"))?;
        Ok(Worker { child, questions, answers: BufReader::new(answers) })
    }

    /// Has a job done; how many seconds it took.
    pub(super) fn ask(&mut self, job: &str, who: &str, kind: &str, path: &Path) -> Result<f64> {
        let questions = self.questions.as_mut().ok_or_else(|| failed("it was ended"))?;
        writeln!(questions, "{job}\t{who}\t{kind}\t{}", path.display())
            .and_then(|()| questions.flush())
            .map_err(Error::io(path))?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer).map_err(Error::io(path))?;
        answer.trim().parse().map_err(|_| failed(format!("{who} cannot {job}: {answer:?}")))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It ends where its questions do.
        self.questions = None;
        let _ = self.child.wait();
    }
}
