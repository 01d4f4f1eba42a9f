//! Incidents: life cycle, grouping, severity, limits.

use std::time::Duration;

use eaves_common::time::{Mono, Now, Wall};
use eaves_health::incident::{
    IncidentConfig, IncidentId, Limits, Name, OperatorError, Severity, Signal, Snapshot, Stage,
    State, Tracker, What,
};
use proptest::prelude::*;

/// 2022-06-21T06:32:00Z, when the morning began that this crate is for.
const START: u64 = 1_655_793_120;

pub(crate) fn at(secs: u64) -> Now {
    Now {
        mono: Mono::from_secs(10 + secs),
        wall: Wall::from_secs(START + secs),
    }
}

pub(crate) fn tracker() -> Tracker {
    Tracker::new(IncidentConfig::default()).unwrap()
}

fn limited(limits: Limits) -> Tracker {
    Tracker::new(IncidentConfig::default().limits(limits)).unwrap()
}

pub(crate) fn down(pool: &str, origin: &str) -> Signal {
    Signal::origin(pool, origin, State::Down)
}

pub(crate) fn up(pool: &str, origin: &str) -> Signal {
    Signal::origin(pool, origin, State::Up)
}

/// Calls the tracker whenever it asks to be called, until `secs`.
fn pass(tracker: &mut Tracker, secs: u64) {
    while let Some(due) = tracker.poll_timeout().filter(|due| *due <= at(secs).mono) {
        let since = due - at(0).mono;
        let wall = Wall::from_secs(START) + since;
        tracker.handle_timeout(Now { mono: due, wall });
        assert_ne!(tracker.poll_timeout(), Some(due), "it must move on");
    }
    tracker.handle_timeout(at(secs));
}

fn stages(tracker: &mut Tracker) -> Vec<Stage> {
    std::iter::from_fn(|| tracker.poll_change())
        .filter_map(|change| match change.what {
            What::Opened { .. } => Some(Stage::Detected),
            What::Stage { to, .. } => Some(to),
            _ => None,
        })
        .collect()
}

#[test]
fn an_incident_lives_from_detected_to_resolved() {
    let mut tracker = tracker();
    let refused = down("web", "a").site("ams").because("connection refused");
    tracker.handle_signal(&refused, at(0));
    tracker.handle_traffic("web", 1_000, 20, at(10));
    pass(&mut tracker, 100);
    tracker.handle_signal(&up("web", "a"), at(200));
    pass(&mut tracker, 499);
    assert_eq!(tracker.open().count(), 1);
    pass(&mut tracker, 500);

    use Stage::{Detected, Identified, Monitoring, Resolved};
    let expected = [Detected, Identified, Monitoring, Resolved];
    assert_eq!(stages(&mut tracker), expected);
    let incident = tracker.history().next().unwrap();
    assert_eq!(incident.title, "web is degraded");
    assert_eq!(incident.cause.as_deref(), Some("connection refused"));
    assert_eq!(incident.identified, Some(at(30).wall));
    assert_eq!(incident.recovered, Some(at(200).wall));
    assert_eq!(incident.resolved, Some(at(500).wall));
    assert_eq!(incident.lasted.as_duration(), Duration::from_secs(200));
    assert_eq!((incident.requests, incident.failed), (1_000, 20));
    let lines: Vec<&str> = incident
        .timeline
        .iter()
        .map(|entry| entry.text.as_str())
        .collect();
    let expected = [
        "a of web is down: connection refused",
        "it is known what fails",
        "all is well again",
        "it is over",
    ];
    assert_eq!(lines, expected);
    assert_eq!(tracker.poll_timeout(), None);
}

#[test]
fn a_blip_is_never_identified() {
    let mut tracker = tracker();
    tracker.handle_signal(&down("web", "a"), at(0));
    tracker.handle_signal(&up("web", "a"), at(3));
    pass(&mut tracker, 1_000);
    let expected = [Stage::Detected, Stage::Monitoring, Stage::Resolved];
    assert_eq!(stages(&mut tracker), expected);
    assert_eq!(tracker.history().next().unwrap().peak, Severity::Minor);
}

