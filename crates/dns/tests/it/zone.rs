//! Zones: what they answer, what they refuse, how they change.

use eaves_dns::{
    Builder, Flags, Header, Message, NameBuf, Opcode, Question, Rcode, RdataBuf, Rtype, Section,
    Ttl,
    edns::Edns,
    zone::{Change, Fault, Reply, Transport, Zone, Zones},
};

use crate::name;

const ZONE: &str = "$TTL 300\n\
    @ SOA ns admin 7 7200 3600 1209600 60\n\
    @ NS ns\n@ MX 10 mail\n\
    ns A 192.0.2.53\nmail A 192.0.2.25\nmail AAAA 2001:db8::25\n\
    www CNAME host\nhost A 192.0.2.1\n\
    loop CNAME pool\npool CNAME loop\n\
    out CNAME elsewhere.test.\ndangling CNAME nowhere\n\
    a.b.c TXT deep\n\
    *.wild TXT star\nx.y.wild TXT exact\n\
    sub NS ns.sub\nsub NS ns.elsewhere.test.\nsub DS 1 13 9 00\nns.sub A 192.0.2.99\n";

fn zone() -> Zone {
    Zone::parse(ZONE, &name("example.")).into_result().unwrap()
}

fn query(header: Header, question: Option<(&str, Rtype)>, edns: Option<Edns<'_>>) -> Vec<u8> {
    let mut buf = [0; 512];
    let mut builder = Builder::new(&mut buf, header).unwrap();
    if let Some((text, rtype)) = question {
        builder
            .question(&Question::new(&name(text), rtype))
            .unwrap();
    }
    if let Some(edns) = edns {
        builder.edns(&edns).unwrap();
    }
    builder.finish().to_vec()
}

fn respond(zone: &Zone, query: &[u8], transport: Transport) -> Message {
    let mut buf = vec![0; 65_535];
    let Reply::Send(answer) = zone.respond(query, transport, &mut buf) else {
        panic!("no reply");
    };
    buf.truncate(answer.len);
    let message = Message::parse(buf).unwrap();
    let low = message.header().rcode;
    let high = message.edns().map_or(low, |edns| edns.rcode(low));
    assert_eq!(answer.rcode, high);
    assert_eq!(answer.truncated, message.header().flags.contains(Flags::TC));
    message
}

fn ask(zone: &Zone, text: &str, rtype: Rtype) -> Message {
    let query = query(
        Header {
            id: 9,
            ..Header::default()
        },
        Some((text, rtype)),
        None,
    );
    respond(zone, &query, Transport::Stream)
}

fn lines(message: &Message, section: Section) -> Vec<String> {
    message
        .section(section)
        .map(|record| record.to_string())
        .collect()
}

const SOA: &str = "example. 60 IN SOA ns.example. admin.example. 7 7200 3600 1209600 60";

#[test]
fn names_are_answered_with_authority() {
    let message = ask(&zone(), "example.", Rtype::MX);
    assert!(message.header().flags.contains(Flags::QR | Flags::AA));
    assert_eq!(message.header().id, 9);
    assert_eq!(
        lines(&message, Section::Answer),
        ["example. 300 IN MX 10 mail.example."]
    );
    assert_eq!(
        lines(&message, Section::Additional),
        [
            "mail.example. 300 IN A 192.0.2.25",
            "mail.example. 300 IN AAAA 2001:db8::25"
        ]
    );
}

#[test]
fn what_is_not_there_is_denied_with_the_soa() {
    let table = [
        ("none.example.", Rtype::A, Rcode::NXDOMAIN),
        ("host.example.", Rtype::AAAA, Rcode::NOERROR),
        ("b.c.example.", Rtype::TXT, Rcode::NOERROR),
        ("c.example.", Rtype::TXT, Rcode::NOERROR),
        ("x.b.c.example.", Rtype::TXT, Rcode::NXDOMAIN),
        ("y.wild.example.", Rtype::TXT, Rcode::NOERROR),
        ("q.y.wild.example.", Rtype::TXT, Rcode::NXDOMAIN),
        ("any.wild.example.", Rtype::A, Rcode::NOERROR),
    ];
    let zone = zone();
    for (text, rtype, rcode) in table {
        let message = ask(&zone, text, rtype);
        assert_eq!(message.header().rcode, rcode, "{text}");
        assert!(message.header().flags.contains(Flags::AA));
        assert_eq!(lines(&message, Section::Answer).len(), 0, "{text}");
        assert_eq!(lines(&message, Section::Authority), [SOA], "{text}");
    }
}

