//! Purges that reach every node, through a Redis stream.
//!
//! Each node writes its purges to one stream and reads those of the others, from where it stopped. A node applies its
//! own at once: Redis is not waited for. While Redis is away, purges queue, up to a limit at which all that wait become
//! one purge of everything. A node that comes back later than the stream goes back says so, and what may have been
//! missed is purged softly: stale responses are validated, and none is lost.

mod config;
mod outbox;
mod session;

use std::{
    convert::Infallible,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use redis::Client;
use tokio::{sync::Notify, time::sleep};

pub use self::{config::NodesConfig, outbox::State};
use self::{outbox::Outbox, session::Session};
use super::Purge;
use crate::store::Synced;

/// A node's part in the purges of all nodes; clones share it.
///
/// [`run`](Self::run) carries them; until it runs, and while Redis is away, what is published waits.
///
/// ```
/// use eaves_cache::purge::{Purge, nodes::{Nodes, NodesConfig}};
///
/// let nodes = Nodes::new(NodesConfig::new("edge-1"));
/// let sent = nodes.publish(&Purge::tag("news"));
/// assert_eq!(nodes.state().queued, 1);
/// # drop(sent);
/// ```
///
/// With a cache, where `layer` is a [`CacheLayer`](crate::tower::CacheLayer):
///
/// ```text
/// tokio::spawn(nodes.clone().run(client, move |heard| drop(layer.apply(&heard.purge()))));
/// let receipt = layer.apply(&purge);       // here, at once
/// let sent = nodes.publish(&purge);        // everywhere else
/// ```
#[derive(Clone)]
pub struct Nodes {
    shared: Arc<Shared>,
}

struct Shared {
    config: NodesConfig,
    outbox: Mutex<Outbox>,
    filled: Notify,
}

/// What a node hears.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "it has to be applied"]
#[non_exhaustive]
pub enum Heard {
    /// Another node's purge.
    Purge {
        /// The name of that node.
        from: String,
        /// What it purged.
        purge: Purge,
    },
    /// The stream does not go back to where this node stopped reading, or had an entry that cannot be read: purges may
    /// be missing.
    Missed,
}

impl Heard {
    /// Returns the purge to apply: for those that may be missing, a soft one of everything.
    pub fn purge(&self) -> Purge {
        match self {
            Self::Purge { purge, .. } => purge.clone(),
            Self::Missed => Purge::everything().soft(),
        }
    }
}

impl Nodes {
    /// Makes a node that has heard nothing yet: it will hear what is published from its first connection on.
    #[must_use]
    pub fn new(config: NodesConfig) -> Self {
        Self {
            shared: Arc::new(Shared {
                outbox: Mutex::new(Outbox::new(config.queue)),
                config,
                filled: Notify::new(),
            }),
        }
    }

    /// Tells the other nodes. The future is ready when Redis has the purge, and fails if too many waited, so that they
    /// became a purge of everything.
    pub fn publish(&self, purge: &Purge) -> Synced {
        let sent = self.outbox(|outbox| outbox.add(purge.clone()));
        self.shared.filled.notify_one();
        sent
    }

    /// Returns what the node has sent and heard.
    #[must_use]
    pub fn state(&self) -> State {
        self.outbox(|outbox| outbox.state())
    }

    /// Returns where this node stopped reading, to go on from there in another process by
    /// [`resume_at`](Self::resume_at), if what it stores outlives this one.
    #[must_use]
    pub fn position(&self) -> Option<String> {
        self.outbox(|outbox| outbox.position.clone())
    }

    /// Goes on from where an earlier process stopped.
    pub fn resume_at(&self, position: &str) {
        self.outbox(|outbox| outbox.position = Some(position.to_owned()));
    }

    /// Sends and hears until it is dropped; a failed connection is made again after a while. `apply` is called for what
    /// is heard, in the order of the stream, before the position moves on.
    ///
    /// # Cancel safety
    /// Dropping it loses nothing: what was not sent waits, and what was not heard is heard by the next run.
    pub async fn run(self, client: Client, mut apply: impl FnMut(Heard) + Send) -> Infallible {
        let mut pause = self.shared.config.pause;
        loop {
            let Err(error) = self.session(&client, &mut apply, &mut pause).await;
            self.outbox(|outbox| outbox.lost(error.to_string()));
            sleep(pause).await;
            pause = (pause * 2).min(self.shared.config.pause * 32);
        }
    }

    async fn session(
        &self,
        client: &Client,
        apply: &mut (impl FnMut(Heard) + Send),
        pause: &mut core::time::Duration,
    ) -> Result<Infallible, redis::RedisError> {
        let (mut reader, mut writer) = (
            Session::open(self, client).await?,
            Session::open(self, client).await?,
        );
        if self.position().is_none() {
            writer.join().await?;
        }
        self.outbox(Outbox::connected);
        *pause = self.shared.config.pause;
        tokio::select! {
            heard = reader.hear(apply) => heard,
            sent = writer.send() => sent,
        }
    }

    fn outbox<R>(&self, with: impl FnOnce(&mut Outbox) -> R) -> R {
        with(
            &mut self
                .shared
                .outbox
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }
}

impl fmt::Debug for Nodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Nodes")
            .field("config", &self.shared.config)
            .field("state", &self.state())
            .finish()
    }
}
