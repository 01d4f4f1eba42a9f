//! [`CacheConfig`]: what a layer is made of.

use core::{fmt, future::Future, num::NonZeroU64, pin::Pin, time::Duration};
use std::sync::Arc;

use eaves_common::time::{Clock, SystemClock};

use super::Sleep;
use crate::{
    key::KeyRules,
    policy::{Normalise, Policy},
    purge::Purges,
    store::{Memory, Store},
};

/// A piece of work for a [`Spawn`].
pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Something that runs tasks in the background, such as `|task| { tokio::spawn(task); }`.
pub trait Spawn: Send + Sync + 'static {
    /// Starts a task; it may be dropped unfinished when the runtime ends.
    fn spawn(&self, task: Task);
}

impl<F: Fn(Task) + Send + Sync + 'static> Spawn for F {
    fn spawn(&self, task: Task) {
        self(task);
    }
}

/// What becomes of a body that is being stored when its last reader leaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "it ends or goes on")]
pub enum OnDisconnect {
    /// The request to the origin is given up, and nothing is stored.
    #[default]
    Abort,
    /// The spawner reads it to its end. Without a spawner this is [`Abort`](Self::Abort).
    Finish,
}

/// What the origin is asked for when a client wants a range that is not stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ranges {
    /// The range the client asked for. What comes is stored as a part; parts under one strong validator are combined,
    /// and asked for what they lack.
    #[default]
    PassThrough,
    /// Slices of so many bytes, aligned, one after the other, whatever part of the response is wanted; each is stored
    /// and evicted by itself. That takes an origin with ranges and strong validators: any other is asked again without
    /// a slice.
    Slices(NonZeroU64),
    /// The whole response, of which the client gets its range as soon as it has come. It waits for the bytes before
    /// it; whether those behind it are fetched too is [`OnDisconnect`]'s to say.
    Whole,
}

/// The parts of a [`CacheLayer`](super::CacheLayer).
///
/// ```
/// use std::sync::Arc;
/// use eaves_cache::{policy::Policy, store::Memory, tower::{CacheConfig, CacheLayer, OnDisconnect}};
///
/// let config = CacheConfig::default()
///     .name("edge")
///     .policy(Policy::standards_only())
///     .store(Arc::new(Memory::new(64 << 20)))
///     .on_disconnect(OnDisconnect::Finish);
/// let layer = CacheLayer::new(config);
/// assert_eq!(layer.stats().hits, 0);
/// ```
#[derive(Clone)]
pub struct CacheConfig {
    pub(super) name: Arc<str>,
    pub(super) policy: Policy,
    pub(super) keys: KeyRules,
    pub(super) purges: Option<Arc<Purges>>,
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) spawner: Option<Arc<dyn Spawn>>,
    pub(super) on_disconnect: OnDisconnect,
    pub(super) unshared_for: Duration,
    pub(super) ranges: Ranges,
    pub(super) min_uses: u32,
    pub(super) normalise: Normalise,
    pub(super) patience: Option<(Duration, Arc<dyn Sleep>)>,
    pub(super) stalled: (Duration, Option<Arc<dyn Sleep>>),
}

impl Default for CacheConfig {
    /// A shared cache called `eaves`: 256 MiB of memory, the machine's clock, no spawner.
    fn default() -> Self {
        Self {
            name: Arc::from("eaves"),
            policy: Policy::default(),
            keys: KeyRules::default(),
            purges: None,
            store: Arc::new(Memory::new(256 << 20)),
            clock: Arc::new(SystemClock),
            spawner: None,
            on_disconnect: OnDisconnect::Abort,
            unshared_for: Duration::from_secs(10),
            ranges: Ranges::PassThrough,
            min_uses: 1,
            normalise: Normalise::default(),
            patience: None,
            stalled: (Duration::from_secs(60), None),
        }
    }
}

