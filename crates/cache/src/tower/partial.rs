//! Responses of which parts are stored: served from these, and completed by asking for what lacks (RFC 9111 sections
//! 3.3 and 3.4).

use core::ops::Range;

use http::{Response, StatusCode};

use super::{
    BodyError, CacheBody,
    answer::{Ask, Settled},
    fetch::{Duty, Exchange, Found, Next},
    fill::{Fill, Placed, Selection},
    origin::Origin,
    plan::{Live, Plan, Standing, ask_for},
    present::without_origin,
    reader::Reader,
    respond,
    shared::Shared,
    slices::Sliced,
    source::Erased,
};
use crate::{
    exchange::{PartPlacement, Received, Release, Selected, receive},
    field::RequestDirectives,
    head::Parts,
    policy::{Collapse, RequestHead, ResponseHead, Revalidate, Times},
    stats::Count,
    status::{CacheStatus, Forward, Reason},
};

/// What stored parts can do for a request; `None` if they are of no use to it.
pub(super) async fn plan_parts(
    shared: &Shared,
    request: RequestHead<'_>,
    found: &Found,
) -> Option<(Plan, Standing)> {
    let parts = found.0.parts()?;
    let (policy, now) = (&shared.config.policy, shared.now());
    let decision = policy.decide(request, Some(&parts.head), Some(parts.complete), now);
    let ask = Ask::of(&decision, &found.0, request);
    let standing = Standing::of(&decision, ask)?;
    let mut plan = Plan::of(parts, request, now);
    if parts.is_sliced() {
        shared.slice_size()?;
        return Some((plan, standing));
    }
    plan.load(shared, &found.0).await;
    match plan.gap() {
        None => Some((plan, standing)),
        Some(gap) if plan.has(&gap) && parts.strong_tag().is_some() => {
            Some((plan, Standing::Lacks(gap)))
        }
        Some(_) => None,
    }
}

