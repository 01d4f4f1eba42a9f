//! Nodes, their clocks, and what happens to what they send.

use std::{sync::Arc, time::Duration};

use eaves_common::time::Mono;

use super::{
    super::{
        Distributed, OnStoreError, Replica,
        board::Board,
        replica::Sharing,
        script,
        sync::{Batch, Plan, Sync, draw},
    },
    load::Load,
    store::Model,
};
use crate::{key::KeyHash, meter::Gcra, table::Capacity};

/// What happens to messages on their way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Network {
    /// The time a message takes is up to twice this, in seconds.
    pub(super) delay: f64,
    pub(super) lost: f64,
    pub(super) doubled: f64,
}

pub(super) const GOOD: Network = Network {
    delay: 0.001,
    lost: 0.0,
    doubled: 0.0,
};

/// What happens to the store, from when until when, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fault {
    None,
    /// It is gone, and comes back empty.
    Killed(f64, f64),
    /// It does nothing, and then all it was asked for meanwhile.
    Hung(f64, f64),
}

pub(super) struct World {
    pub(super) nodes: Vec<Node>,
    pub(super) network: Network,
    pub(super) fault: Fault,
    store: Model,
    messages: Vec<Message>,
    central: Gcra,
    limit: f64,
    burst: f64,
    pub(super) now: f64,
    seed: u64,
}

pub(super) struct Node {
    pub(super) board: Arc<Board>,
    pub(super) replica: Arc<Replica>,
    sync: Sync,
    /// When this clock began, and how fast it goes.
    offset: f64,
    drift: f64,
}

struct Message {
    at: f64,
    node: usize,
    batch: Arc<Batch>,
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    Question(script::Call),
    Answer(Vec<i64>),
}

/// What came of a load.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcome {
    pub(super) requests: u64,
    pub(super) admitted: Vec<f64>,
    /// What one limiter that sees everything would have admitted.
    pub(super) central: u64,
    pub(super) trips: u64,
    limit: f64,
    burst: f64,
}

pub(super) const STEP: f64 = 0.0005;
pub(super) const KEY: KeyHash = KeyHash::new(0x1234_5678_9abc_def0);

impl World {
    /// Ten nodes, a thousand a second, a hundred at once.
    pub(super) fn new(seed: u64) -> Self {
        Self::with("1000/1s burst 100", 10, seed)
    }

    pub(super) fn with(rate: &str, nodes: u32, seed: u64) -> Self {
        let rate: eaves_common::units::Rate = rate.parse().unwrap();
        let mut seed = seed;
        Self {
            nodes: (0..nodes)
                .map(|_| Node::new(rate, nodes, &mut seed))
                .collect(),
            network: GOOD,
            fault: Fault::None,
            store: Model::default(),
            messages: Vec::new(),
            central: Gcra::new(rate, Capacity::MIN).unwrap(),
            limit: rate.count().get() as f64 / rate.period().as_secs_f64(),
            burst: rate.burst().get() as f64,
            now: 0.0,
            seed,
        }
    }

    /// Plays a load for so many seconds.
    pub(super) fn play(&mut self, load: Load, seconds: f64) -> Outcome {
        let mut outcome = Outcome {
            limit: self.limit,
            burst: self.burst,
            ..Outcome::default()
        };
        let end = self.now + seconds;
        while self.now < end {
            self.now += STEP;
            self.deliver();
            for node in 0..self.nodes.len() {
                let place = (node, self.nodes.len());
                let when = (self.now, STEP);
                let requests = load.requests(place, self.limit, when, &mut self.seed);
                self.ask(node, requests, &mut outcome);
                self.turn(node, &mut outcome);
            }
            if matches!(self.fault, Fault::Killed(from, _) if self.now - STEP < from && self.now >= from)
            {
                self.store.forget();
            }
        }
        outcome
    }

    fn ask(&self, node: usize, requests: u32, outcome: &mut Outcome) {
        let node = &self.nodes[node];
        let now = node.clock(self.now);
        for _ in 0..requests {
            outcome.requests += 1;
            let real = Mono::ZERO + Duration::from_secs_f64(self.now);
            outcome.central += u64::from(self.central.check(KEY, 1, real).is_allowed());
            if node.replica.check(KEY, 1, now).is_allowed() {
                outcome.admitted.push(self.now);
            } else {
                node.replica.turn_away(KEY, 1, now);
            }
        }
    }

