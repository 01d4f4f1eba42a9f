//! May a response be stored? RFC 9111 sections 3, 3.5 and 5.2.2.

use core::time::Duration;

use http::{Method, StatusCode, header::CONTENT_LOCATION};

use super::{
    Basis, Lifetime, Meta, Policy, RequestHead, ResponseHead, SameOrigin, Times,
    asked::Asked,
    freshness::{Dates, initial_age, is_heuristically_cacheable},
    operator,
    told::Told,
};
use crate::{
    field::{HttpDate, ResponseDirectives},
    head::{Codes, Head, keep_storable, pack_storable},
    key::Key,
};

/// The answer to whether a response may be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
#[expect(clippy::exhaustive_enums, reason = "yes or no")]
pub enum Storage {
    /// It may, and this is what later decisions need of it.
    Store(Meta),
    /// It may not, or it would never be of use.
    Refuse(NotStored),
}

/// Why a response is not stored.
///
/// ```
/// use eaves_cache::policy::NotStored;
///
/// assert_eq!(NotStored::Authorization.as_str(), "authorization");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NotStored {
    /// The request was authorized, and nothing says that others may see the answer (RFC 9111 section 3.5).
    Authorization,
    /// The Content-Type contradicts the path's extension; a defence beyond the RFC.
    Deception,
    /// Stored already stale and without a validator: it could never be used.
    Expired,
    /// The method's answers are not reused.
    Method,
    /// The response says `no-store`.
    NoStore,
    /// A 206 or 304: it is no whole response.
    Partial,
    /// The response is `private`, the cache is shared.
    Private,
    /// The request says `no-store`.
    RequestNoStore,
    /// It sets a cookie, and nothing says that others may see it; a defence beyond the RFC.
    SetCookie,
    /// Nothing in the response offers it to caches, and its status does not either (RFC 9111 section 3); or
    /// `must-understand`, and the status is not understood.
    Status,
    /// The request had something that may have changed the response and is not part of the key; a defence beyond the RFC.
    Unkeyed,
    /// `Vary: *` matches no request (RFC 9111 section 4.1).
    VaryStar,
}

impl NotStored {
    /// Returns the reason as one word for Cache-Status and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Authorization => "authorization",
            Self::Deception => "deception",
            Self::Expired => "expired",
            Self::Method => "method",
            Self::NoStore => "no-store",
            Self::Partial => "partial",
            Self::Private => "private",
            Self::RequestNoStore => "request-no-store",
            Self::SetCookie => "set-cookie",
            Self::Status => "status",
            Self::Unkeyed => "unkeyed",
            Self::VaryStar => "vary-star",
        }
    }
}

impl Policy {
    /// Decides whether a response may be stored, and computes what later decisions need.
    pub fn storage(
        &self,
        request: RequestHead<'_>,
        response: ResponseHead<'_>,
        times: Times,
    ) -> Storage {
        let told = self.told_by(response.headers);
        match self.judge((request, response), &told, times) {
            Ok(meta) => Storage::Store(meta),
            Err(reason) => Storage::Refuse(reason),
        }
    }

    /// Decides the same, and packs what is to be stored: without the fields that must not be (RFC 9111 section 3.1), and
    /// with a Date for want of one (RFC 9110 section 6.6.1).
    ///
    /// ```
    /// use eaves_cache::policy::{Policy, Times};
    /// use http::{HeaderMap, Request, Response, header::{CACHE_CONTROL, TE}};
    ///
    /// let request = Request::get("http://a.example/").body(()).unwrap();
    /// let response =
    ///     Response::builder().header(CACHE_CONTROL, "max-age=60").header(TE, "trailers").body(()).unwrap();
    /// let head = Policy::default().keep((&request).into(), (&response).into(), Times::default()).unwrap();
    /// assert_eq!(head.field(&CACHE_CONTROL), Some(&b"max-age=60"[..]));
    /// assert_eq!(head.field(&TE), None);
    /// ```
    ///
    /// # Errors
    /// If it may not be stored, or would never be of use.
    pub fn keep(
        &self,
        request: RequestHead<'_>,
        response: ResponseHead<'_>,
        times: Times,
    ) -> Result<Head, NotStored> {
        let headers = response.headers;
        let mut codes = Codes::NONE;
        let told = self.told_by_lines(codes.note(headers), headers);
        let meta = self.judge((request, response), &told, times)?;
        let date = (!told.has_date()).then(|| HttpDate::from(times.response.wall));
        if told.names_fields() {
            let mut headers = headers.clone();
            keep_storable(&mut headers);
            let fields = (&headers, &Codes::of(&headers));
            return Ok(pack_storable(meta, date, fields));
        }
        Ok(pack_storable(meta, date, (headers, &codes)))
    }

    fn judge(
        &self,
        (request, response): (RequestHead<'_>, ResponseHead<'_>),
        told: &Told<'_>,
        times: Times,
    ) -> Result<Meta, NotStored> {
        if matches!(
            response.status,
            StatusCode::PARTIAL_CONTENT | StatusCode::NOT_MODIFIED
        ) {
            return Err(NotStored::Partial);
        }
        if let Some(reason) = self.refusal(request, response, told) {
            return Err(reason);
        }
        let meta = self.meta((request, response.status), told, times);
        if !self.is_offered(response.status, &told.directives, &meta) {
            return Err(NotStored::Status);
        }
        if *request.method == Method::POST
            && !(meta.basis.is_explicit() && is_about_target(request, response))
        {
            return Err(NotStored::Method);
        }
        if is_useless(&meta, told) {
            return Err(NotStored::Expired);
        }
        Ok(meta)
    }

