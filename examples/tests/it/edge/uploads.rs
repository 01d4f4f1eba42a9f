//! What clients send: one that breaks off is told so, and no origin is blamed for it.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
};

use super::{
    http::{exchange, get, parse},
    setup,
};
use crate::program::{Edge, PATIENCE, eventually};

fn status(edge: &Edge) -> serde_json::Value {
    let text = get(edge.address("admin"), "/status", &[]).text();
    serde_json::from_str(&text).expect("JSON")
}

/// How many requests broke off, how many failed, and the worst share of errors among the origins.
fn blame(edge: &Edge) -> (u64, u64, f64) {
    let status = status(edge);
    let origins = status["pools"][0]["origins"].as_array().expect("origins");
    let shares = origins
        .iter()
        .filter_map(|origin| origin["error_share"].as_f64());
    let count = |name: &str| status["proxy"][name].as_u64().expect("a number");
    (count("broken"), count("failed"), shares.fold(0.0, f64::max))
}

/// Sends bytes that are not a whole request; an answer comes all the same.
fn told(proxy: SocketAddr, bytes: &[u8]) -> u16 {
    let mut stream = TcpStream::connect(proxy).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(bytes).unwrap();
    let mut answer = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let read = stream.read(&mut piece).expect("an answer");
        assert!(read > 0, "closed without an answer: {answer:?}");
        answer.extend_from_slice(&piece[..read]);
        if let Some(reply) = parse(&answer) {
            return reply.status;
        }
    }
}

#[test]
fn a_client_that_breaks_off_is_told_so_and_no_origin_is_blamed() {
    let (origin, _requests) = setup::silent_origin();
    let text = setup::config(&[origin], "");
    let text = text.replace("[proxy]\n", "[proxy]\nresponse_timeout = \"3s\"\n");
    let config = setup::ConfigFile::new(&text);
    let edge = setup::edge(&config);
    let proxy = edge.address("proxy");

    let garbage =
        b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nZZ\r\n";
    let short = b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhello";
    for _ in 0..4 {
        assert_eq!(told(proxy, garbage), 400);
    }
    assert_eq!(told(proxy, short), 408, "silent for too long");
    assert_eq!(blame(&edge), (5, 0, 0.0));
    let metrics = get(edge.address("admin"), "/metrics", &[]).text();
    assert!(
        metrics.contains("eaves_edge_requests_broken_total 5"),
        "{metrics}"
    );

    let whole = b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
    assert_eq!(told(proxy, whole), 504, "here the origin is silent");
    let (broken, failed, share) = blame(&edge);
    assert_eq!((broken, failed), (5, 1));
    assert!(share > 0.0);
}

#[test]
fn a_request_with_a_body_goes_to_another_origin_if_the_first_has_not_seen_it() {
    let mortal = setup::origin("mortal", "127.0.0.1:0");
    let other = setup::origin("other", "127.0.0.1:0");
    let addresses = [mortal.address("origin"), other.address("origin")];
    // Probes come too late to tell.
    let text = setup::config(&addresses, "").replace("\"200ms\"", "\"1h\"");
    let config = setup::ConfigFile::new(&text);
    let edge = setup::edge(&config);
    eventually(PATIENCE, "both are healthy", || {
        let status = status(&edge);
        let origins = status["pools"][0]["origins"].as_array()?;
        let mut standings = origins.iter().map(|origin| &origin["standing"]);
        standings
            .all(|standing| standing == "healthy")
            .then_some(())
    });
    mortal.signal("KILL");
    assert_eq!(mortal.wait().0, None, "it is dead");

    let request =
        b"POST /live HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello";
    eventually(PATIENCE, "requests meet the dead origin", || {
        let answer = exchange(edge.address("proxy"), request).unwrap();
        assert_eq!(parse(&answer).expect("an answer").status, 200);
        let (_, failed, share) = blame(&edge);
        assert_eq!(failed, 0);
        (share > 0.0).then_some(())
    });
}
