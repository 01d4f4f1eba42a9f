//! [`Names`]: which look-up is due when, and what the pool's members are.

use std::{io, net::IpAddr, time::Duration};

use eaves_common::time::Mono;

use super::{NameStatus, NamedOrigin, Resolved};
use crate::pool::OriginConfig;

/// The members that were given by address, and the names with what they led to.
#[derive(Debug)]
pub(super) struct Names {
    fixed: Vec<OriginConfig>,
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    named: NamedOrigin,
    addrs: Vec<IpAddr>,
    /// When it is looked up next; never while a look-up is under way.
    due: Mono,
    failures: u32,
    error: Option<String>,
}

/// Between look-ups of a name whose answers hold for no time at all, or that fail.
const SHORTEST: Duration = Duration::from_secs(1);

impl Names {
    pub(super) fn new(fixed: Vec<OriginConfig>, names: Vec<NamedOrigin>, now: Mono) -> Self {
        let entries = names.into_iter().map(|named| Entry {
            named,
            addrs: Vec::new(),
            due: now,
            failures: 0,
            error: None,
        });
        Self {
            fixed,
            entries: entries.collect(),
        }
    }

    /// Returns all members.
    pub(super) fn origins(&self) -> Vec<OriginConfig> {
        self.with_fixed(&self.fixed)
    }

    /// Returns all members as they would be if these were the ones given by address.
    pub(super) fn with_fixed(&self, fixed: &[OriginConfig]) -> Vec<OriginConfig> {
        let named = self.entries.iter().flat_map(|entry| {
            let addrs = entry.addrs.iter();
            addrs.map(|&addr| entry.named.origin(addr))
        });
        fixed.iter().cloned().chain(named).collect()
    }

    pub(super) fn set_fixed(&mut self, fixed: Vec<OriginConfig>) {
        self.fixed = fixed;
    }

    /// Returns when the next look-up is due.
    pub(super) fn next_due(&self) -> Mono {
        let due = self.entries.iter().map(|entry| entry.due).min();
        due.unwrap_or(Mono::MAX)
    }

    /// Returns a name whose look-up is due, and what to look up; it is then under way.
    pub(super) fn take_due(&mut self, now: Mono) -> Option<(usize, String)> {
        let at = self.entries.iter().position(|entry| entry.due <= now)?;
        let entry = &mut self.entries[at];
        entry.due = Mono::MAX;
        Some((at, entry.named.host.clone()))
    }

    /// Takes the answer to a look-up; says whether the members changed.
    pub(super) fn settle(&mut self, at: usize, answer: io::Result<Resolved>, now: Mono) -> bool {
        let entry = &mut self.entries[at];
        let resolved = match answer {
            Ok(resolved) if resolved.addrs.is_empty() => Err("it has no address".to_owned()),
            Ok(resolved) => Ok(resolved),
            Err(error) => Err(error.to_string()),
        };
        match resolved {
            Ok(resolved) => entry.take(resolved, now),
            Err(error) => {
                entry.fail(error, now);
                false
            }
        }
    }

    /// Takes back addresses that the pool has refused.
    pub(super) fn undo(&mut self, at: usize, before: Vec<IpAddr>, error: String) {
        let entry = &mut self.entries[at];
        entry.addrs = before;
        entry.error = Some(error);
    }

    pub(super) fn addrs(&self, at: usize) -> Vec<IpAddr> {
        self.entries[at].addrs.clone()
    }

    pub(super) fn status(&self) -> Vec<NameStatus> {
        let status = |entry: &Entry| NameStatus {
            name: entry.named.template.name.clone(),
            host: entry.named.host.clone(),
            addrs: entry.addrs.clone(),
            failures: entry.failures,
            last_error: entry.error.clone(),
        };
        self.entries.iter().map(status).collect()
    }
}

