//! [`Growing`]: a body on its way in, readable while it grows.

use core::task::{Context, Poll};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use bytes::Bytes;
use http::HeaderMap;

use crate::store::{
    Content, Medium, ReadError, Ticket,
    disk::{
        format::{HEADER, Header, Kind, Parts, Place, build, write_trailers},
        gauge::Charge,
        index::{Slot, Tag},
        log::{Cell, Item},
        read::{Run, poll_run},
        shared::Shared,
    },
};

/// A body that is being written, and for those who read it from the beginning, one that was.
pub(super) struct Growing {
    shared: Arc<Shared>,
    /// What all records of this body have in common.
    header: Header,
    state: Mutex<State>,
    end: OnceLock<End>,
}

struct State {
    /// What was appended to the log, in pieces of the length of an extent.
    cells: Vec<Arc<Cell>>,
    /// What follows.
    tail: Vec<u8>,
    charge: Charge,
    sums: Vec<u64>,
}

struct End {
    len: u64,
    trailers: Option<HeaderMap>,
}

/// What a record needs that the body does not know.
pub(super) struct Text<'a> {
    pub(super) tag: Tag,
    pub(super) key: &'a [u8],
    pub(super) head: &'a [u8],
}

impl Growing {
    pub(super) fn new(shared: Arc<Shared>, hash: u64) -> Self {
        let header = Header {
            kind: Kind::Object,
            chunk_log2: shared.sizes.chunk_log2,
            key_len: 0,
            sequence: shared.new_sequence(),
            hash,
            head_len: 0,
            trailers_len: 0,
            body_len: 0,
            extents: 0,
            extent_len: shared.sizes.extent as u32,
            meta_sum: 0,
        };
        let charge = shared.buffer.charge();
        Self {
            shared,
            header,
            state: Mutex::new(State {
                cells: Vec::new(),
                tail: Vec::new(),
                charge,
                sums: Vec::new(),
            }),
            end: OnceLock::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Copies bytes in; says whether there is room in memory for them. `left` is how many are still to come.
    pub(super) fn append(&self, mut data: &[u8], left: Option<u64>) -> bool {
        let mut state = self.lock();
        if !state.charge.grow(data.len() as u64) {
            return false;
        }
        let extent = self.shared.sizes.extent as usize;
        while !data.is_empty() {
            if state.tail.len() == extent && !self.spill(&mut state) {
                return false;
            }
            if state.tail.capacity() == 0 {
                let exact = left.and_then(|left| usize::try_from(left).ok());
                state
                    .tail
                    .reserve_exact(exact.unwrap_or(data.len()).min(extent));
            }
            let (now, later) = data.split_at(data.len().min(extent - state.tail.len()));
            state.tail.extend_from_slice(now);
            data = later;
        }
        drop(state);
        true
    }

    /// Says whether something that was appended could not be written.
    pub(super) fn is_lost(&self) -> bool {
        self.lock().cells.iter().any(|cell| cell.is_lost())
    }

    /// Appends the tail to the log, as an extent.
    fn spill(&self, state: &mut State) -> bool {
        self.sum_tail(state);
        let tail = core::mem::take(&mut state.tail);
        let header = Header {
            kind: Kind::Extent,
            body_len: tail.len() as u64,
            ..self.header
        };
        let parts = Parts {
            body: &tail,
            ..Parts::default()
        };
        let item = Item {
            tag: None,
            body: Some(HEADER..HEADER + tail.len()),
            charge: state.charge.split(),
        };
        let placed = self
            .shared
            .append(build(&header, parts, self.shared.sums), item);
        let cell = placed.and_then(|placed| placed.cell);
        state.cells.extend(cell.clone());
        cell.is_some()
    }

    fn sum_tail(&self, state: &mut State) {
        let chunk = self.header.chunk() as usize;
        let first = state.sums.len() as u64;
        let sums = self.shared.sums;
        let sum = |(chunk, number): (&[u8], u64)| sums.chunk(chunk, self.header.sequence, number);
        state
            .sums
            .extend(state.tail.chunks(chunk).zip(first..).map(sum));
    }

    /// Appends the object to the log and makes it visible; returns how many bytes it has, or none if it is lost.
    pub(super) fn commit(&self, text: &Text<'_>, trailers: Option<HeaderMap>) -> Option<u64> {
        let mut state = self.lock();
        let body_len = self.len_of(&state);
        let packed = write_trailers(trailers.as_ref());
        if text.key.len() + text.head.len() + packed.len() > self.shared.sizes.max_text as usize {
            return None;
        }
        let inline = state.cells.is_empty();
        if inline {
            self.sum_tail(&mut state);
        } else if !state.tail.is_empty() && !self.spill(&mut state) {
            return None;
        }
        let record = self.record(&state, (text, &packed), body_len);
        let start = HEADER + text.key.len() + text.head.len() + packed.len() + state.sums.len() * 8;
        let has_body = inline && !state.tail.is_empty();
        let item = Item {
            tag: Some(text.tag),
            body: has_body.then(|| start..start + state.tail.len()),
            charge: state.charge.split(),
        };
        let cell = self.publish(text.tag, &state, record, item)?;
        if inline {
            state.tail = Vec::new();
            state.cells.extend(cell);
        }
        // Set under the lock, once: a body is committed by the one who wrote it.
        let _ = self.end.set(End {
            len: body_len,
            trailers,
        });
        Some(body_len + (text.key.len() + text.head.len() + packed.len()) as u64)
    }

    fn record(&self, state: &State, (text, trailers): (&Text<'_>, &[u8]), len: u64) -> Vec<u8> {
        let extents: Vec<Place> = state.cells.iter().map(|cell| cell.place()).collect();
        let parts = Parts {
            key: text.key,
            head: text.head,
            trailers,
            extents: &extents,
            chunks: &state.sums,
            body: if extents.is_empty() { &state.tail } else { &[] },
        };
        let header = Header {
            body_len: len,
            ..self.header
        };
        build(&header, parts, self.shared.sums)
    }

    /// Puts the record into the log and the index, unless parts of the body were lost or left meanwhile.
    fn publish(
        &self,
        tag: Tag,
        state: &State,
        record: Vec<u8>,
        item: Item,
    ) -> Option<Option<Arc<Cell>>> {
        let there = |cell: &Arc<Cell>| {
            !cell.is_lost() && self.shared.segment(cell.segment.number).is_some()
        };
        if !state.cells.iter().all(there) {
            return None;
        }
        let extents = state.cells.iter().map(|cell| cell.place());
        self.shared.note_bodies(tag, &extents.collect::<Vec<_>>());
        let mut cell = None;
        let put = self.shared.index.put(tag, || {
            let placed = self.shared.append(record, item)?;
            cell = placed.cell;
            Some(Slot::new(placed.place, placed.len))
        });
        put.then_some(cell)
    }

    fn len_of(&self, state: &State) -> u64 {
        match self.end.get() {
            Some(end) => end.len,
            None => state.cells.len() as u64 * self.shared.sizes.extent + state.tail.len() as u64,
        }
    }

    fn run_at(&self, state: &State, at: u64, cell: &Cell, extent: u64) -> Option<Run> {
        let first = at / self.header.chunk();
        let skip = first * self.header.chunk() - extent * self.shared.sizes.extent;
        let left = self.shared.sizes.extent - skip;
        let len = left.min(self.len_of(state) - first * self.header.chunk());
        let most = (Run::LONGEST / self.header.chunk()).max(1);
        let sums = state.sums.get(usize::try_from(first).ok()?..)?;
        Some(Run {
            header: self.header,
            segment: cell.segment.clone(),
            at: u64::from(cell.at) + skip,
            len: len.min(most * self.header.chunk()),
            first,
            sums: sums.iter().take(most as usize).copied().collect(),
        })
    }
}

/// At most so many bytes of what is not appended yet are copied at once.
const COPY: usize = 64 * 1024;

impl Content for Growing {
    fn poll_read(
        &self,
        at: u64,
        ticket: &mut Ticket,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Bytes, ReadError>> {
        let state = self.lock();
        if at >= self.len_of(&state) {
            return Poll::Ready(Ok(Bytes::new()));
        }
        let extent = at / self.shared.sizes.extent;
        let skip = (at - extent * self.shared.sizes.extent) as usize;
        let Some(cell) = state.cells.get(extent as usize).cloned() else {
            let rest = state.tail.get(skip..).unwrap_or_default();
            return Poll::Ready(Ok(Bytes::copy_from_slice(&rest[..rest.len().min(COPY)])));
        };
        if let Some(bytes) = cell.memory() {
            return Poll::Ready(Ok(bytes.slice(skip.min(bytes.len())..)));
        }
        let run = self.run_at(&state, at, &cell, extent);
        drop(state);
        poll_run(&self.shared, at, (ticket, cx), || run, |_| {})
    }

    fn len(&self) -> Option<u64> {
        self.end.get().map(|end| end.len)
    }

    fn trailers(&self) -> Option<HeaderMap> {
        self.end.get()?.trailers.clone()
    }

    fn medium(&self) -> Medium {
        Medium::Disk
    }
}
