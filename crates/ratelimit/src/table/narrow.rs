//! Cells of 8 bytes: a 24-bit fingerprint and a 40-bit TAT.

use std::sync::atomic::Ordering;

use super::{
    Pages, bucket_of,
    memory::{Bucket, Memory, WAYS},
    seen::{Cells, Seen},
};
use crate::sync::{AtomicU16, AtomicU64};

const TAT_BITS: u32 = 40;
const TAT_MASK: u64 = (1 << TAT_BITS) - 1;
/// How far ahead a claim's TAT lies: further than any horizon, and far from the past.
const CLAIMED: u64 = 1 << 39;
const CLAIM_BITS: u32 = 37;
/// Ticks after which all buckets are cleaned, by and by.
const EPOCH_BITS: u32 = 37;
/// Epochs that no debt outlives: a horizon is three of the eight that 40 bits hold.
const LONGEST: u16 = 4;
/// Buckets that each check cleans besides its own, until all are.
const STRIDE: u64 = 4;

/// Buckets of eight cells.
///
/// A TAT is kept modulo 2^40 ticks, so what is long past would one day look like the future. So in
/// each epoch of 2^37 ticks the first checks, a few buckets each, empty the cells that owe nothing;
/// a bucket remembers in which epoch that was, and one that was not visited for longer than any debt
/// lives is emptied whole. No janitor is needed, and once all buckets are clean a check looks at
/// nothing but its own. Epochs come round after 2^53 ticks, which are 285 years of ticks of a
/// microsecond, and 28 of the shortest.
#[derive(Debug)]
pub(super) struct Narrow {
    buckets: Memory,
    /// In which epoch each bucket was cleaned.
    cleaned: Box<[AtomicU16]>,
    /// Which epoch's cleaning has come how far: a [`Sweep`].
    sweep: AtomicU64,
    /// A TAT that lies further ahead than this is not believed.
    horizon: u64,
}

/// An epoch in 16 bits, and in 48 bits the next bucket to clean in it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Sweep(u64);

impl Sweep {
    const HAND_BITS: u32 = 48;
    const DONE: u64 = (1 << Self::HAND_BITS) - 1;

    const fn at(epoch: u16, hand: u64) -> Self {
        Self((epoch as u64) << Self::HAND_BITS | hand)
    }

    const fn epoch(self) -> u16 {
        (self.0 >> Self::HAND_BITS) as u16
    }

    const fn hand(self) -> u64 {
        self.0 & Self::DONE
    }
}

impl Narrow {
    pub(super) fn new(cells: usize, horizon: u64, pages: Pages) -> Self {
        let buckets = cells.div_ceil(WAYS);
        Self {
            buckets: Memory::new(buckets, pages),
            cleaned: (0..buckets).map(|_| AtomicU16::new(0)).collect(),
            sweep: AtomicU64::new(Sweep::at(0, Sweep::DONE).0),
            horizon,
        }
    }

