//! No-Vary-Search, by the examples of draft-ietf-httpbis-no-vary-search.

use eaves_cache::field::SearchVariance;
use http::{HeaderMap, HeaderValue};

fn parse(value: &str) -> SearchVariance {
    SearchVariance::parse(value.as_bytes())
}

#[test]
fn what_is_invalid_means_that_all_of_the_query_counts() {
    // Section 4.2.1, and the rules of section 4.1.
    for value in [
        "",
        "unknown-key",
        "key-order=\"not a boolean\"",
        "params=\"not a boolean or inner list\"",
        "params=(not-a-string)",
        "params=(\"a\"), except=(\"x\")",
        "params=(), except=()",
        "params=?0, except=(\"x\")",
        "params, except=(not-a-string)",
        "params, except=\"not an inner list\"",
        "params, except=?1",
        "except=(\"x\")",
        "except=()",
        "params=?0",
        "params=()",
        "key-order=?0",
        "params, &",
        "params=1",
        "params=(\"a\" 1)",
    ] {
        assert!(parse(value).is_default(), "{value}");
    }
    let many = (0..129).map(|at| format!("\"p{at}\" ")).collect::<String>();
    assert!(parse(&format!("params=({many})")).is_default(), "too many");
}

#[test]
fn unconventional_forms_mean_what_conventional_ones_do() {
    for (one, other) in [
        ("params=?1", "params"),
        ("key-order=?1", "key-order"),
        (
            "params, key-order, except=(\"x\")",
            "key-order, params, except=(\"x\")",
        ),
        (
            "params;q=1, except=(\"x\";y \"x\")",
            "params, except=(\"x\")",
        ),
        ("params, except=()", "params"),
        ("key-order, later=(1 2)", "key-order"),
        ("params=?0, params=(\"a\")", "params=(\"a\")"),
    ] {
        assert_eq!(parse(one), parse(other), "{one}");
        assert!(!parse(one).is_default(), "{one}");
    }
    let mut lines = HeaderMap::new();
    for line in ["key-order", "params=(\"a\")"] {
        lines.append("no-vary-search", HeaderValue::from_static(line));
    }
    assert_eq!(
        SearchVariance::of(&lines),
        parse("key-order, params=(\"a\")")
    );
}

#[test]
fn queries_are_the_same_after_parsing_under_any_variance() {
    // Section 6.1. What is no ASCII cannot stand in a request's target as it is.
    for (one, other) in [
        (None, Some("")),
        (Some("a=x"), Some("%61=%78")),
        (Some("a=\u{e9}"), Some("a=%C3%A9")),
        (Some("a=%f6"), Some("a=%ef%bf%bd")),
        (Some("a=x&&&&"), Some("a=x")),
        (Some("a="), Some("a")),
        (Some("a=%20"), Some("a=+")),
        (Some("a=%20"), Some("a= &")),
    ] {
        for value in ["key-order", "params=(\"other\")", "params, except=(\"a\")"] {
            assert!(
                parse(value).equivalent(one, other),
                "{value}: {one:?} {other:?}"
            );
        }
        assert!(!parse("").equivalent(one, other), "{one:?} {other:?}");
    }
}

#[test]
fn parameters_that_do_not_count_do_not_tell_queries_apart() {
    let query = |text: &'static str| Some(text);
    for (value, one, other, same) in [
        ("key-order", "a=1&b=2", "b=2&a=1", true),
        ("key-order", "a=1&a=2", "a=2&a=1", false),
        ("key-order", "a=1&b=2&a=3", "a=1&a=3&b=2", true),
        ("params", "a=1", "b=2&c", true),
        ("params=(\"a\")", "a=1&b=2", "b=2&a=3&a", true),
        ("params=(\"a\")", "a=1&b=2", "a=1&b=3", false),
        ("params=(\"a\")", "b=1&c=2", "c=2&b=1", false),
        ("params=(\"a\"), key-order", "b=1&c=2", "c=2&a=7&b=1", true),
        ("params, except=(\"id\")", "id=1&x=2", "y&id=1", true),
        ("params, except=(\"id\")", "id=1", "id=2", false),
        ("params, except=(\"id\")", "id=1", "x", false),
        (
            "params=(\"%C3%A9+%E6%B0%97\")",
            "%C3%A9%20%E6%B0%97=3",
            "%C3%A9+%E6%B0%97=4",
            true,
        ),
        ("params=(\"a=b\")", "a%3Db=1", "a%3Db=2", true),
        ("params=(\"a=b\")", "a=b", "a=c", false),
        ("params=(\"A\")", "a=1", "a=2", false),
    ] {
        assert_eq!(
            parse(value).equivalent(query(one), query(other)),
            same,
            "{value}: {one} {other}"
        );
    }
}
