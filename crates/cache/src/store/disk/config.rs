//! [`DiskConfig`] and the sizes that follow from it.

use core::num::NonZero;
use std::sync::Arc;

use eaves_common::{
    time::{Clock, SystemClock},
    units::ByteSize,
};

/// How a [`Disk`](super::Disk) is set up.
///
/// ```
/// use eaves_cache::store::disk::DiskConfig;
/// use eaves_common::units::ByteSize;
///
/// let config = DiskConfig::new("100GiB".parse()?).segment(ByteSize::from_mib(128));
/// assert_eq!(config, DiskConfig::new(ByteSize::from_gib(100)).segment(ByteSize::from_mib(128)));
/// # Ok::<(), eaves_common::units::UnitError>(())
/// ```
#[derive(Clone)]
pub struct DiskConfig {
    budget: ByteSize,
    segment: Option<ByteSize>,
    max_object: Option<ByteSize>,
    write_buffer: ByteSize,
    waiting_lookups: usize,
    reappend_percent: u8,
    io: Io,
    clock: Arc<dyn Clock>,
}

/// Who calls the file system.
///
/// ```
/// use eaves_cache::store::disk::Io;
///
/// assert_eq!(Io::default(), Io::threads(4));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "threads of ours or the caller's")]
pub enum Io {
    /// The thread that calls the store, which waits: for tools and tests.
    Inline,
    /// So many threads of the store's own.
    Threads(NonZero<usize>),
}

impl Io {
    /// So many threads of the store's own, one at least.
    #[must_use]
    pub fn threads(count: usize) -> Self {
        Self::Threads(NonZero::new(count).unwrap_or(NonZero::<usize>::MIN))
    }
}

impl Default for Io {
    fn default() -> Self {
        Self::threads(4)
    }
}

impl DiskConfig {
    /// So many bytes on disk, files of the store's own accounting included; at least 64 KiB.
    #[must_use]
    pub fn new(budget: ByteSize) -> Self {
        Self {
            budget,
            segment: None,
            max_object: None,
            write_buffer: ByteSize::from_mib(32),
            waiting_lookups: 1024,
            reappend_percent: 6,
            io: Io::default(),
            clock: Arc::new(SystemClock),
        }
    }

    /// Sets the length of a segment, which is what leaves at once when room is needed. Unless set it is 64 MiB, or an
    /// eighth of the budget where that is less, or a 512th where that is more: each segment is an open file. It is
    /// rounded down to a power of two, and held between 4 KiB and 1 GiB.
    #[must_use]
    pub fn segment(mut self, size: ByteSize) -> Self {
        self.segment = Some(size);
        self
    }

    /// Sets the length of the longest body that is taken, a quarter of the budget unless set. More than that is never
    /// taken.
    #[must_use]
    pub fn max_object(mut self, size: ByteSize) -> Self {
        self.max_object = Some(size);
        self
    }

    /// Sets how many bytes may wait in memory to be written, 32 MiB unless set. A disk that does not keep up makes
    /// the store refuse objects, never grow.
    #[must_use]
    pub fn write_buffer(mut self, size: ByteSize) -> Self {
        self.write_buffer = size;
        self
    }

    /// Sets how many lookups may wait for the disk, 1024 unless set. Those beyond find nothing.
    #[must_use]
    pub fn waiting_lookups(mut self, count: usize) -> Self {
        self.waiting_lookups = count;
        self
    }

    /// Sets how many bytes of objects in use may be written again, so that they outlive their segment, as a share of
    /// the bytes that are committed: 6 percent unless set.
    #[must_use]
    pub fn reappend_percent(mut self, percent: u8) -> Self {
        self.reappend_percent = percent;
        self
    }

    /// Sets who calls the file system.
    #[must_use]
    pub fn io(mut self, io: Io) -> Self {
        self.io = io;
        self
    }

    /// Sets the clock, by which a disk that failed is tried again, and heads that outlived a process are aged.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    pub(super) fn resolve(&self) -> Sizes {
        let budget = self.budget.as_u64();
        let usual = (budget / 512).max(64 << 20);
        let wanted = self.segment.map_or(usual, ByteSize::as_u64);
        let segment = power_of_two_within(wanted.min(budget / 8).clamp(4 << 10, 1 << 30));
        // Several of them fit into what may be written again at once, a quarter of a segment.
        let extent = (segment / 16).min(1 << 20);
        let chunk = extent.min(64 << 10);
        // The places and checksums of a body's parts must fit into a quarter of a segment.
        let listed = segment / 4 / 16 * chunk;
        let most = (budget / 4).min(listed);
        Sizes {
            budget,
            segment,
            extent,
            chunk_log2: chunk.trailing_zeros() as u8,
            max_object: self.max_object.map_or(most, ByteSize::as_u64).min(most),
            max_text: segment / 8,
            write_buffer: self.write_buffer.as_u64(),
            waiting_lookups: self.waiting_lookups,
            reappend_percent: u64::from(self.reappend_percent),
            purge_log: (budget / 64).clamp(512, 1 << 20),
        }
    }

    pub(super) fn clock_of(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }

    pub(super) const fn io_of(&self) -> Io {
        self.io
    }
}

/// The smallest budget that makes sense: a few of the smallest segments.
pub(super) const LEAST_BUDGET: u64 = 64 << 10;

impl core::fmt::Debug for DiskConfig {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("DiskConfig")
            .field("io", &self.io)
            .field("sizes", &self.resolve())
            .finish_non_exhaustive()
    }
}

impl PartialEq for DiskConfig {
    /// Compares everything but the clocks.
    fn eq(&self, other: &Self) -> bool {
        (self.io, self.resolve()) == (other.io, other.resolve())
    }
}

/// A configuration as numbers that fit one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sizes {
    pub(super) budget: u64,
    pub(super) segment: u64,
    /// Longer bodies lie in extents of this length.
    pub(super) extent: u64,
    pub(super) chunk_log2: u8,
    pub(super) max_object: u64,
    /// The most that key, head and trailers may take.
    pub(super) max_text: u64,
    pub(super) write_buffer: u64,
    pub(super) waiting_lookups: usize,
    pub(super) reappend_percent: u64,
    pub(super) purge_log: u64,
}

const fn power_of_two_within(bytes: u64) -> u64 {
    1 << bytes.ilog2()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_fit_one_another_at_every_budget() {
        for budget in (16..45).map(|log| 1_u64 << log) {
            for segment in (0..34).map(|log| 1 << log) {
                let config = DiskConfig::new(budget.into()).segment(ByteSize::from_bytes(segment));
                let sizes = config.resolve();
                let chunk = 1 << sizes.chunk_log2;
                assert!(
                    sizes.segment.is_power_of_two() && sizes.extent.is_multiple_of(chunk),
                    "{sizes:?}"
                );
                // The largest record of each sort fits into a segment.
                let lists = sizes.max_object.div_ceil(chunk) * 16 + 16;
                assert!(sizes.max_text + lists + 80 <= sizes.segment, "{sizes:?}");
                assert!(
                    sizes.max_text + sizes.extent + 16 * 80 <= sizes.segment,
                    "{sizes:?}"
                );
                assert!(sizes.segment * 8 <= budget.max(32 << 10), "{sizes:?}");
            }
        }
    }
}
