//! Counts and gauges through the [`metrics`](https://docs.rs/metrics) facade, whoever records them.
//!
//! A check pays nothing for them: [`Limiter::publish`](crate::Limiter::publish) reads what rules count
//! anyway, from time to time, and so does `redis::Stats::publish`.
//!
//! | name | kind | labels |
//! |---|---|---|
//! | [`DECISIONS`] | counter | `limiter`, `rule`, `decision` (`allow`, `deny`, `shadow_deny`) |
//! | [`EVICTED`] | counter | `limiter`, `rule` |
//! | [`KEYLESS`] | counter | `limiter`, `rule` |
//! | [`TABLE_BYTES`] | gauge | `limiter`, `rule` |
//! | [`TABLE_CELLS`] | gauge | `limiter`, `rule` |
//! | [`TRACKED`] | gauge | `limiter`, `rule` |
//! | [`ASKED`] | counter | `engine` |
//! | [`BREAKS`] | counter | `engine` |
//! | [`FORGOTTEN`] | counter | `engine` |
//! | [`NODES`] | gauge | `engine` |
//! | [`OVERFLOWED`] | counter | `engine` |
//! | [`ROUND_TRIP`] | gauge | `engine` |
//! | [`STORE_UP`] | gauge | `engine`, `path` (`sync`, `strict`) |
//! | [`STRAY`] | counter | `engine` |
//! | [`SYNCED`] | counter | `engine` |
//! | [`SYNC_INTERVAL`] | gauge | `engine` |
//! | [`SYNCS`] | counter | `engine`, `result` (`ok`, `failed`) |
//! | [`UNANSWERED`] | counter | `engine` |
//! | [`WAITING`] | gauge | `engine` |
//!
//! Labels are few whatever is sent: no key of a request is one.

use ::metrics::{describe_counter, describe_gauge};

mod limits;
#[cfg(feature = "redis")]
mod store;

/// Requests that strict rules asked the store about.
pub const ASKED: &str = "eaves_ratelimit_asked_requests_total";
/// Times that syncs were given up for a while.
pub const BREAKS: &str = "eaves_ratelimit_store_breaks_total";
/// Requests that each rule decided about.
pub const DECISIONS: &str = "eaves_ratelimit_decisions_total";
/// Keys that were forgotten while they owed something: if they are many, the rule wants more cells.
pub const EVICTED: &str = "eaves_ratelimit_evicted_keys_total";
/// Units that were admitted and that no other node will hear of.
pub const FORGOTTEN: &str = "eaves_ratelimit_forgotten_units_total";
/// Requests that lacked a part of the rule's key, and were denied or shared one for it.
pub const KEYLESS: &str = "eaves_ratelimit_keyless_requests_total";
/// Nodes that limits are shared by, as far as is known.
pub const NODES: &str = "eaves_ratelimit_nodes";
/// Times that a key found no place among those that wait for a sync.
pub const OVERFLOWED: &str = "eaves_ratelimit_overflowed_keys_total";
/// How long the last sync took.
pub const ROUND_TRIP: &str = "eaves_ratelimit_sync_round_trip_seconds";
/// 1 while the store answers in time, 0 while rules do without it.
pub const STORE_UP: &str = "eaves_ratelimit_store_up";
/// Answers of the store that nobody waited for any more.
pub const STRAY: &str = "eaves_ratelimit_stray_answers_total";
/// Batches that were sent to the store.
pub const SYNCS: &str = "eaves_ratelimit_syncs_total";
/// Time between syncs.
pub const SYNC_INTERVAL: &str = "eaves_ratelimit_sync_interval_seconds";
/// Keys in the batches that the store took.
pub const SYNCED: &str = "eaves_ratelimit_synced_keys_total";
/// Memory of a rule's cells, all of it taken at construction.
pub const TABLE_BYTES: &str = "eaves_ratelimit_table_bytes";
/// Keys that a rule can tell apart at once.
pub const TABLE_CELLS: &str = "eaves_ratelimit_table_cells";
/// Keys that owe something now.
pub const TRACKED: &str = "eaves_ratelimit_tracked_keys";
/// Requests of strict rules that the store did not answer in time, or was not asked about since it was
/// gone.
pub const UNANSWERED: &str = "eaves_ratelimit_unanswered_requests_total";
/// Keys that wait for the next sync.
pub const WAITING: &str = "eaves_ratelimit_waiting_keys";

/// Tells the recorder what each name stands for.
///
/// ```
/// eaves_ratelimit::metrics::describe(); // after a recorder was installed
/// ```
pub fn describe() {
    describe_counter!(DECISIONS, "Requests that each rule decided about.");
    describe_counter!(EVICTED, "Keys forgotten while they owed something.");
    describe_counter!(KEYLESS, "Requests that lacked a part of the key.");
    describe_gauge!(TABLE_BYTES, "Memory of the cells.");
    describe_gauge!(TABLE_CELLS, "Keys that can be told apart at once.");
    describe_gauge!(TRACKED, "Keys that owe something now.");
    describe_counter!(ASKED, "Requests that strict rules asked about.");
    describe_counter!(BREAKS, "Times that syncs were given up for a while.");
    describe_counter!(FORGOTTEN, "Units that no other node will hear of.");
    describe_gauge!(NODES, "Nodes that share the limits.");
    describe_counter!(OVERFLOWED, "Times that a key could not wait for a sync.");
    describe_gauge!(ROUND_TRIP, "How long the last sync took.");
    describe_gauge!(STORE_UP, "Whether the store answers in time.");
    describe_counter!(STRAY, "Answers that nobody waited for any more.");
    describe_counter!(SYNCED, "Keys in the batches that the store took.");
    describe_gauge!(SYNC_INTERVAL, "Time between syncs.");
    describe_counter!(SYNCS, "Batches that were sent to the store.");
    describe_counter!(UNANSWERED, "Requests that strict rules decided alone.");
    describe_gauge!(WAITING, "Keys that wait for the next sync.");
}
