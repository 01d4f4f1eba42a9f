//! Names: text, relations, order, compression.

use std::{cmp::Ordering, collections::HashSet};

use eaves_dns::{
    Builder, Header, Name, NameBuf, NameError, NameRef, Question, Rtype, View, WireError,
    wire::Reader,
};
use proptest::prelude::*;

use crate::name;

#[test]
fn limits_are_those_of_rfc_1035() {
    let label = "a".repeat(63);
    assert!(label.parse::<NameBuf>().is_ok());
    assert_eq!(
        "a".repeat(64).parse::<NameBuf>(),
        Err(NameError::LabelTooLong)
    );
    let longest = format!("{label}.{label}.{label}.{}.", "b".repeat(61));
    assert_eq!(name(&longest).as_wire().len(), 255);
    let over = format!("{label}.{label}.{label}.{}.", "b".repeat(62));
    assert_eq!(over.parse::<NameBuf>(), Err(NameError::NameTooLong));
}

#[test]
fn bad_texts_are_refused() {
    let table = [
        ("", NameError::EmptyLabel),
        (".a", NameError::EmptyLabel),
        ("a..b", NameError::EmptyLabel),
        (r"a\256", NameError::Escape),
        (r"a\25", NameError::Escape),
        (r"a\", NameError::Escape),
    ];
    for (text, error) in table {
        assert_eq!(text.parse::<NameBuf>(), Err(error), "{text}");
    }
    assert_eq!(NameBuf::parse("a", None), Err(NameError::NoOrigin));
}

#[test]
fn canonical_order_is_that_of_rfc_4034_section_6_1() {
    let sorted = [
        "example.",
        "a.example.",
        "yljkjljk.a.example.",
        "Z.a.example.",
        "zABC.a.EXAMPLE.",
        "z.example.",
        r"\001.z.example.",
        "*.z.example.",
        r"\200.z.example.",
    ];
    for pair in sorted.windows(2) {
        assert_eq!(
            name(pair[0]).cmp(&name(pair[1])),
            Ordering::Less,
            "{pair:?}"
        );
    }
}

#[test]
fn relations_respect_label_boundaries() {
    let zone = name("example.");
    assert!(name("www.Example.").is_within(&zone));
    assert!(zone.is_within(&zone));
    assert!(!zone.is_below(&zone));
    assert!(!name("badexample.").is_within(&zone));
    assert!(!name(r"a\007example.").is_within(&zone));
    assert!(name("*.example.").is_wildcard());
    assert_eq!(
        *name("a.b.example.").common_suffix(&name("c.B.example.")),
        *name("b.example.")
    );
    assert_eq!(name("a.").common_suffix(&name("b.")), Name::ROOT);
    assert_eq!(NameBuf::child(b"a", &zone), Ok(name("a.example.")));
}

#[test]
fn pointers_must_move_backwards() {
    let table: [(&[u8], usize, WireError); 7] = [
        (b"\xc0\x00", 0, WireError::Pointer { at: 0 }),
        // Into itself, and back but then forwards again: no name ends there.
        (
            b"\0\x0aaaaaaaaaaa\xc0\x01",
            1,
            WireError::Pointer { at: 12 },
        ),
        (b"\xc0\x02\x01a\0\xc0\x00", 5, WireError::Pointer { at: 0 }),
        (b"\x01a\xc0\x00", 0, WireError::Pointer { at: 2 }),
        (b"\xc0\x02\x00", 0, WireError::Pointer { at: 0 }),
        (b"\x40a\x00", 0, WireError::Label { at: 0 }),
        (
            b"\x03ab",
            0,
            WireError::Truncated {
                at: 3,
                field: "name",
            },
        ),
    ];
    for (bytes, at, error) in table {
        assert_eq!(Reader::at(bytes, at).name().unwrap_err(), error);
    }
}

#[test]
fn pointer_chains_are_bounded() {
    let mut bytes = vec![0];
    let mut last = 0;
    for _ in 0..200_u16 {
        let at = bytes.len();
        bytes.extend_from_slice(&(0xc000_u16 | last).to_be_bytes());
        last = at as u16;
    }
    // Forty pointers, the last of which leads to the root; then one more, and many more.
    let through = |pointers: usize| Reader::at(&bytes, 1 + 2 * (pointers - 1)).name();
    assert!(through(40).unwrap().is_root());
    for (pointers, at) in [(41, 1), (200, 1 + 2 * 159)] {
        assert_eq!(
            through(pointers).unwrap_err(),
            WireError::Pointer { at },
            "{pointers}"
        );
    }
}

#[test]
fn deep_names_point_through_no_more_than_a_reader_follows() {
    let names: Vec<NameBuf> = (0..=126)
        .map(|labels| build(&vec![b"a".to_vec(); labels]))
        .collect();
    let orders: [Vec<&NameBuf>; 3] = [
        names.iter().collect(),
        names.iter().rev().collect(),
        names
            .iter()
            .flat_map(|name| [name, &names[126], name])
            .collect(),
    ];
    for order in orders {
        let mut buf = vec![0; 65_535];
        let mut builder = Builder::new(&mut buf, Header::default()).unwrap();
        for name in &order {
            builder.question(&Question::new(name, Rtype::A)).unwrap();
        }
        let len: usize = order.iter().map(|name| name.as_wire().len()).sum();
        let message = builder.finish();
        assert!(message.len() < 12 + 6 * order.len() + len * 2 / 3);
        let view = View::parse(message).unwrap();
        let read: Vec<NameBuf> = view
            .questions()
            .map(|question| question.unwrap().name.to_name_buf())
            .collect();
        assert!(read.iter().eq(order.iter().copied()));
    }
}

/// The whole name has 255 octets, behind a pointer or not; one more is too many.
#[test]
fn lengths_count_over_pointers() {
    let mut bytes = [1, b'a'].repeat(126);
    bytes.push(0);
    for label in [1_u8, 2] {
        let start = bytes.len();
        let mut name = vec![label];
        name.resize(1 + usize::from(label), b'b');
        let flat = [&name[..], &bytes[..253]].concat();
        let pointed = [&bytes[..253], &name, &[0xc0, 0]].concat();
        let read = (
            Reader::new(&flat).name().map(|name| name.len()),
            Reader::at(&pointed, 253).name().map(|name| name.len()),
        );
        match label {
            1 => assert_eq!(read, (Ok(255), Ok(255))),
            _ => assert_eq!(
                read,
                (
                    Err(WireError::NameTooLong { at: 0 }),
                    Err(WireError::NameTooLong { at: start })
                )
            ),
        }
    }
}

fn labels() -> impl Strategy<Value = Vec<Vec<u8>>> {
    proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..20), 0..8)
}

