//! [`Attempt::decide`]: whether a failed request is sent again.

use eaves_common::time::Mono;

use super::Budget;
use crate::select::Failure;

/// An attempt that failed.
///
/// ```
/// use eaves_common::time::Mono;
/// use eaves_health::{Failure, retry::{Attempt, Budget, Decision, GiveUp, Idempotency}};
///
/// let budget = Budget::default();
/// let attempt = Attempt { number: 1, most: 2, idempotency: Idempotency::Unknown, failure: Failure::Timeout };
/// let decision = attempt.decide(&budget, Mono::ZERO);
/// assert_eq!(decision, Decision::GiveUp(GiveUp::MayHaveHappened));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Which it was, from 1.
    pub number: u32,
    /// How many there may be.
    pub most: u32,
    /// What the caller knows of the request.
    pub idempotency: Idempotency,
    /// How it failed.
    pub failure: Failure,
}

/// What the caller knows of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Idempotency {
    /// Sent twice it does the same as sent once (RFC 9110 section 9.2.2), and its body can be sent again.
    Idempotent,
    /// It may do something twice.
    Unknown,
}

/// What becomes of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub enum Decision {
    /// It is given up.
    GiveUp(GiveUp),
    /// It is sent again, to another origin.
    Retry,
}

/// Why a request is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GiveUp {
    /// The budget is empty: so much fails that retries would make it worse.
    Budget,
    /// It may have been carried out, and must not be twice.
    MayHaveHappened,
    /// All attempts were made.
    Spent,
}

impl Attempt {
    /// Decides, and takes a retry out of the budget.
    pub fn decide(self, budget: &Budget, now: Mono) -> Decision {
        if self.number >= self.most {
            return Decision::GiveUp(GiveUp::Spent);
        }
        // What was never connected was never carried out.
        let is_safe =
            self.idempotency == Idempotency::Idempotent || self.failure == Failure::Connect;
        if !is_safe {
            return Decision::GiveUp(GiveUp::MayHaveHappened);
        }
        if !budget.withdraw(now) {
            return Decision::GiveUp(GiveUp::Budget);
        }
        Decision::Retry
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_safe_and_paid_for_is_retried() {
        use Idempotency::{Idempotent, Unknown};
        let give_up = Decision::GiveUp;
        for (number, idempotency, failure, free, expected) in [
            (1, Idempotent, Failure::Timeout, 1, Decision::Retry),
            (1, Unknown, Failure::Connect, 1, Decision::Retry),
            (
                1,
                Unknown,
                Failure::Gateway,
                1,
                give_up(GiveUp::MayHaveHappened),
            ),
            (1, Idempotent, Failure::Gateway, 0, give_up(GiveUp::Budget)),
            (2, Idempotent, Failure::Gateway, 1, give_up(GiveUp::Spent)),
        ] {
            let attempt = Attempt {
                number,
                most: 2,
                idempotency,
                failure,
            };
            let decision = attempt.decide(&Budget::new(0.0, free), Mono::ZERO);
            assert_eq!(decision, expected, "{attempt:?}");
        }
    }
}
