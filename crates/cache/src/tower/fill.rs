//! [`Fill`]: a body that is stored while it is sent, read by any number of readers at their own pace.
//!
//! No task pumps it: whichever reader is polled and has nothing left to read pulls the origin, and the origin waits
//! when no reader is polled. What was pulled goes into the store's blocks, from which the others read. If the store
//! refuses more in the middle (a body of unknown length), nothing of it will be stored: what is kept stays readable,
//! what follows goes through a window, and a reader that the window leaves behind ends in an error.

use core::{
    ops::Range,
    task::{Context, Poll, ready},
};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    task::{Wake, Waker},
};

use bytes::{Buf, Bytes};
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};

use super::{
    BodyError, drain,
    shared::Shared,
    source::{Part, Source},
};
use crate::{
    exchange::{Lead, PartPlacement, Placement},
    stats::Count,
    store::{Content, Ticket, Write},
};

/// What is being filled.
pub(super) enum Placed {
    Whole(Placement),
    Part(Box<PartPlacement>),
}

/// A body on its way from the origin into the store.
pub(super) struct Fill {
    pub(super) placement: Placement,
    /// The fields of the request that led to it, to compare those of others with under Vary.
    selection: HeaderMap,
    shared: Arc<Shared>,
    expected: Option<u64>,
    part: Option<Box<PartPlacement>>,
    wakers: Arc<Wakers>,
    state: Mutex<State>,
}

struct State {
    source: Option<Source>,
    write: Option<Box<dyn Write>>,
    lead: Option<Lead<Weak<Fill>>>,
    /// What the store holds, until nobody needs it any more.
    content: Arc<dyn Content>,
    kept: u64,
    pulled: u64,
    /// What followed after the store refused, as far as somebody may need it.
    window: VecDeque<Bytes>,
    end: Option<End>,
    /// Where each reader stands.
    readers: BTreeMap<u64, u64>,
    next_reader: u64,
}

#[derive(Clone)]
enum End {
    Complete(Option<HeaderMap>),
    Failed(BodyError),
}

/// How many bytes of a body that is not stored are held for slower readers.
const WINDOW: u64 = 1024 * 1024;

impl Fill {
    pub(super) fn new(
        shared: Arc<Shared>,
        (placed, selection): (Placed, HeaderMap),
        source: Source,
        write: Box<dyn Write>,
        lead: Lead<Weak<Self>>,
    ) -> Arc<Self> {
        let (placement, part) = match placed {
            Placed::Whole(placement) => (placement, None),
            Placed::Part(part) => (part.placement.clone(), Some(part)),
        };
        let len = part.as_ref().map(|part| part.range.end - part.range.start);
        let expected = len.or_else(|| source.size_hint().exact());
        let ended = source.is_end_stream();
        let fill = Arc::new(Self {
            placement,
            selection,
            shared,
            expected,
            part,
            wakers: Arc::default(),
            state: Mutex::new(State {
                content: write.content(),
                source: Some(source),
                write: Some(write),
                lead: Some(lead),
                kept: 0,
                pulled: 0,
                window: VecDeque::new(),
                end: None,
                readers: BTreeMap::new(),
                next_reader: 0,
            }),
        });
        if ended {
            fill.finish(&mut fill.lock(), None);
        }
        fill
    }

    /// Lets those who wait for this answer read it too.
    pub(super) fn share(self: &Arc<Self>) {
        let weak = Arc::downgrade(self);
        if let Some(lead) = &mut self.lock().lead {
            lead.share(weak, &self.placement.key);
        }
    }

    /// Lets those who wait go their own ways; the answer is still stored.
    pub(super) fn keep_to_itself(&self) {
        let unshared = self.shared.unshared();
        if let Some(lead) = &mut self.lock().lead {
            lead.part(unshared);
        }
    }

    /// The length of the body, if it is known.
    pub(super) fn expected(&self) -> Option<u64> {
        self.expected
    }

    /// Says whether another request selects the same response.
    pub(super) fn fits(&self, request: &HeaderMap) -> bool {
        self.placement
            .head
            .varies_on()
            .matches(&self.selection, request)
    }

    /// Adds a reader, if this is still going to be stored.
    pub(super) fn follow(self: &Arc<Self>) -> Option<Reader> {
        let state = self.lock();
        let open = state.write.is_some() || matches!(state.end, Some(End::Complete(_)));
        drop(state);
        open.then(|| self.reader())
    }

    pub(super) fn reader(self: &Arc<Self>) -> Reader {
        self.reader_of(0..u64::MAX)
    }

