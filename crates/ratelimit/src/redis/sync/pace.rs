//! [`Pace`]: how often to sync.

use std::time::Duration;

use eaves_common::time::Mono;

/// Chooses an interval by how many requests come: the busier, the shorter, so that a round trip is
/// shared by about as many requests whatever the load.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    shortest: Duration,
    longest: Duration,
    /// Requests per second.
    rate: f64,
    since: Mono,
    interval: Duration,
}

/// Requests that share a round trip, where the bounds allow it.
const REQUESTS_PER_TRIP: f64 = 12.5;

impl Pace {
    pub(super) const fn new(shortest: Duration, longest: Duration, now: Mono) -> Self {
        Self {
            shortest,
            longest,
            rate: 0.0,
            since: now,
            interval: shortest,
        }
    }

    /// Ends a round in which so many requests were told of, and returns how long the next is.
    pub(super) fn round(&mut self, requests: u64, trips: u64, now: Mono) -> Duration {
        let passed = (now - self.since).max(self.shortest).as_secs_f64();
        self.since = now;
        let last = requests as f64 / passed;
        // Load that comes is believed at once, load that goes is not.
        self.rate = if last > self.rate {
            last
        } else {
            0.7 * self.rate + 0.3 * last
        };
        let trips = trips.max(1) as f64;
        let seconds = trips * REQUESTS_PER_TRIP / self.rate.max(1e-3);
        let longest = self.longest.as_secs_f64();
        let interval = Duration::from_secs_f64(seconds.min(longest));
        self.interval = interval.clamp(self.shortest, self.longest);
        self.interval
    }

    #[cfg(test)]
    pub(super) const fn interval(&self) -> Duration {
        self.interval
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_node_syncs_often_and_an_idle_one_seldom() {
        let (shortest, longest) = (Duration::from_millis(50), Duration::from_millis(200));
        for (requests, expected) in [(0, 200), (10, 200), (100, 125), (1_000, 50)] {
            let mut pace = Pace::new(shortest, longest, Mono::ZERO);
            let interval = pace.round(requests, 1, Mono::from_secs(1));
            assert_eq!(interval, Duration::from_millis(expected), "{requests}");
        }
    }

    #[test]
    fn load_is_believed_at_once_and_forgotten_slowly() {
        let (shortest, longest) = (Duration::from_millis(50), Duration::from_millis(200));
        let mut pace = Pace::new(shortest, longest, Mono::ZERO);
        pace.round(0, 1, Mono::from_secs(1));
        assert_eq!(pace.round(1_000, 1, Mono::from_secs(2)), shortest);
        assert_eq!(pace.round(0, 1, Mono::from_secs(3)), shortest);
        for second in 4..20 {
            pace.round(0, 1, Mono::from_secs(second));
        }
        assert_eq!(pace.interval(), longest);
    }
}
