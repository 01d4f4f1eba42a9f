//! Several rules, one decision.

use std::time::Duration;

use eaves_common::time::Mono;
use eaves_ratelimit::{
    BuildError, Decision, Limiter, Missing, Mode, Reason, Rule,
    key::{Facts, KeyHasher, Part},
    table::Capacity,
};
use http::{HeaderMap, StatusCode};

fn rule(name: &str, rate: &str) -> Rule {
    Rule::new(name, rate.parse().unwrap(), Capacity::new(1_024).unwrap()).unwrap()
}

fn limiter(rules: impl IntoIterator<Item = Rule>) -> Limiter {
    Limiter::new(rules, KeyHasher::with_seed(1)).unwrap()
}

fn client(text: &str) -> Facts<'static> {
    Facts::of(text.parse().unwrap())
}

fn fields(decision: &Decision<'_>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    decision.write_headers(&mut headers);
    headers
}

#[test]
fn a_limiter_is_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Limiter>();
    shared::<Decision<'_>>();
}

#[test]
fn a_denied_request_is_counted_by_no_rule() {
    let limiter = limiter([
        rule("client", "10/1s").key([Part::CLIENT_IP]),
        rule("total", "3/1s"),
    ]);
    for _ in 0..3 {
        assert!(limiter.check(&client("192.0.2.1"), Mono::ZERO).is_allowed());
    }
    for _ in 0..50 {
        let denied = limiter.check(&client("192.0.2.1"), Mono::ZERO);
        assert_eq!(
            (denied.reason(), denied.rule()),
            (Reason::Over, Some("total"))
        );
    }
    // 3 of the client's 10 are used, not 53.
    let later = Mono::from_secs(1);
    let decision = limiter.peek(&client("192.0.2.1"), 3, later);
    assert!(decision.is_allowed());
    let at_once = limiter.peek(&client("192.0.2.1"), 0, Mono::ZERO);
    assert_eq!(at_once.remaining(), Some(0));
    assert_eq!(limiter.occupancy(Mono::ZERO).next().unwrap().1.owing, 1);
    let counts: Vec<_> = limiter.counts().map(|rule| rule.counts).collect();
    assert_eq!((counts[0].allowed, counts[0].denied), (3, 0));
    assert_eq!((counts[1].allowed, counts[1].denied), (3, 50));
}

#[test]
fn the_rule_with_the_longest_wait_is_named() {
    let limiter = limiter([
        rule("second", "2/1s"),
        rule("hour", "2/1h"),
        rule("minute", "2/1m"),
    ]);
    for _ in 0..2 {
        assert!(limiter.check(&Facts::default(), Mono::ZERO).is_allowed());
    }
    let denied = limiter.check(&Facts::default(), Mono::ZERO);
    assert_eq!(denied.rule(), Some("hour"));
    assert_eq!(denied.retry_after(), Some(Duration::from_secs(1_800)));
    let fields = fields(&denied);
    assert_eq!(fields["retry-after"], "1800");
    assert_eq!(fields["ratelimit"], "\"hour\";r=0;t=1800");
    assert_eq!(
        fields["ratelimit-policy"],
        "\"second\";q=2;w=1, \"hour\";q=2;w=3600, \"minute\";q=2;w=60"
    );
    assert_eq!(
        (denied.status(), denied.grpc_code()),
        (Some(StatusCode::TOO_MANY_REQUESTS), Some(8))
    );
}

#[test]
fn a_cost_that_never_fits_binds_before_any_wait() {
    let limiter = limiter([rule("small", "1/1s"), rule("hour", "2/1h")]);
    assert!(limiter.check(&Facts::default(), Mono::ZERO).is_allowed());
    let denied = limiter.check_cost(&Facts::default(), 2, Mono::ZERO);
    assert_eq!(
        (denied.rule(), denied.reason(), denied.retry_after()),
        (Some("small"), Reason::Impossible, None)
    );
}

#[test]
fn among_rules_that_allow_the_one_with_the_least_left_is_named() {
    let limiter = limiter([
        rule("wide", "100/1s"),
        rule("tight", "5/1s"),
        rule("mid", "50/1s"),
    ]);
    let decision = limiter.check(&Facts::default(), Mono::ZERO);
    assert_eq!(
        (decision.rule(), decision.limit(), decision.remaining()),
        (Some("tight"), Some(5), Some(4))
    );
    assert_eq!(decision.reset_after(), Some(Duration::from_millis(200)));
    let fields = fields(&decision);
    assert_eq!(fields["ratelimit"], "\"tight\";r=4;t=1");
    assert!(!fields.contains_key("retry-after"));
    assert_eq!((decision.status(), decision.grpc_code()), (None, None));
}

#[test]
fn a_shadow_rule_denies_nobody_and_says_so() {
    let limiter = limiter([
        rule("tried", "1/1s").mode(Mode::Shadow),
        rule("real", "5/1s"),
    ]);
    let shadows: Vec<_> = (0..3)
        .map(|_| {
            let decision = limiter.check(&Facts::default(), Mono::ZERO);
            assert_eq!(
                (decision.is_allowed(), decision.rule()),
                (true, Some("real"))
            );
            assert_eq!(fields(&decision)["ratelimit-policy"], "\"real\";q=5;w=1");
            decision.shadow()
        })
        .collect();
    assert_eq!(shadows, [None, Some("tried"), Some("tried")]);
    let tried = limiter.counts().next().unwrap().counts;
    assert_eq!(
        (tried.allowed, tried.shadow_denied, tried.denied),
        (1, 2, 0)
    );
}

