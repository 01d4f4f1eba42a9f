//! Going over all entries, a page at a time, so that no lock is held for longer than that takes.

use super::TinyLfu;

/// Where an entry is, until it leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) struct Place {
    shard: u16,
    slot: u32,
}

/// The next entries to look at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Page {
    shard: usize,
    slot: u32,
}

/// Slots that are looked at under one lock.
const PAGE: u32 = 256;

impl<K, V> TinyLfu<K, V> {
    /// Calls `each` with the entries of a page, under the lock, and with how often each was asked for lately; returns the
    /// next page. What comes meanwhile may be left out.
    pub(in super::super) fn survey(
        &self,
        page: Page,
        mut each: impl FnMut(Place, &K, &V, u8),
    ) -> Option<Page> {
        let shard = self.shards.get(page.shard)?.lock();
        let end = shard.slab.len().min(page.slot.saturating_add(PAGE));
        for slot in page.slot..end {
            let found = &shard.slab[slot];
            let place = Place {
                shard: u16::try_from(page.shard).ok()?,
                slot,
            };
            if let Some((key, value)) = &found.entry {
                each(place, key, value, found.uses_in(shard.sketch.epoch()));
            }
        }
        let (next, following) = (Page { slot: end, ..page }, page.shard + 1);
        match end < shard.slab.len() {
            true => Some(next),
            false => (following < self.shards.len()).then_some(Page {
                shard: following,
                slot: 0,
            }),
        }
    }

    /// Returns what is at a place now, and counts nothing.
    pub(in super::super) fn at(&self, place: Place) -> Option<(K, V)>
    where
        K: Clone,
        V: Clone,
    {
        let shard = self.shards.get(usize::from(place.shard))?.lock();
        if place.slot >= shard.slab.len() {
            return None;
        }
        shard.slab[place.slot].entry.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use eaves_common::units::ByteSize;

    use super::{super::Config, *};

    #[test]
    fn a_survey_meets_every_entry_once() {
        let config = Config::new(ByteSize::from_mib(4)).shards(4).seed(7);
        let cache = TinyLfu::new(config);
        for n in 0..3_000_u32 {
            cache.insert(n, n * 2, 10).unwrap();
        }
        for n in (0..3_000).step_by(3) {
            cache.remove(&n);
        }
        (0..5).for_each(|_| _ = cache.get(&1));
        let (mut seen, mut page) = (BTreeMap::new(), Some(Page::default()));
        while let Some(now) = page {
            page = cache.survey(now, |place, key, _, uses| {
                assert_eq!(seen.insert(*key, (place, uses)), None);
            });
        }
        assert_eq!(seen.len(), cache.len());
        assert_eq!((seen[&1].1, seen[&2].1), (6, 1));
        for (key, (place, _)) in &seen {
            assert_eq!(cache.at(*place), Some((*key, key * 2)));
        }
        cache.remove(&1);
        assert_eq!(cache.at(seen[&1].0), None);
    }
}
