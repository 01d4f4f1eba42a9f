//! What the guides name is there: files, programs, types.

use std::{
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The pages that people read, with their texts.
fn pages() -> Vec<(PathBuf, String)> {
    let mut pages = vec![root().join("README.md")];
    for folder in ["docs", "docs/guide"] {
        pages.extend(files_in(&root().join(folder), "md"));
    }
    let crates = fs::read_dir(root().join("crates")).unwrap();
    let readmes = crates.map(|entry| entry.unwrap().path().join("README.md"));
    pages.extend(readmes.filter(|path| path.exists()));
    let read = |path: PathBuf| (path.clone(), fs::read_to_string(path).unwrap());
    pages.into_iter().map(read).collect()
}

fn files_in(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let has = |path: &PathBuf| path.extension().is_some_and(|found| found == extension);
    paths.filter(has).collect()
}

#[test]
fn links_between_pages_lead_somewhere() {
    let (mut links, mut dead) = (0, Vec::new());
    for (page, text) in pages() {
        for link in text.split("](").skip(1) {
            let target = link.split([')', '#']).next().unwrap_or_default();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            links += 1;
            if !page.with_file_name(target).exists() {
                dead.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(links >= 10, "{links} links were found");
    assert_eq!(dead, Vec::<String>::new());
}

#[test]
fn every_program_that_a_page_runs_is_there() {
    let mut named = 0;
    for (page, text) in pages() {
        for rest in text.split("--example ").skip(1) {
            let word = rest
                .split(|c: char| !c.is_ascii_alphanumeric() && c != '-')
                .next();
            let Some(program) = word.filter(|word| !word.is_empty()) else {
                continue;
            };
            named += 1;
            let file = root().join("examples").join(format!("{program}.rs"));
            assert!(file.exists(), "{}: {program}", page.display());
        }
    }
    assert!(named > 10, "{named} programs were found");
}

#[test]
fn every_word_of_ours_in_coming_from_is_in_the_sources() {
    let sources = sources();
    let text = fs::read_to_string(root().join("docs/coming-from.md")).unwrap();
    let (mut words, mut unknown) = (0, Vec::new());
    for line in text
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| there"))
    {
        let ours = line.split(" | ").nth(1).unwrap_or_default();
        for code in ours
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|code| !code.contains('/'))
        {
            for word in code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
                if word.len() > 2 && !word.starts_with(|c: char| c.is_ascii_digit()) {
                    words += 1;
                    if !sources.contains(word) {
                        unknown.push(format!("{word} in {line}"));
                    }
                }
            }
        }
    }
    assert!(words > 150, "{words} words were found");
    assert_eq!(unknown, Vec::<String>::new());
}

/// Every source of the library crates, one after another.
fn sources() -> String {
    let mut folders: Vec<_> = fs::read_dir(root().join("crates")).unwrap().collect();
    let mut text = String::new();
    while let Some(entry) = folders.pop() {
        let path = entry.unwrap().path();
        if path.is_dir()
            && path
                .file_name()
                .is_some_and(|name| name != "target" && name != "fuzz")
        {
            folders.extend(fs::read_dir(&path).unwrap());
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(path).unwrap());
        }
    }
    text
}

#[test]
fn the_limits_of_the_recipe_are_rules() {
    let text = fs::read_to_string(root().join("docs/guide/recipes.md")).unwrap();
    let blocks = text.split("```toml\n").skip(1);
    let files = blocks.filter_map(|block| block.split("```").next());
    let mut rules = 0;
    for file in files.filter(|file| file.contains("[[rule]]")) {
        let file: toml::Table = toml::from_str(file).unwrap();
        for rule in file["rule"].as_array().unwrap() {
            let config: eaves_ratelimit::RuleConfig = rule.clone().try_into().unwrap();
            eaves_ratelimit::Rule::try_from(config).unwrap();
            rules += 1;
        }
    }
    assert_eq!(rules, 2);
}
