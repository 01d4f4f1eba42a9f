//! [`Mapping`]: buckets in memory of their own, for which the kernel is asked for huge pages.
//!
//! A table of many megabytes is read at random, and each ordinary page of it needs an entry of its own in
//! the processor's translation buffer (TLB), which has room for fewer: most checks then walk the page table
//! besides waiting for the cell. A page of 2 MiB stands for 512 of them.

use std::{fmt, io, ops::Range};

use memmap2::{MmapMut, MmapOptions};
use self_cell::{MutBorrow, self_cell};
use zerocopy::FromBytes as _;

use super::memory::Bucket;

/// A huge page of the machines that have many of them, and the part of an address within it.
const PAGE: usize = 2 << 20;

type Buckets<'a> = &'a [Bucket];

self_cell!(
    struct Viewed {
        owner: MutBorrow<MmapMut>,
        #[covariant]
        dependent: Buckets,
    }
);

/// Buckets that begin with a huge page. They are unmapped when this is dropped.
pub(super) struct Mapping(Viewed);

impl Mapping {
    /// Maps the memory and touches all of it; `None` if it is less than a huge page, which would be
    /// wasted, or the kernel refuses.
    pub(super) fn new(buckets: usize) -> Option<Self> {
        Self::advised(buckets, advise)
    }

    fn advised(
        buckets: usize,
        advise: impl FnOnce(&MmapMut, Range<usize>) -> io::Result<()>,
    ) -> Option<Self> {
        let bytes = buckets.checked_mul(size_of::<Bucket>())?;
        if bytes < PAGE {
            return None;
        }
        // Room to begin at a huge page's address; what is before and after is never touched.
        let map = MmapOptions::new().len(bytes + PAGE).map_anon().ok()?;
        let start = map.as_ptr().addr().wrapping_neg() % PAGE;
        // The last pages are too few for a huge one, of which the rest would be lost.
        advise(&map, start..start + bytes / PAGE * PAGE).ok()?;
        let viewed = Viewed::try_new(MutBorrow::new(map), |map| {
            let bytes = &mut map.borrow_mut()[start..start + bytes];
            bytes.fill(0); // they are zero, but only what is written to is there
            let buckets = <[Bucket]>::mut_from_bytes(bytes).map_err(drop)?;
            Ok::<_, ()>(&*buckets)
        });
        viewed.ok().map(Self)
    }

    #[inline]
    pub(super) fn buckets(&self) -> &[Bucket] {
        self.0.borrow_dependent()
    }
}

impl fmt::Debug for Mapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let buckets = self.buckets().len();
        f.debug_struct("Mapping")
            .field("buckets", &buckets)
            .finish_non_exhaustive()
    }
}

#[cfg(target_os = "linux")]
fn advise(map: &MmapMut, range: Range<usize>) -> io::Result<()> {
    map.advise_range(memmap2::Advice::HugePage, range.start, range.len())
}

#[cfg(not(target_os = "linux"))]
fn advise(_: &MmapMut, _: Range<usize>) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const IN_PAGE: usize = PAGE / size_of::<Bucket>();

    #[test]
    fn a_mapping_begins_with_a_huge_page_and_advises_whole_ones() {
        for (buckets, pages) in [(IN_PAGE, 1), (2 * IN_PAGE - 1, 1), (3 * IN_PAGE + 1, 3)] {
            let mapping = Mapping::advised(buckets, |map, range| {
                assert_eq!((map.as_ptr().addr() + range.start) % PAGE, 0);
                assert_eq!(range.len(), pages * PAGE);
                Ok(())
            });
            let mapping = mapping.expect("memory");
            assert_eq!(mapping.buckets().len(), buckets);
            assert_eq!(mapping.buckets().as_ptr().addr() % PAGE, 0);
        }
    }

    #[test]
    fn what_the_kernel_refuses_is_no_mapping() {
        let refused = |_: &MmapMut, _| Err(io::ErrorKind::InvalidInput.into());
        assert!(Mapping::advised(IN_PAGE, refused).is_none());
        let more_than_there_is = usize::MAX / 2 / size_of::<Bucket>();
        assert!(Mapping::new(more_than_there_is).is_none());
        assert!(Mapping::new(usize::MAX).is_none());
    }

    #[test]
    fn less_than_a_huge_page_is_not_asked_for() {
        let not_asked = |_: &MmapMut, _| panic!("nobody wants to know");
        assert!(Mapping::advised(IN_PAGE - 1, not_asked).is_none());
    }
}
