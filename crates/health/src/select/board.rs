//! [`Board`]: what one worker has in flight by slot, and running totals of what came of it.

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use super::count::{Count, Owner};
use crate::pool::Slot;

/// The counters of one worker. Loads lie close together, apart from the rest: drawing two of many
/// reads two of them. Workers that bound loads change the total at each pick, so it has cache lines of its own.
#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct Board {
    /// The thread that picks; what ends elsewhere, or begins there by a clone, is counted too, at a higher price.
    owner: Owner,
    loads: Paged<Load>,
    cells: Paged<Cell>,
    /// What is in flight to all slots, here and elsewhere, as of the latest tick and what began here since.
    total: AtomicU32,
}

/// What is in flight to one slot.
#[derive(Debug, Default)]
#[repr(align(16))]
struct Load {
    here: Count<AtomicU32>,
    /// What the other workers had in flight when the monitor last looked.
    elsewhere: AtomicU32,
}

/// What came of one slot's requests.
#[derive(Debug, Default)]
struct Cell {
    /// Good answers in the upper 24 bits, their latencies' sum in microseconds below: one addition
    /// updates both, and a difference of two readings is exact while the sum between them is
    /// less than 2^40 microseconds.
    good: Count<AtomicU64>,
    bad: AtomicU32,
    /// Requests in flight whose answer has begun.
    answered: AtomicU32,
    /// The latest peak of latency in microseconds, fading.
    delay: AtomicU32,
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
            owner: Owner::default(),
            total: AtomicU32::new(0),
            loads: Paged::new(max_slots),
            cells: Paged::new(max_slots),
        }
    }

    /// Makes the pages of the first `slots` slots, so that no request has to.
    pub(crate) fn reserve(&self, slots: usize) {
        self.loads.reserve(slots);
        self.cells.reserve(slots);
    }

    /// Counts a request that begins.
    #[inline]
    pub(crate) fn begin(&self, slot: Slot) {
        self.loads.make(slot).here.up(self.owner.claim());
    }

    /// Counts a request that ended without a result.
    #[inline]
    pub(crate) fn end(&self, slot: Slot) {
        self.loads.make(slot).here.down(self.owner.hand());
    }

    /// Counts a request in flight whose answer has begun.
    pub(crate) fn begin_answer(&self, slot: Slot) {
        self.cells.make(slot).answered.fetch_add(1, Relaxed);
    }

    /// Counts an answer that has ended.
    pub(crate) fn end_answer(&self, slot: Slot) {
        self.cells.make(slot).answered.fetch_sub(1, Relaxed);
    }

    /// Counts a good answer to a request that has ended.
    #[inline]
    pub(crate) fn add_good(&self, slot: Slot, latency: Duration) {
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        let capped = micros.min((1 << LATENCY_BITS) - 1);
        let add = (1 << LATENCY_BITS) + capped;
        let cell = self.cells.make(slot);
        cell.good.add(add, self.owner.hand());
        cell.note_delay(u32::try_from(micros).unwrap_or(u32::MAX));
    }

    /// Counts a failure of a request that has ended.
    pub(crate) fn add_bad(&self, slot: Slot) {
        let cell = self.cells.make(slot);
        cell.bad.fetch_add(1, Relaxed);
        // Quick errors must not look like quick answers.
        cell.note_delay(
            cell.delay
                .load(Relaxed)
                .saturating_mul(2)
                .clamp(FAILED_DELAY, LONGEST_DELAY),
        );
    }

    /// Returns what is in flight to this slot, here and elsewhere.
    #[inline]
    pub(crate) fn load(&self, slot: Slot) -> u32 {
        self.loads.at(slot).map_or(0, |load| {
            let elsewhere = load.elsewhere.load(Relaxed);
            load.here.value().saturating_add(elsewhere)
        })
    }

    /// Returns what this worker has in flight to this slot.
    pub(crate) fn in_flight(&self, slot: Slot) -> u32 {
        let load = self.loads.at(slot);
        load.map_or(0, |load| load.here.value())
    }

    /// Returns what this worker has in flight to this slot without an answer.
    pub(crate) fn waiting(&self, slot: Slot) -> u32 {
        let answered = self.cells.at(slot);
        let answered = answered.map_or(0, |cell| cell.answered.load(Relaxed));
        // The two are read one after the other, and answers may end in between.
        self.in_flight(slot).saturating_sub(answered)
    }

    /// Returns the latest peak of latency in microseconds; an origin that nobody has tried promises the best.
    #[inline]
    pub(crate) fn delay(&self, slot: Slot) -> u32 {
        self.cells
            .at(slot)
            .map_or(0, |cell| cell.delay.load(Relaxed))
    }

    /// Lets a peak fade, so that who had one is tried again.
    pub(crate) fn fade(&self, slot: Slot) {
        if let Some(cell) = self.cells.at(slot) {
            let delay = cell.delay.load(Relaxed);
            cell.delay.store(delay - delay.div_ceil(32), Relaxed);
        }
    }

    /// Returns what is in flight to all slots.
    #[inline]
    pub(crate) fn total(&self) -> u64 {
        u64::from(self.total.load(Relaxed))
    }

    /// Notes what all workers have in flight to all slots.
    pub(crate) fn set_total(&self, in_flight: u32) {
        self.total.store(in_flight, Relaxed);
    }

    /// Counts one request more in the total, for those who bound loads by it.
    pub(crate) fn begin_total(&self) {
        self.total.fetch_add(1, Relaxed);
    }

    /// Counts one request less in the total.
    pub(crate) fn end_total(&self) {
        let _ = self
            .total
            .fetch_update(Relaxed, Relaxed, |total| total.checked_sub(1));
    }

    /// Notes what all other workers have in flight to this slot.
    pub(crate) fn set_elsewhere(&self, slot: Slot, in_flight: u32) {
        if in_flight == 0 && self.loads.at(slot).is_none() {
            return;
        }
        self.loads.make(slot).elsewhere.store(in_flight, Relaxed);
    }

    /// Returns what came in since `mark`, and moves it.
    pub(crate) fn read(&self, slot: Slot, mark: &mut Mark) -> Tally {
        let Some(cell) = self.cells.at(slot) else {
            return Tally::default();
        };
        let (good, bad) = (cell.good.sum(), cell.bad.load(Relaxed));
        let news = good.wrapping_sub(mark.good);
        let tally = Tally {
            good: (news >> LATENCY_BITS) as u32,
            bad: bad.wrapping_sub(mark.bad),
            latency: Duration::from_micros(news & ((1 << LATENCY_BITS) - 1)),
        };
        *mark = Mark { good, bad };
        tally
    }
}

