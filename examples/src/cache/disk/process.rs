//! [`Process`]: a writer in a process of its own, which hears what it says until it is killed.

use std::{
    env,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use super::{Error, cli::Crash, writer::Line};

/// A writer that runs.
pub(super) struct Process {
    child: Child,
    said: BufReader<ChildStdout>,
    purged: Vec<u64>,
}

impl Process {
    pub(super) fn start(args: &Crash, dir: &Path, seed: u64) -> Result<Self, Error> {
        let program = env::current_exe().map_err(Error::io("find this program"))?;
        let (budget, seed) = (args.budget.to_string(), seed.to_string());
        let mut child = Command::new(program)
            .args(["write", "--budget", &budget, "--seed", &seed, "--dir"])
            .arg(dir)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(Error::io("start the writer"))?;
        let stdout = child.stdout.take().expect("it was asked for above");
        Ok(Self {
            child,
            said: BufReader::new(stdout),
            purged: Vec::new(),
        })
    }

    /// Waits until something lies on the disk, or the writer has ended.
    pub(super) fn wait_until_written(&mut self) -> Result<(), Error> {
        while let Some(line) = self.line()? {
            match line {
                Line::Written => break,
                Line::Purged(epoch) => self.purged.push(epoch),
            }
        }
        Ok(())
    }

    /// Kills it, and returns the epochs of the purges that it had been told were safe.
    pub(super) fn kill(mut self) -> Result<Vec<u64>, Error> {
        self.child.kill().map_err(Error::io("kill the writer"))?;
        let ended = self.child.wait();
        ended.map_err(Error::io("wait for the writer's end"))?;
        while let Some(line) = self.line()? {
            if let Line::Purged(epoch) = line {
                self.purged.push(epoch);
            }
        }
        Ok(self.purged)
    }

    /// The next whole line; none at the end.
    fn line(&mut self) -> Result<Option<Line>, Error> {
        let mut text = String::new();
        let read = self.said.read_line(&mut text);
        read.map_err(Error::io("read from the writer"))?;
        Ok(text.strip_suffix('\n').and_then(Line::parse))
    }
}
