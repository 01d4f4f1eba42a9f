//! TCP, with and without words.

use std::time::Duration;

use eaves_health::probe::{Check, Concern, Pattern, Payload, Phase, Phases, Reason, Verdict};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{PATIENCE, ask, nobody, origin::origin, patient, reason};

#[tokio::test]
async fn a_connection_is_enough() {
    let addr = origin(|_| async {}).await;
    assert!(ask(patient(Payload::default()), addr).await.is_pass());
    let refused = reason(ask(patient(Payload::default()), nobody().await).await);
    assert!(matches!(refused, Reason::Connect { .. }), "{refused}");
}

#[tokio::test]
async fn words_are_exchanged() {
    let addr = origin(|mut stream| async move {
        let mut asked = [0; 4];
        stream.read_exact(&mut asked).await.unwrap();
        let answer: &[u8] = match &asked {
            b"PING" => b"+PO",
            _ => b"-ER",
        };
        stream.write_all(answer).await.unwrap();
        stream.write_all(b"NG\r\n").await.unwrap();
        std::future::pending::<()>().await;
    })
    .await;
    let question = |text: &str| Payload::default().send(text).expect(Pattern::text("+PONG"));
    assert!(ask(patient(question("PING")), addr).await.is_pass());
    let limited = patient(question("PONG")).timeout(Duration::from_millis(300));
    let silent = reason(ask(limited, addr).await);
    let deadline = Duration::from_millis(300);
    assert_eq!(silent, Reason::Timeout { deadline });
}

#[tokio::test]
async fn an_origin_that_closes_half_is_judged_by_what_it_said() {
    let addr = origin(|mut stream| async move {
        stream.write_all(b"220 ma").await.unwrap();
        stream.shutdown().await.unwrap();
        // It goes on reading, so that only its own half is closed.
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let banner = |text| patient(Payload::default().expect(Pattern::text(text)));
    assert!(ask(banner("220 "), addr).await.is_pass());
    let cut = reason(ask(banner("220 mail"), addr).await);
    assert_eq!(cut, Reason::Text { read: 6 });
}

#[tokio::test]
async fn a_part_may_take_less_than_the_whole() {
    let addr = origin(|stream| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    let limit = Duration::from_millis(50);
    let mut phases = Phases::default();
    phases.silence = Some(limit);
    let payload = Payload::default().expect(Pattern::text("x"));
    let silent = reason(ask(patient(payload).phases(phases), addr).await);
    assert_eq!(
        silent,
        Reason::Phase {
            phase: Phase::Silence,
            limit
        }
    );
}

#[tokio::test]
async fn a_slow_pass_is_a_concern() {
    let addr = origin(|_| async {}).await;
    let check = Check::tcp().timeout(PATIENCE).max_latency(Duration::ZERO);
    let verdict = ask(check, addr).await;
    let Verdict::Degraded {
        latency,
        concern: Concern::Slow { took, allowed },
    } = verdict
    else {
        panic!("it {verdict}");
    };
    assert!(latency == took && allowed.is_zero() && verdict_passes(took));
}

fn verdict_passes(latency: Duration) -> bool {
    let concern = Concern::CertificateExpires { days: 1 };
    Verdict::Degraded { latency, concern }.is_pass()
}
