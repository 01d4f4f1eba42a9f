//! [`NodesConfig`]: where purges are written, and how long they are kept.

use core::time::Duration;

/// How a node takes part.
///
/// ```
/// use eaves_cache::purge::nodes::NodesConfig;
///
/// let config = NodesConfig::new("edge-1").stream("shop:purges").keep(50_000);
/// assert_eq!(config.node(), "edge-1");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct NodesConfig {
    pub(super) node: String,
    pub(super) stream: String,
    pub(super) keep: u64,
    pub(super) trim: Trim,
    pub(super) queue: usize,
    pub(super) pause: Duration,
    pub(super) timeout: Duration,
}

/// How exactly the stream is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trim {
    About,
    Exactly,
}

impl NodesConfig {
    /// Names the node; no two have the same name. The stream is `eaves:purges`, of about 10,000 purges.
    pub fn new(node: &str) -> Self {
        Self {
            node: node.to_owned(),
            stream: "eaves:purges".to_owned(),
            keep: 10_000,
            trim: Trim::About,
            queue: 1024,
            pause: Duration::from_millis(100),
            timeout: Duration::from_secs(5),
        }
    }

    /// Returns the node's name.
    #[must_use]
    pub fn node(&self) -> &str {
        &self.node
    }

    /// Sets the key of the stream.
    pub fn stream(mut self, key: &str) -> Self {
        self.stream = key.to_owned();
        self
    }

    /// Sets how many purges the stream keeps, about: a node that is away for more has to assume that it missed some.
    pub fn keep(mut self, purges: u64) -> Self {
        self.keep = purges;
        self.trim = Trim::About;
        self
    }

    /// Sets how many purges the stream keeps to the last one, which is more work for Redis.
    pub fn keep_exactly(mut self, purges: u64) -> Self {
        self.keep = purges;
        self.trim = Trim::Exactly;
        self
    }

    /// Sets how many purges wait while Redis is away; beyond that they become one of everything.
    pub fn queue(mut self, purges: usize) -> Self {
        self.queue = purges.max(1);
        self
    }

    /// Sets the pause before a lost connection is made again; it doubles up to 32 times that.
    pub fn pause(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }

    /// Sets how long an answer of Redis may take.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}
