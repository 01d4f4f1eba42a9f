//! DNS answers over UDP and TCP.

use std::net::UdpSocket;

use super::{
    dns::{datagram, dig, stream},
    setup,
};
use crate::program::{self, Edge, PATIENCE, eventually};

#[test]
fn dig_gets_answers_of_every_kind() {
    if !program::has("dig") {
        return;
    }
    let edge = Edge::start(&[]);
    let dns = edge.address("dns");

    let www = dig(dns, "www.edge.test", "A", &[]);
    assert_eq!(www.status, "NOERROR");
    assert!(www.flags.contains(&"aa".to_owned()), "{www:?}");
    assert!(!www.data("A").is_empty());
    assert_eq!(
        dig(dns, "www.edge.test", "A", &["+tcp"]).data("A"),
        www.data("A")
    );

    let missing = dig(dns, "nowhere.edge.test", "A", &[]);
    assert_eq!(missing.status, "NXDOMAIN");
    assert!(missing.authority[0].contains("SOA"), "{missing:?}");

    let wildcard = dig(dns, "any.thing.apps.edge.test", "TXT", &[]);
    assert_eq!(wildcard.data("TXT"), ["\"any name below apps\""]);

    let alias = dig(dns, "alias.edge.test", "A", &[]);
    assert_eq!(alias.data("CNAME"), ["www.edge.test."]);
    assert_eq!(alias.data("A"), www.data("A"));

    let elsewhere = dig(dns, "example.com", "A", &[]);
    assert_eq!(elsewhere.status, "REFUSED");
}

#[test]
fn a_long_answer_is_truncated_over_udp_and_whole_over_tcp() {
    if !program::has("dig") {
        return;
    }
    let edge = Edge::start(&[]);
    let dns = edge.address("dns");
    let truncated = dig(dns, "big.edge.test", "TXT", &["+ignore", "+bufsize=4096"]);
    assert!(truncated.flags.contains(&"tc".to_owned()), "{truncated:?}");
    let whole = dig(dns, "big.edge.test", "TXT", &["+tcp"]);
    assert!(!whole.flags.contains(&"tc".to_owned()));
    assert_eq!(whole.data("TXT").len(), 8);
}

#[test]
fn answers_over_udp_are_limited_and_slip_out_truncated() {
    let config = setup::config(
        &["127.0.0.1:1".parse().expect("an address")],
        "[dns]\nlisten = \"127.0.0.1:0\"\n\
         response_limit = { answers = \"2/1h\", missing = \"1/1h\", slip = 1 }\n\
         [[dns.zones]]\norigin = \"limit.test.\"\ntext = '''\n\
         @ 60 SOA ns admin 1 3600 900 604800 60\n@ 60 NS ns\nns 60 A 192.0.2.1\n\
         *.wild 60 A 192.0.2.2\n'''\n",
    );
    let file = setup::ConfigFile::new(&config);
    let edge = setup::edge(&file);
    let dns = edge.address("dns");
    // Whether TC is set, how many records answer, and how long it is.
    let ask = |name: &str| {
        let answer = datagram(dns, &query(1, name, 1)).expect("an answer");
        (answer[2] & 2 != 0, answer[7], answer.len())
    };
    let question = query(1, "ns.limit.test", 1).len();
    for truncated in [false, false, true, true] {
        let (tc, answers, length) = ask("ns.LIMIT.test");
        assert_eq!((tc, answers), (truncated, u8::from(!truncated)));
        assert!(!truncated || length == question, "the question alone");
    }
    let whole = stream(dns, &query(1, "ns.limit.test", 1)).expect("an answer");
    assert_eq!((whole[2] & 2, whole[7]), (0, 1), "TCP is not limited");
    assert!(!ask("a.missing.limit.test").0, "it has a limit of its own");
    assert!(ask("another.missing.limit.test").0, "which names share");
    let wild = ["a", "b", "c"].map(|name| ask(&format!("{name}.wild.limit.test")).0);
    assert_eq!(wild, [false, false, true], "and so do those of a wildcard");
}

/// What becomes of the answers to ten queries of one name, two of which are within the limit.
fn ten_answers(slip: u8) -> (Vec<u8>, Vec<u8>, String) {
    let config = setup::config(
        &["127.0.0.1:1".parse().expect("an address")],
        &format!(
            "[dns]\nlisten = \"127.0.0.1:0\"\n\
             response_limit = {{ answers = \"2/1h\", errors = \"1000/1s\", slip = {slip} }}\n\
             [[dns.zones]]\norigin = \"limit.test.\"\ntext = '''\n\
             @ 60 SOA ns admin 1 3600 900 604800 60\n@ 60 NS ns\nns 60 A 192.0.2.1\n'''\n"
        ),
    );
    let file = setup::ConfigFile::new(&config);
    let edge = setup::edge(&file);
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let dns = edge.address("dns");
    let (mut whole, mut truncated) = (Vec::new(), Vec::new());
    let mut answer = [0; 512];
    for id in 0_u8..10 {
        // What is refused is limited apart, and its answer comes after that of this one, or in its place.
        let names = [(id, "ns.limit.test"), (100 + id, "elsewhere.test")];
        for (id, name) in names {
            socket
                .send_to(&query(id.into(), name, 1), dns)
                .expect("it is sent");
        }
        loop {
            socket.recv(&mut answer).expect("an answer");
            match (answer[1], answer[2] & 2) {
                (other, _) if other >= 100 => break,
                (id, 0) => whole.push(id),
                (id, _) => truncated.push(id),
            }
        }
    }
    let metrics = super::http::get(edge.address("admin"), "/metrics", &[]);
    (whole, truncated, metrics.text())
}

