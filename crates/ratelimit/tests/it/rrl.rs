//! DNS response-rate limiting.

use std::net::IpAddr;

use eaves_common::time::Mono;
use eaves_ratelimit::{
    Mode,
    key::KeyHasher,
    rrl::{Action, Asker, Kind, ResponseLimiter, Settings},
};

const WWW: Kind<'static> = Kind::Answer {
    name: b"\x03www\x07example\x00",
};
const MISSING: Kind<'static> = Kind::NoSuchName {
    zone: b"\x07example\x00",
};

fn limiter(settings: Settings) -> ResponseLimiter {
    let settings = settings
        .answers("2/1s".parse().unwrap())
        .missing("1/1s".parse().unwrap());
    let settings = settings.errors("1/1s".parse().unwrap());
    ResponseLimiter::new(settings, KeyHasher::with_seed(1)).unwrap()
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn sent(limiter: &ResponseLimiter, client: &str, kind: Kind<'_>) -> usize {
    let actions = (0..10).map(|_| limiter.check(ip(client), &kind, Mono::ZERO));
    actions.filter(|action| *action == Action::Send).count()
}

/// How many answers were truncated, and how many dropped.
fn held(limiter: &ResponseLimiter) -> (u64, u64) {
    let counts = limiter.counts();
    (counts.truncated, counts.dropped)
}

#[test]
fn kinds_and_names_are_limited_apart() {
    let limiter = limiter(Settings::default());
    assert_eq!(sent(&limiter, "192.0.2.1", WWW), 2);
    assert_eq!(
        sent(
            &limiter,
            "192.0.2.1",
            Kind::Answer {
                name: b"\x07example\x00"
            }
        ),
        2
    );
    assert_eq!(
        sent(
            &limiter,
            "192.0.2.1",
            Kind::Referral {
                zone: b"\x07example\x00"
            }
        ),
        2
    );
    assert_eq!(sent(&limiter, "192.0.2.1", MISSING), 1);
    assert_eq!(sent(&limiter, "192.0.2.1", Kind::Error), 1);
}

#[test]
fn addresses_of_a_block_are_limited_together() {
    let limiter = limiter(Settings::default());
    for (client, expected) in [
        ("192.0.2.1", 2),
        ("192.0.2.254", 0),
        ("192.0.3.1", 2),
        ("2001:db8:0:ff::1", 2),
        ("2001:db8:0:1::1", 0),
        ("2001:db8:0:100::1", 2),
    ] {
        assert_eq!(sent(&limiter, client, WWW), expected, "{client}");
    }
}

#[test]
fn every_so_many_th_answer_over_the_limit_slips() {
    for (slip, expected) in [(0, 0), (1, 98), (2, 49), (7, 14)] {
        let limiter = limiter(Settings::default().slip(slip));
        for _ in 0..100 {
            let _ = limiter.check(ip("192.0.2.1"), &WWW, Mono::ZERO);
        }
        assert_eq!(held(&limiter), (expected, 98 - expected), "{slip}");
    }
}

#[test]
fn a_flood_of_names_that_do_not_exist_is_one_and_leaves_answers_alone() {
    let limiter = limiter(Settings::default());
    for second in 0..10 {
        for _ in 0..1_000 {
            let _ = limiter.check(ip("192.0.2.1"), &MISSING, Mono::from_secs(second));
        }
        let answer = limiter.check(ip("192.0.2.1"), &WWW, Mono::from_secs(second));
        assert_eq!(answer, Action::Send);
    }
    let (truncated, dropped) = held(&limiter);
    assert_eq!(truncated + dropped, 10_000 - 10);
}

#[test]
fn the_exempt_and_the_shadow_are_not_held_back() {
    let exempt = limiter(Settings::default().exempt(["192.0.2.0/24".parse().unwrap()]));
    assert_eq!(
        (sent(&exempt, "192.0.2.9", WWW), held(&exempt)),
        (10, (0, 0))
    );
    let shadow = limiter(Settings::default().mode(Mode::Shadow));
    assert_eq!(
        (sent(&shadow, "192.0.2.9", WWW), held(&shadow)),
        (10, (4, 4))
    );
}

#[test]
fn who_holds_a_cookie_is_not_limited_and_leaves_others_what_is_theirs() {
    let limiter = limiter(Settings::default());
    let ask = |asker| limiter.check_asker(asker, &WWW, Mono::ZERO);
    let (proven, claimed) = (ip("192.0.2.1"), ip("192.0.2.2"));
    for _ in 0..100 {
        assert_eq!(ask(Asker::Proven(proven)), Action::Send);
    }
    let actions = [(); 4].map(|()| ask(Asker::Claimed(claimed)));
    let expected = [Action::Send, Action::Send, Action::Drop, Action::Truncate];
    assert_eq!(
        actions, expected,
        "they share a /24, and two of it are left"
    );
    assert_eq!(ask(Asker::Proven(claimed)), Action::Send);
    let counts = limiter.counts();
    assert_eq!((counts.proven, held(&limiter)), (101, (1, 1)));
}

#[test]
fn spoofed_sources_without_number_allocate_nothing() {
    let limiter = limiter(Settings::default().capacity(1_024).unwrap());
    let info = allocation_counter::measure(|| {
        for n in 0..50_000_u32 {
            let client = std::net::Ipv4Addr::from_bits(n << 8).into();
            assert_eq!(limiter.check(client, &WWW, Mono::ZERO), Action::Send);
        }
    });
    assert_eq!(info.count_total, 0);
    assert_eq!(limiter.occupancy(Mono::ZERO)[0].owing, 1_024);
}
