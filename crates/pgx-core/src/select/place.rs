//! Where in a file something was written.

use std::fmt;
use std::sync::Arc;

use crate::error::{Code, Error};

/// A file, a line and a column, both counted from 1; columns count characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The file as the user named it; `standard input` for `-`.
    pub file: Arc<str>,
    /// Line.
    pub line: u32,
    /// Column.
    pub column: u32,
}

impl Place {
    /// The place of byte `offset` of `text`; an offset behind the end is the end.
    pub fn of_offset(file: &Arc<str>, text: &str, offset: usize) -> Place {
        let mut end = offset.min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let before = &text[..end];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Place { file: file.clone(), line: number(line), column: number(column) }
    }

    /// An error at this place: what is written in the file is malformed.
    pub fn error(&self, what: impl fmt::Display) -> Error {
        Error::new(Code::Manifest, what.to_string()).object(self.to_string())
    }
}

/// No file has more lines than fit.
fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}, column {}", self.file, self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_from_one_in_characters() {
        let file: Arc<str> = "f".into();
        let at = |offset| {
            let place = Place::of_offset(&file, "aé\nbc", offset);
            (place.line, place.column)
        };
        assert_eq!(at(0), (1, 1));
        assert_eq!(at(3), (1, 3));
        assert_eq!(at(4), (2, 1));
        assert_eq!(at(99), (2, 3));
    }
}
