//! Real servers for tests, on ports picked at run time and ended by id.
#![expect(clippy::disallowed_methods, reason = "servers run in real time")]
#![allow(clippy::print_stdout, reason = "a test that is skipped says so")]

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// A `redis-server` of this test; dropped, it is killed.
pub(crate) struct Server {
    child: Option<Child>,
    pub(crate) port: u16,
    args: Vec<String>,
}

/// How long a server may take; generous, since machines are shared.
const PATIENCE: Duration = Duration::from_secs(90);

/// Says whether there is a `redis-server`; where nothing may be skipped (CI), there must be.
pub(crate) fn installed() -> bool {
    let there = Command::new("redis-server")
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .is_ok();
    let ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty());
    assert!(
        there || !ci,
        "redis-server is not installed, and nothing is skipped here"
    );
    if !there {
        println!("redis-server is not installed: skipped");
    }
    there
}

impl Server {
    /// Starts a server that keeps nothing.
    pub(crate) fn start() -> Self {
        Self::start_with(Vec::new)
    }

    /// Starts a server with more arguments, which are made anew for each try: another process may take a
    /// port before the server does.
    fn start_with(args: impl Fn() -> Vec<String>) -> Self {
        let tries = (0..10).filter_map(|_| {
            let mut server = Self {
                child: None,
                port: free_port(),
                args: args(),
            };
            server.run().then_some(server)
        });
        tries.take(1).last().expect("a server starts")
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Starts the process, and says whether it serves.
    pub(crate) fn run(&mut self) -> bool {
        let port = self.port.to_string();
        let fixed = [
            "--port",
            &port,
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
        ];
        let child = Command::new("redis-server")
            .args(fixed)
            .args(&self.args)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server starts");
        let child = self.child.insert(child);
        let end = Instant::now() + PATIENCE;
        while child.try_wait().is_ok_and(|ended| ended.is_none()) && Instant::now() < end {
            if command(self.port, &["PING"]).is_some_and(|answer| answer.starts_with("+PONG")) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }

    /// Ends the process at once.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Sends the process a signal by name.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.as_ref().expect("it runs").id();
        // The shell's own `kill`: not every system has a program of that name.
        let status = Command::new("sh")
            .args(["-c", &format!("kill -{name} {id}")])
            .status();
        assert!(status.expect("a shell runs").success());
    }

    /// Runs a command, and returns what the server says.
    pub(crate) fn command(&self, words: &[&str]) -> String {
        command(self.port, words).expect("it answers")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        if let Some(file) = self.arg("--cluster-config-file") {
            let _ = std::fs::remove_file(std::env::temp_dir().join(file));
        }
    }
}

/// Three masters that share the slots.
pub(crate) fn cluster() -> Vec<Server> {
    let servers: Vec<Server> = (0..3).map(|_| Server::start_with(master)).collect();
    let slots = [("0", "5460"), ("5461", "10922"), ("10923", "16383")];
    for (server, (from, to)) in servers.iter().zip(slots) {
        assert!(
            server
                .command(&["CLUSTER", "ADDSLOTSRANGE", from, to])
                .starts_with("+OK")
        );
        let bus = servers[0].bus();
        let first = servers[0].port.to_string();
        assert!(
            server
                .command(&["CLUSTER", "MEET", "127.0.0.1", &first, &bus])
                .starts_with("+OK")
        );
    }
    let end = Instant::now() + PATIENCE;
    let ready = |server: &Server| {
        let info = server.command(&["CLUSTER", "INFO"]);
        [
            "cluster_state:ok",
            "cluster_known_nodes:3",
            "cluster_slots_ok:16384",
        ]
        .iter()
        .all(|line| info.contains(line))
    };
    while !servers.iter().all(ready) {
        assert!(Instant::now() < end, "the cluster does not form");
        std::thread::sleep(Duration::from_millis(50));
    }
    servers
}

impl Server {
    fn bus(&self) -> String {
        self.arg("--cluster-port")
            .expect("a cluster's node")
            .to_owned()
    }

    fn arg(&self, name: &str) -> Option<&str> {
        let at = self.args.iter().position(|arg| arg == name)?;
        self.args.get(at + 1).map(String::as_str)
    }
}

/// The arguments of a cluster's node; its bus takes a port of its own.
fn master() -> Vec<String> {
    let bus = free_port().to_string();
    let file = format!("eaves-test-{}-{bus}.conf", std::process::id());
    let dir = std::env::temp_dir().to_string_lossy().into_owned();
    let args = [
        ["--dir", &dir],
        ["--cluster-enabled", "yes"],
        ["--cluster-port", &bus],
        ["--cluster-config-file", &file],
        ["--cluster-require-full-coverage", "no"],
    ];
    args.concat().into_iter().map(str::to_owned).collect()
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

/// Says one command to a server and hears one answer, without a library.
fn command(port: u16, words: &[&str]) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .ok()?;
    let mut text = format!("*{}\r\n", words.len());
    for word in words {
        text += &format!("${}\r\n{word}\r\n", word.len());
    }
    stream.write_all(text.as_bytes()).ok()?;
    let mut answer = vec![0; 64 * 1024];
    let read = stream.read(&mut answer).ok()?;
    answer.truncate(read);
    Some(String::from_utf8_lossy(&answer).into_owned())
}
