//! Client addresses behind proxies.

use std::net::IpAddr;

use eaves_ratelimit::{
    KeyError,
    key::{ClientAddress, Field, Trust},
};
use http::HeaderMap;
use proptest::prelude::*;

fn headers(name: &'static str, values: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append(name, value.parse().unwrap());
    }
    headers
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn without_proxies_the_peer_is_the_client_whatever_it_claims() {
    let clients = ClientAddress::new(Trust::Hops(0));
    let headers = headers("x-forwarded-for", &["192.0.2.1"]);
    assert_eq!(
        clients.find(ip("::ffff:198.51.100.7"), &headers),
        Ok(ip("198.51.100.7"))
    );
}

#[test]
fn hops_are_counted_from_the_right_over_all_lines() {
    let headers = headers("x-forwarded-for", &["6.6.6.6, 198.51.100.7", "10.0.0.2"]);
    for (hops, expected) in [
        (1, Ok(ip("10.0.0.2"))),
        (2, Ok(ip("198.51.100.7"))),
        (3, Ok(ip("6.6.6.6"))),
        (
            4,
            Err(KeyError::TooFewHops {
                found: 3,
                needed: 4,
            }),
        ),
        (17, Err(KeyError::TooManyHops { most: 16 })),
    ] {
        let clients = ClientAddress::new(Trust::Hops(hops));
        assert_eq!(
            clients.find(ip("10.0.0.1"), &headers),
            expected,
            "{hops} hops"
        );
    }
}

#[test]
fn trusted_blocks_are_skipped_until_the_first_stranger() {
    let trust = Trust::Proxies(vec![
        "10.0.0.0/8".parse().unwrap(),
        "fd00::/8".parse().unwrap(),
    ]);
    let clients = ClientAddress::new(trust);
    for (peer, value, expected) in [
        ("203.0.113.5", "192.0.2.1", Ok(ip("203.0.113.5"))), // not through a proxy of ours
        (
            "10.0.0.1",
            "192.0.2.1, 198.51.100.7, fd00::1",
            Ok(ip("198.51.100.7")),
        ),
        (
            "10.0.0.1",
            "10.9.9.9",
            Err(KeyError::AllTrusted { found: 1 }),
        ),
        ("10.0.0.1", "", Err(KeyError::AllTrusted { found: 0 })),
        (
            "10.0.0.1",
            "198.51.100.7, pigeon",
            Err(KeyError::Malformed { at: 1 }),
        ),
        ("10.0.0.1", "pigeon, 198.51.100.7", Ok(ip("198.51.100.7"))),
    ] {
        let headers = headers("x-forwarded-for", &[value]);
        assert_eq!(clients.find(ip(peer), &headers), expected, "{peer} {value}");
    }
}

#[test]
fn a_chain_of_more_proxies_than_examined_is_refused() {
    let clients = ClientAddress::new(Trust::Proxies(vec!["10.0.0.0/8".parse().unwrap()]));
    let chain = format!("198.51.100.7{}", ", 10.0.0.2".repeat(16));
    let headers = headers("x-forwarded-for", &[&chain]);
    assert_eq!(
        clients.find(ip("10.0.0.1"), &headers),
        Err(KeyError::TooManyHops { most: 16 })
    );
}

#[test]
fn forwarded_is_read_with_quotes_ports_and_hidden_nodes() {
    let clients = ClientAddress::new(Trust::Hops(1)).field(Field::Forwarded);
    for (value, expected) in [
        // RFC 7239 section 4
        ("for=192.0.2.43", Ok(ip("192.0.2.43"))),
        (
            "For=\"[2001:db8:cafe::17]:4711\"",
            Ok(ip("2001:db8:cafe::17")),
        ),
        (
            "for=192.0.2.60;proto=http;by=203.0.113.43",
            Ok(ip("192.0.2.60")),
        ),
        ("for=192.0.2.43, for=198.51.100.17", Ok(ip("198.51.100.17"))),
        ("for=\"_gazonk\"", Err(KeyError::Hidden { at: 1 })),
        ("for=unknown", Err(KeyError::Hidden { at: 1 })),
        ("proto=https", Err(KeyError::Hidden { at: 1 })),
        (
            "by=\"a,b;for=1.1.1.1\";for=192.0.2.43",
            Ok(ip("192.0.2.43")),
        ),
        ("for=pigeon", Err(KeyError::Malformed { at: 1 })),
    ] {
        let found = clients.find(ip("10.0.0.1"), &headers("forwarded", &[value]));
        assert_eq!(found, expected, "{value}");
    }
}

#[test]
fn another_field_can_carry_the_address() {
    let field = Field::List("cf-connecting-ip".parse().unwrap());
    let clients = ClientAddress::new(Trust::Hops(1)).field(field);
    let found = clients.find(
        ip("10.0.0.1"),
        &headers("cf-connecting-ip", &["2001:db8::1"]),
    );
    assert_eq!(found, Ok(ip("2001:db8::1")));
}

proptest! {
    #[test]
    fn any_bytes_are_answered_and_never_by_the_proxy_itself(
        values in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 0..5),
        pairs in any::<bool>(),
        hops in 1_u8..20,
    ) {
        let (field, name) = if pairs {
            (Field::Forwarded, "forwarded")
        } else {
            (Field::XForwardedFor, "x-forwarded-for")
        };
        let mut headers = HeaderMap::new();
        for value in values {
            if let Ok(value) = http::HeaderValue::from_bytes(&value) {
                headers.append(name, value);
            }
        }
        let peer = ip("10.99.98.97");
        let by_hops = ClientAddress::new(Trust::Hops(hops)).field(field.clone());
        let by_block = ClientAddress::new(Trust::Proxies(vec![peer.into()])).field(field);
        prop_assert_ne!(by_hops.find(peer, &headers), Ok(peer));
        prop_assert_ne!(by_block.find(peer, &headers), Ok(peer));
    }

    #[test]
    fn an_appended_address_is_found_whatever_stands_before_it(
        claim in "[ -~]{0,80}",
        addr in any::<IpAddr>(),
    ) {
        let mut headers = headers("x-forwarded-for", &[&claim]);
        headers.append("x-forwarded-for", addr.to_string().parse().unwrap());
        let found = ClientAddress::new(Trust::Hops(1)).find(ip("10.0.0.1"), &headers);
        prop_assert_eq!(found, Ok(addr.to_canonical()));
    }
}
