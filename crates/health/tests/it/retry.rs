//! Retries and hedges: budget, quantile, decisions, threads.

use std::time::Duration;

use eaves_common::{Error, ErrorKind, time::Mono, units::Ratio};
use eaves_health::retry::{
    Budget, BudgetConfig, Call, Cause, Decision, Failure, HedgeConfig, Idempotency, Quantile,
    Refusal, Retry, RetryConfig, Worker,
};
use proptest::prelude::*;

const NOW: Mono = Mono::from_secs(100);

fn worker(config: RetryConfig) -> Worker {
    Retry::new(config).unwrap().worker(1)
}

fn hedging(min_samples: u32) -> RetryConfig {
    RetryConfig::default().hedge(HedgeConfig::default().min_samples(min_samples))
}

/// A worker that knows answers of 1 to 100 ms.
fn warm() -> Worker {
    let mut worker = worker(hedging(64));
    for round in 0..960_u64 {
        worker.answered(Duration::from_millis(round % 100 + 1), NOW);
    }
    worker
}

#[test]
fn only_what_may_be_repeated_is_repeated() {
    use Failure::{Answered, Interrupted, Unsent};
    use Idempotency::{Idempotent, NotIdempotent, Unrepeatable};
    let attempt = |because| Decision::Attempt { at: NOW, because };
    for (idempotency, failure, expected) in [
        (Idempotent, Unsent, attempt(Cause::Unsent)),
        (Idempotent, Interrupted, attempt(Cause::Failed)),
        (Idempotent, Answered, attempt(Cause::Failed)),
        (NotIdempotent, Unsent, attempt(Cause::Unsent)),
        (
            NotIdempotent,
            Interrupted,
            Decision::Stop(Refusal::NotIdempotent),
        ),
        (
            NotIdempotent,
            Answered,
            Decision::Stop(Refusal::NotIdempotent),
        ),
        (Unrepeatable, Unsent, Decision::Stop(Refusal::Unrepeatable)),
    ] {
        let mut worker = worker(RetryConfig::default());
        let mut call = worker.start(idempotency, NOW);
        let decision = worker.failed(&mut call, failure, NOW);
        assert_eq!(decision, expected, "{idempotency:?} {failure:?}");
    }
}

#[test]
fn attempts_end_and_so_does_time() {
    let mut worker = worker(RetryConfig::default().retries(2));
    let mut call = worker.start(Idempotency::Idempotent, NOW);
    let first = worker.failed(&mut call, Failure::Answered, NOW);
    assert!(matches!(first, Decision::Attempt { at: NOW, .. }));
    let Decision::Attempt { at, .. } = worker.failed(&mut call, Failure::Answered, NOW) else {
        panic!("two retries are allowed");
    };
    assert!(at < NOW + Duration::from_millis(25), "{at:?}");
    let third = worker.failed(&mut call, Failure::Answered, NOW);
    assert_eq!(third, Decision::Stop(Refusal::AttemptsUsed));
    assert_eq!((call.attempts(), call.in_flight()), (3, 0));

    let mut call = worker.start(Idempotency::Idempotent, NOW).deadline(NOW);
    let late = worker.failed(&mut call, Failure::Unsent, NOW);
    assert_eq!(late, Decision::Stop(Refusal::DeadlineTooClose));
}

#[test]
fn a_hedge_waits_for_the_quantile_and_the_failed_half_for_the_other() {
    let mut worker = warm();
    let mut call = worker.start(Idempotency::Idempotent, NOW);
    let due = worker.hedge_at(&call).unwrap();
    let delay = due - NOW;
    assert!(delay >= Duration::from_millis(95) && delay <= Duration::from_millis(99));

    let early = worker.hedge(&mut call, due - Duration::from_nanos(1));
    assert_eq!(early, Decision::Stop(Refusal::NotDue));
    let because = Cause::Late;
    let sent = Decision::Attempt { at: due, because };
    assert_eq!(worker.hedge(&mut call, due), sent);
    assert_eq!(worker.hedge_at(&call), None);

    let one_failed = worker.failed(&mut call, Failure::Interrupted, due);
    assert_eq!(one_failed, Decision::Wait);
    let both_failed = worker.failed(&mut call, Failure::Interrupted, due);
    assert!(matches!(both_failed, Decision::Attempt { .. }));
}

