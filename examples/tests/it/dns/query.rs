//! `dns-query` against servers that others wrote, over every carrier.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};

use super::servers::{Kind, Server};
use crate::program::run;

const ZONE: &str = "$ORIGIN example.\n$TTL 300\n@ SOA ns admin 1 7200 3600 1209600 300\n@ NS ns\n\
                    ns A 192.0.2.1\nwww AAAA 2001:db8::1\n";

/// Asks; returns what was printed, or what went wrong.
fn query(args: &[&str]) -> Result<String, String> {
    let output = run("dns-query", args);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    if output.status.success() {
        Ok(text(output.stdout))
    } else {
        Err(text(output.stderr))
    }
}

fn at(server: SocketAddr) -> String {
    format!("@{server}")
}

#[test]
fn every_carrier_brings_the_same_answer() {
    let Some(server) = Server::start(Kind::Unbound, ZONE) else {
        return;
    };
    let authority = format!("+tls-ca={}", server.file("ca.pem").display());
    let name = ["www.example", "AAAA"];
    let [plain, tls, https] = [server.plain, server.tls, server.https].map(at);
    let here = format!("@localhost:{}", server.https.port());
    let asked: [(&[&str], &str); 7] = [
        (&[&plain], "UDP"),
        (&[&plain, "+tcp"], "TCP"),
        (&[&plain, "+noedns"], "UDP"),
        (&[&tls, "+tls", &authority], "TLS"),
        (&[&https, "+https", &authority, "+dnssec"], "HTTPS"),
        (
            &[&https, "+https=/dns-query", "+https-get", &authority],
            "HTTPS",
        ),
        (&[&here, "+https", &authority], "HTTPS"),
    ];
    for (args, carrier) in asked {
        let shown =
            query(&[&name, args].concat()).unwrap_or_else(|error| panic!("{args:?} {error}"));
        assert!(
            shown.contains("\nwww.example. 300 IN AAAA 2001:db8::1\n"),
            "{shown}"
        );
        assert!(shown.contains(&format!(" ({carrier})\n")), "{shown}");
        assert!(shown.contains(", status: NOERROR, "), "{shown}");
    }
    // The question is padded to 128 octets, the answer to 468 (RFC 8467).
    let padded = query(&[&name[..], &[&tls, "+tls", &authority]].concat()).expect("an answer");
    assert!(padded.contains("; PAD: ("), "{padded}");
    assert!(padded.contains("MSG SIZE  rcvd: 468\n"), "{padded}");
}

#[test]
fn a_whole_zone_is_transferred() {
    use std::fmt::Write as _;
    let mut zone = ZONE.to_owned();
    for number in 0..3_000 {
        writeln!(zone, "host-{number} TXT \"{number} {}\"", "x".repeat(50)).expect("text");
    }
    for kind in [Kind::Knot, Kind::Nsd] {
        let Some(server) = Server::start(kind, &zone) else {
            continue;
        };
        let shown = query(&["example", "AXFR", &at(server.plain), "+time=60"]).expect("a zone");
        let records: Vec<&str> = shown
            .lines()
            .filter(|line| !line.starts_with(';'))
            .collect();
        assert_eq!(records.len(), 3_005, "the SOA stands at both ends");
        assert_eq!(records.first(), records.last());
        assert!(
            shown.contains(";; XFR size: 3005 records (messages "),
            "{kind:?}"
        );
        let refused = query(&["other", "AXFR", &at(server.plain), "+time=60"]).unwrap_err();
        assert!(refused.contains("the transfer was refused: "), "{refused}");
    }
}

#[test]
fn servers_that_cannot_be_trusted_are_not_asked() {
    let Some(server) = Server::start(Kind::Unbound, ZONE) else {
        return;
    };
    let authority = format!("+tls-ca={}", server.file("ca.pem").display());
    let (tls, https) = (at(server.tls), at(server.https));
    let refused: [(&[&str], &str); 5] = [
        (&[&tls, "+tls"], "UnknownIssuer"),
        (&[&https, "+https"], "UnknownIssuer"),
        (
            &[&tls, "+tls", &authority, "+tls-host=dns.test"],
            "certificate not valid for name \"dns.test\"",
        ),
        (
            &[&https, "+https=/nowhere", &authority],
            "the server answers 404 Not Found",
        ),
        (
            &[&tls, "+tls", "+tls-ca=/nowhere"],
            "reading certificates from /nowhere",
        ),
    ];
    for (args, reason) in refused {
        let error = query(&[&["www.example"], args].concat()).expect_err("it is refused");
        assert!(error.contains(reason), "{args:?}: {error}");
    }
}

#[test]
fn servers_tell_who_they_are_and_what_is_wrong() {
    if let Some(server) = Server::start(Kind::Nsd, ZONE) {
        let shown = query(&["www.test", "A", &at(server.plain)]).expect("an answer");
        assert!(shown.contains(", status: REFUSED, "), "{shown}");
        assert!(shown.contains("; EDE: 20 (Not Authoritative)"), "{shown}");
    }
    if let Some(server) = Server::start(Kind::Knot, ZONE) {
        let shown = query(&["version.bind", "TXT", "CH", &at(server.plain)]).expect("an answer");
        assert!(
            shown.contains("\nversion.bind. 0 CH TXT \"Knot DNS "),
            "{shown}"
        );
        let shown = query(&["www.example", "AAAA", &at(server.plain), "+nsid"]).expect("an answer");
        assert!(shown.contains("\n; NSID: "), "{shown}");
    }
}

#[test]
fn a_truncated_answer_is_asked_for_again_over_tcp() {
    let long = format!(
        "{ZONE}long TXT {}\n",
        "\"0123456789012345678901234567890123456789\" ".repeat(40)
    );
    let Some(server) = Server::start(Kind::Knot, &long) else {
        return;
    };
    let asked = ["long.example", "TXT", &at(server.plain)];
    let shown = query(&asked).expect("an answer");
    assert!(
        shown.contains(" (TCP)\n") && !shown.contains(" tc "),
        "{shown}"
    );
    let shown = query(&[&asked[..], &["+ignore"]].concat()).expect("an answer");
    assert!(
        shown.contains(" (UDP)\n") && shown.contains(" tc "),
        "{shown}"
    );
}

#[test]
fn forgeries_and_silence_are_no_answers() {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
    let server = socket.local_addr().expect("its address");
    let forger = std::thread::spawn(move || {
        let mut buf = [0; 512];
        let (len, client) = socket.recv_from(&mut buf).expect("a question");
        let (mut answer, question) = (buf[..len].to_vec(), buf[..len].to_vec());
        answer[2] |= 0x80;
        let mut other_id = answer.clone();
        other_id[1] ^= 1;
        let mut other_name = answer.clone();
        other_name[13] ^= 1;
        for message in [&question, &other_id, &other_name, &answer] {
            socket.send_to(message, client).expect("it is sent");
        }
        // The socket stays open and silent from here on.
        socket
    });
    let shown = query(&["www.example", "A", &at(server)]).expect("an answer");
    assert!(shown.contains(", status: NOERROR, "), "{shown}");
    let silent = forger.join().expect("it ends");
    let error = query(&["www.example", "A", &at(server), "+time=1", "+tries=2"]);
    let error = error.expect_err("nobody answers");
    assert!(
        error.contains("no answer from") && error.contains("2 tries"),
        "{error}"
    );
    drop(silent);
}
