//! [`Pool`]: what is known about one pool now.

use std::collections::BTreeMap;

use eaves_common::time::Now;

use crate::incident::{Alarm, IncidentId, Name, ReportConfig, ReportStream, Signal, State, Uptime};

/// A pool: its own state, its failing origins, its reports, its uptime.
#[derive(Clone, Debug)]
pub(in crate::incident) struct Pool {
    /// What signals about the pool as a whole said last.
    pub(in crate::incident) own: Bad,
    /// Origins that are not up.
    pub(in crate::incident) bad: BTreeMap<Name, Bad>,
    pub(in crate::incident) reports: Option<ReportStream>,
    pub(in crate::incident) uptime: Uptime,
    pub(in crate::incident) incident: Option<IncidentId>,
    /// What the reports' alarm did that no timeline tells yet.
    news: Option<Alarm>,
}

/// A state, and whether it was heard in this life of the process.
#[derive(Clone, Debug, Default)]
pub(in crate::incident) struct Bad {
    pub(in crate::incident) state: State,
    pub(in crate::incident) site: Option<Name>,
    pub(in crate::incident) unheard: bool,
}

impl Pool {
    pub(in crate::incident) fn new(now: Now) -> Self {
        Self {
            own: Bad::default(),
            bad: BTreeMap::new(),
            reports: None,
            uptime: Uptime::new(now),
            incident: None,
            news: None,
        }
    }

    /// Down if the pool said so, degraded if any of it is not up or its users complain.
    pub(in crate::incident) fn state(&self) -> State {
        let part = !self.bad.is_empty() || self.is_reported();
        let part = if part { State::Degraded } else { State::Up };
        self.own.state.max(part)
    }

    pub(in crate::incident) fn is_reported(&self) -> bool {
        self.reports.as_ref().is_some_and(ReportStream::is_alarmed)
    }

    /// Takes in a signal; returns false if there was no room for its origin.
    pub(super) fn apply(&mut self, signal: &Signal, limit: usize, now: Now) -> bool {
        self.uptime.spend(self.state(), now);
        let heard = Bad {
            state: signal.state,
            site: signal.site.clone(),
            unheard: false,
        };
        let Some(origin) = &signal.origin else {
            self.own = heard;
            return true;
        };
        if signal.state == State::Up {
            self.bad.remove(origin);
            return true;
        }
        if self.bad.len() >= limit && !self.bad.contains_key(origin) {
            return false;
        }
        self.bad.insert(origin.clone(), heard);
        true
    }

    /// Takes in reports; returns whether the alarm changed.
    pub(super) fn report(&mut self, reports: u32, config: ReportConfig, now: Now) -> bool {
        self.uptime.spend(self.state(), now);
        let stream = self
            .reports
            .get_or_insert_with(|| ReportStream::new(config));
        let alarm = stream.add(reports, now.wall);
        self.news = alarm.or(self.news);
        alarm.is_some()
    }

    /// What the reports make of the pool's own state, and what the timeline should say about it.
    pub(super) fn take_report_news(&mut self, name: &Name) -> Option<(State, String)> {
        let alarm = self.news.take()?;
        let usual = self.reports.as_ref()?.reading().usual;
        Some(match alarm {
            Alarm::Raised => {
                let text = format!(
                    "users report trouble with {name}: usual are {usual:.1} reports a minute"
                );
                (self.own.state.max(State::Degraded), text)
            }
            Alarm::Cleared => {
                let text = format!("user reports about {name} are as usual");
                (self.own.state, text)
            }
        })
    }

    /// Signals that take for up what nothing was heard of since the restart.
    pub(super) fn unheard(&self, name: &Name) -> Vec<Signal> {
        let up = |origin: Option<&Name>| Signal {
            origin: origin.cloned(),
            ..Signal::pool(name.clone(), State::Up).because("not heard of since the restart")
        };
        let origins = self.bad.iter().filter(|(_, bad)| bad.unheard);
        let mut signals: Vec<Signal> = origins.map(|(origin, _)| up(Some(origin))).collect();
        if self.own.unheard {
            signals.push(up(None));
        }
        signals
    }
}
