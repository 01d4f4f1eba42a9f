//! [`Assembled`]: a body made of pieces: texts, stored ranges, and ranges that are on their way from the origin.

use core::{
    ops::Range,
    task::{Context, Poll, ready},
};
use std::{collections::VecDeque, sync::Arc};

use bytes::{Buf, Bytes};
use http_body::Frame;

use super::{BodyError, fill::Fill, reader::Reader, source::Source};
use crate::store::{Content, ReadError, Ticket};

/// One piece of a body.
pub(super) enum Piece {
    /// A range that is being stored: `left` bytes of it are still to come.
    Filling { reader: Box<Reader>, left: u64 },
    /// A body that is not stored, of which some bytes are passed over.
    Passing { body: Source, skip: u64, left: u64 },
    /// A range of stored content.
    Stored {
        content: Arc<dyn Content>,
        range: Range<u64>,
    },
    /// Bytes that are there.
    Text(Bytes),
}

impl Piece {
    /// A range of what is being stored.
    pub(super) fn of_fill(fill: &Arc<Fill>, range: Range<u64>) -> Self {
        Self::Filling {
            left: range.end - range.start,
            reader: Box::new(fill.reader_of(range)),
        }
    }

    fn left(&self) -> u64 {
        match self {
            Self::Filling { left, .. } | Self::Passing { left, .. } => *left,
            Self::Stored { range, .. } => range.end - range.start,
            Self::Text(text) => text.len() as u64,
        }
    }
}

/// Pieces one after the other. It never ends cleanly before the last byte of the last piece.
pub(super) struct Assembled {
    pieces: VecDeque<Piece>,
    ticket: Ticket,
}

impl From<VecDeque<Piece>> for Assembled {
    fn from(mut pieces: VecDeque<Piece>) -> Self {
        pieces.retain(|piece| piece.left() > 0);
        Self {
            pieces,
            ticket: Ticket::default(),
        }
    }
}

impl Assembled {
    pub(super) fn left(&self) -> u64 {
        self.pieces.iter().map(Piece::left).sum()
    }

    pub(super) fn is_end_stream(&self) -> bool {
        self.pieces.is_empty()
    }

    pub(super) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let Some(piece) = self.pieces.front_mut() else {
            return Poll::Ready(None);
        };
        let read = match piece {
            Piece::Filling { reader, left } => ready!(poll_filling(reader, left, cx)),
            Piece::Passing { body, skip, left } => ready!(poll_passing(body, skip, left, cx)),
            Piece::Stored { content, range } => {
                ready!(poll_stored(&**content, range, &mut self.ticket, cx))
            }
            Piece::Text(text) => Ok(core::mem::take(text)),
        };
        if read.is_err() {
            // What follows belongs behind the bytes that did not come.
            self.pieces.clear();
        } else if piece.left() == 0 {
            self.pieces.pop_front();
        }
        Poll::Ready(Some(read.map(Frame::data)))
    }
}

fn poll_filling(
    reader: &mut Reader,
    left: &mut u64,
    cx: &mut Context<'_>,
) -> Poll<Result<Bytes, BodyError>> {
    loop {
        let frame = match ready!(reader.poll_frame(cx)) {
            Some(frame) => frame?,
            None => {
                return Poll::Ready(Err(BodyError::Truncated {
                    announced: *left,
                    sent: 0,
                }));
            }
        };
        // Trailers are about the answer that brought them, not about what is assembled here.
        let Ok(mut data) = frame.into_data() else {
            continue;
        };
        data.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
        if !data.is_empty() {
            *left -= data.len() as u64;
            return Poll::Ready(Ok(data));
        }
    }
}

fn poll_passing(
    body: &mut Source,
    skip: &mut u64,
    left: &mut u64,
    cx: &mut Context<'_>,
) -> Poll<Result<Bytes, BodyError>> {
    loop {
        let short = BodyError::Truncated {
            announced: *left,
            sent: 0,
        };
        let frame = ready!(body.as_mut().poll_frame(cx)).ok_or(short)??;
        let Ok(mut data) = frame.into_data() else {
            continue;
        };
        let before = usize::try_from(*skip).unwrap_or(usize::MAX).min(data.len());
        data.advance(before);
        *skip -= before as u64;
        data.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
        if !data.is_empty() {
            *left -= data.len() as u64;
            return Poll::Ready(Ok(data));
        }
    }
}

fn poll_stored(
    content: &dyn Content,
    range: &mut Range<u64>,
    ticket: &mut Ticket,
    cx: &mut Context<'_>,
) -> Poll<Result<Bytes, BodyError>> {
    let mut data = ready!(content.poll_read(range.start, ticket, cx)).map_err(BodyError::Store)?;
    if data.is_empty() {
        let gone = ReadError::Gone { at: range.start };
        return Poll::Ready(Err(BodyError::Store(gone)));
    }
    data.truncate(usize::try_from(range.end - range.start).unwrap_or(usize::MAX));
    range.start += data.len() as u64;
    Poll::Ready(Ok(data))
}
