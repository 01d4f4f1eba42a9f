//! [`Fitness`]: what an origin says of itself, or others of it, while it serves.

use eaves_common::time::Now;

use super::{Monitor, Standing, event::Evidence, track::Track};
use crate::pool::OriginId;

/// What an origin says of itself, or others of it, while it serves: by a header of its answers, an
/// agent beside it, a certificate that is about to expire.
///
/// ```
/// use eaves_common::time::Now;
/// use eaves_health::{Algorithm, Monitor, PoolConfig, monitor::{Fitness, Standing}, pool::OriginConfig, probe::Verdict};
///
/// let config = PoolConfig::new("web")
///     .origin(OriginConfig::new("a", "192.0.2.1:80".parse().unwrap()))
///     .origin(OriginConfig::new("b", "192.0.2.2:80".parse().unwrap()).weight(3));
/// let mut monitor = Monitor::new(config, 1, Now::default()).unwrap();
/// let mut first = None;
/// while let Some(probe) = monitor.poll_probe() {
///     first.get_or_insert(probe.origin);
///     monitor.handle_probe(probe.id, &Verdict::Pass { latency: Default::default() }, Now::default());
/// }
/// monitor.handle_fitness(first.unwrap(), Fitness::Degraded, Now::default());
/// assert_eq!(monitor.status().origins[0].standing, Standing::Degraded);
/// assert_eq!(monitor.snapshot().acceptance(first.unwrap()), 0.0); // the other can take it all
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Fitness {
    /// It had better be spared: it serves what the others cannot take.
    Degraded,
    /// It takes all that falls to it.
    #[default]
    Full,
}

impl Monitor {
    /// Takes what was said of an origin's fitness; it holds until something else is said. It changes
    /// nothing for an origin that is out, until that is back.
    pub fn handle_fitness(&mut self, id: OriginId, fitness: Fitness, now: Now) {
        self.now = now;
        let Some(slot) = self.members.slot(id) else {
            return;
        };
        if let Some(track) = self.track_mut(slot) {
            track.fitness = fitness;
        }
        self.evaluate(slot);
        self.publish_news();
    }

    /// Says whether what was said of its fitness, or what probes that passed were concerned about,
    /// changes how it stands.
    pub(super) fn fit(&self, track: &Track) -> Option<(Standing, Evidence)> {
        let eased = track.ease.is_up() == Some(true);
        let full = track.fitness == Fitness::Full && eased;
        match (track.standing, full) {
            (Standing::Healthy, false) => Some((Standing::Degraded, concern(track))),
            (Standing::Degraded, true) => Some((Standing::Healthy, concern(track))),
            _ => None,
        }
    }
}

fn concern(track: &Track) -> Evidence {
    match &track.concern {
        Some(concern) => Evidence::Concern {
            in_row: track.ease.in_row(),
            concern: concern.clone(),
        },
        None => Evidence::Told,
    }
}
