//! [`ShedFuture`]: waits, is served, or is told to go.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use eaves_common::time::Clock;
use http::{Request, Response, StatusCode};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::{
    Dismiss,
    answer::answer,
    room::{Held, Place},
};
use crate::wait::Timer;

pin_project! {
    /// The future of a [`Shedding`](super::Shedding): ready at once for a request without a place.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is ready, it gives up its place, or its permit, which goes to the next.
    ///
    /// ```
    /// use eaves_ratelimit::tower::ShedFuture;
    /// # fn future<S, T>(_: Option<ShedFuture<S, (), T, eaves_ratelimit::tower::Busy, eaves_common::time::SystemClock>>)
    /// # where S: tower_service::Service<http::Request<()>, Response = http::Response<()>>, T: eaves_ratelimit::wait::Timer {}
    /// ```
    pub struct ShedFuture<S, B, T, R, C>
    where
        S: Service<Request<B>>,
        T: Timer,
        C: Clock,
    {
        #[pin]
        kind: Kind<S::Future, T::Sleep, S::Response, C>,
        next: Option<(S, Request<B>)>,
        timer: Option<(T, R)>,
    }
}

pin_project! {
    #[project = KindProjection]
    enum Kind<F, Z, A, C>
    where
        C: Clock,
    {
        Waiting { place: Place<C>, #[pin] sleep: Z },
        Readying { held: Option<Held<C>> },
        Running { #[pin] inner: F, held: Held<C> },
        Refused { response: Option<A> },
    }
}

impl<S, B, T, R, C> ShedFuture<S, B, T, R, C>
where
    S: Service<Request<B>>,
    T: Timer,
    C: Clock,
{
    pub(super) fn waiting(inner: S, request: Request<B>, place: Place<C>, timer: (T, R)) -> Self {
        let sleep = timer.0.sleep(place.first());
        Self {
            kind: Kind::Waiting { place, sleep },
            next: Some((inner, request)),
            timer: Some(timer),
        }
    }

    pub(super) const fn served(inner: S, request: Request<B>, held: Held<C>) -> Self {
        Self {
            kind: Kind::Readying { held: Some(held) },
            next: Some((inner, request)),
            timer: None,
        }
    }

    pub(super) const fn refused(response: S::Response) -> Self {
        let response = Some(response);
        Self {
            kind: Kind::Refused { response },
            next: None,
            timer: None,
        }
    }
}

impl<S, B, D, T, R, C> Future for ShedFuture<S, B, T, R, C>
where
    S: Service<Request<B>, Response = Response<D>>,
    T: Timer,
    R: Dismiss<D>,
    C: Clock,
{
    type Output = Result<Response<D>, S::Error>;

    /// # Panics
    ///
    /// If it is polled after it was ready.
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.kind.as_mut().project() {
                KindProjection::Waiting { place, mut sleep } => match place.poll(cx) {
                    Poll::Ready(Ok(held)) => Kind::Readying { held: Some(held) },
                    Poll::Ready(Err(shed)) => {
                        let dismiss = this.timer.as_ref().map(|(_, dismiss)| dismiss);
                        let dismiss = dismiss.expect("who waits has a timer");
                        return Poll::Ready(Ok(answer(dismiss, &shed)));
                    }
                    Poll::Pending => {
                        ready!(sleep.as_mut().poll(cx));
                        let (timer, _) = this.timer.as_ref().expect("who waits has a timer");
                        sleep.set(timer.sleep(place.look()));
                        continue;
                    }
                },
                KindProjection::Readying { held } => {
                    let (inner, _) = this.next.as_mut().expect("polled after it was ready");
                    ready!(inner.poll_ready(cx))?;
                    let (mut inner, request) = this.next.take().expect("it was there");
                    Kind::Running {
                        inner: inner.call(request),
                        held: held.take().expect("it is taken once"),
                    }
                }
                KindProjection::Running { inner, held } => {
                    let result = ready!(inner.poll(cx));
                    held.end(is_overload(&result));
                    return Poll::Ready(result);
                }
                KindProjection::Refused { response } => {
                    return Poll::Ready(Ok(response.take().expect("polled after it was ready")));
                }
            };
            this.kind.set(next);
        }
    }
}

/// Whether the service says that it had too much to do.
fn is_overload<D, E>(result: &Result<Response<D>, E>) -> bool {
    const SIGNS: [StatusCode; 3] = [
        StatusCode::TOO_MANY_REQUESTS,
        StatusCode::SERVICE_UNAVAILABLE,
        StatusCode::GATEWAY_TIMEOUT,
    ];
    result
        .as_ref()
        .map_or(true, |response| SIGNS.contains(&response.status()))
}

impl<S, B, T, R, C> std::fmt::Debug for ShedFuture<S, B, T, R, C>
where
    S: Service<Request<B>>,
    T: Timer,
    C: Clock,
{
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = match &self.kind {
            Kind::Waiting { .. } => "waiting",
            Kind::Readying { .. } | Kind::Running { .. } => "served",
            Kind::Refused { .. } => "refused",
        };
        f.debug_tuple("ShedFuture").field(&state).finish()
    }
}