#[test]
fn a_relapse_belongs_to_the_incident_it_comes_back_to() {
    let mut tracker = tracker();
    for round in 0..5 {
        tracker.handle_signal(&down("web", "a"), at(round * 120));
        tracker.handle_signal(&up("web", "a"), at(round * 120 + 60));
    }
    pass(&mut tracker, 10_000);
    assert_eq!(tracker.history().count(), 1);
    let incident = tracker.history().next().unwrap();
    assert_eq!(incident.lasted.as_duration(), Duration::from_secs(300));
    assert_eq!(incident.recovered, Some(at(540).wall));

    tracker.handle_signal(&down("web", "a"), at(20_000));
    assert_eq!(tracker.open().next().unwrap().id, IncidentId::new(2));
}

#[test]
fn pools_that_fail_together_are_one_incident_and_others_are_not() {
    let mut tracker = tracker();
    tracker.handle_signal(&down("web", "a").site("ams"), at(0));
    tracker.handle_signal(&down("api", "b"), at(20)); // at the same time
    tracker.handle_signal(&down("mail", "c").site("ams"), at(500)); // at the same site
    tracker.handle_signal(&down("shop", "d").site("fra"), at(501)); // just after that
    tracker.handle_signal(&down("blog", "e").site("lhr"), at(600)); // neither
    let titles: Vec<&str> = tracker
        .open()
        .map(|incident| incident.title.as_str())
        .collect();
    // What names an incident of several is the pool that began it.
    assert_eq!(
        titles,
        ["web and 3 others are degraded", "blog is degraded"]
    );
    assert_eq!(tracker.open().next().unwrap().severity, Severity::Major);
}

#[test]
fn severity_follows_what_users_feel() {
    let mut tracker = tracker();
    let severity = |tracker: &Tracker| tracker.open().next().unwrap().severity;
    tracker.handle_signal(&down("web", "a"), at(0));
    assert_eq!(severity(&tracker), Severity::Minor);
    tracker.handle_traffic("web", 1_000, 100, at(1));
    assert_eq!(severity(&tracker), Severity::Major);
    tracker.handle_traffic("web", 1_000, 950, at(2));
    assert_eq!(severity(&tracker), Severity::Critical);
    tracker.handle_traffic("web", 100_000, 0, at(3));
    assert_eq!(severity(&tracker), Severity::Minor);
    tracker.handle_signal(&Signal::pool("web", State::Down), at(4));
    assert_eq!(severity(&tracker), Severity::Critical);
    tracker.handle_signal(&Signal::pool("web", State::Up), at(5));
    assert_eq!(
        severity(&tracker),
        Severity::Minor,
        "one origin is still down"
    );
    assert_eq!(tracker.open().next().unwrap().peak, Severity::Critical);
    assert_eq!(tracker.open().next().unwrap().failed, 1_050);
}

#[test]
fn people_say_what_they_know() {
    let mut tracker = tracker();
    tracker.handle_signal(&down("web", "a"), at(0));
    let id = tracker.open().next().unwrap().id;
    tracker
        .identify(id, "policy order in the spine", at(5))
        .unwrap();
    tracker.note(id, "change is being reverted", at(6)).unwrap();
    assert_eq!(
        tracker.resolve(id, at(7)),
        Err(OperatorError::StillFailing { id })
    );
    tracker.handle_signal(&up("web", "a"), at(8));
    tracker.resolve(id, at(9)).unwrap();
    let incident = tracker.incident(id).unwrap();
    assert_eq!(incident.cause.as_deref(), Some("policy order in the spine"));
    assert_eq!(
        (incident.stage, incident.resolved),
        (Stage::Resolved, Some(at(9).wall))
    );
    assert_eq!(
        tracker.note(id, "x", at(10)),
        Err(OperatorError::Unknown { id })
    );
}

