//! What is counted through the facade.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use eaves_common::time::{Clock as _, SystemClock};
use eaves_health::{
    Algorithm, PoolConfig,
    driver::{Finding, NamedOrigin, Options, Prober, Probing, Resolve, Resolved, Resolving},
    metrics::{
        ATTEMPTS, CERTIFICATE, EVENTS, LOOKUPS, ORIGINS, PROBE_DURATION, PROBES, REFUSALS, describe,
    },
    monitor::Probe,
    pool::OriginConfig,
    probe::{Check, Reason, Verdict},
    retry::{Retry, RetryConfig},
    tower::{Balance, SendBody},
};
use http::{Request, Response, StatusCode};
use http_body_util::Empty;
use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit,
};
use tower::{ServiceExt, service_fn};

/// Counters, gauges, and how often histograms were told something, by name and labels.
#[derive(Clone, Debug, Default)]
struct Counts(Arc<Mutex<BTreeMap<String, u64>>>);

struct Cell(Counts, String);

impl Cell {
    fn add(&self, value: u64) {
        *self.0.0.lock().unwrap().entry(self.1.clone()).or_default() += value;
    }
}

impl CounterFn for Cell {
    fn increment(&self, value: u64) {
        self.add(value);
    }

    fn absolute(&self, _: u64) {}
}

impl GaugeFn for Cell {
    fn increment(&self, _: f64) {}

    fn decrement(&self, _: f64) {}

    fn set(&self, value: f64) {
        let value = value.round() as u64;
        self.0.0.lock().unwrap().insert(self.1.clone(), value);
    }
}

impl HistogramFn for Cell {
    fn record(&self, _: f64) {
        self.add(1);
    }
}

impl Counts {
    fn cell(&self, key: &Key) -> Arc<Cell> {
        let labels = key
            .labels()
            .map(|label| format!(" {}={}", label.key(), label.value()));
        let labels: String = labels.collect();
        Arc::new(Cell(self.clone(), format!("{}{labels}", key.name())))
    }

    fn of(&self, name: &str, labels: &str) -> u64 {
        let counts = self.0.lock().unwrap();
        counts.get(&format!("{name}{labels}")).copied().unwrap_or(0)
    }
}

impl Recorder for Counts {
    fn describe_counter(&self, key: KeyName, _: Option<Unit>, _: SharedString) {
        self.0
            .lock()
            .unwrap()
            .entry(format!("told {}", key.as_str()))
            .or_default();
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, text: SharedString) {
        self.describe_counter(key, unit, text);
    }

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, text: SharedString) {
        self.describe_counter(key, unit, text);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.cell(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.cell(key))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.cell(key))
    }
}

/// Passes at port 1, fails elsewhere.
struct Half;

impl Prober for Half {
    fn probe(&self, probe: Probe) -> Probing {
        let verdict = match probe.addr.port() {
            1 => Verdict::Pass {
                latency: Duration::from_millis(1),
            },
            _ => Verdict::Fail(Reason::Status { status: 503 }),
        };
        let days = match probe.origin.number() {
            0 => 40,
            _ => 400,
        };
        let end = SystemClock.now().wall + Duration::from_secs(86_400 * days);
        Box::pin(async move { Finding::from(verdict).expires(Some(end)) })
    }
}

struct Book;

impl Resolve for Book {
    fn resolve(&self, host: &str) -> Resolving {
        let addrs = match host {
            "good.example" => vec!["127.0.0.1".parse().unwrap()],
            _ => Vec::new(),
        };
        Box::pin(async { Ok(Resolved::from(addrs)) })
    }
}

#[tokio::test]
async fn probes_events_and_look_ups_are_counted() {
    let counts = Counts::default();
    // The driver's tasks run on this thread, too.
    let _recording = metrics::set_default_local_recorder(&counts);
    let config = PoolConfig::new("web")
        .check(Check::tcp().interval(Duration::from_millis(20)))
        .origin(OriginConfig::new("up", ([127, 0, 0, 1], 1).into()))
        .origin(OriginConfig::new("down", ([127, 0, 0, 1], 2).into()));
    let handle = Options::new()
        .prober(Arc::new(Half))
        .resolver(Arc::new(Book))
        .name(NamedOrigin::new("good", "good.example", 1))
        .name(NamedOrigin::new("bad", "bad.example", 1))
        .spawn(config)
        .unwrap();
    let mut findings = handle.findings();
    while handle.status().healthy < 2 || counts.of(PROBES, " kind=tcp verdict=fail") < 3 {
        let waited = tokio::time::timeout(super::probes::PATIENCE, findings.recv()).await;
        waited.expect("a probe comes back").unwrap();
    }
    let standing = |standing| counts.of(ORIGINS, &format!(" pool=web standing={standing}"));
    let gauges = ["healthy", "down", "unknown"].map(standing);
    handle.stop().await;
    assert_eq!(gauges, [2, 1, 0], "{counts:?}");
    assert_eq!(
        ["healthy", "down"].map(standing),
        [0, 0],
        "nobody is watched"
    );
    assert_eq!(counts.of(CERTIFICATE, " pool=web"), 40, "{counts:?}");
    let passed = counts.of(PROBES, " kind=tcp verdict=pass");
    assert!(
        passed >= 2 && counts.of(PROBE_DURATION, " kind=tcp") == passed,
        "{counts:?}"
    );
    assert_eq!(counts.of(EVENTS, " pool=web to=down"), 1, "{counts:?}");
    assert_eq!(counts.of(EVENTS, " pool=web to=healthy"), 2, "{counts:?}");
    assert_eq!(counts.of(LOOKUPS, " result=ok"), 1, "{counts:?}");
    assert!(counts.of(LOOKUPS, " result=failed") >= 1, "{counts:?}");
}

#[tokio::test]
async fn attempts_and_refusals_are_counted() {
    let counts = Counts::default();
    let _recording = metrics::set_default_local_recorder(&counts);
    describe();
    let origin = |port| OriginConfig::new(format!("o{port}"), ([127, 0, 0, 1], port).into());
    let config = PoolConfig::new("web").origins((0..3).map(origin));
    let monitor = eaves_health::Monitor::new(config, 1, Default::default()).unwrap();
    let failing = service_fn(async |_: Request<SendBody<Empty<Bytes>>>| {
        let mut response = Response::new(());
        *response.status_mut() = StatusCode::BAD_GATEWAY;
        Ok::<_, std::convert::Infallible>(response)
    });
    let retry = Retry::new(RetryConfig::default()).unwrap();
    let balance = Balance::new(monitor.selector(Algorithm::Random), &retry, failing);
    let request = Request::get("http://www.example/")
        .body(Empty::new())
        .unwrap();
    let response = balance.oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_GATEWAY);
    assert_eq!(counts.of(ATTEMPTS, " because=failed"), 1, "{counts:?}");
    assert_eq!(
        counts.of(REFUSALS, " refusal=attempts_used"),
        1,
        "{counts:?}"
    );
    let told = counts.0.lock().unwrap();
    let told = told.keys().filter(|key| key.starts_with("told ")).count();
    assert_eq!(told, 8, "every name is described");
}
