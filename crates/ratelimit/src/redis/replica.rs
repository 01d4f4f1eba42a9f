//! [`Replica`]: what one node knows of a rule's keys, in fixed memory.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, atomic::Ordering::Relaxed},
};

use eaves_common::{time::Mono, units::Rate};

use super::{
    Distributed, OnStoreError,
    board::{Board, Due},
    entry::{Crowd, Entry, Heard, Unsent},
    terms::Terms,
};
use crate::{
    key::KeyHash,
    meter::{Reading, Verdict},
    table::{Capacity, Occupancy, bucket_of},
};

/// Entries per lock.
const WAYS: usize = 4;

/// A distributed rule at one node. It decides by itself; a board, if it is attached to one, gets to
/// know which keys the store should hear of.
pub(crate) struct Replica {
    rule: String,
    rate: Rate,
    terms: Terms,
    kind: Distributed,
    on_store_error: OnStoreError,
    buckets: Box<[Mutex<Bucket>]>,
    board: OnceLock<Arc<Board>>,
}

#[derive(Debug, Default)]
struct Bucket {
    entries: [Entry; WAYS],
    evicted: u64,
}

/// How a distributed rule is shared, and what it does alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sharing {
    pub(crate) kind: Distributed,
    pub(crate) on_store_error: OnStoreError,
}

impl Replica {
    pub(crate) fn new(rule: &str, rate: Rate, capacity: Capacity, sharing: Sharing) -> Self {
        let buckets = capacity.cells().div_ceil(WAYS);
        Self {
            rule: rule.to_owned(),
            rate,
            terms: Terms::of(rate),
            kind: sharing.kind,
            on_store_error: sharing.on_store_error,
            buckets: (0..buckets).map(|_| Mutex::default()).collect(),
            board: OnceLock::new(),
        }
    }

    /// Makes a replica of another rate, kept by the same engine.
    pub(crate) fn with_rate(&self, rate: Rate) -> Self {
        let capacity = Capacity::new(self.buckets.len() * WAYS).unwrap_or(Capacity::MIN);
        let sharing = Sharing {
            kind: self.kind,
            on_store_error: self.on_store_error,
        };
        Self {
            board: self.board.clone(),
            ..Self::new(&self.rule, rate, capacity, sharing)
        }
    }

    /// Whether so many nodes that share it by deltas can admit more than its burst before any knows of
    /// another.
    pub(super) fn is_tight(&self, nodes: u32) -> bool {
        !self.is_strict() && self.terms.burst() < u64::from(nodes)
    }

    pub(crate) fn is_strict(&self) -> bool {
        self.kind == Distributed::Strict
    }

    /// Lets an engine keep this; the first one does.
    pub(super) fn attach(&self, board: &Arc<Board>) {
        let _ = self.board.set(Arc::clone(board));
    }

