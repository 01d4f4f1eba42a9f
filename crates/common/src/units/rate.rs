//! [`Rate`]: `100/1m burst 20`.

use core::{fmt, num::NonZeroU64, str::FromStr, time::Duration};

use super::{TimeSpan, UnitError, scan::Scan};

/// So many per period, and how many of them may come at once from idle.
///
/// Reads and prints `N/DURATION [burst B]`; without `burst`, all N may come at once. The three
/// numbers are kept as written, so nothing is lost to rounding: `1/3s` is a third per second.
///
/// ```
/// use core::time::Duration;
/// use eaves_common::units::Rate;
///
/// let rate: Rate = "100/1m burst 20".parse()?;
/// assert_eq!(rate, Rate::per(100, Duration::from_secs(60))?.with_burst(20)?);
/// assert_eq!((rate.count().get(), rate.burst().get()), (100, 20));
/// assert_eq!(rate.to_string(), "100/1m burst 20");
/// # Ok::<(), eaves_common::units::UnitError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rate {
    count: NonZeroU64,
    period: Duration,
    burst: NonZeroU64,
}

impl Rate {
    /// Makes a rate of `count` per `period`, all of which may come at once.
    ///
    /// # Errors
    /// [`UnitError::Range`] if the count or the period is zero.
    pub fn per(count: u64, period: Duration) -> Result<Self, UnitError> {
        let count = NonZeroU64::new(count).ok_or_else(|| zero(0, "0"))?;
        if period.is_zero() {
            return Err(no_period(0, "0s"));
        }
        Ok(Self {
            count,
            period,
            burst: count,
        })
    }

    /// Returns this rate with another burst.
    ///
    /// # Errors
    /// [`UnitError::Range`] if the burst is zero: nothing would ever pass.
    pub fn with_burst(self, burst: u64) -> Result<Self, UnitError> {
        let burst = NonZeroU64::new(burst).ok_or_else(|| zero(0, "burst 0"))?;
        Ok(Self { burst, ..self })
    }

    /// Returns how many there may be in each period.
    #[must_use]
    pub const fn count(self) -> NonZeroU64 {
        self.count
    }

    /// Returns the period; never zero.
    #[must_use]
    pub const fn period(self) -> Duration {
        self.period
    }

    /// Returns how many may come at once from idle.
    #[must_use]
    pub const fn burst(self) -> NonZeroU64 {
        self.burst
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.count, TimeSpan::new(self.period))?;
        if self.burst != self.count {
            write!(f, " burst {}", self.burst)?;
        }
        Ok(())
    }
}

impl FromStr for Rate {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let mut scan = Scan::new(text);
        let count = count(&mut scan)?;
        scan.skip_spaces();
        if !scan.eat("/") {
            return Err(expected(scan.at(), "`/` and a period"));
        }
        let period_at = scan.at();
        let (period, burst) = match scan.rest().find("burst") {
            Some(at) => (&scan.rest()[..at], Some(period_at + at + "burst".len())),
            None => (scan.rest(), None),
        };
        let written = period.trim();
        let period = TimeSpan::from_str(period).map_err(|error| in_rate(error, period_at))?;
        if period == TimeSpan::default() {
            return Err(no_period(period_at, written));
        }
        let burst = match burst {
            Some(at) => burst_at(text, at)?,
            None => count,
        };
        Ok(Self {
            count,
            period: period.into(),
            burst,
        })
    }
}

/// A mistake in the period, as one of the rate: what to write instead is a rate.
fn in_rate(error: UnitError, period_at: usize) -> UnitError {
    match error.shifted(period_at) {
        UnitError::Expected { at, expected, .. } => self::expected(at, expected),
        error => error,
    }
}

fn burst_at(text: &str, at: usize) -> Result<NonZeroU64, UnitError> {
    let mut scan = Scan::new(&text[at..]);
    let burst = count(&mut scan).map_err(|error| error.shifted(at))?;
    scan.skip_spaces();
    if scan.is_done() {
        Ok(burst)
    } else {
        Err(expected(at + scan.at(), "nothing after the burst"))
    }
}

