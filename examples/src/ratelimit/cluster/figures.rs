//! What came of it.

use std::fmt;

use serde::Serialize;

/// One second, as a line of the table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Second {
    /// Which second.
    pub at: u32,
    /// Requests, and how many of them were admitted.
    pub requests: u64,
    /// Requests that were admitted.
    pub admitted: u64,
    /// What one limiter that sees all would have admitted.
    pub ideal: u64,
    /// Nodes whose store answers to syncs, and to strict rules.
    pub up: (usize, usize),
    /// Batches sent.
    pub syncs: u64,
    /// Mean time between syncs, in milliseconds.
    pub interval: f64,
    /// Logins, how many were let in, and the longest wait in milliseconds.
    pub logins: (u64, u64, f64),
    /// What happens to Redis.
    pub event: &'static str,
}

/// All of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Nodes.
    pub nodes: u32,
    /// Seconds.
    pub seconds: u32,
    /// Requests of the delta rule.
    pub requests: u64,
    /// Those that were admitted.
    pub admitted: u64,
    /// Those that one limiter that sees all would have admitted.
    pub ideal: u64,
    /// Admitted in parts of that.
    pub admitted_ratio: f64,
    /// The most admitted in a second, in parts of the limit and its burst.
    pub worst_window: f64,
    /// Batches per request.
    pub trips_per_request: f64,
    /// The longest decision of the delta rule, in milliseconds.
    pub longest_decision_ms: f64,
    /// Parts of the run.
    pub phases: Vec<Phase>,
    /// The most batches of all nodes within a tenth of a second: before a fault, and after it.
    pub most_syncs: (u64, u64),
    /// The strict rule.
    pub strict: Strict,
    /// How late a timer was at most, in milliseconds: waits are longer by as much on a busy machine.
    pub latest_timer_ms: f64,
}

/// A part of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Phase {
    /// What it is.
    pub name: &'static str,
    /// How long it is.
    pub seconds: f64,
    /// What was admitted, in parts of the limit of that time.
    pub admitted: f64,
    /// The same for logins.
    pub logins: f64,
}

/// What the strict rule did.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Strict {
    /// Logins.
    pub requests: u64,
    /// Those that were let in.
    pub admitted: u64,
    /// The most let in within a second, in parts of the limit and its burst.
    pub worst_window: f64,
    /// Requests that asked Redis, in parts of all.
    pub asked: f64,
    /// Of all waits the middle, the last of a thousand, and the longest, in milliseconds.
    pub waits_ms: [f64; 3],
    /// The same of timers of the deadline's length, one started with each request: what they are over it
    /// is the machine's lateness, and in the waits as well.
    pub controls_ms: [f64; 3],
    /// The most that a wait was longer than its own timer.
    pub excess_ms: f64,
    /// The deadline in milliseconds.
    pub deadline_ms: f64,
}

impl Second {
    /// What stands above the lines.
    pub const HEAD: &'static str = "second  requests  admitted     ideal  syncs up  strict up  \
                                    syncs  interval  logins    in  longest wait";
}

impl fmt::Display for Second {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (logins, let_in, wait) = self.logins;
        write!(
            f,
            "{:>6}  {:>8}  {:>8}  {:>8}  {:>8}  {:>9}  {:>5}  {:>5.0} ms  {:>6}  {:>4}  {:>9.2} ms  {}",
            self.at,
            self.requests,
            self.admitted,
            self.ideal,
            self.up.0,
            self.up.1,
            self.syncs,
            self.interval,
            logins,
            let_in,
            wait,
            self.event,
        )
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "delta:  {} of {} requests admitted, {:.3} of what one limiter would have ({}); worst second \
             {:.3} of limit and burst; {:.3} round trips a request; longest decision {:.2} ms",
            self.admitted,
            self.requests,
            self.admitted_ratio,
            self.ideal,
            self.worst_window,
            self.trips_per_request,
            self.longest_decision_ms,
        )?;
        let Strict {
            requests,
            admitted,
            worst_window,
            asked,
            waits_ms: [middle, last, longest],
            controls_ms: [control_middle, control_last, control_longest],
            excess_ms,
            deadline_ms,
        } = &self.strict;
        writeln!(
            f,
            "strict: {admitted} of {requests} logins; worst second {worst_window:.3} of limit and \
             burst; {asked:.2} round trips a request; waits: middle {middle:.2} ms, 99.9 % {last:.2} ms, \
             longest {longest:.2} ms"
        )?;
        writeln!(
            f,
            "deadline {deadline_ms} ms: a timer of that length beside each request took {control_middle:.2} \
             ms, 99.9 % {control_last:.2} ms, longest {control_longest:.2} ms; a request waited at most \
             {excess_ms:.2} ms longer than its timer (clients' timers were up to {:.2} ms late)",
            self.latest_timer_ms,
        )?;
        for phase in &self.phases {
            writeln!(
                f,
                "{:<13} {:>4.1} s: admitted {:.3} of the limit, logins {:.3}",
                phase.name, phase.seconds, phase.admitted, phase.logins
            )?;
        }
        let (before, after) = self.most_syncs;
        write!(f, "most syncs in 0.1 s: {before} before, {after} after")
    }
}

/// The most times within a second, in parts of this many.
pub(super) fn worst_window(times: &[u64], most: f64) -> f64 {
    let mut from = 0;
    let mut worst = 0;
    for (at, time) in times.iter().enumerate() {
        while times[from] + 1_000_000_000 <= *time {
            from += 1;
        }
        worst = worst.max(at + 1 - from);
    }
    worst as f64 / most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_window_slides() {
        let times: Vec<u64> = [0.0, 0.5, 0.9, 1.0, 1.4, 1.6, 5.0]
            .iter()
            .map(|time| (time * 1e9) as u64)
            .collect();
        assert!((worst_window(&times, 2.0) - 2.0).abs() < 1e-9);
        assert!(worst_window(&[], 2.0) < 1e-9);
    }
}
