//! [`Answered`]: a request whose answer is on its way.

use super::{Failure, Guard, Outcome};
use crate::pool::OriginId;

/// A request whose answer has begun, see [`Guard::answered`]. Dropping it says that the answer has
/// ended, or that nobody wants the rest of it.
///
/// ```
/// use std::time::Duration;
/// use eaves_common::time::Now;
/// use eaves_health::{Algorithm, Failure, Monitor, Outcome, PoolConfig, pool::OriginConfig};
///
/// let config = PoolConfig::new("web").origin(OriginConfig::new("a", "192.0.2.1:80".parse().unwrap()));
/// let mut monitor = Monitor::new(config, 1, Now::default()).unwrap();
/// let selector = monitor.selector(Algorithm::PowerOfTwo);
/// let guard = selector.pick(&[]).expect("there is an origin");
/// let answered = guard.answered(Outcome::of_status(200, Duration::from_millis(12)));
/// answered.broken(Failure::Protocol); // the connection was reset within the body
/// monitor.handle_traffic(Now::default());
/// assert_eq!(monitor.status().origins[0].error_share, 0.5); // its head was good
/// ```
#[derive(Debug)]
#[must_use = "dropping it says that the answer has ended"]
pub struct Answered<'a> {
    guard: Guard<'a>,
}

impl<'a> Answered<'a> {
    pub(super) fn new(guard: Guard<'a>) -> Self {
        guard.worker().board.begin_answer(guard.slot());
        Self { guard }
    }

    /// Returns which origin answers.
    #[must_use]
    pub fn id(&self) -> OriginId {
        self.guard.id()
    }

    /// Tells that the answer broke off before its end.
    pub fn broken(self, failure: Failure) {
        self.guard.tell(Outcome::Error(failure));
    }
}

impl Drop for Answered<'_> {
    fn drop(&mut self) {
        self.guard.worker().board.end_answer(self.guard.slot());
    }
}
