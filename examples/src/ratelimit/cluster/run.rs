//! A run: nodes, Redis, a fault, and the figures of each second.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use eaves_ratelimit::redis::{Health, Stats, Store};
use tokio::{task::JoinSet, time::sleep};

use super::{
    Cli, Fault, Phase, Second, Strict, Summary,
    figures::worst_window,
    node::{DEADLINE, Log, Node, StartError, World, logins_per_second, times},
    proxy::{Proxy, Speed},
    server::Server,
};

/// Runs the nodes; `each_second` hears how it goes.
///
/// # Errors
///
/// If Redis cannot be started, or the limit not be built.
pub async fn run(cli: &Cli, mut each_second: impl FnMut(&Second)) -> Result<Summary, StartError> {
    let server = Server::start().await?;
    let proxy = Proxy::start(server.addr()).await?;
    let through = cli.fault == Some(Fault::Slow);
    let addr = if through { proxy.addr } else { server.addr() };
    let mut nodes = Vec::new();
    for _ in 0..cli.nodes {
        let store = Store::single(&format!("redis://{addr}"))?;
        nodes.push(Arc::new(Node::start(cli, store)?));
    }
    sleep(Duration::from_millis(200)).await; // until they are connected
    let world = Arc::new(World::new(cli.clone())?);
    let mut clients = JoinSet::new();
    for (number, node) in (0..).zip(&nodes) {
        clients.spawn(Arc::clone(node).serve(number, Arc::clone(&world)));
    }
    let mut plug = Plug {
        server,
        proxy,
        state: State::Before,
    };
    let mut watch = Watch::default();
    while world.elapsed() < Duration::from_secs(cli.seconds().into()) {
        sleep(Duration::from_millis(100)).await;
        plug.pull(cli, world.elapsed()).await?;
        watch.count(&nodes);
        if world.elapsed() >= Duration::from_secs(u64::from(watch.second.at) + 1) {
            let line = watch.turn(&nodes, &world, &plug);
            each_second(&line);
        }
    }
    clients.join_all().await;
    Ok(summary(cli, &nodes, &world, &watch))
}

/// Redis, and whether it is in trouble.
struct Plug {
    server: Server,
    proxy: Proxy,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Before,
    During(Fault),
    After,
}

impl Plug {
    /// Does to Redis what is due.
    async fn pull(&mut self, cli: &Cli, now: Duration) -> Result<(), StartError> {
        let (from, until) = cli.fault_times();
        match (self.state, cli.fault) {
            (State::Before, Some(fault)) if now >= from => {
                self.state = State::During(fault);
                match fault {
                    Fault::Kill => self.server.kill(),
                    Fault::Hang => self.server.signal("STOP")?,
                    Fault::Slow => self.proxy.slow_down(Speed::Slow),
                }
            }
            (State::During(fault), _) if now >= until => {
                self.state = State::After;
                match fault {
                    Fault::Kill => self.server.run().await?,
                    Fault::Hang => self.server.signal("CONT")?,
                    Fault::Slow => self.proxy.slow_down(Speed::Fast),
                }
            }
            _ => {}
        }
        Ok(())
    }

    const fn event(&self) -> &'static str {
        match self.state {
            State::Before | State::After => "",
            State::During(Fault::Kill) => "redis is killed",
            State::During(Fault::Hang) => "redis hangs",
            State::During(Fault::Slow) => "redis is slow",
        }
    }
}

/// What was seen so far.
#[derive(Default)]
struct Watch {
    second: Second,
    total: Second,
    /// Batches of all nodes until each tenth of a second.
    syncs: Vec<u64>,
}

impl Watch {
    fn count(&mut self, nodes: &[Arc<Node>]) {
        let syncs = nodes.iter().map(|node| trips(&node.engine.stats()));
        self.syncs.push(syncs.sum());
    }

    /// Ends a second.
    fn turn(&mut self, nodes: &[Arc<Node>], world: &World, plug: &Plug) -> Second {
        let total = totals(nodes, world);
        let last = &self.total;
        let waits: Vec<u64> = nodes
            .iter()
            .flat_map(|node| times(&node.log.waits))
            .collect();
        let stats: Vec<Stats> = nodes.iter().map(|node| node.engine.stats()).collect();
        let up = |health: fn(&Stats) -> Health| {
            stats
                .iter()
                .filter(|stats| health(stats) == Health::Up)
                .count()
        };
        let intervals = stats.iter().map(|stats| stats.interval.as_secs_f64() * 1e3);
        let line = Second {
            at: self.second.at + 1,
            requests: total.requests - last.requests,
            admitted: total.admitted - last.admitted,
            ideal: total.ideal - last.ideal,
            up: (up(|stats| stats.sync), up(|stats| stats.strict)),
            syncs: total.syncs - last.syncs,
            interval: intervals.sum::<f64>() / nodes.len() as f64,
            logins: (
                total.logins.0 - last.logins.0,
                total.logins.1 - last.logins.1,
                waits.iter().max().map_or(0.0, |wait| *wait as f64 / 1e6),
            ),
            event: plug.event(),
        };
        self.total = total;
        self.second = line.clone();
        line
    }

