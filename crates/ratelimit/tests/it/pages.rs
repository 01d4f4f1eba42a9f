//! Tables in huge pages do what tables in ordinary ones do, and give their memory back.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use eaves_common::time::Mono;
use eaves_ratelimit::{
    Limiter, Rule,
    key::{Facts, KeyHash, KeyHasher},
    meter::{Gcra, Reading, Verdict},
    table::{Capacity, Pages},
};
use proptest::prelude::*;

use crate::on_four_threads;

/// The fewest cells that are worth a huge page.
const CELLS: usize = 1 << 18;

fn gcra(rate: &str, pages: Pages) -> Gcra {
    let capacity = Capacity::new(CELLS).unwrap();
    Gcra::with_pages(rate.parse().unwrap(), capacity, pages).unwrap()
}

/// Which pages are had where huge ones are wanted: those that another table got.
fn to_be_had() -> Pages {
    gcra("1/1s", Pages::Huge).occupancy(Mono::ZERO).pages
}

#[test]
fn large_tables_of_narrow_cells_are_in_the_pages_that_are_to_be_had() {
    let pages = |rate: &str, cells: usize| {
        let gcra = Gcra::new(rate.parse().unwrap(), Capacity::new(cells).unwrap()).unwrap();
        gcra.occupancy(Mono::ZERO).pages
    };
    assert_eq!(pages("1/1s", CELLS), to_be_had());
    assert_eq!(pages("1/1s", CELLS - 8), Pages::Ordinary);
    assert_eq!(pages("600000000/1s", CELLS), Pages::Ordinary, "wide cells");
    let ordinary = gcra("1/1s", Pages::Ordinary).occupancy(Mono::ZERO);
    assert_eq!(ordinary.pages, Pages::Ordinary);
    assert_eq!(ordinary.cells, CELLS);
}

#[test]
fn a_rules_table_stays_in_its_pages_when_its_rate_changes() {
    for wanted in [Pages::Huge, Pages::Ordinary] {
        let before = gcra("10/1s", wanted);
        assert!(before.check(KeyHash::new(7), 10, Mono::ZERO).is_allowed());
        let after = before
            .with_rate("20/1s".parse().unwrap(), Mono::ZERO)
            .unwrap();
        let pages = |gcra: &Gcra| gcra.occupancy(Mono::ZERO).pages;
        assert_eq!(pages(&after), pages(&before));
        let reading = after.peek(KeyHash::new(7), 0, Mono::ZERO);
        assert_eq!(reading.remaining(), 10);
    }
}

/// What is done to a key, of which some share a bucket and some a home in it.
#[derive(Clone, Copy, Debug)]
enum Step {
    Check(u64),
    Charge(u64),
    Refund(u64),
    Peek(u64),
    Wait(Duration),
}

fn step() -> impl Strategy<Value = (u64, Step)> {
    let key = (0..4_u64, 1..40_u64).prop_map(|(bucket, low)| (bucket << 62) | (low << 23) | low);
    let step = prop_oneof![
        8 => (0..4_u64).prop_map(Step::Check),
        1 => (0..9_u64).prop_map(Step::Charge),
        1 => (0..4_u64).prop_map(Step::Refund),
        1 => (0..4_u64).prop_map(Step::Peek),
        2 => (0..3_000_u64).prop_map(|ms| Step::Wait(Duration::from_millis(ms))),
        1 => (0..90_u64).prop_map(|days| Step::Wait(Duration::from_secs(days * 86_400))),
    ];
    (key, step)
}

/// All that a reading tells.
fn told(reading: Reading<'_>) -> (Verdict, u64, Duration, Option<Duration>) {
    (
        reading.verdict(),
        reading.remaining(),
        reading.reset_after(),
        reading.retry_after(),
    )
}

