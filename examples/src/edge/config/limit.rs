//! `[[limits]]`: how much a client may ask.

use std::time::Duration;

use eaves_common::{config::Table, units::Rate};
use eaves_ratelimit::{
    BuildError, Limiter, Rule,
    key::{KeyHasher, Part},
    meter::{Algorithm, Zone},
    table::Capacity,
};

/// One of `[[limits]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitSettings(pub Rule);

impl LimitSettings {
    pub(super) fn read(table: &mut Table<'_>) -> Option<Self> {
        let name: Option<String> = table.value("name").required();
        let count = Count::read(table);
        let exact = |rate: &Rate| count.check(*rate);
        let rate = table.value::<Rate>("limit").check(exact).required();
        let capacity = table
            .value::<u64>("capacity")
            .range(8..=1 << 30)
            .default(65_536);
        let parts = table.values::<String>("key").required();
        let parts = parts.map(|parts| key(table, &parts));
        let capacity = Capacity::new(usize::try_from(capacity).ok()?).ok()?;
        match Rule::new(name?, rate?, capacity) {
            Ok(rule) => Some(Self(count.apply(rule).key(parts??))),
            Err(error) => {
                table.problem("name", &[], error);
                None
            }
        }
    }

    /// Returns the rule's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.name()
    }
}

/// How a limit counts.
struct Count {
    algorithm: Algorithm,
    term: Option<Duration>,
    zone: Option<Zone>,
}

impl Count {
    fn read(table: &mut Table<'_>) -> Self {
        let algorithm = table.parsed("algorithm", "a way to count such as \"window\"");
        Self {
            algorithm: algorithm.default(Algorithm::default()),
            term: table.value("term").optional(),
            zone: table
                .parsed("zone", "a time zone such as \"Europe/Zurich\"")
                .optional(),
        }
    }

    fn apply(&self, rule: Rule) -> Rule {
        let rule = rule.algorithm(self.algorithm);
        let rule = match self.term {
            Some(term) => rule.term(term),
            None => rule,
        };
        match &self.zone {
            Some(zone) => rule.zone(zone.clone()),
            None => rule,
        }
    }

    /// Refuses rates that the limiter could not count so.
    fn check(&self, rate: Rate) -> Result<(), BuildError> {
        let rule = Rule::new("limit", rate, Capacity::MIN)?;
        Limiter::new([self.apply(rule)], KeyHasher::with_seed(0)).map(|_| ())
    }
}

fn key(table: &mut Table<'_>, parts: &[String]) -> Option<Vec<Part>> {
    let parts: Result<Vec<Part>, _> = parts.iter().map(|part| part.parse()).collect();
    match parts {
        Ok(parts) => Some(parts),
        Err(error) => {
            table.problem("key", &[], error);
            None
        }
    }
}
