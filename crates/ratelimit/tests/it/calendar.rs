//! Quotas by the calendar: boundaries of time zones, restarts, clocks that jump.

use std::time::Duration;

use eaves_common::time::Wall;
use eaves_ratelimit::meter::{Calendar, CalendarState, Meter, Outcome, Period, Snapshot, Zone};
use proptest::prelude::*;

fn zone(text: &str) -> Zone {
    text.parse().unwrap()
}

/// The period around a time, as seconds.
fn period(period: Period, zone_name: &str, at: u64) -> (u64, u64) {
    let quota = Calendar::new(1, period, zone(zone_name));
    let mut state = quota.fresh();
    quota.charge(&mut state, 1, Wall::from_secs(at));
    (state.start().as_secs(), state.end().as_secs())
}

#[test]
fn periods_begin_and_end_where_the_calendar_says() {
    // Oracle: `date -d 'TZ="Europe/Zurich" 2024-03-31 00:00' +%s` and the like.
    for (of, zone, at, expected) in [
        (
            Period::Hour,
            "UTC",
            1_700_000_000,
            (1_699_999_200, 1_700_002_800),
        ),
        (
            Period::Hour,
            "+05:30",
            1_700_000_000,
            (1_699_997_400, 1_700_001_000),
        ),
        (
            Period::Day,
            "UTC",
            1_700_000_000,
            (1_699_920_000, 1_700_006_400),
        ),
        (
            Period::Day,
            "-03:30",
            1_700_000_000,
            (1_699_932_600, 1_700_019_000),
        ),
        (
            Period::Month,
            "UTC",
            1_709_200_000,
            (1_706_745_600, 1_709_251_200),
        ), // February 2024
        // Summer time begins: a day of 23 hours. It ends: one of 25.
        (
            Period::Day,
            "Europe/Zurich",
            1_711_850_000,
            (1_711_839_600, 1_711_922_400),
        ),
        (
            Period::Day,
            "Europe/Zurich",
            1_730_000_000,
            (1_729_980_000, 1_730_070_000),
        ),
        // The month has both kinds of hours.
        (
            Period::Month,
            "Europe/Zurich",
            1_711_850_000,
            (1_709_247_600, 1_711_922_400),
        ),
        // 2011-12-30 did not exist here: the 29th is followed by the 31st.
        (
            Period::Day,
            "Pacific/Apia",
            1_325_200_000,
            (1_325_152_800, 1_325_239_200),
        ),
        // Midnight was skipped: 2018-11-04 began at 01:00.
        (
            Period::Day,
            "America/Sao_Paulo",
            1_541_310_000,
            (1_541_300_400, 1_541_383_200),
        ),
    ] {
        assert_eq!(period(of, zone, at), expected, "{of:?} {zone} {at}");
    }
}

#[test]
fn a_restart_gives_nobody_a_second_quota() {
    let quota = Calendar::new(100, Period::Month, zone("Europe/Zurich"));
    let now = Wall::from_secs(1_711_850_000);
    let mut client = quota.fresh();
    assert_eq!(quota.check(&mut client, 100, now), Outcome::Allowed);
    let restored = quota.restore(client.snapshot());
    assert_eq!(restored, client);
    assert!(!quota.peek(&restored, 1, now).is_allowed());
    assert!(quota.peek(&restored, 100, client.end()).is_allowed());
}

#[cfg(feature = "serde")]
#[test]
fn a_snapshot_passes_through_text() {
    let start = Wall::from_secs(1_711_850_000);
    let saved = Snapshot { start, used: 7 };
    let text = serde_json::to_string(&saved).unwrap();
    assert_eq!(text, r#"{"start":1711850000000000000,"used":7}"#);
    assert_eq!(serde_json::from_str::<Snapshot>(&text).unwrap(), saved);
}

#[test]
fn a_snapshot_is_taken_up_by_another_period() {
    let now = Wall::from_secs(1_700_000_000);
    let saved = Snapshot {
        start: now,
        used: 30,
    };
    let daily = Calendar::new(100, Period::Day, Zone::UTC).restore(saved);
    let monthly = Calendar::new(100, Period::Month, Zone::UTC).restore(saved);
    assert_eq!(daily.end() - daily.start(), Duration::from_secs(86_400));
    assert_eq!(
        monthly.end() - monthly.start(),
        Duration::from_secs(30 * 86_400)
    );
    assert_eq!((daily.snapshot().used, monthly.snapshot().used), (30, 30));
}

#[test]
fn a_clock_that_goes_back_renews_nothing() {
    let quota = Calendar::new(5, Period::Day, Zone::UTC);
    let mut client = quota.fresh();
    assert!(
        quota
            .check(&mut client, 5, Wall::from_secs(1_700_000_000))
            .is_allowed()
    );
    for earlier in [0, 1_699_000_000, 1_699_999_999] {
        assert!(
            !quota
                .peek(&client, 1, Wall::from_secs(earlier))
                .is_allowed(),
            "{earlier}"
        );
    }
}

#[test]
fn debt_ends_with_the_period() {
    let quota = Calendar::new(5, Period::Hour, Zone::UTC);
    let mut client = quota.fresh();
    let now = Wall::from_secs(1_700_000_000);
    quota.charge(&mut client, u64::MAX, now);
    quota.charge(&mut client, 7, now);
    assert_eq!(
        (quota.used(&client, now), quota.remaining(&client, now)),
        (u64::MAX, 0)
    );
    assert_eq!(quota.reset_after(&client, now), Duration::from_secs(2_800));
    assert_eq!(quota.remaining(&client, client.end()), 5);
    assert_eq!(quota.peek(&client, 6, now), Outcome::Impossible);
}

#[test]
fn a_state_has_24_bytes() {
    assert_eq!(size_of::<CalendarState>(), 24);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Any time lies in its period, also at the ends of time, and periods follow one another.
    #[test]
    fn periods_cover_all_time(nanos in any::<u64>(), which in 0..3_usize, zone_at in 0..4_usize) {
        let of = [Period::Hour, Period::Day, Period::Month][which];
        let zone = ["UTC", "-11:45", "Europe/Zurich", "Australia/Lord_Howe"][zone_at];
        let at = Wall::from_nanos(nanos).as_secs();
        let (start, end) = period(of, zone, at);
        prop_assert!(start <= at && at < end, "{start} {at} {end}");
        if end < Wall::MAX.as_secs() {
            let (next, _) = period(of, zone, end);
            // Where the clock is moved by half an hour, an hour of the wall ends early or late.
            prop_assert!(next == end || of == Period::Hour && next.abs_diff(end) == 1_800);
        }
    }
}
