//! Envoy's outlier detection: five errors in a row eject for 30 s x k, at most a tenth of the hosts
//! (and one at least); hosts return, and k falls, on a sweep every 10 s; panic under 50 %. By
//! default each sweep also ejects hosts whose success rate is 1.9 standard deviations below
//! the mean. With health checks (5 s, 2/3), a good one ends an ejection.

use std::time::Duration;

use eaves_common::time::Mono;
use eaves_health::{Outcome, state::RiseFall};

use super::Rules;

pub(super) struct Envoy {
    tests: Tests,
    hosts: Vec<Host>,
    next_sweep: Mono,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Tests {
    Consecutive,
    Deviation,
    DeviationAndChecks,
}

#[derive(Clone, Default)]
struct Host {
    check: RiseFall,
    errors_in_row: u32,
    good: u32,
    all: u32,
    ejected_until: Option<Mono>,
    ejections: u32,
}

const SWEEP: Duration = Duration::from_secs(10);
const BASE: Duration = Duration::from_secs(30);
const LONGEST: Duration = Duration::from_secs(300);
const CONSECUTIVE: u32 = 5;
const MIN_HOSTS: usize = 5;
const MIN_REQUESTS: u32 = 100;
const DEVIATIONS: f64 = 1.9;
const RISE: u32 = 2;
const FALL: u32 = 3;

impl Envoy {
    pub(super) fn new(origins: usize, tests: Tests) -> Self {
        let mut hosts = vec![Host::default(); origins];
        for host in &mut hosts {
            host.check.observe(true, RISE, FALL);
        }
        Self {
            tests,
            hosts,
            next_sweep: Mono::ZERO + SWEEP,
        }
    }

    fn eject(&mut self, origin: usize, now: Mono) {
        let out = self
            .hosts
            .iter()
            .filter(|host| host.ejected_until.is_some())
            .count();
        let most = (self.hosts.len() / 10).max(1);
        let host = &mut self.hosts[origin];
        if out >= most || host.ejected_until.is_some() {
            return;
        }
        host.ejections += 1;
        host.ejected_until = Some(now + (BASE * host.ejections).min(LONGEST));
        host.errors_in_row = 0;
    }

    fn eject_outliers(&mut self, now: Mono) {
        let rate = |host: &Host| f64::from(host.good) / f64::from(host.all.max(1));
        let busy: Vec<usize> = (0..self.hosts.len())
            .filter(|&at| self.hosts[at].all >= MIN_REQUESTS)
            .collect();
        if busy.len() < MIN_HOSTS {
            return;
        }
        let rates: Vec<f64> = busy.iter().map(|&at| rate(&self.hosts[at])).collect();
        let count = rates.len() as f64;
        let mean = rates.iter().sum::<f64>() / count;
        let variance = rates.iter().map(|rate| (rate - mean).powi(2)).sum::<f64>() / count;
        let floor = mean - DEVIATIONS * variance.sqrt();
        for (at, _) in busy
            .into_iter()
            .zip(rates)
            .filter(|(_, rate)| *rate < floor)
        {
            self.eject(at, now);
        }
    }
}

impl Rules for Envoy {
    fn weight(&self, origin: usize) -> f64 {
        let host = &self.hosts[origin];
        let in_rotation = host.ejected_until.is_none() && host.check.is_up() != Some(false);
        f64::from(u8::from(in_rotation))
    }

    fn panic_share(&self) -> f64 {
        0.5
    }

    fn interval(&self, _origin: usize) -> Option<Duration> {
        (self.tests == Tests::DeviationAndChecks).then_some(Duration::from_secs(5))
    }

    fn probed(&mut self, origin: usize, passed: bool, _now: Mono) {
        let host = &mut self.hosts[origin];
        host.check.observe(passed, RISE, FALL);
        if passed {
            host.ejected_until = None;
        }
    }

    fn result(&mut self, origin: usize, outcome: Outcome, now: Mono) {
        let host = &mut self.hosts[origin];
        host.all += 1;
        if matches!(outcome, Outcome::Success { .. }) {
            host.good += 1;
            host.errors_in_row = 0;
            return;
        }
        host.errors_in_row += 1;
        if host.errors_in_row >= CONSECUTIVE {
            self.eject(origin, now);
        }
    }

    fn due(&self) -> Mono {
        self.next_sweep
    }

    fn sweep(&mut self, now: Mono) {
        self.next_sweep = now + SWEEP;
        for host in &mut self.hosts {
            match host.ejected_until {
                Some(until) if until <= now => host.ejected_until = None,
                None => host.ejections = host.ejections.saturating_sub(1),
                Some(_) => {}
            }
        }
        if self.tests != Tests::Consecutive {
            self.eject_outliers(now);
        }
        for host in &mut self.hosts {
            (host.good, host.all) = (0, 0);
        }
    }
}