#[test]
fn what_must_not_happen_twice_is_never_hedged() {
    let mut worker = warm();
    let mut call = worker.start(Idempotency::NotIdempotent, NOW);
    assert_eq!(worker.hedge_at(&call), None);
    let decision = worker.hedge(&mut call, NOW + Duration::from_secs(9));
    assert_eq!(decision, Decision::Stop(Refusal::NotIdempotent));
}

#[test]
fn nothing_is_hedged_before_enough_is_known() {
    let mut worker = worker(hedging(64));
    let call = worker.start(Idempotency::Idempotent, NOW);
    for answers in [63, 1] {
        assert_eq!(worker.hedge_at(&call), None);
        for _ in 0..answers {
            worker.answered(Duration::from_millis(9), NOW);
        }
    }
    assert!(worker.hedge_at(&call).is_some());
}

#[test]
fn a_pool_that_fails_whole_gets_a_fifth_more_and_no_storm() {
    let budget = BudgetConfig::default().min_per_second(0);
    let config = RetryConfig::default().retries(3).budget(budget);
    let retry = Retry::new(config).unwrap();
    let mut workers: Vec<Worker> = (0..4).map(|seed| retry.worker(seed)).collect();
    let (mut requests, mut retries) = (0_u32, 0_u32);
    for millis in 0..30_000_u64 {
        let now = NOW + Duration::from_millis(millis);
        let worker = &mut workers[(millis % 4) as usize];
        let mut call = worker.start(Idempotency::Idempotent, now);
        requests += 1;
        while let Decision::Attempt { .. } = worker.failed(&mut call, Failure::Unsent, now) {
            retries += 1;
        }
    }
    assert!(retries <= requests / 5, "{retries} of {requests}");
    assert!(retries >= requests / 6, "{retries} of {requests}");
    assert!(retry.balance(NOW + Duration::from_secs(30)).refused > 20_000);
}

#[test]
fn a_dropped_worker_hands_on_what_it_counted() {
    let retry = Retry::new(RetryConfig::default()).unwrap();
    let mut worker = retry.worker(1);
    for _ in 0..40 {
        let _: Call = worker.start(Idempotency::Idempotent, NOW);
    }
    assert_eq!(retry.balance(NOW).requests, 32);
    drop(worker);
    assert_eq!(retry.balance(NOW).requests, 40);
}

