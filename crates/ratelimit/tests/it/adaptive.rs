//! A service of known capacity, played by seed: where the limit settles, and how fast it follows.
#![allow(clippy::print_stdout, reason = "figures for `--nocapture`")]

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
    time::Duration,
};

use eaves_common::time::Mono;
use eaves_ratelimit::adaptive::{
    Admission, Aimd, Algorithm, Bounds, Full, Gradient2, Limiter, Permit, Vegas,
};

#[test]
fn under_overload_the_limit_settles_near_the_capacity() {
    for (name, algorithm) in algorithms() {
        for (capacity, seed) in [(10, 1), (10, 2), (40, 3), (80, 4)] {
            let mut world = World::new(algorithm.clone(), capacity, seed);
            world.run(20.0, 2.0);
            let report = world.run(12.0, 2.0);
            println!("{name} capacity {capacity} seed {seed}: {report:?}");
            assert!(report.goodput > 0.95, "{name} {capacity} {seed}");
            let near = f64::from(capacity)..=2.0 * f64::from(capacity) + 10.0;
            assert!(near.contains(&report.limit), "{name} {capacity} {seed}");
            assert!(report.latency < 2.5, "{name} {capacity} {seed}");
        }
    }
}

#[test]
fn the_limit_follows_the_capacity_down_and_up_again() {
    for (name, algorithm) in algorithms() {
        let mut world = World::new(algorithm, 40, 5);
        world.run(20.0, 2.0);
        world.workers = 10;
        world.run(15.0, 8.0);
        let down = world.run(15.0, 8.0);
        println!("{name} down to 10: {down:?}");
        assert!(down.limit < 25.0 && down.goodput > 0.9, "{name} {down:?}");
        world.workers = 40;
        world.run(30.0, 2.0);
        let up = world.run(15.0, 2.0);
        println!("{name} up to 40: {up:?}");
        assert!(up.limit > 38.0 && up.goodput > 0.93, "{name} {up:?}");
    }
}

#[test]
fn a_setting_that_is_no_number_leaves_the_limit_where_it_was() {
    let algorithms: [Algorithm; 4] = [
        Aimd::default().backoff(f64::NAN).into(),
        Aimd::default().increase(f64::NAN).into(),
        Gradient2::default().queue(f64::NAN).into(),
        Gradient2::default().smoothing(f64::NAN).into(),
    ];
    for algorithm in algorithms {
        let limiter = Limiter::new(algorithm, Bounds::default());
        for second in 1..40 {
            let began = Mono::from_secs(second);
            let admitted = (0..20).map_while(|_| limiter.try_acquire(began).permit());
            let permits: Vec<Permit> = admitted.collect();
            for (nth, permit) in permits.into_iter().enumerate() {
                let ended = began + Duration::from_millis(500);
                match (nth as u64 + second) % 3 {
                    0 => permit.dropped(ended),
                    _ => permit.succeeded(ended),
                }
            }
            assert!(limiter.limit() >= 1, "{second} s");
        }
    }
}

/// The service takes a few more than it can serve and turns the others away at once.
#[test]
fn a_service_that_refuses_is_not_asked_in_vain_for_long() {
    for (name, algorithm) in algorithms() {
        let mut world = World::new(algorithm, 40, 6);
        world.room = 5;
        world.run(20.0, 2.0);
        let report = world.run(12.0, 2.0);
        println!("{name} refusing: {report:?}");
        assert!(report.goodput > 0.88, "{name}");
        assert!(report.dropped < 0.1 && report.limit < 50.0, "{name}");
    }
}

#[test]
fn a_service_that_became_slower_is_not_starved() {
    // AIMD goes by a latency that is set, and refuses what is slower as it should.
    for (name, algorithm) in &algorithms()[1..] {
        let mut world = World::new(algorithm.clone(), 50, 9);
        world.run(40.0, 2.0);
        world.service *= 4.0;
        world.run(60.0, 2.0);
        let report = world.run(30.0, 2.0);
        assert!(report.goodput > 0.9, "{name} {report:?}");
    }
}

