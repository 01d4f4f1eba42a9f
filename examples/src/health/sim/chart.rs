//! [`chart`]: a run as a picture.

use std::fmt::Write as _;

use super::{Scenario, Score};

const WIDTH: f64 = 960.0;
const LEFT: f64 = 80.0;
const ROW: f64 = 14.0;
const PLOT: f64 = 120.0;

/// Draws a run second by second as SVG: failed and slow requests above, each origin's weight below.
#[must_use]
pub fn chart(scenario: &Scenario, score: &Score) -> String {
    let origins = scenario.origins.len();
    let height = PLOT + 60.0 + ROW * origins as f64;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
        LEFT + WIDTH + 20.0
    );
    let step = WIDTH / score.seconds.len().max(1) as f64;
    let most = score
        .seconds
        .iter()
        .map(|second| second.failed.max(second.slow))
        .max()
        .unwrap_or(0)
        .max(1);
    let _ = writeln!(svg, "<text x=\"4\" y=\"20\">{most}/s</text>");
    bars(
        &mut svg,
        score.seconds.iter().map(|second| second.slow),
        step,
        most,
        "#f0b43c",
    );
    bars(
        &mut svg,
        score.seconds.iter().map(|second| second.failed),
        step,
        most,
        "#c8323c",
    );
    for origin in 0..origins {
        row(&mut svg, scenario, score, origin, step);
    }
    let foot = height - 10.0;
    let _ = writeln!(
        svg,
        "<text x=\"{LEFT}\" y=\"{foot}\">{} requests, {} failed (red), {} slow (yellow), {} probes; below: weight by origin</text>",
        score.requests, score.failed, score.slow, score.probes
    );
    svg.push_str("</svg>\n");
    svg
}

fn bars(svg: &mut String, counts: impl Iterator<Item = u64>, step: f64, most: u64, colour: &str) {
    for (at, count) in counts.enumerate().filter(|bar| bar.1 > 0) {
        let height = PLOT * count as f64 / most as f64;
        let _ = writeln!(
            svg,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{step:.1}\" height=\"{height:.1}\" fill=\"{colour}\"/>",
            LEFT + at as f64 * step,
            10.0 + PLOT - height
        );
    }
}

fn row(svg: &mut String, scenario: &Scenario, score: &Score, origin: usize, step: f64) {
    let top = PLOT + 20.0 + ROW * origin as f64;
    let name = escape(&scenario.origins.name(origin));
    let _ = writeln!(
        svg,
        "<text x=\"4\" y=\"{:.1}\">{name}</text>",
        top + ROW - 3.0
    );
    for (at, second) in score.seconds.iter().enumerate() {
        let weight = second
            .weights
            .get(origin)
            .copied()
            .unwrap_or(0.0)
            .clamp(0.0, 1.0);
        let light = (235.0 - 155.0 * weight) as u8;
        let _ = writeln!(
            svg,
            "<rect x=\"{:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"rgb({light},{},{light})\"/>",
            LEFT + at as f64 * step,
            step + 0.2,
            ROW - 2.0,
            (235.0 - 75.0 * weight) as u8
        );
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
