//! Which names a message holds already, and where (RFC 1035 section 4.1.4).
//!
//! Names form a tree: a suffix is a label and the suffix behind it. An entry is found by its label
//! and the offset of that parent, so that one label is compared per step. The table has a fixed
//! size and each search a fixed number of probes: what does not fit is written in full, and
//! the work stays linear in the message however its names were chosen.

use crate::name::fold;

const SLOTS: usize = 256;
const PROBES: usize = 8;
/// Pointers reach the first 16 KiB (14 bits).
const REACH: usize = 0x4000;

/// A slot holds the suffix's offset (low half) and its parent's (high half); 0 is empty, since no
/// name begins within the header.
#[derive(Debug)]
pub(crate) struct Table {
    slots: [u32; SLOTS],
}

impl Table {
    pub(crate) fn new() -> Self {
        Self { slots: [0; SLOTS] }
    }

    /// Finds the longest known suffix of `name`: how many octets before it are left to write,
    /// and where it stands.
    pub(crate) fn find(&self, message: &[u8], name: &[u8]) -> (usize, Option<u16>) {
        let mut starts = [0_u8; 128];
        let count = label_starts(name, &mut starts);
        let mut keep = name.len() - 1;
        let mut parent = 0;
        for &start in starts[..count].iter().rev() {
            let Some(offset) = self.lookup(message, parent, label(name, start)) else {
                break;
            };
            parent = offset;
            keep = usize::from(start);
        }
        if parent == 0 {
            return (name.len(), None);
        }
        (keep, Some(parent))
    }

    /// Remembers the labels `fresh` written at `at`, in front of the suffix at `pointer`.
    pub(crate) fn learn(&mut self, message: &[u8], at: usize, fresh: &[u8], pointer: Option<u16>) {
        if at + fresh.len() >= REACH || fresh.len() <= 1 {
            return;
        }
        let mut starts = [0_u8; 128];
        let count = label_starts(fresh, &mut starts);
        let mut parent = pointer.unwrap_or(0);
        for &start in starts[..count].iter().rev() {
            let offset = at + usize::from(start);
            if offset == 0 || !self.insert(message, parent, offset as u16) {
                return;
            }
            parent = offset as u16;
        }
    }

    /// Forgets what was written at or after `pos`.
    pub(crate) fn forget(&mut self, pos: usize) {
        // Emptying slots could cut a probe run, so entries are made unreachable instead: a parent
        // of 0xffff is no offset.
        for slot in &mut self.slots {
            if *slot != 0 && (*slot & 0xffff) as usize >= pos {
                *slot = u32::MAX;
            }
        }
    }

    fn lookup(&self, message: &[u8], parent: u16, wanted: &[u8]) -> Option<u16> {
        let start = hash(parent, wanted);
        for step in 0..PROBES {
            let slot = self.slots[(start + step) % SLOTS];
            if slot == 0 {
                return None;
            }
            if slot >> 16 != u32::from(parent) {
                continue;
            }
            let at = (slot & 0xffff) as usize;
            if let Some(known) = message.get(at..at + wanted.len())
                && fold::equal(known, wanted)
            {
                return Some(at as u16);
            }
        }
        None
    }

    fn insert(&mut self, message: &[u8], parent: u16, offset: u16) -> bool {
        let at = usize::from(offset);
        let start = hash(parent, &message[at..=at + usize::from(message[at])]);
        for step in 0..PROBES {
            let slot = &mut self.slots[(start + step) % SLOTS];
            if *slot == 0 || *slot == u32::MAX {
                *slot = u32::from(parent) << 16 | u32::from(offset);
                return true;
            }
        }
        false
    }
}

/// Fills `starts` with the offsets of the labels of an uncompressed name, the root left out.
#[inline]
fn label_starts(name: &[u8], starts: &mut [u8; 128]) -> usize {
    let mut at = 0;
    let mut count = 0;
    while let Some(&len) = name.get(at)
        && len != 0
        && count < 128
    {
        starts[count] = at as u8;
        count += 1;
        at += 1 + usize::from(len);
    }
    count
}

/// The label at `start`, its length octet included.
#[inline]
fn label(name: &[u8], start: u8) -> &[u8] {
    let start = usize::from(start);
    &name[start..=start + usize::from(name[start])]
}

#[inline]
fn hash(parent: u16, label: &[u8]) -> usize {
    let folded = fold::mix(label, u64::from(parent));
    (folded >> 56) as usize
}
