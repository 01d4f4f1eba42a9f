//! [`Snapshot`]: the pool at one moment.

use std::sync::Arc;

use super::{
    Bitmap, Members, Origin, OriginId, Scope, Slot, Spill, View,
    keyed::{Former, Table},
    tiers,
    view::FULL,
};

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
    /// By scope; the first is that of the whole pool.
    views: Box<[View]>,
    /// What picks by key go by while the tables of these members are not built.
    former: Box<[Former]>,
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

/// What the monitor has decided; a snapshot is made of it.
#[derive(Debug)]
pub(crate) struct Draft<'a> {
    pub(crate) version: u64,
    pub(crate) mode: Mode,
    pub(crate) members: Arc<Members>,
    pub(crate) healthy: Bitmap,
    /// Who serves only while there are too few others.
    pub(crate) degraded: &'a Bitmap,
    /// The share each slot takes by its own merit.
    pub(crate) merits: &'a [u16],
    pub(crate) spill: Spill,
    pub(crate) scopes: &'a [Arc<Scope>],
    /// Members whose tables stand in for those that are not built.
    pub(crate) former: &'a [(Table, Arc<Members>)],
}

impl Draft<'_> {
    fn view(&self, scope: &Scope) -> View {
        let members = &*self.members;
        let named = scope.named(members);
        let mut accept = match self.mode {
            Mode::Normal => self.merits.to_vec(),
            Mode::Panic => vec![FULL; self.merits.len()],
        };
        if let Some(named) = &named {
            let takers = members.takers().iter();
            let others = takers.filter(|&&slot| !named.contains(slot));
            others.for_each(|slot| accept[slot.index()] = 0);
        }
        if self.mode == Mode::Normal {
            tiers::spill(members, self.degraded, self.spill, &mut accept);
        }
        scope.narrow(members, &mut accept);
        View::new(members, accept, named)
    }
}

impl Snapshot {
    pub(crate) fn new(draft: Draft<'_>) -> Self {
        let scopes = draft.scopes.iter();
        let views: Box<[View]> = scopes.map(|scope| draft.view(scope)).collect();
        let former = draft.former.iter();
        Self {
            former: former
                .map(|(table, old)| Former::new(*table, Arc::clone(old), &draft.members, &views))
                .collect(),
            version: draft.version,
            mode: draft.mode,
            healthy: draft.healthy,
            views,
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

    /// Returns the share of its part of the traffic that an origin takes in the whole pool, from 0 to 1:
    /// less than 1 for one that is slow, warms up or is tried, or that stands in a tier that traffic
    /// hardly spills to.
    #[must_use]
    pub fn acceptance(&self, id: OriginId) -> f64 {
        let slot = self.members.slot(id).filter(|&slot| {
            let origin = self.members.at(slot);
            origin.is_some_and(|origin| origin.takes_requests())
        });
        let view = self.views.first();
        slot.zip(view)
            .map_or(0.0, |(slot, view)| tiers::share(view.acceptance(slot)))
    }

    /// Returns the view of a scope by its place; a scope too fresh for this snapshot sees the whole pool.
    #[inline]
    pub(crate) fn view(&self, place: usize) -> Option<&View> {
        self.views.get(place).or_else(|| self.views.first())
    }

    #[inline]
    pub(crate) fn is_healthy_at(&self, slot: Slot) -> bool {
        self.healthy.contains(slot)
    }

    /// Returns what stands in for a table that is not built.
    pub(crate) fn former(&self, table: Table) -> Option<&Former> {
        self.former.iter().find(|former| former.is_for(table))
    }
}
