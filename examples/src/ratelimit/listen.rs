//! How the services of this folder come by their listeners.

use std::{io, net::SocketAddr};

use tokio::net::TcpListener;

/// Listens on an address, and says on which.
///
/// # Errors
///
/// If that cannot be; the error names the address.
pub async fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let explain = |error: io::Error| {
        io::Error::new(error.kind(), format!("cannot listen on {address}: {error}"))
    };
    let listener = TcpListener::bind(address).await.map_err(explain)?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(listener)
}
