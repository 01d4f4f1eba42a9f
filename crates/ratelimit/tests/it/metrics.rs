//! What a limiter and an engine publish through the `metrics` facade.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use eaves_common::time::Mono;
use eaves_ratelimit::{
    Limiter, Missing, Mode, Rule,
    key::{Facts, KeyHasher, Part},
    table::Capacity,
};
use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, Key, KeyName, Metadata, Recorder, SharedString,
    Unit,
};

/// Counters and gauges by name and labels, as they were set last.
#[derive(Clone, Default)]
struct Board {
    values: Arc<Mutex<BTreeMap<String, f64>>>,
    described: Arc<Mutex<Vec<String>>>,
}

struct Cell(Board, String);

impl CounterFn for Cell {
    fn increment(&self, _: u64) {
        panic!("{} is counted elsewhere", self.1);
    }

    fn absolute(&self, value: u64) {
        self.set(value as f64);
    }
}

impl GaugeFn for Cell {
    fn increment(&self, _: f64) {
        panic!("{} is set", self.1);
    }

    fn decrement(&self, _: f64) {
        panic!("{} is set", self.1);
    }

    fn set(&self, value: f64) {
        let mut values = self.0.values.lock().unwrap();
        values.insert(self.1.clone(), value);
    }
}

impl Recorder for Board {
    fn describe_counter(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.described
            .lock()
            .unwrap()
            .push(name.as_str().to_owned());
    }

    fn describe_gauge(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.described
            .lock()
            .unwrap()
            .push(name.as_str().to_owned());
    }

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.cell(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.cell(key))
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

impl Board {
    fn cell(&self, key: &Key) -> Arc<Cell> {
        let labels = key
            .labels()
            .map(|label| format!(" {}={}", label.key(), label.value()));
        let name = format!("{}{}", key.name(), labels.collect::<String>());
        Arc::new(Cell(self.clone(), name))
    }

    /// The lines that are not zero.
    fn lines(&self) -> Vec<String> {
        let values = self.values.lock().unwrap();
        let set = values.iter().filter(|(_, value)| **value != 0.0);
        set.map(|(name, value)| format!("{name} {value}")).collect()
    }

    /// The names, each once.
    fn names(&self) -> Vec<String> {
        let values = self.values.lock().unwrap();
        let name = |line: &String| line.split(' ').next().unwrap_or_default().to_owned();
        let mut names: Vec<_> = values.keys().map(name).collect();
        names.dedup();
        names
    }
}

fn rule(name: &str, rate: &str) -> Rule {
    Rule::new(name, rate.parse().unwrap(), Capacity::MIN).unwrap()
}

/// Sends ten clients, one of them three times and one without a token.
fn limiter() -> Limiter {
    let rules = [
        rule("client", "1/1h").key([Part::CLIENT_IP]),
        rule("token", "1/1h")
            .key(["header.x-token".parse().unwrap()])
            .mode(Mode::Shadow)
            .missing(Missing::Share),
    ];
    let limiter = Limiter::new(rules, KeyHasher::with_seed(1)).unwrap();
    for host in [1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9] {
        let client = std::net::Ipv4Addr::new(192, 0, 2, host);
        let _ = limiter.check(&Facts::of(client.into()), Mono::from_secs(1));
    }
    limiter
}

#[test]
fn a_limiter_tells_decisions_evictions_and_tracked_keys_by_rule() {
    let (limiter, board) = (limiter(), Board::default());
    let publish = || {
        metrics::with_local_recorder(&board, || limiter.publish("api", Mono::from_secs(1)));
    };
    publish();
    publish(); // the same once more, since they are set
    assert_eq!(
        board.lines(),
        [
            "eaves_ratelimit_decisions_total limiter=api rule=client decision=allow 9",
            "eaves_ratelimit_decisions_total limiter=api rule=client decision=deny 2",
            "eaves_ratelimit_decisions_total limiter=api rule=token decision=allow 1",
            "eaves_ratelimit_decisions_total limiter=api rule=token decision=shadow_deny 10",
            "eaves_ratelimit_evicted_keys_total limiter=api rule=client 1",
            "eaves_ratelimit_keyless_requests_total limiter=api rule=token 11",
            "eaves_ratelimit_table_bytes limiter=api rule=client 66",
            "eaves_ratelimit_table_bytes limiter=api rule=token 66",
            "eaves_ratelimit_table_cells limiter=api rule=client 8",
            "eaves_ratelimit_table_cells limiter=api rule=token 8",
            "eaves_ratelimit_tracked_keys limiter=api rule=client 8",
            "eaves_ratelimit_tracked_keys limiter=api rule=token 1",
        ]
    );
    let later = Mono::from_secs(2 * 3_600);
    metrics::with_local_recorder(&board, || limiter.publish("api", later));
    let tracked = |line: &String| line.starts_with("eaves_ratelimit_tracked_keys");
    assert!(!board.lines().iter().any(tracked), "debts are paid by then");
}

#[cfg(feature = "redis")]
#[tokio::test]
async fn an_engine_tells_how_its_store_answers_and_every_name_is_described() {
    use eaves_ratelimit::redis::{Engine, Settings, Store};

    let board = Board::default();
    // Nothing listens on port 1.
    let store = Store::single("redis://127.0.0.1:1").unwrap();
    let engine = Engine::start(Settings::new(3), store).unwrap();
    let stats = engine.stats();
    metrics::with_local_recorder(&board, || {
        eaves_ratelimit::metrics::describe();
        limiter().publish("api", Mono::ZERO);
        stats.publish("edge");
    });
    let lines = board.lines();
    for line in [
        "eaves_ratelimit_nodes engine=edge 3",
        "eaves_ratelimit_store_up engine=edge path=strict 1",
        "eaves_ratelimit_store_up engine=edge path=sync 1",
    ] {
        assert!(
            lines.iter().any(|found| found == line),
            "{line} in {lines:#?}"
        );
    }
    let mut described = board.described.lock().unwrap().clone();
    described.sort();
    assert_eq!(board.names(), described);
    assert!(
        described
            .iter()
            .all(|name| name.starts_with("eaves_ratelimit_"))
    );
    engine.stop().await;
}
