//! Many requests for one cold URL reach the origin once.

use std::sync::Barrier;

use super::{
    caching::requests,
    http::{get, with_socket},
    setup,
};

const HERD: usize = 500;

#[test]
fn a_herd_for_one_cold_url_reaches_the_origin_once() {
    let origin = setup::origin("one", "127.0.0.1:0");
    let from = origin.address("origin");
    let config = setup::ConfigFile::new(&setup::config(&[from], ""));
    let edge = setup::edge(&config);
    let proxy = edge.address("proxy");

    let start = Barrier::new(HERD);
    std::thread::scope(|scope| {
        for _ in 0..HERD {
            scope.spawn(|| {
                start.wait();
                let reply = with_socket(proxy, "/slow?max-age=600", &[]).expect("an answer");
                assert_eq!(reply.status, 200);
                assert_eq!(reply.header("x-origin"), "one");
                assert!(reply.text().contains("</h1>"));
            });
        }
    });
    let status = get(edge.address("admin"), "/status", &[]).text();
    let status: serde_json::Value = serde_json::from_str(&status).expect("JSON");
    let waited = status["cache"]["collapsed"].as_u64().expect("a count");
    println!("{waited} of {HERD} requests waited for another's answer");
    assert!(waited > 0);
    assert_eq!(requests(from, "/slow"), 1);
}
