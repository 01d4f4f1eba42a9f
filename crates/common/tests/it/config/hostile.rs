//! Texts made to hurt: they are refused or read, in bounded time, memory and stack.

use std::io::{self, Read};

use eaves_common::{
    config::{Config, Format, Limits, Problems, Reader},
    units::ByteSize,
};
use proptest::prelude::*;

use super::{edge::Edge, lines};

const FORMATS: &[Format] = &[
    #[cfg(feature = "json")]
    Format::Json,
    Format::Toml,
    #[cfg(feature = "yaml")]
    Format::Yaml,
];

fn large() -> Limits {
    Limits::default().size(ByteSize::from_mib(64))
}

fn read(limits: Limits, format: Format, text: &str) -> Result<Config<Edge>, Problems> {
    Reader::with_limits(limits).text("x", format, text).read()
}

#[test]
fn a_large_input_is_refused_before_it_is_read() {
    let endless = io::repeat(b'#').take(1 << 30);
    let counted = allocation_counter::measure(|| {
        let reader = Reader::new().input("x", Format::Toml, endless);
        let refused = lines(reader.read::<Edge>());
        assert_eq!(refused, ["x: is too large, use at most 1MiB"]);
    });
    assert!(counted.bytes_max < 4 << 20, "{counted:?}");
}

#[cfg(unix)]
#[test]
fn a_file_of_a_gibibyte_is_refused() {
    let path = std::env::temp_dir().join(format!("eaves-large-{}.toml", std::process::id()));
    let file = std::fs::File::create(&path).unwrap();
    file.set_len(1 << 30).unwrap(); // sparse: it takes no room
    let refused = lines(Reader::new().file(&path).read::<Edge>());
    std::fs::remove_file(&path).unwrap();
    assert!(
        refused[0].ends_with("is too large, use at most 1MiB"),
        "{refused:?}"
    );
}

#[test]
fn deep_nesting_neither_overflows_nor_passes() {
    let many = 20_000;
    let nested = [
        "[".repeat(many),
        format!("a = {}", "[".repeat(many)),
        format!("a = {}{}", "[".repeat(40), "]".repeat(40)),
        format!("a = {}", "{b=".repeat(many)),
        format!("a{} = 1", ".a".repeat(many)),
        format!("[a{}]", ".a".repeat(many)),
        format!(
            "[a{0}]\na{0} = {1}{2}",
            ".a".repeat(70),
            "[".repeat(70),
            "]".repeat(70)
        ),
        format!("{{\"a\": {}", "[".repeat(many)),
        format!("{{\"a\": {}{}}}", "[".repeat(40), "]".repeat(40)),
        "{\"a\":".repeat(many),
        "- ".repeat(many),
        format!("a: {}", "[".repeat(many)),
        format!("a: {}{}", "[".repeat(40), "]".repeat(40)),
        (0..300).map(|n| format!("{}a:\n", " ".repeat(n))).collect(),
        "? ".repeat(many),
    ];
    for format in FORMATS {
        for text in &nested {
            let problems = read(large(), *format, text).unwrap_err();
            assert!(problems.count() > 0);
        }
    }
    let text = format!("a = {}{}", "[".repeat(40), "]".repeat(40));
    let refused = lines(read(large(), Format::Toml, &text));
    assert_eq!(refused[0], "x:1:21: nested over 16 levels deep");
}

#[test]
fn a_million_keys_are_refused_by_their_size() {
    let text: String = (0..1_000_000).map(|n| format!("k{n}=1\n")).collect();
    for format in FORMATS {
        let refused = lines(read(Limits::default(), *format, &text));
        assert_eq!(refused, ["x: is too large, use at most 1MiB"]);
    }
}

#[test]
fn unknown_keys_beyond_the_limit_are_counted_not_kept() {
    let keys = 50_000;
    let text: String = (0..keys).map(|n| format!("k{n}=1\n")).collect();
    let problems = read(Limits::default(), Format::Toml, &text).unwrap_err();
    assert_eq!(problems.iter().len(), 100);
    assert_eq!(problems.count(), keys + 1); // and `pools` is missing
    assert!(problems.to_string().ends_with("and 49901 more problems\n"));
}

