//! Responses kept as slices of one size: each is asked for, stored and evicted by itself, so that no more than one of
//! them is on its way for one client, however long the whole is.

use core::{
    future::{Future, poll_fn},
    ops::Range,
    pin::Pin,
    task::{Context, Poll, ready},
};
use std::{collections::VecDeque, sync::Arc};

use bytes::Bytes;
use http::{Request, Response, request};
use http_body::{Body, Frame};

use super::{
    BodyError, CacheBody, RequestBody,
    answer::Ask,
    assembled::{Assembled, Piece},
    fetch::{Duty, Exchange, Found},
    fill::{Fill, Placed, Selection},
    origin::Origin,
    plan::{Plan, ask_for},
    present::stored,
    respond,
    shared::Shared,
    source::{BoxError, Erased},
};
use crate::{
    exchange::{Joined, Outcome, PartPlacement, Received, Release, Selected, receive},
    policy::{Collapse, RequestHead, ResponseHead, Times},
    status::{CacheStatus, Forward},
};

/// The rest of a body that comes slice by slice.
pub(super) struct Sliced {
    fetch: Box<dyn Fetch>,
    /// What is still to be sent.
    rest: VecDeque<Stretch>,
    now: Option<Assembled>,
    next: Option<Next>,
}

/// What a body is made of.
enum Stretch {
    Range(Range<u64>),
    /// What stands around several ranges.
    Text(Bytes),
}

impl Stretch {
    fn left(&self) -> u64 {
        match self {
            Self::Range(range) => range.end - range.start,
            Self::Text(text) => text.len() as u64,
        }
    }
}

type Next = Pin<Box<dyn Future<Output = Result<Piece, BodyError>> + Send>>;

/// Something that brings a range that lies within one slice.
trait Fetch: Send {
    fn size(&self) -> u64;
    fn fetch(&mut self, range: Range<u64>) -> Next;
}

impl Sliced {
    pub(super) fn left(&self) -> u64 {
        let now = self.now.as_ref().map_or(0, Assembled::left);
        now + self.rest.iter().map(Stretch::left).sum::<u64>()
    }

    /// Brings what comes first, so that a head is sent only if there is something to send behind it.
    pub(super) async fn begin(&mut self) -> Result<(), BodyError> {
        let mut pieces = VecDeque::new();
        while let Some(piece) = poll_fn(|cx| self.poll_piece(cx)).await {
            let piece = piece?;
            let is_text = matches!(piece, Piece::Text(_));
            pieces.push_back(piece);
            if !is_text {
                break;
            }
        }
        self.now = Some(Assembled::from(pieces));
        Ok(())
    }

    pub(super) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        loop {
            if let Some(now) = &mut self.now {
                match ready!(now.poll_frame(cx)) {
                    Some(Err(error)) => return Poll::Ready(Some(Err(self.give_up(error)))),
                    Some(frame) => return Poll::Ready(Some(frame)),
                    None => self.now = None,
                }
            }
            match ready!(self.poll_piece(cx)) {
                Some(Ok(piece)) => self.now = Some(Assembled::from(VecDeque::from([piece]))),
                Some(Err(error)) => return Poll::Ready(Some(Err(self.give_up(error)))),
                None => return Poll::Ready(None),
            }
        }
    }

    /// What comes next: a text, or what of a range lies within one slice.
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Piece, BodyError>>> {
        let range = loop {
            match self.rest.front_mut() {
                None => return Poll::Ready(None),
                Some(Stretch::Text(text)) => {
                    let text = core::mem::take(text);
                    self.rest.pop_front();
                    return Poll::Ready(Some(Ok(Piece::Text(text))));
                }
                Some(Stretch::Range(range)) if !range.is_empty() => break range,
                Some(Stretch::Range(_)) => _ = self.rest.pop_front(),
            }
        };
        let size = self.fetch.size();
        let end = (range.start / size + 1).saturating_mul(size).min(range.end);
        let (fetch, part) = (&mut self.fetch, range.start..end);
        let next = self.next.get_or_insert_with(|| fetch.fetch(part));
        let piece = ready!(next.as_mut().poll(cx));
        self.next = None;
        range.start = end;
        Poll::Ready(Some(piece))
    }

    fn give_up(&mut self, error: BodyError) -> BodyError {
        self.now = None;
        self.rest.clear();
        error
    }
}

