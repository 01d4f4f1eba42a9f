//! `limit-axum`, `limit-flood` and `limit-replay` as their users run them.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
};

use crate::program;

/// Runs `limit-replay` on these lines; its exit code, output and last word.
fn replay(args: &[&str], input: &str) -> (Option<i32>, String, String) {
    let mut child = Command::new(program::path("limit-replay"))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(input.as_bytes()).expect("it reads");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn answers(args: &[&str], input: &str) -> Vec<String> {
    let (code, output, _) = replay(args, input);
    assert_eq!(code, Some(0));
    output.lines().map(str::to_owned).collect()
}

#[test]
fn gcra_gives_the_burst_and_then_the_rate() {
    let input = "1000 a\n1000 a\n1000 a\n1005 a\n1010 a\n1010 b 2\n1010 b 3\n";
    let expected = [
        "allow",
        "allow",
        "deny 10",
        "deny 5",
        "allow",
        "allow",
        "deny never",
    ];
    assert_eq!(answers(&["--rule", "100/1s burst 2"], input), expected);
}

#[test]
fn a_third_of_a_second_is_rounded_up_and_not_drifting() {
    let input =
        "1700000000000 k\n1700000000001 k\n1700000000333 k\n1700000000334 k\n1700000001001 k\n";
    let expected = ["allow", "deny 333", "deny 1", "allow", "allow"];
    assert_eq!(answers(&["--rule", "3/1s burst 1"], input), expected);
}

#[test]
fn several_rules_deny_with_the_longest_wait_and_count_all_or_nothing() {
    let args = ["--rule", "10/1s burst 2", "--rule", "3/1m"];
    let input = "0 a\n0 a\n0 a\n100 a\n200 a\n20000 a\n";
    // The third is over the first rule only; had the second counted it, the fourth would be denied.
    let expected = ["allow", "allow", "deny 100", "allow", "deny 19800", "allow"];
    assert_eq!(answers(&args, input), expected);
}

#[test]
fn the_other_algorithms_count_in_windows() {
    let input = "900 a\n900 a\n900 a\n1000 a\n1899 a\n1900 a\n2000 a 3\n";
    for (algorithm, expected) in [
        (
            "log",
            [
                "allow",
                "allow",
                "deny 1000",
                "deny 900",
                "deny 1",
                "allow",
                "deny never",
            ],
        ),
        (
            "fixed",
            [
                "allow",
                "allow",
                "deny 100",
                "allow",
                "allow",
                "deny 100",
                "deny never",
            ],
        ),
        (
            "window",
            [
                "allow",
                "allow",
                "deny 1050",
                "deny 950",
                "deny 51",
                "deny 50",
                "deny never",
            ],
        ),
    ] {
        assert_eq!(
            answers(&["--rule", "2/1s", "--algorithm", algorithm], input),
            expected,
            "{algorithm}"
        );
    }
}

#[test]
fn a_bad_line_ends_it_with_its_number_after_the_answers_before() {
    for (input, number) in [
        ("0 a\n0 a\nx\n0 a\n", "line 3"),
        ("0 a\n\n", "line 2"),
        ("0\n", "line 1"),
    ] {
        let (code, output, error) = replay(&["--rule", "5/1s"], input);
        assert_eq!(code, Some(2));
        assert!(error.contains(number), "{error}");
        assert!(output.lines().all(|line| line == "allow"));
    }
    let (code, output, error) = replay(&["--rule", "5/1s"], "0 a 7\n0 a 5\n0 a");
    assert_eq!(
        (code, output.as_str()),
        (Some(0), "deny never\nallow\ndeny 200\n")
    );
    assert_eq!(
        error,
        "3 requests: 1 allowed, 1 denied, 1 never possible; 0 keys forgotten for want of cells\n"
    );
}

#[test]
fn an_access_log_is_replayed_by_client() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let line = |host: &str, second: u32| {
        format!(
            "{host} - - [22/Nov/2026:10:00:{second:02} +0100] \"GET / HTTP/1.1\" 200 5 \"-\" \"x\"\n"
        )
    };
    let log = [
        line("192.0.2.1", 0),
        line("192.0.2.1", 1),
        line("192.0.2.2", 1),
        line("192.0.2.1", 60 - 1),
    ];
    std::fs::write(file.path(), log.concat()).expect("written");
    let path = file.path().to_str().expect("a path");
    let expected = ["allow", "deny 29000", "allow", "allow"];
    assert_eq!(
        answers(&["--rule", "2/1m burst 1", "--log", path], ""),
        expected
    );
}

#[test]
fn clients_of_a_network_share_a_limit_in_a_log_of_ipv6() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let line = |host: &str| format!("{host} - - [22/Nov/2026:10:00:00 +0000] \"GET / HTTP/1.1\"\n");
    let log = ["2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"].map(line);
    std::fs::write(file.path(), log.concat()).expect("written");
    let path = file.path().to_str().expect("a path");
    let expected = ["allow", "deny 60000", "allow"];
    assert_eq!(answers(&["--rule", "1/1m", "--log", path], ""), expected);
}

#[test]
fn what_cannot_be_done_is_named() {
    for (args, named) in [
        (&["--log", "no-such.log"][..], "no-such.log: "),
        (
            &["--cells", "0"],
            "a table of 0 cells is out of range, use 8 to",
        ),
        (
            &["--cells", "64k"],
            "`64k` is no number of cells, write it out",
        ),
        (&["--rule", "5/0s"], "use a period of 1ns or more"),
    ] {
        let args = [&["--rule", "5/1s"], args].concat();
        let (code, output, error) = replay(&args, "");
        assert_eq!((code, output.as_str()), (Some(2), ""), "{args:?}");
        assert!(error.contains(named), "{error}");
    }
}

