//! Cells of 8 bytes: a 24-bit fingerprint and a 40-bit TAT.

use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};

use super::{Seen, cells::bucket_of};

/// Cells per bucket: a cache line of them.
pub(super) const WAYS: usize = 8;
const TAT_BITS: u32 = 40;
const TAT_MASK: u64 = (1 << TAT_BITS) - 1;
/// Ticks after which a bucket is cleaned when it is next visited.
const EPOCH_BITS: u32 = 38;

/// Buckets of eight cells.
///
/// A TAT is kept modulo 2^40 ticks, so what is long past would one day look like the future. Each
/// bucket therefore remembers in which epoch of 2^38 ticks it was last visited, and the first visit
/// in another epoch empties the cells that owe nothing: no janitor, and each check does at most one
/// bucket's work.
#[derive(Debug)]
pub(super) struct Narrow {
    buckets: Box<[Bucket]>,
    epochs: Box<[AtomicU16]>,
    /// A TAT that lies further ahead than this is not believed.
    horizon: u64,
}

#[derive(Debug, Default)]
#[repr(align(64))]
struct Bucket([AtomicU64; WAYS]);

impl Narrow {
    pub(super) fn new(buckets: usize, horizon: u64) -> Self {
        Self {
            buckets: (0..buckets).map(|_| Bucket::default()).collect(),
            epochs: (0..buckets).map(|_| AtomicU16::new(0)).collect(),
            horizon,
        }
    }

    /// Finds the key's cell, or the one to replace.
    #[inline]
    pub(super) fn read(&self, hash: u64, now: u64) -> Seen {
        let at = bucket_of(hash, self.buckets.len());
        let epoch = (now >> EPOCH_BITS) as u16;
        if self.epochs[at].load(Ordering::Relaxed) != epoch {
            self.clean(at, now, epoch);
        }
        let bucket = &self.buckets[at];
        let own = fingerprint(hash);
        let mut least = Seen::nothing();
        for (way, cell) in bucket.0.iter().enumerate() {
            let word = cell.load(Ordering::Acquire);
            let debt = self.debt(word, now);
            if word >> TAT_BITS == own && debt > 0 {
                return Seen {
                    way: way as u8,
                    known: true,
                    word: u128::from(word),
                    debt,
                };
            }
            if debt < least.debt {
                least = Seen {
                    way: way as u8,
                    known: false,
                    word: u128::from(word),
                    debt,
                };
            }
        }
        least
    }

    /// Replaces what was `seen` by this key with this debt, unless somebody was faster.
    #[inline]
    pub(super) fn write(&self, hash: u64, now: u64, seen: &Seen, debt: u64) -> bool {
        let bucket = &self.buckets[bucket_of(hash, self.buckets.len())];
        let word = (fingerprint(hash) << TAT_BITS) | (now.wrapping_add(debt) & TAT_MASK);
        let cell = &bucket.0[usize::from(seen.way)];
        let swapped =
            cell.compare_exchange(seen.word as u64, word, Ordering::SeqCst, Ordering::Relaxed);
        swapped.is_ok() && (seen.known || self.is_alone(bucket, seen.way, word, now))
    }

    /// After an insertion: withdraws it if another thread has put the same key in another cell of
    /// the bucket meanwhile, so that one key has one debt.
    fn is_alone(&self, bucket: &Bucket, way: u8, word: u64, now: u64) -> bool {
        let twin = bucket.0.iter().enumerate().any(|(other, cell)| {
            let seen = cell.load(Ordering::SeqCst);
            other != usize::from(way)
                && seen >> TAT_BITS == word >> TAT_BITS
                && self.debt(seen, now) > 0
        });
        !twin
            || bucket.0[usize::from(way)]
                .compare_exchange(word, 0, Ordering::SeqCst, Ordering::Relaxed)
                .is_err() // it has been charged already, so it stays
    }

    #[inline]
    fn debt(&self, word: u64, now: u64) -> u64 {
        let ahead = word.wrapping_sub(now) & TAT_MASK;
        if ahead <= self.horizon && word >> TAT_BITS != 0 {
            ahead
        } else {
            0
        }
    }

    #[cold]
    fn clean(&self, at: usize, now: u64, epoch: u16) {
        for cell in &self.buckets[at].0 {
            let word = cell.load(Ordering::Relaxed);
            if word != 0 && self.debt(word, now) == 0 {
                // Whoever changes it meanwhile makes it a debt of now, which may stay.
                let _ = cell.compare_exchange(word, 0, Ordering::SeqCst, Ordering::Relaxed);
            }
        }
        self.epochs[at].store(epoch, Ordering::Relaxed);
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
        size_of_val(&*self.buckets) + size_of_val(&*self.epochs)
    }
}

/// The key's mark in its bucket; zero marks an empty cell.
#[inline]
fn fingerprint(hash: u64) -> u64 {
    let low = hash & 0xff_ffff;
    low + u64::from(low == 0)
}
