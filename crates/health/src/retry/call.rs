//! [`Call`]: one request and the attempts made for it.

use eaves_common::time::Mono;

use super::decision::{Failure, Idempotency, Refusal};

/// One request on its way, from [`Worker::start`](super::Worker::start) to its end.
///
/// ```
/// use eaves_common::time::Mono;
/// use eaves_health::retry::{Idempotency, Retry, RetryConfig};
///
/// let mut worker = Retry::new(RetryConfig::default())?.worker(7);
/// let call = worker
///     .start(Idempotency::Idempotent, Mono::from_secs(1))
///     .deadline(Mono::from_secs(3));
/// assert_eq!(call.attempts(), 1);
/// # Ok::<(), eaves_health::retry::RetryConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Call {
    idempotency: Idempotency,
    deadline: Option<Mono>,
    /// When the newest attempt began; a hedge waits from here.
    latest: Mono,
    pub(super) retries: u8,
    pub(super) hedges: u8,
    in_flight: u16,
}

impl Call {
    pub(super) const fn new(idempotency: Idempotency, now: Mono) -> Self {
        Self {
            idempotency,
            deadline: None,
            latest: now,
            retries: 0,
            hedges: 0,
            in_flight: 1,
        }
    }

    /// Sets the time at which nobody waits for the answer any more: no attempt starts then or later.
    #[must_use]
    pub const fn deadline(mut self, deadline: Mono) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Returns how many attempts there were, the first included.
    #[must_use]
    pub const fn attempts(&self) -> u16 {
        1 + self.retries as u16 + self.hedges as u16
    }

    /// Returns how many attempts have neither failed nor answered.
    #[must_use]
    pub const fn in_flight(&self) -> u16 {
        self.in_flight
    }

    /// When the newest attempt began.
    pub(super) const fn latest(&self) -> Mono {
        self.latest
    }

    /// Whether another attempt may start at `at`, after `failure` or beside one without an answer.
    pub(super) fn allows(&self, failure: Option<Failure>, at: Mono) -> Result<(), Refusal> {
        match self.idempotency {
            Idempotency::Idempotent => {}
            Idempotency::NotIdempotent if failure == Some(Failure::Unsent) => {}
            Idempotency::NotIdempotent => return Err(Refusal::NotIdempotent),
            Idempotency::Unrepeatable => return Err(Refusal::Unrepeatable),
        }
        match self.deadline {
            Some(deadline) if at >= deadline => Err(Refusal::DeadlineTooClose),
            _ => Ok(()),
        }
    }

    /// From now on nothing allows another attempt.
    #[cfg(feature = "tower")]
    pub(crate) const fn body_is_gone(&mut self) {
        self.idempotency = Idempotency::Unrepeatable;
    }

    pub(super) const fn attempt_ended(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    pub(super) const fn attempt_begins(&mut self, at: Mono) {
        self.in_flight = self.in_flight.saturating_add(1);
        self.latest = at;
    }
}
