//! The table of purges against a list that forgets nothing.

use core::task::{Context, Poll, Waker};

use eaves_cache::{
    head::Head,
    key::Key,
    policy::{Policy, Storage, Times},
    purge::{Mode, Pattern, Prefix, Purge, Purges, Record, Scope, Target, Verdict},
    store::{Logged, Memory, Store, Ticket},
};
use eaves_common::time::{Now, Wall};
use http::{Request, Response};
use proptest::{collection::vec, prelude::*};

fn key(url: &str) -> Key {
    Key::of_uri(&url.parse().unwrap()).unwrap()
}

/// A stored response with these tags, asked for at that epoch.
fn head(tags: &str, asked: u64) -> Head {
    let request = Request::get("http://a.example/").body(()).unwrap();
    let response = Response::builder()
        .header("cache-control", "max-age=60")
        .header("surrogate-key", tags)
        .body(())
        .unwrap();
    let times = Times::at(Now::default());
    let policy = Policy::default();
    let Storage::Store(meta) = policy.storage((&request).into(), (&response).into(), times) else {
        panic!("it may be stored")
    };
    let mut head = Head::new(meta, response.headers());
    head.set_asked(asked);
    head
}

#[derive(Clone, Debug)]
enum Step {
    Store { url: String, tag: String },
    Purge(Purge),
}

fn step() -> impl Strategy<Value = Step> {
    let url = "http://[ab]\\.example/[abc]{0,2}";
    let text = "([ab]\\.example/[abc*]{0,2}|http://[ab*]{1,3}\\.example/)";
    let purge = prop_oneof![
        1 => Just(Purge::everything()),
        8 => "[a-d]".prop_map(|tag| Purge::tag(&tag)),
        8 => url.prop_map(|url| Purge::url(key(&url))),
        8 => text.prop_map(|text| Purge::prefix(&text.replace('*', "")).unwrap()),
        8 => text.prop_map(|text| Purge::pattern(&text).unwrap()),
    ];
    let purge =
        (purge, any::<bool>()).prop_map(|(purge, soft)| if soft { purge.soft() } else { purge });
    prop_oneof![
        2 => (url, "[a-d]").prop_map(|(url, tag)| Step::Store { url, tag }),
        1 => purge.prop_map(Step::Purge),
    ]
}

fn concerns(purge: &Purge, url: &Key, tag: &str) -> bool {
    match purge.target() {
        Target::Everything => true,
        Target::Pattern(pattern) => Pattern::matches(pattern, url.as_bytes()),
        Target::Prefix(prefix) => Prefix::matches(prefix, url.as_bytes()),
        Target::Tag(other) => **other == *tag,
        Target::Url(other) => other == url,
        _ => false,
    }
}

/// How much a verdict takes away.
fn severity(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Holds => 0,
        Verdict::Stale { .. } => 1,
        Verdict::Void => 2,
    }
}

