//! Distributed rules over a real `redis-server`.
#![expect(
    clippy::disallowed_methods,
    reason = "what is tested runs in real time"
)]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use eaves_common::time::{Clock as _, SystemClock, TokioClock, Wall};
use eaves_ratelimit::{
    BuildError, Limiter, Mode, Reason, Rule,
    key::{Facts, KeyHasher, Part},
    meter::Algorithm,
    redis::{Distributed, Engine, Health, OnStoreError, Settings, Stats, Store},
    table::Capacity,
};

use crate::redis_server::{Server, cluster, installed};

const SECRET: u128 = 0x5eed;
const PATIENCE: Duration = Duration::from_secs(120);

struct Node {
    limiter: Arc<Limiter>,
    engine: Engine,
}

impl Node {
    fn start(settings: Settings, store: Store, rules: Vec<Rule>) -> Self {
        let limiter = Arc::new(Limiter::new(rules, KeyHasher::shared(SECRET)).unwrap());
        let engine = Engine::start(settings, store).unwrap();
        engine.attach(&limiter).unwrap();
        Self { limiter, engine }
    }

    async fn check(&self, facts: &Facts<'_>) -> bool {
        self.engine
            .check(&self.limiter, facts, 1)
            .await
            .is_allowed()
    }

    /// Waits until the store answers to strict rules: until it has decided once.
    async fn connected(self) -> Self {
        let facts = Facts::of("192.0.2.250".parse().unwrap());
        until("the store decides", || async {
            let before = self.engine.stats();
            let _ = self.check(&facts).await;
            let after = self.engine.stats();
            after.asked > before.asked && after.asked_in_vain == before.asked_in_vain
        })
        .await;
        self
    }
}

