//! The fields of an answer, read back by a parser of structured fields (RFC 9651) that is not ours.

use std::time::Duration;

use eaves_common::{time::Mono, units::Rate};
use eaves_ratelimit::{
    Limiter, Rule,
    key::{Facts, KeyHasher},
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
            prop_assert!(number(&limits[0], "t").is_none_or(|t| t >= 0));
        }
    }
}
