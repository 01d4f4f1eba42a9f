//! The limiter in front of everything: who a client is, and what it is told.

use std::net::IpAddr;

use eaves_common::time::Clock;
use eaves_ratelimit::{
    Hold, Limiter,
    key::{ClientAddress, Facts},
};
use http::{HeaderMap, Response, StatusCode, request::Parts};

use super::http::{Body, text};

/// Limits as configured, and how clients are told apart.
#[derive(Debug)]
pub struct Limits {
    limiter: Limiter,
    client: ClientAddress,
}

/// What the limiter says about a request.
#[derive(Debug)]
pub enum Admission {
    /// It may pass; its response carries these fields, and until there is one it is under way.
    Pass(HeaderMap, Hold),
    /// It may not: this is its answer.
    Deny(Response<Body>),
}

impl Limits {
    /// Puts a limiter behind a way of finding client addresses.
    #[must_use]
    pub fn new(limiter: Limiter, client: ClientAddress) -> Self {
        Self { limiter, client }
    }

    /// Returns the limiter, for its counts.
    #[must_use]
    pub fn limiter(&self) -> &Limiter {
        &self.limiter
    }

    /// Decides about a request from `peer`.
    ///
    /// If a proxy before this one was to name the client and did not, the request has no client
    /// address: rules keyed by it count all such requests together.
    #[must_use]
    pub fn admit(&self, peer: IpAddr, request: &Parts, clock: &impl Clock) -> Admission {
        let facts = match self.client.find(peer, &request.headers) {
            Ok(client) => Facts::of(client),
            Err(_) => Facts::default(),
        };
        let facts = facts.request(request);
        let now = self.limiter.time_by(clock);
        let decision = self.limiter.check(&facts, now);
        let mut headers = HeaderMap::new();
        decision.write_headers(&mut headers);
        let Some(status) = decision.status() else {
            return Admission::Pass(headers, self.limiter.hold(&facts, 1));
        };
        let mut response = text(status, explain(status, decision.rule()));
        response.headers_mut().extend(headers);
        Admission::Deny(response)
    }
}

fn explain(status: StatusCode, rule: Option<&str>) -> String {
    let rule = rule.unwrap_or("a rule");
    match status {
        StatusCode::TOO_MANY_REQUESTS => {
            format!("over the limit of {rule}; come back after Retry-After seconds\n")
        }
        _ => format!("the limit {rule} needs to know more of a request than this one says\n"),
    }
}
