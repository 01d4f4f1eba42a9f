//! Live values: what readers get through proposals, trials, commits and reverts.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    thread,
};

use eaves_common::{
    Error, ErrorKind,
    live::{Live, LiveError, Step, Version},
    units::Ratio,
};

/// Commits a value and returns its version.
fn put<T>(live: &Live<T>, value: T) -> Version {
    let version = live.propose(value).unwrap();
    live.commit(version).unwrap();
    version
}

fn positive() -> Live<i32> {
    Live::builder(1)
        .check(|candidate, running| {
            if *candidate > 0 {
                return Ok(());
            }
            let message = format!("{candidate} is not positive, {running} is");
            Err(Error::new(ErrorKind::Invalid, message))
        })
        .build()
}

#[test]
fn a_staged_value_serves_nobody_until_its_commit() {
    let live = Live::new("a");
    let version = live.propose("b").unwrap();
    assert_eq!((*live.load(), live.staged()), ("a", Some(version)));
    assert!((0..1000).all(|key| *live.load_for(key) == "a"));
    live.commit(version).unwrap();
    assert_eq!(
        (*live.load(), live.version(), live.staged()),
        ("b", version, None)
    );
    assert!(matches!(live.commit(version), Err(LiveError::NotStaged(_))));
}

#[test]
fn a_rejected_value_changes_nothing_and_says_why() {
    let live = positive();
    let staged = live.propose(5).unwrap();
    let error = live.propose(-5).unwrap_err();
    assert_eq!((*live.load(), live.staged()), (1, Some(staged)));
    let error = Error::from(error);
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let why = "-5 is not positive, 1 is";
    assert_eq!(
        error.chain().to_string(),
        format!("version 3 was rejected: {why}")
    );
    let last = live.history().pop().unwrap();
    assert_eq!(last.step, Step::Rejected(why.into()));
}

#[test]
fn the_history_names_what_was_withdrawn_and_every_cause_of_a_rejection() {
    let live = Live::builder(1)
        .check(|candidate, _| match candidate {
            0 => Err(Error::new(ErrorKind::Invalid, "zero").context("in the limits")),
            _ => Ok(()),
        })
        .build();
    let (_, replaced) = (live.propose(2), live.propose(3).unwrap());
    live.withdraw(replaced).unwrap();
    live.propose(0).unwrap_err();
    let lines: Vec<_> = live.history().iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "1 started",
            "2 staged",
            "2 withdrawn",
            "3 staged",
            "3 withdrawn",
            "4 rejected: in the limits: zero"
        ]
    );
}

#[test]
fn a_change_that_the_state_does_not_allow_is_a_conflict() {
    let live = Live::new(1);
    for refused in [
        live.commit(7.into()),
        live.withdraw(7.into()),
        live.trial(7.into(), Ratio::ONE),
        live.revert(7.into()).map(drop),
        live.revert(1.into()).map(drop),
    ] {
        assert_eq!(
            Error::from(refused.unwrap_err()).kind(),
            ErrorKind::Conflict
        );
    }
}

#[test]
fn a_check_that_panics_leaves_the_value_serving_and_changeable() {
    let live = Live::builder(1)
        .check(|candidate, _| {
            assert_ne!(*candidate, 13, "unlucky");
            Ok(())
        })
        .build();
    let proposer = live.clone();
    assert!(thread::spawn(move || proposer.propose(13)).join().is_err());
    assert_eq!(*live.load(), 1);
    put(&live, 2);
    assert_eq!(*live.load(), 2);
}

#[test]
fn a_candidate_checked_beside_an_older_version_is_not_staged() {
    let live = Live::new(1);
    let inner: Arc<std::sync::OnceLock<Live<i32>>> = Arc::default();
    let during = Arc::clone(&inner);
    let racing = Live::builder(1)
        .check(move |candidate, _| {
            if *candidate == 2 {
                put(during.get().unwrap(), 3); // someone else is faster
            }
            Ok(())
        })
        .build();
    inner.set(racing.clone()).unwrap();
    assert!(matches!(racing.propose(2), Err(LiveError::Overtaken(_))));
    assert_eq!((*racing.load(), racing.staged()), (3, None));
    assert_eq!(*live.load(), 1);
}