#[test]
fn wildcards_make_names_up() {
    let zone = zone();
    for text in ["any.wild.example.", "a.b.wild.example."] {
        let message = ask(&zone, text, Rtype::TXT);
        assert_eq!(
            lines(&message, Section::Answer),
            [format!("{text} 300 IN TXT \"star\"")]
        );
    }
    let exact = ask(&zone, "x.y.wild.example.", Rtype::TXT);
    assert_eq!(
        lines(&exact, Section::Answer),
        ["x.y.wild.example. 300 IN TXT \"exact\""]
    );
}

#[test]
fn aliases_are_followed_within_the_zone_and_bounded() {
    let zone = zone();
    let message = ask(&zone, "www.example.", Rtype::A);
    assert_eq!(
        lines(&message, Section::Answer),
        [
            "www.example. 300 IN CNAME host.example.",
            "host.example. 300 IN A 192.0.2.1"
        ]
    );
    let looped = lines(&ask(&zone, "loop.example.", Rtype::A), Section::Answer);
    assert!((2..=9).contains(&looped.len()), "{looped:?}");
    let out = ask(&zone, "out.example.", Rtype::A);
    assert_eq!(
        lines(&out, Section::Answer),
        ["out.example. 300 IN CNAME elsewhere.test."]
    );
    assert_eq!(out.header().rcode, Rcode::NOERROR);
    let dangling = ask(&zone, "dangling.example.", Rtype::A);
    assert_eq!(dangling.header().rcode, Rcode::NXDOMAIN);
    assert_eq!(lines(&dangling, Section::Authority), [SOA]);
    let itself = ask(&zone, "www.example.", Rtype::CNAME);
    assert_eq!(lines(&itself, Section::Answer).len(), 1);
}

#[test]
fn delegations_are_referred_to_with_glue() {
    let zone = zone();
    for text in ["sub.example.", "a.b.sub.example.", "ns.sub.example."] {
        let message = ask(&zone, text, Rtype::A);
        assert!(!message.header().flags.contains(Flags::AA), "{text}");
        assert_eq!(lines(&message, Section::Answer).len(), 0);
        assert_eq!(
            lines(&message, Section::Authority),
            [
                "sub.example. 300 IN NS ns.sub.example.",
                "sub.example. 300 IN NS ns.elsewhere.test."
            ]
        );
        assert_eq!(
            lines(&message, Section::Additional),
            ["ns.sub.example. 300 IN A 192.0.2.99"]
        );
    }
    let ds = ask(&zone, "sub.example.", Rtype::DS);
    assert!(ds.header().flags.contains(Flags::AA));
    assert_eq!(
        lines(&ds, Section::Answer),
        ["sub.example. 300 IN DS 1 13 9 00"]
    );
    // Below the cut, DS is the business of the child.
    let below = ask(&zone, "a.sub.example.", Rtype::DS);
    assert!(!below.header().flags.contains(Flags::AA));
    assert_eq!(below.section(Section::Authority).count(), 2);
}

/// RFC 6891 section 6.2.3: sizes below 512 are 512.
#[test]
fn no_datagram_is_cut_below_512_octets() {
    let text = format!("{ZONE}big TXT {}\n", "x".repeat(250));
    let zone = Zone::parse(&text, &name("example.")).into_result().unwrap();
    for udp_size in [0, 100, 511] {
        let edns = Edns {
            udp_size,
            ..Edns::default()
        };
        let query = query(
            Header::default(),
            Some(("big.example.", Rtype::TXT)),
            Some(edns),
        );
        for max in [0, 512, 4096] {
            let message = respond(&zone, &query, Transport::Datagram { max });
            assert_eq!(
                message.section(Section::Answer).count(),
                1,
                "{udp_size} {max}"
            );
        }
    }
}

#[test]
fn any_is_answered_with_one_rrset() {
    let message = ask(&zone(), "mail.example.", Rtype::ANY);
    assert_eq!(
        lines(&message, Section::Answer),
        ["mail.example. 300 IN A 192.0.2.25"]
    );
    let message = ask(&zone(), "www.example.", Rtype::ANY);
    let alias = ["www.example. 300 IN CNAME host.example."];
    assert_eq!(lines(&message, Section::Answer), alias);
}

