//! The cell update under every interleaving that shuttle draws: what threads are given together is what
//! one thread would have been given.
//!
//! `RUSTFLAGS="--cfg shuttle" cargo test -p eaves-ratelimit --test shuttle --target-dir target/shuttle`
#![cfg(shuttle)]
#![allow(clippy::unwrap_used, reason = "a test may panic, its helpers too")]

use std::sync::Arc;

use eaves_common::time::Mono;
use eaves_ratelimit::{
    Limiter, Rule,
    key::{Facts, KeyHash, KeyHasher, Part},
    meter::Gcra,
    table::{Capacity, Width},
};
use shuttle::{check_pct, check_random, thread};

/// Half the schedules at random, half with few changes of thread at rare places (PCT).
fn check(work: impl Fn() + Send + Sync + Clone + 'static) {
    check_often(2_000, work);
}

fn check_often(times: usize, work: impl Fn() + Send + Sync + Clone + 'static) {
    check_random(work.clone(), times);
    check_pct(work, times, 3);
}

fn gcra(rate: &str, width: Width) -> Arc<Gcra> {
    Arc::new(Gcra::with_width(rate.parse().unwrap(), Capacity::MIN, width).unwrap())
}

/// How many of these threads' checks are allowed.
fn allowed<F: FnOnce() -> u64 + Send + 'static>(threads: impl IntoIterator<Item = F>) -> u64 {
    let threads: Vec<_> = threads.into_iter().map(thread::spawn).collect();
    threads
        .into_iter()
        .map(|thread| thread.join().unwrap())
        .sum()
}

fn checks(gcra: &Gcra, keys: &[u64], now: Mono) -> u64 {
    let ask = |key: &u64| u64::from(gcra.check(KeyHash::new(*key), 1, now).is_allowed());
    keys.iter().map(ask).sum()
}

#[test]
fn one_key_is_given_its_burst_and_no_more() {
    for width in [Width::Narrow, Width::Wide] {
        check(move || {
            let gcra = gcra("3/1h", width);
            let thread = |_| {
                let gcra = Arc::clone(&gcra);
                move || checks(&gcra, &[7, 7], Mono::ZERO)
            };
            assert_eq!(allowed((0..3).map(thread)), 3);
        });
    }
}

#[test]
fn two_threads_that_insert_one_key_while_others_come_and_go_give_it_one_burst() {
    for width in [Width::Narrow, Width::Wide] {
        check(move || {
            let gcra = gcra("1/1h", width);
            let work = [[1, 2], [2, 1]].map(|keys| {
                let gcra = Arc::clone(&gcra);
                move || checks(&gcra, &keys, Mono::ZERO)
            });
            assert_eq!(allowed(work), 2);
        });
    }
}

/// Each thread finds the bucket in another state, so they choose different cells for the one key.
#[test]
fn four_threads_that_insert_one_key_into_a_changing_bucket_give_it_one_burst() {
    for width in [Width::Narrow, Width::Wide] {
        check_often(500, move || {
            let gcra = gcra("2/1h", width);
            let work = [&[1, 7, 7][..], &[7, 7], &[2, 7], &[7, 3]].map(|keys| {
                let gcra = Arc::clone(&gcra);
                move || checks(&gcra, keys, Mono::ZERO)
            });
            assert_eq!(allowed(work), 5); // and one of each of the others
        });
    }
}

/// A refund between their looks lets two threads choose different cells of a full bucket for the one key.
#[test]
fn two_threads_that_evict_different_keys_for_one_give_it_one_burst() {
    check(|| {
        let gcra = gcra("3/1h", Width::Narrow);
        for key in 1..=8 {
            let units = if key <= 2 { 2 } else { 3 };
            assert_eq!(checks(&gcra, &vec![key; units], Mono::ZERO), units as u64);
        }
        let (one, other) = (Arc::clone(&gcra), Arc::clone(&gcra));
        let other = thread::spawn(move || {
            other.refund(KeyHash::new(2), 1, Mono::ZERO);
            checks(&other, &[9; 3], Mono::ZERO)
        });
        let given = checks(&one, &[9; 3], Mono::ZERO) + other.join().unwrap();
        assert_eq!(given, 3);
    });
}

