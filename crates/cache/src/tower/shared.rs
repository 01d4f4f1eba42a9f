//! [`Shared`]: what all requests of one cache have in common.

use core::task::{Context, Poll, Waker};
use std::sync::{Arc, Weak};

use eaves_common::time::Now;

use super::{Alarm, CacheConfig, fill::Fill};
use crate::{
    exchange::{Flights, Found, Lookup, Opening, PartPlacement, Release, Selected},
    key::{Key, KeyError},
    policy::RequestHead,
    stats::Counters,
    store::{Entry, Ticket},
};

/// Configuration, flights and counters.
pub(super) struct Shared {
    pub(super) config: CacheConfig,
    pub(super) flights: Arc<Flights<Weak<Fill>>>,
    pub(super) counters: Counters,
}

impl Shared {
    pub(super) fn new(config: CacheConfig) -> Self {
        Self {
            config,
            flights: Arc::default(),
            counters: Counters::default(),
        }
    }

    pub(super) fn now(&self) -> Now {
        self.config.clock.now()
    }

    pub(super) fn open(&self, request: RequestHead<'_>) -> Result<Opening, KeyError> {
        Opening::of(&self.config.policy, &self.config.keys, request)
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

    /// Enters a part that has been stored into the record that leads to it. Called while no other fetch of the URL can
    /// commit; a store that does not answer at once keeps the record of this part alone.
    pub(super) fn record_part(&self, part: &PartPlacement, primary: &Key) {
        let (store, mut ticket) = (&self.config.store, Ticket::default());
        let mut cx = Context::from_waker(Waker::noop());
        let known = match store.poll_lookup(&part.key, &mut ticket, &mut cx) {
            Poll::Ready(entry) => entry.map(|entry| entry.head),
            Poll::Pending => None,
        };
        let put = |key: &Key, record: &[u8]| {
            if let Ok(write) = store.begin(key, record, Some(0)) {
                write.commit(None);
            }
        };
        if let Some(record) = part.record(known) {
            put(&part.key, &record);
            if let Some(variants) = &part.placement.variants {
                put(primary, variants);
            }
        }
    }

    /// Removes a URL with all its variants.
    pub(super) fn invalidate(&self, key: &Key) -> bool {
        self.flights
            .invalidate(key, || self.config.store.remove(key))
    }
}

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
                Found::Selected(selected) => {
                    let entry = entry.filter(|_| selected.head().is_some());
                    return Poll::Ready((selected, entry));
                }
            }
        }
    }
}
