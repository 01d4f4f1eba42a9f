//! [`Candidates`]: the keys that may be among the heaviest, each counted exactly while it is here.

use hashbrown::HashTable;

/// A fixed number of keys with their counts; the lightest is known and makes room.
#[derive(Clone)]
pub(super) struct Candidates<K> {
    entries: Vec<Entry<K>>,
    /// Positions in `entries` by hash.
    index: HashTable<u16>,
    /// Positions in `entries`, as a heap with the lightest on top.
    heap: Vec<u16>,
    most: usize,
}

#[derive(Clone)]
pub(super) struct Entry<K> {
    pub(super) key: K,
    pub(super) hash: u64,
    pub(super) count: u64,
    /// Where `heap` holds this entry.
    rank: u16,
}

impl<K: Eq> Candidates<K> {
    pub(super) const MOST: usize = 1 << 15;

    pub(super) fn new(most: usize) -> Self {
        Self {
            entries: Vec::with_capacity(most),
            // Twice the room: what is removed and inserted never makes the table grow.
            index: HashTable::with_capacity(2 * most),
            heap: Vec::with_capacity(most),
            most,
        }
    }

    pub(super) const fn most(&self) -> usize {
        self.most
    }

    pub(super) fn memory(&self) -> usize {
        self.entries.capacity() * size_of::<Entry<K>>()
            + self.index.allocation_size()
            + self.heap.capacity() * size_of::<u16>()
    }

    /// Adds to a key's count if it is here.
    #[inline]
    pub(super) fn add(&mut self, key: &K, hash: u64, weight: u64) -> bool {
        let Some(at) = self.find(key, hash) else {
            return false;
        };
        let entry = &mut self.entries[at];
        entry.count = entry.count.saturating_add(weight);
        let rank = entry.rank;
        self.sink(rank.into());
        true
    }

    /// Returns the entry of a key.
    pub(super) fn entry(&self, key: &K, hash: u64) -> Option<&Entry<K>> {
        self.find(key, hash).map(|at| &self.entries[at])
    }

    /// Says whether a key of this count would be let in.
    #[inline]
    pub(super) fn admits(&self, count: u64) -> bool {
        self.entries.len() < self.most || self.lightest() < count
    }

    /// Lets in a key that is not here; if the lightest has to go, returns its hash and count.
    pub(super) fn insert(&mut self, key: K, hash: u64, count: u64) -> Option<(u64, u64)> {
        if self.entries.len() < self.most {
            let at = self.entries.len() as u16; // less than MOST
            self.entries.push(Entry {
                key,
                hash,
                count,
                rank: at,
            });
            self.heap.push(at);
            self.list(hash, at);
            self.rise(at.into());
            return None;
        }
        let at = self.heap[0];
        let entry = &mut self.entries[usize::from(at)];
        let gone = (entry.hash, entry.count);
        entry.key = key;
        entry.hash = hash;
        entry.count = count;
        if let Ok(listed) = self.index.find_entry(gone.0, |&other| other == at) {
            listed.remove();
        }
        self.list(hash, at);
        self.sink(0);
        Some(gone)
    }

    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = &Entry<K>> {
        self.entries.iter()
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.index.clear();
        self.heap.clear();
    }

    #[inline]
    fn find(&self, key: &K, hash: u64) -> Option<usize> {
        let is_it = |&at: &u16| {
            let entry = &self.entries[usize::from(at)];
            entry.hash == hash && entry.key == *key
        };
        self.index.find(hash, is_it).map(|&at| usize::from(at))
    }

    fn list(&mut self, hash: u64, at: u16) {
        let entries = &self.entries;
        let hash_of = |&at: &u16| entries[usize::from(at)].hash;
        self.index.insert_unique(hash, at, hash_of);
    }

    fn lightest(&self) -> u64 {
        self.heap.first().map_or(0, |_| self.count_at(0))
    }

    #[inline]
    fn count_at(&self, rank: usize) -> u64 {
        self.entries[usize::from(self.heap[rank])].count
    }

    #[inline]
    fn sink(&mut self, mut rank: usize) {
        loop {
            let (left, right) = (2 * rank + 1, 2 * rank + 2);
            if left >= self.heap.len() {
                return;
            }
            let has_right = right < self.heap.len();
            let lighter = match has_right && self.count_at(right) < self.count_at(left) {
                true => right,
                false => left,
            };
            if self.count_at(rank) <= self.count_at(lighter) {
                return;
            }
            self.swap(rank, lighter);
            rank = lighter;
        }
    }

    fn rise(&mut self, mut rank: usize) {
        while rank > 0 {
            let parent = (rank - 1) / 2;
            if self.count_at(parent) <= self.count_at(rank) {
                return;
            }
            self.swap(rank, parent);
            rank = parent;
        }
    }

    fn swap(&mut self, one: usize, other: usize) {
        self.heap.swap(one, other);
        for rank in [one, other] {
            self.entries[usize::from(self.heap[rank])].rank = rank as u16; // less than MOST
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lightest_makes_room() {
        let mut candidates = Candidates::new(3);
        for (key, count) in [(1_u64, 5), (2, 3), (3, 9)] {
            assert_eq!(candidates.insert(key, key, count), None);
        }
        assert!(!candidates.admits(3));
        assert!(candidates.add(&2, 2, 3));
        assert_eq!(candidates.insert(4, 4, 7), Some((1, 5)));
        assert_eq!(candidates.insert(5, 5, 8), Some((2, 6)));
        assert!(candidates.entry(&2, 2).is_none());
        assert_eq!(candidates.entry(&4, 4).map(|entry| entry.count), Some(7));
    }

    #[test]
    fn keys_with_one_hash_are_told_apart() {
        let mut candidates = Candidates::new(2);
        candidates.insert("a", 1, 1);
        candidates.insert("b", 1, 2);
        assert_eq!(candidates.insert("c", 1, 3), Some((1, 1)));
        assert!(candidates.entry(&"a", 1).is_none());
        assert_eq!(candidates.entry(&"b", 1).map(|entry| entry.count), Some(2));
    }

    #[test]
    fn the_heap_holds_under_any_order() {
        let mut candidates = Candidates::new(50);
        let mut model = std::collections::BTreeMap::new();
        let mut dice = super::super::seeded::Dice::new(1);
        for _ in 0..20_000 {
            let key = dice.roll() % 80;
            if candidates.add(&key, key, 1) {
                *model.get_mut(&key).unwrap() += 1;
            } else if candidates.admits(3) {
                candidates.insert(key, key, 3);
                model.insert(key, 3);
                model.retain(|key, _| candidates.entry(key, *key).is_some());
            }
            assert_eq!(model.values().min(), Some(&candidates.lightest()));
        }
        assert!(model.len() == 50);
    }
}
