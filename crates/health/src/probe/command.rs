//! [`CommandQuestion`]: a program whose exit status is the answer.

use std::net::SocketAddr;

use super::{Concern, Pattern, Reason};
use crate::config::Problems;

/// A program whose exit status, and output, are the answer.
///
/// It gets the origin as `ORIGIN_ADDR`, `ORIGIN_IP` and `ORIGIN_PORT` in an environment that holds
/// nothing else but what is set here and `PATH`; what it writes to standard output is read and bounded, and at the
/// deadline it is killed with all that it started in its process group.
///
/// ```
/// use eaves_health::probe::{CommandQuestion, Concern};
///
/// let question = CommandQuestion::new("/usr/lib/nagios/plugins/check_disk").arg("-w").arg("10%").warn(1);
/// assert_eq!(question.judge(Some(0), b"DISK OK"), Ok(None));
/// assert_eq!(question.judge(Some(1), b""), Ok(Some(Concern::Exit { code: 1 })));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CommandQuestion {
    /// The program.
    pub program: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// Its environment, beside the origin's.
    pub env: Vec<(String, String)>,
    /// The exit statuses that pass.
    pub expect: Vec<i32>,
    /// The exit statuses that pass with a [`Concern`].
    pub warn: Vec<i32>,
    /// What the output must hold within its first `max_output` bytes.
    pub output: Option<Pattern>,
    /// How much of the output is kept; the rest is read and forgotten.
    pub max_output: usize,
}

impl CommandQuestion {
    /// Runs a program and expects status 0.
    pub fn new(program: impl Into<String>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            env: Vec::new(),
            expect: vec![0],
            warn: Vec::new(),
            output: None,
            max_output: 16 * 1024,
        }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Adds an exit status that passes with a concern.
    #[must_use]
    pub fn warn(mut self, code: i32) -> Self {
        self.warn.push(code);
        self
    }

    /// Sets what the output must hold.
    #[must_use]
    pub fn output(mut self, pattern: Pattern) -> Self {
        self.output = Some(pattern);
        self
    }

    /// Returns the environment for a run against this origin.
    #[must_use]
    pub fn environment(&self, origin: SocketAddr) -> Vec<(String, String)> {
        let mut env = self.env.clone();
        env.push(("ORIGIN_ADDR".into(), origin.to_string()));
        env.push(("ORIGIN_IP".into(), origin.ip().to_string()));
        env.push(("ORIGIN_PORT".into(), origin.port().to_string()));
        env
    }

    /// Judges how the program ended: `code` is its exit status, `None` if a signal ended it.
    ///
    /// # Errors
    ///
    /// [`Reason::Exit`] or [`Reason::Text`].
    pub fn judge(&self, code: Option<i32>, output: &[u8]) -> Result<Option<Concern>, Reason> {
        let Some(ended) = code else {
            return Err(Reason::Exit { code });
        };
        let warns = self.warn.contains(&ended);
        if !warns && !self.expect.contains(&ended) {
            return Err(Reason::Exit { code });
        }
        if !self.output.as_ref().is_none_or(|text| text.is_in(output)) {
            return Err(Reason::Text { read: output.len() });
        }
        Ok(warns.then_some(Concern::Exit { code: ended }))
    }

    pub(crate) fn check(&self, path: &str, problems: &mut Problems) {
        let strings = self.args.iter().chain([&self.program]);
        let pairs = self.env.iter().flat_map(|(name, value)| [name, value]);
        if self.program.is_empty() || strings.chain(pairs).any(|text| text.contains('\0')) {
            problems.add(
                format!("{path}.program"),
                "use the name of a program, and no NUL in it or in what it gets",
            );
        }
        let bad_name = |(name, _): &(String, String)| name.is_empty() || name.contains('=');
        if self.env.iter().any(bad_name) {
            problems.add(format!("{path}.env"), "use names without =");
        }
        if self.max_output > MAX_OUTPUT {
            let size = self.max_output;
            problems.add(
                format!("{path}.max_output"),
                format!("{size} bytes are out of range, use up to {MAX_OUTPUT}"),
            );
        }
    }
}

const MAX_OUTPUT: usize = 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_and_output_are_both_judged() {
        let question = CommandQuestion::new("x")
            .warn(1)
            .output(Pattern::text("OK"));
        for (code, output, expected) in [
            (Some(0), "all OK", Ok(None)),
            (Some(0), "all bad", Err(Reason::Text { read: 7 })),
            (Some(1), "OK?", Ok(Some(Concern::Exit { code: 1 }))),
            (Some(2), "OK", Err(Reason::Exit { code: Some(2) })),
            (None, "OK", Err(Reason::Exit { code: None })),
        ] {
            assert_eq!(question.judge(code, output.as_bytes()), expected);
        }
    }
}
