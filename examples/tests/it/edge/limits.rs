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
