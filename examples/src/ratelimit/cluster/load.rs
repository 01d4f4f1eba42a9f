//! Who asks when.

use std::time::Duration;

use clap::ValueEnum;

/// How requests are spread over nodes and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Load {
    /// All nodes get as many at all times.
    Uniform,
    /// Two nodes get four fifths.
    Skew,
    /// Two seconds of nearly nothing, then one of all, on all nodes.
    Pulse,
}

impl Load {
    /// The part of the load that a node gets at a time.
    pub(super) fn part(self, node: u32, nodes: u32, at: Duration) -> f64 {
        let even = 1.0 / f64::from(nodes);
        match self {
            Self::Uniform => even,
            Self::Skew if nodes <= 2 => even,
            Self::Skew if node < 2 => 0.4,
            Self::Skew => 0.2 / f64::from(nodes - 2),
            Self::Pulse if at.as_secs() % 3 == 2 => even,
            Self::Pulse => even / 2_000.0,
        }
    }
}

/// A Poisson process whose rate changes.
#[derive(Debug)]
pub(super) struct Arrivals {
    /// What is still to be drawn until the next arrival, in units of its mean.
    left: f64,
    state: u64,
}

impl Arrivals {
    pub(super) fn new(seed: u64) -> Self {
        let mut arrivals = Self {
            left: 0.0,
            state: seed,
        };
        arrivals.left = arrivals.draw();
        arrivals
    }

    /// How many come within a time in which so many are expected.
    pub(super) fn within(&mut self, mut expected: f64) -> u32 {
        let mut count = 0;
        while expected >= self.left {
            expected -= self.left;
            self.left = self.draw();
            count += 1;
        }
        self.left -= expected;
        count
    }

    /// An exponential number of mean 1, by splitmix64.
    fn draw(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.state;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let unit = ((word ^ (word >> 31)) >> 11) as f64 / (1_u64 << 53) as f64;
        -(1.0 - unit).ln()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_make_a_whole() {
        for load in [Load::Uniform, Load::Skew] {
            let sum: f64 = (0..10)
                .map(|node| load.part(node, 10, Duration::ZERO))
                .sum();
            assert!((sum - 1.0).abs() < 1e-9, "{load:?}");
        }
    }

    #[test]
    fn as_many_arrive_as_are_expected() {
        let mut arrivals = Arrivals::new(7);
        let count: u32 = (0..10_000).map(|_| arrivals.within(1.5)).sum();
        assert!((14_500..15_500).contains(&count), "{count}");
    }
}
