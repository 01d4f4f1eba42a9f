//! [`Body`]: the complete content of an object in memory.

use core::task::{Context, Poll};
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;

use super::{Content, ReadError, Ticket, blocks::slice};
use crate::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A body at rest: as small as it can be, since a store has a million of them.
#[derive(Debug)]
pub(super) struct Body {
    parts: Parts,
    len: u64,
    trailers: Option<Box<HeaderMap>>,
    /// The epoch up to which purges are known not to concern it.
    checked: AtomicU64,
    /// Whether the store below has the object too.
    below: AtomicBool,
}

#[derive(Debug)]
enum Parts {
    One(Bytes),
    Many(Box<[Bytes]>),
}

impl Body {
    pub(super) fn new(mut blocks: Vec<Bytes>, trailers: Option<HeaderMap>) -> Self {
        let len = blocks.iter().map(|block| block.len() as u64).sum();
        let parts = match (blocks.pop(), blocks.is_empty()) {
            (Some(only), true) => Parts::One(only),
            (Some(last), false) => {
                blocks.push(last);
                Parts::Many(blocks.into_boxed_slice())
            }
            (None, _) => Parts::One(Bytes::new()),
        };
        Self {
            parts,
            len,
            trailers: trailers.map(Box::new),
            checked: AtomicU64::new(0),
            below: AtomicBool::new(false),
        }
    }

    pub(super) fn blocks(&self) -> &[Bytes] {
        match &self.parts {
            Parts::One(block) => core::slice::from_ref(block),
            Parts::Many(blocks) => blocks,
        }
    }

    /// Says whether the store below has the object too.
    pub(super) fn is_below(&self) -> bool {
        self.below.load(Ordering::Acquire)
    }

    pub(super) fn set_below(&self) {
        self.below.store(true, Ordering::Release);
    }

    pub(super) fn forget_below(&self) {
        self.below.store(false, Ordering::Release);
    }

    pub(super) fn read(&self, at: u64) -> Bytes {
        slice(self.blocks(), at)
    }

    /// Bytes taken from the allocator, as [`chunk`] has them.
    pub(super) fn resident(&self) -> u64 {
        let own = chunk(size_of::<Self>() + 2 * size_of::<usize>());
        let list = match &self.parts {
            Parts::One(_) => 0,
            Parts::Many(blocks) => chunk(size_of_val(&**blocks)),
        };
        // Each block gets a count of its own when it is first read.
        let block = |block: &Bytes| chunk(block.len()) + chunk(3 * size_of::<usize>());
        let trailers = self
            .trailers
            .as_ref()
            .map_or(0, |trailers| TRAILERS + fields(trailers));
        own + list + trailers + self.blocks().iter().map(block).sum::<u64>()
    }
}

/// What an allocator takes for so many bytes: a word more, in steps of two words.
pub(super) const fn chunk(bytes: usize) -> u64 {
    const STEP: usize = 2 * size_of::<usize>();
    if bytes == 0 {
        return 0;
    }
    let taken = (bytes + size_of::<usize>()).next_multiple_of(STEP);
    if taken < 2 * STEP {
        2 * STEP as u64
    } else {
        taken as u64
    }
}

/// A map and its tables; trailers are rare and have few fields.
const TRAILERS: u64 = 1024;

fn fields(trailers: &HeaderMap) -> u64 {
    trailers
        .values()
        .map(|value| chunk(value.len()) + 128)
        .sum()
}

impl Content for Body {
    fn poll_read(
        &self,
        at: u64,
        _: &mut Ticket,
        _: &mut Context<'_>,
    ) -> Poll<Result<Bytes, ReadError>> {
        Poll::Ready(Ok(self.read(at)))
    }

    fn len(&self) -> Option<u64> {
        Some(self.len)
    }

    fn trailers(&self) -> Option<HeaderMap> {
        self.trailers.as_deref().cloned()
    }

    fn checked(&self) -> u64 {
        self.checked.load(Ordering::Acquire)
    }

    fn check(&self, epoch: u64) {
        self.checked.fetch_max(epoch, Ordering::AcqRel);
    }
}

/// The same content behind the trait and behind its type.
pub(super) fn same(content: &Arc<dyn Content>, body: &Arc<Body>) -> bool {
    core::ptr::addr_eq(Arc::as_ptr(content), Arc::as_ptr(body))
}
