//! A body of any length that costs one block of memory.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// A body that repeats one 16 KiB block until its length is reached.
#[derive(Clone, Debug)]
pub struct Repeated {
    block: Bytes,
    left: u64,
}

impl Repeated {
    /// Makes a body of `bytes` bytes.
    #[must_use]
    pub fn new(bytes: u64) -> Self {
        let block: Vec<u8> = (0..16 * 1024).map(|at| b'a' + (at % 26) as u8).collect();
        Self {
            block: block.into(),
            left: bytes,
        }
    }
}

impl Body for Repeated {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let take = self.left.min(self.block.len() as u64);
        self.left -= take;
        let data = self.block.slice(..take as usize);
        Poll::Ready(Some(Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
