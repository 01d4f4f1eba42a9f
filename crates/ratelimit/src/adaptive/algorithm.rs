//! [`Algorithm`]: what sets the limit after each round.

use super::{Aimd, Gradient2, Vegas, round::Round};

/// One of the ways to find a limit, with what it has learned so far.
///
/// ```
/// use eaves_ratelimit::adaptive::{Aimd, Algorithm, Gradient2, Vegas};
///
/// let choices: [Algorithm; 3] = [Aimd::default().into(), Gradient2::default().into(), Vegas::default().into()];
/// assert!(matches!(choices[1], Algorithm::Gradient2(_)));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Algorithm {
    /// Additive increase, multiplicative decrease.
    Aimd(Aimd),
    /// By the ratio of usual to present latency.
    Gradient2(Gradient2),
    /// By an estimate of the queue.
    Vegas(Vegas),
}

impl Algorithm {
    /// Returns the limit that follows from a round under `limit`.
    pub(super) fn next(&mut self, limit: f64, round: &Round) -> f64 {
        match self {
            Self::Aimd(aimd) => aimd.next(limit, round),
            Self::Gradient2(gradient) => gradient.next(limit, round),
            Self::Vegas(vegas) => vegas.next(limit, round),
        }
    }
}

impl From<Aimd> for Algorithm {
    fn from(aimd: Aimd) -> Self {
        Self::Aimd(aimd)
    }
}

impl From<Gradient2> for Algorithm {
    fn from(gradient: Gradient2) -> Self {
        Self::Gradient2(gradient)
    }
}

impl From<Vegas> for Algorithm {
    fn from(vegas: Vegas) -> Self {
        Self::Vegas(vegas)
    }
}
