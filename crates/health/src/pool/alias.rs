//! Drawing in proportion to weight in constant time: Vose's alias method, in integers.

use super::Slot;

/// A table of columns of equal width, each split between two slots.
#[derive(Clone, Debug, Default)]
pub(crate) struct Alias {
    columns: Box<[Column]>,
}

#[derive(Clone, Copy, Debug)]
struct Column {
    /// Of 2^32, the share that belongs to `own`; the rest is `other`'s.
    own_share: u32,
    own: Slot,
    other: Slot,
}

impl Alias {
    /// Builds the table; slots of weight 0 are never drawn.
    pub(crate) fn new(weighted: &[(Slot, u32)]) -> Self {
        let present: Vec<(Slot, u32)> = weighted.iter().copied().filter(|w| w.1 > 0).collect();
        let total: u64 = present.iter().map(|w| u64::from(w.1)).sum();
        if total == 0 {
            return Self::default();
        }
        let mean = u128::from(total);
        // Shares are scaled so that a full column is `mean` and the sum is count * mean.
        let mut shares: Vec<u128> = present
            .iter()
            .map(|w| u128::from(w.1) * present.len() as u128)
            .collect();
        let (mut small, mut large): (Vec<usize>, Vec<usize>) =
            (0..present.len()).partition(|&at| shares[at] < mean);
        let mut columns: Vec<Column> = present.iter().map(|w| Column::whole(w.0)).collect();
        while let (Some(poor), Some(&rich)) = (small.pop(), large.last()) {
            columns[poor].other = present[rich].0;
            columns[poor].own_share = ((shares[poor] << 32) / mean) as u32;
            shares[rich] -= mean - shares[poor];
            if shares[rich] < mean {
                large.pop();
                small.push(rich);
            }
        }
        Self {
            columns: columns.into_boxed_slice(),
        }
    }

    /// Draws a slot by 64 random bits, or `None` if there is no weight at all.
    #[inline]
    pub(crate) fn draw(&self, random: u64) -> Option<Slot> {
        let at = ((random >> 32) * self.columns.len() as u64) >> 32;
        let column = self.columns.get(at as usize)?;
        Some(if random as u32 <= column.own_share {
            column.own
        } else {
            column.other
        })
    }
}

impl Column {
    fn whole(slot: Slot) -> Self {
        Self {
            own_share: u32::MAX,
            own: slot,
            other: slot,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SplitMix;

    #[test]
    fn draws_follow_the_weights() {
        let weights = [5, 1, 0, 1, 93];
        let weighted: Vec<_> = (0..).map(Slot::new).zip(weights).collect();
        let alias = Alias::new(&weighted);
        let mut counts = [0_u32; 5];
        let mut random = SplitMix::new(1);
        for _ in 0..1_000_000 {
            counts[alias.draw(random.next()).unwrap().index()] += 1;
        }
        for (weight, count) in weights.into_iter().zip(counts) {
            assert!(count.abs_diff(weight * 10_000) <= 1_000, "{counts:?}");
        }
    }

    #[test]
    fn without_weight_nothing_is_drawn() {
        assert_eq!(Alias::new(&[]).draw(7), None);
        assert_eq!(Alias::new(&[(Slot::new(0), 0)]).draw(7), None);
    }
}
