//! Starts example programs as their users do, on ports picked at run time, and ends them by id.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, ChildStdout, Command, Output, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

/// How long something may take that should take no time; generous, since machines are shared.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// An example program of this build; `cargo test` builds examples before it runs tests.
pub(crate) fn path(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("the test's own path");
    let profile = test.ancestors().nth(2).expect("target/PROFILE");
    let path = profile.join("examples").join(name);
    assert!(
        path.exists(),
        "{} is missing: cargo build --examples",
        path.display()
    );
    path
}

/// Runs an example program to its end.
pub(crate) fn run(name: &str, args: &[&str]) -> Output {
    Command::new(path(name))
        .args(args)
        .output()
        .expect("the program starts")
}

/// A running `edge`; dropped, it is killed.
pub(crate) struct Edge {
    child: Child,
    lines: mpsc::Receiver<String>,
    /// What it said until it was ready.
    pub(crate) banner: Vec<String>,
}

impl Edge {
    /// Starts `edge` and waits until it has printed `until`, its last line before it serves.
    pub(crate) fn start(args: &[&str]) -> Self {
        Self::start_with(args, &[])
    }

    /// The same with variables in its environment.
    pub(crate) fn start_with(args: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut child = Command::new(path("edge"))
            .args(args)
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("edge starts");
        let lines = read_lines(child.stdout.take().expect("stdout is piped"));
        let mut edge = Self {
            child,
            lines,
            banner: Vec::new(),
        };
        edge.wait_ready();
        edge
    }

    fn wait_ready(&mut self) {
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|error| panic!("{error}; edge said {:#?}", self.banner));
            if line == "ready" {
                return;
            }
            self.banner.push(line);
        }
    }

    /// The address that the banner gives for `what` (`proxy`, `dns`, `admin`, `origin`).
    pub(crate) fn address(&self, what: &str) -> SocketAddr {
        self.banner
            .iter()
            .find_map(|line| line.strip_prefix(what))
            .and_then(|rest| rest.split_whitespace().next())
            .map(|word| word.trim_start_matches("http://").trim_end_matches('/'))
            .and_then(|word| word.parse().ok())
            .unwrap_or_else(|| panic!("no address of {what} in {:#?}", self.banner))
    }

    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by name (`TERM`, `HUP`, `KILL`).
    pub(crate) fn signal(&self, name: &str) {
        // The shell's own `kill`: not every system has a program of that name.
        let status = Command::new("sh")
            .args(["-c", &format!("kill -{name} {}", self.id())])
            .status()
            .expect("a shell runs");
        assert!(status.success());
    }

    /// Waits for a line that contains `part`, and returns it.
    pub(crate) fn line_with(&self, part: &str) -> String {
        let end = Instant::now() + PATIENCE;
        let mut seen = Vec::new();
        while let Ok(line) = self
            .lines
            .recv_timeout(end.saturating_duration_since(Instant::now()))
        {
            if line.contains(part) {
                return line;
            }
            seen.push(line);
        }
        panic!("no line with {part:?} came; these did: {seen:#?}");
    }

    /// Waits for the end; returns the exit code and what it still said.
    pub(crate) fn wait(mut self) -> (Option<i32>, Vec<String>) {
        let status = self.child.wait().expect("edge ends");
        (status.code(), self.lines.iter().collect())
    }

    /// The resident set in bytes, where the system tells (`None` elsewhere).
    pub(crate) fn resident(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
        let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
        Some(kib * 1024)
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_lines(stdout: ChildStdout) -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel();
    std::thread::spawn(move || {
        let mut stdout = BufReader::new(stdout);
        let mut line = String::new();
        while stdout
            .by_ref()
            .take(64 * 1024)
            .read_line(&mut line)
            .is_ok_and(|read| read > 0)
        {
            if sender.send(line.trim_end().to_owned()).is_err() {
                return;
            }
            line.clear();
        }
    });
    lines
}

/// Says whether a client program is there; where nothing may be skipped (CI), it must be.
pub(crate) fn has(program: &str) -> bool {
    let there = Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok();
    let ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty());
    assert!(
        there || !ci,
        "{program} is not installed, and nothing is skipped here"
    );
    if !there {
        println!("{program} is not installed: a Rust client takes its place");
    }
    there
}

/// Calls `check` until it returns something, for at most `limit`.
pub(crate) fn eventually<T>(
    limit: Duration,
    what: &str,
    mut check: impl FnMut() -> Option<T>,
) -> T {
    let end = Instant::now() + limit;
    loop {
        if let Some(value) = check() {
            return value;
        }
        assert!(
            Instant::now() < end,
            "{what} did not happen within {limit:?}"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}
