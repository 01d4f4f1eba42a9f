//! Garbage and idlers are refused clearly, memory stays bounded, and the service goes on.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use super::{
    dns::{datagram, stream},
    http::{exchange, get},
    names::query,
};
use crate::program::{Edge, PATIENCE};

/// How much a thousand idle connections and all the garbage may add to the resident set.
const ROOM: u64 = 48 << 20;

fn status(answer: &[u8]) -> u16 {
    let line = String::from_utf8_lossy(answer);
    line.split(' ')
        .nth(1)
        .and_then(|word| word.parse().ok())
        .unwrap_or(0)
}

#[test]
fn garbage_is_refused_and_the_service_goes_on() {
    let edge = Edge::start(&[]);
    let (proxy, dns) = (edge.address("proxy"), edge.address("dns"));
    assert_eq!(get(proxy, "/page", &[]).status, 200);
    let before = edge.resident();

    assert_eq!(
        status(&exchange(proxy, b"\x16\x03\x01 not http at all\r\n\r\n").unwrap()),
        400
    );
    assert_eq!(
        status(&exchange(proxy, b"GET / HTTP/1.1\r\n\r\n").unwrap()),
        400,
        "no Host"
    );
    let long = format!(
        "GET / HTTP/1.1\r\nHost: a\r\nX-Long: {}\r\n\r\n",
        "a".repeat(200_000)
    );
    assert_eq!(oversized(proxy, long.as_bytes()), 431);
    let many: String = (0..2000).map(|at| format!("X-{at}: 1\r\n")).collect();
    let many = format!("GET / HTTP/1.1\r\nHost: a\r\n{many}\r\n");
    assert_eq!(oversized(proxy, many.as_bytes()), 431);

    pointers(dns);
    let idle = idle_connections(proxy, room_for_connections());
    assert_eq!(
        get(proxy, "/page", &[]).status,
        200,
        "served beside {} idle ones",
        idle.len()
    );
    let after = edge.resident();
    if let (Some(before), Some(after)) = (before, after) {
        println!(
            "resident: {} KiB before, {} KiB after",
            before >> 10,
            after >> 10
        );
        assert!(after < before + ROOM, "{before} to {after} bytes");
    }
    drop(idle);
    assert!(datagram(dns, &query(9, "www.edge.test", 1)).is_some());
}

/// The server may answer and close before it has read everything.
fn oversized(proxy: SocketAddr, bytes: &[u8]) -> u16 {
    let mut stream = TcpStream::connect(proxy).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let _ = stream.write_all(bytes);
    let mut answer = [0; 1024];
    let length = stream.read(&mut answer).unwrap_or(0);
    status(&answer[..length])
}

/// A 64 KiB message whose names are pointers to pointers.
fn pointers(dns: SocketAddr) {
    let mut message = vec![0, 1, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 0];
    while message.len() < 65_530 {
        let back = u16::try_from((message.len() - 2).min(0x3fff)).unwrap();
        message.extend((0xc000 | back).to_be_bytes());
    }
    let answer = stream(dns, &message);
    if let Some(answer) = answer {
        assert_eq!(answer[3] & 0x0f, 1, "FORMERR");
    }
    for garbage in [&b""[..], b"\0", &[0xff; 11], &[0xff; 512], &message[..4096]] {
        if let Some(answer) = datagram_quick(dns, garbage) {
            assert_ne!(answer[3] & 0x0f, 0, "garbage is not answered with success");
        }
    }
}

fn datagram_quick(dns: SocketAddr, message: &[u8]) -> Option<Vec<u8>> {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    socket
        .set_read_timeout(Some(Duration::from_millis(300)))
        .unwrap();
    socket.send_to(message, dns).unwrap();
    let mut answer = vec![0; 4096];
    let length = socket.recv(&mut answer).ok()?;
    answer.truncate(length);
    Some(answer)
}

/// A thousand, or on a system that lets a process open fewer files as many as it does.
fn room_for_connections() -> usize {
    let output = std::process::Command::new("sh")
        .args(["-c", "ulimit -n"])
        .output();
    let limit = output
        .ok()
        .and_then(|output| String::from_utf8(output.stdout).ok());
    let files = limit.and_then(|limit| limit.trim().parse::<usize>().ok());
    let count = files.map_or(1000, |files| files.saturating_sub(100).min(1000));
    if count < 1000 {
        println!("this system allows {count} connections only");
    }
    let ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty());
    assert!(
        count == 1000 || !ci,
        "CI must allow 1000 connections: ulimit -n 4096"
    );
    count
}

/// Opens connections that say half a request and then nothing.
fn idle_connections(proxy: SocketAddr, count: usize) -> Vec<TcpStream> {
    (0..count)
        .map(|at| {
            let mut stream = TcpStream::connect(proxy)
                .unwrap_or_else(|error| panic!("connection {at}: {error}"));
            stream.write_all(b"GET / HTTP/1.1\r\nHost: half").unwrap();
            stream
        })
        .collect()
}

#[test]
fn a_half_request_is_ended_after_the_head_timeout() {
    let origin = super::setup::origin("one", "127.0.0.1:0");
    let text = super::setup::config(&[origin.address("origin")], "");
    let text = text.replace("head_timeout = \"60s\"", "head_timeout = \"300ms\"");
    let config = super::setup::ConfigFile::new(&text);
    let edge = super::setup::edge(&config);
    let mut stream = TcpStream::connect(edge.address("proxy")).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: half").unwrap();
    let mut answer = Vec::new();
    stream
        .read_to_end(&mut answer)
        .expect("closed, not left open");
    assert!(answer.is_empty() || status(&answer) == 408, "{answer:?}");
}
