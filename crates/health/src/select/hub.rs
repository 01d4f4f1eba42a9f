//! [`Hub`]: where selectors and the monitor of a pool meet.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    task::Waker,
};

use super::{Board, Failure, Mark, Tally, latest::Latest};
use crate::{
    pool::{Slot, Snapshot, Table},
    random::mix,
};

/// The newest snapshot for the selectors, their boards and a bounded queue of errors for the monitor.
#[derive(Debug)]
pub(crate) struct Hub {
    pub(crate) snapshot: Latest,
    max_slots: usize,
    seed: u64,
    opened: AtomicU64,
    /// Tables that selectors use.
    wanted: [AtomicBool; Table::ALL.len()],
    boards: Mutex<Vec<Opened>>,
    inbox: Mutex<Inbox>,
}

/// A board, and how far the monitor has read it.
#[derive(Debug)]
struct Opened {
    board: Arc<Board>,
    marks: Vec<Mark>,
    /// Nobody held it at the last tick: what came in before was read since.
    abandoned: bool,
}

#[derive(Debug, Default)]
struct Inbox {
    reports: VecDeque<Report>,
    /// Errors that found the queue full. Their board counted them, so only the haste is lost.
    overflowed: u64,
    waker: Option<Waker>,
}

/// An error that a request met, told at once so that a probe can follow it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Report {
    pub(crate) slot: Slot,
    pub(crate) failure: Failure,
}

/// Errors waiting for the monitor: more would tell it nothing new.
const MAX_REPORTS: usize = 1024;
/// Boards of one pool: above that, selectors share them.
const MAX_BOARDS: usize = 256;

impl Hub {
    pub(crate) fn new(snapshot: Snapshot, max_slots: usize, seed: u64) -> Self {
        Self {
            snapshot: Latest::new(snapshot),
            max_slots,
            seed,
            opened: AtomicU64::new(0),
            wanted: Default::default(),
            boards: Mutex::default(),
            inbox: Mutex::default(),
        }
    }

    /// Has a table made with every edit from now on.
    pub(crate) fn want(&self, table: Table) {
        self.wanted[table as usize].store(true, Relaxed);
    }

    /// Makes a wanted table for the members there are, unless it is there.
    pub(crate) fn make_table(&self, table: Table) {
        self.snapshot.load_full().members().make(table);
    }

    /// Yields the tables that selectors use.
    pub(crate) fn wanted(&self) -> impl Iterator<Item = Table> {
        let is_wanted = |table: &Table| self.wanted[*table as usize].load(Relaxed);
        Table::ALL.into_iter().filter(is_wanted)
    }

    /// Opens a board for a worker; the number differs from worker to worker.
    pub(crate) fn open_board(&self) -> (Arc<Board>, u64) {
        let number = mix(self.opened.fetch_add(1, Relaxed) ^ self.seed);
        (self.board(), number)
    }

    fn board(&self) -> Arc<Board> {
        let mut boards = lock(&self.boards);
        if boards.len() >= MAX_BOARDS {
            let shared = boards
                .iter()
                .map(|opened| &opened.board)
                .min_by_key(|board| Arc::strong_count(board));
            return Arc::clone(shared.expect("there are boards"));
        }
        let board = Arc::new(Board::new(self.max_slots));
        board.reserve(self.snapshot.load_full().members().slots());
        boards.push(Opened {
            board: Arc::clone(&board),
            marks: Vec::new(),
            abandoned: false,
        });
        board
    }

    /// Makes room on all boards, so that no request has to.
    pub(crate) fn reserve(&self, slots: usize) {
        for opened in lock(&self.boards).iter() {
            opened.board.reserve(slots);
        }
    }

    /// Returns what all boards have counted for this slot since it was last asked.
    pub(crate) fn read(&self, slot: Slot) -> Tally {
        let mut sum = Tally::default();
        for opened in lock(&self.boards).iter_mut() {
            if opened.marks.len() <= slot.index() {
                opened.marks.resize(slot.index() + 1, Mark::default());
            }
            let tally = opened.board.read(slot, &mut opened.marks[slot.index()]);
            sum.good += tally.good;
            sum.bad += tally.bad;
            sum.latency += tally.latency;
        }
        sum
    }

    /// Returns what all workers have in flight to this slot.
    pub(crate) fn in_flight(&self, slot: Slot) -> u32 {
        lock(&self.boards)
            .iter()
            .map(|opened| opened.board.in_flight(slot))
            .sum()
    }

    /// Returns what all workers have in flight to this slot without an answer.
    pub(crate) fn waiting(&self, slot: Slot) -> u32 {
        lock(&self.boards)
            .iter()
            .map(|opened| opened.board.waiting(slot))
            .sum()
    }

    /// Tells every worker what the others have in flight, and closes boards that nobody holds any more.
    pub(crate) fn share_loads(&self, slots: usize) {
        let mut boards = lock(&self.boards);
        boards.retain_mut(|opened| {
            let alone = Arc::strong_count(&opened.board) == 1;
            let read_since = std::mem::replace(&mut opened.abandoned, alone);
            !(alone && read_since)
        });
        self.snapshot.retire(None);
        let mut total = 0;
        for slot in (0..slots as u32).map(Slot::new) {
            let loads: u32 = boards
                .iter()
                .map(|opened| opened.board.in_flight(slot))
                .sum();
            for opened in boards.iter() {
                let own = opened.board.in_flight(slot);
                opened.board.set_elsewhere(slot, loads.saturating_sub(own));
                opened.board.fade(slot);
            }
            total += loads;
        }
        for opened in boards.iter() {
            opened.board.set_total(total);
        }
    }

    /// Tells the monitor of an error, and wakes it.
    pub(crate) fn report(&self, report: Report) {
        let waker = {
            let mut inbox = lock(&self.inbox);
            if inbox.reports.len() < MAX_REPORTS {
                inbox.reports.push_back(report);
            } else {
                inbox.overflowed += 1;
            }
            inbox.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Takes the oldest report.
    pub(crate) fn take_report(&self) -> Option<Report> {
        lock(&self.inbox).reports.pop_front()
    }

    #[cfg(feature = "tokio")]
    /// Says whether a report waits; if not, `waker` is woken by the next.
    pub(crate) fn poll_reports(&self, waker: &Waker) -> bool {
        let mut inbox = lock(&self.inbox);
        if inbox.reports.is_empty() {
            inbox.waker = Some(waker.clone());
        }
        !inbox.reports.is_empty()
    }

    /// Returns how many errors found the queue full.
    pub(crate) fn overflowed(&self) -> u64 {
        lock(&self.inbox).overflowed
    }
}

/// A panic elsewhere must not take the pool down: what these locks hold is valid after every step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
