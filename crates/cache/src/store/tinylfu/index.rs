//! [`Index`]: which slot holds a key.

use std::hint::black_box;

use super::{
    chunked::Chunked,
    slab::{NIL, Slab},
};

/// A hash table of buckets of a cache line each, which grows by one bucket at a time (linear
/// hashing), so that no insertion ever waits for a rehash.
///
/// A bucket has slot numbers with eight bits of their hashes: a lookup reads the bucket and the slot
/// it is after, and hardly ever another. What a bucket has no place for is chained through the slots.
#[derive(Debug)]
pub(super) struct Index {
    buckets: Chunked<Bucket>,
    /// Buckets of the last full doubling, less one.
    mask: u32,
    len: u32,
}

/// Places for slots, and the first slot of the chain of those that found none.
#[derive(Debug)]
#[repr(align(64))]
struct Bucket {
    /// Tag in the high byte, slot number below; [`EMPTY`] where there is none.
    places: [u32; PLACES],
    chain: u32,
}

impl Index {
    pub(super) fn new() -> Self {
        let mut buckets = Chunked::new();
        buckets.push(Bucket::default());
        Self {
            buckets,
            mask: 0,
            len: 0,
        }
    }

    pub(super) const fn len(&self) -> u32 {
        self.len
    }

    pub(super) const fn bytes(&self) -> usize {
        self.buckets.bytes()
    }

    /// The slot of this hash whose key `is_it` knows, `NIL` if there is none.
    #[inline]
    pub(super) fn find<K, V>(
        &self,
        slab: &Slab<K, V>,
        hash: u64,
        is_it: impl Fn(&K) -> bool,
    ) -> u32 {
        let holds = |id: u32| {
            let slot = &slab[id];
            slot.hash == hash && slot.entry.as_ref().is_some_and(|(key, _)| is_it(key))
        };
        let bucket = &self.buckets[self.bucket(hash)];
        let mut alike = bucket.alike(TAG, tag(hash));
        while alike != 0 {
            let id = bucket.places[alike.trailing_zeros() as usize] & !TAG;
            if holds(id) {
                return id;
            }
            alike &= alike - 1;
        }
        let mut id = bucket.chain;
        while id != NIL && !holds(id) {
            id = slab[id].chain;
        }
        id
    }

    /// Has the bucket of a hash fetched while the caller goes on.
    #[inline]
    pub(super) fn touch(&self, hash: u64) {
        black_box(self.buckets[self.bucket(hash)].chain);
    }

    /// Enters slot `id`, whose key is not there.
    pub(super) fn insert<K, V>(&mut self, slab: &mut Slab<K, V>, id: u32) {
        if self.len / LOAD >= self.buckets.len() {
            self.split(slab);
        }
        self.link(slab, id);
        self.len += 1;
    }

    /// Removes slot `id`, which is there.
    pub(super) fn remove<K, V>(&mut self, slab: &mut Slab<K, V>, id: u32) {
        let hash = slab[id].hash;
        let at = self.bucket(hash);
        let bucket = &mut self.buckets[at];
        let word = tag(hash) | id;
        self.len -= 1;
        if let Some(place) = bucket.place(word) {
            *place = EMPTY;
            let chained = bucket.chain;
            if chained != NIL {
                bucket.chain = slab[chained].chain;
                self.link(slab, chained);
            }
            return;
        }
        let after = slab[id].chain;
        if bucket.chain == id {
            bucket.chain = after;
            return;
        }
        let mut before = bucket.chain;
        while slab[before].chain != id {
            before = slab[before].chain;
        }
        slab[before].chain = after;
    }

    fn link<K, V>(&mut self, slab: &mut Slab<K, V>, id: u32) {
        let hash = slab[id].hash;
        let at = self.bucket(hash);
        let bucket = &mut self.buckets[at];
        if let Some(place) = bucket.place(EMPTY) {
            *place = tag(hash) | id;
            return;
        }
        slab[id].chain = bucket.chain;
        bucket.chain = id;
    }

