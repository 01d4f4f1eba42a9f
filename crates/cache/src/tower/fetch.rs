//! [`Exchange`]: what a request goes through that the store alone cannot answer.

use core::{future::poll_fn, pin::pin, task::Poll};
use std::sync::{Arc, Weak};

use http::{Method, Request, Response, Uri, header::RANGE, request};
use http_body::Body;

use super::{
    Alarm, CacheBody, Ranges, RequestBody,
    answer::Ask,
    fill::Fill,
    origin::Origin,
    partial::plan_parts,
    plan::{Plan, Standing, ask_for, forget_known},
    present::without_origin,
    respond,
    shared::{Search, Shared},
    waited::Turn,
};
use crate::{
    exchange::{
        Found as Step, Joined, Lead, Lookup, Outcome, Received, Release, Selected, Wait, receive,
    },
    key::Key,
    policy::{
        Bypass, Collapse, Decision, Invalidation, RequestHead, ResponseHead, Revalidate,
        SameOrigin, Times, strip_conditions,
    },
    purge::{Purge, invalidated_groups},
    stats::Count,
    status::{CacheStatus, Forward, Reason},
    store::Entry,
};

/// What a lookup found.
pub(super) type Found = (Selected, Option<Entry>);
/// The duty to ask the origin.
pub(super) type Duty = Lead<Weak<Fill>>;

/// One request on its way, and the service that answers it if the store does not.
pub(super) struct Exchange<S, B> {
    pub(super) shared: Arc<Shared>,
    pub(super) inner: S,
    pub(super) parts: request::Parts,
    pub(super) body: Option<B>,
    /// What lacks was asked for, and did not fit what is stored: it is not asked for again.
    pub(super) misfit: bool,
}

/// How often one request waits for others before it asks for itself.
const ROUNDS: usize = 2;

impl<S, B> Exchange<S, B> {
    pub(super) fn new(shared: Arc<Shared>, inner: S, parts: request::Parts, body: B) -> Self {
        Self {
            shared,
            inner,
            parts,
            body: Some(body),
            misfit: false,
        }
    }

    pub(super) fn request(&self) -> RequestHead<'_> {
        RequestHead::from(&self.parts)
    }

    /// The request as it goes to the origin: with the client's body the first time, without any later.
    pub(super) fn outgoing(&mut self) -> Request<RequestBody<B>> {
        let body = self
            .body
            .take()
            .map_or_else(RequestBody::empty, RequestBody::from);
        Request::from_parts(self.parts.clone(), body)
    }
}

