//! The first minute and the last line.

use std::{
    io::{ErrorKind, Write as _},
    net::TcpStream,
};

use super::{
    http::{get, with_socket},
    setup,
};
use crate::program::{Edge, PATIENCE, eventually};

#[test]
fn the_banner_is_short_and_the_end_is_clean() {
    for signal in ["INT", "TERM"] {
        let edge = Edge::start(&[]);
        println!("{}", edge.banner.join("\n"));
        assert!(edge.banner.len() < 12, "with `ready`, at most twelve lines");
        let said = edge.banner.join("\n");
        assert!(
            said.contains("curl -i http://") && said.contains("dig @"),
            "{said}"
        );
        get(edge.address("proxy"), "/page?max-age=600", &[]);
        get(edge.address("proxy"), "/page?max-age=600", &[]);
        edge.signal(signal);
        let (code, lines) = edge.wait();
        assert_eq!(code, Some(0), "{lines:?}");
        let summary = lines.last().expect("a summary");
        assert!(
            summary.contains("2 requests") && summary.contains("1 hit"),
            "{summary}"
        );
    }
}

#[test]
fn an_edge_that_ends_takes_nobody_new_and_finishes_what_it_has() {
    let (origin, requests) = setup::silent_origin();
    let text = setup::config(&[origin], "");
    let text = text.replace("[proxy]\n", "[proxy]\ndrain = \"80s\"\n");
    let config = setup::ConfigFile::new(&text);
    let edge = setup::edge(&config);
    let proxy = edge.address("proxy");
    let client = std::thread::spawn(move || with_socket(proxy, "/x", &[]));
    let mut request = requests.recv_timeout(PATIENCE).expect("a request");

    edge.signal("TERM");
    edge.line_with("ending");
    eventually(PATIENCE, "clients that come now are refused", || {
        let refused = TcpStream::connect(proxy).err()?;
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        Some(())
    });
    request
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        .unwrap();
    assert_eq!(client.join().unwrap().expect("an answer").text(), "ok");
    let (code, lines) = edge.wait();
    assert_eq!(code, Some(0), "{lines:?}");
    let summary = lines.last().expect("a summary");
    assert!(!summary.contains("cut"), "{summary}");
}

#[test]
fn what_is_cut_at_the_end_is_told() {
    let (origin, requests) = setup::silent_origin();
    let text = setup::config(&[origin], "");
    let text = text.replace("[proxy]\n", "[proxy]\ndrain = \"1ms\"\n");
    let config = setup::ConfigFile::new(&text);
    let edge = setup::edge(&config);
    let proxy = edge.address("proxy");
    let client = std::thread::spawn(move || with_socket(proxy, "/x", &[]));
    let request = requests.recv_timeout(PATIENCE).expect("a request");
    edge.signal("TERM");
    let (_, lines) = edge.wait();
    let summary = lines.last().expect("a summary");
    assert!(summary.contains("1 connection cut"), "{summary}");
    assert!(client.join().unwrap().is_err(), "no answer came");
    drop(request);
}

#[test]
fn the_admin_listener_tells_health_metrics_and_status() {
    let edge = Edge::start(&[]);
    get(edge.address("proxy"), "/page", &[]);
    let admin = edge.address("admin");
    assert_eq!(get(admin, "/healthz", &[]).text(), "ok\n");

    let metrics = get(admin, "/metrics", &[]);
    println!("{}", metrics.text());
    for name in [
        "eaves_edge_requests_total 1",
        "eaves_cache_",
        "eaves_ratelimit_",
        "eaves_dns_",
        "eaves_health_",
    ] {
        assert!(
            metrics.text().contains(name),
            "{name} in {}",
            metrics.text()
        );
    }

    let status: serde_json::Value =
        serde_json::from_str(&get(admin, "/status", &[]).text()).expect("JSON");
    println!("{status:#}");
    let origins = status["pools"][0]["origins"].as_array().expect("origins");
    assert_eq!(origins.len(), 3);
    assert_eq!(get(admin, "/nothing", &[]).status, 404);
}
