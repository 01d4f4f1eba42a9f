//! [`chart`]: a run as a picture.

use std::{fmt::Write as _, ops::Range};

use super::{Scenario, Score, fault::Fault};

const WIDTH: f64 = 960.0;
const LEFT: f64 = 80.0;
const TOP: f64 = 30.0;
const PLOT: f64 = 120.0;
const ROW: f64 = 14.0;
/// Where the rows of origins begin.
const ROWS: f64 = TOP + PLOT + 12.0;

const FAILED: &str = "#c8323c";
const SLOW: &str = "#f0b43c";

/// Draws a run second by second as SVG: failed and slow requests above, each origin's weight below, and around the
/// weights what was wrong with the origin, and when.
#[must_use]
pub fn chart(scenario: &Scenario, score: &Score) -> String {
    let mut drawing = Drawing::of(scenario, score);
    drawing.axes();
    drawing.bars(SLOW, |at| score.seconds[at].slow);
    drawing.bars(FAILED, |at| score.seconds[at].failed);
    for origin in 0..drawing.origins {
        drawing.weights(scenario, score, origin);
    }
    for fault in &scenario.faults {
        drawing.fault(scenario, fault);
    }
    drawing.legend(score);
    drawing.svg + "</svg>\n"
}

struct Drawing {
    svg: String,
    origins: usize,
    seconds: usize,
    /// The width of a second.
    step: f64,
    /// What the highest bar stands for.
    most: u64,
}

impl Drawing {
    fn of(scenario: &Scenario, score: &Score) -> Self {
        let origins = scenario.origins.len();
        let (width, height) = (
            LEFT + WIDTH + 40.0,
            ROWS + ROW * origins.max(1) as f64 + 24.0,
        );
        let svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"11\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
        );
        let each = score.seconds.iter();
        let most = each.map(|second| second.failed.max(second.slow)).max();
        let seconds = score.seconds.len();
        Self {
            svg,
            origins,
            seconds,
            step: WIDTH / seconds.max(1) as f64,
            most: most.unwrap_or(0).max(1),
        }
    }

    fn bottom(&self) -> f64 {
        ROWS + ROW * self.origins as f64
    }

    fn x(&self, second: f64) -> f64 {
        LEFT + second * self.step
    }

    fn text(&mut self, (x, y): (f64, f64), text: &str) {
        let text = escape(text);
        let _ = writeln!(self.svg, "<text x=\"{x:.1}\" y=\"{y:.1}\">{text}</text>");
    }

    fn rect(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), paint: &str) {
        let _ = writeln!(
            self.svg,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" {paint}/>"
        );
    }

    /// The time below, and the height of the bars at the left.
    fn axes(&mut self) {
        self.text((4.0, TOP + 8.0), &format!("{}/s", self.most));
        self.text((4.0, TOP + PLOT), "0/s");
        let ticks = (0..=self.seconds).step_by(every(self.seconds));
        for second in ticks {
            let (x, bottom) = (self.x(second as f64), self.bottom());
            let height = bottom + 4.0 - TOP;
            self.rect((x, TOP), (0.5, height), "fill=\"#ccc\"");
            self.text((x - 6.0, bottom + 16.0), &format!("{second} s"));
        }
    }

    fn bars(&mut self, colour: &str, count: impl Fn(usize) -> u64) {
        for at in 0..self.seconds {
            let height = PLOT * count(at) as f64 / self.most as f64;
            if height > 0.0 {
                let corner = (self.x(at as f64), TOP + PLOT - height);
                self.rect(corner, (self.step, height), &format!("fill=\"{colour}\""));
            }
        }
    }

    /// One origin's weight: green if it is whole, grey if it is out. Seconds alike are one box.
    fn weights(&mut self, scenario: &Scenario, score: &Score, origin: usize) {
        let top = ROWS + ROW * origin as f64;
        self.text((4.0, top + ROW - 3.0), &scenario.origins.name(origin));
        let shade = |at: usize| {
            let weight = score.seconds[at].weights.get(origin).copied();
            let weight = weight.unwrap_or(0.0).clamp(0.0, 1.0);
            (
                (235.0 - 155.0 * weight) as u8,
                (235.0 - 75.0 * weight) as u8,
            )
        };
        for Range { start, end } in runs(self.seconds, shade) {
            let (light, green) = shade(start);
            let corner = (self.x(start as f64), top);
            let size = (self.step * (end - start) as f64 + 0.2, ROW - 2.0);
            self.rect(
                corner,
                size,
                &format!("fill=\"rgb({light},{green},{light})\""),
            );
        }
    }

    /// A frame around the origins that a fault hits, for as long as it lasts.
    fn fault(&mut self, scenario: &Scenario, fault: &Fault) {
        let (start, end) = scenario.span(fault);
        let (left, right) = (self.x(start), self.x(end.min(self.seconds as f64)));
        if left >= right {
            return;
        }
        let hit = |origin: usize| fault.hits(origin);
        for Range { start, end } in runs(self.origins, hit)
            .into_iter()
            .filter(|run| hit(run.start))
        {
            let corner = (left, ROWS + ROW * start as f64 - 1.0);
            let size = (right - left, ROW * (end - start) as f64);
            self.rect(corner, size, "fill=\"none\" stroke=\"#333\"");
            self.text((left + 3.0, corner.1 + ROW - 3.0), fault.kind.name());
        }
    }

    fn legend(&mut self, score: &Score) {
        let (failed, slow) = (score.failed, score.slow);
        let parts = [
            (FAILED, format!("{failed} failed")),
            (SLOW, format!("{slow} slow")),
            ("rgb(80,160,80)", String::from("in, by weight")),
            ("rgb(235,235,235)", String::from("out")),
        ];
        for (at, (colour, text)) in parts.iter().enumerate() {
            let x = LEFT + 130.0 * at as f64;
            self.rect((x, 8.0), (10.0, 10.0), &format!("fill=\"{colour}\""));
            self.text((x + 15.0, 17.0), text);
        }
        let all = format!("of {} requests, {} probes", score.requests, score.probes);
        self.text((LEFT + 130.0 * parts.len() as f64, 17.0), &all);
    }
}

/// The seconds from one mark of the axis to the next: ten marks or so.
fn every(seconds: usize) -> usize {
    let steps = [1, 2, 5, 10, 15, 30, 60, 300, 600, 3600];
    let fits = steps.into_iter().find(|step| seconds / step <= 12);
    fits.unwrap_or(seconds / 10)
}

/// Neighbours that are alike, as ranges.
fn runs<T: PartialEq>(len: usize, of: impl Fn(usize) -> T) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for at in 0..len {
        match runs.last_mut() {
            Some(run) if of(run.start) == of(at) => run.end = at + 1,
            _ => runs.push(at..at + 1),
        }
    }
    runs
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
