//! [`Snapshot`]: all that a tracker knows, to survive a restart.

use std::collections::BTreeMap;

use eaves_common::{
    Error, ErrorKind,
    time::{Now, Wall},
};

use super::{
    Incident, IncidentConfig, IncidentConfigError, Name, ReportStream, Stage, State, Tracker,
    Uptime,
    change::Outbox,
    record::short,
    report::{Cell, Learned},
    tracker::{Bad, Open, Pool},
};

/// All that a tracker knows, as a value; with the `serde` feature it is JSON or any other format.
///
/// ```
/// use eaves_common::time::{Mono, Now, Wall};
/// use eaves_health::incident::{IncidentConfig, Signal, State, Tracker};
///
/// let now = Now { mono: Mono::ZERO, wall: Wall::from_secs(1_000) };
/// let mut tracker = Tracker::new(IncidentConfig::default())?;
/// tracker.handle_signal(&Signal::pool("web", State::Down), now);
/// let kept = tracker.snapshot(now);
///
/// let later = Now { mono: Mono::ZERO, wall: Wall::from_secs(1_060) };
/// let tracker = Tracker::restore(IncidentConfig::default(), kept, later)?;
/// assert_eq!(tracker.open().count(), 1);
/// # Ok::<(), eaves_common::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Snapshot {
    /// The version of this format: 1.
    pub version: u32,
    /// When it was taken.
    #[cfg_attr(feature = "serde", serde(with = "super::timestamp"))]
    pub at: Wall,
    /// The number of the next incident.
    pub next: u64,
    /// The number of the last change.
    pub sequence: u64,
    /// The pools.
    pub pools: Vec<PoolSnapshot>,
    /// Incidents that are not over.
    pub open: Vec<Incident>,
    /// Incidents that are, oldest first.
    pub history: Vec<Incident>,
}

/// What a [`Snapshot`] holds about one pool.
///
/// ```
/// use eaves_common::time::Now;
/// use eaves_health::incident::{IncidentConfig, Signal, State, Tracker};
///
/// let mut tracker = Tracker::new(IncidentConfig::default())?;
/// tracker.handle_signal(&Signal::pool("web", State::Down), Now::default());
/// let pool = &tracker.snapshot(Now::default()).pools[0];
/// assert_eq!((pool.name.as_str(), pool.state), ("web", State::Down));
/// # Ok::<(), eaves_health::incident::IncidentConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct PoolSnapshot {
    /// Its name.
    pub name: Name,
    /// What was said about it as a whole.
    pub state: State,
    /// Its origins that were not up, and their sites.
    pub origins: Vec<(Name, State, Option<Name>)>,
    /// Minutes of the last hour: number, milliseconds up, degraded, down.
    pub minutes: Vec<(u64, u64, u64, u64)>,
    /// Hours of the last 90 days, alike.
    pub hours: Vec<(u64, u64, u64, u64)>,
    /// For each quarter hour of the week, usual reports a minute and the minutes they are learned from.
    pub usual_reports: Vec<(f32, f32)>,
    /// The unrest of windows of 1, 5 and 15 minutes: how far they stray, chance aside, as the square of
    /// a share of the level.
    pub report_unrest: Option<[f32; 3]>,
}

impl Tracker {
    /// Takes a snapshot.
    #[must_use]
    pub fn snapshot(&mut self, now: Now) -> Snapshot {
        self.open
            .values_mut()
            .for_each(|open| open.count_time(now.mono));
        let pools = self.pools.iter_mut();
        Snapshot {
            version: VERSION,
            at: now.wall,
            next: self.next,
            sequence: self.outbox.sequence,
            pools: pools.map(|(name, pool)| keep(name, pool, now)).collect(),
            open: self.open().cloned().collect(),
            history: self.history.iter().cloned().collect(),
        }
    }

    /// Goes on where a snapshot was taken. Say the state of every origin once, then: what nothing is
    /// heard of within the configured grace is taken for up. The time in between counts neither
    /// way. What exceeds the configured limits is cut, oldest first; numbers that make no sense are
    /// not believed.
    ///
    /// # Errors
    ///
    /// If the configuration is refused, if the snapshot is of a version unknown here, or if its numbers
    /// are so high that they cannot go on.
    pub fn restore(
        config: IncidentConfig,
        snapshot: Snapshot,
        now: Now,
    ) -> Result<Self, RestoreError> {
        if snapshot.version != VERSION {
            let found = snapshot.version;
            return Err(RestoreError::Version { found });
        }
        let incidents = snapshot.open.iter().chain(&snapshot.history);
        let numbers = incidents.map(|incident| incident.id.number());
        let highest = numbers.chain([snapshot.next, snapshot.sequence]).max();
        if highest > Some(HIGHEST) {
            return Err(RestoreError::Numbers);
        }
        let mut tracker = Self::new(config)?;
        tracker.outbox = Outbox::new(config.limits.changes, snapshot.sequence);
        tracker.grace = Some(now.mono + config.grace.as_duration());
        tracker.take_pools(snapshot.pools, now);
        tracker.take_incidents(snapshot.open, snapshot.history, now);
        tracker.next = tracker.next.max(snapshot.next);
        Ok(tracker)
    }

