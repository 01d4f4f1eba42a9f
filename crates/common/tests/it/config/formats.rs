//! The same configuration in every format is the same value.

#[cfg(any(feature = "json", feature = "yaml"))]
use eaves_common::config::{Format, Reader};

use super::{lines, toml};

#[cfg(all(feature = "json", feature = "yaml"))]
fn edge(format: Format, text: &str) -> super::edge::Edge {
    let reader = Reader::new().text("edge", format, text);
    reader
        .read()
        .unwrap_or_else(|problems| panic!("{problems}"))
        .into_value()
}

#[cfg(all(feature = "json", feature = "yaml"))]
#[test]
fn three_formats_give_the_same_value() {
    let toml = edge(Format::Toml, include_str!("../../data/config/edge.toml"));
    let yaml = r#"
admin: 127.0.0.1:9090
trusted: [10.0.0.0/8, 'fd00::/8']
cache: {memory: 256MiB, max_stale: 5m}
pools:
- name: web
  pick: round-robin
  origins:
  - address: 127.0.0.2:9000
  - address: 127.0.0.3:9000
    weight: 50
  health:
    path: /healthz
    timeout: 250ms
limits:
- {rate: 100/1m burst 20, pool: web}
zones:
  example.org: {file: example.org.zone}
"#;
    let json = r#"{
	"admin": "127.0.0.1:9090", "trusted": ["10.0.0.0/8", "fd00::/8"],
	"cache": {"memory": "256MiB", "max_stale": "5m"},
	"pools": [{
		"name": "web", "pick": "round-robin",
		"origins": [{"address": "127.0.0.2:9000"}, {"address": "127.0.0.3:9000", "weight": 50}],
		"health": {"path": "/healthz", "timeout": "250ms"}
	}],
	"limits": [{"rate": "100/1m burst 20", "pool": "web"}],
	"zones": {"example.org": {"file": "example.org.zone"}}
}"#;
    assert_eq!(edge(Format::Yaml, yaml), toml);
    assert_eq!(edge(Format::Json, json), toml);
}

#[test]
fn numbers_are_read_in_every_notation() {
    let read = |text: &str| toml(text, |table| table.value::<u64>("n").required());
    for (text, number) in [
        ("n = 1_000", 1_000),
        ("n = 0xff", 255),
        ("n = 0o17", 15),
        ("n = 0b11", 3),
        ("n = +7", 7),
        ("n = 18446744073709551615", u64::MAX),
    ] {
        assert_eq!(read(text).unwrap(), number, "{text}");
    }
    for (text, line) in [
        (
            "n = -1",
            "a.toml:1:5: n: -1 is out of range, use 0 to 18446744073709551615",
        ),
        (
            "n = 1.5",
            "a.toml:1:5: n: expected a whole number, found the number 1.5",
        ),
        (
            "n = '5'",
            "a.toml:1:5: n: expected a whole number, found a text, write 5 without quotes",
        ),
        (
            "n = 1979-05-27",
            "a.toml:1:5: n: expected a whole number, found the date 1979-05-27",
        ),
        (
            "n = 99999999999999999999999999999999999999999999",
            "a.toml:1:5: n: 99999999999999999999999999999999999999999999 is out of range, use 0 to 18446744073709551615",
        ),
    ] {
        assert_eq!(lines(read(text)), [line]);
    }
}

#[test]
fn numbers_that_are_none_are_refused() {
    for number in ["inf", "-inf", "nan", "1e999"] {
        let read = toml(&format!("n = {number}"), |table| {
            table.value::<f64>("n").required()
        });
        assert_eq!(
            lines(read),
            [format!(
                "a.toml:1:5: n: expected a finite number, found the number {number}"
            )]
        );
    }
}

#[test]
fn a_number_beyond_its_type_is_told_the_field_s_range() {
    let read = |text: &str| {
        lines(toml(text, |table| {
            let n = table.value::<u8>("n").range(1..=100);
            n.required()
        }))
    };
    for number in ["300", "-1", "0", "101", "99999999999999999999999"] {
        let line = format!("a.toml:1:5: n: {number} is out of range, use 1 to 100");
        assert_eq!(read(&format!("n = {number}")), [line]);
    }
    assert_eq!(read("n = 100"), [""; 0]);
}

#[test]
fn a_mistake_inside_a_text_is_underlined_where_it_is() {
    for (text, column) in [
        ("n = '5min'", 7),
        ("n = \"5min\"", 7),
        ("n = '''5min'''", 5),
        ("n = \"5\\u006din\"", 5),
    ] {
        let problems = toml(text, |table| {
            table.value::<std::time::Duration>("n").required()
        });
        let problems = problems.unwrap_err();
        let at = problems.iter().next().unwrap().position();
        assert_eq!(at, Some((1, column)), "{text}\n{problems}");
    }
}

#[cfg(feature = "yaml")]
mod yaml {
    use super::*;

