//! [`Picker`]: a selector's choices for a loop that picks often.

use std::sync::Arc;

use arc_swap::{ArcSwap, Cache};

use super::{Guard, Selector};
use crate::pool::{OriginId, Snapshot};

/// A selector's choices for a loop that picks often: it keeps the snapshot from pick to pick, and only
/// looks whether there is a newer one. While it is idle it holds on to the snapshot it has.
///
/// ```
/// use eaves_common::time::Now;
/// use eaves_health::{Algorithm, Monitor, Outcome, PoolConfig, pool::OriginConfig};
///
/// let config = PoolConfig::new("web").origin(OriginConfig::new("a", "192.0.2.1:80".parse().unwrap()));
/// let monitor = Monitor::new(config, 1, Now::default()).unwrap();
/// let selector = monitor.selector(Algorithm::PowerOfTwo);
/// let mut picker = selector.picker();
/// for _ in 0..3 {
///     let guard = picker.pick(&[]).expect("somebody serves");
///     guard.finish(Outcome::of_status(200, Default::default()));
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Picker<'a> {
    selector: &'a Selector,
    snapshot: Cache<&'a ArcSwap<Snapshot>, Arc<Snapshot>>,
}

impl<'a> Picker<'a> {
    pub(super) fn new(selector: &'a Selector) -> Self {
        Self {
            selector,
            snapshot: Cache::new(selector.hub().snapshot.shared()),
        }
    }

    /// Picks as [`Selector::pick`] does.
    #[inline]
    pub fn pick(&mut self, tried: &[OriginId]) -> Option<Guard<'a>> {
        let snapshot = self.snapshot.load();
        self.selector
            .choose_in(snapshot, tried, |choice| choice.slot())
    }

    /// Picks as [`Selector::pick_for`] does.
    #[inline]
    pub fn pick_for(&mut self, key: u64, tried: &[OriginId]) -> Option<Guard<'a>> {
        let snapshot = self.snapshot.load();
        self.selector
            .choose_in(snapshot, tried, |choice| choice.slot_for(key))
    }

    /// Picks as [`Selector::pick_preferring`] does.
    #[inline]
    pub fn pick_preferring(&mut self, origin: OriginId, tried: &[OriginId]) -> Option<Guard<'a>> {
        let snapshot = self.snapshot.load();
        self.selector.choose_in(snapshot, tried, |choice| {
            choice.preferred(origin).or_else(|| choice.slot())
        })
    }
}
