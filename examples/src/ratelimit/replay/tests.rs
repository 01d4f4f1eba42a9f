//! The program's own answers beside those of others: governor with its fake clock, and a list of all that
//! was ever allowed.

use std::{collections::HashMap, fmt::Write as _, num::NonZeroU32, time::Duration};

use clap::Parser as _;
use governor::{
    Quota, RateLimiter,
    clock::{Clock as _, FakeRelativeClock},
};
use proptest::prelude::*;

use super::{Cli, Format, replay};

/// A request: milliseconds after the one before it, whose it is, what it costs.
type Step = (u64, u8, u32);

/// A request at its time.
#[derive(Clone, Copy)]
struct Event {
    ms: u64,
    key: u8,
    cost: u32,
}

/// When a trace begins, in milliseconds since 1970.
const BEGIN: u64 = 1_700_000_000_123;

fn steps() -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec((0_u64..40, 0_u8..3, 1_u32..6), 1..120)
}

fn events(steps: &[Step]) -> Vec<Event> {
    let mut ms = BEGIN;
    let at = |(pause, key, cost): &Step| {
        ms += pause;
        let (key, cost) = (*key, *cost);
        Event { ms, key, cost }
    };
    steps.iter().map(at).collect()
}

/// What the program answers, a line each.
fn answers(args: &[&str], events: &[Event]) -> Vec<String> {
    let cli = Cli::parse_from(["limit-replay"].iter().chain(args));
    let mut input = String::new();
    for Event { ms, key, cost } in events {
        writeln!(input, "{ms} client-{key} {cost}").unwrap();
    }
    let mut output = Vec::new();
    replay(&cli, Format::Plain, input.as_bytes(), &mut output).unwrap();
    let output = String::from_utf8(output).unwrap();
    output.lines().map(ToOwned::to_owned).collect()
}

/// The answer to a request that has to wait so long.
fn deny(wait: Duration) -> String {
    format!("deny {}", wait.as_nanos().div_ceil(1_000_000).max(1))
}

/// What was allowed in the period before and at this event, of its key.
fn used(allowed: &[Event], now: Event, period: u64) -> u32 {
    let counts = |event: &&Event| event.key == now.key && event.ms + period > now.ms;
    allowed.iter().filter(counts).map(|event| event.cost).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn gcra_answers_as_governor_does(
        steps in steps(),
        count in 1_u64..20,
        interval in 500_u64..50_000,
        burst in 1_u32..12,
    ) {
        let rule = format!("{count}/{}us burst {burst}", count * interval);
        let quota = Quota::with_period(Duration::from_micros(interval)).unwrap();
        let quota = quota.allow_burst(NonZeroU32::new(burst).unwrap());
        let (clock, mut limiters, mut now) = (FakeRelativeClock::default(), HashMap::new(), BEGIN);
        let events = events(&steps);
        let expected = events.iter().map(|event| {
            clock.advance(Duration::from_millis(event.ms - now));
            now = event.ms;
            let limiter = limiters
                .entry(event.key)
                .or_insert_with(|| RateLimiter::direct_with_clock(quota, clock.clone()));
            match limiter.check_n(NonZeroU32::new(event.cost).unwrap()) {
                Err(_) => "deny never".to_owned(),
                Ok(Ok(())) => "allow".to_owned(),
                Ok(Err(until)) => deny(until.wait_time_from(clock.now())),
            }
        });
        let expected: Vec<_> = expected.collect();
        prop_assert_eq!(answers(&["--rule", &rule], &events), expected);
    }

    #[test]
    fn the_log_answers_as_a_list_of_all_that_was_allowed(
        steps in steps(),
        count in 1_u32..12,
        period in 1_u64..400,
    ) {
        let rule = format!("{count}/{period}ms");
        let events = events(&steps);
        let mut allowed: Vec<Event> = Vec::new();
        let mut expected = Vec::new();
        for event in &events {
            let fits = |ms| used(&allowed, Event { ms, ..*event }, period) + event.cost <= count;
            let leaves = allowed.iter().map(|old| old.ms + period);
            let later = leaves.filter(|ms| *ms > event.ms && fits(*ms)).min();
            expected.push(match later {
                _ if event.cost > count => "deny never".to_owned(),
                _ if fits(event.ms) => "allow".to_owned(),
                Some(ms) => deny(Duration::from_millis(ms - event.ms)),
                None => unreachable!("all that was allowed leaves the period"),
            });
            if expected.last().is_some_and(|answer| answer == "allow") {
                allowed.push(*event);
            }
        }
        prop_assert_eq!(answers(&["--rule", &rule, "--algorithm", "log"], &events), expected);
    }

    /// No true period holds more than twice the limit, which is what one who aims at the steps may get.
    #[test]
    fn a_window_admits_twice_its_limit_at_most(steps in steps(), count in 1_u32..12, period in 10_u64..400) {
        let rule = format!("{count}/{period}ms");
        let events = events(&steps);
        let answers = answers(&["--rule", &rule, "--algorithm", "window"], &events);
        let mut allowed = Vec::new();
        for (event, answer) in events.iter().zip(answers) {
            if answer == "allow" {
                allowed.push(*event);
                prop_assert!(used(&allowed, *event, period) <= 2 * count);
            }
        }
    }
}
