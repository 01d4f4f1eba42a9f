//! [`State`]: what a fill holds, for the store and for its readers.

use core::time::Duration;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Weak},
};

use bytes::Bytes;
use eaves_common::time::Mono;
use http::HeaderMap;

use super::{BodyError, fill::Fill, source::Source, watch::Mark};
use crate::{
    exchange::Lead,
    store::{Content, Write},
};

pub(super) struct State {
    pub(super) source: Option<Source>,
    pub(super) write: Option<Box<dyn Write>>,
    pub(super) lead: Option<Lead<Weak<Fill>>>,
    /// What the store holds, until nobody needs it any more.
    pub(super) content: Option<Arc<dyn Content>>,
    pub(super) kept: u64,
    pub(super) pulled: u64,
    /// What followed after the store refused, as far as somebody may need it.
    pub(super) window: VecDeque<Bytes>,
    pub(super) end: Option<End>,
    /// Where each reader stands; one that was left behind is not here.
    pub(super) readers: BTreeMap<u64, Place>,
    pub(super) next_reader: u64,
    /// The store refused more in the middle: what is kept is kept for readers alone.
    pub(super) outgrown: bool,
}

/// Where a reader stands, and since when, as far as that matters: since the body outgrew the store.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) at: u64,
    pub(super) since: Mono,
}

#[derive(Clone)]
pub(super) enum End {
    Complete(Option<HeaderMap>),
    Failed(BodyError),
}

/// How many bytes of a body that is not stored are held for slower readers.
const WINDOW: u64 = 1024 * 1024;

impl State {
    pub(super) fn spill(&mut self, data: &Bytes) {
        if self.readers.len() < 2 {
            self.window.clear();
            return;
        }
        self.window.push_back(data.clone());
        while self.window_start() + WINDOW < self.pulled {
            self.window.pop_front();
        }
    }

    /// How far it has come.
    pub(super) fn mark(&self) -> Mark {
        Mark {
            pulled: self.pulled,
            read: self.readers.values().map(|place| place.at).sum(),
        }
    }

    /// Forgets readers that stand before an offset and have not moved for this long, and what is held for nobody; returns
    /// how many.
    pub(super) fn leave_stalled(&mut self, before: u64, now: Mono, limit: Duration) -> usize {
        let (readers, kept) = (self.readers.len(), self.kept);
        self.readers
            .retain(|_, place| place.at >= before || now - place.since < limit);
        let left = readers - self.readers.len();
        if self.readers.values().all(|place| place.at >= kept) {
            self.content = None;
        }
        if left > 0 && self.readers.values().all(|place| place.at >= before) {
            self.window.clear();
        }
        left
    }

    /// Notes where a reader stands, unless it was left behind.
    pub(super) fn moved(&mut self, id: u64, at: u64, now: impl FnOnce() -> Mono) {
        if let Some(place) = self.readers.get_mut(&id) {
            place.at = at;
            if self.outgrown {
                place.since = now();
            }
        }
    }

    fn window_start(&self) -> u64 {
        self.pulled
            - self
                .window
                .iter()
                .map(|part| part.len() as u64)
                .sum::<u64>()
    }

    /// The bytes at an offset behind what the store kept.
    pub(super) fn read_window(&self, at: u64) -> Result<Bytes, BodyError> {
        let mut start = self.window_start();
        if at < start {
            return Err(BodyError::Lagging);
        }
        for part in &self.window {
            let end = start + part.len() as u64;
            if at < end {
                return Ok(part.slice((at - start) as usize..));
            }
            start = end;
        }
        Ok(Bytes::new())
    }
}
