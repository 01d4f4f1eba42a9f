//! Who is picked, in what shares, at what cost.

use std::{collections::HashMap, time::Duration};

use eaves_health::{
    Algorithm, OriginId, Selector,
    pool::{Admin, OriginConfig},
};
use proptest::prelude::*;

use crate::world::{World, addr, finish, pool};

const ALL: [Algorithm; 3] = [
    Algorithm::PowerOfTwo,
    Algorithm::Random,
    Algorithm::RoundRobin,
];

/// Kills origins by their probes.
fn kill(world: &mut World, ids: &[u64]) {
    for &id in ids {
        world.probes[id as usize] = false;
    }
    world.run(Duration::from_secs(3));
}

fn shares(selector: &Selector, picks: u32) -> HashMap<u64, f64> {
    let mut counts: HashMap<u64, f64> = HashMap::new();
    for _ in 0..picks {
        let id = selector.pick(&[]).unwrap().id();
        *counts.entry(id.number()).or_default() += 1.0 / f64::from(picks);
    }
    counts
}

#[test]
fn weights_are_respected_with_and_without_the_dead() {
    for algorithm in ALL {
        let mut world = World::healthy(pool(&[5, 1, 1, 2, 0, 1]), algorithm);
        for (dead, total) in [(vec![], 10.0), (vec![3], 8.0), (vec![2, 3], 7.0)] {
            kill(&mut world, &dead);
            let shares = shares(&world.selector, 100_000);
            for (id, weight) in [5.0, 1.0, 1.0, 2.0, 0.0, 1.0].into_iter().enumerate() {
                let is_dead = dead.contains(&(id as u64));
                let expected = if is_dead { 0.0 } else { weight / total };
                let share = shares.get(&(id as u64)).copied().unwrap_or(0.0);
                assert!(
                    (share - expected).abs() < 0.01,
                    "{algorithm:?} {dead:?}: {id} got {share}, not {expected}"
                );
            }
        }
    }
}

#[test]
fn nobody_is_picked_twice_and_none_is_missed() {
    for algorithm in ALL {
        let mut world = World::healthy(pool(&[1, 1000, 1, 1, 1]), algorithm);
        kill(&mut world, &[3]);
        for _ in 0..100 {
            let mut tried: Vec<OriginId> = Vec::new();
            while let Some(guard) = world.selector.pick(&tried) {
                assert!(!tried.contains(&guard.id()));
                tried.push(guard.id());
            }
            assert_eq!(tried.len(), 5, "{algorithm:?}");
            assert_eq!(tried[4], OriginId::new(3), "the dead one comes last");
        }
    }
}

#[test]
fn one_of_a_thousand_is_found_at_once() {
    for algorithm in ALL {
        let mut config = pool(&[1; 1000]);
        config.policy.panic_share = 0.0;
        let mut world = World::healthy(config, algorithm);
        kill(&mut world, &(0..999).collect::<Vec<_>>());
        for _ in 0..1000 {
            assert_eq!(world.selector.pick(&[]).unwrap().id(), OriginId::new(999));
        }
    }
}

#[test]
fn round_robin_spreads_the_turns_of_the_dead() {
    let mut world = World::healthy(pool(&[1; 3]), Algorithm::RoundRobin);
    kill(&mut world, &[1]);
    let shares = shares(&world.selector, 30_000);
    assert!((shares[&0] - 0.5).abs() < 0.005, "{shares:?}");
}

#[test]
fn power_of_two_prefers_the_idle() {
    let world = World::healthy(pool(&[1, 1]), Algorithm::PowerOfTwo);
    let first = world.selector.pick(&[]).unwrap();
    let held: Vec<_> = (0..20).map(|_| world.selector.pick(&[]).unwrap()).collect();
    let same = held.iter().filter(|guard| guard.id() == first.id()).count();
    assert!((9..=11).contains(&same), "{same} of 20 went to the busier");
}

