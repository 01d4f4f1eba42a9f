//! A whole outage: the monitor notices, and what it tells becomes one incident.

use std::time::Duration;

use eaves_health::{
    Algorithm,
    incident::{Incident, IncidentConfig, Severity, Signal, Stage, Tracker, What},
    pool::Mode,
};

use crate::world::{World, pool};

/// Lets time pass with traffic, and hands on what the monitor tells.
fn live(world: &mut World, tracker: &mut Tracker, time: Duration, broken: &[u64]) {
    let steps = time.as_millis() / 20;
    for _ in 0..steps {
        world.request(|id| broken.contains(&id.number()));
        world.step(Duration::from_millis(20));
        for event in world.events.drain(..) {
            if let Some(signal) = Signal::of(&event) {
                tracker.handle_signal(&signal, event.at);
            }
        }
        tracker.handle_timeout(world.now);
    }
}

fn stages(tracker: &mut Tracker) -> Vec<Stage> {
    let changes = std::iter::from_fn(|| tracker.poll_change());
    changes
        .filter_map(|change| match change.what {
            What::Opened { .. } => Some(Stage::Detected),
            What::Stage { to, .. } => Some(to),
            _ => None,
        })
        .collect()
}

fn fail(world: &mut World, ids: &[u64], passes: bool) {
    ids.iter()
        .for_each(|&id| world.probes[id as usize] = passes);
}

fn outage(broken: &[u64]) -> (World, Tracker) {
    let mut world = World::healthy(pool(&[1; 4]), Algorithm::RoundRobin);
    let mut tracker = Tracker::new(IncidentConfig::default()).unwrap();
    live(&mut world, &mut tracker, Duration::from_secs(10), &[]);
    assert_eq!(tracker.open().count(), 0, "all is well");
    fail(&mut world, broken, false);
    live(&mut world, &mut tracker, Duration::from_secs(60), broken);
    (world, tracker)
}

#[test]
fn one_origin_that_fails_makes_one_incident_from_its_first_error_to_its_end() {
    let (mut world, mut tracker) = outage(&[2]);
    let open: Vec<&Incident> = tracker.open().collect();
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].title, "test is degraded");
    let cause = open[0].cause.clone().unwrap();
    assert!(cause.contains("in a row"), "{cause}");

    fail(&mut world, &[2], true);
    live(&mut world, &mut tracker, Duration::from_secs(400), &[]);
    use Stage::{Detected, Identified, Monitoring, Resolved};
    let expected = [Detected, Identified, Monitoring, Resolved];
    assert_eq!(stages(&mut tracker), expected);
    let history: Vec<&Incident> = tracker.history().collect();
    assert_eq!(history.len(), 1, "one outage is one incident");
    // Noticed at once, and over when the origin served again: 60 s, its hold and trial.
    let lasted = history[0].lasted.as_duration().as_secs_f64();
    assert!((59.0..90.0).contains(&lasted), "{lasted}");
    assert_eq!(tracker.open().count(), 0);
}

#[test]
fn an_outage_of_all_is_worse_and_ends_with_panic_mode() {
    let (mut world, mut tracker) = outage(&[0, 1, 2, 3]);
    assert_eq!(world.monitor.snapshot().mode(), Mode::Panic);
    let open: Vec<&Incident> = tracker.open().collect();
    assert_eq!(open.len(), 1);
    assert!(open[0].peak > Severity::Minor, "{:?}", open[0].peak);
    fail(&mut world, &[0, 1, 2, 3], true);
    live(&mut world, &mut tracker, Duration::from_secs(400), &[]);
    assert_eq!(world.monitor.snapshot().mode(), Mode::Normal);
    assert_eq!(tracker.history().count(), 1);
    assert_eq!(tracker.open().count(), 0);
}
