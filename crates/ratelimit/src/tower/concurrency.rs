//! [`ConcurrencyLayer`]: as many requests under way as the service can bear.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use eaves_common::time::{Clock, SystemClock};
use http::{HeaderValue, Request, Response, StatusCode, header::RETRY_AFTER};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::adaptive::{Admission, Full, Limiter, Permit};

/// Puts an [adaptive limiter](crate::adaptive) in front of a service.
///
/// A request over the limit is refused at once. How the others fare teaches the limiter: an error of
/// the service, and an answer of 429, 503 or 504, says that it was too busy; any other answer is a
/// success of so long until its head. A request whose future is dropped teaches nothing.
///
/// ```
/// use eaves_ratelimit::{adaptive::{Bounds, Limiter, Vegas}, tower::ConcurrencyLayer};
/// use tower_layer::Layer;
///
/// let limiter = Limiter::new(Vegas::default(), Bounds::default());
/// let layer = ConcurrencyLayer::new(limiter.clone()); // keep one to read its figures
/// let service = layer.layer("any tower service of HTTP requests");
/// assert_eq!(limiter.inflight(), 0);
/// ```
#[derive(Clone, Debug)]
pub struct ConcurrencyLayer<R = Busy, C = SystemClock> {
    limiter: Limiter,
    refuse: R,
    clock: C,
}

/// A service behind an adaptive limiter, made by a [`ConcurrencyLayer`].
///
/// ```
/// use eaves_ratelimit::tower::Concurrency;
/// # fn service<S>(_: Option<Concurrency<S>>) {}
/// ```
#[derive(Clone, Debug)]
pub struct Concurrency<S, R = Busy, C = SystemClock> {
    inner: S,
    layer: ConcurrencyLayer<R, C>,
}

impl ConcurrencyLayer {
    /// Makes a layer that refuses with an empty 503.
    #[must_use]
    pub const fn new(limiter: Limiter) -> Self {
        Self {
            limiter,
            refuse: Busy,
            clock: SystemClock,
        }
    }
}

impl<R, C> ConcurrencyLayer<R, C> {
    /// Answers refused requests another way.
    #[must_use]
    pub fn refuse<Q>(self, refuse: Q) -> ConcurrencyLayer<Q, C> {
        ConcurrencyLayer {
            limiter: self.limiter,
            refuse,
            clock: self.clock,
        }
    }

    /// Reads time from another clock.
    #[must_use]
    pub fn clock<D: Clock>(self, clock: D) -> ConcurrencyLayer<R, D> {
        ConcurrencyLayer {
            limiter: self.limiter,
            refuse: self.refuse,
            clock,
        }
    }
}

impl<S, R: Clone, C: Clone> Layer<S> for ConcurrencyLayer<R, C> {
    type Service = Concurrency<S, R, C>;

    fn layer(&self, inner: S) -> Self::Service {
        Concurrency {
            inner,
            layer: self.clone(),
        }
    }
}

impl<S, R, C, B, D> Service<Request<B>> for Concurrency<S, R, C>
where
    S: Service<Request<B>, Response = Response<D>>,
    R: Refuse<D>,
    C: Clock + Clone,
{
    type Response = Response<D>;
    type Error = S::Error;
    type Future = ConcurrencyFuture<S::Future, D, C>;

    /// As ready as the inner service: over the limit it refuses and makes nobody wait.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let ConcurrencyLayer {
            limiter,
            refuse,
            clock,
        } = &self.layer;
        let kind = match limiter.try_acquire(clock.mono()) {
            Admission::Admitted(permit) => Kind::Running {
                inner: self.inner.call(request),
                permit: Some(permit),
                clock: clock.clone(),
            },
            Admission::Full(full) => Kind::Refused {
                response: Some(refuse.refuse(&full)),
            },
        };
        ConcurrencyFuture { kind }
    }
}

/// Makes the answer to a request over an adaptive limit. Any function of a [`Full`] will do.
///
/// ```
/// use eaves_ratelimit::{adaptive::Full, tower::Refuse};
/// use http::Response;
///
/// fn refuses(_: impl Refuse<String>) {}
/// refuses(|full: &Full| Response::new(full.to_string()));
/// ```
pub trait Refuse<B> {
    /// Makes the answer.
    fn refuse(&self, full: &Full) -> Response<B>;
}

impl<B, F: Fn(&Full) -> Response<B>> Refuse<B> for F {
    fn refuse(&self, full: &Full) -> Response<B> {
        self(full)
    }
}

/// An empty answer of status 503 that asks to come back in a second.
///
/// ```
/// use eaves_ratelimit::tower::{Busy, Refuse};
///
/// fn refuses(_: impl Refuse<String>) {}
/// refuses(Busy);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Busy;

impl<B: Default> Refuse<B> for Busy {
    fn refuse(&self, _: &Full) -> Response<B> {
        let mut response = Response::new(B::default());
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        let headers = response.headers_mut();
        headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        response
    }
}

pin_project! {
    /// The future of a [`Concurrency`]: ready at once for a refused request.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is ready, it gives its permit back and teaches the limiter nothing.
    ///
    /// ```
    /// use eaves_ratelimit::tower::ConcurrencyFuture;
    /// use eaves_common::time::SystemClock;
    ///
    /// # type Inner = std::future::Pending<Result<http::Response<()>, ()>>;
    /// # fn future(_: Option<ConcurrencyFuture<Inner, (), SystemClock>>) {}
    /// ```
    #[derive(Debug)]
    pub struct ConcurrencyFuture<F, D, C> {
        #[pin]
        kind: Kind<F, D, C>,
    }
}

pin_project! {
    #[project = KindProjection]
    #[derive(Debug)]
    enum Kind<F, D, C> {
        Running {
            #[pin]
            inner: F,
            permit: Option<Permit>,
            clock: C,
        },
        Refused {
            response: Option<Response<D>>,
        },
    }
}

impl<F, D, E, C> Future for ConcurrencyFuture<F, D, C>
where
    F: Future<Output = Result<Response<D>, E>>,
    C: Clock,
{
    type Output = Result<Response<D>, E>;

    /// # Panics
    ///
    /// If a refused request is polled after it was ready.
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().kind.project() {
            KindProjection::Running {
                inner,
                permit,
                clock,
            } => {
                let result = ready!(inner.poll(cx));
                if let Some(permit) = permit.take() {
                    teach(permit, &result, clock);
                }
                Poll::Ready(result)
            }
            KindProjection::Refused { response } => {
                Poll::Ready(Ok(response.take().expect("polled after it was ready")))
            }
        }
    }
}

fn teach<D, E>(permit: Permit, result: &Result<Response<D>, E>, clock: &impl Clock) {
    let now = clock.mono();
    match result {
        Ok(response) if !is_overload(response.status()) => permit.succeeded(now),
        _ => permit.dropped(now),
    }
}

const fn is_overload(status: StatusCode) -> bool {
    matches!(status.as_u16(), 429 | 503 | 504)
}
