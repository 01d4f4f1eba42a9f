//! One node and its clients.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use eaves_common::time::{Clock as _, Mono, SystemClock};
use eaves_ratelimit::{
    BuildError, Limiter, Rule,
    key::{Facts, KeyHash, KeyHasher},
    meter::Gcra,
    redis::{Distributed, Engine, Settings, Store, StoreError},
    table::Capacity,
};
use tokio::{task::JoinSet, time::sleep};

use super::{Cli, load::Arrivals};

/// What makes the names of keys the same on all nodes.
const SECRET: u128 = 0x0dd_ba11;
/// A request in so many asks to log in, which a strict rule limits.
const LOGINS: u64 = 50;
/// How long a request waits for the strict rule at most.
pub(super) const DEADLINE: Duration = Duration::from_millis(5);
/// What clients ask for at once, at most.
const BEAT: Duration = Duration::from_millis(1);

/// A node: limiter and engine.
pub(super) struct Node {
    limiter: Limiter,
    pub(super) engine: Engine,
    pub(super) log: Log,
}

/// What happened at a node. Times are nanoseconds from the start.
#[derive(Debug, Default)]
pub(super) struct Log {
    pub(super) requests: AtomicU64,
    pub(super) admitted: Mutex<Vec<u64>>,
    pub(super) logins: AtomicU64,
    pub(super) logged_in: Mutex<Vec<u64>>,
    /// How long decisions took, in nanoseconds: all of the strict rule, the longest of the others.
    pub(super) waits: Mutex<Vec<u64>>,
    /// How long a timer of the strict rule's deadline took that was started with each of these.
    pub(super) controls: Mutex<Vec<u64>>,
    pub(super) longest: AtomicU64,
    /// How late the longest of the clients' timers was: what the machine adds to all waits.
    pub(super) late: AtomicU64,
}

/// What all nodes' clients go by.
pub(super) struct World {
    pub(super) cli: Cli,
    pub(super) start: Mono,
    /// One limiter that sees everything, and what it admits.
    central: Gcra,
    pub(super) ideal: AtomicU64,
}

impl World {
    pub(super) fn new(cli: Cli) -> Result<Self, BuildError> {
        Ok(Self {
            central: Gcra::new(cli.limit, Capacity::MIN)?,
            cli,
            start: SystemClock.mono(),
            ideal: AtomicU64::new(0),
        })
    }

    pub(super) fn elapsed(&self) -> Duration {
        SystemClock.mono() - self.start
    }
}

/// The limit of logins: a twentieth of the other, so that what is asked for is over it too.
pub(super) fn logins_per_second(cli: &Cli) -> f64 {
    (cli.limit_per_second() / 50.0).max(1.0).round()
}

impl Node {
    pub(super) fn start(cli: &Cli, store: Store) -> Result<Self, StartError> {
        let all = Rule::new("all", cli.limit, Capacity::MIN)?
            .when(["value.kind is not login".parse()?])
            .distributed(Distributed::Delta);
        let logins = format!("{}/1s burst 10", logins_per_second(cli)).parse();
        let logins = Rule::new("logins", logins.unwrap_or(cli.limit), Capacity::MIN)?
            .when(["value.kind is login".parse()?])
            .distributed(Distributed::Strict);
        let limiter = Limiter::new([all, logins], KeyHasher::shared(SECRET))?;
        let settings = Settings::new(cli.nodes).deadline(DEADLINE);
        let engine = Engine::start(settings, store)?;
        engine.attach(&limiter)?;
        Ok(Self {
            limiter,
            engine,
            log: Log::default(),
        })
    }

    /// Lets clients ask until the end.
    pub(super) async fn serve(self: Arc<Self>, number: u32, world: Arc<World>) {
        let mut arrivals = Arrivals::new(u64::from(number) + 1);
        let end = Duration::from_secs(world.cli.seconds().into());
        let mut logins = JoinSet::new();
        let mut last = Duration::ZERO;
        while last < end {
            sleep(BEAT).await;
            let now = world.elapsed();
            let late = now.saturating_sub(last + BEAT).as_nanos() as u64;
            self.log.late.fetch_max(late, Relaxed);
            let part = world.cli.load.part(number, world.cli.nodes, now);
            let expected = part * world.cli.rate() * (now - last).as_secs_f64();
            for _ in 0..arrivals.within(expected) {
                self.ask(&world);
                if self.log.requests.load(Relaxed).is_multiple_of(LOGINS) {
                    let node = Arc::clone(&self);
                    logins.spawn(node.log_in(Arc::clone(&world)));
                }
            }
            last = now;
            while logins.try_join_next().is_some() {}
        }
        logins.join_all().await;
    }

    fn ask(&self, world: &World) {
        let before = SystemClock.mono();
        let central = world.central.check(KeyHash::new(1), 1, before);
        world
            .ideal
            .fetch_add(u64::from(central.is_allowed()), Relaxed);
        let start = SystemClock.mono();
        let decision = self.limiter.check(&Facts::default(), start);
        let took = SystemClock.mono() - start;
        self.log.longest.fetch_max(took.as_nanos() as u64, Relaxed);
        self.log.requests.fetch_add(1, Relaxed);
        if decision.is_allowed() {
            push(&self.log.admitted, (start - world.start).as_nanos() as u64);
        }
    }

    async fn log_in(self: Arc<Self>, world: Arc<World>) {
        let facts = Facts::default().values(&[("kind", "login")]);
        let start = SystemClock.mono();
        let control = tokio::spawn(async move {
            sleep(DEADLINE).await;
            SystemClock.mono() - start
        });
        let decision = self.engine.check(&self.limiter, &facts, 1).await;
        let took = SystemClock.mono() - start;
        let control = control.await.unwrap_or_default();
        self.log.logins.fetch_add(1, Relaxed);
        push(&self.log.waits, took.as_nanos() as u64);
        push(&self.log.controls, control.as_nanos() as u64);
        if decision.is_allowed() {
            let at = SystemClock.mono() - world.start;
            push(&self.log.logged_in, at.as_nanos() as u64);
        }
    }
}

fn push(times: &Mutex<Vec<u64>>, time: u64) {
    let mut times = times.lock().unwrap_or_else(PoisonError::into_inner);
    times.push(time);
}

/// Reads a node's times.
pub(super) fn times(times: &Mutex<Vec<u64>>) -> Vec<u64> {
    times.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// What keeps the nodes from starting.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The limit cannot be built.
    #[error(transparent)]
    Limit(#[from] BuildError),
    /// Redis cannot be started.
    #[error("redis-server cannot be started: {0}")]
    Server(#[from] std::io::Error),
    /// Redis cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}
