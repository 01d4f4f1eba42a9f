//! Shaping: the rate, the order, the limits.

use std::{collections::HashMap, time::Duration};

use eaves_common::time::Mono;
use eaves_ratelimit::{
    key::KeyHash,
    shape::{Arrival, Policy, Reason, Shaper},
};
use proptest::prelude::*;

const fn at(millis: u64) -> Mono {
    Mono::from_nanos(millis * 1_000_000)
}

fn shaper<T>(rate: &str, capacity: usize) -> Shaper<T> {
    Shaper::new(Policy::new(rate.parse().unwrap(), capacity).unwrap())
}

/// Lets all pass, the clock going from due time to due time.
fn drain<T>(shaper: &mut Shaper<T>, mut now: Mono) -> Vec<(T, Mono)> {
    let mut passed = Vec::new();
    while let Some(next) = shaper.poll_timeout() {
        now = now.max(next);
        if let Some(one) = shaper.pop(now) {
            passed.push((one.item, now));
        } else {
            assert!(shaper.expire(now).is_some(), "a timeout is for something");
        }
    }
    passed
}

#[test]
fn a_burst_passes_at_once_and_the_rest_at_the_rate() {
    let mut shaper = shaper("10/1s burst 3", 100);
    for n in 0..6 {
        let _ = shaper.push(KeyHash::new(1), 1, n, at(0));
    }
    let times: Vec<_> = drain(&mut shaper, at(0)).into_iter().collect();
    let expected = [0, 0, 0, 100, 200, 300].map(at);
    assert!(
        times.iter().map(|(_, time)| *time).eq(expected),
        "{times:?}"
    );
}

#[test]
fn keys_share_by_cost_and_a_newcomer_does_not_wait_behind_a_queue() {
    let mut shaper = shaper("1/1ms burst 100", 10_000);
    let (small, large) = (KeyHash::new(1), KeyHash::new(2));
    for _ in 0..1_000 {
        let _ = shaper.push(small, 1, "small", at(0));
    }
    for _ in 0..100 {
        let _ = shaper.push(large, 10, "large", at(0));
    }
    let _ = shaper.push(KeyHash::new(3), 1, "newcomer", at(0));
    let passed = drain(&mut shaper, at(0));
    let place = passed
        .iter()
        .position(|(item, _)| *item == "newcomer")
        .unwrap();
    assert!(place <= 3, "{place}");
    let half: HashMap<_, usize> =
        passed[..550]
            .iter()
            .fold(HashMap::new(), |mut count, (item, _)| {
                *count.entry(*item).or_default() += 1;
                count
            });
    assert!(half["small"].abs_diff(half["large"] * 10) <= 20, "{half:?}");
}

#[test]
fn a_full_queue_sends_away_the_one_that_would_be_last() {
    let mut shaper = shaper("1/1s", 3);
    let (many, few) = (KeyHash::new(1), KeyHash::new(2));
    for n in 0..3 {
        let _ = shaper.push(many, 1, n, at(0));
    }
    let Arrival::Refused(refused) = shaper.push(many, 1, 3, at(0)) else {
        panic!("one more of many is the last itself")
    };
    assert_eq!((refused.item, refused.reason), (3, Reason::Full));
    let Arrival::Waits { displaced, .. } = shaper.push(few, 1, 4, at(0)) else {
        panic!("few has none waiting")
    };
    assert_eq!(displaced.unwrap().item, 2);
    assert_eq!(shaper.len(), 3);
    let order: Vec<_> = drain(&mut shaper, at(0))
        .into_iter()
        .map(|(item, _)| item)
        .collect();
    assert_eq!(order, [0, 4, 1]);
}

#[test]
fn who_was_sent_away_does_not_wait_for_what_did_not_pass() {
    let mut shaper = shaper("1/1s burst 20", 4);
    let mut push = |key: u64, cost, item| {
        let arrival = shaper.push(KeyHash::new(key), cost, item, at(0));
        let Arrival::Waits { ticket, displaced } = arrival else {
            panic!("{item} is not the last")
        };
        (ticket, displaced.map(|refused| refused.item))
    };
    push(1, 10, "a, at 0");
    push(1, 10, "a, at 10");
    push(2, 15, "b, at 0");
    let (one, _) = push(3, 1, "c");
    let (other, displaced) = push(4, 1, "d");
    assert_eq!(displaced, Some("a, at 10"));
    assert!(shaper.cancel(one).is_some() && shaper.cancel(other).is_some());
    for (key, item) in [(2, "b, at 15"), (1, "a, at 10 again")] {
        let _ = shaper.push(KeyHash::new(key), 1, item, at(0));
    }
    let order = drain(&mut shaper, at(0)).into_iter().map(|(item, _)| item);
    let expected = ["a, at 0", "b, at 0", "a, at 10 again", "b, at 15"];
    assert_eq!(order.collect::<Vec<_>>(), expected);
}

