//! [`Idle`]: connections that wait for their origin's next probe.

use std::{
    collections::HashMap,
    fmt,
    net::SocketAddr,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::connection::Connection;
use crate::{OriginId, probe::Handshake};

/// Connections of one protocol that wait for their origin's next probe: one an origin at most.
pub(super) struct Idle<T>(Mutex<HashMap<OriginId, Waiting<T>>>);

struct Waiting<T> {
    addr: SocketAddr,
    link: T,
}

/// A connection, and the handshake that it began with.
pub(super) struct Link {
    pub(super) connection: Connection,
    pub(super) handshake: Option<Handshake>,
}

/// Origins that have left the pool leave their connections behind; above this many, all are closed.
const MAX_IDLE: usize = 20_000;

impl<T> Idle<T> {
    /// Takes the connection to this origin, if there is one and it goes to the right place.
    pub(super) fn take(&self, origin: OriginId, addr: SocketAddr) -> Option<T> {
        let waiting = self.lock().remove(&origin)?;
        (waiting.addr == addr).then_some(waiting.link)
    }

    pub(super) fn keep(&self, origin: OriginId, addr: SocketAddr, link: T) {
        let mut all = self.lock();
        if all.len() >= MAX_IDLE {
            all.clear();
        }
        all.insert(origin, Waiting { addr, link });
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<OriginId, Waiting<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Default for Idle<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> fmt::Debug for Idle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} connections", self.lock().len())
    }
}
