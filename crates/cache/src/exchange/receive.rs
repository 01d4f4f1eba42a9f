//! [`receive`]: what an origin's answer means for what is stored and for the client.

use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderMap, StatusCode, header::DATE};

use super::Selected;
use crate::{
    field::HttpDate,
    head::{Head, keep_storable},
    key::Key,
    policy::{
        Freshened, Meta, NotStored, OnError, Policy, RequestHead, ResponseHead, Storage, Times,
        varies_on,
    },
};

/// What to do with an origin's answer.
#[derive(Debug)]
#[must_use]
#[non_exhaustive]
pub enum Received {
    /// Store it while it is sent on.
    Store(Placement),
    /// The stored response still holds, under this head: put it there and serve it.
    Freshened(Head),
    /// The origin failed, and the stored response may stand in for it.
    ServeStale,
    /// A 304 about something that is not stored: ask again without conditions.
    Refetch,
    /// Send it on without storing it.
    Pass(NotStored),
}

/// Where a response is stored.
#[derive(Clone, Debug)]
pub struct Placement {
    /// Its key.
    pub key: Key,
    /// Its head.
    pub head: Head,
    /// What has to be stored under the key of the URI, so that lookups find the variant.
    pub variants: Option<Vec<u8>>,
}

/// Decides about the answer to a request that carried the validators of what is stored, if anything is.
///
/// `request` is the client's request: its fields select the variant.
pub fn receive(
    policy: &Policy,
    request: RequestHead<'_>,
    answer: ResponseHead<'_>,
    selected: &Selected,
    times: Times,
) -> Received {
    if let Some(stored) = selected.head() {
        if answer.status == StatusCode::NOT_MODIFIED {
            return match policy.freshen(stored, answer, times) {
                Freshened::Updated(head) => Received::Freshened(head),
                Freshened::Mismatch => Received::Refetch,
            };
        }
        let stale = policy.on_error(stored.meta(), times.response);
        if Policy::is_failure(answer.status) && stale != OnError::Forbidden {
            return Received::ServeStale;
        }
    }
    match policy.storage(request, answer, times) {
        Storage::Refuse(reason) => Received::Pass(reason),
        Storage::Store(meta) => Received::Store(place(request, answer, selected, meta)),
    }
}

fn place(
    request: RequestHead<'_>,
    answer: ResponseHead<'_>,
    selected: &Selected,
    meta: Meta,
) -> Placement {
    let mut headers = answer.headers.clone();
    keep_storable(&mut headers);
    add_date(&mut headers, &meta);
    let (key, variants) = selected.place(varies_on(answer.headers), request, fresh_set(&meta));
    Placement {
        key,
        head: Head::new(meta, &headers),
        variants,
    }
}

/// RFC 9110 section 6.6.1: a response without Date gets the time at which it arrived.
fn add_date(headers: &mut HeaderMap, meta: &Meta) {
    if headers.contains_key(DATE) {
        return;
    }
    let date = HttpDate::from(meta.received.wall).to_string();
    if let Ok(value) = date.try_into() {
        headers.insert(DATE, value);
    }
}

/// A number that no set of variants had before, in this process or, by the time in it, an earlier one.
fn fresh_set(meta: &Meta) -> u64 {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    meta.received.wall.as_secs() << 32 | (count & 0xffff_ffff)
}
