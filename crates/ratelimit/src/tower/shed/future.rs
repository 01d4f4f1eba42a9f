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
        state: State<S, Request<B>, S::Future, S::Response, T, T::Sleep, R, C>,
    }
}

pin_project! {
    #[project = StateProjection]
    #[project_replace = StateTaken]
    enum State<S, Q, F, A, T, Z, R, C>
    where
        C: Clock,
    {
        Waiting { place: Place<C>, #[pin] sleep: Z, timer: T, dismiss: R, inner: S, request: Q },
        Readying { inner: S, request: Q, held: Held<C> },
        // Dropped in this order: a place is free when the work has ended.
        Running { #[pin] inner: F, held: Held<C> },
        Refused { response: A },
        Done,
    }
}

impl<S, B, T, R, C> ShedFuture<S, B, T, R, C>
where
    S: Service<Request<B>>,
    T: Timer,
    C: Clock,
{
    pub(super) fn waiting(
        inner: S,
        request: Request<B>,
        place: Place<C>,
        (timer, dismiss): (T, R),
    ) -> Self {
        let sleep = timer.sleep(place.first());
        Self {
            state: State::Waiting {
                place,
                sleep,
                timer,
                dismiss,
                inner,
                request,
            },
        }
    }

    pub(super) const fn served(inner: S, request: Request<B>, held: Held<C>) -> Self {
        Self {
            state: State::Readying {
                held,
                inner,
                request,
            },
        }
    }

    pub(super) const fn refused(response: S::Response) -> Self {
        Self {
            state: State::Refused { response },
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
        let mut state = self.project().state;
        loop {
            match state.as_mut().project() {
                StateProjection::Waiting {
                    place,
                    mut sleep,
                    timer,
                    dismiss,
                    ..
                } => match place.poll(cx) {
                    Poll::Ready(Ok(held)) => state.as_mut().have_ready(held),
                    Poll::Ready(Err(shed)) => return Poll::Ready(Ok(answer(dismiss, &shed))),
                    Poll::Pending => {
                        ready!(sleep.as_mut().poll(cx));
                        sleep.set(timer.sleep(place.look()));
                    }
                },
                StateProjection::Readying { inner, .. } => {
                    ready!(inner.poll_ready(cx))?;
                    state.as_mut().run();
                }
                StateProjection::Running { held, inner } => {
                    let result = ready!(inner.poll(cx));
                    held.end(is_overload(&result));
                    return Poll::Ready(result);
                }
                StateProjection::Refused { .. } | StateProjection::Done => {
                    return Poll::Ready(Ok(state.refused()));
                }
            }
        }
    }
}

impl<S, B, A, T, R, C> State<S, Request<B>, S::Future, A, T, T::Sleep, R, C>
where
    S: Service<Request<B>>,
    T: Timer,
    C: Clock,
{
    /// Goes on from waiting, with a permit.
    fn have_ready(mut self: Pin<&mut Self>, held: Held<C>) {
        if let StateTaken::Waiting { inner, request, .. } =
            self.as_mut().project_replace(Self::Done)
        {
            self.set(Self::Readying {
                held,
                inner,
                request,
            });
        }
    }

    /// Hands the request to the service that is ready for it.
    fn run(mut self: Pin<&mut Self>) {
        if let StateTaken::Readying {
            held,
            mut inner,
            request,
        } = self.as_mut().project_replace(Self::Done)
        {
            let inner = inner.call(request);
            self.set(Self::Running { held, inner });
        }
    }

    /// The answer for who got no place.
    fn refused(self: Pin<&mut Self>) -> A {
        match self.project_replace(Self::Done) {
            StateTaken::Refused { response } => response,
            _ => panic!("polled after it was ready"),
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
        let state = match &self.state {
            State::Waiting { .. } => "waiting",
            State::Readying { .. } | State::Running { .. } => "served",
            State::Refused { .. } => "refused",
            State::Done => "done",
        };
        f.debug_tuple("ShedFuture").field(&state).finish()
    }
}
