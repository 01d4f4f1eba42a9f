//! EDNS options, cookies and padding.

use eaves_dns::{
    Builder, Header, Name, NameRef, Rtype, View,
    edns::{
        ClientSubnet, Cookie, CookieSecret, CookieVerdict, Edns, EdnsOption, ErrorReport, InfoCode,
        OptionCode, Options, PaddingPolicy, ZoneVersion,
    },
};
use proptest::prelude::*;

use crate::name;

#[test]
fn typed_options_read_back() {
    let agent = name("agent.example.");
    let options = [
        EdnsOption::Llq {
            version: 1,
            opcode: 1,
            error: 0,
            id: 7,
            lease: 3600,
        },
        EdnsOption::UpdateLease {
            lease: 60,
            key_lease: Some(90),
        },
        EdnsOption::UpdateLease {
            lease: 60,
            key_lease: None,
        },
        EdnsOption::Nsid(b"ns1"),
        EdnsOption::Dau(&[8, 13]),
        EdnsOption::Dhu(&[2]),
        EdnsOption::N3u(&[1]),
        EdnsOption::ClientSubnet(ClientSubnet::new([192, 0, 2, 77].into(), 25)),
        EdnsOption::ClientSubnet(ClientSubnet::new(
            [0x20, 1, 0xd, 0xb8, 0, 0, 0, 1].into(),
            0,
        )),
        EdnsOption::Expire(Some(5)),
        EdnsOption::Expire(None),
        EdnsOption::Cookie(Cookie::from_client([9; 8])),
        EdnsOption::TcpKeepalive(Some(100)),
        EdnsOption::Padding(&[0; 9]),
        EdnsOption::Chain(NameRef::from(&agent)),
        EdnsOption::KeyTag(&[0, 1, 0, 2]),
        EdnsOption::ExtendedError {
            code: InfoCode(4),
            text: b"stale",
        },
        EdnsOption::ClientTag(1),
        EdnsOption::ServerTag(2),
        EdnsOption::ReportChannel(NameRef::from(&agent)),
        EdnsOption::ZoneVersion(Some(ZoneVersion {
            labels: 2,
            kind: 0,
            version: &[0, 0, 0, 1],
        })),
        EdnsOption::ZoneVersion(None),
        EdnsOption::Unknown {
            code: OptionCode(65001),
            octets: b"x",
        },
    ];
    let mut wire = Vec::new();
    for option in &options {
        Options::encode(option, &mut wire).unwrap();
    }
    let read: Result<Vec<_>, _> = Options::from_wire(&wire).unwrap().typed().collect();
    assert_eq!(read.unwrap(), options);
}

#[test]
fn malformed_options_are_refused() {
    let table: [(OptionCode, &[u8]); 10] = [
        (OptionCode::COOKIE, &[0; 9]),
        (OptionCode::COOKIE, &[0; 41]),
        (OptionCode::CLIENT_SUBNET, b"\0\x01\x18\0\xc0\0\x02\x01"),
        (OptionCode::CLIENT_SUBNET, b"\0\x01\x17\0\xc0\0\x03"),
        // An octet more or less than the prefix takes.
        (OptionCode::CLIENT_SUBNET, b"\0\x01\x10\0\xc0\0\0"),
        (OptionCode::CLIENT_SUBNET, b"\0\x01\x18\0\xc0\0"),
        (OptionCode::CLIENT_SUBNET, b"\0\x03\x00\0"),
        (OptionCode::EXPIRE, &[0; 3]),
        (OptionCode::KEY_TAG, &[0; 3]),
        (OptionCode::REPORT_CHANNEL, b"\x01a"),
    ];
    for (code, octets) in table {
        assert!(
            EdnsOption::read(code, octets).is_err(),
            "{code:?} {octets:?}"
        );
    }
}

fn octets<const N: usize>(hex: &str) -> [u8; N] {
    core::array::from_fn(|place| u8::from_str_radix(&hex[2 * place..2 * place + 2], 16).unwrap())
}

/// RFC 9018 appendix A.
#[test]
fn server_cookies_are_those_of_rfc_9018() {
    let secret = CookieSecret::new(octets("e5e973e5a6b2a43f48e7dc849e37bfcf"));
    let client = [198, 51, 100, 100].into();
    let cookie = secret.make(octets("2464c4abcf10c957"), client, 1_559_731_985);
    let expected: [u8; 24] = octets("2464c4abcf10c957010000005cf79f111f8130c3eee29480");
    assert_eq!(cookie.as_wire(), expected);
    assert_eq!(
        secret.check(&cookie, client, 1_559_731_985),
        CookieVerdict::Valid
    );

    // Reserved octets are hashed as they came.
    let other = [203, 0, 113, 203].into();
    let reserved: [u8; 24] = octets("fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5");
    let cookie = Cookie::from_wire(&reserved).unwrap();
    assert_eq!(
        secret.check(&cookie, other, 1_559_727_985),
        CookieVerdict::Valid
    );

    let client = "2001:db8:220:1:59de:d0f4:8769:82b8".parse().unwrap();
    let before = CookieSecret::new(octets("dd3bdf9344b678b185a6f5cb60fca715"));
    let cookie = before.make(octets("22681ab97d52c298"), client, 1_559_741_817);
    let expected: [u8; 24] = octets("22681ab97d52c298010000005cf7c57926556bd0934c72f8");
    assert_eq!(cookie.as_wire(), expected);
    let after = CookieSecret::new(octets("445536bcd2513298075a5d379663c962"));
    let cookie = after.make(octets("22681ab97d52c298"), client, 1_559_741_961);
    let expected: [u8; 24] = octets("22681ab97d52c298010000005cf7c609a6bb79d16625507a");
    assert_eq!(cookie.as_wire(), expected);
}

