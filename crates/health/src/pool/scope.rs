//! [`Scope`]: the part of a pool that a selector prefers or keeps to.

use std::{cmp::Reverse, sync::Arc};

use super::{Bitmap, Members, Slot, keyed::hash_name, tiers};
use crate::random::mix;

/// The part of a pool that a selector prefers or keeps to.
///
/// - A *zone* is preferred: requests stay in it as far as its origins can take what comes from there,
///   and the rest goes to zones with room.
/// - *Tags* are binding: only origins that have all of them are picked.
/// - A *subset* bounds how many origins a client talks to, so that a thousand clients of a thousand
///   origins do not hold a million connections. Another lives in place of each that is out.
///
/// ```
/// use eaves_common::time::Now;
/// use eaves_health::{Algorithm, Monitor, PoolConfig, pool::{OriginConfig, Scope}};
///
/// let config = PoolConfig::new("web")
///     .origin(OriginConfig::new("a", "192.0.2.1:80".parse()?).zone("north").tag("gpu"))
///     .origin(OriginConfig::new("b", "192.0.2.2:80".parse()?).zone("south"));
/// let mut monitor = Monitor::new(config, 1, Now::default())?;
/// let selector = monitor.selector_in(Scope::new().tag("gpu"), Algorithm::Random)?;
/// let guard = selector.pick(&[]).expect("one has the tag");
/// assert!(selector.pick(&[guard.id()]).is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scope {
    zone: Option<Arc<str>>,
    zone_share: Option<f64>,
    tags: Vec<Arc<str>>,
    subset: Option<(u64, usize)>,
}

impl Scope {
    /// Makes the scope of the whole pool.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Prefers a zone.
    #[must_use]
    pub fn zone(mut self, zone: impl Into<Arc<str>>) -> Self {
        self.zone = Some(zone.into());
        self
    }

    /// Says what share of all requests comes from this zone, from 0 to 1. Without it, each zone that has
    /// origins is taken to send as many as the others.
    #[must_use]
    pub fn zone_share(mut self, share: f64) -> Self {
        self.zone_share = Some(share.clamp(0.0, 1.0));
        self
    }

    /// Keeps to origins with this tag; with several, to those that have them all.
    #[must_use]
    pub fn tag(mut self, tag: impl Into<Arc<str>>) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// Keeps to `size` origins, at least one; which ones depends on the client, and on who lives.
    #[must_use]
    pub fn subset(mut self, client: u64, size: usize) -> Self {
        self.subset = Some((client, size.max(1)));
        self
    }

    /// Returns the slots that have all tags, or nothing if there are no tags.
    pub(super) fn named(&self, members: &Members) -> Option<Bitmap> {
        if self.tags.is_empty() {
            return None;
        }
        let mut named = Bitmap::new(members.slots());
        for (slot, origin) in members.iter() {
            if self.tags.iter().all(|tag| origin.has_tag(tag)) {
                named.insert(slot);
            }
        }
        Some(named)
    }

    /// Takes from each what does not fall to it in this scope.
    pub(super) fn narrow(&self, members: &Members, accept: &mut [u16]) {
        if let Some(zone) = &self.zone {
            let own = members.groups().zone_named(zone);
            if let Some(own) = own {
                prefer(members, own, self.zone_share, accept);
            }
        }
        if let Some((client, size)) = self.subset {
            keep(members, client, size, accept);
        }
    }
}

/// Keeps requests in their zone as far as it can take them; the rest goes where there is room.
fn prefer(members: &Members, own: usize, zone_share: Option<f64>, accept: &mut [u16]) {
    let zones = members.groups().zones();
    let mut able = vec![0.0_f64; zones + 1];
    let place = |slot: Slot| members.groups().zone(slot).unwrap_or(zones);
    for &slot in members.takers() {
        let weight = f64::from(members.weight(slot));
        able[place(slot)] += weight * tiers::share(accept[slot.index()]);
    }
    let total: f64 = able.iter().sum();
    if total <= 0.0 {
        return;
    }
    able.iter_mut().for_each(|zone| *zone /= total);
    let asked = zone_share.unwrap_or(1.0 / zones as f64);
    let at_home = if asked > 0.0 {
        (able[own] / asked).min(1.0)
    } else {
        1.0
    };
    let at_home = if able[own] > 0.0 { at_home } else { 0.0 };
    let others = (1.0 - asked) / (zones - 1).max(1) as f64;
    let mut room: Vec<f64> = able.iter().map(|zone| (zone - others).max(0.0)).collect();
    room[own] = 0.0;
    if room.iter().sum::<f64>() <= 0.0 {
        room.clone_from(&able);
        room[own] = 0.0;
    }
    let rooms: f64 = room.iter().sum();
    let load = |zone: usize| {
        if zone == own {
            at_home
        } else if rooms > 0.0 {
            (1.0 - at_home) * room[zone] / rooms
        } else {
            0.0
        }
    };
    let factor = |zone: usize| {
        if able[zone] > 0.0 {
            load(zone) / able[zone]
        } else {
            0.0
        }
    };
    let most = (0..able.len()).map(factor).fold(0.0, f64::max);
    if most > 0.0 {
        let takers = members.takers().iter().copied();
        tiers::scale(takers, accept, |slot| factor(place(slot)) / most);
    }
}

/// Keeps the `size` that score most for this client: rendezvous hashing.
fn keep(members: &Members, client: u64, size: usize, accept: &mut [u16]) {
    let live = members.takers().iter().copied();
    let live = live.filter(|slot| accept[slot.index()] > 0);
    let score = |slot: Slot| {
        let name = members.at(slot).map_or("", |origin| origin.name());
        Reverse(mix(hash_name(name) ^ mix(client)))
    };
    let mut scored: Vec<_> = live.map(|slot| (score(slot), slot)).collect();
    if scored.len() <= size {
        return;
    }
    scored.select_nth_unstable(size - 1);
    for (_, slot) in &scored[size..] {
        accept[slot.index()] = 0;
    }
}