    pub(super) fn refusal(
        &self,
        request: RequestHead<'_>,
        response: ResponseHead<'_>,
        told: &Told<'_>,
    ) -> Option<NotStored> {
        let directives = &told.directives;
        let public = directives.public || directives.s_maxage.is_some();
        if !matches!(*request.method, Method::GET | Method::POST) {
            return Some(NotStored::Method);
        }
        // RFC 9111 section 5.2.2.3: with a status that is understood, must-understand overrules no-store.
        if directives.must_understand && !is_understood(response.status) {
            return Some(NotStored::Status);
        }
        if directives.no_store && !directives.must_understand {
            return Some(NotStored::NoStore);
        }
        let asked = Asked::of(request.headers);
        if asked.directives.no_store {
            return Some(NotStored::RequestNoStore);
        }
        if told.varies_on_all() {
            return Some(NotStored::VaryStar);
        }
        if !self.is_shared() {
            return None;
        }
        if directives.private {
            return Some(NotStored::Private);
        }
        if asked.authorized && !public && !directives.must_revalidate {
            return Some(NotStored::Authorization);
        }
        self.defences
            .refusal((request, &asked), response, told, &self.keyed)
    }

    /// The last condition of RFC 9111 section 3: a directive, a lifetime or the status itself allows storing.
    fn is_offered(&self, status: StatusCode, directives: &ResponseDirectives, meta: &Meta) -> bool {
        let private = !self.is_shared() && directives.private;
        directives.public
            || private
            || meta.basis.is_explicit()
            || meta.basis == Basis::Operator
            || is_heuristically_cacheable(status)
    }

    /// The numbers of a response, without asking whether it may be stored.
    pub(super) fn meta(
        &self,
        (request, status): (RequestHead<'_>, StatusCode),
        told: &Told<'_>,
        times: Times,
    ) -> Meta {
        let rule = operator::lifetime(&self.rules, request, Some(status));
        let forced = matches!(rule, Some(Lifetime::Force(_)));
        let directives = &told.directives;
        let dates = Dates::read(told, times);
        let (lifetime, basis) = self.lifetime((status, rule), told, &dates, times);
        let shared_only = directives.proxy_revalidate || directives.s_maxage.is_some();
        Meta {
            status,
            received: times.response,
            initial_age: initial_age(told, &dates, times),
            lifetime,
            basis,
            date: dates.date,
            last_modified: dates.last_modified,
            immutable: directives.immutable,
            no_cache: directives.no_cache && !forced,
            never_stale: directives.must_revalidate
                || (self.is_shared() && shared_only)
                || (directives.no_cache && !forced),
            stale_while_revalidate: directives.stale_while_revalidate.unwrap_or_default(),
            stale_if_error: directives.stale_if_error,
            asked: 0,
        }
    }
}

/// RFC 9110 section 9.3.3: a POST's answer that says it is what a GET of the same URI would give.
fn is_about_target(request: RequestHead<'_>, response: ResponseHead<'_>) -> bool {
    let location = response
        .headers
        .get(CONTENT_LOCATION)
        .and_then(|value| value.to_str().ok());
    let (Ok(key), Some(location)) = (Key::of(request), location) else {
        return false;
    };
    let target = key.to_string().parse();
    let named = target
        .ok()
        .and_then(|target| SameOrigin(&target).resolve(location));
    named.is_some_and(|uri| Key::of_uri(&uri) == Ok(key))
}

/// Stale on arrival is worth keeping only if it can be validated or may be served stale.
fn is_useless(meta: &Meta, told: &Told<'_>) -> bool {
    let directives = &told.directives;
    // A Date counts whole seconds: what seems stale by less than one may not be.
    let until = meta.lifetime.saturating_add(Duration::from_secs(1));
    let stale = meta.lifetime.is_zero() || until <= meta.initial_age || meta.no_cache;
    let windows = [directives.stale_while_revalidate, directives.stale_if_error];
    stale && !told.has_validator() && windows.iter().flatten().all(Duration::is_zero)
}

/// The final statuses of RFC 9110 section 15 whose caching rules this crate follows.
fn is_understood(status: StatusCode) -> bool {
    matches!(status.as_u16(), 200..=205 | 300..=303 | 305 | 307 | 308 | 400..=417 | 421 | 422 | 426 | 500..=505)
}

#[cfg(test)]
mod tests {
    use http::{Request, header::DATE};
    use proptest::prelude::*;

    use super::*;
    use crate::policy::update::tests::{fields, headers};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        /// What is packed while it is decided is what the decision and the fields come to.
        #[test]
        fn heads_are_kept_as_their_fields_are(fields in fields(), unknown in 0usize..60) {
            let request = Request::get("http://a.example/").body(()).unwrap();
            let mut all = http::HeaderMap::new();
            for at in 0..unknown {
                let name = http::HeaderName::try_from(format!("x-{at}")).unwrap();
                all.append(name, at.into());
            }
            all.extend(headers(&fields));
            let headers = all;
            let response = ResponseHead { status: StatusCode::OK, headers: &headers };
            for policy in [Policy::default(), Policy::standards_only()] {
                let kept = policy.keep((&request).into(), response, Times::default());
                let meta = match policy.storage((&request).into(), response, Times::default()) {
                    Storage::Store(meta) => meta,
                    Storage::Refuse(reason) => {
                        prop_assert_eq!(kept, Err(reason));
                        continue;
                    }
                };
                let mut headers = headers.clone();
                keep_storable(&mut headers);
                headers.entry(DATE).or_insert("Thu, 01 Jan 1970 00:00:00 GMT".parse().unwrap());
                let kept = kept.unwrap();
                prop_assert_eq!(kept.meta(), &meta);
                prop_assert_eq!(kept.as_bytes().len(), Head::new(meta, &headers).as_bytes().len());
                prop_assert_eq!(kept.to_headers(), headers);
            }
        }
    }
}
