//! [`PoolConfig`]: a pool as its operator describes it.

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};

use crate::{
    error::{ConfigError, Problem},
    hashing::MAX_MEMBERS,
    monitor::Policy,
    pool::OriginConfig,
    probe::Check,
};

/// A pool as its operator describes it.
///
/// ```
/// use std::time::Duration;
/// use eaves_health::{PoolConfig, pool::OriginConfig, probe::Check};
///
/// let config = PoolConfig::new("web")
///     .check(Check::http("/healthz").interval(Duration::from_secs(2)))
///     .origin(OriginConfig::new("a", "192.0.2.1:80".parse().unwrap()).weight(3))
///     .origin(OriginConfig::new("b", "192.0.2.2:80".parse().unwrap()));
/// assert_eq!(config.origins.len(), 2);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PoolConfig {
    /// The name under which the pool appears in events.
    pub name: String,
    /// The members; none is valid.
    pub origins: Vec<OriginConfig>,
    /// Targets that are surely there (a neighbour, the gateway), by which the checker tests itself:
    /// while most of them fail, failing probes alone put nobody out. They are probed like
    /// members of weight 0 and take no requests.
    pub canaries: Vec<OriginConfig>,
    /// How origins without a check of their own are probed.
    pub check: Arc<Check>,
    /// How evidence becomes verdicts.
    pub policy: Policy,
    /// Members there can ever be at once.
    pub max_origins: usize,
}

impl PoolConfig {
    /// Makes an empty pool that probes by TCP.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            origins: Vec::new(),
            canaries: Vec::new(),
            check: Arc::default(),
            policy: Policy::default(),
            max_origins: 16_384,
        }
    }

    /// Adds a member.
    #[must_use]
    pub fn origin(mut self, origin: OriginConfig) -> Self {
        self.origins.push(origin);
        self
    }

    /// Sets the members.
    #[must_use]
    pub fn origins(mut self, origins: impl IntoIterator<Item = OriginConfig>) -> Self {
        self.origins = origins.into_iter().collect();
        self
    }

    /// Adds a target by which the checker tests itself.
    #[must_use]
    pub fn canary(mut self, target: OriginConfig) -> Self {
        self.canaries.push(target);
        self
    }

    /// Sets the check of origins that have none of their own.
    #[must_use]
    pub fn check(mut self, check: Check) -> Self {
        self.check = Arc::new(check);
        self
    }

    /// Sets how evidence becomes verdicts.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Sets how many members there can ever be at once.
    #[must_use]
    pub fn max_origins(mut self, count: usize) -> Self {
        self.max_origins = count;
        self
    }

    /// Checks everything.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] lists all problems with their key paths.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let mut problems = Problems::default();
        if !(1..=MAX_ORIGINS).contains(&self.max_origins) {
            let message = format!(
                "{} is out of range, use 1 to {MAX_ORIGINS}",
                self.max_origins
            );
            problems.add("max_origins", message);
        }
        self.check.check("check", &mut problems);
        self.policy.check(&mut problems);
        check_origins(&self.origins, self.max_origins, &mut problems);
        check_canaries(&self.canaries, &self.origins, &mut problems);
        problems.into_result()
    }
}

/// What a hash table holds. Slots are found by pages of pointers made at the start, some 32 KiB a
/// selector for so many.
const MAX_ORIGINS: usize = MAX_MEMBERS;
const MAX_WEIGHT: u32 = 1_000_000;

pub(crate) fn check_origins(origins: &[OriginConfig], max: usize, problems: &mut Problems) {
    if origins.len() > max {
        problems.add(
            "origins",
            format!("{} are over the limit of {max}", origins.len()),
        );
    }
    let mut names: HashMap<&str, usize> = HashMap::with_capacity(origins.len());
    for (at, origin) in origins.iter().enumerate() {
        let path = || format!("origins[{at}]");
        if origin.name.is_empty() {
            problems.add(format!("{}.name", path()), "it is empty, use a name");
        }
        let first = *names.entry(&origin.name).or_insert(at);
        if first != at {
            let message = format!(
                "{:?} is taken by origins[{first}], use another",
                origin.name
            );
            problems.add(format!("{}.name", path()), message);
        }
        if origin.weight > MAX_WEIGHT {
            let message = format!("{} is out of range, use 0 to {MAX_WEIGHT}", origin.weight);
            problems.add(format!("{}.weight", path()), message);
        }
        check_groups(origin, path, problems);
        if let Some(check) = &origin.check {
            check.check(&format!("{}.check", path()), problems);
        }
    }
}

const MAX_CANARIES: usize = 16;

pub(crate) fn check_canaries(
    canaries: &[OriginConfig],
    origins: &[OriginConfig],
    problems: &mut Problems,
) {
    if canaries.len() > MAX_CANARIES {
        let message = format!("{} are over the limit of {MAX_CANARIES}", canaries.len());
        problems.add("canaries", message);
        return;
    }
    for (at, canary) in canaries.iter().enumerate() {
        let mut others = canaries[..at].iter().chain(origins);
        if canary.name.is_empty() || others.any(|other| other.name == canary.name) {
            let message = format!("{:?} is empty or taken, use another", canary.name);
            problems.add(format!("canaries[{at}].name"), message);
        }
    }
}

const MAX_TAGS: usize = 32;
const MAX_TAG: usize = 255;

fn check_groups(origin: &OriginConfig, path: impl Fn() -> String, problems: &mut Problems) {
    if origin.tags.len() > MAX_TAGS {
        let message = format!("{} are over the limit of {MAX_TAGS}", origin.tags.len());
        problems.add(format!("{}.tags", path()), message);
    }
    let tags = origin.tags.iter().map(|tag| ("tags", tag));
    for (key, text) in tags.chain(origin.zone.iter().map(|zone| ("zone", zone))) {
        if !(1..=MAX_TAG).contains(&text.len()) {
            let message = format!("it has {} bytes, use 1 to {MAX_TAG}", text.len());
            problems.add(format!("{}.{key}", path()), message);
        }
    }
}

/// Collects what is wrong.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<Problem>);

impl Problems {
    pub(crate) fn add(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.0.push(Problem {
            path: path.into(),
            message: message.into(),
        });
    }

    pub(crate) fn into_result(self) -> Result<(), ConfigError> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(ConfigError::new(self.0))
    }
}
