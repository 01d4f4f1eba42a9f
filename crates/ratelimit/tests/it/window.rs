//! Windows, the log and the penalty box, against an exact log kept by the test, on the loads that
//! tell them apart.
#![allow(clippy::print_stdout, reason = "a table for `--nocapture`")]

use std::{collections::VecDeque, num::NonZeroU32, time::Duration};

use eaves_common::{time::Mono, units::Rate};
use eaves_ratelimit::{
    key::KeyHash,
    meter::{
        Concurrency, FixedState, FixedWindow, Keyed, Log, Meter, MeterError, Outcome, PenaltyBox,
        PenaltyState, SlidingState, SlidingWindow, TwoWindow, Verdict,
    },
    table::Capacity,
};
use proptest::prelude::*;

const LIMIT: u64 = 100;
const SECOND: u64 = 1_000_000_000;

fn rate() -> Rate {
    Rate::per(LIMIT, Duration::from_secs(1)).unwrap()
}

#[test]
fn sub_buckets_keep_every_true_window_within_eight_percent() {
    println!("load            meter          accepted   worst window");
    for load in [
        Load::Poisson(1.2),
        Load::Poisson(3.0),
        Load::OnOff,
        Load::Edge,
    ] {
        let sliding = Score::of("sub-buckets", &SlidingWindow::new(rate()).unwrap(), load);
        let two = Score::of("two windows", &TwoWindow::new(rate()).unwrap(), load);
        let fixed = Score::of("fixed", &FixedWindow::new(rate()).unwrap(), load);
        let log = Score::of("log", &Log::new(rate()).unwrap(), load);
        assert!(sliding.worst <= 1.08, "{load:?} {sliding:?}");
        assert!(
            (sliding.accepted - 1.0).abs() < 0.02,
            "{load:?} {sliding:?}"
        );
        let strict = Score::of("strict", &SlidingWindow::strict(rate()).unwrap(), load);
        assert!(
            strict.worst <= 1.0 && strict.accepted > 0.9,
            "{load:?} {strict:?}"
        );
        assert!(
            two.worst <= 1.5 && fixed.worst <= 2.0,
            "{load:?} {two:?} {fixed:?}"
        );
        assert!(log.worst <= 1.0 && log.accepted == 1.0, "{load:?} {log:?}");
    }
}

/// 60 clients at 0.2 to 10 times their limit, all of whose requests count: how often "over the
/// limit" is said and not true, or true and not said.
#[test]
fn few_verdicts_of_sub_buckets_are_wrong() {
    fn wrong<M: Meter<Time = Mono>>(name: &str, meter: &M) -> (f64, f64) {
        let (mut allowed, mut denied, mut all) = (0, 0, 0);
        for client in 0..60 {
            let (mut state, mut exact) = (meter.fresh(), Window::default());
            for time in Load::Poisson(0.2 * 50_f64.powf(f64::from(client) / 59.0)).times(40) {
                let now = Mono::from_nanos(time);
                let (said, is) = (
                    meter.used(&state, now) >= LIMIT,
                    exact.len_at(time) >= LIMIT,
                );
                all += 1;
                denied += u64::from(said && !is);
                allowed += u64::from(is && !said);
                meter.charge(&mut state, 1, now);
                exact.0.push_back(time);
            }
        }
        let share = |count: u64| count as f64 / all as f64;
        println!(
            "{name:<14} wrongly allowed {:.4} denied {:.4}",
            share(allowed),
            share(denied)
        );
        (share(allowed), share(denied))
    }
    let sliding = wrong("sub-buckets", &SlidingWindow::new(rate()).unwrap());
    let two = wrong("two windows", &TwoWindow::new(rate()).unwrap());
    assert!(sliding.0 < 0.002 && sliding.1 < 0.002, "{sliding:?}");
    assert!(two.0 < 0.01 && two.1 < 0.01, "{two:?}");
}

