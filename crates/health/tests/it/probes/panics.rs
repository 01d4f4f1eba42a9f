//! Probers of one's own, and what their panics cost.

use std::{sync::Arc, time::Duration};

use eaves_health::{
    PoolConfig,
    driver::{Finding, Options, Prober, Probing},
    monitor::{Probe, Standing},
    pool::OriginConfig,
    probe::{Check, Question, Reason, Verdict},
};
use tokio::time::timeout;

use super::PATIENCE;

/// Panics for port 1 before it returns, for port 2 while it is polled; passes for others.
struct Panicking;

impl Prober for Panicking {
    fn probe(&self, probe: Probe) -> Probing {
        let port = probe.addr.port();
        assert_ne!(port, 1, "at once");
        Box::pin(async move {
            assert_ne!(port, 2, "later");
            let latency = Duration::from_millis(1);
            Finding::from(Verdict::Pass { latency })
        })
    }

    fn lacks(&self, question: &Question) -> Option<&'static str> {
        matches!(question, Question::Http(_)).then_some("imagination")
    }
}

fn config() -> PoolConfig {
    let origin = |port| OriginConfig::new(format!("o{port}"), ([127, 0, 0, 1], port).into());
    PoolConfig::new("web")
        .check(
            Check::tcp()
                .interval(Duration::from_millis(20))
                .timeout(PATIENCE),
        )
        .origins((1..4).map(origin))
}

#[tokio::test]
async fn a_panic_costs_its_verdict_and_nothing_else() {
    let handle = Options::new()
        .prober(Arc::new(Panicking))
        .spawn(config())
        .unwrap();
    let mut findings = handle.findings();
    let mut seen = [0; 4];
    while seen[1..].iter().any(|&count| count < 3) {
        let probed = timeout(PATIENCE, findings.recv()).await.unwrap().unwrap();
        let port = usize::from(probed.addr.port());
        seen[port] += 1;
        let broke = matches!(probed.finding.verdict, Verdict::Fail(Reason::Broken { .. }));
        assert_eq!(broke, port < 3, "{probed:?}");
        assert_eq!(&*probed.name, format!("o{port}"));
    }
    let standings: Vec<_> = handle
        .status()
        .origins
        .iter()
        .map(|origin| origin.standing)
        .collect();
    assert_eq!(
        standings,
        [Standing::Unknown, Standing::Unknown, Standing::Healthy],
        "a prober that breaks says nothing of its origin"
    );
    handle.stop().await;
}

#[tokio::test]
async fn what_the_prober_cannot_ask_is_told_at_the_start() {
    let options = || Options::new().prober(Arc::new(Panicking));
    let asking = config().check(Check::http("/"));
    let error = options().spawn(asking).unwrap_err().to_string();
    assert_eq!(
        error,
        "check.question: a http probe needs the feature `imagination`, turn it on"
    );
    let handle = options().spawn(config()).unwrap();
    let origin = OriginConfig::new("a", ([127, 0, 0, 1], 3).into()).check(Check::http("/"));
    let error = handle.set_origins(vec![origin]).unwrap_err().to_string();
    assert!(error.starts_with("origins[0].check.question: "), "{error}");
    handle.stop().await;
}
