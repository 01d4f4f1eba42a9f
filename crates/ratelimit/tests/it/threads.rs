//! Many threads at few keys: what is given is what one thread would have been given.

use std::sync::atomic::{AtomicU64, Ordering};

use eaves_common::time::Mono;
use eaves_ratelimit::{
    Limiter, Rule,
    key::{Facts, KeyHash, KeyHasher, Part},
    meter::Gcra,
    table::{Capacity, Width},
};

use crate::on_four_threads;

#[test]
fn no_unit_is_given_twice_and_none_is_lost() {
    for width in [Width::Narrow, Width::Wide] {
        for round in 0..50 {
            let rate = "1000/1h".parse().unwrap();
            let gcra = Gcra::with_width(rate, Capacity::MIN, width).unwrap();
            let given = AtomicU64::new(0);
            on_four_threads(|_| {
                for _ in 0..500 {
                    let allowed = gcra.check(KeyHash::new(round), 1, Mono::ZERO).is_allowed();
                    given.fetch_add(allowed.into(), Ordering::Relaxed);
                }
            });
            assert_eq!(given.into_inner(), 1_000, "{width:?}, round {round}");
        }
    }
}

#[test]
fn keys_that_are_inserted_together_have_one_cell_each() {
    // As many keys as the bucket has cells, so that a key that took two would drive another one out.
    for (width, keys) in [(Width::Narrow, 8), (Width::Wide, 4)] {
        for round in 0..200_u64 {
            let gcra = Gcra::with_width("1/1h".parse().unwrap(), Capacity::MIN, width).unwrap();
            let given = AtomicU64::new(0);
            on_four_threads(|thread| {
                for key in 0..keys {
                    // Each thread begins with another key of the one bucket.
                    let key = KeyHash::new(1 + (key + thread * keys / 4) % keys + 16 * round);
                    let allowed = gcra.check(key, 1, Mono::ZERO).is_allowed();
                    given.fetch_add(allowed.into(), Ordering::Relaxed);
                }
            });
            assert_eq!(given.into_inner(), keys, "{width:?}, round {round}");
        }
    }
}

#[test]
fn rules_that_race_count_all_or_nothing() {
    let capacity = Capacity::new(64).unwrap();
    let client = Rule::new("client", "400/1h".parse().unwrap(), capacity).unwrap();
    let total = Rule::new("total", "1000/1h".parse().unwrap(), capacity).unwrap();
    let rules = [client.key([Part::CLIENT_IP]), total];
    let limiter = Limiter::new(rules, KeyHasher::with_seed(5)).unwrap();
    let given = [const { AtomicU64::new(0) }; 4];
    on_four_threads(|thread| {
        let addr = std::net::Ipv4Addr::new(192, 0, 2, thread as u8);
        for _ in 0..600 {
            let allowed = limiter
                .check(&Facts::of(addr.into()), Mono::ZERO)
                .is_allowed();
            given[thread as usize].fetch_add(allowed.into(), Ordering::Relaxed);
        }
    });
    let given = given.map(AtomicU64::into_inner);
    assert_eq!(given.iter().sum::<u64>(), 1_000, "{given:?}");
    // With the total paid back, what each client has left shows that denials gave back what they
    // had counted.
    limiter.refund(&Facts::default(), 1_000, Mono::ZERO);
    for (thread, given) in given.iter().enumerate() {
        let addr = std::net::Ipv4Addr::new(192, 0, 2, thread as u8);
        let decision = limiter.peek(&Facts::of(addr.into()), 0, Mono::ZERO);
        assert_eq!(
            (decision.rule(), decision.remaining()),
            (Some("client"), Some(400 - given))
        );
    }
}
