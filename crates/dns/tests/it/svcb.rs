//! RFC 9460 appendix D, and what follows from sections 7 and 8.

use eaves_dns::{
    Rdata, RdataBuf, Rtype,
    svcb::{SvcKey, SvcParams, SvcValue},
};

/// Presentation and wire form, from appendices D.1 and D.2.
const VECTORS: [(&str, &[u8]); 13] = [
    (
        "0 foo.example.com.",
        b"\x00\x00\x03foo\x07example\x03com\x00",
    ),
    ("1 .", b"\x00\x01\x00"),
    (
        "16 foo.example.com. port=53",
        b"\x00\x10\x03foo\x07example\x03com\x00\x00\x03\x00\x02\x00\x35",
    ),
    (
        "1 foo.example.com. key667=hello",
        b"\x00\x01\x03foo\x07example\x03com\x00\x02\x9b\x00\x05hello",
    ),
    (
        r#"1 foo.example.com. key667="hello\210qoo""#,
        b"\x00\x01\x03foo\x07example\x03com\x00\x02\x9b\x00\x09hello\xd2qoo",
    ),
    (
        r#"1 foo.example.com. ipv6hint="2001:db8::1,2001:db8::53:1""#,
        b"\x00\x01\x03foo\x07example\x03com\x00\x00\x06\x00\x20\
          \x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\
          \x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x53\x00\x01",
    ),
    (
        r#"1 example.com. ipv6hint="2001:db8:122:344::192.0.2.33""#,
        b"\x00\x01\x07example\x03com\x00\x00\x06\x00\x10\
          \x20\x01\x0d\xb8\x01\x22\x03\x44\x00\x00\x00\x00\xc0\x00\x02\x21",
    ),
    (
        "16 foo.example.org. ( alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1 )",
        b"\x00\x10\x03foo\x07example\x03org\x00\x00\x00\x00\x04\x00\x01\x00\x04\
          \x00\x01\x00\x09\x02h2\x05h3-19\x00\x04\x00\x04\xc0\x00\x02\x01",
    ),
    (
        r#"16 foo.example.org. alpn="f\\\\oo\\,bar,h2""#,
        b"\x00\x10\x03foo\x07example\x03org\x00\x00\x01\x00\x0c\x08f\\oo,bar\x02h2",
    ),
    (
        r"16 foo.example.org. alpn=f\\\092oo\092,bar,h2",
        b"\x00\x10\x03foo\x07example\x03org\x00\x00\x01\x00\x0c\x08f\\oo,bar\x02h2",
    ),
    (
        "1 . alpn=h2 no-default-alpn",
        b"\0\x01\0\0\x01\0\x03\x02h2\0\x02\0\0",
    ),
    (
        "1 . dohpath=/q{?dns} ohttp",
        b"\0\x01\0\0\x07\0\x08/q{?dns}\0\x08\0\0",
    ),
    (
        "1 . tls-supported-groups=29,23 docpath=a,b",
        b"\0\x01\0\0\x09\0\x04\0\x1d\0\x17\0\x0a\0\x04\x01a\x01b",
    ),
];

/// Appendix D.3, and what sections 2.1, 7 and 8 forbid besides.
const FAILURES: [&str; 18] = [
    "1 foo.example.com. key123=abc key123=def",
    "1 foo.example.com. mandatory",
    "1 foo.example.com. alpn",
    "1 foo.example.com. port",
    "1 foo.example.com. ipv4hint",
    "1 foo.example.com. ipv6hint",
    "1 foo.example.com. no-default-alpn=abc",
    "1 foo.example.com. mandatory=key123",
    "1 foo.example.com. mandatory=mandatory",
    "1 foo.example.com. mandatory=key123,key123 key123=abc",
    "1 foo.example.com. no-default-alpn",
    "1 foo.example.com. key0123=abc",
    "1 foo.example.com. key65536=abc",
    "1 foo.example.com. alpn=a,,b",
    "1 foo.example.com. port=65536",
    "1 foo.example.com. ipv4hint=192.0.2.1,",
    "1 foo.example.com. nonsense=1",
    "1 foo.example.com. =1",
];

#[test]
fn vectors_read_and_write_as_they_stand() {
    for (text, wire) in VECTORS {
        for rtype in [Rtype::SVCB, Rtype::HTTPS] {
            let rdata = RdataBuf::parse(rtype, text).unwrap();
            assert_eq!(rdata.as_wire(), wire, "{text}");
            assert_eq!(RdataBuf::from_wire(rtype, wire).unwrap(), rdata);
            assert_eq!(
                RdataBuf::parse(rtype, &rdata.to_string()).unwrap(),
                rdata,
                "{rdata}"
            );
        }
    }
}

#[test]
fn failures_fail() {
    for text in FAILURES {
        assert!(RdataBuf::parse(Rtype::SVCB, text).is_err(), "{text}");
    }
}

#[test]
fn malformed_wire_is_refused() {
    let table: [(&str, &[u8]); 7] = [
        ("keys out of order", b"\0\x03\0\x02\0\x35\0\x01\0\x03\x02h2"),
        ("key twice", b"\0\x03\0\x02\0\x35\0\x03\0\x02\0\x35"),
        ("cut off", b"\0\x03\0\x02\0"),
        ("port of one octet", b"\0\x03\0\x01\x35"),
        ("part of an address", b"\0\x04\0\x03\xc0\0\x02"),
        ("empty alpn id", b"\0\x01\0\x01\0"),
        (
            "mandatory out of order",
            b"\0\0\0\x04\0\x04\0\x03\0\x03\0\x02\0\x35\0\x04\0\x04\xc0\0\x02\x01",
        ),
    ];
    for (name, wire) in table {
        assert!(SvcParams::from_wire(wire).is_err(), "{name}");
    }
}

#[test]
fn values_are_typed() {
    let text = "1 . alpn=h2 port=8443 ipv4hint=192.0.2.1 key9=abc key999=x";
    let rdata = RdataBuf::parse(Rtype::HTTPS, text).unwrap();
    let Rdata::Https(https) = rdata.view().unwrap() else {
        unreachable!()
    };
    assert_eq!(https.params.value(SvcKey::PORT), Some(SvcValue::Port(8443)));
    assert!(matches!(
        https.params.value(SvcKey::TLS_SUPPORTED_GROUPS),
        Some(SvcValue::Unknown(_))
    ));
    assert_eq!(
        https.params.value(SvcKey(999)),
        Some(SvcValue::Unknown(b"x"))
    );
    assert_eq!(https.params.value(SvcKey::ECH), None);
    assert_eq!(https.params.count(), 5);
}
