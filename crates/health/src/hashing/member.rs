//! [`Member`], and what a table cannot be built from.

use eaves_common::{Error, ErrorKind};

/// One member of a table.
///
/// ```
/// use eaves_health::hashing::Member;
///
/// let member = Member::new(0x5eed, 3);
/// assert_eq!((member.id, member.weight), (0x5eed, 3));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Member {
    /// A hash of its stable id: the same member has the same on every node, whatever its address.
    pub id: u64,
    /// Its share relative to the others; with 0 it gets nothing.
    pub weight: u32,
}

impl Member {
    /// Makes a member.
    #[must_use]
    pub const fn new(id: u64, weight: u32) -> Self {
        Self { id, weight }
    }
}

/// The most members a table holds.
pub const MAX_MEMBERS: usize = 65_535;

/// Why a table was not built.
///
/// ```
/// use eaves_health::hashing::{Maglev, Member};
///
/// let error = Maglev::new(&[Member::new(7, 1), Member::new(7, 1)]).unwrap_err();
/// assert_eq!(error.to_string(), "member 1 has the id of member 0");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// Two members have one id.
    #[error("member {index} has the id of member {of}")]
    Duplicate {
        /// The later one.
        index: usize,
        /// The earlier one.
        of: usize,
    },
    /// There are more members than a table holds.
    #[error("{found} members are too many, at most {MAX_MEMBERS} fit")]
    TooMany {
        /// How many there are.
        found: usize,
    },
}

impl From<BuildError> for Error {
    fn from(error: BuildError) -> Self {
        let kind = match error {
            BuildError::Duplicate { .. } => ErrorKind::Conflict,
            BuildError::TooMany { .. } => ErrorKind::Limit,
        };
        Self::with_source(kind, "hash table not built", error)
    }
}

/// Members in the order of their ids, so that the same set in another order makes the same table.
#[derive(Debug)]
pub(super) struct Roster {
    /// Index among the members as given, id, weight; none of weight 0.
    pub(super) sorted: Vec<(u16, Member)>,
    /// By index.
    pub(super) ids: Box<[u64]>,
    /// Bit by index: who has a weight.
    pub(super) weighted: Box<[u64]>,
}

impl Roster {
    pub(super) fn new(members: &[Member]) -> Result<Self, BuildError> {
        if members.len() > MAX_MEMBERS {
            let found = members.len();
            return Err(BuildError::TooMany { found });
        }
        let mut sorted: Vec<(u16, Member)> = (0_u16..).zip(members.iter().copied()).collect();
        sorted.sort_by_key(|(index, member)| (member.id, *index));
        for pair in sorted.windows(2) {
            if pair[0].1.id == pair[1].1.id {
                let (index, of) = (usize::from(pair[1].0), usize::from(pair[0].0));
                return Err(BuildError::Duplicate { index, of });
            }
        }
        sorted.retain(|(_, member)| member.weight > 0);
        let mut weighted = vec![0_u64; members.len().div_ceil(64)].into_boxed_slice();
        for (index, _) in &sorted {
            weighted[usize::from(*index) / 64] |= 1 << (index % 64);
        }
        Ok(Self {
            sorted,
            ids: members.iter().map(|member| member.id).collect(),
            weighted,
        })
    }

    pub(super) fn total_weight(&self) -> u64 {
        let weights = self
            .sorted
            .iter()
            .map(|(_, member)| u64::from(member.weight));
        weights.sum()
    }
}
