//! The checks of the fuzz targets as properties.

use proptest::prelude::*;

#[allow(unreachable_pub, reason = "there it is a crate of its own")]
#[path = "../../fuzz/src/lib.rs"]
mod checks;

/// Octets that often look like messages, names and zone text.
fn octets() -> impl Strategy<Value = Vec<u8>> {
    let token = prop_oneof![
        any::<u8>().prop_map(|octet| vec![octet]),
        proptest::sample::select(vec![
            "$TTL 5\n",
            "$ORIGIN a.\n",
            "$GENERATE 1-3 h$ A 1.2.3.$\n",
            "A 1.2.3.4\n",
            "x TXT \"",
            "( ",
            ") ",
            "\n",
            "\\",
            "\\# 2 ",
            "MX 1 ",
            ";",
            "@ ",
            "\u{3}www",
            "\u{7}example",
            "\0",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
        Just(vec![0xc0, 12]),
        Just(vec![0, 1, 0, 1]),
    ];
    proptest::collection::vec(token, 0..60).prop_map(|tokens| tokens.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn all_checks_hold(octets in octets(), counts in any::<[u8; 4]>()) {
        checks::zonefile(&octets);
        checks::rdata(&octets);
        let mut message = vec![0, 1, 0, 0];
        message.extend(counts.iter().flat_map(|count| [0, count % 3]));
        message.extend_from_slice(&octets);
        checks::message(&message);
        checks::query(&message);
    }
}

#[test]
fn what_fuzzing_found_holds() {
    // An ATM address of dots only.
    checks::rdata(b"\0\x22.");
}