#[test]
fn an_srv_record_comes_with_the_addresses_of_its_host() {
    let text = "$TTL 300\n@ SOA ns admin 1 7200 3600 1209600 60\n@ NS ns\nns A 192.0.2.53\n\
        _x._tcp SRV 0 0 80 ns\n";
    let zone = Zone::parse(text, &name("example.")).into_result().unwrap();
    let message = ask(&zone, "_x._tcp.example.", Rtype::SRV);
    let address = ["ns.example. 300 IN A 192.0.2.53"];
    assert_eq!(lines(&message, Section::Additional), address);
}

#[test]
fn what_cannot_be_answered_gets_the_error_it_deserves() {
    let zone = zone();
    let edns1 = Edns {
        version: 1,
        ..Edns::default()
    };
    let plain = Header::default();
    let update = Header {
        opcode: Opcode::UPDATE,
        ..plain
    };
    let soa = Some(("example.", Rtype::SOA));
    let table = [
        (query(update, soa, None), Rcode::NOTIMP),
        (query(plain, None, None), Rcode::FORMERR),
        (query(plain, soa, Some(edns1)), Rcode::BADVERS),
        (
            query(plain, Some(("other.", Rtype::A)), None),
            Rcode::REFUSED,
        ),
        (
            query(plain, Some(("example.", Rtype::AXFR)), None),
            Rcode::REFUSED,
        ),
        (b"\0\x01\0\0\0\x01\0\0\0\0\0\0\x40".to_vec(), Rcode::FORMERR),
        (
            b"\0\x01\0\0\0\x02\0\0\0\0\0\0\0\0\x01\0\x01\0\0\x01\0\x01".to_vec(),
            Rcode::FORMERR,
        ),
    ];
    for (query, rcode) in table {
        let message = respond(&zone, &query, Transport::DATAGRAM);
        let high = message.edns().map_or(0, |edns| edns.rcode_high);
        assert_eq!(
            Rcode(u16::from(high) << 4 | message.header().rcode.0),
            rcode
        );
        assert!(!message.header().flags.contains(Flags::AA));
    }
}

/// RFC 6891 section 6.1.1 asks for FORMERR where there are two OPT records; so does one that cannot be read.
#[test]
fn what_is_wrong_with_edns_is_no_query_without_it() {
    const OPT: &[u8] = b"\0\0\x29\x04\xd0\0\0\0\0\0\0";
    let plain = query(Header::default(), Some(("www.example.", Rtype::A)), None);
    let with = |count: u8, records: &[&[u8]]| {
        let mut query = plain.clone();
        query[11] = count;
        query.extend(records.concat());
        let message = respond(&zone(), &query, Transport::DATAGRAM);
        message.header().rcode
    };
    let cut = b"\0\0\x29\x04\xd0\0\0\0\0\0\x03\0\x0a\0";
    assert_eq!(with(1, &[OPT]), Rcode::NOERROR);
    assert_eq!(with(2, &[OPT, OPT]), Rcode::FORMERR);
    assert_eq!(with(1, &[cut]), Rcode::FORMERR);
}

#[test]
fn a_refusal_says_first_what_is_wrong_with_the_query() {
    let soa = Some(("example.", Rtype::SOA));
    let update = Header {
        opcode: Opcode::UPDATE,
        ..Header::default()
    };
    for (header, rcode) in [
        (Header::default(), Rcode::SERVFAIL),
        (update, Rcode::NOTIMP),
    ] {
        let mut buf = [0; 512];
        let query = query(header, soa, None);
        let reply = eaves_dns::zone::refuse(&query, Rcode::SERVFAIL, Transport::DATAGRAM, &mut buf);
        let Reply::Send(answer) = reply else {
            panic!("a query is answered");
        };
        assert_eq!(answer.rcode, rcode);
    }
}

#[test]
fn classes_other_than_in_are_refused() {
    let mut query = query(Header::default(), Some(("www.example.", Rtype::A)), None);
    for (class, rcode) in [
        (1, Rcode::NOERROR),
        (3, Rcode::REFUSED),
        (255, Rcode::REFUSED),
    ] {
        *query.last_mut().unwrap() = class;
        let message = respond(&zone(), &query, Transport::DATAGRAM);
        assert_eq!(message.header().rcode, rcode, "{class}");
    }
}

