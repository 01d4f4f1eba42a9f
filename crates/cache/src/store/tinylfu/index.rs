//! [`Index`]: which slot holds a key.

use super::{
    chunked::Chunked,
    slab::{NIL, Slab},
};

/// A chained hash table whose chains run through the slots; it grows by one bucket at a time
/// (linear hashing), so that no insertion ever waits for a rehash.
#[derive(Debug)]
pub(super) struct Index {
    heads: Chunked<u32>,
    /// Buckets of the last full doubling, less one.
    mask: u32,
    len: u32,
}

impl Index {
    pub(super) fn new() -> Self {
        let mut heads = Chunked::new();
        for _ in 0..SMALLEST {
            heads.push(NIL);
        }
        Self {
            heads,
            mask: SMALLEST - 1,
            len: 0,
        }
    }

    pub(super) const fn len(&self) -> u32 {
        self.len
    }

    pub(super) const fn bytes(&self) -> usize {
        self.heads.bytes()
    }

    /// The slot of this hash whose key `is_it` knows, `NIL` if there is none.
    #[inline]
    pub(super) fn find<K, V>(
        &self,
        slab: &Slab<K, V>,
        hash: u64,
        is_it: impl Fn(&K) -> bool,
    ) -> u32 {
        let mut id = self.heads[self.bucket(hash)];
        while id != NIL {
            let slot = &slab[id];
            if slot.hash == hash && slot.entry.as_ref().is_some_and(|(key, _)| is_it(key)) {
                break;
            }
            id = slot.chain;
        }
        id
    }

    /// Enters slot `id`, whose key is not there.
    pub(super) fn insert<K, V>(&mut self, slab: &mut Slab<K, V>, id: u32) {
        if self.len >= self.heads.len() {
            self.split(slab);
        }
        self.link(slab, id);
        self.len += 1;
    }

    /// Removes slot `id`, which is there.
    pub(super) fn remove<K, V>(&mut self, slab: &mut Slab<K, V>, id: u32) {
        let bucket = self.bucket(slab[id].hash);
        let after = slab[id].chain;
        let mut at = self.heads[bucket];
        if at == id {
            self.heads[bucket] = after;
        } else {
            while slab[at].chain != id {
                at = slab[at].chain;
            }
            slab[at].chain = after;
        }
        self.len -= 1;
    }

    fn link<K, V>(&mut self, slab: &mut Slab<K, V>, id: u32) {
        let bucket = self.bucket(slab[id].hash);
        slab[id].chain = self.heads[bucket];
        self.heads[bucket] = id;
    }

    /// Adds one bucket and moves to it what belongs there from the bucket that it splits.
    fn split<K, V>(&mut self, slab: &mut Slab<K, V>) {
        let from = self.heads.len() & self.mask;
        self.heads.push(NIL);
        let mut id = std::mem::replace(&mut self.heads[from], NIL);
        if from == self.mask {
            self.mask = self.mask * 2 + 1;
        }
        while id != NIL {
            let next = slab[id].chain;
            self.link(slab, id);
            id = next;
        }
    }

    #[inline]
    fn bucket(&self, hash: u64) -> u32 {
        grown(hash as u32, self.mask, self.heads.len())
    }
}

/// Buckets of an empty index.
const SMALLEST: u32 = 16;

/// The bucket of `bits` among `len` buckets, of which `mask + 1` have been split in full.
#[inline]
pub(super) const fn grown(bits: u32, mask: u32, len: u32) -> u32 {
    let wide = bits & (mask * 2 + 1);
    if wide < len { wide } else { bits & mask }
}
