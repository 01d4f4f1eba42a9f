//! [`Breaker`]: whether the store is worth asking.

use std::time::Duration;

use eaves_common::time::Mono;

use super::draw;

/// Opens when the store fails some times in a row, or too many of its last calls; then lets one call
/// through from time to time, and closes when one succeeds.
#[derive(Debug)]
pub(in crate::redis) struct Breaker {
    state: State,
    /// The last 64 calls, a bit for each that failed.
    calls: u64,
    wait: Duration,
    seed: u64,
}

/// What a breaker lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::redis) enum State {
    /// All.
    Closed,
    /// Nothing until then, and one call after it.
    Open { until: Mono },
    /// Nothing: the one call is under way, and counts as lost after then.
    Probing { until: Mono },
}

/// Failures in a row that open it.
const IN_A_ROW: u32 = 3;
/// Failures of the last 64 calls that open it.
const OF_SOME: u32 = 8;
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_millis(500);
/// A probe that nobody reports on is over by then.
const LONGEST_PROBE: Duration = Duration::from_secs(5);

impl Breaker {
    pub(in crate::redis) const fn new(seed: u64) -> Self {
        Self {
            state: State::Closed,
            calls: 0,
            wait: FIRST_WAIT,
            seed,
        }
    }

    pub(in crate::redis) const fn state(&self) -> State {
        self.state
    }

    pub(in crate::redis) const fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed)
    }

    /// Says whether a call would be let through.
    pub(in crate::redis) fn is_ready(&self, now: Mono) -> bool {
        match self.state {
            State::Closed => true,
            State::Open { until } | State::Probing { until } => now >= until,
        }
    }

    /// Asks to call the store; who is let through reports by [`succeed`](Self::succeed) or
    /// [`fail`](Self::fail).
    pub(in crate::redis) fn admit(&mut self, now: Mono) -> bool {
        let ready = self.is_ready(now);
        if ready && !self.is_closed() {
            let until = now + LONGEST_PROBE;
            self.state = State::Probing { until };
        }
        ready
    }

    /// Hears of a call that was answered in time; `true` if that closed the breaker.
    pub(in crate::redis) fn succeed(&mut self) -> bool {
        let closed = !self.is_closed();
        if closed {
            self.calls = 0;
            self.wait = FIRST_WAIT;
            self.state = State::Closed;
        }
        self.calls <<= 1;
        closed
    }

    /// Hears of a call that failed or came late; `true` if that opened the breaker.
    pub(in crate::redis) fn fail(&mut self, now: Mono) -> bool {
        self.calls = (self.calls << 1) | 1;
        match self.state {
            State::Open { .. } => return false, // a call from before it opened
            State::Probing { .. } => self.wait = (self.wait * 2).min(LONGEST_WAIT),
            State::Closed => {
                let row = self.calls.trailing_ones() >= IN_A_ROW;
                if !row && self.calls.count_ones() < OF_SOME {
                    return false;
                }
            }
        }
        // Nodes that lost the store together do not come back together.
        let until = now + self.wait.mul_f64(0.5 + draw(&mut self.seed));
        let opened = self.is_closed();
        self.state = State::Open { until };
        opened
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_failures_in_a_row_open_it_and_a_probe_closes_it() {
        let mut breaker = Breaker::new(1);
        let mut now = Mono::from_secs(1);
        assert!(!breaker.fail(now));
        assert!(!breaker.fail(now));
        assert!(breaker.admit(now));
        assert!(breaker.fail(now));
        assert!(!breaker.admit(now));
        now += FIRST_WAIT * 2;
        assert!(breaker.admit(now), "one call may try");
        assert!(!breaker.admit(now), "and no other beside it");
        assert!(!breaker.fail(now));
        assert!(!breaker.admit(now));
        now += LONGEST_WAIT * 2;
        assert!(breaker.admit(now));
        assert!(breaker.succeed());
        assert!(breaker.is_closed() && breaker.admit(now));
    }

    fn open(breaker: &mut Breaker) {
        let opened = (0..3).filter(|_| breaker.fail(Mono::ZERO)).count();
        assert_eq!(opened, 1);
    }

    #[test]
    fn one_slow_call_in_eight_opens_it() {
        let mut breaker = Breaker::new(1);
        let opened = (0..64).position(|call| match call % 7 {
            0 => breaker.fail(Mono::ZERO),
            _ => breaker.succeed(),
        });
        assert_eq!(opened, Some(49));
    }

    #[test]
    fn a_store_that_has_come_back_is_waited_for_briefly_again() {
        let mut breaker = Breaker::new(1);
        open(&mut breaker);
        for second in 1..10 {
            assert!(breaker.admit(Mono::from_secs(second)));
            assert!(!breaker.fail(Mono::from_secs(second)));
        }
        assert!(breaker.admit(Mono::from_secs(20)) && breaker.succeed());
        open(&mut breaker);
        assert!(breaker.is_ready(Mono::ZERO + FIRST_WAIT * 3 / 2));
    }

    #[test]
    fn a_probe_that_is_never_heard_of_is_made_again() {
        let mut breaker = Breaker::new(1);
        open(&mut breaker);
        assert!(breaker.admit(Mono::from_secs(1)));
        assert!(!breaker.admit(Mono::from_secs(2)));
        assert!(breaker.admit(Mono::from_secs(7)));
    }

    #[test]
    fn nodes_try_again_at_different_times() {
        let untils: std::collections::HashSet<_> = (0..10)
            .map(|seed| {
                let mut breaker = Breaker::new(seed);
                open(&mut breaker);
                format!("{:?}", breaker.state())
            })
            .collect();
        assert_eq!(untils.len(), 10);
    }
}
