//! What is kept and shown of incidents: uptime, page, webhooks, snapshots across a restart.

use std::time::Duration;

use eaves_common::time::{Mono, Now};
use eaves_health::incident::{
    IncidentConfig, IncidentId, Limits, Name, RestoreError, Signal, Stage, State, Tracker,
};

use crate::incident::{at, down, tracker, up};

#[test]
fn uptime_is_time_not_down() {
    let mut tracker = tracker();
    tracker.watch("web", at(0));
    tracker.handle_signal(&down("web", "a"), at(900));
    tracker.handle_signal(&Signal::pool("web", State::Down), at(1_800));
    tracker.handle_signal(&Signal::pool("web", State::Up), at(2_700));
    let page = tracker.page(5, at(3_600));
    let component = &page.components[0];
    assert_eq!(component.uptime.hour.unwrap().to_string(), "75%");
    assert_eq!(component.days[0].degraded, Duration::from_secs(1_800));
    assert_eq!(
        (page.state, component.incident),
        (State::Degraded, Some(IncidentId::new(1)))
    );
}

#[test]
fn a_restart_keeps_incidents_uptime_and_what_is_usual() {
    let mut tracker = tracker();
    let web = Name::new("web");
    for minute in 0..2 * 10_080 {
        tracker.handle_reports(&web, 4, at(minute * 60));
    }
    let now = 2 * 10_080 * 60;
    tracker.handle_signal(&down("web", "a").site("ams"), at(now));
    tracker.handle_signal(&down("api", "b"), at(now + 5));
    let kept = tracker.snapshot(at(now + 60));

    // The clock that does not jump starts again; an hour went by.
    let again = |secs| Now {
        mono: Mono::from_secs(secs),
        wall: at(now + 3_660 + secs).wall,
    };
    let mut tracker = Tracker::restore(IncidentConfig::default(), kept, again(0)).unwrap();
    let incident = tracker.open().next().unwrap();
    assert_eq!(incident.lasted.as_duration(), Duration::from_secs(60));
    assert_eq!(
        (tracker.open().count(), incident.stage),
        (1, Stage::Detected)
    );
    // One is still down, of the other nothing is heard: it is taken for up.
    tracker.handle_signal(&down("web", "a"), again(10));
    assert_eq!(tracker.state("api"), Some(State::Degraded));
    tracker.handle_timeout(again(300));
    assert_eq!(tracker.state("api"), Some(State::Up));
    assert_eq!(tracker.state("web"), Some(State::Degraded));
    tracker.handle_signal(&up("web", "a"), again(400));
    tracker.handle_timeout(again(700));
    assert_eq!(tracker.history().count(), 1);

    let page = tracker.page(1, again(700));
    let web_component = &page.components[1];
    assert_eq!(web_component.uptime.quarter.unwrap().to_string(), "100%");
    assert!(web_component.days.len() >= 14);
    tracker.handle_reports(&web, 100, again(710));
    let incident = tracker.open().next().unwrap();
    assert_eq!(
        incident.id,
        IncidentId::new(2),
        "100 are still unusual, and numbers go on"
    );
}

#[test]
fn nonsense_in_a_snapshot_is_not_believed() {
    let mut tracker = tracker();
    tracker.handle_signal(&down("web", "a"), at(0));
    let mut kept = tracker.snapshot(at(10));
    let pool = &mut kept.pools[0];
    pool.hours = vec![
        (u64::MAX, 1, 1, 1),
        (5, u64::MAX, 0, 0),
        (9, 1, 0, 0),
        (3, 1, 0, 0),
    ];
    pool.minutes = vec![(u64::MAX / 2, 0, 0, u64::MAX); 3];
    pool.usual_reports = vec![(f32::NAN, f32::INFINITY); 400];
    pool.report_unrest = Some([f32::NAN, -1.0, 1e30]);
    kept.open[0].title = "x".repeat(100_000);
    let small = IncidentConfig::default().limits(Limits::default().affected(1).timeline(2));
    let mut tracker = Tracker::restore(small, kept, at(20)).unwrap();
    let page = tracker.page(10, at(30));
    assert!(page.open[0].title.len() <= 1_000);
    assert!(page.components[0].uptime.quarter.is_some());
    tracker.handle_reports(&Name::new("web"), 5, at(40));
    tracker.handle_signal(&Signal::pool("other", State::Down), at(4_000));
    assert!(tracker.poll_change().is_some());
}

#[test]
fn a_snapshot_whose_numbers_cannot_go_on_is_refused() {
    let mut tracker = tracker();
    tracker.handle_signal(&down("web", "a"), at(0));
    let kept = tracker.snapshot(at(10));
    let mut numbered = kept.clone();
    numbered.open[0].id = IncidentId::new(u64::MAX);
    let mut counted = kept;
    counted.sequence = u64::MAX;
    for kept in [numbered, counted] {
        let error = Tracker::restore(IncidentConfig::default(), kept, at(20)).unwrap_err();
        assert_eq!(error, RestoreError::Numbers);
    }
}

#[cfg(feature = "serde")]
mod json {
    use eaves_health::incident::Snapshot;

    use super::*;

    #[test]
    fn a_page_is_json_that_people_can_read() {
        let mut tracker = tracker();
        let refused = down("web", "a").site("ams").because("connection refused");
        tracker.handle_signal(&refused, at(0));
        let page = serde_json::to_value(tracker.page(5, at(60))).unwrap();
        assert_eq!(page["at"], "2022-06-21T06:33:00.000Z");
        assert_eq!(page["state"], "degraded");
        assert_eq!(page["components"][0]["uptime"]["day"], "100%");
        assert_eq!(page["components"][0]["days"][0]["degraded"], "1m");
        let incident = &page["open"][0];
        assert_eq!(incident["stage"], "detected");
        assert_eq!(incident["affected"][0]["site"], "ams");
        assert_eq!(
            incident["timeline"][0]["text"],
            "a of web is down: connection refused"
        );
    }

    #[test]
    fn a_webhook_says_what_happened_and_to_what() {
        let mut tracker = tracker();
        tracker.handle_signal(&Signal::pool("web", State::Down), at(0));
        let change = tracker.poll_change().unwrap();
        let payload = serde_json::to_value(tracker.webhook(change).unwrap()).unwrap();
        assert_eq!(payload["event"], "incident.opened");
        assert_eq!(payload["id"], "1-1");
        assert_eq!(payload["change"]["what"]["severity"], "critical");
        assert_eq!(payload["incident"]["title"], "web is down");
    }

    #[test]
    fn a_snapshot_survives_json() {
        let mut tracker = tracker();
        for minute in 0..2_000 {
            tracker.handle_reports(&Name::new("web"), 7, at(minute * 60));
        }
        tracker.handle_signal(&down("web", "a").site("ams"), at(120_000));
        let kept = tracker.snapshot(at(120_060));
        let text = serde_json::to_string(&kept).unwrap();
        assert_eq!(serde_json::from_str::<Snapshot>(&text).unwrap(), kept);
    }
}