/// RFC 3225 section 3: the bit is copied.
#[test]
fn an_answer_says_do_to_who_said_it() {
    for dnssec_ok in [false, true] {
        let edns = Edns {
            dnssec_ok,
            ..Edns::default()
        };
        let query = query(
            Header::default(),
            Some(("example.", Rtype::SOA)),
            Some(edns),
        );
        let message = respond(&zone(), &query, Transport::DATAGRAM);
        assert_eq!(message.edns().map(|edns| edns.dnssec_ok), Some(dnssec_ok));
    }
}

/// Whatever an answer takes, room is left for the OPT record that must be in it.
#[test]
fn an_answer_that_just_fits_has_its_opt() {
    let mut truncated = 0;
    for len in 180..=255 {
        let text = format!(
            "$TTL 300\n@ SOA ns admin 1 7200 3600 1209600 60\n@ NS ns\nns A 192.0.2.53\nt TXT {} {}\n",
            "x".repeat(255),
            "y".repeat(len)
        );
        let zone = Zone::parse(&text, &name("example.")).into_result().unwrap();
        let edns = Edns {
            udp_size: 512,
            ..Edns::default()
        };
        let query = query(
            Header::default(),
            Some(("t.example.", Rtype::TXT)),
            Some(edns),
        );
        let message = respond(&zone, &query, Transport::DATAGRAM);
        assert!(message.edns().is_some(), "{len}");
        truncated += u32::from(message.header().flags.contains(Flags::TC));
    }
    assert!((1..76).contains(&truncated), "{truncated} did not fit");
}

#[test]
fn nobody_can_ask_for_what_is_no_type() {
    for rtype in [Rtype::NXNAME, Rtype::OPT, Rtype::TSIG] {
        let query = query(Header::default(), Some(("www.example.", rtype)), None);
        let message = respond(&zone(), &query, Transport::DATAGRAM);
        assert_eq!(message.header().rcode, Rcode::FORMERR, "{rtype}");
    }
}

/// RFC 6672: a name below a DNAME is an alias, whatever else the zone has there; the owner is not.
#[test]
fn names_below_a_dname_are_redirected() {
    let long = ["x".repeat(60), "y".repeat(60), "z".repeat(60)].join(".");
    let text = format!(
        "{ZONE}away 60 DNAME there\nhidden.away A 192.0.2.7\naway TXT here\n\
         *.there A 192.0.2.8\nround DNAME round\nfar DNAME {long}.there\ngone DNAME other.\n"
    );
    let zone = Zone::parse(&text, &name("example.")).into_result().unwrap();
    let table = [
        (
            "a.away.example.",
            Rtype::A,
            Rcode::NOERROR,
            &[
                "away.example. 60 IN DNAME there.example.",
                "a.away.example. 60 IN CNAME a.there.example.",
                "a.there.example. 300 IN A 192.0.2.8",
            ][..],
        ),
        (
            "HIDDEN.Away.example.",
            Rtype::A,
            Rcode::NOERROR,
            &[
                "Away.example. 60 IN DNAME there.example.",
                "HIDDEN.Away.example. 60 IN CNAME HIDDEN.there.example.",
                "HIDDEN.there.example. 300 IN A 192.0.2.8",
            ],
        ),
        (
            "a.away.example.",
            Rtype::CNAME,
            Rcode::NOERROR,
            &[
                "away.example. 60 IN DNAME there.example.",
                "a.away.example. 60 IN CNAME a.there.example.",
            ],
        ),
        (
            "away.example.",
            Rtype::TXT,
            Rcode::NOERROR,
            &["away.example. 300 IN TXT \"here\""],
        ),
        ("away.example.", Rtype::A, Rcode::NOERROR, &[]),
        (
            "a.gone.example.",
            Rtype::A,
            Rcode::NOERROR,
            &[
                "gone.example. 300 IN DNAME other.",
                "a.gone.example. 300 IN CNAME a.other.",
            ],
        ),
    ];
    for (owner, rtype, rcode, expected) in table {
        let message = ask(&zone, owner, rtype);
        assert_eq!(message.header().rcode, rcode, "{owner}");
        assert!(message.header().flags.contains(Flags::AA), "{owner}");
        assert_eq!(
            lines(&message, Section::Answer),
            expected,
            "{owner} {rtype}"
        );
        let is_denied = message.section(Section::Authority).count() > 0;
        assert_eq!(is_denied, expected.is_empty(), "{owner} {rtype}");
    }
    let too_long = format!("{}.far.example.", "w".repeat(60));
    let message = ask(&zone, &too_long, Rtype::A);
    assert_eq!(message.header().rcode, Rcode::YXDOMAIN);
    assert_eq!(message.section(Section::Answer).count(), 1);
    // Eight aliases and no more are followed, each with the DNAME it comes from.
    let message = ask(&zone, "a.round.example.", Rtype::A);
    assert_eq!(message.section(Section::Answer).count(), 18);
}

