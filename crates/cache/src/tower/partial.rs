//! Responses of which parts are stored: served from these, and completed by asking for what lacks (RFC 9111 sections
//! 3.3 and 3.4).

use core::{future::poll_fn, ops::Range, time::Duration};
use std::{collections::VecDeque, sync::Arc};

use http::{
    HeaderMap, HeaderValue, Method, Response, StatusCode,
    header::{IF_RANGE, RANGE},
};

use super::{
    CacheBody,
    answer::{Ask, Settled},
    assembled::{Assembled, Piece},
    fetch::{Duty, Exchange, Found},
    fill::{Fill, Placed, Selection},
    origin::Origin,
    reader::Reader,
    respond,
    shared::Shared,
    source::Erased,
};
use crate::{
    exchange::{PartPlacement, Received, Selected, receive},
    field::RequestDirectives,
    head::{Head, Parts},
    policy::{
        Collapse, Decision, Remaining, RequestHead, ResponseHead, Times, Wanted, strip_conditions,
    },
    stats::Count,
    status::{CacheStatus, Forward, Reason},
    store::{Content, Entry, Ticket},
};

/// A stored part, and where it lies in the whole.
type Kept = (Range<u64>, Arc<dyn Content>);

/// A response that parts can answer.
pub(super) struct Plan {
    head: Head,
    complete: u64,
    wanted: Wanted,
    /// The offsets that are to be sent.
    range: Range<u64>,
    kept: Vec<Kept>,
    age: Duration,
    remaining: Remaining,
}

