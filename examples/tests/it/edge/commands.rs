//! What the edge prints to be pasted does what it says.

use std::process::Command;

use crate::program::{Edge, has};

/// The printed command that begins with `start`, run by a shell.
fn paste(edge: &Edge, start: &str) -> String {
    let lines = edge.banner.iter().map(|line| line.trim());
    let Some(command) = lines.clone().find(|line| line.starts_with(start)) else {
        panic!("no {start:?} in {:#?}", edge.banner);
    };
    let output = Command::new("sh").args(["-c", command]).output();
    let output = output.expect("a shell runs");
    assert!(output.status.success(), "{command}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn commands_that_are_printed_can_be_pasted() {
    let edge = Edge::start(&[]);
    if has("curl") {
        paste(&edge, "curl -i ");
        let second = paste(&edge, "curl -i ");
        assert!(second.contains("200 OK"), "{second}");
        let counted = paste(&edge, "curl -so ");
        let mut requests = 0;
        for line in counted.lines() {
            let (count, status) = line.trim().split_once(' ').expect("a count and a status");
            assert!(["200", "429"].contains(&status), "{counted}");
            requests += count.parse::<u32>().expect("a count");
        }
        assert_eq!(requests, 500, "{counted}");
    }
    if has("dig") {
        let answer = paste(&edge, "dig ");
        assert!(answer.contains("status: NOERROR"), "{answer}");
    }
}