impl CacheConfig {
    /// Sets the name in Cache-Status.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        self.name = Arc::from(name);
        self
    }

    /// Sets the rules of decision.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Sets how keys are made.
    #[must_use]
    pub fn keys(mut self, keys: KeyRules) -> Self {
        self.keys = keys;
        self
    }

    /// Sets the table of purges, for several caches that are purged together.
    #[must_use]
    pub fn purges(mut self, purges: Arc<Purges>) -> Self {
        self.purges = Some(purges);
        self
    }

    /// Sets the store; a caller may keep a handle on it.
    #[must_use]
    pub fn store(mut self, store: Arc<dyn Store>) -> Self {
        self.store = store;
        self
    }

    /// Sets the clock.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Sets what runs background revalidation and [`OnDisconnect::Finish`]. Without it, what may be served stale
    /// while it is validated is validated first.
    #[must_use]
    pub fn spawner(mut self, spawner: impl Spawn) -> Self {
        self.spawner = Some(Arc::new(spawner));
        self
    }

    /// Sets what becomes of a fill whose last reader leaves.
    #[must_use]
    pub fn on_disconnect(mut self, then: OnDisconnect) -> Self {
        self.on_disconnect = then;
        self
    }

    /// Sets how long a request waits for another's answer before it asks the origin itself; without this it waits until
    /// that answer comes or the other one leaves.
    ///
    /// ```
    /// use core::time::Duration;
    /// use eaves_cache::tower::{Alarm, CacheConfig};
    ///
    /// let sleep = |time| -> Alarm { Box::pin(tokio::time::sleep(time)) };
    /// let config = CacheConfig::default().wait_at_most(Duration::from_secs(5), sleep);
    /// ```
    #[must_use]
    pub fn wait_at_most(mut self, time: Duration, sleep: impl Sleep) -> Self {
        self.patience = Some((time, Arc::new(sleep)));
        self
    }

    /// Sets how long a reader may read nothing of a body that turned out too long to be kept, while what it has not read
    /// is held for it; 60 seconds unless set. Then it is left behind: when it goes on, it asks the origin for the rest
    /// under a strong validator, or its body ends in [`BodyError::Lagging`](super::BodyError::Lagging).
    ///
    /// Whenever another reader goes on, the time is looked at. With this, and with a [`spawner`](Self::spawner), it is
    /// looked at when none does, too; and a body of more than 64 KiB of which nobody reads any more for one to two such
    /// times, though the origin has more, is not stored any further and gives back the room that is reserved for it.
    ///
    /// Apart from that room, those who read a body while it is stored hold none of it. What leaves the store while
    /// somebody reads it lives until its last reader has gone.
    ///
    /// ```
    /// use core::time::Duration;
    /// use eaves_cache::tower::{Alarm, CacheConfig};
    ///
    /// let sleep = |time| -> Alarm { Box::pin(tokio::time::sleep(time)) };
    /// let config = CacheConfig::default().stalled_after(Duration::from_secs(20), sleep);
    /// ```
    #[must_use]
    pub fn stalled_after(mut self, time: Duration, sleep: impl Sleep) -> Self {
        self.stalled = (time, Some(Arc::new(sleep)));
        self
    }

    /// Sets how request fields are reduced before anything is selected or asked; by default they are not.
    #[must_use]
    pub fn normalise(mut self, normalise: Normalise) -> Self {
        self.normalise = normalise;
        self
    }

    /// Sets how often a URL has to be asked for before its answers are stored; one unless set. The count lasts as long as
    /// the URL is among the 65,536 asked for last.
    #[must_use]
    pub fn min_uses(mut self, uses: u32) -> Self {
        self.min_uses = uses;
        self
    }

    /// Sets what the origin is asked for when a client wants a range.
    #[must_use]
    pub fn ranges(mut self, ranges: Ranges) -> Self {
        self.ranges = ranges;
        self
    }

    /// Sets for how long requests to a URL whose answer was not shareable go to the origin without waiting for one
    /// another.
    #[must_use]
    pub fn unshared_for(mut self, time: Duration) -> Self {
        self.unshared_for = time;
        self
    }
}

impl fmt::Debug for CacheConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheConfig")
            .field("name", &self.name)
            .field("policy", &self.policy)
            .field("keys", &self.keys)
            .field("usage", &self.store.usage())
            .field("spawner", &self.spawner.is_some())
            .field("on_disconnect", &self.on_disconnect)
            .field("unshared_for", &self.unshared_for)
            .field("ranges", &self.ranges)
            .field("min_uses", &self.min_uses)
            .field("patience", &self.patience.as_ref().map(|(time, _)| time))
            .field("stalled", &self.stalled.0)
            .finish_non_exhaustive()
    }
}
