//! [`Order`]: who is next, by start-time fair queueing.
//!
//! Each request begins, in virtual time, where the one before it of the same key ends, but not before
//! the present; it lasts as long as it costs. The earliest beginning is served first, and the present
//! is the beginning of the one served last.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use eaves_common::time::Mono;

use crate::key::KeyHash;

#[derive(Clone, Debug)]
pub(super) struct Order<T> {
    waiting: BTreeMap<Place, Entry<T>>,
    /// By arrival.
    ages: BTreeMap<u64, Place>,
    flows: HashMap<KeyHash, Flow>,
    /// Keys that have nothing waiting but are ahead of the present, by where they end.
    idle: BTreeSet<(u64, KeyHash)>,
    present: u64,
    arrivals: u64,
    backlog: u64,
}

/// Where a request stands: by its beginning in virtual time, then by arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Place {
    start: u64,
    number: u64,
}

#[derive(Clone, Debug)]
pub(super) struct Entry<T> {
    pub(super) item: T,
    pub(super) key: KeyHash,
    pub(super) cost: u64,
    pub(super) since: Mono,
}

#[derive(Clone, Copy, Debug, Default)]
struct Flow {
    end: u64,
    waiting: usize,
}

/// Keys remembered that have nothing waiting.
const MOST_IDLE: usize = 4_096;

impl<T> Order<T> {
    pub(super) fn new() -> Self {
        Self {
            waiting: BTreeMap::new(),
            ages: BTreeMap::new(),
            flows: HashMap::new(),
            idle: BTreeSet::new(),
            present: 0,
            arrivals: 0,
            backlog: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Units that wait.
    pub(super) const fn backlog(&self) -> u64 {
        self.backlog
    }

    pub(super) fn push(&mut self, entry: Entry<T>) -> Place {
        let start = self.start_of(entry.key);
        let number = self.arrivals;
        self.arrivals += 1;
        let flow = self.flows.entry(entry.key).or_default();
        if flow.waiting == 0 {
            self.idle.remove(&(flow.end, entry.key));
        }
        flow.end = start.saturating_add(entry.cost);
        flow.waiting += 1;
        self.backlog = self.backlog.saturating_add(entry.cost);
        let place = Place { start, number };
        self.ages.insert(number, place);
        self.waiting.insert(place, entry);
        place
    }

    /// Whether a request of this key would be served after all that wait.
    pub(super) fn would_be_last(&self, key: KeyHash) -> bool {
        let start = self.start_of(key);
        self.waiting
            .last_key_value()
            .is_none_or(|(last, _)| last.start <= start)
    }

    pub(super) fn first(&self) -> Option<&Entry<T>> {
        self.waiting.first_key_value().map(|(_, entry)| entry)
    }

    /// Since when the one waits that has waited longest.
    pub(super) fn oldest(&self) -> Option<(Place, Mono)> {
        let (_, place) = self.ages.first_key_value()?;
        Some((*place, self.waiting.get(place)?.since))
    }

    /// Serves the first.
    pub(super) fn pop_first(&mut self) -> Option<Entry<T>> {
        let place = *self.waiting.first_key_value()?.0;
        self.present = self.present.max(place.start);
        self.take(place)
    }

    /// Sends the last away; its key is charged nothing for it.
    pub(super) fn pop_last(&mut self) -> Option<Entry<T>> {
        let (place, key) = self.waiting.last_key_value().map(|(p, e)| (*p, e.key))?;
        if let Some(flow) = self.flows.get_mut(&key) {
            flow.end = place.start;
        }
        self.take(place)
    }

    /// Takes one out, wherever it stands.
    pub(super) fn take(&mut self, place: Place) -> Option<Entry<T>> {
        let entry = self.waiting.remove(&place)?;
        self.ages.remove(&place.number);
        self.backlog -= entry.cost.min(self.backlog);
        self.leave(entry.key);
        self.forget();
        Some(entry)
    }

    fn start_of(&self, key: KeyHash) -> u64 {
        let end = self.flows.get(&key).map_or(0, |flow| flow.end);
        end.max(self.present)
    }

    fn leave(&mut self, key: KeyHash) {
        let Some(flow) = self.flows.get_mut(&key) else {
            return;
        };
        flow.waiting -= 1;
        if flow.waiting == 0 {
            self.idle.insert((flow.end, key));
        }
    }

    /// Forgets keys that the present has caught up with, all of them when nothing waits.
    fn forget(&mut self) {
        if self.waiting.is_empty() {
            self.flows.clear();
            self.idle.clear();
            self.present = 0;
            return;
        }
        while let Some((end, key)) = self.idle.first().copied() {
            if end > self.present && self.idle.len() <= MOST_IDLE {
                return;
            }
            self.idle.remove(&(end, key));
            self.flows.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_wait_for_nothing_are_remembered_in_bounded_number() {
        let entry = |key| Entry {
            item: (),
            key: KeyHash::new(key),
            cost: 5,
            since: Mono::ZERO,
        };
        let mut order = Order::new();
        order.push(entry(0)); // while nobody waits, nobody is remembered
        for key in 1..2 * MOST_IDLE as u64 {
            let place = order.push(entry(key));
            assert!(order.take(place).is_some());
            assert!(order.idle.len() <= MOST_IDLE);
        }
        assert_eq!(order.flows.len(), order.idle.len() + 1);
    }
}
