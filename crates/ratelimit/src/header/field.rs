//! Rendering of the fields' values.

use std::{fmt::Write, time::Duration};

use arrayvec::ArrayString;
use eaves_common::units::Rate;
use http::HeaderValue;

use crate::{
    meter::{Algorithm, Reading},
    rule::Rule,
};

/// The largest Integer of a structured field (RFC 9651 section 3.3.1).
const MOST: u64 = 999_999_999_999_999;

/// Room for a name of which every character is escaped, and two parameters.
type Item = ArrayString<{ 2 * Rule::LONGEST_NAME + 64 }>;

/// Renders `RateLimit` for the binding rule: units that remain, and seconds until there are more, which are
/// the window in which a client can use no more than these.
pub(crate) fn ratelimit(name: &str, reading: &Reading<'_>) -> HeaderValue {
    let mut item = item(name, 'r', reading.remaining());
    if let Some(more) = reading.more_after() {
        append(&mut item, 't', seconds(more));
    }
    value(&item)
}

/// Renders `RateLimit-Policy` of all rules that may deny.
pub(crate) fn policy(rules: &[Rule]) -> HeaderValue {
    let enforced = rules.iter().filter(|rule| !rule.is_shadow());
    let items = enforced.filter_map(|rule| match rule.counts_by() {
        Algorithm::Concurrency => Some(places(rule)),
        Algorithm::Penalty => None, // denials are no quota
        _ => Some(units(rule)),
    });
    value(&items.collect::<Vec<_>>().join(", "))
}

fn units(rule: &Rule) -> String {
    let (quota, window) = quota(rule.rate());
    let mut item = item(rule.name(), 'q', quota);
    append(&mut item, 'w', window);
    item.to_string()
}

/// Requests under way have a unit of their own, and no window.
fn places(rule: &Rule) -> String {
    let item = item(rule.name(), 'q', rule.rate().count().get());
    format!("{item};qu=\"concurrent-requests\"")
}

/// Renders `Retry-After` (RFC 9110 section 10.2.3): whole seconds, rounded up, at least one.
pub(crate) fn retry_after(after: Duration) -> HeaderValue {
    HeaderValue::from(seconds(after).max(1))
}

/// Quota and window in whole seconds.
fn quota(rate: Rate) -> (u64, u64) {
    let (count, period) = (u128::from(rate.count().get()), rate.period().as_nanos());
    let burst = u128::from(rate.burst().get());
    if burst > count {
        return (
            saturate(burst),
            // What saturates here no meter can hold.
            saturate(burst.saturating_mul(period).div_ceil(count * SECOND)),
        );
    }
    let window = period.div_ceil(SECOND);
    let rest = window * SECOND - period; // less than a second
    (saturate(count + count * rest / period), saturate(window))
}

const SECOND: u128 = 1_000_000_000;

fn saturate(number: u128) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// Whole seconds, rounded up, so that nobody comes back too early.
fn seconds(duration: Duration) -> u64 {
    saturate(duration.as_nanos().div_ceil(SECOND))
}

/// A String (RFC 9651 section 3.3.3) with one parameter.
fn item(name: &str, parameter: char, number: u64) -> Item {
    let mut item = Item::new();
    item.push('"');
    for char in name.chars() {
        if matches!(char, '"' | '\\') {
            item.push('\\');
        }
        item.push(char);
    }
    item.push('"');
    append(&mut item, parameter, number);
    item
}

fn append(item: &mut Item, parameter: char, number: u64) {
    write!(item, ";{parameter}={}", number.min(MOST)).expect("an item has room for two parameters");
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("names of rules are printable ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_whole_seconds_that_tell_the_rate() {
        for (rate, expected) in [
            ("100/1m burst 20", (100, 60)),
            ("100/1m", (100, 60)),
            ("10/1s burst 50", (50, 5)),
            ("5/100ms", (50, 1)),
            ("3/1500ms", (4, 2)),
            ("1/1d burst 1000000", (1_000_000, 86_400_000_000)),
        ] {
            assert_eq!(quota(rate.parse().unwrap()), expected, "{rate}");
        }
    }

    #[test]
    fn retry_after_is_rounded_up_and_at_least_one() {
        for (millis, expected) in [(0, "1"), (1, "1"), (499, "1"), (1_000, "1"), (1_001, "2")] {
            assert_eq!(
                retry_after(Duration::from_millis(millis)),
                expected,
                "{millis} ms"
            );
        }
    }

    #[test]
    fn quotes_in_a_name_are_escaped() {
        assert_eq!(
            item(r#"a "b" \"#, 'q', u64::MAX).as_str(),
            r#""a \"b\" \\";q=999999999999999"#
        );
    }
}
