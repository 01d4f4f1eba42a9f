//! Internationalized names (RFC 5891), as a step before and after: a [`Name`] itself is octets.

use crate::{
    error::NameError,
    name::{Name, NameBuf},
};

/// Makes a name of what a person typed: each label in its ASCII form (UTS 46).
///
/// # Errors
/// When a label is not allowed, or the name is none.
///
/// ```
/// let name = eaves_dns::idna::to_name("bücher.example")?;
/// assert_eq!(name.to_string(), "xn--bcher-kva.example.");
/// # Ok::<(), eaves_dns::NameError>(())
/// ```
pub fn to_name(text: &str) -> Result<NameBuf, NameError> {
    let ascii = idna::domain_to_ascii_cow(text.as_bytes(), idna::AsciiDenyList::EMPTY);
    let ascii = ascii.map_err(|_| NameError::Idna)?;
    ascii.parse()
}

/// Shows a name to a person: labels in ASCII form as what they stand for, where that is allowed.
///
/// ```
/// let name: eaves_dns::NameBuf = "xn--bcher-kva.example.".parse()?;
/// assert_eq!(eaves_dns::idna::to_text(&name), "bücher.example.");
/// # Ok::<(), eaves_dns::NameError>(())
/// ```
#[must_use]
pub fn to_text(name: &Name) -> String {
    let ascii = name.to_string();
    let (unicode, checked) = idna::domain_to_unicode(&ascii);
    if checked.is_ok() { unicode } else { ascii }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_allowed_is_refused_or_shown_as_it_is() {
        assert_eq!(to_name("a\u{200d}b"), Err(NameError::Idna));
        assert_eq!(
            to_name("_dmarc.Example.org").unwrap().to_string(),
            "_dmarc.example.org."
        );
        let odd: NameBuf = r"xn--\000.example.".parse().unwrap();
        assert_eq!(to_text(&odd), odd.to_string());
    }
}
