//! [`HttpDate`]: the three forms of RFC 9110 section 5.6.7, and nothing beside them.

use core::fmt;

use eaves_common::time::Wall;

/// A date of an HTTP field, to the second.
///
/// ```
/// use eaves_cache::field::HttpDate;
/// use eaves_common::time::Wall;
///
/// let now = Wall::from_secs(1_700_000_000);
/// let date = HttpDate::parse(b"Sunday, 06-Nov-94 08:49:37 GMT", now).unwrap();
/// assert_eq!(date.to_string(), "Sun, 06 Nov 1994 08:49:37 GMT");
/// assert_eq!(HttpDate::parse(b"Sun, 06 Nov 1994 08:49:37 UTC", now), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HttpDate {
    secs: u64,
}

impl HttpDate {
    /// Parses an IMF-fixdate, an RFC 850 date or an asctime date.
    ///
    /// `now` decides the century of a two-digit year: what would be more than 50 years ahead is past.
    /// Dates before 1970 count as 1970. Names are read in any case, as RFC 9111 section 4.2 asks of caches, though the
    /// grammar has one; the day's name must be one, but need not be right.
    #[must_use]
    pub fn parse(value: &[u8], now: Wall) -> Option<Self> {
        if let Some(date) = Self::fixdate(value) {
            return Some(date);
        }
        let mut text = Text(value);
        let (name, long) = text.day_name()?;
        let civil = match (long, name) {
            (Form::Short, _) if text.literal(b" ") => text.asctime()?,
            (Form::Long, _) if text.literal(b", ") => text.rfc850(now)?,
            _ => return None,
        };
        (text.0.is_empty()).then_some(())?;
        civil.seconds().map(|secs| Self { secs })
    }

    /// Reads an IMF-fixdate by the places of its parts, which is how nearly all dates come.
    fn fixdate(value: &[u8]) -> Option<Self> {
        let text: &[u8; 29] = value.try_into().ok()?;
        let spaced =
            text[3..5] == *b", " && text[7] == b' ' && text[11] == b' ' && text[16] == b' ';
        if !spaced || text[19] != b':' || text[22] != b':' || !is_gmt(&text[25..]) {
            return None;
        }
        let mut most = 0;
        let mut two = |at: usize| {
            let (tens, ones) = (text[at].wrapping_sub(b'0'), text[at + 1].wrapping_sub(b'0'));
            most = most.max(tens).max(ones);
            u64::from(tens) * 10 + u64::from(ones)
        };
        let (day, year) = (two(5), two(12) * 100 + two(14));
        let (hour, minute, second) = (two(17), two(20), two(23));
        if most > 9 {
            return None;
        }
        if !matches!(
            &folded([text[0], text[1], text[2]]),
            b"mon" | b"tue" | b"wed" | b"thu" | b"fri" | b"sat" | b"sun"
        ) {
            return None;
        }
        let month = month_of([text[8], text[9], text[10]])?;
        if hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let civil = Civil {
            year,
            month,
            day,
            second: hour * 3600 + minute * 60 + second.min(59),
        };
        civil.seconds().map(|secs| Self { secs })
    }

    /// Returns the date as a point in time.
    #[must_use]
    pub const fn wall(self) -> Wall {
        Wall::from_secs(self.secs)
    }
}

impl From<Wall> for HttpDate {
    /// Rounds down to the second.
    fn from(wall: Wall) -> Self {
        Self {
            secs: wall.as_secs(),
        }
    }
}

impl fmt::Display for HttpDate {
    /// Writes the IMF-fixdate.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = self.secs / DAY;
        let (year, month, day) = civil_from_days(days);
        let second = self.secs % DAY;
        write!(
            f,
            "{}, {day:02} {} {year:04} {:02}:{:02}:{:02} GMT",
            // 1970-01-01 was a Thursday.
            SHORT_DAYS[((days + 4) % 7) as usize],
            MONTHS[month as usize - 1],
            second / 3600,
            second / 60 % 60,
            second % 60,
        )
    }
}

enum Form {
    Short,
    Long,
}

/// A date and time of day, not yet checked against the calendar.
struct Civil {
    year: u64,
    month: u64,
    day: u64,
    second: u64,
}

