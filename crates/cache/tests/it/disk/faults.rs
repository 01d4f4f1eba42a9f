//! A file system that runs full, fails, may only be read, or is slow.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use eaves_cache::store::{
    ReadError, Refused, Store, Ticket,
    disk::{Disk, DiskConfig, Files, Io, Recovery, State, Trouble},
};
use eaves_common::{time::ManualClock, units::ByteSize};

use super::{body, config, eventually, get, key, look_up, open, put, read_from, sim::Sim};

fn with_clock(config: DiskConfig) -> (DiskConfig, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::default());
    (config.clock(clock.clone()), clock)
}

#[test]
fn a_full_disk_refuses_serves_what_it_has_and_comes_back() {
    let files = Sim::new();
    let (config, clock) = with_clock(config(1 << 20));
    let disk = open(&files, &config);
    for name in 0..40 {
        put(&disk, name, &body(name, 8000)).unwrap();
    }
    let used = files.knobs.used.load(Ordering::Relaxed);
    files.knobs.capacity.store(used, Ordering::Relaxed);
    put(&disk, "lost", &body(99, 8000)).unwrap();
    assert!(look_up(&disk, "lost").is_none());
    let refused = disk.begin(&key("refused"), b"", Some(1)).err();
    assert_eq!(
        refused,
        Some(Refused::Unavailable {
            why: "disk is full"
        })
    );
    let stats = disk.disk_stats();
    assert_eq!(
        (stats.state, stats.lost),
        (State::Troubled(Trouble::Full), 1)
    );
    assert_eq!(get(&disk, 39).unwrap(), body(39, 8000), "reads go on");

    // Within the room that there is, it goes on by letting the oldest go.
    clock.advance(Duration::from_secs(2));
    for name in 100..200 {
        if put(&disk, name, &body(name, 8000)).is_err() {
            clock.advance(Duration::from_secs(61));
        }
    }
    assert!(files.knobs.peak.load(Ordering::Relaxed) <= used);
    let kept = (100..200).filter(|name| get(&disk, name).is_some()).count();
    assert!(kept > 15, "{kept}");

    files.knobs.capacity.store(0, Ordering::Relaxed);
    clock.advance(Duration::from_secs(61));
    put(&disk, "back", b"back").unwrap();
    assert_eq!(get(&disk, "back").unwrap(), b"back");
    assert_eq!(disk.disk_stats().state, State::Serving);
    assert!(disk.close().is_ok());
}

#[test]
fn readers_of_an_object_that_could_not_be_written_get_all_of_it() {
    let files = Sim::new();
    let (config, _) = with_clock(config(4 << 20));
    let disk = open(&files, &config);
    let bytes = body(1, 600_000);
    let mut write = disk.begin(&key("a"), b"head", Some(600_000)).unwrap();
    write.append(&bytes[..300_000]).unwrap();
    files.knobs.writes_fail.store(true, Ordering::Relaxed);
    write.append(&bytes[300_000..]).unwrap();
    let content = write.content();
    write.commit(None);
    assert_eq!(read_from(&content, 0).unwrap(), bytes);
    assert!(look_up(&disk, "a").is_none());
    assert_eq!(disk.disk_stats().state, State::Troubled(Trouble::Failing));
    drop(content);
    assert_eq!(disk.disk_stats().buffered_bytes, 0);
}

#[test]
fn short_reads_and_writes_are_continued() {
    let files = Sim::new();
    files.knobs.at_most.store(777, Ordering::Relaxed);
    let disk = open(&files, &config(4 << 20));
    for (name, len) in [(0, 10), (1, 5000), (2, 300_000)] {
        put(&disk, name, &body(name, len)).unwrap();
        assert_eq!(get(&disk, name).unwrap(), body(name, len));
    }
    disk.close().unwrap();
    drop(disk);
    let disk = open(&files, &config(4 << 20));
    assert_eq!(disk.recovery(), Recovery::Clean);
    assert_eq!(get(&disk, 2).unwrap(), body(2, 300_000));
}

