//! [`Memory`]: the buckets of narrow cells, in the heap's ordinary pages or in huge ones.

use crate::sync::AtomicU64;

#[cfg(all(feature = "huge-pages", not(shuttle)))]
use super::huge::Mapping;

/// Cells per bucket: a cache line of them.
pub(super) const WAYS: usize = 8;

/// A cache line of cells.
pub(super) type Bucket = [AtomicU64; WAYS];

/// A fixed number of buckets, of which every page is there from the start.
#[derive(Debug)]
pub(super) enum Memory {
    Ordinary(Box<[Line]>),
    #[cfg(all(feature = "huge-pages", not(shuttle)))]
    Huge(Mapping),
}

impl Memory {
    /// Takes the memory: in huge pages if these are wanted and to be had, else in ordinary ones.
    pub(super) fn new(buckets: usize, wanted: Pages) -> Self {
        #[cfg(all(feature = "huge-pages", not(shuttle)))]
        if wanted == Pages::Huge
            && let Some(mapping) = Mapping::new(buckets)
        {
            return Self::Huge(mapping);
        }
        let _ = wanted; // nobody can ask for what is not built in
        Self::Ordinary((0..buckets).map(|_| Line::default()).collect())
    }

    /// Which pages it is in.
    pub(super) const fn pages(&self) -> Pages {
        match self {
            Self::Ordinary(_) => Pages::Ordinary,
            #[cfg(all(feature = "huge-pages", not(shuttle)))]
            Self::Huge(_) => Pages::Huge,
        }
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Ordinary(lines) => lines.len(),
            #[cfg(all(feature = "huge-pages", not(shuttle)))]
            Self::Huge(mapping) => mapping.buckets().len(),
        }
    }

    #[inline]
    pub(super) fn bucket(&self, at: usize) -> &Bucket {
        match self {
            Self::Ordinary(lines) => &lines[at].0,
            #[cfg(all(feature = "huge-pages", not(shuttle)))]
            Self::Huge(mapping) => &mapping.buckets()[at],
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Bucket> {
        (0..self.len()).map(|at| self.bucket(at))
    }

    pub(super) fn bytes(&self) -> usize {
        self.len() * size_of::<Bucket>()
    }
}

/// A bucket at the start of a cache line, where the heap would not put it by itself.
#[derive(Debug, Default)]
#[repr(align(64))]
pub(super) struct Line(Bucket);

/// Which pages of memory a table is in.
///
/// ```
/// use eaves_ratelimit::table::Pages;
///
/// assert_eq!(Pages::default(), Pages::Ordinary);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Pages {
    /// Pages of 2 MiB, which the kernel agreed to give as far as it has them: it fills in with ordinary
    /// ones, and tells how many are huge as `AnonHugePages` in `/proc/self/smaps`.
    Huge,
    /// Pages of the heap, 4 KiB on most machines.
    #[default]
    Ordinary,
}

impl Pages {
    /// What tables ask for that are not told.
    pub(super) const WANTED: Self = if cfg!(feature = "huge-pages") {
        Self::Huge
    } else {
        Self::Ordinary
    };
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::*;

    /// A little more than two huge pages.
    const BUCKETS: usize = 2 * (2 << 20) / 64 + 5;

    #[test]
    fn buckets_are_empty_apart_and_each_a_cache_line() {
        for wanted in [Pages::Huge, Pages::Ordinary] {
            let memory = Memory::new(BUCKETS, wanted);
            assert_eq!((memory.len(), memory.bytes()), (BUCKETS, BUCKETS * 64));
            for (at, bucket) in memory.iter().enumerate() {
                assert_eq!(std::ptr::from_ref(bucket).addr() % 64, 0);
                for cell in bucket {
                    assert_eq!(cell.load(Ordering::Relaxed), 0);
                    cell.store(at as u64, Ordering::Relaxed);
                }
            }
            for at in 0..BUCKETS {
                let mut cells = memory.bucket(at).iter();
                assert!(cells.all(|cell| cell.load(Ordering::Relaxed) == at as u64));
            }
        }
    }

    #[test]
    fn ordinary_pages_are_taken_where_they_are_wanted() {
        assert_eq!(
            Memory::new(BUCKETS, Pages::Ordinary).pages(),
            Pages::Ordinary
        );
    }

    #[cfg(all(feature = "huge-pages", not(shuttle)))]
    #[test]
    fn less_than_a_huge_page_is_ordinary_and_more_is_what_the_kernel_agrees_to() {
        let page = (2 << 20) / size_of::<Bucket>();
        assert_eq!(Memory::new(page - 1, Pages::Huge).pages(), Pages::Ordinary);
        let agrees = Mapping::new(page).is_some();
        let pages = Memory::new(page, Pages::Huge).pages();
        assert_eq!(pages == Pages::Huge, agrees);
    }
}
