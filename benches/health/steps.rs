//! What a monitor of ten thousand does, one step at a time, each timed without its preparation.

use std::time::Duration;

use criterion::measurement::Measurement;
use eaves_common::time::Now;
use eaves_health::{
    Algorithm, Monitor, OriginId, Selector,
    monitor::{Fitness, Probe},
    probe::Verdict,
};

use super::{monitor, origins, thread_cpu::ThreadCpu};

/// The members.
pub(crate) const COUNT: usize = 10_000;

/// A monitor and what its steps go on with. Each step returns its processor time in nanoseconds.
pub(crate) struct Steps {
    monitor: Monitor,
    now: Now,
    ids: Vec<OriginId>,
    asked: Vec<Probe>,
    turn: usize,
    /// Has its table made with every edit.
    _selector: Selector,
}

impl Steps {
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        let (monitor, now) = monitor(COUNT, 0);
        let snapshot = monitor.snapshot();
        Self {
            ids: snapshot.members().iter().map(|(_, o)| o.id()).collect(),
            _selector: monitor.selector(algorithm),
            asked: Vec::new(),
            turn: 0,
            monitor,
            now,
        }
    }

    /// Takes a thousand probes' answers that change nothing.
    pub(crate) fn thousand_results(&mut self) -> u64 {
        const GOOD: Verdict = Verdict::Pass {
            latency: Duration::from_millis(1),
        };
        while self.asked.len() < 1000 {
            self.now.mono += Duration::from_millis(100);
            self.monitor.handle_timeout(self.now);
            self.asked
                .extend(std::iter::from_fn(|| self.monitor.poll_probe()));
        }
        let start = ThreadCpu.start();
        for probe in self.asked.drain(..1000) {
            self.monitor.handle_probe(probe.id, &GOOD, self.now);
        }
        ThreadCpu.end(start)
    }

    /// Turns an origin, up to the snapshot that selectors see.
    pub(crate) fn flip(&mut self) -> u64 {
        let id = self.ids[self.turn / 2 % COUNT];
        let fitness = match self.turn % 2 {
            0 => Fitness::Degraded,
            _ => Fitness::Full,
        };
        self.turn += 1;
        let start = ThreadCpu.start();
        self.monitor.handle_fitness(id, fitness, self.now);
        while self.monitor.poll_event().is_some() {}
        ThreadCpu.end(start)
    }

    /// Edits one of them, as long as its caller waits: the table is built elsewhere.
    pub(crate) fn edit(&mut self) -> u64 {
        self.turn += 1;
        let mut origins = origins(COUNT);
        origins[0].weight = 1 + self.turn as u32 % 2;
        let start = ThreadCpu.start();
        let edited = self.monitor.set_origins(origins, self.now);
        let took = ThreadCpu.end(start);
        edited.expect("a valid edit");
        while let Some(rebuild) = self.monitor.poll_rebuild() {
            rebuild.run();
        }
        took
    }
}
