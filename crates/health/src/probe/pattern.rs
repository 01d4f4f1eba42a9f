//! [`Pattern`]: text, or a regular expression, that an answer must hold.

use core::fmt;

/// Text, or a regular expression (feature `regex`), that an answer must hold.
///
/// Both are found in time linear in the answer; a regular expression is compiled once, within 1 MiB.
///
/// ```
/// use eaves_health::probe::Pattern;
///
/// let pattern = Pattern::text("all is well");
/// assert!(pattern.is_in(b"so far all is well here"));
/// assert_eq!(pattern.to_string(), "all is well");
/// ```
#[derive(Clone)]
pub struct Pattern(Kind);

#[derive(Clone)]
enum Kind {
    Text(Box<[u8]>),
    #[cfg(feature = "regex")]
    Regex(regex::bytes::Regex),
}

impl Pattern {
    /// Looks for these bytes.
    pub fn text(text: impl AsRef<[u8]>) -> Self {
        Self(Kind::Text(text.as_ref().into()))
    }

    /// Looks for what this regular expression matches, anywhere unless it is anchored.
    ///
    /// # Errors
    ///
    /// [`ParseError::Regex`](crate::ParseError::Regex) if it is none, or needs more than 1 MiB.
    #[cfg(feature = "regex")]
    #[cfg_attr(docsrs, doc(cfg(feature = "regex")))]
    pub fn regex(text: &str) -> Result<Self, crate::ParseError> {
        let compiled = regex::bytes::RegexBuilder::new(text)
            .size_limit(MAX_SIZE)
            .dfa_size_limit(MAX_SIZE)
            .nest_limit(MAX_NESTING)
            .build();
        let regex = compiled.map_err(|error| crate::ParseError::Regex {
            detail: error.to_string(),
        })?;
        Ok(Self(Kind::Regex(regex)))
    }

    /// Says whether the bytes hold it.
    #[must_use]
    pub fn is_in(&self, bytes: &[u8]) -> bool {
        match &self.0 {
            Kind::Text(text) => text.is_empty() || memchr::memmem::find(bytes, text).is_some(),
            #[cfg(feature = "regex")]
            Kind::Regex(regex) => regex.is_match(bytes),
        }
    }

    /// Returns the length of plain text: what is found in a part of the answer is in the whole. A
    /// regular expression may mean the end of the answer, and has none.
    pub(super) fn text_length(&self) -> Option<usize> {
        match &self.0 {
            Kind::Text(text) => Some(text.len()),
            #[cfg(feature = "regex")]
            Kind::Regex(_) => None,
        }
    }

    fn source(&self) -> &[u8] {
        match &self.0 {
            Kind::Text(text) => text,
            #[cfg(feature = "regex")]
            Kind::Regex(regex) => regex.as_str().as_bytes(),
        }
    }
}

#[cfg(feature = "regex")]
const MAX_SIZE: usize = 1 << 20;
#[cfg(feature = "regex")]
const MAX_NESTING: u32 = 50;

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        let same_kind = core::mem::discriminant(&self.0) == core::mem::discriminant(&other.0);
        same_kind && self.source() == other.source()
    }
}

impl Eq for Pattern {}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.source()))
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match &self.0 {
            Kind::Text(_) => "Text",
            #[cfg(feature = "regex")]
            Kind::Regex(_) => "Regex",
        };
        f.debug_tuple(name).field(&self.to_string()).finish()
    }
}

/// Looks for a pattern in an answer that is still coming in, with work linear in what has come.
#[derive(Debug, Default)]
pub(super) struct Search {
    /// Where the part begins that was not looked at yet.
    from: usize,
    /// Bytes that regular expressions were run over.
    work: usize,
}

/// How often a regular expression may run over all of an answer of which more may come.
const RUNS: usize = 32;

impl Search {
    /// Says whether text is there by now; regular expressions wait for the end.
    pub(super) fn finds_text(&mut self, pattern: &Pattern, answer: &[u8]) -> bool {
        let Some(length) = pattern.text_length() else {
            return false;
        };
        // What is new, with so much before it as could hold all but one byte of the text.
        let from = self.from.saturating_sub(length).min(answer.len());
        self.from = answer.len();
        pattern.is_in(&answer[from..])
    }

    /// Says whether it is there by now. A regular expression is run over everything each time,
    /// until that has cost so many times the limit; then it waits for the end.
    pub(super) fn finds(&mut self, pattern: &Pattern, answer: &[u8], max: usize) -> bool {
        if pattern.text_length().is_some() {
            return self.finds_text(pattern, answer);
        }
        self.work = self.work.saturating_add(answer.len());
        self.work <= max.saturating_mul(RUNS) && pattern.is_in(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_found_however_it_is_cut() {
        let answer = b"aaaaaaabaaab";
        for piece in 1..=answer.len() {
            let mut search = Search::default();
            let wanted = Pattern::text("aaab");
            let mut ends = (piece..answer.len()).step_by(piece).chain([answer.len()]);
            let found = ends.find(|&end| search.finds_text(&wanted, &answer[..end]));
            assert!(found.is_some(), "in pieces of {piece}");
        }
    }

    #[cfg(feature = "regex")]
    #[test]
    fn a_regular_expression_that_would_need_much_is_refused() {
        assert!(Pattern::regex("a{1000}{1000}").is_err());
        assert!(Pattern::regex(&"(".repeat(1000)).is_err());
        let evil = Pattern::regex("(a*)*b").unwrap();
        assert!(
            !evil.is_in(&[b'a'; 100_000]),
            "a backtracker would not be done by tomorrow"
        );
    }

    #[cfg(feature = "regex")]
    #[test]
    fn a_regular_expression_does_not_run_for_every_byte() {
        let pattern = Pattern::regex("never$").unwrap();
        let mut search = Search::default();
        let answer = vec![b'x'; 1000];
        for end in 0..answer.len() {
            assert!(!search.finds(&pattern, &answer[..end], 10));
        }
        assert!(!search.finds(&pattern, b"never", 10), "its work is spent");
        assert!(pattern.is_in(b"never"), "at the end it is asked once more");
    }
}
