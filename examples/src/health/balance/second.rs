//! [`Second`]: what came of the requests of one second.

use std::{fmt, time::Duration};

use eaves_health::{monitor::PoolStatus, tower::Counts};

/// What came of the requests of one second.
///
/// ```
/// use std::time::Duration;
/// use eaves_examples::health::balance::Second;
///
/// let mut second = Second::default();
/// second.add(true, Duration::from_millis(3));
/// second.add(false, Duration::from_millis(1));
/// assert_eq!((second.answered(), second.failed), (1, 1));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Second {
    latencies: Vec<Duration>,
    /// Requests that came to nothing.
    pub failed: u64,
}

impl Second {
    /// Adds a request.
    pub fn add(&mut self, good: bool, latency: Duration) {
        match good {
            true => self.latencies.push(latency),
            false => self.failed += 1,
        }
    }

    /// Returns how many were answered well.
    #[must_use]
    pub fn answered(&self) -> usize {
        self.latencies.len()
    }

    /// Returns the latency that this share of the good answers kept.
    pub fn quantile(&mut self, share: f64) -> Duration {
        self.latencies.sort_unstable();
        let last = self.latencies.len().saturating_sub(1);
        let at = (last as f64 * share).round() as usize;
        self.latencies.get(at).copied().unwrap_or_default()
    }

    /// Renders a line: `counts` is what the service did in this second.
    pub fn line(&mut self, number: u64, counts: Counts, status: &PoolStatus) -> String {
        let (p50, p99) = (self.quantile(0.5), self.quantile(0.99));
        format!(
            "{number:>3}s  {:>5} ok {:>4} failed  p50 {p50:>7.1?} p99 {p99:>7.1?}  \
             {:>3} retries {:>3} hedges ({} won) {:>3} over budget  {}",
            self.answered(),
            self.failed,
            counts.retries,
            counts.hedges,
            counts.hedges_won,
            counts.over_budget,
            Standings(status)
        )
    }
}

/// What was done between two readings.
pub(super) fn difference(now: Counts, before: Counts) -> Counts {
    let mut difference = Counts::default();
    difference.requests = now.requests - before.requests;
    difference.retries = now.retries - before.retries;
    difference.hedges = now.hedges - before.hedges;
    difference.hedges_won = now.hedges_won - before.hedges_won;
    difference.over_budget = now.over_budget - before.over_budget;
    difference.failed = now.failed - before.failed;
    difference
}

struct Standings<'a>(&'a PoolStatus);

impl fmt::Display for Standings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, origin) in self.0.origins.iter().enumerate() {
            let separator = if at == 0 { "" } else { ", " };
            write!(f, "{separator}{} {}", origin.name, origin.standing)?;
        }
        Ok(())
    }
}
