//! [`Shared`]: what all requests of one cache have in common.

use core::task::{Context, Poll, Waker};
use std::sync::{Arc, Weak};

use eaves_common::time::{Mono, Now};
use http::HeaderName;

use super::{Alarm, CacheConfig, Ranges, fill::Fill, watch::Watch};
use crate::{
    exchange::{Flights, Found, Lookup, Opening, PartPlacement, Release, Selected},
    head::{self, Head},
    key::{Key, KeyError},
    policy::RequestHead,
    purge::{Mode, Purge, Purges, Receipt, Record, Target, Verdict},
    stats::{Count, Counters},
    store::{Entry, Ticket},
};

/// Configuration, flights and counters.
pub(super) struct Shared {
    pub(super) config: CacheConfig,
    pub(super) flights: Arc<Flights<Weak<Fill>>>,
    pub(super) counters: Counters,
    pub(super) purges: Arc<Purges>,
    pub(super) watch: Watch,
}

impl Shared {
    pub(super) fn new(mut config: CacheConfig) -> Self {
        let keyed: Vec<HeaderName> = config.keys.headers().cloned().collect();
        config.policy = config.policy.keyed(keyed);
        let now = config.clock.now().wall;
        let purges = config.purges.clone();
        let purges = purges.unwrap_or_else(|| Arc::new(Purges::new(now)));
        purges.restore(&config.store.logged_purges(), now);
        Self {
            config,
            flights: Arc::new(Flights::following(MOST_FLIGHTS, purges.clone())),
            counters: Counters::default(),
            purges,
            watch: Watch::default(),
        }
    }

    pub(super) fn now(&self) -> Now {
        self.config.clock.now()
    }

    pub(super) fn open(&self, request: RequestHead<'_>) -> Result<Opening, KeyError> {
        Opening::of(&self.config.policy, &self.config.keys, request)
    }

    /// The size of slices, if responses are kept in slices.
    pub(super) fn slice_size(&self) -> Option<u64> {
        match self.config.ranges {
            Ranges::Slices(size) => Some(size.get()),
            _ => None,
        }
    }

    /// Ends the patience of one who waits for another's answer.
    pub(super) fn alarm(&self) -> Option<Alarm> {
        let (time, sleep) = self.config.patience.as_ref()?;
        Some(sleep.sleep(*time))
    }

    /// What lets those go who wait for an answer that cannot be shared.
    pub(super) fn unshared(&self) -> Release {
        Release::Unshared {
            until: self.now().mono + self.config.unshared_for,
        }
    }

    /// Purges, and removes at once what can be.
    pub(super) fn purge(&self, purge: &Purge) -> Receipt {
        let purge = &self.keyed(purge);
        let mut receipt = self.purges.issue(purge, self.now().wall);
        let record = Record {
            epoch: receipt.epoch(),
            purge: purge.clone(),
        };
        receipt.synced = self.config.store.log_purge(&record.to_bytes());
        if purge.mode() == Mode::Hard {
            match purge.target() {
                Target::Url(key) => receipt.removed = self.invalidate(key),
                Target::Everything => self.config.store.void_before(receipt.epoch()),
                _ => {}
            }
        }
        receipt
    }

    /// The purge in words that keys know: where these have no queries, it means all queries of what it names.
    fn keyed(&self, purge: &Purge) -> Purge {
        if self.config.keys.keeps_query() {
            return purge.clone();
        }
        let path = |text: &str| text.split('?').next().unwrap_or_default().to_owned();
        let wider = match purge.target() {
            Target::Url(key) => Some(Purge::url(key.without_query())),
            Target::Prefix(prefix) => Purge::prefix(&path(prefix.as_str())).ok(),
            Target::Pattern(pattern) => Purge::pattern(&path(pattern.as_str())).ok(),
            _ => None,
        };
        match (wider, purge.mode()) {
            (Some(wider), Mode::Soft) => wider.soft(),
            (Some(wider), Mode::Hard) => wider,
            (None, _) => purge.clone(),
        }
    }

