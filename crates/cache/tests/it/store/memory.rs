//! The memory store: its budget is exact, and what it gives out is what was put in last.

use std::{collections::HashMap, sync::Arc};

use eaves_cache::store::{Memory, Refused, Store, Write};
use proptest::{collection::vec, prelude::*};

use super::{body_of, head, key, look, put, read};

#[derive(Clone, Debug)]
enum Step {
    Begin { n: u64, len: usize, known: bool },
    Append { at: usize, len: usize },
    Commit { at: usize },
    Drop { at: usize },
    Remove(u64),
    Replace(u64, u64),
    Look(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let len = prop_oneof![4 => 0..400_usize, 2 => 0..9_000_usize, 1 => 0..70_000_usize];
    prop_oneof![
        6 => (0..12_u64, len.clone(), any::<bool>()).prop_map(|(n, len, known)| Step::Begin { n, len, known }),
        6 => (any::<usize>(), len).prop_map(|(at, len)| Step::Append { at, len }),
        4 => any::<usize>().prop_map(|at| Step::Commit { at }),
        1 => any::<usize>().prop_map(|at| Step::Drop { at }),
        1 => (0..12_u64).prop_map(Step::Remove),
        2 => (0..12_u64, 0..9_u64).prop_map(|(n, fields)| Step::Replace(n, fields)),
        4 => (0..12_u64).prop_map(Step::Look),
    ]
}

/// A write under way, and what should come of it.
struct Writing {
    write: Box<dyn Write>,
    n: u64,
    body: Vec<u8>,
    announced: Option<usize>,
    byte: u8,
}

/// What was put in last, until it may have left.
#[derive(Default)]
struct Model {
    last: HashMap<u64, Vec<u8>>,
    writing: Vec<Writing>,
    count: u8,
}

impl Model {
    fn apply(&mut self, store: &Memory, step: Step) {
        match step {
            Step::Begin { n, len, known } => {
                let announced = known.then_some(len);
                let begun = store.begin(
                    &key(n),
                    head(1, 1).as_bytes(),
                    announced.map(|len| len as u64),
                );
                self.count = self.count.wrapping_add(1);
                let byte = self.count;
                if let Ok(write) = begun {
                    self.writing.push(Writing {
                        write,
                        n,
                        body: Vec::new(),
                        announced,
                        byte,
                    });
                }
            }
            Step::Append { at, len } => self.append(at, len),
            Step::Commit { at } => self.commit(at),
            Step::Drop { at } => _ = self.pick(at),
            Step::Remove(n) => {
                store.remove(&key(n));
                self.last.remove(&n);
                assert!(look(store, n).is_none());
            }
            Step::Replace(n, fields) => {
                if let Some(entry) = look(store, n) {
                    let mut head = head(2, 2).as_bytes().to_vec();
                    head.extend(std::iter::repeat_n(0, fields as usize * 100));
                    assert!(store.replace_head(&key(n), &entry.content, &head));
                    assert!(look(store, n).is_none_or(|entry| entry.head == head));
                }
            }
            Step::Look(n) => {
                if let Some(body) = body_of(store, n) {
                    assert_eq!(
                        Some(&body),
                        self.last.get(&n),
                        "lost updates and resurrections"
                    );
                }
            }
        }
    }

    fn pick(&mut self, at: usize) -> Option<Writing> {
        (!self.writing.is_empty()).then(|| self.writing.swap_remove(at % self.writing.len()))
    }

    fn append(&mut self, at: usize, len: usize) {
        let Some(mut writing) = self.pick(at) else {
            return;
        };
        let data = vec![writing.byte; len];
        match writing.write.append(&data) {
            Ok(()) => {
                writing.body.extend(data);
                self.writing.push(writing);
            }
            Err(Refused::Length { announced }) => {
                assert!(writing.body.len() + len > announced as usize);
            }
            Err(_) => assert_eq!(writing.announced, None, "what was announced was reserved"),
        }
    }

