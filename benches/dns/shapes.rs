//! The messages that are compared: nine shapes of what servers send.

use eaves_dns::{
    Builder, Class, Flags, Head, Header, NameBuf, Question, RdataBuf, Rtype, Section, Ttl,
    edns::Edns,
};

/// A shape: its name, question, and records by section as `owner type text`.
pub(crate) type Shape = (
    &'static str,
    (&'static str, Rtype),
    Vec<(Section, String)>,
    bool,
);

pub(crate) fn shapes() -> Vec<Shape> {
    let addresses = |count: usize| {
        let record = |number| {
            (
                Section::Answer,
                format!("www.example.com. A 192.0.2.{number}"),
            )
        };
        (0..count).map(record).collect()
    };
    let long = format!("\"{}\"", "v=spf1 include:_spf.example.com ~all ".repeat(6));
    let texts = (0..7)
        .map(|_| (Section::Answer, format!("example.com. TXT {long}")))
        .collect();
    let https = "example.com. HTTPS 1 . alpn=h3,h2 ipv4hint=192.0.2.1,192.0.2.2 ipv6hint=2001:db8::1,2001:db8::2";
    let key =
        "mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==";
    let sign = |owner: &str, rtype: &str| {
        format!(
            "{owner} RRSIG {rtype} 13 2 300 20300101000000 20291201000000 12345 example.com. {key}"
        )
    };
    let answer = |text: String| (Section::Answer, text);
    vec![
        ("query", ("www.example.com.", Rtype::A), vec![], true),
        ("a1", ("www.example.com.", Rtype::A), addresses(1), false),
        ("a4", ("www.example.com.", Rtype::A), addresses(4), false),
        ("a16", ("www.example.com.", Rtype::A), addresses(16), false),
        ("referral", ("www.example.com.", Rtype::A), referral(), true),
        (
            "https",
            ("example.com.", Rtype::HTTPS),
            vec![answer(https.to_owned())],
            true,
        ),
        ("txt", ("example.com.", Rtype::TXT), texts, true),
        (
            "dnskey",
            ("example.com.", Rtype::DNSKEY),
            vec![
                answer(format!("example.com. DNSKEY 257 3 13 {key}")),
                answer(format!("example.com. DNSKEY 256 3 13 {key}")),
                answer(sign("example.com.", "DNSKEY")),
            ],
            true,
        ),
        ("nsec3", ("nope.example.com.", Rtype::A), denial(sign), true),
    ]
}

fn referral() -> Vec<(Section, String)> {
    let mut records = Vec::new();
    for letter in 'a'..='m' {
        let text = format!("com. NS {letter}.gtld-servers.net.");
        records.push((Section::Authority, text));
    }
    for (number, letter) in ('a'..='m').enumerate() {
        let host = format!("{letter}.gtld-servers.net.");
        records.push((Section::Additional, format!("{host} A 192.5.6.{number}")));
        records.push((
            Section::Additional,
            format!("{host} AAAA 2001:503:a83e::2:{number:x}"),
        ));
    }
    records
}

fn denial(sign: impl Fn(&str, &str) -> String) -> Vec<(Section, String)> {
    let mut records = vec![
        "example.com. SOA ns1.example.com. admin.example.com. 1 7200 3600 1209600 300".to_owned(),
        sign("example.com.", "SOA"),
    ];
    for hash in [
        "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom",
        "b4um86eghhds6nea196smvmlo4ors995",
        "gjeqe526plbf1g8mklp59enfd789njgi",
    ] {
        let owner = format!("{hash}.example.com.");
        records.push(format!(
            "{owner} NSEC3 1 1 0 - 2vptu5timamqttgl4luu9kg21e0aor3s A RRSIG"
        ));
        records.push(sign(&owner, "NSEC3"));
    }
    records
        .into_iter()
        .map(|text| (Section::Authority, text))
        .collect()
}

/// Writes a shape's message.
pub(crate) fn message((_, (name, rtype), records, has_edns): &Shape) -> Vec<u8> {
    let mut buf = vec![0; 65_535];
    let flags = if records.is_empty() {
        Flags::RD
    } else {
        Flags::QR | Flags::AA
    };
    let header = Header {
        id: 7,
        flags,
        ..Header::default()
    };
    let mut builder = Builder::new(&mut buf, header).unwrap();
    let name: NameBuf = name.parse().unwrap();
    builder.question(&Question::new(&name, *rtype)).unwrap();
    for (section, text) in records {
        let mut parts = text.splitn(3, ' ');
        let owner: NameBuf = parts.next().unwrap().parse().unwrap();
        let rtype: Rtype = parts.next().unwrap().parse().unwrap();
        let rdata = RdataBuf::parse(rtype, parts.next().unwrap()).unwrap();
        let head = Head {
            name: (&owner).into(),
            rtype,
            class: Class::IN,
            ttl: Ttl::from_secs(300),
        };
        builder.push_wire(*section, &head, rdata.as_wire()).unwrap();
    }
    if *has_edns {
        builder.edns(&Edns::default()).unwrap();
    }
    builder.finish().to_vec()
}
