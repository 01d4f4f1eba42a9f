//! Meters for many keys in fixed memory, alone and as the algorithms of rules.

use std::time::Duration;

use eaves_common::time::Mono;
use eaves_ratelimit::{
    BuildError, Limiter, Rule,
    key::{Facts, KeyHash, KeyHasher, Part},
    meter::{Algorithm, FixedWindow, Keyed, Log, Meter, SlidingWindow, Verdict},
    table::Capacity,
};
use proptest::prelude::*;

/// Four slots in one bucket, or close to that many keys in more of them.
fn keyed<M: Meter>(meter: M, keys: usize) -> Keyed<M> {
    Keyed::new(meter, Capacity::new(keys).unwrap())
}

fn key(n: u64) -> KeyHash {
    KeyHash::new(n)
}

#[test]
fn a_reading_tells_the_state_after_a_request_that_counts_and_before_one_that_does_not() {
    let log = keyed(Log::new("5/10s".parse().unwrap()).unwrap(), 8);
    let at = Mono::from_secs;
    let reading = log.check(key(1), 2, at(1));
    assert_eq!(
        (reading.verdict(), reading.limit(), reading.remaining()),
        (Verdict::Allowed, 5, 3)
    );
    assert_eq!(reading.more_after(), Some(Duration::from_secs(10)));
    let peeked = log.peek(key(1), 3, at(2));
    assert_eq!(
        (peeked.verdict(), peeked.remaining()),
        (Verdict::Allowed, 3)
    );
    let denied = log.check(key(1), 4, at(2));
    assert_eq!((denied.verdict(), denied.remaining()), (Verdict::Denied, 3));
    assert_eq!(denied.retry_after(), Some(Duration::from_secs(9)));
    assert_eq!(denied.reset_after(), Duration::from_secs(9));
    assert_eq!(log.check(key(1), 6, at(2)).verdict(), Verdict::Impossible);
    log.refund(key(1), 1, at(2));
    assert_eq!(log.peek(key(1), 0, at(2)).remaining(), 4);
    log.charge(key(1), 9, at(2));
    assert_eq!(log.peek(key(1), 0, at(2)).remaining(), 0);
}

#[test]
fn a_full_bucket_forgets_the_key_that_has_used_least() {
    let window = keyed(FixedWindow::new("100/1m".parse().unwrap()).unwrap(), 8);
    for n in 1..=4 {
        assert!(window.check(key(n), 10 * n, Mono::ZERO).is_allowed());
    }
    assert!(window.check(key(5), 1, Mono::ZERO).is_allowed());
    let left = |n| window.peek(key(n), 0, Mono::ZERO).remaining();
    assert_eq!([1, 2, 3, 4, 5].map(left), [100, 80, 70, 60, 99]);
    let occupancy = window.occupancy(Mono::ZERO);
    assert_eq!(
        (occupancy.cells, occupancy.owing, occupancy.evicted),
        (8, 4, 1)
    );
    // A minute later nobody has used anything, and a newcomer costs nobody anything.
    assert!(window.check(key(6), 1, Mono::from_secs(60)).is_allowed());
    assert_eq!(window.occupancy(Mono::from_secs(60)).evicted, 1);
}

#[test]
fn a_denied_or_free_request_takes_no_slot() {
    let window = keyed(FixedWindow::new("1/1m".parse().unwrap()).unwrap(), 8);
    assert!(window.check(key(1), 0, Mono::ZERO).is_allowed());
    assert!(!window.check(key(1), 2, Mono::ZERO).is_allowed());
    assert_eq!(window.occupancy(Mono::ZERO).owing, 0);
}

#[test]
fn a_flood_of_keys_allocates_nothing_even_where_each_has_a_log() {
    let log = keyed(Log::new("3/1m".parse().unwrap()).unwrap(), 64);
    let hasher = KeyHasher::with_seed(1);
    let info = allocation_counter::measure(|| {
        for n in 0..10_000_u64 {
            assert!(log.check(hasher.hash(&n), 1, Mono::ZERO).is_allowed());
        }
    });
    assert_eq!(info.count_total, 0);
    assert_eq!(log.occupancy(Mono::ZERO).owing, 64);
}

#[test]
fn rules_of_all_algorithms_decide_together() {
    let rule = |name: &str, rate: &str, algorithm| {
        let rule = Rule::new(name, rate.parse().unwrap(), Capacity::new(64).unwrap()).unwrap();
        rule.key([Part::CLIENT_IP]).algorithm(algorithm)
    };
    let rules = [
        rule("gcra", "9/1m", Algorithm::Gcra),
        rule("window", "8/1m", Algorithm::Window),
        rule("two", "7/1m", Algorithm::TwoWindow),
        rule("fixed", "6/1m", Algorithm::Fixed),
        rule("log", "5/1m", Algorithm::Log),
    ];
    let limiter = Limiter::new(rules, KeyHasher::with_seed(1)).unwrap();
    let facts = Facts::of("192.0.2.1".parse().unwrap());
    let decision = limiter.check_cost(&facts, 5, Mono::ZERO);
    assert_eq!(
        (decision.rule(), decision.remaining()),
        (Some("log"), Some(0))
    );
    for _ in 0..10 {
        assert_eq!(limiter.check(&facts, Mono::ZERO).rule(), Some("log"));
    }
    // Only what was allowed counts: a sixth unit fits once the log has let go of the five.
    limiter.refund(&facts, 1, Mono::ZERO);
    assert!(limiter.check(&facts, Mono::ZERO).is_allowed());
    assert_eq!(limiter.peek(&facts, 0, Mono::ZERO).remaining(), Some(0));
    assert!(!limiter.check(&facts, Mono::ZERO).is_allowed());
}

#[test]
fn a_rate_that_a_meter_cannot_hold_is_refused_with_the_meters_reason() {
    let rule = Rule::new("w", "100/1m burst 20".parse().unwrap(), Capacity::MIN).unwrap();
    let built = Limiter::new([rule.algorithm(Algorithm::Window)], KeyHasher::with_seed(1));
    assert!(matches!(built.unwrap_err(), BuildError::Meter(_)));
    for name in ["fixed", "gcra", "log", "two-window", "window"] {
        assert_eq!(name.parse::<Algorithm>().unwrap().to_string(), name);
    }
    assert!(matches!(
        "leaky".parse::<Algorithm>(),
        Err(BuildError::Algorithm { .. })
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// As long as nothing is evicted, many keys are as good as one meter each.
    #[test]
    fn keys_do_not_disturb_one_another(
        steps in proptest::collection::vec((0_u64..4, 1_u64..4, 0_u64..400), 1..100),
    ) {
        let meter = SlidingWindow::new("5/1s".parse().unwrap()).unwrap();
        let shared = keyed(meter, 8);
        let mut alone = [0; 4].map(|_| meter.fresh());
        let mut now = Mono::ZERO;
        for (n, cost, pause) in steps {
            now += Duration::from_millis(pause);
            let expected = meter.check(&mut alone[n as usize], cost, now);
            let reading = shared.check(key(n), cost, now);
            prop_assert_eq!(reading.is_allowed(), expected.is_allowed());
            prop_assert_eq!(reading.retry_after(), expected.retry_after());
            prop_assert_eq!(reading.remaining(), meter.remaining(&alone[n as usize], now));
        }
    }
}
