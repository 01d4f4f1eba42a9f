//! [`Promoting`]: content below that is copied up while it is read.

use core::task::{Context, Poll, ready};
use std::sync::{Arc, TryLockError};

use bytes::Bytes;
use http::HeaderMap;

use super::{Watch, sync::Mutex};
use crate::{
    key::Key,
    store::{
        Content, Entry, ReadError, Ticket,
        memory::{Filling, Place},
    },
};

/// Content below. What its first reader reads from the beginning on is copied, and put into memory when it is complete.
pub(super) struct Promoting {
    inner: Arc<dyn Content>,
    copying: Mutex<Option<Copying>>,
}

struct Copying {
    /// Since before the content was looked up.
    watch: Watch,
    /// Gone once it has arrived.
    filling: Option<Filling>,
    key: Key,
    at: u64,
    len: u64,
}

impl Promoting {
    /// Wraps what was found, if memory has room for it.
    pub(super) fn begin(key: &Key, entry: Entry, watch: Watch) -> Entry {
        let Some(len) = entry.content.len() else {
            return entry;
        };
        let shared = watch.shared.clone();
        let filling =
            shared.over(|heir| shared.memory.begin_over(key, &entry.head, Some(len), heir));
        let Ok(filling) = filling else {
            return entry;
        };
        let copying = Copying {
            watch,
            filling: Some(filling),
            key: key.clone(),
            at: 0,
            len,
        };
        let content = Arc::new(Self {
            inner: entry.content,
            copying: Mutex::new(Some(copying)),
        });
        content.copy(0, &[]);
        Entry {
            head: entry.head,
            content,
        }
    }

    fn copy(&self, at: u64, data: &[u8]) {
        let mut copying = match self.copying.try_lock() {
            Ok(copying) => copying,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            // Another reader is at it.
            Err(TryLockError::WouldBlock) => return,
        };
        let Some(state) = copying.as_mut().filter(|state| state.at == at) else {
            return;
        };
        let shared = state.watch.shared.clone();
        let Some(filling) = &mut state.filling else {
            return;
        };
        let appended = shared.over(|heir| filling.append_over(data, heir));
        state.at += data.len() as u64;
        if appended.is_ok() && state.at < state.len {
            return;
        }
        let state = copying.take();
        drop(copying);
        if let Some(state) = state.filter(|_| appended.is_ok()) {
            state.arrive();
        }
    }
}

impl Copying {
    fn arrive(mut self) {
        let Some(filling) = self.filling.take() else {
            return;
        };
        let shared = self.watch.shared.clone();
        shared.over(|heir| {
            shared.moves.promote(&self.key, self.watch.since, || {
                filling.commit_over(None, Place::Below, heir)
            });
        });
    }
}

impl Content for Promoting {
    fn poll_read(
        &self,
        at: u64,
        ticket: &mut Ticket,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Bytes, ReadError>> {
        let data = ready!(self.inner.poll_read(at, ticket, cx));
        if let Ok(data) = &data {
            self.copy(at, data);
        }
        Poll::Ready(data)
    }

    fn len(&self) -> Option<u64> {
        self.inner.len()
    }

    fn trailers(&self) -> Option<HeaderMap> {
        self.inner.trailers()
    }

    fn checked(&self) -> u64 {
        self.inner.checked()
    }

    fn check(&self, epoch: u64) {
        self.inner.check(epoch);
    }

    fn inner(&self) -> Option<&Arc<dyn Content>> {
        Some(&self.inner)
    }
}
