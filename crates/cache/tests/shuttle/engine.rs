//! [`TinyLfu`]: the budget holds at every moment, and no version comes back that was replaced or removed.

use std::sync::Arc;

use eaves_cache::store::tinylfu::{Config, TinyLfu};
use eaves_common::units::ByteSize;
use shuttle::rand::{Rng as _, thread_rng};

use super::{Versions, at_once, check};

const KEYS: u8 = 3;

#[derive(Clone, Copy, Debug)]
struct Value {
    key: u8,
    version: u64,
    weight: u64,
}

struct World {
    cache: Arc<TinyLfu<u8, Value>>,
    keys: [Versions; KEYS as usize],
    budget: u64,
}

impl World {
    fn new(budget: u64) -> Arc<Self> {
        let config = Config::new(ByteSize::from_bytes(budget)).entry_cost(0);
        Arc::new(Self {
            cache: Arc::new(TinyLfu::new(config.shards(1))),
            keys: Default::default(),
            budget,
        })
    }

    /// Whether everything has room, reservations for each key included.
    const fn keeps_all(&self) -> bool {
        self.budget >= 2 * KEYS as u64 * MOST
    }

    fn get(&self, key: u8) -> Option<u64> {
        self.keys[usize::from(key)].observe(|| {
            let value = self.cache.get(&key)?;
            assert_eq!(value.key, key);
            Some(value.version)
        })
    }

    /// The writer of a key knows what it finds: what it put last, unless that had to leave.
    fn expect(&self, key: u8, version: Option<u64>) {
        let found = self.get(key);
        assert!(
            found.is_none() || found == version,
            "{found:?}, {version:?}"
        );
        assert!(!self.keeps_all() || found == version, "{version:?} is lost");
    }

    fn check_budget(&self) {
        let bytes = self.cache.stats().bytes;
        assert!(bytes <= self.budget, "{bytes} of {}", self.budget);
    }

    /// When all threads are done: what is counted is what is there.
    fn settle(&self) {
        let weight = |key: u8| self.cache.peek(&key).map_or(0, |value| value.weight);
        assert_eq!(self.cache.stats().bytes, (0..KEYS).map(weight).sum::<u64>());
        for key in 0..KEYS {
            let _ = self.cache.remove(&key);
        }
        let stats = self.cache.stats();
        assert_eq!((stats.bytes, stats.entries), (0, 0));
    }
}

/// One that writes a key, and reads all.
struct Writer {
    world: Arc<World>,
    key: u8,
    /// What it put last and did not remove.
    last: Option<u64>,
}

/// The most that a value weighs.
const MOST: u64 = 6;

impl Writer {
    fn new(world: &Arc<World>, key: u8) -> Self {
        let world = world.clone();
        Self {
            world,
            key,
            last: None,
        }
    }

    fn run(mut self, steps: usize) {
        for _ in 0..steps {
            match thread_rng().gen_range(0..8_u8) {
                0 | 1 => self.insert(),
                2 => self.fill(),
                3 => self.give_up(),
                4 => self.update(),
                5 => self.remove(),
                _ => _ = self.world.get(thread_rng().gen_range(0..KEYS)),
            }
            self.world.expect(self.key, self.last);
            self.world.check_budget();
        }
    }

    fn next(&self) -> Value {
        Value {
            key: self.key,
            version: self.world.keys[usize::from(self.key)].next(),
            weight: thread_rng().gen_range(1..=MOST),
        }
    }

    fn replaced(&mut self, by: Option<u64>) {
        let versions = &self.world.keys[usize::from(self.key)];
        match by {
            Some(_) => versions.replaced(),
            None => versions.removed(),
        }
        self.last = by;
    }

    /// Whether it is taken or not, the value of before is gone.
    fn insert(&mut self) {
        let value = self.next();
        let taken = self.world.cache.insert(self.key, value, value.weight);
        assert!(taken.is_ok() || !self.world.keeps_all(), "{taken:?}");
        self.replaced(taken.is_ok().then_some(value.version));
    }

    /// The value of before stays until the other one is there.
    fn fill(&mut self) {
        let value = self.next();
        let cache = &self.world.cache;
        let Ok(mut room) = TinyLfu::reserve(cache, &self.key, value.weight / 2, &()) else {
            return;
        };
        self.world.check_budget();
        if room.grow(value.weight - value.weight / 2, &()).is_err() {
            return;
        }
        self.world.expect(self.key, self.last);
        let put = room.commit(self.key, value, value.weight);
        assert!(put.is_ok(), "{put:?}");
        self.replaced(Some(value.version));
    }

    fn give_up(&self) {
        let room = TinyLfu::reserve(&self.world.cache, &self.key, MOST, &());
        self.world.check_budget();
        drop(room);
    }

    fn update(&mut self) {
        let value = self.next();
        let change = |known: &mut Value| {
            *known = value;
            Some(value.weight)
        };
        if self.world.cache.update(&self.key, change, &()) {
            self.replaced(Some(value.version));
        }
    }

    fn remove(&mut self) {
        self.world.cache.remove(&self.key);
        self.replaced(None);
    }
}

/// Each key has a writer; one more thread only reads.
fn run(budget: u64) {
    let world = World::new(budget);
    let write = |key| {
        let writer = Writer::new(&world, key);
        Box::new(move || writer.run(4)) as Box<dyn FnOnce() + Send>
    };
    let reader = world.clone();
    let read = Box::new(move || {
        for key in (0..KEYS).cycle().take(6) {
            reader.get(key);
            reader.check_budget();
        }
    });
    let works: Vec<_> = (0..KEYS).map(write).chain([read as _]).collect();
    at_once(works);
    world.settle();
}

#[test]
fn nothing_comes_back_and_the_budget_holds_while_entries_have_to_leave() {
    check(1_000, || run(10));
}

#[test]
fn nothing_is_lost_while_there_is_room() {
    check(1_000, || run(2 * u64::from(KEYS) * MOST));
}
