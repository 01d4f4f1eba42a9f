//! [`Settings`]: how nodes share limits.

use std::time::Duration;

use super::{StoreError, sync::Plan};

/// How a node keeps its distributed rules in step with the others.
///
/// All nodes need the same [`prefix`](Self::prefix) and [`lanes`](Self::lanes); the rest may differ.
///
/// ```
/// use std::time::Duration;
/// use eaves_ratelimit::redis::Settings;
///
/// let settings = Settings::new(10)
///     .prefix("shop")
///     .lanes(16) // a cluster of Redis
///     .deadline(Duration::from_millis(3));
/// assert!(settings.check().is_ok());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Settings {
    pub(super) nodes: u32,
    pub(super) prefix: String,
    pub(super) lanes: u16,
    pub(super) shortest: Duration,
    pub(super) longest: Duration,
    pub(super) deadline: Duration,
    pub(super) sync_deadline: Duration,
    pub(super) backlog: usize,
    pub(super) batch: usize,
}

impl Settings {
    /// Settings for a service of about so many nodes.
    ///
    /// A key that a node knows nothing of gets `1 / nodes` of its limit there until the store has
    /// answered. More nodes are noticed, fewer are not: give the least there are.
    pub fn new(nodes: u32) -> Self {
        Self {
            nodes,
            prefix: "eaves".to_owned(),
            lanes: 1,
            shortest: Duration::from_millis(50),
            longest: Duration::from_millis(200),
            deadline: Duration::from_millis(5),
            sync_deadline: Duration::from_millis(100),
            backlog: 16_384,
            batch: 512,
        }
    }

    /// Names keys in the store by this, `eaves` if nothing is said: services of different prefixes
    /// share nothing.
    pub fn prefix(self, prefix: impl Into<String>) -> Self {
        let prefix = prefix.into();
        Self { prefix, ..self }
    }

    /// Spreads the keys of delta rules over so many hash slots, 1 if nothing is said. Each takes a
    /// round trip of its own; a cluster needs some more than it has masters.
    pub fn lanes(self, lanes: u16) -> Self {
        Self { lanes, ..self }
    }

    /// Syncs not more often and not less often than this, 50 and 200 ms if nothing is said; in
    /// between the load decides.
    pub fn interval(self, shortest: Duration, longest: Duration) -> Self {
        Self {
            shortest,
            longest,
            ..self
        }
    }

    /// Lets a request wait for a strict rule at most so long, 5 ms if nothing is said.
    pub fn deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// Takes the store for gone if it does not answer to a sync for so long, which no request waits
    /// for; 100 ms if nothing is said.
    pub fn sync_deadline(self, sync_deadline: Duration) -> Self {
        Self {
            sync_deadline,
            ..self
        }
    }

    /// Lets so many keys wait for a sync, per lane, 16,384 if nothing is said. Keys beyond that are
    /// told of when they come again.
    pub fn backlog(self, backlog: usize) -> Self {
        Self { backlog, ..self }
    }

    /// Sends so many keys at once, 512 if nothing is said: a script over them holds the store up for
    /// about a millisecond.
    pub fn batch(self, batch: usize) -> Self {
        Self { batch, ..self }
    }

    /// Says whether these settings can work.
    ///
    /// # Errors
    ///
    /// [`StoreError::Setting`] names the first that cannot.
    pub fn check(&self) -> Result<(), StoreError> {
        let hour = Duration::from_secs(3600);
        let brief = |duration: Duration| duration > Duration::ZERO && duration <= hour;
        let prefixed = !self.prefix.is_empty()
            && self.prefix.len() <= 64
            && self
                .prefix
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && !b"{}:!".contains(&byte));
        let checks = [
            (
                prefixed,
                "prefix",
                "1 to 64 printable characters without `{`, `}`, `:`, `!`",
            ),
            ((1..=65_536).contains(&self.nodes), "nodes", "1 to 65536"),
            ((1..=1_024).contains(&self.lanes), "lanes", "1 to 1024"),
            (
                brief(self.shortest),
                "interval",
                "more than 0, at most an hour",
            ),
            (
                self.longest >= self.shortest && brief(self.longest),
                "interval",
                "a longest of the shortest to an hour",
            ),
            (
                brief(self.deadline),
                "deadline",
                "more than 0, at most an hour",
            ),
            (
                brief(self.sync_deadline),
                "sync_deadline",
                "more than 0, at most an hour",
            ),
            (
                (1..=1 << 24).contains(&self.backlog),
                "backlog",
                "1 to 16777216",
            ),
            // The store does nothing else while a script runs.
            ((1..=1_000).contains(&self.batch), "batch", "1 to 1000"),
        ];
        let wrong = checks.into_iter().find(|(right, ..)| !right);
        wrong.map_or(Ok(()), |(_, name, expected)| {
            Err(StoreError::Setting { name, expected })
        })
    }

    pub(super) const fn plan(&self) -> Plan {
        Plan {
            shortest: self.shortest,
            longest: self.longest,
            deadline: self.sync_deadline,
            batch: self.batch,
            nodes: self.nodes,
        }
    }
}
