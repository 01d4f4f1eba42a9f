//! Framing as a `tokio_util` codec.

use bytes::{BufMut as _, Bytes, BytesMut};
use tokio_util::codec::{Decoder, Encoder};

use super::frame;

/// Messages on TCP and TLS for `tokio_util::codec::Framed`.
///
/// # Cancel safety
/// The codec keeps nothing between calls; what is pending stays in the caller's buffer.
///
/// ```
/// use bytes::{Bytes, BytesMut};
/// use eaves_dns::frame::StreamCodec;
/// use tokio_util::codec::{Decoder, Encoder};
///
/// let (mut codec, mut buf) = (StreamCodec, BytesMut::new());
/// codec.encode(Bytes::from_static(b"abc"), &mut buf)?;
/// assert_eq!(codec.decode(&mut buf)?.unwrap(), "abc");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct StreamCodec;

impl Decoder for StreamCodec {
    type Item = Bytes;
    type Error = std::io::Error;

    fn decode(&mut self, buf: &mut BytesMut) -> Result<Option<Bytes>, std::io::Error> {
        let Some(head) = buf.first_chunk() else {
            return Ok(None);
        };
        let len = usize::from(u16::from_be_bytes(*head));
        if buf.len() < 2 + len {
            return Ok(None);
        }
        let mut framed = buf.split_to(2 + len);
        Ok(Some(framed.split_off(2).freeze()))
    }
}

impl Encoder<Bytes> for StreamCodec {
    type Error = std::io::Error;

    fn encode(&mut self, message: Bytes, buf: &mut BytesMut) -> Result<(), std::io::Error> {
        let len = frame(&message).map_err(std::io::Error::other)?;
        buf.reserve(2 + message.len());
        buf.put_slice(&len);
        buf.put_slice(&message);
        Ok(())
    }
}