#[test]
fn reports_alone_open_an_incident_that_stays_unidentified() {
    let mut tracker = tracker();
    let game = Name::new("game");
    for minute in 0..3 * 10_080 {
        tracker.handle_reports(&game, 3, at(minute * 60));
    }
    assert_eq!(tracker.open().count(), 0);
    let start = 3 * 10_080 * 60;
    for minute in 0..30 {
        tracker.handle_reports(&game, 90, at(start + minute * 60));
    }
    let incident = tracker.open().next().unwrap();
    assert_eq!(
        (incident.stage, incident.severity),
        (Stage::Detected, Severity::Major)
    );
    assert_eq!(incident.title, "game is degraded");
    assert_eq!(incident.affected[0].pool, game);
    assert_eq!(
        incident.timeline[0].text,
        "users report trouble with game: usual are 3.0 reports a minute"
    );
    assert!(incident.reports > 2_500, "{}", incident.reports);

    // What a monitor sees at the same time identifies it.
    tracker.handle_signal(&down("game", "a"), at(start + 1_800));
    assert_eq!(tracker.open().next().unwrap().stage, Stage::Identified);
    tracker.handle_signal(&up("game", "a"), at(start + 1_860));
    pass(&mut tracker, start + 4_000);
    assert_eq!(tracker.open().count(), 0);
}

#[test]
fn at_each_limit_something_happens_that_shows() {
    let limits = Limits::default()
        .pools(3)
        .origins(2)
        .open(1)
        .affected(2)
        .timeline(3)
        .history(1)
        .changes(4);
    let mut tracker = limited(limits);
    for (secs, pool) in ["a", "b", "c", "d"].into_iter().enumerate() {
        for origin in ["1", "2", "3"] {
            tracker.handle_signal(&down(pool, origin), at(secs as u64 * 1_000));
        }
    }
    assert_eq!(
        tracker.ignored(),
        3 + 3,
        "a fourth pool, and a third origin of each"
    );
    let incident = tracker.open().next().unwrap();
    assert_eq!(
        tracker.open().count(),
        1,
        "later pools joined the only one there is room for"
    );
    assert_eq!((incident.affected.len(), incident.unlisted), (2, 4));
    assert_eq!(incident.timeline.len(), 3);
    assert_eq!(incident.timeline[0].text, "1 of a is down");
    assert!(incident.dropped > 0);
    tracker.handle_signal(&Signal::pool("a", State::Down), at(9_000));
    tracker.handle_signal(&Signal::pool("a", State::Up), at(9_001));
    tracker.handle_signal(&Signal::pool("a", State::Down), at(9_002));
    let first = tracker.poll_change().unwrap();
    assert!(first.missed > 0 && first.sequence == first.missed + 1);
    assert_eq!(tracker.poll_change().unwrap().missed, 0);
}

#[test]
fn history_forgets_the_oldest() {
    let mut tracker = limited(Limits::default().history(3));
    for round in 0..10 {
        tracker.handle_signal(&down("web", "a"), at(round * 1_000));
        tracker.handle_signal(&up("web", "a"), at(round * 1_000 + 1));
        pass(&mut tracker, round * 1_000 + 500);
    }
    let ids: Vec<u64> = tracker
        .history()
        .map(|incident| incident.id.number())
        .collect();
    assert_eq!(ids, [10, 9, 8]);
}

#[test]
fn a_pool_taken_out_of_service_ends_its_incident() {
    let mut tracker = tracker();
    tracker.handle_signal(&down("web", "a"), at(0));
    tracker.forget("web", at(10));
    pass(&mut tracker, 400);
    let incident = tracker.history().next().unwrap();
    assert_eq!(incident.affected[0].until, Some(at(10).wall));
    assert_eq!(tracker.state("web"), None);
}

