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
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    task::Waker,
};

use bytes::Bytes;
use eaves_common::time::Mono;
use http::HeaderMap;
use http_body::Body;

use super::{
    BodyError,
    held::{End, Place, State},
    reader::Reader,
    resume::Resume,
    shared::Shared,
    source::{Part, Source},
    wakers::Wakers,
    watch::Mark,
};
use crate::{
    exchange::{Lead, PartPlacement, Placement, Release, Selected},
    key::Aside,
    purge::Verdict,
    stats::Count,
    status::NotKept,
    store::Write,
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
    /// Nobody has to look after stalled readers, or somebody does.
    watched: AtomicBool,
    /// Somebody asked for something newer while this was on its way.
    overtaken: AtomicBool,
    state: Mutex<State>,
}

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
            watched: AtomicBool::new(true),
            overtaken: AtomicBool::new(false),
            state: Mutex::new(State {
                content: Some(write.content()),
                source: Some(source),
                write: Some(write),
                lead: Some(lead),
                kept: 0,
                pulled: 0,
                window: VecDeque::new(),
                end: None,
                readers: BTreeMap::new(),
                next_reader: 0,
                outgrown: false,
            }),
        });
        if ended {
            fill.finish(&mut fill.lock(), None);
        } else {
            fill.shared.watch(&fill);
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

    /// Notes that somebody asks for something newer, which this does not replace if it is stored first.
    pub(super) fn overtake(&self) {
        self.overtaken.store(true, Ordering::Release);
    }

    /// Ends that others join: they look for what is newer. For want of that this is still stored.
    pub(super) fn retire(&self) {
        self.overtake();
        if let Some(lead) = &mut self.lock().lead {
            lead.part(Release::LookAgain);
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
        let (at, since) = (range.start, self.shared.now().mono);
        state.readers.insert(id, Place { at, since });
        drop(state);
        Reader::new(self.clone(), id, range)
    }

    pub(super) fn now(&self) -> Mono {
        self.shared.now().mono
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
            None => self.spill(state, &data),
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

    /// The store takes no more: what came goes to who reads.
    fn outgrow(&self, state: &mut State, data: &Bytes) {
        self.stop_storing(state);
        self.spill(state, data);
    }

    /// Nobody joins any more, and nothing stays.
    fn stop_storing(&self, state: &mut State) {
        state.write = None;
        state.outgrown = true;
        let now = self.shared.now().mono;
        state
            .readers
            .values_mut()
            .for_each(|place| place.since = now);
        self.watched.store(false, Ordering::Release);
        if let Some(lead) = state.lead.take() {
            lead.release(self.shared.unshared());
        }
    }

    pub(super) fn mark(&self) -> Mark {
        self.lock().mark()
    }

    /// Says how far this has come since a mark was made; if nobody has read since although there is more, it is not stored
    /// any further. `None` if it need not be looked after any more.
    pub(super) fn come_on_since(self: &Arc<Self>, before: Mark) -> Option<Mark> {
        let mut state = self.lock();
        state.write.as_ref()?;
        let mark = state.mark();
        // Who waits for the origin does not stall.
        if mark != before || !self.wakers.is_empty() {
            return Some(mark);
        }
        self.stop_storing(&mut state);
        self.shared.counters.give(NotKept::Stalled.into());
        self.leave_stalled(&mut state, 0);
        drop(state);
        self.watch();
        None
    }

    /// Lets go of what is held for those who stand before an offset and have not read for too long.
    fn leave_stalled(&self, state: &mut State, before: u64) {
        if !state.outgrown {
            return;
        }
        let (now, limit) = (self.shared.now().mono, self.shared.config.stalled.0);
        for _ in 0..state.leave_stalled(before, now, limit) {
            self.shared.counters.add(Count::Stalled);
        }
    }

    fn spill(&self, state: &mut State, data: &Bytes) {
        // Who pulls stands at the beginning of what was pulled.
        let before = state.pulled - data.len() as u64;
        self.leave_stalled(state, before);
        state.spill(data);
    }

    /// Has somebody look after stalled readers from now on, if that is due. Called without the lock: what a spawner does
    /// is its own affair.
    pub(super) fn watch(self: &Arc<Self>) {
        if self.watched.swap(true, Ordering::AcqRel) {
            return;
        }
        let config = &self.shared.config;
        let (Some(spawner), (limit, Some(sleep))) = (&config.spawner, &config.stalled) else {
            return;
        };
        let (fill, limit, sleep) = (Arc::downgrade(self), *limit, sleep.clone());
        spawner.spawn(Box::pin(async move {
            loop {
                sleep.sleep(limit).await;
                let Some(fill) = fill.upgrade() else { return };
                let mut state = fill.lock();
                let before = state.pulled;
                fill.leave_stalled(&mut state, before);
                if state.readers.is_empty() {
                    return;
                }
            }
        }));
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
        let received = head.meta().received.mono;
        let overtaken = self.overtaken.load(Ordering::Acquire);
        let mut stored = false;
        _ = lead.commit(|| {
            if overtaken && self.shared.has_newer(&self.placement.key, received) {
                return;
            }
            write.commit(trailers);
            stored = true;
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
