//! What a store does when nothing goes wrong.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use eaves_cache::{
    head::Head,
    policy::{Policy, Storage, Times},
    store::{
        Logged, Memory, NotSynced, Refused, Store, Synced, Ticket,
        disk::{Disk, DiskConfig, Files, Io, OpenError, Recovery, State},
        tier::Tier,
    },
};
use eaves_common::{
    time::{Clock, ManualClock, Wall},
    units::ByteSize,
};
use http::{HeaderMap, HeaderValue, Request, Response, header::CACHE_CONTROL};

use super::{body, config, eventually, get, key, look_up, open, put, read_from, sim::Sim, wait};

/// Around the ends of chunks, of what one lookup reads, and of extents.
const LENGTHS: [usize; 14] = [
    0,
    1,
    1000,
    65_535,
    65_536,
    65_537,
    81_920,
    131_073,
    1 << 20,
    (1 << 20) + 1,
    1_500_000,
    2 << 20,
    3_000_000,
    (4 << 20) - 7,
];

fn round_trip(io: Io, announce: impl Fn(usize) -> Option<u64>) {
    let files = Sim::new();
    let config = DiskConfig::new(ByteSize::from_mib(64))
        .segment(ByteSize::from_mib(8))
        .io(io);
    let disk = open(&files, &config);
    for (at, len) in LENGTHS.into_iter().enumerate() {
        let bytes = body(at as u64, len);
        let mut write = disk
            .begin(&key(at), format!("head {at}").as_bytes(), announce(len))
            .unwrap();
        let growing = write.content();
        for part in bytes.chunks(200_001) {
            write.append(part).unwrap();
            assert_eq!(growing.len(), None);
        }
        assert_eq!(read_from(&growing, 0).unwrap(), bytes);
        let mut trailers = HeaderMap::new();
        trailers.insert("x-number", HeaderValue::from(at));
        write.commit(Some(trailers.clone()));
        assert_eq!(growing.len(), Some(len as u64));
        for content in [growing, look_up(&disk, at).unwrap().content] {
            for from in [0, 1, len / 2, len.saturating_sub(1), len, len + 5] {
                let rest = &bytes[from.min(len)..];
                assert_eq!(
                    read_from(&content, from as u64).unwrap(),
                    rest,
                    "{len} from {from}"
                );
            }
            assert_eq!(content.len(), Some(len as u64));
            assert_eq!(content.trailers().as_ref(), Some(&trailers));
        }
    }
    eventually("writing", || disk.disk_stats().buffered_bytes == 0);
    for (at, len) in LENGTHS.into_iter().enumerate() {
        let entry = look_up(&disk, at).unwrap();
        assert_eq!(entry.head, format!("head {at}").as_bytes());
        assert_eq!(read_from(&entry.content, 0).unwrap(), body(at as u64, len));
    }
    let stats = disk.disk_stats();
    assert_eq!(
        (stats.committed, stats.lost, stats.damaged_bodies),
        (LENGTHS.len() as u64, 0, 0)
    );
}

#[test]
fn bodies_of_all_lengths_read_back_growing_waiting_and_written() {
    round_trip(Io::Inline, |len| Some(len as u64));
    round_trip(Io::threads(2), |len| Some(len as u64));
}

#[test]
fn bodies_of_unknown_length_read_back_too() {
    round_trip(Io::Inline, |_| None);
    round_trip(Io::threads(1), |_| None);
}

#[test]
fn an_object_of_four_kib_takes_one_read() {
    let files = Sim::new();
    let disk = open(&files, &config(1 << 20));
    for name in 0..50 {
        put(&disk, name, &body(name, 4096)).unwrap();
    }
    let before = files.knobs.reads.load(Ordering::Relaxed);
    for name in 0..50 {
        assert_eq!(get(&disk, name).unwrap(), body(name, 4096));
    }
    assert_eq!(files.knobs.reads.load(Ordering::Relaxed) - before, 50);
    assert_eq!(disk.disk_stats().reads, 50);
}

