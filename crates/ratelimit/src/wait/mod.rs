//! Waiting instead of being denied: [`Limiter::until_allowed`](crate::Limiter::until_allowed) and the
//! timers that such futures, and those of other modules, are woken by.
//!
//! Requests that wait for the same key are not put in order here, and each of them asks again; a
//! [`Gate`](crate::shape::Gate) lets requests pass in fair order, one after another.

mod patience;
mod seat;
mod timer;

pub use patience::Patience;
pub(crate) use seat::Seat;
pub use timer::Timer;
