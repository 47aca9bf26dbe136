//! Rows of one table on both sides.

use super::entry::of;
use super::{Change, Difference, How};
use crate::archive::StreamEnd;
use crate::error::{Error, Result};
use crate::toc::{DataSpec, Entry, EntryId, Kind, RowFormat};
use crate::verify::{self, Comparison, TableComparison, Texts, Verdict};

/// A stream and what it amounts to.
type Stream<'e> = (&'e Entry, Option<&'e StreamEnd>);

/// How the rows of two streams differ. Other columns are told with the table, where its definition is
/// compared.
pub(super) fn change(
    ((a, a_end), (b, b_end)): (Stream<'_>, Stream<'_>),
    (a_texts, b_texts): (&mut Option<Texts>, &mut Option<Texts>),
    definitions: bool,
) -> Result<Option<Change>> {
    let unread = || Error::internal("rows that were not read").object(a.label());
    let (a_data, b_data) =
        (a.data.as_ref().ok_or_else(unread)?, b.data.as_ref().ok_or_else(unread)?);
    let (a_end, b_end) = (a_end.ok_or_else(unread)?, b_end.ok_or_else(unread)?);
    let filter = |data: &DataSpec| data.filter.iter().cloned().collect();
    if let Some(change) = of("row filter", filter(a_data), filter(b_data)) {
        return Ok(Some(change));
    }
    if let Some(change) = of("columns", columns(a_data), columns(b_data)) {
        return Ok(Some(change).filter(|_| !definitions));
    }
    if a_end.rows != b_end.rows {
        return Ok(Some(numbers(a_end.rows, b_end.rows)));
    }
    let alike = a_data.format == b_data.format && shapes_match(a_data, b_data);
    if alike && a_end.row_sum == b_end.row_sum {
        return Ok(None);
    }
    if alike && !(a_data.format == RowFormat::Binary && verify::has_doubtful_forms(a_data)) {
        return Ok(Some(hidden("values")));
    }
    let a_sum = text_sum(a_data, a.id, a_end, a_texts)?;
    let b_sum = text_sum(b_data, b.id, b_end, b_texts)?;
    Ok(match (a_sum, b_sum) {
        (Some(a_sum), Some(b_sum)) if a_sum == b_sum => None,
        (Some(_), Some(_)) => Some(hidden("values")),
        _ if alike => Some(hidden("values")),
        _ => Some(hidden(UNREADABLE)),
    })
}

const UNREADABLE: &str = "types of columns, so rows of a pipe cannot be compared";

fn columns(data: &DataSpec) -> Vec<String> {
    data.columns.iter().map(|column| column.name.clone()).collect()
}

fn shapes_match(a: &DataSpec, b: &DataSpec) -> bool {
    let shapes = |data: &DataSpec| {
        data.columns.iter().map(|column| column.shape.clone()).collect::<Vec<_>>()
    };
    a.format == RowFormat::Text || shapes(a) == shapes(b)
}

/// The sum of the rows as text.
fn text_sum(
    data: &DataSpec,
    stream: EntryId,
    end: &StreamEnd,
    texts: &mut Option<Texts>,
) -> Result<Option<u128>> {
    match (data.format, texts) {
        (RowFormat::Text, _) => Ok(Some(end.row_sum)),
        (RowFormat::Binary, Some(texts)) => texts.sum(stream).map(Some),
        (RowFormat::Binary, None) => Ok(None),
    }
}

fn numbers(a: u64, b: u64) -> Change {
    Change { what: "number of rows", a: vec![a.to_string()], b: vec![b.to_string()] }
}

/// A change whose values are not shown.
fn hidden(what: &'static str) -> Change {
    Change { what, a: Vec::new(), b: Vec::new() }
}

/// The same of an archive against a database. What the database lacks is told with the definitions,
/// where these are compared.
pub(super) fn verdicts(comparison: Comparison, definitions: bool) -> Vec<Difference> {
    let tables = comparison.tables.into_iter();
    tables
        .filter_map(|TableComparison { table, rows, verdict }| {
            let change = match verdict {
                Verdict::Equal => return None,
                Verdict::Missing | Verdict::MissingColumns(_) if definitions => return None,
                Verdict::Missing => {
                    Change { what: "table", a: vec!["there".into()], b: Vec::new() }
                }
                Verdict::MissingColumns(names) => {
                    Change { what: "columns", a: names, b: Vec::new() }
                }
                Verdict::Rows(found) => numbers(rows, found),
                Verdict::Hash => hidden("values"),
                Verdict::Types => hidden(UNREADABLE),
                Verdict::LargeObjects { missing, more } => Change {
                    what: "large objects",
                    a: vec![format!("{missing} of its own")],
                    b: vec![format!("{more} of its own")],
                },
            };
            let large = table.schema.is_none();
            Some(Difference {
                object: if large { table.to_string() } else { format!("rows of {table}") },
                kind: if large { Kind::LargeObjects } else { Kind::TableData }.text(),
                name: table,
                how: How::Changed(vec![change]),
            })
        })
        .collect()
}
