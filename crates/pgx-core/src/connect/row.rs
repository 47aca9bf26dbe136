//! A row of a query's result, in text.

use std::str::FromStr;
use std::sync::Arc;

use super::encoding::Encoding;
use crate::error::{Error, Result};

/// Set in the end of a value that is NULL.
const NULL: u32 = 1 << 31;

/// A row whose columns are found by name. A catalog has a million values: they are one text.
#[derive(Clone, Debug)]
pub struct Row {
    columns: Arc<[String]>,
    text: Box<str>,
    /// Where each value ends in the text.
    ends: Box<[u32]>,
}

impl Row {
    /// The row of a DataRow message, behind the number of its values; none where it has more or fewer
    /// of them than there are columns.
    ///
    /// # Errors
    /// As [`Encoding::decode`].
    pub(super) fn read(
        columns: &Arc<[String]>,
        mut message: &[u8],
        encoding: &Encoding,
    ) -> Result<Option<Row>> {
        let mut text = String::with_capacity(message.len());
        let mut ends = Vec::with_capacity(columns.len());
        while let Some((length, rest)) = message.split_first_chunk::<4>() {
            message = rest;
            let value = usize::try_from(i32::from_be_bytes(*length)).ok();
            if let Some(length) = value {
                let Some((value, rest)) = message.split_at_checked(length) else {
                    return Ok(None);
                };
                encoding.decode_onto(&mut text, value)?;
                message = rest;
            }
            let end = u32::try_from(text.len()).ok().filter(|end| end & NULL == 0);
            let Some(end) = end else { return Ok(None) };
            ends.push(if value.is_some() { end } else { end | NULL });
        }
        Ok((ends.len() == columns.len()).then(|| Row {
            columns: columns.clone(),
            text: text.into(),
            ends: ends.into(),
        }))
    }

    fn value(&self, at: usize) -> Option<&str> {
        let end = self.ends[at];
        let start = if at == 0 { 0 } else { self.ends[at - 1] & !NULL };
        (end & NULL == 0).then(|| &self.text[start as usize..end as usize])
    }

    /// The value, or `None` for NULL.
    ///
    /// # Errors
    /// A column of that name does not exist (a bug).
    pub fn opt(&self, column: &str) -> Result<Option<&str>> {
        match self.columns.iter().position(|name| name == column) {
            Some(at) => Ok(self.value(at)),
            None => Err(Error::internal(format!("a query has no column {column}"))),
        }
    }

    /// The value, owned; `None` for NULL.
    ///
    /// # Errors
    /// As [`Row::opt`].
    pub fn opt_text(&self, column: &str) -> Result<Option<String>> {
        Ok(self.opt(column)?.map(str::to_owned))
    }

    /// The value, owned.
    ///
    /// # Errors
    /// NULL: deparse functions return it for an object that vanished meanwhile.
    pub fn text(&self, column: &str) -> Result<String> {
        self.str(column).map(str::to_owned)
    }

    /// The value.
    ///
    /// # Errors
    /// As [`Row::text`].
    pub fn str(&self, column: &str) -> Result<&str> {
        self.opt(column)?.ok_or_else(|| {
            Error::new(
                crate::Code::SourceChanged,
                format!("the server returned no value for {column}"),
            )
            .hint("an object was dropped meanwhile; try again")
        })
    }

    /// The value as a number.
    ///
    /// # Errors
    /// NULL, or not a number of that type.
    pub fn int<T: FromStr>(&self, column: &str) -> Result<T> {
        let text = self.str(column)?;
        text.parse().map_err(|_| Error::internal(format!("{column} is not a number: {text}")))
    }

    /// The value as a number; `None` for NULL.
    ///
    /// # Errors
    /// Not a number of that type.
    pub fn opt_int<T: FromStr>(&self, column: &str) -> Result<Option<T>> {
        match self.opt(column)? {
            Some(_) => self.int(column).map(Some),
            None => Ok(None),
        }
    }

    /// The value as an OID.
    ///
    /// # Errors
    /// As [`Row::int`].
    pub fn oid(&self, column: &str) -> Result<u32> {
        self.int(column)
    }