impl<S: Origin<B>, B: Send + 'static> Exchange<S, B> {
    /// Answers from stored parts, completing them if need be; `None` if they are of no use to this request.
    pub(super) async fn answer_by_parts(
        &mut self,
        found: &mut Found,
    ) -> Option<Result<Response<CacheBody<S::Body>>, S::Error>> {
        let parts = found.0.parts()?;
        if parts.is_sliced() {
            let status = self.slice_status(&found.0);
            return self.answer_by_slices(&found.0, status, None).map(Ok);
        }
        let (policy, now) = (&self.shared.config.policy, self.shared.now());
        let decision = policy.decide(self.request(), Some(&parts.head), Some(parts.complete), now);
        let mut plan = Plan::of(parts, self.request(), decision)?;
        plan.load(&self.shared, &found.0).await;
        let Some(gap) = plan.gap() else {
            self.shared.counters.add(Count::Hit);
            let status = CacheStatus::hit(plan.remaining.as_secs());
            return Some(Ok(self.assemble(plan, None, status)));
        };
        if RequestDirectives::parse(&self.parts.headers).only_if_cached {
            return Some(Ok(respond::only_if_cached(&self.shared)));
        }
        self.complete(found, plan, gap).await.transpose()
    }

    /// Asks for what lacks under the validator of what is there. What else the origin answers stands for itself, if
    /// it can: a whole response, or an error of the server.
    async fn complete(
        &mut self,
        found: &mut Found,
        plan: Plan,
        gap: Range<u64>,
    ) -> Result<Option<Response<CacheBody<S::Body>>>, S::Error> {
        let tag = found.0.parts().and_then(Parts::strong_tag);
        if tag.is_none() {
            return Ok(None);
        }
        let ask = Ask {
            forward: Forward::Partial,
            collapse: Collapse::No,
        };
        let lead = self.shared.flights.lead_alone(&found.0);
        self.shared.counters.add(Count::Miss);
        self.shared.counters.give(Reason::Partial);
        let mut request = self.outgoing();
        ask_for(request.headers_mut(), &gap, tag);
        let sent = self.shared.now();
        let answer = match self.inner.send(request).await {
            Ok(answer) => answer,
            Err(error) => return self.failed(lead, found, ask, error).map(Some),
        };
        let times = Times {
            request: sent,
            response: self.shared.now(),
        };
        let head = ResponseHead::from(&answer);
        let policy = &self.shared.config.policy;
        let fits = |part: &PartPlacement| part.range == gap && found.0.key() == &part.key;
        match receive(policy, self.request(), head, &found.0, times) {
            Received::StorePart(part) if fits(&part) && part.continues(&found.0) => {
                let (parts, body) = answer.into_parts();
                let live = Erased::new(body);
                let head = part.head().clone();
                let plan = Plan {
                    remaining: head.meta().remaining(times.response),
                    age: head.meta().age(times.response),
                    head,
                    ..plan
                };
                let Some(reader) = self.fill_part((lead, &found.0), part, live) else {
                    return Ok(None);
                };
                let status = CacheStatus::forward(Forward::Partial)
                    .answered(parts.status)
                    .ttl(plan.remaining.as_secs())
                    .stored();
                Ok(Some(self.assemble(plan, Some((gap, reader)), status)))
            }
            _ if answer.status() == StatusCode::OK || answer.status().is_server_error() => {
                found.0.forget_parts();
                match self.settle(lead, found, ask, answer, times) {
                    Settled::Done(response) => Ok(Some(*response)),
                    Settled::Again(_) => Ok(None),
                }
            }
            _ => {
                self.inner.ready().await?;
                Ok(None)
            }
        }
    }

    /// Starts to store a part; `None` if the store has no room for it.
    fn fill_part(
        &self,
        (lead, selected): (Duty, &Selected),
        mut part: Box<PartPlacement>,
        body: Erased<S::Body>,
    ) -> Option<Reader> {
        part.set_asked(lead.asked());
        let (store, placement) = (&self.shared.config.store, &part.placement);
        let len = part.range.end - part.range.start;
        let write = store
            .begin(&placement.key, placement.head.as_bytes(), Some(len))
            .ok()?;
        let selection = Selection::of(&self.parts.headers, selected);
        let placed = (Placed::Part(part), selection);
        let fill = Fill::new(self.shared.clone(), placed, Box::pin(body), write, lead);
        Some(fill.reader())
    }

    /// Sends an answer on while it is stored as a part of the whole.
    pub(super) fn store_part(
        &self,
        (lead, found, ask): (Duty, &Found, Ask),
        mut part: Box<PartPlacement>,
        answer: Response<S::Body>,
    ) -> Response<CacheBody<S::Body>> {
        part.set_asked(lead.asked());
        let (store, placement) = (&self.shared.config.store, &part.placement);
        let len = part.range.end - part.range.start;
        let head = placement.head.as_bytes();
        let write = match store.begin(&placement.key, head, Some(len)) {
            Ok(write) => write,
            Err(refused) => {
                let reason = Reason::NotKept(refused.into());
                return self.pass(lead, found, answer, ask, reason);
            }
        };
        let meta = *placement.head.meta();
        let (parts, body) = answer.into_parts();
        let selection = Selection::of(&self.parts.headers, &found.0);
        let placed = (Placed::Part(part), selection);
        let body = Box::pin(Erased::new(body));
        let fill = Fill::new(self.shared.clone(), placed, body, write, lead);
        let mut response = Response::from_parts(parts, CacheBody::filling(fill.reader()));
        let ttl = meta.remaining(meta.received).as_secs();
        let status = ask.status().answered(response.status()).ttl(ttl).stored();
        status.append_to(response.headers_mut(), &self.shared.config.name);
        response
    }

    fn assemble(
        &self,
        plan: Plan,
        live: Option<(Range<u64>, Reader)>,
        status: CacheStatus,
    ) -> Response<CacheBody<S::Body>> {
        let body = CacheBody::assembled(Assembled::from(plan.pieces(live)));
        let (headers, code) = plan.head(&self.shared, self.request(), status);
        let mut response = Response::new(body);
        *response.status_mut() = code;
        *response.headers_mut() = headers;
        response
    }
}

impl Plan {
    /// What is to be done if the response were whole.
    pub(super) fn of(parts: &Parts, request: RequestHead<'_>, decision: Decision) -> Option<Self> {
        let (wanted, age, remaining) = match decision {
            Decision::Hit { age, remaining } => (Wanted::Whole, age, remaining),
            Decision::HitRange {
                age,
                remaining,
                range,
            } => (Wanted::Part(range), age, remaining),
            Decision::Respond304 { age, remaining } => (Wanted::NotModified, age, remaining),
            Decision::Respond416 { age, remaining } => (Wanted::Unsatisfiable, age, remaining),
            // What is not fresh or wants several ranges is asked for anew.
            _ => return None,
        };
        let range = match &wanted {
            Wanted::Part(range) => range.clone(),
            Wanted::Whole if *request.method == Method::GET => 0..parts.complete,
            _ => 0..0,
        };
        Some(Self {
            kept: Vec::new(),
            head: parts.head.clone(),
            complete: parts.complete,
            wanted,
            range,
            age,
            remaining,
        })
    }

