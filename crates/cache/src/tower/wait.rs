//! Waiting for another's answer, for no longer than a client would.

use core::{future::Future, pin::Pin, time::Duration};

/// Something that tells when a time is over, such as `|time| Box::pin(tokio::time::sleep(time))`.
pub trait Sleep: Send + Sync + 'static {
    /// Is ready when the time is over.
    fn sleep(&self, time: Duration) -> Alarm;
}

/// What a [`Sleep`] gives.
pub type Alarm = Pin<Box<dyn Future<Output = ()> + Send>>;

impl<F: Fn(Duration) -> Alarm + Send + Sync + 'static> Sleep for F {
    fn sleep(&self, time: Duration) -> Alarm {
        self(time)
    }
}
