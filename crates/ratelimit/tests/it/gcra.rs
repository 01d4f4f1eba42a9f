//! GCRA: exactness, extremes, clocks that misbehave, and who is evicted.

use std::time::Duration;

use eaves_common::{
    time::{Clock, ManualClock, Mono},
    units::Rate,
};
use eaves_ratelimit::{
    BuildError,
    key::{KeyHash, KeyHasher},
    meter::{Gcra, Verdict},
    table::{Capacity, Width},
};
use proptest::prelude::*;

const KEY: KeyHash = KeyHash::new(0x1234_5678_9abc_def0);

fn rate(text: &str) -> Rate {
    text.parse().unwrap()
}

/// How many single units are allowed at this instant.
fn allowed_at(gcra: &Gcra, now: Mono, tries: usize) -> usize {
    (0..tries)
        .filter(|_| gcra.check(KEY, 1, now).is_allowed())
        .count()
}

#[test]
fn a_burst_is_given_at_once_and_then_the_rate() {
    let gcra = crate::gcra("10/1s burst 3");
    assert_eq!(allowed_at(&gcra, Mono::ZERO, 10), 3);
    let mut now = Mono::ZERO;
    for _ in 0..50 {
        now += Duration::from_millis(99);
        assert_eq!(allowed_at(&gcra, now, 1), 0);
        now += Duration::from_millis(1);
        assert_eq!(allowed_at(&gcra, now, 5), 1);
    }
}

#[test]
fn a_million_a_burst_at_one_a_day_is_exact() {
    for width in [Width::Narrow, Width::Wide] {
        let rate = rate("1/1d burst 1000000");
        let gcra = Gcra::with_width(rate, Capacity::MIN, width).unwrap();
        assert_eq!(
            allowed_at(&gcra, Mono::ZERO, 1_000_100),
            1_000_000,
            "{width:?}"
        );
        let day = Mono::from_secs(86_400);
        assert_eq!(
            allowed_at(&gcra, day - Duration::from_secs(2), 5),
            0,
            "{width:?}"
        );
        assert_eq!(allowed_at(&gcra, day, 5), 1, "{width:?}");
    }
}

#[test]
fn six_hundred_million_a_second_are_counted_exactly() {
    let gcra = Gcra::new(rate("600000000/1s burst 1000"), Capacity::MIN).unwrap();
    assert_eq!(gcra.width(), Width::Wide);
    let (mut now, mut given) = (Mono::ZERO, 0);
    for _ in 0..10_000 {
        now += Duration::from_nanos(1_000);
        given += (0..700)
            .filter(|_| gcra.check(KEY, 1, now).is_allowed())
            .count();
    }
    // 10 ms at 600 per microsecond, and the burst; the meter starts idle at the first check.
    assert!(
        (5_999_400 + 1_000 - 1..=6_000_000 + 1_000).contains(&given),
        "{given}"
    );
}

#[test]
fn a_rate_that_does_not_divide_its_period_is_exact_in_the_long_run() {
    let gcra = crate::gcra("7/1s burst 1");
    let mut given = 0;
    for ms in 0..100_000 {
        given += allowed_at(&gcra, Mono::from_nanos(ms * 1_000_000), 1);
    }
    // Polled every millisecond each wait of 142.857 ms is rounded up to 143.
    assert_eq!(given, 100_000_usize.div_ceil(143));
    let gcra = crate::gcra("7/1s burst 2");
    let given: usize = (0..100_000)
        .map(|ms| allowed_at(&gcra, Mono::from_nanos(ms * 1_000_000), 1))
        .sum();
    assert_eq!(given, 700 + 1); // with a spare unit nothing is lost to polling
}

#[test]
fn rates_that_cannot_be_held_are_refused_when_built() {
    for (text, width) in [
        ("20000000000/1s", None),
        ("1000000/1s", Some(Width::Narrow)),
        ("1/1s burst 18446744073709551615", None),
    ] {
        let refused = match width {
            None => Gcra::new(rate(text), Capacity::MIN),
            Some(width) => Gcra::with_width(rate(text), Capacity::MIN, width),
        };
        assert_eq!(
            refused.unwrap_err(),
            BuildError::Rate { rate: rate(text) },
            "{text}"
        );
    }
    let narrow = |text| Gcra::new(rate(text), Capacity::MIN).unwrap().width() == Width::Narrow;
    assert!(narrow("150000/1s") && !narrow("160000/1s"));
}

