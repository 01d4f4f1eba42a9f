//! A store that fails now and then, at every place where one can: seeded, so that a failure repeats.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use eaves_cache::{
    key::Key,
    store::{Content, Entry, Memory, ReadError, Refused, Store, Ticket, Usage, Write},
};
use http::HeaderMap;

/// Memory that is slow, full or forgetful one time in so many.
pub(crate) struct Faulty {
    memory: Memory,
    faults: Arc<Faults>,
    /// What was given out in place of what the memory gave.
    given: Mutex<HashMap<usize, Arc<dyn Content>>>,
}

struct Faults {
    state: AtomicU64,
    one_in: u64,
    healed: AtomicBool,
}

impl Faults {
    fn strikes(&self) -> bool {
        if self.healed.load(Ordering::Relaxed) {
            return false;
        }
        if self.one_in == 0 {
            return self.state.fetch_sub(1, Ordering::Relaxed) == 1;
        }
        let step = |state: u64| {
            Some(
                state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1),
            )
        };
        let state = self
            .state
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, step);
        (state.unwrap_or_default() >> 33).is_multiple_of(self.one_in)
    }
}

impl Faulty {
    pub(crate) fn new(memory: Memory, seed: u64, one_in: u64) -> Self {
        Self {
            memory,
            faults: Arc::new(Faults {
                state: AtomicU64::new(seed),
                one_in,
                healed: AtomicBool::new(false),
            }),
            given: Mutex::default(),
        }
    }

    /// Memory that fails once, the so many'th time that it could.
    pub(crate) fn once(memory: Memory, nth: u64) -> Self {
        Self::new(memory, nth, 0)
    }

    /// Ends the faults; says whether the one fault has struck.
    pub(crate) fn heal(&self) -> bool {
        self.faults.healed.store(true, Ordering::Relaxed);
        self.faults.state.load(Ordering::Relaxed).cast_signed() <= 0
    }

    fn wrap(&self, inner: Arc<dyn Content>) -> Arc<dyn Content> {
        let outer: Arc<dyn Content> = Arc::new(Unreadable {
            inner: inner.clone(),
            faults: self.faults.clone(),
        });
        let address = Arc::as_ptr(&outer).cast::<()>() as usize;
        self.given.lock().unwrap().insert(address, inner);
        outer
    }
}

/// A mark that a lookup has been put off once.
struct Later;

impl Store for Faulty {
    fn poll_lookup(
        &self,
        key: &Key,
        ticket: &mut Ticket,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Entry>> {
        if ticket.take::<Later>().is_none() && self.faults.strikes() {
            ticket.leave(Later);
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.faults.strikes() {
            return Poll::Ready(None);
        }
        self.memory.poll_lookup(key, ticket, cx).map(|entry| {
            entry.map(|entry| Entry {
                content: self.wrap(entry.content),
                ..entry
            })
        })
    }

    fn begin(&self, key: &Key, head: &[u8], len: Option<u64>) -> Result<Box<dyn Write>, Refused> {
        if self.faults.strikes() {
            return Err(Refused::NoRoom { needed: 1 });
        }
        let write = self.memory.begin(key, head, len)?;
        Ok(Box::new(Unwritable {
            content: self.wrap(write.content()),
            write,
            faults: self.faults.clone(),
        }))
    }

    fn replace_head(&self, key: &Key, content: &Arc<dyn Content>, head: &[u8]) -> bool {
        let address = Arc::as_ptr(content).cast::<()>() as usize;
        let inner = self.given.lock().unwrap().get(&address).cloned();
        inner.is_some_and(|inner| {
            !self.faults.strikes() && self.memory.replace_head(key, &inner, head)
        })
    }

    fn remove(&self, key: &Key) -> bool {
        self.memory.remove(key)
    }

    fn usage(&self) -> Usage {
        self.memory.usage()
    }
}

struct Unwritable {
    write: Box<dyn Write>,
    content: Arc<dyn Content>,
    faults: Arc<Faults>,
}

impl Write for Unwritable {
    fn append(&mut self, data: &[u8]) -> Result<(), Refused> {
        if self.faults.strikes() {
            return Err(Refused::NoRoom { needed: 1 });
        }
        self.write.append(data)
    }

    fn content(&self) -> Arc<dyn Content> {
        self.content.clone()
    }

    fn commit(self: Box<Self>, trailers: Option<HeaderMap>) {
        if !self.faults.strikes() {
            self.write.commit(trailers);
        }
    }
}

struct Unreadable {
    inner: Arc<dyn Content>,
    faults: Arc<Faults>,
}

impl Content for Unreadable {
    fn poll_read(
        &self,
        at: u64,
        ticket: &mut Ticket,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Bytes, ReadError>> {
        if ticket.take::<Later>().is_none() && self.faults.strikes() {
            ticket.leave(Later);
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.faults.strikes() {
            return Poll::Ready(Err(ReadError::Gone { at }));
        }
        self.inner.poll_read(at, ticket, cx)
    }

    fn len(&self) -> Option<u64> {
        self.inner.len()
    }

    fn trailers(&self) -> Option<HeaderMap> {
        self.inner.trailers()
    }
}
