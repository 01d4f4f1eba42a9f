//! [`Oracle`]: picks with perfect knowledge, the best that any detector could do.

use eaves_common::time::Mono;
use eaves_health::Outcome;

use super::{Contender, Pick, Scenario, Ticket, peers::weighted};

/// Leaves out exactly those that are bad, and takes everybody when all are.
#[derive(Debug)]
pub struct Oracle {
    weights: Vec<f64>,
}

impl Oracle {
    /// Makes the oracle for a world.
    #[must_use]
    pub fn new(scenario: &Scenario) -> Self {
        let origins = &scenario.origins;
        Self {
            weights: (0..origins.len())
                .map(|at| f64::from(origins.weight(at)))
                .collect(),
        }
    }
}

impl Contender for Oracle {
    fn pick(&mut self, pick: &Pick<'_>) -> Option<usize> {
        let all_bad = pick.truth.iter().all(|&bad| bad);
        let weight = |at: usize| {
            if pick.truth[at] && !all_bad {
                0.0
            } else {
                self.weights[at]
            }
        };
        weighted(self.weights.len(), weight, pick)
    }

    fn settle(&mut self, _: u64, _: usize, _: Outcome, _: Mono) {}

    fn advance(&mut self, _: Mono) {}

    fn wake(&self) -> Mono {
        Mono::MAX
    }

    fn probe(&mut self, _: Mono) -> Option<Ticket> {
        None
    }

    fn probed(&mut self, _: Ticket, _: bool, _: Mono) {}

    fn weight(&self, _: usize) -> f64 {
        1.0
    }
}