#[test]
fn threads_share_one_budget() {
    let budget = BudgetConfig::default().min_per_second(0);
    let retry = Retry::new(RetryConfig::default().budget(budget)).unwrap();
    let granted: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|seed| {
                let mut worker = retry.worker(seed);
                scope.spawn(move || {
                    (0..10_000)
                        .filter(|_| {
                            let mut call = worker.start(Idempotency::Idempotent, NOW);
                            let decision = worker.failed(&mut call, Failure::Unsent, NOW);
                            matches!(decision, Decision::Attempt { .. })
                        })
                        .count()
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    });
    assert_eq!(granted, 8_000);
    assert_eq!(retry.balance(NOW).requests, 40_000);
}

#[test]
fn a_request_allocates_nothing() {
    let mut worker = warm();
    let count = allocation_counter::measure(|| {
        for step in 0..1_000_u64 {
            let now = NOW + Duration::from_millis(step);
            let mut call = worker.start(Idempotency::Idempotent, now);
            let _ = worker.hedge_at(&call);
            let _ = worker.failed(&mut call, Failure::Answered, now);
            worker.answered(Duration::from_millis(step % 50), now);
        }
    });
    assert_eq!(count.count_total, 0);
}

#[test]
fn a_bad_configuration_is_refused() {
    let long = Duration::from_secs(9);
    let hedge = HedgeConfig::default();
    for (config, key) in [
        (
            RetryConfig::default().backoff(long, Duration::ZERO),
            "backoff",
        ),
        (
            RetryConfig::default().hedge(hedge.half_life(Duration::ZERO)),
            "hedge.half_life",
        ),
        (
            RetryConfig::default().hedge(hedge.delay(long, Duration::ZERO)),
            "hedge.min_delay",
        ),
    ] {
        let error = Retry::new(config).unwrap_err();
        assert!(error.to_string().starts_with(key), "{error}");
        assert_eq!(Error::from(error).kind(), ErrorKind::Invalid);
    }
}

#[cfg(feature = "serde")]
#[test]
fn a_configuration_is_text_and_unknown_keys_are_refused() {
    let text = r#"{ "retries": 2, "budget": { "share": "10%" }, "hedge": { "quantile": "99%" } }"#;
    let config: RetryConfig = serde_json::from_str(text).unwrap();
    let expected = RetryConfig::default()
        .retries(2)
        .budget(BudgetConfig::default().share(Ratio::from_percent(10)))
        .hedge(HedgeConfig::default().quantile(Ratio::from_percent(99)));
    assert_eq!(config, expected);
    let printed = serde_json::to_string(&config).unwrap();
    assert_eq!(
        serde_json::from_str::<RetryConfig>(&printed).unwrap(),
        config
    );
    assert!(serde_json::from_str::<RetryConfig>(r#"{ "retires": 2 }"#).is_err());
}

#[test]
fn the_types_go_between_threads() {
    fn check<T: Send + Sync>() {}
    check::<(Retry, Worker, Call, Budget, Quantile)>();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_window_never_gives_more_than_it_got(
        steps in prop::collection::vec((0_u64..900, 0_u32..50, 0_u32..30), 1..200),
        percent in 0_u8..=100,
        min_per_second in 0_u32..4,
    ) {
        let share = Ratio::from_percent(percent);
        let config = BudgetConfig::default().share(share).min_per_second(min_per_second);
        let budget = Budget::new(config).unwrap();
        let mut log: Vec<(u64, u64, u64)> = Vec::new();
        let mut millis = 50_000;
        for (pause, requests, wanted) in steps {
            millis += pause;
            let now = Mono::from_nanos(millis * 1_000_000);
            budget.deposit(requests, now);
            let granted = (0..wanted).filter(|_| budget.spend(now)).count() as u64;
            log.push((millis / 1_000, u64::from(requests), granted));
            let window = log.iter().filter(|(second, ..)| second + 10 > millis / 1_000);
            let (requests, retries) =
                window.fold((0, 0), |sum, (_, req, ret)| (sum.0 + req, sum.1 + ret));
            let allowed = share.of(requests) + u64::from(min_per_second) * 10;
            prop_assert!(granted == 0 || retries <= allowed);
            prop_assert!(granted == u64::from(wanted) || retries >= allowed);
        }
    }

    #[test]
    fn the_quantile_is_never_below_and_at_most_a_bucket_above(
        mut micros in prop::collection::vec(0_u64..10_000_000, 1..400),
        percent in 1_u8..=100,
    ) {
        let mut quantile = Quantile::new(Ratio::from_percent(percent), Duration::from_secs(10));
        for value in &micros {
            quantile.record(Duration::from_micros(*value), NOW);
        }
        micros.sort_unstable();
        let rank = (micros.len() * usize::from(percent) / 100).min(micros.len() - 1);
        let exact = Duration::from_micros(micros[rank]);
        let estimate = quantile.value().unwrap();
        prop_assert!(estimate >= exact, "{estimate:?} {exact:?}");
        let slack = Duration::from_micros(1 + micros[rank] / 32);
        prop_assert!(estimate <= exact + slack, "{estimate:?} {exact:?}");
    }
}
