//! [`Tracker`]: groups events and reports into incidents.

use std::{
    collections::{BTreeSet, VecDeque},
    time::Duration,
};

use eaves_common::time::Wall;

use super::{Entry, Incident, Phase, Reports, Severity, Uptime};
use crate::{
    monitor::{Change, Event},
    pool::Mode,
};

/// Groups events and reports into incidents: what goes wrong while one is open joins it; when
/// everything works again it is watched for a while, and then resolved.
///
/// ```
/// use eaves_common::time::Wall;
/// use eaves_health::incident::{Phase, Tracker};
///
/// let mut tracker = Tracker::new(Wall::from_secs(0));
/// for minute in 1..200 {
///     tracker.handle_reports(1, Wall::from_secs(minute * 60));
/// }
/// tracker.handle_reports(100, Wall::from_secs(200 * 60));
/// tracker.handle_timeout(Wall::from_secs(201 * 60));
/// let update = tracker.poll_update().expect("users complain");
/// assert_eq!(update.incident.phase, Phase::Detected);
/// ```
#[derive(Clone, Debug)]
pub struct Tracker {
    history: History,
    /// Origins that are out, as `pool/origin`, and pools in panic, as `pool`.
    open: BTreeSet<String>,
    users_complain: bool,
    quiet_since: Option<Wall>,
    updates: VecDeque<Update>,
    lost_updates: u64,
}

/// What is kept over a restart.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct History {
    /// Incidents, oldest first; the last may be open.
    pub incidents: VecDeque<Incident>,
    /// What users' reports are usual.
    pub reports: Reports,
    /// When something critical was wrong.
    pub uptime: Uptime,
    next_number: u64,
}

/// An incident that has changed; the payload of a webhook.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Update {
    /// The incident as it stands now.
    pub incident: Incident,
    /// What is new.
    pub entry: Entry,
}

const MAX_INCIDENTS: usize = 500;
const MAX_ENTRIES: usize = 200;
const MAX_NAMES: usize = 1000;
const MAX_UPDATES: usize = 1000;
/// How long all must be well before an incident is over.
const WATCH: Duration = Duration::from_secs(300);

impl Tracker {
    /// Begins without a history.
    #[must_use]
    pub fn new(now: Wall) -> Self {
        Self::resume(History {
            incidents: VecDeque::new(),
            reports: Reports::default(),
            uptime: Uptime::new(now),
            next_number: 1,
        })
    }

    /// Goes on after a restart. An incident that was open stays so until all has been well for a while.
    #[must_use]
    pub fn resume(history: History) -> Self {
        Self {
            history,
            open: BTreeSet::new(),
            users_complain: false,
            quiet_since: None,
            updates: VecDeque::new(),
            lost_updates: 0,
        }
    }

    /// Takes what a monitor tells.
    pub fn handle_event(&mut self, event: &Event) {
        let now = event.at.wall;
        let (name, is_bad, severity) = match &event.change {
            Change::Mode { to, .. } => (
                event.pool.to_string(),
                *to == Mode::Panic,
                Severity::Critical,
            ),
            Change::Origin { name, to, .. } => (
                format!("{}/{name}", event.pool),
                to.is_out(),
                Severity::Minor,
            ),
        };
        if is_bad {
            if self.open.len() < MAX_NAMES {
                self.open.insert(name.clone());
            }
            self.worsen(severity, Phase::Identified, event.to_string(), now);
            self.note_names(&event.pool, &name);
        } else if self.open.remove(&name) {
            self.tell(None, event.to_string(), now);
        }
        self.settle(now);
    }

    /// Takes reports of users.
    pub fn handle_reports(&mut self, count: u64, now: Wall) {
        self.history.reports.count(count, now);
        if let Some(incident) = self.current() {
            incident.user_reports = incident.user_reports.saturating_add(count);
        }
        self.judge_reports(now);
    }

    /// Takes a count of requests that failed since the last time.
    pub fn handle_failures(&mut self, count: u64) {
        if let Some(incident) = self.current() {
            incident.failed_requests = incident.failed_requests.saturating_add(count);
        }
    }

    /// Does what is due: judges the minutes that have passed, resolves what is over.
    pub fn handle_timeout(&mut self, now: Wall) {
        self.history.reports.close(now);
        self.judge_reports(now);
        self.settle(now);
    }