#[test]
fn what_the_system_has_in_memory_is_found_while_the_disk_hangs() {
    let files = Sim::new();
    let disk = open(&files, &config(8 << 20).io(Io::threads(1)));
    let lengths = [0, 1000, 60_000];
    for (name, len) in lengths.into_iter().enumerate() {
        put(&disk, name, &body(7, len)).unwrap();
    }
    eventually("writing", || disk.disk_stats().buffered_bytes == 0);
    let _blocked = files.knobs.block();
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    let mut look = |name: usize| {
        let mut ticket = Ticket::default();
        disk.poll_lookup(&key(name), &mut ticket, &mut cx)
    };
    assert!(look(1).is_pending(), "nobody knows what is in memory");
    files.knobs.cached.store(true, Ordering::Relaxed);
    for (name, len) in lengths.into_iter().enumerate() {
        let std::task::Poll::Ready(Some(entry)) = look(name) else {
            panic!("{name} waits for the disk")
        };
        assert_eq!(read_from(&entry.content, 0).unwrap(), body(7, len));
    }
    // Half a record is not taken for one: it is left to a thread.
    files.knobs.at_most.store(500, Ordering::Relaxed);
    assert!(look(1).is_pending());
    files.knobs.at_most.store(0, Ordering::Relaxed);
    files.knobs.unblock();
    assert_eq!(get(&disk, 1).unwrap(), body(7, 1000));
}

#[test]
fn an_aborted_write_leaves_nothing_to_find_and_its_readers_what_they_had() {
    let files = Sim::new();
    let disk = open(&files, &config(4 << 20));
    let bytes = body(1, 300_000);
    let mut write = disk.begin(&key("a"), b"head", None).unwrap();
    write.append(&bytes).unwrap();
    let content = write.content();
    drop(write);
    assert_eq!(read_from(&content, 0).unwrap(), bytes);
    assert!(look_up(&disk, "a").is_none());
    let mut short = disk.begin(&key("a"), b"head", Some(10)).unwrap();
    short.append(b"five!").unwrap();
    short.commit(None);
    assert!(look_up(&disk, "a").is_none());
    assert_eq!(disk.disk_stats().aborted, 2);
    assert_eq!(disk.usage().entries, 0);
    disk.close().unwrap();
    let disk = open(&files, &config(4 << 20));
    assert!(look_up(&disk, "a").is_none());
}

#[test]
fn what_is_too_large_or_longer_than_announced_is_refused() {
    let disk = open(
        &Sim::new(),
        &config(1 << 20).max_object(ByteSize::from_kib(64)),
    );
    let refused = disk.begin(&key("a"), b"", Some(65_537)).err();
    assert_eq!(
        refused,
        Some(Refused::TooLarge {
            len: 65_537,
            limit: 65_536
        })
    );
    let mut write = disk.begin(&key("a"), b"", None).unwrap();
    write.append(&[0; 65_536]).unwrap();
    assert_eq!(
        write.append(&[0]),
        Err(Refused::TooLarge {
            len: 65_537,
            limit: 65_536
        })
    );
    drop(write);
    let mut write = disk.begin(&key("a"), b"", Some(3)).unwrap();
    assert_eq!(write.append(&[0; 4]), Err(Refused::Length { announced: 3 }));
    assert!(matches!(
        disk.begin(&key("a"), &[0; 1 << 20], None).err(),
        Some(Refused::TooLarge { .. })
    ));
    drop(write);
    let fillings: Vec<_> = (0..8)
        .map(|_| disk.begin(&key("a"), b"", Some(65_000)))
        .collect();
    assert!(fillings.iter().all(Result::is_ok));
    assert!(matches!(
        disk.begin(&key("a"), b"", Some(65_000)).err(),
        Some(Refused::NoRoom { .. })
    ));
    let refusals = disk.disk_stats().refusals;
    assert_eq!((refusals.too_large, refusals.no_room), (3, 1));
    drop(fillings);
    assert!(disk.begin(&key("a"), b"", Some(65_000)).is_ok());
}

