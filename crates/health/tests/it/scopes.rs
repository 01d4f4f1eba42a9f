//! Tiers, zones, tags, subsets and the degraded: who is picked while others could be.

use std::{collections::BTreeMap, time::Duration};

use eaves_health::{
    Algorithm, OriginId, PoolConfig, Selector,
    monitor::{Event, Evidence, Fitness, Standing},
    pool::{Mode, OriginConfig, Scope},
    probe::{Concern, Verdict},
};
use proptest::prelude::*;

use crate::world::{World, addr};

const EVERY: [Algorithm; 8] = [
    Algorithm::BoundedLoad,
    Algorithm::Ketama,
    Algorithm::Maglev,
    Algorithm::PeakEwma,
    Algorithm::PowerOfTwo,
    Algorithm::Random,
    Algorithm::Rendezvous,
    Algorithm::RoundRobin,
];

fn pool(origins: impl IntoIterator<Item = OriginConfig>) -> PoolConfig {
    PoolConfig::new("test").origins(origins)
}

fn origin(at: u16) -> OriginConfig {
    OriginConfig::new(format!("o{at}"), addr(at))
}

/// Shares by id, in percent.
fn shares(selector: &Selector, picks: u32) -> BTreeMap<u64, f64> {
    let mut counts: BTreeMap<u64, f64> = BTreeMap::new();
    for key in 0..picks {
        let id = selector.pick_for(u64::from(key), &[]).unwrap().id();
        *counts.entry(id.number()).or_default() += 100.0 / f64::from(picks);
    }
    counts
}

fn part(shares: &BTreeMap<u64, f64>, ids: impl IntoIterator<Item = u64>) -> f64 {
    let ids = ids.into_iter();
    ids.map(|id| shares.get(&id).copied().unwrap_or(0.0)).sum()
}

fn kill(world: &mut World, ids: impl IntoIterator<Item = u64>) {
    ids.into_iter()
        .for_each(|id| world.probes[id as usize] = false);
    world.run(Duration::from_secs(3));
}

#[test]
fn a_tier_is_full_before_the_next_has_anything() {
    for algorithm in EVERY {
        let tiered = |at: u16| origin(at).tier(u8::from(at >= 10) * 7);
        let mut world = World::healthy(pool((0..20).map(tiered)), algorithm);
        for (dead, first_tier) in [(0, 100.0), (2, 100.0), (5, 70.0), (8, 28.0), (10, 0.0)] {
            kill(&mut world, 0..dead);
            assert_eq!(world.monitor.snapshot().mode(), Mode::Normal);
            let shares = shares(&world.selector, 20_000);
            let first = part(&shares, 0..10);
            assert!(
                (first - first_tier).abs() < 4.0,
                "{algorithm:?}, {dead} dead: {first}, not {first_tier}"
            );
            assert_eq!(part(&shares, 0..dead), 0.0);
        }
    }
}

#[test]
fn a_spill_limit_spares_the_lower_tiers() {
    let tiered = |at: u16| origin(at).tier(u8::from(at >= 10));
    let mut config = pool((0..12).map(tiered));
    config.policy.tiers.spill_limit = 0.2;
    let mut world = World::healthy(config, Algorithm::RoundRobin);
    kill(&mut world, 0..9);
    let spilled = part(&shares(&world.selector, 20_000), 10..12);
    assert!((spilled - 20.0).abs() < 1.0, "{spilled}");
}

#[test]
fn a_retry_goes_to_the_next_tier_rather_than_to_the_dead() {
    let tiered = |at: u16| origin(at).tier(u8::from(at == 2));
    let mut world = World::healthy(pool((0..3).map(tiered)), Algorithm::PowerOfTwo);
    for _ in 0..50 {
        let tried = [OriginId::new(0), OriginId::new(1)];
        let next = world.selector.pick(&tried).unwrap().id();
        assert_eq!(next, OriginId::new(2));
    }
    kill(&mut world, [1]);
    let retry = world.selector.pick(&[OriginId::new(0)]).unwrap().id();
    assert_eq!(retry, OriginId::new(2));
}

#[test]
fn when_all_tiers_are_gone_everybody_serves() {
    let tiered = |at: u16| origin(at).tier(u8::from(at >= 4));
    let mut world = World::healthy(pool((0..8).map(tiered)), Algorithm::RoundRobin);
    kill(&mut world, 0..8);
    assert_eq!(world.monitor.snapshot().mode(), Mode::Panic);
    assert_eq!(shares(&world.selector, 1000).len(), 8);
}

