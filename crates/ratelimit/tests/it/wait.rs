//! Waiting for limits and turns, in a runtime whose time is paused.

use std::time::Duration;

use eaves_common::time::{TokioClock, Wall};
use eaves_ratelimit::{
    Limiter, Reason, Rule,
    key::{Facts, KeyHash, KeyHasher},
    shape::{self, Gate, Policy},
    table::Capacity,
    wait::Patience,
};
use tokio::time::{Instant, sleep};

fn limiter(rate: &str) -> Limiter {
    let rule = Rule::new("all", rate.parse().unwrap(), Capacity::MIN).unwrap();
    Limiter::new([rule], KeyHasher::with_seed(1)).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_request_waits_until_it_is_allowed_and_no_longer() {
    let (limiter, clock) = (limiter("10/1s burst 1"), TokioClock::at(Wall::ZERO));
    let patience = Patience::new(Duration::from_secs(1), sleep);
    let began = Instant::now();
    for _ in 0..5 {
        let decision = limiter
            .until_allowed(&Facts::default(), 1, &patience, &clock)
            .await;
        assert!(decision.is_allowed());
    }
    assert_eq!(began.elapsed(), Duration::from_millis(400));
}

#[tokio::test(start_paused = true)]
async fn waiting_in_vain_or_too_long_is_not_begun() {
    let (limiter, clock) = (limiter("1/1m burst 2"), TokioClock::at(Wall::ZERO));
    let patience = Patience::new(Duration::from_secs(59), sleep);
    let began = Instant::now();
    let nobody = Facts::default();
    let ask = |cost| limiter.until_allowed(&nobody, cost, &patience, &clock);
    assert_eq!(ask(3).await.reason(), Reason::Impossible);
    assert!(ask(2).await.is_allowed());
    let denied = ask(1).await;
    assert_eq!(denied.retry_after(), Some(Duration::from_secs(60)));
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn jitter_spreads_those_who_were_denied_together() {
    let patience = Patience::new(Duration::from_secs(60), sleep).jitter(Duration::from_secs(10));
    let clock = TokioClock::at(Wall::ZERO);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..8 {
        let limiter = limiter("1/1s");
        let began = Instant::now();
        for _ in 0..2 {
            let decision = limiter
                .until_allowed(&Facts::default(), 1, &patience, &clock)
                .await;
            assert!(decision.is_allowed());
        }
        let waited = began.elapsed();
        assert!((1_000..=11_001).contains(&waited.as_millis()), "{waited:?}");
        seen.insert(waited);
    }
    assert!(seen.len() >= 7, "{seen:?}");
}

fn gate(rate: &str, capacity: usize) -> Gate<fn(Duration) -> tokio::time::Sleep, TokioClock> {
    let policy = Policy::new(rate.parse().unwrap(), capacity).unwrap();
    let timer: fn(Duration) -> tokio::time::Sleep = sleep;
    Gate::new(policy, timer).clock(TokioClock::at(Wall::ZERO))
}

#[tokio::test(start_paused = true)]
async fn tasks_pass_a_gate_at_its_rate_in_fair_order() {
    let gate = gate("100/1s burst 1", 1_000);
    let began = Instant::now();
    let pass = |key| {
        let pass = gate.pass(KeyHash::new(key), 1);
        tokio::spawn(async move {
            pass.await.unwrap();
            began.elapsed().as_millis()
        })
    };
    let many: Vec<_> = (0..50).map(|_| pass(1)).collect();
    tokio::task::yield_now().await;
    let few = pass(2);
    assert!(few.await.unwrap() <= 30);
    let mut times = Vec::new();
    for task in many {
        times.push(task.await.unwrap());
    }
    assert!((495..=520).contains(times.last().unwrap()), "{times:?}");
    assert_eq!(gate.waiting(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_gate_refuses_with_reasons_and_forgets_those_who_leave() {
    let gate = gate("1/1s", 2);
    let key = KeyHash::new(1);
    assert_eq!(
        gate.pass(key, 2).await.unwrap_err().reason,
        shape::Reason::Impossible
    );
    assert_eq!(gate.pass(key, 1).await, Ok(Duration::ZERO));
    let next = tokio::spawn(gate.pass(key, 1));
    let left = tokio::spawn(gate.pass(key, 1));
    tokio::task::yield_now().await;
    assert_eq!(
        gate.pass(key, 1).await.unwrap_err().reason,
        shape::Reason::Full
    );
    left.abort();
    assert!(left.await.is_err());
    assert_eq!(gate.waiting(), 1);
    assert!(next.await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn the_next_keeps_the_time_when_the_one_before_it_leaves() {
    let gate = gate("1/1s", 10);
    let key = KeyHash::new(1);
    gate.pass(key, 1).await.unwrap();
    let first = tokio::spawn(gate.pass(key, 1));
    let second = tokio::spawn(gate.pass(key, 1));
    tokio::task::yield_now().await;
    first.abort();
    let began = Instant::now();
    assert!(second.await.unwrap().is_ok());
    assert!(began.elapsed() <= Duration::from_millis(1_001));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_task_is_forgotten_at_a_gate_that_threads_share() {
    let policy = Policy::new("100000/1s burst 10".parse().unwrap(), 10_000).unwrap();
    let gate = Gate::new(
        policy.longest(Duration::from_secs(60)),
        sleep as fn(Duration) -> _,
    );
    let tasks: Vec<_> = (0..2_000_u64)
        .map(|n| {
            let pass = gate.pass(KeyHash::new(n % 7), 1);
            tokio::spawn(async move {
                match n % 5 {
                    0 => tokio::time::timeout(Duration::from_millis(n % 9), pass)
                        .await
                        .is_err(),
                    _ => pass.await.is_ok(),
                }
            })
        })
        .collect();
    for (n, task) in tasks.into_iter().enumerate() {
        assert!(task.await.unwrap() || n % 5 == 0);
    }
    assert_eq!(gate.waiting(), 0);
}
