//! Decisions allocate nothing, and tables never grow.

use allocation_counter::measure;
use eaves_common::time::Mono;
use eaves_ratelimit::{
    Limiter, Rule,
    key::{Facts, KeyHasher, Part},
    table::Capacity,
};

#[test]
fn a_check_allocates_nothing_allowed_or_denied() {
    let capacity = Capacity::new(1_024).unwrap();
    let client = Rule::new("client", "10/1s".parse().unwrap(), capacity).unwrap();
    let host = Rule::new("host", "5/1s".parse().unwrap(), capacity).unwrap();
    let rules = [client.key([Part::CLIENT_IP]), host.key([Part::Host])];
    let limiter = Limiter::new(rules, KeyHasher::with_seed(1)).unwrap();
    let (parts, ()) = http::Request::get("http://a.example/")
        .body(())
        .unwrap()
        .into_parts();
    let facts = Facts::of("192.0.2.1".parse().unwrap()).request(&parts);
    let _ = limiter.check(&facts, Mono::ZERO); // the thread's first count leases a stripe

    let mut denied = 0;
    let info = measure(|| {
        for _ in 0..100 {
            denied += usize::from(!limiter.check(&facts, Mono::ZERO).is_allowed());
        }
    });
    assert_eq!(denied, 96);
    assert_eq!(info.count_total, 0);
}

#[test]
fn a_flood_of_distinct_keys_allocates_nothing() {
    let gcra = crate::gcra("10/1s");
    let hasher = KeyHasher::with_seed(1);
    let bytes = gcra.occupancy(Mono::ZERO).bytes;
    let info = measure(|| {
        for key in 0..100_000_u64 {
            assert!(gcra.check(hasher.hash(&key), 1, Mono::ZERO).is_allowed());
        }
    });
    assert_eq!(info.count_total, 0);
    let occupancy = gcra.occupancy(Mono::ZERO);
    assert_eq!((occupancy.bytes, occupancy.owing), (bytes, 1_024));
    assert_eq!(occupancy.evicted, 100_000 - 1_024);
}
