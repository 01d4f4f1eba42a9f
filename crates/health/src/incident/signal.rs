//! [`Signal`]: one thing that a monitor noticed.

use super::Name;
use crate::{
    monitor::{Change, Event, Evidence, Standing},
    pool::Mode,
};

/// How something serves, best first.
///
/// ```
/// use eaves_health::incident::State;
///
/// assert!(State::Down > State::Degraded && State::Degraded > State::Up);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum State {
    /// It serves.
    #[default]
    Up,
    /// It serves worse than it should: slowly, in part, or with fewer origins.
    Degraded,
    /// It does not serve.
    Down,
}

impl State {
    /// Returns the word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Degraded => "degraded",
            Self::Down => "down",
        }
    }
}

/// The state of an origin or of a whole pool, as just noticed; saying it twice changes nothing.
///
/// ```
/// use eaves_health::incident::{Signal, State};
///
/// let signal = Signal::origin("web", "10.0.0.1:80", State::Down)
///     .site("ams")
///     .because("connection refused 3 times");
/// assert_eq!(signal.pool.as_str(), "web");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Signal {
    /// The pool.
    pub pool: Name,
    /// The origin, or `None` if this is about the pool as a whole.
    pub origin: Option<Name>,
    /// Where it is: a zone, a data centre.
    pub site: Option<Name>,
    /// How it serves now.
    pub state: State,
    /// What shows it.
    pub evidence: Option<Box<str>>,
}

impl Signal {
    /// Makes a signal about one origin.
    #[must_use]
    pub fn origin(pool: impl Into<Name>, origin: impl Into<Name>, state: State) -> Self {
        Self {
            origin: Some(origin.into()),
            ..Self::pool(pool, state)
        }
    }

    /// Makes a signal about a pool as a whole: [`Down`](State::Down) if nobody is left to serve.
    #[must_use]
    pub fn pool(pool: impl Into<Name>, state: State) -> Self {
        Self {
            pool: pool.into(),
            origin: None,
            site: None,
            state,
            evidence: None,
        }
    }

    /// Reads it off an event of a monitor; `None` if the event says nothing about how well somebody
    /// serves. An origin that was put out is down whether probes or traffic said so. A pool in panic
    /// is degraded, or down if not one of it is healthy: then traffic does not vouch for it either.
    ///
    /// ```
    /// use eaves_common::time::Now;
    /// use eaves_health::{Monitor, PoolConfig, pool::OriginConfig, probe::Verdict};
    /// use eaves_health::incident::{Signal, State};
    ///
    /// let config = PoolConfig::new("web").origin(OriginConfig::new("a", "192.0.2.1:80".parse()?));
    /// let mut monitor = Monitor::new(config, 1, Now::default())?;
    /// let probe = monitor.poll_probe().unwrap();
    /// monitor.handle_probe(probe.id, &Verdict::Pass { latency: Default::default() }, Now::default());
    /// let signal = Signal::of(&monitor.poll_event().unwrap()).unwrap();
    /// assert_eq!((signal.pool.as_str(), signal.state), ("web", State::Up));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn of(event: &Event) -> Option<Self> {
        let pool = &*event.pool;
        let signal = match &event.change {
            Change::Origin { name, to, .. } => {
                let state = match to {
                    Standing::Down | Standing::Ejected => State::Down,
                    Standing::Degraded | Standing::Healthy | Standing::Warming => State::Up,
                    Standing::Unknown => return None,
                };
                Self::origin(pool, &**name, state)
            }
            Change::Mode { to, .. } => {
                let state = match (to, &event.evidence) {
                    (Mode::Normal, _) => State::Up,
                    (Mode::Panic, Evidence::Healthy { healthy: 0, .. }) => State::Down,
                    (Mode::Panic, _) => State::Degraded,
                };
                Self::pool(pool, state)
            }
        };
        Some(signal.because(event.evidence.to_string()))
    }

    /// Sets where it is.
    #[must_use]
    pub fn site(mut self, site: impl Into<Name>) -> Self {
        self.site = Some(site.into());
        self
    }

    /// Sets what shows it.
    #[must_use]
    pub fn because(mut self, evidence: impl Into<Box<str>>) -> Self {
        self.evidence = Some(evidence.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use eaves_common::time::Now;

    use super::*;

    fn event(change: Change, evidence: Evidence) -> Event {
        Event {
            at: Now::default(),
            pool: "web".into(),
            change,
            evidence,
        }
    }

    #[test]
    fn panic_is_an_outage_when_nobody_is_healthy() {
        let (from, to) = (Mode::Normal, Mode::Panic);
        for (healthy, expected) in [(0, State::Down), (3, State::Degraded)] {
            let evidence = Evidence::Healthy { healthy, of: 10 };
            let signal = Signal::of(&event(Change::Mode { from, to }, evidence)).unwrap();
            assert_eq!((signal.origin, signal.state), (None, expected));
        }
        let calm = Change::Mode { from: to, to: from };
        let signal = Signal::of(&event(calm, Evidence::Time)).unwrap();
        assert_eq!(signal.state, State::Up);
    }
}
