//! Mistakes in a configuration are all reported, and never reach what runs.

use super::{http::get, setup};
use crate::program;

const THREE_MISTAKES: &str = r#"[proxy]
listen = "127.0.0.1:0"
pol = "web"

[[pools]]
name = "web"
origins = [
  { name = "a", address = "127.0.0.1:81", weight = -1 },
]

[cache]
memory = "64 bananas"
"#;

#[test]
fn three_mistakes_are_three_problems_with_carets() {
    let file = setup::ConfigFile::new(THREE_MISTAKES);
    let output = program::run("edge", &["check", &file.arg()]);
    assert_eq!(output.status.code(), Some(1));
    let text =
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    println!("{text}");
    for (path, place) in [
        ("proxy.pol", ":3:"),
        ("pools[0].origins[0].weight", ":8:"),
        ("cache.memory", ":12:"),
    ] {
        assert!(text.contains(path), "{path} is named in {text}");
        assert!(text.contains(place), "{place} is named in {text}");
    }
    assert!(text.contains("pool"), "what to write instead");
    assert!(text.matches('^').count() >= 3, "carets in {text}");
}

#[test]
fn a_good_file_passes_and_prints_where_values_come_from() {
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/edge.toml");
    let output = program::run("edge", &["check", shipped]);
    assert!(output.status.success(), "{output:?}");

    let output = program::run("edge", &["print", shipped]);
    let text = String::from_utf8(output.stdout).unwrap();
    println!("{text}");
    let listen = text
        .lines()
        .find(|line| line.contains("proxy.listen"))
        .unwrap();
    assert!(
        listen.contains("127.0.0.1:8080") && listen.contains("edge.toml:"),
        "{listen}"
    );
    assert!(text.contains("default"), "values nobody set are shown too");
}

#[test]
fn a_bad_reload_leaves_the_running_configuration() {
    let origin = setup::origin("one", "127.0.0.1:0");
    let from = origin.address("origin");
    let limit = |burst| {
        let rule = format!(
            "[[limits]]\nname = \"all\"\nlimit = \"1000/1s burst {burst}\"\nkey = [\"client.ip\"]\n"
        );
        setup::config(&[from], &rule)
    };
    let file = setup::ConfigFile::new(&limit(500));
    let edge = setup::edge(&file);
    let proxy = edge.address("proxy");
    let policy = || get(proxy, "/page", &[]).header("ratelimit-policy");
    let before = policy();

    file.write("[proxy]\nlisten = 5\n");
    edge.signal("HUP");
    edge.line_with("configuration kept");
    assert_eq!(policy(), before);

    file.write(&limit(3000));
    edge.signal("HUP");
    edge.line_with("configuration replaced");
    assert_ne!(policy(), before);
}
