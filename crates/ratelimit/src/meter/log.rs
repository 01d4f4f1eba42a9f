//! [`Log`]: the exact sliding window, which remembers when each unit came.

use std::time::Duration;

use eaves_common::{time::Mono, units::Rate};

use super::{
    Meter, MeterError,
    window::{Span, wait},
};

/// A limit per period that holds exactly, in every window, for limits that are small.
///
/// A unit that came at `t` counts until just before `t + period`. The log of a key takes 8 bytes
/// for each unit of the limit, allocated when the key first comes; use it for logins and payments.
///
/// ```
/// use std::time::Duration;
/// use eaves_common::time::Mono;
/// use eaves_ratelimit::meter::{Log, Meter, Outcome};
///
/// let meter = Log::new("2/1m".parse()?)?;
/// let mut client = meter.fresh();
/// assert!(meter.check(&mut client, 1, Mono::from_secs(50)).is_allowed());
/// assert!(meter.check(&mut client, 1, Mono::from_secs(70)).is_allowed());
/// let retry_after = Duration::from_secs(10);
/// assert_eq!(meter.check(&mut client, 1, Mono::from_secs(100)), Outcome::Denied { retry_after });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Log(Span);

/// What a [`Log`] remembers of a key: the times of its units within the period, the latest last.
#[derive(Debug, PartialEq, Eq)]
pub struct LogState {
    /// A ring as long as the limit.
    times: Box<[u64]>,
    first: u32,
    len: u32,
}

impl Log {
    /// The largest limit.
    pub const MOST: u32 = 65_536;

    /// Makes a meter of a rate's count and period.
    ///
    /// # Errors
    /// [`MeterError`] if the rate has a burst of its own, its count is above [`Log::MOST`], or its
    /// period is shorter than 1 us or longer than 500 years.
    pub fn new(rate: Rate) -> Result<Self, MeterError> {
        Span::of(rate, Self::MOST).map(Self)
    }

    /// Returns `now`, or the time of the latest unit if the clock has gone back since.
    fn time(&self, state: &LogState, now: Mono) -> u64 {
        match state.len.checked_sub(1) {
            Some(latest) => now.as_nanos().max(state.time(latest)),
            None => now.as_nanos(),
        }
    }

    /// Returns how many units are past the period.
    fn past(&self, state: &LogState, now: u64) -> u32 {
        let Some(until) = now.checked_sub(self.0.nanos) else {
            return 0;
        };
        let (mut low, mut high) = (0, state.len);
        while low < high {
            let middle = u32::midpoint(low, high);
            if state.time(middle) <= until {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
}

impl Clone for LogState {
    fn clone(&self) -> Self {
        Self {
            times: self.times.clone(),
            ..*self
        }
    }

    /// Allocates nothing between states of one meter, so that a table can hand a log on.
    fn clone_from(&mut self, source: &Self) {
        self.times.clone_from(&source.times);
        (self.first, self.len) = (source.first, source.len);
    }
}

impl LogState {
    fn time(&self, nth: u32) -> u64 {
        self.times[self.place(nth)]
    }

    const fn place(&self, nth: u32) -> usize {
        (self.first as usize + nth as usize) % self.times.len()
    }

    const fn drop_first(&mut self, count: u32) {
        self.first = self.place(count) as u32; // less than the limit
        self.len -= count;
    }

    fn push(&mut self, time: u64) {
        if self.len as usize == self.times.len() {
            self.drop_first(1);
        }
        let place = self.place(self.len);
        self.times[place] = time;
        self.len += 1;
    }
}

impl Meter for Log {
    type State = LogState;
    type Time = Mono;

    fn fresh(&self) -> LogState {
        LogState {
            times: vec![0; self.0.limit as usize].into_boxed_slice(),
            first: 0,
            len: 0,
        }
    }

    fn limit(&self) -> u64 {
        self.0.limit.into()
    }

    fn used(&self, state: &LogState, now: Mono) -> u64 {
        let now = self.time(state, now);
        (state.len - self.past(state, now)).into()
    }

    fn retry_after(&self, state: &LogState, cost: u64, now: Mono) -> Option<Duration> {
        let room = self.limit().checked_sub(cost)?;
        let used = self.used(state, now);
        if used <= room {
            return Some(Duration::ZERO);
        }
        // The units that must go are the oldest of those that count.
        let last = u64::from(state.len) - room - 1;
        let gone = state.time(last as u32).saturating_add(self.0.nanos); // `last` is below `len`
        Some(wait(gone, now))
    }

    /// Beyond the limit the oldest units are forgotten: they would be gone before anything fits.
    fn charge(&self, state: &mut LogState, cost: u64, now: Mono) {
        let time = self.time(state, now);
        state.drop_first(self.past(state, time));
        (0..cost.min(self.limit())).for_each(|_| state.push(time));
    }

    /// Takes the latest units.
    fn refund(&self, state: &mut LogState, cost: u64, _now: Mono) {
        state.len -= cost.min(state.len.into()) as u32; // at most `len`
    }
}
