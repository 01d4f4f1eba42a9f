//! `limit-cluster` as its users run it, for a few seconds.

#[cfg(target_os = "linux")]
use std::{
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::program;
#[cfg(target_os = "linux")]
use crate::ratelimit::Server;

/// How late the program's own timers may be in a run that says something about seconds.
const LATE: f64 = 50.0;

/// Runs it, unless there is no Redis; its figures. A run in which the machine stood still for a while is
/// repeated, four times at most; the last counts whatever the machine did.
fn figures(args: &[&str]) -> Option<Value> {
    if !program::has("redis-server") {
        return None;
    }
    let mut runs = (0..5).map(|_| run(args));
    let in_time = |figures: &Value| number(figures, "/latest_timer_ms") <= LATE;
    let mut last = runs.next()?;
    while !in_time(&last) {
        let Some(next) = runs.next() else { break };
        last = next;
    }
    Some(last)
}

fn run(args: &[&str]) -> Value {
    let output = program::run("limit-cluster", &[args, &["--json"]].concat());
    assert!(output.status.success(), "{output:?}");
    let figures = serde_json::from_slice(&output.stdout).expect("JSON");
    println!("{figures:#}");
    figures
}

fn number(figures: &Value, path: &str) -> f64 {
    figures.pointer(path).and_then(Value::as_f64).expect(path)
}

#[test]
fn nodes_share_a_limit() {
    let Some(figures) = figures(&["--nodes", "4", "--seconds", "4"]) else {
        return;
    };
    let admitted = number(&figures, "/admitted_ratio");
    assert!((0.8..1.2).contains(&admitted), "{admitted}");
    assert!(number(&figures, "/trips_per_request") < 0.2);
    assert!(number(&figures, "/strict/admitted") > 0.0);
}

#[test]
fn nodes_keep_to_their_limit_while_redis_is_killed() {
    let args = [
        "--nodes",
        "4",
        "--seconds",
        "8",
        "--fault",
        "kill",
        "--load",
        "skew",
    ];
    let Some(figures) = figures(&args) else {
        return;
    };
    let phase = number(&figures, "/phases/1/admitted");
    assert_eq!(figures["phases"][1]["name"], "without redis");
    assert!((0.6..1.3).contains(&phase), "{phase}");
    assert!(number(&figures, "/admitted_ratio") < 1.3);
}

#[test]
fn a_table_has_a_line_for_each_second() {
    if !program::has("redis-server") {
        return;
    }
    let output = program::run("limit-cluster", &["--nodes", "2", "--seconds", "2"]);
    let text = String::from_utf8(output.stdout).expect("text");
    let lines: Vec<_> = text.lines().collect();
    assert!(lines[0].starts_with("second  requests  admitted"), "{text}");
    assert!(lines[2].trim_start().starts_with("2 "), "{text}");
    assert!(
        lines[3].starts_with("delta:  ") && lines[4].starts_with("strict: "),
        "{text}"
    );
}

/// The `redis-server`s that a process has started.
#[cfg(target_os = "linux")]
fn servers_of(id: u32) -> Vec<String> {
    let tasks = std::fs::read_dir(format!("/proc/{id}/task")).expect("a process");
    let children = tasks.flatten().map(|task| {
        let children = std::fs::read_to_string(task.path().join("children"));
        children.unwrap_or_default() // a thread that has ended meanwhile
    });
    let ids: Vec<String> = children
        .flat_map(|ids| {
            ids.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect();
    ids.into_iter().filter(|id| is_server(id)).collect()
}

#[cfg(target_os = "linux")]
fn is_server(id: &str) -> bool {
    std::fs::read_to_string(format!("/proc/{id}/comm")).is_ok_and(|name| name == "redis-server\n")
}

#[cfg(target_os = "linux")]
#[test]
fn a_cluster_that_is_told_to_end_leaves_no_redis_behind() {
    if !program::has("redis-server") {
        return;
    }
    let child = Command::new(program::path("limit-cluster"))
        .args(["--nodes", "2", "--seconds", "600"])
        .stdout(Stdio::piped())
        .spawn();
    let mut cluster = Server(child.expect("the program starts"));
    let lines = BufReader::new(cluster.0.stdout.take().expect("a pipe")).lines();
    let second = lines.map_while(Result::ok).nth(1).expect("a second");
    let id = cluster.0.id();
    let servers = servers_of(id);
    assert_eq!(servers.len(), 1, "{second}");
    let kill = Command::new("sh")
        .args(["-c", &format!("kill -TERM {id}")])
        .status();
    assert!(kill.expect("a shell runs").success());
    assert_eq!(cluster.0.wait().expect("it ends").code(), Some(1));
    program::eventually(program::PATIENCE, "the end of Redis", || {
        (!is_server(&servers[0])).then_some(())
    });
}
