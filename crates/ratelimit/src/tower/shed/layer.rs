//! [`ShedLayer`] and the service it makes.

use std::{
    fmt,
    sync::Arc,
    task::{Context, Poll},
};

use eaves_common::time::{Clock, SystemClock};
use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use super::{
    Dismiss, ShedFuture,
    answer::answer,
    room::{Entry, Room},
};
use crate::{
    adaptive::Limiter,
    shed::{Class, Policy},
    tower::Busy,
    wait::Timer,
};

/// Lets requests wait for a service that is full, in classes, and sheds those that wait in vain.
///
/// The limiter says how many may be under way (its bounds may pin it to a number); the others wait
/// in a [`ShedQueue`](crate::shed::ShedQueue). Give the layer a limiter of its own: it hears of the
/// end of its own requests only. It is always ready; the inner service is asked to be ready when a
/// request's turn has come, on a clone.
///
/// ```
/// use std::time::Duration;
/// use eaves_ratelimit::{
///     adaptive::{Bounds, Gradient2, Limiter},
///     shed::{Class, Policy},
///     tower::ShedLayer,
/// };
/// use http::Request;
/// use tower_layer::Layer;
///
/// let limiter = Limiter::new(Gradient2::default(), Bounds::default());
/// let policy = Policy::new(1_000, [1_000, 100].map(Duration::from_millis))?;
/// let layer = ShedLayer::new(limiter, policy, tokio::time::sleep)
///     .classes(|request: &Request<()>| Class::new(u8::from(request.uri().path() != "/pay")));
/// let service = layer.layer("any tower service of HTTP requests");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ShedLayer<T, K = Alike, R = Busy, C = SystemClock> {
    room: Arc<Room<C>>,
    limiter: Limiter,
    policy: Policy,
    timer: T,
    classify: K,
    dismiss: R,
}

/// A service behind a waiting room, made by a [`ShedLayer`].
///
/// ```
/// use eaves_ratelimit::tower::Shedding;
/// # fn service<S, T>(_: Option<Shedding<S, T>>) {}
/// ```
#[derive(Clone, Debug)]
pub struct Shedding<S, T, K = Alike, R = Busy, C = SystemClock> {
    inner: S,
    layer: ShedLayer<T, K, R, C>,
}

impl<T: Timer> ShedLayer<T> {
    /// Makes a layer that takes all requests for alike and sheds with an empty 503.
    #[must_use]
    pub fn new(limiter: Limiter, policy: Policy, timer: T) -> Self {
        Self {
            room: Arc::new(Room::new(limiter.clone(), policy.clone(), SystemClock)),
            limiter,
            policy,
            timer,
            classify: Alike,
            dismiss: Busy,
        }
    }
}

impl<T, K, R, C> ShedLayer<T, K, R, C> {
    /// Tells more important requests from others.
    #[must_use]
    pub fn classes<L>(self, classify: L) -> ShedLayer<T, L, R, C> {
        ShedLayer {
            room: self.room,
            limiter: self.limiter,
            policy: self.policy,
            timer: self.timer,
            classify,
            dismiss: self.dismiss,
        }
    }

    /// Answers requests that are shed another way.
    #[must_use]
    pub fn dismiss<Q>(self, dismiss: Q) -> ShedLayer<T, K, Q, C> {
        ShedLayer {
            room: self.room,
            limiter: self.limiter,
            policy: self.policy,
            timer: self.timer,
            classify: self.classify,
            dismiss,
        }
    }

    /// Reads time from another clock; the layer gets a new, empty waiting room.
    #[must_use]
    pub fn clock<D: Clock>(self, clock: D) -> ShedLayer<T, K, R, D> {
        let room = Room::new(self.limiter.clone(), self.policy.clone(), clock);
        ShedLayer {
            room: Arc::new(room),
            limiter: self.limiter,
            policy: self.policy,
            timer: self.timer,
            classify: self.classify,
            dismiss: self.dismiss,
        }
    }
}

impl<T: Clone, K: Clone, R: Clone, C> Clone for ShedLayer<T, K, R, C> {
    fn clone(&self) -> Self {
        Self {
            room: Arc::clone(&self.room),
            limiter: self.limiter.clone(),
            policy: self.policy.clone(),
            timer: self.timer.clone(),
            classify: self.classify.clone(),
            dismiss: self.dismiss.clone(),
        }
    }
}

impl<T, K, R, C> fmt::Debug for ShedLayer<T, K, R, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShedLayer")
            .field("limiter", &self.limiter)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

impl<S, T: Clone, K: Clone, R: Clone, C> Layer<S> for ShedLayer<T, K, R, C> {
    type Service = Shedding<S, T, K, R, C>;

    fn layer(&self, inner: S) -> Self::Service {
        Shedding {
            inner,
            layer: self.clone(),
        }
    }
}

impl<S, T, K, R, C, B, D> Service<Request<B>> for Shedding<S, T, K, R, C>
where
    S: Service<Request<B>, Response = Response<D>> + Clone,
    T: Timer + Clone,
    K: Classify<B>,
    R: Dismiss<D> + Clone,
    C: Clock,
{
    type Response = Response<D>;
    type Error = S::Error;
    type Future = ShedFuture<S, B, T, R, C>;

    /// Always ready: whoever comes waits or is told to go.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let Self { inner, layer } = self;
        let class = layer.classify.class(&request);
        match layer.room.enter(class) {
            Entry::Shed(shed) => ShedFuture::refused(answer(&layer.dismiss, &shed)),
            Entry::Served(held) => ShedFuture::served(inner.clone(), request, held),
            Entry::Waits(place) => {
                let (timer, dismiss) = (layer.timer.clone(), layer.dismiss.clone());
                ShedFuture::waiting(inner.clone(), request, place, (timer, dismiss))
            }
        }
    }
}

/// Tells how important a request is. Any function of the request will do.
///
/// ```
/// use eaves_ratelimit::{shed::Class, tower::Classify};
/// use http::Request;
///
/// fn classifies(_: impl Classify<String>) {}
/// classifies(|request: &Request<String>| match request.headers().get("x-internal") {
///     Some(_) => Class::new(0),
///     None => Class::new(1),
/// });
/// ```
pub trait Classify<B> {
    /// Returns the request's class.
    fn class(&self, request: &Request<B>) -> Class;
}

impl<B, F: Fn(&Request<B>) -> Class> Classify<B> for F {
    fn class(&self, request: &Request<B>) -> Class {
        self(request)
    }
}

/// All requests are of the most important class.
///
/// ```
/// use eaves_ratelimit::tower::{Alike, Classify};
///
/// let class = Alike.class(&http::Request::new(()));
/// assert_eq!(class.rank(), 0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Alike;

impl<B> Classify<B> for Alike {
    fn class(&self, _: &Request<B>) -> Class {
        Class::new(0)
    }
}
