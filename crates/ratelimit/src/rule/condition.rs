//! [`Condition`]: which requests a rule applies to.

use std::{fmt, net::IpAddr, str::FromStr};

use eaves_common::units::IpPrefix;

use crate::{
    error::BuildError,
    key::{Facts, Part},
};

/// A thing of a request and what it has to be, written like `path is /api/*`.
///
/// The text is a [`Part`], `is` or `is not`, and one or more patterns between commas, of which one
/// has to fit. A pattern may begin or end in `*`; `*` alone says that the part is there. For
/// `client.ip` patterns are prefixes. Hosts are compared without regard to case.
///
/// A request that lacks the part fits no pattern, so `is not` holds for it.
///
/// ```
/// use eaves_ratelimit::{Condition, key::Facts};
///
/// let (parts, ()) = http::Request::get("https://API.example/v1/items").body(()).unwrap().into_parts();
/// let facts = Facts::of("10.1.2.3".parse()?).request(&parts);
/// for (text, expected) in [
///     ("path is /v1/*, /v2/*", true),
///     ("method is not GET, HEAD", false),
///     ("host is *.example, api.example", true),
///     ("client.ip is not 10.0.0.0/8", false),
///     ("header.authorization is *", false),
/// ] {
///     assert_eq!(text.parse::<Condition>()?.holds(&facts), expected, "{text}");
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    part: Part,
    sense: Sense,
    patterns: Patterns,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sense {
    Is,
    IsNot,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Patterns {
    Prefixes(Vec<IpPrefix>),
    Texts(Vec<Pattern>),
}

/// A text that may be open at either end.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern {
    text: String,
    open_start: bool,
    open_end: bool,
}

impl Condition {
    /// Says whether it holds for a request. The cost is in the number of patterns.
    #[must_use]
    pub fn holds(&self, facts: &Facts<'_>) -> bool {
        let fits = match &self.patterns {
            Patterns::Prefixes(prefixes) => {
                facts.client().is_some_and(|addr| contain(prefixes, addr))
            }
            Patterns::Texts(patterns) => self.part.text(facts).is_some_and(|text| {
                let fold = self.part == Part::Host;
                patterns.iter().any(|pattern| pattern.fits(text, fold))
            }),
        };
        fits == (self.sense == Sense::Is)
    }
}

impl FromStr for Condition {
    type Err = BuildError;

    fn from_str(text: &str) -> Result<Self, BuildError> {
        let wrong = || BuildError::Condition {
            text: text.to_owned(),
        };
        let (part, rest) = text.trim().split_once(' ').ok_or_else(wrong)?;
        let part: Part = part.parse()?;
        let rest = rest.trim_start().strip_prefix("is ").ok_or_else(wrong)?;
        let (sense, patterns) = match rest.trim_start().strip_prefix("not ") {
            Some(rest) => (Sense::IsNot, rest),
            None => (Sense::Is, rest),
        };
        let patterns = patterns.split(',').map(str::trim);
        let patterns = match part {
            Part::ClientIp { .. } => {
                let prefixes: Result<_, _> = patterns.map(str::parse).collect();
                Patterns::Prefixes(prefixes.map_err(|error| BuildError::ConditionAddress {
                    text: text.to_owned(),
                    error,
                })?)
            }
            _ => {
                let patterns: Option<_> = patterns.map(Pattern::read).collect();
                Patterns::Texts(patterns.ok_or_else(wrong)?)
            }
        };
        Ok(Self {
            part,
            sense,
            patterns,
        })
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sense = match self.sense {
            Sense::Is => "is",
            Sense::IsNot => "is not",
        };
        match &self.patterns {
            Patterns::Prefixes(prefixes) => {
                write!(f, "client.ip {sense} ")?;
                list(f, prefixes)
            }
            Patterns::Texts(patterns) => {
                write!(f, "{} {sense} ", self.part)?;
                list(f, patterns)
            }
        }
    }
}

impl Pattern {
    fn read(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self {
                text: String::new(),
                open_start: true,
                open_end: true,
            });
        }
        let (open_start, inner) = match text.strip_prefix('*') {
            Some(inner) => (true, inner),
            None => (false, text),
        };
        let (open_end, inner) = match inner.strip_suffix('*') {
            Some(inner) => (true, inner),
            None => (false, inner),
        };
        let plain = !inner.is_empty() && !inner.contains('*');
        plain.then(|| Self {
            text: inner.to_owned(),
            open_start,
            open_end,
        })
    }

    fn fits(&self, text: &[u8], fold: bool) -> bool {
        let own = self.text.as_bytes();
        let same = |text: &[u8]| {
            if fold {
                text.eq_ignore_ascii_case(own)
            } else {
                text == own
            }
        };
        let Some(spare) = text.len().checked_sub(own.len()) else {
            return false;
        };
        match (self.open_start, self.open_end) {
            (false, false) => spare == 0 && same(text),
            (false, true) => same(&text[..own.len()]),
            (true, false) => same(&text[spare..]),
            (true, true) => own.is_empty() || text.windows(own.len()).any(same),
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let star = |open| if open { "*" } else { "" };
        let end = star(self.open_end && !self.text.is_empty());
        write!(f, "{}{}{end}", star(self.open_start), self.text)
    }
}

fn contain(prefixes: &[IpPrefix], addr: IpAddr) -> bool {
    prefixes.iter().any(|prefix| prefix.contains(addr))
}

fn list(f: &mut fmt::Formatter<'_>, items: &[impl fmt::Display]) -> fmt::Result {
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            f.write_str(", ")?;
        }
        item.fmt(f)?;
    }
    Ok(())
}
