//! The checks of the fuzz targets as properties.

use proptest::prelude::*;

#[allow(
    dead_code,
    unreachable_pub,
    reason = "it is a crate of its own elsewhere"
)]
#[path = "../../fuzz/src/lib.rs"]
mod checks;

/// Octets that look like fields more often than chance has it.
fn lines() -> impl Strategy<Value = Vec<u8>> {
    let word = prop::sample::select(vec![
        "max-age=60",
        "s-maxage=",
        "no-cache",
        "private=\"foo\"",
        "\"",
        ",",
        ";",
        "=",
        " ",
        "\\",
        "*",
        "?0",
        "(",
        ")",
        "bytes=0-4",
        "bytes 0-4/10",
        "-",
        "9-",
        "Mon, 21 Sep 2026 14:13:20 GMT",
        "Mon Sep 21 14:13:20 2026",
        "\"1\"",
        "W/",
        "gzip;q=0.5",
        "params",
        "key-order",
        "except=(\"a\" \"%62\")",
        "a=1&%62=2",
        "de-AT",
        "99999999999999999999",
        "\n",
        "\n\u{1}",
        "\n\u{2}",
        "\n\u{8}",
        "\0",
    ]);
    prop::collection::vec(word, 0..24).prop_map(|words| words.concat().into_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn fields_are_read_or_ignored(octets in lines()) {
        checks::fields(&octets);
    }

    #[test]
    fn any_octets_are_read_or_refused(octets in prop::collection::vec(any::<u8>(), 0..400)) {
        checks::fields(&octets);
        checks::heads(&octets);
        checks::keys(&octets);
        let mut marked = octets;
        marked.insert(0, 3);
        checks::heads(&marked);
    }

    #[test]
    fn values_and_keys_are_normal_forms(octets in lines(), target in "[a-c./%2eE7&=?]{0,24}") {
        checks::keys(&octets);
        checks::keys(target.as_bytes());
    }
}