#[test]
fn the_degraded_serve_what_the_healthy_cannot_take() {
    let mut world = World::healthy(pool((0..10).map(origin)), Algorithm::RoundRobin);
    let degrade = |world: &mut World, ids: std::ops::Range<u64>, fitness| {
        for id in ids {
            let id = OriginId::new(id);
            world.monitor.handle_fitness(id, fitness, world.now);
        }
    };
    degrade(&mut world, 0..2, Fitness::Degraded);
    assert_eq!(world.standing(0), Standing::Degraded);
    assert_eq!(part(&shares(&world.selector, 5_000), 0..2), 0.0);
    degrade(&mut world, 2..6, Fitness::Degraded);
    // Four healthy ones of ten take 4 / 10 x 1.4, the rest goes to the six.
    let degraded = part(&shares(&world.selector, 50_000), 0..6);
    assert!((degraded - 44.0).abs() < 1.0, "{degraded}");
    degrade(&mut world, 0..6, Fitness::Full);
    assert_eq!(shares(&world.selector, 5_000).len(), 10);
    assert_eq!(world.standing(0), Standing::Healthy);
}

#[test]
fn probes_with_a_concern_in_a_row_degrade() {
    let mut world = World::healthy(pool((0..4).map(origin)), Algorithm::RoundRobin);
    let latency = Duration::from_millis(900);
    let concern = Concern::Slow {
        took: latency,
        allowed: Duration::from_millis(500),
    };
    let answer = |world: &mut World, concerned: bool| {
        for _ in 0..400 {
            world.now.mono += Duration::from_millis(10);
            world.monitor.handle_timeout(world.now);
            while let Some(probe) = world.monitor.poll_probe() {
                let concern = concern.clone();
                let verdict = if concerned && probe.origin == OriginId::new(2) {
                    Verdict::Degraded { latency, concern }
                } else {
                    Verdict::Pass { latency }
                };
                world.monitor.handle_probe(probe.id, &verdict, world.now);
            }
        }
        world.answer();
    };
    answer(&mut world, true);
    assert_eq!(world.turns(), [(2, Standing::Degraded)]);
    assert_eq!(part(&shares(&world.selector, 1000), [2]), 0.0);
    answer(&mut world, false);
    assert_eq!(world.turns()[1..], [(2, Standing::Healthy)]);
    let about = |event: &Event| matches!(&event.evidence, Evidence::Concern { .. });
    assert!(world.events.iter().all(about), "{:?}", world.events);
}

#[test]
fn a_zone_keeps_its_requests_as_far_as_it_can_take_them() {
    let zoned = |at: u16| origin(at).zone(["a", "b", "c"][usize::from(at % 3)]);
    let mut world = World::healthy(pool((0..12).map(zoned)), Algorithm::Random);
    let scope = Scope::new().zone("a");
    for algorithm in EVERY {
        let local = world.monitor.selector_in(scope.clone(), algorithm).unwrap();
        let home = part(&shares(&local, 5_000), [0, 3, 6, 9]);
        assert!((home - 100.0).abs() < 1e-6, "{algorithm:?}: {home}");
    }
    let local = world.monitor.selector_in(scope, Algorithm::Random).unwrap();
    // Two of four die: 2 of 10 live in the zone, which a third of the requests come from.
    kill(&mut world, [0, 3]);
    let spread = shares(&local, 50_000);
    let home = part(&spread, [6, 9]);
    assert!((home - 60.0).abs() < 1.5, "{spread:?}");
    kill(&mut world, [6, 9]);
    let spread = shares(&local, 5_000);
    assert_eq!(part(&spread, [0, 3, 6, 9]), 0.0);
    assert_eq!(spread.len(), 8);
}

#[test]
fn an_unknown_zone_is_nobodys_home() {
    let mut world = World::healthy(pool((0..3).map(origin)), Algorithm::Random);
    let local = world
        .monitor
        .selector_in(Scope::new().zone("moon"), Algorithm::Random)
        .unwrap();
    assert_eq!(shares(&local, 1000).len(), 3);
}

#[test]
fn tags_are_binding_even_when_all_who_have_them_are_down() {
    let tagged = |at: u16| match at {
        0 | 1 => origin(at).tag("gpu").tag("eu"),
        2 => origin(at).tag("gpu"),
        _ => origin(at),
    };
    let mut world = World::healthy(pool((0..6).map(tagged)), Algorithm::Random);
    for algorithm in EVERY {
        let scope = Scope::new().tag("gpu").tag("eu");
        let both = world.monitor.selector_in(scope, algorithm).unwrap();
        let picked: Vec<u64> = shares(&both, 500).into_keys().collect();
        assert_eq!(picked, [0, 1], "{algorithm:?}");
    }
    let gpu = world
        .monitor
        .selector_in(Scope::new().tag("gpu"), Algorithm::RoundRobin)
        .unwrap();
    kill(&mut world, 0..3);
    let mut tried = Vec::new();
    while let Some(guard) = gpu.pick(&tried) {
        tried.push(guard.id());
    }
    tried.sort_unstable();
    assert_eq!(tried, [0, 1, 2].map(OriginId::new), "a doubtful chance");
    let none = world
        .monitor
        .selector_in(Scope::new().tag("tpu"), Algorithm::RoundRobin)
        .unwrap();
    assert!(none.pick(&[]).is_none());
}

