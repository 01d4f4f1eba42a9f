//! Answers that take long to come to their end.

use std::time::Duration;

use eaves_common::time::Now;
use eaves_health::{
    Algorithm, Answered, Failure, Guard, Monitor, Outcome, PoolConfig, Selector, monitor::Standing,
    pool::OriginConfig, probe::Verdict,
};

const LATENCY: Duration = Duration::from_millis(20);

fn good() -> Outcome {
    Outcome::Success { latency: LATENCY }
}

/// Two origins whose usual latency is known.
fn pool() -> (Monitor, Selector, Now) {
    let origin = |port| OriginConfig::new(format!("o{port}"), ([192, 0, 2, 1], port).into());
    let config = PoolConfig::new("test").origins((0..2).map(origin));
    let mut now = Now::default();
    let mut monitor = Monitor::new(config, 1, now).unwrap();
    let selector = monitor.selector(Algorithm::RoundRobin);
    for _ in 0..10 {
        pass(&mut monitor, &mut now);
        for _ in 0..20 {
            selector.pick(&[]).unwrap().finish(good());
        }
    }
    (monitor, selector, now)
}

/// A tenth of a second, in which all probes pass.
fn pass(monitor: &mut Monitor, now: &mut Now) {
    now.mono += Duration::from_millis(100);
    monitor.handle_timeout(*now);
    while let Some(probe) = monitor.poll_probe() {
        monitor.handle_probe(probe.id, &Verdict::Pass { latency: LATENCY }, *now);
    }
}

fn standings(monitor: &Monitor) -> Vec<Standing> {
    let origins = monitor.status().origins;
    origins.iter().map(|origin| origin.standing).collect()
}

#[test]
fn long_bodies_are_load_and_no_stall() {
    let (mut monitor, selector, mut now) = pool();
    let picks = (0..20).filter_map(|_| selector.pick(&[]));
    let bodies: Vec<Answered<'_>> = picks.map(|guard| guard.answered(good())).collect();
    for _ in 0..100 {
        pass(&mut monitor, &mut now);
    }
    assert_eq!(standings(&monitor), [Standing::Healthy; 2]);
    let in_flight = |monitor: &Monitor| -> u32 {
        let origins = monitor.status().origins;
        origins.iter().map(|origin| origin.in_flight).sum()
    };
    assert_eq!(in_flight(&monitor), 20);
    drop(bodies);
    assert_eq!(in_flight(&monitor), 0);
}

#[test]
fn requests_without_an_answer_stall_beside_long_bodies() {
    let (mut monitor, selector, mut now) = pool();
    let first = selector.pick(&[]).unwrap();
    let (hanging, other) = (first.id(), first.answered(good()));
    let mut bodies = vec![other];
    let mut waiting: Vec<Guard<'_>> = Vec::new();
    for _ in 0..40 {
        let guard = selector.pick(&[]).unwrap();
        match guard.id() == hanging {
            true => waiting.push(guard),
            false => bodies.push(guard.answered(good())),
        }
    }
    for _ in 0..10 {
        pass(&mut monitor, &mut now);
    }
    let out = |origin: &&eaves_health::monitor::OriginStatus| origin.standing == Standing::Ejected;
    let status = monitor.status();
    let ejected: Vec<_> = status
        .origins
        .iter()
        .filter(out)
        .map(|origin| origin.id)
        .collect();
    assert_eq!(ejected, [hanging], "{} waited", waiting.len());
}

#[test]
fn an_answer_that_breaks_off_is_an_error_after_its_good_head() {
    let (mut monitor, selector, mut now) = pool();
    let before = monitor.status().origins;
    for _ in 0..20 {
        let answered = selector.pick(&[]).unwrap().answered(good());
        answered.broken(Failure::Protocol);
    }
    monitor.handle_traffic(now);
    pass(&mut monitor, &mut now);
    let after = monitor.status().origins;
    for (before, after) in before.iter().zip(&after) {
        assert_eq!((before.error_share, after.in_flight), (0.0, 0));
        assert!(
            after.error_share > 0.0 || after.standing == Standing::Ejected,
            "{after:?}"
        );
    }
}
