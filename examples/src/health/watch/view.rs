//! [`View`]: what has been seen, and how it is drawn.

use std::{
    collections::{HashMap, VecDeque},
    fmt::Write as _,
};

use eaves_common::time::Wall;
use eaves_health::{
    driver::{NameStatus, Probed},
    monitor::{Event, OriginStatus, PoolStatus},
    probe::Verdict,
};

/// What has been seen, one sign for each probe.
#[derive(Debug, Default)]
pub struct View {
    rows: HashMap<String, Row>,
    events: VecDeque<String>,
    now: Wall,
}

#[derive(Debug, Default)]
struct Row {
    probes: u64,
    history: VecDeque<char>,
    latest: Option<Verdict>,
    expires: Option<Wall>,
}

/// Signs of history.
const SIGNS: usize = 40;
/// Events that stay below the origins.
const EVENTS: usize = 8;

impl View {
    /// Takes note of a probe that has come back.
    pub fn note(&mut self, probed: &Probed) {
        let row = self.rows.entry(probed.name.to_string()).or_default();
        row.probes += 1;
        row.history.push_back(sign(&probed.finding.verdict));
        if row.history.len() > SIGNS {
            row.history.pop_front();
        }
        row.expires = probed.finding.expires.or(row.expires);
        row.latest = Some(probed.finding.verdict.clone());
        self.now = probed.at.wall;
    }

    /// Keeps an event, to be drawn below the origins as long as few have come after it.
    pub fn keep(&mut self, event: &Event) {
        self.events.push_back(event.to_string());
        if self.events.len() > EVENTS {
            self.events.pop_front();
        }
    }

    /// Says whether so many probes of every origin have come back, those behind names included: a name
    /// that cannot be looked up is not waited for.
    #[must_use]
    pub fn has_seen(&self, probes: u64, status: &PoolStatus, names: &[NameStatus]) -> bool {
        let is_settled = |name: &NameStatus| !name.addrs.is_empty() || name.last_error.is_some();
        let seen = |name: &str| self.rows.get(name).map_or(0, |row| row.probes);
        let origins = &status.origins;
        names.iter().all(is_settled) && origins.iter().all(|origin| seen(&origin.name) >= probes)
    }

    /// Draws all, and forgets those who have left.
    pub fn draw(&mut self, status: &PoolStatus, names: &[NameStatus]) -> String {
        let there = |name: &String| status.origins.iter().any(|origin| origin.name == *name);
        self.rows.retain(|name, _| there(name));
        let lengths = status.origins.iter().map(|origin| origin.name.len());
        let width = lengths.max().unwrap_or(0);
        let mut page = format!(
            "{} of {} healthy, {} probes\n",
            status.healthy,
            status.origins.len(),
            status.probes
        );
        for origin in &status.origins {
            let row = self.rows.get(&origin.name);
            draw_row(&mut page, width, origin, row, self.now);
        }
        for name in names.iter().filter(|name| name.last_error.is_some()) {
            let error = name.last_error.as_deref().unwrap_or("");
            let _ = writeln!(page, "{}: looking up {}: {error}", name.name, name.host);
        }
        for event in &self.events {
            let _ = writeln!(page, "{event}");
        }
        page
    }
}

fn draw_row(page: &mut String, width: usize, origin: &OriginStatus, row: Option<&Row>, now: Wall) {
    let standing = origin.standing.to_string();
    let latest = row.and_then(|row| row.latest.as_ref());
    let latency = latest.and_then(Verdict::latency);
    let latency = latency.map_or_else(|| "-".into(), |latency| format!("{latency:.1?}"));
    let history: String = row.map_or_else(String::new, |row| row.history.iter().collect());
    let _ = write!(
        page,
        "{:width$}  {standing:8} {:>6.0}s {latency:>9}  {history:SIGNS$}",
        origin.name, origin.for_seconds
    );
    match latest {
        Some(Verdict::Fail(reason)) => drop(write!(page, "  {reason}")),
        Some(Verdict::Degraded { concern, .. }) => drop(write!(page, "  {concern}")),
        _ => {}
    }
    if let Some(expires) = row.and_then(|row| row.expires).filter(|&end| end > now) {
        let days = (expires - now).as_secs() / 86_400;
        let _ = write!(page, "  certificate: {days} days left");
    }
    page.push('\n');
}

fn sign(verdict: &Verdict) -> char {
    match verdict {
        Verdict::Pass { .. } => '+',
        Verdict::Degraded { .. } => '~',
        Verdict::Fail(_) => '-',
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use eaves_common::time::Now;
    use eaves_health::{Monitor, PoolConfig, pool::OriginConfig};

    use super::*;

    #[test]
    fn the_latest_events_stay_below_the_origins() {
        let addr = "192.0.2.1:80".parse().expect("an address");
        let config = PoolConfig::new("web").origin(OriginConfig::new("a", addr));
        let mut monitor = Monitor::new(config, 1, Now::default()).expect("a valid pool");
        let probe = monitor.poll_probe().expect("the first");
        let latency = Duration::from_millis(1);
        monitor.handle_probe(probe.id, &Verdict::Pass { latency }, Now::default());
        let event = monitor.poll_event().expect("it is up");
        let mut view = View::default();
        let lines = |view: &mut View| view.draw(&monitor.status(), &[]).lines().count();
        assert_eq!(lines(&mut view), 2);
        (0..3).for_each(|_| view.keep(&event));
        assert_eq!(lines(&mut view), 5);
        (0..30).for_each(|_| view.keep(&event));
        assert_eq!(lines(&mut view), 2 + EVENTS);
        let page = view.draw(&monitor.status(), &[]);
        assert!(page.ends_with(&format!("{event}\n")), "{page}");
    }
}
