//! The loop between the monitor and the world.

use std::{collections::HashMap, future::poll_fn, sync::Arc, task::Poll};

use tokio::{
    select,
    task::{Id, JoinError, JoinSet},
    time::sleep,
};

use super::{handle::Shared, prober::probe};
use crate::{
    Monitor,
    monitor::{Probe, ProbeId},
    probe::{Reason, Verdict},
};

pub(super) struct Runner {
    shared: Arc<Shared>,
    probes: JoinSet<Verdict>,
    under_way: HashMap<Id, ProbeId>,
}

type Ended = Result<(Id, Verdict), JoinError>;

impl Runner {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            probes: JoinSet::new(),
            under_way: HashMap::new(),
        }
    }

    pub(super) async fn run(mut self) {
        let shared = Arc::clone(&self.shared);
        loop {
            let due = self.advance();
            let pause = due - shared.clock.now().mono;
            select! {
                () = shared.stopped.notified() => break,
                () = shared.changed.notified() => {}
                () = sleep(pause) => {}
                () = traffic(&shared) => self.shared.monitor().handle_traffic(shared.clock.now()),
                Some(ended) = self.probes.join_next_with_id() => self.settle(ended),
            }
            while let Some(ended) = self.probes.try_join_next_with_id() {
                self.settle(ended);
            }
        }
        self.probes.shutdown().await;
    }

    /// Lets the monitor do what is due, and carries out what it asks for.
    fn advance(&mut self) -> eaves_common::time::Mono {
        let shared = Arc::clone(&self.shared);
        let mut monitor = shared.monitor();
        monitor.handle_timeout(shared.clock.now());
        while let Some(probe) = monitor.poll_probe() {
            self.send(probe);
        }
        self.tell(&mut monitor);
        monitor.poll_timeout()
    }

    fn send(&mut self, probe_asked: Probe) {
        let id = probe_asked.id;
        let task = self.probes.spawn(probe(probe_asked));
        self.under_way.insert(task.id(), id);
    }

    fn settle(&mut self, ended: Ended) {
        let (task, verdict) = match ended {
            Ok(ended) => ended,
            Err(error) => {
                let detail = if error.is_panic() {
                    "it panicked"
                } else {
                    "it was cancelled"
                };
                (
                    error.id(),
                    Verdict::Fail(Reason::Broken {
                        detail: detail.into(),
                    }),
                )
            }
        };
        if let Some(id) = self.under_way.remove(&task) {
            self.shared
                .monitor()
                .handle_probe(id, &verdict, self.shared.clock.now());
        }
    }

    fn tell(&self, monitor: &mut Monitor) {
        while let Some(event) = monitor.poll_event() {
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
