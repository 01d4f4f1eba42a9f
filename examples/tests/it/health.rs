//! Outages in virtual time: bars that the detector must keep, whatever the seed and the world. They run
//! unoptimised, so seeds are few here; `health-table` plays many.

use std::process::Command;

use eaves_examples::health::sim::{Report, Scenario, Who, report};
use eaves_health::monitor::Preset;

use crate::program;

/// What each scenario may cost beyond the oracle at 1000 requests a second: failed requests, slow
/// answers in `slow`, false ejections in `noise`.
const BARS: [(&str, f64); 11] = [
    ("all-down", 60.0),
    ("blackhole", 120.0),
    ("brown-out", 100.0),
    ("checker-cut", 20.0),
    ("deploy", 60.0),
    ("flap", 40.0),
    ("gray", 100.0),
    ("noise", 1.0),
    ("probes-fail", 20.0),
    ("refused", 10.0),
    ("slow", 150.0),
];

fn file(name: &str) -> String {
    format!("{}/scenarios/{name}.toml", env!("CARGO_MANIFEST_DIR"))
}

fn scenario(name: &str, seed: u64) -> Scenario {
    let text = std::fs::read_to_string(file(name)).expect("the scenario ships");
    let mut scenario = Scenario::parse(&text).expect("the scenario is valid");
    scenario.seed = seed;
    scenario
}

fn play(scenario: &Scenario) -> Report {
    report(scenario, Who::Ours(Preset::Web)).expect("the scenario can be played")
}

fn cost(name: &str, report: &Report) -> f64 {
    match name {
        "slow" => report.slow as f64 - report.oracle_slow as f64,
        "noise" => report.false_ejections as f64,
        _ => report.failed as f64 - report.oracle_failed as f64,
    }
}

/// The median over worlds.
fn median_cost(name: &str, worlds: impl Iterator<Item = Scenario>) -> f64 {
    let mut costs: Vec<f64> = worlds.map(|world| cost(name, &play(&world))).collect();
    costs.sort_by(f64::total_cmp);
    costs[costs.len() / 2]
}

/// Says which scenarios cost more than their bars, a scenario a thread at a time.
fn missed(worlds: impl Fn(&str) -> Vec<Scenario> + Sync, grace: f64) -> Vec<String> {
    let next = std::sync::Mutex::new(BARS.iter());
    let missed = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let taken = next.lock().expect("no panic").next();
                    let Some((name, bar)) = taken else { return };
                    let cost = median_cost(name, worlds(name).into_iter());
                    if cost > bar * grace {
                        let told = format!(
                            "{name}: {cost} beyond the oracle, {bar} x {grace} are allowed"
                        );
                        missed.lock().expect("no panic").push(told);
                    }
                }
            });
        }
    });
    missed.into_inner().expect("no panic")
}

#[test]
fn every_scenario_keeps_its_bar() {
    let worlds = |name: &str| (1..8).map(|seed| scenario(name, seed)).collect();
    assert_eq!(missed(worlds, 1.0), [""; 0]);
}

#[test]
fn bars_hold_in_other_worlds() {
    let worlds = |name: &str| {
        (100..105)
            .map(|seed| scenario(name, seed).jittered(0.3))
            .collect()
    };
    assert_eq!(missed(worlds, 1.5), [""; 0]);
}

#[test]
fn little_traffic_is_enough() {
    for (name, bar) in [
        ("all-down", 10.0),
        ("blackhole", 8.0),
        ("brown-out", 35.0),
        ("checker-cut", 5.0),
        ("deploy", 15.0),
        ("flap", 11.0),
        ("gray", 39.0),
        ("probes-fail", 5.0),
        ("refused", 6.0),
    ] {
        let worlds = (1..8).map(|seed| {
            let mut world = scenario(name, seed);
            world.rate = 20.0;
            world
        });
        let cost = median_cost(name, worlds);
        assert!(
            cost <= bar,
            "{name}: {cost} beyond the oracle, {bar} are allowed"
        );
    }
}

#[test]
fn one_retry_hides_single_failures() {
    for name in ["refused", "blackhole", "brown-out", "gray", "flap"] {
        let mut scenario = scenario(name, 1);
        scenario.retries = 1;
        scenario.rate = 300.0;
        let failed = play(&scenario).failed;
        assert!(failed <= 15, "{name}: {failed}");
    }
}

#[test]
fn noise_costs_few_probes() {
    let quiet = Scenario::parse("seed = 1\nrate = 300").expect("all other keys have defaults");
    let mut noisy = scenario("noise", 1);
    noisy.rate = 300.0;
    let noisy = play(&noisy).probes as f64;
    let quiet = play(&quiet).probes as f64;
    assert!(
        noisy <= 1.5 * quiet,
        "{noisy} probes under noise, {quiet} without"
    );
}

