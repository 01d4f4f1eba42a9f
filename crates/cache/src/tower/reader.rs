//! [`Reader`]: one of those who read a body while it is stored, at a pace of its own.

use core::{
    ops::Range,
    task::{Context, Poll, ready},
};
use std::sync::{Arc, MutexGuard};

use bytes::{Buf, Bytes};
use http_body::{Frame, SizeHint};

use super::{
    BodyError, drain,
    fill::Fill,
    held::{End, State},
    resume::Rest,
    source::{Part, Source},
};
use crate::store::{Content, Ticket};

/// One reader of a fill. Dropping it leaves the others to go on; the last one decides by
/// [`OnDisconnect`](super::OnDisconnect).
pub(super) struct Reader {
    fill: Arc<Fill>,
    id: u64,
    at: u64,
    /// Where it stops, if the body is longer.
    until: u64,
    ticket: Ticket,
    end: Told,
    own: Option<Own>,
}

/// What a reader that was left behind goes on with.
enum Own {
    Asking(Rest),
    Reading(Source),
}

/// Whether the end was reported.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    No,
    Yes,
}

impl Reader {
    pub(super) fn new(fill: Arc<Fill>, id: u64, range: Range<u64>) -> Self {
        Self {
            fill,
            id,
            at: range.start,
            until: range.end,
            ticket: Ticket::default(),
            end: Told::No,
            own: None,
        }
    }

