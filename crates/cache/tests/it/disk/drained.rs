//! A clean end: what memory alone held is on the disk for the next process, but for what was purged, and a crash meanwhile
//! loses nothing that was safe.

use eaves_cache::store::{Store as _, tier::Step};
use eaves_common::{time::Mono, units::ByteSize};

use super::{
    config, key, open, put,
    sim::Sim,
    tiered::{DISK, Edge, NAMES, What, tag_of},
};

#[test]
fn a_disk_tells_what_it_has_and_counts_no_use() {
    let files = Sim::new();
    let disk = open(&files, &config(DISK));
    assert_eq!(disk.has(&key("a")), Some(false));
    put(&disk, "a", b"text").unwrap();
    put(&disk, "b", b"text").unwrap();
    disk.remove(&key("b"));
    assert_eq!(
        (disk.has(&key("a")), disk.has(&key("b"))),
        (Some(true), Some(false))
    );
    assert_eq!(disk.stats().hits + disk.stats().misses, 0);
    disk.close().unwrap();
    assert_eq!(
        disk.has(&key("a")),
        Some(false),
        "lookups find nothing, too"
    );
    let disk = open(&files, &config(DISK));
    assert_eq!(
        (disk.has(&key("a")), disk.has(&key("b"))),
        (Some(true), Some(false))
    );
}

/// Names of objects that memory takes.
fn small() -> impl Iterator<Item = usize> {
    (0..NAMES).filter(|name| name % 4 < 2).take(8)
}

#[tokio::test]
async fn what_memory_alone_held_is_served_by_the_next_process() {
    for drained in [false, true] {
        let edge = Edge::new();
        for name in small().chain(small()) {
            edge.get(name).await;
        }
        assert_eq!((edge.disk.disk_stats().entries, edge.world.seen()), (0, 8));
        if drained {
            let drained = edge.drain();
            // An object and a record of variants or none: at least the objects.
            assert!(drained.written >= 8, "{drained:?}");
            assert_eq!((drained.left, drained.refused, drained.gone), (0, 0, 0));
        }
        let edge = edge.restart();
        for name in small() {
            let status = edge.get(name).await.cache_status().to_owned();
            assert_eq!(status.starts_with("eaves; hit"), drained, "{status}");
        }
        assert_eq!(edge.world.seen(), if drained { 0 } else { 8 });
    }
}

#[tokio::test]
async fn what_is_purged_while_it_is_drained_is_gone_for_the_next_process() {
    let mut hits = 0;
    for steps in 0..40 {
        let edge = Edge::new();
        for name in small() {
            edge.get(name).await;
        }
        let mut drain = edge.tier.drain(ByteSize::from_bytes(DISK), Mono::MAX);
        (0..steps).for_each(|_| _ = drain.step(Mono::ZERO));
        for what in [What::Url(0), What::Tag(1)] {
            let receipt = edge.world.layer.apply(&what.purge());
            receipt.durable().await.unwrap();
        }
        while drain.step(Mono::ZERO) != Step::Done {}
        drop(drain);
        let edge = edge.restart();
        for name in small() {
            let seen = edge.world.seen();
            edge.get(name).await;
            let purged = name == 0 || tag_of(name) == tag_of(1);
            let hit = edge.world.seen() == seen;
            assert!(!(purged && hit), "{name} after {steps}");
            hits += u64::from(hit);
        }
    }
    // Purges are known by their hashes, so that now and then one concerns more than was asked for.
    assert!(hits > 30 * 4, "{hits}");
}

#[tokio::test]
async fn a_crash_while_draining_loses_nothing_that_was_safe() {
    let safe: Vec<usize> = small().take(4).collect();
    for steps in 0..30 {
        let edge = Edge::new();
        for name in &safe {
            edge.get(*name).await;
        }
        edge.drain();
        let edge = edge.restart();
        for name in small() {
            edge.get(name).await;
        }
        let mut drain = edge.tier.drain(ByteSize::from_bytes(DISK), Mono::MAX);
        (0..steps).for_each(|_| _ = drain.step(Mono::ZERO));
        // Nothing that was not synced is left.
        let edge = edge.crash(|_| 0);
        drop(drain);
        for name in &safe {
            let seen = edge.world.seen();
            edge.get(*name).await;
            let asked = edge.world.seen() > seen;
            let validated = edge.world.last_field("if-none-match").is_some();
            assert!(!asked || validated, "{name} is gone after {steps} steps");
        }
    }
}
