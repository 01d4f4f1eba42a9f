//! Whether a message is the answer to a question.

use eaves_common::{Error, ErrorKind};
use eaves_dns::{Message, View, WireError};

/// Checks that `bytes` are a whole message, and the answer to `question`.
pub(super) fn check(question: &[u8], bytes: Vec<u8>) -> Result<Message, Error> {
    if !answers(question, &bytes) {
        let message = "what came is no answer to this question";
        return Err(Error::new(ErrorKind::Invalid, message));
    }
    Ok(Message::parse(bytes)?)
}

/// Checks that `bytes` are a whole message, and one that goes on answering `question`: it need not repeat
/// it (RFC 5936 section 2.2.1).
pub(super) fn continues(question: &[u8], bytes: Vec<u8>) -> Result<Message, Error> {
    let message = Message::parse(bytes)?;
    let (asked, header) = (View::parse(question)?.header(), message.header());
    if !header.is_response() || header.id != asked.id || header.opcode != asked.opcode {
        let message = "what came does not go on with the answer";
        return Err(Error::new(ErrorKind::Invalid, message));
    }
    Ok(message)
}

/// Says whether a message has the question's identifier and repeats the question. A server that
/// could not read the question may leave it out.
pub(super) fn answers(question: &[u8], bytes: &[u8]) -> bool {
    same_exchange(question, bytes).unwrap_or(false)
}

fn same_exchange(question: &[u8], bytes: &[u8]) -> Result<bool, WireError> {
    let (asked, answer) = (View::parse(question)?, View::parse(bytes)?);
    let (query, header) = (asked.header(), answer.header());
    if !header.is_response() || header.id != query.id || header.opcode != query.opcode {
        return Ok(false);
    }
    Ok(match (asked.question()?, answer.question()?) {
        (Some(asked), Some(answer)) => asked == answer,
        _ => header.rcode.0 != 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: &[u8] = b"\0\x07\x01\0\0\x01\0\0\0\0\0\0\x01a\0\0\x01\0\x01";

    fn changed(place: usize, octet: u8) -> Vec<u8> {
        let mut answer = ASKED.to_vec();
        answer[2] = 0x81;
        answer[place] = octet;
        answer
    }

    #[test]
    fn identifier_opcode_and_question_must_be_the_same() {
        assert!(answers(ASKED, &changed(3, 0)));
        assert!(answers(ASKED, &changed(13, b'A')), "names fold case");
        for (place, octet) in [(0, 1), (2, 0x01), (2, 0xa1), (13, b'b'), (16, 2), (18, 3)] {
            assert!(!answers(ASKED, &changed(place, octet)), "{place}");
        }
        assert!(answers(ASKED, b"\0\x07\x81\x01\0\0\0\0\0\0\0\0"));
        assert!(!answers(ASKED, b"\0\x07\x81\x00\0\0\0\0\0\0\0\0"));
        assert!(!answers(ASKED, b"\0\x07\x81"));
    }
}
