//! What the balancing service counts.

use ::metrics::counter;

use super::{ATTEMPTS, REFUSALS};
use crate::retry::{Cause, Refusal};

pub(crate) fn attempt(because: Cause) {
    let because = match because {
        Cause::Failed => "failed",
        Cause::Late => "late",
        Cause::Unsent => "unsent",
    };
    counter!(ATTEMPTS, "because" => because).increment(1);
}

pub(crate) fn refusal(refusal: Refusal) {
    let refusal = match refusal {
        Refusal::AttemptsUsed => "attempts_used",
        Refusal::BudgetSpent => "budget_spent",
        Refusal::DeadlineTooClose => "deadline_too_close",
        Refusal::NotDue => "not_due",
        Refusal::NotIdempotent => "not_idempotent",
        Refusal::Unrepeatable => "unrepeatable",
    };
    counter!(REFUSALS, "refusal" => refusal).increment(1);
}
