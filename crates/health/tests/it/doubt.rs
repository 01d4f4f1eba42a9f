//! What the monitor does with evidence that it has reason to doubt, or that others must confirm.

use std::{cell::Cell, time::Duration};

use eaves_health::{
    Algorithm, Monitor, OriginId,
    monitor::{Evidence, Standing, policy::Initial},
    pool::{Mode, OriginConfig},
    state::Vote,
};

use crate::world::{World, addr, finish, pool};

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn with_canary(weights: &[u32]) -> World {
    let config = pool(weights).canary(OriginConfig::new("gateway", addr(999)));
    let mut world = World::healthy(config, Algorithm::RoundRobin);
    world.run(ms(100));
    world.events.clear();
    world
}

#[test]
fn a_canary_is_probed_and_gets_no_requests() {
    let world = with_canary(&[1, 1]);
    let status = world.monitor.status();
    assert_eq!((status.origins.len(), status.healthy), (3, 2));
    assert!(status.origins[2].canary && status.origins[2].probed_up == Some(true));
    for _ in 0..100 {
        assert!(world.selector.pick(&[]).unwrap().id().number() < 2);
    }
    let tried = [OriginId::new(0), OriginId::new(1)];
    assert!(world.selector.pick(&tried).is_none());
}

#[test]
fn while_the_canary_fails_failing_probes_alone_put_nobody_out() {
    let mut world = with_canary(&[1; 4]);
    world.probes = vec![false; 5];
    world.run(ms(20_000));
    let blind = [(4, Standing::Down)];
    assert_eq!(world.turns(), blind, "the checker is, and nobody else");
    assert_eq!(world.monitor.snapshot().mode(), Mode::Normal);
    // The canary is back and the others are not: now they are believed to be down.
    world.events.clear();
    world.probes[4] = true;
    world.run(ms(5_000));
    let mut turns = world.turns();
    assert_eq!(turns.remove(0), (4, Standing::Healthy));
    turns.sort_unstable_by_key(|turn| turn.0);
    assert_eq!(turns, [0, 1, 2, 3].map(|id| (id, Standing::Down)));
    assert_eq!(world.monitor.snapshot().mode(), Mode::Panic);
}

#[test]
fn errors_on_traffic_count_whatever_the_canary_says() {
    let mut world = with_canary(&[1; 4]);
    world.probes = vec![true, true, false, true, false];
    for _ in 0..60 {
        world.request(|id| id.number() == 2);
        world.step(ms(20));
    }
    assert!(world.turns().contains(&(2, Standing::Ejected)));
}

#[test]
fn those_put_down_before_the_canary_failed_come_back() {
    let mut world = with_canary(&[1; 4]);
    world.probes = vec![false, true, true, true, true];
    world.run(ms(1_500));
    assert_eq!(world.standing(0), Standing::Down);
    world.probes = vec![false; 5];
    world.run(ms(3_000));
    let back = world.events.iter().find_map(|event| match &event.evidence {
        Evidence::CanaryFails { red } => Some(*red),
        _ => None,
    });
    assert_eq!((back, world.standing(0)), (Some(1), Standing::Healthy));
}

#[test]
fn edits_keep_the_canary() {
    let mut world = with_canary(&[1; 2]);
    let origins = vec![OriginConfig::new("o1", addr(1))];
    world.monitor.set_origins(origins, world.now).unwrap();
    let status = world.monitor.status();
    assert_eq!(status.origins.iter().filter(|o| o.canary).count(), 1);
    let taken = vec![OriginConfig::new("gateway", addr(1))];
    let error = world.monitor.set_origins(taken, world.now).unwrap_err();
    assert_eq!(error.problems()[0].path, "canaries[0].name");
}

#[test]
fn one_checker_behind_a_broken_line_is_outvoted() {
    let mut world = World::healthy(pool(&[1; 3]), Algorithm::RoundRobin);
    let vote = |world: &mut World, vantage: &str, vote| {
        let id = OriginId::new(1);
        world.monitor.handle_vote(id, vantage, vote, world.now);
        world.answer();
    };
    world.probes[1] = false;
    world.run(ms(1_500));
    assert_eq!(world.standing(1), Standing::Down);
    vote(&mut world, "north", Vote::Up);
    assert_eq!(world.standing(1), Standing::Down, "one to one");
    vote(&mut world, "south", Vote::Up);
    assert_eq!(world.standing(1), Standing::Warming);
    world.run(ms(20_000));
    assert_eq!(world.standing(1), Standing::Healthy);
    // The others fall silent, and its own word counts again.
    world.run(ms(15_000));
    assert_eq!(world.standing(1), Standing::Down);
}

