//! The pause before a retry: doubling, with full jitter, from a seed.

use std::time::Duration;

/// Draws pauses; the same seed draws the same ones.
#[derive(Clone, Debug)]
pub(super) struct Backoff {
    first: Duration,
    limit: Duration,
    state: u64,
}

impl Backoff {
    pub(super) const fn new(first: Duration, limit: Duration, seed: u64) -> Self {
        Self {
            first,
            limit,
            state: seed,
        }
    }

    /// Draws the pause before the retry that has `before` others before it.
    pub(super) fn pause(&mut self, before: u8) -> Duration {
        let Some(doublings) = before.checked_sub(1) else {
            return Duration::ZERO; // it goes to another origin
        };
        let longest = 2_u32
            .checked_pow(u32::from(doublings))
            .map_or(self.limit, |times| self.first.saturating_mul(times))
            .min(self.limit);
        let share = self.draw() >> 32;
        let nanos = (longest.as_nanos() * u128::from(share)) >> 32;
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// The next number of a `SplitMix64` sequence.
    const fn draw(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_limit_and_are_drawn_below() {
        let (first, limit) = (Duration::from_millis(10), Duration::from_millis(50));
        let mut backoff = Backoff::new(first, limit, 1);
        assert_eq!(backoff.pause(0), Duration::ZERO);
        for (before, longest) in [(1, 10), (2, 20), (3, 40), (4, 50), (40, 50), (255, 50)] {
            let longest = Duration::from_millis(longest);
            let drawn: Vec<_> = (0..500).map(|_| backoff.pause(before)).collect();
            let mean = drawn.iter().sum::<Duration>() / 500;
            assert!(drawn.iter().all(|pause| *pause < longest));
            assert!(
                mean > longest.mul_f64(0.45) && mean < longest.mul_f64(0.55),
                "{before}: {mean:?}"
            );
        }
    }
}
