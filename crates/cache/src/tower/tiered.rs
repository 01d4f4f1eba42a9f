//! [`Tiered`]: a parent cache between this one and the origin.

use core::{
    future::{Future, poll_fn},
    pin::Pin,
    task::{Context, Poll},
};

use http::{
    Method, Request, Response,
    header::{CONTENT_LENGTH, TRANSFER_ENCODING},
    request,
};
use tower_service::Service;

use super::RequestBody;

/// Says which requests go to a parent cache; closures do.
///
/// What a parent would not keep is one hop less when it goes to the origin at once. But whatever may change what a
/// parent holds has to go through it, or it goes on serving what it has (RFC 9111 section 4.4).
pub trait Upstream: Send + Sync {
    /// Chooses by the head of a request.
    fn choose(&self, request: &request::Parts) -> Tier;
}

/// Where a request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "there are these two")]
pub enum Tier {
    /// To the origin itself.
    Origin,
    /// To the parent cache, and to the origin if that cannot be reached.
    Parent,
}

impl<F: Fn(&request::Parts) -> Tier + Send + Sync> Upstream for F {
    fn choose(&self, request: &request::Parts) -> Tier {
        self(request)
    }
}

/// An inner service that asks a parent cache first: many caches at the edge, one before the origin.
///
/// When the parent fails, a GET or HEAD without content is sent to the origin; anything else may have had its effect
/// already, so that its error is passed on.
///
/// ```
/// use eaves_cache::tower::{CacheConfig, CacheLayer, RequestBody, Tier, Tiered};
/// use http::{Request, Response, request::Parts};
/// use tower::{Layer, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let parent = service_fn(|_: Request<RequestBody<String>>| async { Err("the parent is down") });
/// let origin = service_fn(|_: Request<RequestBody<String>>| async {
///     Ok::<_, &str>(Response::new("from the origin".to_owned()))
/// });
/// let upstream = Tiered::new(parent, origin, |_: &Parts| Tier::Parent);
/// let service = CacheLayer::new(CacheConfig::default()).layer(upstream);
/// let response = service.oneshot(Request::get("http://a.example/").body(String::new())?).await?;
/// let body = http_body_util::BodyExt::collect(response.into_body()).await?;
/// assert_eq!(body.to_bytes(), "from the origin");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Tiered<P, O, U> {
    parent: P,
    origin: O,
    upstream: U,
}

impl<P, O, U> Tiered<P, O, U> {
    /// Puts a parent before an origin.
    pub const fn new(parent: P, origin: O, upstream: U) -> Self {
        Self {
            parent,
            origin,
            upstream,
        }
    }
}

impl<P, O, U, B, R, E> Service<Request<RequestBody<B>>> for Tiered<P, O, U>
where
    P: Service<Request<RequestBody<B>>, Response = Response<R>, Error = E> + Clone + Send + 'static,
    P::Future: Send,
    O: Service<Request<RequestBody<B>>, Response = Response<R>, Error = E> + Clone + Send + 'static,
    O::Future: Send,
    U: Upstream,
    B: Send + 'static,
    R: Send + 'static,
    E: Send + 'static,
{
    type Response = Response<R>;
    type Error = E;
    type Future = Pin<Box<dyn Future<Output = Result<Response<R>, E>> + Send>>;

    /// Is ready when the origin is: whether a parent is, shows when it is asked.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), E>> {
        self.origin.poll_ready(cx)
    }

    fn call(&mut self, request: Request<RequestBody<B>>) -> Self::Future {
        let clone = self.origin.clone();
        let mut origin = core::mem::replace(&mut self.origin, clone);
        let (parts, body) = request.into_parts();
        if self.upstream.choose(&parts) == Tier::Origin {
            return Box::pin(origin.call(Request::from_parts(parts, body)));
        }
        let again = may_be_sent_again(&parts).then(|| parts.clone());
        let mut parent = self.parent.clone();
        Box::pin(async move {
            let asked = match poll_fn(|cx| parent.poll_ready(cx)).await {
                Ok(()) => parent.call(Request::from_parts(parts, body)).await,
                Err(error) => Err(error),
            };
            match (asked, again) {
                (Err(_), Some(parts)) => {
                    origin
                        .call(Request::from_parts(parts, RequestBody::empty()))
                        .await
                }
                (answer, _) => answer,
            }
        })
    }
}

fn may_be_sent_again(parts: &request::Parts) -> bool {
    let content = |length: &http::HeaderValue| length.as_bytes() != b"0";
    let safe = matches!(parts.method, Method::GET | Method::HEAD);
    let headers = &parts.headers;
    safe && !headers.contains_key(TRANSFER_ENCODING)
        && !headers.get(CONTENT_LENGTH).is_some_and(content)
}
