//! [`Turn`]: what comes of waiting for another's answer.

use std::sync::{Arc, Weak};

use eaves_common::time::Mono;
use http::{Response, StatusCode};

use super::{
    CacheBody,
    answer::Ask,
    fetch::{Duty, Exchange, Found},
    fill::Fill,
    origin::Origin,
    plan::Plan,
    respond,
};
use crate::{
    exchange::{Outcome, Release},
    policy::Decision,
    status::Reason,
};

/// What comes of waiting.
pub(super) enum Turn<R> {
    Again,
    Alone,
    Lead(Duty),
    Respond(Box<Response<CacheBody<R>>>),
}

impl<S: Origin<B>, B: Send + 'static> Exchange<S, B> {
    /// What a request does when its wait is over that began at `since`.
    pub(super) fn waited(
        &self,
        outcome: Outcome<Weak<Fill>>,
        (found, plan): (&Found, Option<&Plan>),
        (ask, since): (Ask, Mono),
    ) -> Turn<S::Body> {
        let respond = |response| Turn::Respond(Box::new(response));
        match outcome {
            Outcome::Lead(lead) => Turn::Lead(lead),
            Outcome::Shared(fill) => self.follow(&fill, found, (ask, since)),
            Outcome::Released(Release::LookAgain) => Turn::Again,
            Outcome::Released(Release::Unshared { .. }) => Turn::Alone,
            Outcome::Released(Release::Failed) => {
                let by_parts = |plan| self.parts_on_error((&found.0, plan), ask, None);
                let stale = self
                    .stale(found, ask, None)
                    .or_else(|| plan.and_then(by_parts));
                respond(stale.unwrap_or_else(|| {
                    respond::bare(
                        &self.shared,
                        StatusCode::BAD_GATEWAY,
                        Some(Reason::OriginError),
                    )
                }))
            }
        }
    }

    /// Reads what another's request is filling, if that is for this one, too.
    fn follow(&self, fill: &Weak<Fill>, found: &Found, (ask, since): (Ask, Mono)) -> Turn<S::Body> {
        let fits = |fill: &Arc<Fill>| fill.fits(&self.parts.headers, &found.0);
        let Some(fill) = fill.upgrade().filter(fits) else {
            return Turn::Again;
        };
        if let Some(turn) = self.too_late_for(&fill, since) {
            return turn;
        }
        match fill.follow() {
            Some(reader) => Turn::Respond(Box::new(self.share_fill(&fill, reader, ask))),
            None => Turn::Again,
        }
    }

    /// A body may take longer than it stays fresh. Who came before its head did gets it; who comes later gets it as long as
    /// a stored response with this head would do (RFC 9111 section 4).
    fn too_late_for(&self, fill: &Fill, since: Mono) -> Option<Turn<S::Body>> {
        let (head, now) = (&fill.placement.head, self.shared.now());
        if head.meta().received.mono >= since {
            return None;
        }
        if !head.meta().remaining(now).is_fresh() {
            // The next ones share a new answer.
            fill.retire();
            return Some(Turn::Again);
        }
        let policy = &self.shared.config.policy;
        let decision = policy.decide(self.request(), Some(head), None, now);
        matches!(decision, Decision::Validate { .. }).then(|| {
            fill.overtake();
            Turn::Alone
        })
    }
}
