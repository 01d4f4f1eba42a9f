//! Who asks for how much, when.

use super::super::sync::draw;

/// A load on all nodes together, in multiples of the limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Load {
    /// All nodes alike.
    Uniform(f64),
    /// Two nodes get four fifths.
    Skew(f64),
    /// One node gets all, another one each second.
    Moving(f64),
    /// Nearly nothing for two seconds, then so much for one, on all nodes alike.
    Pulse(f64),
}

impl Load {
    /// Requests at a node within a step of so many seconds.
    pub(super) fn requests(
        self,
        (node, nodes): (usize, usize),
        limit: f64,
        (at, step): (f64, f64),
        seed: &mut u64,
    ) -> u32 {
        let even = 1.0 / nodes as f64;
        let rate = match self {
            Self::Uniform(times) => times * even,
            Self::Skew(times) if node < 2 => times * 0.4,
            Self::Skew(times) => times * 0.2 / (nodes - 2) as f64,
            Self::Moving(times) if at as usize % nodes == node => times,
            Self::Moving(_) => 0.0,
            Self::Pulse(times) if at % 3.0 >= 2.0 => times * even,
            Self::Pulse(_) => 0.01 * even,
        };
        poisson(rate * limit * step, seed)
    }
}

/// A Poisson number (Knuth's method, for small means).
fn poisson(mean: f64, seed: &mut u64) -> u32 {
    let end = (-mean).exp();
    let mut product = draw(seed);
    let mut count = 0;
    while product > end {
        product *= draw(seed);
        count += 1;
    }
    count
}
