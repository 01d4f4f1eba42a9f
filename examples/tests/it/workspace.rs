//! What must stay true of the workspace as a whole: who may know whom, how much a default build
//! brings, and that the map of the tree tells the truth.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Command,
};

/// The crates that meet in examples only.
const INDEPENDENT: [&str; 4] = [
    "eaves-cache",
    "eaves-dns",
    "eaves-health",
    "eaves-ratelimit",
];

/// Crates that run futures: none may come with a default build.
const RUNTIMES: [&str; 4] = ["tokio", "async-std", "smol", "async-executor"];

fn root() -> PathBuf {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR"));
    examples.parent().expect("examples/ is in the root").into()
}

/// The packages of a crate's default build, the crate included.
fn packages(name: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "-p", name, "-e", "normal", "--prefix", "none"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{output:?}");
    let names: BTreeSet<String> = String::from_utf8(output.stdout)
        .expect("cargo prints UTF-8")
        .lines()
        .filter_map(|line| line.split(' ').next())
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    assert!(
        names.contains(name),
        "{name} is not in its own tree: {names:?}"
    );
    names
}

#[test]
fn the_four_crates_know_nothing_of_one_another() {
    let metadata = cargo_metadata::MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo metadata runs");
    for name in INDEPENDENT {
        let package = metadata
            .packages
            .iter()
            .find(|package| package.name == name)
            .unwrap_or_else(|| panic!("{name} is a member"));
        for dependency in &package.dependencies {
            assert!(
                !dependency.name.starts_with("eaves-") || dependency.name == "eaves-common",
                "{name} depends on {}: they meet in examples only",
                dependency.name
            );
        }
    }
}

#[test]
fn a_default_build_is_light_and_has_no_runtime() {
    for (name, most) in [
        ("eaves-common", 20),
        ("eaves-dns", 20),
        ("eaves-cache", 35),
        ("eaves-health", 35),
        ("eaves-ratelimit", 35),
    ] {
        let packages = packages(name);
        println!("{name}: {} packages", packages.len());
        assert!(packages.len() <= most, "{name}: {packages:#?}");
        for runtime in RUNTIMES {
            assert!(!packages.contains(runtime), "{name} brings {runtime}");
        }
    }
}

#[test]
fn the_map_of_the_tree_is_true() {
    let map = std::fs::read_to_string(root().join("docs/architecture.md")).expect("the map");
    let told: BTreeSet<String> = map
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|word| word.contains('/') && !word.contains(' '))
        .map(str::to_owned)
        .collect();
    for path in &told {
        assert!(
            root().join(path).exists(),
            "docs/architecture.md names {path}, which is not there"
        );
    }
    let mut there = BTreeSet::new();
    for top in ["crates", "examples", "benches", "docs"] {
        collect(Path::new(top), &mut there);
    }
    let untold: Vec<_> = there.difference(&told).collect();
    assert!(
        untold.is_empty(),
        "docs/architecture.md does not name: {untold:#?}"
    );
}

/// Lists what the map must name: every folder with source in it (`path/`), and every file that
/// stands directly in a `src`, `examples`, `benches` or `docs` folder.
fn collect(folder: &Path, into: &mut BTreeSet<String>) {
    let skip = [
        "target",
        "node_modules",
        "data",
        "scenarios",
        "corpus",
        "artifacts",
        "golden",
    ];
    let mut has_source = false;
    for entry in std::fs::read_dir(root().join(folder))
        .expect("a folder")
        .flatten()
    {
        let name = entry.file_name().into_string().expect("a UTF-8 name");
        let path = folder.join(&name);
        if entry.path().is_dir() {
            if !skip.contains(&name.as_str()) && !name.starts_with('.') {
                collect(&path, into);
            }
            continue;
        }
        let source = name.ends_with(".rs") || folder.starts_with("docs") && name.ends_with(".md");
        has_source |= source;
        let direct = ["src", "examples", "benches", "docs"]
            .iter()
            .any(|top| folder.ends_with(top));
        if source && direct && name != "lib.rs" {
            into.insert(path.display().to_string());
        }
    }
    if has_source {
        into.insert(format!("{}/", folder.display()));
    }
}