#[test]
fn with_shadows_only_nothing_is_limited_and_nothing_told() {
    let limiter = limiter([rule("tried", "1/1s").mode(Mode::Shadow)]);
    let decision = limiter.check_cost(&Facts::default(), 2, Mono::ZERO);
    assert_eq!(
        (decision.reason(), decision.shadow()),
        (Reason::Unlimited, Some("tried"))
    );
    assert!(fields(&decision).is_empty());
}

#[test]
fn requests_without_a_key_share_one_are_denied_or_skipped() {
    let by_token = || rule("token", "1/1s").key(["header.x-api-key".parse().unwrap()]);
    let verdicts = |missing| {
        let limiter = limiter([by_token().missing(missing)]);
        let check = || limiter.check(&client("192.0.2.1"), Mono::ZERO).reason();
        let reasons = [check(), check()];
        (reasons, limiter.counts().next().unwrap().counts.missing)
    };
    assert_eq!(
        verdicts(Missing::Share),
        ([Reason::Within, Reason::Over], 2)
    );
    assert_eq!(verdicts(Missing::Deny), ([Reason::MissingKey; 2], 2));
    assert_eq!(verdicts(Missing::Skip), ([Reason::Unlimited; 2], 0));
}

#[test]
fn addresses_of_one_v6_subscriber_count_as_one() {
    let limiter = limiter([rule("client", "1/1s").key([Part::CLIENT_IP])]);
    let allowed = |addr| limiter.check(&client(addr), Mono::ZERO).is_allowed();
    assert!(allowed("2001:db8:0:1::1") && !allowed("2001:db8:0:1:ffff::2"));
    assert!(allowed("2001:db8:0:2::1"));
    assert!(allowed("192.0.2.1") && allowed("192.0.2.2") && !allowed("::ffff:192.0.2.1"));
}

#[test]
fn keys_are_made_of_all_their_parts() {
    let parts = [
        "header.x-api-key",
        "cookie.sid",
        "host",
        "method",
        "path",
        "value.tenant",
    ];
    let parts = parts.map(|part| part.parse().unwrap());
    let limiter = limiter([rule("all", "1/1s").key(parts)]);
    let check = |method: &str, uri: &str, key: &str, cookie: &str, tenant: &str| {
        let request = http::Request::builder().method(method).uri(uri);
        let request = request.header("x-api-key", key).header("cookie", cookie);
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let values = [("tenant", tenant)];
        let facts = Facts::default().request(&parts).values(&values);
        limiter.check(&facts, Mono::ZERO).reason()
    };
    assert_eq!(
        check("GET", "http://a/x", "k", "b=1; sid=2", "t"),
        Reason::Within
    );
    assert_eq!(
        check("GET", "http://A:80/x?q", "k", "sid=2", "t"),
        Reason::Over
    );
    for (method, uri, key, cookie, tenant) in [
        ("PUT", "http://a/x", "k", "sid=2", "t"),
        ("GET", "http://b/x", "k", "sid=2", "t"),
        ("GET", "http://a/y", "k", "sid=2", "t"),
        ("GET", "http://a/x", "l", "sid=2", "t"),
        ("GET", "http://a/x", "k", "sid=3", "t"),
        ("GET", "http://a/x", "k", "sid=2", "u"),
    ] {
        assert_eq!(
            check(method, uri, key, cookie, tenant),
            Reason::Within,
            "{method} {uri} {key}"
        );
    }
}

#[test]
fn what_cannot_be_built_is_refused_with_what_to_write_instead() {
    let build = |rules: Vec<Rule>| Limiter::new(rules, KeyHasher::with_seed(1)).unwrap_err();
    assert_eq!(build(vec![]), BuildError::Rules { count: 0, most: 32 });
    let many = (0..33).map(|n| rule(&n.to_string(), "1/1s")).collect();
    assert_eq!(
        build(many),
        BuildError::Rules {
            count: 33,
            most: 32
        }
    );
    let twins = vec![rule("a", "1/1s"), rule("a", "2/1s")];
    assert_eq!(build(twins), BuildError::Duplicate { name: "a".into() });
    for name in ["", "naïve", "tab\t", &"x".repeat(65)] {
        let refused = Rule::new(name, "1/1s".parse().unwrap(), Capacity::MIN);
        assert_eq!(refused.unwrap_err(), BuildError::Name { name: name.into() });
    }
    for part in [
        "client.ip/129",
        "client.ip/33,64",
        "header.",
        "header.a b",
        "colour",
        "cookie.",
    ] {
        assert!(
            matches!(part.parse::<Part>(), Err(BuildError::KeyPart { .. })),
            "{part}"
        );
    }
}

#[test]
fn parts_of_keys_read_back_as_printed() {
    for text in [
        "client.ip/64",
        "client.ip/24,56",
        "cookie.sid",
        "header.x-api-key",
        "host",
        "method",
        "path",
        "value.tenant",
    ] {
        assert_eq!(text.parse::<Part>().unwrap().to_string(), text);
    }
    assert_eq!("client.ip".parse(), Ok(Part::CLIENT_IP));
}

#[test]
fn a_request_that_was_not_served_is_given_back() {
    let limiter = limiter([rule("a", "2/1s"), rule("b", "3/1s")]);
    let _ = limiter.check_cost(&Facts::default(), 2, Mono::ZERO);
    limiter.refund(&Facts::default(), 2, Mono::ZERO);
    limiter.charge(&Facts::default(), 1, Mono::ZERO);
    let decision = limiter.peek(&Facts::default(), 0, Mono::ZERO);
    assert_eq!(
        (decision.rule(), decision.remaining()),
        (Some("a"), Some(1))
    );
}
