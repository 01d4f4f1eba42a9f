//! The machine's atomics, each access of which is counted.

use std::{cell::Cell, sync::atomic::Ordering};

thread_local! {
    static ACCESSES: Cell<u64> = const { Cell::new(0) };
}

/// How often this thread accesses a shared word in the course of some work.
pub(crate) fn accesses(work: impl FnOnce()) -> u64 {
    let before = ACCESSES.get();
    work();
    ACCESSES.get() - before
}

fn count() {
    ACCESSES.set(ACCESSES.get() + 1);
}

macro_rules! counted {
    ($(#[$attribute:meta])* $name:ident, $inner:ty, $word:ty) => {
        $(#[$attribute])*
        #[derive(Debug, Default)]
        pub(crate) struct $name($inner);

        impl $name {
            #[allow(dead_code, reason = "each width makes its words its own way")]
            pub(crate) const fn new(word: $word) -> Self {
                Self(<$inner>::new(word))
            }

            pub(crate) fn load(&self, order: Ordering) -> $word {
                count();
                self.0.load(order)
            }

            pub(crate) fn store(&self, word: $word, order: Ordering) {
                count();
                self.0.store(word, order);
            }

            #[allow(dead_code, reason = "what only one thread writes is stored")]
            pub(crate) fn compare_exchange(
                &self,
                seen: $word,
                word: $word,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$word, $word> {
                count();
                self.0.compare_exchange(seen, word, success, failure)
            }
        }
    };
}

counted!(AtomicU16, std::sync::atomic::AtomicU16, u16);
counted!(
    #[derive(zerocopy::FromBytes, zerocopy::IntoBytes, zerocopy::KnownLayout)]
    #[repr(transparent)]
    AtomicU64,
    std::sync::atomic::AtomicU64,
    u64
);
counted!(AtomicU128, portable_atomic::AtomicU128, u128);