    pub(super) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if self.end == Told::Yes {
            return Poll::Ready(None);
        }
        let polled = self.poll_part(cx);
        self.fill.watch();
        let part = match ready!(polled) {
            Ok(part) => part,
            Err(error) => {
                self.end = Told::Yes;
                return Poll::Ready(Some(Err(error)));
            }
        };
        match part {
            Some(Part::Data(data)) => Poll::Ready(Some(Ok(Frame::data(data)))),
            Some(Part::Trailers(trailers)) => {
                self.end = Told::Yes;
                Poll::Ready(Some(Ok(Frame::trailers(trailers))))
            }
            None => {
                self.end = Told::Yes;
                Poll::Ready(None)
            }
        }
    }

    /// What is there already, else what the origin has, else the end.
    fn poll_part(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Part>, BodyError>> {
        if self.at >= self.until {
            return Poll::Ready(Ok(None));
        }
        if self.own.is_some() {
            return self.poll_own(cx);
        }
        let fill = self.fill.clone();
        let mut state = fill.lock();
        if !state.readers.contains_key(&self.id) {
            drop(state);
            return self.go_on_alone(BodyError::Lagging, cx);
        }
        loop {
            if self.at < state.kept {
                let content = state.content.clone();
                drop(state);
                return match content {
                    Some(content) => self.poll_kept(&*content, cx),
                    None => self.go_on_alone(BodyError::Lagging, cx),
                };
            }
            if self.at < state.pulled {
                return self.poll_window(state, cx);
            }
            match &state.end {
                Some(End::Complete(trailers)) => {
                    return Poll::Ready(Ok(trailers.clone().map(Part::Trailers)));
                }
                Some(End::Failed(error)) => return Poll::Ready(Err(error.clone())),
                None => {}
            }
            let data = ready!(fill.poll_pull(&mut state, self.id, cx));
            if let Some(part) = self.take(&mut state, data) {
                return Poll::Ready(Ok(Some(part)));
            }
        }
    }

    /// What of the bytes that came lies in this reader's range; what lies before was pulled for the store alone.
    fn take(&mut self, state: &mut State, mut data: Bytes) -> Option<Part> {
        let before = self.at.saturating_sub(state.pulled - data.len() as u64);
        let before = usize::try_from(before).unwrap_or(usize::MAX);
        data.advance(before.min(data.len()));
        (!data.is_empty()).then(|| self.advance(state, data))
    }

    /// What followed after the store refused.
    fn poll_window(
        &mut self,
        mut state: MutexGuard<'_, State>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Part>, BodyError>> {
        match state.read_window(self.at) {
            Ok(data) => Poll::Ready(Ok(Some(self.advance(&mut state, data)))),
            Err(error) => {
                state.readers.remove(&self.id);
                drop(state);
                self.go_on_alone(error, cx)
            }
        }
    }

    /// Asks the origin for the rest, if that can be told to belong to what was sent already.
    fn go_on_alone(
        &mut self,
        error: BodyError,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Part>, BodyError>> {
        let Some(resume) = &self.fill.resume else {
            return Poll::Ready(Err(error));
        };
        self.own = Some(Own::Asking(resume.resume(self.at)));
        self.poll_own(cx)
    }

    fn poll_own(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Part>, BodyError>> {
        loop {
            match &mut self.own {
                Some(Own::Asking(rest)) => {
                    let source = ready!(rest.as_mut().poll(cx))?;
                    self.own = Some(Own::Reading(source));
                }
                Some(Own::Reading(source)) => {
                    let frame = match ready!(source.as_mut().poll_frame(cx)) {
                        Some(frame) => frame?,
                        None => return Poll::Ready(Ok(None)),
                    };
                    let Some(part) = Part::of(frame) else {
                        continue;
                    };
                    return Poll::Ready(Ok(Some(match part {
                        Part::Data(data) => self.cut(data),
                        trailers => trailers,
                    })));
                }
                None => return Poll::Ready(Ok(None)),
            }
        }
    }

    fn poll_kept(
        &mut self,
        content: &dyn Content,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Part>, BodyError>> {
        let data =
            ready!(content.poll_read(self.at, &mut self.ticket, cx)).map_err(BodyError::Store)?;
        if data.is_empty() {
            let gone = crate::store::ReadError::Gone { at: self.at };
            return Poll::Ready(Err(BodyError::Store(gone)));
        }
        let fill = self.fill.clone();
        let part = self.advance(&mut fill.lock(), data);
        Poll::Ready(Ok(Some(part)))
    }

    fn advance(&mut self, state: &mut State, data: Bytes) -> Part {
        let part = self.cut(data);
        state.moved(self.id, self.at, || self.fill.now());
        part
    }

    /// Bytes of this reader's range.
    fn cut(&mut self, mut data: Bytes) -> Part {
        let left = usize::try_from(self.until - self.at).unwrap_or(usize::MAX);
        data.truncate(left);
        self.at += data.len() as u64;
        Part::Data(data)
    }

    pub(super) fn is_end_stream(&self) -> bool {
        let state = self.fill.lock();
        let ended = matches!(state.end, Some(End::Complete(None))) && self.at == state.pulled;
        ended || self.at >= self.until || self.end == Told::Yes
    }

    pub(super) fn size_hint(&self) -> SizeHint {
        let end = self.fill.expected.map(|len| len.min(self.until));
        let left = end.map(|end| end.saturating_sub(self.at));
        left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }

    /// Makes this a reader that leaves without consequences.
    pub(super) fn detach(&mut self) {
        self.end = Told::Yes;
    }

    /// Pulls the origin to its end without reading what came.
    pub(super) fn poll_drain(&mut self, cx: &Context<'_>) -> Poll<()> {
        let fill = self.fill.clone();
        let mut state = fill.lock();
        while state.source.is_some() && state.write.is_some() {
            let data = ready!(fill.poll_pull(&mut state, self.id, cx));
            self.advance(&mut state, data);
        }
        Poll::Ready(())
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.fill.wakers.remove(self.id);
        let mut state = self.fill.lock();
        state.readers.remove(&self.id);
        if state.end.is_none() && self.fill.expected == Some(state.pulled) {
            // Whoever counted the announced bytes stops polling there and never sees the end.
            self.fill.finish(&mut state, None);
        }
        let last = state.readers.is_empty() && state.source.is_some() && state.write.is_some();
        drop(state);
        // Who has his range leaves, too.
        if last && (self.end == Told::No || self.at >= self.until) {
            drain::after_disconnect(&self.fill.shared, &self.fill);
        }
        // The origin's waker may have been ours alone.
        self.fill.wakers.wake_others(self.id);
    }
}
