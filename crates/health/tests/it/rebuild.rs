//! Hash tables of large pools: built elsewhere, while picks go by those of before.

use std::time::Duration;

use eaves_health::{Algorithm, OriginId, Selector, pool::OriginConfig};

use crate::world::{World, addr, pool};

const KEYED: [Algorithm; 4] = [
    Algorithm::BoundedLoad,
    Algorithm::Ketama,
    Algorithm::Maglev,
    Algorithm::Rendezvous,
];

/// A large pool but for some, and some others besides.
fn edited(without: std::ops::Range<u16>, with: std::ops::Range<u16>) -> Vec<OriginConfig> {
    let rest = (0..300).filter(|at| !without.contains(at));
    let origin = |at: u16| OriginConfig::new(format!("o{at}"), addr(at));
    rest.chain(with).map(origin).collect()
}

fn owners(selector: &Selector) -> Vec<OriginId> {
    let owner = |key| selector.pick_for(key, &[]).unwrap().id();
    (0..3000).map(owner).collect()
}

#[test]
fn keys_stay_until_the_table_is_built_but_for_those_of_the_gone() {
    for algorithm in KEYED {
        let mut world = World::healthy(pool(&[1; 300]), algorithm);
        let before = owners(&world.selector);
        let origins = edited(0..10, 300..310);
        world.monitor.set_origins(origins, world.now).unwrap();
        let during = owners(&world.selector);
        for (before, during) in before.iter().zip(&during) {
            let gone = before.number() < 10;
            assert!(during.number() < 300, "{algorithm:?}: fresh ones wait");
            assert!(during.number() >= 10, "{algorithm:?}: it is gone");
            assert!(gone || before == during, "{algorithm:?}");
        }
        let rebuild = world.monitor.poll_rebuild().unwrap();
        assert!(world.monitor.poll_rebuild().is_none());
        rebuild.run();
        world.probes.resize(310, true);
        world.run(Duration::from_millis(200));
        let after = owners(&world.selector);
        assert!(
            after.iter().any(|owner| owner.number() >= 300),
            "{algorithm:?}"
        );
        assert!(
            after.iter().all(|owner| owner.number() >= 10),
            "{algorithm:?}"
        );
    }
}

#[test]
fn a_second_edit_before_the_first_is_built_still_knows_the_way() {
    let mut world = World::healthy(pool(&[1; 300]), Algorithm::Maglev);
    let before = owners(&world.selector);
    for last in [5, 10] {
        let origins = edited(0..last, 300..301);
        world.monitor.set_origins(origins, world.now).unwrap();
    }
    let during = owners(&world.selector);
    for (before, during) in before.iter().zip(&during) {
        assert!(before.number() < 10 || before == during);
        assert!((10..300).contains(&during.number()));
    }
}

#[test]
fn what_nobody_takes_is_built_in_time() {
    for take in [false, true] {
        let mut world = World::healthy(pool(&[1; 300]), Algorithm::Maglev);
        let origins = edited(0..0, 300..330);
        world.probes.resize(330, true);
        world.monitor.set_origins(origins, world.now).unwrap();
        if take {
            // Taken, and lost.
            drop(world.monitor.poll_rebuild());
        }
        assert!(world.monitor.poll_timeout() <= world.now.mono + Duration::from_millis(200));
        world.run(Duration::from_secs(if take { 11 } else { 1 }));
        let fresh = |owner: &OriginId| owner.number() >= 300;
        assert!(owners(&world.selector).iter().any(fresh), "taken: {take}");
        assert!(world.monitor.poll_rebuild().is_none());
    }
}

#[test]
fn a_reused_slot_gets_no_keys_of_the_one_before() {
    let mut world = World::healthy(pool(&[1; 300]), Algorithm::Maglev);
    // The fresh ones take the slots of those that went.
    let origins = edited(0..30, 400..430);
    world.monitor.set_origins(origins, world.now).unwrap();
    assert!(owners(&world.selector).iter().all(|id| id.number() < 300));
}
