//! A flood is told to come back later.

use super::{http::get, setup};

#[test]
fn requests_over_the_limit_are_told_when_to_come_back() {
    let origin = setup::origin("one", "127.0.0.1:0");
    let more =
        "[[limits]]\nname = \"per-client\"\nlimit = \"5/1h burst 5\"\nkey = [\"client.ip\"]\n";
    let config = setup::ConfigFile::new(&setup::config(&[origin.address("origin")], more));
    let edge = setup::edge(&config);
    let proxy = edge.address("proxy");

    let replies: Vec<_> = (0..55).map(|_| get(proxy, "/page", &[])).collect();
    let (passed, denied): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.status == 200);
    assert_eq!(passed.len(), 5, "the next would pass after twelve minutes");
    for reply in passed {
        assert!(
            reply.header("ratelimit").starts_with("\"per-client\";r="),
            "{reply:?}"
        );
    }
    for reply in denied {
        assert_eq!(reply.status, 429);
        assert!(reply.header("retry-after").parse::<u64>().expect("seconds") >= 1);
        assert!(reply.header("ratelimit").contains("r=0"), "{reply:?}");
        assert!(
            reply
                .header("ratelimit-policy")
                .contains("\"per-client\";q=5;w=3600"),
            "{reply:?}"
        );
    }
}

#[test]
fn a_month_s_quota_is_denied_for_its_rest_and_who_goes_on_is_kept_out() {
    let origin = setup::origin("one", "127.0.0.1:0");
    let more = "[[limits]]\nname = \"monthly\"\nlimit = \"3/30d\"\nkey = [\"client.ip\"]\n\
                algorithm = \"calendar\"\nzone = \"Europe/Zurich\"\n\
                [[limits]]\nname = \"at-once\"\nlimit = \"20/2s\"\nkey = [\"client.ip\"]\n\
                algorithm = \"concurrency\"\n\
                [[limits]]\nname = \"penalty\"\nlimit = \"2/1d\"\nkey = [\"client.ip\"]\n\
                algorithm = \"penalty\"\nterm = \"400d\"\n";
    let config = setup::ConfigFile::new(&setup::config(&[origin.address("origin")], more));
    let edge = setup::edge(&config);
    let proxy = edge.address("proxy");
    let mut denied = Vec::new();
    // A month that ends meanwhile gives three more.
    for _ in 0..40 {
        let reply = get(proxy, "/page", &[]);
        if reply.status == 200 {
            let policy = "\"monthly\";q=3;w=2592000, \"at-once\";q=20;qu=\"concurrent-requests\"";
            assert_eq!(reply.header("ratelimit-policy"), policy);
        } else {
            assert_eq!(reply.status, 429);
            denied.push(reply);
        }
    }
    assert!(denied.len() >= 34, "{}", denied.len());
    let days = |at: usize| {
        denied[at]
            .header("retry-after")
            .parse::<u64>()
            .expect("seconds")
            / 86_400
    };
    assert!(
        denied[0]
            .header("ratelimit")
            .starts_with("\"monthly\";r=0;t="),
        "{:?}",
        denied[0]
    );
    assert!(days(0) <= 31, "the rest of the month");
    assert!(
        denied[20]
            .header("ratelimit")
            .starts_with("\"penalty\";r=0"),
        "{:?}",
        denied[20]
    );
    assert!(days(20) >= 398, "the term");
}