    /// The value as a boolean; NULL is false.
    ///
    /// # Errors
    /// As [`Row::opt`].
    pub fn bool(&self, column: &str) -> Result<bool> {
        Ok(self.opt(column)? == Some("t"))
    }

    /// The value of a `"char"` column; `'\0'` for an empty one or NULL.
    ///
    /// # Errors
    /// As [`Row::opt`].
    pub fn char(&self, column: &str) -> Result<char> {
        Ok(self.opt(column)?.and_then(|text| text.chars().next()).unwrap_or('\0'))
    }

    /// The elements of a one-dimensional array (`{a,"b c",NULL}`) or vector (`1 2 3`); NULL elements
    /// are left out, and a NULL array is empty.
    ///
    /// # Errors
    /// As [`Row::opt`].
    pub fn list(&self, column: &str) -> Result<Vec<String>> {
        Ok(self.opt(column)?.map(elements).unwrap_or_default())
    }

    /// [`Row::list`] of numbers.
    ///
    /// # Errors
    /// An element is not a number of that type.
    pub fn ints<T: FromStr>(&self, column: &str) -> Result<Vec<T>> {
        let parse = |text: String| {
            text.parse().map_err(|_| Error::internal(format!("{column} holds no number: {text}")))
        };
        self.list(column)?.into_iter().map(parse).collect()
    }

    /// The values in order.
    pub fn values(&self) -> Vec<Option<String>> {
        (0..self.ends.len()).map(|at| self.value(at).map(str::to_owned)).collect()
    }
}

/// The elements of an array literal as the server prints it.
fn elements(text: &str) -> Vec<String> {
    let Some(inner) = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) else {
        return text.split_ascii_whitespace().map(str::to_owned).collect();
    };
    let mut elements = Vec::new();
    let mut chars = inner.chars().peekable();
    while chars.peek().is_some() {
        let (element, quoted) = element(&mut chars);
        if quoted || element != "NULL" {
            elements.push(element);
        }
    }
    elements
}

/// One element and the comma behind it, and whether it stood in quotes.
fn element(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> (String, bool) {
    let mut element = String::new();
    let (mut quoted, mut inside) = (false, false);
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                quoted = true;
                inside = !inside;
            }
            '\\' => element.extend(chars.next()),
            ',' if !inside => break,
            c => element.push(c),
        }
    }
    (element, quoted)
}

#[cfg(test)]
mod tests {
    use super::{Encoding, Row, elements};

    #[test]
    fn values_are_found_by_name_and_null_is_not_empty() {
        let columns: std::sync::Arc<[String]> = ["a", "b", "c", "d"].map(str::to_owned).into();
        let values = [Some("x"), None, Some(""), Some("größe")].map(|v| v.map(str::to_owned));
        let message: Vec<Vec<u8>> = values.iter().map(|value| field(value.as_deref())).collect();
        let read = |fields: &[Vec<u8>]| Row::read(&columns, &fields.concat(), &utf8()).unwrap();
        let row = read(&message).unwrap();
        assert_eq!(row.values(), values);
        assert_eq!((row.opt("b").unwrap(), row.opt("c").unwrap()), (None, Some("")));
        assert_eq!(row.text("d").unwrap(), "größe");
        assert!(read(&message[1..]).is_none());
        assert!(Row::read(&columns, &message.concat()[..20], &utf8()).unwrap().is_none());
    }

    fn utf8() -> Encoding {
        Encoding::new("UTF8")
    }

    /// A value as DataRow has it.
    fn field(value: Option<&str>) -> Vec<u8> {
        let length = value.map_or(-1, |value| i32::try_from(value.len()).unwrap());
        [&length.to_be_bytes()[..], value.unwrap_or_default().as_bytes()].concat()
    }

    #[test]
    fn arrays_and_vectors_are_read_as_the_server_prints_them() {
        assert_eq!(elements("{}"), Vec::<String>::new());
        assert_eq!(elements(""), Vec::<String>::new());
        assert_eq!(elements("1 2 3"), ["1", "2", "3"]);
        assert_eq!(elements(r#"{a,"b,\"\\c",NULL,"NULL",""}"#), ["a", "b,\"\\c", "NULL", ""]);
    }
}
