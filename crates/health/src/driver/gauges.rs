//! [`Gauges`]: how a pool's origins stand now, and how long their certificates last.

use std::collections::{BTreeSet, HashMap};

use eaves_common::time::Wall;

use super::Finding;
use crate::{
    Monitor, OriginId, metrics,
    monitor::{Probe, Standing},
};

/// What the gauges show, so that nothing is counted twice.
#[derive(Debug, Default)]
pub(super) struct Gauges {
    /// How many stand how, as was last shown.
    shown: Option<[(Standing, usize); Standing::ALL.len()]>,
    certificates: Certificates,
}

/// When certificates end, and the earliest of them first.
#[derive(Debug, Default)]
struct Certificates {
    ends: HashMap<OriginId, Wall>,
    order: BTreeSet<(Wall, OriginId)>,
}

impl Gauges {
    /// Shows how many origins stand how, if that has changed.
    pub(super) fn show_standings(&mut self, monitor: &Monitor) {
        let counts = monitor.count_standings();
        let before = self.shown.replace(counts);
        for (at, (standing, count)) in counts.into_iter().enumerate() {
            if before.is_none_or(|before| before[at].1 != count) {
                metrics::standing(monitor.name(), standing, count);
            }
        }
    }

    /// Shows nobody any more: the pool is not watched.
    pub(super) fn clear(monitor: &Monitor) {
        for standing in Standing::ALL {
            metrics::standing(monitor.name(), standing, 0);
        }
    }

    /// Notes when an origin's certificate ends, and shows the earliest end of all.
    pub(super) fn note_certificate(
        &mut self,
        monitor: &Monitor,
        probe: &Probe,
        finding: &Finding,
        now: Wall,
    ) {
        let Some(end) = finding.expires else {
            return;
        };
        let members = monitor.members();
        self.certificates.note(probe.origin, end);
        self.certificates
            .prune(members.len(), |origin| members.slot(origin).is_some());
        if let Some(earliest) = self.certificates.earliest() {
            let left = earliest.as_nanos() as f64 - now.as_nanos() as f64;
            metrics::certificate(monitor.name(), left / DAY);
        }
    }
}

/// Nanoseconds of a day.
const DAY: f64 = 86_400e9;

impl Certificates {
    fn note(&mut self, origin: OriginId, end: Wall) {
        let before = self.ends.insert(origin, end);
        if before == Some(end) {
            return;
        }
        if let Some(before) = before {
            self.order.remove(&(before, origin));
        }
        self.order.insert((end, origin));
    }

    /// Forgets those who have left, once there are more than the pool has members.
    fn prune(&mut self, members: usize, is_member: impl Fn(OriginId) -> bool) {
        if self.ends.len() > members {
            self.ends.retain(|&origin, _| is_member(origin));
            self.order.retain(|&(_, origin)| is_member(origin));
        }
    }

    fn earliest(&self) -> Option<Wall> {
        self.order.first().map(|first| first.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_end_of_those_who_are_there_is_shown() {
        let mut certificates = Certificates::default();
        let [first, second] = [1, 2].map(OriginId::new);
        assert_eq!(certificates.earliest(), None);
        certificates.note(first, Wall::from_nanos(50));
        certificates.note(second, Wall::from_nanos(30));
        assert_eq!(certificates.earliest(), Some(Wall::from_nanos(30)));
        certificates.note(second, Wall::from_nanos(90)); // renewed
        assert_eq!(certificates.earliest(), Some(Wall::from_nanos(50)));
        certificates.prune(1, |origin| origin == second);
        assert_eq!(certificates.earliest(), Some(Wall::from_nanos(90)));
    }
}
