//! HAProxy: checks every 2 s, rise 2, fall 3; with `observe layer7`, ten errors in a row count as one
//! failed check, and checks come every 0.5 s while a verdict is pending.

use std::time::Duration;

use eaves_common::time::Mono;
use eaves_health::{Outcome, state::RiseFall};

use super::Rules;

pub(super) struct Haproxy {
    observe: Observe,
    servers: Vec<Server>,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Observe {
    No,
    Layer7,
}

#[derive(Clone, Default)]
struct Server {
    check: RiseFall,
    errors: u32,
}

const RISE: u32 = 2;
const FALL: u32 = 3;
const ERROR_LIMIT: u32 = 10;

impl Haproxy {
    pub(super) fn new(origins: usize, observe: Observe) -> Self {
        let mut servers = vec![Server::default(); origins];
        for server in &mut servers {
            server.check.observe(true, RISE, FALL);
        }
        Self { observe, servers }
    }
}

impl Rules for Haproxy {
    fn weight(&self, origin: usize) -> f64 {
        f64::from(u8::from(self.servers[origin].check.is_up() != Some(false)))
    }

    fn interval(&self, origin: usize) -> Option<Duration> {
        let pending = self.servers[origin].check.is_pending();
        Some(match self.observe {
            Observe::Layer7 if pending => Duration::from_millis(500),
            _ => Duration::from_secs(2),
        })
    }

    fn probed(&mut self, origin: usize, passed: bool, _now: Mono) {
        self.servers[origin].check.observe(passed, RISE, FALL);
    }

    fn result(&mut self, origin: usize, outcome: Outcome, _now: Mono) {
        let server = &mut self.servers[origin];
        if self.observe == Observe::No || server.check.is_up() == Some(false) {
            return;
        }
        match outcome {
            Outcome::Success { .. } => server.errors = 0,
            Outcome::Error(_) => server.errors += 1,
        }
        if server.errors >= ERROR_LIMIT {
            server.errors = 0;
            server.check.observe(false, RISE, FALL);
        }
    }
}
