//! [`Snapshot`]: the pool at one moment.

use std::sync::Arc;

use super::{Bitmap, Members, Origin, OriginId, Slot, Willing};
use crate::hashing::Candidates;

/// The pool at one moment: who is in it, who may be picked, and how readily.
///
/// ```
/// use eaves_common::time::Now;
/// use eaves_health::{Monitor, PoolConfig, pool::OriginConfig};
///
/// let config = PoolConfig::new("web").origin(OriginConfig::new("a", "192.0.2.1:80".parse().unwrap()));
/// let monitor = Monitor::new(config, 1, Now::default()).unwrap();
/// let snapshot = monitor.snapshot();
/// assert_eq!(snapshot.available().count(), 1);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    version: u64,
    mode: Mode,
    members: Arc<Members>,
    healthy: Bitmap,
    /// Who may be picked: the healthy, those on trial, and everybody in panic.
    live: Bitmap,
    accept: Box<[u16]>,
    /// The same as dense lists with running totals of weight x acceptance, for exact draws.
    live_slots: Box<[Slot]>,
    totals: Box<[u64]>,
    live_weight: u64,
    /// The same for picks by key.
    willing: Willing,
}

/// How a pool serves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Mode {
    /// The healthy serve.
    #[default]
    Normal,
    /// So few are healthy that the verdicts are not believed: everybody serves.
    Panic,
}

/// The acceptance of an origin that takes all that falls to it.
pub(crate) const FULL: u16 = u16::MAX;

/// What the monitor has decided about each slot; a snapshot is made of it.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) version: u64,
    pub(crate) mode: Mode,
    pub(crate) members: Arc<Members>,
    pub(crate) healthy: Bitmap,
    pub(crate) accept: Vec<u16>,
}

impl Snapshot {
    pub(crate) fn new(draft: Draft) -> Self {
        let mut live = Bitmap::new(draft.members.slots());
        let mut live_slots = Vec::with_capacity(draft.members.takers().len());
        let mut totals = Vec::with_capacity(draft.members.takers().len());
        let (mut total, mut live_weight) = (0_u64, 0_u64);
        for &slot in draft.members.takers() {
            let accept = draft.accept[slot.index()];
            if accept == 0 {
                continue;
            }
            live.insert(slot);
            live_slots.push(slot);
            live_weight += u64::from(draft.members.target(slot).weight);
            total += u64::from(accept) * u64::from(draft.members.target(slot).weight);
            totals.push(total);
        }
        let takers = draft.members.takers().iter();
        let acceptance = takers.map(|slot| draft.accept[slot.index()]).collect();
        Self {
            version: draft.version,
            mode: draft.mode,
            healthy: draft.healthy,
            accept: draft.accept.into_boxed_slice(),
            live,
            live_slots: live_slots.into_boxed_slice(),
            totals: totals.into_boxed_slice(),
            live_weight,
            willing: Willing::new(acceptance),
            members: draft.members,
        }
    }

    /// Returns its number; each later snapshot of the pool has a higher one.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Returns how the pool serves.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Returns who is in the pool.
    #[must_use]
    pub fn members(&self) -> &Members {
        &self.members
    }

    /// Returns the origin with this id.
    #[must_use]
    pub fn origin(&self, id: OriginId) -> Option<&Origin> {
        Some(self.members.at(self.members.slot(id)?)?)
    }

    /// Says whether this origin is believed to be healthy.
    #[must_use]
    pub fn is_healthy(&self, id: OriginId) -> bool {
        let slot = self.members.slot(id);
        slot.is_some_and(|slot| self.healthy.contains(slot))
    }

    /// Yields whom clients may be sent to: the healthy that take requests, or in
    /// [panic](Mode::Panic) all that do. DNS answers follow this.
    pub fn available(&self) -> impl Iterator<Item = &Origin> {
        let takers = self.members.takers().iter();
        takers
            .filter(|&&slot| self.mode == Mode::Panic || self.healthy.contains(slot))
            .filter_map(|&slot| Some(&**self.members.at(slot)?))
    }

    /// Says whether both name the same origins as available, at the same addresses.
    #[must_use]
    pub fn is_as_available_as(&self, other: &Self) -> bool {
        let key = |origin: &Origin| (origin.id(), origin.addr(), origin.weight());
        self.available().map(key).eq(other.available().map(key))
    }

    /// Returns the share of what falls to this slot that it takes, of 65 535.
    #[inline]
    pub(crate) fn acceptance(&self, slot: Slot) -> u16 {
        self.accept.get(slot.index()).copied().unwrap_or(0)
    }

    #[inline]
    pub(crate) fn is_live(&self, slot: Slot) -> bool {
        self.live.contains(slot)
    }

    pub(crate) fn live_slots(&self) -> &[Slot] {
        &self.live_slots
    }

    /// Returns who may be picked, as hash tables know them.
    #[inline]
    pub(crate) fn candidates(&self) -> Candidates<'_> {
        self.willing.candidates()
    }

    /// Returns the sum of the weights of those who may be picked.
    pub(crate) fn live_weight(&self) -> u64 {
        self.live_weight
    }

    /// Returns the live slot at `position` of 2^64 in the running totals of weight.
    pub(crate) fn live_at(&self, position: u64) -> Option<Slot> {
        let total = *self.totals.last()?;
        let mark = ((u128::from(position) * u128::from(total)) >> 64) as u64;
        let at = self.totals.partition_point(|&upto| upto <= mark);
        self.live_slots.get(at).copied()
    }
}
