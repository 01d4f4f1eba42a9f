//! [`HttpExchange`]: judges an HTTP/1.1 answer as its bytes come in.

use super::{HttpAnswer, HttpQuestion, Reason, Reuse, Step, body::Body};

/// Judges the answer to an [`HttpQuestion`] as its bytes come in, in bounded memory: at most a
/// head of 16 KiB and `max_body` bytes of body beside the bytes just fed are kept, and no more is
/// asked for than the judgement needs, or the next use of the connection.
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
    answer: HttpAnswer<'a>,
    /// The head until it is complete, then what was decoded last.
    buffer: Vec<u8>,
    /// Bytes of the answer before the buffer, or before its latest part.
    consumed: usize,
    body: Option<Body>,
    /// It passed; what is left of the body is read so that the connection can serve again.
    passed: bool,
    persistent: bool,
    reusable: bool,
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
            answer: HttpAnswer::new(question),
            buffer: Vec::new(),
            consumed: 0,
            body: None,
            passed: false,
            persistent: false,
            reusable: false,
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
        step.unwrap_or_else(|reason| Step::Judged(Err(reason)))
    }

    /// Takes the end of the connection: the judgement of what came until then.
    ///
    /// # Errors
    ///
    /// The reason why the probe failed; an end inside a head or inside a framed body is one.
    pub fn end(&mut self) -> Result<(), Reason> {
        match self.body {
            _ if self.passed => Ok(()),
            Some(Body::Open) => self.answer.end(),
            _ => Err(self.refusal("the connection ended inside the answer")),
        }
    }

    /// Says whether nothing of the answer is left on the connection, which may be used again.
    #[must_use]
    pub fn is_reusable(&self) -> bool {
        self.reusable
    }

    /// Skips interim answers (RFC 9110 section 15.2) before it judges.
    fn read_head(&mut self) -> Result<Step, Reason> {
        loop {
            let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
            let mut head = httparse::Response::new(&mut fields);
            let parsed = head.parse(&self.buffer);
            if self.consumed + parsed_length(&parsed, self.buffer.len()) > MAX_HEAD {
                return Err(self.refusal("the head is over 16 KiB"));
            }
            let length = match parsed {
                Ok(httparse::Status::Complete(length)) => length,
                Ok(httparse::Status::Partial) => return Ok(Step::More),
                Err(_) => return Err(self.refusal("this is no HTTP/1.1 head")),
            };
            let status = head.code.unwrap_or(0);
            let interim = (100..200).contains(&status) && status != 101;
            let judged = (!interim).then(|| {
                self.persistent = head.version == Some(1) && !closes(head.headers);
                let body = Body::of(self.question, status, head.headers);
                (self.answer.head(status, &pairs(head.headers)), body)
            });
            let rest = self.buffer.split_off(length);
            self.buffer = rest;
            self.consumed += length;
            if let Some((step, body)) = judged {
                return self.begin_body(step, body);
            }
        }
    }

    fn begin_body(&mut self, step: Step, body: Result<Body, &'static str>) -> Result<Step, Reason> {
        match (&step, &body) {
            (Step::More, _) => {}
            (Step::Judged(Ok(())), Ok(Body::Chunked(_) | Body::Sized(_))) if self.is_kept() => {
                self.passed = true;
            }
            _ => return Ok(step),
        }
        self.body = Some(body.map_err(|rule| self.refusal(rule))?);
        let first = core::mem::take(&mut self.buffer);
        self.read_body(&first)
    }

    fn read_body(&mut self, bytes: &[u8]) -> Result<Step, Reason> {
        let mut rest = bytes;
        self.buffer.clear();
        let Some(body) = &mut self.body else {
            return Ok(Step::More);
        };
        let read = body.read(&mut rest, &mut self.buffer);
        let (ended, drained) = (body.has_ended(), body.is_drained());
        self.consumed += bytes.len();
        if !self.passed {
            // What came before a fault is judged first, so that it does not matter how it was cut. A fault in the
            // trailers comes after all that is judged.
            let mut step = self.answer.feed(&self.buffer);
            if step == Step::More {
                step = match read {
                    _ if ended => Step::Judged(self.answer.end()),
                    Err(rule) => return Err(self.refusal(rule)),
                    Ok(()) => Step::More,
                };
            }
            if step != Step::Judged(Ok(())) || !self.is_kept() {
                return Ok(step);
            }
            self.passed = true;
        }
        self.reusable = drained && rest.is_empty();
        let too_long = self.consumed > MAX_HEAD + self.question.max_body;
        if drained || too_long || read.is_err() {
            return Ok(Step::Judged(Ok(())));
        }
        Ok(Step::More)
    }

    fn is_kept(&self) -> bool {
        self.question.reuse == Reuse::KeepAlive && self.persistent
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

fn pairs<'h>(fields: &[httparse::Header<'h>]) -> Vec<(&'h str, &'h [u8])> {
    fields
        .iter()
        .map(|field| (field.name, field.value))
        .collect()
}

