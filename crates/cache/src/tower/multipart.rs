//! Several ranges of one response as `multipart/byteranges` (RFC 9110 section 14.6).

use core::ops::Range;
use std::{
    collections::VecDeque,
    hash::{BuildHasher, RandomState},
    sync::Arc,
};

use http::{
    HeaderMap, HeaderValue,
    header::{CONTENT_LENGTH, CONTENT_TYPE},
};

use super::assembled::{Assembled, Piece};
use crate::store::Content;

/// Makes the body of these ranges, and the fields that describe it.
pub(super) fn multipart(
    headers: &mut HeaderMap,
    content: &Arc<dyn Content>,
    ranges: &[Range<u64>],
) -> Assembled {
    let boundary = boundary();
    let len = content.len().unwrap_or_default();
    let kind = headers.remove(CONTENT_TYPE);
    let kind = kind.as_ref().and_then(|kind| kind.to_str().ok());
    let mut pieces = VecDeque::with_capacity(2 * ranges.len() + 1);
    for range in ranges {
        let mut text = format!("\r\n--{boundary}\r\n");
        if let Some(kind) = kind {
            text.push_str(&format!("Content-Type: {kind}\r\n"));
        }
        let last = range.end - 1;
        text.push_str(&format!(
            "Content-Range: bytes {}-{last}/{len}\r\n\r\n",
            range.start
        ));
        pieces.push_back(Piece::Text(text.into()));
        pieces.push_back(Piece::Stored {
            content: content.clone(),
            range: range.clone(),
        });
    }
    pieces.push_back(Piece::Text(format!("\r\n--{boundary}--\r\n").into()));
    let body = Assembled::from(pieces);
    let kind = format!("multipart/byteranges; boundary={boundary}");
    if let Ok(kind) = HeaderValue::try_from(kind) {
        headers.insert(CONTENT_TYPE, kind);
    }
    headers.insert(CONTENT_LENGTH, body.left().into());
    body
}

/// A text that no author of a body can know beforehand.
fn boundary() -> String {
    let half = || RandomState::new().hash_one("multipart/byteranges");
    format!("{:016x}{:016x}", half(), half())
}
