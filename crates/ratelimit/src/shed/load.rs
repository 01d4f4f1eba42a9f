//! [`Detector`]: tells a standing queue from a burst.

use std::time::Duration;

use eaves_common::time::Mono;

/// How the queue of a class stands.
///
/// ```
/// use eaves_ratelimit::shed::Load;
///
/// assert_ne!(Load::Calm, Load::Overloaded);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Load {
    /// Waiting is short, or has not been long for long.
    Calm,
    /// The oldest had waited longer than the target for an interval, and somebody waited ever since.
    Overloaded,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Detector {
    target: Duration,
    interval: Duration,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Calm {
        /// Since when the oldest has waited longer than the target, if it has.
        long_since: Option<Mono>,
        /// When it was overloaded last, if ever.
        ended: Option<Mono>,
    },
    Overloaded,
}

impl Detector {
    pub(super) const fn new(target: Duration, interval: Duration) -> Self {
        Self {
            target,
            interval,
            state: State::Calm {
                long_since: None,
                ended: None,
            },
        }
    }

    pub(super) const fn target(&self) -> Duration {
        self.target
    }

    pub(super) const fn load(&self) -> Load {
        match self.state {
            State::Calm { .. } => Load::Calm,
            State::Overloaded => Load::Overloaded,
        }
    }

    /// Takes note of when the oldest came that still waits.
    pub(super) fn look(&mut self, oldest: Option<Mono>, now: Mono) {
        let due = oldest.and_then(|oldest| self.due(oldest));
        match (&mut self.state, oldest) {
            (State::Calm { long_since, .. }, None) => *long_since = None,
            (State::Calm { long_since, .. }, Some(oldest)) => {
                let crossing = oldest + self.target;
                if now < crossing {
                    *long_since = None;
                } else if due.is_some_and(|due| now >= due) {
                    self.state = State::Overloaded;
                } else {
                    long_since.get_or_insert(crossing);
                }
            }
            (State::Overloaded, Some(_)) => {}
            (State::Overloaded, None) => {
                self.state = State::Calm {
                    long_since: None,
                    ended: Some(now),
                };
            }
        }
    }

    /// Returns when a queue that stays as it is will be overloaded.
    ///
    /// One that was overloaded not long ago is so again as soon as the target is missed: a chance
    /// moment with nobody waiting does not mean that the load has gone.
    pub(super) fn due(&self, oldest: Mono) -> Option<Mono> {
        let State::Calm { long_since, ended } = self.state else {
            return None;
        };
        let since = long_since.unwrap_or(oldest + self.target);
        let memory = self.interval.saturating_mul(MEMORY);
        match ended {
            Some(ended) if since - ended < memory => Some(since),
            _ => Some(since + self.interval),
        }
    }
}

/// Intervals after which an overload is forgotten.
const MEMORY: u32 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_no_overload_and_a_standing_queue_is() {
        let at = |millis: u64| Mono::from_nanos(millis * 1_000_000);
        let mut detector = Detector::new(Duration::from_millis(5), Duration::from_millis(100));
        for (oldest, now, expected) in [
            (Some(0), 4, Load::Calm),
            (Some(0), 50, Load::Calm),
            (Some(98), 102, Load::Calm), // the burst is worked off
            (Some(98), 103, Load::Calm),
            (Some(150), 202, Load::Calm),
            (Some(160), 203, Load::Overloaded),
            (Some(203), 203, Load::Overloaded),
            (None, 204, Load::Calm),
            (Some(204), 208, Load::Calm),
            (Some(204), 209, Load::Overloaded), // it was not over
            (None, 300, Load::Calm),
            (Some(495), 500, Load::Calm), // now it is another one
            (Some(495), 600, Load::Overloaded),
        ] {
            detector.look(oldest.map(at), at(now));
            assert_eq!(detector.load(), expected, "{now}");
        }
    }
}
