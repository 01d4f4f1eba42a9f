//! How a pool's state becomes an incident's: joining, opening, assessing, resolving.

use eaves_common::time::Now;

use super::{Incident, IncidentId, Name, Open, Pool, Signal, Stage, State, Tracker, What};

impl Tracker {
    /// The pool of a name; it becomes known unless there are too many.
    pub(super) fn pool(&mut self, name: &Name, now: Now) -> Option<&mut Pool> {
        let room = self.pools.len() < self.config.limits.pools;
        if room && !self.pools.contains_key(name) {
            self.pools.insert(name.clone(), Pool::new(now));
        }
        self.pools.get_mut(name)
    }

    /// Brings the incidents in line with the state of a pool, which may have changed.
    pub(super) fn follow(&mut self, name: &Name, signal: Option<&Signal>, now: Now) {
        let Some(pool) = self.pools.get(name) else {
            return;
        };
        let (state, incident) = (pool.state(), pool.incident);
        let id = match (incident, state) {
            (None, State::Up) => return,
            (None, _) => self.join_or_open(name, signal, now),
            (Some(id), _) => id,
        };
        self.write_down(id, name, signal, now);
        self.assess(id, now);
    }

    /// Counts user reports into the incident of a pool, while they are unusually many.
    pub(super) fn count_reports(&mut self, name: &Name, reports: u32) {
        let alarmed = self.pools.get(name).filter(|pool| pool.is_reported());
        let incident = alarmed.and_then(|pool| pool.incident);
        if let Some(open) = incident.and_then(|id| self.open.get_mut(&id)) {
            open.incident.reports += u64::from(reports);
        }
    }

    /// Moves all report streams on to the present minute.
    pub(super) fn judge_reports(&mut self, now: Now) {
        let config = self.config.reports;
        let mut changed = Vec::new();
        for (name, pool) in &mut self.pools {
            if pool.reports.is_some() && pool.report(0, config, now) {
                changed.push(name.clone());
            }
        }
        for name in changed {
            self.follow(&name, None, now);
        }
    }

    /// After a restart: takes for up what nobody said a word about.
    pub(super) fn disbelieve(&mut self, now: Now) {
        let pools = self.pools.iter();
        let unheard: Vec<Signal> = pools.flat_map(|(name, pool)| pool.unheard(name)).collect();
        for signal in unheard {
            self.handle_signal(&signal, now);
        }
    }

    /// After a restart: ticks with the minutes if any pool had reports, and finds an incident for
    /// each pool that fails and has none.
    pub(in crate::incident) fn adopt(&mut self, now: Now) {
        if self.pools.values().any(|pool| pool.reports.is_some()) {
            self.minute = Some(super::minute_end(now));
        }
        let names: Vec<Name> = self.pools.keys().cloned().collect();
        for name in names {
            self.follow(&name, None, now);
        }
    }

    /// Decides which incident a pool that began to fail belongs to.
    fn join_or_open(&mut self, name: &Name, signal: Option<&Signal>, now: Now) -> IncidentId {
        let limits = self.config.limits;
        let full = self.open.len() >= limits.open;
        let joined = self.belongs_to(signal, now).or_else(|| {
            let latest = self.open.values().max_by_key(|open| open.joined);
            latest.filter(|_| full).map(|open| open.incident.id)
        });
        let id = joined.unwrap_or_else(|| {
            let id = IncidentId::new(self.next);
            self.next += 1;
            let incident = Incident::new(id, now.wall);
            self.open.insert(id, Open::new(incident, now));
            id
        });
        if let Some(open) = self.open.get_mut(&id) {
            open.pools.push(name.clone());
            open.joined = now.mono;
        }
        if let Some(pool) = self.pools.get_mut(name) {
            pool.incident = Some(id);
        }
        if joined.is_some() {
            let pool = name.clone();
            self.outbox.push(id, What::Joined { pool }, now.wall);
        }
        id
    }

    /// The open incident at the same site, else one that another pool joined just now.
    fn belongs_to(&self, signal: Option<&Signal>, now: Now) -> Option<IncidentId> {
        let site = signal.and_then(|signal| signal.site.as_ref());
        let group = self.config.group.as_duration();
        let failing = || {
            let open = self.open.values();
            open.filter(|open| open.incident.stage != Stage::Monitoring)
        };
        let same_site = failing().find(|open| site.is_some_and(|site| open.incident.touches(site)));
        let same_time = || {
            failing()
                .filter(|open| !group.is_zero() && now.mono - open.joined <= group)
                .max_by_key(|open| open.joined)
        };
        same_site.or_else(same_time).map(|open| open.incident.id)
    }

    /// Writes what happened into an incident's list and timeline.
    fn write_down(&mut self, id: IncidentId, name: &Name, signal: Option<&Signal>, now: Now) {
        let limits = self.config.limits;
        let (Some(open), Some(pool)) = (self.open.get_mut(&id), self.pools.get_mut(name)) else {
            return;
        };
        if let Some((state, text)) = pool.take_report_news(name) {
            let users = Signal::pool(name.clone(), state);
            open.incident.affect(&users, now.wall, limits.affected);
            open.incident.note(now.wall, text, limits.timeline);
        }
        let Some(signal) = signal else { return };
        let first = open.incident.affect(signal, now.wall, limits.affected);
        open.monitored |= signal.state != State::Up;
        if first {
            let evidence = signal.evidence.as_deref();
            if open.incident.cause.is_none() {
                open.evidence = open.evidence.take().or_else(|| evidence.map(Into::into));
            }
            let text = describe(signal);
            open.incident.note(now.wall, text, limits.timeline);
        }
    }

    /// Brings an incident's stage, severity and title in line with its pools.
    pub(super) fn assess(&mut self, id: IncidentId, now: Now) {
        let Some(open) = self.open.get_mut(&id) else {
            return;
        };
        let pools = open.pools.iter().filter_map(|name| {
            let pool = self.pools.get(name)?;
            Some((name, pool))
        });
        let facts = super::open::Facts::of(pools);
        open.assess(&facts, &self.config, now, &mut self.outbox);
        if open.incident.stage == Stage::Resolved {
            self.file(id);
        }
    }

    /// Moves a resolved incident into the history.
    pub(super) fn file(&mut self, id: IncidentId) {
        let Some(open) = self.open.remove(&id) else {
            return;
        };
        for name in &open.pools {
            if let Some(pool) = self.pools.get_mut(name) {
                pool.incident = None;
            }
        }
        self.history.push_back(open.incident);
        while self.history.len() > self.config.limits.history {
            self.history.pop_front();
        }
    }
}

fn describe(signal: &Signal) -> String {
    let (pool, state) = (&signal.pool, signal.state.as_str());
    let subject = match &signal.origin {
        Some(origin) => format!("{origin} of {pool} is {state}"),
        None => format!("{pool} is {state}"),
    };
    match &signal.evidence {
        Some(evidence) => format!("{subject}: {evidence}"),
        None => subject,
    }
}
