//! What the origin's answer becomes: stored and sent, merged into what is stored, or replaced by it.

use core::ops::Range;

use http::{
    HeaderMap, Method, Response, StatusCode,
    header::{IF_RANGE, RANGE},
};

use super::{
    CacheBody,
    fetch::{Duty, Exchange, Found},
    origin::Origin,
    plan::ask_for,
    respond::{self, Stored},
    variants::{Chosen, chosen, other_variants, unless_one_of},
};
use crate::{
    exchange::{Received, Release, Selected, receive},
    head::Head,
    policy::{
        Collapse, Decision, Freshened, OnError, Policy, RequestHead, ResponseHead, Times, Wanted,
        Why, make_conditional, strip_conditions,
    },
    stats::Count,
    status::{CacheStatus, Forward, Reason},
};

/// Why the origin is asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ask {
    pub(super) forward: Forward,
    pub(super) collapse: Collapse,
}

impl Ask {
    pub(super) fn of(decision: &Decision, selected: &Selected, request: RequestHead<'_>) -> Self {
        let forward = match decision {
            Decision::Validate { why: Why::Request } => Forward::Request,
            Decision::Validate { .. } | Decision::HitStale { .. } => Forward::Stale,
            _ if selected.is_vary_miss() => Forward::VaryMiss,
            _ => Forward::UriMiss,
        };
        let collapse = match decision {
            Decision::Miss { collapse } => *collapse,
            _ if *request.method == Method::GET => Collapse::Yes,
            _ => Collapse::No,
        };
        Self { forward, collapse }
    }

    /// A method that has to be forwarded.
    pub(super) fn method() -> Self {
        Self {
            forward: Forward::Method,
            collapse: Collapse::No,
        }
    }

    /// A validation that no client waits for.
    pub(super) fn behind() -> Self {
        Self {
            forward: Forward::Stale,
            collapse: Collapse::Yes,
        }
    }

    pub(super) fn count(self) -> Count {
        match self.forward {
            Forward::Request | Forward::Stale => Count::Validation,
            _ => Count::Miss,
        }
    }

    pub(super) fn status(self) -> CacheStatus {
        CacheStatus::forward(self.forward)
    }
}

/// What came of an answer.
pub(super) enum Settled<R> {
    /// Ask again, without conditions.
    Again(Duty),
    Done(Box<Response<CacheBody<R>>>),
}

