//! [`Board`]: what one worker has in flight by slot, and running totals of what came of it.

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use crate::pool::Slot;

/// The counters of one worker. Pages appear as slots come into use and never move, so that a
/// guard finds its counter whatever edits the pool has seen.
#[derive(Debug)]
pub(crate) struct Board {
    pages: Box<[OnceLock<Box<[Cell; PAGE]>>]>,
}

const PAGE: usize = 64;

/// One slot's counters, in a cache line of their own.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Cell {
    in_flight: AtomicU32,
    /// What the other workers had in flight when the monitor last looked.
    elsewhere: AtomicU32,
    /// Good answers in the upper 24 bits, their latencies' sum in microseconds below: one addition
    /// updates both, and a difference of two readings is exact while the sum between them is
    /// less than 2^40 microseconds.
    good: AtomicU64,
    bad: AtomicU32,
}

const LATENCY_BITS: u32 = 40;

/// What came of requests between two readings of a board.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) good: u32,
    pub(crate) bad: u32,
    pub(crate) latency: Duration,
}

/// Where a board's totals stood when they were last read.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mark {
    good: u64,
    bad: u32,
}

impl Board {
    pub(crate) fn new(max_slots: usize) -> Self {
        Self {
            pages: (0..max_slots.div_ceil(PAGE))
                .map(|_| OnceLock::new())
                .collect(),
        }
    }

    /// Makes the pages of the first `slots` slots, so that no request has to.
    pub(crate) fn reserve(&self, slots: usize) {
        for page in self.pages.iter().take(slots.div_ceil(PAGE)) {
            page.get_or_init(Cell::page);
        }
    }

    /// Counts a request that begins.
    #[inline]
    pub(crate) fn begin(&self, slot: Slot) {
        self.cell(slot).in_flight.fetch_add(1, Relaxed);
    }

    /// Counts a request that ended without a result.
    #[inline]
    pub(crate) fn end(&self, slot: Slot) {
        self.cell(slot).in_flight.fetch_sub(1, Relaxed);
    }

    /// Counts a good answer to a request that has ended.
    #[inline]
    pub(crate) fn add_good(&self, slot: Slot, latency: Duration) {
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        let capped = micros.min((1 << LATENCY_BITS) - 1);
        let add = (1 << LATENCY_BITS) + capped;
        self.cell(slot).good.fetch_add(add, Relaxed);
    }

    /// Counts a failure of a request that has ended.
    pub(crate) fn add_bad(&self, slot: Slot) {
        self.cell(slot).bad.fetch_add(1, Relaxed);
    }

    /// Returns what is in flight to this slot, here and elsewhere.
    #[inline]
    pub(crate) fn load(&self, slot: Slot) -> u32 {
        let Some(cell) = self.written(slot) else {
            return 0;
        };
        cell.in_flight.load(Relaxed) + cell.elsewhere.load(Relaxed)
    }

    /// Returns what this worker has in flight to this slot.
    pub(crate) fn in_flight(&self, slot: Slot) -> u32 {
        self.written(slot)
            .map_or(0, |cell| cell.in_flight.load(Relaxed))
    }

    /// Notes what all other workers have in flight to this slot.
    pub(crate) fn set_elsewhere(&self, slot: Slot, in_flight: u32) {
        if in_flight == 0 && self.written(slot).is_none() {
            return;
        }
        self.cell(slot).elsewhere.store(in_flight, Relaxed);
    }

    /// Returns what came in since `mark`, and moves it.
    pub(crate) fn read(&self, slot: Slot, mark: &mut Mark) -> Tally {
        let Some(cell) = self.written(slot) else {
            return Tally::default();
        };
        let (good, bad) = (cell.good.load(Relaxed), cell.bad.load(Relaxed));
        let news = good.wrapping_sub(mark.good);
        let tally = Tally {
            good: (news >> LATENCY_BITS) as u32,
            bad: bad.wrapping_sub(mark.bad),
            latency: Duration::from_micros(news & ((1 << LATENCY_BITS) - 1)),
        };
        *mark = Mark { good, bad };
        tally
    }

    #[inline]
    fn cell(&self, slot: Slot) -> &Cell {
        let page = self.pages[slot.index() / PAGE].get_or_init(Cell::page);
        &page[slot.index() % PAGE]
    }

    #[inline]
    fn written(&self, slot: Slot) -> Option<&Cell> {
        let page = self.pages.get(slot.index() / PAGE)?.get()?;
        Some(&page[slot.index() % PAGE])
    }
}

impl Cell {
    fn page() -> Box<[Self; PAGE]> {
        Box::new(core::array::from_fn(|_| Self::default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_are_differences() {
        let board = Board::new(100);
        let slot = Slot::new(70);
        let mut mark = Mark::default();
        assert_eq!(board.read(slot, &mut mark), Tally::default());
        for ms in [20, 30] {
            board.begin(slot);
            board.end(slot);
            board.add_good(slot, Duration::from_millis(ms));
        }
        board.add_bad(slot);
        let tally = board.read(slot, &mut mark);
        assert_eq!((tally.good, tally.bad), (2, 1));
        assert_eq!(tally.latency, Duration::from_millis(50));
        assert_eq!(board.read(slot, &mut mark), Tally::default());
    }

    #[test]
    fn an_absurd_latency_does_not_count_as_answers() {
        let board = Board::new(1);
        let mut mark = Mark::default();
        board.add_good(Slot::new(0), Duration::MAX);
        assert_eq!(board.read(Slot::new(0), &mut mark).good, 1);
    }

    #[test]
    fn the_load_is_ours_and_theirs() {
        let board = Board::new(1);
        let slot = Slot::new(0);
        board.begin(slot);
        board.set_elsewhere(slot, 4);
        assert_eq!((board.load(slot), board.in_flight(slot)), (5, 1));
    }
}
