//! What a check costs at worst, in accesses to shared words: a figure that no busy machine makes swing.
//!
//! A check that loses a race begins again, and has then let another thread's write through: of all the
//! threads at a bucket one always gets on.

use std::time::Duration;

use eaves_common::time::Mono;

use super::{Capacity, Width};
use crate::{
    key::{KeyHash, KeyHasher},
    meter::Gcra,
    sync::accesses,
};

/// Keys of a flood, many times the cells of the smaller tables.
const KEYS: u64 = 20_000;

/// Accesses of the check of a flood that takes most, `step` of time apart.
fn worst(width: Width, cells: usize, step: Duration) -> u64 {
    let capacity = Capacity::new(cells).expect("in range");
    let rate = "100/1h burst 3".parse().expect("a rate");
    let gcra = Gcra::with_width(rate, capacity, width).expect("a rate that fits");
    let hasher = KeyHasher::with_seed(1);
    let mut now = Mono::from_secs(1);
    let checks = (0..KEYS).map(|key| {
        now += step;
        accesses(|| {
            let _ = gcra.check(hasher.hash(&key), 1, now);
        })
    });
    checks.max().unwrap_or(0)
}

#[test]
fn a_check_in_a_flood_touches_its_own_bucket_and_nothing_more() {
    for (width, ways, besides) in [(Width::Narrow, 8, 2), (Width::Wide, 4, 1)] {
        // The home cell and what it goes by; every cell at once; a claim, the others once more, the debt.
        let bound = besides + ways + (ways - 1) + 2;
        // The largest is in huge pages, where these are built in.
        for cells in [8, 1 << 10, 1 << 16, 1 << 18] {
            let worst = worst(width, cells, Duration::ZERO);
            assert_eq!(worst, bound, "{width:?}, {cells} cells");
        }
    }
}

#[test]
fn a_check_that_cleans_after_a_long_time_cleans_a_few_buckets_of_any_table() {
    // Five buckets: their epoch, each cell and their epoch again and the cell emptied, their epoch set.
    let cleaning = 5 * (1 + 8 * 3 + 1) + 1;
    for cells in [8, 1 << 10, 1 << 16] {
        // Some of the steps are longer than an epoch, others shorter.
        for hours in [1, 24, 24 * 60] {
            let worst = worst(Width::Narrow, cells, Duration::from_secs(hours * 3_600));
            assert!(
                worst <= 19 + cleaning,
                "{worst} in {cells} cells, {hours} h"
            );
        }
    }
}

#[test]
fn a_denied_check_looks_once_and_writes_nothing() {
    let capacity = Capacity::new(1 << 10).expect("in range");
    let gcra = Gcra::new("1/1h".parse().expect("a rate"), capacity).expect("a rate that fits");
    let check = || gcra.check(KeyHash::new(7), 1, Mono::from_secs(1));
    assert!(check().is_allowed());
    assert_eq!(accesses(|| assert!(!check().is_allowed())), 2);
}
