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

#[test]
fn a_rule_of_concurrency_counts_what_is_under_way() {
    let rule = Rule::new("at-once", "2/3s".parse().unwrap(), Capacity::MIN).unwrap();
    let rule = rule
        .key([Part::CLIENT_IP])
        .algorithm(Algorithm::Concurrency)
        .rate_of(["192.0.2.9"], "1/1s".parse().unwrap());
    let per_client = Rule::new("per-client", "5/1h".parse().unwrap(), Capacity::MIN).unwrap();
    let rules = [rule, per_client.key([Part::CLIENT_IP])];
    let limiter = Limiter::new(rules, KeyHasher::with_seed(1)).unwrap();
    let enter = |client: &str| {
        let facts = Facts::of(client.parse().unwrap());
        let decision = limiter.check(&facts, Mono::ZERO);
        decision
            .is_allowed()
            .then(|| limiter.hold(&facts, 1))
            .ok_or_else(|| (decision.rule(), decision.retry_after()))
    };
    let first = enter("192.0.2.1").unwrap();
    let second = enter("192.0.2.1").unwrap();
    let pause = Some(Duration::from_secs(3));
    assert_eq!(enter("192.0.2.1").unwrap_err(), (Some("at-once"), pause));
    let alone = enter("192.0.2.9").unwrap();
    let brief = Some(Duration::from_secs(1));
    assert_eq!(enter("192.0.2.9").unwrap_err(), (Some("at-once"), brief));
    drop((first, alone));
    let third = enter("192.0.2.1").unwrap();
    assert!(!third.is_empty() && enter("192.0.2.9").is_ok());
    drop((second, third));
    // Denials took nothing of the other rule: three of five are used, and one comes back.
    let facts = Facts::of("192.0.2.1".parse().unwrap());
    limiter.refund(&facts, 1, Mono::ZERO);
    limiter.charge(&facts, 1, Mono::ZERO);
    let held: Vec<_> = (0..2).map(|_| enter("192.0.2.1").unwrap()).collect();
    drop(held);
    assert_eq!(
        enter("192.0.2.1").unwrap_err().0,
        Some("per-client"),
        "the places are free, the hour is spent"
    );
}

#[test]
fn places_are_given_back_by_holds_alone() {
    let rule = Rule::new("at-once", "1/1s".parse().unwrap(), Capacity::MIN).unwrap();
    let rule = rule.algorithm(Algorithm::Concurrency);
    let limiter = Limiter::new([rule], KeyHasher::with_seed(1)).unwrap();
    let limiter = limiter.exempt(["client.ip is 10.0.0.0/8".parse().unwrap()]);
    let facts = Facts::of("192.0.2.1".parse().unwrap());
    let is_free = || limiter.peek(&facts, 1, Mono::ZERO).is_allowed();
    assert!(limiter.check(&facts, Mono::ZERO).is_allowed());
    let hold = limiter.hold(&facts, 1);
    limiter.refund(&facts, 1, Mono::ZERO);
    assert!(!is_free(), "a refund is of units");
    let exempt = Facts::of("10.0.0.1".parse().unwrap());
    assert!(limiter.check(&exempt, Mono::ZERO).is_allowed());
    assert!(limiter.hold(&exempt, 1).is_empty(), "it has no place");
    assert!(!is_free());
    drop(hold);
    assert!(is_free());
}

#[test]
fn a_shadow_of_concurrency_counts_what_it_would_deny() {
    let rule = Rule::new("at-once", "1/1s".parse().unwrap(), Capacity::MIN).unwrap();
    let rule = rule
        .algorithm(Algorithm::Concurrency)
        .mode(eaves_ratelimit::Mode::Shadow);
    let limiter = Limiter::new([rule], KeyHasher::with_seed(1)).unwrap();
    let facts = Facts::default();
    let mut holds = Vec::new();
    for shadow in [None, Some("at-once"), Some("at-once")] {
        let decision = limiter.check(&facts, Mono::ZERO);
        assert!(decision.is_allowed());
        assert_eq!(decision.shadow(), shadow);
        holds.push(limiter.hold(&facts, 1));
    }
    holds.truncate(1); // one is still under way
    assert_eq!(limiter.check(&facts, Mono::ZERO).shadow(), Some("at-once"));
    holds.push(limiter.hold(&facts, 1));
    holds.clear();
    assert_eq!(limiter.check(&facts, Mono::ZERO).shadow(), None);
}

