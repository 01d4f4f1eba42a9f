//! Programs: run in a process group of their own, read within bounds, killed with all they started.

use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::{Child, Command},
};

use super::asking::{Asking, broken};
use crate::probe::{CommandQuestion, Reason};

impl Asking<'_> {
    pub(super) async fn ask_command(&mut self, question: &CommandQuestion) -> Result<(), Reason> {
        let mut group = Group(self.start_command(question)?);
        let output = match group.0.stdout.take() {
            Some(stdout) => read(stdout, question.max_output).await.map_err(broken)?,
            None => Vec::new(),
        };
        // Only now: once it was waited for, its number may belong to another.
        let status = group.0.wait().await.map_err(broken)?;
        self.concern = question.judge(status.code(), &output)?;
        Ok(())
    }

    fn start_command(&self, question: &CommandQuestion) -> Result<Child, Reason> {
        let mut command = Command::new(&question.program);
        command.args(&question.args).env_clear();
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command
            .envs(question.environment(self.probe.addr))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .kill_on_drop(true);
        command.spawn().map_err(|error| Reason::Broken {
            detail: format!("{}: {error}", question.program),
        })
    }
}

/// Kills the program with its group, unless it has ended.
struct Group(Child);

impl Drop for Group {
    fn drop(&mut self) {
        let id = self.0.id().and_then(|id| i32::try_from(id).ok());
        if let Some(group) = id.and_then(Pid::from_raw) {
            // It may be gone already, which is all that is wanted.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

/// Reads to the end and keeps the beginning, so that no program is blocked by our not reading.
async fn read(mut from: impl AsyncRead + Unpin, keep: usize) -> std::io::Result<Vec<u8>> {
    let mut kept = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = from.read(&mut buffer).await?;
        if count == 0 {
            return Ok(kept);
        }
        let room = keep - kept.len();
        kept.extend_from_slice(&buffer[..count.min(room)]);
    }
}
