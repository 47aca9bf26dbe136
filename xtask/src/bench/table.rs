//! Tables in Markdown that can also be read as they are.

use std::fmt;

/// A table: the first row is its head.
pub(crate) struct Table(Vec<Vec<String>>);

impl Table {
    /// A table with these columns.
    pub(crate) fn new(head: &[&str]) -> Table {
        Table(vec![head.iter().map(ToString::to_string).collect()])
    }

    /// Adds a line.
    pub(crate) fn line(&mut self, cells: Vec<String>) {
        self.0.push(cells);
    }
}

/// All columns but the first are numbers and stand at the right.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.0[0].len();
        let widest =
            |column: usize| self.0.iter().map(move |row| row[column].chars().count()).max();
        let widths: Vec<usize> = (0..columns).map(|column| widest(column).unwrap_or(0)).collect();
        for (number, row) in self.0.iter().enumerate() {
            write!(f, "|")?;
            for (column, (cell, &width)) in row.iter().zip(&widths).enumerate() {
                match column {
                    0 => write!(f, " {cell:<width$} |")?,
                    _ => write!(f, " {cell:>width$} |")?,
                }
            }
            writeln!(f)?;
            if number == 0 {
                writeln!(f, "|---|{}", "---:|".repeat(columns - 1))?;
            }
        }
        Ok(())
    }
}

/// Seconds, or whatever is given, with two places; `–` for nothing.
pub(crate) fn number(value: Option<f64>) -> String {
    value.map_or("–".into(), |value| format!("{value:.2}"))
}

/// Bytes in MiB.
pub(crate) fn mebibytes(bytes: Option<u64>) -> String {
    bytes.map_or("–".into(), |bytes| format!("{:.1}", bytes as f64 / 1_048_576.0))
}

/// Bytes in MB.
pub(crate) fn megabytes(bytes: Option<u64>) -> String {
    bytes.map_or("–".into(), |bytes| format!("{:.1}", bytes as f64 / 1e6))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(&["", "a"]);
        table.line(vec!["dump".into(), "≤ 0.25".into()]);
        let text = "|      |      a |\n|---|---:|\n| dump | ≤ 0.25 |\n";
        assert_eq!(table.to_string(), text);
    }

    #[test]
    fn what_was_not_measured_is_a_dash() {
        assert_eq!((number(None), number(Some(1.0 / 3.0))), ("–".into(), "0.33".into()));
        assert_eq!((mebibytes(Some(3 << 19)), megabytes(None)), ("1.5".into(), "–".into()));
    }
}
