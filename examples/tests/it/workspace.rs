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

/// Both licences ask to come along with every copy.
#[test]
fn packages_hold_their_readme_and_licences() {
    for name in INDEPENDENT.into_iter().chain(["eaves-common"]) {
        let output = Command::new(env!("CARGO"))
            .args([
                "package",
                "--list",
                "--allow-dirty",
                "--offline",
                "-p",
                name,
            ])
            .current_dir(root())
            .output()
            .expect("cargo runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name}: {said}");
        let files = String::from_utf8(output.stdout).expect("cargo prints UTF-8");
        for file in [
            "README.md",
            "CHANGELOG.md",
            "LICENSE-APACHE",
            "LICENSE-MIT",
            "src/lib.rs",
        ] {
            assert!(
                files.lines().any(|line| line == file),
                "{name}: no {file} in {files}"
            );
        }
    }
}

#[test]
fn the_map_of_the_tree_is_true() {
    const MARK: &str =
        "<!-- from here on the map is made of the first lines of the files it names -->\n";
    let path = root().join("docs/architecture.md");
    let told = std::fs::read_to_string(&path).expect("the map");
    let (prose, _) = told.split_once(MARK).expect("the mark in the map");
    for word in prose.split('`').skip(1).step_by(2) {
        let is_path = word.contains('/') && !word.contains([' ', '*']);
        assert!(
            !is_path || root().join(word).exists(),
            "the map names {word}, which is not there"
        );
    }
    let mut map = String::new();
    for top in ["crates", "examples", "benches"] {
        describe(Path::new(top), &mut map);
    }
    let expected = format!("{prose}{MARK}{map}");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &expected).expect("the map is written");
        return;
    }
    for (told, expected) in told.lines().zip(expected.lines()) {
        assert_eq!(
            told, expected,
            "run BLESS=1 cargo test -p eaves-examples --test it map"
        );
    }
    assert_eq!(
        told.len(),
        expected.len(),
        "run BLESS=1 cargo test -p eaves-examples --test it map"
    );
}

/// Writes a line for each folder with source in it, and below it one for each file that is a topic
/// of its own: programs, benches, and what stands directly in a `src` folder.
fn describe(folder: &Path, map: &mut String) {
    let skip = ["target", "node_modules", "fuzz"];
    let mut entries: Vec<_> = std::fs::read_dir(root().join(folder))
        .expect("a folder")
        .map(|entry| folder.join(entry.expect("an entry").file_name()))
        .filter(|path| !skip.iter().any(|name| path.ends_with(name)))
        .collect();
    entries.sort();
    let is_source = |path: &PathBuf| path.extension().is_some_and(|end| end == "rs");
    if let Some(sign) = sign_of_folder(folder) {
        let depth = folder.components().count();
        let outermost = if folder.starts_with("crates") { 3 } else { 1 };
        let indent = "  ".repeat(depth - outermost);
        map.push_str(&format!("{indent}- `{}/`: {sign}\n", folder.display()));
        let topics = folder.ends_with("src") || depth == 1;
        for file in entries.iter().filter(|path| topics && is_source(path)) {
            if file.ends_with("lib.rs") || file.with_extension("").is_dir_in(&root()) {
                continue;
            }
            let sign =
                first_sentence(file).unwrap_or_else(|| panic!("{} has no `//!`", file.display()));
            map.push_str(&format!("{indent}  - `{}`: {sign}\n", file.display()));
        }
    }
    for path in entries.iter().filter(|path| root().join(path).is_dir()) {
        describe(path, map);
    }
}

trait IsDirIn {
    fn is_dir_in(&self, root: &Path) -> bool;
}

impl IsDirIn for PathBuf {
    fn is_dir_in(&self, root: &Path) -> bool {
        root.join(self).is_dir()
    }
}

/// What the sign on a folder's door says: the first sentence of its `mod.rs`, `lib.rs` or
/// `main.rs`, or of the file of its name beside it.
fn sign_of_folder(folder: &Path) -> Option<String> {
    if folder == Path::new("examples") {
        return Some("Programs that show one thing each, and `edge`, which composes all.".into());
    }
    if folder == Path::new("benches") {
        return Some("What a service does per request, measured beside the peers.".into());
    }
    let doors = [
        folder.join("mod.rs"),
        folder.join("lib.rs"),
        folder.join("main.rs"),
    ];
    let beside = folder.with_extension("rs");
    let door = doors
        .into_iter()
        .chain([beside])
        .find(|door| root().join(door).exists())?;
    Some(first_sentence(&door).unwrap_or_else(|| panic!("{} has no `//!`", door.display())))
}

/// The first sentence of a file's `//!` lines, links taken off.
fn first_sentence(file: &Path) -> Option<String> {
    let text = std::fs::read_to_string(root().join(file)).ok()?;
    let lines = text.lines().skip_while(|line| !line.starts_with("//! "));
    let lines: Vec<_> = lines
        .map_while(|line| line.strip_prefix("//!"))
        .map(str::trim)
        .take_while(|line| !line.is_empty())
        .collect();
    let text = lines.join(" ");
    let sentence = text.split_inclusive(". ").next()?.trim();
    let text: String = sentence.split(['[', ']']).map(without_target).collect();
    (!text.is_empty()).then_some(text)
}

/// Leaves out what a link points at, which follows its text in parentheses.
fn without_target(part: &str) -> &str {
    match part.strip_prefix("(http") {
        Some(rest) => rest.split_once(')').map_or("", |(_, after)| after),
        None => part,
    }
}
