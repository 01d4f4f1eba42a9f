//! Messages on TCP and TLS: two octets of length before each.

use bytes::{Bytes, BytesMut};

use crate::error::BuildError;

/// Cuts a stream into messages as its bytes arrive. It holds no more than one message and one
/// read beyond it: feed it what was read, then take messages until there is none.
///
/// ```
/// use eaves_dns::frame::StreamDecoder;
///
/// let mut decoder = StreamDecoder::new();
/// decoder.feed(b"\x00\x03abc\x00");
/// assert_eq!(decoder.next_message().unwrap(), "abc");
/// assert_eq!(decoder.next_message(), None);
/// decoder.feed(b"\x01d");
/// assert_eq!(decoder.next_message().unwrap(), "d");
/// ```
#[derive(Debug, Default)]
pub struct StreamDecoder {
    pending: BytesMut,
}

impl StreamDecoder {
    /// Starts with nothing pending.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes over what was read.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
    }

    /// Returns the next whole message. Room is made as bytes arrive, not by the length claimed.
    pub fn next_message(&mut self) -> Option<Bytes> {
        let len = usize::from(u16::from_be_bytes(*self.pending.first_chunk()?));
        if self.pending.len() < 2 + len {
            return None;
        }
        let mut framed = self.pending.split_to(2 + len);
        Some(framed.split_off(2).freeze())
    }

    /// Returns how many octets wait for the rest of their message; at the stream's end, more than
    /// none means that it was cut off.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Says how many octets are needed before a message is whole, at least one.
    #[must_use]
    pub fn wanted(&self) -> usize {
        let Some(head) = self.pending.first_chunk::<2>() else {
            return 2 - self.pending.len();
        };
        let whole = 2 + usize::from(u16::from_be_bytes(*head));
        whole.saturating_sub(self.pending.len()).max(1)
    }
}

/// Returns the two octets to send before a message.
///
/// # Errors
/// When the message is longer than 65535 octets.
///
/// ```
/// assert_eq!(eaves_dns::frame::frame(&[0; 258])?, [1, 2]);
/// # Ok::<(), eaves_dns::BuildError>(())
/// ```
pub fn frame(message: &[u8]) -> Result<[u8; 2], BuildError> {
    let len = u16::try_from(message.len()).map_err(|_| BuildError::TooLong)?;
    Ok(len.to_be_bytes())
}