/// All at the end of a step, and again while that step leaves the window.
#[test]
fn who_aims_at_the_steps_gains_nothing_from_a_strict_window() {
    fn worst<M: Meter<Time = Mono>>(meter: &M) -> u64 {
        let (mut state, mut window, mut worst) = (meter.fresh(), Window::default(), 0);
        for millis in (99..100).chain(1_000..1_099) {
            let time = millis * SECOND / 1_000;
            while meter
                .check(&mut state, 1, Mono::from_nanos(time))
                .is_allowed()
            {
                window.0.push_back(time);
            }
            worst = worst.max(window.len_at(time));
        }
        worst
    }
    assert_eq!(worst(&SlidingWindow::new(rate()).unwrap()), LIMIT + 98);
    assert_eq!(worst(&SlidingWindow::strict(rate()).unwrap()), LIMIT);
    assert_eq!(worst(&Log::new(rate()).unwrap()), LIMIT);
}

#[test]
fn states_are_as_small_as_documented() {
    assert_eq!(size_of::<SlidingState<11>>(), 56);
    assert_eq!(size_of::<SlidingState<2>>(), 16);
    assert_eq!(size_of::<FixedState>(), 16);
    assert_eq!(size_of::<PenaltyState>(), 16);
    assert_eq!(size_of_val(&Log::new(rate()).unwrap().fresh()), 24);
}

#[test]
fn no_meter_allocates_once_a_key_is_known() {
    fn allocations<M: Meter<Time = Mono>>(meter: &M) -> u64 {
        let mut state = meter.fresh();
        let measured = allocation_counter::measure(|| {
            for millis in 0..1_000 {
                let now = Mono::from_nanos(millis * 1_000_000);
                let _ = meter.check(&mut state, millis % 5, now);
                meter.refund(&mut state, 1, now);
            }
        });
        measured.count_total
    }
    assert_eq!(allocations(&SlidingWindow::new(rate()).unwrap()), 0);
    assert_eq!(allocations(&TwoWindow::new(rate()).unwrap()), 0);
    assert_eq!(allocations(&FixedWindow::new(rate()).unwrap()), 0);
    assert_eq!(allocations(&Log::new(rate()).unwrap()), 0);
}

#[test]
fn rates_that_cannot_be_counted_are_refused() {
    let of = |text: &str| SlidingWindow::new(text.parse().unwrap()).map(|_| ());
    assert!(matches!(of("10/1s burst 5"), Err(MeterError::Burst { .. })));
    assert!(matches!(of("4294967296/1s"), Err(MeterError::Limit { .. })));
    assert!(matches!(of("1/999ns"), Err(MeterError::Period { .. })));
    assert!(matches!(of("1/200000d"), Err(MeterError::Period { .. })));
    assert_eq!(of("4294967295/1us"), Ok(()));
    let log = Log::new("65537/1s".parse().unwrap());
    assert!(matches!(
        log,
        Err(MeterError::Limit {
            limit: 65_537,
            most: 65_536
        })
    ));
}

#[test]
fn a_clock_that_goes_back_stands_still() {
    fn stands_still<M: Meter<Time = Mono>>(meter: &M) {
        let mut state = meter.fresh();
        let noon = Mono::from_secs(1_000);
        assert!(meter.check(&mut state, LIMIT, noon).is_allowed());
        for earlier in [Mono::ZERO, Mono::from_secs(900), noon] {
            let outcome = meter.check(&mut state, 1, earlier);
            let retry_after = outcome.retry_after().unwrap();
            assert!(earlier + retry_after > noon);
            assert!(meter.peek(&state, 1, earlier + retry_after).is_allowed());
        }
    }
    stands_still(&SlidingWindow::new(rate()).unwrap());
    stands_still(&TwoWindow::new(rate()).unwrap());
    stands_still(&FixedWindow::new(rate()).unwrap());
    stands_still(&Log::new(rate()).unwrap());
}

#[test]
fn a_clock_that_goes_back_a_step_counts_the_oldest_bucket_whole() {
    let meter = SlidingWindow::new("20/1s".parse().unwrap()).unwrap();
    let mut state = meter.fresh();
    meter.charge(&mut state, 10, Mono::ZERO);
    let late = Mono::from_nanos(1_050_000_000);
    meter.charge(&mut state, 1, late);
    assert_eq!(meter.used(&state, late), 6, "half of the oldest");
    let back = Mono::from_nanos(950_000_000);
    assert_eq!(meter.used(&state, back), 11);
}

