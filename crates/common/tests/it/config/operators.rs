//! What operators get wrong, in every format and in the environment: where it is, and what to write instead.

use eaves_common::config::{Format, Reader};

use super::{edge::Edge, lines};

/// All that is said of a text but keys that are missing from it, without the text's name.
fn told(format: Format, text: &[u8]) -> Vec<String> {
    let read = Reader::new().input("f", format, text).read::<Edge>();
    let all = lines(read).into_iter();
    all.filter(|line| !line.ends_with("is missing, write it here"))
        .map(|line| line.trim_start_matches("f:").to_owned())
        .collect()
}

fn each_is_told(format: Format, cases: &[(&str, &[&str])]) {
    for (text, expected) in cases {
        assert_eq!(told(format, text.as_bytes()), *expected, "{text:?}");
    }
}

const UNKNOWN: &str =
    "unknown key, use `listen`, `admin`, `trusted`, `cache`, `pools`, `limits` or `zones`";

#[test]
fn toml() {
    let workers = format!("2:1: workers: {UNKNOWN}");
    each_is_told(
        Format::Toml,
        &[
            ("admin =\n", &["1:8: there is no value, write one here"]),
            (
                "admin = # none\n",
                &["1:9: there is no value, write one here"],
            ),
            (
                "cache.memory = 64MiB\n",
                &["1:16: expected a value, write a text in quotes"],
            ),
            (
                "listen = 127.0.0.1:80\n",
                &["1:15: invalid float, write a text in quotes"],
            ),
            (
                "cache.collapse = yes\n",
                &["1:18: expected a value, write a text in quotes"],
            ),
            (
                "cache.collapse = True\n",
                &["1:18: expected `true` or `false`, write a text in quotes"],
            ),
            (
                "cache.collapse = 'true'\n",
                &["1:18: cache.collapse: expected `true` or `false`, found the text \"true\""],
            ),
            ("cache.memory = 08\n", &["1:16: unexpected leading zero"]),
            (
                "cache.memory = '64 MiB\n",
                &["1:23: invalid literal string, expected `'`"],
            ),
            (
                "cache.memory = '64Mb'\n",
                &[
                    "1:19: cache.memory: `Mb` is not a unit of size, use B, KiB, MiB, GiB, kB, MB or GB",
                ],
            ),
            (
                "cache.max_stale = 60\n",
                &[
                    "1:19: cache.max_stale: expected a duration such as \"250ms\", found the number 60",
                ],
            ),
            (
                "cache.max_stale = '60'\n",
                &[
                    "1:22: cache.max_stale: expected a unit after the number, write for example `250ms`",
                ],
            ),
            (
                "cache = '64MiB'\n",
                &["1:9: cache: expected a table, found the text \"64MiB\""],
            ),
            (
                "[caches]\nmemory = '1GiB'\n",
                &["1:2: caches: unknown key, did you mean `cache`?"],
            ),
            (
                "[cache]\nMemory = '1GiB'\n",
                &["2:1: cache.Memory: unknown key, did you mean `memory`?"],
            ),
            ("[cache]\n[cache]\n", &["2:2: duplicate key, write it once"]),
            (
                "cache = 1\n[cache]\n",
                &["2:2: duplicate key, write it once"],
            ),
            (
                "[cache\nmemory = 1\n",
                &["1:7: unclosed table, expected `]`"],
            ),
            (
                "[pools]\nname = 'a'\n",
                &["1:1: pools: expected a list of tables, found a table"],
            ),
            (
                "listen = '127.0.0.1:80'\n",
                &["1:10: listen: expected a list, found the text \"127.0.0.1:80\""],
            ),
            (
                "listen = ['127.0.0.1:80' '[::1]:80']\n",
                &["1:26: missing comma between array elements, expected `,`"],
            ),
            ("admin 1\n", &["1:7: key with no value, expected `=`"]),
            (
                "trusted = ['10.0.0.1/8']\n",
                &[
                    "1:13: trusted[0]: 10.0.0.1/8 has bits set after its first 8, did you mean `10.0.0.0/8`?",
                ],
            ),
            // A mark of the byte order has no column, and lines may end in both ways.
            (
                "\u{feff}admin = 'x'\n",
                &[
                    "1:9: admin: \"x\" is not a socket address, write for example \"127.0.0.1:8080\"",
                ],
            ),
            ("cache = {}\r\nworkers = 'x'\r\n", &[&workers]),
            (
                "admin = '127.0.0.1:80'\rcache = {}",
                &["1:24: carriage return must be followed by newline, expected newline"],
            ),
        ],
    );
}