#[test]
fn a_cost_above_the_burst_never_fits_and_writes_nothing() {
    let gcra = crate::gcra("1/1s burst 5");
    let reading = gcra.check(KEY, 6, Mono::ZERO);
    assert_eq!(
        (reading.verdict(), reading.retry_after()),
        (Verdict::Impossible, None)
    );
    assert_eq!(
        gcra.check(KEY, u64::MAX, Mono::ZERO).verdict(),
        Verdict::Impossible
    );
    assert_eq!(gcra.occupancy(Mono::ZERO).owing, 0);
    assert_eq!(gcra.check(KEY, 5, Mono::ZERO).verdict(), Verdict::Allowed);
}

#[test]
fn what_a_request_cost_is_charged_later_and_paid_off() {
    let gcra = crate::gcra("1/1s burst 5");
    let reading = gcra.charge(KEY, 8, Mono::ZERO);
    assert_eq!(
        (reading.remaining(), reading.reset_after()),
        (0, Duration::from_secs(8))
    );
    let denied = gcra.check(KEY, 1, Mono::ZERO);
    assert_eq!(denied.retry_after(), Some(Duration::from_secs(4)));
    assert!(gcra.check(KEY, 1, Mono::from_secs(4)).is_allowed());
    // No debt grows over twice the burst, whatever is charged.
    let reading = gcra.charge(KEY, u64::MAX, Mono::from_secs(4));
    assert_eq!(reading.reset_after(), Duration::from_secs(10));
}

#[test]
fn a_refund_gives_back_what_was_taken_and_no_more() {
    let gcra = crate::gcra("1/1s burst 5");
    let _ = gcra.check(KEY, 4, Mono::ZERO);
    gcra.refund(KEY, 3, Mono::ZERO);
    assert_eq!(gcra.peek(KEY, 0, Mono::ZERO).remaining(), 4);
    gcra.refund(KEY, 100, Mono::ZERO);
    assert_eq!(gcra.peek(KEY, 0, Mono::ZERO).remaining(), 5);
    gcra.refund(KeyHash::new(99), 1, Mono::ZERO);
    assert_eq!(gcra.occupancy(Mono::ZERO).owing, 0);
}

#[test]
fn a_refund_to_a_key_whose_clock_went_back_is_given_of_what_it_can_owe() {
    for width in [Width::Narrow, Width::Wide] {
        let gcra = Gcra::with_width(rate("1/1s burst 10"), Capacity::MIN, width).unwrap();
        assert!(
            gcra.check(KEY, 10, Mono::from_nanos(10_500_000_000))
                .is_allowed()
        );
        // 20.5 s ahead of this clock, where a key can owe 20.
        gcra.refund(KEY, 15, Mono::ZERO);
        assert_eq!(gcra.peek(KEY, 0, Mono::ZERO).remaining(), 5, "{width:?}");
    }
}

#[test]
fn a_debt_is_carried_to_the_same_rate_without_loss() {
    let now = Mono::from_secs(1_000);
    for width in [Width::Narrow, Width::Wide] {
        let old = Gcra::with_width(rate("7/1h burst 50"), Capacity::MIN, width).unwrap();
        assert!(old.check(KEY, 13, now).is_allowed());
        let new = old.with_rate(rate("7/1h burst 50"), now).unwrap();
        let owed = |gcra: &Gcra| gcra.peek(KEY, 0, now).reset_after();
        assert_eq!(owed(&new), owed(&old), "{width:?}");
    }
}

#[test]
fn a_peek_counts_nothing() {
    let gcra = crate::gcra("1/1s burst 2");
    for _ in 0..5 {
        assert!(gcra.peek(KEY, 2, Mono::ZERO).is_allowed());
    }
    assert_eq!(gcra.occupancy(Mono::ZERO).owing, 0);
}

#[test]
fn an_idle_key_is_never_mistaken_for_a_debtor_when_ticks_come_round() {
    let gcra = crate::gcra("10/1s burst 2"); // ticks of a microsecond: 40 bits are 12.7 days
    assert_eq!(gcra.width(), Width::Narrow);
    let lap = 1_u64 << 40;
    assert_eq!(allowed_at(&gcra, Mono::ZERO, 5), 2);
    for laps in 1..300 {
        for offset in [0_u64, 1, 150_000] {
            let now = Mono::from_nanos((laps * lap + offset) * 1_000);
            assert_eq!(
                gcra.peek(KEY, 0, now).remaining(),
                2,
                "lap {laps} + {offset}"
            );
        }
    }
}

