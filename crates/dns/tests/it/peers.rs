//! What other DNS libraries were seen to get wrong, each as a test.

use eaves_dns::{
    NameRef, Rdata, RdataBuf, Rtype, View,
    zone::Zone,
    zonefile::{Entry, Scanner},
};

use crate::name;

/// Texts that must read and be written as the second says.
const TEXTS: &[(Rtype, &str, &str)] = &[
    // Refused by one or another: DNSSEC's types, and obscure ones.
    (
        Rtype::DNSKEY,
        "257 3 RSASHA256 AwEA AQ==",
        "257 3 8 AwEAAQ==",
    ),
    (Rtype::CDS, "0 0 0 00", "0 0 0 00"),
    (Rtype::CDNSKEY, "0 3 0 AA==", "0 3 0 AA=="),
    (Rtype::KEY, "512 255 13 AAECAw==", "512 255 13 AAECAw=="),
    (
        Rtype::RRSIG,
        "SOA 8 1 5M 20300101000000 20291201000000 7 a. AA==",
        "SOA 8 1 300 20300101000000 20291201000000 7 a. AA==",
    ),
    (Rtype::NSEC, "b. a TYPE65400 MX", "b. A MX TYPE65400"),
    (
        Rtype::NSEC3,
        "1 1 0 - 2vptu5timamqttgl4luu9kg21e0aor3s NS",
        "1 1 0 - 2vptu5timamqttgl4luu9kg21e0aor3s NS",
    ),
    (Rtype::NSEC3PARAM, "1 255 5 AA", "1 255 5 aa"),
    (Rtype::DNAME, "_a._b.example.", "_a._b.example."),
    (Rtype::RP, "admin.example. .", "admin.example. ."),
    (Rtype::URI, r#"1 2 "ftp://a/;b""#, r#"1 2 "ftp://a/;b""#),
    (
        Rtype::LOC,
        "52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m",
        "52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000.00m 10.00m",
    ),
    (Rtype::NSAP_PTR, "a.", "a."),
    (Rtype::NSAP, "0x01", "0x01"),
    (Rtype::ISDN, "150862028003217", r#""150862028003217""#),
    (Rtype::SSHFP, "4 9 ABCD ef", "4 9 abcdef"),
    // Base64 in two tokens was cut off after the first, and mnemonics refused.
    (Rtype::CERT, "PKIX 1 RSASHA1 AAEC AwQF", "1 1 5 AAECAwQF"),
    // Mnemonics come late to some.
    (Rtype::CERT, "PKIX 1 MLDSA44 AA==", "1 1 18 AA=="),
    // An octet became two in UTF-8.
    (Rtype::TXT, r"\200", r#""\200""#),
    // Keys without a name of their own.
    (
        Rtype::SVCB,
        r#"1 . key65400="a b" key7=/q"#,
        r#"1 . dohpath="/q" key65400="a b""#,
    ),
    // The case of names in rdata was lost.
    (Rtype::MX, "10 Mail.EXAMPLE.", "10 Mail.EXAMPLE."),
    (Rtype::SRV, "0 0 0 Host_1.example.", "0 0 0 Host_1.example."),
    // Leading zeros that BIND leaves out.
    (Rtype::NID, "14 14:4fff:ff20:5", "14 0014:4fff:ff20:0005"),
    (
        Rtype::L64,
        "10 2001:db8:1140:1000",
        "10 2001:0db8:1140:1000",
    ),
];

#[test]
fn texts_that_others_refuse_or_change() {
    for (rtype, text, expected) in TEXTS {
        let rdata = RdataBuf::parse(*rtype, text);
        let rdata = rdata.unwrap_or_else(|error| panic!("{rtype} {text}: {error}"));
        assert_eq!(rdata.to_string(), *expected, "{rtype}");
        assert_eq!(
            RdataBuf::parse(*rtype, &rdata.to_generic()).as_ref(),
            Ok(&rdata)
        );
    }
    for text in [
        "1:2:3",
        "1:2:3:4:5",
        "1::3:4",
        "12345:1:1:1",
        "+1:2:3:4",
        ":1:2:3",
    ] {
        assert!(
            RdataBuf::parse(Rtype::L64, &format!("1 {text}")).is_err(),
            "{text}"
        );
    }
}

/// Rdata that did not survive being read and written.
#[test]
fn rdata_that_others_change() {
    let table: &[(Rtype, &[u8])] = &[
        (Rtype::NSEC3PARAM, b"\x01\x80\0\0\0"),
        (Rtype::KEY, b"\0\0\xff\x05\x01"),
        (Rtype::KEY, b"\x10\0\x03\x0d\x01\x02"),
        (
            Rtype::SIG,
            b"\0\x01\x05\x01\0\0\0\x05\0\0\0\x02\0\0\0\x01\0\x07\x01a\0\xaa",
        ),
        (Rtype::NSAP, b"\x47"),
        (Rtype::ISDN, b"\x011"),
        (Rtype::ISDN, b"\x011\x012"),
        (Rtype::TXT, b"\0"),
        (Rtype(65400), b""),
    ];
    for (rtype, wire) in table {
        let rdata = RdataBuf::from_wire(*rtype, wire);
        let rdata = rdata.unwrap_or_else(|error| panic!("{rtype} {wire:?}: {error}"));
        assert_eq!(rdata.as_wire(), *wire);
        let view = rdata.view().unwrap();
        assert_eq!(RdataBuf::new(&view).as_ref(), Ok(&rdata));
        assert_eq!(
            RdataBuf::parse(*rtype, &rdata.to_string()).as_ref(),
            Ok(&rdata)
        );
    }
}

#[test]
fn names_in_canonical_rdata_are_in_lower_case() {
    let table = [
        (Rtype::AFSDB, "1 AFS.Example."),
        (Rtype::KX, "1 KX.Example."),
        (Rtype::PX, "1 A.Example. B.Example."),
        (Rtype::RT, "1 RT.Example."),
        (
            Rtype::SIG,
            "A 5 1 5 20300101000000 20291201000000 7 Example. AA==",
        ),
        (
            Rtype::RRSIG,
            "A 5 1 5 20300101000000 20291201000000 7 Example. AA==",
        ),
    ];
    for (rtype, text) in table {
        let canonical = RdataBuf::parse(rtype, text).unwrap().canonical();
        let lower = RdataBuf::parse(rtype, &text.to_lowercase().replace("aa==", "AA=="));
        assert_eq!(Ok(canonical), lower, "{rtype}");
    }
}

#[test]
fn inner_underscores_and_odd_octets_are_names() {
    for text in [
        "a._tcp.b.",
        "_.",
        r"\000\255.",
        r"a\.b.",
        r"\@.",
        "xn--a.",
        "-.",
    ] {
        assert_eq!(name(text).to_string(), text);
    }
}

#[test]
fn pointers_close_by_are_followed_and_unknown_rdata_keeps_what_looks_like_them() {
    let mut message =
        b"\0\x07\x84\0\0\0\0\x02\0\0\0\0\x01a\0\xff\x78\0\x01\0\0\0\0\0\x02\xc0\x0c".to_vec();
    message.extend_from_slice(b"\xc0\x0c\0\x05\0\x01\0\0\0\0\0\x04\x01b\xc0\x0c");
    let view = View::parse(&message).unwrap();
    view.check().unwrap();
    let records: Vec<String> = view
        .answers()
        .unwrap()
        .map(|record| record.unwrap().to_string())
        .collect();
    assert_eq!(
        records,
        ["a. 0 IN TYPE65400 \\# 2 c00c", "a. 0 IN CNAME b.a."]
    );
    let record = view.answers().unwrap().next().unwrap().unwrap();
    assert!(matches!(record.rdata(), Ok(Rdata::Unknown(unknown)) if unknown.octets == b"\xc0\x0c"));
    // A pointer right behind the name it points to.
    let near = b"\0\x07\x84\0\0\x02\0\0\0\0\0\0\x01a\0\0\x01\0\x01\xc0\x0c\0\x01\0\x01";
    let names: Vec<NameRef<'_>> = View::parse(near)
        .unwrap()
        .questions()
        .map(|question| question.unwrap().name)
        .collect();
    assert_eq!(names[0], names[1]);
}

#[test]
fn names_are_compared_label_by_label() {
    // Compared as reversed octets, these would come in another order (RFC 4034 section 6.1).
    let mut names = [
        "a.z.", "b.y.", "z.", r"\001.z.", "*.z.", r"\200.z.", "y.", "Z.a.z.",
    ]
    .map(name);
    names.sort();
    let order = [
        "y.", "b.y.", "z.", r"\001.z.", "*.z.", "a.z.", "Z.a.z.", r"\200.z.",
    ];
    assert_eq!(names.map(|name| name.to_string()), order);
}

#[test]
fn no_line_of_a_zone_is_dropped() {
    // Without a type; with a TTL that the record before does not hand on behind $TTL.
    let text = "$TTL 9\n@ SOA a b 1 1 1 1 1\n@ NS ns\nns 5 A 192.0.2.1\nlost\nns A 192.0.2.2\n";
    let origin = name("example.");
    let load = Zone::parse(text, &origin);
    assert_eq!(load.problems[0].line, 5);
    assert!(
        load.problems[0]
            .to_string()
            .contains("lost.example.: record type is missing")
    );
    let mut scanner = Scanner::new(text.as_bytes(), &origin);
    let mut ttls = Vec::new();
    while let Some(entry) = scanner.next_entry() {
        if let Ok(Entry::Record(record)) = entry {
            ttls.push(record.ttl.as_secs());
        }
    }
    assert_eq!(ttls, [9, 9, 5, 9]);
}

#[test]
fn quotes_are_for_strings() {
    let refused = [
        (Rtype::A, r#""192.0.2.1""#),
        (Rtype::MX, r#""1" a."#),
        (Rtype::MX, r#"1 "a.""#),
        (Rtype::LOC, r#""52" N 13 E 34m"#),
        (Rtype::NID, r#"1 "1:2:3:4""#),
        (Rtype::DNSKEY, r#"257 3 "RSASHA256" AA=="#),
    ];
    for (rtype, text) in refused {
        assert!(RdataBuf::parse(rtype, text).is_err(), "{rtype} {text}");
    }
    assert!(RdataBuf::parse(Rtype::GPOS, r#""1" 2 "3""#).is_ok());
}
