//! What lies on a limit is read, what lies beyond it is a problem; what is quoted is short.

use eaves_common::{
    config::{Format, Limits, Reader, Table},
    units::{ByteSize, Ratio},
};

use super::{lines, toml};

#[test]
fn a_text_may_be_as_large_as_the_limit() {
    let limits = Limits::default().size(ByteSize::from_bytes(5));
    let read = |text| {
        let reader = Reader::with_limits(limits).text("f", Format::Toml, text);
        lines(reader.read_with(|table| table.value::<u8>("a").required()))
    };
    assert_eq!(read("a = 1"), [""; 0]);
    assert_eq!(read("a = 10"), ["f: is too large, use at most 5B"]);
}

#[test]
fn a_variable_may_be_as_deep_as_the_limit() {
    let read = |name| {
        let reader = Reader::with_limits(Limits::default().depth(2));
        let read = reader.env("E_", [(name, "1")]);
        lines(read.read_with(|table| table.table("a", |a| a.value::<u8>("b").required())))
    };
    assert_eq!(read("E_A__B"), [""; 0]);
    assert_eq!(
        read("E_A__B__C"),
        [
            "a.b: is missing, write it here",
            "E_A__B__C: nested over 2 levels deep"
        ]
    );
}

#[test]
fn no_limit_lets_nesting_exhaust_the_stack() {
    let text = format!("a = {}{}", "[".repeat(70), "]".repeat(70));
    let reader = Reader::with_limits(Limits::default().depth(1_000)).text("f", Format::Toml, &text);
    let read = reader.read_with(|_| Some(()));
    assert!(lines(read)[0].ends_with("nested over 64 levels deep"));
}

#[test]
fn mistakes_of_form_beyond_the_limit_are_counted() {
    let count = |lines: usize| {
        let reader = Reader::with_limits(Limits::default().problems(2));
        let read = reader.text("f", Format::Toml, &"a\n".repeat(lines));
        let problems = read.read_with(|_| Some(())).unwrap_err();
        let last = problems.to_string().lines().last().map(str::to_owned);
        (problems.count(), last.unwrap_or_default())
    };
    assert_eq!(count(3), (3, "and one more problem".into()));
    assert_eq!(count(7), (7, "and 5 more problems".into()));
}

#[test]
fn messages_are_short_however_long_what_they_quote_is() {
    let long = "x".repeat(10_000);
    let read = toml(&format!("a = '{long}'\nb = 1"), |table| {
        let a = table.value::<bool>("a").required();
        let b = table.value::<u8>("b").check(|_| Err(&long)).required();
        a.zip(b)
    });
    let problems = read.unwrap_err();
    let messages: Vec<_> = problems.iter().map(|problem| problem.message()).collect();
    let quoted = format!("\"{}…\"", &long[..60]);
    assert_eq!(
        messages,
        [
            format!("expected `true` or `false`, found the text {quoted}"),
            long[..500].to_owned()
        ]
    );
    let printed = problems.to_string();
    assert!(
        printed.contains("--> f:1:5") || printed.contains("--> a.toml:1:5"),
        "{printed}"
    );
    assert!(
        !printed.contains("\n1 |"),
        "a line of 10 kB is shown: {printed}"
    );
    assert!(printed.contains("\n2 | b = 1"), "{printed}");
}

/// How many characters are underlined, and from which column.
fn underlined<T>(
    text: &str,
    read: impl FnOnce(&mut Table<'_>) -> Option<T>,
) -> ((usize, usize), usize) {
    let Err(problems) = toml(text, read) else {
        panic!("no problem in {text}");
    };
    let at = problems
        .iter()
        .next()
        .and_then(|problem| problem.position());
    (at.unwrap(), problems.to_string().matches('^').count())
}

#[test]
fn what_is_wrong_is_underlined_and_nothing_beside_it() {
    let ttl = |table: &mut Table<'_>| table.value::<std::time::Duration>("n").required();
    assert_eq!(underlined("n = '5x  '", ttl), ((1, 7), 1));
    let ratio = |table: &mut Table<'_>| table.value::<Ratio>("n").required();
    // Read, the number is longer than it is written.
    assert_eq!(underlined("n = 0xffffffffff # much", ratio), ((1, 5), 12));
    let names = |table: &mut Table<'_>| table.values::<String>("n").required();
    assert_eq!(underlined("n = ['日本', 5]", names), ((1, 12), 1));
}

#[cfg(feature = "yaml")]
#[test]
fn a_text_over_several_lines_is_wrong_as_a_whole() {
    let read = Reader::new()
        .text("f", Format::Yaml, "n: 5\n  x\n")
        .read_with(|table| table.value::<std::time::Duration>("n").required());
    let problems = read.unwrap_err();
    assert_eq!(problems.iter().next().unwrap().position(), Some((1, 4)));
}
