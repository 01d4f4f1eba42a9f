//! Defaults, texts and environment, each over the one before.

use std::time::Duration;

use eaves_common::{
    Error, ErrorKind,
    config::{Format, Reader, Source, Table},
};

use super::{lines, toml};

fn read<T>(
    text: &str,
    variables: &[(&str, &str)],
    read: impl FnOnce(&mut Table<'_>) -> Option<T>,
) -> Result<eaves_common::config::Config<T>, eaves_common::config::Problems> {
    Reader::new()
        .env("APP_", variables.iter().copied()) // the order of calls does not matter
        .text("a.toml", Format::Toml, text)
        .read_with(read)
}

#[test]
fn each_layer_overrides_the_one_before() {
    let port = |text, variables: &[(&str, &str)]| {
        let config = read(text, variables, |table| {
            table.table("web", |web| Some(web.value::<u16>("port").default(80)))
        });
        let config = config.unwrap();
        (*config.value(), config.effective()[0].source().clone())
    };
    let file = Source::File {
        name: "a.toml".into(),
        line: 2,
    };
    assert_eq!(port("", &[]), (80, Source::Default));
    assert_eq!(port("[web]\nport = 81", &[]), (81, file));
    let variable = Source::Variable("APP_WEB__PORT".into());
    assert_eq!(
        port("[web]\nport = 81", &[("APP_WEB__PORT", "82")]),
        (82, variable.clone())
    );
    assert_eq!(
        port("", &[("APP_WEB__PORT", "82"), ("OTHER", "x")]),
        (82, variable)
    );
}

#[test]
fn a_later_text_is_laid_over_an_earlier_one() {
    let config = Reader::new()
        .text("a.toml", Format::Toml, "[t]\na = 1\nb = [1, 2]")
        .text("b.toml", Format::Toml, "[t]\nb = [3]")
        .read_with(|table| {
            table.table("t", |t| {
                let a = t.value::<u8>("a").required();
                let b = t.values::<u8>("b").required();
                Some((a?, b?))
            })
        });
    let config = config.unwrap();
    assert_eq!(*config.value(), (1, vec![3]));
    let sources: Vec<_> = config.effective().iter().map(ToString::to_string).collect();
    assert_eq!(sources, ["t.a = 1 (a.toml:2)", "t.b = [3] (b.toml:2)"]);
}

#[test]
fn what_is_missing_from_a_table_is_missed_where_it_was_written_last() {
    let read = Reader::new()
        .text("a.toml", Format::Toml, "[t]\na = 1")
        .text("b.toml", Format::Toml, "\n[t]\na = 2")
        .read_with(|table| {
            table.table("t", |t| {
                let (a, b) = (t.value::<u8>("a").required(), t.value::<u8>("b").required());
                a.zip(b)
            })
        });
    assert_eq!(lines(read), ["b.toml:2:1: t.b: is missing, write it here"]);
}

#[test]
fn an_unknown_table_is_told_where_it_was_written_last() {
    let read = Reader::new()
        .text("a.toml", Format::Toml, "[t]\na = 1")
        .text("b.toml", Format::Toml, "\n[t]\na = 2")
        .read_with(|_| Some(()));
    assert_eq!(
        lines(read),
        ["b.toml:2:2: t: unknown key, use nothing here"]
    );
}

#[test]
fn empty_items_of_a_variable_are_none() {
    let list = |value: &str| {
        let reader = Reader::new().env("E_", [("E_LIST", value)]);
        let read = reader.read_with(|table| table.values::<String>("list").required());
        read.unwrap().into_value()
    };
    assert_eq!(list(""), [""; 0]);
    assert_eq!(list("a,, b ,"), ["a", "b"]);
}

#[test]
fn an_item_of_a_variable_is_told_by_its_index() {
    let value = "10.0.0.0/8, 10.0.0.1/33";
    let read = Reader::new()
        .env("APP_", [("APP_TRUSTED", value)])
        .read_with(|table| {
            table
                .values::<eaves_common::units::IpPrefix>("trusted")
                .required()
        });
    assert_eq!(
        read.unwrap_err().to_string(),
        "error: trusted[1]: 33 is out of range, use a length of 0 to 32\n |\n \
         | APP_TRUSTED=10.0.0.0/8, 10.0.0.1/33\n |             ^^^^^^^^^^^^^^^^^^^^^^^\n"
    );
}

#[test]
fn lists_are_built_and_extended_from_the_environment() {
    let names = |text, variables: &[(&str, &str)]| {
        let config = read(text, variables, |table| {
            let pools = table.list("pools", |pool| pool.value::<String>("name").required());
            pools.required()
        });
        config.map(|config| config.into_value())
    };
    let ten: Vec<_> = (0..11)
        .map(|n| (format!("APP_POOLS__{n}__NAME"), format!("p{n}")))
        .collect();
    let ten: Vec<_> = ten
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(names("", &ten).unwrap().len(), 11, "10 comes after 9");
    let one = "[[pools]]\nname = 'a'";
    assert_eq!(
        names(one, &[("APP_POOLS__1__NAME", "b")]).unwrap(),
        ["a", "b"]
    );
    assert_eq!(names(one, &[("APP_POOLS__0__NAME", "b")]).unwrap(), ["b"]);
    let refused = lines(names(
        one,
        &[("APP_POOLS__2__NAME", "c"), ("APP_POOLS__X__NAME", "c")],
    ));
    assert_eq!(
        refused,
        [
            "APP_POOLS__2__NAME: there is no place 2 in a list of 1, use 0 to 1",
            "APP_POOLS__X__NAME: `x` is no place in a list, use a number from 0",
        ]
    );
}

#[test]
fn variables_that_fit_nowhere_are_problems() {
    let variables = [
        ("APP_WEB__PROT", "1"),
        ("APP_WEB__PORT__DEEP", "1"),
        ("APP___WEB", "1"),
        ("APP_WEB__PORT", "x"),
    ];
    let problems = read("", &variables, |table| {
        table.table("web", |web| Some(web.value::<u16>("port").default(80)))
    });
    assert_eq!(
        lines(problems),
        [
            "APP_WEB__PORT: web.port: expected a whole number, found `x`",
            "APP_WEB__PORT__DEEP: there is no table to hold `deep`",
            "APP_WEB__PROT: web.prot: unknown key, did you mean `port`?",
            "APP___WEB: expected keys with `__` between them after the prefix",
        ]
    );
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_utf8_is_a_problem() {
    use std::{ffi::OsString, os::unix::ffi::OsStringExt};

    let value = OsString::from_vec(vec![b'a', 0xff]);
    let read = Reader::new()
        .env("APP_", [("APP_A", value)])
        .read_with(|table| Some(table.path().to_owned()));
    assert_eq!(lines(read), ["APP_A: the value is not UTF-8"]);
}

#[test]
fn missing_keys_are_asked_for_and_optional_ones_are_not() {
    let read = |text| {
        toml(text, |table| {
            let name = table.value::<String>("name").required();
            let inner = table.table("inner", |inner| inner.value::<u8>("n").required());
            let maybe = table.optional_table("maybe", |maybe| maybe.value::<u8>("n").required());
            Some((name?, inner?, maybe))
        })
    };
    assert_eq!(
        lines(read("")),
        [
            "a.toml: name: is missing, write it here",
            "a.toml: inner.n: is missing, write it here"
        ]
    );
    assert_eq!(
        lines(read("name = ''\n[inner]\n[maybe]")),
        [
            "a.toml:2:1: inner.n: is missing, write it here",
            "a.toml:3:1: maybe.n: is missing, write it here"
        ]
    );
    assert_eq!(
        read("name = 'x'\ninner.n = 1").unwrap(),
        ("x".into(), 1, None)
    );
}

#[test]
fn secrets_are_shown_nowhere() {
    let key = |text: &str, variables: &[(&str, &str)]| {
        read(text, variables, |table| {
            let key = table.secret("key").check(|key| match key.len() {
                9.. => Ok(()),
                _ => Err("is too short, use 9 characters or more"),
            });
            key.required()
        })
    };
    let config = key("key = 'swordfish'", &[]).unwrap();
    assert_eq!(config.value(), "swordfish");
    assert_eq!(
        config.effective()[0].to_string(),
        "key = (hidden) (a.toml:1)"
    );
    let problems = [
        key("key = 'sword'", &[]),
        key("key = 77", &[]),
        key("", &[("APP_KEY", "sword")]),
    ];
    let printed: Vec<_> = problems
        .into_iter()
        .map(|read| format!("{:?}", read.unwrap_err()))
        .collect();
    assert!(!printed[0].contains("sword"), "{}", printed[0]);
    assert!(!printed[1].contains("77"), "{}", printed[1]);
    assert!(!printed[2].contains("sword"), "{}", printed[2]);
    let reader = Reader::new().text("a.toml", Format::Toml, "key = 'swordfish'");
    assert!(!format!("{reader:?}").contains("sword"));
}

#[test]
fn types_of_others_are_read_from_their_text() {
    let read = |text| {
        toml(text, |table| {
            table
                .parsed::<http_like::Method>("method", "a method such as \"GET\"")
                .required()
        })
    };
    assert!(read("method = 'GET'").is_ok());
    assert_eq!(
        lines(read("method = 'get'")),
        ["a.toml:1:10: method: \"get\" is not a method such as \"GET\": it is lower case"]
    );
}

mod http_like {
    //! A type of some other crate, with `FromStr` and `Display`.

    #[derive(Debug, PartialEq)]
    pub(super) struct Method;

    impl std::str::FromStr for Method {
        type Err = &'static str;

        fn from_str(text: &str) -> Result<Self, &'static str> {
            if text == "GET" {
                Ok(Self)
            } else {
                Err("it is lower case")
            }
        }
    }

    impl std::fmt::Display for Method {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("GET")
        }
    }
}