#[test]
fn a_subset_is_small_and_replaces_its_dead() {
    let mut world = World::healthy(pool((0..60).map(origin)), Algorithm::Random);
    let scope = Scope::new().subset(7, 5);
    let few = world
        .monitor
        .selector_in(scope, Algorithm::RoundRobin)
        .unwrap();
    let before: Vec<u64> = shares(&few, 1000).into_keys().collect();
    assert_eq!(before.len(), 5);
    kill(&mut world, [before[0]]);
    let after: Vec<u64> = shares(&few, 1000).into_keys().collect();
    assert_eq!(after.len(), 5);
    let kept = after.iter().filter(|id| before.contains(id)).count();
    assert_eq!(kept, 4, "only the dead one is replaced");
}

#[test]
fn subsets_of_many_clients_cover_the_pool_evenly() {
    let mut world = World::healthy(pool((0..20).map(origin)), Algorithm::Random);
    let mut uses = [0_u32; 20];
    for client in 0..400 {
        let scope = Scope::new().subset(client, 4);
        let few = world
            .monitor
            .selector_in(scope, Algorithm::RoundRobin)
            .unwrap();
        for id in shares(&few, 8).into_keys() {
            uses[id as usize] += 1;
        }
    }
    // 80 each would be even; the standard deviation is 8.
    assert!(
        uses.iter().all(|uses| (48..=112).contains(uses)),
        "{uses:?}"
    );
}

#[test]
fn scopes_in_use_are_bounded_and_reused() {
    let mut world = World::healthy(pool((0..2).map(origin)), Algorithm::Random);
    let mut held = Vec::new();
    let refused = loop {
        let scope = Scope::new().subset(held.len() as u64, 1);
        match world.monitor.selector_in(scope, Algorithm::Random) {
            Ok(selector) => held.push(selector),
            Err(error) => break error,
        }
        assert!(held.len() <= 1000);
    };
    assert_eq!(held.len(), 64);
    assert_eq!(refused.problems()[0].path, "scope");
    held.pop();
    let scope = Scope::new().subset(9999, 1);
    assert!(world.monitor.selector_in(scope, Algorithm::Random).is_ok());
}

#[test]
fn tags_and_zones_are_checked() {
    let mut crowded = origin(1);
    crowded.tags = (0..33).map(|tag| tag.to_string().into()).collect();
    let config = pool([origin(0).zone("").tag("x".repeat(256)), crowded]);
    let error = config.validate().unwrap_err();
    let paths: Vec<&str> = error.problems().iter().map(|p| p.path.as_str()).collect();
    assert_eq!(
        paths,
        ["origins[0].tags", "origins[0].zone", "origins[1].tags"]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn somebody_who_lives_is_found_whatever_the_tiers_and_zones(
        places in prop::collection::vec((0_u8..3, 0_usize..4, 1_u32..5), 1..24),
        dead in prop::collection::vec(any::<prop::sample::Index>(), 0..24),
        zone in 0_usize..4, size in 1_usize..6,
    ) {
        let zones = ["a", "b", "c", "d"];
        let make = |(at, &(tier, zone, weight)): (usize, &(u8, usize, u32))| {
            let place = origin(at as u16).tier(tier).zone(zones[zone]);
            place.weight(weight)
        };
        let mut config = pool(places.iter().enumerate().map(make));
        config.policy.panic_share = 0.0;
        let mut world = World::healthy(config, Algorithm::Random);
        let dead: Vec<u64> = dead.iter().map(|at| at.index(places.len()) as u64).collect();
        kill(&mut world, dead.iter().copied());
        let lives = (0..places.len() as u64).any(|id| !dead.contains(&id));
        for algorithm in EVERY {
            let scope = Scope::new().zone(zones[zone]).subset(3, size);
            let selector = world.monitor.selector_in(scope, algorithm).unwrap();
            for key in 0..20 {
                let picked = selector.pick_for(key, &[]).unwrap().id().number();
                prop_assert!(!lives || !dead.contains(&picked), "{algorithm:?} picked {picked}");
            }
        }
    }
}
