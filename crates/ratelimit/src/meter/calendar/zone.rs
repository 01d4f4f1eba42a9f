//! [`Zone`]: whose calendar a quota follows.

use std::{fmt, str::FromStr};

use jiff::tz::{Offset, TimeZone};

use crate::meter::MeterError;

/// A time zone, always named and never the system's own: `UTC`, an offset, or an IANA name.
///
/// Names are looked up once, in the system's copy of the IANA database (on Windows, in one that
/// comes along); the rules as they are then hold until the zone is made again.
///
/// ```
/// use eaves_ratelimit::meter::Zone;
///
/// assert_eq!("+05:30".parse::<Zone>()?.to_string(), "+05:30");
/// assert_eq!("UTC".parse(), Ok(Zone::UTC));
/// assert!("Mars/Olympus".parse::<Zone>().is_err());
/// # Ok::<(), eaves_ratelimit::meter::MeterError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(TimeZone::UTC);

    pub(super) const fn rules(&self) -> &TimeZone {
        &self.0
    }
}

impl FromStr for Zone {
    type Err = MeterError;

    fn from_str(text: &str) -> Result<Self, MeterError> {
        if text == "UTC" {
            return Ok(Self::UTC);
        }
        let rules = match text.as_bytes().first() {
            Some(b'+') => offset(&text[1..], 1),
            Some(b'-') => offset(&text[1..], -1),
            _ => TimeZone::get(text).ok(),
        };
        let unknown = || MeterError::Zone { name: text.into() };
        rules.map(Self).ok_or_else(unknown)
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = self.0.iana_name() {
            return f.write_str(name);
        }
        let seconds = self.0.to_fixed_offset().map_or(0, Offset::seconds);
        let minutes = seconds.unsigned_abs() / 60;
        let sign = if seconds < 0 { '-' } else { '+' };
        write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

/// Reads `hh:mm`, at most `23:59`.
fn offset(text: &str, sign: i32) -> Option<TimeZone> {
    let (hours, minutes) = text.split_once(':')?;
    let minutes = number(hours, 24)? * 60 + number(minutes, 60)?;
    let offset = Offset::from_seconds(sign * minutes * 60).ok()?;
    Some(TimeZone::fixed(offset))
}

/// Reads two digits of a number below `end`.
fn number(text: &str, end: i32) -> Option<i32> {
    let well_formed = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| well_formed);
    number.filter(|number| *number < end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_prints_the_same() {
        for text in [
            "UTC",
            "+05:30",
            "-03:30",
            "+14:00",
            "-23:59",
            "Europe/Zurich",
        ] {
            assert_eq!(text.parse::<Zone>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_zone_is_refused() {
        for text in [
            "", "+", "+5", "+05", "+0530", "+05:3", "+24:00", "+05:60", "+-5:00", "utc+1", "../etc",
        ] {
            let name = text.to_owned();
            assert_eq!(text.parse::<Zone>(), Err(MeterError::Zone { name }));
        }
    }
}
