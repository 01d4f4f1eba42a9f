//! `cache-store` as its users start it.

use serde_json::Value;

use crate::program;

#[test]
fn it_prints_what_a_store_takes_and_serves_nothing_that_was_purged() {
    let output = program::run("cache-store", &["--entries", "5000", "--json"]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).expect("output in UTF-8");
    let parts: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect(line))
        .collect();
    let [memory, purge, tier] = &parts[..] else {
        panic!("{text}")
    };
    assert_eq!(
        (&memory["entries"], &memory["refused"]),
        (&5000.into(), &0.into())
    );
    assert_eq!(
        (&purge["purges"], &purge["stale_serves"]),
        (&1000.into(), &0.into())
    );
    assert_eq!(purge["served_afterwards"], 0);
    assert!(
        purge["served_meanwhile"].as_u64() >= Some(1000),
        "one after each purge: {purge}"
    );
    let number = |name: &str| tier[name].as_u64().expect(name);
    assert!(number("memory_bytes") <= number("memory_budget"));
    assert!(number("below_bytes") <= number("below_budget"));
    assert!(
        number("promoted") > 0 && number("demoted") > 0 && number("in_memory") > 0,
        "{tier}"
    );
}

#[test]
fn it_says_what_it_shows_without_json() {
    let output = program::run("cache-store", &["--entries", "1000"]);
    let text = String::from_utf8(output.stdout).expect("output in UTF-8");
    for part in ["memory\n", "purge\n", "tier\n", "  resident over accounted"] {
        assert!(text.contains(part), "{text}");
    }
    assert!(
        !program::run("cache-store", &["--entries", "1"])
            .status
            .success()
    );
}