#[test]
fn a_limit_half_of_which_is_free_does_not_grow() {
    for (name, algorithm) in algorithms() {
        let mut world = World::new(algorithm, 50, 3);
        let report = world.run(60.0, 0.02); // one of 20 in use
        assert!(world.limiter.limit() <= 20, "{name} {report:?}");
        assert!(report.refused < 0.01, "{name} {report:?}");
    }
}

#[test]
fn nothing_but_drops_leads_to_the_minimum_and_back() {
    for (name, algorithm) in algorithms() {
        let bounds = Bounds {
            initial: 100,
            min: 3,
            max: 100,
            ..Bounds::default()
        };
        let limiter = Limiter::new(algorithm, bounds);
        let mut now = Mono::ZERO;
        let mut play = |end: fn(Permit, Mono)| {
            for _ in 0..1_500 {
                let permits: Vec<_> =
                    std::iter::from_fn(|| limiter.try_acquire(now).permit()).collect();
                now += Duration::from_millis(20);
                permits.into_iter().for_each(|permit| end(permit, now));
            }
            limiter.limit()
        };
        assert_eq!(play(Permit::dropped), 3, "{name}");
        assert!(play(Permit::succeeded) > 50, "{name}");
    }
}

#[test]
fn a_permit_is_given_back_however_it_ends() {
    let bounds = Bounds {
        initial: 2,
        min: 2,
        max: 2,
        ..Bounds::default()
    };
    let limiter = Limiter::new(Aimd::default(), bounds);
    let now = Mono::from_secs(3);
    for end in [
        |permit: Permit| permit.succeeded(Mono::from_secs(4)),
        |permit: Permit| permit.dropped(Mono::ZERO), // the clock went back
        |permit: Permit| permit.ignored(),
        |permit: Permit| drop(permit),
        |permit: Permit| {
            assert!(
                std::panic::catch_unwind(move || {
                    let _held = permit;
                    panic!()
                })
                .is_err()
            );
        },
    ] {
        let one = limiter.clone().try_acquire(now).permit().unwrap();
        let other = limiter.try_acquire(now).permit().unwrap();
        let Admission::Full(full) = limiter.try_acquire(now) else {
            panic!()
        };
        assert_eq!(
            full,
            Full {
                limit: 2,
                inflight: 2
            }
        );
        end(one);
        assert_eq!(limiter.inflight(), 1);
        end(other);
        assert_eq!(limiter.inflight(), 0);
    }
}

#[test]
fn threads_never_hold_more_than_the_limit() {
    let bounds = Bounds {
        initial: 5,
        min: 5,
        max: 5,
        ..Bounds::default()
    };
    let limiter = Limiter::new(Vegas::default(), bounds);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for round in 0..5_000 {
                    let permits: Vec<_> = (0..3)
                        .map_while(|_| limiter.try_acquire(Mono::from_nanos(round)).permit())
                        .collect();
                    assert!(limiter.inflight() <= 5);
                    permits
                        .into_iter()
                        .for_each(|permit| permit.succeeded(Mono::from_nanos(round + 5)));
                }
            });
        }
    });
    assert_eq!(limiter.inflight(), 0);
}

#[test]
fn neither_permits_nor_outcomes_allocate() {
    let limiter = Limiter::new(Gradient2::default(), Bounds::default());
    let allocated = allocation_counter::measure(|| {
        for second in 0..1_000 {
            let permit = limiter.try_acquire(Mono::from_secs(second)).permit();
            permit.unwrap().succeeded(Mono::from_secs(second + 1));
        }
    });
    assert_eq!(allocated.count_total, 0);
}

#[test]
fn bounds_out_of_order_are_put_in_order() {
    let limit = |initial, min, max| {
        Limiter::new(
            Aimd::default(),
            Bounds {
                initial,
                min,
                max,
                ..Bounds::default()
            },
        )
        .limit()
    };
    assert_eq!((limit(0, 0, 0), limit(9, 1, 5), limit(1, 4, 2)), (1, 5, 4));
}

#[test]
fn limiters_and_permits_cross_threads() {
    fn crosses<T: Send + Sync>() {}
    crosses::<Limiter>();
    crosses::<Permit>();
    crosses::<Algorithm>();
}

