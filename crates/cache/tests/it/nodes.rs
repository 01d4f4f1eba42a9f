//! Purges between nodes, through a real Redis.

use std::{
    io::Write as _,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use eaves_cache::{
    purge::{
        Purge,
        nodes::{Nodes, NodesConfig, State},
    },
    tower::CacheLayer,
};
use redis::Client;
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep},
};

use crate::origin::World;

/// A server of the test's own, on a socket in a folder of its own; it ends with the test.
struct Redis {
    folder: tempfile::TempDir,
    server: Option<Child>,
}

impl Redis {
    /// `None` if the program is not installed, which is an error where all tests have to run.
    fn start() -> Option<Self> {
        let there = Command::new("redis-server")
            .arg("--version")
            .stdout(Stdio::null())
            .status();
        if there.is_err() {
            assert!(
                std::env::var("CI").is_err(),
                "redis-server is not installed"
            );
            let _ = writeln!(std::io::stderr(), "skipped: redis-server is not installed");
            return None;
        }
        let mut redis = Self {
            folder: tempfile::tempdir().unwrap(),
            server: None,
        };
        redis.up();
        Some(redis)
    }

    fn socket(&self) -> std::path::PathBuf {
        self.folder.path().join("redis.sock")
    }

    fn up(&mut self) {
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        let server = Command::new("redis-server")
            .args([
                "--port",
                "0",
                "--appendonly",
                "yes",
                "--appendfsync",
                "always",
                "--save",
                "",
            ])
            .args([
                "--dir",
                &text(self.folder.path()),
                "--unixsocket",
                &text(&self.socket()),
            ])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.server = Some(server.unwrap());
    }

    fn down(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill().unwrap();
            server.wait().unwrap();
            let _ = std::fs::remove_file(self.socket());
        }
    }

    fn client(&self) -> Client {
        Client::open(format!("redis+unix://{}", self.socket().display())).unwrap()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.down();
    }
}

/// A cache that takes part, with `/` stored under the tag `news`.
struct Node {
    nodes: Nodes,
    world: World,
    running: JoinHandle<()>,
}

impl Node {
    async fn start(redis: &Redis, config: NodesConfig) -> Self {
        let world = World::new();
        let nodes = Nodes::new(config.pause(Duration::from_millis(10)));
        let running = run(&nodes, &world.layer, redis);
        let node = Self {
            nodes,
            world,
            running,
        };
        node.until("a connection", |state| state.connected).await;
        node.store("old").await;
        node
    }

    async fn store(&self, body: &str) {
        let fields = &[
            ("cache-control", "max-age=60, stale-while-revalidate=60"),
            ("surrogate-key", "news"),
        ];
        self.world.say(200, fields, body);
        self.world.get("/", &[]).await;
    }

    fn purge(&self, purge: &Purge) -> eaves_cache::store::Synced {
        let _ = self.world.layer.apply(purge);
        self.nodes.publish(purge)
    }

    async fn until(&self, what: &str, is_so: impl Fn(&State) -> bool) {
        let end = Instant::now() + Duration::from_secs(90);
        while !is_so(&self.nodes.state()) {
            assert!(Instant::now() < end, "no {what}: {:?}", self.nodes.state());
            sleep(Duration::from_millis(2)).await;
        }
    }

    /// Says whether `/` is served as it was stored.
    async fn is_hit(&self) -> bool {
        let fresh = self
            .world
            .get("/", &[("cache-control", "only-if-cached")])
            .await;
        fresh.status == 200 && fresh.cache_status() == "eaves; hit; ttl=60"
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.running.abort();
    }
}