impl Entry {
    fn take(&mut self, resolved: Resolved, now: Mono) -> bool {
        let mut addrs = resolved.addrs;
        addrs.sort_unstable();
        addrs.dedup();
        let over = addrs.len() > self.named.max_addrs;
        self.error = over.then(|| {
            format!(
                "it has {} addresses, {} are used",
                addrs.len(),
                self.named.max_addrs
            )
        });
        addrs.truncate(self.named.max_addrs);
        self.failures = 0;
        let holds = resolved
            .ttl
            .map_or(self.named.interval, |ttl| ttl.max(SHORTEST));
        self.due = now + holds.min(self.named.interval);
        let changed = addrs != self.addrs;
        self.addrs = addrs;
        changed
    }

    /// Looks again soon, then at doubling intervals up to the planned one.
    fn fail(&mut self, error: String, now: Mono) {
        let doubled = SHORTEST.saturating_mul(1 << self.failures.min(16));
        self.due = now + doubled.min(self.named.interval);
        self.failures = self.failures.saturating_add(1);
        self.error = Some(error);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        let api = NamedOrigin::new("api", "api.example", 443)
            .interval(Duration::from_secs(30))
            .max_addrs(2);
        Names::new(Vec::new(), vec![api], Mono::ZERO)
    }

    fn answer(addrs: &[&str]) -> io::Result<Resolved> {
        let addrs: Vec<IpAddr> = addrs.iter().map(|addr| addr.parse().unwrap()).collect();
        Ok(Resolved::from(addrs))
    }

    fn members(names: &Names) -> Vec<String> {
        let origins = names.origins().into_iter();
        origins
            .map(|origin| format!("{} {}", origin.name, origin.addr))
            .collect()
    }

    #[test]
    fn addresses_appear_and_disappear() {
        let mut names = names();
        assert_eq!(names.take_due(Mono::ZERO), Some((0, "api.example".into())));
        assert_eq!(names.take_due(Mono::ZERO), None, "it is under way");
        assert!(names.settle(
            0,
            answer(&["192.0.2.2", "192.0.2.1", "192.0.2.1"]),
            Mono::ZERO
        ));
        assert_eq!(
            members(&names),
            ["api@192.0.2.1 192.0.2.1:443", "api@192.0.2.2 192.0.2.2:443"]
        );
        assert_eq!(names.next_due(), Mono::from_secs(30));
        assert!(!names.settle(0, answer(&["192.0.2.1", "192.0.2.2"]), Mono::from_secs(30)));
        assert!(names.settle(0, answer(&["192.0.2.2"]), Mono::from_secs(60)));
        assert_eq!(members(&names).len(), 1);
    }

    #[test]
    fn the_latest_addresses_stay_while_look_ups_fail() {
        let mut names = names();
        names.settle(0, answer(&["192.0.2.1"]), Mono::ZERO);
        for (failures, pause) in [(1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 30), (7, 30)] {
            let refused = if failures % 2 == 0 {
                answer(&[])
            } else {
                Err(io::ErrorKind::TimedOut.into())
            };
            assert!(!names.settle(0, refused, Mono::from_secs(100)));
            assert_eq!(names.status()[0].failures, failures);
            assert_eq!(names.next_due(), Mono::from_secs(100 + pause));
        }
        assert_eq!(members(&names).len(), 1);
    }

    #[test]
    fn too_many_addresses_are_told() {
        let mut names = names();
        names.settle(
            0,
            answer(&["192.0.2.3", "192.0.2.2", "192.0.2.1"]),
            Mono::ZERO,
        );
        assert_eq!(members(&names).len(), 2);
        let status = &names.status()[0];
        assert_eq!(
            status.last_error.as_deref(),
            Some("it has 3 addresses, 2 are used")
        );
    }

    #[test]
    fn the_resolver_may_shorten_the_interval_only() {
        for (ttl, due) in [(0, 1), (10, 10), (600, 30)] {
            let mut names = names();
            let resolved = answer(&["192.0.2.1"])
                .unwrap()
                .ttl(Duration::from_secs(ttl));
            names.settle(0, Ok(resolved), Mono::ZERO);
            assert_eq!(names.next_due(), Mono::from_secs(due));
        }
    }
}
