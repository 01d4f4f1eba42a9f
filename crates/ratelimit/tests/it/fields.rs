//! The fields of an answer, read back by a parser of structured fields (RFC 9651) that is not ours.

use std::time::Duration;

use eaves_common::{time::Mono, units::Rate};
use eaves_ratelimit::{
    Limiter, Rule,
    key::{Facts, KeyHasher},
    meter::Algorithm,
    table::Capacity,
};
use http::HeaderMap;
use proptest::prelude::*;
use sfv::{BareItem, Item, List, ListEntry, Parser};

/// A field's items.
fn items(field: &http::HeaderValue) -> Vec<Item> {
    let list: List = Parser::new(field.as_bytes()).parse().expect("a list");
    let items = list.into_iter().map(|entry| match entry {
        ListEntry::Item(item) => item,
        ListEntry::InnerList(_) => panic!("no inner lists here"),
    });
    items.collect()
}

fn name(item: &Item) -> &str {
    match &item.bare_item {
        BareItem::String(name) => name.as_str(),
        other => panic!("{other:?} is no string"),
    }
}

fn number(item: &Item, parameter: &str) -> Option<i64> {
    let key = sfv::KeyRef::from_str(parameter).expect("a key");
    match item.params.get(key)? {
        BareItem::Integer(number) => Some((*number).into()),
        other => panic!("{other:?} is no integer"),
    }
}

fn rules() -> impl Strategy<Value = Vec<(String, Rate)>> {
    let rate = (1..1_000_000_u64, 1..100_000_u64, 1..1_000_000_u64).prop_filter_map(
        "rates that a rule can count",
        |(count, millis, burst)| {
            let rate = Rate::per(count, Duration::from_millis(millis)).ok()?;
            let rate = rate.with_burst(burst).ok()?;
            Rule::new("any", rate, Capacity::MIN).ok()?;
            Some(rate)
        },
    );
    prop::collection::btree_map("[ -~]{1,64}", rate, 1..4)
        .prop_map(|rules| rules.into_iter().collect())
}

/// The lists of both fields have an item at least.
#[test]
fn a_rule_without_a_quota_is_told_nothing_of() {
    let rule = Rule::new("penalty", "3/10s".parse().unwrap(), Capacity::MIN).unwrap();
    let rule = rule
        .algorithm(Algorithm::Penalty)
        .term(Duration::from_secs(600));
    let limiter = Limiter::new([rule], KeyHasher::with_seed(7)).unwrap();
    let mut headers = HeaderMap::new();
    let decision = limiter.check(&Facts::default(), Mono::ZERO);
    decision.write_headers(&mut headers);
    assert!(headers.is_empty(), "{headers:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn fields_are_structured_and_say_what_the_decision_says(
        rules in rules(),
        costs in prop::collection::vec(1..200_000_u64, 1..6),
    ) {
        let built: Result<Vec<_>, _> = rules
            .iter()
            .map(|(name, rate)| Rule::new(name, *rate, Capacity::MIN))
            .collect();
        let Ok(limiter) = Limiter::new(built.expect("good names"), KeyHasher::with_seed(7)) else {
            return Ok(()); // a rate that no arithmetic here holds
        };
        for cost in costs {
            let decision = limiter.check_cost(&Facts::default(), cost, Mono::ZERO);
            let mut headers = HeaderMap::new();
            decision.write_headers(&mut headers);

            let policies = items(&headers["ratelimit-policy"]);
            prop_assert!(policies.iter().map(name).eq(rules.iter().map(|(name, _)| name)));
            for (item, (_, rate)) in policies.iter().zip(&rules) {
                prop_assert!(number(item, "q").is_some_and(|q| q >= 1));
                prop_assert!(number(item, "w").is_none_or(|w| w >= 1), "{rate}");
            }

            let limits = items(&headers["ratelimit"]);
            prop_assert_eq!(limits.len(), 1);
            prop_assert_eq!(Some(name(&limits[0])), decision.rule());
            let remaining = decision.remaining().map(|left| i64::try_from(left).unwrap());
            prop_assert_eq!(number(&limits[0], "r"), remaining);
            let window = number(&limits[0], "t");
            prop_assert!(window.is_none_or(|t| t >= 0));
            let retry: Option<i64> = headers.get("retry-after").map(|seconds| {
                seconds.to_str().unwrap().parse().expect("seconds")
            });
            prop_assert_eq!(retry.is_some(), decision.retry_after().is_some());
            prop_assert!(retry.is_none_or(|retry| Some(retry) >= window), "{:?}", headers);
        }
    }
}