fn run(nodes: &Nodes, layer: &CacheLayer, redis: &Redis) -> JoinHandle<()> {
    let (nodes, layer, client) = (nodes.clone(), layer.clone(), redis.client());
    tokio::spawn(async move {
        let never = nodes
            .run(client, move |heard| drop(layer.apply(&heard.purge())))
            .await;
        match never {}
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_purge_reaches_the_other_nodes_and_not_its_own_again() {
    let Some(redis) = Redis::start() else { return };
    let (a, b) = (
        Node::start(&redis, NodesConfig::new("a")).await,
        Node::start(&redis, NodesConfig::new("b")).await,
    );
    assert!(a.is_hit().await && b.is_hit().await);
    a.purge(&Purge::tag("sport")).await.unwrap();
    let heard = b.nodes.state().heard;
    a.purge(&Purge::tag("news")).await.unwrap();
    b.until("purge of a tag", |state| state.heard > heard).await;
    a.until("echo", |state| state.heard > 2).await;
    assert!(!b.is_hit().await && !a.is_hit().await);
    a.store("new").await;
    assert!(a.is_hit().await, "its own purge is not applied twice");
    assert_eq!(a.world.layer.purges().purged().all(), 2);
    assert_eq!(
        (b.nodes.state().missed, b.world.layer.purges().purged().tags),
        (0, 2)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_purge_during_an_outage_holds_here_at_once_and_there_afterwards() {
    let Some(mut redis) = Redis::start() else {
        return;
    };
    let (a, b) = (
        Node::start(&redis, NodesConfig::new("a")).await,
        Node::start(&redis, NodesConfig::new("b")).await,
    );
    redis.down();
    a.until("outage", |state| !state.connected).await;
    b.until("outage", |state| !state.connected).await;
    let sent = a.purge(&Purge::tag("news"));
    assert!(!a.is_hit().await && b.is_hit().await);
    assert_eq!(a.nodes.state().queued, 1);
    redis.up();
    sent.await.unwrap();
    b.until("purge", |_| b.world.layer.purges().purged().tags == 1)
        .await;
    assert!(!b.is_hit().await);
    assert_eq!(
        (b.nodes.state().missed, a.nodes.state().missed),
        (0, 0),
        "the stream went on where it stopped"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_away_for_too_long_says_so_and_takes_nothing_for_fresh() {
    let Some(redis) = Redis::start() else { return };
    let a = Node::start(&redis, NodesConfig::new("a").keep_exactly(4)).await;
    let mut b = Node::start(&redis, NodesConfig::new("b").keep_exactly(4)).await;
    for away in [2, 9] {
        b.running.abort();
        let _ = (&mut b.running).await;
        b.store("again").await;
        let before = b.nodes.state();
        for _ in 0..away {
            a.purge(&Purge::tag("sport")).await.unwrap();
        }
        b.running = run(&b.nodes, &b.world.layer, &redis);
        let heard = before.heard + if away > 4 { 3 } else { away };
        b.until("purges", |state| state.heard >= heard).await;
        let missed = b.nodes.state().missed - before.missed;
        assert_eq!(missed, u64::from(away > 4), "away for {away}");
        assert_eq!(b.is_hit().await, away <= 4);
    }
    // Made stale, and not lost.
    b.world.say_error();
    assert_eq!(b.world.get("/", &[]).await.text(), "again");
    let everything = b.world.layer.purges().purged().everything;
    assert_eq!(everything, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_is_gone_counts_as_missed() {
    let Some(redis) = Redis::start() else { return };
    let b = Node::start(&redis, NodesConfig::new("b")).await;
    let mut connection = redis
        .client()
        .get_multiplexed_async_connection()
        .await
        .unwrap();
    let () = redis::cmd("FLUSHALL")
        .query_async(&mut connection)
        .await
        .unwrap();
    b.until("sign of the loss", |state| state.missed == 1).await;
    assert!(!b.is_hit().await);
    b.store("new").await;
    let a = Node::start(&redis, NodesConfig::new("a")).await;
    a.purge(&Purge::tag("news")).await.unwrap();
    b.until("purge", |_| b.world.layer.purges().purged().tags == 1)
        .await;
    assert_eq!(b.nodes.state().missed, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_that_cannot_be_read_counts_as_missed() {
    let Some(redis) = Redis::start() else { return };
    let b = Node::start(&redis, NodesConfig::new("b")).await;
    let mut connection = redis
        .client()
        .get_multiplexed_async_connection()
        .await
        .unwrap();
    let mut add = redis::cmd("XADD");
    add.arg("eaves:purges")
        .arg("*")
        .arg("node")
        .arg("x")
        .arg("purge")
        .arg("of a later kind");
    let _: String = add.query_async(&mut connection).await.unwrap();
    b.until("doubt", |state| state.missed == 1).await;
    assert!(!b.is_hit().await);
}