    /// Adds one bucket and moves to it what belongs there from the bucket that it splits.
    fn split<K, V>(&mut self, slab: &mut Slab<K, V>) {
        let from = self.buckets.len() & self.mask;
        self.buckets.push(Bucket::default());
        let Bucket { places, chain } = std::mem::take(&mut self.buckets[from]);
        if from == self.mask {
            self.mask = self.mask * 2 + 1;
        }
        for place in places.into_iter().filter(|place| *place != EMPTY) {
            self.link(slab, place & !TAG);
        }
        let mut id = chain;
        while id != NIL {
            let next = slab[id].chain;
            self.link(slab, id);
            id = next;
        }
    }

    #[inline]
    fn bucket(&self, hash: u64) -> u32 {
        grown(hash as u32, self.mask, self.buckets.len())
    }
}

impl Bucket {
    /// The places that are `word` where `mask` is set, a bit for each. All are compared, since where the right one is
    /// cannot be guessed.
    #[inline]
    fn alike(&self, mask: u32, word: u32) -> u32 {
        let bit = |at: usize| u32::from(self.places[at] & mask == word) << at;
        (0..PLACES).fold(0, |bits, at| bits | bit(at))
    }

    /// The place that is `word`, whichever of them.
    #[inline]
    fn place(&mut self, word: u32) -> Option<&mut u32> {
        let at = self.alike(u32::MAX, word).trailing_zeros();
        self.places.get_mut(at as usize)
    }
}

impl Default for Bucket {
    fn default() -> Self {
        Self {
            places: [EMPTY; PLACES],
            chain: NIL,
        }
    }
}

/// With the chain's head, a cache line.
const PLACES: usize = 15;

/// Entries per bucket in the mean. Buckets that are not split yet in a doubling have up to twice as
/// many as those that are: with nine, few overflow.
const LOAD: u32 = 9;

const EMPTY: u32 = u32::MAX;
const TAG: u32 = 0xFF << 24;

/// Eight bits that choose neither shard nor bucket; never those of [`EMPTY`].
#[inline]
const fn tag(hash: u64) -> u32 {
    let tag = (hash >> 40) as u32 & 0xFF;
    (if tag == 0xFF { 0 } else { tag }) << 24
}

/// The bucket of `bits` among `len` buckets, of which `mask + 1` have been split in full.
#[inline]
pub(super) const fn grown(bits: u32, mask: u32, len: u32) -> u32 {
    let wide = bits & (mask * 2 + 1);
    if wide < len { wide } else { bits & mask }
}

#[cfg(test)]
mod tests {
    use super::{super::slab::Slot, *};

    fn enter(slab: &mut Slab<u64, ()>, index: &mut Index, key: u64, hash: u64) -> u32 {
        let id = slab.insert(Slot {
            entry: Some((key, ())),
            hash,
            ..Slot::default()
        });
        index.insert(slab, id);
        id
    }

    #[test]
    fn keys_of_one_hash_are_told_apart_and_removed_one_by_one() {
        let (mut slab, mut index) = (Slab::new(), Index::new());
        let ids: Vec<u32> = (0..100)
            .map(|key| enter(&mut slab, &mut index, key, 0x00FF_FF00_0000_0007))
            .collect();
        let find = |index: &Index, slab: &Slab<u64, ()>, key| {
            index.find(slab, 0x00FF_FF00_0000_0007, |other| *other == key)
        };
        for key in (0..100).step_by(3) {
            index.remove(&mut slab, ids[key]);
            slab.take(ids[key]);
        }
        for (key, id) in ids.iter().enumerate() {
            let expected = if key.is_multiple_of(3) { NIL } else { *id };
            assert_eq!(find(&index, &slab, key as u64), expected);
        }
        assert_eq!(index.len(), 66);
    }

    #[test]
    fn every_key_is_found_while_the_table_grows_and_its_cost_stays() {
        let (mut slab, mut index) = (Slab::new(), Index::new());
        let hash = |key: u64| key.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(31);
        for key in 0..20_000 {
            enter(&mut slab, &mut index, key, hash(key));
        }
        for key in 0..20_000 {
            assert_ne!(index.find(&slab, hash(key), |other| *other == key), NIL);
        }
        assert!(index.bytes() <= 20_000 * 8);
    }
}