/// The exit code of a program that ends at once, and its last word.
fn refusal(name: &str, args: &[&str]) -> (Option<i32>, String) {
    let output = program::run(name, args);
    let error = String::from_utf8(output.stderr).expect("text");
    (output.status.code(), error)
}

#[test]
fn services_name_the_address_that_is_taken() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    for name in ["limit-axum", "limit-hyper", "limit-tonic"] {
        let (code, error) = refusal(name, &["--listen", &address]);
        let begin = format!("{name}: cannot listen on {address}: ");
        assert!(code == Some(1) && error.starts_with(&begin), "{error}");
    }
}

#[test]
fn limits_that_cannot_be_end_the_program() {
    let uncountable = "100000000000/1ns";
    for (name, args, code, named) in [
        (
            "limit-tonic",
            ["--limit", "fast"],
            2,
            "expected a whole number",
        ),
        (
            "limit-tonic",
            ["--limit", uncountable],
            1,
            "cannot be counted exactly",
        ),
        (
            "limit-flood",
            ["--limit", uncountable],
            1,
            "cannot be counted exactly",
        ),
        (
            "limit-flood",
            ["--cells", "7"],
            2,
            "a table of 7 cells is out of range",
        ),
        ("limit-flood", ["--seconds", "0"], 2, "0 is not in 1.."),
        ("limit-cluster", ["--seconds", "0"], 2, "0 is not in 1.."),
        ("limit-cluster", ["--times", "NaN"], 2, "use 0.01 to 1000"),
    ] {
        let (found, error) = refusal(name, &args);
        assert!(
            found == Some(code) && error.contains(named),
            "{name} {args:?}: {found:?}, {error}"
        );
    }
}

#[test]
fn few_cells_forget_and_say_so() {
    let input: String = (0..100).map(|key| format!("0 key{key}\n")).collect();
    let (code, _, error) = replay(&["--rule", "1/1h", "--cells", "8"], &input);
    assert_eq!(code, Some(0));
    assert!(
        error.ends_with("; 92 keys forgotten for want of cells\n"),
        "{error}"
    );
}

#[test]
fn a_flood_is_told_second_by_second() {
    let args = [
        "--cells",
        "1024",
        "--flood",
        "15000",
        "--offenders",
        "3",
        "--clients",
        "300",
        "--seconds",
        "2",
    ];
    let output = program::run("limit-flood", &args);
    let text = String::from_utf8(output.stdout).expect("text");
    let last = text.lines().nth(1).expect("two seconds");
    assert!(
        last.contains("table 8 KiB") && last.ends_with("clients denied 0  one-shots denied 0"),
        "{text}"
    );
}

/// A server that is killed when the test ends.
pub(crate) struct Server(pub(crate) Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn an_axum_service_tells_its_clients_their_limits() {
    let child = Command::new(program::path("limit-axum"))
        .args(["--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .spawn();
    let mut server = Server(child.expect("the program starts"));
    let mut line = String::new();
    let stdout = server.0.stdout.take().expect("a pipe");
    BufReader::new(stdout)
        .read_line(&mut line)
        .expect("it says where it listens");
    let addr = line.trim().rsplit('/').next().expect("an address");
    let get = |path: &str| {
        let mut stream = TcpStream::connect(addr).expect("it listens");
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        )
        .expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    };
    for _ in 0..3 {
        let passed = get("/login");
        assert!(
            passed.starts_with("HTTP/1.1 200") && passed.ends_with("not so fast\n"),
            "{passed}"
        );
        assert!(passed.contains("\r\nratelimit: \"logins\";r="), "{passed}");
    }
    let denied = get("/login");
    assert!(denied.starts_with("HTTP/1.1 429"), "{denied}");
    assert!(
        denied.contains("\r\nretry-after: ") && denied.contains("\r\nratelimit: \"logins\";r=0;t="),
        "{denied}"
    );
    assert!(get("/").starts_with("HTTP/1.1 200"));
}

#[test]
fn a_tonic_client_is_told_resource_exhausted_and_when_to_come_back() {
    let output = program::run("limit-tonic", &["--limit", "1/1h burst 2", "--calls", "3"]);
    let text = String::from_utf8(output.stdout).expect("text");
    let calls: Vec<_> = text.lines().skip(1).collect();
    let [first, second, third] = calls[..] else {
        panic!("{text}")
    };
    assert_eq!(
        (first, second),
        ("call 1: b\"hello\"", "call 2: b\"hello\"")
    );
    assert!(
        third.starts_with("call 3: ResourceExhausted, rate limited; try again in 3"),
        "{third}"
    );
}

#[test]
fn a_hyper_service_is_limited_behind_the_same_layers() {
    let child = Command::new(program::path("limit-hyper"))
        .args(["--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .spawn();
    let mut server = Server(child.expect("the program starts"));
    let mut line = String::new();
    let stdout = server.0.stdout.take().expect("a pipe");
    BufReader::new(stdout)
        .read_line(&mut line)
        .expect("it says where it listens");
    let addr = line.trim().rsplit('/').next().expect("an address");
    let status = || {
        let mut stream = TcpStream::connect(addr).expect("it listens");
        write!(
            stream,
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        )
        .expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer[9..12].to_owned()
    };
    // Ten at once, then one a second: on a slow machine some more pass before the first is denied.
    let mut statuses = (0..1000).map(|passed| (passed, status()));
    let (passed, denied) = statuses
        .find(|(_, status)| status != "200")
        .expect("one is denied");
    assert!(passed >= 10, "{passed}");
    assert_eq!(denied, "429");
}
