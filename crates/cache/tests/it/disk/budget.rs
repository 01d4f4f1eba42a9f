//! How much is written and kept.

use std::sync::atomic::Ordering;

use eaves_cache::store::{Store, disk::DiskConfig};
use eaves_common::units::ByteSize;

use super::{body, config, get, look_up, open, put, read_from, sim::Sim};

/// A skewed choice of one of `count` keys.
fn skewed(state: &mut u64, count: u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    let unit = (*state >> 11) as f64 / (1_u64 << 53) as f64;
    ((count as f64).powf(unit) - 1.0) as u64
}

#[test]
fn the_files_never_outgrow_the_budget() {
    for budget in [64 << 10, 200_000, 1 << 20] {
        let files = Sim::new();
        let (mut state, mut evicted) = (budget, 0);
        for round in 0..4 {
            let disk = open(&files, &config(budget));
            for _ in 0..600 {
                let name = skewed(&mut state, 500);
                if look_up(&disk, name).is_none() {
                    // What does not fit at all is refused, the rest makes room.
                    let _ = put(&disk, name, &body(name, (name * 97 % 9000) as usize));
                }
            }
            let peak = files.knobs.peak.load(Ordering::Relaxed);
            assert!(peak <= budget, "{peak} of {budget}");
            evicted += disk.disk_stats().evicted_segments;
            if round % 2 == 0 {
                disk.close().unwrap();
            }
        }
        assert!(files.knobs.peak.load(Ordering::Relaxed) <= budget);
        assert!(evicted > 2, "{evicted} of {budget}");
    }
}

#[test]
fn a_smaller_budget_is_kept_from_the_start() {
    let files = Sim::new();
    let disk = open(&files, &config(1 << 20));
    for name in 0..200 {
        put(&disk, name, &body(name, 4000)).unwrap();
    }
    disk.close().unwrap();
    drop(disk);
    let disk = open(&files, &config(256 << 10));
    assert!(files.knobs.used.load(Ordering::Relaxed) <= 256 << 10);
    assert_eq!(get(&disk, 199).unwrap(), body(199, 4000));
    assert!(look_up(&disk, 0).is_none());
}

#[test]
fn little_more_is_written_than_is_taken_and_what_is_asked_for_stays() {
    let files = Sim::new();
    let config = config(4 << 20).segment(ByteSize::from_kib(256));
    let disk = open(&files, &config);
    let mut state = 1;
    let (mut hot_hits, mut hot_asked) = (0, 0);
    for round in 0..30_000 {
        let name = skewed(&mut state, 20_000);
        let found = get(&disk, name).is_some();
        if round > 10_000 && name < 20 {
            hot_asked += 1;
            hot_hits += u32::from(found);
        }
        if !found {
            put(&disk, name, &body(name, 2000 + (name * 31 % 6000) as usize)).unwrap();
        }
    }
    disk.close().unwrap();
    let stats = disk.disk_stats();
    let written = files.knobs.written.load(Ordering::Relaxed) as f64;
    let ratio = written / stats.admitted_bytes as f64;
    assert!(ratio <= 1.1, "{ratio}: {stats:?}");
    assert!(
        (stats.write_amplification() - ratio).abs() < 0.001,
        "{stats:?} against {ratio}"
    );
    assert!(stats.reappended > 0);
    let share = f64::from(hot_hits) / f64::from(hot_asked);
    assert!(share > 0.97, "the most wanted twenty: {share}");
}

#[test]
fn a_reader_keeps_its_body_when_the_segment_leaves_and_loses_it_before_the_budget_is_lost() {
    let files = Sim::new();
    let disk = open(&files, &config(1 << 20));
    put(&disk, "long", &body(9, 120_000)).unwrap();
    let entry = look_up(&disk, "long").unwrap();
    let mut turn = 0;
    while look_up(&disk, "long").is_some() {
        put(&disk, turn, &body(turn, 20_000)).unwrap();
        turn += 1;
    }
    assert_eq!(read_from(&entry.content, 0).unwrap(), body(9, 120_000));

    // Many slow readers: together they do not hold more than a quarter of the budget.
    let mut readers = Vec::new();
    for name in 1000..1100 {
        put(&disk, name, &body(name, 120_000)).unwrap();
        readers.push((name, look_up(&disk, name).unwrap().content));
    }
    assert!(files.knobs.peak.load(Ordering::Relaxed) <= 1 << 20);
    let whole = readers
        .iter()
        .filter(|(name, content)| match read_from(content, 0) {
            Ok(bytes) => bytes == body(*name, 120_000),
            Err(error) => {
                assert!(
                    matches!(error, eaves_cache::store::ReadError::Gone { .. }),
                    "{error}"
                );
                false
            }
        });
    assert!((1..100).contains(&whole.count()));
}

#[test]
fn the_index_takes_few_bytes_a_key() {
    let files = Sim::new();
    let disk = open(
        &files,
        &DiskConfig::new(ByteSize::from_mib(64)).io(eaves_cache::store::disk::Io::Inline),
    );
    for name in 0..20_000 {
        put(&disk, name, b"x").unwrap();
    }
    let stats = disk.disk_stats();
    assert_eq!(disk.usage().entries, 20_000);
    let each = stats.index_bytes / stats.entries;
    assert!((17..=42).contains(&each), "{each} bytes a key");
}
