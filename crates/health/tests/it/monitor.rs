//! Evidence in, verdicts out, in virtual time.

use std::time::Duration;

use eaves_health::{
    Algorithm, Monitor, OriginId,
    monitor::{Evidence, Standing},
    pool::{Mode, OriginConfig},
    probe::{Check, Reason, Verdict},
};

use crate::world::{World, addr, finish, pool};

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[test]
fn probes_that_fail_in_a_row_take_an_idle_origin_down_and_back() {
    let mut config = pool(&[1, 1, 1]);
    config.check = Check::tcp().rise(2).fall(3).into();
    let mut world = World::healthy(config, Algorithm::RoundRobin);
    world.probes[1] = false;
    world.run(ms(2_000));
    assert_eq!(world.turns(), [(1, Standing::Down)]);
    let evidence = &world.events[0].evidence;
    assert!(matches!(
        evidence,
        Evidence::ProbesFailed {
            in_row: 3,
            reason: Some(Reason::Status { status: 503 })
        }
    ));
    assert_eq!(world.monitor.snapshot().available().count(), 2);

    world.probes[1] = true;
    world.run(ms(10_000));
    assert_eq!(
        world.turns()[1..],
        [(1, Standing::Warming), (1, Standing::Healthy)]
    );
}

#[test]
fn a_single_failed_probe_changes_nothing_but_is_followed_up_soon() {
    let mut world = World::healthy(pool(&[1, 1]), Algorithm::RoundRobin);
    let before = world.monitor.probes_sent();
    world.probes[0] = false;
    while world.monitor.probes_sent() == before {
        world.step(ms(10));
    }
    world.probes[0] = true;
    world.run(ms(400));
    assert!(world.monitor.probes_sent() >= before + 2);
    assert!(world.events.is_empty(), "{:?}", world.events);
}

#[test]
fn errors_in_a_row_eject_at_once_and_an_error_triggers_a_probe() {
    let mut world = World::healthy(pool(&[1; 4]), Algorithm::RoundRobin);
    world.run(ms(3_000));
    let before = world.monitor.probes_sent();
    world.events.clear();
    let mut failed = 0;
    for _ in 0..40 {
        if world.request(|id| id.number() == 2).number() == 2 {
            failed += 1;
        }
    }
    assert_eq!(failed, 3);
    assert!(world.monitor.probes_sent() > before);
    assert_eq!(world.turns(), [(2, Standing::Ejected)]);
    assert!(matches!(
        world.events[0].evidence,
        Evidence::Errors { in_row: 3, .. }
    ));
}

#[test]
fn a_share_of_errors_far_above_the_others_ejects() {
    let mut world = World::healthy(pool(&[1; 4]), Algorithm::RoundRobin);
    for round in 0..400 {
        world.request(|id| id.number() == 0 && round % 3 == 0);
        world.step(ms(10));
    }
    assert!(
        world.turns().contains(&(0, Standing::Ejected)),
        "{:?}",
        world.events
    );
    assert!(world.turns().iter().all(|turn| turn.0 == 0));
}

#[test]
fn errors_that_everybody_has_eject_nobody() {
    let mut world = World::healthy(pool(&[1; 4]), Algorithm::RoundRobin);
    for round in 0..1000 {
        world.request(|_| round % 5 == 0);
        world.step(ms(5));
    }
    assert_eq!(world.turns(), []);
}

#[test]
fn good_traffic_outvotes_failing_probes() {
    let mut world = World::healthy(pool(&[1; 3]), Algorithm::RoundRobin);
    for round in 0..300 {
        world.probes = vec![round < 50; 3];
        world.request(|_| false);
        world.step(ms(10));
    }
    assert_eq!(world.turns(), []);
    assert_eq!(world.monitor.snapshot().mode(), Mode::Normal);
}

#[test]
fn panic_begins_when_most_are_down_and_ends_when_they_are_back() {
    let mut world = World::healthy(pool(&[1; 4]), Algorithm::RoundRobin);
    world.probes = vec![false; 4];
    world.run(ms(3_000));
    assert_eq!(world.monitor.snapshot().mode(), Mode::Panic);
    assert_eq!(world.monitor.snapshot().available().count(), 4);
    assert!(world.selector.pick(&[]).is_some());
    world.probes = vec![true; 4];
    world.run(ms(10_000));
    assert_eq!(world.monitor.snapshot().mode(), Mode::Normal);
    assert_eq!(world.monitor.status().healthy, 4);
}

#[test]
fn before_the_first_answer_the_pool_serves_in_panic() {
    let monitor = Monitor::new(pool(&[1, 1]), 1, Default::default()).unwrap();
    assert_eq!(monitor.snapshot().mode(), Mode::Panic);
    assert!(monitor.selector(Algorithm::RoundRobin).pick(&[]).is_some());
    assert!(!monitor.snapshot().is_healthy(OriginId::new(0)));
}

