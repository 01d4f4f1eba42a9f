//! What is remembered about keys beside responses: which are not worth waiting for, and when each was invalidated.

use std::{hash::RandomState, num::NonZeroUsize};

use eaves_common::time::Mono;
use lru::LruCache;

use crate::key::Key;

/// Small exact maps, bounded in entries.
pub(super) struct Memory {
    unshared: LruCache<Key, Mono, RandomState>,
    invalidated: LruCache<Key, u64, RandomState>,
    uses: LruCache<Key, u32, RandomState>,
    /// Invalidations up to this one may have been forgotten.
    floor: u64,
    epoch: u64,
}

impl Memory {
    pub(super) fn new(entries: NonZeroUsize) -> Self {
        Self {
            unshared: LruCache::with_hasher(entries, RandomState::new()),
            invalidated: LruCache::with_hasher(entries, RandomState::new()),
            uses: LruCache::with_hasher(entries, RandomState::new()),
            floor: 0,
            epoch: 0,
        }
    }

    /// Remembers that the answers under a key are not shared.
    pub(super) fn remember_unshared(&mut self, key: Key, until: Mono) {
        self.unshared.put(key, until);
    }

    pub(super) fn forget_unshared(&mut self, key: &Key) {
        self.unshared.pop(key);
    }

    pub(super) fn is_unshared(&mut self, key: &Key, now: Mono) -> bool {
        self.unshared.get(key).is_some_and(|until| now < *until)
    }

    /// Counts a use of a key; what was not used for long is forgotten.
    pub(super) fn count_use(&mut self, key: &Key) -> u32 {
        let uses = self.uses.get_or_insert_mut(key.clone(), || 0);
        *uses = uses.saturating_add(1);
        *uses
    }

    /// Returns the epoch that a fetch which starts now belongs to.
    pub(super) fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Notes that everything fetched up to now under a URI is void.
    pub(super) fn invalidate(&mut self, primary: &Key) {
        self.epoch += 1;
        match self.invalidated.push(primary.clone(), self.epoch) {
            Some((other, forgotten)) if other != *primary => self.floor = self.floor.max(forgotten),
            _ => {}
        }
    }

    /// Says whether what was fetched since `started` may be kept.
    pub(super) fn allows(&self, primary: &Key, started: u64) -> bool {
        let last = self.invalidated.peek(primary).copied();
        started >= last.unwrap_or(self.floor)
    }
}
