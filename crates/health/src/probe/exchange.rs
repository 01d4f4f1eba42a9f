//! [`HttpExchange`]: judges an HTTP/1.1 answer as its bytes come in.

use super::{HttpQuestion, Reason, body::Body};

/// Judges the answer to an [`HttpQuestion`] as its bytes come in, in bounded memory: at most a
/// head of 16 KiB and `max_body` bytes of body beside the bytes just fed are kept, and no more is
/// asked for than the judgement needs.
///
/// ```
/// use eaves_health::probe::{HttpExchange, HttpQuestion, Step};
///
/// let question = HttpQuestion::new("/");
/// let mut exchange = HttpExchange::new(&question);
/// assert_eq!(exchange.feed(b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 2"), Step::More);
/// assert_eq!(exchange.feed(b"00 OK\r\n\r\n"), Step::Judged(Ok(())));
/// ```
#[derive(Debug)]
pub struct HttpExchange<'a> {
    question: &'a HttpQuestion,
    /// The head until it is complete, then the body.
    buffer: Vec<u8>,
    /// Bytes of the answer before the buffer.
    consumed: usize,
    body: Option<Body>,
}

/// What an exchange needs next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// More bytes of the answer.
    More,
    /// Nothing: this is the judgement.
    Judged(Result<(), Reason>),
}

/// The head with all interim answers before it; RFC 9112 sets no limit, we do.
const MAX_HEAD: usize = 16 * 1024;
const MAX_FIELDS: usize = 64;

impl<'a> HttpExchange<'a> {
    /// Begins an exchange whose request has been sent.
    #[must_use]
    pub fn new(question: &'a HttpQuestion) -> Self {
        Self {
            question,
            buffer: Vec::new(),
            consumed: 0,
            body: None,
        }
    }

    /// Takes the next bytes of the answer.
    pub fn feed(&mut self, bytes: &[u8]) -> Step {
        let step = if self.body.is_some() {
            self.read_body(bytes)
        } else {
            self.buffer.extend_from_slice(bytes);
            self.read_head()
        };
        match step {
            Ok(None) => Step::More,
            Ok(Some(())) => Step::Judged(Ok(())),
            Err(reason) => Step::Judged(Err(reason)),
        }
    }

    /// Takes the end of the connection: the judgement of what came until then.
    ///
    /// # Errors
    ///
    /// The reason why the probe failed; an end inside a head or inside a framed body is one.
    pub fn end(&mut self) -> Result<(), Reason> {
        match self.body {
            Some(Body::Open) => self.judge_body(),
            _ => Err(self.refusal("the connection ended inside the answer")),
        }
    }

    /// Skips interim answers (RFC 9110 section 15.2) before it judges.
    fn read_head(&mut self) -> Result<Option<()>, Reason> {
        loop {
            let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
            let mut head = httparse::Response::new(&mut fields);
            let parsed = head.parse(&self.buffer);
            if self.consumed + parsed_length(&parsed, self.buffer.len()) > MAX_HEAD {
                return Err(self.refusal("the head is over 16 KiB"));
            }
            let length = match parsed {
                Ok(httparse::Status::Complete(length)) => length,
                Ok(httparse::Status::Partial) => return Ok(None),
                Err(_) => return Err(self.refusal("this is no HTTP/1.1 head")),
            };
            let status = head.code.unwrap_or(0);
            let interim = (100..200).contains(&status) && status != 101;
            let body = Body::of(self.question, status, head.headers);
            let rest = self.buffer.split_off(length);
            self.buffer = rest;
            self.consumed += length;
            if !interim {
                return self.judge_head(status, body);
            }
        }
    }

    fn judge_head(
        &mut self,
        status: u16,
        body: Result<Body, &'static str>,
    ) -> Result<Option<()>, Reason> {
        if !self.question.expect.contains(status) {
            return Err(Reason::Status { status });
        }
        if self.question.body_contains.is_none() {
            return Ok(Some(()));
        }
        self.body = Some(body.map_err(|rule| self.refusal(rule))?);
        let first = core::mem::take(&mut self.buffer);
        self.read_body(&first)
    }

    fn read_body(&mut self, bytes: &[u8]) -> Result<Option<()>, Reason> {
        let known = self.buffer.len();
        let read = self
            .body
            .as_mut()
            .map(|body| body.read(bytes, &mut self.buffer));
        let ended = read
            .unwrap_or(Ok(true))
            .map_err(|rule| self.refusal(rule))?;
        self.buffer.truncate(self.question.max_body);
        // Only what is new is searched, with so much before it as could hold half of the text.
        let wanted = self
            .question
            .body_contains
            .as_deref()
            .unwrap_or("")
            .as_bytes();
        let from = known.saturating_sub(wanted.len());
        if holds(&self.buffer[from.min(self.buffer.len())..], wanted) {
            return Ok(Some(()));
        }
        if ended || self.buffer.len() >= self.question.max_body {
            return self.judge_body().map(Some);
        }
        Ok(None)
    }

