//! [`Signal`]: one thing that a monitor noticed.

use super::Name;

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
