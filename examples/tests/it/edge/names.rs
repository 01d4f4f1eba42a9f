//! DNS answers over UDP and TCP.

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