    /// Enters a part that has been stored into the record that leads to it. Called while no other fetch of the URL can
    /// commit; a store that does not answer at once keeps the record of this part alone.
    pub(super) fn record_part(&self, part: &PartPlacement, primary: &Key) {
        if let Some(record) = part.record(self.known(&part.key)) {
            self.put(&part.key, &record);
            if let Some(variants) = &part.placement.variants {
                self.put(primary, variants);
            }
        }
    }

    /// Says whether a whole response is stored that arrived after another.
    pub(super) fn has_newer(&self, key: &Key, received: Mono) -> bool {
        let stored = self.known(key).map(head::Record::read);
        let Some(Ok(head::Record::Response(stored))) = stored else {
            return false;
        };
        stored.meta().received.mono > received
    }

    /// Puts another head on stored parts, if they are still those that a lookup led to.
    pub(super) fn freshen_parts(&self, selected: &Selected, head: &Head) {
        let known = self.known(selected.key());
        if let Some(record) = selected.parts_under(head, known) {
            self.put(selected.key(), &record);
        }
    }

    /// What rests under a key, if the store answers at once.
    fn known(&self, key: &Key) -> Option<Vec<u8>> {
        let (store, mut ticket) = (&self.config.store, Ticket::default());
        let mut cx = Context::from_waker(Waker::noop());
        match store.poll_lookup(key, &mut ticket, &mut cx) {
            Poll::Ready(entry) => entry.map(|entry| entry.head),
            Poll::Pending => None,
        }
    }

    /// Stores a record that leads to responses, if there is room.
    pub(super) fn put(&self, key: &Key, record: &[u8]) {
        if let Ok(write) = self.config.store.begin(key, record, Some(0)) {
            write.commit(None);
        }
    }

    /// Removes a URL with all its variants.
    pub(super) fn invalidate(&self, key: &Key) -> bool {
        self.flights
            .invalidate(key, || self.config.store.remove(key))
    }
}

impl Shared {
    /// Treats what was purged as absent or stale.
    pub(super) fn check(&self, selected: &mut Selected, entry: &Entry) {
        match selected.check(&self.purges, &*entry.content, || self.now().wall) {
            Verdict::Holds => {}
            Verdict::Stale { .. } => self.counters.add(Count::PurgedSoftly),
            Verdict::Void => {
                self.counters.add(Count::Purged);
                self.config
                    .store
                    .remove_content(selected.key(), &entry.content);
            }
        }
    }
}

/// Flights at once; those beyond ask the origin by themselves.
const MOST_FLIGHTS: usize = 65_536;

/// A lookup under way: the state of the exchange, and what the store keeps for it.
pub(super) struct Search {
    lookup: Option<Lookup>,
    ticket: Ticket,
}

impl Search {
    pub(super) fn new(lookup: Lookup) -> Self {
        Self {
            lookup: Some(lookup),
            ticket: Ticket::default(),
        }
    }

    /// Looks up key after key until a response is selected or there is none.
    pub(super) fn poll(
        &mut self,
        shared: &Shared,
        request: RequestHead<'_>,
        cx: &mut Context<'_>,
    ) -> Poll<(Selected, Option<Entry>)> {
        loop {
            let lookup = self
                .lookup
                .take()
                .expect("a search is polled until it is ready, and set again below");
            let Poll::Ready(mut entry) =
                shared
                    .config
                    .store
                    .poll_lookup(lookup.key(), &mut self.ticket, cx)
            else {
                self.lookup = Some(lookup);
                return Poll::Pending;
            };
            let head = entry.as_mut().map(|entry| core::mem::take(&mut entry.head));
            match lookup.found(request, head) {
                Found::Again(next) => self.lookup = Some(next),
                Found::Selected(mut selected) => {
                    if let Some(entry) = &entry {
                        shared.check(&mut selected, entry);
                    }
                    let entry = entry.filter(|_| selected.head().is_some());
                    return Poll::Ready((selected, entry));
                }
            }
        }
    }
}
