//! The loop between the monitor and the world.

use std::{collections::HashMap, future::poll_fn, io, sync::Arc, task::Poll, time::Duration};

use eaves_common::time::{Mono, Now};
use tokio::{
    select,
    task::{Id, JoinError, JoinSet},
    time::{sleep, timeout},
};

#[cfg(feature = "metrics")]
use super::gauges::Gauges;
use super::{Finding, Probed, Resolved, handle::Shared, spared::Spared};
use crate::{
    Monitor,
    monitor::Probe,
    pool::Snapshot,
    probe::{Reason, Verdict},
};

pub(super) struct Runner {
    shared: Arc<Shared>,
    probes: JoinSet<Finding>,
    under_way: HashMap<Id, Probe>,
    lookups: JoinSet<io::Result<Resolved>>,
    looked_up: HashMap<Id, u64>,
    /// Hash tables being built on threads that nobody waits for.
    rebuilds: JoinSet<()>,
    spared: Spared,
    #[cfg(feature = "metrics")]
    gauges: Gauges,
}

type Ended<T> = Result<(Id, T), JoinError>;

/// For a look-up; then it has failed.
const LOOKUP: Duration = Duration::from_secs(5);

impl Runner {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            probes: JoinSet::new(),
            under_way: HashMap::new(),
            lookups: JoinSet::new(),
            looked_up: HashMap::new(),
            rebuilds: JoinSet::new(),
            spared: Spared::default(),
            #[cfg(feature = "metrics")]
            gauges: Gauges::default(),
        }
    }

    pub(super) async fn run(mut self) {
        let shared = Arc::clone(&self.shared);
        loop {
            self.look_up();
            let due = self.advance().min(shared.names().next_due());
            let pause = due - shared.clock.now().mono;
            select! {
                () = shared.stopped.notified() => break,
                () = shared.changed.notified() => {}
                () = sleep(pause) => {}
                () = traffic(&shared) => shared.monitor().handle_traffic(shared.clock.now()),
                Some(ended) = self.probes.join_next_with_id() => self.settle(ended),
                Some(ended) = self.lookups.join_next_with_id() => self.settle_lookup(ended),
                // The monitor sees by itself that the table is there.
                Some(_) = self.rebuilds.join_next() => {}
            }
            while let Some(ended) = self.probes.try_join_next_with_id() {
                self.settle(ended);
            }
        }
        self.probes.shutdown().await;
        self.lookups.shutdown().await;
        self.rebuilds.shutdown().await;
        #[cfg(feature = "metrics")]
        Gauges::clear(&self.shared.monitor());
    }

    /// Lets the monitor do what is due, and carries out what it asks for.
    fn advance(&mut self) -> Mono {
        let shared = Arc::clone(&self.shared);
        let mut monitor = shared.monitor();
        monitor.handle_timeout(shared.clock.now());
        while let Some(probe) = monitor.poll_probe() {
            self.send(probe);
        }
        while let Some(rebuild) = monitor.poll_rebuild() {
            self.rebuilds.spawn_blocking(move || rebuild.run());
        }
        self.tell(&mut monitor);
        #[cfg(feature = "metrics")]
        self.gauges.show_standings(&monitor);
        monitor.poll_timeout()
    }

    /// Sends a probe. The prober is called in the task, where its panics are caught.
    fn send(&mut self, probe: Probe) {
        let (prober, asked) = (Arc::clone(&self.shared.prober), probe.clone());
        let task = self.probes.spawn(async move { prober.probe(asked).await });
        self.under_way.insert(task.id(), probe);
    }

    fn settle(&mut self, ended: Ended<Finding>) {
        let (task, finding) = ended.unwrap_or_else(|error| (error.id(), broken(&error)));
        let Some(probe) = self.under_way.remove(&task) else {
            return;
        };
        let now = self.shared.clock.now();
        let mut monitor = self.shared.monitor();
        monitor.handle_probe(probe.id, &finding.verdict, now);
        let fitness = self
            .spared
            .observe(probe.origin, &probe.check, &finding.verdict);
        if let Some(fitness) = fitness {
            monitor.handle_fitness(probe.origin, fitness, now);
        }
        let snapshot = monitor.snapshot();
        #[cfg(feature = "metrics")]
        {
            crate::metrics::probe(probe.check.question.kind(), &finding);
            self.gauges
                .note_certificate(&monitor, &probe, &finding, now.wall);
        }
        drop(monitor);
        self.publish(&snapshot, &probe, finding, now);
    }

    /// Tells what a probe found, unless its origin has left.
    fn publish(&mut self, snapshot: &Snapshot, probe: &Probe, finding: Finding, now: Now) {
        let members = snapshot.members();
        self.spared
            .prune(members.len(), |origin| members.slot(origin).is_some());
        let slot = members.slot(probe.origin);
        let Some(origin) = slot.and_then(|slot| members.at(slot)) else {
            return;
        };
        if self.shared.findings.receiver_count() == 0 {
            return;
        }
        // A receiver may go in between.
        let _ = self.shared.findings.send(Probed {
            at: now,
            origin: probe.origin,
            name: origin.name().into(),
            addr: probe.addr,
            finding,
        });
    }

    /// Begins the look-ups that are due.
    fn look_up(&mut self) {
        let shared = Arc::clone(&self.shared);
        let mut names = shared.names();
        while let Some((at, host)) = names.take_due(shared.clock.now().mono) {
            let resolver = Arc::clone(&shared.resolver);
            let task = self.lookups.spawn(async move {
                let answer = timeout(LOOKUP, resolver.resolve(&host)).await;
                answer.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
            });
            self.looked_up.insert(task.id(), at);
        }
    }

    fn settle_lookup(&mut self, ended: Ended<io::Result<Resolved>>) {
        let (task, answer) = ended.unwrap_or_else(|error| {
            let failed = io::Error::other(format!("the resolver {}", ending(&error)));
            (error.id(), Err(failed))
        });
        let Some(at) = self.looked_up.remove(&task) else {
            return;
        };
        #[cfg(feature = "metrics")]
        crate::metrics::lookup(answer.as_ref().is_ok_and(|found| !found.addrs.is_empty()));
        let now = self.shared.clock.now();
        let mut names = self.shared.names();
        let before = names.addrs(at);
        if !names.settle(at, answer, now.mono) {
            return;
        }
        let taken = self.shared.monitor().set_origins(names.origins(), now);
        if let Err(error) = taken {
            names.undo(at, before, error.to_string());
        }
    }

    fn tell(&self, monitor: &mut Monitor) {
        while let Some(event) = monitor.poll_event() {
            #[cfg(feature = "metrics")]
            crate::metrics::event(&event);
            // Nobody may be listening.
            let _ = self.shared.events.send(event);
        }
        let newest = monitor.snapshot();
        self.shared.available.send_if_modified(|known| {
            let differs = newest.version() != known.version() && !newest.is_as_available_as(known);
            if differs {
                *known = newest;
            }
            differs
        });
    }
}

fn broken(error: &JoinError) -> Finding {
    let detail = ending(error).to_owned();
    Verdict::Fail(Reason::Broken { detail }).into()
}

fn ending(error: &JoinError) -> &'static str {
    if error.is_panic() {
        "panicked"
    } else {
        "was cancelled"
    }
}

/// Waits until traffic has reported an error.
async fn traffic(shared: &Shared) {
    let reports = shared.monitor().reports();
    poll_fn(|context| {
        if reports.poll_reports(context.waker()) {
            return Poll::Ready(());
        }
        Poll::Pending
    })
    .await;
}