#[test]
fn of_a_querys_flags_only_rd_and_cd_come_back() {
    let asked = Flags::AA | Flags::TC | Flags::RD | Flags::RA | Flags::Z | Flags::AD | Flags::CD;
    let header = Header {
        flags: asked,
        ..Header::default()
    };
    let query = query(header, Some(("host.example.", Rtype::A)), None);
    let message = respond(&zone(), &query, Transport::DATAGRAM);
    let expected = Flags::QR | Flags::AA | Flags::RD | Flags::CD;
    assert_eq!(message.header().flags, expected);
}

#[test]
fn responses_and_junk_are_not_answered() {
    let response = Header {
        flags: Flags::QR,
        ..Header::default()
    };
    let response = query(response, Some(("example.", Rtype::A)), None);
    let mut buf = [0; 512];
    for junk in [&response[..], b"", b"\0\x01\0\0\0"] {
        assert_eq!(
            zone().respond(junk, Transport::Stream, &mut buf),
            Reply::Drop
        );
    }
}

#[test]
fn answers_that_do_not_fit_are_truncated_by_whole_rrsets() {
    let mut text = ZONE.to_owned();
    for number in 0..60 {
        text.push_str(&format!("big TXT \"{number} {}\"\n", "x".repeat(40)));
    }
    let zone = Zone::parse(&text, &name("example.")).into_result().unwrap();
    let edns = Edns {
        udp_size: 4096,
        ..Edns::default()
    };
    let query = query(
        Header::default(),
        Some(("big.example.", Rtype::TXT)),
        Some(edns),
    );
    let small = respond(&zone, &query, Transport::DATAGRAM);
    assert!(small.header().flags.contains(Flags::TC));
    assert_eq!(lines(&small, Section::Answer).len(), 0);
    assert!(small.edns().is_some() && small.as_bytes().len() <= 1232);
    let whole = respond(&zone, &query, Transport::Stream);
    assert_eq!(lines(&whole, Section::Answer).len(), 60);
}

/// RFC 9471: a referral without the glue that it needs is truncated; other addresses are an extra.
#[test]
fn glue_that_does_not_fit_truncates_a_referral() {
    let mut text = format!("{ZONE}deep NS ns.deep\nbeside NS ns.deep\n");
    for number in 0..40 {
        text.push_str(&format!("ns.deep A 192.0.2.{number}\n"));
    }
    let zone = Zone::parse(&text, &name("example.")).into_result().unwrap();
    for (owner, transport, is_truncated, glue) in [
        ("a.deep.example.", Transport::DATAGRAM, true, 0),
        ("a.beside.example.", Transport::DATAGRAM, false, 0),
        ("a.deep.example.", Transport::Stream, false, 40),
    ] {
        let query = query(Header::default(), Some((owner, Rtype::A)), None);
        let message = respond(&zone, &query, transport);
        assert_eq!(
            message.header().flags.contains(Flags::TC),
            is_truncated,
            "{owner}"
        );
        assert_eq!(message.section(Section::Authority).count(), 1, "{owner}");
        assert_eq!(
            message.section(Section::Additional).count(),
            glue,
            "{owner}"
        );
    }
}

#[test]
fn no_more_than_32_targets_get_their_addresses() {
    let mut text = ZONE.to_owned();
    for number in 0..40 {
        text.push_str(&format!(
            "many MX 1 mail-{number}\nmail-{number} A 192.0.2.1\n"
        ));
    }
    let zone = Zone::parse(&text, &name("example.")).into_result().unwrap();
    let query = query(Header::default(), Some(("many.example.", Rtype::MX)), None);
    let message = respond(&zone, &query, Transport::Stream);
    assert_eq!(message.section(Section::Answer).count(), 40);
    assert_eq!(message.section(Section::Additional).count(), 32);
}

