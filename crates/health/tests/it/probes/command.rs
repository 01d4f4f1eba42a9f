//! Programs as probes.
#![cfg(all(feature = "command", unix))]

use std::{path::Path, time::Duration};

use eaves_health::probe::{CommandQuestion, Pattern, Reason, Verdict};

use super::{ask, patient, reason};

fn shell(script: &str) -> CommandQuestion {
    CommandQuestion::new("sh").arg("-c").arg(script)
}

const ADDR: &str = "192.0.2.7:8080";

async fn run(question: CommandQuestion) -> Verdict {
    ask(patient(question), ADDR.parse().unwrap()).await
}

#[tokio::test]
async fn the_exit_status_is_the_answer() {
    assert!(run(shell("exit 0")).await.is_pass());
    assert_eq!(
        reason(run(shell("exit 3")).await),
        Reason::Exit { code: Some(3) }
    );
    assert_eq!(
        reason(run(shell("kill -9 $$")).await),
        Reason::Exit { code: None }
    );
    assert!(run(shell("exit 1").warn(1)).await.is_degraded());
    let missing = reason(run(CommandQuestion::new("/there/is/no/such/program")).await);
    assert!(matches!(missing, Reason::Broken { .. }), "{missing}");
}

#[tokio::test]
async fn the_environment_tells_the_origin_and_nothing_else() {
    let said = Pattern::text("192.0.2.7:8080 192.0.2.7 8080 []");
    let script = "echo $ORIGIN_ADDR $ORIGIN_IP $ORIGIN_PORT [$CARGO_MANIFEST_DIR]";
    assert!(run(shell(script).output(said)).await.is_pass());
}

#[tokio::test]
async fn much_output_is_read_and_forgotten() {
    let mut question = shell("head -c 3000000 /dev/zero; echo end").output(Pattern::text("end"));
    question.max_output = 1000;
    assert_eq!(reason(run(question).await), Reason::Text { read: 1000 });
}

#[tokio::test]
async fn all_that_it_started_is_killed_at_the_deadline() {
    let folder = std::env::temp_dir().join(format!("eaves-probe-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("child");
    // The child outlives its parent, holds the output open and would not end by itself.
    let script = format!(
        "sleep 600 & echo $! > {0}.tmp; mv {0}.tmp {0}; exit 0",
        file.display()
    );
    let mut child = None;
    // The script has to have come so far by the deadline.
    for seconds in [1, 5, 25] {
        let check = patient(shell(&script)).timeout(Duration::from_secs(seconds));
        let verdict = ask(check, ADDR.parse().unwrap()).await;
        assert!(matches!(reason(verdict), Reason::Timeout { .. }));
        child = std::fs::read_to_string(&file).ok();
        if child.is_some() {
            break;
        }
    }
    let child = child.unwrap();
    let ended = async {
        while is_running(child.trim()) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let waited = tokio::time::timeout(super::PATIENCE, ended).await;
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(waited.is_ok(), "process {child} still runs");
}

/// Where there is no `/proc`, only the deadline is tested.
fn is_running(id: &str) -> bool {
    let status = std::fs::read_to_string(Path::new("/proc").join(id).join("status"));
    status.is_ok_and(|status| !status.contains("State:\tZ"))
}