    /// Adds a reader of some of the bytes.
    pub(super) fn reader_of(self: &Arc<Self>, range: Range<u64>) -> Reader {
        let mut state = self.lock();
        let id = state.next_reader;
        state.next_reader += 1;
        state.readers.insert(id, range.start);
        drop(state);
        Reader {
            fill: self.clone(),
            id,
            at: range.start,
            until: range.end,
            ticket: Ticket::default(),
            end: Told::No,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Pulls the origin once; the bytes that came are also returned to the one who pulled.
    fn poll_pull(&self, state: &mut State, id: u64, cx: &Context<'_>) -> Poll<Bytes> {
        let Some(source) = &mut state.source else {
            return Poll::Ready(Bytes::new());
        };
        self.wakers.add(id, cx.waker());
        let waker = Waker::from(self.wakers.clone());
        let pulled = ready!(source.as_mut().poll_frame(&mut Context::from_waker(&waker)));
        let data = match pulled.map(|frame| frame.map(Part::of)) {
            None => {
                self.finish(state, None);
                Bytes::new()
            }
            Some(Ok(Some(Part::Trailers(trailers)))) => {
                self.finish(state, Some(trailers));
                Bytes::new()
            }
            Some(Ok(Some(Part::Data(data)))) => self.take(state, data),
            Some(Ok(None)) => Bytes::new(),
            Some(Err(error)) => {
                self.fail(state, error);
                Bytes::new()
            }
        };
        self.wakers.wake_others(id);
        Poll::Ready(data)
    }

    fn take(&self, state: &mut State, data: Bytes) -> Bytes {
        state.pulled += data.len() as u64;
        if let Some(announced) = self.expected.filter(|announced| state.pulled > *announced) {
            self.fail(
                state,
                BodyError::Truncated {
                    announced,
                    sent: state.pulled,
                },
            );
            return Bytes::new();
        }
        match state.write.as_mut().map(|write| write.append(&data)) {
            Some(Ok(())) => state.kept = state.pulled,
            Some(Err(_)) => self.outgrow(state, &data),
            None => state.spill(&data),
        }
        let all = self.expected == Some(state.pulled);
        if all
            && state
                .source
                .as_ref()
                .is_some_and(|source| source.is_end_stream())
        {
            self.finish(state, None);
        }
        data
    }

    /// The store takes no more: nobody joins any more, and nothing stays.
    fn outgrow(&self, state: &mut State, data: &Bytes) {
        state.write = None;
        if let Some(lead) = state.lead.take() {
            lead.release(self.shared.unshared());
        }
        state.spill(data);
    }

    fn finish(&self, state: &mut State, trailers: Option<HeaderMap>) {
        let sent = state.pulled;
        if let Some(announced) = self.expected.filter(|announced| *announced != sent) {
            return self.fail(state, BodyError::Truncated { announced, sent });
        }
        state.source = None;
        if let (Some(write), Some(lead)) = (state.write.take(), state.lead.take()) {
            self.commit(write, lead, trailers.clone());
        }
        state.end = Some(End::Complete(trailers));
    }

    fn commit(&self, write: Box<dyn Write>, lead: Lead<Weak<Self>>, trailers: Option<HeaderMap>) {
        let key = lead.primary().clone();
        let stored = lead.commit(|| {
            write.commit(trailers);
            if let Some(part) = &self.part {
                self.shared.record_part(part, &key);
            }
        });
        if stored {
            self.shared.counters.add(Count::Stored);
        }
    }

    fn fail(&self, state: &mut State, error: BodyError) {
        state.source = None;
        state.write = None;
        // Dropping the lead makes one of those who still wait ask the origin again.
        state.lead = None;
        state.end = Some(End::Failed(error));
    }
}

impl State {
    fn spill(&mut self, data: &Bytes) {
        if self.readers.len() < 2 {
            self.window.clear();
            return;
        }
        self.window.push_back(data.clone());
        while self.window_start() + WINDOW < self.pulled {
            self.window.pop_front();
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
    fn read_window(&self, at: u64) -> Result<Bytes, BodyError> {
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
}

/// Whether the end was reported.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    No,
    Yes,
}

impl Reader {
    pub(super) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if self.end == Told::Yes {
            return Poll::Ready(None);
        }
        let part = match ready!(self.poll_part(cx)) {
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
        let fill = self.fill.clone();
        let mut state = fill.lock();
        loop {
            if self.at < state.kept {
                let content = state.content.clone();
                drop(state);
                return self.poll_kept(&*content, cx);
            }
            if self.at < state.pulled {
                let data = state.read_window(self.at)?;
                return Poll::Ready(Ok(Some(self.advance(&mut state, data))));
            }
            match &state.end {
                Some(End::Complete(trailers)) => {
                    return Poll::Ready(Ok(trailers.clone().map(Part::Trailers)));
                }
                Some(End::Failed(error)) => return Poll::Ready(Err(error.clone())),
                None => {}
            }
            let mut data = ready!(fill.poll_pull(&mut state, self.id, cx));
            // What lies before this reader's range was pulled for the store alone.
            let before = self.at.saturating_sub(state.pulled - data.len() as u64);
            data.advance(
                usize::try_from(before)
                    .unwrap_or(usize::MAX)
                    .min(data.len()),
            );
            if !data.is_empty() {
                return Poll::Ready(Ok(Some(self.advance(&mut state, data))));
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

    fn advance(&mut self, state: &mut State, mut data: Bytes) -> Part {
        let left = usize::try_from(self.until - self.at).unwrap_or(usize::MAX);
        data.truncate(left);
        self.at += data.len() as u64;
        state.readers.insert(self.id, self.at);
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

/// The wakers of all readers that wait for the origin.
#[derive(Default)]
struct Wakers(Mutex<BTreeMap<u64, Waker>>);

impl Wakers {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Waker>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, id: u64, waker: &Waker) {
        self.lock().insert(id, waker.clone());
    }

    fn remove(&self, id: u64) {
        self.lock().remove(&id);
    }

    fn wake_others(&self, id: u64) {
        let mut all = core::mem::take(&mut *self.lock());
        all.remove(&id);
        all.into_values().for_each(Waker::wake);
    }
}

impl Wake for Wakers {
    fn wake(self: Arc<Self>) {
        let all = core::mem::take(&mut *self.lock());
        all.into_values().for_each(Waker::wake);
    }
}
