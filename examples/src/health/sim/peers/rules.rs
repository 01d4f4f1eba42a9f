//! [`Rules`], and the [`Peer`] that lets them play.

use std::time::Duration;

use eaves_common::time::Mono;
use eaves_health::Outcome;

use crate::health::sim::{
    Contender, Pick, Scenario, Ticket,
    draw::{For, unit},
};

/// What makes a detector: how results and probes change weights.
pub(super) trait Rules {
    /// The weight of an origin, of its configured one.
    fn weight(&self, origin: usize) -> f64;

    /// With a smaller share of members that weigh anything, all are picked alike.
    fn panic_share(&self) -> f64 {
        0.0
    }

    /// From an answer to the next probe; without one it does not probe.
    fn interval(&self, _origin: usize) -> Option<Duration> {
        None
    }

    fn result(&mut self, _origin: usize, _outcome: Outcome, _now: Mono) {}

    fn probed(&mut self, _origin: usize, _passed: bool, _now: Mono) {}

    /// A request was sent there.
    fn picked(&mut self, _origin: usize) {}

    /// When `sweep` is due.
    fn due(&self) -> Mono {
        Mono::MAX
    }

    fn sweep(&mut self, _now: Mono) {}
}

/// A detector in the simulator.
pub(super) struct Peer<R> {
    rules: R,
    weights: Vec<f64>,
    /// When each origin's next probe is due; none while one is under way.
    next: Vec<Option<Mono>>,
}

impl<R: Rules + 'static> Peer<R> {
    pub(super) fn boxed(rules: R, scenario: &Scenario) -> Box<dyn Contender> {
        let origins = 0..scenario.origins.len();
        let first = |origin: usize| {
            let phase = unit(scenario.seed, For::Phase, 0, origin);
            Some(Mono::ZERO + rules.interval(origin)?.mul_f64(phase))
        };
        Box::new(Self {
            weights: origins
                .clone()
                .map(|at| f64::from(scenario.origins.weight(at)))
                .collect(),
            next: origins.map(first).collect(),
            rules,
        })
    }
}

impl<R: Rules> Contender for Peer<R> {
    fn pick(&mut self, pick: &Pick<'_>) -> Option<usize> {
        let count = self.weights.len();
        let live = (0..count)
            .filter(|&at| self.rules.weight(at) > 0.05)
            .count();
        let panic = (live as f64) < count as f64 * self.rules.panic_share();
        let weight = |at: usize| {
            let readiness = if panic { 1.0 } else { self.rules.weight(at) };
            readiness * self.weights[at]
        };
        let origin = weighted(count, weight, pick)?;
        self.rules.picked(origin);
        Some(origin)
    }

    fn settle(&mut self, _: u64, origin: usize, outcome: Outcome, now: Mono) {
        self.rules.result(origin, outcome, now);
    }

    fn advance(&mut self, now: Mono) {
        if self.rules.due() <= now {
            self.rules.sweep(now);
        }
    }

    fn wake(&self) -> Mono {
        let probes = self.next.iter().flatten().min().copied();
        probes.map_or(self.rules.due(), |next| next.min(self.rules.due()))
    }

    fn probe(&mut self, now: Mono) -> Option<Ticket> {
        let origin = self
            .next
            .iter()
            .position(|next| next.is_some_and(|at| at <= now))?;
        self.next[origin] = None;
        Some(Ticket { origin, number: 0 })
    }

    fn probed(&mut self, ticket: Ticket, passed: bool, now: Mono) {
        self.rules.probed(ticket.origin, passed, now);
        self.next[ticket.origin] = self
            .rules
            .interval(ticket.origin)
            .map(|interval| now + interval);
    }

    fn weight(&self, origin: usize) -> f64 {
        self.rules.weight(origin)
    }
}

/// Draws in proportion to weight among those not tried.
pub(in crate::health::sim) fn weighted(
    count: usize,
    weight: impl Fn(usize) -> f64,
    pick: &Pick<'_>,
) -> Option<usize> {
    let weight = |at: usize| {
        if pick.tried.contains(&at) {
            0.0
        } else {
            weight(at)
        }
    };
    let total: f64 = (0..count).map(weight).sum();
    let mut mark = (pick.random >> 11) as f64 / (1_u64 << 53) as f64 * total;
    let mut last = None;
    for at in (0..count).filter(|&at| weight(at) > 0.0) {
        last = Some(at);
        mark -= weight(at);
        if mark < 0.0 {
            break;
        }
    }
    last
}
