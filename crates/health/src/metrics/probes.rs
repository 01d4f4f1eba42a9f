//! What the driver counts.

use ::metrics::{counter, gauge, histogram};

use super::{CERTIFICATE, EVENTS, LOOKUPS, ORIGINS, PROBE_DURATION, PROBES};
use crate::{
    driver::Finding,
    monitor::{Change, Event, Standing},
    pool::Mode,
    probe::{Reason, Verdict},
};

pub(crate) fn probe(kind: &'static str, finding: &Finding) {
    let verdict = match &finding.verdict {
        Verdict::Pass { .. } => "pass",
        Verdict::Degraded { .. } => "degraded",
        Verdict::Fail(Reason::Broken { .. }) => "broken",
        Verdict::Fail(_) => "fail",
    };
    counter!(PROBES, "kind" => kind, "verdict" => verdict).increment(1);
    if let Some(latency) = finding.verdict.latency() {
        histogram!(PROBE_DURATION, "kind" => kind).record(latency);
    }
}

pub(crate) fn event(event: &Event) {
    let to = match &event.change {
        Change::Mode {
            to: Mode::Panic, ..
        } => "panic".to_owned(),
        Change::Mode { .. } => "normal".to_owned(),
        Change::Origin { to, .. } => to.to_string(),
    };
    counter!(EVENTS, "pool" => event.pool.to_string(), "to" => to).increment(1);
}

pub(crate) fn lookup(succeeded: bool) {
    let result = if succeeded { "ok" } else { "failed" };
    counter!(LOOKUPS, "result" => result).increment(1);
}

pub(crate) fn standing(pool: &str, standing: Standing, count: usize) {
    let labels = [
        ("pool", pool.to_owned()),
        ("standing", standing.to_string()),
    ];
    gauge!(ORIGINS, &labels).set(count as f64);
}

pub(crate) fn certificate(pool: &str, days: f64) {
    gauge!(CERTIFICATE, "pool" => pool.to_owned()).set(days);
}
