//! [`Store`]: Redis, and a connection to it that is kept.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use redis::{
    AsyncConnectionConfig, Client, RedisError, Script, aio::MultiplexedConnection,
    cluster::ClusterClient, cluster_async::ClusterConnection,
};
use tokio::sync::Notify;

use crate::redis::{StoreError, script::Call};

/// Redis, or what speaks as it does: a single server or a cluster.
///
/// One connection carries all calls, to each node of a cluster; it is made and renewed in the
/// background.
///
/// ```
/// use eaves_ratelimit::redis::Store;
///
/// let single = Store::single("redis://127.0.0.1:6379")?;
/// let cluster = Store::cluster(["redis://127.0.0.1:7000", "redis://127.0.0.1:7001"])?;
/// # Ok::<(), eaves_ratelimit::redis::StoreError>(())
/// ```
#[derive(Clone)]
pub struct Store {
    target: Target,
    slot: Arc<Mutex<Slot>>,
    broken: Arc<Notify>,
}

#[derive(Clone)]
enum Target {
    Single(Client),
    Cluster(Box<ClusterClient>),
}

/// A connection, and how many there were before it.
#[derive(Default)]
struct Slot {
    link: Option<Link>,
    age: u64,
}

#[derive(Clone)]
enum Link {
    Single(MultiplexedConnection),
    Cluster(ClusterConnection),
}

/// Why a call brought nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// There is no connection.
    Unconnected,
    /// No answer came in time.
    Late,
    /// The store refused, or the connection broke.
    Refused,
}

/// How long it may take to connect.
const CONNECT: Duration = Duration::from_secs(1);
/// The wait after the first failure to connect, and the longest.
const WAITS: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(500));

impl Store {
    /// A single server, by a URL such as `redis://127.0.0.1:6379`.
    ///
    /// # Errors
    ///
    /// [`StoreError::Address`] if the URL is not understood.
    pub fn single(url: &str) -> Result<Self, StoreError> {
        Ok(Client::open(url).map_err(StoreError::Address)?.into())
    }

    /// A cluster, by the URLs of some of its nodes.
    ///
    /// # Errors
    ///
    /// [`StoreError::Address`] if a URL is not understood.
    pub fn cluster<'a>(urls: impl IntoIterator<Item = &'a str>) -> Result<Self, StoreError> {
        let builder = ClusterClient::builder(urls)
            .connection_timeout(CONNECT)
            .retries(0); // a batch is sent again under its number, by whoever made it
        Ok(builder.build().map_err(StoreError::Address)?.into())
    }

    fn new(target: Target) -> Self {
        Self {
            target,
            slot: Arc::default(),
            broken: Arc::default(),
        }
    }

    /// Calls a script and waits for its numbers, for so long.
    pub(super) async fn call(
        &self,
        script: &Script,
        call: &Call,
        deadline: Duration,
    ) -> Result<Vec<i64>, Failure> {
        let (link, age) = {
            let slot = self.slot();
            (slot.link.clone().ok_or(Failure::Unconnected)?, slot.age)
        };
        let mut invocation = script.prepare_invoke();
        invocation.key(&call.keys).arg(&call.args);
        let answer = async {
            match link {
                Link::Single(mut link) => invocation.invoke_async(&mut link).await,
                Link::Cluster(mut link) => invocation.invoke_async(&mut link).await,
            }
        };
        match tokio::time::timeout(deadline, answer).await {
            Ok(Ok(numbers)) => Ok(numbers),
            Ok(Err(error)) => Err(self.refused(&error, age)),
            Err(_) => Err(Failure::Late),
        }
    }

    /// Gives the connection up, so that another is made: it may be dead without anyone having said so.
    pub(super) fn renew(&self) {
        let age = self.slot().age;
        self.give_up(age);
    }

    /// Keeps a connection there, until this is dropped.
    pub(super) async fn keep(&self) {
        let mut wait = WAITS.0;
        loop {
            if self.slot().link.is_some() {
                self.broken.notified().await;
                continue;
            }
            let link = tokio::time::timeout(CONNECT, self.connect()).await;
            if let Ok(Ok(link)) = link {
                let mut slot = self.slot();
                slot.link = Some(link);
                slot.age += 1;
                wait = WAITS.0;
            } else {
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(WAITS.1);
            }
        }
    }

    async fn connect(&self) -> Result<Link, RedisError> {
        match &self.target {
            Target::Single(client) => {
                // Callers have deadlines of their own.
                let config = AsyncConnectionConfig::new().set_response_timeout(None);
                let link = client.get_multiplexed_async_connection_with_config(&config);
                link.await.map(Link::Single)
            }
            Target::Cluster(client) => client.get_async_connection().await.map(Link::Cluster),
        }
    }

    fn refused(&self, error: &RedisError, age: u64) -> Failure {
        if error.is_unrecoverable_error() || error.is_io_error() {
            self.give_up(age);
        }
        Failure::Refused
    }

    fn give_up(&self, age: u64) {
        let mut slot = self.slot();
        if slot.age == age && slot.link.take().is_some() {
            self.broken.notify_one();
        }
    }

    fn slot(&self) -> MutexGuard<'_, Slot> {
        // A slot is whole after every step.
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<Client> for Store {
    fn from(client: Client) -> Self {
        Self::new(Target::Single(client))
    }
}

impl From<ClusterClient> for Store {
    fn from(client: ClusterClient) -> Self {
        Self::new(Target::Cluster(Box::new(client)))
    }
}

/// Tells the kind only: addresses may hold passwords.
impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let target = match &self.target {
            Target::Single(_) => "single",
            Target::Cluster(_) => "cluster",
        };
        f.debug_struct("Store")
            .field("target", &target)
            .field("connected", &self.slot().link.is_some())
            .finish_non_exhaustive()
    }
}