#[test]
fn a_disk_that_cannot_read_is_a_miss_and_an_error_behind_a_beginning() {
    let files = Sim::new();
    let disk = open(&files, &config(4 << 20));
    put(&disk, "small", &body(1, 100)).unwrap();
    put(&disk, "large", &body(2, 300_000)).unwrap();
    let large = look_up(&disk, "large").unwrap();
    files.knobs.reads_fail.store(true, Ordering::Relaxed);
    assert!(look_up(&disk, "small").is_none());
    assert!(matches!(
        read_from(&large.content, 200_000),
        Err(ReadError::Damaged { at: 200_000 })
    ));
    files.knobs.reads_fail.store(false, Ordering::Relaxed);
    assert!(look_up(&disk, "large").is_none(), "it was given up");
    let stats = disk.disk_stats();
    assert_eq!((stats.misses.unreadable, stats.damaged_bodies), (1, 1));
}

#[test]
fn a_read_only_file_system_serves_what_it_holds() {
    for end in [Recovery::Clean, Recovery::Unclean] {
        let files = Sim::new();
        let disk = open(&files, &config(1 << 20));
        put(&disk, "a", &body(1, 5000)).unwrap();
        if end == Recovery::Clean {
            disk.close().unwrap();
        }
        drop(disk);
        files.knobs.read_only.store(true, Ordering::Relaxed);
        let (config_then, clock) = with_clock(config(1 << 20));
        let disk = open(&files, &config_then);
        assert_eq!(disk.recovery(), end);
        assert_eq!(get(&disk, "a").unwrap(), body(1, 5000));
        let refused = disk.begin(&key("b"), b"", Some(1)).err();
        assert_eq!(
            refused,
            Some(Refused::Unavailable {
                why: "disk is read-only"
            })
        );
        assert_eq!(disk.disk_stats().state, State::Troubled(Trouble::ReadOnly));
        // It was opened without a lock, and is never written, whatever becomes of the file system.
        let before = files.contents();
        disk.remove(&key("a"));
        files.knobs.read_only.store(false, Ordering::Relaxed);
        clock.advance(Duration::from_secs(3600));
        disk.remove(&key("a"));
        assert!(disk.begin(&key("b"), b"", Some(1)).is_err());
        drop(disk.log_purge(&[1; 8]));
        assert!(disk.close().is_err());
        drop(disk);
        assert_eq!(files.contents(), before);
        assert_eq!(open(&files, &config(1 << 20)).recovery(), end);
    }
}

#[test]
fn a_file_system_that_becomes_read_only_refuses_until_it_is_not() {
    let files = Sim::new();
    let (config, clock) = with_clock(config(1 << 20));
    let disk = open(&files, &config);
    put(&disk, "a", b"a").unwrap();
    files.knobs.read_only.store(true, Ordering::Relaxed);
    put(&disk, "b", b"b").unwrap();
    assert!(put(&disk, "c", b"c").is_err());
    assert_eq!(get(&disk, "a").unwrap(), b"a");
    files.knobs.read_only.store(false, Ordering::Relaxed);
    clock.advance(Duration::from_secs(2));
    put(&disk, "c", b"c").unwrap();
    assert_eq!(get(&disk, "c").unwrap(), b"c");
}

#[test]
fn a_slow_disk_fills_a_bounded_buffer_and_then_is_passed_by() {
    let files = Sim::new();
    let config = config(8 << 20)
        .io(Io::threads(2))
        .write_buffer(ByteSize::from_kib(256));
    let disk = open(&files, &config);
    put(&disk, "early", &body(0, 5000)).unwrap();
    eventually("writing", || disk.disk_stats().buffered_bytes == 0);
    let _blocked = files.knobs.block();
    let mut taken = 0;
    let refused = loop {
        match put(&disk, taken, &body(taken, 10_000)) {
            Ok(()) => taken += 1,
            Err(refused) => break refused,
        }
        assert!(taken < 100, "the buffer is bounded");
    };
    assert!(
        matches!(refused, Refused::Busy { limit: 262_144, .. }),
        "{refused}"
    );
    assert_eq!(taken, 26);
    assert!(disk.disk_stats().buffered_bytes <= 262_144);
    // What waits is served from memory, what is written has to wait.
    assert_eq!(get(&disk, 25).unwrap(), body(25, 10_000));
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    let mut ticket = Ticket::default();
    assert!(
        disk.poll_lookup(&key("early"), &mut ticket, &mut cx)
            .is_pending()
    );
    files.knobs.unblock();
    eventually("writing", || disk.disk_stats().buffered_bytes == 0);
    for name in 0..taken {
        assert_eq!(get(&disk, name).unwrap(), body(name, 10_000));
    }
    assert_eq!(disk.disk_stats().refusals.busy, 1);
}