fn build(labels: &[Vec<u8>]) -> NameBuf {
    labels
        .iter()
        .rev()
        .fold(NameBuf::default(), |parent, label| {
            NameBuf::child(label, &parent).unwrap()
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn text_reads_back(labels in labels()) {
        let name = build(&labels);
        let again: NameBuf = name.to_string().parse().unwrap();
        prop_assert_eq!(again.as_wire(), name.as_wire());
        let copy = NameBuf::from_wire(name.as_wire()).unwrap();
        prop_assert_eq!(copy.as_wire(), name.as_wire());
    }

    #[test]
    fn case_is_ignored_by_equality_order_and_hash(labels in labels()) {
        let name = build(&labels);
        let mut upper = name.as_wire().to_vec();
        let mut at = 0;
        while upper[at] != 0 {
            let end = at + usize::from(upper[at]);
            upper[at + 1..=end].make_ascii_uppercase();
            at = end + 1;
        }
        let upper = NameBuf::from_wire(&upper).unwrap();
        prop_assert_eq!(&upper, &name);
        prop_assert_eq!(upper.cmp(&name), Ordering::Equal);
        prop_assert!(HashSet::from([upper]).contains(&*name));
    }

    #[test]
    fn order_is_that_of_reversed_lower_case_labels(a in labels(), b in labels()) {
        let key = |labels: &[Vec<u8>]| -> Vec<Vec<u8>> {
            labels.iter().rev().map(|label| label.to_ascii_lowercase()).collect()
        };
        let expected = key(&a).cmp(&key(&b));
        let (a, b) = (build(&a), build(&b));
        prop_assert_eq!(a.cmp(&b), expected);
        prop_assert_eq!(NameRef::from(&a).cmp(&NameRef::from(&b)), expected);
        prop_assert_eq!(a == b, expected == Ordering::Equal);
    }

    #[test]
    fn any_bytes_are_a_name_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..300), at in 0_usize..300) {
        if let Ok(name) = Reader::at(&bytes, at).name() {
            prop_assert!(name.len() <= 255);
            let copy = name.to_name_buf();
            prop_assert_eq!(copy.as_wire().len(), name.len());
            prop_assert_eq!(NameRef::from(&copy), name);
        }
    }
}