impl<S: Origin<B>, B: Send + 'static> Exchange<S, B> {
    /// Sends a request to the origin; returns the answer's head and when both passed.
    pub(super) async fn send(
        &mut self,
        request: Request<RequestBody<B>>,
    ) -> Result<(Response<S::Body>, Times), S::Error> {
        let sent = self.shared.now();
        let answer = self.inner.send(request).await?;
        let times = Times {
            request: sent,
            response: self.shared.now(),
        };
        Ok((answer, times))
    }

    /// Passes a request on that is not for a cache.
    pub(super) async fn bypass(
        mut self,
        reason: Bypass,
        key: Key,
    ) -> Result<Response<CacheBody<S::Body>>, S::Error> {
        self.shared.counters.add(Count::Bypass);
        self.shared.counters.give(Reason::Bypass(reason));
        let request = self.outgoing();
        let asked = self.shared.purges.epoch();
        let answered = self.send(request).await;
        let (answer, times) =
            answered.inspect_err(|_| self.shared.counters.add(Count::OriginError))?;
        self.invalidate(&key, ResponseHead::from(&answer));
        if reason == Bypass::Method {
            return Ok(self.after_method(key, answer, (times, asked)));
        }
        let status = CacheStatus::forward(Forward::Bypass)
            .answered(answer.status())
            .because(Reason::Bypass(reason));
        let mut response = answer.map(CacheBody::pass);
        status.append_to(response.headers_mut(), &self.shared.config.name);
        Ok(response)
    }

    /// Stores the answer to a POST if it is what a GET would give (RFC 9110 section 9.3.3).
    fn after_method(
        &self,
        key: Key,
        answer: Response<S::Body>,
        (times, asked): (Times, u64),
    ) -> Response<CacheBody<S::Body>> {
        let keys = &self.shared.config.keys;
        let lookup = Lookup::under(keys, key, self.request());
        let nothing = lookup.found(self.request(), None);
        let policy = &self.shared.config.policy;
        if let (&Method::POST, Step::Selected(selected)) = (&self.parts.method, nothing) {
            let received = receive(
                policy,
                self.request(),
                ResponseHead::from(&answer),
                &selected,
                times,
            );
            if let Received::Store(placement) = received {
                let lead = self.shared.flights.lead_alone(&selected).asked_at(asked);
                return self.store(lead, &(selected, None), placement, answer, Ask::method());
            }
        }
        let status = CacheStatus::forward(Forward::Method).answered(answer.status());
        let mut response = answer.map(CacheBody::pass);
        status.append_to(response.headers_mut(), &self.shared.config.name);
        response
    }

    fn invalidate(&self, key: &Key, answer: ResponseHead<'_>) {
        let Some(named) = Invalidation::of(self.request(), answer) else {
            return;
        };
        self.shared.invalidate(key);
        for group in invalidated_groups(answer.headers) {
            let _ = self.shared.purge(&Purge::group(key, &group));
        }
        let Ok(target) = key.to_string().parse::<Uri>() else {
            return;
        };
        for uri in named
            .locations()
            .filter_map(|text| SameOrigin(&target).resolve(text))
        {
            if let Ok(key) = self.shared.config.keys.key_of_uri(&uri) {
                self.shared.invalidate(&key);
            }
        }
    }

    /// Finishes a lookup that the store could not answer at once.
    pub(super) async fn search(
        self,
        mut search: Search,
    ) -> Result<Response<CacheBody<S::Body>>, S::Error> {
        let found = search_on(&self.shared, &self.parts, &mut search).await;
        self.run(found).await
    }

    /// Answers from the store, from another's answer, or from the origin.
    pub(super) async fn run(
        mut self,
        mut found: Found,
    ) -> Result<Response<CacheBody<S::Body>>, S::Error> {
        let (mut rounds, mut waited) = (0, None);
        let since = self.shared.now().mono;
        loop {
            let (ask, plan) = match self.next(&mut found, waited).await? {
                Next::Answer(response) => return Ok(*response),
                Next::Bypass(reason) => {
                    return self.bypass(reason, found.0.primary().clone()).await;
                }
                Next::Ask(ask, plan) => (ask, plan),
            };
            self.count(ask, &found.0);
            let collapse = if rounds < ROUNDS {
                ask.collapse
            } else {
                Collapse::No
            };
            let turn = match self.join(&found.0, collapse) {
                Joined::Lead(lead) => Turn::Lead(lead),
                Joined::Wait(mut wait) => {
                    self.shared.counters.add(Count::Collapsed);
                    match wait_for(&mut wait, self.shared.alarm()).await {
                        Some(outcome) => {
                            let plan = match (&outcome, &plan) {
                                (Outcome::Released(Release::Failed), Some(plan)) => {
                                    without_origin(&self.shared, &found.0, plan).await
                                }
                                _ => None,
                            };
                            self.waited(outcome, (&found, plan), (ask, since))
                        }
                        None => Turn::Alone,
                    }
                }
            };
            match turn {
                Turn::Respond(response) => return Ok(*response),
                Turn::Lead(lead) => return self.lead(lead, ask).await,
                Turn::Alone => {
                    let lead = self.shared.flights.lead_alone(&found.0);
                    return self.lead(lead, ask).await;
                }
                Turn::Again => {
                    rounds += 1;
                    waited = Some(ask);
                    found = look(&self.shared, &self.parts, found.0.primary()).await;
                }
            }
        }
    }

    /// What follows from what the store has; `waited` if another's request brought it.
    async fn next(
        &mut self,
        found: &mut Found,
        waited: Option<Ask>,
    ) -> Result<Next<S::Body>, S::Error> {
        if let Some(planned) = plan_parts(&self.shared, (&self.parts).into(), found).await
            && let Some(next) = self.next_by_parts(found, planned, waited).await?
        {
            return Ok(next);
        }
        let decision = respond::decide(&self.shared, self.request(), found);
        if let Some(response) = self.serve_stored(found, &decision, waited) {
            return Ok(Next::Answer(Box::new(response)));
        }
        if let Decision::Bypass { reason } = decision {
            return Ok(Next::Bypass(reason));
        }
        Ok(Next::Ask(self.asking(&decision, &found.0), None))
    }

    /// Why the origin is asked, and whether for others, too.
    fn asking(&self, decision: &Decision, selected: &Selected) -> Ask {
        let mut ask = Ask::of(decision, selected, self.request());
        if ask.collapse == Collapse::No && self.cuts_ranges(decision) {
            ask.collapse = Collapse::Yes;
        }
        ask
    }

    fn count(&self, ask: Ask, selected: &Selected) {
        self.shared.counters.add(ask.count());
        self.shared.counters.give(ask.forward.into());
        if selected.is_vary_miss() {
            self.shared.counters.add(Count::VaryMiss);
        }
    }

    /// Says whether the range that a request wants is cut from the whole response, which others may share: it would
    /// be shared if the request wanted all of it.
    fn cuts_ranges(&self, decision: &Decision) -> bool {
        let Decision::Miss { .. } = decision else {
            return false;
        };
        if self.shared.config.ranges == Ranges::PassThrough
            || !self.parts.headers.contains_key(RANGE)
        {
            return false;
        }
        let mut headers = self.parts.headers.clone();
        headers.remove(RANGE);
        let request = RequestHead {
            headers: &headers,
            ..self.request()
        };
        let policy = &self.shared.config.policy;
        let collapse = Collapse::Yes;
        policy.decide(request, None, None, self.shared.now()) == Decision::Miss { collapse }
    }

    /// Serves what needs no origin, or only one in the background.
    fn serve_stored(
        &self,
        found: &mut Found,
        decision: &Decision,
        waited: Option<Ask>,
    ) -> Option<Response<CacheBody<S::Body>>> {
        if let Some(ask) = waited {
            // RFC 9211 section 2.4: another's request brought it.
            let status = ask.status().collapsed();
            return respond::stored_as(&self.shared, self.request(), found, decision, status);
        }
        let background = Revalidate::Background;
        if matches!(decision, Decision::HitStale { revalidate, .. } if *revalidate == background) {
            self.revalidate(found, None)?;
        }
        respond::from_store(&self.shared, self.request(), found, decision)
    }

    /// Starts a validation in the background, unless one is under way; `None` if nobody runs tasks. Of parts it asks for
    /// no more than is stored.
    pub(super) fn revalidate(&self, found: &Found, plan: Option<&Plan>) -> Option<()> {
        let spawner = self.shared.config.spawner.as_ref()?;
        let Joined::Lead(lead) = self.join(&found.0, Collapse::Yes) else {
            return Some(());
        };
        self.shared.counters.add(Count::Background);
        let mut parts = self.parts.clone();
        parts.method = Method::GET;
        match plan.map(|plan| self.slice_of(&found.0, plan)) {
            None => strip_conditions(&mut parts.headers),
            Some(None) => forget_known(&mut parts.headers),
            Some(Some(slice)) => ask_for(&mut parts.headers, &slice, None),
        }
        let mut behind = Self {
            shared: self.shared.clone(),
            inner: self.inner.clone(),
            parts,
            body: None,
            misfit: false,
        };
        let ask = Ask::behind();
        spawner.spawn(Box::pin(async move {
            if behind.inner.ready().await.is_err() {
                return;
            }
            if let Ok(response) = behind.lead(lead, ask).await {
                read_to_end(response.into_body()).await;
            }
        }));
        Some(())
    }

    fn join(&self, selected: &Selected, collapse: Collapse) -> Joined<Weak<Fill>> {
        match collapse {
            Collapse::Yes => self.shared.flights.join(selected, self.shared.now().mono),
            Collapse::No => Joined::Lead(self.shared.flights.lead_alone(selected)),
        }
    }

    /// Looks again, since what was missing may have come before the lead did, and asks the origin.
    async fn lead(
        mut self,
        mut lead: Duty,
        mut ask: Ask,
    ) -> Result<Response<CacheBody<S::Body>>, S::Error> {
        let mut found = look(&self.shared, &self.parts, lead.primary()).await;
        let decision = respond::decide(&self.shared, self.request(), &found);
        // What is stale was stale before, and is what this lead is to validate.
        let answered = match decision {
            Decision::HitStale { .. } => None,
            _ => respond::from_store(&self.shared, self.request(), &mut found, &decision),
        };
        if let Some(response) = answered {
            lead.release(Release::LookAgain);
            return Ok(response);
        }
        if !self.misfit
            && let Some((plan, standing)) =
                plan_parts(&self.shared, (&self.parts).into(), &found).await
        {
            match standing {
                Standing::Holds => {
                    let response = self.serve_parts(&found.0, &plan, None);
                    lead.release(Release::LookAgain);
                    return Ok(response);
                }
                Standing::Lacks(gap) => {
                    if let Some(response) = self.complete(&mut found, plan, gap).await? {
                        lead.release(Release::LookAgain);
                        return Ok(response);
                    }
                }
                Standing::Stale(_, why) | Standing::Validate(why) => {
                    match self.validate_parts(lead, &mut found, plan, why).await? {
                        Ok(response) => return Ok(response),
                        Err(again) => lead = again,
                    }
                    // Nothing is left that the origin could be asked about.
                    let decision = respond::decide(&self.shared, self.request(), &found);
                    let Ask { collapse, .. } = self.asking(&decision, &found.0);
                    ask.collapse = collapse;
                }
            }
        }
        self.fetch(lead, found, ask).await
    }
}

