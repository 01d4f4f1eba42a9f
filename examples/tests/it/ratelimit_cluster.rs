//! `limit-cluster` as its users run it, for a few seconds.

use serde_json::Value;

use crate::program;

/// Runs it, unless there is no Redis; its figures.
fn figures(args: &[&str]) -> Option<Value> {
    if !program::has("redis-server") {
        return None;
    }
    let output = program::run("limit-cluster", &[args, &["--json"]].concat());
    assert!(output.status.success(), "{output:?}");
    let figures = serde_json::from_slice(&output.stdout).expect("JSON");
    println!("{figures:#}");
    Some(figures)
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
