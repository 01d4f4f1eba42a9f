//! Every type against dnspython: wire, text, `\#`, canonical form, and which rdata is malformed.
#![allow(
    clippy::print_stdout,
    reason = "a test that is skipped says so, and a seed is told"
)]

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use eaves_dns::{
    RdataBuf, Rtype,
    strategy::{Entropy, make, types},
};
use serde_json::{Value, json};

/// Samples per type, and mutants per sample.
const SAMPLES: usize = 25;
const MUTANTS: usize = 4;

/// Samples per type: `EAVES_DNS_SAMPLES` of them, for whoever has the time.
fn samples() -> usize {
    let wanted = std::env::var("EAVES_DNS_SAMPLES").ok();
    wanted.map_or(SAMPLES, |wanted| wanted.parse().expect("a number"))
}

/// Types it has no code for, so that it takes any octets.
const ABROAD: [Rtype; 23] = [
    Rtype::MD,
    Rtype::MF,
    Rtype::MB,
    Rtype::MG,
    Rtype::MR,
    Rtype::MINFO,
    Rtype::NULL,
    Rtype::NXT,
    Rtype::A6,
    Rtype::EID,
    Rtype::NIMLOC,
    Rtype::ATMA,
    Rtype::SINK,
    Rtype::RKEY,
    Rtype::TALINK,
    Rtype::UINFO,
    Rtype::UID,
    Rtype::GID,
    Rtype::UNSPEC,
    Rtype::DOA,
    Rtype::CLA,
    Rtype::IPN,
    Rtype::TA,
];

/// Splitmix64: the failing seed is printed, and a seed always makes the same octets.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn octets(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.next() as u8).collect()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

struct Case {
    rdata: RdataBuf,
    mutants: Vec<Vec<u8>>,
    /// Texts that may or may not be rdata.
    texts: Vec<String>,
}

fn cases(seed: u64) -> Vec<Case> {
    let mut random = Random(seed);
    let mut cases = Vec::new();
    for rtype in types().filter(|rtype| !rtype.is_meta() || matches!(rtype.0, 249 | 250)) {
        let mut left = samples();
        for _ in 0..40 * left {
            let octets = random.octets(160);
            let Some(rdata) = make(rtype, &mut Entropy::new(&octets)) else {
                continue;
            };
            let mutants = (0..MUTANTS)
                .map(|_| mutate(rdata.as_wire(), &mut random))
                .collect();
            let text = rdata.to_string();
            let texts = (0..MUTANTS).map(|_| mutate_text(&text, &mut random));
            let texts = texts.collect();
            cases.push(Case {
                rdata,
                mutants,
                texts,
            });
            left -= 1;
            if left == 0 {
                break;
            }
        }
        assert_eq!(
            left, 0,
            "{rtype}: the generator makes too little that is valid"
        );
    }
    cases
}

fn mutate(wire: &[u8], random: &mut Random) -> Vec<u8> {
    let mut wire = wire.to_vec();
    let place = random.next() as usize % (wire.len() + 1);
    match random.next() % 4 {
        0 => wire.truncate(place),
        1 => wire.insert(place, random.next() as u8),
        2 if place < wire.len() => wire[place] = random.next() as u8,
        _ if place < wire.len() => drop(wire.remove(place)),
        _ => wire.push(random.next() as u8),
    }
    wire
}

/// Takes a character out of a text, puts one in, or another in its place.
fn mutate_text(text: &str, random: &mut Random) -> String {
    const SIGNS: &[u8] = b"aZ0.9-:\"\\ ;()=,$@+/";
    let mut text: Vec<char> = text.chars().collect();
    let place = random.next() as usize % (text.len() + 1);
    let sign = char::from(SIGNS[random.next() as usize % SIGNS.len()]);
    match random.next() % 3 {
        0 => text.insert(place, sign),
        1 if place < text.len() => text[place] = sign,
        _ if place < text.len() => drop(text.remove(place)),
        _ => text.push(sign),
    }
    text.into_iter().collect()
}

/// The interpreter of an environment that has dnspython, made if there is none. Outside of CI, a
/// machine without it is no failure.
fn python() -> Option<PathBuf> {
    let environment = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dnspython");
    let python = environment.join("bin/python");
    let has_it = |python: &Path| {
        let check = Command::new(python)
            .args(["-c", "import dns.rdata"])
            .output();
        check.is_ok_and(|output| output.status.success())
    };
    if has_it(&python) {
        return Some(python);
    }
    let run = |program: &Path, args: &[&str]| {
        Command::new(program)
            .args(args)
            .output()
            .is_ok_and(|output| output.status.success())
    };
    let target = environment.to_str().unwrap();
    let is_made = run(Path::new("python3"), &["-m", "venv", target])
        && run(&python, &["-m", "pip", "install", "--quiet", "dnspython"])
        && has_it(&python);
    if is_made {
        return Some(python);
    }
    let is_ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(
        !is_ci,
        "dnspython cannot be installed, and CI does without nothing"
    );
    println!(
        "skipped: dnspython cannot be installed here (python3 -m venv, pip install dnspython)"
    );
    None
}

