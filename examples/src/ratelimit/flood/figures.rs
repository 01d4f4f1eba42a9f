//! What the flood did.

use std::{fmt, time::Duration};

use eaves_common::units::Rate;
use eaves_ratelimit::table::Occupancy;

/// Figures from the start until now.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    /// Simulated seconds.
    pub seconds: u32,
    /// Checks of all.
    pub checks: u64,
    /// Time that the checks took.
    pub took: Duration,
    /// The longest thousand checks.
    pub worst_thousand: Duration,
    /// Requests of offenders that were admitted.
    pub offences_admitted: u64,
    /// Offenders that have sent.
    pub offenders: u64,
    /// Requests of clients below the limit that were denied.
    pub clients_denied: u64,
    /// Requests with keys of their own that were denied.
    pub one_shots_denied: u64,
    /// How full the table is.
    pub occupancy: Occupancy,
}

impl Figures {
    /// How much more offenders were admitted than their limit allows, in percent; below zero at the
    /// start, when they have not yet used it up.
    #[must_use]
    pub fn over_admitted(&self, limit: Rate) -> f64 {
        let rate = limit.count().get() as f64 / limit.period().as_secs_f64();
        let each = rate * f64::from(self.seconds) + limit.burst().get() as f64;
        let ideal = each * self.offenders as f64;
        100.0 * (self.offences_admitted as f64 - ideal) / ideal
    }

    /// The figures as one line.
    #[must_use]
    pub fn line(&self, limit: Rate) -> impl fmt::Display {
        let offenders = match self.offenders {
            0 => "none".to_owned(),
            _ => format!("{:+.3} %", self.over_admitted(limit)),
        };
        format!(
            "{:>3} s  {:>5.1} ns/check  worst 1000 {:>6.1} us  table {} KiB  evicted {:>9}  \
             offenders {offenders}  clients denied {}  one-shots denied {}",
            self.seconds,
            self.took.as_nanos() as f64 / self.checks.max(1) as f64,
            self.worst_thousand.as_nanos() as f64 / 1_000.0,
            self.occupancy.bytes / 1_024,
            self.occupancy.evicted,
            self.clients_denied,
            self.one_shots_denied,
        )
    }
}
