//! Counts and gauges through the [`metrics`](https://docs.rs/metrics) facade, whoever records them.
//!
//! | name | kind | labels |
//! |---|---|---|
//! | [`PROBES`] | counter | `kind`, `verdict` (`pass`, `degraded`, `fail`, `broken`) |
//! | [`PROBE_DURATION`] | histogram | `kind` |
//! | [`EVENTS`] | counter | `pool`, `to` (a standing, or a mode) |
//! | [`ORIGINS`] | gauge | `pool`, `standing` |
//! | [`CERTIFICATE`] | gauge | `pool` |
//! | [`LOOKUPS`] | counter | `result` (`ok`, `failed`) |
//! | [`ATTEMPTS`] | counter | `because` (`failed`, `late`, `unsent`) |
//! | [`REFUSALS`] | counter | `refusal` (why no other attempt was made) |
//!
//! Labels are few whatever the pools hold: origins are told apart by events, findings and status.

use ::metrics::{describe_counter, describe_gauge, describe_histogram};

#[cfg(feature = "tokio")]
pub(crate) use probes::{certificate, event, lookup, probe, standing};
#[cfg(feature = "tower")]
pub(crate) use requests::{attempt, refusal};

#[cfg(feature = "tokio")]
mod probes;
#[cfg(feature = "tower")]
mod requests;

/// Attempts after the first of a request.
pub const ATTEMPTS: &str = "eaves_health_attempts_total";
/// Days until the first certificate of the pool's origins ends, negative afterwards; as probes find
/// it that see certificates.
pub const CERTIFICATE: &str = "eaves_health_certificate_days";
/// Changes of standings and modes.
pub const EVENTS: &str = "eaves_health_events_total";
/// Look-ups of names.
pub const LOOKUPS: &str = "eaves_health_lookups_total";
/// Origins that stand so now; 0 for every standing once the pool is stopped.
pub const ORIGINS: &str = "eaves_health_origins";
/// Probes that came back.
pub const PROBES: &str = "eaves_health_probes_total";
/// How long probes took that passed.
pub const PROBE_DURATION: &str = "eaves_health_probe_duration_seconds";
/// Other attempts that were not made.
pub const REFUSALS: &str = "eaves_health_refusals_total";

/// Tells the recorder what each name stands for.
///
/// ```
/// eaves_health::metrics::describe(); // after a recorder was installed
/// ```
pub fn describe() {
    describe_counter!(ATTEMPTS, "Attempts after the first of a request.");
    describe_gauge!(CERTIFICATE, "Days until the pool's first certificate ends.");
    describe_counter!(EVENTS, "Changes of how origins stand and pools serve.");
    describe_counter!(LOOKUPS, "Look-ups of host names of origins.");
    describe_gauge!(ORIGINS, "Origins that stand so now.");
    describe_counter!(PROBES, "Probes that came back.");
    describe_histogram!(PROBE_DURATION, "How long probes took that passed.");
    describe_counter!(REFUSALS, "Other attempts that were not made.");
}
