//! Text of a server in its own encoding, held in a `String` without loss.
//!
//! A session's `client_encoding` is the server's own, so the server converts nothing and refuses
//! nothing. A UTF-8 server's text is UTF-8. Text in any other encoding (LATIN1, EUC_JP, SQL_ASCII, …)
//! is held byte by byte: byte `b` is the character U+00`b`. Every PostgreSQL server encoding keeps
//! ASCII bytes for ASCII characters only, so quoting and parsing stay right, and going back to bytes
//! loses nothing. LATIN1 and ASCII text even reads right on a screen.

use crate::error::{Code, Error, Result};

/// A PostgreSQL encoding, and how its bytes are held in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoding {
    name: String,
    utf8: bool,
}

/// Every encoding a database can have, as servers spell it. Those of clients only (SJIS, BIG5, GBK, …)
/// have characters that end in a backslash's byte, which no quoting outlives.
const OF_SERVERS: &[&str] = &[
    "SQL_ASCII",
    "UTF8",
    "MULE_INTERNAL",
    "EUC_CN",
    "EUC_JIS_2004",
    "EUC_JP",
    "EUC_KR",
    "EUC_TW",
    "ISO_8859_5",
    "ISO_8859_6",
    "ISO_8859_7",
    "ISO_8859_8",
    "KOI8R",
    "KOI8U",
    "LATIN1",
    "LATIN2",
    "LATIN3",
    "LATIN4",
    "LATIN5",
    "LATIN6",
    "LATIN7",
    "LATIN8",
    "LATIN9",
    "LATIN10",
    "WIN866",
    "WIN874",
    "WIN1250",
    "WIN1251",
    "WIN1252",
    "WIN1253",
    "WIN1254",
    "WIN1255",
    "WIN1256",
    "WIN1257",
    "WIN1258",
];

impl Encoding {
    /// The encoding of a `server_encoding` name, as the server spells it.
    pub fn new(name: &str) -> Encoding {
        Encoding { name: name.to_owned(), utf8: name.eq_ignore_ascii_case("UTF8") }
    }

    /// PostgreSQL's name: `UTF8`, `LATIN1`, …
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether a database can have it. An archive may say anything.
    pub fn is_of_a_server(&self) -> bool {
        OF_SERVERS.contains(&self.name.as_str())
    }

    /// Whether text is held as itself.
    pub fn is_utf8(&self) -> bool {
        self.utf8
    }

    /// Bytes from the server or an archive, as text.
    ///
    /// # Errors
    /// Invalid UTF-8 under `UTF8`.
    pub fn decode(&self, bytes: &[u8]) -> Result<String> {
        let mut text = String::with_capacity(bytes.len());
        self.decode_onto(&mut text, bytes)?;
        Ok(text)
    }

    /// As [`Encoding::decode`], behind what `text` holds already.
    pub(super) fn decode_onto(&self, text: &mut String, bytes: &[u8]) -> Result<()> {
        if !self.utf8 {
            text.extend(bytes.iter().map(|&byte| char::from(byte)));
            return Ok(());
        }
        let valid = std::str::from_utf8(bytes).map_err(|_| {
            Error::new(
                Code::SourceFailed,
                format!("the text {:?} is not valid UTF8", String::from_utf8_lossy(bytes)),
            )
        })?;
        text.push_str(valid);
        Ok(())
    }

    /// The bytes of `text` for the server or an archive: the inverse of [`Encoding::decode`].
    ///
    /// # Errors
    /// A character that no byte of a non-UTF-8 encoding stands for (it came from the user).
    pub fn encode<'t>(&self, text: &'t str) -> Result<std::borrow::Cow<'t, [u8]>> {
        if self.utf8 || text.is_ascii() {
            return Ok(text.as_bytes().into());
        }
        let bytes: Result<Vec<u8>> = text
            .chars()
            .map(|c| {
                u8::try_from(u32::from(c)).map_err(|_| {
                    Error::new(
                        Code::Usage,
                        format!("the character {c:?} has no byte in encoding {}", self.name),
                    )
                })
            })
            .collect();
        Ok(bytes?.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_that_quoting_does_not_outlive_are_none_of_a_server() {
        for name in ["SQL_ASCII", "UTF8", "LATIN10", "EUC_JIS_2004", "WIN1252"] {
            assert!(Encoding::new(name).is_of_a_server(), "{name}");
        }
        for name in ["SJIS", "Shift_JIS", "GBK", "BIG5", "UHC", "GB18030", "JOHAB", "WIN936", ""] {
            assert!(!Encoding::new(name).is_of_a_server(), "{name}");
        }
    }

    #[test]
    fn every_byte_survives_in_every_encoding() {
        let all: Vec<u8> = (0..=255).collect();
        let latin = Encoding::new("LATIN1");
        assert_eq!(&*latin.encode(&latin.decode(&all).unwrap()).unwrap(), &all[..]);
        let utf8 = Encoding::new("UTF8");
        assert!(utf8.decode(&all).is_err());
        assert_eq!(&*utf8.encode("ž").unwrap(), "ž".as_bytes());
        assert!(latin.encode("ž").is_err());
    }
}