/// RFC 9112 section 9.3.
fn closes(fields: &[httparse::Header<'_>]) -> bool {
    fields.iter().any(|field| {
        let mut options = field.value.split(|&byte| byte == b',');
        field.name.eq_ignore_ascii_case("connection")
            && options.any(|option| option.trim_ascii().eq_ignore_ascii_case(b"close"))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::probe::{Pattern, Redirects};

    fn wanting(text: &str) -> HttpQuestion {
        HttpQuestion {
            body: Some(Pattern::text(text)),
            ..HttpQuestion::new("/")
        }
    }

    /// Feeds an answer in pieces, then ends it.
    fn judge(question: &HttpQuestion, answer: &[u8], piece: usize) -> Result<(), Reason> {
        let mut exchange = HttpExchange::new(question);
        for bytes in answer.chunks(piece) {
            match exchange.feed(bytes) {
                Step::More => {}
                Step::Judged(judgement) => return judgement,
                Step::Redirect(location) => panic!("to {location}"),
            }
        }
        exchange.end()
    }

    #[test]
    fn a_connection_is_kept_once_all_of_the_answer_was_read() {
        let mut question = wanting("ok");
        question.reuse = Reuse::KeepAlive;
        for (answer, kept) in [
            ("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nok, k", true),
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nok, kHTTP/1.1",
                false,
            ),
            ("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok, k", false),
            ("HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok", false),
            (
                "HTTP/1.1 200 OK\r\nconnection: x, Close\r\ncontent-length: 2\r\n\r\nok",
                false,
            ),
            ("HTTP/1.1 200 OK\r\n\r\nok", false),
            (
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
                true,
            ),
            (
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx: y\r\n\r\n",
                true,
            ),
            (
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx: y\r\n",
                false,
            ),
            (
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx: y\r\n\r\r",
                false,
            ),
        ] {
            // In one piece, for what comes too much is not looked for afterwards.
            let mut exchange = HttpExchange::new(&question);
            let step = exchange.feed(answer.as_bytes());
            let judgement = match step {
                Step::Judged(judgement) => judgement,
                _ => exchange.end(),
            };
            assert_eq!(judgement, Ok(()), "{answer:?}");
            assert_eq!(exchange.is_reusable(), kept, "{answer:?}");
        }
    }

    #[test]
    fn the_end_of_a_long_answer_is_not_waited_for() {
        let mut question = wanting("ok");
        question.reuse = Reuse::KeepAlive;
        question.max_body = 100;
        let mut exchange = HttpExchange::new(&question);
        let head = b"HTTP/1.1 200 OK\r\ncontent-length: 999999\r\n\r\nok";
        assert_eq!(exchange.feed(head), Step::More);
        assert_eq!(exchange.feed(&[b'x'; 16_000]), Step::More);
        assert_eq!(exchange.feed(&[b'x'; 16_000]), Step::Judged(Ok(())));
        assert!(!exchange.is_reusable());
    }

    #[test]
    fn redirects_are_told_if_they_are_followed() {
        let answer = b"HTTP/1.1 302 Found\r\nLocation: /there\r\n\r\n";
        let mut question = HttpQuestion::new("/");
        let status = Step::Judged(Err(Reason::Status { status: 302 }));
        assert_eq!(HttpExchange::new(&question).feed(answer), status);
        question.redirects = Redirects {
            max: 1,
            ..Redirects::default()
        };
        let there = Step::Redirect("/there".into());
        assert_eq!(HttpExchange::new(&question).feed(answer), there);
        let nowhere = b"HTTP/1.1 302 Found\r\n\r\n";
        assert_eq!(HttpExchange::new(&question).feed(nowhere), status);
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

    /// A fault after the last chunk comes too late to be judged, whether it comes with it or by itself.
    #[test]
    fn broken_trailers_are_not_judged() {
        let answer =
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\na\r\n\r\r";
        for piece in [1, 2, 5, 1000] {
            assert_eq!(judge(&wanting("ok"), answer, piece), Ok(()), "{piece}");
            let judged = judge(&wanting("good"), answer, piece);
            let missing = matches!(judged, Err(Reason::Body { .. }));
            assert!(missing, "in {piece}s: {judged:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn cuts_change_nothing(
            framing in "(content-length: [0-9]{1,2}|transfer-encoding: chunked|)",
            body in "([0-9a-f]{1,2}\r\n|0\r\n|0\r\n\r\n|ok|[a-z\r\n]{0,9}){0,5}",
            piece in 1_usize..20,
            keeps: bool,
        ) {
            let mut question = HttpQuestion { max_body: 30, ..wanting("ok") };
            if keeps {
                question.reuse = Reuse::KeepAlive;
            }
            let answer = format!("HTTP/1.1 200 OK\r\n{framing}\r\n\r\n{body}").replace("OK\r\n\r\n\r\n", "OK\r\n\r\n");
            let plain = |judged: Result<(), Reason>| judged.map_err(|reason| std::mem::discriminant(&reason));
            let (whole, cut) = (judge(&question, answer.as_bytes(), 1000), judge(&question, answer.as_bytes(), piece));
            prop_assert_eq!(plain(whole), plain(cut), "{:?}", answer);
        }

        #[test]
        fn arbitrary_bytes_end_in_a_judgement(head in "HTTP/1.1 200 OK\r\n(transfer-encoding: chunked\r\n)?\r\n", bytes: Vec<u8>, piece in 1_usize..50) {
            let _ = judge(&wanting("x"), &bytes, piece);
            let _ = judge(&wanting("x"), &[head.as_bytes(), &bytes].concat(), piece);
        }
    }
}
