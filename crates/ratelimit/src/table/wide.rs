//! Cells of 16 bytes: the whole 64-bit hash and a 64-bit TAT.

use std::sync::atomic::Ordering;

use super::{
    bucket_of,
    seen::{Cells, Seen},
};
use crate::sync::AtomicU128;

/// Cells per bucket: a cache line of them.
pub(super) const WAYS: usize = 4;

/// TATs above all that are believed, so many bits of them.
const CLAIM_BITS: u32 = 48;
/// The furthest horizon there can be.
pub(super) const FURTHEST: u64 = u64::MAX - (1 << CLAIM_BITS);

/// Buckets of four cells. 64 bits of ticks do not come round, so there is nothing to clean.
#[derive(Debug)]
pub(super) struct Wide {
    buckets: Box<[Bucket]>,
    /// A TAT that lies further ahead than this is not believed.
    horizon: u64,
}

#[derive(Debug, Default)]
#[repr(align(64))]
struct Bucket([AtomicU128; WAYS]);

impl Wide {
    pub(super) fn new(buckets: usize, horizon: u64) -> Self {
        Self {
            buckets: (0..buckets).map(|_| Bucket::default()).collect(),
            horizon,
        }
    }

    /// Looks at all cells of a bucket: for the key's own, and only then for the one that owes least, since in
    /// a flood that search ends where it begins.
    #[inline(never)]
    fn scan(&self, bucket: &Bucket, hash: u64, now: u64) -> (usize, u128) {
        let own = fingerprint(hash);
        // One look at each cell for both searches: a key that another thread inserts in between would be
        // missed by the first, and make the bucket look full to the second.
        let words: [u128; WAYS] = std::array::from_fn(|way| bucket.0[way].load(Ordering::Acquire));
        for (way, word) in words.iter().enumerate() {
            if self.owed(*word, own, now).is_some() {
                return (way, *word);
            }
        }
        let way = self.least(&words, home(hash), now);
        (way, words[way])
    }

    /// The cell that owes least: the home if that is free, or no other owes less.
    #[inline]
    fn least(&self, words: &[u128; WAYS], home: usize, now: u64) -> usize {
        let (mut least, mut found) = (self.debt(words[home], now), home);
        for (way, word) in words.iter().enumerate() {
            if least == 0 {
                break;
            }
            let debt = self.debt(*word, now);
            if debt < least {
                (least, found) = (debt, way);
            }
        }
        found
    }

    /// What the key owes if this is its cell; nothing if it has paid, and a claim is nobody's.
    #[inline]
    fn owed(&self, word: u128, own: u64, now: u64) -> Option<u64> {
        let tat = word as u64;
        if (word >> 64) as u64 != own || tat == 0 {
            return None;
        }
        let ahead = tat.saturating_sub(now);
        (ahead <= self.horizon).then_some(ahead)
    }

    /// Puts a key where it was not, in the steps of the narrow cells: claims the cell, looks at the
    /// others, and then counts or withdraws.
    #[inline(never)]
    fn insert(
        &self,
        bucket: &Bucket,
        (way, seen): (u8, u128),
        (word, now): (u128, u64),
        evicted: Option<impl FnOnce()>,
    ) -> bool {
        let cell = &bucket.0[usize::from(way)];
        let claim = claim(word);
        if !swap(cell, seen, claim) {
            return false;
        }
        if let Some(evicted) = evicted {
            evicted(); // it is forgotten, whatever becomes of the claim
        }
        if self.is_alone(bucket, way, word, now) {
            return swap(cell, claim, word);
        }
        let _ = swap(cell, claim, 0);
        false
    }

    /// Whether no other cell is the same key's, once those that owe nothing are emptied.
    fn is_alone(&self, bucket: &Bucket, way: u8, word: u128, now: u64) -> bool {
        let others = bucket.0.iter().enumerate();
        let mut others = others.filter(|(other, _)| *other != usize::from(way));
        others.all(|(_, cell)| {
            let seen = cell.load(Ordering::SeqCst);
            let twin = seen >> 64 == word >> 64;
            !twin || self.debt(seen, now) == 0 && swap(cell, seen, 0)
        })
    }

