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
        let checked = shared.checked(&bytes, (&self.header, self.first), &self.sums);
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
            Some(run) => submit(shared, at, run),
            None => return Poll::Ready(Err(ReadError::Gone { at })),
        },
    };
    let Poll::Ready(answer) = reading.completion.poll(cx) else {
        ticket.leave(reading);
        return Poll::Pending;
    };
    Poll::Ready(match answer {
        Some(Ok(bytes)) => Ok(bytes),
        Some(Err(error)) => {
            lost(&error);
            Err(match error {
                Lost::Gone => ReadError::Gone { at },
                Lost::Damaged | Lost::Unreadable => ReadError::Damaged { at },
            })
        }
        None => Err(ReadError::Gone { at }),
    })
}

fn submit(shared: &Arc<Shared>, at: u64, run: Run) -> Reading {
    let (promise, completion) = promise();
    let worker = shared.clone();
    let skip = (at - run.first * run.header.chunk()) as usize;
    shared.pool.submit(move || {
        if promise.is_awaited() {
            let read = run.read(&worker);
            promise.keep(read.map(|bytes| bytes.slice(skip.min(bytes.len())..)));
        }
    });
    Reading { at, completion }
}