impl Civil {
    fn seconds(&self) -> Option<u64> {
        if self.day == 0 || self.day > days_in_month(self.year, self.month) {
            return None;
        }
        let Some(days) = days_from_civil(self.year, self.month, self.day) else {
            return Some(0);
        };
        Some(days * DAY + self.second)
    }
}

/// What is left of the value.
struct Text<'a>(&'a [u8]);

impl Text<'_> {
    fn literal(&mut self, literal: &[u8]) -> bool {
        match self.0.split_at_checked(literal.len()) {
            Some((first, rest)) if first.eq_ignore_ascii_case(literal) => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    fn need(&mut self, literal: &[u8]) -> Option<()> {
        self.literal(literal).then_some(())
    }

    fn one_of(&mut self, names: &[&str]) -> Option<u64> {
        let at = names
            .iter()
            .position(|name| self.literal(name.as_bytes()))?;
        Some(at as u64)
    }

    fn day_name(&mut self) -> Option<(u64, Form)> {
        if let Some(day) = self.one_of(&LONG_DAYS) {
            return Some((day, Form::Long));
        }
        Some((self.one_of(&SHORT_DAYS)?, Form::Short))
    }

    fn digits(&mut self, count: usize) -> Option<u64> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        digits.iter().try_fold(0, |sum, byte| {
            byte.is_ascii_digit()
                .then(|| sum * 10 + u64::from(byte - b'0'))
        })
    }

    fn month(&mut self) -> Option<u64> {
        Some(self.one_of(&MONTHS)? + 1)
    }

    /// Reads `hh:mm:ss`; a leap second counts as the second before it.
    fn time(&mut self) -> Option<u64> {
        let hour = self.digits(2)?;
        self.need(b":")?;
        let minute = self.digits(2)?;
        self.need(b":")?;
        let second = self.digits(2)?;
        (hour < 24 && minute < 60 && second <= 60)
            .then(|| hour * 3600 + minute * 60 + second.min(59))
    }

    fn rfc850(&mut self, now: Wall) -> Option<Civil> {
        let day = self.digits(2)?;
        self.need(b"-")?;
        let month = self.month()?;
        self.need(b"-")?;
        let year = self.digits(2)?;
        self.need(b" ")?;
        let second = self.time()?;
        self.need(b" GMT")?;
        let year = century(year, now);
        Some(Civil {
            year,
            month,
            day,
            second,
        })
    }

    fn asctime(&mut self) -> Option<Civil> {
        let month = self.month()?;
        self.need(b" ")?;
        let day = if self.literal(b" ") {
            self.digits(1)?
        } else {
            self.digits(2)?
        };
        self.need(b" ")?;
        let second = self.time()?;
        self.need(b" ")?;
        let year = self.digits(4)?;
        Some(Civil {
            year,
            month,
            day,
            second,
        })
    }
}

fn is_gmt(end: &[u8]) -> bool {
    end.eq_ignore_ascii_case(b" GMT")
}

/// Letters in lower case. What is no letter does not become one.
fn folded(name: [u8; 3]) -> [u8; 3] {
    name.map(|byte| byte | 0x20)
}

fn month_of(name: [u8; 3]) -> Option<u64> {
    Some(match &folded(name) {
        b"jan" => 1,
        b"feb" => 2,
        b"mar" => 3,
        b"apr" => 4,
        b"may" => 5,
        b"jun" => 6,
        b"jul" => 7,
        b"aug" => 8,
        b"sep" => 9,
        b"oct" => 10,
        b"nov" => 11,
        b"dec" => 12,
        _ => return None,
    })
}

/// The full year of a two-digit one: the latest with these digits that is at most 50 years ahead.
fn century(two_digits: u64, now: Wall) -> u64 {
    let (latest, ..) = civil_from_days(now.as_secs() / DAY);
    let latest = latest + 50;
    let year = latest - latest % 100 + two_digits;
    if year > latest { year - 100 } else { year }
}

const DAY: u64 = 86_400;

/// Days since 1970-01-01 (years of 400-year eras that begin in March); `None` before 1970.
fn days_from_civil(year: u64, month: u64, day: u64) -> Option<u64> {
    const DAYS_TO_1970: u64 = 719_468;
    let year = if month <= 2 {
        year.checked_sub(1)?
    } else {
        year
    };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = year * 365 + year / 4 - year / 100 + year / 400 + day_of_year;
    days.checked_sub(DAYS_TO_1970)
}

