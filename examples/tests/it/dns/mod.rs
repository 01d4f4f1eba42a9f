//! The DNS programs, started as their users start them, beside the programs that others wrote.

mod clients;
mod cost;
mod query;
mod servers;
mod wire;
mod zone;
mod zonecheck;
mod zones;

use std::{
    io::Write as _,
    process::{Command, Output, Stdio},
};

use crate::program::{path, run};

/// Feeds lines to a program and returns those it prints.
fn feed(name: &str, input: &str) -> Vec<String> {
    let mut child = Command::new(path(name))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("stdin is piped");
    stdin
        .write_all(input.as_bytes())
        .expect("the program reads");
    drop(stdin);
    let output = child.wait_with_output().expect("the program ends");
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).expect("the program prints text");
    text.lines().map(str::to_owned).collect()
}

#[test]
fn convert_prints_a_line_for_each_line() {
    let input = "{\"type\":\"A\",\"text\":\"192.0.2.1\"}\n{}\n{\"name\":\"a\"}\n";
    let lines = feed("dns-convert", input);
    assert_eq!(lines.len(), 3);
    assert!(
        lines[0].contains(r#""generic":"\\# 4 c0000201""#),
        "{}",
        lines[0]
    );
    assert!(lines[1].starts_with(r#"{"ok":false"#));
    assert!(lines[2].contains(r#""wire":"016100""#));
}

#[test]
fn parse_prints_an_object_for_each_message() {
    let query = "000701000001000000000000037777770000010001";
    let lines = feed("dns-parse", &format!("{query}\nnonsense\n"));
    assert!(
        lines[0].contains(&format!(r#""reencoded":"{query}""#)),
        "{}",
        lines[0]
    );
    assert_eq!(lines[1], r#"{"ok":false,"error":"not hexadecimal","at":0}"#);
}

fn zonecheck(zone: &str, args: &[&str]) -> Output {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("zone");
    std::fs::write(&file, zone).expect("the zone is written");
    let file = file.to_str().expect("a path in UTF-8");
    run(
        "zonecheck",
        &[&[file, "--origin", "example."], args].concat(),
    )
}

const GOOD: &str = "$TTL 5\n@ SOA ns admin 7 1 1 1 1\n@ NS ns\nns A 192.0.2.1\n";

#[test]
fn a_good_zone_is_summed_up_and_dumped() {
    let output = zonecheck(GOOD, &[]);
    assert!(output.status.success());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(
        text,
        "zone example.: 3 records, 3 types (A NS SOA), serial 7, 0 warnings\n"
    );
    let dump = zonecheck(GOOD, &["--dump"]);
    let text = String::from_utf8_lossy(&dump.stdout).into_owned();
    assert!(text.ends_with("ns.example. 5 IN A 192.0.2.1\n"), "{text}");
    assert_eq!(zonecheck(GOOD, &["--json"]).stdout, b"[]\n");
}

#[test]
fn a_bad_zone_fails_with_all_that_is_wrong() {
    let zone = format!("{GOOD}www A 192.0.2\nx.test. A 192.0.2.2\n");
    let output = zonecheck(&zone, &[]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        text.contains("zone:5:7: error: www.example. A: not an IPv4 address"),
        "{text}"
    );
    assert!(text.contains("    www A 192.0.2\n          ^\n"), "{text}");
    assert!(
        text.contains("zone:6:1: warning: x.test. A: out of zone, left out"),
        "{text}"
    );
    let json = zonecheck(&zone, &["--json"]);
    assert_eq!(json.status.code(), Some(1));
    let problems: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert_eq!(problems[0]["line"], 5);
    assert_eq!(problems[1]["severity"], "warning");
    assert_eq!(problems[1]["type"], "A");
}
