//! [`play`]: the world, event by event.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    time::Duration,
};

use eaves_common::time::Mono;
use eaves_health::{Failure, Outcome};

use super::{
    Contender, Pick, Scenario, Score, Second, Ticket,
    draw::{For, bits, exponential, unit},
    fault::Condition,
    score::Umpire,
};

/// Plays a scenario with one contender.
pub fn play(scenario: &Scenario, contender: &mut dyn Contender) -> Score {
    World::new(scenario).run(contender)
}

struct World<'a> {
    scenario: &'a Scenario,
    now: Mono,
    queue: BinaryHeap<Reverse<(Mono, u64, Event)>>,
    sequence: u64,
    buckets: Vec<Bucket>,
    tried: HashMap<u64, Vec<usize>>,
    retries: f64,
    conditions: Vec<Condition>,
    truth: Vec<bool>,
    /// Until when both hold.
    holds_until: Mono,
    capacities: Vec<f64>,
    umpire: Umpire,
    score: Score,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Arrival {
        request: u64,
    },
    Answer {
        request: u64,
        origin: usize,
        result: Fate,
    },
    Probe {
        origin: usize,
        number: u64,
        passed: bool,
    },
    Second,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    Good { latency: Duration },
    Refused,
    TimedOut,
    Failed,
    Overloaded,
}

/// Tokens that come back with time.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: f64,
    at: Mono,
}

impl<'a> World<'a> {
    fn new(scenario: &'a Scenario) -> Self {
        let count = scenario.origins.len();
        let full = Bucket {
            tokens: scenario.capacity_depth,
            at: Mono::ZERO,
        };
        Self {
            scenario,
            now: Mono::ZERO,
            queue: BinaryHeap::new(),
            sequence: 0,
            buckets: vec![full; count],
            tried: HashMap::new(),
            retries: 0.0,
            conditions: vec![Condition::default(); count],
            truth: vec![false; count],
            holds_until: Mono::ZERO,
            capacities: (0..count).map(|at| scenario.capacity_of(at)).collect(),
            umpire: Umpire::new(count),
            score: Score::default(),
        }
    }

    fn run(mut self, contender: &mut dyn Contender) -> Score {
        self.next_arrival(0);
        self.after(Duration::from_secs(1), Event::Second);
        contender.advance(self.now);
        self.send_probes(contender);
        while let Some(Reverse((at, _, event))) = self.queue.peek().copied() {
            let wake = contender.wake();
            if wake < at {
                self.now = self.now.max(wake);
                contender.advance(self.now);
            } else {
                self.queue.pop();
                self.now = at;
                self.happen(event, contender);
            }
            self.send_probes(contender);
            self.watch(contender);
            if self.is_over() {
                break;
            }
        }
        self.score
    }

    /// Over once the last answer is in.
    fn is_over(&self) -> bool {
        self.now > self.end() + self.scenario.timeout.as_duration() * (self.scenario.retries + 1)
    }

    fn end(&self) -> Mono {
        Mono::ZERO + self.scenario.duration.as_duration()
    }

    fn happen(&mut self, event: Event, contender: &mut dyn Contender) {
        match event {
            Event::Arrival { request } => {
                self.score.requests += 1;
                self.retries = (self.retries + self.scenario.retry_budget).min(RETRY_DEPTH);
                self.next_arrival(request + 1);
                self.send(request, contender);
            }
            Event::Answer {
                request,
                origin,
                result,
            } => self.answer(request, origin, result, contender),
            Event::Probe {
                origin,
                number,
                passed,
            } => {
                contender.probed(Ticket { origin, number }, passed, self.now);
            }
            Event::Second => {
                let weights = (0..self.truth.len())
                    .map(|at| contender.weight(at))
                    .collect();
                self.second().weights = weights;
                if self.now < self.end() {
                    self.after(Duration::from_secs(1), Event::Second);
                }
            }
        }
    }

    fn next_arrival(&mut self, request: u64) {
        let gap = exponential(self.scenario.seed, For::Arrival, request, 0) / self.scenario.rate;
        if self.now + Duration::from_secs_f64(gap) < self.end() {
            self.after(Duration::from_secs_f64(gap), Event::Arrival { request });
        }
    }

    fn send(&mut self, request: u64, contender: &mut dyn Contender) {
        self.look();
        let tried = self.tried.get(&request).map_or(&[][..], Vec::as_slice);
        let pick = Pick {
            request,
            random: bits(self.scenario.seed, For::Pick, request, tried.len()),
            tried,
            truth: &self.truth,
            now: self.now,
        };
        let attempt = tried.len();
        let Some(origin) = contender.pick(&pick) else {
            self.fail(request);
            return;
        };
        let (after, result) = self.fate((request, attempt), origin);
        self.after(
            after,
            Event::Answer {
                request,
                origin,
                result,
            },
        );
    }