#[test]
fn an_answer_costs_the_same_in_a_small_and_a_large_zone() {
    let lookups = |hosts: usize| {
        let mut text = ZONE.to_owned();
        for number in 0..hosts {
            text.push_str(&format!("h{number} A 192.0.2.1\n"));
        }
        let zone = Zone::parse(&text, &name("example.")).into_result().unwrap();
        let mut buf = [0; 1232];
        [
            "none.example.",
            "h5.example.",
            "a.b.none.example.",
            "any.wild.example.",
        ]
        .map(|text| {
            let query = query(Header::default(), Some((text, Rtype::A)), None);
            let mut reply = Reply::Drop;
            let info = allocation_counter::measure(|| {
                reply = zone.respond(&query, Transport::DATAGRAM, &mut buf);
            });
            assert_eq!(info.count_total, 0, "answering allocates nothing");
            match reply {
                Reply::Send(answer) => answer.lookups,
                Reply::Drop => panic!("no reply"),
            }
        })
    };
    let small = lookups(1_000);
    // A million where the build is fast enough for it.
    let large = if cfg!(debug_assertions) {
        100_000
    } else {
        1_000_000
    };
    assert_eq!(small, lookups(large));
    assert!(small.iter().all(|lookups| *lookups <= 4), "{small:?}");
}

#[test]
fn a_changed_rrset_makes_another_version() {
    let before = zone();
    let host = name("host.example.");
    let rdata = [RdataBuf::parse(Rtype::A, "198.51.100.7").unwrap()];
    let change = Change {
        name: &host,
        rtype: Rtype::A,
        ttl: Ttl::from_secs(5),
        rdata: &rdata,
    };
    let after = before.with_rrset(&change).unwrap();
    let answer = |zone| lines(&ask(zone, "host.example.", Rtype::A), Section::Answer);
    assert_eq!(answer(&before), ["host.example. 300 IN A 192.0.2.1"]);
    assert_eq!(answer(&after), ["host.example. 5 IN A 198.51.100.7"]);
    let gone = after
        .with_rrset(&Change {
            rdata: &[],
            ..change
        })
        .unwrap();
    assert_eq!(
        ask(&gone, "host.example.", Rtype::A).header().rcode,
        Rcode::NXDOMAIN
    );
    let again = gone.with_rrset(&change).unwrap();
    assert_eq!(answer(&again), answer(&after));
}

#[test]
fn added_and_removed_names_bring_and_take_their_empty_non_terminals() {
    let mut zone = zone();
    let deep = name("x.y.z.example.");
    let rdata = [RdataBuf::parse(Rtype::A, "192.0.2.1").unwrap()];
    let add = Change {
        name: &deep,
        rtype: Rtype::A,
        ttl: Ttl::ZERO,
        rdata: &rdata,
    };
    let rcode = |zone: &Zone| ask(zone, "y.z.example.", Rtype::A).header().rcode;
    assert_eq!(rcode(&zone), Rcode::NXDOMAIN);
    for _ in 0..3 {
        zone = zone.with_rrset(&add).unwrap();
        assert_eq!(rcode(&zone), Rcode::NOERROR);
        zone = zone.with_rrset(&Change { rdata: &[], ..add }).unwrap();
        assert_eq!(rcode(&zone), Rcode::NXDOMAIN);
    }
    // More changes than are kept apart.
    for number in 0..600 {
        let owner: NameBuf = name(&format!("n{number}.example."));
        zone = zone
            .with_rrset(&Change {
                name: &owner,
                ..add
            })
            .unwrap();
    }
    let found = |text: &str| ask(&zone, text, Rtype::A).section(Section::Answer).count();
    assert_eq!(
        [
            found("n0.example."),
            found("n599.example."),
            found("host.example.")
        ],
        [1, 1, 1]
    );
}