#[test]
fn reverting_goes_back_version_by_version() {
    let live = Live::new("a");
    let (b, c) = (put(&live, "b"), put(&live, "c"));
    let staged = live.propose("d").unwrap();
    assert_eq!(live.revert(c).unwrap(), b);
    assert_eq!((*live.load(), live.staged()), ("b", None));
    assert!(matches!(live.commit(staged), Err(LiveError::NotStaged(_))));
    assert!(matches!(live.revert(c), Err(LiveError::NotRunning { .. })));
    let a = live.revert(b).unwrap();
    assert_eq!((*live.load(), a.as_u64()), ("a", 1));
    assert!(matches!(live.revert(a), Err(LiveError::NothingBefore(_))));
    assert!(put(&live, "e") > staged, "a number is not used twice");
}

#[test]
fn the_history_is_bounded_in_values_and_lines() {
    let counted = Arc::new(());
    let live = Live::builder(Arc::clone(&counted)).keep(3).build();
    for _ in 0..100 {
        put(&live, Arc::clone(&counted));
    }
    assert_eq!(Arc::strong_count(&counted), 1 + 1 + 3); // ours, the running one, three kept
    assert_eq!(live.history().len(), 12);
    for _ in 0..3 {
        live.revert(live.version()).unwrap();
    }
    assert!(live.revert(live.version()).is_err());
    let forgetful = Live::builder(1).keep(0).build();
    assert!(forgetful.revert(put(&forgetful, 2)).is_err());
}

#[test]
fn a_trial_serves_its_share_and_keeps_its_keys_while_it_grows() {
    let live = Live::new("stable");
    let version = live.propose("trial").unwrap();
    let tried = |share: u8| -> Vec<u64> {
        live.trial(version, Ratio::from_percent(share)).unwrap();
        let keys = 0..20_000_u64;
        keys.filter(|key| *live.load_for(*key) == "trial").collect()
    };
    let (none, few, more, all) = (tried(0), tried(5), tried(50), tried(100));
    assert!(none.is_empty());
    assert!((800..1200).contains(&few.len()), "{}", few.len());
    assert!((9_600..10_400).contains(&more.len()), "{}", more.len());
    assert_eq!(all.len(), 20_000);
    assert!(few.iter().all(|key| more.binary_search(key).is_ok()));
    assert_eq!(
        (*live.load(), live.on_trial()),
        ("stable", Some((version, Ratio::ONE)))
    );
    live.withdraw(version).unwrap();
    assert!((0..1000).all(|key| *live.load_for(key) == "stable"));
    assert_eq!((live.on_trial(), live.staged()), (None, None));
}

#[test]
fn another_candidate_is_tried_on_other_keys() {
    let live = Live::new(0);
    let tried = |value: i32| -> Vec<u64> {
        let version = live.propose(value).unwrap();
        live.trial(version, Ratio::from_percent(10)).unwrap();
        (0..10_000)
            .filter(|key| *live.load_for(*key) == value)
            .collect()
    };
    let (first, second) = (tried(1), tried(2));
    let both = first.iter().filter(|key| second.binary_search(key).is_ok());
    assert!(both.count() < 200); // about 100 by chance, 1000 if they were the same
}

#[test]
fn a_new_proposal_ends_the_trial_before_it() {
    let live = Live::new("a");
    let first = live.propose("b").unwrap();
    live.trial(first, Ratio::ONE).unwrap();
    live.propose("c").unwrap();
    assert_eq!(*live.load_for(1), "a");
    assert!(matches!(
        live.trial(first, Ratio::ONE),
        Err(LiveError::NotStaged(_))
    ));
}

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn a_subscriber_hears_of_changes_once_and_of_the_end() {
    let live = Live::new(1);
    let mut changes = live.subscribe();
    let count = Arc::new(Count::default());
    let waker = Waker::from(Arc::clone(&count));
    let mut cx = Context::from_waker(&waker);
    assert!(changes.poll_changed(&mut cx).is_pending());

    live.propose(9).unwrap();
    assert_eq!(
        count.0.load(Ordering::SeqCst),
        0,
        "staging changes nothing for readers"
    );
    put(&live, 2);
    put(&live, 3);
    assert_eq!(count.0.load(Ordering::SeqCst), 1);
    let Poll::Ready(Some(value)) = changes.poll_changed(&mut cx) else {
        panic!("a change was lost");
    };
    assert_eq!(*value, 3);
    assert!(changes.poll_changed(&mut cx).is_pending());

    drop(live);
    assert_eq!(count.0.load(Ordering::SeqCst), 2);
    assert!(matches!(changes.poll_changed(&mut cx), Poll::Ready(None)));
}

