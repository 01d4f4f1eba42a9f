//! What is on its way between two stores under every order in which threads can step: `moves.rs` once more, over the
//! locks of `loom`.

mod sync {
    pub(super) use loom::sync::{Mutex, MutexGuard, atomic};
}

#[path = "moves.rs"]
#[allow(
    clippy::duplicate_mod,
    dead_code,
    unreachable_pub,
    reason = "what is not modelled is used by the tier proper"
)]
mod moves;

use std::sync::Arc;

use loom::{sync::Mutex, thread};

use self::moves::Moves;
use crate::key::Key;

/// Two stores of at most one object, by its version.
struct Stores {
    moves: Moves,
    memory: Mutex<Option<u32>>,
    below: Mutex<Option<u32>>,
}

fn key() -> Key {
    Key::from_stored(b"http://a.example/")
}

fn stores(memory: Option<u32>, below: Option<u32>) -> Arc<Stores> {
    Arc::new(Stores {
        moves: Moves::default(),
        memory: Mutex::new(memory),
        below: Mutex::new(below),
    })
}

impl Stores {
    /// Evicts what is in memory, and lets it arrive below.
    fn demote(&self) {
        let since = self.moves.begin();
        let left = self.memory.lock().unwrap().take();
        if let Some(version) = left {
            let arrive = || *self.below.lock().unwrap() = Some(version);
            self.moves.demote(&key(), since, arrive);
        }
        self.moves.end();
    }

    /// Writes what is in memory below, and leaves it where it is.
    fn drain(&self) {
        let since = self.moves.begin();
        let found = *self.memory.lock().unwrap();
        if let Some(version) = found {
            let _ = self.moves.drain(&key(), since, || {
                *self.below.lock().unwrap() = Some(version);
                true
            });
        }
        self.moves.end();
    }

    /// Finds what is below, and lets it arrive in memory.
    fn promote(&self) {
        let since = self.moves.begin();
        let found = *self.below.lock().unwrap();
        if let Some(version) = found {
            self.moves.promote(&key(), since, || {
                let mut memory = self.memory.lock().unwrap();
                let absent = memory.is_none();
                memory.get_or_insert(version);
                absent
            });
        }
        self.moves.end();
    }

    fn remove(&self) {
        self.moves.replace(&key(), || {
            *self.memory.lock().unwrap() = None;
            *self.below.lock().unwrap() = None;
        });
    }

    /// A later version comes.
    fn commit(&self, version: u32) {
        self.moves.replace(&key(), || {
            *self.memory.lock().unwrap() = Some(version);
            *self.below.lock().unwrap() = None;
        });
    }

    fn versions(&self) -> (Option<u32>, Option<u32>) {
        (*self.memory.lock().unwrap(), *self.below.lock().unwrap())
    }
}

fn beside(stores: &Arc<Stores>, work: impl FnOnce(&Stores) + 'static) -> thread::JoinHandle<()> {
    let stores = stores.clone();
    thread::spawn(move || work(&stores))
}

#[test]
fn what_is_removed_while_it_moves_does_not_come_back() {
    for (memory, below) in [(Some(1), None), (None, Some(1)), (Some(1), Some(1))] {
        loom::model(move || {
            let stores = stores(memory, below);
            let down = beside(&stores, Stores::demote);
            let up = beside(&stores, Stores::promote);
            stores.remove();
            down.join().unwrap();
            up.join().unwrap();
            assert_eq!(stores.versions(), (None, None));
        });
    }
}

#[test]
fn what_is_removed_or_replaced_while_it_is_drained_stays_so() {
    for later in [None, Some(2)] {
        loom::model(move || {
            let stores = stores(Some(1), None);
            let drain = beside(&stores, Stores::drain);
            let down = beside(&stores, Stores::demote);
            match later {
                Some(version) => stores.commit(version),
                None => stores.remove(),
            }
            drain.join().unwrap();
            down.join().unwrap();
            let (memory, below) = stores.versions();
            assert!(memory != Some(1) && below != Some(1));
            assert!(later.is_some() || (memory, below) == (None, None));
        });
    }
}

#[test]
fn an_older_version_never_takes_the_place_of_a_later_one() {
    loom::model(|| {
        let stores = stores(None, Some(1));
        let up = beside(&stores, Stores::promote);
        let down = beside(&stores, Stores::demote);
        stores.commit(2);
        up.join().unwrap();
        down.join().unwrap();
        // The later one may be lost, if it had to leave while it came.
        let (memory, below) = stores.versions();
        assert!(memory != Some(1) && below != Some(1));
    });
}
