//! The atomics of the table: the machine's, or in a build with `--cfg shuttle` some that let a test
//! choose how threads interleave. The crate's own tests get some that count how often they are accessed.
//! [`Stripes`] are numbers that threads count without meeting.

#[cfg(not(any(shuttle, test)))]
pub(crate) use portable_atomic::AtomicU128;
#[cfg(not(any(shuttle, test)))]
pub(crate) use std::sync::atomic::{AtomicU16, AtomicU64};

#[cfg(all(test, not(shuttle)))]
pub(crate) use self::counted::{AtomicU16, AtomicU64, AtomicU128, accesses};

#[cfg(shuttle)]
pub(crate) use self::chosen::AtomicU128;
#[cfg(shuttle)]
pub(crate) use shuttle::sync::atomic::{AtomicU16, AtomicU64};

pub(crate) use self::stripes::Stripes;

#[cfg(all(test, not(shuttle)))]
mod counted;
mod stripes;

#[cfg(shuttle)]
mod chosen {
    use std::sync::atomic::Ordering;

    use shuttle::sync::Mutex;

    /// A word that shuttle does not have; each access is one step, as the machine's is.
    #[derive(Debug, Default)]
    pub(crate) struct AtomicU128(Mutex<u128>);

    impl AtomicU128 {
        pub(crate) fn load(&self, _: Ordering) -> u128 {
            *self.0.lock().expect("no step panics")
        }

        pub(crate) fn store(&self, word: u128, _: Ordering) {
            *self.0.lock().expect("no step panics") = word;
        }

        pub(crate) fn compare_exchange(
            &self,
            seen: u128,
            word: u128,
            _: Ordering,
            _: Ordering,
        ) -> Result<u128, u128> {
            let mut now = self.0.lock().expect("no step panics");
            if *now != seen {
                return Err(*now);
            }
            *now = word;
            Ok(seen)
        }
    }
}
