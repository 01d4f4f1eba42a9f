//! Finding a port: the one that was asked for, or in the demo another if that one is taken.

use std::{io, net::SocketAddr};

use tokio::net::{TcpListener, UdpSocket};

/// What to do when a port is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// Say so and end.
    Refuse,
    /// Take one that is free.
    Another,
}

/// Listens for connections.
pub(super) async fn tcp(address: SocketAddr, taken: Taken) -> io::Result<TcpListener> {
    match TcpListener::bind(address).await {
        Err(error) if may_move(&error, taken) => TcpListener::bind(any_port(address)).await,
        other => other.map_err(|error| explain(address, &error)),
    }
}

/// Listens for datagrams and connections on one port.
pub(super) async fn both(
    address: SocketAddr,
    taken: Taken,
) -> io::Result<(UdpSocket, TcpListener)> {
    match pair(address).await {
        Err(error) if may_move(&error, taken) || address.port() == 0 => {
            pair_anywhere(any_port(address)).await
        }
        other => other.map_err(|error| explain(address, &error)),
    }
}

async fn pair(address: SocketAddr) -> io::Result<(UdpSocket, TcpListener)> {
    let listener = TcpListener::bind(address).await?;
    let socket = UdpSocket::bind(listener.local_addr()?).await?;
    Ok((socket, listener))
}

/// A port that the system picks for TCP may be taken for UDP: a few tries find one for both.
async fn pair_anywhere(address: SocketAddr) -> io::Result<(UdpSocket, TcpListener)> {
    const TRIES: usize = 16;
    for _ in 1..TRIES {
        if let Ok(pair) = pair(address).await {
            return Ok(pair);
        }
    }
    pair(address).await
}

/// Listens on one port of several addresses.
pub(super) async fn same_port(
    addresses: &[SocketAddr],
    taken: Taken,
) -> io::Result<Vec<TcpListener>> {
    const TRIES: usize = 16;
    let mut result = on_port(addresses, None).await;
    for _ in 0..TRIES {
        match &result {
            Err(error) if may_move(error, taken) => {}
            _ => break,
        }
        let first = TcpListener::bind(any_port(addresses[0])).await?;
        let port = first.local_addr()?.port();
        drop(first);
        result = on_port(addresses, Some(port)).await;
    }
    result
}

async fn on_port(addresses: &[SocketAddr], port: Option<u16>) -> io::Result<Vec<TcpListener>> {
    let mut listeners = Vec::new();
    for address in addresses {
        let address = SocketAddr::new(address.ip(), port.unwrap_or(address.port()));
        listeners.push(TcpListener::bind(address).await?);
    }
    Ok(listeners)
}

fn may_move(error: &io::Error, taken: Taken) -> bool {
    taken == Taken::Another && error.kind() == io::ErrorKind::AddrInUse
}

fn any_port(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip(), 0)
}

fn explain(address: SocketAddr, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot listen on {address}: {error}"))
}
