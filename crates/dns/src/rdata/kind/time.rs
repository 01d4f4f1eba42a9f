//! Points in time, to the second (RFC 4034 section 3.2).

use super::Kind;
use crate::{
    error::{BuildError, TextError, WireError},
    text::{Lexer, Printer},
    wire::{Reader, Sink},
};

const DAY: u64 = 86_400;

kind! {
    /// Seconds since 1970 modulo 2^32; in text `YYYYMMDDHHmmSS`, or the seconds.
    Time: u32;
    read(reader, field) { reader.u32(field) }
    write(view, sink) { sink.put(&view.to_be_bytes()) }
    print(view, out) {
        let (days, second) = (u64::from(view) / DAY, u64::from(view) % DAY);
        let (year, month, day) = date_of(days);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        out.show(format_args!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}"))
    }
    parse(tokens, field, bytes) {
        let token = tokens.require_word(field)?;
        let value = token.number(u64::MAX, "not a time")?;
        let seconds = match token.text.len() {
            14 => seconds_of(value),
            ..=10 => u32::try_from(value).ok(),
            _ => None,
        };
        let seconds = seconds.ok_or_else(|| token.invalid("not a time"))?;
        bytes.extend_from_slice(&seconds.to_be_bytes());
        Ok(())
    }
}

const fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

const fn month_len(year: u64, month: u64) -> u64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Year, month and day, days after the start of 1970; 32 bits of seconds end in 2106.
fn date_of(mut days: u64) -> (u64, u64, u64) {
    let mut year = 1970;
    loop {
        let len = if is_leap(year) { 366 } else { 365 };
        if days < len {
            break;
        }
        days -= len;
        year += 1;
    }
    let mut month = 1;
    while days >= month_len(year, month) {
        days -= month_len(year, month);
        month += 1;
    }
    (year, month, days + 1)
}

/// Seconds since 1970 of a number that reads `YYYYMMDDHHmmSS`.
fn seconds_of(digits: u64) -> Option<u32> {
    let (date, time) = (digits / 1_000_000, digits % 1_000_000);
    let (year, month, day) = (date / 10_000, date / 100 % 100, date % 100);
    let (hour, minute, second) = (time / 10_000, time / 100 % 100, time % 100);
    let is_date = (1970..2107).contains(&year)
        && (1..=12).contains(&month)
        && (1..=month_len(year, month)).contains(&day);
    if !is_date || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let years: u64 = (1970..year)
        .map(|year| if is_leap(year) { 366 } else { 365 })
        .sum();
    let months: u64 = (1..month).map(|month| month_len(year, month)).sum();
    let days = years + months + day - 1;
    u32::try_from(days * DAY + hour * 3600 + minute * 60 + second).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_seconds_agree() {
        let table = [
            (19_700_101_000_000, Some(0)),
            (20_040_229_235_959, Some(1_078_099_199)),
            (21_060_207_062_815, Some(u32::MAX)),
            (21_060_207_062_816, None),
            (20_030_229_000_000, None),
            (20_031_301_000_000, None),
        ];
        for (digits, seconds) in table {
            assert_eq!(seconds_of(digits), seconds, "{digits}");
        }
        assert_eq!(date_of(12_477), (2004, 2, 29));
    }
}