#[test]
fn a_dropped_subscriber_is_not_woken() {
    let live = Live::new(1);
    let mut changes = live.subscribe();
    let count = Arc::new(Count::default());
    let waker = Waker::from(Arc::clone(&count));
    assert!(
        changes
            .poll_changed(&mut Context::from_waker(&waker))
            .is_pending()
    );
    drop(changes);
    put(&live, 2);
    drop(waker);
    assert_eq!(
        (count.0.load(Ordering::SeqCst), Arc::strong_count(&count)),
        (0, 1)
    );
}

#[test]
fn a_thread_waits_for_changes_until_the_end() {
    let live = Live::new(0);
    let mut changes = live.subscribe();
    let listener = thread::spawn(move || {
        let mut last = 0;
        while let Some(value) = changes.wait() {
            assert!(*value > last, "values come in order");
            last = *value;
        }
        last
    });
    for value in 1..=100 {
        put(&live, value);
    }
    drop(live);
    assert!((0..=100).contains(&listener.join().unwrap()));
}

#[test]
fn no_change_is_slept_through() {
    let (ping, pong) = (Live::new(0), Live::new(0));
    let (mut pings, mut pongs) = (ping.subscribe(), pong.subscribe());
    let other = thread::spawn(move || {
        while let Some(value) = pings.wait() {
            put(&pong, *value);
        }
    });
    for round in 1..=5_000 {
        put(&ping, round);
        assert_eq!(pongs.wait().map(|value| *value), Some(round));
    }
    drop(ping);
    other.join().unwrap();
    assert!(pongs.wait().is_none());
}

/// The dangerous moment is between looking and listening: each change is aimed at it, from every distance.
#[test]
fn a_change_while_one_begins_to_listen_is_heard() {
    let live = Live::new(0);
    let mut changes = live.subscribe();
    let begun = Arc::new(AtomicUsize::new(0));
    let listener = thread::spawn({
        let begun = Arc::clone(&begun);
        move || {
            for round in 1..=60_000 {
                begun.store(round, Ordering::Release);
                (0..round % 128).for_each(|_| std::hint::spin_loop());
                assert_eq!(changes.wait().map(|value| *value), Some(round));
            }
        }
    });
    for round in 1..=60_000 {
        let version = live.propose(round).unwrap();
        while begun.load(Ordering::Acquire) != round {
            std::hint::spin_loop();
        }
        live.commit(version).unwrap();
    }
    listener.join().unwrap();
}

#[test]
fn readers_see_whole_values_while_writers_change_them() {
    let live = Live::new([0_u64; 16]);
    let done = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..3_u64)
        .map(|reader| {
            let (live, done) = (live.clone(), Arc::clone(&done));
            thread::spawn(move || {
                while !done.load(Ordering::Relaxed) {
                    let value = live.load_for(reader);
                    assert!(value.iter().all(|n| *n == value[0]), "{value:?}");
                }
            })
        })
        .collect();
    for n in 1..=2_000 {
        put(&live, [n; 16]);
        if n % 3 == 0 {
            live.revert(live.version()).unwrap();
        }
    }
    done.store(true, Ordering::Relaxed);
    for reader in readers {
        reader.join().unwrap();
    }
}

#[test]
fn loads_do_not_allocate() {
    let live = Live::new(vec![1; 100]);
    let version = live.propose(vec![2; 100]).unwrap();
    live.trial(version, Ratio::from_percent(50)).unwrap();
    drop(live.load()); // a thread's first load sets up its slots
    let counted = allocation_counter::measure(|| {
        let sum: i32 = (0..1000)
            .map(|key| live.load_for(key)[0] + live.load()[0])
            .sum();
        assert!(sum > 2000);
    });
    assert_eq!(counted.count_total, 0);
}
