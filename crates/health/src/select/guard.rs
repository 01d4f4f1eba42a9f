//! [`Guard`]: one request on its way to an origin.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use super::{Answered, Report, selector::Worker};
use crate::pool::{OriginId, Slot, Target};

/// One request on its way to the origin that was picked for it. While it lives, the request
/// counts as in flight; [`finish`](Self::finish) tells what came of it, and dropping it says that
/// the request was cancelled, which is nobody's fault.
///
/// ```
/// use std::time::Duration;
/// use eaves_common::time::Now;
/// use eaves_health::{Algorithm, Monitor, Outcome, PoolConfig, pool::OriginConfig};
///
/// let config = PoolConfig::new("web").origin(OriginConfig::new("a", "192.0.2.1:80".parse().unwrap()));
/// let monitor = Monitor::new(config, 1, Now::default()).unwrap();
/// let selector = monitor.selector(Algorithm::PowerOfTwo);
/// let guard = selector.pick(&[]).expect("there is an origin");
/// assert_eq!(guard.addr().port(), 80);
/// guard.finish(Outcome::Success { latency: Duration::from_millis(12) });
/// ```
#[derive(Debug)]
#[must_use = "dropping the guard says that the request was cancelled"]
pub struct Guard<'a> {
    worker: Held<'a>,
    slot: Slot,
    target: Target,
}

#[derive(Debug)]
enum Held<'a> {
    Borrowed(&'a Arc<Worker>),
    Owned(Arc<Worker>),
}

impl<'a> Guard<'a> {
    #[inline]
    pub(crate) fn new(worker: &'a Arc<Worker>, slot: Slot, target: Target) -> Self {
        worker.begin(slot);
        Self {
            worker: Held::Borrowed(worker),
            slot,
            target,
        }
    }

    /// Returns which origin was picked; a retry excludes it.
    #[must_use]
    pub fn id(&self) -> OriginId {
        self.target.id()
    }

    /// Returns where the request goes.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.target.addr()
    }

    /// Detaches the guard from the selector's borrow, for a task or a body that outlives it.
    pub fn into_owned(self) -> Guard<'static> {
        let worker = Arc::clone(self.worker());
        worker.begin(self.slot);
        Guard {
            worker: Held::Owned(worker),
            slot: self.slot,
            target: self.target,
        }
    }

    /// Ends the request and tells what came of it.
    #[inline]
    pub fn finish(self, outcome: Outcome) {
        self.tell(outcome);
    }

    /// Tells what came of the request when its answer begins. Until the answer has ended, too, the
    /// request counts as load, but not as one that the origin leaves waiting.
    ///
    /// ```
    /// use std::time::Duration;
    /// use eaves_common::time::Now;
    /// use eaves_health::{Algorithm, Monitor, Outcome, PoolConfig, pool::OriginConfig};
    ///
    /// let config = PoolConfig::new("web").origin(OriginConfig::new("a", "192.0.2.1:80".parse().unwrap()));
    /// let monitor = Monitor::new(config, 1, Now::default()).unwrap();
    /// let selector = monitor.selector(Algorithm::PowerOfTwo);
    /// let guard = selector.pick(&[]).expect("there is an origin");
    /// let answered = guard.answered(Outcome::of_status(200, Duration::from_millis(12)));
    /// assert_eq!(monitor.status().origins[0].in_flight, 1); // its body is on its way
    /// drop(answered);
    /// assert_eq!(monitor.status().origins[0].in_flight, 0);
    /// ```
    pub fn answered(self, outcome: Outcome) -> Answered<'a> {
        self.tell(outcome);
        Answered::new(self)
    }

    pub(super) fn slot(&self) -> Slot {
        self.slot
    }

    #[inline]
    pub(super) fn tell(&self, outcome: Outcome) {
        let worker = self.worker();
        match outcome {
            Outcome::Success { latency } => worker.board.add_good(self.slot, latency),
            Outcome::Error(failure) => {
                worker.board.add_bad(self.slot);
                worker.hub.report(Report {
                    slot: self.slot,
                    failure,
                });
            }
        }
    }

    #[inline]
    pub(super) fn worker(&self) -> &Arc<Worker> {
        match &self.worker {
            Held::Borrowed(worker) => worker,
            Held::Owned(worker) => worker,
        }
    }
}

impl Drop for Guard<'_> {
    #[inline]
    fn drop(&mut self) {
        self.worker().end(self.slot);
    }
}

/// What came of a request.
///
/// ```
/// use std::time::Duration;
/// use eaves_health::{Failure, Outcome};
///
/// assert_eq!(Outcome::of_status(503, Duration::ZERO), Outcome::Error(Failure::Gateway));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The origin answered; a 404 is an answer too.
    Success {
        /// From sending the request to the head of the answer.
        latency: Duration,
    },
    /// The origin failed.
    Error(Failure),
}

impl Outcome {
    /// Judges an answer by its status: 502, 503 and 504 are [`Failure::Gateway`], the other 5xx
    /// but 501 and 505 (which blame the request) are [`Failure::Server`].
    #[must_use]
    pub const fn of_status(status: u16, latency: Duration) -> Self {
        match status {
            502..=504 => Self::Error(Failure::Gateway),
            500 | 506..=599 => Self::Error(Failure::Server),
            _ => Self::Success { latency },
        }
    }
}

/// How a request failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Failure {
    /// It was refused or unreachable.
    Connect,
    /// It answered 502, 503 or 504.
    Gateway,
    /// It broke the connection or the protocol.
    Protocol,
    /// It answered with another 5xx.
    Server,
    /// It did not answer in time.
    Timeout,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_judged_by_whose_fault_it_is() {
        let latency = Duration::from_millis(1);
        for (status, failure) in [
            (200, None),
            (404, None),
            (429, None),
            (500, Some(Failure::Server)),
            (501, None),
            (502, Some(Failure::Gateway)),
            (504, Some(Failure::Gateway)),
            (505, None),
            (520, Some(Failure::Server)),
        ] {
            let expected = failure.map_or(Outcome::Success { latency }, Outcome::Error);
            assert_eq!(Outcome::of_status(status, latency), expected, "{status}");
        }
    }
}
