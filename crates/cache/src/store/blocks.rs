//! [`Blocks`]: a body in exact-size blocks of the store's own, readable while it grows.

use core::task::{Context, Poll};
use std::sync::{Arc, OnceLock, PoisonError};

use bytes::Bytes;
use http::HeaderMap;

use super::{Content, ReadError, Ticket, body::Body};
use crate::sync::Mutex;

/// The length of a block; a body that is known to be shorter is one exact block.
pub(super) const BLOCK: usize = 64 * 1024;

#[derive(Debug, Default)]
pub(super) struct Blocks {
    growing: Mutex<Growing>,
    sealed: OnceLock<Arc<Body>>,
}

#[derive(Debug, Default)]
struct Growing {
    full: Vec<Bytes>,
    tail: Vec<u8>,
}

impl Blocks {
    /// Copies bytes in. `expected` is how many are still to come, these included, if that is known.
    pub(super) fn append(&self, mut data: &[u8], mut expected: Option<u64>) {
        let mut growing = self.growing.lock().unwrap_or_else(PoisonError::into_inner);
        while !data.is_empty() {
            if growing.tail.capacity() == 0 {
                // Exact for the last block: what is announced counts only up to one block.
                let exact = expected
                    .and_then(|left| usize::try_from(left).ok())
                    .filter(|left| *left > 0);
                growing
                    .tail
                    .reserve_exact(exact.map_or(BLOCK, |left| left.min(BLOCK)));
            }
            let room = growing.tail.capacity().min(BLOCK) - growing.tail.len();
            let (now, later) = data.split_at(room.min(data.len()));
            growing.tail.extend_from_slice(now);
            data = later;
            expected = expected.map(|left| left.saturating_sub(now.len() as u64));
            if growing.tail.len() == growing.tail.capacity().min(BLOCK) {
                let full = core::mem::take(&mut growing.tail);
                growing.full.push(Bytes::from(full));
            }
        }
    }

    /// Ends the growth; the last block is trimmed. Returns what rests from then on.
    pub(super) fn seal(&self, trailers: Option<HeaderMap>) -> Arc<Body> {
        let mut growing = self.growing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut tail = core::mem::take(&mut growing.tail);
        let mut blocks = core::mem::take(&mut growing.full);
        if !tail.is_empty() {
            tail.shrink_to_fit();
            blocks.push(Bytes::from(tail));
        }
        // Readers hold the lock while they look, so that none sees the blocks gone and not yet sealed.
        self.sealed
            .get_or_init(|| Arc::new(Body::new(blocks, trailers)))
            .clone()
    }

    fn read_growing(&self, at: u64) -> Bytes {
        let growing = self.growing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sealed) = self.sealed.get() {
            return sealed.read(at);
        }
        let full = slice(&growing.full, at);
        if !full.is_empty() {
            return full;
        }
        let start = growing.full.iter().map(Bytes::len).sum::<usize>() as u64;
        let skip = usize::try_from(at.saturating_sub(start)).unwrap_or(usize::MAX);
        growing
            .tail
            .get(skip..)
            .map(Bytes::copy_from_slice)
            .unwrap_or_default()
    }
}

/// From an offset to the end of the block it falls into. All blocks have one length, but for the last, and for the
/// first of a body that turned out longer than was announced.
pub(super) fn slice(blocks: &[Bytes], at: u64) -> Bytes {
    let Some((first, rest)) = blocks.split_first() else {
        return Bytes::new();
    };
    let at = usize::try_from(at).unwrap_or(usize::MAX);
    if at < first.len() {
        return first.slice(at..);
    }
    let behind = at - first.len();
    match rest.get(behind / BLOCK) {
        Some(block) if behind % BLOCK < block.len() => block.slice(behind % BLOCK..),
        _ => Bytes::new(),
    }
}

impl Content for Blocks {
    fn poll_read(
        &self,
        at: u64,
        _: &mut Ticket,
        _: &mut Context<'_>,
    ) -> Poll<Result<Bytes, ReadError>> {
        Poll::Ready(Ok(match self.sealed.get() {
            Some(sealed) => sealed.read(at),
            None => self.read_growing(at),
        }))
    }

    fn len(&self) -> Option<u64> {
        self.sealed.get()?.len()
    }

    fn trailers(&self) -> Option<HeaderMap> {
        self.sealed.get()?.trailers()
    }
}

#[cfg(test)]
mod tests {
    use core::task::Waker;

    use super::*;

    fn read(blocks: &Blocks, at: u64) -> Bytes {
        let mut cx = Context::from_waker(Waker::noop());
        match blocks.poll_read(at, &mut Ticket::default(), &mut cx) {
            Poll::Ready(read) => read.unwrap(),
            Poll::Pending => panic!("memory answers at once"),
        }
    }

    fn read_all(blocks: &Blocks) -> Vec<u8> {
        let mut all = Vec::new();
        loop {
            let part = read(blocks, all.len() as u64);
            if part.is_empty() {
                return all;
            }
            all.extend_from_slice(&part);
        }
    }

    #[test]
    fn what_is_appended_reads_back_growing_and_sealed() {
        let body: Vec<u8> = (0..3 * BLOCK + 17).map(|at| (at % 251) as u8).collect();
        for (step, known) in [(1000, true), (1000, false), (BLOCK, true), (200_000, false)] {
            let blocks = Blocks::default();
            let mut written = 0;
            for part in body.chunks(step) {
                let left = known.then_some((body.len() - written) as u64);
                blocks.append(part, left);
                written += part.len();
                assert_eq!(read_all(&blocks), &body[..written]);
            }
            blocks.seal(None);
            assert_eq!(blocks.len(), Some(body.len() as u64));
            assert_eq!(read_all(&blocks), body);
        }
    }

    #[test]
    fn a_short_body_of_known_length_is_one_exact_block() {
        let blocks = Blocks::default();
        blocks.append(&[1; 400], Some(1000));
        blocks.append(&[2; 600], Some(600));
        blocks.seal(None);
        assert_eq!(blocks.sealed.get().unwrap().blocks().len(), 1);
    }

    #[test]
    fn more_than_announced_still_reads_back() {
        let blocks = Blocks::default();
        blocks.append(&[1; 10], Some(4));
        blocks.seal(None);
        assert_eq!(read_all(&blocks), [1; 10]);
    }
}