#[test]
fn every_preset_rides_out_a_dead_origin() {
    for preset in Preset::ALL {
        for name in ["refused", "blackhole", "checker-cut"] {
            let report =
                report(&scenario(name, 1), Who::Ours(preset)).expect("the scenario can be played");
            let cost = cost(name, &report);
            assert!(cost <= 120.0, "{preset}: {name}: {cost}");
        }
    }
}

#[test]
fn the_program_prints_one_object_and_draws() {
    let svg = tempfile::NamedTempFile::new().expect("a temporary file");
    let output = Command::new(program::path("health-sim"))
        .args([
            "--scenario",
            &file("refused"),
            "--seed",
            "7",
            "--preset",
            "web",
            "--svg",
        ])
        .arg(svg.path())
        .output()
        .expect("the program starts");
    assert!(output.status.success(), "{output:?}");
    let printed: serde_json::Value =
        serde_json::from_slice(&output.stdout).expect("one JSON object");
    for key in [
        "requests",
        "failed",
        "slow",
        "oracle_failed",
        "oracle_slow",
        "detect_ms",
        "false_ejections",
        "probes",
    ] {
        assert!(printed[key].is_number(), "{key}: {printed}");
    }
    assert_eq!(printed["requests"], play(&scenario("refused", 7)).requests);
    let svg = std::fs::read_to_string(svg.path()).expect("the chart is there");
    assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"));
    for part in ["120 s", "refuse", "failed"] {
        assert!(svg.contains(part), "{part} is not in the chart");
    }
}

#[test]
fn who_asks_for_a_detector_that_is_not_there_is_told_who_is() {
    let error = report(&scenario("quiet", 1), Who::Peer("envoy")).expect_err("there is none");
    let told = error.to_string();
    assert!(
        told.contains("\"envoy\", use none, pingora,") && told.contains("envoy-5xx"),
        "{told}"
    );
}

#[test]
fn a_scenario_with_a_mistake_is_refused_with_its_place() {
    for (text, part) in [
        (
            "origins = 2\n[[faults]]\nkind = \"refuse\"\norigins = [2]",
            "faults[0].origins: there is no origin 2",
        ),
        ("rate = 0", "rate"),
        ("orgins = 10", "orgins"),
        (
            "[[faults]]\nkind = \"errors\"\nvalue = 2",
            "faults[0].value: 2 is out of range",
        ),
        (
            "[[faults]]\nkind = \"slow\"\nvalue = -1",
            "faults[0].value: -1 is out of range",
        ),
        (
            "[[faults]]\nkind = \"refuse\"\nfrom = \"9s\"\nto = \"8s\"",
            "faults[0].to: it is before",
        ),
        ("capacity = -1", "capacity: -1 is out of range"),
        (
            "[[origins]]\nname = \"a\"\n[[origins]]\nname = \"a\"",
            "origins[1].name: \"a\" is taken",
        ),
        ("rate = 1\nrate = 2", "line 2"),
        ("duration = \"soon\"", "line 1"),
        ("origins = 0", "origins: 0 is out of range"),
        ("[[faults]]\nkind = \"fire\"", "fire"),
    ] {
        let error = Scenario::parse(text).expect_err(text).to_string();
        assert!(error.contains(part), "{text}: {error}");
    }
}

#[test]
fn the_watch_tells_who_is_up_and_who_is_not() {
    let up = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let up = (up.local_addr().expect("its address"), up);
    let down = std::net::TcpListener::bind("127.0.0.1:0")
        .expect("a port")
        .local_addr()
        .expect("its address");
    let output = program::run(
        "health-watch",
        &[
            &up.0.to_string(),
            &down.to_string(),
            "--interval",
            "100ms",
            "--timeout",
            "30s",
            "--probes",
            "2",
            "--for",
            "100s",
        ],
    );
    let printed = String::from_utf8(output.stdout).expect("text");
    assert!(printed.contains("1 of 2 healthy"), "{printed}");
    let events = String::from_utf8(output.stderr).expect("text");
    assert!(
        events.contains(&format!("{down} is down (was unknown)")),
        "{events}"
    );
}

#[test]
fn a_pool_with_little_to_spare_does_not_fall_like_dominoes() {
    // A tenth more than is asked for: while one restarts the others refuse some, and must not be put out for it.
    let mut tight = scenario("deploy", 1);
    tight.capacity = 1.15;
    tight.rate = 300.0;
    let report = play(&tight);
    let above = cost("deploy", &report);
    assert!(
        above <= 900.0 && report.false_ejections <= 15,
        "{above} beyond the oracle, {} put out for nothing",
        report.false_ejections
    );
}
