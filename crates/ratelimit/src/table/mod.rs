//! Debts of many keys in memory that is allocated once.
//!
//! A table is a fixed array of 64-byte buckets, each a cache line of cells. A cell holds who owes
//! (a fingerprint of the key's hash) and until when (the theoretical arrival time, TAT, of GCRA) in
//! one word, so that identity and state change in one compare-and-swap. A key lives in the one
//! bucket its hash picks; when that is full, the cell with the least debt goes. A flood of keys that
//! come once therefore evicts itself: an offender, who owes more, stays.
//!
//! Time in it is counted in ticks of the rate's own, of which a unit costs a whole number, so that no
//! rounding adds up.

mod cells;
#[cfg(all(feature = "huge-pages", not(shuttle)))]
mod huge;
mod memory;
mod narrow;
mod scale;
mod seen;
#[cfg(test)]
mod tests;
mod wide;

pub use cells::{Capacity, Occupancy, Width};
pub(crate) use cells::{Table, bucket_of};
pub use memory::Pages;
pub(crate) use scale::Scale;
pub(crate) use seen::Seen;
