//! `cache-disk` as its users start it: the crash harness of the disk store among it.

use serde_json::Value;

use crate::program;

fn run(args: &[&str]) -> Value {
    let output = program::run("cache-disk", args);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {said}");
    serde_json::from_slice(&output.stdout).expect("a line of JSON")
}

#[test]
fn a_writer_killed_at_any_time_leaves_objects_that_are_whole_or_absent() {
    let outcome = run(&[
        "crash",
        "--rounds",
        "60",
        "--most-ms",
        "40",
        "--budget",
        "4MiB",
    ]);
    assert_eq!(outcome["kills"], 60);
    assert!(outcome["intact"].as_u64() > Some(500), "{outcome}");
    assert!(outcome["purges"].as_u64() > Some(0), "{outcome}");
    assert!(outcome["most_bytes"].as_u64() <= Some(4 << 20), "{outcome}");
}

#[test]
fn a_replay_says_what_was_written_for_what_was_taken() {
    let folder = tempfile::tempdir().expect("a folder of its own");
    let trace = folder.path().join("trace.tr");
    let mut bytes = Vec::new();
    let mut state = 1_u64;
    for _ in 0..3_000 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let id = ((state >> 40) as u32 % 1_000).min((state >> 20) as u32 % 1_000);
        bytes.extend(id.to_le_bytes());
        bytes.extend((1_000 + id * 7).to_le_bytes());
    }
    std::fs::write(&trace, bytes).expect("the trace is written");
    let trace = trace.to_str().expect("a path in UTF-8");
    let outcome = run(&["replay", "--trace", trace, "--capacity", "25%"]);
    let amplification = outcome["amplification"].as_f64().expect("a ratio");
    assert!((1.0..=1.1).contains(&amplification), "{outcome}");
    assert!(outcome["evicted_segments"].as_u64() > Some(3), "{outcome}");
}

#[test]
fn a_restart_finds_all_objects_again() {
    let outcome = run(&["restart", "--entries", "2000"]);
    assert_eq!(
        (&outcome["entries"], &outcome["entries_rebuilt"]),
        (&2000.into(), &2000.into())
    );
}
