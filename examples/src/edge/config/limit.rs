//! `[[limits]]`: how much a client may ask.

use eaves_common::{config::Table, units::Rate};
use eaves_ratelimit::{Rule, key::Part, meter::Gcra, table::Capacity};

/// One of `[[limits]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitSettings(pub Rule);

impl LimitSettings {
    pub(super) fn read(table: &mut Table<'_>) -> Option<Self> {
        let name: Option<String> = table.value("name").required();
        let rate = table.value::<Rate>("limit").check(exact).required();
        let capacity = table
            .value::<u64>("capacity")
            .range(8..=1 << 30)
            .default(65_536);
        let parts = table.values::<String>("key").required();
        let parts = parts.map(|parts| key(table, &parts));
        let capacity = Capacity::new(usize::try_from(capacity).ok()?).ok()?;
        match Rule::new(name?, rate?, capacity) {
            Ok(rule) => Some(Self(rule.key(parts??))),
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

/// Refuses rates that the limiter could not count exactly.
fn exact(rate: &Rate) -> Result<(), eaves_ratelimit::BuildError> {
    Gcra::new(*rate, Capacity::MIN).map(|_| ())
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
