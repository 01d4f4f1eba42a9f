//! The miss ratio over the size of the cache, as a drawing.

use std::fmt::Write;

use eaves_cache::store::tinylfu::Goal;
use eaves_common::units::Ratio;

use super::{
    Policy, Run, Trace,
    cli::{By, Capacity},
};

/// Draws the curve of each run, over capacities from a thousandth of what is distinct to all of it.
pub(super) fn miss_ratios(trace: &Trace, runs: &[Run]) -> String {
    let mut svg = frame(runs);
    for run in runs {
        let points: Vec<String> = shares()
            .map(|(x, share)| {
                let run = Run {
                    capacity: Capacity::Share(share),
                    ..*run
                };
                let y = run.replay(trace).miss_ratio();
                format!("{:.1},{:.1}", LEFT + x * WIDTH, TOP + (1.0 - y) * HEIGHT)
            })
            .collect();
        let (name, colour) = style(run.policy);
        let points = points.join(" ");
        add(
            &mut svg,
            format_args!(
                r#"<polyline fill="none" stroke="{colour}" stroke-width="2" points="{points}"><title>{name}</title></polyline>"#
            ),
        );
    }
    svg.push_str("</svg>\n");
    svg
}

/// Where on the axis, from 0 to 1, and which share: four steps a decade.
fn shares() -> impl Iterator<Item = (f64, Ratio)> {
    (0..=STEPS).map(|step| {
        let x = f64::from(step) / f64::from(STEPS);
        let billionths = 10_f64.powf(6.0 + 3.0 * x);
        (x, Ratio::from_billionths(billionths.round() as u32))
    })
}

fn frame(runs: &[Run]) -> String {
    let mut svg = String::from(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 400" font-family="sans-serif" font-size="12">
<rect width="640" height="400" fill="#fff"/>
"##,
    );
    for tenth in (0..=10).step_by(2) {
        let y = TOP + HEIGHT * f64::from(10 - tenth) / 10.0;
        add(
            &mut svg,
            format_args!(
                r##"<line x1="{LEFT}" x2="{}" y1="{y:.1}" y2="{y:.1}" stroke="#ddd"/><text x="{}" y="{:.1}" text-anchor="end">{}%</text>"##,
                LEFT + WIDTH,
                LEFT - 6.0,
                y + 4.0,
                tenth * 10
            ),
        );
    }
    for (decade, label) in ["0.1%", "1%", "10%", "100%"].into_iter().enumerate() {
        let x = LEFT + WIDTH * decade as f64 / 3.0;
        let bottom = TOP + HEIGHT;
        add(
            &mut svg,
            format_args!(
                r##"<line x1="{x:.1}" x2="{x:.1}" y1="{TOP}" y2="{bottom}" stroke="#ddd"/><text x="{x:.1}" y="{}" text-anchor="middle">{label}</text>"##,
                bottom + 18.0
            ),
        );
    }
    legend(&mut svg, runs);
    svg
}

fn legend(svg: &mut String, runs: &[Run]) {
    let Some(first) = runs.first() else { return };
    let what = if first.goal == Goal::Bytes {
        "bytes missed"
    } else {
        "requests missed"
    };
    let of = match first.by {
        By::Bytes => "distinct bytes",
        By::Entries => "distinct objects",
    };
    add(
        svg,
        format_args!(r#"<text x="{LEFT}" y="20">{what}, by capacity as a share of {of}</text>"#),
    );
    for (row, run) in runs.iter().enumerate() {
        let (name, colour) = style(run.policy);
        let y = TOP + 20.0 + 16.0 * row as f64;
        let x = LEFT + WIDTH - 60.0;
        add(
            svg,
            format_args!(r#"<text x="{x}" y="{y}" fill="{colour}">{name}</text>"#),
        );
    }
}

const fn style(policy: Policy) -> (&'static str, &'static str) {
    match policy {
        Policy::Eaves => ("eaves", "#06c"),
        Policy::Lru => ("lru", "#c60"),
    }
}

/// Appends a line; writing to a string does not fail.
fn add(svg: &mut String, line: std::fmt::Arguments<'_>) {
    let _ = writeln!(svg, "{line}");
}

const STEPS: u32 = 12;
const LEFT: f64 = 60.0;
const TOP: f64 = 36.0;
const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 320.0;