#[test]
fn heads_are_replaced_without_losing_the_body() {
    let files = Sim::new();
    let disk = open(&files, &config(8 << 20));
    for (name, len) in [
        ("empty", 0),
        ("small", 900),
        ("middle", 200_000),
        ("large", 700_000),
    ] {
        let bytes = body(7, len);
        put(&disk, name, &bytes).unwrap();
        for round in 0..3 {
            let entry = look_up(&disk, name).unwrap();
            let head = format!("head {round} of {name}");
            assert!(disk.replace_head(&key(name), &entry.content, head.as_bytes()));
            // Content of a record that was replaced still reads, and cannot replace it again.
            assert_eq!(read_from(&entry.content, 0).unwrap(), bytes);
            assert!(!disk.replace_head(&key(name), &entry.content, b"late"));
            let entry = look_up(&disk, name).unwrap();
            assert_eq!(entry.head, head.as_bytes());
            assert_eq!(read_from(&entry.content, 0).unwrap(), bytes);
        }
    }
    drop(disk);
    let disk = open(&files, &config(8 << 20));
    assert_eq!(disk.recovery(), Recovery::Unclean);
    assert_eq!(look_up(&disk, "large").unwrap().head, b"head 2 of large");
    assert_eq!(get(&disk, "large").unwrap(), body(7, 700_000));
}

#[test]
fn a_clean_stop_keeps_everything_and_a_crash_what_was_written() {
    for end in [Recovery::Clean, Recovery::Unclean] {
        let files = Sim::new();
        let disk = open(&files, &config(8 << 20));
        assert_eq!(disk.recovery(), Recovery::Fresh);
        for name in 0..200 {
            put(&disk, name, &body(name, 5000)).unwrap();
        }
        for name in 0..50 {
            assert!(disk.remove(&key(name)));
            assert!(!disk.remove(&key(name)));
        }
        if end == Recovery::Clean {
            disk.close().unwrap();
            assert!(look_up(&disk, 100).is_none());
            assert_eq!(disk.disk_stats().state, State::Closed);
            let refused = disk.begin(&key(1), b"", Some(1)).err();
            assert!(matches!(refused, Some(Refused::Unavailable { .. })));
        }
        drop(disk);
        let disk = open(&files, &config(8 << 20));
        assert_eq!(disk.recovery(), end);
        assert_eq!(disk.usage().entries, 150);
        for name in 0..200 {
            let expected = (name >= 50).then(|| body(name, 5000));
            assert_eq!(get(&disk, name), expected, "{name}");
        }
    }
}

#[test]
fn a_second_store_in_the_folder_is_refused_until_the_first_is_closed() {
    let path = tempfile::tempdir().unwrap();
    let first = Disk::open(path.path(), &config(1 << 20)).unwrap();
    put(&first, "a", b"hello").unwrap();
    let second = Disk::open(path.path(), &config(1 << 20));
    assert!(matches!(second, Err(OpenError::Locked)), "{second:?}");
    first.close().unwrap();
    let second = Disk::open(path.path(), &config(1 << 20)).unwrap();
    assert_eq!(get(&second, "a").unwrap(), b"hello");
    let error = eaves_common::Error::from(OpenError::Locked);
    assert_eq!(error.kind(), eaves_common::ErrorKind::Conflict);
}

/// Which folder the other process is to open; without it, there is no other process.
const OTHERS_FOLDER: &str = "EAVES_CACHE_TEST_FOLDER";

#[test]
fn a_second_process_in_the_folder_is_refused_and_harms_nothing() {
    let path = tempfile::tempdir().unwrap();
    let first = Disk::open(path.path(), &config(1 << 20)).unwrap();
    put(&first, "a", b"hello").unwrap();
    assert_eq!(from_another_process(path.path()), "Locked");
    assert_eq!(get(&first, "a").unwrap(), b"hello");
    first.close().unwrap();
    assert_eq!(from_another_process(path.path()), "found hello");
}

/// What the other process does; alone it has nothing to do.
#[test]
fn another_process_says_what_it_finds() {
    let Some(folder) = std::env::var_os(OTHERS_FOLDER) else {
        return;
    };
    match Disk::open(std::path::Path::new(&folder), &config(1 << 20)) {
        Ok(disk) => {
            let body = get(&disk, "a").unwrap();
            println!("other: found {}", String::from_utf8(body).unwrap());
        }
        Err(error) => println!("other: {error:?}"),
    }
}