fn play(
    gcra: &Gcra,
    key: KeyHash,
    step: Step,
    now: Mono,
) -> Option<impl PartialEq + std::fmt::Debug> {
    match step {
        Step::Check(cost) => Some(told(gcra.check(key, cost, now))),
        Step::Charge(units) => Some(told(gcra.charge(key, units, now))),
        Step::Peek(cost) => Some(told(gcra.peek(key, cost, now))),
        Step::Refund(units) => {
            gcra.refund(key, units, now);
            None
        }
        Step::Wait(_) => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn whatever_is_done_both_kinds_of_pages_answer_alike(
        steps in prop::collection::vec(step(), 1..400),
    ) {
        let (huge, ordinary) = (gcra("2/1s burst 6", Pages::Huge), gcra("2/1s burst 6", Pages::Ordinary));
        let mut now = Mono::from_secs(1);
        for (key, step) in steps {
            let key = KeyHash::new(key);
            if let Step::Wait(time) = step {
                now += time;
            }
            prop_assert_eq!(play(&huge, key, step, now), play(&ordinary, key, step, now));
        }
        let counts = |gcra: &Gcra| {
            let occupancy = gcra.occupancy(now);
            (occupancy.owing, occupancy.evicted, occupancy.bytes)
        };
        prop_assert_eq!(counts(&huge), counts(&ordinary));
    }
}

#[test]
fn threads_are_given_what_one_thread_would_have_been_given() {
    for pages in [Pages::Huge, Pages::Ordinary] {
        let (one, each) = (gcra("1000/1h", pages), gcra("1/1h", pages));
        for round in 0..20_u64 {
            let given = [const { AtomicU64::new(0) }; 2];
            let hit = |gcra: &Gcra, key: u64, given: &AtomicU64| {
                let allowed = gcra.check(KeyHash::new(key), 1, Mono::ZERO).is_allowed();
                given.fetch_add(allowed.into(), Ordering::Relaxed);
            };
            on_four_threads(|thread| {
                for n in 0..500 {
                    hit(&one, 1 + (round << 49), &given[0]);
                    // As many keys as the bucket has cells, each thread beginning with another.
                    let key = (n + thread * 2) % 8 + 1 + (round << 49);
                    hit(&each, key, &given[1]);
                }
            });
            assert_eq!(given.map(AtomicU64::into_inner), [1_000, 8], "{pages:?}");
        }
    }
}

#[test]
fn evictions_by_many_threads_add_up() {
    const KEYS: u64 = 2_000;
    for pages in [Pages::Huge, Pages::Ordinary] {
        let gcra = gcra("1/1h", pages);
        // All in one bucket; a key of which two threads found the cell free counts once.
        on_four_threads(|thread| {
            for key in 0..KEYS {
                let key = KeyHash::new(1 + key * 4 + thread);
                assert!(gcra.check(key, 1, Mono::ZERO).is_allowed());
            }
        });
        let occupancy = gcra.occupancy(Mono::ZERO);
        assert_eq!(occupancy.owing, 8);
        assert_eq!(occupancy.evicted, 4 * KEYS - 8, "{pages:?}");
    }
}

#[test]
fn a_limiter_decides_in_huge_pages_and_allocates_nothing() {
    let rule = Rule::new(
        "all",
        "5/1s".parse().unwrap(),
        Capacity::new(CELLS).unwrap(),
    )
    .unwrap();
    let limiter = Limiter::new([rule], KeyHasher::with_seed(1)).unwrap();
    let _ = limiter.check(&Facts::default(), Mono::ZERO); // the thread's first count leases a stripe
    let mut allowed = 0;
    let info = allocation_counter::measure(|| {
        for _ in 0..10 {
            allowed += u64::from(limiter.check(&Facts::default(), Mono::ZERO).is_allowed());
        }
    });
    assert_eq!((allowed, info.count_total), (4, 0));
}

#[cfg(target_os = "linux")]
#[test]
fn tables_that_are_dropped_or_replaced_give_their_memory_back() {
    /// Mebibytes of this process that are in memory.
    fn resident() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().next());
        kib.unwrap().parse::<u64>().unwrap() / 1_024
    }
    let capacity = Capacity::new(16 * CELLS).unwrap(); // 32 MiB
    let before = resident();
    for _ in 0..16 {
        let gcra = Gcra::with_pages("1/1s".parse().unwrap(), capacity, Pages::Huge).unwrap();
        drop(gcra);
    }
    let mut gcra = gcra("1/1s", Pages::Huge);
    for _ in 0..16 {
        gcra = gcra.with_rate("1/1s".parse().unwrap(), Mono::ZERO).unwrap();
    }
    // Half a gibibyte, had it been kept; other tests take some at the same time.
    assert!(resident() < before + 256, "{before} to {} MiB", resident());
}
