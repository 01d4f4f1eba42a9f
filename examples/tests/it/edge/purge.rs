//! An operator purges over the admin listener.

use std::net::SocketAddr;

use super::{caching::requests, http, http::get, setup};

/// Purges, and returns the answer.
fn purge(admin: SocketAddr, query: &str) -> (u16, serde_json::Value) {
    let request = format!(
        "POST /purge?{query} HTTP/1.1\r\nHost: {admin}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    let reply = http::exchange(admin, request.as_bytes()).expect("an answer");
    let reply = http::parse(&reply).expect("a response");
    (
        reply.status,
        serde_json::from_slice(&reply.body).unwrap_or_default(),
    )
}

#[test]
fn what_an_operator_purges_is_asked_for_again_and_nothing_else() {
    let origin = setup::origin("one", "127.0.0.1:0");
    let from = origin.address("origin");
    let config = setup::ConfigFile::new(&setup::config(&[from], ""));
    let edge = setup::edge(&config);
    let (proxy, admin) = (edge.address("proxy"), edge.address("admin"));
    let path = "/news/1?max-age=3600";
    let mut asked = 1;
    assert_eq!(get(proxy, path, &[]).status, 200);
    let url = format!("url=http%3A%2F%2F{proxy}%2Fnews%2F1%3Fmax-age%3D3600");
    for (query, concerns) in [
        ("tag=pages", true),
        ("tag=others", false),
        (&*format!("prefix={proxy}/news/"), true),
        (&*format!("prefix={proxy}/sport/"), false),
        ("pattern=*/news/*", true),
        ("pattern=*.png", false),
        (&*url, true),
        ("everything", true),
        ("tag=pages&soft", true),
    ] {
        let (status, receipt) = purge(admin, query);
        assert_eq!(
            (status, &receipt["durable"]),
            (200, &true.into()),
            "{query}: {receipt}"
        );
        let reply = get(proxy, path, &[]);
        asked += u64::from(concerns);
        assert_eq!(reply.status, 200);
        assert_eq!(requests(from, "/news/1"), asked, "{query}: {reply:?}");
    }
    assert!(
        get(proxy, path, &[])
            .header("cache-status")
            .contains("; hit")
    );
    for query in ["", "tag=a&tag=b", "url=/news"] {
        assert_eq!(purge(admin, query).0, 400, "{query}");
    }
    assert_eq!(requests(from, "/news/1"), asked);
}