    /// The most batches within a tenth of a second from a time on until another.
    fn most(&self, from: Duration, until: Duration) -> u64 {
        let tenth = |time: Duration| (time.as_millis() / 100) as usize;
        let until = tenth(until).min(self.syncs.len());
        let some = self.syncs.get(tenth(from)..until).unwrap_or_default();
        let steps = some.windows(2).map(|pair| pair[1] - pair[0]);
        steps.max().unwrap_or(0)
    }
}

fn trips(stats: &Stats) -> u64 {
    stats.synced + stats.failed
}

fn totals(nodes: &[Arc<Node>], world: &World) -> Second {
    let sum = |of: fn(&Log) -> u64| nodes.iter().map(|node| of(&node.log)).sum();
    Second {
        requests: sum(|log| log.requests.load(Relaxed)),
        admitted: sum(|log| times(&log.admitted).len() as u64),
        ideal: world.ideal.load(Relaxed),
        syncs: nodes.iter().map(|node| trips(&node.engine.stats())).sum(),
        logins: (
            sum(|log| log.logins.load(Relaxed)),
            sum(|log| times(&log.logged_in).len() as u64),
            0.0,
        ),
        ..Second::default()
    }
}

fn summary(cli: &Cli, nodes: &[Arc<Node>], world: &World, watch: &Watch) -> Summary {
    let total = totals(nodes, world);
    let admitted = sorted(nodes, |log| times(&log.admitted));
    let logged_in = sorted(nodes, |log| times(&log.logged_in));
    let waits = sorted(nodes, |log| times(&log.waits));
    let controls = sorted(nodes, |log| times(&log.controls));
    let asked: u64 = nodes.iter().map(|node| node.engine.stats().asked).sum();
    let longest = nodes
        .iter()
        .map(|node| node.log.longest.load(Relaxed))
        .max();
    let latest = nodes.iter().map(|node| node.log.late.load(Relaxed)).max();
    let burst = cli.limit.burst().get() as f64;
    let (from, until) = cli.fault_times();
    let end = Duration::from_secs(cli.seconds().into());
    Summary {
        nodes: cli.nodes,
        seconds: cli.seconds(),
        requests: total.requests,
        admitted: total.admitted,
        ideal: total.ideal,
        admitted_ratio: total.admitted as f64 / total.ideal.max(1) as f64,
        worst_window: worst_window(&admitted, cli.limit_per_second() + burst),
        trips_per_request: total.syncs as f64 / total.requests.max(1) as f64,
        longest_decision_ms: longest.unwrap_or_default() as f64 / 1e6,
        phases: phases(cli, &admitted, &logged_in),
        most_syncs: (watch.most(Duration::ZERO, from), watch.most(until, end)),
        strict: Strict {
            requests: total.logins.0,
            admitted: total.logins.1,
            worst_window: worst_window(&logged_in, logins_per_second(cli) + 10.0),
            asked: asked as f64 / total.logins.0.max(1) as f64,
            waits_ms: [0.5, 0.999, 1.0].map(|part| millis_at(&waits, part)),
            controls_ms: [0.5, 0.999, 1.0].map(|part| millis_at(&controls, part)),
            excess_ms: excess(nodes),
            deadline_ms: DEADLINE.as_secs_f64() * 1e3,
        },
        latest_timer_ms: latest.unwrap_or_default() as f64 / 1e6,
    }
}

/// The time that this part of sorted times is not over, in milliseconds.
fn millis_at(times: &[u64], part: f64) -> f64 {
    let at = (times.len() as f64 * part) as usize;
    let time = times.get(at.min(times.len().saturating_sub(1)));
    time.map_or(0.0, |time| *time as f64 / 1e6)
}

/// The most that a wait was longer than the timer that was started with it, in milliseconds.
fn excess(nodes: &[Arc<Node>]) -> f64 {
    let pairs = nodes.iter().flat_map(|node| {
        let (waits, controls) = (times(&node.log.waits), times(&node.log.controls));
        waits.into_iter().zip(controls)
    });
    let over = pairs.map(|(wait, control)| wait.saturating_sub(control));
    over.max().unwrap_or_default() as f64 / 1e6
}

fn phases(cli: &Cli, admitted: &[u64], logged_in: &[u64]) -> Vec<Phase> {
    let (from, until) = cli.fault_times();
    let end = Duration::from_secs(cli.seconds().into());
    let back = (until + Duration::from_secs(2)).min(end);
    let phases = match cli.fault {
        None => vec![("all", Duration::ZERO, end)],
        Some(_) => vec![
            ("before", Duration::ZERO, from),
            ("without redis", from, until),
            ("coming back", until, back),
            ("after", back, end),
        ],
    };
    let phase = |(name, from, until): (&'static str, Duration, Duration)| {
        let seconds = (until - from).as_secs_f64();
        let within = |times: &[u64]| {
            let range = (from.as_nanos() as u64)..(until.as_nanos() as u64);
            times.iter().filter(|time| range.contains(time)).count() as f64
        };
        Phase {
            name,
            seconds,
            admitted: within(admitted) / (cli.limit_per_second() * seconds),
            logins: within(logged_in) / (logins_per_second(cli) * seconds),
        }
    };
    phases.into_iter().map(phase).collect()
}

fn sorted(nodes: &[Arc<Node>], of: impl Fn(&Log) -> Vec<u64>) -> Vec<u64> {
    let mut all: Vec<u64> = nodes.iter().flat_map(|node| of(&node.log)).collect();
    all.sort_unstable();
    all
}