#[test]
fn a_refund_beside_checks_is_given_once() {
    check(|| {
        let gcra = gcra("2/1h", Width::Narrow);
        let key = KeyHash::new(7);
        assert_eq!(checks(&gcra, &[7, 7], Mono::ZERO), 2);
        let (refunds, asks) = (Arc::clone(&gcra), Arc::clone(&gcra));
        let refund = thread::spawn(move || refunds.refund(key, 1, Mono::ZERO));
        let given = allowed([move || checks(&asks, &[7, 7], Mono::ZERO)]);
        refund.join().unwrap();
        assert_eq!(given + checks(&gcra, &[7, 7], Mono::ZERO), 1);
    });
}

#[test]
fn cleaning_an_old_epoch_takes_no_new_debt() {
    // A tick of a 2/1s rate is short enough that ten years are many epochs.
    check(|| {
        let gcra = gcra("2/1s", Width::Narrow);
        let _ = checks(&gcra, &[1, 2, 3], Mono::ZERO);
        let late = Mono::from_secs(315_360_000);
        let thread = |_| {
            let gcra = Arc::clone(&gcra);
            move || checks(&gcra, &[1, 9], late)
        };
        assert_eq!(allowed((0..3).map(thread)), 4); // two keys, a burst of two each
    });
}

#[test]
fn several_rules_count_all_or_nothing() {
    check(|| {
        let capacity = Capacity::MIN;
        let client = Rule::new("client", "2/1h".parse().unwrap(), capacity).unwrap();
        let total = Rule::new("total", "3/1h".parse().unwrap(), capacity).unwrap();
        let rules = [client.key([Part::CLIENT_IP]), total];
        let limiter = Arc::new(Limiter::new(rules, KeyHasher::with_seed(5)).unwrap());
        let ask = |limiter: &Limiter, client: u8| {
            let addr = std::net::Ipv4Addr::new(192, 0, 2, client);
            let decision = limiter.check(&Facts::of(addr.into()), Mono::ZERO);
            u64::from(decision.is_allowed())
        };
        let work = [1, 2].map(|client| {
            let limiter = Arc::clone(&limiter);
            move || ask(&limiter, client) + ask(&limiter, client)
        });
        let given = allowed(work);
        // A request may be denied by what another holds for a moment and then gives back, so fewer may
        // pass at first; nothing is lost by it.
        assert!(given <= 3);
        let rest: u64 = [1, 2, 1, 2]
            .iter()
            .map(|client| ask(&limiter, *client))
            .sum();
        assert_eq!(given + rest, 3);
    });
}

#[test]
fn what_a_lost_race_has_counted_by_other_rules_is_given_back() {
    check(|| {
        let total = Rule::new("total", "4/1h".parse().unwrap(), Capacity::MIN).unwrap();
        let client = Rule::new("client", "1/1h".parse().unwrap(), Capacity::MIN).unwrap();
        let rules = [total, client.key([Part::CLIENT_IP])];
        let limiter = Arc::new(Limiter::new(rules, KeyHasher::with_seed(5)).unwrap());
        let ask = |limiter: &Limiter, client: u8| {
            let addr = std::net::Ipv4Addr::new(192, 0, 2, client);
            let decision = limiter.check(&Facts::of(addr.into()), Mono::ZERO);
            u64::from(decision.is_allowed())
        };
        let race = [(); 2].map(|()| {
            let limiter = Arc::clone(&limiter);
            move || ask(&limiter, 1)
        });
        assert_eq!(allowed(race), 1);
        let others = (2..=4).map(|client| ask(&limiter, client));
        assert_eq!(others.sum::<u64>(), 3, "three of four are left in total");
    });
}
