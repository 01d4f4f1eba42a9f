//! [`Members`]: who is in the pool, with the tables that depend on membership and weight alone.

use std::sync::Arc;

use super::{
    Alias, Bitmap, Origin, OriginId, Slot, Table, Target, groups::Groups, keyed::Tables,
    rotation::Rotation, targets::Targets,
};

/// The members of a pool by slot. It never changes: an edit makes another.
#[derive(Clone, Debug, Default)]
pub struct Members {
    by_slot: Box<[Option<Arc<Origin>>]>,
    targets: Targets,
    /// By slot; 0 for nobody.
    weights: Box<[u32]>,
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
        let weights = by_slot
            .iter()
            .map(|origin| origin.as_ref().map_or(0, |origin| origin.weight()));
        let mut taking = Bitmap::new(by_slot.len());
        weighted.iter().for_each(|taker| taking.insert(taker.0));
        Self {
            targets: Targets::new(&by_slot),
            weights: weights.collect(),
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

    /// Returns the taker at this place among them.
    #[inline]
    pub(crate) fn taker_at(&self, place: usize) -> Option<Slot> {
        nth(&self.takers, place, self.by_slot.len())
    }

    /// Makes a table, unless it is there.
    pub(crate) fn make(&self, table: Table) {
        self.tables.make(table, self);
    }

    #[inline]
    pub(crate) fn tables(&self) -> &Tables {
        &self.tables
    }

    /// Returns who is in this slot.
    #[inline]
    pub(crate) fn id(&self, slot: Slot) -> OriginId {
        self.targets.at(slot).id()
    }

    #[inline]
    pub(crate) fn target(&self, slot: Slot) -> &Target {
        self.targets.at(slot)
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
        self.weights[slot.index()]
    }

    /// Returns how many of these slots take requests.
    pub(crate) fn taking(&self, slots: &Bitmap) -> usize {
        self.taking.common(slots)
    }

    /// Says whether this slot takes requests.
    pub(super) fn takes(&self, slot: Slot) -> bool {
        self.taking.contains(slot)
    }

    pub(crate) fn groups(&self) -> &Groups {
        &self.groups
    }
}

/// Returns one of these slots, which are sorted and differ: where all there are stand among them, each stands in
/// its own place, and nothing has to be read.
#[inline]
pub(super) fn nth(sorted: &[Slot], place: usize, slots: usize) -> Option<Slot> {
    if sorted.len() == slots {
        return (place < slots).then(|| Slot::new(place as u32));
    }
    sorted.get(place).copied()
}

fn slots(by_slot: &[Option<Arc<Origin>>]) -> impl Iterator<Item = (Slot, &Arc<Origin>)> {
    (0..)
        .map(Slot::new)
        .zip(by_slot)
        .filter_map(|(slot, origin)| Some((slot, origin.as_ref()?)))
}
