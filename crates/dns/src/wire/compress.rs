//! Which names a message holds already, and where (RFC 1035 section 4.1.4).
//!
//! Every suffix of a name that was written has a hash and an offset in a table of fixed size. The suffixes
//! of the next name are looked up from the longest on, so that a name known as a whole costs one look;
//! a hash that agrees is believed only after the labels were compared. Probes are limited for each
//! suffix and failed comparisons for each name: what is not found by then is written in full,
//! and the work stays linear in the message however its names were chosen.

use crate::name::{NameRef, fold};

const SLOTS: usize = 256;
const PROBES: usize = 8;
/// How often hashes of different names may agree before a name is given up.
const MISTAKES: usize = 4;
/// Pointers reach the first 16 KiB (14 bits).
const REACH: usize = 0x4000;

/// A slot holds an offset (low half) and what is left of the suffix's hash (high half); 0 is empty,
/// since no name begins within the header.
#[derive(Debug)]
pub(crate) struct Table {
    slots: [u32; SLOTS],
}

/// A slot that was emptied: it must not end a search.
const GONE: u32 = u32::MAX;

impl Table {
    pub(crate) fn new() -> Self {
        Self { slots: [0; SLOTS] }
    }

    /// Finds the longest suffix that stands in `message`: how many labels come before it, and where it is.
    #[inline]
    pub(crate) fn find<const N: usize>(
        &self,
        message: &[u8],
        name: &[u8],
        suffixes: &Suffixes<N>,
    ) -> Option<(usize, u16)> {
        let mut mistakes = 0;
        for (place, (start, hash)) in suffixes.iter().enumerate() {
            let suffix = &name[start..];
            for slot in self.run(hash) {
                if slot == 0 || mistakes > MISTAKES {
                    break;
                }
                let offset = slot as u16;
                if slot >> 16 != tag(hash) || slot == GONE {
                    continue;
                }
                if NameRef::written(message, offset, suffix.len()).is_same(suffix) {
                    return Some((place, offset));
                }
                mistakes += 1;
            }
        }
        None
    }

    /// Remembers the first `count` suffixes of a name that was written at `at`.
    #[inline]
    pub(crate) fn learn<const N: usize>(
        &mut self,
        at: usize,
        count: usize,
        suffixes: &Suffixes<N>,
    ) {
        for (start, hash) in suffixes.iter().take(count) {
            if at + start < REACH && at + start > 0 {
                self.insert(hash, (at + start) as u16);
            }
        }
    }

    /// Forgets what was written at or after `pos`.
    pub(crate) fn forget(&mut self, pos: usize) {
        for slot in &mut self.slots {
            if *slot != 0 && (*slot & 0xffff) as usize >= pos {
                *slot = GONE;
            }
        }
    }

    /// The slots in which a hash may be.
    #[inline]
    fn run(&self, hash: u64) -> impl Iterator<Item = u32> {
        (0..PROBES).map(move |step| self.slots[(first(hash) + step) % SLOTS])
    }

    #[inline]
    fn insert(&mut self, hash: u64, offset: u16) {
        for step in 0..PROBES {
            let slot = &mut self.slots[(first(hash) + step) % SLOTS];
            if *slot == 0 || *slot == GONE {
                *slot = tag(hash) << 16 | u32::from(offset);
                return;
            }
        }
    }
}

#[inline]
fn first(hash: u64) -> usize {
    (hash >> 56) as usize
}

#[inline]
fn tag(hash: u64) -> u32 {
    (hash >> 32) as u32 & 0xffff
}

/// Where the suffixes of a name begin, and their hashes; for names of up to `N` labels.
pub(crate) struct Suffixes<const N: usize> {
    starts: [u8; N],
    hashes: [u64; N],
    count: usize,
}

impl<const N: usize> Suffixes<N> {
    /// Reads an uncompressed name; `None` if it has more labels. A suffix's hash is the sum of those of its
    /// labels, each with its distance from the end: so none waits for another's.
    #[inline]
    pub(crate) fn of(name: &[u8]) -> Option<Self> {
        let mut suffixes = Self {
            starts: [0; N],
            hashes: [0; N],
            count: 0,
        };
        let (mut at, mut sum) = (0, 0_u64);
        while let Some(&len) = name.get(at)
            && len != 0
        {
            let place = suffixes.count;
            let end = at + 1 + usize::from(len);
            let label = name.get(at..end)?;
            *suffixes.starts.get_mut(place)? = at as u8;
            // What comes before the suffix, to be taken from the sum of all.
            suffixes.hashes[place] = sum;
            sum = sum.wrapping_add(fold::ends(label, (name.len() - at) as u64));
            suffixes.count = place + 1;
            at = end;
        }
        for before in &mut suffixes.hashes[..suffixes.count] {
            *before = sum.wrapping_sub(*before);
        }
        Some(suffixes)
    }

    /// Walks over starts and hashes, from the whole name on.
    #[inline]
    fn iter(&self) -> impl Iterator<Item = (usize, u64)> {
        let starts = self.starts.iter().map(|start| usize::from(*start));
        starts.zip(self.hashes).take(self.count)
    }

    /// Where the suffix after `count` labels begins.
    #[inline]
    pub(crate) fn start(&self, count: usize) -> usize {
        usize::from(self.starts[count])
    }
}

/// The name written last: records of one owner stand together.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Recent {
    /// Its offset; 0 for none.
    at: u16,
    len: u8,
    /// Whether it surely stands there without a pointer.
    is_flat: bool,
}

impl Recent {
    /// Remembers a name of `len` octets, if pointers reach it.
    #[inline]
    pub(crate) fn new(at: usize, len: usize) -> Self {
        if at < REACH && len > 2 {
            Self {
                at: at as u16,
                len: len as u8,
                is_flat: false,
            }
        } else {
            Self::default()
        }
    }

    /// As [`Recent::new`], for a name without a pointer.
    #[inline]
    pub(crate) fn flat(at: usize, len: usize) -> Self {
        Self {
            is_flat: true,
            ..Self::new(at, len)
        }
    }

    /// Returns the offset, if it is the same name.
    #[inline]
    pub(crate) fn find(self, message: &[u8], name: NameRef<'_>) -> Option<u16> {
        if self.at == 0 || usize::from(self.len) != name.len() {
            return None;
        }
        let start = usize::from(self.at);
        let is_same = match (name.as_flat(), message.get(start..start + name.len())) {
            (Some(flat), Some(known)) if self.is_flat => fold::equal(known, flat),
            _ => NameRef::written(message, self.at, name.len()) == name,
        };
        is_same.then_some(self.at)
    }
}