    pub(super) fn range(&self) -> Range<u64> {
        self.range.clone()
    }

    /// Builds the head of the response.
    pub(super) fn head(
        self,
        shared: &Shared,
        request: RequestHead<'_>,
        status: CacheStatus,
    ) -> (HeaderMap, StatusCode) {
        let (whole, status) = (
            self.head.meta().status,
            status.ttl(self.remaining.as_secs()),
        );
        let mut headers = self
            .head
            .into_response(self.age, status, &shared.config.name);
        let code = match &self.wanted {
            Wanted::Part(range) => {
                respond::describe_part(&mut headers, range, self.complete);
                StatusCode::PARTIAL_CONTENT
            }
            Wanted::Whole if *request.method == Method::GET => whole,
            other => respond::without_body(&mut headers, other, whole, self.complete),
        };
        (headers, code)
    }

    /// Looks up the parts that overlap what is to be sent.
    async fn load(&mut self, shared: &Shared, selected: &Selected) {
        let Some(parts) = selected.parts() else {
            return;
        };
        let range = self.range.clone();
        let overlaps = |piece: &&Range<u64>| piece.start < range.end && range.start < piece.end;
        for piece in parts.pieces.iter().filter(overlaps) {
            let key = selected.key().piece(parts.set, piece.start);
            let (store, mut ticket) = (&shared.config.store, Ticket::default());
            let entry = poll_fn(|cx| store.poll_lookup(&key, &mut ticket, cx)).await;
            let whole = |entry: &Entry| entry.content.len() == Some(piece.end - piece.start);
            if let Some(entry) = entry.filter(whole) {
                self.kept.push((piece.clone(), entry.content));
            }
        }
    }

    /// The offsets from the first byte that lacks to the last: what lies between two gaps is asked for again.
    fn gap(&self) -> Option<Range<u64>> {
        let (mut at, mut gap) = (self.range.start, None::<Range<u64>>);
        let mut lack = |hole: Range<u64>| {
            if !hole.is_empty() {
                let start = gap.as_ref().map_or(hole.start, |gap| gap.start);
                gap = Some(start..hole.end);
            }
        };
        for (piece, _) in &self.kept {
            lack(at..piece.start.min(self.range.end));
            at = at.max(piece.end);
        }
        lack(at..self.range.end);
        gap
    }

    /// What is sent, in order.
    fn pieces(&self, live: Option<(Range<u64>, Reader)>) -> VecDeque<Piece> {
        let range = self.range.clone();
        let (gap, reader) = live.unzip();
        let gap = gap.unwrap_or(range.end..range.end);
        let stored = |limits: Range<u64>| {
            move |(piece, content): &Kept| {
                let start = piece.start.max(limits.start);
                let end = piece.end.min(limits.end);
                (start < end).then(|| Piece::Stored {
                    content: content.clone(),
                    range: start - piece.start..end - piece.start,
                })
            }
        };
        let before = self.kept.iter().filter_map(stored(range.start..gap.start));
        let after = self.kept.iter().filter_map(stored(gap.end..range.end));
        let live = reader.map(|reader| Piece::Filling {
            reader: Box::new(reader),
            left: gap.end - gap.start,
        });
        before.chain(live).chain(after).collect()
    }
}

/// Asks for a range, on condition that it belongs to the response with this tag.
pub(super) fn ask_for(headers: &mut HeaderMap, range: &Range<u64>, tag: Option<HeaderValue>) {
    strip_conditions(headers);
    let value = format!("bytes={}-{}", range.start, range.end - 1);
    headers.extend(HeaderValue::try_from(value).map(|value| (RANGE, value)));
    headers.extend(tag.map(|tag| (IF_RANGE, tag)));
}