#[test]
fn a_refund_is_given_of_the_youngest_buckets_first() {
    let meter = SlidingWindow::new("20/1s".parse().unwrap()).unwrap();
    let mut state = meter.fresh();
    let later = Mono::from_nanos(300_000_000);
    meter.charge(&mut state, 5, Mono::ZERO);
    meter.charge(&mut state, 5, later);
    meter.refund(&mut state, 8, later);
    assert_eq!(meter.used(&state, later), 2);
    // What is left came first, and leaves the window first.
    assert_eq!(meter.used(&state, Mono::from_nanos(1_100_000_000)), 0);
    meter.refund(&mut state, 100, later);
    assert_eq!(meter.used(&state, later), 0);
}

#[test]
fn the_end_of_time_overflows_nothing() {
    fn holds<M: Meter<Time = Mono>>(meter: &M) {
        let mut state = meter.fresh();
        meter.charge(&mut state, u64::MAX, Mono::MAX);
        assert!(!meter.check(&mut state, 1, Mono::MAX).is_allowed());
        meter.refund(&mut state, u64::MAX, Mono::MAX);
        assert!(meter.check(&mut state, LIMIT, Mono::MAX).is_allowed());
    }
    holds(&SlidingWindow::new(rate()).unwrap());
    holds(&TwoWindow::new(rate()).unwrap());
    holds(&FixedWindow::new(rate()).unwrap());
    holds(&Log::new(rate()).unwrap());
}

#[test]
fn a_sentence_is_served_once_and_not_prolonged() {
    let penalty = PenaltyBox::new(2, Duration::from_secs(10), Duration::from_secs(60));
    let mut client = PenaltyState::default();
    let at = |client: &mut PenaltyState, second| {
        let left = penalty.denied(client, Mono::from_secs(second));
        left.map(|left| left.as_secs())
    };
    assert_eq!(at(&mut client, 0), None);
    assert_eq!(at(&mut client, 10), None); // too late to count with the first
    assert_eq!(at(&mut client, 19), Some(60));
    assert_eq!(at(&mut client, 70), Some(9));
    assert_eq!(at(&mut client, 79), None); // out again, and this is a first denial
    assert_eq!(at(&mut client, 80), Some(60));
    assert_eq!(at(&mut client, 1), Some(60)); // the clock went back
    penalty.pardon(&mut client);
    assert_eq!(at(&mut client, 81), None);
}

#[test]
fn a_table_keeps_the_sentences_of_many_keys() {
    let penalty = PenaltyBox::new(2, Duration::from_secs(10), Duration::from_secs(60));
    let boxes = Keyed::new(penalty, Capacity::new(64).unwrap());
    let (one, other) = (KeyHash::new(1), KeyHash::new(1 << 40));
    let now = Mono::from_secs(5);
    for _ in 0..2 {
        assert!(boxes.peek(one, 1, now).is_allowed());
        boxes.charge(one, 1, now);
    }
    let sentence = boxes.peek(one, 1, Mono::from_secs(35)).retry_after();
    assert_eq!(sentence, Some(Duration::from_secs(30)));
    assert!(boxes.peek(other, 1, now).is_allowed());
    assert!(boxes.peek(one, 1, Mono::from_secs(65)).is_allowed());
    boxes.charge(other, 9, now);
    assert!(!boxes.peek(other, 1, now).is_allowed());
    boxes.refund(other, 1, now);
    assert!(boxes.peek(other, 1, now).is_allowed());
}

