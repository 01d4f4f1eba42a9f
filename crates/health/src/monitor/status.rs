//! [`PoolStatus`]: all there is to know, for a status page.

use super::{Monitor, Standing, track::Track};
use crate::pool::{Admin, Mode, Origin, OriginId};

/// A pool as a status page shows it.
///
/// ```
/// use eaves_common::time::Now;
/// use eaves_health::{Monitor, PoolConfig, pool::OriginConfig};
///
/// let config = PoolConfig::new("web").origin(OriginConfig::new("a", "192.0.2.1:80".parse().unwrap()));
/// let status = Monitor::new(config, 1, Now::default()).unwrap().status();
/// assert_eq!(status.origins[0].name, "a");
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct PoolStatus {
    /// The pool's name.
    pub name: String,
    /// How it serves.
    pub mode: Mode,
    /// The newest snapshot's number.
    pub version: u64,
    /// Members that are healthy.
    pub healthy: usize,
    /// Probes sent since the start.
    pub probes: u64,
    /// Errors that came faster than the monitor took them; their counts were kept.
    pub late_errors: u64,
    /// The members by slot.
    pub origins: Vec<OriginStatus>,
}

/// An origin as a status page shows it.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct OriginStatus {
    /// Its id.
    pub id: OriginId,
    /// Its name.
    pub name: String,
    /// Its address.
    pub addr: String,
    /// Its configured weight.
    pub weight: u32,
    /// Whether it is no member, but a target by which the checker tests itself.
    pub canary: bool,
    /// What the operator wants of it.
    pub admin: Admin,
    /// How it stands.
    pub standing: Standing,
    /// For how many seconds it has stood so.
    pub for_seconds: f64,
    /// The share of its traffic that it takes.
    pub share: f64,
    /// What is in flight to it.
    pub in_flight: u32,
    /// Whether its probes pass; nothing before the first.
    pub probed_up: Option<bool>,
    /// Why the latest failed probe failed.
    pub last_failure: Option<String>,
    /// The share of errors among recent requests.
    pub error_share: f64,
    /// How many requests that is about.
    pub samples: f64,
    /// The average latency of recent answers, in milliseconds.
    pub latency_ms: Option<f64>,
}

impl Monitor {
    /// Returns everything a status page shows.
    #[must_use]
    pub fn status(&self) -> PoolStatus {
        let members = self.members.iter();
        let origins: Vec<OriginStatus> = members
            .filter_map(|(slot, origin)| {
                Some(self.origin_status(origin, self.track(slot)?, self.hub.in_flight(slot)))
            })
            .collect();
        PoolStatus {
            name: self.name.to_string(),
            mode: self.mode,
            version: self.version,
            healthy: origins
                .iter()
                .filter(|origin| origin.standing.is_healthy() && !origin.canary)
                .count(),
            probes: self.probes_sent(),
            late_errors: self.hub.overflowed(),
            origins,
        }
    }

    /// Returns the share of what falls to it that an origin takes by its own merit, panic apart: 1 when it is healthy, 0 when
    /// it is out or not there.
    #[must_use]
    pub fn readiness(&self, id: OriginId) -> f64 {
        let track = self.members.slot(id).and_then(|slot| self.track(slot));
        track.map_or(0.0, |track| self.share(track))
    }

    /// Counts the members by how they stand.
    #[cfg(all(feature = "metrics", feature = "tokio"))]
    pub(crate) fn count_standings(&self) -> [(Standing, usize); Standing::ALL.len()] {
        let mut counts = Standing::ALL.map(|standing| (standing, 0));
        let tracks = self.tracks.iter().flatten();
        for track in tracks.filter(|track| !track.is_canary) {
            counts[track.standing as usize].1 += 1;
        }
        counts
    }

    #[cfg(all(feature = "metrics", feature = "tokio"))]
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    #[cfg(all(feature = "metrics", feature = "tokio"))]
    pub(crate) fn members(&self) -> &crate::pool::Members {
        &self.members
    }

    fn origin_status(&self, origin: &Origin, track: &Track, in_flight: u32) -> OriginStatus {
        let now = self.now.mono;
        let window = track.window.faded(self.policy.errors.half_life, now);
        let panic = self.mode == Mode::Panic;
        OriginStatus {
            id: origin.id(),
            name: origin.name().into(),
            addr: origin.addr().to_string(),
            weight: origin.weight(),
            canary: track.is_canary,
            admin: origin.admin(),
            standing: track.standing,
            for_seconds: (now - track.since).as_secs_f64(),
            share: match origin.takes_requests() {
                true if panic => 1.0,
                true => self.share(track),
                false => 0.0,
            },
            in_flight,
            probed_up: track.probe.is_up(),
            last_failure: track.reason.as_ref().map(ToString::to_string),
            error_share: window.bad_share(),
            samples: window.samples(),
            latency_ms: track.latency.seconds().map(|seconds| seconds * 1000.0),
        }
    }
}