fn judge(python: &Path, cases: &[Case]) -> Vec<Value> {
    let mut child = Command::new(python)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/differential.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = String::new();
    for Case {
        rdata,
        mutants,
        texts,
    } in cases
    {
        let mutants: Vec<String> = mutants.iter().map(|mutant| hex(mutant)).collect();
        let line = json!({
            "number": rdata.rtype().0, "wire": hex(rdata.as_wire()), "text": rdata.to_string(),
            "generic": rdata.to_generic(), "canonical": hex(rdata.canonical().as_wire()),
            "mutants": mutants, "texts": texts,
        });
        lines.push_str(&line.to_string());
        lines.push('\n');
    }
    let mut stdin = child.stdin.take().unwrap();
    let feeder = std::thread::spawn(move || stdin.write_all(lines.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    let answers = String::from_utf8(output.stdout).unwrap();
    answers
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn compare(seed: u64) {
    let Some(python) = python() else { return };
    let cases = cases(seed);
    let answers = judge(&python, &cases);
    assert_eq!(answers.len(), cases.len());
    let mut faults = Vec::new();
    for (case, answer) in cases.iter().zip(&answers) {
        let (rtype, wire) = (case.rdata.rtype(), hex(case.rdata.as_wire()));
        for fault in answer["faults"].as_array().unwrap() {
            if !is_explained(&case.rdata, fault.as_str().unwrap()) {
                faults.push(format!("{rtype} {wire}: {fault}"));
            }
        }
        if let Some(theirs) = answer["theirs"].as_str()
            && RdataBuf::parse(rtype, theirs).as_ref() != Ok(&case.rdata)
        {
            faults.push(format!("{rtype} {wire}: we do not read {theirs}"));
        }
        if ABROAD.contains(&rtype) {
            continue;
        }
        for (text, theirs) in case.texts.iter().zip(answer["texts"].as_array().unwrap()) {
            if let (Ok(ours), Some(theirs)) = (RdataBuf::parse(rtype, text), theirs.as_str())
                && hex(ours.as_wire()) != theirs
                && !is_explained_mutant(rtype, ours.as_wire())
            {
                faults.push(format!("{rtype} {text}: they read {theirs}, we {ours:?}"));
            }
        }
        for (mutant, accepted) in case
            .mutants
            .iter()
            .zip(answer["mutants"].as_array().unwrap())
        {
            let ours = RdataBuf::from_wire(rtype, mutant).is_ok();
            if ours != accepted.as_bool().unwrap() && !is_explained_mutant(rtype, mutant) {
                faults.push(format!("{rtype} mutant {}: we say {ours}", hex(mutant)));
            }
        }
    }
    faults.truncate(40);
    assert!(faults.is_empty(), "seed {seed}:\n{}", faults.join("\n"));
}

/// Where it differs, and why that is right: it writes an ISDN subaddress that is empty as none,
/// takes only 12 of TSIG's 16 bits of error (RFC 8945 section 4.2), wants no key text behind flags
/// that say there is no key although there is one, and knows no canonical form of types it has no code for.
fn is_explained(rdata: &RdataBuf, fault: &str) -> bool {
    let wire = rdata.as_wire();
    match rdata.rtype() {
        Rtype::ISDN => wire.last() == Some(&0),
        Rtype::TSIG => fault.contains("rcode must be"),
        Rtype::KEY => wire[0] & 0xc0 == 0xc0,
        rtype => ABROAD.contains(&rtype) && fault.starts_with("canonical"),
    }
}

/// SVCB: parameters of an alias must be ignored (RFC 9460 section 2.4.2), and ECH is opaque here.
fn is_explained_mutant(rtype: Rtype, wire: &[u8]) -> bool {
    match rtype {
        Rtype::SVCB | Rtype::HTTPS => {
            wire.starts_with(&[0, 0]) || wire.windows(2).any(|key| key == [0, 5])
        }
        Rtype::ISDN => wire.last() == Some(&0),
        Rtype::KEY => wire.first().is_some_and(|flags| flags & 0xc0 == 0xc0),
        Rtype::TSIG => true,
        _ => false,
    }
}

#[test]
fn a_fixed_seed_agrees_with_dnspython() {
    compare(20_261_122);
}

#[test]
fn a_fresh_seed_agrees_with_dnspython() {
    let fresh = std::collections::hash_map::RandomState::new();
    let seed = std::hash::BuildHasher::hash_one(&fresh, 0);
    println!("seed {seed}");
    compare(seed);
}
