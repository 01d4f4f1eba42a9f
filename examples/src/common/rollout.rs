//! [`rollout`]: a limit that is raised step by step, and taken back.

use std::fmt::{self, Write};

use eaves_common::{
    Error, ErrorKind,
    live::{Live, LiveError},
    units::Ratio,
};

/// Raises a limit from 100 to 200 by way of a trial, and tells what a thousand clients see meanwhile.
///
/// # Errors
/// If `out` does not take the text.
pub fn rollout(out: &mut impl Write) -> Result<(), fmt::Error> {
    let limit = Live::builder(100).check(in_reason).build();
    tell(out, "at the start", &limit)?;
    if let Err(refused) = limit.propose(0) {
        let error = Error::from(refused);
        writeln!(out, "0 is refused: {}", error.chain())?;
    }
    match raise(out, &limit) {
        Ok(told) => told?,
        Err(error) => writeln!(out, "{error}")?,
    }
    writeln!(out, "\nits history:")?;
    limit
        .history()
        .iter()
        .try_for_each(|event| writeln!(out, "  {event}"))
}

fn in_reason(candidate: &u32, _running: &u32) -> Result<(), Error> {
    match candidate {
        0 => Err(Error::new(
            ErrorKind::Invalid,
            "a limit of 0 lets nobody in",
        )),
        _ => Ok(()),
    }
}

fn raise(out: &mut impl Write, limit: &Live<u32>) -> Result<fmt::Result, LiveError> {
    let version = limit.propose(200)?;
    let mut told = tell(out, "200 is staged", limit);
    for percent in [5, 50] {
        limit.trial(version, Ratio::from_percent(percent))?;
        told = told.and_then(|()| tell(out, &format!("on trial for {percent}%"), limit));
    }
    limit.commit(version)?;
    told = told.and_then(|()| tell(out, "committed", limit));
    limit.revert(version)?;
    Ok(told.and_then(|()| tell(out, "reverted", limit)))
}

fn tell(out: &mut impl Write, when: &str, limit: &Live<u32>) -> fmt::Result {
    let clients = 0..1_000_u64;
    let raised = clients
        .filter(|client| *limit.load_for(*client) == 200)
        .count();
    writeln!(
        out,
        "{when:>18}: {:4} clients have 100, {raised:4} have 200",
        1_000 - raised
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_move_as_the_trial_grows_and_all_return() {
        let mut out = String::new();
        rollout(&mut out).expect("a string takes all");
        for line in [
            "200 is staged: 1000 clients have 100,    0 have 200",
            "committed:    0 clients have 100, 1000 have 200",
            "reverted: 1000 clients have 100,    0 have 200",
            "0 is refused: version 2 was rejected: a limit of 0 lets nobody in",
            "  3 reverted to 1",
        ] {
            assert!(out.contains(line), "{line}\n{out}");
        }
    }
}