#[test]
fn edits_keep_ids_and_health() {
    let mut world = World::healthy(pool(&[1, 1, 1]), Algorithm::RoundRobin);
    world.probes[1] = false;
    world.run(ms(2_000));
    assert_eq!(world.standing(1), Standing::Down);
    let origins = vec![
        OriginConfig::new("fresh", addr(9)),
        OriginConfig::new("o1", addr(101)).weight(7),
        OriginConfig::new("o2", addr(2)),
    ];
    world.monitor.set_origins(origins, world.now).unwrap();
    assert_eq!(
        world.standing(1),
        Standing::Down,
        "a new weight and address is not a new origin"
    );
    let snapshot = world.monitor.snapshot();
    let names: Vec<_> = snapshot
        .members()
        .iter()
        .map(|(_, o)| (o.name(), o.id().number()))
        .collect();
    assert_eq!(names.len(), 3);
    assert!(names.contains(&("o1", 1)) && names.contains(&("fresh", 3)));
    assert_eq!(snapshot.origin(OriginId::new(1)).unwrap().addr(), addr(101));
    assert!(snapshot.origin(OriginId::new(0)).is_none());
}

#[test]
fn a_refused_edit_changes_nothing() {
    let mut world = World::healthy(pool(&[1, 1]), Algorithm::RoundRobin);
    let twins = vec![
        OriginConfig::new("x", addr(1)),
        OriginConfig::new("x", addr(2)),
    ];
    let error = world.monitor.set_origins(twins, world.now).unwrap_err();
    assert_eq!(error.problems().len(), 1);
    assert_eq!(world.monitor.snapshot().members().len(), 2);
}

#[test]
fn a_slot_is_reused_only_when_its_requests_have_ended() {
    let mut world = World::healthy(pool(&[1]), Algorithm::RoundRobin);
    let guard = world.selector.pick(&[]).unwrap().into_owned();
    world
        .monitor
        .set_origins(vec![OriginConfig::new("b", addr(2))], world.now)
        .unwrap();
    let snapshot = world.monitor.snapshot();
    let slots = || {
        world
            .monitor
            .snapshot()
            .members()
            .iter()
            .map(|(slot, _)| slot.index())
            .collect::<Vec<_>>()
    };
    assert_eq!(slots(), [1], "{snapshot:?}");
    finish(guard, true);
    world
        .monitor
        .set_origins(vec![OriginConfig::new("c", addr(3))], world.now)
        .unwrap();
    let slots: Vec<_> = world
        .monitor
        .snapshot()
        .members()
        .iter()
        .map(|(slot, _)| slot.index())
        .collect();
    assert_eq!(slots, [0]);
    world.monitor.handle_traffic(world.now);
    assert_eq!(
        world.monitor.status().origins[0].samples,
        0.0,
        "the late error was another's"
    );
}

#[test]
fn a_probe_that_is_never_answered_counts_as_failed() {
    let mut world = World::healthy(pool(&[1, 1]), Algorithm::RoundRobin);
    let mut lost = 0;
    for _ in 0..800 {
        world.now.mono += ms(10);
        world.monitor.handle_timeout(world.now);
        while let Some(probe) = world.monitor.poll_probe() {
            if probe.origin == OriginId::new(0) {
                lost += 1;
                continue;
            }
            world
                .monitor
                .handle_probe(probe.id, &Verdict::Pass { latency: ms(1) }, world.now);
        }
    }
    assert!(lost >= 2, "{lost}");
    assert_eq!(world.standing(0), Standing::Down);
}

#[test]
fn a_broken_prober_says_nothing_about_the_origin() {
    let mut world = World::healthy(pool(&[1, 1]), Algorithm::RoundRobin);
    for _ in 0..500 {
        world.now.mono += ms(10);
        world.monitor.handle_timeout(world.now);
        while let Some(probe) = world.monitor.poll_probe() {
            let broken = Reason::Broken {
                detail: "it panicked".into(),
            };
            world
                .monitor
                .handle_probe(probe.id, &Verdict::Fail(broken), world.now);
        }
    }
    assert_eq!(world.standing(0), Standing::Healthy);
}

#[test]
fn probes_under_way_are_bounded() {
    let mut config = pool(&[1; 100]);
    config.policy.probes.at_once = 7;
    let mut monitor = Monitor::new(config, 1, Default::default()).unwrap();
    let under_way: Vec<_> = std::iter::from_fn(|| monitor.poll_probe()).collect();
    assert_eq!(under_way.len(), 7);
    monitor.handle_probe(
        under_way[0].id,
        &Verdict::Pass { latency: ms(1) },
        Default::default(),
    );
    assert!(monitor.poll_probe().is_some());
    assert!(monitor.poll_probe().is_none());
}