impl<S: Origin<B>, B: Send + 'static> Exchange<S, B> {
    /// Asks the origin, by a conditional request if something is stored.
    pub(super) async fn fetch(
        mut self,
        mut lead: Duty,
        mut found: Found,
        ask: Ask,
    ) -> Result<Response<CacheBody<S::Body>>, S::Error> {
        let mut slice = self.first_slice(&found, ask);
        let mut others = match &slice {
            None => other_variants(&self.shared, (&self.parts).into(), &found, ask).await,
            Some(_) => Vec::new(),
        };
        loop {
            let mut request = self.outgoing();
            condition(
                request.headers_mut(),
                slice.as_ref(),
                (&found, &others),
                ask,
            );
            let (answer, times) = match self.send(request).await {
                Ok(answered) => answered,
                Err(error) => return self.failed(lead, &found, ask, error),
            };
            if slice.take().is_some() && matches!(answer.status().as_u16(), 206 | 416) {
                match self.begin_slices(lead, &found, (answer, times)) {
                    Ok(response) => return Ok(response),
                    Err(again) => lead = again,
                }
                self.inner.ready().await?;
                continue;
            }
            let named = !others.is_empty() && answer.status() == StatusCode::NOT_MODIFIED;
            let other = chosen(core::mem::take(&mut others), &answer);
            if let Some(other) = &other {
                let chosen = Chosen {
                    request: (&self.parts).into(),
                    found: &found,
                    other,
                    answer: ResponseHead::from(&answer),
                    times,
                };
                // What is not copied is served all the same.
                let _ = chosen.copy(&self.shared, &lead).await;
            }
            let settled = match &other {
                None if named => Settled::Again(lead),
                other => self.settle(lead, other.as_ref().unwrap_or(&found), ask, answer, times),
            };
            match settled {
                Settled::Done(response) => return Ok(*response),
                Settled::Again(again) => lead = again,
            }
            found.0.forget_head();
            found.1 = None;
            strip_conditions(&mut self.parts.headers);
            self.inner.ready().await?;
        }
    }

    /// Makes a response of the origin's answer.
    pub(super) fn settle(
        &self,
        lead: Duty,
        found: &Found,
        ask: Ask,
        answer: Response<S::Body>,
        times: Times,
    ) -> Settled<S::Body> {
        let head = ResponseHead::from(&answer);
        let policy = &self.shared.config.policy;
        let done = |response| Settled::Done(Box::new(response));
        match receive(policy, self.request(), head, &found.0, times) {
            Received::Store(placement) => done(self.store(lead, found, placement, answer, ask)),
            Received::StorePart(part) => done(self.store_part((lead, found, ask), part, answer)),
            Received::Freshened(mut head) => {
                head.set_asked(lead.asked());
                done(self.freshened(lead, found, &head, ask, times))
            }
            Received::ServeStale => {
                self.shared.counters.add(Count::OriginError);
                if let Some(response) = self.stale(found, ask, Some(answer.status())) {
                    lead.release(Release::Failed);
                    return done(response);
                }
                done(self.pass(lead, found, answer, ask, Reason::OriginError))
            }
            Received::Refetch => Settled::Again(lead),
            Received::Pass(reason) => {
                self.learn_from_head(&lead, found, head, times);
                done(self.pass(lead, found, answer, ask, Reason::NotStored(reason)))
            }
        }
    }

    pub(super) fn failed<R>(
        &self,
        lead: Duty,
        found: &Found,
        ask: Ask,
        error: S::Error,
    ) -> Result<Response<CacheBody<R>>, S::Error> {
        self.shared.counters.add(Count::OriginError);
        let answer = self.stale(found, ask, None);
        lead.release(Release::Failed);
        match answer {
            Some(response) => Ok(response),
            // RFC 9111 section 5.2.2.2: what must be validated and cannot be is a 504.
            None if found.1.is_some() => Ok(respond::bare(
                &self.shared,
                StatusCode::GATEWAY_TIMEOUT,
                Some(Reason::OriginError),
            )),
            None => Err(error),
        }
    }

    /// The stored response in place of an answer that did not come or was an error, if it may stand in.
    pub(super) fn stale<R>(
        &self,
        found: &Found,
        ask: Ask,
        answer: Option<StatusCode>,
    ) -> Option<Response<CacheBody<R>>> {
        let (head, entry) = (found.0.head()?, found.1.as_ref()?);
        let on_error =
            self.shared
                .config
                .policy
                .on_error(self.request(), head.meta(), self.shared.now());
        let OnError::ServeStale { age, remaining } = on_error else {
            return None;
        };
        self.shared.counters.add(Count::StaleOnError);
        self.shared.counters.give(Reason::OriginError);
        let mut status = ask.status().ttl(remaining.as_secs());
        status = status.because(Reason::OriginError);
        if let Some(answer) = answer {
            status = status.answered(answer);
        }
        let stored = Stored {
            head: head.clone(),
            entry,
            age,
        };
        let wanted = Wanted::of(self.request(), head, entry.content.len());
        Some(stored.response(&self.shared, self.request(), wanted, status))
    }

    fn freshened<R>(
        &self,
        lead: Duty,
        found: &Found,
        head: &Head,
        ask: Ask,
        times: Times,
    ) -> Response<CacheBody<R>> {
        let store = &self.shared.config.store;
        let Some(entry) = &found.1 else {
            return respond::bare(
                &self.shared,
                StatusCode::BAD_GATEWAY,
                Some(Reason::OriginError),
            );
        };
        let alike = found.0.is_selected_alike(head);
        lead.if_valid(|| {
            if alike {
                store.replace_head(found.0.key(), &entry.content, head.as_bytes());
            } else {
                // Under another Vary the response would have to stand under another key.
                store.remove(found.0.key());
            }
        });
        lead.release(Release::LookAgain);
        let (age, remaining) = (
            head.meta().age(times.response),
            head.meta().remaining(times.response),
        );
        let part = Wanted::of(self.request(), head, entry.content.len());
        let status = ask
            .status()
            .answered(StatusCode::NOT_MODIFIED)
            .ttl(remaining.as_secs())
            .stored();
        Stored {
            head: head.clone(),
            entry,
            age,
        }
        .response(&self.shared, self.request(), part, status)
    }

    /// RFC 9111 section 4.3.5: the answer to a HEAD freshens the stored GET, or shows that it no longer holds.
    fn learn_from_head(&self, lead: &Duty, found: &Found, answer: ResponseHead<'_>, times: Times) {
        let (Some(stored), Some(entry)) = (found.0.head(), &found.1) else {
            return;
        };
        if *self.request().method != Method::HEAD || answer.status != StatusCode::OK {
            return;
        }
        let (policy, store) = (&self.shared.config.policy, &self.shared.config.store);
        let len = entry.content.len().unwrap_or_default();
        let freshened = policy.freshen_by_head(self.request(), (stored, len), answer, times);
        lead.if_valid(|| match freshened {
            Freshened::Updated(mut head) => {
                head.set_asked(lead.asked());
                _ = store.replace_head(found.0.key(), &entry.content, head.as_bytes());
            }
            Freshened::Mismatch => _ = store.remove(found.0.key()),
        });
    }

    /// Sends an answer on that is not stored.
    pub(super) fn pass(
        &self,
        lead: Duty,
        found: &Found,
        answer: Response<S::Body>,
        ask: Ask,
        reason: Reason,
    ) -> Response<CacheBody<S::Body>> {
        let failure = Policy::is_failure(answer.status());
        let whole = !matches!(
            answer.status(),
            StatusCode::PARTIAL_CONTENT | StatusCode::NOT_MODIFIED
        );
        if found.1.is_some() && *self.request().method == Method::GET && whole && !failure {
            // What is stored has been superseded by something that may not be.
            lead.if_valid(|| _ = self.shared.config.store.remove(found.0.key()));
        }
        match ask.collapse {
            Collapse::Yes if failure => lead.release(Release::Unshared {
                until: self.shared.now().mono,
            }),
            Collapse::Yes => lead.release(self.shared.unshared()),
            Collapse::No => drop(lead),
        }
        self.shared.counters.give(reason);
        let status = ask.status().answered(answer.status()).because(reason);
        let mut response = answer.map(CacheBody::pass);
        status.append_to(response.headers_mut(), &self.shared.config.name);
        response
    }
}

/// Asks for a slice, or for the whole on condition that nothing stored will do.
fn condition(
    headers: &mut HeaderMap,
    slice: Option<&Range<u64>>,
    (found, others): (&Found, &[Found]),
    ask: Ask,
) {
    if let Some(slice) = slice {
        ask_for(headers, slice, None);
    } else if let Some(stored) = found.0.head() {
        make_conditional(headers, stored);
    } else if ask.collapse == Collapse::Yes {
        // The answer is for others, too.
        headers.remove(RANGE);
        headers.remove(IF_RANGE);
        unless_one_of(headers, others);
    }
}
