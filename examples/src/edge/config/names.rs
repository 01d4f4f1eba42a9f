//! `[dns]`: the zones, and the names that follow a pool.

use std::{net::SocketAddr, time::Duration};

use eaves_common::{config::Table, units::Rate};
use eaves_dns::{
    NameBuf, Ttl,
    zone::{Zone, Zones},
};
use eaves_ratelimit::{meter::Gcra, rrl, table::Capacity};

use crate::edge::names::Follow;

/// What `[dns]` says.
#[derive(Clone, Debug)]
pub struct NamesSettings {
    /// Where resolvers ask, over UDP and TCP.
    pub listen: SocketAddr,
    /// How many may be connected at once.
    pub connections: usize,
    /// What is answered.
    pub zones: Zones,
    /// How much is answered to whom over UDP; all of it if nothing is said.
    pub response_limit: Option<rrl::Settings>,
    /// Names whose addresses are a pool's.
    pub follow: Vec<FollowSettings>,
}

/// One of `[[dns.follow]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FollowSettings {
    /// The pool that is followed.
    pub pool: String,
    /// Which name follows it.
    pub follow: Follow,
}

/// Reads the text of a file that the configuration names.
type Open<'o> = &'o dyn Fn(&str) -> std::io::Result<String>;

impl NamesSettings {
    pub(super) fn read(table: &mut Table<'_>, open: Open<'_>) -> Option<Self> {
        let listen = table.value("listen").required();
        let connections = table
            .value("max_tcp_connections")
            .range(1..=100_000)
            .default(256);
        let zones = table.list("zones", |table| zone(table, open)).or_empty();
        let response_limit = table.optional_table("response_limit", response_limit);
        let follow = table.list("follow", follow).or_empty();
        let zones: Zones = zones.into_iter().collect();
        for follow in &follow {
            let name = &follow.follow.name;
            if zones.closest(name).is_none() {
                table.problem("follow", &[], format!("{name} is in none of the zones"));
            }
        }
        Some(Self {
            listen: listen?,
            connections,
            zones,
            response_limit,
            follow,
        })
    }
}

fn zone(table: &mut Table<'_>, open: Open<'_>) -> Option<Zone> {
    let origin = table
        .parsed::<NameBuf>("origin", "a name such as \"example.org.\"")
        .required();
    let file: Option<String> = table.value("file").optional();
    let text: Option<String> = table.value("text").optional();
    let origin = origin?;
    let (key, text) = match (file, text) {
        (None, Some(text)) => ("text", text),
        (Some(file), None) => match open(&file) {
            Ok(text) => ("file", text),
            Err(error) => {
                table.problem("file", &[], format!("`{file}` cannot be read: {error}"));
                return None;
            }
        },
        _ => {
            table.problem(
                "origin",
                &["file", "text"],
                "a zone needs `file` or `text`, and not both",
            );
            return None;
        }
    };
    match Zone::parse(&text, &origin).into_result() {
        Ok(zone) => Some(zone),
        Err(problems) => {
            for problem in problems {
                table.problem(key, &[], problem);
            }
            None
        }
    }
}

fn response_limit(table: &mut Table<'_>) -> Option<rrl::Settings> {
    let mut rate = |key: &'static str, usual: u64| {
        let usual = Rate::per(usual, Duration::from_secs(1)).expect("neither is zero");
        let exact = |rate: &Rate| Gcra::new(*rate, Capacity::MIN).map(|_| ());
        table.value::<Rate>(key).check(exact).default(usual)
    };
    let settings = rrl::Settings::default()
        .answers(rate("answers", 20))
        .missing(rate("missing", 10))
        .errors(rate("errors", 10));
    let slip = table.value::<u64>("slip").range(0..=10).default(2);
    Some(settings.slip(slip as u8))
}

fn follow(table: &mut Table<'_>) -> Option<FollowSettings> {
    let name = table
        .parsed::<NameBuf>("name", "a name such as \"www.example.org.\"")
        .required();
    let pool = table.value("pool").required();
    let range = Duration::from_secs(1)..=Duration::from_secs(86_400);
    let ttl: Duration = table
        .value("ttl")
        .range(range)
        .default(Duration::from_secs(30));
    Some(FollowSettings {
        pool: pool?,
        follow: Follow {
            name: name?,
            ttl: Ttl::from_secs(ttl.as_secs() as u32),
        },
    })
}
