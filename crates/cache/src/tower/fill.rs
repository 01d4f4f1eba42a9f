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

use bytes::Bytes;
use http::HeaderMap;
use http_body::Body;

use super::{
    BodyError,
    reader::Reader,
    resume::Resume,
    shared::Shared,
    source::{Part, Source},
};
use crate::{
    exchange::{Lead, PartPlacement, Placement, Release, Selected},
    key::Aside,
    purge::Verdict,
    stats::Count,
    store::{Content, Write},
};

/// What is being filled.
pub(super) enum Placed {
    Whole(Box<Placement>),
    Part(Box<PartPlacement>),
}

/// What of the request that led to a fill selects its response, to compare that of others with.
pub(super) struct Selection {
    headers: HeaderMap,
    aside: Option<Arc<Aside>>,
}

impl Selection {
    pub(super) fn of(headers: &HeaderMap, selected: &Selected) -> Self {
        Self {
            headers: headers.clone(),
            aside: selected.aside().cloned(),
        }
    }
}

/// A body on its way from the origin into the store.
pub(super) struct Fill {
    pub(super) placement: Placement,
    selection: Selection,
    pub(super) shared: Arc<Shared>,
    pub(super) expected: Option<u64>,
    part: Option<Box<PartPlacement>>,
    pub(super) resume: Option<Box<dyn Resume>>,
    pub(super) wakers: Arc<Wakers>,
    state: Mutex<State>,
}

pub(super) struct State {
    pub(super) source: Option<Source>,
    pub(super) write: Option<Box<dyn Write>>,
    lead: Option<Lead<Weak<Fill>>>,
    /// What the store holds, until nobody needs it any more.
    pub(super) content: Arc<dyn Content>,
    pub(super) kept: u64,
    pub(super) pulled: u64,
    /// What followed after the store refused, as far as somebody may need it.
    window: VecDeque<Bytes>,
    pub(super) end: Option<End>,
    /// Where each reader stands.
    pub(super) readers: BTreeMap<u64, u64>,
    next_reader: u64,
}

#[derive(Clone)]
pub(super) enum End {
    Complete(Option<HeaderMap>),
    Failed(BodyError),
}

/// How many bytes of a body that is not stored are held for slower readers.
const WINDOW: u64 = 1024 * 1024;

impl Fill {
    pub(super) fn new(
        shared: Arc<Shared>,
        placed: (Placed, Selection),
        source: Source,
        write: Box<dyn Write>,
        lead: Lead<Weak<Self>>,
    ) -> Arc<Self> {
        Self::resumable(shared, placed, source, (write, lead), None)
    }

    /// A fill whose readers may go on by themselves when it leaves them behind.
    pub(super) fn resumable(
        shared: Arc<Shared>,
        (placed, selection): (Placed, Selection),
        source: Source,
        (write, lead): (Box<dyn Write>, Lead<Weak<Self>>),
        resume: Option<Box<dyn Resume>>,
    ) -> Arc<Self> {
        let (placement, part) = match placed {
            Placed::Whole(placement) => (*placement, None),
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
            resume,
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
    pub(super) fn fits(&self, request: &HeaderMap, selected: &Selected) -> bool {
        let head = &self.placement.head;
        let aside = match (&self.selection.aside, selected.aside()) {
            (Some(ours), Some(theirs)) => ours.matches(theirs, &head.search_variance()),
            (ours, theirs) => ours.is_none() && theirs.is_none(),
        };
        aside && head.varies_on().matches(&self.selection.headers, request)
    }

    /// Adds a reader, if this is still going to be stored.
    pub(super) fn follow(self: &Arc<Self>) -> Option<Reader> {
        self.is_open().then(|| self.reader())
    }

    /// Says whether this is stored, or still going to be.
    pub(super) fn is_open(&self) -> bool {
        let state = self.lock();
        state.write.is_some() || matches!(state.end, Some(End::Complete(_)))
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
        Reader::new(self.clone(), id, range)
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Pulls the origin once; the bytes that came are also returned to the one who pulled.
    pub(super) fn poll_pull(&self, state: &mut State, id: u64, cx: &Context<'_>) -> Poll<Bytes> {
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

    pub(super) fn finish(&self, state: &mut State, trailers: Option<HeaderMap>) {
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
        let head = self
            .part
            .as_ref()
            .map_or(&self.placement.head, |part| part.head());
        let purged = self.shared.purges.verdict(lead.primary(), head);
        if purged == Verdict::Void {
            // Nobody could be served from it.
            return lead.release(Release::LookAgain);
        }
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
    pub(super) fn read_window(&self, at: u64) -> Result<Bytes, BodyError> {
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

/// The wakers of all readers that wait for the origin.
#[derive(Default)]
pub(super) struct Wakers(Mutex<BTreeMap<u64, Waker>>);

impl Wakers {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Waker>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, id: u64, waker: &Waker) {
        self.lock().insert(id, waker.clone());
    }

    pub(super) fn remove(&self, id: u64) {
        self.lock().remove(&id);
    }

    pub(super) fn wake_others(&self, id: u64) {
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
