//! The configuration of a whole edge, as a service would declare it.

use std::{collections::BTreeSet, net::SocketAddr, time::Duration};

use eaves_common::{
    config::{FromConfig, Table},
    units::{ByteSize, IpPrefix, Rate, Ratio},
};

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Edge {
    pub(super) listen: Vec<SocketAddr>,
    pub(super) admin: Option<SocketAddr>,
    pub(super) trusted: Vec<IpPrefix>,
    pub(super) cache: Cache,
    pub(super) pools: Vec<Pool>,
    pub(super) limits: Vec<Limit>,
    pub(super) zones: Vec<(String, Zone)>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cache {
    pub(super) memory: ByteSize,
    pub(super) max_object: ByteSize,
    pub(super) max_stale: Duration,
    pub(super) collapse: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pool {
    pub(super) name: String,
    pub(super) pick: Pick,
    pub(super) panic: Ratio,
    pub(super) origins: Vec<Origin>,
    pub(super) health: Option<Health>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Pick {
    P2c,
    RoundRobin,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Origin {
    pub(super) address: SocketAddr,
    pub(super) weight: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Health {
    pub(super) path: String,
    pub(super) every: Duration,
    pub(super) timeout: Duration,
    pub(super) rise: u8,
    pub(super) fall: u8,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Limit {
    pub(super) rate: Rate,
    pub(super) pool: String,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Zone {
    pub(super) file: std::path::PathBuf,
    pub(super) ttl: Duration,
}

impl FromConfig for Edge {
    fn from_config(table: &mut Table<'_>) -> Option<Self> {
        let local = SocketAddr::from(([127, 0, 0, 1], 8080));
        let listen = table.values("listen").count(1..=16).default(vec![local]);
        let admin = table.value("admin").optional();
        let trusted = table.values("trusted").or_empty();
        let cache = table.table("cache", Cache::from_config);
        let mut names = BTreeSet::new();
        let pools = table.list("pools", |pool| Pool::read(pool, &mut names));
        let pools = pools.count(1..=100).required();
        let limits = table.list("limits", |limit| Limit::read(limit, &names));
        let limits = limits.or_empty();
        let zones = table.map("zones", |_name, zone| Zone::from_config(zone));
        Some(Self {
            listen,
            admin,
            trusted,
            cache: cache?,
            pools: pools?,
            limits,
            zones,
        })
    }
}

impl FromConfig for Cache {
    fn from_config(table: &mut Table<'_>) -> Option<Self> {
        let memory = table.value("memory").default(ByteSize::from_mib(64));
        let max_object = table.value("max_object").default(ByteSize::from_mib(8));
        if max_object > memory {
            table.problem(
                "max_object",
                &["memory"],
                format!("{max_object} is more than `memory`, use at most {memory}"),
            );
        }
        Some(Self {
            memory,
            max_object,
            max_stale: table.value("max_stale").default(Duration::from_secs(60)),
            collapse: table.value("collapse").default(true),
        })
    }
}

impl Pool {
    fn read(table: &mut Table<'_>, names: &mut BTreeSet<String>) -> Option<Self> {
        let name = table.value("name").check(|name: &String| {
            let is_new = names.insert(name.clone());
            is_new
                .then_some(())
                .ok_or("is taken by another pool, use another name")
        });
        let name = name.required();
        let words = &[("p2c", Pick::P2c), ("round-robin", Pick::RoundRobin)];
        let pick = table.word("pick", words).default(Pick::P2c);
        let panic = table.value("panic").default(Ratio::from_percent(50));
        let origins = table.list("origins", Origin::from_config);
        let origins = origins.count(1..=64).required();
        let health = table.optional_table("health", Health::from_config);
        Some(Self {
            name: name?,
            pick,
            panic,
            origins: origins?,
            health,
        })
    }
}

impl FromConfig for Origin {
    fn from_config(table: &mut Table<'_>) -> Option<Self> {
        let address = table.value("address").required();
        let weight = table.value("weight").range(1..=1000).default(100);
        Some(Self {
            address: address?,
            weight,
        })
    }
}

impl FromConfig for Health {
    fn from_config(table: &mut Table<'_>) -> Option<Self> {
        let path = table.value("path").check(|path: &String| {
            let is_path = path.starts_with('/');
            is_path
                .then_some(())
                .ok_or_else(|| format!("\"{path}\" is no path, use \"/{path}\""))
        });
        let path = path.required();
        let every = table.value("every").default(Duration::from_secs(5));
        let timeout = table.value("timeout").default(Duration::from_secs(1));
        if timeout > every {
            table.problem(
                "timeout",
                &["every"],
                "is longer than `every`, use at most that",
            );
        }
        let rise = table.value("rise").range(1..=100).default(2);
        let fall = table.value("fall").range(1..=100).default(3);
        Some(Self {
            path: path?,
            every,
            timeout,
            rise,
            fall,
        })
    }
}

impl Limit {
    fn read(table: &mut Table<'_>, pools: &BTreeSet<String>) -> Option<Self> {
        let rate = table.value("rate").required();
        let pool = table.value("pool").check(|pool: &String| {
            let is_known = pools.contains(pool);
            is_known
                .then_some(())
                .ok_or_else(|| format!("there is no pool \"{pool}\""))
        });
        let pool = pool.required();
        Some(Self {
            rate: rate?,
            pool: pool?,
        })
    }
}

impl FromConfig for Zone {
    fn from_config(table: &mut Table<'_>) -> Option<Self> {
        let file = table.value("file").required();
        let ttl = table.value("ttl").default(Duration::from_secs(300));
        Some(Self { file: file?, ttl })
    }
}
