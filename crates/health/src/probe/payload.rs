//! [`Payload`] and [`DatagramQuestion`]: bytes to send, and what must come back.

use super::{Pattern, Reason, Step, pattern::Search};
use crate::config::Problems;

/// Bytes to send over a connection, and what must come back. Without either, a connection is all
/// that is asked for.
///
/// ```
/// use eaves_health::probe::{Pattern, Payload};
///
/// let redis = Payload::default().send("PING\r\n").expect(Pattern::text("+PONG"));
/// assert_eq!(redis.send, b"PING\r\n");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Payload {
    /// What is sent once the connection is there.
    pub send: Vec<u8>,
    /// What the answer must hold within its first `max_answer` bytes.
    pub expect: Option<Pattern>,
    /// How much of the answer is read.
    pub max_answer: usize,
}

impl Payload {
    /// Sets what is sent.
    #[must_use]
    pub fn send(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.send = bytes.into();
        self
    }

    /// Sets what must come back.
    #[must_use]
    pub fn expect(mut self, pattern: Pattern) -> Self {
        self.expect = Some(pattern);
        self
    }

    pub(crate) fn check(&self, path: &str, problems: &mut Problems) {
        check_sizes(path, self.send.len(), self.max_answer, problems);
    }
}

impl Default for Payload {
    fn default() -> Self {
        Self {
            send: Vec::new(),
            expect: None,
            max_answer: 16 * 1024,
        }
    }
}

/// Judges the answer to a [`Payload`] as its bytes come in, keeping at most `max_answer` of them.
///
/// A regular expression sees what has come so far: `$` means its end, not that of the answer.
///
/// ```
/// use eaves_health::probe::{Pattern, Payload, PayloadExchange, Step};
///
/// let payload = Payload::default().expect(Pattern::text("220 "));
/// let mut exchange = PayloadExchange::new(&payload);
/// assert_eq!(exchange.feed(b"22"), Step::More);
/// assert_eq!(exchange.feed(b"0 mail.example"), Step::Judged(Ok(())));
/// ```
#[derive(Debug)]
pub struct PayloadExchange<'a> {
    payload: &'a Payload,
    answer: Vec<u8>,
    search: Search,
}

impl<'a> PayloadExchange<'a> {
    /// Begins an exchange whose payload has been sent.
    #[must_use]
    pub fn new(payload: &'a Payload) -> Self {
        Self {
            payload,
            answer: Vec::new(),
            search: Search::default(),
        }
    }

    /// Takes the next bytes of the answer, or none if nothing has come yet.
    pub fn feed(&mut self, bytes: &[u8]) -> Step {
        let Some(pattern) = &self.payload.expect else {
            return Step::Judged(Ok(()));
        };
        let max = self.payload.max_answer;
        let room = max.saturating_sub(self.answer.len());
        self.answer
            .extend_from_slice(&bytes[..bytes.len().min(room)]);
        if self.search.finds(pattern, &self.answer, max) {
            return Step::Judged(Ok(()));
        }
        if self.answer.len() >= max {
            return Step::Judged(self.end());
        }
        Step::More
    }

    /// Takes the end of the connection.
    ///
    /// # Errors
    ///
    /// [`Reason::Text`] if what came lacks the expected text.
    pub fn end(&self) -> Result<(), Reason> {
        judge_text(self.payload.expect.as_ref(), &self.answer)
    }
}

/// A datagram to send, and what must come back in one.
///
/// That nobody listens is told by ICMP and fails at once. What is lost is sent again until the deadline.
///
/// ```
/// use eaves_health::probe::{DatagramQuestion, Pattern};
///
/// let question = DatagramQuestion::new("ping").expect(Pattern::text("pong"));
/// assert!(question.judge(b"pong!").is_ok());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DatagramQuestion {
    /// What is sent.
    pub send: Vec<u8>,
    /// What the answer must hold; any will do if there is none.
    pub expect: Option<Pattern>,
    /// What it means if nothing comes back.
    pub silence: Silence,
}

/// What it means if nothing comes back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Silence {
    /// The probe fails at its deadline.
    #[default]
    Fails,
    /// The probe passes at half its deadline: all that it asks is that nobody refuses the datagram.
    Passes,
}

impl DatagramQuestion {
    /// Sends these bytes, and takes any answer.
    pub fn new(send: impl Into<Vec<u8>>) -> Self {
        Self {
            send: send.into(),
            expect: None,
            silence: Silence::Fails,
        }
    }

    /// Sets what the answer must hold.
    #[must_use]
    pub fn expect(mut self, pattern: Pattern) -> Self {
        self.expect = Some(pattern);
        self
    }

    /// Sets what it means if nothing comes back.
    #[must_use]
    pub fn silence(mut self, silence: Silence) -> Self {
        self.silence = silence;
        self
    }

    /// Judges an answer.
    ///
    /// # Errors
    ///
    /// [`Reason::Text`] if it lacks the expected text.
    pub fn judge(&self, answer: &[u8]) -> Result<(), Reason> {
        judge_text(self.expect.as_ref(), answer)
    }

    pub(crate) fn check(&self, path: &str, problems: &mut Problems) {
        if self.send.len() > MAX_DATAGRAM {
            let size = self.send.len();
            problems.add(
                format!("{path}.send"),
                format!("{size} bytes are out of range, use up to {MAX_DATAGRAM}"),
            );
        }
    }
}

/// What fits into a datagram on every path (RFC 8200 section 5: 1280 bytes less the headers).
const MAX_DATAGRAM: usize = 1232;
const MAX_SENT: usize = 64 * 1024;
const MAX_ANSWER: usize = 1024 * 1024;

fn judge_text(expect: Option<&Pattern>, answer: &[u8]) -> Result<(), Reason> {
    if expect.is_none_or(|pattern| pattern.is_in(answer)) {
        return Ok(());
    }
    Err(Reason::Text { read: answer.len() })
}

fn check_sizes(path: &str, sent: usize, answer: usize, problems: &mut Problems) {
    if sent > MAX_SENT {
        problems.add(
            format!("{path}.send"),
            format!("{sent} bytes are out of range, use up to {MAX_SENT}"),
        );
    }
    if !(1..=MAX_ANSWER).contains(&answer) {
        problems.add(
            format!("{path}.max_answer"),
            format!("{answer} bytes are out of range, use 1 to {MAX_ANSWER}"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endless_answer_is_cut() {
        let payload = Payload::default().expect(Pattern::text("never"));
        let mut exchange = PayloadExchange::new(&payload);
        for _ in 0..15 {
            assert_eq!(exchange.feed(&[b'x'; 1024]), Step::More);
        }
        let cut = Step::Judged(Err(Reason::Text { read: 16_384 }));
        assert_eq!(exchange.feed(&[b'x'; 4096]), cut);
    }

    #[test]
    fn a_connection_is_enough_if_nothing_is_expected() {
        let payload = Payload::default().send("QUIT");
        assert_eq!(
            PayloadExchange::new(&payload).feed(b""),
            Step::Judged(Ok(()))
        );
    }

    #[test]
    fn half_an_answer_is_judged_by_what_came() {
        let payload = Payload::default().expect(Pattern::text("+PONG"));
        let mut exchange = PayloadExchange::new(&payload);
        assert_eq!(exchange.feed(b"+PO"), Step::More);
        assert_eq!(exchange.end(), Err(Reason::Text { read: 3 }));
    }
}
