//! [`Plan`] and [`Row`]: many seeds of every scenario as a table, beside the bars.

use core::fmt;

use eaves_health::monitor::Preset;

use super::{PEERS, Report, Scenario, Who, report};

/// What is played.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How many seeds each scenario is played with.
    pub seeds: u64,
    /// The first of them.
    pub first_seed: u64,
    /// Requests per second in place of the scenario's own.
    pub rate: Option<f64>,
    /// Retries in place of the scenario's own.
    pub retries: Option<u32>,
    /// The share by which every constant of each seed's world is off.
    pub jitter: f64,
    /// How the crate's monitor makes verdicts of evidence.
    pub preset: Preset,
    /// Whom it is compared with.
    pub peers: Vec<&'static str>,
}

/// A scenario's medians over the seeds: requests that failed, slow answers in `slow`, and false
/// ejections in `noise`.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The scenario.
    pub name: String,
    /// What each peer came to.
    pub peers: Vec<f64>,
    /// What the crate came to.
    pub own: f64,
    /// What perfect knowledge came to.
    pub oracle: f64,
    /// The crate's excess over the oracle, seed by seed.
    pub above: f64,
    /// What that may be, where something was promised.
    pub bar: Option<f64>,
    /// From the first fault until its origin was out, in milliseconds.
    pub detect_ms: Option<f64>,
    /// Origins put out that had not been bad.
    pub false_ejections: f64,
    /// Probes sent.
    pub probes: f64,
}

/// What each scenario may cost beyond the oracle at 1000 requests a second, and what the best peer
/// comes to at two requests a second and origin.
const BARS: [(&str, f64, Option<f64>); 11] = [
    ("all-down", 60.0, None),
    ("blackhole", 120.0, Some(6.0)),
    ("brown-out", 100.0, Some(33.0)),
    ("checker-cut", 20.0, Some(3.0)),
    ("deploy", 60.0, Some(12.0)),
    ("flap", 40.0, Some(8.0)),
    ("gray", 100.0, Some(37.0)),
    ("noise", 1.0, Some(0.0)),
    ("probes-fail", 20.0, Some(3.0)),
    ("refused", 10.0, Some(4.0)),
    ("slow", 150.0, Some(117.0)),
];

/// Those in which one origin fails; slowness is nothing that a retry could mend.
const SINGLE: [&str; 5] = ["blackhole", "brown-out", "flap", "gray", "refused"];

impl Default for Plan {
    fn default() -> Self {
        Self {
            seeds: 20,
            first_seed: 1,
            rate: None,
            retries: None,
            jitter: 0.0,
            preset: Preset::Web,
            peers: PEERS.to_vec(),
        }
    }
}

impl Plan {
    /// Plays one scenario with every seed.
    ///
    /// # Errors
    ///
    /// Says why the scenario cannot be played.
    pub fn play(&self, name: &str, scenario: &Scenario) -> Result<Row, eaves_common::Error> {
        let measure = measure(name);
        let mut peers = Vec::new();
        for peer in &self.peers {
            let reports = self.reports(scenario, Who::Peer(peer))?;
            peers.push(median(&reports, |report| Some(measure(report).0)));
        }
        let own = self.reports(scenario, Who::Ours(self.preset))?;
        let peers: Vec<f64> = peers.into_iter().flatten().collect();
        let value = |part: fn(&Report) -> f64| median(&own, |report| Some(part(report)));
        let oracle = median(&own, |report| Some(measure(report).1)).unwrap_or(0.0);
        Ok(Row {
            own: median(&own, |report| Some(measure(report).0)).unwrap_or(0.0),
            above: median(&own, |report| Some(measure(report).0 - measure(report).1))
                .unwrap_or(0.0),
            bar: self.bar(name, scenario, &peers, oracle),
            oracle,
            detect_ms: median(&own, |report| report.detect_ms),
            false_ejections: value(|report| report.false_ejections as f64).unwrap_or(0.0),
            probes: value(|report| report.probes as f64).unwrap_or(0.0),
            name: name.into(),
            peers,
        })
    }

    fn reports(
        &self,
        scenario: &Scenario,
        who: Who<'_>,
    ) -> Result<Vec<Report>, eaves_common::Error> {
        let seeds = (0..self.seeds).map(|at| self.first_seed + at);
        seeds
            .map(|seed| report(&self.world(scenario, seed), who))
            .collect()
    }

    /// The world that one seed makes of a scenario.
    fn world(&self, scenario: &Scenario, seed: u64) -> Scenario {
        let mut world = scenario.clone();
        world.seed = seed;
        world.rate = self.rate.unwrap_or(world.rate);
        world.retries = self.retries.unwrap_or(world.retries);
        if self.jitter > 0.0 {
            world = world.jittered(self.jitter);
        }
        world
    }

    /// What was promised for a scenario under this plan.
    fn bar(&self, name: &str, scenario: &Scenario, peers: &[f64], oracle: f64) -> Option<f64> {
        let (_, bar, best) = BARS.into_iter().find(|bar| bar.0 == name)?;
        let each = self.rate.unwrap_or(scenario.rate) / scenario.origins.len() as f64;
        let retries = self.retries.unwrap_or(scenario.retries);
        let allowed = if each <= 3.0 {
            let best = peers.iter().copied().reduce(f64::min).or(best);
            match (name, best) {
                ("all-down", _) => 10.0,
                ("noise", best) => best? + 5.0,
                (_, best) => best? + 5.0 - oracle,
            }
        } else if retries == 1 && SINGLE.contains(&name) {
            15.0
        } else {
            bar
        };
        Some(if self.jitter > 0.0 {
            allowed * 1.5
        } else {
            allowed
        })
    }
}

impl Row {
    /// Returns the lines above the rows.
    #[must_use]
    pub fn head(plan: &Plan) -> String {
        let peers: String = plan.peers.iter().map(|name| format!("{name} | ")).collect();
        let lines = "---|".repeat(plan.peers.len() + 8);
        format!(
            "| scenario | {peers}own | oracle | own above | bar | detected after ms | false ejections | probes |\n|{lines}"
        )
    }

    /// Says whether it keeps what was promised.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.bar.is_none_or(|bar| self.above <= bar)
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let peers: String = self.peers.iter().map(|peer| format!("{peer} | ")).collect();
        let mark = if self.holds() { "" } else { " MISSED" };
        let bar = self.bar.map_or("-".into(), |bar| format!("{bar}{mark}"));
        let detected = self.detect_ms.map_or("-".into(), |ms| format!("{ms:.0}"));
        let Self {
            name, own, oracle, ..
        } = self;
        let Self {
            above,
            false_ejections,
            probes,
            ..
        } = self;
        write!(
            f,
            "| {name} | {peers}{own} | {oracle} | {above} | {bar} | {detected} | {false_ejections} | {probes} |"
        )
    }
}

/// What counts in a scenario: the detector's figure and the oracle's.
fn measure(name: &str) -> fn(&Report) -> (f64, f64) {
    match name {
        "slow" => |report| (report.slow as f64, report.oracle_slow as f64),
        "noise" => |report| (report.false_ejections as f64, 0.0),
        _ => |report| (report.failed as f64, report.oracle_failed as f64),
    }
}

/// The median of what there is; of an even number the upper of the middle two.
fn median(reports: &[Report], value: impl Fn(&Report) -> Option<f64>) -> Option<f64> {
    let mut all: Vec<f64> = reports.iter().filter_map(value).collect();
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied()
}