    /// What becomes of a request at an origin.
    ///
    /// Luck belongs to the request and not to the place where it is sent: one draw for its latency and
    /// one for its error, whoever plays and whomever is picked. A request that meets a background error
    /// with one contender meets it with all who send it to somebody as good, so that differences between
    /// contenders are differences of their picks. To one contender this is the same world as with
    /// draws by origin: it picks before the draw is seen, and no draw is used twice.
    fn fate(&mut self, (request, attempt): (u64, usize), origin: usize) -> (Duration, Fate) {
        let world = self.scenario;
        let condition = self.conditions[origin];
        let timeout = world.timeout.as_duration();
        if condition.refused {
            return (world.refused_after.as_duration(), Fate::Refused);
        }
        if condition.blackhole {
            return (timeout, Fate::TimedOut);
        }
        let rate = self.capacities[origin] * condition.capacity;
        if !self.buckets[origin].take(rate, world.capacity_depth, self.now) {
            return (world.overload_after.as_duration(), Fate::Overloaded);
        }
        let varied =
            (1.0 - world.latency_floor) * exponential(world.seed, For::Latency, request, attempt);
        let factor = condition.slow * (world.latency_floor + varied);
        let latency = world.latency.as_duration().mul_f64(factor);
        if latency > timeout {
            return (timeout, Fate::TimedOut);
        }
        let errors = 1.0 - (1.0 - world.errors) * (1.0 - condition.errors);
        if unit(world.seed, For::Error, request, attempt) < errors {
            return (latency, Fate::Failed);
        }
        (latency, Fate::Good { latency })
    }

    fn answer(&mut self, request: u64, origin: usize, result: Fate, contender: &mut dyn Contender) {
        let outcome = match result {
            Fate::Good { latency } => Outcome::Success { latency },
            Fate::Refused => Outcome::Error(Failure::Connect),
            Fate::TimedOut => Outcome::Error(Failure::Timeout),
            Fate::Failed => Outcome::Error(Failure::Server),
            Fate::Overloaded => Outcome::Error(Failure::Gateway),
        };
        contender.settle(request, origin, outcome, self.now);
        let Fate::Good { latency } = result else {
            self.retry(request, origin, contender);
            return;
        };
        self.tried.remove(&request);
        if latency > self.scenario.slow_over.as_duration() {
            self.score.slow += 1;
            self.second().slow += 1;
        }
    }

    fn retry(&mut self, request: u64, origin: usize, contender: &mut dyn Contender) {
        if self.scenario.retries == 0 {
            self.fail(request);
            return;
        }
        let tried = self.tried.entry(request).or_default();
        tried.push(origin);
        if tried.len() > self.scenario.retries as usize || self.retries < 1.0 {
            self.fail(request);
            return;
        }
        self.retries -= 1.0;
        self.send(request, contender);
    }

    fn fail(&mut self, request: u64) {
        self.tried.remove(&request);
        self.score.failed += 1;
        self.second().failed += 1;
    }

    fn second(&mut self) -> &mut Second {
        // The end of a second belongs to it.
        let at = (self.now.as_nanos().saturating_sub(1) / 1_000_000_000) as usize;
        if self.score.seconds.len() <= at {
            self.score.seconds.resize_with(at + 1, Second::default);
        }
        &mut self.score.seconds[at]
    }

    fn send_probes(&mut self, contender: &mut dyn Contender) {
        while let Some(Ticket { origin, number }) = contender.probe(self.now) {
            let (after, passed) = self.examine(origin, self.score.probes);
            self.score.probes += 1;
            self.after(
                after,
                Event::Probe {
                    origin,
                    number,
                    passed,
                },
            );
        }
    }

    /// What a probe finds.
    fn examine(&mut self, origin: usize, probe: u64) -> (Duration, bool) {
        self.look();
        let (world, condition) = (self.scenario, self.conditions[origin]);
        let (latency, timeout) = (
            world.probe_latency.as_duration(),
            world.timeout.as_duration(),
        );
        if condition.refused {
            return (world.refused_after.as_duration(), false);
        }
        if condition.blackhole {
            return (timeout, false);
        }
        let errors = 1.0 - (1.0 - world.probe_errors) * (1.0 - condition.probe_errors);
        if unit(world.seed, For::Probe, probe, origin) < errors {
            return (latency, false);
        }
        let latency = latency.mul_f64(condition.slow);
        (latency.min(timeout), latency <= timeout)
    }

    /// Sees for itself how everybody is.
    fn look(&mut self) {
        if self.now >= self.holds_until {
            for origin in 0..self.truth.len() {
                let condition = self.scenario.condition(origin, self.now);
                self.conditions[origin] = condition;
                self.truth[origin] = self.scenario.is_bad(condition);
            }
            self.holds_until = self.scenario.change_after(self.now);
        }
        self.umpire.note_truth(&self.truth, self.now);
    }

    fn watch(&mut self, contender: &dyn Contender) {
        if self.now >= self.end() {
            return;
        }
        self.look();
        let within = self.scenario.bad_within.as_duration();
        for origin in 0..self.truth.len() {
            let is_out = contender.weight(origin) <= self.scenario.out_weight;
            self.umpire
                .note(origin, is_out, within, self.now, &mut self.score);
        }
    }

    fn after(&mut self, pause: Duration, event: Event) {
        self.sequence += 1;
        self.queue
            .push(Reverse((self.now + pause, self.sequence, event)));
    }
}

/// Retries that can be saved up.
const RETRY_DEPTH: f64 = 100.0;

impl Bucket {
    fn take(&mut self, rate: f64, depth: f64, now: Mono) -> bool {
        let age = (now - self.at).as_secs_f64();
        self.tokens = (self.tokens + age * rate).min(depth);
        self.at = now;
        let granted = self.tokens >= 1.0;
        if granted {
            self.tokens -= 1.0;
        }
        granted
    }
}
