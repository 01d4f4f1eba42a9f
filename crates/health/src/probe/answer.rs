//! [`HttpAnswer`]: judges a response's head and body, whoever has parsed them.

use super::{HttpQuestion, Pattern, Reason, pattern::Search};

/// Judges the final response to an [`HttpQuestion`], whoever has parsed it: [`HttpExchange`]
/// does HTTP/1.1, an HTTP/2 stack the other. At most `max_body` bytes of the body are kept.
///
/// [`HttpExchange`]: super::HttpExchange
///
/// ```
/// use eaves_health::probe::{HttpAnswer, HttpQuestion, Pattern, Step};
///
/// let mut question = HttpQuestion::new("/");
/// question.body = Some(Pattern::text("well"));
/// let mut answer = HttpAnswer::new(&question);
/// assert_eq!(answer.head(200, &[("server", b"x")]), Step::More);
/// assert_eq!(answer.feed(b"all is well"), Step::Judged(Ok(())));
/// ```
#[derive(Debug)]
pub struct HttpAnswer<'a> {
    question: &'a HttpQuestion,
    body: Vec<u8>,
    search: Search,
}

/// What an exchange needs next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// More bytes of the answer.
    More,
    /// Nothing: this is the judgement.
    Judged(Result<(), Reason>),
    /// To be asked again elsewhere: the response's `Location`.
    Redirect(String),
}

impl<'a> HttpAnswer<'a> {
    /// Begins with nothing known.
    #[must_use]
    pub fn new(question: &'a HttpQuestion) -> Self {
        Self {
            question,
            body: Vec::new(),
            search: Search::default(),
        }
    }

    /// Takes the head of the final response: its status and its fields.
    pub fn head(&mut self, status: u16, fields: &[(&str, &[u8])]) -> Step {
        if !self.question.expect.contains(status) {
            let location = self.location(status, fields);
            return location.map_or(Step::Judged(Err(Reason::Status { status })), Step::Redirect);
        }
        let wanted = self.question.expect_fields.iter();
        let mut lacking = wanted.filter(|(name, value)| !has(fields, name, value.as_ref()));
        if let Some((name, _)) = lacking.next() {
            return Step::Judged(Err(Reason::Field { name: name.clone() }));
        }
        if self.question.body.is_none() {
            return Step::Judged(Ok(()));
        }
        Step::More
    }

    /// Takes the next bytes of the body.
    pub fn feed(&mut self, bytes: &[u8]) -> Step {
        let Some(pattern) = &self.question.body else {
            return Step::Judged(Ok(()));
        };
        let max = self.question.max_body;
        let room = max.saturating_sub(self.body.len());
        self.body.extend_from_slice(&bytes[..bytes.len().min(room)]);
        if self.search.finds_text(pattern, &self.body) {
            return Step::Judged(Ok(()));
        }
        if self.body.len() >= max {
            return Step::Judged(self.end());
        }
        Step::More
    }

    /// Takes the end of the body.
    ///
    /// # Errors
    ///
    /// [`Reason::Body`] if it lacks the expected text.
    pub fn end(&self) -> Result<(), Reason> {
        let wanted = self.question.body.as_ref();
        if wanted.is_none_or(|pattern| pattern.is_in(&self.body)) {
            return Ok(());
        }
        Err(Reason::Body {
            read: self.body.len(),
        })
    }

    /// Returns where a redirect leads, if redirects are followed (RFC 9110 section 15.4).
    fn location(&self, status: u16, fields: &[(&str, &[u8])]) -> Option<String> {
        if self.question.redirects.max == 0 || !matches!(status, 301 | 302 | 303 | 307 | 308) {
            return None;
        }
        let (_, value) = fields
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("location"))?;
        Some(String::from_utf8_lossy(value).into_owned())
    }
}

fn has(fields: &[(&str, &[u8])], wanted: &str, value: Option<&Pattern>) -> bool {
    fields.iter().any(|(name, found)| {
        name.eq_ignore_ascii_case(wanted) && value.is_none_or(|value| value.is_in(found))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_looked_for_whatever_their_case() {
        let mut question = HttpQuestion::new("/");
        question.expect_fields = vec![
            ("X-Version".into(), Some(Pattern::text("7"))),
            ("date".into(), None),
        ];
        let judge = |fields: &[(&str, &[u8])]| HttpAnswer::new(&question).head(200, fields);
        let lacks = |name: &str| Step::Judged(Err(Reason::Field { name: name.into() }));
        assert_eq!(
            judge(&[("x-version", b"1.7"), ("Date", b"")]),
            Step::Judged(Ok(()))
        );
        assert_eq!(
            judge(&[("x-version", b"1.6"), ("x-version", b"7")]),
            lacks("date")
        );
        assert_eq!(
            judge(&[("x-version", b"1.6"), ("Date", b"")]),
            lacks("X-Version")
        );
    }

    #[cfg(feature = "regex")]
    #[test]
    fn a_regular_expression_is_judged_by_the_whole_body() {
        let mut question = HttpQuestion::new("/");
        question.body = Some(Pattern::regex("^ok$").unwrap());
        let mut answer = HttpAnswer::new(&question);
        assert_eq!(answer.head(200, &[]), Step::More);
        assert_eq!(answer.feed(b"ok"), Step::More);
        assert_eq!(answer.end(), Ok(()));
        assert_eq!(answer.feed(b", or is it?"), Step::More);
        assert_eq!(answer.end(), Err(Reason::Body { read: 13 }));
    }
}
