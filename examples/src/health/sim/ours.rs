//! [`Ours`]: the crate's monitor and selector, driven as its tokio driver drives them.

use std::{collections::HashMap, net::SocketAddr, time::Duration};

use eaves_common::time::{Mono, Now, Wall};
use eaves_health::{
    Algorithm, ConfigError, Guard, Monitor, OriginId, Outcome, PoolConfig, Selector,
    monitor::{Policy, ProbeId},
    pool::OriginConfig,
    probe::{Check, Reason, Verdict},
};

use super::{Contender, Pick, Scenario, Ticket};

/// The crate's monitor and selector.
#[derive(Debug)]
pub struct Ours {
    monitor: Monitor,
    selector: Selector,
    guards: HashMap<u64, Guard<'static>>,
    probes: HashMap<u64, ProbeId>,
    next_ticket: u64,
}

impl Ours {
    /// Makes a monitor for a world.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] says why the pool cannot be.
    pub fn new(scenario: &Scenario, check: Check, policy: Policy) -> Result<Self, ConfigError> {
        let origins = &scenario.origins;
        let origin = |at: usize| {
            let addr = SocketAddr::from(([192, 0, 2, 1], at as u16 + 1));
            OriginConfig::new(origins.name(at), addr).weight(origins.weight(at))
        };
        let config = PoolConfig::new("sim")
            .check(check)
            .policy(policy)
            .origins((0..origins.len()).map(origin));
        let monitor = Monitor::new(config, scenario.seed, Now::default())?;
        Ok(Self {
            selector: monitor.selector(Algorithm::Random),
            monitor,
            guards: HashMap::new(),
            probes: HashMap::new(),
            next_ticket: 0,
        })
    }

    /// Returns the monitor.
    #[must_use]
    pub fn monitor(&mut self) -> &mut Monitor {
        &mut self.monitor
    }
}

impl Contender for Ours {
    fn pick(&mut self, pick: &Pick<'_>) -> Option<usize> {
        let tried: Vec<OriginId> = pick
            .tried
            .iter()
            .map(|&at| OriginId::new(at as u64))
            .collect();
        let guard = self.selector.pick(&tried)?.into_owned();
        let origin = guard.id().number() as usize;
        self.guards.insert(key(pick.request, origin), guard);
        Some(origin)
    }

    fn settle(&mut self, request: u64, origin: usize, outcome: Outcome, time: Mono) {
        let Some(guard) = self.guards.remove(&key(request, origin)) else {
            return;
        };
        guard.finish(outcome);
        if matches!(outcome, Outcome::Error(_)) {
            self.monitor.handle_traffic(now(time));
        }
    }

    fn advance(&mut self, time: Mono) {
        self.monitor.handle_timeout(now(time));
        while self.monitor.poll_event().is_some() {}
    }

    fn wake(&self) -> Mono {
        self.monitor.poll_timeout()
    }

    fn probe(&mut self, _: Mono) -> Option<Ticket> {
        let probe = self.monitor.poll_probe()?;
        self.next_ticket += 1;
        self.probes.insert(self.next_ticket, probe.id);
        Some(Ticket {
            origin: probe.origin.number() as usize,
            number: self.next_ticket,
        })
    }

    fn probed(&mut self, ticket: Ticket, passed: bool, time: Mono) {
        let verdict = if passed {
            Verdict::Pass {
                latency: Duration::ZERO,
            }
        } else {
            Verdict::Fail(Reason::Status { status: 503 })
        };
        if let Some(id) = self.probes.remove(&ticket.number) {
            self.monitor.handle_probe(id, &verdict, now(time));
        }
    }

    fn weight(&self, origin: usize) -> f64 {
        self.monitor.readiness(OriginId::new(origin as u64))
    }
}

/// A request is at one origin at a time.
fn key(request: u64, origin: usize) -> u64 {
    request << 16 | origin as u64
}

fn now(mono: Mono) -> Now {
    Now {
        mono,
        wall: Wall::from_nanos(mono.as_nanos()),
    }
}
