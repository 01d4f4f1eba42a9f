//! [`StatusSet`]: which HTTP statuses pass.

use core::{fmt, ops::RangeInclusive, str::FromStr};

use crate::error::ParseError;

/// A set of HTTP statuses, written as `200,204,300-399`.
///
/// ```
/// use eaves_health::probe::StatusSet;
///
/// let set: StatusSet = "200-299,304".parse().unwrap();
/// assert!(set.contains(204) && set.contains(304) && !set.contains(404));
/// assert_eq!(set.to_string(), "200-299,304");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct StatusSet {
    /// One bit each for 0 to 599; those below 200 are never set.
    bits: [u64; 10],
}

impl StatusSet {
    /// Returns the set of all statuses in `range` that can end an exchange: 200 to 599.
    #[must_use]
    pub fn range(range: RangeInclusive<u16>) -> Self {
        let mut set = Self { bits: [0; 10] };
        for status in *range.start().max(&200)..=*range.end().min(&599) {
            set.bits[usize::from(status) / 64] |= 1 << (status % 64);
        }
        set
    }

    /// Says whether this status passes.
    #[must_use]
    pub fn contains(&self, status: u16) -> bool {
        let word = self
            .bits
            .get(usize::from(status) / 64)
            .copied()
            .unwrap_or(0);
        word >> (status % 64) & 1 == 1
    }

    fn union(mut self, other: &Self) -> Self {
        for (own, other) in self.bits.iter_mut().zip(other.bits) {
            *own |= other;
        }
        self
    }
}

impl Default for StatusSet {
    /// Passes 200 to 299.
    fn default() -> Self {
        Self::range(200..=299)
    }
}

impl FromStr for StatusSet {
    type Err = ParseError;

    /// # Errors
    ///
    /// [`ParseError`] names the part that is neither a status from 200 to 599 nor a range of them.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        let mut set = Self { bits: [0; 10] };
        for part in text.split(',') {
            let part = part.trim();
            let (from, to) = part.split_once('-').unwrap_or((part, part));
            let bounds = (from.trim().parse(), to.trim().parse());
            match bounds {
                (Ok(from @ 200..=599), Ok(to @ 200..=599)) if from <= to => {
                    set = set.union(&Self::range(from..=to));
                }
                _ => return Err(ParseError::Status { part: part.into() }),
            }
        }
        Ok(set)
    }
}

impl fmt::Display for StatusSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        let mut status = 200;
        while status < 600 {
            let run = (status..600).take_while(|&s| self.contains(s)).count() as u16;
            match run {
                0 => {
                    status += 1;
                    continue;
                }
                1 => write!(f, "{separator}{status}")?,
                _ => write!(f, "{separator}{status}-{}", status + run - 1)?,
            }
            separator = ",";
            status += run;
        }
        Ok(())
    }
}

impl fmt::Debug for StatusSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StatusSet({self})")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_is_printed_reads_the_same(ranges in prop::collection::vec((200_u16..600, 0_u16..50), 1..6)) {
            let mut set = StatusSet { bits: [0; 10] };
            for (from, length) in ranges {
                set = set.union(&StatusSet::range(from..=from + length));
            }
            prop_assert_eq!(set.to_string().parse::<StatusSet>().unwrap(), set);
        }
    }

    #[test]
    fn what_cannot_end_an_exchange_is_refused() {
        for text in [
            "", "abc", "100", "600", "300-200", "200,,201", "200-", "-200",
        ] {
            assert!(text.parse::<StatusSet>().is_err(), "{text}");
        }
    }
}