    #[inline]
    fn debt(&self, word: u128, now: u64) -> u64 {
        let ahead = (word as u64).saturating_sub(now);
        if ahead <= self.horizon && word >> 64 != 0 {
            ahead
        } else {
            0
        }
    }

    #[cfg(feature = "governor")]
    pub(super) fn forget_below(&self, tat: u64) {
        for cell in self.buckets.iter().flat_map(|bucket| &bucket.0) {
            let word = cell.load(Ordering::Relaxed);
            if (word as u64) < tat {
                // Whoever changes it meanwhile makes it recent.
                let _ = cell.compare_exchange(word, 0, Ordering::SeqCst, Ordering::Relaxed);
            }
        }
    }

    pub(super) fn carried(
        &self,
        (from, to): (u64, u64),
        horizon: u64,
        convert: impl Fn(u64) -> u64,
    ) -> Self {
        let new = Self::new(self.buckets.len(), horizon);
        let olds = self.buckets.iter().flat_map(|bucket| &bucket.0);
        let cells = new.buckets.iter().flat_map(|bucket| &bucket.0);
        for (old, cell) in olds.zip(cells) {
            let word = old.load(Ordering::Acquire);
            let debt = convert(self.debt(word, from));
            let key = word >> 64 << 64;
            let word = if debt > 0 {
                key | u128::from(to.saturating_add(debt))
            } else {
                0
            };
            cell.store(word, Ordering::Relaxed);
        }
        new
    }

    pub(super) fn owing(&self, now: u64) -> usize {
        let cells = self.buckets.iter().flat_map(|bucket| &bucket.0);
        cells
            .filter(|cell| self.debt(cell.load(Ordering::Relaxed), now) > 0)
            .count()
    }

    pub(super) fn cells(&self) -> usize {
        self.buckets.len() * WAYS
    }

    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.buckets)
    }
}

impl Cells for Wide {
    type Word = u128;

    #[inline]
    fn read(&self, hash: u64, now: impl FnOnce() -> u64) -> (Seen<u128>, u64) {
        let at = bucket_of(hash, self.buckets.len());
        let (bucket, own, way) = (&self.buckets[at], fingerprint(hash), home(hash));
        let now = now();
        let word = bucket.0[way].load(Ordering::Acquire);
        if let Some(debt) = self.owed(word, own, now) {
            return (Seen::own((at, way), word, debt), now);
        }
        let (way, word) = self.scan(bucket, hash, now);
        let owed = self.owed(word, own, now);
        let seen = Seen::either((at, way), word, owed, || self.debt(word, now) > 0);
        (seen, now)
    }

    #[inline]
    fn write(&self, hash: u64, now: u64, seen: &Seen<u128>, debt: u64, evicted: impl Fn()) -> bool {
        let bucket = &self.buckets[seen.bucket as usize];
        let tat = now.saturating_add(debt).min(FURTHEST);
        let word = (u128::from(fingerprint(hash)) << 64) | u128::from(tat);
        if seen.known {
            return swap(&bucket.0[usize::from(seen.way)], seen.word, word);
        }
        let evicted = seen.evicts.then_some(evicted);
        self.insert(bucket, (seen.way, seen.word), (word, now), evicted)
    }

    #[inline]
    fn touch(&self, hash: u64) -> u64 {
        let bucket = &self.buckets[bucket_of(hash, self.buckets.len())];
        bucket.0[home(hash)].load(Ordering::Relaxed) as u64
    }
}

#[inline]
fn swap(cell: &AtomicU128, old: u128, new: u128) -> bool {
    let swapped = cell.compare_exchange(old, new, Ordering::SeqCst, Ordering::Relaxed);
    swapped.is_ok()
}

/// A cell that is to become `word`: the same of no two threads, and beyond any horizon.
fn claim(word: u128) -> u128 {
    let frame = 0_u64;
    let own = std::ptr::from_ref(&frame).addr() as u64 & ((1 << CLAIM_BITS) - 1);
    (word >> 64 << 64) | u128::from(u64::MAX - own)
}

/// The cell that a key takes if it is free.
#[inline]
fn home(hash: u64) -> usize {
    (hash >> 24) as usize % WAYS
}

/// The key's mark; zero marks an empty cell.
#[inline]
fn fingerprint(hash: u64) -> u64 {
    hash.max(1)
}
