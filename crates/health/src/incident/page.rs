//! [`Page`]: what a public status page shows.

use eaves_common::time::{Now, Wall};

use super::{Day, Figures, Incident, IncidentId, Name, Reading, ReportStream, State, Tracker};

/// A status page, from [`Tracker::page`]; with the `serde` feature it renders as JSON.
///
/// ```
/// use eaves_common::time::{Mono, Now, Wall};
/// use eaves_health::incident::{IncidentConfig, State, Tracker};
///
/// let now = Now { mono: Mono::ZERO, wall: Wall::from_secs(1_000) };
/// let mut tracker = Tracker::new(IncidentConfig::default())?;
/// tracker.watch("web", now);
/// let page = tracker.page(10, now);
/// assert_eq!((page.state, page.components.len()), (State::Up, 1));
/// # Ok::<(), eaves_health::incident::IncidentConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Page {
    /// When it was made.
    #[cfg_attr(feature = "serde", serde(with = "super::timestamp"))]
    pub at: Wall,
    /// The worst state of any component.
    pub state: State,
    /// The pools, by name.
    pub components: Vec<Component>,
    /// Incidents that are not over, the latest first.
    pub open: Vec<Incident>,
    /// Incidents that are, the latest first.
    pub history: Vec<Incident>,
}

/// One pool on a [`Page`].
///
/// ```
/// use eaves_common::time::{Mono, Now, Wall};
/// use eaves_health::incident::{IncidentConfig, Tracker};
///
/// let at = |secs| Now { mono: Mono::from_secs(secs), wall: Wall::from_secs(secs) };
/// let mut tracker = Tracker::new(IncidentConfig::default())?;
/// tracker.watch("web", at(0));
/// let page = tracker.page(0, at(60));
/// assert_eq!(page.components[0].uptime.hour.unwrap().to_string(), "100%");
/// # Ok::<(), eaves_health::incident::IncidentConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Component {
    /// Its name.
    pub name: Name,
    /// How it serves.
    pub state: State,
    /// The open incident it belongs to.
    pub incident: Option<IncidentId>,
    /// Shares of time not spent down.
    pub uptime: Figures,
    /// The days of the last 90, oldest first.
    pub days: Vec<Day>,
    /// User reports in the last whole minute, if it gets any.
    pub reports: Option<Reading>,
}

impl Tracker {
    /// Makes the status page, with at most `history` incidents that are over.
    #[must_use]
    pub fn page(&mut self, history: usize, now: Now) -> Page {
        let components = self.pools.iter_mut().map(|(name, pool)| {
            let state = pool.state();
            pool.uptime.spend(state, now);
            Component {
                name: name.clone(),
                state,
                incident: pool.incident,
                uptime: pool.uptime.figures(),
                days: pool.uptime.days(),
                reports: pool.reports.as_ref().map(ReportStream::reading),
            }
        });
        let components: Vec<Component> = components.collect();
        let states = components.iter().map(|component| component.state);
        Page {
            at: now.wall,
            state: states.max().unwrap_or_default(),
            components,
            open: self.open().rev().cloned().collect(),
            history: self.history().take(history).cloned().collect(),
        }
    }
}
