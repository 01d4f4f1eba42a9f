//! [`Timer`]: how a request that waits is woken when its time is up.

use std::{future::Future, time::Duration};

/// Makes futures that are ready after a time. Any function such as `tokio::time::sleep` will do.
///
/// ```
/// use eaves_ratelimit::wait::Timer;
///
/// fn times(_: impl Timer) {}
/// times(tokio::time::sleep);
/// ```
pub trait Timer {
    /// Is ready when the time is over.
    type Sleep: Future<Output = ()>;

    /// Begins to wait.
    fn sleep(&self, time: Duration) -> Self::Sleep;
}

impl<F, S> Timer for F
where
    F: Fn(Duration) -> S,
    S: Future<Output = ()>,
{
    type Sleep = S;

    fn sleep(&self, time: Duration) -> S {
        self(time)
    }
}
