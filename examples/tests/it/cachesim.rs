//! `cachesim` as its users start it.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::program;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder of its own")
}

fn write(folder: &tempfile::TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("the file is written");
    path
}

/// A loop over hot objects between which one-shot objects pass by.
fn records() -> Vec<u8> {
    let mut bytes = Vec::new();
    for at in 0..6_000_u32 {
        let id = if at % 3 == 0 { 1_000_000 + at } else { at % 50 };
        let size = 100 + id % 7 * 50;
        bytes.extend(id.to_le_bytes());
        bytes.extend(size.to_le_bytes());
    }
    bytes
}

fn compressed(bytes: &[u8]) -> Vec<u8> {
    let level = ruzstd::encoding::CompressionLevel::Fastest;
    ruzstd::encoding::compress_to_vec(bytes, level)
}

/// Runs the program on a trace; returns its lines, parsed.
fn lines(trace: &Path, more: &[&str]) -> Vec<Value> {
    let mut args = vec!["--trace", trace.to_str().expect("a path in UTF-8")];
    args.extend(more);
    let output = program::run("cachesim", &args);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).expect("output in UTF-8");
    text.lines()
        .map(|line| serde_json::from_str(line).expect(line))
        .collect()
}

#[test]
fn a_run_prints_one_line_of_json_and_a_comparison_another() {
    let folder = folder();
    let trace = write(&folder, "loop.tr", &records());
    let plot = folder.path().join("miss.svg");
    let plot_text = plot.to_str().expect("a path in UTF-8");
    let runs = lines(
        &trace,
        &[
            "--format",
            "tr",
            "--capacity",
            "2%",
            "--compare",
            "--plot",
            plot_text,
        ],
    );
    let [eaves, lru] = &runs[..] else {
        panic!("{runs:?}")
    };
    assert_eq!(
        (&eaves["policy"], &eaves["goal"], &eaves["requests"]),
        (&"eaves".into(), &"objects".into(), &6_000.into())
    );
    assert_eq!(
        (&lru["policy"], &lru["capacity"]),
        (&"lru".into(), &eaves["capacity"])
    );
    let ratio = |run: &Value, key: &str| run[key].as_f64().expect("a ratio");
    assert!(ratio(eaves, "ohr") > ratio(lru, "ohr"), "{runs:?}");
    assert!(ratio(eaves, "bhr") > 0.0 && ratio(eaves, "ns_per_request") > 0.0);

    let svg = std::fs::read_to_string(plot).expect("the plot is there");
    assert!(
        svg.starts_with("<svg") && svg.matches("<polyline").count() == 2,
        "{svg}"
    );
}

#[test]
fn goals_and_counting_by_entries_are_taken_from_the_command_line() {
    let folder = folder();
    let trace = write(&folder, "loop.tr", &records());
    let runs = lines(
        &trace,
        &[
            "--capacity",
            "1%,10%",
            "--goal",
            "bytes",
            "--by",
            "entries",
            "--seed",
            "3",
        ],
    );
    let capacities: Vec<_> = runs.iter().map(|run| run["capacity"].as_u64()).collect();
    assert_eq!(capacities, [Some(20), Some(205)], "of 2,050 objects");
    assert!(runs.iter().all(|run| run["goal"] == "bytes"));
}

#[test]
fn an_access_log_is_read_by_itself() {
    let folder = folder();
    let mut log = String::new();
    for at in 0..300 {
        let (id, size) = (at % 10, at % 10 * 100 + 50);
        log += &format!(
            "192.0.2.7 - - [17/May/2015:10:05:03 +0000] \"GET /{id} HTTP/1.1\" 200 {size} \"-\" \"client\"\n"
        );
        log += "192.0.2.7 - - [17/May/2015:10:05:03 +0000] \"POST /form HTTP/1.1\" 200 5 \"-\" \"client\"\n";
    }
    let trace = write(&folder, "access.log", log.as_bytes());
    for format in [
        &["--capacity", "100%"][..],
        &["--capacity", "100%", "--format", "combined"],
    ] {
        let runs = lines(&trace, format);
        assert_eq!(runs[0]["requests"], 300);
        assert_eq!(runs[0]["ohr"], 0.966667);
    }
}

#[test]
fn compressed_traces_are_read_as_they_are() {
    let folder = folder();
    let bytes = compressed(&records());
    let compressed = lines(
        &write(&folder, "loop.tr.zst", &bytes),
        &["--capacity", "5%"],
    );
    let plain = lines(
        &write(&folder, "loop.tr", &records()),
        &["--capacity", "5%"],
    );
    assert_eq!(compressed[0]["ohr"], plain[0]["ohr"]);
}

#[test]
fn what_cannot_be_replayed_is_said_and_fails() {
    let folder = folder();
    let cut = write(&folder, "cut.tr", &records()[..20]);
    let nothing = write(&folder, "nothing.tr", b"");
    let empty = write(&folder, "no.log", b"nothing of a log in here\n");
    let absent = folder.path().join("absent.tr");
    let garbage = write(&folder, "garbage.zst", b"not a frame");
    let mut bytes = compressed(&records());
    bytes.truncate(bytes.len() / 2);
    let half = write(&folder, "half.tr.zst", &bytes);
    for (path, part) in [
        (cut, "byte 16"),
        (nothing, "empty"),
        (empty, "1 lines"),
        (absent, "absent.tr"),
        (garbage, "garbage.zst: it does not begin as a zstd file\n"),
        (half, "half.tr.zst: the zstd file is cut or damaged after "),
    ] {
        let path = path.to_str().expect("a path in UTF-8");
        let output = program::run("cachesim", &["--trace", path, "--capacity", "1%"]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success() && said.contains(part),
            "{path}: {said}"
        );
    }
}

#[test]
fn a_cache_as_large_as_the_trace_evicts_nothing_though_objects_are_empty() {
    let folder = folder();
    let records = (0..900_u32).map(|at| [at % 30, at % 3]);
    let bytes: Vec<u8> = records.flatten().flat_map(u32::to_le_bytes).collect();
    let trace = write(&folder, "empty.tr", &bytes);
    let runs = lines(&trace, &["--capacity", "100%", "--compare"]);
    for run in &runs {
        assert_eq!(
            (&run["ohr"], &run["capacity"]),
            (&0.966667.into(), &40.into())
        );
    }
}

#[test]
fn of_several_sizes_the_wrong_one_is_named() {
    let args = ["--trace", "a.tr", "--capacity", "1%,,2%"];
    let output = program::run("cachesim", &args);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("size 2 of 3 is empty"), "{said}");
}

#[test]
fn it_ends_quietly_when_nobody_reads_any_further() {
    let folder = folder();
    let trace = write(&folder, "loop.tr", &records());
    let mut child = Command::new(program::path("cachesim"))
        .arg("--trace")
        .arg(trace)
        .args(["--capacity", "1%,2%,3%"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}");
}
