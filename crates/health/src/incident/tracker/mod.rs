//! [`Tracker`]: the sans-I/O heart of incidents.

mod open;
mod operator;
mod pool;
mod state;

pub use operator::OperatorError;

pub(super) use open::Open;
pub(super) use pool::{Bad, Pool};

use std::collections::{BTreeMap, VecDeque};

use eaves_common::time::{Mono, Now};

use super::{
    Change, Incident, IncidentConfig, IncidentConfigError, IncidentId, Name, Severity, Signal,
    Stage, State, What, change::Outbox,
};

/// Groups signals, reports and traffic into incidents.
///
/// After each `handle_*`, drain [`poll_change`](Self::poll_change); call
/// [`handle_timeout`](Self::handle_timeout) when [`poll_timeout`](Self::poll_timeout) says.
///
/// ```
/// use std::time::Duration;
/// use eaves_common::time::{Mono, Now, Wall};
/// use eaves_health::incident::{IncidentConfig, Signal, Stage, State, Tracker};
///
/// let at = |secs| Now { mono: Mono::from_secs(secs), wall: Wall::from_secs(1_000 + secs) };
/// let mut tracker = Tracker::new(IncidentConfig::default())?;
/// tracker.handle_signal(&Signal::origin("web", "a", State::Down), at(0));
/// tracker.handle_signal(&Signal::origin("web", "a", State::Up), at(90));
/// let over = tracker.poll_timeout().unwrap();
/// assert_eq!(over, Mono::from_secs(90 + 300)); // five minutes without a relapse
/// tracker.handle_timeout(at(390));
/// let incident = tracker.history().next().unwrap();
/// assert_eq!(incident.stage, Stage::Resolved);
/// assert_eq!(incident.lasted.as_duration(), Duration::from_secs(90));
/// # Ok::<(), eaves_health::incident::IncidentConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Tracker {
    pub(super) config: IncidentConfig,
    pub(super) pools: BTreeMap<Name, Pool>,
    pub(super) open: BTreeMap<IncidentId, Open>,
    pub(super) history: VecDeque<Incident>,
    pub(super) outbox: Outbox,
    pub(super) next: u64,
    pub(super) ignored: u64,
    /// When what was restored is no longer believed without a word about it.
    pub(super) grace: Option<Mono>,
    /// When the reports' minute ends.
    minute: Option<Mono>,
}

impl Tracker {
    /// Makes a tracker that knows of no pool; each is known from its first signal, report or
    /// [`watch`](Self::watch) on.
    ///
    /// # Errors
    ///
    /// If a limit leaves no room, or a threshold makes no sense.
    pub fn new(config: IncidentConfig) -> Result<Self, IncidentConfigError> {
        config.check()?;
        Ok(Self {
            pools: BTreeMap::new(),
            open: BTreeMap::new(),
            history: VecDeque::new(),
            outbox: Outbox::new(config.limits.changes, 0),
            next: 1,
            ignored: 0,
            grace: None,
            minute: None,
            config,
        })
    }

    /// Makes a pool known, so that its uptime counts from now on.
    pub fn watch(&mut self, pool: impl Into<Name>, now: Now) {
        self.pool(&pool.into(), now);
    }

    /// Forgets a pool that was taken out of service, with its uptime; its incident goes on without.
    pub fn forget(&mut self, pool: &str, now: Now) {
        let Some((name, pool)) = self.pools.remove_entry(pool) else {
            return;
        };
        if let Some(id) = pool.incident {
            if let Some(open) = self.open.get_mut(&id) {
                open.pools.retain(|other| *other != name);
                open.incident.end_all(&name, now.wall);
            }
            self.assess(id, now);
        }
    }

    /// Takes in what a monitor noticed.
    pub fn handle_signal(&mut self, signal: &Signal, now: Now) {
        let limit = self.config.limits.origins;
        let applied = self
            .pool(&signal.pool, now)
            .is_some_and(|pool| pool.apply(signal, limit, now));
        if !applied {
            self.ignored += 1;
            return;
        }
        self.follow(&signal.pool, Some(signal), now);
    }

    /// Takes in user reports about a pool (or any other service that has a name).
    pub fn handle_reports(&mut self, pool: &Name, reports: u32, now: Now) {
        let config = self.config.reports;
        let Some(known) = self.pool(pool, now) else {
            self.ignored += 1;
            return;
        };
        known.report(reports, config, now);
        if self.minute.is_none() {
            self.minute = Some(minute_end(now));
        }
        self.follow(pool, None, now);
        self.count_reports(pool, reports);
    }

    /// Takes in how many requests a pool had since the last call, and how many of them failed.
    pub fn handle_traffic(&mut self, pool: &str, requests: u64, failed: u64, now: Now) {
        let Some(id) = self.pools.get(pool).and_then(|pool| pool.incident) else {
            return;
        };
        if let Some(open) = self.open.get_mut(&id) {
            open.count_traffic(requests, failed, now.mono);
        }
        self.assess(id, now);
    }

    /// Does what has become due: confirms, resolves, judges the minute's reports.
    pub fn handle_timeout(&mut self, now: Now) {
        if self.grace.is_some_and(|grace| now.mono >= grace) {
            self.grace = None;
            self.disbelieve(now);
        }
        if self.minute.is_some_and(|minute| now.mono >= minute) {
            self.minute = Some(minute_end(now));
            self.judge_reports(now);
        }
        let due: Vec<IncidentId> = self.open.keys().copied().collect();
        for id in due {
            self.assess(id, now);
        }
    }

    /// Returns the next change, oldest first.
    pub fn poll_change(&mut self) -> Option<Change> {
        self.outbox.pop()
    }

    /// Returns when [`handle_timeout`](Self::handle_timeout) has something to do next.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Mono> {
        let deadlines = self
            .open
            .values()
            .filter_map(|open| open.deadline(&self.config));
        deadlines.chain(self.grace).chain(self.minute).min()
    }

    /// Returns the incidents that are not resolved, oldest first.
    pub fn open(&self) -> impl DoubleEndedIterator<Item = &Incident> {
        self.open.values().map(|open| &open.incident)
    }

    /// Returns the incidents that are over, the latest first.
    pub fn history(&self) -> impl DoubleEndedIterator<Item = &Incident> {
        self.history.iter().rev()
    }

    /// Returns an incident, open or over.
    #[must_use]
    pub fn incident(&self, id: IncidentId) -> Option<&Incident> {
        let open = self.open.get(&id).map(|open| &open.incident);
        open.or_else(|| self.history.iter().find(|incident| incident.id == id))
    }

    /// Returns how a pool serves, as far as it is known.
    #[must_use]
    pub fn state(&self, pool: &str) -> Option<State> {
        self.pools.get(pool).map(Pool::state)
    }

    /// Returns how many signals and reports found no room.
    #[must_use]
    pub const fn ignored(&self) -> u64 {
        self.ignored
    }
}

/// The end of the calendar's minute, on the clock that does not jump.
fn minute_end(now: Now) -> Mono {
    const MINUTE: u64 = 60_000_000_000;
    let gone = now.wall.as_nanos() % MINUTE;
    now.mono + std::time::Duration::from_nanos(MINUTE - gone)
}
