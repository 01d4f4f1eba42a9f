//! [`TimeSpan`]: `250ms`.

use core::{fmt, str::FromStr, time::Duration};

use super::{
    UnitError,
    scan::{Scan, Steps, Unit, find_unit},
};

/// A duration as people write it; converts from and into [`Duration`].
///
/// Reads one or more numbers with units from large to small: `250ms`, `1m` (a minute), `1h30m`,
/// `1h 30m`, `1.5s`. The units are w, d, h, m, s, ms, us (or µs) and ns. Prints the same form.
///
/// ```
/// use core::time::Duration;
/// use eaves_common::units::TimeSpan;
///
/// let timeout: TimeSpan = "1m30s".parse()?;
/// assert_eq!(Duration::from(timeout), Duration::from_secs(90));
/// assert_eq!(TimeSpan::from(Duration::from_micros(2_500)).to_string(), "2ms500us");
/// # Ok::<(), eaves_common::units::UnitError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TimeSpan(Duration);

impl TimeSpan {
    /// Makes a span from a duration.
    #[must_use]
    pub const fn new(duration: Duration) -> Self {
        Self(duration)
    }

    /// Returns the duration.
    #[must_use]
    pub const fn as_duration(self) -> Duration {
        self.0
    }
}

impl From<Duration> for TimeSpan {
    fn from(duration: Duration) -> Self {
        Self(duration)
    }
}

impl From<TimeSpan> for Duration {
    fn from(span: TimeSpan) -> Self {
        span.0
    }
}

impl fmt::Display for TimeSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_zero() {
            return f.write_str("0s");
        }
        let mut rest = self.0.as_nanos();
        for (name, nanos) in PRINTED {
            if rest >= *nanos {
                write!(f, "{}{name}", rest / nanos)?;
                rest %= nanos;
            }
        }
        Ok(())
    }
}

impl FromStr for TimeSpan {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let mut scan = Scan::new(text);
        let mut sum = 0_u128;
        let mut last = u128::MAX;
        loop {
            let start = scan.at();
            let (steps, nanos) = part(&mut scan)?;
            if steps >= last {
                return Err(expected(
                    start,
                    "units from large to small, each once",
                    "1h30m",
                ));
            }
            last = steps;
            sum = sum
                .checked_add(nanos)
                .ok_or_else(|| too_long(start, scan.since(start)))?;
            scan.skip_spaces();
            if scan.is_done() {
                return duration(sum)
                    .map(Self)
                    .ok_or_else(|| too_long(0, text.trim()));
            }
        }
    }
}

/// Reads one number with its unit; returns the unit's nanoseconds and the product's.
fn part(scan: &mut Scan<'_>) -> Result<(u128, u128), UnitError> {
    let start = scan.at();
    let Some(number) = scan.decimal() else {
        let what = match scan.rest() {
            "" => "a duration",
            _ => "a number before the unit",
        };
        return Err(expected(start, what, "250ms"));
    };
    scan.skip_spaces();
    let unit_at = scan.at();
    let word = scan.word();
    if word.is_empty() {
        return Err(expected(unit_at, "a unit after the number", "250ms"));
    }
    let unit = find_unit(word, unit_at, READ, "time", "use d, h, m, s, ms, us or ns")?;
    match number.times(unit) {
        Steps::Exactly(nanos) => Ok((unit, nanos)),
        Steps::TooMany => Err(too_long(start, scan.since(start))),
        Steps::Between => Err(UnitError::Fraction {
            at: start,
            found: scan.since(start).into(),
            step: "a nanosecond",
        }),
    }
}

fn duration(nanos: u128) -> Option<Duration> {
    let secs = u64::try_from(nanos / 1_000_000_000).ok()?;
    let rest = u32::try_from(nanos % 1_000_000_000).ok()?;
    Some(Duration::new(secs, rest))
}

fn expected(at: usize, expected: &'static str, example: &'static str) -> UnitError {
    UnitError::Expected {
        at,
        expected,
        example,
    }
}

fn too_long(at: usize, found: &str) -> UnitError {
    UnitError::Range {
        at,
        found: found.into(),
        range: "less than 2^64 seconds",
    }
}

const PRINTED: &[Unit] = &[
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

const READ: &[Unit] = &[
    ("w", 604_800_000_000_000),
    PRINTED[0],
    PRINTED[1],
    PRINTED[2],
    PRINTED[3],
    PRINTED[4],
    PRINTED[5],
    ("\u{b5}s", 1_000),
    ("\u{3bc}s", 1_000),
    PRINTED[6],
];

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn durations_are_read_exactly() {
        for (text, nanos) in [
            ("0s", 0),
            ("250ms", 250_000_000),
            ("1m", 60_000_000_000),
            ("1h30m", 5_400_000_000_000),
            (" 1h 30m ", 5_400_000_000_000),
            ("1.5s", 1_500_000_000),
            ("3 µs", 3_000),
            ("2w", 1_209_600_000_000_000),
        ] {
            let expected = TimeSpan(Duration::from_nanos(nanos));
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn a_duration_prints_every_unit_it_needs() {
        for (duration, text) in [
            (Duration::ZERO, "0s"),
            (Duration::from_secs(60), "1m"),
            (Duration::from_millis(90_250), "1m30s250ms"),
            (Duration::MAX, "213503982334601d7h15s999ms999us999ns"),
        ] {
            assert_eq!(TimeSpan(duration).to_string(), text);
            assert_eq!(text.parse(), Ok(TimeSpan(duration)));
        }
    }

    #[test]
    fn a_mistake_says_what_to_write() {
        for (text, at, message) in [
            ("", 0, "expected a duration, write for example `250ms`"),
            (
                "ms",
                0,
                "expected a number before the unit, write for example `250ms`",
            ),
            (
                "30",
                2,
                "expected a unit after the number, write for example `250ms`",
            ),
            (
                "5 min",
                2,
                "`min` is not a unit of time, use d, h, m, s, ms, us or ns",
            ),
            (
                " 40000000000000w ",
                0,
                "40000000000000w is out of range, use less than 2^64 seconds",
            ),
            ("5S", 1, "`S` is not a unit of time, did you mean `s`?"),
            (
                "1m.5s",
                2,
                "expected a number before the unit, write for example `250ms`",
            ),
            (
                "1s, 2ms",
                1,
                "`s,` is not a unit of time, use d, h, m, s, ms, us or ns",
            ),
            (
                "5m 1h",
                3,
                "expected units from large to small, each once, write for example `1h30m`",
            ),
            (
                "1s 1s",
                3,
                "expected units from large to small, each once, write for example `1h30m`",
            ),
            (
                "0.5ns",
                0,
                "0.5ns is finer than a nanosecond, use whole multiples of it",
            ),
            (
                "99999999999999999999d",
                0,
                "99999999999999999999d is out of range, use less than 2^64 seconds",
            ),
        ] {
            let error = text.parse::<TimeSpan>().unwrap_err();
            assert_eq!(
                (error.at(), error.to_string().as_str()),
                (at, message),
                "{text}"
            );
        }
    }
}