    fn judge_body(&self) -> Result<(), Reason> {
        let wanted = self.question.body_contains.as_deref().unwrap_or("");
        if holds(&self.buffer, wanted.as_bytes()) {
            return Ok(());
        }
        Err(Reason::Body {
            read: self.buffer.len(),
        })
    }

    fn refusal(&self, rule: &'static str) -> Reason {
        Reason::Protocol {
            at: self.consumed + self.buffer.len(),
            detail: rule,
        }
    }
}

/// How many bytes belong to the head as far as is known.
fn parsed_length(parsed: &Result<httparse::Status<usize>, httparse::Error>, have: usize) -> usize {
    match parsed {
        Ok(httparse::Status::Complete(length)) => *length,
        _ => have,
    }
}

fn holds(text: &[u8], wanted: &[u8]) -> bool {
    wanted.is_empty() || memchr::memmem::find(text, wanted).is_some()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wanting(text: &str) -> HttpQuestion {
        HttpQuestion {
            body_contains: Some(text.into()),
            ..HttpQuestion::new("/")
        }
    }

    /// Feeds an answer in pieces, then ends it.
    fn judge(question: &HttpQuestion, answer: &[u8], piece: usize) -> Result<(), Reason> {
        let mut exchange = HttpExchange::new(question);
        for bytes in answer.chunks(piece) {
            if let Step::Judged(judgement) = exchange.feed(bytes) {
                return judgement;
            }
        }
        exchange.end()
    }

    #[test]
    fn the_judgement_does_not_depend_on_how_the_bytes_arrive() {
        let question = wanting("all is well");
        for (answer, passes) in [
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 13\r\n\r\n.all is well.",
                true,
            ),
            ("HTTP/1.1 200 OK\r\n\r\nall is well", true),
            ("HTTP/1.0 200 OK\r\n\r\nall is lost", false),
            (
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\nall is well",
                true,
            ),
            (
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4;x=y\r\nall \r\n7\r\nis well\r\n0\r\n\r\n",
                true,
            ),
            (
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
                false,
            ),
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nall is lost",
                false,
            ),
            ("HTTP/1.1 503 No\r\n\r\nall is well", false),
            ("HTTP/1.1 204 No Content\r\n\r\nall is well", false),
            ("SSH-2.0-OpenSSH\r\n", false),
            ("", false),
        ] {
            for piece in [1, 2, 3, 7, 1000] {
                let judgement = judge(&question, answer.as_bytes(), piece);
                assert_eq!(
                    judgement.is_ok(),
                    passes,
                    "{answer:?} in {piece}s: {judgement:?}"
                );
            }
        }
    }

    #[test]
    fn ambiguous_framing_is_refused() {
        for fields in [
            "content-length: 5\r\ntransfer-encoding: chunked",
            "content-length: 5\r\ncontent-length: 6",
            "content-length: +5",
            "transfer-encoding: gzip",
        ] {
            let answer = format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\nhello");
            let judgement = judge(&wanting("hello"), answer.as_bytes(), 100);
            assert!(
                matches!(judgement, Err(Reason::Protocol { .. })),
                "{fields}: {judgement:?}"
            );
        }
    }

    #[test]
    fn endless_heads_and_bodies_are_cut() {
        let question = HttpQuestion {
            max_body: 1000,
            ..wanting("never")
        };
        let mut exchange = HttpExchange::new(&question);
        assert_eq!(exchange.feed(b"HTTP/1.1 200 OK\r\n\r\n"), Step::More);
        assert_eq!(exchange.feed(&[b'x'; 999]), Step::More);
        assert_eq!(
            exchange.feed(b"x"),
            Step::Judged(Err(Reason::Body { read: 1000 }))
        );

        let interim = b"HTTP/1.1 102 Wait\r\n\r\n".repeat(1000);
        let refused = judge(&question, &interim, 100);
        assert!(
            matches!(refused, Err(Reason::Protocol { at: 16_385.., .. })),
            "{refused:?}"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn arbitrary_bytes_end_in_a_judgement(head in "HTTP/1.1 200 OK\r\n(transfer-encoding: chunked\r\n)?\r\n", bytes: Vec<u8>, piece in 1_usize..50) {
            let _ = judge(&wanting("x"), &bytes, piece);
            let _ = judge(&wanting("x"), &[head.as_bytes(), &bytes].concat(), piece);
        }
    }
}
