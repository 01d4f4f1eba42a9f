//! What would be done about a request, told in steps.

use core::{
    future::{Future, poll_fn},
    pin::pin,
    task::{Context, Poll, Waker},
};

use super::{
    CacheLayer,
    partial::plan_parts,
    plan::Standing,
    shared::{Search, Shared},
};
use crate::{
    exchange::{FlightState, Lookup, Selected},
    key::KeyError,
    policy::{Collapse, Decision, Explanation, RequestHead},
    store::{Entry, Medium},
};

impl CacheLayer {
    /// Tells what would be done about a request now, and why: its key, what is stored of the response that it selects and
    /// where, the sum of its freshness. It asks nobody and changes nothing but the order in which the store evicts.
    ///
    /// # Errors
    /// If the request names no host.
    ///
    /// # Cancel safety
    /// It may be dropped at any time.
    pub async fn explained(&self, request: RequestHead<'_>) -> Result<Explanation, KeyError> {
        let (shared, keys) = (&self.shared, &self.shared.config.keys);
        let key = keys.key(request)?;
        let mut search = Search::new(Lookup::under(keys, key.clone(), request));
        let found = poll_fn(|cx| search.poll(shared, request, cx)).await;
        let (selected, entry) = &found;
        let len = entry.as_ref().and_then(|entry| entry.content.len());
        let (head, whole) = match selected.parts() {
            Some(parts) => (Some(&parts.head), Some(parts.complete)),
            None => (selected.head(), len),
        };
        let mut told = shared
            .config
            .policy
            .explain(request, head, whole, shared.now());
        if let Some(step) = flight(shared, selected, told.decision()) {
            told.prepend("flight", step.to_owned(), "RFC 9111 section 4");
        }
        let mut media = entry.iter().map(medium_of).collect();
        if selected.parts().is_some() {
            let standing = match plan_parts(shared, request, &found).await {
                Some((plan, standing)) => {
                    media = plan.media(shared, selected).await;
                    Some(standing)
                }
                None => None,
            };
            if let Some(step) = parts(standing.as_ref()) {
                told.prepend("parts", step, "RFC 9111 section 3.4");
            }
        }
        if let Some(found) = selected.stored_as(len) {
            let found = format!("{found}{}", resting(media));
            told.prepend("store", found, "RFC 9111 section 3.3");
        }
        if let Some(variant) = selected.variant() {
            told.prepend("variant", variant, "RFC 9111 section 4.1");
        }
        told.prepend("key", key.to_string(), "RFC 9111 section 2");
        Ok(told)
    }

    /// The same at once, where no task can wait; `None` if the store does not answer at once.
    ///
    /// # Errors
    /// If the request names no host.
    pub fn explain(&self, request: RequestHead<'_>) -> Result<Option<Explanation>, KeyError> {
        let mut cx = Context::from_waker(Waker::noop());
        match pin!(self.explained(request)).poll(&mut cx) {
            Poll::Ready(told) => told.map(Some),
            Poll::Pending => Ok(None),
        }
    }
}

fn medium_of(entry: &Entry) -> Medium {
    entry.content.medium()
}

/// Where it rests, in words.
fn resting(mut media: Vec<Medium>) -> String {
    media.sort_unstable();
    media.dedup();
    let words: Vec<_> = media.iter().map(|medium| medium.as_str()).collect();
    match words.is_empty() {
        true => String::new(),
        false => format!(", in the tier {}", words.join(" and ")),
    }
}

/// What parts come to beside what the whole would.
fn parts(standing: Option<&Standing>) -> Option<String> {
    match standing {
        None => Some("of no use to this request".to_owned()),
        Some(Standing::Lacks(gap)) => Some(format!(
            "bytes {} to before {} would be asked for",
            gap.start, gap.end
        )),
        Some(_) => None,
    }
}

/// Whether the request would wait for another's answer, as far as it would ask the origin at all.
fn flight(shared: &Shared, selected: &Selected, decision: &Decision) -> Option<&'static str> {
    let asks = match decision {
        Decision::Validate { .. } => true,
        Decision::Miss { collapse } => *collapse == Collapse::Yes,
        _ => false,
    };
    match shared.flights.state(selected, shared.now().mono) {
        FlightState::UnderWay => Some("another request for the same is under way"),
        FlightState::Unshared if asks => {
            Some("its answers could not be shared lately: it would not wait")
        }
        FlightState::None if asks => Some("nobody asks for the same: others would wait for it"),
        _ => None,
    }
}
