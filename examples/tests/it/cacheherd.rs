//! `cache-herd`: what it counts, on a clock that runs only while everybody waits for it; and that it runs.

use std::time::Duration;

use eaves_examples::cache::herd::{cold, no_store};

use crate::program;

const TRIP: Duration = Duration::from_millis(300);

#[tokio::test(start_paused = true)]
async fn a_herd_reaches_the_origin_once_and_waits_for_one_round_trip() {
    let herds = cold(20, 1000, TRIP).await;
    assert_eq!((herds.origin, herds.slowest), (1, TRIP));
}

#[tokio::test(start_paused = true)]
async fn a_herd_on_what_nobody_may_store_takes_two_round_trips_and_later_ones_take_one() {
    let waves = no_store(4, 1000, TRIP).await;
    assert_eq!((waves.first, waves.later), (2 * TRIP, TRIP));
}

#[test]
fn readers_that_stall_take_little() {
    let output = program::run("cache-herd", &["stalled"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("8 readers of 100MiB"), "{text}");
}

#[test]
fn wrong_words_are_told_and_measure_nothing() {
    for args in [&["--nonsense"][..], &["warm"], &["cold", "many"]] {
        let output = program::run("cache-herd", args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(output.stdout.is_empty(), "{args:?}");
    }
    let output = program::run("cache-proxy", &["127.0.0.1:0"]);
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("<ORIGIN>"), "{told}");
}
