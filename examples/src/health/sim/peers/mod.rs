//! The detectors of other proxies, as their documents describe them, to compare with.
//!
//! Each is a set of [`Rules`]; [`Peer`] gives it the same picks and the same probe path as
//! every other contender.

mod envoy;
mod haproxy;
mod linkerd;
mod nginx;
mod none;
mod phi;
mod pingora;
mod rules;

pub(super) use rules::weighted;
use rules::{Peer, Rules};

use super::{Contender, Scenario};

/// The names of all peers.
pub const PEERS: [&str; 10] = [
    "none",
    "pingora",
    "haproxy",
    "haproxy-observe",
    "nginx",
    "envoy-5xx",
    "envoy-sd",
    "envoy-hc",
    "linkerd",
    "phi",
];

/// Makes the peer of this name.
#[must_use]
pub fn peer(name: &str, scenario: &Scenario) -> Option<Box<dyn Contender>> {
    let count = scenario.origins.len();
    Some(match name {
        "none" => Peer::boxed(none::None, scenario),
        "pingora" => Peer::boxed(pingora::Pingora::new(count), scenario),
        "haproxy" => Peer::boxed(haproxy::Haproxy::new(count, haproxy::Observe::No), scenario),
        "haproxy-observe" => Peer::boxed(
            haproxy::Haproxy::new(count, haproxy::Observe::Layer7),
            scenario,
        ),
        "nginx" => Peer::boxed(nginx::Nginx::new(count), scenario),
        "envoy-5xx" => Peer::boxed(
            envoy::Envoy::new(count, envoy::Tests::Consecutive),
            scenario,
        ),
        "envoy-sd" => Peer::boxed(envoy::Envoy::new(count, envoy::Tests::Deviation), scenario),
        "envoy-hc" => Peer::boxed(
            envoy::Envoy::new(count, envoy::Tests::DeviationAndChecks),
            scenario,
        ),
        "linkerd" => Peer::boxed(linkerd::Linkerd::new(count), scenario),
        "phi" => Peer::boxed(phi::Phi::new(count), scenario),
        _ => return None,
    })
}