#[test]
fn server_cookies_age() {
    let secret = CookieSecret::new([1; 16]);
    let client = [192, 0, 2, 1].into();
    let cookie = secret.make([2; 8], client, 10_000);
    let table = [
        (9_699, CookieVerdict::Invalid),
        (9_700, CookieVerdict::Valid),
        (11_799, CookieVerdict::Valid),
        (11_800, CookieVerdict::Renew),
        (13_600, CookieVerdict::Renew),
        (13_601, CookieVerdict::Invalid),
    ];
    for (now, verdict) in table {
        assert_eq!(secret.check(&cookie, client, now), verdict, "{now}");
    }
    let bare = Cookie::from_client([2; 8]);
    assert_eq!(secret.check(&bare, client, 10_000), CookieVerdict::Missing);
    // Cookies of other servers may be of any length: neither a part of the hash is enough, nor more of it.
    for len in 16..=40 {
        let mut wire = cookie.as_wire().to_vec();
        wire.resize(len, 0);
        let verdict = secret.check(&Cookie::from_wire(&wire).unwrap(), client, 10_000);
        assert_eq!(verdict == CookieVerdict::Valid, len == 24, "{len}");
    }
    let other = CookieSecret::new([3; 16]);
    assert_eq!(other.check(&cookie, client, 10_000), CookieVerdict::Invalid);
    assert_eq!(format!("{secret:?}"), "CookieSecret(..)");
}

proptest! {
    #[test]
    fn padding_reaches_a_block_or_the_limit(len in 12_usize..2000, limit in 512_usize..4096, block in 1_u16..600) {
        if let Some(padding) = PaddingPolicy::Block(block).padding(len, limit) {
            let total = len + 4 + usize::from(padding);
            prop_assert!(total <= limit);
            prop_assert!(total % usize::from(block) == 0 || total == limit);
        } else {
            prop_assert!(len + 4 > limit);
        }
        if let Some(padding) = PaddingPolicy::Maximal.padding(len, limit) {
            prop_assert_eq!(len + 4 + usize::from(padding), limit);
        }
    }

    #[test]
    fn any_option_is_read_back_or_refused(code in 0_u16..24, octets in proptest::collection::vec(any::<u8>(), 0..50)) {
        if let Ok(option) = EdnsOption::read(OptionCode(code), &octets) {
            let mut wire = Vec::new();
            option.write(&mut wire).unwrap();
            prop_assert_eq!(wire, octets);
        }
    }
}

#[test]
fn reports_of_errors_are_names_under_their_agent() {
    let agent = name("agent.example.");
    let report = ErrorReport {
        name: name("a\\.b._er.Test."),
        rtype: Rtype::HTTPS,
        code: InfoCode(65_535),
    };
    let asked = report.query_name(&agent).unwrap();
    assert_eq!(
        asked,
        name("_er.65.a\\.b._er.test.65535._er.agent.example.")
    );
    assert_eq!(ErrorReport::read(&asked, &agent), Some(report.clone()));
    assert_eq!(report.query_name(Name::ROOT), None);
    let root = ErrorReport {
        name: name("."),
        ..report
    };
    let asked = root.query_name(&agent).unwrap();
    assert_eq!(ErrorReport::read(&asked, &agent), Some(root.clone()));
    // What is reported may have as many octets as are left by the labels around it and the agent.
    for (last, is_room) in [(30, true), (31, false)] {
        let labels = [
            "x".repeat(63),
            "x".repeat(63),
            "x".repeat(63),
            "x".repeat(last),
        ];
        let long = ErrorReport {
            name: name(&(labels.join(".") + ".")),
            ..root.clone()
        };
        assert_eq!(long.query_name(&agent).is_some(), is_room, "{last}");
    }
}

#[test]
fn what_reports_no_error_is_none() {
    let agent = name("agent.example.");
    let table = [
        "agent.example.",
        "_er.agent.example.",
        "_er._er.agent.example.",
        "_er.1._er.agent.example.",
        "_er.1.test.7._er.example.",
        "_er.1.test.7.er.agent.example.",
        "er.1.test.7._er.agent.example.",
        "_er.1-2.test.7._er.agent.example.",
        "_er.01.test.7._er.agent.example.",
        "_er.65536.test.7._er.agent.example.",
        "_er.+1.test.7._er.agent.example.",
        "_er.1.test.x._er.agent.example.",
    ];
    for text in table {
        assert_eq!(ErrorReport::read(&name(text), &agent), None, "{text}");
    }
}

#[test]
fn flags_of_edns_are_kept_apart() {
    let mut buf = [0; 64];
    let mut builder = Builder::new(&mut buf, Header::default()).unwrap();
    let edns = Edns {
        dnssec_ok: true,
        other_flags: Edns::COMPACT_OK,
        ..Edns::default()
    };
    builder.edns(&edns).unwrap();
    let bytes = builder.finish();
    assert_eq!(bytes[19..21], [0xc0, 0]);
    assert_eq!(View::parse(bytes).unwrap().edns(), Ok(Some(edns)));
}
