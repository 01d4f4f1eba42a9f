//! [`Members`]: who is in the pool, with the tables that depend on membership and weight alone.

use std::{net::SocketAddr, sync::Arc};

use super::{
    Alias, Bitmap, Origin, OriginId, Slot, Table, groups::Groups, keyed::Tables, rotation::Rotation,
};

/// The members of a pool by slot. It never changes: an edit makes another.
#[derive(Clone, Debug, Default)]
pub struct Members {
    by_slot: Box<[Option<Arc<Origin>>]>,
    /// What a pick copies, in one place: no pointer to follow.
    targets: Box<[Target]>,
    by_id: Box<[(OriginId, Slot)]>,
    takers: Box<[Slot]>,
    /// The same as a set.
    taking: Bitmap,
    /// All takers weigh the same: drawing and taking turns need no tables then.
    is_even: bool,
    alias: Alias,
    rotation: Rotation,
    groups: Groups,
    /// Made when the first selector asks for them, and again after every edit.
    tables: Tables,
}

/// What a pick takes from a slot, in a cache line.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(crate) struct Target {
    pub(crate) id: OriginId,
    pub(crate) addr: SocketAddr,
    weight: u32,
}

impl Members {
    pub(crate) fn new(by_slot: Vec<Option<Arc<Origin>>>) -> Self {
        let mut by_id: Vec<(OriginId, Slot)> =
            slots(&by_slot).map(|(slot, o)| (o.id, slot)).collect();
        by_id.sort_unstable();
        let weighted: Vec<(Slot, u32)> = slots(&by_slot)
            .filter(|(_, origin)| origin.takes_requests())
            .map(|(slot, origin)| (slot, origin.weight()))
            .collect();
        let is_even = weighted.windows(2).all(|pair| pair[0].1 == pair[1].1);
        let unlike = if is_even { &[] } else { &weighted[..] };
        let targets = by_slot.iter().map(|origin| Target::of(origin.as_deref()));
        let mut taking = Bitmap::new(by_slot.len());
        weighted.iter().for_each(|taker| taking.insert(taker.0));
        Self {
            targets: targets.collect(),
            by_id: by_id.into_boxed_slice(),
            takers: weighted.iter().map(|w| w.0).collect(),
            taking,
            is_even,
            alias: Alias::new(unlike),
            rotation: Rotation::new(unlike),
            groups: Groups::new(&by_slot),
            tables: Tables::default(),
            by_slot: by_slot.into_boxed_slice(),
        }
    }

    /// Returns the origin in this slot.
    #[must_use]
    pub fn at(&self, slot: Slot) -> Option<&Arc<Origin>> {
        self.by_slot.get(slot.index())?.as_ref()
    }

    /// Returns where this origin is.
    #[must_use]
    pub fn slot(&self, id: OriginId) -> Option<Slot> {
        let at = self.by_id.binary_search_by_key(&id, |entry| entry.0).ok()?;
        Some(self.by_id[at].1)
    }

    /// Yields all members in the order of their slots.
    pub fn iter(&self) -> impl Iterator<Item = (Slot, &Arc<Origin>)> {
        slots(&self.by_slot)
    }

    /// Returns how many members there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Says whether nobody is in the pool.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// Returns one more than the highest slot in use.
    pub(crate) fn slots(&self) -> usize {
        self.by_slot.len()
    }

    /// Returns those with weight that the operator lets serve, in the order of their slots.
    pub(crate) fn takers(&self) -> &[Slot] {
        &self.takers
    }

    /// Returns the place of this origin among the takers.
    #[inline]
    pub(crate) fn taker(&self, id: OriginId) -> Option<u32> {
        let place = self.takers.binary_search(&self.slot(id)?).ok()?;
        Some(place as u32)
    }

    /// Makes a table, unless it is there.
    pub(crate) fn make(&self, table: Table) {
        self.tables.make(table, self);
    }

    #[inline]
    pub(crate) fn tables(&self) -> &Tables {
        &self.tables
    }

    #[inline]
    pub(crate) fn target(&self, slot: Slot) -> Target {
        self.targets[slot.index()]
    }

    /// Draws a slot by weight, or `None` if nobody has any, or [all weigh the same](Self::is_even).
    #[inline]
    pub(crate) fn draw(&self, random: u64) -> Option<Slot> {
        self.alias.draw(random)
    }

    /// Returns the order of turns, empty if [all weigh the same](Self::is_even).
    #[inline]
    pub(crate) fn turns(&self) -> &[Slot] {
        self.rotation.slots()
    }

    #[inline]
    pub(crate) fn is_even(&self) -> bool {
        self.is_even
    }

    #[inline]
    pub(crate) fn weight(&self, slot: Slot) -> u32 {
        self.targets[slot.index()].weight
    }

    /// Returns how many of these slots take requests.
    pub(crate) fn taking(&self, slots: &Bitmap) -> usize {
        self.taking.common(slots)
    }

    pub(crate) fn groups(&self) -> &Groups {
        &self.groups
    }
}

impl Target {
    fn of(origin: Option<&Origin>) -> Self {
        let nobody = Self {
            id: OriginId::new(u64::MAX),
            addr: SocketAddr::from(([0, 0, 0, 0], 0)),
            weight: 0,
        };
        origin.map_or(nobody, |origin| Self {
            id: origin.id,
            addr: origin.config.addr,
            weight: origin.config.weight,
        })
    }
}

fn slots(by_slot: &[Option<Arc<Origin>>]) -> impl Iterator<Item = (Slot, &Arc<Origin>)> {
    (0..)
        .map(Slot::new)
        .zip(by_slot)
        .filter_map(|(slot, origin)| Some((slot, origin.as_ref()?)))
}
