//! [`Rebuild`]: the making of hash tables, away from those who wait.

use std::{sync::Arc, time::Duration};

use eaves_common::time::Mono;

use super::Monitor;
use crate::{
    pool::{Members, Table},
    select::Hub,
};

/// A hash table that must be built because a large pool's members changed.
///
/// Until it is, selectors go by the table of the members before: keys stay where they were, and fresh
/// members get none yet. It takes some 10 ms for ten thousand members and needs nothing of the
/// [`Monitor`], so run it on a thread that nobody waits for. A monitor whose caller takes no
/// rebuilds builds by itself when its [time](Monitor::poll_timeout) has come.
///
/// ```
/// use eaves_common::time::Now;
/// use eaves_health::{Algorithm, Monitor, PoolConfig, pool::OriginConfig};
///
/// let addr = "192.0.2.1:80".parse().unwrap();
/// let origins = |count: u32| (0..count).map(|at| OriginConfig::new(at.to_string(), addr)).collect();
/// let mut monitor = Monitor::new(PoolConfig::new("web"), 1, Now::default()).unwrap();
/// let selector = monitor.selector(Algorithm::Maglev);
/// monitor.set_origins(origins(1000), Now::default()).unwrap();
/// let rebuild = monitor.poll_rebuild().expect("a large pool's table is built elsewhere");
/// std::thread::spawn(move || rebuild.run()).join().unwrap();
/// assert!(selector.pick_for(42, &[]).is_some());
/// ```
#[derive(Debug)]
#[must_use = "the table is built by `run`"]
pub struct Rebuild {
    members: Arc<Members>,
    table: Table,
}

impl Rebuild {
    /// Builds the table; selectors use it from then on.
    pub fn run(self) {
        self.members.make(self.table);
    }
}

/// Tables to be built, and those that stand in for them.
#[derive(Debug, Default)]
pub(super) struct Rebuilds {
    former: Vec<(Table, Arc<Members>)>,
    /// What is missing, and whether somebody has taken it to build.
    missing: Vec<(Table, Taken)>,
    /// When the monitor builds what is still missing.
    by: Mono,
}

type Taken = Option<Mono>;

/// Up to so many members tables are built at once: it takes some 2 ms.
const FEW: usize = 256;
/// Left to callers to take a rebuild.
const PATIENCE: Duration = Duration::from_millis(50);
/// Left to them to finish one.
const LONG: Duration = Duration::from_secs(10);

impl Rebuilds {
    pub(super) fn former(&self) -> &[(Table, Arc<Members>)] {
        &self.former
    }

    /// Sees to the tables of `new`, which take the place of `old`.
    pub(super) fn begin(&mut self, hub: &Hub, old: &Arc<Members>, new: &Members, now: Mono) {
        if new.takers().len() <= FEW {
            hub.wanted().for_each(|table| new.make(table));
            *self = Self::default();
            return;
        }
        for table in hub.wanted() {
            if old.tables().has(table) {
                self.former.retain(|former| former.0 != table);
                self.former.push((table, Arc::clone(old)));
            }
        }
        self.missing = hub.wanted().map(|table| (table, None)).collect();
        self.by = now + PATIENCE;
    }

    fn due(&self) -> Option<Mono> {
        (!self.missing.is_empty()).then_some(self.by)
    }

    /// Forgets what is built, and builds what has been missing for too long. Says whether
    /// the stand-ins changed.
    fn settle(&mut self, members: &Members, now: Mono) -> bool {
        if self.missing.is_empty() {
            return false;
        }
        if now >= self.by {
            for (table, taken) in &self.missing {
                if taken.is_none_or(|at| now >= at + LONG) {
                    members.make(*table);
                }
            }
            self.by = now + PATIENCE;
        }
        self.missing
            .retain(|(table, _)| !members.tables().has(*table));
        let before = self.former.len();
        self.former
            .retain(|(table, _)| !members.tables().has(*table));
        self.former.len() != before
    }
}

impl Monitor {
    /// Returns the next table to be built elsewhere; to be called until it returns `None`, after
    /// [`set_origins`](Self::set_origins).
    pub fn poll_rebuild(&mut self) -> Option<Rebuild> {
        let now = self.now.mono;
        let missing = self.rebuilds.missing.iter_mut();
        let (table, taken) = missing.into_iter().find(|missing| missing.1.is_none())?;
        *taken = Some(now);
        Some(Rebuild {
            members: Arc::clone(&self.members),
            table: *table,
        })
    }

    pub(super) fn settle_rebuilds(&mut self) {
        let now = self.now.mono;
        self.unpublished |= self.rebuilds.settle(&self.members, now);
    }

    pub(super) fn next_rebuild(&self) -> Option<Mono> {
        self.rebuilds.due()
    }
}
