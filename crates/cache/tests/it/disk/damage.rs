//! Bytes that changed behind the store's back: never served, wherever they are.

use std::sync::Arc;

use eaves_cache::store::{
    Content, ReadError, Store,
    disk::{Disk, Recovery},
};

use super::{body, config, get, look_up, open, put, read_from, sim::Sim};

const BUDGET: u64 = 64 << 10;

/// Small, of two chunks, of three extents, and empty.
const OBJECTS: [(&str, usize); 5] = [
    ("small", 100),
    ("chunks", 1024),
    ("extents", 2500),
    ("empty", 0),
    ("last", 300),
];

/// A store of a few objects, after a clean stop or without one.
fn small_store(end: Recovery) -> Arc<Sim> {
    let files = Sim::new();
    let disk = open(&files, &config(BUDGET));
    for (number, (name, len)) in OBJECTS.into_iter().enumerate() {
        put(&disk, name, &body(number as u64, len)).unwrap();
    }
    disk.write_purge(&[1; 16], || {});
    if end == Recovery::Clean {
        disk.close().unwrap();
    }
    files
}

/// Reads every object and says how many were as they had been; one that is not must be a miss or end in an error.
fn intact(disk: &Disk) -> usize {
    let mut intact = 0;
    for (number, (name, len)) in OBJECTS.into_iter().enumerate() {
        let Some(entry) = look_up(disk, name) else {
            continue;
        };
        assert_eq!(entry.head, b"head");
        assert_eq!(entry.content.len(), Some(len as u64));
        let expected = body(number as u64, len);
        match read_from(&entry.content, 0) {
            Ok(bytes) => {
                assert_eq!(bytes, expected, "{name}");
                intact += 1;
            }
            Err(ReadError::Damaged { at }) => assert_prefix(&entry.content, &expected, at),
            Err(other) => panic!("{name}: {other}"),
        }
    }
    intact
}

/// What was handed out before the damage was right.
fn assert_prefix(content: &Arc<dyn Content>, expected: &[u8], damaged: u64) {
    let (mut at, mut ticket) = (0, eaves_cache::store::Ticket::default());
    while at < damaged {
        let part = super::wait(|cx| content.poll_read(at, &mut ticket, cx)).unwrap();
        assert!(expected[at as usize..].starts_with(&part));
        at += part.len() as u64;
    }
}

/// Opens a changed store and checks that it serves nothing wrong, at the first and the second try.
fn check(files: &Arc<Sim>) -> usize {
    let disk = open(files, &config(BUDGET));
    let first = intact(&disk);
    assert_eq!(intact(&disk), first);
    // It goes on as a store.
    put(&disk, "more", b"more").unwrap();
    assert_eq!(get(&disk, "more").unwrap(), b"more");
    first
}

fn every_bit_flip(end: Recovery) {
    let files = small_store(end);
    assert_eq!(check(&files.copy()), OBJECTS.len());
    let mut damaged = 0;
    for (name, bytes) in files.contents() {
        for at in 0..bytes.len() {
            let changed = files.copy_with(|this, data| {
                if this == name {
                    data[at] ^= 1 << (at % 8);
                }
            });
            damaged += usize::from(check(&changed) < OBJECTS.len());
        }
    }
    // Padding and the index may change without harm; most bytes are bodies.
    assert!(damaged > 4000, "{damaged}");
}

#[test]
fn a_bit_flipped_anywhere_after_a_clean_stop_is_never_served() {
    every_bit_flip(Recovery::Clean);
}

#[test]
fn a_bit_flipped_anywhere_after_a_crash_is_never_served() {
    every_bit_flip(Recovery::Unclean);
}

#[test]
fn a_file_cut_anywhere_is_never_served_beyond_what_is_whole() {
    for end in [Recovery::Clean, Recovery::Unclean] {
        let files = small_store(end);
        for (name, bytes) in files.contents() {
            for len in 0..bytes.len() {
                let cut = files.copy_with(|this, data| {
                    if this == name {
                        data.truncate(len);
                    }
                });
                check(&cut);
            }
        }
    }
}

#[test]
fn a_file_that_is_missing_costs_its_objects_alone() {
    for end in [Recovery::Clean, Recovery::Unclean] {
        let files = small_store(end);
        for (missing, _) in files.contents() {
            let rest = files.copy();
            eaves_cache::store::disk::Files::remove(&*rest, &missing).unwrap();
            check(&rest);
        }
    }
}

#[test]
fn a_torn_tail_is_a_miss_and_what_stands_before_it_is_found() {
    let files = small_store(Recovery::Unclean);
    let torn = files.copy_with(|name, data| {
        if name.ends_with(".segment") {
            let len = data.len();
            data[len - 200..].fill(0);
        }
    });
    let disk = open(&torn, &config(BUDGET));
    assert_eq!(get(&disk, "small").unwrap(), body(0, 100));
    assert!(look_up(&disk, "last").is_none());
    let misses = disk.disk_stats().misses;
    assert_eq!((misses.damaged, misses.absent), (1, 0));
    assert_eq!(
        disk.disk_stats().state,
        eaves_cache::store::disk::State::Serving
    );
}

#[test]
fn garbage_between_records_is_passed_over_and_counted() {
    let files = Sim::new();
    let disk = open(&files, &config(BUDGET));
    for number in 0..6 {
        put(&disk, number, &body(number, 400)).unwrap();
    }
    drop(disk);
    let changed = files.copy_with(|name, data| {
        if name.ends_with(".segment") {
            // The header of the second record, and all of the third.
            data[600..1500].fill(0xa5);
        }
    });
    let disk = open(&changed, &config(BUDGET));
    let found: Vec<_> = (0..6)
        .filter(|number| get(&disk, number).is_some())
        .collect();
    assert!(
        found.contains(&0) && found.contains(&5) && found.len() < 6,
        "{found:?}"
    );
    assert!(disk.disk_stats().unread_bytes >= 900 - 100);
    assert_eq!(disk.usage().entries, found.len() as u64);
}