/// What asks for slices: the response that they are of, and the service and request to ask by.
struct Slicer<S> {
    shared: Arc<Shared>,
    inner: S,
    parts: request::Parts,
    selected: Selected,
    size: u64,
}

impl<S> Slicer<S> {
    fn request(&self) -> RequestHead<'_> {
        RequestHead::from(&self.parts)
    }
}

impl<S: Clone + Send + 'static> Slicer<S> {
    fn copy(&self) -> Self {
        Self {
            shared: self.shared.clone(),
            inner: self.inner.clone(),
            parts: self.parts.clone(),
            selected: self.selected.clone(),
            size: self.size,
        }
    }
}

/// A [`Slicer`] for services that take bodies of type `B`, of which it sends none.
struct Typed<S, B> {
    slicer: Slicer<S>,
    body: core::marker::PhantomData<fn(B)>,
}

impl<S: Origin<B>, B: Send + 'static> Fetch for Typed<S, B> {
    fn size(&self) -> u64 {
        self.slicer.size
    }

    fn fetch(&mut self, range: Range<u64>) -> Next {
        Box::pin(bring::<S, B>(self.slicer.copy(), range))
    }
}

/// How often a slice that another asks for is waited for.
const ROUNDS: usize = 2;

/// Brings a range that lies within one slice: from the store, from another's fill, or from the origin.
async fn bring<S: Origin<B>, B: Send + 'static>(
    slicer: Slicer<S>,
    range: Range<u64>,
) -> Result<Piece, BodyError> {
    let complete = slicer.selected.parts().map_or(0, |parts| parts.complete);
    let start = range.start / slicer.size * slicer.size;
    let slice = start..start.saturating_add(slicer.size).min(complete);
    let Some(selected) = slicer.selected.piece(start) else {
        return Err(BodyError::Changed);
    };
    let inside = range.start - start..range.end - start;
    let now = slicer.shared.now().mono;
    for _ in 0..ROUNDS {
        if let Some(piece) = stored(&slicer.shared, &selected, &slice, &inside).await {
            return Ok(piece);
        }
        let mut wait = match slicer.shared.flights.join(&selected, now) {
            Joined::Lead(lead) => return ask::<S, B>(slicer, lead, slice, inside).await,
            Joined::Wait(wait) => wait,
        };
        match poll_fn(|cx| wait.poll(cx)).await {
            Outcome::Lead(lead) => return ask::<S, B>(slicer, lead, slice, inside).await,
            Outcome::Shared(fill) => {
                if let Some(fill) = fill.upgrade().filter(|fill| fill.is_open()) {
                    return Ok(Piece::of_fill(&fill, inside));
                }
            }
            Outcome::Released(_) => {}
        }
    }
    let lead = slicer.shared.flights.lead_alone(&selected);
    ask::<S, B>(slicer, lead, slice, inside).await
}

/// Asks the origin for a slice, on condition that it belongs to the response whose other slices are sent.
async fn ask<S: Origin<B>, B: Send + 'static>(
    mut slicer: Slicer<S>,
    lead: Duty,
    slice: Range<u64>,
    inside: Range<u64>,
) -> Result<Piece, BodyError> {
    // It may have come between the look and the lead.
    if let Some(selected) = slicer.selected.piece(slice.start)
        && let Some(piece) = stored(&slicer.shared, &selected, &slice, &inside).await
    {
        lead.release(Release::LookAgain);
        return Ok(piece);
    }
    let tag = slicer.selected.parts().and_then(|parts| parts.strong_tag());
    let mut request = Request::from_parts(slicer.parts.clone(), RequestBody::empty());
    ask_for(request.headers_mut(), &slice, tag);
    let sent = slicer.shared.now();
    let gone = |_| BodyError::Unavailable;
    slicer.inner.ready().await.map_err(gone)?;
    let answer = slicer.inner.send(request).await.map_err(gone)?;
    let times = Times {
        request: sent,
        response: slicer.shared.now(),
    };
    let part = match fitting(&slicer, &slice, ResponseHead::from(&answer), times) {
        Ok(part) => part,
        Err(error) => {
            if matches!(error, BodyError::Changed) {
                // Whoever asks next starts with what there is now.
                let store = &slicer.shared.config.store;
                lead.if_valid(|| _ = store.remove(slicer.selected.key()));
            }
            return Err(error);
        }
    };
    Ok(slicer.keep(lead, part, Erased::new(answer.into_body()), inside))
}

