//! [`Count`]: a number that one thread changes at no cost, and every other at the usual.

use std::{
    cell::Cell,
    sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
};

/// A number in two parts: one that only its owner changes, by a load and a store, and one for everybody else, by
/// locked additions, of which two take longer than all else that a pick does. A request that ends on another
/// thread than it began on leaves one in the first part and takes one from the second; their sum is exact.
#[derive(Debug, Default)]
pub(super) struct Count<A> {
    own: A,
    others: A,
}

/// Who changes a [`Count`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hand {
    Owner,
    Other,
}

impl Count<AtomicU32> {
    #[inline]
    pub(super) fn up(&self, by: Hand) {
        self.add(1, by);
    }

    #[inline]
    pub(super) fn down(&self, by: Hand) {
        self.add(1_u32.wrapping_neg(), by);
    }

    /// Returns the number; while others change it, it may be some moments old in either part, but is never read as
    /// less than none.
    #[inline]
    pub(super) fn value(&self) -> u32 {
        let (own, others) = (self.own.load(Relaxed), self.others.load(Relaxed));
        own.wrapping_add(others)
            .cast_signed()
            .max(0)
            .cast_unsigned()
    }

    #[inline]
    fn add(&self, value: u32, by: Hand) {
        match by {
            Hand::Owner => {
                let sum = self.own.load(Relaxed).wrapping_add(value);
                self.own.store(sum, Relaxed);
            }
            Hand::Other => {
                self.others.fetch_add(value, Relaxed);
            }
        }
    }
}

impl Count<AtomicU64> {
    #[inline]
    pub(super) fn add(&self, value: u64, by: Hand) {
        match by {
            Hand::Owner => {
                let sum = self.own.load(Relaxed).wrapping_add(value);
                self.own.store(sum, Relaxed);
            }
            Hand::Other => {
                self.others.fetch_add(value, Relaxed);
            }
        }
    }

    /// Returns the sum of all that was added, modulo 2^64.
    pub(super) fn sum(&self) -> u64 {
        let (own, others) = (self.own.load(Relaxed), self.others.load(Relaxed));
        own.wrapping_add(others)
    }
}

/// The thread that owns counts: the first that asks to, for as long as they are.
#[derive(Debug, Default)]
pub(super) struct Owner(AtomicU64);

/// No thread.
const NOBODY: u64 = 0;

thread_local! {
    static NUMBER: Cell<u64> = const { Cell::new(NOBODY) };
}

impl Owner {
    /// Says as whom this thread counts.
    #[inline]
    pub(super) fn hand(&self) -> Hand {
        // Who has no number yet owns nothing, but has the number that nobody's counts have.
        match NUMBER.get() {
            number if number == self.0.load(Relaxed) && number != NOBODY => Hand::Owner,
            _ => Hand::Other,
        }
    }

    /// The same, and makes this thread the owner if there is none.
    #[inline]
    pub(super) fn claim(&self) -> Hand {
        match self.0.load(Relaxed) {
            NOBODY => self.become_owner(),
            _ => self.hand(),
        }
    }

    #[cold]
    fn become_owner(&self) -> Hand {
        static NUMBERS: AtomicU64 = AtomicU64::new(NOBODY + 1);
        if NUMBER.get() == NOBODY {
            NUMBER.set(NUMBERS.fetch_add(1, Relaxed));
        }
        let number = NUMBER.get();
        match self.0.compare_exchange(NOBODY, number, Relaxed, Relaxed) {
            Ok(_) => Hand::Owner,
            Err(_) => Hand::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, thread};

    use super::*;

    #[test]
    fn the_first_thread_that_claims_owns_and_no_other() {
        let owner = Owner::default();
        assert_eq!(owner.hand(), Hand::Other, "nobody owns it yet");
        assert_eq!(owner.claim(), Hand::Owner);
        assert_eq!(owner.hand(), Hand::Owner);
        thread::scope(|scope| {
            let elsewhere = scope.spawn(|| [owner.hand(), owner.claim(), owner.hand()]);
            assert_eq!(elsewhere.join().unwrap(), [Hand::Other; 3]);
        });
        assert_eq!(owner.claim(), Hand::Owner);
    }

    #[test]
    fn what_begins_on_one_thread_and_ends_on_another_leaves_nothing() {
        const REQUESTS: u32 = 20_000;
        let (owner, count, sum) = (
            Owner::default(),
            Count::<AtomicU32>::default(),
            Count::<AtomicU64>::default(),
        );
        let (to_second, at_second) = mpsc::channel();
        let (to_first, at_first) = mpsc::channel();
        // Both begin requests at once; of each, one half ends where the other thread is.
        let run = |ended_elsewhere: mpsc::Sender<()>, to_end: mpsc::Receiver<()>| {
            for request in 0..REQUESTS {
                count.up(owner.claim());
                match request % 2 {
                    0 => ended_elsewhere.send(()).unwrap(),
                    _ => count.down(owner.hand()),
                }
                sum.add(3, owner.hand());
                if to_end.try_recv().is_ok() {
                    count.down(owner.hand());
                }
                assert!(count.value() <= 2 * REQUESTS);
            }
            drop(ended_elsewhere);
            to_end.iter().for_each(|()| count.down(owner.hand()));
        };
        thread::scope(|scope| {
            scope.spawn(|| run(to_second, at_first));
            scope.spawn(|| run(to_first, at_second));
        });
        assert_eq!(count.value(), 0);
        assert_eq!(sum.sum(), u64::from(REQUESTS) * 6);
    }

    #[test]
    fn a_half_read_count_is_none_and_not_four_billion() {
        let count = Count::<AtomicU32>::default();
        count.down(Hand::Other);
        assert_eq!(count.value(), 0);
        count.up(Hand::Owner);
        count.up(Hand::Owner);
        assert_eq!(count.value(), 1);
    }
}
