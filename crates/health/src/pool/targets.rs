//! [`Targets`]: what a pick takes from a slot.

use std::{
    net::{Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6},
    sync::Arc,
};

use super::{Origin, OriginId, Slot};

/// Ids and addresses by slot.
#[derive(Clone, Debug, Default)]
pub(super) struct Targets(Box<[Target]>);

/// What a pick takes from a slot: an id and an address, in half a cache line, since a pick among thousands reads
/// what nobody has read for long, and in whole words, since a `SocketAddr` is moved in parts that overlap, and to
/// read those back takes as long as the rest of a pick.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(32))]
pub(crate) struct Target {
    /// The id, 16 bits of port, and whether it is IPv4.
    front: u64,
    /// The flow label and the scope.
    extra: u64,
    high: u64,
    low: u64,
}

impl Targets {
    pub(super) fn new(by_slot: &[Option<Arc<Origin>>]) -> Self {
        let of = |origin: &Option<Arc<Origin>>| {
            let origin = origin.as_ref();
            origin.map_or(NOBODY, |origin| Target::new(origin.id, origin.config.addr))
        };
        Self(by_slot.iter().map(of).collect())
    }

    #[inline]
    pub(super) fn at(&self, slot: Slot) -> &Target {
        &self.0[slot.index()]
    }
}

/// Ids are counted from 0, and nobody comes to count so far.
const NOBODY: Target = Target {
    front: u64::MAX,
    extra: 0,
    high: 0,
    low: 0,
};

const IS_V4: u64 = 1;
const PORT_FROM: u32 = 1;
const ID_FROM: u32 = 17;

impl Target {
    fn new(id: OriginId, addr: SocketAddr) -> Self {
        let front = id.number() << ID_FROM | u64::from(addr.port()) << PORT_FROM;
        match addr {
            SocketAddr::V4(addr) => Self {
                front: front | IS_V4,
                low: u64::from(addr.ip().to_bits()),
                ..Self::default()
            },
            SocketAddr::V6(addr) => {
                let ip = addr.ip().to_bits();
                Self {
                    front,
                    extra: u64::from(addr.flowinfo()) << 32 | u64::from(addr.scope_id()),
                    high: (ip >> 64) as u64,
                    low: ip as u64,
                }
            }
        }
    }

    #[inline]
    pub(crate) fn id(&self) -> OriginId {
        OriginId::new(self.front >> ID_FROM)
    }

    #[inline]
    pub(crate) fn addr(&self) -> SocketAddr {
        let port = (self.front >> PORT_FROM) as u16;
        if self.front & IS_V4 != 0 {
            return SocketAddrV4::new((self.low as u32).into(), port).into();
        }
        let ip = Ipv6Addr::from_bits(u128::from(self.high) << 64 | u128::from(self.low));
        let (flow, scope) = ((self.extra >> 32) as u32, self.extra as u32);
        SocketAddrV6::new(ip, port, flow, scope).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::OriginConfig;

    #[test]
    fn what_is_packed_comes_out_whole() {
        let flow = SocketAddrV6::new(Ipv6Addr::LOCALHOST, 443, 0xABCDE, u32::MAX);
        let addrs = [
            "192.0.2.1:80".parse().unwrap(),
            "255.255.255.255:65535".parse().unwrap(),
            "[2001:db8::1]:443".parse().unwrap(),
            "[::ffff:192.0.2.1]:0".parse().unwrap(),
            "[fe80::1%7]:1".parse().unwrap(),
            SocketAddr::V6(flow),
        ];
        let origin = |(at, addr)| {
            let config = OriginConfig::new("a", addr);
            let id = OriginId::new(at);
            Some(Arc::new(Origin { id, config }))
        };
        let mut by_slot: Vec<_> = (7..).zip(addrs).map(origin).collect();
        by_slot.push(None);
        let targets = Targets::new(&by_slot);
        for (slot, origin) in (0..).map(Slot::new).zip(by_slot.iter().flatten()) {
            let found = targets.at(slot);
            assert_eq!((found.id(), found.addr()), (origin.id, origin.config.addr));
        }
        let ids: Vec<_> = by_slot.iter().flatten().map(|origin| origin.id).collect();
        assert!(!ids.contains(&targets.at(Slot::new(6)).id()));
    }
}
