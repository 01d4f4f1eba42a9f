//! The queue in front of a service, played by seed under overload, and step by step.
#![allow(clippy::print_stdout, reason = "figures for `--nocapture`")]

use std::{cmp::Reverse, collections::BinaryHeap, time::Duration};

use eaves_common::time::Mono;
use eaves_ratelimit::shed::{
    Arrival, Class, Load, Policy, PolicyError, Reason, ShedQueue, Ticket, Turn,
};
use proptest::prelude::*;

const HIGH: Class = Class::new(0);
const LOW: Class = Class::new(1);

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn at(millis: u64) -> Mono {
    Mono::from_nanos(millis * 1_000_000)
}

fn queue<const N: usize>(capacity: usize, deadlines: [u64; N]) -> ShedQueue<u64> {
    ShedQueue::new(Policy::new(capacity, deadlines.map(millis)).unwrap())
}

fn serve(queue: &mut ShedQueue<u64>, now: Mono) -> Option<u64> {
    match queue.pop(now)? {
        Turn::Serve(served) => Some(served.item),
        Turn::Shed(shed) => panic!("{shed:?}"),
    }
}

#[test]
fn under_double_load_the_goodput_stays_and_the_important_are_served() {
    for seed in 0..4 {
        let report = World::new(seed).run(2.0);
        println!("seed {seed}: {report:?}");
        assert!(report.goodput > 0.97, "{report:?}");
        let [high, middle, low] = report.shed;
        assert!(high == 0.0 && middle < low, "{report:?}");
        assert!(report.waited < 0.02, "{report:?}");
    }
}

/// Nobody is more important than anybody: those served are those who just came.
#[test]
fn under_double_load_of_one_class_those_served_hardly_waited() {
    for seed in 0..4 {
        let mut world = World::new(seed);
        world.important = 1.0;
        let report = world.run(2.0);
        println!("one class, seed {seed}: {report:?}");
        assert!(report.goodput > 0.97 && report.waited < 0.005, "{report:?}");
    }
}

#[test]
fn under_light_load_hardly_anybody_is_shed() {
    for seed in 0..4 {
        let report = World::new(seed).run(0.8);
        println!("light, seed {seed}: {report:?}");
        let [high, middle, low] = report.shed;
        assert!(high == 0.0 && middle == 0.0 && low < 0.01, "{report:?}");
    }
}

#[test]
fn calm_is_first_in_first_out_and_overload_last_in_first_out() {
    let mut queue = queue(100, [1_000]);
    for item in 0..4 {
        let _ = queue.push(item, HIGH, at(item));
    }
    assert_eq!(serve(&mut queue, at(4)), Some(0));
    // The oldest waits from 1 on, longer than 5 ms from 6 on, for an interval at 106.
    assert_eq!(queue.poll_timeout(), Some(at(106)));
    assert_eq!(queue.expire(at(105)), None);
    assert_eq!(queue.load(HIGH), Load::Calm);
    for item in 4..7 {
        let _ = queue.push(item, HIGH, at(105));
    }
    for item in 1..4 {
        let shed = queue.expire(at(106)).unwrap();
        assert_eq!((shed.item, shed.reason), (item, Reason::Overloaded));
    }
    assert_eq!(
        (queue.expire(at(106)), queue.load(HIGH)),
        (None, Load::Overloaded)
    );
    assert_eq!(serve(&mut queue, at(107)), Some(6));
    assert_eq!(queue.poll_timeout(), Some(at(110)));
    assert_eq!(queue.expire(at(110)).map(|shed| shed.item), Some(4));
    // The last one is kept, since the service would have nothing to do.
    assert_eq!(
        (queue.expire(at(500)), queue.poll_timeout()),
        (None, Some(at(1_105)))
    );
    assert_eq!(serve(&mut queue, at(500)), Some(5));
    assert_eq!((queue.load(HIGH), queue.poll_timeout()), (Load::Calm, None));
}

