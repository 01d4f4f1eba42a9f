//! User reports in simulated weeks: quiet ones, rush hours, spikes.

use eaves_common::time::Wall;
use eaves_health::incident::{Alarm, ReportConfig, ReportStream};

const WEEK: u64 = 10_080;
/// Worlds that each simulation plays.
const SEEDS: u64 = 3;
/// Worlds in which outages are timed; unoptimised, twenty take minutes.
const DELAY_SEEDS: u64 = if cfg!(debug_assertions) { 4 } else { 20 };
/// Fewer where each plays four worlds of three weeks.
const QUIET_SEEDS: u64 = 2;

/// Reports a minute as users make them: more by day than by night, a rush on Monday mornings, good
/// and bad days, and chance.
#[derive(Clone)]
struct Users {
    base: f64,
    random: u64,
    mood: f64,
}

impl Users {
    fn new(base: f64, seed: u64) -> Self {
        Self {
            base,
            random: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15),
            mood: 0.0,
        }
    }

    fn draw(&mut self) -> f64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn rate(minute: u64) -> f64 {
        let hour = (minute / 60) % 24;
        let day = (minute / 1_440) % 7;
        let by_day = 1.0 - 0.8 * ((minute % 1_440) as f64 / 1_440.0 * std::f64::consts::TAU).cos();
        let rush = if day == 4 && hour == 9 { 4.0 } else { 1.0 };
        by_day * rush
    }

    fn reports(&mut self, minute: u64, times: f64) -> u32 {
        // A mood that wanders within some 10 % over hours.
        self.mood = self.mood * 0.99 + (self.draw() - 0.5) * 0.05;
        let rate = self.base * Self::rate(minute) * self.mood.exp() * times;
        self.poisson(rate)
    }

    fn poisson(&mut self, rate: f64) -> u32 {
        if rate > 20.0 {
            let normal: f64 = (0..12).map(|_| self.draw()).sum::<f64>() - 6.0;
            return (rate + normal * rate.sqrt()).round().max(0.0) as u32;
        }
        let (limit, mut product, mut count) = ((-rate).exp(), self.draw(), 0);
        while product > limit {
            product *= self.draw();
            count += 1;
        }
        count
    }
}

fn at(minute: u64) -> Wall {
    Wall::from_secs(minute * 60)
}

fn play(stream: &mut ReportStream, users: &mut Users, minutes: std::ops::Range<u64>) -> usize {
    minutes
        .filter(|minute| {
            let reports = users.reports(*minute, 1.0);
            stream.add(reports, at(*minute)) == Some(Alarm::Raised)
        })
        .count()
}

/// A stream that knows two weeks.
fn trained(base: f64, seed: u64) -> (ReportStream, Users) {
    let mut stream = ReportStream::new(ReportConfig::default());
    let mut users = Users::new(base, seed);
    play(&mut stream, &mut users, 0..2 * WEEK);
    (stream, users)
}

#[test]
fn quiet_weeks_and_their_rush_hours_raise_no_alarm() {
    for seed in 0..QUIET_SEEDS {
        for base in [0.05, 1.0, 10.0, 200.0] {
            let (mut stream, mut users) = trained(base, seed);
            let alarms = play(&mut stream, &mut users, 2 * WEEK..3 * WEEK);
            assert_eq!(alarms, 0, "seed {seed}, base {base}");
        }
    }
}

#[test]
fn the_first_weeks_raise_few_alarms() {
    let mut alarms = 0;
    for seed in 0..SEEDS {
        let mut stream = ReportStream::new(ReportConfig::default());
        alarms += play(&mut stream, &mut Users::new(10.0, seed), 0..2 * WEEK);
    }
    assert!(
        alarms <= SEEDS as usize / 3,
        "{alarms} in {} weeks",
        2 * SEEDS
    );
}

