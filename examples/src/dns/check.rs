//! `zonecheck`: loads a zone as a primary would and tells all that is wrong.

use std::{
    collections::{BTreeSet, HashMap},
    fmt::Write as _,
    path::PathBuf,
};

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
    let mut sources = Sources::new(ask);
    let told: String = load
        .problems
        .iter()
        .map(|problem| tell(&mut sources, problem))
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
fn tell(sources: &mut Sources<'_>, problem: &Problem) -> String {
    let mut out = format!(
        "{}:{}:{}: {}: {}\n",
        problem.file,
        problem.line,
        problem.column,
        severity(problem),
        problem.message()
    );
    if let Some(line) = sources.line(problem) {
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

/// The texts that problems stand in, each read once however many there are.
struct Sources<'a> {
    ask: &'a Ask,
    texts: HashMap<String, Option<Source>>,
}

/// A text, and where its lines begin.
struct Source {
    text: Vec<u8>,
    starts: Vec<usize>,
}

impl<'a> Sources<'a> {
    fn new(ask: &'a Ask) -> Self {
        let texts = HashMap::new();
        Self { ask, texts }
    }

    /// The line in which a problem stands.
    fn line(&mut self, problem: &Problem) -> Option<String> {
        if !self.texts.contains_key(&problem.file) {
            let source = self.read(&problem.file);
            self.texts.insert(problem.file.clone(), source);
        }
        let source = self.texts.get(&problem.file)?.as_ref()?;
        let start = *source.starts.get(problem.line.checked_sub(1)?)?;
        let line = source.text[start..].split(|byte| *byte == b'\n').next()?;
        Some(String::from_utf8_lossy(line).trim_end().to_owned())
    }

    fn read(&self, file: &str) -> Option<Source> {
        let main = &self.ask.file;
        let path = match *file == *main.display().to_string() {
            true => main.clone(),
            false => main.parent()?.join(file),
        };
        let text = std::fs::read(path).ok()?;
        let ends = text.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        let starts = std::iter::once(0).chain(ends.map(|(place, _)| place + 1));
        let starts = starts.collect();
        Some(Source { text, starts })
    }
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
