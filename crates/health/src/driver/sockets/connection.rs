//! [`Connection`]: bytes both ways, whatever is below.

use tokio::io::{AsyncRead, AsyncWrite};

/// Bytes both ways: TCP, or TLS above it.
pub(super) type Connection = Box<dyn Wire>;

pub(super) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}