#[test]
fn a_penalty_rule_denies_who_was_denied_too_often() {
    let capacity = Capacity::MIN;
    let per_client = Rule::new("per-client", "1/1m".parse().unwrap(), capacity).unwrap();
    let penalty = Rule::new("penalty", "3/10s".parse().unwrap(), capacity).unwrap();
    let rules = [
        per_client.key([Part::CLIENT_IP]),
        penalty
            .key([Part::CLIENT_IP])
            .algorithm(Algorithm::Penalty)
            .term(Duration::from_secs(600)),
    ];
    let limiter = Limiter::new(rules, KeyHasher::with_seed(1)).unwrap();
    let ask = |client: u8, at: u64| {
        let facts = Facts::of([192, 0, 2, client].into());
        let decision = limiter.check(&facts, Mono::from_secs(at));
        let after = decision.retry_after().map_or(0, |after| after.as_secs());
        (decision.rule().unwrap(), decision.is_allowed(), after)
    };
    assert_eq!(ask(1, 0), ("per-client", true, 0));
    assert_eq!(ask(1, 1), ("per-client", false, 59));
    assert_eq!(
        ask(1, 20),
        ("per-client", false, 40),
        "the first is forgotten"
    );
    assert_eq!(ask(1, 21), ("per-client", false, 39));
    assert_eq!(ask(1, 22), ("per-client", false, 38));
    assert_eq!(
        ask(1, 23),
        ("penalty", false, 599),
        "three within ten seconds"
    );
    assert_eq!(ask(2, 23), ("per-client", true, 0), "others are not held");
    assert_eq!(ask(1, 100), ("penalty", false, 522));
    assert_eq!(ask(1, 622), ("per-client", true, 0), "the term is over");
    // Only per-client is a quota of requests.
    let mut headers = http::HeaderMap::new();
    let facts = Facts::of([192, 0, 2, 3].into());
    limiter
        .check(&facts, Mono::from_secs(700))
        .write_headers(&mut headers);
    assert_eq!(headers["ratelimit-policy"], "\"per-client\";q=1;w=60");
}

#[test]
fn rules_of_places_and_penalties_have_no_bursts() {
    for algorithm in [Algorithm::Concurrency, Algorithm::Penalty] {
        for (rate, refused) in [
            (
                "10/1m burst 5",
                "10/1m burst 5 has a burst, which GCRA alone can hold back",
            ),
            (
                "5000000000/1s",
                "a limit of 5000000000 is out of range, use 1 to 4294967295",
            ),
        ] {
            let rule = Rule::new("a", rate.parse().unwrap(), Capacity::MIN).unwrap();
            let built = Limiter::new([rule.algorithm(algorithm)], KeyHasher::with_seed(1));
            assert_eq!(built.unwrap_err().to_string(), refused, "{algorithm}");
        }
    }
}

#[cfg(feature = "serde")]
#[test]
fn a_config_names_places_and_penalties() {
    let text = "name = 'a'\nlimit = '5/1m'\nalgorithm = 'penalty'\nterm = '10m'";
    let config: eaves_ratelimit::RuleConfig = toml::from_str(text).unwrap();
    let written = serde_json::from_str(&serde_json::to_string(&config).unwrap()).unwrap();
    assert_eq!(config, written);
    let capacity = Capacity::new(65_536).unwrap();
    let expected = Rule::new("a", "5/1m".parse().unwrap(), capacity).unwrap();
    let expected = expected
        .algorithm(Algorithm::Penalty)
        .term(Duration::from_secs(600));
    assert_eq!(Rule::try_from(config).unwrap(), expected);
    let rule = Rule::new("a", "10/1s".parse().unwrap(), capacity).unwrap();
    let limiter = Limiter::new(
        [rule.algorithm(Algorithm::Concurrency)],
        KeyHasher::random(),
    );
    let mut headers = http::HeaderMap::new();
    limiter
        .unwrap()
        .check(&Facts::default(), Mono::ZERO)
        .write_headers(&mut headers);
    assert_eq!(
        headers["ratelimit-policy"],
        "\"a\";q=10;qu=\"concurrent-requests\""
    );
}