fn civil_from_days(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let day_of_era = days % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = days / 146_097 * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

fn days_in_month(year: u64, month: u64) -> u64 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

const SHORT_DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const LONG_DAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Wall = Wall::from_secs(1_790_000_000);

    #[test]
    fn the_three_forms_mean_the_same() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ]
        .map(str::to_owned)
        .into_iter()
        .flat_map(|text| [text.to_lowercase(), text.to_uppercase(), text])
        {
            let date = HttpDate::parse(text.as_bytes(), NOW);
            assert_eq!(
                date.map(HttpDate::wall),
                Some(Wall::from_secs(784_111_777)),
                "{text}"
            );
        }
    }

    #[test]
    fn anything_else_is_not_a_date() {
        for text in [
            "",
            "0",
            "Sun, 06 Nov 1994 08:49:37 UTC",
            "Sun, 06 Nov 1994 08:49:37 AEST",
            "Sun, 06 Nov 1994 08:49:37 GMT ",
            " Sun, 06 Nov 1994 08:49:37 GMT",
            "Sun, 06  Nov 1994 08:49:37 GMT",
            "Sun 06 Nov 1994 08:49:37 GMT",
            "Sun, 06-Nov-1994 08:49:37 GMT",
            "Sun, 06 Nov 94 08:49:37 GMT",
            "Sun, 06 Nov 1994 8:49:37 GMT",
            "Sun, 06 Nov 1994 08.49.37 GMT",
            "5un, 06 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 \x07MT",
            "Sun, 31 Feb 1994 08:49:37 GMT",
            "Sun, 00 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:00:00 GMT",
            "Sun, 06-Nov-94 08:49:37 GMT",
            "Sunday, 06 Nov 1994 08:49:37 GMT",
        ] {
            assert_eq!(HttpDate::parse(text.as_bytes(), NOW), None, "{text}");
        }
    }

    /// An IMF-fixdate, part by part.
    fn by_parts(value: &[u8]) -> Option<HttpDate> {
        let mut text = Text(value);
        let (_, Form::Short) = text.day_name()? else {
            return None;
        };
        text.need(b", ")?;
        let day = text.digits(2)?;
        text.need(b" ")?;
        let month = text.month()?;
        text.need(b" ")?;
        let year = text.digits(4)?;
        text.need(b" ")?;
        let second = text.time()?;
        text.need(b" GMT")?;
        text.0.is_empty().then_some(())?;
        let civil = Civil {
            year,
            month,
            day,
            second,
        };
        civil.seconds().map(|secs| HttpDate { secs })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1024))]

        /// Reading by places is reading by parts: for dates, and for dates with a few bytes changed.
        #[test]
        fn places_and_parts_agree(secs in 0u64..400_000_000_000, changes in prop::collection::vec((0usize..29, any::<u8>()), 0..3), cut in 0usize..40) {
            let date = HttpDate { secs: secs.min(253_402_300_799) };
            let mut text = date.to_string().into_bytes();
            prop_assert_eq!(HttpDate::fixdate(&text), Some(date));
            for (at, byte) in changes {
                text[at] = if byte < 128 { b"0123456789 :,GMTgmtSUNsunJANjan"[usize::from(byte % 31)] } else { byte };
            }
            text.truncate(cut.max(20));
            prop_assert_eq!(HttpDate::fixdate(&text), by_parts(&text), "{}", String::from_utf8_lossy(&text));
        }
    }

    #[test]
    fn a_two_digit_year_is_at_most_50_years_ahead() {
        let year = |digits| century(digits, NOW);
        assert_eq!(
            (year(26), year(75), year(76), year(77), year(99)),
            (2026, 2075, 2076, 1977, 1999)
        );
    }

    #[test]
    fn dates_before_1970_and_far_ahead_saturate() {
        let date = |text: &str| HttpDate::parse(text.as_bytes(), NOW).map(HttpDate::wall);
        assert_eq!(date("Thu, 01 Jan 1900 00:00:00 GMT"), Some(Wall::ZERO));
        assert_eq!(date("Sat, 01 Jan 0000 00:00:00 GMT"), Some(Wall::ZERO));
        assert_eq!(date("Fri, 31 Dec 9999 23:59:60 GMT"), Some(Wall::MAX));
    }
}
