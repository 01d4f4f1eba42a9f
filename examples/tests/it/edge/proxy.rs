//! `edge proxy`: standards only, streaming both ways.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    time::Duration,
};

use super::{
    http::{exchange, get},
    setup,
};
use crate::program::{Edge, PATIENCE};

fn proxy_to(origin: &Edge) -> Edge {
    let to = format!("http://{}", origin.address("origin"));
    Edge::start(&["proxy", "--listen", "127.0.0.1:0", "--to", &to])
}

#[test]
fn the_proxy_caches_and_adds_via_but_no_limits() {
    let origin = setup::origin("one", "127.0.0.1:0");
    let edge = proxy_to(&origin);
    let proxy = edge.address("proxy");
    let first = get(proxy, "/page?max-age=600", &[]);
    assert!(first.header("via").contains("1.1 eaves"), "{first:?}");
    assert_eq!(first.header("ratelimit"), "");
    let second = get(proxy, "/page?max-age=600", &[]);
    assert!(
        second.header("cache-status").contains("; hit"),
        "{second:?}"
    );
}

#[test]
fn an_early_hint_arrives_before_the_answer() {
    let origin = setup::origin("one", "127.0.0.1:0");
    let edge = proxy_to(&origin);
    let request = b"GET /hints HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n";
    let answer = exchange(edge.address("proxy"), request).unwrap();
    let answer = String::from_utf8_lossy(&answer);
    assert!(
        answer.starts_with("HTTP/1.1 103 Early Hints\r\n"),
        "{answer}"
    );
    assert!(
        answer.contains("link: </style.css>; rel=preload"),
        "{answer}"
    );
    assert!(answer.contains("\r\n\r\nHTTP/1.1 200 OK\r\n"), "{answer}");
}

/// What an origin sends before its answer, and what of it reaches a client of `edge proxy` (RFC 9110 section 15.2, RFC
/// 8297): each status of 1xx, known or not, but those that belong to one connection.
#[test]
fn interim_responses_reach_who_asked_and_nobody_later() {
    for (version, interim, arrive) in [
        ("1.1", &[102u16][..], &[102u16][..]),
        ("1.1", &[103], &[103]),
        ("1.1", &[104], &[104]),
        ("1.1", &[199], &[199]),
        ("1.1", &[103, 102, 103], &[103, 102, 103]),
        ("1.1", &[100, 103], &[103]),
        ("1.0", &[103], &[]),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let to = format!("http://{}", listener.local_addr().unwrap());
        let edge = Edge::start(&["proxy", "--listen", "127.0.0.1:0", "--to", &to]);
        let proxy = edge.address("proxy");
        let statuses = move || {
            let request =
                format!("GET /x HTTP/{version}\r\nHost: a.test\r\nConnection: close\r\n\r\n");
            let answer = exchange(proxy, request.as_bytes()).unwrap();
            let answer = String::from_utf8(answer).unwrap();
            let lines = answer
                .lines()
                .filter_map(|line| line.strip_prefix("HTTP/1."));
            let status = |line: &str| line[2..5].parse::<u16>().unwrap();
            (lines.map(status).collect::<Vec<_>>(), answer)
        };
        let client = std::thread::spawn(statuses);
        let (mut stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            reader.read_line(&mut line).unwrap();
        }
        for status in interim {
            let head = format!("HTTP/1.1 {status} Wait\r\nX-Interim: {status}\r\n\r\n");
            stream.write_all(head.as_bytes()).unwrap();
        }
        stream
            .write_all(
                b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 2\r\n\r\nok",
            )
            .unwrap();
        let (heard, answer) = client.join().unwrap();
        let expected: Vec<u16> = arrive.iter().copied().chain([200]).collect();
        assert_eq!(heard, expected, "{version} {interim:?}: {answer}");
        let (_, last) = answer.rsplit_once("HTTP/1.").unwrap();
        assert!(!last.to_ascii_lowercase().contains("x-interim"), "{answer}");
        // Nothing of them is stored.
        let (heard, hit) = statuses();
        assert!(hit.contains("; hit"), "{hit}");
        assert_eq!(heard, [200], "{version} {interim:?}: {hit}");
    }
}

