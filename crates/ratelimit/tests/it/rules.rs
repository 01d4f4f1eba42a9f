//! What rules apply to, keys with rates of their own, lists, and changes while running.

use std::net::IpAddr;

use eaves_common::time::Mono;
use eaves_ratelimit::{
    BuildError, Condition, Limiter, Reason, Rule,
    key::{Facts, KeyHasher, Part},
    meter::Algorithm,
    table::{Capacity, Width},
};
use proptest::prelude::*;

fn rule(name: &str, rate: &str) -> Rule {
    Rule::new(name, rate.parse().unwrap(), Capacity::new(64).unwrap()).unwrap()
}

fn limiter(rules: impl IntoIterator<Item = Rule>) -> Limiter {
    Limiter::new(rules, KeyHasher::with_seed(1)).unwrap()
}

fn client(text: &str) -> Facts<'static> {
    Facts::of(text.parse().unwrap())
}

fn condition(text: &str) -> Condition {
    text.parse().unwrap()
}

#[test]
fn a_rule_applies_where_all_its_conditions_hold() {
    let rule =
        rule("logins", "1/1h").when([condition("method is POST"), condition("path is /login*")]);
    let limiter = limiter([rule]);
    let reason = |method: &str, path: &str| {
        let request = http::Request::builder().method(method).uri(path);
        let (parts, ()) = request.body(()).unwrap().into_parts();
        limiter
            .check(&Facts::default().request(&parts), Mono::ZERO)
            .reason()
    };
    assert_eq!(reason("GET", "/login"), Reason::Unlimited);
    assert_eq!(reason("POST", "/logout"), Reason::Unlimited);
    assert_eq!(reason("POST", "/login"), Reason::Within);
    assert_eq!(reason("POST", "/login/2"), Reason::Over);
}

#[test]
fn patterns_are_open_where_they_have_a_star() {
    for (pattern, fits, fails) in [
        ("/a", "/a", "/ab"),
        ("/a*", "/ab", "/"),
        ("*/a", "/x/a", "/a/"),
        ("*a*", "/bab", "/bb"),
        ("*", "", "unreachable"),
        ("/x, /y", "/y", "/z"),
    ] {
        let condition = condition(&format!("value.path is {pattern}"));
        let holds = |text: &str| condition.holds(&Facts::default().values(&[("path", text)]));
        assert!(holds(fits), "{pattern} {fits}");
        assert!(pattern == "*" || !holds(fails), "{pattern} {fails}");
    }
}

#[test]
fn a_host_is_matched_whatever_its_case_and_port_other_parts_are_not() {
    for (host, text, holds) in [
        ("api.example", "API.Example", true),
        ("api.example", "api.example:8080", true),
        ("*.Example", "api.example", true),
        ("[2001:db8::1]", "[2001:db8::1]:8080", true),
        ("[2001:db8::1]", "[2001:db8::2]:8080", false),
    ] {
        let request = http::Request::get("/").header("host", text).body(());
        let (head, ()) = request.unwrap().into_parts();
        let facts = Facts::default().request(&head);
        let condition = condition(&format!("host is {host}"));
        assert_eq!(condition.holds(&facts), holds, "{host} {text}");
    }
    let facts = Facts::default().values(&[("tenant", "ACME")]);
    assert!(!condition("value.tenant is acme").holds(&facts));
}

#[test]
fn a_part_that_is_missing_fits_nothing() {
    let facts = Facts::default();
    for part in [
        "client.ip is 0.0.0.0/0",
        "host is *",
        "method is GET",
        "value.x is *",
    ] {
        assert!(!condition(part).holds(&facts), "{part}");
        assert!(
            condition(&part.replace(" is ", " is not ")).holds(&facts),
            "{part}"
        );
    }
}

#[test]
fn conditions_read_back_as_printed_and_refuse_what_they_do_not_know() {
    for text in [
        "client.ip is 10.0.0.0/8, 2001:db8::/32",
        "host is not *.example.com, example.com",
        "header.x-y is *",
        "path is *a*",
    ] {
        assert_eq!(condition(text).to_string(), text);
    }
    for text in [
        "",
        "path",
        "path = /a",
        "path is",
        "path is a*b",
        "path is a,,b",
        "client.ip is ten",
        "color is red",
    ] {
        assert!(text.parse::<Condition>().is_err(), "{text}");
    }
}

#[test]
fn lists_go_before_rules() {
    let limiter = limiter([rule("all", "1/1h")])
        .exempt([condition("client.ip is 10.0.0.0/8")])
        .blocked([condition("client.ip is 0.0.0.0/0, ::/0")]);
    for _ in 0..3 {
        assert_eq!(
            limiter.check(&client("10.1.1.1"), Mono::ZERO).reason(),
            Reason::Exempt
        );
    }
    let blocked = limiter.check(&client("192.0.2.1"), Mono::ZERO);
    assert_eq!(
        (blocked.reason(), blocked.is_allowed()),
        (Reason::Blocked, false)
    );
    assert_eq!(
        (blocked.status().unwrap().as_u16(), blocked.grpc_code()),
        (403, Some(7))
    );
    assert_eq!(
        limiter.peek(&client("192.0.2.1"), 1, Mono::ZERO).reason(),
        Reason::Blocked
    );
    assert_eq!(
        limiter.check(&Facts::default(), Mono::ZERO).reason(),
        Reason::Within
    );
}

