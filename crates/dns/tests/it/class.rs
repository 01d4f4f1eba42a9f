//! What rdata means in classes other than IN.

use eaves_dns::{
    Builder, Class, Flags, Head, Header, Message, Name, Question, Rdata, RdataBuf, Rtype, Section,
    Ttl, View,
    rdata::{ChaosA, Unknown},
    zonefile::{Entry, Scanner},
};

use crate::name;

fn chaos(text: &str) -> RdataBuf {
    RdataBuf::parse_in(Class::CH, Rtype::A, text, Name::ROOT).unwrap()
}

#[test]
fn an_address_of_chaosnet_is_a_name_and_octal_digits() {
    let rdata = chaos("CH-ADDR.Net. 1402");
    assert_eq!(rdata.as_wire(), b"\x07CH-ADDR\x03Net\0\x03\x02");
    assert_eq!(rdata.to_string(), "CH-ADDR.Net. 1402");
    assert_eq!(rdata.canonical().as_wire(), b"\x07ch-addr\x03net\0\x03\x02");
    assert_eq!(chaos(&rdata.to_generic()), rdata);
    assert_eq!(RdataBuf::new(&rdata.view().unwrap()).unwrap(), rdata);
    assert_ne!(
        RdataBuf::from_wire_in(Class::CH, Rtype::A, b"\0\0\x01"),
        RdataBuf::from_wire_in(Class(7), Rtype::A, b"\0\0\x01")
    );
    for text in ["a. 8", "a. 200000", "a. +1", "a.", "192.0.2.1"] {
        let parsed = RdataBuf::parse_in(Class::CH, Rtype::A, text, Name::ROOT);
        assert!(parsed.is_err(), "{text}");
    }
}

#[test]
fn a_chaosnet_address_travels_in_messages() {
    let owner = name("net.");
    let mut buf = [0; 512];
    let header = Header {
        flags: Flags::QR,
        ..Header::default()
    };
    let mut builder = Builder::new(&mut buf, header).unwrap();
    let question = Question {
        class: Class::CH,
        ..Question::new(&owner, Rtype::A)
    };
    builder.question(&question).unwrap();
    let domain = name("ch-addr.net.");
    let view = ChaosA {
        domain: (&domain).into(),
        address: 0o1402,
    };
    let (section, ttl) = (Section::Answer, Ttl::from_secs(5));
    builder
        .push(section, &owner, Class::CH, ttl, &view.into())
        .unwrap();
    let head = Head {
        name: (&owner).into(),
        rtype: Rtype::A,
        class: Class::CH,
        ttl,
    };
    builder
        .push_wire(section, &head, chaos("b. 7").as_wire())
        .unwrap();
    let message = Message::parse(builder.finish().to_vec()).unwrap();
    let shown: Vec<String> = message
        .section(section)
        .map(|record| record.to_string())
        .collect();
    assert_eq!(shown, ["net. 5 CH A ch-addr.net. 1402", "net. 5 CH A b. 7"]);
    // Names in rdata of a class's own types are never compressed (RFC 3597 section 4), ...
    assert!(
        message
            .as_bytes()
            .windows(11)
            .any(|octets| octets == b"\x07ch-addr\x03ne")
    );
    // ... and read when somebody did.
    let compressed = b"\0\0\x80\0\0\0\0\x01\0\0\0\0\x01a\0\0\x01\0\x03\0\0\0\0\0\x04\xc0\x0c\0\x09";
    let record = View::parse(compressed)
        .unwrap()
        .answers()
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    assert_eq!(record.to_string(), "a. 0 CH A a. 11");
}

#[test]
fn types_of_class_in_are_opaque_elsewhere() {
    for rtype in [Rtype::A, Rtype::AAAA, Rtype::SRV, Rtype::HTTPS, Rtype::APL] {
        let rdata = RdataBuf::from_wire_in(Class(7), rtype, b"\x01\x02").unwrap();
        assert_eq!(rdata.to_string(), "\\# 2 0102");
        let unknown = Unknown {
            rtype,
            octets: b"\x01\x02",
        };
        assert_eq!(rdata.view(), Ok(Rdata::Unknown(unknown)));
        assert!(RdataBuf::from_wire_in(Class::IN, rtype, b"\x01\x02").is_err());
    }
    // Most types mean the same everywhere, updates write NONE and ANY for the zone's own class, and
    // multicast sets the top bit beside it.
    for class in [Class::CH, Class::HS, Class::NONE, Class::ANY, Class(0x8001)] {
        let mx = RdataBuf::parse_in(class, Rtype::MX, "10 mail.", Name::ROOT).unwrap();
        assert_eq!(mx.to_string(), "10 mail.");
    }
    for class in [Class::HS, Class::NONE, Class::ANY, Class(0x8001)] {
        let address = RdataBuf::from_wire_in(class, Rtype::A, &[192, 0, 2, 1]).unwrap();
        assert_eq!(address.to_string(), "192.0.2.1");
    }
}

#[test]
fn zone_files_know_their_class() {
    let text = "$TTL 5\nversion.bind. CH TXT x\nhost A net. 17\nother IN A 192.0.2.1\nodd CLASS7 A \\# 1 ff\nbad CLASS7 A 192.0.2.1\n";
    let mut scanner = Scanner::new(text.as_bytes(), Name::ROOT);
    let mut shown = Vec::new();
    while let Some(entry) = scanner.next_entry() {
        shown.push(match entry {
            Ok(Entry::Record(record)) => {
                let rdata = RdataBuf::from_wire_in(record.class, record.rtype, record.rdata);
                format!("{} {} {}", record.owner, record.class, rdata.unwrap())
            }
            Ok(_) => unreachable!(),
            Err(error) => error.to_string(),
        });
    }
    let expected = [
        "version.bind. CH \"x\"",
        "host. CH net. 17",
        "other. IN 192.0.2.1",
        "odd. CLASS7 \\# 1 ff",
        "line 6, column 14: bad. A: a type without a format is written as \\#",
    ];
    assert_eq!(shown, expected);
}

#[test]
fn numbers_of_any_length_are_read_or_refused() {
    let nines = "9".repeat(40);
    for digits in ["000001", "65536", &nines] {
        assert!(
            format!("TYPE{digits}").parse::<Rtype>().is_err(),
            "{digits}"
        );
        assert!(
            format!("CLASS{digits}").parse::<Class>().is_err(),
            "{digits}"
        );
    }
    for text in [nines.clone(), format!("{nines}w"), format!("1w{nines}s")] {
        assert!(text.parse::<Ttl>().is_err(), "{text}");
    }
    assert_eq!("TYPE65535".parse(), Ok(Rtype(65_535)));
}