#[test]
fn changes_that_break_the_zone_are_refused() {
    let (zone, apex) = (zone(), name("example."));
    let rdata = [RdataBuf::parse(Rtype::CNAME, "a.").unwrap()];
    let cname = Change {
        name: &apex,
        rtype: Rtype::CNAME,
        ttl: Ttl::ZERO,
        rdata: &rdata,
    };
    let fault = |change: &Change<'_>| zone.with_rrset(change).unwrap_err();
    assert_eq!(fault(&cname), Fault::CnameAndOther);
    assert_eq!(
        fault(&Change {
            name: &name("b."),
            ..cname
        }),
        Fault::OutOfZone
    );
    assert_eq!(
        fault(&Change {
            rtype: Rtype::A,
            ..cname
        }),
        Fault::MixedTypes
    );
    assert_eq!(
        fault(&Change {
            rtype: Rtype::NS,
            rdata: &[],
            ..cname
        }),
        Fault::NoNs
    );
    assert_eq!(
        fault(&Change {
            rtype: Rtype::SOA,
            rdata: &[],
            ..cname
        }),
        Fault::SoaCount(0)
    );
}

#[test]
fn the_closest_zone_answers() {
    let text = "$TTL 5\n@ SOA a b 8 1 1 1 1\n@ NS ns.test.\nhost A 192.0.2.8\n";
    let child = Zone::parse(text, &name("sub.example."))
        .into_result()
        .unwrap();
    let zones: Zones = [zone(), child].into_iter().collect();
    let mut buf = [0; 512];
    let mut answers = |text: &str, rtype| {
        let query = query(Header::default(), Some((text, rtype)), None);
        let Reply::Send(answer) = zones.respond(&query, Transport::Stream, &mut buf) else {
            panic!("no reply");
        };
        let message = Message::parse(buf[..answer.len].to_vec()).unwrap();
        lines(&message, Section::Answer)
    };
    assert_eq!(
        answers("host.sub.example.", Rtype::A),
        ["host.sub.example. 5 IN A 192.0.2.8"]
    );
    assert_eq!(
        answers("sub.example.", Rtype::DS),
        ["sub.example. 300 IN DS 1 13 9 00"]
    );
}

#[test]
fn all_problems_of_a_zone_are_told() {
    let text = "$TTL 5\n\
        @ SOA ns admin 1 1 1 1 1\n@ NS alias\n@ NS lost\n\
        alias CNAME host\nhost A 192.0.2.1\nhost CNAME x\nhost 9 A 192.0.2.2\n\
        other.test. A 192.0.2.3\nsub NS ns.sub\nm MX 1 alias\nm MX 2 nobody\nbad A x\n";
    let load = Zone::parse(text, &name("example."));
    let problems: Vec<String> = load.problems.iter().map(ToString::to_string).collect();
    let expected = [
        ":3:1: example. NS: name server alias.example. is a CNAME",
        ":4:1: example. NS: name server lost.example. has no address in the zone",
        ":7:1: host.example. CNAME: CNAME and other data",
        ":8:1: host.example. A: TTL differs from the RRset's 5, which is taken",
        ":9:1: other.test. A: out of zone, left out",
        ":10:1: sub.example. NS: no glue for name server ns.sub.example.",
        ":11:1: m.example. MX: target alias.example. is a CNAME",
        ":12:1: m.example. MX: target nobody.example. has no address in the zone",
        ":13:7: bad.example. A: not an IPv4 address",
    ];
    for line in expected {
        assert!(
            problems.iter().any(|problem| problem == line),
            "{line}: {problems:#?}"
        );
    }
    assert_eq!(problems.len(), expected.len(), "{problems:#?}");
    assert!(load.zone.is_none());
}

#[test]
fn records_of_which_there_is_one_stand_alone() {
    let head = "$TTL 5\n@ SOA ns admin 1 1 1 1 1\n@ NS ns.test.\n";
    let faults = |text: &str| -> Vec<Fault> {
        let load = Zone::parse(&format!("{head}{text}"), &name("example."));
        let problems = load.problems.into_iter();
        problems.map(|problem| problem.fault).collect()
    };
    // The same record twice is one (RFC 2181 section 5).
    assert_eq!(
        faults("@ SOA ns admin 1 1 1 1 1\nd DNAME a.\nd DNAME a.\n"),
        []
    );
    assert_eq!(faults("@ SOA ns admin 2 1 1 1 1\n"), [Fault::SoaCount(2)]);
    assert_eq!(faults("d DNAME a.\nd DNAME b.\n"), [Fault::SeveralDnames]);
    let ds = format!("DS 1 8 2 {}\n", "00".repeat(32));
    assert_eq!(faults(&format!("@ {ds}")), [Fault::DsAtApex]);
    assert_eq!(faults(&format!("sub NS ns.test.\nsub {ds}")), []);
}
