//! Whatever rate a config names, a rule of it is refused when it is built, or counts at any time there is.

use std::time::Duration;

use eaves_common::{time::Mono, units::Rate};
#[cfg(feature = "redis")]
use eaves_ratelimit::redis::Distributed;
use eaves_ratelimit::{
    BuildError, Limiter, Rule,
    key::{Facts, KeyHasher},
    meter::Algorithm,
    table::{Capacity, Width},
};
use http::HeaderMap;
use proptest::prelude::*;

/// Numbers of any size, as often small or next to the largest as in between.
fn number() -> impl Strategy<Value = u64> {
    prop_oneof![
        1..100_u64,
        (0..64_u32).prop_map(|bits| 1 << bits),
        (0..10_u64).prop_map(|less| u64::MAX - less),
        1..u64::MAX,
    ]
}

fn period() -> impl Strategy<Value = Duration> {
    prop_oneof![
        number().prop_map(Duration::from_nanos),
        number().prop_map(Duration::from_secs),
        Just(Duration::MAX),
    ]
}

/// A way to count.
#[derive(Clone, Copy, Debug)]
enum Kind {
    By(Algorithm),
    In(Width),
    #[cfg(feature = "redis")]
    Shared(Distributed),
}

fn kind() -> impl Strategy<Value = Kind> {
    let mut kinds: Vec<Kind> = [
        Algorithm::Concurrency,
        Algorithm::Fixed,
        Algorithm::Gcra,
        Algorithm::Log,
        Algorithm::Penalty,
        Algorithm::TwoWindow,
        Algorithm::Window,
    ]
    .map(Kind::By)
    .to_vec();
    kinds.extend([Width::Narrow, Width::Wide].map(Kind::In));
    #[cfg(feature = "redis")]
    kinds.extend([Distributed::Delta, Distributed::Strict].map(Kind::Shared));
    prop::sample::select(kinds)
}

fn limiter(rate: Rate, kind: Kind) -> Result<Limiter, BuildError> {
    let rule = Rule::new("any", rate, Capacity::MIN)?;
    let rule = match kind {
        Kind::By(algorithm) => rule.algorithm(algorithm),
        Kind::In(width) => rule.width(width),
        #[cfg(feature = "redis")]
        Kind::Shared(distributed) => rule.distributed(distributed),
    };
    #[cfg(feature = "redis")]
    let hasher = KeyHasher::shared(1);
    #[cfg(not(feature = "redis"))]
    let hasher = KeyHasher::with_seed(1);
    Limiter::new([rule], hasher)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_rule_of_any_rate_is_refused_or_counts(
        (count, burst, period, kind) in (number(), number(), period(), kind()),
        has_burst in any::<bool>(),
        steps in prop::collection::vec((0..4_u8, number(), number()), 1..12),
    ) {
        let rate = Rate::per(count, period).unwrap();
        let rate = if has_burst { rate.with_burst(burst).unwrap() } else { rate };
        let Ok(limiter) = limiter(rate, kind) else {
            return Ok(());
        };
        let facts = Facts::default();
        for (step, units, now) in steps {
            let now = Mono::from_nanos(now);
            match step {
                0 => limiter.charge(&facts, units, now),
                1 => limiter.refund(&facts, units, now),
                _ => {
                    let before = limiter.peek(&facts, units, now);
                    let (allows, left) = (before.is_allowed(), before.remaining().unwrap_or(u64::MAX));
                    let decision = limiter.check_cost(&facts, units, now);
                    prop_assert_eq!(decision.is_allowed(), allows, "as the peek said");
                    prop_assert!(!allows || units <= left, "{} of {}", units, left);
                    let mut headers = HeaderMap::new();
                    decision.write_headers(&mut headers);
                    let policy = headers.get("ratelimit-policy").map(|policy| policy.to_str().unwrap());
                    let tells = policy.is_none_or(|policy| policy.starts_with("\"any\";q="));
                    prop_assert!(tells, "{:?}", policy); // penalties have none
                }
            }
            let (_, occupancy) = limiter.occupancy(now).next().unwrap();
            prop_assert!(occupancy.owing <= 1, "{:?}", occupancy);
        }
    }
}

#[test]
fn the_policy_of_the_largest_rates_is_as_much_as_a_field_can_say() {
    for (rate, policy) in [
        (
            "18446744073709551615/213503d burst 1",
            "\"any\";q=999999999999999;w=18446659200",
        ),
        ("1/106751d burst 8", "\"any\";q=8;w=73786291200"),
    ] {
        let limiter = limiter(rate.parse().unwrap(), Kind::In(Width::Wide)).unwrap();
        let mut headers = HeaderMap::new();
        limiter
            .check(&Facts::default(), Mono::ZERO)
            .write_headers(&mut headers);
        assert_eq!(headers["ratelimit-policy"], policy);
    }
}

#[test]
fn a_rate_that_nothing_can_hold_is_refused_and_no_panic() {
    let rate = || "18446744073709551615/200000000d".parse::<Rate>().unwrap();
    for algorithm in [Algorithm::Gcra, Algorithm::Fixed, Algorithm::Log] {
        assert!(limiter(rate(), Kind::By(algorithm)).is_err(), "{algorithm}");
    }
}

#[cfg(feature = "redis")]
#[test]
fn a_shared_rule_that_fractions_cannot_hold_is_refused() {
    for text in ["1/1ns burst 9007199254740993", "2/1ns burst 1"] {
        let rate: Rate = text.parse().unwrap();
        for kind in [Distributed::Delta, Distributed::Strict].map(Kind::Shared) {
            assert_eq!(limiter(rate, kind).unwrap_err(), BuildError::Rate { rate });
        }
    }
    let rule = |rate: &str| {
        let rule = Rule::new("any", rate.parse().unwrap(), Capacity::MIN).unwrap();
        rule.distributed(Distributed::Delta)
    };
    let limiter = Limiter::new([rule("1/1ns")], KeyHasher::shared(1)).unwrap();
    assert!(limiter.reload([rule("2/1ns")], Mono::ZERO).is_err());
}