    /// Looks at all cells of a bucket: for the key's own, and only then for the one that owes least, since in
    /// a flood that search ends where it begins. A way and a word return in registers, a [`Seen`] would not.
    #[inline(never)]
    fn scan(&self, bucket: &Bucket, hash: u64, now: u64) -> (usize, u64) {
        let own = fingerprint(hash);
        // One look at each cell for both searches: a key that another thread inserts in between would be
        // missed by the first, and make the bucket look full to the second.
        let words: [u64; WAYS] = std::array::from_fn(|way| bucket[way].load(Ordering::Acquire));
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
    fn least(&self, words: &[u64; WAYS], home: usize, now: u64) -> usize {
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

    /// What the key owes if this is its cell. A key that has paid goes on in its cell; another thread that
    /// finds it free meanwhile changes this very word.
    #[inline]
    fn owed(&self, word: u64, own: u64, now: u64) -> Option<u64> {
        if word >> TAT_BITS != own {
            return None;
        }
        let ahead = word.wrapping_sub(now) & TAT_MASK;
        if (1..=self.horizon).contains(&ahead) {
            return Some(ahead);
        }
        is_paid(word, now).then_some(0)
    }

    /// Puts a key where it was not. At first its cell is only claimed: by a TAT that nobody believes, so
    /// that nobody charges it. It counts when no other cell of the bucket is the same key's, and none
    /// can become so: of two threads that insert one key, whoever looks later finds the other's cell,
    /// and takes its claim away or withdraws. So one key never has two debts.
    #[inline(never)]
    fn insert(
        &self,
        bucket: &Bucket,
        (way, seen): (u8, u64),
        (word, now): (u64, u64),
        evicted: Option<impl FnOnce()>,
    ) -> bool {
        let cell = &bucket[usize::from(way)];
        let claim = claim(word, now);
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
    fn is_alone(&self, bucket: &Bucket, way: u8, word: u64, now: u64) -> bool {
        let others = bucket.iter().enumerate();
        let mut others = others.filter(|(other, _)| *other != usize::from(way));
        others.all(|(_, cell)| {
            let seen = cell.load(Ordering::SeqCst);
            let twin = seen >> TAT_BITS == word >> TAT_BITS;
            !twin || self.debt(seen, now) == 0 && swap(cell, seen, 0)
        })
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

    /// Cleans this bucket, and a few more if this epoch is ahead of the one being cleaned.
    #[cold]
    fn renew(&self, at: usize, now: u64, epoch: u16, sweep: Sweep) {
        self.clean(at, now, epoch);
        let hand = match epoch.wrapping_sub(sweep.epoch()) {
            0 => sweep.hand(),
            1..=0x7fff => 0,
            _ => return, // a clock that is behind the others does not turn the sweep back
        };
        let buckets = self.buckets.len() as u64;
        let next = (hand + STRIDE).min(buckets);
        for bucket in hand..next {
            self.clean(bucket as usize, now, epoch);
        }
        let next = if next == buckets { Sweep::DONE } else { next };
        // Who loses this race has cleaned what another thread has cleaned as well.
        let _ = self.sweep.compare_exchange(
            sweep.0,
            Sweep::at(epoch, next).0,
            Ordering::AcqRel,
            Ordering::Relaxed,
        );
    }

    fn clean(&self, at: usize, now: u64, epoch: u16) {
        let before = self.cleaned[at].load(Ordering::SeqCst);
        let passed = epoch.wrapping_sub(before);
        if passed == 0 {
            return;
        }
        let debts_may_live = passed.min(passed.wrapping_neg()) < LONGEST;
        for cell in self.buckets.bucket(at) {
            let word = cell.load(Ordering::SeqCst);
            // Debts of this epoch are made in clean buckets only: what stands in one that another
            // thread has cleaned meanwhile may be such.
            if self.cleaned[at].load(Ordering::SeqCst) != before {
                return;
            }
            let live = debts_may_live && self.debt(word, now) > 0;
            if word != 0 && !live {
                // Whoever changes it meanwhile makes it a debt of now, which may stay.
                let _ = cell.compare_exchange(word, 0, Ordering::SeqCst, Ordering::Relaxed);
            }
        }
        self.cleaned[at].store(epoch, Ordering::SeqCst);
    }

    pub(super) fn carried(
        &self,
        (from, to): (u64, u64),
        horizon: u64,
        convert: impl Fn(u64) -> u64,
    ) -> Self {
        let new = Self::new(self.cells(), horizon, self.pages());
        let epoch = (to >> EPOCH_BITS) as u16;
        new.sweep
            .store(Sweep::at(epoch, Sweep::DONE).0, Ordering::Relaxed);
        for (at, (old, bucket)) in self.buckets.iter().zip(new.buckets.iter()).enumerate() {
            self.clean(at, from, (from >> EPOCH_BITS) as u16);
            new.cleaned[at].store(epoch, Ordering::Relaxed);
            for (old, cell) in old.iter().zip(bucket) {
                let word = old.load(Ordering::Acquire);
                let debt = convert(self.debt(word, from));
                let key = word >> TAT_BITS << TAT_BITS;
                let word = if debt > 0 {
                    key | (to.wrapping_add(debt) & TAT_MASK)
                } else {
                    0
                };
                cell.store(word, Ordering::Relaxed);
            }
        }
        new
    }

    pub(super) fn owing(&self, now: u64) -> usize {
        let cells = self.buckets.iter().flatten();
        cells
            .filter(|cell| self.debt(cell.load(Ordering::Relaxed), now) > 0)
            .count()
    }

    pub(super) fn cells(&self) -> usize {
        self.buckets.len() * WAYS
    }

    pub(super) const fn pages(&self) -> Pages {
        self.buckets.pages()
    }

    pub(super) fn bytes(&self) -> usize {
        self.buckets.bytes() + size_of_val(&*self.cleaned)
    }
}

impl Cells for Narrow {
    type Word = u64;

    #[inline]
    fn read(&self, hash: u64, now: impl FnOnce() -> u64) -> (Seen<u64>, u64) {
        let at = bucket_of(hash, self.buckets.len());
        let (bucket, own, way) = (self.buckets.bucket(at), fingerprint(hash), home(hash));
        // A sweep that was done before the word was read has cleaned what is read.
        let sweep = Sweep(self.sweep.load(Ordering::Acquire));
        let now = now();
        let word = bucket[way].load(Ordering::Acquire);
        let epoch = (now >> EPOCH_BITS) as u16;
        if sweep != Sweep::at(epoch, Sweep::DONE) {
            self.renew(at, now, epoch, sweep);
        } else if let Some(debt) = self.owed(word, own, now) {
            return (Seen::own((at, way), word, debt), now);
        }
        let (way, word) = self.scan(bucket, hash, now);
        let owed = self.owed(word, own, now);
        let seen = Seen::either((at, way), word, owed, || self.debt(word, now) > 0);
        (seen, now)
    }

    #[inline]
    fn write(&self, hash: u64, now: u64, seen: &Seen<u64>, debt: u64, evicted: impl Fn()) -> bool {
        let bucket = self.buckets.bucket(seen.bucket as usize);
        let word = (fingerprint(hash) << TAT_BITS) | (now.wrapping_add(debt) & TAT_MASK);
        if seen.known {
            return swap(&bucket[usize::from(seen.way)], seen.word, word);
        }
        let evicted = seen.evicts.then_some(evicted);
        self.insert(bucket, (seen.way, seen.word), (word, now), evicted)
    }

    #[inline]
    fn touch(&self, hash: u64) -> u64 {
        let bucket = self.buckets.bucket(bucket_of(hash, self.buckets.len()));
        bucket[home(hash)].load(Ordering::Relaxed)
    }
}

/// Whether a TAT lies in the past, and not so far ahead that it is a claim.
#[inline]
fn is_paid(word: u64, now: u64) -> bool {
    now.wrapping_sub(word) & TAT_MASK < 1 << (CLAIM_BITS + 1)
}

#[inline]
fn swap(cell: &AtomicU64, old: u64, new: u64) -> bool {
    let swapped = cell.compare_exchange(old, new, Ordering::SeqCst, Ordering::Relaxed);
    swapped.is_ok()
}

/// A cell that is to become `word`: no two threads claim one with the same, lest one of them takes the
/// other's claim for its own. The address of a frame on the stack is the thread's own while it lasts.
fn claim(word: u64, now: u64) -> u64 {
    let frame = 0_u64;
    let own = (std::ptr::from_ref(&frame).addr() as u64 >> 3) & ((1 << CLAIM_BITS) - 1);
    (word & !TAT_MASK) | (now.wrapping_add(CLAIMED + own) & TAT_MASK)
}

/// The cell that a key takes if it is free, by bits that choose neither bucket nor mark: whoever is alone
/// in a bucket, or came first, is found at the first look.
#[inline]
fn home(hash: u64) -> usize {
    (hash >> 24) as usize % WAYS
}

/// The key's mark in its bucket; zero marks an empty cell.
#[inline]
fn fingerprint(hash: u64) -> u64 {
    let low = hash & 0xff_ffff;
    low + u64::from(low == 0)
}
