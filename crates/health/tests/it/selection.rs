//! Who is picked, in what shares, at what cost.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use eaves_health::{
    Algorithm, OriginId, Outcome, PoolConfig, Selector,
    pool::{Admin, Mode, OriginConfig},
};
use proptest::prelude::*;

use crate::world::{World, addr, finish, pool};

const ALL: [Algorithm; 5] = [
    Algorithm::LeastLoaded,
    Algorithm::PeakEwma,
    Algorithm::PowerOfTwo,
    Algorithm::Random,
    Algorithm::RoundRobin,
];
const KEYED: [Algorithm; 4] = [
    Algorithm::BoundedLoad,
    Algorithm::Ketama,
    Algorithm::Maglev,
    Algorithm::Rendezvous,
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
    for algorithm in [
        Algorithm::PowerOfTwo,
        Algorithm::Random,
        Algorithm::RoundRobin,
    ] {
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
fn in_panic_a_second_attempt_goes_to_the_healthy() {
    for algorithm in ALL.into_iter().chain(KEYED) {
        let mut world = World::healthy(pool(&[1, 1, 1, 1, 1]), algorithm);
        kill(&mut world, &[0, 1, 3]);
        assert_eq!(world.monitor.snapshot().mode(), Mode::Panic);
        let healthy = [OriginId::new(2), OriginId::new(4)];
        let firsts = (0..200).map(|key| world.selector.pick_for(key, &[]).unwrap().id());
        let firsts: HashSet<OriginId> = firsts.collect();
        assert_eq!(firsts.len(), 5, "{algorithm:?}: everybody serves");
        for key in 0..200 {
            let pick = |tried: &[OriginId]| world.selector.pick_for(key, tried).unwrap().id();
            let one = pick(&[]);
            let two = pick(&[one]);
            let three = pick(&[one, two]);
            assert!(two != one && healthy.contains(&two), "{algorithm:?}");
            let came = [one, two, three];
            assert!(healthy.iter().all(|id| came.contains(id)), "{algorithm:?}");
        }
    }
}

#[test]
fn a_key_finds_everybody_once_however_many_were_tried() {
    for algorithm in KEYED {
        let mut world = World::healthy(pool(&[1; 40]), algorithm);
        kill(&mut world, &[3]);
        for key in 0..20 {
            let mut tried: Vec<OriginId> = Vec::new();
            while let Some(guard) = world.selector.pick_for(key, &tried) {
                assert!(!tried.contains(&guard.id()), "{algorithm:?}");
                tried.push(guard.id());
            }
            assert_eq!(tried.len(), 40, "{algorithm:?}");
            assert_eq!(tried[39], OriginId::new(3), "the dead one comes last");
        }
    }
}

#[test]
fn one_of_a_thousand_is_found_at_once() {
    let mut config = pool(&[1; 1000]);
    config.policy.panic_share = 0.0;
    let mut world = World::healthy(config, Algorithm::default());
    kill(&mut world, &(0..999).collect::<Vec<_>>());
    for algorithm in ALL.into_iter().chain(KEYED) {
        let selector = world.monitor.selector(algorithm);
        for key in 0..1000 {
            let picked = selector.pick_for(key, &[]).unwrap().id();
            assert_eq!(picked, OriginId::new(999), "{algorithm:?}");
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

/// Who gets which key.
fn owners(selector: &Selector, keys: u64) -> Vec<u64> {
    (0..keys)
        .map(|key| selector.pick_for(key, &[]).unwrap().id().number())
        .collect()
}

#[test]
fn only_the_keys_of_the_dead_move_and_they_come_home() {
    for algorithm in KEYED {
        let mut world = World::healthy(pool(&[1; 50]), algorithm);
        let before = owners(&world.selector, 5_000);
        kill(&mut world, &[7]);
        let during = owners(&world.selector, 5_000);
        for (before, during) in before.iter().zip(&during) {
            assert!(
                *during != 7 && (before == during || *before == 7),
                "{algorithm:?}"
            );
        }
        world.probes[7] = true;
        world.run(Duration::from_secs(20));
        assert_eq!(owners(&world.selector, 5_000), before, "{algorithm:?}");
    }
}

#[test]
fn keys_are_shared_by_weight() {
    for (algorithm, tolerance) in [
        (Algorithm::Maglev, 0.01),
        (Algorithm::Rendezvous, 0.01),
        (Algorithm::Ketama, 0.08),
    ] {
        let world = World::healthy(pool(&[4, 2, 1, 1, 0]), algorithm);
        let owners = owners(&world.selector, 100_000);
        for (id, share) in [(0, 0.5), (1, 0.25), (2, 0.125), (3, 0.125), (4, 0.0)] {
            let got = owners.iter().filter(|&&owner| owner == id).count() as f64 / 100_000.0;
            assert!(
                (got - share).abs() <= tolerance,
                "{algorithm:?}: {id} got {got}"
            );
        }
    }
}

#[test]
fn maglev_is_even() {
    let world = World::healthy(pool(&[1; 100]), Algorithm::Maglev);
    let mut counts = [0_u32; 100];
    for owner in owners(&world.selector, 1_000_000) {
        counts[owner as usize] += 1;
    }
    let most = f64::from(*counts.iter().max().unwrap()) / 10_000.0;
    assert!(most <= 1.05, "{most}");
}

#[test]
fn the_same_names_hash_alike_whatever_happened_before() {
    let mut world = World::healthy(pool(&[1; 4]), Algorithm::Maglev);
    let reversed: Vec<_> = (0..4)
        .rev()
        .map(|at| OriginConfig::new(format!("o{at}"), addr(at)))
        .collect();
    let fresh = World::healthy(
        PoolConfig::new("other").origins(reversed.clone()),
        Algorithm::Maglev,
    );
    world
        .monitor
        .set_origins(vec![OriginConfig::new("alone", addr(9))], world.now)
        .unwrap();
    world.monitor.set_origins(reversed, world.now).unwrap();
    let name = |world: &World, key| {
        let id = world.selector.pick_for(key, &[]).unwrap().id();
        world
            .monitor
            .snapshot()
            .origin(id)
            .unwrap()
            .name()
            .to_owned()
    };
    for key in 0..1000 {
        assert_eq!(name(&world, key), name(&fresh, key));
    }
}

#[test]
fn bounded_load_keeps_its_bound() {
    let world = World::healthy(pool(&[1; 10]), Algorithm::BoundedLoad);
    // One hot key: without a bound all would go to one origin.
    let held: Vec<_> = (0..200)
        .map(|_| world.selector.pick_for(42, &[]).unwrap())
        .collect();
    let mut counts = [0_usize; 10];
    for guard in &held {
        counts[guard.id().number() as usize] += 1;
    }
    let most = counts.iter().max().unwrap();
    assert!(*most <= 26, "{counts:?}");
}

#[test]
fn peak_ewma_avoids_the_slow_and_forgives() {
    let mut world = World::healthy(pool(&[1, 1, 1]), Algorithm::PeakEwma);
    let slow = |id: u64| if id == 0 { 500 } else { 5 };
    let mut picks = [0; 3];
    for _ in 0..300 {
        let guard = world.selector.pick(&[]).unwrap();
        let id = guard.id().number();
        picks[id as usize] += 1;
        let latency = Duration::from_millis(slow(id));
        guard.finish(Outcome::Success { latency });
    }
    assert!(picks[0] < 30, "{picks:?}");
    world.run(Duration::from_secs(60));
    let shares = shares(&world.selector, 3000);
    assert!(
        shares.get(&0).is_some_and(|share| *share > 0.1),
        "an old peak is forgotten: {shares:?}"
    );
}

#[test]
fn a_session_stays_while_its_origin_lives() {
    let mut world = World::healthy(pool(&[1; 5]), Algorithm::PowerOfTwo);
    let home = OriginId::new(3);
    assert_eq!(
        world.selector.pick_preferring(home, &[]).unwrap().id(),
        home
    );
    kill(&mut world, &[3]);
    assert_ne!(
        world.selector.pick_preferring(home, &[]).unwrap().id(),
        home
    );
    assert!(
        world
            .selector
            .pick_preferring(OriginId::new(99), &[])
            .is_some()
    );
}

#[test]
fn a_pick_allocates_nothing() {
    for algorithm in ALL.into_iter().chain(KEYED) {
        let mut world = World::healthy(pool(&[1; 100]), algorithm);
        for dead in 0..2 {
            let allocated = allocation_counter::measure(|| {
                for round in 0..1000 {
                    let guard = world.selector.pick_for(round, &[OriginId::new(3)]).unwrap();
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
        for algorithm in ALL.into_iter().chain(KEYED) {
            let selector = world.monitor.selector(algorithm);
            let picked = selector.pick_for(7, &tried).map(|guard| guard.id().number());
            prop_assert_eq!(picked.is_some(), any > 0);
            if let (Some(picked), true) = (picked, alive > 0) {
                prop_assert!(!dead.contains(&picked) && takes(&picked));
            }
        }
    }
}
