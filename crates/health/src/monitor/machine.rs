//! [`Monitor`]: one pool's evidence, verdicts and snapshot.

use std::{collections::VecDeque, sync::Arc};

use eaves_common::time::{Mono, Now};

use super::{
    Event, Policy, Probe, ProbeId,
    event::{Change, Evidence},
    probing::Prober,
    track::Track,
};
use crate::{
    config::PoolConfig,
    error::ConfigError,
    passive::Window,
    pool::{Members, Mode, Slot, Snapshot},
    probe::{Check, Verdict},
    random::SplitMix,
    select::{Algorithm, Hub, Selector},
};

/// One pool's evidence, verdicts and snapshot; a state machine that the caller feeds with answers
/// and time.
///
/// ```
/// use std::time::Duration;
/// use eaves_common::time::{Mono, Now};
/// use eaves_health::{Monitor, PoolConfig, pool::OriginConfig, probe::Verdict};
///
/// let config = PoolConfig::new("web").origin(OriginConfig::new("a", "192.0.2.1:80".parse().unwrap()));
/// let mut now = Now::default();
/// let mut monitor = Monitor::new(config, 7, now).unwrap();
/// let probe = monitor.poll_probe().expect("the first check comes at once");
/// monitor.handle_probe(probe.id, &Verdict::Pass { latency: Duration::from_millis(3) }, now);
/// assert!(monitor.snapshot().is_healthy(probe.origin));
///
/// now.mono += Duration::from_secs(2);
/// assert!(monitor.poll_timeout() <= now.mono);
/// monitor.handle_timeout(now);
/// assert!(monitor.poll_probe().is_some());
/// ```
#[derive(Debug)]
pub struct Monitor {
    pub(super) name: Arc<str>,
    pub(super) check: Arc<Check>,
    pub(super) policy: Policy,
    pub(super) max_origins: usize,
    pub(super) hub: Arc<Hub>,
    pub(super) members: Arc<Members>,
    pub(super) next_id: u64,
    pub(super) tracks: Vec<Option<Track>>,
    /// Slots whose origins have left; they are free once nothing is in flight there.
    pub(super) vacant: Vec<Slot>,
    pub(super) prober: Prober,
    pub(super) random: SplitMix,
    pub(super) now: Now,
    pub(super) next_tick: Mono,
    /// All results of the pool; what is not an origin's own happened elsewhere.
    pub(super) traffic: Window,
    /// The median of the origins' average latencies.
    pub(super) usual_latency: Option<f64>,
    pub(super) version: u64,
    pub(super) mode: Mode,
    /// Origins whose probes fail while traffic meets no errors there.
    pub(super) unconfirmed_red: usize,
    pub(super) unpublished: bool,
    events: VecDeque<Event>,
    lost_events: u64,
}

/// Events kept for a caller that does not poll; then the oldest go, and are counted.
const MAX_EVENTS: usize = 4096;

impl Monitor {
    /// Makes a monitor that has yet to probe everybody; until the first answers, nobody is known to
    /// be healthy and the pool serves in [panic mode](Mode::Panic).
    ///
    /// # Errors
    ///
    /// [`ConfigError`] lists everything that is wrong with the configuration.
    pub fn new(config: PoolConfig, seed: u64, now: Now) -> Result<Self, ConfigError> {
        config.validate()?;
        let mut monitor = Self {
            name: config.name.as_str().into(),
            check: config.check,
            policy: config.policy,
            max_origins: config.max_origins,
            hub: Arc::new(Hub::new(Snapshot::default(), config.max_origins * 2, seed)),
            members: Arc::default(),
            next_id: 0,
            tracks: Vec::new(),
            vacant: Vec::new(),
            prober: Prober::new(now.mono),
            random: SplitMix::new(seed),
            now,
            next_tick: now.mono,
            traffic: Window::default(),
            usual_latency: None,
            version: 0,
            mode: Mode::Normal,
            unconfirmed_red: 0,
            unpublished: true,
            events: VecDeque::new(),
            lost_events: 0,
        };
        monitor.replace_members(config.origins, now);
        Ok(monitor)
    }

    /// Makes a selector with a load board of its own: one for each worker.
    #[must_use]
    pub fn selector(&self, algorithm: Algorithm) -> Selector {
        Selector::new(self.hub_for(algorithm), algorithm)
    }

    /// Returns where a selector meets the pool. Edits from now on make the table it needs; that of
    /// the members there are is the selector's to make, and a driver need not lock the monitor for it.
    pub(crate) fn hub_for(&self, algorithm: Algorithm) -> Arc<Hub> {
        if let Some(table) = algorithm.table() {
            self.hub.want(table);
        }
        Arc::clone(&self.hub)
    }

    /// Returns the newest snapshot.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.hub.snapshot.load_full()
    }

    /// Takes the answer to a probe. Answers that come too late, when the monitor has given the probe up, are ignored.
    pub fn handle_probe(&mut self, id: ProbeId, verdict: &Verdict, now: Now) {
        self.now = now;
        self.settle_probe(id, verdict);
        self.publish_news();
    }

    /// Takes what selectors' guards have told of errors; a driver calls it as soon as there are any.
    pub fn handle_traffic(&mut self, now: Now) {
        self.now = now;
        while let Some(report) = self.hub.take_report() {
            self.absorb_report(report);
        }
        self.publish_news();
    }

    /// Does what is due: probes, holds, trials, ramps, and a look at everybody's traffic.
    pub fn handle_timeout(&mut self, now: Now) {
        self.now = now;
        self.expire_probes();
        if now.mono >= self.next_tick {
            self.next_tick = now.mono + self.policy.tick;
            self.absorb_boards();
            self.count_unconfirmed();
            self.evaluate_all();
            self.unpublished |= self.has_drifted();
        }
        self.publish_news();
    }

    /// Returns the next probe to be sent; to be called until it returns `None`.
    pub fn poll_probe(&mut self) -> Option<Probe> {
        self.next_probe()
    }

    /// Returns the next thing that changed; to be called until it returns `None`.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Returns when [`handle_timeout`](Self::handle_timeout) must be called next.
    #[must_use]
    pub fn poll_timeout(&self) -> Mono {
        let probes = self.prober.next_due();
        probes.map_or(self.next_tick, |due| due.min(self.next_tick))
    }

    /// Returns how many events were lost because nobody polled them.
    #[must_use]
    pub fn lost_events(&self) -> u64 {
        self.lost_events
    }

    /// Returns where selectors leave their reports, for a driver that waits for them.
    #[cfg(feature = "tokio")]
    pub(crate) fn reports(&self) -> Arc<Hub> {
        Arc::clone(&self.hub)
    }

    pub(super) fn tell(&mut self, change: Change, evidence: Evidence) {
        if self.events.len() == MAX_EVENTS {
            self.events.pop_front();
            self.lost_events += 1;
        }
        self.events.push_back(Event {
            at: self.now,
            pool: Arc::clone(&self.name),
            change,
            evidence,
        });
    }

    pub(super) fn track(&self, slot: Slot) -> Option<&Track> {
        self.tracks.get(slot.index())?.as_ref()
    }

    pub(super) fn track_mut(&mut self, slot: Slot) -> Option<&mut Track> {
        self.tracks.get_mut(slot.index())?.as_mut()
    }
}