    fn take_pools(&mut self, pools: Vec<PoolSnapshot>, now: Now) {
        for kept in pools.into_iter().take(self.config.limits.pools) {
            let mut pool = Pool::new(now);
            pool.own = unheard(kept.state, None);
            let origins = kept.origins.into_iter().take(self.config.limits.origins);
            let failing = origins.filter(|(_, state, _)| *state != State::Up);
            pool.bad = failing
                .map(|(name, state, site)| (name, unheard(state, site)))
                .collect::<BTreeMap<_, _>>();
            pool.uptime = Uptime::restore(kept.minutes, kept.hours, now);
            pool.reports = kept.report_unrest.map(|unrest| {
                let cells = kept.usual_reports.iter();
                let cells = cells.map(|&(level, minutes)| Cell { level, minutes });
                let cells = cells.collect();
                ReportStream::restore(self.config.reports, &Learned { cells, unrest })
            });
            self.pools.insert(kept.name, pool);
        }
    }

    fn take_incidents(&mut self, open: Vec<Incident>, history: Vec<Incident>, now: Now) {
        let limits = self.config.limits;
        let skip = |count: usize, limit| count.saturating_sub(limit);
        let all = open.iter().chain(&history);
        self.next = all.map(|kept| kept.id.number() + 1).max().unwrap_or(1);
        let too_many = skip(history.len(), limits.history);
        self.history = history
            .into_iter()
            .skip(too_many)
            .map(|kept| trim(kept, self))
            .collect();
        let too_many = skip(open.len(), limits.open);
        for kept in open.into_iter().skip(too_many) {
            let incident = trim(kept, self);
            if incident.stage == Stage::Resolved {
                continue;
            }
            let pools = self.attach(&incident);
            let id = incident.id;
            self.open.insert(id, Open::restored(incident, pools, now));
        }
        self.adopt(now);
    }

    /// Ties the pools of an open incident to it.
    fn attach(&mut self, incident: &Incident) -> Vec<Name> {
        let mut pools: Vec<Name> = Vec::new();
        for affected in &incident.affected {
            let Some(pool) = self.pools.get_mut(&affected.pool) else {
                continue;
            };
            if pool.incident.is_none() {
                pool.incident = Some(incident.id);
                pools.push(affected.pool.clone());
            }
        }
        pools
    }
}

/// Why a snapshot was refused.
///
/// ```
/// use eaves_common::time::Now;
/// use eaves_health::incident::{IncidentConfig, Tracker};
///
/// let mut tracker = Tracker::new(IncidentConfig::default())?;
/// let mut kept = tracker.snapshot(Now::default());
/// kept.version = 99;
/// let error = Tracker::restore(IncidentConfig::default(), kept, Now::default()).unwrap_err();
/// assert_eq!(error.to_string(), "snapshot of version 99, only 1 is known");
/// # Ok::<(), eaves_health::incident::IncidentConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// The configuration is refused.
    #[error(transparent)]
    Config(#[from] IncidentConfigError),
    /// Its numbers are so high that they cannot go on.
    #[error("snapshot whose incidents or changes are numbered above {HIGHEST}")]
    Numbers,
    /// Another version wrote it.
    #[error("snapshot of version {found}, only {VERSION} is known")]
    Version {
        /// The version it says.
        found: u32,
    },
}

impl From<RestoreError> for Error {
    fn from(error: RestoreError) -> Self {
        let kind = match error {
            RestoreError::Config(_) | RestoreError::Numbers => ErrorKind::Invalid,
            RestoreError::Version { .. } => ErrorKind::Unsupported,
        };
        Self::with_source(kind, "incidents not restored", error)
    }
}

const VERSION: u32 = 1;
/// The highest number that JSON readers hold exactly.
const HIGHEST: u64 = 1 << 53;

fn keep(name: &Name, pool: &mut Pool, now: Now) -> PoolSnapshot {
    pool.uptime.spend(pool.state(), now);
    let learned = pool.reports.as_ref().map(ReportStream::learned);
    let origins = pool.bad.iter();
    PoolSnapshot {
        name: name.clone(),
        state: pool.own.state,
        origins: origins
            .map(|(name, bad)| (name.clone(), bad.state, bad.site.clone()))
            .collect(),
        minutes: pool.uptime.minutes.rows(),
        hours: pool.uptime.hours.rows(),
        usual_reports: learned
            .iter()
            .flat_map(|learned| &learned.cells)
            .map(|cell| (cell.level, cell.minutes))
            .collect(),
        report_unrest: learned.map(|learned| learned.unrest),
    }
}

const fn unheard(state: State, site: Option<Name>) -> Bad {
    Bad {
        unheard: !matches!(state, State::Up),
        state,
        site,
    }
}

/// Cuts what others may have written to what fits here.
fn trim(mut incident: Incident, tracker: &Tracker) -> Incident {
    let limits = tracker.config.limits;
    incident.title = short(incident.title);
    incident.cause = incident.cause.map(short);
    incident.affected.truncate(limits.affected);
    let too_many = incident.timeline.len().saturating_sub(limits.timeline);
    incident.timeline.drain(..too_many);
    for entry in &mut incident.timeline {
        entry.text = short(std::mem::take(&mut entry.text));
    }
    incident
}