/// Looks a URL up, whatever the store takes for it.
async fn look(shared: &Shared, parts: &request::Parts, primary: &Key) -> Found {
    let (keys, request) = (&shared.config.keys, RequestHead::from(parts));
    let mut search = Search::new(Lookup::under(keys, primary.clone(), request));
    search_on(shared, parts, &mut search).await
}

async fn search_on(shared: &Shared, parts: &request::Parts, search: &mut Search) -> Found {
    poll_fn(|cx| search.poll(shared, RequestHead::from(parts), cx)).await
}

/// Waits for an outcome until the alarm, if there is one.
async fn wait_for(
    wait: &mut Wait<Weak<Fill>>,
    mut alarm: Option<Alarm>,
) -> Option<Outcome<Weak<Fill>>> {
    poll_fn(|cx| {
        if let Poll::Ready(outcome) = wait.poll(cx) {
            return Poll::Ready(Some(outcome));
        }
        match &mut alarm {
            Some(alarm) => alarm.as_mut().poll(cx).map(|()| None),
            None => Poll::Pending,
        }
    })
    .await
}

/// What a request does next.
pub(super) enum Next<R> {
    Answer(Box<Response<CacheBody<R>>>),
    /// Ask the origin, for the whole or whether stored parts still hold.
    Ask(Ask, Option<Box<Plan>>),
    Bypass(Bypass),
}

/// Pulls a body through, so that what is stored of it is complete; an error ends the fill by itself.
async fn read_to_end<R>(body: CacheBody<R>)
where
    CacheBody<R>: Body,
{
    let mut body = pin!(body);
    while let Some(Ok(_)) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {}
}