fn count(scan: &mut Scan<'_>) -> Result<NonZeroU64, UnitError> {
    let start = scan.at();
    let digits = scan.digits();
    if digits.is_empty() {
        return Err(expected(start, "a whole number"));
    }
    let count = digits.parse().map_err(|_| zero(start, digits))?;
    NonZeroU64::new(count).ok_or_else(|| zero(start, digits))
}

fn expected(at: usize, expected: &'static str) -> UnitError {
    UnitError::Expected {
        at,
        expected,
        example: "100/1m burst 20",
    }
}

fn zero(at: usize, found: &str) -> UnitError {
    UnitError::Range {
        at,
        found: found.into(),
        range: "1 to 18446744073709551615",
    }
}

fn no_period(at: usize, found: &str) -> UnitError {
    UnitError::Range {
        at,
        found: found.into(),
        range: "a period of 1ns or more",
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    fn rate(count: u64, millis: u64, burst: u64) -> Rate {
        let rate = Rate::per(count, Duration::from_millis(millis)).unwrap();
        rate.with_burst(burst).unwrap()
    }

    #[test]
    fn rates_are_read_with_and_without_burst() {
        for (text, expected) in [
            ("100/1m burst 20", rate(100, 60_000, 20)),
            ("100/1m", rate(100, 60_000, 100)),
            (" 100 / 1m  burst 20 ", rate(100, 60_000, 20)),
            ("1/250ms burst 5", rate(1, 250, 5)),
            ("10/1h30m", rate(10, 5_400_000, 10)),
            ("100/1mburst20", rate(100, 60_000, 20)),
        ] {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn a_burst_equal_to_the_count_is_not_printed() {
        assert_eq!(rate(100, 60_000, 100).to_string(), "100/1m");
        assert_eq!(rate(100, 60_000, 101).to_string(), "100/1m burst 101");
    }

    #[test]
    fn a_mistake_says_what_to_write() {
        for (text, at, message) in [
            (
                "",
                0,
                "expected a whole number, write for example `100/1m burst 20`",
            ),
            (
                "1.5/1s",
                1,
                "expected `/` and a period, write for example `100/1m burst 20`",
            ),
            (
                "100",
                3,
                "expected `/` and a period, write for example `100/1m burst 20`",
            ),
            (
                "100/m",
                4,
                "expected a number before the unit, write for example `100/1m burst 20`",
            ),
            (
                "100/1x",
                5,
                "`x` is not a unit of time, use d, h, m, s, ms, us or ns",
            ),
            (
                "100/0s",
                4,
                "0s is out of range, use a period of 1ns or more",
            ),
            (
                "0/1s",
                0,
                "0 is out of range, use 1 to 18446744073709551615",
            ),
            (
                "100/1s burst",
                12,
                "expected a whole number, write for example `100/1m burst 20`",
            ),
            (
                "100/1s burst 0",
                13,
                "0 is out of range, use 1 to 18446744073709551615",
            ),
            (
                "100/1s burst 5 x",
                15,
                "expected nothing after the burst, write for example `100/1m burst 20`",
            ),
            (
                "100/1s brust 5",
                7,
                "expected a number before the unit, write for example `100/1m burst 20`",
            ),
        ] {
            let error = text.parse::<Rate>().unwrap_err();
            assert_eq!(
                (error.at(), error.to_string().as_str()),
                (at, message),
                "{text}"
            );
        }
    }

    #[test]
    fn a_rate_of_nothing_cannot_be_made() {
        assert!(Rate::per(0, Duration::from_secs(1)).is_err());
        assert!(Rate::per(1, Duration::ZERO).is_err());
        assert!(rate(1, 1, 1).with_burst(0).is_err());
    }
}