impl<S: Origin<B>, B: Send + 'static> Exchange<S, B> {
    /// What follows from what parts can do; `None` if they turned out to be of no use.
    pub(super) async fn next_by_parts(
        &mut self,
        found: &mut Found,
        (plan, standing): (Plan, Standing),
        waited: Option<Ask>,
    ) -> Result<Option<Next<S::Body>>, S::Error> {
        let answer = |response| Ok(Some(Next::Answer(Box::new(response))));
        if RequestDirectives::parse(&self.parts.headers).only_if_cached {
            let there = without_origin(&self.shared, &found.0, &plan).await;
            if there.is_none() || matches!(standing, Standing::Lacks(_)) {
                return answer(respond::only_if_cached(&self.shared));
            }
        }
        match standing {
            Standing::Holds => {
                let Some((head, sliced)) = self.to_come(&found.0, &plan, waited) else {
                    return answer(self.serve_parts(&found.0, &plan, waited));
                };
                let begun = begin(&self.shared, head, sliced).await;
                if begun.is_none() {
                    found.0.forget_parts();
                }
                Ok(begun.map(|response| Next::Answer(Box::new(response))))
            }
            Standing::Lacks(gap) => {
                let completed = self.complete(found, plan, gap).await?;
                Ok(completed.map(|response| Next::Answer(Box::new(response))))
            }
            Standing::Stale(Revalidate::Background, ask)
                if self.revalidate(found, Some(&plan)).is_none() =>
            {
                Ok(Some(Next::Ask(ask, Some(Box::new(plan)))))
            }
            Standing::Stale(..) => {
                self.shared.counters.add(Count::StaleHit);
                answer(self.serve_parts(&found.0, &plan, waited))
            }
            Standing::Validate(ask) => Ok(Some(Next::Ask(ask, Some(Box::new(plan))))),
        }
    }

    /// The head and the body of what may be served as it is, if it is in slices of which the first is still to come.
    fn to_come(
        &self,
        selected: &Selected,
        plan: &Plan,
        waited: Option<Ask>,
    ) -> Option<(Response<()>, Sliced)> {
        selected.parts().filter(|parts| parts.is_sliced())?;
        let size = self.shared.slice_size()?;
        if self.has_start(selected, plan) {
            return None;
        }
        let status = self.parts_status(selected, plan, waited);
        Some(self.by_slices((selected, size), plan, status, None))
    }

    /// Serves what may be served as it is; `waited` if another's request brought it.
    pub(super) fn serve_parts(
        &self,
        selected: &Selected,
        plan: &Plan,
        waited: Option<Ask>,
    ) -> Response<CacheBody<S::Body>> {
        let status = self.parts_status(selected, plan, waited);
        self.respond_by(selected, plan, status)
    }

    fn parts_status(&self, selected: &Selected, plan: &Plan, waited: Option<Ask>) -> CacheStatus {
        match waited {
            Some(ask) => ask.status().collapsed(),
            None if self.has_start(selected, plan) => {
                self.shared.counters.add(Count::Hit);
                CacheStatus::hit(0)
            }
            None => {
                self.shared.counters.add(Count::Miss);
                self.shared.counters.give(Reason::Partial);
                CacheStatus::forward(Forward::Partial).stored()
            }
        }
    }

    /// The response of a plan whose bytes are stored, or come slice by slice.
    pub(super) fn respond_by(
        &self,
        selected: &Selected,
        plan: &Plan,
        status: CacheStatus,
    ) -> Response<CacheBody<S::Body>> {
        match (selected.parts(), self.shared.slice_size()) {
            (Some(parts), Some(size)) if parts.is_sliced() => {
                self.answer_by_slices((selected, size), plan, status, None)
            }
            _ => self.assemble(plan, None, status),
        }
    }

    /// Asks for what lacks under the validator of what is there. What else the origin answers stands for itself, if
    /// it can: a whole response, or an error of the server.
    pub(super) async fn complete(
        &mut self,
        found: &mut Found,
        plan: Plan,
        gap: Range<u64>,
    ) -> Result<Option<Response<CacheBody<S::Body>>>, S::Error> {
        let ask = Ask {
            forward: Forward::Partial,
            collapse: Collapse::No,
        };
        let lead = self.shared.flights.lead_alone(&found.0);
        self.shared.counters.add(Count::Miss);
        self.shared.counters.give(Reason::Partial);
        let mut request = self.outgoing();
        let tag = found.0.parts().and_then(Parts::strong_tag);
        ask_for(request.headers_mut(), &gap, tag);
        let (answer, times) = match self.send(request).await {
            Ok(answered) => answered,
            Err(error) => return self.failed(lead, found, ask, error).map(Some),
        };
        let (policy, head) = (&self.shared.config.policy, ResponseHead::from(&answer));
        let fits = |part: &PartPlacement| {
            part.range == gap && found.0.key() == &part.key && part.continues(&found.0)
        };
        match receive(policy, self.request(), head, &found.0, times) {
            Received::StorePart(part) if fits(&part) => {
                Ok(self.completed((lead, found), (plan, part), answer, times))
            }
            _ if answer.status() == StatusCode::OK || answer.status().is_server_error() => {
                found.0.forget_parts();
                match self.settle(lead, found, ask, answer, times) {
                    Settled::Done(response) => Ok(Some(*response)),
                    Settled::Again(_) => Ok(None),
                }
            }
            _ => {
                self.misfit = true;
                self.inner.ready().await?;
                Ok(None)
            }
        }
    }

    /// What was there and what lacked, as one; `None` if the store has no room for it.
    fn completed(
        &self,
        (lead, found): (Duty, &Found),
        (plan, part): (Plan, Box<PartPlacement>),
        answer: Response<S::Body>,
        times: Times,
    ) -> Option<Response<CacheBody<S::Body>>> {
        let plan = plan.under(part.head().clone(), times.response);
        let status = CacheStatus::forward(Forward::Partial)
            .answered(answer.status())
            .stored();
        let gap = part.range.clone();
        let live = Erased::new(answer.into_body());
        let reader = self.fill_part((lead, &found.0), part, live)?;
        Some(self.assemble(&plan, Some((gap, reader)), status))
    }

    /// Starts to store a part; `None` if the store has no room for it.
    fn fill_part(
        &self,
        (lead, selected): (Duty, &Selected),
        mut part: Box<PartPlacement>,
        body: Erased<S::Body>,
    ) -> Option<Reader> {
        part.set_asked(lead.asked());
        let (store, placement) = (&self.shared.config.store, &part.placement);
        let len = part.range.end - part.range.start;
        let write = store
            .begin(&placement.key, placement.head.as_bytes(), Some(len))
            .ok()?;
        let selection = Selection::of(&self.parts.headers, selected);
        let placed = (Placed::Part(part), selection);
        let fill = Fill::new(self.shared.clone(), placed, Box::pin(body), write, lead);
        Some(fill.reader())
    }

    /// Sends an answer on while it is stored as a part of the whole.
    pub(super) fn store_part(
        &self,
        (mut lead, found, ask): (Duty, &Found, Ask),
        mut part: Box<PartPlacement>,
        answer: Response<S::Body>,
    ) -> Response<CacheBody<S::Body>> {
        part.set_asked(lead.asked());
        let (store, placement) = (&self.shared.config.store, &part.placement);
        let len = part.range.end - part.range.start;
        let head = placement.head.as_bytes();
        let write = match store.begin(&placement.key, head, Some(len)) {
            Ok(write) => write,
            Err(refused) => {
                let reason = Reason::NotKept(refused.into());
                return self.pass(lead, found, answer, ask, reason);
            }
        };
        if lead.is_joined() {
            // A part for this client: who waited may want another.
            let until = self.shared.now().mono;
            lead.part(Release::Unshared { until });
        }
        let meta = *placement.head.meta();
        let (parts, body) = answer.into_parts();
        let selection = Selection::of(&self.parts.headers, &found.0);
        let placed = (Placed::Part(part), selection);
        let body = Box::pin(Erased::new(body));
        let fill = Fill::new(self.shared.clone(), placed, body, write, lead);
        let mut response = Response::from_parts(parts, CacheBody::filling(fill.reader()));
        let ttl = meta.remaining(meta.received).as_secs();
        let status = ask.status().answered(response.status()).ttl(ttl).stored();
        status.append_to(response.headers_mut(), &self.shared.config.name);
        response
    }

    fn assemble(
        &self,
        plan: &Plan,
        live: Option<Live>,
        status: CacheStatus,
    ) -> Response<CacheBody<S::Body>> {
        let (headers, code, parts) = plan.respond(&self.shared, self.request(), status);
        let mut response = Response::new(CacheBody::assembled(plan.body(live, parts.as_ref())));
        *response.status_mut() = code;
        *response.headers_mut() = headers;
        response
    }
}

/// Brings the first slice before the head is sent: an origin that fails gives an error and no body cut short. `None` if it
/// has another response by now.
async fn begin<R>(
    shared: &Shared,
    head: Response<()>,
    mut sliced: Sliced,
) -> Option<Response<CacheBody<R>>> {
    match sliced.begin().await {
        Ok(()) => Some(head.map(|()| CacheBody::sliced(sliced))),
        Err(BodyError::Changed) => None,
        Err(_) => {
            shared.counters.add(Count::OriginError);
            let (code, reason) = (StatusCode::BAD_GATEWAY, Reason::OriginError);
            Some(respond::bare(shared, code, Some(reason)))
        }
    }
}