#[test]
fn checks_of_several_values_need_each_to_be_right() {
    let read = |text| {
        lines(toml(text, |table| {
            let low = table.value::<u8>("low").default(0);
            let high = table.value::<u8>("high").default(9);
            if low > high {
                table.problem("low", &["high"], "is over `high`, use at most that");
                table.problem("low", &[], "is too high");
            }
            Some(())
        }))
    };
    assert_eq!(
        read("low = 7\nhigh = 5"),
        [
            "a.toml:1:7: low: is over `high`, use at most that",
            "a.toml:1:7: low: is too high"
        ]
    );
    assert_eq!(
        read("low = 10"),
        [
            "a.toml:1:7: low: is over `high`, use at most that",
            "a.toml:1:7: low: is too high"
        ]
    );
    assert_eq!(
        read("low = 10\nhigh = 300"),
        [
            "a.toml:1:7: low: is too high",
            "a.toml:2:8: high: 300 is out of range, use 0 to 255",
        ]
    );
    assert_eq!(read("low = 300").len(), 1);
}

#[test]
fn a_mistake_beside_a_value_is_not_taken_for_one_in_it() {
    let read = lines(toml("a = 1\nab = 'x'\nb = 2", |table| {
        let (a, _) = (
            table.value::<u8>("a").required(),
            table.value::<u8>("ab").required(),
        );
        let b = table.value::<u8>("b").required();
        table.problem("b", &["a"], "is over `a`, use at most that");
        a.zip(b)
    }));
    assert_eq!(read.len(), 2, "{read:?}");
    assert_eq!(read[1], "a.toml:3:5: b: is over `a`, use at most that");
}

