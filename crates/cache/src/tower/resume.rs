//! [`Resume`]: how a reader that was left behind goes on by itself (RFC 9110 section 14.2, under If-Range).

use core::{future::Future, pin::Pin};
use std::sync::{Mutex, PoisonError};

use http::{
    HeaderValue, Request, Response, StatusCode,
    header::{CONTENT_RANGE, RANGE},
    request,
};

use super::{
    BodyError, RequestBody,
    origin::Origin,
    plan::ask_for,
    source::{Erased, Source},
};
use crate::{
    field::ContentRange,
    head::Head,
    policy::{is_of_same, strong_tag_of},
};

/// Asks the origin for the rest of a body.
pub(super) trait Resume: Send + Sync {
    /// Brings what follows an offset, under the validator of what was begun.
    fn resume(&self, at: u64) -> Rest;
}

/// The rest of a body, when the origin has answered.
pub(super) type Rest = Pin<Box<dyn Future<Output = Result<Source, BodyError>> + Send>>;

/// What it takes to ask again: a service, and the request that led to the body.
struct Again<S, B> {
    inner: Mutex<S>,
    parts: request::Parts,
    head: Head,
    tag: HeaderValue,
    body: core::marker::PhantomData<fn(B)>,
}

/// Makes a [`Resume`] for a response; `None` if it has no strong validator.
pub(super) fn resume<S: Origin<B>, B: Send + 'static>(
    inner: &S,
    parts: &request::Parts,
    head: &Head,
) -> Option<Box<dyn Resume>> {
    Some(Box::new(Again::<S, B> {
        inner: Mutex::new(inner.clone()),
        parts: parts.clone(),
        head: head.clone(),
        tag: strong_tag_of(head)?,
        body: core::marker::PhantomData,
    }))
}

impl<S: Origin<B>, B: Send + 'static> Resume for Again<S, B> {
    fn resume(&self, at: u64) -> Rest {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut inner, head) = (inner.clone(), self.head.clone());
        let request = self.request(at);
        Box::pin(async move {
            let gone = |_| BodyError::Unavailable;
            inner.ready().await.map_err(gone)?;
            let answer = inner.send(request).await.map_err(gone)?;
            let len = rest_from(at, &head, &answer).ok_or(BodyError::Changed)?;
            let body = Erased::of_length(answer.into_body(), len);
            Ok(Box::pin(body) as Source)
        })
    }
}

impl<S, B> Again<S, B> {
    /// Asks for what follows an offset, on condition that it belongs to what was begun.
    fn request(&self, at: u64) -> Request<RequestBody<B>> {
        let mut request = Request::from_parts(self.parts.clone(), RequestBody::empty());
        ask_for(request.headers_mut(), &(at..at + 1), Some(self.tag.clone()));
        if let Ok(rest) = HeaderValue::try_from(format!("bytes={at}-")) {
            request.headers_mut().insert(RANGE, rest);
        }
        request
    }
}

/// The length of an answer that brings all of the same response from an offset on.
fn rest_from<R>(at: u64, head: &Head, answer: &Response<R>) -> Option<u64> {
    let place = answer.headers().get(CONTENT_RANGE)?;
    let place = ContentRange::parse(place.as_bytes())?;
    let end = place.last.checked_add(1)?;
    let rest = place.first == at && place.complete == Some(end);
    let same = is_of_same(head, answer.headers());
    let part = answer.status() == StatusCode::PARTIAL_CONTENT;
    (rest && same && part).then(|| end - at)
}

#[cfg(test)]
mod tests {
    use http::{
        HeaderMap,
        header::{CACHE_CONTROL, ETAG},
    };

    use super::*;
    use crate::policy::{Policy, RequestHead, ResponseHead, Times};

    /// What an answer with this place brings of a response from its fifth byte on.
    fn rest(place: &str) -> Option<u64> {
        let mut fields = HeaderMap::new();
        fields.insert(ETAG, "\"1\"".parse().unwrap());
        fields.insert(CACHE_CONTROL, "max-age=60".parse().unwrap());
        let response = ResponseHead {
            status: StatusCode::OK,
            headers: &fields,
        };
        let request = Request::new(());
        let request = RequestHead::from(&request);
        let head = Policy::standards_only().keep(request, response, Times::default());
        let mut answer = Response::new(());
        *answer.status_mut() = StatusCode::PARTIAL_CONTENT;
        fields.insert(CONTENT_RANGE, place.parse().unwrap());
        *answer.headers_mut() = fields;
        rest_from(5, &head.unwrap(), &answer)
    }

    #[test]
    fn a_rest_begins_where_it_is_asked_for_and_ends_at_the_end() {
        for (place, len) in [
            ("bytes 5-8/9", Some(4)),
            ("bytes 5-7/9", None),
            ("bytes 4-8/9", None),
            ("bytes 5-8/*", None),
            ("bytes 5-18446744073709551615/*", None),
            ("bytes 5-18446744073709551615/18446744073709551615", None),
        ] {
            assert_eq!(rest(place), len, "{place}");
        }
    }
}
