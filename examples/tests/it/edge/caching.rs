//! A second request is answered from the cache, and says so.

use super::{http::get, setup};
use crate::program::Edge;

#[test]
fn a_second_request_is_a_hit_with_an_age() {
    let edge = Edge::start(&[]);
    let proxy = edge.address("proxy");
    let first = get(proxy, "/page?max-age=600", &[]);
    assert_eq!(first.status, 200);
    assert!(
        first.header("cache-status").contains("fwd=uri-miss"),
        "{first:?}"
    );
    assert!(first.header("cache-status").contains("stored"), "{first:?}");

    let second = get(proxy, "/page?max-age=600", &[]);
    assert_eq!(second.status, 200);
    assert!(
        second.header("cache-status").contains("; hit"),
        "{second:?}"
    );
    assert!(second.header("age").parse::<u64>().is_ok(), "{second:?}");
    assert_eq!(second.body, first.body);
}

#[test]
fn a_client_that_insists_gets_a_validated_answer() {
    let origin = setup::origin("one", "127.0.0.1:0");
    let from = origin.address("origin");
    let config = setup::ConfigFile::new(&setup::config(&[from], ""));
    let edge = setup::edge(&config);
    let proxy = edge.address("proxy");
    assert_eq!(get(proxy, "/page?max-age=600", &[]).status, 200);

    let insisted = get(proxy, "/page?max-age=600", &["Cache-Control: no-cache"]);
    assert_eq!(insisted.status, 200);
    let status = insisted.header("cache-status");
    assert!(status.contains("fwd=request"), "{status}");
    assert!(status.contains("fwd-status=304"), "{status}");
    assert_eq!(requests(from, "/page"), 2);
}

#[test]
fn what_must_not_be_stored_is_not() {
    let edge = Edge::start(&[]);
    let proxy = edge.address("proxy");
    for _ in 0..2 {
        let reply = get(proxy, "/live", &[]);
        assert_eq!(reply.status, 200);
        let status = reply.header("cache-status");
        assert!(
            status.contains("fwd=") && !status.contains("stored"),
            "{status}"
        );
    }
}

/// How often an origin was asked for a path.
pub(crate) fn requests(origin: std::net::SocketAddr, path: &str) -> u64 {
    let counts = get(origin, "/-/requests", &[]).text();
    let counts: serde_json::Value = serde_json::from_str(&counts).expect("counts are JSON");
    counts[path].as_u64().unwrap_or(0)
}