    fn turn(&mut self, at: usize, outcome: &mut Outcome) {
        let node = &mut self.nodes[at];
        let now = node.clock(self.now);
        node.sync.handle_timeout(now);
        let batches: Vec<_> = std::iter::from_fn(|| node.sync.poll_batch(now)).collect();
        for batch in batches {
            outcome.trips += 1;
            let prefix = self.nodes[at].board.prefix(batch.lane);
            let call = script::sync(&batch, prefix, at as u64, now);
            let message = Message {
                at: 0.0,
                node: at,
                batch,
                kind: Kind::Question(call),
            };
            self.post(&message, self.now);
            assert!(self.messages.len() < 100_000, "a storm of messages");
        }
    }

    /// Hands a message to the network.
    fn post(&mut self, message: &Message, sent: f64) {
        let copies = 1 + usize::from(draw(&mut self.seed) < self.network.doubled);
        for _ in 0..copies {
            if draw(&mut self.seed) < self.network.lost {
                continue;
            }
            let at = sent + 2.0 * self.network.delay * draw(&mut self.seed);
            self.messages.push(Message {
                at,
                node: message.node,
                batch: Arc::clone(&message.batch),
                kind: message.kind.clone(),
            });
        }
    }

    fn deliver(&mut self) {
        let now = self.now;
        let due: Vec<Message> = self
            .messages
            .extract_if(.., |message| message.at <= now)
            .collect();
        for message in due {
            match &message.kind {
                Kind::Question(call) => match self.fault {
                    Fault::Killed(from, until) if (from..until).contains(&now) => {
                        let node = &mut self.nodes[message.node];
                        let clock = node.clock(now);
                        node.sync
                            .handle_failure(message.batch.lane, message.batch.number, clock);
                    }
                    Fault::Hung(from, until) if (from..until).contains(&now) => {
                        self.messages.push(Message {
                            at: until,
                            ..message
                        });
                    }
                    _ => {
                        let numbers = self.store.sync(call, 1e15 + now * 1e6);
                        self.post(
                            &Message {
                                kind: Kind::Answer(numbers),
                                ..message
                            },
                            now,
                        );
                    }
                },
                Kind::Answer(numbers) => {
                    let node = &mut self.nodes[message.node];
                    let clock = node.clock(now);
                    let batch = &message.batch;
                    let reply = script::read_sync(numbers, batch.items.len()).unwrap();
                    node.sync
                        .handle_reply(batch.lane, batch.number, &reply, clock);
                }
            }
        }
    }
}

impl Node {
    fn new(rate: eaves_common::units::Rate, nodes: u32, seed: &mut u64) -> Self {
        let plan = Plan {
            shortest: Duration::from_millis(50),
            longest: Duration::from_millis(200),
            deadline: Duration::from_millis(100),
            batch: 512,
            nodes,
        };
        let offset = 1e6 * draw(seed);
        let board = Arc::new(Board::new("eaves", 1, 1_024, nodes));
        let sharing = Sharing {
            kind: Distributed::Delta,
            on_store_error: OnStoreError::Local,
        };
        let replica = Arc::new(Replica::new("all", rate, Capacity::MIN, sharing));
        replica.attach(&board);
        draw(seed);
        let sync = Sync::new(Arc::clone(&board), plan, *seed, clock(0.0, offset, 1.0));
        Self {
            board,
            replica,
            sync,
            offset,
            drift: 1.0 + 2e-4 * (draw(seed) - 0.5),
        }
    }

    pub(super) fn clock(&self, now: f64) -> Mono {
        clock(now, self.offset, self.drift)
    }
}

fn clock(now: f64, offset: f64, drift: f64) -> Mono {
    Mono::from_nanos(((offset + now * drift) * 1e9) as u64)
}

impl Outcome {
    /// What was admitted, in parts of what one limiter would have.
    pub(super) fn admitted(&self) -> f64 {
        self.admitted.len() as f64 / self.central as f64
    }

    /// The most that was admitted within a second, in parts of the limit and its burst.
    pub(super) fn worst(&self) -> f64 {
        let mut from = 0;
        let mut most = 0;
        for (at, time) in self.admitted.iter().enumerate() {
            while self.admitted[from] <= time - 1.0 {
                from += 1;
            }
            most = most.max(at + 1 - from);
        }
        most as f64 / (self.limit + self.burst)
    }

    pub(super) fn trips(&self) -> f64 {
        self.trips as f64 / self.requests as f64
    }

    /// Requests admitted between these times, in parts of the limit.
    pub(super) fn between(&self, from: f64, until: f64) -> f64 {
        let within = self
            .admitted
            .iter()
            .filter(|at| (from..until).contains(*at));
        within.count() as f64 / (self.limit * (until - from))
    }
}
