//! What hostile inputs cost, in instructions: they are the same on every run, times are not.

use std::process::Command;

use eaves_examples::dns::cost::Kind;

use super::servers::installed;
use crate::program::path;

/// Octets of the smaller input; the larger has twice as many, nearly all that a message can have.
fn len(kind: Kind) -> usize {
    match kind {
        Kind::Chains => 10_000, // dear as they are, and within the reach of pointers
        _ => 30_000,
    }
}

/// How many instructions an octet may cost in a build that is not optimised; measured, and a half.
fn bound(kind: Kind) -> u64 {
    match kind {
        // Each name of 14 octets leads through forty pointers, and each is read five times.
        Kind::Chains => 7_000,
        Kind::Compress => 2_000,
        Kind::Counts | Kind::Labels => 750,
        Kind::Options | Kind::Strings => 1_100,
        Kind::Pointers => 310,
        Kind::Rrset => 3_000,
        Kind::Text => 1_900,
    }
}

/// Runs the program under valgrind and returns how many instructions it took.
fn instructions(kind: Kind, len: usize) -> u64 {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(path("dns-cost"))
        .args([kind.name(), &len.to_string()])
        .output()
        .expect("valgrind runs");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{text}");
    let (_, count) = text.split_once("Collected : ").expect("a count");
    let count = count.split_whitespace().next().expect("a count");
    count.parse().expect("a number")
}

/// Checks that work grows as the input does, and no faster than it may.
fn check(kinds: &[Kind]) {
    if installed("valgrind").is_none() {
        return;
    }
    for &kind in kinds {
        let len = len(kind);
        let [none, once, twice] = [0, len, 2 * len].map(|len| instructions(kind, len));
        let (once, twice) = (once - none, twice - none);
        println!(
            "{kind:?}: {} instructions an octet, then {}",
            once / len as u64,
            twice / (2 * len) as u64
        );
        assert!(twice * 10 <= once * 23, "{kind:?}: {once}, then {twice}");
        assert!(once <= bound(kind) * len as u64, "{kind:?}: {once}");
    }
}

#[test]
fn reading_hostile_messages_costs_as_their_length() {
    check(&[
        Kind::Counts,
        Kind::Labels,
        Kind::Options,
        Kind::Pointers,
        Kind::Strings,
    ]);
}

#[test]
fn chains_of_pointers_cost_as_their_length() {
    check(&[Kind::Chains]);
}

#[test]
fn compressing_hostile_names_costs_as_their_length() {
    check(&[Kind::Compress]);
}

#[test]
fn hostile_zone_files_cost_as_their_length() {
    check(&[Kind::Rrset, Kind::Text]);
}
