//! `cache-proxy` over a disk, ended as service managers end programs, and started again.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use crate::program::{self, PATIENCE};

/// Objects, each with a length of its own.
const OBJECTS: u64 = 40;

/// An origin that counts how often it is asked.
struct Origin {
    address: SocketAddr,
    asked: Arc<AtomicU64>,
}

impl Origin {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let asked = Arc::new(AtomicU64::new(0));
        let counted = asked.clone();
        // It ends with the tests.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                counted.fetch_add(1, Ordering::SeqCst);
                answer(stream);
            }
        });
        Self { address, asked }
    }

    fn asked(&self) -> u64 {
        self.asked.load(Ordering::SeqCst)
    }
}

/// Answers one request; the length of the body is in the path.
fn answer(stream: TcpStream) {
    let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
    let Some(first) = lines.next() else { return };
    lines.find(String::is_empty);
    let len = first
        .split(['/', ' '])
        .find_map(|part| part.parse().ok())
        .unwrap_or(0);
    let head = format!(
        "HTTP/1.1 200 OK\r\ncache-control: max-age=3600\r\ncontent-length: {len}\r\nconnection: close\r\n\r\n"
    );
    let body = vec![b'x'; len];
    // Who does not want it any more goes without.
    let _ = (&stream).write_all(&[head.as_bytes(), &body].concat());
}

/// A running `cache-proxy`; dropped, it is killed.
struct Proxy {
    child: Child,
    said: BufReader<ChildStdout>,
    address: SocketAddr,
}

impl Proxy {
    fn start(origin: &Origin, disk: &Path, more: &[&str]) -> Self {
        let mut child = Command::new(program::path("cache-proxy"))
            .args(["127.0.0.1:0", &origin.address.to_string(), "--disk"])
            .arg(disk)
            .args(more)
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut said = BufReader::new(child.stdout.take().expect("stdout is piped"));
        let mut line = String::new();
        said.read_line(&mut line).expect("it says where it listens");
        let address = line.split(['/', ' ']).find_map(|part| part.parse().ok());
        Self {
            child,
            said,
            address: address.expect(&line),
        }
    }

    /// The Cache-Status of an object, all of which is read.
    fn get(&self, len: u64) -> String {
        let mut stream = TcpStream::connect(self.address).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
        let request =
            format!("GET /{len} HTTP/1.1\r\nhost: a.example\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        assert_eq!(body.len() as u64, len, "{head}");
        let mut lines = head.lines();
        let status = lines.find_map(|line| line.strip_prefix("cache-status: "));
        status.expect(head).to_owned()
    }

    /// Asks it to end, and returns what it said when it had.
    fn end(mut self) -> String {
        let kill = format!("kill -TERM {}", self.child.id());
        let asked = Command::new("sh").args(["-c", &kill]).status();
        assert!(asked.expect("a shell runs").success());
        let mut said = String::new();
        self.said.read_to_string(&mut said).expect("text");
        let status = self.child.wait().expect("it ends");
        assert!(status.success(), "{status}: {said}");
        said
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Lengths that no two objects share.
fn lengths() -> impl Iterator<Item = u64> {
    (0..OBJECTS).map(|n| 100 + n * 500)
}

#[test]
fn the_first_request_after_a_clean_stop_is_a_hit() {
    let (origin, folder) = (Origin::start(), tempfile::tempdir().expect("a folder"));
    let proxy = Proxy::start(&origin, folder.path(), &[]);
    for len in lengths() {
        let status = proxy.get(len);
        assert!(status.contains("fwd=uri-miss"), "{status}");
    }
    assert_eq!(origin.asked(), OBJECTS);
    let said = proxy.end();
    assert!(
        said.starts_with(&format!("wrote {OBJECTS} objects")),
        "{said}"
    );
    assert!(said.contains("left 0, 0 refused"), "{said}");

    let proxy = Proxy::start(&origin, folder.path(), &[]);
    for len in lengths() {
        let status = proxy.get(len);
        assert!(status.starts_with("eaves; hit"), "{len}: {status}");
    }
    assert_eq!(origin.asked(), OBJECTS, "nobody was sent to the origin");
}

#[test]
fn within_a_limit_the_hottest_objects_are_kept() {
    let (origin, folder) = (Origin::start(), tempfile::tempdir().expect("a folder"));
    let limit = ["--drain", "25KiB"];
    let proxy = Proxy::start(&origin, folder.path(), &limit);
    lengths().for_each(|len| _ = proxy.get(len));
    let hottest = [19_600, 3_100];
    for len in hottest.iter().cycle().take(12) {
        proxy.get(*len);
    }
    let said = proxy.end();
    assert!(!said.contains("left 0"), "{said}");

    let proxy = Proxy::start(&origin, folder.path(), &limit);
    for len in hottest {
        let status = proxy.get(len);
        assert!(status.starts_with("eaves; hit"), "{len}: {status}; {said}");
    }
}