/// The slice that was asked for, if that is what the origin answered.
fn fitting<S>(
    slicer: &Slicer<S>,
    slice: &Range<u64>,
    answer: ResponseHead<'_>,
    times: Times,
) -> Result<Box<PartPlacement>, BodyError> {
    let policy = &slicer.shared.config.policy;
    let fits = |part: &PartPlacement| part.range == *slice && part.continues(&slicer.selected);
    match receive(policy, slicer.request(), answer, &slicer.selected, times) {
        Received::StorePart(part) if fits(&part) => Ok(part),
        _ if answer.status.is_server_error() => Err(BodyError::Unavailable),
        _ => Err(BodyError::Changed),
    }
}

impl<S> Slicer<S> {
    /// Stores a slice while a range of it is read.
    fn keep<R>(
        &self,
        lead: Duty,
        part: Box<PartPlacement>,
        body: Erased<R>,
        inside: Range<u64>,
    ) -> Piece
    where
        R: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
    {
        let len = part.range.end - part.range.start;
        let (key, head) = (&part.placement.key, part.placement.head.as_bytes());
        let Ok(write) = self.shared.config.store.begin(key, head, Some(len)) else {
            // No room: it passes through, and whoever waited asks for itself.
            lead.release(self.shared.unshared());
            return Piece::Passing {
                body: Box::pin(body),
                skip: inside.start,
                left: inside.end - inside.start,
            };
        };
        let selection = Selection::of(&self.parts.headers, &self.selected);
        let placed = (Placed::Part(part), selection);
        let fill = Fill::new(self.shared.clone(), placed, Box::pin(body), write, lead);
        fill.share();
        Piece::of_fill(&fill, inside)
    }
}

