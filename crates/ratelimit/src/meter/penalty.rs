//! [`PenaltyBox`]: who is denied too often is denied for a while.

use std::time::Duration;

use eaves_common::time::Mono;

use super::Meter;

/// Puts a key aside after so many denials within a time.
///
/// Ask [`sentence`](Self::sentence) before any other limit, and tell [`denied`](Self::denied) of
/// each denial of theirs. What comes during a sentence changes nothing, so that a flood in the box
/// costs a read.
///
/// As a [`Meter`], as which a [`Keyed`](super::Keyed) takes it, a `peek` of any cost up to the number
/// of denials asks for the sentence, a `charge` tells of denials, and a `refund` pardons. Do not
/// `check`: that would count every request as a denial.
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
        self.count(state, 1, now);
        self.sentence(state, now)
    }

    fn count(&self, state: &mut PenaltyState, denials: u32, now: Mono) {
        if self.sentence(state, now).is_some() {
            return;
        }
        if state.boxed || state.denials == 0 || now - state.since >= self.within {
            *state = PenaltyState {
                since: now,
                ..PenaltyState::default()
            };
        }
        state.denials = state.denials.saturating_add(denials);
        if state.denials >= self.denials {
            state.boxed = true;
            state.since = now;
        }
    }

    /// Lets the key out and forgets its denials.
    pub fn pardon(&self, state: &mut PenaltyState) {
        *state = PenaltyState::default();
    }
}

impl Meter for PenaltyBox {
    type State = PenaltyState;
    type Time = Mono;

    fn fresh(&self) -> PenaltyState {
        PenaltyState::default()
    }

    fn limit(&self) -> u64 {
        self.denials.into()
    }

    /// Returns the denials that count; all of them during a sentence.
    fn used(&self, state: &PenaltyState, now: Mono) -> u64 {
        let counts = match state.boxed {
            true => self.sentence(state, now).is_some(),
            false => now - state.since < self.within,
        };
        if counts { state.denials.into() } else { 0 }
    }

    fn retry_after(&self, state: &PenaltyState, cost: u64, now: Mono) -> Option<Duration> {
        (cost <= self.limit()).then(|| self.sentence(state, now).unwrap_or_default())
    }

    fn charge(&self, state: &mut PenaltyState, cost: u64, now: Mono) {
        if cost > 0 {
            self.count(state, u32::try_from(cost).unwrap_or(u32::MAX), now);
        }
    }

    fn refund(&self, state: &mut PenaltyState, _cost: u64, _now: Mono) {
        self.pardon(state);
    }
}
