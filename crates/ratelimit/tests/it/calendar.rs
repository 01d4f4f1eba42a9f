//! Quotas by the calendar: boundaries of time zones, restarts, clocks that jump.

use std::time::Duration;

use eaves_common::time::{Mono, Now, Wall};
use eaves_ratelimit::{
    Limiter, Rule, SavedQuota,
    key::{Facts, KeyHasher, Part},
    meter::{Algorithm, Calendar, CalendarState, Meter, Outcome, Period, Snapshot, Zone},
    table::Capacity,
};
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

/// A limiter of one rule by the calendar of Zurich, told that it is `date` when its clock says a second.
fn limiter(limit: &str, date: u64) -> Limiter {
    let limiter = Limiter::new([rule(limit)], KeyHasher::with_seed(5)).unwrap();
    limiter.set_date(at(date, 0));
    limiter
}

fn rule(limit: &str) -> Rule {
    let rule = Rule::new("quota", limit.parse().unwrap(), Capacity::MIN).unwrap();
    let rule = rule.key([Part::CLIENT_IP]);
    rule.algorithm(Algorithm::Calendar)
        .zone(zone("Europe/Zurich"))
}

/// So many seconds after a date at which the clock said one second.
fn at(date: u64, later: u64) -> Now {
    Now {
        mono: Mono::from_secs(1 + later),
        wall: Wall::from_secs(date + later),
    }
}

fn client(last: u8) -> Facts<'static> {
    Facts::of(std::net::Ipv4Addr::new(192, 0, 2, last).into())
}

#[test]
fn a_rule_gives_a_quota_for_each_period_of_the_calendar() {
    // 2024-03-30 23:59:50 in Zurich; the day after has 23 hours, and ends its month.
    let eve = 1_711_839_590;
    for (limit, seconds) in [
        ("3/1h", [10, 10 + 3_600]),
        ("3/1d", [10, 10 + 82_800]),
        ("3/30d", [10 + 82_800, 10 + 82_800 + 30 * 86_400]),
    ] {
        let limiter = limiter(limit, eve);
        let given = |later: u64| {
            let now = at(eve, later).mono;
            (0..9)
                .filter(|_| limiter.check(&client(1), now).is_allowed())
                .count()
        };
        assert_eq!(given(0), 3, "{limit}");
        for begins in seconds {
            let denied = limiter.check(&client(1), at(eve, begins - 4).mono);
            assert_eq!(
                denied.retry_after(),
                Some(Duration::from_secs(4)),
                "{limit}"
            );
            assert_eq!(given(begins - 1), 0, "{limit}");
            assert_eq!(given(begins), 3, "{limit} at {begins}");
        }
        assert!(limiter.check(&client(2), Mono::from_secs(1)).is_allowed());
    }
}

#[test]
fn a_date_that_is_corrected_counts_from_then_on() {
    let noon = 1_700_046_000;
    let limiter = limiter("1/1d", noon);
    let now = Mono::from_secs(1);
    assert!(limiter.needs_date());
    assert!(limiter.check(&client(1), now).is_allowed());
    assert!(!limiter.check(&client(1), now).is_allowed());
    limiter.set_date(at(noon + 86_400, 0)); // the machine's clock was a day late
    assert!(limiter.check(&client(1), now).is_allowed());
    limiter.set_date(at(noon, 0)); // and is set back: nobody gets a quota twice
    assert!(!limiter.check(&client(1), now).is_allowed());
}

#[test]
fn the_quotas_of_rules_survive_a_restart() {
    let date = 1_711_839_590;
    let before = limiter("5/30d", date);
    for (last, used) in [(1, 5), (2, 2)] {
        assert!(
            before
                .check_cost(&client(last), used, Mono::from_secs(1))
                .is_allowed()
        );
    }
    let mut saved = before.quotas();
    assert_eq!(saved.len(), 2);
    saved.push(SavedQuota {
        rule: "gone".into(),
        ..saved[0].clone()
    });
    // The clock of the new process began anew.
    let after = limiter("5/30d", date + 600);
    assert!(
        after
            .check_cost(&client(2), 3, Mono::from_secs(1))
            .is_allowed()
    );
    assert_eq!(after.restore_quotas(&saved, Mono::from_secs(1)), 2);
    let left = |last| after.peek(&client(last), 0, Mono::from_secs(1)).remaining();
    assert_eq!((left(1), left(2), left(3)), (Some(0), Some(2), Some(5)));
    assert_eq!(
        after.restore_quotas(&saved, Mono::from_secs(1)),
        2,
        "again is the same"
    );
    assert_eq!((left(1), left(2)), (Some(0), Some(2)));
}

