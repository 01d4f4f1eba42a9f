//! How much a key has used, and whether more fits: the arithmetic of limits.
//!
//! Every meter answers with a [`Reading`].
//!
//! | meter | admits in a window `W` | memory per key | |
//! |---|---|---|---|
//! | [`Gcra`] | up to `rate * W + burst` | 8 or 16 B, no lock | smooth; the one to start with |
//! | [`Window`] | about 1.06 times the count | 64 B | "at most N in any minute" |
//! | [`TwoWindow`] | about 1.5 times | 32 B | cheaper, less exact |
//! | [`FixedWindow`] | up to twice | 32 B | resets that people can predict |
//! | [`Log`] | the count, exactly | 48 B + 8 B a unit | small limits |

mod any;
mod gcra;
mod log;
mod reading;
mod shelf;
mod window;

pub use any::Algorithm;
pub(crate) use any::{Look, Meter};
pub use gcra::Gcra;
pub use log::Log;
pub(crate) use reading::Gauge;
pub use reading::{Reading, Verdict};
pub use window::{FixedWindow, TwoWindow, Window};
