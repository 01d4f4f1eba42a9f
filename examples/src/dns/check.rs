//! `zonecheck`: loads a zone as a primary would and tells all that is wrong.

use std::{collections::BTreeSet, fmt::Write as _, path::PathBuf};

use eaves_dns::{
    NameBuf,
    zone::{Load, Loader, Problem, Severity},
    zonefile::{Directory, Scanner, Writer},
};
use serde::Serialize;

/// What was asked for on the command line.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The zone's file.
    pub file: PathBuf,
    /// Its origin.
    pub origin: NameBuf,
    /// Whether to write the zone.
    pub output: Output,
}

/// What is written besides problems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// A summary.
    Summary,
    /// The zone in canonical order.
    Dump,
    /// Problems as JSON.
    Json,
}

/// What a check printed, and how it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// For standard output.
    pub stdout: String,
    /// For standard error.
    pub stderr: String,
    /// The exit code.
    pub code: u8,
}

#[derive(Serialize)]
struct Shown {
    file: String,
    line: usize,
    column: usize,
    severity: &'static str,
    owner: Option<String>,
    #[serde(rename = "type")]
    rtype: Option<String>,
    message: String,
}

/// Checks a zone.
#[must_use]
pub fn check(ask: &Ask) -> Verdict {
    let text = match std::fs::read(&ask.file) {
        Ok(text) => text,
        Err(error) => {
            return Verdict {
                stdout: String::new(),
                stderr: format!("{}: {error}\n", ask.file.display()),
                code: 1,
            };
        }
    };
    let load = load(ask, &text);
    let code = u8::from(load.zone.is_none());
    let told: String = load
        .problems
        .iter()
        .map(|problem| tell(ask, problem))
        .collect();
    let (stdout, stderr) = match ask.output {
        Output::Json => (json(&load.problems), String::new()),
        Output::Dump => (dump(&load), told + &summary(ask, &load)),
        Output::Summary => (told + &summary(ask, &load), String::new()),
    };
    Verdict {
        stdout,
        stderr,
        code,
    }
}

fn load(ask: &Ask, text: &[u8]) -> Load {
    let file = ask.file.display().to_string();
    let root = ask.file.parent().map(PathBuf::from).unwrap_or_default();
    let directory = Directory::new(root);
    let mut loader = Loader::new(&ask.origin);
    let scanner = Scanner::new(text, &ask.origin).file(&file);
    loader.scan_with(scanner, &mut |name| directory.read(name));
    loader.finish()
}

/// One problem, with its line and a caret below the column.
fn tell(ask: &Ask, problem: &Problem) -> String {
    let mut out = format!(
        "{}:{}:{}: {}: {}\n",
        problem.file,
        problem.line,
        problem.column,
        severity(problem),
        problem.message()
    );
    if let Some(line) = source_line(ask, problem) {
        // Tabs are kept, so that the caret stands where the terminal shows the column.
        let before = line.bytes().take(problem.column - 1);
        let pad: String = before
            .map(|byte| if byte == b'\t' { '\t' } else { ' ' })
            .collect();
        let written = write!(out, "    {line}\n    {pad}^\n");
        debug_assert!(written.is_ok(), "strings take all text");
    }
    out
}

fn severity(problem: &Problem) -> &'static str {
    match problem.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn source_line(ask: &Ask, problem: &Problem) -> Option<String> {
    let main = ask.file.display().to_string();
    let path = match problem.file == main {
        true => ask.file.clone(),
        false => ask.file.parent()?.join(&problem.file),
    };
    let text = std::fs::read(path).ok()?;
    let line = text
        .split(|byte| *byte == b'\n')
        .nth(problem.line.checked_sub(1)?)?;
    Some(String::from_utf8_lossy(line).trim_end().to_owned())
}

fn json(problems: &[Problem]) -> String {
    let shown: Vec<Shown> = problems
        .iter()
        .map(|problem| Shown {
            file: problem.file.clone(),
            line: problem.line,
            column: problem.column,
            severity: severity(problem),
            owner: problem.owner.as_ref().map(ToString::to_string),
            rtype: problem.rtype.map(|rtype| rtype.to_string()),
            message: problem.fault.to_string(),
        })
        .collect();
    serde_json::to_string(&shown).unwrap_or_else(|error| error.to_string()) + "\n"
}

fn summary(ask: &Ask, load: &Load) -> String {
    let Some(zone) = &load.zone else {
        let is_error = |problem: &&Problem| problem.severity() == Severity::Error;
        let errors = load.problems.iter().filter(is_error).count();
        let warnings = load.problems.len() - errors;
        return format!(
            "zone {}: {errors} errors, {warnings} warnings\n",
            ask.origin
        );
    };
    let (mut records, mut types) = (0, BTreeSet::new());
    for (_, sets) in zone.names() {
        for set in sets {
            records += set.len();
            types.insert(set.rtype());
        }
    }
    let types: Vec<String> = types.iter().map(ToString::to_string).collect();
    format!(
        "zone {}: {records} records, {} types ({}), serial {}, {} warnings\n",
        zone.origin(),
        types.len(),
        types.join(" "),
        zone.serial(),
        load.problems.len()
    )
}

fn dump(load: &Load) -> String {
    let mut out = String::new();
    if let Some(zone) = &load.zone {
        let written = Writer::canonical(&mut out).zone(zone);
        debug_assert!(written.is_ok(), "strings take all text");
    }
    out
}