    /// Decides alone, without counting.
    pub(crate) fn peek(&self, key: KeyHash, cost: u64, now: Mono) -> Reading<'static> {
        let bucket = self.bucket(key);
        let debt = bucket.find(key).map_or(0.0, |entry| entry.debt(now));
        self.terms
            .reading(self.verdict(key, debt, cost), cost, debt)
    }

    /// Decides alone, and counts the request if it may pass.
    pub(crate) fn check(self: &Arc<Self>, key: KeyHash, cost: u64, now: Mono) -> Reading<'static> {
        let mut bucket = self.bucket(key);
        let debt = bucket.find(key).map_or(0.0, |entry| entry.debt(now));
        let verdict = self.verdict(key, debt, cost);
        if verdict != Verdict::Allowed || cost == 0 {
            return self.terms.reading(verdict, cost, debt);
        }
        let crowd = self.crowd(key);
        let entry = self.entry(&mut bucket, key, now);
        entry.spend(cost, &self.terms, crowd, now);
        self.queue(entry, key, now);
        let own = debt + self.terms.cost(cost as i64);
        self.terms.reading(verdict, cost, own)
    }

    /// Remembers that a request was turned away: who is asked more gets the larger share.
    pub(crate) fn turn_away(self: &Arc<Self>, key: KeyHash, cost: u64, now: Mono) {
        let mut bucket = self.bucket(key);
        let entry = self.entry(&mut bucket, key, now);
        entry.want(cost, now);
        if !self.is_strict() {
            self.queue(entry, key, now);
        }
    }

    /// Counts without asking.
    pub(crate) fn charge(self: &Arc<Self>, key: KeyHash, units: u64, now: Mono) {
        let mut bucket = self.bucket(key);
        let entry = self.entry(&mut bucket, key, now);
        entry.spend(units, &self.terms, self.crowd(key), now);
        self.queue(entry, key, now);
    }

    /// Gives units back, here and in the store.
    pub(crate) fn refund(self: &Arc<Self>, key: KeyHash, units: u64, now: Mono) {
        let mut bucket = self.bucket(key);
        let entry = self.entry(&mut bucket, key, now);
        entry.refund(units, &self.terms, now);
        self.queue(entry, key, now);
    }

    pub(crate) fn occupancy(&self, now: Mono) -> Occupancy {
        let mut occupancy = Occupancy {
            cells: self.buckets.len() * WAYS,
            bytes: size_of_val(&*self.buckets),
            ..Occupancy::default()
        };
        for bucket in &self.buckets {
            let bucket = lock(bucket);
            let owing = |entry: &&Entry| entry.key.is_some() && entry.debt(now) > 0.0;
            occupancy.owing += bucket.entries.iter().filter(owing).count();
            occupancy.evicted += bucket.evicted;
        }
        occupancy
    }

    /// Decides by what the store said last, if that is certain: a denial then holds until the reading's
    /// retry-after. What is not known to be denied may be asked for.
    pub(crate) fn recall(&self, key: KeyHash, cost: u64, now: Mono) -> Reading<'static> {
        let bucket = self.bucket(key);
        let known = bucket.find(key).filter(|entry| entry.is_certain());
        let debt = known.map_or(0.0, |entry| entry.debt(now));
        let verdict = self.terms.verdict(debt, cost);
        self.terms.reading(verdict, cost, debt)
    }

    /// The store's word on a request, as a reading.
    pub(crate) fn reading(&self, verdict: Verdict, cost: u64, debt: f64) -> Reading<'static> {
        self.terms.reading(verdict, cost, debt)
    }

    /// Takes what the store has not heard of a key.
    pub(super) fn take_unsent(&self, key: KeyHash) -> Unsent {
        let mut bucket = self.bucket(key);
        let entry = bucket.find_mut(key);
        entry.map(Entry::take_unsent).unwrap_or_default()
    }

    /// Takes the demand for a key that the store has not heard of, and this request's.
    pub(super) fn take_wanted(&self, key: KeyHash, cost: u64) -> u64 {
        let mut bucket = self.bucket(key);
        let wanted = bucket.find_mut(key).map_or(0, Entry::take_wanted);
        wanted.saturating_add(cost)
    }

    /// Learns what the store said of a key.
    pub(super) fn hear(&self, key: KeyHash, heard: &Heard, now: Mono) {
        let crowd = Crowd {
            alone: self.is_alone(key) && !self.is_strict(),
            ..self.crowd(key)
        };
        let mut bucket = self.bucket(key);
        if self.is_strict() || bucket.find(key).is_some() {
            let entry = self.entry(&mut bucket, key, now);
            entry.hear(heard, &self.terms, crowd, now);
        }
    }

    /// The part of a key's limit that this node takes for its own.
    #[cfg(test)]
    pub(super) fn share(&self, key: KeyHash) -> Option<f64> {
        self.bucket(key).find(key).map(Entry::share)
    }

    pub(super) fn rule(&self) -> &str {
        &self.rule
    }

    pub(super) const fn terms(&self) -> &Terms {
        &self.terms
    }

    pub(super) fn lane(&self, board: &Board, key: KeyHash) -> usize {
        match self.kind {
            Distributed::Delta => board.lane_of(key),
            Distributed::Strict => board.strict_lane(),
        }
    }

    fn verdict(&self, key: KeyHash, debt: f64, cost: u64) -> Verdict {
        let verdict = self.terms.verdict(debt, cost);
        match self.on_store_error {
            _ if verdict == Verdict::Impossible || !self.is_alone(key) => verdict,
            OnStoreError::Allow => Verdict::Allowed,
            OnStoreError::Deny => Verdict::Denied,
            OnStoreError::Local => verdict,
        }
    }

    /// Whether the key has to do without the store. A strict rule that decides here always has.
    fn is_alone(&self, key: KeyHash) -> bool {
        let board = self.board.get();
        board.is_some_and(|board| self.is_strict() || board.is_alone(self.lane(board, key)))
    }

    fn crowd(&self, key: KeyHash) -> Crowd {
        let single = Crowd {
            nodes: 1.0,
            regrouping: false,
            alone: true,
        };
        self.board.get().map_or(single, |board| Crowd {
            alone: self.is_alone(key),
            ..board.crowd(self.lane(board, key))
        })
    }

    /// Has the store hear of an entry, at once if need be.
    fn queue(self: &Arc<Self>, entry: &mut Entry, key: KeyHash, now: Mono) {
        let Some(board) = self.board.get() else {
            return;
        };
        let lane = self.lane(board, key);
        if !entry.queued {
            let replica = Arc::clone(self);
            entry.queued = board.queue(lane, Due { replica, key });
        }
        if entry.queued && !board.is_alone(lane) && entry.is_urgent(&self.terms, now) {
            board.ring();
        }
    }

    /// The key's entry; a key that has none takes that of whoever owes least.
    fn entry<'a>(&self, bucket: &'a mut Bucket, key: KeyHash, now: Mono) -> &'a mut Entry {
        let known = bucket
            .entries
            .iter()
            .position(|entry| entry.key == Some(key));
        let at = known.unwrap_or_else(|| {
            let least = bucket.least(now);
            let old = &bucket.entries[least];
            bucket.evicted += u64::from(old.key.is_some() && old.debt(now) > 0.0);
            if let Some(board) = self.board.get() {
                let lost = old.unsent().spent.max(0) as u64;
                board.tally.forgotten.fetch_add(lost, Relaxed);
            }
            bucket.entries[least] = Entry::new(key, self.crowd(key), now);
            least
        });
        &mut bucket.entries[at]
    }

    fn bucket(&self, key: KeyHash) -> MutexGuard<'_, Bucket> {
        lock(&self.buckets[bucket_of(key.as_u64(), self.buckets.len())])
    }
}

fn lock(bucket: &Mutex<Bucket>) -> MutexGuard<'_, Bucket> {
    // Entries are plain numbers, which are valid after a panic elsewhere.
    bucket.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Bucket {
    fn find(&self, key: KeyHash) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == Some(key))
    }

    fn find_mut(&mut self, key: KeyHash) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.key == Some(key))
    }

    fn least(&self, now: Mono) -> usize {
        let used = |at: &usize| {
            let entry = &self.entries[*at];
            entry.key.map_or(-1.0, |_| entry.debt(now))
        };
        let least = (0..WAYS).min_by(|one, other| used(one).total_cmp(&used(other)));
        least.unwrap_or_default()
    }
}

impl fmt::Debug for Replica {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replica")
            .field("rule", &self.rule)
            .field("rate", &self.rate)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}
