//! [`Engine`]: keeps a node's distributed rules in step with the others.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use eaves_common::time::{Clock, SystemClock};
use redis::Script;
use tokio::{sync::Notify, task::JoinHandle};

use super::{Store, probe, run};
use crate::{
    BuildError, Limiter,
    redis::{
        Replica, Settings, Stats, StoreError,
        board::Board,
        script,
        sync::{Breaker, Sync},
    },
};

/// Keeps the distributed rules of limiters in step with those of other nodes.
///
/// Rules that share by delta are asked as ever, by [`Limiter::check`]. For strict ones there is
/// [`check`](Self::check). An engine begins and goes on without its store; dropped, it leaves rules to
/// themselves.
///
/// ```
/// use std::sync::Arc;
/// use eaves_ratelimit::{Limiter, Rule, key::{Facts, KeyHasher, Part}, table::Capacity};
/// use eaves_ratelimit::redis::{Distributed, Engine, Settings, Store};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let rule = Rule::new("per-client", "100/1m burst 20".parse()?, Capacity::new(65_536)?)?
///     .key([Part::CLIENT_IP])
///     .distributed(Distributed::Delta);
/// let secret = 0x0123_4567_89ab_cdef; // the same on all nodes, known to nobody else
/// let limiter = Arc::new(Limiter::new([rule], KeyHasher::shared(secret))?);
///
/// let engine = Engine::start(Settings::new(10), Store::single("redis://127.0.0.1:6379")?)?;
/// engine.attach(&limiter)?;
/// let client = "198.51.100.7".parse()?;
/// let decision = engine.check(&limiter, &Facts::of(client), 1).await;
/// assert!(decision.is_allowed()); // with or without a Redis there
/// # engine.stop().await;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Engine {
    pub(super) shared: Arc<Shared>,
    tasks: Vec<JoinHandle<()>>,
    /// Nodes there are at least.
    nodes: u32,
}

/// What an engine and its tasks share.
pub(super) struct Shared {
    pub(super) board: Arc<Board>,
    pub(super) store: Store,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) sync: Mutex<Sync>,
    pub(super) strict: Mutex<Breaker>,
    /// Rings when the store is given up for strict rules.
    pub(super) lost: Notify,
    pub(super) sync_script: Script,
    pub(super) strict_script: Script,
    pub(super) node: u64,
    pub(super) deadline: Duration,
    pub(super) sync_deadline: Duration,
    pub(super) stop: Notify,
}

impl Engine {
    /// Starts an engine by the system's clock.
    ///
    /// # Errors
    ///
    /// [`StoreError::Setting`] if a setting is out of range. That the store is not there is none.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with I/O and time.
    pub fn start(settings: Settings, store: Store) -> Result<Self, StoreError> {
        let seed =
            std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), &settings.prefix);
        Self::start_with(settings, store, Arc::new(SystemClock), seed)
    }

    /// Starts an engine by another clock; `seed` decides jitter and names the node, so no two nodes
    /// may have the same.
    ///
    /// # Errors
    ///
    /// [`StoreError::Setting`] if a setting is out of range.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with I/O and time.
    pub fn start_with(
        settings: Settings,
        store: Store,
        clock: Arc<dyn Clock>,
        seed: u64,
    ) -> Result<Self, StoreError> {
        settings.check()?;
        let Settings {
            prefix,
            lanes,
            backlog,
            nodes,
            ..
        } = &settings;
        // A node that is started anew begins to count its batches anew, so it is another.
        let node = seed ^ clock.now().wall.as_nanos();
        let board = Arc::new(Board::new(prefix, *lanes, *backlog, *nodes));
        let sync = Sync::new(Arc::clone(&board), settings.plan(), seed, clock.mono());
        let shared = Arc::new(Shared {
            board,
            store,
            sync: Mutex::new(sync),
            strict: Mutex::new(Breaker::new(seed)),
            lost: Notify::new(),
            sync_script: Script::new(script::SYNC),
            strict_script: Script::new(script::STRICT),
            node,
            clock,
            deadline: settings.deadline,
            sync_deadline: settings.sync_deadline,
            stop: Notify::new(),
        });
        let keeper = shared.store.clone();
        let tasks = vec![
            tokio::spawn(async move { keeper.keep().await }),
            tokio::spawn(probe::probe(Arc::clone(&shared))),
            tokio::spawn(run::run(Arc::clone(&shared))),
        ];
        Ok(Self {
            shared,
            tasks,
            nodes: settings.nodes,
        })
    }

    /// Keeps the distributed rules of a limiter; again after a reload that brings rules. A rule stays
    /// with the first engine that keeps it.
    ///
    /// # Errors
    ///
    /// [`BuildError::Distributed`] if a rule that shares by delta has a burst of fewer units than there
    /// are nodes by the settings: each node may admit a unit that the others do not know of, which
    /// would be more than all of it. No rule is kept then. Use
    /// [`Strict`](crate::redis::Distributed::Strict), or a larger burst.
    pub fn attach(&self, limiter: &Limiter) -> Result<(), BuildError> {
        let tight = |replica: &&Arc<Replica>| replica.is_tight(self.nodes);
        if let Some(replica) = limiter.replicas().find(tight) {
            return Err(BuildError::Distributed {
                rule: replica.rule().to_owned(),
                needs: "a burst of at least a unit for each node, or `strict` in place of `delta`",
            });
        }
        for replica in limiter.replicas() {
            replica.attach(&self.shared.board);
        }
        Ok(())
    }

    /// Says what was done so far and how the store is.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let sync = self.shared.sync().state();
        let strict = self.shared.strict().state();
        Stats::of(&self.shared.board, sync, strict)
    }

    /// Tells the store what it has not heard, and ends.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is ready, it ends the engine at once.
    pub async fn stop(mut self) {
        self.shared.stop.notify_one();
        if let Some(task) = self.tasks.last_mut() {
            let _ = task.await;
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
        self.shared.board.close();
    }
}

impl Shared {
    pub(super) fn sync(&self) -> MutexGuard<'_, Sync> {
        self.sync.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn strict(&self) -> MutexGuard<'_, Breaker> {
        self.strict.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("store", &self.shared.store)
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
