//! Reads numbers and words off a text, exactly, and remembers where they stood.

use alloc::{borrow::Cow, format};

use super::UnitError;

/// A cursor over the text of a quantity.
#[derive(Clone, Debug)]
pub(super) struct Scan<'a> {
    text: &'a str,
    at: usize,
}

/// A decimal number: `digits` over ten to the power of `scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    digits: u128,
    scale: u32,
}

/// A unit's word and how many smallest steps it counts.
pub(super) type Unit = (&'static str, u128);

/// Digits a number may have on either side of its point: more than any quantity needs.
const MAX_DIGITS: usize = 20;

impl<'a> Scan<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let mut scan = Self { text, at: 0 };
        scan.skip_spaces();
        scan
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn is_done(&self) -> bool {
        self.rest().is_empty()
    }

    /// The text from `start` to here, without the spaces around it.
    pub(super) fn since(&self, start: usize) -> &'a str {
        self.text[start..self.at].trim()
    }

    pub(super) fn skip_spaces(&mut self) {
        self.take(|c| c == ' ');
    }

    /// Takes `literal` if it comes next.
    pub(super) fn eat(&mut self, literal: &str) -> bool {
        let found = self.rest().starts_with(literal);
        if found {
            self.at += literal.len();
        }
        found
    }

    /// Takes a word: everything up to a space, a digit or a slash.
    pub(super) fn word(&mut self) -> &'a str {
        self.take(|c| !c.is_ascii_digit() && !matches!(c, ' ' | '/' | '.'))
    }

    /// Takes a run of digits.
    pub(super) fn digits(&mut self) -> &'a str {
        self.take(|c| c.is_ascii_digit())
    }

    /// Takes `12` or `1.5`; `None` leaves the cursor where it was.
    pub(super) fn decimal(&mut self) -> Option<Decimal> {
        let before = self.at;
        let decimal = self.try_decimal();
        if decimal.is_none() {
            self.at = before;
        }
        decimal
    }

    fn try_decimal(&mut self) -> Option<Decimal> {
        let whole = self.digits();
        let fraction = if self.eat(".") {
            Some(self.digits())
        } else {
            None
        };
        let fraction = match fraction {
            Some("") => return None,
            Some(digits) => digits.trim_end_matches('0'),
            None => "",
        };
        Decimal::new(whole, fraction)
    }

    fn take(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c| !wanted(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }
}

impl Decimal {
    fn new(whole: &str, fraction: &str) -> Option<Self> {
        let whole_digits = whole.trim_start_matches('0');
        if whole.is_empty() || whole_digits.len() > MAX_DIGITS || fraction.len() > MAX_DIGITS {
            return None;
        }
        // At most 38 digits fit 128 bits; two full halves do not, and are no quantity of ours.
        let digits = whole_digits
            .bytes()
            .chain(fraction.bytes())
            .try_fold(0_u128, |sum, digit| {
                sum.checked_mul(10)?.checked_add(u128::from(digit - b'0'))
            })?;
        Some(Self {
            digits,
            scale: u32::try_from(fraction.len()).ok()?,
        })
    }

    /// How many steps this many units of `steps` each are.
    pub(super) fn times(self, steps: u128) -> Steps {
        let Some(product) = self.digits.checked_mul(steps) else {
            return Steps::TooMany;
        };
        let parts = 10_u128.pow(self.scale);
        if product % parts == 0 {
            Steps::Exactly(product / parts)
        } else {
            Steps::Between
        }
    }
}

/// What a decimal number of units comes to in smallest steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Steps {
    Between,
    Exactly(u128),
    TooMany,
}

/// Finds `word` among the units, or says which one was meant.
pub(super) fn find_unit(
    word: &str,
    at: usize,
    units: &[Unit],
    quantity: &'static str,
    all: &'static str,
) -> Result<u128, UnitError> {
    if let Some((_, steps)) = units.iter().find(|(name, _)| *name == word) {
        return Ok(*steps);
    }
    let alike = |name: &str| name.eq_ignore_ascii_case(word);
    let advice = match units.iter().find(|(name, _)| alike(name)) {
        Some((name, _)) => Cow::Owned(format!("did you mean `{name}`?")),
        None => Cow::Borrowed(all),
    };
    Err(UnitError::Unit {
        at,
        found: word.into(),
        quantity,
        advice,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact_or_refused() {
        let times = |text: &str, steps| Scan::new(text).decimal().map(|d| d.times(steps));
        assert_eq!(times("1.5", 10), Some(Steps::Exactly(15)));
        assert_eq!(times("0.10", 10), Some(Steps::Exactly(1)));
        assert_eq!(times("1.5", 3), Some(Steps::Between));
        let zeros = "0".repeat(50);
        assert_eq!(
            times(&format!("{zeros}7.5{zeros}"), 2),
            Some(Steps::Exactly(15))
        );
        assert_eq!(times(&format!("0.{zeros}1"), 1), None, "too fine to count");
        assert_eq!(times("9", u128::MAX), Some(Steps::TooMany));
        for text in ["", ".5", "1.", "x", "-1", "111111111111111111111"] {
            assert_eq!(times(text, 1), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_number_leaves_the_cursor() {
        let mut scan = Scan::new("1.x");
        assert_eq!(scan.decimal(), None);
        assert_eq!(scan.at(), 0);
    }
}
