//! An origin dies under load: few requests notice, then none; it comes back when it returns.

use std::{
    io::Write as _,
    net::SocketAddr,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    time::Duration,
};

use super::{
    http::{exchange, get, with_socket},
    setup,
};
use crate::program::{PATIENCE, eventually};

/// What a client saw while it asked one request after another.
#[derive(Debug, Default)]
struct Seen {
    good: AtomicUsize,
    failed: AtomicUsize,
    /// Answers of the origin that dies.
    mortal: AtomicUsize,
}

impl Seen {
    fn ask(&self, proxy: SocketAddr) {
        match with_socket(proxy, "/live", &[]) {
            Ok(reply) if reply.status == 200 => {
                self.good.fetch_add(1, Relaxed);
                if reply.header("x-origin") == "mortal" {
                    self.mortal.fetch_add(1, Relaxed);
                }
            }
            _ => {
                self.failed.fetch_add(1, Relaxed);
            }
        }
    }
}

#[test]
fn a_killed_origin_is_left_out_and_taken_back() {
    let mortal = setup::origin("mortal", "127.0.0.1:0");
    let others = [
        setup::origin("b", "127.0.0.1:0"),
        setup::origin("c", "127.0.0.1:0"),
    ];
    let addresses = [
        mortal.address("origin"),
        others[0].address("origin"),
        others[1].address("origin"),
    ];
    let config = setup::ConfigFile::new(&setup::config(&addresses, ""));
    let edge = setup::edge(&config);
    let proxy = edge.address("proxy");

    let seen = Seen::default();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !stop.load(Relaxed) {
                    seen.ask(proxy);
                    std::thread::sleep(Duration::from_millis(2));
                }
            });
        }
        eventually(PATIENCE, "answers of all origins", || {
            (seen.mortal.load(Relaxed) > 5).then_some(())
        });
        mortal.signal("KILL");
        eventually(PATIENCE, "its end is noticed", || {
            let status = get(edge.address("admin"), "/status", &[]).text();
            let status: serde_json::Value = serde_json::from_str(&status).expect("JSON");
            (status["pools"][0]["origins"][0]["standing"] != "healthy").then_some(())
        });
        let failed = seen.failed.load(Relaxed);
        let (good, answers) = (seen.good.load(Relaxed), seen.mortal.load(Relaxed));
        println!(
            "killed under load: {failed} requests failed of {}",
            failed + good
        );

        eventually(PATIENCE, "300 more answers", || {
            (seen.good.load(Relaxed) > good + 300).then_some(())
        });
        assert_eq!(
            seen.failed.load(Relaxed),
            failed,
            "no request fails once the origin is out"
        );
        assert_eq!(
            seen.mortal.load(Relaxed),
            answers,
            "a dead origin gives no answers"
        );

        let _returned = setup::origin("mortal", &addresses[0].to_string());
        eventually(PATIENCE, "the origin's return", || {
            (seen.mortal.load(Relaxed) > answers + 5).then_some(())
        });
        stop.store(true, Relaxed);
    });
}

#[test]
fn one_of_three_carries_all_that_may_be_tried_twice() {
    let alive = setup::origin("alive", "127.0.0.1:0");
    let gone = [
        setup::origin("b", "127.0.0.1:0"),
        setup::origin("c", "127.0.0.1:0"),
    ];
    let addresses = [
        alive.address("origin"),
        gone[0].address("origin"),
        gone[1].address("origin"),
    ];
    let config = setup::ConfigFile::new(&setup::config(&addresses, ""));
    let edge = setup::edge(&config);
    for origin in gone {
        origin.signal("KILL");
        origin.wait();
    }
    eventually(PATIENCE, "panic: less than half is healthy", || {
        let status = get(edge.address("admin"), "/status", &[]).text();
        let status: serde_json::Value = serde_json::from_str(&status).expect("JSON");
        (status["pools"][0]["mode"] == "panic").then_some(())
    });
    for _ in 0..200 {
        let reply = with_socket(edge.address("proxy"), "/live", &[]).expect("an answer");
        assert_eq!(reply.status, 200, "{reply:?}");
    }
}
#[test]
fn an_origin_that_never_comes_to_the_answer_is_left_at_the_limit() {
    let (origin, requests) = setup::silent_origin();
    let text =
        setup::config(&[origin], "").replace("[proxy]\n", "[proxy]\nresponse_timeout = \"1s\"\n");
    let config = setup::ConfigFile::new(&text);
    let edge = setup::edge(&config);
    std::thread::spawn(move || {
        let hints = b"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(1000);
        for mut request in requests {
            while request.write_all(&hints).is_ok() {}
        }
    });
    let request = b"GET /x HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n";
    let answer = exchange(edge.address("proxy"), request).expect("an end");
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 103 "), "{answer}");
    assert!(answer.contains("HTTP/1.1 504 "), "{} bytes", answer.len());
}