#[test]
fn lookups_beyond_those_that_may_wait_find_nothing() {
    let files = Sim::new();
    let disk = open(
        &files,
        &config(8 << 20).io(Io::threads(1)).waiting_lookups(10),
    );
    put(&disk, "a", &body(0, 5000)).unwrap();
    eventually("writing", || disk.disk_stats().buffered_bytes == 0);
    let _blocked = files.knobs.block();
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    let mut tickets = Vec::new();
    let mut turned_away = 0;
    for _ in 0..100 {
        let mut ticket = Ticket::default();
        turned_away += u32::from(disk.poll_lookup(&key("a"), &mut ticket, &mut cx).is_ready());
        tickets.push(ticket);
    }
    assert!((89..=90).contains(&turned_away), "{turned_away}");
    assert_eq!(disk.disk_stats().misses.busy, u64::from(turned_away));
    files.knobs.unblock();
    eventually("the others' turn", || look_up(&disk, "a").is_some());
    assert_eq!(get(&disk, "a").unwrap(), body(0, 5000));
}

#[test]
fn a_segment_that_fails_again_and_again_is_given_up() {
    let files = Sim::new();
    let disk = open(&files, &config(1 << 20));
    for name in 0..200 {
        put(&disk, name, &body(name, 4000)).unwrap();
    }
    files.knobs.reads_fail.store(true, Ordering::Relaxed);
    let before = disk.usage().entries;
    for name in 0..16 {
        assert!(look_up(&disk, name).is_none());
    }
    files.knobs.reads_fail.store(false, Ordering::Relaxed);
    assert!(
        disk.usage().entries < before - 16,
        "its other objects left too"
    );
    assert_eq!(get(&disk, 150).unwrap(), body(150, 4000));
}

/// Fills, reads, changes and closes a store; everything that is read must be right, and anything may be missing.
fn live(files: &Arc<Sim>, clock: &Arc<ManualClock>) {
    let config = config(64 << 10).clock(clock.clone());
    let Ok(disk) = Disk::open_in(files.clone() as Arc<dyn Files>, &config) else {
        return;
    };
    for name in 0..24 {
        let _ = put(&disk, name, &body(name, (name * 331 % 4000) as usize));
        check(&disk, name / 2);
        if name % 5 == 0 {
            disk.remove(&key(name / 3));
            assert!(look_up(&disk, name / 3).is_none());
        }
        if let Some(entry) = look_up(&disk, name).filter(|_| name % 7 == 0) {
            disk.replace_head(&key(name), &entry.content, b"another");
        }
        clock.advance(Duration::from_secs(1));
    }
    drop(disk.log_purge(&[1; 8]));
    let _ = disk.close();
}

fn check(disk: &Disk, name: u64) {
    let Some(entry) = look_up(disk, name) else {
        return;
    };
    if let Ok(bytes) = read_from(&entry.content, 0) {
        assert_eq!(bytes, body(name, (name * 331 % 4000) as usize), "{name}");
    }
}

#[test]
fn any_single_call_may_fail_in_any_way() {
    use std::io::ErrorKind::{Other, ReadOnlyFilesystem, StorageFull};
    for kind in [Other, StorageFull, ReadOnlyFilesystem] {
        let mut calls = 0;
        loop {
            calls += 1;
            let files = Sim::new();
            let clock = Arc::new(ManualClock::default());
            *files.knobs.failure.lock().unwrap() = Some(kind);
            files.knobs.countdown.store(calls, Ordering::Relaxed);
            live(&files, &clock);
            let failed = files.knobs.countdown.swap(0, Ordering::Relaxed) == 0;
            live(&files, &clock);
            let disk = open(&files, &config(64 << 10));
            (0..24).for_each(|name| check(&disk, name));
            put(&disk, "after", b"after").unwrap();
            assert_eq!(get(&disk, "after").unwrap(), b"after");
            assert!(
                files.knobs.used.load(Ordering::Relaxed) <= 64 << 10,
                "call {calls}, {kind}"
            );
            if !failed {
                break;
            }
        }
        assert!(calls > 100, "{calls} calls of {kind}");
    }
}
