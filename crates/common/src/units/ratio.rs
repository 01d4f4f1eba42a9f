//! [`Ratio`]: `5%`.

use core::{fmt, str::FromStr};

use super::{
    UnitError,
    scan::{Scan, Steps},
};

/// A part of a whole, from 0 to 1, in steps of a billionth.
///
/// Reads `5%`, `0.5%` and `0.05`; prints a percentage.
///
/// ```
/// use eaves_common::units::Ratio;
///
/// let share: Ratio = "5%".parse()?;
/// assert_eq!(share, "0.05".parse()?);
/// assert_eq!(share.of(1_000), 50);
/// assert_eq!(share.to_string(), "5%");
/// # Ok::<(), eaves_common::units::UnitError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ratio {
    billionths: u32,
}

impl Ratio {
    /// Nothing of the whole.
    pub const ZERO: Self = Self { billionths: 0 };
    /// The whole.
    pub const ONE: Self = Self { billionths: ONE };

    /// Makes a ratio from a percentage; more than 100 is 100.
    #[must_use]
    pub const fn from_percent(percent: u8) -> Self {
        let percent = if percent > 100 { 100 } else { percent };
        Self {
            billionths: percent as u32 * (ONE / 100),
        }
    }

    /// Makes a ratio from billionths; more than a billion is the whole.
    #[must_use]
    pub const fn from_billionths(billionths: u32) -> Self {
        let billionths = if billionths > ONE { ONE } else { billionths };
        Self { billionths }
    }

    /// Returns the ratio in billionths.
    #[must_use]
    pub const fn as_billionths(self) -> u32 {
        self.billionths
    }

    /// Returns the ratio as a number from 0 to 1.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        f64::from(self.billionths) / f64::from(ONE)
    }

    /// Returns this part of `whole`, rounded down.
    #[must_use]
    pub const fn of(self, whole: u64) -> u64 {
        // At most `whole`, since the ratio is at most 1.
        (whole as u128 * self.billionths as u128 / ONE as u128) as u64
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (percent, mut rest) = (self.billionths / PERCENT, self.billionths % PERCENT);
        if rest == 0 {
            return write!(f, "{percent}%");
        }
        let mut width = 7;
        while rest % 10 == 0 {
            rest /= 10;
            width -= 1;
        }
        write!(f, "{percent}.{rest:0width$}%")
    }
}

impl FromStr for Ratio {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let mut scan = Scan::new(text);
        let start = scan.at();
        let expected = |at| UnitError::Expected {
            at,
            expected: "a ratio",
            example: "5%",
        };
        let number = scan.decimal().ok_or_else(|| expected(start))?;
        scan.skip_spaces();
        let steps = if scan.eat("%") { PERCENT } else { ONE };
        let found = scan.since(start);
        scan.skip_spaces();
        if !scan.is_done() {
            return Err(UnitError::Unit {
                at: scan.at(),
                found: scan.rest().trim_end().into(),
                quantity: "ratio",
                advice: "use % or none".into(),
            });
        }
        let out_of_range = || UnitError::Range {
            at: start,
            found: found.into(),
            range: "0% to 100%",
        };
        match number.times(u128::from(steps)) {
            Steps::Exactly(parts) if parts <= u128::from(ONE) => {
                let billionths = u32::try_from(parts).map_err(|_| out_of_range())?;
                Ok(Self { billionths })
            }
            Steps::Between => Err(UnitError::Fraction {
                at: start,
                found: found.into(),
                step: "a billionth",
            }),
            Steps::Exactly(_) | Steps::TooMany => Err(out_of_range()),
        }
    }
}

const ONE: u32 = 1_000_000_000;
const PERCENT: u32 = ONE / 100;

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn both_ways_of_writing_are_read() {
        for (text, billionths) in [
            ("5%", 50_000_000),
            ("5 %", 50_000_000),
            ("0.05", 50_000_000),
            ("0", 0),
            ("1", ONE),
            ("1.0", ONE),
            ("100%", ONE),
            ("0.0000001%", 1),
            ("33.3333333%", 333_333_333),
        ] {
            assert_eq!(text.parse(), Ok(Ratio { billionths }), "{text}");
        }
    }

    #[test]
    fn a_ratio_prints_as_a_percentage() {
        for (billionths, text) in [
            (0, "0%"),
            (1, "0.0000001%"),
            (5_000_000, "0.5%"),
            (50_500_000, "5.05%"),
            (333_333_333, "33.3333333%"),
            (ONE, "100%"),
        ] {
            assert_eq!(Ratio { billionths }.to_string(), text);
        }
    }

    #[test]
    fn a_mistake_says_what_to_write() {
        for (text, at, message) in [
            ("", 0, "expected a ratio, write for example `5%`"),
            (
                "5 percent",
                2,
                "`percent` is not a unit of ratio, use % or none",
            ),
            ("101%", 0, "101% is out of range, use 0% to 100%"),
            ("5", 0, "5 is out of range, use 0% to 100%"),
            (
                "0.00000001%",
                0,
                "0.00000001% is finer than a billionth, use whole multiples of it",
            ),
        ] {
            let error = text.parse::<Ratio>().unwrap_err();
            assert_eq!(
                (error.at(), error.to_string().as_str()),
                (at, message),
                "{text}"
            );
        }
    }

    #[test]
    fn the_part_of_a_whole_never_overflows() {
        assert_eq!(Ratio::ONE.of(u64::MAX), u64::MAX);
        assert_eq!(Ratio::from_percent(50).of(u64::MAX), u64::MAX / 2);
        assert_eq!(Ratio::from_percent(200), Ratio::ONE);
    }
}
