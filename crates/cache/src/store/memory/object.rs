//! [`Object`]: a response at rest, and what is known about when it should leave.

use core::time::Duration;
use std::sync::Arc;

use eaves_common::time::Mono;

use super::super::{
    Content as _, Entry,
    body::{Body, chunk},
    tinylfu::{Fate, TinyLfu},
};
use crate::{
    head::read_meta,
    policy::Meta,
    stats::{AgeCounters, Stats},
    sync::atomic::{AtomicU64, Ordering},
};

/// The engine as this store uses it.
pub(in super::super) type Engine = TinyLfu<Box<[u8]>, Object>;

/// A response at rest.
#[derive(Clone, Debug)]
pub(in super::super) struct Object {
    pub(in super::super) head: Box<[u8]>,
    pub(in super::super) body: Arc<Body>,
    /// When it came.
    pub(super) since: Mono,
    /// From when on it can neither be served nor stand in for an answer.
    pub(super) until: Mono,
}

impl Object {
    /// What it takes beside its slot, the key included.
    pub(super) fn weight(&self, key: usize) -> u64 {
        chunk(key) + chunk(self.head.len()) + self.body.resident()
    }

    /// What a lookup gives out.
    pub(super) fn entry(&self) -> Entry {
        // Spare room for an Age and a member of Cache-Status.
        let mut head = Vec::with_capacity(self.head.len() + 128);
        head.extend_from_slice(&self.head);
        Entry {
            head,
            content: self.body.clone(),
        }
    }
}

/// One who takes what has to leave, with no lock held.
pub(in super::super) trait Heir {
    fn left(&self, key: Box<[u8]>, object: Object);
}

/// What leaves is lost.
pub(super) struct Nobody;

impl Heir for Nobody {
    fn left(&self, _: Box<[u8]>, _: Object) {}
}

/// What lookups, fills and evictions share.
pub(super) struct Shared {
    pub(super) engine: Arc<Engine>,
    pub(super) terms: Terms,
    ages: AgeCounters,
    too_large: AtomicU64,
}

impl Shared {
    pub(super) fn new(engine: Engine, terms: Terms) -> Self {
        Self {
            engine: Arc::new(engine),
            terms,
            ages: AgeCounters::default(),
            too_large: AtomicU64::new(0),
        }
    }

    /// The fate of what is in the way at a time.
    pub(super) const fn fate<'a>(&'a self, now: Mono, heir: &'a dyn Heir) -> Leaving<'a> {
        Leaving {
            shared: self,
            now,
            heir,
        }
    }

    pub(super) fn refuse_large(&self) {
        self.too_large.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn stats(&self) -> Stats {
        let mut stats = self.engine.stats();
        stats.ages = self.ages.ages();
        stats.refused.too_large += self.too_large.load(Ordering::Relaxed);
        stats
    }
}

/// Under which terms objects stay.
pub(super) struct Terms {
    pub(super) max_object: u64,
    stale_for: Duration,
    /// Everything asked for before this purge epoch is void.
    void_before: AtomicU64,
}

impl Terms {
    pub(super) const fn new(max_object: u64, stale_for: Duration) -> Self {
        Self {
            max_object,
            stale_for,
            void_before: AtomicU64::new(0),
        }
    }

    pub(super) fn void_before(&self, epoch: u64) {
        self.void_before.fetch_max(epoch, Ordering::AcqRel);
    }

    /// Says whether an object can neither be served nor stand in for an answer any more.
    pub(super) fn is_dead(&self, object: &Object, now: Mono) -> bool {
        let void_before = self.void_before.load(Ordering::Relaxed);
        object.until < now || object.body.checked() < void_before
    }

    /// When the head's last stale window ends; never for records without one.
    pub(super) fn until(&self, head: &[u8]) -> Mono {
        read_meta(head).map_or(Mono::MAX, |meta| self.end(&meta))
    }

    fn end(&self, meta: &Meta) -> Mono {
        let stale_at = meta.received.mono + meta.lifetime.saturating_sub(meta.initial_age);
        let on_error = meta.stale_if_error.unwrap_or(self.stale_for);
        stale_at + on_error.max(meta.stale_while_revalidate)
    }
}

/// What becomes of objects that are in the way at a time.
pub(super) struct Leaving<'a> {
    shared: &'a Shared,
    now: Mono,
    heir: &'a dyn Heir,
}

impl Fate<Box<[u8]>, Object> for Leaving<'_> {
    fn is_dead(&self, _: &Box<[u8]>, object: &Object) -> bool {
        self.shared.terms.is_dead(object, self.now)
    }

    fn left(&self, key: Box<[u8]>, object: Object) {
        self.shared.ages.add(self.now - object.since);
        self.heir.left(key, object);
    }
}