#[test]
fn a_large_object_streams_through_without_being_held() {
    let origin = setup::origin("one", "127.0.0.1:0");
    let edge = proxy_to(&origin);
    let proxy = edge.address("proxy");
    get(proxy, "/page?max-age=600", &[]);
    let before = edge.resident();
    let mut stream = TcpStream::connect(proxy).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
        .write_all(
            b"GET /big?bytes=104857600 HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n",
        )
        .unwrap();
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    while line != "\r\n" {
        line.clear();
        reader.read_line(&mut line).unwrap();
    }
    // The reader stalls: what the origin sends meanwhile must wait there, not here.
    std::thread::sleep(Duration::from_millis(500));
    let stalled = edge.resident();
    let length = std::io::copy(&mut reader.by_ref(), &mut std::io::sink()).unwrap();
    assert_eq!(length, 104_857_600);
    if let (Some(before), Some(stalled), Some(after)) = (before, stalled, edge.resident()) {
        println!(
            "resident: {} KiB, stalled {} KiB, after {} KiB",
            before >> 10,
            stalled >> 10,
            after >> 10
        );
        assert!(stalled < before + (16 << 20) && after < before + (16 << 20));
    }
}

#[test]
fn fields_of_one_hop_stay_there() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = format!("http://{}", listener.local_addr().unwrap());
    let edge = Edge::start(&["proxy", "--listen", "127.0.0.1:0", "--to", &to]);
    let proxy = edge.address("proxy");
    let client = std::thread::spawn(move || {
        let request = b"GET /x HTTP/1.1\r\nHost: a.test\r\nConnection: close, x-hop\r\nX-Hop: 1\r\nTE: trailers\r\nX-End: 1\r\n\r\n";
        String::from_utf8(exchange(proxy, request).unwrap()).unwrap()
    });
    let (mut stream, _) = listener.accept().unwrap();
    let mut head = String::new();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while !head.ends_with("\r\n\r\n") {
        reader.read_line(&mut head).unwrap();
    }
    stream
        .write_all(b"HTTP/1.1 200 OK\r\nConnection: x-own\r\nX-Own: 1\r\nX-Kept: 1\r\nContent-Length: 2\r\n\r\nok")
        .unwrap();
    let head = head.to_ascii_lowercase();
    assert!(
        head.contains("x-end: 1\r\n") && head.contains("via: 1.1 eaves\r\n"),
        "{head}"
    );
    assert!(head.contains("host: a.test\r\n"), "{head}");
    assert!(!head.contains("x-hop") && !head.contains("te: "), "{head}");
    let answer = client.join().unwrap().to_ascii_lowercase();
    assert!(
        answer.contains("x-kept: 1") && answer.ends_with("ok"),
        "{answer}"
    );
    assert!(!answer.contains("x-own"), "{answer}");
}

#[test]
fn a_request_body_streams_through() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = format!("http://{}", listener.local_addr().unwrap());
    let edge = Edge::start(&["proxy", "--listen", "127.0.0.1:0", "--to", &to]);
    let proxy = edge.address("proxy");
    let origin = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            reader.read_line(&mut head).unwrap();
        }
        let read = std::io::copy(&mut reader.take(8 << 20), &mut std::io::sink()).unwrap();
        stream
            .write_all(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")
            .unwrap();
        read
    });
    let mut request =
        b"PUT /x HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\nContent-Length: 8388608\r\n\r\n"
            .to_vec();
    request.resize(request.len() + (8 << 20), b'x');
    let answer = exchange(proxy, &request).unwrap();
    assert!(
        answer.starts_with(b"HTTP/1.1 201"),
        "{}",
        String::from_utf8_lossy(&answer)
    );
    assert_eq!(origin.join().unwrap(), 8 << 20);
}

#[test]
fn an_origin_that_is_not_there_is_a_bad_gateway() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let edge = Edge::start(&["proxy", "--listen", "127.0.0.1:0", "--to", &to]);
    let reply = get(edge.address("proxy"), "/x", &[]);
    assert_eq!(reply.status, 502);
    assert!(
        reply
            .header("proxy-status")
            .contains("error=connection_refused"),
        "{reply:?}"
    );
}
