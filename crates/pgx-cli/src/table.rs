//! Text in columns.

use std::fmt;

use crate::report;

/// Rows of text, aligned. The last column is not padded.
pub(crate) struct Table {
    right: Vec<bool>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headings; a column whose heading starts with `>` stands to the right.
    pub(crate) fn new(headings: &[&str]) -> Table {
        Table {
            right: headings.iter().map(|heading| heading.starts_with('>')).collect(),
            rows: vec![headings.iter().map(|h| h.trim_start_matches('>').to_owned()).collect()],
        }
    }

    /// Adds a row. Control characters are shown as escapes, so that a name never breaks a line.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().map(|cell| report::one_line(&cell)).collect());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.right.len()).map(width).collect();
        for row in &self.rows {
            let mut line = String::new();
            for (column, cell) in row.iter().enumerate() {
                let gap = if column == 0 { "" } else { "  " };
                let width = widths[column];
                match self.right[column] {
                    true => line.push_str(&format!("{gap}{cell:>width$}")),
                    false => line.push_str(&format!("{gap}{cell:<width$}")),
                }
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let mut table = Table::new(&["name", ">rows", "note"]);
        table.row(["a\nb".into(), "12".into(), "x".into()]);
        table.row(["longer".into(), "3".into(), String::new()]);
        let expected = "name    rows  note\na\\nb      12  x\nlonger     3\n";
        assert_eq!(table.to_string(), expected);
    }
}