/// For each number, the minutes until the alarm of an outage that makes reports that many times as
/// many, at noon on a Saturday.
fn delays<const N: usize>(base: f64, times: [f64; N], seed: u64) -> [u64; N] {
    let (mut stream, mut users) = trained(base, seed);
    let start = 2 * WEEK + 2 * 1_440 + 720;
    assert_eq!(play(&mut stream, &mut users, 2 * WEEK..start), 0);
    times.map(|times| {
        let (mut stream, mut users) = (stream.clone(), users.clone());
        let mut minutes = 0..60;
        let alarm = minutes.find(|minute| {
            let reports = users.reports(start + minute, times);
            stream.add(reports, at(start + minute)) == Some(Alarm::Raised)
        });
        alarm.expect("seen within the hour")
    })
}

#[test]
fn an_outage_is_seen_within_minutes() {
    let median = |mut minutes: Vec<u64>| {
        minutes.sort_unstable();
        minutes[minutes.len() / 2]
    };
    let much: Vec<[u64; 3]> = (0..DELAY_SEEDS)
        .map(|seed| delays(10.0, [20.0, 5.0, 2.5], seed))
        .collect();
    let by = |which: usize| median(much.iter().map(|delays| delays[which]).collect());
    assert!(by(0) == 0 && by(1) <= 1 && by(2) <= 8, "{much:?}");
    let worst = |which: usize| much.iter().map(|delays| delays[which]).max();
    assert!(worst(0) <= Some(1) && worst(1) <= Some(4), "{much:?}");
    let few: Vec<u64> = (0..DELAY_SEEDS)
        .map(|seed| delays(1.0, [10.0], seed)[0])
        .collect();
    assert!(median(few.clone()) <= 3, "{few:?}");
}

#[test]
fn an_alarm_ends_with_the_outage_and_the_outage_is_not_learned() {
    let (mut stream, mut users) = trained(10.0, 1);
    let start = 2 * WEEK + 720;
    for minute in start..start + 180 {
        let reports = users.reports(minute, 10.0);
        stream.add(reports, at(minute));
        assert!(stream.is_alarmed());
    }
    let usual = stream.reading().usual;
    let cleared = (start + 180..start + 240).find(|minute| {
        let reports = users.reports(*minute, 1.0);
        stream.add(reports, at(*minute)) == Some(Alarm::Cleared)
    });
    assert!(cleared.unwrap() <= start + 192, "{cleared:?}");
    assert!((8.0..26.0).contains(&usual), "{usual}");
    let alarms = play(&mut stream, &mut users, start + 240..3 * WEEK + 1_440);
    assert_eq!(alarms, 0);
}

#[test]
fn a_level_that_stays_is_usual_after_a_week() {
    let (mut stream, mut users) = trained(10.0, 2);
    let mut alarmed = |week: u64| {
        (week * WEEK..(week + 1) * WEEK)
            .filter(|minute| {
                stream.add(users.reports(*minute, 3.0), at(*minute));
                stream.is_alarmed()
            })
            .count()
    };
    let weeks: Vec<usize> = (2..7).map(&mut alarmed).collect();
    assert!(
        weeks[0] > 1_440 && weeks[1] < 100 && weeks[2..].iter().all(|&week| week < 10),
        "{weeks:?}"
    );
}

#[test]
fn a_silence_of_the_feed_teaches_nothing() {
    let (mut stream, mut users) = trained(10.0, 3);
    let before = stream.reading().usual;
    // Nobody calls for a week; then the feed is back.
    assert_eq!(stream.add(users.reports(4 * WEEK, 1.0), at(4 * WEEK)), None);
    let alarms = play(&mut stream, &mut users, 4 * WEEK + 1..4 * WEEK + 120);
    assert_eq!(alarms, 0);
    assert!(before > 0.0);
}

#[test]
fn a_calendar_that_jumps_is_survived() {
    let (mut stream, mut users) = trained(10.0, 4);
    for minute in [
        3 * WEEK,
        0,
        u64::MAX / 60_000_000_000,
        5,
        3 * WEEK,
        3 * WEEK - 30,
    ] {
        let reports = users.reports(720, 1.0);
        stream.add(reports, at(minute));
    }
    assert_eq!(
        play(&mut stream, &mut users, 3 * WEEK + 1..3 * WEEK + 600),
        0
    );
}
