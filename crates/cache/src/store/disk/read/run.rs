//! [`Run`]: neighbouring chunks of a body, read and checked together.

use core::task::{Context, Poll};
use std::sync::Arc;

use bytes::Bytes;

use crate::store::{
    ReadError, Ticket,
    disk::{
        format::Header,
        log::{Lost, Segment},
        pool::{Completion, promise},
        shared::Shared,
    },
};

/// Chunks of a body that lie side by side in a segment.
pub(in crate::store::disk) struct Run {
    pub(in crate::store::disk) header: Header,
    pub(in crate::store::disk) segment: Arc<Segment>,
    /// Where they begin in the segment.
    pub(in crate::store::disk) at: u64,
    pub(in crate::store::disk) len: u64,
    /// The number of the first one in the body.
    pub(in crate::store::disk) first: u64,
    /// Their checksums, and maybe those of more.
    pub(in crate::store::disk) sums: Vec<u64>,
}

impl Run {
    /// At most so many bytes of a body are read at once.
    pub(in crate::store::disk) const LONGEST: u64 = 256 * 1024;

    fn read(&self, shared: &Shared) -> Result<Bytes, Lost> {
        let bytes = shared.read(&self.segment, self.at, self.len)?;
        self.check(shared, &bytes)
    }

    /// Reads what still waits to be written, which takes no waiting for the disk.
    fn read_waiting(&self, shared: &Shared) -> Option<Result<Bytes, Lost>> {
        let bytes = self.segment.waiting_within(self.at, self.len)?;
        Some(self.check(shared, &bytes))
    }

    /// What was read, from an offset of the body on.
    fn skip_to(&self, at: u64, read: Result<Bytes, Lost>) -> Result<Bytes, Lost> {
        let skip = (at - self.first * self.header.chunk()) as usize;
        read.map(|bytes| bytes.slice(skip.min(bytes.len())..))
    }

    fn check(&self, shared: &Shared, bytes: &Bytes) -> Result<Bytes, Lost> {
        let checked = shared.checked(bytes, (&self.header, self.first), &self.sums);
        if checked == 0 {
            return Err(Lost::Damaged);
        }
        Ok(bytes.slice(..checked))
    }
}

/// A read that waits for the disk.
struct Reading {
    at: u64,
    completion: Completion<Result<Bytes, Lost>>,
}

/// Reads the bytes of a body from an offset on. `run` says where they are; `lost` hears that they cannot be read.
pub(in crate::store::disk) fn poll_run(
    shared: &Arc<Shared>,
    at: u64,
    (ticket, cx): (&mut Ticket, &Context<'_>),
    run: impl FnOnce() -> Option<Run>,
    lost: impl FnOnce(&Lost),
) -> Poll<Result<Bytes, ReadError>> {
    let waiting = ticket.take::<Reading>().filter(|reading| reading.at == at);
    let reading = match waiting {
        Some(reading) => *reading,
        None => match run() {
            Some(run) => match run.read_waiting(shared) {
                Some(read) => return Poll::Ready(finish(at, run.skip_to(at, read), lost)),
                None => submit(shared, at, run),
            },
            None => return Poll::Ready(Err(ReadError::Gone { at })),
        },
    };
    let Poll::Ready(answer) = reading.completion.poll(cx) else {
        ticket.leave(reading);
        return Poll::Pending;
    };
    Poll::Ready(match answer {
        Some(read) => finish(at, read, lost),
        None => Err(ReadError::Gone { at }),
    })
}

fn finish(
    at: u64,
    read: Result<Bytes, Lost>,
    lost: impl FnOnce(&Lost),
) -> Result<Bytes, ReadError> {
    read.map_err(|error| {
        lost(&error);
        match error {
            Lost::Gone => ReadError::Gone { at },
            Lost::Damaged | Lost::Unreadable => ReadError::Damaged { at },
        }
    })
}

fn submit(shared: &Arc<Shared>, at: u64, run: Run) -> Reading {
    let (promise, completion) = promise();
    let worker = shared.clone();
    shared.pool.submit(move || {
        if promise.is_awaited() {
            promise.keep(run.skip_to(at, run.read(&worker)));
        }
    });
    Reading { at, completion }
}