#[test]
fn a_table_keeps_what_is_under_way_for_many_keys() {
    let two = Concurrency::new(NonZeroU32::new(2).unwrap());
    let table = Keyed::new(two, Capacity::new(64).unwrap());
    let (one, other, now) = (KeyHash::new(1), KeyHash::new(1 << 40), Mono::ZERO);
    assert_eq!(table.check(one, 1, now).remaining(), 1);
    assert!(table.check(one, 1, now).is_allowed());
    let denied = table.check(one, 1, now);
    assert_eq!(denied.retry_after(), Some(Concurrency::RETRY_AFTER));
    assert!(table.check(other, 2, now).is_allowed());
    table.refund(one, 1, now);
    assert!(table.check(one, 1, now).is_allowed());
    assert_eq!(table.check(one, 3, now).verdict(), Verdict::Impossible);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// The log decides like a list of all that was ever accepted.
    #[test]
    fn the_log_is_exact(steps in steps()) {
        let meter = Log::new("7/1us".parse().unwrap()).unwrap();
        let mut state = meter.fresh();
        let mut accepted: Vec<u64> = Vec::new();
        let mut now = 0;
        for (pause, cost) in steps {
            now += pause;
            let used = accepted.iter().filter(|time| **time + 1_000 > now).count() as u64;
            prop_assert_eq!(meter.used(&state, Mono::from_nanos(now)), used);
            let outcome = meter.check(&mut state, cost, Mono::from_nanos(now));
            prop_assert_eq!(outcome.is_allowed(), used + cost <= 7);
            prop_assert_eq!(outcome == Outcome::Impossible, cost > 7);
            if outcome.is_allowed() {
                accepted.extend((0..cost).map(|_| now));
            }
        }
    }

    /// No period has more than the limit, whatever comes when.
    #[test]
    fn a_strict_window_never_admits_more(steps in steps()) {
        let meter = SlidingWindow::strict("7/1us".parse().unwrap()).unwrap();
        let mut state = meter.fresh();
        let (mut accepted, mut now) = (Vec::new(), 0);
        for (pause, cost) in steps {
            now += pause;
            if meter.check(&mut state, cost, Mono::from_nanos(now)).is_allowed() {
                accepted.extend((0..cost).map(|_| now));
            }
            let window = accepted.iter().filter(|time| **time + 1_000 > now);
            prop_assert!(window.count() <= 7);
        }
    }

    /// What is denied fits after `retry_after`, and not a nanosecond before.
    #[test]
    fn retry_after_is_exact(steps in steps()) {
        let rate: Rate = "7/1us".parse().unwrap();
        retry_after_holds(&SlidingWindow::new(rate).unwrap(), &steps)?;
        retry_after_holds(&SlidingWindow::strict(rate).unwrap(), &steps)?;
        retry_after_holds(&TwoWindow::new(rate).unwrap(), &steps)?;
        retry_after_holds(&FixedWindow::new(rate).unwrap(), &steps)?;
        retry_after_holds(&Log::new(rate).unwrap(), &steps)?;
    }

    /// What is charged and given back leaves as much as before.
    #[test]
    fn a_refund_undoes_a_check(steps in steps()) {
        let rate: Rate = "7/1us".parse().unwrap();
        refund_holds(&SlidingWindow::new(rate).unwrap(), &steps)?;
        refund_holds(&TwoWindow::new(rate).unwrap(), &steps)?;
        refund_holds(&FixedWindow::new(rate).unwrap(), &steps)?;
        refund_holds(&Log::new(rate).unwrap(), &steps)?;
    }
}

fn steps() -> impl Strategy<Value = Vec<(u64, u64)>> {
    let pause = prop_oneof![Just(0), 0..300_u64, 0..3_000_u64];
    prop::collection::vec((pause, 0..9_u64), 0..60)
}

fn retry_after_holds<M: Meter<Time = Mono>>(
    meter: &M,
    steps: &[(u64, u64)],
) -> Result<(), TestCaseError> {
    let mut state = meter.fresh();
    let mut now = Mono::ZERO;
    for (pause, cost) in steps {
        now += Duration::from_nanos(*pause);
        let Outcome::Denied { retry_after } = meter.check(&mut state, *cost, now) else {
            continue;
        };
        let then = now + retry_after;
        prop_assert!(meter.peek(&state, *cost, then).is_allowed());
        let before = then - Duration::from_nanos(1);
        prop_assert!(!meter.peek(&state, *cost, before).is_allowed());
        let full = now + meter.reset_after(&state, now);
        prop_assert_eq!(meter.remaining(&state, full), meter.limit());
        let more = meter.more_after(&state, now).unwrap();
        prop_assert!(meter.remaining(&state, now + more) > meter.remaining(&state, now));
    }
    Ok(())
}