const FAILED_DELAY: u32 = 100_000;
const LONGEST_DELAY: u32 = 10_000_000;

impl Cell {
    /// A peak counts at once, a lower latency by a quarter.
    #[inline]
    fn note_delay(&self, micros: u32) {
        let old = self.delay.load(Relaxed);
        let new = if micros >= old {
            micros
        } else {
            old - (old - micros) / 4
        };
        self.delay.store(new, Relaxed);
    }
}

/// One of something for each slot. Pages appear as slots come into use and never move, so that a guard finds
/// its counters whatever edits the pool has seen.
#[derive(Debug)]
struct Paged<T> {
    pages: Box<[OnceLock<Box<Page<T>>>]>,
}

/// Its lines hold no other board's counters.
#[derive(Debug)]
#[repr(align(128))]
struct Page<T>([T; PAGE]);

const PAGE: usize = 64;

impl<T: Default> Paged<T> {
    fn new(max_slots: usize) -> Self {
        let pages = (0..max_slots.div_ceil(PAGE)).map(|_| OnceLock::new());
        Self {
            pages: pages.collect(),
        }
    }

    fn reserve(&self, slots: usize) {
        for page in self.pages.iter().take(slots.div_ceil(PAGE)) {
            page.get_or_init(fresh);
        }
    }

    #[inline]
    fn make(&self, slot: Slot) -> &T {
        &self.pages[slot.index() / PAGE].get_or_init(fresh).0[slot.index() % PAGE]
    }

    #[inline]
    fn at(&self, slot: Slot) -> Option<&T> {
        Some(&self.pages.get(slot.index() / PAGE)?.get()?.0[slot.index() % PAGE])
    }
}

fn fresh<T: Default>() -> Box<Page<T>> {
    Box::new(Page(core::array::from_fn(|_| T::default())))
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