#[cfg(feature = "yaml")]
#[test]
fn yaml() {
    let workers = format!("2:1: workers: {UNKNOWN}");
    each_is_told(
        Format::Yaml,
        &[
            (
                "cache:\n\tmemory: 64MiB\n",
                &["2:1: a tab cannot indent, use spaces"],
            ),
            (
                "cache:\n  memory: 64MiB\n\tcollapse: true\n",
                &["3:1: a tab cannot indent, use spaces"],
            ),
            (
                "cache:\n  memory: 64MiB\n collapse: true\n",
                &[
                    "3:2: while parsing a block mapping, did not find expected key, indent the keys of a table alike",
                ],
            ),
            (
                "cache:\n  memory: 16MiB\n  memory: 32MiB\n",
                &["3:3: duplicate key, write it once"],
            ),
            (
                "cache:memory\n",
                &["1:1: expected keys and values, write for example `key: value`"],
            ),
            (
                "admin: @x\n",
                &["1:8: unexpected character: `@', write a text in quotes"],
            ),
            (
                "admin: \"C:\\q\"\n",
                &[
                    "1:8: while parsing a quoted scalar, found unknown escape character, write `\\\\` for a backslash",
                ],
            ),
            (
                "admin: 127.0.0.1\n",
                &[
                    "1:8: admin: \"127.0.0.1\" is not a socket address, write for example \"127.0.0.1:8080\"",
                ],
            ),
            (
                "cache:\n  collapse: yes\n",
                &["2:13: cache.collapse: expected `true` or `false`, found `yes`"],
            ),
            (
                "listen: [127.0.0.1:80\n",
                &["2:1: while parsing a flow sequence, expected ',' or ']'"],
            ),
            (
                "listen: 127.0.0.1:80\n",
                &["1:9: listen: expected a list, found `127.0.0.1:80`"],
            ),
            (
                "\u{feff}admin: x\n",
                &[
                    "1:8: admin: \"x\" is not a socket address, write for example \"127.0.0.1:8080\"",
                ],
            ),
            ("cache: {}\r\nworkers: x\r\n", &[&workers]),
        ],
    );
}

#[cfg(feature = "json")]
#[test]
fn json() {
    let workers = format!("3:1: workers: {UNKNOWN}");
    each_is_told(
        Format::Json,
        &[
            (
                "{\"cache\": {},}",
                &["1:13: trailing commas are not allowed"],
            ),
            (
                "{'cache': {}}",
                &["1:2: single-quoted strings are not allowed, use `\"`"],
            ),
            (
                "{cache: {}}",
                &["1:2: expected string for object property, write the key in quotes"],
            ),
            ("{\"cache\": {} \"zones\": {}}", &["1:13: expected comma"]),
            (
                "{\"cache\": {\"memory\": 64MiB}}",
                &["1:24: unexpected token, write a text in quotes"],
            ),
            (
                "{\"admin\": NaN}",
                &["1:11: unexpected token, write a text in quotes"],
            ),
            ("{\"cache\": {}", &["1:1: unterminated object"]),
            ("// x\n{}", &["1:1: comments are not allowed"]),
            (
                "{\"cache\": {\"collapse\": \"true\"}}",
                &["1:24: cache.collapse: expected `true` or `false`, found the text \"true\""],
            ),
            (
                "\u{feff}{\"admin\": 1}",
                &[
                    "1:11: admin: expected a socket address, found the number 1, write for example \"127.0.0.1:8080\"",
                ],
            ),
            ("{\r\n\"cache\": {},\r\n\"workers\": 1\r\n}", &[&workers]),
        ],
    );
}

#[test]
fn bytes_that_are_no_text() {
    let advice = "is not UTF-8, save the file as UTF-8";
    for (bytes, place) in [
        (&b"admin = 1\nname = '\xe9'\n"[..], "2:9: byte 0xe9"),
        (b"\xff\xfew\0o\0r\0k\0", "1:1: byte 0xff"),
        (b"\xef\xbb\xbfa = '\xe9'", "1:6: byte 0xe9"),
    ] {
        assert_eq!(told(Format::Toml, bytes), [format!("{place} {advice}")]);
    }
}

#[test]
fn variables() {
    let told = |variables: &[(&str, &str)]| {
        let reader = Reader::new().text("f", Format::Toml, "pools = []");
        let read = reader
            .env("EAVES_", variables.iter().copied())
            .read::<Edge>();
        let mut all = lines(read);
        all.retain(|line| line.starts_with("EAVES_"));
        all
    };
    let expected: &[(&str, &str, &str)] = &[
        (
            "LISTEN",
            "127.0.0.1:80,x",
            "listen[1]: \"x\" is not a socket address, write for example \"127.0.0.1:8080\"",
        ),
        (
            "LISTEN",
            "['127.0.0.1:80']",
            "listen: write the items with commas between them, without brackets",
        ),
        ("CACHE", "x", "cache: expected a table, found `x`"),
        (
            "CACHE__MEMORY",
            "",
            "cache.memory: expected a size, write for example `64MiB`",
        ),
        (
            "CACHE__MEMORY",
            "1GB x",
            "cache.memory: `GB x` is not a unit of size, use B, KiB, MiB, GiB, kB, MB or GB",
        ),
        (
            "CACHE__COLLAPSE",
            "1",
            "cache.collapse: expected `true` or `false`, found `1`",
        ),
        ("CACHE_MEMORY", "1GiB", &format!("cache_memory: {UNKNOWN}")),
        (
            "CACHE__MEMROY",
            "1GiB",
            "cache.memroy: unknown key, did you mean `memory`?",
        ),
        (
            "",
            "x",
            "expected keys with `__` between them after the prefix",
        ),
    ];
    for (name, value, line) in expected {
        let name = format!("EAVES_{name}");
        assert_eq!(told(&[(&name, value)]), [format!("{name}: {line}")]);
    }
    assert_eq!(told(&[("EAVES_LISTEN", "[::1]:80,[::]:443")]), [""; 0]);
}

#[test]
fn two_variables_for_one_key_are_a_mistake() {
    let names = [("E_A", "1"), ("E_a", "2"), ("E_B", "3")];
    let read = Reader::new().env("E_", names).read_with(|table| {
        let (a, b) = (
            table.value::<u8>("a").required(),
            table.value::<u8>("b").required(),
        );
        a.zip(b)
    });
    assert_eq!(
        lines(read),
        ["E_a: `E_A` sets the same key, use one of them"]
    );
}