#[test]
fn a_key_can_have_a_rate_of_its_own() {
    let parts: [Part; 2] = ["value.tenant".parse().unwrap(), Part::CLIENT_IP];
    let limiter = limiter([rule("t", "1/1h")
        .key(parts)
        .rate_of(["acme", "192.0.2.1"], "3/1h".parse().unwrap())]);
    let allowed = |tenant: &str, addr: &str| {
        let values = [("tenant", tenant)];
        let facts = client(addr).values(&values);
        (0..5)
            .filter(|_| limiter.check(&facts, Mono::ZERO).is_allowed())
            .count()
    };
    assert_eq!(allowed("acme", "192.0.2.1"), 3);
    assert_eq!(allowed("acme", "192.0.2.2"), 1);
    assert_eq!(allowed("other", "192.0.2.1"), 1);
}

#[test]
fn an_override_must_fit_the_key() {
    let refused = |texts: &[&str]| {
        let rule = rule("t", "1/1h").key([Part::CLIENT_IP]);
        let rule = rule.rate_of(texts.iter().copied(), "3/1h".parse().unwrap());
        Limiter::new([rule], KeyHasher::with_seed(1)).unwrap_err()
    };
    let expected = |text: &str| BuildError::OverrideKey {
        rule: "t".into(),
        text: text.into(),
    };
    assert_eq!(refused(&["acme"]), expected("acme"));
    assert_eq!(refused(&["192.0.2.1", "x"]), expected("192.0.2.1, x"));
}

#[test]
fn a_reload_keeps_what_keys_owe() {
    let rules = |rate: &str, other: &str| {
        [
            rule("client", rate).key([Part::CLIENT_IP]),
            rule(other, "100/1h"),
        ]
    };
    let before = limiter(rules("10/1h", "total"));
    let now = Mono::from_secs(5);
    let _ = before.check_cost(&client("192.0.2.1"), 8, now);

    let same = before.reload(rules("10/1h", "total"), now).unwrap();
    assert_eq!(same.peek(&client("192.0.2.1"), 0, now).remaining(), Some(2));
    // Both count in one memory: requests that are under way on the old one are not lost.
    let _ = before.check_cost(&client("192.0.2.1"), 1, now);
    assert_eq!(same.peek(&client("192.0.2.1"), 0, now).remaining(), Some(1));
    assert_eq!(same.counts().next().unwrap().counts.allowed, 2);

    let higher = before.reload(rules("20/1h", "renamed"), now).unwrap();
    let peeked = higher.peek(&client("192.0.2.1"), 0, now);
    assert_eq!(
        (peeked.rule(), peeked.limit(), peeked.remaining()),
        (Some("client"), Some(20), Some(11))
    );
    let lower = before.reload(rules("3/1h", "total"), now).unwrap();
    assert_eq!(
        lower.peek(&client("192.0.2.1"), 0, now).remaining(),
        Some(0)
    );
    assert_eq!(
        lower.peek(&client("192.0.2.2"), 0, now).remaining(),
        Some(3)
    );

    let window = rules("10/1h", "total").map(|rule| rule.algorithm(Algorithm::Window));
    let window = before.reload(window, now).unwrap();
    assert_eq!(
        window.peek(&client("192.0.2.1"), 0, now).remaining(),
        Some(10)
    );
    assert_eq!(
        before.reload([], now).unwrap_err(),
        BuildError::Rules { count: 0, most: 32 }
    );
}

#[test]
fn a_rule_that_is_reloaded_with_another_key_begins_anew() {
    let before = limiter([rule("a", "2/1h").key([Part::CLIENT_IP])]);
    let _ = before.check_cost(&client("192.0.2.1"), 2, Mono::ZERO);
    let after = before.reload([rule("a", "2/1h")], Mono::ZERO).unwrap();
    assert_eq!(
        after.peek(&client("192.0.2.1"), 0, Mono::ZERO).remaining(),
        Some(2)
    );
    assert_eq!(after.counts().next().unwrap().counts.allowed, 0);
}

#[test]
fn a_key_is_given_another_rate_of_its_own_by_a_reload() {
    let rules = |own: &str| {
        let rule = rule("a", "1/1h").key([Part::CLIENT_IP]);
        [rule.rate_of(["192.0.2.9"], own.parse().unwrap())]
    };
    let before = limiter(rules("3/1h"));
    let after = before.reload(rules("7/1h"), Mono::ZERO).unwrap();
    let limit = |limiter: &Limiter| {
        let peeked = limiter.peek(&client("192.0.2.9"), 0, Mono::ZERO);
        peeked.limit()
    };
    assert_eq!((limit(&before), limit(&after)), (Some(3), Some(7)));
}