fn algorithms() -> [(&'static str, Algorithm); 3] {
    // Requests take 20 ms alone; AIMD is told what is slow.
    let aimd = Aimd::default().slow_at(Duration::from_millis(35));
    [
        ("aimd", aimd.into()),
        ("gradient2", Gradient2::default().into()),
        ("vegas", Vegas::default().into()),
    ]
}

/// Workers with a queue before them, clients that come at random, and a limiter between the two.
struct World {
    limiter: Limiter,
    workers: u32,
    /// Mean time of a request, in seconds; each takes 0.5 to 1.5 of it.
    service: f64,
    now: f64,
    /// Ends of requests that are being served.
    busy: BinaryHeap<Reverse<u64>>,
    /// Those being served, by end, and those that wait.
    served: Vec<(u64, Permit)>,
    queue: VecDeque<Permit>,
    /// How many may wait before the service refuses.
    room: usize,
    random: u64,
}

#[derive(Debug)]
struct Report {
    /// Served, as a share of what the workers could have.
    goodput: f64,
    /// Mean limit over the time.
    limit: f64,
    /// Mean latency, in mean service times.
    latency: f64,
    /// Refused by the limiter, as a share of all.
    refused: f64,
    /// Refused by the service, as a share of all.
    dropped: f64,
}

impl World {
    fn new(algorithm: Algorithm, workers: u32, seed: u64) -> Self {
        Self {
            limiter: Limiter::new(algorithm, Bounds::default()),
            workers,
            service: 0.02,
            now: 0.0,
            busy: BinaryHeap::new(),
            served: Vec::new(),
            queue: VecDeque::new(),
            room: usize::MAX,
            random: seed,
        }
    }

    /// Plays so many seconds with so many times the load that the workers can bear.
    fn run(&mut self, seconds: f64, load: f64) -> Report {
        let end = self.now + seconds;
        let rate = load * f64::from(self.workers) / self.service;
        let (mut done, mut all, mut limits, mut latency) = (0.0, 0.0, 0.0, 0.0);
        let (mut refused, mut dropped) = (0.0, 0.0);
        while self.now < end {
            self.now += -self.unit().ln() / rate;
            while let Some(took) = self.finish_next() {
                done += 1.0;
                latency += took;
            }
            all += 1.0;
            limits += f64::from(self.limiter.limit());
            match self.limiter.try_acquire(mono(self.now)) {
                Admission::Admitted(permit) if self.queue.len() >= self.room => {
                    permit.dropped(mono(self.now));
                    dropped += 1.0;
                }
                Admission::Admitted(permit) => self.queue.push_back(permit),
                Admission::Full(_) => refused += 1.0,
            }
            self.start_waiting(self.now);
        }
        Report {
            goodput: done * self.service / f64::from(self.workers) / seconds,
            limit: limits / all,
            latency: latency / done / self.service,
            refused: refused / all,
            dropped: dropped / all,
        }
    }

    /// Ends the request that is done first, if it is by now, and returns how long it took.
    fn finish_next(&mut self) -> Option<f64> {
        let Reverse(end) = *self.busy.peek()?;
        if end > mono(self.now).as_nanos() {
            return None;
        }
        self.busy.pop();
        let at = self.served.iter().position(|(other, _)| *other == end)?;
        let (_, permit) = self.served.swap_remove(at);
        let took = Mono::from_nanos(end) - permit.began();
        permit.succeeded(Mono::from_nanos(end));
        self.start_waiting(end as f64 / 1e9);
        Some(took.as_secs_f64())
    }

    fn start_waiting(&mut self, at: f64) {
        while self.busy.len() < self.workers as usize {
            let Some(permit) = self.queue.pop_front() else {
                return;
            };
            let end = mono(at + self.service * (0.5 + self.unit())).as_nanos();
            self.busy.push(Reverse(end));
            self.served.push((end, permit));
        }
    }

    fn unit(&mut self) -> f64 {
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.random >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }
}

fn mono(seconds: f64) -> Mono {
    Mono::from_nanos((seconds * 1e9) as u64)
}