#[test]
fn a_full_queue_gives_way_to_the_more_important_only() {
    let mut queue = queue(2, [1_000, 1_000]);
    let refused = |arrival| matches!(arrival, Arrival::Shed(shed) if shed.reason == Reason::Full);
    let displaced = |arrival| match arrival {
        Arrival::Waits {
            displaced: Some(shed),
            ..
        } => (shed.item, shed.reason),
        other => panic!("{other:?}"),
    };
    let _ = queue.push(0, LOW, at(0));
    let _ = queue.push(1, LOW, at(0));
    assert!(refused(queue.push(2, LOW, at(1))));
    assert_eq!(
        displaced(queue.push(3, HIGH, at(1))),
        (0, Reason::Displaced)
    );
    assert_eq!(
        displaced(queue.push(4, HIGH, at(1))),
        (1, Reason::Displaced)
    );
    assert!(refused(queue.push(5, HIGH, at(1))) && refused(queue.push(6, LOW, at(1))));
    // Who has waited too long goes first, whoever comes.
    assert_eq!(
        displaced(queue.push(7, HIGH, at(200))),
        (3, Reason::Overloaded)
    );
    assert_eq!(
        displaced(queue.push(8, LOW, at(200))),
        (4, Reason::Overloaded)
    );
    assert_eq!(
        displaced(queue.push(9, HIGH, at(200))),
        (8, Reason::Displaced)
    );
    // Under overload the oldest of the same class is the one to be served last.
    assert_eq!(displaced(queue.push(10, HIGH, at(200))), (7, Reason::Full));
    assert!(refused(queue.push(11, LOW, at(200))));
    assert_eq!(queue.len(), 2);
}

#[test]
fn each_class_has_its_deadline() {
    let mut queue = queue(10, [50, 20]);
    let _ = queue.push(0, HIGH, at(0));
    let _ = queue.push(1, Class::new(9), at(0)); // beyond the last class
    assert_eq!(queue.poll_timeout(), Some(at(20)));
    let shed = queue.expire(at(20)).unwrap();
    assert_eq!(
        (shed.item, shed.class, shed.waited, shed.reason),
        (1, LOW, millis(20), Reason::Deadline)
    );
    assert_eq!(
        (queue.expire(at(49)), queue.poll_timeout()),
        (None, Some(at(50)))
    );
    assert_eq!(queue.expire(at(50)).map(|shed| shed.item), Some(0));
}

#[test]
fn who_gives_up_is_neither_served_nor_shed() {
    let mut queue = queue(3, [50]);
    let ticket = |arrival| match arrival {
        Arrival::Waits { ticket, .. } => ticket,
        Arrival::Shed(shed) => panic!("{shed:?}"),
    };
    let tickets: Vec<Ticket> = (0..3)
        .map(|item| ticket(queue.push(item, HIGH, at(0))))
        .collect();
    assert_eq!(
        (queue.cancel(tickets[1]), queue.cancel(tickets[1])),
        (Some(1), None)
    );
    assert_eq!(queue.len(), 2);
    let _ = ticket(queue.push(3, HIGH, at(1)));
    assert_eq!(serve(&mut queue, at(2)), Some(0));
    assert_eq!(queue.cancel(tickets[0]), None);
    assert_eq!(
        (serve(&mut queue, at(2)), serve(&mut queue, at(2))),
        (Some(2), Some(3))
    );
    assert_eq!(queue.pop(at(90)), None);
}

#[test]
fn policies_that_cannot_be_are_refused() {
    for capacity in [0, (1 << 20) + 1] {
        let error = PolicyError::Capacity { found: capacity };
        assert_eq!(Policy::new(capacity, [millis(1)]), Err(error));
    }
    assert_eq!(
        Policy::new(1, vec![millis(1); 40]),
        Err(PolicyError::Classes { found: 17 })
    );
}