#[test]
fn loads_of_other_workers_count_after_a_tick() {
    let mut world = World::healthy(pool(&[1, 1]), Algorithm::PowerOfTwo);
    let busy = world.selector.pick(&[]).unwrap();
    let (id, _held) = (
        busy.id(),
        (
            busy.into_owned(),
            world.selector.pick(&[]).unwrap().into_owned(),
        ),
    );
    drop(_held.1);
    world.run(Duration::from_millis(200));
    let other = world.monitor.selector(Algorithm::PowerOfTwo);
    world.run(Duration::from_millis(200));
    let picks: Vec<_> = (0..50).map(|_| other.pick(&[]).unwrap().id()).collect();
    let to_busy = picks.iter().filter(|&&picked| picked == id).count();
    assert!(
        to_busy < 20,
        "{to_busy} of 50 went to the one that another worker keeps busy"
    );
}

#[test]
fn an_empty_pool_and_one_without_weight_answer_none() {
    for algorithm in ALL {
        assert!(
            World::healthy(pool(&[]), algorithm)
                .selector
                .pick(&[])
                .is_none()
        );
        assert!(
            World::healthy(pool(&[0]), algorithm)
                .selector
                .pick(&[])
                .is_none()
        );
    }
}

#[test]
fn draining_and_maintenance_take_nothing() {
    let mut world = World::healthy(pool(&[1, 1, 1]), Algorithm::RoundRobin);
    let origin = |at: u16, admin| OriginConfig::new(format!("o{at}"), addr(at)).admin(admin);
    let origins = vec![
        origin(0, Admin::Serving),
        origin(1, Admin::Draining),
        origin(2, Admin::Maintenance),
    ];
    world.monitor.set_origins(origins, world.now).unwrap();
    assert_eq!(shares(&world.selector, 100).len(), 1);
    let before = world.monitor.probes_sent();
    world.run(Duration::from_secs(10));
    let sent = world.monitor.probes_sent() - before;
    assert!(
        (16..=24).contains(&sent),
        "two are probed each second, not {sent} in 10 s"
    );
}

#[test]
fn a_pick_allocates_nothing() {
    for algorithm in ALL {
        let mut world = World::healthy(pool(&[1; 100]), algorithm);
        for dead in 0..2 {
            let allocated = allocation_counter::measure(|| {
                for round in 0..1000 {
                    let guard = world.selector.pick(&[OriginId::new(3)]).unwrap();
                    if round % 2 == 0 {
                        finish(guard, false);
                    }
                }
            });
            assert_eq!(allocated.count_total, 0, "{algorithm:?}");
            kill(&mut world, &(0..dead * 40 + 40).collect::<Vec<_>>());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_healthy_origin_is_found_if_there_is_one(
        weights in prop::collection::vec(0_u32..4, 1..40),
        dead in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
        tried in prop::collection::vec(any::<prop::sample::Index>(), 0..10),
    ) {
        let mut config = pool(&weights);
        config.policy.panic_share = 0.0;
        let mut world = World::healthy(config, Algorithm::PowerOfTwo);
        let dead: Vec<u64> = dead.iter().map(|at| at.index(weights.len()) as u64).collect();
        let tried: Vec<OriginId> = tried.iter().map(|at| OriginId::new(at.index(weights.len()) as u64)).collect();
        kill(&mut world, &dead);
        let takes = |id: &u64| weights[*id as usize] > 0 && !tried.contains(&OriginId::new(*id));
        let alive = (0..weights.len() as u64).filter(takes).filter(|id| !dead.contains(id)).count();
        let any = (0..weights.len() as u64).filter(takes).count();
        for algorithm in ALL {
            let selector = world.monitor.selector(algorithm);
            let picked = selector.pick(&tried).map(|guard| guard.id().number());
            prop_assert_eq!(picked.is_some(), any > 0);
            if let (Some(picked), true) = (picked, alive > 0) {
                prop_assert!(!dead.contains(&picked) && takes(&picked));
            }
        }
    }
}