#[test]
fn a_debt_lives_across_the_seam_of_the_ticks() {
    let gcra = crate::gcra("10/1s burst 2");
    let seam = Mono::from_nanos((1 << 40) * 1_000);
    let before = seam - Duration::from_millis(50);
    assert_eq!(allowed_at(&gcra, before, 5), 2);
    assert_eq!(allowed_at(&gcra, seam, 5), 0);
    assert_eq!(allowed_at(&gcra, seam + Duration::from_millis(50), 5), 1);
}

#[test]
fn a_clock_that_jumps_back_neither_panics_nor_locks_anybody_out() {
    for width in [Width::Narrow, Width::Wide] {
        let gcra = Gcra::with_width(rate("1/1s burst 2"), Capacity::MIN, width).unwrap();
        let now = Mono::from_secs(1_000_000);
        assert_eq!(allowed_at(&gcra, now, 5), 2);
        // Half a second, as between two threads: the debt stands.
        assert_eq!(
            allowed_at(&gcra, now - Duration::from_millis(500), 5),
            0,
            "{width:?}"
        );
        // A day: such a debt cannot be, and is forgotten.
        assert_eq!(
            allowed_at(&gcra, now - Duration::from_secs(86_400), 5),
            2,
            "{width:?}"
        );
        assert_eq!(allowed_at(&gcra, Mono::MAX, 5), 2, "{width:?}");
        assert!(allowed_at(&gcra, Mono::ZERO, 5) <= 2, "{width:?}");
    }
}

#[test]
fn a_full_bucket_forgets_the_key_that_owes_least() {
    for (width, cells) in [(Width::Narrow, 8), (Width::Wide, 4)] {
        // One bucket only; keys owe 1, 2, 3, ... units.
        let capacity = Capacity::new(8).unwrap();
        let gcra = Gcra::with_width(rate("1/1s burst 100"), capacity, width).unwrap();
        let key = |n: u64| KeyHash::new((n % 2) << 63 | n); // lower bits differ
        let keys: Vec<_> = (1..=cells).map(|n| (KeyHash::new(n), n)).collect();
        for (key, owed) in &keys {
            assert!(gcra.check(*key, *owed, Mono::ZERO).is_allowed());
        }
        assert!(gcra.check(key(2 * cells), 1, Mono::ZERO).is_allowed());
        let left = |n: u64| gcra.peek(KeyHash::new(n), 0, Mono::ZERO).remaining();
        assert_eq!(left(1), 100, "{width:?}: the least debt is gone");
        for (_, owed) in &keys[1..] {
            assert_eq!(left(*owed), 100 - owed, "{width:?}");
        }
        assert_eq!(gcra.occupancy(Mono::ZERO).evicted, 1);
    }
}

#[test]
fn keys_that_share_a_fingerprint_share_a_budget_in_narrow_cells_only() {
    let (one, other) = (KeyHash::new(0xabcd), KeyHash::new(0xabcd + (1 << 24)));
    for (width, expected) in [(Width::Narrow, 0), (Width::Wide, 1)] {
        let gcra = Gcra::with_width(rate("1/1s"), Capacity::MIN, width).unwrap();
        assert!(gcra.check(one, 1, Mono::ZERO).is_allowed());
        assert_eq!(
            gcra.peek(other, 0, Mono::ZERO).remaining(),
            expected,
            "{width:?}"
        );
    }
}

#[test]
fn collisions_are_as_rare_as_stated() {
    // 2^17 buckets of 8: every lookup of a stranger meets 8 of 2^24 fingerprints.
    let gcra = Gcra::new(rate("1/1h"), Capacity::new(1 << 14).unwrap()).unwrap();
    let hasher = KeyHasher::with_seed(7);
    for key in 0..60_000_u64 {
        let _ = gcra.check(hasher.hash(&key), 1, Mono::ZERO);
    }
    let strangers = 1_000_000_u64..1_400_000;
    let mistaken = strangers
        .filter(|key| !gcra.peek(hasher.hash(key), 1, Mono::ZERO).is_allowed())
        .count();
    assert!(
        mistaken <= 4,
        "{mistaken} of 400,000, where 0.2 are expected"
    );
}

