//! A pool in virtual time, driven by hand.

use std::{net::SocketAddr, time::Duration};

use eaves_common::time::Now;
use eaves_health::{
    Algorithm, Failure, Guard, Monitor, OriginId, Outcome, PoolConfig, Selector,
    monitor::{Change, Event, Standing},
    pool::OriginConfig,
    probe::{Reason, Verdict},
};

pub(crate) fn addr(last: u16) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 1], last))
}

pub(crate) fn pool(weights: &[u32]) -> PoolConfig {
    let origin = |(at, &weight): (usize, &u32)| {
        OriginConfig::new(format!("o{at}"), addr(at as u16)).weight(weight)
    };
    PoolConfig::new("test").origins(weights.iter().enumerate().map(origin))
}

/// A monitor with the answers that its probes will get.
pub(crate) struct World {
    pub(crate) monitor: Monitor,
    pub(crate) selector: Selector,
    pub(crate) now: Now,
    /// By id: whether probes pass.
    pub(crate) probes: Vec<bool>,
    pub(crate) events: Vec<Event>,
}

impl World {
    /// All probes pass, and have passed once.
    pub(crate) fn healthy(config: PoolConfig, algorithm: Algorithm) -> Self {
        let count = config.origins.len() + config.canaries.len();
        let monitor = Monitor::new(config, 1, Now::default()).unwrap();
        let mut world = Self {
            selector: monitor.selector(algorithm),
            monitor,
            now: Now::default(),
            probes: vec![true; count],
            events: Vec::new(),
        };
        world.step(Duration::from_millis(10));
        world.events.clear();
        world
    }

    /// Lets time pass in one step, then answers all probes.
    pub(crate) fn step(&mut self, by: Duration) {
        self.now.mono += by;
        self.now.wall += by;
        self.monitor.handle_timeout(self.now);
        self.answer();
    }

    /// Lets time pass in steps of 10 ms.
    pub(crate) fn run(&mut self, time: Duration) {
        for _ in 0..time.as_millis() / 10 {
            self.step(Duration::from_millis(10));
        }
    }

    pub(crate) fn answer(&mut self) {
        while let Some(probe) = self.monitor.poll_probe() {
            let verdict = if self.probes[probe.origin.number() as usize] {
                Verdict::Pass {
                    latency: Duration::from_millis(1),
                }
            } else {
                Verdict::Fail(Reason::Status { status: 503 })
            };
            self.monitor.handle_probe(probe.id, &verdict, self.now);
        }
        while let Some(event) = self.monitor.poll_event() {
            self.events.push(event);
        }
    }

    /// Sends a request to whoever is picked.
    pub(crate) fn request(&mut self, fails: impl Fn(OriginId) -> bool) -> OriginId {
        let guard = self.selector.pick(&[]).unwrap();
        let id = guard.id();
        finish(guard, fails(id));
        self.monitor.handle_traffic(self.now);
        self.answer();
        id
    }

    pub(crate) fn standing(&self, id: u64) -> Standing {
        let status = self.monitor.status();
        let id = OriginId::new(id);
        status
            .origins
            .iter()
            .find(|origin| origin.id == id)
            .unwrap()
            .standing
    }

    pub(crate) fn turns(&self) -> Vec<(u64, Standing)> {
        let turn = |event: &Event| match &event.change {
            Change::Origin { id, to, .. } => Some((id.number(), *to)),
            _ => None,
        };
        self.events.iter().filter_map(turn).collect()
    }
}

pub(crate) fn finish(guard: Guard<'_>, fails: bool) {
    guard.finish(if fails {
        Outcome::Error(Failure::Connect)
    } else {
        Outcome::Success {
            latency: Duration::from_millis(20),
        }
    });
}