    /// Returns when [`handle_timeout`](Self::handle_timeout) is due next: with the next minute.
    #[must_use]
    pub fn poll_timeout(&self, now: Wall) -> Wall {
        Wall::from_secs((now.as_secs() / 60 + 1) * 60)
    }

    /// Returns the next change; to be called until it returns `None`.
    pub fn poll_update(&mut self) -> Option<Update> {
        self.updates.pop_front()
    }

    /// Returns all that is kept: what a status page shows, and a file keeps.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Returns how many updates were lost because nobody polled them.
    #[must_use]
    pub fn lost_updates(&self) -> u64 {
        self.lost_updates
    }

    fn judge_reports(&mut self, now: Wall) {
        let complain = self.history.reports.is_unusual();
        if complain && !self.users_complain {
            let text = "users report more problems than is usual at this hour".to_owned();
            self.worsen(Severity::Major, Phase::Detected, text, now);
        }
        self.users_complain = complain;
    }

    /// Opens an incident, or makes the open one as bad as this.
    fn worsen(&mut self, severity: Severity, phase: Phase, text: String, now: Wall) {
        self.quiet_since = None;
        if severity == Severity::Critical {
            self.history.uptime.down(now);
        }
        let Some(incident) = self.current() else {
            self.begin(severity, phase, text, now);
            return;
        };
        incident.severity = incident.severity.max(severity);
        let known = incident.phase == Phase::Identified;
        let phase = if known { Phase::Identified } else { phase };
        self.tell(Some(phase), text, now);
    }

    fn begin(&mut self, severity: Severity, phase: Phase, text: String, now: Wall) {
        if self.history.incidents.len() == MAX_INCIDENTS {
            self.history.incidents.pop_front();
        }
        self.history.incidents.push_back(Incident {
            number: self.history.next_number,
            phase,
            severity,
            pools: Vec::new(),
            origins: Vec::new(),
            began: now,
            ended: None,
            failed_requests: 0,
            user_reports: 0,
            entries: Vec::new(),
            entries_left_out: 0,
        });
        self.history.next_number += 1;
        self.tell(Some(phase), text, now);
    }

    /// Moves on to watching, and to the end, when nothing is wrong.
    fn settle(&mut self, now: Wall) {
        if !self.open.is_empty() || self.users_complain {
            return;
        }
        let Some(phase) = self.current().map(|incident| incident.phase) else {
            return;
        };
        self.history.uptime.up(now);
        let since = *self.quiet_since.get_or_insert(now);
        if phase != Phase::Monitoring {
            self.tell(
                Some(Phase::Monitoring),
                "everything works again".into(),
                now,
            );
        }
        if now - since >= WATCH {
            if let Some(incident) = self.current() {
                incident.ended = Some(since);
            }
            self.tell(Some(Phase::Resolved), "it stayed so".into(), now);
            self.quiet_since = None;
        }
    }

    fn tell(&mut self, phase: Option<Phase>, text: String, now: Wall) {
        let Some(incident) = self.current() else {
            return;
        };
        incident.phase = phase.unwrap_or(incident.phase);
        let entry = Entry {
            at: now,
            phase: incident.phase,
            text,
        };
        if incident.entries.len() == MAX_ENTRIES {
            // How it began and how it goes tell most.
            incident.entries.remove(MAX_ENTRIES / 2);
            incident.entries_left_out += 1;
        }
        incident.entries.push(entry.clone());
        let incident = incident.clone();
        if self.updates.len() == MAX_UPDATES {
            self.updates.pop_front();
            self.lost_updates += 1;
        }
        self.updates.push_back(Update { incident, entry });
    }

    fn note_names(&mut self, pool: &str, name: &str) {
        let Some(incident) = self.current() else {
            return;
        };
        add(&mut incident.pools, pool);
        if name != pool {
            add(&mut incident.origins, name);
        }
    }

    /// The incident that is not over.
    fn current(&mut self) -> Option<&mut Incident> {
        self.history
            .incidents
            .back_mut()
            .filter(|incident| !incident.phase.is_over())
    }
}

fn add(names: &mut Vec<String>, name: &str) {
    if names.len() < MAX_NAMES && !names.iter().any(|known| known == name) {
        names.push(name.to_owned());
    }
}
