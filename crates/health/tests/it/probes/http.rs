//! HTTP/1.1: expectations, redirects, connections that serve twice.

use std::{sync::atomic::Ordering, time::Duration};

use eaves_health::probe::{HttpQuestion, Pattern, Reason, RedirectScope, Redirects, Reuse};

use super::{
    PATIENCE, ask, ask_with,
    origin::{saying, serving},
    patient, reason, sockets,
};

const REDIRECTS: Redirects = Redirects {
    max: 3,
    scope: RedirectScope::SameHost,
};

#[tokio::test]
async fn fields_and_body_are_expected() {
    let addr = saying("HTTP/1.1 200 OK\r\nx-version: 1.7.3\r\n\r\nstatus=ready load=3").await;
    let mut question = HttpQuestion::new("/");
    question.expect_fields = vec![("X-Version".into(), Some(Pattern::text("1.7")))];
    question.body = Some(Pattern::text("status=ready"));
    assert!(ask(patient(question.clone()), addr).await.is_pass());
    question.expect_fields[0].1 = Some(Pattern::text("1.8"));
    let other = reason(ask(patient(question), addr).await);
    assert_eq!(
        other.to_string(),
        "the response's field X-Version is not as expected"
    );
}

#[cfg(feature = "regex")]
#[tokio::test]
async fn a_regular_expression_is_expected_of_the_body() {
    let addr = saying("HTTP/1.1 200 OK\r\n\r\nstatus=ready load=3").await;
    let mut question = HttpQuestion::new("/");
    question.body = Some(Pattern::regex(r"^status=ready load=\d$").unwrap());
    assert!(ask(patient(question.clone()), addr).await.is_pass());
    question.body = Some(Pattern::regex(r"load=[4-9]").unwrap());
    assert_eq!(
        reason(ask(patient(question), addr).await),
        Reason::Body { read: 19 }
    );
}

#[tokio::test]
async fn redirects_are_followed_so_far_and_no_further() {
    let (addr, _) = serving(|head| {
        let path = head.split(' ').nth(1).unwrap();
        match path.len() {
            length @ 2..=9 => format!(
                "HTTP/1.1 302 Found\r\nlocation: {}\r\nconnection: close\r\n\r\n",
                "x".repeat(length)
            ),
            _ => "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nthere".into(),
        }
    })
    .await;
    for (path, arrives) in [("/xxxxxxx", true), ("/xxxxxxxxx", true), ("/xxxx", false)] {
        let mut question = HttpQuestion::new(path);
        question.redirects = REDIRECTS;
        question.body = Some(Pattern::text("there"));
        let verdict = ask(patient(question), addr).await;
        assert_eq!(verdict.is_pass(), arrives, "{path} {verdict}");
    }
}

#[tokio::test]
async fn a_redirect_elsewhere_is_followed_only_on_demand() {
    let (there, _) = serving(|head| {
        assert!(
            head.starts_with("GET /there HTTP/1.1\r\nhost: localhost:"),
            "{head}"
        );
        "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".into()
    })
    .await;
    let location = format!("http://localhost:{}/there", there.port());
    let (addr, _) = serving(move |_| {
        format!("HTTP/1.1 307 There\r\nlocation: {location}\r\nconnection: close\r\n\r\n")
    })
    .await;
    let mut question = HttpQuestion::new("/");
    question.redirects = REDIRECTS;
    let refused = reason(ask(patient(question.clone()), addr).await);
    assert!(
        refused.to_string().ends_with("it leads to another host"),
        "{refused}"
    );
    question.redirects.scope = RedirectScope::AnyHost;
    let verdict = ask(patient(question), addr).await;
    // `localhost` may be an IPv6 address first, where nobody listens.
    let refused = verdict.to_string().contains("connecting: ");
    assert!(verdict.is_pass() || refused, "{verdict}");
}

#[tokio::test]
async fn a_connection_serves_probes_until_the_origin_closes_it() {
    let (addr, connections) = serving(|head| {
        let closes = match head.contains("/last") {
            true => "connection: close\r\n",
            false => "",
        };
        format!("HTTP/1.1 200 OK\r\n{closes}content-length: 2\r\n\r\nok")
    })
    .await;
    let sockets = sockets();
    for (path, expected) in [("/", 1), ("/", 1), ("/last", 1), ("/", 2), ("/", 2)] {
        let mut question = HttpQuestion::new(path);
        question.reuse = Reuse::KeepAlive;
        let finding = ask_with(&sockets, patient(question), addr).await;
        assert!(finding.verdict.is_pass(), "{}", finding.verdict);
        assert_eq!(connections.load(Ordering::Relaxed), expected, "{path}");
    }
}

#[tokio::test]
async fn an_idle_connection_that_was_closed_is_not_held_against_the_origin() {
    let addr = saying("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
    let sockets = sockets();
    for _ in 0..5 {
        let mut question = HttpQuestion::new("/");
        question.reuse = Reuse::KeepAlive;
        let finding = ask_with(&sockets, patient(question), addr).await;
        assert!(finding.verdict.is_pass(), "{}", finding.verdict);
    }
}

#[tokio::test]
async fn a_drip_is_ended_by_the_one_deadline() {
    use tokio::io::AsyncWriteExt;
    let addr = super::origin::origin(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        while stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    let mut question = HttpQuestion::new("/");
    question.body = Some(Pattern::text("never"));
    let deadline = Duration::from_millis(300);
    let mut check = patient(question).timeout(deadline);
    check.phases.silence = Some(PATIENCE);
    assert_eq!(reason(ask(check, addr).await), Reason::Timeout { deadline });
}
