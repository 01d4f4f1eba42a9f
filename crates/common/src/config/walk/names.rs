//! Key paths: `pools[1].origins[0].weight`.

use super::value::shown;

/// The path of `key` in the table at `table`; a key that is no bare word is quoted.
pub(super) fn key(table: &str, key: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let key = if !key.is_empty() && key.chars().all(is_bare) {
        shown(key)
    } else {
        format!("\"{}\"", shown(key))
    };
    match table {
        "" => key,
        table => format!("{table}.{key}"),
    }
}

/// The path of the value at `index` of the list at `list`.
pub(super) fn index(list: &str, index: usize) -> String {
    format!("{list}[{index}]")
}
