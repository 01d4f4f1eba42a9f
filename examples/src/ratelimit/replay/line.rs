//! Lines of recorded traffic.

use std::{borrow::Cow, net::IpAddr};

use eaves_common::{time::Wall, units::IpPrefix};
use jiff::fmt::strtime;

/// One request of the past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// When it came, to the millisecond.
    pub time: Wall,
    /// Who it is counted for.
    pub key: Cow<'a, str>,
    /// What it costs.
    pub cost: u64,
}

/// How a line is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `<unix_ms> <key> [cost]`
    Plain,
    /// `host ident user [day/month/year:hour:minute:second zone] "request" ...`, as web servers
    /// write it: the host is the key, as rules by `client.ip` tell clients apart, and each line costs
    /// one.
    CombinedLog,
}

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// The cost is no number.
    #[error("the cost is not a whole number")]
    Cost,
    /// There is no key.
    #[error("a key is missing")]
    Key,
    /// The time is no number of milliseconds since 1970, or one past 2554.
    #[error("the time is not a number of milliseconds since 1970")]
    Millis,
    /// Something stands after the cost.
    #[error("nothing may follow the cost")]
    Rest,
    /// The line is not UTF-8, or longer than any request's.
    #[error("the line is not text of at most 64 KiB")]
    Text,
    /// The time of a log line cannot be read.
    #[error("a time like [22/Nov/2026:10:00:00 +0000] is missing")]
    Time,
}

impl Format {
    /// Reads a line.
    ///
    /// # Errors
    ///
    /// If it is not of this format.
    pub fn read(self, line: &str) -> Result<Request<'_>, LineError> {
        match self {
            Self::Plain => plain(line),
            Self::CombinedLog => combined(line),
        }
    }
}

fn plain(line: &str) -> Result<Request<'_>, LineError> {
    let mut fields = line.split_ascii_whitespace();
    let millis = fields.next().and_then(whole).ok_or(LineError::Millis)?;
    let nanos = millis.checked_mul(1_000_000).ok_or(LineError::Millis)?;
    let key = fields.next().ok_or(LineError::Key)?;
    let cost = fields.next().map_or(Some(1), whole);
    let cost = cost.ok_or(LineError::Cost)?;
    if fields.next().is_some() {
        return Err(LineError::Rest);
    }
    Ok(Request {
        time: Wall::from_nanos(nanos),
        key: key.into(),
        cost,
    })
}

/// A number of digits alone, of which `parse` would also take `+5`.
fn whole(text: &str) -> Option<u64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    is_plain.then(|| text.parse().ok()).flatten()
}

fn combined(line: &str) -> Result<Request<'_>, LineError> {
    let key = line.split_ascii_whitespace().next().ok_or(LineError::Key)?;
    let (_, rest) = line.split_once('[').ok_or(LineError::Time)?;
    let (time, _) = rest.split_once(']').ok_or(LineError::Time)?;
    let time = strtime::parse("%d/%b/%Y:%H:%M:%S %z", time).and_then(|time| time.to_timestamp());
    let seconds = time
        .ok()
        .and_then(|time| u64::try_from(time.as_second()).ok());
    let time = Wall::from_secs(seconds.ok_or(LineError::Time)?);
    Ok(Request {
        time,
        key: client(key),
        cost: 1,
    })
}

/// Who is limited for this host: its /64, since a client of IPv6 has as many addresses as it likes.
fn client(host: &str) -> Cow<'_, str> {
    match host.parse::<IpAddr>() {
        Ok(addr) => IpPrefix::aggregate(addr, 32, 64).to_string().into(),
        Err(_) => host.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_lines_are_read() {
        let time = |millis: u64| Wall::from_nanos(millis * 1_000_000);
        for (line, expected) in [
            (
                "0 a",
                Ok(Request {
                    time: time(0),
                    key: "a".into(),
                    cost: 1,
                }),
            ),
            (
                " 17 a:b\t3\r",
                Ok(Request {
                    time: time(17),
                    key: "a:b".into(),
                    cost: 3,
                }),
            ),
            ("", Err(LineError::Millis)),
            ("1.5 a", Err(LineError::Millis)),
            ("-1 a", Err(LineError::Millis)),
            ("+1 a", Err(LineError::Millis)),
            ("18446744073709551615 a", Err(LineError::Millis)),
            ("1", Err(LineError::Key)),
            ("1 a b", Err(LineError::Cost)),
            ("1 a -1", Err(LineError::Cost)),
            ("1 a +1", Err(LineError::Cost)),
            ("1 a 1 x", Err(LineError::Rest)),
        ] {
            assert_eq!(Format::Plain.read(line), expected, "{line:?}");
        }
    }

    #[test]
    fn access_log_lines_are_read_with_their_zone() {
        let line = r#"198.51.100.7 - frank [10/Oct/2000:13:55:36 -0700] "GET /a HTTP/1.0" 200 2326 "-" "x""#;
        let request = Format::CombinedLog.read(line).unwrap();
        assert_eq!(
            (&*request.key, request.time.as_secs(), request.cost),
            ("198.51.100.7/32", 971_211_336, 1)
        );
        for line in [
            "198.51.100.7 - -",
            "h - - [10/Oct/2000] x",
            "h - - [32/Oct/2000:00:00:00 +0000]",
        ] {
            assert_eq!(
                Format::CombinedLog.read(line),
                Err(LineError::Time),
                "{line}"
            );
        }
        assert_eq!(Format::CombinedLog.read(" "), Err(LineError::Key));
    }

    #[test]
    fn clients_of_a_log_are_told_apart_as_rules_do() {
        for (host, key) in [
            ("192.0.2.1", "192.0.2.1/32"),
            ("::ffff:192.0.2.1", "192.0.2.1/32"),
            ("2001:db8:0:1:2:3:4:5", "2001:db8:0:1::/64"),
            ("2001:DB8:0:1::9", "2001:db8:0:1::/64"),
            ("host.example", "host.example"),
        ] {
            assert_eq!(client(host), key, "{host}");
        }
    }
}
