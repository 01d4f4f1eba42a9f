//! Many requests for one cold URL reach the origin once.

use std::sync::Barrier;

use super::{caching::requests, http::with_socket, setup};

const HERD: usize = 500;

#[test]
fn a_herd_for_one_cold_url_reaches_the_origin_once() {
    let origin = setup::origin("one", "127.0.0.1:0");
    let from = origin.address("origin");
    let config = setup::ConfigFile::new(&setup::config(&[from], ""));
    let edge = setup::edge(&config);
    let proxy = edge.address("proxy");

    let start = Barrier::new(HERD);
    let hits = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..HERD)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    let reply = with_socket(proxy, "/slow", &[]).expect("an answer");
                    assert_eq!(reply.status, 200);
                    assert_eq!(reply.header("x-origin"), "one");
                    assert!(reply.text().contains("</h1>"));
                    usize::from(reply.header("cache-status").contains("collapsed"))
                })
            })
            .collect();
        clients
            .into_iter()
            .map(|client| client.join().expect("it went well"))
            .sum::<usize>()
    });
    println!("{hits} of {HERD} requests waited for another's");
    assert_eq!(requests(from, "/slow"), 1);
}
