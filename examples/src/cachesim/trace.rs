//! [`Trace`]: the requests of a file, in order.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

use ruzstd::decoding::StreamingDecoder;

use super::{Error, cli::Format, log};

/// The requests of a file; every id keeps the size it is first seen with, so that the accounting does
/// not depend on the policy.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    requests: Vec<Request>,
    unique_objects: u64,
    unique_bytes: u64,
    /// Lines of a log that are no request a cache could serve.
    pub skipped: u64,
}

/// One request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Which object was asked for.
    pub id: u32,
    /// Bytes of its body.
    pub size: u32,
}

impl Trace {
    /// Makes a trace of requests.
    pub fn new(requests: impl IntoIterator<Item = Request>) -> Self {
        let mut sizes = HashMap::new();
        let mut trace = Self::default();
        for Request { id, size } in requests {
            let first = *sizes.entry(id).or_insert_with(|| {
                trace.unique_objects += 1;
                trace.unique_bytes += u64::from(size.max(1));
                size
            });
            trace.requests.push(Request { id, size: first });
        }
        trace
    }

    /// Reads a file; one that is named `.zst` is decompressed. Without a format, the first line says
    /// whether it is a log.
    ///
    /// # Errors
    ///
    /// When it cannot be read, ends inside a record, or has no request.
    pub fn read(path: &Path, format: Option<Format>) -> Result<Self, Error> {
        let fail = |source| Error::File {
            path: path.to_owned(),
            source,
        };
        let mut input = open(path).map_err(fail)?;
        let format = match format {
            Some(format) => format,
            None => sniff(input.fill_buf().map_err(fail)?),
        };
        match format {
            Format::Combined => read_log(&mut input, fail),
            Format::Tr => read_records(&mut input, fail),
        }
    }

    /// The requests, in order.
    #[must_use]
    pub fn requests(&self) -> &[Request] {
        &self.requests
    }

    /// How many distinct objects there are.
    #[must_use]
    pub const fn unique_objects(&self) -> u64 {
        self.unique_objects
    }

    /// The sum of their sizes, where an empty one counts a byte: it takes room, too.
    #[must_use]
    pub const fn unique_bytes(&self) -> u64 {
        self.unique_bytes
    }
}

fn open(path: &Path) -> io::Result<Box<dyn BufRead>> {
    let file = BufReader::new(File::open(path)?);
    if path.extension().is_none_or(|extension| extension != "zst") {
        return Ok(Box::new(file));
    }
    let decoder =
        StreamingDecoder::new(file).map_err(|_| broken("it does not begin as a zstd file"))?;
    let decompressed = Decompressed { decoder, read: 0 };
    Ok(Box::new(BufReader::with_capacity(1 << 16, decompressed)))
}

/// What a decoder gives; its errors say how far it came, and not what they are called inside of it.
struct Decompressed<R> {
    decoder: R,
    read: u64,
}

impl<R: Read> Read for Decompressed<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.decoder.read(into).map_err(|_| {
            let bytes = self.read;
            broken(format!(
                "the zstd file is cut or damaged after {bytes} bytes of the trace"
            ))
        })?;
        self.read += read as u64;
        Ok(read)
    }
}

fn broken(what: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.into())
}

/// Text whose first line that is not empty has some length is a log; ids and sizes are full of zero bytes.
fn sniff(start: &[u8]) -> Format {
    let line = start
        .split(|byte| *byte == b'\n')
        .find(|line| !matches!(line, [] | [b'\r']))
        .unwrap_or_default();
    let text = line
        .iter()
        .all(|byte| *byte >= b' ' || *byte == b'\t' || *byte == b'\r');
    if text && line.len() > 8 {
        Format::Combined
    } else {
        Format::Tr
    }
}

fn read_records(
    input: &mut dyn BufRead,
    fail: impl Fn(io::Error) -> Error,
) -> Result<Trace, Error> {
    let mut bytes = Vec::new();
    input.read_to_end(&mut bytes).map_err(fail)?;
    let (records, rest) = bytes.as_chunks::<8>();
    if !rest.is_empty() {
        return Err(Error::Truncated {
            at: (bytes.len() - rest.len()) as u64,
        });
    }
    if records.is_empty() {
        return Err(Error::Empty);
    }
    Ok(Trace::new(records.iter().map(|record| {
        let [a, b, c, d, e, f, g, h] = *record;
        Request {
            id: u32::from_le_bytes([a, b, c, d]),
            size: u32::from_le_bytes([e, f, g, h]),
        }
    })))
}

fn read_log(input: &mut dyn BufRead, fail: impl Fn(io::Error) -> Error) -> Result<Trace, Error> {
    let mut ids: HashMap<String, u32> = HashMap::new();
    let mut requests = Vec::new();
    let (mut line, mut lines) = (Vec::new(), 0);
    while input
        .take(LONGEST_LINE)
        .read_until(b'\n', &mut line)
        .map_err(&fail)?
        > 0
    {
        lines += 1;
        let text = String::from_utf8_lossy(&line);
        if let Some(served) = log::parse(&text) {
            let next = u32::try_from(ids.len()).map_err(|_| Error::TooMany { line: lines })?;
            let id = *ids.entry(served.target.to_owned()).or_insert(next);
            requests.push(Request {
                id,
                size: served.size,
            });
        }
        line.clear();
    }
    if requests.is_empty() {
        return Err(Error::NoRequests { lines });
    }
    let skipped = lines - requests.len() as u64;
    Ok(Trace {
        skipped,
        ..Trace::new(requests)
    })
}

/// Longer lines are read in pieces, of which the first may be a request.
const LONGEST_LINE: u64 = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_keeps_its_first_size() {
        let request = |id, size| Request { id, size };
        let trace = Trace::new([request(1, 10), request(2, 5), request(1, 99)]);
        assert_eq!(trace.requests()[2], request(1, 10));
        assert_eq!((trace.unique_objects(), trace.unique_bytes()), (2, 15));
    }

    #[test]
    fn records_and_logs_are_told_apart() {
        assert_eq!(sniff(&[0, 0, 0, 0, 10, 2, 0, 0, 1, 0]), Format::Tr);
        assert_eq!(sniff(&[10, 0, 0, 0, 10, 2, 0, 0, 1, 0]), Format::Tr);
        assert_eq!(sniff(b""), Format::Tr);
        for before in ["", "\n", "\r\n\r\n", "\u{FEFF}"] {
            let log = format!("{before}192.0.2.1 - - [17/May/2015] \"GET / HTTP/1.1\" 200 5\n");
            assert_eq!(sniff(log.as_bytes()), Format::Combined, "{log:?}");
        }
    }
}
