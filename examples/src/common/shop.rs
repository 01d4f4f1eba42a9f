//! [`Shop`]: a small configuration, and what is printed about a text of it.

use std::{ffi::OsString, net::SocketAddr, time::Duration};

use eaves_common::{
    config::{Format, FromConfig, Problems, Reader, Table},
    units::{ByteSize, Rate},
};

/// What a shop's server is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shop {
    /// Where customers connect.
    pub listen: SocketAddr,
    /// How long an answer may take.
    pub timeout: Duration,
    /// What is kept in memory.
    pub memory: ByteSize,
    /// How often each customer may ask.
    pub limit: Rate,
}

/// A text with a mistake in every line.
pub const FAULTY: &str = "\
listen  = 'localhost:80'  # an address, not a name
timeuot = '250ms'         # a slip
memory  = '64MIB'         # MiB
limit   = 0x64            # how many, but in what time?
";

impl FromConfig for Shop {
    fn from_config(table: &mut Table<'_>) -> Option<Self> {
        let listen = table.value("listen").required();
        let timeout = table.value("timeout").default(Duration::from_secs(1));
        let memory = table.value("memory").default(ByteSize::from_mib(16));
        let limit = table.value("limit").required();
        Some(Self {
            listen: listen?,
            timeout,
            memory,
            limit: limit?,
        })
    }
}

/// Lists the values that `text` and variables that begin with `SHOP_` put into effect, each with
/// its source.
///
/// # Errors
/// All that is wrong with them.
pub fn show(
    name: &str,
    text: &str,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<String, Problems> {
    let shop = Reader::new()
        .text(name, Format::Toml, text)
        .env("SHOP_", environment)
        .read::<Shop>()?;
    let lines = shop
        .effective()
        .iter()
        .map(|setting| format!("{setting}\n"));
    Ok(lines.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_faulty_text_is_a_problem() {
        let problems = show("shop.toml", FAULTY, []).unwrap_err();
        let lines: Vec<_> = problems
            .iter()
            .filter_map(|problem| problem.position())
            .collect();
        assert_eq!(
            lines.iter().map(|(line, _)| *line).collect::<Vec<_>>(),
            [1, 2, 3, 4]
        );
    }

    #[test]
    fn variables_stand_over_the_text() {
        let text = "listen = '127.0.0.1:80'\nlimit = '100/1m'";
        let shown = show("shop.toml", text, [("SHOP_TIMEOUT".into(), "2s".into())]).unwrap();
        assert!(
            shown.contains("timeout = 2s (env SHOP_TIMEOUT)\n"),
            "{shown}"
        );
    }
}
