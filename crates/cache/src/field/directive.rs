//! [`Directive`]: one directive of a Cache-Control line, and those that are written as nearly all servers do.

use core::time::Duration;

use super::{
    list::{trim, unquoted},
    seconds,
};

/// One directive: a name and what stands behind its `=`.
pub(super) struct Directive<'a> {
    pub(super) name: &'a [u8],
    pub(super) argument: Option<&'a [u8]>,
}

impl<'a> Directive<'a> {
    /// Splits at the first `=`. Whitespace around it is no grammar; the directive is then known by its name,
    /// with an argument that cannot be read, so that it counts as malformed and not as absent.
    pub(super) fn split(member: &'a [u8]) -> Self {
        match member.iter().position(|&b| b == b'=') {
            None => Self {
                name: member,
                argument: None,
            },
            Some(at) => Self {
                name: trim(&member[..at]),
                argument: Some(if at > 0 && matches!(member[at - 1], b' ' | b'\t') {
                    b" "
                } else {
                    &member[at + 1..]
                }),
            },
        }
    }

    fn seconds(&self) -> Option<Duration> {
        let argument = self.argument?;
        seconds(argument).or_else(|| seconds(unquoted(argument)?))
    }

    pub(super) fn lifetime(&self, slot: &mut Option<Duration>) {
        if slot.is_none() {
            *slot = Some(self.seconds().unwrap_or_default());
        }
    }

    pub(super) fn limit(&self, slot: &mut Option<Duration>) {
        if self.argument.is_none() && slot.is_none() {
            *slot = Some(Duration::MAX);
        }
        self.lifetime(slot);
    }

    /// Sets `whole` without an argument and `some` with field names; an argument that cannot be read as
    /// field names restricts everything.
    pub(super) fn qualify(&self, whole: &mut bool, some: &mut bool) {
        match self.argument.map(unquoted) {
            Some(Some(names)) if !names.is_empty() => *some = true,
            _ => *whole = true,
        }
    }
}

/// Sets a flag if a line begins with it and nothing else is in its member; returns what follows.
#[inline(always)]
pub(super) fn flag<'a, const LEN: usize>(
    line: &'a [u8],
    name: &[u8; LEN],
    flag: &mut bool,
) -> Option<&'a [u8]> {
    let (first, behind) = line.split_first_chunk()?;
    let rest = is(first, name).then(|| next_member(behind))??;
    *flag = true;
    Some(rest)
}

/// The same for a lifetime in digits; the first of repeated ones counts.
#[inline(always)]
pub(super) fn lifetime<'a, const LEN: usize>(
    line: &'a [u8],
    name: &[u8; LEN],
    slot: &mut Option<Duration>,
) -> Option<&'a [u8]> {
    let (first, behind) = line.split_first_chunk()?;
    let [b'=', number @ ..] = behind else {
        return None;
    };
    if !is(first, name) {
        return None;
    }
    let len = number.iter().position(|byte| !byte.is_ascii_digit());
    let (number, behind) = number.split_at(len.unwrap_or(number.len()));
    let (secs, rest) = (seconds(number)?, next_member(behind)?);
    slot.get_or_insert(secs);
    Some(rest)
}

/// What follows the comma, if the member ends here.
fn next_member(behind: &[u8]) -> Option<&[u8]> {
    match behind {
        [] => Some(behind),
        [b',', rest @ ..] => Some(rest),
        _ => None,
    }
}

/// Says whether a name is a known one, given in lower case. As the length is known where it is compiled, this compares
/// words and not bytes.
#[inline(always)]
fn is<const LEN: usize>(name: &[u8; LEN], known: &[u8; LEN]) -> bool {
    let mut differs = 0;
    for at in 0..LEN {
        let letter = known[at].is_ascii_lowercase();
        let case = if letter { 0x20 } else { 0 };
        differs |= (name[at] | case) ^ known[at];
    }
    differs == 0
}