#[test]
fn who_waits_too_long_is_refused_and_who_leaves_leaves_no_hole() {
    let policy = Policy::new("1/1s".parse().unwrap(), 10).unwrap();
    let mut shaper = Shaper::new(policy.longest(Duration::from_millis(1_500)));
    let mut tickets = Vec::new();
    for n in 0..4 {
        match shaper.push(KeyHash::new(1), 1, n, at(0)) {
            Arrival::Waits { ticket, .. } => tickets.push(ticket),
            Arrival::Refused(_) => panic!("there is room"),
        }
    }
    assert_eq!(shaper.delay(), Duration::from_secs(4));
    assert_eq!(shaper.pop(at(0)).unwrap().item, 0);
    assert_eq!(shaper.cancel(tickets[1]), Some(1));
    assert_eq!(shaper.cancel(tickets[1]), None);
    assert_eq!(shaper.pop(at(999)), None);
    assert_eq!(shaper.pop(at(1_000)).unwrap().item, 2);
    assert_eq!(shaper.poll_timeout(), Some(at(1_500)));
    let refused = shaper.expire(at(1_500)).unwrap();
    assert_eq!((refused.item, refused.reason), (3, Reason::Deadline));
    assert!(shaper.is_empty() && shaper.poll_timeout().is_none());
}

#[test]
fn a_late_caller_does_not_slow_the_rate_and_a_stall_makes_no_burst() {
    let mut shaper = shaper("1000/1s burst 1", 10_000);
    for n in 0..1_000 {
        let _ = shaper.push(KeyHash::new(1), 1, n, at(0));
    }
    // Looked after every 3 ms only, three pass each time.
    let passed = |shaper: &mut Shaper<i32>, now| std::iter::from_fn(|| shaper.pop(now)).count();
    let late: usize = (0..=100).map(|n| passed(&mut shaper, at(n * 3))).sum();
    assert_eq!(late, 301);
    let after_a_stall = passed(&mut shaper, at(900));
    assert!((100..=101).contains(&after_a_stall), "{after_a_stall}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// No window of any length sees more than the rate and a burst; nobody is lost or served twice;
    /// requests of a key keep their order.
    #[test]
    fn rate_and_order_hold(
        steps in prop::collection::vec((0_u64..40, 0_u64..5, 1_u64..6), 1..200),
        count in 1_u64..50,
        burst in 6_u64..20,
    ) {
        let rate = format!("{count}/100ms burst {burst}");
        let mut shaper = shaper(&rate, 64);
        let (mut now, mut passed, mut gone) = (0, Vec::new(), 0);
        for (number, (wait, key, cost)) in steps.iter().enumerate() {
            now += wait;
            match shaper.push(KeyHash::new(*key), *cost, (number, *cost), at(now)) {
                Arrival::Waits { displaced, .. } => gone += usize::from(displaced.is_some()),
                Arrival::Refused(_) => gone += 1,
            }
            passed.extend(std::iter::from_fn(|| shaper.pop(at(now))).map(|p| (p.key, p.item, at(now))));
            gone += std::iter::from_fn(|| shaper.expire(at(now))).count();
        }
        let last = steps.len();
        while let Some(next) = shaper.poll_timeout() {
            let next = next.max(at(now));
            passed.extend(shaper.pop(next).map(|p| (p.key, p.item, next)));
            gone += usize::from(shaper.expire(next).is_some());
        }
        prop_assert_eq!(passed.len() + gone, last);
        let mut latest = HashMap::new();
        for (key, (number, _), _) in &passed {
            let before = latest.insert(*key, *number);
            prop_assert!(before.is_none_or(|before| before < *number));
        }
        for (from, (.., start)) in passed.iter().enumerate() {
            let mut units = 0;
            for (_, (_, cost), time) in &passed[from..] {
                units += cost;
                // 40 ms is the longest that nobody looked: so late may what is due have passed.
                let span = (*time - *start).as_millis() as u64 + 40 + 1;
                prop_assert!(units <= burst + span * count / 100 + 1, "{units} in {span} ms");
            }
        }
    }
}
