//! [`Ketama`]: a ring of points, each key goes to the next one.

use super::{
    BuildError, Candidates, Member,
    member::Roster,
    mix::{GOLDEN, mix, mix2},
};

/// A ring after the manner of Ketama (hashes are ours, not MD5): 160 to 320 points for a member of
/// usual weight, others in proportion.
///
/// A key goes to the first point at or after its own place whose member may take it; so a member that
/// dies, or leaves, loses its keys to many others, and no other key moves. Places are looked up in an
/// index of their leading bits, not by bisection. When nobody is found within 512 points, the key
/// goes to any of those left, evenly.
///
/// ```
/// use eaves_health::hashing::{Candidates, Ketama, Member};
///
/// let table = Ketama::new(&[Member::new(11, 1), Member::new(22, 1)])?;
/// let only_0 = [0b01_u64];
/// assert_eq!(table.pick(42, &Candidates::new(&only_0)), Some(0));
/// # Ok::<(), eaves_health::hashing::BuildError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Ketama {
    /// Places of the points, ascending, and their members.
    places: Box<[u32]>,
    owners: Box<[u16]>,
    /// By leading bits of a place: the first point not before them.
    index: Box<[u32]>,
    /// How far a place is shifted to leave the leading bits.
    shift: u32,
    ids: Box<[u64]>,
    weighted: Box<[u64]>,
}

impl Ketama {
    /// Builds the ring; the order of members changes nothing but the indexes it answers with.
    ///
    /// # Errors
    ///
    /// If there are more than [`MAX_MEMBERS`](super::MAX_MEMBERS), or two have one id.
    pub fn new(members: &[Member]) -> Result<Self, BuildError> {
        let roster = Roster::new(members)?;
        let mut points = points(&roster);
        points.sort_unstable();
        let places: Box<[u32]> = points.iter().map(|(place, ..)| *place).collect();
        // About one point to an entry.
        let bits = (places.len().max(2) as u32).ilog2();
        Ok(Self {
            index: index(&places, bits),
            shift: 32 - bits,
            places,
            owners: points
                .iter()
                .map(|(_, rank, _)| roster.sorted[*rank as usize].0)
                .collect(),
            ids: roster.ids,
            weighted: roster.weighted,
        })
    }

    /// Returns the member for a key.
    #[must_use]
    pub fn pick(&self, key: u64, candidates: &Candidates<'_>) -> Option<u32> {
        let hash = mix(key ^ GOLDEN);
        let start = self.point((hash >> 32) as u32);
        let ring = self.owners[start..].iter().chain(&self.owners[..start]);
        ring.take(STEPS)
            .map(|owner| u32::from(*owner))
            .find(|member| candidates.accept(*member, hash, || self.ids[*member as usize]))
            .or_else(|| candidates.any(&self.weighted, mix(hash)))
    }

    /// The first point at or after a place.
    fn point(&self, place: u32) -> usize {
        let entry = self.index[(place >> self.shift) as usize] as usize;
        let ahead = self.places[entry..].iter();
        entry + ahead.take_while(|point| **point < place).count()
    }
}

/// Points that a lookup asks.
const STEPS: usize = 512;
/// Points of a member of usual weight, at least.
const POINTS: u64 = 160;

/// Place, rank of the member in the roster, number of the point.
type Point = (u32, u32, u32);

/// The points of all members. The usual weight is a power of two at most the mean, so that a change
/// of membership rarely changes it; and when it does, members gain or lose points, but none moves.
fn points(roster: &Roster) -> Vec<Point> {
    let members = roster.sorted.len() as u64;
    let mean = roster.total_weight() / members.max(1);
    let usual = 1_u64 << mean.max(1).ilog2();
    let count = |member: &Member| (POINTS * u64::from(member.weight) / usual).max(1);
    let total: u64 = roster.sorted.iter().map(|(_, member)| count(member)).sum();
    let mut points = Vec::with_capacity(usize::try_from(total).unwrap_or(0));
    for (rank, (_, member)) in (0..).zip(&roster.sorted) {
        for number in 0..count(member) {
            let place = (mix2(member.id, number) >> 32) as u32;
            points.push((place, rank, number as u32));
        }
    }
    points
}

fn index(places: &[u32], bits: u32) -> Box<[u32]> {
    let mut next = 0;
    (0..1_u64 << bits)
        .map(|leading| {
            let first = leading << (32 - bits);
            while places
                .get(next)
                .is_some_and(|place| u64::from(*place) < first)
            {
                next += 1;
            }
            next as u32
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_finds_what_bisection_finds() {
        for n in [0, 1, 2, 37, 500] {
            let members: Vec<Member> = (0..n)
                .map(|id| Member::new(id, 1 + id as u32 % 5))
                .collect();
            let ring = Ketama::new(&members).unwrap();
            for place in (0..5_000).map(|n| mix(n) as u32).chain([0, u32::MAX]) {
                let expected = ring.places.partition_point(|point| *point < place);
                assert_eq!(ring.point(place), expected, "{n} {place}");
            }
        }
    }

    #[test]
    fn a_ring_has_160_to_320_points_a_member_whatever_the_scale_of_weights() {
        for weight in [1, 3, 100, 127, 128, u32::MAX] {
            let members: Vec<Member> = (0..50).map(|id| Member::new(id, weight)).collect();
            let points = Ketama::new(&members).unwrap().places.len();
            assert!((50 * 160..50 * 320).contains(&points), "{weight}: {points}");
        }
    }
}
