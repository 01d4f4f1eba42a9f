//! [`PenaltyBox`]: who is denied too often is denied for a while.

use std::time::Duration;

use eaves_common::time::Mono;

/// Puts a key aside after so many denials within a time.
///
/// Ask [`sentence`](Self::sentence) before any other limit, and tell [`denied`](Self::denied) of
/// each denial of theirs. What comes during a sentence changes nothing, so that a flood in the box
/// costs a read.
///
/// ```
/// use std::time::Duration;
/// use eaves_common::time::Mono;
/// use eaves_ratelimit::meter::{PenaltyBox, PenaltyState};
///
/// let penalty = PenaltyBox::new(3, Duration::from_secs(10), Duration::from_secs(60));
/// let mut client = PenaltyState::default();
/// let now = Mono::from_secs(5);
/// assert_eq!(penalty.denied(&mut client, now), None);
/// assert_eq!(penalty.denied(&mut client, now), None);
/// assert_eq!(penalty.denied(&mut client, now), Some(Duration::from_secs(60)));
/// assert_eq!(penalty.sentence(&client, Mono::from_secs(35)), Some(Duration::from_secs(30)));
/// assert_eq!(penalty.sentence(&client, Mono::from_secs(65)), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PenaltyBox {
    denials: u32,
    within: Duration,
    term: Duration,
}

/// What a [`PenaltyBox`] remembers of a key, in 16 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PenaltyState {
    /// The first denial that counts, or the start of the sentence.
    since: Mono,
    denials: u32,
    boxed: bool,
}

impl PenaltyBox {
    /// Makes a box that holds a key for `term` after `denials` (at least one) `within` a time from
    /// the first of them.
    #[must_use]
    pub const fn new(denials: u32, within: Duration, term: Duration) -> Self {
        Self {
            denials: if denials == 0 { 1 } else { denials },
            within,
            term,
        }
    }

    /// Returns how long the key stays in the box; `None` if it is not there.
    #[inline]
    #[must_use]
    pub fn sentence(&self, state: &PenaltyState, now: Mono) -> Option<Duration> {
        let left = (state.since + self.term) - now;
        // Until `since` the clock has gone back, and the term is what is left.
        (state.boxed && !left.is_zero()).then(|| left.min(self.term))
    }

    /// Counts a denial; returns the sentence if the key is in the box now.
    pub fn denied(&self, state: &mut PenaltyState, now: Mono) -> Option<Duration> {
        if let Some(left) = self.sentence(state, now) {
            return Some(left);
        }
        if state.boxed || state.denials == 0 || now - state.since >= self.within {
            *state = PenaltyState {
                since: now,
                ..PenaltyState::default()
            };
        }
        state.denials = state.denials.saturating_add(1);
        if state.denials < self.denials {
            return None;
        }
        state.boxed = true;
        state.since = now;
        self.sentence(state, now)
    }

    /// Lets the key out and forgets its denials.
    pub fn pardon(&self, state: &mut PenaltyState) {
        *state = PenaltyState::default();
    }
}