fn play(steps: Vec<Step>, bans: usize) {
    let purges = Purges::with_limits(Wall::ZERO, 1 << 16, bans);
    let mut all: Vec<(u64, Purge)> = Vec::new();
    let mut stored: Vec<(Key, String, Head)> = Vec::new();
    for (at, step) in steps.into_iter().enumerate() {
        match step {
            Step::Store { url, tag } => {
                stored.push((key(&url), tag.clone(), head(&tag, purges.epoch())));
            }
            Step::Purge(purge) => {
                let receipt = purges.issue(&purge, Wall::from_nanos(at as u64 / 3));
                assert!(all.last().is_none_or(|(last, _)| *last < receipt.epoch()));
                all.push((receipt.epoch(), purge));
            }
        }
        assert!(purges.bans() <= bans);
        for (url, tag, head) in &stored {
            let verdict = severity(purges.verdict(url, head));
            let due = all
                .iter()
                .filter(|(epoch, purge)| *epoch > head.meta().asked && concerns(purge, url, tag))
                .map(|(_, purge)| if purge.mode() == Mode::Hard { 2 } else { 1 })
                .max()
                .unwrap_or(0);
            assert!(
                verdict >= due,
                "{url} {tag} asked at {}: {all:?}",
                head.meta().asked
            );
            let known = all.iter().any(|(epoch, _)| *epoch > head.meta().asked);
            assert!(known || verdict == 0, "purged by nothing");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_purge_is_ever_forgotten(steps in vec(step(), 1..120), bans in 1..8_usize) {
        play(steps, bans);
    }

    #[test]
    fn nor_with_room_for_all(steps in vec(step(), 1..80)) {
        play(steps, 256);
    }
}

#[test]
fn a_full_list_becomes_wider_and_says_so() {
    let purges = Purges::with_limits(Wall::ZERO, 1, 3);
    let asked = purges.epoch();
    let paths = [
        "a.example/img/1",
        "a.example/img/2",
        "b.example/",
        "c.example/x",
    ];
    for path in &paths[..3] {
        assert_eq!(
            purges
                .issue(&Purge::prefix(path).unwrap(), Wall::ZERO)
                .scope(),
            Scope::AsAsked
        );
    }
    assert_eq!(
        purges
            .issue(&Purge::prefix(paths[3]).unwrap(), Wall::ZERO)
            .scope(),
        Scope::Wider
    );
    assert_eq!((purges.bans(), purges.purged().widened), (3, 1));
    let verdict = |url: &str| purges.verdict(&key(url), &head("", asked));
    for path in paths {
        assert_eq!(verdict(&format!("http://{path}")), Verdict::Void, "{path}");
    }
    assert_eq!(
        verdict("http://a.example/img/3"),
        Verdict::Void,
        "one became of both"
    );
    assert_eq!(verdict("http://a.example/text"), Verdict::Holds);
}

#[test]
fn the_same_purge_again_takes_no_more_room() {
    let purges = Purges::with_limits(Wall::ZERO, 1, 3);
    for _ in 0..100 {
        let _ = purges.issue(&Purge::prefix("a.example/").unwrap(), Wall::ZERO);
        let _ = purges.issue(&Purge::pattern("b.example/*").unwrap().soft(), Wall::ZERO);
    }
    assert_eq!((purges.bans(), purges.purged().widened), (2, 0));
}

#[test]
fn a_restart_applies_what_was_written_and_doubts_what_may_be_missing() {
    let record = Record {
        epoch: Wall::from_secs(100).as_nanos(),
        purge: Purge::tag("a"),
    };
    let at = |seconds| Wall::from_secs(seconds).as_nanos();
    let restored = |logged: &Logged| {
        let now = Wall::from_secs(500);
        let purges = Purges::new(now);
        purges.restore(logged, now);
        purges
    };
    let mut logged = Logged {
        records: vec![record.to_bytes()],
        missed_until: 0,
    };
    let purges = restored(&logged);
    let verdict =
        |purges: &Purges, tag, asked| purges.verdict(&key("http://a.example/"), &head(tag, asked));
    assert_eq!(verdict(&purges, "a", at(99)), Verdict::Void);
    assert_eq!(verdict(&purges, "a", at(101)), Verdict::Holds);
    assert_eq!(verdict(&purges, "b", at(99)), Verdict::Holds);
    assert!(
        matches!(verdict(&purges, "b", at(600)), Verdict::Stale { .. }),
        "from a clock that was set back"
    );
    logged.missed_until = at(300);
    let purges = restored(&logged);
    assert_eq!(verdict(&purges, "a", at(99)), Verdict::Void);
    assert!(matches!(
        verdict(&purges, "b", at(299)),
        Verdict::Stale { .. }
    ));
    assert_eq!(verdict(&purges, "b", at(301)), Verdict::Holds);
    logged = Logged {
        records: vec![b"nonsense".to_vec()],
        missed_until: 0,
    };
    assert!(matches!(
        verdict(&restored(&logged), "b", at(499)),
        Verdict::Stale { .. }
    ));
}

/// A process that purged at second 1000 ends uncleanly, and the next one starts at second 500.
#[test]
fn a_clock_that_was_set_back_undoes_no_purge_that_was_written_down() {
    let at = |seconds| Wall::from_secs(seconds).as_nanos();
    let restart = |records| {
        let now = Wall::from_secs(500);
        let (purges, missed_until) = (Purges::new(now), now.as_nanos());
        purges.restore(
            &Logged {
                records,
                missed_until,
            },
            now,
        );
        purges
    };
    let later = |purges: &Purges, seconds| {
        let _ = purges.issue(&Purge::tag("other"), Wall::from_secs(seconds));
        assert!(purges.epoch() >= at(seconds));
        purges.verdict(&key("http://a.example/"), &head("a", at(999)))
    };
    let record = Record {
        epoch: at(1000),
        purge: Purge::tag("a"),
    };
    let durable = restart(vec![record.to_bytes()]);
    for seconds in [500, 600, 1100] {
        assert_eq!(later(&durable, seconds), Verdict::Void, "at {seconds}");
    }
    let missing = restart(Vec::new());
    for seconds in [500, 600, 998] {
        let verdict = later(&missing, seconds);
        assert!(matches!(verdict, Verdict::Stale { .. }), "at {seconds}");
    }
    // As documented: nothing tells any longer that there was a purge.
    assert_eq!(later(&missing, 1100), Verdict::Holds);
}

/// A store that is opened late brings purges that are older than some that this process was told.
#[test]
fn what_is_restored_late_hides_no_later_purge_and_is_hidden_by_none() {
    let at = |seconds| Wall::from_secs(seconds).as_nanos();
    let prefix = |text| Purge::prefix(text).unwrap();
    let play = |late: (u64, Purge), asked| {
        let purges = Purges::new(Wall::from_secs(50));
        let _ = purges.issue(&prefix("a.example/new"), Wall::from_secs(100));
        let record = Record {
            epoch: at(late.0),
            purge: late.1,
        };
        let logged = Logged {
            records: vec![record.to_bytes()],
            missed_until: 0,
        };
        purges.restore(&logged, Wall::from_secs(100));
        ["old", "new"].map(|path| {
            let url = key(&format!("http://a.example/{path}"));
            purges.verdict(&url, &head("t", at(asked)))
        })
    };
    let (void, holds) = (Verdict::Void, Verdict::Holds);
    assert_eq!(play((70, prefix("a.example/old")), 60), [void, void]);
    assert_eq!(play((70, prefix("a.example/old")), 80), [holds, void]);
    assert_eq!(play((70, prefix("b.example/")), 80), [holds, void]);
    assert_eq!(
        play((55, prefix("a.example/new").soft()), 60),
        [holds, void]
    );
}

#[test]
fn what_was_checked_before_something_was_restored_is_checked_again() {
    let purges = Purges::new(Wall::from_secs(50));
    let (store, url) = (Memory::new(1 << 20), key("http://a.example/"));
    let head = head("a", purges.epoch());
    let write = store.begin(&url, head.as_bytes(), Some(0)).unwrap();
    write.commit(None);
    let _ = purges.issue(&Purge::tag("b"), Wall::from_secs(100));
    let mut cx = Context::from_waker(Waker::noop());
    let Poll::Ready(Some(entry)) = store.poll_lookup(&url, &mut Ticket::default(), &mut cx) else {
        panic!("it is there")
    };
    let check = || purges.check(&url, &head, &*entry.content);
    assert_eq!(check(), Verdict::Holds);
    let record = Record {
        epoch: Wall::from_secs(70).as_nanos(),
        purge: Purge::tag("a"),
    };
    let logged = Logged {
        records: vec![record.to_bytes()],
        missed_until: 0,
    };
    purges.restore(&logged, Wall::from_secs(100));
    assert_eq!(check(), Verdict::Void);
}

#[test]
fn what_was_checked_is_not_checked_again_until_the_next_purge() {
    let purges = Purges::new(Wall::ZERO);
    let (store, url) = (Memory::new(1 << 20), key("http://a.example/"));
    let head = head("a", purges.epoch());
    store
        .begin(&url, head.as_bytes(), Some(0))
        .unwrap()
        .commit(None);
    let mut cx = Context::from_waker(Waker::noop());
    let Poll::Ready(Some(entry)) = store.poll_lookup(&url, &mut Ticket::default(), &mut cx) else {
        panic!("it is there")
    };
    let check = || purges.check(&url, &head, &*entry.content);
    assert_eq!(entry.content.checked(), purges.epoch());
    let _ = purges.issue(&Purge::tag("b"), Wall::ZERO);
    assert!(entry.content.checked() < purges.epoch());
    assert_eq!(check(), Verdict::Holds);
    assert_eq!(entry.content.checked(), purges.epoch());
    let _ = purges.issue(&Purge::tag("a"), Wall::ZERO);
    assert_eq!((check(), check()), (Verdict::Void, Verdict::Void));
    let taken =
        allocation_counter::measure(|| drop(purges.issue(&Purge::everything(), Wall::ZERO)));
    assert_eq!(taken.count_total, 0);
}

#[test]
fn an_epoch_at_the_end_of_time_ends_nothing() {
    let purges = Purges::new(Wall::from_secs(1));
    let record = Record {
        epoch: u64::MAX,
        purge: Purge::tag("a"),
    };
    let logged = Logged {
        records: vec![record.to_bytes()],
        missed_until: 0,
    };
    purges.restore(&logged, Wall::from_secs(100));
    assert_eq!(purges.epoch(), u64::MAX);
    let receipt = purges.issue(&Purge::tag("b"), Wall::from_secs(101));
    assert_eq!(receipt.epoch(), u64::MAX);
    for tag in ["a", "b"] {
        let verdict = purges.verdict(&key("http://a.example/"), &head(tag, 7));
        assert_eq!(verdict, Verdict::Void, "{tag}");
    }
}
