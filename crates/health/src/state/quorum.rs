//! [`Quorum`]: what several checkers say together.

use std::{sync::Arc, time::Duration};

use eaves_common::time::Mono;

/// What one checker says of an origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Vote {
    /// It does not answer as it should.
    Down,
    /// It does.
    Up,
}

/// The latest vote of each of several checkers: one that sits behind a broken line is outvoted by
/// those that do not.
///
/// ```
/// use std::time::Duration;
/// use eaves_common::time::Mono;
/// use eaves_health::state::{Quorum, Vote};
///
/// let mut quorum = Quorum::default();
/// let life = Duration::from_secs(30);
/// quorum.cast("north", Vote::Up, life, Mono::ZERO);
/// quorum.cast("south", Vote::Up, life, Mono::ZERO);
/// assert_eq!(quorum.verdict(Some(Vote::Down), life, Mono::ZERO), Some(Vote::Up));
/// // Votes that are not renewed expire.
/// assert_eq!(quorum.verdict(Some(Vote::Down), life, Mono::from_secs(31)), Some(Vote::Down));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Quorum {
    ballots: Vec<Ballot>,
}

#[derive(Clone, Debug)]
struct Ballot {
    vantage: Arc<str>,
    vote: Vote,
    at: Mono,
}

/// Checkers heard of one origin. Above that the one that has been silent for longest makes room.
const MOST: usize = 32;

impl Quorum {
    /// Takes a checker's vote in place of its last. Votes older than `life` are forgotten.
    pub fn cast(&mut self, vantage: &str, vote: Vote, life: Duration, now: Mono) {
        self.ballots
            .retain(|ballot| &*ballot.vantage != vantage && now - ballot.at <= life);
        if self.ballots.len() >= MOST {
            let oldest = (0..MOST).min_by_key(|&at| self.ballots[at].at);
            oldest.map(|at| self.ballots.swap_remove(at));
        }
        self.ballots.push(Ballot {
            vantage: vantage.into(),
            vote,
            at: now,
        });
    }

    /// Returns what most say, the caller's own vote included; a tie is broken by it, or is no verdict.
    #[must_use]
    pub fn verdict(&self, own: Option<Vote>, life: Duration, now: Mono) -> Option<Vote> {
        let (down, of) = self.count(own, life, now);
        match (2 * down).cmp(&of) {
            std::cmp::Ordering::Less => Some(Vote::Up),
            std::cmp::Ordering::Equal => own,
            std::cmp::Ordering::Greater => Some(Vote::Down),
        }
    }

    /// Returns how many say down, and of how many; the caller's own vote included.
    #[must_use]
    pub fn count(&self, own: Option<Vote>, life: Duration, now: Mono) -> (usize, usize) {
        let fresh = self.ballots.iter().filter(|ballot| now - ballot.at <= life);
        let votes = fresh.map(|ballot| ballot.vote).chain(own);
        votes.fold((0, 0), |(down, of), vote| {
            (down + usize::from(vote == Vote::Down), of + 1)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFE: Duration = Duration::from_secs(10);

    #[test]
    fn most_decide_and_a_tie_is_ones_own() {
        let mut quorum = Quorum::default();
        let own = |quorum: &Quorum, own| quorum.verdict(own, LIFE, Mono::ZERO);
        assert_eq!(own(&quorum, None), None);
        assert_eq!(own(&quorum, Some(Vote::Down)), Some(Vote::Down));
        quorum.cast("a", Vote::Up, LIFE, Mono::ZERO);
        assert_eq!(own(&quorum, Some(Vote::Down)), Some(Vote::Down));
        assert_eq!(own(&quorum, None), Some(Vote::Up));
        quorum.cast("b", Vote::Up, LIFE, Mono::ZERO);
        assert_eq!(own(&quorum, Some(Vote::Down)), Some(Vote::Up));
        quorum.cast("a", Vote::Down, LIFE, Mono::ZERO);
        quorum.cast("b", Vote::Down, LIFE, Mono::ZERO);
        assert_eq!(own(&quorum, Some(Vote::Up)), Some(Vote::Down));
        assert_eq!(quorum.count(Some(Vote::Up), LIFE, Mono::ZERO), (2, 3));
    }

    #[test]
    fn checkers_are_bounded() {
        let mut quorum = Quorum::default();
        for vantage in 0..1000 {
            quorum.cast(&vantage.to_string(), Vote::Down, LIFE, Mono::ZERO);
        }
        assert_eq!(quorum.count(None, LIFE, Mono::ZERO), (MOST, MOST));
    }
}
