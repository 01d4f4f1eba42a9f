//! [`RiseFall`]: a verdict that needs several answers in a row to change.

/// A verdict that needs `rise` good answers in a row to become good, and `fall` bad ones to become bad. The first
/// answer decides alone, since there is nothing to overturn.
///
/// ```
/// use eaves_health::state::RiseFall;
///
/// let mut verdict = RiseFall::default();
/// assert_eq!(verdict.is_up(), None);
/// assert!(verdict.observe(true, 2, 3)); // changed
/// assert!(!verdict.observe(false, 2, 3) && !verdict.observe(false, 2, 3));
/// assert!(verdict.is_pending());
/// assert!(verdict.observe(false, 2, 3));
/// assert_eq!(verdict.is_up(), Some(false));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RiseFall {
    up: Option<bool>,
    last: bool,
    in_row: u32,
}

impl RiseFall {
    /// Makes a verdict that is good until `fall` bad answers in a row.
    #[must_use]
    pub const fn up() -> Self {
        Self {
            up: Some(true),
            last: true,
            in_row: 1,
        }
    }

    /// Makes a verdict that is bad until `rise` good answers in a row.
    #[must_use]
    pub const fn down() -> Self {
        Self {
            up: Some(false),
            last: false,
            in_row: 1,
        }
    }

    /// Takes an answer; says whether the verdict changed.
    pub fn observe(&mut self, good: bool, rise: u32, fall: u32) -> bool {
        if good != self.last {
            self.in_row = 0;
        }
        self.last = good;
        self.in_row = self.in_row.saturating_add(1);
        let needed = if good { rise } else { fall };
        let decided = self.up.is_none() || self.in_row >= needed;
        if !decided || self.up == Some(good) {
            return false;
        }
        self.up = Some(good);
        true
    }

    /// Returns the verdict, once there is one.
    #[must_use]
    pub fn is_up(&self) -> Option<bool> {
        self.up
    }

    /// Says whether the latest answer contradicts the verdict, or there is none.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.up != Some(self.last) || self.in_row == 0
    }

    /// Returns how many answers in a row were like the latest.
    #[must_use]
    pub fn in_row(&self) -> u32 {
        self.in_row
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn the_verdict_turns_only_after_enough_answers_in_a_row(
            answers in prop::collection::vec(any::<bool>(), 1..100), rise in 1_u32..5, fall in 1_u32..5,
        ) {
            let mut verdict = RiseFall::default();
            for (at, &good) in answers.iter().enumerate() {
                let before = verdict.is_up();
                let changed = verdict.observe(good, rise, fall);
                prop_assert_eq!(changed, before != verdict.is_up());
                let needed = if good { rise } else { fall } as usize;
                let in_row = answers[..=at].iter().rev().take_while(|&&answer| answer == good).count();
                if at > 0 && changed {
                    prop_assert!(in_row >= needed);
                }
                if in_row >= needed {
                    prop_assert_eq!(verdict.is_up(), Some(good));
                }
            }
        }
    }
}
