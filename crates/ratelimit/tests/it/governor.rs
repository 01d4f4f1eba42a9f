//! governor with its fake clock as the oracle.

use std::{num::NonZeroU32, time::Duration};

use ::governor::{
    Quota, RateLimiter,
    clock::FakeRelativeClock,
    middleware::NoOpMiddleware,
    nanos::Nanos,
    state::keyed::{HashMapStateStore, ShrinkableKeyedStateStore},
};
use eaves_common::{time::Mono, units::Rate};
use eaves_ratelimit::{
    governor::{BoundedStore, quota},
    key::{KeyHash, KeyHasher},
    meter::Gcra,
    table::{Capacity, Width},
};
use proptest::prelude::*;

type Limiter<S> = RateLimiter<u32, S, FakeRelativeClock, NoOpMiddleware<Nanos>>;

const KEY: KeyHash = KeyHash::new(1);

fn steps() -> impl Strategy<Value = Vec<(u64, u32)>> {
    proptest::collection::vec((0_u64..3_000, 1_u32..5), 1..100)
}

/// A quota with an interval of whole microseconds, so that narrow cells need not round.
fn quotas() -> impl Strategy<Value = Quota> {
    (64_u64..2_000_000, 1_u32..40).prop_map(|(micros, burst)| {
        let quota = Quota::with_period(Duration::from_micros(micros)).unwrap();
        quota.allow_burst(NonZeroU32::new(burst).unwrap())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn we_decide_as_governor_does(quota in quotas(), steps in steps(), wide in any::<bool>()) {
        let clock = FakeRelativeClock::default();
        let oracle = RateLimiter::direct_with_clock(quota, clock.clone());
        let width = if wide { Width::Wide } else { Width::Narrow };
        let gcra = Gcra::with_width(Rate::from(quota), Capacity::MIN, width).unwrap();
        let mut now = Mono::ZERO;
        for (pause, cost) in steps {
            // A tenth of the interval on average, to meet all states.
            let pause = Duration::from_micros(quota.replenish_interval().as_micros() as u64 * pause / 10_000);
            clock.advance(pause);
            now += pause;
            let reading = gcra.check(KEY, cost.into(), now);
            match oracle.check_n(NonZeroU32::new(cost).unwrap()) {
                Err(_) => prop_assert!(u64::from(cost) > reading.limit()),
                Ok(Ok(())) => prop_assert!(reading.is_allowed()),
                Ok(Err(not_until)) => {
                    let wait = not_until.wait_time_from(now_of(now));
                    prop_assert_eq!(reading.retry_after(), Some(wait));
                }
            }
        }
    }

    #[test]
    fn the_store_gives_governors_own_results(quota in quotas(), steps in steps()) {
        let clock = FakeRelativeClock::default();
        let oracle: Limiter<_> = RateLimiter::new(quota, HashMapStateStore::<u32, std::hash::RandomState>::default(), clock.clone());
        let store = BoundedStore::<u32>::new(Capacity::new(1_024).unwrap(), KeyHasher::with_seed(3));
        let ours: Limiter<_> = RateLimiter::new(quota, store, clock.clone());
        for (pause, key) in steps {
            clock.advance(quota.replenish_interval() * pause as u32 / 10_000);
            prop_assert_eq!(ours.check_key(&key), oracle.check_key(&key));
        }
    }
}

fn now_of(now: Mono) -> Nanos {
    now.as_nanos().into()
}

#[test]
fn quotas_and_rates_convert_into_one_another() {
    for burst in [1, 7, 1_000] {
        let burst = NonZeroU32::new(burst).unwrap();
        for quota_of in [Quota::per_second, Quota::per_minute, Quota::per_hour] {
            let given = quota_of(burst);
            assert_eq!(quota(Rate::from(given)), Ok(given));
        }
    }
    let too_fast = Quota::per_second(NonZeroU32::MAX); // its interval is cut to nothing
    assert_eq!(Rate::from(too_fast).period(), Duration::from_nanos(1));
}

#[test]
fn the_store_keeps_its_size_and_forgets_what_is_past() {
    let clock = FakeRelativeClock::default();
    let store = BoundedStore::<u32>::new(Capacity::new(64).unwrap(), KeyHasher::with_seed(3));
    let bytes = store.bytes();
    let limiter: Limiter<_> =
        RateLimiter::new(Quota::per_second(NonZeroU32::MIN), store, clock.clone());
    for key in 0..10_000 {
        assert!(limiter.check_key(&key).is_ok());
    }
    assert_eq!((limiter.len(), bytes), (64, 1_024));
    clock.advance(Duration::from_secs(10));
    limiter.retain_recent();
    assert!(limiter.is_empty());

    let store = BoundedStore::<u32>::new(Capacity::MIN, KeyHasher::with_seed(3));
    assert!(store.is_empty());
}
