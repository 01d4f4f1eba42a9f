//! [`Groups`]: which tier and zone each slot is in.

use std::sync::Arc;

use super::{Origin, Slot};

/// Which tier and zone each slot is in, as small numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Groups {
    /// The numbers of the tiers there are, the first to be used first.
    tiers: Box<[u8]>,
    /// By slot, the place among these; empty if there is but one.
    tier_of: Box<[u8]>,
    zones: Box<[Arc<str>]>,
    /// By slot, the place among the zones; empty if there is none.
    zone_of: Box<[Option<u16>]>,
}

impl Groups {
    pub(super) fn new(by_slot: &[Option<Arc<Origin>>]) -> Self {
        let takers = by_slot.iter().flatten();
        let takers = takers.filter(|origin| origin.takes_requests());
        let mut tiers: Vec<u8> = takers.clone().map(|origin| origin.tier()).collect();
        tiers.sort_unstable();
        tiers.dedup();
        let mut zones: Vec<Arc<str>> = takers.filter_map(|origin| origin.zone().cloned()).collect();
        zones.sort_unstable();
        zones.dedup();
        let tier_place = |origin: &Origin| tiers.partition_point(|&tier| tier < origin.tier());
        let zone_place = |origin: &Origin| {
            let place = zones.binary_search(origin.zone()?).ok()?;
            u16::try_from(place).ok()
        };
        let of = |origin: &Option<Arc<Origin>>| origin.as_deref().map_or(0, tier_place) as u8;
        let zone = |origin: &Option<Arc<Origin>>| origin.as_deref().and_then(zone_place);
        let (flat, zoneless) = (tiers.len() <= 1, zones.is_empty());
        let tiered = if flat { &[] } else { by_slot };
        let zoned = if zoneless { &[] } else { by_slot };
        Self {
            tier_of: tiered.iter().map(of).collect(),
            zone_of: zoned.iter().map(zone).collect(),
            tiers: tiers.into_boxed_slice(),
            zones: zones.into_boxed_slice(),
        }
    }

    /// Says whether all who take requests are in one tier.
    pub(crate) fn is_flat(&self) -> bool {
        self.tier_of.is_empty()
    }

    pub(crate) fn tiers(&self) -> usize {
        self.tiers.len().max(1)
    }

    pub(crate) fn zones(&self) -> usize {
        self.zones.len()
    }

    /// Returns the place of a slot's tier among the tiers there are.
    pub(crate) fn tier(&self, slot: Slot) -> usize {
        // A slot that takes nothing may be in a tier of its own below all others.
        let place = self.tier_of.get(slot.index()).copied().unwrap_or(0);
        usize::from(place).min(self.tiers() - 1)
    }

    pub(crate) fn zone(&self, slot: Slot) -> Option<usize> {
        Some(usize::from((*self.zone_of.get(slot.index())?)?))
    }

    pub(crate) fn zone_named(&self, name: &Arc<str>) -> Option<usize> {
        self.zones.binary_search(name).ok()
    }
}
