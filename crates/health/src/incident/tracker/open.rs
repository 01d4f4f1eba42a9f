//! [`Open`]: an incident that is not over, and what decides how it goes on.

use std::collections::BTreeSet;

use eaves_common::{
    time::{Mono, Now, Wall},
    units::{Ratio, TimeSpan},
};

use super::{Incident, IncidentConfig, Name, Outbox, Pool, Severity, Stage, State, What};

/// An incident that is not over.
#[derive(Clone, Debug)]
pub(in crate::incident) struct Open {
    pub(in crate::incident) incident: Incident,
    /// The pools that belong to it.
    pub(in crate::incident) pools: Vec<Name>,
    /// When the last pool joined.
    pub(super) joined: Mono,
    /// Whether a monitor saw something fail, not users alone.
    pub(in crate::incident) monitored: bool,
    /// What showed the first failure.
    pub(super) evidence: Option<String>,
    /// Since when something fails, or all is well.
    since: Mono,
    last: Mono,
    traffic: Traffic,
    announced: bool,
}

impl Open {
    pub(in crate::incident) fn new(incident: Incident, now: Now) -> Self {
        Self {
            incident,
            pools: Vec::new(),
            joined: now.mono,
            monitored: false,
            evidence: None,
            since: now.mono,
            last: now.mono,
            traffic: Traffic::default(),
            announced: false,
        }
    }

    /// The same after a restart: it was announced before, and all clocks start again.
    pub(in crate::incident) fn restored(incident: Incident, pools: Vec<Name>, now: Now) -> Self {
        Self {
            pools,
            monitored: true,
            announced: true,
            ..Self::new(incident, now)
        }
    }

    pub(super) fn count_traffic(&mut self, requests: u64, failed: u64, now: Mono) {
        if self.incident.stage != Stage::Monitoring {
            self.incident.requests = self.incident.requests.saturating_add(requests);
            self.incident.failed = self.incident.failed.saturating_add(failed);
        }
        self.traffic.count(requests, failed, now);
    }

    /// When time alone changes something.
    pub(super) fn deadline(&self, config: &IncidentConfig) -> Option<Mono> {
        let wait = match self.incident.stage {
            Stage::Detected if self.monitored => config.confirm,
            Stage::Monitoring => config.monitoring,
            _ => return None,
        };
        Some(self.since + wait.as_duration())
    }

    /// Brings severity and stage in line with the facts, and says what changed.
    pub(super) fn assess(
        &mut self,
        facts: &Facts,
        config: &IncidentConfig,
        now: Now,
        outbox: &mut Outbox,
    ) {
        self.count_time(now.mono);
        if let Some(title) = &facts.title {
            self.incident.title.clone_from(title);
        }
        let failing = facts.worst != State::Up;
        if failing {
            self.assess_severity(facts, config, now, outbox);
        }
        if !self.announced {
            self.announced = true;
            let severity = self.incident.severity;
            outbox.push(self.incident.id, What::Opened { severity }, now.wall);
        }
        if let Some(stage) = self.next_stage(facts, config, now.mono) {
            self.enter(stage, config, now, outbox);
        }
    }

    /// The time in which something failed, by a clock that does not jump.
    pub(in crate::incident) fn count_time(&mut self, now: Mono) {
        if self.incident.stage != Stage::Monitoring {
            let lasted = self.incident.lasted.as_duration();
            self.incident.lasted = TimeSpan::new(lasted.saturating_add(now - self.last));
        }
        self.last = self.last.max(now);
    }

    fn assess_severity(
        &mut self,
        facts: &Facts,
        config: &IncidentConfig,
        now: Now,
        outbox: &mut Outbox,
    ) {
        let failed = self.traffic.failed_share(now.mono);
        let to = if facts.worst == State::Down || failed >= config.critical_share {
            Severity::Critical
        } else if facts.wide || facts.reported || failed >= config.major_share {
            Severity::Major
        } else {
            Severity::Minor
        };
        let from = std::mem::replace(&mut self.incident.severity, to);
        self.incident.peak = self.incident.peak.max(to);
        if from != to && self.announced {
            let text = format!("{} instead of {}", to.as_str(), from.as_str());
            self.incident.note(now.wall, text, config.limits.timeline);
            outbox.push(self.incident.id, What::Severity { from, to }, now.wall);
        }
    }

