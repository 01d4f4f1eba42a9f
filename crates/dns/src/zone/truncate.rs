//! [`truncate`]: sends a client to a stream.

use crate::message::Header;

/// Makes of an answer its header and question with TC set, and returns how long that is: whoever really asked comes
/// again over TCP, and whoever asked in another's name has gained nothing.
///
/// What has no whole question keeps its header only.
///
/// ```
/// use eaves_dns::{View, Flags, zone::truncate};
///
/// let mut answer = *b"\0\x07\x84\0\0\x01\0\x01\0\0\0\0\x03www\0\0\x01\0\x01\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\xc0\0\x02\x01";
/// let len = truncate(&mut answer);
/// let view = View::parse(&answer[..len])?;
/// assert!(view.header().flags.contains(Flags::TC));
/// assert_eq!(view.counts(), [1, 0, 0, 0]);
/// # Ok::<(), eaves_dns::WireError>(())
/// ```
pub fn truncate(answer: &mut [u8]) -> usize {
    if answer.len() < Header::LEN {
        return answer.len();
    }
    answer[2] |= TC;
    answer[6..Header::LEN].fill(0);
    question_end(answer).unwrap_or_else(|| {
        answer[4..6].fill(0);
        Header::LEN
    })
}

/// Where the question ends: its name is the first in the message, and so is whole.
fn question_end(message: &[u8]) -> Option<usize> {
    if message.get(4..6)? != [0, 1] {
        return None;
    }
    let mut at = Header::LEN;
    loop {
        match usize::from(*message.get(at)?) {
            0 => break,
            label @ 1..=63 => at += 1 + label,
            _ => return None,
        }
    }
    let end = at + 1 + TYPE_AND_CLASS;
    (end <= message.len()).then_some(end)
}

/// The bit of TC in the third octet (RFC 1035 section 4.1.1).
const TC: u8 = 0b10;
const TYPE_AND_CLASS: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_truncated_answer_is_its_header_and_question() {
        let head = [0x12, 0x34, 0x84, 0, 0, 1, 0, 2, 0, 3, 0, 4];
        let question = b"\x01a\x04test\x00\x00\x01\x00\x01";
        let mut answer = [&head[..], question, b"and records"].concat();
        let length = truncate(&mut answer);
        let cut = [0x12, 0x34, 0x86, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        assert_eq!(answer[..length], [&cut[..], question].concat());
    }

    #[test]
    fn what_has_no_whole_question_keeps_its_header() {
        for rest in [
            &b""[..],
            b"\x01a",
            b"\x01a\x00\x00\x01",
            b"\xc0\x0c\x00\x01\x00\x01",
        ] {
            let head = [0, 0, 0x80, 1, 0, 1, 0, 0, 0, 0, 0, 0];
            let mut answer = [&head[..], rest].concat();
            assert_eq!(truncate(&mut answer), Header::LEN);
            assert_eq!(answer[2..6], [0x82, 1, 0, 0]);
        }
    }

    #[test]
    fn what_is_no_message_stays_as_it_is() {
        for len in 0..Header::LEN {
            let mut junk = vec![0xff; len];
            assert_eq!(truncate(&mut junk), len);
            assert_eq!(junk, vec![0xff; len]);
        }
    }
}
