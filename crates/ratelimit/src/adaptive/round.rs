//! [`Rounds`]: outcomes added up until there are enough to judge by.

use std::time::Duration;

use eaves_common::time::Mono;

/// The outcomes of the round that runs.
#[derive(Clone, Debug)]
pub(super) struct Rounds {
    length: Duration,
    start: Option<Mono>,
    taken: Round,
}

/// What the requests of one round came to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Round {
    /// Sum of the latencies of successes, in seconds.
    latencies: f64,
    successes: u32,
    /// Requests the service was too busy for.
    pub(super) drops: u32,
    /// The most that were under way when one of these began.
    pub(super) inflight: u32,
}

impl Rounds {
    pub(super) const fn new(length: Duration) -> Self {
        Self {
            length,
            start: None,
            taken: Round {
                latencies: 0.0,
                successes: 0,
                drops: 0,
                inflight: 0,
            },
        }
    }

    /// Takes an outcome and returns the round if this ends it.
    ///
    /// Requests from before the round began tell of an earlier limit and do not count.
    pub(super) fn take(&mut self, sample: Sample, now: Mono) -> Option<Round> {
        let start = *self.start.get_or_insert(sample.began);
        if sample.began < start {
            return None;
        }
        let taken = &mut self.taken;
        match sample.latency {
            Some(latency) => {
                taken.successes = taken.successes.saturating_add(1);
                taken.latencies += latency.as_secs_f64();
            }
            None => taken.drops = taken.drops.saturating_add(1),
        }
        taken.inflight = taken.inflight.max(sample.inflight);
        let is_enough = taken.successes.saturating_add(taken.drops) >= LEAST_SAMPLES;
        if !is_enough || now - start < self.length {
            return None;
        }
        self.start = Some(now);
        Some(std::mem::take(taken))
    }
}

/// One request that is over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    pub(super) began: Mono,
    /// Requests under way when it began, itself included.
    pub(super) inflight: u32,
    /// How long it took; nothing if it was dropped.
    pub(super) latency: Option<Duration>,
}

impl Round {
    /// Returns the mean latency of successes in seconds, if there were any.
    pub(super) fn latency(&self) -> Option<f64> {
        (self.successes > 0).then(|| self.latencies / f64::from(self.successes))
    }

    /// Returns what part of the requests was dropped.
    pub(super) fn drop_share(&self) -> f64 {
        let all = f64::from(self.drops) + f64::from(self.successes);
        f64::from(self.drops) / all.max(1.0)
    }

    /// Says whether at least half of the limit was in use, without which nothing is learned of it.
    pub(super) fn is_loaded(&self, limit: f64) -> bool {
        f64::from(self.inflight) * 2.0 >= limit
    }

    #[cfg(test)]
    pub(super) fn of(latency: f64, drops: u32, inflight: u32) -> Self {
        Self {
            latencies: latency * 10.0,
            successes: 10,
            drops,
            inflight,
        }
    }
}

const LEAST_SAMPLES: u32 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(began: u64, latency: Option<u64>) -> Sample {
        Sample {
            began: Mono::from_secs(began),
            inflight: 3,
            latency: latency.map(Duration::from_secs),
        }
    }

    #[test]
    fn a_round_takes_time_and_samples() {
        let mut rounds = Rounds::new(Duration::from_secs(5));
        for _ in 0..20 {
            assert_eq!(rounds.take(sample(1, Some(2)), Mono::from_secs(3)), None);
        }
        let round = rounds.take(sample(1, None), Mono::from_secs(6)).unwrap();
        assert_eq!(
            (round.latency(), round.drops, round.inflight),
            (Some(2.0), 1, 3)
        );
        for _ in 0..9 {
            assert_eq!(rounds.take(sample(6, None), Mono::from_secs(20)), None);
        }
        let round = rounds.take(sample(6, None), Mono::from_secs(20)).unwrap();
        assert_eq!((round.latency(), round.drops), (None, 10));
    }

    #[test]
    fn requests_from_before_the_round_do_not_count() {
        let mut rounds = Rounds::new(Duration::ZERO);
        (0..9).for_each(|_| assert_eq!(rounds.take(sample(4, None), Mono::from_secs(5)), None));
        assert!(rounds.take(sample(4, None), Mono::from_secs(5)).is_some());
        for _ in 0..100 {
            assert_eq!(rounds.take(sample(4, None), Mono::from_secs(6)), None);
        }
    }
}
