//! A trailer section as bytes.

use http::{HeaderMap, HeaderName, HeaderValue};

/// Writes each field as two lengths, name and value.
pub(in crate::store::disk) fn write_trailers(trailers: Option<&HeaderMap>) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in trailers.into_iter().flatten() {
        let (name, value) = (name.as_str().as_bytes(), value.as_bytes());
        for part in [name, value] {
            out.extend_from_slice(&(part.len() as u32).to_le_bytes());
            out.extend_from_slice(part);
        }
    }
    out
}

/// Reads them back; none if there were none, or they are not what was written.
pub(in crate::store::disk) fn read_trailers(mut bytes: &[u8]) -> Option<HeaderMap> {
    let mut trailers = HeaderMap::new();
    while !bytes.is_empty() {
        let name = HeaderName::from_bytes(part(&mut bytes)?).ok()?;
        let value = HeaderValue::from_bytes(part(&mut bytes)?).ok()?;
        trailers.try_append(name, value).ok()?;
    }
    (!trailers.is_empty()).then_some(trailers)
}

fn part<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (len, rest) = bytes.split_first_chunk()?;
    let len = u32::from_le_bytes(*len) as usize;
    let part = rest.get(..len)?;
    *bytes = rest.get(len..)?;
    Some(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailers_read_back_and_cut_ones_do_not() {
        let mut trailers = HeaderMap::new();
        trailers.append("etag", HeaderValue::from_static("\"a\""));
        trailers.append("x-sum", HeaderValue::from_static("1"));
        trailers.append("x-sum", HeaderValue::from_static(""));
        let bytes = write_trailers(Some(&trailers));
        assert_eq!(read_trailers(&bytes), Some(trailers));
        assert_eq!(read_trailers(&bytes[..bytes.len() - 1]), None);
        assert_eq!(read_trailers(&[]), None);
        assert!(write_trailers(None).is_empty());
    }
}