    fn commit(&mut self, at: usize) {
        let Some(mut writing) = self.pick(at) else {
            return;
        };
        if let Some(announced) = writing.announced {
            let rest = vec![writing.byte; announced - writing.body.len()];
            writing.write.append(&rest).unwrap();
            writing.body.extend(rest);
        }
        writing.write.commit(None);
        self.last.insert(writing.n, writing.body);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_budget_holds_and_what_is_found_was_put_in_last(steps in vec(step(), 0..200), budget in 20_000..300_000_u64) {
        let store = Memory::new(budget).max_object(budget / 2);
        let mut model = Model::default();
        for step in steps {
            model.apply(&store, step);
            let usage = store.usage();
            prop_assert!(usage.bytes <= usage.budget, "{usage:?}");
        }
        model.writing.clear();
        let held: u64 = (0..12).filter(|n| look(&store, *n).is_some()).count() as u64;
        prop_assert_eq!(store.usage().entries, held);
        (0..12).for_each(|n| _ = store.remove(&key(n)));
        prop_assert_eq!(store.usage().bytes, 0, "reservations are given back");
    }
}

#[test]
fn the_dead_leave_before_the_living() {
    let store = Memory::new(40_000).max_object(10_000).shards(1);
    let body = vec![7; 9_000];
    for n in 0..4 {
        put(&store, n, &head(0, 1), &body).unwrap();
    }
    // All are used much, and past the end of their use at 20 s.
    (0..40).for_each(|at| _ = look(&store, at % 4));
    let before = store.stats();
    put(&store, 9, &head(21, 1), &body).unwrap();
    let after = store.stats();
    assert_eq!(
        (after.dead - before.dead, after.evicted),
        (1, before.evicted)
    );
    assert!(look(&store, 9).is_some());
    store.void_before(2);
    put(&store, 10, &head(1, 2), &body).unwrap();
    assert_eq!(
        store.stats().dead,
        after.dead + 1,
        "those from before the purge of everything are worth nothing"
    );
}

#[test]
fn what_is_worth_more_stays_and_the_reason_is_given() {
    let store = Memory::new(40_000).max_object(10_000).shards(1);
    let body = vec![7; 9_000];
    for n in 0..4 {
        put(&store, n, &head(0, 1), &body).unwrap();
    }
    (0..60).for_each(|at| _ = look(&store, at % 4));
    let refused = put(&store, 9, &head(0, 1), &body).unwrap_err();
    assert!(matches!(refused, Refused::Outvalued { .. }), "{refused}");
    assert_eq!(
        eaves_common::Error::from(refused).kind(),
        eaves_common::ErrorKind::Limit
    );
    assert_eq!(store.stats().refused.outvalued, 1);
}

#[test]
fn what_is_reserved_for_others_is_no_room() {
    let store = Memory::new(40_000).max_object(10_000).shards(1);
    let held: Vec<_> = (0..4)
        .map(|n| store.begin(&key(n), &[], Some(9_000)).unwrap())
        .collect();
    let refused = store.begin(&key(9), &[], Some(9_000)).err();
    assert!(
        matches!(refused, Some(Refused::NoRoom { .. })),
        "{refused:?}"
    );
    drop(held);
    assert_eq!(store.usage().bytes, 0);
    assert!(store.begin(&key(9), &[], Some(9_000)).is_ok());
}

#[test]
fn evictions_tell_the_age() {
    let store = Memory::new(40_000).max_object(10_000).shards(1);
    for n in 0..200 {
        look(&store, n);
        let _ = put(&store, n, &head(n * 2, 1), &[7; 9_000]);
    }
    let stats = store.stats();
    assert_eq!(stats.ages.count(), stats.evicted);
    let dead = stats.dead;
    assert!(stats.evicted + dead > 100, "{stats:?}");
}

#[test]
fn content_outlives_its_entry() {
    let store = Memory::new(1 << 20);
    put(&store, 1, &head(0, 1), &[5; 100_000]).unwrap();
    let entry = look(&store, 1).unwrap();
    assert!(store.remove_content(&key(1), &entry.content));
    assert!(!store.remove_content(&key(1), &entry.content));
    assert_eq!(read(&entry.content), [5; 100_000]);
    put(&store, 1, &head(0, 1), b"other").unwrap();
    assert!(
        !store.remove_content(&key(1), &entry.content),
        "another object by now"
    );
    assert!(!store.replace_head(&key(1), &entry.content, head(1, 1).as_bytes()));
}

#[test]
fn threads_leave_the_books_balanced() {
    let store = Arc::new(Memory::new(400_000).max_object(20_000).shards(4));
    std::thread::scope(|scope| {
        for thread in 0..4_u64 {
            let store = store.clone();
            scope.spawn(move || {
                for at in 0..3_000_u64 {
                    let n = (at * 7 + thread * 13) % 97;
                    match at % 11 {
                        0 => _ = store.remove(&key(n)),
                        1 => {
                            let write = store.begin(&key(n), &[], None);
                            drop(write);
                        }
                        _ => match look(&*store, n) {
                            // Each body says whose it is.
                            Some(entry) => assert!(
                                read(&entry.content)
                                    .iter()
                                    .all(|byte| u64::from(*byte) == n)
                            ),
                            None => {
                                let _ = put(
                                    &*store,
                                    n,
                                    &head(at, 1),
                                    &vec![n as u8; 500 + (at % 9_000) as usize],
                                );
                            }
                        },
                    }
                    let usage = store.usage();
                    assert!(usage.bytes <= usage.budget, "{usage:?}");
                }
            });
        }
    });
    (0..97).for_each(|n| _ = store.remove(&key(n)));
    assert_eq!((store.usage().entries, store.usage().bytes), (0, 0));
}
