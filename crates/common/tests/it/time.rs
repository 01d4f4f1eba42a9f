//! Clocks, alone and between threads.

use std::{sync::Arc, thread, time::Duration};

#[cfg(feature = "std")]
use eaves_common::time::SystemClock;
use eaves_common::time::{Clock, ManualClock, Mono, Wall};

#[test]
fn clones_share_a_manual_clock() {
    let clock = ManualClock::at(Wall::from_secs(100));
    let other = clock.clone();
    other.advance(Duration::from_secs(1));
    assert_eq!(clock.now().wall, Wall::from_secs(101));
}

#[test]
fn the_two_times_move_apart_and_wall_time_back() {
    let clock = ManualClock::at(Wall::from_secs(100));
    clock.advance_mono(Duration::from_secs(7));
    clock.set_wall(Wall::from_secs(50));
    let now = clock.now();
    assert_eq!(
        (now.mono, now.wall),
        (Mono::from_secs(7), Wall::from_secs(50))
    );
    clock.advance(Duration::MAX);
    assert_eq!((clock.now().mono, clock.now().wall), (Mono::MAX, Wall::MAX));
}

#[test]
fn no_move_is_lost_or_seen_by_half() {
    let clock = Arc::new(ManualClock::at(Wall::from_secs(1_000)));
    let writers: Vec<_> = (0..4)
        .map(|_| {
            let clock = Arc::clone(&clock);
            thread::spawn(move || {
                for _ in 0..25_000 {
                    clock.advance(Duration::from_nanos(1));
                }
            })
        })
        .collect();
    let mut last = clock.now();
    while last.mono < Mono::from_nanos(100_000) {
        let now = clock.now();
        assert_eq!(now.wall.as_nanos() - now.mono.as_nanos(), 1_000_000_000_000);
        assert!(now.mono >= last.mono);
        last = now;
    }
    for writer in writers {
        writer.join().unwrap();
    }
    assert_eq!(clock.now().mono, Mono::from_nanos(100_000));
}

/// One thread moves and one reads: with more than there are processors, each would mostly find the others at rest.
#[test]
fn a_reading_is_whole_while_time_moves() {
    const MOVES: u64 = 400_000;
    let clock = ManualClock::at(Wall::from_secs(1_000));
    let mover = clock.clone();
    let mover = thread::spawn(move || {
        for _ in 0..MOVES {
            mover.advance(Duration::from_nanos(1));
        }
    });
    let mut now = clock.now();
    while now.mono < Mono::from_nanos(MOVES) {
        now = clock.now();
        assert_eq!(now.wall.as_nanos() - now.mono.as_nanos(), 1_000_000_000_000);
    }
    mover.join().unwrap();
}

#[cfg(feature = "std")]
#[test]
fn copies_of_the_system_clock_count_from_one_zero() {
    let here = SystemClock.now();
    let there = thread::spawn(|| SystemClock.now()).join().unwrap();
    assert!(there.mono >= here.mono);
    assert!(there.mono - here.mono < Duration::from_secs(600));
    assert!(here.wall > Wall::from_secs(1_700_000_000));
    assert!(SystemClock.mono() >= there.mono, "one zero for both");
}

#[test]
fn a_clock_is_used_through_references_and_objects() {
    let clock = ManualClock::default();
    clock.advance(Duration::from_secs(1));
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    let read = |clock: &dyn Clock| clock.now();
    assert_eq!(read(&shared), read(&&clock));
    assert_eq!(shared.mono(), clock.now().mono);
}

#[cfg(feature = "std")]
#[test]
fn wall_time_is_system_time_from_1970_on() {
    let epoch = std::time::SystemTime::UNIX_EPOCH;
    for (nanos, time) in [
        (0, epoch),
        (1_500_000_000, epoch + Duration::from_millis(1_500)),
        (u64::MAX, epoch + Duration::from_nanos(u64::MAX)),
    ] {
        assert_eq!(std::time::SystemTime::from(Wall::from_nanos(nanos)), time);
        assert_eq!(Wall::from(time), Wall::from_nanos(nanos));
    }
    assert_eq!(Wall::from(epoch - Duration::from_secs(1)), Wall::ZERO);
}

#[cfg(feature = "serde")]
#[test]
fn points_are_nanoseconds_in_json() {
    let now = ManualClock::at(Wall::from_secs(1)).now();
    let json = serde_json::to_string(&now).unwrap();
    assert_eq!(json, r#"{"mono":0,"wall":1000000000}"#);
    assert_eq!(
        serde_json::from_str::<eaves_common::time::Now>(&json).unwrap(),
        now
    );
}

#[cfg(feature = "tokio")]
#[tokio::test(start_paused = true)]
async fn a_tokio_clock_follows_a_paused_runtime() {
    use eaves_common::time::TokioClock;

    let clock = TokioClock::at(Wall::from_secs(1_000));
    let start = clock.now();
    assert_eq!(
        (start.mono, start.wall),
        (Mono::ZERO, Wall::from_secs(1_000))
    );
    thread::yield_now();
    assert_eq!(clock.now(), start, "it stands still while paused");
    tokio::time::advance(Duration::from_millis(1_500)).await;
    assert_eq!(clock.now().mono, Mono::from_nanos(1_500_000_000));
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    assert_eq!(clock.now().wall.as_secs(), 4_601);
}
