//! What happens when there is more than there is room for, and what nonsense does.

use std::{sync::Arc, sync::atomic::Ordering::Relaxed, time::Duration};

use eaves_common::time::Mono;
use proptest::prelude::*;

use super::super::{
    Distributed, OnStoreError, Replica,
    board::Board,
    replica::Sharing,
    script::{self, Reply, Told},
    sync::{Plan, Sync},
};
use crate::{
    Limiter, Rule,
    key::{Facts, KeyHash, KeyHasher},
    rule::{Planned, Ruling},
    table::Capacity,
};

const PLAN: Plan = Plan {
    shortest: Duration::from_millis(50),
    longest: Duration::from_millis(200),
    deadline: Duration::from_millis(100),
    batch: 4,
    nodes: 1,
};

fn replica(board: &Arc<Board>, cells: usize) -> Arc<Replica> {
    let sharing = Sharing {
        kind: Distributed::Delta,
        on_store_error: OnStoreError::Local,
    };
    let rate = "1/1h burst 100".parse().unwrap();
    let replica = Replica::new("r", rate, Capacity::new(cells).unwrap(), sharing);
    replica.attach(board);
    Arc::new(replica)
}

fn key(number: u64) -> KeyHash {
    KeyHash::new(number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

fn answer(told: usize) -> Reply {
    Reply {
        nodes: 1,
        told: vec![Told::default(); told],
    }
}

#[test]
fn keys_that_find_no_place_in_the_backlog_are_told_of_when_they_come_again() {
    let board = Arc::new(Board::new("p", 1, 3, 1));
    let replica = replica(&board, 1_024);
    let now = Mono::from_secs(1);
    let check = |number| replica.check(key(number), 1, now).is_allowed();
    assert!((0..10).all(check), "nobody is denied for it");
    assert_eq!(board.tally.overflowed.load(Relaxed), 7);

    let mut sync = Sync::new(Arc::clone(&board), PLAN, 1, now);
    sync.flush(now);
    let batch = sync.poll_batch(now).unwrap();
    assert_eq!(batch.items.len(), 3);
    assert!(sync.poll_batch(now).is_none(), "one after another");
    sync.handle_reply(batch.lane, batch.number, &answer(3), now);
    assert!(check(9));
    sync.flush(now);
    let batch = sync.poll_batch(now).unwrap();
    let told: Vec<_> = batch
        .items
        .iter()
        .map(|item| (item.key, item.unsent.spent))
        .collect();
    assert_eq!(told, [(key(9), 2)], "both of its requests");
}

#[test]
fn a_long_queue_goes_batch_by_batch_without_a_wait() {
    let board = Arc::new(Board::new("p", 1, 100, 1));
    let replica = replica(&board, 1_024);
    let now = Mono::from_secs(1);
    (0..10).for_each(|number| assert!(replica.check(key(number), 1, now).is_allowed()));
    let mut sync = Sync::new(Arc::clone(&board), PLAN, 1, now);
    sync.flush(now);
    let mut sizes = Vec::new();
    while let Some(batch) = sync.poll_batch(now) {
        sizes.push(batch.items.len());
        sync.handle_reply(batch.lane, batch.number, &answer(batch.items.len()), now);
    }
    assert_eq!(sizes, [4, 4, 2]);
    assert!(sync.is_idle());
}

#[test]
fn a_flood_of_keys_forgets_itself_and_no_offender_and_says_so() {
    let board = Arc::new(Board::new("p", 1, 16, 1));
    let replica = replica(&board, 64);
    let now = Mono::from_secs(1);
    for _ in 0..100 {
        assert!(replica.check(key(0), 1, now).is_allowed());
    }
    (1..10_000).for_each(|number| assert!(replica.check(key(number), 1, now).is_allowed()));
    assert!(
        !replica.check(key(0), 1, now).is_allowed(),
        "the offender is known"
    );
    assert_eq!(replica.occupancy(now).owing, 64);
    let forgotten = board.tally.forgotten.load(Relaxed);
    assert!((9_900..10_000).contains(&forgotten), "{forgotten}");
}

#[test]
fn a_batch_that_is_not_answered_is_sent_again_as_it_is() {
    let board = Arc::new(Board::new("p", 1, 16, 1));
    let replica = replica(&board, 64);
    let mut now = Mono::from_secs(1);
    assert!(replica.check(key(1), 7, now).is_allowed());
    let mut sync = Sync::new(Arc::clone(&board), PLAN, 1, now);
    sync.flush(now);
    let first = sync.poll_batch(now).unwrap();
    for _ in 0..20 {
        now += Duration::from_millis(150);
        assert!(replica.check(key(1), 1, now).is_allowed());
        sync.handle_timeout(now);
        if let Some(again) = sync.poll_batch(now) {
            assert_eq!(
                (again.number, again.items[0].unsent.spent),
                (first.number, 7)
            );
        }
    }
    assert!(board.is_alone(0), "the breaker is open");
    assert_eq!(board.tally.opened.load(Relaxed), 1);
    sync.handle_reply(first.lane, first.number, &answer(1), now);
    sync.handle_reply(first.lane, first.number, &answer(1), now);
    assert_eq!(board.tally.stray.load(Relaxed), 1, "the second is nobody's");
    now += Duration::from_secs(2);
    sync.flush(now);
    let next = sync.poll_batch(now).unwrap();
    assert_eq!(
        (next.number, next.items[0].unsent.spent),
        (first.number + 1, 20)
    );
}

#[test]
fn an_answer_that_comes_late_is_no_sign_that_the_store_is_back() {
    let board = Arc::new(Board::new("p", 1, 16, 1));
    let replica = replica(&board, 64);
    let mut now = Mono::from_secs(1);
    assert!(replica.check(key(1), 1, now).is_allowed());
    let mut sync = Sync::new(Arc::clone(&board), PLAN, 1, now);
    sync.flush(now);
    let batch = sync.poll_batch(now).unwrap();
    while !board.is_alone(0) {
        assert!(now < Mono::from_secs(10), "three times in vain are enough");
        now += PLAN.deadline;
        sync.handle_timeout(now);
        let _ = sync.poll_batch(now);
    }
    sync.handle_reply(batch.lane, batch.number, &answer(1), now);
    assert_eq!(board.tally.stray.load(Relaxed), 0, "it is good");
    assert!(board.is_alone(0));
}

#[test]
fn what_the_store_counted_is_given_back_if_a_rule_here_lost_a_race() {
    let rule = |name: &str, rate: &str| {
        let rate = rate.parse().unwrap();
        Rule::new(name, rate, Capacity::MIN).unwrap()
    };
    let strict = rule("strict", "1/1h burst 9").distributed(Distributed::Strict);
    let rules = [strict, rule("local", "1/1h")];
    let limiter = Limiter::new(rules, KeyHasher::shared(1)).unwrap();
    let now = Mono::from_secs(1);
    // Both are asked about before either is counted here, where one unit is left.
    let asks = [(); 2].map(|()| match limiter.plan(&Facts::default(), 1, now) {
        Planned::Ask(ask) => ask,
        Planned::Decided(_) => panic!("the store has to be asked"),
    });
    let asked = asks[0].strict().next();
    let (replica, key) = asked.map(|(own, key, _)| (Arc::clone(own), key)).unwrap();
    let ruling = Ruling {
        passes: true,
        told: vec![(Told::default(), true)],
    };
    let allowed = asks.map(|ask| {
        let decision = limiter.conclude(ask, Some(&ruling), 1, now);
        decision.is_allowed()
    });
    assert_eq!(allowed, [true, false]);
    assert_eq!(replica.take_unsent(key).spent, -1, "the second, of the two");
}

#[test]
fn an_engine_that_is_gone_leaves_nothing_behind() {
    let board = Arc::new(Board::new("p", 1, 16, 1));
    let replica = replica(&board, 64);
    let now = Mono::from_secs(1);
    assert!(replica.check(key(1), 1, now).is_allowed());
    board.close();
    assert!(replica.check(key(2), 1, now).is_allowed());
    let left = Arc::downgrade(&replica);
    drop(replica);
    assert!(left.upgrade().is_none(), "no queue holds it");
}

proptest! {
    #[test]
    fn any_reply_is_read_or_refused(numbers in prop::collection::vec(any::<i64>(), 0..20), keys in 0_usize..6) {
        let sync = script::read_sync(&numbers, keys);
        prop_assert!(sync.is_none_or(|reply| reply.told.len() == keys && numbers.len() == 1 + 3 * keys));
        let strict = script::read_strict(&numbers, keys);
        prop_assert!(strict.is_none_or(|(_, told)| told.len() == keys && numbers.len() == 1 + 4 * keys));
    }

    /// Whatever a store says, a key is neither free for ever nor denied for longer than was said.
    #[test]
    fn no_reply_breaks_a_key(
        steps in prop::collection::vec((0_u64..3, 0_u64..2_000, any::<i64>(), any::<i64>()), 1..50)
    ) {
        let board = Arc::new(Board::new("p", 1, 16, 3));
        let replica = replica(&board, 64);
        let mut now = Mono::from_secs(1);
        let mut sync = Sync::new(Arc::clone(&board), PLAN, 1, now);
        for (cost, millis, debt, demand) in steps {
            now += Duration::from_millis(millis);
            let reading = replica.check(key(1), cost, now);
            prop_assert!(reading.remaining() <= reading.limit());
            sync.handle_timeout(now);
            if let Some(batch) = sync.poll_batch(now) {
                let reply = script::read_sync(&[2, debt, demand, 1], 1).unwrap();
                sync.handle_reply(batch.lane, batch.number, &reply, now);
                let share = replica.share(key(1)).unwrap();
                prop_assert!(share > 0.0 && share <= 1.0, "{share}");
            }
        }
    }
}