#[test]
fn the_types_go_between_threads() {
    fn check<T: Send + Sync>() {}
    check::<(Tracker, Signal, Snapshot)>();
}

#[derive(Clone, Debug)]
enum Step {
    Signal(u8, Option<u8>, State),
    Reports(u8, u32),
    Traffic(u8, u64, u64),
    Restart,
    Forget(u8),
}

fn step() -> impl Strategy<Value = Step> {
    let state = prop_oneof![Just(State::Up), Just(State::Degraded), Just(State::Down)];
    prop_oneof![
        6 => (0..4_u8, prop::option::of(0..4_u8), state).prop_map(|(a, b, c)| Step::Signal(a, b, c)),
        2 => (0..4_u8, 0..500_u32).prop_map(|(pool, reports)| Step::Reports(pool, reports)),
        2 => (0..4_u8, 0..500_u64, 0..600_u64).prop_map(|(a, b, c)| Step::Traffic(a, b, c)),
        1 => Just(Step::Restart),
        1 => (0..4_u8).prop_map(Step::Forget),
    ]
}

fn play(tracker: &mut Tracker, step: &Step, now: Now, config: IncidentConfig) {
    let name = |pool: &u8| Name::new(&format!("pool-{pool}"));
    match step {
        Step::Signal(pool, origin, state) => {
            let mut signal = Signal::pool(name(pool), *state);
            signal.origin = origin.map(|origin| Name::new(&origin.to_string()));
            tracker.handle_signal(&signal, now);
        }
        Step::Reports(pool, reports) => tracker.handle_reports(&name(pool), *reports, now),
        Step::Traffic(pool, requests, failed) => {
            tracker.handle_traffic(name(pool).as_str(), *requests, *failed, now);
        }
        Step::Restart => {
            let kept = tracker.snapshot(now);
            *tracker = Tracker::restore(config, kept, now).unwrap();
        }
        Step::Forget(pool) => tracker.forget(name(pool).as_str(), now),
    }
}

fn holds(tracker: &mut Tracker, now: Now) {
    let page = tracker.page(100, now);
    for component in &page.components {
        let open = page
            .open
            .iter()
            .find(|open| Some(open.id) == component.incident);
        assert!(
            component.state == State::Up || open.is_some_and(|open| open.stage < Stage::Monitoring)
        );
        assert!(component.incident.is_none() || open.is_some());
    }
    for incident in page.open.iter().chain(&page.history) {
        assert!(incident.peak >= incident.severity && !incident.title.is_empty());
        assert!(incident.timeline.len() <= 8 && incident.affected.len() <= 3);
        assert_eq!(
            incident.resolved.is_some(),
            incident.stage == Stage::Resolved
        );
    }
    assert!(page.open.len() <= 2 && page.history.len() <= 4);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_happens_it_ends_when_all_is_well(
        steps in prop::collection::vec((0_u64..200, step()), 1..120),
    ) {
        let limits = Limits::default().open(2).history(4).timeline(8).affected(3).changes(5_000);
        let config = IncidentConfig::default().limits(limits);
        let mut tracker = Tracker::new(config).unwrap();
        let mut secs = 0;
        let mut sequence = 0;
        for (pause, step) in &steps {
            secs += pause;
            pass(&mut tracker, secs);
            play(&mut tracker, step, at(secs), config);
            holds(&mut tracker, at(secs));
            while let Some(change) = tracker.poll_change() {
                prop_assert!(change.sequence > sequence);
                sequence = change.sequence;
            }
        }
        for pool in 0..4 {
            for origin in [None, Some(0), Some(1), Some(2), Some(3)] {
                play(&mut tracker, &Step::Signal(pool, origin, State::Up), at(secs), config);
            }
        }
        pass(&mut tracker, secs + 7_200);
        prop_assert_eq!(tracker.open().count(), 0);
    }
}
