//! Long downloads are load, but no reason to put an origin out.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

use super::{http::get, setup};
use crate::program::{PATIENCE, eventually};

/// More than the requests without an answer that put an origin out.
const DOWNLOADS: usize = 12;
const LENGTH: usize = 100_000;

/// An origin whose probes pass at once, and whose downloads drip until they may end.
fn dripping(may_end: &Arc<AtomicBool>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let may_end = Arc::clone(may_end);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let may_end = Arc::clone(&may_end);
            thread::spawn(move || answer(stream, &may_end));
        }
    });
    address
}

fn answer(stream: TcpStream, may_end: &AtomicBool) -> std::io::Result<()> {
    let mut lines = BufReader::new(&stream).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    while lines
        .next()
        .transpose()?
        .is_some_and(|line| !line.is_empty())
    {}
    let mut to = &stream;
    if first.contains("/health") {
        return to.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    }
    write!(
        to,
        "HTTP/1.1 200 OK\r\ncache-control: no-store\r\ncontent-length: {LENGTH}\r\n\r\n"
    )?;
    let mut sent = 0;
    while sent < LENGTH - 1 && !may_end.load(Relaxed) {
        to.write_all(b"x")?;
        sent += 1;
        thread::sleep(Duration::from_millis(20));
    }
    to.write_all(&vec![b'x'; LENGTH - sent])
}

/// Asks for a download and reads its beginning.
fn begin(proxy: SocketAddr, at: usize) -> TcpStream {
    let mut stream = TcpStream::connect(proxy).expect("the edge listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
    write!(
        stream,
        "GET /film-{at} HTTP/1.1\r\nHost: {proxy}\r\nConnection: close\r\n\r\n"
    )
    .expect("it is sent");
    let mut begun = [0; 15];
    stream.read_exact(&mut begun).expect("an answer begins");
    assert_eq!(&begun, b"HTTP/1.1 200 OK");
    stream
}

/// What the admin listener says of the one origin.
fn gauge(admin: SocketAddr, name: &str) -> f64 {
    let metrics = get(admin, "/metrics", &[]).text();
    let line = metrics.lines().find(|line| line.starts_with(name));
    let value = line.and_then(|line| line.rsplit(' ').next());
    value.and_then(|value| value.parse().ok()).unwrap_or(0.0)
}

fn standing(admin: SocketAddr) -> String {
    let status: serde_json::Value =
        serde_json::from_str(&get(admin, "/status", &[]).text()).expect("JSON");
    let standing = &status["pools"][0]["origins"][0]["standing"];
    standing.as_str().expect("a word").to_owned()
}

#[test]
fn long_downloads_put_nobody_out() {
    const IN_FLIGHT: &str = "eaves_health_origin_in_flight_requests{";
    const PROBES: &str = "eaves_health_probes_total{";
    let may_end = Arc::new(AtomicBool::new(false));
    let config = setup::ConfigFile::new(&setup::config(&[dripping(&may_end)], ""));
    let edge = setup::edge(&config);
    let (proxy, admin) = (edge.address("proxy"), edge.address("admin"));
    eventually(PATIENCE, "it is healthy", || {
        (standing(admin) == "healthy").then_some(())
    });
    // One after the other has its head: at no time do many wait for one.
    let downloads: Vec<_> = (0..DOWNLOADS).map(|at| begin(proxy, at)).collect();
    let probed = gauge(admin, PROBES);
    assert!(probed > 0.0);
    // As many probes as take two seconds at least, while all of them go on.
    eventually(PATIENCE, "ten more probes", || {
        assert_eq!(standing(admin), "healthy");
        (gauge(admin, PROBES) >= probed + 10.0).then_some(())
    });
    assert_eq!(gauge(admin, IN_FLIGHT), DOWNLOADS as f64, "they are load");
    may_end.store(true, Relaxed);
    for mut download in downloads {
        let mut rest = Vec::new();
        download.read_to_end(&mut rest).expect("the rest");
        let body = rest.iter().filter(|byte| **byte == b'x').count();
        assert!(body >= LENGTH, "{body} bytes came");
    }
    eventually(PATIENCE, "nothing is in flight", || {
        (gauge(admin, IN_FLIGHT) == 0.0).then_some(())
    });
    assert_eq!(standing(admin), "healthy");
}