impl<S: Origin<B>, B: Send + 'static> Exchange<S, B> {
    /// The slice to begin with, if the response is to be kept in slices.
    pub(super) fn first_slice(&self, found: &Found, ask: Ask) -> Option<Range<u64>> {
        let size = self.shared.slice_size()?;
        if ask.collapse == Collapse::No || found.0.head().is_some() {
            return None;
        }
        let start = respond::first_offset(&self.parts.headers) / size * size;
        Some(start..start.saturating_add(size))
    }

    /// Answers by slices of which some may be stored; `first` is one that is on its way.
    pub(super) fn answer_by_slices(
        &self,
        (selected, size): (&Selected, u64),
        plan: &Plan,
        status: CacheStatus,
        first: Option<(Arc<Fill>, Range<u64>)>,
    ) -> Response<CacheBody<S::Body>> {
        let (head, sliced) = self.by_slices((selected, size), plan, status, first);
        head.map(|()| CacheBody::sliced(sliced))
    }

    /// The head and the body of the same.
    pub(super) fn by_slices(
        &self,
        (selected, size): (&Selected, u64),
        plan: &Plan,
        status: CacheStatus,
        first: Option<(Arc<Fill>, Range<u64>)>,
    ) -> (Response<()>, Sliced) {
        let (headers, code, parts) = plan.respond(&self.shared, self.request(), status);
        let mut rest = VecDeque::new();
        for range in plan.ranges() {
            rest.extend(
                parts
                    .as_ref()
                    .map(|parts| Stretch::Text(parts.before(range))),
            );
            rest.push_back(Stretch::Range(range.clone()));
        }
        rest.extend(parts.as_ref().map(|parts| Stretch::Text(parts.end())));
        let slicer = Slicer {
            shared: self.shared.clone(),
            inner: self.inner.clone(),
            parts: self.parts.clone(),
            selected: selected.clone(),
            size,
        };
        let body = core::marker::PhantomData;
        let sliced = Sliced {
            fetch: Box::new(Typed::<S, B> { slicer, body }),
            now: first.and_then(|first| begin_with(&mut rest, &first)),
            rest,
            next: None,
        };
        let mut response = Response::new(());
        *response.status_mut() = code;
        *response.headers_mut() = headers;
        (response, sliced)
    }

    /// The first slice of a response of which nothing is stored. What is known of the whole is stored at once, so that
    /// who waits reads on by itself. Gives the lead back if the answer is not the start of slices that belong together.
    pub(super) fn begin_slices(
        &self,
        lead: Duty,
        found: &Found,
        (answer, times): (Response<S::Body>, Times),
    ) -> Result<Response<CacheBody<S::Body>>, Duty> {
        let (policy, head) = (&self.shared.config.policy, ResponseHead::from(&answer));
        let received = receive(policy, self.request(), head, &found.0, times);
        let (Received::StorePart(mut part), Some(size)) = (received, self.shared.slice_size())
        else {
            return Err(lead);
        };
        if !part.cut_in_slices(size) {
            return Err(lead);
        }
        let selected = part.selected(&found.0);
        let plan = match selected.parts() {
            Some(parts) => Plan::of(parts, self.request(), times.response),
            None => return Err(lead),
        };
        let Some(piece) = selected.piece(part.range.start) else {
            return Err(lead);
        };
        let Joined::Lead(second) = self.shared.flights.join(&piece, times.response.mono) else {
            return Err(lead);
        };
        let (range, code) = (part.range.clone(), answer.status());
        let forward = match found.0.parts() {
            Some(_) => Forward::Stale,
            None => Forward::UriMiss,
        };
        let Some(fill) = self.shared.fill_slice(
            Selection::of(&self.parts.headers, &found.0),
            second,
            part,
            answer,
            &lead,
        ) else {
            return Err(lead);
        };
        lead.release(Release::LookAgain);
        let status = CacheStatus::forward(forward).answered(code).stored();
        let first = Some((fill, range));
        Ok(self.answer_by_slices((&selected, size), &plan, status, first))
    }
}

/// What of a body comes from a slice that is on its way, if it begins there.
fn begin_with(
    rest: &mut VecDeque<Stretch>,
    (fill, slice): &(Arc<Fill>, Range<u64>),
) -> Option<Assembled> {
    let range = rest.iter_mut().find_map(|stretch| match stretch {
        Stretch::Range(range) => Some(range),
        Stretch::Text(_) => None,
    });
    let range = range.filter(|range| slice.contains(&range.start))?;
    let inside = range.start - slice.start..range.end.min(slice.end) - slice.start;
    range.start += inside.end - inside.start;
    let mut pieces = VecDeque::new();
    if let Some(Stretch::Text(text)) = rest.front_mut() {
        pieces.push_back(Piece::Text(core::mem::take(text)));
    }
    pieces.push_back(Piece::of_fill(fill, inside));
    Some(Assembled::from(pieces))
}

impl Shared {
    /// Starts to store a slice and lets others read it; `first` enters the response in the store, too.
    fn fill_slice<R>(
        self: &Arc<Self>,
        selection: Selection,
        lead: Duty,
        part: Box<PartPlacement>,
        answer: Response<R>,
        first: &Duty,
    ) -> Option<Arc<Fill>>
    where
        R: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
    {
        let (placement, len) = (&part.placement, part.range.end - part.range.start);
        let head = placement.head.as_bytes();
        let write = self
            .config
            .store
            .begin(&placement.key, head, Some(len))
            .ok()?;
        first.if_valid(|| self.record_part(&part, first.primary()));
        let body = Box::pin(Erased::new(answer.into_body()));
        let placed = (Placed::Part(part), selection);
        let fill = Fill::new(self.clone(), placed, body, write, lead);
        fill.share();
        Some(fill)
    }
}