/// Waits until a condition holds.
async fn until<F: Future<Output = bool>>(what: &str, mut check: impl FnMut() -> F) {
    let end = Instant::now() + PATIENCE;
    while !check().await {
        assert!(Instant::now() < end, "{what} did not happen");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Patient: what is tested is what comes out, on a machine that may be slow. Yet a call that never ends, as one of
/// a cluster's may, leaves time for others.
fn patient(nodes: u32) -> Settings {
    Settings::new(nodes)
        .deadline(PATIENCE / 12)
        .sync_deadline(PATIENCE / 12)
}

fn rule(name: &str, rate: &str, kind: Distributed) -> Rule {
    let rule = Rule::new(name, rate.parse().unwrap(), Capacity::new(1_024).unwrap()).unwrap();
    rule.distributed(kind)
}

fn client(text: &str) -> Facts<'static> {
    Facts::of(text.parse().unwrap())
}

fn store(server: &Server) -> Store {
    Store::single(&server.url()).unwrap()
}

#[test]
fn what_cannot_be_shared_is_refused() {
    let delta = || rule("all", "10/1s", Distributed::Delta);
    let refused = |rule, hasher| Limiter::new([rule], hasher).unwrap_err();
    let needs = |error| match error {
        BuildError::Distributed { needs, .. } => needs,
        other => panic!("{other}"),
    };
    assert_eq!(
        needs(refused(delta(), KeyHasher::random())),
        "`KeyHasher::shared`"
    );
    let windows = delta().algorithm(Algorithm::Window);
    assert_eq!(
        needs(refused(windows, KeyHasher::shared(1))),
        "the algorithm `gcra`"
    );
    assert!(Settings::new(0).check().is_err());
    assert!(Settings::new(2).prefix("a{b").check().is_err());
    assert!(Store::single("ftp://nowhere").is_err());
}

#[test]
fn a_rule_without_an_engine_has_all_of_its_limit() {
    let rules = [
        rule("d", "1/1h burst 5", Distributed::Delta),
        rule("s", "1/1h burst 3", Distributed::Strict),
    ];
    let limiter = Limiter::new(rules, KeyHasher::shared(SECRET)).unwrap();
    let now = SystemClock.mono();
    let allowed = (0..10)
        .filter(|_| limiter.check(&client("192.0.2.1"), now).is_allowed())
        .count();
    assert_eq!(allowed, 3);
    limiter.refund(&client("192.0.2.1"), 1, now);
    assert!(limiter.check(&client("192.0.2.1"), now).is_allowed());
}

#[tokio::test]
async fn a_burst_of_less_than_a_unit_for_each_node_is_not_shared_by_delta() {
    let store = Store::single("redis://127.0.0.1:1").unwrap();
    let engine = Engine::start(Settings::new(10), store).unwrap();
    let attach = |rule| {
        let limiter = Limiter::new([rule], KeyHasher::shared(SECRET)).unwrap();
        engine.attach(&limiter).map_err(|error| error.to_string())
    };
    assert!(attach(rule("a", "10/1m", Distributed::Delta)).is_ok());
    assert!(attach(rule("a", "5/1m", Distributed::Strict)).is_ok());
    let refused = "the rule `a` cannot be distributed without a burst of at least a unit for each \
                   node, or `strict` in place of `delta`";
    assert_eq!(
        attach(rule("a", "9/1m", Distributed::Delta)).unwrap_err(),
        refused
    );
    let own = rule("a", "10/1m", Distributed::Delta)
        .key([Part::CLIENT_IP])
        .rate_of(["192.0.2.1"], "2/1m".parse().unwrap());
    assert_eq!(
        attach(own).unwrap_err(),
        refused,
        "also for a key of its own rate"
    );
}

#[cfg(feature = "serde")]
#[test]
fn a_config_says_how_a_rule_is_shared() {
    let text = "name = 'a'\nlimit = '5/1m'\ndistributed = 'strict'\non_store_error = 'deny'";
    let config: eaves_ratelimit::RuleConfig = toml::from_str(text).unwrap();
    let written = serde_json::from_str(&serde_json::to_string(&config).unwrap()).unwrap();
    assert_eq!(config, written);
    let expected = Rule::new("a", "5/1m".parse().unwrap(), Capacity::new(65_536).unwrap()).unwrap();
    let expected = expected
        .distributed(Distributed::Strict)
        .on_store_error(OnStoreError::Deny);
    assert_eq!(Rule::try_from(config).unwrap(), expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strict_rules_admit_the_limit_exactly_whoever_asks() {
    if !installed() {
        return;
    }
    let server = Server::start();
    let mut nodes = Vec::new();
    for _ in 0..3 {
        let rules =
            vec![rule("login", "1/1h burst 50", Distributed::Strict).key([Part::CLIENT_IP])];
        nodes.push(Arc::new(
            Node::start(patient(3), store(&server), rules)
                .connected()
                .await,
        ));
    }
    let tasks: Vec<_> = (0..150)
        .map(|at| {
            let node = Arc::clone(&nodes[at % 3]);
            tokio::spawn(async move { node.check(&client("192.0.2.1")).await })
        })
        .collect();
    let mut allowed = 0;
    for task in tasks {
        allowed += u32::from(task.await.unwrap());
    }
    assert_eq!(allowed, 50);
    assert!(
        nodes[0].check(&client("192.0.2.2")).await,
        "another client has its own limit"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_strict_rules_count_all_or_none_and_denials_are_remembered() {
    if !installed() {
        return;
    }
    let server = Server::start();
    let rules = || {
        vec![
            rule("wide", "1/1h burst 5", Distributed::Strict).key(["value.a".parse().unwrap()]),
            rule("narrow", "1/1h burst 2", Distributed::Strict).key(["value.b".parse().unwrap()]),
            rule("local", "1/1h burst 4", Distributed::Delta).key(["value.c".parse().unwrap()]),
        ]
    };
    let node = Node::start(patient(1), store(&server), rules())
        .connected()
        .await;
    let one = [("a", "1"), ("b", "1"), ("c", "1")];
    let mut answers = Vec::new();
    for _ in 0..4 {
        answers.push(node.check(&Facts::default().values(&one)).await);
    }
    assert_eq!(answers, [true, true, false, false]);

    let asked = node.engine.stats().asked;
    let decision = node
        .engine
        .check(&node.limiter, &Facts::default().values(&one), 1)
        .await;
    assert_eq!(
        (decision.reason(), decision.rule()),
        (Reason::Over, Some("narrow"))
    );
    let minutes = decision.retry_after().unwrap().as_secs() / 60;
    assert!((58..=60).contains(&minutes), "{decision:?}");
    assert_eq!(
        node.engine.stats().asked,
        asked,
        "what is denied is denied without asking"
    );

    // The denials took nothing from the wide rule: three of five are left under another `b`.
    let mut answers = Vec::new();
    for b in ["2", "2", "3", "3"] {
        let values = [("a", "1"), ("b", b), ("c", "2")];
        answers.push(node.check(&Facts::default().values(&values)).await);
    }
    assert_eq!(answers, [true, true, true, false]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shadow_denies_nothing_and_a_script_that_is_forgotten_is_loaded_again() {
    if !installed() {
        return;
    }
    let server = Server::start();
    let rules = vec![
        rule("shadow", "1/1h burst 1", Distributed::Strict).mode(Mode::Shadow),
        rule("real", "1/1h burst 50", Distributed::Strict),
    ];
    let node = Node::start(patient(1), store(&server), rules)
        .connected()
        .await;
    server.command(&["SCRIPT", "FLUSH"]);
    let before = node.engine.stats();
    let decision = node.engine.check(&node.limiter, &Facts::default(), 1).await;
    assert!(decision.is_allowed());
    assert_eq!(
        (decision.rule(), decision.shadow()),
        (Some("real"), Some("shadow"))
    );
    assert_eq!(node.engine.stats().asked_in_vain, before.asked_in_vain);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deltas_reach_the_other_nodes() {
    if !installed() {
        return;
    }
    let server = Server::start();
    let rules =
        || vec![rule("per-client", "1/1h burst 40", Distributed::Delta).key([Part::CLIENT_IP])];
    let nodes = [0, 1].map(|_| Node::start(patient(2), store(&server), rules()));
    let facts = client("192.0.2.1");
    let left = |node: &Node| node.limiter.peek(&facts, 0, SystemClock.mono()).remaining();
    for _ in 0..10 {
        assert!(nodes[0].check(&facts).await);
    }
    until("the first node hears of what it spent", || async {
        left(&nodes[0]) == Some(30)
    })
    .await;
    // A node hears of the others when it is asked itself.
    assert!(nodes[1].check(&facts).await);
    until("the other hears of it too", || async {
        left(&nodes[1]) == Some(29)
    })
    .await;
    assert!(nodes[0].engine.stats().nodes == 2);

    // What is given back goes to all: the store knows of the other's request as well.
    nodes[0].limiter.refund(&facts, 5, SystemClock.mono());
    until("a refund is heard of", || async {
        left(&nodes[0]) == Some(34)
    })
    .await;
}

#[tokio::test]
async fn a_rule_that_is_reloaded_stays_with_its_engine() {
    let unreachable = Store::single("redis://127.0.0.1:1").unwrap();
    let node = Node::start(
        Settings::new(10),
        unreachable,
        vec![rule("d", "1/1h burst 100", Distributed::Delta)],
    );
    let now = SystemClock.mono();
    let facts = Facts::default();
    assert!(node.limiter.check_cost(&facts, 20, now).is_allowed());
    // A tenth is this node's: what it admits costs ten times as much.
    assert!(!node.limiter.check(&facts, now).is_allowed());
    let again = node
        .limiter
        .reload([rule("d", "1/1h burst 100", Distributed::Delta)], now)
        .unwrap();
    assert!(
        !again.check(&facts, now).is_allowed(),
        "it goes on where it was"
    );
    let faster = node
        .limiter
        .reload([rule("d", "1/1h burst 200", Distributed::Delta)], now)
        .unwrap();
    assert!(faster.check_cost(&facts, 20, now).is_allowed());
    assert!(
        !faster.check(&facts, now).is_allowed(),
        "it is shared still"
    );
    node.engine.stop().await;
}

#[tokio::test]
async fn a_check_by_delta_allocates_nothing() {
    let unreachable = Store::single("redis://127.0.0.1:1").unwrap();
    let rules = vec![rule("d", "1000/1s", Distributed::Delta).key([Part::CLIENT_IP])];
    let node = Node::start(Settings::new(1), unreachable, rules);
    let now = SystemClock.mono();
    let check = |host: u8| {
        node.limiter
            .check(&Facts::of([192, 0, 2, host].into()), now)
    };
    (0..100).for_each(|host| assert!(check(host).is_allowed()));
    let info = allocation_counter::measure(|| {
        for host in (0..=255).cycle().take(10_000) {
            let _ = check(host);
        }
    });
    assert_eq!(info.count_total, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_together_admit_the_limit_of_a_cluster_s_keys() {
    if !installed() {
        return;
    }
    let mut servers = cluster();
    let urls: Vec<String> = servers.iter().map(Server::url).collect();
    let store = || Store::cluster(urls.iter().map(String::as_str)).unwrap();
    let rules = || {
        vec![
            rule("strict", "1/1h burst 7", Distributed::Strict).key([Part::CLIENT_IP]),
            rule("delta", "1/1h burst 40", Distributed::Delta).key([Part::CLIENT_IP]),
        ]
    };
    let one = Node::start(patient(2).lanes(8), store(), rules())
        .connected()
        .await;
    let other = Node::start(patient(2).lanes(8), store(), rules())
        .connected()
        .await;
    for host in 1..20 {
        let facts = Facts::of([192, 0, 2, host].into());
        let mut allowed = 0;
        for _ in 0..5 {
            allowed += u32::from(one.check(&facts).await) + u32::from(other.check(&facts).await);
        }
        assert_eq!(allowed, 7, "{host}");
    }
    until("all is told", || async {
        let stats = one.engine.stats();
        stats.waiting == 0 && stats.synced_keys >= 19
    })
    .await;
    let keys = servers.iter().map(|server| {
        let size = server.command(&["DBSIZE"]);
        size.trim().trim_start_matches(':').parse::<u32>().unwrap()
    });
    assert!(
        keys.filter(|keys| *keys > 3).count() >= 2,
        "keys are spread over masters"
    );

    // One master is gone: the keys of the others stay in step.
    servers[2].kill();
    let mut host = 0_u8;
    let mut ask = || {
        host = host.wrapping_add(1);
        let _ = one
            .limiter
            .check(&Facts::of([198, 51, 100, host].into()), SystemClock.mono());
    };
    until("its lanes are given up", || {
        ask();
        async { one.engine.stats().sync != Health::Up }
    })
    .await;
    let synced = one.engine.stats().synced;
    until("others go on", || {
        ask();
        async { one.engine.stats().synced > synced + 20 }
    })
    .await;
    assert!(servers[2].run(), "it starts again");
    until("all are back", || {
        ask();
        async { one.engine.stats().sync == Health::Up }
    })
    .await;
}

/// Asks for a while, and says how many were allowed and how long the longest took.
async fn ask(node: &Node, times: u32) -> (u32, Duration) {
    let facts = client("192.0.2.1");
    let (mut allowed, mut longest) = (0, Duration::ZERO);
    for _ in 0..times {
        let start = Instant::now();
        allowed += u32::from(node.check(&facts).await);
        longest = longest.max(start.elapsed());
    }
    (allowed, longest)
}

fn is_down(stats: &Stats) -> bool {
    stats.strict != Health::Up
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_is_killed_holds_nobody_up_and_is_used_again_when_it_is_back() {
    if !installed() {
        return;
    }
    let mut server = Server::start();
    for (on_store_error, expected) in [
        (OnStoreError::Local, 10), // half of twenty: two nodes share them
        (OnStoreError::Allow, 30),
        (OnStoreError::Deny, 0),
    ] {
        let rules = vec![
            rule("all", "1/1h burst 20", Distributed::Strict)
                .key([Part::CLIENT_IP])
                .on_store_error(on_store_error),
        ];
        let prefix = format!("{on_store_error:?}");
        let settings = patient(2)
            .prefix(prefix)
            .deadline(Duration::from_millis(200));
        let node = Node::start(settings, store(&server), rules)
            .connected()
            .await;
        server.kill();
        until("the breaker opens", || async {
            let _ = node.check(&client("192.0.2.2")).await;
            is_down(&node.engine.stats())
        })
        .await;
        let (allowed, _) = ask(&node, 30).await;
        assert!(
            allowed.abs_diff(expected) <= 1,
            "{on_store_error:?}: {allowed}"
        );
        assert!(server.run(), "it starts again");
        // No request has to come for that.
        until("the store is found to be back", || async {
            !is_down(&node.engine.stats())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_hangs_opens_the_breakers() {
    if !installed() {
        return;
    }
    let server = Server::start();
    let rules = vec![
        rule("strict", "1000/1s", Distributed::Strict),
        rule("delta", "1000/1s", Distributed::Delta),
    ];
    let settings = Settings::new(1).deadline(Duration::from_millis(100));
    let node = Node::start(settings, store(&server), rules)
        .connected()
        .await;
    server.signal("STOP");
    let began = Instant::now();
    until("both breakers open", || async {
        let _ = ask(&node, 5).await;
        let stats = node.engine.stats();
        is_down(&stats) && stats.sync != Health::Up
    })
    .await;
    let asked = node.engine.stats().asked;
    let (_, longest) = ask(&node, 50).await;
    println!(
        "breakers open after {:?}; then the longest of 50 took {longest:?}",
        began.elapsed()
    );
    assert_eq!(
        node.engine.stats().asked,
        asked,
        "no request is held up to find out"
    );
    for _ in 0..20 {
        let facts = client("192.0.2.1");
        let cancelled = node.engine.check(&node.limiter, &facts, 1);
        let _ = tokio::time::timeout(Duration::ZERO, cancelled).await;
    }
    server.signal("CONT");
    until("the strict breaker closes", || async {
        node.engine.stats().strict == Health::Up
    })
    .await;
    until("the other closes", || async {
        let _ = ask(&node, 5).await;
        node.engine.stats().sync == Health::Up
    })
    .await;
    node.engine.stop().await;
}

/// By the runtime's own clock, which stands still while there is something to do: what the machine adds
/// is not in it.
#[tokio::test]
async fn no_request_waits_longer_than_the_deadline() {
    if !installed() {
        return;
    }
    let server = Server::start();
    let rules = vec![rule("strict", "1000/1s", Distributed::Strict)];
    let limiter = Arc::new(Limiter::new(rules, KeyHasher::shared(SECRET)).unwrap());
    let deadline = Duration::from_secs(2);
    let settings = Settings::new(1).deadline(deadline);
    let clock = Arc::new(TokioClock::at(Wall::ZERO));
    let engine = Engine::start_with(settings, store(&server), clock, 7).unwrap();
    engine.attach(&limiter).unwrap();
    let node = Node { limiter, engine }.connected().await;
    server.signal("STOP");
    tokio::time::pause();
    let mut waits = Vec::new();
    for _ in 0..50 {
        let start = tokio::time::Instant::now();
        let _ = node.check(&client("192.0.2.1")).await;
        waits.push(start.elapsed());
        tokio::time::sleep(Duration::from_millis(70)).await; // the store is tried in between
    }
    let granule = Duration::from_millis(1); // of tokio's timers
    assert!(
        waits.iter().all(|wait| *wait <= deadline + granule),
        "{waits:?}"
    );
    // After three in a row nobody waits, also not while the store is tried.
    let held_up = waits.iter().filter(|wait| !wait.is_zero()).count();
    assert!((1..=3).contains(&held_up), "{waits:?}");
    assert!(is_down(&node.engine.stats()));
}
