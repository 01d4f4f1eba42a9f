//! Long bodies that are asked for outlive the segments that their parts lie in.

use std::sync::{Arc, atomic::Ordering};

use eaves_cache::store::{
    Store,
    disk::{Disk, DiskConfig, Io},
};
use eaves_common::units::ByteSize;

use super::{body, config, get, key, look_up, open, put, read_from, sim::Sim};

/// Three parts of a sixteenth of a segment.
const LONG: usize = 40_000;
const SEGMENT: u64 = 256 << 10;

fn small() -> DiskConfig {
    config(2 << 20).segment(ByteSize::from_bytes(SEGMENT))
}

/// Writes what nobody asks for, as much as so many segments hold; asks for what `hot` asks for in between.
fn crowd(disk: &Disk, (turn, segments): (&mut u64, u64), mut hot: impl FnMut()) {
    let most = SEGMENT * segments / 4_000;
    for _ in 0..most {
        *turn += 1;
        put(disk, format_args!("cold/{turn}"), &body(*turn, 3_800)).unwrap();
        if turn.is_multiple_of(20) {
            hot();
        }
    }
}

#[test]
fn a_long_body_that_is_asked_for_stays_and_one_that_is_not_leaves() {
    let files = Sim::new();
    let disk = open(&files, &small());
    put(&disk, "hot", &body(1, LONG)).unwrap();
    put(&disk, "cold", &body(2, LONG)).unwrap();
    let mut turn = 0;
    // Five times what the store holds.
    crowd(&disk, (&mut turn, 40), || {
        assert_eq!(get(&disk, "hot").as_deref(), Some(&body(1, LONG)[..]));
    });
    assert!(look_up(&disk, "cold").is_none());
    disk.close().unwrap();
    let stats = disk.disk_stats();
    assert!(stats.reappended >= 4, "{stats:?}");
    assert!(stats.reappended_bytes >= 4 * LONG as u64, "{stats:?}");
    let written = files.knobs.written.load(Ordering::Relaxed) as f64;
    let ratio = written / stats.admitted_bytes as f64;
    assert!(ratio <= 1.1, "{ratio}: {stats:?}");
    assert!(files.knobs.peak.load(Ordering::Relaxed) <= 2 << 20);
}

#[test]
fn many_long_bodies_share_the_allowance_and_no_more_is_written() {
    let files = Sim::new();
    let disk = open(&files, &small());
    (0..30).for_each(|name| put(&disk, name, &body(name, LONG)).unwrap());
    let (mut turn, mut missed) = (0, 0);
    crowd(&disk, (&mut turn, 40), || {
        for name in 0..30 {
            match get(&disk, name) {
                Some(bytes) => assert_eq!(bytes, body(name, LONG)),
                None => missed += 1,
            }
        }
    });
    disk.close().unwrap();
    let stats = disk.disk_stats();
    assert!(stats.reappended > 0 && missed > 0, "{missed}: {stats:?}");
    assert!(stats.write_amplification() <= 1.1, "{stats:?}");
}

#[test]
fn a_body_in_two_segments_moves_a_part_at_a_time() {
    // How much is before it in its segment: its first part is the last there, or its record is alone in the next.
    for before in (54..68).step_by(2) {
        let files = Sim::new();
        let disk = open(&files, &small());
        for name in 0..before {
            put(&disk, name, &body(name, 3_800)).unwrap();
        }
        put(&disk, "long", &body(1, LONG)).unwrap();
        let mut turn = 0;
        crowd(&disk, (&mut turn, 12), || {
            let found = get(&disk, "long");
            assert_eq!(found.as_deref(), Some(&body(1, LONG)[..]), "after {before}");
        });
        let stats = disk.disk_stats();
        assert!(
            stats.reappended > 0 && stats.damaged_bodies == 0,
            "{stats:?}"
        );
    }
}

/// Restarts; a crash loses what was not synced, which is all of it, unless it was closed.
fn again(files: &Arc<Sim>, disk: Disk, stop: Stop) -> Disk {
    if stop == Stop::Clean {
        disk.close().unwrap();
    }
    drop(disk);
    open(files, &small())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stop {
    Clean,
    Killed,
}

#[test]
fn bodies_of_earlier_processes_move_too() {
    for stop in [Stop::Clean, Stop::Killed] {
        let files = Sim::new();
        let mut disk = open(&files, &small());
        put(&disk, "hot", &body(1, LONG)).unwrap();
        let mut turn = 0;
        for _ in 0..4 {
            // Less than the store holds, so that parts of the body and its record are of different processes.
            crowd(&disk, (&mut turn, 5), || {
                assert_eq!(get(&disk, "hot").as_deref(), Some(&body(1, LONG)[..]));
            });
            disk = again(&files, disk, stop);
            assert_eq!(get(&disk, "hot").as_deref(), Some(&body(1, LONG)[..]));
        }
    }
}

#[test]
fn a_body_under_another_head_outlives_the_record_it_came_in() {
    let files = Sim::new();
    let disk = open(&files, &small());
    put(&disk, "hot", &body(1, 12_000)).unwrap();
    let content = look_up(&disk, "hot").unwrap().content;
    // Nothing may be written again yet, so that the body stays where it is.
    while disk.replace_head(&key("hot"), &content, b"other") {}
    let mut turn = 0;
    crowd(&disk, (&mut turn, 40), || {
        let entry = look_up(&disk, "hot").unwrap();
        assert_eq!(entry.head, b"other");
        assert_eq!(read_from(&entry.content, 0).unwrap(), body(1, 12_000));
    });
    assert!(disk.disk_stats().reappended > 0);
}

#[test]
fn a_damaged_part_is_not_written_again() {
    let files = Sim::new();
    let disk = open(&files, &small());
    put(&disk, "hot", &body(1, LONG)).unwrap();
    disk.close().unwrap();
    drop(disk);
    // The last byte of the second part.
    let at = 2 * (SEGMENT as usize / 16 + 64) - 1;
    let files = files.copy_with(|name, data| {
        if name.ends_with(".segment") {
            data[at] ^= 1;
        }
    });
    let disk = open(&files, &small());
    let mut turn = 0;
    crowd(&disk, (&mut turn, 12), || {
        if let Some(entry) = look_up(&disk, "hot") {
            // The first part is whole.
            let first = read_from(&entry.content, 0);
            assert!(first.is_err(), "{} bytes", first.unwrap().len());
        }
    });
    assert!(look_up(&disk, "hot").is_none());
}

#[test]
fn a_long_body_is_read_before_the_disk_has_taken_it() {
    let files = Sim::new();
    let disk = open(&files, &small().io(Io::threads(2)));
    let _blocked = files.knobs.block();
    put(&disk, "long", &body(1, LONG)).unwrap();
    for at in [0, 1, 20_000, LONG as u64 - 1] {
        let entry = look_up(&disk, "long").unwrap();
        let bytes = read_from(&entry.content, at).unwrap();
        assert_eq!(bytes, body(1, LONG)[at as usize..], "from {at}");
    }
    files.knobs.unblock();
    disk.close().unwrap();
    assert_eq!(disk.disk_stats().damaged_bodies, 0);
}