#[test]
fn the_problems_become_one_error() {
    let problems = toml("a = 1\nb = 2", |_| Some(())).unwrap_err();
    let error = Error::from(problems);
    assert_eq!(
        (error.kind(), error.to_string().as_str()),
        (ErrorKind::Invalid, "the configuration has 2 problems")
    );
}

#[test]
fn a_refusal_without_a_reason_is_a_problem_of_its_own() {
    let read = lines(toml("", |_| None::<()>));
    assert_eq!(read.len(), 1);
    assert!(read[0].contains("without a reason"), "{read:?}");
}

#[test]
fn a_file_is_read_by_its_ending() {
    let folder = std::env::temp_dir().join(format!("eaves-config-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("edge.toml");
    std::fs::write(&path, "ttl = '1m'").unwrap();
    let ttl = |path: &std::path::Path| {
        let reader = Reader::new().file(path);
        reader.read_with(|table| Some(table.value::<Duration>("ttl").default(Duration::ZERO)))
    };
    assert_eq!(*ttl(&path).unwrap().value(), Duration::from_secs(60));
    let missing = lines(ttl(&folder.join("none.toml")));
    assert!(missing[0].contains("cannot be read: "), "{missing:?}");
    let unknown = lines(ttl(&folder.join("edge.conf")));
    assert!(
        unknown[0].contains("use a file that ends in .toml"),
        "{unknown:?}"
    );
    std::fs::remove_dir_all(&folder).unwrap();
}
