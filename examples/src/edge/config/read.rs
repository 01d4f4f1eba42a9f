//! [`EdgeConfig`], and where it is read from.

use std::{collections::HashSet, net::SocketAddr, path::Path};

use eaves_common::config::{Config, Format, Problems, Reader, Table};

use super::{CacheSettings, LimitSettings, NamesSettings, PoolSettings, ProxySettings};

/// Everything an edge is told. `examples/edge.toml` shows every key with a comment.
#[derive(Clone, Debug)]
pub struct EdgeConfig {
    /// Where web clients connect, and what becomes of their requests.
    pub proxy: ProxySettings,
    /// What is kept.
    pub cache: CacheSettings,
    /// How much each client may ask.
    pub limits: Vec<LimitSettings>,
    /// Who answers.
    pub pools: Vec<PoolSettings>,
    /// The zones, if this edge answers for names.
    pub dns: Option<NamesSettings>,
    /// Where `/healthz`, `/metrics` and `/status` are, if anywhere.
    pub admin: Option<SocketAddr>,
}

/// A configuration with the sources of its values.
pub type Loaded = Config<EdgeConfig>;

/// Reads the text of a file that the configuration names.
type Open<'o> = &'o dyn Fn(&str) -> std::io::Result<String>;

/// How large a zone file may be.
const MAX_ZONE_BYTES: u64 = 1 << 30;

/// Reads a configuration file, and over it the environment (`EAVES_PROXY__LISTEN`).
///
/// # Errors
///
/// Returns all problems of the file, its zones and the environment.
pub fn load(
    path: &Path,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<Loaded, Problems> {
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    let open = move |name: &str| open(&folder.join(name));
    Reader::new()
        .file(path)
        .env("EAVES_", environment)
        .read_with(|table| EdgeConfig::read(table, &open))
}

/// Reads the configuration that ships with the program.
///
/// # Errors
///
/// Returns the problems of the environment; the file itself has none.
pub fn demo(environment: impl IntoIterator<Item = (String, String)>) -> Result<Loaded, Problems> {
    let open = |name: &str| match name {
        "edge.zone" => Ok(include_str!("../../../edge.zone").to_owned()),
        _ => Err(std::io::ErrorKind::NotFound.into()),
    };
    Reader::new()
        .text(
            "edge.toml",
            Format::Toml,
            include_str!("../../../edge.toml"),
        )
        .env("EAVES_", environment)
        .read_with(|table| EdgeConfig::read(table, &open))
}

fn open(path: &Path) -> std::io::Result<String> {
    use std::io::Read as _;
    let mut text = String::new();
    let file = std::fs::File::open(path)?;
    file.take(MAX_ZONE_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_ZONE_BYTES {
        return Err(std::io::Error::other("over 1GiB"));
    }
    Ok(text)
}

impl EdgeConfig {
    fn read(table: &mut Table<'_>, open: Open<'_>) -> Option<Self> {
        let proxy = table.table("proxy", ProxySettings::read);
        let cache = table.table("cache", CacheSettings::read);
        let limits = table.list("limits", LimitSettings::read).or_empty();
        let pools = table.list("pools", PoolSettings::read).or_empty();
        let dns = table.optional_table("dns", |table| NamesSettings::read(table, open));
        let admin = table.optional_table("admin", |table| {
            table.value::<SocketAddr>("listen").required()
        });
        let config = Self {
            proxy: proxy?,
            cache: cache?,
            limits,
            pools,
            dns,
            admin,
        };
        config.check(table);
        Some(config)
    }

    /// Reports what only several parts together show.
    fn check(&self, table: &mut Table<'_>) {
        let known: Vec<_> = self.pools.iter().map(PoolSettings::name).collect();
        let names = known.join(", ");
        let missing = |pool: &str| !known.contains(&pool);
        if missing(&self.proxy.pool) {
            let pool = &self.proxy.pool;
            let message = format!("proxy.pool names `{pool}`, which is none of them ({names})");
            table.problem("pools", &[], message);
        }
        for follow in self.dns.iter().flat_map(|dns| &dns.follow) {
            if missing(&follow.pool) {
                let (name, pool) = (&follow.follow.name, &follow.pool);
                table.problem(
                    "pools",
                    &[],
                    format!("{name} follows `{pool}`, which is none of them"),
                );
            }
        }
        repeated(table, "pools", known.into_iter());
        repeated(table, "limits", self.limits.iter().map(LimitSettings::name));
    }
}

/// Reports names that several items of a list have.
fn repeated<'a>(table: &mut Table<'_>, key: &str, names: impl Iterator<Item = &'a str>) {
    let mut seen = HashSet::new();
    for name in names {
        if !seen.insert(name) {
            table.problem(
                key,
                &[],
                format!("`{name}` is the name of several, give each its own"),
            );
        }
    }
}
