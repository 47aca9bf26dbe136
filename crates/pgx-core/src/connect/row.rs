//! A row of a query's result, in text.

use std::str::FromStr;
use std::sync::Arc;

use crate::error::{Error, Result};

/// A row whose columns are found by name.
#[derive(Clone, Debug)]
pub struct Row {
    pub(super) columns: Arc<[String]>,
    pub(super) values: Vec<Option<String>>,
}

impl Row {
    /// The value, or `None` for NULL.
    ///
    /// # Errors
    /// A column of that name does not exist (a bug).
    pub fn opt(&self, column: &str) -> Result<Option<&str>> {
        match self.columns.iter().position(|name| name == column) {
            Some(at) => Ok(self.values[at].as_deref()),
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
    pub fn values(&self) -> &[Option<String>] {
        &self.values
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
    use super::elements;

    #[test]
    fn arrays_and_vectors_are_read_as_the_server_prints_them() {
        assert_eq!(elements("{}"), Vec::<String>::new());
        assert_eq!(elements(""), Vec::<String>::new());
        assert_eq!(elements("1 2 3"), ["1", "2", "3"]);
        assert_eq!(elements(r#"{a,"b,\"\\c",NULL,"NULL",""}"#), ["a", "b,\"\\c", "NULL", ""]);
    }
}
