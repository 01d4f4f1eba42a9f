//! [`Attempt`]: one request on its way to one origin; [`Flight`]: all of them at once.

use std::{
    error::Error as StdError,
    future::{Future, pending, poll_fn},
    pin::Pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use eaves_common::time::Mono;
use http::{Request, Response};
use tokio::{
    select,
    time::{sleep, timeout},
};
use tower_service::Service;

use super::{BalanceError, Late, Picked, Upload};
use crate::{Guard, retry::Cause};

/// One request on its way to one origin.
pub(super) struct Attempt<R> {
    answer: Answering<R>,
    pub(super) guard: Guard<'static>,
    pub(super) picked: Picked,
    pub(super) began: Mono,
    pub(super) because: Option<Cause>,
}

type Answering<R> = Pin<Box<dyn Future<Output = Result<Response<R>, BalanceError>> + Send>>;

/// How long an attempt may take, and the body that is streamed meanwhile.
pub(super) struct Patience<U> {
    pub(super) limit: Duration,
    pub(super) upload: Option<Upload<U>>,
}

/// The attempts of a request that have not ended.
pub(super) struct Flight<R>(Vec<Attempt<R>>);

/// An attempt that has ended, and with what.
pub(super) type Ended<R> = (Attempt<R>, Result<Response<R>, BalanceError>);

impl<R> Attempt<R> {
    pub(super) fn new<S, B, U>(
        service: S,
        request: Request<B>,
        patience: Patience<U>,
        guard: Guard<'static>,
        (began, because): (Mono, Option<Cause>),
    ) -> Self
    where
        S: Service<Request<B>, Response = Response<R>> + Send + 'static,
        S::Error: Into<Box<dyn StdError + Send + Sync>>,
        S::Future: Send,
        B: Send + 'static,
        U: Send + 'static,
        R: 'static,
    {
        Self {
            answer: Box::pin(send(service, request, patience)),
            picked: Picked::of(&guard),
            guard,
            began,
            because,
        }
    }
}

impl<R> Flight<R> {
    pub(super) fn new(first: Attempt<R>) -> Self {
        Self(vec![first])
    }

    pub(super) fn add(&mut self, attempt: Attempt<R>) {
        self.0.push(attempt);
    }

    /// Waits for the first attempt to end; nothing if the newest takes longer than `late`.
    pub(super) async fn next(&mut self, late: Option<Duration>) -> Option<Ended<R>> {
        let is_late = async {
            match late {
                Some(pause) => sleep(pause).await,
                None => pending().await,
            }
        };
        select! {
            biased;
            ended = self.ended() => Some(ended),
            () = is_late => None,
        }
    }

    async fn ended(&mut self) -> Ended<R> {
        poll_fn(|cx| {
            for at in 0..self.0.len() {
                if let Poll::Ready(answer) = self.0[at].answer.as_mut().poll(cx) {
                    return Poll::Ready((self.0.swap_remove(at), answer));
                }
            }
            Poll::Pending
        })
        .await
    }

    /// Yields when those began that are still on their way.
    pub(super) fn began(&self) -> impl Iterator<Item = Mono> {
        self.0.iter().map(|attempt| attempt.began)
    }
}

async fn send<S, B, U>(
    mut service: S,
    request: Request<B>,
    patience: Patience<U>,
) -> Result<S::Response, BalanceError>
where
    S: Service<Request<B>>,
    S::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    let answered = patience.wait(async {
        poll_fn(|cx| service.poll_ready(cx)).await?;
        service.call(request).await
    });
    answered.await?.map_err(|error| {
        let error = Arc::from(error.into());
        match patience.upload.as_ref().is_some_and(Upload::is_broken) {
            true => BalanceError::Body(error),
            false => BalanceError::Inner(error),
        }
    })
}

impl<U> Patience<U> {
    async fn wait<F: Future>(&self, answer: F) -> Result<F::Output, BalanceError> {
        let limit = self.limit;
        let Some(upload) = &self.upload else {
            let answered = timeout(limit, answer).await;
            return answered.map_err(|_| BalanceError::Timeout(limit));
        };
        upload
            .within(limit, answer)
            .await
            .map_err(|late| match late {
                Late::Client => BalanceError::Slow(limit),
                Late::Origin => BalanceError::Timeout(limit),
            })
    }
}
