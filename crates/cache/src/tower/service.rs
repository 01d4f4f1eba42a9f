//! [`CacheService`]: a service behind a cache.

use core::{
    mem,
    task::{Context, Poll, Waker},
};
use std::sync::Arc;

use http::{Request, Response, StatusCode, request};
use http_body::Body;
use tower_service::Service;

use super::{
    CacheBody, RequestBody, ResponseFuture,
    fetch::{Exchange, Found},
    origin::Origin,
    respond,
    shared::{Search, Shared},
    source::BoxError,
};
use crate::{
    exchange::Opening,
    policy::{Decision, RequestHead, Revalidate},
};

/// A service behind a cache; made by [`CacheLayer`](super::CacheLayer), where the example stands.
#[derive(Clone)]
pub struct CacheService<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S> CacheService<S> {
    pub(super) fn new(inner: S, shared: Arc<Shared>) -> Self {
        Self { inner, shared }
    }
}

impl<S, B, R> Service<Request<B>> for CacheService<S>
where
    S: Service<Request<RequestBody<B>>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send,
    B: Send + 'static,
    R: Body + Send + 'static,
    R::Data: Send,
    R::Error: Into<BoxError>,
{
    type Response = Response<CacheBody<R>>;
    type Error = S::Error;
    type Future = ResponseFuture<R, S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Service::poll_ready(&mut self.inner, cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (mut parts, body) = request.into_parts();
        self.shared.config.normalise.apply(&mut parts.headers);
        let opening = self.shared.open(RequestHead::from(&parts));
        let Ok(opening) = opening else {
            return ResponseFuture::ready(respond::bare(
                &self.shared,
                StatusCode::BAD_REQUEST,
                None,
            ));
        };
        match opening {
            Opening::Bypass { reason, key } => {
                let exchange = self.exchange(parts, body);
                ResponseFuture::boxed(exchange.bypass(reason, key))
            }
            Opening::Lookup(lookup) => {
                let mut search = Search::new(lookup);
                let mut cx = Context::from_waker(Waker::noop());
                let Poll::Ready(found) =
                    search.poll(&self.shared, RequestHead::from(&parts), &mut cx)
                else {
                    let exchange = self.exchange(parts, body);
                    return ResponseFuture::boxed(exchange.search(search));
                };
                self.found(parts, body, found)
            }
        }
    }
}

impl<S> CacheService<S> {
    /// Answers from the store at once, or boxes the rest.
    fn found<B>(
        &mut self,
        parts: request::Parts,
        body: B,
        mut found: Found,
    ) -> ResponseFuture<S::Body, S::Error>
    where
        S: Origin<B>,
        B: Send + 'static,
    {
        let request = RequestHead::from(&parts);
        let decision = respond::decide(&self.shared, request, &found);
        let background = Revalidate::Background;
        let answered = match decision {
            // Parts take more than one lookup.
            _ if found.0.parts().is_some() => None,
            Decision::HitStale { revalidate, .. } if revalidate == background => None,
            _ => respond::from_store(&self.shared, request, &mut found, &decision),
        };
        if let Some(response) = answered {
            return ResponseFuture::ready(response);
        }
        let exchange = self.exchange(parts, body);
        ResponseFuture::boxed(exchange.run(found))
    }

    /// The clone stays behind, the service that is ready goes with the request.
    fn exchange<B>(&mut self, parts: request::Parts, body: B) -> Exchange<S, B>
    where
        S: Clone,
    {
        let clone = self.inner.clone();
        let inner = mem::replace(&mut self.inner, clone);
        Exchange::new(self.shared.clone(), inner, parts, body)
    }
}

impl<S> core::fmt::Debug for CacheService<S> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("CacheService")
            .field("config", &self.shared.config)
            .finish_non_exhaustive()
    }
}
