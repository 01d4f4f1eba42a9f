//! One request from its first attempt to its answer.

use bytes::Bytes;
use eaves_common::time::Mono;
use http::{Request, Response, request};
use http_body::Body;
use tokio::time::sleep;
use tower_service::Service;

use super::{
    AnswerBody, BalanceError, Key, Picked, SendBody, Served,
    attempt::{Attempt, Flight, Patience},
    body::Source,
    shared::{Failed, Shared},
};
use crate::{
    Failure as Fault, Guard, OriginId, Outcome, is_ours,
    retry::{Call, Cause, Decision, Failure, Idempotency},
};

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Answer<R> = Result<Response<R>, BalanceError>;

/// A request, and all that is known of it on its way.
struct Driven<'a, S, B> {
    shared: &'a Shared,
    service: S,
    parts: request::Parts,
    body: Source<B>,
    key: Option<u64>,
    tried: Vec<OriginId>,
}

/// Sends a request, and sends it again as long as that is allowed and needed.
pub(super) async fn drive<S, B, R>(
    shared: &Shared,
    service: S,
    request: Request<B>,
) -> Answer<AnswerBody<R>>
where
    S: Service<Request<SendBody<B>>, Response = Response<R>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
    R: Send + 'static,
{
    shared.count_request();
    let (parts, body) = request.into_parts();
    let body = Source::take(body, shared.config.max_replay).await?;
    let idempotency = match body.upload() {
        None => shared.classify.idempotency(&parts),
        Some(_) => Idempotency::NotIdempotent, // while nobody has taken of it
    };
    let now = shared.now();
    let mut call = shared.worker().start(idempotency, now);
    if let Some(deadline) = shared.config.deadline {
        call = call.deadline(now + deadline);
    }
    let mut driven = Driven {
        shared,
        service,
        key: parts.extensions.get::<Key>().map(|key| key.0),
        parts,
        body,
        tried: Vec::new(),
    };
    let first = driven.begin(None).ok_or(BalanceError::NoOrigin)?;
    driven.fly(call, Flight::new(first)).await
}

impl<S, B, R> Driven<'_, S, B>
where
    S: Service<Request<SendBody<B>>, Response = Response<R>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
    R: Send + 'static,
{
    async fn fly(&mut self, mut call: Call, mut flight: Flight<R>) -> Answer<AnswerBody<R>> {
        let mut may_hedge = true;
        loop {
            let late = self.until_hedge(&call).filter(|_| may_hedge);
            let Some((attempt, answer)) = flight.next(late).await else {
                let hedge = self.hedge(&mut call);
                may_hedge = hedge.is_some();
                hedge.into_iter().for_each(|hedge| flight.add(hedge));
                continue;
            };
            let because = attempt.because;
            let (answer, failure) = self.judge(attempt, answer, call.attempts());
            let Some(failure) = failure else {
                self.win(&flight, because);
                return answer;
            };
            if !self.body.is_whole() {
                call.body_is_gone();
            }
            let decision = self
                .shared
                .worker()
                .failed(&mut call, failure, self.shared.now());
            let next = match decision {
                Decision::Wait => continue,
                Decision::Stop(refusal) => {
                    self.shared.count_refusal(refusal);
                    None
                }
                Decision::Attempt { at, because } => {
                    sleep(at - self.shared.now()).await;
                    self.begin(Some(because))
                }
            };
            let Some(next) = next else {
                self.shared.count_end(because, Failed::Yes);
                return answer;
            };
            flight.add(next);
        }
    }

    /// Begins an attempt at an origin that was not tried; nothing if there is none.
    fn begin(&mut self, because: Option<Cause>) -> Option<Attempt<R>> {
        let guard = self.pick()?;
        self.begin_at(guard, because)
    }

    fn begin_at(&mut self, guard: Guard<'static>, because: Option<Cause>) -> Option<Attempt<R>> {
        let body = self.body.lend()?;
        let picked = Picked::of(&guard);
        self.tried.push(picked.id);
        let mut parts = self.parts.clone();
        picked.address(&mut parts, self.shared.config.place);
        if let Some(because) = because {
            self.shared.count_attempt(because);
        }
        let request = Request::from_parts(parts, body);
        let patience = Patience {
            limit: self.shared.config.attempt_timeout,
            upload: self.body.upload().cloned(),
        };
        let began = (self.shared.now(), because);
        let service = self.service.clone();
        Some(Attempt::new(service, request, patience, guard, began))
    }

    fn pick(&self) -> Option<Guard<'static>> {
        let selector = &self.shared.selector;
        let guard = match self.key {
            Some(key) => selector.pick_for(key, &self.tried),
            None => selector.pick(&self.tried),
        };
        guard.map(Guard::into_owned)
    }

    fn until_hedge(&self, call: &Call) -> Option<std::time::Duration> {
        let due = self.shared.worker().hedge_at(call)?;
        Some(due - self.shared.now())
    }

    fn hedge(&mut self, call: &mut Call) -> Option<Attempt<R>> {
        // First whether somebody is left, for the budget is spent by asking.
        let guard = self.pick()?;
        let decision = self.shared.worker().hedge(call, self.shared.now());
        match decision {
            Decision::Attempt { because, .. } => self.begin_at(guard, Some(because)),
            Decision::Stop(refusal) => {
                self.shared.count_refusal(refusal);
                None
            }
            Decision::Wait => None,
        }
    }

    /// Tells the monitor what came of an attempt, and says whether it is worth another.
    fn judge(
        &self,
        attempt: Attempt<R>,
        answer: Answer<R>,
        attempts: u16,
    ) -> (Answer<AnswerBody<R>>, Option<Failure>) {
        let (classify, now) = (&self.shared.classify, self.shared.now());
        let latency = now - attempt.began;
        match answer {
            Ok(response) => {
                let (mut parts, body) = response.into_parts();
                let answered = attempt.guard.answered(classify.outcome(&parts, latency));
                let failure = classify.answer(&parts);
                if failure.is_none() {
                    self.shared.worker().answered(latency, now);
                }
                parts.extensions.insert(Served {
                    by: attempt.picked,
                    attempts,
                    because: attempt.because,
                });
                let body = AnswerBody::new(body, answered);
                (Ok(Response::from_parts(parts, body)), failure)
            }
            Err(error) => {
                let (fault, failure) = self.blame(&error);
                match fault {
                    Some(fault) => attempt.guard.finish(Outcome::Error(fault)),
                    None => drop(attempt.guard), // nobody's fault
                }
                (Err(error), Some(failure))
            }
        }
    }

    /// Says what an error tells of the origin, if anything, and of the request.
    fn blame(&self, error: &BalanceError) -> (Option<Fault>, Failure) {
        match error {
            BalanceError::Inner(error) if is_ours(&**error) => (None, Failure::Unsent),
            BalanceError::Inner(error) => match self.shared.classify.error(&**error) {
                Failure::Unsent => (Some(Fault::Connect), Failure::Unsent),
                failure => (Some(Fault::Protocol), failure),
            },
            BalanceError::Body(_) | BalanceError::Slow(_) => (None, Failure::Interrupted),
            _ => (Some(Fault::Timeout), Failure::Interrupted),
        }
    }

    /// Ends a request whose answer is good. Attempts that lost count with the time they had: without
    /// them the usual latency would creep downwards.
    fn win(&self, losers: &Flight<R>, because: Option<Cause>) {
        let now: Mono = self.shared.now();
        let mut worker = self.shared.worker();
        losers
            .began()
            .for_each(|began| worker.answered(now - began, now));
        drop(worker);
        self.shared.count_end(because, Failed::No);
    }
}