#[test]
fn debts_are_carried_between_rates_whose_ticks_differ() {
    use eaves_ratelimit::{key::KeyHash, meter::Gcra};

    for width in [Width::Narrow, Width::Wide] {
        let rate = |text: &str| text.parse().unwrap();
        let now = Mono::from_secs(1 << 22);
        let old =
            Gcra::with_width(rate("7/1h burst 50"), Capacity::new(64).unwrap(), width).unwrap();
        for n in 1..40 {
            let _ = old.check(KeyHash::new(n << 58 | n), n, now);
        }
        let new = old.with_rate(rate("1000/1d burst 40"), now).unwrap();
        for n in 1..40 {
            let key = KeyHash::new(n << 58 | n);
            let left = old.peek(key, 0, now).remaining();
            assert_eq!(
                new.peek(key, 0, now).remaining(),
                left.saturating_sub(10),
                "{width:?} {n}"
            );
        }
    }
}

#[cfg(feature = "serde")]
mod config {
    use eaves_ratelimit::{Missing, Mode, RuleConfig};

    use super::*;

    #[test]
    fn rules_come_from_text_and_go_back_to_it() {
        let text = r#"
            name = "api"
            limit = "100/1m burst 20"
            key = ["client.ip/64", "header.x-api-key"]
            when = ["path is /api/*"]
            capacity = 1024
            algorithm = "gcra"
            mode = "shadow"
            missing = "skip"
            overrides = [{ key = ["192.0.2.1", "acme"], limit = "1000/1m" }]
        "#;
        let config: RuleConfig = toml::from_str(text).unwrap();
        let json = serde_json::to_string(&config).unwrap();
        assert_eq!(serde_json::from_str::<RuleConfig>(&json).unwrap(), config);
        let expected = Rule::new("api", config.limit, Capacity::new(1_024).unwrap()).unwrap();
        let expected = expected
            .key([Part::CLIENT_IP, "header.x-api-key".parse().unwrap()])
            .when([condition("path is /api/*")])
            .mode(Mode::Shadow)
            .missing(Missing::Skip)
            .rate_of(["192.0.2.1", "acme"], "1000/1m".parse().unwrap());
        assert_eq!(Rule::try_from(config).unwrap(), expected);
    }

    #[test]
    fn mistakes_say_what_to_write_instead() {
        for (line, message) in [
            ("limits = 1", "unknown field `limits`"),
            ("key = ['ip']", "`ip` is no part of a key, use client.ip"),
            (
                "when = ['path = /']",
                "`path = /` is no condition, write for example",
            ),
            (
                "when = ['client.ip is 10.0.0.1/8']",
                "in `client.ip is 10.0.0.1/8`: 10.0.0.1/8 has bits set after its first 8, did you mean `10.0.0.0/8`?",
            ),
            (
                "algorithm = 'leaky'",
                "`leaky` is no algorithm, use concurrency, fixed",
            ),
            (
                "capacity = 1",
                "a table of 1 cells is out of range, use 8 to",
            ),
            (
                "capacity = '64k'",
                "`64k` is no number of cells, write it out, such as `65536`",
            ),
            (
                "capacity = -8",
                "`-8` is no number of cells, write it out, such as `65536`",
            ),
            (
                "capacity = 0.5",
                "invalid type: floating point `0.5`, expected a number of cells, such as 65536",
            ),
            (
                "mode = 'off'",
                "unknown variant `off`, expected `enforce` or `shadow`",
            ),
        ] {
            let text = format!("name = 'a'\nlimit = '1/1s'\n{line}");
            let error = toml::from_str::<RuleConfig>(&text).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }

    #[test]
    fn a_setting_that_the_algorithm_makes_no_use_of_is_refused() {
        let build = |lines: &str| {
            let text = format!("name = 'a'\nlimit = '5/1m'\n{lines}");
            let config = toml::from_str::<RuleConfig>(&text).unwrap();
            let rule = Rule::try_from(config).unwrap();
            let built = Limiter::new([rule], KeyHasher::random());
            built.map(|_| ()).map_err(|error| error.to_string())
        };
        assert_eq!(build("algorithm = 'penalty'\nterm = '5m'"), Ok(()));
        let idle = "the rule `a` has a `term`, which only the algorithm `penalty` makes use of";
        assert_eq!(build("term = '5m'"), Err(idle.to_owned()));
        #[cfg(feature = "calendar")]
        {
            let idle =
                "the rule `a` has a `zone`, which only the algorithm `calendar` makes use of";
            assert_eq!(build("zone = 'UTC'"), Err(idle.to_owned()));
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_a_condition_or_an_error_and_reads_back(text in "(path|client.ip|host) is( not)? [ -~]{0,30}") {
        if let Ok(condition) = text.parse::<Condition>() {
            prop_assert_eq!(condition.to_string().parse::<Condition>(), Ok(condition));
        }
    }

    #[test]
    fn a_prefix_condition_is_the_prefixes_own(addr in any::<IpAddr>(), network in any::<IpAddr>(), len in 0_u8..=32) {
        let prefix = eaves_common::units::IpPrefix::of(network, len).unwrap();
        let condition = condition(&format!("client.ip is {prefix}"));
        prop_assert_eq!(condition.holds(&Facts::of(addr)), prefix.contains(addr));
    }
}