#[test]
fn keys_made_for_one_bucket_scatter_under_another_secret() {
    // Who knows the secret can fill one bucket; the same keys are harmless under any other.
    let known = KeyHasher::with_seed(1);
    let aimed = |hasher: &KeyHasher, key: u64| hasher.hash(&key).as_u64() >> 57 == 0;
    let keys: Vec<u64> = (0..200_000)
        .filter(|key| aimed(&known, *key))
        .take(1_000)
        .collect();
    assert_eq!(keys.len(), 1_000);
    for seed in [2, 3, 0xffff_ffff_ffff_ffff_ffff] {
        let secret = KeyHasher::with_seed(seed);
        let hits = keys.iter().filter(|key| aimed(&secret, **key)).count();
        assert!(hits < 30, "{hits} of 1,000 where 1,000 / 128 are expected");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The reference is GCRA in exact fractions: times are multiplied by the rate's count.
    #[test]
    fn decisions_and_waits_are_those_of_exact_fractions(
        count in 1_u64..2_000,
        period_ms in 1_u64..100_000,
        burst in 1_u64..50,
        steps in proptest::collection::vec((0_u64..500, 1_u64..4), 1..80),
    ) {
        let rate = Rate::per(count, Duration::from_millis(period_ms)).unwrap().with_burst(burst).unwrap();
        prop_assume!(period_ms * 1_000_000 / count > 100_000);
        let gcra = Gcra::with_width(rate, Capacity::MIN, Width::Wide).unwrap();
        let (count, interval) = (u128::from(count), u128::from(period_ms));
        let (mut ms, mut tat) = (0_u128, 0_u128); // tat in milliseconds / count
        for (pause, cost) in steps {
            ms += u128::from(pause);
            let now = Mono::from_nanos(ms as u64 * 1_000_000);
            let due = tat.max(ms * count) + u128::from(cost) * interval;
            let limit = ms * count + u128::from(burst) * interval;
            let reading = gcra.check(KEY, cost, now);
            if due <= limit {
                prop_assert!(reading.is_allowed());
                tat = due;
            } else if cost <= burst {
                let wait = reading.retry_after().unwrap();
                prop_assert_eq!(wait.as_nanos().div_ceil(1_000_000), (due - limit).div_ceil(count));
            } else {
                prop_assert_eq!(reading.verdict(), Verdict::Impossible);
            }
        }
    }

    #[test]
    fn a_check_by_a_clock_is_one_at_its_time(
        steps in proptest::collection::vec((0_u64..300_000_000, 0_u64..20, 0_u64..4), 1..100),
        wide in any::<bool>(),
    ) {
        let width = if wide { Width::Wide } else { Width::Narrow };
        let meter = || Gcra::with_width(rate("10/1s burst 5"), Capacity::MIN, width).unwrap();
        let (by_clock, told) = (meter(), meter());
        let (clock, hasher) = (ManualClock::default(), KeyHasher::with_seed(4));
        for (pause, key, cost) in steps {
            clock.advance(Duration::from_nanos(pause));
            let key = hasher.hash(&key);
            let (ours, expected) = (by_clock.check_by(key, cost, &clock), told.check(key, cost, clock.mono()));
            prop_assert_eq!(ours, expected);
        }
    }

    #[test]
    fn a_batch_is_decided_as_one_after_another(
        batches in proptest::collection::vec(proptest::collection::vec(0_u64..40, 0..60), 1..8),
        cost in 0_u64..4,
    ) {
        // Sixteen cells: keys share buckets and evict one another.
        let meter = || Gcra::new(rate("10/1s burst 5"), Capacity::new(16).unwrap()).unwrap();
        let (batched, single) = (meter(), meter());
        let hasher = KeyHasher::with_seed(3);
        for (at, batch) in batches.iter().enumerate() {
            let now = Mono::from_nanos(at as u64 * 70_000_000);
            let keys: Vec<_> = batch.iter().map(|key| hasher.hash(key)).collect();
            let mut answers = Vec::new();
            batched.check_batch(&keys, cost, now, |key, reading| {
                answers.push((key, reading.verdict(), reading.remaining()));
            });
            let expected = keys.iter().map(|key| {
                let reading = single.check(*key, cost, now);
                (*key, reading.verdict(), reading.remaining())
            });
            prop_assert_eq!(answers, expected.collect::<Vec<_>>());
        }
    }

    #[test]
    fn who_waits_as_told_is_allowed(
        count in 1_u64..10_000,
        period_ns in 1_000_000_u64..10_000_000_000,
        burst in 1_u64..50,
        steps in proptest::collection::vec(0_u64..1_000_000_000, 1..50),
    ) {
        let rate = Rate::per(count, Duration::from_nanos(period_ns)).unwrap().with_burst(burst).unwrap();
        let gcra = Gcra::new(rate, Capacity::MIN).unwrap();
        let mut now = Mono::ZERO;
        for pause in steps {
            now += Duration::from_nanos(pause);
            let reading = gcra.check(KEY, 1, now);
            if let Some(wait) = reading.retry_after() {
                prop_assert!(!wait.is_zero());
                now += wait;
                prop_assert!(gcra.check(KEY, 1, now).is_allowed());
            }
        }
    }
}
