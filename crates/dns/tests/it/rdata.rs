//! Rdata: forms of known and unknown types.

use eaves_dns::{Rdata, RdataBuf, Rtype, TextError, WireError, rdata::Strings, wire::Reader};
use proptest::prelude::*;

#[test]
fn text_and_generic_form_mean_the_same() {
    let table = [
        (Rtype::A, "192.0.2.1", r"\# 4 c0000201"),
        (Rtype::MX, "10 Mail.", r"\# 8 000a044d61696c00"),
        (Rtype::TXT, r#""a\"\\b" "\200""#, r"\# 8 0461225c6201c8"),
        (Rtype::CAA, "128 issue \"ca\"", r"\# 9 8005697373756563 61"),
        (Rtype::SRV, "1 2 3 .", r"\# 7 00010002000300"),
        (Rtype(65280), r"\# 0", r"\# 0"),
    ];
    for (rtype, text, generic) in table {
        let typed = RdataBuf::parse(rtype, text).unwrap();
        if rtype != Rtype::TXT {
            assert_eq!(typed, RdataBuf::parse(rtype, generic).unwrap(), "{text}");
        }
        assert_eq!(typed, RdataBuf::parse(rtype, &typed.to_string()).unwrap());
        assert_eq!(typed, RdataBuf::parse(rtype, &typed.to_generic()).unwrap());
    }
}

#[test]
fn bad_texts_say_where() {
    let table = [
        (
            Rtype::MX,
            "10",
            TextError::Missing {
                at: 2,
                field: "name",
            },
        ),
        (Rtype::A, "192.0.2.1 x", TextError::Trailing { at: 10 }),
        (Rtype::A, "192.0.2.1\nx", TextError::Trailing { at: 9 }),
        (
            Rtype::MX,
            "70000 a.",
            TextError::Invalid {
                at: 0,
                what: "not a number up to 65535",
            },
        ),
        (
            Rtype::A,
            r"\# 3 c00002",
            TextError::Invalid {
                at: 3,
                what: "octets are not valid for this type",
            },
        ),
        (
            Rtype::A,
            r"\# 4 c00002",
            TextError::Invalid {
                at: 3,
                what: "length does not match the octets",
            },
        ),
        (
            Rtype(65280),
            "abc",
            TextError::Invalid {
                at: 0,
                what: "a type without a format is written as \\#",
            },
        ),
        (
            Rtype::TXT,
            "\"open",
            TextError::Invalid {
                at: 0,
                what: "unclosed quote",
            },
        ),
        (
            Rtype::TXT,
            "( a",
            TextError::Invalid {
                at: 0,
                what: "unclosed parenthesis",
            },
        ),
    ];
    for (rtype, text, error) in table {
        assert_eq!(RdataBuf::parse(rtype, text), Err(error), "{text}");
    }
}

#[test]
fn wire_is_checked() {
    assert_eq!(
        RdataBuf::from_wire(Rtype::A, &[1, 2, 3]),
        Err(WireError::Truncated {
            at: 3,
            field: "address"
        })
    );
    assert_eq!(
        RdataBuf::from_wire(Rtype::A, &[0; 5]),
        Err(WireError::Trailing { at: 4 })
    );
    assert!(RdataBuf::from_wire(Rtype::TXT, &[]).is_err());
    assert!(RdataBuf::from_wire(Rtype::NS, &[1, b'a', 0xc0, 0]).is_err());
    assert!(Strings::from_wire(b"\x05abc").is_err());
}

/// RFC 4034 section 4.1.2.
#[test]
fn windows_of_types_ascend_and_are_minimal() {
    let mut wire = b"\x01a\0".to_vec();
    let mut with = |windows: &[u8]| {
        wire.truncate(3);
        wire.extend_from_slice(windows);
        RdataBuf::from_wire(Rtype::NSEC, &wire).is_ok()
    };
    let full = [&[0, 32][..], &[1; 32]].concat();
    assert!(with(b"\0\x01\x40\x01\x01\x40"));
    assert!(with(&full));
    let long = [&[0, 33][..], &[1; 33]].concat();
    let bad: [&[u8]; 7] = [
        b"\0\x01\x40\0\x01\x20",
        b"\x01\x01\x40\0\x01\x40",
        b"\0\0",
        b"\0\x02\x40\0",
        b"\0\x02\x40",
        b"\0",
        &long,
    ];
    for windows in bad {
        assert!(!with(windows), "{windows:?}");
    }
}

#[test]
fn canonical_form_lower_cases_names_of_some_types_only() {
    let table = [
        (Rtype::MX, "10 Mail.Example.", "10 mail.example."),
        (Rtype::SRV, "1 2 3 Host.", "1 2 3 host."),
        (Rtype::TXT, "\"Keep\"", "\"Keep\""),
    ];
    for (rtype, text, canonical) in table {
        let rdata = RdataBuf::parse(rtype, text).unwrap();
        assert_eq!(rdata.canonical().to_string(), canonical);
    }
}

#[test]
fn pointers_are_refused_where_rfc_3597_does_not_allow_them() {
    let bytes = b"\x01a\0\0\x01\0\x02\0\x03\xc0\0";
    let mut reader = Reader::at(bytes, 3);
    assert!(matches!(Rdata::read(Rtype::SRV, reader), Ok(Rdata::Srv(_))));
    let _ = reader.bytes(6, "head").unwrap();
    assert!(matches!(Rdata::read(Rtype::NS, reader), Ok(Rdata::Ns(_))));
    assert!(matches!(
        Rdata::read(Rtype::DNAME, reader),
        Err(WireError::Pointer { .. })
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_valid_wire_survives_all_forms(rtype in 0_u16..300, wire in proptest::collection::vec(any::<u8>(), 0..80)) {
        let rtype = Rtype(rtype);
        if let Ok(rdata) = RdataBuf::from_wire(rtype, &wire) {
            prop_assert_eq!(rdata.as_wire(), &wire[..]);
            prop_assert_eq!(&RdataBuf::new(&rdata.view().unwrap()).unwrap(), &rdata);
            prop_assert_eq!(&RdataBuf::parse(rtype, &rdata.to_generic()).unwrap(), &rdata);
            let text = rdata.to_string();
            let again = RdataBuf::parse(rtype, &text);
            prop_assert_eq!(again.as_ref(), Ok(&rdata), "{} {}", rtype, text);
        }
    }
}
