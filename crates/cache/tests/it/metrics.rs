//! What a cache publishes through the `metrics` facade.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use eaves_cache::status::Reason;
use metrics::{
    Counter, CounterFn, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};

use crate::origin::World;

/// Counters by name and labels.
#[derive(Clone, Default)]
struct Counts(Arc<Mutex<BTreeMap<String, u64>>>);

struct Cell(Counts, String);

impl CounterFn for Cell {
    fn increment(&self, value: u64) {
        *self.0.0.lock().unwrap().entry(self.1.clone()).or_default() += value;
    }

    fn absolute(&self, value: u64) {
        self.0.0.lock().unwrap().insert(self.1.clone(), value);
    }
}

impl Recorder for Counts {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let labels = key
            .labels()
            .map(|label| format!(" {}={}", label.key(), label.value()));
        let name = format!("{}{}", key.name(), labels.collect::<String>());
        Counter::from_arc(Arc::new(Cell(self.clone(), name)))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[tokio::test]
async fn each_reason_is_one_counter() {
    let world = World::new();
    world.say(200, &[("cache-control", "max-age=60")], "text");
    world.say(200, &[("cache-control", "private")], "text");
    for path in ["/", "/", "/", "/mine"] {
        world.get(path, &[]).await;
    }
    world
        .get("/none", &[("cache-control", "only-if-cached")])
        .await;
    let counts = Counts::default();
    let publish = || metrics::with_local_recorder(&counts, || world.layer.publish("pages"));
    publish();
    publish();
    let counted = counts.0.lock().unwrap();
    let of = |reason: Reason| {
        let label = reason.label();
        let name = format!("eaves_cache_reasons_total cache=pages reason={label}");
        counted.get(&name).copied()
    };
    assert!(Reason::all().all(|reason| of(reason).is_some()));
    let given: Vec<_> = Reason::all()
        .filter(|reason| of(*reason) > Some(0))
        .map(|reason| (reason.label(), of(reason).unwrap_or_default()))
        .collect();
    assert_eq!(
        given,
        [
            ("hit", 2),
            ("uri-miss", 2),
            ("only-if-cached", 1),
            ("not-stored-private", 1)
        ]
    );
    assert_eq!(counted["eaves_cache_store_admitted_total store=pages"], 1);
}
