//! Incidents as a status page tells them.

use std::time::Duration;

use eaves_common::time::Wall;
use eaves_health::{
    Algorithm,
    incident::{Phase, Severity, Span, Tracker},
};

use crate::world::{World, pool};

/// Lets the world run, and tells the tracker.
fn run(world: &mut World, tracker: &mut Tracker, time: Duration) {
    for _ in 0..time.as_millis() / 100 {
        world.step(Duration::from_millis(100));
        world
            .events
            .drain(..)
            .for_each(|event| tracker.handle_event(&event));
        tracker.handle_timeout(world.now.wall);
    }
}

fn phases(tracker: &mut Tracker) -> Vec<Phase> {
    let mut phases: Vec<Phase> = std::iter::from_fn(|| tracker.poll_update())
        .map(|update| update.entry.phase)
        .collect();
    phases.dedup();
    phases
}

#[test]
fn an_outage_goes_through_its_life() {
    let mut world = World::healthy(pool(&[1; 3]), Algorithm::RoundRobin);
    let mut tracker = Tracker::new(world.now.wall);
    world.probes = vec![false, false, true];
    run(&mut world, &mut tracker, Duration::from_secs(30));
    tracker.handle_failures(12);
    let incident = tracker.history().incidents.back().unwrap();
    assert_eq!(
        (incident.phase, incident.severity),
        (Phase::Identified, Severity::Critical)
    );
    assert_eq!(incident.pools, ["test"]);
    assert_eq!(incident.origins.len(), 2);
    assert_eq!(incident.failed_requests, 12);

    world.probes = vec![true; 3];
    run(&mut world, &mut tracker, Duration::from_secs(400));
    assert_eq!(tracker.history().incidents.len(), 1);
    assert!(tracker.history().incidents[0].ended.is_some());
    assert_eq!(
        phases(&mut tracker),
        [Phase::Identified, Phase::Monitoring, Phase::Resolved]
    );
    let uptime = tracker.history().uptime.share(Span::Hour, world.now.wall);
    assert!((0.9..0.94).contains(&uptime), "{uptime}");
}

#[test]
fn a_relapse_while_watching_is_the_same_incident() {
    let mut world = World::healthy(pool(&[1; 4]), Algorithm::RoundRobin);
    let mut tracker = Tracker::new(world.now.wall);
    for _ in 0..3 {
        world.probes[0] = false;
        run(&mut world, &mut tracker, Duration::from_secs(20));
        world.probes[0] = true;
        run(&mut world, &mut tracker, Duration::from_secs(100));
    }
    assert_eq!(tracker.history().incidents.len(), 1);
    assert_eq!(tracker.history().incidents[0].severity, Severity::Minor);
    assert_eq!(
        tracker.history().uptime.share(Span::Hour, world.now.wall),
        1.0,
        "others served"
    );
}

#[test]
fn users_who_complain_are_heard_though_all_probes_pass() {
    let mut tracker = Tracker::new(Wall::ZERO);
    let minute = |number: u64| Wall::from_secs(number * 60);
    for number in 1..100 {
        tracker.handle_reports(3, minute(number));
    }
    for number in 100..110 {
        tracker.handle_reports(60, minute(number));
    }
    for number in 110..130 {
        tracker.handle_reports(3, minute(number));
        tracker.handle_timeout(minute(number));
    }
    let incident = &tracker.history().incidents[0];
    assert_eq!(
        (incident.severity, incident.phase),
        (Severity::Major, Phase::Resolved)
    );
    assert!(incident.user_reports >= 500, "{incident:?}");
    assert_eq!(
        phases(&mut tracker),
        [Phase::Detected, Phase::Monitoring, Phase::Resolved]
    );
}

#[test]
fn a_story_and_a_history_are_bounded() {
    let mut world = World::healthy(pool(&[1; 4]), Algorithm::RoundRobin);
    let mut tracker = Tracker::new(world.now.wall);
    world.probes[0] = false;
    world.run(Duration::from_secs(2));
    let event = world.events.pop().unwrap();
    for _ in 0..5000 {
        tracker.handle_event(&event);
    }
    let incident = &tracker.history().incidents[0];
    assert_eq!(
        incident.entries.len() as u64 + incident.entries_left_out,
        5000
    );
    assert!(incident.entries.len() <= 200 && tracker.lost_updates() == 4000);
}

#[cfg(feature = "serde")]
#[test]
fn the_history_survives_a_restart() {
    use eaves_health::incident::History;

    let mut world = World::healthy(pool(&[1; 3]), Algorithm::RoundRobin);
    let mut tracker = Tracker::new(world.now.wall);
    world.probes[0] = false;
    run(&mut world, &mut tracker, Duration::from_secs(10));
    let kept = serde_json::to_string(tracker.history()).unwrap();
    let history: History = serde_json::from_str(&kept).unwrap();
    assert_eq!(history.incidents, tracker.history().incidents);
    let mut resumed = Tracker::resume(history);
    resumed.handle_timeout(world.now.wall);
    resumed.handle_timeout(world.now.wall + Duration::from_secs(301));
    assert_eq!(resumed.history().incidents[0].phase, Phase::Resolved);
}
