//! Loads and outages, played.

use super::{
    load::Load,
    world::{Fault, GOOD, KEY, Network, Outcome, World},
};

const SEEDS: std::ops::Range<u64> = 1..4;

fn told(name: &str, seed: u64, outcome: &Outcome) -> String {
    let line = format!(
        "{name:<22} seed {seed}: admitted {:.3}, worst window {:.3}, {:.3} trips a request",
        outcome.admitted(),
        outcome.worst(),
        outcome.trips()
    );
    println!("{line}");
    line
}

#[test]
fn nodes_that_are_told_of_one_another_admit_the_limit_together() {
    for (name, load, trips) in [
        ("uniform 3x", Load::Uniform(3.0), 0.1),
        ("skew 3x", Load::Skew(3.0), 0.1),
        ("moving 3x", Load::Moving(3.0), 0.1),
        ("uniform 0.8x", Load::Uniform(0.8), 0.2),
        ("skew 0.8x", Load::Skew(0.8), 0.2),
        ("pulse 20x", Load::Pulse(20.0), 0.1),
    ] {
        for seed in SEEDS {
            let outcome = World::new(seed).play(load, 12.0);
            let line = told(name, seed, &outcome);
            let moves = matches!(load, Load::Moving(_));
            let least = if moves { 0.90 } else { 0.97 };
            assert!((least..=1.03).contains(&outcome.admitted()), "{line}");
            assert!(outcome.worst() <= 1.1, "{line}");
            assert!(outcome.trips() <= trips, "{line}");
        }
    }
}

#[test]
fn a_bad_network_changes_little() {
    for seed in SEEDS {
        let mut world = World::new(seed);
        world.network = Network {
            delay: 0.01,
            lost: 0.02,
            doubled: 0.1,
        };
        let outcome = world.play(Load::Skew(3.0), 12.0);
        let line = told("bad network", seed, &outcome);
        assert!((0.93..=1.05).contains(&outcome.admitted()), "{line}");
        assert!(outcome.worst() <= 1.15, "{line}");
    }
}

#[test]
fn without_the_store_all_nodes_together_stay_at_the_limit() {
    for seed in SEEDS {
        for fault in [Fault::Killed(4.0, 14.0), Fault::Hung(4.0, 14.0)] {
            for load in [Load::Uniform(3.0), Load::Skew(3.0)] {
                let mut world = World::new(seed);
                world.fault = fault;
                let outcome = world.play(load, 18.0);
                let line = told(&format!("{load:?}"), seed, &outcome);
                let parts = [(4.0, 14.0), (14.0, 16.0), (16.0, 18.0)];
                let parts = parts.map(|(from, until)| outcome.between(from, until));
                println!("  {fault:?}: during, after, later: {parts:.3?}");
                assert!((0.8..=1.1).contains(&parts[0]), "{line} {parts:?}");
                assert!(parts[1] <= 1.3, "{line} {parts:?}");
                assert!((0.9..=1.1).contains(&parts[2]), "{line} {parts:?}");
            }
        }
    }
}

#[test]
fn shares_follow_the_demand() {
    let mut world = World::new(1);
    world.network = GOOD;
    let _ = world.play(Load::Skew(3.0), 4.0);
    let shares: Vec<f64> = world
        .nodes
        .iter()
        .filter_map(|node| node.replica.share(KEY))
        .collect();
    assert!((0.36..0.44).contains(&shares[0]), "{shares:?}");
    assert!((0.01..0.04).contains(&shares[9]), "{shares:?}");
    let sum: f64 = shares.iter().sum();
    assert!((0.9..1.1).contains(&sum), "{shares:?}");
}