#[test]
fn others_see_what_this_checker_does_not() {
    let mut world = World::healthy(pool(&[1; 3]), Algorithm::RoundRobin);
    for vantage in ["north", "south"] {
        let id = OriginId::new(1);
        world
            .monitor
            .handle_vote(id, vantage, Vote::Down, world.now);
    }
    world.answer();
    assert_eq!(world.turns(), [(1, Standing::Down)]);
    assert_eq!(world.events[0].evidence, Evidence::Votes { down: 2, of: 3 });
    for vantage in ["north", "south"] {
        let id = OriginId::new(1);
        world.monitor.handle_vote(id, vantage, Vote::Up, world.now);
    }
    world.run(ms(10_000));
    assert_eq!(world.standing(1), Standing::Healthy);
}

#[test]
fn an_origin_starts_as_the_policy_says() {
    for (initial, standing, served) in [
        (Initial::Down, Standing::Down, 1),
        (Initial::Probed, Standing::Unknown, 1),
        (Initial::Up, Standing::Healthy, 2),
    ] {
        let mut config = pool(&[1]);
        config.policy.probes.initial = initial;
        let mut world = World::healthy(config, Algorithm::RoundRobin);
        world.run(ms(10_000));
        assert_eq!(world.standing(0), Standing::Healthy, "{initial:?}");
        let origins = vec![
            OriginConfig::new("o0", addr(0)),
            OriginConfig::new("o1", addr(1)),
        ];
        world.monitor.set_origins(origins, world.now).unwrap();
        assert_eq!(world.standing(1), standing, "{initial:?}");
        let seen: std::collections::BTreeSet<_> = (0..50)
            .map(|_| world.selector.pick(&[]).unwrap().id())
            .collect();
        assert_eq!(seen.len(), served, "{initial:?}");
        world.probes.push(true);
        world.events.clear();
        world.run(ms(20_000));
        assert_eq!(world.standing(1), Standing::Healthy, "{initial:?}");
        let warmed = world.turns().contains(&(1, Standing::Warming));
        assert_eq!(warmed, initial == Initial::Down, "{initial:?}");
    }
}

#[test]
fn who_starts_up_goes_down_after_as_many_bad_probes_as_anybody() {
    let mut config = pool(&[1, 1, 1]);
    config.policy.probes.initial = Initial::Up;
    let mut monitor = Monitor::new(config, 1, Default::default()).unwrap();
    assert_eq!(monitor.snapshot().mode(), Mode::Normal);
    let probe = monitor.poll_probe().unwrap();
    let failed =
        eaves_health::probe::Verdict::Fail(eaves_health::probe::Reason::Status { status: 503 });
    monitor.handle_probe(probe.id, &failed, Default::default());
    assert!(monitor.snapshot().is_healthy(probe.origin));
}

/// Errors in shares by origin, until nothing changes any more.
fn suffer(world: &mut World, shares: [f64; 4], rounds: u32) {
    for round in 0..rounds {
        let guard = world.selector.pick(&[]).unwrap();
        let share = shares[guard.id().number() as usize];
        let due = |round: u32| (f64::from(round) * share) as u32;
        finish(guard, due(round + 1) > due(round));
        world.monitor.handle_traffic(world.now);
        world.step(ms(3));
    }
}

#[test]
fn a_worse_origin_displaces_a_milder_one() {
    let mut config = pool(&[1; 4]);
    config.policy.ejection.most = 0.25;
    config.policy.ejection.hold = Duration::from_secs(30);
    let mut world = World::healthy(config, Algorithm::Random);
    suffer(&mut world, [0.4, 0.0, 0.0, 0.0], 600);
    assert_eq!(world.turns(), [(0, Standing::Ejected)]);
    world.events.clear();
    suffer(&mut world, [0.4, 1.0, 0.0, 0.0], 400);
    assert_eq!(
        world.turns()[..2],
        [(0, Standing::Warming), (1, Standing::Ejected)]
    );
    assert_eq!(world.events[0].evidence, Evidence::Displaced);
    // The milder one fails on, and stays since there is no room for it.
    suffer(&mut world, [0.4, 1.0, 0.0, 0.0], 600);
    let again = world.turns();
    assert!(!again[2..].contains(&(0, Standing::Ejected)), "{again:?}");
    assert_eq!(world.standing(1), Standing::Ejected);
}

#[test]
fn a_silence_that_never_was_counts_before_the_deadline() {
    for (phi, most) in [(0.0, 2_600), (8.0, 700)] {
        let mut config = pool(&[1; 3]);
        config.policy.overdue.phi = phi;
        let mut monitor = Monitor::new(config, 1, Default::default()).unwrap();
        let mut now = eaves_common::time::Now::default();
        let mut asked = Vec::new();
        let mut down = None;
        for step in 0..20_000_u64 {
            now.mono += ms(1);
            monitor.handle_timeout(now);
            while let Some(probe) = monitor.poll_probe() {
                asked.push((step + 3, probe));
            }
            let answered = |(at, probe): &(u64, eaves_health::monitor::Probe)| {
                *at <= step && (step < 10_000 || probe.origin != OriginId::new(0))
            };
            let due: Vec<_> = asked.extract_if(.., |asked| answered(asked)).collect();
            for (_, probe) in due {
                let pass = eaves_health::probe::Verdict::Pass { latency: ms(3) };
                monitor.handle_probe(probe.id, &pass, now);
            }
            let lost = monitor.status().origins[0].standing == Standing::Down;
            if lost && down.is_none() {
                down = Some(step - 10_000);
            }
            if lost && step % 500 == 0 {
                asked.retain(|asked| asked.1.origin != OriginId::new(0));
            }
        }
        // Up to a second until it is asked, and two answers to wait for in vain.
        let down = down.expect("it is silent");
        assert!(down <= 1_100 + most, "phi {phi}: {down} ms");
    }
}

