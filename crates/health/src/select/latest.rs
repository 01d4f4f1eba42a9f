//! [`Latest`]: the newest snapshot of a pool, and what each thread has seen of it.

use std::{
    cell::RefCell,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{
            AtomicU64,
            Ordering::{Acquire, Relaxed, Release},
        },
    },
};

use arc_swap::ArcSwap;

use crate::pool::Snapshot;

/// The newest snapshot of a pool. To take hold of it costs more than all else that a pick does, so each thread
/// keeps the one it has seen and compares a number.
#[derive(Debug)]
pub(crate) struct Latest {
    shared: ArcSwap<Snapshot>,
    /// The newest snapshot's version, written after it.
    version: AtomicU64,
    /// Which pool this is, among all of the process.
    number: u64,
    retired: Mutex<Vec<Arc<Snapshot>>>,
}

/// What a thread has seen of one pool.
struct Seen {
    number: u64,
    snapshot: Arc<Snapshot>,
}

/// Pools of which a thread keeps what it has seen; those of more take turns.
const PLACES: usize = 32;

thread_local! {
    static SEEN: RefCell<[Option<Seen>; PLACES]> = const { RefCell::new([const { None }; PLACES]) };
}

impl Latest {
    pub(super) fn new(snapshot: Snapshot) -> Self {
        static NUMBERS: AtomicU64 = AtomicU64::new(0);
        Self {
            version: AtomicU64::new(snapshot.version()),
            shared: ArcSwap::from_pointee(snapshot),
            number: NUMBERS.fetch_add(1, Relaxed),
            retired: Mutex::default(),
        }
    }

    /// Publishes a snapshot.
    pub(crate) fn publish(&self, snapshot: Snapshot) {
        let version = snapshot.version();
        let before = self.shared.swap(Arc::new(snapshot));
        self.version.store(version, Release);
        self.retire(Some(before));
    }

    /// Frees those that no reader holds any more. Were it left to the readers, whoever comes last would free
    /// the tables of ten thousand origins within a pick.
    pub(super) fn retire(&self, before: Option<Arc<Snapshot>>) {
        let mut retired = self.retired.lock().unwrap_or_else(PoisonError::into_inner);
        retired.retain(|snapshot| Arc::strong_count(snapshot) > 1);
        retired.extend(before);
    }

    /// Lends the newest snapshot.
    #[inline]
    pub(super) fn with<R>(&self, read: impl FnOnce(&Snapshot) -> R) -> R {
        let mut read = Some(read);
        let seen = SEEN.try_with(|seen| {
            let mut places = seen.try_borrow_mut().ok()?;
            let place = &mut places[self.number as usize % PLACES];
            let snapshot = match place {
                Some(seen) if self.is_newest(seen) => &seen.snapshot,
                _ => self.look(place),
            };
            Some(read.take()?(snapshot))
        });
        // A thread that ends has nothing to keep it in.
        match (seen, read) {
            (Ok(Some(answer)), _) => answer,
            (_, Some(read)) => read(&self.shared.load()),
            _ => unreachable!("who has read has answered"),
        }
    }

    #[inline]
    fn is_newest(&self, seen: &Seen) -> bool {
        seen.number == self.number && seen.snapshot.version() == self.version.load(Acquire)
    }

    #[cold]
    fn look<'a>(&self, place: &'a mut Option<Seen>) -> &'a Snapshot {
        let seen = Seen {
            number: self.number,
            snapshot: self.shared.load_full(),
        };
        &place.insert(seen).snapshot
    }

    /// Returns the newest snapshot.
    pub(crate) fn load_full(&self) -> Arc<Snapshot> {
        self.shared.load_full()
    }

    /// Returns where it lies, for those who keep what they have seen themselves.
    pub(super) fn shared(&self) -> &ArcSwap<Snapshot> {
        &self.shared
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, sync::mpsc};

    use super::*;
    use crate::{
        monitor::Policy,
        pool::{Bitmap, Draft},
    };

    fn snapshot(version: u64) -> Snapshot {
        let nobody = Bitmap::new(0);
        Snapshot::new(Draft {
            version,
            mode: Default::default(),
            members: Arc::default(),
            healthy: nobody.clone(),
            degraded: &nobody,
            merits: &[],
            spill: Policy::default().tiers.spill(),
            scopes: &[],
            former: &[],
        })
    }

    #[test]
    fn every_thread_sees_what_was_published_before_it_asks() {
        let latest = Latest::new(snapshot(0));
        for version in 1..100 {
            assert_eq!(latest.with(Snapshot::version), version - 1);
            latest.publish(snapshot(version));
            let elsewhere = std::thread::scope(|scope| {
                let asked = scope.spawn(|| latest.with(Snapshot::version));
                asked.join().unwrap()
            });
            assert_eq!(
                (latest.with(Snapshot::version), elsewhere),
                (version, version)
            );
        }
    }

    #[test]
    fn pools_that_share_a_place_do_not_take_each_other_for_themselves() {
        let pools: Vec<_> = (0..PLACES as u64 * 3)
            .map(|version| Latest::new(snapshot(version)))
            .collect();
        for _ in 0..2 {
            for (version, latest) in (0..).zip(&pools) {
                assert_eq!(latest.with(Snapshot::version), version);
            }
        }
    }

    #[test]
    fn readers_free_nothing_and_the_monitor_frees_what_nobody_holds() {
        let latest = Latest::new(snapshot(0));
        let first = Arc::downgrade(&latest.load_full());
        latest.with(|_| ());
        latest.publish(snapshot(1));
        latest.retire(None);
        assert!(first.upgrade().is_some(), "this thread has seen no other");
        latest.with(|_| ());
        assert!(
            first.upgrade().is_some(),
            "to free it is not the reader's work"
        );
        latest.retire(None);
        assert!(first.upgrade().is_none());
    }

    /// Asks when its thread ends.
    struct AtTheEnd(Arc<Latest>, mpsc::Sender<u64>);

    impl Drop for AtTheEnd {
        fn drop(&mut self) {
            let _ = self.1.send(self.0.with(Snapshot::version));
        }
    }

    thread_local! {
        static BEFORE: Cell<Option<AtTheEnd>> = const { Cell::new(None) };
        static AFTER: Cell<Option<AtTheEnd>> = const { Cell::new(None) };
    }

    #[test]
    fn a_thread_that_ends_is_answered_too() {
        let latest = Arc::new(Latest::new(snapshot(7)));
        let (sender, answers) = mpsc::channel();
        std::thread::spawn(move || {
            let asks = || Some(AtTheEnd(Arc::clone(&latest), sender.clone()));
            BEFORE.set(asks());
            latest.with(|_| ());
            AFTER.set(asks());
        });
        assert_eq!(answers.iter().collect::<Vec<_>>(), [7, 7]);
    }
}
