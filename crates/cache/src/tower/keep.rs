//! Answers that are stored while they are sent, to one client or to several.

use std::sync::Arc;

use http::{Response, StatusCode};
use http_body::Body;

use super::{
    CacheBody, Note,
    answer::Ask,
    assembled::Piece,
    fetch::{Duty, Exchange, Found},
    fill::{Fill, Placed, Selection},
    multipart::Multipart,
    origin::Origin,
    reader::Reader,
    respond,
    resume::resume,
    source::Erased,
};
use crate::{
    exchange::Placement,
    policy::{Collapse, Wanted},
    status::{NotKept, Reason},
    store::Write,
};

impl<S: Origin<B>, B: Send + 'static> Exchange<S, B> {
    /// Sends an answer on while it is stored.
    pub(super) fn store(
        &self,
        lead: Duty,
        found: &Found,
        mut placement: Placement,
        answer: Response<S::Body>,
        ask: Ask,
    ) -> Response<CacheBody<S::Body>> {
        let store = &self.shared.config.store;
        if self.is_rare(found) {
            return self.pass(lead, found, answer, ask, Reason::NotKept(NotKept::MinUses));
        }
        if let Some(note) = answer.extensions().get::<Note>() {
            placement.head = placement.head.noted(&note.0);
        }
        placement.head.set_asked(lead.asked());
        let head = placement.head.as_bytes();
        let write = match store.begin(&placement.key, head, answer.body().size_hint().exact()) {
            Ok(write) => write,
            Err(refused) => {
                let reason = Reason::NotKept(refused.into());
                return self.pass(lead, found, answer, ask, reason);
            }
        };
        if let Some(record) = &placement.variants {
            lead.if_valid(|| self.shared.put(lead.primary(), record));
        }
        let meta = *placement.head.meta();
        let remaining = meta.remaining(meta.received);
        let (parts, body) = answer.into_parts();
        let fill = self.fill((lead, found), placement, Erased::new(body), write);
        if remaining.is_fresh() && !meta.no_cache {
            fill.share();
        } else {
            // Who waited may not use it without asking: RFC 9111 section 4.
            fill.keep_to_itself();
        }
        let status = ask
            .status()
            .answered(parts.status)
            .ttl(remaining.as_secs())
            .stored();
        let mut response = Response::from_parts(parts, CacheBody::empty());
        self.send_filling(&mut response, &fill, ask);
        status.append_to(response.headers_mut(), &self.shared.config.name);
        response
    }

    fn fill(
        &self,
        (lead, found): (Duty, &Found),
        placement: Placement,
        source: Erased<S::Body>,
        write: Box<dyn Write>,
    ) -> Arc<Fill> {
        let selection = Selection::of(&self.parts.headers, &found.0);
        let len = source.size_hint().exact();
        // What has its room reserved leaves nobody behind, unless it has to give it back.
        let resume = match len.is_none() || self.shared.watches(len) {
            true => resume::<S, B>(&self.inner, &self.parts, &placement.head),
            false => None,
        };
        Fill::resumable(
            self.shared.clone(),
            (Placed::Whole(Box::new(placement)), selection),
            Box::pin(source),
            (write, lead),
            resume,
        )
    }

    /// Says whether what nothing is stored of has been asked for less often than it takes to be stored.
    fn is_rare(&self, found: &Found) -> bool {
        let least = self.shared.config.min_uses;
        least > 1 && found.1.is_none() && self.shared.flights.count_use(&found.0) < least
    }

    /// Gives a response the body that is being filled, or the range of it that the client wants.
    fn send_filling<R>(&self, response: &mut Response<CacheBody<R>>, fill: &Arc<Fill>, ask: Ask) {
        let (head, len) = (&fill.placement.head, fill.expected());
        let wanted = match ask.collapse {
            Collapse::Yes => Wanted::of(self.request(), head, len),
            Collapse::No => Wanted::Whole,
        };
        let headers = response.headers_mut();
        let body = match (wanted, len) {
            (Wanted::Part(range), Some(len)) => {
                respond::describe_part(headers, &range, len);
                CacheBody::filling(fill.reader_of(range))
            }
            (Wanted::Parts(ranges), Some(len)) => {
                let parts = Multipart::describe(headers, len, &ranges);
                let piece = |range| Piece::of_fill(fill, range);
                CacheBody::assembled(respond::several(&parts, &ranges, piece))
            }
            _ => {
                *response.body_mut() = CacheBody::filling(fill.reader());
                return;
            }
        };
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        *response.body_mut() = body;
    }

    /// Sends what another request is filling.
    pub(super) fn share_fill<R>(
        &self,
        fill: &Arc<Fill>,
        reader: Reader,
        ask: Ask,
    ) -> Response<CacheBody<R>> {
        let head = &fill.placement.head;
        let now = self.shared.now();
        let mut headers = head.to_headers();
        headers.insert(http::header::AGE, head.meta().age(now).as_secs().into());
        let status = ask
            .status()
            .ttl(head.meta().remaining(now).as_secs())
            .collapsed();
        status.append_to(&mut headers, &self.shared.config.name);
        let mut response = Response::new(CacheBody::empty());
        *response.status_mut() = head.meta().status;
        *response.headers_mut() = headers;
        self.send_filling(&mut response, fill, ask);
        drop(reader);
        response
    }
}