#[test]
fn no_more_quotas_are_taken_up_than_there_is_room_for() {
    let limiter = limiter("5/30d", 1_711_839_590);
    let start = Wall::from_secs(1_711_000_000);
    let saved = |key: u64| SavedQuota {
        rule: "quota".into(),
        key: key.wrapping_mul(0x9e37_79b9_7f4a_7c15),
        snapshot: Snapshot {
            start,
            used: 1 + key % 5,
        },
    };
    let saved: Vec<_> = (0..1_000).map(saved).collect();
    assert_eq!(limiter.restore_quotas(&saved, Mono::from_secs(1)), 1_000);
    let kept = limiter.quotas();
    assert_eq!(kept.len(), Capacity::MIN.cells());
    assert!(
        kept.iter().filter(|kept| kept.snapshot.used == 5).count() >= 6,
        "{kept:?}"
    );
}

#[test]
fn a_quota_that_was_given_back_is_not_saved() {
    let limiter = limiter("5/1d", 1_711_839_590);
    let now = Mono::from_secs(1);
    assert!(limiter.check(&client(1), now).is_allowed());
    assert_eq!(limiter.quotas().len(), 1);
    limiter.refund(&client(1), 1, now);
    assert_eq!(limiter.quotas(), []);
}

#[test]
fn a_reload_keeps_quotas_and_the_date() {
    let date = 1_711_839_590;
    let before = limiter("5/1d", date);
    let now = Mono::from_secs(1);
    assert!(before.check_cost(&client(1), 4, now).is_allowed());
    let larger = before.reload([rule("9/1d")], now).unwrap();
    assert_eq!(larger.peek(&client(1), 0, now).remaining(), Some(5));
    let own = rule("9/1d").rate_of(["192.0.2.7"], "1/1d".parse().unwrap());
    let own = larger.reload([own], now).unwrap();
    let denied_until = |client: &Facts<'_>| {
        while own.check(client, now).is_allowed() {}
        own.check(client, now).retry_after().unwrap()
    };
    assert_eq!(denied_until(&client(7)), Duration::from_secs(10));
    assert_eq!(denied_until(&client(1)), Duration::from_secs(10));
}

#[test]
fn a_rule_without_a_zone_or_with_a_strange_period_is_refused() {
    let refused = |rule: Rule| {
        let error = Limiter::new([rule], KeyHasher::with_seed(5)).unwrap_err();
        error.to_string()
    };
    let bare = Rule::new("quota", "5/1d".parse().unwrap(), Capacity::MIN).unwrap();
    assert_eq!(
        refused(bare.algorithm(Algorithm::Calendar)),
        "5/1d is no quota by the calendar without a time zone"
    );
    assert_eq!(
        refused(rule("5/2d")),
        "5/2d is no quota by the calendar without a period of 1h, 1d or 30d, which stands for a month"
    );
    assert!(refused(rule("5/1d burst 7")).contains("burst"));
}

#[cfg(feature = "serde")]
#[test]
fn a_rule_by_the_calendar_comes_from_text() {
    let text =
        "name = 'daily'\nlimit = '1000/1d'\nalgorithm = 'calendar'\nzone = 'Europe/Zurich'\n";
    let config: eaves_ratelimit::RuleConfig = toml::from_str(text).unwrap();
    let json = serde_json::to_value(&config).unwrap();
    assert_eq!(
        (&json["algorithm"], &json["zone"]),
        (&"calendar".into(), &"Europe/Zurich".into())
    );
    let rule = Rule::try_from(config).unwrap();
    assert!(
        Limiter::new([rule], KeyHasher::with_seed(5))
            .unwrap()
            .needs_date()
    );
    let mistaken = toml::from_str::<eaves_ratelimit::RuleConfig>(&text.replace("Zurich", "Zurych"));
    assert!(
        mistaken
            .unwrap_err()
            .to_string()
            .contains("is no time zone")
    );
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
