//! The first minute and the last line.

use super::http::get;
use crate::program::Edge;

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
