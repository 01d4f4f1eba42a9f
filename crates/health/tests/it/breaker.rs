//! The circuit breaker by itself.

use std::time::Duration;

use eaves_common::time::Mono;
use eaves_health::{
    Failure, Outcome,
    state::{Admission, Breaker, BreakerConfig, BreakerState, Pass},
};
use proptest::prelude::*;

const GOOD: Outcome = Outcome::Success {
    latency: Duration::from_millis(5),
};
const BAD: Outcome = Outcome::Error(Failure::Connect);

fn secs(seconds: u64) -> Mono {
    Mono::from_secs(seconds)
}

fn breaker() -> Breaker {
    Breaker::new(BreakerConfig::default()).unwrap()
}

fn pass(breaker: &mut Breaker, now: Mono) -> Pass {
    match breaker.admit(now) {
        Admission::Pass(pass) => pass,
        Admission::Refuse { retry_after } => panic!("refused for {retry_after:?}"),
    }
}

fn call(breaker: &mut Breaker, outcome: Outcome, now: Mono) {
    let pass = pass(breaker, now);
    breaker.settle(pass, outcome, now);
}

#[test]
fn failures_in_a_row_open_it_and_trials_in_a_row_close_it() {
    let mut breaker = breaker();
    for outcome in [BAD, BAD, BAD, BAD, GOOD, BAD, BAD, BAD, BAD] {
        call(&mut breaker, outcome, secs(1));
    }
    assert_eq!(breaker.state(secs(1)), BreakerState::Closed);
    call(&mut breaker, BAD, secs(1));
    assert_eq!(breaker.state(secs(1)), BreakerState::Open);
    assert!(matches!(breaker.admit(secs(1)), Admission::Refuse { .. }));
    for _ in 0..2 {
        call(&mut breaker, GOOD, secs(3));
        assert_eq!(breaker.state(secs(3)), BreakerState::HalfOpen);
    }
    call(&mut breaker, GOOD, secs(3));
    assert_eq!(breaker.state(secs(3)), BreakerState::Closed);
}

#[test]
fn a_share_of_failures_opens_it() {
    let mut breaker = breaker();
    for round in 0..100 {
        let outcome = if round % 3 == 0 { GOOD } else { BAD };
        if let Admission::Pass(pass) = breaker.admit(secs(1)) {
            breaker.settle(pass, outcome, secs(1));
        }
    }
    assert_eq!(breaker.state(secs(1)), BreakerState::Open);
}

#[test]
fn only_so_many_trials_are_under_way() {
    let mut breaker = breaker();
    (0..5).for_each(|_| call(&mut breaker, BAD, secs(1)));
    let trial = pass(&mut breaker, secs(2));
    assert!(matches!(breaker.admit(secs(2)), Admission::Refuse { .. }));
    // The trial is lost; after its patience another may go.
    assert!(matches!(breaker.admit(secs(13)), Admission::Pass(_)));
    breaker.settle(trial, BAD, secs(13));
    assert_eq!(breaker.state(secs(13)), BreakerState::Open);
}

#[test]
fn a_failed_trial_opens_it_for_twice_as_long() {
    let mut breaker = breaker();
    (0..5).for_each(|_| call(&mut breaker, BAD, secs(1)));
    let mut now = secs(2);
    let mut waits = Vec::new();
    for _ in 0..4 {
        call(&mut breaker, BAD, now);
        let Admission::Refuse { retry_after } = breaker.admit(now) else {
            panic!("it is open");
        };
        waits.push(retry_after.as_secs_f64());
        now += retry_after;
    }
    let doubles = waits
        .windows(2)
        .all(|pair| (1.7..=2.0).contains(&(pair[1] / pair[0])));
    assert!(doubles, "{waits:?}");
}

#[test]
fn what_began_before_it_opened_does_not_count_after() {
    let mut breaker = breaker();
    let late: Vec<Pass> = (0..10).map(|_| pass(&mut breaker, secs(1))).collect();
    (0..5).for_each(|_| call(&mut breaker, BAD, secs(1)));
    for pass in late {
        breaker.settle(pass, GOOD, secs(3));
    }
    assert_eq!(breaker.state(secs(3)), BreakerState::HalfOpen);
}

#[test]
fn a_configuration_out_of_range_is_refused_with_every_key() {
    let config = BreakerConfig {
        failures_in_row: 0,
        failure_share: 0.0,
        samples: f64::NAN,
        open: Duration::ZERO,
        ..BreakerConfig::default()
    };
    let error = Breaker::new(config).unwrap_err();
    let keys: Vec<&str> = error.problems().iter().map(|p| p.path.as_str()).collect();
    assert_eq!(
        keys,
        ["failures_in_row", "failure_share", "samples", "open"]
    );
}

proptest! {
    #[test]
    fn it_never_refuses_for_ever_and_never_opens_without_a_failure(
        steps in prop::collection::vec((any::<bool>(), 0_u64..20_000), 1..200),
    ) {
        let mut breaker = breaker();
        let mut now = Mono::ZERO;
        let mut failed = false;
        for (good, pause) in steps {
            now += Duration::from_millis(pause);
            match breaker.admit(now) {
                Admission::Pass(pass) => {
                    failed |= !good;
                    breaker.settle(pass, if good { GOOD } else { BAD }, now);
                }
                Admission::Refuse { retry_after } => {
                    prop_assert!(failed);
                    prop_assert!(retry_after <= Duration::from_secs(60));
                    let mut later = breaker.clone();
                    prop_assert!(matches!(later.admit(now + retry_after), Admission::Pass(_)));
                }
            }
        }
    }
}
