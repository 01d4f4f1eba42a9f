//! [`Worth`]: the policy's arithmetic.

use super::{config::Goal, ghost::Ghost, sketch::MOST};

/// What uses and weight are worth, and how that adapts.
#[derive(Debug)]
pub(super) struct Worth {
    goal: Goal,
    /// The exponent of the uses: low favours recency, high favours frequency.
    bias: f64,
    /// The exponent that `powers` was computed with.
    tabled: f64,
    /// Uses to the power of the bias, from 0 to [`MOST`].
    powers: [f64; MOST as usize + 1],
}

impl Worth {
    pub(super) fn new(goal: Goal) -> Self {
        let bias = match goal {
            Goal::Bytes => 1.5,
            Goal::Objects => 1.0,
        };
        Self {
            goal,
            bias,
            tabled: bias,
            powers: powers(bias),
        }
    }

    /// The worth of an entry: per byte it takes, for objects; for bytes, the byte that it takes is
    /// the byte that it serves, but for a slight preference for the small, which fill gaps.
    pub(super) fn of(&self, uses: u8, weight: u64) -> f64 {
        let power = self.powers[usize::from(uses.min(MOST))];
        let weight = weight.max(1) as f64;
        match self.goal {
            Goal::Bytes => power / preference(weight),
            Goal::Objects => power / weight,
        }
    }

    /// How many uses per entry go by until half of each count is forgotten. What saves bytes is
    /// large and returns late, so that goal remembers for longer; for objects, a flip of what is
    /// popular must be through after three turns.
    pub(super) const fn period(&self) -> u64 {
        match self.goal {
            Goal::Bytes => 20,
            Goal::Objects => 7,
        }
    }

    /// Learns from a key's return among `entries`.
    pub(super) fn learn(&mut self, ghost: Ghost, entries: u32) {
        let factor = 1.0 + 1.0 / f64::from(entries.max(16));
        let bias = match ghost {
            Ghost::Once => self.bias / factor,
            Ghost::Often => self.bias * factor,
        };
        self.bias = bias.clamp(LEAST_BIAS, MOST_BIAS);
        if (self.bias / self.tabled - 1.0).abs() > 0.01 {
            self.tabled = self.bias;
            self.powers = powers(self.bias);
        }
    }
}

/// How much less the large are worth where bytes count. Out of line, because a power is dear, and inlined it is computed
/// for either goal: the compiler takes it for something to be computed ahead of the branch.
#[inline(never)]
fn preference(weight: f64) -> f64 {
    weight.powf(0.1)
}

const LEAST_BIAS: f64 = 0.25;
const MOST_BIAS: f64 = 2.5;

/// An entry without a known use counts as used once: it is here.
fn powers(bias: f64) -> [f64; MOST as usize + 1] {
    std::array::from_fn(|uses| (uses.max(1) as f64).powf(bias))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_objects_are_worth_more_for_objects_and_hardly_more_for_bytes() {
        let objects = Worth::new(Goal::Objects);
        assert_eq!(objects.of(2, 1_000), objects.of(1, 500));
        let bytes = Worth::new(Goal::Bytes);
        assert!(bytes.of(2, 1_000_000) > bytes.of(1, 1_000));
    }

    #[test]
    fn the_bias_follows_what_returns_within_bounds() {
        let mut worth = Worth::new(Goal::Objects);
        (0..1000).for_each(|_| worth.learn(Ghost::Often, 100));
        assert!((31.0..=32.0).contains(&worth.of(4, 1)));
        (0..1000).for_each(|_| worth.learn(Ghost::Once, 100));
        assert_eq!(worth.of(16, 1), worth.of(15, 1));
        assert!((worth.of(4, 1) - 4_f64.powf(LEAST_BIAS)).abs() < 0.02);
    }
}
