//! What operators see, compared with files. `EAVES_BLESS=1` writes them anew.

use std::{fs, path::PathBuf};

use eaves_common::config::{Format, Reader};

use super::edge::Edge;

fn data(name: &str) -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.join("tests/data/config").join(name)
}

fn compare(name: &str, printed: &str) {
    let path = data(name);
    if std::env::var_os("EAVES_BLESS").is_some() {
        fs::write(&path, printed).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(printed, expected, "{}", path.display());
}

/// Reads one of the texts under its bare name, since paths differ between machines.
fn reader(name: &str, format: Format) -> Reader {
    let text = fs::read_to_string(data(name)).unwrap();
    Reader::new().text(name, format, &text)
}

#[test]
fn all_mistakes_of_an_edge_are_shown_at_once() {
    let variables = [
        ("EAVES_CACHE__MEMORY", "64MIB"),
        ("EAVES_LISTEM", "127.0.0.1:80"),
        ("EAVES_POOLS__7__NAME", "far"),
        ("PATH", "/bin"),
    ];
    let reader = reader("mistakes.toml", Format::Toml).env("EAVES_", variables);
    let problems = reader.read::<Edge>().unwrap_err();
    compare("mistakes.txt", &problems.to_string());
    let lines: String = problems
        .iter()
        .map(|problem| format!("{problem}\n"))
        .collect();
    compare("mistakes.lines.txt", &lines);
}

#[test]
fn mistakes_of_form_do_not_hide_the_others() {
    let problems = reader("syntax.toml", Format::Toml)
        .read::<Edge>()
        .unwrap_err();
    compare("syntax.txt", &problems.to_string());
}

#[test]
fn effective_values_name_their_sources() {
    let variables = [
        ("EAVES_CACHE__MEMORY", "1GiB"),
        ("EAVES_LISTEN", "127.0.0.1:80, [::1]:80"),
        ("EAVES_POOLS__0__ORIGINS__1__WEIGHT", "7"),
    ];
    let config = reader("edge.toml", Format::Toml)
        .env("EAVES_", variables)
        .read::<Edge>()
        .unwrap();
    let lines = config
        .effective()
        .iter()
        .map(|setting| format!("{setting}\n"));
    compare("effective.txt", &lines.collect::<String>());
}

#[test]
fn colours_come_only_when_asked_for() {
    let problems = reader("mistakes.toml", Format::Toml)
        .read::<Edge>()
        .unwrap_err();
    assert!(!problems.to_string().contains('\u{1b}'));
    assert!(problems.to_ansi().contains('\u{1b}'));
}

#[cfg(feature = "yaml")]
#[test]
fn mistakes_in_yaml_have_the_same_paths() {
    let problems = reader("mistakes.yaml", Format::Yaml)
        .read::<Edge>()
        .unwrap_err();
    compare("mistakes.yaml.txt", &problems.to_string());
}

#[cfg(feature = "json")]
#[test]
fn mistakes_in_json_have_the_same_paths() {
    let problems = reader("mistakes.json", Format::Json)
        .read::<Edge>()
        .unwrap_err();
    compare("mistakes.json.txt", &problems.to_string());
}
