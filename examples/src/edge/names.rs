//! [`Names`]: the zones this edge answers for, some of whose addresses follow a pool's health.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use arc_swap::ArcSwap;
use eaves_dns::{
    NameBuf, RdataBuf, Rtype, Ttl,
    zone::{Change, Fault, Reply, Transport, Zones},
};
use eaves_health::pool::Snapshot;

use super::dns;

/// The zones and what has been answered from them; clones share both.
#[derive(Clone, Debug, Default)]
pub struct Names(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    zones: ArcSwap<Zones>,
    /// Held by whoever makes new zones of the old ones.
    writer: Mutex<()>,
    counters: NameCounters,
}

/// What has been answered.
#[derive(Debug, Default)]
pub struct NameCounters {
    /// Queries that came over UDP.
    pub udp: AtomicU64,
    /// Queries that came over TCP.
    pub tcp: AtomicU64,
    /// Messages that got no answer: responses, and what has no header.
    pub dropped: AtomicU64,
    /// Answers that ask the client to come again over TCP.
    pub truncated: AtomicU64,
    /// Answers by the lower four bits of their response code.
    pub rcodes: [AtomicU64; 16],
}

/// A name whose addresses are those of a pool's healthy origins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Follow {
    /// The owner of the A and AAAA records.
    pub name: NameBuf,
    /// How long others may keep the answer.
    pub ttl: Ttl,
}

impl Names {
    /// Answers from these zones from now on.
    pub fn replace(&self, zones: Zones) {
        let _writer = self.0.writer.lock().unwrap_or_else(PoisonError::into_inner);
        self.0.zones.store(Arc::new(zones));
    }

    /// Returns the zones that answers come from.
    #[must_use]
    pub fn zones(&self) -> Arc<Zones> {
        self.0.zones.load_full()
    }

    /// Returns what has been answered.
    #[must_use]
    pub fn counters(&self) -> &NameCounters {
        &self.0.counters
    }

    /// Gives a name the addresses that clients may be sent to.
    ///
    /// Without any, the name keeps the addresses it has: an old answer is better than none.
    ///
    /// # Errors
    ///
    /// Returns a fault if no zone holds the name, or the zone cannot hold addresses there.
    pub fn follow(&self, follow: &Follow, snapshot: &Snapshot) -> Result<(), Fault> {
        let addresses: Vec<IpAddr> = snapshot
            .available()
            .map(|origin| origin.addr().ip())
            .collect();
        if addresses.is_empty() {
            return Ok(());
        }
        let _writer = self.0.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let zones = self.0.zones.load_full();
        let zone = zones.closest(&follow.name).ok_or(Fault::OutOfZone)?;
        let (v4, v6): (Vec<IpAddr>, _) = addresses.into_iter().partition(IpAddr::is_ipv4);
        let zone = zone
            .with_rrset(&follow.change(Rtype::A, &rdata(Rtype::A, v4)))?
            .with_rrset(&follow.change(Rtype::AAAA, &rdata(Rtype::AAAA, v6)))?;
        self.0.zones.store(Arc::new(zones.with(zone)));
        Ok(())
    }
}

impl Follow {
    fn change<'c>(&'c self, rtype: Rtype, rdata: &'c [RdataBuf]) -> Change<'c> {
        Change {
            name: &self.name,
            rtype,
            ttl: self.ttl,
            rdata,
        }
    }
}

/// The different addresses as rdata, in order.
fn rdata(rtype: Rtype, mut addresses: Vec<IpAddr>) -> Vec<RdataBuf> {
    addresses.sort_unstable();
    addresses.dedup();
    let wires = addresses.into_iter().map(|address| match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    });
    wires
        .map(|wire| RdataBuf::from_wire(rtype, &wire).expect("an address of its type's length"))
        .collect()
}

impl dns::Answer for Names {
    fn answer(
        &self,
        query: &[u8],
        _from: SocketAddr,
        transport: dns::Transport,
        buffer: &mut [u8],
    ) -> usize {
        let counters = &self.0.counters;
        let transport = match transport {
            dns::Transport::Udp => {
                counters.udp.fetch_add(1, Relaxed);
                Transport::DATAGRAM
            }
            dns::Transport::Tcp => {
                counters.tcp.fetch_add(1, Relaxed);
                Transport::Stream
            }
        };
        let Reply::Send(answer) = self.0.zones.load().respond(query, transport, buffer) else {
            counters.dropped.fetch_add(1, Relaxed);
            return 0;
        };
        counters
            .truncated
            .fetch_add(u64::from(answer.truncated), Relaxed);
        counters.rcodes[usize::from(answer.rcode.0 & 0xf)].fetch_add(1, Relaxed);
        answer.len
    }
}
