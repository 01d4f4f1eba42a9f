//! What a zone holds at one name.

use std::collections::HashSet;

use crate::{
    rdata::canonical,
    record::{Rtype, Ttl},
};

/// The `RRsets` of a name; none at an empty non-terminal.
#[derive(Clone, Debug, Default)]
pub(crate) struct Node {
    pub(crate) sets: Vec<Rrset>,
    /// How many names stand one label below, so that a name without records and without these is
    /// no name.
    pub(crate) children: u32,
}

/// How many records of an `RRset` are compared one by one.
const FEW: usize = 16;

/// An `RRset`: its records' rdata one after another, each behind its length.
#[derive(Clone, Debug)]
pub(crate) struct Rrset {
    pub(crate) rtype: Rtype,
    /// How many were pushed, so far as it matters whether they are few.
    pushed: u16,
    pub(crate) ttl: Ttl,
    packed: Vec<u8>,
}

impl Node {
    #[inline]
    pub(crate) fn set(&self, rtype: Rtype) -> Option<&Rrset> {
        self.sets.iter().find(|set| set.rtype == rtype)
    }

    /// Adds a record to its set; says whether it is not known to be there already.
    pub(crate) fn push(&mut self, rtype: Rtype, ttl: Ttl, rdata: &[u8]) -> bool {
        let place = self.sets.iter().position(|set| set.rtype == rtype);
        let place = place.unwrap_or_else(|| {
            // Most names have one set or two.
            if self.sets.len() < 4 {
                self.sets.reserve_exact(1);
            }
            self.sets.push(Rrset::empty(rtype, ttl));
            self.sets.len() - 1
        });
        self.sets[place].push(rdata)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.sets.is_empty() && self.children == 0
    }

    /// Replaces an `RRset`, or removes it when `set` is `None`.
    pub(crate) fn replace(&mut self, rtype: Rtype, set: Option<Rrset>) {
        self.sets.retain(|known| known.rtype != rtype);
        self.sets.extend(set);
    }
}

impl Rrset {
    /// Packs rdata; records that are there already are left out (RFC 2181 section 5).
    pub(crate) fn new<'r>(rtype: Rtype, ttl: Ttl, rdatas: impl Iterator<Item = &'r [u8]>) -> Self {
        let rdatas: Vec<&[u8]> = rdatas.collect();
        let mut seen = HashSet::new();
        let mut packed = Vec::new();
        for rdata in &rdatas {
            // Comparing with each before is fastest for the few that there usually are, and
            // quadratic in the many that there may be.
            let is_known = match rdatas.len() {
                0..=FEW => unpack(&packed).any(|known| is_same(rtype, known, rdata)),
                _ => !seen.insert(canonical(rtype, rdata)),
            };
            if is_known {
                continue;
            }
            pack(&mut packed, rdata);
        }
        packed.shrink_to_fit();
        Self {
            packed,
            ..Self::empty(rtype, ttl)
        }
    }

    /// Starts without a record, for [`Rrset::push`].
    pub(crate) fn empty(rtype: Rtype, ttl: Ttl) -> Self {
        Self {
            rtype,
            pushed: 0,
            ttl,
            packed: Vec::new(),
        }
    }

    /// Adds a record, and says whether it is not there already, as long as there are few;
    /// [`Rrset::finish`] compares many.
    pub(crate) fn push(&mut self, rdata: &[u8]) -> bool {
        let are_few = usize::from(self.pushed) < FEW;
        if are_few && self.rdatas().any(|known| is_same(self.rtype, known, rdata)) {
            return false;
        }
        self.pushed = self.pushed.saturating_add(1);
        if self.packed.is_empty() {
            self.packed.reserve_exact(2 + rdata.len());
        }
        pack(&mut self.packed, rdata);
        true
    }

    /// Leaves out the records that are there already, and room that is not needed.
    pub(crate) fn finish(&mut self) {
        if usize::from(self.pushed) > FEW {
            *self = Self::new(self.rtype, self.ttl, self.rdatas());
        }
        self.packed.shrink_to_fit();
    }

    pub(crate) fn rdatas(&self) -> impl Iterator<Item = &[u8]> + Clone {
        unpack(&self.packed)
    }
}

/// Says whether two records of a set are one: the case of names makes no difference.
#[inline]
pub(super) fn is_same(rtype: Rtype, one: &[u8], other: &[u8]) -> bool {
    one == other
        || (one.eq_ignore_ascii_case(other) && canonical(rtype, one) == canonical(rtype, other))
}

/// Appends rdata, which comes checked: it is at most 65535 octets long.
fn pack(packed: &mut Vec<u8>, rdata: &[u8]) {
    packed.extend_from_slice(&(rdata.len() as u16).to_be_bytes());
    packed.extend_from_slice(rdata);
}

#[derive(Clone)]
struct Unpack<'p>(&'p [u8]);

fn unpack(packed: &[u8]) -> Unpack<'_> {
    Unpack(packed)
}

impl<'p> Iterator for Unpack<'p> {
    type Item = &'p [u8];

    fn next(&mut self) -> Option<&'p [u8]> {
        let (len, behind) = self.0.split_first_chunk()?;
        let (rdata, rest) = behind.split_at_checked(usize::from(u16::from_be_bytes(*len)))?;
        self.0 = rest;
        Some(rdata)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4034 section 6.3, on both sides of where the way of comparing changes.
    #[test]
    fn names_in_rdata_are_the_same_in_any_case_and_other_octets_are_not() {
        for count in [1, FEW, FEW + 1, 4 * FEW] {
            let host =
                |letter: u8, number: usize| [&[0, number as u8, 1, letter][..], &[0]].concat();
            let text = |letter: u8, number: usize| vec![2, letter, number as u8];
            let make = |rtype: Rtype, rdata: &dyn Fn(u8, usize) -> Vec<u8>| {
                let mut set = Rrset::empty(rtype, Ttl::default());
                for letter in *b"aA" {
                    for number in 0..count {
                        set.push(&rdata(letter, number));
                    }
                }
                set.finish();
                set.rdatas().count()
            };
            // The preference of an MX may be the octet of a letter, and is none.
            assert_eq!(make(Rtype::MX, &host), count);
            assert_eq!(make(Rtype::TXT, &text), 2 * count);
        }
        assert!(!is_same(Rtype::MX, b"\0A\x01a\0", b"\0a\x01a\0"));
    }

    /// RFC 2181 section 5, on both sides of where the way of comparing changes.
    #[test]
    fn a_record_is_kept_once_however_many_there_are() {
        for count in [1, FEW - 1, FEW, FEW + 1, 4 * FEW] {
            let rdatas: Vec<[u8; 4]> = (0..count as u32).map(u32::to_be_bytes).collect();
            let mut set = Rrset::empty(Rtype::A, Ttl::default());
            for rdata in rdatas.iter().chain(&rdatas) {
                set.push(rdata);
            }
            set.finish();
            assert!(set.rdatas().eq(&rdatas), "{count}");
        }
    }
}
