//! Stored parts and slices that are not fresh: the origin is asked whether they still hold (RFC 9111 sections 3.4 and
//! 4.3), and what it answers freshens, continues or replaces them.

use core::ops::Range;

use http::{Response, StatusCode};

use super::{
    CacheBody,
    answer::{Ask, Settled},
    fetch::{Duty, Exchange, Found},
    origin::Origin,
    plan::Plan,
    present::without_origin,
    respond,
};
use crate::{
    exchange::{Release, Selected},
    head::Head,
    policy::{Freshened, OnError, Policy, ResponseHead, Times},
    stats::Count,
    status::Reason,
};

/// An answer, or the duty to ask again without conditions.
type Validated<R> = Result<Response<CacheBody<R>>, Duty>;

impl<S: Origin<B>, B: Send + 'static> Exchange<S, B> {
    /// Asks whether stored parts still hold. A 304 freshens them; a part under the same strong validator joins them;
    /// whatever else the origin has takes their place.
    pub(super) async fn validate_parts(
        &mut self,
        lead: Duty,
        found: &mut Found,
        plan: Plan,
        ask: Ask,
    ) -> Result<Validated<S::Body>, S::Error> {
        let slice = self.slice_of(&found.0, &plan);
        let mut request = self.outgoing();
        plan.condition(request.headers_mut(), slice.as_ref());
        let Ok((answer, times)) = self.send(request).await else {
            let plan = without_origin(&self.shared, &found.0, &plan).await;
            return Ok(Ok(self.parts_failed(lead, (&found.0, plan), ask)));
        };
        let answered = match answer.status() {
            StatusCode::NOT_MODIFIED => {
                self.parts_not_modified(lead, (found, plan), ask, &answer, times)
            }
            StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE if slice.is_some() => {
                self.begin_slices(lead, found, (answer, times))
            }
            status => {
                if Policy::is_failure(status)
                    && let Some(plan) = without_origin(&self.shared, &found.0, &plan).await
                    && let Some(response) = self.parts_on_error((&found.0, plan), ask, Some(status))
                {
                    self.shared.counters.add(Count::OriginError);
                    lead.release(Release::Failed);
                    return Ok(Ok(response));
                }
                if status == StatusCode::OK {
                    // What took the place of the whole took that of its parts, whether it may be stored or not.
                    self.drop_parts(&lead, found);
                }
                match self.settle(lead, found, ask, answer, times) {
                    Settled::Done(response) => Ok(*response),
                    Settled::Again(again) => Err(again),
                }
            }
        };
        if let Err(lead) = &answered {
            self.drop_parts(lead, found);
            self.inner.ready().await?;
        }
        Ok(answered)
    }

    /// The slice to ask for beside the question whether the others hold: the one that is sent first.
    pub(super) fn slice_of(&self, selected: &Selected, plan: &Plan) -> Option<Range<u64>> {
        selected.parts().filter(|parts| parts.is_sliced())?;
        let size = self.shared.slice_size()?;
        let start = plan.start() / size * size;
        Some(start..start.saturating_add(size))
    }

    fn drop_parts(&self, lead: &Duty, found: &mut Found) {
        if found.0.parts().is_some() {
            lead.if_valid(|| _ = self.shared.config.store.remove(found.0.key()));
            found.0.forget_parts();
        }
    }

    /// The stored parts hold, under the fields that the 304 brought.
    fn parts_not_modified(
        &self,
        lead: Duty,
        (found, plan): (&Found, Plan),
        ask: Ask,
        answer: &Response<S::Body>,
        times: Times,
    ) -> Validated<S::Body> {
        let policy = &self.shared.config.policy;
        let answer = ResponseHead::from(answer);
        let Freshened::Updated(mut head) =
            policy.freshen(self.request(), plan.head(), answer, times)
        else {
            return Err(lead);
        };
        head.set_asked(lead.asked());
        lead.if_valid(|| self.freshen_parts(&found.0, &head));
        lead.release(Release::LookAgain);
        let status = ask.status().answered(StatusCode::NOT_MODIFIED).stored();
        let plan = plan.under(head, times.response);
        Ok(self.respond_by(&found.0, &plan, status))
    }

    fn freshen_parts(&self, selected: &Selected, head: &Head) {
        if selected.is_selected_alike(head) {
            self.shared.freshen_parts(selected, head);
        } else {
            // Under another Vary they would have to stand under another key.
            self.shared.config.store.remove(selected.key());
        }
    }

    /// The origin gave no answer: stale parts stand in for it if all that is wanted is there, or it is a 504 (RFC 9111
    /// section 5.2.2.2).
    fn parts_failed(
        &self,
        lead: Duty,
        (selected, plan): (&Selected, Option<&Plan>),
        ask: Ask,
    ) -> Response<CacheBody<S::Body>> {
        self.shared.counters.add(Count::OriginError);
        let response = plan.and_then(|plan| self.parts_on_error((selected, plan), ask, None));
        lead.release(Release::Failed);
        response.unwrap_or_else(|| {
            let reason = Some(Reason::OriginError);
            respond::bare(&self.shared, StatusCode::GATEWAY_TIMEOUT, reason)
        })
    }

    /// Stored parts in place of an answer that did not come or was an error, if they may stand in.
    pub(super) fn parts_on_error(
        &self,
        (selected, plan): (&Selected, &Plan),
        ask: Ask,
        answer: Option<StatusCode>,
    ) -> Option<Response<CacheBody<S::Body>>> {
        let policy = &self.shared.config.policy;
        let on_error = policy.on_error(self.request(), plan.head().meta(), self.shared.now());
        let OnError::ServeStale { .. } = on_error else {
            return None;
        };
        self.shared.counters.add(Count::StaleOnError);
        self.shared.counters.give(Reason::OriginError);
        let mut status = ask.status().because(Reason::OriginError);
        if let Some(answer) = answer {
            status = status.answered(answer);
        }
        Some(self.respond_by(selected, plan, status))
    }
}