fn refund_holds<M: Meter<Time = Mono>>(
    meter: &M,
    steps: &[(u64, u64)],
) -> Result<(), TestCaseError> {
    let mut state = meter.fresh();
    let mut now = Mono::ZERO;
    for (nth, (pause, cost)) in steps.iter().enumerate() {
        now += Duration::from_nanos(*pause);
        let before = meter.used(&state, now);
        let is_allowed = meter.check(&mut state, *cost, now).is_allowed();
        prop_assert_eq!(
            meter.used(&state, now),
            before + if is_allowed { *cost } else { 0 }
        );
        if is_allowed && nth % 2 == 0 {
            meter.refund(&mut state, *cost, now);
            prop_assert_eq!(meter.used(&state, now), before);
        }
    }
    Ok(())
}

/// How a meter did on a load, beside an exact log that decided for itself.
#[derive(Debug)]
struct Score {
    /// Accepted in total, as a share of what the exact log accepted.
    accepted: f64,
    /// Most accepted in any window, as a share of the limit.
    worst: f64,
}

impl Score {
    fn of<M: Meter<Time = Mono>>(name: &str, meter: &M, load: Load) -> Self {
        let mut state = meter.fresh();
        let (mut window, mut ideal) = (Window::default(), Window::default());
        let (mut accepted, mut exact, mut worst) = (0_u32, 0_u32, 0);
        for time in load.times(120) {
            if ideal.len_at(time) < LIMIT {
                ideal.0.push_back(time);
                exact += 1;
            }
            if meter
                .check(&mut state, 1, Mono::from_nanos(time))
                .is_allowed()
            {
                worst = worst.max(window.len_at(time) + 1);
                window.0.push_back(time);
                accepted += 1;
            }
        }
        let accepted = f64::from(accepted) / f64::from(exact);
        let worst = worst as f64 / LIMIT as f64;
        let load = format!("{load:?}");
        println!("{load:<15} {name:<14} {accepted:<10.3} {worst:.2}");
        Self { accepted, worst }
    }
}

#[derive(Default)]
struct Window(VecDeque<u64>);

impl Window {
    fn len_at(&mut self, now: u64) -> u64 {
        while self.0.front().is_some_and(|time| time + SECOND <= now) {
            self.0.pop_front();
        }
        self.0.len() as u64
    }
}

#[derive(Clone, Copy, Debug)]
enum Load {
    /// So many times the limit, at random.
    Poisson(f64),
    /// Four times the limit for half a second, then nothing for 0.6 s: it meets every phase.
    OnOff,
    /// The whole limit just before each even second, and again just after it.
    Edge,
}

impl Load {
    fn times(self, seconds: u64) -> Vec<u64> {
        let (end, cycle) = (seconds * SECOND, SECOND / 10 * 11);
        let (mut times, mut now) = (Vec::new(), 10 * SECOND);
        let mut state = 42_u64;
        let mut unit = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            ((state >> 11) + 1) as f64 / (1_u64 << 53) as f64
        };
        while now < end {
            times.push(now);
            now += match self {
                Self::Poisson(load) => {
                    (-unit().ln() / (load * LIMIT as f64) * SECOND as f64) as u64
                }
                Self::OnOff if now % cycle >= SECOND / 2 => cycle - now % cycle,
                Self::OnOff => SECOND / (4 * LIMIT),
                Self::Edge if (times.len() as u64).is_multiple_of(2 * LIMIT) => {
                    2 * SECOND - 200_000 * (2 * LIMIT - 1)
                }
                Self::Edge => 200_000,
            };
        }
        if let Self::Edge = self {
            times.iter_mut().for_each(|time| *time -= 200_000 * LIMIT);
        }
        times
    }
}