/// Runs this program again for that one test, and returns what it said.
fn from_another_process(folder: &std::path::Path) -> String {
    let it = "disk::life::another_process_says_what_it_finds";
    let said = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", it, "--nocapture"])
        .env(OTHERS_FOLDER, folder)
        .output()
        .unwrap();
    let said = String::from_utf8(said.stdout).unwrap();
    let (_, rest) = said.split_once("other: ").expect(&said);
    rest.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn a_budget_without_room_for_segments_is_refused() {
    let refused = Disk::open_in(Sim::new() as Arc<dyn Files>, &config(65_535));
    assert!(matches!(
        refused,
        Err(OpenError::Budget {
            budget: 65_535,
            least: 65_536
        })
    ));
}

#[test]
fn a_restart_does_not_make_responses_younger() {
    let files = Sim::new();
    let clock = Arc::new(ManualClock::at(Wall::from_secs(1_000)));
    clock.advance(Duration::from_secs(9_000));
    let request = Request::get("http://a.example/a").body(()).unwrap();
    let response = Response::builder()
        .header(CACHE_CONTROL, "max-age=60")
        .body(())
        .unwrap();
    let times = Times::at(clock.now());
    let storage = Policy::default().storage((&request).into(), (&response).into(), times);
    let Storage::Store(meta) = storage else {
        panic!("it may be stored")
    };
    let head = Head::new(meta, response.headers());
    let age = |disk: &Disk, clock: &ManualClock| {
        let found = Head::from_bytes(look_up(disk, "a").unwrap().head).unwrap();
        found.meta().age(clock.now()).as_secs()
    };

    let disk = open(&files, &config(1 << 20).clock(clock.clone()));
    let write = disk.begin(&key("a"), head.as_bytes(), Some(0)).unwrap();
    write.commit(None);
    clock.advance(Duration::from_secs(10));
    assert_eq!(age(&disk, &clock), 10);
    disk.close().unwrap();

    // Another process, whose monotonic time begins at zero.
    let clock = Arc::new(ManualClock::at(Wall::from_secs(10_050)));
    let disk = open(&files, &config(1 << 20).clock(clock.clone()));
    assert_eq!(age(&disk, &clock), 50);
    clock.advance(Duration::from_secs(2));
    assert_eq!(age(&disk, &clock), 52);
}

/// Waits until a purge is safe, or said not to be.
fn safe(synced: Synced) -> Result<(), NotSynced> {
    wait(|cx| synced.poll_synced(cx))
}

#[test]
fn purges_outlive_a_crash_once_they_are_safe() {
    let files = Sim::new();
    let start =
        |wall: u64| config(1 << 20).clock(Arc::new(ManualClock::at(Wall::from_nanos(wall))));
    let disk = open(&files, &start(100));
    for epoch in 1..=3_u64 {
        assert_eq!(safe(disk.log_purge(&epoch.to_le_bytes())), Ok(()));
    }
    files.knobs.syncs_fail.store(true, Ordering::Relaxed);
    assert_eq!(safe(disk.log_purge(&4_u64.to_le_bytes())), Err(NotSynced));
    files.knobs.syncs_fail.store(false, Ordering::Relaxed);
    assert_eq!(safe(disk.log_purge(&5_u64.to_le_bytes())), Ok(()));

    // Nothing that was not synced survives.
    let files = files.crash(|_| 0);
    let disk = open(&files, &start(200));
    let logged = disk.logged_purges();
    assert_eq!(
        logged.records,
        (1..=5_u64)
            .map(|epoch| epoch.to_le_bytes().to_vec())
            .collect::<Vec<_>>()
    );
    assert_eq!(logged.missed_until, 200);
    disk.close().unwrap();
    assert_eq!(safe(disk.log_purge(&6_u64.to_le_bytes())), Err(NotSynced));
    drop(disk);
    // A clean stop later, what was stored before the crash still is as good as purged.
    let disk = open(&files, &start(300));
    assert_eq!(
        (disk.recovery(), disk.logged_purges().missed_until),
        (Recovery::Clean, 200)
    );
}

#[test]
fn a_purge_log_at_its_limit_widens_what_may_be_missing() {
    let files = Sim::new();
    let disk = open(&files, &config(64 << 10));
    for epoch in 1..=500_u64 {
        let mut record = epoch.to_le_bytes().to_vec();
        record.resize(24, 7);
        assert_eq!(safe(disk.log_purge(&record)), Ok(()));
    }
    let Logged {
        records: purges,
        missed_until,
    } = disk.logged_purges();
    let first = u64::from_le_bytes(*purges[0].first_chunk().unwrap());
    assert_eq!(missed_until + 1, first);
    assert_eq!(first + purges.len() as u64, 501);
    let log = files
        .contents()
        .into_iter()
        .find(|(name, _)| name == "purges")
        .unwrap()
        .1;
    assert!(log.len() <= 1024, "{}", log.len());
    drop(disk);
    let disk = open(&files, &config(64 << 10));
    assert_eq!(disk.logged_purges().records, purges);
}

#[test]
fn a_dropped_ticket_leaves_the_others_alone() {
    let files = Sim::new();
    let disk = open(&files, &config(4 << 20).io(Io::threads(1)));
    put(&disk, "a", &body(1, 5000)).unwrap();
    eventually("writing", || disk.disk_stats().buffered_bytes == 0);
    let _blocked = files.knobs.block();
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    for _ in 0..100 {
        let mut ticket = Ticket::default();
        assert!(
            disk.poll_lookup(&key("a"), &mut ticket, &mut cx)
                .is_pending()
        );
    }
    files.knobs.unblock();
    assert_eq!(get(&disk, "a").unwrap(), body(1, 5000));
    // At most the one that a thread had begun was read for nobody.
    assert!(disk.disk_stats().reads <= 2, "{:?}", disk.disk_stats());
}

#[test]
fn a_key_is_removed_with_its_content_only_while_that_is_what_it_leads_to() {
    let files = Sim::new();
    let disk = open(&files, &config(1 << 20));
    put(&disk, "a", b"first").unwrap();
    let first = look_up(&disk, "a").unwrap().content;
    put(&disk, "a", b"second").unwrap();
    assert!(!disk.remove_content(&key("a"), &first));
    let second = look_up(&disk, "a").unwrap().content;
    assert!(!disk.remove_content(&key("b"), &second));
    assert!(disk.remove_content(&key("a"), &second));
    assert!(look_up(&disk, "a").is_none());
    drop(disk);
    assert!(
        look_up(&open(&files, &config(1 << 20)), "a").is_none(),
        "nor after a crash"
    );
}

#[test]
fn a_disk_under_memory_takes_what_leaves_and_gives_it_back() {
    let files = Sim::new();
    let disk = Arc::new(open(&files, &config(16 << 20)));
    let tier = Tier::new(Memory::new(256 << 10), disk.clone()).demote_at(1);
    let mut ticket = Ticket::default();
    for name in 0..100 {
        let bytes = body(name, 20_000);
        let mut write = tier.begin(&key(name), b"head", Some(20_000)).unwrap();
        write.append(&bytes).unwrap();
        write.commit(None);
        let _ = wait(|cx| tier.poll_lookup(&key(name), &mut ticket, cx));
    }
    let mut found = 0;
    for name in 0..100 {
        let entry = wait(|cx| tier.poll_lookup(&key(name), &mut ticket, cx));
        if let Some(entry) = entry {
            assert_eq!(read_from(&entry.content, 0).unwrap(), body(name, 20_000));
            found += 1;
        }
    }
    assert!(found > 50, "{found}");
    assert!(disk.usage().entries > 40, "{:?}", disk.disk_stats());
    assert_eq!(disk.stats().hits, disk.disk_stats().hits);
    for name in 0..100 {
        tier.remove(&key(name));
        assert!(wait(|cx| tier.poll_lookup(&key(name), &mut ticket, cx)).is_none());
    }
}
