//! Points in time as plain numbers, and the clocks that hand them out.
//!
//! std's `Instant` cannot be built in a test, stored on disk or used in wasm, so cores take [`Now`],
//! [`Mono`] or [`Wall`] as arguments. Within a process ages use [`Mono`]; [`Wall`] serves dates and
//! what survived a restart.

mod clock;
#[cfg(feature = "coarse")]
mod coarse;
#[cfg(feature = "quanta")]
mod counter;
mod manual;
mod point;
mod ticked;
#[cfg(feature = "tokio")]
mod tokio;

pub use clock::Clock;
#[cfg(feature = "std")]
pub use clock::SystemClock;
#[cfg(feature = "coarse")]
pub use coarse::CoarseClock;
#[cfg(feature = "quanta")]
pub use counter::CounterClock;
pub use manual::ManualClock;
pub use point::{Mono, Now, Wall};
pub use ticked::TickedClock;
#[cfg(feature = "tokio")]
pub use tokio::TokioClock;
