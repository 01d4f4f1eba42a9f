//! [`Rows`]: the two rows of `HeavyKeeper`'s buckets, in which the light keys wear each other down.

use super::seeded::{Dice, mixed, place};

/// Two rows of buckets, each counting the one key that holds it.
///
/// A key that meets its own fingerprint counts up. One that meets another's knocks a unit off it
/// with probability 1.08^-count, and takes the bucket when nothing is left. So light keys replace
/// each other, a heavy one is soon out of reach, and no count exceeds its key's true one.
#[derive(Clone)]
pub(super) struct Rows {
    buckets: Box<[Bucket]>,
    width: u32,
}

#[derive(Clone, Copy, Default)]
struct Bucket {
    print: u32,
    count: u32,
}

impl Rows {
    pub(super) const BYTES_PER_COLUMN: usize = 2 * size_of::<Bucket>();

    pub(super) fn new(width: u32) -> Self {
        Self {
            buckets: vec![Bucket::default(); 2 * width as usize].into_boxed_slice(),
            width,
        }
    }

    pub(super) const fn width(&self) -> u32 {
        self.width
    }

    /// Counts `weight` for a key and returns the larger of its counts, which is 0 if it holds no bucket.
    #[inline]
    pub(super) fn observe(&mut self, hash: u64, weight: u32, dice: &mut Dice) -> u32 {
        let print = print(hash);
        let mut most = 0;
        for at in self.places(hash) {
            let bucket = &mut self.buckets[at];
            if bucket.print == print || bucket.count == 0 {
                bucket.print = print;
                bucket.count = bucket.count.saturating_add(weight);
            } else {
                wear(bucket, print, weight, dice);
            }
            if bucket.print == print {
                most = most.max(bucket.count);
            }
        }
        most
    }

    /// Returns the larger of a key's counts, 0 if it holds no bucket.
    pub(super) fn count(&self, hash: u64) -> u32 {
        let print = print(hash);
        let own = |at: usize| Some(self.buckets[at]).filter(|bucket| bucket.print == print);
        let counts = self.places(hash).into_iter().filter_map(own);
        counts.map(|bucket| bucket.count).max().unwrap_or(0)
    }

    /// Writes back a count known from elsewhere, over whatever is smaller.
    pub(super) fn restore(&mut self, hash: u64, count: u32) {
        let print = print(hash);
        for at in self.places(hash) {
            let bucket = &mut self.buckets[at];
            if bucket.count < count {
                *bucket = Bucket { print, count };
            }
        }
    }

    /// Adds the counts of rows of the same width and seed: equal keys add up, of unequal ones the heavier stays.
    pub(super) fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.buckets.iter_mut().zip(&other.buckets) {
            if mine.print == theirs.print {
                mine.count = mine.count.saturating_add(theirs.count);
            } else if mine.count < theirs.count {
                *mine = *theirs;
            }
        }
    }

    /// Goes over the fingerprints and counts of all buckets.
    pub(super) fn buckets(&self) -> impl ExactSizeIterator<Item = (u32, u32)> {
        self.buckets
            .iter()
            .map(|bucket| (bucket.print, bucket.count))
    }

    /// Makes rows of this width with these buckets, if they are as many.
    pub(super) fn filled(&self, buckets: &[(u32, u32)]) -> Option<Self> {
        let bucket = |&(print, count): &(u32, u32)| Bucket { print, count };
        (buckets.len() == self.buckets.len()).then(|| Self {
            buckets: buckets.iter().map(bucket).collect(),
            width: self.width,
        })
    }

    pub(super) fn clear(&mut self) {
        self.buckets.fill(Bucket::default());
    }

    #[inline]
    fn places(&self, hash: u64) -> [usize; 2] {
        let first = place(hash as u32, self.width);
        let second = place((hash >> 32) as u32, self.width);
        [first, self.width as usize + second]
    }
}

#[inline]
const fn print(hash: u64) -> u32 {
    mixed(hash) as u32
}

