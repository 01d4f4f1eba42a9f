//! [`Contender`]: what is put to the test.

use eaves_common::time::Mono;
use eaves_health::Outcome;

/// Something that picks origins and learns from what comes of it.
pub trait Contender {
    /// Picks an origin for a request.
    fn pick(&mut self, pick: &Pick<'_>) -> Option<usize>;

    /// Learns what came of a request.
    fn settle(&mut self, request: u64, origin: usize, outcome: Outcome, now: Mono);

    /// Does what is due.
    fn advance(&mut self, now: Mono);

    /// Returns when it wants to be called at the latest.
    fn wake(&self) -> Mono;

    /// Returns a probe that it wants sent now; called until it wants none.
    fn probe(&mut self, now: Mono) -> Option<Ticket>;

    /// Learns what a probe found.
    fn probed(&mut self, ticket: Ticket, passed: bool, now: Mono);

    /// Returns the weight that it gives an origin now, of its configured one.
    fn weight(&self, origin: usize) -> f64;
}

/// A request that needs an origin.
#[derive(Clone, Copy, Debug)]
pub struct Pick<'a> {
    /// The request's number; a retry has the same.
    pub request: u64,
    /// 64 random bits.
    pub random: u64,
    /// Origins that failed it already.
    pub tried: &'a [usize],
    /// Whether each origin is bad, for the oracle's eyes only.
    pub truth: &'a [bool],
    /// When.
    pub now: Mono,
}

/// A probe under way.
#[derive(Clone, Copy, Debug)]
pub struct Ticket {
    /// Whom it asks.
    pub origin: usize,
    /// What the contender knows it by.
    pub number: u64,
}
