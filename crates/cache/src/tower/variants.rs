//! Requests for a variant that is not stored, on condition that none of the stored ones will do (RFC 9110 section
//! 13.1.2, RFC 9111 sections 4.1 and 4.3.1): the origin answers 304 and names the one that does.

use core::future::poll_fn;

use http::{
    HeaderMap, HeaderValue, Method, Response, StatusCode,
    header::{ETAG, IF_NONE_MATCH},
};

use super::{
    answer::Ask,
    fetch::{Duty, Found},
    shared::Shared,
};
use crate::{
    exchange::copy_of,
    field::EntityTag,
    policy::{Collapse, RequestHead, ResponseHead, Times, strip_conditions},
    store::Ticket,
};

/// The stored variants that a request does not select, and that it can name by their tags.
pub(super) async fn other_variants(
    shared: &Shared,
    request: RequestHead<'_>,
    found: &Found,
    ask: Ask,
) -> Vec<Found> {
    let mut others = Vec::new();
    // The answer to any other request is for its client alone.
    if ask.collapse == Collapse::No || *request.method != Method::GET {
        return others;
    }
    for mut other in found.0.others() {
        let (store, mut ticket) = (&shared.config.store, Ticket::default());
        let looked = poll_fn(|cx| store.poll_lookup(other.key(), &mut ticket, cx)).await;
        let Some(mut entry) = looked else { continue };
        if other.hold(core::mem::take(&mut entry.head)) {
            shared.check(&mut other, &entry);
        }
        if other.head().is_some_and(|head| head.field(&ETAG).is_some()) {
            others.push((other, Some(entry)));
        }
    }
    others
}

/// A stored variant that the origin chose for a request that did not select it.
pub(super) struct Chosen<'a> {
    pub(super) request: RequestHead<'a>,
    /// What the request selected: nothing.
    pub(super) found: &'a Found,
    pub(super) other: &'a Found,
    pub(super) answer: ResponseHead<'a>,
    pub(super) times: Times,
}

impl Chosen<'_> {
    /// Keeps the variant for requests like this one, too, so that the next is a hit. What is long is left where it is: the
    /// next request is answered by a 304 again.
    pub(super) async fn copy(self, shared: &Shared, lead: &Duty) -> Option<()> {
        let content = &self.other.1.as_ref()?.content;
        let len = content.len().filter(|len| *len <= MOST)?;
        let selected = (&self.found.0, self.other.0.head()?);
        let policy = &shared.config.policy;
        let placement = copy_of(policy, self.request, selected, self.answer, self.times)?;
        let (key, mut head) = (placement.key, placement.head);
        head.set_asked(lead.asked());
        let store = &shared.config.store;
        let mut write = store.begin(&key, head.as_bytes(), Some(len)).ok()?;
        let (mut at, mut ticket) = (0, Ticket::default());
        while at < len {
            let read = poll_fn(|cx| content.poll_read(at, &mut ticket, cx)).await;
            let data = read.ok().filter(|data| !data.is_empty())?;
            write.append(&data).ok()?;
            at += data.len() as u64;
        }
        let trailers = content.trailers();
        lead.if_valid(|| {
            write.commit(trailers);
            let record = placement.variants;
            let record = record.and_then(|bytes| store.begin(lead.primary(), &bytes, Some(0)).ok());
            if let Some(record) = record {
                record.commit(None);
            }
        });
        Some(())
    }
}

/// The longest body that is copied while a client waits.
const MOST: u64 = 1 << 20;

/// Asks for a response unless it is one of these.
pub(super) fn unless_one_of(headers: &mut HeaderMap, others: &[Found]) {
    let tags: Vec<&[u8]> = others
        .iter()
        .filter_map(|(other, _)| other.head()?.field(&ETAG))
        .collect();
    if tags.is_empty() {
        return;
    }
    strip_conditions(headers);
    headers
        .extend(HeaderValue::from_bytes(&tags.join(&b", "[..])).map(|tags| (IF_NONE_MATCH, tags)));
}

/// The one that a 304 is about: the one with its tag, or the only one that was named.
pub(super) fn chosen<R>(mut others: Vec<Found>, answer: &Response<R>) -> Option<Found> {
    if answer.status() != StatusCode::NOT_MODIFIED {
        return None;
    }
    let Some(tag) = answer.headers().get(ETAG) else {
        return others.pop().filter(|_| others.is_empty());
    };
    let tag = EntityTag::new(tag.as_bytes());
    let mut others = others.into_iter();
    others.find(|(other, _)| {
        let known = other.head().and_then(|head| head.field(&ETAG));
        known.is_some_and(|known| EntityTag::new(known).weakly_equals(tag))
    })
}
