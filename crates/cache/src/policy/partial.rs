//! Parts of responses: what a 206 may be kept for (RFC 9111 sections 3.3 and 3.4).

use http::{
    HeaderMap, Method, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_RANGE, ETAG},
};

use super::{Meta, NotStored, Policy, RequestHead, ResponseHead, Times};
use crate::{
    field::{ContentRange, EntityTag},
    head::Head,
};

/// A part of a response that may be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Part {
    /// The numbers of the whole response, as if it had come with status 200.
    pub meta: Meta,
    /// Offset of the first byte.
    pub start: u64,
    /// Offset behind the last byte.
    pub end: u64,
    /// The length of the whole.
    pub complete: u64,
}

impl Policy {
    /// Decides whether the body of a 206 may be stored as a part of the whole response.
    ///
    /// It has to say which part it is, and of how much; what contradicts itself is not stored.
    ///
    /// # Errors
    /// If it may not, or is not one part of known place.
    pub fn part(
        &self,
        request: RequestHead<'_>,
        response: ResponseHead<'_>,
        times: Times,
    ) -> Result<Part, NotStored> {
        if response.status != StatusCode::PARTIAL_CONTENT || *request.method != Method::GET {
            return Err(NotStored::Partial);
        }
        let (range, complete) = place(response.headers).ok_or(NotStored::Partial)?;
        let told = self.told_by(response.headers);
        // As if it were whole: the status says no more about storing than the place does.
        let whole = ResponseHead {
            status: StatusCode::OK,
            ..response
        };
        if let Some(reason) = self.refusal(request, whole, &told) {
            return Err(reason);
        }
        let meta = self.meta(StatusCode::OK, &told, times);
        if meta.no_cache || !meta.remaining(times.response).is_fresh() {
            return Err(NotStored::Expired);
        }
        Ok(Part {
            meta,
            start: range.first,
            end: range.last + 1,
            complete,
        })
    }
}

/// The place of a part whose fields agree with each other.
fn place(headers: &HeaderMap) -> Option<(ContentRange, u64)> {
    let mut lines = headers.get_all(CONTENT_RANGE).iter();
    let (Some(line), None) = (lines.next(), lines.next()) else {
        return None;
    };
    let range = ContentRange::parse(line.as_bytes())?;
    let len = (range.last - range.first).checked_add(1)?.to_string();
    let length = headers.get(CONTENT_LENGTH);
    let agrees = length.is_none_or(|length| length.as_bytes() == len.as_bytes());
    agrees.then_some((range, range.complete?))
}

/// The strong validator under which parts may be combined.
pub(crate) fn strong_tag(headers: &HeaderMap) -> Option<EntityTag<'_>> {
    let tag = headers.get(ETAG)?;
    Some(EntityTag::new(tag.as_bytes())).filter(|tag| tag.is_strong())
}

/// Says whether an answer is a part of the response that a stored head belongs to: both have the same strong
/// validator (RFC 9111 section 3.4).
pub(crate) fn is_of_same(stored: &Head, answer: &HeaderMap) -> bool {
    let stored = stored.field(&ETAG).map(EntityTag::new);
    let pair = stored.zip(strong_tag(answer));
    pair.is_some_and(|(old, new)| new.strongly_equals(old))
}