    fn read<T>(
        text: &str,
        read: impl FnOnce(&mut eaves_common::config::Table<'_>) -> Option<T>,
    ) -> Vec<String> {
        lines(
            Reader::new()
                .text("a.yaml", Format::Yaml, text)
                .read_with(read),
        )
    }

    #[test]
    fn what_makes_a_short_text_large_is_refused() {
        let accept = |table: &mut eaves_common::config::Table<'_>| {
            let _ = table.values::<String>("a").or_empty();
            let _ = table.values::<String>("b").or_empty();
            Some(())
        };
        let advice = "are not supported, write the value out";
        for (text, expected) in [
            (
                "a: &x [lol]\nb: *x",
                format!("a.yaml:1:4: anchors and tags {advice}"),
            ),
            (
                "a: !!str 5",
                format!("a.yaml:1:4: anchors and tags {advice}"),
            ),
            (
                "a: []\n---\nb: []",
                format!("a.yaml:2:1: further documents {advice}"),
            ),
            (
                "a: []\na: []",
                "a.yaml:2:1: duplicate key, write it once".into(),
            ),
            ("[a]: b", "a.yaml:1:1: a key must be a text".into()),
            (
                "- a",
                "a.yaml:1:1: expected keys and values, write for example `key: value`".into(),
            ),
        ] {
            assert_eq!(read(text, accept), [expected], "{text}");
        }
    }

    #[test]
    fn an_empty_document_and_an_empty_table_have_defaults() {
        for text in ["", "# nothing\n", "---\n...\n", "t:\n"] {
            let config = Reader::new()
                .text("a.yaml", Format::Yaml, text)
                .read_with(|table| {
                    table.table("t", |table| Some(table.value::<u8>("n").default(7)))
                });
            assert_eq!(*config.unwrap().value(), 7, "{text}");
        }
    }

    #[test]
    fn the_schema_says_what_a_bare_word_is() {
        let text = "name: no\nversion: 1.10\nflag: true\nsize: 64MiB\nempty:";
        let problems = read(text, |table| {
            assert_eq!(table.value::<String>("name").required().unwrap(), "no");
            assert_eq!(table.value::<String>("version").required().unwrap(), "1.10");
            assert!(table.value::<bool>("flag").required().unwrap());
            table
                .value::<eaves_common::units::ByteSize>("size")
                .required();
            table.value::<String>("empty").required()
        });
        assert_eq!(
            problems,
            ["a.yaml:5:6: empty: expected a text, found nothing"]
        );
    }
}

#[cfg(feature = "json")]
#[test]
fn json_is_strict() {
    for (text, line) in [
        ("{\"a\": 1,}", "a.json:1:8: trailing commas are not allowed"),
        (
            "{'a': 1}",
            "a.json:1:2: single-quoted strings are not allowed, use `\"`",
        ),
        ("{\"a\": 1} // no", "a.json:1:10: comments are not allowed"),
        (
            "{\"a\": 1, \"a\": 2}",
            "a.json:1:10: duplicate key, write it once",
        ),
        (
            "[1]",
            "a.json:1:1: expected an object, write for example `{}`",
        ),
        ("", "a.json:1:1: expected an object, write for example `{}`"),
    ] {
        let read = Reader::new()
            .text("a.json", Format::Json, text)
            .read_with(|table| {
                table.value::<u8>("a").optional();
                Some(())
            });
        assert_eq!(lines(read), [line], "{text}");
    }
}

/// JSON is YAML's flow style: the same text has the same mistakes at the same places.
#[cfg(all(feature = "json", feature = "yaml"))]
mod differential {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::{super::edge::Edge, *};

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-5..2_000).prop_map(Value::from),
            prop::sample::select(vec![
                "web",
                "64MiB",
                "1m",
                "127.0.0.1:80",
                "p2c",
                "5%",
                "é 日本",
                "a\tb",
                ""
            ])
            .prop_map(Value::from),
        ];
        // No keys of texts: YAML takes a bare `5` for one, JSON does not.
        let keys = prop::sample::select(vec![
            "listen", "cache", "memory", "pools", "origins", "address", "weight", "health", "rise",
            "limits", "rate", "zones", "colour", "no",
        ]);
        leaf.prop_recursive(4, 40, 5, move |inner| {
            let object = prop::collection::btree_map(
                keys.clone().prop_map(str::to_owned),
                inner.clone(),
                0..5,
            );
            prop_oneof![
                prop::collection::vec(inner, 0..4).prop_map(Value::from),
                object.prop_map(|object| json!(object)),
            ]
        })
    }

    fn places(format: Format, text: &str) -> Vec<(String, Option<(usize, usize)>)> {
        match Reader::new().text("x", format, text).read::<Edge>() {
            Ok(_) => Vec::new(),
            Err(problems) => {
                let place = |problem: &eaves_common::config::Problem| {
                    (problem.path().to_owned(), problem.position())
                };
                problems.iter().map(place).collect()
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn json_and_yaml_agree_on_paths_and_places(root in value(), pools in value(), cache in value()) {
            let mut root = match root {
                Value::Object(object) => Value::Object(object),
                other => json!({ "colour": other }),
            };
            root["pools"] = pools;
            root["cache"] = cache;
            for text in [root.to_string(), serde_json::to_string_pretty(&root).unwrap()] {
                let (json, yaml) = (places(Format::Json, &text), places(Format::Yaml, &text));
                prop_assert_eq!(json, yaml, "{}", text);
            }
        }
    }
}
