//! The simulation.

use std::time::{Duration, Instant};

use eaves_common::time::Mono;
use eaves_ratelimit::{BuildError, key::KeyHasher, meter::Gcra};

use super::{
    Cli, Figures,
    crowd::{Crowd, Sender},
};

/// Runs the flood; `each_second` hears the figures after each simulated second.
///
/// # Errors
///
/// If such a limit cannot be counted.
pub fn run(cli: &Cli, mut each_second: impl FnMut(&Figures)) -> Result<Figures, BuildError> {
    let gcra = Gcra::new(cli.limit, cli.cells)?;
    let hasher = KeyHasher::with_seed(cli.seed.into());
    let mut crowd = Crowd::new(cli);
    let mut figures = Figures {
        offenders: cli.offenders.into(),
        ..Figures::default()
    };
    let step = Duration::from_nanos(1_000_000_000 / crowd.per_second().max(1));
    for second in 1..=cli.seconds {
        let mut now = Mono::from_secs(second.into());
        let mut left = crowd.per_second();
        while left > 0 {
            let senders: Vec<_> = (0..left.min(1_000)).map(|_| crowd.next()).collect();
            left -= senders.len() as u64;
            let start = Instant::now();
            for sender in senders {
                now += step;
                let allowed = gcra.check(hasher.hash(&sender), 1, now).is_allowed();
                figures.count(sender, allowed);
            }
            figures.time(start.elapsed());
        }
        figures.seconds = second;
        figures.occupancy = gcra.occupancy(now);
        each_second(&figures);
    }
    Ok(figures)
}

impl Figures {
    fn count(&mut self, sender: Sender, allowed: bool) {
        self.checks += 1;
        match sender {
            Sender::Offender(_) => self.offences_admitted += u64::from(allowed),
            Sender::Client(_) => self.clients_denied += u64::from(!allowed),
            Sender::OneShot(_) => self.one_shots_denied += u64::from(!allowed),
        }
    }

    fn time(&mut self, took: Duration) {
        self.took += took;
        self.worst_thousand = self.worst_thousand.max(took);
    }
}

#[cfg(test)]
mod tests {
    use eaves_ratelimit::table::Capacity;

    use super::*;

    /// A sixteenth of the default flood against a sixteenth of its table.
    fn small(cells: usize) -> Cli {
        Cli {
            cells: Capacity::new(cells).expect("in range"),
            limit: "10/1s burst 20".parse().expect("a rate"),
            flood: 62_500,
            offenders: 12,
            clients: 1_250,
            seconds: 10,
            seed: 7,
        }
    }

    #[test]
    fn offenders_stay_at_their_limit_and_nobody_else_is_denied() {
        let cli = small(4_096);
        let mut seconds = 0;
        let figures = run(&cli, |_| seconds += 1).expect("a table");
        assert_eq!(seconds, 10);
        assert!(figures.occupancy.evicted > 500_000, "{figures:?}");
        assert!(
            figures.over_admitted(cli.limit) <= 0.5,
            "{}",
            figures.over_admitted(cli.limit)
        );
        assert_eq!((figures.clients_denied, figures.one_shots_denied), (0, 0));
        assert_eq!(figures.occupancy.bytes, 4_096 * 8 + 512 * 2);
    }

    #[test]
    fn the_figures_would_show_a_table_that_forgets_offenders() {
        // Eight cells hold nobody through such a flood.
        let cli = small(8);
        let figures = run(&cli, |_| ()).expect("a table");
        assert!(
            figures.over_admitted(cli.limit) > 10.0,
            "{}",
            figures.over_admitted(cli.limit)
        );
    }

    #[test]
    fn a_flood_without_offenders_says_nothing_of_them() {
        let cli = Cli {
            offenders: 0,
            clients: 1,
            flood: 10,
            seconds: 1,
            ..small(8)
        };
        let figures = run(&cli, |_| ()).expect("a table");
        let line = figures.line(cli.limit).to_string();
        assert!(line.contains("offenders none  clients denied 0"), "{line}");
    }
}
