//! Which names a message holds already, and where (RFC 1035 section 4.1.4).
//!
//! Every suffix of a name that was written has a hash and an offset in a table of fixed size. The suffixes
//! of the next name are looked up from the longest on, so that a name known as a whole costs one look;
//! a hash that agrees is believed only after the labels were compared. Probes are limited for each
//! suffix and failed comparisons for each name: what is not found by then is written in full,
//! and the work stays linear in the message however its names were chosen.

use crate::name::{MAX_POINTERS, NameRef, fold};

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
        suffixes: &Suffixes<'_, N>,
    ) -> Option<(usize, u16)> {
        let mut mistakes = 0;
        for place in 0..suffixes.count {
            let hash = suffixes.hashes[place];
            for slot in self.run(hash) {
                if slot == 0 || mistakes > MISTAKES {
                    break;
                }
                if slot >> 16 != tag(hash) || slot == GONE {
                    continue;
                }
                let offset = slot as u16;
                if NameRef::is_written(message, offset, suffixes.source, suffixes.places[place])
                    && is_shallow::<N>(message, offset)
                {
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
        suffixes: &Suffixes<'_, N>,
    ) {
        for place in 0..count.min(suffixes.count) {
            let offset = at + usize::from(suffixes.starts[place]);
            if offset < REACH && offset > 0 {
                self.insert(suffixes.hashes[place], offset as u16);
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

/// Says whether a pointer may lead to the name at `offset`, and another to that pointer: readers follow
/// no more than [`MAX_POINTERS`]. Each comes with a label at least, so usual names need no look.
#[inline]
fn is_shallow<const N: usize>(message: &[u8], offset: u16) -> bool {
    N < MAX_POINTERS || NameRef::pointers(message, offset) + 2 <= MAX_POINTERS
}

#[inline]
fn first(hash: u64) -> usize {
    (hash >> 56) as usize
}

#[inline]
fn tag(hash: u64) -> u32 {
    (hash >> 32) as u32 & 0xffff
}

/// Where the suffixes of a name begin, and their hashes; for names of up to `N` labels, which may be
/// compressed where they stand.
pub(crate) struct Suffixes<'a, const N: usize> {
    source: &'a [u8],
    /// Offsets in the source.
    places: [u32; N],
    /// Offsets in the uncompressed name.
    starts: [u8; N],
    hashes: [u64; N],
    count: usize,
}

impl<'a, const N: usize> Suffixes<'a, N> {
    /// Reads a name; `None` if it has more labels. A suffix's hash is the sum of those of its
    /// labels, each with its distance from the end: so none waits for another's.
    #[inline]
    pub(crate) fn of(name: NameRef<'a>) -> Option<Self> {
        let mut suffixes = Self {
            source: name.source(),
            places: [0; N],
            starts: [0; N],
            hashes: [0; N],
            count: 0,
        };
        let (mut start, mut sum) = (0, 0_u64);
        for (at, label) in name.labels().places() {
            let place = suffixes.count;
            *suffixes.places.get_mut(place)? = at as u32;
            suffixes.starts[place] = start as u8;
            // What comes before the suffix, to be taken from the sum of all.
            suffixes.hashes[place] = sum;
            sum = sum.wrapping_add(fold::ends(label, (name.len() - start) as u64));
            suffixes.count = place + 1;
            start += 1 + label.len();
        }
        for before in &mut suffixes.hashes[..suffixes.count] {
            *before = sum.wrapping_sub(*before);
        }
        Some(suffixes)
    }

    /// The labels before the suffix at `count`, each behind its length.
    #[inline]
    pub(crate) fn labels(&self, count: usize) -> impl Iterator<Item = &'a [u8]> {
        let places = self.places[..count.min(self.count)].iter();
        places.map(|at| {
            let at = *at as usize;
            let len = self.source.get(at).copied().unwrap_or(0);
            self.source.get(at..=at + usize::from(len)).unwrap_or(&[])
        })
    }
}

/// The two names written last: records of one owner stand together, with another name in the rdata of
/// each perhaps.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Recent([Place; 2]);

impl Recent {
    /// Remembers a name.
    #[inline]
    pub(crate) fn push(&mut self, name: Place) {
        self.0 = [name, self.0[0]];
    }

    /// Returns the offset of a name if it is one of the two.
    #[inline]
    pub(crate) fn find(&mut self, message: &[u8], name: NameRef<'_>) -> Option<u16> {
        if let Some(offset) = self.0[0].find(message, name) {
            return Some(offset);
        }
        let offset = self.0[1].find(message, name)?;
        self.0.swap(0, 1);
        Some(offset)
    }
}

/// Where a name was written.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Place {
    /// Its offset; 0 for none.
    at: u16,
    len: u8,
    /// Whether it surely stands there without a pointer.
    is_flat: bool,
}

impl Place {
    /// Takes a name of `len` octets, if pointers reach it.
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

    /// As [`Place::new`], for a name without a pointer.
    #[inline]
    pub(crate) fn flat(at: usize, len: usize) -> Self {
        Self {
            is_flat: true,
            ..Self::new(at, len)
        }
    }

    /// Returns the offset, if it is the same name.
    #[inline]
    fn find(self, message: &[u8], name: NameRef<'_>) -> Option<u16> {
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
