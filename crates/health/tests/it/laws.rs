//! What holds whatever happens: properties of the monitor, and of pools under load.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use eaves_common::time::Now;
use eaves_health::{
    Algorithm, Monitor, PoolConfig,
    monitor::{Standing, policy::Initial},
    pool::{Mode, OriginConfig},
    probe::Verdict,
};
use proptest::prelude::*;

use crate::world::{World, addr, finish, pool};

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// What happens in a step of some milliseconds: requests, of which some fail, and probes.
#[derive(Clone, Debug)]
struct Step {
    pause: u64,
    requests: u8,
    errors: u8,
    red: u8,
}

fn step() -> impl Strategy<Value = Step> {
    (1_u64..400, 0_u8..6, any::<u8>(), any::<u8>()).prop_map(|(pause, requests, errors, red)| {
        Step {
            pause,
            requests,
            errors,
            red,
        }
    })
}

fn play(world: &mut World, step: &Step) -> u64 {
    let mut bad = 0;
    for (id, probe) in world.probes.iter_mut().enumerate() {
        *probe = step.red >> id & 1 == 0;
    }
    for _ in 0..step.requests {
        let guard = world.selector.pick(&[]).unwrap();
        let fails = step.errors >> guard.id().number() & 1 == 1;
        bad += u64::from(fails);
        finish(guard, fails);
        world.monitor.handle_traffic(world.now);
    }
    world.step(ms(step.pause));
    bad
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn nobody_is_put_out_without_evidence(
        steps in prop::collection::vec(step(), 1..120), spared in 0_u8..6,
    ) {
        let mut world = World::healthy(pool(&[1; 6]), Algorithm::Random);
        for mut step in steps {
            step.errors &= !(1 << spared);
            step.red &= !(1 << spared);
            play(&mut world, &step);
        }
        let turned = world.turns().iter().any(|turn| turn.0 == u64::from(spared));
        prop_assert!(!turned, "it never failed: {:?}", world.events);
    }

    #[test]
    fn an_origin_flaps_no_more_often_than_its_holds_allow(
        steps in prop::collection::vec(step(), 60..200),
    ) {
        let mut world = World::healthy(pool(&[1; 6]), Algorithm::Random);
        let start = world.now.mono;
        for step in steps {
            play(&mut world, &step);
        }
        let seconds = (world.now.mono - start).as_secs_f64();
        for id in 0..6 {
            let turns = world.turns();
            let outs = turns.iter().filter(|turn| turn.0 == id && turn.1.is_out()).count();
            // Holds of 0.5, 1, 2, 4... s add up to more than the time there was.
            let most = (seconds / 0.5 + 1.0).log2() + 3.0 + seconds / 15.0;
            prop_assert!((outs as f64) <= most, "{id} was put out {outs} times in {seconds} s");
        }
    }

    #[test]
    fn panic_ends_and_all_are_healthy_once_nothing_fails_any_more(
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut world = World::healthy(pool(&[1; 6]), Algorithm::Random);
        for step in &steps {
            play(&mut world, step);
        }
        let quiet = Step { pause: 50, requests: 2, errors: 0, red: 0 };
        // The longest hold, a trial and a ramp.
        (0..1_200).for_each(|_| { play(&mut world, &quiet); });
        prop_assert_eq!(world.monitor.snapshot().mode(), Mode::Normal);
        for id in 0..6 {
            prop_assert_eq!(world.standing(id), Standing::Healthy);
        }
    }
}

/// Everybody but one in three, by turns.
fn some(round: u16) -> Vec<OriginConfig> {
    let here = (0..40_u16).filter(|at| at % 3 != round % 3);
    let origin = |at: u16| {
        let weight = 1 + u32::from((at + round) % 4);
        OriginConfig::new(format!("o{at}"), addr(at)).weight(weight)
    };
    here.map(origin).collect()
}

#[test]
fn edits_under_load_from_several_threads_lose_no_request() {
    let config = PoolConfig::new("test").origins(some(0));
    let monitor = Mutex::new(Monitor::new(config, 1, Now::default()).unwrap());
    let (stop, picked) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for algorithm in [
            Algorithm::PowerOfTwo,
            Algorithm::RoundRobin,
            Algorithm::Maglev,
            Algorithm::BoundedLoad,
        ] {
            let selector = monitor.lock().unwrap().selector(algorithm);
            let (stop, picked) = (&stop, &picked);
            scope.spawn(move || {
                for key in 0.. {
                    let guard = selector.pick_for(key, &[]).expect("somebody is there");
                    let other = selector.pick_for(key, &[guard.id()]).expect("another, too");
                    assert_ne!(guard.id(), other.id());
                    finish(guard, key % 50 == 0);
                    finish(other, false);
                    picked.fetch_add(1, Relaxed);
                    std::thread::yield_now();
                    if stop.load(Relaxed) {
                        break;
                    }
                }
            });
        }
        let mut now = Now::default();
        for round in 0..40 {
            now.mono += ms(20);
            let mut monitor = monitor.lock().unwrap();
            monitor.set_origins(some(round), now).unwrap();
            monitor.handle_timeout(now);
            monitor.handle_traffic(now);
            while let Some(probe) = monitor.poll_probe() {
                monitor.handle_probe(probe.id, &Verdict::Pass { latency: ms(1) }, now);
            }
            while monitor.poll_event().is_some() {}
        }
        // Each thread ends after a pick, so that all have picked.
        stop.store(true, Relaxed);
    });
    assert!(picked.into_inner() >= 4);
    let status = monitor.into_inner().unwrap().status();
    assert!(status.origins.iter().all(|origin| origin.in_flight == 0));
    // Slots of those that left were used again.
    assert!(status.origins.len() <= 27);
}

#[test]
fn ten_thousand_origins_fit_into_thirty_mebibytes() {
    let origins: Vec<_> = (0..10_000_u16)
        .map(|at| OriginConfig::new(format!("origin-{at}"), addr(at)))
        .collect();
    let used = allocation_counter::measure(|| {
        let mut config = PoolConfig::new("large").origins(origins);
        config.policy.probes.initial = Initial::Up;
        let mut now = Now::default();
        let mut monitor = Monitor::new(config, 1, now).unwrap();
        let selector = monitor.selector(Algorithm::Maglev);
        for _ in 0..5 {
            now.mono += ms(100);
            monitor.handle_timeout(now);
            while let Some(probe) = monitor.poll_probe() {
                monitor.handle_probe(probe.id, &Verdict::Pass { latency: ms(1) }, now);
            }
        }
        assert_eq!(monitor.status().healthy, 10_000);
        assert!(selector.pick_for(1, &[]).is_some());
    });
    let peak = used.bytes_max >> 20;
    assert!(peak < 30, "{peak} MiB at the most");
}