/// Lets `weight` units of the key `print` knock at a bucket of another key.
fn wear(bucket: &mut Bucket, print: u32, weight: u32, dice: &mut Dice) {
    let mut left = weight;
    // At most as many rounds as the table has entries: a higher count is out of reach.
    while let Some(&chance) = CHANCES.get(bucket.count as usize) {
        let knocks = knocks(chance, left, dice);
        if knocks > left {
            return;
        }
        left -= knocks;
        bucket.count -= 1;
        if bucket.count == 0 {
            let count = left.saturating_add(1);
            *bucket = Bucket { print, count };
            return;
        }
    }
}

/// Draws how many knocks it takes to succeed once; anything beyond `left` is as good as never.
fn knocks(chance: u32, left: u32, dice: &mut Dice) -> u32 {
    if left == 1 {
        return if (dice.roll() as u32) < chance { 1 } else { 2 };
    }
    let miss = 1.0 - f64::from(chance) / f64::from(u32::MAX);
    // A geometric draw by inversion; the cast saturates.
    (dice.unit().ln() / miss.ln()).ceil().max(1.0) as u32
}

/// 1.08^-count in units of 2^-32: a knock succeeds if 32 fair bits are less.
const CHANCES: [u32; 257] = {
    let mut chances = [u32::MAX; 257];
    let mut exact = (u32::MAX as u64) << 20;
    let mut count = 1;
    while count < chances.len() {
        exact = exact / 108 * 100;
        chances[count] = (exact >> 20) as u32;
        count += 1;
    }
    chances
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chance_is_that_of_the_paper() {
        for (count, chance) in CHANCES.iter().enumerate().skip(1) {
            let chance = f64::from(*chance) / f64::from(u32::MAX);
            let paper = 1.08_f64.powi(-i32::try_from(count).unwrap());
            assert!((chance - paper).abs() < 1e-6, "{count}: {chance} {paper}");
        }
    }

    #[test]
    fn a_weight_wears_like_as_many_units() {
        let worn = |steps: u32, weight: u32| -> f64 {
            let mut dice = Dice::new(11);
            let sum: u32 = (0..2_000)
                .map(|_| {
                    let mut bucket = Bucket {
                        print: 1,
                        count: 40,
                    };
                    (0..steps).for_each(|_| wear(&mut bucket, 2, weight, &mut dice));
                    bucket.count
                })
                .sum();
            f64::from(sum) / 2_000.0
        };
        let (units, at_once) = (worn(100, 1), worn(1, 100));
        assert!(units < 38.0, "{units}");
        assert!((units - at_once).abs() < 0.2, "{units} {at_once}");
    }

    #[test]
    fn no_weight_takes_long() {
        let mut dice = Dice::new(3);
        let mut bucket = Bucket {
            print: 1,
            count: 200,
        };
        wear(&mut bucket, 2, u32::MAX, &mut dice);
        assert_eq!(bucket.print, 2);
        let mut bucket = Bucket {
            print: 1,
            count: 300,
        };
        wear(&mut bucket, 2, u32::MAX, &mut dice);
        assert_eq!((bucket.print, bucket.count), (1, 300));
    }

    #[test]
    fn what_is_restored_replaces_nothing_heavier() {
        let mut rows = Rows::new(1); // so that all share a bucket in each row
        rows.observe(1, 100, &mut Dice::new(4));
        rows.restore(2, 5);
        assert_eq!((rows.count(1), rows.count(2)), (100, 0));
        rows.restore(2, 101);
        assert_eq!((rows.count(1), rows.count(2)), (0, 101));
    }

    #[test]
    fn the_unit_that_wears_the_last_one_off_counts_for_its_own_key() {
        let mut dice = Dice::new(5);
        let mut bucket = Bucket { print: 1, count: 1 };
        while bucket.print == 1 {
            wear(&mut bucket, 2, 1, &mut dice); // one try in 1.08 succeeds
        }
        assert_eq!((bucket.print, bucket.count), (2, 1));
    }
}