    fn next_stage(&self, facts: &Facts, config: &IncidentConfig, now: Mono) -> Option<Stage> {
        let waited = |time: TimeSpan| now - self.since >= time.as_duration();
        match (self.incident.stage, facts.worst) {
            (Stage::Detected | Stage::Identified, State::Up) => Some(Stage::Monitoring),
            (Stage::Detected, _) => {
                let confirmed = waited(config.confirm) || facts.reported;
                (self.monitored && confirmed).then_some(Stage::Identified)
            }
            (Stage::Monitoring, State::Up) => waited(config.monitoring).then_some(Stage::Resolved),
            (Stage::Monitoring, _) => Some(match self.incident.identified {
                Some(_) => Stage::Identified,
                None => Stage::Detected,
            }),
            (Stage::Identified | Stage::Resolved, _) => None,
        }
    }

    /// Moves to a stage, with its dates, its line in the timeline and its change.
    pub(super) fn enter(
        &mut self,
        to: Stage,
        config: &IncidentConfig,
        now: Now,
        outbox: &mut Outbox,
    ) {
        let from = std::mem::replace(&mut self.incident.stage, to);
        let text = match (from, to) {
            (Stage::Monitoring, Stage::Detected | Stage::Identified) => "it failed again",
            (_, Stage::Identified) => "it is known what fails",
            (_, Stage::Monitoring) => "all is well again",
            (_, Stage::Resolved) => "it is over",
            (_, Stage::Detected) => "something fails",
        };
        self.date(to, now.wall);
        self.since = now.mono;
        self.incident.note(now.wall, text, config.limits.timeline);
        outbox.push(self.incident.id, What::Stage { from, to }, now.wall);
    }

    fn date(&mut self, stage: Stage, at: Wall) {
        match stage {
            Stage::Detected => self.incident.recovered = None,
            Stage::Identified => {
                self.incident.recovered = None;
                self.incident.identified.get_or_insert(at);
                if self.incident.cause.is_none() {
                    self.incident.cause = self.evidence.take();
                }
            }
            Stage::Monitoring => self.incident.recovered = Some(at),
            Stage::Resolved => self.incident.resolved = Some(at),
        }
    }
}

/// What the pools of an incident say together.
#[derive(Debug)]
pub(super) struct Facts {
    worst: State,
    /// More than one pool or site fails.
    wide: bool,
    /// Users complain.
    reported: bool,
    /// What people read; `None` once nothing fails, since the last title says it better.
    title: Option<String>,
}

impl Facts {
    pub(super) fn of<'a>(pools: impl Iterator<Item = (&'a Name, &'a Pool)>) -> Self {
        let mut failing: Vec<(&Name, State)> = Vec::new();
        let mut sites = BTreeSet::new();
        let mut reported = false;
        for (name, pool) in pools.filter(|(_, pool)| pool.state() != State::Up) {
            failing.push((name, pool.state()));
            reported |= pool.is_reported();
            let bad = pool.bad.values().chain([&pool.own]);
            sites.extend(bad.filter_map(|bad| bad.site.as_ref()));
        }
        // Of those that are equally bad the first that joined names it.
        let mut worst: Option<(&Name, State)> = None;
        for (name, state) in &failing {
            if worst.is_none_or(|(_, worst)| *state > worst) {
                worst = Some((*name, *state));
            }
        }
        Self {
            worst: worst.map_or(State::Up, |(_, state)| state),
            wide: failing.len() > 1 || sites.len() > 1,
            reported,
            title: worst.map(|(name, state)| title(name, state, failing.len() - 1)),
        }
    }
}

fn title(name: &Name, state: State, others: usize) -> String {
    let state = state.as_str();
    match others {
        0 => format!("{name} is {state}"),
        1 => format!("{name} and another are {state}"),
        _ => format!("{name} and {others} others are {state}"),
    }
}

/// Requests of the last minute or so: counts that halve each half minute.
#[derive(Clone, Copy, Debug, Default)]
struct Traffic {
    requests: u64,
    failed: u64,
    era: u64,
}

impl Traffic {
    fn count(&mut self, requests: u64, failed: u64, now: Mono) {
        self.decay(now);
        self.requests = self.requests.saturating_add(requests);
        self.failed = self.failed.saturating_add(failed.min(requests));
    }

    fn decay(&mut self, now: Mono) {
        let era = now.as_secs() / 30;
        let halvings = era.saturating_sub(self.era).min(63);
        self.era = self.era.max(era);
        self.requests >>= halvings;
        self.failed >>= halvings;
    }

    fn failed_share(&mut self, now: Mono) -> Ratio {
        self.decay(now);
        if self.requests == 0 {
            return Ratio::ZERO;
        }
        let share = u128::from(self.failed) * 1_000_000_000 / u128::from(self.requests);
        u32::try_from(share).map_or(Ratio::ONE, Ratio::from_billionths)
    }
}
