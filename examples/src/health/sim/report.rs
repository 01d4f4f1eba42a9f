//! [`Report`]: what `health-sim` prints.

use eaves_health::ConfigError;
use serde::Serialize;

use super::{Contender, Oracle, Ours, PEERS, Scenario, Score, peer, play};
use eaves_health::monitor::Preset;

/// What a run came to, beside the best that could be.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Requests that came.
    pub requests: u64,
    /// Those that failed in the end.
    pub failed: u64,
    /// Good answers that took long.
    pub slow: u64,
    /// Those that fail with perfect knowledge.
    pub oracle_failed: u64,
    /// Good answers that take long with perfect knowledge.
    pub oracle_slow: u64,
    /// From the first fault until its origin was out.
    pub detect_ms: Option<f64>,
    /// Origins put out that had not been bad.
    pub false_ejections: u64,
    /// Probes sent.
    pub probes: u64,
    /// What happened second by second.
    #[serde(skip)]
    pub score: Score,
}

/// Who plays: the crate with a preset, or a peer by name.
#[derive(Clone, Copy, Debug)]
pub enum Who<'a> {
    /// The crate.
    Ours(Preset),
    /// Another's detector.
    Peer(&'a str),
}

/// Plays a scenario, and the oracle beside it.
///
/// # Errors
///
/// Says why the pool cannot be, or that there is no such peer.
pub fn report(scenario: &Scenario, who: Who<'_>) -> Result<Report, eaves_common::Error> {
    let mut contender = contender(scenario, who)?;
    let score = play(scenario, &mut *contender);
    let oracle = play(scenario, &mut Oracle::new(scenario));
    Ok(Report {
        requests: score.requests,
        failed: score.failed,
        slow: score.slow,
        oracle_failed: oracle.failed,
        oracle_slow: oracle.slow,
        detect_ms: score
            .detected
            .map(|time| (time.as_secs_f64() * 1e6).round() / 1e3),
        false_ejections: score.false_ejections,
        probes: score.probes,
        score,
    })
}

fn contender(scenario: &Scenario, who: Who<'_>) -> Result<Box<dyn Contender>, eaves_common::Error> {
    match who {
        Who::Ours(preset) => {
            let ours: Result<Ours, ConfigError> =
                Ours::new(scenario, preset.check(), preset.policy());
            Ok(Box::new(ours?))
        }
        Who::Peer(name) => peer(name, scenario).ok_or_else(|| {
            eaves_common::Error::new(
                eaves_common::ErrorKind::Invalid,
                format!("there is no detector {name:?}, use {}", PEERS.join(", ")),
            )
        }),
    }
}