#[test]
fn more_values_than_the_limit_are_refused() {
    let text = "[[pools]]\norigins = [0, 1, 2, 3]\n".repeat(100);
    for (most, refused) in [(601, 0), (600, 1)] {
        let problems = read(Limits::default().values(most), Format::Toml, &text).unwrap_err();
        let is_limit = |line: &String| line.contains("more than");
        let limits = lines(Err::<(), _>(problems)).into_iter().filter(is_limit);
        assert_eq!(limits.count(), refused);
    }
}

#[test]
fn every_line_broken_is_one_report_of_bounded_size() {
    for (format, text) in FORMATS.iter().zip(["x x x\n", "= = =\n", "x x x\n"]) {
        let problems = read(large(), *format, &text.repeat(10_000)).unwrap_err();
        assert!(problems.iter().len() <= 100);
        assert!(problems.to_string().len() < 100_000);
    }
}

#[test]
fn one_endless_line_is_not_shown() {
    let text = format!("colour = '{}'", "a".repeat(500_000));
    let problems = read(Limits::default(), Format::Toml, &text).unwrap_err();
    let printed = problems.to_string();
    assert!(
        printed.contains("--> x:1:1") && printed.len() < 1_000,
        "{printed}"
    );
    let problems = read(
        Limits::default(),
        Format::Toml,
        &format!("{} = 1", "k".repeat(500_000)),
    );
    assert!(problems.unwrap_err().to_string().len() < 1_000);
}

#[test]
fn bytes_that_are_not_utf8_are_shown_where_they_are() {
    let bytes: &[u8] = b"listen = []\nadmin = '\xff\xfe'";
    let reader = Reader::new().input("x", Format::Toml, bytes);
    let problems = reader.read::<Edge>().unwrap_err();
    assert_eq!(
        problems.to_string(),
        "error: byte 0xff is not UTF-8, save the file as UTF-8\n \
         --> x:2:10\n  |\n2 | admin = '\u{fffd}\n  |          ^\n"
    );
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let text = [
        r#"admin = "\u001b[31m""#,
        r#""\u001b[2J" = 1"#,
        "pools = []",
        r#"cache.memory = "5\u001b[2J""#,
        r#"cache."\u009b2J" = 1"#,
    ];
    let printed = read(Limits::default(), Format::Toml, &text.join("\n")).unwrap_err();
    assert_eq!(printed.count(), 5, "{printed}");
    let is_control = |c: char| c.is_control() && c != '\n';
    assert!(!printed.to_string().contains(is_control));
    assert!(!lines(Err::<(), _>(printed)).concat().contains(is_control));
}

#[test]
fn a_byte_order_mark_and_crlf_are_fine() {
    for format in FORMATS {
        let text = match format {
            Format::Toml => "\u{feff}admin = 1\r\npools = []\r\n",
            _ => continue,
        };
        let refused = lines(read(Limits::default(), *format, text));
        assert!(refused[0].starts_with("x:1:"), "{refused:?}");
        assert_eq!(refused.len(), 2, "{refused:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for format in FORMATS {
            let reader = Reader::new().input("x", *format, &bytes[..]);
            if let Err(problems) = reader.read::<Edge>() {
                prop_assert!(!problems.to_string().is_empty());
            }
        }
    }

    #[test]
    fn any_soup_of_tokens_is_read_or_refused(tokens in prop::collection::vec(prop::sample::select(vec![
        "[", "]", "{", "}", "[[", "]]", "=", ":", ",", ".", "\n", "  ", "\t", "- ", "? ", "'", "\"", "\"\"\"", "\\", "#",
        "pools", "origins", "listen", "cache", "memory", "zones", "weight", "0", "-1", "1e9", "é", "日本", "&a", "*a",
        "!!x", "|", ">", "---", "null", "true", "\"127.0.0.1:80\"", "'64MIB'", "\u{0}", "\r", "%", "@", "`",
    ]), 0..60)) {
        let text = tokens.concat();
        for format in FORMATS {
            if let Err(problems) = read(Limits::default(), *format, &text) {
                prop_assert!(!problems.to_string().is_empty());
                prop_assert!(problems.iter().all(|problem| !problem.to_string().contains('\n')), "{problems}");
            }
        }
    }
}
