//! [`Monitor`]: one pool's evidence, verdicts and snapshot.

use std::{collections::VecDeque, sync::Arc};

use eaves_common::time::{Mono, Now};

use super::{
    Event, Policy, Probe, ProbeId,
    event::{Change, Evidence},
    probing::Prober,
    rebuild::Rebuilds,
    track::Track,
    vantage::Canaries,
};
use crate::{
    config::{PoolConfig, Problems},
    error::ConfigError,
    passive::Window,
    pool::{Bitmap, Members, Mode, OriginConfig, Scope, Slot, Snapshot},
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
    /// Whether anybody was ever known to be healthy, and whether nobody is now.
    pub(super) has_served: bool,
    pub(super) none_left: bool,
    /// Origins whose probes fail while traffic meets no errors there.
    pub(super) unconfirmed_red: usize,
    pub(super) canaries: Canaries,
    /// How many were put out for what traffic met.
    pub(super) ejected: usize,
    /// What edits leave alone: the targets by which the checker tests itself.
    pub(super) canary_configs: Vec<OriginConfig>,
    pub(super) unpublished: bool,
    /// Slots whose share may have changed since the last snapshot.
    pub(super) changed: Vec<Slot>,
    pub(super) all_changed: bool,
    /// By slot: the share that each takes by its own merit, who is healthy, and who is degraded.
    pub(super) merits: Vec<u16>,
    /// How many take all that falls to them.
    pub(super) full: usize,
    pub(super) healthy: Bitmap,
    pub(super) degraded: Bitmap,
    /// What selectors see of the pool; the first sees it whole.
    pub(super) scopes: Vec<Arc<Scope>>,
    pub(super) rebuilds: Rebuilds,
    events: VecDeque<Event>,
    lost_events: u64,
}

/// Events kept for a caller that does not poll; then the oldest go, and are counted.
const MAX_EVENTS: usize = 4096;
/// Scopes beside the whole pool that selectors may use at once: each adds to the work of a snapshot.
const MAX_SCOPES: usize = 64;

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
            has_served: false,
            none_left: false,
            unconfirmed_red: 0,
            canaries: Canaries::default(),
            ejected: 0,
            canary_configs: config.canaries,
            unpublished: true,
            changed: Vec::new(),
            all_changed: true,
            merits: Vec::new(),
            full: 0,
            healthy: Bitmap::default(),
            degraded: Bitmap::default(),
            scopes: vec![Arc::default()],
            rebuilds: Rebuilds::default(),
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

    /// Makes a selector that prefers or keeps to a part of the pool.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if selectors of too many different scopes are in use.
    pub fn selector_in(
        &mut self,
        scope: Scope,
        algorithm: Algorithm,
    ) -> Result<Selector, ConfigError> {
        let (scope, view) = self.open_view(scope)?;
        let hub = self.hub_for(algorithm);
        Ok(Selector::scoped(hub, algorithm, Some(scope), view))
    }

    /// Finds or makes a scope's view, which is there as long as the scope is held. A driver makes the
    /// selector without the monitor's lock.
    pub(crate) fn open_view(&mut self, scope: Scope) -> Result<(Arc<Scope>, usize), ConfigError> {
        let view = self.open_scope(scope)?;
        self.unpublished = true;
        self.publish_news();
        Ok((Arc::clone(&self.scopes[view]), view))
    }

    /// Finds a scope's place among the views, or one that no selector uses any more.
    fn open_scope(&mut self, scope: Scope) -> Result<usize, ConfigError> {
        if let Some(same) = self.scopes.iter().position(|known| **known == scope) {
            return Ok(same);
        }
        let mut unused = self.scopes.iter().skip(1);
        let unused = unused.position(|known| Arc::strong_count(known) == 1);
        if let Some(at) = unused {
            self.scopes[at + 1] = Arc::new(scope);
            return Ok(at + 1);
        }
        if self.scopes.len() > MAX_SCOPES {
            let mut problems = Problems::default();
            let message = format!("selectors use {MAX_SCOPES} others, drop those of one first");
            problems.add("scope", message);
            problems.into_result()?;
        }
        self.scopes.push(Arc::new(scope));
        Ok(self.scopes.len() - 1)
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
            if self.has_drifted() {
                self.note_changes();
            }
        }
        self.settle_rebuilds();
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
        let others = [self.prober.next_due(), self.next_rebuild()];
        let others = others.into_iter().flatten();
        others.fold(self.next_tick, Mono::min)
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