#[test]
fn who_answers_late_all_of_a_sudden_is_learned() {
    let mut config = pool(&[1; 3]);
    config.policy.overdue.phi = 8.0;
    let mut monitor = Monitor::new(config, 1, Default::default()).unwrap();
    let mut now = eaves_common::time::Now::default();
    let mut asked = Vec::new();
    for step in 0..60_000_u64 {
        now.mono += ms(1);
        monitor.handle_timeout(now);
        let latency = if step < 10_000 { 3 } else { 400 };
        while let Some(probe) = monitor.poll_probe() {
            asked.push((step + latency, probe));
        }
        for (_, probe) in asked.extract_if(.., |asked| asked.0 <= step) {
            let pass = eaves_health::probe::Verdict::Pass { latency: ms(3) };
            monitor.handle_probe(probe.id, &pass, now);
        }
    }
    assert_eq!(monitor.status().healthy, 3, "{:?}", monitor.status());
}

#[test]
fn probes_that_fail_for_many_at_once_wait_for_the_next_requests() {
    // Too few requests to outweigh probes at once, and no canary: each origin is asked 1.25 times a second.
    let mut world = World::healthy(pool(&[1; 10]), Algorithm::RoundRobin);
    let serve = |world: &mut World, time: Duration| {
        for _ in 0..time.as_millis() / 80 {
            world.request(|_| false);
            world.step(ms(80));
        }
    };
    serve(&mut world, ms(60_000));
    world.probes = vec![false; 10];
    serve(&mut world, ms(30_000));
    // The first to fail was alone for a moment, and came back as the second failed.
    let turns = world.turns();
    let is_one = turns.iter().all(|(id, _)| *id == turns[0].0);
    assert!(is_one && turns.len() <= 2, "{turns:?}");
    assert!((0..10).all(|id| world.standing(id) == Standing::Healthy));
    world.events.clear();
    // One alone is nobody's doubt.
    world.probes = vec![true; 10];
    serve(&mut world, ms(5_000));
    world.probes[3] = false;
    world.run(ms(5_000));
    assert_eq!(world.turns(), [(3, Standing::Down)]);
}

#[test]
fn traffic_that_has_ceased_outweighs_no_probes() {
    // Sixty a second to each: good ones were many when the last came, and fade over many half-lives.
    let mut world = World::healthy(pool(&[1; 3]), Algorithm::RoundRobin);
    for _ in 0..3_000 {
        world.request(|_| false);
        world.step(Duration::from_micros(5_500));
    }
    assert_eq!(world.turns(), []);
    world.probes = vec![false, true, true];
    world.run(ms(4_000));
    assert_eq!(world.turns(), [(0, Standing::Down)]);
}

#[test]
fn what_succeeded_while_probes_failed_outweighs_them_only_while_it_goes_on() {
    let mut world = World::healthy(pool(&[1; 3]), Algorithm::RoundRobin);
    world.probes[0] = false;
    for _ in 0..600 {
        world.request(|_| false);
        world.step(ms(50));
    }
    assert_eq!(world.turns(), [], "7 a second to each outweigh its probes");
    world.run(ms(5_000));
    assert_eq!(world.turns(), [(0, Standing::Down)]);
}

#[test]
fn a_burst_of_errors_puts_nobody_out_whose_share_is_that_of_the_others() {
    let mut world = World::healthy(pool(&[1; 4]), Algorithm::RoundRobin);
    let asked = [const { Cell::new(0_u32) }; 4];
    // A hundred requests a second each, of which one in 17 fails; those to the first now and then every other.
    let serve = |world: &mut World, rounds: u32, bursts: bool| {
        for _ in 0..rounds * 4 {
            world.request(|id| {
                let asked = &asked[id.number() as usize];
                asked.set(asked.get() + 1);
                let every = if bursts && id.number() == 0 { 2 } else { 17 };
                asked.get().is_multiple_of(every)
            });
            world.step(Duration::from_micros(2_500));
        }
    };
    for _ in 0..10 {
        serve(&mut world, 900, false);
        serve(&mut world, 30, true);
        assert_eq!(world.turns(), []);
    }
    serve(&mut world, 200, true);
    assert_eq!(world.turns().first(), Some(&(0, Standing::Ejected)));
}
