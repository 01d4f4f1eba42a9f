//! Who sends the next request.

use super::Cli;

/// One who sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Sender {
    /// Over the limit, again and again.
    Offender(u32),
    /// Below the limit.
    Client(u32),
    /// Never seen before, never seen again.
    OneShot(u64),
}

/// Draws senders, each kind as often as it sends: arrivals of each are a Poisson process.
pub(super) struct Crowd {
    offenders: u32,
    clients: u32,
    /// Requests per second of each kind.
    offending: u64,
    total: u64,
    next: u64,
    state: u64,
}

impl Crowd {
    pub(super) fn new(cli: &Cli) -> Self {
        let limit = cli.limit.count().get() as f64 / cli.limit.period().as_secs_f64();
        let offending = (f64::from(cli.offenders) * limit * 5.0) as u64;
        Self {
            offenders: cli.offenders,
            clients: cli.clients,
            offending,
            total: offending + u64::from(cli.clients) + u64::from(cli.flood),
            next: 0,
            state: cli.seed,
        }
    }

    /// Requests per second of all together.
    pub(super) const fn per_second(&self) -> u64 {
        self.total
    }

    pub(super) fn next(&mut self) -> Sender {
        let draw = self.below(self.total);
        if draw < self.offending {
            return Sender::Offender(self.below(self.offenders.into()) as u32);
        }
        if draw < self.offending + u64::from(self.clients) {
            return Sender::Client(self.below(self.clients.into()) as u32);
        }
        self.next += 1;
        Sender::OneShot(self.next)
    }

    /// A number below `end`, by splitmix64.
    fn below(&mut self, end: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.state;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^= word >> 31;
        ((u128::from(word) * u128::from(end)) >> 64) as u64
    }
}
