//! "Did you mean": the word among those allowed that is closest to what was written.

use strsim::osa_distance;

/// What to write instead of `found`.
pub(super) fn advice(found: &str, allowed: &[&str]) -> String {
    match closest(found, allowed) {
        Some(word) => format!("did you mean `{word}`?"),
        None => format!("use {}", one_of(allowed)),
    }
}

/// The allowed word that takes the fewest edits, if they are few for its length.
fn closest<'a>(found: &str, allowed: &[&'a str]) -> Option<&'a str> {
    if found.len() > MAX_LENGTH {
        return None;
    }
    let found = found.to_lowercase().replace('-', "_");
    let rated = allowed.iter().map(|word| {
        let written = word.to_lowercase().replace('-', "_");
        (osa_distance(&found, &written), *word)
    });
    let (edits, word) = rated.min_by_key(|(edits, _)| *edits)?;
    let most = (word.chars().count() / 3).max(1);
    (edits <= most).then_some(word)
}

/// `a`, `a or b`, or `a, b or c`, in quotes.
pub(super) fn one_of(words: &[&str]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        None => "nothing here".into(),
        Some((only, [])) => only.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
    }
}

/// The distance costs the product of the lengths; no word of ours is longer.
const MAX_LENGTH: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_a_stranger_is_not() {
        let words = ["listen", "max_stale", "origins"];
        for (found, word) in [
            ("litsen", Some("listen")),
            ("Listen", Some("listen")),
            ("max-stale", Some("max_stale")),
            ("origin", Some("origins")),
            ("colour", None),
            ("gifted", None), // half of it is something else
            ("", None),
        ] {
            assert_eq!(closest(found, &words), word, "{found}");
        }
        assert_eq!(closest(&"listen".repeat(1000), &words), None);
    }

    #[test]
    fn words_are_listed_as_people_do() {
        assert_eq!(one_of(&["a"]), "`a`");
        assert_eq!(one_of(&["a", "b", "c"]), "`a`, `b` or `c`");
    }
}