#[test]
fn queues_cross_threads() {
    fn crosses<T: Send + Sync>() {}
    crosses::<ShedQueue<u64>>();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whatever comes when, also with a clock that goes back: each request ends once, by one of
    /// the four ways, the queue stays within its bounds, and no timeout is missed.
    #[test]
    fn every_request_ends_exactly_once(steps in prop::collection::vec((0..4_u8, 0..4_u8, -5..40_i64), 0..300)) {
        let mut queue = queue(8, [60, 30, 90]);
        let mut ended = Vec::new();
        let mut tickets = Vec::new();
        let (mut now, mut next) = (1_000_i64, 0);
        for (step, class, pause) in steps {
            now += pause;
            let time = at(now.unsigned_abs());
            match step {
                0 | 1 => {
                    match queue.push(next, Class::new(class), time) {
                        Arrival::Waits { ticket, displaced } => {
                            tickets.push(ticket);
                            ended.extend(displaced.map(|shed| shed.item));
                        }
                        Arrival::Shed(shed) => ended.push(shed.item),
                    }
                    next += 1;
                }
                2 => ended.extend(queue.pop(time).map(|turn| match turn {
                    Turn::Serve(served) => served.item,
                    Turn::Shed(shed) => shed.item,
                })),
                _ => ended.extend(tickets.pop().and_then(|ticket| queue.cancel(ticket))),
            }
            prop_assert!(queue.len() <= 8);
        }
        while let Some(time) = queue.poll_timeout() {
            let before = queue.len();
            ended.extend(std::iter::from_fn(|| queue.expire(time)).map(|shed| shed.item));
            prop_assert!(queue.len() < before || (0..3).any(|rank| queue.load(Class::new(rank)) == Load::Overloaded));
        }
        ended.sort_unstable();
        prop_assert_eq!(ended, (0..next).collect::<Vec<_>>());
    }
}

/// Twenty workers who take 10 to 30 ms a request, and clients of three classes.
struct World {
    queue: ShedQueue<u64>,
    busy: BinaryHeap<Reverse<Mono>>,
    random: u64,
    /// Share of the requests that are of the highest class.
    important: f64,
    arrived: [u32; 3],
    shed: [u32; 3],
    served: u32,
    waited: Duration,
}

#[derive(Debug)]
struct Report {
    /// Served, as a share of what the workers could have.
    goodput: f64,
    /// Shed, as a share of what came, by class.
    shed: [f64; 3],
    /// Mean wait of those served, in seconds.
    waited: f64,
}

const WORKERS: usize = 20;
const SERVICE: f64 = 0.02;
const SECONDS: f64 = 30.0;

impl World {
    fn new(seed: u64) -> Self {
        Self {
            queue: queue(500, [300, 300, 300]),
            busy: BinaryHeap::new(),
            random: seed,
            important: 0.2,
            arrived: [0; 3],
            shed: [0; 3],
            served: 0,
            waited: Duration::ZERO,
        }
    }

    /// Plays thirty seconds: of those who come one in five is important, unless set, and half are not at all.
    fn run(mut self, load: f64) -> Report {
        let rate = load * WORKERS as f64 / SERVICE;
        let mut now = 0.0;
        while now < SECONDS {
            now += -self.unit().ln() / rate;
            let time = Mono::from_nanos((now * 1e9) as u64);
            while let Some(Reverse(end)) = self.busy.peek().copied().filter(|end| end.0 <= time) {
                self.busy.pop();
                self.start(end);
            }
            let class = match self.unit() {
                draw if draw < self.important => 0,
                draw if draw < 0.5 => 1,
                _ => 2,
            };
            self.arrived[class] += 1;
            match self.queue.push(0, Class::new(class as u8), time) {
                Arrival::Waits {
                    displaced: None, ..
                } => {}
                Arrival::Waits {
                    displaced: Some(shed),
                    ..
                }
                | Arrival::Shed(shed) => self.count(shed.class),
            }
            self.start(time);
        }
        let share = |class: usize| f64::from(self.shed[class]) / f64::from(self.arrived[class]);
        Report {
            goodput: f64::from(self.served) * SERVICE / WORKERS as f64 / SECONDS,
            shed: [share(0), share(1), share(2)],
            waited: self.waited.as_secs_f64() / f64::from(self.served),
        }
    }

    fn start(&mut self, now: Mono) {
        while self.busy.len() < WORKERS {
            match self.queue.pop(now) {
                None => return,
                Some(Turn::Shed(shed)) => self.count(shed.class),
                Some(Turn::Serve(served)) => {
                    self.served += 1;
                    self.waited += served.waited;
                    let time = Duration::from_secs_f64(SERVICE * (0.5 + self.unit()));
                    self.busy.push(Reverse(now + time));
                }
            }
        }
    }

    fn count(&mut self, class: Class) {
        self.shed[usize::from(class.rank())] += 1;
    }

    fn unit(&mut self) -> f64 {
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.random >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }
}
