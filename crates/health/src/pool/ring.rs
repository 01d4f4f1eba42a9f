//! [`Ring`]: a continuum of points (Karger et al., 1997), 160 for each member as ketama has it.

use super::{Slot, keyed::Keyed};
use crate::random::mix;

/// Points on a circle of hashes, each owned by a slot.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ring {
    points: Box<[(u32, Slot)]>,
}

const POINTS: u64 = 160;
/// A heavier member gets more points, but not more than this.
const MOST_POINTS: u64 = 16_384;

impl Ring {
    pub(crate) fn new(members: &[Keyed]) -> Self {
        let total: u64 = members.iter().map(|member| u64::from(member.weight)).sum();
        let present = members.iter().filter(|member| member.weight > 0).count() as u64;
        let mut points = Vec::new();
        for member in members.iter().filter(|member| member.weight > 0) {
            let share = (POINTS * present * u64::from(member.weight)).div_ceil(total);
            for point in 0..share.min(MOST_POINTS) {
                points.push(((mix(member.hash ^ mix(point)) >> 32) as u32, member.slot));
            }
        }
        points.sort_unstable();
        Self {
            points: points.into_boxed_slice(),
        }
    }

    /// Yields the owners of the points from `hash` on, once round.
    pub(crate) fn from(&self, hash: u64) -> impl Iterator<Item = Slot> + '_ {
        let start = self
            .points
            .partition_point(|point| u64::from(point.0) < hash >> 32);
        let (before, after) = self.points.split_at(start);
        after.iter().chain(before).map(|point| point.1)
    }
}