#[test]
fn answers_over_a_limit_are_dropped_but_for_those_that_slip() {
    for (slip, slipped, counts) in [(0, &[][..], (8, 0)), (2, &[3, 5, 7, 9], (4, 4))] {
        let (whole, truncated, metrics) = ten_answers(slip);
        assert_eq!(
            (&*whole, &*truncated),
            (&[0, 1][..], slipped),
            "slip {slip}"
        );
        for (action, count) in [("drop", counts.0), ("truncate", counts.1)] {
            let line =
                format!("eaves_ratelimit_dns_answers_held_total{{action=\"{action}\"}} {count}");
            assert!(metrics.contains(&line), "{line} in {metrics}");
        }
    }
}

#[test]
fn a_plain_client_gets_answers_over_both_transports() {
    let edge = Edge::start(&[]);
    let dns = edge.address("dns");
    let query = query(0x1234, "www.edge.test", 1);
    for answer in [datagram(dns, &query), stream(dns, &query)] {
        let answer = answer.expect("an answer");
        assert_eq!(answer[..2], [0x12, 0x34]);
        assert_eq!(answer[2] & 0x84, 0x84, "a response with authority");
        assert_eq!(answer[3] & 0x0f, 0);
        assert!(
            u16::from_be_bytes([answer[6], answer[7]]) >= 1,
            "an answer record"
        );
    }
    let rcode = |answer: &[u8]| answer[3] & 0x0f;
    let missing = datagram(dns, &self::query(7, "nowhere.edge.test", 1)).expect("an answer");
    assert_eq!(rcode(&missing), 3, "NXDOMAIN");
    const TXT: u16 = 16;
    let wildcard = self::query(8, "any.thing.apps.edge.test", TXT);
    let wildcard = datagram(dns, &wildcard).expect("an answer");
    assert_eq!(
        (rcode(&wildcard), wildcard[7]),
        (0, 1),
        "one answer from the wildcard"
    );

    let big = self::query(9, "big.edge.test", TXT);
    let truncated = |answer: &[u8]| answer[2] & 2 != 0;
    let datagram = datagram(dns, &big).expect("an answer");
    assert!(
        truncated(&datagram) && datagram.len() <= 512,
        "no EDNS, no more than 512"
    );
    let stream = stream(dns, &big).expect("an answer");
    assert!(!truncated(&stream) && stream.len() > 1232 && stream[7] == 8);
}

#[test]
fn addresses_follow_the_health_of_their_pool() {
    let first = setup::origin("one", "127.0.0.1:0");
    let second = setup::origin("two", "127.0.0.2:0");
    let addresses = [first.address("origin"), second.address("origin")];
    let more = "[dns]\nlisten = \"127.0.0.1:0\"\n\
         [[dns.zones]]\norigin = \"edge.test.\"\n\
         text = \"@ 60 SOA ns h 1 2 3 4 60\\n@ 60 NS ns\\nns 60 A 127.0.0.1\\nwww 5 A 127.0.0.9\\n\"\n\
         [[dns.follow]]\nname = \"www.edge.test.\"\npool = \"web\"\nttl = \"5s\"\n";
    let config = setup::ConfigFile::new(&setup::config(&addresses, more));
    let edge = setup::edge(&config);
    let dns = edge.address("dns");

    let count = || addresses_of(&datagram(dns, &query(1, "www.edge.test", 1)).expect("an answer"));
    let both = eventually(PATIENCE, "two addresses", || {
        Some(count()).filter(|found| found.len() == 2)
    });
    assert_eq!(both, [[127, 0, 0, 1], [127, 0, 0, 2]]);
    first.signal("KILL");
    eventually(PATIENCE, "only the second address", || {
        (count() == [[127, 0, 0, 2]]).then_some(())
    });
}

/// A query as bytes, made here so that the test shares no code with what it tests.
pub(crate) fn query(id: u16, name: &str, kind: u16) -> Vec<u8> {
    let mut query = id.to_be_bytes().to_vec();
    query.extend([0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    for label in name.split('.') {
        query.push(u8::try_from(label.len()).expect("a short label"));
        query.extend(label.as_bytes());
    }
    query.push(0);
    query.extend(kind.to_be_bytes());
    query.extend([0, 1]);
    query
}

/// The A records of an answer whose owners are pointers, sorted.
fn addresses_of(answer: &[u8]) -> Vec<[u8; 4]> {
    let count = usize::from(u16::from_be_bytes([answer[6], answer[7]]));
    let mut at = 12;
    while answer[at] != 0 {
        at += usize::from(answer[at]) + 1;
    }
    at += 5;
    let mut found: Vec<[u8; 4]> = (0..count)
        .map(|record| at + record * 16)
        .map(|record| {
            answer[record + 12..record + 16]
                .try_into()
                .expect("four octets")
        })
        .collect();
    found.sort_unstable();
    found
}
